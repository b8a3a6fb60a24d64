"""The ledger adds up, at every level, and equals plain loops."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.coverage.assessment import Assessment
from geo.coverage.jurisdiction import LEVELS, Jurisdictions
from geo.coverage.ledger import Governance, Ledger, ledger
from geo.coverage.supply import Supply
from geo.errors import TableFaultsError
from tests.geo.assessed import COUNTIES, HUIYU, city, pairs_of, sample
from tests.geo.builders import CRS

BOTH = pytest.mark.parametrize("assess", [sample, city], ids=["sample", "Porto Alegre"])
MIXED = ["350505000000", "350505101000", "350505101201", "350505101202", "350505102000", "350505102201", "350504000000"]


def units_of(codes: list[str]) -> Jurisdictions:
    """Jurisdictions whose outlines do not matter."""
    boxes = [shapely.box(0, 0, 1, 1)] * len(codes)
    return Jurisdictions.of(gpd.GeoDataFrame({"code": codes}, geometry=boxes, crs=CRS), CRS)


def seen_at(code: str, level: str) -> str:
    """A 12-digit code as a level sees it."""
    return code[: (6, 9, 12)[LEVELS.index(level)]].ljust(12, "0")


def owns(governor: str, home: str) -> bool:
    """The governor is the home or a unit above it."""
    return bool(governor) and any(seen_at(home, level) == governor for level in LEVELS)


def plain(assessed: Assessment, level: str, cutoff_s: float = 900.0) -> dict[str, dict[tuple[str, ...], float]]:
    """The ledger by a loop over demand points and centers."""
    sums: dict[str, dict[tuple[str, ...], float]] = {
        name: defaultdict(float)
        for name in ("residents", "open", "closed", "by_own", "served", "full", "within", "lost")
    }
    pairs, codes = assessed.pairs(), assessed.jurisdictions.codes
    for i, people in enumerate(assessed.residents.people[:, 0]):
        home = seen_at(codes[assessed.home_unit[i]], level) if assessed.home_unit[i] >= 0 else ""
        sums["residents"][(home,)] += people
        there = range(pairs.indptr[i], pairs.indptr[i + 1])
        times = {int(pairs.center[p]): pairs.seconds[p] for p in there if pairs.seconds[p] <= cutoff_s + 1e-3}
        if not times:
            continue
        nearest = min(c for c, t in times.items() if t <= min(times.values()) + 1e-3)
        governors = {c: {seen_at(g, level) for g in assessed.supply.governing[c]} or {""} for c in times}
        own = {c: any(owns(g, home) for g in governors[c]) for c in times}
        sums["open"][(home,)] += people
        sums["closed"][(home,)] += people * any(own.values())
        sums["by_own"][(home,)] += people * own[nearest]
        for g in governors[nearest]:
            sums["served"][home, g] += people / len(governors[nearest])
            sums["full"][home, g] += people
            sums["lost"][home, g] += people / len(governors[nearest]) * (not any(own.values()))
        for g in set().union(*governors.values()):
            sums["within"][home, g] += people
    return sums


def as_dict(found: Ledger, name: str) -> dict[tuple[str, ...], float]:
    matrix = getattr(found, name).tocoo()
    codes = found.governance.codes
    entries = zip(matrix.row, matrix.col, matrix.data, strict=True)
    return {(codes[a], codes[b]): value for a, b, value in entries if value}


@BOTH
@pytest.mark.parametrize("level", LEVELS)
def test_it_equals_a_plain_loop(assess: object, level: str) -> None:
    assessed: Assessment = assess()  # type: ignore[operator]
    found, expected = assessed.ledger(level), plain(assessed, level)
    codes = found.governance.codes
    vectors = {"residents": found.residents, "open": found.covered_open, "closed": found.covered_closed}
    for name, vector in (vectors | {"by_own": found.by_own}).items():
        assert {(c,): v for c, v in zip(codes, vector, strict=True) if v} == {
            k: v for k, v in expected[name].items() if v
        }
    for name in ("served", "full", "within", "lost"):
        assert as_dict(found, name) == pytest.approx({k: v for k, v in expected[name].items() if v})


@BOTH
def test_rows_add_up_and_levels_agree(assess: object) -> None:
    assessed: Assessment = assess()  # type: ignore[operator]
    everybody = assessed.residents.people[:, 0].sum()
    ledgers = {level: assessed.ledger(level) for level in LEVELS}
    for found in ledgers.values():
        assert found.residents.sum() == everybody
        assert (found.covered_open + found.unserved == found.residents).all()
        assert np.allclose(np.asarray(found.served.sum(axis=1)), found.covered_open)
        assert np.allclose(np.asarray(found.lost.sum(axis=1)), found.worth)
        assert (found.imports - found.exports).sum() == pytest.approx(0, abs=1e-6)
        assert (found.imports >= found.worth - 1e-6).all()
        assert (found.by_neighbor >= found.worth).all()
        assert (found.worth >= 0).all()
        assert (found.full.toarray() + 1e-9 >= found.served.toarray()).all()
        assert (found.within.toarray() + 1e-9 >= found.full.toarray()).all()
    assert len({found.covered_open.sum() for found in ledgers.values()}) == 1
    for fine, coarse in (("village", "town"), ("town", "county")):
        sums: dict[str, float] = defaultdict(float)
        for code, people in zip(ledgers[fine].governance.codes, ledgers[fine].residents, strict=True):
            sums[seen_at(code, coarse) if code else ""] += people
        of_coarse = dict(zip(ledgers[coarse].governance.codes, ledgers[coarse].residents, strict=True))
        assert {k: v for k, v in sums.items() if v} == {k: v for k, v in of_coarse.items() if v}


@BOTH
def test_closing_more_borders_never_covers_more(assess: object) -> None:
    assessed: Assessment = assess()  # type: ignore[operator]
    closed = [assessed.ledger(level).covered_closed.sum() for level in LEVELS]
    assert assessed.coverage.covered[-1, 0] >= closed[0] >= closed[1] >= closed[2]
    assert closed[2] < assessed.coverage.covered[-1, 0]


@BOTH
def test_a_longer_cutoff_never_covers_fewer(assess: object) -> None:
    assessed: Assessment = assess()  # type: ignore[operator]
    short, long = assessed.ledger("village", minutes=10), assessed.ledger("village", minutes=15)
    assert (long.covered_open >= short.covered_open).all()
    assert (long.covered_closed >= short.covered_closed).all()


def test_the_joint_center_shows_all_three_counties() -> None:
    found = sample().ledger("county")
    assert found.governance.codes == (*COUNTIES, "")
    joint = sample().supply.ids.index("qg-07")
    assert set(sample().supply.governing[joint]) == {"350505106000", "350504100000", "350322107000"}
    assert (found.served.toarray()[:3, :3] > 0).all(), "each county's residents, each county's credit"
    people = [float(sample().residents.people[sample().coverage.nearest == joint, 0].sum())]
    others = [c for c in COUNTIES if c != "350505000000"]
    for county in others:
        column = found.governance.codes.index(county)
        assert found.full.toarray()[:, column].sum() == people[0], "full credit: all whom the joint center serves"
        assert found.served.toarray()[:, column].sum() == pytest.approx(people[0] / 3), "shared credit: a third"
    assert found.worth.sum() == 0, "it is every governor's own"
    by_site = sample().ledger("county", by_site=True)
    abroad = dict(zip(by_site.governance.codes, by_site.worth, strict=True))
    assert all(abroad[county] > 0 for county in others), "without it these would have nothing"
    assert abroad["350505000000"] == 0


def test_the_islands_village_neither_imports_nor_exports() -> None:
    found = sample().ledger("village")
    at = found.governance.codes.index(HUIYU)
    assert found.residents[at] == found.by_own[at] == 1400
    assert (found.imports[at], found.exports[at], found.worth[at]) == (0, 0, 0)


def test_a_towns_center_is_its_villages_own_and_a_villages_is_not_the_towns() -> None:
    units = units_of(MIXED)
    village, town = units.number["350505101201"], units.number["350505101000"]
    home = np.array([village, town], dtype=np.int32)
    governance = Governance.of(units, home, [["350505101000"], ["350505101201"], []], "village")
    demand, center = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2], dtype=np.int32)
    assert governance.is_own(demand, center).tolist() == [True, True, False, True, False, False]
    assert governance.codes[-1] == ""
    assert "350505101000" in governance.codes, "a coarser unit is shown where it governs"


def test_governors_that_do_not_exist_are_all_named() -> None:
    with pytest.raises(TableFaultsError) as caught:
        Governance.of(units_of(MIXED), np.array([0], np.int32), [["x"], [MIXED[0]], ["y", "z"]], "town")
    assert [fault.value for fault in caught.value.faults] == ["x", "y", "z"]


def test_governors_that_do_not_exist_are_named_where_they_stand_in_the_table() -> None:
    """Centers are ordered by id; a fault is told by the row and column of the file."""
    before = sample()
    code = before.jurisdictions.codes[0]
    table = pd.DataFrame({"id": ["c", "b", "a"], "lon": 118.9, "lat": 25.1})
    table = table.assign(governing=["nowhere", None, f"{code};beyond"], home=[code, "elsewhere", code])
    assessed = replace(before, supply=Supply.of(table))
    with pytest.raises(TableFaultsError) as caught:
        assessed.governance("village")
    places = [(fault.row, fault.column, fault.value) for fault in caught.value.faults]
    assert places == [(1, "governing", "nowhere"), (2, "home", "elsewhere"), (3, "governing", "beyond")]
    with pytest.raises(TableFaultsError) as caught:
        assessed.governance("village", by_site=True)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(2, "home")]


def test_two_governors_in_one_town_are_one_at_the_towns_level() -> None:
    units = units_of(MIXED)
    home = np.array([units.number["350505101201"]], dtype=np.int32)
    governing = [["350505101201", "350505101202"]]
    pairs = pairs_of(np.array([[60.0]]))
    town = ledger(pairs, Governance.of(units, home, governing, "town"), np.array([8.0]), 15)
    village = ledger(pairs, Governance.of(units, home, governing, "village"), np.array([8.0]), 15)
    assert as_dict(town, "served") == {("350505101000", "350505101000"): 8.0}
    assert as_dict(village, "served") == {("350505101201", "350505101201"): 4.0, ("350505101201", "350505101202"): 4.0}


@BOTH
def test_arrows_carry_everybody_who_is_served_by_others(assess: object) -> None:
    assessed: Assessment = assess()  # type: ignore[operator]
    found = assessed.ledger("village")
    arrows = assessed.arrows(found)
    assert len(arrows) > 3
    assert arrows["residents"].sum() == found.by_neighbor.sum()
    by_home = arrows.groupby("home")["residents"].sum()
    codes = list(found.governance.codes)
    assert all(found.by_neighbor[codes.index(home)] == people for home, people in by_home.items())
    assert arrows["residents"].is_monotonic_decreasing
    ends = arrows.to_crs(assessed.network.crs).geometry
    doors = dict(zip(assessed.supply.door_center[::-1], assessed.doors.xy[::-1], strict=True))
    for line, center in zip(ends, arrows["center"], strict=True):
        assert line.coords[-1] == pytest.approx(tuple(doors[assessed.supply.ids.index(center)]), abs=0.01)
        assert line.length < 1200


@BOTH
@pytest.mark.parametrize("level", LEVELS)
def test_the_matrix_adds_up_both_ways(assess: object, level: str) -> None:
    assessed: Assessment = assess()  # type: ignore[operator]
    found = assessed.ledger(level)
    matrix = found.matrix_frame()
    servers = matrix.drop(columns="residents")
    assert np.allclose(servers.sum(axis=1), matrix["residents"])
    assert np.allclose(matrix.iloc[:-1].sum(), matrix.loc["total"])
    assert matrix.loc["total", "residents"] == assessed.residents.people[:, 0].sum()
    serves = found.to_frame().set_index("code")["serves"]
    assert np.allclose(matrix.loc["total"].drop(["unserved", "residents"]), serves[serves > 0])


def test_frames_carry_the_same_figures() -> None:
    found = sample().ledger("town")
    frame, flows = found.to_frame(), found.flows_frame()
    assert flows["served"].sum() == pytest.approx(frame["covered"].sum())
    assert flows["would_lose"].sum() == pytest.approx(frame["worth_of_sharing"].sum())
    assert flows.loc[~flows["own"], "served"].sum() == pytest.approx(frame["imports"].sum())
    assert flows["served"].is_monotonic_decreasing
    assert frame["net_imports"].sum() == pytest.approx(0, abs=1e-6)


@st.composite
def situations(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[list[str]], np.ndarray]:
    """Times, homes, governors and residents (powers of two: sums show who was counted)."""
    n_demand, n_centers = draw(st.integers(1, 8)), draw(st.integers(1, 5))
    times = st.one_of(st.just(np.inf), st.integers(0, 1_200).map(float))
    seconds = draw(hnp.arrays(np.float64, (n_demand, n_centers), elements=times))
    home = draw(hnp.arrays(np.int32, n_demand, elements=st.integers(-1, len(MIXED) - 1)))
    codes = st.lists(st.sampled_from(MIXED), max_size=3, unique=True)
    governing = draw(st.lists(codes, min_size=n_centers, max_size=n_centers))
    return seconds, home, governing, 2.0 ** np.arange(n_demand)


@settings(max_examples=150, deadline=None)
@given(situations(), st.sampled_from(LEVELS))
def test_promises_hold_for_any_situation(
    situation: tuple[np.ndarray, np.ndarray, list[list[str]], np.ndarray], level: str
) -> None:
    seconds, home, governing, people = situation
    units = units_of(MIXED)
    governance = Governance.of(units, home, governing, level)
    found = ledger(pairs_of(seconds), governance, people, 15)
    covered = (seconds <= 900).any(axis=1)
    assert found.residents.sum() == people.sum()
    assert found.covered_open.sum() == people[covered].sum()
    assert np.allclose(np.asarray(found.served.sum(axis=1)), found.covered_open)
    assert np.allclose(np.asarray(found.lost.sum(axis=1)), found.worth)
    assert (found.imports - found.exports).sum() == pytest.approx(0, abs=1e-6)
    assert (found.imports >= found.worth - 1e-9).all()
    for i, row in enumerate(seconds):
        code = governance.codes[governance.home[i]]
        may = [any(owns(seen_at(g, level), code) for g in codes) and bool(code) for codes in governing]
        expected = bool((row[np.array(may, dtype=bool)] <= 900).any())
        alone = ledger(pairs_of(seconds), governance, np.where(np.arange(len(people)) == i, people, 0.0), 15)
        assert alone.covered_closed.sum() == people[i] * expected
