"""GridIndex: which street segments lie near a point; a uniform grid over the segments, searched by Numba.

A tree of five million line objects would cost more than the whole network; the grid costs 8 bytes an entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.engine.kernels import OPTIONS
from geo.engine.signatures import (  # fmt: skip
    B1,
    F8X2,
    I4,
    I8,
    OUT_F8X2,
    OUT_I4,
    OUT_I4X2,
    OUT_I8,
    Tuple,
    float64,
    int64,
)
from geo.streets.network import StreetNetwork, starts

MIN_CELL_M: Final = 50.0
CELLS_PER_EDGE: Final = 4
"""At most so many cells an edge: a sparse province must not become an empty, huge grid."""


@dataclass(frozen=True, eq=False)
class GridIndex:
    """Segments by cell.

    Attributes:
        origin: x, y of the lower left corner, meters.
        cell_m: side of a cell.
        shape: number of columns and rows.
        indptr: int64 (columns * rows + 1,); cell (column, row) is number row * columns + column.
        vertex: int32 (entries,); the segment runs from this vertex of `shape_xy` to the next.
        edge: int32 (entries,); its edge.
    """

    origin: tuple[float, float]
    cell_m: float
    shape: tuple[int, int]
    indptr: NDArray[np.int64]
    vertex: NDArray[np.int32]
    edge: NDArray[np.int32]

    @classmethod
    def of(cls, network: StreetNetwork) -> GridIndex:
        """Index all segments of a network."""
        low = network.shape_xy.min(axis=0)
        extent = np.maximum(network.shape_xy.max(axis=0) - low, 1.0)
        cell = max(MIN_CELL_M, float(np.sqrt(extent.prod() / (CELLS_PER_EDGE * network.n_edges))))
        columns, rows = (int(v) for v in np.floor(extent / cell) + 1)
        args = network.shape_indptr, network.shape_xy, low[0], low[1], cell, columns, rows
        counts = _count(*args)
        indptr = starts(counts)
        vertex, edge = _fill(*args, indptr)
        return cls((float(low[0]), float(low[1])), cell, (columns, rows), indptr, vertex, edge)

    def nearest(
        self, network: StreetNetwork, xy: NDArray[np.float64], max_distance_m: float, preferred: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
        """The nearest edge of all and the nearest preferred one, for points xy (p, 2).

        Args:
            preferred: bool (m,); edges that the second answer may name.

        Returns:
            edge int32 (p, 2), -1 for none within the distance; distance float64 (p, 2), inf for none;
            offset along the edge float64 (p, 2), NaN for none. Column 0: of all; column 1: of the preferred.
            A point that is not finite has none. At equal distance the lower edge number wins.
        """
        shape = network.shape_indptr, network.shape_xy
        grid = self.origin[0], self.origin[1], self.cell_m, self.shape[0], self.shape[1]
        points = np.ascontiguousarray(xy, dtype=np.float64)
        edge, distance, offset = _nearest(
            *shape, *grid, self.indptr, self.vertex, self.edge, points, max_distance_m, preferred
        )
        return edge, distance, offset


@njit(Tuple((int64, int64, int64, int64))(F8X2, int64, float64, float64, float64, int64, int64), **OPTIONS)
def _cells(xy, i, x0, y0, cell, columns, rows):
    """First and last column, first and last row of the box of segment i."""
    a, b = min(xy[i, 0], xy[i + 1, 0]), max(xy[i, 0], xy[i + 1, 0])
    c, d = min(xy[i, 1], xy[i + 1, 1]), max(xy[i, 1], xy[i + 1, 1])
    return (
        max(0, int(np.floor((a - x0) / cell))),
        min(columns - 1, int(np.floor((b - x0) / cell))),
        max(0, int(np.floor((c - y0) / cell))),
        min(rows - 1, int(np.floor((d - y0) / cell))),
    )


@njit(OUT_I8(I8, F8X2, float64, float64, float64, int64, int64), **OPTIONS)
def _count(indptr, xy, x0, y0, cell, columns, rows):
    counts = np.zeros(columns * rows, np.int64)
    for e in range(len(indptr) - 1):
        for i in range(indptr[e], indptr[e + 1] - 1):
            left, right, bottom, top = _cells(xy, i, x0, y0, cell, columns, rows)
            for row in range(bottom, top + 1):
                for column in range(left, right + 1):
                    counts[row * columns + column] += 1
    return counts


@njit(Tuple((OUT_I4, OUT_I4))(I8, F8X2, float64, float64, float64, int64, int64, I8), **OPTIONS)
def _fill(indptr, xy, x0, y0, cell, columns, rows, cell_start):
    at = cell_start[:-1].copy()
    vertex = np.empty(cell_start[-1], np.int32)
    edge = np.empty(cell_start[-1], np.int32)
    for e in range(len(indptr) - 1):
        for i in range(indptr[e], indptr[e + 1] - 1):
            left, right, bottom, top = _cells(xy, i, x0, y0, cell, columns, rows)
            for row in range(bottom, top + 1):
                for column in range(left, right + 1):
                    k = row * columns + column
                    vertex[at[k]] = i
                    edge[at[k]] = e
                    at[k] += 1
    return vertex, edge


@njit(Tuple((float64, float64))(F8X2, int64, float64, float64), **OPTIONS)
def _project(xy, i, x, y):
    """Squared distance from (x, y) to segment i, and the share of the segment at its foot."""
    ax, ay = xy[i, 0], xy[i, 1]
    dx, dy = xy[i + 1, 0] - ax, xy[i + 1, 1] - ay
    square = dx * dx + dy * dy
    t = 0.0
    if square > 0.0:
        t = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / square))
    fx, fy = ax + t * dx - x, ay + t * dy - y
    return fx * fx + fy * fy, t


@njit(
    Tuple((OUT_I4X2, OUT_F8X2, OUT_F8X2))(
        *(I8, F8X2, float64, float64, float64, int64, int64),  # shapes, grid
        *(I8, I4, I4, F8X2, float64, B1),  # entries, points
    ),
    **OPTIONS,
)
def _nearest(indptr, xy, x0, y0, cell, columns, rows, cell_start, vertex, edge, points, reach, preferred):
    found = np.full((len(points), 2), -1, np.int32)
    distance = np.full((len(points), 2), np.inf, np.float64)
    offset = np.full((len(points), 2), np.nan, np.float64)
    limit = reach * reach
    for p in range(len(points)):
        x, y = points[p, 0], points[p, 1]
        beyond = max(max(x0 - x, x - x0 - columns * cell), max(y0 - y, y - y0 - rows * cell))
        if not beyond <= reach + cell:  # NaN and infinity too, whose rings would never end
            continue
        column, row = int(np.floor((x - x0) / cell)), int(np.floor((y - y0) / cell))
        inside = min(x - x0 - column * cell, (column + 1) * cell - x + x0)
        inside = min(inside, y - y0 - row * cell, (row + 1) * cell - y + y0)
        at = np.full(2, -1, np.int64)
        ring = 0
        while True:
            for r in range(max(0, row - ring), min(rows, row + ring + 1)):
                edge_row = r == row - ring or r == row + ring
                step = 1 if edge_row or ring == 0 else 2 * ring  # inner rows: only the two outer columns
                for c in range(column - ring, column + ring + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    for k in range(cell_start[r * columns + c], cell_start[r * columns + c + 1]):
                        square, _ = _project(xy, vertex[k], x, y)
                        if square > limit:
                            continue
                        for rank in range(2):
                            if rank == 1 and not preferred[edge[k]]:
                                continue
                            if square < distance[p, rank] or (square == distance[p, rank] and edge[k] < found[p, rank]):
                                distance[p, rank], found[p, rank], at[rank] = square, edge[k], vertex[k]
            seen = ring * cell + inside  # everything nearer than this has been looked at
            if seen >= reach or (seen > 0 and max(distance[p, 0], distance[p, 1]) < seen * seen):
                break
            ring += 1
        for rank in range(2):
            if at[rank] < 0:
                continue
            _, share = _project(xy, at[rank], x, y)
            along = 0.0
            for i in range(indptr[found[p, rank]], at[rank]):
                along += np.hypot(xy[i + 1, 0] - xy[i, 0], xy[i + 1, 1] - xy[i, 1])
            i = at[rank]
            along += share * np.hypot(xy[i + 1, 0] - xy[i, 0], xy[i + 1, 1] - xy[i, 1])
            distance[p, rank] = np.sqrt(distance[p, rank])
            offset[p, rank] = along
    return found, distance, offset
