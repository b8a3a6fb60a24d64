"""Reading tables of surveyed street lines (Shapefile, GeoPackage, GeoParquet, GeoJSON, …) as walkable streets."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from geo.cells import NOTHING
from geo.errors import (
    DamagedFileError,
    EmptyTableError,
    Fault,
    MissingColumnError,
    MissingCrsError,
    NoWalkableStreetsError,
    ParameterError,
    TableFaultsError,
)
from geo.streets.noding import Progress, Traces, node_traces
from geo.streets.pedestrian import Walkable, classify_way, in_order, in_words
from geo.streets.roadclass import highway_value
from geo.streets.table import StreetTable
from geo.vectorfile import PARQUET_ENDINGS, attributes, damage_told, read_vector

ENDINGS: Final = (".shp", ".zip", ".gpkg", ".parquet", ".geoparquet", ".geojson", ".json", ".fgb", ".gml")

JOIN_TOLERANCE_DEG: Final = 1e-7
"""Vertices nearer than this (about 1 cm) are one place."""

CLASS_COLUMNS: Final = (
    *("highway", "fclass", "class", "road_class", "道路类型", "道路等级", "道路类别", "公路等级", "技术等级"),
    *("csdldj", "glxzdj", "rteg", "gb", "分类码", "要素代码", "分类代码", "类型", "等级", "type"),
)
"""Columns that may say what a street is, the better ones first. CSDLDJ and GLXZDJ: 城市道路等级 and 公路行政等级;
RTEG: 公路技术等级; GB and 分类码: codes of GB/T 13923."""

_TAG_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "foot": ("foot",),
    "access": ("access",),
    "sidewalk": ("sidewalk",),
    "motorroad": ("motorroad",),
    "oneway:foot": ("oneway_foot", "oneway:foot"),
    "bridge": ("bridge", "桥梁", "桥"),
    "tunnel": ("tunnel", "隧道"),
    "steps": ("steps", "台阶", "阶梯"),
    "layer": ("layer", "层级"),
}
"""Tag ← columns."""
_SHAPEFILE_NAME_BYTES: Final = 10

_TRUE: Final = frozenset({"1", "t", "true", "y", "yes", "是", "有"})
_FALSE: Final = frozenset({"0", "f", "false", "n", "no", "否", "无"})
_LEVEL: Final = re.compile(r"[+-]?\d+")


def read_edges(
    path: Path,
    *,
    ferries: bool = False,
    layer: str | None = None,
    class_column: str | None = None,
    progress: Progress | None = None,
) -> StreetTable:
    """Walkable streets of a table of lines.

    Lines meet where they share a vertex, at their ends or on the way (vertices nearer than JOIN_TOLERANCE_DEG
    are one): road surveys put a vertex of both lines at every junction at grade, and none where a bridge passes
    over. Lines that merely cross stay apart. Multilines are taken apart, heights dropped, coordinates brought
    to WGS-84. `edge_way` is the 1-based row.

    Columns are found by name, whatever the case. What a street is: CLASS_COLUMNS, the first that a row fills
    with something understood (values of OpenStreetMap's `highway`, Geofabrik's `fclass`, Chinese road classes,
    codes of GB/T 13923). Further: foot, access, sidewalk, motorroad, oneway_foot, bridge, tunnel, steps, layer
    (not 0: a bridge or tunnel). The rules are `geo.streets.pedestrian`'s. Streets of no understood class are kept as
    class "road" and counted. Where the survey ends follows from dead ends at its hull (`geo.streets.noding`).

    Args:
        path: a file that GeoPandas reads, a zipped Shapefile included.
        ferries: keep ferry lines, as class "ferry".
        layer: which layer, where the file has several with lines.
        class_column: which column says what a street is, if its name is not among CLASS_COLUMNS.
        progress: called with what is being done and the share done, 0 to 1.

    Raises:
        MissingFileError, DamagedFileError, MissingCrsError, EmptyTableError: the file is not usable.
        MissingColumnError: there is no such class column.
        ParameterError: the layer does not exist, or has to be chosen.
        TableFaultsError: coordinates that are no places on Earth.
        NoWalkableStreetsError: no row is a line that may be walked.
    """
    path = Path(path)
    tell = progress or (lambda text, share: None)
    tell("Reading the table", 0.0)
    table = _read_table(path, layer)
    if class_column is not None and class_column not in table.columns:
        raise MissingColumnError(path=path, column=class_column, found=", ".join(map(str, attributes(table))))
    tell("Reading streets", 0.4)
    report: Counter[str] = Counter()
    table = _lines_in_degrees(table, path, report)
    verdicts, verdict_of_row = _classify(table, class_column, report, ferries=ferries)
    walkable = np.array([isinstance(verdict, Walkable) for verdict in verdicts], dtype=np.bool_)[verdict_of_row]
    if not walkable.any():
        raise NoWalkableStreetsError(path=path, detail=f"{len(table)} lines{in_words(report)}")
    tell("Joining streets", 0.6)
    traces = _to_traces(table[walkable], verdicts, verdict_of_row[walkable])
    streets = node_traces(traces, frame=None, source=path.name, report=in_order(report))
    if streets.n_edges == 0:
        raise NoWalkableStreetsError(path=path, detail=f"{len(table)} lines{in_words(streets.report)}")
    tell("Streets read", 1.0)
    return streets


def _read_table(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    kind = "a table of lines"
    if path.exists() and path.suffix.lower() not in PARQUET_ENDINGS:
        with damage_told(path, kind):
            layer = _line_layer(path, layer)
    table = read_vector(path, kind, layer=layer)
    if len(table) == 0:
        raise EmptyTableError(path=path)
    if not isinstance(table, gpd.GeoDataFrame):
        raise DamagedFileError(path=path, kind=kind, reason="it has no geometry")
    if table.crs is None:
        raise MissingCrsError(path=path)
    return table


def _line_layer(path: Path, layer: str | None) -> str:
    """The layer asked for, or the only one that can hold lines."""
    kinds = {str(name): str(kind) for name, kind in pyogrio.list_layers(path)}
    lines = [name for name, kind in kinds.items() if "Line" in kind or kind in ("Unknown", "GeometryCollection")]
    if layer is None and len(lines or kinds) == 1:
        return next(iter(lines or kinds))
    if layer in kinds:
        return layer
    raise ParameterError(
        name="layer",
        value=layer or "none",
        reason=f"{path.name} has several layers" if layer is None else f"{path.name} has no such layer",
        expected=f"one of: {', '.join(lines or kinds)}",
    )


def _lines_in_degrees(table: gpd.GeoDataFrame, path: Path, report: Counter[str]) -> gpd.GeoDataFrame:
    """One row a line, in WGS-84 degrees without heights; the index is the 1-based row of the source."""
    table = table.set_index(pd.RangeIndex(1, len(table) + 1))
    table = table.set_geometry(shapely.force_2d(table.geometry.array), crs=table.crs).to_crs(4326)
    is_line = table.geometry.geom_type.isin(["LineString", "MultiLineString", "LinearRing"]) & ~table.geometry.is_empty
    report["no_geometry"] += int((~is_line).sum())
    table = table[is_line].explode(index_parts=False)
    lonlat, line = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    off_earth = ~(np.abs(lonlat) <= (180, 90)).all(axis=1)  # true for NaN as well
    if off_earth.any():
        text = "not degrees; state the coordinate system that the numbers are in"
        rows, first = np.unique(table.index.to_numpy()[line[off_earth]], return_index=True)
        faults = [
            Fault(int(row), "geometry", "coordinates_off_earth", text, f"{x:g} {y:g}")
            for row, (x, y) in zip(rows, lonlat[off_earth][first], strict=True)
        ]
        raise TableFaultsError(str(path), faults)
    return table


def _classify(
    table: gpd.GeoDataFrame, class_column: str | None, report: Counter[str], *, ferries: bool
) -> tuple[list[Walkable | str], NDArray[np.int64]]:
    """Verdicts for every different combination of tags, and which of them holds for each row."""
    named = {str(column).casefold(): column for column in attributes(table)}
    tags = pd.DataFrame(index=table.index)
    for tag, names in _TAG_COLUMNS.items():
        columns = _found(names, named)
        if columns:
            tags[tag] = _as_text(table[columns[0]])
    classes = [class_column] if class_column else _found(CLASS_COLUMNS, named)
    tags["highway"] = None
    for column in reversed(classes):
        text = _as_text(table[column])
        understood = text.map({value: highway_value(value) for value in text.dropna().unique()})
        tags["highway"] = understood.where(understood.notna(), tags["highway"])
    report["unknown_class"] += int(tags["highway"].isna().sum())
    groups = tags.groupby(list(tags.columns), dropna=False, sort=False)
    verdicts = [
        classify_way(
            _osm_tags({str(tag): value for tag, value in row.items() if isinstance(value, str)}), ferries=ferries
        )
        for row in tags[~tags.duplicated()].to_dict("records")
    ]
    verdict_of_row = np.asarray(groups.ngroup(), dtype=np.int64)
    for verdict, count in zip(verdicts, np.bincount(verdict_of_row, minlength=len(verdicts)), strict=True):
        if not isinstance(verdict, Walkable):
            report[verdict] += int(count)
    return verdicts, verdict_of_row


def _found(names: tuple[str, ...], named: dict[str, str]) -> list[str]:
    """The table's columns among the names, cut to what a Shapefile keeps of them included."""
    short = (name.encode()[:_SHAPEFILE_NAME_BYTES].decode(errors="ignore") for name in names)
    known = dict.fromkeys(alias for pair in zip(names, short, strict=True) for alias in pair)
    return [named[name] for name in known if name in named]


