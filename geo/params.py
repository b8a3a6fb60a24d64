"""Assumptions and settings: units, ranges, defaults and where each number comes from.

Everything here is frozen and hashable, so a result can be keyed by the parameters that made it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import ParameterError

Direction = Literal["to", "from"]
"""Walking *to* the center (residents come) or *from* it; they differ on slopes and one-way footpaths."""

MINUTE_S: Final = 60.0

TIE_S: Final = 1e-3
"""A place within a millisecond of a cutoff counts as reached, so that rounding never decides a tie."""

TOBLER_DECAY: Final = 3.5
"""Tobler, W. (1993), Three presentations on geographical analysis and modeling, NCGIA TR 93-1:
W = 6 exp(-3.5 |S + 0.05|) km/h, S = rise over run."""
TOBLER_BEST_SLOPE: Final = -0.05
"""Slope of the fastest walk in the same function: gently downhill."""

MAX_SLOPE: Final = 0.6
"""Slopes beyond ±0.6 (31°) are artifacts of the elevation model on a walkable way, not streets; they count as
0.6. Only stairs are as steep, and they have a factor of their own."""

STEPS_SPEED_FACTOR: Final = 0.5
"""Horizontal speed on stairs over speed on the flat, the climb included: slopes do not act there. Weidmann, U. (1993),
Transporttechnik der Fußgänger, ETH Zürich: 0.61 m/s up and 0.694 m/s down against 1.34 m/s, 0.455 and 0.518; their
mean, rounded."""

SPEED_RANGE_MPS: Final = (0.1, 4.0)
"""Below lies standing still, above running: outside is most likely a wrong unit (km/h, m/min)."""

MAX_MINUTES: Final = 240.0


@dataclass(frozen=True, slots=True)
class SlopeResponse:
    """Walking speed on a slope over speed on the flat: exp(-decay (|S - best_slope| - |best_slope|)).

    Tobler's hiking function normalized to 1 on the flat, so that a profile's speed stays what it says.

    Args:
        decay: how fast speed falls with slope; 0 ignores slopes.
        best_slope: slope (rise over run) of the fastest walk.
    """

    decay: float = TOBLER_DECAY
    best_slope: float = TOBLER_BEST_SLOPE

    def __post_init__(self) -> None:
        if not 0 <= self.decay <= 20 or not -0.5 <= self.best_slope <= 0.5:
            raise ParameterError(
                name="slope response",
                value=f"decay {self.decay}, best slope {self.best_slope}",
                reason="out of range",
                expected="a decay of 0 to 20 and a best slope of -0.5 to 0.5",
            )

    def speed_factor(self, slope: NDArray[np.float64]) -> NDArray[np.float64]:
        """Speed over flat speed for slopes (rise over run), any shape; slopes beyond MAX_SLOPE count as that."""
        bounded = np.clip(slope, -MAX_SLOPE, MAX_SLOPE)
        excess = np.abs(bounded - self.best_slope) - abs(self.best_slope)
        return np.asarray(np.exp(-self.decay * excess), dtype=np.float64)


TOBLER: Final = SlopeResponse()
FLAT: Final = SlopeResponse(decay=0.0, best_slope=0.0)


@dataclass(frozen=True, slots=True)
class WalkProfile:
    """How somebody walks.

    Args:
        id: key of the profile.
        speed_mps: speed on the flat, meters per second.
        slope: response to slopes; used where the network carries elevation, except on stairs.
        steps_speed_factor: horizontal speed on stairs over speed on the flat, whatever their slope.
    """

    id: str
    speed_mps: float
    slope: SlopeResponse = TOBLER
    steps_speed_factor: float = STEPS_SPEED_FACTOR

    def __post_init__(self) -> None:
        low, high = SPEED_RANGE_MPS
        if not (math.isfinite(self.speed_mps) and low <= self.speed_mps <= high):
            raise ParameterError(
                name="speed",
                value=f"{self.speed_mps:g} m/s",
                reason="not a walking speed",
                expected=f"meters per second between {low:g} and {high:g} (1.2 m/s = 4.3 km/h)",
            )
        if not 0.05 <= self.steps_speed_factor <= 1:
            raise ParameterError(
                name="steps speed factor",
                value=f"{self.steps_speed_factor:g}",
                reason="not a share of the flat speed",
                expected="a number from 0.05 to 1",
            )


ADULT: Final = WalkProfile("adult", 1.2)
ELDERLY: Final = WalkProfile("elderly", 0.8)
CHILD: Final = WalkProfile("child", 1.0)
PROFILES: Final[dict[str, WalkProfile]] = {p.id: p for p in (ADULT, ELDERLY, CHILD)}
"""Stated, editable assumptions: no standard's own text was found for them. *child* walks with a small child."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Time limits in minutes, strictly increasing."""

    minutes: tuple[float, ...] = (5.0, 10.0, 15.0)

    def __post_init__(self) -> None:
        values = self.minutes
        sound = bool(values) and all(math.isfinite(m) and 0 < m <= MAX_MINUTES for m in values)
        if not sound or any(b <= a for a, b in pairwise(values)):
            raise ParameterError(
                name="minutes",
                value=",".join(f"{m:g}" for m in values) or "nothing",
                reason="cutoffs must be positive and rise",
                expected=f"minutes in rising order up to {MAX_MINUTES:g}, such as 5,10,15",
            )

    @classmethod
    def of(cls, minutes: Sequence[float]) -> Cutoffs:
        """From any sequence of minutes."""
        return cls(tuple(float(m) for m in minutes))

    @classmethod
    def parse(cls, text: str) -> Cutoffs:
        """From text such as "5,10,15"."""
        try:
            return cls.of([float(part) for part in text.replace("，", ",").split(",")])
        except ParameterError:
            raise
        except ValueError as error:
            raise ParameterError(
                name="minutes",
                value=text or "nothing",
                reason="not numbers",
                expected="minutes in rising order, such as 5,10,15",
            ) from error

    @property
    def seconds(self) -> NDArray[np.float64]:
        """float64 (k,), rising."""
        return np.asarray(self.minutes, dtype=np.float64) * MINUTE_S

    @property
    def longest_s(self) -> float:
        """The longest cutoff in seconds."""
        return self.minutes[-1] * MINUTE_S


