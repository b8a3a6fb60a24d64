"""Coordinates: published pairs, exact inverses, projections that keep lengths, and the doctor's verdicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.crs import metric_crs_for, parse_angle, to_lonlat, to_metric, zone_crs
from geo.datum import Datum, convert_datum
from geo.errors import AngleFormatError, ParameterError
from geo.hypotheses import Hypothesis, diagnose, is_clear
from geo.streets.osm import read_osm
from tests.conftest import shared_data

QUANGANG = np.array([118.87, 25.13])
MM_DEG = 1e-3 / 111_320


def _points(*pairs: tuple[float, float]) -> NDArray[np.float64]:
    return np.array(pairs, dtype=np.float64)


# Datum -----------------------------------------------------------------------------------------------------------

PUBLISHED = [
    # wandergis/coordtransform, test/app.js: forward results to 14 digits
    (Datum.WGS84, Datum.GCJ02, (116.404, 39.915), (116.41024449916938, 39.91640428150164), MM_DEG),
    (Datum.GCJ02, Datum.BD09, (116.404, 39.915), (116.41036949371029, 39.92133699351021), MM_DEG),
    # googollee/eviltransform, tests: Shanghai, Shenzhen, Beijing; made with WGS-84's axis, hence within 1e-6°
    (Datum.WGS84, Datum.GCJ02, (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), 1e-6),
    (Datum.WGS84, Datum.GCJ02, (113.912316, 22.543847), (113.9171764808363, 22.540796131694766), 1e-6),
    (Datum.WGS84, Datum.GCJ02, (116.377817, 39.911954), (116.38404722455657, 39.91334545536069), 1e-6),
    # hujiulong/gcoord, test/fixtures/china-cities.json: 泉州, 沈阳, 那曲, to 7 digits; its GCJ-02 is 0.6-0.8 m off
    (Datum.GCJ02, Datum.BD09, (118.6756787, 24.8741363), (118.6821251, 24.8804872), 1e-7),
    (Datum.GCJ02, Datum.BD09, (123.4314787, 41.8057023), (123.438095, 41.8114013), 1e-7),
    (Datum.GCJ02, Datum.BD09, (92.0512438, 31.4762063), (92.0576832, 31.4824421), 1e-7),
    (Datum.WGS84, Datum.GCJ02, (118.6711365, 24.8770487), (118.6756787, 24.8741363), 8e-6),
    (Datum.WGS84, Datum.GCJ02, (123.4253306, 41.8032629), (123.4314787, 41.8057023), 8e-6),
]


@pytest.mark.parametrize(("source", "target", "given_point", "expected", "tolerance_deg"), PUBLISHED)
def test_published_pairs_agree_both_ways(source, target, given_point, expected, tolerance_deg):
    assert convert_datum(_points(given_point), source, target)[0] == pytest.approx(expected, abs=tolerance_deg)
    assert convert_datum(_points(expected), target, source)[0] == pytest.approx(given_point, abs=tolerance_deg * 1.1)


in_china = st.tuples(st.floats(73.5, 134.8), st.floats(18.0, 53.6))


@given(in_china, st.sampled_from(list(Datum)), st.sampled_from(list(Datum)))
@example((105.0, 35.0), Datum.WGS84, Datum.BD09)  # the formula has a kink there: √|lon - 105|
@example((105.0 - 1e-9, 35.0), Datum.GCJ02, Datum.WGS84)
def test_a_round_trip_returns_within_a_tenth_of_a_millimeter(point, source, target):
    there = convert_datum(_points(point), source, target)
    back = convert_datum(there, target, source)
    assert np.abs(back - point).max() < MM_DEG / 10


@given(in_china)
def test_going_by_gcj02_is_going_directly(point):
    wgs = _points(point)
    by_gcj = convert_datum(convert_datum(wgs, Datum.WGS84, Datum.GCJ02), Datum.GCJ02, Datum.BD09)
    assert convert_datum(wgs, Datum.WGS84, Datum.BD09) == pytest.approx(by_gcj, abs=1e-12)


def test_shifts_are_as_large_as_they_are_known_to_be():
    wgs = QUANGANG[None]
    for datum, expected_m in ((Datum.GCJ02, 560), (Datum.BD09, 1170)):
        moved = to_metric(convert_datum(wgs, Datum.WGS84, datum), "EPSG:4549") - to_metric(wgs, "EPSG:4549")
        assert np.hypot(*moved[0]) == pytest.approx(expected_m, rel=0.03)


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_outside_of_the_published_box_and_nan_nothing_moves(datum):
    points = _points((-8.6, 41.15), (139.69, 35.69), (math.nan, 30.0), (104.0, 0.5))
    np.testing.assert_array_equal(convert_datum(points, Datum.WGS84, datum), points)
    np.testing.assert_array_equal(convert_datum(points, datum, Datum.WGS84), points)


def test_neighbors_do_not_influence_one_another():
    many = np.random.default_rng(5).uniform([100, 22], [120, 40], (40_000, 2))
    alone = np.vstack([convert_datum(many[i : i + 1], Datum.BD09, Datum.WGS84) for i in (0, 20_000, 39_999)])
    together = convert_datum(many, Datum.BD09, Datum.WGS84)
    assert together[[0, 20_000, 39_999]] == pytest.approx(alone, abs=MM_DEG / 100)


# Projection ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "crs"),
    [
        ((118.87, 25.13), "EPSG:4549"),  # Quangang
        ((75.99, 39.47), "EPSG:4534"),  # Kashgar
        ((116.4, 39.9), "EPSG:4548"),  # Beijing
        ((134.3, 48.3), "EPSG:4554"),  # Fuyuan
    ],
)
def test_places_in_china_get_their_zone(place, crs):
    assert metric_crs_for(_points(place, place)) == crs


@pytest.mark.parametrize(
    "place",
    [(-51.22, -30.03), (-8.6, 41.15), (127.0, 37.5), (121.56, 25.03), (103.86, 1.28), (139.7, 35.7), (-179, 70)],
)
def test_places_elsewhere_get_their_own_meters(place):
    crs = metric_crs_for(_points(place))
    assert crs.startswith("+proj=tmerc")
    assert np.abs(to_metric(_points(place), crs)).max() < 10_000


def test_one_stray_point_does_not_move_the_system():
    assert metric_crs_for(_points((118.8, 25.1), (118.9, 25.2), (0.0, 0.0))) == "EPSG:4549"


def test_no_usable_point_is_an_error():
    with pytest.raises(ParameterError, match="none is in degrees"):
        metric_crs_for(_points((math.nan, 1.0), (667_000.0, 2_780_000.0)))


@given(st.floats(-179, 179), st.floats(-75, 75))
def test_lengths_in_meters_are_lengths_on_the_ground(lon, lat):
    """Ground truth: the geodesic. 1 km in the 3-degree zone's edge is at most 0.035 % off, in the local one 1e-6."""
    from pyproj import Geod

    a = _points((lon, lat))
    crs = metric_crs_for(a)
    b_lon, b_lat, _ = Geod(ellps="WGS84").fwd(lon, lat, 30.0, 1_000.0)
    length_m = float(np.hypot(*(to_metric(_points((b_lon, b_lat)), crs) - to_metric(a, crs))[0]))
    assert length_m == pytest.approx(1_000.0, rel=4e-4 if crs.startswith("EPSG") else 1e-5)
    assert to_lonlat(to_metric(a, crs), crs) == pytest.approx(a, abs=1e-9)


