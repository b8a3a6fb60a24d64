"""Coverage: who is reached by whom, read off the walking times between demand points and centers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.params import TIE_S
from geo.reach import CostMatrix


def reached(matrix: CostMatrix, weights: NDArray[np.float64], cutoffs_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """People within each cutoff of each source, float64 (s, k, g).

    Args:
        matrix: times of s sources to d demand points, up to the longest cutoff at least.
        weights: float64 (d, g); people at each demand point, by group.
        cutoffs_s: float64 (k,), seconds.
    """
    sources = matrix.shape[0]
    people = np.zeros((sources, len(cutoffs_s), weights.shape[1]))
    for k, cutoff_s in enumerate(cutoffs_s):
        within = matrix.seconds <= cutoff_s + TIE_S
        row, demand = matrix.row[within], matrix.index[within]
        for g in range(weights.shape[1]):
            people[:, k, g] = np.bincount(row, weights=weights[demand, g], minlength=sources)
    return people
