"""Coverage: who is reached by whom, read off the walking times between demand points and centers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.coverage.pairtable import PairTable
from geo.coverage.supply import Supply
from geo.engine.reach import CostMatrix, Reach, Sources
from geo.engine.snapping import Places
from geo.params import MINUTE_S, TIE_S, Cutoffs, Direction, WalkProfile
from geo.streets.network import StreetNetwork

FloatArray = NDArray[np.float64]

FIRST_SEARCH_S: Final = 900.0
"""How far the search for a far center looks first: 15 minutes."""
SUM_SLACK: Final = 1e-12
"""By what share of itself a sum may be off: nine homes of 3.7 people add up to a bit less than nine tenths of ten."""


def reached(matrix: CostMatrix, weights: NDArray[np.float64], cutoffs_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """People within each cutoff of each source, float64 (s, k, g).

    Args:
        matrix: times of s sources to d demand points, up to the longest cutoff at least.
        weights: float64 (d, g); people at each demand point, by group.
        cutoffs_s: float64 (k,), seconds.
    """
    sources = matrix.shape[0]
    people = np.zeros((sources, len(cutoffs_s), weights.shape[1]))
    for k, cutoff_s in enumerate(cutoffs_s):
        within = matrix.seconds <= cutoff_s + TIE_S
        row, demand = matrix.row[within], matrix.index[within]
        for g in range(weights.shape[1]):
            people[:, k, g] = np.bincount(row, weights=weights[demand, g], minlength=sources)
    return people


@dataclass(frozen=True)
class WalkSummary:
    """The walk of g groups of residents to the nearest center, minutes; over those who reach one.

    Attributes:
        mean, median, p90: float64 (g,); NaN for a group of which nobody reaches any. The median is the least time
            within which half of them arrive; p90 likewise.
        reached, unreached: float64 (g,); people in it, and people left out of it.
    """

    mean: FloatArray
    median: FloatArray
    p90: FloatArray
    reached: FloatArray
    unreached: FloatArray


@dataclass(frozen=True, eq=False)
class Coverage:
    """Who is covered, for one profile and one kind of supply.

    Attributes:
        minutes: float64 (k,), the cutoffs, rising.
        nearest: int32 (d,); the nearest center within the longest cutoff (ties to the lower id), or -1.
        seconds: float64 (d,); the walk to it, inf beyond the longest cutoff.
        n_within: int64 (d, k); centers within each cutoff.
        residents: float64 (g,); all people, by group.
        covered: float64 (k, g); people with at least one center within the cutoff.
        redundant: float64 (k, g); people with two or more.
        walk: over those who reach a center within the longest cutoff.
    """

    minutes: FloatArray
    nearest: NDArray[np.int32]
    seconds: FloatArray
    n_within: NDArray[np.int64]
    residents: FloatArray
    covered: FloatArray
    redundant: FloatArray
    walk: WalkSummary

    @property
    def rate(self) -> FloatArray:
        """float64 (k, g); share of the group that is covered, NaN for an empty group."""
        return shares(self.covered, self.residents)

    @property
    def uncovered(self) -> FloatArray:
        """float64 (k, g)."""
        return self.residents - self.covered


@dataclass(frozen=True, eq=False)
class ServiceCoverage:
    """Who is covered for which of s services, each by a center's door where it is given.

    Attributes:
        services: s names.
        seconds: float64 (s, d); the walk to the nearest place that gives it, inf beyond the longest cutoff.
        nearest: int32 (s, d); its center, or -1.
        covered: float64 (s, k, g); people.
        n_services: int64 (d, k); how many of the services within the cutoff.
        by_number: float64 (s + 1, k, g); people with exactly 0, 1, … s of the services.
        residents: float64 (g,).
    """

    services: tuple[str, ...]
    seconds: FloatArray
    nearest: NDArray[np.int32]
    covered: FloatArray
    n_services: NDArray[np.int64]
    by_number: FloatArray
    residents: FloatArray

    @property
    def rate(self) -> FloatArray:
        """float64 (s, k, g)."""
        return shares(self.covered, self.residents)

    @property
    def all_of_them(self) -> FloatArray:
        """float64 (k, g); people with every service within the cutoff."""
        return np.asarray(self.by_number[-1])


def coverage(pairs: PairTable, people: FloatArray, cutoffs: Cutoffs) -> Coverage:
    """Coverage by the centers of a pair table; leave out those that are not open before.

    Args:
        pairs: of d demand points, up to the longest cutoff at least.
        people: float64 (d, g).
        cutoffs: k of them.
    """
    pairs = pairs.within(cutoffs.longest_s)
    n_within = pairs.count(cutoffs.seconds)
    return Coverage(
        minutes=np.asarray(cutoffs.minutes),
        nearest=pairs.nearest,
        seconds=pairs.least_s,
        n_within=n_within,
        residents=people.sum(axis=0),
        covered=(n_within > 0).T.astype(np.float64) @ people,
        redundant=(n_within > 1).T.astype(np.float64) @ people,
        walk=walk_summary(pairs.least_s, people),
    )


def service_coverage(doors: PairTable, supply: Supply, people: FloatArray, cutoffs: Cutoffs) -> ServiceCoverage:
    """Coverage for each service.

    Args:
        doors: pairs of demand points and the doors of `supply`, up to the longest cutoff at least.
        supply: what is given at which door; only open centers cover.
        people: float64 (d, g).
        cutoffs: k of them.
    """
    given = [service_pairs(doors, supply, s).within(cutoffs.longest_s) for s in range(len(supply.services))]
    seconds = np.array([pairs.least_s for pairs in given]).reshape(-1, doors.n_demand)
    within = seconds[:, :, None] <= cutoffs.seconds + TIE_S
    number = within.sum(axis=0)
    exactly = number[None] == np.arange(len(given) + 1)[:, None, None]
    return ServiceCoverage(
        services=supply.services,
        seconds=seconds,
        nearest=np.array([pairs.nearest for pairs in given], dtype=np.int32).reshape(-1, doors.n_demand),
        covered=np.einsum("sdk,dg->skg", within, people, optimize=True),
        n_services=number,
        by_number=np.einsum("ndk,dg->nkg", exactly, people, optimize=True),
        residents=people.sum(axis=0),
    )


def service_pairs(doors: PairTable, supply: Supply, service: int | None = None) -> PairTable:
    """Pairs of demand points and open centers; of those doors only that give a service, where one is named."""
    chosen = supply.open[supply.door_center]
    if service is not None:
        chosen = chosen & supply.gives[:, service]
    return doors.of_centers(chosen).merged(supply.door_center, len(supply))


def walk_summary(seconds: FloatArray, people: FloatArray) -> WalkSummary:
    """Mean, median and 90th-percentile walk of each group.

    Args:
        seconds: float64 (d,); inf where no center is reached.
        people: float64 (d, g).
    """
    reached = np.isfinite(seconds)
    minutes, there = seconds[reached] / MINUTE_S, people[reached]
    total = there.sum(axis=0)
    columns = [(weighted_quantile(minutes, w, 0.5), weighted_quantile(minutes, w, 0.9)) for w in there.T]
    median, p90 = np.array(columns).reshape(-1, 2).T
    return WalkSummary(
        mean=shares(minutes @ there, total),
        median=median,
        p90=p90,
        reached=total,
        unreached=people.sum(axis=0) - total,
    )


def weighted_quantile(values: FloatArray, weights: FloatArray, share: float) -> float:
    """The least value that `share` of the weight, above 0, does not exceed; NaN where nothing weighs."""
    order = np.argsort(values, kind="stable")
    running = np.cumsum(weights[order])
    if not (len(running) and running[-1] > 0):
        return float("nan")
    enough = running >= share * running[-1] * (1 - SUM_SLACK)
    return float(values[order][enough.argmax()])


def shares(part: FloatArray, whole: FloatArray) -> FloatArray:
    """part / whole, NaN where the whole is nothing."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))


