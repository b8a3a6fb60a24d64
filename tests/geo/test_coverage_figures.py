"""Coverage equals what plain loops say, keeps its promises on real networks, and knows its limit cases."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.coverage.assessment import Assessment
from geo.coverage.coverage import coverage, nearest_centers, service_coverage, walk_summary, weighted_quantile
from geo.coverage.supply import SERVICES, Supply
from geo.engine.reach import Sources
from geo.engine.snapping import snap_xy
from geo.errors import MissingColumnError, ParameterError, TableFaultsError
from geo.params import ADULT, CoverageParams, Cutoffs
from geo.people.residents import Residents
from tests.geo.assessed import HUIYU, city, pairs_of, sample
from tests.geo.builders import ISLANDS, ISLANDS_STREETS, at, drawn
from tests.geo.reference import Walks, merged

TIE_S = 1e-3
TIMES = st.one_of(st.just(np.inf), st.integers(0, 1_200).map(float))


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    """Times (d, n) of a few demand points and centers."""
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 5)))
    return draw(hnp.arrays(np.float64, shape, elements=TIMES))


# --- plain loops over SciPy's times


@pytest.fixture(scope="module")
def door_times() -> np.ndarray:
    """Seconds (doors, demand points) on the sample by SciPy's Dijkstra; inf beyond a quarter of an hour and a bit."""
    assessed = sample()
    n_doors, n_homes = len(assessed.doors), len(assessed.homes)
    xy = np.concatenate([assessed.doors.xy, assessed.homes.xy])
    walks = Walks(assessed.network, ADULT, snap_xy(assessed.network, xy))
    return walks.doors("to", 902.0, np.arange(n_doors), n_doors + np.arange(n_homes))


def test_nearest_and_counts_of_the_sample_equal_plain_loops(door_times: np.ndarray) -> None:
    assessed = sample()
    supply, found = assessed.supply, assessed.coverage
    by_center = merged(door_times, supply.door_center, len(supply))
    for i in range(len(assessed.residents)):
        best, least, counts = -1, np.inf, [0, 0, 0]
        for c in range(len(supply)):
            if supply.status[c] != "open":
                continue
            seconds = by_center[c, i]
            if seconds < least - TIE_S:
                best, least = c, seconds
            for k, cutoff in enumerate((300.0, 600.0, 900.0)):
                counts[k] += bool(seconds <= cutoff + TIE_S)
        if least > 900.0 + TIE_S:
            best, least = -1, np.inf
        assert found.nearest[i] == best
        assert found.seconds[i] == pytest.approx(least, abs=1e-4)
        assert found.n_within[i].tolist() == counts


def test_services_of_the_sample_equal_plain_loops(door_times: np.ndarray) -> None:
    assessed = sample()
    supply, found, people = assessed.supply, assessed.services, assessed.residents.people
    covered = np.zeros((6, 3, people.shape[1]))
    number = np.zeros((len(people), 3), dtype=int)
    for s in range(6):
        given = [d for d in range(len(supply.gives)) if supply.gives[d, s] and supply.open[supply.door_center[d]]]
        least = door_times[given].min(axis=0)
        for k, cutoff in enumerate((300.0, 600.0, 900.0)):
            reached = least <= cutoff + TIE_S
            covered[s, k] = people[reached].sum(axis=0)
            number[:, k] += reached
    assert (found.covered == covered).all()
    assert (found.n_services == number).all()
    assert (found.all_of_them == [people[number[:, k] == 6].sum(axis=0) for k in range(3)]).all()
    assert (found.all_of_them > 0).any(), "somewhere on the sample all six are within reach"


# --- what is covered


def test_centers_that_are_not_open_cover_nobody() -> None:
    assessed = sample()
    closed = [i for i, status in enumerate(assessed.supply.status) if status != "open"]
    assert closed
    assert not np.isin(assessed.coverage.nearest, closed).any()
    assert not np.isin(assessed.services.nearest, closed).any()


def test_the_island_is_served_by_its_own_center_which_serves_nobody_ashore() -> None:
    assessed = sample()
    island = np.array([code == HUIYU for code in assessed.residents.village])
    own = assessed.supply.ids.index("qg-01")
    assert island.any()
    assert set(assessed.coverage.nearest[island].tolist()) == {own}
    assert set(assessed.walk().center[island].tolist()) == {own}, "nor from the mainland, however long one walks"
    everywhere = assessed.door_pairs.merged(assessed.supply.door_center, len(assessed.supply))
    assert island[everywhere.demand[everywhere.center == own]].all()
    assert (everywhere.center[island[everywhere.demand]] == own).all()


