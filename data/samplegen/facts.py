"""What is published about the sample's places, and the few choices that stand in for what is not.

`../village_units.csv` beside this file holds the statistical codes and names of the units (2021). All else that is
published and used: outlines rounded to 0.01°, the meeting point of the three counties, the place of the island, two
seats within 1 km and one of medium accuracy, the census of 2020. The rest is marked *synthetic* wherever it goes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

CRS: Final = "EPSG:4549"
AS_OF: Final = "2023-06-30"
SYNTHETIC: Final = "synthetic"
APPROXIMATE: Final = "approximate"
PUBLISHED: Final = "published"

QUANGANG: Final = "350505"
LUOJIANG: Final = "350504"
XIANYOU: Final = "350322"
ISLAND: Final = "350505100217"
INDUSTRIAL: Final = "350505400498"

MEETING: Final = (118.7006, 25.1606)
"""Where the three counties meet (two sources, 35 m apart)."""
ISLAND_PLACE: Final = (118.9948, 25.1819)

# fmt: off
OUTLINE: Final = (
    (118.83, 25.11), (118.83, 25.12), (118.82, 25.11), (118.79, 25.11), (118.78, 25.10), (118.77, 25.12),
    (118.74, 25.13), (118.72, 25.13), (118.71, 25.14), MEETING, (118.74, 25.19), (118.77, 25.20), (118.77, 25.21),
    (118.80, 25.22), (118.83, 25.22), (118.83, 25.23), (118.85, 25.22), (118.86, 25.23), (118.87, 25.24),
    (118.91, 25.24), (118.94, 25.23), (118.94, 25.21), (118.96, 25.21), (118.98, 25.17), (118.95, 25.16),
    (118.94, 25.14), (118.95, 25.11), (118.94, 25.11), (118.91, 25.11), (118.86, 25.09), (118.85, 25.11),
)
"""Quangang, rounded to 0.01°; the vertex 118.70, 25.16 is the meeting point and carries its better place."""
COAST: Final = OUTLINE[18:30]
"""From the end of the border with Xianyou to the end of the border with Hui'an: the sea."""

LUOXI_OUTLINE: Final = (
    MEETING, (118.71, 25.14), (118.72, 25.13), (118.712, 25.112), (118.684, 25.098), (118.655, 25.100),
    (118.632, 25.118), (118.628, 25.150), (118.643, 25.178), (118.668, 25.190), (118.684, 25.177),
)
"""罗溪镇: only its border with Quangang is published."""
YUANZHUANG_OUTLINE: Final = (
    MEETING, (118.74, 25.19), (118.77, 25.20), (118.77, 25.21), (118.80, 25.22), (118.803, 25.240), (118.785, 25.262),
    (118.752, 25.268), (118.722, 25.256), (118.700, 25.232), (118.682, 25.212), (118.668, 25.190), (118.684, 25.177),
)
"""园庄镇: only its border with Quangang is published."""
COUNTY_OUTLINES: Final = {QUANGANG: OUTLINE, LUOJIANG: LUOXI_OUTLINE, XIANYOU: YUANZHUANG_OUTLINE}
# fmt: on


@dataclass(frozen=True, slots=True)
class Town:
    """A town of the sample.

    Args:
        code: 9 digits.
        seat: lon, lat of its seat.
        anchors: lon, lat of points that say which part of the county is its own: a place belongs to the nearest.
        residents: population to model, or None where a share of the county's remainder is taken.
        size: relative population of its villages, percent.
        older: share of people aged 60 and over relative to the county, percent.
        spread: hamlets besides the main settlement of a village, at most.
    """

    code: str
    seat: tuple[float, float]
    anchors: tuple[tuple[float, float], ...]
    residents: int | None = None
    size: int = 100
    older: int = 100
    spread: int = 1


# fmt: off
TOWNS: Final = (
    Town(
        "350505001", (118.908, 25.130), size=165, older=84,
        anchors=(
            (118.908, 25.130), (118.895, 25.124), (118.880, 25.112), (118.868, 25.104), (118.905, 25.145),
            (118.921, 25.122), (118.893, 25.112),
        ),
    ),
    Town(
        "350505100", (118.911, 25.190), size=110,
        anchors=(
            (118.911, 25.190), (118.895, 25.180), (118.925, 25.183), (118.945, 25.176), (118.962, 25.171),
            (118.927, 25.200),
        ),
    ),
    Town(
        "350505101", (118.893, 25.222), size=95,
        anchors=((118.893, 25.222), (118.870, 25.222), (118.915, 25.222), (118.882, 25.208)),
    ),
    Town(
        "350505102", (118.934, 25.150), size=105,
        anchors=((118.934, 25.150), (118.922, 25.160), (118.945, 25.157), (118.928, 25.141)),
    ),
    Town(
        "350505103", (118.940, 25.122), size=130,
        anchors=((118.940, 25.122), (118.935, 25.114), (118.945, 25.130)),
    ),
    Town(
        "350505105", (118.874, 25.142), size=85,
        anchors=((118.874, 25.142), (118.884, 25.158), (118.860, 25.128), (118.862, 25.155)),
    ),
    Town(
        "350505106", (118.835, 25.181), residents=52_400, older=122, spread=3,
        anchors=(
            (118.835, 25.181), (118.80, 25.20), (118.75, 25.18), (118.72, 25.15), (118.76, 25.14), (118.80, 25.13),
            (118.80, 25.165), (118.843, 25.205), (118.838, 25.150),
        ),
    ),
    Town(
        "350505400", (118.950, 25.197),
        anchors=((118.950, 25.197), (118.957, 25.200), (118.963, 25.188)),
    ),
    Town(
        "350504100", (118.672, 25.138), residents=46_743, older=118, spread=3,
        anchors=((118.672, 25.138),),
    ),
    Town(
        "350322107", (118.744, 25.226), residents=27_600, older=124, spread=3,
        anchors=((118.744, 25.226),),
    ),
)
# fmt: on
"""Seats of 山腰 (medium), 南埔 and 涂岭 (±1 km) are published; the others follow the published direction only."""

