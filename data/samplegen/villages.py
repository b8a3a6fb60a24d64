"""Where villages lie and how they partition their towns and counties: all of it synthetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.samplegen.facts import AT_SEAT, COUNTY_OUTLINES, FIXED_SITES, ISLAND, MEETING, TOWNS, Town, Unit, to_meters
from data.samplegen.noise import smooth_noise
from data.samplegen.outlines import CELL_WIGGLE, county_polygon, drawn_out, island_polygon
from data.samplegen.terrain import ISLAND_XY, height_m, slope

GRID_M: Final = 150.0
"""Villages settle on points of this grid."""
INSET_M: Final = 330.0
"""… at least this far from the county's outline."""
FIT_SHARE: Final = 0.6
"""The rest of a town's land is too high or too steep for a village."""
ISLAND_SITE_M: Final = np.array([-230.0, -20.0])
"""The island's houses stand on its side towards the mainland, before its hill."""
MEETING_SITE_M: Final = 650.0
"""The first village of each county at the meeting point lies about this far from it."""


@dataclass(frozen=True, slots=True)
class Villages:
    """The village units with their places.

    Attributes:
        units: n units in the order of their codes.
        sites: float64 (n, 2), main settlements, EPSG:4549.
        polygons: n outlines; with the same town or county they partition it.
    """

    units: tuple[Unit, ...]
    sites: NDArray[np.float64]
    polygons: tuple[shapely.Geometry, ...]

    def index(self, code: str) -> int:
        """Position of a unit."""
        return next(i for i, unit in enumerate(self.units) if unit.code == code)


def settle(units: Sequence[Unit]) -> Villages:
    """Give every unit a place and an outline."""
    sites = np.zeros((len(units), 2))
    for county, polygon in ((c, county_polygon(c)) for c in sorted(COUNTY_OUTLINES)):
        points, scores = _candidates(polygon)
        towns = [town for town in TOWNS if town.code.startswith(county)]
        owner = _nearest_town(points, towns)
        settled = [to_meters(place)[0] for code, place in sorted(FIXED_SITES.items()) if code.startswith(county)]
        for t, town in enumerate(towns):
            mine = [
                i for i, unit in enumerate(units) if unit.town == town.code and unit.code not in (ISLAND, *FIXED_SITES)
            ]
            places = _scatter(points[owner == t], scores[owner == t], town, len(mine), settled)
            settled += list(places)
            for i, place in zip(_by_rank(units, mine), places, strict=True):
                sites[i] = place
    for i, unit in enumerate(units):
        if unit.code in FIXED_SITES:
            sites[i] = to_meters(FIXED_SITES[unit.code])[0]
        if unit.code == ISLAND:
            sites[i] = ISLAND_XY + ISLAND_SITE_M
    return Villages(tuple(units), sites, _partition(units, sites))


