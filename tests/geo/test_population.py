"""Residents as demand points: exact totals, inside their areas, the same every time; and how coarse is too coarse."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import WGS84, metric_crs_for, to_lonlat, to_metric
from geo.errors import EmptyTableError, MissingColumnError, MissingCrsError, TableFaultsError
from geo.people.areas import Areas
from geo.people.buildings import Buildings
from geo.people.dasymetric import spread
from geo.people.population import COUNTS, from_points, share_out, share_people
from geo.people.residents import AGE_GROUPS, ALL
from geo.points import PointTable, read_points
from geo.streets.network import StreetNetwork
from geo.streets.table import CLASS_CODE, StreetTable
from tests.conftest import ROOT, shared_data
from tests.geo.builders import CRS, ORIGIN
from tests.geo.conftest import real_network


def at(x, y):
    return ORIGIN + np.array([x, y])


def box(x, y, width, height):
    return shapely.box(*at(x, y), *at(x + width, y + height))


def areas(*rows, **options):
    """Areas from (polygon, column=value, ...) rows in meters from the origin."""
    frame = gpd.GeoDataFrame([row[1] for row in rows], geometry=[row[0] for row in rows], crs=CRS)
    return Areas.of(frame, "test", **options)


def streets(*lines, classes):
    """Streets between places in meters from the origin, not joined to one another."""
    xy = np.concatenate([np.asarray(line, dtype=float) for line in lines]) + ORIGIN
    lonlat = to_lonlat(xy, CRS)
    m = len(lines)
    return StreetNetwork.build(
        StreetTable(
            node_lonlat=lonlat,
            node_truncated=np.zeros(2 * m, dtype=bool),
            edge_nodes=np.arange(2 * m, dtype=np.int32).reshape(m, 2),
            edge_class=np.array([CLASS_CODE[c] for c in classes], dtype=np.uint8),
            edge_flags=np.zeros(m, dtype=np.uint8),
            edge_way=np.arange(m),
            shape_indptr=2 * np.arange(m + 1),
            shape_lonlat=lonlat,
            source="test",
        ),
        crs=CRS,
    )


def inside_their_areas(population, given):
    number = {id_: i for i, id_ in enumerate(given.ids)}
    home = [number[id_.rsplit("-", 1)[0]] for id_ in population.points["id"]]
    return shapely.contains(given.polygons[home], population.points.geometry.to_numpy()).all()


def faults_of(frame, **options):
    with pytest.raises(TableFaultsError) as caught:
        Areas.of(frame, "test", **options)
    return [(fault.row, fault.code) for fault in caught.value.faults]


# Sharing out -----------------------------------------------------------------------------------------------------


def test_largest_remainder_by_hand():
    assert share_out(10, np.array([1.0, 1.0, 1.0])).tolist() == [4, 3, 3]
    assert share_out(7, np.array([5.0, 3.0, 1.0])).tolist() == [4, 2, 1]  # quotas 3.89, 2.33, 0.78
    assert share_out(0, np.array([2.0, 3.0])).tolist() == [0, 0]


def test_ties_are_spread_along_the_line():
    share = share_out(4, np.ones(16))
    assert np.flatnonzero(share).tolist() == [0, 4, 8, 12]


weights = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=40).map(np.array)


@given(total=st.integers(0, 10**7), weights=weights)
def test_shares_add_up_and_keep_within_one_of_the_quota(total, weights):
    share = share_out(total, weights)
    assert share.sum() == total
    assert (np.abs(share - total * weights / weights.sum()) < 1 + 1e-6).all()


@given(ages=st.tuples(*[st.integers(0, 50_000)] * 3), weights=weights)
def test_people_add_up_by_place_and_by_age(ages, weights):
    shared = share_people(np.array([sum(ages), *ages], dtype=float), weights)
    assert shared[:, 1:].sum(axis=0).tolist() == list(ages)
    assert (shared[:, 0] == shared[:, 1:].sum(axis=1)).all()
    assert (shared >= 0).all() and (shared % 1 == 0).all()
    assert (shared[:, 0] == share_out(sum(ages), weights)).all()


@given(
    ages=st.tuples(*[st.floats(0, 5_000)] * 3),
    rounding=st.floats(-0.5, 0.5),
    weights=weights.filter(lambda w: len(w) < 9),
)
def test_a_total_that_differs_from_its_ages_by_rounding_is_kept(ages, rounding, weights):
    people = np.array([max(sum(ages) + rounding, 0.0), *ages])
    shared = share_people(people, weights)
    np.testing.assert_allclose(shared.sum(axis=0), people, atol=1e-6)
    assert (shared >= -1e-9).all()


@given(total=st.floats(0, 1e6), weights=weights)
def test_a_fraction_stays_at_one_place(total, weights):
    shared = share_people(np.array([total, np.nan, np.nan, np.nan]), weights)
    assert shared[:, 0].sum() == pytest.approx(total, abs=1e-6)
    assert (shared[:, 0] % 1 > 0).sum() <= 1
    assert np.isnan(shared[:, 1:]).all()


# Points ----------------------------------------------------------------------------------------------------------


def points_table(**columns):
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"id": [f"p{i}" for i in range(n)], "lon": 118.9, "lat": 25.1, **columns})
    return PointTable.of(frame, "people.csv")


def test_points_keep_what_they_say():
    table = points_table(population=[5, 0, 2.5], village=["350505100001", "350505100002", ""])
    read = from_points(table, quality="published")
    assert read.points["id"].tolist() == ["p0", "p2"] and read.report["places_without_people"] == 1
    assert read.points[ALL].tolist() == [5, 2.5] and read.points[list(AGE_GROUPS)].isna().all(axis=None)
    assert read.points["village"].iloc[0] == "350505100001" and pd.isna(read.points["village"].iloc[1])
    assert set(read.points["quality"]) == {"published"} and set(read.points["source"]) == {"people.csv"}
    assert read.points.crs == WGS84


def test_a_missing_total_is_the_sum_of_the_ages():
    read = from_points(points_table(age_0_14=[1, 2], age_15_59=[3, 4], age_60_plus=[5, 6]))
    assert read.points[ALL].tolist() == [9, 12] and read.points[ALL].dtype == np.int64


def test_every_fault_of_a_headcount_is_named_at_once():
    with pytest.raises(TableFaultsError) as caught:
        from_points(
            points_table(
                population=["-1", "many", "", "10", "4", "inf"],
                age_0_14=["", "", "1", "1", "1", ""],
                age_15_59=["", "", "", "2", "2", ""],
                age_60_plus=["", "", "1", "3", "1", ""],
                quality=["", "", "", "", "guessed", ""],
            )
        )
    found = [(fault.row, fault.code) for fault in caught.value.faults]
    assert found == [
        (1, "too_low"),
        (2, "not_a_number"),
        (3, "no_population"),
        (4, "population_mismatch"),
        (5, "not_in_codes"),
        (6, "not_a_number"),
    ]


@pytest.mark.parametrize("column", ["village", "source"])
def test_codes_are_text_whatever_they_were(column):
    read = from_points(points_table(population=[1, 2, 3, 4], **{column: [1.1, 2.0, np.inf, np.nan]}))
    missing = "people.csv" if column == "source" else None
    assert [None if pd.isna(cell) else cell for cell in read.points[column]] == ["1.1", "2", "inf", missing]


def test_no_headcount_at_all():
    with pytest.raises(MissingColumnError, match="population"):
        from_points(points_table(age_0_14=[1], schools=[3]))


def test_porto_alegre_as_points():
    read = from_points(read_points(shared_data("poa_hexgrid.csv")))
    assert read.residents == 812_935
    assert len(read) + read.report["places_without_people"] == 1_227


# Areas -----------------------------------------------------------------------------------------------------------


def test_every_fault_of_areas_is_named_at_once():
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b", "a", "d", "e"], "population": [1, -2, None, 4, 5]},
        geometry=[box(0, 0, 100, 100), box(50, 0, 100, 100), box(300, 0, 9, 9), None, shapely.Point(ORIGIN)],
        crs=CRS,
    )
    assert sorted(faults_of(frame)) == [
        (2, "areas_overlap"),
        (2, "too_low"),
        (3, "duplicate"),
        (3, "no_population"),
        (4, "geometry_empty"),
        (5, "geometry_not_polygon"),
    ]


def test_outlines_that_cross_themselves_are_mended_and_counted():
    bowtie = shapely.Polygon([at(0, 0), at(100, 100), at(100, 0), at(0, 100)])
    given = areas((bowtie, {"population": 7}), (box(500, 0, 10, 10), {"population": 1}))
    assert given.report["invalid_mended"] == 1
    population = spread(given)
    assert population.residents == 8 and inside_their_areas(population, given)


def test_a_sliver_between_neighbors_is_let_pass():
    given = areas((box(0, 0, 100, 100), {"population": 1}), (box(99.9, 0, 100, 100), {"population": 1}))
    assert given.report["slivers"] == 1


def test_areas_by_code():
    shapes = [box(0, 0, 100, 100), box(100, 0, 100, 100)]
    outlines = gpd.GeoDataFrame({"code": ["350505100001", "350505100002"]}, geometry=shapes, crs=CRS)
    table = pd.DataFrame({"code": ["350505100002", "350505100001"], "population": [2, 1]})
    population = spread(Areas.of(table, "test", boundaries=outlines))
    assert population.points.set_index("village")[ALL].to_dict() == {"350505100002": 2, "350505100001": 1}
    assert population.points.to_crs(CRS).geometry.x.is_monotonic_decreasing
    unknown = table.assign(code=["350505100002", "999999999999"])
    assert faults_of(unknown, boundaries=outlines) == [(2, "unknown_reference")]


def test_areas_that_cannot_be_checked():
    with pytest.raises(MissingCrsError):
        Areas.of(gpd.GeoDataFrame({"population": [1]}, geometry=[box(0, 0, 1, 1)]), "test")
    with pytest.raises(EmptyTableError):
        Areas.of(pd.DataFrame(), "test")
    with pytest.raises(MissingColumnError, match="geometry"):
        Areas.of(pd.DataFrame({"code": ["1"], "population": [1]}), "test")


# Buildings -------------------------------------------------------------------------------------------------------


def buildings(*rows):
    return Buildings.of(gpd.GeoDataFrame([r[1] for r in rows], geometry=[r[0] for r in rows], crs=CRS), "houses")


def housed(population):
    """People by how far east they live, meters from the origin."""
    x = population.points.to_crs(CRS).geometry.x - ORIGIN[0]
    return dict(zip(x.round().astype(int), population.points[ALL], strict=True))


def test_by_volume_where_heights_are_known():
    houses = buildings(
        (box(10, 10, 10, 10), {"height": 9.0, "levels": None}),
        (box(40, 10, 10, 10), {"height": None, "levels": 6}),  # 18 m
        (box(70, 10, 10, 20), {"height": None, "levels": None}),  # median height 13.5 m
        (box(500, 10, 10, 10), {"height": 9.0, "levels": None}),
    )
    population = spread(areas((box(0, 0, 100, 100), {"population": 540})), buildings=houses)
    assert housed(population) == {15: 90, 45: 180, 75: 270}
    assert population.areas["method"].tolist() == ["buildings_volume"]
    assert population.report["buildings_outside"] == 1


def test_by_area_else_equally():
    small, large, point = box(10, 10, 10, 10), box(40, 10, 10, 30), shapely.Point(at(75, 10))
    village = areas((box(0, 0, 100, 100), {"population": 400}))
    by_area = spread(village, buildings=buildings((small, {}), (large, {})))
    assert housed(by_area) == {15: 100, 45: 300} and by_area.areas["method"].tolist() == ["buildings_area"]
    equally = spread(village, buildings=buildings((small, {}), (large, {}), (point, {})))
    assert sorted(housed(equally).values()) == [133, 133, 134]
    assert equally.areas["method"].tolist() == ["buildings_equal"]


@pytest.mark.parametrize(
    ("shape", "kind", "people"),
    [
        (box(900, 900, 10, 10), "yes", 7),  # elsewhere
        (box(10, 10, 10, 10), "school", 7),
        (box(10, 10, 10, 10), "yes", 0),
    ],
)
def test_no_building_where_anybody_lives(shape, kind, people):
    village = areas((box(0, 0, 100, 100), {"population": people}), (box(200, 0, 100, 100), {"population": 7}))
    population = spread(village, buildings=buildings((shape, {"building": kind})))
    assert population.residents == people + 7
    assert population.areas["method"].tolist() == ["one_point" if people else "no_people", "one_point"]


def test_a_building_on_a_border_belongs_to_the_first_area():
    degrees = [shapely.box(118.90 + 0.01 * i, 25.1, 118.91 + 0.01 * i, 25.11) for i in (1, 0)]
    neighbors = Areas.of(
        gpd.GeoDataFrame({"id": ["east", "west"], "population": 5}, geometry=degrees, crs=WGS84), "test"
    )
    house = gpd.GeoDataFrame(geometry=[shapely.Point(degrees[0].bounds[0], 25.105)], crs=WGS84)
    population = spread(neighbors, buildings=Buildings.of(house, "houses"))
    assert population.areas["method"].tolist() == ["buildings_equal", "one_point"]
    assert population.report["buildings_outside"] == 0


def test_nobody_lives_in_a_warehouse():
    houses = buildings((box(10, 10, 10, 10), {"building": "yes"}), (box(40, 10, 90, 90), {"building": "Warehouse"}))
    population = spread(areas((box(0, 0, 200, 200), {"population": 40})), buildings=houses)
    assert housed(population) == {15: 40} and population.report["buildings_not_lived_in"] == 1


# Streets ---------------------------------------------------------------------------------------------------------


def test_people_follow_the_length_of_street_inside():
    lanes = streets([(-300, 10), (100, 10)], [(0, 80), (300, 80)], classes=["residential", "service"])
    village = areas((box(0, 0, 400, 100), {"population": 400}))  # 100 m of one and 300 m of the other lie inside
    population = spread(village, network=lanes)
    y = (population.points.to_crs(CRS).geometry.y - ORIGIN[1]).round()
    assert population.points.groupby(y.to_numpy())[ALL].sum().to_dict() == {10: 100, 80: 300}
    assert len(population) == 2 + 6 and set(population.points[ALL]) == {50}
    assert population.areas["method"].tolist() == ["residential_streets"]


def test_each_area_by_the_best_that_is_known_of_it():
    lanes = streets(
        [(10, 50), (90, 50)],
        [(210, 50), (290, 50)],
        [(310, 50), (390, 50)],
        classes=["residential", "primary", "ferry"],
    )
    houses = buildings((box(110, 10, 10, 10), {}))
    village = areas(*[(box(100 * i, 0, 100, 100), {"population": 10 if i < 4 else 0}) for i in range(5)])
    population = spread(village, network=lanes, buildings=houses)
    methods = ["residential_streets", "buildings_area", "other_streets", "one_point", "no_people"]
    assert population.areas["method"].tolist() == methods
    assert population.areas[ALL].tolist() == [10, 10, 10, 10, 0]
    assert {population.report[name] for name in methods} == {1}
    assert population.points.set_index("id")["source"]["4-1"] == "test, one_point"
    assert set(population.points["quality"]) == {"approximate"}


def test_a_footway_is_lived_on_where_it_leaves_a_street():
    lane = streets([(0, 50), (100, 50)], [(300, 50), (400, 50)], classes=["footway", "residential"])
    park = areas((box(0, 0, 200, 100), {"population": 10}))
    assert spread(park, network=lane).areas["method"].tolist() == ["other_streets"]


def test_a_street_along_the_border_serves_both_sides():
    border = streets([(100, 5), (100, 95)], classes=["residential"])
    both = areas((box(0, 0, 100, 100), {"population": 10}), (box(100, 0, 100, 100), {"population": 20}))
    population = spread(both, network=border)
    assert population.areas["method"].tolist() == ["residential_streets"] * 2
    assert population.areas[ALL].tolist() == [10, 20] and inside_their_areas(population, both)


@settings(max_examples=30, deadline=None)
@given(
    people=st.lists(st.tuples(*[st.integers(0, 400)] * 3), min_size=4, max_size=4),
    ends=st.lists(st.tuples(*[st.integers(0, 400)] * 4), min_size=1, max_size=6),
)
def test_totals_are_exact_and_people_stay_inside(people, ends):
    lines = [((a, b), (c + 1, d)) for a, b, c, d in ends]
    lanes = streets(*lines, classes=["residential"] * len(lines))
    quarters = [box(200 * (i % 2), 200 * (i // 2), 200, 200) for i in range(4)]
    given = areas(*[(q, dict(zip(AGE_GROUPS, p, strict=True))) for q, p in zip(quarters, people, strict=True)])
    population = spread(given, network=lanes)
    home = population.points["id"].str.split("-").str[0].astype(int) - 1
    sums = population.points.groupby(home)[list(AGE_GROUPS)].sum().reindex(range(4), fill_value=0)
    assert sums.to_numpy().tolist() == [list(p) for p in people]
    assert inside_their_areas(population, given)
    assert (population.points[list(COUNTS)].to_numpy() % 1 == 0).all()


def porto_alegre_hexagons():
    """Cells around the centers, as polygons that tile the ground."""
    table = read_points(shared_data("poa_hexgrid.csv"))
    crs = metric_crs_for(table.lonlat)
    xy = to_metric(table.lonlat, crs)
    cells = gpd.GeoSeries(shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(xy), ordered=True)), crs=crs)
    cells = cells.intersection(gpd.GeoSeries(shapely.points(xy), crs=crs).buffer(300))
    return gpd.GeoDataFrame(
        {"id": table.ids, "population": table.attributes["population"]}, geometry=cells, crs=crs
    ).to_crs(WGS84)


def test_porto_alegre_along_its_streets():
    given = Areas.of(porto_alegre_hexagons(), "hexagons")
    population = spread(given, network=real_network("porto_alegre"))
    assert population.residents == 812_935
    assert (population.areas[ALL] == given.people[:, 0]).all()
    assert inside_their_areas(population, given) and population.points["id"].is_unique
    lived_in = population.areas[population.areas[ALL] > 0]
    assert (lived_in["method"] == "residential_streets").mean() > 0.8


def sample_villages():
    people = gpd.read_parquet(ROOT / "data/sample/demand.parquet").groupby("village")[list(AGE_GROUPS)].sum()
    outlines = gpd.read_parquet(ROOT / "data/sample/jurisdictions.parquet")
    return Areas.of(people.rename_axis("code").reset_index(), "villages", boundaries=outlines)


def test_the_sample_again_from_its_villages():
    network = StreetNetwork.load(ROOT / "data/sample/streets.arrow")
    given = sample_villages()
    population = spread(given, network=network)
    assert (population.points.groupby("village")[list(AGE_GROUPS)].sum() == given.people[:, 1:]).all(axis=None)
    assert inside_their_areas(population, given)
    assert set(population.areas["method"]) == {"residential_streets"}
    assert population.points["id"].str.fullmatch(r"[\w.\-]{1,64}").all()
    again = spread(sample_villages(), network=network)
    pd.testing.assert_frame_equal(pd.DataFrame(again.points), pd.DataFrame(population.points))
