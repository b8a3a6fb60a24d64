"""The map: a constant folium base, and one message a rerun that says what to show.

The only place that calls `st_folium`. Geometry and names travel by URL; what passes through folium is the palette
and a message in base64, because folium and branca compile whatever they render as templates.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import folium
import numpy as np
import shapely
import streamlit as st
from branca.element import MacroElement
from jinja2 import Template
from streamlit_folium import st_folium

from dashboard.controls import profile_name
from dashboard.figures import minutes
from dashboard.i18n import HTML_LANG, Catalog
from dashboard.map.layers import DECIMALS
from dashboard.map.route import ROOT, SCRIPTS, STYLES
from dashboard.overview import legend as overview_legend
from dashboard.sharing import legend as sharing_legend
from dashboard.siting import legend as siting_legend
from dashboard.siting.layers import PLACED
from dashboard.state import LOOKS, is_place, place_of
from dashboard.theme import PALETTES
from data.tables.codes import CODE_LISTS
from geo.crs import to_lonlat

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.cache import Addresses
    from dashboard.overview.overview import Overview
    from dashboard.results import NetworkResults
    from data.settings import Settings
    from data.workspace import Workspace
    from geo.params import WalkProfile

UP: Final = "../.."
"""From the component's page (/component/<name>/index.html) to the root, wherever the server is mounted."""

FALLBACK_HEIGHT_PX: Final = 620
"""Height where the map cannot see the screen (embedded in a page of another origin)."""

KEY: Final = "map"
OVERVIEW_KEY: Final = "overview_map"
SITING_KEY: Final = "siting_map"
GO_TO: Final = "go_to"
"""Key of the session's state: the page that a click asks for."""


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
        minutes: the longest cutoff shown.
        selected: id of the chosen center.
        text: words of legend, tooltips and controls.
        notes: lines at the lower left: what the map is made of, review number.
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


class _AtlasMap(MacroElement):
    """Starts the map's script on the base map."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "window.atlas = linliAtlas({{ this._parent.get_name() }}, {{ this.options | tojson }});"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        palettes = {name: palette.as_json() for name, palette in PALETTES.items()}
        self.options = {"root": f"{UP}/{ROOT}/", "height": FALLBACK_HEIGHT_PX, "palettes": palettes}


class _Message(MacroElement):
    """Hands the state to the map's script; streamlit-folium would keep every earlier group, so they are let go."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        'window.feature_group = []; window.atlas.show("{{ this.message }}", {{ this.fresh | tojson }});'
        "{% endmacro %}"
    )

    def __init__(self, state: MapState) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.message, self.fresh = state.message(), state.fresh


def base_map() -> folium.Map:
    """The map without content: the same script for every workspace, language and choice."""
    base = folium.Map(
        location=(0, 0), zoom_start=2, tiles=None, zoom_control=False, attribution_control=False, prefer_canvas=True
    )
    base.default_js = [(address, f"{UP}/{address}") for address in SCRIPTS]
    base.default_css = [(address, f"{UP}/{address}") for address in STYLES]
    base.add_child(_AtlasMap())
    return base


def chosen_site(event: object) -> str | None:
    """The id of the center that was clicked, from the component's value; None for anything else."""
    site = event.get("site") if isinstance(event, dict) else None
    return site if isinstance(site, str) else None


def chosen_place(event: object) -> str | None:
    """The place of the numbered mark that was clicked, as a choice; None for anything else."""
    place = event.get("place") if isinstance(event, dict) else None
    return place if is_place(place) else None


def _take_click() -> None:
    event = st.session_state.get(KEY)
    site, place = chosen_site(event), chosen_place(event)
    if site is not None:
        st.session_state["site"] = site
    if place is not None:
        st.session_state["at"] = place


def _follow_click() -> None:
    site = chosen_site(st.session_state.get(OVERVIEW_KEY))
    if site is not None:
        st.session_state["site"] = site
        st.session_state[GO_TO] = "sites"


def site_map(text: Catalog, workspace: Workspace, results: NetworkResults, found: Addresses) -> MapState:
    """The map of the page at hand: what was chosen, in the words of its language."""
    settings, chosen = workspace.settings, st.session_state
    west, south, east, north = _bounds(workspace, results, chosen["site"])
    return MapState(
        key="",
        workspace=workspace.content_id,
        lang=HTML_LANG[text.language],
        bounds=((south, west), (north, east)),
        layers=found.layers,
        streets=found.streets,
        visible=tuple(chosen["layers"]),
        cutoffs=settings.cutoffs.minutes,
        minutes=float(chosen["minutes"]),
        selected=chosen["site"],
        text=_words(text, settings, results.params.profile),
        notes=_notes(text, settings),
    ).keyed()


def overview_map(
    text: Catalog, workspace: Workspace, results: NetworkResults, overview: Overview, found: Addresses
) -> MapState:
    """The map of the overview: what was chosen, in the words of its language."""
    settings, chosen = workspace.settings, st.session_state
    scope = overview.ground.scope
    west, south, east, north = _scope_bounds(workspace, results, scope.town)
    return MapState(
        key="",
        workspace=f"{workspace.content_id} {scope.town}",
        lang=HTML_LANG[text.language],
        bounds=((south, west), (north, east)),
        layers=found.layers,
        streets=found.streets,
        visible=tuple(chosen["show"]),
        cutoffs=settings.cutoffs.minutes,
        minutes=float(chosen["minutes"]),
        selected=None,
        text=_words(text, settings, results.params.profile) | overview_legend.words(text),
        notes=_notes(text, settings),
        legend=overview_legend.sections(text, workspace, overview, results.params.profile),
        toned=overview_legend.palette_of(chosen["tone"]),
        shaded=chosen["shade"] is not None,
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
    ).keyed()


