"""Layers of the overview's map: places, uncovered residents, overlap, services, joint centers. No Streamlit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dashboard.map.homes import by_cell
from dashboard.map.layers import DECIMALS, Layer, feature, features, points_of
from dashboard.overview.scope import KINDS, as_text, kind_of, values_of
from data.tables.codes import SERVICE
from geo.coverage.jurisdiction import LEVELS

if TYPE_CHECKING:
    import geopandas as gpd

    from dashboard.overview.overview import Overview

FloatArray = NDArray[np.float64]

PLACE_TOLERANCE_DEG: Final = 5e-5
"""Shaded places are simplified by about five meters; their borders come from the layer of jurisdictions."""

CELL_M: Final = 400.0
"""Uncovered residents are gathered into cells of this width: one circle a cell."""

MOST_REACHING: Final = 3
"""Overlap is told apart up to three centers; more count as three."""

MOST_TONES: Final = 6

SHARE_BREAKS: Final = (0.2, 0.4, 0.6, 0.8)
"""Classes of a share are the same for every profile and cutoff, so that maps can be compared."""
CLASSES: Final = 5

SHADES: Final = ("covered_share", "uncovered", "residents", "elders_share")
"""Indicators that places can be shaded by: columns of `Overview.places`."""
SHARES: Final = ("covered_share", "elders_share")

KEPT: Final = 16
"""Layers of the overviews looked at last that are not made anew."""

TONES: Final = ("status", "stars", "layout", "batch", "kind")
"""What the centers' color can tell."""


@lru_cache(maxsize=KEPT)
def centers_layer(overview: Overview, snapped: frozenset[str], tone: str) -> Layer:
    """Centers that count; `tone` numbers the value that the color tells (-1: none), `away` marks other towns' ones.

    Args:
        overview: whose centers.
        snapped: ids of the centers that stand on the streets.
        tone: what the color tells.
    """
    centers = overview.centers
    facts = (
        {
            "id": row.id,
            "name": row.name,
            "name_en": _text(row.name_en),
            "status": row.status,
            "joint": bool(row.joint),
            "snapped": row.id in snapped,
            "tone": number,
            "away": not row.listed,
        }
        for row, number in zip(centers.itertuples(index=False), tone_numbers(centers, tone), strict=True)
    )
    return Layer.of(features(facts, points_of(centers)))


def tone_values(centers: pd.DataFrame, tone: str) -> list[str]:
    """Values that a color mode tells apart, in order; at most MOST_TONES."""
    if tone == "status":
        return []
    if tone == "kind":
        found = set(kind_of(centers))
        return [kind for kind in KINDS if kind in found]
    return values_of(centers, tone)[:MOST_TONES]


def tone_numbers(centers: pd.DataFrame, tone: str) -> list[int]:
    """Number of each center's value among `tone_values`, -1 for none."""
    if tone == "status" or centers.empty:
        return [-1] * len(centers)
    values = {value: i for i, value in enumerate(tone_values(centers, tone))}
    column = pd.Series(kind_of(centers)) if tone == "kind" else as_text(centers[tone])
    return [values.get(value, -1) for value in column]


def places_layer(jurisdictions: gpd.GeoDataFrame) -> Layer:
    """The finest jurisdictions as areas with code and names; what is known of them comes as facts."""
    if jurisdictions.empty:
        return Layer.of([])
    finest = max(jurisdictions["level"].map(LEVELS.index))
    rows = jurisdictions[jurisdictions["level"] == LEVELS[finest]]
    outlines = shapely.simplify(np.asarray(rows.geometry.values), PLACE_TOLERANCE_DEG)
    names = (
        {"code": row.code, "name": row.name, "name_en": _text(row.name_en)} for row in rows.itertuples(index=False)
    )
    return Layer.of(features(names, outlines))


def facts_layer(overview: Overview, shade: str | None, breaks: Sequence[float]) -> Layer:
    """What is known of each place, by code; features without geometry. `tone` is its class, -1 for none."""
    columns = ["code", "residents", "covered", "uncovered", "covered_share", "elders_share", "centers_open"]
    rows = overview.places[columns]
    tones = classes(overview.places[shade], breaks) if shade in SHADES else [-1] * len(rows)
    lines = []
    for record, tone in zip(rows.to_dict("records"), tones, strict=True):
        facts = {str(k): _number(v) for k, v in record.items()} | {"tone": tone}
        lines.append(f'{{"type":"Feature","geometry":null,"properties":{json.dumps(facts)}}}')
    return Layer.of(lines)


