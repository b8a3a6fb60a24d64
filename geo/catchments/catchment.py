"""Catchments: what can be reached on foot within each cutoff, as streets and as polygons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.catchments.field import area_around
from geo.catchments.pieces import Pieces, cut
from geo.crs import WGS84, shapes_to_lonlat
from geo.engine.reach import Reach, Sources
from geo.engine.snapping import snap
from geo.params import CatchmentParams, PolygonParams
from geo.streets.network import StreetNetwork

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

ARC_SEGMENTS: Final = 16
"""Chords for a quarter of a round end in the exact mode: 3 cm off the arc at a buffer of 25 m."""


@dataclass(frozen=True, eq=False)
class CatchmentSet:
    """Catchments of s centers at k cutoffs. A center that is on no street has empty ones.

    Attributes:
        minutes: float64 (k,), rising.
        polygons: object (s, k) of shapely polygons or multipolygons, meters in `crs`; each lies inside the next.
        area_m2: float64 (s, k).
        street_length_m: float64 (s, k).
        access_m: float64 (s,); the longest way from a place of the center to its street; inf where none is snapped.
        n_places, n_snapped: int64 (s,); how many places the center has, and how many of them are on a street.
        dead_ends: int64 (s,); street dead-ends within the longest cutoff.
        truncated_share: float64 (s,); share of these where the extract ends and the street goes on: above 0 the
            catchment is larger than it looks. 0 where there is no dead-end.
        pieces: the reached street pieces themselves.
        crs: the network's metric CRS.
    """

    minutes: NDArray[np.float64]
    polygons: NDArray[np.object_]
    area_m2: NDArray[np.float64]
    street_length_m: NDArray[np.float64]
    access_m: NDArray[np.float64]
    n_places: NDArray[np.int64]
    n_snapped: NDArray[np.int64]
    dead_ends: NDArray[np.int64]
    truncated_share: NDArray[np.float64]
    pieces: Pieces
    crs: str

    def __len__(self) -> int:
        return len(self.polygons)

    def to_frame(self, ids: Sequence[str]) -> GeoDataFrame:
        """One row a center and cutoff, in EPSG:4326, longest cutoff first so that shorter ones draw on top."""
        from geopandas import GeoDataFrame

        count = len(self.minutes)
        per_row = np.repeat(np.arange(len(self)), count)
        cutoff = np.tile(np.arange(count)[::-1], len(self))
        columns = {
            "id": np.asarray(ids, dtype=object)[per_row],
            "minutes": self.minutes[cutoff],
            "area_m2": self.area_m2[per_row, cutoff].round(1),
            "street_length_m": self.street_length_m[per_row, cutoff].round(2),
            "access_m": self.access_m[per_row].round(2),
            "truncated_share": self.truncated_share[per_row].round(4),
        }
        shapes = shapes_to_lonlat(self.polygons[per_row, cutoff], self.crs)
        for row in np.flatnonzero(~shapely.is_valid(shapes)):  # a neck thinner than rounding crosses itself in degrees
            shapes[row] = _areas_only(shapely.make_valid(shapes[row]))
        return GeoDataFrame(columns, geometry=shapes, crs=WGS84)


def catchments(
    reach: Reach, sources: Sources, params: CatchmentParams, *, progress: Callable[[str, float], None] | None = None
) -> CatchmentSet:
    """Catchments of each source at each of `params.cutoffs`.

    Args:
        reach: made for the same profile, direction and a budget of at least the longest cutoff.
        progress: told what is being done and the share done, 0 to 1.
    """
    cutoffs_s = params.cutoffs.seconds
    pieces = cut(reach, sources, cutoffs_s)
    network = reach.network
    polygons = np.empty((len(sources), len(cutoffs_s)), dtype=object)
    for source in range(len(sources)):
        polygons[source] = _nested(network, pieces, source, params.polygon)
        if progress is not None:
            progress("drawing catchments", (source + 1) / len(sources))
    places = sources.places
    access = np.full(len(sources), -np.inf)
    np.maximum.at(access, sources.source[places.snapped], places.access_m[places.snapped])
    dead_ends, truncated = _dead_ends(network, pieces, len(sources))
    return CatchmentSet(
        minutes=np.asarray(params.cutoffs.minutes),
        polygons=polygons,
        area_m2=shapely.area(polygons),
        street_length_m=pieces.length_m(),
        access_m=np.where(np.isfinite(access), access, np.inf),
        n_places=np.diff(sources.indptr),
        n_snapped=np.bincount(sources.source[places.snapped], minlength=len(sources)),
        dead_ends=dead_ends,
        truncated_share=np.divide(truncated, dead_ends, out=np.zeros(len(sources)), where=dead_ends > 0),
        pieces=pieces,
        crs=network.crs,
    )


def catchments_of(network: StreetNetwork, lonlat: NDArray[np.float64], params: CatchmentParams) -> CatchmentSet:
    """Catchments of points in degrees (s, 2), each a center of its own: snap, search and draw in one call."""
    reach = Reach(network, params.profile, params.cutoffs.longest_s, direction=params.direction)
    return catchments(reach, Sources.each(snap(network, lonlat, params.snap)), params)


def _nested(network: StreetNetwork, pieces: Pieces, source: int, params: PolygonParams) -> list[BaseGeometry]:
    """Polygons of one source, each inside the next: contours and simplification may cross by centimeters."""
    shapes = [_polygon(network, pieces, source, cutoff, params) for cutoff in range(pieces.n_cutoffs)]
    for smaller in range(len(shapes) - 2, -1, -1):
        if not shapes[smaller + 1].covers(shapes[smaller]):
            shapes[smaller] = _areas_only(shapes[smaller].intersection(shapes[smaller + 1]))
    return shapes


def _polygon(network: StreetNetwork, pieces: Pieces, source: int, cutoff: int, params: PolygonParams) -> BaseGeometry:
    if params.exact:
        lines = pieces.lines(network, source, cutoff)
        shape = _united(shapely.buffer(lines, params.buffer_m, quad_segs=ARC_SEGMENTS))
    else:
        shape = area_around(pieces.segments(network, source, cutoff), params.buffer_m, params.cell_m)
    if params.simplify_m > 0:  # the fast way first: keeping the topology costs five times as much and is rarely needed
        simple = shape.simplify(params.simplify_m, preserve_topology=False)
        if simple.is_valid:
            return simple
        shape = shape.simplify(params.simplify_m)
    return shape if shape.is_valid else _areas_only(shapely.make_valid(shape))


def _areas_only(shape: BaseGeometry) -> BaseGeometry:
    """Without the points and lines that an overlay may leave."""
    parts = shapely.get_parts(shape, return_index=False)
    areas = parts[np.isin(shapely.get_type_id(parts), (3, 6))]
    return _united(areas)


def _united(areas: NDArray[np.object_]) -> BaseGeometry:
    """Their union; of none an empty multipolygon, where shapely would give an empty collection."""
    areas = areas[~shapely.is_empty(areas)]
    if len(areas) == 1:
        return areas[0]
    return shapely.union_all(areas) if len(areas) else shapely.MultiPolygon()


def _dead_ends(network: StreetNetwork, pieces: Pieces, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Dead-ends within each source's longest cutoff, and how many of them the extract cut off."""
    row = np.repeat(np.arange(len(pieces.indptr) - 1), np.diff(pieces.indptr))
    source, cutoff = np.divmod(row, pieces.n_cutoffs)
    longest = cutoff == pieces.n_cutoffs - 1
    ends = np.column_stack([pieces.low_m <= 0, pieces.high_m >= network.edge_length_m[pieces.edge]])
    dead = (network.degree == 1) | network.node_truncated
    nodes = network.edge_nodes[pieces.edge]
    hit = longest[:, None] & ends & dead[nodes]
    pairs = np.unique(np.column_stack([np.repeat(source[:, None], 2, 1)[hit], nodes[hit]]), axis=0)
    truncated = network.node_truncated[pairs[:, 1]]
    return np.bincount(pairs[:, 0], minlength=count), np.bincount(pairs[truncated, 0], minlength=count)
