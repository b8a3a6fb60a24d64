"""The tag rules, one line each."""

from __future__ import annotations

import pytest

from geo.streets.pedestrian import REASONS, Walkable, blocks_walkers, classify_way
from geo.streets.table import CLASS_CODE, NO_BACKWARD, NO_FORWARD, STEPS, STREET_CLASSES, STRUCTURE


def tags(text: str) -> dict[str, str]:
    """`highway=path foot=no` as a dict."""
    return dict(pair.split("=", 1) for pair in text.split())


@pytest.mark.parametrize("name", [name for name in STREET_CLASSES if name != "ferry"])
def test_every_class_is_a_walkable_highway(name: str) -> None:
    verdict = classify_way({"highway": name})
    assert isinstance(verdict, Walkable)
    assert verdict.street_class == CLASS_CODE[name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("highway=trunk_link", "trunk"),
        ("highway=tertiary_link", "tertiary"),
        ("highway=crossing", "footway"),
        ("highway=unclassified;tertiary", "unclassified"),
        ("highway=trunk foot=yes motorroad=yes", "trunk"),
        ("highway=motorway foot=yes", "trunk"),
        ("highway=motorway sidewalk=right", "trunk"),
        ("highway=trunk motorroad=yes sidewalk:left=yes", "trunk"),
        ("highway=busway foot=designated", "service"),
        ("highway=path access=no foot=yes", "path"),
        ("highway=service access=private foot=permissive", "service"),
        ("highway=service military=yes foot=yes", "service"),
        ("highway=service access=destination", "service"),
        ("highway=service access=customers", "service"),
        ("highway=residential foot=destination", "residential"),
        ("highway=residential vehicle=no motor_vehicle=private", "residential"),
        ("highway=residential sidewalk=separate", "residential"),
        ("highway=residential sidewalk=no", "residential"),
        ("highway=footway indoor=yes level=-1", "footway"),
        ("railway=platform", "platform"),
        ("public_transport=platform bus=yes", "platform"),
        ("highway=path military=no", "path"),
    ],
)
def test_walkable(text: str, expected: str) -> None:
    verdict = classify_way(tags(text))
    assert isinstance(verdict, Walkable), verdict
    assert STREET_CLASSES[verdict.street_class] == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("highway=motorway", "motor_only"),
        ("highway=motorway_link", "motor_only"),
        ("highway=motorway sidewalk=no", "motor_only"),
        ("highway=motorway sidewalk=separate sidewalk:left=no", "motor_only"),
        ("highway=motorway sidewalk=both access=no", "no_access"),
        ("highway=trunk motorroad=yes", "motor_only"),
        ("highway=busway", "motor_only"),
        ("highway=trunk foot=no", "foot_no"),
        ("highway=footway access=yes foot=no", "foot_no"),
        ("highway=cycleway foot=no", "foot_no"),
        ("highway=secondary foot=use_sidepath", "use_sidepath"),
        ("highway=service access=private", "private"),
        ("highway=service service=private", "private"),
        ("highway=service access=yes foot=private", "private"),
        ("highway=footway access=permit", "private"),
        ("highway=track access=military", "military"),
        ("highway=track foot=military", "military"),
        ("highway=service military=yes", "military"),
        ("highway=path access=no", "no_access"),
        ("highway=track access=forestry", "no_access"),
        ("highway=service access=delivery", "no_access"),
        ("highway=construction construction=footway foot=yes", "not_built"),
        ("highway=proposed", "not_built"),
        ("highway=raceway foot=yes", "not_a_street"),
        ("highway=services area=yes", "not_a_street"),
        ("highway=who_knows", "not_a_street"),
        ("railway=rail", "not_a_street"),
        ("route=bus", "not_a_street"),
        ("route=ferry", "ferry"),
    ],
)
def test_left_out(text: str, reason: str) -> None:
    assert classify_way(tags(text)) == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("highway=residential oneway=yes", 0),
        ("highway=footway oneway=yes", 0),
        ("highway=steps", STEPS),
        ("highway=footway bridge=yes", STRUCTURE),
        ("highway=footway bridge=no tunnel=no", 0),
        ("highway=steps tunnel=building_passage", STEPS | STRUCTURE),
        ("highway=footway oneway:foot=yes", NO_BACKWARD),
        ("highway=footway oneway:foot=-1", NO_FORWARD),
        ("highway=footway foot:backward=no", NO_BACKWARD),
        ("highway=steps conveying=yes", STEPS),
        ("highway=steps conveying=yes oneway=yes", STEPS | NO_BACKWARD),
        ("highway=steps conveying=yes oneway=-1", STEPS | NO_FORWARD),
        ("highway=steps conveying=forward", STEPS | NO_BACKWARD),
        ("highway=steps conveying=backward", STEPS | NO_FORWARD),
        ("highway=steps conveying=reversible", STEPS),
    ],
)
def test_flags(text: str, flags: int) -> None:
    verdict = classify_way(tags(text))
    assert isinstance(verdict, Walkable), verdict
    assert verdict.flags == flags


def test_ferries_only_when_asked_for() -> None:
    assert classify_way(tags("route=ferry"), ferries=True) == Walkable(CLASS_CODE["ferry"], STRUCTURE)
    assert classify_way(tags("route=ferry foot=no"), ferries=True) == "foot_no"


@pytest.mark.parametrize(
    ("text", "blocked"),
    [
        ("highway=crossing", False),
        ("barrier=no", False),
        ("barrier=gate", False),
        ("barrier=lift_gate access=yes", False),
        ("barrier=bollard", False),
        ("barrier=gate access=private", True),
        ("barrier=gate access=no", True),
        ("barrier=gate access=no foot=yes", False),
        ("barrier=gate foot=no", True),
        ("barrier=gate access=yes foot=private", True),
        ("barrier=gate locked=yes", True),
        ("barrier=gate locked=yes foot=yes", False),
        ("barrier=wall", True),
        ("barrier=fence foot=yes", False),
    ],
)
def test_barrier_nodes(text: str, blocked: bool) -> None:
    assert blocks_walkers(tags(text)) is blocked
