"""Every place belongs to exactly one jurisdiction per level, whatever the outlines do."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.jurisdiction import SLIVER_M, Jurisdictions, level_of
from geo.errors import MissingColumnError, MissingCrsError, TableFaultsError
from tests.geo.assessed import city, sample
from tests.geo.builders import CRS, ORIGIN, at

COUNTY, TOWN = "350505000000", "350505101000"


def outlines(*shapes: tuple[str, shapely.Geometry]) -> Jurisdictions:
    """Jurisdictions of code and shape, meters from the origin."""
    codes, polygons = zip(*shapes, strict=True)
    moved = [shapely.affinity.translate(polygon, *ORIGIN) for polygon in polygons]
    return Jurisdictions.of(gpd.GeoDataFrame({"code": codes}, geometry=moved, crs=CRS), CRS)


def located(units: Jurisdictions, *points: tuple[float, float]) -> list[str]:
    return [units.codes[i] if i >= 0 else "" for i in units.locate(at(*points))]


def village(number: int) -> str:
    return f"350505101{number:03d}"


# Two villages that touch, a gap of 4 m east of them, a third village:
#
#     +-----+-----+ +-----+
#     |  1  |  2  | |  3  |
#     +-----+-----+ +-----+
#     0    100   200 204  304
ROW = [
    (village(1), shapely.box(0, 0, 100, 100)),
    (village(2), shapely.box(100, 0, 200, 100)),
    (village(3), shapely.box(204, 0, 304, 100)),
]


def test_a_shared_border_belongs_to_the_lower_code_of_equals() -> None:
    assert located(outlines(*ROW), (50, 50), (100, 50), (100, 0), (150, 50)) == [village(n) for n in (1, 1, 1, 2)]


def test_a_shared_border_belongs_to_the_smaller_neighbor() -> None:
    units = outlines((village(1), shapely.box(0, 0, 100, 100)), (village(2), shapely.box(100, 0, 150, 100)))
    assert located(units, (100, 50), (99, 50)) == [village(2), village(1)]


def test_a_sliver_between_outlines_belongs_to_the_nearer_one() -> None:
    assert SLIVER_M == 5.0
    units = outlines(*ROW)
    assert located(units, (201, 50), (203.5, 50), (202, 50)) == [village(2), village(3), village(2)]
    assert located(units, (308, 50), (310, 50), (-4, -2), (-4, -4)) == [village(3), "", village(1), ""]


def test_where_outlines_overlap_the_smaller_one_has_it() -> None:
    units = outlines((village(1), shapely.box(0, 0, 100, 100)), (village(2), shapely.box(90, 0, 150, 100)))
    assert located(units, (95, 50), (89, 50), (120, 50)) == [village(2), village(1), village(2)]


@pytest.mark.parametrize("with_hole", [True, False])
def test_an_enclave_keeps_its_people_with_and_without_a_hole_around_it(with_hole: bool) -> None:
    around, inner = shapely.box(0, 0, 300, 300), shapely.box(100, 100, 200, 200)
    units = outlines((village(1), around - inner if with_hole else around), (village(2), inner))
    assert located(units, (150, 150), (50, 50), (100, 150)) == [village(2), village(1), village(2)]


def test_villages_decide_before_towns_and_towns_before_counties() -> None:
    units = outlines(
        (COUNTY, shapely.box(0, 0, 900, 900)),
        (TOWN, shapely.box(0, 0, 400, 400)),
        (village(1), shapely.box(300, 300, 500, 500)),
    )
    home = units.locate(at((450, 450), (350, 350), (100, 100), (800, 800), (-100, 0)))
    assert [units.codes[i] if i >= 0 else "" for i in home] == [village(1), village(1), TOWN, COUNTY, ""]
    seen = {
        level: [units.codes[i] if i >= 0 else "" for i in units.rolled_up(home, level)] for level in ("county", "town")
    }
    assert seen["town"] == [TOWN, TOWN, TOWN, COUNTY, ""], (
        "a village takes its people to its own town, wherever that ends"
    )
    assert seen["county"] == [COUNTY] * 4 + [""]
    assert units.rolled_up(home, "village").tolist() == home.tolist()


def test_a_village_without_its_town_counts_for_its_county() -> None:
    units = outlines((COUNTY, shapely.box(0, 0, 900, 900)), (village(1), shapely.box(0, 0, 100, 100)))
    assert units.parent[units.number[village(1)]] == units.number[COUNTY]
    assert units.rolled_up(np.array([units.number[village(1)]], np.int32), "town").tolist() == [units.number[COUNTY]]


def test_a_stated_code_decides_where_it_is_known() -> None:
    units = outlines(*ROW)
    home = units.homes(at((50, 50), (50, 50), (50, 50)), [village(3), "", "999999999999"])
    assert [units.codes[i] for i in home] == [village(3), village(1), village(1)]


def test_the_stated_villages_of_the_sample_are_where_its_points_lie() -> None:
    assessed = sample()
    assert (assessed.jurisdictions.locate(assessed.xy) == assessed.home_unit).all()
    assert (assessed.home_unit >= 0).all()


def test_on_a_real_city_every_point_inside_belongs_to_one_cell_of_the_grid() -> None:
    assessed = city()
    units = assessed.jurisdictions
    assert (assessed.home_unit >= 0).all()
    assert (units.level[assessed.home_unit] == 2).all()
    cells = shapely.intersects_xy(units.polygons[units.level == 2][:, None], *assessed.xy.T)
    assert (cells.sum(axis=0) == 1).all()
    assert (np.flatnonzero(units.level == 2)[cells.argmax(axis=0)] == assessed.home_unit).all()


def test_the_order_of_rows_changes_nothing() -> None:
    points = [(x, y) for x in range(-10, 320, 7) for y in (0, 50, 103)]
    assert located(outlines(*ROW), *points) == located(outlines(*ROW[::-1]), *points)


def test_levels_follow_from_codes_or_are_stated() -> None:
    assert [level_of(c) for c in (COUNTY, TOWN, village(1), "12", "a" * 12)] == [
        "county",
        "town",
        "village",
        None,
        None,
    ]
    boxes = [shapely.box(0, 0, 9, 9), shapely.box(0, 0, 5, 5)]
    frame = gpd.GeoDataFrame(
        {"code": ["B", "B1"], "level": ["county", "village"], "parent": [None, "B"], "name": ["Bee", None]},
        geometry=boxes,
        crs=CRS,
    )
    units = Jurisdictions.of(frame, CRS)
    assert (units.level.tolist(), units.parent.tolist(), units.names) == ([0, 2], [-1, 0], ("Bee", "B1"))


def test_provinces_and_prefectures_are_no_level() -> None:
    assert [level_of(c) for c in ("350500000000", "350000000000", "000000000000", COUNTY)] == [
        None,
        None,
        None,
        "county",
    ]


def test_a_stated_parent_that_is_not_there_is_named() -> None:
    codes = {"town": ["T"], "village": ["V1", "V2", "V3", village(1)]}
    frame = gpd.GeoDataFrame(
        {
            "code": [code for level in codes.values() for code in level],
            "level": [level for level, found in codes.items() for _ in found],
            "parent": ["county of another table", "T", "t", None, TOWN],
        },
        geometry=[shapely.box(0, 0, 9, 9)] * 5,
        crs=CRS,
    )
    with pytest.raises(TableFaultsError) as caught:
        Jurisdictions.of(frame, CRS)
    assert [(f.row, f.column, f.value) for f in caught.value.faults] == [(3, "parent", "t")]


def test_every_fault_is_named_at_once() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1), shapely.Point(0, 0)]
    frame = gpd.GeoDataFrame({"code": [village(1), village(1), "odd"]}, geometry=shapes, crs=CRS)
    with pytest.raises(TableFaultsError) as caught:
        Jurisdictions.of(frame, CRS)
    assert [(f.row, f.column) for f in caught.value.faults] == [(2, "code"), (3, "level"), (3, "geometry")]
    with pytest.raises(MissingCrsError):
        Jurisdictions.of(frame.set_crs(None, allow_override=True), CRS)
    with pytest.raises(MissingColumnError):
        Jurisdictions.of(frame.drop(columns="code"), CRS)


def test_an_outline_that_crosses_itself_still_holds_its_people() -> None:
    bow_tie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    assert located(outlines((village(1), bow_tie)), (10, 50), (90, 50), (50, 90)) == [village(1), village(1), ""]


def test_a_catchment_is_cut_along_borders_and_nothing_is_lost() -> None:
    units = outlines(*ROW[:2])
    shapes = [shapely.box(-20, 40, 150, 60), shapely.box(20, 20, 60, 60), shapely.box(100, 120, 150, 150)]
    moved = np.array([shapely.affinity.translate(shape, *ORIGIN) for shape in shapes], dtype=object)
    shape, unit, part = units.divided(moved, "village")
    assert list(zip(shape.tolist(), unit.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0)]
    assert shapely.area(part).tolist() == [2000.0, 1000.0, 1600.0]
    assert units.divided(moved, "town")[0].tolist() == []


def test_without_jurisdictions_everybody_lives_outside() -> None:
    assert Jurisdictions.none(CRS).homes(at((0, 0), (1, 1)), ["x", ""]).tolist() == [-1, -1]


whole = st.integers(0, 40)


@settings(max_examples=40, deadline=None)
@given(
    boxes=st.lists(st.tuples(whole, whole, st.integers(1, 25), st.integers(1, 25)), min_size=1, max_size=6),
    points=st.lists(st.tuples(whole, whole), min_size=1, max_size=8),
)
def test_any_boxes_equal_plain_loops(boxes: list[tuple[int, int, int, int]], points: list[tuple[int, int]]) -> None:
    """Lattice of 10 m, so that borders, overlaps, enclaves and equal areas are common."""
    shapes = [
        (village(n), shapely.box(10 * x, 10 * y, 10 * (x + width), 10 * (y + height)))
        for n, (x, y, width, height) in enumerate(boxes, start=1)
    ]
    expected = []
    for x, y in points:
        holding = [
            (width * height, n)
            for n, (left, low, width, height) in enumerate(boxes, start=1)
            if left <= x <= left + width and low <= y <= low + height
        ]
        expected.append(village(min(holding)[1]) if holding else "")
    assert located(outlines(*shapes), *((10.0 * x, 10.0 * y) for x, y in points)) == expected
