"""Layers of the map of siting: centers at new places with their catchments, and the homes for which they change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from dashboard.choice import place_text
from dashboard.map.homes import by_cell
from dashboard.map.layers import DECIMALS, OUTLINE_TOLERANCE_DEG, Layer, feature
from geo.crs import to_lonlat

if TYPE_CHECKING:
    from dashboard.siting.whatif import Today, WhatIf

PLACED: Final = "placed "
"""Begins the names of the layers that hold a catchment each; the place follows."""
CELL_M: Final = 100.0
"""Homes are drawn together by cells of this size; the overview, seen from afar, has larger ones."""


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


def outline(today: Today, lonlat: tuple[float, float]) -> str | None:
    """Catchment of a place at the cutoff, as a feature; None where no street is near."""
    found = today.catchments(np.array([lonlat], dtype=np.float64))
    polygon = found.polygons[0, 0]
    if polygon.is_empty:
        return None
    degrees = shapely.transform(polygon, lambda xy: to_lonlat(xy, str(found.crs)))
    return feature({}, shapely.simplify(degrees, OUTLINE_TOLERANCE_DEG))


def catchment_layer(today: Today, lonlat: tuple[float, float]) -> Layer | None:
    """The same as a layer of its own."""
    found = outline(today, lonlat)
    return None if found is None else Layer.of([found])


def homes_layer(what_if: WhatIf) -> Layer:
    """Residents newly covered (`kind` 1) and no more covered (0), one point a cell at their middle with their number
    `n`."""
    gained, lost = what_if.switched
    return Layer.of([*_cells(what_if.today, lost, 0), *_cells(what_if.today, gained, 1)])


def _cells(today: Today, which: NDArray[np.bool_], kind: int) -> Sequence[str]:
    people, assessment = today.baseline.total, today.assessment
    middle, total = by_cell(assessment.xy, np.where(which, people, 0.0), CELL_M, assessment.residents.lonlat)
    rows = zip(total.round(1).tolist(), middle.round(DECIMALS).tolist(), strict=True)
    return [
        f'{{"type":"Feature","properties":{{"n":{n},"kind":{kind}}},"geometry":{{"type":"Point","coordinates":{at}}}}}'
        for n, at in rows
    ]