def nearest_centers(
    network: StreetNetwork,
    profile: WalkProfile,
    sources: Sources,
    homes: Places,
    *,
    longest_s: float,
    direction: Direction = "to",
    first_s: float = FIRST_SEARCH_S,
    allowed: Callable[[NDArray[np.int64], NDArray[np.int32]], NDArray[np.bool_]] | None = None,
) -> tuple[NDArray[np.int32], FloatArray]:
    """The nearest center of each home, however far up to `longest_s`: (center int32 (d,) or -1, seconds (d,) or inf).

    The search widens: whoever has found a center does not look twice as far. So few pairs are made, and the answer is
    the same.

    Args:
        sources: the centers' doors, by center.
        homes: d places.
        longest_s: the farthest that is looked.
        direction: walking to the centers or from them.
        first_s: how far is looked first; it doubles from there.
        allowed: which pairs count: of demand points (pairs,) and centers (pairs,), bool (pairs,).
    """
    center = np.full(len(homes), -1, dtype=np.int32)
    seconds = np.full(len(homes), np.inf)
    left = np.flatnonzero(homes.snapped)
    budget_s = min(first_s, longest_s)
    while len(left) and len(sources):
        reach = Reach(network, profile, budget_s, direction=direction)
        pairs = PairTable.of(reach.matrix(sources, homes.take(left)))
        if allowed is not None:
            pairs = pairs.keep(allowed(left[pairs.demand], pairs.center))
        center[left], seconds[left] = pairs.nearest, pairs.least_s
        if budget_s >= longest_s:
            break
        left = left[center[left] < 0]
        budget_s = min(2 * budget_s, longest_s)
    return center, seconds
