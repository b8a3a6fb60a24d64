"""Weekly reports: what is due, what is late or missing, and what can hardly be true."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
import pandas as pd

from data.tables.faults import TableFault, fault
from data.tables.schema import WEEKLY_REPORTS

DUE_DAYS: Final = 3
"""A week's report is due this many days after its Sunday; an assumption, to be set by the district."""

JUMP: Final = 10
"""A count this many times the mean of the four reports before it is more likely a slip of the keyboard."""
JUMP_FROM: Final = 20
"""Smaller counts jump by nature: ten visits after one mean nothing."""
MONTH_WEEKS: Final = 4

COUNTS: Final = tuple(column.name for column in WEEKLY_REPORTS.columns if column.kind == "integer")


def monday(week: str) -> dt.date:
    """First day of an ISO week such as 2023-W05."""
    year, number = week.split("-W")
    return dt.date.fromisocalendar(int(year), int(number), 1)


def week_of(day: dt.date) -> str:
    """ISO week of a day."""
    iso = day.isocalendar()
    return f"{iso.year}-W{iso.week:02d}"


def weeks_between(first: dt.date, last: dt.date) -> list[str]:
    """ISO weeks that end between two days, both included."""
    sunday = first + dt.timedelta(days=6 - first.weekday())
    return [week_of(sunday + dt.timedelta(weeks=i)) for i in range(max(0, ((last - sunday).days // 7) + 1))]


def due(
    centers: pd.DataFrame, as_of: dt.date, *, since: dt.date | None = None, due_days: int = DUE_DAYS
) -> pd.DataFrame:
    """The reports that centers owe: one for each full week since they opened, until they were suspended.

    Args:
        centers: typed by `data.tables.schema.CENTERS`; centers without an opening date owe from `since` on.
        as_of: reports of weeks whose due day lies later are not owed yet.
        since: first day that counts.
        due_days: days after a week's Sunday until its report is due.

    Returns:
        Columns center, week, due (date).
    """
    running = centers[centers["status"].isin(["open", "suspended"])]
    rows: list[tuple[str, str, dt.date]] = []
    for center, opened, suspended in running[["id", "opened", "suspended"]].itertuples(index=False):
        starts = [day for day in (since, None if pd.isna(opened) else opened.date()) if day is not None]
        if not starts:
            continue
        start = max(starts)
        start += dt.timedelta(days=-start.weekday() % 7)  # the first Monday: the week before it is not a full one
        end = as_of if pd.isna(suspended) else min(as_of, suspended.date())
        for week in weeks_between(start, end):
            due_on = monday(week) + dt.timedelta(days=6 + due_days)
            if due_on <= as_of:
                rows.append((center, week, due_on))
    return pd.DataFrame(rows, columns=["center", "week", "due"])


def punctuality(
    reports: pd.DataFrame,
    centers: pd.DataFrame,
    as_of: dt.date,
    *,
    since: dt.date | None = None,
    due_days: int = DUE_DAYS,
) -> pd.DataFrame:
    """What became of each report that was due.

    Returns:
        Columns center, week, due, reported_on and state: `on_time`, `late`, `missing`, or `undated` where a report
        is there without its day.
    """
    owed = due(centers, as_of, since=since, due_days=due_days)
    handed_in = reports[["center", "week", "reported_on"]].assign(there=True)
    owed = owed.merge(handed_in, how="left", on=["center", "week"])
    there = owed["there"].notna()
    late = owed["reported_on"] > pd.to_datetime(owed["due"])
    state = np.select([~there, owed["reported_on"].isna(), late], ["missing", "undated", "late"], default="on_time")
    return owed.drop(columns="there").assign(state=state)


def jumps(reports: pd.DataFrame) -> pd.DataFrame:
    """Counts that are JUMP times the mean of the same center's MONTH_WEEKS reports before.

    Returns:
        Columns center, week, column, value, before (the mean), in the order of the reports.
    """
    ordered = reports.sort_values(["center", "week"])
    found = []
    for name in COUNTS:
        values = ordered[name].astype("float64")
        before = values.groupby(ordered["center"]).transform(
            lambda counts: counts.shift().rolling(MONTH_WEEKS, min_periods=1).mean()
        )
        jump = (values >= JUMP_FROM) & (values >= JUMP * before) & (before > 0)
        rows = ordered.loc[jump, ["center", "week"]]
        found.append(rows.assign(column=name, value=values[jump], before=before[jump]))
    return pd.concat(found).sort_index(kind="stable")


def implausible(incoming: pd.DataFrame, current: pd.DataFrame) -> list[TableFault]:
    """A warning for each incoming count that jumps, seen beside the reports that are there."""
    keys = ["center", "week"]
    complete = incoming.dropna(subset=keys)
    there = current[~pd.MultiIndex.from_frame(current[keys]).isin(pd.MultiIndex.from_frame(complete[keys]))]
    merged: pd.DataFrame = pd.concat(
        [complete.assign(row=complete.index + 1), there.assign(row=-1)]
        if len(there)
        else [complete.assign(row=complete.index + 1)]
    ).set_index("row", drop=True)
    faults: list[TableFault] = []
    for row, jump in zip(jumps(merged).index, jumps(merged).to_dict("records"), strict=True):
        if row > 0:
            facts: dict[str, Any] = {"value": f"{jump['value']:.15g}", "before": f"{jump['before']:,.1f}"}
            faults.append(fault("jump", str(jump["column"]), row=int(row), severity="warning", **facts))
    return faults
