"""The page Data without a browser: an import from file to undo, a weekly report, history, and closed doors."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access
from dashboard.editing.backup import packed
from dashboard.editing.place_check import Places
from dashboard.editing.steps import undo
from dashboard.i18n import LANGUAGES, catalog
from data.archive import copy
from data.registry.records import from_records
from data.registry.store import Registry
from data.tables.codes import PARTNER
from data.tables.faults import SENTENCES
from data.tables.schema import TABLES
from data.workspace import SAMPLE, Workspace
from geo.crs import to_metric
from geo.datum import Datum, convert_datum
from geo.errors import StaleRecordError
from tests.conftest import ROOT

WHO = "张三"
NAME = "<script>alert(1)</script> **粗**"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(Workspace.open(SAMPLE), tmp_path_factory.mktemp("data") / "template").folder


@pytest.fixture
def folder(copied: Path, tmp_path: Path) -> Path:
    return copy(Workspace.open(copied), tmp_path / "workspace").folder


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, part: str, lang: str = "zh") -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    app.query_params["lang"], app.query_params["part"] = lang, part
    app.switch_page("../pages/data.py").run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    blocks = [*app.header, *app.markdown, *app.text, *app.warning, *app.success, *app.info]
    return "\n".join(block.value for block in blocks)


def table(frame: pd.DataFrame) -> tuple[str, bytes, str]:
    return ("centers.csv", frame.to_csv(index=False).encode("gb18030"), "text/csv")


def new_centers() -> pd.DataFrame:
    """Three centers, the last with a fault in its status and one in its coordinates."""
    rows = [("n1", NAME, 118.9, 25.13, "已开放"), ("n2", "乙", 118.91, 25.14, "规划")]
    rows.append(("n3", "丙", "约118.9", 25.13, "漂亮"))  # type: ignore[arg-type]
    return pd.DataFrame(rows, columns=["中心编号", "名 称", "经度", "纬度", "状态"])


def uploaded(app: AppTest, file: tuple[str, bytes, str]) -> AppTest:
    app.file_uploader[0].set_value(file)
    app.run()
    assert not app.exception
    return app


def parts(app: AppTest):
    return next(group for group in app.get("button_group") if group.key == "part")


def box(app: AppTest, start: str):
    return next(found for found in app.checkbox if found.key.startswith(start))


def confirmed(app: AppTest) -> AppTest:
    app.text_input(key="import_who").set_value(WHO).run()
    return app.button(key="review_write").click().run()


def revision(folder: Path) -> int:
    registry = Registry.open(folder / "registry.sqlite")
    try:
        return registry.revision
    finally:
        registry.close()


def test_an_import_writes_sound_rows_after_a_yes_and_takes_them_back(monkeypatch, folder):
    app = uploaded(opened(monkeypatch, folder, "import"), table(new_centers()))
    before = revision(folder)
    metrics = {metric.label: metric.value for metric in app.metric}
    assert (metrics["可导入"], metrics["有错误"], metrics["新增"], metrics["文件中没有"]) == ("2", "1", "2", "14")
    faults = next(frame.value for frame in app.dataframe if "problem" in frame.value)
    assert set(zip(faults["line"], faults["column"], strict=True)) == {(4, "经度"), (4, "状态")}
    assert app.button(key="review_write").disabled, "no name, and faulty rows not spoken of"
    box(app, "review_only_sound").check().run()
    assert app.button(key="review_write").disabled and revision(folder) == before
    confirmed(app)
    assert not app.exception and "新增 2" in words(app)
    centers = Workspace.open(folder).centers.set_index("id")
    assert centers.loc["n1", "name"] == NAME and "n3" not in centers.index and len(centers) == 16
    app.button(key="review_undo").click().run()
    assert not app.exception and len(Workspace.open(folder).centers) == 14
    registry = Registry.open(folder / "registry.sqlite")
    changes = registry.history("centers", "n1")
    assert [(change.action, change.who) for change in changes] == [("remove", WHO), ("add", WHO)]
    assert changes[1].why == "centers.csv"
    registry.close()


def test_a_file_with_unreadable_keys_cannot_remove(monkeypatch, folder):
    frame = new_centers()
    app = uploaded(opened(monkeypatch, folder, "import"), table(frame))
    assert box(app, "review_remove")
    app = uploaded(opened(monkeypatch, folder, "import"), table(frame.assign(中心编号=["n1", "n 2", "n3"])))
    assert not [found for found in app.checkbox if found.key.startswith("review_remove")]
    assert "不能按此文件删除" in "\n".join(found.value for found in app.caption) + words(app)


def test_shifted_coordinates_are_asked_about_before_anything_else(monkeypatch, folder):
    centers = Workspace.open(folder).centers
    shifted = convert_datum(centers[["lon", "lat"]].to_numpy(), Datum.WGS84, Datum.GCJ02)
    frame = centers[["id", "name", "home"]].assign(lon=shifted[:, 0], lat=shifted[:, 1])
    app = uploaded(opened(monkeypatch, folder, "import", "en"), table(frame))
    assert "GCJ-02" in app.warning[0].value
    assert app.radio[0].value is None and not app.metric, "the answer comes first"
    app.radio[0].set_value("gcj02").run()
    assert not app.exception
    metrics = {metric.label: metric.value for metric in app.metric}
    assert (metrics["Faulty"], metrics["As before"], metrics["Changed"]) == ("0", "14", "0"), "exactly where they were"


def test_headers_that_nobody_knows_are_guessed_and_corrected(monkeypatch, folder):
    frame = new_centers().iloc[:2].rename(columns={"名 称": "甲列", "中心编号": "中心的编号"})
    app = uploaded(opened(monkeypatch, folder, "import"), table(frame))
    chosen = {found.label.split(" ")[0]: found for found in app.selectbox}
    assert chosen["中心编号"].value.startswith("中心的编号") and "建议" in chosen["中心编号"].label
    assert chosen["中心名称"].value is None
    chosen["中心名称"].set_value(next(o for o in chosen["中心名称"].options if o.startswith("甲列"))).run()
    assert {metric.label: metric.value for metric in app.metric}["可导入"] == "2"


def test_a_table_that_somebody_else_changed_is_compared_again(monkeypatch, folder):
    app = uploaded(opened(monkeypatch, folder, "import"), table(new_centers().iloc[:2]))
    app.text_input(key="import_who").set_value(WHO).run()
    registry = Registry.open(folder / "registry.sqlite")
    with registry.edit("李四", "meanwhile") as edit:
        edit.put("centers", {"id": "n2", "name": "先来", "lon": 118.9, "lat": 25.13})
    app.button(key="review_write").click().run()
    assert "李四" in app.warning[0].value
    assert registry.record("centers", "n2")["name"] == "先来"
    registry.close()
    next(button for button in app.button if button.label == "重新比较").click().run()
    assert {metric.label: metric.value for metric in app.metric}["有改动"] == "1"


@pytest.mark.parametrize(("name", "content"), [("a.zip", b"PK\x03\x04cut"), ("a.xlsx", b"no"), ("a.csv", b"")])
def test_files_that_cannot_be_read_say_so(monkeypatch, folder, name, content):
    app = uploaded(opened(monkeypatch, folder, "import"), (name, content, "application/octet-stream"))
    assert "没有写入" in words(app) and name in words(app)


def test_a_zip_bomb_is_refused(monkeypatch, folder):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\0" * (30 << 20))
    app = uploaded(opened(monkeypatch, folder, "import"), ("bomb.zip", bomb.getvalue(), "application/zip"))
    assert "没有写入" in words(app) and "bomb.zip" in words(app) and not app.metric


def test_one_sheet_of_several_is_chosen(monkeypatch, folder):
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    sheet = book.create_sheet("名单")
    for row in [["中心编号", "名称", "经度", "纬度"], ["n1", "甲", 118.9, 25.13]]:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    app = uploaded(opened(monkeypatch, folder, "import"), ("a.xlsx", content.getvalue(), ""))
    next(found for found in app.selectbox if found.label == "工作表或图层").set_value("名单").run()
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric}["新增"] == "1"


def report(app: AppTest, field: str, value: object) -> None:
    next(found for found in app.number_input if found.key.startswith(f"report_{field}_")).set_value(value)


def test_a_report_is_corrected_once_its_jump_is_confirmed_and_keeps_the_original(monkeypatch, folder):
    app = opened(monkeypatch, folder, "reports")
    center, week = app.selectbox(key="report_center").value, app.selectbox(key="report_week").value
    original = (
        Workspace.open(folder).table("weekly_reports").set_index(["center", "week"]).loc[(center, week), "visits"]
    )
    report(app, "visits", 90_000)
    next(found for found in app.text_input if found.key.startswith("report_who")).set_value(WHO)
    app.button(key="report_submit").click().run()
    assert "请核对" in words(app), "ten times the weeks before"
    box(app, "report_sure").check()
    app.button(key="report_submit").click().run()
    assert not app.exception and "已写入" in words(app)
    registry = Registry.open(folder / "registry.sqlite")
    newest, first = registry.history("weekly_reports", f"{center}/{week}")[:2]
    assert newest.after["visits"] == 90_000 and newest.who == WHO and first.after["visits"] == original
    registry.close()
    assert any(WHO in frame.value.astype(str).to_string() for frame in app.dataframe), "the original is shown"


def test_a_record_is_looked_at_as_it_was_and_restored(monkeypatch, folder):
    registry = Workspace.open(folder).registry()
    old = registry.record("centers", "qg-03")
    with registry.edit("李四", "slip") as edit:
        edit.put("centers", {"id": "qg-03", "name": "错名"}, old["version"])
    app = opened(monkeypatch, folder, "history", "en")
    next(found for found in app.selectbox if found.label == "Table").set_value("centers").run()
    app.text_input(key="history_key").set_value("qg-03").run()
    versions = next(found for found in app.selectbox if found.label == "Version")
    versions.select_index(1).run()
    app.text_input(key="history_restore_who").set_value(WHO).run()
    app.button(key="history_restore").click().run()
    assert not app.exception
    assert registry.record("centers", "qg-03")["name"] == old["name"]
    assert registry.history("centers", "qg-03")[0].action == "restore"
    registry.close()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("part", ["tables", "import", "reports", "history", "backup"])
def test_the_sample_and_a_public_server_offer_nothing_that_changes(monkeypatch, folder, part, lang):
    for closed in (SAMPLE, folder):
        monkeypatch.setenv(access.READ_ONLY, "" if closed is SAMPLE else "1")
        app = opened(monkeypatch, closed, part, lang)
        assert not app.file_uploader and not app.number_input
        assert {button.key for button in app.button} <= {"copy_sample"}
        if closed is SAMPLE:
            assert {"zh": "示例", "en": "sample"}[lang] in words(app)
            assert part != "tables" or "data init" in app.code[0].value
        else:
            assert app.info


@pytest.mark.parametrize(("value", "shut"), [("1", True), ("yes", True), ("0", False), ("", False), ("off", False)])
def test_what_closes_editing(monkeypatch, folder, value, shut):
    monkeypatch.setenv(access.READ_ONLY, value)
    assert (access.closed(Workspace.open(folder)) == "public") is shut


def test_a_backup_opens_elsewhere(folder):
    with zipfile.ZipFile(io.BytesIO(packed(Workspace.open(folder), history=False))) as archive:
        assert {"manifest.json", "centers.csv", "streets.arrow"} <= set(archive.namelist())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_fault_has_a_name_to_filter_by(language):
    named = {key.removeprefix("faultkind.") for key in catalog(language).texts if key.startswith("faultkind.")}
    assert named == set(SENTENCES)


def test_undoing_brings_back_what_was_changed_removed_and_added(folder):
    registry = Workspace.open(folder).registry()
    with registry.edit("李四", "first") as edit:
        edit.put("partners", {"id": "p1", "name": "甲", "kind": PARTNER.ids[0]})
        edit.put("partners", {"id": "p2", "name": "乙", "kind": PARTNER.ids[0]})
    kept = registry.frame("partners").drop(columns="version")
    with registry.edit("李四", "second") as edit:
        edit.put("partners", {"id": "p1", "name": "错"}, registry.record("partners", "p1")["version"])
        edit.remove("partners", "p2")
        edit.put("partners", {"id": "p3", "name": "丙", "kind": PARTNER.ids[0]})
    second, first = registry.revision, registry.revision - 1
    with pytest.raises(StaleRecordError):
        undo(registry, first, WHO, "")
    assert undo(registry, second, WHO, "") == 3
    pd.testing.assert_frame_equal(registry.frame("partners").drop(columns="version"), kept)
    registry.close()


def test_a_second_click_counts_though_the_browser_has_not_heard_of_the_first(monkeypatch, folder):
    app = opened(monkeypatch, folder, "tables")
    parts(app).set_value("backup").run()
    assert app.query_params["part"] == "backup"
    del app.query_params["part"]  # what the browser still has, from before that click
    parts(app).set_value("history").run()
    assert app.session_state["part"] == "history" and app.query_params["part"] == "history"
    app.query_params["part"] = "backup"  # the reader goes back, and changes nothing else
    app.run()
    assert app.session_state["part"] == "backup"


def test_an_import_of_many_is_undone_at_once(folder):
    registry = Workspace.open(folder).registry()
    frame = registry.frame("partners").drop(columns="version")
    rows = [{"id": f"p{i}", "name": f"单位{i}", "kind": PARTNER.ids[0]} for i in range(200)]
    with registry.edit(WHO, "many") as edit:
        edit.put_frame("partners", from_records(rows, TABLES["partners"]))
    assert undo(registry, registry.revision, WHO, "") == 200
    pd.testing.assert_frame_equal(registry.frame("partners").drop(columns="version"), frame)
    registry.close()


def test_points_that_do_not_move_are_in_sight(folder):
    workspace = Workspace.open(folder)
    lonlat = workspace.centers[["lon", "lat"]].to_numpy()
    xy = to_metric(lonlat, workspace.crs)
    middle, half = Places(xy, xy).focus()
    assert (np.abs(xy - middle).max(axis=1) <= half).mean() >= 0.9
