"""Cells of tables as text and as numbers: spreadsheets make numbers of codes, text files make text of numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import Fault

if TYPE_CHECKING:
    from pandas import DataFrame

NOTHING: Final = frozenset(("", "nan", "none", "null", "<na>"))
"""What programs write into an empty cell, whatever the case."""


def text_of(cell: object) -> str:
    """Trimmed text: "" for None and NaN, and 350505001001 for the 350505001001.0 that a spreadsheet makes of a code."""
    if isinstance(cell, float):
        return "" if cell != cell else str(int(cell)) if cell.is_integer() else str(cell)
    return "" if cell is None else str(cell).strip()


def find_column(frame: DataFrame, names: Sequence[str]) -> str | None:
    """The column that bears one of the names, in the order of the names; neither case nor full width matters."""
    plain = {_plain(column): column for column in reversed(frame.columns)}  # of two alike the first
    return next((plain[name] for name in map(_plain, names) if name in plain), None)


def _plain(name: object) -> str:
    return unicodedata.normalize("NFKC", str(name)).strip().casefold()


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


def number_column(frame: DataFrame, name: str, faults: list[Fault], *, least: float = 0.0) -> NDArray[np.float64]:
    """Numbers of a column; adds to `faults` each cell that is not a number, not finite, or less than `least`.

    Digits only: "1,200" and "about 20" are faults, for 1,200 may mean 1.2 elsewhere.

    Returns:
        float64 (n,), a copy; NaN where a cell is empty or at fault, and throughout if there is no such column.
    """
    import pandas as pd

    if name not in frame:
        return np.full(len(frame), np.nan)
    cells = frame[name]
    if not pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_bool_dtype(cells):
        cells = pd.to_numeric(pd.Series(column_texts(frame, name), dtype=object), errors="coerce")
    numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    unread = np.flatnonzero(~np.isfinite(numbers) & frame[name].notna().to_numpy())
    for i, shown in zip(unread, column_texts(frame.iloc[unread], name), strict=True):
        if shown.casefold() not in NOTHING:
            faults.append(Fault(int(i) + 1, name, "not_a_number", "this is not a number; write digits only.", shown))
    numbers[np.isinf(numbers)] = np.nan
    low = np.flatnonzero(numbers < least)
    limit = f"{least:g}"
    text = f"this must not be less than {limit}; leave the cell empty where it is not known."
    faults += [Fault(int(i) + 1, name, "too_low", text, f"{numbers[i]:g}", {"least": limit}) for i in low]
    numbers[low] = np.nan
    return numbers
