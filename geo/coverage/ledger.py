"""The ledger: residents by home jurisdiction and by the jurisdiction whose center serves them.

Let w be residents of demand point i with home unit h(i), c(i) the nearest open center within the cutoff, and G(c) the
set of units that govern center c. At one level:

* *served*[A, B] = sum of w over i in A with B in G(c(i)), divided by |G(c(i))|: shared credit. A row adds up to the
  residents of A that are covered, for each of them is counted once.
* *full*[A, B] is the same undivided: every governor of a joint center is credited with all whom it serves.
* *within*[A, B] counts residents of A who can walk to any center that B governs, each once for each B.
* *closed* coverage lets residents walk to centers of their own only; **worth of sharing** = open - closed.
* *lost*[A, B] splits the worth of A among the governors of the centers that serve those who would lose theirs.

A center belongs to A where A or a unit above A governs it: a town's center is its villages' own. A unit is a
jurisdiction of the level; a coarser one where a center is governed from there or a home is known no finer; and the
last, "", for homes outside of all jurisdictions and centers that nobody is known to govern. Homes outside have no
center of their own.

A joint center is every governor's own, so closing borders takes it from nobody. What it is worth beyond the place where
it stands is the ledger of the same times with each center governed by its site alone (`Supply.home`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.coverage.coverage import shares
from geo.coverage.jurisdiction import LEVELS, Jurisdictions
from geo.coverage.pairtable import PairTable
from geo.errors import Fault, raise_on_faults
from geo.params import MINUTE_S

if TYPE_CHECKING:
    from pandas import DataFrame
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Governance:
    """Homes and governors at one level, u units. The last unit is "outside", with the code "".

    Attributes:
        level: one of `geo.coverage.jurisdiction.LEVELS`.
        codes, names: u texts.
        home: int64 (d,); unit of each demand point.
        governors: int32 csr (n, u); the units that govern each center.
        own: int32 csr (u, u); row A marks A itself and the units above it, the row of "outside" nothing.
    """

    level: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    home: NDArray[np.int64]
    governors: csr_array
    own: csr_array

    @classmethod
    def of(
        cls,
        jurisdictions: Jurisdictions,
        home: NDArray[np.int32],
        governing: Sequence[Sequence[str]],
        level: str,
        cells: Sequence[tuple[int, str]] | None = None,
    ) -> Governance:
        """At a level.

        Args:
            jurisdictions: of all levels.
            home: int32 (d,); the finest unit of each demand point, -1 outside (`Jurisdictions.homes`).
            governing: codes of the units that govern each of n centers; none where it is not known.
            level: one of `geo.coverage.jurisdiction.LEVELS`.
            cells: row and column in the table of centers from which the codes of each are, for messages.

        Raises:
            TableFaultsError: codes that are not among the jurisdictions.
        """
        center = np.repeat(np.arange(len(governing)), [len(codes) for codes in governing])
        governor = jurisdictions.rolled_up(_units_of(jurisdictions, governing, cells), level)
        at_home = jurisdictions.rolled_up(home, level)
        at_level = jurisdictions.level == LEVELS.index(level)
        shown = np.unique(np.concatenate([np.flatnonzero(at_level), at_home[at_home >= 0], governor[governor >= 0]]))
        outside = len(shown)
        unit = np.full(len(jurisdictions) + 1, outside, dtype=np.int64)
        unit[shown] = np.arange(outside)
        nobody = np.setdiff1d(np.arange(len(governing)), center)
        rows, columns = np.append(center, nobody), np.append(unit[governor], np.full(len(nobody), outside))
        lines = jurisdictions.lineage[shown]
        line, above = np.repeat(np.arange(outside), lines.shape[1]), unit[lines.ravel()]
        return cls(
            level=level,
            codes=(*(jurisdictions.codes[i] for i in shown), ""),
            names=(*(jurisdictions.names[i] for i in shown), ""),
            home=unit[at_home],
            governors=_marks(rows, columns, (len(governing), outside + 1)),
            own=_marks(line[above < outside], above[above < outside], (outside + 1, outside + 1)),
        )

    def __len__(self) -> int:
        return len(self.codes)

    def is_own(self, demand: NDArray[np.int64], center: NDArray[np.int32]) -> NDArray[np.bool_]:
        """bool (pairs,); the center is one of the demand point's own."""
        allowed = (self.governors @ self.own.T).tocoo()
        keys = np.append(np.sort(allowed.row.astype(np.int64) * len(self) + allowed.col), np.iinfo(np.int64).max)
        wanted = center.astype(np.int64) * len(self) + self.home[demand]
        return np.asarray(keys[np.searchsorted(keys, wanted)] == wanted)

    def total(self, demand_weights: FloatArray) -> FloatArray:
        """Sums by unit, (u,), of something at each demand point (d,)."""
        return np.bincount(self.home, weights=demand_weights, minlength=len(self)).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Ledger:
    """Who is served by whom, for one level, cutoff and group of residents; u units, the last one "outside".

    Attributes:
        governance: the units, homes and governors.
        minutes: the cutoff.
        residents: float64 (u,).
        covered_open: float64 (u,); residents with any center in time.
        covered_closed: float64 (u,); residents with a center of their own in time.
        by_own: float64 (u,); residents whose nearest center is one of their own, a joint center included.
        by_center: csr (u, n); residents by home and nearest center.
        served: csr (u, u); by home and by governor of the nearest center, shared credit.
        full: csr (u, u); the same with full credit.
        within: csr (u, u); residents within reach of a center of the governor.
        lost: csr (u, u); residents who would lose, by home and governor of the center that serves them, shared credit.
    """

    governance: Governance
    minutes: float
    residents: FloatArray
    covered_open: FloatArray
    covered_closed: FloatArray
    by_own: FloatArray
    by_center: csr_array
    served: csr_array
    full: csr_array
    within: csr_array
    lost: csr_array

    @property
    def unserved(self) -> FloatArray:
        """float64 (u,)."""
        return self.residents - self.covered_open

    @property
    def worth(self) -> FloatArray:
        """float64 (u,); residents who are covered only because centers are shared."""
        return self.covered_open - self.covered_closed

    @property
    def by_neighbor(self) -> FloatArray:
        """float64 (u,); residents whose nearest center is none of their own: a neighbor serves them."""
        return self.covered_open - self.by_own

    @property
    def imports(self) -> FloatArray:
        """float64 (u,); residents served from elsewhere, shared credit."""
        return np.asarray(self._across.sum(axis=1))

    @property
    def exports(self) -> FloatArray:
        """float64 (u,); residents of elsewhere that the unit serves, shared credit. Over all units, as many."""
        return np.asarray(self._across.sum(axis=0))

    @property
    def _across(self) -> csr_array:
        return self.served - self.served.multiply(self.governance.own)

    def to_frame(self) -> DataFrame:
        """One row a unit."""
        from pandas import DataFrame

        columns = {
            "level": self.governance.level,
            "code": self.governance.codes,
            "name": self.governance.names,
            "residents": self.residents,
            "covered": self.covered_open,
            "covered_share": shares(self.covered_open, self.residents),
            "covered_if_closed": self.covered_closed,
            "closed_share": shares(self.covered_closed, self.residents),
            "worth_of_sharing": self.worth,
            "unserved": self.unserved,
            "served_by_own": self.by_own,
            "served_by_neighbor": self.by_neighbor,
            "neighbor_share": shares(self.by_neighbor, self.covered_open),
            "serves": np.asarray(self.served.sum(axis=0)),
            "serves_full": np.asarray(self.full.sum(axis=0)),
            "imports": self.imports,
            "exports": self.exports,
            "net_imports": self.imports - self.exports,
        }
        return DataFrame(columns)

    def matrix_frame(self) -> DataFrame:
        """Residents by home (rows) and governor (columns), shared credit, by code; units with nobody are left out.

        The columns `unserved` and `residents` and the row `total` complete it: every row and column adds up.
        """
        from pandas import DataFrame

        serves = np.asarray(self.served.sum(axis=0)) > 0
        lived = self.residents > 0
        codes = np.asarray(self.governance.codes, dtype=object)
        frame = DataFrame(self.served[lived][:, serves].toarray(), index=codes[lived], columns=codes[serves])
        frame = frame.assign(unserved=self.unserved[lived], residents=self.residents[lived])
        frame.loc["total"] = frame.sum()
        return frame

    def flows_frame(self) -> DataFrame:
        """One row an ordered pair of units with anything between them, by residents served."""
        from pandas import DataFrame

        size = len(self.governance)
        key = np.unique(np.concatenate([_keys(m) for m in (self.full, self.within, self.lost)]))
        home, server = np.divmod(key, size)
        codes, names = np.asarray(self.governance.codes, dtype=object), np.asarray(self.governance.names, dtype=object)
        columns = {
            "level": self.governance.level,
            "home": codes[home],
            "home_name": names[home],
            "server": codes[server],
            "server_name": names[server],
            "own": _values(self.governance.own, key) > 0,
            "served": _values(self.served, key),
            "served_full": _values(self.full, key),
            "within_reach": _values(self.within, key),
            "would_lose": _values(self.lost, key),
        }
        frame = DataFrame(columns)
        return frame.sort_values(["served", "home", "server"], ascending=[False, True, True], ignore_index=True)


