"""Tables of figures: thousands are told apart, and every table can be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.twins import table

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.i18n import Catalog


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
