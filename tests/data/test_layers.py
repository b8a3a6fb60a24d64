"""Layers: streets, outlines and residents put in place of others."""

from __future__ import annotations

import errno
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from data.archive import copy
from data.intake.layers import read_outlines
from data.intake.replacement import Replacement, replace_layer
from data.workspace import SAMPLE, Workspace
from geo.errors import InputError, OutputError, ReadOnlyWorkspaceError, TableFaultsError
from geo.streets.network import StreetNetwork

WEST, SOUTH = 118.88, 25.12  # in the middle of the sample


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return copy(Workspace.open(SAMPLE), tmp_path / "ws")


def test_points_get_their_village(workspace: Workspace, tmp_path: Path) -> None:
    known = workspace.demand.iloc[::500]
    people = tmp_path / "people.csv"
    pd.DataFrame({"lon": known["lon"], "lat": known["lat"], "人口": 2.0 ** np.arange(len(known))}).to_csv(people)
    read = replace_layer(workspace, "demand", people)
    again = Workspace.open(workspace.folder)
    assert read is not None
    assert read.kind == "points"
    assert again.demand["village"].tolist() == known["village"].tolist()
    assert again.demand["population"].sum() == 2.0 ** len(known) - 1, "powers of two: nobody lost, nobody twice"


def test_areas_are_spread_and_rasters_taken_cell_by_cell(workspace: Workspace, tmp_path: Path) -> None:
    quarters = [box(WEST + 0.01 * i, SOUTH, WEST + 0.01 * (i + 1), SOUTH + 0.01) for i in range(4)]
    areas = gpd.GeoDataFrame({"id": list("abcd"), "population": [1000, 200, 30, 4]}, geometry=quarters, crs=4490)
    areas.to_file(tmp_path / "areas.gpkg")
    read = replace_layer(workspace, "demand", tmp_path / "areas.gpkg")
    assert read is not None
    assert read.kind == "areas"
    spread = Workspace.open(workspace.folder).demand
    assert spread["population"].sum() == 1234
    assert [spread.within(quarter).mul(spread["population"]).sum() for quarter in quarters] == [1000, 200, 30, 4]

    cells = np.array([[1.5, 0.0, 4.0], [np.nan, 8.0, 16.0]], dtype="float32")
    profile = {"driver": "GTiff", "height": 2, "width": 3, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(tmp_path / "p.tif", "w", transform=from_origin(WEST, SOUTH, 0.001, 0.001), **profile) as raster:
        raster.write(cells, 1)
    read = replace_layer(workspace, "demand", tmp_path / "p.tif")
    assert read is not None
    assert read.kind == "raster"
    assert Workspace.open(workspace.folder).demand["population"].sum() == 29.5


@pytest.mark.parametrize("layer", ["streets", "jurisdictions", "demand"])
def test_a_bad_file_leaves_the_layer_as_it_was(workspace: Workspace, tmp_path: Path, layer: str) -> None:
    before = workspace.path(layer).read_bytes()
    (tmp_path / "bad.gpkg").write_bytes(b"SQLite format 3, but no more of it")
    with pytest.raises(InputError):
        replace_layer(workspace, layer, tmp_path / "bad.gpkg")
    assert workspace.path(layer).read_bytes() == before
    with pytest.raises(ReadOnlyWorkspaceError):
        replace_layer(Workspace.open(SAMPLE), layer, tmp_path / "bad.gpkg")


def test_boundaries_come_by_code(workspace: Workspace, tmp_path: Path) -> None:
    shapes = gpd.GeoDataFrame(
        {"XZQDM": ["350505", "350505001"], "XZQMC": ["泉港区", "山腰街道"]},
        geometry=[box(118.7, 25, 119.1, 25.3), box(118.8, 25.1, 118.95, 25.2)],
        crs=4490,
    )
    shapes.to_crs(4549).to_file(tmp_path / "xzq.shp", encoding="GB18030")
    frame = read_outlines(tmp_path / "xzq.shp")
    assert frame["code"].tolist() == ["350505000000", "350505001000"], "filled up to twelve digits"
    assert frame["level"].tolist() == ["county", "town"]
    np.testing.assert_allclose(frame.total_bounds, shapes.total_bounds, atol=1e-6)
    before = workspace.path("jurisdictions").read_bytes()
    with pytest.raises(TableFaultsError, match="350505"):  # the workspace would not open any more
        replace_layer(workspace, "jurisdictions", tmp_path / "xzq.shp")
    assert workspace.path("jurisdictions").read_bytes() == before


def test_a_full_disk_leaves_streets_and_heights_as_they_were(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    west, south, east, north = workspace.network.bounds_lonlat
    profile = {"driver": "GTiff", "height": 2, "width": 2, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    size = max(east - west, north - south) + 0.02
    place = from_origin(west - 0.01, north + 0.01, size / 2, size / 2)
    with rasterio.open(tmp_path / "dem.tif", "w", transform=place, **profile) as raster:
        raster.write(np.full((2, 2), 7, dtype="float32"), 1)
    found = Replacement.read(workspace, "elevation", tmp_path / "dem.tif")
    before = {path: path.read_bytes() for path in workspace.folder.iterdir()}

    def full(self: StreetNetwork, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OutputError, match=r"streets\.arrow cannot be written: No"):
        patched.setattr(StreetNetwork, "save", full)
        found.write(workspace)
    assert {path: path.read_bytes() for path in workspace.folder.iterdir()} == before
    found.write(workspace)
    assert Workspace.open(workspace.folder).network.sample_z.max() == 7
    assert workspace.elevation_path is not None


def test_outlines_are_not_taken_from_under_a_center_that_moved_meanwhile(workspace: Workspace) -> None:
    outlines = workspace.jurisdictions
    free = sorted(set(outlines["code"][outlines["level"] == "village"]) - set(workspace.centers["home"]))[0]
    outlines[outlines["code"] != free].to_file(workspace.folder.parent / "fewer.gpkg")
    found = Replacement.read(workspace, "jurisdictions", workspace.folder.parent / "fewer.gpkg")
    registry = workspace.registry()
    with registry.edit("Li", "moved") as edit:
        edit.put("centers", {"id": "qg-01", "home": free}, registry.record("centers", "qg-01")["version"])
    registry.close()
    with pytest.raises(TableFaultsError, match=free):
        found.write(Workspace.open(workspace.folder))
    Workspace.open(workspace.folder)


def test_outlines_without_a_code_are_named(tmp_path: Path) -> None:
    squares = [box(WEST + 0.01 * i, SOUTH, WEST + 0.01 * (i + 1), SOUTH + 0.01) for i in range(2)]
    outlines = gpd.GeoDataFrame({"code": ["350505001001", None], "name": ["甲", "乙"]}, geometry=squares, crs=4490)
    outlines.to_file(tmp_path / "o.geojson")
    with pytest.raises(TableFaultsError) as caught:
        read_outlines(tmp_path / "o.geojson")
    assert ("code", 2, "empty") in {(fault.column, fault.row, fault.code) for fault in caught.value.faults}
