"""p-center: the longest walk as short as at most k new sites can make it.

Minieka, E. (1970), The m-center problem, SIAM Review 12, 138-139: the answer is one of the times, and whether everyone
can be within a time is a covering question, so it is found by halving.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from geo.errors import ConflictingRulesError, Demand
from geo.params import MINUTE_S
from geo.siting.covering import CoverSearch, settle
from geo.siting.covermodel import Bools, CoverModel, Floats, Found
from geo.siting.merging import Cover, merge
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Program
from geo.siting.rules import Floor

SETTLE_S = 1.0


def worst_walk(problem: SitingProblem, most: int, clock: Clock) -> Iterator[Found]:
    """Choose at most `most` new sites; value and bound are the longest walk in seconds.

    Over demand points with residents that some site, existing or free, can reach at all.

    Raises:
        ConflictingRulesError: no choice reaches everyone and keeps the rules.
    """
    ways = _Ways(problem, most)
    low, high = 0, len(ways.times) - 1
    best: Bools | None = None
    while not clock.stop and (low < high or best is None):
        middle = (low + high) // 2 if best is not None else high
        is_open, answered = ways.within(middle, clock)
        if is_open is not None:
            best, value = is_open, ways.value(is_open)
            high = int(np.searchsorted(ways.times, value))
            yield Found(np.flatnonzero(best), value, float(ways.times[low]), low >= high)
        elif not answered:
            break
        elif best is None:
            raise ConflictingRulesError(ways.conflict(clock))
        else:
            low = middle + 1
    sites, value = (None, np.inf) if best is None else (np.flatnonzero(best), ways.value(best))
    yield Found(sites, value, float(ways.times[low]), best is not None and low >= high)


class _Ways:
    """The times that can be the longest walk, and whether one can be kept."""

    def __init__(self, problem: SitingProblem, most: int) -> None:
        self.problem = problem
        self.model = CoverModel.of(problem, most)
        self.points: Bools = problem.reachable
        shortest = float(problem.nearest_s(problem.existing | problem.free)[self.points].max(initial=0.0))
        row = problem.free[problem.times.row] & self.points[problem.times.index]
        fixed = problem.existing_s[self.points]
        times = np.unique(np.concatenate([problem.times.seconds[row], fixed[np.isfinite(fixed)], [shortest]]))
        self.times: Floats = times[times >= shortest]

    def value(self, is_open: Bools) -> float:
        """The longest walk with a choice."""
        nearest = np.minimum(self.problem.nearest_s(is_open), self.problem.existing_s)
        return float(nearest[self.points].max(initial=0.0))

    def cover(self, limit_s: float) -> Cover:
        """Who has to be reached by new sites within a time, every class counting the same."""
        demand = self.points & (self.problem.existing_s > limit_s)
        cover = merge(self.problem.times, limit_s, self.problem.weight, sites=self.problem.free, demand=demand)
        return replace(cover, weight=np.ones(len(cover)))

    def within(self, index: int, clock: Clock) -> tuple[Bools | None, bool]:
        """A choice that keeps the time, and whether the question was answered."""
        cover = self.cover(float(self.times[index]))
        everyone = float(len(cover))
        search = CoverSearch(replace(self.model, cover=cover, floors=(), before=0.0, whole=True))
        search.start()
        for _ in settle(search, clock, clock.elapsed_s + SETTLE_S):
            if search.value >= everyone:
                break
        if search.best is not None and search.value >= everyone and self.model.accepts(search.best):
            return search.best, True
        if search.bound < everyone - 0.5:
            return None, True
        program, site = self._program(cover)
        outcome = program.solve(clock)
        if outcome.values is None:
            return None, outcome.status == "infeasible"
        is_open = np.zeros(len(site), np.bool_)
        is_open[site >= 0] = outcome.values[site[site >= 0]] > 0.5
        return is_open, True

    def conflict(self, clock: Clock) -> list[Demand]:
        """What cannot hold together even if any reachable walk will do."""
        return self._program(self.cover(float(self.times[-1])))[0].conflict(clock)

    def _program(self, cover: Cover) -> tuple[Program, np.ndarray[tuple[int], np.dtype[np.int64]]]:
        program, site = Program(maximize=False), np.full(len(self.problem.free), -1, np.int64)
        choice = np.flatnonzero(self.problem.free)
        site[choice] = program.columns(len(choice), integer=True)
        of_class = np.repeat(np.arange(len(cover)), np.diff(cover.class_indptr))
        everyone = Demand("everyone", amount=round(float(self.times[-1]) / MINUTE_S, 2))
        program.rows(of_class, site[cover.class_site], 1.0, count=len(cover), low=1.0, demand=everyone)
        self.model.rows.add_to(program, site)
        if any(isinstance(rule, Floor) for rule in self.problem.rules):
            z = self.model.add_to(program, self.model.cover, site, reward=False)
            self.model.add_floors(program, self.model.cover, z)
        return program, site
