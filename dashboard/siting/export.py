"""Files of a scenario or a plan: table, layers for a GIS, and the scenario itself to be opened again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

if TYPE_CHECKING:
    import numpy as np
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from dashboard.siting.view import SitingView

MIME: Final = "application/geopackage+sqlite3"


def buttons(view: SitingView, name: str, content: bytes) -> None:
    """Downloads of the what-if at hand.

    Args:
        name: of the scenario.
        content: the scenario as a file.
    """
    text = view.text
    st.download_button(
        text("scenario.save"), content, file_name="scenario.json", mime="application/json", key="save_scenario",
        on_click="ignore", help=text("scenario.save_help"),
    )  # fmt: skip
    st.download_button(
        text("siting.geopackage"),
        data=lambda: geopackage(view, changes_frame(view, name), view.what_if.lonlat),
        file_name="scenario.gpkg", mime=MIME, key="scenario_gpkg", on_click="ignore",
    )  # fmt: skip


def changes_frame(view: SitingView, name: str) -> GeoDataFrame:
    """The changes as points: number, kind, center, name, people in time, and what all of them bring together."""
    from geopandas import GeoDataFrame, points_from_xy

    found, marks = view.what_if, view.marks()
    lon, lat = [mark.lonlat[0] for mark in marks], [mark.lonlat[1] for mark in marks]
    columns = {
        "scenario": name,
        "number": range(1, len(marks) + 1),
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
    return GeoDataFrame(columns, index=range(len(marks)), geometry=points_from_xy(lon, lat), crs="EPSG:4326")


def geopackage(view: SitingView, sites: GeoDataFrame, lonlat: NDArray[np.float64]) -> bytes:
    """Layers `sites` and `catchments` (at the cutoff, EPSG:4326) in one file."""
    from geopandas import GeoDataFrame

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "siting.gpkg"
        sites.to_file(path, layer="sites", driver="GPKG", engine="pyogrio")
        if len(lonlat):
            found = view.today.catchments(lonlat)
            columns = {"number": range(1, len(lonlat) + 1), "minutes": view.minutes, "area_m2": found.area_m2[:, 0]}
            outlines = GeoDataFrame(columns, geometry=found.polygons[:, 0], crs=found.crs).to_crs("EPSG:4326")
            outlines.to_file(path, layer="catchments", driver="GPKG", engine="pyogrio")
        return path.read_bytes()
