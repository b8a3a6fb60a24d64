"""Scenarios in a real browser: saved, listed, compared, and opened by a link in another one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.archive import copy
from data.scenarios import scenarios
from data.workspace import SAMPLE, Workspace
from tests.browser.conftest import serving

pytestmark = pytest.mark.browser

CJK = re.compile(r"[\u3400-\u9fff]")
PLAN = "n118.90000_25.14500~cqg-03"
ATTACK = "<img src=x onerror=top.hacked=1>{{7*7}}![](//a.test)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(Workspace.open(SAMPLE), tmp_path_factory.mktemp("scenarios") / "workspace").folder


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder) as found:
        yield found


def write(page, name: str) -> None:
    page.get_by_role("textbox", name="情景名称").fill(name)
    page.get_by_role("textbox", name="您的姓名").fill("林")


def test_save_list_compare_and_open_the_link_cold(visit, address, folder):
    seen_by = visit(f"{address}/siting?changes={PLAN}")
    seen_by.ready()
    page = seen_by.page
    gained = page.locator("[data-testid=stMetricValue]").first.inner_text()
    write(page, f"甲案 {ATTACK}")
    page.get_by_role("button", name="保存情景").click()
    page.get_by_text("✓ 已保存").wait_for()
    page.wait_for_url("**scenario=s-*")
    saved = next(found for found in scenarios(Workspace.open(folder)) if found.name.startswith("甲案"))
    assert page.url.endswith(f"?scenario={saved.id}")
    page.get_by_text("以哪个为基准").wait_for()
    page.get_by_role("radio", name="甲案").wait_for()  # beside today and the sample's two
    page.get_by_role("button", name="链接").click()
    link = page.locator("[data-testid=stCode] code").inner_text()
    assert link.endswith(f"/siting?scenario={saved.id}")
    assert not seen_by.seen.foreign and not seen_by.seen.dialogs and not seen_by.seen.errors, seen_by.seen

    other = visit(f"{link}&lang=en")
    other.ready()
    other.page.get_by_text("Changes: 2").wait_for()
    assert other.page.locator("[data-testid=stMetricValue]").first.inner_text() == gained
    assert other.page.evaluate("window.hacked") is None
    assert other.map.evaluate("document.querySelectorAll('[data-placed]').length") == 2
    assert not other.seen.foreign and not other.seen.dialogs and not other.seen.errors, other.seen


def test_the_shipped_sample_compares_and_says_how_to_save(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting?scenario=s-towns&lang=en")
    seen_by.ready()
    page = seen_by.page
    page.get_by_text("One in every town").first.wait_for()
    assert seen_by.map.evaluate("document.querySelectorAll('[data-placed]').length") == 8
    assert page.get_by_text("python -m data init FOLDER").is_visible()
    assert not page.get_by_role("button", name="Save scenario").count()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not seen_by.seen.foreign and not seen_by.seen.dialogs and not seen_by.seen.errors, seen_by.seen
