"""Peers: the centers that a center is compared with, and its place among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from data.workspace import Workspace

KINDS: Final = ("all", "town", "layout", "stars")
"""Peers are all centers, or those of the same town, the same layout or the same stars."""

TOWN_DIGITS: Final = 9
"""Digits of a statistical code that say the town."""


def peers(workspace: Workspace, center: str, kind: str) -> list[str]:
    """Ids of the centers of one kind, the center itself among them; where its kind is not known, itself only."""
    centers = workspace.centers.set_index("id")
    if kind == "all":
        return [str(i) for i in centers.index]
    values = centers["home"].str[:TOWN_DIGITS] if kind == "town" else centers[kind]
    own = values[center]
    if pd.isna(own):
        return [center]
    return [str(i) for i in centers.index[(values == own).fillna(False)]]


def rank(values: pd.Series[float], center: str, direction: str) -> tuple[int, int] | None:
    """Place of a center among values by center, 1 for the best, and how many have a value.

    Equal values share the better place. None where the center has no value, where more is neither better nor worse,
    or where there is nobody to compare with.
    """
    known = values.dropna()
    if center not in known.index or direction not in ("up", "down") or len(known) < 2:
        return None
    better = known > known[center] if direction == "up" else known < known[center]
    return int(better.sum()) + 1, len(known)
