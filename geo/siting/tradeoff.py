"""Trade-offs: coverage against the number of sites, what each site brings, and how firmly an answer stands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import ConflictingRulesError, Demand, NobodyInReachError, ParameterError, TooFewCandidatesError
from geo.params import MINUTE_S, TIE_S, SitingParams
from geo.siting.capacity import given_by, served
from geo.siting.covermodel import Bools, Floats
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock
from geo.siting.questions import FewestSites, MaxCover, PCenter, Plan, PMedian, Question, as_it_is, solve
from geo.siting.rules import Capacity, Floor

SLACK: Final = 1e-8
"""By what share of them people may be missed: sums are not exact, nor is a solver."""
RUNNER_UP_S: Final = 0.5
"""What looking for a runner-up within capacities may take; the most promising sites are looked at first."""


@dataclass(frozen=True)
class CurveStep:
    """The best plan with at most `add` sites, and the people whom the last of them brings."""

    add: int
    plan: Plan
    marginal: float


def trade_off(
    problem: SitingProblem, most: int, params: SitingParams | None = None, *,
    at: Callable[[int], SitingProblem] | None = None, cancel: threading.Event | None = None,
) -> Iterator[CurveStep]:  # fmt: skip
    """Coverage with 1, 2, … up to `most` new sites; ends early when everyone who can be covered is.

    With capacities, people are those served. A site may bring more than the one before it, for the best plan with one
    more need not contain the one before.

    Args:
        at: the problem with more rules for a number of sites, where they depend on it.
    """
    covered, all_of_them = served(problem, ()), problem.people(problem.attainable) * (1 - SLACK)
    for add in range(1, min(most, int(problem.free.sum())) + 1):
        plan = solve(problem if at is None else at(add), MaxCover(add), params, cancel=cancel)
        yield CurveStep(add, plan, plan.objective - covered)
        covered = plan.objective
        if plan.stopped == "cancelled" or covered >= all_of_them:
            return


@dataclass(frozen=True)
class SiteCase:
    """Why a site is in a plan. What it adds is people in reach, with or without room for them.

    Attributes:
        site, id: which.
        adds: people newly covered when the sites open in the plan's order.
        in_time: people within the cutoff of it.
        only_it: people whom no other open site covers.
        runner_up, runner_up_id: the best other candidate in its place, or None where none may stand there.
        worse_by: what that costs: people no longer covered (served, with capacities), or minutes of mean or longest
            walk; NaN without one.
    """

    site: int
    id: str
    adds: float
    in_time: float
    only_it: float
    runner_up: int | None
    runner_up_id: str
    worse_by: float


def explain(problem: SitingProblem, plan: Plan) -> list[SiteCase]:
    """What each site of a plan brings, in the plan's order."""
    cases = []
    left = ~problem.covered_before
    pairs_in_time = problem.times.seconds <= problem.cutoff_s + TIE_S
    is_open = problem.opened(plan.sites)
    used = pairs_in_time & is_open[problem.times.row]
    count = np.bincount(problem.times.index[used], minlength=len(problem.weight))
    for site in plan.sites:
        reached = problem.in_time(site)
        adds = float(problem.weight[reached][left[reached]].sum())
        left[reached] = False
        only_it = float(problem.weight[reached][count[reached] == 1].sum())
        runner_up, worse_by = _runner_up(problem, plan, site)
        cases.append(
            SiteCase(
                site=site,
                id=problem.ids[site],
                adds=adds,
                in_time=float(problem.weight[reached].sum()),
                only_it=only_it,
                runner_up=runner_up,
                runner_up_id="" if runner_up is None else problem.ids[runner_up],
                worse_by=worse_by,
            )
        )
    return cases


