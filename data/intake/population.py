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

from data.tables.codes import Words, listed
from data.tables.reading import RawTable, read_raw
from data.tables.schema import DEMAND, JURISDICTIONS
from geo.people.areas import Areas
from geo.people.buildings import Buildings
from geo.people.coarseness import Coarseness, coarseness
from geo.people.dasymetric import EMPTY, ONE_POINT, SPACING_M, spread
from geo.people.popraster import AgeShares, Clip, cell_side_m, read_cells
from geo.people.population import Population, Quality, from_points
from geo.points import LON_NAMES, PointTable

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.streets.network import StreetNetwork

Kind = Literal["points", "areas", "raster"]

RASTER_ENDINGS: Final = (".tif", ".tiff", ".vrt")

VERDICTS: Final = {
    "fine": Words("够细", "fine enough"),
    "coarse": Words("偏粗", "coarse"),
    "too_coarse": Words("太粗，分不出相近中心的高下", "too coarse to tell neighboring centers apart"),
}
METHODS: Final = {
    "buildings_volume": Words("按建筑体量分布", "spread over buildings by volume"),
    "buildings_area": Words("按建筑占地分布", "spread over buildings by area"),
    "buildings_equal": Words("按建筑平均分布", "spread over buildings equally"),
    "residential_streets": Words("沿居住街道分布", "spread along residential streets"),
    "other_streets": Words("沿可步行道路分布", "spread along streets that can be walked"),
    ONE_POINT: Words("集中于一点", "gathered in one point"),
    EMPTY: Words("无人居住", "without residents"),
}


@dataclass(frozen=True, eq=False)
class PopulationFile:
    """Residents of a file.

    Attributes:
        kind: what the file holds.
        population: demand points, with what was met on the way.
        coarseness: the error to expect in a fifteen-minute catchment; None where nobody lives, and for a single place,
            which has no neighbors.
        clipped: only what lies inside the outlines was taken.
    """

    kind: Kind
    population: Population
    coarseness: Coarseness | None
    clipped: bool = False

    @property
    def told(self) -> Words:
        """What was read and how far it can be trusted, as a person should hear it before and after it is taken."""
        sentences = [self._counted, self._spread, self._judged]
        return Words(
            "".join(f"{told.zh}。" for told in sentences if told), " ".join(f"{told.en}." for told in sentences if told)
        )

    @property
    def _counted(self) -> Words:
        people, places = f"{self.population.residents:,.0f}", f"{len(self.population):,}"
        return Words(f"共 {people} 名居民，{places} 处", f"{people} residents in {places} places")

    @property
    def _spread(self) -> Words | None:
        """How areas were spread, and how many each way; what was left out of a raster."""
        if self.clipped:
            return Words("只取界线以内的格子", "Only cells inside the outlines were taken")
        if self.kind != "areas":
            return None
        ways = self.population.areas["method"].value_counts().items()
        parts = [Words(f"{n} 个面{METHODS[str(way)].zh}", f"{n} areas {METHODS[str(way)].en}") for way, n in ways]
        return listed(parts)

    @property
    def _judged(self) -> Words | None:
        found = self.coarseness
        if found is None:
            return None
        side, share = f"{found.resolution_m:,.0f}", f"{found.expected_error_share:.1%}"
        people, verdict = f"{found.expected_error_people:,.0f}", VERDICTS[found.verdict]
        return Words(
            f"用于十五分钟步行{verdict.zh}：一个点约代表 {side} 米见方，服务圈内人数预计误差 {share}（约 {people} 人）",
            f"For a fifteen-minute walk this is {verdict.en}: one point stands for a square of about {side} m, and of "
            f"the residents counted in a catchment {share} (about {people}) are to be expected wrong",
        )


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

    A raster is read by `geo.people.popraster` (inside `boundaries`, where given), polygons are spread by
    `geo.people.dasymetric`, and so is a table without places whose rows bear codes of `boundaries`; all else is points.

    Args:
        path: a GeoTIFF, or a table that `data.tables.reading` reads.
        boundaries: polygons with `code`.
        buildings: points or footprints to spread areas over.
        network: streets to spread areas along.
        quality: of the headcounts, where the file does not say.
        clip, age_shares, progress: see `geo.people.popraster.read_cells`.

    Raises:
        InputError: see `data.tables.reading.read_raw` and the functions named above.
    """
    if path.suffix.lower() in RASTER_ENDINGS:
        inside = None if boundaries is None else boundaries.geometry
        cells = read_cells(path, inside=inside, clip=clip, age_shares=age_shares, quality=quality, progress=progress)
        judged = coarseness(cells.points, side_m=cell_side_m(path))
        return PopulationFile("raster", cells, judged, clipped=inside is not None)
    raw = read_raw(path, DEMAND)
    if not _has_areas(raw):
        points = from_points(PointTable.of(_frame(raw), path.name, table_name="residents"), quality=quality)
        return PopulationFile(
            "points", points, coarseness(points.points) if len(points.points.geometry.drop_duplicates()) > 1 else None
        )
    areas = Areas.of(_frame(raw), path.name, boundaries=boundaries, quality=quality)
    houses = None if buildings is None else read_buildings(buildings)
    people = spread(areas, buildings=houses, network=network)
    if not len(people):
        return PopulationFile("areas", people, None)
    return PopulationFile("areas", people, coarseness(people.points, side_m=_sides(people)))


def read_buildings(path: Path) -> Buildings:
    """Buildings of a table of points or footprints; errors as in `data.tables.reading.read_raw` and `Buildings.of`."""
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