def test_a_service_covers_only_where_it_is_given() -> None:
    assessed = sample()
    for s, service in enumerate(SERVICES):
        for center in np.unique(assessed.services.nearest[s]):
            doors = assessed.supply.door_center == center
            assert center == -1 or assessed.supply.gives[doors, s].any(), service
    assert (assessed.services.covered <= assessed.coverage.covered + 1e-9).all()


# --- promises


@pytest.mark.parametrize("assess", [sample, city], ids=["sample", "Porto Alegre"])
def test_served_and_unserved_are_all_and_a_longer_cutoff_never_covers_fewer(assess: object) -> None:
    found = assess().coverage  # type: ignore[operator]
    assert np.allclose(found.covered + found.uncovered, found.residents)
    assert (np.diff(found.covered, axis=0) >= 0).all()
    assert (found.redundant <= found.covered).all()
    assert (found.n_within > 1)[:, -1].any(), "without anybody who has two centers this would test nothing"
    assert np.allclose(found.walk.reached + found.walk.unreached, found.residents)
    assert (found.walk.median <= found.walk.p90).all()


@pytest.mark.parametrize("assess", [sample, city], ids=["sample", "Porto Alegre"])
def test_opening_another_center_covers_as_many_or_more(assess: object) -> None:
    before: Assessment = assess()  # type: ignore[operator]
    opened = replace(before, supply=replace(before.supply, status=("open",) * len(before.supply)))
    assert (opened.coverage.covered >= before.coverage.covered).all()
    assert opened.coverage.covered[-1, 0] > before.coverage.covered[-1, 0]
    assert (opened.coverage.seconds <= before.coverage.seconds).all()


def test_slower_walkers_are_covered_less() -> None:
    adult, elderly = sample("adult").coverage, sample("elderly").coverage
    assert (elderly.covered <= adult.covered).all()
    assert elderly.covered[-1, 0] < adult.covered[-1, 0]


@settings(deadline=None)
@given(tables(), st.data())
def test_any_table_equals_plain_loops(seconds: np.ndarray, data: st.DataObject) -> None:
    people = data.draw(hnp.arrays(np.float64, (len(seconds), 2), elements=st.integers(0, 9).map(float)))
    cutoffs = Cutoffs((5.0, 15.0))
    found = coverage(pairs_of(seconds), people, cutoffs)
    for k, cutoff in enumerate((300.0, 900.0)):
        counts = [sum(t <= cutoff for t in row) for row in seconds]
        assert found.n_within[:, k].tolist() == counts
        for g in range(2):
            assert found.covered[k, g] == sum(w for w, n in zip(people[:, g], counts, strict=True) if n)
            assert found.redundant[k, g] == sum(w for w, n in zip(people[:, g], counts, strict=True) if n > 1)
    first = [int(row.argmin()) if row.min() <= 900 else -1 for row in seconds]
    assert found.nearest.tolist() == first


@settings(deadline=None)
@given(tables(), st.data())
def test_doors_merge_to_the_least_of_each_center(seconds: np.ndarray, data: st.DataObject) -> None:
    n_doors = seconds.shape[1]
    owner = np.sort(data.draw(hnp.arrays(np.int64, n_doors, elements=st.integers(0, 3))))
    together = pairs_of(seconds).merged(owner, 4)
    dense = np.full((len(seconds), 4), np.inf)
    dense[together.demand, together.center] = together.seconds
    expected = np.array([[row[owner == c].min(initial=np.inf) for c in range(4)] for row in seconds])
    assert (dense == expected).all()


def test_a_tie_within_a_millisecond_goes_to_the_first_center() -> None:
    found = pairs_of(np.array([[100.0005, 100.0], [100.002, 100.0]]))
    assert found.nearest.tolist() == [0, 1]
    assert found.least_s.tolist() == [100.0, 100.0]


def test_a_walk_of_exactly_the_cutoff_counts() -> None:
    found = coverage(
        pairs_of(np.array([[900.0], [900.0009], [900.002]])), np.array([[1.0], [2.0], [4.0]]), Cutoffs((15.0,))
    )
    assert found.covered[0, 0] == 3


