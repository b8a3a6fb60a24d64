"""Outlines: county borders and coast drawn out from the rounded ones, and the island."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.samplegen.facts import COAST, COUNTY_OUTLINES, QUANGANG, to_meters
from data.samplegen.noise import hashed, smooth_noise
from data.samplegen.terrain import ISLAND_XY

Line = list[tuple[float, float]]

LAND_WIGGLE: Final = 0.16
COAST_WIGGLE: Final = 0.22
SALT: Final = 1
"""Chosen so that the drawn-out outlines do not cross themselves."""
CELL_WIGGLE: Final = 0.11
"""Largest sideways step of a halved border, as a share of its length."""

ISLAND_HALF_AXES_M: Final = (640.0, 330.0)
ISLAND_VERTICES: Final = 72


@lru_cache(maxsize=4096)
def _halved(
    a: tuple[float, float], b: tuple[float, float], wiggle: float, shortest_m: float
) -> tuple[tuple[float, float], ...]:
    """Inner vertices from a to b, a < b: midpoints pushed sideways, again and again."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    if dx * dx + dy * dy < shortest_m * shortest_m:
        return ()
    key = hashed(SALT, *(round(100 * v) for v in (*a, *b)))
    push = wiggle * ((key >> 11) * 2.0**-52 - 1.0)
    middle = (round((a[0] + b[0]) / 2 - push * dy, 2), round((a[1] + b[1]) / 2 + push * dx, 2))
    return (*drawn_out(a, middle, wiggle, shortest_m)[1:-1], middle, *drawn_out(middle, b, wiggle, shortest_m)[1:-1])


def drawn_out(a: tuple[float, float], b: tuple[float, float], wiggle: float, shortest_m: float = 160.0) -> Line:
    """A border from a to b with detail, its ends kept; the same from both sides, so neighbors share it exactly."""
    if a <= b:
        return [a, *_halved(a, b, wiggle, shortest_m), b]
    return [a, *reversed(_halved(b, a, wiggle, shortest_m)), b]


def county_polygon(county: str) -> shapely.Polygon:
    """Outline of the shown part of a county's mainland in EPSG:4549; the published vertices are among its own."""
    corners = [(float(x), float(y)) for x, y in to_meters(COUNTY_OUTLINES[county])]
    sea = {(float(x), float(y)) for x, y in to_meters(COAST)} if county == QUANGANG else set()
    ring: Line = []
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        by_the_sea = a in sea and b in sea
        ring += drawn_out(a, b, COAST_WIGGLE if by_the_sea else LAND_WIGGLE, 70.0 if by_the_sea else 160.0)[:-1]
    return shapely.Polygon(ring)


def island_polygon() -> shapely.Polygon:
    """惠屿: its place is published, its shape is not: an oval with coves. Rational points of the circle, no libm."""
    t = np.linspace(-1, 1, ISLAND_VERTICES // 4, endpoint=False)
    arc = np.column_stack([(1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)])
    quarters: list[NDArray[np.float64]] = [arc]
    for _ in range(3):
        last = quarters[-1]
        quarters.append(np.column_stack([-last[:, 1], last[:, 0]]))
    # t from -1 to 1 runs over half the circle: two of the four are enough.
    circle = np.vstack([quarters[0], quarters[2]])
    radius = 1.0 + 0.22 * smooth_noise(circle, 0.7, 21) + 0.10 * smooth_noise(circle, 0.25, 22)
    return shapely.Polygon(np.round(ISLAND_XY + circle * radius[:, None] * np.array(ISLAND_HALF_AXES_M), 2))
