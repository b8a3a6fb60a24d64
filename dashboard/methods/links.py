"""Links: from a figure on any page to how it is computed, always at the same place: the help beside its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashboard.methods import figure_catalog

if TYPE_CHECKING:
    from dashboard.i18n import Catalog


def explained(text: Catalog, choices: Mapping[str, str], figure: str, said: str = "") -> str:
    """A short help, if any, and the link.

    Args:
        text: words of the page.
        choices: of the session, which the link keeps.
        figure: id in `dashboard.methods.figure_catalog`, or `indicator.<id>`.
        said: Markdown.
    """
    link = f"[{text('define.more')}]({figure_catalog.address(figure, choices)})"
    return "\n\n".join(filter(None, [said, link]))
