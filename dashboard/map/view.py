"""The map in the page: a constant folium base, and one message a rerun that says what to show.

The only place that calls `st_folium`. Geometry and names travel by URL; what passes through folium is the palette
and a message in base64, because folium and branca compile whatever they render as templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import folium
import streamlit as st
from branca.element import MacroElement
from jinja2 import Template
from streamlit_folium import st_folium

from dashboard.choice import is_place
from dashboard.map.route import ROOT, SCRIPTS, STYLES
from dashboard.theme import PALETTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.map.state import MapState

UP: Final = "../.."
"""From the component's page (/component/<name>/index.html) to the root, wherever the server is mounted."""

FALLBACK_HEIGHT_PX: Final = 620
"""Height where the map cannot see the screen (embedded in a page of another origin)."""


@dataclass(frozen=True, slots=True)
class Click:
    """What a hand chose on the map.

    Attributes:
        site: id of a center.
        place: a numbered mark's place, as a choice has it.
        spot: a place on the ground, likewise.
    """

    site: str | None = None
    place: str | None = None
    spot: str | None = None

    @classmethod
    def read(cls, event: object) -> Click:
        """From the component's value; whatever is not understood chooses nothing."""
        told = event if isinstance(event, dict) else {}
        site, place, spot = told.get("site"), told.get("place"), told.get("spot")
        return cls(
            site=site if isinstance(site, str) else None,
            place=place if is_place(place) else None,
            spot=spot if is_place(spot) else None,
        )


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


def choose(click: Click) -> None:
    """A clicked center becomes the choice `site`, a numbered mark the place to look at."""
    if click.site is not None:
        st.session_state["site"] = click.site
    if click.place is not None:
        st.session_state["at"] = click.place


def show_map(state: MapState, *, key: str = "map", take: Callable[[Click], None] = choose) -> None:
    """Draw the map.

    Args:
        state: what it shows.
        key: of the component; maps of the same key keep their place and zoom from page to page.
        take: told what was clicked, before the next run.
    """
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
        on_change=lambda: take(Click.read(st.session_state.get(key))),
    )
