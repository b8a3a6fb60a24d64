"""Records: rows of a typed frame as plain values, for SQL and for the history, and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from data.tables.columns import Column, Table
from data.tables.frames import read_column

Record = dict[str, Any]
"""Column name → str, int, float, bool, date, list of str, or None."""

KEY_JOINT: Final = "/"


def to_records(frame: pd.DataFrame, table: Table) -> list[Record]:
    """Rows of a typed frame as records."""
    columns = [_plain_values(frame[column.name], column) for column in table.columns]
    names = table.names
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def from_records(records: Iterable[Mapping[str, Any]], table: Table) -> pd.DataFrame:
    """Records, as they come from SQL or from the history, as a typed frame; other keys are kept as columns."""
    raw = pd.DataFrame.from_records(list(records))
    columns: dict[str, Any] = {}
    for column in table.columns:
        cells = raw[column.name] if column.name in raw else pd.Series([None] * len(raw), dtype="object")
        columns[column.name] = _typed(cells.astype("object"), column)
    extra = {name: raw[name] for name in raw.columns if name not in columns}
    return pd.DataFrame({**columns, **extra}, index=raw.index)


def to_json(record: Mapping[str, Any]) -> Record:
    """A record as the history keeps it: dates as text, what is empty left out."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in record.items()
        if value is not None and value != []
    }


def key_of(record: Mapping[str, Any], table: Table) -> str:
    """A record's key as text: `c07`, or `c07/2023-W05`."""
    return KEY_JOINT.join(str(record[name]) for name in table.key)


def _typed(cells: pd.Series[Any], column: Column) -> pd.Series[Any]:
    if column.listed:
        tuples = [tuple(value) if isinstance(value, list | tuple) else () for value in cells]
        return pd.Series(tuples, index=cells.index, dtype="object")
    return read_column(cells, column)[0]


def _plain_values(values: pd.Series[Any], column: Column) -> list[Any]:
    if column.listed:
        return [list(value) for value in values]
    if column.kind == "date":
        return [None if day is pd.NaT else day.date() for day in values]
    missing = values.isna().to_numpy(dtype=bool)
    plain = values.astype("object").to_list()
    convert = {"integer": int, "number": float, "degrees": float, "flag": bool}.get(column.kind, str)
    return [None if gone else convert(value) for value, gone in zip(plain, missing, strict=True)]
