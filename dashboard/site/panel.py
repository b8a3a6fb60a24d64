"""The panel of one center: what is put where. Its parts are the modules `site_…`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard import figures
from dashboard.site import around as site_around
from dashboard.site import identity as site_identity
from dashboard.site import indicators as site_indicators
from dashboard.site import people as site_people
from dashboard.site import pictures as site_pictures
from dashboard.site import printed as site_print
from dashboard.site import reports as site_reports
from dashboard.site import services as site_services
from dashboard.site import timeline as site_timeline
from dashboard.site.choices import SECTIONS

if TYPE_CHECKING:
    from dashboard.site.view import SiteView

SHOW: Final[dict[str, Callable[[SiteView], None]]] = dict(
    zip(
        SECTIONS,
        (site_indicators.show, site_reports.show, site_timeline.show, site_around.show, site_pictures.show),
        strict=True,
    )
)
"""Only the chosen section runs: tabs would run them all."""


def show_beside_map(view: SiteView) -> None:
    """Beside the map: who it is, whom it reaches in a sentence, what it gives and to whom."""
    site_identity.show(view, site_print.button)
    if view.on_street:
        site_people.show_sentence(view)
    else:
        limit = figures.length(view.results.params.snap.max_distance_m)
        st.warning(view.text("site.off_street", distance=limit))
    site_services.show(view)
    if view.on_street:
        site_people.show_served(view)


def show_below_map(view: SiteView) -> None:
    """Below both: whom it reaches; what it is for in an emergency, and how sure all this is."""
    left, right = st.columns(2, gap="medium")
    with left:
        if view.on_street:
            site_people.show_reach(view)
    with right:
        site_services.show_emergency(view)
        if view.on_street:
            site_people.show_doubts(view)


def show_sections(view: SiteView) -> None:
    """Below both: one section at a time."""
    text = view.text
    st.segmented_control(
        text("section.label"),
        SECTIONS,
        format_func=lambda section: text(f"section.{section}"),
        key="section",
        required=True,
        label_visibility="collapsed",
    )
    SHOW[st.session_state["section"]](view)
