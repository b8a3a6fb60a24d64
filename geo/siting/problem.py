"""SitingProblem: sites, demand and the times between them; what every siting question is asked of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.engine.reach import CostMatrix
from geo.errors import Demand, NobodyInReachError, ParameterError
from geo.params import MINUTE_S, TIE_S
from geo.siting.rules import Budget, Capacity, Floor, Quota, Rule, RuleRows, Spacing, near_existing, rule_rows

if TYPE_CHECKING:
    from scipy.sparse import sparray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

FEW: Final = 2.0**10
MANY: Final = 2.0**30
"""Sums of people for which tolerances of a millionth of a person are neither coarse nor too fine."""


@dataclass(frozen=True, eq=False)
class SitingProblem:
    """n sites (existing ones and candidates) and d demand points. Sound by construction; existing sites stay.

    Attributes:
        times: seconds from sites to demand points; a missing pair is out of reach.
        weight: float64 (d,); people at each demand point, 0 allowed.
        existing: bool (n,); open or committed, fixed in every answer.
        cutoff_s: who has an open site within it is covered.
        ids: n texts.
        rules: quotas, spacing, budget, floors, capacity.
        barred: bool (n,); candidates that may not be chosen this time.

    Raises:
        ParameterError: a weight, a time or a rule that cannot be used.
    """

    times: CostMatrix
    weight: Floats
    existing: Bools
    cutoff_s: float
    ids: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    barred: Bools | None = None

    def __post_init__(self) -> None:
        n, d = self.times.shape
        _check_shape("weights", self.weight, d)
        _check_shape("existing sites", self.existing, n)
        _check_shape("site ids", self.ids, n)
        if not (np.isfinite(self.cutoff_s) and self.cutoff_s > 0):
            raise ParameterError(
                name="cutoff", value=f"{self.cutoff_s:g} s", reason="not a time", expected="a time above 0"
            )
        wrong = np.flatnonzero(~(np.isfinite(self.weight) & (self.weight >= 0)))
        if len(wrong):
            raise ParameterError(
                name="weight",
                value=f"{self.weight[wrong[0]]:g}",
                reason=f"{len(wrong)} demand point(s) have no sound number of people, the first in row {wrong[0] + 1}",
                expected="0 or more people at every demand point",
            )
        if not self.weight.any():
            raise ParameterError(
                name="weights", value="0", reason="nobody lives at any demand point", expected="people somewhere"
            )
        if not (self.times.seconds >= 0).all():
            raise ParameterError(
                name="times", value="negative or NaN", reason="not walking times", expected="seconds of 0 or more"
            )
        for rule in self.rules:
            size = {Quota: n, Budget: n, Capacity: n, Floor: d}.get(type(rule))
            values = getattr(rule, "members", getattr(rule, "cost", getattr(rule, "people", None)))
            if size is not None and values is not None:
                _check_shape(_called(rule), values, size)
            elif isinstance(rule, Spacing) and rule.pairs.size and not (0 <= rule.pairs.min() <= rule.pairs.max() < n):
                wrong_site = f"site {rule.pairs.max()}"
                raise ParameterError(
                    name=_called(rule), value=wrong_site, reason="no such site", expected=f"0 to {n - 1}"
                )

    @classmethod
    def of_minutes(
        cls,
        minutes: ArrayLike | sparray,
        weight: ArrayLike,
        *,
        cutoff: float = 15.0,
        existing: Sequence[int] = (),
        ids: Sequence[str] | None = None,
        rules: Sequence[Rule] = (),
    ) -> SitingProblem:
        """From a matrix of minutes, sites in rows and demand points in columns, without any network.

        Args:
            minutes: dense (n, d) with inf where out of reach, or a SciPy sparse array whose stored entries are times.
            weight: people (d,).
            cutoff: minutes.
            existing: rows of open or committed sites.
            ids: names of the sites; by default their row numbers.
            rules: what holds besides the question.
        """
        from scipy.sparse import csr_array, issparse

        if issparse(minutes):
            csr = csr_array(minutes)
            indptr, index, values = csr.indptr, csr.indices, csr.data
            n, d = csr.shape
        else:
            dense = np.asarray(minutes, dtype=np.float64)
            if dense.ndim != 2 or np.isnan(dense).any():
                raise ParameterError(
                    name="times", value="a matrix with NaN or not two-dimensional", reason="unknown is not unreached",
                    expected="sites × demand points, inf where out of reach",
                )  # fmt: skip
            n, d = dense.shape
            row, index = np.nonzero(dense < np.inf)
            indptr, values = np.append(0, np.cumsum(np.bincount(row, minlength=n))), dense[row, index]
        seconds = np.asarray(values, dtype=np.float64) * MINUTE_S
        times = CostMatrix(indptr.astype(np.int64), index.astype(np.uint32), seconds, d)
        rows = np.asarray(existing, dtype=np.int64)
        for row in rows[(rows < 0) | (rows >= n)]:
            raise ParameterError(
                name="existing", value=str(row), reason="the times have no such row", expected=f"rows 0 to {n - 1}"
            )
        fixed = np.zeros(n, np.bool_)
        fixed[rows] = True
        names = tuple(ids) if ids is not None else tuple(str(i) for i in range(n))
        return cls(times, np.asarray(weight, dtype=np.float64), fixed, cutoff * MINUTE_S, names, tuple(rules))

    def with_rules(self, *rules: Rule) -> SitingProblem:
        """The same with other rules."""
        return replace(self, rules=rules)

    def without(self, sites: Sequence[int]) -> SitingProblem:
        """The same with some candidates barred."""
        barred = np.zeros(len(self.ids), np.bool_) if self.barred is None else self.barred.copy()
        barred[list(sites)] = True
        return replace(self, barred=barred)

    def standing(self, sites: Sequence[int]) -> SitingProblem:
        """The same with these sites open for good and no others to choose; rules on new sites say nothing then."""
        return replace(self, existing=self.opened(sites), barred=np.ones(len(self.ids), np.bool_))

    def in_units(self) -> tuple[SitingProblem, float]:
        """The same with people counted in units, and how many people a unit is.

        Solvers have absolute tolerances, of a few millionths of a person: too coarse where all weights are tiny, too
        fine where sums of large ones are not so exact. Whole numbers stay, for they settle more.
        """
        total = float(self.weight.sum())
        if FEW <= total <= MANY or bool((self.weight == np.rint(self.weight)).all()):
            return self, 1.0
        unit = 2.0 ** np.floor(np.log2(total / FEW))
        rules = [Capacity(rule.people / unit) if isinstance(rule, Capacity) else rule for rule in self.rules]
        return replace(self, weight=self.weight / unit, rules=tuple(rules)), float(unit)

    @cached_property
    def free(self) -> Bools:
        """bool (n,): sites that may be chosen; not existing, not barred, not too near an existing one."""
        free = ~self.existing & ~near_existing(self.rules, self.existing)
        return free if self.barred is None else free & ~self.barred

    @cached_property
    def rows(self) -> RuleRows:
        """The rules on sites, except capacity."""
        return rule_rows(self.rules, self.free)

    @cached_property
    def existing_s(self) -> Floats:
        """float64 (d,): seconds to the nearest existing site, inf where none."""
        return self.nearest_s(self.existing)

    @cached_property
    def coverable(self) -> Bools:
        """bool (d,): some site is within the cutoff, whether it may be chosen or not: what a share is of."""
        return self.nearest_s(np.ones(len(self.ids), np.bool_)) <= self.cutoff_s + TIE_S

    @cached_property
    def attainable(self) -> Bools:
        """bool (d,): some existing site or free candidate is within the cutoff: more cannot be had under the rules."""
        usable = self.existing | self.free
        return self.coverable if usable.all() else self.nearest_s(usable) <= self.cutoff_s + TIE_S

    @cached_property
    def reachable(self) -> Bools:
        """bool (d,): people live there, and some existing site or free candidate has a time to it, however long: whom
        the mean and the longest walk are over."""
        return (self.weight > 0) & np.isfinite(self.nearest_s(self.existing | self.free))

    @cached_property
    def covered_before(self) -> Bools:
        """bool (d,): an existing site is within the cutoff."""
        return self.existing_s <= self.cutoff_s + TIE_S

    def nearest_s(self, is_open: Bools) -> Floats:
        """float64 (d,): seconds from each demand point to the nearest open site, inf where none is in reach."""
        nearest = np.full(self.times.n_destinations, np.inf)
        for site in np.flatnonzero(is_open):
            row = slice(self.times.indptr[site], self.times.indptr[site + 1])
            index = self.times.index[row]
            nearest[index] = np.minimum(nearest[index], self.times.seconds[row])
        return nearest

    def in_time(self, site: int) -> NDArray[np.uint32]:
        """Demand points within the cutoff of a site."""
        row = slice(self.times.indptr[site], self.times.indptr[site + 1])
        return self.times.index[row][self.times.seconds[row] <= self.cutoff_s + TIE_S]

    def opened(self, sites: Sequence[int] | NDArray[np.int64]) -> Bools:
        """bool (n,): the existing sites and these."""
        is_open = self.existing.copy()
        is_open[np.asarray(sites, dtype=np.int64)] = True
        return is_open

    def people(self, among: Bools) -> float:
        """People at the demand points marked, bool (d,)."""
        return float(self.weight[among].sum())

    def rule(self, kind: type[Rule]) -> Rule | None:
        """The rule of a kind of which there is one at most."""
        found = [rule for rule in self.rules if isinstance(rule, kind)]
        if len(found) > 1:
            raise ParameterError(
                name=_called(found[1]), value="a second one", reason="only one of its kind can hold", expected="one"
            )
        return found[0] if found else None

    def withheld(self) -> list[Demand]:
        """What takes candidates away before anything is chosen."""
        demands = [rule.demand for rule in self.rules if isinstance(rule, Spacing)]
        near = demands if near_existing(self.rules, self.existing).any() else []
        barred = 0 if self.barred is None else int((self.barred & ~self.existing).sum())
        return [*near, *([Demand("barred", amount=barred)] if barred else [])]

    def require_reach(self) -> None:
        """Refuse a problem in which no candidate reaches anybody.

        Raises:
            ParameterError: there is no candidate.
            NobodyInReachError: none of them has anybody within the cutoff.
        """
        if not self.free.any():
            raise ParameterError(
                name="candidates", value="0", reason="every site is open, barred or too near", expected="candidates"
            )
        in_reach = self.nearest_s(self.free) <= self.cutoff_s + TIE_S
        if not self.weight[in_reach].any():
            raise NobodyInReachError(candidates=int(self.free.sum()), minutes=f"{self.cutoff_s / MINUTE_S:g}")


def _called(rule: Rule) -> str:
    return rule.name if isinstance(rule, Quota | Floor) else str(rule.demand)


def _check_shape(name: str, values: Sequence[object] | NDArray[np.generic], size: int) -> None:
    if len(values) != size:
        raise ParameterError(
            name=name, value=f"{len(values)} entries", reason="of another length than the times", expected=f"{size}"
        )
