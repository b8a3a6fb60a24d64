"""Notes on a map: what its data are, whom they come from, and whether it may be published. Knows no Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from data.workspace import Workspace


def notes(text: Catalog, workspace: Workspace, *, paper: bool = False) -> tuple[str, ...]:
    """The nature of the data, their attribution, and the review number that a public map must show.

    A map on `paper` can be passed on: without a review number it says that it is for internal use.
    """
    review = workspace.settings.map.get("review_number")
    lines = [
        text("map.synthetic") if workspace.settings.synthetic else "",
        workspace.attribution,
        text("map.review", number=review) if review else text("paper.internal") if paper else "",
    ]
    return tuple(line for line in lines if line)
