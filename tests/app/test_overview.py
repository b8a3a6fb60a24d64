"""The six figures, each recomputed on the sample by another way: SciPy's paths, then plain loops over homes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from dashboard.overview.attention import overdue_centers
from dashboard.overview.headlines import Headline, months_before, open_on
from dashboard.overview.layers import (
    breaks_of,
    centers_layer,
    classes,
    facts_layer,
    overlap_layer,
    services_layer,
    uncovered_layer,
)
from dashboard.overview.overview import Overview, assess
from dashboard.overview.records import Records
from dashboard.overview.scope import Scope
from data.monitoring.reports import monday
from data.workspace import SAMPLE, Workspace
from geo.engine.snapping import snap
from geo.params import ADULT, ELDERLY, CoverageParams
from tests.geo.reference import Walks

pytestmark = pytest.mark.xdist_group("overview")  # the walks are taken once for all

TOWN = "350505103000"
FOOD = Scope(service="food", batch=("1", "2"))
CASES = [
    pytest.param("adult", 15.0, Scope(), id="adult-15"),
    pytest.param("elderly", 10.0, Scope(), id="elderly-10"),
    pytest.param("adult", 15.0, Scope(town=TOWN), id="one-town"),
    pytest.param("adult", 15.0, FOOD, id="food-in-two-batches"),
]
PROFILES = {"adult": ADULT, "elderly": ELDERLY}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def records(workspace) -> Records:
    return Records.of(workspace)


@pytest.fixture(scope="module")
def overview_of(workspace, records) -> Callable[[str, float, Scope], Overview]:
    found = {name: assess(workspace, CoverageParams(profile=profile)) for name, profile in PROFILES.items()}

    def of(profile: str, minutes: float, scope: Scope) -> Overview:
        return Overview.of(workspace, found[profile], records, scope, minutes)

    return of


@pytest.fixture(scope="module")
def walks(workspace) -> dict[str, pd.DataFrame]:
    """Seconds from each home (rows) to each address (columns: center, service or None), independent of the engine."""
    own = workspace.centers[["id", "lon", "lat"]].rename(columns={"id": "center"}).assign(service=None)
    doors = pd.concat([own, workspace.service_points[["center", "service", "lon", "lat"]]], ignore_index=True)
    homes = workspace.demand[["lon", "lat"]].to_numpy()
    places = snap(workspace.network, np.concatenate([homes, doors[["lon", "lat"]].to_numpy()]))
    ends, starts = np.arange(len(homes)), np.arange(len(homes), len(homes) + len(doors))
    made = {}
    for name, profile in PROFILES.items():
        reference = Walks(workspace.network, profile, places)
        seconds = reference.doors("to", 900.0 + 1e-3, starts, ends).T
        made[name] = pd.DataFrame(seconds, columns=pd.MultiIndex.from_frame(doors[["center", "service"]].fillna("")))
    return made


def brute_force(workspace: Workspace, walks: pd.DataFrame, minutes: float, scope: Scope, is_open: set[str]) -> dict:
    """The figures by loops over homes."""
    centers = workspace.centers.set_index("id").sort_index()
    towns = dict(zip(workspace.jurisdictions["code"], workspace.jurisdictions["parent"], strict=True))
    kept = [
        (i, center)
        for i, (center, service) in enumerate(walks.columns)
        if center in is_open
        and (not scope.batch or str(centers["batch"][center]) in scope.batch)
        and (scope.service is None or service == scope.service)
    ]
    kept.sort(key=lambda pair: pair[1])
    seconds = walks.to_numpy()
    total = covered = elders = covered_elders = across = 0.0
    for home, row in enumerate(workspace.demand[["village", "population", "age_60_plus"]].itertuples(index=False)):
        if scope.town and towns[row.village] != scope.town:
            continue
        total += row.population
        elders += row.age_60_plus
        least, nearest = math.inf, None
        for i, center in kept:
            if seconds[home, i] < least - 1e-3:
                least, nearest = seconds[home, i], center
        if least > minutes * 60 + 1e-3:
            continue
        covered += row.population
        covered_elders += row.age_60_plus
        across += row.population * (towns[centers["home"][nearest]] != towns[row.village])
    return {"total": total, "covered": covered, "elders": covered_elders / elders, "across": across}


def figures(overview: Overview) -> dict[str, Headline]:
    return {headline.id: headline for headline in overview.headlines}


@pytest.mark.parametrize(("profile", "minutes", "scope"), CASES)
def test_coverage_headlines_by_loops_over_homes(workspace, overview_of, walks, profile, minutes, scope):
    overview = overview_of(profile, minutes, scope)
    found = figures(overview)
    now = set(workspace.centers["id"][workspace.centers["status"] == "open"])
    expected = brute_force(workspace, walks[profile], minutes, scope, now)
    assert found["covered"].amount == expected["covered"] > 0
    assert found["covered"].value == pytest.approx(expected["covered"] / expected["total"])
    assert found["elders"].value == pytest.approx(expected["elders"])
    assert found["uncovered"].value == expected["total"] - expected["covered"]
    assert found["across"].value == pytest.approx(expected["across"])
    # what stands below and beside the figures adds up to them
    assert overview.towns["covered"].sum() == overview.places["covered"].sum() == expected["covered"]
    assert sum(f["properties"]["n"] for f in uncovered_layer(overview).read()["features"]) == pytest.approx(
        found["uncovered"].value
    )


def test_the_course_is_recomputed_from_opening_days(workspace, overview_of, walks):
    course = figures(overview_of("adult", 15.0, Scope()))["covered"]
    opened = workspace.centers.set_index("id")["opened"]
    for day, share in list(zip(months_before(dt.date(2023, 6, 30), 12), course.series, strict=True))[::4]:
        there = set(opened[opened <= pd.Timestamp(day)].index)
        expected = brute_force(workspace, walks["adult"], 15.0, Scope(), there)
        assert share == pytest.approx(expected["covered"] / expected["total"])
    assert course.series[0] < course.series[-1] == course.value
    assert course.change == pytest.approx(course.series[-1] - course.series[-2])


@pytest.mark.parametrize("scope", [Scope(), Scope(town=TOWN), Scope(layout=("single_site",), status=("open",))])
def test_centers_and_reports_by_counting_rows(workspace, overview_of, scope):
    found = figures(overview_of("adult", 15.0, scope))
    parent = dict(zip(workspace.jurisdictions["code"], workspace.jurisdictions["parent"], strict=True))
    rows = [
        row
        for row in workspace.centers.itertuples()
        if (not scope.layout or row.layout in scope.layout)
        and (not scope.status or row.status in scope.status)
        and (not scope.town or scope.town in {parent[row.home], *row.governing})
    ]
    running = [row for row in rows if row.status == "open"]
    assert found["centers"].value == len(running) and found["centers"].whole == len(rows)
    reports = workspace.table("weekly_reports").set_index(["center", "week"])["reported_on"]
    week = "2023-W25"  # its Sunday is 25 June, due on the 28th; the next is due after the 30th
    due_on = pd.Timestamp(monday(week) + dt.timedelta(days=9))
    assert due_on <= pd.Timestamp(workspace.settings.as_of) < due_on + pd.Timedelta(weeks=1)
    in_time = sum(reports.get((row.id, week), pd.NaT) <= due_on for row in running)
    assert (found["reports"].amount, found["reports"].whole) == (in_time, len(running))


def test_targets_hold_for_the_network_and_not_for_a_selection(overview_of):
    whole = figures(overview_of("adult", 15.0, Scope()))
    assert whole["covered"].target.value == 0.5 and whole["covered"].target.verdict == "behind"
    assert whole["centers"].target.value == 58
    assert figures(overview_of("adult", 10.0, Scope()))["covered"].target is None  # aimed at for 15 minutes only
    assert all(h.target is None for h in overview_of("adult", 15.0, FOOD).headlines)


def test_a_center_is_open_from_its_day_until_it_is_suspended():
    frame = pd.DataFrame(
        {
            "status": ["open", "open", "suspended", "planned"],
            "opened": pd.to_datetime(["2023-05-02", None, "2023-01-01", None]),
            "suspended": pd.to_datetime([None, None, "2023-05-02", None]),
        }
    )
    assert open_on(frame, dt.date(2023, 5, 1)).tolist() == [False, True, True, False]
    assert open_on(frame, dt.date(2023, 5, 2)).tolist() == [True, True, False, False]


def test_map_and_table_hold_the_same_centers(workspace, overview_of):
    overview = overview_of("adult", 15.0, Scope(town=TOWN, status=("open",)))
    snapped = frozenset(workspace.centers["id"])
    drawn = [f["properties"] for f in centers_layer(overview, snapped, "layout").read()["features"]]
    assert [d["id"] for d in drawn if not d["away"]] == overview.centers["id"][overview.centers["listed"]].tolist()
    assert {d["status"] for d in drawn} == {"open"} and len(drawn) == 12
    shown = services_layer(workspace.service_points, overview.centers, "food").read()["features"]
    food = workspace.service_points[workspace.service_points["service"] == "food"]
    assert {f["properties"]["center"] for f in shown} == set(food["center"]) & {d["id"] for d in drawn}


def test_overlap_counts_homes_once_and_leaves_out_the_uncovered(overview_of):
    overview = overview_of("adult", 15.0, Scope())
    drawn = {
        f["properties"]["n"]: len(f["geometry"]["coordinates"]) for f in overlap_layer(overview).read()["features"]
    }
    assert sum(drawn.values()) == overview.covered.sum()
    assert drawn[1] == (overview.reaching == 1).sum()


def test_shading_says_the_class_of_each_place(overview_of):
    overview = overview_of("adult", 15.0, Scope())
    breaks = breaks_of(overview, "uncovered")
    layer = facts_layer(overview, "uncovered", breaks).read()
    facts = {feature["properties"]["code"]: feature["properties"] for feature in layer["features"]}
    assert len(facts) == len(overview.places) and list(breaks) == sorted(breaks)
    for row in overview.places.itertuples():
        assert facts[row.code]["tone"] == sum(row.uncovered >= bound for bound in breaks)
    assert classes(pd.Series([np.nan, 0.2, 0.19]), (0.2,)) == [-1, 1, 0]


def test_an_overdue_center_is_one_line_with_its_longest_overdue_step():
    as_of = dt.date(2023, 6, 30)
    steps = pd.DataFrame(
        [("a", "fit_out", "2023-06-20", None), ("a", "opening", "2023-06-25", None),
         ("b", "opening", "2023-06-30", None), ("c", "other", "2023-06-01", "2023-06-29"),
         ("d", "fit_out", "2023-06-01", None)],
        columns=["center", "kind", "planned", "done"],
    )  # fmt: skip
    steps[["planned", "done"]] = steps[["planned", "done"]].apply(pd.to_datetime)
    lines = overdue_centers(steps, frozenset("abc"), as_of)
    assert [(line.center, line.facts) for line in lines] == [("a", {"step": "fit_out", "days": 10, "others": 1})]
