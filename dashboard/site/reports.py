"""The weekly reports of a center: which came in time, and what the last ones say."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from dashboard import figures
from dashboard.panels import quiet
from dashboard.site.words import REPORT_SIGNS, day
from dashboard.twins import table
from data.monitoring.measures import FIRST_DAY
from data.monitoring.reports import COUNTS, monday, punctuality
from data.tables.schema import WEEKLY_REPORTS

if TYPE_CHECKING:
    from dashboard.site.view import SiteView
    from data.workspace import Workspace

WEEKS: Final = 12


@lru_cache(maxsize=4)
def states(workspace: Workspace) -> pd.DataFrame:
    """What became of each report that was due; a workspace is a state, so this is reckoned once for each."""
    return punctuality(workspace.table("weekly_reports"), workspace.centers, workspace.settings.as_of, since=FIRST_DAY)


def recent(view: SiteView) -> pd.DataFrame:
    """The last weeks that were due, the newest first: punctuality with the counts of the reports."""
    due, reports = states(view.workspace), view.table("weekly_reports")
    mine = due[(due["center"] == view.site) & (len(reports) > 0)]  # where nobody reports, nobody is behind
    mine = mine.sort_values("week", ascending=False).head(WEEKS)
    return mine.merge(reports.drop(columns="reported_on"), how="left", on=["center", "week"])


def summary(view: SiteView, weeks: pd.DataFrame) -> str:
    """How many came in time, late, not at all; and how content people are, answer by answer."""
    counts = weeks["state"].value_counts()
    answers = weeks["satisfaction_answers"].astype("float64").where(weeks["satisfaction"].notna())
    content = (weeks["satisfaction"] * answers).sum(min_count=1) / answers.sum(min_count=1)
    return view.text(
        "reports.summary",
        weeks=len(weeks),
        on_time=counts.get("on_time", 0),
        late=counts.get("late", 0),
        missing=counts.get("missing", 0),
        satisfaction=figures.number(content, 1) if answers.sum() > 0 else figures.NONE,
        answers=figures.number(answers.sum()),
    )


def report_table(view: SiteView, weeks: pd.DataFrame) -> pd.DataFrame:
    """One row a week, in the page's words."""
    text, language = view.text, view.text.language
    columns: dict[str, object] = {
        text("reports.week"): [week_name(view, week) for week in weeks["week"]],
        text("reports.from"): [figures.date(monday(week), language) for week in weeks["week"]],
        text("reports.state"): [f"{REPORT_SIGNS[s]} {text(f'report.{s}')}" for s in weeks["state"]],
        text("reports.handed_in"): [day(value, language) for value in weeks["reported_on"]],
    }
    for name in ("satisfaction", *COUNTS):
        columns[WEEKLY_REPORTS[name].header(language)] = weeks[name].astype("float64")
    return pd.DataFrame(columns)


def week_name(view: SiteView, week: str) -> str:
    """2023-W05 as people say it."""
    year, number = week.split("-W")
    return view.text("reports.week_of", year=year, week=int(number))


def show(view: SiteView) -> None:
    """A sentence, then the weeks."""
    text, weeks = view.text, recent(view)
    if weeks.empty:
        quiet(text("reports.none" if view.is_open else "reports.not_open"))
        return
    st.markdown(summary(view, weeks), help=view.explained("reports"))
    share = {WEEKLY_REPORTS["satisfaction"].header(text.language): st.column_config.NumberColumn(format="%.1f")}
    table(text, report_table(view, weeks), f"{view.site}_reports", columns=share)
