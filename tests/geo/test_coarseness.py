"""Coarseness: finer is better, the estimate holds against counts of the sample, verdicts follow the size of a cell."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.spatial import KDTree

from geo.crs import to_lonlat, to_metric
from geo.errors import EmptyTableError, MissingCrsError, ParameterError
from geo.params import ELDERLY
from geo.people.coarseness import COARSE_SHARE, FINE_SHARE, coarseness
from geo.people.population import from_points
from geo.people.residents import AGE_GROUPS
from geo.points import read_points
from tests.conftest import ROOT, shared_data

CRS = "EPSG:4549"
RADIUS_M = 1.2 * 900 / 1.3


def layer(xy, people):
    return gpd.GeoDataFrame({"population": people}, geometry=gpd.points_from_xy(*to_lonlat(xy, CRS).T), crs="EPSG:4326")


def even(side_m, extent_m=6_000, density=0.001):
    """A grid of cells, `density` residents a square meter."""
    line = np.arange(side_m / 2, extent_m, side_m)
    xy = np.stack(np.meshgrid(389_000 + line, 2_778_000 + line), axis=-1).reshape(-1, 2)
    return layer(xy, np.full(len(xy), density * side_m**2))


@pytest.fixture(scope="module")
def sample():
    frame = gpd.read_parquet(ROOT / "data/sample/demand.parquet")
    return to_metric(shapely.get_coordinates(frame.geometry), CRS), frame[list(AGE_GROUPS)].sum(axis=1).to_numpy(float)


def gathered(sample, side_m):
    xy, people = sample
    cell, home = np.unique(np.floor(xy / side_m), axis=0, return_inverse=True)
    return (cell + 0.5) * side_m, np.bincount(home.ravel(), weights=people)


def test_the_verdict_grows_with_the_cell(sample):
    found = [coarseness(layer(*gathered(sample, side)), side_m=float(side)) for side in (100, 250, 500, 1_000)]
    assert [c.verdict for c in found] == ["fine", "fine", "coarse", "too_coarse"]
    shares = [c.expected_error_share for c in found]
    assert shares == sorted(shares)
    assert [c.resolution_m for c in found] == [100, 250, 500, 1_000]


@pytest.mark.parametrize("side_m", [100, 250, 500, 1_000])
def test_what_is_expected_is_what_is_found(sample, side_m):
    xy, people = sample
    dice = np.random.default_rng(11)
    places = xy[dice.choice(len(xy), 600, p=people / people.sum())] + dice.normal(0, 30, (600, 2))

    def counted(xy, people):
        return np.array([people[near].sum() for near in KDTree(xy).query_ball_point(places, RADIUS_M)])

    truth, cells = counted(xy, people), gathered(sample, side_m)
    found = np.abs(counted(*cells) - truth).sum() / truth.sum()
    expected = coarseness(layer(*cells), side_m=float(side_m)).expected_error_share
    assert 0.8 * found <= expected <= 1.7 * found


def test_rows_at_one_place_are_one_point():
    xy = np.stack(np.meshgrid(389_000 + np.arange(6) * 2_000, 2_778_000 + np.arange(6) * 2_000), axis=-1).reshape(-1, 2)
    once, twice = layer(xy, np.full(36, 1_000.0)), layer(np.repeat(xy, 2, axis=0), np.tile([300.0, 700.0], 36))
    assert coarseness(twice) == coarseness(once)
    assert coarseness(twice).verdict == "too_coarse" and coarseness(twice).resolution_m == pytest.approx(
        2_000, rel=1e-3
    )
    with pytest.raises(ParameterError, match="no neighbor"):
        coarseness(layer(xy[[0, 0]], [1.0, 2.0]))


def test_residents_where_they_are_are_exact():
    exact = coarseness(even(100), side_m=0)
    assert exact.expected_error_share < 1e-12 and exact.verdict == "fine"


def test_catchment_people_are_those_of_the_disc():
    # far from the rim 2,170,000 m² hold 2,170 residents; the rim takes some away, never adds
    found = coarseness(even(50, extent_m=20_000), side_m=50.0)
    assert 0.9 * np.pi * RADIUS_M**2 / 1_000 < found.catchment_people <= 1.01 * np.pi * RADIUS_M**2 / 1_000
    assert found.expected_error_people == pytest.approx(found.expected_error_share * found.catchment_people)


def test_smaller_catchments_forgive_less():
    cells = even(300)
    assert (
        coarseness(cells, side_m=300.0, profile=ELDERLY, minutes=5).expected_error_share
        > coarseness(cells, side_m=300.0).expected_error_share
    )


def test_catchments_that_cut_no_cell_know_all():
    cells = even(500, extent_m=3_000)
    whole = gpd.GeoSeries([shapely.box(388_000, 2_777_000, 393_000, 2_782_000)], crs=CRS)
    half = gpd.GeoSeries([shapely.box(388_000, 2_777_000, 390_250, 2_782_000)], crs=CRS)  # through a row of cells
    assert coarseness(cells, side_m=500.0, catchments=whole).expected_error_share < 1e-12
    cut = coarseness(cells, side_m=500.0, catchments=half)
    assert cut.expected_error_share > 0.01
    assert cut.catchment_people == pytest.approx(1_250 * 3_000 / 1_000, rel=0.1)


def test_the_side_of_a_cell_is_the_way_to_the_next():
    assert coarseness(even(250)).resolution_m == pytest.approx(250, rel=1e-6)


def test_porto_alegre_hexagons_are_on_the_edge():
    hexagons = coarseness(from_points(read_points(shared_data("poa_hexgrid.csv"))).points)
    assert hexagons.resolution_m == pytest.approx(306, abs=2)
    assert FINE_SHARE < hexagons.expected_error_share < COARSE_SHARE / 2


def test_layers_that_cannot_be_judged():
    with pytest.raises(EmptyTableError):
        coarseness(layer(np.array([[389_000.0, 2_778_000.0]]), [0.0]))
    with pytest.raises(ParameterError, match="no neighbor"):
        coarseness(layer(np.array([[389_000.0, 2_778_000.0]]), [5.0]))
    with pytest.raises(ParameterError, match="length"):
        coarseness(even(500), side_m=-1.0)
    with pytest.raises(MissingCrsError):
        coarseness(even(500).set_crs(None, allow_override=True))
