"""Residents as demand points along the lanes of their village, by age group. Places are synthetic, totals published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.samplegen.canvas import Streets
from data.samplegen.facts import AGE_SHARES_PER_10000, QUANGANG
from data.samplegen.noise import Dice
from data.samplegen.settlements import TOWN_OF, shared_out
from data.samplegen.villages import Villages
from geo.streets.table import CLASS_CODE

PEOPLE_PER_POINT: Final = 34
HOUSE_M: Final = (5.0, 14.0)
"""A house stands this far beside its lane."""
LIVED_ON: Final = tuple(CLASS_CODE[c] for c in ("residential", "living_street", "service", "footway", "steps"))


@dataclass(frozen=True, slots=True)
class Residents:
    """n demand points.

    Attributes:
        xy: float64 (n, 2), EPSG:4549.
        village: int64 (n,), position of the village unit.
        ages: int64 (n, 3), residents aged 0–14, 15–59, 60 and over.
    """

    xy: NDArray[np.float64]
    village: NDArray[np.int64]
    ages: NDArray[np.int64]


def house_residents(villages: Villages, residents: Sequence[int], streets: Streets) -> Residents:
    """Place every village's residents on its lanes and split them by age."""
    by_village = _lanes_by_village(villages, streets)
    places: list[NDArray[np.float64]] = []
    village: list[int] = []
    people: list[int] = []
    for i, count in enumerate(residents):
        dice = Dice(81, int(villages.units[i].code))
        wanted = max(3, round(count / PEOPLE_PER_POINT))
        xy = _houses(villages.polygons[i], streets, by_village[i], wanted, dice)
        places.append(xy)
        village += [i] * len(xy)
        people += shared_out(count, [40 + dice.below(80) + 60 * (dice.below(6) == 0) for _ in range(len(xy))])
    ages = np.zeros((len(people), 3), dtype=np.int64)
    counties = np.array([villages.units[i].county for i in village])
    older = np.array([_older(villages, i) for i in village])
    for county in sorted(set(counties.tolist())):
        # Each county is closed in itself, so that the published one adds up; its shares stand in for its neighbors'.
        mine = np.flatnonzero(counties == county)
        ages[mine] = _split_by_age(np.array(people)[mine], older[mine])
    return Residents(np.vstack(places), np.array(village), ages)


def _older(villages: Villages, i: int) -> int:
    """Weight of age 60+ in a village, percent: more in the hills, less where it is urban."""
    unit = villages.units[i]
    return TOWN_OF[unit.town].older + Dice(82, int(unit.code)).below(21) - 10 + (12 if unit.county != QUANGANG else 0)


def _split_by_age(people: NDArray[np.int64], older: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole people by age so that every row and, for the shares of the census, every column adds up exactly.

    The columns' totals are shared out by the largest remainder, first 60+, then 0–14; 15–59 is the rest.
    """
    totals = shared_out(int(people.sum()), list(AGE_SHARES_PER_10000.values()))
    old = np.array(shared_out(totals[2], [int(p * w) for p, w in zip(people, older, strict=True)]))
    young = np.array(shared_out(totals[0], [int(p * (220 - w)) for p, w in zip(people, older, strict=True)]))
    return np.column_stack([young, people - young - old, old])


def _lanes_by_village(villages: Villages, streets: Streets) -> list[NDArray[np.int64]]:
    """Pieces with houses by the village that holds their middle."""
    xy = np.column_stack([streets.x, streets.y])
    ends = np.array(streets.ends)
    lived = np.flatnonzero(np.array(streets.grown) & np.isin(streets.classes, LIVED_ON))
    middle = shapely.points((xy[ends[lived, 0]] + xy[ends[lived, 1]]) / 2)
    tree = shapely.STRtree(middle)
    return [lived[np.sort(tree.query(polygon, predicate="contains_properly"))] for polygon in villages.polygons]


def _houses(
    polygon: shapely.Geometry, streets: Streets, pieces: NDArray[np.int64], wanted: int, dice: Dice
) -> NDArray[np.float64]:
    """Places beside lanes, spread evenly over the pieces (n, 2); every place lies inside the village."""
    found = []
    for k in range(wanted):
        a, b = streets.ends[int(pieces[(k * len(pieces)) // wanted])]
        share = 0.25 + 0.5 * dice.unit()
        dx, dy = streets.x[b] - streets.x[a], streets.y[b] - streets.y[a]
        length = math.sqrt(dx * dx + dy * dy)
        aside = (HOUSE_M[0] + (HOUSE_M[1] - HOUSE_M[0]) * dice.unit()) * (1 if dice.below(2) else -1) / length
        x, y = streets.x[a] + share * dx, streets.y[a] + share * dy
        choices = [(x - aside * dy, y + aside * dx), (x + aside * dy, y - aside * dx)]
        choices.append(((streets.x[a] + streets.x[b]) / 2, (streets.y[a] + streets.y[b]) / 2))
        found.append(next(c for c in choices if polygon.contains(shapely.Point(*c).buffer(0.1))))
    return np.asarray(np.round(np.array(found), 2), dtype=np.float64)
