"""数据 Data: the tables, their import, weekly reports, history and backup."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import access, cache, state
from dashboard.choices import all_choices
from dashboard.editing.backup import backup
from dashboard.editing.choices import PARTS
from dashboard.editing.history import history
from dashboard.editing.imports import importer
from dashboard.editing.report_form import reports
from dashboard.editing.tables import closed_note, tables
from dashboard.i18n import Catalog, catalog
from data.workspace import Workspace

SCREENS: dict[str, Callable[[Catalog, Workspace], None]] = {
    "tables": tables,
    "import": importer,
    "reports": reports,
    "history": history,
    "backup": backup,
}


def data(workspace: Workspace) -> None:
    """The chosen part; what would change something is left out where nothing may be changed."""
    text = catalog(state.language())
    parts = list(PARTS) if access.closed(workspace) is None else [p for p in PARTS if p != "import"]
    if st.session_state["part"] not in parts:
        st.session_state["part"] = parts[0]
    part = st.segmented_control(
        text("data.part"), parts, format_func=lambda part: text(f"data.{part}"), key="part", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    closed_note(text, workspace, at_length=part == "tables")
    SCREENS[part or parts[0]](text, workspace)
    state.publish(all_choices(workspace))


data(cache.open_workspace())
