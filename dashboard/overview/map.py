"""The map of the page Overview: all its layers, and the way from a center to its page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard.choice import place_of
from dashboard.map.state import MapState, map_state, town_bounds
from dashboard.map.view import Click
from dashboard.overview import legend
from dashboard.state import LOOKS

if TYPE_CHECKING:
    from dashboard.cache import Addresses
    from dashboard.i18n import Catalog
    from dashboard.overview.overview import Overview
    from dashboard.results import NetworkResults
    from data.workspace import Workspace

KEY: Final = "overview_map"
GO_TO: Final = "go_to"
"""Key of the session's state: the page that a click asks for."""


def overview_map(
    text: Catalog, workspace: Workspace, results: NetworkResults, overview: Overview, found: Addresses
) -> MapState:
    """What was chosen, in the words of the page's language."""
    chosen, town = st.session_state, overview.ground.scope.town
    bounds = town_bounds(workspace, results, town)
    common = map_state(text, workspace, results, found, view=str(town), bounds=bounds)
    return replace(
        common,
        visible=tuple(chosen["show"]),
        text=common.text | legend.words(text),
        legend=legend.sections(text, workspace, overview, results.params.profile),
        toned=legend.palette_of(chosen["tone"]),
        shaded=chosen["shade"] is not None,
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
    ).keyed()


def go_to_site(click: Click) -> None:
    """A clicked center's page is asked for."""
    if click.site is not None:
        st.session_state["site"] = click.site
        st.session_state[GO_TO] = "sites"
