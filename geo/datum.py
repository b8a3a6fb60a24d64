"""Datum: which shift a longitude and latitude carry; WGS-84, GCJ-02 and BD-09, in all six directions.

CGCS2000 and WGS-84 differ by centimeters and are one here. Chinese web maps publish shifted coordinates: GCJ-02
(Amap, Tencent, Google China), some 500 m off, and BD-09 (Baidu), GCJ-02 shifted again by about 1 km. The formulas
were never released; these are the ones that open source has agreed on (wandergis/coordtransform,
googollee/eviltransform). Against the city pairs that hujiulong/gcoord keeps for its tests they agree to 0.8 m for
GCJ-02 and 1 cm for BD-09: what is exact here is the formula and its inverse, not the map service.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

LonLat = NDArray[np.float64]

CHINA_BOX: Final = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north: the rectangle outside of which the published formulas leave coordinates alone. It is
generous (Korea, Vietnam and Singapore are in it) and part of the convention, so it is kept as published."""

KRASOVSKY_A_M: Final = 6_378_245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, which the published GCJ-02 formula uses. Versions with
WGS-84's axis (6,378,137 m) differ from it by up to 1 cm."""
KRASOVSKY_E2: Final = 0.00669342162296594323

BAIDU_WAVE: Final = np.pi * 3000.0 / 180.0
BAIDU_SHIFT_DEG: Final = (0.0065, 0.0060)

TOLERANCE_DEG: Final = 1e-8
"""An inverse stops when no point moved more than this (1 mm) in its last pass: the next would move it 50 times less."""
MAX_ITERATIONS: Final = 40
CHUNK: Final = 16_384
"""Points per pass: intermediate arrays stay in the processor's cache."""


class Datum(StrEnum):
    """How longitude and latitude are shifted against the ground."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def in_china_box(lonlat: LonLat) -> NDArray[np.bool_]:
    """Which points (n, 2) lie in CHINA_BOX; NaN does not."""
    west, south, east, north = CHINA_BOX
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def convert_datum(lonlat: LonLat, source: Datum, target: Datum) -> LonLat:
    """Coordinates of the same places in another datum.

    The inverse directions are solved by iteration, so a round trip comes back to 0.1 mm. Points outside of
    CHINA_BOX, as given, and NaN stay as they are.

    Args:
        lonlat: float64 (n, 2), degrees.
        source: datum of `lonlat`.
        target: datum that is wanted.

    Returns:
        float64 (n, 2), degrees; a new array.
    """
    out = np.array(lonlat, dtype=np.float64).reshape(-1, 2)
    steps = _steps(source, target)
    if not steps:
        return out
    rows = np.flatnonzero(in_china_box(out))
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        lon, lat = out[part, 0], out[part, 1]
        for step in steps:
            lon, lat = step(lon, lat)
        out[part, 0], out[part, 1] = lon, lat
    return out


Axes = tuple[NDArray[np.float64], NDArray[np.float64]]
Step = Callable[[NDArray[np.float64], NDArray[np.float64]], Axes]


def _wgs_to_gcj(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Axes:
    x, y = lon - 105.0, lat - 35.0
    root, product = np.sqrt(np.abs(x)), 0.1 * x * y
    wave = 20.0 * (np.sin(6 * np.pi * x) + np.sin(2 * np.pi * x))
    north_m = wave + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y)
    north_m += 160 * np.sin(np.pi / 12 * y) + 320 * np.sin(np.pi / 30 * y)
    north_m = north_m * (2 / 3) - 100 + 2 * x + 3 * y + 0.2 * y * y + product + 0.2 * root
    east_m = wave + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x)
    east_m += 150 * np.sin(np.pi / 12 * x) + 300 * np.sin(np.pi / 30 * x)
    east_m = east_m * (2 / 3) + 300 + x + 2 * y + 0.1 * x * x + product + 0.1 * root

    phi = np.radians(lat)
    w2 = 1 - KRASOVSKY_E2 * np.sin(phi) ** 2
    w = np.sqrt(w2)
    meridian_radius_m = KRASOVSKY_A_M * (1 - KRASOVSKY_E2) / (w2 * w)
    parallel_radius_m = KRASOVSKY_A_M / w * np.cos(phi)
    return lon + np.degrees(east_m / parallel_radius_m), lat + np.degrees(north_m / meridian_radius_m)


def _gcj_to_bd(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Axes:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(BAIDU_WAVE * lat)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(BAIDU_WAVE * lon)
    return radius * np.cos(angle) + BAIDU_SHIFT_DEG[0], radius * np.sin(angle) + BAIDU_SHIFT_DEG[1]


def _inverse(forward: Step) -> Step:
    """The exact inverse of a shift that hardly changes from place to place.

    Fixed-point iteration p ← p - (forward(p) - given): the shifts change by at most 2 % of the way moved, so each
    pass gains almost two digits and the last one leaves 0.02 mm.
    """

    def backward(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Axes:
        found_lon, found_lat = lon, lat
        for _ in range(MAX_ITERATIONS):
            there_lon, there_lat = forward(found_lon, found_lat)
            step_lon, step_lat = there_lon - lon, there_lat - lat
            found_lon, found_lat = found_lon - step_lon, found_lat - step_lat
            if max(np.abs(step_lon).max(initial=0.0), np.abs(step_lat).max(initial=0.0)) <= TOLERANCE_DEG:
                return found_lon, found_lat
        raise ArithmeticError("the datum's inverse does not converge; its formula has been changed")

    return backward


_gcj_to_wgs = _inverse(_wgs_to_gcj)
_bd_to_gcj = _inverse(_gcj_to_bd)


def _steps(source: Datum, target: Datum) -> Sequence[Step]:
    chain = [Datum.WGS84, Datum.GCJ02, Datum.BD09]
    start, end = chain.index(Datum(source)), chain.index(Datum(target))
    if start <= end:
        return [_wgs_to_gcj, _gcj_to_bd][start:end]
    return [_gcj_to_wgs, _bd_to_gcj][end:start][::-1]
