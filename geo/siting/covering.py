"""Covering: a good choice of sites and a bound that nothing can beat, in moments, on merged demand.

Maximal covering location problem: Church, R., ReVelle, C. (1974), Papers of the Regional Science Association 32,
101-118. With y for sites and z for classes of demand of weight W, N(c) the sites of class c:

    maximize  sum W[c] z[c]   subject to   z[c] <= sum of y[j] over N(c),   sum y <= k,   y binary, 0 <= z <= 1

Every choice shown keeps all rules. The first bound knows the number of sites and the budget only; it holds with quotas,
spacing and floors too, though loosely where those bind, until the exact solver replaces it by its own. It
prices z[c] <= sum y by u[c] in [0, W[c]]: Galvão, R., ReVelle, C. (1996), A Lagrangean heuristic for the maximal
covering location problem, EJOR 88, 114-123.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import ConflictingRulesError
from geo.params import TIE_S
from geo.siting import sitekernels
from geo.siting.merging import Cover, merge
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Program
from geo.siting.rules import Floor, RuleRows

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS: Final = 20
"""Subgradient rounds between two looks at the clock and two attempts at a better choice."""
LEAST_STEP: Final = 5e-3
"""The descent has settled when its step factor, 1 at first, has fallen so far."""
SWAP_PASSES: Final = 20
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

    name: str
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
            can = problem.people(rule.members & problem.coverable)
            short = total > 0 and can < rule.share * total - 1e-6
            name = f"{rule.share:.15g} of {rule.name} covered" + (f" (only {can / total:.3f} can be)" if short else "")
            needs.append(FloorNeed(name, pattern, rule.share * total - now))
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
            raise ConflictingRulesError(conflict="; ".join(program.conflict(clock)))
        if outcome.values is None:
            return None
        is_open = np.zeros(len(self.free), np.bool_)
        is_open[choice] = outcome.values[site[choice]] > 0.5
        return is_open

    def add_floors(self, program: Program, cover: Cover, z: Ints) -> None:
        """Add the floors to a program whose columns z (m,) say which classes of `cover` are covered."""
        for need in self.floors:
            counts = need.within(cover)
            program.row(z[counts], cover.weight[counts], low=need.people - FLOOR_SLACK / 2, name=need.name)


def patterns(rules: list[Floor], points: int) -> tuple[Ints | None, NDArray[np.bool_]]:
    """Points that belong to the same floors: their group (d,), and per floor which groups (f, groups) it holds."""
    if not rules:
        return None, np.empty((0, 0), np.bool_)
    membership = np.array([rule.members for rule in rules])
    found, group = np.unique(membership, axis=1, return_inverse=True)
    return group.reshape(points).astype(np.int64), found


class CoverSearch:
    """The best choice known and the best bound, brought together step by step.

    Args:
        model: what to cover.
    """

    def __init__(self, model: CoverModel) -> None:
        self.model = model
        self.cover = model.cover
        self.best: Bools | None = None
        self.value = -np.inf
        m, n = len(self.cover), self.cover.n_sites
        sets = np.maximum(1, np.diff(self.cover.class_indptr))
        self.u = self.cover.weight / sets
        self.best_u = self.u.copy()
        self.taken = np.zeros(n)
        self._way = np.zeros(m)
        self._control = np.array([np.inf, 1.0, 0.0])
        self._rules = model.rows.arrays
        self._prices, self._rooms = model.rows.knapsacks

    @property
    def bound(self) -> float:
        """No choice covers more of the model's people than this."""
        return float(min(self._control[0], self.cover.weight.sum()))

    @property
    def settled(self) -> bool:
        """Whether more rounds would hardly help."""
        return self.proven or bool(self._control[1] < LEAST_STEP)

    @property
    def proven(self) -> bool:
        """Whether the bound leaves no room above the best choice."""
        return self.best is not None and closes(self.bound, self.value, self.model.step)

    def start(self) -> None:
        """Greedy choices, by people and by people for the money, improved by swaps."""
        self.offer(self.grown(np.zeros(self.cover.n_sites, np.bool_)))
        for price in self._prices[: len(self.model.rows.bounds)]:
            if len(np.unique(price[self.model.free])) > 1:
                self.offer(self.grown(np.zeros(self.cover.n_sites, np.bool_), np.maximum(price, 1e-9)))

    def descend(self, rounds: int = ROUNDS) -> None:
        """Some rounds toward the least bound, then the choice they suggest, improved."""
        floor = max(self.value, 0.0)
        sitekernels.cover_descent(
            *self.cover.arrays, self._prices, self._rooms, self.model.free, floor,
            self.u, self._way, self.best_u, self.taken, self._control, rounds,
        )  # fmt: skip
        self.offer(self.grown(self._suggested()))

    def close(self) -> None:
        """The best choice has been proven by other means."""
        self._control[0] = self.value

    def tighten(self, bound: float) -> None:
        """No choice that is better than the best one covers more than this, as another method has found; NaN: none."""
        if not np.isnan(bound):
            self._control[0] = min(self._control[0], max(bound, self.value))

    def offer(self, is_open: Bools) -> bool:
        """Take a choice if it keeps the rules and covers more than the best one."""
        value = self.cover.covered(is_open)
        if value <= self.value + 1e-9 or not self.model.accepts(is_open):
            return False
        self.best, self.value = is_open, value
        return True

    def grown(self, is_open: Bools, price: Floats | None = None) -> Bools:
        """A choice that keeps the upper rules, filled up greedily and improved by swaps; floors come first."""
        cost = np.ones(self.cover.n_sites) if price is None else price
        begun = self.toward_floors(is_open)
        swapped = self._filled(begun, self.model.free, cost)
        if not self.model.unmet(swapped):
            return swapped
        return self._filled(begun, self.model.free & ~begun, cost)  # what serves the floors stays where it is

    def toward_floors(self, is_open: Bools) -> Bools:
        """A choice and the sites that bring what floors lack, those that bring most first, while upper rules allow."""
        if not self.model.floors:
            return is_open
        state = self._state(is_open)
        opened, count, _, usage = state
        people, sites = self._floor_incidence
        uncovered = count == 0
        lacking = np.array([need.people for need in self.model.floors]) - people[:, ~uncovered].sum(axis=1)
        brings = (people[:, uncovered] @ sites[uncovered]).toarray()
        while (lacking > FLOOR_SLACK).any():
            use = np.minimum(brings, np.maximum(lacking, 0.0)[:, None]).sum(axis=0)
            candidates = np.flatnonzero(self.model.free & ~opened & (use > 1e-9))
            for j in candidates[np.argsort(-use[candidates], kind="stable")]:
                if sitekernels.has_room(j, *self._rules, usage):
                    break
            else:
                break
            sitekernels.open_site(j, *self.cover.arrays, *self._rules, *state)
            new = np.flatnonzero(uncovered & (count > 0))
            uncovered[new] = False
            lacking -= people[:, new].sum(axis=1)
            brings -= (people[:, new] @ sites[new]).toarray()
        result: Bools = opened
        return result

    @cached_property
    def _floor_incidence(self) -> tuple[csc_array, csr_array]:
        """People of each class who count for each floor (f, m), and the sites of each class as ones (m, n)."""
        from scipy.sparse import csc_array, csr_array

        cover = self.cover
        people = np.array([need.within(cover) for need in self.model.floors]) * cover.weight
        ones = np.ones(len(cover.class_site))
        sites = csr_array((ones, cover.class_site, cover.class_indptr), shape=(len(cover), cover.n_sites))
        return csc_array(people), sites

    def trimmed(self, is_open: Bools) -> Bools:
        """A choice without the sites that cover nobody alone, as far as the rules let them go: a solver leaves such."""
        state = self._state(is_open)
        for j in np.flatnonzero(is_open & self.model.free):
            sitekernels.close_site(j, *self.cover.arrays, *self._rules, *state)
            if state[2][j] > 0:
                sitekernels.open_site(j, *self.cover.arrays, *self._rules, *state)
        fewer: Bools = state[0]
        return fewer if self.model.accepts(fewer) else is_open

    def reduced_costs(self) -> Iterator[tuple[float, Floats]]:
        """For each rule that bounds: the bound at the best prices, and what forcing each site in (below 0) costs it.

        With pi the price of the rule, the bound is sum(W - u) + pi * room + sum of max(0, score - pi * price) for any
        pi >= 0; a site is worth score - pi * price.
        """
        indptr, classes = self.cover.by_site
        running = np.append(0.0, np.cumsum(self.best_u[classes]))
        score = np.where(self.model.free, running[indptr[1:]] - running[indptr[:-1]], 0.0)
        rest = float((self.cover.weight - self.best_u).sum())
        for price, room in zip(self._prices, self._rooms, strict=True):
            if not np.isfinite(room):
                continue
            taken = np.empty(len(score))
            sitekernels.knapsack(score, price, room, taken)
            edge = (taken > 0) & (price > 0)
            full = float((price * taken).sum()) >= room - 1e-9
            pi = float((score[edge] / price[edge]).min()) if full and edge.any() else 0.0
            worth = score - pi * price
            yield rest + pi * room + float(np.maximum(worth, 0.0).sum()), worth

    def decided(self) -> tuple[Bools, Bools]:
        """Sites that no better choice than the best one opens, and sites that every better one opens."""
        shut = ~self.model.free
        must = np.zeros(self.cover.n_sites, np.bool_)
        least = self.value + max(self.model.step - 1e-6, 1e-9 * max(1.0, abs(self.value)))
        for bound, worth in self.reduced_costs():
            shut |= bound + np.minimum(worth, 0.0) < least
            must |= (bound - np.maximum(worth, 0.0) < least) & self.model.free
        return shut & ~must, must & self.model.free

    def _suggested(self) -> Bools:
        """The sites that the bound opens, as far as the upper rules allow."""
        is_open = np.zeros(self.cover.n_sites, np.bool_)
        indptr, row, coef, _, high = self._rules
        usage = np.zeros(len(high))
        for j in np.flatnonzero(self.taken > 0.5):
            mine = slice(indptr[j], indptr[j + 1])
            if self.model.free[j] and (usage[row[mine]] + coef[mine] <= high[row[mine]] + 1e-9).all():
                is_open[j] = True
                np.add.at(usage, row[mine], coef[mine])
        return is_open

    def _filled(self, is_open: Bools, movable: Bools, cost: Floats) -> Bools:
        """A choice filled up greedily, then improved by swaps of the sites that are `movable`, bool (n,)."""
        state = self._state(is_open)
        arrays = (*self.cover.arrays, *self._rules, *state)
        sitekernels.greedy(*arrays, self.model.free, cost)
        sitekernels.swap(*arrays, movable, SWAP_PASSES)
        sitekernels.greedy(*arrays, self.model.free, cost)
        filled: Bools = state[0]
        return filled

    def _state(self, is_open: Bools) -> tuple[Any, ...]:
        """The kernels' state of a choice."""
        indptr, classes = self.cover.by_site
        count = self.cover.counts(is_open).astype(np.uint32)
        running = np.append(0.0, np.cumsum(np.where(count[classes] == 0, self.cover.weight[classes], 0.0)))
        gain = running[indptr[1:]] - running[indptr[:-1]]
        return is_open.copy(), count, gain, self.model.rows.usage(is_open)


def closes(bound: float, value: float, step: float) -> bool:
    """Whether no value above `value` and up to `bound` is possible, where values differ by `step` at least."""
    return bound < value + max(step - 1e-6, 1e-9 * max(1.0, abs(value)))


def settle(search: CoverSearch, clock: Clock, until_s: float) -> Iterator[None]:
    """Descend until settled, the clock stops or `until_s` seconds have passed; yields whenever something improved."""
    while not search.settled and not clock.stop and clock.elapsed_s < until_s:
        known = search.value
        search.descend()
        if search.value > known:
            yield
