"""Streets: read from files of any usual kind, made into one network of arrays, kept in one file."""
