"""Builder: a new workspace from an extract of streets and a table of centers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from data.checks import population_faults, with_levels, with_totals
from data.faults import TableFault, fault
from data.folders import appearing
from data.schema import CENTERS, DEMAND, JURISDICTIONS, SERVICE_POINTS
from data.settings import SETTINGS_FILE, Settings
from data.tables import Draft, csv_text, draft, pad_code
from data.workspace import Workspace
from geo.errors import MissingCrsError

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.network import StreetNetwork

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 to 1."""

WGS84: Final = "EPSG:4326"
MARGIN_DEG: Final = 0.05
"""Centers may lie this far outside of the streets' bounds, about 5 km; farther ones belong to another place."""

CENTER_DEFAULTS: Final = {"id": "c", "name": "@id", "quality": "approximate", "status": "open"}
DEMAND_DEFAULTS: Final = {"id": "d", "quality": "approximate"}


@dataclass(frozen=True, slots=True)
class Sources:
    """What a workspace is made of.

    Attributes:
        streets: OpenStreetMap extract, table of street lines, or a network file.
        centers: table of centers: id, name, lon, lat at least.
        service_points: table of service points.
        demand: residents as points.
        jurisdictions: outlines with code and name.
        elevation: raster of heights; the network keeps what it needs of it.
        name: the workspace's name; by default that of the folder.
        as_of: day of the data; by default today.
    """

    streets: Path
    centers: Path
    service_points: Path | None = None
    demand: Path | None = None
    jurisdictions: Path | None = None
    elevation: Path | None = None
    name: str | None = None
    as_of: dt.date | None = None


def build(folder: Path, sources: Sources, progress: Progress = lambda text, share: None) -> Workspace:
    """Make a workspace; it appears complete, or not at all.

    Raises:
        FolderInUseError: the folder is not empty.
        InputError: a source cannot be used; tables list all of their faults.
        OutputError: the folder cannot be written.
    """
    folder = folder.expanduser().resolve()
    with appearing(folder) as under_way:
        progress("centers", 0.0)
        centers = draft(sources.centers, CENTERS, defaults=CENTER_DEFAULTS)
        centers.require_sound()
        network = _network(sources, progress)
        outlines = None if sources.jurisdictions is None else _outlines(sources.jurisdictions)
        frame = _placed(centers, network).require_sound()
        _write(under_way / "centers.csv", csv_text(_at_home(frame, "home", outlines), CENTERS))
        if sources.service_points is not None:
            points = draft(sources.service_points, SERVICE_POINTS, defaults={"id": "s"}).require_sound()
            _write(under_way / "service_points.csv", csv_text(points, SERVICE_POINTS))
        if outlines is not None:
            outlines.to_parquet(under_way / "jurisdictions.parquet", index=False)
        if sources.demand is not None:
            progress("residents", 0.0)
            residents(sources.demand, outlines).to_parquet(under_way / "demand.parquet", index=False)
        progress("writing", 0.9)
        network.save(under_way / "streets.arrow")
        settings = _settings(folder.name, sources, network)
        _write(under_way / SETTINGS_FILE, settings.to_toml())
        Workspace.open(under_way)  # what cannot be opened must not appear
        progress("done", 1.0)
    return Workspace.open(folder)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def residents(path: Path, outlines: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Demand points of a table, with their village by place where outlines are given.

    Raises:
        InputError, TableFaultsError: the table cannot be used.
    """
    import geopandas as gpd

    read = draft(path, DEMAND, defaults=DEMAND_DEFAULTS)
    read = read.with_faults(population_faults(read.frame))
    frame = _at_home(with_totals(read.require_sound()), "village", outlines)
    points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"))
    return gpd.GeoDataFrame(frame, geometry=points, crs=WGS84)


def _network(sources: Sources, progress: Progress) -> StreetNetwork:
    from geo import netfile
    from geo.elevation import open_elevation
    from geo.network import StreetNetwork
    from geo.streetfile import read_streets

    model = None if sources.elevation is None else open_elevation(sources.elevation)
    if sources.streets.suffix == netfile.ENDING:
        network = StreetNetwork.load(sources.streets)
        return network if model is None else network.with_elevation(model)
    return StreetNetwork.build(read_streets(sources.streets, progress=progress), elevation=model)


def _outlines(path: Path) -> gpd.GeoDataFrame:
    """Jurisdictions of a layer of polygons, in WGS-84.

    Raises:
        MissingCrsError, TableFaultsError: it cannot be used.
    """
    import geopandas as gpd

    read = draft(path, JURISDICTIONS)
    raw = read.raw
    if raw.geometry is None or raw.crs is None:
        raise MissingCrsError(path=path.name)
    from data.frames import typed_frame

    cells = pd.DataFrame({name: raw.frame[header] for name, header in read.match.matched.items()})
    if "code" in cells:
        cells = with_levels(cells.assign(code=cells["code"].map(pad_code)))
    frame, faults = typed_frame(cells, JURISDICTIONS, raw.headers)
    frame = replace(read, frame=frame, faults=tuple(faults)).require_sound()
    return gpd.GeoDataFrame(frame, geometry=raw.geometry.to_numpy(), crs=raw.crs).to_crs(WGS84)


def _placed(centers: Draft, network: StreetNetwork) -> Draft:
    """Centers with a fault for each one that lies far from the streets, or has its axes swapped."""
    west, south, east, north = network.bounds_lonlat
    lon, lat = centers.frame["lon"], centers.frame["lat"]

    def inside(x: pd.Series[float], y: pd.Series[float]) -> pd.Series[bool]:
        return x.between(west - MARGIN_DEG, east + MARGIN_DEG) & y.between(south - MARGIN_DEG, north + MARGIN_DEG)

    bounds = f"lon {west:.3f}–{east:.3f}, lat {south:.3f}–{north:.3f}"
    away, swapped = ~inside(lon, lat), inside(lat, lon)
    faults: list[TableFault] = []
    for i in centers.frame.index[away]:
        code = "swapped_axes" if swapped[i] else "outside_streets"
        faults.append(fault(code, "lon", row=int(i) + 1, value=f"{lon[i]:g}, {lat[i]:g}", bounds=bounds))
    return centers.with_faults(faults)


def _at_home(points: pd.DataFrame, column: str, outlines: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Points with the code of the smallest outline around them where none is given."""
    if outlines is None:
        return points
    import geopandas as gpd

    places = gpd.GeoDataFrame(index=points.index, geometry=gpd.points_from_xy(points["lon"], points["lat"]), crs=WGS84)
    depth = {"county": 0, "town": 1, "village": 2}
    ranked = outlines.assign(depth=outlines["level"].map(depth)).sort_values("depth", ascending=False)
    joined = places.sjoin(ranked[["code", "geometry"]], predicate="within").sort_values(
        "index_right", key=_rank(ranked)
    )
    codes = joined.loc[~joined.index.duplicated(), "code"]
    return points.assign(**{column: points[column].fillna(codes.reindex(points.index))})


def _rank(ordered: pd.DataFrame) -> Callable[[pd.Index], pd.Index]:
    rank = {label: i for i, label in enumerate(ordered.index)}
    return lambda labels: labels.map(rank)


def _settings(folder_name: str, sources: Sources, network: StreetNetwork) -> Settings:
    name = sources.name or folder_name
    as_of = sources.as_of or dt.datetime.now(tz=dt.UTC).date()
    return Settings(name_zh=name, name_en=name, as_of=as_of, crs=network.crs)
