"""站点 Sites: the map of catchments, and the panel of the chosen center."""

from __future__ import annotations

import streamlit as st

from dashboard import cache, panels, state
from dashboard.choices import all_choices, choice_of_cutoff
from dashboard.i18n import catalog
from dashboard.map.view import show_map
from dashboard.site import panel as site_panel
from dashboard.site.controls import layer_switch, site_picker
from dashboard.site.map import site_map
from dashboard.site.view import SiteView
from data.workspace import Workspace


@st.fragment
def sites(workspace: Workspace) -> None:
    """Map and panel; a click on the map reruns only this."""
    text = catalog(state.language())
    profile = next(p for p in workspace.settings.profiles if p.id == st.session_state["profile"])
    with st.spinner(text("page.preparing")):  # appears only when the wait is noticeable
        results = cache.network_results(workspace, profile)
    cutoff = choice_of_cutoff(workspace)
    panels.headline(text, workspace, results, cutoff)
    site = st.session_state["site"]
    view = None if site is None else SiteView(text, workspace, results, site, cutoff)
    map_side, panel_side = st.columns([2, 1] if view is None else 2, gap="medium")
    with map_side:  # first: the reader waits for the map
        layer_switch(text)
        show_map(site_map(text, workspace, results, cache.addresses(workspace, results)))
    panels.let_the_map_draw()
    with panel_side:
        if not workspace.centers.empty:
            site_picker(text, workspace)
        if view is None:
            panels.network_panel(text, workspace, results, cutoff)
        else:
            site_panel.show_beside_map(view)
    if view is not None:
        site_panel.show_below_map(view)
        site_panel.show_sections(view)
    state.publish(all_choices(workspace))


sites(cache.open_workspace())
