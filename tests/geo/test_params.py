"""Parameters: what is refused, in words that help, and what may key a cache."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import ParameterError
from geo.params import (
    ADULT,
    CHILD,
    ELDERLY,
    EXACT,
    FINE,
    MAX_MINUTES,
    PROFILES,
    CatchmentParams,
    Cutoffs,
    PolygonParams,
    SlopeResponse,
    SnapParams,
    WalkProfile,
)


@pytest.mark.parametrize("speed_mps", [0.0, -1.2, 0.09, 4.01, 4_300.0, np.nan, np.inf])
def test_a_speed_that_nobody_walks_is_refused(speed_mps: float) -> None:
    with pytest.raises(ParameterError, match=r"speed = .* m/s cannot be used.*meters per second between 0\.1 and 4"):
        WalkProfile("x", speed_mps)


@pytest.mark.parametrize("factor", [0.0, -0.5, 1.01, np.nan])
def test_a_steps_factor_that_is_no_share_is_refused(factor: float) -> None:
    with pytest.raises(ParameterError, match="steps speed factor"):
        WalkProfile("x", 1.0, steps_speed_factor=factor)


@pytest.mark.parametrize(("decay", "best"), [(-0.1, 0.0), (21.0, 0.0), (3.5, 0.6), (np.nan, 0.0), (3.5, np.nan)])
def test_a_slope_response_out_of_range_is_refused(decay: float, best: float) -> None:
    with pytest.raises(ParameterError, match="slope response"):
        SlopeResponse(decay, best)


@pytest.mark.parametrize(
    "minutes",
    [(), (0.0,), (-5.0,), (10.0, 5.0), (5.0, 5.0), (5.0, np.nan), (np.inf,), (MAX_MINUTES + 1,)],
)
def test_cutoffs_that_do_not_rise_are_refused(minutes: tuple[float, ...]) -> None:
    with pytest.raises(ParameterError, match="minutes in rising order"):
        Cutoffs(minutes)


@pytest.mark.parametrize(
    ("text", "minutes"), [("15", (15,)), ("5,10,15", (5, 10, 15)), (" 2.5，5 ", (2.5, 5)), ("1e1", (10,))]
)
def test_cutoffs_are_read_from_text(text: str, minutes: tuple[float, ...]) -> None:
    assert Cutoffs.parse(text).minutes == minutes


@pytest.mark.parametrize("text", ["", "5;10", "five", "5,,10", "15,10", "nan", "5,inf"])
def test_text_that_gives_no_cutoffs_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="minutes"):
        Cutoffs.parse(text)


@given(st.lists(st.floats(0.1, MAX_MINUTES), min_size=1, max_size=5, unique=True).map(sorted))
def test_cutoffs_in_seconds_are_sixty_times_minutes(minutes: list[float]) -> None:
    cutoffs = Cutoffs.of(minutes)
    assert cutoffs.seconds.tolist() == [60 * m for m in minutes]
    assert cutoffs.longest_s == 60 * minutes[-1] == cutoffs.seconds[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("buffer_m", 0.5), ("buffer_m", 501.0), ("buffer_m", np.nan)],
        *[("cell_m", 0.4), ("cell_m", 26.0), ("cell_m", np.nan)],
        *[("simplify_m", -1.0), ("simplify_m", 11.0), ("simplify_m", np.nan)],
    ],
)
def test_polygon_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match="polygon settings"):
        PolygonParams(**{name: value})


@pytest.mark.parametrize("value", [-1.0, np.nan])
@pytest.mark.parametrize("name", ["max_distance_m", "small_component_m", "long_access_m"])
def test_snap_settings_that_are_no_length_are_refused(name: str, value: float) -> None:
    with pytest.raises(ParameterError):
        SnapParams(**{name: value})


def test_parameters_key_a_cache_and_cannot_be_changed() -> None:
    params = CatchmentParams()
    variants = [
        params,
        CatchmentParams(profile=ELDERLY),
        CatchmentParams(profile=replace(ADULT, speed_mps=1.3)),
        CatchmentParams(cutoffs=Cutoffs((5.0, 10.0))),
        CatchmentParams(direction="from"),
        CatchmentParams(snap=SnapParams(max_distance_m=200.0)),
        CatchmentParams(polygon=FINE),
        CatchmentParams(polygon=EXACT),
    ]
    assert len({*variants, CatchmentParams()}) == len(variants)
    with pytest.raises(FrozenInstanceError):
        params.direction = "from"  # type: ignore[misc]


def test_the_stated_profiles_are_the_stated_speeds() -> None:
    assert {key: profile.speed_mps for key, profile in PROFILES.items()} == {"adult": 1.2, "elderly": 0.8, "child": 1.0}
    assert PROFILES["child"] is CHILD
