"""Siting under a time limit: it ends, what it shows keeps every rule, and its bounds hold."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geo.errors import ConflictingRulesError, Demand, NobodyInReachError, ParameterError
from geo.params import SitingParams
from geo.siting import mediankernels
from geo.siting.pmedian import MedianSearch
from geo.siting.problem import SitingProblem
from geo.siting.program import Clock, Outcome, Program
from geo.siting.questions import FewestSites, MaxCover, PCenter, Plan, PMedian, Question, improve, solve
from geo.siting.rules import Capacity, Floor, Quota, Spacing, rule_rows
from tests.conftest import ROOT
from tests.geo.siting_reference import CUTOFF, Instance, instances


def test_exchanges_do_not_take_turns_on_rounding() -> None:
    """Four sites with the same walks, dealt out differently: equal totals, unequal sums of floating-point numbers."""
    for seed in range(40):
        random = np.random.default_rng(seed)
        walk = random.uniform(1, 50, 2000)
        minutes = np.array([random.permutation(walk) for _ in range(4)])
        problem = SitingProblem.of_minutes(minutes, np.full(2000, 1 / 3))
        search = MedianSearch(problem, 1, None, Clock())
        is_open = np.zeros(4, np.bool_)
        arrays = (*search.model.arrays, *search.rows.arrays, is_open, search.rows.usage(is_open), problem.free)
        assert mediankernels.interchange(*arrays, 100) < 100


@pytest.mark.parametrize("question", [MaxCover(6), FewestSites(0.7), PMedian(6, 60.0)])
def test_a_solver_stopped_before_it_has_a_bound_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, question: Question
) -> None:
    """Neither where a choice is known, nor where there is none."""
    sense = 1 if isinstance(question, MaxCover) else -1
    impossible = Quota("the plain", np.ones(40, np.bool_), least=41)
    for seed in range(8):
        problem = crowded(seed)
        best = solve(problem, question).objective
        with monkeypatch.context() as patched:
            patched.setattr(Program, "solutions", lambda *_, **__: iter([Outcome("stopped")]))
            plan = solve(problem, question)
            assert np.isfinite(plan.bound) and sense * plan.bound >= sense * best - 1e-6
            assert not plan.proven or plan.objective == pytest.approx(best)
            none = solve(problem.with_rules(*problem.rules, impossible), question)
            assert np.isfinite(none.bound) and not none.proven and np.isnan(none.objective)
            for plan in (none, replace(none, bound=0.0)):
                assert np.isnan(plan.gap) and plan.verdict == "no choice that meets all demands is known yet"


def test_python_ends_only_after_a_solver_that_was_left_behind() -> None:
    """A solver that returns into a Python that is gone aborts the process, after the answer was written."""
    script = """
import highspy, threading, time
from geo.siting import program

program.GRACE_S = 0.01
cancel = threading.Event()

def deaf(solver):
    cancel.set()
    time.sleep(1)
    print("the solver returns")

highspy.Highs.run = deaf
model = program.Program(maximize=True)
model.row(model.columns(1, integer=True), 1.0, high=1.0)
print(model.solve(program.Clock(60, cancel)).status, flush=True)
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.split("\n")[:2] == ["stopped", "the solver returns"]


def stopped_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact solver finds what it finds, and is stopped at the moment when it would have said: optimal."""
    solutions = Program.solutions

    def interrupted(self: Program, *args: object, **kwargs: object) -> Iterator[Outcome]:
        for outcome in solutions(self, *args, **kwargs):  # type: ignore[arg-type]
            yield replace(outcome, status="stopped") if outcome.status == "optimal" else outcome

    monkeypatch.setattr(Program, "solutions", interrupted)


def optimum(instance: Instance, question: Question) -> float | None:
    """By brute force."""
    match question:
        case MaxCover(add):
            return instance.best(instance.covered, add)
        case FewestSites(share):
            target = share * instance.people[instance.minutes.min(axis=0) <= CUTOFF].sum() - 1e-6
            return instance.best(lambda new: len(new) if instance.covered(new) >= target else np.inf, least=True)
        case PMedian(add, beyond):
            return instance.best(lambda new: instance.walk(new, beyond), add, least=True)
        case PCenter(add):
            return instance.best(instance.worst, add, least=True)


QUESTIONS = st.sampled_from([MaxCover(2), FewestSites(0.95), PMedian(2), PMedian(2, 12.0)])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instances(), QUESTIONS)
def test_a_stopped_solver_leaves_the_bound_that_it_has_reached(
    monkeypatch: pytest.MonkeyPatch, instance: Instance, question: Question
) -> None:
    with monkeypatch.context() as patched:
        stopped_at_the_end(patched)
        last = last_plan(instance, question)
    expected = optimum(instance, question)
    assert expected is not None and last.objective == pytest.approx(expected, abs=1e-6)
    assert last.bound == pytest.approx(expected, abs=1e-2)  # the solver's own tolerance for whole numbers
    assert last.final


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instances(sites=5, points=6), QUESTIONS, st.integers(0, 2**32 - 1))
def test_a_stopped_solver_leaves_its_bound_with_capacities_too(
    monkeypatch: pytest.MonkeyPatch, instance: Instance, question: Question, seed: int
) -> None:
    room = np.random.default_rng(seed).integers(0, 20, len(instance.minutes)).astype(np.float64)
    instance = replace(instance, rules=(*instance.rules, Capacity(room)))
    proven = last_plan(instance, question)
    with monkeypatch.context() as patched:
        stopped_at_the_end(patched)
        stopped = last_plan(instance, question)
    assert stopped.objective == pytest.approx(proven.objective, abs=1e-6)
    assert stopped.bound == pytest.approx(proven.objective, abs=1e-5)


def last_plan(instance: Instance, question: Question) -> Plan:
    """The answer to a question that has one."""
    assume(instance.people.any())
    try:
        problem = instance.problem
        assume(problem.free.sum() >= 2)
        return solve(problem, question)
    except (ParameterError, NobodyInReachError, ConflictingRulesError):
        assume(False)
        raise


def crowded(seed: int, sites: int = 40, points: int = 300) -> SitingProblem:
    """Settlements in four towns with a floor and a quota each, and a spacing: as planners ask."""
    random = np.random.default_rng(seed)
    homes = random.uniform(0, 40, (points, 2))
    places = homes[random.choice(points, sites, replace=False)]
    minutes = np.linalg.norm(places[:, None] - homes, axis=2)
    town, of_site = (homes // 20 @ [2, 1]).astype(int), (places // 20 @ [2, 1]).astype(int)
    rules = [Spacing.of(places, 3.0)]
    rules += [Floor(f"town {t}", town == t, 0.4) for t in range(4)]
    rules += [Quota(f"town {t}", of_site == t, 1, 4) for t in range(4)]
    return SitingProblem.of_minutes(minutes, random.integers(1, 40, points) / 3, cutoff=8, rules=rules)


def keeps_all(problem: SitingProblem, plan: Plan) -> bool:
    """By the rules' own words."""
    near = problem.nearest_s(problem.opened(plan.sites)) <= problem.cutoff_s
    for rule in problem.rules:
        if isinstance(rule, Floor):
            if problem.people(rule.members & near) < rule.share * problem.people(rule.members) - 1e-4:
                return False
        elif isinstance(rule, Quota):
            if not rule.least <= rule.members[list(plan.sites)].sum() <= (rule.most or 0):
                return False
        elif isinstance(rule, Spacing) and np.isin(rule.pairs, plan.sites).all(axis=1).any():
            return False
    return True


