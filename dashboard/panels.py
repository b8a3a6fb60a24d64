"""Panels beside the map: the whole network, one center, and what to say when something is wrong."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import streamlit as st

from dashboard import charts, figures
from dashboard.controls import names_in, profile_name
from dashboard.i18n import Catalog, catalog
from dashboard.markdown import plain
from dashboard.results import RESIDENTS, NetworkResults
from dashboard.state import language
from geo.errors import AtlasError

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace

LOG: Final = logging.getLogger("linli")
Color = Literal["green", "orange", "gray", "violet", "red"]
STATUS_COLOR: Final[dict[str, Color]] = {"open": "green", "building": "orange", "planned": "gray", "suspended": "red"}
LONG_LIST: Final = 8
"""Names written out in a note; the rest is counted."""
COLUMN_WIDTHS_PX: Final = (200, 72, 88)
"""Of the list: name, status, people; together no wider than a phone."""
LONG_TABLE: Final = 15
TABLE_HEIGHT_PX: Final = 560


def quiet(markdown: str) -> object:
    """A secondary line, in the palette's muted ink: `st.caption` is too faint to be read by everybody."""
    return st.markdown(f":small[:gray[{markdown}]]")


def headline(text: Catalog, workspace: Workspace, results: NetworkResults, cutoff: int) -> None:
    """The sentence on top: what the page shows, with the two figures that matter."""
    settings, total = workspace.settings, results.standing.total
    facts = {
        "profile": plain(profile_name(text, settings, results.params.profile.id)),
        "minutes": figures.minutes(results.params.cutoffs.minutes[cutoff]),
        "open": (workspace.centers["status"] == "open").sum(),
    }
    if total[0] == 0:
        st.markdown(text("headline.no_residents", **facts))
        return
    covered = results.covered[cutoff, 0]
    people, part = figures.number(covered), figures.share(covered / total[0])
    st.markdown(text("headline.covered", people=people, share=part, total=figures.number(total[0]), **facts))


# ---- the whole network --------------------------------------------------------------------------------------


def network_panel(text: Catalog, workspace: Workspace, results: NetworkResults, cutoff: int) -> None:
    """Nothing is chosen: all centers as a list, each line leading to its place on the map, and what to know."""
    centers = workspace.centers
    st.header(text("network.title", count=len(centers)), anchor=False)
    minutes = figures.minutes(results.params.cutoffs.minutes[cutoff])
    quiet(text("network.hint", minutes=minutes))
    frame = _list_of(text, centers, results, cutoff)
    key = f"list_{text.language}_{results.params.profile.id}_{minutes}"
    name_px, status_px, people_px = COLUMN_WIDTHS_PX
    st.dataframe(
        frame.drop(columns="id"),
        key=key,
        hide_index=True,
        height="content" if len(frame) <= LONG_TABLE else TABLE_HEIGHT_PX,
        on_select=lambda: _pick(key, frame["id"].tolist()),
        selection_mode="single-cell",
        column_config={
            "name": st.column_config.TextColumn(text("network.name"), width=name_px),
            "status": st.column_config.TextColumn(text("network.status"), width=status_px),
            "people": st.column_config.NumberColumn(text("network.people"), format="localized", width=people_px),
        },
    )
    _network_notes(text, workspace, results)


def _list_of(text: Catalog, centers: pd.DataFrame, results: NetworkResults, cutoff: int) -> pd.DataFrame:
    import pandas as pd

    columns = {
        "id": centers["id"],
        "name": names_in(text, centers["name"], centers["name_en"]),
        "status": [text.code("status", status) for status in centers["status"]],
        "people": results.people[:, cutoff, 0].round().astype(np.int64),
    }
    return pd.DataFrame(columns).sort_values(["people", "id"], ascending=[False, True], ignore_index=True)


def _pick(key: str, ids: Sequence[str]) -> None:
    cells = st.session_state[key].selection.cells
    if cells:
        st.session_state["site"] = ids[cells[0][0]]


