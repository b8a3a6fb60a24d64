"""Residents by the command line: points, areas and rasters, into a new workspace and into one that is there."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import Point, box

from data.__main__ import main
from data.archive import copy
from data.workspace import SAMPLE, Workspace
from tests.languages import half_width

WEST, SOUTH = 118.88, 25.12  # in the middle of the sample
PEOPLE = 2.0 ** np.arange(4)
"""Powers of two: a sum shows who is in it."""


def points(folder: Path) -> Path:
    table = pd.DataFrame({"经度": WEST + 0.002 * np.arange(4), "纬度": SOUTH, "人口": PEOPLE})
    table.to_csv(folder / "points.csv", index=False, encoding="gb18030")
    return folder / "points.csv"


def areas(folder: Path) -> Path:
    squares = [box(WEST + 0.01 * i, SOUTH, WEST + 0.01 * (i + 1), SOUTH + 0.01) for i in range(4)]
    gpd.GeoDataFrame({"id": list("abcd"), "population": PEOPLE}, geometry=squares, crs=4490).to_file(
        folder / "areas.gpkg"
    )
    return folder / "areas.gpkg"


def codes(folder: Path) -> Path:
    """A table of villages, without any place."""
    villages = gpd.read_parquet(SAMPLE / "jurisdictions.parquet").query("level == 'village'")["code"].head(4)
    pd.DataFrame({"代码": villages, "人口": PEOPLE}).to_excel(folder / "villages.xlsx", index=False)
    return folder / "villages.xlsx"


def raster(folder: Path) -> Path:
    """Four cells in the sample, and one out at sea, outside of every outline."""
    cells = np.array([[1, 2, 4, 8]], dtype="float32")
    profile = {"driver": "GTiff", "height": 1, "width": 400, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    wide = np.full((1, 400), np.nan, dtype="float32")
    wide[:, :4], wide[:, 399] = cells, 1e6
    with rasterio.open(folder / "p.tif", "w", transform=from_origin(WEST, SOUTH, 0.002, 0.002), **profile) as file:
        file.write(wide, 1)
    return folder / "p.tif"


KINDS = {
    points: ("一个点约代表", "one point stands for"),
    areas: ("沿居住街道分布", "spread along residential streets"),
    codes: ("沿居住街道分布", "spread along residential streets"),
    raster: ("只取界线以内的格子", "Only cells inside the outlines"),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return copy(Workspace.open(SAMPLE), tmp_path / "ws")


@pytest.mark.parametrize("made", KINDS, ids=lambda made: made.__name__)
def test_every_kind_comes_into_a_workspace_after_a_look(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], made
) -> None:
    file, before = made(tmp_path), workspace.path("demand").read_bytes()
    assert main(["import", str(workspace.folder), "demand", str(file)]) == 0
    looked = capsys.readouterr().err
    assert workspace.path("demand").read_bytes() == before
    assert "nothing was written" in looked
    assert main(["import", str(workspace.folder), "demand", str(file), "--yes"]) == 0
    told = capsys.readouterr().err
    for heard in (looked, told):
        zh, en = heard.splitlines()[:2]
        assert "15 名居民" in zh and "15 residents" in en
        assert KINDS[made][0] in zh and KINDS[made][1] in en
        assert "十五分钟步行" in zh and "to be expected wrong" in en
        assert not half_width(zh), zh
    assert Workspace.open(workspace.folder).demand["population"].sum() == 15


@pytest.mark.parametrize("made", KINDS, ids=lambda made: made.__name__)
def test_every_kind_comes_into_a_new_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str], made) -> None:
    arguments = ["--streets", SAMPLE / "streets.arrow", "--centers", SAMPLE / "centers.csv"]
    arguments += ["--jurisdictions", SAMPLE / "jurisdictions.parquet", "--demand", made(tmp_path)]
    assert main(["new", str(tmp_path / "new"), *map(str, arguments)]) == 0
    assert KINDS[made][0] in capsys.readouterr().err
    demand = Workspace.open(tmp_path / "new").demand
    assert demand["population"].sum() == 15
    assert demand["village"].str.fullmatch(r"\d{12}").all()


def test_areas_go_onto_buildings_where_they_are_given(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spots = [Point(WEST + 0.01 * i + 0.003 * j, SOUTH + 0.005) for i in range(4) for j in (1, 2)]
    gpd.GeoDataFrame({"id": range(8)}, geometry=spots, crs=4326).to_file(tmp_path / "houses.geojson")
    arguments = ["import", workspace.folder, "demand", areas(tmp_path), "--buildings", tmp_path / "houses.geojson"]
    assert main([*map(str, arguments), "--yes"]) == 0
    assert "4 个面按建筑平均分布" in capsys.readouterr().err
    placed = Workspace.open(workspace.folder).demand.geometry
    assert all(any(point.distance(spot) < 1e-9 for spot in spots) for point in placed)


def test_what_is_too_coarse_is_said_with_the_error(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One point for each village: neighboring centers cannot be told apart by it."""
    outlines = workspace.jurisdictions.query("level == 'village'")
    middles = outlines.geometry.representative_point()
    pd.DataFrame({"lon": middles.x, "lat": middles.y, "population": 1000}).to_csv(tmp_path / "v.csv", index=False)
    assert main(["import", str(workspace.folder), "demand", str(tmp_path / "v.csv")]) == 0
    zh, en = capsys.readouterr().err.splitlines()[:2]
    assert "太粗" in zh and "too coarse" in en
    share = float(en.split("catchment ")[1].split("%")[0])
    assert 15 < share < 100


def test_faults_show_before_anything_is_replaced(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.csv").write_text("lon,lat,population\n118.9,25.1,-3\n118.9,25.2,viele\n")
    before = workspace.path("demand").read_bytes()
    for yes in ([], ["--yes"]):
        assert main(["import", str(workspace.folder), "demand", str(tmp_path / "bad.csv"), *yes]) == 2
        assert "2 fault(s)" in capsys.readouterr().err
    assert workspace.path("demand").read_bytes() == before
