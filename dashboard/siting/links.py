"""Links from the figures of the page Siting to where the methods page explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard import state
from dashboard.choices import all_choices
from dashboard.methods import figure_catalog
from dashboard.methods.links import explained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.siting.view import SitingView


def helps(view: SitingView, said: Mapping[str, str]) -> dict[str, str]:
    """The help of several figures: what is said of each here ("" for nothing), and where to read more."""
    choices = state.address(all_choices(view.workspace))
    return {figure: explained(view.text, choices, figure, words) for figure, words in said.items()}


def line(view: SitingView, figures: Sequence[str]) -> str:
    """How several figures are computed: their names, each a link."""
    choices = state.address(all_choices(view.workspace))
    names = [f"[{view.text(f'figure.{name}.name')}]({figure_catalog.address(name, choices)})" for name in figures]
    return view.text("links.more", names=" · ".join(names))
