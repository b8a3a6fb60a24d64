"""The search kernels: bounded shortest paths over packed arcs, compiled by Numba.

Costs are integers, UNITS of them to a budget; labels are 64-bit `base + cost`, with the base raised past the last
budget before each search, so nothing is reset between sources. Nodes wait in BUCKETS slices of the budget, and a
node improved inside its own slice waits there again: label-correcting within a slice, therefore exact.

Two measured choices. Weights are 32-bit (memory traffic) but sums are made on the 64-bit labels, so the full 2**30
units fit and nothing can overflow. Everything that indexes is unsigned: for a signed index Numba adds a test for
negative values, and the search took 2.8 times as long.

The waiting nodes are linked lists in a pool: `heads` (one a bucket), `links`, `waiting`; entry 0 means none. A search
that fills its pool gives up with FULL and is repeated with twice the room: growing inside the loop made every search
three times slower.

The kernels release the GIL and take their scratch arrays from the caller, who keeps one set a thread (`Scratch`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.engine.signatures import I4, I8, OUT_I4, OUT_I8, OUT_U4, U4, U4X2, Tuple, boolean, int64, uint32

SHIFT: Final = 24
BUCKETS: Final = 64
UNITS: Final = BUCKETS << SHIFT
"""Cost units in a budget: 2**30."""

OPTIONS: Final[dict[str, Any]] = {"cache": True, "nogil": True, "boundscheck": False, "error_model": "numpy"}

u4 = np.uint32
NONE: Final = u4(0)
ONE: Final = u4(1)
FULL: Final = u4(0xFFFFFFFF)
POOL: Final = 1 << 14
"""Entries that a pool starts with."""


class Scratch:
    """What one thread needs to search a network of n nodes, kept between calls: 12 bytes a node."""

    def __init__(self, n_nodes: int) -> None:
        self.base = 1
        self.labels: NDArray[np.int64] = np.zeros(n_nodes, np.int64)
        self.touched: NDArray[np.uint32] = np.empty(n_nodes, u4)
        self.heads: NDArray[np.uint32] = np.zeros(BUCKETS + 1, u4)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """In the order in which every kernel takes them."""
        return self.labels, self.touched, self.heads


@njit(OUT_U4(U4), **OPTIONS)
def grown(array):
    """The array with twice the room."""
    larger = np.empty(2 * len(array), u4)
    larger[: len(array)] = array
    return larger


@njit(
    uint32(U4, U4X2, U4, I8, int64, int64, int64, OUT_I8, OUT_U4, OUT_U4, OUT_U4, OUT_U4),
    **OPTIONS,
)
def search(indptr, packed, seed_node, seed_cost, first, last, base, labels, touched, heads, waiting, links):
    """Label all nodes within the budget of seeds first..last; returns how many are in `touched`, or FULL.

    indptr (n + 1,), packed (arcs, 2) of (neighbor, cost), labels (n,) all below `base`, heads all 0, before and after.
    """
    count, top, free, room = u4(0), ONE, NONE, u4(len(waiting))
    end = base + UNITS
    for i in range(first, last):
        node, label = seed_node[i], base + seed_cost[i]
        old = labels[node]
        if label > end or (old >= base and old <= label):
            continue
        if old < base:
            touched[count] = node
            count += ONE
        labels[node] = label
        if top == room:
            heads[:] = NONE
            return FULL
        target = u4(seed_cost[i] >> SHIFT)
        waiting[top], links[top], heads[target] = node, heads[target], top
        top += ONE
    for bucket in range(u4(BUCKETS + 1)):
        entry = heads[bucket]
        while entry != NONE:
            node = waiting[entry]
            heads[bucket] = links[entry]
            links[entry] = free
            free = entry
            label = labels[node]
            if u4((label - base) >> SHIFT) == bucket:  # else it was improved into an earlier slice, and is done
                for arc in range(indptr[node], indptr[node + ONE]):
                    neighbor, better = packed[arc, 0], label + packed[arc, 1]
                    old = labels[neighbor]
                    if better > end or (old >= base and old <= better):
                        continue
                    if old < base:
                        touched[count] = neighbor
                        count += ONE
                    labels[neighbor] = better
                    slot = free
                    if slot != NONE:
                        free = links[slot]
                    else:
                        if top == room:
                            heads[:] = NONE
                            return FULL
                        slot = top
                        top += ONE
                    target = u4((better - base) >> SHIFT)
                    waiting[slot], links[slot], heads[target] = neighbor, heads[target], slot
            entry = heads[bucket]
    return count


@njit(
    Tuple((uint32, int64, OUT_U4, OUT_U4))(
        *(U4, U4X2, U4, I8, int64, int64, int64, OUT_I8, OUT_U4, OUT_U4, OUT_U4, OUT_U4),
    ),
    **OPTIONS,
)
def search_whole(indptr, packed, seed_node, seed_cost, first, last, base, labels, touched, heads, waiting, links):
    """`search`, repeated with twice the room until it is not FULL: (count, its base, pool)."""
    count = search(indptr, packed, seed_node, seed_cost, first, last, base, labels, touched, heads, waiting, links)
    while count == FULL:
        base += UNITS + 1  # the labels of the try that failed are void
        waiting, links = grown(waiting), grown(links)
        count = search(indptr, packed, seed_node, seed_cost, first, last, base, labels, touched, heads, waiting, links)
    return count, base, waiting, links


@njit(
    Tuple((int64, OUT_I8, OUT_U4, OUT_U4))(U4, U4X2, I8, U4, I8, int64, OUT_I8, OUT_U4, OUT_U4),
    **OPTIONS,
)
def nodes_within(indptr, packed, seed_indptr, seed_node, seed_cost, base, labels, touched, heads):
    """Search from each of s sources: (next base, indptr (s + 1,), nodes, costs)."""
    sources = len(seed_indptr) - 1
    starts = np.zeros(sources + 1, np.int64)
    nodes = np.empty(max(1024, 64 * sources), u4)
    costs = np.empty(len(nodes), u4)
    waiting, links = np.empty(POOL, u4), np.empty(POOL, u4)
    total = np.int64(0)
    for source in range(sources):
        first, last = seed_indptr[source], seed_indptr[source + 1]
        count, base, waiting, links = search_whole(
            indptr, packed, seed_node, seed_cost, first, last, base, labels, touched, heads, waiting, links
        )
        while total + count > len(nodes):
            nodes, costs = grown(nodes), grown(costs)
        for i in range(count):
            node = touched[i]
            nodes[u4(total + i)] = node
            costs[u4(total + i)] = u4(labels[node] - base)
        total += count
        starts[source + 1] = total
        base += UNITS + 1
    return base, starts, nodes[:total].copy(), costs[:total].copy()


@njit(boolean(U4, U4X2, U4, I8, I4, OUT_I8, OUT_I4, OUT_U4, OUT_U4), **OPTIONS)
def nearest(indptr, packed, seed_node, seed_cost, seed_source, labels, owner, waiting, links):
    """One pass from all seeds: labels (n,) cost or UNITS + 1, owner (n,) source or -1; ties to the lower source.

    Returns False where the pool was too small.
    """
    labels[:] = UNITS + 1
    owner[:] = -1
    heads = np.zeros(BUCKETS + 1, u4)
    top, free, room = ONE, NONE, u4(len(waiting))
    for i in range(len(seed_node)):
        node, cost, source = seed_node[i], seed_cost[i], seed_source[i]
        if cost > UNITS or cost > labels[node] or (cost == labels[node] and source >= owner[node]):
            continue
        labels[node], owner[node] = cost, source
        if top == room:
            return False
        target = u4(cost >> SHIFT)
        waiting[top], links[top], heads[target] = node, heads[target], top
        top += ONE
    for bucket in range(u4(BUCKETS + 1)):
        entry = heads[bucket]
        while entry != NONE:
            node = waiting[entry]
            heads[bucket] = links[entry]
            links[entry] = free
            free = entry
            label, source = labels[node], owner[node]
            if u4(label >> SHIFT) == bucket:
                for arc in range(indptr[node], indptr[node + ONE]):
                    neighbor, better = packed[arc, 0], label + packed[arc, 1]
                    old = labels[neighbor]
                    if better > UNITS or better > old or (better == old and source >= owner[neighbor]):
                        continue
                    labels[neighbor], owner[neighbor] = better, source
                    slot = free
                    if slot != NONE:
                        free = links[slot]
                    else:
                        if top == room:
                            return False
                        slot = top
                        top += ONE
                    target = u4(better >> SHIFT)
                    waiting[slot], links[slot], heads[target] = neighbor, heads[target], slot
            entry = heads[bucket]
    return True
