"""Scenario: centers added, moved and closed, and what that changes for residents. A click answers at once.

A `Baseline` is prepared once from the times of today's centers; an `Effect` then touches only the demand points near
the centers that change (measured: see the benchmarks), so it does not depend on the size of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.engine.reach import CostMatrix, Reach
from geo.engine.snapping import Places, snap
from geo.errors import ParameterError
from geo.params import MINUTE_S, TIE_S, SnapParams
from geo.streets.network import starts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Effect:
    """What a change brings, by jurisdiction j of residence and age group g; c centers of today, a added ones.

    Attributes:
        newly_covered, lost: float64 (j, g); people covered now and not before, and the other way round.
        covered_before, covered_after: float64 (j, g).
        switched_from: float64 (c + 1, g); people whose nearest center becomes an added one, by the center that was
            nearest before; the last row those who had none in reach.
        in_time: float64 (a, g); people within the cutoff of each added center.
        overlap: float64 (a, c, g); of these, people who are also within the cutoff of a center of today that stays.
        points_covered, points_lost: demand points with residents that become covered, or are no more.
        mean_before_min, mean_after_min: walk to the nearest center in minutes, each over the residents who have one
            within the times given: `reached_before`, `reached_after` people.
        mean_change_min: change of the mean over who is reached both before and after.
        gaps_closed, gaps_touched: labels of gaps of which nothing is left uncovered, or less than before.
    """

    newly_covered: Floats
    lost: Floats
    covered_before: Floats
    covered_after: Floats
    switched_from: Floats
    in_time: Floats
    overlap: Floats
    points_covered: int
    points_lost: int
    mean_before_min: float
    mean_after_min: float
    mean_change_min: float
    reached_before: float
    reached_after: float
    gaps_closed: tuple[int, ...]
    gaps_touched: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Baseline:
    """Today's c centers and d demand points, prepared for questions.

    Attributes:
        times: c centers to d demand points, to the cutoff at least; farther for the mean walk.
        people: float64 (d, g), by age group.
        jurisdiction: int64 (d,), 0 to j - 1.
        cutoff_s: seconds.
        gap: int64 (d,), label of the gap a point lies in, -1 for none; or None.
        snapping: how today's places found their streets; new ones find theirs alike.
    """

    times: CostMatrix
    people: Floats
    jurisdiction: Ints
    cutoff_s: float
    gap: Ints | None = None
    snapping: SnapParams = field(default_factory=SnapParams)

    def __post_init__(self) -> None:
        d = self.times.n_destinations
        if len(self.people) != d or len(self.jurisdiction) != d or (self.gap is not None and len(self.gap) != d):
            raise ParameterError(
                name="demand",
                value=f"{len(self.people)} rows",
                reason="of another length than the times",
                expected=f"{d}",
            )

    @cached_property
    def by_point(self) -> tuple[Ints, NDArray[np.uint32], Floats]:
        """Centers and seconds of each demand point: indptr (d + 1,), center, seconds."""
        from geo.siting.sitekernels import turned  # here: its kernels take 50 ms to load, and links name scenarios

        indptr, center = turned(self.times.indptr, self.times.index, self.times.n_destinations)
        order = np.argsort(self.times.index, kind="stable")  # as `turned` lists them: by point, centers rising
        return indptr, center, self.times.seconds[order]

    @cached_property
    def nearest(self) -> tuple[Ints, Floats]:
        """Nearest center (d,), c where none, and seconds, inf where none; ties to the lower center."""
        return self._nearest_among(np.arange(self.times.n_destinations), np.empty(0, np.int64))

    @cached_property
    def covered(self) -> NDArray[np.bool_]:
        """bool (d,)."""
        return self.nearest[1] <= self.cutoff_s + TIE_S

    @cached_property
    def covered_people(self) -> Floats:
        """float64 (j, g)."""
        return self._by_jurisdiction(np.flatnonzero(self.covered))

    @cached_property
    def n_jurisdictions(self) -> int:
        """j."""
        return int(self.jurisdiction.max(initial=-1)) + 1

    @cached_property
    def total(self) -> Floats:
        """float64 (d,): people of all groups."""
        return np.asarray(self.people.sum(axis=1), dtype=np.float64)

    @cached_property
    def walked(self) -> tuple[float, float]:
        """Person-seconds, and people, of who has a center within the times."""
        reached = np.isfinite(self.nearest[1])
        return float((self.total[reached] * self.nearest[1][reached]).sum()), float(self.total[reached].sum())

    @cached_property
    def gap_left(self) -> Ints:
        """Uncovered points with residents, by gap label."""
        gap = np.full(len(self.total), -1, np.int64) if self.gap is None else self.gap
        inside = (gap >= 0) & ~self.covered & (self.total > 0)
        return np.bincount(gap[inside], minlength=int(gap.max(initial=-1)) + 1)

    def prepare(self) -> Baseline:
        """Compute what every question needs, so that the first one is as quick as the others."""
        _ = self.by_point, self.covered_people, self.walked, self.gap_left
        return self

    def effect(self, added: CostMatrix | None = None, closed: Sequence[int] = ()) -> Effect:
        """What adding centers and closing some of today's changes; a move is both.

        Args:
            added: times of new centers to the same demand points, as far as the baseline's.
            closed: centers of today that close.

        Raises:
            ParameterError: a center that is not there, or times to other demand points.
        """
        added = added if added is not None else _no_centers(self.times.n_destinations)
        shut = np.unique(np.asarray(closed, dtype=np.int64))
        self._check(added, shut)
        touched, new_s = self._touched(added, shut)
        center, before_s = self.nearest[0][touched], self.nearest[1][touched]
        _, after_s = (center, before_s) if not len(shut) else self._after_closing(touched, center, before_s, shut)
        switches = new_s < after_s
        after_s = np.minimum(after_s, new_s)
        limit = self.cutoff_s + TIE_S
        gained, lost = (before_s > limit) & (after_s <= limit), (before_s <= limit) & (after_s > limit)
        newly, gone = self._by_jurisdiction(touched[gained]), self._by_jurisdiction(touched[lost])
        switched = _sums(center[switches], self.people[touched[switches]], self.times.shape[0] + 1)
        in_time, overlap = self._overlap(added, shut)
        peopled = self.total[touched] > 0
        return Effect(
            newly_covered=newly,
            lost=gone,
            covered_before=self.covered_people,
            covered_after=self.covered_people + newly - gone,
            switched_from=switched,
            in_time=in_time,
            overlap=overlap,
            points_covered=int((gained & peopled).sum()),
            points_lost=int((lost & peopled).sum()),
            **self._walks(touched, before_s, after_s),  # type: ignore[arg-type]
            **self._gaps(touched[gained & peopled], touched[lost & peopled]),  # type: ignore[arg-type]
        )

    def _check(self, added: CostMatrix, shut: Ints) -> None:
        centers, d = self.times.shape
        if added.n_destinations != d:
            raise ParameterError(
                name="added times", value=f"{added.n_destinations} points", reason="other demand", expected=f"{d}"
            )
        if len(shut) and not 0 <= shut[0] <= shut[-1] < centers:
            raise ParameterError(
                name="closed center", value=str(shut[-1]), reason="no such center", expected=f"0 to {centers - 1}"
            )

    def _touched(self, added: CostMatrix, shut: Ints) -> tuple[Ints, Floats]:
        """Points that a change can concern, and their seconds to the nearest added center, inf where none."""
        if not len(shut) and added.shape[0] == 1:
            return added.index.astype(np.int64), added.seconds
        _, picked = _runs(self.times.indptr, shut)
        touched = np.unique(np.concatenate([added.index, self.times.index[picked]])).astype(np.int64)
        seconds = np.full(len(touched), np.inf)
        np.minimum.at(seconds, np.searchsorted(touched, added.index), added.seconds)
        return touched, seconds

    def _nearest_among(self, points: Ints, shut: Ints) -> tuple[Ints, Floats]:
        """Nearest center and seconds of some points without the centers in `shut`."""
        indptr, picked = _runs(self.by_point[0], points)
        center, seconds = self.by_point[1][picked].astype(np.int64), self.by_point[2][picked]
        if len(shut):
            seconds = np.where(np.isin(center, shut), np.inf, seconds)
        owner = np.repeat(np.arange(len(points)), np.diff(indptr))
        least = np.full(len(points), np.inf)
        np.minimum.at(least, owner, seconds)
        nearest = np.full(len(points), self.times.shape[0])
        ties = np.isfinite(seconds) & (seconds == least[owner])
        np.minimum.at(nearest, owner[ties], center[ties])
        return nearest, least

    def _after_closing(self, touched: Ints, center: Ints, before_s: Floats, shut: Ints) -> tuple[Ints, Floats]:
        orphaned = np.flatnonzero(np.isin(center, shut))
        nearest, seconds = center.copy(), before_s.copy()
        nearest[orphaned], seconds[orphaned] = self._nearest_among(touched[orphaned], shut)
        return nearest, seconds

    def _by_jurisdiction(self, points: Ints) -> Floats:
        return _sums(self.jurisdiction[points], self.people[points], self.n_jurisdictions)

    def _overlap(self, added: CostMatrix, shut: Ints) -> tuple[Floats, Floats]:
        limit = self.cutoff_s + TIE_S
        near = added.seconds <= limit
        row, point = added.row[near], added.index[near].astype(np.int64)
        in_time = _sums(row, self.people[point], added.shape[0])
        indptr, picked = _runs(self.by_point[0], point)
        owner = np.repeat(np.arange(len(point)), np.diff(indptr))
        center = self.by_point[1][picked].astype(np.int64)
        both = (self.by_point[2][picked] <= limit) & ~np.isin(center, shut)
        owner, center = owner[both], center[both]
        cell = row[owner] * self.times.shape[0] + center
        size = added.shape[0] * self.times.shape[0]
        cells = _sums(cell, self.people[point[owner]], size)
        return in_time, cells.reshape(added.shape[0], self.times.shape[0], self.people.shape[1])

    def _walks(self, touched: Ints, before_s: Floats, after_s: Floats) -> dict[str, float]:
        total = self.total[touched]
        was, will = np.isfinite(before_s), np.isfinite(after_s)
        walk, reached = self.walked
        new_walk = walk - float((total[was] * before_s[was]).sum()) + float((total[will] * after_s[will]).sum())
        new_reached = reached - float(total[was].sum()) + float(total[will].sum())
        both = was & will
        gone = float(total[was & ~will].sum())
        shift = float((total[both] * (after_s[both] - before_s[both])).sum())
        return {
            "mean_before_min": _mean(walk, reached),
            "mean_after_min": _mean(new_walk, new_reached),
            "mean_change_min": _mean(shift, reached - gone),
            "reached_before": reached,
            "reached_after": new_reached,
        }

    def _gaps(self, gained: Ints, lost: Ints) -> dict[str, tuple[int, ...]]:
        if self.gap is None:
            return {"gaps_closed": (), "gaps_touched": ()}
        size = len(self.gap_left)
        labels = self.gap[gained]
        fewer = np.bincount(labels[labels >= 0], minlength=size)
        lost_labels = self.gap[lost]
        more = np.bincount(lost_labels[lost_labels >= 0], minlength=size)
        closed = np.flatnonzero((fewer > 0) & (self.gap_left - fewer + more == 0))
        return {"gaps_closed": tuple(closed.tolist()), "gaps_touched": tuple(np.flatnonzero(fewer).tolist())}


def _sums(row: Ints, people: Floats, count: int) -> Floats:
    """People (p, g) added up by row: float64 (count, g)."""
    sums = np.zeros((count, people.shape[1]))
    for g in range(people.shape[1]):
        sums[:, g] = np.bincount(row, weights=people[:, g], minlength=count)
    return sums


def _runs(indptr: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Some rows of a sparse array: (their indptr, positions of their entries), in time that depends on them only."""
    counts = indptr[rows + 1] - indptr[rows]
    fresh = starts(counts)
    return fresh, np.arange(fresh[-1]) + np.repeat(indptr[rows] - fresh[:-1], counts)


