"""Whom a center reaches, where those live whom it serves, and how sure its catchment is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import charts, figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.results import RESIDENTS
from dashboard.twins import twin

if TYPE_CHECKING:
    from dashboard.site.view import SiteView

SHOWN_PLACES: Final = 4


def show_reach(view: SiteView) -> None:
    """Residents within reach by cutoff and age group."""
    text, results = view.text, view.results
    standing = results.standing
    st.subheader(text("reach.title"), anchor=False, help=view.explained("residents_within"))
    if standing.peopled:
        first = 1 if len(standing.groups) > 1 else 0
        figure = charts.people_bars(
            results.people[view.index, :, first:],
            [text("choice.minutes_short", minutes=figures.minutes(m)) for m in results.params.cutoffs.minutes],
            [text(f"group.{group}") for group in standing.groups[first:]],
        )
        st.plotly_chart(figure, key="people", config=charts.CONFIG, alt=text("site.chart_alt"))
    twin(text, reach_table(view), f"{view.site}_reach")


def show_sentence(view: SiteView) -> None:
    """The figures that matter, for what is chosen."""
    text, standing = view.text, view.results.standing
    people = view.results.people[view.index, view.cutoff]
    facts = {
        "profile": plain(view.profile),
        "minutes": figures.minutes(view.minutes),
        "people": figures.number(people[0]),
    }
    if not standing.peopled:
        area = figures.area(view.results.catchments.area_m2[view.index, view.cutoff])
        st.markdown(text("site.area_only", area=area, **facts))
    elif "age_60_plus" in standing.groups:
        older = figures.number(people[standing.groups.index("age_60_plus")])
        st.markdown(text("site.reaches", older=older, **facts))
    else:
        st.markdown(text("site.reaches_all", **facts))
    if not view.is_open:
        quiet(text("site.not_open"))


def reach_rows(view: SiteView) -> list[tuple[str, list[str]]]:
    """What lies within each cutoff: residents by group, area, streets; a label and a figure a cutoff."""
    text, standing, found = view.text, view.results.standing, view.results.catchments
    rows = [
        (text(f"group.{group}"), [figures.number(v) for v in view.results.people[view.index, :, g]])
        for g, group in enumerate(standing.groups)
        if standing.peopled
    ]
    rows.append((text("site.area"), [figures.area(v) for v in found.area_m2[view.index]]))
    rows.append((text("site.street_length"), [figures.length(v) for v in found.street_length_m[view.index]]))
    return rows


def reach_table(view: SiteView) -> pd.DataFrame:
    """The same as a table."""
    text = view.text
    heads = [text("choice.minutes_short", minutes=figures.minutes(m)) for m in view.results.params.cutoffs.minutes]
    cells = [[label, *values] for label, values in reach_rows(view)]
    return pd.DataFrame(cells, columns=[text("site.figures"), *heads])


def show_served(view: SiteView) -> None:
    """Where those live whom it serves: three shares, then the places with the most.

    Nothing without residents, or without jurisdictions to tell them apart.
    """
    text = view.text
    if not can_tell_homes(view):
        return
    st.subheader(text("served.title"), anchor=False, help=view.explained("clientele", text("served.help")))
    if view.clientele.total == 0:
        quiet(text("served.none"))
        return
    with st.container(horizontal=True, gap="large"):
        for label, share in served_shares(view):
            st.markdown(f":small[:gray[{label}]]  \n**{share}**", width="content")
    quiet(plain(served_text(view)))


def can_tell_homes(view: SiteView) -> bool:
    """Whether there are residents, and jurisdictions that they live in."""
    return bool(view.results.standing.peopled) and not view.workspace.jurisdictions.empty


def served_shares(view: SiteView) -> list[tuple[str, str]]:
    """This village, the rest of its town, other towns, and where it applies the governing ones: label and share."""
    who, text = view.clientele, view.text
    parts = {"own": who.own, "town": who.town, "beyond": who.beyond}
    if who.outside:
        parts["outside"] = who.outside
    if view.center["joint"]:
        parts["governed"] = who.governed
    return [(text(f"served.{name}"), figures.share(people / who.total)) for name, people in parts.items()]


def served_text(view: SiteView) -> str:
    """How many in all, and the places with the most of them."""
    who, text = view.clientele, view.text
    top = [
        f"{view.place_name(int(unit))} {figures.number(people)}"
        for unit, people in zip(who.unit[:SHOWN_PLACES], who.people[:SHOWN_PLACES], strict=True)
    ]
    rest = len(who.unit) - len(top)
    more = text("served.more", count=rest) if rest else ""
    key = "served.sentence" if view.is_open else "served.prospects"
    return text(key, people=figures.number(who.total), places=text("list.comma").join(top) + more)


def show_doubts(view: SiteView) -> None:
    """How sure the catchment is: the way to the street, the extract's edge, addresses that were not found."""
    text, found, standing = view.text, view.results.catchments, view.results.standing
    snap, index = view.results.params.snap, view.index
    access = found.access_m[index]
    key = "site.access_long" if access > snap.long_access_m else "site.access"
    speak = st.warning if access > snap.long_access_m else quiet
    speak(text(key, distance=figures.length(access), limit=figures.length(snap.long_access_m)))
    if found.truncated_share[index] > 0:
        st.warning(text("site.truncated", share=figures.share(found.truncated_share[index])))
    mine = (standing.access["center"] == view.site).to_numpy()
    if (standing.doors.avoided_component[mine] >= 0).any():
        quiet(text("site.avoided"))
    lost = standing.access[mine & ~standing.doors.snapped]
    if len(lost):
        listed = text("list.comma").join(f"{row.lon:.5f}, {row.lat:.5f}" for row in lost.itertuples())
        st.warning(text("site.points_off_street", count=len(lost), points=listed))
    if standing.unknown_age > 0 and RESIDENTS in standing.groups:
        quiet(text("note.unknown_age", people=figures.number(standing.unknown_age)))
