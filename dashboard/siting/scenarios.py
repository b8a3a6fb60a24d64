"""The panel of scenarios: keep what is on the map, bring back what was kept, and see them side by side.

Where the workspace can be edited they are kept in its registry, for everybody; elsewhere in the session, to compare.
A link by id and a file work everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboard import access, figures, state
from dashboard.choices import all_choices
from dashboard.controls import profile_name, told_apart
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.siting import comparison
from dashboard.siting import export as siting_export
from dashboard.siting.changes import opened, saved
from dashboard.siting.keeping import COMPARED, PROPOSED, done, forgetting, keeping, kept_here, name_of
from dashboard.siting.panel import SECTION
from dashboard.siting.view import SitingView, put
from dashboard.twins import SHARE_DECIMALS, csv_bytes
from data.scenarios import SavedScenario, scenarios
from data.tables.changes import Change, written

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_A_LINK: Final[tuple[str, ...]] = ("scenario", "changes", "profile", "minutes")
LONG: Final = 9
TALL_PX: Final = 340
NAME_PX: Final = 150
AT_FIRST: Final = 3
"""Scenarios that are compared before anybody chooses."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A scenario that can be opened and compared.

    Attributes:
        key: of the choice; the name may be another's too.
        saved: its record; None for what is only in this session.
    """

    key: str
    name: str
    changes: tuple[Change, ...]
    saved: SavedScenario | None = None


def section(view: SitingView) -> None:
    """Everything about scenarios, below the map."""
    text, found = view.text, shelf(view)
    st.subheader(text("scenario.title"), anchor=SECTION)
    done(view)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _opening(view, found)
        _open_file(view)
        if view.changes:
            _link(view)
        forgetting(view)
    _opened(view)
    if view.changes or view.saved is not None:
        keeping(view)
    if view.changes:
        name = name_of(view)
        content = saved(name, view.changes, profile=view.profile.id, minutes=view.minutes,
                        note=(view.saved and view.saved.note) or "", workspace=view.workspace.content_id)  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            siting_export.buttons(view, name, content)
    if found:
        _list(view, found)
        _compare(view, found)


def shelf(view: SitingView) -> list[Shown]:
    """What is on the screen and kept nowhere, then what is saved, then what only this session keeps."""
    kept = [Shown(f"kept.{name}", name, changes) for name, changes in kept_here()]
    language = view.text.language
    rows = [Shown(record.id, record.called(language), record.changes, record) for record in scenarios(view.workspace)]
    rows = [*rows, *kept]
    if view.changes and view.is_edited and view.changes not in [row.changes for row in rows]:
        rows = [Shown("", name_of(view) + view.text("scenario.on_screen"), view.changes), *rows]
    called = [view.text("scenario.today"), *(row.name for row in rows)]
    _, *names = told_apart(called, map(str, range(len(called))))
    return [Shown(row.key, name, row.changes, row.saved) for row, name in zip(rows, names, strict=True)]


# ---- bringing back ------------------------------------------------------------------------------------------


def _opening(view: SitingView, found: Sequence[Shown]) -> None:
    rows = {row.key: row for row in found if row.key}
    if not rows:
        quiet(view.text("scenario.none" if access.closed(view.workspace) is None else "scenario.none_here"))
        return
    key = f"scenario_open_{view.text.language}"
    st.session_state[key] = None if view.saved is None else view.saved.id

    def take() -> None:
        if st.session_state[key] in rows:
            show(view, rows[st.session_state[key]])
        else:
            put(())

    st.selectbox(
        view.text("scenario.open"),
        list(rows),
        format_func=lambda chosen: rows[chosen].name if chosen in rows else str(chosen),
        key=key,
        index=None,
        on_change=take,
        placeholder=view.text("scenario.open"),
        label_visibility="collapsed",
        width=300,
    )


def show(view: SitingView, row: Shown) -> None:
    """Put a scenario on the map, as far as its changes can still be made."""
    st.session_state["changes"] = written(view.makeable(row.changes))
    if row.key:
        st.session_state["scenario"] = None if row.saved is None else row.saved.id


def _open_file(view: SitingView) -> None:
    text = view.text
    with st.popover(text("scenario.open_file")):
        with st.container(key=f"upload_{text.language}_scenario"):
            file = st.file_uploader(
                text("scenario.file"), type="json", key="scenario_file", label_visibility="collapsed"
            )
        if file is None:
            quiet(text("scenario.file_hint"))
            return
        found = opened(file.getvalue(), view.workspace.open_centers)
        if found is None:
            st.warning(text("scenario.not_ours"))
            return
        name, changes = found

        def take() -> None:
            put(changes)
            st.session_state["scenario"], st.session_state[PROPOSED] = None, name

        st.button(text("scenario.show", name=plain(name)), on_click=take, key="show_opened")


def _link(view: SitingView) -> None:
    url = state.address(all_choices(view.workspace))
    short = {key: url[key] for key in IN_A_LINK if key in url}
    page = (st.context.url or "").partition("?")[0]
    with st.popover(view.text("scenario.link")):
        by_id = view.saved is not None and not view.is_edited
        quiet(view.text("scenario.link_by_id" if by_id else "scenario.link_written"))
        st.code(f"{page}?{urlencode(short, safe='~._-')}", language=None, wrap_lines=True)


def _opened(view: SitingView) -> None:
    """Which scenario is open, and what to know of it."""
    text, found = view.text, view.saved
    asked = st.query_params.get("scenario")
    if found is None and asked and asked not in [row.id for row in scenarios(view.workspace)]:
        st.warning(text("scenario.gone", id=plain(asked)))
    if found is None:
        return
    day = figures.NONE if found.changed is None else figures.date(found.changed, text.language)
    said = f"**{plain(found.called(text.language))}** · {day} · {text.code('quality', found.quality)}"
    badge = f" :orange-badge[{text('scenario.edited')}]" if view.is_edited else ""
    note = f"  \n{plain(found.note)}" if found.note and access.closed(view.workspace) else ""  # else it is in the form
    st.markdown(said + badge + note)
    lost = [change for change in found.changes if change not in view.makeable(found.changes)]
    if lost:
        names = text("list.comma").join(plain(view.center_name(change.center)) for change in lost)
        st.warning(text("scenario.left_out", count=len(lost), names=names))
    if found.workspace is not None and found.workspace != view.workspace.content_id:
        quiet(text("scenario.data_changed"))
    _walk(view, found)


def _walk(view: SitingView, found: SavedScenario) -> None:
    """Made for another walk than the one at hand: say so, and offer that one."""
    settings, text = view.workspace.settings, view.text
    if found.profile not in [p.id for p in settings.profiles] or found.minutes not in settings.cutoffs.minutes:
        return
    profile, minutes = str(found.profile), figures.minutes(float(found.minutes or 0))
    if (profile, minutes) == (view.profile.id, view.minutes_text):
        return

    def take() -> None:
        st.session_state["profile"], st.session_state["minutes"] = profile, minutes

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        quiet(text("scenario.other_walk", profile=plain(profile_name(text, settings, profile)), minutes=minutes))
        if st.button(text("scenario.its_walk"), on_click=take, type="tertiary", key="scenario_walk"):
            st.rerun()  # the header shows the choice, too


# ---- side by side -------------------------------------------------------------------------------------------


def _list(view: SitingView, found: Sequence[Shown]) -> None:
    """All scenarios with their key figures; a line opens its scenario."""
    text = view.text
    rows = [None, *found]
    of = [comparison.figures_of(view, () if row is None else view.makeable(row.changes)) for row in rows]
    records = [None if row is None else row.saved for row in rows]
    frame = view.table(
        {
            "scenario": [text("scenario.today") if row is None else row.name for row in rows],
            "gained": [round(each.gained) for each in of],
            "covered_share": [round(each.share, SHARE_DECIMALS) for each in of],
            "mean_walk": [round(each.mean_walk_min, 2) for each in of],
            "lost": [round(each.lost) for each in of],
            "gaps_closed": [each.gaps_closed for each in of],
            "change_counts": [figures.NONE if row is None else each.counts for row, each in zip(rows, of, strict=True)],
            "saved_on": ["" if record is None else str(record.changed or "") for record in records],
            "saved_by": ["" if record is None else record.source or "" for record in records],
            "remark": ["" if record is None else record.note or "" for record in records],
        }
    )
    key = f"scenario_list_{text.language}"

    def take() -> None:
        cells = st.session_state[key].selection.cells
        if cells and (row := rows[cells[0][0]]) is not None:
            show(view, row)

    numbers = {text(f"column.{name}"): st.column_config.NumberColumn(format="localized") for name in ("gained", "lost")}
    st.dataframe(
        frame,
        hide_index=True,
        height="content" if len(frame) <= LONG else TALL_PX,
        key=key,
        on_select=take,
        selection_mode="single-cell",
        column_config=numbers
        | {
            text("column.scenario"): st.column_config.TextColumn(pinned=True, width=NAME_PX),
            text("column.covered_share"): st.column_config.NumberColumn(format="percent"),
            text("column.mean_walk"): st.column_config.NumberColumn(format="%.2f"),
        },
    )
    st.download_button(text("twin.download"), data=lambda: csv_bytes(pd.DataFrame(frame)), file_name="scenarios.csv",
                       mime="text/csv", key="download_scenarios", on_click="ignore", type="tertiary")  # fmt: skip
    quiet(text("scenario.note", profile=plain(view.profile_name), minutes=view.minutes_text))


def _compare(view: SitingView, found: Sequence[Shown]) -> None:
    text, rows = view.text, {row.key: row for row in found}
    key = COMPARED + text.language
    chosen = [name for name in st.session_state.get(key, _first(view, found)) if name in rows]
    st.session_state[key] = chosen[: comparison.MOST_BESIDE]
    st.markdown(f"**{text('compare.title')}**")
    st.multiselect(
        text("compare.choose", most=comparison.MOST_BESIDE),
        list(rows),
        format_func=lambda name: rows[name].name if name in rows else str(name),
        key=key,
        max_selections=comparison.MOST_BESIDE,
        placeholder=text("compare.choose", most=comparison.MOST_BESIDE),
        label_visibility="collapsed",
    )
    names: list[str] = st.session_state[key]
    if names:
        columns = {rows[name].name: view.makeable(rows[name].changes) for name in names}
        comparison.comparison(view, {text("scenario.today"): (), **columns})


def _first(view: SitingView, found: Sequence[Shown]) -> list[str]:
    """What is compared at first: what is on the screen, then the newest."""
    on_screen = [row.key for row in found if row.changes == view.changes or row.key == ""]
    others = [row.key for row in found if row.key not in on_screen]
    return [*on_screen, *others][:AT_FIRST]
