"""Twins: every chart's figures as a table that can be read, sorted and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from data.tables.drafts import guard

if TYPE_CHECKING:
    import pandas as pd

    from dashboard.i18n import Catalog

SHARE_DECIMALS = 3
"""Of a share in a table: percent with one decimal, as everywhere."""
BOM = "\ufeff"
"""Spreadsheets read the file as UTF-8 by it."""


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A table as CSV that spreadsheets open without running anything in it."""
    safe = frame.rename(columns=lambda name: guard(str(name)))
    for name in safe.columns:
        if safe[name].dtype.kind not in "iufb":
            safe[name] = ["" if value is None or value != value else guard(str(value)) for value in safe[name]]
    return (BOM + str(safe.to_csv(index=False, lineterminator="\n"))).encode()


def twin(text: Catalog, frame: pd.DataFrame, name: str, *, columns: dict[str, Any] | None = None) -> None:
    """The figures of a chart, folded away, with a download.

    Args:
        text: words of the page.
        frame: headers in the page's language.
        name: of the file, without ending; unique on the page.
        columns: Streamlit's column settings.
    """
    with st.expander(text("twin.title")):
        table(text, frame, name, columns=columns)


def table(text: Catalog, frame: pd.DataFrame, name: str, *, columns: dict[str, Any] | None = None) -> None:
    """A table with a download."""
    st.dataframe(frame, hide_index=True, column_config=columns, key=f"twin_{name}")
    st.download_button(
        text("twin.download"),
        data=lambda: csv_bytes(frame),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"download_{name}",
        on_click="ignore",
        type="tertiary",
    )
