"""Charts of the page Sharing. Streamlit adds the theme's text and grid; the colors here serve both themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dashboard.charts import PEERS, SITE, blank, label

if TYPE_CHECKING:
    import plotly.graph_objects as go

FloatArray = NDArray[np.float64]

ACROSS: Final = "#8E6CC9"
"""Service across a border: a mid-tone of the palette's violet that stands at 3:1 on paper and on the dark ground."""
WORST: Final = "#C77A0A"
FLOW_RGBA: Final = "rgba(142, 108, 201, 0.42)"
SANKEY_ROW_PX: Final = 44
ROW_PX: Final = 28


def dumbbell(
    names: Sequence[str],
    own: FloatArray,
    joint: FloatArray,
    opened: FloatArray,
    gained: Sequence[str],
    labels: tuple[str, str, str],
) -> go.Figure:
    """One row a jurisdiction: what is covered with borders closed and open, a line between them.

    Args:
        names: n labels.
        own, joint, opened: float64 (n,), shares 0 to 1: with what stands there, with joint centers too, with all.
        gained: n texts beside the open end.
        labels: of the three.
    """  # fmt: skip
    import plotly.graph_objects as go

    rows = np.arange(len(names))
    line_x = [x for a, b in zip(100 * own, 100 * opened, strict=True) for x in (a, b, None)]
    line_y = [y for row in rows for y in (row, row, None)]
    shown = joint > own + 1e-9
    hover = "%{customdata}: %{x:.1f} %<extra>%{fullData.name}</extra>"
    called = np.array([label(name) for name in names], dtype=object)
    marks = [
        go.Scatter(x=line_x, y=line_y, mode="lines", line={"color": ACROSS, "width": 4}, hoverinfo="skip",
                   showlegend=False),
        go.Scatter(x=100 * own, y=rows, name=labels[0], mode="markers", customdata=called, hovertemplate=hover,
                   marker={"symbol": "circle", "size": 10, "color": PEERS}),
        go.Scatter(x=100 * joint[shown], y=rows[shown], name=labels[1], mode="markers", customdata=called[shown],
                   hovertemplate=hover, marker={"symbol": "diamond", "size": 11, "color": ACROSS}),
        go.Scatter(x=100 * opened, y=rows, name=labels[2], mode="markers+text", customdata=called, hovertemplate=hover,
                   marker={"size": 12, "color": SITE}, text=list(gained), textposition="middle right",
                   cliponaxis=False),
    ]  # fmt: skip
    figure = blank(marks, ROW_PX * len(names) + 76)
    figure.update_layout(margin={"l": 0, "r": 52, "t": 28, "b": 0})
    top = max(float(np.nanmax(100 * opened, initial=0.0)), 5.0)
    figure.update_xaxes(range=[-0.03 * top, 1.06 * top], ticksuffix=" %", nticks=6, zeroline=False, fixedrange=True)
    _rows(figure, names)
    return figure


def diverging(names: Sequence[str], net: FloatArray, labels: tuple[str, str], title: str) -> go.Figure:
    """Bars to both sides: who is served elsewhere more than it serves others, and the other way round.

    Args:
        names: n labels.
        net: float64 (n,), residents; positive to the right.
        labels: of the left and the right side.
        title: of the axis.
    """
    import plotly.graph_objects as go

    rows = np.arange(len(names))
    called = [label(name) for name in names]
    bars = [
        go.Bar(x=np.where(side, net, 0.0)[side], y=rows[side], name=name, orientation="h", marker_color=color,
               customdata=np.array(called, dtype=object)[side], text=[f"{v:+,.0f}" for v in net[side]],
               cliponaxis=False, textposition="outside",
               hovertemplate="%{customdata}: %{x:+,.0f}<extra>%{fullData.name}</extra>")
        for side, name, color in ((net < 0, labels[0], SITE), (net > 0, labels[1], ACROSS))
    ]  # fmt: skip
    figure = blank(bars, ROW_PX * len(names) + 92)
    most = float(np.abs(net).max(initial=1.0)) * 1.25
    figure.update_layout(barmode="overlay", bargap=0.4, showlegend=True)
    figure.update_xaxes(range=[-most, most], tickformat=",.0f", nticks=5, fixedrange=True, title=label(title))
    _rows(figure, names)
    return figure


