"""Timeline: a center's milestones, planned and done, with the days they are late."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

STATES: Final = ("done", "done_late", "overdue", "ahead", "undated")
"""Done in time or without a plan; done after the planned day; not done though that day has passed; still to come;
neither planned nor done on a known day."""


def timeline(milestones: pd.DataFrame, center: str, as_of: dt.date) -> pd.DataFrame:
    """Milestones of one center in the order of their planned days.

    Args:
        milestones: typed by `data.tables.schema.MILESTONES`.
        center: its id.
        as_of: the day on which it is looked at; later days count as not come yet.

    Returns:
        Columns kind, planned, done, note, days_late and state. `days_late` is done - planned (below 0: early); of what
        is overdue, the days since; NaN where there is no plan or its day has not come.
    """
    today = pd.Timestamp(as_of)
    rows = milestones[milestones["center"] == center]
    done = rows["done"].where(rows["done"] <= today)
    planned = rows["planned"]
    open_late = done.isna() & (planned < today)
    days = (done.where(done.notna(), today) - planned).dt.days.astype("float64")
    days = days.where(done.notna() | open_late)
    state = np.select(
        [done.notna() & (days > 0), done.notna(), open_late, planned.notna()],
        ["done_late", "done", "overdue", "ahead"],
        default="undated",
    )
    found = rows[["kind", "planned", "note"]].assign(done=done, days_late=days, state=state)
    order = planned.fillna(done).sort_values(kind="stable").index
    return found.loc[order, ["kind", "planned", "done", "note", "days_late", "state"]].reset_index(drop=True)
