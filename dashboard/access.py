"""Who may edit: a public display shows, a workspace of one's own takes changes. Nobody is asked for a password."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from dashboard.i18n import Catalog
from data.workspace import SAMPLE
from geo.errors import AtlasError

if TYPE_CHECKING:
    from data.registry.store import Registry
    from data.workspace import Workspace

READ_ONLY: Final = "LINLI_READONLY"
"""Environment variable that closes all editing on this server: for walls, counters and the public."""

OFF: Final = ("", "0", "false", "no", "off")
MAX_NAME: Final = 60

Reason = Literal["public", "sample"]


def closed(workspace: Workspace) -> Reason | None:
    """Why nothing can be edited here: the operator closed it, or this is the shipped sample; None where it can."""
    if os.environ.get(READ_ONLY, "").strip().lower() not in OFF:
        return "public"
    return "sample" if workspace.folder.resolve() == SAMPLE.resolve() else None


def registry(workspace: Workspace) -> Registry:
    """The workspace's registry, kept open for all sessions; the first call makes it from the workspace's files."""
    return _registry(workspace.registry_address, workspace)


@st.cache_resource(max_entries=2, show_spinner=False)
def _registry(address: str, _workspace: Workspace) -> Registry:
    return _workspace.registry()


def ask_who(text: Catalog, key: str) -> str:
    """The name of whoever is answerable for a change, remembered for the session."""
    st.session_state.setdefault(key, st.session_state.get("who", ""))
    name = st.text_input(text("editing.who"), key=key, max_chars=MAX_NAME, help=text("editing.who_help"))
    st.session_state["who"] = name.strip()
    return name.strip()


def ask_why(text: Catalog, key: str) -> str:
    """What a change is for."""
    return st.text_input(text("editing.why"), key=key, max_chars=200, placeholder=text("editing.why_hint")).strip()


def tell(text: Catalog, error: AtlasError) -> None:
    """What went wrong and what to do, as plain text: it may hold names from a table."""
    what, mend = text.error(error)
    with st.container(border=True):
        st.markdown(f"**:red[✕ {text('editing.refused')}]**")
        st.text(what)
        st.text(mend)
