"""Population files: each kind is told apart, read whole, and judged."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from data.intake.population import read_population
from geo.errors import DamagedFileError, MissingColumnError
from geo.streets.network import StreetNetwork
from tests.conftest import ROOT

SAMPLE = ROOT / "data/sample"
AGES = ["age_0_14", "age_15_59", "age_60_plus"]


@pytest.fixture(scope="module")
def villages():
    outlines = gpd.read_parquet(SAMPLE / "jurisdictions.parquet")
    people = gpd.read_parquet(SAMPLE / "demand.parquet").groupby("village")[AGES].sum()
    return outlines.set_index("code").loc[people.index, ["geometry"]].join(people).rename_axis("code").reset_index()


def test_points_as_csv(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("编号,经度,纬度,人口\na,118.90,25.10,30\nb,118.91,25.10,12\n", encoding="gb18030")
    read = read_population(path)
    assert read.kind == "points" and read.population.residents == 42
    assert read.coarseness.resolution_m == pytest.approx(1_008, rel=0.01)  # 0.01° of 111.3 km × cos 25.1°
    assert read.coarseness.verdict == "too_coarse"


def test_one_point_has_no_neighbors(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("id,lon,lat,population\na,118.90,25.10,30\n")
    assert read_population(path).coarseness is None


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".parquet"])
def test_areas_along_streets_are_fine_and_in_one_point_are_not(tmp_path, villages, ending):
    path = tmp_path / f"villages{ending}"
    villages.to_parquet(path) if ending == ".parquet" else villages.to_file(path)
    spread = read_population(path, network=StreetNetwork.load(SAMPLE / "streets.arrow"))
    gathered = read_population(path)
    for read in (spread, gathered):
        assert read.kind == "areas"
        sums = read.population.points.groupby("village")[AGES].sum()
        assert (sums == villages.set_index("code")[AGES]).all(axis=None)
    assert spread.coarseness.verdict == "fine"
    assert gathered.coarseness.verdict == "too_coarse" and gathered.population.report["one_point"] == len(villages)


def test_areas_by_code(tmp_path, villages):
    path = tmp_path / "villages.csv"
    villages.drop(columns="geometry").to_csv(path, index=False)
    read = read_population(path, boundaries=villages[["code", "geometry"]])
    assert read.kind == "areas" and read.population.residents == villages[AGES].to_numpy().sum()
    with pytest.raises(MissingColumnError, match="geometry"):
        read_population(path)


def test_raster(tmp_path, villages):
    path = tmp_path / "people.tif"
    options = {"crs": "EPSG:4326", "transform": Affine(0.01, 0, 118.6, 0, -0.01, 25.4)}
    with rasterio.open(path, "w", driver="GTiff", height=40, width=50, count=1, dtype="float32", **options) as raster:
        raster.write(np.full((40, 50), 3.0, dtype="float32"), 1)
    whole, inside = read_population(path), read_population(path, boundaries=villages, clip="area")
    assert whole.kind == "raster" and whole.population.residents == 6_000
    assert 0 < inside.population.residents < 6_000
    assert whole.coarseness.verdict == "too_coarse"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DamagedFileError):
        read_population(path)


def test_areas_on_buildings(tmp_path):
    square = shapely.box(118.90, 25.10, 118.91, 25.11)
    block = gpd.GeoDataFrame({"id": ["block"], "population": [40]}, geometry=[square], crs="EPSG:4326")
    footprints = [shapely.box(x, 25.105, x + 1e-4, 25.1051) for x in (118.902, 118.908)]
    houses = gpd.GeoDataFrame({"levels": [1, 3]}, geometry=footprints, crs="EPSG:4326")
    block.to_file(tmp_path / "blocks.gpkg")
    houses.to_file(tmp_path / "houses.gpkg")
    read = read_population(tmp_path / "blocks.gpkg", buildings=tmp_path / "houses.gpkg")
    assert read.population.points["population"].tolist() == [10, 30]
    assert read.population.areas["method"].tolist() == ["buildings_volume"]
