"""The report of a what-if: the changes made by hand, and what they bring. No Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from dashboard import figures
from dashboard.siting.report import parts, picture
from dashboard.siting.report.document import Column, PlanReport, Section, Table, legal, numbered
from dashboard.siting.report.gains import Gains

if TYPE_CHECKING:
    from dashboard.siting.view import SitingView
    from data.tables.changes import Kind

KINDS: Final[dict[Kind, tuple[str, str]]] = {
    "new": ("paper.kind_new", "paper.counts_new"),
    "move": ("paper.kind_move", "paper.counts_move"),
    "close": ("paper.kind_close", "paper.counts_close"),
}
"""Kind of change → its word, and how many of it there are."""
MOST_LEFT: Final = 15
"""Centers that residents leave for a new place, written out."""


def scenario_report(view: SitingView, name: str, *, fonts: Sequence[str], link: str) -> PlanReport:
    """The report of the changes at hand.

    Args:
        name: of the scenario.
        fonts: families for the map's letters.
        link: of the page that shows it.
    """
    text, found = view.text, view.what_if
    gains = Gains.of_what_if(found)
    marks, before = view.marks(), len(view.today.ids)
    kinds = [change.kind for change in view.changes]
    sketch = picture.Sketch.of(view, marks, gains, committed=False)
    title = legal(text("paper.scenario_title", name=name))
    sections = [_changes(view), parts.gains_section(view, gains), *filter(None, [_left(view)]), _compared(view, name)]
    return PlanReport(
        language=text.language,
        title=title,
        subtitle=legal(parts.subtitle(view)),
        workspace=legal(view.workspace.settings.name(text.language)),
        as_of=view.workspace.settings.as_of,
        warning=legal(parts.warning(view)),
        summary=tuple(map(legal, _summary(view, gains))),
        figures=parts.key_figures(view, gains, (before, before + kinds.count("new") - kinds.count("close"))),
        figures_note=parts.figure_notes(view),
        picture=picture.draw(view, sketch, fonts),
        sections=numbered([*sections, parts.assumptions(view), parts.record(view, link)], text.language),
        running=parts.running(view),
        words=parts.words(text),
    )


def _summary(view: SitingView, gains: Gains) -> list[str]:
    text, effect = view.text, view.what_if.effect
    kinds = [change.kind for change in view.changes]
    said = [(text(key, count=kinds.count(kind)), kinds.count(kind)) for kind, (_, key) in KINDS.items()]
    changes = text("list.comma").join(words for words, count in said if count)
    sentences = [text("paper.says_changes", changes=changes), *parts.gain_sentences(view, gains)]
    if effect.gaps_touched:
        closed, touched = len(effect.gaps_closed), len(effect.gaps_touched)
        sentences.append(text("paper.says_gaps", closed=closed, touched=touched))
    if np.isfinite(effect.mean_change_min):
        change = figures.signed(effect.mean_change_min, 2, text("paper.min"))
        sentences.append(text("paper.says_walk", change=change))
    return [*sentences, text("paper.by_hand")]


def _changes(view: SitingView) -> Section:
    text = view.text
    found = view.what_if.by_placed()
    people = dict(zip(view.what_if.placed, zip(found["in_time"], found["overlap"], strict=True), strict=True))
    off = dict(zip(view.what_if.placed, view.what_if.off_street.tolist(), strict=True))
    rows = []
    for change, mark in zip(view.changes, view.marks(), strict=True):
        there = "" if change.kind == "close" else view.nearest_place(mark.lonlat)
        words = parts.ARROW.join(filter(None, [view.center_name(change.center) if change.center else "", there]))
        lon, lat = mark.lonlat
        counts = map(figures.number, people.get(change, (np.nan, np.nan)))  # who closes has nobody
        kind = text(KINDS[change.kind][0])
        rows.append((mark.sign, kind, legal(words), f"{lon:.5f}\n{lat:.5f}", *counts))
    heads = ("paper.sign", "paper.kind", "paper.place", "paper.lonlat", "column.in_time", "column.overlap")
    weights = (0.4, 0.7, 2.4, 1.0, 1.0, 1.2)
    columns = tuple(
        Column(text(head), weight, number=i > 3) for i, (head, weight) in enumerate(zip(heads, weights, strict=True))
    )
    notes = []
    if any(off.values()):
        limit = figures.length(view.today.assessment.params.snap.max_distance_m)
        notes.append(text("siting.off_street", count=sum(off.values()), distance=limit))
    return Section("sites", text("paper.changes"), tables=(Table(columns, tuple(rows)),), notes=tuple(notes))


def _left(view: SitingView) -> Section | None:
    """Whose residents turn to a new place."""
    text, found = view.text, view.what_if.by_switch()
    if found.empty:
        return None
    rows = tuple(
        (legal(view.center_name(center)), figures.number(people))
        for center, people in found.head(MOST_LEFT).itertuples(index=False)
    )
    columns = Column(text("column.from_center"), 3), Column(text("column.switching"), 1, number=True)
    notes = (text("paper.switch_note"),)
    return Section("switches", text("paper.switches"), tables=(Table(columns, rows),), notes=notes)


def _compared(view: SitingView, name: str) -> Section:
    text = view.text
    rows = [
        (text("column.scenario"), name),
        (text("paper.compared_with"), text("paper.open_today", count=len(view.today.ids))),
        (text("paper.cutoff"), text("siting.minutes", minutes=view.minutes_text)),
        (text("paper.who_walks"), view.profile_name),
        (text("paper.who_counts"), text("weights.all")),
    ]
    return Section("question", text("paper.question"), tables=(parts.pairs(rows, text),))
