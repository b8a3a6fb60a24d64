"""The sample's history: sound by its contracts, true to published totals, with something for the checks to find."""

from __future__ import annotations

import csv
import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.monitoring.reports import COUNTS, due, jumps, monday, punctuality, week_of, weeks_between
from data.registry.store import Registry
from data.sample import SAMPLE
from data.samplegen.facts import read_units
from data.samplegen.history import write_history
from data.samplegen.seasons import FULL, week_level
from data.tables.codes import ADDING_UP, DIRECTION
from data.tables.frames import typed_frame
from data.tables.schema import TABLES, WEEKLY_REPORTS
from data.workspace import Workspace

AS_OF = dt.date(2023, 6, 30)
ORIGINALS = "weekly_reports_before_correction"
DONGZHANG = "qg-02"
HISTORY = (
    "weekly_reports.csv",
    f"{ORIGINALS}.csv",
    "milestones.csv",
    "ratings.csv",
    "rating_rules.csv",
    "emergency_roles.csv",
    "targets.csv",
    "indicators.toml",
)
STAGES = (
    "site_chosen",
    "设计完成 Design",
    "construction_start",
    "fit_out",
    "设备进场 Equipment",
    "acceptance",
    "试运行 Trial operation",
    "opening",
)


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(name: str, contract: str | None = None) -> pd.DataFrame:
    """A shipped table, which must be sound by its contract and have no other columns."""
    raw = pd.read_csv(SAMPLE / f"{name}.csv", dtype="str", keep_default_na=False)
    frame, faults = typed_frame(raw, TABLES[contract or name])
    assert faults == []
    assert list(frame) == TABLES[contract or name].names
    return frame


@pytest.fixture(scope="module")
def centers() -> pd.DataFrame:
    return Workspace.open(SAMPLE).centers


@pytest.fixture(scope="module")
def reports() -> pd.DataFrame:
    return table("weekly_reports")


@pytest.fixture(scope="module")
def milestones() -> pd.DataFrame:
    return table("milestones")


@pytest.fixture(scope="module")
def indicators() -> dict[str, dict[str, Any]]:
    content = tomllib.loads((SAMPLE / "indicators.toml").read_text(encoding="utf-8"))
    return {indicator["id"]: indicator for indicator in content["indicator"]}


# --- the files


def test_made_anew_from_the_shipped_centers_it_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    write_history(tmp_path, rows("centers"), rows("service_points"))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {n: (SAMPLE / n).read_bytes() for n in HISTORY}


def test_it_is_small() -> None:
    assert sum((SAMPLE / name).stat().st_size for name in HISTORY) < 400e3


@pytest.mark.parametrize("name", [name.removesuffix(".csv") for name in HISTORY if name.endswith(".csv")])
def test_every_row_has_a_source_and_only_two_targets_pose_as_published(name: str) -> None:
    assert all(row["source"] for row in rows(name))
    published = [(row["indicator"], row["period"]) for row in rows(name) if row["quality"] != "synthetic"]
    assert published == ([("centers_open", "2022"), ("satisfaction", "2030")] if name == "targets" else [])


@pytest.mark.parametrize("name", ["weekly_reports", ORIGINALS, "milestones", "ratings", "emergency_roles"])
def test_every_row_belongs_to_a_center(name: str, centers: pd.DataFrame) -> None:
    assert {row["center"] for row in rows(name)} <= set(centers["id"])


def test_a_registry_takes_it_and_keeps_the_originals_and_every_rating(
    tmp_path: Path, reports: pd.DataFrame, centers: pd.DataFrame
) -> None:
    registry = Registry.open(tmp_path / "registry.sqlite", create=True)
    with registry.edit("sample") as edit:
        for name in ("centers", "milestones", "targets", "rating_rules"):
            edit.put_frame(name, table(name))
        edit.put_frame("weekly_reports", table(ORIGINALS, "weekly_reports"))
        assert edit.put_frame("weekly_reports", reports).changed == 1
    for name, columns in (("ratings", ("stars", "stars_on")), ("emergency_roles", ("emergency_roles",))):
        for row in rows(name):
            version = registry.record("centers", row["center"])["version"]
            with registry.edit("sample", row["source"]) as edit:
                edit.put("centers", {"id": row["center"]} | {c: row[c] for c in columns}, version)
    newest, first = registry.history("weekly_reports", "qg-04/2022-W46")
    assert [(change.after or {})["visits"] for change in (first, newest)] == [1030, 103]
    stars = [(change.after or {}).get("stars") for change in registry.history("centers", "qg-03")]
    assert stars == [3, 3, 5, None]  # the newest first: emergency roles, two ratings, the center itself
    registry.close()


