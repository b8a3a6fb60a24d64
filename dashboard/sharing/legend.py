"""The legend and the words of the map of sharing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from dashboard import figures
from dashboard.sharing.layers import MANY_UNCOVERED
from data.tables.codes import CODE_LISTS

if TYPE_CHECKING:
    from dashboard.i18n import Catalog
    from data.workspace import Workspace

Row = tuple[str, str, str]
"""(mark, what, label): see `dashboard.overview.legend`."""
Section = tuple[str, tuple[Row, ...]]

ARROWS: Final = (500, 5_000)
"""Residents whose arrows the legend shows."""


def words(text: Catalog) -> dict[str, Any]:
    """Words of the arrows' tooltips; the map puts the number where # stands."""
    return {"flow": text("sharing.people", people="#")}


def sections(text: Catalog, workspace: Workspace, shown: Collection[str], minutes: float) -> tuple[Section, ...]:
    """The legend's sections, for the layers that are shown."""
    made: list[Section] = []
    if "divided" in shown:
        rows = [("swatch", "reached.1", text("map_of.ground")), ("swatch", "joint", text("map_of.across"))]
        made.append((text("map_of.divided"), tuple(rows)))
    if "catchments" in shown:
        cutoffs = [m for m in workspace.settings.cutoffs.minutes if m <= minutes]
        rows = [("minutes", f"{m:g}", text("choice.minutes_short", minutes=figures.minutes(m))) for m in cutoffs]
        made.append((text("map_of.whole"), tuple(rows)))
    if "flows" in shown:
        rows = [("flow", str(n), text("sharing.people", people=figures.number(n))) for n in ARROWS]
        made.append((text("map_of.flows"), tuple(rows)))
    if "gaps" in shown:
        many = figures.number(MANY_UNCOVERED)
        rows = [
            ("swatch", "uncovered.0", text("map_of.some", people=many)),
            ("swatch", "uncovered.1", text("map_of.many", people=many)),
        ]
        made.append((text("map_of.gaps"), tuple(rows)))
    if "sites" in shown:
        made.append((text("map_of.sites"), (("dot", "joint", text("map_of.site")),)))
    centers = workspace.centers
    found = set(centers["status"])
    rows = [("symbol", c.id, c.label(text.language)) for c in CODE_LISTS["status"] if c.id in found]
    if bool(centers["joint"].any()):
        rows.append(("symbol", "joint", text("map.joint")))
    made.append((text("legend.centers"), tuple(rows)))
    return tuple(section for section in made if section[1])