# fmt: off
AT_SEAT: Final = frozenset({
    "350505001001", "350505100202", "350505101201", "350505102201", "350505103201", "350505105201", "350505106201",
    "350505400498", "350504100201", "350322107001",
})
# fmt: on
"""The unit at a town's seat: the one that carries its name or, where there is none, the first by code."""
FIXED_SITES: Final = {"350505100216": (118.9555, 25.1735)}
"""肖厝: its pier is about 4 km from the island."""

RESIDENTS: Final = 354_296
"""Quangang, census of 2020."""
AGE_SHARES_PER_10000: Final = {"age_0_14": 2_323, "age_15_59": 6_016, "age_60_plus": 1_661}
"""Census of 2020: 0–14 23.23 %; 60–64 5.31 % and 65+ 11.30 % together 16.61 %; 15–59 is the rest."""

VILLAGE_RESIDENTS: Final = {
    ISLAND: 1_400,  # "1,400+"
    "350505106212": 2_122,  # 前欧, about 2008
    "350505106201": 6_368,  # 涂岭村, about 2005
    "350505100214": 6_726,  # 先锋村, about 2005
    "350505101201": 5_131,  # 界山村, about 2005
    INDUSTRIAL: 260,  # not published: few live in the industrial zone
}
"""Published figures of villages, and one that is not (the industrial zone)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A village-level unit: 12-digit code and name, its town (9 digits) and county (6)."""

    code: str
    name: str
    town: str
    town_name: str
    county: str
    county_name: str

    @property
    def is_community(self) -> bool:
        """Whether it is a 社区 (urban) rather than a village."""
        return self.name.endswith("社区居委会") or self.name.endswith("虚拟社区")


def read_units() -> tuple[Unit, ...]:
    """All 136 village units in the order of their codes."""
    path = Path(__file__).with_name("village_units.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            Unit(r["village_code"], r["village_name"], r["town_code"], r["town"], r["county_code"], r["county"])
            for r in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda unit: unit.code))


_FORWARD: Final = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
_BACKWARD: Final = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def to_meters(lonlat: object) -> NDArray[np.float64]:
    """(n, 2) degrees to meters in EPSG:4549, rounded to 1 cm so that no decision hangs on a last bit."""
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return np.round(np.column_stack(_FORWARD.transform(points[:, 0], points[:, 1])), 2)


def to_degrees(xy: object) -> NDArray[np.float64]:
    """(n, 2) meters in EPSG:4549 to degrees with 7 decimals (about 1 cm)."""
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return np.round(np.column_stack(_BACKWARD.transform(points[:, 0], points[:, 1])), 7)


PINYIN: Final = {
    QUANGANG: "Quangang District",
    LUOJIANG: "Luojiang District",
    XIANYOU: "Xianyou County",
    "350505001": "Shanyao Subdistrict",
    "350505100": "Nanpu Town",
    "350505101": "Jieshan Town",
    "350505102": "Houlong Town",
    "350505103": "Fengwei Town",
    "350505105": "Qianhuang Town",
    "350505106": "Tuling Town",
    "350505400": "Petrochemical Industrial Park",
    "350504100": "Luoxi Town",
    "350322107": "Yuanzhuang Town",
    ISLAND: "Huiyu Village",
    "350505101206": "Dongzhang Village",
    "350505102400": "Fulian Community",
    "350505001005": "Jufu Community",
    "350505106212": "Qian'ou Village",
    "350505106219": "Zhangjiao Village",
    "350505001001": "Jinxiang Community",
    "350505100202": "Nanpu Village",
    "350505100214": "Xianfeng Village",
    "350505105201": "Qianhuang Village",
    "350505103201": "Chengfeng Village",
    "350505102201": "Houlong Village",
    "350505106001": "Xingfu Community",
}
"""English names by code (pinyin), where a page needs one; the others stay empty."""


def padded(code: str) -> str:
    """A county or town code as 12 digits."""
    return code.ljust(12, "0")


def short_name(official: str) -> str:
    """惠屿村委会 → 惠屿村; 福炼社区居委会 → 福炼社区; other names stay."""
    if official.endswith("社区居委会"):
        return official.removesuffix("居委会")
    return official.removesuffix("委会")
