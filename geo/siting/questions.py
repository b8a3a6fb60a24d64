"""Siting: where the next centers should go. Questions, answers with their proof, and what each site brings.

Every question is asked of a `SitingProblem`, which may come from the engine's times or from any matrix of minutes:

    problem = SitingProblem.of_minutes(minutes, residents, cutoff=15, existing=[0, 3])
    plan = solve(problem, MaxCover(5))
    plan.sites, plan.covered, plan.proven

`improve` yields plans as they get better: the first within moments and with a bound, the last proven or stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import ConflictingRulesError, Demand, ParameterError, TooFewCandidatesError
from geo.params import MINUTE_S, TIE_S, SitingParams
from geo.siting.capacity import CapacityModel, serve, serve_within, served
from geo.siting.covermodel import Found
from geo.siting.mclp import maximal_cover
from geo.siting.pcenter import worst_walk
from geo.siting.pmedian import shortest_mean_walk
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock
from geo.siting.rules import Budget, Capacity, Quota
from geo.siting.setcover import fewest_sites

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MaxCover:
    """Most people covered with at most `add` new sites; None: as many as the budget or the quotas allow."""

    add: int | None


@dataclass(frozen=True, slots=True)
class FewestSites:
    """Fewest new sites that cover `share` (0 to 1] of the people.

    Args:
        share: 0.95 for 95 %.
        of: of the people whom any site can cover, one that rules or bars shut included, or of all; who is out of reach
            is reported either way.
    """

    share: float
    of: Literal["coverable", "all"] = "coverable"


@dataclass(frozen=True, slots=True)
class PMedian:
    """Shortest mean walk with at most `add` new sites.

    Args:
        beyond_minutes: who finds no open site within the times given counts with this walk; None: everybody who can
            be reached has to be.
    """

    add: int
    beyond_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class PCenter:
    """Shortest longest walk with at most `add` new sites, over everybody whom an existing site or one that may be
    chosen reaches; `Plan.reached` says how many."""

    add: int


Question = MaxCover | FewestSites | PMedian | PCenter


@dataclass(frozen=True)
class Plan:
    """An answer. People are the problem's weights: with age groups weighted, they are weighted people.

    Attributes:
        question: what was asked.
        sites: the new sites, rows of the times, in the order in which each adds most.
        ids: their ids.
        objective: people covered (MaxCover; served, with capacities), new sites (FewestSites), mean minutes
            (PMedian), longest minutes (PCenter). NaN where no choice that meets all demands is known yet.
        bound: no choice is better than this. It holds with every rule from the first plan on; quotas, spacing, floors
            and capacities enter it with the exact solver only.
        proven: this choice is optimal.
        final: nothing better will follow: it is proven, or the time is over, or it was cancelled.
        stopped: why the search ended before a proof.
        seconds: time taken so far.
        people: all residents.
        covered, covered_before: those with an open site within the cutoff with this plan, and without.
        served, served_before: most that the open sites have room for; as many as covered where no capacity is set.
        attainable: those with a site within the cutoff that is open or may be chosen.
        coverable, unreachable: those with any site within it, rules and bars aside, and those with none.
        mean_minutes, worst_minutes: walk to the nearest open site over `reached` people; who has none within the
            times given is not in them.
    """

    question: Question
    sites: tuple[int, ...]
    ids: tuple[str, ...]
    objective: float
    bound: float
    proven: bool
    final: bool
    stopped: Literal["time", "cancelled"] | None
    seconds: float
    people: float
    covered: float
    covered_before: float
    served: float
    served_before: float
    attainable: float
    coverable: float
    reached: float
    mean_minutes: float
    worst_minutes: float

    @property
    def gap(self) -> float:
        """How far this may be from the best possible, as a share of the objective's bound; 0 if proven, NaN while no
        choice is known, inf where the bound is 0 and the objective is not."""
        if self.proven:
            return 0.0
        if np.isnan(self.objective):
            return np.nan
        off = abs(self.bound - self.objective)
        return off / abs(self.bound) if self.bound else np.inf if off else 0.0

    @property
    def unreachable(self) -> float:
        """People whom no site, existing or candidate, has within the cutoff, whether it may be chosen or not."""
        return self.people - self.coverable

    @property
    def share(self) -> float:
        """Share of all people covered."""
        return self.covered / self.people

    @property
    def verdict(self) -> str:
        """In words."""
        if self.proven:
            return "proven optimal"
        if np.isnan(self.gap):
            return "no choice that meets all demands is known yet"
        if np.isinf(self.gap):
            return "nothing is known of the best possible yet"
        return f"within {self.gap:.2%} of the best possible"


def improve(
    problem: SitingProblem,
    question: Question,
    params: SitingParams | None = None,
    *,
    cancel: threading.Event | None = None,
) -> Iterator[Plan]:
    """Answer a question: plans that get better, the first within moments; the last one has `final` set.

    Closing the iterator stops the work.

    Raises:
        TooFewCandidatesError: more sites were asked for than may be chosen.
        NobodyInReachError: no candidate reaches anybody.
        ConflictingRulesError: the demands contradict each other.
        ParameterError: a number out of range.
    """
    params = params or SitingParams()
    clock = Clock(params.time_limit_s, cancel)
    problem.require_reach()
    _check(problem, question)
    before = served(problem, ())
    answer: Found | None = None
    for answer in _in_people(problem, question, clock):
        yield _plan(problem, question, answer, clock, before, final=answer.proven)
        if answer.proven:
            return
    if answer is not None:
        yield _plan(problem, question, answer, clock, before, final=True)


def as_it_is(problem: SitingProblem) -> Plan:
    """The plan that opens nothing."""
    now, none = served(problem, ()), np.empty(0, np.int64)
    return _plan(problem, MaxCover(0), Found(none, now, now, True), Clock(), now, final=True)


def solve(
    problem: SitingProblem,
    question: Question,
    params: SitingParams | None = None,
    *,
    cancel: threading.Event | None = None,
) -> Plan:
    """The last plan of `improve`."""
    *_, plan = improve(problem, question, params, cancel=cancel)
    return plan


def _in_people(problem: SitingProblem, question: Question, clock: Clock) -> Iterator[Found]:
    """Answers found in the units that solvers like, in people again."""
    problem, unit = problem.in_units()
    for found in _answers(problem, question, clock):
        covers = isinstance(question, MaxCover)
        yield replace(found, value=found.value * unit, bound=found.bound * unit) if covers else found


def _answers(problem: SitingProblem, question: Question, clock: Clock) -> Iterator[Found]:
    if any(isinstance(rule, Capacity) for rule in problem.rules):
        return _capacitated(problem, question, clock)
    match question:
        case MaxCover(add):
            return maximal_cover(problem, add, clock)
        case FewestSites():
            target, demand = _target(problem, question)
            return fewest_sites(problem, target, clock, demand=demand)
        case PMedian(add, beyond):
            return shortest_mean_walk(problem, add, clock, beyond_s=None if beyond is None else beyond * MINUTE_S)
        case PCenter(add):
            return _in_minutes(worst_walk(problem, add, clock))


def _capacitated(problem: SitingProblem, question: Question, clock: Clock) -> Iterator[Found]:
    relaxed = problem.with_rules(*(rule for rule in problem.rules if not isinstance(rule, Capacity)))
    if isinstance(question, PCenter):
        return _in_minutes(serve_within(problem, question.add, clock))
    first = next(iter(_answers(relaxed, question, clock)))  # its bound also holds with capacities
    match question:
        case MaxCover(add):
            model = CapacityModel(problem, add, "cover")
        case FewestSites():
            target, demand = _target(problem, question)
            model = CapacityModel(problem, None, "fewest", target=target, demand=demand)
        case PMedian(add, beyond):
            beyond_s = None if beyond is None else beyond * MINUTE_S
            model = CapacityModel(problem, add, "median", beyond_s=beyond_s)
    return serve(model, clock, first)


def _target(problem: SitingProblem, question: FewestSites) -> tuple[float, Demand]:
    """People to cover, and the same as a demand; rules and bars do not make them fewer.

    Raises:
        ConflictingRulesError: all sites that may be open do not reach so many.
    """
    coverable, attainable = problem.people(problem.coverable), problem.people(problem.attainable)
    base = coverable if question.of == "coverable" else float(problem.weight.sum())
    target, slack = question.share * base, 1e-9 * base
    if target > attainable + slack:
        demand = Demand("target", amount=question.share, can=attainable / base)
        raise ConflictingRulesError([demand, *(problem.withheld() if target <= coverable + slack else [])])
    return target, Demand("target", amount=question.share)


def _in_minutes(answers: Iterator[Found]) -> Iterator[Found]:
    for answer in answers:
        yield Found(answer.sites, answer.value / MINUTE_S, answer.bound / MINUTE_S, answer.proven)


def _plan(
    problem: SitingProblem, question: Question, answer: Found, clock: Clock, before: float, *, final: bool
) -> Plan:
    sites = order_by_gain(problem, () if answer.sites is None else answer.sites.tolist())
    nearest = problem.nearest_s(problem.opened(sites))
    reached = np.isfinite(nearest) & (problem.weight > 0)
    people = problem.people(reached)
    walk = nearest[reached]
    return Plan(
        question=question,
        sites=sites,
        ids=tuple(problem.ids[j] for j in sites),
        objective=answer.value if answer.sites is not None else np.nan,
        bound=answer.bound,
        proven=answer.proven,
        final=final,
        stopped=clock.stop if final and not answer.proven else None,
        seconds=clock.elapsed_s,
        people=float(problem.weight.sum()),
        covered=problem.people(nearest <= problem.cutoff_s + TIE_S),
        covered_before=problem.people(problem.covered_before),
        served=served(problem, sites),
        served_before=before,
        attainable=problem.people(problem.attainable),
        coverable=problem.people(problem.coverable),
        reached=people,
        mean_minutes=float((walk * problem.weight[reached]).sum() / people / MINUTE_S) if people else np.nan,
        worst_minutes=float(walk.max() / MINUTE_S) if len(walk) else np.nan,
    )


def order_by_gain(problem: SitingProblem, sites: list[int] | tuple[int, ...]) -> tuple[int, ...]:
    """Sites in the order in which each covers most of who is left; ties by position."""
    left, waiting, order = ~problem.covered_before, sorted(sites), []
    rows = {j: problem.in_time(j) for j in waiting}
    while waiting:
        best = max(waiting, key=lambda j: (float(problem.weight[rows[j]][left[rows[j]]].sum()), -j))
        left[rows[best]] = False
        waiting.remove(best)
        order.append(best)
    return tuple(order)


def _check(problem: SitingProblem, question: Question) -> None:
    """Refuse a question that has no sensible answer."""
    available = int(problem.free.sum())
    if isinstance(question, FewestSites):
        if not 0 < question.share <= 1:
            raise ParameterError(
                name="share", value=f"{question.share:g}", reason="not a share", expected="0.95 for 95 %"
            )
        return
    add = question.add
    if add is None:
        if not any(isinstance(rule, Budget | Quota) for rule in problem.rules):
            raise ParameterError(
                name="add", value="none", reason="nothing limits the number of sites", expected="a number or a budget"
            )
        return
    if add < 1:
        raise ParameterError(name="add", value=str(add), reason="not a number of new sites", expected="1 or more")
    if add > available:
        raise TooFewCandidatesError(wanted=add, available=available)
    if isinstance(question, PMedian) and question.beyond_minutes is not None and not question.beyond_minutes > 0:
        raise ParameterError(
            name="beyond", value=f"{question.beyond_minutes:g}", reason="not a walk", expected="minutes above 0"
        )
