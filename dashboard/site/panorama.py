"""Panoramas: 360° pictures of a workspace in Pannellum, which a package carries and this server serves.

The package's own component is left aside: its page shows Pannellum only to Streamlit's retired component protocol. Ours
loads the same files, lets nothing else be fetched, and takes its words from the catalog.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dashboard.front import base_path
from dashboard.i18n import HTML_LANG, LANGUAGES, catalog
from dashboard.map.route import ASSETS, ROOT, STAMP
from data.monitoring.pictures import ENDINGS

if TYPE_CHECKING:
    from data.tables.codes import Language

PACKAGE: Final = ("streamlit_pannellum", "frontend/dist")
VENDOR: Final = "vendor/pannellum"
MAX_PICTURES: Final = 1_000
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "connect-src 'self'; frame-ancestors 'self'"
)
"""What the viewer's page may load; Pannellum sets inline styles."""

STRINGS: Final = ("loadButtonLabel", "loadingLabel", "noPanoramaError", "fileAccessError", "genericWebGLError",
                  "textureSizeError", "unknownError")  # fmt: skip
"""Pannellum's own words, told in the page's language; `%s` in them is its placeholder."""

_pictures: OrderedDict[str, Path] = OrderedDict()
_lock = Lock()


def publish(picture: Path, language: Language) -> str:
    """Make a picture fetchable; the address of its viewer, from the host's root."""
    stat = picture.stat()
    key = hashlib.sha256(f"{picture}:{stat.st_mtime_ns}:{stat.st_size}".encode()).hexdigest()[:24]
    with _lock:
        _pictures[key] = picture
        _pictures.move_to_end(key)
        while len(_pictures) > MAX_PICTURES:
            _pictures.popitem(last=False)
    return f"{base_path()}/{ROOT}/panorama/{language}/{key}"


def routes() -> list[BaseRoute]:
    """Routes for the viewer's page, its settings, the pictures, and Pannellum from its package."""
    return [
        Route(f"/{ROOT}/panorama/{{language}}/{{key}}.json", _settings),
        Route(f"/{ROOT}/panorama/{{language}}/{{key}}", _page),
        Route(f"/{ROOT}/pictures/{{key}}", _picture),
        Mount(f"/{VENDOR}", StaticFiles(packages=[PACKAGE])),
    ]


@cache
def vendor_files() -> tuple[str, str]:
    """Script and style of Pannellum, as their package names them."""
    spec = find_spec(PACKAGE[0])
    folder = Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()
    assets = folder / PACKAGE[1] / "assets"
    script, style = (next(assets.glob(f"index-*.{ending}")).name for ending in ("js", "css"))
    return script, style


def _page(request: Request) -> Response:
    language = _asked(request)
    script, style = vendor_files()
    page = (ASSETS / "panorama.html").read_text(encoding="utf-8")
    up = "../../.."
    for mark, value in {
        "{lang}": HTML_LANG[language],
        "{style}": f"{up}/{VENDOR}/assets/{style}",
        "{script}": f"{up}/{VENDOR}/assets/{script}",
        "{start}": f"{up}/{ROOT}/assets/panorama.js?{STAMP}",
    }.items():
        page = page.replace(mark, value)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"})


def _settings(request: Request) -> Response:
    text = catalog(_asked(request))
    settings = {
        "type": "equirectangular",
        "panorama": f"../../pictures/{request.path_params['key']}",
        "autoLoad": True,
        "strings": {name: text(f"pannellum.{name}") for name in STRINGS},
    }
    return JSONResponse(settings)


def _picture(request: Request) -> Response:
    path = _find(request)
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=ENDINGS[path.suffix.lower()], headers=headers)


def _asked(request: Request) -> Language:
    _find(request)
    wanted = request.path_params["language"]
    found = [language for language in LANGUAGES if language == wanted]
    if not found:
        raise HTTPException(404)
    return found[0]


def _find(request: Request) -> Path:
    with _lock:
        path = _pictures.get(request.path_params["key"])
    if path is None or not path.is_file():
        raise HTTPException(404)
    return path
