"""Tables of figures: thousands are told apart, and every table can be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from dashboard.twins import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from dashboard.i18n import Catalog


NAME_PX: Final = (96, 200)
"""Least and largest width of a column of names; even the widest leaves room beside it on a phone."""
LETTER_PX: Final = 7.2


def name_column(names: Iterable[str]) -> Any:
    """Settings of the names that stay while the rest scrolls: as wide as the longest one."""
    letters = max((sum(1 if letter.isascii() else 2 for letter in name) for name in names), default=0)
    width = min(max(round(LETTER_PX * letters) + 16, NAME_PX[0]), NAME_PX[1])
    return st.column_config.TextColumn(pinned=True, width=width)


def localized(frame: pd.DataFrame) -> dict[str, Any]:
    """Column settings that write numbers in the way of the reader's browser."""
    return {str(name): st.column_config.NumberColumn(format="localized") for name in frame.select_dtypes("number")}


def figures_table(text: Catalog, frame: pd.DataFrame, name: str) -> None:
    """A table with a download."""
    table(text, frame, name, columns=localized(frame))


def figures_twin(text: Catalog, frame: pd.DataFrame, name: str) -> None:
    """The figures of a chart, folded away, with a download."""
    with st.expander(text("twin.title")):
        figures_table(text, frame, name)
