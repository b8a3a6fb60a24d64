"""What each site of a plan brings, and who could stand in its place: fast sums against the slow definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.errors import ConflictingRulesError, NobodyInReachError, ParameterError
from geo.siting.problem import SitingProblem
from geo.siting.questions import FewestSites, MaxCover, PCenter, PMedian, Question, solve
from geo.siting.rules import Floor, Quota
from geo.siting.tradeoff import _with_each, explain, objective_of
from tests.geo.siting_reference import Instance, instances

QUESTIONS = st.sampled_from([MaxCover(2), FewestSites(0.9), PMedian(2), PMedian(2, 12.0), PCenter(2)])


def problem_of(instance: Instance) -> SitingProblem:
    """The instance's problem, if its numbers can be used at all."""
    assume(instance.people.any())
    try:
        instance.problem.require_reach()
    except (ParameterError, NobodyInReachError):
        assume(False)
    return instance.problem


@settings(max_examples=300, deadline=None)
@given(instances(sites=9, points=14), QUESTIONS, st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_one_more_site_gives_what_the_definition_says(
    instance: Instance, question: Question, many: int, seed: int
) -> None:
    problem = problem_of(instance)
    free = np.flatnonzero(problem.free)
    others = np.random.default_rng(seed).permutation(free)[:many].tolist()
    expected = [objective_of(problem, question, [*others, j]) for j in range(len(problem.ids))]
    assert _with_each(problem, question, others) == pytest.approx(expected, rel=1e-12, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(instances(sites=6), QUESTIONS)
def test_the_runner_up_is_the_best_that_keeps_the_rules(instance: Instance, question: Question) -> None:
    """Against trying every candidate; a choice without the site that no rule forbids is as good at most."""
    problem = problem_of(instance)
    try:
        assume(problem.free.sum() >= 2)
        plan = solve(problem, question)
    except ConflictingRulesError:
        assume(False)
    largest = isinstance(question, MaxCover | FewestSites)
    now = objective_of(problem, question, plan.sites)
    for case in explain(problem, plan):
        others = [j for j in plan.sites if j != case.site]
        swaps = [(*others, j) for j in np.flatnonzero(problem.free).tolist() if j not in plan.sites]
        values = [
            objective_of(problem, question, swap)
            for swap in swaps
            if instance.allows(swap) and instance.floors_hold(swap)
        ]
        finite = [value for value in values if np.isfinite(value)]
        if not finite:
            assert case.runner_up is None and np.isnan(case.worse_by)
            continue
        assert case.worse_by == pytest.approx(now - max(finite) if largest else min(finite) - now, abs=1e-9)
        assert case.runner_up is not None
        assert objective_of(problem, question, [*others, case.runner_up]) == pytest.approx(
            max(finite) if largest else min(finite)
        )


@settings(max_examples=200, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1))
def test_rows_are_kept_with_one_more_site_as_one_by_one(instance: Instance, seed: int) -> None:
    problem = problem_of(instance)
    random = np.random.default_rng(seed)
    choice = problem.free & (random.random(len(problem.ids)) < 0.3)
    kept = problem.rows.kept_with_each(choice)
    for j in np.flatnonzero(problem.free & ~choice):
        larger = choice.copy()
        larger[j] = True
        assert kept[j] == problem.rows.kept_by(larger)


def test_a_runner_up_that_would_break_a_floor_is_none() -> None:
    """The town of 10 has to be covered, and one site only covers it: the larger town's site cannot stand in."""
    minutes = np.array([[5, np.inf], [np.inf, 5], [5, np.inf]])
    problem = SitingProblem.of_minutes(minutes, [100, 10], rules=[Floor("town", np.array([False, True]), 1.0)])
    cases = {case.site: case for case in explain(problem, solve(problem, MaxCover(2)))}
    assert cases[1].runner_up is None
    other = next(case for site, case in cases.items() if site != 1)
    assert {other.site, other.runner_up} == {0, 2} and other.worse_by == 0


def test_a_quota_decides_who_may_stand_in() -> None:
    minutes = np.array([[5, 5, np.inf], [5, np.inf, np.inf], [np.inf, np.inf, 5]])
    east = Quota("east", np.array([True, True, False]), least=1)
    problem = SitingProblem.of_minutes(minutes, [10, 10, 15], rules=[east])
    (case,) = explain(problem, solve(problem, MaxCover(1)))
    assert case.site == 0 and case.runner_up == 1 and case.worse_by == 10
    (case,) = explain(replace(problem, rules=()), solve(problem, MaxCover(1)))
    assert case.runner_up == 2 and case.worse_by == 5
