"""Pieces: reached street, cut where the budget ends, by block arithmetic and by an independent count."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.catchments.pieces import Pieces, cut
from geo.engine import kernels
from geo.engine.reach import Reach, Sources
from geo.engine.snapping import snap_xy
from geo.params import ADULT, CHILD, ELDERLY, SnapParams, WalkProfile
from geo.streets.network import StreetNetwork
from geo.streets.table import NO_BACKWARD
from tests.geo import builders
from tests.geo.builders import Street, at, build, drawn, grid, hills, spots, street_plans
from tests.geo.conftest import doorsteps, each_real
from tests.geo.reference import Walks, merged

Direction = Literal["to", "from"]
both_ways = pytest.mark.parametrize("direction", ["to", "from"])
PACE = WalkProfile("exact", 1.0)
WIDE = SnapParams(max_distance_m=2_000.0)


def pieces_of(
    network: StreetNetwork, points: list[builders.XY], *cutoffs_s: float, direction: Direction = "to"
) -> Pieces:
    reach = Reach(network, PACE, max(cutoffs_s), direction=direction)
    return cut(reach, Sources.each(snap_xy(network, at(*points), WIDE)), np.array(cutoffs_s))


def stretches(network: StreetNetwork, pieces: Pieces, source: int = 0, cutoff: int = 0) -> shapely.Geometry:
    """All reached stretches of one row in meters from the origin."""
    lines = pieces.lines(network, source, cutoff)
    return shapely.transform(shapely.union_all(lines), builders.local)


@pytest.mark.parametrize(("profile", "blocks", "rest_m"), [(ADULT, 9, 0), (ELDERLY, 6, 0), (CHILD, 7, 60)])
def test_street_length_on_a_grid(profile: WalkProfile, blocks: int, rest_m: float) -> None:
    """A diamond of k blocks holds 4 k² streets, and 8 k + 4 lead out of it."""
    network = grid(24, 24, 120.0)
    center = Sources.each(snap_xy(network, at((12 * 120, 12 * 120))))
    length_m = cut(Reach(network, profile, 900.0), center, np.array([900.0])).length_m()
    assert length_m[0, 0] == pytest.approx(4 * blocks**2 * 120 + (8 * blocks + 4) * rest_m, abs=1e-2)


def test_cutoffs_of_one_search_are_those_of_each_alone() -> None:
    network = grid(12, 12, 100.0)
    together = pieces_of(network, [(630.0, 600.0)], 130.0, 300.0, 450.0)
    for k, cutoff_s in enumerate((130.0, 300.0, 450.0)):
        alone = pieces_of(network, [(630.0, 600.0)], cutoff_s)
        np.testing.assert_allclose(together.length_m()[0, k], alone.length_m()[0, 0], atol=1e-3)


def test_pieces_end_where_the_budget_ends() -> None:
    """From 100 m along a 600 m line, 250 s at 1 m/s: back to its start at 0 and on to 350 m."""
    network = drawn(builders.LINE, builders.LINE_STREETS)
    reached = stretches(network, pieces_of(network, [(100.0, 0.0)], 250.0))
    assert reached.length == pytest.approx(350.0, abs=1e-5)
    assert reached.bounds == pytest.approx((0.0, 0.0, 350.0, 0.0), abs=1e-5)


def test_the_way_from_the_door_is_walked_first() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    pieces = pieces_of(network, [(300.0, 80.0)], 50.0, 80.0, 100.0)
    np.testing.assert_allclose(pieces.length_m(), [[0.0, 0.0, 40.0]], atol=1e-5)


def test_an_edge_reached_from_both_ends_keeps_a_gap_until_they_meet() -> None:
    """The ring is 800 m around: after 350 s from a corner 100 m are left, opposite; after 400 s none."""
    network = drawn(builders.RING, builders.RING_STREETS)
    for seconds, expected in ((350.0, 700.0), (399.0, 798.0), (400.0, 800.0), (500.0, 800.0)):
        assert pieces_of(network, [(0.0, 0.0)], seconds).length_m()[0, 0] == pytest.approx(expected, abs=1e-4)
    missing = stretches(network, pieces_of(network, [(0.0, 0.0)], 350.0))
    assert missing.distance(shapely.Point(200, 200)) == pytest.approx(50.0, abs=1e-4)


def test_a_loop_is_walked_from_its_junction_both_ways() -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS)
    c = (450.0, 0.0)
    assert pieces_of(network, [c], 150.0).length_m()[0, 0] == pytest.approx(2 * 150 + 150, abs=1e-4)
    assert pieces_of(network, [c], 220.0).length_m()[0, 0] == pytest.approx(400 + 220, abs=1e-4)


def test_a_door_in_a_loop_walks_it_both_ways_and_out_of_it() -> None:
    """100 m into the loop of 400 m, 350 s: all of the loop, and 250 m beyond the junction."""
    network = drawn(builders.KNOT, builders.KNOT_STREETS)
    assert pieces_of(network, [(450.0, 100.0)], 90.0).length_m()[0, 0] == pytest.approx(180.0, abs=1e-4)
    assert pieces_of(network, [(450.0, 100.0)], 350.0).length_m()[0, 0] == pytest.approx(400 + 250, abs=1e-4)


def test_parallel_streets_are_both_reached() -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS)
    length_m = pieces_of(network, [(0.0, 0.0)], 250.0, 300.0).length_m()
    np.testing.assert_allclose(length_m, [[200 + 250 + 50 + 50, 200 + 400 + 100]], atol=1e-4)


def test_of_a_one_way_footpath_only_what_leads_to_the_center_is_reached() -> None:
    """Residents on ab walk to b only: from a center at a none of it is within 150 s, from one at b all of 150 m."""
    network = drawn(builders.ONE_WAY, builders.ONE_WAY_STREETS)
    a, b = (0.0, 200.0), (200.0, 200.0)
    for center, direction, expected in [(a, "to", 150), (b, "to", 300), (a, "from", 300), (b, "from", 150)]:
        length_m = pieces_of(network, [center], 150.0, direction=direction).length_m()
        assert length_m[0, 0] == pytest.approx(expected, abs=1e-4), (center, direction)


def test_services_on_one_street_share_it() -> None:
    """Doors at 100 and 250 m of a line, 60 s: 40–160 and 190–310; after 80 s they have met."""
    network = drawn(builders.LINE, builders.LINE_STREETS)
    center = Sources.grouped(snap_xy(network, at((100.0, 0.0), (250.0, 0.0))), np.zeros(2, np.int64), 1)
    pieces = cut(Reach(network, PACE, 80.0), center, np.array([60.0, 80.0]))
    np.testing.assert_allclose(pieces.length_m(), [[240.0, 310.0]], atol=1e-4)
    first = stretches(network, pieces)
    assert not first.intersects(shapely.LineString([(161, 0), (189, 0)]))


def test_pieces_follow_the_bends_of_their_street() -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS)
    around = stretches(network, pieces_of(network, [(0.0, 50.0)], 120.0))
    drawn_line = shapely.union_all(
        [shapely.LineString([(0, 0), (0, 100), (70, 100)]), shapely.LineString([(0, 0), (70, 0)])]
    )
    assert around.hausdorff_distance(drawn_line) < 1e-4


def test_a_street_of_no_length_does_no_harm() -> None:
    nodes = [(0.0, 0.0), (100.0, 0.0), (100.0, 0.0), (200.0, 0.0)]
    network = build(nodes, [Street(0, 1), Street(1, 2), Street(2, 3)])
    pieces = pieces_of(network, [(30.0, 0.0), (100.0, 5.0)], 500.0)
    np.testing.assert_allclose(pieces.length_m(), [[200.0], [200.0]], atol=1e-5)


def test_on_a_slope_the_cut_lies_where_tobler_puts_it() -> None:
    """A tenth up takes e^0.35 as long: 100 s carry 100 e^-0.35 m up and 100 m down."""
    network = drawn(builders.LINE, builders.LINE_STREETS, height=lambda x, _: 0.1 * x)
    reached = stretches(network, pieces_of(network, [(250.0, 0.0)], 100.0, direction="from"))
    assert reached.bounds == pytest.approx((150.0, 0.0, 250 + 100 * np.exp(-0.35), 0.0), abs=1e-3)
    to_center = stretches(network, pieces_of(network, [(250.0, 0.0)], 100.0, direction="to"))
    assert to_center.bounds == pytest.approx((250 - 100 * np.exp(-0.35), 0.0, 350.0, 0.0), abs=1e-3)


# --- independent count ------------------------------------------------------------------------------


@each_real()
@both_ways
def test_street_length_on_real_streets_agrees_with_an_independent_count(
    real: StreetNetwork, direction: Direction
) -> None:
    places = doorsteps(real, 20, seed=9)
    cutoffs_s = np.array([300.0, 600.0, 900.0])
    found = cut(Reach(real, ADULT, 900.0, direction=direction), Sources.each(places), cutoffs_s).length_m()
    walks = Walks(real, ADULT, places)
    times = walks.times(direction, 900.0)
    expected = [[walks.reached_m(row, direction, cutoff_s) for cutoff_s in cutoffs_s] for row in times]
    assert np.min(expected) > 50.0
    np.testing.assert_allclose(found, expected, rtol=1e-6)


few = settings(max_examples=60, deadline=None)
budgets = st.integers(20, 900).map(float)
ground = st.sampled_from([None, hills])
directions = st.sampled_from(["to", "from"])


@few
@given(street_plans(), spots(max_size=6), ground, directions, budgets, st.data())
def test_length_of_any_drawing_agrees_with_an_independent_count(
    plan, points, height, direction, budget_s, data
) -> None:
    """Centers of one or several service points, on whatever streets."""
    network = build(*plan, height=height)
    places = snap_xy(network, at(*points), WIDE)
    members = data.draw(st.lists(st.integers(0, 1), min_size=len(points), max_size=len(points)))
    group = np.array(members, dtype=np.int64)
    cutoffs_s = np.array([budget_s / 2, budget_s])
    reach = Reach(network, ADULT, budget_s, direction=direction)
    pieces = cut(reach, Sources.grouped(places, group, 2), cutoffs_s)
    walks = Walks(network, ADULT, places)
    times = merged(walks.times(direction, budget_s), group, 2)
    expected = [[walks.reached_m(row, direction, cutoff_s) for cutoff_s in cutoffs_s] for row in times]
    np.testing.assert_allclose(pieces.length_m(), expected, rtol=1e-6, atol=1e-4)
    assert_disjoint(network, pieces)


def assert_disjoint(network: StreetNetwork, pieces: Pieces) -> None:
    """Stretches lie on their edges and do not overlap within a row."""
    assert np.all(pieces.low_m >= 0)
    assert np.all(pieces.low_m < pieces.high_m)
    assert np.all(pieces.high_m <= network.edge_length_m[pieces.edge] + 1e-9)
    row = np.repeat(np.arange(len(pieces.indptr) - 1), np.diff(pieces.indptr))
    order = np.lexsort((pieces.low_m, pieces.edge, row))
    same = (np.diff(row[order]) == 0) & (np.diff(pieces.edge[order]) == 0)
    assert np.all(pieces.low_m[order][1:][same] >= pieces.high_m[order][:-1][same])


@few
@given(street_plans(), spots(), ground, directions, st.lists(st.integers(5, 900), min_size=2, max_size=4, unique=True))
def test_a_larger_budget_never_shrinks_what_is_reached(plan, points, height, direction, cutoffs) -> None:
    network = build(*plan, height=height)
    cutoffs_s = np.sort(np.array(cutoffs, dtype=float))
    reach = Reach(network, ELDERLY, cutoffs_s[-1], direction=direction)
    pieces = cut(reach, Sources.each(snap_xy(network, at(*points), WIDE)), cutoffs_s)
    for source in range(len(points)):
        for smaller in range(len(cutoffs_s) - 1):
            inner, outer = (row_of(pieces, source, k) for k in (smaller, smaller + 1))
            for edge, low, high in inner:
                assert any(e == edge and a <= low + 1e-9 and b >= high - 1e-9 for e, a, b in outer)


def row_of(pieces: Pieces, source: int, cutoff: int) -> list[tuple[int, float, float]]:
    row = slice(*pieces.indptr[source * pieces.n_cutoffs + cutoff :][:2])
    return list(zip(pieces.edge[row], pieces.low_m[row], pieces.high_m[row], strict=True))


@few
@given(st.data(), ground, directions, budgets)
def test_splitting_an_edge_changes_no_length(data, height, direction, budget_s) -> None:
    """A straight street of k intervals between samples, cut at one of them: 18 m each, below the spacing of 20 m."""
    intervals = data.draw(st.integers(2, 9))
    split_m, end_m = 18.0 * data.draw(st.integers(1, intervals - 1)), 18.0 * intervals
    flags = data.draw(st.sampled_from([0, NO_BACKWARD]))
    around = Street(0, 1, via=((0.0, 90.0), (end_m, 70.0)))
    whole = build([(0.0, 0.0), (end_m, 0.0)], [around, Street(0, 1, flags=flags)], height=height)
    halves = [Street(0, 2, flags=flags), Street(2, 1, flags=flags)]
    split = build([(0.0, 0.0), (end_m, 0.0), (split_m, 0.0)], [around, *halves], height=height)
    points = [(x, 1.0) for x in data.draw(st.lists(st.floats(1.0, end_m - 1.0), min_size=1, max_size=4))]
    lengths = [pieces_of(n, points, budget_s / 3, budget_s, direction=direction).length_m() for n in (whole, split)]
    np.testing.assert_allclose(*lengths, rtol=1e-6, atol=1e-4)


def test_a_square_with_more_streets_than_the_pool_has_room_is_cut_again() -> None:
    rays = kernels.POOL + 100
    angle = np.linspace(0, 2 * np.pi, rays, endpoint=False)
    ends = [(float(x), float(y)) for x, y in zip(100 * np.cos(angle), 100 * np.sin(angle), strict=True)]
    network = build([(0.0, 0.0), *ends], [Street(0, i + 1) for i in range(rays)])
    assert pieces_of(network, [(0.0, 0.0)], 25.0).length_m()[0, 0] == pytest.approx(25.0 * rays, rel=1e-6)
    assert pieces_of(network, [(0.0, 0.0)], 100.0).length_m()[0, 0] == pytest.approx(100.0 * rays, rel=1e-6)


def test_a_center_on_no_street_has_no_pieces() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    pieces = cut(
        Reach(network, PACE, 60.0), Sources.each(snap_xy(network, at((0.0, 9e3), (0.0, 0.0)))), np.array([60.0])
    )
    np.testing.assert_allclose(pieces.length_m(), [[0.0], [60.0]], atol=1e-6)
    assert len(pieces.lines(network, 0, 0)) == 0
