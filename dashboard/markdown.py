"""Text from tables on its way into Markdown."""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&^=/])")
_BREAKS: Final = re.compile(r"\s+")


def plain(text: object) -> str:
    """Text that Markdown shows as it stands: no markup, picture, link, formula, icon or color comes out of it.

    Every ASCII punctuation mark that Streamlit's Markdown could act on is escaped, and line breaks become spaces.
    """
    return _SPECIAL.sub(r"\\\1", _BREAKS.sub(" ", str(text)).strip())
