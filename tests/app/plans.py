"""Plans and scenarios of the sample, and their reports, for the tests of reports."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest

from dashboard.i18n import catalog
from dashboard.overview.overview import assess
from dashboard.site.printed import font_family
from dashboard.siting.best import Asked, SiteSearch
from dashboard.siting.report.plan import Chosen, plan_report
from dashboard.siting.report.scenario import scenario_report
from dashboard.siting.view import SitingView
from dashboard.siting.whatif import Today
from data.tables.changes import Change
from data.workspace import Workspace
from geo.params import CoverageParams, Cutoffs

MINUTES = 15.0
LINK = "siting?task=best&count=5"
FONT = [font_family() or ""]

with_font = pytest.mark.skipif(font_family() is None, reason="no Chinese font on this machine")


def today_of(workspace: Workspace) -> Today:
    far = Cutoffs((MINUTES, 60.0))
    found = assess(workspace, CoverageParams(profile=workspace.settings.profiles[0], cutoffs=far))
    return Today.of(found, found.gaps(minutes=MINUTES), MINUTES)


def view_of(sample: Workspace, today: Today, language: str = "en", changes: tuple[Change, ...] = ()) -> SitingView:
    return SitingView(catalog(language), sample, today.profile, MINUTES, today, changes)  # type: ignore[arg-type]


def question(today: Today, **other: object) -> Asked:
    facts = {"goal": "cover", "count": 5, "target": 0.95, "candidates": "villages", "weights": "all", "given": "open"}
    return Asked(**(facts | {"minutes": MINUTES, "profile": today.profile} | other))  # type: ignore[arg-type]


def planned(view: SitingView, search: SiteSearch, asked: Asked, **known: object) -> Chosen:
    *_, answer = search.answers(asked, threading.Event())
    return Chosen(asked, answer, search, lambda site: view.place(search.candidates.ids[site]), **known)  # type: ignore[arg-type]


def report_of(sample, today, best, language="en", **known):
    view = view_of(sample, today, language)
    chosen = replace(best, name=lambda site: view.place(best.search.candidates.ids[site]), **known)
    return plan_report(view, chosen, fonts=FONT, link=LINK)


def scenario_of(sample, today, changes, language="en", name="A"):
    return scenario_report(view_of(sample, today, language, changes), name, fonts=FONT, link=LINK)


def cells(table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


def number(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-").split(" ")[0])


def joined(text: str) -> str:
    """Without the spaces and breaks that setting puts in."""
    return re.sub(r"[\s\u200b]+", "", text)


def words(report) -> list[str]:
    tables = [report.figures, *(table for part in report.sections for table in part.tables)]
    said = [report.title, report.subtitle, report.workspace, report.warning, *report.summary, report.figures_note]
    said += [line for part in report.sections for line in (part.title, *part.paragraphs, *part.notes)]
    said += [table.title for table in tables] + [column.head for table in tables for column in table.columns]
    said += [value for table in tables for row in table.rows for value in row]
    return [line for line in said if line]