@dataclass(frozen=True, slots=True)
class SnapParams:
    """How a point finds its street.

    Args:
        max_distance_m: farther points are not snapped, and listed.
        small_component_m: a component with less street length than this is an isolated scrap (a courtyard
            path that was never joined); a larger component within the distance is preferred to it. One
            kilometer: a village with its own lanes has more, a mapping accident hardly.
        long_access_m: a way from the point to the street longer than this is flagged.
    """

    max_distance_m: float = 300.0
    small_component_m: float = 1_000.0
    long_access_m: float = 100.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.max_distance_m) and 0 < self.max_distance_m <= 5_000):
            raise ParameterError(
                name="snap distance",
                value=f"{self.max_distance_m:g} m",
                reason="out of range",
                expected="meters between 0 and 5,000",
            )
        for name in ("small_component_m", "long_access_m"):
            value = getattr(self, name)
            if not value >= 0:  # NaN too: it would compare as false everywhere and switch the rule off
                expected = "meters, 0 or more"
                raise ParameterError(name=name, value=f"{value:g} m", reason="not a length", expected=expected)


@dataclass(frozen=True, slots=True)
class PolygonParams:
    """How reached streets become a polygon.

    Args:
        buffer_m: half-width given to a street; 25 m is a lane with the houses that stand on it.
        cell_m: cell of the distance field. 5 m keeps the area within 0.3 % of exact buffers, 10 m within 1 %.
        simplify_m: tolerance of the outline's simplification; 0 keeps every vertex.
        exact: buffer each street piece and unite them instead of contouring a field.
    """

    buffer_m: float = 25.0
    cell_m: float = 5.0
    simplify_m: float = 0.5
    exact: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.buffer_m <= 500 and 0.5 <= self.cell_m <= self.buffer_m and 0 <= self.simplify_m <= 10):
            raise ParameterError(
                name="polygon settings",
                value=f"buffer {self.buffer_m:g} m, cell {self.cell_m:g} m, simplify {self.simplify_m:g} m",
                reason="out of range",
                expected="a buffer of 1 to 500 m, a cell of 0.5 m up to the buffer, a simplification of 0 to 10 m",
            )


FINE: Final = PolygonParams(cell_m=2.5, simplify_m=0.1)
EXACT: Final = PolygonParams(exact=True, simplify_m=0.0)


@dataclass(frozen=True, slots=True)
class CatchmentParams:
    """All that a catchment depends on besides the network and the centers."""

    profile: WalkProfile = ADULT
    cutoffs: Cutoffs = field(default_factory=Cutoffs)
    direction: Direction = "to"
    snap: SnapParams = field(default_factory=SnapParams)
    polygon: PolygonParams = field(default_factory=PolygonParams)


DETOUR_BARRIER: Final = 2.0
"""Ratio of the walk to the straight way from which something lies between. A street grid as such never exceeds the
square root of 2; an assumption leaves room for bends."""


@dataclass(frozen=True, slots=True)
class GapParams:
    """How uncovered homes become named gaps with a reason.

    Args:
        link_m: homes of one village closer than this, as the crow flies, are one gap. 200 m between houses is how
            Statistics Sweden and Statistics Denmark tell one locality from the next.
        longest_minutes: how far to look for the nearest center; farther is shown as out of reach.
        barrier_ratio: walk over straight way from which a barrier is the reason, if the straight way alone could be
            walked in time.
    """

    link_m: float = 200.0
    longest_minutes: float = 120.0
    barrier_ratio: float = DETOUR_BARRIER

    def __post_init__(self) -> None:
        sound = 0 < self.link_m <= 5_000 and 0 < self.longest_minutes <= MAX_MINUTES and self.barrier_ratio > 1
        if not sound:
            raise ParameterError(
                name="gap settings",
                value=f"{self.link_m:g} m, {self.longest_minutes:g} min, ratio {self.barrier_ratio:g}",
                reason="out of range",
                expected=f"a distance up to 5,000 m, minutes up to {MAX_MINUTES:g}, a ratio above 1",
            )


@dataclass(frozen=True, slots=True)
class CoverageParams:
    """All that coverage and its ledger depend on besides the network, the centers, the residents and the outlines."""

    profile: WalkProfile = ADULT
    cutoffs: Cutoffs = field(default_factory=Cutoffs)
    direction: Direction = "to"
    snap: SnapParams = field(default_factory=SnapParams)
    gaps: GapParams = field(default_factory=GapParams)


@dataclass(frozen=True, slots=True)
class SitingParams:
    """How long a siting question may take.

    Args:
        time_limit_s: then the best answer so far stands, with the gap that remains.
    """

    time_limit_s: float = 60.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.time_limit_s) and self.time_limit_s > 0):
            raise ParameterError(
                name="time limit", value=f"{self.time_limit_s:g} s", reason="not a time", expected="seconds above 0"
            )
