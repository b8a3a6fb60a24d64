"""StreetNetwork: what a street table becomes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from geo.crs import to_lonlat
from geo.errors import ElevationCoverageError, NoWalkableStreetsError
from geo.streets.network import SAMPLE_SPACING_M, StreetNetwork, gather_runs, morton, run_lengths, sample_points, starts
from geo.streets.table import StreetTable
from tests.geo import builders
from tests.geo.builders import CRS, Street, Terrain, build, drawn, grid, hills, local, node_at, street_plans
from tests.geo.conftest import each_real
from tests.geo.reference import edge_lines


def shapes(network: StreetNetwork) -> list[np.ndarray]:
    return np.split(network.shape_xy, network.shape_indptr[1:-1])


@settings(max_examples=60, deadline=None)
@given(street_plans())
def test_every_street_of_a_plan_is_kept_with_its_shape_and_flags(plan) -> None:
    """Parallel streets and loops too; only their order and that of the nodes changes."""
    nodes, streets = plan
    network = build(nodes, streets)
    assert (network.n_nodes, network.n_edges) == (len(nodes), len(streets))
    assert sorted(map(tuple, local(network.node_xy).round(6))) == sorted(nodes)
    for edge, shape in enumerate(shapes(network)):
        street = streets[network.edge_way[edge]]
        corners = [nodes[street.first], *street.via, nodes[street.last]]
        np.testing.assert_allclose(local(shape), corners, atol=1e-6)
        np.testing.assert_allclose(network.node_xy[network.edge_nodes[edge]], shape[[0, -1]], atol=1e-6)
        assert network.edge_flags[edge] == street.flags
        assert network.edge_length_m[edge] == pytest.approx(shapely.LineString(corners).length, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(street_plans())
def test_each_edge_is_an_arc_at_both_of_its_ends(plan) -> None:
    network = build(*plan)
    found = Counter()
    for node in range(network.n_nodes):
        for code in network.arc_code[network.arc_indptr[node] : network.arc_indptr[node + 1]]:
            assert network.edge_nodes[code >> 1, code & 1] == node
            found[int(code)] += 1
    assert found == Counter(range(2 * network.n_edges))
    assert network.degree.sum() == 2 * network.n_edges


@settings(max_examples=60, deadline=None)
@given(street_plans())
def test_components_are_those_of_networkx(plan) -> None:
    network = build(*plan)
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(network.n_nodes))
    for (u, v), length_m in zip(network.edge_nodes.tolist(), network.edge_length_m, strict=True):
        graph.add_edge(u, v, length_m=length_m)
    parts = list(nx.connected_components(graph))
    assert len(network.component_length_m) == len(parts)
    for part in parts:
        labels = set(network.node_component[sorted(part)].tolist())
        assert len(labels) == 1
        total = graph.subgraph(part).size(weight="length_m")
        assert network.component_length_m[labels.pop()] == pytest.approx(total)


def test_islands_are_two_components() -> None:
    network = drawn(builders.ISLANDS, builders.ISLANDS_STREETS)
    west, east = (network.node_component[node_at(network, (x, 0.0))] for x in (0.0, 700.0))
    assert west != east
    np.testing.assert_allclose(network.component_length_m, [200.0, 200.0])


def test_truncated_ends_stay_with_their_junctions() -> None:
    network = drawn(builders.KNOT, builders.KNOT_STREETS, truncated="c")
    assert np.flatnonzero(network.node_truncated).tolist() == [node_at(network, (450.0, 0.0))]


def test_the_order_of_streets_in_the_table_does_not_matter() -> None:
    nodes, streets = [(0.0, 0.0), (90.0, 10.0), (40.0, 70.0)], [Street(0, 1), Street(1, 2), Street(2, 0)]
    one, other = build(nodes, streets), build(nodes, streets[::-1])
    np.testing.assert_array_equal(one.edge_nodes, other.edge_nodes)
    np.testing.assert_array_equal(one.edge_length_m, other.edge_length_m)


# --- order in memory --------------------------------------------------------------------------------


def test_morton_order_of_a_small_lattice_is_the_letter_z() -> None:
    """x and y interleaved: 0 1 / 2 3 within each quarter, the quarters alike."""
    xy = np.array([(x, y) for y in range(4) for x in range(4)], dtype=float)
    rank = np.argsort(np.argsort(morton(xy))).reshape(4, 4)
    assert rank.tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


def test_nodes_at_one_spot_have_one_key() -> None:
    assert np.unique(morton(np.full((3, 2), 7.0))).size == 1


@each_real("porto_alegre")
def test_neighbors_on_the_ground_are_neighbors_in_memory(real: StreetNetwork) -> None:
    """The median edge spans few nodes; in an arbitrary order it would span about 0.3 n."""
    gap = np.abs(np.diff(real.edge_nodes, axis=1))
    assert np.median(gap) < 0.003 * real.n_nodes
    assert np.all(np.diff(real.edge_nodes.min(axis=1)) >= 0)


def test_runs_are_gathered_in_any_order() -> None:
    indptr = starts(np.array([2, 0, 3, 1]))
    fresh, picked = gather_runs(indptr, np.array([2, 3, 1, 0]))
    assert indptr.tolist() == [0, 2, 2, 5, 6]
    assert fresh.tolist() == [0, 3, 4, 4, 6]
    assert picked.tolist() == [2, 3, 4, 5, 0, 1]


def test_lengths_of_runs_leave_out_the_jumps_between_them() -> None:
    xy = np.array([(0, 0), (3, 4), (100, 100), (100, 101), (106, 109)], dtype=float)
    assert run_lengths(np.array([0, 2, 5]), xy).tolist() == [5.0, 11.0]


# --- projection -------------------------------------------------------------------------------------


@each_real("bayfront", "andorra", "porto_alegre")
def test_lengths_on_real_streets_are_those_of_the_ellipsoid(real: StreetNetwork) -> None:
    """The metric system's scale is 1 in the middle of the data: within a ten-thousandth of the geodesic length."""
    from pyproj import Geod

    lonlat = np.split(to_lonlat(real.shape_xy, real.crs), real.shape_indptr[1:-1])[:500]
    geod = Geod(ellps="WGS84")
    geodesic = [geod.line_length(*shape.T) for shape in lonlat]
    assert real.edge_length_m[:500].sum() == pytest.approx(sum(geodesic), rel=1e-4)
    np.testing.assert_allclose(real.edge_length_m, shapely.length(edge_lines(real)), rtol=1e-9)


