"""Indicators and weekly reports: declared, added up by arithmetic that can be checked by hand."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.monitoring.indicators import Indicator, added_up, in_period, periods_of, read_indicators
from data.monitoring.measures import is_measured, observations
from data.monitoring.reports import due, implausible, jumps, monday, punctuality, week_of, weeks_between
from data.monitoring.timeline import timeline
from data.registry.records import from_records
from data.tables.schema import CENTERS, MILESTONES, TARGETS, WEEKLY_REPORTS
from data.workspace import SAMPLE, Workspace
from geo.errors import DamagedFileError, TableFaultsError


def declared(**options: object) -> Indicator:
    plain = {"id": "i", "zh": "指标", "en": "Indicator", "direction": "up", "over_weeks": "sum", "over_centers": "sum"}
    return Indicator(source_of_values="weekly_reports.visits", **(plain | options))  # type: ignore[arg-type]


OBSERVED = pd.DataFrame(
    [
        ("a", "2023-W01", 1.0, 1.0),
        ("a", "2023-W02", 2.0, 3.0),
        ("a", "2023-W05", 4.0, 1.0),  # Thursday 2 February
        ("b", "2023-W01", 8.0, 1.0),
        ("b", "2023-W02", math.nan, 5.0),
        ("c", "2023-W01", math.nan, 1.0),
    ],
    columns=["center", "week", "value", "weight"],
)
"""Powers of two, so that a sum shows which observations went in."""


@pytest.mark.parametrize(
    ("over_weeks", "expected"),
    [("sum", (7, 8)), ("mean", (7 / 3, 8)), ("weighted_mean", ((1 + 6 + 4) / 5, 8)), ("last", (4, 8))],
)
def test_weeks_add_up_as_declared(over_weeks: str, expected: tuple[float, float]) -> None:
    values = added_up(OBSERVED, OBSERVED["center"], over_weeks)
    assert values["a"] == pytest.approx(expected[0])
    assert values["b"] == pytest.approx(expected[1]), "an unknown week is left out, not zero"
    assert math.isnan(values["c"])


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 12, 31)))
def test_every_week_counts_in_one_year_quarter_and_month(day: dt.date) -> None:
    week = week_of(day)
    year, quarter, month = periods_of(week)
    assert year == week[:4], "the ISO year of a week is the year of its Thursday"
    assert quarter == f"{year}-Q{(int(month[-2:]) + 2) // 3}"
    assert in_period(pd.Series([week]), month).all()


def test_targets_of_the_table_go_before_declared_ones() -> None:
    indicator = declared(targets={"2023": 100.0})
    table = from_records(
        [
            {"indicator": "i", "scope": "all", "period": "2023", "value": 900, "quality": "synthetic"},
            {"indicator": "i", "scope": "b", "period": "2023", "value": 50, "quality": "synthetic"},
        ],
        TARGETS,
    )
    assert indicator.target(table, "2023") == 900
    assert indicator.center_target(table, "2023", "a") == 100
    assert indicator.center_target(table, "2023", "b") == 50
    assert indicator.center_target(table, "2023", "350505001001") == 100, "an id may look like a code"
    assert math.isnan(indicator.target(table, "2023", "350505000000"))
    assert math.isnan(indicator.center_target(table, "2022", "a"))


def test_faulty_declarations_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "indicators.toml"
    path.write_text(
        '[[indicator]]\nid = "a"\nzh = "甲"\nen = "A"\ndirection = "sideways"\n'
        'over_weeks = "weighted_mean"\nfrom = "x.y"\n'
        '[[indicator]]\nid = "a"\nzh = "乙"\ndirection = "up"\nover_weeks = "sum"\nfrom = "x.y"\n'
        'targets = { "23" = 1, "2023" = "many" }\n',
        encoding="utf-8",
    )
    with pytest.raises(TableFaultsError) as caught:
        read_indicators(path)
    assert {(f.row, f.column, f.code) for f in caught.value.faults} == {
        (1, "direction", "not_in_codes"),
        (1, "weight", "empty"),
        (2, "en", "empty"),
        (2, "id", "duplicate"),
        (2, "targets", "bad_pattern"),
        (2, "targets", "not_a_number"),
    }
    path.write_text("[[indicator", encoding="utf-8")
    with pytest.raises(DamagedFileError):
        read_indicators(path)
    assert read_indicators(tmp_path / "none.toml") == {}


def test_the_sample_s_indicators_are_measured_by_its_tables() -> None:
    workspace = Workspace.open(SAMPLE)
    indicators = read_indicators(workspace.path("indicators"))
    measured = {name: i for name, i in indicators.items() if is_measured(i)}
    assert {"visits", "satisfaction", "reports_on_time", "milestone_days_late"} <= set(measured)
    reports = workspace.table("weekly_reports")
    assert observations(measured["visits"], workspace)["value"].sum() == reports["visits"].sum()
    weighed = observations(measured["satisfaction"], workspace)
    answers = reports["satisfaction_answers"].astype(float)
    assert added_up(weighed, weighed["week"].str[:0], "weighted_mean").iloc[0] == pytest.approx(
        (reports["satisfaction"] * answers).sum() / answers.sum()
    )
    on_time = observations(measured["reports_on_time"], workspace)
    assert len(on_time) == 578 - 11, "eleven centers opened within a week, which they do not owe"
    assert 50 < on_time["value"].mean() < 100


def computed(source: str, as_of: dt.date, **tables: pd.DataFrame) -> pd.DataFrame:
    """Observations of a computed indicator in a workspace of the given tables."""
    held = {"weekly_reports": reports(), **tables}
    workspace = SimpleNamespace(
        settings=SimpleNamespace(as_of=as_of), centers=tables.get("centers", centers()), table=held.__getitem__
    )
    indicator = Indicator("i", "指标", "Indicator", source, "up", "mean")
    return observations(indicator, workspace)  # type: ignore[arg-type]


def milestones(*days: tuple[str | None, str | None], center: str = "a") -> pd.DataFrame:
    plain = {"center": center, "kind": "opening", "quality": "synthetic"}
    return from_records(
        [plain | {"id": f"m{i}", "planned": planned, "done": done} for i, (planned, done) in enumerate(days)],
        MILESTONES,
    )


@pytest.mark.parametrize(
    ("days", "late"),
    [
        ([("2023-03-22", None), ("2024-01-01", None), ("2024-02-01", None)], 100),  # two are still to come
        ([("2023-06-01", "2023-12-01")], 29),  # done after the day of the data: 29 days overdue on it
        ([("2023-06-01", "2023-06-11"), ("2023-06-01", "2023-05-01")], 5),  # early makes up for nothing
        ([("2024-01-01", None), (None, "2023-01-01")], None),
    ],
)
def test_days_late_are_of_what_is_done_or_due(days, late) -> None:
    as_of = dt.date(2023, 6, 30)
    found = computed("milestones.days_late", as_of, milestones=milestones(*days))
    assert found["value"].tolist() == ([] if late is None else [late])


@pytest.mark.parametrize("as_of", [dt.date(2021, 12, 31), dt.date(2023, 1, 4), dt.date(2023, 1, 8)])
def test_days_late_are_of_the_week_of_the_data(as_of: dt.date) -> None:
    found = computed("milestones.days_late", as_of, milestones=milestones(("2021-01-01", None)))
    assert found["week"].tolist() == [week_of(as_of)] and periods_of(found["week"][0])[0] == str(as_of.year)


@given(
    st.lists(st.tuples(*[st.none() | st.dates(dt.date(2022, 1, 1), dt.date(2024, 1, 1)).map(str)] * 2), min_size=1),
    st.dates(dt.date(2022, 1, 1), dt.date(2024, 1, 1)),
)
def test_days_late_are_those_of_the_timeline(days, as_of: dt.date) -> None:
    table = milestones(*days)
    of_timeline = timeline(table, "a", as_of)["days_late"].clip(lower=0).mean()
    found = computed("milestones.days_late", as_of, milestones=table)["value"]
    assert found.tolist() == ([] if math.isnan(of_timeline) else [pytest.approx(of_timeline)])


def test_only_reports_with_a_day_in_time_are_on_time() -> None:
    handed_in = reports(("2023-W02", 1, "2023-01-16"), ("2023-W03", 1, None), ("2023-W04", 1, "2023-03-01"))
    found = computed("punctuality.on_time_share", dt.date(2023, 2, 8), weekly_reports=handed_in)
    assert found["week"].tolist() == ["2023-W02", "2023-W03", "2023-W04", "2023-W05"]
    assert found["value"].tolist() == [100, 0, 0, 0]
    assert computed("punctuality.on_time_share", dt.date(2021, 12, 31)).empty


def centers(**columns: object) -> pd.DataFrame:
    plain = {"id": "a", "name": "甲", "lon": 118.9, "lat": 25.1, "status": "open", "opened": "2023-01-04"}
    plain |= {"demonstration": False, "joint": False, "quality": "synthetic"}
    return from_records([plain | columns], CENTERS)


def reports(*rows: tuple[str, int | None, str | None]) -> pd.DataFrame:
    fields = ("week", "visits", "reported_on")
    return from_records(
        [dict(zip(fields, row, strict=True)) | {"center": "a", "quality": "synthetic"} for row in rows], WEEKLY_REPORTS
    )


def test_reports_are_due_for_each_full_week_that_a_center_was_open() -> None:
    as_of = dt.date(2023, 1, 25)  # a Wednesday: the report of the week that ended on the 22nd is due today
    assert due(centers(), as_of)["week"].tolist() == ["2023-W02", "2023-W03"], "opened on the Wednesday of W01"
    assert due(centers(opened="2023-01-02"), as_of)["week"].tolist() == ["2023-W01", "2023-W02", "2023-W03"]
    assert due(centers(), dt.date(2023, 1, 24))["week"].tolist() == ["2023-W02"]
    assert due(centers(suspended="2023-01-15", status="suspended"), as_of)["week"].tolist() == ["2023-W02"]
    assert due(centers(status="planned"), as_of).empty
    assert due(centers(opened=None), as_of).empty, "who never opened owes nothing"
    assert due(centers(opened=None), as_of, since=dt.date(2023, 1, 16))["week"].tolist() == ["2023-W03"]


def test_late_missing_and_undated_reports_are_told_apart() -> None:
    handed_in = reports(("2023-W01", 1, "2023-01-11"), ("2023-W02", 1, "2023-01-19"), ("2023-W03", 1, None))
    states = punctuality(handed_in, centers(opened="2023-01-02"), dt.date(2023, 2, 1))
    assert dict(zip(states["week"], states["state"], strict=True)) == {
        "2023-W01": "on_time",  # on the third day after Sunday
        "2023-W02": "late",
        "2023-W03": "undated",
        "2023-W04": "missing",
    }


def test_a_count_ten_times_the_last_month_is_marked() -> None:
    weeks = [f"2023-W{w:02d}" for w in range(1, 8)]
    counts = [10, 10, 10, 10, 99, 100, 400]  # ten times the mean of four weeks: 100, then 322.5, then 547.5
    table = reports(*((week, count, None) for week, count in zip(weeks, counts, strict=True)))
    assert jumps(table).empty
    table.loc[4, "visits"] = 100
    assert jumps(table)[["week", "column", "value", "before"]].to_numpy().tolist() == [["2023-W05", "visits", 100, 10]]
    small = reports(("2023-W01", 1, None), ("2023-W02", 19, None))
    assert jumps(small).empty, "small counts jump by nature"


def test_incoming_reports_are_seen_beside_those_that_are_there() -> None:
    there = reports(("2023-W01", 10, None), ("2023-W02", 10, None))
    (found,) = implausible(reports(("2023-W03", 5, None), ("2023-W04", 300, None)), there)
    assert (found.row, found.column, found.severity) == (2, "visits", "warning")
    assert implausible(reports(("2023-W02", 10, None)), there) == []


@given(
    st.dates(dt.date(2022, 1, 1), dt.date(2023, 1, 1)),
    st.dates(dt.date(2022, 1, 1), dt.date(2023, 1, 1)),
    st.none() | st.dates(dt.date(2022, 1, 1), dt.date(2023, 1, 1)),
)
def test_only_weeks_that_were_open_from_monday_to_sunday_are_owed(opened, as_of, suspended) -> None:
    """Day by day: open from the day of opening to that of the suspension."""
    mine = centers(opened=str(opened), suspended=suspended and str(suspended))
    days = [dt.date(2021, 12, 27) + dt.timedelta(days=i) for i in range(7 * 56)]
    is_open = [opened <= day <= (suspended or day) for day in days]
    full = [week_of(days[i]) for i in range(0, len(days), 7) if all(is_open[i : i + 7]) and days[i + 6] <= as_of]
    owed = [week for week in full if monday(week) + dt.timedelta(days=6 + 3) <= as_of]
    assert due(mine, as_of)["week"].tolist() == owed


@given(st.dates(dt.date(2020, 1, 1), dt.date(2026, 12, 31)), st.integers(0, 800))
def test_weeks_between_follow_one_another(first: dt.date, days: int) -> None:
    weeks = weeks_between(first, first + dt.timedelta(days=days))
    assert weeks == sorted(set(weeks))
    assert abs(len(weeks) - days / 7) <= 1


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("targets = 5", "targets", "bad_pattern"),
        ("parameters = []", "parameters", "bad_pattern"),
        ('direction = ["up"]', "direction", "bad_pattern"),
        ("zh = 5", "zh", "bad_pattern"),
        ('weight = "weekly_reports.answers"', "weight", "not_in_codes"),
        ('weight = "punctuality.due"', "weight", "not_in_codes"),
        ('from = "weekly_reports.note"', "from", "not_in_codes"),
        ('from = "weekly_reports.beauty"', "from", "not_in_codes"),
        ('targets = { "2023" = nan }', "targets", "not_finite"),
    ],
)
def test_declarations_that_nothing_could_be_made_of_are_named(tmp_path: Path, line: str, column: str, code) -> None:
    lines = {"id": '"a"', "zh": '"甲"', "en": '"A"', "direction": '"up"', "over_weeks": '"sum"'}
    lines |= {"from": '"weekly_reports.visits"', "weight": '"weekly_reports.satisfaction_answers"'}
    key, _, value = line.partition(" = ")
    path = tmp_path / "indicators.toml"
    path.write_text(
        "[[indicator]]\n" + "\n".join(f"{k} = {v}" for k, v in (lines | {key: value}).items()), encoding="utf-8"
    )
    with pytest.raises(TableFaultsError) as caught:
        read_indicators(path)
    assert [(fault.row, fault.column, fault.code) for fault in caught.value.faults] == [(1, column, code)]


@pytest.mark.parametrize("content", ["indicator = 5", '[indicator]\nid = "a"', 'indicator = ["visits"]'])
def test_what_is_no_section_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "indicators.toml").write_text(content)
    with pytest.raises(TableFaultsError, match=r"write it as \[\[indicator\]\]"):
        read_indicators(tmp_path / "indicators.toml")
