"""Benchmarks: `python -m tests.bench [names]`. Every claim of speed or memory that the project makes is a row here."""
