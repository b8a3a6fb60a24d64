"""Assessments that several tests look at: the shipped sample, and a real city with made-up centers and districts."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.workspace import SAMPLE, Workspace
from geo.coverage.assessment import Assessment
from geo.coverage.jurisdiction import Jurisdictions
from geo.coverage.pairtable import PairTable
from geo.coverage.supply import Supply
from geo.params import PROFILES, CoverageParams, Cutoffs
from geo.people.residents import Residents
from geo.streets.network import StreetNetwork
from geo.streets.osm import read_osm
from tests.conftest import shared_data

HUIYU = "350505100217"
COUNTIES = ("350322000000", "350504000000", "350505000000")


@cache
def workspace() -> Workspace:
    return Workspace.open(SAMPLE)


@cache
def sample(profile: str = "adult", minutes: tuple[float, ...] = (5.0, 10.0, 15.0)) -> Assessment:
    """The shipped sample."""
    work = workspace()
    return Assessment(
        network=work.network,
        supply=Supply.of(work.centers, work.service_points),
        residents=Residents.of(work.demand),
        jurisdictions=Jurisdictions.of(work.jurisdictions, work.network.crs),
        params=CoverageParams(PROFILES[profile], Cutoffs(minutes)),
    )


@cache
def city_streets() -> StreetNetwork:
    return StreetNetwork.build(read_osm(shared_data("porto_alegre_centre.osm.pbf")))


@cache
def city() -> Assessment:
    """Porto Alegre: real streets and residents; 40 made-up centers; districts on a grid of 2 × 4 × 4 cells."""
    network = city_streets()
    hexagons = pd.read_csv(shared_data("poa_hexgrid.csv"))
    rng = np.random.default_rng(7)
    lived = hexagons[hexagons["population"] > 0]
    chosen = lived.iloc[np.sort(rng.choice(len(lived), 40, replace=False))]
    outlines = grid_jurisdictions(*network.bounds_lonlat, columns=4, rows=4)
    villages = list(outlines.loc[outlines["level"] == "village", "code"])
    governing = [tuple(rng.choice(villages, 1 + i % 3, replace=False)) for i in range(len(chosen))]
    centers = pd.DataFrame(
        {
            "id": [f"c{i:02d}" for i in range(len(chosen))],
            "lon": chosen["lon"].to_numpy(),
            "lat": chosen["lat"].to_numpy(),
            "status": ["planned" if i % 8 == 0 else "open" for i in range(len(chosen))],
            "governing": governing,
        }
    )
    return Assessment(
        network=network,
        supply=Supply.of(centers),
        residents=Residents.of(hexagons),
        jurisdictions=Jurisdictions.of(outlines, network.crs),
        params=CoverageParams(),
    )


def grid_jurisdictions(
    west: float, south: float, east: float, north: float, *, columns: int, rows: int
) -> gpd.GeoDataFrame:
    """Villages on a grid; each column is a town, each half of the columns a county. Codes follow from the place."""
    x, y = np.linspace(west, east, columns + 1), np.linspace(south, north, rows + 1)
    made = []
    for column in range(columns):
        county = f"{350000 + 1 + 2 * column // columns:06d}"
        for row in range(rows):
            village = f"{county}{column + 1:03d}{row + 1:03d}"
            made.append((village, "village", shapely.box(x[column], y[row], x[column + 1], y[row + 1])))
        made.append((f"{county}{column + 1:03d}000", "town", shapely.box(x[column], south, x[column + 1], north)))
    for half in range(2):
        low, high = x[half * columns // 2], x[(half + 1) * columns // 2]
        made.append((f"{350001 + half:06d}000000", "county", shapely.box(low, south, high, north)))
    codes, levels, shapes = zip(*made, strict=True)
    return gpd.GeoDataFrame({"code": codes, "level": levels}, geometry=list(shapes), crs="EPSG:4326")


def pairs_of(seconds: NDArray[np.float64]) -> PairTable:
    """A pair table from times (d, n) with inf for what is out of reach."""
    there = np.isfinite(seconds)
    indptr = np.concatenate(([0], there.sum(axis=1).cumsum())).astype(np.int64)
    return PairTable(indptr, np.nonzero(there)[1].astype(np.int32), seconds[there], seconds.shape[1])
