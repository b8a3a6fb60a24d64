"""Layers of a plan or a scenario for a GIS: sites, catchments, the homes it changes, and what it rests on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.params import MINUTE_S
from geo.siting.scenario import new_center_times

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from dashboard.siting.report.document import PlanReport
    from dashboard.siting.report.gains import Gains
    from dashboard.siting.report.plan import Chosen
    from dashboard.siting.view import SitingView

ABOUT: Final = ("question", "proof", "assumptions", "record")
"""Sections of the report that the table `about` repeats."""
DEGREES: Final = "EPSG:4326"


def geopackage(view: SitingView, sites: GeoDataFrame, gains: Gains, report: PlanReport) -> bytes:
    """One file (EPSG:4326): `sites`, `catchments`, `demand` whose coverage changes, and the table `about`.

    `number` means the same site in all of them.

    Args:
        sites: points of the plan or the scenario.
        gains: who becomes covered, and who is no more.
        report: the question, the assumptions and the hashes to be written down.
    """
    import pyogrio

    placed = sites[sites["change"] != "close"] if "change" in sites else sites
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "siting.gpkg"
        layers = {
            "sites": sites,
            "catchments": catchments_frame(view, placed),
            "demand": demand_frame(view, placed, gains),
        }
        for name, frame in layers.items():
            geometry = {"catchments": "MultiPolygon"}.get(name, "Point")
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", geometry_type=geometry, promote_to_multi=name == "catchments"
            )
        pyogrio.write_dataframe(about_frame(report), path, layer="about", driver="GPKG")
        return path.read_bytes()


def changes_frame(view: SitingView, name: str) -> GeoDataFrame:
    """The changes as points: number, sign on the map, kind, center, name, people in time, what all bring together."""
    from geopandas import GeoDataFrame, points_from_xy

    found, marks = view.what_if, view.marks()
    lon, lat = [mark.lonlat[0] for mark in marks], [mark.lonlat[1] for mark in marks]
    columns = {
        "scenario": name,
        "number": range(1, len(marks) + 1),
        "sign": [mark.sign for mark in marks],
        "change": [change.kind for change in view.changes],
        "center": [change.center for change in view.changes],
        "name": [mark.name for mark in marks],
        "lon": lon,
        "lat": lat,
        "residents_in_time": [mark.people for mark in marks],
        "all_newly_covered": found.gained,
        "all_no_longer_covered": found.lost,
        "all_covered_share": found.share_after,
        "profile": view.profile.id,
        "minutes": view.minutes,
        "workspace": view.workspace.content_id,
    }
    return GeoDataFrame(columns, index=range(len(marks)), geometry=points_from_xy(lon, lat), crs=DEGREES)


def plan_frame(view: SitingView, chosen: Chosen) -> GeoDataFrame:
    """The chosen sites as points: order, what each brings, its runner-up, and the plan's value, bound and proof."""
    from geopandas import GeoDataFrame, points_from_xy

    plan, cases, asked = chosen.answer.plan, chosen.cases, chosen.asked
    ids = chosen.search.candidates.ids
    lon, lat = (axis for axis in chosen.search.candidates.lonlat[[case.site for case in cases]].reshape(-1, 2).T)
    columns = {
        "number": range(1, len(cases) + 1),
        "id": [ids[case.site] for case in cases],
        "name": [chosen.name(case.site) for case in cases],
        "lon": lon,
        "lat": lat,
        "residents_added": [case.adds for case in cases],
        "residents_in_time": [case.in_time for case in cases],
        "residents_only_here": [case.only_it for case in cases],
        "runner_up": ["" if case.runner_up is None else ids[case.runner_up] for case in cases],
        "runner_up_worse_by": [case.worse_by for case in cases],
        "question": asked.goal,
        "weights": asked.weights,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "proven": plan.proven,
        "covered_share": plan.share,
        "profile": view.profile.id,
        "minutes": view.minutes,
        "workspace": view.workspace.content_id,
    }
    return GeoDataFrame(columns, index=range(len(cases)), geometry=points_from_xy(lon, lat), crs=DEGREES)


def catchments_frame(view: SitingView, placed: GeoDataFrame) -> GeoDataFrame:
    """Catchments of the sites where a center is placed: number, minutes, area."""
    from geopandas import GeoDataFrame

    if placed.empty:
        return GeoDataFrame({"number": [], "minutes": [], "area_m2": []}, geometry=[], crs=DEGREES)
    found = view.today.catchments(_lonlat(placed))
    columns = {"number": placed["number"].to_numpy(), "minutes": view.minutes, "area_m2": found.area_m2[:, 0]}
    return GeoDataFrame(columns, geometry=found.polygons[:, 0], crs=found.crs).to_crs(DEGREES)


def _lonlat(placed: GeoDataFrame) -> NDArray[np.float64]:
    return np.asarray(placed[["lon", "lat"]], dtype=np.float64)


def demand_frame(view: SitingView, placed: GeoDataFrame, gains: Gains) -> GeoDataFrame:
    """Demand points that become covered, or are no more: residents by age, village, and the nearest site.

    `number` and `walk_min` are of the nearest site where a center is placed, empty where none is in reach.
    """
    from geopandas import GeoDataFrame, points_from_xy

    assessment = view.today.assessment
    residents, count = assessment.residents, len(assessment.residents)
    nearest, seconds = np.full(count, np.nan), np.full(count, np.nan)
    if not placed.empty:
        times = new_center_times(view.today.reach, _lonlat(placed), assessment.homes, assessment.params.snap)
        farthest_first = np.argsort(-times.seconds, kind="stable")
        point = times.index[farthest_first]
        nearest[point], seconds[point] = (
            placed["number"].to_numpy()[times.row[farthest_first]],
            times.seconds[farthest_first],
        )
    at = np.flatnonzero((gains.gained_at | gains.lost_at) & (residents.people[:, 0] > 0))
    lon, lat = residents.lonlat[at].T
    columns = {
        "id": np.array(residents.ids, dtype=object)[at],
        "village": np.array(residents.village, dtype=object)[at],
        "change": np.where(gains.gained_at[at], "newly_covered", "no_longer_covered"),
        **{group: residents.people[at, i] for i, group in enumerate(residents.groups)},
        "number": nearest[at],
        "walk_min": seconds[at] / MINUTE_S,
    }
    return GeoDataFrame(columns, geometry=points_from_xy(lon, lat), crs=DEGREES)


def about_frame(report: PlanReport) -> pd.DataFrame:
    """What the plan rests on, one row a fact: section (its id), item, value, source."""
    rows = [
        ("summary", report.title, sentence, "")
        for sentence in (report.subtitle, *report.summary, report.warning)
        if sentence
    ]
    for part in filter(None, map(report.section, ABOUT)):
        rows += [(part.id, part.title, sentence, "") for sentence in part.paragraphs]
        rows += [(part.id, row[0], row[1], row[2] if len(row) > 2 else "") for t in part.tables for row in t.rows]
    return pd.DataFrame(rows, columns=["section", "item", "value", "source"])
