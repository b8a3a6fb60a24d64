"""PlanReport: all that stands in a report, as text in one language; whoever sets it adds nothing. No Streamlit."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from data.tables.codes import Language

ILLEGAL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Letters that no XML holds, so neither Word nor SVG: a name from a table may carry them."""
CHINESE_NUMERALS: Final = "一二三四五六七八九十"
PYPROJECT: Final = Path(__file__).parents[3] / "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table.

    Attributes:
        head: its header.
        weight: its width, compared with the others.
        number: figures stand to the right.
    """

    head: str
    weight: float = 1.0
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text.

    Attributes:
        title: above it, "" for none.
        totals: how many of the last rows add up those above.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    totals: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        id: `sites`, `gains`, `switches`, `proof`, `robustness`, `curve`, `question`, `assumptions`, `record`.
        title: with its number.
        paragraphs: before the tables.
        notes: after them, in small print.
    """

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """The map.

    Attributes:
        svg: as text; its legend, scale and notes are part of it.
        width, height: points.
        description: for who does not see it.
    """

    svg: str
    width: float
    height: float
    description: str


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A report.

    Attributes:
        language: of all that stands in it.
        title, subtitle: what it is about; when, who walks and how long.
        workspace: name of the network of centers.
        as_of: the day that the data describe.
        warning: that the data are synthetic; "" where they are not.
        summary: sentences with the figures that matter.
        figures, figures_note: before and after, and what has to be said of them.
        picture: the map.
        sections: the rest, in order.
        running: at the foot of each page.
        words: `page` with {number} and {count}, and the titles `summary`, `figures` and `map`.
    """

    language: Language
    title: str
    subtitle: str
    workspace: str
    as_of: dt.date
    warning: str
    summary: tuple[str, ...]
    figures: Table
    figures_note: str
    picture: Picture
    sections: tuple[Section, ...]
    running: str
    words: dict[str, str]

    def section(self, name: str) -> Section | None:
        """The section of an id, if the report has it."""
        return next((section for section in self.sections if section.id == name), None)


def legal(text: str) -> str:
    """Text that any file can hold: what no XML allows is shown as a replacement character."""
    return ILLEGAL.sub("\ufffd", text)


def numbered(titles: list[Section], language: Language) -> tuple[Section, ...]:
    """The same with numbers before their titles, as papers in the language have them."""
    return tuple(
        Section(part.id, f"{_ordinal(i, language)}{part.title}", part.paragraphs, part.tables, part.notes)
        for i, part in enumerate(titles)
    )


def _ordinal(place: int, language: Language) -> str:
    return f"{CHINESE_NUMERALS[place]}、" if language == "zh" else f"{place + 1}. "


@cache
def program_version() -> str:
    """Of this program, as its `pyproject.toml` has it."""
    return str(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"])
