"""ElevationModel: heights of the ground, read from a raster and interpolated at points."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.crs import WGS84, to_lonlat, to_metric
from geo.errors import DamagedFileError, MissingCrsError, MissingFileError

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

KIND: Final = "an elevation model"
BLOCK_CELLS: Final = 1_024
"""Side of the blocks in which a raster is read: 4 MB of float32 each, whatever the raster's size."""
VALID_WEIGHT: Final = 0.5
"""Cells without data are left out of the interpolation while the others hold at least half of its weight: heights at
a shore come from the land, but a void is never bridged by more than half a cell."""
_METRIC: Final = dict.fromkeys(("", "m", "metre", "meter", "metres", "meters"), 1.0)
UNIT_M: Final = {**_METRIC, "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us survey foot": 1200 / 3937}
"""Meters per unit of height; a raster that states none is in meters."""


@dataclass(frozen=True, slots=True)
class ElevationModel:
    """A raster of ground heights; opened anew for each call, so that threads can share it.

    Attributes:
        path: the file as it was named.
        bounds_lonlat: west, south, east, north in degrees (WGS-84); the outline's bounding box.
        resolution_m: side of a cell on the ground in the raster's middle, meters (geometric mean of both sides).
        crs: the raster's coordinate system, as text that pyproj reads.
        uri: how GDAL names the file.
    """

    path: str
    bounds_lonlat: tuple[float, float, float, float]
    resolution_m: float
    crs: str
    uri: str

    def sample(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights at points, interpolated bilinearly between the centers of the four nearest cells.

        The outermost cells reach to their outer edge. Cells without data: see VALID_WEIGHT. Only the blocks in which
        points lie are read.

        Args:
            lonlat: float64 (n, 2), degrees (WGS-84).

        Returns:
            float64 (n,), meters; NaN outside of the raster, where it has no data, and for NaN points.

        Raises:
            DamagedFileError: the file breaks off.
        """
        lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        height_m = np.full(len(lonlat), np.nan)
        with _reading(self.path, self.uri) as raster:
            row, col = _cell_coordinates(raster, to_metric(lonlat, self.crs))
            inside = (row >= 0) & (row <= raster.height) & (col >= 0) & (col <= raster.width)
            here = np.flatnonzero(inside)
            # From cell edges to cell centers; the half cell along the rim takes the rim's heights.
            row = np.clip(row[here] - 0.5, 0, raster.height - 1)
            col = np.clip(col[here] - 0.5, 0, raster.width - 1)
            unit_m = _unit_m(raster, self.path)
            for members in _blocks(row, col):
                height_m[here[members]] = _interpolate(raster, row[members], col[members]) * unit_m
        return height_m


def open_elevation(path: str | Path) -> ElevationModel:
    """Open a GeoTIFF, or any raster that GDAL reads, or an SRTM tile (`N42E001.hgt`, also inside `.hgt.zip`).

    The first band counts. An SRTM tile's place is in its name.

    Raises:
        MissingFileError: there is no such file.
        DamagedFileError: it is no raster, breaks off, or has heights in an unknown unit.
        MissingCrsError: it does not say where it lies.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(path=path)
    uri = _zip_uri(path) if path.suffix.lower() == ".zip" else str(path)
    with _reading(str(path), uri) as raster:
        if raster.crs is None or raster.transform.is_identity:
            raise MissingCrsError(path=path)
        _unit_m(raster, str(path))
        crs = raster.crs.to_wkt()
        return ElevationModel(
            path=str(path),
            bounds_lonlat=_bounds_lonlat(raster),
            resolution_m=_resolution_m(raster, crs),
            crs=crs,
            uri=uri,
        )


def _zip_uri(path: Path) -> str:
    """GDAL's name of the only raster in a zip; a tile's name inside says where it lies, so it counts."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.lower().endswith((".hgt", ".tif", ".tiff"))]
    except (zipfile.BadZipFile, OSError) as error:
        raise DamagedFileError(path=path, kind="a zip file", reason=str(error)) from error
    if len(names) != 1:
        raise DamagedFileError(
            path=path, kind=KIND, reason=f"it holds {len(names)} rasters (.hgt, .tif) instead of one"
        )
    return f"/vsizip/{{{path.resolve()}}}/{names[0]}"


@contextmanager
def _reading(path: str, uri: str) -> Iterator[DatasetReader]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said by MissingCrsError
            with rasterio.open(uri) as raster:
                yield raster
    except RasterioError as error:
        raise DamagedFileError(path=path, kind=KIND, reason=str(error.__cause__ or error)) from error


def _cell_coordinates(raster: DatasetReader, xy: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Fractional row and column (n,), 0 at the outer edge of the first cell; NaN where there is no position."""
    xy = np.where(np.isfinite(xy), xy, np.nan)
    a, b, c, d, e, f = tuple(~raster.transform)[:6]
    return d * xy[:, 0] + e * xy[:, 1] + f, a * xy[:, 0] + b * xy[:, 1] + c


def _blocks(row: NDArray[np.float64], col: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Indices of the points of each block of the raster that has any."""
    if not len(row):
        return
    key = (row // BLOCK_CELLS) * 2**31 + col // BLOCK_CELLS
    order = np.argsort(key, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


def _interpolate(raster: DatasetReader, row: NDArray[np.float64], col: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights (n,), in the raster's unit, at fractional rows and columns that count from cell centers; one block."""
    from rasterio.windows import Window

    row0, col0 = np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)
    top, left = int(row0.min()), int(col0.min())
    bottom, right = min(int(row0.max()) + 2, raster.height), min(int(col0.max()) + 2, raster.width)
    window = Window(left, top, right - left, bottom - top)
    cells = raster.read(1, window=window, masked=True).astype(np.float64).filled(np.nan)
    cells = cells * raster.scales[0] + raster.offsets[0]

    down, across = row - row0, col - col0
    row0, col0 = row0 - top, col0 - left
    row1, col1 = np.minimum(row0 + 1, len(cells) - 1), np.minimum(col0 + 1, cells.shape[1] - 1)
    corner_m = np.stack([cells[row0, col0], cells[row0, col1], cells[row1, col0], cells[row1, col1]])
    weight = np.stack([(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across])
    known = np.isfinite(corner_m)
    total = np.where(known, weight, 0.0).sum(axis=0)
    weighted = np.where(known, weight * np.where(known, corner_m, 0.0), 0.0).sum(axis=0)
    height_m = np.full(len(row), np.nan)
    np.divide(weighted, total, out=height_m, where=total >= VALID_WEIGHT)
    return height_m


def _unit_m(raster: DatasetReader, path: str) -> float:
    unit = (raster.units[0] or "").strip().lower()
    if unit not in UNIT_M:
        raise DamagedFileError(path=path, kind=KIND, reason=f"its heights are in {unit!r}, not meters or feet")
    return UNIT_M[unit]


def _bounds_lonlat(raster: DatasetReader) -> tuple[float, float, float, float]:
    from rasterio.warp import transform_bounds

    west, south, east, north = transform_bounds(raster.crs, WGS84, *raster.bounds)
    return float(west), float(south), float(east), float(north)


def _resolution_m(raster: DatasetReader, crs: str) -> float:
    from pyproj import Geod
    from rasterio.transform import xy as raster_xy

    row, col = raster.height / 2, raster.width / 2
    x, y = raster_xy(raster.transform, [row, row, row + 1], [col, col + 1, col], offset="ul")
    lonlat = to_lonlat(np.column_stack([x, y]), crs)
    geod = Geod(ellps="WGS84")
    _, _, sides_m = geod.inv(lonlat[[0, 0], 0], lonlat[[0, 0], 1], lonlat[1:, 0], lonlat[1:, 1])
    return float(np.sqrt(np.prod(sides_m)))
