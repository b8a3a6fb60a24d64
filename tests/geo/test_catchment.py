"""Catchments: polygons against buffers, and what is told about each."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geo.catchments.catchment import CatchmentSet, catchments, catchments_of
from geo.crs import to_lonlat
from geo.engine.reach import Reach, Sources
from geo.engine.snapping import Places, snap_xy
from geo.params import ADULT, CHILD, EXACT, FINE, CatchmentParams, Cutoffs, PolygonParams, SnapParams, WalkProfile
from geo.streets.network import StreetNetwork
from tests.geo import builders
from tests.geo.builders import at, build, drawn, grid, local, spots, street_plans
from tests.geo.conftest import doorsteps, each_real
from tests.geo.reference import edge_lines

PACE = WalkProfile("exact", 1.0)
DEFAULT = PolygonParams()


def catchment_set(network: StreetNetwork, places: Places, **settings_: Any) -> CatchmentSet:
    params = CatchmentParams(**settings_)
    reach = Reach(network, params.profile, params.cutoffs.longest_s, direction=params.direction)
    return catchments(reach, Sources.each(places), params)


def minutes(*values: float) -> Cutoffs:
    return Cutoffs.of(values)


def buffered(network: StreetNetwork, found: CatchmentSet, source: int, cutoff: int) -> BaseGeometry:
    """Every reached stretch, taken from its street by shapely, buffered alone, then united."""
    row = slice(*found.pieces.indptr[source * found.pieces.n_cutoffs + cutoff :][:2])
    cut = found.pieces
    lines = edge_lines(network)[cut.edge[row]]
    stretches = [substring(*piece) for piece in zip(lines, cut.low_m[row], cut.high_m[row], strict=True)]
    return shapely.union_all(shapely.buffer(stretches, DEFAULT.buffer_m, quad_segs=32))


HAIR_M2 = 1e-5
"""An overlay rounds its vertices to a nanometer: along kilometers of outline that much may stick out."""


def sticks_out(smaller: Any, larger: Any) -> Any:
    return shapely.area(shapely.difference(smaller, larger))


# --- real streets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("polygon", "tolerance"), [(DEFAULT, 1e-2), (FINE, 3e-3), (EXACT, 1e-3)], ids=["default", "fine", "exact"]
)
@each_real("bayfront", "porto_alegre_hills", "andorra", "las_palmas", "porto")
def test_polygons_are_the_buffers_of_what_is_reached(
    real: StreetNetwork, polygon: PolygonParams, tolerance: float
) -> None:
    """Area within the promised share; and no point of a polygon farther from a reached street than the buffer, but
    for the diagonal of a cell and the simplification: never over water where no street goes.
    """
    found = catchment_set(real, doorsteps(real, 3, seed=12), polygon=polygon)
    grid_m = 0.0 if polygon.exact else polygon.cell_m / np.sqrt(2)
    for source, cutoff in np.ndindex(found.polygons.shape):
        shape = found.polygons[source, cutoff]
        expected = buffered(real, found, source, cutoff)
        assert shape.is_valid
        assert shape.geom_type in ("Polygon", "MultiPolygon")
        assert found.area_m2[source, cutoff] == shape.area == pytest.approx(expected.area, rel=tolerance)
        assert expected.buffer(grid_m + polygon.simplify_m + 0.05).covers(shape)  # 0.05: chords of the arcs
        assert shape.covers(expected.buffer(-polygon.simplify_m - 1.0))
        if cutoff:
            assert sticks_out(found.polygons[source, cutoff - 1], shape) <= HAIR_M2


# --- drawn streets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("polygon", "tolerance"), [(DEFAULT, 1e-2), (FINE, 3e-3), (EXACT, 3e-3)])
def test_the_area_of_a_straight_walk_is_a_strip(polygon: PolygonParams, tolerance: float) -> None:
    """From the middle of 600 m: 100 s and 250 s either way at 1 m/s, 25 m to either side, round ends."""
    network = drawn(builders.LINE, builders.LINE_STREETS)
    found = catchment_set(
        network, snap_xy(network, at((300.0, 0.0))), profile=PACE, cutoffs=minutes(100 / 60, 250 / 60), polygon=polygon
    )
    disk = np.pi * 25**2
    np.testing.assert_allclose(found.area_m2, [[200 * 50 + disk, 500 * 50 + disk]], rtol=tolerance)
    np.testing.assert_allclose(found.street_length_m, [[200.0, 500.0]], atol=1e-4)


def test_water_between_two_islands_stays_water() -> None:
    network = drawn(builders.ISLANDS, builders.ISLANDS_STREETS)
    found = catchment_set(network, snap_xy(network, at((100.0, 0.0), (600.0, 0.0))), cutoffs=minutes(240))
    strait = shapely.box(*at((226.0, -100.0))[0], *at((474.0, 100.0))[0])
    assert not any(shape.intersects(strait) for shape in found.polygons.ravel())
    np.testing.assert_allclose(found.street_length_m, [[200.0], [200.0]], atol=1e-4)


def test_speed_and_direction_are_those_of_the_parameters() -> None:
    """200 m one way: within 150 s at 1 m/s residents of ab reach b, not a."""
    network = drawn(builders.ONE_WAY, builders.ONE_WAY_STREETS)
    corner = to_lonlat(at((0.0, 200.0)), network.crs)
    for profile, direction, expected in [
        (PACE, "to", 150.0),
        (PACE, "from", 300.0),
        (CHILD, "from", 300.0),
        (ADULT, "to", 180.0),
    ]:
        params = CatchmentParams(profile=profile, cutoffs=minutes(2.5), direction=direction)
        found = catchments_of(network, corner, params)
        assert found.street_length_m[0, 0] == pytest.approx(expected, abs=1e-3), (profile.id, direction)


def test_a_center_on_no_street_has_an_empty_catchment_and_is_counted() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    found = catchment_set(network, snap_xy(network, at((0.0, 9_000.0), (0.0, 40.0))))
    assert found.n_places.tolist() == [1, 1]
    assert found.n_snapped.tolist() == [0, 1]
    assert found.access_m.tolist() == [np.inf, pytest.approx(40.0)]
    assert all(shape.is_empty for shape in found.polygons[0])
    assert found.area_m2[0].tolist() == found.street_length_m[0].tolist() == [0.0, 0.0, 0.0]
    assert found.truncated_share[0] == 0


def test_a_center_of_several_service_points_is_one_catchment() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    places = snap_xy(network, at((0.0, 10.0), (600.0, 30.0), (0.0, 9_000.0)))
    center = Sources.grouped(places, np.zeros(3, np.int64), 1)
    found = catchments(Reach(network, PACE, 60.0), center, CatchmentParams(profile=PACE, cutoffs=minutes(1)))
    assert (found.n_places.tolist(), found.n_snapped.tolist()) == ([3], [2])
    assert found.access_m == pytest.approx([30.0])
    assert found.street_length_m[0, 0] == pytest.approx(50 + 30, abs=1e-4)
    assert len(found.polygons[0, 0].geoms) == 2


def test_dead_ends_are_counted_and_those_where_the_extract_ends_are_told_apart() -> None:
    """A cross with four ends at 200 m, two of them cut off; 250 m reach all, 150 m none."""
    cross = "..b\n...\nc.a.d\n...\n..e"
    network = drawn(cross, "ab ac ad ae", step_m=100.0, truncated="bc")
    place = snap_xy(network, at((200.0, 200.0)))
    far = catchment_set(network, place, profile=PACE, cutoffs=minutes(1, 250 / 60))
    near = catchment_set(network, place, profile=PACE, cutoffs=minutes(1, 150 / 60))
    assert (far.dead_ends.tolist(), far.truncated_share.tolist()) == ([4], [0.5])
    assert (near.dead_ends.tolist(), near.truncated_share.tolist()) == ([0], [0.0])


def test_progress_is_told_and_ends_at_one() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    told: list[float] = []
    params = CatchmentParams()
    sources = Sources.each(snap_xy(network, at((0.0, 0.0), (300.0, 0.0))))
    catchments(Reach(network, ADULT, 900.0), sources, params, progress=lambda _, share: told.append(share))
    assert told == [0.5, 1.0]


def test_the_table_has_longest_cutoffs_first_in_degrees() -> None:
    network = drawn(builders.LINE, builders.LINE_STREETS)
    found = catchment_set(network, snap_xy(network, at((300.0, 60.0), (0.0, 9e3))), cutoffs=minutes(2, 4), profile=PACE)
    frame = found.to_frame(["甲", "乙"])
    assert frame.id.tolist() == ["甲", "甲", "乙", "乙"]
    assert frame.minutes.tolist() == [4.0, 2.0, 4.0, 2.0]
    assert frame.street_length_m.tolist() == [360.0, 120.0, 0.0, 0.0]
    assert frame.access_m.tolist() == [60.0, 60.0, np.inf, np.inf]
    assert frame.geometry.is_empty.tolist() == [False, False, True, True]
    assert frame.crs.to_epsg() == 4326
    back = frame.geometry.iloc[[0]].to_crs(network.crs).iloc[0]
    assert back.area == pytest.approx(found.area_m2[0, 1], rel=1e-6)
    center = shapely.Point(*to_lonlat(at((300.0, 0.0)), network.crs)[0])
    assert frame.geometry.iloc[0].covers(center)


# --- properties -------------------------------------------------------------------------------------------

few = settings(max_examples=40, deadline=None)
WIDE = SnapParams(max_distance_m=2_000.0)

UNBIASED = PolygonParams(cell_m=4.0, simplify_m=0.0)
"""For comparing outlines: a simplification depends on the vertex where it starts, and with 5 m cells the outline of a
street on the raster's lines passes exactly through grid points, where rounding decides."""


