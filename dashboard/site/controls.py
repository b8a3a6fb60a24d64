"""The controls of the page Sites."""

from __future__ import annotations

import streamlit as st

from dashboard.controls import list_names
from dashboard.i18n import Catalog
from dashboard.site.choices import LAYERS
from data.workspace import Workspace


def layer_switch(text: Catalog) -> None:
    """Which layers the map shows."""
    st.pills(
        text("choice.layers"),
        LAYERS,
        selection_mode="multi",
        format_func=lambda layer: text(f"layer.{layer}"),
        key="layers",
        label_visibility="collapsed",
    )


def site_picker(text: Catalog, workspace: Workspace) -> None:
    """Choose a center by name: for the keyboard, for a thumb, and where the map is crowded."""
    centers = workspace.centers
    names = list_names(text, centers, "id")
    key = f"picked_{text.language}"  # a key of its own per language: the browser keeps the label it was given
    st.session_state[key] = st.session_state["site"]

    def take() -> None:
        st.session_state["site"] = st.session_state[key]

    st.selectbox(
        text("choice.site"),
        list(names),
        format_func=lambda site: names.get(site, site),
        key=key,
        index=None,
        on_change=take,
        placeholder=text("choice.site_placeholder"),
        label_visibility="collapsed",
    )
