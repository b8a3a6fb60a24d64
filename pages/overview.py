"""总览 Overview: how the network stands, on one screen."""

from __future__ import annotations

import streamlit as st

from dashboard import cache, panels, routes, state
from dashboard.choices import all_choices
from dashboard.i18n import catalog
from dashboard.map.view import show_map
from dashboard.overview import controls as overview_controls
from dashboard.overview import panels as overview_panels
from dashboard.overview.choices import scope
from dashboard.overview.map import GO_TO, KEY, go_to_site, overview_map
from data.workspace import Workspace


@st.fragment
def overview(workspace: Workspace) -> None:
    """The whole page; its own controls rerun only this."""
    if st.session_state.pop(GO_TO, None) == "sites":
        st.switch_page(routes.page("sites"), query_params=state.address(all_choices(workspace)))
    text = catalog(state.language())
    chosen = st.session_state
    profile = next(p for p in workspace.settings.profiles if p.id == chosen["profile"])
    with st.spinner(text("page.preparing")):  # appears only when the wait is noticeable
        results = cache.network_results(workspace, profile)
        found = cache.overview(workspace, profile, float(chosen["minutes"]), scope())
        addresses = cache.overview_addresses(workspace, results, found, chosen["show"], chosen["shade"], chosen["tone"])
    overview_panels.sentence(text, workspace, found)
    overview_panels.cards(text, workspace, found)
    map_side, list_side = st.columns([2, 1], gap="medium")
    with map_side:
        overview_controls.toolbar(text, workspace)
        show_map(overview_map(text, workspace, results, found, addresses), key=KEY, take=go_to_site)
    with list_side:
        overview_panels.attention_list(text, workspace, cache.attention(workspace, found))
    state.publish(all_choices(workspace))
    panels.let_the_map_draw()
    overview_panels.towns(text, workspace, found)
    overview_panels.twin(text, workspace, results, found)


overview(cache.open_workspace())
