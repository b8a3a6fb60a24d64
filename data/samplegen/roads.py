"""Roads between settlements: least-cost ways over the terrain, higher classes first, the lower ones joining them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from data.samplegen.facts import MEETING, TOWNS, to_meters
from data.samplegen.noise import smooth_noise
from data.samplegen.terrain import height_m
from geo.streets.table import CLASS_CODE

CELL_M: Final = 80.0
SHORE_M: Final = 75.0
"""Roads keep this far from the outline of the land, so that smoothing cannot push them into the sea."""
ON_ROAD: Final = 0.4
"""Cost of using a road that is there, relative to building one."""
SMOOTHINGS: Final = 3
DETOUR: Final = 1.75
"""Two neighboring settlements get a road of their own where the way round is longer than this."""
TRACK_EVERY: Final = 3
"""Of the neighbors that get no road, one in so many gets a track over the fields or a path over the hill."""
PATH_HEIGHT_M: Final = 70.0

RANKS: Final = tuple(
    CLASS_CODE[c] for c in ("trunk", "primary", "secondary", "tertiary", "unclassified", "track", "path")
)
"""Road classes from the most to the least important: of two on the same ground the first stays."""

# fmt: off
TRUNK: Final = ((118.815, 25.2185), (118.835, 25.181), (118.874, 25.142), (118.902, 25.128), (118.8585, 25.0945))
"""A national-highway-like road through 涂岭 and along to the seat; its ends go on beyond the sample."""
PRIMARY: Final = (
    ((118.908, 25.130), (118.911, 25.190), (118.893, 25.222), (118.872, 25.2375)),
    ((118.908, 25.130), (118.934, 25.150), (118.957, 25.197), (118.911, 25.190)),
    ((118.934, 25.150), (118.940, 25.122), (118.908, 25.130)),
    ((118.835, 25.181), (118.911, 25.190)),
)
SECONDARY: Final = (
    ((118.835, 25.181), MEETING, (118.672, 25.138), (118.684, 25.098)),
    (MEETING, (118.744, 25.226), (118.803, 25.240)),
    ((118.744, 25.226), (118.835, 25.181)),
    ((118.672, 25.138), (118.630, 25.157)),
    ((118.835, 25.181), (118.893, 25.222)),
    ((118.835, 25.181), (118.780, 25.101)),
    ((118.874, 25.142), (118.934, 25.150)),
)
# fmt: on
"""Which places they join is synthetic, like all streets here."""


@dataclass(frozen=True, slots=True)
class Roads:
    """A planar-drawn graph of straight pieces.

    Attributes:
        xy: float64 (n, 2), EPSG:4549.
        pieces: int64 (m, 2), pairs of points.
        classes: uint8 (m,), codes of `geo.streets.table.STREET_CLASSES`.
    """

    xy: NDArray[np.float64]
    pieces: NDArray[np.int64]
    classes: NDArray[np.uint8]


class Ground:
    """The grid over which roads find their way: cells, what stepping between neighbors costs, roads built so far."""

    def __init__(self, land: shapely.Geometry) -> None:
        west, south, east, north = (float(np.floor(v / CELL_M) * CELL_M) for v in land.bounds)
        xs, ys = np.arange(west, east + CELL_M, CELL_M), np.arange(south, north + CELL_M, CELL_M)
        self.shape = (len(ys), len(xs))
        self.xy = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        inside = shapely.contains_xy(land.buffer(-SHORE_M), self.xy)
        self.cells = np.flatnonzero(inside)
        self._tail, self._head, self._effort = self._steps(inside)
        self._factor = np.ones(len(self.xy))
        self.class_of: dict[tuple[int, int], int] = {}

    def _steps(self, inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Both ends and the effort of every step to one of eight neighbors."""
        number = np.arange(len(self.xy)).reshape(self.shape)
        pairs = [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
            np.column_stack([number[:-1, :-1].ravel(), number[1:, 1:].ravel()]),
            np.column_stack([number[:-1, 1:].ravel(), number[1:, :-1].ravel()]),
        ]
        ends = np.vstack(pairs)
        ends = ends[inside[ends].all(axis=1)]
        height = height_m(self.xy)
        run = np.sqrt(((self.xy[ends[:, 0]] - self.xy[ends[:, 1]]) ** 2).sum(axis=1))
        grade = (height[ends[:, 0]] - height[ends[:, 1]]) / run
        whim = 1.0 + 0.65 * smooth_noise((self.xy[ends[:, 0]] + self.xy[ends[:, 1]]) / 2, 420, 41)
        effort = np.round(run * whim * (1.0 + 90.0 * grade**2 + height[ends[:, 0]] / 400.0), 2)
        return ends[:, 0], ends[:, 1], effort

    def costs(self) -> csr_array:
        """Symmetric matrix of step costs as the roads built so far leave them."""
        cost = np.round(self._effort * (self._factor[self._tail] + self._factor[self._head]) / 2, 2)
        n = len(self.xy)
        both = (np.concatenate([self._tail, self._head]), np.concatenate([self._head, self._tail]))
        return csr_array((np.concatenate([cost, cost]), both), shape=(n, n))

    def nearest(self, xy: NDArray[np.float64]) -> int:
        """The buildable cell nearest to a place."""
        return int(self.cells[np.argmin(np.round(((self.xy[self.cells] - xy) ** 2).sum(axis=1), 2))])

    def build(self, path: Sequence[int], street_class: int) -> None:
        """Lay a road along cells; a step that would cross another diagonally goes round its corner instead."""
        width = self.shape[1]
        for a, b in pairwise(path):
            low, high = min(a, b), max(a, b)
            step = high - low
            if step in (width - 1, width + 1):
                side = 1 if step == width + 1 else -1
                if (low + side, high - side) in self.class_of or (high - side, low + side) in self.class_of:
                    self._lay(low, low + side, street_class)
                    self._lay(low + side, high, street_class)
                    continue
            self._lay(low, high, street_class)

    def _lay(self, a: int, b: int, street_class: int) -> None:
        key = (min(a, b), max(a, b))
        there = self.class_of.get(key)
        if there is None or RANKS.index(street_class) < RANKS.index(there):
            self.class_of[key] = street_class
        self._factor[[a, b]] = ON_ROAD


