"""Maximal coverage with at most k new sites: an answer with its bound at once, then exact."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geo.errors import ConflictingRulesError
from geo.siting.covering import CoverSearch, settle
from geo.siting.covermodel import CoverModel, Found
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Program

FIRST_S = 1.0
"""Time for the first answer's bound; small problems settle in a few milliseconds."""
SETTLE_S = 6.0
"""Time after which the exact solver takes over, settled or not."""


def maximal_cover(problem: SitingProblem, most: int | None, clock: Clock) -> Iterator[Found]:
    """Choose at most `most` new sites so that most people are covered; value and bound are people, existing included.

    Raises:
        ConflictingRulesError: the rules contradict each other; raised when the exact solver has found out.
    """
    search = CoverSearch(CoverModel.of(problem, most))
    search.start()
    for _ in settle(search, clock, FIRST_S):
        pass
    yield found(search)
    if search.proven or clock.stop:
        return
    for _ in settle(search, clock, SETTLE_S):
        yield found(search)
    if not search.proven:
        yield from _exact(search, clock)
    yield found(search)


def _exact(search: CoverSearch, clock: Clock) -> Iterator[Found]:
    """Solve what the bound leaves undecided; the search then holds the optimum, proven unless the clock stopped it."""
    model, n = search.model, search.cover.n_sites
    nothing = np.zeros(n, np.bool_)
    shut, must = search.decided() if search.best is not None else (~model.free, nothing)
    opened = nothing if model.floors else must  # floors count what these sites bring, so it has to stay in the model
    cover = model.cover.restricted(~shut, opened)
    program, site = Program(maximize=True), np.full(n, -1, np.int64)
    choice = np.flatnonzero(model.free & ~shut)
    site[choice] = program.columns(len(choice), low=must[choice], integer=True)
    z = model.add_to(program, cover, site, reward=True)
    model.rows.add_to(program, site)
    model.add_floors(program, cover, z)
    start = None if search.best is None else (site[choice], search.best[choice].astype(np.float64))
    for outcome in program.solutions(clock, start=start, gap=max(0.0, model.step - 1e-3)):
        if outcome.values is not None:
            is_open = nothing.copy()
            is_open[choice] = outcome.values[site[choice]] > 0.5
            if search.offer(search.trimmed(is_open)) and outcome.status == "improved":
                yield found(search)
        if outcome.status == "infeasible" and search.best is None:
            raise ConflictingRulesError(program.conflict(clock))
        if outcome.status in ("optimal", "infeasible"):
            search.close()
        search.tighten(outcome.bound + model.cover.covered(opened))


def found(search: CoverSearch) -> Found:
    """What a search knows, with the people whom existing sites cover."""
    before, best = search.model.before, search.best
    bound = search.bound + before
    if search.model.whole:
        bound = float(np.floor(bound + 1e-6))
    sites = None if best is None else np.flatnonzero(best)
    return Found(sites, search.value + before, search.value + before if search.proven else bound, search.proven)
