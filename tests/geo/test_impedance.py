"""Impedance and pace: seconds along edges and pieces of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.engine.impedance import Impedance
from geo.engine.pace import advance_m, stretch_s
from geo.params import ADULT, FLAT, TOBLER, SlopeResponse, WalkProfile
from geo.streets.network import StreetNetwork
from tests.geo import builders
from tests.geo.builders import drawn, hills
from tests.geo.conftest import each_real
from tests.geo.reference import Walks, snap_nothing


def between(network: StreetNetwork, profile: WalkProfile, start: builders.XY, end: builders.XY) -> float:
    """Seconds along the one edge between two junctions."""
    nodes = [builders.node_at(network, point) for point in (start, end)]
    edge_s = Impedance.of(network, profile).edge_s
    for column in (0, 1):
        hit = np.flatnonzero((network.edge_nodes == nodes[:: 1 - 2 * column]).all(axis=1))
        if len(hit):
            return float(edge_s[hit[0], column])
    raise AssertionError("no such edge")


A, B, C = (0.0, 0.0), (300.0, 0.0), (600.0, 0.0)


def test_flat_streets_take_length_over_speed() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    assert between(network, ADULT, A, B) == pytest.approx(250.0, rel=1e-9)
    assert between(network, ADULT, B, A) == pytest.approx(250.0, rel=1e-9)


def test_stairs_are_half_as_fast_both_ways() -> None:
    network = drawn(builders.LINE, "ab/ bc")
    assert between(network, ADULT, A, B) == between(network, ADULT, B, A) == pytest.approx(500.0, rel=1e-9)
    assert between(network, ADULT, B, C) == pytest.approx(250.0, rel=1e-9)


@given(st.floats(-1.0, 1.0))
def test_stairs_take_twice_as_long_however_steep(slope: float) -> None:
    """Weidmann's 0.61 m/s up and 0.694 m/s down are horizontal speeds: the climb is in them."""
    network = drawn(builders.LINE, "ab/ bc", height=lambda x, _: slope * x)
    assert between(network, ADULT, A, B) == pytest.approx(500.0, rel=1e-9)
    assert between(network, ADULT, B, A) == pytest.approx(500.0, rel=1e-9)


def test_what_may_not_be_walked_takes_forever() -> None:
    network = drawn(builders.LINE, "ab> bc")
    assert between(network, ADULT, A, B) == pytest.approx(250.0, rel=1e-9)
    assert between(network, ADULT, B, A) == np.inf


def test_a_hill_between_two_ends_of_one_height_counts() -> None:
    """288 m in 15 intervals; 7 of them up a fifth, 8 down to where it began. The ends alone would say flat."""
    top_m, height_m = 7 * 19.2, 7 * 19.2 * 0.2
    slope_down = -height_m / (8 * 19.2)  # -0.175

    def hill(x, _):
        return np.where(x < top_m, 0.2 * x, height_m + slope_down * (x - top_m))

    network = drawn(builders.LINE, "ab", step_m=48.0, height=hill)
    up_s = top_m / 1.2 * np.exp(3.5 * 0.2)
    down_s = 8 * 19.2 / 1.2 * np.exp(3.5 * (abs(slope_down + 0.05) - 0.05))
    assert between(network, ADULT, A, (288.0, 0.0)) == pytest.approx(up_s + down_s, rel=1e-5)


def test_a_bridge_runs_straight_across_the_valley() -> None:
    network = drawn(builders.LINE, "ab= bc", height=lambda x, _: np.abs(x - 150.0) * 0.3)
    assert between(network, ADULT, A, B) == pytest.approx(250.0, rel=1e-6)


def test_steeper_than_a_slope_can_be_counts_as_steepest() -> None:
    steep, cliff = (
        drawn(builders.LINE, builders.LINE_STREETS, height=h) for h in (lambda x, _: 0.6 * x, lambda x, _: 3 * x)
    )
    assert between(steep, ADULT, A, B) == pytest.approx(between(cliff, ADULT, A, B), rel=1e-5)


