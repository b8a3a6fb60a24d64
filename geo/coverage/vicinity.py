"""Vicinity: the centers and the gaps around one center."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.coverage.gaps import Gaps
from geo.engine.reach import Reach, Sources
from geo.params import MINUTE_S

if TYPE_CHECKING:
    from geo.coverage.assessment import Assessment

FloatArray = NDArray[np.float64]

LONGEST_MINUTES: Final = 60.0
"""Beyond an hour's walk a center is no neighbor."""


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Open centers around a center, the nearest walk first; m of them.

    Attributes:
        center: int32 (m,), numbers in the supply.
        seconds: float64 (m,); the walk from a door of the center to the nearest of theirs.
        shared: float64 (m,); residents who reach both within the cutoff.
        lacking: bool (m, s); services that the neighbor gives and this center does not.
    """

    center: NDArray[np.int32]
    seconds: FloatArray
    shared: FloatArray
    lacking: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.center)


def neighbors(
    assessment: Assessment, center: int, *, minutes: float, longest_minutes: float = LONGEST_MINUTES
) -> Neighbors:
    """The open centers within a walk of another, by the profile of the assessment.

    Args:
        assessment: the network of centers.
        center: number in `assessment.supply`.
        minutes: the cutoff within which residents are shared.
        longest_minutes: how far a neighbor may be.
    """
    supply, network = assessment.supply, assessment.network
    mine = supply.door_center == center
    reach = Reach(network, assessment.params.profile, longest_minutes * MINUTE_S, direction="from")
    here = assessment.doors.take(np.flatnonzero(mine))
    times = reach.matrix(Sources.grouped(here, np.zeros(len(here), np.int64), 1), assessment.doors)
    seconds = np.full(len(supply), np.inf)
    np.minimum.at(seconds, supply.door_center[times.index], times.seconds)
    found = np.flatnonzero(np.isfinite(seconds) & supply.open & (np.arange(len(supply)) != center))
    found = found[np.argsort(seconds[found], kind="stable")]
    gives = np.array([supply.gives[supply.door_center == i].any(axis=0) for i in [center, *found]])
    return Neighbors(
        center=found.astype(np.int32),
        seconds=seconds[found],
        shared=_shared(assessment, center, found, minutes * MINUTE_S),
        lacking=gives[1:] & ~gives[0],
    )


def _shared(assessment: Assessment, center: int, others: NDArray[np.intp], cutoff_s: float) -> FloatArray:
    """Residents within the cutoff of a center and of each of some others, float64 (m,)."""
    supply, people = assessment.supply, assessment.residents.people[:, 0]
    doors = assessment.door_pairs.within(cutoff_s)
    near = np.isfinite(doors.of_centers(supply.door_center == center).least_s)
    both = [near & np.isfinite(doors.of_centers(supply.door_center == other).least_s) for other in others]
    return np.array([people[mask].sum() for mask in both], dtype=np.float64)


def gaps_facing(gaps: Gaps, center: int, *, is_open: bool) -> NDArray[np.intp]:
    """Gaps whose nearest center this is, most residents first; of a center that is not open, the nearest such one."""
    return np.flatnonzero((gaps.center if is_open else gaps.planned) == center)
