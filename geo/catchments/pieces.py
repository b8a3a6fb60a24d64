"""Pieces: the stretches of street that are reached within a budget, cut exactly where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.engine.kernels import OPTIONS, POOL, UNITS, grown, search_whole, u4
from geo.engine.pace import advance_m
from geo.engine.reach import Reach, Sources
from geo.engine.signatures import (  # fmt: skip
    F8,
    F8X2,
    I4,
    I4X2,
    I8,
    OUT_F8X2,
    OUT_I4,
    OUT_I8,
    OUT_U4,
    U4,
    U4X2,
    Tuple,
    float64,
    int64,
)
from geo.streets.network import StreetNetwork, starts


@dataclass(frozen=True, eq=False)
class Pieces:
    """Reached stretches of s sources at k cutoffs; row r = source * k + cutoff.

    Attributes:
        indptr: int64 (s * k + 1,).
        edge: int32 (pieces,).
        low_m, high_m: float64 (pieces,); offsets along the edge, low < high; no two pieces of a row overlap.
        n_cutoffs: k.
    """

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    low_m: NDArray[np.float64]
    high_m: NDArray[np.float64]
    n_cutoffs: int

    def length_m(self) -> NDArray[np.float64]:
        """Street length reached, float64 (s, k)."""
        row = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        total = np.bincount(row, weights=self.high_m - self.low_m, minlength=len(self.indptr) - 1)
        return total.astype(np.float64).reshape(-1, self.n_cutoffs)

    def segments(self, network: StreetNetwork, source: int, cutoff: int) -> NDArray[np.float64]:
        """Straight segments (q, 4) of x1, y1, x2, y2 in meters that draw one row."""
        return self._shapes(network, source, cutoff)[0]

    def lines(self, network: StreetNetwork, source: int, cutoff: int) -> NDArray[np.object_]:
        """One shapely line a piece of a row, in meters."""
        import shapely

        segments, owner = self._shapes(network, source, cutoff)
        starts_line = np.diff(owner, prepend=-1) != 0
        at = np.flatnonzero(starts_line)
        vertices = np.insert(segments[:, 2:], at, segments[at, :2], axis=0)
        return np.asarray(shapely.linestrings(vertices, indices=np.insert(owner, at, owner[at])))

    def _shapes(
        self, network: StreetNetwork, source: int, cutoff: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        row = slice(*self.indptr[source * self.n_cutoffs + cutoff :][:2])
        segments, owner = _segments(
            self.edge[row], self.low_m[row].copy(), self.high_m[row].copy(), network.shape_indptr, network.shape_xy
        )
        return segments, owner


def cut(reach: Reach, sources: Sources, cutoffs_s: NDArray[np.float64]) -> Pieces:
    """Stretches reached by each source within each of the cutoffs (k,), seconds, none above the reach's budget."""
    count = len(cutoffs_s)

    def run(part: Sources) -> tuple[Any, ...]:
        with reach.scratch() as scratch:
            scratch.base, *rows = _cut(
                *reach.graph, *reach.seeds(part), *reach.place_arrays(part),
                reach.network.arc_code, reach.network.edge_nodes, *reach.pace_arrays,
                reach.to, reach.unit_s, cutoffs_s, scratch.base, *scratch.arrays,
            )  # fmt: skip
        return tuple(rows)

    indptr, cutoff, edge, span = reach.in_order(sources, run)
    row = np.repeat(np.arange(len(sources)), np.diff(indptr)) * count + cutoff
    return Pieces(starts(np.bincount(row, minlength=len(sources) * count)), edge, span[:, 0], span[:, 1], count)


@njit(int64(OUT_F8X2, int64, float64, float64), **OPTIONS)
def _insert(spans, count, low, high):
    """Add [low, high] to `count` disjoint rising spans, merging what touches; returns the new count."""
    kept = 0
    place = 0
    for i in range(count):
        if spans[i, 1] < low or spans[i, 0] > high:
            spans[kept, 0], spans[kept, 1] = spans[i, 0], spans[i, 1]
            if spans[i, 1] < low:
                place = kept + 1
            kept += 1
        else:
            low, high = min(low, spans[i, 0]), max(high, spans[i, 1])
    for i in range(kept, place, -1):
        spans[i, 0], spans[i, 1] = spans[i - 1, 0], spans[i - 1, 1]
    spans[place, 0], spans[place, 1] = low, high
    return kept + 1


