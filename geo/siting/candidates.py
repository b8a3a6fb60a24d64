"""Candidates: places where a new center may go; from a table, one a village, or spread along the streets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.cells import column_texts, number_column
from geo.crs import to_lonlat, to_metric
from geo.errors import EmptyTableError, Fault, ParameterError, raise_on_faults
from geo.siting.problem import SitingProblem
from geo.siting.rules import Quota
from geo.streets.network import StreetNetwork

if TYPE_CHECKING:
    from pandas import DataFrame

    from geo.people.residents import Residents

Floats = NDArray[np.float64]

LARGE_VILLAGE: Final = 3_000
"""Residents from which a village counts as large: Quangang's goal for 2023 was a center in every village or community
of 3,000 residents (see the sample's `workspace.toml`)."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """n places.

    Attributes:
        ids, names: n texts; ids are unique.
        lonlat: float64 (n, 2), degrees.
        group: n texts; the jurisdiction of each, "" where unknown.
        residents: float64 (n,); of the village a candidate stands for, NaN where it stands for none.
        cost: float64 (n,); NaN where unknown.
        capacity: float64 (n,); people, inf where unlimited.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    lonlat: Floats
    group: tuple[str, ...]
    residents: Floats
    cost: Floats
    capacity: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def at(cls, lonlat: Floats, ids: Sequence[str], **columns: Sequence[str] | Floats) -> Candidates:
        """At given degrees (n, 2); what is not given is unknown."""
        n = len(ids)
        empty, unknown = ("",) * n, np.full(n, np.nan)
        found = {
            "names": tuple(ids), "group": empty, "residents": unknown, "cost": unknown, "capacity": np.full(n, np.inf),
        }  # fmt: skip
        return cls(ids=tuple(ids), lonlat=lonlat, **{**found, **columns})  # type: ignore[arg-type]

    @classmethod
    def of(cls, frame: DataFrame) -> Candidates:
        """From a table: id, lon, lat; where known name, village or home, residents or population, cost, capacity.

        Raises:
            EmptyTableError: there are none.
            TableFaultsError: cells that should be numbers and are none, all at once.
        """
        if not len(frame):
            raise EmptyTableError(path="candidates")
        faults: list[Fault] = []

        def column(*names: str) -> str:
            return next((name for name in names if name in frame), names[0])

        ids = column_texts(frame, "id")
        residents = number_column(frame, column("residents", "population"), faults)
        cost, capacity = number_column(frame, "cost", faults), number_column(frame, "capacity", faults)
        raise_on_faults("candidates", faults)
        return cls(
            ids=ids,
            names=tuple(name or key for name, key in zip(column_texts(frame, "name"), ids, strict=True)),
            lonlat=frame[["lon", "lat"]].to_numpy(np.float64),
            group=column_texts(frame, column("village", "home", "jurisdiction")),
            residents=residents,
            cost=cost,
            capacity=np.where(np.isnan(capacity), np.inf, capacity),
        )


def from_villages(residents: Residents, crs: str) -> Candidates:
    """One candidate a village or community: the home nearest to its residents' center of gravity.

    A home, not the center of the outline: that may lie in the hills or the sea. Villages without residents, and
    residents without a stated village, have none.

    Args:
        crs: metric, for the distances.
    """
    total = residents.people[:, 0]
    codes = np.asarray(residents.village, dtype=str)
    lived_in = np.flatnonzero((total > 0) & (codes != ""))
    if not len(lived_in):
        raise EmptyTableError(path="the villages of the demand points")
    names, village = np.unique(codes[lived_in], return_inverse=True)
    xy = to_metric(residents.lonlat[lived_in], crs)
    people = total[lived_in]
    of_village = np.bincount(village, weights=people)
    gravity = np.column_stack([np.bincount(village, weights=people * axis) / of_village for axis in xy.T])
    apart = np.linalg.norm(xy - gravity[village], axis=1)
    order = np.lexsort((apart, village))
    first = order[np.append(True, np.diff(village[order]) != 0)]
    return Candidates.at(
        residents.lonlat[lived_in[first]],
        names.tolist(),
        group=tuple(names.tolist()),
        residents=of_village.astype(np.float64),
    )


def along_streets(network: StreetNetwork, spacing_m: float, *, near_xy: Floats | None = None) -> Candidates:
    """Places on walkable streets about `spacing_m` apart: one in each cell of a grid, nearest to the cell's middle.

    Args:
        near_xy: (p, 2) metric; only cells that hold one of these points or touch such a cell.
    """
    if not 10 <= spacing_m <= 10_000:
        raise ParameterError(
            name="spacing", value=f"{spacing_m:g} m", reason="out of range", expected="meters from 10 to 10,000"
        )
    xy = _points_along(network, spacing_m / 2)
    cell = np.floor(xy / spacing_m).astype(np.int64)
    if near_xy is not None:
        lived_in = np.floor(near_xy / spacing_m).astype(np.int64)
        around = (lived_in[:, None, :] + np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])).reshape(-1, 2)
        kept = np.isin(_cell_key(cell), _cell_key(around))
        xy, cell = xy[kept], cell[kept]
    off_middle = np.linalg.norm(xy - (cell + 0.5) * spacing_m, axis=1)
    order = np.lexsort((off_middle, _cell_key(cell)))
    first = order[np.append(True, np.diff(_cell_key(cell)[order]) != 0)] if len(order) else order
    if not len(first):
        raise EmptyTableError(path="the streets near residents")
    first = np.sort(first)
    ids = [f"s{i + 1}" for i in range(len(first))]
    return Candidates.at(to_lonlat(xy[first], network.crs), ids)


