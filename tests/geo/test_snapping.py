"""Snapping: a brute-force search finds the same street, and traps are stepped around."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from geo.crs import to_lonlat
from geo.engine.snapping import Places, grid_index, snap, snap_xy
from geo.errors import ParameterError
from geo.params import SnapParams
from geo.streets.network import StreetNetwork
from tests.geo import builders
from tests.geo.builders import Street, at, build, drawn, local, spots, street_plans
from tests.geo.conftest import each_real
from tests.geo.reference import edge_lines

EVERY_STREET = SnapParams(max_distance_m=300.0, small_component_m=0.0)


def feet(network: StreetNetwork, places: Places) -> np.ndarray:
    """Where on their streets the snapped places stand, (p, 2)."""
    lines = edge_lines(network)[places.edge[places.snapped]]
    return shapely.get_coordinates(shapely.line_interpolate_point(lines, places.offset_m[places.snapped]))


def assert_nearest(network: StreetNetwork, xy: np.ndarray, params: SnapParams) -> Places:
    """As a search over all lines: the same distance, on a street that has it, at the foot of the perpendicular."""
    places = snap_xy(network, xy, params)
    lines = edge_lines(network)
    points = shapely.points(xy)
    nearest = shapely.STRtree(lines).query_nearest(points, all_matches=False)[1]
    distance = shapely.distance(points, lines[nearest])
    assert np.array_equal(places.snapped, distance <= params.max_distance_m)
    on = places.snapped
    np.testing.assert_allclose(places.access_m[on], distance[on], atol=1e-6)
    np.testing.assert_allclose(shapely.distance(points[on], lines[places.edge[on]]), distance[on], atol=1e-6)
    np.testing.assert_allclose(np.hypot(*(feet(network, places) - xy[on]).T), distance[on], atol=2e-3)
    assert np.isinf(places.access_m[~on]).all()
    assert np.isnan(places.offset_m[~on]).all()
    return places


@each_real("bayfront", "porto_alegre", "andorra")
def test_real_streets_are_found_as_by_a_search_over_all_of_them(real: StreetNetwork) -> None:
    random = np.random.default_rng(1)
    low, high = real.node_xy.min(axis=0) - 500, real.node_xy.max(axis=0) + 500
    places = assert_nearest(real, random.uniform(low, high, (2_000, 2)), EVERY_STREET)
    assert 0 < places.snapped.sum() < 2_000
    near = real.shape_xy[random.integers(0, len(real.shape_xy), 1_000)] + random.normal(0, 30, (1_000, 2))
    assert_nearest(real, near, EVERY_STREET)


def test_points_that_are_no_place_are_listed_without_a_street() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    nowhere = [(v, 0.0) for v in (np.nan, np.inf, -np.inf, 1e25)]
    xy = np.array([*nowhere, *(p[::-1] for p in nowhere), network.node_xy[0]])
    places = snap_xy(network, xy)
    assert places.snapped.tolist() == [False] * 8 + [True]
    assert np.isinf(places.access_m[:8]).all() and np.isnan(places.offset_m[:8]).all()
    assert not snap(network, np.array([[np.nan, np.nan]])).snapped.any()


@pytest.mark.parametrize("reach_m", [20.0, 300.0])
def test_streets_are_found_from_just_as_far_beyond_their_box(reach_m: float) -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    (west, south), (east, north) = network.shape_xy.min(axis=0), network.shape_xy.max(axis=0)
    for away, found in ((reach_m - 1e-6, True), (reach_m + 1e-6, False)):
        xy = np.array([(west - away, south), (east + away, north), (west, south - away), (west, north + away)])
        assert (snap_xy(network, xy, SnapParams(max_distance_m=reach_m)).snapped == found).all()


@settings(max_examples=150, deadline=None)
@given(street_plans(), spots(max_size=20))
def test_any_drawing_is_searched_as_by_brute_force(plan, points) -> None:
    assert_nearest(build(*plan), at(*points), SnapParams(max_distance_m=100.0, small_component_m=0.0))


def test_the_foot_of_the_perpendicular_counts_bends() -> None:
    """Around the knot from a by P and Q to b: beside Q's corner after 100 + 150 m."""
    network = drawn(builders.KNOT, builders.KNOT_STREETS)
    place = snap_xy(network, at((150.0, 130.0)))
    assert place.access_m == pytest.approx([30.0], abs=1e-6)
    forward = network.edge_nodes[place.edge[0], 0] == builders.node_at(network, (0.0, 0.0))
    assert place.offset_m == pytest.approx([250.0 if forward else 150.0], abs=1e-6)


def test_degrees_and_meters_find_the_same_place() -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS)
    xy = at((150.0, 130.0), (420.0, -20.0))
    by_degrees, by_meters = snap(network, to_lonlat(xy, network.crs)), snap_xy(network, xy)
    assert np.array_equal(by_degrees.edge, by_meters.edge)
    np.testing.assert_allclose(by_degrees.offset_m, by_meters.offset_m, atol=1e-6)


@pytest.mark.parametrize(("away_m", "found"), [(79.999, True), (80.001, False)])
def test_the_stated_distance_is_kept(away_m: float, found: bool) -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    place = snap_xy(network, at((300.0, -away_m)), SnapParams(max_distance_m=80.0))
    assert place.snapped.tolist() == [found]


