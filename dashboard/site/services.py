"""What a center gives: the six services, had or lacking, its local extras, and its part in an emergency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.site.words import details, offer_names
from data.monitoring.offers import EXTRA
from data.tables.codes import CODE_LISTS

if TYPE_CHECKING:
    from dashboard.site.view import SiteView

COLUMNS = 3


def show(view: SiteView) -> None:
    """A grid of six, then the extras."""
    text = view.text
    six = [offer for offer in view.offers if offer.service != EXTRA]
    had = sum(offer.points > 0 for offer in six)
    st.subheader(text("services.title", had=had, all=len(six)), anchor=False)
    if not view.offers or not any(offer.points for offer in view.offers):
        quiet(text("services.none"))
        return
    for start in range(0, len(six), COLUMNS):
        row = st.columns(COLUMNS, gap="small", border=True)
        for column, offer in zip(row, six[start : start + COLUMNS], strict=False):
            label = text.code("service", offer.service)
            with column:
                if offer.points:
                    st.markdown(f":green[●] **{label}**  \n:small[:gray[{plain(details(text, offer))}]]")
                else:
                    st.markdown(f":gray[○ {label}]  \n:small[:gray[{text('services.lacking')}]]")
    extras = [offer_names(text, offer) for offer in view.offers if offer.service == EXTRA]
    named = text("list.comma").join(plain(name) for name in extras if name)
    if extras:
        st.markdown(f"**{text.code('service', EXTRA)}** {named or text('services.extras_unnamed', count=len(extras))}")


def show_emergency(view: SiteView) -> None:
    """Which roles it takes when it is switched from peace to emergency."""
    text, roles = view.text, view.center["emergency_roles"]
    st.subheader(text("emergency.title"), anchor=False, help=text("emergency.help"))
    if not roles:
        quiet(text("emergency.none"))
        return
    with st.container(horizontal=True, gap="medium"):
        for code in CODE_LISTS["emergency_role"]:
            sign, color = ("●", "green") if code.id in roles else ("○", "gray")
            st.markdown(f":{color}[{sign}] {code.label(text.language)}", width="content")
