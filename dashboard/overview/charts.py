"""The overview's chart: towns side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dashboard.charts import label
from dashboard.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW_HEIGHT_PX: Final = 28


def share_bars(shares: NDArray[np.float64], names: list[str], *, target: float | None, target_label: str) -> go.Figure:
    """Horizontal bars of shares in the order given, with what is aimed at as a line.

    Args:
        shares: float64 (n,), 0 to 1.
        names: n labels.
        target: 0 to 1, or None.
        target_label: words of the line.
    """
    import plotly.graph_objects as go

    values = (100 * shares).round(1)
    labels = [f"{value:.1f} %" for value in values]
    bar = go.Bar(
        x=values,
        y=[label(name) for name in names],
        orientation="h",
        marker_color=LIGHT.reached[1],
        text=labels,
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
    )
    figure = go.Figure([bar])
    figure.update_layout(
        bargap=0.4,
        height=ROW_HEIGHT_PX * len(names) + 56,
        margin={"l": 0, "r": 56, "t": 24, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 12},
        showlegend=False,
        dragmode=False,
    )
    figure.update_xaxes(range=[0, 100], ticksuffix=" %", dtick=25, tickangle=0, zeroline=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", ticksuffix="  ", fixedrange=True)
    if target is not None:
        figure.add_vline(100 * target, line={"color": LIGHT.muted, "width": 1.5, "dash": "dot"}, layer="below")
        figure.add_annotation(x=100 * target, y=1, yref="paper", yanchor="bottom", text=target_label, showarrow=False)
    return figure
