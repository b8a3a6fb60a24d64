"""The page Sites: one center, on the screen and on paper."""
