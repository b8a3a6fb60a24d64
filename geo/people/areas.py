"""Areas: polygons with residents (villages, blocks), checked as a whole before anybody is spread over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.cells import find_column
from geo.crs import WGS84, metric_crs_for, to_metric
from geo.errors import EmptyTableError, Fault, MissingColumnError, MissingCrsError, raise_on_faults
from geo.people.population import Quality, headcounts, quality_marks, safe_id, texts

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

ID_NAMES: Final = ("id", "编号")
CODE_NAMES: Final = (
    "code",
    "village",
    "home",
    "village_code",
    "所在辖区代码",
    "村社代码",
    "统计代码",
    "代码",
    "区划代码",
)

OVERLAP_SHARE: Final = 0.01
"""Neighbors may overlap by this share of the smaller one, as lines digitized twice do; more is one place counted
twice."""

_POLYGONAL: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, eq=False)
class Areas:
    """n polygons with residents, sound by construction: valid, apart, with an id and a headcount each.

    Attributes:
        ids: n texts, unique, fit to begin a point's id.
        codes: n codes of jurisdictions, None where not known.
        polygons: object (n,), polygons and multipolygons in degrees (WGS-84).
        people: float64 (n, 4); see `geo.people.population.headcounts`.
        quality: n marks of the headcounts.
        source: what they were read from, for people.
        report: invalid_mended (outlines that crossed themselves), slivers (overlaps that were let pass).
    """

    ids: tuple[str, ...]
    codes: tuple[str | None, ...]
    polygons: NDArray[np.object_]
    people: NDArray[np.float64]
    quality: tuple[str, ...]
    source: str
    report: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame | GeoDataFrame,
        source: str,
        *,
        boundaries: GeoDataFrame | None = None,
        quality: Quality = "approximate",
    ) -> Areas:
        """Check a table and take it over.

        Args:
            frame: one row an area: population or the three age groups or all four, `code` and/or `id`, and polygons in
                any coordinate system.
            source: what it was read from, for messages.
            boundaries: polygons with a `code` each, for a table that has none of its own.
            quality: of the headcounts, where the table does not say.

        Raises:
            TableFaultsError: every fault of every row, all at once.
            EmptyTableError, MissingColumnError, MissingCrsError: the table cannot be checked row by row.
        """
        if not len(frame):
            raise EmptyTableError(path=source)
        faults: list[Fault] = []
        report = {"invalid_mended": 0, "slivers": 0}
        codes = texts(frame, find_column(frame, CODE_NAMES)).reset_index(drop=True)
        own = texts(frame, find_column(frame, ID_NAMES)).reset_index(drop=True)
        rows = pd.Series([str(row) for row in range(1, len(frame) + 1)])
        ids = [safe_id(text) for text in own.where(own.notna(), codes.where(codes.notna(), rows))]
        faults += _repeated(ids, "id" if own.notna().any() else "code")
        shapes = _shapes(frame, codes, boundaries, source, faults)
        attributes = pd.DataFrame(frame).drop(columns=getattr(frame, "active_geometry_name", None) or [])
        people = headcounts(attributes, source, faults)
        marks = quality_marks(attributes, quality, faults)
        polygons = _mended(shapes, report, faults)
        faults += _overlaps(polygons, ids, report)
        raise_on_faults(source, faults)
        known = tuple(None if pd.isna(code) else str(code) for code in codes)
        return cls(tuple(ids), known, polygons, people, tuple(marks), source, report)

    @cached_property
    def side_m(self) -> NDArray[np.float64]:
        """float64 (n,): side of the square as large as each area, meters."""
        crs = metric_crs_for(shapely.get_coordinates(self.polygons))
        metric = shapely.transform(self.polygons, lambda lonlat: to_metric(lonlat, crs))
        return np.asarray(np.sqrt(shapely.area(metric)), dtype=np.float64)


def _repeated(ids: Sequence[str], column: str) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for row, id_ in enumerate(ids, start=1):
        if first.setdefault(id_, row) != row:
            text = f"row {first[id_]} has the same; unite the two rows, or correct one."
            faults.append(Fault(row, column, "duplicate", text, id_, {"first": first[id_]}))
    return faults


def _shapes(
    frame: pd.DataFrame,
    codes: pd.Series[str],
    boundaries: GeoDataFrame | None,
    source: str,
    faults: list[Fault],
) -> NDArray[np.object_]:
    """Outlines in degrees (n,), the frame's own or by code; None where there is none."""
    if getattr(frame, "active_geometry_name", None) is not None:
        return _in_degrees(frame, source)
    found = ", ".join(str(column) for column in frame.columns)
    if boundaries is None:
        raise MissingColumnError(path=source, column="geometry", found=found)
    if codes.isna().all():
        raise MissingColumnError(path=source, column="code", found=found)
    outline = dict(zip(texts(boundaries, "code"), _in_degrees(boundaries, "boundaries"), strict=True))
    for i in np.flatnonzero(~codes.isin(list(outline))):
        shown = "" if pd.isna(codes.iloc[i]) else str(codes.iloc[i])
        text = "no boundary bears this code; correct it, or add the boundary."
        faults.append(Fault(int(i) + 1, "code", "unknown_reference", text, shown))
    shapes = np.full(len(codes), shapely.Polygon(), dtype=object)
    for i in np.flatnonzero(codes.isin(list(outline))):
        shapes[i] = outline[codes.iloc[i]]
    return shapes


