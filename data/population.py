"""Population files: one door for residents as points, as areas or as a raster, with a word on how coarse they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.reading import RawTable, read_raw
from data.schema import DEMAND, JURISDICTIONS
from geo.areas import Areas
from geo.buildings import Buildings
from geo.coarseness import Coarseness, coarseness
from geo.dasymetric import ONE_POINT, SPACING_M, spread
from geo.points import LON_NAMES, PointTable
from geo.popraster import AgeShares, Clip, cell_side_m, read_cells
from geo.population import Population, Quality, from_points

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.network import StreetNetwork

Kind = Literal["points", "areas", "raster"]

RASTER_ENDINGS: Final = (".tif", ".tiff", ".vrt")


@dataclass(frozen=True, eq=False)
class PopulationFile:
    """Residents of a file.

    Attributes:
        kind: what the file holds.
        population: demand points, with what was met on the way.
        coarseness: the error to expect in a fifteen-minute catchment; None where nobody lives, and for a single point,
            which has no neighbors.
    """

    kind: Kind
    population: Population
    coarseness: Coarseness | None


def read_population(
    path: Path,
    *,
    boundaries: gpd.GeoDataFrame | None = None,
    buildings: Path | None = None,
    network: StreetNetwork | None = None,
    quality: Quality = "approximate",
    clip: Clip = "center",
    age_shares: AgeShares | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> PopulationFile:
    """Residents of a file; its ending and its shapes tell what they are.

    A raster is read by `geo.popraster` (inside `boundaries`, where given), polygons are spread by `geo.dasymetric`, and
    so is a table without places whose rows bear codes of `boundaries`; all else is points.

    Args:
        path: a GeoTIFF, or a table that `data.reading` reads.
        boundaries: polygons with `code`.
        buildings: points or footprints to spread areas over.
        network: streets to spread areas along.
        quality: of the headcounts, where the file does not say.
        clip, age_shares, progress: see `geo.popraster.read_cells`.

    Raises:
        InputError: see `data.reading.read_raw` and the functions named above.
    """
    if path.suffix.lower() in RASTER_ENDINGS:
        inside = None if boundaries is None else boundaries.geometry
        cells = read_cells(path, inside=inside, clip=clip, age_shares=age_shares, quality=quality, progress=progress)
        return PopulationFile("raster", cells, coarseness(cells.points, side_m=cell_side_m(path)))
    raw = read_raw(path, DEMAND)
    if not _has_areas(raw):
        points = from_points(PointTable.of(_frame(raw), path.name, table_name="residents"), quality=quality)
        return PopulationFile("points", points, coarseness(points.points) if len(points) > 1 else None)
    areas = Areas.of(_frame(raw), path.name, boundaries=boundaries, quality=quality)
    houses = None if buildings is None else read_buildings(buildings)
    people = spread(areas, buildings=houses, network=network)
    judged = coarseness(people.points, side_m=_sides(people)) if len(people) else None
    return PopulationFile("areas", people, judged)


def read_buildings(path: Path) -> Buildings:
    """Buildings of a table of points or footprints; errors as in `data.reading.read_raw` and `Buildings.of`."""
    import geopandas as gpd

    raw = read_raw(path, JURISDICTIONS)
    geometry = raw.geometry if raw.geometry is not None else [None] * len(raw.frame)
    return Buildings.of(
        gpd.GeoDataFrame(raw.frame, geometry=np.asarray(geometry, dtype=object), crs=raw.crs), path.name
    )


def _has_areas(raw: RawTable) -> bool:
    if raw.geometry is not None:
        kinds = shapely.get_type_id(np.asarray(raw.geometry, dtype=object))
        return bool(np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)).any())
    return not {*LON_NAMES, "x"}.intersection(header.strip().casefold() for header in raw.headers)


def _frame(raw: RawTable) -> pd.DataFrame:
    if raw.geometry is None:
        return raw.frame
    import geopandas as gpd

    frame: pd.DataFrame = gpd.GeoDataFrame(raw.frame, geometry=np.asarray(raw.geometry, dtype=object), crs=raw.crs)
    return frame


def _sides(population: Population) -> NDArray[np.float64]:
    """Side of the square that each point stands for: its piece of street, or the whole area where that has no other."""
    areas = population.areas
    side_m = np.where(areas["method"] == ONE_POINT, areas["side_m"], np.minimum(SPACING_M, areas["side_m"]))
    return np.asarray(side_m, dtype=np.float64).repeat(areas["points"].to_numpy())
