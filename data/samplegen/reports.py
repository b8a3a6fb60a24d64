"""Weekly reports of the sample's open centers, from each opening to the last full week before the as-of date.

The numbers are synthetic. They add up to what the public report says of the programme (facts: "to the report's date").
The report is of 2022 and does not say its day; the sample takes the Sunday of REPORT_WEEK, by which the six
demonstration centers and the joint center were open, as the report names them all:

| published | column | here, to 2022-W32 |
|---|---|---|
| 4,000+ people served | visits | 4,036 |
| 620+ matters settled | matters_settled | 624 |
| 280+ volunteer sessions | volunteer_sessions | 283 |
| 30,000+ points (810 participants, 3,450 entries) | points_earned | 30,240 |
| 东张: 40+ study visits a year | study_visits of its center | 44 in 2022, 23 in the 25 weeks of 2023 |

Visits are people served, so meals are counted on their own. A week that a center did not report is no row; a service
that it does not have is an empty cell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isqrt
from operator import itemgetter
from typing import Any, Final

from data.monitoring.reports import DUE_DAYS, monday, weeks_between
from data.samplegen.centers import MARK
from data.samplegen.facts import AS_OF, SYNTHETIC
from data.samplegen.noise import Dice
from data.samplegen.seasons import FULL, is_spring_festival, week_level
from data.samplegen.settlements import shared_out

# fmt: off
REPORT_COLUMNS: Final = (
    "center", "week", "reported_on", "visits", "matters_settled", "volunteer_sessions", "activities", "canteen_meals",
    "study_visits", "kiosk_items", "points_earned", "points_redeemed", "satisfaction", "satisfaction_answers",
    "source", "quality", "note",
)
# fmt: on

REPORT_WEEK: Final = "2022-W32"
TOTALS: Final = {"visits": 4_036, "matters_settled": 624, "volunteer_sessions": 283, "points_earned": 30_240}
"""Column → sum over all centers up to REPORT_WEEK: just above the published "4,000+", "620+", "280+", "30,000+"."""
VISITED: Final = "350505101206"
STUDY_VISITS: Final = {"2022": 44, "2023": 23}
"""Study visits to 东张 by year, the second up to the as-of date: "40+ a year" is published."""

MISSING_PER_1000: Final = 30
LATE_PER_1000: Final = 60
LATE_DAYS: Final = 9
ACTIVITIES_PER_100_WEEKS: Final = 160
VISITS_PER_1000_WEEKS: Final = {True: 180, False: 60}
"""Study visits to other centers, by whether a center is a demonstration center."""
KIOSK_ITEMS: Final = 6
"""Items a machine and week."""
SAVING_REPORTS: Final = 4
NEW_YEAR_WEEKS: Final = (2, 3)
"""Shopping weeks before Spring Festival."""

SEED: Final = {
    "visits": 1,
    "matters_settled": 2,
    "volunteer_sessions": 3,
    "points_earned": 4,
    "activities": 11,
    "canteen_meals": 12,
    "kiosk_items": 13,
    "study_visits": 14,
}
"""What tells the noise of one column from another's."""
ROUNDING_SEED: Final = 20
SATISFACTION_SEED: Final = 51

