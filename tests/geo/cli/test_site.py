"""`site` and `coverage` on drawn streets: what counts, what is told of the rest, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.geo.cli.conftest import DRAWING, Refused, Run
from tests.geo.osmfile import place

HEAD = "id,lon,lat,population,age_60_plus,village"
VILLAGE = {"a": "350505101001", "c": "350505101002", "d": "350505102003"}


def homes(
    path: Path, people: dict[str, object], *, ages: dict[str, object] | None = None, villages: str = "acd"
) -> None:
    """People at corners of the drawing, all of them old where nothing else is said."""
    rows = [
        f"{name},{','.join(map(str, place(DRAWING, name)))},{count},{(ages or people)[name]},"
        f"{VILLAGE[name] if name in villages else ''}"
        for name, count in people.items()
    ]
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")


def table(path: Path, rows: dict[str, str], columns: str) -> None:
    """Points at corners of the drawing; the id is the corner's name."""
    lines = [f"{name},{','.join(map(str, place(DRAWING, name[0])))}{more}" for name, more in rows.items()]
    path.write_text("\n".join([f"id,lon,lat{columns}", *lines]) + "\n", encoding="utf-8")


@pytest.fixture
def town(desk: Path) -> Path:
    """100, 60 and 40 people at the three ends, a candidate at each, a center at a."""
    homes(desk / "homes.csv", {"a": 100, "c": 60, "d": 40})
    table(desk / "places.csv", dict.fromkeys("acd", ""), "")
    table(desk / "today.csv", {"a": ""}, "")
    return desk


def site(*more: object) -> tuple[object, ...]:
    given = ("--streets", "streets.osm", "--demand", "homes.csv", "--candidates", "places.csv", "--minutes", "5")
    return ("site", *given, *more)


def coverage(*more: object) -> tuple[object, ...]:
    return ("coverage", "--streets", "streets.osm", "--demand", "homes.csv", "--out", "tables", *more)


# ── who stands ──


def test_centers_that_are_shut_do_not_stand_and_are_named(run: Run, town: Path) -> None:
    status = {"a": ",closed", "c": ",planned", "d": ",suspended"}
    table(town / "today.csv", status, ",status")
    answer = run(*site("--existing", "today.csv", "--add", "1"))
    assert answer.code == 0 and "today.csv: 2 center(s) are suspended or closed and do not count: a, d" in answer.err
    assert "1 new site(s): 160 of 200 residents covered (80.0%, before 60)" in answer.err


@pytest.mark.parametrize("command", ["site", "coverage"])
def test_a_status_that_nobody_knows_is_a_fault(refused: Refused, town: Path, command: str) -> None:
    table(town / "today.csv", {"a": ",open", "d": ",perhaps", "c": ","}, ",status")
    arguments = (
        site("--existing", "today.csv", "--add", "1") if command == "site" else coverage("--centers", "today.csv")
    )
    message = refused(*arguments)
    assert "row 2, status (perhaps): the status is one of open, planned, building, suspended, closed" in message


def test_service_points_of_nobody_are_named(refused: Refused, town: Path) -> None:
    table(town / "today.csv", {"a": ",1", "d": ",", "c": ",2"}, ",center")
    assert "row 2, center: there is no center" in refused(*site("--existing", "today.csv", "--add", "1"))


# ── where things lie ──


def test_what_finds_no_street_is_told(run: Run, town: Path) -> None:
    (town / "today.csv").write_text("id,lon,lat\nhere,118.9,25.2\nnowhere,0,0\n", encoding="utf-8")
    answer = run(*site("--existing", "today.csv", "--add", "1"))
    assert answer.code == 0 and "before 100" in answer.err
    assert "today.csv: 1 of 2 points have no street within 300 m: nowhere" in answer.err
    for name in ("homes.csv", "places.csv"):
        with (town / name).open("a", encoding="utf-8") as file:
            file.write("far,119.02,25.19" + (",7,7,350505101001" if name == "homes.csv" else "") + "\n")
    answer = run(*site("--add", "1"))
    assert "homes.csv: 1 of 4 points have no street within 300 m: far" in answer.err
    assert "candidates (places.csv): 1 of 4 points have no street within 300 m: far" in answer.err


@pytest.mark.parametrize("name", ["homes.csv", "places.csv", "today.csv"])
def test_a_table_of_another_place_is_refused(refused: Refused, town: Path, name: str) -> None:
    text = (town / name).read_text(encoding="utf-8").replace(",118.", ",18.")
    (town / name).write_text(text, encoding="utf-8")
    message = refused(*site("--existing", "today.csv", "--add", "1"))
    assert f"{name} has 1 fault(s)" in message and "lies on the ground of the streets" in message


