"""Workspace: the folder that holds one network of centers, opened.

| file | what | needed |
|---|---|---|
| `workspace.toml` | settings (`data.settings`) | yes |
| `streets.arrow` | street network (`geo.streets.network`) | yes |
| `centers.csv` | centers | yes, unless there is a registry |
| `service_points.csv`, `milestones.csv`, … | the other tables of `data.tables.schema.REGISTERED` | no |
| `registry.sqlite` | the same tables once somebody edits them; the CSV files then only tell how it began | no |
| `jurisdictions.parquet` | outlines with their codes, GeoParquet | no |
| `demand.parquet` | residents as points, GeoParquet | no |
| `indicators.toml` | what is measured (`data.monitoring.indicators`) | no |
| `elevation.tif` | elevation model, for information: the network carries its heights | no |

The columns are those of `data.tables.schema`; files may have others, which stay there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from data.parts import located, read_demand, read_jurisdictions
from data.registry.beginnings import fill, read_table
from data.settings import SETTINGS_FILE, Settings, with_registry
from data.tables.checks import center_faults, govern, service_point_faults
from data.tables.drafts import to_text
from data.tables.faults import TableFault, raise_on_errors
from data.tables.schema import CENTERS, REGISTERED, SERVICE_POINTS, TABLES
from geo.errors import MissingFileError, NoHistoryError, NotAWorkspaceError, ReadOnlyWorkspaceError

if TYPE_CHECKING:
    import geopandas as gpd
    import sqlalchemy as sa

    from data.registry.store import Registry
    from geo.streets.network import StreetNetwork

ENVIRONMENT: Final = "LINLI_WORKSPACE"
"""Environment variable that names the workspace to open."""

SAMPLE: Final = Path(__file__).with_name("sample")
REGISTRY_FILE: Final = "registry.sqlite"
OSM_CREDIT: Final = "© OpenStreetMap contributors"
"""On every map of its streets, as its license asks (ODbL 1.0, https://www.openstreetmap.org/copyright)."""
ID_BYTES: Final = 16
HASHED_FILES: Final = ("streets", "jurisdictions", "demand")


def locate(argument: str | Path | None = None) -> Path:
    """The folder of the workspace to open: the argument, else `LINLI_WORKSPACE`, else the shipped sample.

    Raises:
        NotAWorkspaceError: the folder does not exist or has no `workspace.toml`.
    """
    folder = Path(argument or os.environ.get(ENVIRONMENT) or SAMPLE).expanduser()
    if not (folder / SETTINGS_FILE).is_file():
        raise NotAWorkspaceError(path=folder, file=SETTINGS_FILE)
    return folder


@dataclass(frozen=True, eq=False)
class Workspace:
    """An opened workspace: a state, not a view; open it again to see later changes.

    Its tables are shared: copy one before changing it.

    Attributes:
        folder: where it lies.
        settings: what `workspace.toml` says.
        centers: typed by `data.tables.schema.CENTERS`; `governing` holds tuples of codes, the home where none is given.
        service_points: typed by `SERVICE_POINTS`.
        jurisdictions: typed by `JURISDICTIONS`, with polygons in WGS-84.
        demand: typed by `DEMAND`, with points in WGS-84; `population` is always filled, age groups may be missing.
        as_of: the moment whose registry is shown; None for now.
        opening: which opening of this process it is; what is derived from all of its tables is cached by it.
    """

    folder: Path
    settings: Settings
    centers: pd.DataFrame
    service_points: pd.DataFrame
    jurisdictions: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    as_of: dt.datetime | dt.date | None = None
    opening: int = field(default_factory=count().__next__, init=False)

    @classmethod
    def open(cls, folder: str | Path, as_of: dt.datetime | dt.date | None = None) -> Workspace:
        """Read settings and tables; the network waits until it is asked for.

        Args:
            folder: where it lies.
            as_of: show the edited tables as they were then.

        Raises:
            NotAWorkspaceError, MissingFileError: a needed file is not there.
            DamagedFileError, ParameterError: a file cannot be read.
            TableFaultsError: the tables have faults; all of them are listed.
            NoHistoryError: a day is given, but the tables come from files.
        """
        folder = locate(folder)
        settings = Settings.read(folder / SETTINGS_FILE)
        if not (folder / settings.files["streets"]).is_file():
            raise MissingFileError(path=folder / settings.files["streets"])
        jurisdictions, faults = read_jurisdictions(folder / settings.files["jurisdictions"])
        demand, more = read_demand(folder / settings.files["demand"])
        faults += more
        with _state(folder, settings) as state:
            centers, more = _table(state, folder, settings, CENTERS.name, as_of)
            faults += more + located(settings.files["centers"], center_faults(centers, jurisdictions))
            points, more = _table(state, folder, settings, SERVICE_POINTS.name, as_of)
        faults += more + located(settings.files["service_points"], service_point_faults(points, centers))
        raise_on_errors(str(folder), faults)
        return cls(folder, settings, govern(centers), points, jurisdictions, demand, as_of)

    @cached_property
    def network(self) -> StreetNetwork:
        """The street network, memory-mapped.

        Raises:
            DamagedFileError, NetworkVersionError: the file cannot be used.
        """
        from geo.streets.network import StreetNetwork

        return StreetNetwork.load(self.path("streets"))

    @property
    def crs(self) -> str:
        """Metric CRS of lengths and areas."""
        return self.settings.crs or self.network.crs

    @property
    def attribution(self) -> str:
        """Whom its maps owe their data to: what the settings say, else whose the streets are; "" where that is open."""
        from geo.streets.osm import ENDINGS

        source = str(self.network.meta.get("source", "")).lower()
        return str(self.settings.map.get("attribution", "")) or (OSM_CREDIT if source.endswith(ENDINGS) else "")

    @property
    def towns(self) -> list[str]:
        """Codes of the towns."""
        outlines = self.jurisdictions
        return sorted(outlines["code"][outlines["level"] == "town"])

    @property
    def open_centers(self) -> list[str]:
        """Ids of the centers that are open."""
        centers = self.centers
        return centers["id"][centers["status"] == "open"].tolist()

    @property
    def elevation_path(self) -> Path | None:
        """The elevation model, where the workspace carries one."""
        path = self.path("elevation")
        return path if path.is_file() else None

    @property
    def registry_address(self) -> str:
        """Where the registry is, or would be."""
        return _address(self.folder, self.settings)

    @property
    def has_registry(self) -> bool:
        """Whether the tables come from a registry, rather than from CSV files."""
        with self.state() as state:
            return state is not None

    def state(self) -> AbstractContextManager[sa.Connection | None]:
        """The registry as it is now: whatever is read within the block is of one moment; None where files tell."""
        return _state(self.folder, self.settings)

    def registry(self) -> Registry:
        """The registry, to edit the tables; the first call makes it from the CSV files.

        Raises:
            ReadOnlyWorkspaceError: this is the shipped sample; edit a copy of it.
            OutputError, RegistryUnreachableError, …: see `data.registry.store.Registry.open`.
        """
        from data.registry.store import Registry

        if self.folder.resolve() == SAMPLE.resolve():
            raise ReadOnlyWorkspaceError(path=self.folder)
        registry = Registry.open(self.registry_address, create=True)
        registry.outlines = self.path("jurisdictions")
        try:
            if registry.revision == 0:
                for table in REGISTERED:
                    self.stored(table.name, from_files=True)  # names every fault before anything is written
                fill(registry, self.folder, self.settings.files)
        except BaseException:
            registry.close()
            raise
        return registry

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables that people edit, typed by its contract; empty where there is none.

        Raises:
            TableFaultsError: its file has faults.
        """
        if name == CENTERS.name:
            return self.centers
        return self.service_points if name == SERVICE_POINTS.name else self.stored(name)

    def stored(self, name: str, *, from_files: bool = False) -> pd.DataFrame:
        """A table just as it is kept: `governing` is empty where only the home governs.

        Args:
            name: name of the table.
            from_files: read its CSV even if there is a registry.
        """
        with nullcontext() if from_files else self.state() as state:
            frame, faults = _table(state, self.folder, self.settings, name, None if from_files else self.as_of)
        raise_on_errors(str(self.folder), faults)
        return frame

    @cached_property
    def content_id(self) -> str:
        """BLAKE2b-128 over all that catchments depend on, 32 hex digits: settings, streets, outlines, residents,
        centers and service points. The same content has the same id, in files or in a registry."""
        digest = hashlib.blake2b(digest_size=ID_BYTES)
        settings = hashlib.blake2b(with_registry(self.folder / SETTINGS_FILE, None), digest_size=ID_BYTES)
        digest.update(f"{SETTINGS_FILE}:{settings.hexdigest()};".encode())
        for path in map(self.path, HASHED_FILES):
            if path.is_file():
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=ID_BYTES))
                digest.update(f"{path.name}:{content.hexdigest()};".encode())
        for table, frame in ((CENTERS, self.centers), (SERVICE_POINTS, self.service_points)):
            rows = to_text(frame.sort_values("id"), table)
            digest.update(rows.to_csv(index=False, lineterminator="\n").encode())
        return digest.hexdigest()

    @cached_property
    def access_points(self) -> pd.DataFrame:
        """Where walks to a center end: its own address and those of its service points, without repetition.

        Columns center, lon, lat; one row for each distinct address of a center, in the order of the centers.
        """
        own = self.centers[["id", "lon", "lat"]].rename(columns={"id": "center"})
        linked = self.service_points[["center", "lon", "lat"]]
        points = pd.concat([own, linked], ignore_index=True).drop_duplicates()
        order = points["center"].map({center: i for i, center in enumerate(self.centers["id"])})
        return points.iloc[order.argsort(kind="stable")].reset_index(drop=True)

    def path(self, part: str) -> Path:
        """Where a part of the workspace lies: streets, centers, …"""
        return self.folder / self.settings.files[part]


def stamp(folder: Path) -> tuple[object, ...]:
    """Something that changes whenever the workspace does: then it has to be opened again."""
    settings = Settings.read(folder / SETTINGS_FILE)
    paths = {*folder.iterdir(), *(folder / name for name in settings.files.values())}
    files = sorted((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in paths if _counts(p))
    with _state(folder, settings) as state:
        if state is None:
            return (*files, 0)
        from data.registry.history import last_set

        return (*files, last_set(state))


def _counts(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(REGISTRY_FILE)


def _address(folder: Path, settings: Settings) -> str:
    return settings.registry or str(folder / REGISTRY_FILE)


@contextmanager
def _state(folder: Path, settings: Settings) -> Iterator[sa.Connection | None]:
    """The registry in one consistent state; None where nothing was ever written into it. Reading makes none."""
    address = _address(folder, settings)
    if folder.resolve() == SAMPLE.resolve() or not ("://" in address or Path(address).is_file()):
        yield None
        return
    from data.registry.database import reading
    from data.registry.history import last_set
    from data.registry.store import Registry

    registry = Registry.find(address)
    if registry is None:
        yield None
        return
    try:
        with reading(registry.engine) as connection:
            yield connection if last_set(connection) else None
    finally:
        registry.close()


def _table(
    state: sa.Connection | None,
    folder: Path,
    settings: Settings,
    name: str,
    as_of: dt.datetime | dt.date | None = None,
) -> tuple[pd.DataFrame, list[TableFault]]:
    """A table with its faults, from the registry, or from files where there is none."""
    if state is not None:
        from data.registry.history import read_frame

        return read_frame(state, TABLES[name], as_of).drop(columns="version"), []
    if as_of is not None:
        raise NoHistoryError(path=folder, as_of=as_of)
    file = settings.files.get(name, f"{name}.csv")
    if name == CENTERS.name and not (folder / file).is_file():
        raise MissingFileError(path=folder / file)
    return read_table(folder, file, TABLES[name])
