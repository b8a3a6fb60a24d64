"""Equity: how long the worst-off walk, old against all, jurisdiction against jurisdiction; indices come second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import charts, figures
from dashboard.panels import quiet
from dashboard.sharing import cache as sharing_cache
from dashboard.sharing import charts as sharing_charts
from dashboard.sharing.tables import figures_twin
from geo.people.residents import ALL, ELDERS

if TYPE_CHECKING:
    from dashboard.sharing.view import SharingView
    from geo.coverage.equity import Equity

MOST_UNITS: Final = 20
FIGURE: Final = {"worst_tenth": "worst_tenth", "p90": "mean_walk", "median": "mean_walk"}
"""On the methods page: quantiles are told with the mean."""


def beside(view: SharingView) -> None:
    """The figures that matter, and what they mean."""
    text = view.text
    found = sharing_cache.equity(view)
    everybody = found[ALL]
    st.subheader(text("equity.title"), anchor=False, help=view.explained("mean_walk", text("equity.help")))
    if everybody.reached == 0:
        quiet(text("equity.nobody"))
        return
    facts = {name: figures.number(getattr(everybody, name), 1) for name in ("worst_tenth", "p90", "median")}
    st.markdown(text("equity.sentence", **facts))
    with st.container(horizontal=True, gap="small"):
        for name in ("worst_tenth", "p90", "median"):
            with st.container(border=True, width=150, gap=None):
                st.metric(
                    text(f"equity.{name}"),
                    text("equity.minutes", minutes=figures.number(getattr(everybody, name), 1)),
                    help=view.explained(FIGURE[name], text(f"equity.{name}_help")),
                )
    if ELDERS in found:
        st.markdown(_elders(view, found[ELDERS], everybody))
    total = everybody.reached + everybody.unreached
    if everybody.unreached > 0:
        share = figures.share(everybody.unreached / total)
        quiet(text("equity.unreached", people=figures.number(everybody.unreached), share=share))
    with st.expander(text("equity.indices")):
        st.dataframe(indices(view, found), hide_index=True, key=f"indices_{text.language}")
        quiet(text("equity.indices_note", level=text(f"level.{view.level}")))


def _elders(view: SharingView, old: Equity, everybody: Equity) -> str:
    difference = old.mean - everybody.mean
    key = (
        "equity.elders_same"
        if abs(difference) < 0.5
        else "equity.elders_longer"
        if difference > 0
        else "equity.elders_shorter"
    )
    facts = {"old": figures.number(old.mean, 1), "everybody": figures.number(everybody.mean, 1)}
    return view.text(key, minutes=figures.number(abs(difference), 1), **facts)


def indices(view: SharingView, found: dict[str, Equity]) -> pd.DataFrame:
    """One row a group of residents."""
    text = view.text
    rows = [
        (text(f"group.{group}"), round(e.reached), *(round(v, 1) for v in (e.mean, e.p90, e.worst_tenth)),
         round(e.gini, 3), round(e.theil.total, 3), round(e.theil.between, 3), round(e.palma, 2))
        for group, e in found.items() if e.reached > 0
    ]  # fmt: skip
    names = ("group", "reached", "mean", "p90", "worst_tenth", "gini", "theil", "between", "palma")
    return pd.DataFrame(rows, columns=[text(f"equity.{name}") for name in names])


def below(view: SharingView) -> None:
    """Unit against unit."""
    text = view.text
    if not view.has_borders:
        return
    frame = sharing_cache.units(view)
    st.subheader(text("equity.units", level=text(f"level.{view.level}")), anchor=False)
    reached = frame[np.isfinite(frame["median"])]
    shown = reached.head(MOST_UNITS)
    if shown.empty:
        quiet(text("equity.nobody"))
        return
    figure = sharing_charts.spread(
        view.places(shown["code"]),
        shown["median"].to_numpy(),
        shown["p90"].to_numpy(),
        shown["worst_tenth"].to_numpy(),
        (text("equity.median"), text("equity.p90"), text("equity.worst_tenth")),
        (view.minutes, text("choice.minutes_short", minutes=view.minutes_text)),
        text("equity.axis"),
    )
    st.plotly_chart(figure, key="spread", config=charts.CONFIG, alt=text("equity.alt"))
    if len(shown) < len(reached):
        quiet(text("equity.rest", count=len(reached) - len(shown)))
    figures_twin(text, unit_table(view, frame), f"equity-{view.level}")


def unit_table(view: SharingView, frame: pd.DataFrame) -> pd.DataFrame:
    """All jurisdictions with residents, who walks longest first."""
    text = view.text
    names = {text("sharing.code"): frame["code"], text("sharing.place"): view.places(frame["code"])}
    figures_of = {
        text("sharing.residents"): frame["residents"].round(),
        text("equity.covered_share"): (100 * frame["covered_share"]).round(1),
    }
    walks = {text(f"equity.{name}"): frame[name].round(1) for name in ("mean", "median", "p90", "worst_tenth")}
    return pd.DataFrame(names | figures_of | walks | {text("equity.out"): frame["unreached"].round()})
