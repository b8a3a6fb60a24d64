"""Siting scenarios of the sample, so that the page has something to compare; all synthetic, nobody's plan.

Both put new centers into the middle of villages that have none: one where most people live, one in every town.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.samplegen.centers import MARK
from data.samplegen.facts import AS_OF, QUANGANG, SYNTHETIC, to_degrees
from data.samplegen.villages import Villages
from data.tables.changes import Change, written

PLAN_COLUMNS: Final = (
    "id", "name", "name_en", "changes", "profile", "minutes", "made", "changed", "source", "quality", "note",
)  # fmt: skip
LARGEST: Final = 5


def plans(villages: Villages, residents: Sequence[int], centers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the table `scenarios`.

    Args:
        residents: n, of each village.
        centers: rows of the centers, as written.
    """
    homes = {center["home"] for center in centers}
    free = [i for i, unit in enumerate(villages.units) if unit.county == QUANGANG and unit.code not in homes]
    free.sort(key=lambda i: (-residents[i], villages.units[i].code))
    by_town = {villages.units[i].code[:9]: i for i in reversed(free)}  # of a town the largest, written last
    return [
        _row("s-largest", "人口最多的五个村社", "The five largest villages", villages, free[:LARGEST]),
        _row("s-towns", "每个镇街各一处", "One in every town", villages, [by_town[town] for town in sorted(by_town)]),
    ]


def _row(key: str, name: str, name_en: str, villages: Villages, places: Sequence[int]) -> dict[str, Any]:
    lonlat = to_degrees(villages.sites[list(places)]).tolist()
    return {
        "id": key,
        "name": name,
        "name_en": name_en,
        "changes": written(Change("new", "", (lon, lat)) for lon, lat in lonlat),
        "profile": "adult",
        "minutes": 15,
        "made": AS_OF,
        "changed": AS_OF,
        "source": MARK,
        "quality": SYNTHETIC,
        "note": "",
    }
