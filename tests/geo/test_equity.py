"""Inequality of the walk: equal to the unweighted measures of the list of persons, and to published values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.equity import by_unit, equity, gini, mean_of_worst, palma, theil
from tests.geo.assessed import city, sample

CELLS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=12).filter(
    lambda rows: sum(w * v for v, w, _ in rows) > 0
)
Cells = list[tuple[int, int, int]]


def columns(rows: Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values, weights, group = np.array(rows).T
    return values.astype(float), weights.astype(float), group.astype(np.int64)


# --- equal to the list of persons


@settings(deadline=None)
@given(CELLS)
def test_gini_is_the_mean_difference_between_persons(rows: Cells) -> None:
    values, weights, _ = columns(rows)
    persons = np.repeat(values, weights.astype(int))
    expected = np.abs(persons[:, None] - persons).mean() / (2 * persons.mean())
    assert gini(values, weights) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(CELLS)
def test_theil_splits_and_each_part_is_that_of_persons(rows: Cells) -> None:
    values, weights, group = columns(rows)
    repeats = weights.astype(int)
    share = np.repeat(values, repeats) / np.repeat(values, repeats).mean()
    positive = share[share > 0]
    found = theil(values, weights, group)
    assert found.total == pytest.approx((positive * np.log(positive)).sum() / len(share), abs=1e-12)
    assert found.total == pytest.approx(found.between + found.within)
    assert found.between >= -1e-12
    assert found.within >= -1e-12


@settings(deadline=None)
@given(CELLS)
def test_palma_and_the_worst_tenth_split_persons_in_ten(rows: Cells) -> None:
    """Ten parts a person: every tenth of the people is then whole parts."""
    values, weights, _ = columns(rows)
    parts = np.sort(np.repeat(values, 10 * weights.astype(int)))
    n = len(parts) // 10
    worst, best = parts[-n:].sum(), parts[: 4 * n].sum()
    assert mean_of_worst(values, weights) == pytest.approx(worst / n)
    assert palma(values, weights) == (pytest.approx(worst / best) if best else np.inf)


@settings(deadline=None)
@given(CELLS, st.randoms(use_true_random=False))
def test_order_and_splitting_a_cell_change_nothing(rows: Cells, random: object) -> None:
    values, weights, _ = columns(rows)
    shuffled = list(zip(values, weights / 2, strict=True)) * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = tuple(np.array(shuffled).T)
    for measure in (gini, palma, mean_of_worst):
        assert measure(*again) == pytest.approx(measure(values, weights), abs=1e-12)


# --- against PySAL


@settings(deadline=None)
@given(CELLS)
def test_pysal_says_the_same_of_repeated_rows(rows: Cells) -> None:
    inequality = pytest.importorskip("inequality", reason="PySAL inequality is a development requirement")
    values, weights, group = columns(rows)
    values = values + 1.0  # theirs takes no zeros
    repeats = weights.astype(int)
    persons, groups = np.repeat(values, repeats), np.repeat(group, repeats)
    assert gini(values, weights) == pytest.approx(inequality.gini.Gini(persons).g, abs=1e-9)
    theirs = inequality.theil.TheilD(persons, groups)
    found = theil(values, weights, group)
    assert (found.total, found.between) == pytest.approx((float(theirs.T), float(theirs.bg[0])), abs=1e-9)


def test_the_states_of_mexico_as_pysal_publishes_them() -> None:
    """Incomes of 32 states, 1940 and 2000; expected values from inequality/tests/test_theil.py (T, between)."""
    libpysal = pytest.importorskip("libpysal", reason="its example data come with PySAL inequality")
    states = pd.read_csv(Path(libpysal.examples.get_path("mexico.csv")))
    _, region = np.unique(states["hanson98"], return_inverse=True)
    for year, total, between in ((1940, 0.20894344, 0.0345889), (2000, 0.10660832, 0.03635872)):
        found = theil(states[f"pcgdp{year}"].to_numpy(float), np.ones(len(states)), region)
        assert (found.total, found.between) == pytest.approx((total, between), abs=1e-7)


def test_two_halves_that_have_nothing_and_all() -> None:
    """Published with PySAL inequality (test_theil.py): T = between = ln 2."""
    values, group = np.array([0, 0, 0, 10, 10, 10.0]), np.array([0, 0, 0, 1, 1, 1])
    found = theil(values, np.ones(6), group)
    assert (found.total, found.between, found.within) == pytest.approx((np.log(2), np.log(2), 0.0))
    assert gini(values, np.ones(6)) == pytest.approx(0.5)


# --- limit cases


def test_when_all_walk_alike_nothing_is_unequal() -> None:
    values, weights = np.full(4, 7.0), np.array([1.0, 2.0, 3.0, 4.0])
    assert gini(values, weights) == pytest.approx(0)
    assert theil(values, weights, np.arange(4)).total == pytest.approx(0)
    assert palma(values, weights) == pytest.approx(0.25), "a tenth over four tenths"
    assert mean_of_worst(values, weights) == pytest.approx(7)


def test_gini_falls_when_everybody_walks_ten_minutes_more() -> None:
    """Why it does not lead: nobody is better off."""
    walk, people = np.array([5.0, 15.0]), np.ones(2)
    assert gini(walk + 10, people) == pytest.approx(gini(walk, people) / 2)
    assert mean_of_worst(walk + 10, people) == mean_of_worst(walk, people) + 10


def test_nobody_gives_no_number() -> None:
    nothing = np.zeros(0)
    assert np.isnan([gini(nothing, nothing), palma(nothing, nothing), mean_of_worst(nothing, nothing)]).all()
    assert np.isnan(theil(nothing, nothing, nothing.astype(np.int64)).total)


def test_the_unreached_are_apart_and_change_no_measure() -> None:
    seconds, people, unit = np.array([60.0, 600.0]), np.array([3.0, 1.0]), np.array([0, 1])
    with_lost = equity(np.append(seconds, np.inf), np.append(people, 9.0), np.append(unit, 0))
    without = equity(seconds, people, unit)
    assert (with_lost.reached, with_lost.unreached) == (4.0, 9.0)
    assert with_lost.mean == without.mean == pytest.approx((3 * 1 + 10) / 4)
    assert (with_lost.gini, with_lost.palma, with_lost.theil) == (without.gini, without.palma, without.theil)


# --- on networks


@pytest.mark.parametrize("assess", [sample, city], ids=["sample", "Porto Alegre"])
def test_measures_keep_their_order_on_networks(assess: object) -> None:
    found = assess().equity()  # type: ignore[operator]
    assert found.median <= found.p90 <= found.worst_tenth
    assert 0 < found.gini < 1
    assert found.theil.between > 0
    assert found.theil.within > 0
    assert found.palma > 0.25


def test_towns_add_up_to_all() -> None:
    assessed = sample()
    governance, people = assessed.governance("town"), assessed.residents.people[:, 0]
    frame = by_unit(assessed.walk().seconds, people, governance.home, governance.codes, 900.0)
    assert frame["residents"].sum() == people.sum()
    covered = (frame["covered_share"].fillna(0) * frame["residents"]).sum()
    assert covered == pytest.approx(assessed.coverage.covered[-1, 0])
    assert frame["unreached"].sum() == assessed.equity().unreached
    reached = frame["residents"] - frame["unreached"]
    assert (frame["mean"].fillna(0) * reached).sum() / reached.sum() == pytest.approx(assessed.equity().mean)
    assert np.isnan(frame["mean"].iloc[-1]), "nobody lives outside, so nobody's walk is known there"
