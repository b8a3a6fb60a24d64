"""Targets affected: what a plan or a what-if does to the workspace's targets, by hand."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard.i18n import catalog
from dashboard.overview.overview import assess
from dashboard.siting.targets import Ground, MovableTarget, movable_targets, moves
from dashboard.siting.targets_panel import ground_of
from dashboard.siting.view import SitingView
from dashboard.siting.whatif import Today
from data.monitoring.indicators import Indicator, read_indicators
from data.tables.changes import Change
from data.workspace import SAMPLE, Workspace
from geo.coverage.ledger import ledger
from geo.params import CoverageParams, Cutoffs
from tests.app.test_siting_rules import HOULONG, JIESHAN, page, said

DAY = dt.date(2023, 6, 30)
PEOPLE = np.array([1.0, 2.0, 4.0, 8.0])
HOME = ("350505101001", "350505101201", "350505102201", "350505102202")
"""A community and a village of one town, two villages of the other."""
BEFORE, AFTER = np.array([True, False, False, False]), np.array([True, True, False, True])


def indicator(source: str, *, direction: str = "up", **parameters: object) -> Indicator:
    return Indicator("x", "甲", "A", source, direction, "last", parameters=parameters)


def target(source: str, scope: str = "all", goal: float = 10.0, **other: object) -> MovableTarget:
    return MovableTarget(indicator(source, **other), scope, "2023", goal)  # type: ignore[arg-type]


@pytest.fixture
def ground() -> Ground:
    return Ground(
        people=lambda group: PEOPLE if group == "population" else PEOPLE * 0 + 1,
        units=(*HOME, ""),
        home=np.arange(4),
        town_of=dict.fromkeys(HOME[:2], JIESHAN) | dict.fromkeys(HOME[2:], HOULONG),
        county="350505000000",
        centers=((HOME[0], ""), (HOME[0], "", HOME[3], HOME[3])),
        covered=lambda profile, minutes: (BEFORE, AFTER) if (profile, minutes) == ("adult", 15) else None,
    )


def values(ground: Ground, *asked: MovableTarget) -> list[tuple[float, float]]:
    return [(move.before, move.after) for move in moves(asked, ground)]


def test_coverage_is_a_share_of_people_in_the_scope(ground):
    found = values(
        ground, target("coverage.covered_share"), target("coverage.covered_share", HOULONG),
        target("coverage.residents_uncovered", direction="down"),
        target("coverage.covered_share", people="age_60_plus"),
    )  # fmt: skip
    assert found == [
        pytest.approx((100 / 15, 1100 / 15)),
        pytest.approx((0, 100 * 8 / 12)),
        (14, 4),
        pytest.approx((25, 75)),
    ]


def test_another_pace_that_is_not_offered_is_left_out(ground):
    assert values(ground, target("coverage.covered_share", profile="elderly"), target("centers.status")) == [(2, 4)]


def test_centers_and_units_are_counted_where_they_stand(ground):
    due = {"least_residents": 8}
    found = values(
        ground, target("centers.status"), target("centers.status", HOULONG), target("centers.home", **due),
        target("centers.home", HOULONG, **due), target("centers.home", least_residents=9),
    )  # fmt: skip
    assert found == [(2, 4), (0, 2), (1, 2), (0, 1), (1, 1)]  # two centers in one village are one village


def test_units_of_other_counties_do_not_count(ground):
    assert values(replace(ground, county="350504000000"), target("centers.home", least_residents=0)) == [(0, 0)]


@pytest.mark.parametrize(
    ("goal", "direction", "met", "short"),
    [(70, "up", (False, True), 0), (80, "up", (False, False), 80 - 1100 / 15), (6, "up", (True, True), 0)],
)
def test_a_target_is_met_or_short(ground, goal, direction, met, short):
    (move,) = moves([target("coverage.covered_share", goal=goal, direction=direction)], ground)
    assert (move.met_before, move.met_after) == met and move.moves
    assert move.short == pytest.approx(short)


def test_fewer_uncovered_residents_meet_a_target_from_above(ground):
    (move,) = moves([target("coverage.residents_uncovered", goal=4, direction="down")], ground)
    assert (move.met_before, move.met_after) == (False, True)
    (lost,) = moves([target("coverage.residents_uncovered", goal=14, direction="down")], swapped(ground))
    assert (lost.before, lost.after) == (4, 14) and lost.met_after


def swapped(ground: Ground) -> Ground:
    return replace(ground, covered=lambda profile, minutes: (AFTER, BEFORE))


def test_the_target_of_the_shortest_period_counts():
    rows = pd.DataFrame(
        [
            ("x", "all", "2023", 5.0),
            ("x", "all", "2023-Q2", 3.0),
            ("x", "all", "2022", 1.0),
            ("x", HOULONG, "2024", 9.0),
        ],
        columns=["indicator", "scope", "period", "value"],
    )
    (found,) = movable_targets([indicator("centers.status")], rows, DAY)
    assert (found.scope, found.period, found.goal) == ("all", "2023-Q2", 3.0)
    assert movable_targets([indicator("weekly_reports.visits")], rows, DAY) == []


# ---- on the sample ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def view() -> SitingView:
    sample = Workspace.open(SAMPLE)
    adult = sample.settings.profiles[0]
    assessment = assess(sample, CoverageParams(profile=adult, cutoffs=Cutoffs((5, 10, 15))))
    today = Today.of(assessment, assessment.gaps(minutes=15.0), 15.0)
    return SitingView(catalog("en"), sample, adult, 15.0, today, ())


def test_the_sample_is_measured_as_its_targets_were_set(view):
    """The goal of large units is all of them, so as many are due; coverage is the ledger's."""
    sample = view.workspace
    held = movable_targets(
        read_indicators(sample.path("indicators")).values(), sample.table("targets"), sample.settings.as_of
    )
    site = view.today.assessment.residents.lonlat[0]
    ground = ground_of(view, (Change("close", view.today.ids[0]), Change("new", "", (float(site[0]), float(site[1])))))
    units = {
        move.target.scope: move.target
        for move in moves(held, ground)
        if move.target.indicator.id == "large_units_with_center"
    }
    assert len(ground.due_units(3000)) == units["all"].goal
    for scope, found in units.items():
        assert ground.within(ground.due_units(3000), scope).sum() == found.goal
    share = next(move for move in moves(held, ground) if move.target.indicator.id == "covered_share_15_adult")
    assessment = view.today.assessment
    told = ledger(assessment.pairs(), assessment.governance("town"), assessment.residents.people[:, 0], 15.0)
    assert share.before == pytest.approx(100 * told.covered_open.sum() / told.residents.sum())
    opened = next(move for move in moves(held, ground) if move.target.indicator.id == "centers_open")
    assert opened.before == opened.after == len(view.today.ids)


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        ("zh", ["对目标的影响", "已开放中心 12 → **15**", "未达标，还差 43", "目标 58，2023"]),
        ("en", ["Targets affected", "Centers open 12 → **15**", "not met, 43 short", "target 58, 2023"]),
    ],
)
def test_a_plan_says_which_targets_it_moves(monkeypatch, lang, sentences):
    app = page(monkeypatch, SAMPLE, lang=lang, count="3")
    text = said(app).replace("\\", "")
    assert not app.exception and all(sentence in text for sentence in sentences)


def test_a_target_that_is_met_says_so(monkeypatch, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(SAMPLE, folder)
    path = folder / "targets.csv"
    rows = pd.read_csv(path, dtype=str)
    rows.loc[(rows["indicator"] == "centers_open") & (rows["period"] == "2023"), "value"] = "15"
    rows.to_csv(path, index=False)
    assert "已开放中心 12 → **15** :small[:gray[（目标 15，2023）]] :green[**✓ 达标**]" in said(
        page(monkeypatch, folder, lang="zh", count="3")
    ).replace("\\", "")


@pytest.mark.parametrize(("lang", "sentence"), [("zh", "已开放中心 12 → **11**"), ("en", "Centers open 12 → **11**")])
def test_a_what_if_says_which_targets_it_moves(monkeypatch, lang, sentence):
    app = page(monkeypatch, SAMPLE, lang=lang, task="whatif", changes="cqg-05")
    assert not app.exception and sentence in said(app).replace("\\", "")
    assert "figure=walk_change" in "".join(metric.help for metric in app.metric)


def test_a_network_without_targets_says_so(monkeypatch, grid_folder):
    app = page(monkeypatch, grid_folder, task="whatif", changes="cnear", lang="en")
    assert not app.exception and "has no targets" in said(app)
