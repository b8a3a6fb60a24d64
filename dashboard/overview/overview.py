"""Overview: all figures of the overview page for one profile, cutoff and scope. Only composition; no Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.overview.headlines import Ground, Headline, headlines
from geo.coverage.assessment import Assessment
from geo.coverage.coverage import shares
from geo.coverage.jurisdiction import LEVELS, Jurisdictions
from geo.coverage.supply import Supply
from geo.params import MINUTE_S, TIE_S, CoverageParams
from geo.people.residents import ALL, ELDERS, Residents

if TYPE_CHECKING:
    from dashboard.overview.records import Records
    from dashboard.overview.scope import Scope
    from data.workspace import Workspace
    from geo.coverage.ledger import Governance

FloatArray = NDArray[np.float64]


def assess(workspace: Workspace, params: CoverageParams) -> Assessment:
    """The engine's assessment of a workspace."""
    return Assessment(
        network=workspace.network,
        supply=Supply.of(workspace.centers, workspace.service_points),
        residents=Residents.of(workspace.demand),
        jurisdictions=Jurisdictions.of(workspace.jurisdictions, workspace.network.crs),
        params=params,
    )


@dataclass(frozen=True, eq=False)
class Overview:
    """What the page shows.

    Attributes:
        ground: centers, scope and weights that every figure is taken from.
        headlines: the six figures.
        covered: bool (d,); demand points with an open center that counts in time.
        reaching: int64 (d,); open centers that count and reach each demand point in time.
        centers: one row a center that counts, ordered by id, with `listed`: it belongs to the town at hand.
        towns: one row a town with residents, most covered first: code, residents, covered, elders, covered_elders,
            uncovered, covered_share, elders_share, centers_open.
        places: likewise for the finest jurisdictions that there are.
    """

    ground: Ground
    headlines: tuple[Headline, ...]
    covered: NDArray[np.bool_]
    reaching: NDArray[np.int64]
    centers: pd.DataFrame
    towns: pd.DataFrame
    places: pd.DataFrame

    @classmethod
    def of(
        cls, workspace: Workspace, assessment: Assessment, records: Records, scope: Scope, minutes: float
    ) -> Overview:
        """Put it together; everything heavy is in the assessment already."""
        ground = ground_of(workspace, assessment, scope, minutes)
        now = np.asarray(ground.centers["status"] == "open", dtype=np.bool_)
        pairs = ground.pairs(now)
        covered = pairs.least_s <= minutes * MINUTE_S + TIE_S
        finest = LEVELS[int(assessment.jurisdictions.level.max(initial=0))]
        return cls(
            ground=ground,
            headlines=headlines(ground, records, workspace.settings.as_of),
            covered=covered,
            reaching=np.diff(pairs.indptr),
            centers=ground.centers.assign(listed=ground.listed)[ground.counted].reset_index(drop=True),
            towns=by_unit(ground, covered, "town"),
            places=by_unit(ground, covered, finest),
        )

    @property
    def uncovered(self) -> FloatArray:
        """float64 (d,); residents who count and are not covered."""
        return np.where(self.covered, 0.0, self.ground.people(ALL))

    @property
    def total(self) -> float:
        """Residents who count."""
        return float(self.ground.people(ALL).sum())


def ground_of(workspace: Workspace, assessment: Assessment, scope: Scope, minutes: float) -> Ground:
    """Which centers and residents count."""
    supply = assessment.supply
    centers = workspace.centers.sort_values("id", kind="stable", ignore_index=True)
    gives = np.ones(len(supply), dtype=np.bool_)
    if scope.service:
        gives = np.zeros(len(supply), dtype=np.bool_)
        gives[supply.door_center[supply.gives[:, supply.services.index(scope.service)]]] = True
    counted = scope.counted(centers, gives)
    sited, governed = assessment.governance("town", by_site=True), assessment.governance("town")
    unit = scope.unit(sited)
    weight = np.ones(len(assessment.residents))
    listed = counted.copy()
    if unit is not None:
        weight = (sited.home == unit).astype(np.float64)
        listed &= _of_unit(sited, unit) | _of_unit(governed, unit)
    return Ground(assessment, centers, scope, counted, listed, weight, sited, minutes)


def by_unit(ground: Ground, covered: NDArray[np.bool_], level: str) -> pd.DataFrame:
    """Figures of each jurisdiction of a level where somebody lives."""
    sited = ground.towns if level == "town" else ground.assessment.governance(level, by_site=True)
    people, elders = ground.people(ALL), ground.people(ELDERS)
    residents, old = sited.total(people), sited.total(elders)
    reached, reached_old = sited.total(people * covered), sited.total(elders * covered)
    is_open = np.asarray(ground.centers["status"] == "open", dtype=np.bool_) & ground.counted
    frame = pd.DataFrame(
        {
            "code": sited.codes,
            "residents": residents,
            "covered": reached,
            "uncovered": residents - reached,
            "covered_share": shares(reached, residents),
            "elders": old,
            "elders_covered": reached_old,
            "elders_share": shares(old, sited.total(ground.assessment.residents.of_known_age * ground.weight)),
            "elders_covered_share": shares(reached_old, old),
            "centers_open": np.asarray(is_open.astype(np.int64) @ sited.governors).ravel(),
        }
    )
    frame = frame[(frame["residents"] > 0) & (frame["code"] != "")]
    return frame.sort_values(["covered_share", "code"], ascending=[False, True], ignore_index=True)


def _of_unit(governance: Governance, unit: int) -> NDArray[np.bool_]:
    return np.asarray(governance.governors[:, [unit]].toarray().ravel() > 0)
