"""The report of a plan and of a scenario: its figures are what the engine found."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import numpy as np
import pytest

from dashboard import figures
from dashboard.i18n import catalog
from dashboard.siting.best import Answer, SiteSearch
from dashboard.siting.report.document import program_version
from dashboard.siting.report.gains import Gains
from dashboard.siting.report.pdf import pdf
from dashboard.siting.report.plan import Chosen, plan_report
from dashboard.siting.report.scenario import scenario_report
from dashboard.siting.report.word import docx
from dashboard.siting.rules import SiteRules, TownQuota
from dashboard.siting.view import SitingView
from dashboard.siting.whatif import Today
from data.tables.changes import Change
from data.workspace import SAMPLE, Workspace
from geo.people.residents import CHILDREN, ELDERS
from geo.siting.problem import SitingProblem
from geo.siting.questions import FewestSites, MaxCover, PCenter, solve
from tests.app.plans import (
    FONT,
    LINK,
    cells,
    number,
    planned,
    question,
    report_of,
    scenario_of,
    today_of,
    view_of,
    with_font,
    words,
)


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def today(sample) -> Today:
    return today_of(sample)


@pytest.fixture(scope="module")
def search(today) -> SiteSearch:
    return SiteSearch.of(today.assessment, "villages", "open")


@pytest.fixture(scope="module")
def best(sample, today, search) -> Chosen:
    return planned(view_of(sample, today), search, question(today))


@pytest.fixture(scope="module")
def changes(today, best) -> tuple[Change, ...]:
    first, second = best.search.candidates.lonlat[list(best.answer.plan.sites[:2])].round(5).tolist()
    return Change("new", "", tuple(first)), Change("close", today.ids[3]), Change("move", today.ids[0], tuple(second))


# ---- the figures --------------------------------------------------------------------------------------------


def test_the_figures_of_a_plan_are_the_engines(sample, today, best):
    report, plan = report_of(sample, today, best), best.answer.plan
    rows = cells(report.figures)
    assert [number(v) for v in rows["Residents within 15 minutes"]] == pytest.approx(
        [round(plan.covered_before), round(plan.covered), round(plan.covered) - round(plan.covered_before)]
    )
    assert rows["Coverage, all residents"][:2] == (
        figures.share(plan.covered_before / plan.people), figures.share(plan.share))  # fmt: skip
    assert rows["Centers"] == ("12", "17", "+5")
    lonlat = best.search.candidates.lonlat[list(plan.sites)].tolist()
    found = today.what_if(tuple(Change("new", "", (lon, lat)) for lon, lat in lonlat)).effect
    walk = rows["Mean walk to the nearest center"]
    assert walk[:2] == (f"{found.mean_before_min:.1f} minutes", f"{found.mean_after_min:.1f} minutes")


def test_gains_by_town_and_age_add_up_to_what_the_plan_adds(sample, today, best):
    by_town, by_age = report_of(sample, today, best).section("gains").tables
    plan = best.answer.plan
    added = plan.covered - plan.covered_before
    total = by_town.rows[-1]
    heads = [column.head for column in by_town.columns]
    assert number(total[heads.index("Newly covered")]) == pytest.approx(added, abs=1)
    people = today.assessment.residents
    gains = Gains.of_plan(today, best.search, best.answer)
    for group in (CHILDREN, ELDERS):
        label = catalog("en")(f"group.{group}")
        assert number(total[heads.index(label)]) == pytest.approx(people.group(group)[gains.gained_at].sum(), abs=1)
        assert number(cells(by_age)[label][3]) == number(total[heads.index(label)])
    each = [[number(v) for v in row[4:]] for row in by_town.rows]
    assert np.sum(each[:-1], axis=0) == pytest.approx(each[-1], abs=len(each))
    assert [row[0] for row in each[:-1]] == sorted((row[0] for row in each[:-1]), reverse=True)


def test_the_sites_stand_in_order_with_what_each_brings(sample, today, best):
    table = report_of(sample, today, best).section("sites").tables[0]
    plan, cases = best.answer.plan, best.answer.cases
    assert [number(row[3]) for row in table.rows] == [round(case.adds) for case in cases]
    assert [number(row[8]) for row in table.rows] == [round(case.worse_by) for case in cases]
    assert table.rows[-1][6] == figures.share(plan.share)
    at = [tuple(map(float, row[2].split("\n"))) for row in table.rows]
    assert at == pytest.approx(np.round(best.search.candidates.lonlat[list(plan.sites)], 5))


def test_a_plan_that_is_not_explained_yet_is_reported_without_runners_up(sample, today, best):
    early = report_of(sample, today, best, answer=replace(best.answer, cases=None)).section("sites").tables[0]
    whole = report_of(sample, today, best).section("sites").tables[0]
    assert [row[:7] for row in early.rows] == [row[:7] for row in whole.rows]
    assert {row[7] for row in early.rows} == {figures.NONE}


def test_the_proof_is_told_and_an_unproven_plan_says_its_gap(sample, today, best):
    plan = best.answer.plan
    rows = cells(report_of(sample, today, best).section("proof").tables[0])
    assert number(rows["Value of this plan"][0]) == number(rows["Best possible, at most"][0]) == round(plan.objective)
    short = replace(plan, proven=False, bound=1.02 * plan.objective, stopped="time")
    report = report_of(sample, today, best, answer=replace(best.answer, plan=short))
    gap = f"{100 * short.gap:.2f} %"
    assert cells(report.section("proof").tables[0])["Gap that remains"] == (gap,)
    assert any(gap in line and "Time is over" in line for line in report.summary)
    assert not any("is proven optimal" in line or "exact search" in line for line in words(report))
    assert "is not proven optimal" in report.section("record").paragraphs[0]


def test_conditions_and_weights_are_part_of_the_question(sample, today, search, best):
    town = best.search.candidate_towns[best.answer.plan.sites[0]]
    rules = SiteRules(least=0.1, spacing_m=400.0, budget=1_300_000.0, price=300_000.0, quotas=(TownQuota(town, 1, 2),))
    view = view_of(sample, today)
    asked = question(today, count=None, weights="elders", rules=rules)
    report = plan_report(view, planned(view, search, asked), fonts=FONT, link=LINK)
    rows = cells(report.section("question").tables[0])
    assert rows["Budget (10,000 yuan)"] == ("1,300,000, of which this plan needs 1,200,000; 300,000 for each center",)
    assert rows[f"New centers in {view.place(town)}"] == ("1 to 2",)
    assert rows["Least distance between centers (straight line)"] == ("400 m",)
    assert rows["New centers, at most"] == ("as many as the budget allows",)
    assert any("Aged 60 and over × 1" in note for note in report.section("sites").notes)
    everybody = number(cells(report.section("gains").tables[1])["All residents"][0])
    assert everybody == round(today.baseline.total.sum())  # the tables count each resident once


def test_a_plan_without_new_sites_says_that_none_is_needed(sample, today, search):
    view = view_of(sample, today)
    report = plan_report(view, planned(view, search, question(today, goal="fewest", target=0.1)), fonts=FONT, link=LINK)
    assert report.summary[0].startswith("No new center is needed") and not report.section("sites").tables
    assert cells(report.section("proof").tables[0])["Value of this plan"] == ("0 new center(s)",)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rules": SiteRules(budget=50.0, price=100.0)}, "but the conditions allow none"),
        ({"goal": "mean", "rules": SiteRules(budget=50.0, price=100.0)}, "but the conditions allow none"),
    ],
)
def test_a_plan_without_new_sites_does_not_say_that_all_is_well(sample, today, search, asked, said):
    view = view_of(sample, today)
    report = plan_report(view, planned(view, search, question(today, **asked)), fonts=FONT, link=LINK)
    assert said in report.summary[0] and said in report.section("sites").paragraphs[0]
    assert not any("is needed" in line for line in words(report))


def test_why_there_is_no_new_site_is_told_from_the_problem():
    """Two homes: the open site covers the first; the candidates reach it too, or nobody in time."""
    minutes = np.array([[5.0, np.inf], [5.0, np.inf], [9.0, 40.0]])
    problem = SitingProblem.of_minutes(minutes, np.ones(2), cutoff=15, existing=[0])
    nothing = solve(problem, MaxCover(1))
    assert Answer(problem, nothing).why_none == "useless"
    assert Answer(problem, replace(nothing, proven=False)).why_none == "unknown"
    assert Answer(problem, solve(problem, FewestSites(0.5))).why_none == "met"
    assert Answer(replace(problem, cutoff_s=2400.0), nothing).why_none == "forbidden"
    bare = SitingProblem.of_minutes(minutes[1:], np.ones(2), cutoff=15)
    assert Answer(bare, replace(nothing, question=PCenter(1))).why_none == "forbidden", "nobody has a center yet"


def test_a_target_says_of_whom_it_is_a_share(sample, today):
    """Large villages first: those that are barred can cover people all the same."""
    view, large = view_of(sample, today), SiteSearch.of(today.assessment, "large", "open")
    chosen = planned(view, large, question(today, goal="fewest", target=0.5, candidates="large"))
    report, plan = plan_report(view, chosen, fonts=FONT, link=LINK), chosen.answer.plan
    whole = replace(chosen.answer.problem, barred=None)
    coverable = whole.people(whole.coverable)
    (said,) = cells(report.section("question").tables[0])["Coverage target"]
    assert said.startswith(f"50.0 % of the {figures.number(coverable)} residents whom")
    assert said.endswith(f"that is {figures.share(0.5 * coverable / plan.people)} of all residents")
    proof = cells(report.section("proof").tables[0])
    assert number(proof["Residents whom centers and all candidates together cover"][0]) == round(coverable)
    assert number(proof["Residents out of reach of every center and candidate"][0]) == round(plan.people - coverable)


def test_the_same_question_makes_the_same_report(sample, today, search):
    view, asked = view_of(sample, today), question(today, count=2)
    one, other = (plan_report(view, planned(view, search, asked), fonts=FONT, link=LINK) for _ in range(2))
    assert one == other
    assert "comes out the same" in one.section("record").paragraphs[0]


def test_the_town_named_has_most_of_the_newly_covered(sample, today, best):
    gains = Gains.of_plan(today, best.search, best.answer)
    by_town = dict(zip(gains.towns, gains.gained.sum(axis=1), strict=True))
    most = max(by_town, key=by_town.__getitem__)
    said = f"The largest part, {figures.number(by_town[most])}, lives in {view_of(sample, today).place(most)}."
    assert said in report_of(sample, today, best).summary


def test_room_and_weights_are_told_apart_from_reach(sample, today, search):
    view = view_of(sample, today)
    chosen = planned(view, search, question(today, count=2, rules=SiteRules(capacity=4_000.0)))
    report, plan = plan_report(view, chosen, fonts=FONT, link=LINK), chosen.answer.plan
    assert plan.objective == pytest.approx(plan.covered_before + 8_000)
    assert number(cells(report.section("proof").tables[0])["Value of this plan"][0]) == round(plan.objective)
    assert number(cells(report.figures)["Residents within 15 minutes"][1]) == round(plan.covered) > plan.objective
    assert any("find room" in note for note in report.section("proof").notes)
    weighted = plan_report(view, planned(view, search, question(today, weights="elders_twice")), fonts=FONT, link=LINK)
    rows = cells(weighted.section("proof").tables[0])
    assert rows["Value of this plan"][0].endswith("(weighted)")


def test_a_long_plan_names_some_sites_and_counts_the_rest(sample, today, search):
    view = view_of(sample, today)
    report = plan_report(view, planned(view, search, question(today, count=11)), fonts=FONT, link=LINK)
    assert "and 3 more" in report.summary[0] and len(report.section("sites").tables[0].rows) == 11


def test_committed_centers_count_as_given(sample, today):
    view, search = view_of(sample, today), SiteSearch.of(today.assessment, "villages", "committed")
    chosen = planned(view, search, question(today, given="committed", count=2))
    report = plan_report(view, chosen, fonts=FONT, link=LINK)
    assert number(cells(report.figures)["Residents within 15 minutes"][0]) == round(chosen.answer.plan.covered_before)
    assert "being built or planned" in report.figures_note
    assert "Building or planned center" in report.picture.svg
    assert "Catchments of open, building and planned centers" in report.picture.svg
    assert "Catchments today" not in report.picture.svg


def test_what_was_tested_and_drawn_is_in_the_report(sample, today, best):
    others = {"minutes.10": replace(best.asked, minutes=10.0)}
    tested = list(best.search.tested(best.asked, best.answer, others, threading.Event()))
    curve = [step for step, _ in zip(best.search.curve(best.asked, threading.Event()), range(3), strict=False)]
    report = report_of(sample, today, best, tested=tested, curve=curve)
    stances, needed = report.section("robustness").tables
    assert [row[0] for row in stances.rows][::3] == ["10 minutes", "Residents of each town ± 10 %, draw 3"]
    assert len(needed.rows) == 5
    assert [number(row[2]) for row in report.section("curve").tables[0].rows] == [round(s.marginal) for s in curve]
    assert report_of(sample, today, best).section("robustness") is None


def test_the_figures_of_a_scenario_are_the_what_ifs(sample, today, changes):
    report, found = scenario_of(sample, today, changes), today.what_if(changes)
    rows = cells(report.figures)
    before, after = found.effect.covered_before.sum(), found.effect.covered_after.sum()
    assert [number(v) for v in rows["Residents within 15 minutes"][:2]] == [round(before), round(after)]
    assert rows["Centers"] == ("12", "12", "0")
    assert rows["Mean walk to the nearest center"][1] == f"{found.effect.mean_after_min:.1f} minutes"
    heads = [column.head for column in report.section("gains").tables[0].columns]
    total = report.section("gains").tables[0].rows[-1]
    assert number(total[heads.index("Newly covered")]) == round(found.gained)
    assert number(total[heads.index("No longer covered")]) == round(found.lost)
    assert [row[1] for row in report.section("sites").tables[0].rows] == ["new", "closes", "moves"]


def test_the_record_lets_it_be_made_again(sample, today, best):
    rows = cells(report_of(sample, today, best).section("record").tables[0])
    assert rows["Content hash of the workspace"] == (sample.content_id,)
    assert rows["Content hash of the streets"] == (sample.network.content_id,)
    assert rows["Program"] == (f"Linli Atlas {program_version()}",) and re.fullmatch(
        r"\d+\.\d+\.\d+", program_version()
    )
    assert LINK in rows["Link (after the address of the dashboard)"]


def test_a_change_has_its_sign_and_none_where_it_rounds_to_nothing():
    assert [figures.signed(v, 1) for v in (1234.56, -0.06, 0.04, -0.04)] == ["+1,234.6", "\u22120.1", "0.0", "0.0"]
    assert figures.signed(np.nan) == figures.NONE
    assert [figures.number(v) for v in (-1e-12, -0.6, 0.4)] == ["0", "-1", "0"]


def grid_view(folder, changes: tuple[Change, ...], language: str = "en") -> SitingView:
    workspace = Workspace.open(folder)
    return view_of(workspace, today_of(workspace), language, changes)


def test_where_every_resident_can_be_counted_so_can_the_report(grid_folder):
    """Powers of two: `near` covers 1 + 2 + 4 + 8 + 16, the new center at the far corner 32; 64 are on no street."""
    workspace = Workspace.open(grid_folder)
    far = workspace.centers.set_index("id").loc["far", ["lon", "lat"]].tolist()
    view = grid_view(grid_folder, (Change("new", "", tuple(far)),))
    report = scenario_report(view, "A", fonts=FONT, link=LINK)
    rows = cells(report.figures)
    assert rows["Residents within 15 minutes"] == ("31", "63", "+32")
    assert rows["Residents not covered"] == ("96", "64", "\u221232")
    assert rows["Coverage, Aged 60 and over"] == ("24.4 %", "49.6 %", "+25.2 points")
    assert cells(report.section("assumptions").tables[0])["Residents far from any street"][0] == "64 people"
    (by_age,) = report.section("gains").tables  # there are no towns
    assert by_age.rows[-1][1:5] == ("127", "31", "63", "32")
    assert not any("Outside" in line for line in words(report))


@with_font
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_network_without_jurisdictions_has_its_report(grid_folder, language):
    view = grid_view(grid_folder, (Change("close", "near"),), language)
    report = scenario_report(view, "A", fonts=FONT, link=LINK)
    assert cells(report.figures)[report.figures.rows[1][0]][1:] == ("0", "\u221231")
    assert pdf(report) and docx(report)
