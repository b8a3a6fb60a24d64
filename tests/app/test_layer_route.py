"""Geometry by address: immutable, compressed, and 404 for what nobody has published."""

from __future__ import annotations

import gzip
import json

import pytest
import shapely
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.map.layers import Layer, StreetTiles, feature
from dashboard.map.route import SCRIPTS, STYLES, LayerStore, routes
from tests.geo import builders


def layer(name: str) -> Layer:
    return Layer.of([feature({"name": name}, shapely.Point(118.9, 25.1))])


@pytest.fixture
def store() -> LayerStore:
    return LayerStore()


@pytest.fixture
def browser(store: LayerStore) -> TestClient:
    return TestClient(Starlette(routes=routes(store)))


def test_a_published_layer_is_served_for_ever(store, browser):
    made = layer("{{7*7}}<img>")
    answer = browser.get(f"/atlas/{store.publish(made)}")
    assert answer.json() == made.read()
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_client_without_gzip_gets_plain_text(store, browser):
    made = layer("a")
    with browser.stream("GET", f"/atlas/{store.publish(made)}", headers={"accept-encoding": "identity"}) as answer:
        assert "content-encoding" not in answer.headers
        assert json.loads(b"".join(answer.iter_raw())) == json.loads(gzip.decompress(made.body))


def test_what_nobody_published_is_not_found(store, browser):
    tiles = StreetTiles(builders.grid(2, 2, 100.0))
    address = store.publish_streets(tiles)
    assert browser.get("/atlas/layers/0123.geojson").status_code == 404
    assert browser.get("/atlas/streets/0123/13/0/0.geojson").status_code == 404
    assert browser.get(f"/atlas/{address}/12/0/0.geojson").status_code == 404
    assert browser.get(f"/atlas/{address}/13/0/0.geojson").json()["features"] == []


def test_the_least_recently_used_layer_goes_first_when_room_is_short():
    first, second, third = layer("first"), layer("second"), layer("third")
    store = LayerStore(max_bytes=len(first.body) + len(second.body) + 1)
    store.publish(first)
    store.publish(second)
    store.publish(first)
    store.publish(third)
    kept = {name for name, made in (("first", first), ("second", second), ("third", third)) if store.layer(made.key)}
    assert kept == {"first", "third"}


def test_every_script_and_style_is_served_by_ourselves(browser):
    for address in (*SCRIPTS, *STYLES):
        answer = browser.get(f"/{address.split('?')[0]}")
        assert answer.status_code == 200 and len(answer.content) > 500, address
