"""The page Siting: what-if by click, the best new sites, and their proof."""
