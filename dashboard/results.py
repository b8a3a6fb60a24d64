"""What the pages show of a network: catchments and people reached, put together from the engine's results.

Only composition: every figure comes from `geo`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from data.tables.schema import AGE_COLUMNS
from geo.catchments.catchment import CatchmentSet, catchments
from geo.coverage.coverage import reached
from geo.engine.reach import Reach, Sources
from geo.engine.snapping import Places, snap
from geo.params import CatchmentParams, SnapParams

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace

RESIDENTS: Final = "population"


@dataclass(frozen=True, eq=False)
class Standing:
    """Where centers and residents stand on the streets; the same for every profile.

    Attributes:
        access: the workspace's access points: center, lon, lat.
        doors: their places, in the same order.
        sources: the places by center, one source a center.
        homes: places of the demand points.
        groups: names of the columns of `people`: all residents, then the age groups that are known.
        people: float64 (d, g); residents of each demand point, unknown ages count as none.
        unknown_age: residents whose age group is not given.
    """

    access: pd.DataFrame
    doors: Places
    sources: Sources
    homes: Places
    groups: tuple[str, ...]
    people: NDArray[np.float64]
    unknown_age: float

    @classmethod
    def of(cls, workspace: Workspace, params: SnapParams | None = None) -> Standing:
        """Snap a workspace's access points and demand points to its streets."""
        params = params or SnapParams()
        access, demand, network = workspace.access_points, workspace.demand, workspace.network
        doors = snap(network, access[["lon", "lat"]].to_numpy(np.float64), params)
        number = {center: i for i, center in enumerate(workspace.centers["id"])}
        sources = Sources.grouped(doors, access["center"].map(number).to_numpy(np.int64), len(number))
        homes = snap(network, demand[["lon", "lat"]].to_numpy(np.float64), params)
        ages = [column for column in AGE_COLUMNS if demand[column].notna().any()]
        people = demand[[RESIDENTS, *ages]].to_numpy(np.float64)
        unknown = float(np.nansum(people[:, 0]) - np.nansum(people[:, 1:])) if ages else 0.0
        return cls(access, doors, sources, homes, (RESIDENTS, *ages), np.nan_to_num(people), max(unknown, 0.0))

    @property
    def center_snapped(self) -> NDArray[np.bool_]:
        """bool (n,): the center has at least one access point on the streets."""
        counts = np.bincount(self.sources.source[self.sources.places.snapped], minlength=len(self.sources))
        return counts > 0

    @property
    def total(self) -> NDArray[np.float64]:
        """float64 (g,): all residents by group."""
        return np.asarray(self.people.sum(axis=0))

    @property
    def peopled(self) -> bool:
        """Whether anybody lives here: without residents a figure of people is not 0 but not known."""
        return bool(self.total[0] > 0)

    @property
    def off_street(self) -> float:
        """Residents whose home is too far from any street to be counted as reached."""
        return float(self.people[~self.homes.snapped, 0].sum())


@dataclass(frozen=True, eq=False)
class NetworkResults:
    """Catchments and people reached, for one profile.

    Attributes:
        params: what they were computed with.
        standing: where centers and residents stand.
        catchments: one row a center, one column a cutoff.
        people: float64 (n, k, g); residents within reach of each center, by cutoff and group.
        covered: float64 (k, g); residents within reach of at least one open center.
    """

    params: CatchmentParams
    standing: Standing
    catchments: CatchmentSet
    people: NDArray[np.float64]
    covered: NDArray[np.float64]

    @classmethod
    def of(cls, workspace: Workspace, standing: Standing, params: CatchmentParams) -> NetworkResults:
        """Compute them all; milliseconds a center."""
        cutoffs = params.cutoffs
        reach = Reach(workspace.network, params.profile, cutoffs.longest_s, direction=params.direction)
        sources = standing.sources
        times = reach.matrix(sources, standing.homes)
        opened = np.flatnonzero((workspace.centers["status"] == "open").to_numpy()[sources.source])
        together = Sources.grouped(sources.places.take(opened), np.zeros(len(opened), np.int64), 1)
        covered = reached(reach.matrix(together, standing.homes), standing.people, cutoffs.seconds)[0]
        return cls(
            params=params,
            standing=standing,
            catchments=catchments(reach, sources, params),
            people=reached(times, standing.people, cutoffs.seconds),
            covered=covered,
        )
