"""Population rasters: residents of cells (WorldPop, GHS-POP and the like) as demand points, nobody lost on the way.

A cell becomes a point at its center *before* anything is projected: warping a raster of counts bilinearly loses a tenth
of the people. The raster must give people per cell, not per area.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import WGS84, metric_crs_for, to_lonlat, to_metric
from geo.errors import DamagedFileError, EmptyTableError, MissingCrsError, MissingFileError, ParameterError
from geo.people.population import COUNTS, Population, Quality, demand_frame
from geo.people.residents import AGE_GROUPS

if TYPE_CHECKING:
    from geopandas import GeoSeries
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

KIND: Final = "a population raster"
BLOCK_CELLS: Final = 1_024
"""Side of the windows in which a raster is read: 8 MB of float64 each, whatever the raster's size."""

Clip = Literal["area", "center"]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AgeShares:
    """Shares of all residents by age, for a raster that gives totals only; they add up to 1.

    Args:
        age_0_14, age_15_59, age_60_plus: between 0 and 1.
        source: where they come from, for people ("census 2020, county").
    """

    age_0_14: float
    age_15_59: float
    age_60_plus: float
    source: str

    def __post_init__(self) -> None:
        shares = (self.age_0_14, self.age_15_59, self.age_60_plus)
        if not all(0 <= share <= 1 for share in shares) or not math.isclose(sum(shares), 1, abs_tol=1e-6):
            raise ParameterError(
                name="age shares",
                value=", ".join(f"{share:g}" for share in shares),
                reason="they are no parts of a whole",
                expected="three shares from 0 to 1 that add up to 1",
            )


def read_cells(
    path: str | Path,
    *,
    inside: GeoSeries | None = None,
    clip: Clip = "center",
    age_shares: AgeShares | None = None,
    quality: Quality = "approximate",
    progress: Callable[[str, float], None] | None = None,
) -> Population:
    """Residents of a raster's first band, one point per cell that has any.

    The sum of all points is the sum of all positive cells (in float64). Cells without data, or whose value is not
    finite, hold nobody and are counted; so do negative cells, which are a mark for "no data" that was not declared, or
    an error. Ids are the cell's row and column: `r12c34`, 0-based from the first row of the file.

    Args:
        path: a GeoTIFF or any raster that GDAL reads, whichever row comes first, in any coordinate system.
        inside: polygons in their CRS; only residents inside are taken. Vertices are brought into the raster's system,
            edges stay straight there.
        clip: what of a cell on the border is inside: with "center" all of it if its center is, with "area" the share of
            its area, placed in the middle of that part. The shares of areas that tile the ground add up to the whole.
        age_shares: split every cell by these; without them the age groups are not known. The points' `source` says so.
        quality: of the raster; with `age_shares` at most "approximate".
        progress: told what is being done and the share done, 0 to 1.

    Raises:
        MissingFileError, DamagedFileError, MissingCrsError: there is no such raster.
        EmptyTableError: it holds nobody (inside the polygons).
    """
    path = Path(path)
    tell = progress or (lambda text, share: None)
    parts: list[_Cells] = []
    report: Counter[str] = Counter()
    with _open(path) as raster:
        shape = None if inside is None else _in_crs(inside, raster.crs.to_wkt(), str(path))
        windows = list(_windows(raster, shape))
        for done, window in enumerate(windows):
            cells = _read(raster, window, report)
            parts.append(cells if shape is None else _clipped(cells, raster, shape, clip))
            tell("reading residents", (done + 1) / len(windows))
        crs = raster.crs.to_wkt()
    rows, cols, xy, people = (np.concatenate([getattr(p, n) for p in parts] or [[]]) for n in _Cells.__slots__)
    if not len(people):
        raise EmptyTableError(path=path)
    counts = np.full((len(people), len(COUNTS)), np.nan)
    counts[:, 0] = people
    source = f"{path.name}, cells"
    if age_shares is not None:
        counts[:, 1:] = people[:, None] * [getattr(age_shares, group) for group in AGE_GROUPS]
        source += f", ages by {age_shares.source}"
        quality = "approximate" if quality in ("surveyed", "published") else quality
    ids = [f"r{row}c{col}" for row, col in zip(rows.tolist(), cols.tolist(), strict=True)]
    points = demand_frame(ids, to_lonlat(xy, crs), counts, village=None, source=source, quality=quality)
    return Population(points, {"cells": len(people), **report})


