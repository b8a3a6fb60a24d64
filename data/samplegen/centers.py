"""The 14 pilot centers and their service points: seven named in the report, seven stand-ins, all places synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.samplegen.canvas import Streets
from data.samplegen.facts import (
    APPROXIMATE,
    ISLAND,
    MEETING,
    PINYIN,
    QUANGANG,
    SYNTHETIC,
    padded,
    short_name,
    to_degrees,
    to_meters,
)
from data.samplegen.noise import Dice
from data.samplegen.residents import LIVED_ON
from data.samplegen.settlements import shared_out
from data.samplegen.villages import Villages

# fmt: off
CENTER_COLUMNS: Final = (
    "id", "name", "name_en", "lon", "lat", "home", "governing", "layout", "batch", "status", "demonstration", "joint",
    "opened", "operating_model", "stars", "floor_area_m2", "source", "quality", "note",
)
POINT_COLUMNS: Final = (
    "id", "center", "service", "name", "lon", "lat", "capacity", "capacity_unit", "source", "quality",
)
# fmt: on

JOINT: Final = "joint"
JOINT_GOVERNING: Final = ("350505106", "350504100", "350322107")
KIOSKS: Final = 35
"""Self-service machines in centers (published); how many stand where is synthetic."""
PIER_M: Final = 600.0
"""The island's pier faces the mainland: at the western end of its lanes."""
BESIDE_M: Final = 9.0
"""A center or service point stands this far beside its lane."""
LINKED_M: Final = (90.0, 380.0)
CLUSTERED_M: Final = (25.0, 130.0)
"""Straight distance of a service point from its center, by layout."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """One of the 14 pilots.

    Args:
        home: 12-digit code of its village unit, or JOINT.
        layout, batch, status, opened: synthetic, but that 东张 opened with January 2022.
        named: the report names it, as a demonstration center or as the joint one.
        operating_model: where published.
        floor_area_m2: where published.
        note: what of the row is published.
    """

    home: str
    layout: str
    batch: int
    status: str
    opened: str
    named: bool = False
    operating_model: str = ""
    floor_area_m2: str = ""
    note: str = ""


# fmt: off
PILOTS: Final = (
    Pilot(ISLAND, "single_site", 1, "open", "2022-03-18", named=True,
          note="公开：示范点，位于感恩码头旁，海岛村无步行通道；其余为示意。"
               "Published: demonstration center by the pier."),
    Pilot("350505101206", "single_site", 1, "open", "2022-01-31", named=True, operating_model="social_organization",
          floor_area_m2="5000",
          note="公开：示范点，2021年11月至2022年1月建成，近5000平方米，社会组织与志愿者运营；日期中的日为示意。"
               "Published: demonstration center, built Nov 2021 – Jan 2022, nearly 5,000 m²; the day is synthetic."),
    Pilot("350505102400", "linked_points", 1, "open", "2022-04-22", named=True, operating_model="property_company",
          note="公开：示范点，物业公司运营；其余为示意。Published: demonstration center, run with a property company."),
    Pilot("350505001005", "clustered", 1, "open", "2022-05-13", named=True,
          note="公开：示范点；其余为示意。Published: demonstration center."),
    Pilot("350505106212", "linked_points", 1, "open", "2022-05-27", named=True,
          note="公开：示范点；其余为示意。Published: demonstration center."),
    Pilot("350505106219", "single_site", 2, "open", "2022-06-24", named=True,
          note="公开：示范点；其余为示意。Published: demonstration center."),
    Pilot(JOINT, "clustered", 2, "open", "2022-08-12", named=True,
          note="公开：三镇交界处的联域中心；其余为示意。Published: the joint center where the three towns meet."),
    Pilot("350505001001", "clustered", 2, "open", "2022-09-09"),
    Pilot("350505100202", "linked_points", 2, "open", "2022-09-30"),
    Pilot("350505105201", "single_site", 2, "open", "2022-10-21"),
    Pilot("350505103201", "linked_points", 3, "open", "2022-12-16"),
    Pilot("350505100214", "single_site", 3, "open", "2023-03-10"),
    Pilot("350505106001", "single_site", 3, "building", ""),
    Pilot("350505102201", "linked_points", 3, "planned", ""),
)

SERVICES: Final = {
    "childcare": ("托幼托教中心", "托位", (20, 60, 5)),
    "elderly_care": ("养老照料中心", "床", (10, 40, 5)),
    "health": ("健康小屋", "诊位", (1, 4, 1)),
    "food": ("邻里食堂", "座", (40, 120, 10)),
    "culture": ("口袋公园", "座", (20, 80, 10)),
    "public_affairs": ("政务自助服务区", "台", (1, 4, 1)),
}
"""Service → facility as the report names it, unit, and least, most and step of a synthetic capacity."""

EXTRAS: Final = {6: "乡村振兴馆", 10: "福船工坊", 2: "北管研习社", 3: "永嘉国潮夜市"}
"""Published names of extras; which pilot (by position) has one is not published: synthetic."""
# fmt: on

MARK: Final = "示意 synthetic"
"""What the source of a modeled row says first."""


class Plots:
    """Places beside lanes where people live, for centers and service points."""

    def __init__(self, streets: Streets) -> None:
        xy, ends = np.column_stack([streets.x, streets.y]), np.array(streets.ends)
        lived = ends[np.array(streets.grown) & np.isin(streets.classes, LIVED_ON)]
        self.xy = self._beside(xy, lived)
        self.on_road = self._beside(xy, ends[~np.array(streets.grown) & (np.array(streets.classes) <= 4)])

    @staticmethod
    def _beside(xy: NDArray[np.float64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
        a, b = xy[ends[:, 0]], xy[ends[:, 1]]
        along = (b - a) / np.sqrt(((b - a) ** 2).sum(axis=1))[:, None]
        return np.round((a + b) / 2 + BESIDE_M * np.column_stack([-along[:, 1], along[:, 0]]), 2)

    @staticmethod
    def nearest(
        places: NDArray[np.float64], polygon: shapely.Geometry, target: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The place in a polygon nearest to a target."""
        inside = places[shapely.contains_xy(polygon, places)]
        return np.asarray(inside[np.argmin(np.round(((inside - target) ** 2).sum(axis=1), 2))])

    def within(
        self, polygon: shapely.Geometry, target: NDArray[np.float64], distance_m: tuple[float, float]
    ) -> NDArray[np.float64]:
        """The places in a polygon between two distances from a target (n, 2)."""
        apart = np.sqrt(((self.xy - target) ** 2).sum(axis=1))
        near = self.xy[(apart >= distance_m[0]) & (apart <= distance_m[1])]
        return np.asarray(near[shapely.contains_xy(polygon, near)])


