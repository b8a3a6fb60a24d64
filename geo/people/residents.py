"""Residents: people at demand points, by age group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.cells import column_texts
from geo.errors import Fault, MissingColumnError, TableFaultsError

if TYPE_CHECKING:
    from pandas import DataFrame

ALL: Final = "population"
CHILDREN: Final = "age_0_14"
ELDERS: Final = "age_60_plus"
AGE_GROUPS: Final = (CHILDREN, "age_15_59", ELDERS)


@dataclass(frozen=True, eq=False)
class Residents:
    """People at d demand points.

    Attributes:
        ids: d texts.
        lonlat: float64 (d, 2), degrees.
        groups: g names; all residents first, then the age groups that are known.
        people: float64 (d, g); residents whose age is unknown count in the first column only.
        village: d texts, the stated code of the home jurisdiction, "" where none is stated.
        unknown_age: residents whose age group is not given.
    """

    ids: tuple[str, ...]
    lonlat: NDArray[np.float64]
    groups: tuple[str, ...]
    people: NDArray[np.float64]
    village: tuple[str, ...]
    unknown_age: float = 0.0

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, demand: DataFrame) -> Residents:
        """From a table with id, lon, lat, population and/or the age columns, and the code `village` where it is known.

        Raises:
            MissingColumnError: there are neither totals nor age groups.
            TableFaultsError: a row gives no number of residents, or a negative one.
        """
        ages = [name for name in AGE_GROUPS if name in demand and bool(demand[name].notna().any())]
        if ALL not in demand and not ages:
            raise MissingColumnError(path="demand", column=ALL, found=", ".join(map(str, demand.columns)))
        by_age = demand[ages].to_numpy(np.float64) if ages else np.zeros((len(demand), 0))
        summed = by_age.sum(axis=1) if len(ages) == len(AGE_GROUPS) else np.full(len(demand), np.nan)
        total = demand[ALL].to_numpy(np.float64, copy=True) if ALL in demand else summed
        total = np.where(np.isnan(total), summed, total)
        _check(total, by_age)
        return cls(
            ids=column_texts(demand, "id"),
            lonlat=demand[["lon", "lat"]].to_numpy(np.float64),
            groups=(ALL, *ages),
            people=np.column_stack([total, np.nan_to_num(by_age)]),
            village=column_texts(demand, "village"),
            unknown_age=max(float(total.sum() - np.nansum(by_age)), 0.0) if ages else 0.0,
        )

    def group(self, name: str) -> NDArray[np.float64]:
        """float64 (d,); people of a group, NaN for a group that is not known."""
        if name not in self.groups:
            return np.full(len(self), np.nan)
        return self.people[:, self.groups.index(name)]

    @property
    def of_known_age(self) -> NDArray[np.float64]:
        """float64 (d,); people whose age group is known; everybody where not all groups are told apart."""
        return self.people[:, 1:].sum(axis=1) if self.groups[1:] == AGE_GROUPS else self.people[:, 0]


def _check(total: NDArray[np.float64], by_age: NDArray[np.float64]) -> None:
    """Raise one error that lists every row without a usable number."""
    with np.errstate(invalid="ignore"):
        negative = (total < 0) | (by_age < 0).any(axis=1)
    unknown = ~np.isfinite(total)
    faults = [
        Fault(int(i) + 1, ALL, "no_population" if unknown[i] else "negative", text, f"{total[i]:g}")
        for i in np.flatnonzero(unknown | negative)
        for text in ["no number of residents; give a total or all age groups." if unknown[i] else "less than nobody."]
    ]
    if faults:
        raise TableFaultsError("demand", faults)
