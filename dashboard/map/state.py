"""MapState: all that one map shows, and what the maps of all pages have in common."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import streamlit as st

from dashboard.controls import profile_name
from dashboard.figures import minutes
from dashboard.i18n import HTML_LANG, Catalog
from dashboard.map.layers import DECIMALS
from dashboard.map.notes import notes
from dashboard.theme import PALETTES, ThemeName
from data.tables.codes import CODE_LISTS
from geo.crs import to_lonlat

if TYPE_CHECKING:
    from dashboard.cache import Addresses
    from dashboard.results import NetworkResults
    from data.settings import Settings
    from data.workspace import Workspace
    from geo.params import WalkProfile

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class MapState:
    """All that the map shows. Equal states give equal messages, and the browser does nothing for those.

    Attributes:
        key: names this state; the page reports it when it has drawn it.
        workspace: content id; another one makes the map look at `bounds` again.
        lang: HTML language code.
        bounds: ((south, west), (north, east)) of the first view.
        layers: name → address below ROOT: jurisdictions, catchments, centers, points.
        streets: address of the street tiles.
        visible: layers that are switched on.
        cutoffs: minutes that the catchments have.
        shades: their colors, by theme.
        minutes: the longest cutoff shown.
        selected: id of the chosen center.
        text: words of legend, tooltips and controls.
        notes: lines at the lower left.
        legend: sections of (title, rows of (mark, what, label)); where there are none, the map makes its own.
        toned: the palette's name of the centers' colors, "" where their color is the status's.
        shaded: places are shaded by the tone of their facts.
        focus: longitude, latitude of a place to look at; its figures are shown.
        looks: how often a look was asked for: a new one looks again.
        pointing: a click on the ground names a place.
        left: ids of centers that close or move away: their catchments are only outlined.
        fresh: address → gzipped geometry in base64, which need not be fetched; travels beside the message.
    """

    key: str
    workspace: str
    lang: str
    bounds: tuple[tuple[float, float], tuple[float, float]]
    layers: dict[str, str]
    streets: str
    visible: tuple[str, ...]
    cutoffs: tuple[float, ...]
    shades: dict[ThemeName, tuple[str, ...]]
    minutes: float
    selected: str | None
    text: dict[str, Any]
    notes: tuple[str, ...]
    legend: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = ()
    toned: str = ""
    shaded: bool = False
    focus: tuple[float, float] | None = None
    looks: int = 0
    pointing: bool = False
    left: tuple[str, ...] = ()
    fresh: dict[str, str] = field(default_factory=dict)

    def keyed(self) -> MapState:
        """The same state, named by its content."""
        return replace(self, key=hashlib.sha256(self.message().encode()).hexdigest()[:16])

    def message(self) -> str:
        """Base64 of ASCII JSON: letters, digits, `+`, `/` and `=` only, so no template or string can be broken."""
        return base64.b64encode(json.dumps(asdict(replace(self, fresh={}))).encode("ascii")).decode("ascii")


def map_state(
    text: Catalog, workspace: Workspace, results: NetworkResults, found: Addresses, *, view: str, bounds: Bounds
) -> MapState:
    """What the maps of all pages have in common, for the choices at hand; each page replaces what is its own.

    Args:
        text: the sentences.
        workspace: what is looked at.
        results: of the chosen profile.
        found: the layers' addresses.
        view: names what is looked at in the workspace: another one makes the map look at `bounds` again.
        bounds: of the first view.
    """
    west, south, east, north = bounds
    cutoffs = workspace.settings.cutoffs.minutes
    return MapState(
        key="",
        workspace=f"{workspace.content_id} {view}",
        lang=HTML_LANG[text.language],
        bounds=((south, west), (north, east)),
        layers=found.layers,
        streets=found.streets,
        visible=(),
        cutoffs=cutoffs,
        shades={name: palette.shades(len(cutoffs)) for name, palette in PALETTES.items()},
        minutes=float(st.session_state["minutes"]),
        selected=None,
        text=_words(text, workspace.settings, results.params.profile),
        notes=notes(text, workspace),
    )


def town_bounds(workspace: Workspace, results: NetworkResults, town: str | None) -> Bounds:
    """Of a town, else of the county, else of the centers."""
    outlines = workspace.jurisdictions
    code = town or workspace.settings.county
    mine = outlines[outlines["code"] == code]
    if mine.empty:
        return center_bounds(workspace, results)
    west, south, east, north = mine.total_bounds.round(DECIMALS).tolist()
    return west, south, east, north


def center_bounds(workspace: Workspace, results: NetworkResults, site: str | None = None) -> Bounds:
    """Of a center's catchment, else of all centers with their catchments."""
    polygons = results.catchments.polygons[:, -1]
    if site is not None:
        polygons = polygons[workspace.centers["id"].tolist().index(site)]
    extent = shapely.total_bounds(polygons) if np.size(polygons) else np.array([np.nan])
    if not np.isfinite(extent).all():
        return workspace.network.bounds_lonlat
    corners = to_lonlat(extent.reshape(2, 2), results.catchments.crs)
    west, south, east, north = corners.reshape(-1).round(DECIMALS).tolist()
    return west, south, east, north


def _words(text: Catalog, settings: Settings, profile: WalkProfile) -> dict[str, Any]:
    reached = text("map.reached", profile=profile_name(text, settings, profile.id), speed=f"{profile.speed_mps:g}")
    return {
        **{
            key: text(f"map.{key}")
            for key in ("legend", "joint", "unsnapped", "unavailable", "zoom_in", "zoom_out", "full_screen")
        },
        "reached": reached,
        "status": {code.id: code.label(text.language) for code in CODE_LISTS["status"]},
        "minutes": {f"{m:g}": text("choice.minutes_short", minutes=minutes(m)) for m in settings.cutoffs.minutes},
    }
