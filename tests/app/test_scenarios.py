"""Scenarios on the page Siting: saved, changed, taken back, compared, and opened by a link in a fresh session."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.access import READ_ONLY
from dashboard.choice import Choice, ScenarioChoice
from dashboard.controls import told_apart
from data.scenarios import SavedScenario, keep, scenarios
from data.tables.changes import Change, written
from data.workspace import SAMPLE, Workspace
from tests.app.conftest import HOMES, lonlat, write_workspace
from tests.conftest import ROOT

EVERYBODY = sum(HOMES.values())
AT_FAR, AT_EAST = (Change("new", "", (lon, lat)) for lon, lat in lonlat([(9, 9), (7, 0)]).round(5).tolist())
"""New centers at the home of 32 residents whom nobody covers, and of 16 whom the center of today does."""
WALK = {"profile": "adult", "minutes": 5.0}
HELD = {"s-1": {"changes": "cnear", "profile": "elderly", "minutes": "5"}, "s-2": {"changes": "cnear~cfar"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path)


def page(monkeypatch: pytest.MonkeyPatch, folder: Path, **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    app.switch_page("../pages/siting.py").run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(block.value for block in [*app.subheader, *app.markdown, *app.text, *app.warning])


def filled(app: AppTest, **values: str) -> AppTest:
    for name, value in values.items():
        next(box for box in app.text_input if box.key.startswith(f"scenario_{name}")).set_value(value)
    return app


def pressed(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def kept(folder: Path) -> list[tuple[str, str | None]]:
    return [(found.name, written(found.changes)) for found in scenarios(Workspace.open(folder))]


def stored(folder: Path, *found: SavedScenario) -> None:
    registry = Workspace.open(folder).registry()
    for scenario in found:
        keep(registry, scenario, "李", "test")
    registry.close()


def listed(app: AppTest) -> list[str]:
    return next(frame.value for frame in app.dataframe if "情景" in frame.value)["情景"].tolist()


# ---- on the page --------------------------------------------------------------------------------------------


def test_a_scenario_is_saved_changed_and_taken_back(monkeypatch, folder):
    app = page(monkeypatch, folder, changes=f"{AT_FAR.text}~{AT_EAST.text}")
    pressed(app, "scenario_save")
    assert "请先填写姓名" in said(app) and kept(folder) == []
    filled(app, name="甲案", note="先东后北", who="林")
    pressed(app, "scenario_save")
    both = f"{AT_FAR.text}~{AT_EAST.text}"
    assert kept(folder) == [("甲案", both)]
    (found,) = scenarios(Workspace.open(folder))
    assert (found.source, found.note, found.profile, found.minutes) == ("林", "先东后北", "adult", 15.0)
    assert found.workspace == Workspace.open(folder).content_id and found.quality == "synthetic"
    assert app.query_params["scenario"] == found.id and "changes" not in app.query_params, "the id says it all"
    assert "已保存“甲案”" in said(app) and listed(app) == ["现状", "甲案"]

    pressed(app, "remove_1")
    assert app.query_params["changes"] == AT_FAR.text and "已改动，未保存" in said(app)
    pressed(app, "scenario_overwrite")
    assert kept(folder) == [("甲案", AT_FAR.text)] and "已改动" not in said(app)
    pressed(app, "scenario_undo")
    assert kept(folder) == [("甲案", both)]
    assert "已改动，未保存" in said(app), "what is on the map stays there"

    filled(app, name="甲案")
    pressed(app, "scenario_save")
    assert "已有名为“甲案”的情景" in said(app) and len(kept(folder)) == 1
    filled(app, name="乙案")
    pressed(app, "scenario_save")
    assert set(kept(folder)) == {("甲案", both), ("乙案", AT_FAR.text)}

    pressed(app, "scenario_delete")
    assert kept(folder) == [("甲案", both)] and "scenario" not in app.query_params
    assert app.query_params["changes"] == AT_FAR.text and "不在了" not in said(app)
    pressed(app, "scenario_undo")
    assert set(kept(folder)) == {("甲案", both), ("乙案", AT_FAR.text)}


def test_a_link_by_id_opens_it_cold_with_its_walk(monkeypatch, folder):
    stored(folder, SavedScenario("s-1", "甲案", (AT_FAR,), **WALK, changed=dt.date(2023, 5, 1), source="李"))
    app = page(monkeypatch, folder, scenario="s-1")
    assert app.session_state["minutes"] == "5"
    assert app.metric[0].value == "32"
    assert dict(app.query_params).keys() == {"scenario"}
    assert "**甲案**" in said(app) and "2023年5月1日" in said(app)
    other = page(monkeypatch, folder, scenario="s-1", minutes="15")
    assert other.session_state["minutes"] == "15" and other.query_params["minutes"] == "15"
    assert "保存时按“成人”步行、5 分钟" in said(other)
    pressed(other, "scenario_walk")
    assert other.session_state["minutes"] == "5" and "minutes" not in other.query_params


def test_a_link_written_out_says_more_than_the_scenario(monkeypatch, folder):
    stored(folder, SavedScenario("s-1", "甲案", (AT_EAST,)))
    app = page(monkeypatch, folder, scenario="s-1", changes=AT_FAR.text)
    assert app.metric[0].value == "32"
    assert "已改动，未保存" in said(app)


def test_what_a_link_no_longer_finds_is_said(monkeypatch, folder):
    stored(folder, SavedScenario("s-1", "甲案", (AT_FAR, Change("close", "gone")), workspace="0" * 32))
    app = page(monkeypatch, folder, scenario="s-2")
    assert "链接里的情景（s\\-2）已经不在了" in said(app)
    app = page(monkeypatch, folder, scenario="s-1")
    assert "有 1 处变动不能再做" in said(app) and "gone" in said(app)
    assert "数据有变化" in said(app) and "已改动" not in said(app)
    assert app.metric[0].value == "32", "the rest of it can be made"


def test_scenarios_are_compared_with_today_and_with_each_other(monkeypatch, folder):
    one, two = SavedScenario("s-1", "甲案", (AT_FAR,)), SavedScenario("s-2", "乙案", (AT_EAST, Change("close", "near")))
    stored(folder, one, two)
    app = page(monkeypatch, folder)
    frame = app.dataframe[-1].value.set_index("指标")
    assert list(frame) == ["现状", "乙案", "甲案"]
    today = 31
    covered = frame.loc["覆盖居民（人）"]
    assert covered["现状"] == str(today)
    assert covered["甲案"] == f"{today + 32} (+32)"
    assert frame.loc["新覆盖（人）", "甲案"] == "32" and frame.loc["关闭中心（个）", "乙案"] == "1"
    app.segmented_control(key="compare_beside_zh").set_value("甲案").run()
    covered = app.dataframe[-1].value.set_index("指标").loc["覆盖居民（人）"]
    assert covered["现状"] == f"{today} (−32)" and covered["甲案"] == str(today + 32)
    share = app.dataframe[-1].value.set_index("指标").loc["覆盖率（%）", "现状"]
    assert share == f"{100 * today / EVERYBODY:.1f} (−{100 * 32 / EVERYBODY:.1f})"


def test_a_stranger_s_change_is_not_written_over(monkeypatch, folder):
    plan = SavedScenario("s-1", "甲案", (AT_FAR,))
    stored(folder, plan)
    app = page(monkeypatch, folder, scenario="s-1")
    filled(app, name="丙案", who="林")
    registry = Workspace.open(folder).registry()
    keep(registry, replace(plan, note="别人改的"), "王", "note", seen=plan)
    registry.close()
    pressed(app, "scenario_overwrite")
    assert kept(folder) == [("甲案", AT_FAR.text)]


@pytest.mark.parametrize("reason", ["sample", "public"])
def test_where_nothing_is_saved_it_is_said_and_compared_in_the_session(monkeypatch, folder, reason):
    if reason == "public":
        monkeypatch.setenv(READ_ONLY, "1")
    where = SAMPLE if reason == "sample" else folder
    center = Workspace.open(where).access_points.iloc[0]
    app = page(monkeypatch, where, changes=f"n{center['lon']:.5f}_{center['lat']:.5f}")
    assert ("python" in said(app)) is (reason == "sample") and "不能" in said(app)
    assert "scenario_save" not in [button.key for button in app.button]
    filled(app, name="甲案")
    pressed(app, "keep_scenario")
    assert "甲案" in listed(app)
    pressed(app, "clear_changes")
    assert "甲案" in listed(app)
    pressed(app, "forget_scenarios")
    assert "甲案" not in said(app) and "forget_scenarios" not in [button.key for button in app.button]


# ---- links --------------------------------------------------------------------------------------------------

OFFERED = (
    Choice("profile", ("adult", "elderly"), "adult"),
    Choice("minutes", ("5", "10", "15"), "15"),
    Choice("changes", ("cnear", "cnear~cfar", "cfar"), None),
    ScenarioChoice("scenario", tuple(HELD), None, HELD.__getitem__),
)


@given(
    st.sampled_from(["adult", "elderly"]),
    st.sampled_from(["5", "10", "15"]),
    st.sampled_from(["cnear", "cnear~cfar", "cfar"]),
    st.sampled_from([None, *HELD]),
)
def test_a_shortened_link_says_the_same(profile, minutes, changes, scenario):
    values = {"profile": profile, "minutes": minutes, "changes": changes, "scenario": scenario}
    full = {c.key: text for c in OFFERED if (text := c.write(values[c.key])) is not None}
    choice = OFFERED[-1]
    assert isinstance(choice, ScenarioChoice)
    short = choice.shortened(full, OFFERED)
    spelled = choice.spelled_out(short)
    assert {c.key: c.read(spelled) for c in OFFERED} == values
    held = HELD.get(scenario or "", {})
    assert not [key for key, text in held.items() if short.get(key) == text], "nothing is said twice"


def test_a_scenario_without_its_changes_is_none():
    choice = OFFERED[-1]
    assert isinstance(choice, ScenarioChoice)
    assert choice.shortened({"scenario": "s-2", "profile": "elderly"}, OFFERED) == {"profile": "elderly"}
    assert choice.spelled_out({"scenario": "s-9"}) == {"scenario": "s-9"}


@given(st.lists(st.sampled_from(["甲", "乙", "甲 · 1", "甲 · 1 · 2", ""]), max_size=8))
def test_names_of_columns_are_never_twice(names):
    made = told_apart(names, map(str, range(len(names))))
    assert len(set(made)) == len(names) and all(new.startswith(old) for new, old in zip(made, names, strict=True))
