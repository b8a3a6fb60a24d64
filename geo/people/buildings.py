"""Buildings: where residents of an area live, and how much room each building has for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.cells import find_column
from geo.crs import WGS84, metric_crs_for, to_metric
from geo.errors import EmptyTableError, Fault, MissingCrsError, raise_on_faults

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

HEIGHT_NAMES: Final = ("height", "height_m", "高度", "楼高", "建筑高度")
LEVEL_NAMES: Final = ("levels", "building:levels", "building_levels", "floors", "层数", "楼层")
AREA_NAMES: Final = ("area", "area_m2", "占地面积", "基底面积")
KIND_NAMES: Final = ("building", "type", "kind", "用途")

LEVEL_M: Final = 3.0
"""Height of a storey, as OpenStreetMap's Simple 3D Buildings assume; only ratios matter here."""

NOT_LIVED_IN: Final = frozenset(
    {
        "industrial",
        "warehouse",
        "garage",
        "garages",
        "shed",
        "barn",
        "greenhouse",
        "school",
        "kindergarten",
        "hospital",
        "church",
        "mosque",
        "temple",
        "retail",
        "supermarket",
        "office",
        "public",
        "government",
        "train_station",
        "roof",
        "carport",
        "transportation",
        "service",
        "stable",
        "sty",
        "工业",
        "厂房",
        "仓库",
        "车库",
        "学校",
        "医院",
        "办公",
        "商业",
        "公共",
    }
)
"""Values of OpenStreetMap's `building`, and their Chinese counterparts, that nobody lives in."""

KNOWN_SHARE: Final = 0.5
"""Volumes are used in an area where at least this share of its buildings states a height; the others take their
median."""


@dataclass(frozen=True, eq=False)
class Buildings:
    """b buildings that may be lived in.

    Attributes:
        lonlat: float64 (b, 2), degrees; a place inside each.
        area_m2: float64 (b,), ground area; NaN where not known.
        height_m: float64 (b,); NaN where not known.
        report: buildings_not_lived_in (left out by their kind).
    """

    lonlat: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    height_m: NDArray[np.float64]
    report: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.lonlat)

    @classmethod
    def of(cls, frame: GeoDataFrame, source: str) -> Buildings:
        """Points or footprints in any coordinate system.

        Columns are found by name: height (meters), levels, area (m², for points), building (its kind). Numbers that are
        missing or not positive are not known.

        Raises:
            TableFaultsError: rows that are neither points nor polygons.
            EmptyTableError, MissingCrsError: the table cannot be used.
        """
        if not len(frame):
            raise EmptyTableError(path=source)
        if frame.crs is None:
            raise MissingCrsError(path=source)
        kind = find_column(frame, KIND_NAMES)
        if kind is not None:
            lived_in = ~frame[kind].astype("str").str.strip().str.casefold().isin(NOT_LIVED_IN)
        else:
            lived_in = pd.Series(True, index=frame.index)
        shapes = np.asarray(shapely.force_2d(frame.geometry.to_crs(WGS84).to_numpy()), dtype=object)
        faults = _faults(shapes, frame.geometry.name)
        raise_on_faults(source, faults)
        kept = lived_in.to_numpy(dtype=np.bool_)
        shapes, frame = shapes[kept], frame[kept]
        height_m = _known(frame, HEIGHT_NAMES)
        height_m = np.where(np.isnan(height_m), LEVEL_M * _known(frame, LEVEL_NAMES), height_m)
        lonlat = shapely.get_coordinates(shapely.point_on_surface(shapes)).reshape(-1, 2)
        return cls(lonlat, _area_m2(shapes, frame), height_m, {"buildings_not_lived_in": int((~kept).sum())})

    def weights(
        self, building: NDArray[np.intp], area: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], Mapping[int, str]]:
        """Room for residents in buildings grouped by area: weight (k,), and the method of each area.

        Args:
            building: (k,) numbers of buildings.
            area: (k,) the area that each stands in.
        """
        table = pd.DataFrame({"area": area, "ground": self.area_m2[building], "height": self.height_m[building]})
        known = table[["ground", "height"]].notna().groupby(table["area"]).transform("mean")
        by_area = (known["ground"] == 1).to_numpy(dtype=np.bool_)
        by_volume = by_area & (known["height"] >= KNOWN_SHARE).to_numpy(dtype=np.bool_)
        height = table["height"].fillna(table.groupby("area")["height"].transform("median"))
        weight = np.where(by_volume, table["ground"] * height, np.where(by_area, table["ground"], 1.0))
        name = np.where(by_volume, "buildings_volume", np.where(by_area, "buildings_area", "buildings_equal"))
        return weight, dict(zip(area.tolist(), name.tolist(), strict=True))


def _faults(shapes: NDArray[np.object_], column: str) -> list[Fault]:
    faults = []
    sound = np.isin(shapely.get_type_id(shapes), (0, 3, 6)) & ~shapely.is_empty(shapes)
    for i in np.flatnonzero(~sound):
        kind = "" if shapes[i] is None else shapes[i].geom_type
        text = "a building is a point or a footprint; give one, or leave the row out."
        faults.append(Fault(int(i) + 1, column, "not_a_building", text, kind))
    return faults


def _area_m2(shapes: NDArray[np.object_], frame: pd.DataFrame) -> NDArray[np.float64]:
    if not len(shapes):
        return np.zeros(0)
    crs = metric_crs_for(shapely.get_coordinates(shapes))
    drawn = shapely.area(shapely.transform(shapes, lambda lonlat: to_metric(lonlat, crs)))
    return np.where(drawn > 0, drawn, _known(frame, AREA_NAMES))


def _known(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    """A column's positive numbers, float64 (b,); "12 m" counts as 12, the rest is NaN."""
    column = find_column(frame, names)
    if column is None:
        return np.full(len(frame), np.nan)
    digits = frame[column].astype("str").str.extract(r"^\s*([0-9]*\.?[0-9]+)\s*(?:m|米|层)?\s*$", expand=False)
    numbers = pd.to_numeric(digits, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)
