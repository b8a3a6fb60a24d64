"""Links from the figures of the page Siting to where the methods page explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard import routes, state
from dashboard.methods import figure_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.siting.view import SitingView


def helps(view: SitingView, said: Mapping[str, str]) -> dict[str, str | None]:
    """The help of several figures: what is said of each here ("" for its name alone), and where to read more."""
    if not routes.exists(figure_catalog.PAGE):
        return {figure: words or None for figure, words in said.items()}
    text, choices = view.text, state.address(state.choices(view.workspace))
    more = {figure: f"[{text('define.more')}]({figure_catalog.address(figure, choices)})" for figure in said}
    return {figure: f"{words or text(f'figure.{figure}.name')}\n\n{more[figure]}" for figure, words in said.items()}


def line(view: SitingView, figures: Sequence[str]) -> str:
    """How several figures are computed: their names, each a link."""
    if not routes.exists(figure_catalog.PAGE):
        return ""
    choices = state.address(state.choices(view.workspace))
    names = [f"[{view.text(f'figure.{name}.name')}]({figure_catalog.address(name, choices)})" for name in figures]
    return view.text("links.more", names=" · ".join(names))
