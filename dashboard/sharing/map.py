"""The map of the page Sharing: catchments cut along borders, flows, gaps and sites to share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.choice import place_of
from dashboard.map.state import MapState, map_state, town_bounds
from dashboard.sharing import legend
from dashboard.state import LOOKS

if TYPE_CHECKING:
    from dashboard.cache import Addresses
    from dashboard.i18n import Catalog
    from dashboard.results import NetworkResults
    from data.workspace import Workspace


def sharing_map(text: Catalog, workspace: Workspace, results: NetworkResults, found: Addresses) -> MapState:
    """What was chosen, in the words of the page's language; of the page's own layers, those that have an address."""
    chosen = st.session_state
    bounds = town_bounds(workspace, results, None)
    common = map_state(text, workspace, results, found, view="sharing", bounds=bounds)
    ground = (name for name in chosen["drawn"] if name in ("streets", "names"))
    return replace(
        common,
        visible=(*ground, *(name for name in found.layers if name != "catchments")),
        selected=chosen["site"],
        text=common.text | legend.words(text),
        legend=legend.sections(text, workspace, found.layers),
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
    ).keyed()
