"""Clientele: where the people live whom one center serves.

An open center serves whoever has no nearer one within the cutoff, as the ledger counts (`geo.coverage.ledger`). A
center that is not open serves nobody yet; its prospects are all who live within the cutoff of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.coverage.jurisdiction import LEVELS, Jurisdictions
from geo.params import MINUTE_S

if TYPE_CHECKING:
    from geo.coverage.assessment import Assessment

FloatArray = NDArray[np.float64]
TOWN: Final = LEVELS.index("town")


@dataclass(frozen=True, eq=False)
class Clientele:
    """People of one center by the jurisdiction of their home.

    Attributes:
        unit: int32 (u,); the finest jurisdictions known of their homes, most people first, -1 outside of all.
        people: float64 (u,); all of them.
        own: who live in the center's home jurisdiction.
        town: who live elsewhere in its town.
        beyond: who live in other towns.
        outside: who live outside of all jurisdictions.
        governed: who live in one of the jurisdictions that govern the center, wherever it stands.
    """

    unit: NDArray[np.int32]
    people: FloatArray
    own: float
    town: float
    beyond: float
    outside: float
    governed: float

    @property
    def total(self) -> float:
        """All of them."""
        return float(self.people.sum())


def clientele(
    people: FloatArray, home_unit: NDArray[np.int32], jurisdictions: Jurisdictions, home: str, governing: Sequence[str]
) -> Clientele:
    """People by the place of their home, as seen from a center.

    Args:
        people: float64 (d,); whom the center serves at each demand point, 0 for everybody else.
        home_unit: int32 (d,); finest jurisdiction of each demand point, -1 outside.
        jurisdictions: of all levels.
        home: code of the jurisdiction where the center stands; "" where it is not known.
        governing: codes of those that govern it.
    """
    total = np.bincount(home_unit + 1, weights=people, minlength=len(jurisdictions) + 1).astype(np.float64)
    unit = np.flatnonzero(total > 0).astype(np.int32) - 1
    lineage = np.vstack([jurisdictions.lineage, np.full(len(LEVELS), -1, dtype=np.int32)])[unit]
    of_unit = total[unit + 1]
    own_unit = jurisdictions.number.get(home, -2)
    own = (lineage == own_unit).any(axis=1)
    town_unit = jurisdictions.lineage[own_unit, TOWN] if own_unit >= 0 else -2
    same_town = ~own & (town_unit >= 0) & (lineage[:, TOWN] == town_unit)
    governors = [jurisdictions.number[code] for code in governing if code in jurisdictions.number]
    outside = unit < 0
    order = np.lexsort((unit, -of_unit))
    return Clientele(
        unit=unit[order].astype(np.int32),
        people=of_unit[order],
        own=float(of_unit[own].sum()),
        town=float(of_unit[same_town].sum()),
        beyond=float(of_unit[~own & ~same_town & ~outside].sum()),
        outside=float(of_unit[outside].sum()),
        governed=float(of_unit[np.isin(lineage, governors).any(axis=1)].sum()),
    )


def clientele_of(assessment: Assessment, center: int, *, minutes: float) -> Clientele:
    """Of one center of an assessment: whom it serves, or, while it is not open, whom it would reach.

    Args:
        assessment: with its pair tables.
        center: number in `assessment.supply`.
        minutes: the cutoff.
    """
    supply, residents = assessment.supply, assessment.residents
    cutoff_s = minutes * MINUTE_S
    if supply.open[center]:
        mine = assessment.pairs().within(cutoff_s).nearest == center
    else:
        mine = np.isfinite(assessment.door_pairs.of_centers(supply.door_center == center).within(cutoff_s).least_s)
    return clientele(
        np.where(mine, residents.people[:, 0], 0.0),
        assessment.home_unit,
        assessment.jurisdictions,
        supply.home[center],
        supply.governing[center],
    )