def pilots(villages: Villages, streets: Streets) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of centers and of service points, ready to write."""
    plots = Plots(streets)
    centers, points = [], []
    for k, pilot in enumerate(PILOTS):
        village = _meeting_village(villages) if pilot.home == JOINT else villages.index(pilot.home)
        xy = _place(pilot, plots, villages, village)
        around = _surroundings(villages, xy) if pilot.home == JOINT else villages.polygons[village]
        centers.append(_center(k, pilot, villages, village, xy))
        points += _service_points(k, pilot, plots, around, xy)
    _spread_kiosks(points)
    return centers, points


def _place(pilot: Pilot, plots: Plots, villages: Villages, village: int) -> NDArray[np.float64]:
    """In the middle of the main settlement; the joint center at the meeting point, the island's by its pier."""
    polygon, middle = villages.polygons[village], villages.sites[village]
    if pilot.home == JOINT:
        return plots.nearest(plots.on_road, polygon, to_meters(MEETING)[0])
    if pilot.home == ISLAND:
        return plots.nearest(plots.xy, polygon, middle - np.array([PIER_M, 0.0]))
    return plots.nearest(plots.xy, polygon, middle)


def _meeting_village(villages: Villages) -> int:
    """Of Quangang's villages at the meeting point, the first by code."""
    meeting = shapely.Point(*to_meters(MEETING)[0]).buffer(1.0)
    return next(
        i
        for i, polygon in enumerate(villages.polygons)
        if villages.units[i].county == QUANGANG and polygon.intersects(meeting)
    )


def _surroundings(villages: Villages, xy: NDArray[np.float64]) -> shapely.Geometry:
    """The land of all three counties around a place."""
    return shapely.intersection(shapely.union_all(list(villages.polygons)), shapely.Point(*xy).buffer(LINKED_M[1]))


