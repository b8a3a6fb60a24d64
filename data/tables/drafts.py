"""Drafts: a file read as one of the workspace's tables, with everything that is wrong with it.

Also the way back: a typed frame as the text that a CSV or a spreadsheet holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from data.tables.columns import Column, Table
from data.tables.faults import TableFault, fault, raise_on_errors
from data.tables.frames import read_column, typed_frame
from data.tables.headers import HeaderMatch, match_headers
from data.tables.reading import TRIGGERS, RawTable, read_raw
from geo.crs import WGS84
from geo.errors import MissingCrsError
from geo.hypotheses import Hypothesis

POSITION_DIGITS: Final = 8
"""Decimals kept of a converted coordinate: about 1 mm."""
ROUNDING_DEG: Final = 1e-5
"""Columns of degrees may differ by this from the point of their row, about 1 m: many files keep five decimals."""
LIST_JOINT: Final = ";"


@dataclass(frozen=True, eq=False)
class Draft:
    """A file read for a table, before anything is written.

    Attributes:
        table: the contract.
        raw: the cells as they stand in the file.
        match: which header was taken for which column.
        cells: the matched cells by column name, None where blank; without defaults.
        frame: typed rows, one for each row of `raw`, faulty ones included.
        faults: all faults, with row and line.
    """

    table: Table
    raw: RawTable
    match: HeaderMatch
    cells: pd.DataFrame
    frame: pd.DataFrame
    faults: tuple[TableFault, ...]

    @property
    def faulty_rows(self) -> set[int]:
        """0-based rows with an error; all of them when the table as a whole has one."""
        errors = [f for f in self.faults if f.severity == "error"]
        if any(f.row is None for f in errors):
            return set(range(len(self.frame)))
        return {f.row - 1 for f in errors if f.row is not None}

    @property
    def sound(self) -> pd.DataFrame:
        """The rows without an error."""
        return self.frame.drop(index=list(self.faulty_rows)).reset_index(drop=True)

    def with_faults(self, more: list[TableFault]) -> Draft:
        """The same draft with faults that were found by looking at other tables."""
        return replace(self, faults=(*self.faults, *_with_lines(more, self.raw)))

    def require_sound(self) -> pd.DataFrame:
        """The frame, if nothing is wrong with it.

        Raises:
            TableFaultsError: there are errors.
        """
        raise_on_errors(self.raw.path.name, self.faults)
        return self.frame


def draft(
    path: Path,
    table: Table,
    *,
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    sheet: str | None = None,
    position: Hypothesis | None = None,
) -> Draft:
    """Read a file as a table.

    Args:
        path: any file that `data.tables.reading.read_raw` reads.
        table: the contract.
        columns: column name → header, where a person chose; other columns are matched by name.
        defaults: column name → what to take where the file has no such column: a value, `@other` for the cells
            of another column, and for `id` what stands before the row's number.
        sheet: of a workbook.
        position: what lon and lat are, where a person confirmed that they are not degrees in WGS-84.

    Raises:
        InputError: the file cannot be read at all, or its shapes lie in an unknown coordinate system.
    """
    raw = read_raw(path, table, sheet=sheet)
    match = match_headers(raw.headers, table)
    chosen = dict(match.matched) | dict(columns or {})
    cells = pd.DataFrame({name: raw.frame[header] for name, header in chosen.items()})
    cells = _with_points(cells, raw, table)
    filled = _with_defaults(_converted(cells, table, position), defaults or {}, len(raw.frame))
    frame, faults = typed_frame(filled, table, raw.headers)
    faults += _moved(frame, raw, table)
    match = replace(match, matched=chosen, unmatched=tuple(h for h in raw.headers if h not in chosen.values()))
    return Draft(table, raw, match, cells, frame, tuple(_with_lines(faults, raw)))


def _converted(cells: pd.DataFrame, table: Table, position: Hypothesis | None) -> pd.DataFrame:
    """Cells with lon and lat taken to WGS-84; what is no coordinate stays as it is, to be named as a fault."""
    if position is None or not {"lon", "lat"} <= set(cells):
        return cells
    columns = [read_column(cells[name], table[name])[0].to_numpy(float) for name in ("lon", "lat")]
    lonlat = position.apply(np.column_stack(columns)).round(POSITION_DIGITS)
    known = pd.Series(np.isfinite(lonlat).all(axis=1), index=cells.index)
    moved = {name: cells[name].astype("object").mask(known, lonlat[:, i]) for i, name in enumerate(("lon", "lat"))}
    return cells.assign(**moved)


def _with_defaults(cells: pd.DataFrame, defaults: Mapping[str, str], n_rows: int) -> pd.DataFrame:
    """Cells with the columns that the file lacks."""
    filled = cells.copy()
    for name, value in defaults.items():
        if name in filled:
            continue
        if name == "id":
            filled[name] = [f"{value}{number}" for number in range(1, n_rows + 1)]
        elif value.startswith("@"):
            filled[name] = filled[value[1:]]
        else:
            filled[name] = value
    return filled


def pad_code(code: object) -> object:
    """A county's six or a town's nine digits as the 12-digit code; anything else as it is."""
    text = str(code).strip()
    return text.ljust(12, "0") if text.isdecimal() and len(text) in (6, 9) else code


def to_text(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """A typed frame as text cells, empty where missing: lists joined by `;`, dates as 2023-05-01, numbers shortest."""
    columns = {
        column.name: _text_column(frame[column.name], column) for column in table.columns if column.name in frame
    }
    return pd.DataFrame(columns, index=frame.index)


def csv_text(frame: pd.DataFrame, table: Table) -> str:
    """A typed frame as CSV that spreadsheets open without running anything in it."""
    return str(to_text(frame, table).map(guard).to_csv(index=False, lineterminator="\n"))


def guard(text: str) -> str:
    """Text with an apostrophe in front where a spreadsheet would run it as a formula.

    Numbers stay as they are. `data.tables.reading.unguard` is the inverse: text that looks guarded gets one more.
    """
    if not text.lstrip("'").startswith(TRIGGERS) or _is_number(text):
        return text
    return f"'{text}"


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _with_lines(faults: list[TableFault], raw: RawTable) -> list[TableFault]:
    """The faults with their rows as the sheet counts them, also where one names another row."""
    placed = []
    for found in faults:
        if found.code == "duplicate":
            first = int(raw.lines[cast("int", found.facts["first"]) - 1])
            found = fault("duplicate", found.column, row=found.row, value=found.value, first=first)
        placed.append(replace(found, line=None if found.row is None else int(raw.lines[found.row - 1])))
    return placed


def _with_points(cells: pd.DataFrame, raw: RawTable, table: Table) -> pd.DataFrame:
    """Cells with lon and lat taken from the shapes where the table wants points and the columns are not there."""
    if raw.geometry is None or "lon" not in table.names or {"lon", "lat"} <= set(cells):
        return cells
    if raw.crs is None:
        raise MissingCrsError(path=raw.path.name)
    points = raw.geometry.representative_point().to_crs(WGS84)
    return cells.assign(lon=points.x.to_numpy(), lat=points.y.to_numpy())


def _moved(frame: pd.DataFrame, raw: RawTable, table: Table) -> list[TableFault]:
    """A fault for each row whose columns lon and lat are elsewhere than its point: one of them was moved."""
    if raw.geometry is None or raw.crs is None or "lon" not in table.names:
        return []
    points = raw.geometry.where(raw.geometry.geom_type == "Point").to_crs(WGS84)
    drawn = np.column_stack((points.x, points.y))
    apart = np.abs(drawn - frame[["lon", "lat"]].to_numpy(float)).max(axis=1) > ROUNDING_DEG  # false where unknown
    return [
        fault(
            "moved",
            "lon",
            row=int(i) + 1,
            value=f"{frame['lon'][i]:g}, {frame['lat'][i]:g}",
            place="{:.6f}, {:.6f}".format(*drawn[i]),
        )
        for i in np.flatnonzero(apart)
    ]


def _text_column(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    if column.listed:
        return values.map(LIST_JOINT.join).astype("str")
    if column.kind == "date":
        return pd.Series(values.dt.strftime("%Y-%m-%d").fillna(""), dtype="str")
    if column.kind == "flag":
        return values.map({True: "true", False: "false"}).astype("str")
    if column.kind in ("number", "degrees"):
        return pd.Series(["" if v != v else shortest(v) for v in values], index=values.index, dtype="str")
    return pd.Series(values.astype("object").where(values.notna(), ""), dtype="str")


def shortest(number: float) -> str:
    """The shortest text that reads back as the same number: 25, 25.181."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(float(number))
