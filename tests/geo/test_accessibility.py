"""2SFCA and E2SFCA: what they promise, what the published examples say, what PySAL's `access` says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.coverage.accessibility import E2SFCA, PER, Decay, floating_catchment
from geo.errors import ParameterError
from tests.geo.assessed import pairs_of, sample

GRIDLOCK_MIN = np.array([[1.0, 80.0, 40.0], [80.0, 1.0, 40.0], [40.0, 40.0, 1.0]])
"""Minutes between three tracts, scenario 0 of the hospital example in PySAL access' own tests
(access/tests/test_hospital_example.py): people 100, 50, 10 and doctors 15, 20, 100."""
TRACT_PEOPLE, DOCTORS = np.array([100.0, 50.0, 10.0]), np.array([15.0, 20.0, 100.0])


@st.composite
def situations(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n_demand, n_places = draw(st.integers(1, 8)), draw(st.integers(1, 5))
    times = st.one_of(st.just(np.inf), st.integers(0, 1_200).map(float))
    counts = st.integers(0, 50).map(float)
    return (
        draw(hnp.arrays(np.float64, (n_demand, n_places), elements=times)),
        draw(hnp.arrays(np.float64, n_places, elements=counts)),
        draw(hnp.arrays(np.float64, n_demand, elements=counts)),
    )


@settings(deadline=None)
@given(situations(), st.sampled_from([Decay.flat(15), E2SFCA]))
def test_what_residents_have_adds_up_to_what_can_be_reached(
    situation: tuple[np.ndarray, np.ndarray, np.ndarray], decay: Decay
) -> None:
    seconds, supply, people = situation
    found = floating_catchment(pairs_of(seconds), supply, people, decay)
    crowd = (seconds <= 900).T.astype(float) @ people
    assert found.unreachable == supply[crowd == 0].sum()
    assert found.per_thousand @ people / PER == pytest.approx(supply[crowd > 0].sum())
    assert (found.per_thousand[(seconds > 900).all(axis=1)] == 0).all()


@settings(deadline=None)
@given(situations())
def test_it_is_the_formula_in_plain_loops(situation: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    seconds, supply, people = situation
    found = floating_catchment(pairs_of(seconds), supply, people, E2SFCA)

    def weight(t: float) -> float:
        return 1.0 if t <= 300 else 0.68 if t <= 600 else 0.22 if t <= 900 else 0.0

    n_demand, n_places = seconds.shape
    for i in range(n_demand):
        access = 0.0
        for j in range(n_places):
            crowd = sum(people[k] * weight(seconds[k, j]) for k in range(n_demand))
            access += weight(seconds[i, j]) * supply[j] / crowd if crowd else 0.0
        assert found.per_thousand[i] == pytest.approx(PER * access)


def test_the_three_tracts_of_the_published_example() -> None:
    """Within an hour tracts 1 and 2 reach themselves and the hospital, tract 3 all: by hand."""
    found = floating_catchment(pairs_of(GRIDLOCK_MIN * 60), DOCTORS, TRACT_PEOPLE, Decay.flat(60))
    ratio = np.array([15 / 110, 20 / 60, 100 / 160])
    assert found.ratio == pytest.approx(ratio)
    assert found.per_thousand / PER == pytest.approx([ratio[0] + ratio[2], ratio[1] + ratio[2], ratio.sum()])


@pytest.mark.parametrize(
    "decay", [Decay.flat(60), Decay((10.0, 50.0, 90.0), (1.0, 0.68, 0.22))], ids=["2SFCA", "E2SFCA"]
)
def test_pysal_access_says_the_same_of_it(decay: Decay) -> None:
    access = pytest.importorskip("access", reason="PySAL access is a development requirement")
    origin, dest = np.indices(GRIDLOCK_MIN.shape).reshape(2, -1)
    costs = pd.DataFrame({"origin": origin, "dest": dest, "cost": GRIDLOCK_MIN.ravel()})
    model = access.Access(
        demand_df=pd.DataFrame({"id": range(3), "people": TRACT_PEOPLE}),
        demand_index="id",
        demand_value="people",
        supply_df=pd.DataFrame({"id": range(3), "doctors": DOCTORS}),
        supply_index="id",
        supply_value="doctors",
        cost_df=costs,
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    )
    bands = dict(zip(decay.minutes, decay.weights, strict=True))
    theirs = model.enhanced_two_stage_fca(
        name="it", weight_fn=access.weights.step_fn(bands), max_cost=decay.minutes[-1] + 1
    )
    found = floating_catchment(pairs_of(GRIDLOCK_MIN * 60), DOCTORS, TRACT_PEOPLE, decay)
    assert found.per_thousand / PER == pytest.approx(theirs["it_doctors"].sort_index().to_numpy())


def test_limits_of_catchments() -> None:
    """As PySAL access tests its own: a huge catchment gives total supply over total demand, a tiny one each its own."""
    huge = floating_catchment(pairs_of(np.zeros((3, 3))), DOCTORS, TRACT_PEOPLE, Decay.flat(15))
    assert huge.per_thousand / PER == pytest.approx([135 / 160] * 3)
    alone = np.where(np.eye(3, dtype=bool), 0.0, np.inf)
    tiny = floating_catchment(pairs_of(alone), DOCTORS, TRACT_PEOPLE, Decay.flat(15))
    assert tiny.per_thousand / PER == pytest.approx(DOCTORS / TRACT_PEOPLE)


def test_unknown_capacity_is_left_out_and_counted() -> None:
    found = floating_catchment(pairs_of(np.zeros((1, 2))), np.array([np.nan, 4.0]), np.array([8.0]), Decay.flat(5))
    assert (found.supply, found.unknown) == (4.0, 1)
    assert found.per_thousand.tolist() == [500.0]
    assert np.isnan(found.ratio[0])


def test_a_band_ends_with_its_last_minute() -> None:
    assert E2SFCA.of(np.array([300.0, 300.01, 600.0, 900.0005, 900.01])).tolist() == [1.0, 0.68, 0.68, 0.22, 0.0]


@pytest.mark.parametrize(
    "bands", [((5.0,), ()), ((10.0, 5.0), (1.0, 0.5)), ((5.0, 10.0), (0.5, 1.0)), ((5.0,), (0.0,))]
)
def test_bands_must_fall(bands: tuple[tuple[float, ...], tuple[float, ...]]) -> None:
    with pytest.raises(ParameterError, match="decay"):
        Decay(*bands)


@pytest.mark.parametrize("service", ["elderly_care", "childcare", "health", "food"])
def test_on_the_sample_all_open_capacity_is_shared_out(service: str) -> None:
    assessed = sample()
    people = assessed.residents.people[:, 0]
    column = assessed.supply.services.index(service)
    capacity = assessed.supply.capacity[assessed.supply.open[assessed.supply.door_center], column].sum()
    for decay in (None, E2SFCA):
        found = assessed.access(service, decay)
        assert found.supply == capacity
        assert found.per_thousand @ people / PER == pytest.approx(capacity - found.unreachable)
    assert (assessed.access(service).per_thousand > 0).sum() == (assessed.pairs(service).nearest >= 0).sum()
