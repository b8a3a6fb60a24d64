"""The end of an import: every fault with what to do, what would change, the yes, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import access, figures
from dashboard.editing import sheets
from dashboard.editing.steps import Upload, fault_counts, undo
from dashboard.editing.tables import MIME
from dashboard.i18n import Catalog
from dashboard.markdown import plain
from dashboard.panels import quiet
from data.intake.importers import take
from data.tables.workbooks import fault_workbook
from geo.errors import AtlasError

if TYPE_CHECKING:
    from data.intake.importers import Preview
    from data.registry.editing import Tally
    from data.registry.store import Registry
    from data.tables.faults import TableFault

TALL_PX: Final = 380
LONG: Final = 9
SHOWN: Final = 2_000
"""Rows of a list that the page shows; counts and downloads hold all."""
SIGN: Final = {"error": "✕", "warning": "△"}


@dataclass(frozen=True)
class Done:
    """An import that was written, and whether it was taken back."""

    name: str
    tally: Tally
    change_set: int | None
    undone: bool = False


def review(text: Catalog, shown: Preview, digest: str) -> None:
    """Counts, faults and differences."""
    st.header(text("import.step_review"), anchor=False)
    rows, faulty, found = len(shown.draft.frame), len(shown.draft.faulty_rows), shown.differences
    counts = {
        "sound": rows - faulty, "faulty": faulty, "new": len(found.new), "changed": found.n_changed,
        "same": found.same, "gone": len(shown.gone),
    }  # fmt: skip
    with st.container(horizontal=True):
        for name, count in counts.items():
            st.metric(text(f"review.{name}"), figures.number(count), width=120, help=text(f"reviewhelp.{name}"))
    if shown.faults:
        _faults(text, shown, digest)
    else:
        st.markdown(text("review.no_faults"))
    _differences(text, shown, digest)


def _faults(text: Catalog, shown: Preview, digest: str) -> None:
    counts = fault_counts(shown.faults)
    st.markdown(text("review.faults", count=figures.number(len(shown.faults))))
    kinds = st.pills(
        text("review.filter"),
        list(counts),
        selection_mode="multi",
        format_func=lambda code: f"{text(f'faultkind.{code}')} {figures.number(counts[code])}",
        key=f"review_kinds_{digest}",
        label_visibility="collapsed",
    )
    listed = [fault for fault in shown.faults if not kinds or fault.code in kinds]
    frame = pd.DataFrame([_fault_line(text, shown, fault) for fault in _in_order(listed)[:SHOWN]])
    st.dataframe(
        frame,
        hide_index=True,
        height=TALL_PX if len(frame) > LONG else "content",
        column_config={
            "sign": st.column_config.TextColumn(text("review.sign"), width=40, help=text("review.sign_help")),
            "line": st.column_config.NumberColumn(text("review.line"), width=48, format="%d"),
            "column": st.column_config.TextColumn(text("review.column"), width=110),
            "value": st.column_config.TextColumn(text("review.value"), width=130),
            "problem": st.column_config.TextColumn(text("review.problem"), width=640),
        },
    )
    st.download_button(
        text("review.sheet"),
        lambda: fault_workbook(shown.draft, text.language),
        file_name=f"{shown.table.name}_{text('review.file_suffix')}.xlsx",
        mime=MIME[".xlsx"],
        key="review_sheet",
        on_click="ignore",
        help=text("review.sheet_help"),
    )


def _in_order(faults: list[TableFault]) -> list[TableFault]:
    return sorted(faults, key=lambda fault: (fault.severity, fault.line or 0))


def _fault_line(text: Catalog, shown: Preview, fault: TableFault) -> dict[str, object]:
    table = shown.table
    return {
        "sign": SIGN[fault.severity],
        "line": fault.line,
        "column": table[fault.column].header(text.language) if fault.column in table.names else fault.column,
        "value": fault.value,
        "problem": fault.sentence(text.language),
    }


def _differences(text: Catalog, shown: Preview, digest: str) -> None:
    """What is new, what changes from what to what, what the file does not hold."""
    found, table, language = shown.differences, shown.table, text.language
    gone = shown.gone
    lists = {"new": len(found.new), "changed": found.n_changed, "gone": len(gone)}
    if found.nothing and not gone:
        st.markdown(text("review.nothing"))
        return
    kinds = [kind for kind, count in lists.items() if count]
    kind = st.segmented_control(
        text("review.differences"),
        kinds,
        format_func=lambda kind: f"{text(f'review.{kind}')} {figures.number(lists[kind])}",
        default=kinds[0],
        required=True,
        key=f"review_kind_{digest}_{'_'.join(kinds)}",
    )
    if kind == "new":
        fresh = pd.Series(sheets.keys(shown.rows, table)).isin(found.new).to_numpy()
        listed = sheets.sheet(shown.rows[fresh].head(SHOWN), table, language)
        listed = listed.dropna(axis=1, how="all").loc[:, lambda f: (f != "").any()]
    elif kind == "changed":
        cells = found.changed.head(SHOWN)
        columns = [table[name] for name in cells["column"]]
        listed = pd.DataFrame(
            {
                text("review.key"): cells["key"].to_numpy(),
                text("review.column"): [column.header(language) for column in columns],
                text("review.before"): sheets.cells(cells["before"], columns, language),
                text("review.after"): sheets.cells(cells["after"], columns, language),
            }
        )
    else:
        listed = pd.DataFrame({text("review.key"): gone[:SHOWN]})
    st.dataframe(listed, hide_index=True, height=TALL_PX if len(listed) > LONG else "content", placeholder="")


def confirm(text: Catalog, shown: Preview, registry: Registry, upload: Upload) -> None:
    """The yes: who, why, with which rows; then everything is written at once."""
    st.header(text("import.step_confirm"), anchor=False)
    faulty, gone = len(shown.draft.faulty_rows), shown.gone
    if shown.rows.empty:
        st.markdown(text("review.no_sound_row"))
        return
    only_sound = remove = False
    if faulty:
        only_sound = st.checkbox(
            text("review.only_sound", sound=figures.number(len(shown.rows)), faulty=figures.number(faulty)),
            key=f"review_only_sound_{upload.digest}",
        )
    if gone and shown.unsure_keys:
        quiet(text("review.gone_unsure"))
    elif gone:
        remove = st.checkbox(
            text("review.remove_gone", count=figures.number(len(gone))), key=f"review_remove_{upload.digest}"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = access.ask_who(text, "import_who")
        why = access.ask_why(text, f"import_why_{upload.digest}")
    if shown.differences.nothing and not remove:
        quiet(text("review.nothing_to_write"))
        return
    if faulty and not only_sound:
        quiet(text("review.faulty_stop"))
    elif not who:
        quiet(text("editing.name_first"))
    ready = bool(who) and (not faulty or only_sound)
    label = text(
        "review.write",
        new=figures.number(len(shown.differences.new)),
        changed=figures.number(shown.differences.n_changed),
        gone=figures.number(len(gone) if remove else 0),
    )
    if st.button(label, type="primary", disabled=not ready, key="review_write"):
        _write(text, shown, registry, upload, who, why or upload.path.name, only_sound, remove)


def _write(
    text: Catalog,
    shown: Preview,
    registry: Registry,
    upload: Upload,
    who: str,
    why: str,
    only_sound: bool,
    remove_gone: bool,
) -> None:
    bar = st.progress(0.0, text("review.writing"))

    def show(_table: str, share: float) -> None:
        bar.progress(share, text("review.writing"))

    try:
        tally, written = take(
            shown, registry, who, why=why, only_sound=only_sound, remove_gone=remove_gone, progress=show
        )
    except AtlasError as error:
        bar.empty()
        access.tell(text, error)
        return
    st.session_state["import_done"] = Done(upload.path.name, tally, written)
    st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1  # an empty uploader
    for slot in ("import_upload", "import_seen", "import_headers", "import_as_given", "import_confirmed"):
        st.session_state.pop(slot, None)
    st.rerun()


def result(text: Catalog, registry: Registry) -> None:
    """What the last import of this session did, and the button that takes it back."""
    done: Done | None = st.session_state.get("import_done")
    if done is None:
        return
    tally = done.tally
    facts = {"added": tally.added, "changed": tally.changed, "same": tally.same, "removed": tally.removed}
    with st.container(border=True):
        key = "review.undone" if done.undone else "review.done"
        st.markdown(text(key, name=plain(done.name), **{k: figures.number(v) for k, v in facts.items()}))
        if done.undone or done.change_set is None:
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(text("review.undo"), key="review_undo"):
                _undo(text, registry, done, done.change_set)
            quiet(text("review.undo_hint"))


def _undo(text: Catalog, registry: Registry, done: Done, change_set: int) -> None:
    why = text("review.undo_reason", name=done.name)
    try:
        with st.spinner(text("review.undoing")):
            undo(registry, change_set, st.session_state.get("who", ""), why)
    except AtlasError as error:
        access.tell(text, error)
        return
    st.session_state["import_done"] = Done(done.name, done.tally, change_set, undone=True)
    st.rerun()
