"""Hypotheses: in which coordinate system a column of coordinates most likely is.

A table may carry a shifted datum, be projected to a zone, or have its columns swapped, and not say so. Each hypothesis
puts the points somewhere; outlines and streets tell which of them puts them where people live.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.crs import WGS84, XY, ZONE_MERIDIANS_DEG, LonLat, area_of_use, on_earth, to_lonlat, zone_crs
from geo.datum import Datum, convert_datum

Inside = Callable[[LonLat], NDArray[np.bool_]]
StreetDistance = Callable[[LonLat], NDArray[np.float64]]

MISPLACED: Final = 0.05
"""Share of points expected outside of the jurisdiction they claim although the coordinates are right."""
STREET_SCALE_M: Final = 15.0
"""Half of the places with right coordinates are expected within this of a street: front doors, not field centers."""
FAR_M: Final = 5_000.0
"""Streets farther than this are equally far: one stray point must not outvote the others."""
MAX_VOTES: Final = 100
"""More points than this do not make the verdict surer: their errors are not independent of one another."""
SWAPPED_ODDS: Final = 0.05
"""Swapped columns are rarer than unswapped ones; decides only where nothing else does."""
CHANCE_SHIFT_M: Final = 700.0
"""The best hypothesis must also beat itself moved this far in eight directions, about as far as a wrong datum does."""
CLEAR_SCORE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a table's coordinates may be, and what speaks for it.

    Attributes:
        id: `wgs84`, `gcj02`, `bd09`, or the code of a projected system; `-swapped` where the second column is the
            easting or longitude.
        crs: the system of the columns: EPSG:4326 for degrees, else the projected one.
        datum: the shift they carry.
        swapped: the columns are in the other order.
        possible: share of the points that have a place on Earth (projected: in the zone) under this hypothesis.
        share_inside: share of the points that lie in the jurisdiction they claim; NaN if not asked.
        median_street_m: median distance to the nearest street, meters; NaN if not asked.
        score: 0 to 1: how much better it explains the points than the others and chance do; what all scores
            lack to 1 is chance.
        same_as: ids of hypotheses that put every point in the same place and are not listed again.
    """

    id: str
    crs: str
    datum: Datum
    swapped: bool
    possible: float = math.nan
    share_inside: float = math.nan
    median_street_m: float = math.nan
    score: float = math.nan
    same_as: tuple[str, ...] = field(default=())

    def apply(self, xy: XY) -> LonLat:
        """Columns float64 (n, 2), as given, to WGS-84 longitude, latitude; NaN where that is impossible."""
        columns = np.array(xy, dtype=np.float64).reshape(-1, 2)
        if self.swapped:
            columns = columns[:, ::-1]
        if self.crs == WGS84:
            lonlat = np.where(on_earth(columns)[:, None], columns, np.nan)
            return convert_datum(lonlat, self.datum, Datum.WGS84)
        lonlat = to_lonlat(columns, self.crs)
        return np.where(_in_reach(lonlat, self.crs)[:, None], lonlat, np.nan)


