"""Headers: which column of a file is which column of a table."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.tables.codes import fold
from data.tables.columns import Column, Table

LIKENESS: Final = 0.6
"""Least similarity (difflib ratio) of a suggested header: at 0.6 two of three letters agree."""

_BRACKETS: Final = re.compile(r"[(\[【〔](.*?)[)\]】〕]")
_MARKS: Final = re.compile(r"[*＊:：☆★#]+")
_UNITS: Final = (
    {"m2", "平方米", "平米", "sqm"}, {"km2", "平方公里", "平方千米"}, {"亩", "mu"}, {"公顷", "ha"}, {"坪"},
    {"sqft", "ft2"}, {"acres"},
    {"%", "百分比", "百分数", "percent"}, {"‰", "千分比"}, {"元", "yuan", "rmb", "cny"}, {"美元", "usd"}, {"角"},
    {"min", "分钟", "minutes"}, {"h", "小时", "hours"}, {"s", "秒", "seconds"}, {"天", "日", "days"},
)  # fmt: skip
"""Units in which a number is another number, each by its names; 人, 件 and 场 all mean one each."""
_MULTIPLES: Final = re.compile(r"[十百千万亿]|\b(k|'?000s?|hundreds?|thousands?|millions?)\b")
_JOINTS: Final = re.compile(r"[,，;；、:：\s]+")


def header_key(header: object) -> str:
    """A header as it is compared: folded, without required-marks; brackets are kept."""
    return fold(_MARKS.sub("", str(header)))


def _bare_key(header: object) -> str:
    return header_key(_BRACKETS.sub("", unicodedata.normalize("NFKC", str(header))))


def in_another_unit(header: object, column: Column) -> bool:
    """Whether brackets in a header say that the numbers below are of another size: 建筑面积（亩）, 到访人次（万）.

    Coordinates are left out: what they are shows by their place.
    """
    if column.kind not in ("integer", "number"):
        return False
    own: set[str] = next((names for names in _UNITS if fold(column.unit) in names), set())
    foreign = set().union(*_UNITS) - own
    for said in _BRACKETS.findall(unicodedata.normalize("NFKC", str(header)).casefold()):
        words = {fold(word) for word in _JOINTS.split(said)}
        if not words & own and (words & foreign or _MULTIPLES.search(said)):
            return True
    return False


def _names(column: Column) -> set[str]:
    return {header_key(name) for name in (column.name, column.zh, column.en, *column.also)}


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """How a file's headers fit a table.

    Attributes:
        matched: column name → the file's header.
        unmatched: headers that fit no column, in the file's order.
        suggested: column name → headers that may be meant, the best first.
    """

    matched: Mapping[str, str]
    unmatched: tuple[str, ...]
    suggested: Mapping[str, tuple[str, ...]]


def match_headers(headers: Sequence[str], table: Table) -> HeaderMatch:
    """Match headers to columns by any of their names; suggest the rest by likeness.

    A header with brackets, such as 面积（㎡） or *name (required)*, is tried with and without them, unless they name
    another unit. Each header and each column is used once, the first that fits wins.
    """
    matched, left = _matched(headers, table)
    return HeaderMatch(matched, tuple(left), _suggestions(left, matched, table))


def _matched(headers: Sequence[str], table: Table) -> tuple[dict[str, str], list[str]]:
    """Column name → header, and the headers that are left."""
    matched: dict[str, str] = {}
    left = list(dict.fromkeys(headers))
    for simplify in (header_key, _bare_key):
        for column in table.columns:
            if column.name in matched:
                continue
            names = _names(column)
            fitting = (header for header in left if simplify(header) in names)
            found = next((header for header in fitting if not in_another_unit(header, column)), None)
            if found is not None:
                matched[column.name] = found
                left.remove(found)
    return matched, left


def _suggestions(left: Sequence[str], matched: Mapping[str, str], table: Table) -> dict[str, tuple[str, ...]]:
    keys = {header_key(header): header for header in left if header_key(header)}
    suggested = {}
    for column in table.columns:
        if column.name not in matched:
            scores = {
                key: max(difflib.SequenceMatcher(None, key, name).ratio() for name in _names(column))
                for key, header in keys.items()
                if not in_another_unit(header, column)
            }
            best = sorted((key for key, score in scores.items() if score >= LIKENESS), key=lambda k: -scores[k])
            if best:
                suggested[column.name] = tuple(keys[key] for key in best[:3])
    return suggested


def header_row(rows: Sequence[Sequence[object]], table: Table) -> int:
    """Index of the row that holds the headers: the one that most columns recognize; 0 when none does."""
    counts = [len(_matched([str(c) for c in row if c is not None], table)[0]) for row in rows]
    return counts.index(max(counts)) if counts else 0