# --- weekly reports


def test_they_add_up_to_the_published_totals_by_the_date_of_the_report(reports: pd.DataFrame) -> None:
    by_then = reports[reports["week"] <= "2022-W32"].sum(numeric_only=True)
    assert 4_000 <= by_then["visits"] < 4_100
    assert 620 <= by_then["matters_settled"] < 630
    assert 280 <= by_then["volunteer_sessions"] < 290
    assert 30_000 <= by_then["points_earned"] < 31_000


def test_by_that_date_every_center_that_the_report_names_was_open(reports: pd.DataFrame, centers: pd.DataFrame) -> None:
    named = centers.loc[centers["demonstration"] | centers["joint"], "id"]
    assert set(reports.loc[reports["week"] <= "2022-W32", "center"]) == set(named)


def test_dongzhang_has_forty_study_visits_in_any_year(reports: pd.DataFrame) -> None:
    visits = reports[reports["center"] == DONGZHANG].set_index("week")["study_visits"]
    weeks = weeks_between(dt.date(2022, 1, 31), AS_OF)
    by_week = visits.reindex(weeks, fill_value=0).to_numpy(dtype=int)
    years = np.lib.stride_tricks.sliding_window_view(by_week, 52).sum(axis=1)
    assert years.min() >= 40
    assert visits[visits.index < "2023"].sum() >= 40


def test_no_report_is_of_a_time_before_the_opening_or_after_the_as_of_date(
    reports: pd.DataFrame, centers: pd.DataFrame
) -> None:
    assert (reports["reported_on"] <= pd.Timestamp(AS_OF)).all()
    sundays = pd.to_datetime([monday(week) + dt.timedelta(days=6) for week in reports["week"]])
    assert (reports["reported_on"].to_numpy() > sundays.to_numpy()).all()
    opened = reports["center"].map(centers.set_index("id")["opened"])
    assert (opened.to_numpy() <= sundays.to_numpy()).all()
    owed = due(centers, AS_OF)
    early = set(zip(reports["center"], reports["week"], strict=True)) - set(
        zip(owed["center"], owed["week"], strict=True)
    )
    running = centers[(centers["status"] == "open") & (centers["opened"].dt.day_of_week > 0)]
    opening = {(center.id, week_of(center.opened.date())) for center in running.itertuples()}
    assert early == opening, "who opens within a week reports it unasked"


def test_a_few_are_late_or_missing(reports: pd.DataFrame, centers: pd.DataFrame) -> None:
    states = punctuality(reports, centers, AS_OF)["state"].value_counts(normalize=True)
    assert set(states.index) == {"on_time", "late", "missing"}
    assert states["on_time"] > 0.85
    assert states.min() > 0.01


def test_the_check_finds_the_slip_that_stands_and_the_one_that_was_corrected(reports: pd.DataFrame) -> None:
    place = ["center", "week", "column"]
    assert jumps(reports)[place].to_numpy().tolist() == [["qg-08", "2023-W22", "kiosk_items"]]
    originals = table(ORIGINALS, "weekly_reports")
    before = pd.concat([reports, originals]).drop_duplicates(["center", "week"], keep="last")
    assert jumps(before)[place].to_numpy().tolist() == [
        ["qg-04", "2022-W46", "visits"],
        ["qg-08", "2023-W22", "kiosk_items"],
    ]


def test_a_correction_changes_the_slip_alone() -> None:
    (original,) = rows(ORIGINALS)
    (standing,) = [r for r in rows("weekly_reports") if (r["center"], r["week"]) == ("qg-04", "2022-W46")]
    changed = {name for name in original if original[name] != standing[name]}
    assert changed == {"visits", "note"}
    assert int(original["visits"]) == 10 * int(standing["visits"])
    assert original["visits"] in standing["note"]


def test_counts_are_empty_where_a_center_lacks_the_service(reports: pd.DataFrame) -> None:
    services = Workspace.open(SAMPLE).service_points.groupby("center")["service"].agg(set)
    for center, mine in reports.groupby("center"):
        assert mine["canteen_meals"].isna().all() == ("food" not in services[center])
        assert mine["kiosk_items"].isna().all() == ("public_affairs" not in services[center])
    always = [name for name in COUNTS if name not in ("canteen_meals", "kiosk_items")]
    assert reports[always].notna().all(axis=None)


