"""Records: what the overview reads from a workspace besides its map: reports, milestones, targets. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.monitoring.indicators import Indicator, read_indicators
from data.monitoring.reports import jumps, punctuality

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Records:
    """The tables that change from week to week.

    Attributes:
        punctuality: what became of each report that was due (`data.monitoring.reports.punctuality`); empty where the
            workspace keeps no reports at all.
        jumps: counts that can hardly be true (`data.monitoring.reports.jumps`).
        milestones, targets: typed by `data.tables.schema`.
        indicators: by id.
    """

    punctuality: pd.DataFrame
    jumps: pd.DataFrame
    milestones: pd.DataFrame
    targets: pd.DataFrame
    indicators: dict[str, Indicator]

    @classmethod
    def of(cls, workspace: Workspace) -> Records:
        """Read them.

        Raises:
            TableFaultsError: a table has faults.
        """
        reports = workspace.table("weekly_reports")
        states = punctuality(reports, workspace.centers, workspace.settings.as_of)
        return cls(
            punctuality=states if len(reports) else states.iloc[:0],
            jumps=jumps(reports),
            milestones=workspace.table("milestones"),
            targets=workspace.table("targets"),
            indicators=read_indicators(workspace.path("indicators")),
        )
