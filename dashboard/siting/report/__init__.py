"""The report of a plan or a scenario: one description, and who sets it as PDF and as Word."""
