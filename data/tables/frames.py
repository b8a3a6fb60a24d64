"""Typed frames: raw cells in, a frame that keeps its table's contract and every fault out."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.tables.cells import MAX_WHOLE, UNREAD, CellError, Value, is_blank, reader
from data.tables.codes import Words, listed
from data.tables.columns import Column, Table
from data.tables.faults import TableFault, fault

if TYPE_CHECKING:
    import pandera.pandas as pa

NUMERIC: Final = ("integer", "number", "degrees")

DEGREE_DIGITS: Final = 10
"""Decimals kept of a coordinate, 1/100 mm: workbooks keep 15 digits, so with more a table that is exported and imported
again would seem changed."""

METERS_FROM: Final = 1_000
"""A coordinate beyond this is no degree, not even one with a slipped decimal point, but a length in meters."""


def empty_frame(table: Table) -> pd.DataFrame:
    """A frame without rows that has the table's columns and types."""
    return pd.DataFrame({column.name: pd.Series([], dtype=column.dtype) for column in table.columns})


def typed_frame(
    raw: pd.DataFrame, table: Table, headers: Sequence[str] | None = None
) -> tuple[pd.DataFrame, list[TableFault]]:
    """Read a frame of raw cells by its table's contract.

    Args:
        raw: columns named as in the contract, cells as they came; other columns are kept as they are.
        table: the contract.
        headers: what the file's columns are called, for the message about a missing one; by default as in `raw`.

    Returns:
        The frame with a new 0-based index, the contract's columns first and typed, unreadable cells as missing; and
        all faults, by row (1-based) and column. A column without which the table makes no sense is a fault of its own.
    """
    raw = raw.reset_index(drop=True)
    faults = [
        fault("missing_column", column.name, found=listed(map(str, headers or raw.columns)))
        for column in table.columns
        if column.required and column.default is None and column.name not in raw
    ]
    columns: dict[Hashable, pd.Series[Any]] = {}
    unread: set[tuple[str, int]] = set()
    for column in table.columns:
        cells = raw[column.name] if column.name in raw else pd.Series(None, index=raw.index, dtype="object")
        columns[column.name], found = read_column(cells, column)
        faults += found
        unread |= {(f.column, f.row) for f in found if f.row is not None}
    for name in raw.columns:
        if name not in columns:
            columns[name] = raw[name]
    frame = pd.DataFrame(columns, index=raw.index)
    missing = {f.column for f in faults if f.row is None}
    for found_fault in [*_broken_rules(frame, table), *repeated_keys(frame, table)]:
        place = (found_fault.column, found_fault.row or 0)
        if found_fault.column not in missing and place not in unread:
            faults.append(found_fault)
    return frame, sorted(faults, key=lambda f: (f.row or 0, _place(table, f.column)))


def read_column(cells: pd.Series[Any], column: Column) -> tuple[pd.Series[Any], list[TableFault]]:
    """Read one column of raw cells; faults and blanks give the default, or missing."""
    if column.listed:
        cells = cells.map(lambda value: ";".join(value) if isinstance(value, tuple | list) else value)
    values: NDArray[np.object_] = np.full(len(cells), None, dtype=object)
    todo = ~cells.isna().to_numpy(dtype=bool)
    if column.kind in NUMERIC:
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        sound = np.isfinite(numbers) & (cells.dtype != bool)
        if cells.dtype == object:
            sound &= np.fromiter((not isinstance(cell, UNREAD) for cell in cells), dtype=bool, count=len(cells))
        if column.kind == "integer":
            sound &= (numbers == np.rint(numbers)) & (np.abs(numbers) < MAX_WHOLE)
        todo &= ~sound
        if not todo.any():
            return _finish(pd.Series(numbers, index=cells.index), column), []
        values[sound] = numbers[sound]
    faults: list[TableFault] = []
    places = np.flatnonzero(todo)
    labels, uniques = pd.factorize(cells.to_numpy(dtype=object)[places])
    read = reader(column)
    results: NDArray[np.object_] = np.full(len(uniques), None, dtype=object)
    wrong: dict[int, CellError] = {}
    for i, unique in enumerate(uniques):
        try:
            results[i] = None if is_blank(unique) else read(unique)
        except CellError as trouble:
            wrong[i] = trouble
    values[places] = results[labels]
    if wrong:
        for place in places[np.isin(labels, list(wrong))]:
            error = wrong[labels[np.searchsorted(places, place)]]
            faults.append(fault(error.code, column.name, row=int(place) + 1, value=cells.iloc[place], **error.facts))
    return _finish(pd.Series(values, index=cells.index, dtype="object"), column), faults


