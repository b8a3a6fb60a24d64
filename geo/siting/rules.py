"""SiteRules: what planners demand of a choice of sites besides its aim, and the rows that these demands become.

Quotas and budgets speak of the *new* sites; a floor speaks of residents, whoever covers them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import ParameterError

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


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
    """No two open sites of a pair together: int64 (p, 2). Pairs of two existing sites are left alone."""

    pairs: NDArray[np.int64]
    name: str = "minimum spacing"

    @classmethod
    def of(cls, xy: Floats, meters: float) -> Spacing:
        """Sites at `xy` (sites, 2), meters in a metric CRS, nearer to each other than `meters` in a straight line."""
        from scipy.spatial import cKDTree

        if not (math.isfinite(meters) and meters > 0):
            expected = "meters above 0"
            raise ParameterError(name="spacing", value=f"{meters:g} m", reason="not a distance", expected=expected)
        pairs = cKDTree(xy).query_pairs(meters, output_type="ndarray").astype(np.int64)
        apart = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
        return cls(pairs[apart < meters], f"a spacing of {meters:g} m")


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
    def name(self) -> str:
        """For messages."""
        return f"a budget of {self.total:,.15g}"


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
    def name(self) -> str:
        """For messages."""
        return "the capacity of the sites"


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


@dataclass(slots=True)
class RuleRows:
    """Rows `low <= sum of coef over open new sites <= high`, all coefficients positive.

    Attributes:
        names: what each row says, for people; rows of one rule share a name.
        site, coef: per row the sites and their coefficients.
        low, high: the limits.
        bounds: rows that a Lagrangian bound keeps: the number of sites and the budget.
    """

    n_sites: int
    names: list[str] = field(default_factory=list)
    site: list[NDArray[np.int64]] = field(default_factory=list)
    coef: list[Floats] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    bounds: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.names)

    def add(self, name: str, site: NDArray[np.int64], coef: Floats, low: float = -np.inf, high: float = np.inf) -> None:
        """One more row; coefficients of 0 are left out."""
        used = coef > 0
        self.names.append(name)
        self.site.append(site[used])
        self.coef.append(coef[used])
        self.low.append(low)
        self.high.append(high)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """By site, as the kernels take them: indptr, row, coef, low, high."""
        counts = [len(s) for s in self.site]
        row = np.repeat(np.arange(len(self)), counts)
        site = np.concatenate([*self.site, np.empty(0, np.int64)])
        coef = np.concatenate([*self.coef, np.empty(0)])
        order = np.argsort(site, kind="stable")
        indptr = np.searchsorted(site[order], np.arange(self.n_sites + 1))
        return (
            indptr.astype(np.int64),
            row[order].astype(np.uint32),
            coef[order],
            np.array(self.low, dtype=np.float64),
            np.array(self.high, dtype=np.float64),
        )

    @property
    def knapsacks(self) -> tuple[Floats, Floats]:
        """Prices (b, n) and rooms (b,) of the rows that a bound keeps; without any, every site may open."""
        prices = np.zeros((max(1, len(self.bounds)), self.n_sites))
        rooms = np.zeros(len(prices))
        for b, row in enumerate(self.bounds):
            prices[b, self.site[row]] = self.coef[row]
            rooms[b] = self.high[row]
        return prices, rooms

    def kept_by(self, is_open: Bools) -> bool:
        """Whether a choice, bool (n,), keeps all rows."""
        for site, coef, low, high in zip(self.site, self.coef, self.low, self.high, strict=True):
            used = float(coef[is_open[site]].sum())
            slack = 1e-9 * (1 + abs(used))
            if used < low - slack or used > high + slack:
                return False
        return True


def rule_rows(rules: Iterable[Rule], free: Bools, most: int | None, *, most_name: str = "") -> RuleRows:
    """The rows of quotas, spacing and budgets over the sites that may open.

    Args:
        free: bool (sites,); new sites that may open.
        most: at most so many new sites, or None.
    """
    rules = list(rules)
    sites = np.arange(len(free), dtype=np.int64)
    rows = RuleRows(len(free))
    if most is not None:
        rows.bounds.append(len(rows))
        rows.add(most_name or f"at most {most} new site(s)", sites, free.astype(np.float64), high=float(most))
    for rule in rules:
        if isinstance(rule, Quota):
            if rule.least:
                rows.add(
                    f"at least {rule.least} in {rule.name}",
                    sites,
                    (rule.members & free).astype(np.float64),
                    low=rule.least,
                )
            if rule.most is not None:
                rows.add(
                    f"at most {rule.most} in {rule.name}",
                    sites,
                    (rule.members & free).astype(np.float64),
                    high=rule.most,
                )
        elif isinstance(rule, Budget):
            rows.bounds.append(len(rows))
            rows.add(rule.name, sites, rule.cost * free, high=rule.total)
        elif isinstance(rule, Spacing):
            for clique in _cliques(rule.pairs[free[rule.pairs].all(axis=1)]):
                rows.add(rule.name, np.array(clique, dtype=np.int64), np.ones(len(clique)), high=1.0)
    return rows


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
    done: set[tuple[int, int]] = set()
    for a, b in sorted((min(p), max(p)) for p in pairs.tolist()):
        if (a, b) in done:
            continue
        clique, common = [a, b], neighbors[a] & neighbors[b]
        while common:
            grown = max(sorted(common), key=lambda c: len(neighbors[c] & common))
            clique.append(grown)
            common &= neighbors[grown]
        members = sorted(clique)
        done.update((p, q) for i, p in enumerate(members) for q in members[i + 1 :])
        yield members
