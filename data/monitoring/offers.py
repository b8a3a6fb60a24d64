"""Offers: what a center offers, put together from its service points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from data.tables.codes import SERVICE

if TYPE_CHECKING:
    from data.workspace import Workspace

EXTRA: Final = "extra"
SIX: Final = tuple(code for code in SERVICE.ids if code != EXTRA)
"""The six services, in the programme's order."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One service of a center.

    Attributes:
        service: one of the six, or `extra`.
        points: how many service points give it; 0 where it is lacking.
        names, names_en: of the points, without repetition; English names are "" where none is given.
        capacity: unit → total over the points that state one.
        floor_area_m2: total over the points that state one; NaN where none does.
        hours: opening hours, without repetition.
    """

    service: str
    points: int
    names: tuple[str, ...] = ()
    names_en: tuple[str, ...] = ()
    capacity: tuple[tuple[str, float], ...] = ()
    floor_area_m2: float = float("nan")
    hours: tuple[str, ...] = ()


def offers(workspace: Workspace, center: str) -> list[Offer]:
    """The six services of a center, given or lacking, in the programme's order, then each local extra."""
    points = workspace.service_points
    mine = points[points["center"] == center]
    six = [_offer(service, mine[mine["service"] == service]) for service in SIX]
    extras = mine[mine["service"] == EXTRA]
    return six + [_offer(EXTRA, rows) for _, rows in extras.groupby("name", sort=False, dropna=False)]


def _offer(service: str, points: pd.DataFrame) -> Offer:
    named = points.drop_duplicates(["name", "name_en"]).dropna(subset="name")
    stated = points.dropna(subset="capacity")
    capacity = stated["capacity"].groupby(stated["capacity_unit"].fillna(""), sort=False).sum()
    return Offer(
        service=service,
        points=len(points),
        names=tuple(named["name"]),
        names_en=tuple(named["name_en"].fillna("")),
        capacity=tuple((str(unit), float(total)) for unit, total in capacity.items()),
        floor_area_m2=float(points["floor_area_m2"].sum(min_count=1)),
        hours=tuple(points["opening_hours"].dropna().unique()),
    )
