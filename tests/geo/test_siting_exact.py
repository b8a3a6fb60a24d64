"""Every siting model and every rule against brute force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.errors import ConflictingRulesError, NobodyInReachError, ParameterError
from geo.siting.questions import FewestSites, MaxCover, PCenter, Plan, PMedian, Question, improve
from geo.siting.rules import Budget, Capacity
from tests.geo.siting_reference import CUTOFF, Instance, instances

EXAMPLES = settings(max_examples=120, deadline=None)
FEWER = settings(max_examples=40, deadline=None)


def answers(instance: Instance, question: Question) -> list[Plan] | None:
    """All plans, or None where the demands conflict."""
    assume(instance.people.any())
    try:
        problem = instance.problem
        problem.require_reach()
    except (ParameterError, NobodyInReachError):
        assume(False)
    try:
        return list(improve(problem, question))
    except ConflictingRulesError:
        return None


def check(plans: list[Plan] | None, expected: float | None, instance: Instance, *, largest: bool) -> None:
    """The last plan has the expected value and is proven; no earlier one claims what is not so."""
    if expected is None:
        assert plans is None
        return
    assert plans is not None
    last = plans[-1]
    assert last.final and last.proven and last.stopped is None
    assert last.objective == pytest.approx(expected, abs=1e-6)
    assert instance.allows(last.sites)
    assert not set(last.sites) & set(instance.existing)
    for plan in plans:
        if largest:
            assert plan.bound >= expected - 1e-6
            assert np.isnan(plan.objective) or plan.objective <= expected + 1e-6
        else:
            assert plan.bound <= expected + 1e-6
            assert np.isnan(plan.objective) or plan.objective >= expected - 1e-6


@EXAMPLES
@given(instances(), st.integers(1, 4))
def test_maximal_cover(instance: Instance, add: int) -> None:
    assume(add <= int(instance_free(instance)))
    plans = answers(instance, MaxCover(add))
    expected = instance.best(instance.covered, add)
    check(plans, expected, instance, largest=True)
    if plans is not None:
        assert plans[-1].covered == pytest.approx(instance.covered(plans[-1].sites))
        assert instance.floors_hold(plans[-1].sites)


@EXAMPLES
@given(instances(), st.integers(0, 2**32 - 1))
def test_maximal_cover_for_the_money(instance: Instance, seed: int) -> None:
    """No number of sites is given: the budget limits them."""
    assume(not any(isinstance(rule, Budget) for rule in instance.rules))
    random = np.random.default_rng(seed)
    budget = Budget(random.integers(0, 5, len(instance.minutes)).astype(np.float64), float(random.integers(0, 9)))
    instance = replace(instance, rules=(*instance.rules, budget))
    check(answers(instance, MaxCover(None)), instance.best(instance.covered), instance, largest=True)


@EXAMPLES
@given(instances(), st.sampled_from([0.3, 0.6, 0.9]))
def test_fewest_sites_for_a_share_of_all(instance: Instance, share: float) -> None:
    """Of all residents, those out of reach included: where too many are, there is no answer."""
    plans = answers(instance, FewestSites(share, of="all"))

    def count(new: tuple[int, ...]) -> float:
        return len(new) if instance.covered(new) >= share * instance.people.sum() - 1e-6 else np.inf

    check(plans, instance.best(count, least=True), instance, largest=False)


@EXAMPLES
@given(instances(), st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_fewest_sites(instance: Instance, share: float) -> None:
    plans = answers(instance, FewestSites(share))
    coverable = instance.people[instance.minutes.min(axis=0) <= CUTOFF].sum()

    def count(new: tuple[int, ...]) -> float:
        return len(new) if instance.covered(new) >= share * coverable - 1e-6 else np.inf

    check(plans, instance.best(count, least=True), instance, largest=False)


@EXAMPLES
@given(instances(), st.integers(1, 4), st.sampled_from([None, 12.0, 30.0]))
def test_shortest_mean_walk(instance: Instance, add: int, beyond: float | None) -> None:
    assume(add <= instance_free(instance))
    plans = answers(instance, PMedian(add, beyond))
    check(plans, instance.best(lambda new: instance.walk(new, beyond), add, least=True), instance, largest=False)


@EXAMPLES
@given(instances(), st.integers(1, 4))
def test_shortest_longest_walk(instance: Instance, add: int) -> None:
    assume(add <= instance_free(instance))
    plans = answers(instance, PCenter(add))
    check(plans, instance.best(instance.worst, add, least=True), instance, largest=False)


def with_capacity(instance: Instance, seed: int) -> Instance:
    room = np.random.default_rng(seed).integers(0, 20, len(instance.minutes)).astype(np.float64)
    return replace(instance, rules=(*instance.rules, Capacity(np.where(room > 17, np.inf, room))))


def best_of(
    instance: Instance, value: Callable[[tuple[int, ...]], float], most: int | None, sense: int
) -> float | None:
    """Floors are in the linear programs here: they speak of who is served."""
    values = [sense * value(c) for c in instance.choices(most)]
    finite = [v for v in values if np.isfinite(v)]
    return sense * max(finite) if finite else None


SMALL = instances(sites=5, points=6)


@FEWER
@given(SMALL, st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_capacity_cover(instance: Instance, add: int, seed: int) -> None:
    assume(add <= instance_free(instance))
    instance = with_capacity(instance, seed)
    plans = answers(instance, MaxCover(add))
    check(plans, best_of(instance, instance.served, add, 1), instance, largest=True)


@FEWER
@given(SMALL, st.sampled_from([0.3, 0.7]), st.integers(0, 2**32 - 1))
def test_capacity_fewest(instance: Instance, share: float, seed: int) -> None:
    instance = with_capacity(instance, seed)
    plans = answers(instance, FewestSites(share))
    coverable = instance.people[instance.minutes.min(axis=0) <= CUTOFF].sum()

    def count(new: tuple[int, ...]) -> float:
        return len(new) if instance.served(new) >= share * coverable - 1e-6 else np.inf

    check(plans, best_of(instance, count, None, -1), instance, largest=False)


@FEWER
@given(SMALL, st.integers(1, 3), st.sampled_from([None, 15.0]), st.integers(0, 2**32 - 1))
def test_capacity_mean_walk(instance: Instance, add: int, beyond: float | None, seed: int) -> None:
    assume(add <= instance_free(instance))
    instance = with_capacity(instance, seed)
    plans = answers(instance, PMedian(add, beyond))
    expected = best_of(instance, lambda new: instance.capacitated_walk(new, beyond), add, -1)
    check(plans, expected, instance, largest=False)


@FEWER
@given(SMALL, st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_capacity_longest_walk(instance: Instance, add: int, seed: int) -> None:
    assume(add <= instance_free(instance))
    instance = with_capacity(instance, seed)
    plans = answers(instance, PCenter(add))
    check(plans, best_of(instance, instance.capacitated_worst, add, -1), instance, largest=False)


def instance_free(instance: Instance) -> int:
    return len(instance.usable) - len(instance.existing)