def _osm_tags(row: dict[str, str]) -> dict[str, str]:
    """A row's tags as OpenStreetMap would have them."""
    tags = {"highway": "road"} | row
    if tags["highway"] == "ferry":
        tags = tags | {"route": "ferry"}
        del tags["highway"]
    if tags.pop("steps", None) in _TRUE:
        tags["highway"] = "steps"
    layer = _LEVEL.fullmatch(tags.pop("layer", ""))
    tags = {tag: "yes" if value in _TRUE else "no" if value in _FALSE else value for tag, value in tags.items()}
    if layer and int(layer[0]) != 0:
        tags["bridge" if int(layer[0]) > 0 else "tunnel"] = "yes"
    return tags


def _as_text(column: pd.Series) -> pd.Series:
    """Values as lower-case text; numbers without “.0”; None where a cell says nothing."""
    text = column.astype("string").str.strip().str.casefold().str.removesuffix(".0")
    return text.astype("object").where(~text.fillna("").isin(NOTHING), None)


def _to_traces(table: gpd.GeoDataFrame, verdicts: list[Walkable | str], verdict_of_row: NDArray[np.int64]) -> Traces:
    lines = table.geometry.to_numpy()
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    place, lonlat = _united(lonlat)
    chosen = np.array([verdict if isinstance(verdict, Walkable) else (0, 0) for verdict in verdicts], dtype=np.uint8)
    street_class, flags = chosen[verdict_of_row].T
    return Traces(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(lines)))]).astype(np.int64),
        place=place,
        lonlat=lonlat,
        leaves=np.zeros(len(place), dtype=np.bool_),
        way=table.index.to_numpy(dtype=np.int64),
        street_class=street_class,
        flags=flags,
    )


def _united(lonlat: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Places of vertices, and the coordinates of each place's first vertex in their stead."""
    spot = np.asarray(pd.DataFrame(lonlat).groupby([0, 1], sort=False).ngroup(), dtype=np.int64)
    _, first = np.unique(spot, return_index=True)
    pairs = KDTree(lonlat[first]).query_pairs(JOIN_TOLERANCE_DEG, output_type="ndarray")
    if len(pairs):
        links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(first), len(first)))
        _, group = connected_components(links, directed=False)
        _, leader = np.unique(group, return_index=True)
        spot = np.asarray(leader[group][spot], dtype=np.int64)
    return spot, lonlat[first][spot]
