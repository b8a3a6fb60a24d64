"""The embedded sample workspace: Quangang and its neighbors 罗溪镇 and 园庄镇, schematic and synthetic.

    python -m data.sample [FOLDER]

makes it anew, byte for byte, in `data/sample/` or in FOLDER. What in it is published: names and codes of the units,
the district's totals of the census of 2020, a few villages' residents, six demonstration centers and one joint
center by name. Outlines, streets, terrain and every place are modeled and marked so (`data.samplegen.facts`), and so is
the history, which adds up to the published totals (`data.samplegen.history`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from data.samplegen import files
from data.samplegen.centers import CENTER_COLUMNS, POINT_COLUMNS, pilots
from data.samplegen.facts import COUNTY_OUTLINES, CRS, ISLAND, read_units
from data.samplegen.history import write_history
from data.samplegen.lanes import grow_lanes
from data.samplegen.outlines import county_polygon, island_polygon
from data.samplegen.plans import PLAN_COLUMNS, plans
from data.samplegen.residents import house_residents
from data.samplegen.roads import build_roads
from data.samplegen.settlements import lay_out, village_residents
from data.samplegen.table import exits, mark_bridges, street_table
from data.samplegen.villages import settle
from geo.elevation import open_elevation
from geo.streets.network import StreetNetwork

SAMPLE: Final = Path(__file__).with_name("sample")


def make_sample(folder: Path = SAMPLE) -> None:
    """Write the whole sample workspace into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    villages = settle(read_units())
    island = villages.index(ISLAND)
    mainland = shapely.union_all([county_polygon(county) for county in sorted(COUNTY_OUTLINES)])
    land = shapely.union_all([mainland, island_polygon()])
    counts = village_residents(villages.units)
    settlements = lay_out(villages, counts)
    roads = build_roads(mainland, np.array([s.xy for s in settlements if s.village != island]))
    streets = grow_lanes(land, roads, settlements, island)
    mark_bridges(streets)
    residents = house_residents(villages, counts, streets)
    centers, service_points = pilots(villages, streets)

    files.write_settings(folder / "workspace.toml")
    files.write_table(folder / "centers.csv", CENTER_COLUMNS, centers)
    files.write_table(folder / "service_points.csv", POINT_COLUMNS, service_points)
    write_history(folder, centers, service_points)
    files.write_table(folder / "scenarios.csv", PLAN_COLUMNS, plans(villages, counts, centers))
    files.write_jurisdictions(folder / "jurisdictions.parquet", villages)
    files.write_demand(folder / "demand.parquet", villages, residents)
    files.write_elevation(folder / "elevation.tif", land)
    table = street_table(streets, exits(roads, mainland))
    model = open_elevation(folder / "elevation.tif")
    files.write_streets(folder / "streets.arrow", StreetNetwork.build(table, crs=CRS, elevation=model))


if __name__ == "__main__":
    make_sample(*(Path(argument) for argument in sys.argv[1:2]))
