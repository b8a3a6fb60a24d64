"""Elevation: planes come back exactly, rims and voids behave as stated, real tiles give known heights."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.transform import Affine, from_origin

from geo.crs import to_lonlat
from geo.elevation import BLOCK_CELLS, open_elevation
from geo.errors import DamagedFileError, MissingCrsError, MissingFileError
from tests.conftest import shared_data

NODATA = -9999.0


def write_raster(
    path: Path, cells: NDArray[Any], transform: Affine, crs: str | None = "EPSG:4326", **profile: Any
) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=cells.shape[0],
        width=cells.shape[1],
        count=1,
        dtype=cells.dtype,
        crs=crs,
        transform=transform,
        **profile,
    ) as raster:
        raster.write(cells, 1)
    return path


def cell_centers(shape: tuple[int, int], transform: Affine) -> tuple[NDArray[Any], NDArray[Any]]:
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    return place_of(rows, cols, transform)


def place_of(rows: NDArray[Any], cols: NDArray[Any], t: Affine) -> tuple[NDArray[Any], NDArray[Any]]:
    return t.a * cols + t.b * rows + t.c, t.d * cols + t.e * rows + t.f


# 4 × 4 cells of 0.01° with the corner at 118.00 E, 25.04 N; heights as drawn, the x has no data:
#
#        118.00  118.01  118.02  118.03  118.04
#  25.04    +-------+-------+-------+-------+
#           |   0   |  10   |  20   |  30   |
#  25.03    +-------+-------+-------+-------+
#           | 100   | 110   |   x   | 130   |
#  25.02    +-------+-------+-------+-------+
#           | 200   | 210   | 220   | 230   |
#  25.01    +-------+-------+-------+-------+
#           | 300   | 310   | 320   | 330   |
#  25.00    +-------+-------+-------+-------+
SMALL = from_origin(118.0, 25.04, 0.01, 0.01)


@pytest.fixture
def small(tmp_path: Path):
    cells = np.add.outer(np.arange(4) * 100.0, np.arange(4) * 10.0)
    cells[1, 2] = NODATA
    return open_elevation(write_raster(tmp_path / "small.tif", cells, SMALL, nodata=NODATA))


@pytest.mark.parametrize(
    ("lon", "lat", "expected_m"),
    [
        (118.005, 25.035, 0.0),  # a cell's center
        (118.010, 25.010, 255.0),  # where four cells meet: their mean
        (118.000, 25.035, 0.0),  # the rim takes the rim's heights
        (118.000, 25.040, 0.0),  # and so does its corner
        (118.040, 25.000, 330.0),
        (118.0 - 1e-6, 25.02, np.nan),  # outside
        (118.02, 25.0401, np.nan),
        (118.025, 25.025, np.nan),  # the void's center
        (118.020, 25.025, 110.0),  # on the line to its neighbor: half of the weight holds
        (118.021, 25.025, np.nan),  # beyond half-way it does not
        (118.020, 25.030, (10 + 20 + 110) / 3),  # three of four cells
    ],
)
def test_heights_as_drawn(small, lon, lat, expected_m):
    assert small.sample(np.array([[lon, lat]]))[0] == pytest.approx(expected_m, nan_ok=True, abs=1e-6)


def test_nan_points_and_no_points(small):
    heights = small.sample(np.array([[np.nan, 25.02], [118.005, 25.035], [np.inf, 0.0]]))
    assert np.isnan(heights).tolist() == [True, False, True]
    assert small.sample(np.empty((0, 2))).shape == (0,)


def test_what_is_known_of_the_raster(small):
    assert small.bounds_lonlat == pytest.approx((118.0, 25.0, 118.04, 25.04))
    assert small.resolution_m == pytest.approx(np.sqrt(1108.0 * 1009.2), rel=1e-3)  # 0.01° at 25° N, north × east
    assert Path(small.path).name == "small.tif"


@pytest.fixture(scope="module")
def saddle(tmp_path_factory: pytest.TempPathFactory):
    """z = xy in raster units: bilinear interpolation is exact on it, nearest or averaged cells are not."""
    transform = from_origin(-1.0, 1.0, 0.02, 0.02)
    x, y = cell_centers((100, 100), transform)
    return open_elevation(write_raster(tmp_path_factory.mktemp("dem") / "saddle.tif", 1000 * x * y, transform))


@given(st.lists(st.tuples(st.floats(-0.99, 0.99), st.floats(-0.99, 0.99)), min_size=1, max_size=30))
def test_bilinear_is_exact_where_the_ground_is(saddle, points):
    lonlat = np.array(points)
    assert saddle.sample(lonlat) == pytest.approx(1000 * lonlat[:, 0] * lonlat[:, 1], abs=1e-9)


@pytest.mark.parametrize("turn_deg", [0.0, 30.0])
def test_projected_and_rotated_rasters_and_many_blocks(tmp_path, turn_deg):
    """A plane in meters, over several blocks, with points in all of them and out of order."""
    shape = (BLOCK_CELLS + 500, BLOCK_CELLS * 2 + 100)
    east, north = 5 * np.cos(np.radians(turn_deg)), 5 * np.sin(np.radians(turn_deg))
    transform = Affine(east, north, 380_000, north, -east, 2_790_000)
    x, y = cell_centers(shape, transform)
    cells = (100 + 0.02 * (x - 380_000) - 0.05 * (y - 2_780_000)).astype(np.float64)
    model = open_elevation(write_raster(tmp_path / "plane.tif", cells, transform, crs="EPSG:4549"))
    rng = np.random.default_rng(2)
    cols, rows = rng.uniform(1, shape[1] - 1, 5_000), rng.uniform(1, shape[0] - 1, 5_000)
    x, y = place_of(rows, cols, transform)
    heights = model.sample(to_lonlat(np.column_stack([x, y]), "EPSG:4549"))
    assert heights == pytest.approx(100 + 0.02 * (x - 380_000) - 0.05 * (y - 2_780_000), abs=1e-3)
    assert model.resolution_m == pytest.approx(5, rel=1e-3)


def test_only_the_needed_window_is_read(tmp_path, monkeypatch):
    path = write_raster(tmp_path / "wide.tif", np.zeros((3_000, 3_000), np.int16), from_origin(0, 3, 0.001, 0.001))
    seen = []
    original = rasterio.io.DatasetReader.read

    class Spy:
        def __init__(self, raster):
            self._raster = raster

        def __getattr__(self, name):
            return getattr(self._raster, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._raster.close()

        def read(self, band, *, window, masked):
            seen.append(window.width * window.height)
            return original(self._raster, band, window=window, masked=masked)

    model = open_elevation(path)
    opened = rasterio.open
    monkeypatch.setattr(rasterio, "open", lambda uri: Spy(opened(uri)))
    model.sample(np.array([[0.1, 2.9], [0.11, 2.91], [2.9, 0.1]]))
    assert len(seen) == 2
    assert sum(seen) < 1_000


def test_feet_scale_and_offset_become_meters(tmp_path):
    path = write_raster(tmp_path / "feet.tif", np.full((3, 3), 40, np.int16), SMALL)
    with rasterio.open(path, "r+") as raster:
        raster.units, raster.scales, raster.offsets = ("ft",), (10.0,), (600.0,)
    assert open_elevation(path).sample(np.array([[118.01, 25.03]]))[0] == pytest.approx(1_000 * 0.3048)


# SRTM tiles --------------------------------------------------------------------------------------------------------


def write_hgt(folder: Path, side: int) -> Path:
    """A tile whose height is 1000 m times the way south plus 500 m times the way east, with a void in one corner."""
    south, east = np.mgrid[0:side, 0:side] / (side - 1)
    cells = np.round(1000 * south + 500 * east).astype(">i2")
    cells[:5, :5] = -32768
    path = folder / "N25E118.hgt"
    path.write_bytes(cells.tobytes())
    return path


@pytest.mark.parametrize(("side", "zipped"), [(1201, False), (1201, True), (3601, False)])
def test_srtm_tiles_lie_where_their_name_says(tmp_path, side, zipped):
    path = write_hgt(tmp_path, side)
    if zipped:
        with zipfile.ZipFile(tmp_path / "any name.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "folder/N25E118.hgt")
        path = tmp_path / "any name.zip"
    model = open_elevation(path)
    points = np.array([[118.5, 25.5], [119.0, 25.0], [118.25, 25.2], [118.0, 26.0], [119.2, 25.0]])
    assert model.sample(points) == pytest.approx([750, 1500, 925, np.nan, np.nan], abs=0.5, nan_ok=True)
    assert model.bounds_lonlat == pytest.approx((118, 25, 119, 26), abs=1e-3)


def test_real_tile_of_andorra():
    model = open_elevation(shared_data("N42E001.hgt.zip"))
    town = np.array([[1.5218, 42.5063]])  # Andorra la Vella, 1,023 m
    assert model.sample(town)[0] == pytest.approx(1_023, abs=40)
    around = np.stack(np.meshgrid(np.linspace(1.435, 1.455, 60), np.linspace(42.585, 42.600, 60)), axis=-1)
    # Coma Pedrosa, 2,943 m: cells of 90 m round a summit off
    assert model.sample(around.reshape(-1, 2)).max() == pytest.approx(2_943, abs=60)


def test_real_raster_of_porto_alegre():
    model = open_elevation(shared_data("poa_elevation.tif"))
    assert model.resolution_m == pytest.approx(28.7, abs=0.1)
    with rasterio.open(model.path) as raster:
        cells = raster.read(1)
        x, y = cell_centers(cells.shape, raster.transform)
    np.testing.assert_allclose(model.sample(np.column_stack([x.ravel(), y.ravel()])), cells.ravel(), atol=1e-4)


# Bad input ---------------------------------------------------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"nowhere\.tif"):
        open_elevation(tmp_path / "nowhere.tif")


def test_a_raster_without_a_system_says_so(tmp_path):
    with pytest.raises(MissingCrsError):
        open_elevation(write_raster(tmp_path / "plain.tif", np.zeros((3, 3)), SMALL, crs=None))


@pytest.mark.parametrize("name", ["text.tif", "text.hgt", "N25E118.hgt", "text.zip"])
def test_what_is_no_raster_says_so(tmp_path, name):
    (tmp_path / name).write_bytes(b"these are no heights" * 50)
    with pytest.raises(DamagedFileError, match=name):
        open_elevation(tmp_path / name)


def test_a_zip_must_hold_one_raster(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("N25E118.hgt", b"")
        archive.writestr("N26E118.hgt", b"")
    with pytest.raises(DamagedFileError, match="2 rasters"):
        open_elevation(tmp_path / "two.zip")


def test_a_raster_that_breaks_off_fails_and_invents_nothing(tmp_path):
    rng = np.random.default_rng(4)
    path = write_raster(tmp_path / "cut.tif", rng.normal(size=(500, 500)), from_origin(118, 26, 0.001, 0.001))
    path.write_bytes(path.read_bytes()[:1_000_000])
    model = open_elevation(path)
    with pytest.raises(DamagedFileError, match=r"cut\.tif"):
        model.sample(np.array([[118.4, 25.51]]))


def test_heights_in_another_unit_are_refused(tmp_path):
    path = write_raster(tmp_path / "fathoms.tif", np.zeros((3, 3)), SMALL)
    with rasterio.open(path, "r+") as raster:
        raster.units = ("fathom",)
    with pytest.raises(DamagedFileError, match="fathom"):
        open_elevation(path)
