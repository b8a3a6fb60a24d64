"""Measures: the observations that a workspace's own tables hold for its indicators.

| `from` | what | weight |
|---|---|---|
| `weekly_reports.<column>` | what the reports say | `weekly_reports.<column>` |
| `punctuality.on_time_share` | percent of the reports due in a week that came in time | `punctuality.due` |
| `milestones.days_late` | mean days that those of a center's milestones that are done or due are late | |

`coverage.…`, `centers.home` and `centers.status` are of the whole network: who shows them computes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from data.monitoring.indicators import REPORTS, Indicator
from data.monitoring.reports import punctuality, week_of
from data.monitoring.timeline import days_late
from data.tables.schema import WEEKLY_REPORTS

if TYPE_CHECKING:
    from data.workspace import Workspace

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
    on_time = np.where(states["state"] == "on_time", 100.0, 0.0)  # undated is not in time, as the page Methods says
    return states[["center", "week"]].assign(value=on_time, weight=1.0)


def _days_late(indicator: Indicator, workspace: Workspace) -> pd.DataFrame:
    """As of the workspace's day; what came early makes up for nothing, and what is still to come does not count."""
    steps, as_of = workspace.table("milestones"), workspace.settings.as_of
    mean = days_late(steps, as_of).clip(lower=0).groupby(steps["center"]).mean().dropna()
    return pd.DataFrame({"center": mean.index, "week": week_of(as_of), "value": mean.to_numpy(float), "weight": 1.0})


COMPUTED: Final[dict[str, Callable[[Indicator, Workspace], pd.DataFrame]]] = {
    "punctuality.on_time_share": _on_time,
    "milestones.days_late": _days_late,
}