def _mean(person_seconds: float, people: float) -> float:
    return person_seconds / people / MINUTE_S if people else np.nan


def _no_centers(points: int) -> CostMatrix:
    return CostMatrix(np.zeros(1, np.int64), np.empty(0, np.uint32), np.empty(0), points)


@dataclass(frozen=True, slots=True)
class NewCenter:
    """A center that is not there yet, or the new place of one that is: degrees (WGS-84)."""

    id: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named change, as it is saved and shared.

    Attributes:
        name: for people.
        added: new centers.
        moved: centers of today at their new places, under their ids.
        closed: ids of centers of today that close.
    """

    name: str
    added: tuple[NewCenter, ...] = ()
    moved: tuple[NewCenter, ...] = ()
    closed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        leaving = [*self.closed, *(center.id for center in self.moved)]
        ids = [*leaving, *(center.id for center in self.added)]
        twice = sorted({key for key in ids if ids.count(key) > 1})
        if twice:
            raise ParameterError(
                name="scenario",
                value=", ".join(twice),
                reason="named twice",
                expected="each center once: moved or closed",
            )

    @property
    def placed(self) -> tuple[NewCenter, ...]:
        """The centers that need times, in the order of the effect's rows: added, then moved."""
        return self.added + self.moved

    def effect(self, baseline: Baseline, center_ids: Sequence[str], reach: Reach, demand: Places) -> Effect:
        """What this changes.

        Args:
            baseline: today, with times as far as `reach` goes.
            center_ids: ids of the baseline's centers, in its order.
            reach: the engine, for the times of what is added or moved.
            demand: the baseline's demand points on their streets.

        Raises:
            ParameterError: a center that there is not today.
        """
        row = {key: i for i, key in enumerate(center_ids)}
        leaving = [*self.closed, *(center.id for center in self.moved)]
        unknown = [key for key in leaving if key not in row]
        if unknown:
            raise ParameterError(
                name="scenario",
                value=", ".join(unknown),
                reason="no such center today",
                expected="ids of today's centers",
            )
        lonlat = np.array([(center.lon, center.lat) for center in self.placed]).reshape(-1, 2)
        added = new_center_times(reach, lonlat, demand, baseline.snapping) if len(lonlat) else None
        return baseline.effect(added, [row[key] for key in leaving])


def new_center_times(reach: Reach, lonlat: Floats, demand: Places, snapping: SnapParams | None = None) -> CostMatrix:
    """Times of new centers at `lonlat` (a, 2) to the demand points; one that finds no street has an empty row."""
    return reach.matrix(snap(reach.network, np.atleast_2d(lonlat), snapping), demand)
