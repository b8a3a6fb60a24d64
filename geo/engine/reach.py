"""Reach: walking times within a budget, on a network, for one profile and direction. The engine."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.engine import kernels, pairs
from geo.engine.impedance import Impedance
from geo.engine.pace import stretches_s
from geo.engine.snapping import Places
from geo.errors import ParameterError
from geo.params import MAX_MINUTES, MINUTE_S, TIE_S, Direction, WalkProfile
from geo.streets.network import StreetNetwork, gather_runs, starts

if TYPE_CHECKING:
    from pandas import DataFrame
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]

CHUNK: Final = 256
"""Sources to a task: enough to make the task's overhead vanish, few enough to share among threads."""


@dataclass(frozen=True, eq=False)
class Sources:
    """Where searches start: s sources of one or more places each, such as the service points of a center.

    Attributes:
        places: all places, ordered by source.
        indptr: int64 (s + 1,); source i has the places indptr[i]:indptr[i + 1].
    """

    places: Places
    indptr: NDArray[np.int64]

    @classmethod
    def each(cls, places: Places) -> Sources:
        """Every place a source of its own."""
        return cls(places, np.arange(len(places) + 1))

    @classmethod
    def grouped(cls, places: Places, group: NDArray[np.int64], count: int) -> Sources:
        """Places (p,) gathered by `group` (p,), a source number from 0 to count - 1; a source may have none."""
        order = np.argsort(group, kind="stable")
        return cls(places.take(order), starts(np.bincount(group, minlength=count)))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @cached_property
    def source(self) -> NDArray[np.int64]:
        """int64 (p,): source of each place."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def take(self, order: NDArray[np.intp]) -> Sources:
        """The sources at `order`, in that order."""
        indptr, picked = gather_runs(self.indptr, order)
        return Sources(self.places.take(picked), indptr)


@dataclass(frozen=True, eq=False)
class CostMatrix:
    """Walking times of s sources to d destinations, those within the budget only; a missing pair is out of reach.

    Attributes:
        indptr: int64 (s + 1,).
        index: uint32 (pairs,); destination. Within a row in no particular order.
        seconds: float64 (pairs,).
        n_destinations: d.
    """

    indptr: NDArray[np.int64]
    index: NDArray[np.uint32]
    seconds: FloatArray
    n_destinations: int

    @property
    def shape(self) -> tuple[int, int]:
        """Sources and destinations."""
        return len(self.indptr) - 1, self.n_destinations

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """int64 (pairs,): source of each pair."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def to_frame(self, source_ids: Sequence[str], destination_ids: Sequence[str]) -> DataFrame:
        """One row a pair, by source and then by time: origin, destination, minutes."""
        from pandas import DataFrame

        order = np.lexsort((self.index, self.seconds, self.row))
        columns = {
            "origin": np.asarray(source_ids, dtype=object)[self.row[order]],
            "destination": np.asarray(destination_ids, dtype=object)[self.index[order]],
            "minutes": (self.seconds[order] / MINUTE_S).round(4),
        }
        return DataFrame(columns)

    def to_scipy(self) -> csr_array:
        """As a SciPy array of seconds; note that there a time of 0 s is stored and differs from a missing pair."""
        from scipy.sparse import csr_array

        matrix = csr_array((self.seconds, self.index.astype(np.int64), self.indptr), shape=self.shape)
        matrix.sort_indices()
        return matrix


@dataclass(frozen=True, eq=False)
class NodeTimes:
    """Nodes within the budget of each of s sources: indptr int64 (s + 1,), node uint32, seconds float64."""

    indptr: NDArray[np.int64]
    node: NDArray[np.uint32]
    seconds: FloatArray


