"""SiteRules: what planners demand of a choice of sites besides its aim, and the rows that these demands become.

Quotas and budgets speak of the *new* sites; a floor speaks of residents, whoever covers them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import Demand, ParameterError

if TYPE_CHECKING:
    from geo.siting.program import Program

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIMIT_SLACK: Final = 1e-9
"""By how much of what is used a limit may be missed: sums of costs are not exact."""


@dataclass(frozen=True, eq=False)
class Quota:
    """Between `least` and `most` new sites among `members`, bool (sites,). `most` None: no upper limit."""

    name: str
    members: Bools
    least: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        if self.least < 0 or (self.most is not None and self.most < 0):
            raise ParameterError(
                name=f"quota of {self.name}",
                value=f"{self.least} to {self.most}",
                reason="a number of sites cannot be negative",
                expected="numbers of 0 or more",
            )


@dataclass(frozen=True, eq=False)
class Spacing:
    """No two open sites of a pair together: int64 (p, 2), nearer to each other than `meters`.

    Pairs of two existing sites are left alone.
    """

    pairs: NDArray[np.int64]
    meters: float

    @classmethod
    def of(cls, xy: Floats, meters: float) -> Spacing:
        """Sites at `xy` (sites, 2), meters in a metric CRS, nearer to each other than `meters` in a straight line."""
        from scipy.spatial import cKDTree

        if not (math.isfinite(meters) and meters > 0):
            expected = "meters above 0"
            raise ParameterError(name="spacing", value=f"{meters:g} m", reason="not a distance", expected=expected)
        pairs = cKDTree(xy).query_pairs(meters, output_type="ndarray").astype(np.int64)
        apart = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
        return cls(pairs[apart < meters], meters)

    @property
    def demand(self) -> Demand:
        """For messages."""
        return Demand("spacing", amount=self.meters)


@dataclass(frozen=True, eq=False)
class Budget:
    """The new sites together cost no more than `total`; `cost` float64 (sites,), in the same money."""

    cost: Floats
    total: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.cost).all() and (self.cost >= 0).all() and self.total >= 0):
            raise ParameterError(
                name="budget",
                value=f"{self.total:g}",
                reason="costs must be numbers of 0 or more",
                expected="such costs",
            )

    @property
    def demand(self) -> Demand:
        """For messages."""
        return Demand("budget", amount=self.total)


@dataclass(frozen=True, eq=False)
class Floor:
    """At least `share` (0 to 1) of the people at the demand points `members`, bool (d,), are covered: equity."""

    name: str
    members: Bools
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ParameterError(
                name=f"floor of {self.name}",
                value=f"{self.share:g}",
                reason="not a share",
                expected="a share from 0 to 1 (0.8 for 80 %)",
            )


@dataclass(frozen=True, eq=False)
class Capacity:
    """A site serves at most so many people: float64 (sites,), inf for no limit; existing sites included."""

    people: Floats

    def __post_init__(self) -> None:
        if np.isnan(self.people).any() or (self.people < 0).any():
            raise ParameterError(
                name="capacity", value="negative or empty", reason="not a number of people", expected="0 or more each"
            )

    @property
    def demand(self) -> Demand:
        """For messages."""
        return Demand("capacity")


Rule = Quota | Spacing | Budget | Floor | Capacity


def quotas(
    groups: Sequence[str], *, least: int = 0, most: int | None = None, names: dict[str, str] | None = None
) -> list[Quota]:
    """The same quota for every jurisdiction that occurs in `groups` (sites,)."""
    codes = np.asarray(groups)
    return [Quota((names or {}).get(c, c), codes == c, least, most) for c in sorted(set(groups))]


def floors(groups: Sequence[str], share: float, *, names: dict[str, str] | None = None) -> list[Floor]:
    """The same floor for every jurisdiction that occurs in `groups` (d,)."""
    codes = np.asarray(groups)
    return [Floor((names or {}).get(c, c), codes == c, share) for c in sorted(set(groups))]


@dataclass(frozen=True, eq=False)
class RuleRows:
    """r rows `low <= sum of coef over open new sites <= high`, all coefficients positive, over n sites.

    Attributes:
        demands: what each row stands for; rows of one rule share it.
        site, coef: per row the sites and their coefficients.
        low, high: float64 (r,); the limits.
        bounds: rows that a Lagrangian bound keeps: the number of sites and the budget.
    """

    n_sites: int
    demands: tuple[Demand, ...]
    site: tuple[Ints, ...]
    coef: tuple[Floats, ...]
    low: Floats
    high: Floats
    bounds: tuple[int, ...]

    @classmethod
    def of(cls, n_sites: int, rows: Iterable[_Row]) -> RuleRows:
        """From rows one by one; coefficients of 0 are left out."""
        rows = list(rows)
        return cls(
            n_sites,
            tuple(row.demand for row in rows),
            tuple(row.site[row.coef > 0] for row in rows),
            tuple(row.coef[row.coef > 0] for row in rows),
            np.array([row.low for row in rows], dtype=np.float64),
            np.array([row.high for row in rows], dtype=np.float64),
            tuple(i for i, row in enumerate(rows) if row.bounds),
        )

    @property
    def arrays(self) -> tuple[Any, ...]:
        """By site, as the kernels take them: indptr, row, coef, low, high."""
        return *self._by_site, self.low, self.high

    @cached_property
    def _by_site(self) -> tuple[Ints, NDArray[np.uint32], Floats]:
        row = np.repeat(np.arange(len(self.demands)), [len(members) for members in self.site])
        site = np.concatenate([*self.site, np.empty(0, np.int64)])
        coef = np.concatenate([*self.coef, np.empty(0)])
        order = np.argsort(site, kind="stable")
        indptr = np.searchsorted(site[order], np.arange(self.n_sites + 1)).astype(np.int64)
        return indptr, row[order].astype(np.uint32), coef[order]

    @property
    def knapsacks(self) -> tuple[Floats, Floats]:
        """Prices (b, n) and rooms (b,) of the rows that a bound keeps; without any, every site may open."""
        prices, rooms = np.zeros((len(self.bounds), self.n_sites)), self.high[list(self.bounds)]
        for b, row in enumerate(self.bounds):
            prices[b, self.site[row]] = self.coef[row]
        return (prices, rooms) if self.bounds else (np.zeros((1, self.n_sites)), np.array([np.inf]))

    def usage(self, is_open: Bools) -> Floats:
        """float64 (r,): what a choice, bool (n,), takes of each row."""
        indptr, row, coef = self._by_site
        used = np.repeat(is_open, np.diff(indptr))
        return np.bincount(row[used], weights=coef[used], minlength=len(self.demands)).astype(np.float64)

    def kept_by(self, is_open: Bools) -> bool:
        """Whether a choice, bool (n,), keeps all rows."""
        usage = self.usage(is_open)
        slack = LIMIT_SLACK * (1 + usage)
        return bool(((usage >= self.low - slack) & (usage <= self.high + slack)).all())

    def kept_with_each(self, is_open: Bools) -> Bools:
        """bool (n,): whether a choice, bool (n,), keeps all rows once a site that it lacks is open as well."""
        indptr, row, coef = self._by_site
        usage = self.usage(is_open)
        slack = LIMIT_SLACK * (1 + usage)
        if (usage > self.high + slack).any():
            return np.zeros(self.n_sites, np.bool_)
        site = np.repeat(np.arange(self.n_sites), np.diff(indptr))
        too_many = usage[row] + coef > (self.high + slack)[row]
        short = usage < self.low - slack
        made_good = short[row] & (usage[row] + coef >= (self.low - slack)[row])
        restored = np.bincount(site[made_good], minlength=self.n_sites)
        return np.asarray((np.bincount(site[too_many], minlength=self.n_sites) == 0) & (restored == short.sum()))

    def limited(self, most: int | None, free: Bools) -> RuleRows:
        """The same with at most `most` new sites among the `free` ones, bool (n,)."""
        if most is None:
            return self
        everywhere = np.flatnonzero(free)
        return RuleRows(
            self.n_sites,
            (Demand("count", amount=most), *self.demands),
            (everywhere, *self.site),
            (np.ones(len(everywhere)), *self.coef),
            np.append(-np.inf, self.low),
            np.append(float(most), self.high),
            (0, *(row + 1 for row in self.bounds)),
        )

    def add_to(self, program: Program, column: Ints) -> None:
        """Add the rows to a program whose columns `column` (n,) open sites; -1 where a site has none and stays shut."""
        for demand, site, coef, low, high in zip(self.demands, self.site, self.coef, self.low, self.high, strict=True):
            known = column[site] >= 0
            program.row(column[site[known]], coef[known], low=float(low), high=float(high), demand=demand)


@dataclass(frozen=True, eq=False)
class _Row:
    """One row on its way into `RuleRows`."""

    demand: Demand
    site: Ints
    coef: Floats
    low: float = -np.inf
    high: float = np.inf
    bounds: bool = False


def rule_rows(rules: Iterable[Rule], free: Bools) -> RuleRows:
    """The rows of quotas, spacing and budgets over the sites that may open, `free`, bool (n,)."""
    return RuleRows.of(len(free), (row for rule in rules for row in _rows_of(rule, free)))


def _rows_of(rule: Rule, free: Bools) -> Iterator[_Row]:
    sites = np.arange(len(free), dtype=np.int64)
    if isinstance(rule, Quota):
        members = (rule.members & free).astype(np.float64)
        if rule.least:
            yield _Row(Demand("least", rule.name, rule.least), sites, members, low=rule.least)
        if rule.most is not None:
            yield _Row(Demand("most", rule.name, rule.most), sites, members, high=rule.most)
    elif isinstance(rule, Budget):
        yield _Row(rule.demand, sites, rule.cost * free, high=rule.total, bounds=True)
    elif isinstance(rule, Spacing):
        for clique in _cliques(rule.pairs[free[rule.pairs].all(axis=1)]):
            yield _Row(rule.demand, np.array(clique, dtype=np.int64), np.ones(len(clique)), high=1.0)


def near_existing(rules: Iterable[Rule], existing: Bools) -> Bools:
    """bool (sites,): sites that spacing forbids because an existing one is too near."""
    near = np.zeros(len(existing), np.bool_)
    for rule in rules:
        if isinstance(rule, Spacing):
            first, second = rule.pairs.T
            near[second[existing[first]]] = True
            near[first[existing[second]]] = True
    return near & ~existing


def _cliques(pairs: NDArray[np.int64]) -> Iterator[list[int]]:
    """Cliques that together hold every pair: one row each says the same as many, and binds a solver more tightly."""
    neighbors: dict[int, set[int]] = {}
    for a, b in pairs.tolist():
        neighbors.setdefault(a, set()).add(b)
        neighbors.setdefault(b, set()).add(a)
    left = {site: set(others) for site, others in neighbors.items()}
    for a in sorted(left):
        while left[a]:
            b = min(left[a])
            clique, common = [a, b], neighbors[a] & neighbors[b]
            for grown in sorted(common, key=lambda c: (-len(neighbors[c] & common), c)):
                if grown in common:
                    clique.append(grown)
                    common = common & neighbors[grown]
            for member in clique:
                left[member].difference_update(clique)
            yield sorted(clique)
