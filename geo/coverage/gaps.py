"""Gaps: uncovered residents as named places, with the reason and with what would mend it.

Uncovered demand points of one village and one part of the street network are linked where they stand less than
`GapParams.link_m` apart; what hangs together is a gap. Each point has one reason, the first that holds:

1. `no_street`: there is no street within the snap distance.
2. `service_lacking`: an open center is within the cutoff but does not give the service asked for.
3. `not_open_yet`: a center that would cover it is planned, under construction or suspended.
4. `separate`: an island or another part of the network that is not joined to any center open to it.
5. `barrier`: near enough as the crow flies to walk there in time, but the walk is at least `GapParams.barrier_ratio`
   times as long.
6. `distance`: it is far.

A gap's reason is that of most of its residents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.coverage import weighted_quantile
from geo.params import MINUTE_S, GapParams

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geo.coverage.jurisdiction import Jurisdictions
    from geo.coverage.supply import Supply

FloatArray = NDArray[np.float64]

REASONS: Final = ("no_street", "service_lacking", "not_open_yet", "separate", "barrier", "distance")
"""In the order in which they are asked."""

DIRECTIONS: Final = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")
"""Eighths of the compass, counterclockwise from the east."""

HOUSE_M: Final = 40.0
"""Half-width of the area drawn around an uncovered demand point: a house and its yard, no hull over fields or sea."""


@dataclass(frozen=True, eq=False)
class Walk:
    """The walk of each of d demand points to a center of some kind: center int32 (d,) or -1, seconds (d,) or inf."""

    center: NDArray[np.int32]
    seconds: FloatArray


@dataclass(frozen=True, eq=False)
class Homes:
    """What is known of d demand points.

    Attributes:
        xy: float64 (d, 2), meters.
        village: int32 (d,); finest jurisdiction, -1 outside.
        component: int32 (d,); part of the street network, -1 where there is no street within the snap distance.
        people, elders, children: float64 (d,); the latter NaN where ages are not known.
        covered: bool (d,).
    """

    xy: FloatArray
    village: NDArray[np.int32]
    component: NDArray[np.int32]
    people: FloatArray
    elders: FloatArray
    children: FloatArray
    covered: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Gaps:
    """g gaps, most residents first (ties: the one whose first demand point comes first).

    Attributes:
        gap: int32 (d,); gap of each demand point, -1 for the covered and for those where nobody lives.
        village: int32 (g,); -1 outside of all jurisdictions.
        part, parts: int64 (g,); which of how many gaps of its village it is, by residents from 1.
        whole: bool (g,); it holds all residents of its village.
        direction: g texts of `DIRECTIONS`, seen from the middle of the village's residents; "" for a whole village.
        people, elders, children: float64 (g,).
        reason: int8 (g,), index into `REASONS`; reason_share: float64 (g,), the share of residents whom it holds for.
        minutes: float64 (g,); the median resident's walk to the nearest center that counts, inf where there is none
            within the farthest that was looked; center: int32 (g,), that of most residents, or -1.
        planned_minutes, planned: likewise, to the nearest center that is not open (its status says why).
        neighbor_minutes, neighbor: likewise, to the nearest open center that is not the residents' own.
        place: float64 (g, 2), meters; the demand point nearest to the middle of its residents.
        points: object (g,); multipoints, meters.
    """

    gap: NDArray[np.int32]
    village: NDArray[np.int32]
    part: NDArray[np.int64]
    parts: NDArray[np.int64]
    whole: NDArray[np.bool_]
    direction: tuple[str, ...]
    people: FloatArray
    elders: FloatArray
    children: FloatArray
    reason: NDArray[np.int8]
    reason_share: FloatArray
    minutes: FloatArray
    center: NDArray[np.int32]
    planned_minutes: FloatArray
    planned: NDArray[np.int32]
    neighbor_minutes: FloatArray
    neighbor: NDArray[np.int32]
    place: FloatArray
    points: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.village)

    def to_frame(
        self, jurisdictions: Jurisdictions, supply: Supply, *, geometry: Literal["place", "points", "area"] = "place"
    ) -> GeoDataFrame:
        """One row a gap, in rank order, in EPSG:4326."""
        from geopandas import GeoDataFrame

        codes = np.array([*jurisdictions.codes, ""], dtype=object)
        names = np.array([*jurisdictions.names, ""], dtype=object)
        ids = np.array([*supply.ids, ""], dtype=object)
        dates = np.array([*supply.opening, ""], dtype=object)
        governors = np.array([*("; ".join(codes) for codes in supply.governing), ""], dtype=object)
        columns = {
            "rank": np.arange(1, len(self) + 1),
            "code": codes[self.village],
            "name": names[self.village],
            "part": self.part,
            "parts": self.parts,
            "whole_village": self.whole,
            "direction": self.direction,
            "residents": self.people,
            "elders": self.elders,
            "children": self.children,
            "minutes": self.minutes.round(2),
            "center": ids[self.center],
            "reason": np.array(REASONS, dtype=object)[self.reason],
            "reason_share": self.reason_share.round(4),
            "planned": ids[self.planned],
            "planned_minutes": self.planned_minutes.round(2),
            "planned_status": np.array([*supply.status, ""], dtype=object)[self.planned],
            "planned_opening": dates[self.planned],
            "neighbor": ids[self.neighbor],
            "neighbor_minutes": self.neighbor_minutes.round(2),
            "neighbor_governed_by": governors[self.neighbor],
        }
        shapes = {"place": lambda: shapely.points(self.place), "points": lambda: self.points, "area": self.areas}
        return GeoDataFrame(columns, geometry=shapes[geometry](), crs=jurisdictions.crs).to_crs("EPSG:4326")

    def areas(self) -> NDArray[np.object_]:
        """object (g,) of polygons, meters: what lies within `HOUSE_M` of a demand point of the gap."""
        return np.asarray(shapely.buffer(self.points, HOUSE_M, quad_segs=4))


def reasons(
    homes: Homes,
    walk: Walk,
    *,
    unasked: FloatArray,
    unopened: FloatArray,
    straight_m: FloatArray,
    joined: NDArray[np.bool_],
    speed_mps: float,
    cutoff_s: float,
    params: GapParams,
) -> NDArray[np.int8]:
    """Reason of each demand point (d,), index into `REASONS`; -1 for the covered.

    Args:
        homes: the demand points.
        walk: to the nearest center that counts.
        unasked: float64 (d,); seconds to the nearest open center, whatever it gives; inf where no service is asked for.
        unopened: float64 (d,); seconds to the nearest center that is not open.
        straight_m: float64 (d,); meters to the nearest center that counts, as the crow flies.
        joined: bool (d,); the part of the network has a center that counts.
        speed_mps: on the flat.
        cutoff_s: the cutoff.
        params: the ratio that makes a barrier.
    """
    walked_m = walk.seconds * speed_mps
    near = straight_m <= cutoff_s * speed_mps
    tests = {
        "no_street": homes.component < 0,
        "service_lacking": unasked <= cutoff_s,
        "not_open_yet": unopened <= cutoff_s,
        "separate": ~joined,
        "barrier": near & (walked_m >= params.barrier_ratio * straight_m),
        "distance": np.ones(len(near), dtype=np.bool_),
    }
    found = np.select(list(tests.values()), [REASONS.index(name) for name in tests])
    return np.where(homes.covered, -1, found).astype(np.int8)


def find_gaps(
    homes: Homes, reason: NDArray[np.int8], walk: Walk, planned: Walk, neighbor: Walk, params: GapParams
) -> Gaps:
    """Gather the uncovered into gaps.

    Args:
        homes: the demand points.
        reason: int8 (d,), of `reasons`.
        walk, planned, neighbor: to the nearest center that counts, that is to open, that is another jurisdiction's.
        params: how close homes of one gap stand.
    """
    members = _gathered(homes, params.link_m)
    village = np.array([homes.village[m[0]] for m in members], dtype=np.int32)
    people = np.array([homes.people[m].sum() for m in members], dtype=np.float64)
    gap = np.full(len(homes.people), -1, dtype=np.int32)
    for number, m in enumerate(members):
        gap[m] = number
    part, parts = _parts(village)
    whole = (village >= 0) & np.isclose(people, _of_village(homes)[village])
    place = np.array([_medoid(homes, m) for m in members], dtype=np.float64).reshape(-1, 2)
    chief = [_most(reason[m], homes.people[m]) for m in members]
    (minutes, center), (planned_minutes, planned_center), (neighbor_minutes, neighbor_center) = (
        _walks(kind, homes, members) for kind in (walk, planned, neighbor)
    )
    return Gaps(
        gap=gap,
        village=village,
        part=part,
        parts=parts,
        whole=whole,
        direction=_directions(place - _middles(homes)[village], whole | (village < 0)),
        people=people,
        elders=np.array([homes.elders[m].sum() for m in members], dtype=np.float64),
        children=np.array([homes.children[m].sum() for m in members], dtype=np.float64),
        reason=np.array([name for name, _ in chief], dtype=np.int8),
        reason_share=np.array([share for _, share in chief], dtype=np.float64),
        minutes=minutes,
        center=center,
        planned_minutes=planned_minutes,
        planned=planned_center,
        neighbor_minutes=neighbor_minutes,
        neighbor=neighbor_center,
        place=place,
        points=np.array([shapely.multipoints(homes.xy[m]) for m in members], dtype=object),
    )


def straight_to_nearest(xy: FloatArray, doors: FloatArray) -> FloatArray:
    """Meters (d,) from points (d, 2) to the nearest of some doors (a, 2) as the crow flies; inf without doors."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(doors).query(xy)[0]) if len(doors) else np.full(len(xy), np.inf)


