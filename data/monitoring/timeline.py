"""Timeline: a center's milestones, planned and done, with the days they are late."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd


def days_late(milestones: pd.DataFrame, as_of: dt.date) -> pd.Series[float]:
    """How late each milestone was done, or is: days, below 0 where early; NaN without a plan or before its day.

    Args:
        milestones: typed by `data.tables.schema.MILESTONES`.
        as_of: the day on which it is looked at; what was done later counts as not done yet.
    """
    today = pd.Timestamp(as_of)
    done, planned = milestones["done"], milestones["planned"]
    known = done.where(done <= today)
    days = (known.fillna(today) - planned).dt.days.astype("float64")
    return days.where(known.notna() | (planned < today))


def timeline(milestones: pd.DataFrame, center: str, as_of: dt.date) -> pd.DataFrame:
    """Milestones of one center in the order of their planned days.

    Args:
        milestones: typed by `data.tables.schema.MILESTONES`.
        center: its id.
        as_of: the day on which it is looked at; later days count as not come yet.

    Returns:
        Columns kind, planned, done, note, days_late (see `days_late`) and state: `done` in time or without a plan;
        `done_late`; `overdue`; `ahead`; `undated`, neither planned nor done on a known day.
    """
    today = pd.Timestamp(as_of)
    rows = milestones[milestones["center"] == center]
    done = rows["done"].where(rows["done"] <= today)
    planned = rows["planned"]
    open_late = done.isna() & (planned < today)
    days = days_late(rows, as_of)
    state = np.select(
        [done.notna() & (days > 0), done.notna(), open_late, planned.notna()],
        ["done_late", "done", "overdue", "ahead"],
        default="undated",
    )
    found = rows[["kind", "planned", "note"]].assign(done=done, days_late=days, state=state)
    order = planned.fillna(done).sort_values(kind="stable").index
    return found.loc[order, ["kind", "planned", "done", "note", "days_late", "state"]].reset_index(drop=True)
