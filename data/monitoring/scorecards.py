"""Scorecards: how one center stands in each indicator: its year so far, its months, its target, its peers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from data.monitoring.indicators import Indicator, added_up, in_period, periods_of, read_indicators
from data.monitoring.measures import is_measured, observations
from data.monitoring.peers import peers, rank
from data.monitoring.verdicts import Aim, Verdict, elapsed

if TYPE_CHECKING:
    from data.workspace import Workspace

MONTHS: Final = 12


@dataclass(frozen=True, eq=False)
class Scorecard:
    """One center in one indicator.

    Attributes:
        indicator: which.
        period: the year, and the months are its last twelve and those before it.
        value: of the center in the period; NaN where nothing is known.
        target: what it should reach in the period; NaN where nothing is aimed at.
        expected: what the calendar asks for by now: a share of a sum, all of a mean; NaN without a target.
        verdict: how it stands; None without a target or a value, or where more is neither better nor worse.
        months: float64, month (2023-06) → value of the center, the last twelve, NaN where nothing is known.
        median: the same for the median of the peers.
        pace: what a month should bring to reach the target; NaN without a target.
        rank: place among the peers and their number, or None.
        peer_median: of the peers' values in the period.
    """

    indicator: Indicator
    period: str
    value: float
    target: float
    expected: float
    verdict: Verdict | None
    months: pd.Series[float]
    median: pd.Series[float]
    pace: float
    rank: tuple[int, int] | None
    peer_median: float


@lru_cache(maxsize=4)
def indicators_of(workspace: Workspace) -> dict[str, Indicator]:
    """What a workspace measures of single centers, in the order of its file."""
    declared = read_indicators(workspace.path("indicators"))
    return {name: indicator for name, indicator in declared.items() if is_measured(indicator)}


@lru_cache(maxsize=4)
def tables_of(workspace: Workspace) -> dict[str, tuple[pd.DataFrame, pd.Series[float]]]:
    """Of each indicator the months of all centers (month × center) and their year so far; a workspace is a state."""
    year = str(workspace.settings.as_of.year)
    found = {}
    for name, indicator in indicators_of(workspace).items():
        rows = observations(indicator, workspace).sort_values("week", kind="stable")
        month = rows["week"].map(lambda week: periods_of(week)[2])
        pairs = pd.Series(list(zip(month, rows["center"], strict=True)), index=rows.index, dtype=object)
        added = added_up(rows, pairs, indicator.over_weeks)
        months = pd.DataFrame(list(added.index), columns=["month", "center"]).assign(value=added.to_numpy())
        in_year = rows[in_period(rows["week"], year)]
        found[name] = (
            months.pivot_table(index="month", columns="center", values="value", dropna=False),
            added_up(in_year, in_year["center"], indicator.over_weeks),
        )
    return found


@lru_cache(maxsize=4)
def targets_of(workspace: Workspace) -> pd.DataFrame:
    """The table of targets."""
    return workspace.table("targets")


def scorecards(workspace: Workspace, center: str, kind: str = "all") -> list[Scorecard]:
    """All indicators of one center beside its peers; those of which nothing is known of it are left out.

    Args:
        workspace: the network of centers.
        center: its id.
        kind: one of `data.monitoring.peers.KINDS`.
    """
    others = peers(workspace, center, kind)
    targets = targets_of(workspace)
    return [
        _scorecard(indicator, targets, workspace.settings.as_of, center, others, *tables_of(workspace)[name])
        for name, indicator in indicators_of(workspace).items()
        if center in tables_of(workspace)[name][0]
    ]


def _scorecard(
    indicator: Indicator,
    targets: pd.DataFrame,
    as_of: dt.date,
    center: str,
    others: Sequence[str],
    by_month: pd.DataFrame,
    in_year: pd.Series[float],
) -> Scorecard:
    months = [str(p) for p in pd.period_range(end=pd.Period(as_of, freq="M"), periods=MONTHS, freq="M")]
    recent = by_month.reindex(index=months)
    year = in_year.reindex(list(others))
    value, period = float(in_year.get(center, np.nan)), str(as_of.year)
    target = indicator.center_target(targets, period, center)
    is_sum = indicator.over_weeks == "sum"
    aim = Aim(
        target,
        kind="sum" if is_sum else "hold",
        direction="down" if indicator.direction == "down" else "up",
        elapsed=elapsed(period, as_of),
    )
    return Scorecard(
        indicator=indicator,
        period=period,
        value=value,
        target=target,
        expected=aim.expected,
        verdict=aim.verdict(value) if indicator.direction in ("up", "down") else None,
        months=recent[center],
        median=recent.reindex(columns=list(others)).median(axis=1),
        pace=target / 12 if is_sum else target,
        rank=rank(year, center, indicator.direction),
        peer_median=float(year.median()),
    )
