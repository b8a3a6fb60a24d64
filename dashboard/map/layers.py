"""From geography to layers: GeoJSON as it travels to the browser. Knows no Streamlit and no folium."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import Shapes, to_lonlat, to_metric
from geo.streets.network import gather_runs
from geo.streets.table import STREET_CLASSES

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.streets.network import StreetNetwork

DECIMALS: Final = 5
"""Of a degree: about one meter, below a pixel at every zoom that is drawn."""

OUTLINE_TOLERANCE_DEG: Final = 2e-5
"""Catchment outlines are simplified by about two meters for the screen; areas are measured before that."""

LEVELS: Final = {"county": 0, "town": 1, "village": 2}

TILE_ZOOMS: Final[dict[int, tuple[frozenset[str], float]]] = {
    9: (frozenset({"trunk", "primary", "secondary", "tertiary", "ferry"}), 60.0),
    11: (
        frozenset({"trunk", "primary", "secondary", "tertiary", "ferry", "unclassified", "residential"})
        | {"living_street", "road"},
        15.0,
    ),
    13: (frozenset(STREET_CLASSES), 0.0),
}
"""Zoom of a tile → the classes it holds and the tolerance of its lines in meters. A tile serves the zooms up to the
next; the map's script draws each class from the zoom at which it is legible."""

MAX_TILES: Final = 512
"""Street tiles kept per network."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A GeoJSON feature collection, compressed; `key` is the hash of its content."""

    key: str
    body: bytes

    @classmethod
    def of(cls, features: Iterable[str]) -> Layer:
        """A layer of features that are GeoJSON text already."""
        text = '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"
        plain = text.encode()
        return cls(hashlib.sha256(plain).hexdigest()[:24], gzip.compress(plain, compresslevel=5, mtime=0))

    def read(self) -> dict[str, Any]:
        """The collection as the browser sees it."""
        collection: dict[str, Any] = json.loads(gzip.decompress(self.body))
        return collection


def features(properties: Iterable[Mapping[str, object]], shapes: Sequence[shapely.Geometry] | Shapes) -> list[str]:
    """GeoJSON features, coordinates in degrees rounded to DECIMALS."""
    rounded = shapely.transform(np.asarray(shapes, dtype=object), lambda xy: np.round(xy, DECIMALS))
    made = []
    for facts, geometry in zip(properties, shapely.to_geojson(rounded), strict=True):
        text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        made.append(f'{{"type":"Feature","properties":{text},"geometry":{geometry}}}')
    return made


def feature(properties: Mapping[str, object], geometry: shapely.Geometry) -> str:
    """One feature."""
    return features([properties], [geometry])[0]


def jurisdiction_layer(jurisdictions: gpd.GeoDataFrame) -> Layer:
    """Land (one shape), borders (one line a level, shared ones once) and names.

    Args:
        jurisdictions: EPSG:4326 polygons with code, name, name_en, level.
    """
    if jurisdictions.empty:
        return Layer.of([])
    outlines = np.asarray(jurisdictions.geometry.values)
    level = jurisdictions["level"].map(LEVELS).to_numpy()
    made = [feature({"kind": "land"}, shapely.union_all(outlines))]
    for rank in sorted(set(level.tolist()), reverse=True):  # the highest level is drawn last, over the others
        lines = shapely.line_merge(shapely.union_all(shapely.boundary(outlines[level == rank])))
        made.append(feature({"kind": "border", "level": rank}, lines))
    places = shapely.point_on_surface(outlines)
    for row, rank, place in zip(jurisdictions.itertuples(index=False), level.tolist(), places, strict=True):
        facts = {"kind": "name", "level": rank, "name": row.name, "name_en": _text(row.name_en)}
        made.append(feature(facts, place))
    return Layer.of(made)


def center_layer(centers: pd.DataFrame, snapped: NDArray[np.bool_]) -> Layer:
    """Centers as points with what a symbol and its tooltip need.

    Args:
        centers: id, name, name_en, status, joint and lon, lat in degrees.
        snapped: bool (n,), whether the center stands on the street network.
    """
    facts = (
        {
            "id": row.id,
            "name": row.name,
            "name_en": _text(row.name_en),
            "status": row.status,
            "joint": bool(row.joint),
            "snapped": bool(on_street),
        }
        for row, on_street in zip(centers.itertuples(index=False), snapped, strict=True)
    )
    return Layer.of(features(facts, points_of(centers)))


