"""Noding: traces (polylines whose vertices have identities) become street edges between junctions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.streets.table import StreetTable

FRAME_TOLERANCE_M: Final = 25.0
"""A dead end this near the edge of an extract ends there because the extract does."""
METERS_PER_DEGREE: Final = 111_195.0
"""Of latitude, on a sphere of 6,371 km; only for FRAME_TOLERANCE_M."""

Progress = Callable[[str, float], None]
"""How a reader tells how far it is: what is being done, and the share done, 0 to 1."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class Traces:
    """Polylines with the attributes of their source.

    Attributes:
        indptr: int64 (t + 1,); trace i has the vertices indptr[i]:indptr[i + 1]. One of a single vertex is
            no street, but can say that a street leaves there.
        place: int64 (k,); traces meet where they share a place, and nowhere else.
        lonlat: float64 (k, 2); the same for the same place.
        leaves: bool (k,); here a street goes on that was not delivered.
        way: int64 (t,); id in the source.
        street_class: uint8 (t,).
        flags: uint8 (t,).
    """

    indptr: NDArray[np.int64]
    place: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    leaves: NDArray[np.bool_]
    way: NDArray[np.int64]
    street_class: NDArray[np.uint8]
    flags: NDArray[np.uint8]


def node_traces(traces: Traces, *, frame: Box | None, source: str, report: dict[str, int]) -> StreetTable:
    """Split traces at junctions.

    A vertex is a junction where its place is used twice or more (by two traces or by one), at both ends of
    a trace, and where a street leaves the extract. The other vertices become the edges' shape. Consecutive
    vertices on one spot are one. Nodes are in the order of their places, edges in that of the traces.

    A node is *truncated* where a street leaves the extract, and where it lies outside `frame`. When that marks
    none (some tools drop what is outside without a trace), dead ends within FRAME_TOLERANCE_M of the frame's
    edge are, or of the convex hull of all nodes when there is no frame (if it has an area).

    Args:
        traces: what was read.
        frame: the box that the source says it covers, if it does.
        source: for `StreetTable.source`.
        report: for `StreetTable.report`; "zero_length" is added.
    """
    delivered = np.diff(traces.indptr)
    traces = _drop_repeats(traces)
    collapsed = int(np.count_nonzero((delivered >= 2) & (np.diff(traces.indptr) < 2)))
    if collapsed:
        report = {**report, "zero_length": report.get("zero_length", 0) + collapsed}

    places, first, place = np.unique(traces.place, return_index=True, return_inverse=True)
    leaving = np.zeros(len(places), dtype=np.bool_)
    leaving[place[traces.leaves]] = True
    starts, ends, trace = _cut(traces, place, leaving)

    used = np.zeros(len(places), dtype=np.bool_)
    used[place[starts]] = used[place[ends]] = True
    number = np.cumsum(used) - 1
    node_lonlat = traces.lonlat[first[used]]
    edge_nodes = np.stack([number[place[starts]], number[place[ends]]], axis=1).astype(np.int32)
    counts = ends - starts + 1
    shape_indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    vertex = np.arange(shape_indptr[-1]) + np.repeat(starts - shape_indptr[:-1], counts)
    return StreetTable(
        node_lonlat=node_lonlat,
        node_truncated=_truncated(leaving[used], node_lonlat, edge_nodes, frame),
        edge_nodes=edge_nodes,
        edge_class=traces.street_class[trace],
        edge_flags=traces.flags[trace],
        edge_way=traces.way[trace],
        shape_indptr=shape_indptr,
        shape_lonlat=traces.lonlat[vertex],
        source=source,
        report=report,
    )


def _cut(
    traces: Traces, place: NDArray[np.int64], leaving: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First vertex, last vertex and trace of every edge; `place` counts from 0, `leaving` is by place."""
    lengths = np.diff(traces.indptr)
    is_street = lengths >= 2
    is_junction = (np.bincount(place, minlength=len(leaving)) >= 2) | leaving
    is_junction[place[traces.indptr[:-1][is_street]]] = True
    is_junction[place[traces.indptr[1:][is_street] - 1]] = True

    cuts = np.flatnonzero(is_junction[place] & np.repeat(is_street, lengths))
    is_last = np.zeros(len(place), dtype=np.bool_)
    is_last[traces.indptr[1:][is_street] - 1] = True
    ends_trace = is_last[cuts]
    trace = np.repeat(np.arange(len(lengths)), lengths)
    # between two cuts of one trace lies an edge; the last cut of a trace starts none
    starts, ends = cuts[~ends_trace], cuts[1:][~ends_trace[:-1]]
    return starts, ends, trace[starts]


def _drop_repeats(traces: Traces) -> Traces:
    """Make consecutive vertices on one spot one place, and keep the first of them.

    Two places on one spot with a segment between them are united, so that what meets at either stays joined.
    """
    if len(traces.place) == 0:
        return traces
    on_spot = (traces.lonlat[1:] == traces.lonlat[:-1]).all(axis=1)
    inner = traces.indptr[1:-1]
    on_spot[inner[(inner > 0) & (inner < len(traces.place))] - 1] = False  # between two traces
    after = np.flatnonzero(on_spot) + 1
    if len(after) == 0:
        return traces
    place = traces.place
    if (place[after] != place[after - 1]).any():
        places, index = np.unique(place, return_inverse=True)
        links = coo_array((np.ones(len(after)), (index[after - 1], index[after])), shape=(len(places), len(places)))
        _, group = connected_components(links, directed=False)
        _, representative = np.unique(group, return_index=True)
        place = places[representative[group]][index]
    leaves = np.isin(place, place[traces.leaves])
    keep = np.ones(len(place), dtype=np.bool_)
    keep[after] = False
    indptr = np.concatenate([[0], np.cumsum(keep)])[traces.indptr]
    return Traces(indptr, place[keep], traces.lonlat[keep], leaves[keep], traces.way, traces.street_class, traces.flags)


def _truncated(
    leaving: NDArray[np.bool_], lonlat: NDArray[np.float64], edge_nodes: NDArray[np.int32], frame: Box | None
) -> NDArray[np.bool_]:
    truncated = leaving.copy()
    if len(lonlat) == 0:
        return truncated
    scale = METERS_PER_DEGREE * np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0])  # rough meters
    if frame is None:
        outline = shapely.convex_hull(shapely.multipoints(lonlat * scale))
    else:
        west, south, east, north = frame
        lon, lat = lonlat.T
        truncated |= (lon < west) | (lon > east) | (lat < south) | (lat > north)
        outline = shapely.box(*(np.array([west, south]) * scale), *(np.array([east, north]) * scale))
    if truncated.any() or outline.area == 0:
        return truncated
    dead_ends = np.flatnonzero(np.bincount(edge_nodes.ravel(), minlength=len(lonlat)) == 1)
    distance_m = shapely.distance(shapely.boundary(outline), shapely.points(lonlat[dead_ends] * scale))
    truncated[dead_ends[distance_m <= FRAME_TOLERANCE_M]] = True
    return truncated
