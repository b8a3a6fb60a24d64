"""Numbers as people read them, in both languages."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

from data.tables.codes import Language

NONE: Final = "–"
"""Stands for what is not known or does not exist; a zero is a zero."""


def number(value: float, decimals: int = 0) -> str:
    """12345.6 → 12,346; NaN → a dash, infinity → ∞."""
    if math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞"
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"  # what is left of sums that cancel out is 0, not -0


def signed(value: float, decimals: int = 0, unit: str = "") -> str:
    """A change with its sign, a real minus, and a plain zero where it rounds to nothing."""
    if math.isnan(value):
        return NONE
    size = number(abs(value), decimals)
    sign = "" if not round(value, decimals) else "+" if value > 0 else "\u2212"
    return f"{sign}{size} {unit}".rstrip()


def share(value: float) -> str:
    """0.713 → 71.3 %."""
    return NONE if math.isnan(value) else f"{number(100 * value, 1)} %"


def whole_share(value: float) -> str:
    """0.713 → 71 %: a bound of a class."""
    return NONE if math.isnan(value) else f"{number(100 * value)} %"


def length(meters: float) -> str:
    """Meters below one kilometer, kilometers with one decimal above."""
    return f"{number(meters)} m" if not meters >= 1_000 else f"{number(meters / 1_000, 1)} km"


def area(square_meters: float) -> str:
    """Square kilometers with two decimals; hectares below a tenth of that."""
    if square_meters < 100_000:
        return f"{number(square_meters / 10_000, 1)} ha"
    return f"{number(square_meters / 1_000_000, 2)} km²"


def minutes(value: float) -> str:
    """5.0 → 5; 7.5 → 7.5."""
    return f"{value:g}"


def date(day: dt.date, language: Language) -> str:
    """2023年6月30日, or 30 June 2023."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B %Y}"
