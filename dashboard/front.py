"""The front: the server's base path, and the document with which a browser starts on a page.

Streamlit's client does not know where its server is: on `/sites` it asks `/sites/_stcore/health` before
`/_stcore/health`, and each cold link would begin with two errors. Its own document, with one line that says where the
server is, spares them. The line is relative: it holds below a base path, and behind a proxy that takes one away.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from dashboard.routes import FIRST, NAMES, exists

HEAD: Final = "<head>"
SERVER: Final = '<script>window.__streamlit = {BACKEND_BASE_URL: new URL(".", location.href).href}</script>'
"""Read by Streamlit's client when it starts; each page lies directly below the server."""


def base_path() -> str:
    """Where the server is mounted, such as `/atlas`; "" for the root (`server.baseUrlPath`)."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def below(base: str, routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """The routes with the base path before theirs: Streamlit leaves those of an app as they are."""
    moved: list[BaseRoute] = []
    for route in routes:
        if isinstance(route, Route):
            moved.append(Route(base + route.path, route.endpoint))
        elif isinstance(route, Mount):
            moved.append(Mount(base + route.path, route.app))
        else:
            raise TypeError(f"cannot move {route!r}")
    return moved


def routes() -> list[BaseRoute]:
    """The addresses of all pages but the first: that is the root, where Streamlit's client looks at the right place."""
    return [Route(f"/{name}", _page) for name in NAMES if name != FIRST and exists(name)]


def _page(_request: object) -> Response:
    return HTMLResponse(_document(), headers={"Cache-Control": "no-cache"})


@cache
def _document() -> str:
    own = Path(st.__file__).with_name("static") / "index.html"
    return own.read_text(encoding="utf-8").replace(HEAD, HEAD + SERVER, 1)
