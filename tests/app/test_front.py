"""The front: our routes stand below the base path, and a page's document says where the server is."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
import shapely
import streamlit as st
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient

from dashboard import front
from dashboard.map import route
from dashboard.map.layers import Layer, feature
from dashboard.routes import NAMES, exists
from dashboard.site import panorama


@pytest.fixture
def based(monkeypatch):
    """`server.baseUrlPath` as the operator gave it."""

    def set_to(path: str) -> None:
        monkeypatch.setattr(st, "get_option", lambda name: path if name == "server.baseUrlPath" else None)

    return set_to


@pytest.mark.parametrize(("given", "base"), [("", ""), ("/", ""), ("atlas", "/atlas"), ("/a/b/", "/a/b")])
def test_the_base_path_has_one_form(based, given, base):
    based(given)
    assert front.base_path() == base


def test_routes_stand_below_the_base_path_and_only_there():
    store = route.LayerStore()
    address = store.publish(Layer.of([feature({"name": "one"}, shapely.Point(118.9, 25.1))]))
    browser = TestClient(Starlette(routes=front.below("/a/b", [*route.routes(store), *front.routes()])))
    for path in (f"/{route.ROOT}/{address}", "/vendor/leaflet/leaflet.js", f"/{route.ROOT}/assets/atlas_map.css"):
        assert browser.get(f"/a/b{path}").status_code == 200, path
        assert browser.get(path).status_code == 404, path
    assert "BACKEND_BASE_URL" in browser.get("/a/b/sites").text


def test_a_route_of_another_kind_is_not_lost_silently():
    with pytest.raises(TypeError, match="cannot move"):
        front.below("/a", [WebSocketRoute("/stream", lambda socket: None)])


def test_every_page_but_the_root_says_where_the_server_is_before_any_script_asks():
    browser = TestClient(Starlette(routes=front.routes()))
    for name in NAMES:
        answer = browser.get(f"/{name}")
        if not exists(name) or name == front.FIRST:
            assert answer.status_code == 404, name
            continue
        before, _, after = answer.text.partition(front.SERVER)
        assert "<script" not in before and 'type="module"' in after
        assert answer.headers["cache-control"] == "no-cache"


def test_a_panorama_is_found_below_the_base_path(based, tmp_path):
    based("a/b")
    picture = tmp_path / "hall.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    address = panorama.publish(picture, "zh")
    assert address.startswith("/a/b/")
    browser = TestClient(Starlette(routes=front.below("/a/b", [*panorama.routes(), *route.routes()])))
    script = re.search(r'src="([^"]*panorama\.js)', browser.get(address).text)
    assert script and browser.get(urljoin(address, script[1])).status_code == 200
    picture_address = browser.get(f"{address}.json").json()["panorama"]
    assert browser.get(urljoin(address, picture_address)).content == picture.read_bytes()
