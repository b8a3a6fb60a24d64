"""The small map of the coordinate check: where points fall as given, and where they would fall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
import streamlit as st
from numpy.typing import NDArray

from dashboard import charts, figures
from dashboard.panels import quiet
from dashboard.theme import LIGHT
from geo.crs import to_metric
from geo.streets.network import gather_runs

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from dashboard.i18n import Catalog
    from data.workspace import Workspace
    from geo.hypotheses import Hypothesis

HEIGHT_PX: Final = 380
WIDEST_VIEW_M: Final = 20_000.0
MOST: Final = 0.9
"""Of points that do not move, this share is in sight."""
MARGIN: Final = 1.05
MOST_EDGES: Final = 8_000
"""Streets that are drawn; of more the longest, for in a wide view nobody sees the others."""
NEAREST_VIEW_M: Final = 1_500.0
"""Half the height of the closest view: some streets around, and a shift of 600 m well visible."""
VIEW_SHIFTS: Final = 3.0
"""The closest view shows the typical shift this many times to either side."""
WIDEST: Final = 3.0
"""Streets are drawn this many times farther to the sides: figures are wider than high."""
STREET_LINE: Final = {"color": "rgba(124, 137, 152, 0.55)", "width": 1}
"""Ink in the middle between light and dark: a figure does not know the theme it is shown in."""
BORDER_LINE: Final = {"color": "rgba(124, 137, 152, 0.9)", "width": 1, "dash": "dot"}
THREAD_LINE: Final = {"color": "rgba(124, 137, 152, 1)", "width": 1}
AS_GIVEN_COLOR: Final = "#D9700F"
LEAST_SHIFT_M: Final = 1.0
"""Shorter moves are not drawn."""
NAN_ROW: Final = np.full((1, 2), np.nan)


@dataclass(frozen=True, eq=False)
class Places:
    """Points before and after, in the workspace's meters; NaN where they have no place.

    Attributes:
        before: float64 (n, 2), as given.
        after: float64 (n, 2), under the hypothesis.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]

    @classmethod
    def of(cls, xy: NDArray[np.float64], hypothesis: Hypothesis, crs: str) -> Places:
        """Columns as given, float64 (n, 2), and what a hypothesis makes of them."""
        limits = np.array([180.0, 90.0])
        on_earth = np.all(np.abs(xy) <= limits, axis=1)
        given = np.where(on_earth[:, None], xy, np.nan)
        return cls(_metric(given, crs), _metric(hypothesis.apply(xy), crs))

    @property
    def shift_m(self) -> float:
        """Median distance between before and after; NaN where no point has both places."""
        distance = np.hypot(*(self.after - self.before).T)
        return float(np.nanmedian(distance)) if np.isfinite(distance).any() else float("nan")

    def focus(self) -> tuple[NDArray[np.float64], float]:
        """Middle and half height of a view in which the shift is seen: around the point nearest to the others."""
        placed = self.after[np.isfinite(self.after).all(axis=1)]
        middle = placed[np.argmin(np.hypot(*(placed - np.median(placed, axis=0)).T))]
        shift = self.shift_m
        if not shift > LEAST_SHIFT_M:  # nothing moves: most of the points are in sight
            away = np.abs(placed - middle).max(axis=1)
            return middle, float(np.clip(MARGIN * np.quantile(away, MOST), NEAREST_VIEW_M, WIDEST_VIEW_M))
        return middle, max(NEAREST_VIEW_M, min(VIEW_SHIFTS * shift, WIDEST_VIEW_M) if np.isfinite(shift) else 0.0)


