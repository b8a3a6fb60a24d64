"""Exports: one table as a file that people and programs open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from data.tables.codes import Language
from data.tables.columns import Table
from data.tables.drafts import csv_text, to_text
from data.tables.workbooks import table_workbook
from geo.crs import WGS84
from geo.errors import MissingColumnError
from geo.output import check_output, whole_file

ENDINGS: Final = (".csv", ".xlsx", ".gpkg")


def export_table(frame: pd.DataFrame, table: Table, path: Path, language: Language = "zh") -> None:
    """Write a typed frame as CSV, Excel or GeoPackage. Nothing in it can run as a formula.

    Args:
        frame: typed rows.
        table: the contract.
        path: its ending says which.
        language: of an Excel file's headers and labels; the others carry the plain names and codes.

    Raises:
        UnsupportedFormatError, OutputError: the file cannot be written.
        MissingColumnError: a GeoPackage is asked of a table without places.
    """
    check_output(path, ENDINGS)
    content = _content(frame, table, path.suffix.lower(), language)
    with whole_file(path) as scratch:
        if isinstance(content, bytes):
            scratch.write_bytes(content)
        else:
            _write_points(content, table, scratch)


def _content(frame: pd.DataFrame, table: Table, ending: str, language: Language) -> bytes | pd.DataFrame:
    if ending == ".csv":
        return csv_text(frame, table).encode("utf-8-sig")  # the mark is what makes Excel read UTF-8
    if ending == ".xlsx":
        return table_workbook(frame, table, language)
    if "lon" not in table.names:
        raise MissingColumnError(path=table.name, column="lon", found=", ".join(table.names))
    return frame


def _write_points(frame: pd.DataFrame, table: Table, path: Path) -> None:
    import geopandas as gpd

    plain = frame[table.names].drop(columns=["lon", "lat"])  # the point tells: who moves it must not leave them behind
    text = to_text(frame, table)
    for column in table.columns:
        if column.listed or column.kind == "date":
            plain[column.name] = text[column.name]
    points = gpd.GeoDataFrame(plain, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=WGS84)
    points.to_file(path, layer=table.name, driver="GPKG")
