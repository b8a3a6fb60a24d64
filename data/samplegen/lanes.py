"""Lanes: grown from the roads outwards, house row by house row, until a settlement has as many as its people need."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.samplegen.canvas import Land, Streets
from data.samplegen.facts import to_meters
from data.samplegen.noise import Dice, smooth_noise
from data.samplegen.roads import Roads
from data.samplegen.settlements import Settlement
from data.samplegen.terrain import height_m
from geo.streets.table import CLASS_CODE, STEPS

STEPS_GRADE: Final = 0.22
"""A footway steeper than this has stairs."""
SCRAPS: Final = 9
"""Isolated bits of lane, as real data has them where a mapper forgot to join two ends."""
FIELD_LANES: Final = 520
WORKS_PLACE: Final = (118.9535, 25.1985)
WORKS_RADIUS_M: Final = 1_200.0
WORKS_CORNERS: Final = 75

RESIDENTIAL, LIVING, FOOTWAY, SERVICE, TRACK = (
    CLASS_CODE[c] for c in ("residential", "living_street", "footway", "service", "track")
)
RURAL_CLASSES: Final = (RESIDENTIAL, LIVING, FOOTWAY, FOOTWAY)
URBAN_CLASSES: Final = (RESIDENTIAL, RESIDENTIAL, SERVICE, FOOTWAY)
"""Class of a lane by how many turns lie between it and the road."""


@dataclass(frozen=True, slots=True)
class Style:
    """How lanes grow.

    Args:
        step_m: distance between two possible corners.
        bend: how much a lane wanders, 0 for straight.
        align: pull towards the settlement's own directions, 0 … 1.
        branch: chance of a side lane at a corner, on each side.
        go: chance that a lane goes on after a corner.
        loop: chance that a lane which meets another joins it instead of ending.
        people: residents for each corner.
    """

    step_m: float
    bend: float
    align: float
    branch: float
    go: float
    loop: float
    people: float


VILLAGE: Final = Style(step_m=31.0, bend=0.34, align=0.30, branch=0.42, go=0.90, loop=0.55, people=11.0)
URBAN: Final = Style(step_m=45.0, bend=0.14, align=0.70, branch=0.46, go=0.97, loop=0.92, people=13.0)
WORKS: Final = Style(step_m=130.0, bend=0.03, align=0.92, branch=0.45, go=0.97, loop=0.9, people=1.0)
FIELD: Final = Style(step_m=62.0, bend=0.38, align=0.0, branch=0.14, go=0.86, loop=0.5, people=1.0)


class Growth:
    """One settlement's lanes while they grow: tips in the order of their distance from its middle."""

    def __init__(self, streets: Streets, land: Land, middle: NDArray[np.float64], style: Style, dice: Dice) -> None:
        self.streets, self.land, self.style, self.dice = streets, land, style, dice
        self.middle = (float(middle[0]), float(middle[1]))
        self.axis = (1.0, 0.0)
        self.added = 0
        self._tips: list[tuple[int, int, int, float, float, int]] = []
        self._count = 0

    def seed(self, radius_m: float) -> None:
        """Tips to both sides of every road point around the middle."""
        streets = self.streets
        for rank, k in enumerate(streets.points_within(*self.middle, radius_m)):
            if not streets.around[k]:
                continue
            other = streets.around[k][0]
            dx, dy = _unit(streets.x[other] - streets.x[k], streets.y[other] - streets.y[k])
            if rank == 0:
                self.axis = (dx, dy)
            self.push(k, -dy, dx, 0)
            self.push(k, dy, -dx, 0)

    def push(self, point: int, dx: float, dy: float, level: int) -> None:
        """A tip at a point; what is near the middle, along the axis and on lucky ground grows first."""
        ex, ey = self.streets.x[point] - self.middle[0], self.streets.y[point] - self.middle[1]
        along = ex * self.axis[0] + ey * self.axis[1]
        across = ey * self.axis[0] - ex * self.axis[1]
        whim = self.land.whim(self.streets.x[point], self.streets.y[point])
        priority = int((along * along * 0.7 + across * across * 1.3) * whim * (1.0 + 0.15 * level))
        self._count += 1
        heapq.heappush(self._tips, (priority, self._count, point, dx, dy, level))

    def grow(self, corners: int, classes: tuple[int, ...]) -> None:
        """Add lanes until there are so many corners or no tip is left."""
        while self._tips and self.added < corners:
            _, _, point, dx, dy, level = heapq.heappop(self._tips)
            self._advance(point, dx, dy, level, classes)

    def _advance(self, point: int, dx: float, dy: float, level: int, classes: tuple[int, ...]) -> None:
        streets, style, dice = self.streets, self.style, self.dice
        if len(streets.around[point]) >= 4:
            return
        dx, dy = self._turned(dx, dy)
        length = style.step_m * (0.72 + 0.56 * dice.unit())
        x, y = streets.x[point] + dx * length, streets.y[point] + dy * length
        street_class = classes[min(level, len(classes) - 1)]
        if not self.land.allows(x, y) or self._crowded(point, dx, dy):
            return
        ahead = (streets.x[point] + dx * length * 1.35, streets.y[point] + dy * length * 1.35)
        met = streets.first_crossing(point, *ahead)
        if met is not None:
            if dice.unit() < style.loop:
                self._join(point, met, street_class)
            return
        near = streets.nearest_point(x, y, 0.62 * style.step_m, point)
        if near is not None:
            if dice.unit() < style.loop and self._may_join(point, near):
                streets.add_piece(point, near, street_class)
            return
        tip = streets.add_point(x, y)
        streets.add_piece(point, tip, street_class)
        self.added += 1
        if dice.unit() < style.go:
            self.push(tip, dx, dy, level)
        for side in (1.0, -1.0):
            if dice.unit() < style.branch:
                self.push(tip, -side * dy, side * dx, level + 1)

    def _turned(self, dx: float, dy: float) -> tuple[float, float]:
        """The direction, bent by chance and pulled towards the nearest of the settlement's own."""
        bend = self.style.bend * self.dice.spread()
        dx, dy = dx - bend * dy, dy + bend * dx
        ax, ay = self.axis
        if abs(dx * ax + dy * ay) < abs(dy * ax - dx * ay):
            ax, ay = -ay, ax
        if dx * ax + dy * ay < 0:
            ax, ay = -ax, -ay
        pull = self.style.align
        return _unit((1 - pull) * dx + pull * ax, (1 - pull) * dy + pull * ay)

    def _crowded(self, point: int, dx: float, dy: float) -> bool:
        """Whether a street leaves the point in nearly the same direction (within 35°)."""
        streets = self.streets
        for other in streets.around[point]:
            ox, oy = _unit(streets.x[other] - streets.x[point], streets.y[other] - streets.y[point])
            if ox * dx + oy * dy > 0.82:
                return True
        return False

    def _join(self, point: int, met: tuple[int, float, float], street_class: int) -> None:
        piece, x, y = met
        streets = self.streets
        for end in streets.ends[piece]:
            if (streets.x[end] - x) ** 2 + (streets.y[end] - y) ** 2 < 8.0**2:
                if self._may_join(point, end):
                    streets.add_piece(point, end, street_class)
                return
        if (streets.x[point] - x) ** 2 + (streets.y[point] - y) ** 2 < 8.0**2:
            return
        streets.add_piece(point, streets.split(piece, x, y), street_class)

    def _may_join(self, point: int, other: int) -> bool:
        """Whether a piece between two points crosses nothing and doubles nothing."""
        streets = self.streets
        if other in streets.around[point] or len(streets.around[other]) >= 5:
            return False
        x, y = streets.x[other], streets.y[other]
        dx, dy = _unit(x - streets.x[point], y - streets.y[point])
        if self._crowded(point, dx, dy) or self._crowded(other, -dx, -dy):
            return False
        short = (streets.x[point] + 0.995 * (x - streets.x[point]), streets.y[point] + 0.995 * (y - streets.y[point]))
        return streets.first_crossing(point, *short) is None


