"""Reach on whatever streets Hypothesis draws: plain Dijkstra, symmetry, monotony, invariance."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.engine.reach import Reach, Sources
from geo.engine.snapping import snap_xy
from geo.params import ADULT, SnapParams, WalkProfile
from geo.streets.network import StreetNetwork
from geo.streets.table import NO_BACKWARD, NO_FORWARD
from tests.geo import builders
from tests.geo.builders import at, build, grid, hills, spots, street_plans
from tests.geo.reference import Walks, merged
from tests.geo.test_reach import ABSOLUTE_S, RELATIVE, WIDE, all_places, assert_same_times, dense, full

few = settings(max_examples=60, deadline=None)
budgets = st.integers(20, 1_200).map(float)
ground = st.sampled_from([None, hills])
directions = st.sampled_from(["to", "from"])


@few
@given(street_plans(), spots(), ground, directions, budgets)
def test_node_times_are_those_of_plain_dijkstra(plan, points, height, direction, budget_s) -> None:
    network = build(*plan, height=height)
    places = all_places(network, points)
    found = Reach(network, ADULT, budget_s, direction=direction).nodes(Sources.each(places))
    expected = Walks(network, ADULT, places).times(direction, budget_s + 1.0)[:, : network.n_nodes]
    assert_same_times(dense(found, network.n_nodes), expected, budget_s)


@few
@given(street_plans(), spots(), spots(), ground, directions, budgets)
def test_matrix_is_the_least_over_ways_through_nodes_and_along_the_shared_edge(
    plan, origins, ends, height, direction, budget_s
) -> None:
    network = build(*plan, height=height)
    places = all_places(network, origins + ends)
    a, b = np.arange(len(origins)), np.arange(len(origins), len(places))
    reach = Reach(network, ADULT, budget_s, direction=direction)
    matrix = full(reach.matrix(places.take(a), places.take(b)))
    walks = Walks(network, ADULT, places)
    assert_same_times(matrix, walks.doors(direction, budget_s + 1.0, a, b), budget_s)
    nodes = walks.times(direction, budget_s + 1.0, a)[:, : network.n_nodes]
    through = nodes[:, network.edge_nodes[places.edge[b]]] + reach.end_seconds(places.take(b), outward=True)[None]
    apart = places.edge[a][:, None] != places.edge[b][None]
    assert_same_times(np.where(apart, matrix, np.inf), np.where(apart, through.min(axis=2), np.inf), budget_s)


@few
@given(street_plans(one_ways=False), spots(min_size=2), budgets)
def test_on_flat_streets_without_one_ways_there_and_back_take_the_same(plan, points, budget_s) -> None:
    network = build(*plan)
    places = all_places(network, points)
    seconds = full(Reach(network, ADULT, budget_s).matrix(places, places))
    assert_same_times(seconds, seconds.T, budget_s)


def turned_around(network: StreetNetwork) -> StreetNetwork:
    """Every one-way street reversed, the ground turned upside down: a slope of s becomes one of -s."""
    forward, backward = (network.edge_flags & flag != 0 for flag in (NO_FORWARD, NO_BACKWARD))
    flags = network.edge_flags & ~np.uint8(NO_FORWARD | NO_BACKWARD)
    flags = flags | forward * np.uint8(NO_BACKWARD) | backward * np.uint8(NO_FORWARD)
    return replace(network, edge_flags=flags.astype(np.uint8), sample_z=-network.sample_z)


@few
@given(street_plans(), spots(), ground, budgets)
def test_to_is_from_on_the_reversed_network(plan, points, height, budget_s) -> None:
    network = build(*plan, height=height)
    sources = Sources.each(all_places(network, points))
    there = Reach(network, ADULT, budget_s, direction="to").nodes(sources)
    back = Reach(turned_around(network), ADULT, budget_s, direction="from").nodes(sources)
    assert_same_times(dense(there, network.n_nodes), dense(back, network.n_nodes), budget_s)


@few
@given(street_plans(), spots(), ground, directions, budgets, budgets)
def test_a_larger_budget_reaches_no_less_and_no_later(plan, points, height, direction, one, other) -> None:
    network = build(*plan, height=height)
    sources = Sources.each(all_places(network, points))
    small, large = (
        dense(Reach(network, ADULT, budget, direction=direction).nodes(sources), network.n_nodes)
        for budget in sorted([one, other])
    )
    assert np.all(large[np.isfinite(small)] <= small[np.isfinite(small)] * (1 + RELATIVE) + ABSOLUTE_S)


@few
@given(
    street_plans(), spots(min_size=2), directions, budgets,
    st.tuples(st.integers(-9_999, 9_999), st.integers(-9_999, 9_999)),
)  # fmt: skip
def test_moving_everything_changes_no_time(plan, points, direction, budget_s, shift) -> None:
    here, there = build(*plan), build(*plan, shift=shift)
    first, second = snap_xy(here, at(*points), WIDE), snap_xy(there, at(*points) + shift, WIDE)
    np.testing.assert_allclose(first.access_m, second.access_m, atol=1e-6)
    # Where two places are equally near, a nanometer decides between them: such points are left out.
    same = here.edge_way[first.edge] == there.edge_way[second.edge]
    same &= np.abs(first.offset_m - second.offset_m) < 1e-6
    keep = np.flatnonzero(same)
    tables = [
        full(Reach(network, ADULT, budget_s, direction=direction).matrix(places.take(keep), places.take(keep)))
        for network, places in ((here, first), (there, second))
    ]
    assert_same_times(*tables, budget_s)


@few
@given(st.data(), ground, directions, budgets)
def test_splitting_an_edge_changes_nothing(data, height, direction, budget_s) -> None:
    """A straight street of k samples' intervals, cut at one of them: 18 m each, below the spacing of 20 m."""
    nodes, streets = data.draw(street_plans())
    intervals = data.draw(st.integers(2, 9))
    at_interval = data.draw(st.integers(1, intervals - 1))
    flags = data.draw(st.sampled_from([0, NO_BACKWARD]))
    far, cut_at = (18.0 * intervals, 1_000.0), (18.0 * at_interval, 1_000.0)
    ends = [*nodes, (0.0, 1_000.0), far]
    n = len(nodes)
    ways = [*streets, builders.Street(0, n), builders.Street(n + 1, len(nodes) - 1)]
    whole = build(ends, [*ways, builders.Street(n, n + 1, flags=flags)], height=height)
    halves = [builders.Street(n, n + 2, flags=flags), builders.Street(n + 2, n + 1, flags=flags)]
    split = build([*ends, cut_at], ways + halves, height=height)
    inner = st.floats(1.0, 18.0 * intervals - 1.0).map(lambda x: (x, 1_001.0))
    points = data.draw(st.lists(inner, min_size=2, max_size=4))
    tables = []
    for network in (whole, split):
        places = snap_xy(network, at(*points), SnapParams(max_distance_m=2.0))
        assert places.snapped.all()
        tables.append(full(Reach(network, ADULT, budget_s, direction=direction).matrix(places, places)))
    assert_same_times(*tables, budget_s)


