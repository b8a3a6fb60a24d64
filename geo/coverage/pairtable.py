"""PairTable: who can walk where, in how long. Coverage, ledger, gaps and equity are all reductions of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.engine.reach import CostMatrix
from geo.params import TIE_S
from geo.streets.network import starts

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairTable:
    """Walking times between d demand points and n centers (or doors), the pairs within the budget only.

    Ordered by demand point, then by center.

    Attributes:
        indptr: int64 (d + 1,); demand point i has the pairs indptr[i]:indptr[i + 1].
        center: int32 (pairs,).
        seconds: float64 (pairs,).
        n_centers: n.
    """

    indptr: NDArray[np.int64]
    center: NDArray[np.int32]
    seconds: FloatArray
    n_centers: int

    @classmethod
    def of(cls, matrix: CostMatrix) -> PairTable:
        """The engine's times, turned from rows of centers to rows of demand points."""
        from scipy.sparse import csr_array

        shape = (len(matrix.indptr) - 1, matrix.n_destinations)
        turned = csr_array((matrix.seconds, matrix.index.astype(np.int32), matrix.indptr), shape=shape).tocsc()
        return cls(turned.indptr.astype(np.int64), turned.indices.astype(np.int32), turned.data, shape[0])

    def __len__(self) -> int:
        return len(self.center)

    @property
    def n_demand(self) -> int:
        """d."""
        return len(self.indptr) - 1

    @cached_property
    def demand(self) -> NDArray[np.int64]:
        """int64 (pairs,); demand point of each pair."""
        return np.repeat(np.arange(self.n_demand), np.diff(self.indptr))

    def keep(self, mask: NDArray[np.bool_]) -> PairTable:
        """The pairs where `mask` (pairs,) holds."""
        indptr = starts(mask.view(np.uint8))[self.indptr]
        return PairTable(indptr, self.center[mask], self.seconds[mask], self.n_centers)

    def of_centers(self, chosen: NDArray[np.bool_]) -> PairTable:
        """The pairs of the centers where `chosen` (n,) holds; centers keep their numbers."""
        return self.keep(chosen[self.center])

    def within(self, cutoff_s: float) -> PairTable:
        """The pairs within a cutoff in seconds, `TIE_S` included."""
        return self.keep(self.seconds <= cutoff_s + TIE_S)

    def merged(self, group: NDArray[np.int64], count: int) -> PairTable:
        """Doors to centers: each center keeps the shortest walk to any of its doors.

        Args:
            group: int64 (n,); center of each door, never falling.
            count: how many centers.
        """
        owner = group[self.center].astype(np.int32)
        first = np.ones(len(owner), dtype=np.bool_)
        first[1:] = (owner[1:] != owner[:-1]) | (self.demand[1:] != self.demand[:-1])
        at = np.flatnonzero(first)
        seconds = np.minimum.reduceat(self.seconds, at) if len(at) else self.seconds
        return PairTable(starts(first.view(np.uint8))[self.indptr], owner[at], seconds, count)

    @cached_property
    def least_s(self) -> FloatArray:
        """float64 (d,); seconds to the nearest center, inf where there is none."""
        least = np.full(self.n_demand, np.inf)
        some = np.diff(self.indptr) > 0
        if some.any():
            least[some] = np.minimum.reduceat(self.seconds, self.indptr[:-1][some])
        return least

    @cached_property
    def nearest(self) -> NDArray[np.int32]:
        """int32 (d,); the nearest center, or -1. Of those within `TIE_S` of the least time, the first."""
        found = np.full(self.n_demand, -1, dtype=np.int32)
        tied = np.flatnonzero(self.seconds <= self.least_s[self.demand] + TIE_S)[::-1]
        found[self.demand[tied]] = self.center[tied]  # backwards: the first center is written last
        return found

    def count(self, cutoffs_s: FloatArray) -> NDArray[np.int64]:
        """int64 (d, k); centers within each cutoff."""
        columns = [
            np.diff(starts((self.seconds <= cutoff + TIE_S).view(np.uint8))[self.indptr]) for cutoff in cutoffs_s
        ]
        return np.column_stack(columns)
