"""Refusal: why a question has no answer, in the page's language, and what to relax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import figures
from dashboard.markdown import plain
from dashboard.panels import show_error
from dashboard.siting.conflicts import Demand, demands
from dashboard.siting.upload import plain_lines
from geo.errors import AtlasError, ConflictingRulesError
from geo.siting.candidates import LARGE_VILLAGE

if TYPE_CHECKING:
    from dashboard.siting.best import Asked, SiteSearch
    from dashboard.siting.view import SitingView


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
    text, named = view.text, demands(error.facts["conflict"])
    if asked.candidates == "large" and all(demand.kind != "large" for demand in named):
        named.append(Demand("large", {"count": "0"}))  # barring the others is a demand, too
    lines = []
    for demand in named:
        said = plain(text(f"demand.{demand.kind}", **_facts(view, asked, search, demand)))
        lines.append(f"- **{said}**{_limit(view, demand)} :small[{text(f'relax.{demand.kind}')}]")
    intro = text("demand.alone" if len(lines) == 1 else "demand.together")
    return "\n".join([intro, "", *lines])


def _facts(view: SitingView, asked: Asked, search: SiteSearch, demand: Demand) -> dict[str, object]:
    """The engine's facts as the page says them."""
    facts: dict[str, object] = dict(demand.facts)
    town = str(facts.get("town", ""))
    facts["available"] = search.candidate_towns.count(town)
    facts["town"] = view.place(town) if town else ""
    if "share" in facts:
        facts["share"] = f"{100 * (asked.target if demand.kind == 'target' else asked.rules.least):.0f} %"
    facts["residents"] = figures.number(LARGE_VILLAGE)
    facts["minutes"] = view.minutes_text
    return facts


def _limit(view: SitingView, demand: Demand) -> str:
    can = demand.facts.get("can")
    return "" if can is None else view.text("demand.can", share=figures.share(float(can)))
