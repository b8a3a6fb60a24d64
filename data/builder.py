"""Builder: a new workspace from an extract of streets and a table of centers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from data.folders import appearing
from data.intake.doctor import AS_GIVEN, columns_of, examine, named, needs_conversion, unconfirmed
from data.intake.layers import home_codes, read_network, read_outlines, read_residents
from data.settings import SETTINGS_FILE, Settings
from data.tables.checks import center_faults, service_point_faults
from data.tables.codes import Words
from data.tables.columns import Table
from data.tables.drafts import Draft, csv_text, draft
from data.tables.faults import TableFault, fault
from data.tables.frames import empty_frame
from data.tables.schema import CENTERS, SERVICE_POINTS, TABLES
from data.workspace import Workspace
from geo.streets.noding import Progress

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.streets.network import StreetNetwork

MARGIN_DEG: Final = 0.05
"""Places may lie this far outside of the streets' bounds, about 5 km; farther ones belong to another network."""

CENTER_DEFAULTS: Final = {"id": "c", "name": "@id", "quality": "approximate", "status": "open"}


@dataclass(frozen=True, slots=True)
class Sources:
    """What a workspace is made of.

    Attributes:
        streets: OpenStreetMap extract, table of street lines, or a network file.
        centers: table of centers: id, name, lon, lat at least; None where there is none yet.
        service_points: table of service points.
        demand: residents as points, areas or a raster.
        jurisdictions: outlines with code and name.
        elevation: raster of heights; the network keeps what it needs of it.
        buildings: to spread residents of areas over; without them, streets are taken.
        name: the workspace's name; by default that of the folder.
        as_of: day of the data; by default today.
        coordinates: what centers and service points are given in, as a person says: the id of a hypothesis of
            `geo.hypotheses`; None takes degrees in WGS-84, unless they are surely something else.
    """

    streets: Path
    centers: Path | None = None
    service_points: Path | None = None
    demand: Path | None = None
    jurisdictions: Path | None = None
    elevation: Path | None = None
    buildings: Path | None = None
    name: str | None = None
    as_of: dt.date | None = None
    coordinates: str | None = None


class _Ground(NamedTuple):
    """What coordinates are judged by before there is a workspace."""

    network: StreetNetwork
    jurisdictions: gpd.GeoDataFrame | pd.DataFrame


def build(
    folder: Path,
    sources: Sources,
    progress: Progress = lambda text, share: None,
    tell: Callable[[Words], None] = lambda said: None,
) -> Workspace:
    """Make a workspace; it appears complete, or not at all.

    Args:
        folder: to be made.
        sources: what it is made of.
        progress: called with what is being done.
        tell: called with what a person should hear: what coordinates were taken for, how coarse the residents are.

    Raises:
        FolderInUseError: the folder is not empty.
        InputError: a source cannot be used; tables list all of their faults.
        OutputError: the folder cannot be written.
    """
    folder = folder.expanduser().resolve()
    with appearing(folder) as under_way:
        progress("centers", 0.0)
        for path, table, defaults in _tables(sources):
            if sources.coordinates is None:  # faults are named before the streets are read
                draft(path, table, defaults=defaults).require_sound()
        network = read_network(sources.streets, sources.elevation, progress)
        outlines = None if sources.jurisdictions is None else read_outlines(sources.jurisdictions)
        ground = _Ground(network, pd.DataFrame() if outlines is None else outlines)
        kept = {CENTERS.name: empty_frame(CENTERS)}
        for path, table, defaults in _tables(sources):
            read = _placed(path, table, defaults, sources.coordinates, ground, tell)
            frame = read.require_sound()
            if table is CENTERS and outlines is not None:
                frame = frame.assign(home=frame["home"].fillna(home_codes(frame["lon"], frame["lat"], outlines)))
            if table is CENTERS:
                faults = center_faults(frame, ground.jurisdictions)
            else:
                faults = service_point_faults(frame, kept[CENTERS.name])
            read.with_faults(faults).require_sound()
            kept[table.name] = frame
        for name, frame in kept.items():
            _write(under_way / f"{name}.csv", csv_text(frame, TABLES[name]))
        if outlines is not None:
            outlines.to_parquet(under_way / "jurisdictions.parquet", index=False)
        if sources.demand is not None:
            progress("residents", 0.0)
            residents = read_residents(
                sources.demand, outlines=outlines, network=network, buildings=sources.buildings, progress=progress
            )
            tell(residents.told)
            residents.population.points.to_parquet(under_way / "demand.parquet", index=False)
        progress("writing", 0.9)
        network.save(under_way / "streets.arrow")
        settings = _settings(folder.name, sources, network)
        _write(under_way / SETTINGS_FILE, settings.to_toml())
        Workspace.open(under_way)  # what cannot be opened must not appear
        progress("done", 1.0)
    return Workspace.open(folder)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _tables(sources: Sources) -> Iterator[tuple[Path, Table, Mapping[str, str]]]:
    """The tables of places that are given, centers first."""
    if sources.centers is not None:
        yield sources.centers, CENTERS, CENTER_DEFAULTS
    if sources.service_points is not None:
        yield sources.service_points, SERVICE_POINTS, {"id": "s"}


