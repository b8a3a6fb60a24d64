"""Verdicts by arithmetic: a level to reach, a sum, a level to hold; upwards and downwards."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.monitoring.verdicts import Aim, due_day, elapsed

ORDER = {"behind": 0, "close": 1, "on": 2}


@pytest.mark.parametrize(
    ("value", "gone", "verdict"),
    [
        (100, 0.2, "on"),  # reached before it was asked for
        (55, 0.5, "on"),  # 10 + half of the 90 to go
        (54.9, 0.5, "close"),
        (32.5, 0.5, "close"),  # 10 + half of the 45 that are asked for
        (32.4, 0.5, "behind"),
        (99, 1.0, "close"),
        (10, 0.0, "on"),
    ],
)
def test_a_level_to_reach_from_10_to_100(value: float, gone: float, verdict: str) -> None:
    assert Aim(100, "reach", start=10, elapsed=gone).verdict(value) == verdict
    assert Aim(-100, "reach", "down", -10, gone).verdict(-value) == verdict, "the same the other way round"


@pytest.mark.parametrize(("value", "verdict"), [(1240, "on"), (1239, "close"), (620, "close"), (619, "behind")])
def test_a_sum_of_2500_a_year_after_181_of_365_days(value: float, verdict: str) -> None:
    """2500 · 181 / 365 = 1239.7 are asked for, and half of that is 619.9."""
    aim = Aim(2500, "sum", elapsed=elapsed("2023", dt.date(2023, 6, 30)))
    assert aim.expected == pytest.approx(1239.726)
    assert aim.verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(6, "on"), (7, "close"), (12, "close"), (13, "behind")])
def test_at_most_12_complaints_a_year_at_its_middle(value: float, verdict: str) -> None:
    assert Aim(12, "sum", "down", elapsed=0.5).verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(90, "on"), (85.5, "close"), (85.4, "behind")])
def test_a_level_to_hold_knows_no_calendar(value: float, verdict: str) -> None:
    assert Aim(90, elapsed=0.1).verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(19, "on"), (20, "close"), (20.1, "behind")])
def test_a_level_to_stay_below(value: float, verdict: str) -> None:
    assert Aim(19, "hold", "down").verdict(value) == verdict


def test_what_began_beyond_its_target_is_held() -> None:
    aim = Aim(80, "reach", start=100, elapsed=0.5)
    assert aim.expected == 80
    assert [aim.verdict(v) for v in (85, 76, 75)] == ["on", "close", "behind"]


def test_nothing_is_judged_without_value_or_target() -> None:
    assert Aim(90).verdict(float("nan")) is None and Aim(float("nan")).verdict(90) is None
    assert Aim(90, "reach", start=float("nan"), elapsed=0.5).verdict(50) is None


@given(
    st.sampled_from(["reach", "sum", "hold"]),
    st.sampled_from(["up", "down"]),
    *[st.floats(0, 1000)] * 4,
    st.floats(0, 1),
)
def test_better_is_never_judged_worse(kind, direction, target, start, one, other, gone) -> None:
    aim = Aim(target, kind, direction, start, gone)
    worse, better = sorted((one, other), reverse=direction == "down")
    assert ORDER[aim.verdict(better)] >= ORDER[aim.verdict(worse)]


@pytest.mark.parametrize(
    ("period", "day"),
    [("2023", "2023-12-31"), ("2024-Q1", "2024-03-31"), ("2023-Q4", "2023-12-31"), ("2024-02", "2024-02-29"),
     ("2023-12", "2023-12-31")],
)  # fmt: skip
def test_a_period_is_due_on_its_last_day(period: str, day: str) -> None:
    assert due_day(period) == dt.date.fromisoformat(day)
    assert elapsed(period, due_day(period)) == 1.0


def test_time_goes_by_evenly_until_the_due_day() -> None:
    assert elapsed("2024", dt.date(2024, 1, 1)) == pytest.approx(1 / 366)
    assert elapsed("2023-Q2", dt.date(2023, 3, 31)) == pytest.approx(90 / 181)  # 31 + 28 + 31 of them + 30 + 31 + 30
