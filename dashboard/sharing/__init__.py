"""The page Sharing: open borders, the ledger, gaps and equity."""
