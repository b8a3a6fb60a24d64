"""Randomness that is the same everywhere: hashes of integers, and smooth noise that interpolates them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

MASK: Final = (1 << 64) - 1
_STEP: Final = 0x9E3779B97F4A7C15


def mixed(value: int) -> int:
    """The finalizer of SplitMix64 (Steele, Lea and Flood 2014): 64 well-mixed bits of an integer."""
    value = (value + _STEP) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def hashed(*parts: int) -> int:
    """64 bits that depend on every one of some integers and on their order."""
    state = 0
    for part in parts:
        state = mixed(state ^ (part & MASK))
    return state


class Dice:
    """A stream of draws that depends on its keys only."""

    def __init__(self, *keys: int) -> None:
        self._key = hashed(*keys)
        self._count = 0

    def bits(self) -> int:
        """64 random bits."""
        self._count += 1
        return mixed(self._key ^ (self._count * _STEP & MASK))

    def unit(self) -> float:
        """A float in [0, 1)."""
        return (self.bits() >> 11) * 2.0**-53

    def spread(self) -> float:
        """A float in [-1, 1)."""
        return 2.0 * self.unit() - 1.0

    def below(self, bound: int) -> int:
        """An integer in 0 … bound - 1 (the bias of the remainder is below 1e-12)."""
        return self.bits() % bound


_GRADIENTS: Final = np.array(
    [(1, 0), (0.8, 0.6), (0, 1), (-0.6, 0.8), (-1, 0), (-0.8, -0.6), (0, -1), (0.6, -0.8)], dtype=np.float64
)
"""Eight unit vectors with exact coordinates, so that no sine is needed."""


def _corner(i: NDArray[np.int64], j: NDArray[np.int64], offset: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Scalar product of a lattice point's hashed gradient with the way from it."""
    state = i.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) ^ j.astype(np.uint64) * np.uint64(_STEP)
    state ^= np.uint64(mixed(seed))
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    gradient = _GRADIENTS[((state >> np.uint64(40)) & np.uint64(7)).astype(np.int64)]
    return np.asarray(gradient[:, 0] * offset[:, 0] + gradient[:, 1] * offset[:, 1], dtype=np.float64)


def smooth_noise(xy: NDArray[np.float64], cell_m: float, seed: int) -> NDArray[np.float64]:
    """Gradient noise (Perlin 2002), about -1 to 1, at points (n, 2); the lattice is turned by a 3-4-5 triangle."""
    scaled = np.column_stack([0.8 * xy[:, 0] - 0.6 * xy[:, 1], 0.6 * xy[:, 0] + 0.8 * xy[:, 1]]) / cell_m
    corner = np.floor(scaled).astype(np.int64)
    f = scaled - corner
    fade = f * f * f * (f * (f * 6.0 - 15.0) + 10.0)
    i, j = corner[:, 0], corner[:, 1]
    one = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    south = _corner(i, j, f, seed) * (1 - fade[:, 0]) + _corner(i + 1, j, f - one[0], seed) * fade[:, 0]
    north = _corner(i, j + 1, f - one[1], seed) * (1 - fade[:, 0])
    north += _corner(i + 1, j + 1, f - one[0] - one[1], seed) * fade[:, 0]
    return np.asarray(1.5 * (south * (1 - fade[:, 1]) + north * fade[:, 1]), dtype=np.float64)