def test_bounds_are_those_of_the_table() -> None:
    network = grid(2, 3, 100.0)
    lonlat = to_lonlat(network.node_xy, CRS)
    assert network.bounds_lonlat == pytest.approx((*lonlat.min(axis=0), *lonlat.max(axis=0)), abs=1e-9)


# --- elevation --------------------------------------------------------------------------------------


def test_samples_follow_the_bends_at_even_spacing() -> None:
    """Height is x + 1000 y, so each sample tells where it was taken; 400 m around in 20 m steps or closer."""
    network = drawn(builders.KNOT, "aPQb", height=lambda x, y: x + 1_000 * y)
    indptr, xy, share = sample_points(network)
    assert indptr.tolist() == [0, len(share)]
    assert np.diff(share) == pytest.approx(1 / (len(share) - 1))
    assert network.edge_length_m[0] / (len(share) - 1) <= SAMPLE_SPACING_M
    line = shapely.LineString([(0, 0), (0, 100), (200, 100), (200, 0)])
    expected = shapely.get_coordinates(shapely.line_interpolate_point(line, 400 * share))
    if not np.allclose(local(xy[0]), (0, 0), atol=1e-6):
        expected = expected[::-1]
    np.testing.assert_allclose(local(xy), expected, atol=1e-5)
    np.testing.assert_allclose(network.sample_z, expected @ (1, 1_000), rtol=1e-6, atol=1e-2)


@each_real("andorra_hills", "porto_alegre_hills")
def test_samples_on_real_streets_lie_on_them(real: StreetNetwork) -> None:
    indptr, xy, share = sample_points(real)
    np.testing.assert_array_equal(indptr, real.sample_indptr)
    edge = np.repeat(np.arange(real.n_edges), np.diff(indptr))
    foot = shapely.line_interpolate_point(edge_lines(real)[edge], share * real.edge_length_m[edge])
    np.testing.assert_allclose(shapely.get_coordinates(foot), xy, atol=1e-5)
    assert np.isfinite(real.sample_z).all()


def test_an_edge_with_an_unknown_height_counts_as_flat_and_is_counted() -> None:
    network = grid(10, 10, 100.0, height=lambda x, y: np.where((x > 430) & (x < 470) & (y < 1), np.nan, x / 10))
    hit = np.flatnonzero(
        np.isclose(local(network.node_xy[network.edge_nodes]).mean(axis=1), (450, 0), atol=1).all(axis=1)
    )
    assert len(hit) == 1
    heights = np.split(network.sample_z, network.sample_indptr[1:-1])
    assert np.ptp(heights[hit[0]]) == 0
    assert network.meta["elevation"]["edges_with_voids"] == 1
    assert max(map(np.ptp, heights)) == pytest.approx(10.0, abs=1e-4)


def test_a_model_of_another_place_is_refused_and_says_what_to_cover() -> None:
    with pytest.raises(ElevationCoverageError, match=r"covers only 50\.0 %") as caught:
        grid(1, 1, 90.0, height=lambda x, _: np.where(np.arange(len(x)) % 2 == 0, 1.0, np.nan))
    assert caught.value.facts.keys() >= {"west", "south", "east", "north", "path"}


def test_giving_heights_later_is_the_same() -> None:
    bare, hilly = (drawn(builders.KNOT, builders.KNOT_STREETS, height=h) for h in (None, hills))
    assert not bare.has_elevation
    later = bare.with_elevation(Terrain(hills))
    np.testing.assert_array_equal(later.sample_z, hilly.sample_z)
    assert later.content_id == hilly.content_id != bare.content_id


def test_an_empty_table_is_no_network() -> None:
    nothing = np.empty((0, 2))
    empty = StreetTable(
        node_lonlat=nothing, node_truncated=np.empty(0, bool), edge_nodes=np.empty((0, 2), np.int32),
        edge_class=np.empty(0, np.uint8), edge_flags=np.empty(0, np.uint8), edge_way=np.empty(0, np.int64),
        shape_indptr=np.zeros(1, np.int64), shape_lonlat=nothing, source="water.osm",
    )  # fmt: skip
    with pytest.raises(NoWalkableStreetsError, match=r"water\.osm"):
        StreetNetwork.build(empty)


def test_networks_can_key_a_cache_by_content() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    moved = build([(0, 0), (300, 0), (600, 0)], [Street(0, 1), Street(1, 2)], shift=(1.0, 0.0))
    copy = replace(network)
    assert copy.content_id == network.content_id != moved.content_id
    assert len(network.content_id) == 32