def _points_along(network: StreetNetwork, step_m: float) -> Floats:
    """The vertices of all streets and points between them, at most `step_m` apart: float64 (p, 2)."""
    first = np.delete(np.arange(len(network.shape_xy)), network.shape_indptr[1:] - 1)
    start, way = network.shape_xy[first], network.shape_xy[first + 1] - network.shape_xy[first]
    parts = np.maximum(1, np.ceil(np.linalg.norm(way, axis=1) / step_m)).astype(np.int64)
    number = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    between = np.repeat(start, parts, axis=0) + np.repeat(way / parts[:, None], parts, axis=0) * number[:, None]
    return np.vstack([between, network.shape_xy[network.shape_indptr[1:] - 1]])


def _cell_key(cell: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(cell[:, 0] * 2**31 + cell[:, 1])


def with_groups(candidates: Candidates, residents: Residents, crs: str) -> Candidates:
    """Candidates in the village of the resident who lives nearest; those that state one keep it."""
    from scipy.spatial import cKDTree

    stated = np.flatnonzero(np.asarray(residents.village, dtype=str) != "")
    if not len(stated):
        return candidates
    _, nearest = cKDTree(to_metric(residents.lonlat[stated], crs)).query(to_metric(candidates.lonlat, crs))
    groups = tuple(g or residents.village[stated[i]] for g, i in zip(candidates.group, nearest, strict=True))
    return replace(candidates, group=groups)


def large_villages(least: float = LARGE_VILLAGE) -> str:
    """What a demand calls the villages of at least `least` residents."""
    return f"villages of {least:g} residents or more"


def large_first(problem: SitingProblem, residents: Floats, add: int, *, least: float = LARGE_VILLAGE) -> SitingProblem:
    """Villages of at least `least` residents first: while they suffice for `add` sites the others are barred; else
    all of them are taken, and the others fill up.

    Args:
        residents: float64 (n,); of the village a site stands for, NaN for none.
    """
    large = np.nan_to_num(residents) >= least
    count = int((large & problem.free).sum())
    if count >= add:
        return problem.without(np.flatnonzero(~large & ~problem.existing).tolist())
    quota = Quota(large_villages(least), large, least=count)
    return replace(problem, rules=(*problem.rules, quota))
