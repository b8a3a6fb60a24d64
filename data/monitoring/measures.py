"""Measures: the observations that a workspace's own tables hold for its indicators.

| `from` | what | weight |
|---|---|---|
| `weekly_reports.<column>` | what the reports say | `weekly_reports.<column>` |
| `punctuality.on_time_share` | percent of the reports due in a week that came in time | `punctuality.due` |
| `centers.status` | 1 for each center that was open at the end of a week (`parameters.status`) | |
| `milestones.days_late` | mean days that a center's milestones were, or by then are, late | |

`coverage.…` and `centers.home` need walking times and residents: who shows them computes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from data.monitoring.indicators import Indicator
from data.monitoring.reports import monday, punctuality, weeks_between
from data.tables.schema import WEEKLY_REPORTS

if TYPE_CHECKING:
    from data.workspace import Workspace

REPORTS: Final = "weekly_reports."
FIRST_DAY: Final = dt.date(2022, 1, 3)
"""Monday of 2022-W01, when the programme's weekly reports begin."""


def is_measured(indicator: Indicator) -> bool:
    """Whether the workspace's tables alone hold its values."""
    source = indicator.source_of_values
    return source in COMPUTED or (source.startswith(REPORTS) and source.removeprefix(REPORTS) in WEEKLY_REPORTS.names)


def observations(indicator: Indicator, workspace: Workspace) -> pd.DataFrame:
    """Observations of an indicator for which `is_measured` holds.

    Returns:
        Columns center, week, value and weight (1 where nothing weighs), one row for each center and week.

    Raises:
        KeyError: it is measured elsewhere.
    """
    source = indicator.source_of_values
    if not source.startswith(REPORTS):
        return COMPUTED[source](indicator, workspace)
    reports = workspace.table("weekly_reports")
    weight = reports[indicator.weight.removeprefix(REPORTS)] if indicator.weight else 1.0
    value = reports[source.removeprefix(REPORTS)]
    return reports[["center", "week"]].assign(value=value, weight=weight)


def _on_time(indicator: Indicator, workspace: Workspace) -> pd.DataFrame:
    states = punctuality(
        workspace.table("weekly_reports"), workspace.centers, workspace.settings.as_of, since=FIRST_DAY
    )
    return states[["center", "week"]].assign(value=np.where(states["state"] == "on_time", 100.0, 0.0), weight=1.0)


def _status(indicator: Indicator, workspace: Workspace) -> pd.DataFrame:
    """A center counts from the day it opened until the day it was suspended; nothing else has a known day."""
    wanted = indicator.parameters.get("status", "open")
    if wanted != "open":
        raise KeyError(f"status {wanted}")
    centers = workspace.centers
    running = centers["status"].isin(["open", "suspended"])
    weeks = weeks_between(FIRST_DAY, workspace.settings.as_of)
    ends = pd.to_datetime([monday(week) + dt.timedelta(days=6) for week in weeks])
    opened = centers["opened"].to_numpy()[:, None] <= ends.to_numpy()[None, :]
    closed = centers["suspended"].to_numpy()[:, None] <= ends.to_numpy()[None, :]
    is_open = running.to_numpy()[:, None] & opened & ~closed
    return pd.DataFrame(
        {
            "center": np.repeat(centers["id"].to_numpy(), len(weeks)),
            "week": np.tile(np.asarray(weeks, dtype=object), len(centers)),
            "value": is_open.ravel().astype("float64"),
            "weight": 1.0,
        }
    )


def _days_late(indicator: Indicator, workspace: Workspace) -> pd.DataFrame:
    """As of the workspace's day: done milestones by how late they were, open ones by how late they are."""
    as_of = pd.Timestamp(workspace.settings.as_of)
    steps = workspace.table("milestones").dropna(subset=["planned"])
    late = (steps["done"].fillna(as_of) - steps["planned"]).dt.days.clip(lower=0)
    mean = late.groupby(steps["center"]).mean()
    week = weeks_between(FIRST_DAY, workspace.settings.as_of)[-1]
    return pd.DataFrame({"center": mean.index, "week": week, "value": mean.to_numpy(float), "weight": 1.0})


COMPUTED: Final[dict[str, Callable[[Indicator, Workspace], pd.DataFrame]]] = {
    "punctuality.on_time_share": _on_time,
    "centers.status": _status,
    "milestones.days_late": _days_late,
}