def ledger(pairs: PairTable, governance: Governance, weights: FloatArray, minutes: float) -> Ledger:
    """Draw up the ledger.

    Args:
        pairs: demand points and open centers, up to the cutoff at least.
        governance: homes of the d demand points and governors of the n centers, at the level wanted.
        weights: float64 (d,); residents of the group wanted.
        minutes: the cutoff.
    """
    pairs = pairs.within(minutes * MINUTE_S)
    own_pair = governance.is_own(pairs.demand, pairs.center)
    closed = np.isfinite(pairs.keep(own_pair).least_s)
    served = pairs.nearest >= 0
    who = np.flatnonzero(served)
    by_own = np.zeros(len(served), dtype=np.bool_)
    by_own[who] = governance.is_own(who, pairs.nearest[who])
    full = governance.governors
    shared = full.multiply(1.0 / full.sum(axis=1)[:, None]).tocsr()
    credits = _by_center(governance, pairs.nearest, weights, served)
    losses = _by_center(governance, pairs.nearest, weights, served & ~closed)
    return Ledger(
        governance=governance,
        minutes=minutes,
        residents=governance.total(weights),
        covered_open=governance.total(weights * served),
        covered_closed=governance.total(weights * closed),
        by_own=governance.total(weights * by_own),
        by_center=credits,
        served=credits @ shared,
        full=credits @ full,
        within=_within_reach(pairs, governance, weights),
        lost=losses @ shared,
    )


