"""The ledger: who lives where and who serves them, as a matrix whose totals add up, and its largest flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import charts, figures
from dashboard.controls import told_apart
from dashboard.panels import quiet
from dashboard.sharing import charts as sharing_charts
from dashboard.sharing.sharing import LARGEST_FLOWS, RESIDENTS, REST, TOTAL, TWICE, UNSERVED
from dashboard.sharing.tables import figures_twin, name_column
from dashboard.twins import csv_bytes

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

    from dashboard.sharing.view import SharingView

LINES: Final = (REST, TWICE, UNSERVED, RESIDENTS, TOTAL)
OWN_RGB: Final = "63, 163, 156"
ACROSS_RGB: Final = "142, 108, 201"
STRONGEST: Final = 0.55
"""Opacity of the largest figure's ground: the text on it stays legible in both themes."""


def beside(view: SharingView) -> None:
    """The largest flows."""
    text = view.text
    flows = view.sharing.flows(view.credit)
    title = text("ledger.flows", count=min(len(flows), LARGEST_FLOWS))
    st.subheader(title, anchor=False, help=view.explained("ledger"))
    if flows.empty:
        quiet(text("ledger.no_flows"))
        return
    shown = flows.head(LARGEST_FLOWS)
    figure = sharing_charts.sankey(
        _apart(view, shown["home"]), _apart(view, shown["server"]), shown["residents"].to_numpy()
    )
    st.plotly_chart(figure, key="sankey", config=charts.CONFIG, alt=text("ledger.sankey_alt"))
    rest = flows["residents"].sum() - shown["residents"].sum()
    quiet(text("ledger.sides") + (text("ledger.flows_rest", people=figures.number(rest)) if rest > 0 else ""))
    frame = pd.DataFrame(
        {
            text("ledger.home"): view.places(flows["home"]),
            text("ledger.server"): view.places(flows["server"]),
            text("sharing.residents"): flows["residents"].round(1),
        }
    )
    figures_twin(text, frame, "flows")


def _apart(view: SharingView, codes: pd.Series[str]) -> list[str]:
    unique = list(dict.fromkeys(codes))
    names = dict(zip(unique, view.places(unique), strict=True))
    return [names[code] for code in codes]


def below(view: SharingView) -> None:
    """The matrix."""
    text = view.text
    st.subheader(text("ledger.matrix"), anchor=False, help=view.explained("ledger", text(f"credit.{view.credit}_help")))
    matrix = view.sharing.matrix(view.credit)
    quiet(text(f"ledger.matrix_{view.credit}") + text("ledger.matrix_read"))
    shown = matrix_table(view, matrix)
    st.dataframe(
        _heat(shown, matrix, own_cells(view, matrix)),
        hide_index=True,
        key=f"matrix_{view.level}_{text.language}",
        height="content",
        column_config={shown.columns[0]: name_column(shown.iloc[:, 0])},
    )
    name = f"ledger-{view.level}-{view.minutes_text}min"
    st.download_button(
        text("twin.download"), lambda: csv_bytes(shown), file_name=f"{name}.csv", mime="text/csv", on_click="ignore",
        type="tertiary", key="download_ledger",
    )  # fmt: skip


def matrix_table(view: SharingView, matrix: pd.DataFrame) -> pd.DataFrame:
    """The matrix with names for codes; no two columns share a name."""
    text = view.text

    def names(codes: list[str]) -> list[str]:
        units = [code for code in codes if code not in LINES]
        called = dict(zip(units, view.places(units), strict=True))
        return [called.get(code) or text(f"ledger.{code}") for code in codes]

    frame = pd.DataFrame(matrix.to_numpy(), columns=told_apart(names(list(matrix.columns)), matrix.columns))
    frame.insert(0, text("ledger.corner"), names(list(matrix.index)))
    return frame


def own_cells(view: SharingView, matrix: pd.DataFrame) -> np.ndarray:
    """bool, as the matrix: the column is the row's own (itself or above it)."""
    governance = view.sharing.account.governance
    number = {code: i for i, code in enumerate(governance.codes)}
    own = governance.own.tocsr()
    return np.array(
        [
            [r not in LINES and c not in LINES and bool(own[number[r], number[c]]) for c in matrix.columns]
            for r in matrix.index
        ]
    )


def _heat(shown: pd.DataFrame, matrix: pd.DataFrame, own: np.ndarray) -> Styler:
    """Grounds by value: the root of it, for flows differ a hundredfold; own and others' in two colors."""
    is_unit = np.outer(~matrix.index.isin(LINES), ~matrix.columns.isin(LINES))
    values = matrix.to_numpy()
    most = values[is_unit].max(initial=1.0)
    strength = STRONGEST * np.sqrt(np.clip(values, 0, None) / max(most, 1.0))
    color = np.where(own, OWN_RGB, ACROSS_RGB)
    ground = np.where(
        is_unit & (values > 0),
        [
            [f"background-color: rgba({c}, {s:.2f})" for c, s in zip(*row, strict=True)]
            for row in zip(color, strength, strict=True)
        ],
        "",
    )
    bold = np.outer(matrix.index == TOTAL, np.ones(matrix.shape[1], bool)) | (matrix.columns == RESIDENTS)
    styles = np.where(bold, "font-weight: 600", ground)
    lines = np.column_stack([np.where(matrix.index == TOTAL, "font-weight: 600", ""), styles])
    return shown.style.apply(lambda _: lines, axis=None).format(_say, subset=list(shown.columns[1:]))


def _say(value: object) -> str:
    value = float(value)  # type: ignore[arg-type]
    if abs(value) < 0.05:
        return "·"
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"
