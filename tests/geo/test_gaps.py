"""Gaps: everybody who is uncovered is in exactly one, with the reason that holds and with what would mend it."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.coverage.assessment import Assessment
from geo.coverage.gaps import REASONS, Gaps
from geo.coverage.jurisdiction import Jurisdictions
from geo.coverage.supply import Supply
from geo.crs import to_lonlat
from geo.errors import ParameterError
from geo.params import CoverageParams, Cutoffs, GapParams
from geo.people.residents import Residents
from tests.geo.assessed import HUIYU, city, sample
from tests.geo.builders import CRS, ORIGIN, XY, at, drawn

BOTH = pytest.mark.parametrize("assess", [sample, city], ids=["sample", "Porto Alegre"])
WEST, EAST = "350505101201", "350505101202"
KM = 1000.0

# A square kilometer to a letter. The center stands at c; from e to f there is water in between; k is an island.
# From g to the center it is 1 km as the crow flies, and 5 km around.
#
#     h-----------------------i
#     |                       |
#     |                       |
#     g                       |
#                             |
#     c-----d-----------------e   f   k---l
PLAN = """
h...i....
.........
g........
c.d.e.fkl
"""
STREETS = "cd de ei ih hg kl"


def assess(
    homes: dict[XY, float],
    *,
    centers: dict[str, tuple[XY, str]],
    service_at: tuple[str, ...] = (),
    service: str = "food",
    minutes: float = 15,
    gaps: GapParams | None = None,
    split_m: float = 2500.0,
) -> Assessment:
    """Homes (place: people) and centers (id: place and status) on the plan; two villages, split at an x."""
    network = drawn(PLAN, STREETS, step_m=KM)

    def frame(points: list[XY]) -> pd.DataFrame:
        lonlat = to_lonlat(at(*points), CRS)
        return pd.DataFrame({"lon": lonlat[:, 0], "lat": lonlat[:, 1]})

    table = frame([place for place, _ in centers.values()])
    table = table.assign(
        id=list(centers), status=[s for _, s in centers.values()], governing=WEST, planned_opening="2024-06-30"
    )
    points = table[table["id"].isin(service_at)].rename(columns={"id": "center"}).assign(service=service, capacity=1.0)
    people = list(homes.values())
    demand = frame(list(homes)).assign(population=people, age_60_plus=[p / 4 for p in people])
    boxes = [shapely.box(-5e3, -5e3, split_m, 9e3), shapely.box(split_m, -5e3, 2e4, 9e3)]
    outlines = gpd.GeoDataFrame(
        {"code": [WEST, EAST], "name": ["West", "East"]},
        geometry=[shapely.affinity.translate(box, *ORIGIN) for box in boxes],
        crs=CRS,
    )
    return Assessment(
        network=network,
        supply=Supply.of(table, points),
        residents=Residents.of(demand),
        jurisdictions=Jurisdictions.of(outlines, CRS),
        params=CoverageParams(cutoffs=Cutoffs((minutes,)), gaps=gaps or GapParams()),
    )


def reason_of(gaps: Gaps) -> list[str]:
    return [REASONS[r] for r in gaps.reason]


OPEN = {"c": ((0.0, 0.0), "open")}


@pytest.mark.parametrize(
    ("place", "reason", "minutes"),
    [
        ((2000.0, 0.0), "distance", 2000 / 72),
        ((0.0, 1000.0), "barrier", 13000 / 72),
        ((0.0, 3000.0), "distance", 11000 / 72),
        ((7500.0, 0.0), "separate", np.inf),
        ((2000.0, 900.0), "no_street", np.inf),
    ],
)
def test_why_a_home_is_not_covered(place: XY, reason: str, minutes: float) -> None:
    found = assess({place: 8.0}, centers=OPEN, gaps=GapParams(longest_minutes=240)).gaps()
    assert reason_of(found) == [reason]
    assert found.reason_share.tolist() == [1.0]
    assert found.minutes[0] == pytest.approx(minutes)
    assert found.people.tolist() == [8.0]
    assert found.elders.tolist() == [2.0]
    assert np.isnan(found.children[0])


@pytest.mark.parametrize(
    ("status", "reason"), [("building", "not_open_yet"), ("suspended", "distance"), ("closed", "distance")]
)
def test_only_centers_to_come_are_not_open_yet(status: str, reason: str) -> None:
    made = assess({(2100.0, 0.0): 8.0}, centers=OPEN | {"p": ((2000.0, 0.0), status)})
    found = made.gaps()
    assert reason_of(found) == [reason]
    assert (found.to_frame(made.jurisdictions, made.supply)["planned"] == "p").tolist() == [reason == "not_open_yet"]


def test_beyond_the_farthest_that_is_looked_it_is_still_the_same_reason() -> None:
    found = assess({(0.0, 1000.0): 8.0}, centers=OPEN).gaps()
    assert reason_of(found) == ["barrier"], "13 km around, more than two hours"
    assert np.isinf(found.minutes[0])


def test_a_planned_center_is_named_with_its_day_and_its_walk() -> None:
    centers = OPEN | {"p": ((2000.0, 0.0), "planned")}
    made = assess({(2100.0, 0.0): 8.0, (4000.0, 500.0): 4.0}, centers=centers)
    found = made.gaps()
    assert reason_of(found) == ["not_open_yet", "distance"]
    frame = found.to_frame(made.jurisdictions, made.supply)
    assert frame["planned"].tolist() == ["p", "p"]
    assert frame["planned_status"].tolist() == ["planned", "planned"]
    assert frame["planned_opening"].tolist() == ["2024-06-30"] * 2
    assert frame["planned_minutes"].tolist() == pytest.approx([100 / 72, 2500 / 72], abs=0.01)
    assert frame["center"].tolist() == ["c", "c"]


def test_a_service_that_the_center_does_not_give_is_lacking() -> None:
    centers = OPEN | {"d": ((2000.0, 0.0), "open")}
    made = assess({(100.0, 0.0): 8.0}, centers=centers, service_at=("d",))
    assert len(made.gaps()) == 0
    found = made.gaps("food")
    assert reason_of(found) == ["service_lacking"]
    assert made.supply.ids[found.center[0]] == "d"
    assert found.minutes[0] == pytest.approx(1900 / 72)
    assert reason_of(assess({(2000.0, 0.0): 8.0}, centers=OPEN, service_at=("c",)).gaps("food")) == ["distance"]


def test_the_neighbor_is_the_nearest_center_that_is_not_the_villages_own() -> None:
    made = assess({(2000.0, 0.0): 8.0, (3900.0, 0.0): 4.0}, centers=OPEN)
    west, east = made.gaps().to_frame(made.jurisdictions, made.supply).itertuples()
    assert (west.name, west.neighbor, east.name, east.neighbor) == ("West", "", "East", "c")
    assert np.isinf(west.neighbor_minutes)
    assert east.neighbor_minutes == pytest.approx(3900 / 72, abs=0.01)
    assert east.neighbor_governed_by == WEST


def test_homes_apart_are_parts_of_their_village_and_homes_together_are_one() -> None:
    homes = {(1500.0, 0.0): 2.0, (1650.0, 0.0): 3.0, (2400.0, 0.0): 4.0, (2600.0, 0.0): 9.0, (10.0, 0.0): 1.0}
    made = assess(homes, centers=OPEN)
    found = made.gaps()
    frame = found.to_frame(made.jurisdictions, made.supply)
    assert frame["residents"].tolist() == [9.0, 5.0, 4.0], "the border keeps the homes at 2,400 and 2,600 m apart"
    assert list(zip(frame["name"], frame["part"], frame["parts"], strict=True)) == [
        ("East", 1, 1),
        ("West", 1, 2),
        ("West", 2, 2),
    ]
    assert frame["whole_village"].tolist() == [True, False, False]
    assert frame["direction"].tolist() == ["", "W", "E"], (
        "of the middle of the village's residents, the covered included"
    )
    assert found.gap.tolist() == [1, 1, 2, 0, -1]
    closer = replace(made, params=replace(made.params, gaps=GapParams(link_m=100)))
    assert len(closer.gaps()) == 4


def test_neighbors_on_and_off_the_streets_are_not_one_gap() -> None:
    """160 m apart, but one stands too far from any street: another reason, another gap."""
    found = assess({(2000.0, 150.0): 2.0, (2000.0, 310.0): 1.0}, centers=OPEN).gaps()
    assert found.people.tolist() == [2.0, 1.0]
    assert reason_of(found) == ["distance", "no_street"]


def test_empty_homes_make_no_gap() -> None:
    found = assess({(2000.0, 0.0): 0.0, (100.0, 0.0): 5.0}, centers=OPEN).gaps()
    assert len(found) == 0
    made = assess({(100.0, 0.0): 5.0}, centers=OPEN)
    assert len(made.gaps().to_frame(made.jurisdictions, made.supply)) == 0


def test_without_any_open_center_everybody_is_in_a_gap() -> None:
    found = assess({(100.0, 0.0): 5.0, (7500.0, 0.0): 2.0}, centers={"c": ((0.0, 0.0), "building")}).gaps()
    assert found.people.tolist() == [5.0, 2.0]
    assert reason_of(found) == ["not_open_yet", "separate"]


def test_where_there_is_no_center_nobody_is_cut_off_from_one() -> None:
    homes = {(100.0, 0.0): 5.0, (7500.0, 0.0): 2.0, (2000.0, 900.0): 1.0}
    found = assess(homes, centers={}).gaps()
    assert dict(zip(found.people.tolist(), reason_of(found), strict=True)) == {
        5.0: "distance",
        2.0: "distance",
        1.0: "no_street",
    }
    unserved = assess(homes, centers=OPEN).gaps("health")
    assert "separate" not in reason_of(unserved)


@BOTH
@pytest.mark.parametrize("minutes", [5, 15])
def test_the_uncovered_are_each_in_one_gap(assess: object, minutes: float) -> None:
    made: Assessment = assess()  # type: ignore[operator]
    found = made.gaps(minutes=minutes)
    people = made.residents.people[:, 0]
    k = made.params.cutoffs.minutes.index(minutes)
    uncovered = made.coverage.n_within[:, k] == 0
    assert ((found.gap >= 0) == (uncovered & (people > 0))).all()
    assert found.people.sum() == made.coverage.uncovered[k, 0]
    assert np.allclose(np.bincount(found.gap[found.gap >= 0], weights=people[found.gap >= 0]), found.people)
    assert (np.diff(found.people) <= 0).all()
    assert (found.village[found.gap[uncovered & (people > 0)]] == made.home_unit[uncovered & (people > 0)]).all()
    assert (found.minutes > minutes).all()
    assert ((found.reason_share > 0) & (found.reason_share <= 1)).all()
    assert shapely.get_num_geometries(found.points).sum() == (uncovered & (people > 0)).sum()


@BOTH
def test_gaps_of_one_village_keep_their_distance(assess: object) -> None:
    """Plain loops: homes of one village and part of the network within 200 m are in one gap."""
    made: Assessment = assess()  # type: ignore[operator]
    found = made.gaps()
    rng = np.random.default_rng(1)
    component = made.network.node_component[made.network.edge_nodes[made.homes.edge, 0]]
    component = np.where(made.homes.snapped, component, -1)
    left = np.flatnonzero(found.gap >= 0)
    for i in rng.choice(left, 60, replace=False):
        near = np.hypot(*(made.xy[left] - made.xy[i]).T) <= 200.0
        same = (made.home_unit[left] == made.home_unit[i]) & (component[left] == component[i])
        assert (found.gap[left[near & same]] == found.gap[i]).all()
        assert (made.home_unit[found.gap == found.gap[i]] == made.home_unit[i]).all()


def test_the_island_is_in_no_gap_and_its_center_mends_none_ashore() -> None:
    made = sample()
    for service in (None, "elderly_care", "culture"):
        found = made.gaps(service)
        island = [v >= 0 and made.jurisdictions.codes[v] == HUIYU for v in found.village]
        own = made.supply.ids.index("qg-01")
        assert not np.isin(own, [found.center[~np.array(island)], found.neighbor[~np.array(island)]])
        assert any(island) == (service == "culture"), "the island's center gives all but culture"
        if service == "culture":
            assert reason_of(found)[island.index(True)] == "service_lacking"
            assert np.isinf(found.minutes[island.index(True)])


def test_areas_are_drawn_around_homes_without_a_hull() -> None:
    made = assess({(2000.0, 0.0): 1.0, (2190.0, 0.0): 1.0}, centers=OPEN)
    area = made.gaps().areas()[0]
    assert area.geom_type == "MultiPolygon"
    assert area.area == pytest.approx(2 * np.pi * 40**2, rel=0.03)


def test_settings_are_checked() -> None:
    with pytest.raises(ParameterError, match="gap"):
        GapParams(barrier_ratio=1.0)