@pytest.mark.parametrize("profile", [WalkProfile("level", 1.2, slope=FLAT), ADULT])
def test_without_slopes_or_without_heights_an_edge_is_one_piece(profile: WalkProfile) -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS, height=hills if profile.slope == FLAT else None)
    impedance = Impedance.of(network, profile)
    assert impedance.piece_indptr.tolist() == list(range(network.n_edges + 1))
    np.testing.assert_array_equal(impedance.piece_s, impedance.edge_s)


def test_pieces_add_up_to_their_edge() -> None:
    impedance = Impedance.of(drawn(builders.KNOT, builders.KNOT_STREETS, height=hills), ADULT)
    for edge, (start, stop) in enumerate(zip(impedance.piece_indptr, impedance.piece_indptr[1:], strict=False)):
        assert stop - start > 1
        np.testing.assert_allclose(impedance.piece_s[start:stop].sum(axis=0), impedance.edge_s[edge], rtol=1e-12)


@each_real("andorra_hills")
def test_real_hills_take_what_tobler_says(real: StreetNetwork) -> None:
    walks = Walks(real, ADULT, snap_nothing(real))
    expected = [(out[-1], back[-1]) for _, out, back in map(walks.clock, range(real.n_edges))]
    np.testing.assert_allclose(Impedance.of(real, ADULT).edge_s, expected, rtol=1e-9)


def test_tobler_on_the_flat_is_the_stated_speed_and_fastest_gently_downhill() -> None:
    """6 exp(-3.5 |S + 0.05|) km/h: 6 at −5 %, 5.04 on the flat, hence a factor of e^0.175 = 1.191."""
    assert TOBLER.speed_factor(np.array([0.0, -0.05, -0.1, 0.1])) == pytest.approx(
        [1, 6 / 5.0368, 1, np.exp(-0.35)], rel=1e-4
    )
    slopes = np.linspace(-0.7, 0.7, 1401)
    assert slopes[TOBLER.speed_factor(slopes).argmax()] == pytest.approx(-0.05)
    assert FLAT.speed_factor(slopes) == pytest.approx(1.0)
    assert SlopeResponse(5.0, 0.0).speed_factor(np.array([0.2])) == pytest.approx([np.exp(-1)])


pieces = st.lists(st.floats(0.5, 60.0), min_size=1, max_size=6).map(lambda s: np.column_stack([s, s[::-1]]))
share = st.floats(0.0, 1.0)


@given(pieces, st.floats(1.0, 500.0), share, share, st.sampled_from([0, 1]))
def test_walking_for_the_time_of_a_stretch_ends_at_its_end(piece_s, length, one, other, column) -> None:
    low, high = sorted([one * length, other * length])
    seconds = stretch_s(0, len(piece_s), piece_s, length, low, high, column)
    up = advance_m(0, len(piece_s), piece_s, length, low, 1, column, seconds)
    down = advance_m(0, len(piece_s), piece_s, length, high, -1, column, seconds)
    slowest = length / len(piece_s) / piece_s[:, column].min()
    assert up == pytest.approx(high, abs=1e-9 * length + 1e-9 * slowest)
    assert down == pytest.approx(low, abs=1e-9 * length + 1e-9 * slowest)


@given(pieces, st.floats(1.0, 500.0), share, share, share, st.sampled_from([0, 1]))
def test_stretches_add_up(piece_s, length, a, b, c, column) -> None:
    low, middle, high = sorted(x * length for x in (a, b, c))
    parts = [stretch_s(0, len(piece_s), piece_s, length, *ends, column) for ends in ((low, middle), (middle, high))]
    assert sum(parts) == pytest.approx(
        stretch_s(0, len(piece_s), piece_s, length, low, high, column), rel=1e-9, abs=1e-9
    )


def test_more_time_than_the_edge_has_ends_at_its_end() -> None:
    one = np.array([[10.0, 20.0]])
    assert advance_m(0, 1, one, 100.0, 30.0, 1, 0, 1e6) == 100.0
    assert advance_m(0, 1, one, 100.0, 30.0, -1, 1, 1e6) == 0.0
    assert advance_m(0, 1, one, 100.0, 30.0, -1, 1, 2.0) == pytest.approx(20.0)
    assert advance_m(0, 1, np.array([[10.0, np.inf]]), 100.0, 30.0, -1, 1, 5.0) == 30.0