def test_zone_codes_are_those_of_the_registry():
    from pyproj import CRS

    for meridian in range(75, 136, 3):
        assert CRS(zone_crs(meridian)).name.endswith(f"CM {meridian}E")
        assert CRS(zone_crs(meridian, numbered=True)).name.endswith(f"zone {meridian // 3}")


def test_an_unknown_system_is_named():
    with pytest.raises(ParameterError, match="EPSG:99999999"):
        to_metric(_points((1, 1)), "EPSG:99999999")


# Angles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "118.908",
        "118°54'28.8\"E",
        "118 54 28.8",
        "118:54:28.8",
        "118-54-28.8",
        "东经118度54分28.8秒",
        "１１８°５４′２８．８″Ｅ",
        "E118°54′28.8″",
        "118º54'28,8''",
        "118d54m28.8s",
        "118deg 54m 28.8s E",
        "+118° 54.48'",
        " 118.908°东 ",
    ],
)
def test_the_usual_forms_say_the_same(text):
    assert parse_angle(text) == pytest.approx(118.908, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [("33°30'S", -33.5), ("-33 30", -33.5), ("南纬33度30分", -33.5), ("8.5W", -8.5), ("0°0'36\"S", -0.01)],
)
def test_south_and_west_are_negative(text, degrees):
    assert parse_angle(text) == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a number of degrees"),
        ("nan", "not a number of degrees"),
        ("118,908", "not a number of degrees"),
        ("118.9 25.1", "only its last part"),
        ("118°54'28.8\"E 25°8'N", "not a number of degrees"),
        ("{{7*7}}", "not a number of degrees"),
        ("118 60 0", "from 0 to 60"),
        ("E118W", "twice"),
        ("-118W", "twice"),
        ("91N", "beyond the end"),
        ("1185428.8", "beyond the end"),
    ],
)
def test_what_is_no_angle_says_why(text, reason):
    with pytest.raises(AngleFormatError, match=reason) as caught:
        parse_angle(text)
    assert caught.value.facts["text"] == text


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59_999), st.booleans())
def test_what_is_written_is_read(degrees, minutes, milliseconds, west):
    text = f"{degrees}°{minutes}′{milliseconds / 1000:.3f}″{'W' if west else 'E'}"
    expected = degrees + minutes / 60 + milliseconds / 3_600_000
    assert parse_angle(text) == pytest.approx(-expected if west else expected, abs=1e-9)


