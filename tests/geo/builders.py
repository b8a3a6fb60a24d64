"""Small street networks, drawn in ASCII or counted out in blocks, for tests.

Everything is laid out in plain meters from ORIGIN in CRS and goes through `StreetNetwork.build`, so a test sees
what a reader's table would become. Coordinates come back from degrees to within a nanometer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.crs import to_lonlat, to_metric
from geo.streets.network import StreetNetwork
from geo.streets.table import NO_BACKWARD, STEPS, STRUCTURE, StreetTable

CRS = "EPSG:4549"
ORIGIN = np.array([389_000.0, 2_778_000.0])
"""Somewhere on the coast of Fujian, on whole kilometers."""

MARKS = {">": NO_BACKWARD, "/": STEPS, "=": STRUCTURE}

XY = tuple[float, float]
Height = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Street:
    """A street from node `first` to node `last`, bending at `via` (meters from the origin)."""

    first: int
    last: int
    via: tuple[XY, ...] = ()
    flags: int = 0


@dataclass(frozen=True)
class Terrain:
    """An elevation model that is a formula: height(x, y) of meters from the origin."""

    height: Height
    path: str = "formula"

    def sample(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (to_metric(lonlat, CRS) - ORIGIN).T
        return np.asarray(self.height(x, y), dtype=np.float64) + np.zeros_like(x)


def build(
    nodes: Sequence[XY],
    streets: Sequence[Street],
    *,
    height: Height | None = None,
    truncated: Sequence[int] = (),
    shift: XY = (0.0, 0.0),
) -> StreetNetwork:
    """A network of streets between nodes, all moved by `shift`."""
    base = ORIGIN + np.asarray(shift)
    xy = np.asarray(nodes, dtype=np.float64)
    shapes = [np.array([xy[s.first], *s.via, xy[s.last]]) for s in streets]
    table = StreetTable(
        node_lonlat=to_lonlat(xy + base, CRS),
        node_truncated=np.isin(np.arange(len(xy)), truncated),
        edge_nodes=np.array([(s.first, s.last) for s in streets], dtype=np.int32).reshape(-1, 2),
        edge_class=np.zeros(len(streets), np.uint8),
        edge_flags=np.array([s.flags for s in streets], dtype=np.uint8),
        edge_way=np.arange(len(streets), dtype=np.int64),
        shape_indptr=np.concatenate(([0], np.cumsum([len(s) for s in shapes]))).astype(np.int64),
        shape_lonlat=to_lonlat(np.concatenate(shapes) + base, CRS),
        source="drawing",
    )
    model = None if height is None else Terrain(height)
    return StreetNetwork.build(table, crs=CRS, elevation=model)  # type: ignore[arg-type]


def positions(drawing: str, step_m: float) -> dict[str, XY]:
    """Where each letter stands: `step_m` for each column and line, the last line lowest."""
    lines = [line for line in drawing.splitlines() if line.strip()]
    return {
        letter: (column * step_m, (len(lines) - 1 - row) * step_m)
        for row, line in enumerate(lines)
        for column, letter in enumerate(line)
        if letter.isalpha()
    }


def drawn(
    drawing: str, words: str, *, step_m: float = 50.0, height: Height | None = None, truncated: str = ""
) -> StreetNetwork:
    """The network of a drawing.

    Args:
        words: one street each, the letters that it runs through: small ones are junctions, capitals are bends.
            A mark may follow: > walked this way only, / stairs, = bridge.
        truncated: junctions where the extract ends.
    """
    at = positions(drawing, step_m)
    names = sorted(letter for letter in at if letter.islower())
    streets = []
    for word in words.split():
        letters = word.rstrip("".join(MARKS))
        flags = sum(MARKS[mark] for mark in word[len(letters) :])
        via = tuple(at[letter] for letter in letters[1:-1])
        streets.append(Street(names.index(letters[0]), names.index(letters[-1]), via, flags))
    ends = [names.index(letter) for letter in truncated]
    return build([at[name] for name in names], streets, height=height, truncated=ends)


def grid(columns: int, rows: int, block_m: float, *, height: Height | None = None) -> StreetNetwork:
    """Streets around columns × rows square blocks; the crossings stand at whole multiples of the block."""
    wide = columns + 1
    nodes = [(c * block_m, r * block_m) for r in range(rows + 1) for c in range(wide)]
    along = [Street(r * wide + c, r * wide + c + 1) for r in range(rows + 1) for c in range(columns)]
    across = [Street(r * wide + c, (r + 1) * wide + c) for r in range(rows) for c in range(wide)]
    return build(nodes, along + across, height=height)


def at(*points: XY) -> NDArray[np.float64]:
    """Points (p, 2) in the network's CRS from meters from the origin."""
    return np.asarray(points, dtype=np.float64).reshape(-1, 2) + ORIGIN


def local(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Meters from the origin."""
    return xy - ORIGIN


def node_at(network: StreetNetwork, point: XY) -> int:
    """The node that stands at a point."""
    distance = np.hypot(*(local(network.node_xy) - point).T)
    assert distance.min() < 1e-6, f"no node at {point}"
    return int(distance.argmin())


LINE = "a.....b.....c"
LINE_STREETS = "ab bc"
"""600 m straight, with a junction in the middle."""

RING = """
a...b
.....
.....
.....
d...c
"""
RING_STREETS = "ab bc cd da"
"""A square of 4 × 200 m."""

ISLANDS = "a...b.....c...d"
ISLANDS_STREETS = "ab cd"
"""Two streets of 200 m, 300 m of water between them."""

KNOT = """
P...Q....R.S
............
a...b....c.T
"""
KNOT_STREETS = "aPQb ab bc cRSTc"
"""From a to b straight (200 m) and around (400 m); 250 m on to c; there a loop of 400 m."""

ONE_WAY = RING
ONE_WAY_STREETS = "ab> bc cd da"
"""The ring with one side that is walked from a to b only."""


@st.composite
def street_plans(draw: st.DrawFn, *, one_ways: bool = True, spacing_m: float = 20.0) -> tuple[list[XY], list[Street]]:
    """A small plan: junctions on a coarse lattice, streets that bend, cross, run in parallel, loop or lead nowhere."""
    cells = draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=9, unique=True))
    nodes = [(x * spacing_m, y * spacing_m) for x, y in cells]
    number = st.integers(0, len(nodes) - 1)
    lattice = st.tuples(st.integers(-3, 23), st.integers(-3, 23))
    flags = st.sampled_from([0, 0, 0, STEPS, NO_BACKWARD] if one_ways else [0, 0, STEPS])
    streets = []
    for first, last, bends, flag in draw(
        st.lists(st.tuples(number, number, st.lists(lattice, max_size=2), flags), min_size=1, max_size=14)
    ):
        via = tuple((x * spacing_m, y * spacing_m) for x, y in bends)
        if first == last and not via:
            via = ((nodes[first][0] + 30.0, nodes[first][1] + 40.0),)
        streets.append(Street(first, last, via, flag))
    return nodes, streets


def spots(*, min_size: int = 1, max_size: int = 6) -> st.SearchStrategy[list[XY]]:
    """Points on and around the plans of `street_plans`."""
    meters = st.integers(-40, 440).map(float)
    return st.lists(st.tuples(meters, meters), min_size=min_size, max_size=max_size)


def hills(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rolling ground: slopes up to 0.25 either way."""
    return 8.0 * np.sin(x / 45.0) + 6.0 * np.cos(y / 60.0)
