"""Refusal: why a question has no answer, in the page's language, and what to relax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from dashboard import figures
from dashboard.markdown import plain
from dashboard.panels import show_error
from dashboard.siting.conditions import amount_text
from dashboard.siting.upload import plain_lines
from geo.errors import AtlasError, ConflictingRulesError, Demand
from geo.siting.candidates import LARGE_VILLAGE, large_villages

if TYPE_CHECKING:
    from dashboard.siting.best import Asked, SiteSearch
    from dashboard.siting.view import SitingView

LARGE: Final = Demand("least", large_villages())
"""Large villages first: taken from the candidates before the engine looks, or its quota where they do not suffice."""


def refused(view: SitingView, asked: Asked, search: SiteSearch, error: Exception) -> None:
    """Tell why there is no answer.

    Args:
        search: where the question was asked.
        error: what ended the work.
    """
    if isinstance(error, ConflictingRulesError):
        st.warning(conflict(view, asked, search, error))
    elif isinstance(error, AtlasError):
        what, mend = view.text.error(error)
        st.warning(f"{plain_lines(what)}\n\n{plain(mend)}")
    else:
        show_error(error)


def conflict(view: SitingView, asked: Asked, search: SiteSearch, error: ConflictingRulesError) -> str:
    """Which demands cannot hold together, each with what may be relaxed, as Markdown."""
    text, named = view.text, list(error.demands)
    kinds = {_kind(demand) for demand in named}
    barred = search.too_near(asked.rules.of_engine(search.ground, search.candidate_towns, search.towns))
    # What takes candidates away before the engine looks is a demand, too.
    if asked.candidates == "large" and "large" not in kinds:
        named.append(LARGE)
    if barred.any() and "spacing" not in kinds:
        named.append(Demand("spacing", amount=asked.rules.spacing_m))
    lines = []
    for demand in named:
        kind, there = _kind(demand), np.array(search.candidate_towns, dtype=str) == demand.of
        facts = _facts(view, asked, demand) | {"available": int((there & ~barred).sum())}
        limit = "" if demand.can is None else text("demand.can", share=figures.share(demand.can))
        lines.append(f"- **{plain(text(f'demand.{kind}', **facts))}**{limit} :small[{text(f'relax.{kind}')}]")
    intro = text("demand.alone" if len(lines) == 1 else "demand.together")
    return "\n".join([intro, "", *lines])


def _kind(demand: Demand) -> str:
    """The demand's kind, as the page has sentences for it."""
    return "large" if demand.of == LARGE.of else demand.kind


def _facts(view: SitingView, asked: Asked, demand: Demand) -> dict[str, object]:
    """What the sentences say of a demand. Shares are those that were chosen: the engine's may refer to other people."""
    share = asked.target if demand.kind == "target" else asked.rules.least
    return {
        "town": view.place(demand.of) if demand.of else "",
        "amount": "" if demand.amount is None else amount_text(demand.amount),
        "share": f"{100 * share:.0f} %",
        "residents": figures.number(LARGE_VILLAGE),
    }