def _runner_up(problem: SitingProblem, plan: Plan, site: int) -> tuple[int | None, float]:
    """The best candidate in the place of `site` that keeps the rules, and what that costs."""
    others = [j for j in plan.sites if j != site]
    allowed = problem.free & _kept_with_each(problem, others)
    allowed[list(plan.sites)] = False
    sense = 1.0 if isinstance(plan.question, MaxCover | FewestSites) else -1.0
    worth = np.where(allowed, sense * _with_each(problem, plan.question, others), -np.inf)
    if problem.rule(Capacity) is not None:
        worth = _with_room(problem, plan.question, others, worth)
    best = int(worth.argmax())
    if not np.isfinite(worth[best]):
        return None, np.nan
    return best, float(sense * objective_of(problem, plan.question, plan.sites) - worth[best])


def _with_room(problem: SitingProblem, question: Question, others: Sequence[int], worth: Floats) -> Floats:
    """float64 (n,): what each site brings beside `others` within the capacities, as `worth` (n,) is without them; -inf
    for those that cannot be the best, or were not looked at in time."""
    covers, rule = isinstance(question, MaxCover | FewestSites), problem.rule(Capacity)
    most = worth.copy()
    if covers and isinstance(rule, Capacity):
        most = np.minimum(most, served(problem, others) + rule.people)
    clock, found = Clock(RUNNER_UP_S), np.full(len(worth), -np.inf)
    for j in np.lexsort((-worth, -most)):
        best, some = found.max(), np.isfinite(found.max())
        if np.isneginf(most[j]) or (some and (clock.stop or most[j] <= best + SLACK * abs(best))):
            break
        value = _within_capacities(problem, question, [*others, int(j)], floors=True)
        found[j] = -np.inf if np.isnan(value) else value if covers else -value
    return found


def _kept_with_each(problem: SitingProblem, others: Sequence[int]) -> Bools:
    """bool (n,): whether the rules on sites and the floors hold with the new sites `others` and one more, each."""
    choice = np.zeros(len(problem.ids), np.bool_)
    choice[list(others)] = True
    kept = problem.rows.kept_with_each(choice)
    nearest = problem.nearest_s(problem.opened(others))
    for rule in problem.rules:
        if not isinstance(rule, Floor):
            continue
        weight = np.where(rule.members, problem.weight, 0.0)
        least = rule.share * weight.sum() * (1 - SLACK)
        if weight[nearest <= problem.cutoff_s + TIE_S].sum() < least:  # else one more site takes nothing away
            kept &= _covered_with_each(problem, nearest, weight) >= least
    return kept


def _with_each(problem: SitingProblem, question: Question, others: Sequence[int]) -> Floats:
    """float64 (n,): `objective_of` the new sites `others` and one more, for each site."""
    nearest = problem.nearest_s(problem.opened(others))
    if isinstance(question, MaxCover | FewestSites):
        return _covered_with_each(problem, nearest, problem.weight)
    if isinstance(question, PCenter):
        return _longest_with_each(problem, nearest) / MINUTE_S
    return _mean_with_each(problem, nearest, question.beyond_minutes) / MINUTE_S


def _covered_with_each(problem: SitingProblem, nearest: Floats, weight: Floats) -> Floats:
    """float64 (n,): people, `weight` (d,), covered with each site in addition; `nearest` (d,) is seconds without."""
    times, limit = problem.times, problem.cutoff_s + TIE_S
    new = (times.seconds <= limit) & (nearest[times.index] > limit)
    gain = np.bincount(times.row[new], weights=weight[times.index[new]], minlength=len(problem.ids))
    return np.asarray(gain + weight[nearest <= limit].sum())


def _mean_with_each(problem: SitingProblem, nearest: Floats, beyond_minutes: float | None) -> Floats:
    """float64 (n,): mean seconds with each site in addition, inf where somebody counted then has no site.

    Each pair saves w * max(0, nearest - t); who has no site yet is counted, and then walks w * t.
    """
    times, n = problem.times, len(problem.ids)
    counted = problem.reachable
    if beyond_minutes is not None:
        nearest, counted = np.minimum(nearest, beyond_minutes * MINUTE_S), problem.weight > 0
    weight = np.where(counted, problem.weight, 0.0)
    served = np.isfinite(nearest)
    nearer = (times.seconds < nearest[times.index]) & counted[times.index]
    row, point, seconds = times.row[nearer], times.index[nearer], times.seconds[nearer]
    change = weight[point] * (seconds - np.where(served, nearest, 0.0)[point])
    walked = float((weight[served] * nearest[served]).sum()) + np.bincount(row, weights=change, minlength=n)
    all_served = np.bincount(row[~served[point]], minlength=n) == (counted & ~served).sum()
    return np.asarray(np.where(all_served, walked / weight.sum(), np.inf))


