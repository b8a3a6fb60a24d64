"""Workspace: the folder that holds one network of centers, opened.

| file | what | needed |
|---|---|---|
| `workspace.toml` | settings (`data.settings`) | yes |
| `streets.arrow` | street network (`geo.network`) | yes |
| `centers.csv` | centers | yes |
| `service_points.csv` | service points | no |
| `jurisdictions.parquet` | outlines with their codes, GeoParquet | no |
| `demand.parquet` | residents as points, GeoParquet | no |
| `elevation.tif` | elevation model, for information: the network carries its heights | no |

The columns are those of `data.schema`; other columns are kept.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from data.columns import Table, level_of, parent_of
from data.faults import TableFault, fault, raise_on_errors
from data.frames import empty_frame, typed_frame, unknown_references
from data.schema import AGE_COLUMNS, CENTERS, DEMAND, JURISDICTIONS, SERVICE_POINTS
from data.settings import SETTINGS_FILE, Settings
from geo.errors import DamagedFileError, MissingFileError, NotAWorkspaceError

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.network import StreetNetwork

ENVIRONMENT: Final = "LINLI_WORKSPACE"
"""Environment variable that names the workspace to open."""

SAMPLE: Final = Path(__file__).with_name("sample")
WGS84: Final = "EPSG:4326"
ID_BYTES: Final = 16


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
    """An opened workspace. Its tables are shared: copy one before changing it.

    Attributes:
        folder: where it lies.
        settings: what `workspace.toml` says.
        centers: typed by `data.schema.CENTERS`; `governing` holds tuples of codes, the home where none is given.
        service_points: typed by `SERVICE_POINTS`.
        jurisdictions: typed by `JURISDICTIONS`, with polygons in WGS-84.
        demand: typed by `DEMAND`, with points in WGS-84; `population` is always filled, age groups may be missing.
    """

    folder: Path
    settings: Settings
    centers: pd.DataFrame
    service_points: pd.DataFrame
    jurisdictions: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame

    @classmethod
    def open(cls, folder: str | Path) -> Workspace:
        """Read settings and tables; the network waits until it is asked for.

        Raises:
            NotAWorkspaceError, MissingFileError: a needed file is not there.
            DamagedFileError, ParameterError: a file cannot be read.
            TableFaultsError: the tables have faults; all of them are listed.
        """
        folder = locate(folder)
        settings = Settings.read(folder / SETTINGS_FILE)
        paths = {part: folder / name for part, name in settings.files.items()}
        for part in ("streets", "centers"):
            if not paths[part].is_file():
                raise MissingFileError(path=paths[part])
        centers, faults = _read_csv(paths["centers"], CENTERS)
        service_points, more = _read_csv(paths["service_points"], SERVICE_POINTS)
        jurisdictions, of_jurisdictions = _read_jurisdictions(paths["jurisdictions"])
        demand, of_demand = _read_demand(paths["demand"])
        faults += [*more, *of_jurisdictions, *of_demand]
        faults += cross_faults(centers, service_points, jurisdictions, settings)
        raise_on_errors(str(folder), faults)
        return cls(folder, settings, govern(centers), service_points, jurisdictions, demand)

    @cached_property
    def network(self) -> StreetNetwork:
        """The street network, memory-mapped.

        Raises:
            DamagedFileError, NetworkVersionError: the file cannot be used.
        """
        from geo.network import StreetNetwork

        return StreetNetwork.load(self.path("streets"))

    @property
    def crs(self) -> str:
        """Metric CRS of lengths and areas."""
        return self.settings.crs or self.network.crs

    @property
    def elevation_path(self) -> Path | None:
        """The elevation model, where the workspace carries one."""
        path = self.path("elevation")
        return path if path.is_file() else None

    @cached_property
    def content_id(self) -> str:
        """BLAKE2b-128 over the names and bytes of all files of the workspace, 32 hex digits."""
        digest = hashlib.blake2b(digest_size=ID_BYTES)
        for path in (self.folder / SETTINGS_FILE, *map(self.path, sorted(self.settings.files))):
            if path.is_file():
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=ID_BYTES))
                digest.update(f"{path.name}:{content.hexdigest()};".encode())
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


def govern(centers: pd.DataFrame) -> pd.DataFrame:
    """Centers with `governing` filled by the home where it is empty."""
    homes = centers["home"].astype("object").where(centers["home"].notna(), None)
    governing = [codes or ((home,) if home else ()) for codes, home in zip(centers["governing"], homes, strict=True)]
    return centers.assign(governing=pd.Series(governing, index=centers.index, dtype="object"))


def cross_faults(
    centers: pd.DataFrame, service_points: pd.DataFrame, jurisdictions: pd.DataFrame, settings: Settings
) -> list[TableFault]:
    """Faults between tables: references that lead nowhere, joint centers without partners."""
    faults = _located(
        settings.files["service_points"],
        unknown_references(service_points, SERVICE_POINTS["center"], set(centers["id"].dropna()), CENTERS),
    )
    of_centers = joint_faults(centers)
    if len(jurisdictions):
        codes = set(jurisdictions["code"].dropna())
        for name in ("home", "governing"):
            of_centers += unknown_references(centers, CENTERS[name], codes, JURISDICTIONS)
    return faults + _located(settings.files["centers"], of_centers)


def joint_faults(centers: pd.DataFrame) -> list[TableFault]:
    """A fault for each joint center that is governed by fewer than two jurisdictions."""
    lonely = centers["joint"].to_numpy(dtype=bool) & (centers["governing"].map(len).to_numpy(dtype=int) < 2)
    return [
        fault("joint_needs_several", "governing", row=row, value="; ".join(codes))
        for row, (alone, codes) in enumerate(zip(lonely, centers["governing"], strict=True), start=1)
        if alone
    ]


def population_faults(demand: pd.DataFrame) -> list[TableFault]:
    """Faults of rows that give no residents, or a total other than the sum of its age groups."""
    groups, total = demand[list(AGE_COLUMNS)], demand["population"]
    summed = groups.sum(axis=1, skipna=False)
    empty = (total.isna() & summed.isna()).to_numpy()
    differs = ((total - summed).abs() > 0.5 + 1e-6 * total.abs()).to_numpy()
    faults = [fault("no_population", "population", row=int(i) + 1) for i in empty.nonzero()[0]]
    for i in differs.nonzero()[0]:
        value, groups_total = f"{total.iloc[i]:g}", f"{summed.iloc[i]:g}"
        faults.append(fault("population_mismatch", "population", row=int(i) + 1, value=value, total=groups_total))
    return faults


def with_totals(demand: pd.DataFrame) -> pd.DataFrame:
    """Demand points with `population` filled by the sum of the age groups where it is missing."""
    summed = demand[list(AGE_COLUMNS)].sum(axis=1, skipna=False)
    return demand.assign(population=demand["population"].fillna(summed))


def with_levels(jurisdictions: pd.DataFrame) -> pd.DataFrame:
    """Raw jurisdictions with `level` and `parent` read from the code where they are not given."""
    filled = jurisdictions.copy()
    codes = filled["code"].astype("str")
    for name, derived in (("level", codes.map(level_of)), ("parent", codes.map(parent_of))):
        filled[name] = filled[name].where(filled[name].notna(), derived) if name in filled else derived
    return filled


def _located(file: str, faults: list[TableFault]) -> list[TableFault]:
    return [replace(f, column=f"{file}, {f.column}") for f in faults]


def _read_csv(path: Path, table: Table) -> tuple[pd.DataFrame, list[TableFault]]:
    if not path.is_file():
        return empty_frame(table), []
    try:
        raw = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, pd.errors.ParserError) as error:  # UnicodeDecodeError is a ValueError
        raise DamagedFileError(path=path, kind="a UTF-8 CSV table", reason=error) from error
    frame, faults = typed_frame(raw, table)
    if frame.empty and table is CENTERS:
        faults.append(fault("empty_table", "id"))
    return frame, _located(path.name, faults)


def _read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pyarrow as pa

    try:
        frame = gpd.read_parquet(path)
    except (ValueError, OSError, pa.ArrowException) as error:
        raise DamagedFileError(path=path, kind="GeoParquet", reason=error) from error
    return frame if frame.crs is None else frame.to_crs(WGS84)


def _read_jurisdictions(path: Path) -> tuple[gpd.GeoDataFrame, list[TableFault]]:
    if not path.is_file():
        return _geo(empty_frame(JURISDICTIONS), []), []
    shapes = _read_geoparquet(path)
    raw = pd.DataFrame(shapes.drop(columns=shapes.geometry.name))
    frame, faults = typed_frame(with_levels(raw) if "code" in raw else raw, JURISDICTIONS)
    return _geo(frame, shapes.geometry), _located(path.name, faults)


def _read_demand(path: Path) -> tuple[gpd.GeoDataFrame, list[TableFault]]:
    if not path.is_file():
        return _geo(empty_frame(DEMAND), []), []
    points = _read_geoparquet(path)
    raw = pd.DataFrame(points.drop(columns=points.geometry.name)).assign(lon=points.geometry.x, lat=points.geometry.y)
    frame, faults = typed_frame(raw, DEMAND)
    faults += population_faults(frame)
    return _geo(with_totals(frame), points.geometry), _located(path.name, faults)


def _geo(frame: pd.DataFrame, geometry: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    values = list(geometry) if len(frame) == 0 else geometry.to_numpy()
    return gpd.GeoDataFrame(frame, geometry=values, crs=WGS84)
