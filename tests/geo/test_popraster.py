"""Population rasters: nobody lost, nobody invented, whatever the raster's system and direction."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from geo.errors import DamagedFileError, EmptyTableError, MissingCrsError, MissingFileError, ParameterError
from geo.people import popraster
from geo.people.popraster import AgeShares, cell_side_m, read_cells
from geo.people.residents import AGE_GROUPS, ALL

DEGREES = ("EPSG:4326", Affine(0.001, 0, 118.8, 0, -0.001, 25.2))
METERS = ("EPSG:4549", Affine(100, 0, 389_000, 0, -100, 2_778_000))
SOUTH_UP = ("EPSG:4326", Affine(0.001, 0, 118.8, 0, 0.001, 25.1))
TURNED = ("EPSG:4549", Affine(80, 60, 389_000, 60, -80, 2_778_000))
GRIDS = pytest.mark.parametrize(
    "grid", [DEGREES, METERS, SOUTH_UP, TURNED], ids=["degrees", "meters", "south", "turned"]
)


def write(path, cells, grid=DEGREES, *, nodata=None, dtype="float32", crs=True):
    system, transform = grid
    cells = np.asarray(cells, dtype=dtype)
    options = {"crs": system, "transform": transform} if crs else {}
    height, width = cells.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype=dtype, nodata=nodata, **options
    ) as raster:
        raster.write(cells, 1)
    return path


def scattered(shape=(40, 50), seed=1):
    dice = np.random.default_rng(seed)
    return (dice.random(shape) * 90 * (dice.random(shape) < 0.6)).astype(np.float32)


@GRIDS
def test_everybody_is_there_and_at_the_center_of_the_cell(tmp_path, grid):
    cells = scattered()
    read = read_cells(write(tmp_path / "p.tif", cells, grid))
    assert read.residents == pytest.approx(cells.astype(np.float64).sum(), rel=1e-12)
    assert len(read) == (cells > 0).sum() and read.report["empty_cells"] == (cells == 0).sum()
    system, transform = grid
    row, col = np.nonzero(cells)
    x, y = transform @ (col + 0.5, row + 0.5)
    centers = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=system)
    away = shapely.distance(read.points.to_crs(system).geometry.to_numpy(), centers.to_numpy())
    assert away.max() < (1e-9 if system == "EPSG:4326" else 1e-3)
    assert read.points["id"].tolist() == [f"r{r}c{c}" for r, c in zip(row, col, strict=True)]


def test_no_data_and_negative_cells_are_counted(tmp_path):
    cells = [[1, -99_999, np.nan], [-3, 0, 2], [np.inf, 5, -99_999]]
    read = read_cells(write(tmp_path / "p.tif", cells, nodata=-99_999))
    assert read.residents == 8 and len(read) == 3
    assert read.report == {"cells": 3, "cells_without_data": 4, "negative_cells": 1, "empty_cells": 1}


def test_windows_change_nothing(tmp_path, monkeypatch):
    path = write(tmp_path / "p.tif", scattered())
    whole = read_cells(path).points.set_index("id").sort_index()
    monkeypatch.setattr(popraster, "BLOCK_CELLS", 7)
    parts = read_cells(path).points.set_index("id").sort_index()
    assert (whole[ALL] == parts[ALL]).all() and (whole.geometry == parts.geometry).all()


@GRIDS
@pytest.mark.parametrize("clip", ["center", "area"])
def test_two_sides_of_a_border_make_the_whole(tmp_path, grid, clip):
    cells = scattered()
    path = write(tmp_path / "p.tif", cells, grid)
    outlines = [[(-5, -5), (18, -5), (33, 45), (-5, 45)], [(18, -5), (55, -5), (55, 45), (33, 45)]]  # columns, rows
    sides = [shapely.Polygon([grid[1] @ corner for corner in outline]) for outline in outlines]
    parts = [read_cells(path, inside=gpd.GeoSeries([side], crs=grid[0]), clip=clip) for side in sides]
    assert sum(part.residents for part in parts) == pytest.approx(cells.astype(np.float64).sum(), rel=1e-9)
    for side, part in zip(sides, parts, strict=True):
        away = shapely.distance(part.points.to_crs(grid[0]).geometry.to_numpy(), side)
        assert away.max() < (1e-9 if grid[0] == "EPSG:4326" else 1e-3)


@settings(max_examples=25, deadline=None)
@given(width=st.floats(0.1, 7.9), height=st.floats(0.1, 5.9))
def test_shares_of_area_are_arithmetic(tmp_path_factory, width, height):
    path = tmp_path_factory.getbasetemp() / "even.tif"
    write(path, np.full((6, 8), 10.0), METERS)
    x, y = METERS[1].c, METERS[1].f
    corner = gpd.GeoSeries([shapely.box(x, y - 100 * height, x + 100 * width, y)], crs=METERS[0])
    assert read_cells(path, inside=corner, clip="area").residents == pytest.approx(10 * width * height, rel=1e-6)


def test_ages_by_shares_say_so(tmp_path):
    shares = AgeShares(0.25, 0.5, 0.25, source="county shares")
    read = read_cells(write(tmp_path / "p.tif", [[8, 4]]), age_shares=shares, quality="published")
    assert read.points[list(AGE_GROUPS)].to_numpy().tolist() == [[2, 4, 2], [1, 2, 1]]
    assert set(read.points["quality"]) == {"approximate"}
    assert read.points["source"].str.endswith("ages by county shares").all()
    with pytest.raises(ParameterError, match="parts of a whole"):
        AgeShares(0.5, 0.5, 0.5, source="nowhere")


def test_scaled_integers(tmp_path):
    path = write(tmp_path / "p.tif", [[10, 25]], dtype="uint16")
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.5,), (1.0,)
    assert read_cells(path).points[ALL].tolist() == [6, 13.5]


@pytest.mark.parametrize(("grid", "side_m"), [(METERS, 100), (TURNED, 100), (DEGREES, 105.7)])
def test_side_of_a_cell(tmp_path, grid, side_m):
    # 0.001° are 110.8 m north to south at 25.2° N, and 111.3 m × cos 25.2° = 100.8 m west to east
    assert cell_side_m(write(tmp_path / "p.tif", scattered(), grid)) == pytest.approx(side_m, rel=1e-3)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_rasters_that_cannot_be_used(tmp_path):
    with pytest.raises(MissingFileError):
        read_cells(tmp_path / "none.tif")
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(DamagedFileError, match="population raster"):
        read_cells(tmp_path / "text.tif")
    with pytest.raises(MissingCrsError):
        read_cells(write(tmp_path / "nowhere.tif", [[1]], crs=False))
    with pytest.raises(EmptyTableError):
        read_cells(write(tmp_path / "empty.tif", [[0, 0]]))
    elsewhere = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    with pytest.raises(EmptyTableError):
        read_cells(write(tmp_path / "p.tif", scattered()), inside=elsewhere)


def test_a_million_cells(tmp_path):
    cells = np.random.default_rng(3).random((1_000, 1_000)).astype(np.float32) + 0.5
    path = write(tmp_path / "p.tif", cells)
    read = read_cells(path)
    assert read.residents == pytest.approx(cells.astype(np.float64).sum(), rel=1e-9)