# --- quantiles and means are those of the list of persons


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6)), min_size=1, max_size=12).filter(
        lambda rows: any(w for _, w in rows)
    ),
    st.sampled_from([0.1, 0.5, 0.9]),
)
def test_a_weighted_quantile_is_that_of_repeated_rows(rows: list[tuple[int, int]], share: float) -> None:
    values, weights = np.array(rows, dtype=np.float64).T
    persons = np.repeat(values, weights.astype(int))
    assert weighted_quantile(values, weights, share) == np.quantile(persons, share, method="inverted_cdf")


def test_the_walk_is_over_the_reached_and_counts_the_others_apart() -> None:
    found = walk_summary(np.array([60.0, 600.0, np.inf]), np.array([[9.0, 0.0], [1.0, 0.0], [5.0, 5.0]]))
    assert found.mean[0] == pytest.approx(1.9)
    assert (found.median[0], found.p90[0]) == (1.0, 1.0)
    assert (found.reached.tolist(), found.unreached.tolist()) == ([10.0, 0.0], [5.0, 5.0])
    assert np.isnan([found.mean[1], found.median[1], found.p90[1]]).all()


# --- the far search


def test_the_widening_search_finds_what_one_wide_search_finds() -> None:
    assessed = sample()
    some = np.arange(0, len(assessed.homes), 40)
    arguments = (assessed.network, ADULT, assessed.supply.sources(assessed.doors))
    wide = nearest_centers(*arguments, assessed.homes.take(some), longest_s=7200.0, first_s=7200.0)[1]
    some = some[np.argsort(wide)]  # so that the first of those left is always one who finds a center farther out
    homes = assessed.homes.take(some)
    at_once, wide = nearest_centers(*arguments, homes, longest_s=7200.0, first_s=7200.0)
    center, seconds = nearest_centers(*arguments, homes, longest_s=7200.0)
    assert (center == at_once).all()
    assert np.allclose(seconds, wide, atol=1e-3)
    assert (seconds > 3600).any()
    assert np.isinf(seconds).any()


def test_nobody_walks_over_water() -> None:
    network = drawn(ISLANDS, ISLANDS_STREETS)
    homes, doors = snap_xy(network, at((0, 0), (500, 0))), snap_xy(network, at((200, 0)))
    center, seconds = nearest_centers(network, ADULT, Sources.each(doors), homes, longest_s=7200.0)
    assert center.tolist() == [0, -1]
    assert seconds[0] == pytest.approx(200 / 1.2)
    assert np.isinf(seconds[1])


# --- tables at the door


def test_centers_are_ordered_by_id_and_doors_are_told_apart() -> None:
    centers = pd.DataFrame(
        {"id": ["b", "a"], "lon": [2.0, 1.0], "lat": [0.0, 0.0], "governing": ["7;8", ""], "home": ["7", "6"]}
    )
    points = pd.DataFrame(
        {
            "center": ["b", "b", "b", "a"],
            "service": ["food", "food", "extra", "health"],
            "lon": [2.0, 2.1, 2.2, 1.0],
            "lat": [0.0, 0.0, 0.0, 0.0],
            "capacity": [10.0, 5.0, 1.0, np.nan],
        }
    )
    supply = Supply.of(centers, points)
    assert supply.ids == ("a", "b")
    assert supply.status == ("open", "open")
    assert supply.governing == (("6",), ("7", "8"))
    assert supply.sited() == (("6",), ("7",))
    assert supply.door_center.tolist() == [0, 1, 1, 1]
    food, health = SERVICES.index("food"), SERVICES.index("health")
    assert supply.capacity[:, food].tolist() == [0.0, 10.0, 5.0, 0.0]
    assert supply.gives[:, food].tolist() == [False, True, True, False]
    assert np.isnan(supply.capacity[0, health])
    assert supply.gives[0, health]


def test_service_points_of_nobody_are_all_named() -> None:
    centers = pd.DataFrame({"id": ["a"], "lon": [1.0], "lat": [0.0]})
    points = pd.DataFrame({"center": ["a", "b", "c"], "service": "food", "lon": 1.0, "lat": 0.0})
    with pytest.raises(TableFaultsError) as caught:
        Supply.of(centers, points)
    assert [(fault.row, fault.value) for fault in caught.value.faults] == [(2, "b"), (3, "c")]


