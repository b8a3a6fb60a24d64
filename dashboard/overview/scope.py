"""Scope: which part of the network is looked at. Knows no Streamlit.

A town says *whose residents* count and whose centers are listed; its people may walk to any center. The other filters
say *which centers* count, for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from geo.coverage.ledger import Governance

KINDS: Final = ("demonstration", "joint", "ordinary")
"""Kinds of center: a joint one is always shown as such."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Filters; an empty one lets everything through.

    Attributes:
        town: code of a jurisdiction.
        service: one of the services; only addresses where it is given count.
        batch, layout, stars, model, status: values of the centers' columns as text.
    """

    town: str | None = None
    service: str | None = None
    batch: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    stars: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    status: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many filters are set."""
        return sum(bool(getattr(self, name)) for name in FILTERS)

    @property
    def is_whole(self) -> bool:
        """Every center counts."""
        return self.count == bool(self.town)

    def counted(self, centers: pd.DataFrame, gives: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """bool (n,); centers that count, wherever they stand.

        Args:
            centers: typed by `data.tables.schema.CENTERS`.
            gives: bool (n,); the center gives the service at hand, if there is one.
        """
        kept = gives.copy() if self.service else np.ones(len(centers), dtype=np.bool_)
        for name, column in COLUMNS.items():
            wanted = getattr(self, name)
            if wanted:
                kept &= np.asarray(as_text(centers[column]).isin(wanted))
        return kept

    def unit(self, governance: Governance) -> int | None:
        """Index of the town among the units of a level."""
        return governance.codes.index(self.town) if self.town in governance.codes else None


COLUMNS: Final = {
    "batch": "batch",
    "layout": "layout",
    "stars": "stars",
    "model": "operating_model",
    "status": "status",
}
"""Filter → column of the centers."""

FILTERS: Final = ("town", "service", *COLUMNS)


def as_text(column: pd.Series[Any]) -> pd.Series[str]:
    """Values as they stand in a URL: 1, not 1.0; "" for a missing one."""
    known = column.astype("object").where(column.notna(), "")
    return known.map(lambda value: value if isinstance(value, str) else f"{value:g}")


def values_of(centers: pd.DataFrame, name: str) -> list[str]:
    """What can be chosen in a filter: the values that occur, rising."""
    return sorted(set(as_text(centers[COLUMNS[name]].drop_duplicates())) - {""})


def kind_of(centers: pd.DataFrame) -> NDArray[np.object_]:
    """Kind of each center, one of KINDS."""
    kinds = np.where(centers["demonstration"].to_numpy(bool), KINDS[0], KINDS[2])
    return np.where(centers["joint"].to_numpy(bool), KINDS[1], kinds).astype(object)
