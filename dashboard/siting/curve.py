"""The trade-off: coverage against the number of new sites, and what each further one brings."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, figures
from dashboard.panels import quiet
from dashboard.siting import controls as siting_controls
from dashboard.siting.answer import job, poll, search_of
from dashboard.siting.best import CURVE_SITES, Asked
from dashboard.siting.links import line
from dashboard.siting.refusal import refused
from dashboard.siting.rules import UNRULED, SiteRules
from dashboard.twins import SHARE_DECIMALS, table

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from dashboard.siting.job import Job
    from dashboard.siting.view import SitingView
    from geo.siting.tradeoff import CurveStep

HEIGHT_PX = 340


def steps(view: SitingView, asked: Asked) -> Job[CurveStep]:
    """The curve, begun when it is asked for; it depends on no number of sites."""
    asked = replace(asked, goal="cover", count=None, target=1.0, rules=UNRULED)
    work = partial(search_of(view, asked).curve, asked)
    return job("siting_curve", (view.workspace.content_id, asked), work)


def panel(view: SitingView, asked: Asked | None, found: Job[CurveStep] | None) -> None:
    """Everything beside the map."""
    text = view.text
    siting_controls.curve_question(view)
    if asked is None or found is None:
        return
    items = found.items
    if found.error is not None:
        refused(view, asked, search_of(view, asked), found.error)
        return
    if asked.rules != SiteRules():
        quiet(text("curve.no_rules"))
    if items:
        if found.running:
            quiet(text("curve.running", done=len(items), most=CURVE_SITES))
        st.plotly_chart(_chart(view, items), config=charts.CONFIG, key="siting_curve_chart", alt=text("curve.alt"))
        quiet(f"{text('curve.note')} {line(view, ('marginal', 'proof'))}")
        frame = _frame(view, items)
        share = st.column_config.NumberColumn(format="percent")
        people = st.column_config.NumberColumn(format="localized")
        columns = {text("column.covered_share"): share, text("column.marginal"): people}
        table(text, frame, "siting_trade_off", columns=columns)
    poll(found, len(items), "curve")


def _frame(view: SitingView, items: list[CurveStep]) -> pd.DataFrame:
    text = view.text
    return view.table(
        {
            "new_count": [step.add for step in items],
            "covered_share": [round(step.plan.share, SHARE_DECIMALS) for step in items],
            "marginal": [round(step.marginal) for step in items],
            "proof": [
                text("best.proven")
                if step.plan.proven
                else text("best.within", gap=f"{100 * step.plan.gap:.2f} %")
                for step in items
            ],
        }
    )  # fmt: skip


def _chart(view: SitingView, items: list[CurveStep]) -> go.Figure:
    import plotly.graph_objects as go

    first = items[0].plan
    x = [0, *(step.add for step in items)]
    y = [100 * first.covered_before / first.people, *(100 * step.plan.share for step in items)]
    said = ["", *(figures.number(step.marginal) for step in items)]
    hover = view.text("curve.hover")
    line = go.Scatter(
        x=x, y=y, mode="lines+markers", customdata=said, hovertemplate=hover, line={"color": charts.SITE, "width": 2.5},
        marker={"size": 7},
    )  # fmt: skip
    figure = charts.blank([line], HEIGHT_PX)
    top = 100 * first.coverable / first.people
    label = view.text("curve.coverable", share=figures.share(top / 100))
    figure.add_hline(y=top, line={"color": charts.TARGET, "dash": "dot", "width": 1.5}, annotation_text=label)
    figure.update_xaxes(title=view.text("curve.sites"), dtick=5, rangemode="tozero")
    figure.update_yaxes(title=view.text("curve.share"), ticksuffix=" %", rangemode="tozero")
    figure.update_layout(showlegend=False)
    return figure
