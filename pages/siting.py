"""选址 Siting: where the next centers should go: click and see, ask for the best, and see what one more brings."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import beginning, cache, state
from dashboard.choices import all_choices
from dashboard.i18n import catalog
from dashboard.map.view import show_map
from dashboard.siting import controls as siting_controls
from dashboard.siting import panel as siting_panel
from dashboard.siting.map import KEY, siting_map
from dashboard.siting.tasks import task_of
from dashboard.siting.view import SitingView, take_click
from data.workspace import Workspace


@st.fragment
def siting(workspace: Workspace) -> None:
    """The whole page; its own controls rerun only this."""
    text = catalog(state.language())
    with st.spinner(text("page.preparing")):  # appears only when the wait is noticeable
        view = SitingView.of(text, workspace)
    beginning.guide(text, workspace, here="siting")
    siting_panel.sentence(view)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        siting_controls.tasks(text)
        siting_controls.layers(text)
    task = task_of(view)
    map_side, panel_side = st.columns([11, 8], gap="medium")
    with panel_side, st.spinner(text("page.preparing")):
        shown = siting_map(task)
    with map_side:
        show_map(shown, key=KEY, take=partial(take_click, workspace))
    with panel_side:
        task.beside()
    task.below()
    state.publish(all_choices(workspace))


siting(cache.open_workspace())
