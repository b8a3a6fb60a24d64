"""Panels of all pages: the sentence on top, the whole network as a list, and what to say when something is wrong."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from time import sleep
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from dashboard import beginning, figures
from dashboard.controls import names_in, profile_name
from dashboard.i18n import Catalog, catalog
from dashboard.markdown import plain
from dashboard.state import language
from geo.errors import AtlasError

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.results import NetworkResults
    from data.workspace import Workspace

LOG: Final = logging.getLogger("linli")
LONG_LIST: Final = 8
"""Names written out in a note; the rest is counted."""
COLUMN_WIDTHS_PX: Final = (206, 76, 78)
"""Of the list: name, status, people; together no wider than a phone."""
LONG_TABLE: Final = 15
DRAWN: Final = "map_drawn"
"""Key of the session's state: a map has been drawn."""
DRAWING_S: Final = 0.8
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
    beginning.guide(text, workspace)
    if beginning.serves_nobody(workspace):
        return
    if not results.standing.peopled:
        st.markdown(text("headline.no_residents", **facts))
        return
    covered = results.covered[cutoff, 0]
    people, part = figures.number(covered), figures.share(covered / total[0])
    st.markdown(text("headline.covered", people=people, share=part, total=figures.number(total[0]), **facts))


def let_the_map_draw() -> None:
    """Wait at a session's first run: the browser loads its parts for tables and charts then, and the map comes first.

    They are six megabytes, and would compete with the map for the 0.6 s that it takes to start and draw.
    """
    if not st.session_state.get(DRAWN):
        sleep(DRAWING_S)
        st.session_state[DRAWN] = True


# ---- the whole network --------------------------------------------------------------------------------------


def network_panel(text: Catalog, workspace: Workspace, results: NetworkResults, cutoff: int) -> None:
    """Nothing is chosen: all centers as a list, each line leading to its place on the map, and what to know."""
    centers = workspace.centers
    st.header(text("network.title", count=len(centers)), anchor=False)
    if centers.empty:
        quiet(text("network.none"))
        return
    minutes = figures.minutes(results.params.cutoffs.minutes[cutoff])
    peopled = results.standing.peopled
    quiet(text("network.hint") + (text("network.hint_people", minutes=minutes) if peopled else ""))
    frame = _list_of(text, centers, results, cutoff)
    if not peopled:  # a column of zeros would say that nobody lives there
        frame = frame.drop(columns="people").sort_values("id", ignore_index=True)
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
