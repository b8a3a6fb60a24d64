"""Coordinate systems: meters for a place, and degrees from text.

Longitude comes first everywhere, in degrees on WGS-84 (= CGCS2000 here); meters are easting, northing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import AngleFormatError, ParameterError

if TYPE_CHECKING:
    from pyproj import Transformer

XY = NDArray[np.float64]
LonLat = NDArray[np.float64]
Shapes = NDArray[np.object_]

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
    sound = on_earth(lonlat)
    if not sound.any():
        raise ParameterError(
            name="coordinates",
            value=f"{len(lonlat)} points",
            reason="none is in degrees",
            expected="longitude, latitude",
        )
    lon, lat = (float(v) for v in np.median(lonlat[sound], axis=0))
    meridian = min(ZONE_MERIDIANS_DEG, key=lambda m: abs(m - lon))
    west, south, east, north = area_of_use(zone_crs(meridian))
    if west <= lon <= east and south <= lat <= north:
        return zone_crs(meridian)
    return f"+proj=tmerc +lat_0={lat:.1f} +lon_0={lon:.1f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs +type=crs"


def on_earth(lonlat: LonLat) -> NDArray[np.bool_]:
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
def area_of_use(crs: str) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees: where a system is meant to be used."""
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
