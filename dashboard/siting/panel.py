"""The panel of a what-if: what may be changed, and what it brings."""

from __future__ import annotations

from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import beginning, figures
from dashboard.controls import told_apart
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.siting.links import helps
from dashboard.siting.targets_panel import targets_panel
from dashboard.siting.view import MOVING, SitingView, place_at, put, typed_place
from dashboard.twins import SHARE_DECIMALS, table
from data.tables.changes import MOST, Change, with_change

DETAILS: Final = ("ages", "places", "switches", "each")
EXPLAINED: Final = {"gained": "gain", "share": "covered", "walk": "walk_change", "gaps": "gap"}
"""Figure of the panel → where the methods page explains it."""
SECTION: Final = "scenarios"
"""Where the page keeps, compares and exports what is on the map."""


def sentence(view: SitingView) -> None:
    """What the page shows, with the figures that matter; nothing where there are none."""
    lacks = beginning.lacks(view.workspace)
    if "residents" in lacks or (lacks and not view.changes):
        return
    found, facts = view.what_if, {"profile": plain(view.profile_name), "minutes": view.minutes_text}
    if st.session_state["task"] == "whatif" and view.changes:
        shares = {"before": figures.share(found.share_before), "after": figures.share(found.share_after)}
        gained = figures.number(found.gained)
        said = view.text("siting.sentence_whatif", count=len(view.changes), gained=gained, **shares, **facts)
        lost = view.text("siting.sentence_lost", lost=figures.number(found.lost)) if round(found.lost) else ""
        st.markdown(said + lost)
        return
    people = figures.number(found.effect.covered_before.sum())
    share = figures.share(found.share_before)
    st.markdown(view.text("siting.sentence_start", open=len(view.today.ids), people=people, share=share, **facts))


def panel(view: SitingView) -> None:
    """Everything beside the map."""
    _tools(view)
    if not view.changes:
        st.markdown(
            view.text("siting.start") + view.text("siting.start_village" if view.has_villages else "siting.start_typed")
        )
        return
    _figures(view)
    _changes(view)
    _notes(view)
    _details(view)
    targets_panel(view, view.changes)  # last: targets of another walk may have to be computed first


# ---- changing -----------------------------------------------------------------------------------------------


def _tools(view: SitingView) -> None:
    text, state = view.text, st.session_state
    moving = state.get(MOVING)
    _places(view, moving)
    if moving:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(text("siting.moving", name=plain(view.center_name(moving))))
            st.button(text("siting.keep_place"), on_click=lambda: state.pop(MOVING, None), type="tertiary")
        return
    site = state["site"]
    if site not in view.today.ids or any(change.center == site for change in view.changes):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(view.center_name(site))}**")
        st.button(text("siting.move"), on_click=partial(state.__setitem__, MOVING, site), key="move_center")
        st.button(text("siting.close"), on_click=partial(_add, view, Change("close", site)), key="close_center")


def _places(view: SitingView, moving: str | None) -> None:
    """Where a center goes, for who does not point at the map: a village, or coordinates."""
    text, state, villages = view.text, st.session_state, view.villages()
    village, typed = f"village_{text.language}", f"typed_place_{text.language}"
    full = len(view.changes) >= MOST and moving is None

    def take_village() -> None:
        if state[village] in villages:
            place_at(view.workspace, villages[state[village]])
        state[village] = None

    def take_typed() -> None:
        place = typed_place(state[typed])
        if place is not None:
            place_at(view.workspace, place)
            state[typed] = ""

    left, right = st.columns(2, gap="small") if villages else (None, st.container())
    if left is not None:
        codes = sorted(villages)
        names = dict(zip(codes, told_apart([view.place(code) for code in codes], codes), strict=True))
        left.selectbox(
            text("siting.village"),
            codes,
            index=None,
            format_func=lambda code: names.get(code, code),
            key=village,
            on_change=take_village,
            placeholder=text("siting.village"),
            label_visibility="collapsed",
            disabled=full,
        )
    right.text_input(
        text("siting.typed"), key=typed, on_change=take_typed, placeholder=text("siting.typed_hint"),
        label_visibility="collapsed", disabled=full,
    )  # fmt: skip
    if state[typed]:
        st.warning(text("siting.typed_refused"))


def _add(view: SitingView, change: Change) -> None:
    changes = with_change(view.changes, change)
    if len(changes) <= MOST:
        put(changes)


