"""What lies around a center: the centers that can be walked to, and the places that nobody covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.site.words import bracketed
from dashboard.twins import table
from geo.coverage.gaps import REASONS
from geo.coverage.vicinity import LONGEST_MINUTES

if TYPE_CHECKING:
    from dashboard.site.view import SiteView


def show(view: SiteView) -> None:
    """Neighbors on the left, gaps on the right."""
    left, right = st.columns(2, gap="medium")
    with left:
        _neighbors(view)
    with right:
        _gaps(view)


def neighbor_table(view: SiteView) -> pd.DataFrame:
    """Open centers around it: the walk, shared residents, and what they give that it lacks."""
    text, found = view.text, view.neighbors
    services = view.assessment.supply.services
    comma = text("list.comma")
    gives = [
        comma.join(text.code("service", s) for s, has in zip(services, row, strict=True) if has)
        for row in found.lacking
    ]
    shared = {text("around.shared"): found.shared.round().astype("int64")} if view.results.standing.peopled else {}
    return pd.DataFrame(
        {
            text("around.center"): [view.name_of(int(n)) for n in found.center],
            text("around.walk"): (found.seconds / 60).round(1),
            **shared,
            text("around.gives"): [names or text("around.nothing") for names in gives],
        }
    )


def gap_table(view: SiteView) -> pd.DataFrame:
    """Gaps that face it, most residents first."""
    text, gaps, at = view.text, view.gaps, view.facing
    minutes = gaps.minutes if view.is_open else gaps.planned_minutes
    return pd.DataFrame(
        {
            text("around.gap"): [gap_name(view, int(i)) for i in at],
            text("around.people"): gaps.people[at].round().astype("int64"),
            text("around.walk"): minutes[at].round(1),
            text("around.reason"): [text(f"reason.{REASONS[gaps.reason[i]]}") for i in at],
        }
    )


def gap_name(view: SiteView, gap: int) -> str:
    """The village, and which part of it."""
    gaps = view.gaps
    name = view.place_name(int(gaps.village[gap]))
    way = gaps.direction[gap]
    return bracketed(name, view.text(f"direction.{way}"), view.text.language) if way else name


def nearest_gap(view: SiteView) -> int | None:
    """Of the gaps that face it, the one with the shortest walk."""
    minutes = view.gaps.minutes if view.is_open else view.gaps.planned_minutes
    return int(view.facing[minutes[view.facing].argmin()]) if len(view.facing) else None


def gap_sentence(view: SiteView) -> str:
    """Text: the nearest uncovered place and the largest one."""
    text, gaps, nearest = view.text, view.gaps, nearest_gap(view)
    if not view.results.standing.peopled:
        return text("around.no_residents")
    if nearest is None:
        return text("around.no_gaps")
    minutes = gaps.minutes if view.is_open else gaps.planned_minutes
    return text(
        "around.nearest" if view.is_open else "around.would_near",
        count=len(view.facing),
        people=figures.number(gaps.people[view.facing].sum()),
        name=gap_name(view, nearest),
        near=figures.number(gaps.people[nearest]),
        minutes=figures.number(minutes[nearest], 1),
    )


def _neighbors(view: SiteView) -> None:
    text = view.text
    st.subheader(text("around.neighbors"), anchor=False, help=view.explained("neighbors"))
    if not len(view.neighbors):
        quiet(text("around.no_neighbors", minutes=figures.minutes(LONGEST_MINUTES)))
        return
    quiet(text("around.neighbors_hint", minutes=figures.minutes(view.minutes), profile=plain(view.profile)))
    table(text, neighbor_table(view), f"{view.site}_neighbors", columns=_columns(view))


def _gaps(view: SiteView) -> None:
    text = view.text
    st.subheader(text("around.gaps"), anchor=False, help=view.explained("gap"))
    quiet(plain(gap_sentence(view)))
    if len(view.facing):
        table(text, gap_table(view), f"{view.site}_gaps", columns=_columns(view))


def _columns(view: SiteView) -> dict[str, object]:
    text = view.text
    return {
        text("around.walk"): st.column_config.NumberColumn(format="%.1f", width=80),
        text("around.people"): st.column_config.NumberColumn(format="localized", width=80),
        text("around.shared"): st.column_config.NumberColumn(format="localized", width=115),
    }
