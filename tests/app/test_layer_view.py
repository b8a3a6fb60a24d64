"""Layers on the page Data: read, compared, asked about, put in place; the same as on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box
from streamlit.testing.v1 import AppTest

from dashboard.i18n import LANGUAGES, catalog
from data.archive import copy
from data.intake.replacement import LAYERS, MET, Replacement
from data.workspace import SAMPLE, Workspace
from geo.errors import ReadOnlyWorkspaceError, TableFaultsError
from tests.app.test_data_page import opened, uploaded, words

WEST, SOUTH = 118.88, 25.12  # in the middle of the sample


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(Workspace.open(SAMPLE), tmp_path_factory.mktemp("layers") / "template").folder


@pytest.fixture
def folder(copied: Path, tmp_path: Path) -> Path:
    return copy(Workspace.open(copied), tmp_path / "workspace").folder


def shown(monkeypatch, folder: Path, layer: str, file: tuple[str, bytes], lang: str = "zh") -> AppTest:
    app = opened(monkeypatch, folder, "import", lang)
    app.selectbox(key="import_table").set_value(layer).run()
    return uploaded(app, (*file, "application/octet-stream"))


def people_file(demand: pd.DataFrame, every: int) -> tuple[str, bytes]:
    """Powers of two at places of the sample, and one place where nobody lives."""
    some = demand.iloc[::every]
    frame = pd.DataFrame({"lon": some["lon"], "lat": some["lat"], "人口": 2.0 ** np.arange(len(some))})
    empty = pd.DataFrame({"lon": [WEST], "lat": [SOUTH], "人口": [0.0]})
    return "居民.csv", pd.concat([frame, empty]).to_csv(index=False).encode()


def measures(app: AppTest) -> dict[str, tuple[str, str]]:
    lines = next(frame.value for frame in app.dataframe if "new" in frame.value)
    return {line["what"]: (line["now"], line["new"]) for line in lines.to_dict("records")}


def test_residents_are_compared_and_replaced_after_a_yes(monkeypatch, folder):
    before = Workspace.open(folder).demand
    name, content = people_file(before, every=1_000)
    n = len(before.iloc[::1_000])
    app = shown(monkeypatch, folder, "demand", (name, content))
    assert measures(app)["居民"] == (f"{before['population'].sum():,.0f}", f"{2**n - 1:,}")
    assert measures(app)["60 岁及以上"][1] == "–"
    assert "无人居住之处 1" in words(app) and "预计误差" in words(app)
    assert f"{2**n - 1:,}" in app.warning[0].value and app.button(key="layer_write").disabled, "far fewer than before"
    next(box for box in app.checkbox if box.key.startswith("layer_sure")).check().run()
    assert len(Workspace.open(folder).demand) == len(before), "nothing is written before the yes"
    app.button(key="layer_write").click().run()
    assert not app.exception and "居民" in app.success[0].value
    assert Workspace.open(folder).demand["population"].sum() == 2**n - 1


def test_a_layer_of_another_place_asks_twice(monkeypatch, folder):
    elsewhere = pd.DataFrame({"lon": [2.35, 2.36], "lat": [48.85, 48.86], "人口": [5, 6]})
    app = shown(monkeypatch, folder, "demand", ("a.csv", elsewhere.to_csv(index=False).encode()), "en")
    assert "0.0 % of the residents" in app.warning[0].value
    assert app.button(key="layer_write").disabled
    next(box for box in app.checkbox if box.key.startswith("layer_sure")).check().run()
    assert not app.button(key="layer_write").disabled


def test_streets_keep_their_heights_and_say_what_was_left_out(monkeypatch, folder, tmp_path):
    nodes = [(WEST, SOUTH), (WEST + 0.01, SOUTH), (WEST + 0.01, SOUTH + 0.01)]
    osm = ["<osm version='0.6'>"]
    osm += [f"<node id='{i}' lat='{lat}' lon='{lon}'/>" for i, (lon, lat) in enumerate(nodes, start=1)]
    for way, (kind, refs) in enumerate([("residential", (1, 2)), ("footway", (2, 3)), ("motorway", (1, 3))], start=1):
        inner = "".join(f"<nd ref='{ref}'/>" for ref in refs)
        osm.append(f"<way id='{way}'>{inner}<tag k='highway' v='{kind}'/></way>")
    content = "".join([*osm, "</osm>"]).encode()
    app = shown(monkeypatch, folder, "streets", ("county.osm", content))
    assert measures(app)["路段"][1] == "2" and measures(app)["有高程的路段"][1] == "2"
    assert "1" in words(app) and catalog("zh")("omitted.motor_only") in words(app)
    next(box for box in app.checkbox if box.key.startswith("layer_sure")).check().run()
    app.button(key="layer_write").click().run()
    assert not app.exception
    network = Workspace.open(folder).network
    assert network.n_edges == 2 and network.has_elevation


def test_borders_that_lack_a_jurisdiction_of_a_center_are_refused(monkeypatch, folder):
    workspace = Workspace.open(folder)
    codes, outlines = workspace.centers["home"].unique(), workspace.jurisdictions
    lacking = outlines[outlines["code"] != codes[0]]
    before = workspace.path("jurisdictions").read_bytes()
    with io.BytesIO() as file:
        lacking[["code", "name", "geometry"]].to_file(file, driver="GeoJSON")
        content = file.getvalue()
    app = shown(monkeypatch, folder, "jurisdictions", ("a.geojson", content))
    assert "没有写入" in words(app) and codes[0] in words(app)
    assert workspace.path("jurisdictions").read_bytes() == before


def test_heights_are_taken_anew_from_another_model(monkeypatch, folder, tmp_path):
    west, south, east, north = Workspace.open(folder).network.bounds_lonlat
    step = 0.01
    shape = (int((north - south) / step) + 4, int((east - west) / step) + 4)
    profile = {"driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "dtype": "float32"}
    place = from_origin(west - step, north + step, step, step)
    with rasterio.open(tmp_path / "h.tif", "w", crs="EPSG:4326", transform=place, **profile) as raster:
        raster.write(np.full(shape, 123.0, dtype="float32"), 1)
    app = shown(monkeypatch, folder, "elevation", ("h.tif", (tmp_path / "h.tif").read_bytes()), "en")
    assert measures(app)["Highest (m)"][1] == measures(app)["Lowest (m)"][1] == "123"
    app.button(key="layer_write").click().run()
    workspace = Workspace.open(folder)
    assert not app.exception and (workspace.network.sample_z == 123).all()
    with rasterio.open(workspace.elevation_path) as raster:
        assert (raster.read(1) == 123).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_file_that_cannot_be_read_changes_nothing(monkeypatch, folder, layer):
    files = {path: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("registry")}
    app = shown(monkeypatch, folder, layer, ("bad.zip", b"PK\x03\x04cut"))
    assert "没有写入" in words(app) and not [button for button in app.button if button.key == "layer_write"]
    assert {path: path.read_bytes() for path in files} == files


def test_the_sample_is_never_written():
    workspace = Workspace.open(SAMPLE)
    with pytest.raises(ReadOnlyWorkspaceError):
        Replacement("streets", network=workspace.network).write(workspace)


def test_faults_of_borders_name_the_center(tmp_path, folder):
    shapes = gpd.GeoDataFrame({"code": ["350505"], "name": ["泉港区"]}, geometry=[box(118, 25, 119, 26)], crs=4490)
    shapes.to_file(tmp_path / "a.gpkg")
    with pytest.raises(TableFaultsError) as refused:
        Replacement.read(Workspace.open(folder), "jurisdictions", tmp_path / "a.gpkg")
    assert {fault.code for fault in refused.value.faults} == {"unknown_reference"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_measure_has_its_words(language):
    texts, workspace = catalog(language).texts, Workspace.open(SAMPLE)
    assert {f"met.{reason}" for reason in MET} <= texts.keys()
    for layer in LAYERS:
        assert {f"layername.{layer}", f"layerhelp.{layer}"} <= texts.keys()
    found = [Replacement("streets", network=workspace.network), Replacement("elevation", network=workspace.network)]
    found.append(Replacement("jurisdictions", outlines=workspace.jurisdictions))
    for one in found:
        assert {f"layermeasure.{name}" for name in one.measures(workspace)} <= texts.keys()
        assert all(now == new for now, new in one.measures(workspace).values())
