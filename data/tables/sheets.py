"""Sheets: the cells of a workbook, with what a person sees there besides the values: percent signs, merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Final

from data.tables.cells import Formula, Merged, Percent
from data.zips import check_zip
from geo.errors import AtlasError, DamagedFileError, ParameterError

Rows = list[list[object]]
KIND: Final = "an Excel workbook"

_MERGED: Final = re.compile(rb'mergeCell\s[^>]*?ref\s*=\s*"([A-Z]+\d+:[A-Z]+\d+)"')
_CHUNK_BYTES: Final = 1 << 20
_LONGEST: Final = 256
"""Bytes that a merged range may take in the file: a match may lie across two chunks."""
_QUOTED: Final = re.compile(r'"[^"]*"|\\.')


@dataclass(frozen=True, slots=True)
class Block:
    """Merged cells: 0-based rows and columns, ends excluded."""

    rows: range
    columns: range


@dataclass(frozen=True, eq=False)
class Sheet:
    """The cells of one sheet.

    Attributes:
        name: its name.
        rows: cells by row, of unequal length; of merged cells only the first holds something.
        blocks: merged cells.
    """

    name: str
    rows: Rows
    blocks: Sequence[Block]

    def headings(self, count: int) -> Rows:
        """The first rows as they may be headers: each holds what is merged with it from above."""
        top = [list(row) for row in self.rows[:count]]
        for block in self.blocks:
            _fill(top, Block(block.rows, block.columns[:1]))
        return top

    def filled_below(self, header: int) -> Rows:
        """All rows; below the header, merged cells hold the same each, numbers as `Merged`."""
        filled = [list(row) for row in self.rows]
        for block in self.blocks:
            if block.rows.start > header:
                _fill(filled, block)
        return filled


def sheet_names(path: Path) -> list[str]:
    """Names of a workbook's visible sheets.

    Raises:
        DamagedFileError, UnsafeArchiveError: it is no sound workbook.
    """
    with _opened(path) as book:
        return [str(sheet.title) for sheet in book.worksheets if sheet.sheet_state == "visible"]


def read_sheet(path: Path, name: str | None = None) -> Sheet:
    """Read a sheet of a workbook, by default the first visible one.

    Raises:
        DamagedFileError, UnsafeArchiveError: it is no sound workbook.
        ParameterError: it has no such sheet.
    """
    with _opened(path) as written, _opened(path, data_only=True) as computed:
        names = [sheet.title for sheet in written.worksheets if sheet.sheet_state == "visible"] or written.sheetnames
        name = name or names[0]
        if name not in written.sheetnames:
            raise ParameterError(name="sheet", value=name, reason="there is none", expected=", ".join(names))
        rows: Rows = []
        for formulas, values in zip(_rows(written[name]), _rows(computed[name]), strict=True):
            rows.append([_cell(formula, value) for formula, value in zip(formulas, values, strict=True)])
        return Sheet(name, rows, _blocks(computed[name], len(rows), max(map(len, rows), default=0)))


@contextmanager
def _opened(path: Path, *, data_only: bool = False) -> Iterator[Any]:
    import openpyxl  # type: ignore[import-untyped]

    check_zip(path)
    book = None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=data_only)
        yield book
    except AtlasError:
        raise
    except Exception as error:  # openpyxl meets damage wherever it lies, and fails with whatever that gives
        raise DamagedFileError(path=path.name, kind=KIND, reason=error) from error
    finally:
        if book is not None:
            book.close()


def _rows(sheet: Any) -> Any:
    sheet.reset_dimensions()  # some writers state a wrong size
    return sheet.iter_rows()


def _cell(formula: Any, computed: Any) -> object:
    """What a cell holds: of a formula its stored result, or the formula itself where there is none."""
    value: object = computed.value
    if value is None:
        if formula.data_type != "f":
            return None
        return Formula(getattr(formula.value, "text", None) or formula.value)  # an array formula is an object
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_percent(computed.number_format):
        return Percent(value)
    return value


@lru_cache(maxsize=1024)
def _is_percent(number_format: str) -> bool:
    return "%" in _QUOTED.sub("", number_format)


def _blocks(sheet: Any, height: int, width: int) -> list[Block]:
    """Merged cells of a sheet, as far as it has rows and columns; openpyxl knows them only of a sheet read at once."""
    from openpyxl.utils import range_boundaries  # type: ignore[import-untyped]

    found: set[bytes] = set()
    with sheet._get_source() as source:
        rest = b""
        while chunk := source.read(_CHUNK_BYTES):
            found.update(_MERGED.findall(rest + chunk))
            rest = (rest + chunk)[-_LONGEST:]
    blocks = []
    for text in sorted(found):
        left, top, right, bottom = range_boundaries(text.decode())
        blocks.append(Block(range(top - 1, min(bottom, height)), range(left - 1, min(right, width))))
    if sum(len(block.rows) * len(block.columns) for block in blocks) > height * width:
        raise DamagedFileError(path=sheet.title, kind=KIND, reason="its merged cells overlap")
    return blocks


def _fill(rows: Rows, block: Block) -> None:
    """Write into each of the merged cells what the first one holds."""
    top, left = block.rows.start, block.columns.start
    if top >= len(rows) or left >= len(rows[top]):
        return
    value = rows[top][left]
    if isinstance(value, int | float):
        value = Merged.of(value)
    for row, column in product(block.rows[: len(rows) - top], block.columns):
        rows[row] += [None] * (column + 1 - len(rows[row]))
        rows[row][column] = value