@njit(Tuple((OUT_U4, OUT_I4, OUT_F8X2))(U4, I4, F8X2), **OPTIONS)
def _more(cutoff, edge, span):
    """The three columns with twice the room."""
    edges, spans = np.empty(2 * len(edge), np.int32), np.empty((2 * len(edge), 2), np.float64)
    edges[: len(edge)], spans[: len(edge)] = edge, span
    return grown(cutoff), edges, spans


@njit(
    int64(
        *(U4, U4X2, I4, I8, F8X2, F8, int64, float64, float64),
        *(I4, int64, I8, U4, OUT_I4, OUT_F8X2, int64),
    ),
    **OPTIONS,
)
def _from_nodes(
    indptr, packed, arc_code, piece_indptr, piece_s, edge_length, to, unit_s, cutoff_s,
    own_edges, base, labels, touched, edge_of, span_of, total,
):  # fmt: skip
    """Add what is reached of each edge from its ends; the edges of the source's own places are left to `_from_places`.

    An edge is done from its first node where that is within the cutoff, otherwise from its last.
    """
    for node in touched:
        left = cutoff_s - (labels[node] - base) * unit_s
        if left <= 0.0:
            continue
        for arc in range(indptr[node], indptr[node + u4(1)]):
            e, at_last = arc_code[arc] >> 1, arc_code[arc] & 1
            other = labels[packed[arc, 0]]
            other_left = cutoff_s - (other - base) * unit_s if other >= base else 0.0
            if at_last and other_left > 0.0:
                continue
            own = False
            for p in range(len(own_edges)):
                own |= own_edges[p] == e
            if own:
                continue
            begin, end, length = piece_indptr[e], piece_indptr[e + 1], edge_length[e]
            up, down = 0.0, length
            if not at_last:
                up = advance_m(begin, end, piece_s, length, 0.0, 1, to, left)
            if at_last or other_left > 0.0:
                back = left if at_last else other_left
                down = advance_m(begin, end, piece_s, length, length, -1, 1 - to, back)
            if up >= down:
                up, down = length, length
            for low, high in ((0.0, up), (down, length)):
                if high > low:
                    edge_of[total], span_of[total, 0], span_of[total, 1] = e, low, high
                    total += 1
    return total


@njit(
    int64(
        *(I4X2, I8, F8X2, F8, int64, float64, float64),
        *(I4, F8, F8, int64, I8, OUT_I4, OUT_F8X2, int64),
    ),
    **OPTIONS,
)
def _from_places(
    edge_nodes, piece_indptr, piece_s, edge_length, to, unit_s, cutoff_s,
    own_edges, own_offset, own_access_s, base, labels, edge_of, span_of, total,
):  # fmt: skip
    """Add what is reached of the edges where the source's places stand: from the places and from both ends."""
    spans = np.empty((len(own_edges) + 2, 2), np.float64)
    for p in range(len(own_edges)):
        e = own_edges[p]
        done = e < 0
        for q in range(p):
            done |= own_edges[q] == e
        if done:
            continue
        begin, end, length = piece_indptr[e], piece_indptr[e + 1], edge_length[e]
        n = 0
        for q in range(p, len(own_edges)):
            left = cutoff_s - own_access_s[q]
            if own_edges[q] == e and left > 0.0:
                down = advance_m(begin, end, piece_s, length, own_offset[q], -1, 1 - to, left)
                n = _insert(spans, n, down, advance_m(begin, end, piece_s, length, own_offset[q], 1, to, left))
        for k in range(2):
            label = labels[edge_nodes[e, k]]
            left = cutoff_s - (label - base) * unit_s if label >= base else 0.0
            if left > 0.0 and k == 0:
                n = _insert(spans, n, 0.0, advance_m(begin, end, piece_s, length, 0.0, 1, to, left))
            elif left > 0.0:
                n = _insert(spans, n, advance_m(begin, end, piece_s, length, length, -1, 1 - to, left), length)
        for j in range(n):
            if spans[j, 1] > spans[j, 0]:
                edge_of[total], span_of[total, 0], span_of[total, 1] = e, spans[j, 0], spans[j, 1]
                total += 1
    return total