def _network_notes(text: Catalog, workspace: Workspace, results: NetworkResults) -> None:
    standing, centers = results.standing, workspace.centers
    lost = centers[~standing.center_snapped]
    if len(lost):
        names = names_in(text, lost["name"], lost["name_en"])
        shown = text("list.comma").join(plain(name) for name in names[:LONG_LIST])
        rest = text("list.more", count=len(names) - LONG_LIST) if len(names) > LONG_LIST else ""
        limit = figures.length(results.params.snap.max_distance_m)
        st.warning(text("note.centers_off_street", count=len(lost), names=shown + rest, distance=limit))
    if standing.off_street > 0:
        part = figures.share(standing.off_street / standing.total[0])
        limit = figures.length(results.params.snap.max_distance_m)
        quiet(text("note.homes_off_street", people=figures.number(standing.off_street), share=part, distance=limit))


# ---- one center ---------------------------------------------------------------------------------------------


def site_panel(text: Catalog, workspace: Workspace, results: NetworkResults, site: str, cutoff: int) -> None:
    """One center: who it is, whom it reaches, how its catchment was found and how sure that is."""
    index = workspace.centers["id"].tolist().index(site)
    center = workspace.centers.iloc[index]
    _identity(text, workspace, center)
    if not results.standing.center_snapped[index]:
        limit = figures.length(results.params.snap.max_distance_m)
        st.warning(text("site.off_street", distance=limit))
        return
    _sentence(text, workspace, results, index, cutoff)
    if center["status"] != "open":
        quiet(text("site.not_open"))
    _people_chart(text, results, index)
    st.markdown(_figure_table(text, results, index))
    _site_notes(text, workspace, results, index)


def _identity(text: Catalog, workspace: Workspace, center: pd.Series[Any]) -> None:
    name = names_in(text, [center["name"]], [center["name_en"]])[0]
    st.header(plain(name), anchor=False)
    with st.container(horizontal=True, gap="small"):
        status = center["status"]
        st.badge(text.code("status", status), color=STATUS_COLOR[status])
        if center["joint"]:
            st.badge(text("site.joint"), color="violet")
        if _given(center["layout"]):
            st.badge(text.code("layout", center["layout"]), color="gray")
        if _given(center["batch"]):
            st.badge(text("site.batch", number=center["batch"]), color="gray")
        if center["demonstration"]:
            st.badge(text("site.demonstration"), color="gray")
        if _given(center["stars"]):
            st.badge(text("site.stars", stars=center["stars"]), color="gray")
        quality = center["quality"]
        st.badge(text.code("quality", quality), color="orange" if quality == "synthetic" else "gray",
                 help=text("site.quality_help"))  # fmt: skip
    places = [*_place(text, workspace, center["home"]), str(center["id"])]
    source = text("site.source", source=plain(center["source"])) if _given(center["source"]) else ""
    quiet(" · ".join(filter(None, [*map(plain, places), source])))


def _place(text: Catalog, workspace: Workspace, code: object) -> list[str]:
    """Names of the jurisdictions that hold a place, the largest first."""
    rows = workspace.jurisdictions.set_index("code")[["name", "name_en", "parent"]]
    names: list[str] = []
    while isinstance(code, str) and code in rows.index and len(names) < len(rows):
        row = rows.loc[code]
        names = names_in(text, [row["name"]], [row["name_en"]]) + names
        code = row["parent"]
    return names


def _given(value: object) -> bool:
    import pandas as pd

    return not pd.isna(value) and value != ""  # type: ignore[call-overload]


def _sentence(text: Catalog, workspace: Workspace, results: NetworkResults, index: int, cutoff: int) -> None:
    standing, people = results.standing, results.people[index, cutoff]
    facts = {
        "profile": plain(profile_name(text, workspace.settings, results.params.profile.id)),
        "minutes": figures.minutes(results.params.cutoffs.minutes[cutoff]),
        "people": figures.number(people[0]),
    }
    if standing.total[0] == 0:
        st.markdown(text("site.area_only", area=figures.area(results.catchments.area_m2[index, cutoff]), **facts))
    elif "age_60_plus" in standing.groups:
        older = figures.number(people[standing.groups.index("age_60_plus")])
        st.markdown(text("site.reaches", older=older, **facts))
    else:
        st.markdown(text("site.reaches_all", **facts))


