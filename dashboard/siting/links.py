"""Links from the figures of the page Siting to where the methods page explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard import routes, state
from dashboard.methods import figure_catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.i18n import Catalog
    from dashboard.siting.view import SitingView
    from data.workspace import Workspace


def help_of(text: Catalog, workspace: Workspace, figure: str, said: str = "") -> str | None:
    """The help of a figure: what is said of it here, and where to read more; None for nothing."""
    if not routes.exists(figure_catalog.PAGE):
        return said or None
    more = f"[{text('define.more')}]({_address(workspace, figure)})"
    return f"{said or text(f'figure.{figure}.name')}\n\n{more}"


def line(view: SitingView, figures: Sequence[str]) -> str:
    """How several figures are computed: their names, each a link."""
    if not routes.exists(figure_catalog.PAGE):
        return ""
    names = [f"[{view.text(f'figure.{name}.name')}]({_address(view.workspace, name)})" for name in figures]
    return view.text("links.more", names=" · ".join(names))


def _address(workspace: Workspace, figure: str) -> str:
    return figure_catalog.address(figure, state.address(state.choices(workspace)))
