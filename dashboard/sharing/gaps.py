"""The gap list beside its map: ranked, with the reason and what would mend it; each line leads to its place."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.choice import place_text
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.sharing import cache as sharing_cache
from dashboard.sharing.tables import localized
from dashboard.state import look_at
from dashboard.twins import csv_bytes
from data.tables.drafts import guard

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from dashboard.sharing.view import SharingView

HEIGHT_PX: Final = 330
WIDTHS_PX: Final = (44, 150, 78, 66, 128)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GPKG: Final = "application/geopackage+sqlite3"


def beside(view: SharingView) -> None:
    """The chosen gap in full (at first the largest), and all of them as a list."""
    text = view.text
    frame = sharing_cache.gap_frame(view)
    st.subheader(text("gap.title", count=len(frame)), anchor=False, help=view.explained("gap", text("gap.help")))
    if frame.empty:
        quiet(text("gap.none", what=view.what, minutes=view.minutes_text))
        return
    _card(view, frame, chosen(frame))
    key = f"gaps_{text.language}_{view.profile.id}_{view.minutes_text}_{view.service}"
    st.dataframe(
        _short(view, frame),
        key=key,
        hide_index=True,
        height=HEIGHT_PX,
        on_select=lambda: _look(key, frame),
        selection_mode="single-cell",
        column_config=_columns(view),
    )
    quiet(text("gap.hint"))


def below(view: SharingView) -> None:
    """Everything that is known of them, to take away."""
    text = view.text
    frame = sharing_cache.gap_frame(view)
    if frame.empty:
        return
    full = table(view, frame)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(text("gap.table"), anchor=False, help=view.explained("gap_reason"))
        _downloads(view, full, frame)
    st.dataframe(
        full, hide_index=True, key=f"gap_table_{text.language}", height=HEIGHT_PX, column_config=localized(full)
    )


def chosen(frame: GeoDataFrame) -> int:
    """Row of the gap whose place is looked at, else the first."""
    at = st.session_state["at"]
    places = [place_text((point.x, point.y)) for point in frame.geometry]
    return places.index(at) if at in places else 0


def _look(key: str, frame: GeoDataFrame) -> None:
    cells = st.session_state[key].selection.cells
    if cells:
        point = frame.geometry.iloc[cells[0][0]]
        look_at((point.x, point.y))


def _card(view: SharingView, frame: GeoDataFrame, row: int) -> None:
    text, gap = view.text, frame.iloc[row]
    with st.container(border=True, gap=None, key="gap_card"):
        people = text("sharing.people", people=f"**{figures.number(gap['residents'])}**")
        st.markdown(f"**{gap['rank']} · {plain(place(view, gap))}** · {people}")
        ages = [
            text(f"gap.{name}", people=figures.number(gap[name]))
            for name in ("elders", "children")
            if not np.isnan(gap[name])
        ]
        quiet(" · ".join([*ages, walk(view, gap)]))
        reason = text(f"reason.{gap['reason']}")
        st.markdown(text("gap.why", reason=reason, mend=plain(mend(view, gap))))


def place(view: SharingView, gap: pd.Series[str]) -> str:
    """Its name: the village, or which side of it; where there are no jurisdictions, the center that is nearest."""
    if gap["center"] and view.workspace.jurisdictions.empty:
        return view.text("gap.near", center=view.center_name(str(gap["center"])))
    name = view.place(str(gap["code"]))
    if not gap["direction"]:
        return name
    return view.text("gap.part", name=name, direction=view.text(f"direction.{gap['direction']}"))


def walk(view: SharingView, gap: pd.Series[str]) -> str:
    """How far it is today."""
    minutes = float(gap["minutes"])
    if not np.isfinite(minutes):
        return view.text("gap.out_of_reach")
    return view.text("gap.walk", minutes=figures.number(minutes), center=plain(view.center_name(str(gap["center"]))))


def mend(view: SharingView, gap: pd.Series[str]) -> str:
    """What would mend it: what to do about its reason, the center that is to come, the neighbor that could share."""
    text = view.text
    said = [text(f"mend.{gap['reason']}", service=view.service_name, minutes=view.minutes_text)]
    planned = float(gap["planned_minutes"])
    if np.isfinite(planned):
        key = "mend.planned_covers" if planned <= view.minutes else "mend.planned_far"
        when = str(gap["planned_opening"]) or text("mend.no_date")
        status = text.code("status", str(gap["planned_status"]))
        center = view.center_name(str(gap["planned"]))
        said.append(text(key, center=center, status=status, date=when, minutes=figures.number(planned)))
    neighbor = float(gap["neighbor_minutes"])
    governed = [code for code in str(gap["neighbor_governed_by"]).split("; ") if code]
    if np.isfinite(neighbor) and governed:
        governors = text("list.comma").join(view.place(code) for code in governed)
        center = view.center_name(str(gap["neighbor"]))
        key = "mend.own_neighbor" if gap["neighbor"] == gap["center"] else "mend.neighbor"
        said.append(text(key, center=center, governors=governors, minutes=figures.number(neighbor)))
    return ("" if text.language == "zh" else " ").join(said)


def _short(view: SharingView, frame: GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rank": frame["rank"],
            "place": [place(view, gap) for _, gap in frame.iterrows()],
            "residents": frame["residents"].round(),
            "minutes": frame["minutes"].replace(np.inf, np.nan),
            "reason": [view.text(f"reason.{reason}") for reason in frame["reason"]],
        }
    )


def _columns(view: SharingView) -> dict[str, Any]:
    text, config = view.text, st.column_config
    rank, name, people, minutes, reason = WIDTHS_PX
    return {
        "rank": config.NumberColumn("#", width=rank),
        "place": config.TextColumn(text("gap.place"), width=name),
        "residents": config.NumberColumn(text("sharing.residents"), format="localized", width=people),
        "minutes": config.NumberColumn(text("gap.minutes"), format="%.0f", width=minutes),
        "reason": config.TextColumn(text("gap.reason"), width=reason),
    }


def table(view: SharingView, frame: GeoDataFrame) -> pd.DataFrame:
    """All columns, in the words of the page."""
    text = view.text
    columns = {
        "#": frame["rank"],
        text("sharing.code"): frame["code"],
        text("gap.place"): [place(view, gap) for _, gap in frame.iterrows()],
        text("sharing.residents"): frame["residents"].round(1),
        text("group.age_60_plus"): frame["elders"].round(1),
        text("group.age_0_14"): frame["children"].round(1),
        text("gap.minutes"): frame["minutes"].replace(np.inf, np.nan).round(1),
        text("gap.nearest"): [view.center_name(c) if c else "" for c in frame["center"]],
        text("gap.reason"): [text(f"reason.{reason}") for reason in frame["reason"]],
        text("gap.reason_share"): (100 * frame["reason_share"]).round(1),
        text("gap.mend"): [mend(view, gap) for _, gap in frame.iterrows()],
        text("gap.lon"): frame.geometry.x.round(6),
        text("gap.lat"): frame.geometry.y.round(6),
    }
    return pd.DataFrame(columns)


def _downloads(view: SharingView, full: pd.DataFrame, frame: GeoDataFrame) -> None:
    text = view.text
    name = f"gaps-{view.profile.id}-{view.minutes_text}min{'' if view.service is None else f'-{view.service}'}"
    makers = {
        "csv": (lambda: csv_bytes(full), "text/csv"),
        "xlsx": (lambda: as_workbook(full), XLSX),
        "gpkg": (lambda: as_geopackage(full, frame), GPKG),
    }
    with st.container(horizontal=True, width="content"):
        for ending, (make, mime) in makers.items():
            st.download_button(
                text(f"download.{ending}"), make, file_name=f"{name}.{ending}", mime=mime, on_click="ignore",
                key=f"download_gaps_{ending}",
            )  # fmt: skip


def as_workbook(full: pd.DataFrame) -> bytes:
    """The table as an Excel file; no cell of it can run as a formula."""
    safe = full.map(lambda value: guard(value) if isinstance(value, str) else value)
    buffer = io.BytesIO()
    safe.to_excel(buffer, index=False, sheet_name="gaps", engine="openpyxl")
    return buffer.getvalue()


def as_geopackage(full: pd.DataFrame, frame: GeoDataFrame) -> bytes:
    """The table with its places, EPSG:4326."""
    from geopandas import GeoDataFrame

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gaps.gpkg"
        GeoDataFrame(full, geometry=frame.geometry.values, crs=frame.crs).to_file(path, layer="gaps", driver="GPKG")
        return path.read_bytes()
