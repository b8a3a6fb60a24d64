"""Where the browser fetches geometry: layers and street tiles, by addresses that hold their content's hash."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from dashboard.map.layers import Layer, StreetTiles

ROOT: Final = "atlas"
ASSETS: Final = Path(__file__).parents[1] / "assets"
STAMP: Final = hashlib.sha256(b"".join(asset.read_bytes() for asset in sorted(ASSETS.iterdir()))).hexdigest()[:12]
"""Marks the assets' addresses, so that no browser keeps those of an earlier version."""

MAP_SCRIPTS: Final = (
    "atlas_frame.js",
    "atlas_streets.js",
    "atlas_symbols.js",
    "atlas_centers.js",
    "atlas_places.js",
    "atlas_flows.js",
    "atlas_siting.js",
    "atlas_map.js",
)
MAP_SCRIPT: Final = gzip.compress(b"\n".join((ASSETS / name).read_bytes() for name in MAP_SCRIPTS), mtime=0)
"""One file: streamlit-folium loads one script after the other."""

SCRIPTS: Final = ("vendor/leaflet/leaflet.js", f"{ROOT}/map.js?{STAMP}")
STYLES: Final = ("vendor/leaflet/leaflet.css", f"{ROOT}/assets/atlas_map.css?{STAMP}")

MAX_NETWORKS: Final = 2
"""Of which street tiles are kept: the one at hand and the one before, which open pages still show."""

MAX_BYTES: Final = 256_000_000
"""Geometry kept for browsers that have an address but have not fetched it; the least recently used goes first."""

IMMUTABLE: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Encoding": "gzip",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


class LayerStore:
    """Compressed layers by key, and street tiles by network; shared by all sessions of the server."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._layers: OrderedDict[str, bytes] = OrderedDict()
        self._streets: OrderedDict[str, StreetTiles] = OrderedDict()
        self._lock = Lock()

    def publish(self, layer: Layer) -> str:
        """Make a layer fetchable; its address, relative to ROOT."""
        with self._lock:
            if layer.key not in self._layers:
                self._bytes += len(layer.body)
            self._layers[layer.key] = layer.body
            self._layers.move_to_end(layer.key)
            while self._bytes > self._max_bytes and len(self._layers) > 1:
                self._bytes -= len(self._layers.popitem(last=False)[1])
        return f"layers/{layer.key}.geojson"

    def publish_streets(self, tiles: StreetTiles) -> str:
        """Make a network's street tiles fetchable; the address that `/{zoom}/{x}/{y}.geojson` completes."""
        with self._lock:
            self._streets[tiles.key] = tiles
            self._streets.move_to_end(tiles.key)
            while len(self._streets) > MAX_NETWORKS:
                self._streets.popitem(last=False)
        return f"streets/{tiles.key}"

    def layer(self, key: str) -> bytes | None:
        """The compressed layer, or None where nobody has published it."""
        with self._lock:
            return self._layers.get(key)

    def street_tile(self, key: str, zoom: int, x: int, y: int) -> bytes | None:
        """The compressed tile, or None for an unknown network or a zoom without tiles."""
        with self._lock:
            tiles = self._streets.get(key)
        return None if tiles is None else tiles.tile(zoom, x, y)


STORE: Final = LayerStore()


def routes(store: LayerStore = STORE) -> list[BaseRoute]:
    """Routes for geometry, for the map's scripts and styles, and for Leaflet from its package."""

    def layer(request: Request) -> Response:
        return _answer(request, store.layer(request.path_params["key"]))

    def street_tile(request: Request) -> Response:
        at = request.path_params
        return _answer(request, store.street_tile(at["key"], at["zoom"], at["x"], at["y"]))

    def script(request: Request) -> Response:
        return _answer(request, MAP_SCRIPT, "text/javascript")

    return [
        Route(f"/{ROOT}/layers/{{key}}.geojson", layer),
        Route(f"/{ROOT}/map.js", script),
        Route(f"/{ROOT}/streets/{{key}}/{{zoom:int}}/{{x:int}}/{{y:int}}.geojson", street_tile),
        Mount(f"/{ROOT}/assets", StaticFiles(directory=ASSETS)),
        Mount("/vendor/leaflet", StaticFiles(packages=[("xstatic.pkg.leaflet", "data")])),
    ]


def _answer(request: Request, body: bytes | None, media_type: str = "application/geo+json") -> Response:
    if body is None:
        raise HTTPException(404)
    headers = dict(IMMUTABLE)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        body = gzip.decompress(body)
        del headers["Content-Encoding"]
    return Response(body, media_type=media_type, headers=headers)
