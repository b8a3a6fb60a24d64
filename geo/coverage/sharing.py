"""Sharing: places that several communities could use together, and who can take in somebody today.

A *site* is a place where a service could be given. Its gain for a community is the residents who lack the service now
and would have it within the cutoff. A site that helps several communities is worth sharing; of the sites that help the
same ones the one with the largest gain is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo.coverage.pairtable import PairTable
from geo.params import MINUTE_S

if TYPE_CHECKING:
    from pandas import DataFrame

FloatArray = NDArray[np.float64]

SITE_CELL_M: Final = 250.0
"""One candidate site to a cell of this width: a walk of three to five minutes."""

MIN_GAIN: Final = 100.0
"""Fewer residents than this in a community are no reason to share with it; an assumption."""


@dataclass(frozen=True)
class SharingOption:
    """A site that communities could share.

    Attributes:
        site: its number.
        communities: numbers of the communities, rising; two or more.
        gains: residents of each who would have the service, in the same order.
    """

    site: int
    communities: tuple[int, ...]
    gains: tuple[float, ...]

    @property
    def gain(self) -> float:
        """Of all together."""
        return sum(self.gains)


def candidate_sites(xy: FloatArray, people: FloatArray, cell_m: float = SITE_CELL_M) -> NDArray[np.int64]:
    """Demand points that stand for their surroundings, one a cell: the one with most residents (ties: the first).

    Args:
        xy: float64 (d, 2), meters; cells are aligned to whole multiples of their width.
        people: float64 (d,).
        cell_m: width of a cell.

    Returns:
        int64 (sites,), rising.
    """
    lived = np.flatnonzero(people > 0)
    column, row = np.floor(xy[lived] / cell_m).astype(np.int64).T
    order = np.lexsort((lived, -people[lived], row, column))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(column[order]) != 0) | (np.diff(row[order]) != 0)
    return np.sort(lived[order[first]])


def site_gains(pairs: PairTable, lacking: NDArray[np.bool_], people: FloatArray, community: NDArray[np.int64]) -> Gains:
    """Gain of each site for each community, where there is any.

    Args:
        pairs: of d demand points and the sites, within the cutoff.
        lacking: bool (d,); no such service within the cutoff now.
        people: float64 (d,).
        community: int64 (d,), from 0; demand points below 0 belong to none and are left out.
    """
    at = lacking[pairs.demand] & (people[pairs.demand] > 0) & (community[pairs.demand] >= 0)
    size = int(community.max(initial=0)) + 1
    key = pairs.center[at].astype(np.int64) * size + community[pairs.demand[at]]
    found, which = np.unique(key, return_inverse=True)
    gain = np.bincount(which, weights=people[pairs.demand[at]], minlength=len(found))
    return Gains(*np.divmod(found, size), gain.astype(np.float64))


@dataclass(frozen=True, eq=False)
class Gains:
    """Residents gained, by site and community, in that order: int64 (q,), int64 (q,), float64 (q,)."""

    site: NDArray[np.int64]
    community: NDArray[np.int64]
    gain: FloatArray


def shared_sites(gains: Gains, *, pairs_only: bool = False, min_gain: float = MIN_GAIN) -> list[SharingOption]:
    """The best site for each group of communities that one site helps, most residents first.

    Args:
        gains: of all sites.
        pairs_only: look at every two communities instead of all that a site helps.
        min_gain: communities with less are not counted to the group.
    """
    enough = gains.gain >= min_gain
    site, community, gain = gains.site[enough], gains.community[enough], gains.gain[enough]
    best: dict[tuple[int, ...], SharingOption] = {}
    for run in np.split(np.arange(len(site)), np.flatnonzero(np.diff(site)) + 1):
        groups = combinations(run.tolist(), 2) if pairs_only else [tuple(run.tolist())]
        for group in groups:
            if len(group) < 2:
                continue
            members = list(group)
            names = tuple(community[members].tolist())
            option = SharingOption(int(site[members[0]]), names, tuple(gain[members].tolist()))
            if names not in best or option.gain > best[names].gain:  # of equals the lower site stays
                best[names] = option
    return sorted(best.values(), key=lambda option: (-option.gain, option.communities))


def distinct(options: Sequence[SharingOption]) -> list[SharingOption]:
    """The options none of whose communities is helped by one kept before: proposals that can stand together."""
    kept: list[SharingOption] = []
    taken: set[int] = set()
    for option in options:
        if taken.isdisjoint(option.communities):
            kept.append(option)
            taken.update(option.communities)
    return kept


@dataclass(frozen=True, eq=False)
class Dispatch:
    """Where a number of people can go, in order of walk; o offers.

    Attributes:
        offer: int64 (o,); number of the offer.
        seconds: float64 (o,).
        free: float64 (o,); places left, NaN where capacity is not known.
        takes: float64 (o,); how many to send there; none to places of unknown capacity.
        unplaced: for whom there is no known place.
    """

    offer: NDArray[np.int64]
    seconds: FloatArray
    free: FloatArray
    takes: FloatArray
    unplaced: float

    def to_frame(self, ids: Sequence[str]) -> DataFrame:
        """One row an offer: center, minutes, free, takes."""
        from pandas import DataFrame

        columns = {
            "center": np.asarray(ids, dtype=object)[self.offer],
            "minutes": (self.seconds / MINUTE_S).round(2),
            "free": self.free,
            "takes": self.takes,
        }
        return DataFrame(columns)


def dispatch(seconds: FloatArray, capacity: FloatArray, number: float, in_use: FloatArray | None = None) -> Dispatch:
    """Send people to the nearest places with room.

    Args:
        seconds: float64 (n,); the walk to each offer, inf where it is out of reach or not open.
        capacity: float64 (n,); NaN where unknown, 0 where the service is not given.
        number: of people in need.
        in_use: float64 (n,); places taken already, by default none. An overfull place has none free.
    """
    free = np.maximum(capacity - (0.0 if in_use is None else in_use), 0.0)
    offered = np.flatnonzero(np.isfinite(seconds) & (capacity != 0))
    order = offered[np.lexsort((offered, seconds[offered]))]
    room = np.nan_to_num(free[order])
    before = np.concatenate(([0.0], np.cumsum(room)[:-1])) if len(room) else room
    takes = np.clip(number - before, 0.0, room)
    return Dispatch(order, seconds[order], free[order], takes, float(number - takes.sum()))
