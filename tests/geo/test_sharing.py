"""Sites that communities could share, and where people in need can go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.coverage.sharing import candidate_sites, dispatch, distinct, shared_sites, site_gains
from tests.geo.assessed import pairs_of, sample

# Six homes of three communities (A, A, B, B, C, C) and four sites; x is within reach:
#
#              site 0  1  2  3
REACH = """
    A  1 000         x  x  .  .
    A  2 000         .  x  .  .
    B    400         .  x  x  .
    B     80         .  .  x  x
    C    300         .  .  x  x
    C      0         .  .  .  x
"""
PEOPLE = np.array([1000.0, 2000.0, 400.0, 80.0, 300.0, 0.0])
HOME = np.array([0, 0, 1, 1, 2, 2])


def reach() -> np.ndarray:
    rows = [line.split()[-4:] for line in REACH.strip().splitlines()]
    return np.where(np.array(rows) == "x", 60.0, np.inf)


def test_groups_are_those_that_one_site_helps_enough() -> None:
    gains = site_gains(pairs_of(reach()), np.ones(6, bool), PEOPLE, HOME)
    options = shared_sites(gains)
    assert [(o.site, o.communities, o.gains) for o in options] == [(1, (0, 1), (3000, 400)), (2, (1, 2), (480, 300))]
    few = shared_sites(gains, min_gain=50)
    assert (3, (1, 2), (80, 300)) not in [(o.site, o.communities, o.gains) for o in few], "site 2 helps the same better"


def test_who_has_the_service_gains_nothing() -> None:
    lacking = np.array([False, False, True, True, True, True])
    options = shared_sites(site_gains(pairs_of(reach()), lacking, PEOPLE, HOME))
    assert [o.communities for o in options] == [(1, 2)]


def test_homes_outside_of_all_communities_are_left_out() -> None:
    gains = site_gains(pairs_of(reach()), np.ones(6, bool), PEOPLE, np.where(HOME == 1, -1, HOME))
    assert set(gains.community.tolist()) == {0, 2}
    assert shared_sites(gains) == []


@settings(deadline=None)
@given(
    hnp.arrays(np.bool_, st.tuples(st.integers(1, 8), st.integers(1, 5))),
    st.data(),
)
def test_pairs_equal_plain_loops(near: np.ndarray, data: st.DataObject) -> None:
    n, sites = near.shape
    people = data.draw(hnp.arrays(np.float64, n, elements=st.integers(0, 300).map(float)))
    home = data.draw(hnp.arrays(np.int64, n, elements=st.integers(0, 3)))
    lacking = data.draw(hnp.arrays(np.bool_, n))
    found = shared_sites(site_gains(pairs_of(np.where(near, 0.0, np.inf)), lacking, people, home), pairs_only=True)
    expected = {}
    for a in range(4):
        for b in range(a + 1, 4):
            gains = [[people[near[:, s] & lacking & (home == c)].sum() for c in (a, b)] for s in range(sites)]
            shared = [(-sum(g), s) for s, g in enumerate(gains) if min(g) >= 100]
            if shared:
                expected[a, b] = (min(shared)[1], tuple(gains[min(shared)[1]]))
    assert {o.communities: (o.site, o.gains) for o in found} == expected
    assert [o.gain for o in found] == sorted((o.gain for o in found), reverse=True)


def test_distinct_proposals_share_no_community() -> None:
    options = shared_sites(site_gains(pairs_of(reach()), np.ones(6, bool), PEOPLE, HOME))
    assert [o.communities for o in distinct(options)] == [(0, 1)]
    whole = sample().sharing("elderly_care")
    named = [c for option in distinct(whole) for c in option.communities]
    assert len(named) == len(set(named))
    assert len(distinct(whole)) > 3


def test_one_site_stands_for_a_cell() -> None:
    xy = np.array([[1.0, 1.0], [240.0, 240.0], [260.0, 10.0], [-1.0, 5.0], [3.0, 3.0]])
    people = np.array([5.0, 9.0, 1.0, 2.0, 9.0])
    assert candidate_sites(xy, people).tolist() == [1, 2, 3]
    assert candidate_sites(xy, np.zeros(5)).tolist() == []


def test_gains_on_the_sample_are_people_who_lack_the_service() -> None:
    assessed = sample()
    lacking = assessed.pairs("elderly_care").nearest < 0
    governance = assessed.governance("village")
    people = np.bincount(governance.home, weights=assessed.residents.people[:, 0] * lacking, minlength=len(governance))
    for option in assessed.sharing("elderly_care"):
        assert len(option.communities) >= 2
        assert (np.array(option.gains) <= people[list(option.communities)]).all()


# --- dispatch


def test_people_go_to_the_nearest_free_places() -> None:
    seconds = np.array([600.0, 60.0, np.inf, 300.0, 120.0])
    capacity = np.array([50.0, 10.0, 99.0, np.nan, 0.0])
    found = dispatch(seconds, capacity, 25, in_use=np.array([30.0, 4.0, 0.0, 0.0, 0.0]))
    assert found.offer.tolist() == [1, 3, 0]
    assert found.takes.tolist() == [6, 0, 19]
    assert found.free[0] == 6
    assert np.isnan(found.free[1])
    assert found.unplaced == 0
    assert dispatch(seconds, capacity, 70).unplaced == 10


@settings(deadline=None)
@given(st.integers(0, 60), hnp.arrays(np.float64, 4, elements=st.integers(0, 20).map(float)))
def test_nobody_is_lost_and_nobody_walks_past_a_free_place(number: int, capacity: np.ndarray) -> None:
    found = dispatch(np.array([4.0, 2.0, 3.0, 1.0]), capacity, number)
    assert found.takes.sum() + found.unplaced == number
    assert (found.takes <= found.free).all()
    used = np.flatnonzero(found.takes > 0)
    assert (
        (found.takes[: used[-1]] == found.free[: used[-1]]).all() if len(used) else number == 0 or capacity.sum() == 0
    )


def test_an_overfull_place_has_no_room_but_is_shown() -> None:
    found = dispatch(np.array([1.0]), np.array([5.0]), 2, in_use=np.array([8.0]))
    assert (found.free.tolist(), found.unplaced) == ([0.0], 2.0)


def test_dispatch_on_the_sample_goes_by_walk() -> None:
    assessed = sample()
    found = assessed.dispatch("elderly_care", (118.9079896, 25.1131108), 40)
    frame = found.to_frame(assessed.supply.ids)
    assert frame["center"].tolist()[:2] == ["qg-04", "qg-08"]
    assert frame["takes"].tolist()[:2] == [35, 5]
    assert frame["minutes"].is_monotonic_increasing
    assert "qg-01" not in frame["center"].tolist(), "the island is no place to go on foot"
    assert found.unplaced == 0
    assert assessed.dispatch("elderly_care", (118.99, 25.18), 5).to_frame(assessed.supply.ids)["center"].tolist() == [
        "qg-01"
    ]
    with pytest.raises(ValueError, match="service"):
        assessed.dispatch("ferry", (118.9, 25.1), 1)
