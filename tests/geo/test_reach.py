"""Reach: block arithmetic, SciPy's Dijkstra on real streets, and properties on drawn ones."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
import pytest

from geo.engine import kernels
from geo.engine.reach import CostMatrix, NodeTimes, Reach, Sources
from geo.engine.snapping import Places, snap_xy
from geo.errors import ParameterError
from geo.params import ADULT, CHILD, ELDERLY, FLAT, TIE_S, SnapParams, WalkProfile
from geo.streets.network import StreetNetwork
from geo.streets.table import NO_BACKWARD
from tests.geo import builders
from tests.geo.builders import at, build, drawn, grid, hills, node_at
from tests.geo.conftest import doorsteps, each_real
from tests.geo.reference import Walks

Direction = Literal["to", "from"]
both_ways = pytest.mark.parametrize("direction", ["to", "from"])

RELATIVE = 1e-6
ABSOLUTE_S = 1e-6
WIDE = SnapParams(max_distance_m=2_000.0)


def dense(times: NodeTimes, n_nodes: int) -> np.ndarray:
    """Seconds (s, n), inf where out of reach; each node is listed at most once."""
    table = np.full((len(times.indptr) - 1, n_nodes), np.inf)
    row = np.repeat(np.arange(len(table)), np.diff(times.indptr))
    assert len(np.unique(row * n_nodes + times.node)) == len(row)
    table[row, times.node] = times.seconds
    return table


def full(matrix: CostMatrix) -> np.ndarray:
    table = np.full(matrix.shape, np.inf)
    assert len(np.unique(matrix.row * matrix.n_destinations + matrix.index)) == len(matrix.index)
    table[matrix.row, matrix.index] = matrix.seconds
    return table


def assert_same_times(found: np.ndarray, expected: np.ndarray, limit_s: float) -> None:
    """Equal to a millionth, and the same ones reached unless within a millisecond of the limit."""
    differ = np.isfinite(found) != (expected <= limit_s)
    assert np.all(np.abs(expected[differ] - limit_s) <= TIE_S + ABSOLUTE_S)
    both = np.isfinite(found) & np.isfinite(expected)
    np.testing.assert_allclose(found[both], expected[both], rtol=RELATIVE, atol=ABSOLUTE_S)


def all_places(network: StreetNetwork, points: list[builders.XY]) -> Places:
    return snap_xy(network, at(*points), WIDE)


# --- block arithmetic -------------------------------------------------------------------------------


@pytest.mark.parametrize(("profile", "blocks"), [(ADULT, 9), (CHILD, 7), (ELDERLY, 6)])
def test_on_a_grid_the_reached_crossings_are_a_diamond(profile: WalkProfile, blocks: int) -> None:
    """Blocks of 120 m: adults walk 9 in 15 minutes exactly (a tie, and reached), the elderly 6, with a child 7.5."""
    network = grid(24, 24, 120.0)
    reach = Reach(network, profile, 900.0)
    times = reach.nodes(Sources.each(snap_xy(network, at((12 * 120, 12 * 120)))))
    steps = np.abs(builders.local(network.node_xy[times.node]) / 120.0 - 12).sum(axis=1)
    assert len(times.node) == 2 * blocks * (blocks + 1) + 1
    assert np.rint(steps).max() == blocks
    np.testing.assert_allclose(times.seconds, np.rint(steps) * 120.0 / profile.speed_mps, rtol=0, atol=1e-5)


def test_a_door_in_the_block_walks_its_own_way_first() -> None:
    r"""40 m along a block of 120 m, 12 m off the street: 10 s to the street, then 33⅓ s and 66⅔ s to the corners."""
    network = grid(2, 1, 120.0)
    times = Reach(network, ADULT, 600.0).nodes(Sources.each(snap_xy(network, at((40.0, -12.0)))))
    seconds = dict(zip(times.node.tolist(), times.seconds, strict=True))
    west, east, far = (node_at(network, (x, 0.0)) for x in (0.0, 120.0, 240.0))
    assert seconds[west] == pytest.approx(10 + 40 / 1.2, abs=1e-5)
    assert seconds[east] == pytest.approx(10 + 80 / 1.2, abs=1e-5)
    assert seconds[far] == pytest.approx(10 + 200 / 1.2, abs=1e-5)


@pytest.mark.parametrize(("over_s", "count"), [(0.0, 3), (0.9 * TIE_S, 3), (2.1 * TIE_S, 2)])
def test_a_tie_counts_and_what_is_later_by_more_than_rounding_does_not(over_s: float, count: int) -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    reach = Reach(network, WalkProfile("exact", 1.0), 600.0 - over_s)
    assert len(reach.nodes(Sources.each(snap_xy(network, at((0.0, 0.0))))).node) == count


def test_of_parallel_streets_the_shorter_one_counts_and_a_loop_costs_nothing() -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS)
    times = dense(
        Reach(network, WalkProfile("exact", 1.0), 900.0).nodes(Sources.each(all_places(network, [(0, 0)]))), 3
    )
    assert times[0, node_at(network, (200.0, 0.0))] == pytest.approx(200.0, abs=1e-5)
    assert times[0, node_at(network, (450.0, 0.0))] == pytest.approx(450.0, abs=1e-5)


def test_water_is_not_walked() -> None:
    network = drawn(builders.ISLANDS, builders.ISLANDS_STREETS)
    times = Reach(network, ADULT, 14_400.0).nodes(Sources.each(all_places(network, [(100.0, 0.0)])))
    assert sorted(builders.local(network.node_xy[times.node])[:, 0].round()) == [0.0, 200.0]


def test_a_one_way_footpath_is_walked_its_way_only() -> None:
    """From a to b 200 m one way; the others must walk the three other sides: 600 m."""
    network = drawn(builders.ONE_WAY, builders.ONE_WAY_STREETS)
    a, b = all_places(network, [(0.0, 200.0)]), all_places(network, [(200.0, 200.0)])
    profile = WalkProfile("exact", 1.0)
    for direction, origin, destination, expected in [
        ("from", a, b, 200.0),
        ("from", b, a, 600.0),
        ("to", a, b, 600.0),  # people at b walk to a
        ("to", b, a, 200.0),
    ]:
        matrix = Reach(network, profile, 900.0, direction=direction).matrix(origin, destination)
        assert matrix.seconds == pytest.approx([expected], abs=1e-5)


def test_within_a_one_way_footpath_the_way_back_is_around() -> None:
    network = drawn(builders.ONE_WAY, builders.ONE_WAY_STREETS)
    places = all_places(network, [(50.0, 200.0), (150.0, 200.0)])
    seconds = full(Reach(network, WalkProfile("exact", 1.0), 900.0, direction="from").matrix(places, places))
    np.testing.assert_allclose(seconds, [[0.0, 100.0], [700.0, 0.0]], atol=1e-5)


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_a_door_on_the_corner_of_a_one_way_footpath_leaves_by_either_street(degrees: int) -> None:
    """Turned by any angle, so that rounding puts the corner's door now on one street, now a hair into the other."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    corners = [(x * cos - y * sin, x * sin + y * cos) for x, y in [(0, 200), (200, 200), (200, 0), (0, 0)]]
    ring = [builders.Street(i, (i + 1) % 4, flags=NO_BACKWARD if i == 0 else 0) for i in range(4)]
    network = build(corners, ring)
    doors = snap_xy(network, at(*corners))
    seconds = full(Reach(network, WalkProfile("exact", 1.0), 900.0, direction="from").matrix(doors, doors))
    expected = [[0, 200, 400, 200], [600, 0, 200, 400], [400, 200, 0, 200], [200, 400, 200, 0]]
    np.testing.assert_allclose(seconds, expected, atol=1e-5)