@pytest.mark.parametrize("name", ["homes.csv", "today.csv", "points.csv"])
def test_coverage_of_another_place_is_refused(refused: Refused, town: Path, name: str) -> None:
    table(town / "points.csv", {"a": ",a,food"}, ",center,service")
    (town / name).write_text((town / name).read_text(encoding="utf-8").replace(",118.", ",18."), encoding="utf-8")
    message = refused(*coverage("--centers", "today.csv", "--service-points", "points.csv"))
    assert f"{name} has 1 fault(s)" in message and "lies on the ground of the streets" in message


def test_coverage_of_nobody_has_no_share(run: Run, town: Path) -> None:
    homes(town / "homes.csv", {"a": 0, "c": 0})
    answer = run(*coverage("--centers", "today.csv"))
    assert answer.code == 0 and "0 of 0 residents have an open center within 15 minutes" in answer.err


# ── jurisdictions ──


def test_quotas_and_floors_hold_for_each_jurisdiction(run: Run, town: Path) -> None:
    assert "200 of 200" in run(*site("--add", "3")).err
    assert "140 of 200" in run(*site("--add", "3", "--at-most", "1")).err  # a and c are of one town
    assert "140 of 200" in run(*site("--add", "2", "--floor", "0.5")).err


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--at-most", "1"], "3 candidate(s) have none, first a"),
        (["--at-least", "1"], "3 candidate(s) have none, first a"),
        (["--floor", "0.5"], "3 demand point(s) have none, first a"),
    ],
)
def test_jurisdictions_that_are_not_known_are_no_jurisdiction(
    refused: Refused, town: Path, options: list[str], what: str
) -> None:
    homes(town / "homes.csv", {"a": 100, "c": 60, "d": 40}, villages="")
    message = refused(*site("--add", "3", *options))
    assert f"village = empty cannot be used: {what}" in message


@pytest.mark.parametrize("digits", [0, -3, 13])
def test_digits_that_no_code_has(refused: Refused, town: Path, digits: int) -> None:
    assert f"digits = {digits} cannot be used" in refused(*site("--add", "3", "--at-most", "1", "--digits", digits))


# ── who counts, and how many find room ──


def test_groups_are_weighed_only_where_they_are_known(run: Run, refused: Refused, town: Path) -> None:
    homes(town / "homes.csv", {"a": 100, "c": 60, "d": 0}, ages={"a": 20, "c": 30, "d": ""})
    assert "50 of 50 residents covered (100.0%" in run(*site("--add", "2", "--weights", "age_60_plus")).err
    homes(town / "homes.csv", {"a": 100, "c": 60, "d": 40}, ages={"a": 20, "c": 30, "d": ""})
    message = refused(*site("--add", "2", "--weights", "age_60_plus"))
    assert "age_60_plus" in message and "not known at 1 of 3 demand point(s); the first is d" in message


def test_people_for_whom_there_is_room_are_told(run: Run, town: Path) -> None:
    table(town / "places.csv", {"a": ",30", "c": ",30", "d": ",500"}, ",capacity")
    answer = run(*site("--add", "2", "--capacity"))
    assert "2 new site(s): 70 of 200 residents served (35.0%, before 0)" in answer.err
    assert {row["served_share"] for row in answer.features} == {0.35}


def test_capacities_that_are_not_known_limit_nobody(refused: Refused, town: Path) -> None:
    assert "capacity = empty cannot be used: 3 candidate(s) have none, first a" in refused(
        *site("--add", "1", "--capacity")
    )
    table(town / "places.csv", {"a": ",30", "c": ","}, ",capacity")
    assert "1 candidate(s) have none, first c" in refused(*site("--add", "1", "--capacity"))


@pytest.mark.parametrize("column", ["cost", "capacity", "residents"])
def test_cells_of_candidates_that_are_no_numbers_are_named(refused: Refused, town: Path, column: str) -> None:
    table(town / "places.csv", {"a": ",30", "c": ",unknown", "d": ",-3"}, f",{column}")
    message = refused(*site("--add", "1"))
    assert f"row 2, {column} (unknown): this is not a number" in message and f"row 3, {column} (-3)" in message


def test_capacities_of_services_that_are_no_numbers_are_named(run: Run, refused: Refused, town: Path) -> None:
    table(town / "points.csv", {"a": ",a,food,30 beds", "c": ",a,food,-3", "d": ",a,food,"}, ",center,service,capacity")
    message = refused(*coverage("--centers", "today.csv", "--service-points", "points.csv"))
    assert "row 1, capacity (30 beds): this is not a number" in message and "row 2, capacity (-3)" in message
    table(town / "points.csv", {"a": ",a,food,"}, ",center,service,capacity")
    assert run(*coverage("--centers", "today.csv", "--service-points", "points.csv")).code == 0