def _placed(
    path: Path,
    table: Table,
    defaults: Mapping[str, str],
    coordinates: str | None,
    ground: _Ground,
    tell: Callable[[Words], None],
) -> Draft:
    """A table of places with its coordinates in WGS-84: converted only where a person says from what.

    Raises:
        ParameterError: they are surely not what they are taken for.
    """
    read = draft(path, table, defaults=defaults)
    if not {"lon", "lat"} <= set(read.cells):
        return read
    ranked = examine(columns_of(read.cells), ground, read.frame.get("home"))
    if coordinates is not None and ranked:
        position = named(ranked, coordinates)
        tell(Words(f"{path.name}：坐标按 {position.id} 读取", f"{path.name}: read as {position.id}"))
        return _near(draft(path, table, defaults=defaults, position=position), ground.network)
    read = _near(read, ground.network)
    read.require_sound()
    if needs_conversion(ranked):
        raise unconfirmed(ranked)
    if ranked and AS_GIVEN not in (ranked[0].id, *ranked[0].same_as):
        likely, score = ranked[0].id, f"{ranked[0].score:.0%}"
        zh = f"{path.name}：坐标也可能是 {likely}（可能性 {score}），现按 WGS-84 读取；请在地图上核对"
        en = f"{path.name}: the coordinates may be {likely} ({score}); they were taken as WGS-84: check them on the map"
        tell(Words(zh, en))
    return read


def _near(places: Draft, network: StreetNetwork) -> Draft:
    """Places with a fault for each one that lies far from the streets, or has its axes swapped."""
    west, south, east, north = network.bounds_lonlat
    lon, lat = places.frame["lon"], places.frame["lat"]

    def inside(x: pd.Series[float], y: pd.Series[float]) -> pd.Series[bool]:
        return x.between(west - MARGIN_DEG, east + MARGIN_DEG) & y.between(south - MARGIN_DEG, north + MARGIN_DEG)

    bounds: dict[str, Any] = {
        "west": f"{west:.3f}",
        "east": f"{east:.3f}",
        "south": f"{south:.3f}",
        "north": f"{north:.3f}",
    }
    away, swapped = lon.notna() & lat.notna() & ~inside(lon, lat), inside(lat, lon)
    faults: list[TableFault] = []
    for i in places.frame.index[away]:
        code = "swapped_axes" if swapped[i] else "outside_streets"
        faults.append(fault(code, "lon", row=int(i) + 1, value=f"{lon[i]:g}, {lat[i]:g}", **bounds))
    return places.with_faults(faults)


def _settings(folder_name: str, sources: Sources, network: StreetNetwork) -> Settings:
    name = sources.name or folder_name
    as_of = sources.as_of or dt.datetime.now(tz=dt.UTC).date()
    return Settings(name_zh=name, name_en=name, as_of=as_of, crs=network.crs)
