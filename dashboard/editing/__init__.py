"""The page Data: tables, imports, reports, history and backups."""
