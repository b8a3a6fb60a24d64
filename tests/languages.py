"""Words of the wrong language: for catalogs, and for what a browser shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Literal

Language = Literal["zh", "en"]

CJK: Final = re.compile(r"[\u3400-\u9fff]+")
_LATIN: Final = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ0-9_.\-]*")
_NOT_PROSE: Final = re.compile(r"\$[^$]*\$|`[^`]*`|\{[^}]*\}|https?://\S+|<[^>]+>|:[a-z]+(?:-[a-z]+)?\[|\]\([^)]*\)")
"""Formulas, code, placeholders, addresses, markup: no sentences."""

# fmt: off
TERMS: Final = frozenset({
    "WGS-84", "CGCS2000", "GCJ-02", "BD-09", "EPSG", "OpenStreetMap", "UTF-8", "GB18030", "CSV", "Excel",
    "GeoJSON", "GeoPackage", "GeoParquet", "Shapefile", "GeoTIFF", "TOML", "SQLite", "PostgreSQL", "zip", "prj",
    "jpg", "png", "webp", "svg", "xlsx", "PDF", "Word", "A4", "WebGL", "XYZ", "URL", "MB", "kB", "GB", "ID", "X", "E",
    "2SFCA", "SFCA", "E2SFCA", "WorldPop", "osm.pbf", "Noto", "Sans", "CJK", "SC", "Leaflet", "HiGHS",
})
"""Names of formats, systems and products that Chinese uses as they are."""
# fmt: on
UNITS: Final = frozenset({"m", "km", "ha", "s", "h", "min"})
SWITCH: Final = frozenset({"EN", "中"})
"""Each language is written in itself in the switch of languages."""


def strange_words(text: str, language: Language, names: Iterable[str] = ()) -> list[str]:
    """Words that do not belong into a sentence of a language.

    Args:
        text: sentences; Markdown or as a browser shows them.
        language: in which they should be.
        names: texts that come from data and stay as they are, such as names, sources and file names.
    """
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    text = _NOT_PROSE.sub(" ", text)
    if language == "en":
        return [word for word in CJK.findall(text) if word not in SWITCH]
    known = TERMS | UNITS | SWITCH
    return [word for word in (found.rstrip(".-") for found in _LATIN.findall(text)) if word not in known]


HALF_WIDTH: Final = re.compile(
    r"[\u3400-\u9fff”》）][,;:?!]|[\u3400-\u9fff]\(|\)[\u3400-\u9fff]|[,;?!][\u3400-\u9fff“《（]"
)


def half_width(text: str) -> list[str]:
    """Western punctuation beside Chinese characters."""
    return HALF_WIDTH.findall(_NOT_PROSE.sub(" ", text))


_VISIBLE: Final = """() => {
    const silent = "code, pre, .katex, script, style, iframe, [data-testid=stIconMaterial]";
    const words = [];
    for (const root of document.querySelectorAll("[data-testid=stHeader], [data-testid=stMain]")) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const parent = walker.currentNode.parentElement;
            if (!parent.closest(silent) && parent.checkVisibility()) words.push(walker.currentNode.data);
        }
        for (const hint of root.querySelectorAll("[placeholder], [alt]"))
            words.push(hint.getAttribute("placeholder") || hint.getAttribute("alt") || "");
    }
    return words.join("\\n");
}"""


def words_shown(page: Any) -> str:
    """What a Playwright page says: text, hints and descriptions, without code and formulas.

    The map's frame has words of its own; so has Streamlit, for screen readers only and always in English.
    """
    shown: str = page.evaluate(_VISIBLE)
    return shown