def test_uphill_is_slower_than_downhill_as_tobler_says() -> None:
    """On a tenth up speed is e^-0.35 of the flat; a tenth down |−0.1 + 0.05| = |0 + 0.05|: as on the flat."""
    network = drawn(builders.LINE, builders.LINE_STREETS, height=lambda x, _: 0.1 * x)
    foot, top = all_places(network, [(0.0, 0.0)]), all_places(network, [(600.0, 0.0)])
    up, down = 600 / 1.2 * np.exp(0.35), 600 / 1.2
    assert Reach(network, ADULT, 1_800.0, direction="to").matrix(top, foot).seconds == pytest.approx([up], rel=1e-6)
    assert Reach(network, ADULT, 1_800.0, direction="from").matrix(top, foot).seconds == pytest.approx([down], rel=1e-6)
    level = WalkProfile("level", 1.2, slope=FLAT)
    assert Reach(network, level, 1_800.0).matrix(top, foot).seconds == pytest.approx([down], rel=1e-6)


# --- real streets -----------------------------------------------------------------------------------


@each_real()
@both_ways
def test_times_on_real_streets_agree_with_scipy(real: StreetNetwork, direction: Direction) -> None:
    places = doorsteps(real, 40)
    assert places.snapped.all()
    assert np.any((places.offset_m > 1) & (places.offset_m < real.edge_length_m[places.edge] - 1))
    found = Reach(real, ADULT, 900.0, direction=direction).nodes(Sources.each(places))
    expected = Walks(real, ADULT, places).times(direction, 900.0 + 1.0)[:, : real.n_nodes]
    assert (expected <= 900.0).sum() > 40 * 5
    assert_same_times(dense(found, real.n_nodes), expected, 900.0)


