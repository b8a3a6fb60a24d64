"""Tables at a glance: how many rows, who changed them last, how sure they are; each to look at and to take away."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import access, figures
from dashboard.editing import sheets
from dashboard.editing.reasons import teller
from dashboard.i18n import Catalog
from dashboard.panels import quiet
from data.archive import copy
from data.monitoring.reports import jumps
from data.tables.checks import joint_faults
from data.tables.codes import QUALITY
from data.tables.columns import Table
from data.tables.schema import CENTERS, DEMAND, JURISDICTIONS, REGISTERED, TABLES, WEEKLY_REPORTS
from data.tables.workbooks import template
from geo.errors import AtlasError, TableFaultsError

if TYPE_CHECKING:
    from data.registry.store import Registry
    from data.workspace import Workspace

SHOWN_ROWS: Final = 1_000
"""Rows of a table that the page shows; downloads hold all."""
TALL_PX: Final = 420
LONG: Final = 10
COPY: Final = "my-workspace"
MIME: Final = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".gpkg": "application/geopackage+sqlite3",
}
FORMAT_NAMES: Final = {".csv": "CSV", ".xlsx": "Excel", ".gpkg": "GeoPackage"}
ALL: Final = (*REGISTERED, JURISDICTIONS, DEMAND)


def tables(text: Catalog, workspace: Workspace) -> None:
    """All tables, and the chosen one."""
    registry = access.registry(workspace) if workspace.has_registry else None
    glance, chosen = f"glance_{text.language}", f"table_{text.language}"
    st.dataframe(
        pd.DataFrame([_line(text, workspace, registry, table) for table in ALL]),
        hide_index=True,
        height="content",
        placeholder="",
        key=glance,
        on_select=lambda: _pick(glance, chosen),
        selection_mode="single-cell",
        column_config={
            "table": st.column_config.TextColumn(text("tables.table"), width="medium", pinned=True),
            "rows": st.column_config.NumberColumn(text("tables.rows"), format="localized", width="small"),
            "quality": st.column_config.TextColumn(text("tables.quality"), width="medium"),
            "faults": st.column_config.TextColumn(text("tables.faults"), width="small"),
            "changed": st.column_config.TextColumn(text("tables.changed"), width="medium"),
        },
    )
    if registry is None:
        quiet(text("tables.from_files"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            text("tables.choose"),
            [table.name for table in ALL],
            format_func=lambda name: TABLES[name].title(text.language),
            key=chosen,
            width=280,
        )
        table = TABLES[name]
        try:
            frame = frame_of(workspace, table)
        except TableFaultsError as error:
            st.text("\n".join(text.error(error)))
            return
        downloads(text, frame, table)
    if frame.empty:
        quiet(text("tables.empty" if access.closed(workspace) else "tables.empty_import"))
        return
    shown = sheets.sheet(frame.head(SHOWN_ROWS), table, text.language)
    st.dataframe(shown, hide_index=True, height=TALL_PX if len(shown) > LONG else "content", placeholder="")
    if len(frame) > SHOWN_ROWS:
        quiet(text("tables.cut", shown=figures.number(SHOWN_ROWS), count=figures.number(len(frame))))


def _pick(glance: str, chosen: str) -> None:
    """A line that was pointed at becomes the table below."""
    cells = st.session_state[glance].selection.cells
    if cells:
        st.session_state[chosen] = ALL[cells[0][0]].name


def frame_of(workspace: Workspace, table: Table) -> pd.DataFrame:
    """A table of the workspace as it is kept, typed.

    Raises:
        TableFaultsError: its file has faults.
    """
    if table in (JURISDICTIONS, DEMAND):
        layer: pd.DataFrame = workspace.jurisdictions if table is JURISDICTIONS else workspace.demand
        return layer
    return workspace.stored(table.name)


def downloads(text: Catalog, frame: pd.DataFrame, table: Table) -> None:
    """The table in each format that suits it, and an empty template; made when somebody asks for them."""
    for ending, name in FORMAT_NAMES.items():
        if ending == ".gpkg" and "lon" not in table.names:
            continue
        st.download_button(
            name,
            partial(sheets.as_file, frame, table, ending, text.language),
            file_name=f"{table.name}{ending}",
            mime=MIME[ending],
            key=f"download_{ending}",
            on_click="ignore",
            help=text("tables.download_help", table=table.title(text.language), format=name),
        )
    template_button(text, table, "tables")


def template_button(text: Catalog, table: Table, place: str) -> None:
    """An empty workbook to fill in."""
    st.download_button(
        text("tables.template"),
        partial(template, table, text.language),
        file_name=f"{table.name}_{text.language}.xlsx",
        mime=MIME[".xlsx"],
        key=f"template_{place}",
        on_click="ignore",
        help=text("tables.template_help"),
    )


def _line(text: Catalog, workspace: Workspace, registry: Registry | None, table: Table) -> dict[str, object]:
    line: dict[str, object] = {"table": table.title(text.language)}
    try:
        frame = frame_of(workspace, table)
    except TableFaultsError as error:
        return line | {"rows": None, "quality": "", "faults": text("tables.broken", count=len(error.faults))}
    doubts = _doubts(frame, table)
    newest = registry.history(table.name, limit=1) if registry and table in REGISTERED else []
    return line | {
        "rows": len(frame),
        "quality": sheets.mix(frame["quality"], QUALITY, text.language) if "quality" in frame else "",
        "faults": text("tables.doubts", count=doubts) if doubts else text("tables.sound"),
        "changed": f"{sheets.when(newest[0].at)} · {teller(text, newest[0].who)}" if newest else figures.NONE,
    }


def _doubts(frame: pd.DataFrame, table: Table) -> int:
    """Number of values that can hardly be true, of a table whose every cell is sound."""
    if table is WEEKLY_REPORTS:
        return len(jumps(frame))
    return len(joint_faults(frame)) if table is CENTERS else 0


def closed_note(text: Catalog, workspace: Workspace, *, at_length: bool) -> None:
    """Why nothing can be edited here; at length also how one gets a workspace of one's own."""
    reason = access.closed(workspace)
    if reason == "public":
        st.info(text("editing.public"))
    elif reason == "sample" and not at_length:
        quiet(text("editing.sample_short"))
    elif reason == "sample":
        with st.container(border=True):
            st.markdown(text("editing.sample"))
            st.code(f"python -m data init {COPY}\nLINLI_WORKSPACE={COPY} make run", language=None)
            quiet(text("editing.sample_after"))
            if st.button(text("editing.copy"), key="copy_sample", help=text("editing.copy_help", folder=COPY)):
                _copy(text, workspace)


def _copy(text: Catalog, workspace: Workspace) -> None:
    """Copy the sample beside the program, always to the same folder: a browser does not choose places on a server."""
    try:
        copy(workspace, Path(COPY))
    except AtlasError as error:
        access.tell(text, error)
        return
    st.success(text("editing.copied", folder=COPY))