@pytest.mark.parametrize("far", [(1e4, 0.0), (-1e6, 1e6), (0.0, -2e7)])
def test_a_point_far_outside_is_listed_as_on_no_street(far: builders.XY) -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    places = snap_xy(network, at((10.0, 10.0), far, (20.0, 10.0)), SnapParams(max_distance_m=5_000.0))
    assert places.edge.tolist()[1] == -1
    assert places.snapped.tolist() == [True, False, True]
    assert places.access_m.tolist()[1] == np.inf
    assert np.isnan(places.offset_m[1])
    assert not places.long_access[1]
    np.testing.assert_array_equal(places.xy[1], at(far)[0])


@pytest.mark.parametrize("point", [(0.0, 0.0), (300.0, 0.0), (600.0, 0.0)])
def test_a_point_on_a_junction_stands_at_the_end_of_its_edge(point: builders.XY) -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    place = snap_xy(network, at(point))
    assert place.access_m == pytest.approx([0.0], abs=1e-6)
    assert place.offset_m[0] in (0.0, network.edge_length_m[place.edge[0]])
    np.testing.assert_allclose(local(feet(network, place)), [point], atol=1e-6)


def test_a_point_on_a_street_has_no_way_to_it() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    place = snap_xy(network, at((123.4, 0.0)))
    assert place.access_m == pytest.approx([0.0], abs=1e-6)
    np.testing.assert_allclose(local(feet(network, place)), [(123.4, 0.0)], atol=1e-6)


def test_a_long_way_to_the_street_is_flagged() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    places = snap_xy(network, at((300.0, 49.0), (300.0, 51.0), (300.0, 999.0)), SnapParams(long_access_m=50.0))
    assert places.long_access.tolist() == [False, True, False]
    assert places.snapped.tolist() == [True, True, False]


# A path of 80 m in a courtyard, joined to nothing, and a street of 2 km, 60 m to the south:
#
#         s---t
#     a-----------------b
COURTYARD = [(0.0, 0.0), (2_000.0, 0.0), (200.0, 60.0), (280.0, 60.0)], [Street(0, 1), Street(2, 3)]


def test_an_isolated_scrap_is_passed_over_and_named() -> None:
    network = build(*COURTYARD)
    places = snap_xy(network, at((240.0, 50.0), (240.0, 5.0)))
    np.testing.assert_allclose(local(feet(network, places)), [(240.0, 0.0), (240.0, 0.0)], atol=1e-6)
    np.testing.assert_allclose(places.access_m, [50.0, 5.0], atol=1e-6)
    scrap = network.node_component[builders.node_at(network, (200.0, 60.0))]
    assert places.avoided_component.tolist() == [scrap, -1]


def test_a_scrap_is_better_than_no_street() -> None:
    """The street is 260 m away, beyond the distance: the scrap it is, and nothing was avoided."""
    network = build(*COURTYARD)
    place = snap_xy(network, at((240.0, 70.0)), SnapParams(max_distance_m=30.0))
    np.testing.assert_allclose(local(feet(network, place)), [(240.0, 60.0)], atol=1e-6)
    assert place.avoided_component.tolist() == [-1]


def test_a_network_of_scraps_is_used_as_it_is() -> None:
    network = drawn(builders.ISLANDS, builders.ISLANDS_STREETS)  # 200 m each, below the kilometer of a real component
    place = snap_xy(network, at((150.0, 10.0)))
    np.testing.assert_allclose(local(feet(network, place)), [(150.0, 0.0)], atol=1e-6)
    assert place.avoided_component.tolist() == [-1]


def test_streets_of_no_length_do_no_harm() -> None:
    nodes = [(0.0, 0.0), (100.0, 0.0), (100.0, 0.0), (200.0, 0.0), (100.0, 0.0)]
    network = build(nodes, [Street(0, 1), Street(1, 2), Street(2, 3), Street(4, 4, via=((100.0, 0.0),))])
    places = assert_nearest(network, at((100.0, 20.0), (100.0, 0.0), (60.0, 5.0), (130.0, -5.0)), EVERY_STREET)
    assert np.isfinite(places.offset_m).all()


def test_a_long_diagonal_street_is_found_from_all_along_it() -> None:
    """It crosses many cells of the index and fills few: 5 km, points 40 m beside it."""
    network = build([(0.0, 0.0), (4_000.0, 3_000.0)], [Street(0, 1)])
    assert grid_index(network).shape != (1, 1)
    share = np.linspace(0.0, 1.0, 101)[:, None]
    points = share * (4_000.0, 3_000.0) + 40 * np.array([-0.6, 0.8])
    places = snap_xy(network, at(*map(tuple, points)))
    np.testing.assert_allclose(places.access_m, 40.0, atol=1e-6)
    along = (
        places.offset_m if np.allclose(local(network.node_xy[network.edge_nodes[0, 0]]), 0) else 5_000 - places.offset_m
    )
    np.testing.assert_allclose(along, 5_000 * share[:, 0], atol=1e-5)


def test_no_points_are_no_places() -> None:
    assert len(snap_xy(drawn(builders.LINE, builders.LINE_STREETS), np.empty((0, 2)))) == 0


@pytest.mark.parametrize("distance_m", [0.0, -1.0, 5_001.0, np.nan, np.inf])
def test_a_distance_that_makes_no_sense_is_refused(distance_m: float) -> None:
    with pytest.raises(ParameterError, match="snap distance"):
        SnapParams(max_distance_m=distance_m)
