"""联域共享 Sharing: who is served across which border, what that is worth, and where the gaps are."""

from __future__ import annotations

from types import ModuleType

import streamlit as st

from dashboard import beginning, cache, state
from dashboard.choices import all_choices
from dashboard.i18n import catalog
from dashboard.map.view import show_map
from dashboard.panels import quiet
from dashboard.sharing import cache as sharing_cache
from dashboard.sharing import controls as sharing_controls
from dashboard.sharing import equity as sharing_equity
from dashboard.sharing import gaps as sharing_gaps
from dashboard.sharing import ledger as sharing_ledger
from dashboard.sharing import options as sharing_options
from dashboard.sharing import supply as sharing_supply
from dashboard.sharing import worth as sharing_worth
from dashboard.sharing.map import sharing_map
from dashboard.sharing.view import SharingView
from data.workspace import Workspace

SECTIONS: dict[str, ModuleType] = {
    "worth": sharing_worth,
    "ledger": sharing_ledger,
    "gaps": sharing_gaps,
    "options": sharing_options,
    "supply": sharing_supply,
    "equity": sharing_equity,
}  # each has what stands beside the map and what stands below it

NEEDS_CENTERS = ("worth", "ledger", "supply", "equity")
NEEDS_BORDERS = ("worth", "ledger", "options")


@st.fragment
def sharing(workspace: Workspace) -> None:
    """The whole page; its own controls rerun only this."""
    text = catalog(state.language())
    offered = sharing_controls.levels(workspace)
    if offered and st.session_state["level"] not in offered:
        st.session_state["level"] = offered[-1]
    with st.spinner(text("page.preparing")):  # appears only when the wait is noticeable
        view = SharingView.of(text, workspace)
        found = view.sharing
    beginning.guide(text, workspace)
    if found.n_inhabited > 1 and not beginning.serves_nobody(workspace):
        sharing_worth.sentence(view)
    topic = sharing_controls.topics(text)
    sharing_controls.toolbar(view, topic)
    map_side, list_side = st.columns(2, gap="medium")
    with map_side:
        with st.spinner(text("page.preparing")):
            sites = sharing_options.sites(view) if topic == "options" else None
            gaps = topic == "gaps" or "gaps" in view.drawn
            addresses = sharing_cache.addresses(view, sites, gaps=gaps)
        show_map(sharing_map(view, addresses))
        sharing_controls.chosen_center(view)
    missing = lacking(view, topic)
    with list_side:
        if missing:
            quiet(text(missing))
        else:
            SECTIONS[topic].beside(view)
    if not missing:
        SECTIONS[topic].below(view)
    state.publish(all_choices(workspace))


def lacking(view: SharingView, topic: str) -> str:
    """Key of the sentence that says why a section has nothing to show, "" where it has."""
    if view.sharing.residents == 0:
        return "sharing.add_residents"
    if topic in NEEDS_CENTERS and beginning.serves_nobody(view.workspace):
        return "sharing.no_open"
    if topic == "supply" and not view.assessment.supply.gives.any():
        return "sharing.no_services"
    if topic not in NEEDS_BORDERS:
        return ""
    if not view.has_borders:
        return "sharing.no_jurisdictions"
    return "sharing.one_jurisdiction" if topic != "options" and view.sharing.n_inhabited <= 1 else ""


sharing(cache.open_workspace())
