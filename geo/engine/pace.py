"""Walking along one edge: how long a stretch takes, how far a time carries. Kernels on `geo.engine.impedance` arrays.

An edge of `length` runs over the pieces start..stop of `piece_s`, all equally long; `column` is the walking
direction: 0 toward the last node, 1 toward the first.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.engine.kernels import OPTIONS
from geo.engine.signatures import F8, F8X2, I4, I8, OUT_F8, float64, int64


@njit(float64(int64, int64, F8X2, float64, float64, float64, int64), **OPTIONS)
def stretch_s(start, stop, piece_s, length, low, high, column):
    """Seconds for the stretch from offset `low` to `high` (meters, low <= high)."""
    if high <= low or length <= 0.0:
        return 0.0
    size = length / (stop - start)
    seconds = 0.0
    for i in range(stop - start):
        overlap = min(high, (i + 1) * size) - max(low, i * size)
        if overlap > 0.0:
            seconds += piece_s[start + i, column] * (overlap / size)
    return seconds


@njit(float64(int64, int64, F8X2, float64, float64, int64, int64, float64), **OPTIONS)
def advance_m(start, stop, piece_s, length, offset, step, column, seconds):
    """Offset reached from `offset` in `seconds` when looking up (step 1) or down (step -1) the edge."""
    count = stop - start
    if length <= 0.0:
        return offset
    size = length / count
    i = min(count - 1, int(offset / size))
    while 0 <= i < count:
        border = (i + 1) * size if step > 0 else i * size
        way = (border - offset) * step
        if way > 0.0:
            cost = piece_s[start + i, column] * (way / size)
            if cost > seconds:
                return offset + step * way * (seconds / cost)
            seconds -= cost
            offset = border
        i += step
    return length if step > 0 else 0.0


@njit(OUT_F8(I8, F8X2, F8, I4, F8, F8, int64), **OPTIONS)
def stretches_s(piece_indptr, piece_s, edge_length, edge, low, high, column):
    """`stretch_s` for many stretches (p,); inf where the edge is -1."""
    seconds = np.full(len(edge), np.inf)
    for p in range(len(edge)):
        e = edge[p]
        if e >= 0:
            seconds[p] = stretch_s(
                piece_indptr[e], piece_indptr[e + 1], piece_s, edge_length[e], low[p], high[p], column
            )
    return seconds