def build_roads(land: shapely.Geometry, settlements: NDArray[np.float64]) -> Roads:
    """Trunk, primary and secondary roads between the towns, then the roads that join every settlement to them."""
    ground = Ground(land)
    seats = {town.seat for town in TOWNS}
    for street_class, routes in (("trunk", (TRUNK,)), ("primary", PRIMARY), ("secondary", SECONDARY)):
        for route in routes:
            cells = [ground.nearest(_place(stop, seats, settlements)) for stop in route]
            for a, b in pairwise(cells):
                ground.build(_way(ground, a, b), CLASS_CODE[street_class])
    _join(ground, [ground.nearest(xy) for xy in settlements])
    return _drawn(ground)


def _place(
    stop: tuple[float, float], seats: Iterable[tuple[float, float]], settlements: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A stop in meters; a seat stands for the settlement nearest to it."""
    xy = np.asarray(to_meters(stop)[0], dtype=np.float64)
    if stop not in seats:
        return xy
    return np.asarray(settlements[np.argmin(np.round(((settlements - xy) ** 2).sum(axis=1), 2))])


def _way(ground: Ground, a: int, b: int) -> list[int]:
    _, before = dijkstra(ground.costs(), indices=a, return_predecessors=True)
    return _back(before, b)


def _back(before: NDArray[np.int32], cell: int) -> list[int]:
    way = [cell]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    return way


def _join(ground: Ground, sites: list[int]) -> None:
    """Join the settlements: a spanning tree of the cheapest ways between neighbors, short cuts, tracks.

    Each cell belongs to its nearest settlement or main road; two neighbors meet where the way between them
    is cheapest (Mehlhorn 1988, A faster approximation algorithm for the Steiner problem in graphs).
    """
    main = sorted({cell for pair in ground.class_of for cell in pair})
    starts = sorted(set(sites) | set(main))
    costs = ground.costs()
    distance, before, label = dijkstra(costs, indices=starts, return_predecessors=True, min_only=True)
    rank = {cell: i for i, cell in enumerate(sorted(set(sites) - set(main)))}
    group = np.array([rank.get(int(cell), -1) if cell >= 0 else -2 for cell in label])
    edges = costs.tocoo()
    tail, head = edges.coords
    meets = (group[tail] != group[head]) & (group[tail] > -2) & (group[head] > -2) & (tail < head)
    tail, head = tail[meets], head[meets]
    total = np.round(distance[tail] + edges.data[meets] + distance[head], 2)
    neighbors: dict[tuple[int, int], tuple[float, int, int]] = {}
    for i in np.lexsort((head, tail, total)):
        pair = (int(min(group[tail[i]], group[head[i]])), int(max(group[tail[i]], group[head[i]])))
        neighbors.setdefault(pair, (float(total[i]), int(tail[i]), int(head[i])))
    _choose(ground, before, neighbors, len(rank))


def _choose(
    ground: Ground, before: NDArray[np.int32], neighbors: dict[tuple[int, int], tuple[float, int, int]], count: int
) -> None:
    """From the cheapest way up: build it where nothing joins the two yet or the way round is long."""
    reach: list[dict[int, float]] = [{} for _ in range(count + 1)]  # the main roads are the last one
    spare = 0
    for (a, b), (cost, tail, head) in sorted(neighbors.items(), key=lambda item: (item[1], item[0])):
        there = _cost_between(reach, a % (count + 1), b % (count + 1), DETOUR * cost)
        way = [*reversed(_back(before, tail)), *_back(before, head)]
        if there is None:
            reach[a % (count + 1)][b % (count + 1)] = cost
            reach[b % (count + 1)][a % (count + 1)] = cost
            ground.build(way, CLASS_CODE["tertiary" if a == -1 else "unclassified"])
            continue
        spare += 1
        if spare % TRACK_EVERY == 0:
            high = float(height_m(ground.xy[way]).max()) > PATH_HEIGHT_M
            ground.build(way, CLASS_CODE["path" if high else "track"])


def _cost_between(reach: list[dict[int, float]], a: int, b: int, limit: float) -> float | None:
    """Cost of the cheapest way over what is built, or None beyond the limit. Riding the main roads is free."""
    best = {a: 0.0}
    todo = [a]
    while todo:
        todo.sort(key=lambda place: (-best[place], place))
        here = todo.pop()
        if here == b:
            return best[here]
        for other, cost in sorted(reach[here].items()):
            total = best[here] + cost
            if total <= limit and total < best.get(other, limit + 1):
                best[other] = total
                if other not in todo:
                    todo.append(other)
    return None


def _drawn(ground: Ground) -> Roads:
    """The chosen steps with the staircase of the grid smoothed away, in pieces of about half a cell."""
    steps = sorted(ground.class_of)
    cells = sorted({cell for step in steps for cell in step})
    number = {cell: i for i, cell in enumerate(cells)}
    ends = np.array([[number[a], number[b]] for a, b in steps])
    xy = ground.xy[cells]
    xy = xy + 14.0 * np.column_stack([smooth_noise(xy, 130, 42), smooth_noise(xy, 130, 43)])
    degree = np.bincount(ends.ravel(), minlength=len(cells))
    for _ in range(SMOOTHINGS):
        total = np.zeros_like(xy)
        np.add.at(total, ends[:, 0], xy[ends[:, 1]])
        np.add.at(total, ends[:, 1], xy[ends[:, 0]])
        moved = np.round(0.5 * xy + 0.5 * total / degree[:, None], 2)
        xy = np.where((degree >= 2)[:, None], moved, xy)
    # Each step is halved; the halves' point is drawn towards the curve through the neighbors.
    bent = np.round((xy[ends[:, 0]] + xy[ends[:, 1]]) / 2 + _bend(xy, ends, degree), 2)
    middle = len(cells) + np.arange(len(ends))
    pieces = np.vstack([np.column_stack([ends[:, 0], middle]), np.column_stack([middle, ends[:, 1]])])
    classes = np.array([ground.class_of[step] for step in steps], dtype=np.uint8)
    return Roads(np.round(np.vstack([xy, bent]), 2), pieces, np.concatenate([classes, classes]))


def _bend(xy: NDArray[np.float64], ends: NDArray[np.int64], degree: NDArray[np.int64]) -> NDArray[np.float64]:
    """Offset of each step's middle on the four-point curve: an eighth of how much both ends bend (0 at junctions)."""
    total = np.zeros_like(xy)
    np.add.at(total, ends[:, 0], xy[ends[:, 1]])
    np.add.at(total, ends[:, 1], xy[ends[:, 0]])
    turn = np.where((degree == 2)[:, None], 2 * xy - total, 0.0)
    return (turn[ends[:, 0]] + turn[ends[:, 1]]) / 16.0
