"""The distance field: areas that geometry knows, holes, and independence of the frame."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.catchments.field import area_around

COARSE, FINE = (5.0, 1e-2), (2.5, 3e-3)
cells = pytest.mark.parametrize(("cell_m", "tolerance"), [COARSE, FINE])


def lines(segments: np.ndarray) -> shapely.Geometry:
    return shapely.multilinestrings([segments.reshape(-1, 2, 2)])[0] if len(segments) else shapely.Point()


@cells
def test_a_street_becomes_a_strip_with_round_ends(cell_m: float, tolerance: float) -> None:
    shape = area_around(np.array([[3.0, 4.0, 203.0, 4.0]]), 25.0, cell_m)
    assert shape.area == pytest.approx(200 * 50 + np.pi * 25**2, rel=tolerance)


@pytest.mark.parametrize(("cell_m", "tolerance"), [(5.0, 2e-3), (2.5, 5e-4)])
@pytest.mark.parametrize("degrees", [1, 17, 30, 45, 71, 89])
def test_a_street_in_any_direction_is_as_wide(degrees: int, cell_m: float, tolerance: float) -> None:
    """The sides are exact, for distances to a line are linear; only the round ends lose what lies beyond a chord."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    shape = area_around(np.array([[3.0, 4.0, 3 + 200 * cos, 4 + 200 * sin]]), 25.0, cell_m)
    assert shape.area == pytest.approx(200 * 50 + np.pi * 25**2, rel=tolerance)


@cells
def test_a_spot_becomes_a_disk(cell_m: float, tolerance: float) -> None:
    shape = area_around(np.array([[3.0, 4.0, 3.0, 4.0]]), 25.0, cell_m)
    assert shape.area == pytest.approx(np.pi * 25**2, rel=tolerance)
    assert shape.centroid.distance(shapely.Point(3, 4)) < 0.2


@cells
def test_a_block_keeps_its_courtyard(cell_m: float, tolerance: float) -> None:
    """Streets around 200 m × 200 m, 25 m to either side: a square ring with rounded corners and a hole of 150 m."""
    corners = [(0, 0), (200, 0), (200, 200), (0, 200), (0, 0)]
    segments = np.array([(*a, *b) for a, b in pairwise(corners)], dtype=float)
    shape = area_around(segments, 25.0, cell_m)
    outer = 200**2 + 4 * 200 * 25 + np.pi * 25**2
    assert shape.area == pytest.approx(outer - 150**2, rel=tolerance)
    assert [len(part.interiors) for part in shape.geoms] == [1]


def test_streets_apart_are_parts() -> None:
    shape = area_around(np.array([[0.0, 0.0, 100.0, 0.0], [0.0, 70.0, 100.0, 70.0]]), 25.0, 5.0)
    assert len(shape.geoms) == 2
    assert not shape.intersects(shapely.LineString([(-50, 35), (150, 35)]))


def test_no_street_is_no_area() -> None:
    assert area_around(np.empty((0, 4)), 25.0, 5.0).is_empty


coordinate = st.integers(-200, 200).map(float)
streets = st.lists(st.tuples(coordinate, coordinate, coordinate, coordinate), min_size=1, max_size=8).map(
    lambda rows: np.array(rows, dtype=float)
)
widths = st.sampled_from([(25.0, 5.0), (25.0, 2.5), (40.0, 10.0)])


@settings(max_examples=80, deadline=None)
@given(streets, widths)
def test_any_streets_are_covered_and_little_else(segments, width) -> None:
    """Between two streets the field may bridge what is narrower than a cell's diagonal; a street is never cut."""
    distance_m, cell_m = width
    shape = area_around(segments, distance_m, cell_m)
    assert shape.is_valid
    drawn = lines(segments)
    assert shape.covers(drawn.buffer(distance_m - cell_m**2 / distance_m))
    assert drawn.buffer(distance_m + cell_m / np.sqrt(2), quad_segs=64).covers(shape)


@settings(max_examples=40, deadline=None)
@given(streets, st.integers(-400, 400), st.integers(-400, 400))
def test_moved_by_whole_cells_the_area_moves_and_nothing_else(segments, columns, rows) -> None:
    move = np.array([columns, rows]) * 5.0
    here, there = area_around(segments, 25.0, 5.0), area_around(segments + np.tile(move, 2), 25.0, 5.0)
    back = shapely.transform(there, lambda xy: xy - move)
    assert back.symmetric_difference(here).area < 1e-6 * here.area


@settings(max_examples=40, deadline=None)
@given(streets)
def test_streets_far_away_change_nothing_here(segments) -> None:
    alone = area_around(segments, 25.0, 5.0)
    both = area_around(np.vstack([segments, [(1_003.0, 2.0, 1_207.0, 9.0)]]), 25.0, 5.0)
    here = shapely.union_all([part for part in both.geoms if part.bounds[0] < 600])
    assert here.symmetric_difference(alone).area < 1e-6 * alone.area