def diagnose(
    xy: XY,
    *,
    inside: Inside | None = None,
    street_distance_m: StreetDistance | None = None,
) -> list[Hypothesis]:
    """Rank what two columns of coordinates most likely are. Nothing is converted: that is for a person to confirm.

    Each hypothesis is a small model of the points: a share 1 - MISPLACED lies in the jurisdiction it claims, and
    distances to the nearest street follow a half-Cauchy law of scale STREET_SCALE_M, whose long tail forgives the
    odd remote place. Its competitors are the others and *chance*: the best one's points, all moved by
    CHANCE_SHIFT_M. Points that have nothing to do with the streets therefore stay undecided. The scores rank; they
    are not calibrated probabilities. Without evidence, only what is possible at all tells hypotheses apart.

    Args:
        xy: float64 (n, 2), the columns as given; rows with NaN are ignored.
        inside: WGS-84 positions (n, 2), row for row with `xy`, NaN where impossible → whether each lies in the
            jurisdiction that its row claims, bool (n,).
        street_distance_m: WGS-84 positions (k, 2), only possible ones → distance to the nearest street, meters,
            float64 (k,); inf where there is none.

    Returns:
        The possible hypotheses, best first; empty if there are none.
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    known = np.asarray(np.isfinite(xy).all(axis=1), dtype=np.bool_)
    possible = _possible(xy, int(known.sum()))
    if not possible:
        return []
    places = [lonlat for _, lonlat in possible]
    evidence = [_evidence(lonlat, known, inside, street_distance_m) for lonlat in places]
    votes = [e.votes for e in evidence]
    prior = [math.log(SWAPPED_ODDS) if hypothesis.swapped else 0.0 for hypothesis, _ in possible]
    if inside is not None or street_distance_m is not None:
        best = places[int(np.argmax([v.sum() for v in votes]))]
        votes += [_evidence(moved, known, inside, street_distance_m).votes for moved in _by_chance(best)]
        prior += [0.0] * (len(votes) - len(prior))
    ranked = [
        replace(hypothesis, share_inside=e.share_inside, median_street_m=e.median_street_m, score=float(score))
        for (hypothesis, _), e, score in zip(possible, evidence, _scores(votes, prior), strict=False)
    ]
    return sorted(ranked, key=lambda hypothesis: -hypothesis.score)


def is_clear(ranked: Sequence[Hypothesis]) -> bool:
    """Whether the first of the ranked hypotheses stands out enough to be offered as the answer."""
    return bool(ranked) and ranked[0].score >= CLEAR_SCORE


def _possible(xy: XY, n_known: int) -> list[tuple[Hypothesis, LonLat]]:
    """Hypotheses under which at least half of the points have a place, each with the places; equal ones merged."""
    found: list[tuple[Hypothesis, LonLat]] = []
    for hypothesis in _candidates():
        lonlat = hypothesis.apply(xy)
        share = float(np.isfinite(lonlat).all(axis=1).sum() / max(1, n_known))
        if share < 0.5:
            continue
        twin = next((i for i, (_, other) in enumerate(found) if _same_places(lonlat, other)), None)
        if twin is None:
            found.append((replace(hypothesis, possible=share), lonlat))
        else:
            first, places = found[twin]
            found[twin] = replace(first, same_as=(*first.same_as, hypothesis.id)), places
    return found


class _Evidence(NamedTuple):
    votes: NDArray[np.float64]
    share_inside: float
    median_street_m: float


def _evidence(
    lonlat: LonLat, known: NDArray[np.bool_], inside: Inside | None, street_distance_m: StreetDistance | None
) -> _Evidence:
    """Log-likelihood of each known point where a hypothesis puts it, and the two figures for people."""
    placed = np.isfinite(lonlat).all(axis=1)
    votes = np.where(placed, 0.0, math.log(MISPLACED))
    share_inside = median_street_m = math.nan
    if inside is not None:
        hit = np.asarray(inside(lonlat), dtype=bool) & placed
        share_inside = float(hit[known].mean())
        votes += np.where(hit, math.log(1 - MISPLACED), math.log(MISPLACED))
    if street_distance_m is not None:
        distance_m = np.full(len(lonlat), np.inf)
        distance_m[placed] = street_distance_m(lonlat[placed])
        median_street_m = float(np.median(distance_m[known]))
        votes -= np.log1p((np.minimum(distance_m, FAR_M) / STREET_SCALE_M) ** 2)
    return _Evidence(votes[known], share_inside, median_street_m)


def _by_chance(lonlat: LonLat) -> Iterator[LonLat]:
    """The same points moved by CHANCE_SHIFT_M in eight directions."""
    north_deg = CHANCE_SHIFT_M / 111_320.0
    east_deg = north_deg / math.cos(math.radians(float(np.nanmedian(lonlat[:, 1]))))
    for bearing in np.arange(8) * np.pi / 4 + 0.3:  # off the axes, along which streets like to run
        yield lonlat + np.array([east_deg * np.sin(bearing), north_deg * np.cos(bearing)])


def _scores(log_likelihoods: Sequence[NDArray[np.float64]], prior: Sequence[float]) -> NDArray[np.float64]:
    """Shares (h,) of belief from each hypothesis' log-likelihoods (n,) of the points and its prior log odds.

    The log odds against the best are the log-likelihood ratio of up to MAX_VOTES points, but never more than
    z²/2, where z is the paired difference over its standard error (Vuong 1989): a few lucky points prove nothing.
    """
    votes = np.array(log_likelihoods)
    n_points = votes.shape[1]
    total = votes.mean(axis=1) * min(n_points, MAX_VOTES) + np.array(prior)
    best = int(np.argmax(total))
    behind = votes[best] - votes
    variance = behind.var(axis=1) / n_points
    odds = total[best] - total
    noisy = variance > 1e-12
    odds[noisy] = np.minimum(odds[noisy], behind.mean(axis=1)[noisy] ** 2 / (2 * variance[noisy]))
    shares = np.exp(-odds)
    return np.asarray(shares / shares.sum())


def _same_places(a: LonLat, b: LonLat) -> bool:
    """Equal to 1e-8° (1 mm) wherever either is known."""
    return bool(np.allclose(a, b, rtol=0, atol=1e-8, equal_nan=True))


def _candidates() -> Iterator[Hypothesis]:
    """All hypotheses, the plainest first: the order decides which of two equal ones is listed."""
    projected = [zone_crs(m) for m in ZONE_MERIDIANS_DEG] + [zone_crs(m, numbered=True) for m in ZONE_MERIDIANS_DEG]
    projected += [f"EPSG:{code}" for code in range(4491, 4502)]  # 6-degree zones, numbered 13 to 23
    for swapped in (False, True):
        suffix = "-swapped" if swapped else ""
        for datum in Datum:
            yield Hypothesis(f"{datum.value}{suffix}", WGS84, datum, swapped)
        for crs in projected:
            yield Hypothesis(f"{crs}{suffix}", crs, Datum.WGS84, swapped)


def _in_reach(lonlat: LonLat, crs: str) -> NDArray[np.bool_]:
    """Where coordinates in a projected zone are believed: in its area of use and a degree around it, because
    surveys at a zone's edge often stay in one system."""
    west, south, east, north = area_of_use(crs)
    inner = (lonlat >= [west - 1, south - 1]) & (lonlat <= [east + 1, north + 1])
    return np.asarray(inner.all(axis=1), dtype=np.bool_)
