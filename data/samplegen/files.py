"""Writing the sample: every file with fixed options, so that the same input gives the same bytes."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

from data.samplegen.facts import (
    AGE_SHARES_PER_10000,
    APPROXIMATE,
    AS_OF,
    CRS,
    PINYIN,
    QUANGANG,
    SYNTHETIC,
    padded,
    short_name,
    to_degrees,
)
from data.samplegen.residents import Residents
from data.samplegen.terrain import height_m
from data.samplegen.villages import Villages
from geo.streets.network import StreetNetwork

WGS84: Final = "EPSG:4326"
ELEVATION_CELL_M: Final = 60.0
OFFSHORE_M: Final = 250.0
"""Heights are given this far beyond the outline; farther out there are none."""
NO_HEIGHT: Final = -9999.0

_UNIT_SOURCE: Final = "代码与名称：统计用区划代码 2021 (published)；界线：示意 schematic outline"
_QUANGANG_SOURCE: Final = "轮廓由 0.01° 概略界线绘成，示意 (outline drawn from vertices rounded to 0.01°, schematic)"
_PART_SOURCE: Final = "仅示出本图涉及的部分，示意 (only the part shown here, schematic)"
_DEMAND_SOURCE: Final = (
    "点位示意；全区合计与年龄构成为2020年普查数 (places synthetic; district totals by age: census 2020)"
)
_NEIGHBOR_SOURCE: Final = (
    "点位与年龄构成示意；罗溪镇总数为2019年户籍数 (synthetic; only Luoxi's total is published, 2019)"
)
_YUANZHUANG_SOURCE: Final = "示意，人口未公布 (synthetic, residents not published)"

SETTINGS: Final = f"""\
# The embedded sample: schematic and synthetic. `python -m data.sample` makes this folder anew.
name_zh = "泉港区邻里中心（示意）"
name_en = "Quangang neighborhood centers (schematic)"
as_of = {AS_OF}
crs = "{CRS}"
synthetic = true
note_zh = "示意数据：道路、地形、村界、点位均为模拟，仅合计数与名称取自公开资料；不得用于导航、测绘或发布。"
note_en = "Schematic data: streets, terrain, outlines and places are modeled; only totals and names are published. \
Not for navigation, surveying or publication."
default_language = "zh"
cutoffs = [5, 10, 15]
county = "350505000000"
counties = ["350505000000", "350504000000", "350322000000"]

[profiles.adult]
speed_mps = 1.2
name_zh = "成人"
name_en = "Adult"

[profiles.elderly]
speed_mps = 0.8
name_zh = "老人"
name_en = "Elderly"

[profiles.child]
speed_mps = 1.0
name_zh = "带幼儿"
name_en = "With a child"

[targets]
pilots_2022 = 14
large_village_residents_2023 = 3000

[map]
review_number = ""

[files]
streets = "streets.arrow"
jurisdictions = "jurisdictions.parquet"
demand = "demand.parquet"
centers = "centers.csv"
service_points = "service_points.csv"
elevation = "elevation.tif"
"""


def write_settings(path: Path) -> None:
    """`workspace.toml`."""
    path.write_text(SETTINGS, encoding="utf-8", newline="\n")


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A CSV table, UTF-8, lines ended by \\n."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_jurisdictions(path: Path, villages: Villages) -> None:
    """Counties, towns and villages; towns and counties are the unions of what lies in them."""
    rows, shapes = [], []
    for level, digits in (("county", 6), ("town", 9), ("village", 12)):
        codes = sorted({unit.code[:digits] for unit in villages.units})
        for code in codes:
            members = [i for i, unit in enumerate(villages.units) if unit.code.startswith(code)]
            unit = villages.units[members[0]]
            official = {"county": unit.county_name, "town": unit.town_name, "village": unit.name}[level]
            rows.append(
                {
                    "code": padded(code),
                    "level": level,
                    "name": short_name(official) if level == "village" else official,
                    "name_en": PINYIN.get(code, ""),
                    "parent": {"county": "", "town": padded(code[:6]), "village": padded(code[:9])}[level],
                    "official_name": official,
                    "source": _outline_source(level, code),
                    "quality": APPROXIMATE if code == QUANGANG else SYNTHETIC,
                }
            )
            shapes.append(shapely.coverage_union_all([villages.polygons[i] for i in members]))
    outlines = shapely.normalize(shapely.transform(shapes, to_degrees))
    _write_parquet(path, gpd.GeoDataFrame(rows, geometry=list(outlines), crs=WGS84))


def _outline_source(level: str, code: str) -> str:
    if level == "county":
        return _QUANGANG_SOURCE if code == QUANGANG else _PART_SOURCE
    return _UNIT_SOURCE


def write_demand(path: Path, villages: Villages, residents: Residents) -> None:
    """Demand points by age group."""
    codes = [villages.units[i].code for i in residents.village]
    sources = {"350505": _DEMAND_SOURCE, "350504": _NEIGHBOR_SOURCE, "350322": _YUANZHUANG_SOURCE}
    frame = pd.DataFrame({"id": [f"d{i + 1:05d}" for i in range(len(codes))], "village": codes})
    for column, name in enumerate(AGE_SHARES_PER_10000):
        frame[name] = residents.ages[:, column].astype(np.int32)
    frame["source"] = [sources[code[:6]] for code in codes]
    frame["quality"] = SYNTHETIC
    _write_parquet(path, gpd.GeoDataFrame(frame, geometry=shapely.points(to_degrees(residents.xy)), crs=WGS84))


def _write_parquet(path: Path, frame: gpd.GeoDataFrame) -> None:
    frame.to_parquet(path, index=False, compression="zstd", geometry_encoding="WKB")


def write_elevation(path: Path, land: shapely.Geometry) -> None:
    """The modeled terrain as a GeoTIFF: float32 meters, rounded to 0.1 m; uncompressed, as compressors differ."""
    cell = ELEVATION_CELL_M
    shown = land.buffer(OFFSHORE_M)
    west, south, east, north = shown.bounds
    west, north = float(np.floor(west / cell) * cell), float(np.ceil(north / cell) * cell)
    columns, rows = int(np.ceil((east - west) / cell)), int(np.ceil((north - south) / cell))
    x = west + cell * (np.arange(columns) + 0.5)
    y = north - cell * (np.arange(rows) + 0.5)
    xy = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    height = np.where(shapely.contains_xy(shown, xy), np.round(height_m(xy), 1), NO_HEIGHT)
    profile = {
        "driver": "GTiff",
        "width": columns,
        "height": rows,
        "count": 1,
        "dtype": "float32",
        "crs": CRS,
        "transform": from_origin(west, north, cell, cell),
        "nodata": NO_HEIGHT,
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(height.reshape(rows, columns).astype(np.float32), 1)


def write_streets(path: Path, network: StreetNetwork) -> None:
    """The network, its coordinates and lengths freed of last bits that differ between platforms."""
    steady = replace(
        network,
        node_xy=np.round(network.node_xy, 4),
        shape_xy=np.round(network.shape_xy, 4),
        edge_length_m=np.round(network.edge_length_m, 4),
        component_length_m=np.round(network.component_length_m, 2),
        sample_z=np.round(network.sample_z, 2),
    )
    steady.save(path)