def place_figure(places: Places, workspace: Workspace, names: tuple[str, str]) -> go.Figure:
    """Streets, outlines, and the points twice: hollow as given, filled under the hypothesis, a thread between.

    Args:
        places: the points.
        workspace: gives streets and outlines; its meters are the figure's.
        names: of the two sets of points.
    """
    import plotly.graph_objects as go

    middle, half = places.focus()
    reach = np.array([WIDEST * half, half])
    low, high = middle - reach, middle + reach
    moved = np.nan_to_num(np.hypot(*(places.after - places.before).T)) > LEAST_SHIFT_M
    ink = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    traces = [
        go.Scatter(**_xy(_streets(workspace, low, high)), line=STREET_LINE, **ink),
        go.Scatter(**_xy(_outlines(workspace, low, high)), line=BORDER_LINE, **ink),
    ]
    if moved.any():
        thread = np.stack([places.before, places.after, np.full_like(places.after, np.nan)], axis=1)[moved]
        traces.append(go.Scatter(**_xy(thread.reshape(-1, 2)), line=THREAD_LINE, **ink))
        hollow = {"symbol": "circle-open", "size": 9, "color": AS_GIVEN_COLOR, "line": {"width": 2}}
        before = go.Scatter(**_xy(places.before[moved]), mode="markers", name=names[0], marker=hollow, hoverinfo="name")
        traces.append(before)
    filled = {"size": 9, "color": LIGHT.reached[1], "line": {"width": 1, "color": "#FFFFFF"}}
    traces.append(go.Scatter(**_xy(places.after), mode="markers", name=names[1], marker=filled, hoverinfo="name"))
    figure = go.Figure(traces)
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 0, "r": 0, "t": 28, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        showlegend=True,
        dragmode="pan",
    )
    figure.update_xaxes(visible=False, range=[middle[0] - half, middle[0] + half])
    figure.update_yaxes(visible=False, range=[low[1], high[1]], scaleanchor="x")
    return figure


def show(text: Catalog, places: Places, workspace: Workspace, names: tuple[str, str]) -> None:
    """The figure, and what cannot be seen in it."""
    if not np.isfinite(places.after).all(axis=1).any():
        quiet(text("place.nowhere"))
        return
    figure = place_figure(places, workspace, names)
    st.plotly_chart(figure, key="places", config=charts.CONFIG | {"scrollZoom": True}, alt=text("place.alt"))
    lost = int((~np.isfinite(places.after).all(axis=1)).sum())
    shift = places.shift_m
    lines = [text("place.shift", distance=figures.length(shift))] if shift > LEAST_SHIFT_M else []
    lines.append(text("place.view", lost=figures.number(lost)) if lost else text("place.view_all"))
    quiet(" ".join(lines))


def _metric(lonlat: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    placed = np.isfinite(lonlat).all(axis=1)
    xy = np.full_like(lonlat, np.nan)
    xy[placed] = to_metric(lonlat[placed], crs)
    return np.where(np.isfinite(xy), xy, np.nan)


def _streets(workspace: Workspace, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Street lines that touch a box, NaN rows between them."""
    network = workspace.network
    first = network.shape_indptr[:-1]
    lows = np.minimum.reduceat(network.shape_xy, first, axis=0)
    highs = np.maximum.reduceat(network.shape_xy, first, axis=0)
    edges = np.flatnonzero(((highs >= low) & (lows <= high)).all(axis=1))
    if not len(edges):
        return NAN_ROW
    if len(edges) > MOST_EDGES:
        edges = np.sort(edges[np.argsort(-network.edge_length_m[edges], kind="stable")[:MOST_EDGES]])
    indptr, picked = gather_runs(network.shape_indptr, edges)
    return np.insert(network.shape_xy[picked], indptr[1:-1], np.nan, axis=0)


def _outlines(workspace: Workspace, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Borders within a box, NaN rows between them."""
    if not len(workspace.jurisdictions):
        return NAN_ROW
    outlines = workspace.jurisdictions.geometry.to_crs(workspace.crs).to_numpy()
    lines = shapely.get_parts(shapely.boundary(outlines[shapely.intersects(outlines, shapely.box(*low, *high))]))
    if not len(lines):
        return NAN_ROW
    points, owner = shapely.get_coordinates(lines, return_index=True)
    return np.insert(points, np.flatnonzero(np.diff(owner)) + 1, np.nan, axis=0)


def _xy(points: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return {"x": points[:, 0].round(1), "y": points[:, 1].round(1)}
