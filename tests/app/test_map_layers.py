"""Layers say what the geography says, rounded for the screen and no further."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dashboard.map import layers as map_layers
from dashboard.map.layers import DECIMALS, Layer, StreetTiles
from geo.crs import to_lonlat
from geo.streets.table import STREET_CLASSES
from tests.geo import builders

WGS84 = "EPSG:4326"


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Slippy-map tile of a place, by the textbook formula."""
    radians = np.radians(lat)
    y = (1 - np.log(np.tan(radians) + 1 / np.cos(radians)) / np.pi) / 2
    return int((lon + 180) / 360 * 2**zoom), int(y * 2**zoom)


@given(st.text(max_size=40))
def test_a_layer_is_keyed_by_its_content_and_gives_names_back_unchanged(name):
    made = Layer.of([map_layers.feature({"name": name}, shapely.Point(118.9, 25.1))])
    again = Layer.of([map_layers.feature({"name": name}, shapely.Point(118.9, 25.1))])
    other = Layer.of([map_layers.feature({"name": name + "x"}, shapely.Point(118.9, 25.1))])
    assert made == again and made.key != other.key
    assert made.read()["features"][0]["properties"] == {"name": name}


def test_coordinates_are_rounded_and_nothing_more():
    line = shapely.LineString([(118.123456789, 25.987654321), (118.2, 25.1)])
    geometry = json.loads(map_layers.feature({}, line))["geometry"]
    assert geometry["coordinates"] == [[118.12346, 25.98765], [118.2, 25.1]]
    assert DECIMALS == 5


def squares() -> gpd.GeoDataFrame:
    """A county of two towns side by side; the western town has two villages, one above the other."""
    rows = [
        ("350505000000", "county", shapely.box(0, 0, 2, 2)),
        ("350505001000", "town", shapely.box(0, 0, 1, 2)),
        ("350505002000", "town", shapely.box(1, 0, 2, 2)),
        ("350505001001", "village", shapely.box(0, 0, 1, 1)),
        ("350505001002", "village", shapely.box(0, 1, 1, 2)),
    ]
    frame = pd.DataFrame(rows, columns=["code", "level", "geometry"]).assign(name="<b>x</b>", name_en=None)
    return gpd.GeoDataFrame(frame, crs=WGS84)


def test_jurisdictions_become_land_borders_drawn_once_and_names():
    features = map_layers.jurisdiction_layer(squares()).read()["features"]
    kinds = [f["properties"]["kind"] for f in features]
    assert kinds == ["land", *["border"] * 3, *["name"] * 5]
    lengths = {f["properties"]["level"]: shapely.length(shapely.from_geojson(json.dumps(f["geometry"])))
               for f in features if f["properties"]["kind"] == "border"}  # fmt: skip
    assert lengths == pytest.approx({0: 8.0, 1: 10.0, 2: 7.0})  # what neighbors share counts once
    assert [f["properties"]["level"] for f in features if f["properties"]["kind"] == "border"] == [2, 1, 0]
    names = [f["properties"] for f in features if f["properties"]["kind"] == "name"]
    assert {(n["name"], n["name_en"]) for n in names} == {("<b>x</b>", "")}


def test_a_workspace_without_jurisdictions_has_an_empty_layer():
    assert map_layers.jurisdiction_layer(squares().iloc[:0]).read()["features"] == []


def test_centers_carry_what_a_symbol_needs():
    centers = pd.DataFrame(
        {"id": ["a", "b"], "name": ["甲", "乙"], "name_en": ["A", np.nan], "status": ["open", "planned"],
         "joint": [True, False], "lon": [118.9, 118.8], "lat": [25.1, 25.2]}
    )  # fmt: skip
    first, second = map_layers.center_layer(centers, np.array([True, False])).read()["features"]
    assert first["properties"] == {
        "id": "a", "name": "甲", "name_en": "A", "status": "open", "joint": True, "snapped": True
    }  # fmt: skip
    assert second["properties"]["name_en"] == "" and second["properties"]["snapped"] is False
    assert second["geometry"] == {"type": "Point", "coordinates": [118.8, 25.2]}


def test_catchments_lie_with_the_longest_at_the_bottom_and_empty_ones_are_left_out():
    frame = gpd.GeoDataFrame(
        {"id": ["a", "a", "b", "b"], "minutes": [5.0, 15.0, 15.0, 5.0]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(0, 0, 3, 3), shapely.box(5, 5, 8, 8), shapely.Polygon()],
        crs=WGS84,
    )
    found = [tuple(f["properties"].values()) for f in map_layers.catchment_layer(frame).read()["features"]]
    assert found == [("a", 15.0), ("b", 15.0), ("a", 5.0)]


def test_tiles_together_hold_every_street_and_nothing_from_elsewhere():
    network = builders.grid(12, 12, 400.0)
    west, south, east, north = network.bounds_lonlat
    tiles = StreetTiles(network)
    (x0, y0), (x1, y1) = tile_of(west, north, 13), tile_of(east, south, 13)
    assert x1 > x0 or y1 > y0, "the drawing must span tiles for this test to mean anything"
    drawn = set()
    for x in range(x0, x1 + 1):
        for y in range(y0, y1 + 1):
            for f in Layer("", tiles.tile(13, x, y)).read()["features"]:
                assert f["properties"]["class"] == STREET_CLASSES[0]
                drawn |= {tuple(map(tuple, line)) for line in f["geometry"]["coordinates"]}
    ends = to_lonlat(network.node_xy[network.edge_nodes].reshape(-1, 2), network.crs).round(DECIMALS).reshape(-1, 2, 2)
    expected = {frozenset(map(tuple, pair)) for pair in ends.tolist()}
    assert {frozenset((line[0], line[-1])) for line in drawn} == expected
    far = Layer("", tiles.tile(13, x0 + 40, y0)).read()["features"]
    assert far == []


def test_small_zooms_leave_minor_streets_out():
    network = builders.grid(2, 2, 400.0)
    minor = network.__class__(**{**vars(network), "edge_class": np.full(network.n_edges, 9, np.uint8)})
    assert STREET_CLASSES[9] == "footway"
    lon, lat = to_lonlat(minor.node_xy[:1], minor.crs)[0]
    shown = {zoom: len(Layer("", StreetTiles(minor).tile(zoom, *tile_of(lon, lat, zoom))).read()["features"])
             for zoom in map_layers.TILE_ZOOMS}  # fmt: skip
    assert shown == {9: 0, 11: 0, 13: 1}


def test_there_are_tiles_only_where_they_are_promised():
    tiles = StreetTiles(builders.grid(2, 2, 100.0))
    assert tiles.tile(12, 0, 0) is None
    assert tiles.tile(9, -1, 0) is None and tiles.tile(9, 0, 512) is None
