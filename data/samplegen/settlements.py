"""Settlements: how many people each village has and in which clusters of houses they live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.samplegen.facts import ISLAND, MEETING, QUANGANG, RESIDENTS, TOWNS, VILLAGE_RESIDENTS, Town, Unit, to_meters
from data.samplegen.noise import hashed, smooth_noise
from data.samplegen.terrain import height_m, slope
from data.samplegen.villages import Villages

HAMLET_INSET_M: Final = 140.0
HAMLET_SPACING_M: Final = 520.0
HAMLET_SHARE_PCT: Final = 16
"""Residents of a village in each of its hamlets; the main settlement has the rest."""
TOWN_OF: Final = {town.code: town for town in TOWNS}


@dataclass(frozen=True, slots=True)
class Settlement:
    """A cluster of houses.

    Args:
        xy: its middle, EPSG:4549.
        village: position of its village unit.
        residents: how many people it is laid out for.
        urban: semi-regular blocks instead of village lanes.
    """

    xy: NDArray[np.float64]
    village: int
    residents: int
    urban: bool = False


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """A whole number in proportion to whole weights by the largest remainder (ties: the first), sum kept exactly."""
    whole = sum(weights)
    counts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in order[: total - sum(counts)]:
        counts[i] += 1
    return counts


def village_residents(units: Sequence[Unit]) -> list[int]:
    """Residents by unit: published figures stay, the rest of each total is shared out by lognormal-like weights."""
    counts = [VILLAGE_RESIDENTS.get(unit.code, 0) for unit in units]
    for town in TOWNS:
        if town.residents is not None:
            _fill(counts, units, [i for i, unit in enumerate(units) if unit.town == town.code], town.residents)
    _fill(counts, units, [i for i, unit in enumerate(units) if unit.county == QUANGANG], RESIDENTS)
    return counts


def _fill(counts: list[int], units: Sequence[Unit], members: list[int], total: int) -> None:
    """Share out what the members that have a figure leave of a total."""
    empty = [i for i in members if counts[i] == 0]
    rest = total - sum(counts[i] for i in members)
    for i, count in zip(empty, shared_out(rest, [_weight(units[i]) for i in empty]), strict=True):
        counts[i] = count


def _weight(unit: Unit) -> int:
    """A product of three uniform draws: skewed to the right like the sizes of real villages."""
    draws = [60 + hashed(51, int(unit.code), k) % 81 for k in range(3)]
    community = 130 if unit.is_community else 100
    return draws[0] * draws[1] * draws[2] * TOWN_OF[unit.town].size * community // 10_000


def lay_out(villages: Villages, residents: Sequence[int]) -> list[Settlement]:
    """Main settlements in the order of the villages, then the hamlets."""
    places = [*villages.sites]
    mains, hamlets = [], []
    for i, unit in enumerate(villages.units):
        town = TOWN_OF[unit.town]
        sites = [] if unit.code == ISLAND else _hamlet_sites(villages, i, town, places)
        places += sites
        small = residents[i] * HAMLET_SHARE_PCT // 100
        hamlets += [Settlement(xy, i, small) for xy in sites]
        mains.append(Settlement(villages.sites[i], i, residents[i] - small * len(sites), unit.is_community))
    return mains + hamlets


def _hamlet_sites(
    villages: Villages, i: int, town: Town, places: list[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Fit points inside a village away from other settlements; one of them by the meeting point where it is near."""
    wanted = hashed(61, int(villages.units[i].code)) % (town.spread + 1)
    inner = villages.polygons[i].buffer(-HAMLET_INSET_M)
    west, south, east, north = (np.floor(v / 60.0) * 60.0 for v in inner.bounds)
    grid = np.stack(np.meshgrid(np.arange(west, east, 60.0), np.arange(south, north, 60.0)), axis=-1).reshape(-1, 2)
    points = grid[shapely.contains_xy(inner, grid)]
    unfit = np.round(height_m(points) / 150.0 + 7.0 * slope(points) + 0.5 * smooth_noise(points, 400, 62), 6)
    to_meeting = np.sqrt(((points - to_meters(MEETING)[0]) ** 2).sum(axis=1))
    unfit = np.where(to_meeting < 420.0, unfit - 100.0, unfit)
    if len(points) and to_meeting.min() < 420.0:
        wanted = max(wanted, 1)
    sites: list[NDArray[np.float64]] = []
    for k in np.lexsort((np.arange(len(points)), unfit)):
        if len(sites) == wanted:
            break
        spacing = HAMLET_SPACING_M if to_meeting[k] >= 420.0 else 260.0
        others = np.array(places + sites)
        if (((others - points[k]) ** 2).sum(axis=1) >= spacing * spacing).all():
            sites.append(points[k])
    return sites