@few
@given(street_plans(), spots(min_size=2, max_size=8), ground, directions, budgets, st.data())
def test_a_source_of_several_places_is_as_near_as_the_nearest_of_them(
    plan, points, height, direction, budget_s, data
) -> None:
    network = build(*plan, height=height)
    places = all_places(network, points)
    members = data.draw(st.lists(st.integers(0, 2), min_size=len(points), max_size=len(points)))
    group = np.array(members, dtype=np.int64)
    reach = Reach(network, ADULT, budget_s, direction=direction)
    grouped = Sources.grouped(places, group, 4)  # number 3 has no place at all
    each = dense(reach.nodes(Sources.each(places)), network.n_nodes)
    np.testing.assert_array_equal(dense(reach.nodes(grouped), network.n_nodes), merged(each, group, 4))
    ends = snap_xy(network, network.node_xy, WIDE)
    each_door = full(reach.matrix(places, ends))
    assert_same_times(full(reach.matrix(grouped, ends)), merged(each_door, group, 4), budget_s)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_of_equally_near_centers_the_first_is_the_nearest(order: tuple[int, ...]) -> None:
    """Three corners of 8 × 8 blocks, in every order: whole diagonals of crossings are ties."""
    blocks = 8
    network = grid(blocks, blocks, 100.0)
    corners = np.array([(0, 0), (blocks, 0), (blocks, blocks)])[list(order)]
    crossing = np.rint(builders.local(network.node_xy) / 100.0)
    steps = np.abs(crossing[:, None] - corners).sum(axis=2)
    sources = Sources.each(snap_xy(network, at(*map(tuple, corners * 100.0))))
    owner, seconds = Reach(network, WalkProfile("exact", 1.0), 1_800.0).nearest(sources)
    np.testing.assert_array_equal(owner, steps.argmin(axis=1))
    np.testing.assert_allclose(seconds, steps.min(axis=1) * 100.0, atol=1e-4)


@few
@given(street_plans(), spots(max_size=8), ground, directions, budgets)
def test_nearest_is_the_first_of_the_least(plan, points, height, direction, budget_s) -> None:
    network = build(*plan, height=height)
    sources = Sources.each(all_places(network, points + points[:2]))  # two sources stand at the same place
    reach = Reach(network, ADULT, budget_s, direction=direction)
    owner, seconds = reach.nearest(sources)
    single = dense(reach.nodes(sources), network.n_nodes)
    np.testing.assert_array_equal(seconds, single.min(axis=0))
    np.testing.assert_array_equal(owner, np.where(np.isfinite(seconds), single.argmin(axis=0), -1))
