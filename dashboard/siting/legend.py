"""The legend and the words of the map of siting."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from dashboard import figures
from dashboard.siting.layers import PLACED
from data.tables.codes import CODE_LISTS

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from data.workspace import Workspace

Row = tuple[str, str, str]
"""(mark, what, label): see `dashboard.overview.legend`."""
Section = tuple[str, tuple[Row, ...]]

CIRCLES: Final = (100, 500, 2_000)
"""Residents whose circles the legend shows."""


def words(text: Catalog) -> dict[str, Any]:
    """Words of the tooltips; the map puts the number where # stands."""
    return {"placed": text("siting.in_time_here", people="#")}


def sections(
    text: Catalog, workspace: Workspace, shown: Collection[str], minutes: float, *, left: bool
) -> tuple[Section, ...]:
    """The legend's sections, for the layers that are shown.

    Args:
        left: centers of today close or move away.
    """
    plan: list[Row] = []
    if any(name.startswith(PLACED) for name in shown):
        plan += [("dot", "identity", text("siting.legend_new")), ("swatch", "reached.1", text("siting.legend_reached"))]
    if left:
        plan.append(("left", "", text("siting.legend_left")))
    if "homes" in shown:
        plan.append(("dot", "reached.0", text("siting.legend_gained")))
    if "homes" in shown and left:
        plan.append(("dot", "uncovered.1", text("siting.legend_lost")))
    made: list[Section] = [(text("siting.legend_plan"), tuple(plan))]
    if "catchments" in shown:
        cutoffs = [m for m in workspace.settings.cutoffs.minutes if m <= minutes]
        rows = [("minutes", f"{m:g}", text("choice.minutes_short", minutes=figures.minutes(m))) for m in cutoffs]
        made.append((text("siting.legend_today"), tuple(rows)))
    if "uncovered" in shown:
        made.append((text("legend.uncovered"), tuple(("circle", str(n), figures.number(n)) for n in CIRCLES)))
    found = set(workspace.centers["status"])
    rows = [("symbol", c.id, c.label(text.language)) for c in CODE_LISTS["status"] if c.id in found]
    made.append((text("legend.centers"), tuple(rows)))
    return tuple(section for section in made if section[1])
