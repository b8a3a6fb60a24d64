"""SiteGround: candidates, centers of today and residents on their streets, and the siting problem that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.crs import to_metric
from geo.engine.reach import CostMatrix, Reach, Sources
from geo.engine.snapping import Places, snap
from geo.errors import ParameterError, UnknownPeopleError
from geo.params import MINUTE_S, Direction, SnapParams, WalkProfile
from geo.people.residents import Residents
from geo.siting.candidates import Candidates
from geo.siting.problem import SitingProblem
from geo.siting.rules import Rule
from geo.streets.network import StreetNetwork

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SiteGround:
    """Everything a siting problem is made of. Rows of the times: the candidates first, then today's centers.

    Attributes:
        network: the streets.
        residents: who is to be covered.
        candidates: where a center may go.
        existing_ids: ids of the open and committed centers.
        existing_lonlat: float64 (p, 2); their service points, all of them.
        existing_of: int64 (p,); which center each service point belongs to.
        snapping: how points find their streets.
    """

    network: StreetNetwork
    residents: Residents
    candidates: Candidates
    existing_ids: tuple[str, ...] = ()
    existing_lonlat: Floats = field(default_factory=lambda: np.empty((0, 2)))
    existing_of: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    snapping: SnapParams = field(default_factory=SnapParams)

    @cached_property
    def demand_places(self) -> Places:
        """The residents on their streets."""
        return snap(self.network, self.residents.lonlat, self.snapping)

    @cached_property
    def candidate_places(self) -> Places:
        """The candidates on their streets."""
        return snap(self.network, self.candidates.lonlat, self.snapping)

    @cached_property
    def existing_places(self) -> Places:
        """The service points of today's centers on their streets."""
        return snap(self.network, self.existing_lonlat, self.snapping)

    @cached_property
    def existing_sources(self) -> Sources:
        """Today's centers with their service points."""
        return Sources.grouped(self.existing_places, self.existing_of, len(self.existing_ids))

    @cached_property
    def site_xy(self) -> Floats:
        """float64 (n, 2), meters: candidates, then each center's first service point (NaN where it has none)."""
        centers = np.full((len(self.existing_ids), 2), np.nan)
        if len(self.existing_of):
            owner, first = np.unique(self.existing_of, return_index=True)
            centers[owner] = to_metric(self.existing_lonlat[first], self.network.crs)
        return np.vstack([to_metric(self.candidates.lonlat, self.network.crs), centers])

    def times(
        self, profile: WalkProfile, longest_minutes: float, *, direction: Direction = "to"
    ) -> tuple[CostMatrix, CostMatrix]:
        """Times of the candidates and of today's centers to the demand points, up to the longest walk."""
        reach = Reach(self.network, profile, longest_minutes * MINUTE_S, direction=direction)
        candidates = reach.matrix(self.candidate_places, self.demand_places)
        if not self.existing_ids:
            return candidates, CostMatrix(
                np.zeros(1, np.int64), np.empty(0, np.uint32), np.empty(0), len(self.residents)
            )
        return candidates, reach.matrix(self.existing_sources, self.demand_places)

    def problem(
        self,
        profile: WalkProfile,
        *,
        cutoff: float = 15.0,
        longest_minutes: float | None = None,
        direction: Direction = "to",
        weights: dict[str, float] | None = None,
        rules: Sequence[Rule] = (),
    ) -> SitingProblem:
        """The siting problem for who walks, and how long.

        Args:
            cutoff: minutes within which a resident is covered.
            longest_minutes: how far times are known; by default the cutoff. Mean and longest walks need more.
            weights: people of which groups count, and how much, such as {"age_60_plus": 2, "age_0_14": 1}; by default
                all residents count once.
            rules: over all sites: the candidates, then today's centers.
        """
        new, today = self.times(profile, max(cutoff, longest_minutes or 0.0), direction=direction)
        existing = np.arange(len(self.candidates) + len(self.existing_ids)) >= len(self.candidates)
        return SitingProblem(
            times=stacked(new, today),
            weight=self.weight(weights),
            existing=existing,
            cutoff_s=cutoff * MINUTE_S,
            ids=(*self.candidates.ids, *self.existing_ids),
            rules=tuple(rules),
        )

    def weight(self, weights: dict[str, float] | None = None) -> Floats:
        """float64 (d,): people at each demand point, weighted by group.

        Raises:
            ParameterError: a group that the residents do not have.
            UnknownPeopleError: a group whose people are not known everywhere.
        """
        total = np.zeros(len(self.residents))
        for name, factor in (weights or {self.residents.groups[0]: 1.0}).items():
            if name not in self.residents.groups:
                raise ParameterError(
                    name="weights", value=name, reason="no such group", expected=", ".join(self.residents.groups)
                )
            of_group = self.residents.groups.index(name)
            unknown = np.flatnonzero(self.residents.unknown[:, of_group])
            if len(unknown):
                home = self.residents.ids[unknown[0]]
                raise UnknownPeopleError(group=name, count=len(unknown), all=len(self.residents), first=home)
            total += factor * self.residents.people[:, of_group]
        return total


def stacked(upper: CostMatrix, lower: CostMatrix) -> CostMatrix:
    """The rows of two matrices of the same destinations, one below the other."""
    return CostMatrix(
        indptr=np.append(upper.indptr, upper.indptr[-1] + lower.indptr[1:]),
        index=np.append(upper.index, lower.index),
        seconds=np.append(upper.seconds, lower.seconds),
        n_destinations=upper.n_destinations,
    )