@njit(
    Tuple((int64, OUT_I8, OUT_U4, OUT_I4, OUT_F8X2))(
        *(U4, U4X2, I8, U4, I8),  # network, seeds
        *(I8, I4, F8, F8, I4, I4X2),  # places, arcs
        *(I8, F8X2, F8, int64, float64, F8),  # impedance, direction, unit, cutoffs
        *(int64, OUT_I8, OUT_U4, OUT_U4),  # scratch
    ),
    **OPTIONS,
)
def _cut(
    indptr, packed, seed_indptr, seed_node, seed_cost,
    place_indptr, place_edge, place_offset, place_access_s, arc_code, edge_nodes,
    piece_indptr, piece_s, edge_length, to, unit_s, cutoffs_s,
    base, labels, touched, heads,
):  # fmt: skip
    """Returns (next base, indptr (s + 1,), cutoff, edge, span (pieces, 2)), a source's pieces ordered by cutoff."""
    sources = len(seed_indptr) - 1
    row_start = np.zeros(sources + 1, np.int64)
    cutoff_of, edge_of, span_of = np.empty(1024, u4), np.empty(1024, np.int32), np.empty((1024, 2), np.float64)
    waiting, links = np.empty(POOL, u4), np.empty(POOL, u4)
    total = np.int64(0)
    for source in range(sources):
        first, last = seed_indptr[source], seed_indptr[source + 1]
        count, base, waiting, links = search_whole(
            indptr, packed, seed_node, seed_cost, first, last, base, labels, touched, heads, waiting, links
        )
        places = slice(place_indptr[source], place_indptr[source + 1])
        own_edges, own_offset, own_access_s = place_edge[places], place_offset[places], place_access_s[places]
        room = 2 * len(own_edges) + 2
        for i in range(count):
            room += 2 * (indptr[touched[i] + u4(1)] - indptr[touched[i]])
        while total + room * len(cutoffs_s) > len(edge_of):
            cutoff_of, edge_of, span_of = _more(cutoff_of, edge_of, span_of)
        for c in range(len(cutoffs_s)):
            begin = total
            total = _from_nodes(
                indptr, packed, arc_code, piece_indptr, piece_s, edge_length, to, unit_s, cutoffs_s[c],
                own_edges, base, labels, touched[:count], edge_of, span_of, total,
            )  # fmt: skip
            total = _from_places(
                edge_nodes, piece_indptr, piece_s, edge_length, to, unit_s, cutoffs_s[c],
                own_edges, own_offset, own_access_s, base, labels, edge_of, span_of, total,
            )  # fmt: skip
            cutoff_of[begin:total] = u4(c)
        row_start[source + 1] = total
        base += UNITS + 1
    return base, row_start, cutoff_of[:total].copy(), edge_of[:total].copy(), span_of[:total].copy()


@njit(Tuple((OUT_F8X2, OUT_I8))(I4, F8, F8, I8, F8X2), **OPTIONS)
def _segments(edge, low, high, shape_indptr, xy):
    """Segments (q, 4) of stretches, and the stretch (q,) each belongs to."""
    room = 0
    for p in range(len(edge)):
        room += shape_indptr[edge[p] + 1] - shape_indptr[edge[p]] - 1
    segments, owner = np.empty((room, 4), np.float64), np.empty(room, np.int64)
    count = 0
    for p in range(len(edge)):
        along = 0.0
        for i in range(shape_indptr[edge[p]], shape_indptr[edge[p] + 1] - 1):
            ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
            step = np.hypot(bx - ax, by - ay)
            if along + step > low[p] and along < high[p] and step > 0.0:
                s = max(0.0, (low[p] - along) / step)
                t = min(1.0, (high[p] - along) / step)
                segments[count, 0], segments[count, 1] = ax + s * (bx - ax), ay + s * (by - ay)
                segments[count, 2], segments[count, 3] = ax + t * (bx - ax), ay + t * (by - ay)
                owner[count] = p
                count += 1
            along += step
    return segments[:count].copy(), owner[:count].copy()
