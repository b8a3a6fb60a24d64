"""The grown streets as a StreetTable: straight pieces chained into edges between junctions, bridges marked."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.samplegen.canvas import Streets
from data.samplegen.facts import to_degrees
from data.samplegen.roads import Roads
from data.samplegen.terrain import hilliness, stream_signal
from geo.streets.table import CLASS_CODE, STRUCTURE, StreetTable

BRIDGE_SPACING_M: Final = 900.0
BRIDGE_MIN_CHANGE: Final = 0.0003
"""Change of the stream signal along a meter of road: a road that runs along a stream has less and gets no bridge."""
EXIT_M: Final = 420.0
SOURCE: Final = "泉港、罗溪、园庄示意路网 (schematic streets of Quangang, Luoxi and Yuanzhuang)"


def mark_bridges(streets: Streets) -> int:
    """Flag road pieces that cross a stream; returns how many."""
    xy = np.column_stack([streets.x, streets.y])
    ends = np.array(streets.ends)
    road = ~np.array(streets.grown) & (np.array(streets.classes) <= CLASS_CODE["tertiary"])
    signal = stream_signal(xy)
    a, b = signal[ends[:, 0]], signal[ends[:, 1]]
    length = np.sqrt(((xy[ends[:, 0]] - xy[ends[:, 1]]) ** 2).sum(axis=1))
    steepness = np.round(np.abs(a - b) / np.maximum(length, 1.0), 6)
    crossing = road & (a * b < 0) & (steepness > BRIDGE_MIN_CHANGE) & (hilliness(xy[ends[:, 0]]) > 0.02)
    taken: list[NDArray[np.float64]] = []
    for piece in np.flatnonzero(crossing)[np.argsort(-steepness[crossing], kind="stable")]:
        place = xy[ends[piece, 0]]
        if all(((place - other) ** 2).sum() >= BRIDGE_SPACING_M**2 for other in taken):
            taken.append(place)
            streets.flags[piece] |= STRUCTURE
    return len(taken)


def exits(roads: Roads, land: shapely.Geometry) -> NDArray[np.int64]:
    """Ends of the higher roads near the outline: beyond it they go on."""
    degree = np.bincount(roads.pieces.ravel(), minlength=len(roads.xy))
    high = np.isin(np.arange(len(roads.xy)), roads.pieces[roads.classes <= CLASS_CODE["secondary"]])
    high &= ~np.isin(np.arange(len(roads.xy)), roads.pieces[roads.classes == 0])
    ends = np.flatnonzero((degree == 1) & high)
    near = shapely.distance(shapely.points(roads.xy[ends]), land.boundary) < EXIT_M
    return np.asarray(ends[near], dtype=np.int64)


def chains(streets: Streets, kept: NDArray[np.bool_]) -> list[list[int]]:
    """Pieces joined at points that are not kept, as lists of points from one kept point to the next."""
    by_point: list[list[int]] = [[] for _ in streets.x]
    for piece, (a, b) in enumerate(streets.ends):
        by_point[a].append(piece)
        by_point[b].append(piece)
    done = [False] * len(streets.ends)
    found = []
    for start in np.flatnonzero(kept).tolist():
        for first in by_point[start]:
            if done[first]:
                continue
            chain, piece = [start], first
            while True:
                done[piece] = True
                a, b = streets.ends[piece]
                here = b if chain[-1] == a else a
                chain.append(here)
                if kept[here]:
                    break
                piece = next(other for other in by_point[here] if other != piece)
            found.append(chain)
    return found


def street_table(streets: Streets, truncated: NDArray[np.int64]) -> StreetTable:
    """Edges between junctions, ends and changes of class, in degrees.

    Args:
        streets: the grown graph.
        truncated: points where the sample ends although the road goes on.
    """
    key = {tuple(sorted(ends)): (streets.classes[i], streets.flags[i]) for i, ends in enumerate(streets.ends)}
    kept = np.zeros(len(streets.x), dtype=bool)
    for point, around in enumerate(streets.around):
        kinds = {key[tuple(sorted((point, other)))] for other in around}
        kept[point] = bool(around) and (len(around) != 2 or len(kinds) > 1)
    lines = chains(streets, kept)
    number = np.cumsum(kept) - 1
    lonlat = to_degrees(np.column_stack([streets.x, streets.y]))
    kinds_of = [key[tuple(sorted(line[:2]))] for line in lines]
    cut = np.zeros(len(streets.x), dtype=bool)
    cut[truncated] = True
    return StreetTable(
        node_lonlat=lonlat[kept],
        node_truncated=cut[kept],
        edge_nodes=np.array([[number[line[0]], number[line[-1]]] for line in lines], dtype=np.int32),
        edge_class=np.array([kind for kind, _ in kinds_of], dtype=np.uint8),
        edge_flags=np.array([flags for _, flags in kinds_of], dtype=np.uint8),
        edge_way=np.arange(1, len(lines) + 1, dtype=np.int64),
        shape_indptr=np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        shape_lonlat=lonlat[[point for line in lines for point in line]],
        source=SOURCE,
    )
