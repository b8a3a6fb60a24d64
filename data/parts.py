"""Parts: the files of a workspace, read by their contracts.

Each reader returns its table and all of its faults, and raises only for what is no table at all.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.tables.checks import population_faults, with_levels, with_totals
from data.tables.columns import Table
from data.tables.faults import TableFault
from data.tables.frames import empty_frame, typed_frame
from data.tables.reading import unguarded
from data.tables.schema import DEMAND, JURISDICTIONS
from geo.crs import WGS84
from geo.errors import DamagedFileError

if TYPE_CHECKING:
    import geopandas as gpd


def located(file: str, faults: list[TableFault]) -> list[TableFault]:
    """The faults with the file's name before the column."""
    return [replace(f, column=f"{file}, {f.column}") for f in faults]


def read_csv(path: Path, table: Table) -> tuple[pd.DataFrame, list[TableFault]]:
    """A table of the workspace from its CSV, empty where there is none."""
    return typed_table(read_text(path), path.name, table)


def read_text(path: Path) -> pd.DataFrame:
    """The cells of a CSV as text; no rows and columns where there is no file.

    Raises:
        DamagedFileError: it is no CSV in UTF-8.
    """
    if not path.is_file():
        return pd.DataFrame()
    try:
        return unguarded(pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig"))
    except (ValueError, pd.errors.ParserError) as error:  # UnicodeDecodeError is a ValueError
        raise DamagedFileError(path=path, kind="a UTF-8 CSV table", reason=error) from error


def typed_table(cells: pd.DataFrame, file: str, table: Table) -> tuple[pd.DataFrame, list[TableFault]]:
    """Cells of a file by their contract; a file that is not there is an empty table, one of headers alone as well."""
    if cells.columns.empty:
        return empty_frame(table), []
    frame, faults = typed_frame(cells, table)
    return frame, located(file, faults)


def _read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pyarrow as pa

    try:
        frame = gpd.read_parquet(path)
    except (ValueError, OSError, pa.ArrowException) as error:
        raise DamagedFileError(path=path, kind="GeoParquet", reason=error) from error
    return frame if frame.crs is None else frame.to_crs(WGS84)


def read_jurisdictions(path: Path) -> tuple[gpd.GeoDataFrame, list[TableFault]]:
    """Outlines with their codes, empty where there are none."""
    if not path.is_file():
        return _geo(empty_frame(JURISDICTIONS), []), []
    shapes = _read_geoparquet(path)
    raw = pd.DataFrame(shapes.drop(columns=shapes.geometry.name))
    frame, faults = typed_frame(with_levels(raw) if "code" in raw else raw, JURISDICTIONS)
    return _geo(frame, shapes.geometry), located(path.name, faults)


def read_demand(path: Path) -> tuple[gpd.GeoDataFrame, list[TableFault]]:
    """Demand points with their totals, empty where there are none."""
    if not path.is_file():
        return _geo(empty_frame(DEMAND), []), []
    points = _read_geoparquet(path)
    raw = pd.DataFrame(points.drop(columns=points.geometry.name)).assign(lon=points.geometry.x, lat=points.geometry.y)
    frame, faults = typed_frame(raw, DEMAND)
    faults += population_faults(frame)
    return _geo(with_totals(frame), points.geometry), located(path.name, faults)


def _geo(frame: pd.DataFrame, geometry: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    values = list(geometry) if len(frame) == 0 else geometry.to_numpy()
    return gpd.GeoDataFrame(frame, geometry=values, crs=WGS84)
