"""Layers of the map of sharing: catchments cut along borders, arrows, gaps, shareable sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray

from dashboard.choice import place_text
from dashboard.map.layers import OUTLINE_TOLERANCE_DEG, Layer, feature
from geo.crs import WGS84

if TYPE_CHECKING:
    from geo.coverage.assessment import Assessment
    from geo.coverage.sharing import SharingOption

Names = Mapping[str, tuple[str, str]]
"""Code → name in Chinese and in English ("" where there is none)."""

MANY_UNCOVERED: Final = 1_000
"""Residents of a gap from which it is drawn in the stronger color."""

RANKED: Final = 12
"""Gaps and sites that wear their rank on the map; the others are drawn without."""


def divided_layer(
    assessment: Assessment,
    catchments: NDArray[np.object_],
    ids: Sequence[str],
    level: str,
    service: str | None = None,
) -> Layer:
    """Catchments of the open centers cut along the borders of a level; `across` marks what lies on others' ground.

    Args:
        assessment: of the same centers.
        catchments: object (n,) of polygons in meters, by center.
        ids: n centers in the same order.
        level: one of `geo.coverage.jurisdiction.LEVELS`.
        service: only of the centers that give it; None for all.
    """
    supply, units = assessment.supply, assessment.jurisdictions
    if not len(units):
        return Layer.of([])
    number = {center: i for i, center in enumerate(supply.ids)}
    order = np.array([number[center] for center in ids], dtype=np.int64)
    gives = np.ones(len(supply), dtype=np.bool_)
    if service is not None:
        doors = supply.gives[:, supply.services.index(service)]
        gives = np.bincount(supply.door_center[doors], minlength=len(supply)) > 0
    at = np.flatnonzero((supply.open & gives)[order])
    homes = np.array([units.number.get(code, -1) for code in supply.home], dtype=np.int32)
    site = units.rolled_up(homes, level)
    which, unit, parts = units.divided(catchments[at], level)
    across = unit != site[order[at[which]]]
    shapes = shapely.simplify(np.asarray(GeoSeries(parts, crs=units.crs).to_crs(WGS84)), OUTLINE_TOLERANCE_DEG)
    draw = np.argsort(across, kind="stable")  # what crosses a border is drawn over what does not
    return Layer.of(
        feature({"id": ids[at[which[i]]], "code": units.codes[unit[i]], "across": bool(across[i])}, shapes[i])
        for i in draw
        if not shapes[i].is_empty
    )


def flow_layer(arrows: GeoDataFrame, names: Names) -> Layer:
    """Arrows over borders with their residents; the small ones are drawn last, over the large ones.

    Args:
        arrows: of `Assessment.arrows`.
        names: of the units.
    """
    rows = zip(arrows["home"], arrows["center"], arrows["residents"], arrows.geometry, strict=True)
    return Layer.of(
        feature({**_named(names, home), "center": center, "people": round(float(people), 1)}, line)
        for home, center, people, line in rows
    )


def gap_layer(places: GeoDataFrame, areas: GeoDataFrame, names: Names) -> Layer:
    """Areas of all gaps, and the ranks of the largest at their places.

    Args:
        places, areas: of `Gaps.to_frame`, in EPSG:4326.
        names: of the units.
    """
    tones = (places["residents"] >= MANY_UNCOVERED).astype(int)
    features = [feature({"tone": int(t)}, shape) for t, shape in zip(tones, areas.geometry, strict=True)]
    rows = list(zip(places["rank"], places["code"], places["residents"], places.geometry, strict=True))[:RANKED]
    features += [_ranked(int(rank), _named(names, code), people, place) for rank, code, people, place in reversed(rows)]
    return Layer.of(features)


def site_layer(options: Sequence[SharingOption], lonlat: NDArray[np.float64], called: Sequence[str]) -> Layer:
    """Ranks of the best shareable sites.

    Args:
        options: best first.
        lonlat: float64 (o, 2) of their sites.
        called: the communities that would share each.
    """
    rows = list(enumerate(zip(options, lonlat, called, strict=True), start=1))[:RANKED]
    return Layer.of(
        _ranked(rank, {"name": name, "name_en": name}, option.gain, shapely.Point(place))
        for rank, (option, place, name) in reversed(rows)
    )


def _named(names: Names, code: str) -> dict[str, object]:
    name, name_en = names.get(code, (code, ""))
    return {"name": name, "name_en": name_en}


def _ranked(rank: int, named: dict[str, object], people: float, place: shapely.Point) -> str:
    text = place_text((place.x, place.y))
    return feature({"rank": rank, "people": round(float(people), 1), "place": text, **named}, place)
