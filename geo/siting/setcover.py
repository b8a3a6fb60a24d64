"""Fewest sites that cover a share of the people: set cover, and partial cover.

Location set covering: Toregas, C., Swain, R., ReVelle, C., Bergman, L. (1971), The location of emergency service
facilities, Operations Research 19, 1363-1373. Whether k sites suffice is asked of the maximal covering model with k
sites: a choice that reaches the target says yes, a bound below the target says no, and only what neither settles goes
to the exact solver.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from geo.errors import ConflictingRulesError, Demand
from geo.siting.covering import CoverSearch, settle
from geo.siting.covermodel import Bools, CoverModel, Floats, Found
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Program

SETTLE_S = 1.5
"""Time to settle whether one site fewer would do, before the exact solver is asked."""
GLANCE_S = 0.2
"""Time to settle whether some number of sites would do, where it is about a first bound only."""
SLACK = 1e-6
"""People by which a target may be missed: shares of totals are not exact."""


def fewest_sites(problem: SitingProblem, target: float, clock: Clock, *, demand: Demand) -> Iterator[Found]:
    """Cover at least `target` people, existing sites included, with as few new sites as possible.

    Args:
        target: people.
        demand: the target, for messages.

    Raises:
        ConflictingRulesError: no choice of sites does it; raised when the exact solver has found out.
    """
    hunt = _Hunt(problem, target, clock)
    while hunt.best is not None and hunt.least < hunt.count and not clock.stop:
        fewer = hunt.search(hunt.count - 1)
        for _ in settle(fewer, clock, SETTLE_S):
            if fewer.value >= hunt.need - SLACK:
                break
        hunt.least = max(hunt.least, min(hunt.count, _least_count(fewer, hunt.need)))
        if fewer.best is not None and fewer.value >= hunt.need - SLACK:
            hunt.best = fewer.best
        elif fewer.bound < hunt.need - SLACK:
            hunt.least = hunt.count
        else:
            hunt.raise_least()
            break
        yield hunt.found
    yield hunt.found
    if (hunt.best is None or hunt.least < hunt.count) and not clock.stop:
        yield from _exact(hunt, clock, demand)
        yield hunt.found


class _Hunt:
    """The smallest choice known, and how many sites are needed at least."""

    def __init__(self, problem: SitingProblem, target: float, clock: Clock) -> None:
        self.problem, self.clock = problem, clock
        self.model = CoverModel.of(problem, None)
        self.need = target - self.model.before
        if self.model.whole:
            self.need = math.ceil(self.need - SLACK)
        self.least = 0 if self.need <= SLACK and self.model.accepts(np.zeros(len(problem.free), np.bool_)) else 1
        self.best = self._first()

    @property
    def count(self) -> int:
        """Sites in the best choice."""
        return 0 if self.best is None else int(self.best.sum())

    @property
    def found(self) -> Found:
        """The state of the hunt."""
        sites = None if self.best is None else np.flatnonzero(self.best)
        proven = self.best is not None and self.least >= self.count
        return Found(sites, self.count if sites is not None else np.inf, float(self.least), proven)

    def search(self, most: int) -> CoverSearch:
        """The same demand with at most so many sites."""
        rows = self.problem.rows.limited(most, self.problem.free)
        search = CoverSearch(replace(self.model, rows=rows))
        search.start()
        return search

    def suffices(self, is_open: Bools | None) -> bool:
        """Whether a choice reaches the target and keeps the rules."""
        return (
            is_open is not None
            and self.model.cover.covered(is_open) >= self.need - SLACK
            and self.model.accepts(is_open)
        )

    def raise_least(self) -> None:
        """Halve between what is needed and what is known to do, for the most sites that are still too few."""
        low, high = self.least, self.count
        while low < high and not self.clock.stop:
            middle = (low + high) // 2
            search = self.search(middle)
            for _ in settle(search, self.clock, self.clock.elapsed_s + GLANCE_S):
                pass
            if search.bound < self.need - SLACK:
                low = self.least = middle + 1
            else:
                high = middle

    def _first(self) -> Bools | None:
        """The smallest number of sites, found by halving, with which greedy choice and swaps reach the target."""
        none = np.zeros(len(self.problem.free), np.bool_)
        if self.suffices(none):
            return none
        low, high = 1, int(self.problem.free.sum())
        best = self.search(high).best
        if not self.suffices(best):
            return None
        while low < high and not self.clock.stop:
            middle = (low + high) // 2
            trial = self.search(middle).best
            if self.suffices(trial):
                best, high = trial, middle
            else:
                low = middle + 1
        return best


def _least_count(search: CoverSearch, need: float) -> int:
    """At the best prices of any search: the least number of sites with which the bound allows the target."""
    cover = search.cover
    indptr, classes = cover.by_site
    running = np.append(0.0, np.cumsum(search.best_u[classes]))
    score: Floats = np.where(search.model.free, running[indptr[1:]] - running[indptr[:-1]], 0.0)
    reach = (cover.weight - search.best_u).sum() + np.append(0.0, np.cumsum(-np.sort(-score)))
    enough = np.flatnonzero(reach >= need - SLACK)
    return int(enough[0]) if len(enough) else len(score)


def _exact(hunt: _Hunt, clock: Clock, demand: Demand) -> Iterator[Found]:
    """Solve exactly; the hunt then holds the smallest choice, proven unless the clock stopped it."""
    model, n = hunt.model, len(hunt.problem.free)
    program, site = Program(maximize=False), np.full(n, -1, np.int64)
    choice = np.flatnonzero(model.free)
    site[choice] = program.columns(len(choice), cost=1.0, integer=True)
    total = float(model.cover.weight.sum())
    if hunt.need > total - SLACK and hunt.need <= total + SLACK and not model.floors:
        of_class = np.repeat(np.arange(len(model.cover)), np.diff(model.cover.class_indptr))
        program.rows(of_class, site[model.cover.class_site], 1.0, count=len(model.cover), low=1.0, demand=demand)
    else:
        z = model.add_to(program, model.cover, site, reward=False)
        program.row(z, model.cover.weight, low=hunt.need - (0.5 if model.whole else SLACK), demand=demand)
        model.add_floors(program, model.cover, z)
    model.rows.add_to(program, site)
    if hunt.least:
        program.row(site[choice], 1.0, low=float(hunt.least))
    start = None if hunt.best is None else (site[choice], hunt.best[choice].astype(np.float64))
    for outcome in program.solutions(clock, start=start, gap=1 - 1e-3):
        if outcome.values is not None:
            is_open = np.zeros(n, np.bool_)
            is_open[choice] = outcome.values[site[choice]] > 0.5
            if hunt.suffices(is_open) and (hunt.best is None or is_open.sum() < hunt.count):
                hunt.best = is_open
                if outcome.status == "improved":
                    yield hunt.found
        if outcome.status == "infeasible":
            raise ConflictingRulesError(program.conflict(clock))
        if outcome.status == "optimal":
            hunt.least = hunt.count
        elif np.isfinite(outcome.bound):
            hunt.least = max(hunt.least, math.ceil(outcome.bound - SLACK))