def _longest_with_each(problem: SitingProblem, nearest: Floats) -> Floats:
    """float64 (n,): the longest walk in seconds with each site in addition.

    It is the longest that the site leaves as it is or the longest that it brings. Points are ranked from the longest
    walk down; a site leaves the first rank that it does not improve, and to look for that, ranks below its number of
    improved points suffice.
    """
    times, n = problem.times, len(problem.ids)
    by_rank = np.flatnonzero(problem.reachable)
    by_rank = by_rank[np.argsort(-nearest[by_rank], kind="stable")]
    rank = np.full(len(nearest), len(nearest))
    rank[by_rank] = np.arange(len(by_rank))
    nearer = (times.seconds < nearest[times.index]) & problem.reachable[times.index]
    row, of_pair = times.row[nearer], rank[times.index[nearer]]
    brought = np.zeros(n)
    np.maximum.at(brought, row, times.seconds[nearer])
    early = of_pair < np.bincount(row, minlength=n)[row]
    row, of_pair = row[early], of_pair[early]
    order = np.lexsort((of_pair, row))
    row, of_pair = row[order], of_pair[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    improved = np.bincount(row[of_pair == place], minlength=n)
    return np.asarray(np.maximum(brought, np.append(nearest[by_rank], 0.0)[improved]))


def objective_of(problem: SitingProblem, question: Question, sites: Sequence[int]) -> float:
    """What a choice of new sites gives, in terms of a question: people covered, mean or longest minutes.

    The mean counts who finds no site in reach with the walk that the question sets, or is inf; so is the longest.
    With capacities, people are those served, and walk to where they are. Other rules are not looked at.
    """
    if isinstance(question, MaxCover | FewestSites):
        return served(problem, sites)
    if problem.rule(Capacity) is not None:
        return _within_capacities(problem, question, sites)
    nearest, counted = problem.nearest_s(problem.opened(sites)), problem.reachable
    if isinstance(question, PCenter):
        return float(nearest[counted].max(initial=0.0)) / MINUTE_S
    if question.beyond_minutes is not None:
        nearest, counted = np.minimum(nearest, question.beyond_minutes * MINUTE_S), problem.weight > 0
    return float((nearest[counted] * problem.weight[counted]).sum() / problem.weight[counted].sum()) / MINUTE_S


def _within_capacities(
    problem: SitingProblem, question: Question, sites: Sequence[int], *, floors: bool = False
) -> float:
    match question:
        case MaxCover() | FewestSites():
            return given_by(problem, "cover", sites, floors=floors)
        case PCenter():
            return given_by(problem, "center", sites, floors=floors)
        case PMedian(_, beyond):
            beyond_s = None if beyond is None else beyond * MINUTE_S
            return given_by(problem, "median", sites, beyond_s=beyond_s, floors=floors)


@dataclass(frozen=True)
class Necessity:
    """What doing without a site costs.

    Attributes:
        site, id: which.
        best_without: the best objective without it; NaN where no plan exists without it.
        loss: how much worse that is, as a share of the plan's objective; inf where no plan exists.
        in_every_good_plan: every plan within the tolerance contains the site; what is not proven does not count.
    """

    site: int
    id: str
    best_without: float
    loss: float
    in_every_good_plan: bool


def necessities(
    problem: SitingProblem, plan: Plan, *, within: float = 0.01, params: SitingParams | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Necessity]:  # fmt: skip
    """For each site of a proven plan: the best plan without it. Good is a plan within `within` of the best.

    With FewestSites, good plans have as few sites as the best one.
    """
    smaller_is_better = not isinstance(plan.question, MaxCover)
    for site in plan.sites:
        try:
            fewer = problem.without([site])
            _require_same_reach(problem, fewer, plan.question)
            other = solve(fewer, plan.question, params, cancel=cancel)
        except (ConflictingRulesError, NobodyInReachError, ParameterError, TooFewCandidatesError):
            yield Necessity(site, problem.ids[site], np.nan, np.inf, True)
            continue
        sign = 1.0 if smaller_is_better else -1.0
        scale = max(abs(plan.objective), 1e-300)
        loss = sign * (other.objective - plan.objective) / scale
        least_loss = sign * (other.bound - plan.objective) / scale
        tolerance = 0.0 if isinstance(plan.question, FewestSites) else within
        yield Necessity(site, problem.ids[site], other.objective, loss, least_loss > tolerance + 1e-9)


def _require_same_reach(problem: SitingProblem, fewer: SitingProblem, question: Question) -> None:
    """Without a site the same people are to be reached, where the question is about everybody in reach."""
    everyone = isinstance(question, PCenter) or (isinstance(question, PMedian) and question.beyond_minutes is None)
    if everyone and (problem.reachable & ~fewer.reachable).any():
        raise ConflictingRulesError([Demand("everyone")])


@dataclass(frozen=True)
class Stance:
    """How a plan stands under another assumption.

    Attributes:
        name: the assumption.
        same: the best plan has the same sites.
        kept: how many of the plan's sites it shares.
        with_plan: the objective that the plan's sites give there, within the capacities.
        best: the best plan there; its objective and bound tell how much more is possible.
        regret: how much worse the plan is than the best one there, as a share of it; 0 where it is as good, NaN where
            no plan is known there in time.
    """

    name: str
    same: bool
    kept: int
    with_plan: float
    best: Plan
    regret: float


def robustness(
    plan: Plan, variants: Mapping[str, SitingProblem], params: SitingParams | None = None, *,
    cancel: threading.Event | None = None,
) -> Iterator[Stance]:  # fmt: skip
    """Ask the plan's question under other assumptions (same sites and demand points) and compare.

    For FewestSites the regret is in people: those whom as many sites could cover there.
    """
    for name, problem in variants.items():
        question: Question = plan.question
        if isinstance(question, FewestSites):
            question = MaxCover(len(plan.sites))
        none = isinstance(question, MaxCover) and question.add == 0
        best = as_it_is(problem) if none else solve(problem, question, params, cancel=cancel)
        mine = objective_of(problem, question, plan.sites)
        worse = best.objective - mine if isinstance(question, MaxCover) else mine - best.objective
        scale = max(abs(best.objective), 1e-300)
        yield Stance(
            name=name,
            same=set(best.sites) == set(plan.sites),
            kept=len(set(best.sites) & set(plan.sites)),
            with_plan=mine,
            best=best,
            regret=0.0 if worse <= 1e-9 * scale else worse / scale,
        )


def with_cutoff(problem: SitingProblem, minutes: float) -> SitingProblem:
    """The same with another cutoff; the times must reach that far."""
    return replace(problem, cutoff_s=minutes * MINUTE_S)


def with_population(
    problem: SitingProblem, spread: float, groups: NDArray[np.int64], *, draws: int = 5, seed: int = 1
) -> dict[str, SitingProblem]:
    """Populations uncertain by ± `spread` (0.1 for 10 %), each jurisdiction by itself: seeded draws.

    A common factor changes no plan, so each group in `groups` (d,) gets its own between 1 - spread and 1 + spread.
    """
    random = np.random.default_rng(seed)
    _, group = np.unique(groups, return_inverse=True)
    factors = random.uniform(1 - spread, 1 + spread, (draws, int(group.max(initial=0)) + 1))
    return {
        f"residents ± {spread:.0%}, draw {i + 1}": replace(problem, weight=problem.weight * factor[group])
        for i, factor in enumerate(factors)
    }