@few
@given(street_plans(), spots(max_size=3), st.sampled_from([DEFAULT, FINE, EXACT, PolygonParams(simplify_m=5.0)]))
def test_polygons_are_valid_and_each_lies_in_the_next(plan, points, polygon) -> None:
    network = build(*plan)
    found = catchment_set(network, snap_xy(network, at(*points), WIDE), polygon=polygon, cutoffs=minutes(1, 2, 3, 6))
    assert shapely.is_valid(found.polygons).all()
    assert set(shapely.get_type_id(found.polygons).ravel()) <= {3, 6}
    for smaller, larger in pairwise(found.polygons.T):
        assert np.all(sticks_out(smaller, larger) <= HAIR_M2)
    assert np.all(np.diff(found.area_m2, axis=1) >= -1e-6)
    assert np.all(np.diff(found.street_length_m, axis=1) >= -1e-6)


@few
@given(street_plans(), spots(max_size=2), st.integers(-500, 500), st.integers(-500, 500))
def test_moving_everything_by_whole_cells_moves_the_catchment(plan, points, columns, rows) -> None:
    move = (columns * UNBIASED.cell_m, rows * UNBIASED.cell_m)
    here, there = build(*plan), build(*plan, shift=move)
    first = catchment_set(here, snap_xy(here, at(*points), WIDE), polygon=UNBIASED)
    second = catchment_set(there, snap_xy(there, at(*points) + move, WIDE), polygon=UNBIASED)
    same = np.isclose(first.street_length_m, second.street_length_m, rtol=1e-9, atol=1e-3).all(axis=1)
    for source in np.flatnonzero(same):  # a point halfway between two streets may choose the other one
        for mine, theirs in zip(first.polygons[source], second.polygons[source], strict=True):
            back = shapely.transform(theirs, lambda xy: xy - move)
            assert mine.symmetric_difference(back).area <= 1e-3 * mine.area


def test_a_regular_town_gives_the_same_catchment_at_every_crossing() -> None:
    """Blocks of 100 m, on the raster's lines: what is drawn around one crossing is drawn around the next."""
    network = grid(30, 30, 100.0)
    places = snap_xy(network, at((1_400.0, 1_500.0), (1_500.0, 1_500.0), (1_500.0, 1_600.0)))
    found = catchment_set(network, places, cutoffs=minutes(5, 10), polygon=UNBIASED)
    centered = [
        shapely.transform(shape, lambda xy, place=place: local(xy) - local(place))
        for place, shape in zip(places.xy, found.polygons[:, 1], strict=True)
    ]
    for other in centered[1:]:
        assert other.symmetric_difference(centered[0]).area < 1e-5 * centered[0].area
