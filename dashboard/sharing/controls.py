"""The controls of the page Sharing; every choice lives in the URL (`dashboard.state`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from dashboard import figures, routes, state
from dashboard.choices import all_choices
from dashboard.controls import mirror
from dashboard.markdown import plain
from dashboard.sharing.choices import DRAWN, TOPICS
from dashboard.sharing.sharing import CREDITS
from geo.coverage.jurisdiction import LEVELS
from geo.coverage.supply import SERVICES

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from dashboard.sharing.view import SharingView
    from data.workspace import Workspace


CREDITED: Final = ("worth", "ledger")
"""Topics whose figures depend on how joint centers are credited."""


def levels(workspace: Workspace) -> list[str]:
    """Levels of which there are outlines, from coarse to fine."""
    found = set(workspace.jurisdictions["level"])
    return [level for level in LEVELS if level in found]


def topics(text: Catalog) -> str:
    """Which part of the page is shown; only that is run."""
    topic = st.segmented_control(
        text("sharing.topic"), TOPICS, format_func=lambda name: text(f"topic.{name}"), key="topic", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return str(topic or TOPICS[0])


def toolbar(view: SharingView, topic: str) -> None:
    """One row above the map: level, service, layers, and credit where it changes anything."""
    text, offered = view.text, levels(view.workspace)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if len(offered) > 1:
            st.segmented_control(
                text("sharing.level"), offered, key="level", required=True, label_visibility="collapsed",
                format_func=lambda name: text(f"level.{name}").capitalize(),
            )  # fmt: skip
        _service(text)
        if view.has_joint and topic in CREDITED:
            st.segmented_control(
                text("sharing.credit"), CREDITS, format_func=lambda name: text(f"credit.{name}"), required=True,
                label_visibility="collapsed", help=text(f"credit.{view.credit}_help"), **mirror("credit"),
            )  # fmt: skip
        with st.popover(text("overview.layers")):
            _layers(text)


def chosen_center(view: SharingView) -> None:
    """Whom the center that was clicked serves, and the way to its page."""
    text, site = view.text, st.session_state["site"]
    if site is None:
        return
    total, beyond = view.sharing.served_by(view.assessment.supply.ids.index(site))
    facts = {"name": plain(view.center_name(site)), "level": text(f"level.{view.level}")}
    people = {"people": figures.number(total), "beyond": figures.number(beyond)}
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(text("sharing.center_serves", **facts, **people), width="content")
        if st.button(text("sharing.open_center"), type="tertiary"):
            st.switch_page(routes.page("sites"), query_params=state.address(all_choices(view.workspace)))


def _service(text: Catalog) -> None:
    """Any center, or one of the services. A key per language: the browser keeps the label that it was given."""
    st.selectbox(
        text("filter.service"), SERVICES, index=None, format_func=lambda s: text.code("service", s), width=168,
        placeholder=text("sharing.all_centers"), label_visibility="collapsed", **mirror("service", text.language),
    )  # fmt: skip


def _layers(text: Catalog) -> None:
    options: dict[str, Any] = {"selection_mode": "multi", "format_func": lambda name: text(f"drawn.{name}")}
    st.pills(text("overview.show"), DRAWN, **options, **mirror("drawn"))
