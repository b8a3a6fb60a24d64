"""History: who changed what and when, a record as it was, and the way back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import access, figures
from dashboard.editing import sheets
from dashboard.editing.reasons import teller, told
from dashboard.editing.steps import undo
from dashboard.i18n import Catalog
from dashboard.markdown import plain
from dashboard.panels import quiet
from data.registry.beginnings import WHO
from data.registry.records import from_records
from data.tables.drafts import to_text
from data.tables.schema import REGISTERED, TABLES
from geo.errors import AtlasError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.registry.history import Change
    from data.registry.store import Registry
    from data.workspace import Workspace

NEWEST: Final = 20_000
"""Changes that the page looks back; the command line's backup holds all."""
SHOWN: Final = 500
LONG: Final = 9
TALL_PX: Final = 340


def history(text: Catalog, workspace: Workspace) -> None:
    """Change sets, the newest first; the chosen one's changes; one record through time."""
    if not workspace.has_registry:
        st.markdown(text("history.none"))
        return
    registry = access.registry(workspace)
    editable = access.closed(workspace) is None
    said = st.session_state.pop("history_said", None)
    if said:
        st.success(text("history.restored", count=said))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        table = st.selectbox(
            text("history.table"),
            [table.name for table in REGISTERED],
            index=None,
            placeholder=text("history.all"),
            format_func=lambda name: TABLES[name].title(text.language),
            key=f"history_table_{text.language}",
            width=260,
        )
        key = st.text_input(text("history.key"), key="history_key", placeholder=text("history.key_hint"), width=260)
    if table and key.strip():
        _record(text, registry, table, key.strip(), editable)
        return
    _sets(text, registry, table, editable)


def _sets(text: Catalog, registry: Registry, table: str | None, editable: bool) -> None:
    lines = registry.history(table, limit=NEWEST)
    sets: dict[int, list[Change]] = {}
    for line in lines:
        sets.setdefault(line.change_set, []).append(line)
    listed = list(sets.values())[:SHOWN]
    if not listed:
        st.markdown(text("history.empty"))
        return
    frame = pd.DataFrame([_set_line(text, changes) for changes in listed])
    picked = st.dataframe(
        frame,
        hide_index=True,
        key=f"history_sets_{text.language}_{table}_{registry.revision}",
        on_select="rerun",
        selection_mode="single-row",
        height=TALL_PX if len(frame) > LONG else "content",
        column_config={
            "at": st.column_config.TextColumn(text("history.at"), width=136),
            "who": st.column_config.TextColumn(text("history.who"), width=112),
            "why": st.column_config.TextColumn(text("history.why"), width=220),
            "what": st.column_config.TextColumn(text("history.what"), width="large"),
        },
    )
    rows = picked.selection.rows
    if not rows:
        quiet(text("history.pick_hint"))
        return
    changes = listed[rows[0]]
    _show_changes(text, changes)
    if editable and changes[0].who != WHO:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            who = access.ask_who(text, "history_undo_who")
            if st.button(text("history.undo"), disabled=not who, key="history_undo"):
                _undo(text, registry, changes[0], who)
        quiet(text("history.undo_hint") if who else text("editing.name_first"))


def _undo(text: Catalog, registry: Registry, change: Change, who: str) -> None:
    why = text("history.undo_reason", at=sheets.when(change.at), who=change.who)
    try:
        count = undo(registry, change.change_set, who, why)
    except AtlasError as error:
        access.tell(text, error)
        return
    st.session_state["history_said"] = count
    st.rerun()


def _set_line(text: Catalog, changes: Sequence[Change]) -> dict[str, str]:
    counts = Counter((change.table, change.action) for change in changes)
    parts = [
        f"{TABLES[table].title(text.language)} {text(f'action.{action}')} {figures.number(count)}"
        for (table, action), count in counts.most_common()
    ]
    first = changes[0]
    return {
        "at": sheets.when(first.at),
        "who": teller(text, first.who),
        "why": told(text, first.why),
        "what": " · ".join(parts),
    }


def _show_changes(text: Catalog, changes: Sequence[Change]) -> None:
    """Each changed cell of a change set."""
    rows = []
    for change in changes[:SHOWN]:
        table = TABLES[change.table]
        title, action = table.title(text.language), text(f"action.{change.action}")
        if change.before is None or change.after is None:
            old, new = (str((record or {}).get("name", "")) for record in (change.before, change.after))
            rows.append((title, change.key, action, "", old, new))
            continue
        for name, old, new in _cells(text, change):
            rows.append((title, change.key, action, name, old, new))
    titles = [text(f"history.{name}") for name in ("table", "record", "action", "column", "before", "after")]
    frame = pd.DataFrame(rows, columns=titles)
    st.dataframe(frame, hide_index=True, height=TALL_PX if len(frame) > LONG else "content")


def _cells(text: Catalog, change: Change) -> list[tuple[str, str, str]]:
    """Header, before and after of each cell that a change touched."""
    table = TABLES[change.table]
    frame = to_text(from_records([change.before or {}, change.after or {}], table), table)
    cells = []
    for column in table.columns:
        if column.name in change.differences:
            old, new = (sheets.cell(value, column, text.language) for value in frame[column.name])
            cells.append((column.header(text.language), old, new))
    return cells


# ---- one record ---------------------------------------------------------------------------------------------


def _record(text: Catalog, registry: Registry, table: str, key: str, editable: bool) -> None:
    lines = registry.history(table, key, limit=SHOWN)
    if not lines:
        st.text(text("history.unknown", table=TABLES[table].title(text.language), record=key))
        return
    change = st.selectbox(
        text("history.version"),
        lines,
        format_func=lambda line: " · ".join(
            (str(line.version), sheets.when(line.at), teller(text, line.who), text(f"action.{line.action}"))
        ),
        key=f"history_version_{table}_{key}_{lines[0].id}",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(text("history.as_then", at=sheets.when(change.at)))
        if change.after is None:
            quiet(text("history.removed"))
        else:
            _record_table(text, table, change.after)
    with right:
        st.markdown(
            text(
                "history.then_changed",
                who=plain(teller(text, change.who)),
                why=plain(told(text, change.why) or figures.NONE),
            )
        )
        cells = _cells(text, change) if change.before is not None and change.after is not None else []
        titles = [text(f"history.{name}") for name in ("column", "before", "after")]
        if cells:
            st.dataframe(pd.DataFrame(cells, columns=titles), hide_index=True, height="content")
        else:
            quiet(text(f"action.{change.action}"))
    if editable and change is not lines[0]:
        _restore(text, registry, change)


def _record_table(text: Catalog, table: str, record: dict[str, object]) -> None:
    st.dataframe(
        sheets.record_sheet(record, TABLES[table], text.language),
        hide_index=True,
        height="content",
        column_config={
            "column": st.column_config.TextColumn(text("history.column"), width="small"),
            "value": st.column_config.TextColumn(text("history.value"), width="large"),
        },
    )


def _restore(text: Catalog, registry: Registry, change: Change) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = access.ask_who(text, "history_restore_who")
        if not st.button(text("history.restore"), type="primary", disabled=not who, key="history_restore"):
            return
    why = text("history.restore_reason", at=sheets.when(change.at))
    try:
        with registry.edit(who, why) as edit:
            edit.restore(change.table, change.key, change.at)
    except AtlasError as error:
        access.tell(text, error)
        return
    st.session_state["history_said"] = 1
    st.rerun()