def _center(k: int, pilot: Pilot, villages: Villages, village: int, xy: NDArray[np.float64]) -> dict[str, Any]:
    unit = villages.units[village]
    joint = pilot.home == JOINT
    name = "涂岭—罗溪—园庄联域" if joint else short_name(unit.name)
    english = "Tuling–Luoxi–Yuanzhuang Joint" if joint else PINYIN[unit.code]
    lon, lat = to_degrees(xy)[0]
    stand_in = not pilot.named
    return {
        "id": f"qg-{k + 1:02d}",
        "name": f"{name}“党建+”邻里中心{'（示意）' if stand_in else ''}",
        "name_en": f"{english} Neighborhood Center{' (illustrative)' if stand_in else ''}",
        "lon": f"{lon:.7f}",
        "lat": f"{lat:.7f}",
        "home": unit.code,
        "governing": ";".join(padded(code) for code in JOINT_GOVERNING) if joint else unit.code,
        "layout": pilot.layout,
        "batch": pilot.batch,
        "status": pilot.status,
        "demonstration": str(pilot.named and not joint).lower(),
        "joint": str(joint).lower(),
        "opened": pilot.opened,
        "operating_model": pilot.operating_model,
        "stars": "",
        "floor_area_m2": pilot.floor_area_m2,
        "source": f"{MARK}；名称见泉港区公开报道 2022 (name: public report)" if pilot.named else MARK,
        "quality": APPROXIMATE if pilot.home == ISLAND else SYNTHETIC,
        "note": pilot.note
        or "示意：七个未公布名称的试点之一。Illustrative: one of seven pilots whose names are not published.",
    }


def _service_points(
    k: int, pilot: Pilot, plots: Plots, polygon: shapely.Geometry, xy: NDArray[np.float64]
) -> list[dict[str, Any]]:
    """One to eight service points; not every center has all six services."""
    dice = Dice(91, k)
    missing = {dice.below(6) for _ in range(dice.below(2) if pilot.named else 2 + dice.below(3))}
    services = [service for i, service in enumerate(SERVICES) if i not in missing]
    services += ["extra"] if k in EXTRAS else []
    places = _addresses(pilot.layout, len(services), plots, polygon, xy, dice)
    rows = []
    for i, (service, place) in enumerate(zip(services, places, strict=True)):
        name, unit, (least, most, step) = SERVICES.get(service, (EXTRAS.get(k, ""), "", (0, 0, 1)))
        lon, lat = to_degrees(place)[0]
        rows.append(
            {
                "id": f"qg-{k + 1:02d}-{i + 1}",
                "center": f"qg-{k + 1:02d}",
                "service": service,
                "name": name,
                "lon": f"{lon:.7f}",
                "lat": f"{lat:.7f}",
                "capacity": least + step * dice.below((most - least) // step + 1) if unit else "",
                "capacity_unit": unit,
                "source": f"{MARK}；名称公开，归属未公布 (which center has it is not published)" if not unit else MARK,
                "quality": SYNTHETIC,
            }
        )
    return rows


def _addresses(
    layout: str, count: int, plots: Plots, polygon: shapely.Geometry, xy: NDArray[np.float64], dice: Dice
) -> list[NDArray[np.float64]]:
    """A place for each service: all at the center, or the first there and the others around it."""
    if layout == "single_site":
        return [xy] * count
    around = plots.within(polygon, xy, LINKED_M if layout == "linked_points" else CLUSTERED_M)
    places = [xy]
    while len(places) < count:
        far = np.min([((around - place) ** 2).sum(axis=1) for place in places], axis=0)
        # Spread out, but not always to the very farthest corner.
        order = np.argsort(-np.round(far, 2), kind="stable")
        places.append(around[order[dice.below(min(8, len(order)))]])
    return places


def _spread_kiosks(points: list[dict[str, Any]]) -> None:
    """Make the machines in the centers add up to the published number."""
    rows = [row for row in points if row["service"] == "public_affairs"]
    for row, count in zip(rows, shared_out(KIOSKS, [int(row["capacity"]) for row in rows]), strict=True):
        row["capacity"] = count
        row["source"] = f"{MARK}；合计{KIOSKS}台为公开数 (only the total of {KIOSKS} is published)"
