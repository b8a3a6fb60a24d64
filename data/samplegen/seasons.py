"""The working year as centers feel it: seasons, public holidays, weeks that a center was open for only in part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

FULL: Final = 10_000
"""Level of an ordinary week of a center that has found its public."""

HOLIDAYS: Final = (
    ("2022-01-01", 3),
    ("2022-01-31", 7),
    ("2022-04-03", 3),
    ("2022-04-30", 5),
    ("2022-06-03", 3),
    ("2022-09-10", 3),
    ("2022-10-01", 7),
    ("2022-12-31", 3),
    ("2023-01-21", 7),
    ("2023-04-05", 1),
    ("2023-04-29", 5),
    ("2023-06-22", 3),
)
"""First day and days of the public holidays (General Office of the State Council, notices for 2022 and 2023)."""
SPRING_FESTIVALS: Final = ("2022-01-31", "2023-01-21")

HOLIDAY_COST_PCT: Final = 11
"""What a holiday takes off a week; in a week of holidays a rota still opens the doors."""
SEASON_PCT: Final = (92, 95, 100, 104, 102, 98, 108, 110, 100, 104, 102, 94)
"""By month: children come in summer, few people in the cold. Synthetic."""
START_PCT: Final = 55
LEARNED_WEEKS: Final = 15
"""A center starts at START_PCT, reaches 100 after this many weeks and grows by half a point a week from then on."""


def _days(first: str, count: int) -> Iterator[dt.date]:
    start = dt.date.fromisoformat(first)
    return (start + dt.timedelta(days=k) for k in range(count))


_OFF: Final = frozenset(day for first, count in HOLIDAYS for day in _days(first, count))
_SPRING: Final = frozenset(day for first, count in HOLIDAYS if first in SPRING_FESTIVALS for day in _days(first, count))


def _week(monday: dt.date) -> list[dt.date]:
    return [monday + dt.timedelta(days=k) for k in range(7)]


def is_spring_festival(monday: dt.date) -> bool:
    """Whether most of a week's working days are Spring Festival."""
    return sum(day in _SPRING for day in _week(monday)[:5]) >= 3


def week_level(monday: dt.date, opened: dt.date) -> int:
    """How busy a center's week is, 0 … about 1.5 FULL, before any noise.

    Args:
        monday: first day of the week.
        opened: day on which the center opened.
    """
    week = _week(monday)
    age = max(0, (monday - opened).days // 7)
    grown_pct = START_PCT + (100 - START_PCT) * min(age, LEARNED_WEEKS) // LEARNED_WEEKS
    grown_pct += max(0, age - LEARNED_WEEKS) // 2
    holiday_pct = 100 - HOLIDAY_COST_PCT * sum(day in _OFF for day in week)
    open_days = sum(day >= opened for day in week)
    return grown_pct * SEASON_PCT[week[3].month - 1] * holiday_pct * open_days // (7 * 100)
