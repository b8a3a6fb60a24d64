"""Layers: streets, outlines and residents of a workspace, made from the files of other people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.intake.population import PopulationFile, read_population
from data.tables.checks import with_levels
from data.tables.drafts import draft, pad_code
from data.tables.frames import typed_frame
from data.tables.schema import JURISDICTIONS
from geo.crs import WGS84
from geo.errors import MissingCrsError
from geo.streets.noding import Progress

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.streets.network import StreetNetwork


def read_network(streets: Path, elevation: Path | None, progress: Progress) -> StreetNetwork:
    """A street network from an extract, a table of lines or a network file, with heights where a model is given.

    Raises:
        InputError: see `geo.streets.reading.read_streets` and `geo.streets.network.StreetNetwork`.
    """
    from geo.elevation import open_elevation
    from geo.streets import netfile
    from geo.streets.network import StreetNetwork
    from geo.streets.reading import read_streets

    model = None if elevation is None else open_elevation(elevation)
    if streets.suffix == netfile.ENDING:
        network = StreetNetwork.load(streets)
        return network if model is None else network.with_elevation(model)
    return StreetNetwork.build(read_streets(streets, progress=progress), elevation=model)


def read_outlines(path: Path) -> gpd.GeoDataFrame:
    """Jurisdictions of a layer of polygons, in WGS-84.

    Raises:
        MissingCrsError, TableFaultsError: it cannot be used.
    """
    import geopandas as gpd

    read = draft(path, JURISDICTIONS)
    raw = read.raw
    if raw.geometry is None or raw.crs is None:
        raise MissingCrsError(path=path.name)
    cells = pd.DataFrame({name: raw.frame[header] for name, header in read.match.matched.items()})
    if "code" in cells:
        cells = with_levels(cells.assign(code=cells["code"].map(pad_code)))
    frame, faults = typed_frame(cells, JURISDICTIONS, raw.headers)
    frame = replace(read, frame=frame, faults=tuple(faults)).require_sound()
    return gpd.GeoDataFrame(frame, geometry=raw.geometry.to_numpy(), crs=raw.crs).to_crs(WGS84)


def read_residents(
    path: Path,
    *,
    outlines: gpd.GeoDataFrame | None = None,
    network: StreetNetwork | None = None,
    buildings: Path | None = None,
    progress: Progress = lambda text, share: None,
) -> PopulationFile:
    """Residents of any usual form (`data.intake.population`), with their village by place where none is given.

    With outlines, areas may be given by code alone, and of a raster only the cells inside are taken: such files mostly
    hold a whole country.
    """
    read = read_population(path, boundaries=outlines, buildings=buildings, network=network, progress=progress)
    if outlines is None:
        return read
    points = read.population.points
    village = points["village"].fillna(home_codes(points.geometry.x, points.geometry.y, outlines))
    return replace(read, population=replace(read.population, points=points.assign(village=village)))


def home_codes(lon: pd.Series[float], lat: pd.Series[float], outlines: gpd.GeoDataFrame) -> pd.Series[str]:
    """Code of the smallest outline around each point, on the points' index; missing where there is none."""
    import shapely

    points = shapely.points(lon.to_numpy(float), lat.to_numpy(float))
    point, outline = shapely.STRtree(outlines.geometry.to_numpy()).query(points, predicate="within")
    depth = outlines["level"].map({"county": 0, "town": 1, "village": 2}).to_numpy()
    smallest = np.full(len(points), -1)
    order = np.argsort(depth[outline], kind="stable")  # the deepest is written last, and stays
    smallest[point[order]] = outline[order]
    codes = outlines["code"].to_numpy(dtype=object)
    found = np.where(smallest >= 0, codes[smallest], None)
    return pd.Series(found, index=lon.index, dtype="str")
