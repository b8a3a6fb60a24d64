"""What-if: effects against a recomputation from nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.engine.reach import CostMatrix
from geo.errors import ParameterError
from geo.siting.scenario import Baseline, NewCenter, Scenario, new_center_times

CUTOFF_S = 600.0


def matrix_of(seconds: NDArray[np.float64]) -> CostMatrix:
    row, index = np.nonzero(np.isfinite(seconds))
    indptr = np.append(0, np.cumsum(np.bincount(row, minlength=len(seconds))))
    return CostMatrix(indptr.astype(np.int64), index.astype(np.uint32), seconds[row, index], seconds.shape[1])


@st.composite
def changes(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64], list[int], Baseline]:
    """Seconds of today's centers (c, d) and of added ones (a, d), closed centers, and the baseline."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    c, a, d = draw(st.integers(1, 5)), draw(st.integers(0, 3)), draw(st.integers(1, 12))
    times = random.integers(0, 1200, (c + a, d)).astype(np.float64)
    times[random.random(times.shape) < draw(st.sampled_from([0.0, 0.4, 0.8]))] = np.inf
    closed = sorted(random.choice(c, draw(st.integers(0, c)), replace=False).tolist())
    people = random.integers(0, 9, (d, 2)).astype(np.float64)
    gap = random.integers(-1, 3, d)
    baseline = Baseline(matrix_of(times[:c]), people, random.integers(0, 3, d), CUTOFF_S, gap)
    return times[:c], times[c:], closed, baseline


