"""The entry: `python -m streamlit run dashboard/app.py [-- --workspace FOLDER]`.

Adds to Streamlit's server the routes that the map fetches from, and prepares the workspace while the first browser
is still loading its page.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dashboard import front
from dashboard.map import route as layer_route
from dashboard.site import panorama


def prepare() -> None:
    """Load the libraries and the workspace; imported here, so that the server answers before they are loaded."""
    from dashboard import cache

    cache.prepare()


def show_error(error: Exception) -> bool:
    """Tell an error that a page has not told itself."""
    from dashboard import panels

    return panels.show_error(error)


def address() -> str:
    """Where the page is. Streamlit's own greeting stays off: it asks a host on the internet for this machine's name."""
    host = st.get_option("server.address") or "localhost"
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    return f"{scheme}://{host}:{st.get_option('server.port')}{front.base_path()}/"


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Prepare in the background; a fault in the workspace shows on the page, not here."""
    print(f"Linli Atlas · 邻里图: {address()}", flush=True)
    Thread(target=prepare, name="prepare", daemon=True).start()
    yield {}


routes = front.below(front.base_path(), [*layer_route.routes(), *panorama.routes(), *front.routes()])
app = st.App("main.py", routes=routes, lifespan=lifespan, on_script_error=show_error)
