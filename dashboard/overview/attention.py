"""Attention: what somebody should look at this week, each line with the place that it leads to. No Streamlit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from geo.crs import to_lonlat

if TYPE_CHECKING:
    from dashboard.overview.headlines import Ground
    from dashboard.overview.records import Records
    from geo.coverage.assessment import Assessment
    from geo.coverage.gaps import Gaps

LARGEST: Final = 4
"""Lines of a kind that are shown; the rest is counted."""
RECENT_DAYS: Final = 28
"""Reports are looked at for four weeks after they were due."""

Kind = Literal["gap", "overdue", "missing", "late", "implausible"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        kind: what it is about.
        lonlat: the place it leads to; None where it leads to a center.
        center: id of the center it leads to; None for a place.
        facts: what the sentence of its kind needs: people, minutes, code, near, step, days, week, column, value,
            before.
    """

    kind: Kind
    lonlat: tuple[float, float] | None = None
    center: str | None = None
    facts: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attention:
    """Lines by kind, the gravest first, and how many there are of each.

    Attributes:
        unrecorded: kinds of which nothing was due, so that none can be praised for having no line.
    """

    gaps: tuple[Line, ...]
    n_gaps: int
    overdue: tuple[Line, ...]
    n_overdue: int
    reports: tuple[Line, ...]
    n_reports: int
    unrecorded: frozenset[str]

    @classmethod
    def of(cls, ground: Ground, gaps: Gaps, records: Records, as_of: dt.date) -> Attention:
        """Gather the lines.

        Args:
            ground: centers and residents that are looked at.
            gaps: in the coverage by all open centers.
            records: reports and milestones.
            as_of: today.
        """
        centers = frozenset(ground.centers["id"][ground.listed])
        shown = np.unique(gaps.gap[(gaps.gap >= 0) & (ground.weight > 0)])  # gaps come by rank
        overdue = overdue_centers(records.milestones, centers, as_of)
        reports = doubtful_reports(records, centers, as_of)
        return cls(
            gaps=tuple(_gap(gaps, ground.assessment, int(i)) for i in shown[:LARGEST]),
            n_gaps=len(shown),
            overdue=tuple(overdue[:LARGEST]),
            n_overdue=len(overdue),
            reports=tuple(reports[:LARGEST]),
            n_reports=len(reports),
            unrecorded=frozenset(
                kind
                for kind, owed in (("overdue", records.milestones), ("reports", records.punctuality))
                if not owed["center"].isin(centers).any()
            ),
        )


def overdue_centers(milestones: pd.DataFrame, centers: frozenset[str], as_of: dt.date) -> list[Line]:
    """One line a center: its step that is due longest, and how many others are overdue; the longest overdue first."""
    planned, done = milestones["planned"], milestones["done"]
    late = milestones[done.isna() & (planned < pd.Timestamp(as_of)) & milestones["center"].isin(centers)]
    lines = []
    for center, steps in late.sort_values("planned", kind="stable").groupby("center", sort=True):
        named = steps[steps["kind"] != "other"]
        first = (named if len(named) else steps).iloc[0]
        days = (pd.Timestamp(as_of) - first["planned"]).days
        facts = {"step": str(first["kind"]), "days": int(days), "others": len(steps) - 1}
        lines.append(Line("overdue", center=str(center), facts=facts))
    return sorted(lines, key=lambda line: (-line.facts["days"], line.center or ""))


def doubtful_reports(records: Records, centers: frozenset[str], as_of: dt.date) -> list[Line]:
    """Missing, then hardly true, then late reports of the last weeks, the newest first within each."""
    states = records.punctuality
    since = pd.Timestamp(as_of) - pd.Timedelta(days=RECENT_DAYS)
    recent = states[(pd.to_datetime(states["due"]) >= since) & states["center"].isin(centers)]
    weeks = frozenset(recent["week"])
    lines = {
        "missing": [Line("missing", center=c, facts={"week": w}) for c, w in _keys(recent, "missing")],
        "late": [Line("late", center=c, facts={"week": w}) for c, w in _keys(recent, "late")],
    }
    odd = records.jumps[records.jumps["center"].isin(centers) & records.jumps["week"].isin(weeks)]
    odd = odd.sort_values(["week", "center"], ascending=[False, True], kind="stable")
    strange = [
        Line("implausible", center=str(jump.pop("center")), facts=jump)
        for jump in odd[["center", "week", "column", "value", "before"]].to_dict("records")
    ]
    return [*lines["missing"], *strange, *lines["late"]]


def _keys(states: pd.DataFrame, state: str) -> list[tuple[str, str]]:
    rows = states[states["state"] == state].sort_values(["week", "center"], ascending=[False, True], kind="stable")
    return list(zip(rows["center"].astype(str), rows["week"].astype(str), strict=True))


def _gap(gaps: Gaps, assessment: Assessment, index: int) -> Line:
    jurisdictions, ids = assessment.jurisdictions, assessment.supply.ids
    lon, lat = to_lonlat(gaps.place[[index]], jurisdictions.crs)[0].tolist()
    village, nearest = int(gaps.village[index]), int(gaps.center[index])
    facts = {
        "code": jurisdictions.codes[village] if village >= 0 else "",
        "near": ids[nearest] if nearest >= 0 else "",
        "people": float(gaps.people[index]),
        "minutes": float(gaps.minutes[index]),
        "direction": gaps.direction[index],
    }
    return Line("gap", lonlat=(round(lon, 5), round(lat, 5)), facts=facts)
