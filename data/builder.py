"""Builder: a new workspace from an extract of streets and a table of centers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from data.folders import appearing
from data.intake.layers import home_codes, read_network, read_outlines, read_residents
from data.settings import SETTINGS_FILE, Settings
from data.tables.drafts import Draft, csv_text, draft
from data.tables.faults import TableFault, fault
from data.tables.frames import empty_frame
from data.tables.schema import CENTERS, SERVICE_POINTS
from data.workspace import Workspace
from geo.streets.noding import Progress

if TYPE_CHECKING:
    from data.intake.population import PopulationFile
    from geo.streets.network import StreetNetwork

MARGIN_DEG: Final = 0.05
"""Centers may lie this far outside of the streets' bounds, about 5 km; farther ones belong to another place."""

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


def build(
    folder: Path,
    sources: Sources,
    progress: Progress = lambda text, share: None,
    on_residents: Callable[[PopulationFile], None] = lambda read: None,
) -> Workspace:
    """Make a workspace; it appears complete, or not at all.

    Args:
        folder: to be made.
        sources: what it is made of.
        progress: called with what is being done.
        on_residents: called with the residents read, who have a word on how coarse they are.

    Raises:
        FolderInUseError: the folder is not empty.
        InputError: a source cannot be used; tables list all of their faults.
        OutputError: the folder cannot be written.
    """
    folder = folder.expanduser().resolve()
    with appearing(folder) as under_way:
        progress("centers", 0.0)
        centers = None
        if sources.centers is not None:
            centers = draft(sources.centers, CENTERS, defaults=CENTER_DEFAULTS)
            centers.require_sound()
        network = read_network(sources.streets, sources.elevation, progress)
        outlines = None if sources.jurisdictions is None else read_outlines(sources.jurisdictions)
        frame = empty_frame(CENTERS) if centers is None else _placed(centers, network).require_sound()
        if outlines is not None and len(frame):
            frame = frame.assign(home=frame["home"].fillna(home_codes(frame["lon"], frame["lat"], outlines)))
        _write(under_way / "centers.csv", csv_text(frame, CENTERS))
        if sources.service_points is not None:
            points = draft(sources.service_points, SERVICE_POINTS, defaults={"id": "s"}).require_sound()
            _write(under_way / "service_points.csv", csv_text(points, SERVICE_POINTS))
        if outlines is not None:
            outlines.to_parquet(under_way / "jurisdictions.parquet", index=False)
        if sources.demand is not None:
            progress("residents", 0.0)
            read = read_residents(
                sources.demand, outlines=outlines, network=network, buildings=sources.buildings, progress=progress
            )
            on_residents(read)
            read.population.points.to_parquet(under_way / "demand.parquet", index=False)
        progress("writing", 0.9)
        network.save(under_way / "streets.arrow")
        settings = _settings(folder.name, sources, network)
        _write(under_way / SETTINGS_FILE, settings.to_toml())
        Workspace.open(under_way)  # what cannot be opened must not appear
        progress("done", 1.0)
    return Workspace.open(folder)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _placed(centers: Draft, network: StreetNetwork) -> Draft:
    """Centers with a fault for each one that lies far from the streets, or has its axes swapped."""
    west, south, east, north = network.bounds_lonlat
    lon, lat = centers.frame["lon"], centers.frame["lat"]

    def inside(x: pd.Series[float], y: pd.Series[float]) -> pd.Series[bool]:
        return x.between(west - MARGIN_DEG, east + MARGIN_DEG) & y.between(south - MARGIN_DEG, north + MARGIN_DEG)

    bounds: dict[str, Any] = {
        "west": f"{west:.3f}",
        "east": f"{east:.3f}",
        "south": f"{south:.3f}",
        "north": f"{north:.3f}",
    }
    away, swapped = ~inside(lon, lat), inside(lat, lon)
    faults: list[TableFault] = []
    for i in centers.frame.index[away]:
        code = "swapped_axes" if swapped[i] else "outside_streets"
        faults.append(fault(code, "lon", row=int(i) + 1, value=f"{lon[i]:g}, {lat[i]:g}", **bounds))
    return centers.with_faults(faults)


def _settings(folder_name: str, sources: Sources, network: StreetNetwork) -> Settings:
    name = sources.name or folder_name
    as_of = sources.as_of or dt.datetime.now(tz=dt.UTC).date()
    return Settings(name_zh=name, name_en=name, as_of=as_of, crs=network.crs)
