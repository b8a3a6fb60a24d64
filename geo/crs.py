"""Coordinate systems: meters for a place, degrees from text, and what a column of coordinates most likely is.

Longitude comes first everywhere, in degrees on WGS-84 (= CGCS2000 here); meters are easting, northing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.datum import Datum, convert_datum
from geo.errors import AngleFormatError, ParameterError

if TYPE_CHECKING:
    from pyproj import Transformer

XY = NDArray[np.float64]
LonLat = NDArray[np.float64]
Shapes = NDArray[np.object_]
Inside = Callable[[LonLat], NDArray[np.bool_]]
StreetDistance = Callable[[LonLat], NDArray[np.float64]]

WGS84: Final = "EPSG:4326"
ZONE_MERIDIANS_DEG: Final = range(75, 136, 3)
"""Central meridians of China's 3-degree Gauss-Krüger zones."""
MAX_SCALE_ERROR: Final = 0.01
"""UTM is off by 0.1 % at most, a Gauss-Krüger zone by as much 2.5° from its meridian; 1 % is the wrong system."""


def zone_crs(meridian_deg: int, *, numbered: bool = False) -> str:
    """The CGCS2000 3-degree Gauss-Krüger zone of a central meridian (75, 78, …, 135).

    EPSG:4534-4554 have eastings around 500,000 m; the *numbered* EPSG:4513-4533 put the zone's number in front.
    """
    return f"EPSG:{(4513 if numbered else 4534) + (meridian_deg - 75) // 3}"


def metric_crs_for(lonlat: LonLat) -> str:
    """A coordinate system in meters for the place where the points lie, as a string that pyproj reads.

    In mainland China (EPSG's area of use of each zone) it is the CGCS2000 3-degree Gauss-Krüger zone of the median
    longitude, the one that surveying bureaus use. Elsewhere it is a transverse Mercator on WGS-84 around the
    middle of the data, rounded to 0.1° so that an edited network keeps its system. UTM would make streets, and
    walking times with them, 0.04 % short in the middle of a zone and up to 0.1 % long at its edge; these have a
    scale of 1 in the middle. Data on both sides of the 180th meridian are not foreseen.

    Args:
        lonlat: float64 (n, 2), degrees; points with NaN are ignored.

    Raises:
        ParameterError: no point has usable coordinates.
    """
    lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    sound = _on_earth(lonlat)
    if not sound.any():
        raise ParameterError(
            name="coordinates",
            value=f"{len(lonlat)} points",
            reason="none is in degrees",
            expected="longitude, latitude",
        )
    lon, lat = (float(v) for v in np.median(lonlat[sound], axis=0))
    meridian = min(ZONE_MERIDIANS_DEG, key=lambda m: abs(m - lon))
    west, south, east, north = _area_of_use(zone_crs(meridian))
    if west <= lon <= east and south <= lat <= north:
        return zone_crs(meridian)
    return f"+proj=tmerc +lat_0={lat:.1f} +lon_0={lon:.1f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs +type=crs"


def _on_earth(lonlat: LonLat) -> NDArray[np.bool_]:
    """Which rows (n, 2) are finite and within ±180, ±90."""
    return np.asarray((np.abs(lonlat) <= [180.0, 90.0]).all(axis=1), dtype=np.bool_)


def to_metric(lonlat: LonLat, crs: str) -> XY:
    """Project float64 (n, 2) longitude, latitude to meters (easting, northing) in `crs`; inf where impossible."""
    return _transform(lonlat, crs, "FORWARD")


def to_lonlat(xy: XY, crs: str) -> LonLat:
    """Coordinates float64 (n, 2) in `crs` (easting first) as longitude, latitude; inf where impossible."""
    return _transform(xy, crs, "INVERSE")


def shapes_to_metric(shapes: Shapes, crs: str) -> Shapes:
    """Shapes (n,) in degrees, in the meters of `crs`, as `to_metric` has their corners."""
    import shapely

    return np.asarray(shapely.transform(shapes, lambda lonlat: to_metric(lonlat, crs)), dtype=object)


def shapes_to_lonlat(shapes: Shapes, crs: str) -> Shapes:
    """Shapes (n,) in the meters of `crs`, in degrees, as `to_lonlat` has their corners."""
    import shapely

    return np.asarray(shapely.transform(shapes, lambda xy: to_lonlat(xy, crs)), dtype=object)


def check_scale(start: LonLat, end: LonLat, crs: str) -> None:
    """Refuse a system whose meters are not meters here: degrees, feet, Web Mercator, another place's zone.

    Args:
        start, end: float64 (n, 2), degrees; ends of straight lines where the system is to be used.

    Raises:
        ParameterError: the lines are more than MAX_SCALE_ERROR longer or shorter in `crs` than on the ground.
    """
    from pyproj import Geod

    ground_m = float(np.sum(Geod(ellps="WGS84").inv(*start.T, *end.T)[2]))
    with np.errstate(invalid="ignore"):  # inf where the system does not reach
        flat_m = float(np.hypot(*(to_metric(end, crs) - to_metric(start, crs)).T).sum())
    if not abs(flat_m - ground_m) <= MAX_SCALE_ERROR * ground_m:  # refuses NaN and inf, too
        raise ParameterError(
            name="coordinate system",
            value=crs,
            reason=f"100 m of street here would be {100 * flat_m / ground_m:.4g} long in it"
            if math.isfinite(flat_m)
            else "it does not reach here",
            expected="a system in meters made for this place, or none: then one is chosen",
        )