def _candidates(polygon: shapely.Polygon) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Grid points inside a county with their unfitness: high and steep ground is left to the woods."""
    west, south, east, north = (np.floor(v / GRID_M) * GRID_M for v in polygon.bounds)
    grid = np.stack(np.meshgrid(np.arange(west, east, GRID_M), np.arange(south, north, GRID_M)), axis=-1).reshape(-1, 2)
    points = grid[shapely.contains_xy(polygon.buffer(-INSET_M), grid)]
    unfitness = np.round(height_m(points) / 120.0 + 6.0 * slope(points) + 0.35 * smooth_noise(points, 700, 31), 6)
    return points, unfitness


def _nearest_town(points: NDArray[np.float64], towns: Sequence[Town]) -> NDArray[np.int64]:
    distances = []
    for town in towns:
        offsets = points[:, None, :] - to_meters(town.anchors)[None, :, :]
        distances.append(np.round((offsets**2).sum(axis=2).min(axis=1)))
    return np.asarray(np.argmin(np.array(distances), axis=0), dtype=np.int64)


def _scatter(
    points: NDArray[np.float64],
    unfitness: NDArray[np.float64],
    town: Town,
    count: int,
    settled: list[NDArray[np.float64]],
) -> NDArray[np.float64]:
    """`count` fit points, the seat first and the rest by distance from it, spaced as widely as the town allows.

    Between them and what is settled already lies nearly the same distance.
    """
    seat = to_meters(town.seat)[0]
    fit = unfitness <= np.quantile(unfitness, FIT_SHARE)
    points, unfitness = points[fit], unfitness[fit]
    from_seat = np.sqrt(((points - seat) ** 2).sum(axis=1))
    seat = points[np.argmin(np.round(unfitness + from_seat / 800.0, 6))]
    meeting = to_meters(MEETING)[0]
    to_meeting = np.abs(np.sqrt(((points - meeting) ** 2).sum(axis=1)) - MEETING_SITE_M)
    first = [seat, points[np.argmin(np.round(to_meeting, 2))]] if to_meeting.min() < 200 else [seat]
    order = np.lexsort((np.arange(len(points)), unfitness))
    spacing = 4_000.0
    while True:
        taken = list(first[:count])
        for i in order:
            if len(taken) == count:
                break
            if _apart(points[i], taken, spacing) and _apart(points[i], settled, 0.8 * spacing):
                taken.append(points[i])
        if len(taken) == count:
            break
        spacing *= 0.96
    chosen = np.array(taken)
    distance = np.round(((chosen - seat) ** 2).sum(axis=1))
    return np.asarray(chosen[np.argsort(distance, kind="stable")], dtype=np.float64)


def _apart(point: NDArray[np.float64], others: list[NDArray[np.float64]], distance_m: float) -> bool:
    return not others or bool((((np.array(others) - point) ** 2).sum(axis=1) >= distance_m * distance_m).all())


def _by_rank(units: Sequence[Unit], mine: list[int]) -> list[int]:
    """The unit at the seat, then communities, then villages by code."""
    return sorted(mine, key=lambda i: (units[i].code not in AT_SEAT, not units[i].is_community, units[i].code))


def _partition(units: Sequence[Unit], sites: NDArray[np.float64]) -> tuple[shapely.Geometry, ...]:
    """Voronoi cells of the sites within their county, every border drawn out once and shared by both sides."""
    lines: list[shapely.Geometry] = []
    for county in sorted(COUNTY_OUTLINES):
        polygon = county_polygon(county)
        mine = [i for i, unit in enumerate(units) if unit.county == county and unit.code != ISLAND]
        edges = shapely.voronoi_polygons(
            shapely.MultiPoint(sites[mine]), extend_to=polygon.buffer(2_000), only_edges=True
        )
        borders = shapely.MultiLineString([_border(edge) for edge in shapely.get_parts(edges)])
        lines += [polygon.exterior, shapely.intersection(borders, polygon, grid_size=0.01)]
    noded = shapely.unary_union(shapely.GeometryCollection(lines), grid_size=0.01)
    faces = [face for face in shapely.get_parts(shapely.polygonize(list(shapely.get_parts(noded)))) if face.area > 0]
    polygons = _assign(units, sites, faces)
    polygons[next(i for i, unit in enumerate(units) if unit.code == ISLAND)] = island_polygon()
    return tuple(polygons)


def _border(edge: shapely.LineString) -> list[tuple[float, float]]:
    xy = np.round(shapely.get_coordinates(edge), 2).tolist()
    points: list[tuple[float, float]] = [(x, y) for x, y in xy]
    line = points[:1]
    for a, b in pairwise(points):
        line += drawn_out(a, b, CELL_WIGGLE)[1:]
    return line


def _assign(units: Sequence[Unit], sites: NDArray[np.float64], faces: list[shapely.Polygon]) -> list[shapely.Geometry]:
    """Faces to units: a face to the unit whose site it holds, a cut-off corner to its longest neighbor."""
    county_of = [
        next(c for c in sorted(COUNTY_OUTLINES) if county_polygon(c).contains(f.representative_point())) for f in faces
    ]
    owner: list[int | None] = [None] * len(faces)
    for i, unit in enumerate(units):
        if unit.code == ISLAND:
            continue
        owner[next(f for f, face in enumerate(faces) if face.contains(shapely.Point(sites[i])))] = i
    while None in owner:
        for f in [f for f, who in enumerate(owner) if who is None]:
            shared = [
                (round(faces[f].boundary.intersection(other.boundary).length, 2), g)
                for g, other in enumerate(faces)
                if owner[g] is not None and county_of[g] == county_of[f] and other.intersects(faces[f])
            ]
            if shared and max(shared)[0] > 0:
                owner[f] = owner[max(shared)[1]]
    return [
        shapely.coverage_union_all([face for face, who in zip(faces, owner, strict=True) if who == i])
        for i in range(len(units))
    ]
