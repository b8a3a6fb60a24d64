"""Siting: what a new center would bring, and where the best ones would stand, with a proof."""
