"""Results on their way out: the file's ending says the format, and a file is whole or it is not there."""

from __future__ import annotations

import io
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.errors import AtlasError, OutputError, UnsupportedFormatError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame

STDOUT: Final = Path("-")
GEO_ENDINGS: Final = (".geojson", ".gpkg", ".parquet", ".csv")
TABLE_ENDINGS: Final = (".csv", ".parquet")
DEGREE_DIGITS: Final = 7
"""Digits of a degree in text formats: about a centimeter."""
CSV_ENCODING: Final = "utf-8-sig"
"""With a byte-order mark: spreadsheets need it for Chinese."""


def check_output(path: Path, endings: tuple[str, ...], *, printable: bool = False) -> None:
    """Refuse a target before anything is computed for it.

    Args:
        path: the target.
        endings: those that are understood.
        printable: `-` will do as well.

    Raises:
        UnsupportedFormatError: its ending is none of `endings`.
        OutputError: its folder is missing or may not be written, or it is a folder itself.
    """
    if printable and path == STDOUT:
        return
    if path.suffix.lower() not in endings:
        raise UnsupportedFormatError(path=path, expected=", ".join(endings))
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(path=path, reason=f"there is no folder {folder}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(path=path, reason=error.strerror or str(error)) from error
    if path.is_dir():
        raise OutputError(path=path, reason="it is a folder")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A scratch path beside `path`, moved there at the end; a failed or interrupted run leaves nothing behind.

    Raises:
        OutputError: the disk is full or the folder has gone. Errors of the tree pass, whatever their builtin parent.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            scratch = Path(folder) / path.name
            yield scratch
            scratch.replace(path)
    except AtlasError:
        raise  # of another file that is read or written within
    except OSError as error:
        raise OutputError(path=path, reason=error.strerror or str(error)) from error


def write_geo(frame: GeoDataFrame, path: Path, *, layer: str) -> None:
    """Write a layer in degrees as GeoJSON, GeoPackage, GeoParquet or CSV (without geometry); `-` prints GeoJSON.

    In GeoJSON, null stands for a number that is infinite or not known.

    Raises:
        OutputError: see `whole_file`.
    """
    ending = path.suffix.lower()
    if path == STDOUT:
        sys.stdout.write(_geojson(frame))
        return
    made = io.BytesIO()  # made in memory, so that a full disk is one plain error whatever the format
    if ending == ".geojson":
        made.write(_geojson(frame).encode())
    elif ending == ".gpkg":
        frame.to_file(made, layer=layer, driver="GPKG")
    elif ending == ".parquet":
        frame.to_parquet(made)
    else:
        made.write(_csv(frame.drop(columns=frame.geometry.name)).encode(CSV_ENCODING))
    with whole_file(path) as scratch:
        scratch.write_bytes(made.getbuffer())


def write_table(frame: DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet; `-` prints CSV.

    Raises:
        OutputError: see `whole_file`.
    """
    if path == STDOUT:
        sys.stdout.write(_csv(frame))
        return
    with whole_file(path) as scratch:
        if path.suffix.lower() == ".parquet":
            frame.to_parquet(scratch, index=False)
        else:
            scratch.write_bytes(_csv(frame).encode(CSV_ENCODING))


def _csv(frame: DataFrame) -> str:
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _geojson(frame: GeoDataFrame) -> str:
    import shapely

    exact = frame.geometry.to_numpy()
    rounded = shapely.set_precision(exact, 10.0**-DEGREE_DIGITS, mode="pointwise")  # 20 times as fast as "valid_output"
    crossed = ~shapely.is_valid(rounded)
    rounded[crossed] = shapely.set_precision(exact[crossed], 10.0**-DEGREE_DIGITS)
    known = frame.set_geometry(rounded, crs=frame.crs).replace([math.inf, -math.inf], math.nan)  # JSON knows neither
    return str(known.to_json(drop_id=True, ensure_ascii=False, na="null")) + "\n"
