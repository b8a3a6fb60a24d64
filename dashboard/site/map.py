"""The map of the page Sites: catchments, and the chosen center's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.map.state import MapState, center_bounds, map_state

if TYPE_CHECKING:
    from dashboard.cache import Addresses
    from dashboard.i18n import Catalog
    from dashboard.results import NetworkResults
    from data.workspace import Workspace


def site_map(text: Catalog, workspace: Workspace, results: NetworkResults, found: Addresses) -> MapState:
    """What was chosen, in the words of the page's language."""
    site = st.session_state["site"]
    common = map_state(text, workspace, results, found, view="", bounds=center_bounds(workspace, results, site))
    return replace(common, visible=tuple(st.session_state["layers"]), selected=site).keyed()
