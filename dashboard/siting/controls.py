"""The controls of the page Siting. Every choice lives in the URL (`dashboard.state`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.siting.best import Asked
from dashboard.state import CANDIDATES, COUNTS, DRAWN_FOR_SITING, GIVEN, GOALS, LEAST_SHARES, TARGETS, TASKS, WEIGHTS

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from dashboard.siting.view import SitingView


def tasks(text: Catalog) -> None:
    """What the page is asked to do."""
    key = _mirrored(text, "task")
    st.segmented_control(
        text("choose.task"), TASKS, format_func=lambda v: text(f"task.{v}"), required=True, key=key,
        on_change=_give_back, args=("task", key), label_visibility="collapsed",
    )  # fmt: skip


def layers(text: Catalog) -> None:
    """Which layers the map shows besides the answer."""
    key = f"ground_{text.language}"
    st.session_state[key] = st.session_state["ground"]
    with st.popover(text("overview.layers")):
        st.pills(
            text("overview.show"), DRAWN_FOR_SITING, selection_mode="multi", format_func=lambda v: text(f"layer.{v}"),
            key=key, on_change=_give_back, args=("ground", key),
        )  # fmt: skip


def question(view: SitingView) -> None:
    """What the best sites should be the best in, and what they have to keep to."""
    text = view.text
    _select(text, "goal", GOALS, lambda v: text(f"goal.{v}", minutes=view.minutes_text))
    left, right = st.columns(2, gap="small")
    with left:
        if st.session_state["goal"] == "fewest":
            _select(text, "target", TARGETS, lambda v: f"{v} %")
        else:
            _select(text, "count", COUNTS, lambda v: text("best.sites", count=v))
    with right:
        _candidates(view)
    with st.expander(text("best.more")):
        _select(text, "weights", WEIGHTS, lambda v: text(f"weights.{v}"))
        _select(text, "least", LEAST_SHARES, lambda v: text("best.no_least") if v == "0" else f"{v} %")
        _select(text, "given", GIVEN, lambda v: text(f"given.{v}"))


def curve_question(view: SitingView) -> None:
    """What the curve depends on."""
    text = view.text
    _candidates(view)
    left, right = st.columns(2, gap="small")
    with left:
        _select(text, "weights", WEIGHTS, lambda v: text(f"weights.{v}"))
    with right:
        _select(text, "given", GIVEN, lambda v: text(f"given.{v}"))


def asked(view: SitingView) -> Asked:
    """The question as it is put."""
    chosen = st.session_state
    return Asked(
        goal=chosen["goal"],
        count=int(chosen["count"]),
        target=int(chosen["target"]) / 100,
        candidates=_offered(view)[0] if chosen["candidates"] not in _offered(view) else chosen["candidates"],
        weights=chosen["weights"],
        least=int(chosen["least"]) / 100,
        given=chosen["given"],
        minutes=view.minutes,
        profile=view.profile,
    )


def _offered(view: SitingView) -> tuple[str, ...]:
    """Kinds of candidates that the residents' table allows."""
    return CANDIDATES if view.has_villages else CANDIDATES[1:]


def _candidates(view: SitingView) -> None:
    st.session_state["candidates"] = asked(view).candidates
    _select(view.text, "candidates", _offered(view), lambda v: view.text(f"candidates.{v}"))


def _select(text: Catalog, name: str, options: Sequence[str], say: Callable[[str], str]) -> None:
    key = _mirrored(text, name)
    st.selectbox(
        text(f"choose.{name}"), options, format_func=say, key=key, on_change=_give_back, args=(name, key),
        help=text.texts.get(f"choose.{name}_help"),
    )  # fmt: skip


def _mirrored(text: Catalog, name: str) -> str:
    """Key of a widget that shows a choice: one a language, for the browser keeps the label that it was given."""
    key = f"{name}_{text.language}"
    st.session_state[key] = st.session_state[name]
    return key


def _give_back(name: str, key: str) -> None:
    st.session_state[name] = st.session_state[key]
