"""The panel that keeps a scenario: name and note, save, overwrite, remove, and take that back.

Where the workspace can be edited it goes into the registry, for everybody; elsewhere into the session, to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from zlib import crc32

import streamlit as st

from dashboard import access
from dashboard.editing.steps import undo
from dashboard.i18n import LANGUAGES
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.siting.changes import MAX_NAME
from data.scenarios import discard, keep, renewed, scenario_of, scenarios
from data.tables.changes import Change, parsed, written
from geo.errors import AtlasError

if TYPE_CHECKING:
    from dashboard.siting.view import SitingView

KEPT: Final = "kept_scenarios"
"""Key of the session's state: (name, changes as text) of what is kept where nothing can be saved."""
PROPOSED: Final = "scenario_proposed"
"""Key of the session's state: the name in the file that was opened last."""
DONE: Final = "scenario_done"
"""Key of the session's state: what was written last, to be taken back."""
COMPARED: Final = "compare_"
"""Begins the keys of the session's state: what is compared, by language."""
MAX_NOTE: Final = 200

Act = Literal["save", "overwrite", "delete"]


@dataclass(frozen=True, slots=True)
class Done:
    """What was written last.

    Attributes:
        change_set: in the history; None where it stood there just so.
        scenario: id of what was open before.
        after: scenario and changes on the screen afterwards; once there are others, it is no news.
    """

    act: Act
    name: str
    change_set: int | None
    scenario: str | None
    after: tuple[str | None, str | None]


def kept_here() -> list[tuple[str, tuple[Change, ...]]]:
    """Name and changes of what this session keeps."""
    return [(name, parsed(changes) or ()) for name, changes in st.session_state.get(KEPT, [])]


def forgetting(view: SitingView) -> None:
    """Let go of what this session keeps."""
    kept: list[tuple[str, str]] = st.session_state.get(KEPT, [])
    if kept:
        st.button(view.text("scenario.forget"), on_click=kept.clear, type="tertiary", key="forget_scenarios")


def name_of(view: SitingView) -> str:
    """What the changes on the screen are called."""
    if view.saved is not None:
        return view.saved.called(view.text.language)
    own = next((name for name, changes in kept_here() if changes == view.changes), "")
    return own or st.session_state.get(PROPOSED) or _proposed(view)


def _proposed(view: SitingView) -> str:
    taken = {row.name for row in scenarios(view.workspace)} | {name for name, _ in kept_here()}
    numbers = range(1, len(taken) + 2)
    return next(name for n in numbers if (name := view.text("scenario.proposed", number=n)) not in taken)


def keeping(view: SitingView) -> None:
    """A form for what is on the screen or open; where nothing can be saved, what to do instead."""
    text, found = view.text, view.saved
    closed = access.closed(view.workspace)
    if closed is not None:
        quiet(text(f"scenarioclosed.{closed}"))
        if view.changes and view.is_edited:
            _session(view)
        return
    stem = "new" if found is None else f"{found.id}_{crc32(repr((found.name, found.note)).encode())}"
    with st.form("scenario_form"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            name = st.text_input(text("scenario.name"), "" if found is None else name_of(view), max_chars=MAX_NAME,
                                 key=f"scenario_name_{stem}", placeholder=name_of(view), width=240)  # fmt: skip
            note = st.text_input(text("scenario.remark"), (found and found.note) or "", max_chars=MAX_NOTE,
                                 key=f"scenario_note_{stem}", placeholder=text("scenario.remark_hint"))  # fmt: skip
            with st.container(width=180):
                who = access.ask_who(text, "scenario_who")
        act = _buttons(view)
    if act is not None:
        _write(view, act, " ".join(name.split()) or name_of(view), " ".join(note.split()), who)


def _buttons(view: SitingView) -> Act | None:
    text, found = view.text, view.saved
    with st.container(horizontal=True, gap="small"):
        if found is None:
            return "save" if st.form_submit_button(text("scenario.keep"), type="primary", key="scenario_save") else None
        acts: dict[Act, bool] = {
            "overwrite": bool(view.changes)
            and st.form_submit_button(text("scenario.overwrite"), type="primary", key="scenario_overwrite"),
            "save": bool(view.changes) and st.form_submit_button(text("scenario.save_as"), key="scenario_save"),
            "delete": st.form_submit_button(text("scenario.delete"), type="tertiary", key="scenario_delete"),
        }
    return next((act for act, pressed in acts.items() if pressed), None)


def _write(view: SitingView, act: Act, name: str, note: str, who: str) -> None:
    text, found = view.text, view.saved
    own = name_of(view) if found is not None and act == "overwrite" else None
    if not who:
        st.warning(text("editing.name_first"))
        return
    taken = {called for row in scenarios(view.workspace) for called in (row.name, row.name_en)}
    if act != "delete" and name != own and name in taken:
        st.warning(text("scenario.same_name", name=plain(name)))
        return
    fresh = scenario_of(
        view.workspace, name, view.changes, profile=view.profile.id, minutes=view.minutes, who=who, note=note
    )
    try:
        registry = access.registry(view.workspace)
        if found is not None and act == "delete":
            name, now = name_of(view), None
            change_set = discard(registry, found, who, text("scenario.why_delete", name=name))
        elif found is not None and act == "overwrite":
            now = found.id
            change_set = keep(registry, renewed(found, fresh), who, text("scenario.why_save", name=name), seen=found)
        else:
            now, change_set = fresh.id, keep(registry, fresh, who, text("scenario.why_save", name=name))
    except AtlasError as error:
        access.tell(text, error)
        return
    st.session_state[DONE] = Done(act, name, change_set, st.session_state["scenario"], (now, written(view.changes)))
    st.session_state["scenario"] = now
    _again()


def _again() -> None:
    """Look at the registry as it is now."""
    _forget_choices()
    if st.query_params.get("scenario") != st.session_state["scenario"]:
        st.query_params.pop("scenario", None)  # else it would be missed, though it was let go on purpose
    st.rerun()


def _forget_choices() -> None:
    """What was proposed and compared before there was one more."""
    for key in (PROPOSED, *(COMPARED + language for language in LANGUAGES)):
        st.session_state.pop(key, None)


def done(view: SitingView) -> None:
    """What was written last, and the way back."""
    last: Done | None = st.session_state.get(DONE)
    if last is None:
        return
    if last.after != (st.session_state["scenario"], st.session_state["changes"]):
        del st.session_state[DONE]
        return
    text = view.text
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":green-badge[✓] {text(f'scenariodone.{last.act}', name=plain(last.name))}")
        change_set = last.change_set
        if change_set is None or not st.button(text("scenario.take_back"), type="tertiary", key="scenario_undo"):
            return
    try:
        who = st.session_state.get("who", "")
        undo(access.registry(view.workspace), change_set, who, text("scenario.why_undo", name=last.name))
    except AtlasError as error:
        access.tell(text, error)
        return
    del st.session_state[DONE]
    st.session_state["scenario"] = last.scenario
    _again()


def _session(view: SitingView) -> None:
    """Keep what is on the screen as long as the session lasts."""
    text, kept = view.text, st.session_state.setdefault(KEPT, [])

    def take() -> None:
        name = st.session_state["scenario_name"].strip() or name_of(view)
        st.session_state[KEPT] = [*(row for row in kept if row[0] != name), (name, written(view.changes))]
        _forget_choices()
        del st.session_state["scenario_name"]

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(text("scenario.name"), max_chars=MAX_NAME, key="scenario_name", placeholder=name_of(view),
                      width=240)  # fmt: skip
        st.button(text("scenario.keep_here"), on_click=take, key="keep_scenario")