@settings(max_examples=200, deadline=None)
@given(changes())
def test_effect_equals_a_recomputation(
    change: tuple[NDArray[np.float64], NDArray[np.float64], list[int], Baseline],
) -> None:
    today, added, closed, baseline = change
    effect = baseline.effect(matrix_of(added) if len(added) else None, closed)
    stays = np.delete(today, closed, axis=0)
    before = today.min(axis=0)
    after = np.vstack([stays, added]).min(axis=0) if len(stays) + len(added) else np.full_like(before, np.inf)
    people, home = baseline.people, baseline.jurisdiction
    jurisdictions = effect.newly_covered.shape[0]

    def by_home(among: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.array([people[among & (home == j)].sum(axis=0) for j in range(jurisdictions)])

    gained, lost = (before > CUTOFF_S) & (after <= CUTOFF_S), (before <= CUTOFF_S) & (after > CUTOFF_S)
    np.testing.assert_allclose(effect.newly_covered, by_home(gained))
    np.testing.assert_allclose(effect.lost, by_home(lost))
    np.testing.assert_allclose(effect.covered_after, by_home(after <= CUTOFF_S))
    kept = stays.min(axis=0) if len(stays) else np.full_like(before, np.inf)
    newest = added.min(axis=0) if len(added) else np.full_like(before, np.inf)
    np.testing.assert_allclose(effect.switched_from.sum(axis=0), people[newest < kept].sum(axis=0))
    total = people.sum(axis=1)
    for mean, times in ((effect.mean_before_min, before), (effect.mean_after_min, after)):
        reached = np.isfinite(times) & (total > 0)
        expected = (times[reached] * total[reached]).sum() / total[reached].sum() / 60 if reached.any() else np.nan
        assert mean == pytest.approx(expected, nan_ok=True)
    both = np.isfinite(before) & np.isfinite(after) & (total > 0)
    if both.any():
        shift = ((after[both] - before[both]) * total[both]).sum() / total[both].sum() / 60
        assert effect.mean_change_min == pytest.approx(shift)
    for i, row in enumerate(added):
        np.testing.assert_allclose(effect.in_time[i], people[row <= CUTOFF_S].sum(axis=0))
        for c, center in enumerate(today):
            shared = (row <= CUTOFF_S) & (center <= CUTOFF_S) & (c not in closed)
            np.testing.assert_allclose(effect.overlap[i, c], people[shared].sum(axis=0))
    assert baseline.gap is not None
    for label in range(3):
        inside = (baseline.gap == label) & (total > 0)
        was = inside & (before > CUTOFF_S)
        closes = was.any() and (gained & inside).any() and not (inside & (after > CUTOFF_S)).any()
        assert (label in effect.gaps_closed) == bool(closes)


def test_an_empty_scenario_changes_nothing() -> None:
    seconds = np.array([[100.0, 700.0, np.inf]])
    effect = Baseline(matrix_of(seconds), np.ones((3, 1)), np.zeros(3, np.int64), CUTOFF_S).effect()
    assert effect.newly_covered.sum() == effect.lost.sum() == effect.switched_from.sum() == 0
    assert effect.mean_before_min == effect.mean_after_min and effect.mean_change_min == 0


def test_a_move_is_a_closure_and_an_addition() -> None:
    """A center moves from one end of a street of three homes to the other."""
    today, moved = np.array([[60.0, 660.0, 1260.0]]), np.array([[1260.0, 660.0, 60.0]])
    baseline = Baseline(matrix_of(today), np.array([[5.0], [3.0], [2.0]]), np.array([0, 0, 1]), CUTOFF_S)
    effect = baseline.effect(matrix_of(moved), [0])
    assert effect.newly_covered.tolist() == [[0.0], [2.0]]
    assert effect.lost.tolist() == [[5.0], [0.0]]
    assert effect.mean_change_min == pytest.approx((5 * 20 - 2 * 20) / 10)
    assert effect.switched_from.tolist() == [[10.0], [0.0]]


def test_a_center_that_is_not_there_is_named() -> None:
    baseline = Baseline(matrix_of(np.array([[60.0]])), np.ones((1, 1)), np.zeros(1, np.int64), CUTOFF_S)
    with pytest.raises(ParameterError, match="no such center"):
        baseline.effect(closed=[3])
    with pytest.raises(ParameterError, match="other demand"):
        baseline.effect(matrix_of(np.array([[60.0, 60.0]])))


def test_new_center_on_the_sample() -> None:
    from geo.coverage.report import read_frame
    from geo.engine.reach import Reach
    from geo.engine.snapping import snap
    from geo.params import ADULT
    from geo.people.residents import Residents
    from geo.streets.network import StreetNetwork
    from tests.conftest import ROOT

    sample = ROOT / "data" / "sample"
    network = StreetNetwork.load(sample / "streets.arrow")
    residents = Residents.of(read_frame(sample / "demand.parquet", "demand"))
    places = snap(network, residents.lonlat)
    reach = Reach(network, ADULT, 900.0)
    home = int(residents.people[:, 0].argmax())
    times = new_center_times(reach, residents.lonlat[home], places)
    assert times.shape == (1, len(residents))
    assert home in times.index and times.seconds.max() <= 900.001
    lon, lat = residents.lonlat[home].tolist()
    today = np.zeros(len(residents), np.int64)
    baseline = Baseline(new_center_times(reach, residents.lonlat[:2], places), residents.people, today, 900.0)
    scenario = Scenario("move and add", (NewCenter("new", lon, lat),), (NewCenter("b", lon, lat),), ("a",))
    effect = scenario.effect(baseline, ["a", "b"], reach, places)
    np.testing.assert_allclose(effect.covered_after[0], effect.in_time[0])  # both stand at the same door
    np.testing.assert_allclose(effect.in_time[0], effect.in_time[1])
    with pytest.raises(ParameterError, match="no such center today"):
        Scenario("wrong", closed=("z",)).effect(baseline, ["a", "b"], reach, places)


def test_new_centers_find_their_streets_as_those_of_today_do() -> None:
    """400 m off the street: no street within the usual distance, one within the baseline's."""
    from geo.crs import to_lonlat
    from geo.engine.reach import Reach
    from geo.engine.snapping import snap_xy
    from geo.params import ADULT, SnapParams
    from tests.geo.builders import CRS, LINE, LINE_STREETS, at, drawn

    network, wide = drawn(LINE, LINE_STREETS), SnapParams(max_distance_m=500.0)
    homes, reach = snap_xy(network, at((0.0, 0.0)), wide), Reach(network, ADULT, 900.0)
    ((lon, lat),) = to_lonlat(at((0.0, 400.0)), CRS).tolist()
    scenario, seconds = Scenario("off the street", (NewCenter("new", lon, lat),)), matrix_of(np.array([[np.inf]]))
    for snapping, reached in ((SnapParams(), 0), (wide, 1)):
        baseline = Baseline(seconds, np.ones((1, 1)), np.zeros(1, np.int64), CUTOFF_S, snapping=snapping)
        assert scenario.effect(baseline, ["today"], reach, homes).reached_after == reached


def test_a_center_is_either_moved_or_closed() -> None:
    with pytest.raises(ParameterError, match="named twice"):
        Scenario("both", moved=(NewCenter("a", 118.9, 25.1),), closed=("a",))
