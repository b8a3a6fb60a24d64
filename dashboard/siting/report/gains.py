"""Gains: who has a center in time before and after, by town and age group, and how far people walk. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.params import MINUTE_S
from geo.siting.scenario import new_center_times

if TYPE_CHECKING:
    from dashboard.siting.best import Answer, SiteSearch
    from dashboard.siting.whatif import Today, WhatIf

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Walks:
    """Minutes to the nearest center over the residents who have one within the longest walk; NaN for nobody."""

    mean: float
    longest: float

    @classmethod
    def of(cls, seconds: Floats, people: Floats) -> Walks:
        """From each demand point: seconds (d,), inf where out of reach, and people (d,)."""
        reached = np.isfinite(seconds) & (people > 0)
        if not reached.any():
            return cls(np.nan, np.nan)
        mean = float(np.average(seconds[reached], weights=people[reached]))
        return cls(mean / MINUTE_S, float(seconds[reached].max()) / MINUTE_S)


@dataclass(frozen=True, eq=False)
class Gains:
    """People, by t towns (the last is outside of all, code "") and g age groups that add up to all residents.

    Attributes:
        towns: t codes.
        groups: g names.
        people, before, gained, lost: float64 (t, g); all, covered before, newly covered, and no longer covered.
        gained_at, lost_at, covered_at: bool (d,); demand points that become covered, are no more, and are after all.
        walks_before, walks_after: to the nearest center.
    """

    towns: tuple[str, ...]
    groups: tuple[str, ...]
    people: Floats
    before: Floats
    gained: Floats
    lost: Floats
    gained_at: Bools
    lost_at: Bools
    covered_at: Bools
    walks_before: Walks
    walks_after: Walks

    @property
    def after(self) -> Floats:
        """float64 (t, g); covered after."""
        return self.before + self.gained - self.lost

    @classmethod
    def of(cls, today: Today, before: Bools, after: Bools, walks: tuple[Walks, Walks]) -> Gains:
        """From who is covered before and after, bool (d,)."""
        towns = today.assessment.governance("town", by_site=True)
        people = today.baseline.people

        def by_town(among: Bools) -> Floats:
            sums = np.zeros((len(towns.codes), people.shape[1]))
            np.add.at(sums, towns.home[among], people[among])
            return sums

        everybody = np.ones(len(before), np.bool_)
        gained, lost = after & ~before, before & ~after
        return cls(
            towns.codes, today.groups, by_town(everybody), by_town(before), by_town(gained), by_town(lost),
            gained, lost, after, *walks,
        )  # fmt: skip

    @classmethod
    def of_what_if(cls, found: WhatIf) -> Gains:
        """Of a scenario, compared with today's open centers."""
        today, (gained, lost) = found.today, found.switched
        before = today.baseline.covered
        walks = Walks.of(today.baseline.nearest[1], today.baseline.total), _walks_after(found)
        return cls.of(today, before, (before & ~lost) | gained, walks)

    @classmethod
    def of_plan(cls, today: Today, search: SiteSearch, answer: Answer) -> Gains:
        """Of a plan, compared with the centers that it takes as given. All residents count once, whatever it weighs."""
        problem, sites = answer.problem, list(answer.plan.sites)
        after = problem.covered_before.copy()
        for site in sites:
            after[problem.in_time(site)] = True
        ground, total = search.ground, today.baseline.total
        before_s = np.full(len(total), np.inf)
        if ground.existing_ids:
            existing = today.reach.matrix(ground.existing_sources, ground.demand_places)
            np.minimum.at(before_s, existing.index, existing.seconds)
        after_s = before_s.copy()
        if sites:
            lonlat = ground.candidates.lonlat[sites]
            new = new_center_times(today.reach, lonlat, ground.demand_places, ground.snapping)
            np.minimum.at(after_s, new.index, new.seconds)
        walks = Walks.of(before_s, total), Walks.of(after_s, total)
        return cls.of(today, problem.covered_before, after, walks)


def _walks_after(found: WhatIf) -> Walks:
    """With the changes: the centers of today that stay, and the placed ones."""
    base = found.today.baseline
    leaving = {change.center for change in found.changes}
    stays = np.array([center not in leaving for center in found.today.ids], dtype=np.bool_)
    nearest = np.full(base.times.n_destinations, np.inf)
    kept = stays[base.times.row]
    np.minimum.at(nearest, base.times.index[kept], base.times.seconds[kept])
    np.minimum.at(nearest, found.times.index, found.times.seconds)
    return Walks.of(nearest, base.total)
