"""What-if: today's network prepared for questions, and what changes bring. Only composition; no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.siting.changes import scenario
from data.tables.changes import Change
from geo.catchments.catchment import CatchmentSet, catchments
from geo.coverage.coverage import shares
from geo.coverage.jurisdiction import LEVELS
from geo.engine.reach import CostMatrix, Reach, Sources
from geo.engine.snapping import snap
from geo.params import MINUTE_S, TIE_S, CatchmentParams, Cutoffs
from geo.siting.scenario import Baseline, Effect, new_center_times

if TYPE_CHECKING:
    from geo.coverage.assessment import Assessment
    from geo.coverage.gaps import Gaps
    from geo.coverage.ledger import Governance
    from geo.params import WalkProfile
    from geo.people.residents import Residents

Floats = NDArray[np.float64]

LONGEST_MINUTES: Final = 60.0
"""How far the mean walk looks."""
UNKNOWN_AGE: Final = "unknown_age"


@dataclass(frozen=True, eq=False)
class Today:
    """The open centers of today and everybody's walk to them, prepared once for a profile and a cutoff.

    Attributes:
        assessment: of the same centers and residents.
        gaps: at the same cutoff.
        minutes: the cutoff.
        ids: c ids of the open centers, rising; rows of the times.
        groups: names of the columns of people: age groups that are known, then who is in none of them.
        governance: homes by the finest jurisdictions.
        baseline: the engine's, by these groups and jurisdictions.
        reach: the engine, as far as the baseline's times.
    """

    assessment: Assessment
    gaps: Gaps
    minutes: float
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    governance: Governance
    baseline: Baseline
    reach: Reach

    @classmethod
    def of(cls, assessment: Assessment, gaps: Gaps, minutes: float) -> Today:
        """Compute all times; milliseconds a center."""
        supply, params = assessment.supply, assessment.params
        number = np.cumsum(supply.open) - 1
        doors = np.flatnonzero(supply.open[supply.door_center])
        count = int(supply.open.sum())
        sources = Sources.grouped(assessment.doors.take(doors), number[supply.door_center[doors]], count)
        longest_s = max(LONGEST_MINUTES, minutes) * MINUTE_S
        reach = Reach(assessment.network, params.profile, longest_s, direction=params.direction)
        groups, people = _by_age(assessment.residents)
        level = LEVELS[int(assessment.jurisdictions.level.max(initial=0))]
        governance = assessment.governance(level, by_site=True)
        baseline = Baseline(
            times=reach.matrix(sources, assessment.homes) if count else _nobody(len(people)),
            people=people,
            jurisdiction=governance.home,
            cutoff_s=minutes * MINUTE_S,
            gap=gaps.gap.astype(np.int64),
            snapping=assessment.params.snap,
        )
        ids = tuple(np.array(supply.ids, dtype=object)[supply.open].tolist())
        return cls(assessment, gaps, minutes, ids, groups, governance, baseline.prepare(), reach)

    @property
    def profile(self) -> WalkProfile:
        """Who walks."""
        return self.assessment.params.profile

    @cached_property
    def near(self) -> Reach:
        """The engine, as far as the cutoff."""
        found = self.assessment
        return Reach(found.network, self.profile, self.minutes * MINUTE_S, direction=found.params.direction)

    def catchments(self, lonlat: Floats) -> CatchmentSet:
        """Of places in degrees (a, 2), at the cutoff."""
        found = self.assessment
        params = CatchmentParams(
            profile=self.profile,
            cutoffs=Cutoffs((self.minutes,)),
            direction=found.params.direction,
            snap=found.params.snap,
        )
        return catchments(self.near, Sources.each(snap(found.network, lonlat, params.snap)), params)

    def what_if(self, changes: Sequence[Change]) -> WhatIf:
        """What changes bring.

        Raises:
            ParameterError: a center that is not open today.
        """
        return WhatIf(self, tuple(changes))


@dataclass(frozen=True, eq=False)
class WhatIf:
    """Today with some changes."""

    today: Today
    changes: tuple[Change, ...]

    @cached_property
    def placed(self) -> tuple[Change, ...]:
        """The centers at new places, in the order of the effect's rows: the new ones, then the moved."""
        return tuple(change for kind in ("new", "move") for change in self.changes if change.kind == kind)

    @property
    def left(self) -> tuple[str, ...]:
        """Ids of today's centers that close or move away."""
        return tuple(change.center for change in self.changes if change.center)

    @cached_property
    def lonlat(self) -> Floats:
        """float64 (a, 2), degrees, of the placed centers."""
        return np.array([change.lonlat for change in self.placed], dtype=np.float64).reshape(-1, 2)

    @cached_property
    def times(self) -> CostMatrix:
        """Of the placed centers to the demand points."""
        found = self.today.assessment
        if not len(self.lonlat):
            return _nobody(len(found.residents))
        return new_center_times(self.today.reach, self.lonlat, found.homes, found.params.snap)

    @cached_property
    def effect(self) -> Effect:
        """What it brings, by jurisdiction and age group."""
        row = {center: i for i, center in enumerate(self.today.ids)}
        asked = scenario(self.changes)
        leaving = [*asked.closed, *(center.id for center in asked.moved)]
        return self.today.baseline.effect(self.times, [row[center] for center in leaving])

    @cached_property
    def off_street(self) -> NDArray[np.bool_]:
        """bool (a,); placed centers too far from any street: nobody reaches them."""
        found = self.today.assessment
        if not len(self.lonlat):
            return np.zeros(0, np.bool_)
        return ~snap(found.network, self.lonlat, found.params.snap).snapped

    # ---- figures ------------------------------------------------------------------------------------------------

    @property
    def residents(self) -> float:
        """All of them."""
        return float(self.today.baseline.total.sum())

    @property
    def gained(self) -> float:
        """Residents newly covered."""
        return float(self.effect.newly_covered.sum())

    @property
    def lost(self) -> float:
        """Residents covered today and no more."""
        return float(self.effect.lost.sum())

    @property
    def share_before(self) -> float:
        """Share of residents covered today."""
        return self._share(self.effect.covered_before)

    @property
    def share_after(self) -> float:
        """Share of residents covered with the changes."""
        return self._share(self.effect.covered_after)

    def _share(self, covered: Floats) -> float:
        return float(covered.sum()) / self.residents if self.residents else np.nan

    @property
    def switching(self) -> float:
        """Residents who have a center in reach today and for whom one of the placed ones is nearer."""
        return float(self.effect.switched_from[:-1].sum())

    def by_group(self) -> pd.DataFrame:
        """One row an age group: group, residents, before, gained, lost, after."""
        effect = self.effect
        return pd.DataFrame(
            {
                "group": self.today.groups,
                "residents": self.today.baseline.people.sum(axis=0),
                "before": effect.covered_before.sum(axis=0),
                "gained": effect.newly_covered.sum(axis=0),
                "lost": effect.lost.sum(axis=0),
                "after": effect.covered_after.sum(axis=0),
            }
        )

    def by_unit(self) -> pd.DataFrame:
        """One row a jurisdiction for which something changes, most newly covered first: code, gained, lost, and the
        shares covered before and after."""
        effect, today = self.effect, self.today
        count = today.baseline.n_jurisdictions
        total = np.bincount(today.governance.home, today.baseline.total, minlength=count).astype(np.float64)
        frame = pd.DataFrame(
            {
                "code": today.governance.codes[:count],
                "gained": effect.newly_covered.sum(axis=1),
                "lost": effect.lost.sum(axis=1),
                "before": shares(effect.covered_before.sum(axis=1), total),
                "after": shares(effect.covered_after.sum(axis=1), total),
            }
        )
        changed: pd.DataFrame = frame.loc[(frame["gained"] > 0) | (frame["lost"] > 0)]
        return changed.sort_values(["gained", "lost", "code"], ascending=[False, False, True], ignore_index=True)

    def by_switch(self) -> pd.DataFrame:
        """One row a center that residents leave for a placed one, most first: center, residents."""
        leaving = self.effect.switched_from[:-1].sum(axis=1)
        frame = pd.DataFrame({"center": self.today.ids, "residents": leaving})
        left: pd.DataFrame = frame.loc[leaving > 0]
        return left.sort_values(["residents", "center"], ascending=[False, True], ignore_index=True)

    def by_placed(self) -> pd.DataFrame:
        """One row a placed center: in_time, overlap (of them, those whom a center of today covers too)."""
        effect = self.effect
        in_time = effect.in_time.sum(axis=1)
        return pd.DataFrame({"in_time": in_time, "overlap": in_time - self._only_placed()})

    def _only_placed(self) -> Floats:
        """float64 (a,); residents in time of each placed center whom no center of today that stays covers."""
        base = self.today.baseline
        new = self._in_time(self.times) & ~self._still_covered[self.times.index]
        people = base.total[self.times.index[new]]
        return np.bincount(self.times.row[new], weights=people, minlength=len(self.placed)).astype(np.float64)

    @cached_property
    def switched(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """bool (d,) twice: demand points that become covered, and that are no more."""
        after, before = self._still_covered.copy(), self.today.baseline.covered
        after[self.times.index[self._in_time(self.times)]] = True
        return after & ~before, before & ~after

    @cached_property
    def _still_covered(self) -> NDArray[np.bool_]:
        """bool (d,); by centers of today that stay."""
        times = self.today.baseline.times
        leaving = {change.center for change in self.changes}
        stays = np.array([center not in leaving for center in self.today.ids], dtype=np.bool_)
        covered = np.zeros(times.n_destinations, np.bool_)
        covered[times.index[self._in_time(times) & stays[times.row]]] = True
        return covered

    def _in_time(self, times: CostMatrix) -> NDArray[np.bool_]:
        return np.asarray(times.seconds <= self.today.baseline.cutoff_s + TIE_S)


def _by_age(residents: Residents) -> tuple[tuple[str, ...], Floats]:
    """Residents split by age, so that the columns add up to all of them."""
    ages = residents.people[:, 1:]
    rest = residents.people[:, 0] - ages.sum(axis=1)
    if not len(ages.T) or np.abs(rest).max(initial=0.0) > 1e-6:
        return (*residents.groups[1:], UNKNOWN_AGE), np.column_stack([ages, rest])
    return residents.groups[1:], ages


def _nobody(points: int) -> CostMatrix:
    return CostMatrix(np.zeros(1, np.int64), np.empty(0, np.uint32), np.empty(0), points)
