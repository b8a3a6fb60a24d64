"""Population: residents as demand points, the one form in which people enter the engine.

Here are its contract, what is common to all its sources (headcounts, sharing out whole people), and its simplest
source, a table of points. Polygons are spread by `geo.people.dasymetric`, rasters read by `geo.people.popraster`;
whether a layer is fine enough for walking is judged by `geo.people.coarseness`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.cells import column_texts, find_column, number_column
from geo.crs import WGS84
from geo.errors import Fault, MissingColumnError, raise_on_faults
from geo.people.residents import AGE_GROUPS, ALL, full_totals

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geo.points import PointTable

Quality = Literal["surveyed", "published", "approximate", "synthetic"]
QUALITIES: Final = ("surveyed", "published", "approximate", "synthetic")
"""Best first."""

COUNTS: Final = (ALL, *AGE_GROUPS)

ALSO: Final[dict[str, tuple[str, ...]]] = {
    ALL: ("人口", "总人口", "常住人口", "人数", "pop", "residents"),
    "age_0_14": ("0–14岁", "0-14岁", "0-14", "儿童"),
    "age_15_59": ("15–59岁", "15-59岁", "15-59"),
    "age_60_plus": ("60岁及以上", "60岁以上", "60+", "老年人", "老人"),
    "village": ("home", "village_code", "所在辖区代码", "村社代码"),
    "quality": ("数据质量", "质量"),
}
"""Other headers that are understood."""

_UNSAFE_IN_ID: Final = re.compile(r"[^\w.\-]")

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Population:
    """Residents as demand points.

    Attributes:
        points: one row a point, in EPSG:4326: id (text, unique), village (code of the home jurisdiction, or missing),
            population, age_0_14, age_15_59, age_60_plus (people; an age group that is not known is NaN), source,
            quality. Places without people are left out: they would count as places to be covered.
        report: what was met on the way, as counts (for example {"negative_cells": 3}).
        areas: for polygons, one row each, in their order: id, method, points, population, side_m (root of the area).
    """

    points: GeoDataFrame
    report: Mapping[str, int]
    areas: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def residents(self) -> float:
        """All residents."""
        return float(self.points[ALL].sum())


def from_points(table: PointTable, *, quality: Quality = "approximate") -> Population:
    """Residents of a table of points (see `geo.points.read_points`).

    It gives `population`, or the three age groups, or all four, and optionally `village`, `source` and `quality`; an
    empty `quality` is the one given here.

    Raises:
        MissingColumnError: there is no headcount at all.
        TableFaultsError: every headcount and quality that cannot be used, all at once.
    """
    frame, faults = table.attributes, list[Fault]()
    people = headcounts(frame, table.source, faults)
    qualities = quality_marks(frame, quality, faults)
    raise_on_faults(table.source, faults)
    village = texts(frame, find(frame, "village"))
    source = texts(frame, find(frame, "source")).where(lambda given: given.notna(), table.source)
    points = demand_frame(table.ids, table.lonlat, people, village=village, source=source, quality=qualities)
    lived_in = people[:, 0] > 0
    return Population(
        points=points[lived_in].reset_index(drop=True),
        report={"points": len(table), "places_without_people": int((~lived_in).sum())},
    )


# The contract ----------------------------------------------------------------------------------------------------


def demand_frame(
    ids: Sequence[str], lonlat: FloatArray, people: FloatArray, *, village: Any, source: Any, quality: Any
) -> GeoDataFrame:
    """Demand points as `Population.points` has them.

    Args:
        ids: n texts.
        lonlat: float64 (n, 2), degrees.
        people: float64 (n, 4), in the order of COUNTS; kept as int64 where all are whole.
        village, source, quality: one for all, or n.
    """
    import geopandas as gpd

    columns: dict[str, Any] = {"id": np.asarray(ids, dtype=object), "village": village}
    columns |= {name: _whole(people[:, k]) for k, name in enumerate(COUNTS)}
    columns |= {"source": source, "quality": quality}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(lonlat)))
    frame = frame.astype(dict.fromkeys(("id", "village", "source", "quality"), "str"))
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]), crs=WGS84)


def _whole(counts: FloatArray) -> NDArray[Any]:
    return counts.astype(np.int64) if bool((np.mod(counts, 1) == 0).all()) else counts


def safe_id(text: str) -> str:
    """A text as it may stand in an id: letters, digits, dots, dashes."""
    return _UNSAFE_IN_ID.sub("_", text)


def no_better_than(quality: str, limit: Quality) -> str:
    """`quality`, or `limit` where that is the worse one."""
    return max(quality, limit, key=QUALITIES.index)


# Headcounts ------------------------------------------------------------------------------------------------------


def find(frame: pd.DataFrame, name: str) -> str | None:
    """The column that bears the name or one of its other headers, in that order."""
    return find_column(frame, (name, *ALSO.get(name, ())))


def texts(frame: pd.DataFrame, column: str | None) -> pd.Series[str]:
    """Cells of a column as trimmed text, missing where empty; all missing where there is no such column."""
    cells = [None] * len(frame) if column is None else column_texts(frame, column)
    return pd.Series([cell or None for cell in cells], index=frame.index, dtype="str")


def headcounts(frame: pd.DataFrame, label: str, faults: list[Fault]) -> FloatArray:
    """People of each row, float64 (n, 4) in the order of COUNTS; adds to `faults`.

    A total that is missing is the sum of the age groups; age groups of which any is missing are not known (NaN).

    Raises:
        MissingColumnError: no column holds people.
    """
    columns = [find(frame, name) for name in COUNTS]
    if columns[0] is None and None in columns[1:]:
        raise MissingColumnError(path=label, column=ALL, found=", ".join(str(c) for c in frame.columns))
    people = np.full((len(frame), len(COUNTS)), np.nan)
    found = list[Fault]()
    for k, column in enumerate(columns):
        if column is not None:
            people[:, k] = number_column(frame, column, found)
    ages, total = people[:, 1:], people[:, 0]
    total[:] = full_totals(total, ages, found)
    ages[np.isnan(ages.sum(axis=1))] = np.nan
    faults += found
    return people


def quality_marks(frame: pd.DataFrame, default: Quality, faults: list[Fault]) -> pd.Series[str]:
    """Quality of each row; adds to `faults`."""
    column = find(frame, "quality")
    marks = texts(frame, column).reset_index(drop=True)
    marks = marks.where(marks.notna(), default)
    for i in np.flatnonzero(~marks.isin(QUALITIES)):
        text = f"a quality is one of {', '.join(QUALITIES)}."
        faults.append(Fault(int(i) + 1, str(column), "not_in_codes", text, str(marks.iloc[i])))
    return marks


# Whole people ----------------------------------------------------------------------------------------------------


def share_out(total: int, weights: NDArray[Any]) -> IntArray:
    """Share whole people in proportion to weights: int64 (n,) that adds up to `total` exactly.

    Largest remainder (Hamilton's method): every share is its quota rounded down, and the people left go to the
    largest remainders. Equal remainders take turns in bit-reversed order (van der Corput, 1935), so that places given
    along a line receive them evenly along it, instead of all at its start. Integer weights are shared in integers, and
    no share then exceeds its weight as long as `total` does not exceed their sum.

    Args:
        total: people, not negative.
        weights: (n,) not negative, at least one positive; n ≥ 1. Integers: total * weight < 2**63.
    """
    if np.issubdtype(weights.dtype, np.integer):
        share, remainder = np.divmod(total * weights.astype(np.int64), max(int(weights.sum()), 1))
    else:
        quota = total * weights / weights.sum()
        share = np.floor(quota).astype(np.int64)
        remainder = np.round(quota - share, 9)  # equal weights must tie, whatever the rounding
    left = total - int(share.sum())
    share[np.lexsort((_bit_reversed(len(share)), -remainder))[:left]] += 1
    return np.asarray(share, dtype=np.int64)


def _bit_reversed(n: int) -> IntArray:
    index, turn = np.arange(n), np.zeros(n, dtype=np.int64)
    for bit in range(max(n - 1, 1).bit_length()):
        turn = (turn << 1) | ((index >> bit) & 1)
    return turn


def share_people(people: FloatArray, weights: NDArray[Any]) -> FloatArray:
    """Share one area's people over its places: float64 (n, 4), every column adding up exactly.

    Whole people: all of them by weight; of those the ones aged 60 and over, then those up to 14, by how many live at
    each place; 15 to 59 are the rest. So rows add up as well. A total with a fraction (an estimate) leaves the fraction
    at the place of greatest weight; by what a total differs from its ages (see `MISMATCH_PEOPLE`), it does so where
    most people live.

    Args:
        people: float64 (4,) in the order of COUNTS; unknown age groups NaN.
        weights: (n,) as for `share_out`.
    """
    shared = np.full((len(weights), len(COUNTS)), np.nan)
    ages = people[1:]
    if np.isnan(ages).any():
        shared[:, 0] = share_out(int(people[0]), weights)
        shared[np.argmax(weights), 0] += people[0] % 1
        return shared
    young, _, old = (int(count) for count in ages)
    all_ages = share_out(int(np.floor(ages).sum()), weights)
    shared[:, 3] = share_out(old, all_ages)
    shared[:, 1] = share_out(young, all_ages - shared[:, 3].astype(np.int64))
    shared[:, 2] = all_ages - shared[:, 3] - shared[:, 1]
    shared[np.argmax(weights), 1:] += ages % 1
    shared[:, 0] = shared[:, 1:].sum(axis=1)
    shared[np.argmax(shared[:, 0]), 0] += people[0] - ages.sum()
    return shared