def _transform(points: XY, crs: str, direction: Literal["FORWARD", "INVERSE"]) -> XY:
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    first, second = _transformer(crs).transform(points[:, 0], points[:, 1], direction=direction)
    return np.column_stack([first, second])


@lru_cache(maxsize=64)
def _transformer(crs: str) -> Transformer:
    """From degrees to `crs`, and back.

    PROJ searches its database for 40 ms for a Chinese zone, and pyproj has every thread search again. Where the search
    has led to one pipeline, that is kept instead: it costs a thread nothing.
    """
    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    try:
        found = Transformer.from_crs(WGS84, crs, always_xy=True)
    except CRSError as error:
        raise ParameterError(
            name="coordinate system", value=crs, reason=str(error), expected="a code such as EPSG:4549"
        ) from error
    only = found.definition  # a sentence instead where the way depends on the place
    return Transformer.from_pipeline(only) if only.startswith("proj=") else found


@lru_cache(maxsize=64)
def _area_of_use(crs: str) -> tuple[float, float, float, float]:
    from pyproj import CRS

    area = CRS.from_user_input(crs).area_of_use
    if area is None:
        raise ParameterError(name="coordinate system", value=crs, reason="no area of use", expected="an EPSG code")
    return area.bounds


# Angles as people write them ------------------------------------------------------------------------------------

_SIGNS: Final = str.maketrans(
    {"º": "°", "˚": "°", "′": "'", "’": "'", "‘": "'", "″": '"', "”": '"', "“": '"', "−": "-"}
)
_HEMISPHERES: Final = {"东": "E", "東": "E", "西": "W", "南": "S", "北": "N"}
_ANGLE: Final = re.compile(
    r"""(?P<before>[NSEW])? \s* (?P<sign>[+-])? \s*
    (?P<degrees>\d+(?:\.\d+)?) (?:
        \s* (?:°|度|deg|d|:|\s|(?<=\d)-(?=\d)) \s*
        (?: (?P<minutes>\d+(?:[.,]\d+)?) (?:
            \s* (?:'(?!')|分|m|:|\s|(?<=\d)-(?=\d)) \s*
            (?: (?P<seconds>\d+(?:[.,]\d+)?) \s* (?:"|\'\'|秒|s)? )?
        )? )?
    )? \s* (?P<after>[NSEW])?""",
    re.VERBOSE,
)


def parse_angle(text: str) -> float:
    """Degrees from text: `118.908`, `118°54'28.8"E`, `118 54 28.8`, `118:54:28.8`, `东经118度54分28.8秒`.

    Full-width characters are understood; south and west are negative. A compass letter is upper case: a small s
    means seconds. A comma is a decimal mark only after marked
    minutes or seconds: `118,908` could as well be two numbers and is refused.

    Returns:
        Degrees, -180 to 180.

    Raises:
        AngleFormatError: the text is something else, and why.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS).strip()
    plain = re.sub(r"([东東西南北])[经經纬緯]?", lambda found: _HEMISPHERES[found[1]], plain)
    found = _ANGLE.fullmatch(plain)
    if found is None:
        raise AngleFormatError(text=text, reason="it is not a number of degrees, minutes and seconds")
    before, after, sign = found["before"], found["after"], found["sign"]
    if (before and after) or (sign and (before or after)):
        raise AngleFormatError(text=text, reason="it states its direction twice")
    if found["minutes"] and ("." in found["degrees"] or (found["seconds"] and re.search("[.,]", found["minutes"]))):
        raise AngleFormatError(text=text, reason="only its last part may have decimals")
    minutes, seconds = (float((found[part] or "0").replace(",", ".")) for part in ("minutes", "seconds"))
    if minutes >= 60 or seconds >= 60:
        raise AngleFormatError(text=text, reason="minutes and seconds run from 0 to 60")
    degrees = float(found["degrees"]) + minutes / 60 + seconds / 3600
    hemisphere = before or after or ""
    if degrees > (90 if hemisphere in {"N", "S"} else 180):
        raise AngleFormatError(text=text, reason="it lies beyond the end of the scale")
    return -degrees if sign == "-" or hemisphere in ("S", "W") else degrees


# The coordinate doctor ------------------------------------------------------------------------------------------

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
            lonlat = np.where(_on_earth(columns)[:, None], columns, np.nan)
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
    west, south, east, north = _area_of_use(crs)
    inner = (lonlat >= [west - 1, south - 1]) & (lonlat <= [east + 1, north + 1])
    return np.asarray(inner.all(axis=1), dtype=np.bool_)
