"""Stars and emergency roles of the sample. The report publishes neither criteria nor amounts nor results.

The rules stand in for the real ones so that the panels can be seen at work; the stars follow from the weekly reports
by them, twice: at the end of 2022 and at mid-2023, for centers that had been open through the 26 weeks looked at.
Which center takes which role in an emergency is not published either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.monitoring.reports import DUE_DAYS, monday, weeks_between
from data.samplegen.centers import MARK
from data.samplegen.facts import SYNTHETIC
from data.samplegen.noise import Dice
from data.tables.codes import EMERGENCY_ROLE

RULE_COLUMNS: Final = ("stars", "indicator", "valid_from", "at_least", "reward_yuan", "source", "quality", "note")
RATING_COLUMNS: Final = ("center", "stars", "stars_on", "source", "quality", "note")
ROLE_COLUMNS: Final = ("center", "emergency_roles", "source", "quality", "note")

VALID_FROM: Final = "2022-07-01"
RATED_ON: Final = ("2022-12-30", "2023-06-30")
RATED_WEEKS: Final = 26
CRITERIA: Final = {
    5: {"satisfaction": 94, "reports_on_time": 90, "volunteer_sessions": 65},
    4: {"satisfaction": 92, "reports_on_time": 85, "volunteer_sessions": 55},
    3: {"satisfaction": 91, "reports_on_time": 80, "volunteer_sessions": 45},
}
"""Stars → indicator → what it must be at least, over the RATED_WEEKS before the rating."""
UNPUBLISHED: Final = "实际评星标准与奖励金额未公布。The real criteria and amounts are not published."


def rating_rules() -> list[dict[str, Any]]:
    """Rows of rating rules; rewards stay empty."""
    return [
        {
            "stars": stars,
            "indicator": indicator,
            "valid_from": VALID_FROM,
            "at_least": least,
            "reward_yuan": "",
            "source": MARK,
            "quality": SYNTHETIC,
            "note": f"近{RATED_WEEKS}周 (over {RATED_WEEKS} weeks)；{UNPUBLISHED}",
        }
        for stars, criteria in CRITERIA.items()
        for indicator, least in criteria.items()
    ]


def ratings(centers: Sequence[Mapping[str, Any]], reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of ratings in the order of their days, with columns of the centers' contract: the last one holds."""
    rows = []
    for rated_on in RATED_ON:
        weeks = rated_weeks(rated_on)
        for center in centers:
            if not center["opened"] or center["opened"] > monday(weeks[0]).isoformat():
                continue
            mine = [row for row in reports if row["center"] == center["id"] and row["reported_on"] <= rated_on]
            stars = _stars([row for row in mine if row["week"] in weeks])
            if stars is not None:
                row = (center["id"], stars, rated_on, MARK, SYNTHETIC, UNPUBLISHED)
                rows.append(dict(zip(RATING_COLUMNS, row, strict=True)))
    return rows


def rated_weeks(rated_on: str) -> list[str]:
    """The weeks that a rating looks at: the last 26 whose reports were due by its day."""
    day = dt.date.fromisoformat(rated_on)
    return weeks_between(day - dt.timedelta(weeks=2 * RATED_WEEKS), day - dt.timedelta(days=DUE_DAYS))[-RATED_WEEKS:]


def _stars(reports: Sequence[Mapping[str, Any]]) -> int | None:
    """The most stars whose criteria are all met, compared in whole numbers; None when not even three."""
    answers = sum(row["satisfaction_answers"] for row in reports)
    content_tenths = sum(
        row["satisfaction_answers"] * int(row["satisfaction"].replace(".", "") or 0) for row in reports
    )
    on_time = sum(row["reported_on"] <= _due(row["week"]) for row in reports)
    sessions = sum(row["volunteer_sessions"] for row in reports)
    for stars, least in CRITERIA.items():
        if (
            content_tenths >= 10 * least["satisfaction"] * answers
            and 100 * on_time >= least["reports_on_time"] * RATED_WEEKS
            and sessions >= least["volunteer_sessions"]
        ):
            return stars
    return None


def _due(week: str) -> str:
    return (monday(week) + dt.timedelta(days=6 + DUE_DAYS)).isoformat()


def rating_milestones(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ratings as milestones."""
    return [
        {
            "id": f"{row['center']}-r{RATED_ON.index(row['stars_on']) + 1}",
            "center": row["center"],
            "kind": "rating",
            "planned": row["stars_on"],
            "done": row["stars_on"],
            "source": MARK,
            "quality": SYNTHETIC,
            "note": f"{row['stars']}星 {row['stars']} stars",
        }
        for row in rows
    ]


def emergency_roles(centers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one to three roles for each open center, with a column of the centers' contract."""
    rows = []
    for key, center in enumerate(centers):
        if center["status"] == "open":
            chosen = 1 + Dice(121, key).below(7)  # a bit for each role
            roles = [role for bit, role in enumerate(EMERGENCY_ROLE.ids) if chosen >> bit & 1]
            row = (center["id"], ";".join(roles), MARK, SYNTHETIC, "")
            rows.append(dict(zip(ROLE_COLUMNS, row, strict=True)))
    return rows
