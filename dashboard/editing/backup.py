"""Backup: the whole workspace as one file, here and from the command line."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.i18n import Catalog
from dashboard.panels import quiet
from data.archive import pack

if TYPE_CHECKING:
    from data.workspace import Workspace

MIME = "application/zip"


def backup(text: Catalog, workspace: Workspace) -> None:
    """Export without and backup with the history; how to open them again."""
    name, has_history = workspace.settings.as_of.isoformat(), workspace.has_registry
    for title, history in (("export", False), ("backup", True)):
        with st.container(border=True):
            st.header(text(f"backup.{title}"), anchor=False)
            st.markdown(text(f"backup.{title}_is"))
            st.download_button(
                text(f"backup.{title}_get"),
                partial(packed, workspace, history),
                file_name=f"linli-{title}-{name}.zip",
                mime=MIME,
                key=f"backup_{title}",
                on_click="ignore",
                disabled=history and not has_history,
                type="secondary" if history else "primary",
            )
            if history and not has_history:
                quiet(text("backup.no_history"))
    st.header(text("backup.command"), anchor=False)
    quiet(text("backup.command_is"))
    st.code(
        "python -m data export my-workspace export.zip\n"
        "python -m data backup my-workspace backup.zip\n"
        "python -m data restore backup.zip another-workspace",
        language=None,
    )
    quiet(text("backup.open_again"))


def packed(workspace: Workspace, history: bool) -> bytes:
    """The workspace as the content of a zip file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workspace.zip"
        pack(workspace, path, history=history)
        return path.read_bytes()
