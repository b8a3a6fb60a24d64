"""Beginning: what a workspace still lacks, and where to go for it. A network that begins is a state, not a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from dashboard import access, routes, state
from dashboard.choices import all_choices

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from data.workspace import Workspace

Lack = Literal["centers", "open", "residents"]
PARTS: Final[dict[Lack, str]] = {"centers": "import", "open": "tables", "residents": "import"}
"""Of the page Data: where each is mended."""


def lacks(workspace: Workspace) -> list[Lack]:
    """No center, or none that is open; no residents."""
    found: list[Lack] = []
    if workspace.centers.empty:
        found.append("centers")
    elif not workspace.open_centers:
        found.append("open")
    if not workspace.demand["population"].sum() > 0:
        found.append("residents")
    return found


def serves_nobody(workspace: Workspace) -> bool:
    """Whether no center is open."""
    return not workspace.open_centers


def guide(text: Catalog, workspace: Workspace, here: str = "") -> None:
    """What is lacking, what that means, and the ways to mend it; nothing where nothing is.

    Args:
        text: words of the page.
        workspace: that may lack something.
        here: name of the page, which needs no way to itself.
    """
    found = lacks(workspace)
    if not found:
        return
    closed = access.closed(workspace) is not None
    with st.container(border=True, gap="xsmall", key="beginning"):
        for lack in found:
            st.markdown(f"**{text(f'lack.{lack}')}** {text(f'lackthen.{lack}', count=len(workspace.centers))}")
        with st.container(horizontal=True, gap="medium"):
            for lack in () if closed else found:
                _link(text, workspace, "data", f"lackmend.{lack}", part=PARTS[lack])
            if here != "siting" and ("centers" in found or "open" in found):
                _link(text, workspace, "siting", "lackmend.siting")


def _link(text: Catalog, workspace: Workspace, page: str, label: str, **choices: str) -> None:
    address = {**state.address(all_choices(workspace)), **choices}
    st.page_link(routes.page(page), label=f"**{text(label)} →**", query_params=address)
