"""The report of the best new sites: the plan with its proof, why each site, and how firmly it stands. No Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from dashboard import figures
from dashboard.siting import assumptions
from dashboard.siting.layers import Mark
from dashboard.siting.places import FILE, GIVEN, STREETS, kind_of
from dashboard.siting.report import parts, picture
from dashboard.siting.report.document import Column, PlanReport, Section, Table, legal, numbered
from dashboard.siting.report.gains import Gains
from geo.people.residents import AGE_GROUPS
from geo.siting.rules import Capacity
from geo.siting.tradeoff import CurveStep, Necessity, SiteCase, Stance, explain

if TYPE_CHECKING:
    from dashboard.siting.best import Answer, Asked, SiteSearch
    from dashboard.siting.view import SitingView

MOST_NAMED: Final = 8
"""Sites named in the summary; the table has all."""
WALKS: Final = ("mean", "worst")
"""Goals whose objective is in minutes."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """A plan with all that is known of it.

    Attributes:
        asked, answer, search: the question, the last answer, and what it was asked of.
        name: of a candidate, by its row.
        tested: how it stands under other assumptions, as far as that was asked for.
        curve: coverage by number of sites, as far as that was asked for.
    """

    asked: Asked
    answer: Answer
    search: SiteSearch
    name: Callable[[int], str]
    tested: Sequence[Stance | Necessity] = ()
    curve: Sequence[CurveStep] = ()

    @cached_property
    def cases(self) -> Sequence[SiteCase]:
        """What each site brings; without runners-up until they are known."""
        if self.answer.cases is not None:
            return self.answer.cases
        problem, plan = self.answer.problem, self.answer.plan
        others = problem.free.copy()
        others[list(plan.sites)] = False
        return explain(problem.without(np.flatnonzero(others).tolist()), plan)

    @property
    def marks(self) -> list[Mark]:
        """The sites as the map shows them."""
        lonlat = self.search.candidates.lonlat.tolist()
        return [
            Mark(str(i), "site", self.name(case.site), tuple(lonlat[case.site]), case.in_time)
            for i, case in enumerate(self.cases, start=1)
        ]


def plan_report(view: SitingView, chosen: Chosen, *, fonts: Sequence[str], link: str) -> PlanReport:
    """The report of a plan.

    Args:
        fonts: families for the map's letters.
        link: of the page that shows it.
    """
    text, asked, plan = view.text, chosen.asked, chosen.answer.plan
    gains = Gains.of_plan(view.today, chosen.search, chosen.answer)
    marks, before = chosen.marks, len(chosen.search.ground.existing_ids)
    sketch = picture.Sketch.of(view, marks, gains, committed=asked.given != "open")
    title = text("paper.plan_title", count=len(plan.sites))
    sections = [
        _sites(chosen, view),
        parts.gains_section(view, gains),
        _proof(view, chosen),
        *filter(None, [_robustness(view, chosen), _curve(view, chosen)]),
        _question(view, chosen),
        parts.assumptions(view),
        parts.record(view, link, proven=plan.proven),
    ]
    return PlanReport(
        language=text.language,
        title=title,
        subtitle=legal(parts.subtitle(view)),
        workspace=legal(view.workspace.settings.name(text.language)),
        as_of=view.workspace.settings.as_of,
        warning=legal(parts.warning(view)),
        summary=tuple(map(legal, _summary(view, chosen, gains))),
        figures=parts.key_figures(view, gains, (before, before + len(plan.sites)), longest=asked.goal == "worst"),
        figures_note=parts.figure_notes(view) + (text("paper.committed_note") if asked.given != "open" else ""),
        picture=picture.draw(view, sketch, fonts),
        sections=numbered(sections, text.language),
        running=parts.running(view),
        words=parts.words(text),
    )


def _summary(view: SitingView, chosen: Chosen, gains: Gains) -> list[str]:
    text, plan = view.text, chosen.answer.plan
    if not plan.sites:
        return [_none(view, chosen), _verdict(view, chosen)]
    names = [mark.name for mark in chosen.marks]
    more = text("list.more", count=len(names) - MOST_NAMED) if len(names) > MOST_NAMED else ""
    said = text("list.comma").join(names[:MOST_NAMED]) + more
    return [
        text("paper.says_sites", count=len(names), names=said),
        *parts.gain_sentences(view, gains),
        _verdict(view, chosen),
    ]


def _none(view: SitingView, chosen: Chosen) -> str:
    """Why the plan has no site."""
    return view.text(f"nosites.{chosen.answer.why_none}")


def _verdict(view: SitingView, chosen: Chosen) -> str:
    text, plan = view.text, chosen.answer.plan
    if plan.proven:
        return text("paper.says_proven")
    stopped = text(f"stopped.{plan.stopped}") if plan.stopped else text("paper.unfinished")
    return text("paper.says_gap", gap=_percent(plan.gap), why=stopped)


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %" if np.isfinite(value) else figures.NONE


# ---- the sites ----------------------------------------------------------------------------------------------


def _sites(chosen: Chosen, view: SitingView) -> Section:
    text, plan, cases = view.text, chosen.answer.plan, chosen.cases
    lonlat = chosen.search.candidates.lonlat
    in_minutes = chosen.asked.goal in WALKS
    heads = ("paper.order", "paper.place", "paper.lonlat", "column.adds", "column.in_time", "column.only_it",
             "paper.running_share", "column.runner_up", "column.worse_by")  # fmt: skip
    weights = (0.45, 1.75, 1.15, 0.8, 0.9, 0.8, 0.9, 1.6, 0.8)
    covered, rows = plan.covered_before, []
    for i, case in enumerate(cases, start=1):
        covered += case.adds
        lon, lat = lonlat[case.site].tolist()
        unit = text("paper.min") if in_minutes else ""
        worse = f"{figures.number(case.worse_by, 2 if in_minutes else 0)} {unit}".strip()
        rows.append((
            str(i), legal(chosen.name(case.site)), f"{lon:.5f}\n{lat:.5f}", figures.number(case.adds),
            figures.number(case.in_time), figures.number(case.only_it), figures.share(covered / plan.people),
            figures.NONE if case.runner_up is None else legal(chosen.name(case.runner_up)), worse,
        ))  # fmt: skip
    if not cases:
        return Section("sites", text("paper.sites"), (_none(view, chosen),))
    columns = tuple(
        Column(text(head), weight, number=i in (3, 4, 5, 6, 8))
        for i, (head, weight) in enumerate(zip(heads, weights, strict=True))
    )
    notes = [text("best.why_note")]
    if chosen.asked.weights != "all":
        notes.append(text("paper.weighted_note", who=_who(view, chosen.asked)))
    return Section("sites", text("paper.sites"), tables=(Table(columns, tuple(rows)),), notes=tuple(notes))


# ---- the proof ----------------------------------------------------------------------------------------------


def _proof(view: SitingView, chosen: Chosen) -> Section:
    text, asked, plan = view.text, chosen.asked, chosen.answer.plan
    problem = chosen.answer.problem
    below, coverable = asked.goal != "cover", plan.coverable

    def said(people: float) -> str:
        return figures.number(people) + _weighted(view, asked)

    rows = [
        (text("paper.objective"), _objective(view, asked, plan.objective)),
        (text("paper.bound_low" if below else "paper.bound"), _objective(view, asked, plan.bound)),
        (text("paper.gap"), _percent(plan.gap) if not plan.proven else text("paper.no_gap")),
        (text("paper.compared"), figures.number(int(problem.free.sum()))),
        (text("paper.coverable"), f"{said(coverable)} ({figures.share(coverable / plan.people)})"),
        (text("paper.unreachable"), said(plan.unreachable)),
    ]
    notes = [text("paper.proof_note")] if plan.proven else []
    if asked.goal in WALKS:
        notes.append(text("best.walk_note"))
    if problem.rule(Capacity) is not None:
        notes.append(text("paper.capacity_note"))
    return Section("proof", text("paper.proof"), (_verdict(view, chosen),), (parts.pairs(rows, text),), tuple(notes))


def _objective(view: SitingView, asked: Asked, value: float) -> str:
    text = view.text
    if not np.isfinite(value):
        return figures.NONE
    if asked.goal in WALKS:
        return text("siting.minutes", minutes=figures.number(value, 2))
    if asked.goal == "fewest":
        return text("paper.centers_value", count=figures.number(abs(np.ceil(value - 1e-6))))  # -0 is 0
    return text("paper.people_value", people=figures.number(value)) + _weighted(view, asked)


# ---- how firmly it stands -----------------------------------------------------------------------------------


def _robustness(view: SitingView, chosen: Chosen) -> Section | None:
    text = view.text
    stances = [item for item in chosen.tested if isinstance(item, Stance)]
    needed = [item for item in chosen.tested if isinstance(item, Necessity)]
    if not stances:
        return None
    rows = [
        (
            legal(assumptions.called(view, stance.name)),
            text("best.kept", kept=stance.kept, all=len(stance.best.sites)),
            figures.share(stance.regret),
        )
        for stance in stances
    ]
    heads = text("column.assumption"), text("column.kept_sites"), text("column.regret")
    columns = Column(heads[0], 3), Column(heads[1], 1.2, number=True), Column(heads[2], 1.2, number=True)
    tables = [Table(columns, tuple(rows), text("best.robust"))]
    if needed:
        tables.append(_needed(view, chosen, needed))
    note = text("best.always_note_fewest" if chosen.asked.goal == "fewest" else "best.always_note")
    notes = (text("best.robust_note"), *((note,) if needed else ()))
    return Section("robustness", text("paper.robustness"), tables=tuple(tables), notes=notes)


def _needed(view: SitingView, chosen: Chosen, needed: Sequence[Necessity]) -> Table:
    text = view.text
    columns = (
        Column(text("column.site"), 3), Column(text("paper.without_it"), 1.2, number=True),
        Column(text("paper.always"), 1.2, number=True),
    )  # fmt: skip
    rows = tuple(
        (
            legal(chosen.name(item.site)),
            figures.share(item.loss) if np.isfinite(item.loss) else text("paper.impossible"),
            text("paper.yes" if item.in_every_good_plan else "paper.no"),
        )
        for item in needed
    )
    return Table(columns, rows, text("paper.needed"))


def _curve(view: SitingView, chosen: Chosen) -> Section | None:
    text = view.text
    if not chosen.curve:
        return None
    columns = (
        Column(text("column.new_count"), 1, number=True), Column(text("column.covered_share"), 1.2, number=True),
        Column(text("column.marginal"), 1.6, number=True), Column(text("column.proof"), 2.4),
    )  # fmt: skip
    rows = tuple(
        (
            str(step.add),
            figures.share(step.plan.share),
            figures.number(step.marginal),
            text("best.proven") if step.plan.proven else text("best.within", gap=_percent(step.plan.gap)),
        )
        for step in chosen.curve
    )
    notes = (text("curve.note"), text("paper.curve_note")) if chosen.search else ()
    return Section("curve", text("task.curve"), tables=(Table(columns, rows),), notes=notes)


# ---- the question -------------------------------------------------------------------------------------------


def _question(view: SitingView, chosen: Chosen) -> Section:
    text, asked, rules, search = view.text, chosen.asked, chosen.asked.rules, chosen.search
    budget = rules.budget
    costs = "" if budget is None else figures.number(
        float(rules.costs(search.candidates)[list(chosen.answer.plan.sites)].sum())
    )  # fmt: skip
    price = "" if rules.price is None else text("paper.price", price=figures.number(rules.price))
    rooms = search.candidates.capacity if rules.capacity is None else np.array([rules.capacity])
    rows = [
        (text("choose.goal"), text(f"goal.{asked.goal}", minutes=view.minutes_text)),
        (text("choose.target"), target(view, asked, chosen.answer) if asked.goal == "fewest" else ""),
        (text("paper.at_most"), "" if asked.goal == "fewest" else _count(view, asked)),
        (text("choose.candidates"), _candidates(view, chosen)),
        (text("choose.weights"), _who(view, asked)),
        (text("choose.given"), text("paper.given", kind=text(f"given.{asked.given}"),
                                    count=len(search.ground.existing_ids))),
        (text("choose.least"), figures.share(rules.least) if rules.least else ""),
        (text("paper.spacing"), figures.length(rules.spacing_m) if rules.spacing_m else ""),
        (text("paper.budget"), "" if budget is None else text("paper.spent", total=figures.number(budget),
                                                               used=costs) + price),
        (text("paper.capacity"), _rooms(view, rooms)),
        *((text("paper.quota", town=view.place(quota.town)), _quota(view, quota.least, quota.most))
          for quota in rules.quotas),
    ]  # fmt: skip
    return Section("question", text("paper.question"), tables=(parts.pairs(rows, text),))


def counted(view: SitingView, asked: Asked) -> str:
    """What those are called who count."""
    return view.text("best.people" if asked.weights == "all" else "best.people_weighted")


def target(view: SitingView, asked: Asked, answer: Answer) -> str:
    """The coverage target, of whom it is a share, and what share of all residents that makes."""
    return view.text(
        "paper.target",
        target=figures.share(asked.target),
        people=figures.number(answer.plan.coverable),
        who=counted(view, asked),
        of_all=figures.share(asked.target * answer.plan.coverable / answer.plan.people),
    )


def _weighted(view: SitingView, asked: Asked) -> str:
    return "" if asked.weights == "all" else view.text("paper.weighted")


def _count(view: SitingView, asked: Asked) -> str:
    return view.text("paper.any_count") if asked.count is None else view.text("best.sites", count=asked.count)


def _quota(view: SitingView, least: int, most: int | None) -> str:
    if most is None:
        return view.text("paper.quota_least", least=least)
    return view.text("paper.quota_range", least=least, most=most)


def _rooms(view: SitingView, rooms: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    known = rooms[np.isfinite(rooms)]
    if not len(known):
        return ""
    low, high = figures.number(known.min()), figures.number(known.max())
    return view.text("paper.rooms", people=low if low == high else f"{low}–{high}")


def _candidates(view: SitingView, chosen: Chosen) -> str:
    text, kind = view.text, kind_of(chosen.asked.candidates)
    detail = chosen.asked.candidates.partition(":")[2]
    if kind == STREETS:
        said = text("paper.along_streets", meters=detail)
    elif kind == FILE:
        given = GIVEN.get(detail)
        said = text("paper.from_file", name=given.name if given else detail)
    else:
        said = text(f"candidates.{kind}")
    return text("paper.candidates", kind=said, count=figures.number(len(chosen.search.candidates)))


def _who(view: SitingView, asked: Asked) -> str:
    text = view.text
    said = text(f"weights.{asked.weights}")
    if asked.group_weights is not None and set(asked.group_weights) <= set(AGE_GROUPS):
        each = (f"{view.group(group)} × {weight:g}" for group, weight in asked.group_weights.items())
        said = f"{said} ({text('list.comma').join(each)})"
    return said
