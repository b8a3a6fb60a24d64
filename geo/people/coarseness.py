"""Coarseness: whether a layer of residents is fine enough for a fifteen-minute walk, and the error to expect if not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geo.crs import WGS84, metric_crs_for, to_metric
from geo.errors import EmptyTableError, MissingCrsError, ParameterError
from geo.params import ADULT, MINUTE_S, WalkProfile
from geo.people.residents import ALL

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries

Verdict = Literal["fine", "coarse", "too_coarse"]

DETOUR: Final = 1.3
"""Walked over straight distance: 1.30 on the sample's streets (median of pairs 400 m and more apart, access
included; 1.15 to 1.47 hold eight tenths). A catchment's nominal radius is the walk over it: 831 m for 15 minutes at
1.2 m/s."""

FINE_SHARE: Final = 0.05
"""Up to this error a layer is fine."""
COARSE_SHARE: Final = 0.15
"""Beyond this one it is too coarse: centers that differ by less cannot be told apart."""

HAMLETS: Final = 3
"""In how many places the residents of a cell live: 1 overstates the error found on the sample by up to 1.75 times at
walking scale, 6 and more understate it for fine cells; see `coarseness`."""

PLACES: Final = 300
DRAWS: Final = 8
SEED: Final = 20_230_630

FloatArray = NDArray[np.float64]
_Covers = Callable[[FloatArray], NDArray[np.bool_]]
_Near = tuple[NDArray[np.int64], NDArray[np.int64], _Covers]
"""Of a catchment: points whose whole square it holds, points whose square it cuts, and whether it holds places
(…, 2)."""


@dataclass(frozen=True, slots=True)
class Coarseness:
    """What is to be expected of a layer.

    Attributes:
        resolution_m: side of the square that one point stands for; the median over residents.
        expected_error_share: of the residents counted in a catchment, how many are to be expected wrong.
        expected_error_people: the same in people.
        catchment_people: residents in a catchment, on average over the places tried.
        verdict: "fine" (up to FINE_SHARE), "coarse", or "too_coarse" (beyond COARSE_SHARE).
    """

    resolution_m: float
    expected_error_share: float
    expected_error_people: float
    catchment_people: float
    verdict: Verdict


def coarseness(
    points: GeoDataFrame,
    *,
    side_m: float | FloatArray | None = None,
    catchments: GeoSeries | None = None,
    profile: WalkProfile = ADULT,
    minutes: float = 15.0,
) -> Coarseness:
    """The error that comes from residents standing in one point for a whole cell, by resampling the layer itself.

    All that a cell tells is that its residents live somewhere within it. Each draw puts every cell's residents into
    HAMLETS places, uniform over the square of side s around the point, and counts the people in a catchment once more.
    With P_q the count in catchment q of the layer as it is, and P_qd that of draw d,

        expected_error_share = Σ_qd |P_q − P_qd| / Σ_qd P_qd.

    Catchments are those given, or discs of the nominal radius speed × time / DETOUR around PLACES places drawn where
    residents are. Seeds are fixed: the same layer gives the same answer.

    Against the truth: the sample's 12,609 demand points gathered into cells and counted in 600 discs (831 m) around
    residents, against the points themselves; share of people wrong as found, and as expected by this function:

    | cell     | 50 m  | 100 m | 250 m | 500 m | 1 km | 2 km | one point per village |
    |----------|-------|-------|-------|-------|------|------|-----------------------|
    | found    | 0.007 | 0.012 | 0.033 | 0.08  | 0.21 | 0.73 | 0.23                  |
    | expected | 0.006 | 0.013 | 0.043 | 0.10  | 0.29 | 0.97 | 0.41                  |

    Porto Alegre's hexagons (306 m) gathered into cells of 0.7, 1, 1.5 and 2 km: 0.15, 0.26, 0.30, 0.83 found, 0.16,
    0.32, 0.48, 1.00 expected. So the estimate leans to the safe side from 100 m on, by up to 1.6 times for cells and
    1.8 for villages, whose people do not live all over them.

    Args:
        points: `Population.points`; its `population` is used.
        side_m: side of the square that each point stands for: one for all (the cell of a raster), or (n,) (for one
            point per area, the root of its area). By default the distance to the nearest other place; points at one
            place are one.
        catchments: polygons in their CRS.
        profile, minutes: of the nominal catchment.

    Raises:
        EmptyTableError: no residents.
        MissingCrsError: points or catchments without a CRS.
        ParameterError: a side that is not a length, or none and all points at one place.
    """
    people = points[ALL].to_numpy(dtype=np.float64)
    if not len(people) or people.sum() <= 0:
        raise EmptyTableError(path="the layer of residents")
    lonlat = shapely.get_coordinates(_degrees(points, "the layer of residents"))
    crs = metric_crs_for(lonlat)
    xy = to_metric(lonlat, crs)
    if side_m is None:
        xy, place = np.unique(xy, axis=0, return_inverse=True)
        people = np.bincount(place.ravel(), weights=people)
    sides = _sides(xy, side_m)
    dice = np.random.default_rng(SEED)
    if catchments is None:
        near = _near_discs(xy, people, sides, _nominal_radius_m(profile, minutes), dice)
    else:
        shapes = shapely.transform(_degrees(catchments, "the catchments"), lambda c: to_metric(c, crs))
        near = _near_polygons(xy, sides, shapes)
    wrong = truth = places = 0.0
    for settled, unsure, covers in near:
        sure = people[settled].sum()
        as_is = sure + people[unsure][covers(xy[unsure])].sum()
        drawn = sure + _draws(xy[unsure], people[unsure], sides[unsure], covers, dice)
        wrong += np.abs(drawn - as_is).mean()
        truth += drawn.mean()
        places += 1
    share = float(wrong / truth) if truth > 0 else float("inf") if wrong > 0 else 0.0
    verdict: Verdict = "fine" if share <= FINE_SHARE else "coarse" if share <= COARSE_SHARE else "too_coarse"
    each = max(places, 1.0)
    return Coarseness(_weighted_median(sides, people), share, float(wrong / each), float(truth / each), verdict)


def _nominal_radius_m(profile: WalkProfile, minutes: float) -> float:
    return profile.speed_mps * minutes * MINUTE_S / DETOUR


# Catchments one by one: a million points near three hundred places are too many pairs to hold at once.


def _near_discs(
    xy: FloatArray, people: FloatArray, sides: FloatArray, radius_m: float, dice: np.random.Generator
) -> Iterator[_Near]:
    """Discs around places where residents may live, not around the cells' centers: a center stands anywhere."""
    chosen = dice.choice(len(people), PLACES, p=people / people.sum())
    centers = xy[chosen] + (dice.random((PLACES, 2)) - 0.5) * sides[chosen, None]
    tree, corner_m = KDTree(xy), sides / np.sqrt(2)
    for center in centers:
        point = np.asarray(tree.query_ball_point(center, radius_m + corner_m.max()), dtype=np.int64)
        away_m = np.hypot(*(xy[point] - center).T)
        inside = away_m + corner_m[point] <= radius_m
        unsure = ~inside & (away_m - corner_m[point] <= radius_m)
        yield point[inside], point[unsure], partial(_in_disc, center, radius_m)