def sharing_map(text: Catalog, workspace: Workspace, results: NetworkResults, found: Addresses) -> MapState:
    """The map of sharing: of what belongs to it, it shows the layers that have an address."""
    settings, chosen = workspace.settings, st.session_state
    west, south, east, north = _bounds(workspace, results, None)
    ground = (name for name in chosen["drawn"] if name in ("streets", "names"))
    return MapState(
        key="",
        workspace=f"{workspace.content_id} sharing",
        lang=HTML_LANG[text.language],
        bounds=((south, west), (north, east)),
        layers=found.layers,
        streets=found.streets,
        visible=(*ground, *(name for name in found.layers if name != "catchments")),
        cutoffs=settings.cutoffs.minutes,
        minutes=float(chosen["minutes"]),
        selected=chosen["site"],
        text=_words(text, settings, results.params.profile) | sharing_legend.words(text),
        notes=_notes(text, settings),
        legend=sharing_legend.sections(text, workspace, found.layers),
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
    ).keyed()


def _scope_bounds(workspace: Workspace, results: NetworkResults, town: str | None) -> tuple[float, float, float, float]:
    """West, south, east, north of the first view: the town chosen, else the county, else the centers."""
    outlines = workspace.jurisdictions
    code = town or workspace.settings.county
    mine = outlines[outlines["code"] == code]
    if mine.empty:
        return _bounds(workspace, results, None)
    west, south, east, north = mine.total_bounds.round(DECIMALS).tolist()
    return west, south, east, north


def _bounds(workspace: Workspace, results: NetworkResults, site: str | None) -> tuple[float, float, float, float]:
    """West, south, east, north of the first view: the chosen catchment, else the centers with their catchments."""
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
        "minutes": {f"{m:g}": text("map.within", minutes=minutes(m)) for m in settings.cutoffs.minutes},
    }


def _notes(text: Catalog, settings: Settings) -> tuple[str, ...]:
    """Lower left: the nature of the data, whom it comes from, and the review number that a public map must show."""
    lines = [text("map.synthetic") if settings.synthetic else "", str(settings.map.get("attribution", ""))]
    review = settings.map.get("review_number")
    lines.append(text("map.review", number=review) if review else "")
    return tuple(line for line in lines if line)


def siting_map(
    text: Catalog,
    workspace: Workspace,
    results: NetworkResults,
    found: Addresses,
    *,
    pointing: bool,
    left: tuple[str, ...] = (),
) -> MapState:
    """The map of siting: of what belongs to it, it shows the layers that have an address.

    Args:
        pointing: a click on the ground places a center.
        left: ids of centers that close or move away.
    """
    settings, chosen = workspace.settings, st.session_state
    west, south, east, north = _bounds(workspace, results, None)
    own = tuple(name for name in found.layers if name in ("homes", "marks") or name.startswith(PLACED))
    return MapState(
        key="",
        workspace=f"{workspace.content_id} siting",
        lang=HTML_LANG[text.language],
        bounds=((south, west), (north, east)),
        layers=found.layers,
        streets=found.streets,
        visible=(*chosen["ground"], *own),
        cutoffs=settings.cutoffs.minutes,
        minutes=float(chosen["minutes"]),
        selected=None,
        text=_words(text, settings, results.params.profile) | siting_legend.words(text),
        notes=_notes(text, settings),
        legend=siting_legend.sections(
            text, workspace, {*chosen["ground"], *own}, float(chosen["minutes"]), left=bool(left)
        ),
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
        pointing=pointing,
        left=left,
        fresh={address: base64.b64encode(layer.body).decode("ascii") for address, layer in found.fresh.items()},
    ).keyed()


def chosen_spot(event: object) -> str | None:
    """The place on the ground that was clicked, as a choice; None for anything else."""
    spot = event.get("spot") if isinstance(event, dict) else None
    return spot if is_place(spot) else None


def show_siting_map(state: MapState, take: Callable[[str | None, str | None], None]) -> None:
    """Draw the map of siting.

    Args:
        state: what it shows.
        take: told the center or the place that was clicked, before the next run.
    """

    def pass_on() -> None:
        event = st.session_state.get(SITING_KEY)
        take(chosen_site(event), chosen_spot(event))

    _folium(state, SITING_KEY, pass_on)


def show_map(state: MapState, *, leads_to_site: bool = False) -> None:
    """Draw the map; a click on a center becomes the choice `site` before the next run.

    Args:
        state: what it shows.
        leads_to_site: a click also asks for the page of the center (`GO_TO`).
    """
    if leads_to_site:
        _folium(state, OVERVIEW_KEY, _follow_click)
    else:
        _folium(state, KEY, _take_click)


def _folium(state: MapState, key: str, on_change: Callable[[], None]) -> None:
    group = folium.FeatureGroup()
    group.add_child(_Message(state))
    # No returned_objects: streamlit-folium then never reports pan and zoom, and the map's script alone answers.
    st_folium(
        base_map(),
        key=key,
        height=FALLBACK_HEIGHT_PX,
        use_container_width=True,
        returned_objects=[],
        feature_group_to_add=group,
        on_change=on_change,
    )
