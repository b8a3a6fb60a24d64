"""What is told of plans whose sites have a capacity: against assigning people by linear programming, one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.errors import ConflictingRulesError, NobodyInReachError, ParameterError
from geo.siting.problem import SitingProblem
from geo.siting.questions import FewestSites, MaxCover, PCenter, PMedian, Question, solve
from geo.siting.rules import Capacity
from geo.siting.tradeoff import explain, objective_of, robustness, trade_off
from tests.geo.siting_reference import Instance, instances

FEWER = settings(max_examples=60, deadline=None)
SMALL = instances(sites=5, points=6)
SEEDS = st.integers(0, 2**32 - 1)
QUESTIONS = st.sampled_from([MaxCover(2), FewestSites(0.5), PMedian(2), PMedian(2, 12.0), PCenter(2)])


def limited(instance: Instance, seed: int) -> Instance:
    """The instance with room for 0 to 17 people at each site, or for all."""
    assume(instance.people.any())
    room = np.random.default_rng(seed).integers(0, 20, len(instance.minutes)).astype(np.float64)
    found = replace(instance, rules=(*instance.rules, Capacity(np.where(room > 17, np.inf, room))))
    try:
        found.problem.require_reach()
    except (ParameterError, NobodyInReachError):
        assume(False)
    return found


def value(instance: Instance, question: Question, new: tuple[int, ...]) -> float:
    """What a choice gives, by the definitions alone."""
    match question:
        case MaxCover() | FewestSites():
            return instance.served(new)
        case PMedian(_, beyond):
            return instance.capacitated_walk(new, beyond)
        case PCenter():
            return instance.capacitated_worst(new)


@FEWER
@given(instances(sites=5, points=6, with_rules=False), QUESTIONS, SEEDS)
def test_a_choice_gives_what_it_has_room_for(instance: Instance, question: Question, seed: int) -> None:
    instance = limited(instance, seed)
    problem = instance.problem
    for new in instance.choices(2):
        expected = value(instance, question, new)
        assert objective_of(problem, question, new) == pytest.approx(expected, abs=1e-6), new


@FEWER
@given(instances(sites=5, points=6, with_rules=False), st.sampled_from([MaxCover(2), PMedian(2, 12.0)]), SEEDS)
def test_regret_is_between_values_of_one_kind(instance: Instance, question: Question, seed: int) -> None:
    """Under other numbers of residents: the plan's value there, and the best there, both with the room there is."""
    instance = limited(instance, seed)
    assume(len(instance.candidates) >= 2)
    plan = solve(instance.problem, question)
    random = np.random.default_rng(seed)
    other = replace(instance, people=instance.people * random.choice([0.5, 1.0, 2.0], len(instance.people)))
    (stance,) = robustness(plan, {"other": other.problem})
    mine, every = value(other, question, plan.sites), [value(other, question, new) for new in other.choices(2)]
    best = max(every) if isinstance(question, MaxCover) else min(every)
    assert stance.with_plan == pytest.approx(mine, abs=1e-6)
    assert stance.regret == pytest.approx(abs(mine - best) / best if best else 0.0, abs=1e-6)


@FEWER
@given(SMALL, QUESTIONS, SEEDS)
def test_the_runner_up_is_the_best_that_has_room(instance: Instance, question: Question, seed: int) -> None:
    instance = limited(instance, seed)
    problem, largest = instance.problem, isinstance(question, MaxCover | FewestSites)
    try:
        assume(problem.free.sum() >= 2)
        plan = solve(problem, question)
    except ConflictingRulesError:
        assume(False)
    free = np.flatnonzero(problem.free).tolist()
    for case in explain(problem, plan):
        others = tuple(j for j in plan.sites if j != case.site)
        swaps = [(*others, j) for j in free if j not in plan.sites and instance.allows((*others, j))]
        finite = [v for v in (value(instance, question, swap) for swap in swaps) if np.isfinite(v)]
        if not finite:
            assert case.runner_up is None and np.isnan(case.worse_by)
            continue
        now = objective_of(problem, question, plan.sites)
        assert case.worse_by == pytest.approx(now - max(finite) if largest else min(finite) - now, abs=1e-5)


@FEWER
@given(instances(sites=6, points=8), SEEDS)
def test_no_site_is_opened_that_nobody_needs(instance: Instance, seed: int) -> None:
    instance = limited(instance, seed)
    try:
        assume(instance.problem.free.sum() >= 3)
        plan = solve(instance.problem, MaxCover(3))
    except ConflictingRulesError:
        assume(False)
    assert plan.proven and plan.served == pytest.approx(plan.objective, abs=1e-5)
    assert instance.served(plan.sites) == pytest.approx(plan.objective, abs=1e-5)
    for j in plan.sites:
        fewer = tuple(k for k in plan.sites if k != j)
        assert not instance.allows(fewer) or instance.served(fewer) < plan.objective - 1e-5


def test_figures_are_of_who_finds_room() -> None:
    """Two sites for 200 people, each with room for 30: all are in reach, 60 are served."""
    problem = SitingProblem.of_minutes(np.full((3, 2), 5.0), [100, 100], existing=[2])
    problem = problem.with_rules(Capacity(np.array([30.0, 30.0, 50.0])))
    plan = solve(problem, MaxCover(2))
    assert (plan.covered, plan.served, plan.served_before) == (200, 110, 50)
    assert [step.marginal for step in trade_off(problem, 2)] == [30, 30]
    assert solve(problem, FewestSites(0.5)).served == pytest.approx(110)
