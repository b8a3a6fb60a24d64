"""Residents: people at demand points, by age group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.cells import column_texts, number_column
from geo.errors import Fault, MissingColumnError, raise_on_faults

if TYPE_CHECKING:
    from pandas import DataFrame

ALL: Final = "population"
CHILDREN: Final = "age_0_14"
ELDERS: Final = "age_60_plus"
AGE_GROUPS: Final = (CHILDREN, "age_15_59", ELDERS)

MISMATCH_PEOPLE: Final = 0.5
"""A total may differ from the sum of its age groups by rounding, not by a person."""


@dataclass(frozen=True, eq=False)
class Residents:
    """People at d demand points.

    Attributes:
        ids: d texts.
        lonlat: float64 (d, 2), degrees.
        groups: g names; all residents first, then the age groups that are known.
        people: float64 (d, g); residents whose age is unknown count in the first column only.
        village: d texts, the stated code of the home jurisdiction, "" where none is stated.
        unknown: bool (d, g); where people of a group are not known, and count as nobody in `people`.
        unknown_age: residents whose age group is not given.
    """

    ids: tuple[str, ...]
    lonlat: NDArray[np.float64]
    groups: tuple[str, ...]
    people: NDArray[np.float64]
    village: tuple[str, ...]
    unknown: NDArray[np.bool_]
    unknown_age: float = 0.0

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, demand: DataFrame) -> Residents:
        """From a table with id, lon, lat, population and/or the age columns, and the code `village` where it is known.

        Raises:
            MissingColumnError: there are neither totals nor age groups.
            TableFaultsError: every cell that is no number of residents, every row that gives none, and every total
                that differs from the sum of its age groups, all at once.
        """
        faults = list[Fault]()
        by_age = np.column_stack([number_column(demand, name, faults) for name in AGE_GROUPS])
        given = np.flatnonzero(np.isfinite(by_age).any(axis=0))
        ages = [AGE_GROUPS[k] for k in given]
        if ALL not in demand and not ages and not faults:
            raise MissingColumnError(path="demand", column=ALL, found=", ".join(map(str, demand.columns)))
        total = full_totals(number_column(demand, ALL, faults), by_age, faults)
        raise_on_faults("demand", faults)
        by_age = by_age[:, given]
        return cls(
            ids=column_texts(demand, "id"),
            lonlat=demand[["lon", "lat"]].to_numpy(np.float64),
            groups=(ALL, *ages),
            people=np.column_stack([total, np.nan_to_num(by_age)]),
            village=column_texts(demand, "village"),
            unknown=np.isnan(np.column_stack([total, by_age])) & (total > 0)[:, None],
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


def full_totals(total: NDArray[np.float64], by_age: NDArray[np.float64], faults: list[Fault]) -> NDArray[np.float64]:
    """Totals (n,), the sum of the age groups (n, 3) where they are NaN; adds to `faults` rows that have no fault yet
    and give neither, or two that differ."""
    summed = by_age.sum(axis=1)
    sound = np.ones(len(total), dtype=np.bool_)
    sound[[fault.row - 1 for fault in faults if fault.row]] = False
    for i in np.flatnonzero(sound & np.isnan(total) & np.isnan(summed)):
        text = "no residents are given; fill in the population or the three age groups."
        faults.append(Fault(int(i) + 1, ALL, "no_population", text))
    for i in np.flatnonzero(sound & (np.abs(total - summed) > MISMATCH_PEOPLE)):
        sum_of_ages = f"{summed[i]:g}"
        text = f"the age groups add up to {sum_of_ages}; mend the total or the groups."
        faults.append(Fault(int(i) + 1, ALL, "population_mismatch", text, f"{total[i]:g}", {"total": sum_of_ages}))
    return np.where(np.isnan(total), summed, total)
