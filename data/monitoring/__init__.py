"""Monitoring: weekly reports, milestones and indicators, and how a center stands in them."""
