"""Addresses: each page opens cold without a failed request, also where the server lies below a path of another."""

from __future__ import annotations

import pytest

from dashboard.front import FIRST
from dashboard.routes import NAMES, exists
from tests.browser.conftest import serving

pytestmark = pytest.mark.browser

PAGES = [name for name in NAMES if exists(name)]
WITH_MAP = ("overview", "sites", "sharing", "siting")
CENTER = "qg-05"


@pytest.mark.parametrize("name", PAGES)
def test_a_cold_link_fails_nowhere(visit, sample_address, name):
    path = "" if name == FIRST else name
    seen_by = visit(f"{sample_address}/{path}?lang=en&profile=elderly")
    seen_by.page.locator("h1").first.wait_for()
    if name in WITH_MAP:
        seen_by.ready()
    else:
        seen_by.page.get_by_test_id("stButtonGroup").first.wait_for()
    assert seen_by.seen.nothing, seen_by.seen
    assert f"/{path}?" in seen_by.page.url and "profile=elderly" in seen_by.page.url


def test_all_holds_below_a_base_path(visit):
    with serving(None, base="quangang/map") as address:
        seen_by = visit(f"{address}/sites?site={CENTER}")
        seen_by.ready()
        page = seen_by.page
        assert seen_by.map.evaluate("document.querySelectorAll('[data-center]').length") == 14
        seen_by.change(lambda: page.get_by_role("link", name="总览").first.click())
        assert page.url.split("?")[0] == f"{address}/"
        page.get_by_role("link", name="方法").first.click()
        page.wait_for_url(f"{address}/methods*")
        page.get_by_test_id("stButtonGroup").first.wait_for()
        assert seen_by.seen.nothing, seen_by.seen
