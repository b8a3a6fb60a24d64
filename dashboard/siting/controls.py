"""The controls of the page Siting. Every choice lives in the URL (`dashboard.state`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import streamlit as st

from dashboard.controls import mirror
from dashboard.siting import upload
from dashboard.siting.best import Asked
from dashboard.siting.choices import (
    AMOUNTS,
    ANY_COUNT,
    CANDIDATES,
    COUNTS,
    DRAWN_FOR_SITING,
    EVERY_M,
    GOALS,
    OWN_WEIGHTS,
    TARGETS,
    TASKS,
    WEIGHTS,
)
from dashboard.siting.choices import GIVEN as GIVEN_CENTERS
from dashboard.siting.places import FILE, GIVEN, STREETS, is_community
from dashboard.siting.rules import LARGEST, SiteRules, read_quotas, read_weights
from data.tables.drafts import shortest
from geo.people.residents import AGE_GROUPS, CHILDREN, ELDERS

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from dashboard.siting.view import SitingView

NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "elders_twice": (ELDERS,),
    "elders": (ELDERS,),
    "children": (CHILDREN,),
    OWN_WEIGHTS: AGE_GROUPS,
}
"""Who counts → the age groups that have to be known for it."""
STAND_IN: Final[dict[str, tuple[str, ...]]] = {
    "candidates": ("villages", STREETS),
    "count": ("5",),
    "weights": ("all",),
}
"""Choice → what is taken where the chosen option is not offered."""


def tasks(text: Catalog) -> None:
    """What the page is asked to do."""
    st.segmented_control(
        text("choose.task"), TASKS, format_func=lambda v: text(f"task.{v}"), required=True,
        label_visibility="collapsed", **mirror("task", text.language),
    )  # fmt: skip


def layers(text: Catalog) -> None:
    """Which layers the map shows besides the answer."""
    with st.popover(text("overview.layers")):
        st.pills(
            text("overview.show"), DRAWN_FOR_SITING, selection_mode="multi", format_func=lambda v: text(f"layer.{v}"),
            **mirror("ground", text.language),
        )  # fmt: skip


def question(view: SitingView) -> None:
    """What the best sites should be the best in, how many, and where they may go."""
    text = view.text
    select(text, "goal", GOALS, lambda v: text(f"goal.{v}", minutes=view.minutes_text), label=False)
    left, right = st.columns(2, gap="small")
    with left:
        if st.session_state["goal"] == "fewest":
            select(text, "target", TARGETS, lambda v: f"{v} %")
        else:
            said = {ANY_COUNT: "best.any", "1": "best.site"}
            select(text, "count", _counts(), lambda v: text(said.get(v, "best.sites"), count=v))
    with right:
        candidates(view)
    if st.session_state["candidates"] == FILE:
        upload.uploader(view)


def curve_question(view: SitingView) -> None:
    """What the curve depends on."""
    left, right = st.columns(2, gap="small")
    with left:
        candidates(view)
        weights(view)
    with right:
        given(view.text)
        if st.session_state["candidates"] == STREETS:
            every(view.text)
    if st.session_state["candidates"] == FILE:
        upload.uploader(view)


def candidates(view: SitingView) -> None:
    """Where a center may go."""
    select(view.text, "candidates", _candidates(view), lambda v: view.text(f"candidates.{v}"))


def every(text: Catalog) -> None:
    """How far apart candidates along streets are."""
    select(text, "every", EVERY_M, lambda v: f"{v} m")


def weights(view: SitingView) -> None:
    """Who counts."""
    select(view.text, "weights", _weights(view), lambda v: view.text(f"weights.{v}"))


def given(text: Catalog) -> None:
    """Which centers stand in every answer."""
    select(text, "given", GIVEN_CENTERS, lambda v: text(f"given.{v}"))


# ---- what is asked ------------------------------------------------------------------------------------------


def asked(view: SitingView) -> Asked | None:
    """The question as it is put; None while the file of candidates that it speaks of is not here."""
    chosen = st.session_state
    kind, count = _fitting("candidates", _candidates(view)), _fitting("count", _counts())
    if kind == FILE and GIVEN.get(chosen["file"] or "") is None:
        return None
    detail = {STREETS: f":{chosen['every']}", FILE: f":{chosen['file']}"}
    return Asked(
        goal=chosen["goal"],
        count=None if count == ANY_COUNT else int(count),
        target=int(chosen["target"]) / 100,
        candidates=kind + detail.get(kind, ""),
        weights=_fitting("weights", _weights(view)),
        given=chosen["given"],
        minutes=view.minutes,
        profile=view.profile,
        rules=rules(view),
        ages=read_weights(chosen["ages"], len(AGE_GROUPS)) or (1.0,) * len(AGE_GROUPS),
    )


def rules(view: SitingView) -> SiteRules:
    """The rules that are set."""
    chosen = st.session_state
    apart, budget, price, room = (None if chosen[name] is None else float(chosen[name]) for name in AMOUNTS)
    return SiteRules(
        least=int(chosen["least"]) / 100,
        spacing_m=apart,
        budget=budget,
        price=price,
        capacity=room,
        quotas=read_quotas(chosen["quotas"], view.workspace.towns) or (),
    )


def _candidates(view: SitingView) -> tuple[str, ...]:
    """Kinds of candidates that the residents' table allows."""
    villages = view.villages()
    without = {"large", "villages"} if not villages else set()
    if not any(map(is_community, villages)):
        without.add("communities")
    return tuple(kind for kind in CANDIDATES if kind not in without)


def _counts() -> tuple[str, ...]:
    """Numbers of sites; as many as the budget allows only where there is one."""
    unlimited = st.session_state["goal"] == "cover" and st.session_state["budget"] is not None
    return tuple(count for count in COUNTS if unlimited or count != ANY_COUNT)


def _weights(view: SitingView) -> tuple[str, ...]:
    """Who may count: groups that are known."""
    known = view.today.assessment.residents.groups
    return tuple(name for name in WEIGHTS if set(NEEDED.get(name, ())) <= set(known))


def _fitting(name: str, options: Sequence[str]) -> str:
    """What is chosen, or what stands in for it where it is not offered."""
    value: str = st.session_state[name]
    return value if value in options else next(other for other in STAND_IN[name] if other in options)


# ---- widgets ------------------------------------------------------------------------------------------------


def select(text: Catalog, name: str, options: Sequence[str], say: Callable[[str], str], *, label: bool = True) -> None:
    """One of several; where the options say it all, the label is only read aloud."""
    if name in STAND_IN:
        st.session_state[name] = _fitting(name, options)
    st.selectbox(
        text(f"choose.{name}"), options, format_func=say, **mirror(name, text.language),
        help=text.texts.get(f"choose.{name}_help"), label_visibility="visible" if label else "collapsed",
    )  # fmt: skip


def amount(text: Catalog, name: str, step: float, *, placeholder: str = "") -> None:
    """A number above 0, or nothing."""
    key = f"{name}_{text.language}"
    written = st.session_state[name]
    st.session_state[key] = None if written is None else float(written)
    st.number_input(
        text(f"choose.{name}"), min_value=0.0, max_value=LARGEST, value=None, step=step, format="%g", key=key,
        on_change=_take_amount, args=(name, key), help=text(f"choose.{name}_help"),
        placeholder=placeholder or text("rules.nothing"),
    )  # fmt: skip


def _take_amount(name: str, key: str) -> None:
    value = st.session_state[key]
    st.session_state[name] = shortest(round(value, 3)) if value else None