@pytest.mark.parametrize("question", [MaxCover(10), FewestSites(0.7), PMedian(10, 60.0)])
@pytest.mark.parametrize("seed", range(4))
def test_the_first_answer_keeps_floors_quotas_and_spacing(question: Question, seed: int) -> None:
    problem = crowded(seed)
    first, *_ = plans = list(improve(problem, question, SitingParams(10)))
    assert first.sites and np.isfinite(first.objective)
    assert all(keeps_all(problem, plan) for plan in plans)
    assert plans[-1].proven
    sense = 1 if isinstance(question, MaxCover) else -1
    for plan in plans:
        assert sense * plan.objective <= sense * plans[-1].objective + 1e-6 <= sense * plan.bound + 2e-6


def test_with_capacities_the_first_sites_are_those_without() -> None:
    problem = crowded(5)
    problem = problem.with_rules(Capacity(np.full(40, 150.0)))
    plans = list(improve(problem, MaxCover(10), SitingParams(10)))
    assert np.isnan(plans[0].objective) and plans[0].bound >= plans[-1].objective - 1e-6
    free_of_them = next(improve(problem.with_rules(), MaxCover(10)))
    assert set(plans[1].sites) == set(free_of_them.sites)
    assert plans[-1].proven and plans[1].objective < plans[-1].objective


@pytest.mark.parametrize("question", [MaxCover(10), FewestSites(0.9), PMedian(10, 60.0), PCenter(10)])
def test_every_question_ends_when_its_time_is_over(question: Question) -> None:
    """No question is asked forever: with no time at all, what there is comes with a bound, or no sites."""
    problem = crowded(7, sites=150, points=1500)
    plan = solve(problem, question, SitingParams(1e-6))
    assert plan.final and (plan.proven or plan.stopped == "time")
    assert not plan.sites or keeps_all(problem, plan)
    assert not np.isnan(plan.bound)


def test_a_conflict_among_hundreds_of_demands_is_found_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of 400 demands contradict each other; asking one by one would take 400 programs."""
    solved = 0
    solve_once = Program.solve

    def counted(self: Program, clock: Clock) -> Outcome:
        nonlocal solved
        solved += 1
        return solve_once(self, clock)

    monkeypatch.setattr(Program, "solve", counted)
    program = Program(maximize=True)
    column = program.columns(400, integer=True)
    opened, shut = Demand("least", "the seventh", 1), Demand("most", "the seventh", 0)
    for i in range(398):
        program.row(column[[i]], 1.0, high=1.0, demand=Demand("most", f"town {i}", 1))
    program.row(column[[7]], 1.0, low=1.0, demand=opened)
    program.row(column[[7]], 1.0, high=0.0, demand=shut)
    assert program.conflict(Clock(60)) == [opened, shut]
    assert solved <= 60


def test_cliques_hold_every_pair_and_nothing_else() -> None:
    random = np.random.default_rng(2)
    xy = random.uniform(0, 10, (120, 2))
    spacing = Spacing.of(xy, 2.0)
    rows = rule_rows([spacing], np.ones(120, np.bool_))
    held = {pair for row in rows.site for pair in itertools.combinations(row.tolist(), 2)}
    assert held == {tuple(sorted(pair)) for pair in spacing.pairs.tolist()}
    assert len(rows.demands) < len(spacing.pairs) / 3


def test_floors_that_no_choice_keeps_are_named_without_the_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether there is any choice is a small question: it is asked before the large program of walks is made."""
    problem = crowded(1).with_rules(*(rule for rule in crowded(1).rules if isinstance(rule, Floor)))
    monkeypatch.setattr("geo.siting.pmedian._exact", lambda *_: pytest.fail("the program of walks was made"))
    with pytest.raises(ConflictingRulesError, match=r"at most 2 new site.*0\.4 of town") as caught:
        solve(problem, PMedian(2, 60.0))
    assert "served" not in str(caught.value)
