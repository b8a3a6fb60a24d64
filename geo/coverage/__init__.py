"""Coverage: who is served, by whom, across which border, where the gaps are; all read off one pair table."""