def test_spring_festival_is_quiet(reports: pd.DataFrame) -> None:
    mean = reports.groupby("week")["visits"].mean()
    assert mean["2023-W04"] < 0.65 * mean[["2023-W02", "2023-W06"]].mean()


def test_nobody_redeems_points_that_were_not_earned(reports: pd.DataFrame) -> None:
    saved = (reports["points_earned"] - reports["points_redeemed"]).groupby(reports["center"]).cumsum()
    assert (saved >= 0).all()
    assert (reports["points_redeemed"] > 0).mean() > 0.8


def test_satisfaction_is_a_share_of_the_answers(reports: pd.DataFrame) -> None:
    answered = reports["satisfaction_answers"] > 0
    assert (reports["satisfaction"].notna() == answered).all()
    answers = reports.loc[answered, "satisfaction_answers"].astype(float)
    content = reports.loc[answered, "satisfaction"] / 100 * answers
    assert ((content - content.round()).abs() <= 0.0005 * answers + 1e-9).all()
    assert (reports["satisfaction_answers"] <= reports["visits"]).all()


def test_a_week_is_as_busy_as_its_days() -> None:
    opened = dt.date(2022, 1, 3)
    ordinary, national_day = dt.date(2022, 4, 25 - 7), dt.date(2022, 10, 3)
    assert week_level(ordinary, ordinary - dt.timedelta(weeks=15)) == FULL * 104 // 100  # April, fully grown
    assert week_level(national_day, opened) < week_level(national_day - dt.timedelta(weeks=1), opened) * 0.7
    # open on the last of seven days: a seventh of the first full week
    assert week_level(ordinary, ordinary + dt.timedelta(days=6)) == week_level(ordinary, ordinary) // 7
    assert week_level(ordinary, ordinary + dt.timedelta(days=7)) == 0


# --- milestones


def steps(milestones: pd.DataFrame) -> pd.DataFrame:
    """Milestones on the way to the opening, named by their stage."""
    way = milestones[milestones["kind"] != "rating"]
    return way.assign(stage=way["kind"].where(way["kind"] != "other", way["note"]))


def test_every_center_goes_through_the_stages_in_order(milestones: pd.DataFrame, centers: pd.DataFrame) -> None:
    by_center = {str(center): mine for center, mine in steps(milestones).groupby("center")}
    assert set(by_center) == set(centers["id"])
    reached = {"open": 8, "building": 4, "planned": 1}
    for center in centers.itertuples():
        mine = by_center[str(center.id)]
        assert tuple(mine["stage"]) == STAGES
        assert mine["planned"].is_monotonic_increasing
        done = mine["done"].dropna()
        assert done.is_monotonic_increasing
        assert len(done) == reached[str(center.status)]
        assert (done <= pd.Timestamp(AS_OF)).all()
        assert center.status != "open" or done.iloc[-1] == center.opened


def test_all_pilots_were_planned_for_2022_batch_after_batch(milestones: pd.DataFrame, centers: pd.DataFrame) -> None:
    planned = steps(milestones).query("stage == 'opening'").set_index("center")["planned"]
    assert (planned <= "2022-12-31").all()
    batch = centers.set_index("id")["batch"]
    for earlier in (1, 2):
        assert planned[batch[batch == earlier].index].max() < planned[batch[batch == earlier + 1].index].min()


def test_some_are_late_and_some_in_time(milestones: pd.DataFrame) -> None:
    way = steps(milestones)
    late_days = (way["done"].fillna(pd.Timestamp(AS_OF)) - way["planned"]).dt.days
    assert late_days.min() == 0
    assert 0.2 < (late_days > 0).mean() < 0.7
    assert late_days[way["done"].isna()].min() > 0


def test_dongzhang_was_built_from_november_2021_to_january_2022(milestones: pd.DataFrame) -> None:
    done = steps(milestones).query("center == @DONGZHANG").set_index("stage")["done"].dt.strftime("%Y-%m")
    assert (done["construction_start"], done["opening"]) == ("2021-11", "2022-01")


# --- ratings, roles


def earned_stars(center: str, rated_on: dt.date, reports: pd.DataFrame, centers: pd.DataFrame) -> int | None:
    """Stars of a center over the 26 weeks due by a day, by the shipped rules."""
    mine = centers[centers["id"] == center]
    known = reports[(reports["center"] == center) & (reports["reported_on"] <= pd.Timestamp(rated_on))]
    states = punctuality(known, mine, rated_on).tail(26)
    if len(states) < 26 or pd.Timestamp(monday(states["week"].iloc[0])) < mine["opened"].iloc[0]:
        return None
    seen = known[known["week"].isin(states["week"])]
    answers = seen["satisfaction_answers"].astype(float)
    measured = {
        "satisfaction": (seen["satisfaction"].fillna(0) * answers).sum() / answers.sum(),
        "reports_on_time": 100 * (states["state"] == "on_time").mean(),
        "volunteer_sessions": seen["volunteer_sessions"].sum(),
    }
    rules = table("rating_rules")
    met = rules["at_least"] <= rules["indicator"].map(measured)
    stars = met.groupby(rules["stars"]).all()
    return int(max(stars[stars].index)) if stars.any() else None


