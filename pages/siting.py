"""选址 Siting: where the next centers should go: click and see, ask for the best, and see what one more brings."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from dashboard import beginning, cache, state
from dashboard.choices import all_choices
from dashboard.i18n import catalog
from dashboard.map.view import show_map
from dashboard.panels import quiet
from dashboard.siting import answer as siting_answer
from dashboard.siting import cache as siting_cache
from dashboard.siting import controls as siting_controls
from dashboard.siting import curve as siting_curve
from dashboard.siting import panel as siting_panel
from dashboard.siting import scenarios as siting_scenarios
from dashboard.siting import why as siting_why
from dashboard.siting.map import KEY, siting_map
from dashboard.siting.view import SitingView, take_click
from data.workspace import Workspace


@st.fragment
def siting(workspace: Workspace) -> None:
    """The whole page; its own controls rerun only this."""
    text = catalog(state.language())
    with st.spinner(text("page.preparing")):  # appears only when the wait is noticeable
        view = SitingView.of(text, workspace)
    lacks = beginning.lacks(workspace)
    beginning.guide(text, workspace, here="siting")
    if "residents" not in lacks and (view.changes or not lacks):
        siting_panel.sentence(view)
    task, changed = st.session_state["task"], None
    blind = task != "whatif" and "residents" in lacks  # no place is better than another
    asked = None if blind else siting_controls.asked(view)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        siting_controls.tasks(text)
        siting_controls.layers(text)
    if task == "whatif":
        marks, lonlat, changed = view.marks(), view.what_if.lonlat, view.what_if
    elif task == "best":
        with st.spinner(text("best.searching")):
            answers = siting_answer.answers(view, asked) if asked else None
        marks, lonlat = [], np.empty((0, 2))
        if asked and answers and answers.items:
            last = answers.items[-1]
            marks, changed = siting_answer.marks(view, asked, last), siting_answer.brought(view, asked, last)
            lonlat = changed.lonlat
    else:
        with st.spinner(text("best.searching")):
            steps = siting_curve.steps(view, asked) if asked else None
        marks, lonlat = [], np.empty((0, 2))
    uncovered = "uncovered" in st.session_state["ground"]
    addresses = siting_cache.addresses(workspace, view.today, lonlat, marks, changed, uncovered=uncovered)
    map_side, panel_side = st.columns([11, 8], gap="medium")
    with map_side:
        results = cache.network_results(workspace, view.profile)
        left = changed.left if changed else ()
        shown = siting_map(text, workspace, results, addresses, pointing=task == "whatif", left=left)
        show_map(shown, key=KEY, take=partial(take_click, workspace))
    with panel_side:
        if blind:
            quiet(text("siting.no_residents"))
        elif task == "whatif":
            siting_panel.panel(view)
        elif task == "best":
            siting_answer.panel(view, asked, answers)
        else:
            siting_curve.panel(view, asked, steps)
    if task == "whatif":
        siting_scenarios.section(view)
    elif task == "best" and asked and answers:
        siting_why.below(view, asked, answers)
    state.publish(all_choices(workspace))


siting(cache.open_workspace())