@each_real("bayfront", "porto_alegre_hills", "andorra_hills")
@both_ways
def test_matrices_on_real_streets_agree_with_scipy(real: StreetNetwork, direction: Direction) -> None:
    places = doorsteps(real, 120, seed=8)
    origins, ends = np.arange(20), np.arange(120)  # each origin is a destination too
    matrix = Reach(real, ELDERLY, 1_800.0, direction=direction).matrix(places.take(origins), places)
    expected = Walks(real, ELDERLY, places).doors(direction, 1_800.0 + 1.0, origins, ends)
    expected[origins, origins] = 2 * places.access_m[origins] / ELDERLY.speed_mps
    assert_same_times(full(matrix), expected, 1_800.0)


@each_real("porto_alegre_hills")
def test_to_and_from_differ_on_hills(real: StreetNetwork) -> None:
    sources = Sources.each(doorsteps(real, 5))
    to, away = (dense(Reach(real, ADULT, 900.0, direction=d).nodes(sources), real.n_nodes) for d in ("to", "from"))
    both = np.isfinite(to) & np.isfinite(away)
    assert np.abs(to[both] - away[both]).max() > 30.0


@each_real("porto")
def test_threads_and_order_of_sources_change_nothing(real: StreetNetwork) -> None:
    """600 sources are three tasks; the answer must not depend on who does which, nor on what was asked before."""
    places = doorsteps(real, 600)
    alone, shared = (Reach(real, ADULT, 300.0, threads=n) for n in (1, 4))
    times, again = alone.nodes(Sources.each(places)), shared.nodes(Sources.each(places))
    third = shared.nodes(Sources.each(places))
    for other in (again, third):
        assert np.array_equal(times.indptr, other.indptr)
        assert np.array_equal(times.node, other.node)
        assert np.array_equal(times.seconds, other.seconds)
    order = np.random.default_rng(3).permutation(600)
    shuffled = shared.nodes(Sources.each(places.take(order)))
    for row, source in enumerate(order[:50]):
        mine, theirs = slice(*times.indptr[source : source + 2]), slice(*shuffled.indptr[row : row + 2])
        assert dict(zip(times.node[mine], times.seconds[mine], strict=True)) == dict(
            zip(shuffled.node[theirs], shuffled.seconds[theirs], strict=True)
        )


@each_real("porto_alegre_hills")
def test_nearest_on_real_streets_is_the_least_of_the_single_searches(real: StreetNetwork) -> None:
    sources = Sources.each(doorsteps(real, 40))
    reach = Reach(real, ADULT, 1_200.0)
    owner, seconds = reach.nearest(sources)
    single = dense(reach.nodes(sources), real.n_nodes)
    np.testing.assert_array_equal(seconds, single.min(axis=0))
    np.testing.assert_array_equal(owner, np.where(np.isfinite(seconds), single.argmin(axis=0), -1))


# --- rooms that are too small -----------------------------------------------------------------------


def star(rays: int) -> StreetNetwork:
    """A square where `rays` straight streets of 50 to 100 m meet."""
    angle = np.linspace(0, 2 * np.pi, rays, endpoint=False)
    length = 50.0 + 50.0 * np.arange(rays) / rays
    ends = [(float(r * np.cos(a)), float(r * np.sin(a))) for r, a in zip(length, angle, strict=True)]
    return build([(0.0, 0.0), *ends], [builders.Street(0, i + 1) for i in range(rays)])


def test_a_square_with_more_streets_than_the_pool_has_room_is_searched_again() -> None:
    """All rays wait at once; the pool starts with 2**14 entries and must grow twice."""
    rays = 2 * kernels.POOL + 100
    network = star(rays)
    square = snap_xy(network, at((0.0, 0.0)))
    reach = Reach(network, WalkProfile("exact", 1.0), 75.0)
    lengths = network.edge_length_m
    times = reach.nodes(Sources.each(square))
    within = lengths <= 75.0 + TIE_S
    assert len(times.node) == within.sum() + 1
    np.testing.assert_allclose(np.sort(times.seconds)[1:], np.sort(lengths[within]), atol=1e-6)
    owner, seconds = Reach(network, WalkProfile("exact", 1.0), 101.0).nearest(Sources.each(square))
    assert np.all(owner == 0)
    np.testing.assert_allclose(np.sort(seconds)[1:], np.sort(lengths), atol=1e-6)
    matrix = reach.matrix(square, snap_xy(network, network.node_xy[:500]))
    np.testing.assert_allclose(
        np.sort(matrix.seconds), np.sort(np.hypot(*builders.local(network.node_xy[:500]).T))[: len(matrix.seconds)],
        atol=1e-6,
    )  # fmt: skip