def _people_chart(text: Catalog, results: NetworkResults, index: int) -> None:
    standing = results.standing
    if standing.total[0] == 0:
        return
    first = 1 if len(standing.groups) > 1 else 0
    figure = charts.people_bars(
        results.people[index, :, first:],
        [text("choice.minutes_short", minutes=figures.minutes(m)) for m in results.params.cutoffs.minutes],
        [text(f"group.{group}") for group in standing.groups[first:]],
    )
    st.plotly_chart(figure, key="people", config=charts.CONFIG, alt=text("site.chart_alt"))


def _figure_table(text: Catalog, results: NetworkResults, index: int) -> str:
    """The same figures and the catchment's own as a Markdown table, cutoffs in columns; of our own words only."""
    standing, found = results.standing, results.catchments
    heads = [text("choice.minutes_short", minutes=figures.minutes(m)) for m in results.params.cutoffs.minutes]
    rows = [
        (text(f"group.{group}"), [figures.number(v) for v in results.people[index, :, g]])
        for g, group in enumerate(standing.groups)
        if standing.total[0] > 0
    ]
    rows.append((text("site.area"), [figures.area(v) for v in found.area_m2[index]]))
    rows.append((text("site.street_length"), [figures.length(v) for v in found.street_length_m[index]]))
    lines = [f"| {text('site.figures')} | {' | '.join(heads)} |", "|:--|" + "--:|" * len(heads)]
    lines += [f"| {name} | {' | '.join(values)} |" for name, values in rows]
    return "\n".join(lines)


def _site_notes(text: Catalog, workspace: Workspace, results: NetworkResults, index: int) -> None:
    """How sure the figures are: the way to the street, the extract's edge, addresses that were not found."""
    found, standing, snap = results.catchments, results.standing, results.params.snap
    access = found.access_m[index]
    key = "site.access_long" if access > snap.long_access_m else "site.access"
    speak = st.warning if access > snap.long_access_m else quiet
    speak(text(key, distance=figures.length(access), limit=figures.length(snap.long_access_m)))
    if found.truncated_share[index] > 0:
        st.warning(text("site.truncated", share=figures.share(found.truncated_share[index])))
    mine = (standing.access["center"] == workspace.centers["id"].iloc[index]).to_numpy()
    if (standing.doors.avoided_component[mine] >= 0).any():
        quiet(text("site.avoided"))
    lost = standing.access[mine & ~standing.doors.snapped]
    if len(lost):
        listed = text("list.comma").join(f"{row.lon:.5f}, {row.lat:.5f}" for row in lost.itertuples())
        st.warning(text("site.points_off_street", count=len(lost), points=listed))
    if standing.unknown_age > 0 and RESIDENTS in standing.groups:
        quiet(text("note.unknown_age", people=figures.number(standing.unknown_age)))


# ---- when something is wrong --------------------------------------------------------------------------------


def show_fault(text: Catalog, error: AtlasError) -> None:
    """What is wrong with the workspace and how to mend it, instead of a traceback."""
    what, mend = text.error(error)
    st.title(text("fault.title"), anchor=False)
    with st.container(border=True):
        st.text(what)
        st.text(mend)
    quiet(text("fault.after"))


def show_error(error: Exception) -> bool:
    """Any error that reached the server: one that a user can mend is told, another gets a reference to the log."""
    text = catalog(language())
    if isinstance(error, AtlasError):
        show_fault(text, error)
        return True
    reference = secrets.token_hex(4)
    LOG.error("unexpected error, reference %s", reference, exc_info=error)
    st.error(text("fault.unexpected", reference=reference))
    return True
