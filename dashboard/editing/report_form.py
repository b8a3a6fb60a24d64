"""Weekly reports: which are late, missing or hardly true, and the form to hand one in or correct it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final, cast

import pandas as pd
import streamlit as st

from dashboard import access, figures
from dashboard.controls import list_names
from dashboard.editing import sheets
from dashboard.i18n import Catalog
from dashboard.markdown import plain
from dashboard.panels import quiet
from data.monitoring.reports import implausible, jumps, monday, punctuality, week_of, weeks_between
from data.registry.records import KEY_JOINT
from data.tables.columns import Column
from data.tables.frames import typed_frame
from data.tables.schema import WEEKLY_REPORTS
from geo.errors import AtlasError

if TYPE_CHECKING:
    from streamlit.elements.arrow import DataframeState

    from data.registry.store import Registry
    from data.tables.faults import TableFault
    from data.workspace import Workspace

SPANS: Final = (4, 13, 52)
"""Weeks that the list of late, missing and implausible reports looks back."""
FORM_WEEKS: Final = 60
FIELDS: Final = tuple(column.name for column in WEEKLY_REPORTS.columns if column.kind in ("integer", "number"))
FIELDS_A_ROW: Final = 6
SIGNS: Final = {"late": "△", "missing": "✕", "undated": "△", "jump": "△"}
LONG: Final = 9
TALL_PX: Final = 340


def reports(text: Catalog, workspace: Workspace) -> None:
    """The list of what needs attention, and, where editing is possible, the form."""
    centers, as_of = workspace.centers, workspace.settings.as_of
    names = list_names(text, centers, "id")
    frame = workspace.table(WEEKLY_REPORTS.name)
    _attention(text, workspace, frame, names, as_of)
    if access.closed(workspace) is None:
        _form(text, workspace, names, as_of)


# ---- what needs attention -----------------------------------------------------------------------------------


def _attention(text: Catalog, workspace: Workspace, frame: pd.DataFrame, names: dict[str, str], as_of: dt.date) -> None:
    st.header(text("report.attention"), anchor=False)
    span = st.segmented_control(
        text("report.span"),
        SPANS,
        format_func=lambda weeks: text("report.weeks", weeks=weeks),
        default=SPANS[0],
        required=True,
        key="report_span",
        label_visibility="collapsed",
    )
    since = as_of - dt.timedelta(weeks=span)
    states = punctuality(frame, workspace.centers, as_of, since=since)
    counts = states["state"].value_counts()
    facts = {name: figures.number(counts.get(name, 0)) for name in ("on_time", "late", "missing")}
    listed = _listed(text, frame, states, names, since)
    if len(states):
        st.markdown(text("report.summary", due=figures.number(len(states)), **facts))
    if listed.empty:
        st.markdown(text("report.nothing" if len(states) else "report.none_due"))
        return
    picked = st.dataframe(
        listed.drop(columns="center"),
        hide_index=True,
        key=f"report_list_{text.language}_{span}",
        height=TALL_PX if len(listed) > LONG else "content",
        on_select="rerun" if access.closed(workspace) is None else "ignore",
        selection_mode="single-row",
        column_config={
            "sign": st.column_config.TextColumn(text("review.sign"), width=40),
            "state": st.column_config.TextColumn(text("report.state"), width=88),
            "name": st.column_config.TextColumn(text("report.center"), width=300),
            "week": st.column_config.TextColumn(text("report.week"), width=88),
            "detail": st.column_config.TextColumn(text("report.detail"), width="large"),
        },
    )
    if access.closed(workspace) is None:
        quiet(text("report.pick_hint"))
        for row in cast("DataframeState", picked).selection.rows:
            _choose(str(listed["center"].iloc[row]), str(listed["week"].iloc[row]))


def _listed(
    text: Catalog, frame: pd.DataFrame, states: pd.DataFrame, names: dict[str, str], since: dt.date
) -> pd.DataFrame:
    """What is late, missing, undated or implausible: one row each, the newest week first."""
    rows: list[dict[str, str]] = []

    def add(state: str, center: str, week: str, **facts: str) -> None:
        line = {"sign": SIGNS[state], "state": text(f"reportstate.{state}"), "name": names.get(center, center)}
        rows.append(line | {"week": week, "detail": text(f"reportdetail.{state}", **facts), "center": center})

    for owed in states[states["state"] != "on_time"].to_dict("records"):
        day = figures.NONE if pd.isna(owed["reported_on"]) else f"{owed['reported_on']:%Y-%m-%d}"
        add(owed["state"], owed["center"], owed["week"], due=f"{owed['due']:%Y-%m-%d}", day=day)
    found = jumps(frame)
    for jump in found[found["week"] >= week_of(since)].to_dict("records"):
        column = WEEKLY_REPORTS[str(jump["column"])].header(text.language)
        value, before = figures.number(jump["value"]), figures.number(jump["before"])
        add("jump", jump["center"], jump["week"], column=column, value=value, before=before)
    rows.sort(key=lambda row: (row["week"], row["center"]), reverse=True)
    return pd.DataFrame(rows)


def _choose(center: str, week: str) -> None:
    """Take a line of the list into the form, once a selection."""
    if st.session_state.get("report_picked") != (center, week):
        st.session_state["report_picked"] = (center, week)
        st.session_state["report_center"], st.session_state["report_week"] = center, week


# ---- the form -----------------------------------------------------------------------------------------------


def _form(text: Catalog, workspace: Workspace, names: dict[str, str], as_of: dt.date) -> None:
    st.header(text("report.form"), anchor=False)
    registry = access.registry(workspace)
    _said(text)
    running = workspace.centers["status"].isin(["open", "suspended"])
    ids = workspace.centers.loc[running, "id"].tolist()
    weeks = weeks_between(as_of - dt.timedelta(weeks=FORM_WEEKS), max(as_of, dt.date.today()))[::-1]
    if not ids:
        quiet(text("report.no_center"))
        return
    chosen_week = st.session_state.get("report_week")
    if chosen_week not in weeks:
        last = week_of(as_of - dt.timedelta(days=as_of.weekday() + 1))  # the last full week of the data
        st.session_state["report_week"] = last if last in weeks else weeks[0]
    if st.session_state.get("report_center") not in ids:
        st.session_state["report_center"] = ids[0]
    with st.container(horizontal=True):
        center = st.selectbox(text("report.center"), ids, format_func=names.__getitem__, key="report_center", width=360)
        week = st.selectbox(text("report.week"), weeks, format_func=_week_name, key="report_week", width=260)
    frame = registry.frame(WEEKLY_REPORTS.name)
    mine = frame[frame["center"] == center].set_index("week")
    old = mine.loc[week] if week in mine.index else None
    before = mine[mine.index < week]
    last_report = before.iloc[-1] if len(before) else None
    quiet(_orientation(text, old, last_report))
    _fields(text, registry, frame, center, week, old, last_report)
    if old is not None:
        _past(text, registry, f"{center}{KEY_JOINT}{week}")


def _week_name(week: str) -> str:
    first = monday(week)
    return f"{week} · {first:%m-%d} – {first + dt.timedelta(days=6):%m-%d}"


def _orientation(text: Catalog, old: pd.Series[Any] | None, last_report: pd.Series[Any] | None) -> str:
    before = text("report.before", week=last_report.name) if last_report is not None else text("report.no_before")
    if old is None:
        return before
    return text("report.correcting") + ("" if text.language == "zh" else " ") + before


def _fields(
    text: Catalog,
    registry: Registry,
    frame: pd.DataFrame,
    center: str,
    week: str,
    old: pd.Series[Any] | None,
    last_report: pd.Series[Any] | None,
) -> None:
    """The form itself; the version that stands in it is the one that somebody has looked at."""
    mark = f"{center}_{week}_{0 if old is None else old['version']}"
    record: dict[str, Any] = {"center": center, "week": week}
    with st.form(f"report_form_{mark}", border=True):
        for row in sheets.rows_of(FIELDS, FIELDS_A_ROW):
            for place, name in zip(st.columns(FIELDS_A_ROW), row, strict=False):
                with place:
                    record[name] = _number(text, WEEKLY_REPORTS[name], old, last_report, mark)
        left, right = st.columns([1, 3])
        with left:
            day = None if old is None or pd.isna(old["reported_on"]) else old["reported_on"].date()
            record["reported_on"] = st.date_input(
                WEEKLY_REPORTS["reported_on"].header(text.language), day or dt.date.today(), format="YYYY-MM-DD",
                key=f"report_day_{mark}", min_value=monday(week),
            )  # fmt: skip
        with right:
            note = "" if old is None or pd.isna(old["note"]) else str(old["note"])
            record["note"] = st.text_input(
                WEEKLY_REPORTS["note"].header(text.language), note, max_chars=500, key=f"report_note_{mark}"
            )
        with left:
            who = access.ask_who(text, f"report_who_{mark}")
        sure = st.checkbox(text("report.sure"), key=f"report_sure_{mark}", help=text("report.sure_help"))
        label = text("report.correct") if old is not None else text("report.hand_in")
        if not st.form_submit_button(label, type="primary", key="report_submit"):
            return
    if old is None:
        record["source"] = text("report.source")
    version = None if old is None else int(old["version"])
    _hand_in(text, registry, frame, record, version, who, sure)


def _number(
    text: Catalog, column: Column, old: pd.Series[Any] | None, last_report: pd.Series[Any] | None, mark: str
) -> float | int | None:
    whole = column.kind == "integer"
    value = None if old is None or pd.isna(old[column.name]) else (int if whole else float)(old[column.name])
    last = None if last_report is None else last_report[column.name]
    before = "" if last is None or pd.isna(last) else figures.number(float(last), 0 if whole else 1)
    unit = "" if text.language == "en" or not column.unit or column.unit in column.zh else f"（{column.unit}）"
    given: float | int | None = st.number_input(
        f"{column.header(text.language)}{unit}",
        value=value,
        step=1 if whole else 0.1,
        format="%d" if whole else "%.1f",
        placeholder=text("report.unknown"),
        key=f"report_{column.name}_{mark}",
    )
    if before:
        quiet(text("report.last_week", value=before))
    return given


def _hand_in(
    text: Catalog,
    registry: Registry,
    frame: pd.DataFrame,
    record: dict[str, Any],
    version: int | None,
    who: str,
    sure: bool,
) -> None:
    """Look the report over, then write it; what looks wrong stops it until somebody says that it is right."""
    typed, faults = typed_frame(pd.DataFrame([record]), WEEKLY_REPORTS)
    doubts = implausible(typed, frame.drop(columns="version"))
    if all(record[name] is None for name in FIELDS):
        st.warning(text("report.empty"))
    elif faults:
        _list_faults(text, faults, "report.wrong")
    elif doubts and not sure:
        _list_faults(text, doubts, "report.doubtful")
    elif not who:
        st.warning(text("editing.name_first"))
    else:
        try:
            with registry.edit(who, text("report.source")) as edit:
                edit.put(WEEKLY_REPORTS.name, record, version)
        except AtlasError as error:
            access.tell(text, error)
            return
        st.session_state["report_said"] = (record["center"], record["week"])
        st.rerun()


def _said(text: Catalog) -> None:
    said = st.session_state.pop("report_said", None)
    if said is not None:
        st.success(text("report.written", center=plain(said[0]), week=plain(said[1])))


def _list_faults(text: Catalog, faults: list[TableFault], title: str) -> None:
    with st.container(border=True):
        st.markdown(f"**△ {text(title)}**")
        for fault in faults:
            header = WEEKLY_REPORTS[fault.column].header(text.language)
            st.text(f"{header}: {fault.value} {fault.sentence(text.language)}")


def _past(text: Catalog, registry: Registry, key: str) -> None:
    """What the report said before: corrections keep the original."""
    lines = registry.history(WEEKLY_REPORTS.name, key)
    if len(lines) < 2:
        return
    with st.expander(text("report.past", count=len(lines))):
        rows = []
        for change in lines:
            for name, (old, new) in change.differences.items():
                column = WEEKLY_REPORTS[name]
                rows.append((sheets.when(change.at), change.who, column.header(text.language), old, new))
        titles = [text(f"history.{name}") for name in ("at", "who", "column", "before", "after")]
        st.dataframe(pd.DataFrame(rows, columns=titles).astype("str"), hide_index=True, height="content")
