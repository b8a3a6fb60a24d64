"""The registry: the tables that people edit, in SQL, with everything that ever stood in them."""
