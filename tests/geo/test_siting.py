"""Siting: properties, bad input, time limits, explanations, and the shipped sample."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.coverage.report import read_frame
from geo.errors import (
    ConflictingRulesError,
    NobodyInReachError,
    ParameterError,
    TooFewCandidatesError,
)
from geo.params import ADULT, SitingParams
from geo.people.residents import Residents
from geo.siting.candidates import along_streets, from_villages, large_first
from geo.siting.ground import SiteGround
from geo.siting.merging import merge
from geo.siting.problem import SitingProblem
from geo.siting.questions import FewestSites, MaxCover, PCenter, PMedian, Question, improve, solve
from geo.siting.rules import Budget, Capacity, Floor, Quota, Spacing
from geo.siting.tradeoff import explain, necessities, robustness, trade_off, with_cutoff, with_population
from geo.streets.network import StreetNetwork
from tests.conftest import ROOT
from tests.geo.siting_reference import Instance, instances

SAMPLE = ROOT / "data" / "sample"
HUIYU = "350505100217"
"""惠屿, the island village without a way to the mainland."""


def towns(sites: int = 60, points: int = 400, seed: int = 3) -> SitingProblem:
    """Settlements in a plane, straight-line minutes."""
    random = np.random.default_rng(seed)
    homes = random.uniform(0, 60, (points, 2))
    places = homes[random.choice(points, sites, replace=False)]
    minutes = np.linalg.norm(places[:, None] - homes, axis=2)
    return SitingProblem.of_minutes(minutes, random.integers(1, 40, points), cutoff=8)


# ── properties ──


@settings(max_examples=60, deadline=None)
@given(instances(with_rules=False), st.integers(1, 3), st.integers(0, 6))
def test_another_candidate_never_lowers_the_optimum(instance: Instance, add: int, dropped: int) -> None:
    candidates = instance.candidates
    assume(len(candidates) > add and instance.people.any())
    problem = instance.problem
    fewer = problem.without([candidates[dropped % len(candidates)]])
    try:
        before, after = solve(fewer, MaxCover(add)), solve(problem, MaxCover(add))
    except NobodyInReachError:
        assume(False)
    assert after.objective >= before.objective - 1e-9


@settings(max_examples=40, deadline=None)
@given(instances(), st.integers(1, 3))
def test_merging_keeps_people_and_sets(instance: Instance, group_size: int) -> None:
    d = len(instance.people)
    assume(instance.people.any())
    times = SitingProblem.of_minutes(instance.minutes, np.ones(d), cutoff=10).times
    sites = np.ones(len(instance.minutes), np.bool_)
    cover = merge(
        times, 600.0, instance.people, sites=sites, demand=instance.people > 0, group=np.arange(d) // group_size
    )
    near = (instance.minutes <= 10) & (instance.people > 0)
    assert cover.weight.sum() == pytest.approx(instance.people[near.any(axis=0)].sum())
    for i in range(d):
        if cover.member[i] >= 0:
            c = cover.member[i]
            members = cover.class_site[cover.class_indptr[c] : cover.class_indptr[c + 1]]
            assert members.tolist() == np.flatnonzero(near[:, i]).tolist()
            assert cover.group[c] == i // group_size
        else:
            assert not near[:, i].any()
    keys = {
        (cover.group[c], *cover.class_site[cover.class_indptr[c] : cover.class_indptr[c + 1]].tolist())
        for c in range(len(cover))
    }
    assert len(keys) == len(cover)


def test_share_is_of_people_not_of_points() -> None:
    """One tower of 90 people and nine houses of 1: covering the tower covers 90 of 99 people."""
    minutes = np.full((2, 10), np.inf)
    minutes[0, 0], minutes[1, 1:] = 5, 5
    people = np.array([90.0, *[1.0] * 9])
    plan = solve(SitingProblem.of_minutes(minutes, people), MaxCover(1))
    assert plan.sites == (0,)
    assert plan.share == pytest.approx(90 / 99)
    assert solve(SitingProblem.of_minutes(minutes, people), FewestSites(0.9)).objective == 1


def test_unreachable_people_are_reported_and_break_nothing() -> None:
    minutes = np.array([[5.0, np.inf, 5.0], [np.inf, np.inf, 5.0]])
    problem = SitingProblem.of_minutes(minutes, [10, 7, 3])
    for question in (MaxCover(1), FewestSites(1.0), PMedian(1), PCenter(1)):
        plan = solve(problem, question)
        assert plan.proven and plan.unreachable == 7
        assert plan.sites == (0,)
        assert plan.share == pytest.approx(13 / 20)


def test_empty_houses_do_not_inflate_a_full_cover() -> None:
    minutes = np.array([[5.0, np.inf], [np.inf, 5.0]])
    assert solve(SitingProblem.of_minutes(minutes, [10, 0]), FewestSites(1.0)).sites == (0,)


def test_sparse_and_dense_times_agree() -> None:
    from scipy.sparse import csr_array

    random = np.random.default_rng(4)
    minutes = random.integers(1, 30, (12, 40)).astype(np.float64)
    minutes[random.random(minutes.shape) < 0.5] = np.inf
    people = random.integers(1, 9, 40)
    sparse = csr_array(np.where(np.isfinite(minutes), minutes, 0.0))
    for question in (MaxCover(3), PMedian(3, 60.0)):
        plans = [solve(SitingProblem.of_minutes(m, people, existing=[2]), question) for m in (minutes, sparse)]
        assert plans[0].objective == plans[1].objective
        assert 2 not in plans[0].sites


def test_first_answer_has_a_bound_and_the_last_is_final() -> None:
    plans = list(improve(towns(), MaxCover(10)))
    assert plans[0].sites and plans[0].bound >= plans[-1].objective
    assert [plan.final for plan in plans] == [False] * (len(plans) - 1) + [True]
    assert plans[-1].proven


def test_no_site_is_taken_for_nothing() -> None:
    """Five sites may be opened, two bring somebody; the floor sends the question to the exact solver."""
    minutes = np.full((6, 4), np.inf)
    minutes[0, :2], minutes[3, 2:], minutes[1, 0], minutes[2, 1] = 5, 5, 5, 5
    rules = [Floor("all", np.ones(4, np.bool_), 1.0)]
    plan = solve(SitingProblem.of_minutes(minutes, [9, 9, 9, 9], rules=rules), MaxCover(5))
    assert set(plan.sites) == {0, 3} and plan.proven


# ── stopping ──


def test_cancelled_before_it_began_still_answers_with_a_bound() -> None:
    cancel = threading.Event()
    cancel.set()
    problem = towns()
    plan = solve(problem, MaxCover(10), cancel=cancel)
    best = solve(problem, MaxCover(10))
    assert plan.final and (plan.stopped == "cancelled" or plan.proven)
    assert plan.objective <= best.objective <= plan.bound + 1e-9


def test_a_closed_iterator_stops_its_solver() -> None:
    threads = threading.active_count()
    plans = improve(towns(300, 4000, seed=8), PMedian(5, 60.0), SitingParams(30))
    next(plans)
    plans.close()  # type: ignore[attr-defined]
    assert threading.active_count() == threads


def test_time_limit_leaves_a_gap_that_holds() -> None:
    problem = towns(100, 600, seed=5)
    quick = solve(problem, PMedian(6), SitingParams(time_limit_s=0.01))
    exact = solve(problem, PMedian(6), SitingParams(time_limit_s=20))
    assert quick.bound <= exact.objective + 1e-9 <= quick.objective + 2e-9
    assert quick.proven or quick.stopped == "time"
    assert quick.gap >= 0


# ── bad input ──


def test_nobody_in_reach() -> None:
    with pytest.raises(NobodyInReachError, match="2 candidate"):
        solve(SitingProblem.of_minutes(np.full((2, 3), np.inf), [1, 2, 3]), MaxCover(1))


def test_more_sites_than_candidates() -> None:
    with pytest.raises(TooFewCandidatesError, match=r"5 new site.*only 2"):
        solve(SitingProblem.of_minutes(np.ones((3, 3)), [1, 2, 3], existing=[0]), MaxCover(5))


@pytest.mark.parametrize("people", [[0, 0], [3, -1], [3, np.nan], [1, 2, 3]])
def test_impossible_weights(people: list[float]) -> None:
    with pytest.raises(ParameterError, match="weight"):
        SitingProblem.of_minutes(np.ones((2, 2)), people)


def test_unknown_times_are_not_unreached() -> None:
    with pytest.raises(ParameterError, match="unknown is not unreached"):
        SitingProblem.of_minutes([[1.0, np.nan]], [1, 1])


@pytest.mark.parametrize("row", [-1, 2])
def test_an_existing_site_that_is_not_there(row: int) -> None:
    with pytest.raises(ParameterError, match=rf"existing = {row}.*no such row"):
        SitingProblem.of_minutes(np.ones((2, 2)), [1, 2], existing=[row])


def test_walks_do_not_take_less_than_no_time() -> None:
    with pytest.raises(ParameterError, match="negative"):
        SitingProblem.of_minutes([[-1.0, 3.0]], [1, 2])


def test_a_rule_of_another_size_than_the_problem() -> None:
    with pytest.raises(ParameterError, match=r"3 entries.*another length"):
        SitingProblem.of_minutes(np.ones((2, 2)), [1, 2], rules=[Quota("east", np.ones(3, np.bool_), 1)])


def test_a_question_that_nothing_limits() -> None:
    with pytest.raises(ParameterError, match="nothing limits the number of sites"):
        solve(SitingProblem.of_minutes(np.ones((2, 2)), [1, 2]), MaxCover(None))


def test_contradictory_quotas_are_named_and_innocent_rules_are_not() -> None:
    minutes = np.ones((6, 6))
    east, west = np.arange(6) < 3, np.arange(6) >= 3
    rules = [
        Quota("east", east, 2),
        Quota("west", west, 2),
        Budget(np.ones(6), 100),
        Floor("all", np.ones(6, bool), 0.5),
    ]
    problem = SitingProblem.of_minutes(minutes, np.ones(6), rules=rules)
    with pytest.raises(ConflictingRulesError) as caught:
        solve(problem, MaxCover(3))
    text = str(caught.value)
    for named in ("at most 3 new site", "at least 2 in east", "at least 2 in west"):
        assert named in text
    assert "budget" not in text and "0.5" not in text


def test_a_floor_beyond_reach_is_named_with_what_is_possible() -> None:
    minutes = np.array([[5.0, np.inf], [5.0, 40.0]])
    far = Floor("Fengwei", np.array([False, True]), 0.8)
    with pytest.raises(ConflictingRulesError, match=r"0\.8 of Fengwei covered \(only 0\.000 can be\)"):
        solve(SitingProblem.of_minutes(minutes, [10, 10], rules=[far]), MaxCover(1))


def test_a_share_of_all_beyond_reach_is_named() -> None:
    problem = SitingProblem.of_minutes([[5.0, np.inf]], [60, 40])
    assert solve(problem, FewestSites(0.9)).objective == 1
    with pytest.raises(ConflictingRulesError, match=r"a covered share of 0\.9 \(only 0\.6000 is in reach"):
        solve(problem, FewestSites(0.9, of="all"))


def test_what_may_not_be_chosen_is_not_out_of_reach() -> None:
    """Barred, or too near to an existing site: half of the people are then not to be had, and the question says so."""
    minutes = np.array([[5.0, np.inf], [np.inf, 5.0], [5.0, np.inf]])
    near = Spacing(np.array([[0, 1]]), 300.0)
    spaced = SitingProblem.of_minutes(minutes, [100, 100], existing=[0], rules=[near])
    barred = SitingProblem.of_minutes(minutes, [100, 100], existing=[0]).without([1])
    for problem, why in ((spaced, "a spacing of 300 m"), (barred, r"1 candidate\(s\) barred")):
        plan = solve(problem, MaxCover(1))
        assert (plan.unreachable, plan.coverable, plan.attainable) == (0, 200, 100)
        assert solve(problem, FewestSites(0.5)).objective == 0
        for of in ("coverable", "all"):
            with pytest.raises(ConflictingRulesError, match=rf"a covered share of 1 \(only 0\.5000 is.*{why}"):
                solve(problem, FewestSites(1.0, of=of))  # type: ignore[arg-type]


def test_without_a_site_the_same_people_are_to_be_reached() -> None:
    """The second site alone reaches the farther home: without it the longest walk would only seem shorter."""
    minutes = np.array([[5.0, np.inf], [5.0, 30.0], [6.0, np.inf]])
    problem = SitingProblem.of_minutes(minutes, [10, 10], cutoff=15)
    for question in (PCenter(1), PMedian(1)):
        (needed,) = necessities(problem, solve(problem, question))
        assert needed.site == 1 and needed.loss == np.inf and needed.in_every_good_plan


def test_a_gap_is_a_share_of_what_is_certain() -> None:
    """20 minutes where 10 are not ruled out may be twice the best; 10 people where 20 are not may be half of it."""
    problem = SitingProblem.of_minutes(np.ones((2, 2)), [10, 10])
    walk = replace(solve(problem, PMedian(1)), objective=20.0, bound=10.0, proven=False)
    assert walk.gap == 1.0 and "100.00%" in walk.verdict
    cover = replace(solve(problem, MaxCover(1)), objective=10.0, bound=20.0, proven=False)
    assert cover.gap == 0.5
    unknown = replace(walk, bound=0.0)
    assert unknown.gap == np.inf and unknown.verdict == "nothing is known of the best possible yet"


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e12])
@pytest.mark.parametrize("question", [MaxCover(3), FewestSites(0.9), PMedian(3, 60.0), PCenter(3)])
def test_plans_do_not_depend_on_the_unit_of_people(question: Question, scale: float) -> None:
    random = np.random.default_rng(9)
    minutes = random.uniform(0, 40, (10, 60))
    people, of = random.uniform(0, 5, 60), np.arange(60) % 3 == 0
    rooms = Capacity(np.full(10, people.sum() / 6))
    for rules, in_rooms in (([], []), ([Floor("a third", of, 0.3)], []), ([], [rooms])):
        plans = []
        for unit in (1.0, scale):
            scaled = [Capacity(rule.people * unit) for rule in in_rooms]
            problem = SitingProblem.of_minutes(minutes, people * unit, cutoff=9, rules=[*rules, *scaled])
            if in_rooms and question != MaxCover(3):
                continue
            plans.append((solve(problem, question), unit))
        for plan, unit in plans:
            assert plan.proven and set(plan.sites) == set(plans[0][0].sites)
            value = plan.objective / unit if isinstance(question, MaxCover) else plan.objective
            assert value == pytest.approx(plans[0][0].objective, rel=1e-9)
            assert plan.served / unit == pytest.approx(plans[0][0].served)


def test_spacing_is_measured_in_meters() -> None:
    xy = np.array([[0.0, 0.0], [400.0, 0.0], [1000.0, 0.0]])
    assert Spacing.of(xy, 500).pairs.tolist() == [[0, 1]]
    problem = SitingProblem.of_minutes(np.eye(3) * -99 + 100, [5, 5, 1], rules=[Spacing.of(xy, 500)])
    assert solve(problem, MaxCover(2)).objective == 6


# ── explanations ──


def test_explanations_add_up() -> None:
    problem = towns()
    plan = solve(problem, MaxCover(6))
    cases = explain(problem, plan)
    assert sum(case.adds for case in cases) == pytest.approx(plan.covered - plan.covered_before)
    assert [case.adds for case in cases] == sorted((case.adds for case in cases), reverse=True)
    for case in cases:
        assert case.only_it <= case.in_time and case.worse_by >= 0
        swapped = [case.runner_up if j == case.site else j for j in plan.sites]
        covered = problem.people(problem.nearest_s(problem.opened([j for j in swapped if j is not None])) <= 480)
        assert plan.covered - covered == pytest.approx(case.worse_by)


def test_trade_off_rises_to_all_that_can_be_covered() -> None:
    problem = towns(12, 100)
    steps = list(trade_off(problem, 50))
    covered = [step.plan.covered for step in steps]
    assert covered == sorted(covered) and covered[-1] == steps[-1].plan.coverable
    assert sum(step.marginal for step in steps) == pytest.approx(covered[-1])
    assert steps[-1].add == solve(problem, FewestSites(1.0)).objective


def test_a_trade_off_may_ask_each_number_under_rules_of_its_own() -> None:
    """The site of the best first step is barred up to three sites: the curve goes on past what the others cover."""
    minutes = np.full((4, 4), np.inf)
    np.fill_diagonal(minutes, 5.0)
    problem = SitingProblem.of_minutes(minutes, [100, 40, 30, 20])
    steps = list(trade_off(problem, 9, at=lambda add: problem.without([0] if add <= 3 else [])))
    assert [step.plan.covered for step in steps] == [40, 70, 90, 190]
    assert [step.marginal for step in steps] == [40, 30, 20, 100]


def test_necessities_are_what_every_good_plan_contains() -> None:
    """Two towns; one candidate serves the larger, two serve the smaller equally well."""
    minutes = np.array([[5, np.inf], [np.inf, 5], [np.inf, 5]], dtype=float)
    problem = SitingProblem.of_minutes(minutes, [100, 50])
    plan = solve(problem, MaxCover(2))
    found = {need.site: need for need in necessities(problem, plan)}
    assert found[0].in_every_good_plan and found[0].loss == pytest.approx(100 / 150)
    (other,) = set(found) - {0}
    assert not found[other].in_every_good_plan and found[other].loss == 0


def test_robustness_compares_with_the_best_there() -> None:
    problem = towns()
    plan = solve(problem, MaxCover(5))
    variants = {"same": problem, "5 min": with_cutoff(problem, 5), **with_population(problem, 0.1, np.arange(400) % 7)}
    stances = list(robustness(plan, variants))
    assert stances[0].same and stances[0].regret == 0
    assert all(s.best.objective >= s.with_plan - 1e-9 and s.regret >= 0 for s in stances)
    assert len(stances) == 7


def test_a_plan_without_new_sites_stands_as_it_is() -> None:
    problem = SitingProblem.of_minutes(np.array([[5.0, np.inf], [np.inf, 5.0]]), [50, 50], existing=[0])
    plan = solve(problem, FewestSites(0.5))
    for stance in robustness(plan, {"the same": problem, "fewer people": replace(problem, weight=problem.weight / 2)}):
        assert stance.same and stance.regret == 0 and stance.best.sites == ()
        assert stance.with_plan == stance.best.objective == stance.best.covered


def test_regret_is_not_known_where_no_plan_is(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = towns(12, 100)
    plan = solve(problem, MaxCover(3))
    unknown = replace(plan, sites=(), ids=(), objective=np.nan, proven=False)
    monkeypatch.setattr("geo.siting.tradeoff.solve", lambda *_, **__: unknown)
    (stance,) = robustness(plan, {"stopped": problem})
    assert np.isnan(stance.regret)


def test_a_site_may_bring_more_than_the_one_before_it() -> None:
    """One site between three towns reaches 6 of the 10 people in each; three sites, one a town, reach all of them."""
    minutes = np.full((4, 6), np.inf)
    minutes[0, ::2] = 5
    for town in range(3):
        minutes[1 + town, 2 * town : 2 * town + 2] = 5
    steps = list(trade_off(SitingProblem.of_minutes(minutes, [6, 4] * 3), 4))
    assert [step.marginal for step in steps] == [18, 4, 8] and all(step.plan.proven for step in steps)


# ── the sample ──


@pytest.fixture(scope="module")
def ground() -> SiteGround:
    network = StreetNetwork.load(SAMPLE / "streets.arrow")
    residents = Residents.of(read_frame(SAMPLE / "demand.parquet", "demand"))
    return SiteGround(network, residents, from_villages(residents, network.crs))


def test_huiyu_needs_its_own_center_in_every_full_cover(ground: SiteGround) -> None:
    problem = ground.problem(ADULT)
    plan = solve(problem, FewestSites(1.0))
    assert plan.proven and HUIYU in plan.ids
    without = problem.without([problem.ids.index(HUIYU)])
    for question in (FewestSites(1.0), FewestSites(plan.coverable / plan.people, of="all")):
        with pytest.raises(ConflictingRulesError, match=r"only 0\.9.*1 candidate\(s\) barred"):
            solve(without, question)
    (needed,) = (need for need in necessities(problem, plan) if need.id == HUIYU)
    assert needed.in_every_good_plan and needed.loss == np.inf


def test_villages_have_one_candidate_each_where_people_live(ground: SiteGround) -> None:
    codes = {v for v, people in zip(ground.residents.village, ground.residents.people[:, 0], strict=True) if people}
    assert set(ground.candidates.ids) == codes
    assert ground.candidates.residents.sum() == ground.residents.people[:, 0].sum()
    homes = {tuple(p) for p in ground.residents.lonlat.tolist()}
    assert all(tuple(p) in homes for p in ground.candidates.lonlat.tolist())


def test_candidates_along_streets_lie_apart_on_streets(ground: SiteGround) -> None:
    found = along_streets(ground.network, 1000)
    assert len(found) > 50
    from geo.engine.snapping import snap

    assert snap(ground.network, found.lonlat).access_m.max() < 1


def test_large_villages_come_first(ground: SiteGround) -> None:
    problem = ground.problem(ADULT)
    sizes = ground.candidates.residents
    few = solve(large_first(problem, sizes, 5), MaxCover(5))
    assert all(sizes[j] >= 3000 for j in few.sites) and len(few.sites) == 5
    large = int((sizes >= 3000).sum())
    many = solve(large_first(problem, sizes, large + 3), MaxCover(large + 3))
    assert set(np.flatnonzero(sizes >= 3000)) <= set(many.sites)


def test_weights_choose_who_counts(ground: SiteGround) -> None:
    elders = ground.weight({"age_60_plus": 1})
    assert elders.sum() == ground.residents.group("age_60_plus").sum()
    with pytest.raises(ParameterError, match="no such group"):
        ground.weight({"age_99": 1})


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from geo.__main__ import main

    out = tmp_path / "sites.csv"
    base = ["site", "--streets", str(SAMPLE / "streets.arrow"), "--demand", str(SAMPLE / "demand.parquet")]
    base += ["--existing", str(SAMPLE / "centers.csv"), "--out", str(out)]
    assert main([*base, "--add", "5"]) == 0
    table = pd.read_csv(out, dtype={"id": str})
    assert len(table) == 5 and table["proven"].all()
    assert "proven optimal" in capsys.readouterr().err
    out.unlink()
    assert main([*base, "--add", "5", "--cover", "0.9"]) == 2
    assert "one is answered at a time" in capsys.readouterr().err
    assert not out.exists()