_SOURCE: Final = f"{MARK}；合计合于2022年公开数 (sums to published totals)"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a center's reports depend on.

    Args:
        center: its id.
        key: its position, for the dice.
        opened: day of opening.
        size: relative size of its public.
        seats: of its canteen, 0 without one.
        kiosks: self-service machines.
        demonstration: a demonstration center, which others come to see.
        visited: 东张, whose study visits are published.
    """

    center: str
    key: int
    opened: dt.date
    size: int
    seats: int
    kiosks: int
    demonstration: bool
    visited: bool


@dataclass(frozen=True, slots=True)
class CenterWeek:
    """A week of a center that was reported.

    Args:
        desk: the center.
        week: ISO week.
        reported_on: day on which the report came in.
        level: how busy the week was (`seasons.FULL` is ordinary).
    """

    desk: Desk
    week: str
    reported_on: dt.date
    level: int

    def dice(self, purpose: int) -> Dice:
        """Draws of its own for each purpose."""
        return Dice(101, self.desk.key, monday(self.week).toordinal(), purpose)

    def busy(self, column: str) -> int:
        """The level with noise of up to ±40 % for one column."""
        dice = self.dice(SEED[column])
        return self.level * (60 + dice.below(41) + dice.below(41)) // 100

    def rounded(self, column: str, part: int, whole: int) -> int:
        """A fraction as a count, rounded up or down by chance in proportion to the remainder."""
        return (part + self.dice(ROUNDING_SEED + SEED[column]).below(whole)) // whole


@dataclass(frozen=True, slots=True)
class Slip:
    """A count that was reported with a zero too many.

    Args:
        center, week, column: where.
        corrected: whether somebody noticed; otherwise it stands, for the checks to find.
    """

    center: str
    week: str
    column: str
    corrected: bool


SLIPS: Final = (
    Slip("qg-04", "2022-W46", "visits", corrected=True),
    Slip("qg-08", "2023-W22", "kiosk_items", corrected=False),
)


def weekly_reports(
    centers: Sequence[Mapping[str, Any]], service_points: Sequence[Mapping[str, Any]], residents: Mapping[str, int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of weekly reports as they stand, and those that a correction replaced, as they first came in.

    Args:
        centers: rows of the centers.
        service_points: rows of the service points.
        residents: code of a village unit → its residents.
    """
    weeks = [week for desk in desks(centers, service_points, residents) for week in reported_weeks(desk)]
    columns = _columns(weeks)
    rows = [_row(week, {name: columns[name][i] for name in columns}) for i, week in enumerate(weeks)]
    _redeem(rows)
    replaced = []
    for slip in SLIPS:
        (row,) = (row for row in rows if (row["center"], row["week"]) == (slip.center, slip.week))
        mistyped = {**row, slip.column: row[slip.column] * 10}
        if slip.corrected:
            replaced.append(mistyped)
            row["note"] = f"更正：首报{mistyped[slip.column]}，多写一个0。Corrected: a zero too many at first."
        else:
            row |= mistyped
    return rows, replaced


def desks(
    centers: Sequence[Mapping[str, Any]], service_points: Sequence[Mapping[str, Any]], residents: Mapping[str, int]
) -> list[Desk]:
    """The centers that report."""

    def capacity(center: str, service: str) -> int:
        return sum(int(p["capacity"]) for p in service_points if (p["center"], p["service"]) == (center, service))

    return [
        Desk(
            center=center["id"],
            key=key,
            opened=dt.date.fromisoformat(center["opened"]),
            size=40 + isqrt(residents[center["home"]]),
            seats=capacity(center["id"], "food"),
            kiosks=capacity(center["id"], "public_affairs"),
            demonstration=center["demonstration"] == "true",
            visited=center["home"] == VISITED,
        )
        for key, center in enumerate(centers)
        if center["status"] == "open"
    ]


def reported_weeks(desk: Desk) -> list[CenterWeek]:
    """The weeks for which a center's report is there on the as-of date: most in time, a few late, a few never."""
    as_of = dt.date.fromisoformat(AS_OF)
    found = []
    for week in weeks_between(desk.opened, as_of):
        first = monday(week)
        dice = Dice(102, desk.key, first.toordinal())
        slipped = any((slip.center, slip.week) == (desk.center, week) for slip in SLIPS)
        if dice.below(1000) < MISSING_PER_1000 and first > desk.opened and not slipped:
            continue
        days = 1 + dice.below(DUE_DAYS)
        if dice.below(1000) < LATE_PER_1000:
            days = DUE_DAYS + 1 + dice.below(LATE_DAYS)
        reported_on = first + dt.timedelta(days=6 + days)
        if reported_on <= as_of:
            found.append(CenterWeek(desk, week, reported_on, week_level(first, desk.opened)))
    return found


