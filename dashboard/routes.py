"""Routes: which pages there are, in the order of the navigation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from dashboard.i18n import Catalog

FOLDER: Final = Path(__file__).resolve().parent.parent / "pages"
NAMES: Final = ("overview", "sites", "progress", "sharing", "siting", "display", "data", "methods")
"""Only those whose file and title are there are shown."""
FIRST: Final = "overview"
WITHOUT_WALKS: Final = ("data", "methods")
"""Pages on which no figure depends on how fast or how long one walks."""


def exists(name: str) -> bool:
    """Whether there is a page of that name."""
    return (FOLDER / f"{name}.py").is_file()


def page(name: str, title: str | None = None) -> Any:
    """A page as Streamlit knows it; its address is its name, the first page's is the root."""
    return st.Page(FOLDER / f"{name}.py", title=title, url_path=name, default=name == FIRST)


def pages(text: Catalog) -> list[Any]:
    """All pages that there are, titled in the language at hand."""
    return [page(name, text(f"nav.{name}")) for name in NAMES if exists(name) and f"nav.{name}" in text.texts]
