"""Cells: what a person wrote in a cell, read as the value that the column holds.

Understands what spreadsheets of Chinese offices hold: full-width digits, thousands separators, dates as text, as
serial numbers and in Chinese, 是/否, degrees with minutes and seconds, codes by either label.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from data.tables.codes import CodeList, fold, listed
from data.tables.columns import Column
from geo.crs import parse_angle
from geo.errors import AngleFormatError

Value = str | float | int | bool | dt.date | tuple[str, ...] | None

EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
"""Day 0 of Excel's serial dates, with its 1900 leap-year fault folded in (right from 1900-03-01 on)."""
SERIAL_RANGE: Final = (18_264, 73_050)
"""Serial numbers read as dates: 1950-01-01 to 2099-12-31; others are more likely something else."""

MAX_WHOLE: Final = 2**53
"""From here on a program that keeps numbers as they come from a sheet no longer tells one from the next."""

LIST_SEPARATORS: Final = re.compile(r"[;；、,，\n|]+")
_SPACES: Final = re.compile(r"[\s\u200b\u200e\u200f\ufeff]+")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+[\d:.]+Z?)?")
_WEEK: Final = re.compile(r"(\d{4})\s*年?\s*[-/]?\s*(?:W|第)\s*(\d{1,2})\s*周?")
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_YES: Final = frozenset(map(fold, ("1", "是", "有", "真", "√", "✓", "y", "yes", "true", "t", "对")))
_NO: Final = frozenset(map(fold, ("0", "否", "无", "假", "×", "n", "no", "false", "f", "不是")))


class CellError(ValueError):
    """A cell that cannot be read; `code` is a fault code."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Formula(str):
    """A formula that stands in a cell without a stored result."""

    __slots__ = ()


class Merged(str):
    """A number that stands in merged cells: it may be the sum of their rows, or hold for each. No program reads it."""

    __slots__ = ()

    @classmethod
    def of(cls, value: float) -> Merged:
        """Take the number out of the reach of whatever reads numbers from text."""
        return cls(f"⟨{plain(value)}⟩")

    @property
    def text(self) -> str:
        """The number as text, for columns of codes and names."""
        return self[1:-1]


class Percent(float):
    """A number that a workbook shows in percent: 0.95 as 95%."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.points:.15g}%"

    @property
    def points(self) -> float:
        """The number before the percent sign."""
        return round(100 * float(self), 10)


UNREAD: Final = (bool, Merged, Percent)
"""Cells that are numbers to a program, but not always to a person."""
_ERRORS: Final = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"))
"""What a spreadsheet shows for a formula that failed."""


def is_blank(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN, NaT, spaces."""
    if value is None or value != value:
        return True
    return isinstance(value, str) and not _SPACES.sub("", value)


def plain(value: object) -> str:
    """A cell as text: spaces trimmed and runs of them made one, whole floats without their `.0`."""
    if isinstance(value, Formula) or (isinstance(value, str) and value in _ERRORS):
        raise CellError("formula")
    if isinstance(value, Merged):
        return value.text
    if isinstance(value, Percent):
        return str(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_WHOLE:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return _SPACES.sub(" ", str(value)).strip()


def narrow(value: object) -> str:
    """`plain`, with full-width letters and digits made narrow: for numbers, codes and dates, not for names."""
    return unicodedata.normalize("NFKC", plain(value)).strip()


def as_number(value: object) -> float:
    """A finite number; thousands separators and full-width digits are understood."""
    if isinstance(value, UNREAD):
        raise CellError({Merged: "merged", Percent: "percent"}.get(type(value), "not_a_number"))
    if isinstance(value, int | float):
        number = float(value)
    else:
        text = narrow(value)
        if _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        try:
            number = float(text) if "_" not in text else math.nan
        except ValueError:
            raise CellError("not_a_number") from None
    if not math.isfinite(number):
        raise CellError("not_finite" if narrow(value).lower().lstrip("+-") in _NOT_FINITE else "not_a_number")
    return number


_NOT_FINITE: Final = {"nan", "inf", "infinity"}


def as_integer(value: object) -> int:
    """A whole number."""
    number = as_number(value)
    if not number.is_integer():
        raise CellError("not_whole")
    if abs(number) >= MAX_WHOLE:
        raise CellError("too_large")
    return int(number)


def as_points(value: object) -> float:
    """A number of percent: 95, or a cell that a workbook shows as 95%."""
    return as_number(value.points if isinstance(value, Percent) else value)


def as_degrees(value: object) -> float:
    """Degrees from a number or from degrees, minutes and seconds."""
    try:
        return as_number(value)
    except CellError as error:
        if error.code != "not_a_number":
            raise
    try:
        return parse_angle(plain(value))
    except AngleFormatError:
        raise CellError("not_a_coordinate") from None


def as_date(value: object) -> dt.date:
    """A day from a date, a serial number, 2023-05-01, 2023/5/1, 2023.5.1, 20230501 or 2023年5月1日."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = narrow(value)
    match = _YEAR_FIRST.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    try:
        if match:
            year, month, day = map(int, match.groups())
            return dt.date(year, month, day)
        serial = float(text)
    except ValueError:
        raise CellError("not_a_date") from None
    low, high = SERIAL_RANGE
    if not low <= serial <= high:
        raise CellError("not_a_date")
    return EXCEL_EPOCH + dt.timedelta(days=int(serial))


def as_week(value: object) -> str:
    """An ISO week: 2023-W05, 2023W5, 2023年第5周, or the week that a date lies in."""
    match = None if isinstance(value, dt.date) else _WEEK.fullmatch(narrow(value).upper())
    if match:
        year, week = int(match[1]), int(match[2])
        try:
            dt.date.fromisocalendar(year, week, 1)
        except ValueError:
            raise CellError("not_a_week") from None
        return f"{year}-W{week:02d}"
    try:
        iso = as_date(value).isocalendar()
    except CellError:
        raise CellError("not_a_week") from None
    return f"{iso.year}-W{iso.week:02d}"


def as_flag(value: object) -> bool:
    """Yes or no, as people tick it."""
    text = fold(plain(value)) or plain(value)
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise CellError("not_a_flag")


def as_code(value: object, codes: CodeList) -> str:
    """The code that a code, a label or another known name means."""
    found = codes.find(plain(value))
    if found is None:
        raise CellError("not_in_codes", expected=listed(codes))
    return found


def as_list(value: object) -> tuple[str, ...]:
    """Several values of one cell, without repetition."""
    text = plain(value)
    parts = (narrow(part) for part in LIST_SEPARATORS.split(value if type(value) is str else text))
    return tuple(dict.fromkeys(part for part in parts if part))


def reader(column: Column) -> Callable[[object], Value]:
    """The function that reads one cell of a column; it raises CellError."""
    codes = column.codes
    if column.kind == "code" and codes is not None:
        return lambda value: as_code(value, codes)
    if column.kind == "codes" and codes is not None:
        return lambda value: tuple(as_code(part, codes) for part in as_list(value))
    if column.kind == "text":
        return narrow if column.pattern else plain
    if column.kind == "number" and column.unit == "%":
        return as_points
    by_kind: dict[str, Callable[[object], Value]] = {
        "list": as_list,
        "integer": as_integer,
        "number": as_number,
        "degrees": as_degrees,
        "flag": as_flag,
        "date": as_date,
        "week": as_week,
    }
    return by_kind[column.kind]