def _linked(homes: Homes, left: NDArray[np.intp], link_m: float) -> NDArray[np.int64]:
    """Label of each demand point of `left`: single linkage within a village and a part of the network."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    _, kind = np.unique(np.column_stack([homes.village[left], homes.component[left]]), axis=0, return_inverse=True)
    apart = kind * (2.0 * link_m)  # a third axis keeps villages and parts of the network from linking
    links = cKDTree(np.column_stack([homes.xy[left], apart])).query_pairs(link_m, output_type="ndarray")
    ends = (np.ones(len(links), dtype=np.int8), (links[:, 0], links[:, 1]))
    graph = coo_array(ends, shape=(len(left), len(left)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _gathered(homes: Homes, link_m: float) -> list[NDArray[np.intp]]:
    """Demand points of each gap, most residents first, ties by the first demand point."""
    left = np.flatnonzero(~homes.covered & (homes.people > 0))
    if not len(left):
        return []
    label = _linked(homes, left, link_m)
    people = np.bincount(label, weights=homes.people[left])
    first = np.full(len(people), len(homes.people), dtype=np.int64)
    np.minimum.at(first, label, left)
    order = np.argsort(label, kind="stable")
    members = np.split(left[order], np.cumsum(np.bincount(label))[:-1])
    return [members[i] for i in np.lexsort((first, -people))]


def _parts(village: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of each gap within its village, and how many the village has; gaps come by rank."""
    seen: dict[int, int] = {}
    numbers = []
    for v in village.tolist():
        seen[v] = seen.get(v, 0) + 1
        numbers.append(seen[v])
    part = np.array(numbers, dtype=np.int64)
    return part, np.array([seen[v] for v in village.tolist()], dtype=np.int64)


