"""The page Methods: what every figure means and what it is made of."""
