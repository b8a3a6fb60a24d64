"""Refusal: why a question has no answer, in the page's language, and what to relax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
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
    kinds = {demand.kind for demand in named}
    barred = search.too_near(asked.rules.of_engine(search.ground, search.candidate_towns, search.towns))
    # What takes candidates away before the engine looks is a demand, too.
    if asked.candidates == "large" and "large" not in kinds:
        named.append(Demand("large"))
    if barred.any() and "spacing" not in kinds:
        named.append(Demand("spacing", {"meters": f"{asked.rules.spacing_m:g}"}))
    lines = []
    for demand in named:
        facts = _facts(view, asked, demand)
        there = np.array(search.candidate_towns, dtype=str) == demand.facts.get("town")
        said = plain(text(f"demand.{demand.kind}", **facts, available=int((there & ~barred).sum())))
        lines.append(f"- **{said}**{_limit(view, demand)} :small[{text(f'relax.{demand.kind}')}]")
    intro = text("demand.alone" if len(lines) == 1 else "demand.together")
    return "\n".join([intro, "", *lines])


def _facts(view: SitingView, asked: Asked, demand: Demand) -> dict[str, object]:
    """The engine's facts as the page says them."""
    facts: dict[str, object] = dict(demand.facts)
    town = str(facts.get("town", ""))
    facts["town"] = view.place(town) if town else ""
    if "share" in facts:
        facts["share"] = f"{100 * (asked.target if demand.kind == 'target' else asked.rules.least):.0f} %"
    if "meters" in facts:
        facts["meters"] = figures.number(float(demand.facts["meters"]))
    facts["residents"] = figures.number(LARGE_VILLAGE)
    facts["minutes"] = view.minutes_text
    return facts


def _limit(view: SitingView, demand: Demand) -> str:
    can = demand.facts.get("can")
    return "" if can is None else view.text("demand.can", share=figures.share(float(can)))
