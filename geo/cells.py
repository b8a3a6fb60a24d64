"""Cells of tables as text: spreadsheets make numbers of codes, and several codes stand in one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


def text_of(cell: object) -> str:
    """Trimmed text: "" for None and NaN, and 350505001001 for the 350505001001.0 that a spreadsheet makes of a code."""
    if isinstance(cell, float):
        return "" if cell != cell else str(int(cell)) if cell.is_integer() else str(cell)
    return "" if cell is None else str(cell).strip()


def column_texts(frame: DataFrame, name: str, default: str = "") -> tuple[str, ...]:
    """Cells of a column as text; `default` where one is empty or there is no such column."""
    if name not in frame:
        return (default,) * len(frame)
    cells = zip(frame[name].tolist(), frame[name].isna(), strict=True)
    return tuple(default if missing else text_of(cell) or default for cell, missing in cells)


def codes_of(cell: object) -> tuple[str, ...]:
    """Codes of a cell, each once: a tuple or list of them, or text in which ; separates them."""
    parts = cell if isinstance(cell, tuple | list) else text_of(cell).replace("；", ";").split(";")
    return tuple(dict.fromkeys(code for code in map(text_of, parts) if code))
