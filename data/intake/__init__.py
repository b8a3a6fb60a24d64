"""Intake: files of other people, looked over, compared and taken in."""
