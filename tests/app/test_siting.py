"""Siting: what the page says of a change is what the assessment finds before and after it; its best is the engine's."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.map.view import Click
from dashboard.overview.overview import assess
from dashboard.siting.answer import job as work_of
from dashboard.siting.best import Asked, SiteSearch
from dashboard.siting.changes import opened, read, saved, scenario
from dashboard.siting.job import Job
from dashboard.siting.layers import Mark, homes_layer, marks_layer, outline
from dashboard.siting.view import typed_place
from dashboard.siting.whatif import Today
from data.tables.changes import MOST, Change, with_change, written
from data.workspace import SAMPLE, Workspace
from geo.coverage.assessment import Assessment
from geo.coverage.supply import Supply
from geo.errors import EmptyTableError
from geo.params import MINUTE_S, CoverageParams, Cutoffs
from geo.people.residents import Residents
from geo.siting.candidates import from_villages
from geo.siting.ground import SiteGround
from geo.siting.questions import MaxCover, solve
from tests.conftest import ROOT

MINUTES = 15.0
FAR = Cutoffs((MINUTES, 60.0))
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}${1}"


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def before(sample) -> Assessment:
    return assess(sample, CoverageParams(profile=sample.settings.profiles[0], cutoffs=FAR))


@pytest.fixture(scope="module")
def today(before) -> Today:
    return Today.of(before, before.gaps(minutes=MINUTES), MINUTES)


def somewhere(assessment: Assessment, rank: int) -> tuple[float, float]:
    """A home of an uncovered resident, the larger ones first."""
    left = assessment.pairs().least_s > MINUTES * MINUTE_S
    order = np.argsort(-np.where(left, assessment.residents.people[:, 0], -1.0), kind="stable")
    lon, lat = assessment.residents.lonlat[order[rank]].round(5).tolist()
    return lon, lat


def changed_supply(workspace: Workspace, changes: tuple[Change, ...]) -> Supply:
    """The tables, edited by hand as the changes say."""
    centers = workspace.centers[["id", "lon", "lat", "status"]].copy()
    points = workspace.service_points[["center", "service", "lon", "lat", "capacity"]]
    for i, change in enumerate(changes):
        if change.kind == "new":
            row = {"id": f"zz-{i}", "lon": change.lonlat[0], "lat": change.lonlat[1], "status": "open"}
            centers = pd.concat([centers, pd.DataFrame([row])], ignore_index=True)
            continue
        mine = centers["id"] == change.center
        points = points[points["center"] != change.center]
        if change.kind == "close":
            centers = centers[~mine]
        else:
            centers.loc[mine, ["lon", "lat"]] = change.lonlat
    return Supply.of(centers, points)


# ---- what if ------------------------------------------------------------------------------------------------


def test_a_what_if_is_what_the_assessment_finds_before_and_after(sample, before, today):
    new, moved, closed = somewhere(before, 0), somewhere(before, 40), today.ids[3]
    changes = (Change("new", "", new), Change("close", closed), Change("move", today.ids[0], moved))
    found = today.what_if(changes)
    after = replace(before, supply=changed_supply(sample, changes))
    limit = MINUTES * MINUTE_S
    was, now = before.pairs().least_s <= limit, after.pairs().least_s <= limit
    people = before.residents.people
    gained, lost = people[now & ~was], people[was & ~now]
    assert (found.gained, found.lost) == pytest.approx((gained[:, 0].sum(), lost[:, 0].sum()))
    assert found.gained > 0 and found.lost > 0
    ages = found.by_group().set_index("group")
    for column, group in enumerate(before.residents.groups[1:], start=1):
        assert ages.loc[group, "gained"] == pytest.approx(gained[:, column].sum())
        assert ages.loc[group, "lost"] == pytest.approx(lost[:, column].sum())
    assert found.share_after == pytest.approx(people[now, 0].sum() / people[:, 0].sum())
    villages = found.by_unit().set_index("code")
    codes = np.array(before.residents.village)
    for code, row in villages.iterrows():
        here = codes == code
        assert row["gained"] == pytest.approx(people[here & now & ~was, 0].sum())
        assert row["lost"] == pytest.approx(people[here & was & ~now, 0].sum())
    assert villages["gained"].sum() == pytest.approx(found.gained)
    assert np.array_equal(found.switched[0], now & ~was) and np.array_equal(found.switched[1], was & ~now)


def test_the_change_of_the_walk_is_the_mean_of_each_residents_change(sample, before, today):
    changes = (Change("new", "", somewhere(before, 0)), Change("new", "", somewhere(before, 7)))
    after = replace(before, supply=changed_supply(sample, changes))
    walk, then = before.pairs().least_s / MINUTE_S, after.pairs().least_s / MINUTE_S
    both, people = np.isfinite(walk) & np.isfinite(then), before.residents.people[:, 0]
    expected = np.average(then[both] - walk[both], weights=people[both])
    assert today.what_if(changes).effect.mean_change_min == pytest.approx(expected, abs=1e-6)
    assert expected < 0


def test_nothing_changed_changes_nothing(today):
    found = today.what_if(())
    assert (found.gained, found.lost, found.switching) == (0, 0, 0)
    assert found.share_before == found.share_after
    assert found.by_unit().empty and found.by_switch().empty and found.by_placed().empty
    assert homes_layer(found).read()["features"] == []


def test_a_center_beside_another_overlaps_with_it_wholly(sample, today):
    row = sample.centers.set_index("id").loc[today.ids[0]]
    beside = today.what_if((Change("new", "", (row["lon"], row["lat"])),)).by_placed().iloc[0]
    assert beside["overlap"] == pytest.approx(beside["in_time"]) and beside["in_time"] > 0


def test_a_center_in_the_sea_reaches_nobody_and_says_so(today):
    found = today.what_if((Change("new", "", (119.4, 24.9)),))
    assert found.off_street.tolist() == [True] and found.gained == 0
    assert outline(today, (119.4, 24.9)) is None


def test_layers_hold_what_becomes_covered(before, today):
    found = today.what_if((Change("new", "", somewhere(before, 0)),))
    drawn = homes_layer(found).read()["features"]
    assert sum(f["properties"]["n"] for f in drawn) == pytest.approx(found.gained, rel=1e-3)
    assert {f["properties"]["kind"] for f in drawn} == {1}
    ground = shapely.from_geojson(outline(today, somewhere(before, 0)))
    assert shapely.distance(ground, shapely.Point(somewhere(before, 0))).max() < 0.002


def test_names_travel_as_data():
    layer = marks_layer([Mark("1", "new", HOSTILE, (118.9, 25.1), 3.0)])
    assert layer.read()["features"][0]["properties"]["name"] == HOSTILE


# ---- changes as a link has them -----------------------------------------------------------------------------

PLACES = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(lambda p: (round(p[0], 5) + 0.0, round(p[1], 5) + 0.0))
IDS = ("qg-01", "a_b", "a_b_c", "x.y")
TOO_MANY = "~".join(["n118.9_25.1"] * (MOST + 1))


@given(st.lists(PLACES, max_size=4), st.permutations(IDS), st.integers(0, 4), PLACES)
def test_links_say_what_was_done(new, ids, closing, place):
    changes = [Change("new", "", lonlat) for lonlat in new]
    changes += [Change("close", center) for center in ids[:closing]]
    changes += [Change("move", center, place) for center in ids[closing:]]
    assert read(written(changes), IDS) == tuple(changes)


@pytest.mark.parametrize(
    "text",
    ["", "n", "x118_25", "n118.9", "n999_25", "n118.9_95", "cnobody", "mqg-01", HOSTILE, 7, "~", TOO_MANY],
)
def test_other_texts_are_no_changes(text):
    assert read(text, IDS) is None


def test_a_center_is_changed_once():
    first, then = Change("close", "a_b"), Change("move", "a_b", (1.0, 2.0))
    assert with_change((first,), then) == (then,)
    assert read(f"{first.text}~{then.text}", IDS) == (then,), "what is said last counts"


def test_a_scenario_can_be_saved_and_opened():
    changes = (Change("new", "", (118.9, 25.1)), Change("close", "qg-01"))
    assert opened(saved("甲案", changes), IDS) == ("甲案", changes)
    assert [center.id for center in scenario(changes).added] == ["new-1"]
    for other in (b"\xff\xfe", b"[]", b"{}", json.dumps({"format": "other"}).encode(), saved("x", changes)[:-9]):
        assert opened(other, IDS) is None
    assert opened(saved("x", changes), ["others"]) is None


def test_only_places_are_taken_from_a_click():
    assert Click.read({"spot": "118.90000_25.10000", "click": 1}) == Click(spot="118.90000_25.10000")
    for event in (None, {}, {"spot": HOSTILE}, {"spot": 3}, "118.9_25.1"):
        assert Click.read(event).spot is None


# ---- the best -----------------------------------------------------------------------------------------------


def asked_for(before: Assessment, **other: object) -> Asked:
    facts = {"goal": "cover", "count": 5, "target": 0.95, "candidates": "villages", "weights": "all"}
    return Asked(**(facts | {"given": "open", "minutes": MINUTES, "profile": before.params.profile} | other))


def test_the_best_is_the_engines_and_covers_what_the_what_if_finds(before, today):
    search = SiteSearch.of(before, "villages", "open")
    *_, answer = search.answers(asked_for(before), threading.Event())
    residents, supply = before.residents, before.supply
    doors = np.flatnonzero(supply.open[supply.door_center])
    ground = SiteGround(
        before.network, residents, from_villages(residents, before.network.crs), tuple(map(str, doors)),
        supply.door_lonlat[doors], np.arange(len(doors)), before.params.snap,
    )  # fmt: skip
    alone = solve(ground.problem(before.params.profile, cutoff=MINUTES), MaxCover(5))
    assert answer.plan.proven and set(answer.plan.ids) == set(alone.ids)
    lonlat = search.candidates.lonlat[list(answer.plan.sites)].tolist()
    found = today.what_if(tuple(Change("new", "", (lon, lat)) for lon, lat in lonlat))
    assert found.gained == pytest.approx(answer.plan.covered - answer.plan.covered_before)
    assert sum(case.adds for case in answer.cases) == pytest.approx(found.gained)


def test_sites_of_the_shortest_walk_have_runners_up_that_are_no_better(before):
    search, asked = SiteSearch.of(before, "villages", "open"), asked_for(before, goal="mean", count=2)
    *_, answer = search.answers(asked, threading.Event())
    assert all(case.runner_up not in answer.plan.sites and case.worse_by >= 0 for case in answer.cases)


def test_committed_centers_stand_in_the_answer(before):
    ids = SiteSearch.of(before, "villages", "committed").ground.existing_ids
    status = dict(zip(before.supply.ids, before.supply.status, strict=True))
    assert set(ids) == {center for center, said in status.items() if said != "suspended"}


def test_the_curve_rises_and_bends(before):
    search = SiteSearch.of(before, "villages", "open")
    steps = []
    for step in search.curve(asked_for(before), threading.Event()):
        steps.append(step)
        if len(steps) == 6:
            break
    gains = [step.marginal for step in steps]
    assert all(step.plan.proven for step in steps) and min(gains) > 0
    assert steps[0].plan.covered + sum(gains[1:]) == pytest.approx(steps[-1].plan.covered)


# ---- work in the background ---------------------------------------------------------------------------------


def test_a_job_gathers_and_stops_when_told():
    def endless(stop):
        number = 0
        while not stop.wait(0.01):
            number += 1
            yield number

    job = Job(endless)
    job.wait(0.5)
    assert job.running and job.items[0] == 1
    job.cancel()
    job.wait(5)
    assert not job.running and job.cancelled and job.error is None


def test_a_job_keeps_what_went_wrong():
    def broken(stop):
        yield 1
        raise EmptyTableError(path="nothing")

    job = Job(broken)
    job.wait(5)
    assert job.items == [1] and isinstance(job.error, EmptyTableError) and not job.running


def test_a_job_that_nobody_looks_at_stops(monkeypatch):
    monkeypatch.setattr("dashboard.siting.job.FORGOTTEN_S", 0.0)

    def endless(stop):
        while not stop.wait(0.01):
            yield time.monotonic()

    job = Job(endless)
    job.wait(5)
    assert not job.running and job.forgotten and job.cancelled


def test_forgotten_work_is_begun_anew_and_stopped_work_stays_as_it_is(monkeypatch):
    def endless(stop):
        while not stop.wait(0.01):
            yield 1

    first = work_of("anew", "key", endless, wait_s=0.1)
    first.cancel()
    first.wait(5)
    assert work_of("anew", "key", endless, wait_s=0.1) is first and not first.forgotten
    with monkeypatch.context() as patch:
        patch.setattr("dashboard.siting.job.FORGOTTEN_S", 0.0)
        left = work_of("anew", "other", endless, wait_s=0.1)
        left.wait(5)
    again = work_of("anew", "other", endless, wait_s=0.1)
    assert left.forgotten and again is not left and again.running
    again.cancel()


# ---- the page -----------------------------------------------------------------------------------------------


def page(monkeypatch: pytest.MonkeyPatch, folder, **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.switch_page("../pages/siting.py").run()


def said(app: AppTest) -> str:
    return "\n".join(block.value for block in [*app.title, *app.subheader, *app.markdown, *app.text, *app.warning])


def place_of(folder, row: int) -> str:
    home = Residents.of(Workspace.open(folder).demand).lonlat[row]
    return f"{home[0]:.5f}_{home[1]:.5f}"


def test_a_link_shows_its_scenario(monkeypatch, grid_folder):
    app = page(monkeypatch, grid_folder, changes=f"n{place_of(grid_folder, 5)}~cnear", lang="en")
    assert not app.exception
    values = [metric.value for metric in app.metric]
    assert values[0] == "32"  # the home at the far corner; of 1 + 2 + 4 + 8 + 16 all are lost
    assert values[1] == f"{100 * 32 / 127:.1f} %"
    assert "**31** are no longer covered" in said(app)
    app.button(key="undo").click().run()
    assert app.query_params["changes"] == f"n{place_of(grid_folder, 5)}"
    assert [metric.value for metric in app.metric][1] == f"{100 * 63 / 127:.1f} %"
    app.button(key="clear_changes").click().run()
    assert "changes" not in app.query_params and not app.metric


@pytest.mark.parametrize("changes", ["cfar", "n999_1", HOSTILE])
def test_a_link_that_says_nothing_shows_today(monkeypatch, grid_folder, changes):
    app = page(monkeypatch, grid_folder, changes=changes)
    assert not app.exception and not app.metric and "24.4 %" in said(app)


def test_who_does_not_point_types_a_place_also_for_a_center_that_moves(monkeypatch, grid_folder):
    lon, lat = place_of(grid_folder, 5).split("_")
    app = page(monkeypatch, grid_folder, site="near", lang="en")
    app.text_input(key="typed_place_en").set_value(f"{lon}，{lat}").run()
    assert app.query_params["changes"] == f"n{lon}_{lat}" and not app.text_input(key="typed_place_en").value
    app.button(key="move_center").click().run()
    app.text_input(key="typed_place_en").set_value("the old school").run()
    assert "These are no coordinates" in said(app) and app.query_params["changes"] == f"n{lon}_{lat}"
    app.text_input(key="typed_place_en").set_value(f"{lon} {lat}").run()
    assert app.query_params["changes"] == f"n{lon}_{lat}~mnear_{lon}_{lat}" and "no coordinates" not in said(app)


def test_a_village_is_the_new_place_of_a_center_that_moves(monkeypatch, today):
    app = page(monkeypatch, SAMPLE, site=today.ids[0], lang="en")
    app.button(key="move_center").click().run()
    app.selectbox(key="village_en").select_index(3).run()
    assert app.query_params["changes"].startswith(f"m{today.ids[0]}_") and "~" not in app.query_params["changes"]


@given(PLACES)
def test_a_place_is_read_as_it_is_typed(place):
    lon, lat = place
    for between in (", ", "，", " ", "_", ";"):
        assert typed_place(f" {lon:.5f}{between}{lat:.5f} ") == place
    swapped = typed_place(f"{lat:.5f}, {lon:.5f}")
    assert swapped == (place if abs(lon) > 90 else (lat, lon))


@pytest.mark.parametrize("text", ["", "118.9", "118.9, 25.1, 3", "118.9 99", "east, north", "1e2, 3", "٣, ٤", "--1, 2"])
def test_what_is_no_place_is_not_read(text):
    assert typed_place(text) is None


def test_the_best_says_that_it_is_proven(monkeypatch):
    app = page(monkeypatch, SAMPLE, task="best", count="3", lang="en")
    assert not app.exception and "Proven optimal" in said(app)
    assert "Adds" in app.dataframe[-1].value and len(app.dataframe[-1].value) == 3


def test_a_plan_without_sites_says_that_the_conditions_allow_none(monkeypatch):
    app = page(monkeypatch, SAMPLE, task="best", count="3", budget="50", price="100", lang="en")
    assert "the conditions allow none of them" in said(app) and "Why these sites" not in said(app)


@pytest.mark.parametrize(("lang", "words"), [("en", "{} of all residents"), ("zh", "占全体居民的 {}")])
def test_the_target_of_the_fewest_sites_is_that_of_all_residents_too(monkeypatch, before, lang, words):
    """95 % of whom any village or open center reaches."""
    problem = SiteSearch.of(before, "villages", "open").problem(asked_for(before))
    reached = problem.weight[np.unique(problem.times.index[problem.times.seconds <= problem.cutoff_s])].sum()
    app = page(monkeypatch, SAMPLE, task="best", goal="fewest", target="95", lang=lang)
    assert words.format(f"{95 * reached / problem.weight.sum():.1f} %") in said(app)


def test_the_trade_off_has_words_for_who_does_not_see_it(monkeypatch, grid_folder):
    app = page(monkeypatch, grid_folder, task="curve", lang="en")
    (chart,) = app.get("plotly_chart")
    assert chart.proto.alt.startswith("Line chart")


def test_what_cannot_be_met_names_the_conflict(monkeypatch):
    app = page(monkeypatch, SAMPLE, task="best", count="1", least="80")
    assert not app.exception and not app.metric
    assert "互相冲突" in said(app) and "最多新增 1 个中心" in said(app) and "涂岭镇的覆盖率不低于 80 %" in said(app)
