"""The embedded sample: made anew byte for byte, true to what is published, marked as synthetic where it is not."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from data.parts import read_text
from data.sample import SAMPLE, make_sample
from data.samplegen import facts
from data.samplegen.noise import Dice, smooth_noise
from data.samplegen.outlines import drawn_out
from data.samplegen.settlements import shared_out
from data.workspace import Workspace
from geo.crs import to_metric
from geo.params import SnapParams
from geo.streets.table import STEPS, STRUCTURE
from tests.conftest import ROOT

DEMONSTRATION = {"惠屿村", "东张村", "福炼社区", "聚福社区", "前欧村", "樟脚村"}
SIX = {"childcare", "elderly_care", "health", "food", "culture", "public_affairs"}
WALK_15_MIN_M = 15 * 60 * 1.2


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def outlines(sample: Workspace) -> dict[str, shapely.Geometry]:
    """Outlines by code, degrees."""
    return dict(zip(sample.jurisdictions["code"], sample.jurisdictions.geometry, strict=True))


def metric(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(geometry, lambda lonlat: to_metric(lonlat, facts.CRS))


def edge_lines(sample: Workspace) -> np.ndarray:
    network = sample.network
    which = np.repeat(np.arange(network.n_edges), np.diff(network.shape_indptr))
    return shapely.linestrings(network.shape_xy, indices=which)


def parquet_writer(path: Path) -> tuple[object, object]:
    """Versions of the libraries that wrote a GeoParquet file; they are part of its bytes."""
    meta = pq.read_metadata(path)
    return meta.created_by, json.loads(meta.metadata[b"geo"])["creator"]


# --- the files


def test_made_anew_it_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    make_sample(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in SAMPLE.iterdir())
    for made in tmp_path.iterdir():
        shipped = SAMPLE / made.name
        if made.suffix == ".parquet" and parquet_writer(made) != parquet_writer(shipped):
            assert pq.read_table(made).equals(pq.read_table(shipped)), made.name
        else:
            assert made.read_bytes() == shipped.read_bytes(), made.name


def test_it_is_small() -> None:
    assert sum(p.stat().st_size for p in SAMPLE.iterdir()) < 12e6


def test_the_settings_say_that_it_is_synthetic(sample: Workspace) -> None:
    settings = sample.settings
    assert settings.synthetic
    assert settings.crs == "EPSG:4549"
    assert settings.as_of.isoformat() == "2023-06-30"
    assert settings.targets["pilots_2022"] == 14
    assert settings.map["review_number"] == ""
    assert [p.speed_mps for p in settings.profiles] == [1.2, 0.8, 1.0]


# --- jurisdictions


def test_every_village_unit_is_there_by_code_and_name(sample: Workspace) -> None:
    villages = sample.jurisdictions.query("level == 'village'")
    assert dict(zip(villages["code"], villages["official_name"], strict=True)) == {
        unit.code: unit.name for unit in facts.read_units()
    }
    assert Counter(code[:6] for code in villages["code"]) == {"350505": 102, "350504": 17, "350322": 17}
    assert Counter(sample.jurisdictions["level"]) == {"county": 3, "town": 10, "village": 136}


def test_the_copied_codes_are_those_of_the_facts() -> None:
    path = ROOT.parent / "shared" / "facts" / "village_codes_2021.csv"
    if not path.exists():
        pytest.skip("the list of facts is not on this machine")
    with path.open(encoding="utf-8-sig", newline="") as file:
        listed = sorted((row["village_code"], row["village_name"], row["town"]) for row in csv.DictReader(file))
    assert [(unit.code, unit.name, unit.town_name) for unit in facts.read_units()] == listed


@pytest.mark.parametrize("level", ["village", "town", "county"])
def test_outlines_neither_overlap_nor_leave_slivers(sample: Workspace, level: str) -> None:
    shapes = sample.jurisdictions.query("level == @level").geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    # A sliver would be a hole between neighbors: the mainland is one piece without holes, the island another.
    assert [len(part.interiors) for part in shapely.get_parts(shapely.coverage_union_all(shapes))] == [0, 0]


def test_units_partition_their_parents(sample: Workspace, outlines: dict[str, shapely.Geometry]) -> None:
    for parent, members in sample.jurisdictions.dropna(subset="parent").groupby("parent"):
        assert shapely.equals(shapely.coverage_union_all(members.geometry.to_numpy()), outlines[str(parent)])


def test_the_published_outline_is_kept_within_rounding(outlines: dict[str, shapely.Geometry]) -> None:
    vertices = shapely.MultiPoint(shapely.get_coordinates(outlines["350505000000"]))
    published = shapely.points(facts.OUTLINE)
    assert shapely.distance(published, vertices).max() < 1e-6


def test_three_counties_meet_at_one_vertex(outlines: dict[str, shapely.Geometry]) -> None:
    for code in ("350505000000", "350504000000", "350322000000"):
        away = np.abs(shapely.get_coordinates(outlines[code]) - facts.MEETING).max(axis=1)
        assert away.min() < 1e-6


def test_neighbors_lie_west_and_north_of_the_meeting_point(outlines: dict[str, shapely.Geometry]) -> None:
    lon, lat = facts.MEETING
    assert outlines["350504100000"].centroid.x < lon
    assert outlines["350322107000"].centroid.y > lat


# --- residents


def test_the_census_totals_are_exact(sample: Workspace) -> None:
    district = sample.demand[sample.demand["village"].str.startswith("350505")]
    # 23.23 %, 60.16 % and 16.61 % of 354,296 by the largest remainder
    assert district[["age_0_14", "age_15_59", "age_60_plus"]].sum().tolist() == [82_303, 213_144, 58_849]
    assert district["population"].sum() == 354_296


@pytest.mark.parametrize(
    ("prefix", "residents"),
    [
        ("350505100217", 1_400),
        ("350505106212", 2_122),
        ("350505106201", 6_368),
        ("350505100214", 6_726),
        ("350505101201", 5_131),
        ("350504100", 46_743),
    ],
)
def test_published_figures_are_kept(sample: Workspace, prefix: str, residents: int) -> None:
    assert sample.demand.loc[sample.demand["village"].str.startswith(prefix), "population"].sum() == residents


def test_tuling_has_more_than_fifty_thousand(sample: Workspace) -> None:
    assert 50_000 < sample.demand.loc[sample.demand["village"].str.startswith("350505106"), "population"].sum() < 60_000


def test_every_demand_point_lies_in_its_village(sample: Workspace, outlines: dict[str, shapely.Geometry]) -> None:
    assert 5_000 <= len(sample.demand) <= 20_000
    assert set(sample.demand["village"]) == {unit.code for unit in facts.read_units()}
    for village, points in sample.demand.groupby("village"):
        assert shapely.contains_properly(outlines[str(village)], points.geometry.to_numpy()).all()


def test_nobody_lives_far_from_a_street(sample: Workspace) -> None:
    tree = shapely.STRtree(edge_lines(sample))
    points = shapely.points(to_metric(shapely.get_coordinates(sample.demand.geometry), facts.CRS))
    _, distance = tree.query_nearest(points, return_distance=True, all_matches=False)
    assert distance.max() < 15.0


# --- streets


def test_the_network_has_the_size_and_texture_of_a_real_one(sample: Workspace) -> None:
    network = sample.network
    assert 20_000 <= network.n_nodes <= 50_000
    assert len(set(network.edge_class.tolist())) >= 10
    assert (network.edge_flags & STEPS).any()
    assert 5 <= np.count_nonzero(network.edge_flags & STRUCTURE) <= 100
    assert network.node_truncated.any()
    dead_ends = np.count_nonzero(network.degree == 1)
    assert 0.1 < dead_ends / network.n_nodes < 0.35
    curved = np.diff(network.shape_indptr) > 2
    assert 0.1 < curved.mean() < 0.9


def test_mainland_and_island_are_two_networks_beside_a_few_scraps(
    sample: Workspace, outlines: dict[str, shapely.Geometry]
) -> None:
    network = sample.network
    island = shapely.contains_xy(metric(outlines[facts.ISLAND]), network.node_xy)
    (island_component,) = set(network.node_component[island])
    lengths = network.component_length_m
    mainland = int(np.argmax(lengths))
    assert island_component != mainland
    assert lengths[island_component] >= 2_000
    scraps = np.delete(lengths, [mainland, island_component])
    assert 3 <= len(scraps) <= 20
    assert scraps.max() < SnapParams().small_component_m
    assert lengths[mainland] > 0.99 * lengths.sum()


def test_no_street_crosses_the_sea(sample: Workspace, outlines: dict[str, shapely.Geometry]) -> None:
    land = metric(shapely.union_all([outlines[c] for c in ("350505000000", "350504000000", "350322000000")]))
    shapely.prepare(land)
    assert shapely.contains_properly(land, edge_lines(sample)).all()


def test_the_hills_are_hilly_and_the_coast_is_flat(sample: Workspace, outlines: dict[str, shapely.Geometry]) -> None:
    network = sample.network
    start, end = network.sample_z[network.sample_indptr[:-1]], network.sample_z[network.sample_indptr[1:] - 1]
    middle = network.shape_xy[network.shape_indptr[:-1]]

    def climb(code: str) -> tuple[float, float]:
        """Median height and mean grade of the streets in a town."""
        inside = shapely.contains_xy(metric(outlines[code]), middle)
        rise = np.abs(end - start)[inside].sum()
        return float(np.median(start[inside])), float(rise / network.edge_length_m[inside].sum())

    tuling, houlong = climb("350505106000"), climb("350505102000")
    assert tuling[0] > 30 > houlong[0]
    assert tuling[1] > 0.03 > 0.01 > houlong[1]


# --- centers


def test_fourteen_pilots_in_three_batches(sample: Workspace) -> None:
    assert len(sample.centers) == 14
    assert set(sample.centers["batch"]) == {1, 2, 3}
    named = sample.centers[sample.centers["demonstration"]]
    assert {name.split("“")[0] for name in named["name"]} == DEMONSTRATION
    others = sample.centers[~sample.centers["demonstration"] & ~sample.centers["joint"]]
    assert len(others) == 7
    assert others["name"].str.endswith("（示意）").all()


def test_the_joint_center_stands_where_three_towns_meet(sample: Workspace) -> None:
    (joint,) = sample.centers[sample.centers["joint"]].itertuples()
    assert set(joint.governing) == {"350505106000", "350504100000", "350322107000"}
    away = to_metric(np.array([[joint.lon, joint.lat]]), facts.CRS) - to_metric(np.array([facts.MEETING]), facts.CRS)
    assert np.hypot(*away[0]) < 250


def test_centers_and_service_points_stand_beside_streets_at_home(
    sample: Workspace, outlines: dict[str, shapely.Geometry]
) -> None:
    for center in sample.centers.itertuples():
        assert outlines[str(center.home)].contains(shapely.Point(center.lon, center.lat))
    tree = shapely.STRtree(edge_lines(sample))
    places = to_metric(sample.access_points[["lon", "lat"]].to_numpy(), facts.CRS)
    _, distance = tree.query_nearest(shapely.points(places), return_distance=True, all_matches=False)
    assert distance.max() < 15.0


def test_service_points_fit_the_layout_of_their_center(sample: Workspace) -> None:
    some_lack_a_service = False
    for center in sample.centers.itertuples():
        points = sample.service_points.query("center == @center.id")
        assert 1 <= len(points) <= 8
        addresses = points[["lon", "lat"]].drop_duplicates()
        assert (len(addresses) == 1) == (center.layout == "single_site")
        xy = to_metric(addresses.to_numpy(), facts.CRS)
        assert np.hypot(*(xy - xy[0]).T).max() < WALK_15_MIN_M
        some_lack_a_service |= not set(points["service"]) >= SIX
    assert some_lack_a_service
    assert sample.service_points.query("service == 'public_affairs'")["capacity"].sum() == 35


# --- what is said about it


def test_every_row_says_where_it_comes_from_and_nothing_poses_as_a_fact(sample: Workspace) -> None:
    for table in (sample.centers, sample.service_points, sample.jurisdictions, sample.demand):
        assert table["source"].fillna("").str.len().min() > 0
        assert set(table["quality"]) <= {"synthetic", "approximate"}
    assert sample.jurisdictions.query("quality == 'approximate'")["code"].tolist() == ["350505000000"]
    placed = read_text(SAMPLE / "centers.csv").query("quality == 'approximate'")
    assert placed["home"].tolist() == [facts.ISLAND], "its pier is published"
    assert set(sample.centers["quality"]) == {"synthetic"}, "a row is as sure as its least sure value: stars"
    ratings = read_text(SAMPLE / "ratings.csv")
    assert set(ratings["quality"]) == {"synthetic"}, "no rating is published: centers have none but these"
    rated = sample.centers.dropna(subset="stars").set_index("id")["stars"].astype(str)
    assert rated.to_dict() == ratings.drop_duplicates("center", keep="last").set_index("center")["stars"].to_dict()
    published = sample.centers.dropna(subset="operating_model").set_index("home")["operating_model"]
    assert published.to_dict() == {"350505102400": "property_company", "350505101206": "social_organization"}
    assert sample.centers.dropna(subset="floor_area_m2")["home"].tolist() == ["350505101206"]
    (dongzhang,) = sample.centers.query("home == '350505101206'")["opened"]
    assert (dongzhang.year, dongzhang.month) == (2022, 1)


# --- its tools


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**4), min_size=1).filter(any))
def test_sharing_out_keeps_the_total_and_stays_within_one(total: int, weights: list[int]) -> None:
    counts = shared_out(total, weights)
    assert sum(counts) == total
    for count, weight in zip(counts, weights, strict=True):
        assert abs(count * sum(weights) - total * weight) < sum(weights)


coordinate = st.integers(-(10**6), 10**6).map(lambda cm: cm / 100)


@given(st.tuples(coordinate, coordinate), st.tuples(coordinate, coordinate))
def test_both_sides_of_a_border_draw_the_same_line(a: tuple[float, float], b: tuple[float, float]) -> None:
    line = drawn_out(a, b, 0.2)
    assert line[0] == a
    assert line[-1] == b
    assert drawn_out(b, a, 0.2) == line[::-1]


def test_noise_vanishes_on_its_lattice_and_hardly_changes_close_by() -> None:
    lattice = np.stack(np.meshgrid(np.arange(5.0), np.arange(5.0)), axis=-1).reshape(-1, 2) * 100.0
    turned = lattice @ np.array([[0.8, -0.6], [0.6, 0.8]])  # undo the turn of the lattice
    assert np.abs(smooth_noise(turned, 100.0, 7)).max() < 1e-9
    points = turned + 31.7
    assert np.abs(smooth_noise(points, 100.0, 7) - smooth_noise(points + 0.01, 100.0, 7)).max() < 1e-3


def test_dice_depend_on_all_their_keys() -> None:
    assert [Dice(1, 2).bits() for _ in range(2)] == [Dice(1, 2).bits()] * 2
    assert len({Dice(a, b).bits() for a in range(10) for b in range(10)}) == 100