def test_residents_without_numbers_are_named_all_at_once() -> None:
    frame = pd.DataFrame({"lon": 1.0, "lat": 2.0, "population": [1.0, np.nan, -3.0]})
    with pytest.raises(TableFaultsError) as caught:
        Residents.of(frame)
    assert [fault.row for fault in caught.value.faults] == [2, 3]
    with pytest.raises(MissingColumnError):
        Residents.of(frame.drop(columns="population"))


def test_cells_of_residents_that_are_no_numbers_are_named_by_row_and_column() -> None:
    frame = pd.DataFrame({"lon": 1.0, "lat": 2.0, "population": ["1,200", "20", "", "10", "9"]})
    ages = {"age_0_14": ["", "about 20", "1", "100", "-1"], "age_15_59": "100", "age_60_plus": "100"}
    with pytest.raises(TableFaultsError) as caught:
        Residents.of(frame.assign(**ages))
    assert [(fault.row, fault.column, fault.code) for fault in caught.value.faults] == [
        (1, "population", "not_a_number"),
        (2, "age_0_14", "not_a_number"),
        (4, "population", "population_mismatch"),
        (5, "age_0_14", "too_low"),
    ]


def test_an_age_column_left_blank_is_not_known() -> None:
    residents = Residents.of(pd.DataFrame({"lon": 1.0, "lat": 2.0, "population": ["7", "5"], "age_0_14": ["", ""]}))
    assert residents.groups == ("population",)
    assert residents.people.tolist() == [[7.0], [5.0]]


def test_unknown_ages_are_counted() -> None:
    frame = pd.DataFrame({"lon": 1.0, "lat": 2.0, "population": [10.0, 5.0], "age_60_plus": [4.0, np.nan]})
    residents = Residents.of(frame)
    assert residents.groups == ("population", "age_60_plus")
    assert residents.people.tolist() == [[10.0, 4.0], [5.0, 0.0]]
    assert residents.unknown_age == 11.0
    assert np.isnan(residents.group("age_0_14")).all()


def test_a_service_that_is_not_known_is_refused() -> None:
    with pytest.raises(ParameterError, match="service"):
        sample().pairs("ferry")


def test_nothing_to_cover_with_covers_nobody() -> None:
    assessed = replace(sample(), supply=replace(sample().supply, status=("planned",) * len(sample().supply)))
    assert assessed.coverage.covered.sum() == 0
    assert assessed.services.by_number[0, -1, 0] == assessed.residents.people[:, 0].sum()
    assert np.isnan(assessed.coverage.walk.mean).all()


@settings(max_examples=30, deadline=None)
@given(tables())
def test_a_service_is_the_coverage_by_its_doors(seconds: np.ndarray) -> None:
    n_doors = seconds.shape[1]
    centers = pd.DataFrame({"id": [f"{i}" for i in range(n_doors)], "lon": np.arange(n_doors) * 1.0, "lat": 0.0})
    points = centers.rename(columns={"id": "center"}).assign(service="food", capacity=1.0)
    supply = Supply.of(centers, points)
    people = np.ones((len(seconds), 1))
    found = service_coverage(pairs_of(seconds), supply, people, Cutoffs((15.0,)))
    whole = coverage(pairs_of(seconds), people, Cutoffs((15.0,)))
    assert (found.covered[SERVICES.index("food")] == whole.covered).all()
    assert found.covered.sum() == whole.covered.sum()
    assert (found.by_number.sum(axis=0) == len(seconds)).all()


def test_params_are_hashable_and_keep_results_apart() -> None:
    assert len({CoverageParams(), CoverageParams(), CoverageParams(cutoffs=Cutoffs((15.0,)))}) == 2


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), min_size=1, max_size=30),
    st.sampled_from([1.0, 0.1, 3.7, 1 / 3, 1e-9]),
    st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9, 1.0]),
)
def test_quantiles_are_the_least_value_with_enough_people(
    rows: list[tuple[int, int]], unit: float, share: float
) -> None:
    """Against exact fractions: so many units of people each, whatever the unit."""
    total, part = sum(count for _, count in rows), Fraction(str(share))
    found = weighted_quantile(np.array([v for v, _ in rows], float), np.array([c * unit for _, c in rows]), share)
    if not total:
        assert np.isnan(found)
        return
    enough = [v for v, _ in sorted(rows) if sum(c for u, c in rows if u <= v) >= part * total]
    assert found == min(enough)