@pytest.mark.parametrize("rated_on", [dt.date(2022, 12, 30), dt.date(2023, 6, 30)])
def test_stars_follow_from_the_reports(rated_on: dt.date, reports: pd.DataFrame, centers: pd.DataFrame) -> None:
    given = {r["center"]: int(r["stars"]) for r in rows("ratings") if r["stars_on"] == rated_on.isoformat()}
    earned = {center: earned_stars(center, rated_on, reports, centers) for center in centers["id"]}
    assert given == {center: stars for center, stars in earned.items() if stars is not None}


def test_ratings_show_every_number_of_stars_and_say_that_the_rules_are_not_published(
    milestones: pd.DataFrame,
) -> None:
    rated = rows("ratings")
    assert {row["stars"] for row in rated} == {"3", "4", "5"}
    told = milestones[milestones["kind"] == "rating"]
    assert set(zip(told["center"], told["done"].dt.strftime("%Y-%m-%d"), strict=True)) == {
        (row["center"], row["stars_on"]) for row in rated
    }
    assert all("未公布" in row["note"] for row in [*rated, *rows("rating_rules")])
    assert not any(row["reward_yuan"] for row in rows("rating_rules"))


def test_open_centers_have_roles_in_an_emergency(centers: pd.DataFrame) -> None:
    roles = pd.DataFrame(rows("emergency_roles"))
    frame, faults = typed_frame(
        centers.drop(columns="emergency_roles").merge(
            roles[["center", "emergency_roles"]], how="left", left_on="id", right_on="center"
        ),
        TABLES["centers"],
    )
    assert faults == []
    assert (frame["emergency_roles"].map(len) > 0).tolist() == (centers["status"] == "open").tolist()


# --- indicators, targets


def test_indicators_speak_in_known_codes(indicators: dict[str, dict[str, Any]]) -> None:
    for indicator in indicators.values():
        assert {"id", "zh", "en", "unit_zh", "unit_en", "direction", "over_weeks", "from"} <= set(indicator)
        assert indicator["direction"] in DIRECTION
        assert indicator["over_weeks"] in ADDING_UP
        assert indicator.get("over_centers", "sum") in ADDING_UP
        adding_up = {indicator["over_weeks"], indicator.get("over_centers")}
        assert ("weighted_mean" in adding_up) == ("weight" in indicator)
        assert indicator["source"]
        assert indicator["quality"] == "synthetic"


def test_every_number_of_the_weekly_report_is_an_indicator_by_its_name(indicators: dict[str, dict[str, Any]]) -> None:
    for name in COUNTS:
        column, indicator = WEEKLY_REPORTS[name], indicators[name]
        assert indicator["from"] == f"weekly_reports.{name}"
        assert (indicator["zh"], indicator["en"], indicator["unit_zh"]) == (column.zh, column.en, column.unit)
        assert (indicator["over_weeks"], indicator["over_centers"]) == ("sum", "sum")
    assert indicators["satisfaction"]["weight"] == "weekly_reports.satisfaction_answers"


def test_targets_and_rules_name_indicators(indicators: dict[str, dict[str, Any]]) -> None:
    for name in ("targets", "rating_rules"):
        assert set(table(name)["indicator"]) <= set(indicators)


def test_the_target_of_2023_counts_communities_and_large_villages() -> None:
    workspace = Workspace.open(SAMPLE)
    residents = workspace.demand.groupby("village")["population"].sum()
    due_units = {
        unit.code
        for unit in read_units()
        if unit.county == "350505" and (unit.name.endswith("社区居委会") or residents[unit.code] >= 3_000)
    }
    goals = table("targets").set_index(["indicator", "scope", "period"])["value"].sort_index()
    assert goals["centers_open", "all", "2022"] == 14
    assert goals["large_units_with_center", "all", "2023"] == len(due_units)
    assert goals["large_units_with_center"].sum() == 2 * len(due_units)  # the whole, and its towns
    assert goals["centers_open", "all", "2023"] == len(due_units | set(workspace.centers["home"]))