def _in_degrees(frame: GeoDataFrame, source: str) -> NDArray[np.object_]:
    if frame.crs is None:
        raise MissingCrsError(path=source)
    return np.asarray(shapely.force_2d(frame.geometry.to_crs(WGS84).to_numpy()), dtype=object)


def _mended(shapes: NDArray[np.object_], report: dict[str, int], faults: list[Fault]) -> NDArray[np.object_]:
    """Valid polygons; adds to `faults` what has no area, and counts in `report` what was mended."""
    polygons = shapes.copy()
    coded = {fault.row for fault in faults if fault.code == "unknown_reference"}
    for i, shape in enumerate(shapes):
        row = i + 1
        if shape is None or shape.is_empty:
            polygons[i] = shapely.Polygon()
            if row not in coded:
                text = "there is no outline; draw it, or leave the row out."
                faults.append(Fault(row, "geometry", "geometry_empty", text))
        elif shapely.get_type_id(shape) not in _POLYGONAL:
            polygons[i] = shapely.Polygon()
            text = "a polygon is needed; residents of points are read as points."
            faults.append(Fault(row, "geometry", "geometry_not_polygon", text, shape.geom_type))
        elif not np.isfinite(shapely.get_coordinates(shape)).all():
            polygons[i] = shapely.Polygon()
            text = "its coordinates are no place on Earth; check the coordinate system."
            faults.append(Fault(row, "geometry", "coordinates_off_earth", text))
        elif not shape.is_valid:
            polygons[i] = polygonal(shapely.make_valid(shape))
            report["invalid_mended"] += 1
            if polygons[i].is_empty:
                text = "the outline encloses nothing; draw it again."
                faults.append(Fault(row, "geometry", "geometry_empty", text))
    return polygons


def polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """The parts of a geometry that have area, as one."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[np.isin(shapely.get_type_id(parts), _POLYGONAL)])


def _overlaps(polygons: NDArray[np.object_], ids: Sequence[str], report: dict[str, int]) -> list[Fault]:
    """One fault for each two polygons that share more than a sliver."""
    first, second = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    later = first > second
    first, second = first[later], second[later]
    common = shapely.area(shapely.intersection(polygons[first], polygons[second]))
    smaller = np.minimum(shapely.area(polygons[first]), shapely.area(polygons[second]))
    report["slivers"] = int(((common > 1e-9 * smaller) & (common <= OVERLAP_SHARE * smaller)).sum())
    faults = []
    for i in np.flatnonzero(common > OVERLAP_SHARE * smaller):
        facts = {"row": int(second[i]) + 1, "id": ids[second[i]], "percent": f"{100 * common[i] / smaller[i]:.0f}"}
        text = (
            "it overlaps row {row} ({id}) by {percent} % of the smaller one: residents there would be counted twice. "
            "Mend the outlines.".format(**facts)
        )
        faults.append(Fault(int(first[i]) + 1, "geometry", "areas_overlap", text, ids[first[i]], facts))
    return faults