def test_a_source_with_more_doors_than_the_pool_has_room_is_searched_again() -> None:
    """A door in the middle of each ray, all of one center: every end is half a ray away."""
    network = star(kernels.POOL + 100)
    doors = snap_xy(network, (network.node_xy[network.edge_nodes].sum(axis=1)) / 2)
    center = Sources.grouped(doors, np.zeros(len(doors), np.int64), 1)
    times = dense(Reach(network, WalkProfile("exact", 1.0), 60.0).nodes(center), network.n_nodes)
    outward = np.hypot(*builders.local(network.node_xy).T)
    np.testing.assert_allclose(times[0], np.where(outward > 1, outward / 2, 25.0), atol=1e-6)


def test_budgets_at_both_ends_of_the_range() -> None:
    """A quarter second and four hours: the units follow the budget, so neither overflows nor rounds away."""
    network = grid(30, 1, 100.0)
    door = Sources.each(snap_xy(network, at((0.2, 0.0))))
    brief = Reach(network, WalkProfile("exact", 1.0), 0.25).nodes(door)
    assert brief.seconds == pytest.approx([0.2], abs=1e-8)
    long = Reach(network, WalkProfile("exact", 1.0), 14_400.0).nodes(door)
    assert len(long.node) == network.n_nodes
    way_m = np.abs(builders.local(network.node_xy[long.node]) - (0.2, 0.0)).sum(axis=1)
    np.testing.assert_allclose(long.seconds, way_m, rtol=RELATIVE, atol=1e-5)


@pytest.mark.parametrize("budget_s", [0.0, -1.0, np.nan, np.inf, 240 * 60.0 + 1])
def test_a_budget_that_is_no_walking_time_is_refused(budget_s: float) -> None:
    with pytest.raises(ParameterError, match="budget"):
        Reach(grid(1, 1, 100.0), ADULT, budget_s)


# --- edges of the interface -------------------------------------------------------------------------


def test_what_is_on_no_street_keeps_its_row_and_reaches_nothing() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    places = snap_xy(network, at((0.0, 0.0), (9_000.0, 0.0), (600.0, 0.0)))
    reach = Reach(network, ADULT, 900.0)
    assert np.diff(reach.nodes(Sources.each(places)).indptr).tolist() == [3, 0, 3]
    matrix = reach.matrix(places, places)
    np.testing.assert_allclose(full(matrix), [[0, np.inf, 500], [np.inf, np.inf, np.inf], [500, np.inf, 0]], atol=1e-5)


def test_no_sources_and_no_destinations() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    nobody, somebody = snap_xy(network, np.empty((0, 2))), snap_xy(network, at((0.0, 0.0)))
    reach = Reach(network, ADULT, 900.0)
    assert reach.nodes(Sources.each(nobody)).indptr.tolist() == [0]
    assert reach.matrix(nobody, somebody).shape == (0, 1)
    assert reach.matrix(somebody, nobody).shape == (1, 0)
    owner, seconds = reach.nearest(Sources.each(nobody))
    assert owner.tolist() == [-1, -1, -1]
    assert np.isinf(seconds).all()


def test_a_matrix_as_scipy_and_as_a_table() -> None:
    network = drawn(builders.ISLANDS, builders.ISLANDS_STREETS)
    places = all_places(network, [(0.0, 0.0), (200.0, 0.0), (700.0, 0.0)])
    matrix = Reach(network, WalkProfile("exact", 1.0), 900.0).matrix(places, places)
    sparse = matrix.to_scipy()
    assert sparse.nnz == 5  # itself at 0 s is stored, the other island is not
    frame = matrix.to_frame(["甲", "乙", "丙"], ["甲", "乙", "丙"])
    assert frame.origin.tolist() == ["甲", "甲", "乙", "乙", "丙"]
    assert frame.destination.tolist() == ["甲", "乙", "乙", "甲", "丙"]
    assert frame.minutes.tolist() == [0.0, 3.3333, 0.0, 3.3333, 0.0]


def test_all_orders_of_places_in_a_source_give_the_same_times() -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS, height=hills)
    places = all_places(network, [(30.0, 5.0), (250.0, -8.0), (500.0, 90.0)])
    reach = Reach(network, ADULT, 200.0)
    tables = [
        dense(reach.nodes(Sources.grouped(places.take(np.array(order)), np.zeros(3, np.int64), 1)), network.n_nodes)
        for order in itertools.permutations(range(3))
    ]
    for table in tables[1:]:
        np.testing.assert_array_equal(table, tables[0])
