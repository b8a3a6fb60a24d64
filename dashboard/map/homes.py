"""Homes on a map: residents drawn together by square cells, for a circle for each home would hide the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def by_cell(xy: Floats, people: Floats, cell_m: float, places: Floats | None = None) -> tuple[Floats, Floats]:
    """The middle of the residents of each cell, float64 (n, 2), and their number (n,); the largest first.

    Args:
        xy: meters (d, 2), which tell the cell.
        people: residents (d,); homes of nobody are left out.
        cell_m: side of a cell.
        places: (d, 2) whose middle is asked for, such as degrees; by default `xy`.
    """
    lived_in = people > 0
    places, xy, people = (xy if places is None else places)[lived_in], xy[lived_in], people[lived_in]
    if not len(xy):
        return np.empty((0, 2)), np.empty(0)
    _, owner = np.unique(np.floor(xy / cell_m).astype(np.int64), axis=0, return_inverse=True)
    total = np.bincount(owner, weights=people)
    middle = np.column_stack([np.bincount(owner, weights=people * axis) / total for axis in places.T])
    order = np.argsort(-total, kind="stable")
    return middle[order], total[order].astype(np.float64)
