"""p-median: the shortest mean walk that at most k new sites can give.

Hakimi, S. L. (1964), Optimum locations of switching centers, Operations Research 12, 450-459. Interchange and a
Lagrangian bound first; then the exact model in radius form (Cornuéjols, G., Nemhauser, G., Wolsey, L. (1980), A
canonical representation of simple plant location problems, SIAM J. Algebraic Discrete Methods 1, 261-272): residents
pay a step of time whenever none of the sites nearer than that is open. Points that share a set of nearest sites share
the step, so their weights are merged as in the covering models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import ConflictingRulesError, Demand
from geo.params import MINUTE_S
from geo.siting import mediankernels
from geo.siting.covering import ROUNDS, CoverSearch, closes, worths
from geo.siting.covermodel import Bools, CoverModel, Floats, Found, Ints
from geo.siting.merging import SALT_SEED
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Program

FIRST_S: Final = 1.0
SETTLE_S: Final = 8.0
LEAST_STEP: Final = 1e-3
EXCHANGES: Final = 100
"""Exchanges between two looks at the clock."""


@dataclass(frozen=True, eq=False)
class MedianModel:
    """Walks in person-seconds, those only that are shorter than what each point has without new sites.

    Attributes:
        indptr, point, cost: by site; int64 (n + 1,), uint32, float64.
        base: float64 (d,); what each point pays without new sites; a prohibitive sum where it may not go unserved.
        must: bool (d,); points that may not go unserved.
        scale: float64 (d,); people.
        people: all people whom the mean is over.
        step: different totals differ at least by this much.
    """

    indptr: Ints
    point: NDArray[np.uint32]
    cost: Floats
    base: Floats
    must: Bools
    scale: Floats
    people: float
    step: float

    @classmethod
    def of(cls, problem: SitingProblem, beyond_s: float | None) -> MedianModel:
        """Model a problem; who is unreached counts with `beyond_s`, or without it must be reached if anybody can."""
        times = problem.times
        base_s = problem.existing_s if beyond_s is None else np.minimum(problem.existing_s, beyond_s)
        counted = (problem.weight > 0) & np.isfinite(np.minimum(base_s, problem.nearest_s(problem.free)))
        scale = np.where(counted, problem.weight, 0.0)
        kept = problem.free[times.row] & counted[times.index] & (times.seconds < base_s[times.index])
        point = times.index[kept]
        cost = scale[point] * times.seconds[kept]
        must = counted & np.isinf(base_s)
        dearest = np.zeros(len(scale))
        np.maximum.at(dearest, point, cost)
        known = scale * np.where(np.isinf(base_s), 0.0, base_s)
        base = np.where(must, 1.0 + np.maximum(known, dearest).sum(), known)
        running = np.append(0, np.cumsum(kept))
        values = np.concatenate([cost, known])
        whole = bool((values == np.rint(values)).all()) and values.max(initial=0.0) < 2**53
        step = float(np.gcd.reduce(values.astype(np.int64))) if whole else 0.0
        return cls(running[times.indptr], point, cost, base, must, scale, float(scale.sum()), step)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """In the order in which the kernels take them."""
        return self.indptr, self.point, self.cost, self.base

    def total(self, is_open: Bools) -> float:
        """Person-seconds walked with a choice."""
        least = self.base.copy()
        used = np.repeat(is_open, np.diff(self.indptr))
        np.minimum.at(least, self.point[used], self.cost[used])
        return float(least.sum())


class MedianSearch:
    """The best choice known and the best bound, brought together step by step until the clock stops."""

    def __init__(self, problem: SitingProblem, most: int, beyond_s: float | None, clock: Clock) -> None:
        self.clock = clock
        self.cover_model = CoverModel.of(problem, most)
        self.rows, self.free = self.cover_model.rows, problem.free
        self.model = model = MedianModel.of(problem, beyond_s)
        self.best: Bools | None = None
        self.value = np.inf
        self.ceiling = float(model.base.sum())
        self._rules = self.rows.arrays
        self._prices, self._rooms = self.rows.knapsacks
        self.u = model.base.copy()
        self.best_u, self.taken = self.u.copy(), np.zeros(len(self.free))
        self._way = np.zeros(len(model.base))
        self._control = np.array([0.0, 1.0, 0.0])

    @property
    def bound(self) -> float:
        """No choice walks less than this, person-seconds."""
        return float(self._control[0])

    @property
    def proven(self) -> bool:
        """Whether the bound leaves no room below the best choice."""
        return self.best is not None and closes(-self.bound, -self.value, self.model.step)

    @property
    def settled(self) -> bool:
        """Whether more rounds would hardly help."""
        return self.proven or bool(self._control[1] < LEAST_STEP)

    def close(self) -> None:
        """The best choice has been proven by other means."""
        self._control[0] = self.value

    def tighten(self, bound: float) -> None:
        """No choice that is better than the best one walks less than this, as another method has found; NaN: none."""
        if not np.isnan(bound):
            self._control[0] = max(self._control[0], min(bound, self.value))

    def offer(self, is_open: Bools) -> bool:
        """Take a choice if it serves whom it must, keeps the rules and walks less than the best one."""
        total = self.model.total(is_open)
        served = not self.model.must.any() or total < self.model.base[self.model.must].min()
        if total >= self.value or not served or not self.cover_model.accepts(is_open):
            return False
        self.best, self.value = is_open, total
        return True

    def grown(self, is_open: Bools) -> Bools:
        """A choice filled up greedily and improved by exchanges; where that misses a floor, what serves it stays."""
        result = self._exchanged(is_open, self.free)
        if not self.cover_model.unmet(result):
            return result
        begun = is_open | self._for_floors
        if not self.rows.kept_by(begun):
            begun = self._for_floors
        return self._exchanged(begun, self.free & ~self._for_floors)

    @cached_property
    def _for_floors(self) -> Bools:
        """bool (n,): sites that serve the floors."""
        return CoverSearch(self.cover_model).toward_floors(np.zeros(len(self.free), np.bool_))

    def _exchanged(self, is_open: Bools, movable: Bools) -> Bools:
        result, usage = is_open.copy(), self.rows.usage(is_open)
        arrays = (*self.model.arrays, *self._rules, result, usage, movable)
        while mediankernels.interchange(*arrays, EXCHANGES) == EXCHANGES and not self.clock.stop:
            pass
        return result

    def start(self) -> None:
        """Greedy and exchanges; prices that start where the second-nearest open site is."""
        first = self.grown(np.zeros(len(self.free), np.bool_))
        self.offer(first)
        nearest, least, second = np.empty(len(self.u), np.uint32), np.empty(len(self.u)), np.empty(len(self.u))
        mediankernels.two_nearest(*self.model.arrays, first, nearest, least, second)
        self.u = np.where(self.model.must & (second >= self.model.base), least, (least + second) / 2)
        self.ceiling = min(self.ceiling, self.model.total(first))

    def start_from(self, is_open: Bools | None) -> None:
        """Fill up a choice that keeps all rules, without moving its sites."""
        if is_open is not None:
            self.offer(self._exchanged(is_open, self.free & ~is_open))

    def descend(self, rounds: int = ROUNDS) -> None:
        """Some rounds toward the largest bound, then the choice they suggest, improved."""
        mediankernels.median_descent(
            *self.model.arrays, self.model.scale, self._prices, self._rooms, self.free,
            min(self.value, self.ceiling), self.u, self._way, self.best_u, self.taken, self._control, rounds,
        )  # fmt: skip
        suggested = (self.taken > 0.999) & self.free
        if self.rows.kept_by(suggested) and (self.best is None or (suggested != self.best).any()):
            self.offer(self.grown(suggested))

    def decided(self) -> tuple[Bools, Bools]:
        """Sites that no better choice than the best one opens, and sites that every better one opens."""
        shut, must = ~self.free, np.zeros(len(self.free), np.bool_)
        saving = np.maximum(0.0, self.best_u[self.model.point] - self.model.cost)
        running = np.append(0.0, np.cumsum(saving))
        score = np.where(self.free, running[self.model.indptr[1:]] - running[self.model.indptr[:-1]], 0.0)
        most = self.value - max(self.model.step - 1e-6, 1e-9 * max(1.0, self.value))
        for saved, worth in worths(score, self._prices, self._rooms):
            bound = float(self.best_u.sum()) - saved
            shut |= bound - np.minimum(worth, 0.0) > most
            must |= (bound + np.maximum(worth, 0.0) > most) & self.free
        return shut & ~must, must


def shortest_mean_walk(
    problem: SitingProblem, most: int, clock: Clock, *, beyond_s: float | None = None
) -> Iterator[Found]:
    """Choose at most `most` new sites; value and bound are mean minutes over the residents counted.

    Args:
        beyond_s: residents without an open site within their times count with this walk; None: all who can be
            reached must be.

    Raises:
        ConflictingRulesError: no choice reaches everyone and keeps the rules.
    """
    search = MedianSearch(problem, most, beyond_s, clock)
    search.start()
    for until_s in (FIRST_S, SETTLE_S):
        while not search.settled and not clock.stop and clock.elapsed_s < until_s:
            search.descend()
        yield _found(search)
        if search.proven or clock.stop:
            return
    if search.best is None:
        search.start_from(search.cover_model.any_choice(clock))
        yield _found(search)
        if clock.stop:
            return
    yield from _exact(search, clock)
    yield _found(search)


def _found(search: MedianSearch) -> Found:
    scale = MINUTE_S * max(search.model.people, 1e-300)
    sites = None if search.best is None else np.flatnonzero(search.best)
    bound = search.value if search.proven else min(search.bound, search.value)
    return Found(sites, search.value / scale, bound / scale, search.proven)


def _exact(search: MedianSearch, clock: Clock) -> Iterator[Found]:
    n, nothing = len(search.free), np.zeros(len(search.free), np.bool_)
    model, known = search.model, search.best is not None
    shut, must = search.decided() if known else (~search.free, nothing)
    limit = search.best_u + (search.value - search.bound) if known else np.full(len(model.base), np.inf)
    program, site = Program(maximize=False), np.full(n, -1, np.int64)
    choice = np.flatnonzero(~shut)
    site[choice] = program.columns(len(choice), low=must[choice], integer=True)
    least = _add_steps(program, site, model, ~shut, np.nextafter(limit * (1 + 1e-9), np.inf))
    search.rows.add_to(program, site)
    if search.cover_model.floors:
        cover = search.cover_model.cover.restricted(~shut, nothing)
        search.cover_model.add_floors(program, cover, search.cover_model.add_to(program, cover, site, reward=False))
    start = (site[choice], search.best[choice].astype(np.float64)) if search.best is not None else None
    for outcome in program.solutions(clock, start=start, gap=max(0.0, model.step - 1e-3)):
        if outcome.values is not None:
            is_open = nothing.copy()
            is_open[choice] = outcome.values[site[choice]] > 0.5
            if search.offer(is_open) and outcome.status == "improved":
                yield _found(search)
        if outcome.status == "infeasible" and search.best is None:
            raise ConflictingRulesError(program.conflict(clock))
        if outcome.status in ("optimal", "infeasible"):
            search.close()
        search.tighten(outcome.bound + least)


def _add_steps(program: Program, site: Ints, model: MedianModel, kept: Bools, limit: Floats) -> float:
    """Add a column v for every set of nearest sites: 1 if none of them is open; it costs the step to the next site.

    v of a set, and v of the set it extends, satisfy v >= v of the smaller one - sum of y over the sites added.
    What costs a point more than `limit` (d,) is in no better choice.

    Returns:
        Person-seconds that are walked before any step, which the program does not count.
    """
    owner = np.repeat(np.arange(len(kept)), np.diff(model.indptr))
    use = kept[owner] & (model.cost <= limit[model.point])
    point, cost, owner = model.point[use].astype(np.int64), model.cost[use], owner[use]
    order = np.lexsort((owner, cost, point))
    point, cost, owner = point[order], cost[order], owner[order]
    count = len(point)
    if not count:
        return float(model.base.sum())
    first_of_point = np.append(True, point[1:] != point[:-1])
    reached = point[first_of_point]
    least = float(model.base.sum() - model.base[reached].sum() + cost[first_of_point].sum())
    ends = np.append((point[1:] != point[:-1]) | (cost[1:] != cost[:-1]), True)  # last site of its cost
    salt = np.random.default_rng(SALT_SEED).integers(0, 2**64, (len(kept), 2), dtype=np.uint64)
    running = np.cumsum(salt[owner], axis=0, dtype=np.uint64)
    start = np.maximum.accumulate(np.where(first_of_point, np.arange(count), 0))
    key = running - np.where(start[:, None] > 0, running[start - 1], np.uint64(0))
    level = np.flatnonzero(ends)
    last = np.append(point[level][1:] != point[level][:-1], True)
    following = np.where(last, model.base[point[level]], np.append(cost[level][1:], 0.0))
    bound_to = last & (model.must[point[level]] | (model.base[point[level]] > limit[point[level]]))
    _, chosen, member = np.unique(key[level], axis=0, return_index=True, return_inverse=True)
    member = member.reshape(-1)
    step = np.bincount(member, weights=np.where(bound_to, 0.0, following - cost[level]))
    forced = np.bincount(member, weights=bound_to) > 0
    v = program.columns(len(chosen), cost=step)
    program.rows(np.arange(forced.sum()), v[forced], 1.0, count=int(forced.sum()), high=0.0, demand=Demand("everyone"))
    top = ~np.append(True, last[:-1])[chosen]  # extends another set
    begin = np.append(0, level[:-1] + 1)[chosen]
    sizes = level[chosen] + 1 - begin
    rows = np.repeat(np.arange(len(chosen)), sizes)
    picked = np.repeat(begin - np.append(0, np.cumsum(sizes)[:-1]), sizes) + np.arange(sizes.sum())
    parents = v[member[chosen[top] - 1]]
    program.rows(
        np.concatenate([np.arange(len(chosen)), rows, np.flatnonzero(top)]),
        np.concatenate([v, site[owner[picked]], parents]),
        np.concatenate([np.ones(len(chosen)), np.ones(len(picked)), -np.ones(int(top.sum()))]),
        count=len(chosen), low=np.where(top, 0.0, 1.0),
    )  # fmt: skip
    return least
