"""CoverModel: maximal covering on merged demand, with the rules, as every covering question asks it.

Maximal covering location problem: Church, R., ReVelle, C. (1974), Papers of the Regional Science Association 32,
101-118. With y for sites and z for classes of demand of weight W, N(c) the sites of class c:

    maximize  sum W[c] z[c]   subject to   z[c] <= sum of y[j] over N(c),   sum y <= k,   y binary, 0 <= z <= 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import ConflictingRulesError, Demand
from geo.params import TIE_S
from geo.siting.merging import Cover, merge
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Program
from geo.siting.rules import Floor, RuleRows

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLOOR_SLACK: Final = 1e-5
"""People by which a floor may be missed: shares of totals are not exact, nor is a solver."""


@dataclass(frozen=True, eq=False)
class Found:
    """An answer on its way.

    Attributes:
        sites: int64; the new sites, rising, or None while no choice that keeps all rules is known.
        value: the objective of that choice.
        bound: no choice is better than this.
        proven: no choice is better than this one.
    """

    sites: Ints | None
    value: float
    bound: float
    proven: bool


@dataclass(frozen=True, eq=False)
class FloorNeed:
    """A floor on merged demand: classes of the groups marked in `groups` must bring `people` more."""

    demand: Demand
    groups: Bools
    people: float

    def within(self, cover: Cover) -> Bools:
        """bool (m,): the classes that count."""
        return np.asarray(self.groups[cover.group], dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class CoverModel:
    """A siting problem with what existing sites cover taken away and the rest merged.

    Attributes:
        cover: the classes not yet covered.
        before: people whom existing sites cover.
        rows: rules on sites.
        floors: what each floor still needs.
        free: bool (n,); sites that may be chosen.
        whole: all weights are whole numbers, and so is every count of people.
    """

    cover: Cover
    before: float
    rows: RuleRows
    floors: tuple[FloorNeed, ...]
    free: Bools
    whole: bool

    @classmethod
    def of(cls, problem: SitingProblem, most: int | None) -> CoverModel:
        """Model a problem with at most `most` new sites, at its cutoff."""
        rules = [rule for rule in problem.rules if isinstance(rule, Floor)]
        covered = problem.covered_before
        group, of_floor = patterns(rules, len(problem.weight))
        cover = merge(
            problem.times, problem.cutoff_s + TIE_S, problem.weight, sites=problem.free,
            demand=~covered & (problem.weight > 0), group=group,
        )  # fmt: skip
        needs = []
        for rule, pattern in zip(rules, of_floor, strict=True):
            total, now = problem.people(rule.members), problem.people(rule.members & covered)
            can = problem.people(rule.members & problem.attainable)
            short = total > 0 and can < rule.share * total - 1e-6
            demand = Demand("floor", rule.name, rule.share, can=can / total if short else None)
            needs.append(FloorNeed(demand, pattern, rule.share * total - now))
        rows = problem.rows.limited(most, problem.free)
        whole = bool((problem.weight == np.rint(problem.weight)).all())
        return cls(cover, problem.people(covered), rows, tuple(needs), problem.free, whole)

    @property
    def step(self) -> float:
        """Two different values of this model's objective differ at least by this much."""
        return 1.0 if self.whole else 0.0

    def accepts(self, is_open: Bools) -> bool:
        """Whether a choice keeps all rules."""
        return self.rows.kept_by(is_open) and not self.unmet(is_open)

    def unmet(self, is_open: Bools) -> list[FloorNeed]:
        """The floors that a choice leaves unmet."""
        if not self.floors:
            return []
        served = np.where(self.cover.counts(is_open) > 0, self.cover.weight, 0.0)
        by_group = np.bincount(self.cover.group, weights=served, minlength=len(self.floors[0].groups))
        return [need for need in self.floors if by_group[need.groups].sum() < need.people - FLOOR_SLACK]

    def add_to(self, program: Program, cover: Cover, site: Ints, *, reward: bool) -> Ints:
        """Add the columns z of `cover` and their links to a program whose columns `site` (n,) open sites.

        Args:
            reward: whether z counts in the objective.

        Returns:
            The columns z (m,).
        """
        m = len(cover)
        z = program.columns(m, cost=cover.weight if reward else 0.0)
        of_class = np.repeat(np.arange(m), np.diff(cover.class_indptr))
        row, column = np.concatenate([np.arange(m), of_class]), np.concatenate([z, site[cover.class_site]])
        program.rows(row, column, np.concatenate([np.ones(m), -np.ones(len(of_class))]), count=m, high=0.0)
        return z

    def any_choice(self, clock: Clock) -> Bools | None:
        """Some choice, bool (n,), that keeps all rules, whatever it is worth; None where the clock stopped the search.

        Raises:
            ConflictingRulesError: there is none.
        """
        program, site = Program(maximize=False), np.full(len(self.free), -1, np.int64)
        choice = np.flatnonzero(self.free)
        site[choice] = program.columns(len(choice), integer=True)
        self.rows.add_to(program, site)
        if self.floors:
            self.add_floors(program, self.cover, self.add_to(program, self.cover, site, reward=False))
        outcome = program.solve(clock)
        if outcome.status == "infeasible":
            raise ConflictingRulesError(program.conflict(clock))
        if outcome.values is None:
            return None
        is_open = np.zeros(len(self.free), np.bool_)
        is_open[choice] = outcome.values[site[choice]] > 0.5
        return is_open

    def add_floors(self, program: Program, cover: Cover, z: Ints) -> None:
        """Add the floors to a program whose columns z (m,) say which classes of `cover` are covered."""
        for need in self.floors:
            counts = need.within(cover)
            program.row(z[counts], cover.weight[counts], low=need.people - FLOOR_SLACK / 2, demand=need.demand)


def patterns(rules: list[Floor], points: int) -> tuple[Ints | None, NDArray[np.bool_]]:
    """Points that belong to the same floors: their group (d,), and per floor which groups (f, groups) it holds."""
    if not rules:
        return None, np.empty((0, 0), np.bool_)
    membership = np.array([rule.members for rule in rules])
    found, group = np.unique(membership, axis=1, return_inverse=True)
    return group.reshape(points).astype(np.int64), found
