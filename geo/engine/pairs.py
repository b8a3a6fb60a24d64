"""The pair kernel: walking times from many sources to many destinations, both at places along edges."""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.engine.kernels import OPTIONS, POOL, UNITS, grown, search_whole, u4
from geo.engine.pace import stretch_s
from geo.engine.signatures import F8, F8X2, I4, I8, OUT_F8, OUT_I8, OUT_U4, U4, U4X2, Tuple, float64, int32, int64


@njit(OUT_F8(F8), **OPTIONS)
def _more(array):
    larger = np.empty(2 * len(array), np.float64)
    larger[: len(array)] = array
    return larger


@njit(
    int64(
        *(int32, float64, float64, I4, U4, F8, F8),  # a place, destinations by edge
        *(I8, F8X2, F8, int64, float64),  # impedance, direction, limit
        *(int64, int64, OUT_I8, OUT_U4, OUT_F8),  # the row
    ),
    **OPTIONS,
)
def _on_edge(
    edge, offset, access_s, edge_sorted, edge_dest, dest_offset, dest_access_s,
    piece_indptr, piece_s, edge_length, to, limit_s, begin, total, slot, dest, seconds,
):  # fmt: skip
    """Add destinations on a place's own edge to the row that starts at `begin`, straight along it; the new total."""
    start, stop, length = piece_indptr[edge], piece_indptr[edge + 1], edge_length[edge]
    for k in range(np.searchsorted(edge_sorted, edge), len(edge_sorted)):
        if edge_sorted[k] != edge:
            break
        d = edge_dest[k]
        low, high = min(offset, dest_offset[d]), max(offset, dest_offset[d])
        column = (0 if dest_offset[d] >= offset else 1) ^ to
        time = access_s + stretch_s(start, stop, piece_s, length, low, high, column) + dest_access_s[d]
        if time <= limit_s:
            if slot[d] < begin:
                slot[d], dest[total], seconds[total] = total, d, time
                total += 1
            elif time < seconds[slot[d]]:
                seconds[slot[d]] = time
    return total


@njit(
    Tuple((int64, OUT_I8, OUT_U4, OUT_F8))(
        *(U4, U4X2, I8, U4, I8),  # network, seeds
        *(I8, I4, F8, F8),  # places of the sources
        *(U4, U4, F8),  # destinations by node
        *(I4, U4, F8, F8),  # destinations by edge
        *(I8, F8X2, F8, int64, float64, float64),  # impedance, direction, unit, limit
        *(int64, OUT_I8, OUT_U4, OUT_U4),  # scratch
    ),
    **OPTIONS,
)
def pairs(
    indptr, packed, seed_indptr, seed_node, seed_cost,
    place_indptr, place_edge, place_offset, place_access_s,
    node_start, node_dest, node_tail_s,
    edge_sorted, edge_dest, dest_offset, dest_access_s,
    piece_indptr, piece_s, edge_length, to, unit_s, limit_s,
    base, labels, touched, heads,
):  # fmt: skip
    """Rows of (destination, seconds) up to `limit_s`: (next base, indptr (s + 1,), destination, seconds).

    node_start (n + 1,) lists for each node the destinations whose edge ends there (node_dest, and in node_tail_s the
    seconds from the node to the door); edge_sorted/edge_dest list them by edge, for pairs that share an edge.
    """
    sources, n_dest = len(seed_indptr) - 1, len(dest_offset)
    starts = np.zeros(sources + 1, np.int64)
    dest, seconds = np.empty(1024, u4), np.empty(1024, np.float64)
    slot = np.full(n_dest, -1, np.int64)  # where the row being made holds a destination; older rows lie lower
    waiting, links = np.empty(POOL, u4), np.empty(POOL, u4)
    total = np.int64(0)
    for source in range(sources):
        first, last = seed_indptr[source], seed_indptr[source + 1]
        count, base, waiting, links = search_whole(
            indptr, packed, seed_node, seed_cost, first, last, base, labels, touched, heads, waiting, links
        )
        begin = total
        while total + n_dest > len(dest):  # a row holds each destination once
            dest, seconds = grown(dest), _more(seconds)
        for i in range(count):
            node = touched[i]
            at_node = (labels[node] - base) * unit_s
            for k in range(node_start[node], node_start[node + u4(1)]):
                time = at_node + node_tail_s[k]
                if time <= limit_s:
                    d = node_dest[k]
                    if slot[d] < begin:
                        slot[d], dest[total], seconds[total] = total, d, time
                        total += 1
                    elif time < seconds[slot[d]]:
                        seconds[slot[d]] = time
        for p in range(place_indptr[source], place_indptr[source + 1]):
            if place_edge[p] >= 0:
                total = _on_edge(
                    place_edge[p], place_offset[p], place_access_s[p], edge_sorted, edge_dest, dest_offset,
                    dest_access_s, piece_indptr, piece_s, edge_length, to, limit_s, begin, total, slot, dest, seconds,
                )  # fmt: skip
        starts[source + 1] = total
        base += UNITS + 1
    return base, starts, dest[:total].copy(), seconds[:total].copy()
