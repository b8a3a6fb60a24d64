"""方法 Methods: every figure with its definition, formula, inputs, parameters and limits."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import cache, state
from dashboard.choice import Choice
from dashboard.choices import all_choices
from dashboard.i18n import catalog
from dashboard.markdown import plain
from dashboard.methods import view as methods_view
from dashboard.methods.figure_catalog import KEY
from dashboard.methods.view import Methods
from data.workspace import Workspace

CHAPTERS: dict[str, Callable[[Methods], None]] = {
    "figures": methods_view.figure_list,
    "inputs": methods_view.input_chapter,
    "parameters": methods_view.parameter_chapter,
    "engine": methods_view.engine_chapter,
}


def methods(workspace: Workspace) -> None:
    """The chosen figure, or the chosen chapter."""
    text = catalog(state.language())
    found = Methods(text, workspace)
    asked = st.query_params.get(KEY)
    choices = (Choice(KEY, list(found.figures), None), Choice("chapter", list(CHAPTERS), "figures"))
    state.restore(choices)
    chosen = st.session_state[KEY]
    if chosen is None:
        _chapters(found, asked)
    else:
        methods_view.figure_page(found, found.figures[chosen])
    state.publish((*all_choices(workspace), *choices))


def _chapters(found: Methods, asked: str | None) -> None:
    text = found.text
    st.markdown(text("methods.lead"), width=methods_view.READING_PX)
    if asked is not None and asked not in found.figures:
        st.info(text("methods.gone", figure=plain(asked)), width=methods_view.READING_PX)
    st.segmented_control(
        text("chapter.choose"), list(CHAPTERS), format_func=lambda name: text(f"chapter.{name}"), key="chapter",
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    CHAPTERS[st.session_state["chapter"]](found)


methods(cache.open_workspace())