def _unit(dx: float, dy: float) -> tuple[float, float]:
    # hypot and powers differ between platforms in the last bit; IEEE's square root does not.
    length = math.sqrt(dx * dx + dy * dy) or 1.0
    return dx / length, dy / length


def grow_lanes(land: shapely.Geometry, roads: Roads, settlements: list[Settlement], island: int) -> Streets:
    """All streets: the roads, every settlement's lanes, lanes into the fields, a few scraps.

    Args:
        land: mainland and island, EPSG:4549.
        roads: what joins the settlements.
        settlements: in the order in which they grow.
        island: village position of the settlement that no road reaches.
    """
    streets, ground = Streets(), Land(land)
    for x, y in roads.xy.tolist():
        streets.add_point(x, y)
    for (a, b), street_class in zip(roads.pieces.tolist(), roads.classes.tolist(), strict=True):
        streets.add_piece(a, b, street_class, grown=False)
    for number, settlement in enumerate(settlements):
        style = URBAN if settlement.urban else VILLAGE
        corners = round(settlement.residents / style.people)
        growth = Growth(streets, ground, settlement.xy, style, Dice(72, number))
        if settlement.village == island:
            _found(streets, ground, settlement.xy)
        growth.seed(120.0 + math.sqrt(settlement.residents * 26.0))
        growth.grow(corners, URBAN_CLASSES if settlement.urban else RURAL_CLASSES)
    _grow_works(streets, ground)
    _grow_fields(streets, ground, len(roads.xy))
    _grow_scraps(streets, ground, settlements)
    _mark_steps(streets)
    return streets


