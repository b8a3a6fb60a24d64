"""The ground that benchmarks run on: Porto's real streets, or the shipped sample's where they are missing; tiles."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.engine.reach import Sources
from geo.engine.snapping import Places
from geo.streets.network import StreetNetwork, starts
from geo.streets.reading import read_streets
from geo.streets.table import StreetTable
from tests.bench.harness import ROOT

PORTO_FILE: Final = ROOT.parent / "shared" / "data" / "porto.osm.pbf"
SAMPLE_FILE: Final = ROOT / "data" / "sample" / "streets.arrow"
PLACE: Final = "Porto" if PORTO_FILE.exists() else "the sample district (no Porto here)"
SEED: Final = 20_240_601
BUDGET_S: Final = 900.0
N_SOURCES: Final = 2_000


@cache
def porto_table() -> StreetTable:
    """Porto's streets as read; only where the file is."""
    return read_streets(PORTO_FILE)


@cache
def network() -> StreetNetwork:
    """The network that most benchmarks use."""
    return StreetNetwork.build(porto_table()) if PORTO_FILE.exists() else StreetNetwork.load(SAMPLE_FILE)


def random_nodes(streets: StreetNetwork, count: int = N_SOURCES, seed: int = SEED) -> NDArray[np.int64]:
    """Junctions (count,) of the largest component, drawn at random."""
    largest = np.flatnonzero(streets.node_component == streets.component_length_m.argmax())
    return np.random.default_rng(seed).choice(largest, count)


def at_nodes(streets: StreetNetwork, nodes: NDArray[np.int64]) -> Sources:
    """Each junction as a source: a place at the end of one of its streets, with no way to it."""
    code = streets.arc_code[streets.arc_indptr[nodes]]
    edge, at_last = code >> 1, (code & 1).astype(bool)
    count = len(nodes)
    places = Places(
        xy=streets.node_xy[nodes],
        edge=edge,
        offset_m=np.where(at_last, streets.edge_length_m[edge], 0.0),
        access_m=np.zeros(count),
        avoided_component=np.full(count, -1, np.int32),
        long_access=np.zeros(count, np.bool_),
    )
    return Sources.each(places)


def anywhere(streets: StreetNetwork, count: int, seed: int = SEED) -> Places:
    """Places in the middle of streets, 20 m from them."""
    edge = np.random.default_rng(seed).integers(0, streets.n_edges, count).astype(np.int32)
    at = streets.shape_xy[streets.shape_indptr[edge]]
    offset, access = streets.edge_length_m[edge] / 2, np.full(count, 20.0)
    return Places(at, edge, offset, access, np.full(count, -1, np.int32), np.zeros(count, np.bool_))


def tiled(table: StreetTable, columns: int, rows: int, *, joined: bool = False) -> StreetTable:
    """Copies of a street table side by side; `joined` links each to its eastern and northern neighbor by one street."""
    low, high = table.node_lonlat.min(axis=0), table.node_lonlat.max(axis=0)
    step = (high - low) * 1.01
    offsets = np.array([(c, r) for r, c in itertools.product(range(rows), range(columns))]) * step
    copies = len(offsets)

    def shifted(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((offsets[:, None] + lonlat).reshape(-1, 2), dtype=np.float64)

    columns_of: dict[str, Any] = {
        name: np.tile(getattr(table, name), copies)
        for name in ("node_truncated", "edge_class", "edge_flags", "edge_way")
    }
    nodes = np.arange(copies, dtype=np.int32)[:, None, None] * np.int32(table.n_nodes) + table.edge_nodes
    whole = replace(
        table,
        node_lonlat=shifted(table.node_lonlat),
        edge_nodes=nodes.reshape(-1, 2),
        shape_indptr=starts(np.tile(np.diff(table.shape_indptr), copies)),
        shape_lonlat=shifted(table.shape_lonlat),
        source=f"{copies} × {table.source}",
        **columns_of,
    )
    return _linked(whole, table, columns, rows) if joined else whole


def _linked(whole: StreetTable, tile: StreetTable, columns: int, rows: int) -> StreetTable:
    """One more street between neighboring tiles, from the eastern- or northernmost node to the one opposite."""
    west, south = tile.node_lonlat.argmin(axis=0)
    east, north = tile.node_lonlat.argmax(axis=0)
    links = []
    for row, column in itertools.product(range(rows), range(columns)):
        base = (row * columns + column) * tile.n_nodes
        if column + 1 < columns:
            links.append((base + east, base + tile.n_nodes + west))
        if row + 1 < rows:
            links.append((base + north, base + columns * tile.n_nodes + south))
    ends = np.array(links, dtype=np.int32)
    count = len(ends)
    return replace(
        whole,
        edge_nodes=np.concatenate([whole.edge_nodes, ends]),
        edge_class=np.append(whole.edge_class, np.zeros(count, np.uint8)),
        edge_flags=np.append(whole.edge_flags, np.zeros(count, np.uint8)),
        edge_way=np.append(whole.edge_way, -1 - np.arange(count)),
        shape_indptr=np.append(whole.shape_indptr, whole.shape_indptr[-1] + 2 * np.arange(1, count + 1)),
        shape_lonlat=np.concatenate([whole.shape_lonlat, whole.node_lonlat[ends].reshape(-1, 2)]),
    )


if __name__ == "__main__":  # a child of its own, so that building a large network leaves no memory behind
    columns, rows, joined, path = sys.argv[1:]
    StreetNetwork.build(tiled(porto_table(), int(columns), int(rows), joined=joined == "1")).save(Path(path))