def cell_side_m(path: str | Path) -> float:
    """Side of a cell on the ground in the raster's middle, meters: the root of its area.

    Raises:
        MissingFileError, DamagedFileError, MissingCrsError: there is no such raster.
    """
    with _open(Path(path)) as raster:
        col, row = raster.width // 2, raster.height // 2
        corners = [raster.transform @ (col + i, row + j) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
        lonlat = to_lonlat(np.array(corners), raster.crs.to_wkt())
    return float(np.sqrt(shapely.Polygon(to_metric(lonlat, metric_crs_for(lonlat))).area))


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells with people: row and col int64 (n,), xy float64 (n, 2) in the raster's CRS, people float64 (n,)."""

    row: NDArray[np.int64]
    col: NDArray[np.int64]
    xy: FloatArray
    people: FloatArray


@contextmanager
def _open(path: Path) -> Iterator[DatasetReader]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    if not path.is_file():
        raise MissingFileError(path=path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said by MissingCrsError
            with rasterio.open(path) as raster:
                if raster.crs is None or raster.transform.is_identity:
                    raise MissingCrsError(path=path)
                yield raster
    except RasterioError as error:
        raise DamagedFileError(path=path, kind=KIND, reason=str(error.__cause__ or error)) from error


def _in_crs(inside: GeoSeries, crs: str, label: str) -> shapely.Geometry:
    """One polygon in the raster's system."""
    if inside.crs is None:
        raise MissingCrsError(path=f"{label} (the outline to clip to)")
    shape = shapely.union_all(shapely.make_valid(np.asarray(inside.to_crs(WGS84).geometry, dtype=object)))
    return shapely.transform(shape, lambda lonlat: to_metric(lonlat, crs))


def _windows(raster: DatasetReader, shape: shapely.Geometry | None) -> Iterator[Window]:
    """Blocks of the raster, those that meet the bounds of `shape` only."""
    from rasterio.windows import Window

    left, top, right, bottom = 0, 0, raster.width, raster.height
    if shape is not None:
        if shape.is_empty:
            return
        west, south, east, north = shape.bounds
        corners = [~raster.transform @ (x, y) for x in (west, east) for y in (south, north)]
        low, high = np.floor(np.min(corners, axis=0)), np.ceil(np.max(corners, axis=0))
        left, top = max(left, int(low[0])), max(top, int(low[1]))
        right, bottom = min(right, int(high[0])), min(bottom, int(high[1]))
    for row in range(top, bottom, BLOCK_CELLS):
        for col in range(left, right, BLOCK_CELLS):
            yield Window(col, row, min(BLOCK_CELLS, right - col), min(BLOCK_CELLS, bottom - row))


def _read(raster: DatasetReader, window: Window, report: Counter[str]) -> _Cells:
    """Cells of a window that have people; the others are counted in `report`."""
    cells = raster.read(1, window=window, masked=True).astype(np.float64)
    values = cells.filled(np.nan) * raster.scales[0] + raster.offsets[0]
    known = np.isfinite(values)
    report["cells_without_data"] += int((~known).sum())
    report["negative_cells"] += int((values < 0).sum())
    report["empty_cells"] += int((values == 0).sum())
    row, col = np.nonzero(known & (values > 0))
    people = values[row, col]
    row, col = row + int(window.row_off), col + int(window.col_off)
    return _Cells(row, col, _positions(raster, row + 0.5, col + 0.5), people)


def _positions(raster: DatasetReader, row: NDArray[Any], col: NDArray[Any]) -> FloatArray:
    """Coordinates (n, 2) of fractional rows and columns, which count from the outer edge of the first cell."""
    a, b, c, d, e, f = tuple(raster.transform)[:6]
    return np.column_stack([a * col + b * row + c, d * col + e * row + f])


def _clipped(cells: _Cells, raster: DatasetReader, shape: shapely.Geometry, clip: Clip) -> _Cells:
    shapely.prepare(shape)
    xy, people = cells.xy, cells.people
    if clip == "center":
        kept = shapely.intersects_xy(shape, xy)
        return _Cells(cells.row[kept], cells.col[kept], xy[kept], people[kept])
    corners = [_positions(raster, cells.row + i, cells.col + j) for i, j in ((0, 0), (0, 1), (1, 1), (1, 0))]
    squares = shapely.polygons(np.stack(corners, axis=1))
    kept = shapely.intersects(shape, squares)
    cut = np.flatnonzero(kept & ~shapely.covers(shape, squares))
    part = shapely.intersection(squares[cut], shape)
    xy, people = xy.copy(), people.copy()
    people[cut] *= shapely.area(part) / shapely.area(squares[cut])
    touched = people[cut] > 0
    middle = shapely.centroid(part)
    middle = np.where(shapely.contains(part, middle), middle, shapely.point_on_surface(part))
    xy[cut[touched]] = shapely.get_coordinates(middle[touched])
    kept &= people > 0
    return _Cells(cells.row[kept], cells.col[kept], xy[kept], people[kept])
