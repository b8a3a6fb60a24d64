"""Distance field: the area within a distance of street segments, as a contour instead of thousands of buffers.

The grid is aligned to absolute coordinates, so a catchment does not change with what else is computed.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray
from shapely import GeometryType, MultiPolygon, from_ragged_array
from shapely.geometry.base import BaseGeometry

from geo.engine.kernels import OPTIONS
from geo.engine.signatures import F8X2, OUT_F8X2, float64, int64
from geo.streets.network import starts


def area_around(segments: NDArray[np.float64], distance_m: float, cell_m: float) -> BaseGeometry:
    """All that lies within `distance_m` of segments (q, 4) of x1, y1, x2, y2, to about cell_m² / distance_m.

    Exact distances at the grid's points, linear between them. Returns a MultiPolygon, empty for no segment.
    """
    from contourpy import FillType, contour_generator

    if len(segments) == 0:
        return MultiPolygon()
    margin = distance_m + 2 * cell_m
    low = np.floor((segments.reshape(-1, 2).min(axis=0) - margin) / cell_m) * cell_m
    high = np.ceil((segments.reshape(-1, 2).max(axis=0) + margin) / cell_m) * cell_m
    columns, rows = np.rint((high - low) / cell_m).astype(int) + 1
    field = _field(segments, low[0], low[1], cell_m, columns, rows, distance_m)
    generator = contour_generator(z=field, name="serial", fill_type=FillType.OuterOffset)
    parts, offsets = cast(
        tuple[Any, Any], generator.filled(-1.0, distance_m)
    )  # vertices of each polygon, and where its rings start
    if not parts:
        return MultiPolygon()
    coordinates = np.concatenate(parts) * cell_m + low
    rings = starts(np.concatenate([np.diff(o) for o in offsets]))
    polygons = starts(np.array([len(o) - 1 for o in offsets]))
    every = np.array([0, len(parts)])
    return from_ragged_array(GeometryType.MULTIPOLYGON, coordinates, (rings, polygons, every))[0]


@njit(OUT_F8X2(F8X2, float64, float64, float64, int64, int64, float64), fastmath=True, **OPTIONS)
def _field(segments, x0, y0, cell, columns, rows, distance):
    """Distance (rows, columns) of each grid point to the nearest segment, up to what the contour needs."""
    seen = distance + 1.5 * cell  # a neighbor of a point inside is at most sqrt(2) cells farther out
    field = np.full((rows, columns), seen * seen)
    for q in range(len(segments)):
        ax, ay = segments[q, 0] - x0, segments[q, 1] - y0
        dx, dy = segments[q, 2] - segments[q, 0], segments[q, 3] - segments[q, 1]
        square = dx * dx + dy * dy
        inverse = 1.0 / square if square > 0.0 else 0.0
        bottom = max(0, int((ay + min(dy, 0.0) - seen) / cell))
        top = min(rows - 1, int((ay + max(dy, 0.0) + seen) / cell) + 1)
        left = max(0, int((ax + min(dx, 0.0) - seen) / cell))
        right = min(columns - 1, int((ax + max(dx, 0.0) + seen) / cell) + 1)
        for r in range(bottom, top + 1):
            py = r * cell - ay
            row = field[r]
            for c in range(left, right + 1):
                px = c * cell - ax
                t = min(1.0, max(0.0, (px * dx + py * dy) * inverse))
                ex, ey = px - t * dx, py - t * dy
                row[c] = min(row[c], ex * ex + ey * ey)
    return np.sqrt(field)