class Reach:
    """Searches a network within a budget. Safe to share among threads.

    Args:
        network: the streets.
        profile: who walks.
        longest_s: the budget in seconds; shorter cutoffs are read off the same times.
        direction: "to" the sources, or "from" them.
        threads: how many searches may run at once; by default one a core.

    Raises:
        ParameterError: the budget is not a time.
    """

    def __init__(
        self,
        network: StreetNetwork,
        profile: WalkProfile,
        longest_s: float,
        *,
        direction: Direction = "to",
        threads: int | None = None,
    ) -> None:
        if not 0 < longest_s <= MAX_MINUTES * MINUTE_S:
            raise ParameterError(
                name="budget",
                value=f"{longest_s:g} s",
                reason="not a walking time",
                expected=f"seconds up to {MAX_MINUTES * MINUTE_S:g}",
            )
        self.network = network
        self.profile = profile
        self.longest_s = longest_s
        self.limit_s = longest_s + TIE_S
        self.direction = direction
        self.threads = threads or os.cpu_count() or 1
        self.impedance = Impedance.of(network, profile)
        self.unit_s = self.limit_s / kernels.UNITS
        self.to = int(direction == "to")
        self._scratch: list[kernels.Scratch] = []
        self._lock = threading.Lock()

    @cached_property
    def graph(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """What the kernels walk on: indptr (n + 1,), packed (arcs, 2) of (neighbor, cost in units)."""
        code = self.network.arc_code
        edge, parity = code >> 1, code & 1
        packed = np.empty((len(code), 2), np.uint32)
        packed[:, 0] = self.network.edge_nodes[edge, 1 - parity]
        cost = self.impedance.edge_s[edge, parity ^ self.to]
        cost /= self.unit_s  # in place: at five million edges each copy would take 80 MB
        np.rint(cost, out=cost)
        packed[:, 1] = np.minimum(cost, kernels.UNITS + 1, out=cost)
        return self.network.arc_indptr.astype(np.uint32), packed

    def nodes(self, sources: Sources) -> NodeTimes:
        """Times of all nodes within the budget of each source."""

        def run(part: Sources) -> tuple[Any, ...]:
            with self.scratch() as scratch:
                scratch.base, *rows = kernels.nodes_within(
                    *self.graph, *self.seeds(part), scratch.base, *scratch.arrays
                )
            return tuple(rows)

        indptr, node, cost = self.in_order(sources, run)
        return NodeTimes(indptr, node, cost * self.unit_s)

    def nearest(self, sources: Sources) -> tuple[NDArray[np.int32], FloatArray]:
        """Of every node (n,): the nearest source, or -1, and its seconds, or inf. Ties go to the lower source."""
        _, node, cost = self.seeds(sources)
        source = np.repeat(sources.source[sources.places.snapped], 2).astype(np.int32)
        labels, owner = np.empty(self.network.n_nodes, np.int64), np.empty(self.network.n_nodes, np.int32)
        room = max(kernels.POOL, self.network.n_nodes // 4)
        pool = [np.empty(room, np.uint32) for _ in range(2)]
        while not kernels.nearest(*self.graph, node, cost, source, labels, owner, *pool):
            pool = [np.empty(2 * len(pool[0]), np.uint32) for _ in range(2)]
        return owner, np.where(owner >= 0, labels * self.unit_s, np.inf)

    def matrix(self, origins: Sources | Places, destinations: Places) -> CostMatrix:
        """Times between sources and destinations, walking in the direction of this reach, door to door."""
        sources = origins if isinstance(origins, Sources) else Sources.each(origins)
        ends = self.end_seconds(destinations, outward=True)
        known = np.flatnonzero(destinations.snapped)
        edge = destinations.edge[known]
        node = self.network.edge_nodes[edge].reshape(-1)
        by_node = np.argsort(node, kind="stable")
        node_start = np.searchsorted(node[by_node], np.arange(self.network.n_nodes + 1)).astype(np.uint32)
        by_edge = np.argsort(edge, kind="stable")
        tables = (
            node_start,
            np.repeat(known, 2)[by_node].astype(np.uint32),
            ends[known].reshape(-1)[by_node],
            edge[by_edge],
            known[by_edge].astype(np.uint32),
            np.nan_to_num(destinations.offset_m),
            destinations.access_m / self.impedance.speed_mps,
        )

        def run(part: Sources) -> tuple[Any, ...]:
            with self.scratch() as scratch:
                scratch.base, *rows = pairs.pairs(
                    *self.graph, *self.seeds(part), *self.place_arrays(part), *tables, *self.pace_arrays,
                    self.to, self.unit_s, self.limit_s, scratch.base, *scratch.arrays,
                )  # fmt: skip
            return tuple(rows)

        indptr, index, seconds = self.in_order(sources, run)
        return CostMatrix(indptr, index, seconds, len(destinations))

    @property
    def pace_arrays(self) -> tuple[Any, ...]:
        """The impedance as the kernels take it."""
        return self.impedance.piece_indptr, self.impedance.piece_s, self.network.edge_length_m

    def place_arrays(self, sources: Sources) -> tuple[Any, ...]:
        """The sources' places as the kernels take them: indptr, edge, offset in meters, access in seconds."""
        places = sources.places
        access_s = places.access_m / self.impedance.speed_mps
        return sources.indptr, places.edge, np.nan_to_num(places.offset_m), access_s

    def end_seconds(self, places: Places, *, outward: bool) -> FloatArray:
        """Seconds (p, 2) between each place and the first and the last node of its edge, access included.

        Args:
            outward: the search arrives at the place from the nodes; otherwise it starts there.
        """
        offset = np.nan_to_num(places.offset_m)
        length = np.where(places.snapped, self.network.edge_length_m[places.edge], 0.0)
        toward_place = bool(self.to) != outward  # does the walker go from the node to the place?
        first = stretches_s(*self.pace_arrays, places.edge, np.zeros_like(offset), offset, 0 if toward_place else 1)
        last = stretches_s(*self.pace_arrays, places.edge, offset, length, 1 if toward_place else 0)
        return np.column_stack([first, last]) + (places.access_m / self.impedance.speed_mps)[:, None]

    def seeds(self, sources: Sources) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.int64]]:
        """Start nodes of each source: (indptr (s + 1,), node, cost); two a snapped place, none for the others."""
        snapped = sources.places.snapped
        counts = np.bincount(sources.source[snapped], minlength=len(sources))
        indptr = starts(2 * counts)
        node = self.network.edge_nodes[sources.places.edge[snapped]].reshape(-1).astype(np.uint32)
        seconds = self.end_seconds(sources.places, outward=False)[snapped].reshape(-1)
        return indptr, node, np.minimum(np.rint(seconds / self.unit_s), kernels.UNITS + 1).astype(np.int64)

    @contextmanager
    def scratch(self) -> Iterator[kernels.Scratch]:
        """Scratch arrays for one kernel call, lent from a pool that persists between calls."""
        with self._lock:
            scratch = self._scratch.pop() if self._scratch else kernels.Scratch(self.network.n_nodes)
        try:
            yield scratch
        finally:
            with self._lock:
                self._scratch.append(scratch)

    def in_order(self, sources: Sources, run: Callable[[Sources], tuple[Any, ...]]) -> tuple[Any, ...]:
        """Run a kernel over chunks of sources, in Morton order and on all threads; rows come back in the order given.

        Args:
            run: gives (indptr, column, …) for the sources of a chunk.
        """
        edge = np.full(len(sources), -1, dtype=np.int64)
        edge[sources.source[::-1]] = sources.places.edge[::-1]  # edges lie in Morton order as nodes do
        order = np.argsort(edge, kind="stable")
        chunks = [sources.take(order[i : i + CHUNK]) for i in range(0, len(order), CHUNK)] or [sources]
        if self.threads > 1 and len(chunks) > 1:
            with ThreadPoolExecutor(self.threads) as pool:
                parts = list(pool.map(run, chunks))
        else:
            parts = [run(chunk) for chunk in chunks]
        counts = np.concatenate([np.diff(part[0]) for part in parts])
        back = np.empty(len(order), dtype=np.intp)
        back[order] = np.arange(len(order))
        indptr, picked = gather_runs(starts(counts), back)
        return indptr, *(np.concatenate(column)[picked] for column in zip(*(p[1:] for p in parts), strict=True))