def _columns(weeks: Sequence[CenterWeek]) -> dict[str, list[int | None]]:
    """Counts by column; None where a center does not have the service."""
    columns: dict[str, list[int | None]] = {name: _to_total(weeks, name) for name in TOTALS}
    columns["activities"] = _rated(weeks, "activities", lambda desk: (ACTIVITIES_PER_100_WEEKS, 100))
    columns["canteen_meals"] = _rated(weeks, "canteen_meals", lambda desk: (desk.seats, 1))
    columns["kiosk_items"] = _rated(weeks, "kiosk_items", lambda desk: (KIOSK_ITEMS * desk.kiosks, 1))
    visits = _rated(weeks, "study_visits", lambda desk: (VISITS_PER_1000_WEEKS[desk.demonstration], 1000))
    for year, total in STUDY_VISITS.items():
        here = [i for i, week in enumerate(weeks) if week.desk.visited and week.week.startswith(year)]
        for i, count in zip(here, shared_out(total, [weeks[i].busy("study_visits") for i in here]), strict=True):
            visits[i] = count
    return columns | {"study_visits": visits}


def _to_total(weeks: Sequence[CenterWeek], column: str) -> list[int | None]:
    """Counts that add up to the published total by REPORT_WEEK and go on at the same rate."""
    weights = [week.desk.size * week.busy(column) for week in weeks]
    before = [weight for weight, week in zip(weights, weeks, strict=True) if week.week <= REPORT_WEEK]
    shares = iter(shared_out(TOTALS[column], before))
    return [
        next(shares) if week.week <= REPORT_WEEK else week.rounded(column, weight * TOTALS[column], sum(before))
        for weight, week in zip(weights, weeks, strict=True)
    ]


def _rated(weeks: Sequence[CenterWeek], column: str, rate: Callable[[Desk], tuple[int, int]]) -> list[int | None]:
    """Counts at a rate, a fraction by center; None where it is 0."""
    counts: list[int | None] = []
    for week in weeks:
        part, whole = rate(week.desk)
        counts.append(week.rounded(column, part * week.busy(column), whole * FULL) if part else None)
    return counts


def _row(week: CenterWeek, counts: Mapping[str, int | None]) -> dict[str, Any]:
    visits = counts["visits"] or 0
    dice = week.dice(SATISFACTION_SEED)
    answers = visits * (15 + dice.below(21)) // 100
    disliked_pct = 3 + Dice(103, week.desk.key).below(6) + dice.below(4)
    content = answers - (answers * disliked_pct + dice.below(100)) // 100
    per_1000 = (2_000 * content + answers) // (2 * answers) if answers else 0
    return {
        "center": week.desk.center,
        "week": week.week,
        "reported_on": week.reported_on.isoformat(),
        **{name: "" if count is None else count for name, count in counts.items()},
        "satisfaction": f"{per_1000 // 10}.{per_1000 % 10}" if answers else "",
        "satisfaction_answers": answers,
        "source": _SOURCE if week.week <= REPORT_WEEK else MARK,
        "quality": SYNTHETIC,
        "note": _note(week),
    }


def _note(week: CenterWeek) -> str:
    if monday(week.week) <= week.desk.opened:
        return "开放首周。Opening week."
    return "春节值班。Rota over Spring Festival." if is_spring_festival(monday(week.week)) else ""


def _redeem(rows: Sequence[dict[str, Any]]) -> None:
    """Points redeemed: a few percent a week of what a center's people have left, more before Spring Festival.

    A center's first reports have none: points are saved up before anything is to be had for them.
    """
    for key, (_, mine) in enumerate(groupby(rows, key=itemgetter("center"))):
        balance = 0
        for age, row in enumerate(mine):
            week = int(row["week"][-2:])
            share_pct = Dice(104, key, age).below(5) + (9 if week in NEW_YEAR_WEEKS else 4)
            row["points_redeemed"] = 0 if age < SAVING_REPORTS else balance * share_pct // 100
            balance += row["points_earned"] - row["points_redeemed"]