def _finish(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    """Fill the default and give the column its type."""
    if column.listed:
        filled: list[Value] = [() if value is None else value for value in values]
        return pd.Series(filled, index=values.index, dtype="object")
    if column.default is not None:
        values = values.where(values.notna(), column.default)
    if column.kind == "date":
        return pd.to_datetime(values).astype("datetime64[s]")
    typed: pd.Series[Any] = values.astype(column.dtype)  # type: ignore[call-overload]
    return typed.round(DEGREE_DIGITS) if column.kind == "degrees" else typed


def repeated_keys(frame: pd.DataFrame, table: Table) -> list[TableFault]:
    """A fault for every row whose key stands in an earlier row."""
    keys = list(table.key)
    if any(key not in frame for key in keys):
        return []
    complete = frame[keys].notna().all(axis=1)
    repeated = frame.index[complete & frame.duplicated(keys)]
    if repeated.empty:
        return []
    first = {tuple(row): i for i, row in zip(frame.index[::-1], frame[keys].to_numpy()[::-1], strict=True)}
    rows = ((i, tuple(frame.loc[i, keys])) for i in repeated)
    return [
        fault("duplicate", keys[-1], row=int(i) + 1, value=" / ".join(map(str, key)), first=first[key] + 1)
        for i, key in rows
    ]


def unknown_references(frame: pd.DataFrame, column: Column, known: Collection[str], table: Table) -> list[TableFault]:
    """A fault for every value of a referring column that the other table does not hold."""
    values = frame[column.name].explode() if column.listed else frame[column.name]
    unknown = values[values.notna() & ~values.isin(list(known))]
    return [
        fault("unknown_reference", column.name, row=int(i) + 1, value=v, table=table.words)
        for i, v in zip(unknown.index, unknown, strict=True)
    ]


def _broken_rules(frame: pd.DataFrame, table: Table) -> list[TableFault]:
    from pandera.errors import SchemaErrors

    try:
        rules(table).validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    else:
        return []
    faults = []
    for name, check, value, index in cases[["column", "check", "failure_case", "index"]].itertuples(index=False):
        column = table[name]
        if check == "not_nullable":
            faults.append(fault("empty", name, row=int(index) + 1))
            continue
        if column.kind == "degrees":
            check = _misplaced(name, float(value), frame.iloc[int(index)])
        faults.append(fault(check, name, row=int(index) + 1, value=_shown(value), **_limits(column)))
    return faults


@lru_cache(maxsize=32)
def _rules_of(name: str, columns: tuple[Column, ...]) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    def checks(column: Column) -> list[pa.Check]:
        made = []
        if column.low is not None and column.high is not None:
            made.append(pa.Check.in_range(column.low, column.high, error="out_of_range"))
        elif column.low is not None:
            made.append(pa.Check.ge(column.low, error="too_low"))
        if column.pattern and column.listed:
            whole = re.compile(column.pattern)
            made.append(pa.Check(lambda v: all(whole.fullmatch(x) for x in v), element_wise=True, error="bad_pattern"))
        elif column.pattern:
            made.append(pa.Check.str_matches(f"^(?:{column.pattern})$", error="bad_pattern"))
        return made

    return pa.DataFrameSchema(
        {c.name: pa.Column(c.dtype, checks=checks(c), nullable=not c.required) for c in columns}, name=name
    )


def rules(table: Table) -> pa.DataFrameSchema:
    """The contract of a typed frame as a pandera schema."""
    return _rules_of(table.name, table.columns)


def _misplaced(name: str, value: float, row: pd.Series[Any]) -> str:
    """What is wrong with a coordinate out of range: axes swapped, meters, or just that."""
    if abs(value) > METERS_FROM:
        return "looks_metric"
    return "swapped_axes" if name == "lat" and abs(value) <= 180 and abs(row["lon"]) <= 90 else "out_of_range"


def _limits(column: Column) -> dict[str, Any]:
    return {
        "low": "" if column.low is None else f"{column.low:g}",
        "high": "" if column.high is None else f"{column.high:g}",
        "expected": Words(column.note_zh, column.note_en),
    }


def _shown(value: object) -> str:
    return "; ".join(value) if isinstance(value, tuple) else f"{value:.15g}" if isinstance(value, float) else str(value)


def _place(table: Table, name: str) -> int:
    names = table.names
    return names.index(name) if name in names else len(names)
