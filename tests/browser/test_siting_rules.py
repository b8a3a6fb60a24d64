"""Rules of siting in a real browser: a quota is typed into the table, a file of candidates is handed in."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

EXPANDER = "[class*=st-key-siting_rules_] summary"
HOULONG_ROW = 5
"""Of the towns by code."""
ROW_PX = 35
OVERLAY = "[id^=gdg-overlay]"
"""The editor of a cell, drawn over the table."""
SETTLE_MS = 800
"""The expander opens with a movement, and the table is a picture: there is no other sign that it stands."""


def shown(page):
    return page.locator("[data-testid=stMetricValue]").first


def test_a_quota_is_typed_into_the_table_and_stands_in_the_link(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting?task=best&lang=en&count=3")
    seen_by.ready()
    page = seen_by.page
    shown(page).wait_for()
    page.locator(EXPANDER).click()
    table = page.locator("[data-testid=stDataFrame]").first
    table.scroll_into_view_if_needed()
    page.wait_for_timeout(SETTLE_MS)
    box = table.bounding_box()
    table.dblclick(position={"x": 0.6 * box["width"], "y": (HOULONG_ROW + 1.5) * ROW_PX})
    cell = page.locator(f"{OVERLAY} input")
    cell.press_sequentially("2", delay=100)
    cell.press("Enter")
    page.wait_for_url("**quotas=350505102000_2_**")
    page.get_by_text("Houlong Town: 2 or more").first.wait_for()
    page.reload()
    seen_by.ready()
    page.get_by_text("Houlong Town: 2 or more").first.wait_for()
    seen_by.change(lambda: page.get_by_role("button", name="Drop all").click())
    page.wait_for_function("!location.search.includes('quotas')")
    assert seen_by.seen.nothing, seen_by.seen


def test_a_file_of_candidates_is_handed_in_and_opened_by_its_link(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting?task=best&lang=zh&count=1&candidates=file")
    seen_by.ready()
    page = seen_by.page
    table = "名称,经度,纬度,费用\n旧粮站,118.910,25.130,80\n老礼堂,118.905,25.120,120\n".encode()
    page.set_input_files("input[type=file]", {"name": "地块.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_text("2 个候选点").wait_for()
    page.wait_for_url("**file=**")
    shown(page).wait_for()
    signs = seen_by.map.locator("[data-placed]")
    signs.first.wait_for()
    again = visit(page.url)
    again.ready()
    again.page.get_by_text("2 个候选点").wait_for()
    assert again.page.locator("[data-testid=stMetricValue]").first.inner_text() == "1"
    assert again.map.locator("[data-placed]").count() == signs.count() == 1
    assert seen_by.seen.nothing and again.seen.nothing, (seen_by.seen, again.seen)
