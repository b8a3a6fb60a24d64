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
    from dashboard.sharing.view import SharingView


def sharing_map(view: SharingView, found: Addresses) -> MapState:
    """What was chosen, in the words of the page's language; of the page's own layers, those that have an address.

    Where there are no borders the catchments are whole.
    """
    text, workspace, chosen = view.text, view.workspace, st.session_state
    bounds = town_bounds(workspace, view.results, None)
    common = map_state(text, workspace, view.results, found, view="sharing", bounds=bounds)
    ground = tuple(name for name in chosen["drawn"] if name in ("streets", "names"))
    whole = not view.has_borders and "divided" in chosen["drawn"]
    own = tuple(name for name in found.layers if name != "catchments" or whole)
    return replace(
        common,
        visible=(*ground, *own),
        selected=chosen["site"],
        text=common.text | legend.words(text),
        legend=legend.sections(text, workspace, own, common.minutes),
        focus=place_of(chosen["at"]),
        looks=chosen.get(LOOKS, 0),
    ).keyed()
