"""The page Data in a real browser: a messy workbook from upload to undo, cold links, names that attack."""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.archive import copy
from data.workspace import SAMPLE, Workspace
from geo.datum import Datum, convert_datum
from tests.browser.conftest import serving

pytestmark = pytest.mark.browser

WAIT_MS = 30_000
ATTACK = '<img src=x onerror="top.hacked=1">{{7*7}} ![i](http://attack.test/i.png) [l](http://attack.test/)'
N_ROWS = 30
FAULTY = {5: "status", 9: "opened", 12: "stars"}
HEADERS = ["中心编号*", "Name", " 经 度 ", "纬度(度)", "所在辖区", "STATUS", "启用日期", "星级"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(Workspace.open(SAMPLE), tmp_path_factory.mktemp("data") / "workspace").folder


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def workbook(folder, tmp_path_factory) -> Path:
    """A title row, mixed headers, full-width digits, Amap's coordinates, three faults, and names that attack."""
    homes = Workspace.open(folder).demand.iloc[:: 12_000 // N_ROWS].head(N_ROWS)
    shifted = convert_datum(homes[["lon", "lat"]].to_numpy(), Datum.WGS84, Datum.GCJ02).round(7)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([f"一览表 {ATTACK}"])
    sheet.merge_cells("A1:H1")
    sheet.append([*HEADERS, ATTACK])
    for i, (lon, lat) in enumerate(shifted.tolist(), start=1):
        row: list[Any] = [f"m{i:02d}", f"中心{i} {ATTACK}", lon, str(lat), homes["village"].iloc[i - 1], "已开放"]
        row += [dt.date(2022, 3, i), "５" if i % 2 else None, "不用"]
        if i in FAULTY:
            row[{"status": 5, "opened": 6, "stars": 7}[FAULTY[i]]] = ATTACK
        sheet.append(row)
    path = tmp_path_factory.mktemp("files") / "messy.xlsx"
    book.save(path)
    return path


def header(page: Any, words: str) -> Any:
    return page.get_by_role("heading", name=words)


def unharmed(seen_by: Any) -> None:
    """Nothing ran, nothing foreign was fetched, no markup came of a name."""
    page = seen_by.page
    assert page.evaluate("window.top.hacked") is None
    assert page.locator("img[src='x'], a[href*='attack.test'], img[src*='attack.test']").count() == 0
    assert seen_by.seen.nothing, seen_by.seen


def test_a_messy_workbook_from_upload_to_undo(visit, address, folder, workbook):
    seen_by = visit(f"{address}/data?part=import")
    page = seen_by.page
    page.set_default_timeout(WAIT_MS)
    page.locator("input[type=file]").set_input_files(workbook)
    page.get_by_role("radiogroup").get_by_text("GCJ-02").click()
    header(page, "5 确认写入").wait_for()
    metrics = page.locator("[data-testid=stMetric]")
    metrics.nth(5).wait_for()
    figures = dict(text.split() for text in metrics.all_inner_texts())
    assert figures == {"可导入": "27", "有错误": "3", "新增": "27", "有改动": "0", "未变": "0", "文件中没有": "14"}
    page.locator(".js-plotly-plot").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载有问题的行").click()
    sheet = openpyxl.load_workbook(BytesIO(Path(download.value.path()).read_bytes())).active
    assert [sheet.cell(row, 1).value for row in range(2, sheet.max_row + 1)] == [row + 2 for row in FAULTY]
    assert len(Workspace.open(folder).centers) == 14, "nothing is written before the yes"
    page.get_by_text("只导入无误的 27 行").click()
    page.get_by_role("textbox", name="您的姓名").fill("张三")
    page.get_by_role("textbox", name="您的姓名").press("Enter")
    page.get_by_role("button", name="写入：新增 27").click()
    page.get_by_text("已导入").wait_for()
    centers = Workspace.open(folder).centers
    assert len(centers) == 41 and centers.set_index("id").loc["m01", "name"] == f"中心1 {ATTACK}"
    unharmed(seen_by)
    page.get_by_role("button", name="撤销这次导入").click()
    page.get_by_text("导入已撤销").wait_for()
    assert len(Workspace.open(folder).centers) == 14
    unharmed(seen_by)


@pytest.mark.parametrize(
    ("part", "words"),
    [("reports", "Late, missing, doubtful"), ("backup", "Export the workspace")],
)
def test_a_cold_link_opens_its_part_in_the_language_of_the_browser(visit, address, part, words):
    seen_by = visit(f"{address}/data?part={part}", locale="en-GB", size=(390, 844))
    header(seen_by.page, words).wait_for(timeout=WAIT_MS)
    assert seen_by.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    unharmed(seen_by)


def test_hostile_names_are_text_in_forms_lists_and_history(visit, address, folder):
    registry = Workspace.open(folder).registry()
    with registry.edit(f"who {ATTACK}", f"why {ATTACK}") as edit:
        edit.put("centers", {"id": "qg-01", "name": f"惠屿 {ATTACK}"}, registry.record("centers", "qg-01")["version"])
    registry.close()
    seen_by = visit(f"{address}/data?part=reports")
    page = seen_by.page
    page.set_default_timeout(WAIT_MS)
    header(page, "填报").wait_for()
    assert "{{7*7}}" in page.locator("[data-testid=stSelectbox]").first.locator("input").input_value() or (
        "{{7*7}}" in page.locator("[data-testid=stSelectbox]").first.inner_text()
    )
    unharmed(seen_by)
    page.get_by_role("radio", name="变更记录").or_(page.get_by_role("button", name="变更记录")).first.click()
    page.get_by_label("记录编号").wait_for()
    page.wait_for_url("**part=history**")
    page.get_by_label("数据表").last.click()
    page.get_by_role("option", name="邻里中心").click()
    page.get_by_label("记录编号").fill("qg-01")
    page.get_by_label("记录编号").press("Enter")
    page.get_by_text("why <img").first.wait_for()
    unharmed(seen_by)
