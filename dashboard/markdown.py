"""Text from tables on its way into Markdown."""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&^=/])")
_ESCAPED: Final = re.compile(r"\\" + _SPECIAL.pattern)
_BREAKS: Final = re.compile(r"\s+")
_LINKS: Final = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
JOINER: Final = "\u2060"
"""Word joiner: has no width and allows no line break."""


def plain(text: object) -> str:
    """Text that Markdown shows as it stands: no markup, picture, link, formula, icon or color comes out of it.

    Every ASCII punctuation mark that Streamlit's Markdown could act on is escaped, and line breaks become spaces.
    Addresses would be made into links even so, after the escapes are resolved; an invisible joiner breaks them.
    """
    return _SPECIAL.sub(r"\\\1", _LINKS.sub(JOINER, _BREAKS.sub(" ", str(text)).strip()))


def as_read(markdown: str) -> str:
    """What a reader sees of text that went through `plain`."""
    return _ESCAPED.sub(r"\1", markdown).replace(JOINER, "")
