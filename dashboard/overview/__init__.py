"""The page Overview: how the network stands."""