# The doctor ------------------------------------------------------------------------------------------------------


class Town:
    """An irregular town of 6 × 6 km at Quangang, and 100 centers at doors up to 15 m from its streets."""

    def __init__(self, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        middle = to_metric(QUANGANG[None], "EPSG:4549")[0]
        start = middle + rng.uniform(-3_000, 3_000, (900, 2))
        turn = rng.uniform(0, 2 * np.pi, 900)
        end = start + 300 * np.column_stack([np.cos(turn), np.sin(turn)])
        self.tree = shapely.STRtree(shapely.linestrings(np.stack([start, end], axis=1)))
        chosen = rng.choice(900, 100, replace=False)
        along = start[chosen] + rng.uniform(0, 1, (100, 1)) * (end - start)[chosen]
        self.xy = along + rng.uniform(-10, 10, (100, 2))
        self.lonlat = to_lonlat(self.xy, "EPSG:4549")
        self.middle = middle

    def street_distance_m(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        points = shapely.points(to_metric(lonlat, "EPSG:4549"))
        _, distance_m = self.tree.query_nearest(points, return_distance=True, all_matches=False)
        return np.asarray(distance_m)

    def inside(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Each row claims the 1 km square that its true place is in."""
        claimed = np.floor((self.xy - self.middle) / 1_000)
        return np.asarray((np.floor((to_metric(lonlat, "EPSG:4549") - self.middle) / 1_000) == claimed).all(axis=1))


TOWN = Town()


def _given_as(case: str) -> NDArray[np.float64]:
    name, _, swapped = case.partition("-")
    if name.startswith("EPSG"):
        columns = to_metric(TOWN.lonlat, name)
    else:
        columns = convert_datum(TOWN.lonlat, Datum.WGS84, Datum(name))
    return columns[:, ::-1] if swapped else columns


CASES = ["wgs84", "gcj02", "bd09", "wgs84-swapped", "gcj02-swapped", "bd09-swapped"]
CASES += ["EPSG:4549", "EPSG:4548", "EPSG:4549-swapped", "EPSG:4528", "EPSG:4528-swapped", "EPSG:4498"]


@pytest.mark.parametrize("evidence", ["inside", "streets", "both"])
@pytest.mark.parametrize("case", CASES)
def test_the_doctor_recognizes_each_case(case, evidence):
    ranked = diagnose(
        _given_as(case),
        inside=None if evidence == "streets" else TOWN.inside,
        street_distance_m=None if evidence == "inside" else TOWN.street_distance_m,
    )
    best = ranked[0]
    assert case in (best.id, *best.same_as)
    assert is_clear(ranked)
    assert best.apply(_given_as(case)) == pytest.approx(TOWN.lonlat, abs=MM_DEG)
    assert sum(h.score for h in ranked) == pytest.approx(1, abs=0.1)
    if evidence != "streets":
        assert best.share_inside == 1.0
    if evidence != "inside":
        assert best.median_street_m < 10


def test_without_evidence_the_doctor_does_not_pretend():
    ranked = diagnose(TOWN.lonlat)
    assert [h.id for h in ranked] == ["wgs84", "gcj02", "bd09"]
    assert not is_clear(ranked)
    assert all(math.isnan(h.share_inside) and math.isnan(h.median_street_m) for h in ranked)


@pytest.mark.parametrize("name", ["las_palmas_2023", "porto_alegre_centre"])
def test_the_doctor_recognizes_a_hundred_centers_on_real_streets(name):
    """Real streets, set down at Quangang because only China's maps are shifted; doors 5 to 15 m off the street."""
    streets = read_osm(shared_data(f"{name}.osm.pbf"))
    xy = to_metric(streets.shape_lonlat, metric_crs_for(streets.shape_lonlat))
    xy += TOWN.middle - np.median(xy, axis=0)
    edge = np.repeat(np.arange(streets.n_edges), np.diff(streets.shape_indptr))
    lines = shapely.linestrings(xy, indices=edge)
    tree = shapely.STRtree(lines)

    def street_distance_m(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        points = shapely.points(to_metric(lonlat, "EPSG:4549"))
        return np.asarray(tree.query_nearest(points, return_distance=True, all_matches=False)[1])

    rng = np.random.default_rng(11)
    doors = shapely.line_interpolate_point(rng.choice(lines, 100), rng.uniform(0, 1, 100), normalized=True)
    turn = rng.uniform(0, 2 * np.pi, 100)
    off_m = rng.uniform(5, 15, (100, 1)) * np.column_stack([np.cos(turn), np.sin(turn)])
    lonlat = to_lonlat(shapely.get_coordinates(doors) + off_m, "EPSG:4549")
    for datum in Datum:
        ranked = diagnose(convert_datum(lonlat, Datum.WGS84, datum), street_distance_m=street_distance_m)
        assert ranked[0].id == datum.value
        assert is_clear(ranked)


@pytest.mark.parametrize("off_street_m", [0.0, 35.0])
def test_places_that_have_nothing_to_do_with_streets_stay_undecided(off_street_m):
    """Field centers, or doors deep in their blocks: wrong datums come as near to streets as the right one."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        nowhere = TOWN.middle + rng.uniform(-2_500, 2_500, (400, 2))
        distance_m = TOWN.street_distance_m(to_lonlat(nowhere, "EPSG:4549"))
        chosen = to_lonlat(nowhere[distance_m >= off_street_m][:100], "EPSG:4549")
        assert not is_clear(diagnose(chosen, street_distance_m=TOWN.street_distance_m))


def test_one_point_in_its_village_is_not_yet_proof():
    ranked = diagnose(TOWN.lonlat[:1], inside=lambda p: np.full(len(p), p[0, 0] == TOWN.lonlat[0, 0]))
    assert ranked[0].id == "wgs84"
    assert not is_clear(ranked)


def test_ten_wrong_rows_of_a_hundred_do_not_change_the_verdict():
    columns = _given_as("gcj02")
    columns[:4] = np.nan
    columns[4:7] = 0.0
    columns[7:10] += 0.5
    ranked = diagnose(columns, inside=TOWN.inside, street_distance_m=TOWN.street_distance_m)
    assert ranked[0].id == "gcj02"
    assert is_clear(ranked)
    assert ranked[0].share_inside == pytest.approx(90 / 96)


def test_outside_of_china_the_shifted_datums_are_the_same_hypothesis():
    porto = _points((-8.61, 41.15), (-8.62, 41.16))
    first = diagnose(porto)[0]
    assert (first.id, first.same_as) == ("wgs84", ("gcj02", "bd09"))


def test_impossible_coordinates_leave_no_hypothesis():
    assert diagnose(_points((1e9, 1e9), (np.nan, 1.0))) == []
    assert diagnose(np.empty((0, 2))) == []


def test_applying_marks_what_is_impossible_and_leaves_the_input_alone():
    columns = _points((118.9, 25.1), (118.9, 95.0), (np.inf, 0.0))
    before = columns.copy()
    lonlat = Hypothesis("gcj02", "EPSG:4326", Datum.GCJ02, swapped=False).apply(columns)
    np.testing.assert_array_equal(columns, before)
    assert np.isfinite(lonlat[0]).all()
    assert np.isnan(lonlat[1:]).all()