def point_layer(service_points: pd.DataFrame) -> Layer:
    """Service points (center, lon, lat), each with the center it belongs to."""
    return Layer.of(features(({"center": center} for center in service_points["center"]), points_of(service_points)))


def points_of(frame: pd.DataFrame) -> Shapes:
    """The points of a table with lon and lat."""
    return np.asarray(shapely.points(frame[["lon", "lat"]].to_numpy(np.float64)), dtype=object)


def catchment_layer(catchments: gpd.GeoDataFrame) -> Layer:
    """Catchment polygons (EPSG:4326; id, minutes), the longest cutoff first so that it lies at the bottom."""
    ordered = catchments[~catchments.geometry.is_empty].sort_values(["minutes", "id"], ascending=[False, True])
    outlines = shapely.simplify(np.asarray(ordered.geometry.values), OUTLINE_TOLERANCE_DEG)
    facts = ({"id": row.id, "minutes": float(row.minutes)} for row in ordered.itertuples(index=False))
    return Layer.of(features(facts, outlines))


class StreetTiles:
    """A network's streets cut into the tiles of a slippy map, made when they are asked for."""

    def __init__(self, network: StreetNetwork) -> None:
        self.key = network.content_id
        self._network = network
        first = network.shape_indptr[:-1]
        self._low = np.minimum.reduceat(network.shape_xy, first, axis=0)
        self._high = np.maximum.reduceat(network.shape_xy, first, axis=0)
        self._tiles: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()
        self._lock = Lock()

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """The compressed GeoJSON of one tile, a MultiLineString a class; None where the zoom has no tiles."""
        at = (zoom, x, y)
        if zoom not in TILE_ZOOMS or not (0 <= x < 2**zoom and 0 <= y < 2**zoom):
            return None
        with self._lock:
            if at in self._tiles:
                self._tiles.move_to_end(at)
                return self._tiles[at]
        body = Layer.of(self._features(*at)).body
        with self._lock:
            self._tiles[at] = body
            while len(self._tiles) > MAX_TILES:
                self._tiles.popitem(last=False)
        return body

    def _features(self, zoom: int, x: int, y: int) -> list[str]:
        network = self._network
        classes, tolerance_m = TILE_ZOOMS[zoom]
        low, high = self._metric_box(zoom, x, y)
        inside = ((self._high >= low) & (self._low <= high)).all(axis=1)
        made = []
        for code in np.unique(network.edge_class[inside]):
            name = STREET_CLASSES[code]
            if name not in classes:
                continue
            edges = np.flatnonzero(inside & (network.edge_class == code))
            made.append(feature({"class": name}, self._lines(edges, tolerance_m)))
        return made

    def _lines(self, edges: NDArray[np.intp], tolerance_m: float) -> shapely.Geometry:
        indptr, picked = gather_runs(self._network.shape_indptr, edges)
        owner = np.repeat(np.arange(len(edges)), np.diff(indptr))
        lines = shapely.linestrings(self._network.shape_xy[picked], indices=owner)
        if tolerance_m:
            merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
            lines = shapely.simplify(merged, tolerance_m, preserve_topology=False)
        return shapely.transform(shapely.multilinestrings(lines), lambda xy: to_lonlat(xy, self._network.crs))

    def _metric_box(self, zoom: int, x: int, y: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper corner, in the network's meters, of the box around a tile."""
        share = np.linspace(0, 1, 5)
        lon = np.r_[(x + share) / 2**zoom, (x + share) / 2**zoom] * 360 - 180
        lat = np.array([_latitude(y / 2**zoom)] * 5 + [_latitude((y + 1) / 2**zoom)] * 5)
        xy = to_metric(np.column_stack([lon, lat]), self._network.crs)
        return xy.min(axis=0), xy.max(axis=0)


def _latitude(share: float) -> float:
    """Latitude of a height on the Web Mercator square, 0 at its top."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
