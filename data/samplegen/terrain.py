"""The modeled terrain: hills cut by valleys inland, a plain with a few knolls by the sea."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.samplegen.facts import ISLAND_PLACE, to_meters
from data.samplegen.noise import smooth_noise

PLAIN_X_M: Final = float(to_meters((118.872, 25.16))[0, 0])
"""East of this easting lies the coastal plain; the hills rise to their full height over RISE_M to the west."""
RISE_M: Final = 8_500.0
ISLAND_XY: Final = to_meters(ISLAND_PLACE)[0]
ISLAND_HILL_XY: Final = ISLAND_XY + np.array([210.0, 30.0])


def stream_signal(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Its zero lines are the valley floors, where the streams run. (n,) for points (n, 2) in EPSG:4549."""
    bend = 450.0 * np.column_stack([smooth_noise(xy, 1_500, 11), smooth_noise(xy, 1_500, 12)])
    return smooth_noise(xy + bend, 3_600, 1) + 0.35 * smooth_noise(xy + bend, 1_700, 2)


def hilliness(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0 on the plain to 1 in the hills."""
    t = np.clip((PLAIN_X_M - xy[:, 0] + 900.0 * smooth_noise(xy, 2_500, 3)) / RISE_M, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float64)


def height_m(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height in meters at points (n, 2) in EPSG:4549; of the land, as if there were no sea."""
    points = np.asarray(xy, dtype=np.float64)
    away = np.abs(stream_signal(points))
    flank = np.maximum(away - 0.05, 0.0)  # flat valley floors
    ridge = flank * (1.0 + 0.5 * smooth_noise(points, 900, 4)) + 0.25 * flank * np.abs(smooth_noise(points, 420, 5))
    hills = hilliness(points)
    inland = hills * (45.0 + 430.0 * ridge)
    knolls = (1.0 - hills) * (
        6.0 + 3.0 * smooth_noise(points, 2_000, 6) + 70.0 * np.maximum(smooth_noise(points, 1_300, 7) - 0.45, 0)
    )
    offset = points - ISLAND_HILL_XY
    from_island = offset[:, 0] ** 2 + offset[:, 1] ** 2
    island = 44.0 * np.maximum(1.0 - from_island / 380.0**2, 0.0)
    return np.asarray(inland + knolls + island, dtype=np.float64)


def slope(xy: NDArray[np.float64], reach_m: float = 30.0) -> NDArray[np.float64]:
    """Steepness (rise over run, ≥ 0) at points (n, 2)."""
    east, north = np.array([reach_m, 0.0]), np.array([0.0, reach_m])
    rise_e = (height_m(xy + east) - height_m(xy - east)) / (2 * reach_m)
    rise_n = (height_m(xy + north) - height_m(xy - north)) / (2 * reach_m)
    return np.asarray(np.sqrt(rise_e**2 + rise_n**2), dtype=np.float64)