def _found(streets: Streets, ground: Land, xy: NDArray[np.float64]) -> None:
    """The first lane of a settlement without a road: from its western shore, where the boats land, past its middle."""
    step = VILLAGE.step_m
    offsets = np.arange(-20, 21) * step
    wave = 22.0 * smooth_noise(np.column_stack([xy[0] + offsets, np.full(41, xy[1])]), 170, 76)
    spots = np.round(np.column_stack([xy[0] + offsets, xy[1] + wave]), 2).tolist()
    points = [streets.add_point(x, y) for x, y in spots if ground.allows(x, y)]
    for a, b in pairwise(points):
        streets.add_piece(a, b, RESIDENTIAL)


def _grow_fields(streets: Streets, ground: Land, n_road_points: int) -> None:
    """Tracks from the roads into the fields, most of them dead ends."""
    dice = Dice(73)
    for _ in range(FIELD_LANES):
        start = dice.below(n_road_points)
        middle = np.array([streets.x[start], streets.y[start]])
        growth = Growth(streets, ground, middle, FIELD, Dice(74, start))
        other = streets.around[start][0]
        dx, dy = _unit(streets.x[other] - streets.x[start], streets.y[other] - streets.y[start])
        side = 1.0 if dice.below(2) else -1.0
        growth.push(start, -side * dy, side * dx, 0)
        growth.grow(2 + dice.below(8), (TRACK, TRACK))


def _grow_works(streets: Streets, ground: Land) -> None:
    """Wide blocks of works roads in the industrial zone; nobody lives on them."""
    growth = Growth(streets, ground, to_meters(WORKS_PLACE)[0], WORKS, Dice(77))
    growth.seed(WORKS_RADIUS_M)
    growth.grow(WORKS_CORNERS, (CLASS_CODE["unclassified"], CLASS_CODE["unclassified"]))


def _grow_scraps(streets: Streets, ground: Land, settlements: list[Settlement]) -> None:
    """Lanes of three pieces that nothing joins, beside settlements."""
    dice, made = Dice(75), 0
    while made < SCRAPS:
        middle = settlements[dice.below(len(settlements))].xy
        x, y = (float(v) + 500.0 * dice.spread() for v in middle)
        dx, dy = _unit(dice.spread(), dice.spread())
        spots = [(x + 24.0 * k * dx, y + 24.0 * k * dy) for k in range(4)]
        if any(not ground.allows(*spot) or streets.nearest_point(*spot, 32.0, -1) is not None for spot in spots):
            continue
        points = [streets.add_point(*spot) for spot in spots]
        for a, b in pairwise(points):
            streets.add_piece(a, b, SERVICE)
        made += 1


def _mark_steps(streets: Streets) -> None:
    xy = np.column_stack([streets.x, streets.y])
    height = np.round(height_m(xy), 1)
    for piece, (a, b) in enumerate(streets.ends):
        run = math.sqrt(float(((xy[a] - xy[b]) ** 2).sum()))
        if streets.classes[piece] == FOOTWAY and abs(height[a] - height[b]) > STEPS_GRADE * run:
            streets.classes[piece], streets.flags[piece] = CLASS_CODE["steps"], STEPS