def _near_polygons(xy: FloatArray, sides: FloatArray, shapes: NDArray[np.object_]) -> Iterator[_Near]:
    shapely.prepare(shapes)
    for shape in shapes:
        low, high = (
            np.reshape(shape.bounds, (2, 2)) if not shape.is_empty else (np.full(2, np.inf), np.full(2, -np.inf))
        )
        point = np.flatnonzero(((xy + sides[:, None] / 2 >= low) & (xy - sides[:, None] / 2 <= high)).all(axis=1))
        half = sides[point, None] / 2
        squares = shapely.box(*(xy[point] - half).T, *(xy[point] + half).T)
        inside = shapely.contains_properly(shape, squares)
        unsure = ~inside & shapely.intersects(shape, squares)
        yield point[inside], point[unsure], partial(_in_polygon, shape)


def _in_disc(center: FloatArray, radius_m: float, xy: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(np.hypot(xy[..., 0] - center[0], xy[..., 1] - center[1]) <= radius_m)


def _in_polygon(shape: shapely.Geometry, xy: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(shapely.intersects_xy(shape, xy[..., 0], xy[..., 1]))


def _draws(
    xy: FloatArray, people: FloatArray, sides: FloatArray, covers: _Covers, dice: np.random.Generator
) -> FloatArray:
    """People of k points whom a catchment holds once each point's are put into HAMLETS places: float64 (DRAWS,)."""
    drawn = np.empty(DRAWS)
    for draw in range(DRAWS):
        away_m = (dice.random((len(xy), HAMLETS, 2)) - 0.5) * sides[:, None, None]
        drawn[draw] = (covers(xy[:, None] + away_m).mean(axis=1) * people).sum()
    return drawn


def _sides(xy: FloatArray, side_m: float | FloatArray | None) -> FloatArray:
    if side_m is None:
        if len(xy) == 1:
            raise ParameterError(
                name="side", value="none", reason="one place has no neighbor", expected="the side of its cell in meters"
            )
        nearest, _ = KDTree(xy).query(xy, k=2)
        return np.asarray(nearest[:, 1], dtype=np.float64)
    sides = np.broadcast_to(np.asarray(side_m, dtype=np.float64), (len(xy),))
    if not (np.isfinite(sides) & (sides >= 0)).all():
        raise ParameterError(name="side", value=f"{side_m}", reason="not a length", expected="meters, 0 or more")
    return sides


def _degrees(frame: GeoDataFrame | GeoSeries, label: str) -> NDArray[np.object_]:
    if frame.crs is None:
        raise MissingCrsError(path=label)
    return np.asarray(frame.geometry.to_crs(WGS84).to_numpy(), dtype=object)


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