def _by_center(
    governance: Governance, nearest: NDArray[np.int32], weights: FloatArray, counted: NDArray[np.bool_]
) -> csr_array:
    """Residents by home unit and nearest center, (u, n), of the demand points that are counted."""
    from scipy.sparse import coo_array

    at = np.flatnonzero(counted & (weights > 0))
    shape = (len(governance), governance.governors.shape[0])
    return coo_array((weights[at], (governance.home[at], nearest[at])), shape=shape).tocsr()


def _within_reach(pairs: PairTable, governance: Governance, weights: FloatArray) -> csr_array:
    """Residents by home unit and unit with a center in reach, (u, u)."""
    from scipy.sparse import coo_array, csr_array

    shape = (pairs.n_demand, pairs.n_centers)
    reach = csr_array((np.ones(len(pairs), np.int32), pairs.center, pairs.indptr), shape=shape)
    some = (reach @ governance.governors).tocoo()  # a demand point and each governor within its reach, once
    size = len(governance)
    key = governance.home[some.row] * size + some.col
    pair, at = np.unique(key, return_inverse=True)
    people = np.bincount(at, weights=weights[some.row], minlength=len(pair))
    home, server = np.divmod(pair, size)
    kept = people > 0
    return coo_array((people[kept], (home[kept], server[kept])), shape=(size, size)).tocsr()


def _units_of(
    jurisdictions: Jurisdictions, governing: Sequence[Sequence[str]], cells: Sequence[tuple[int, str]] | None
) -> NDArray[np.int32]:
    """Unit of each governing code, all centers in a row."""
    cells = cells or [(row, "governing") for row in range(1, len(governing) + 1)]
    faults = [
        Fault(row, column, "unknown_reference", "there is no such jurisdiction.", code)
        for (row, column), codes in zip(cells, governing, strict=True)
        for code in codes
        if code not in jurisdictions.number
    ]
    raise_on_faults("centers", faults)
    return np.array([jurisdictions.number[code] for codes in governing for code in codes], dtype=np.int32)


def _marks(row: NDArray[np.int64], column: NDArray[np.int64], shape: tuple[int, int]) -> csr_array:
    """A matrix with a one at each place named, however often."""
    from scipy.sparse import coo_array

    matrix = coo_array((np.ones(len(row), np.int32), (row, column)), shape=shape).tocsr()
    matrix.data[:] = 1
    return matrix


def _keys(matrix: csr_array) -> NDArray[np.int64]:
    entry = matrix.tocoo()
    return np.asarray(entry.row.astype(np.int64) * matrix.shape[1] + entry.col)


def _values(matrix: csr_array, keys: NDArray[np.int64]) -> FloatArray:
    """Entries at keys row * columns + column, 0 where nothing is stored."""
    matrix.sum_duplicates()
    stored = np.append(_keys(matrix), np.iinfo(np.int64).max)
    values = np.append(matrix.data.astype(np.float64), 0.0)
    at = np.searchsorted(stored, keys)
    return np.where(stored[at] == keys, values[at], 0.0)
