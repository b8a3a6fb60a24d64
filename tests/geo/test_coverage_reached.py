"""Who is reached: weights that tell exactly which demand points were counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.coverage import reached
from geo.engine.reach import CostMatrix, Reach, Sources
from geo.engine.snapping import SnapParams, snap_xy
from geo.params import ADULT, ELDERLY, TIE_S, WalkProfile
from tests.geo import builders
from tests.geo.builders import at, build, drawn, grid, hills, spots, street_plans

SIDE = 7
WIDE = SnapParams(max_distance_m=2_000.0)


def crossings(found: float) -> set[tuple[int, int]]:
    """Which crossings a sum of powers of two stands for."""
    total = int(found)
    assert total == found
    return {divmod(bit, SIDE) for bit in range(SIDE * SIDE) if total >> bit & 1}


@pytest.mark.parametrize(("profile", "blocks"), [(ADULT, (1, 2, 3)), (ELDERLY, (0, 1, 2))])
def test_powers_of_two_tell_which_crossings_are_reached(profile: WalkProfile, blocks: tuple[int, ...]) -> None:
    """Blocks of 120 m in 100, 200 and 300 s: ties for adults, who are 1, 2, 3 blocks away; the elderly need 150 s each.

    The crossing in column c and row r has 2**(7 c + r) residents: their sum names the reached ones.
    """
    network = grid(SIDE - 1, SIDE - 1, 120.0)
    corners = [(column * 120.0, row * 120.0) for column in range(SIDE) for row in range(SIDE)]
    people = 2.0 ** np.arange(SIDE * SIDE)[:, None]
    centers = [(3, 3), (0, 0), (6, 2)]
    matrix = Reach(network, profile, 300.0).matrix(
        snap_xy(network, at(*[(c * 120.0, r * 120.0) for c, r in centers])), snap_xy(network, at(*corners))
    )
    found = reached(matrix, people, np.array([100.0, 200.0, 300.0]))
    for center, (c, r) in enumerate(centers):
        for cutoff, radius in enumerate(blocks):
            expected = {(x, y) for x in range(SIDE) for y in range(SIDE) if abs(x - c) + abs(y - r) <= radius}
            assert crossings(found[center, cutoff, 0]) == expected


@pytest.mark.parametrize(("late_s", "counted"), [(0.0, 5.0), (0.9 * TIE_S, 5.0), (1.1 * TIE_S, 0.0)])
def test_a_tie_counts_as_reached(late_s: float, counted: float) -> None:
    matrix = CostMatrix(np.array([0, 1]), np.array([0], np.uint32), np.array([300.0 + late_s]), 1)
    assert reached(matrix, np.array([[5.0]]), np.array([300.0])).tolist() == [[[counted]]]


times = st.lists(st.lists(st.one_of(st.none(), st.floats(0, 900)), min_size=3, max_size=3), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(
    times,
    st.lists(st.tuples(*[st.integers(0, 99)] * 2), min_size=3, max_size=3),
    st.lists(st.floats(1, 900), max_size=3),
)
def test_sums_are_those_of_a_plain_loop(rows, people, cutoffs) -> None:
    pairs = [[(d, t) for d, t in enumerate(row) if t is not None] for row in rows]
    flat = [pair for row in pairs for pair in row]
    matrix = CostMatrix(
        np.concatenate(([0], np.cumsum([len(row) for row in pairs]))).astype(np.int64),
        np.array([d for d, _ in flat], np.uint32),
        np.array([t for _, t in flat], float),
        3,
    )
    found = reached(matrix, np.array(people, float), np.array(cutoffs, float))
    assert found.shape == (len(rows), len(cutoffs), 2)
    for s, row in enumerate(rows):
        for k, cutoff in enumerate(cutoffs):
            for g in range(2):
                expected = sum(people[d][g] for d, t in enumerate(row) if t is not None and t <= cutoff + TIE_S)
                assert found[s, k, g] == expected


@settings(max_examples=40, deadline=None)
@given(
    street_plans(),
    spots(min_size=2, max_size=5),
    spots(max_size=12),
    st.sampled_from([None, hills]),
    st.integers(20, 600),
)
def test_centers_together_reach_at_most_their_sum_and_at_least_the_largest(
    plan, points, homes, height, budget_s
) -> None:
    """And, as residents are powers of two, exactly the union of whom they reach."""
    network = build(*plan, height=height)
    places, doors = (snap_xy(network, at(*xy), WIDE) for xy in (points, homes))
    people, cutoffs_s = 2.0 ** np.arange(len(homes))[:, None], np.array([budget_s / 2, budget_s])
    reach = Reach(network, ADULT, float(budget_s))
    alone = reached(reach.matrix(places, doors), people, cutoffs_s)[:, :, 0].astype(np.int64)
    one = Sources.grouped(places, np.zeros(len(places), np.int64), 1)
    together = reached(reach.matrix(one, doors), people, cutoffs_s)[0, :, 0].astype(np.int64)
    assert np.array_equal(together, np.bitwise_or.reduce(alone, axis=0))
    assert np.all(together <= alone.sum(axis=0))
    assert np.all(together >= alone.max(axis=0))
    assert np.all(alone[:, 0] & ~alone[:, 1] == 0)  # a longer cutoff reaches all that the shorter does


def test_nobody_on_another_island() -> None:
    network = drawn(builders.ISLANDS, builders.ISLANDS_STREETS)
    places = snap_xy(network, at((0.0, 0.0), (700.0, 0.0)))
    matrix = Reach(network, ADULT, 14_400.0).matrix(places, places)
    assert reached(matrix, np.array([[1.0], [2.0]]), np.array([14_400.0]))[:, 0, 0].tolist() == [1.0, 2.0]