def _of_village(homes: Homes) -> FloatArray:
    """Residents of each village, and a last entry for those outside."""
    size = int(homes.village.max(initial=-1)) + 1
    at = np.where(homes.village < 0, size, homes.village)
    return np.bincount(at, weights=homes.people, minlength=size + 1).astype(np.float64)


def _middles(homes: Homes) -> FloatArray:
    """Where the middle of each village's residents lies, (villages + 1, 2); NaN where nobody lives."""
    size = int(homes.village.max(initial=-1)) + 1
    at = np.where(homes.village < 0, size, homes.village)
    total = np.bincount(at, weights=homes.people, minlength=size + 1)
    sums = [np.bincount(at, weights=homes.people * axis, minlength=size + 1) for axis in homes.xy.T]
    with np.errstate(invalid="ignore"):
        return np.column_stack(sums) / total[:, None]


def _medoid(homes: Homes, members: NDArray[np.intp]) -> FloatArray:
    """The demand point nearest to the middle of the members' residents."""
    middle = np.average(homes.xy[members], axis=0, weights=homes.people[members])
    return np.asarray(homes.xy[members[np.hypot(*(homes.xy[members] - middle).T).argmin()]])


def _most(values: NDArray[np.integer], weights: FloatArray) -> tuple[int, float]:
    """The value with the most weight, ties to the lower, and its share of the weight."""
    found, at = np.unique(values, return_inverse=True)
    weight = np.bincount(at, weights=weights)
    return int(found[weight.argmax()]), float(weight.max() / weight.sum())


def _walks(walk: Walk, homes: Homes, members: list[NDArray[np.intp]]) -> tuple[FloatArray, NDArray[np.int32]]:
    """Of each gap the median resident's minutes, and the center of most of those who reach one, or -1."""
    minutes, centers = np.full(len(members), np.inf), np.full(len(members), -1, dtype=np.int32)
    for i, m in enumerate(members):
        minutes[i] = weighted_quantile(walk.seconds[m], homes.people[m], 0.5) / MINUTE_S
        there = m[walk.center[m] >= 0]
        if len(there):
            centers[i] = _most(walk.center[there], homes.people[there])[0]
    return minutes, centers


def _directions(offset: FloatArray, unsaid: NDArray[np.bool_]) -> tuple[str, ...]:
    """The eighth of the compass in which each offset (g, 2) points, "" where it is to be left unsaid."""
    angle = np.arctan2(offset[:, 1], offset[:, 0])
    eighth = np.rint(np.where(unsaid, 0.0, angle) / (np.pi / 4)).astype(np.int64) % len(DIRECTIONS)
    return tuple("" if silent else DIRECTIONS[e] for silent, e in zip(unsaid, eighth, strict=True))
