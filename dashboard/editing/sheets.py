"""Tables as the page shows them: headers and code lists in its language, numbers as numbers, all else as text."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pandas as pd

from dashboard import figures
from data.intake.differences import keys_of
from data.registry.records import from_records
from data.tables.codes import CodeList, Language
from data.tables.columns import Column, Table
from data.tables.drafts import LIST_JOINT, to_text
from data.tables.exports import export_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

T = TypeVar("T")
NUMBERS: Final = ("integer", "number", "degrees")
FLAGS: Final[dict[Language, dict[str, str]]] = {
    "zh": {"true": "是", "false": "否"},
    "en": {"true": "yes", "false": "no"},
}


def sheet(frame: pd.DataFrame, table: Table, language: Language) -> pd.DataFrame:
    """A typed frame to look at."""
    text = to_text(frame, table)
    columns = [column for column in table.columns if column.name in text]
    return pd.DataFrame({c.header(language): _shown(frame[c.name], text[c.name], c, language) for c in columns})


def cell(text: str, column: Column, language: Language) -> str:
    """The text of one cell, codes by their labels."""
    if column.codes is not None:
        return "; ".join(_label(column.codes, code, language) for code in text.split(LIST_JOINT)) if text else ""
    if column.kind == "flag":
        return FLAGS[language].get(text, text)
    return text


def cells(texts: Iterable[str], columns: Iterable[Column], language: Language) -> list[str]:
    """The texts of cells of different columns."""
    return [cell(text, column, language) for text, column in zip(texts, columns, strict=True)]


def record_sheet(record: Mapping[str, Any], table: Table, language: Language) -> pd.DataFrame:
    """A record as two columns of text, `column` and `value`; what is empty is left out."""
    text = to_text(from_records([record], table), table).iloc[0]
    shown = {c.header(language): cell(text[c.name], c, language) for c in table.columns if text[c.name]}
    return pd.DataFrame({"column": list(shown), "value": list(shown.values())})


def rows_of(items: Sequence[T], width: int) -> list[Sequence[T]]:
    """Items in rows, so that columns stacked on a phone keep their order."""
    return [items[start : start + width] for start in range(0, len(items), width)]


def as_file(frame: pd.DataFrame, table: Table, ending: str, language: Language) -> bytes:
    """A typed frame as the content of a CSV, Excel or GeoPackage file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{table.name}{ending}"
        export_table(frame, table, path, language)
        return path.read_bytes()


def keys(frame: pd.DataFrame, table: Table) -> list[str]:
    """The key of each row of a typed frame: `c07`, or `c07/2023-W05`."""
    return keys_of(frame, table).tolist()


def when(moment: dt.datetime) -> str:
    """A moment in the server's local time, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def mix(values: pd.Series[Any], codes: CodeList, language: Language) -> str:
    """How often each code occurs: 公开 4 · 示意 20."""
    counts = values.value_counts()
    return " · ".join(
        f"{code.label(language)} {figures.number(counts[code.id])}" for code in codes if code.id in counts
    )


def _shown(values: pd.Series[Any], text: pd.Series[str], column: Column, language: Language) -> pd.Series[Any]:
    if column.kind in NUMBERS:
        return values
    return text.map(lambda value: cell(value, column, language))


def _label(codes: CodeList, code: str, language: Language) -> str:
    return codes[code].label(language) if code in codes else code