def _changes(view: SitingView) -> None:
    text = view.text
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{text('siting.changes', count=len(view.changes))}**")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown(f"[{text('siting.to_scenarios')} ↓](#{SECTION})")
            st.button(text("siting.undo"), on_click=partial(put, view.changes[:-1]), type="tertiary", key="undo")
            st.button(text("siting.clear"), on_click=partial(put, ()), type="tertiary", key="clear_changes")
    with st.container(gap=None, key="changes_list"):
        for i, (sign, words, _) in enumerate(view.listed):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"**{sign}** {plain(words)}")
                kept = (*view.changes[:i], *view.changes[i + 1 :])
                label = text("siting.remove")
                st.button(label, on_click=partial(put, kept), type="tertiary", key=f"remove_{i}", help=plain(words))


# ---- what it brings -----------------------------------------------------------------------------------------


def _figures(view: SitingView) -> None:
    text, found = view.text, view.what_if
    effect, points = found.effect, 100 * (found.share_after - found.share_before)
    before, after = figures.number(effect.mean_before_min, 1), figures.number(effect.mean_after_min, 1)
    cards = (
        ("gained", figures.number(found.gained), text("siting.of_lost", people=figures.number(found.lost))),
        ("share", figures.share(found.share_after), text("siting.points", points=figures.signed(points, 2))),
        (
            "walk",
            text("siting.minutes", minutes=figures.signed(effect.mean_change_min, 2)),
            text("siting.from_to", a=before, b=after),
        ),
        ("gaps", figures.number(len(effect.gaps_closed)), text("siting.touched", count=len(effect.gaps_touched))),
    )  # fmt: skip
    helped = helps(
        view, {EXPLAINED[name]: text(f"siting.{name}_help", minutes=view.minutes_text) for name, *_ in cards}
    )
    with st.container(key="siting_figures"):
        for name, value, below_it in cards:
            with st.container(border=True, gap=None, height="stretch"):
                st.metric(text(f"siting.{name}"), value, help=helped[EXPLAINED[name]])
                quiet(below_it)


def _notes(view: SitingView) -> None:
    off = [row for row, is_off in zip(view.what_if.placed, view.what_if.off_street, strict=True) if is_off]
    if off:
        limit = figures.length(view.today.assessment.params.snap.max_distance_m)
        st.warning(view.text("siting.off_street", count=len(off), distance=limit))


def _details(view: SitingView) -> None:
    text, key = view.text, f"siting_detail_{view.text.language}"
    st.session_state.setdefault(key, DETAILS[0])
    st.segmented_control(
        text("siting.details"), DETAILS, format_func=lambda v: text(f"siting.by_{v}"), key=key, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    chosen: str = st.session_state[key]
    frame = {"ages": _ages, "places": _by_place, "switches": _switches, "each": _each}[chosen](view)
    if frame.empty:
        quiet(text("siting.none"))
        return
    shares = {text("column.before_share"), text("column.after_share")}
    columns = {
        name: st.column_config.NumberColumn(format="percent" if name in shares else "localized")
        for name in frame.columns
        if frame[name].dtype.kind == "f"
    }
    table(text, frame, f"siting_{chosen}", columns=columns)


def _ages(view: SitingView) -> pd.DataFrame:
    found = view.what_if.by_group()
    return view.table(
        {
            "age": [view.group(group) for group in found["group"]],
            "gained": found["gained"].round(),
            "lost": found["lost"].round(),
            "before_share": (found["before"] / found["residents"]).round(SHARE_DECIMALS),
            "after_share": (found["after"] / found["residents"]).round(SHARE_DECIMALS),
        }
    )


def _by_place(view: SitingView) -> pd.DataFrame:
    found = view.what_if.by_unit()
    return view.table(
        {
            "place": [view.place(code) for code in found["code"]],
            "gained": found["gained"].round(),
            "lost": found["lost"].round(),
            "before_share": found["before"].round(SHARE_DECIMALS),
            "after_share": found["after"].round(SHARE_DECIMALS),
        }
    )


def _switches(view: SitingView) -> pd.DataFrame:
    found = view.what_if.by_switch()
    return view.table({"from_center": map(view.center_name, found["center"]), "switching": found["residents"].round()})


def _each(view: SitingView) -> pd.DataFrame:
    found = view.what_if.by_placed()
    words = {change: f"{sign} {said}" for sign, said, change in view.listed}
    return view.table(
        {
            "center_name": [words[change] for change in view.what_if.placed],
            "in_time": found["in_time"].round(),
            "overlap": found["overlap"].round(),
        }
    )