def breaks_of(overview: Overview, shade: str | None) -> tuple[float, ...]:
    """Upper bounds of all classes but the last: fixed ones for shares, quantiles in round numbers for counts."""
    if shade is None or shade not in SHADES or overview.places.empty:
        return ()
    values = overview.places[shade].to_numpy(np.float64)
    if shade == "covered_share":
        return SHARE_BREAKS
    if not np.isfinite(values).any():
        return ()
    quantiles = np.nanquantile(values, np.linspace(0, 1, CLASSES + 1)[1:-1])
    digits = 2 if shade in SHARES else -1
    return tuple(np.unique(np.round(quantiles, digits)).tolist())


def classes(values: pd.Series[float], breaks: Sequence[float]) -> list[int]:
    """Class of each value, -1 where it is not known; a value on a bound belongs to the class above."""
    found = np.searchsorted(np.asarray(breaks), values.to_numpy(np.float64), side="right")
    return np.where(values.isna(), -1, found).tolist()  # type: ignore[no-any-return]


@lru_cache(maxsize=KEPT)
def uncovered_layer(overview: Overview) -> Layer:
    """Uncovered residents as points with their number `n`, one a cell, at the middle of its residents."""
    people, assessment = overview.uncovered, overview.ground.assessment
    # The largest come first: the small ones are drawn over them.
    middle, total = by_cell(assessment.xy, people, CELL_M, assessment.residents.lonlat)
    return Layer.of(features(({"n": round(number, 1)} for number in total.tolist()), shapely.points(middle)))


@lru_cache(maxsize=KEPT)
def overlap_layer(overview: Overview) -> Layer:
    """Homes by how many centers reach them: one feature a number, from 1 to MOST_REACHING."""
    lonlat = overview.ground.assessment.residents.lonlat.round(DECIMALS)
    counted = overview.ground.weight > 0
    reaching = np.minimum(overview.reaching, MOST_REACHING)
    made = []
    for number in range(1, MOST_REACHING + 1):
        at = counted & (reaching == number)
        if at.any():
            made.append(feature({"n": number}, shapely.multipoints(lonlat[at])))
    return Layer.of(made)


def services_layer(service_points: pd.DataFrame, centers: pd.DataFrame, service: str | None) -> Layer:
    """Addresses of the centers shown, with the numbers of the services that are given there, in the code list's order.

    Args:
        service_points: typed by `data.tables.schema.SERVICE_POINTS`.
        centers: those that are shown.
        service: only addresses that give it.
    """
    rows = service_points[service_points["center"].isin(centers["id"])]
    if service is not None:
        rows = rows[rows["service"] == service]
    number = {code: i for i, code in enumerate(SERVICE.ids)}
    given: dict[tuple[str, float, float], set[int]] = {}
    for center, service_id, lon, lat in zip(
        *(rows[name].tolist() for name in ("center", "service", "lon", "lat")), strict=True
    ):
        given.setdefault((center, lon, lat), set()).add(number[service_id])
    return Layer.of(
        feature({"center": center, "services": sorted(numbers)}, shapely.Point(lon, lat))
        for (center, lon, lat), numbers in sorted(given.items())
    )


def joint_layer(centers: pd.DataFrame, jurisdictions: gpd.GeoDataFrame) -> Layer:
    """Joint centers shown: the outlines of those who govern them, and a line to each."""
    outline = dict(zip(jurisdictions["code"], jurisdictions.geometry, strict=True))
    made = []
    for row in centers[centers["joint"].astype(bool)].itertuples(index=False):
        for code in _codes(row.governing):
            if code not in outline:
                continue
            area = shapely.simplify(outline[code], PLACE_TOLERANCE_DEG)
            middle = shapely.point_on_surface(outline[code])
            made.append(feature({"kind": "area"}, area))
            made.append(feature({"kind": "line"}, shapely.LineString([(row.lon, row.lat), middle])))
    return Layer.of(made)


def _codes(cell: object) -> tuple[str, ...]:
    return cell if isinstance(cell, tuple) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> object:
    """A figure as JSON has it: rounded, null for one that is not known."""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else round(number, 4)