def sankey(homes: Sequence[str], servers: Sequence[str], people: FloatArray) -> go.Figure:
    """Flows from where residents live (left) to those who serve them (right).

    Args:
        homes, servers: n labels.
        people: float64 (n,).
    """
    import plotly.graph_objects as go

    left, right = list(dict.fromkeys(homes)), list(dict.fromkeys(servers))
    link = {
        "source": [left.index(name) for name in homes],
        "target": [len(left) + right.index(name) for name in servers],
        "value": people,
        "color": FLOW_RGBA,
        "hovertemplate": "%{source.label} → %{target.label}: %{value:,.0f}<extra></extra>",
    }
    node = {
        "label": [label(name) for name in (*left, *right)],
        "color": [PEERS] * len(left) + [SITE] * len(right),
        "pad": 18,
        "thickness": 12,
        "line": {"width": 0},
        "hovertemplate": "%{label}: %{value:,.0f}<extra></extra>",
    }
    height = SANKEY_ROW_PX * max(len(left), len(right)) + 60
    figure = blank([go.Sankey(link=link, node=node, valueformat=",.0f")], height)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 12, "b": 12}, font={"size": 13})
    return figure


def spread(
    names: Sequence[str],
    median: FloatArray,
    p90: FloatArray,
    worst: FloatArray,
    labels: tuple[str, str, str],
    cutoff: tuple[float, str],
    axis: str,
) -> go.Figure:
    """One row a jurisdiction: the walk of its median resident, of the 90th in a hundred, and of the worst-off tenth.

    Args:
        names: n labels.
        median, p90, worst: float64 (n,), minutes; NaN where nobody reaches a center.
        labels: of the three.
        cutoff: minutes of a line, and its words.
        axis: its title.
    """  # fmt: skip
    import plotly.graph_objects as go

    rows = np.arange(len(names))
    called = np.array([label(name) for name in names], dtype=object)
    line_x = [x for a, b in zip(median, worst, strict=True) for x in (a, b, None)]
    line_y = [y for row in rows for y in (row, row, None)]
    hover = "%{customdata}: %{x:.1f}<extra>%{fullData.name}</extra>"
    looks = (("circle", 10, SITE), ("diamond", 11, ACROSS), ("square", 9, WORST))
    marks = [go.Scatter(x=line_x, y=line_y, mode="lines", line={"color": PEERS, "width": 2}, hoverinfo="skip",
                        showlegend=False)]  # fmt: skip
    marks += [
        go.Scatter(x=values, y=rows, name=name, mode="markers", customdata=called, hovertemplate=hover,
                   marker={"symbol": symbol, "size": size, "color": color})
        for values, name, (symbol, size, color) in zip((median, p90, worst), labels, looks, strict=True)
    ]  # fmt: skip
    figure = blank(marks, ROW_PX * len(names) + 96)
    figure.update_xaxes(rangemode="tozero", nticks=6, zeroline=False, fixedrange=True, title=label(axis))
    figure.add_vline(cutoff[0], line={"color": PEERS, "width": 1.5, "dash": "dot"})
    figure.add_annotation(x=cutoff[0], y=1, yref="paper", yanchor="bottom", text=cutoff[1], showarrow=False)
    figure.update_layout(legend={"y": 1.07}, margin={"t": 44})
    _rows(figure, names)
    return figure


def _rows(figure: go.Figure, names: Sequence[str]) -> None:
    """Names as labels of numbered rows, from the top: equal names stay apart."""
    rows = list(range(len(names)))
    figure.update_yaxes(tickvals=rows, ticktext=[label(name) for name in names], range=[len(names) - 0.5, -0.5],
                        ticksuffix="  ", fixedrange=True, showgrid=False, zeroline=False)  # fmt: skip
