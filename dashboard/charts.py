"""Charts in the words of the page. Streamlit adds the theme's text and grid; the colors here serve both themes."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dashboard.theme import LIGHT

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from data.tables.codes import Language

CONFIG: Final[dict[str, Any]] = {"displayModeBar": False, "staticPlot": False, "scrollZoom": False}
BAR_HEIGHT_PX: Final = 34
SPARK_HEIGHT_PX: Final = 96
STEP_HEIGHT_PX: Final = 30

SITE: Final = LIGHT.reached[1]
PEERS: Final = "#8794A3"
TARGET: Final = "#C77A0A"
LATE: Final = "#D0534A"
"""Mid-tones that stand at 3:1 at least on paper and on the dark ground."""

MONTH_FORMAT: Final[dict[str, str]] = {"zh": "%Y年%-m月", "en": "%b %Y"}
"""Plotly's own locales do nothing here; the formats do."""


def label(text: str) -> str:
    """Text that Plotly shows as it stands: it would read tags in it."""
    return html.escape(text, quote=False)


def blank(bars: Sequence[Any], height_px: int) -> go.Figure:
    """A figure in the look of all: no ground, no tools, room only where labels need it."""
    import plotly.graph_objects as go

    figure = go.Figure(list(bars))
    figure.update_layout(
        height=height_px,
        margin={"l": 0, "r": 8, "t": 28, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 12},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        dragmode=False,
    )
    return figure


def people_bars(people: NDArray[np.float64], rows: list[str], groups: list[str]) -> go.Figure:
    """Stacked bars: residents by cutoff (rows) and age group.

    Args:
        people: float64 (k, g), residents.
        rows: labels of the cutoffs (k,).
        groups: labels of the groups (g,).
    """
    import plotly.graph_objects as go

    bars = [
        go.Bar(
            x=people[:, i],
            y=[label(row) for row in rows],
            name=name,
            orientation="h",
            marker_color=LIGHT.groups[i % len(LIGHT.groups)] if len(groups) > 1 else LIGHT.reached[1],
            hovertemplate=f"{name} · %{{y}}: %{{x:,.0f}}<extra></extra>",
        )
        for i, name in enumerate(map(label, groups))
    ]
    figure = blank(bars, BAR_HEIGHT_PX * len(rows) + 64)
    figure.update_layout(barmode="stack", bargap=0.35, showlegend=len(groups) > 1)
    figure.update_xaxes(tickformat=",.0f", nticks=4, zeroline=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", ticksuffix="  ", fixedrange=True)
    return figure


def spark(
    months: pd.Series[float],
    median: pd.Series[float],
    pace: float,
    labels: tuple[str, str, str],
    language: Language,
) -> go.Figure:
    """A small line over twelve months, the median of the peers behind it, and the line that the target asks for.

    Args:
        months: month (2023-06) → value; NaN breaks the line.
        median: the same of the peers; empty where there are none.
        pace: the target's line; NaN for none.
        labels: of the center, the median and the target.
        language: of the dates.
    """
    import plotly.graph_objects as go

    days = [f"{month}-01" for month in months.index]
    hover = f"%{{x|{MONTH_FORMAT[language]}}} · %{{y:,.1~f}}<extra>%{{fullData.name}}</extra>"
    lines = [
        go.Scatter(x=days, y=median.to_numpy(), name=labels[1], mode="lines", line={"color": PEERS, "width": 1.5},
                   hovertemplate=hover),
        go.Scatter(x=days, y=months.to_numpy(), name=labels[0], mode="lines+markers",
                   line={"color": SITE, "width": 2.5}, marker={"size": 4}, hovertemplate=hover),
    ]  # fmt: skip
    if np.isfinite(pace):
        dash = {"color": TARGET, "width": 1.5, "dash": "dot"}
        lines.append(
            go.Scatter(
                x=[days[0], days[-1]], y=[pace, pace], name=labels[2], mode="lines", line=dash, hovertemplate=hover
            )
        )
    figure = blank(lines, SPARK_HEIGHT_PX)
    figure.update_layout(showlegend=False, margin={"l": 34, "r": 34, "t": 6, "b": 0})  # half a month's name
    ends = [days[0], days[-1]]
    figure.update_xaxes(tickvals=ends, range=ends, tickformat=MONTH_FORMAT[language], fixedrange=True, showgrid=False)
    figure.update_yaxes(nticks=3, tickformat=",.1~f", fixedrange=True, zeroline=False)
    return figure


def steps(
    frame: pd.DataFrame, names: Sequence[str], labels: tuple[str, str, str], as_of: pd.Timestamp, language: Language
) -> go.Figure:
    """Milestones one below the other: a ring for the planned day, a dot for the day it was done, a line between them.

    Args:
        frame: of `data.monitoring.timeline.timeline`.
        names: of the milestones, in its order.
        labels: of the ring, the dot, and the dot of what was done late or is overdue.
        as_of: the day that is looked at.
        language: of the dates.
    """
    import plotly.graph_objects as go

    rows = list(range(len(frame)))
    end = frame["done"].where(frame["done"].notna(), as_of).where(frame["days_late"].notna())
    late = (frame["days_late"] > 0).to_numpy()
    day = f"%{{x|{'%Y年%-m月%-d日' if language == 'zh' else '%-d %b %Y'}}}"
    gap_x = [
        value for a, b, is_late in zip(frame["planned"], end, late, strict=True) if is_late for value in (a, b, None)
    ]
    gap_y = [value for row, is_late in zip(rows, late, strict=True) if is_late for value in (row, row, None)]
    done = frame["done"].notna().to_numpy()
    marks: list[Any] = [
        go.Scatter(x=gap_x, y=gap_y, mode="lines", line={"color": LATE, "width": 2}, hoverinfo="skip",
                   showlegend=False),
        go.Scatter(x=frame["planned"], y=rows, name=labels[0], mode="markers", hovertemplate=day,
                   marker={"symbol": "circle-open", "size": 11, "color": PEERS, "line": {"width": 2}}),
        go.Scatter(x=frame["done"][done & ~late], y=np.flatnonzero(done & ~late), name=labels[1], mode="markers",
                   hovertemplate=day, marker={"size": 10, "color": SITE}),
        go.Scatter(x=end[late], y=np.flatnonzero(late), name=labels[2], mode="markers", hovertemplate=day,
                   marker={"size": 10, "color": LATE, "symbol": ["diamond" if d else "x" for d in done[late]]}),
    ]  # fmt: skip
    figure = blank(marks, STEP_HEIGHT_PX * len(frame) + 76)
    figure.update_layout(margin={"l": 0, "r": 12, "t": 28, "b": 0})
    figure.update_xaxes(tickformat=MONTH_FORMAT[language], nticks=5, tickangle=0, fixedrange=True)
    figure.update_yaxes(tickvals=rows, ticktext=list(names), range=[len(frame) - 0.5, -0.5], ticksuffix="  ",
                        fixedrange=True, showgrid=False, zeroline=False)  # fmt: skip
    return figure
