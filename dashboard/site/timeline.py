"""The way of a center from its site to its opening: milestones planned and done, with the days they are late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import charts, figures
from dashboard.markdown import plain
from dashboard.panels import quiet
from dashboard.site.words import TIMELINE_SIGNS, day, given, half, late
from dashboard.twins import twin
from data.monitoring.timeline import timeline

if TYPE_CHECKING:
    from dashboard.site.view import SiteView


def rows(view: SiteView) -> pd.DataFrame:
    """Its milestones."""
    return timeline(view.table("milestones"), view.site, view.workspace.settings.as_of)


def step_name(view: SiteView, kind: str, note: object) -> str:
    """What a milestone is called: the note says more than "other"."""
    label = view.text.code("milestone", kind)
    return half(note, view.text.language) if kind == "other" and given(note) else label


def step_names(view: SiteView, steps: pd.DataFrame) -> list[str]:
    """Of all."""
    return [step_name(view, kind, note) for kind, note in zip(steps["kind"], steps["note"], strict=True)]


def summary(view: SiteView, steps: pd.DataFrame) -> str:
    """Text: how many are done, and what is overdue the longest."""
    text = view.text
    overdue = steps[steps["state"] == "overdue"]
    done = steps["state"].isin(["done", "done_late"]).sum()
    told = text("timeline.summary", done=done, count=len(steps))
    if len(overdue):
        worst = overdue.sort_values("days_late", ascending=False, kind="stable").iloc[0]
        name = step_name(view, worst["kind"], worst["note"])
        told += text("timeline.overdue", count=len(overdue), name=name, days=figures.number(worst["days_late"]))
    return told


def step_table(view: SiteView, steps: pd.DataFrame) -> pd.DataFrame:
    """One row a milestone, in the page's words."""
    text, language = view.text, view.text.language
    return pd.DataFrame(
        {
            text("timeline.step"): step_names(view, steps),
            text("timeline.planned"): [day(value, language) for value in steps["planned"]],
            text("timeline.done"): [day(value, language) for value in steps["done"]],
            text("timeline.state"): [f"{TIMELINE_SIGNS[s]} {text(f'step.{s}')}" for s in steps["state"]],
            text("timeline.late"): [late(text, days) or figures.NONE for days in steps["days_late"]],
        }
    )


def show(view: SiteView) -> None:
    """A sentence, the chart, its table."""
    text, steps = view.text, rows(view)
    if steps.empty:
        quiet(text("timeline.none"))
        return
    st.markdown(plain(summary(view, steps)), help=view.explained("days_late"))
    labels = (text("timeline.planned"), text("timeline.done"), text("timeline.done_late"))
    as_of = pd.Timestamp(view.workspace.settings.as_of)
    names = [charts.label(name) for name in step_names(view, steps)]
    figure = charts.steps(steps, names, labels, as_of, text.language)
    st.plotly_chart(figure, key="timeline", config=charts.CONFIG, alt=text("timeline.alt"))
    twin(text, step_table(view, steps), f"{view.site}_milestones")
