"""Charts in the words of the page. Streamlit adds the theme's text and grid; the bars' colors serve both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dashboard.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

CONFIG: Final[dict[str, Any]] = {"displayModeBar": False, "staticPlot": False, "scrollZoom": False}
BAR_HEIGHT_PX: Final = 34


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
            y=rows,
            name=label,
            orientation="h",
            marker_color=LIGHT.groups[i % len(LIGHT.groups)] if len(groups) > 1 else LIGHT.reached[1],
            hovertemplate=f"{label} · %{{y}}: %{{x:,.0f}}<extra></extra>",
        )
        for i, label in enumerate(groups)
    ]
    figure = go.Figure(bars)
    figure.update_layout(
        barmode="stack",
        bargap=0.35,
        height=BAR_HEIGHT_PX * len(rows) + 64,
        margin={"l": 0, "r": 8, "t": 28, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 12},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        showlegend=len(groups) > 1,
        dragmode=False,
    )
    figure.update_xaxes(tickformat=",.0f", nticks=4, zeroline=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", ticksuffix="  ", fixedrange=True)
    return figure
