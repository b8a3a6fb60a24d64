"""The figures, counted by hand on a grid: a walk is as long as its blocks."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.results import NetworkResults, Standing
from data.workspace import Workspace
from geo.params import ADULT, ELDERLY, CatchmentParams, WalkProfile
from tests.app.conftest import AT, BLOCK_M, HOMES, SIDE

ON_STREETS = {home: people for home, people in HOMES.items() if max(home) <= SIDE}


def counted(center: tuple[int, int], minutes: float, profile: WalkProfile) -> int:
    """Residents whose walk along the blocks fits into the minutes."""
    budget_m = minutes * 60 * profile.speed_mps
    return sum(p for (x, y), p in ON_STREETS.items() if (abs(x - center[0]) + abs(y - center[1])) * BLOCK_M <= budget_m)


@pytest.fixture(scope="module")
def workspace(grid_folder) -> Workspace:
    return Workspace.open(grid_folder)


@pytest.fixture(scope="module")
def standing(workspace) -> Standing:
    return Standing.of(workspace)


@pytest.mark.parametrize("profile", [ADULT, ELDERLY], ids=lambda p: p.id)
def test_each_center_reaches_whom_the_blocks_say(workspace, standing, profile):
    results = NetworkResults.of(workspace, standing, CatchmentParams(profile=profile))
    for i, (name, place) in enumerate(AT.items()):
        expected = [0 if name == "sea" else counted(place, m, profile) for m in (5, 10, 15)]
        assert results.people[i, :, 0].tolist() == expected
    ages = results.people[:, :, 1:].sum(axis=2)
    assert np.array_equal(ages, results.people[:, :, 0])


def test_only_open_centers_cover(workspace, standing):
    results = NetworkResults.of(workspace, standing, CatchmentParams())
    assert results.covered[:, 0].tolist() == [counted(AT["near"], m, ADULT) for m in (5, 10, 15)]


def test_what_is_on_no_street_is_counted_and_named(workspace, standing):
    assert standing.center_snapped.tolist() == [True, True, False]
    assert standing.off_street == HOMES[(30, 30)]
    assert standing.total[0] == sum(HOMES.values())
    results = NetworkResults.of(workspace, standing, CatchmentParams())
    assert results.catchments.area_m2[2].tolist() == [0, 0, 0]


def test_unknown_ages_are_counted_as_unknown(workspace):
    ages = {"age_0_14": np.nan, "age_15_59": np.nan, "age_60_plus": np.nan}
    first = workspace.demand.index[0]
    some = workspace.demand.assign(**{c: workspace.demand[c].mask(workspace.demand.index == first) for c in ages})
    none = workspace.demand.assign(**ages)

    parts = {
        name: getattr(workspace, name) for name in ("folder", "settings", "centers", "service_points", "jurisdictions")
    }
    assert Standing.of(Workspace(**parts, demand=some)).unknown_age == HOMES[(0, 0)]
    without = Standing.of(Workspace(**parts, demand=none))
    assert without.groups == ("population",) and without.unknown_age == 0
