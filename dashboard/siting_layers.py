"""Layers of the map of siting: centers at new places with their catchments, and the homes for which they change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from geopandas import GeoSeries
from numpy.typing import NDArray

from dashboard.map_layers import OUTLINE_TOLERANCE_DEG, Layer, feature
from dashboard.state import place_text
from geo.crs import WGS84

if TYPE_CHECKING:
    from dashboard.siting_whatif import Today, WhatIf

CELL_M: Final = 100.0
"""Homes are drawn together by cells of this size, as the overview draws the uncovered ones."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the map with a sign and a name.

    Attributes:
        sign: a number, or a letter for what moves and closes.
        kind: `new`, `move`, `close` or `site`.
        name: in its tooltip.
        lonlat: degrees.
        people: residents in its tooltip.
    """

    sign: str
    kind: str
    name: str
    lonlat: tuple[float, float]
    people: float


def marks_layer(marks: Iterable[Mark]) -> Layer:
    """Signs at places; the first is drawn last, over the others."""
    found = list(marks)
    return Layer.of(
        feature(
            {
                "sign": mark.sign,
                "kind": mark.kind,
                "name": mark.name,
                "people": round(mark.people, 1),
                "place": place_text(mark.lonlat),
            },
            shapely.Point(mark.lonlat),
        )
        for mark in reversed(found)
    )


def placed_layer(today: Today, lonlat: NDArray[np.float64]) -> Layer:
    """Catchments of places in degrees (a, 2) at the cutoff."""
    if not len(lonlat):
        return Layer.of([])
    found = today.catchments(lonlat)
    polygons = found.polygons[:, 0]
    drawn = [i for i, polygon in enumerate(polygons) if not polygon.is_empty]
    if not drawn:
        return Layer.of([])
    outlines = GeoSeries(polygons[drawn], crs=found.crs).to_crs(WGS84)
    shapes = shapely.simplify(np.asarray(outlines.values), OUTLINE_TOLERANCE_DEG)
    return Layer.of(feature({"number": i + 1}, shape) for i, shape in zip(drawn, shapes, strict=True))


def homes_layer(what_if: WhatIf) -> Layer:
    """Residents newly covered (`kind` 1) and no more covered (0), one point a cell at their middle with their number
    `n`."""
    gained, lost = what_if.switched
    return Layer.of([*_cells(what_if.today, lost, 0), *_cells(what_if.today, gained, 1)])


def _cells(today: Today, which: NDArray[np.bool_], kind: int) -> Sequence[str]:
    people, assessment = today.baseline.total, today.assessment
    at = np.flatnonzero(which & (people > 0))
    if not len(at):
        return []
    cell = np.floor(assessment.xy[at] / CELL_M).astype(np.int64)
    _, owner = np.unique(cell, axis=0, return_inverse=True)
    total = np.bincount(owner, weights=people[at])
    lonlat = assessment.residents.lonlat[at]
    middle = np.column_stack([np.bincount(owner, weights=people[at] * axis) / total for axis in lonlat.T])
    order = np.argsort(-total, kind="stable")
    return [feature({"n": round(float(total[i]), 1), "kind": kind}, shapely.Point(*middle[i])) for i in order]
