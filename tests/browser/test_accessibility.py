"""Whoever comes, by whatever way: axe-core finds nothing serious on any page, and a phone scrolls one way only."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.browser

WITH_MAP = (
    "",
    "sites",
    "sites?site=qg-05",
    "sharing",
    "sharing?topic=ledger",
    "sharing?topic=gaps",
    "sharing?topic=supply",
    "siting",
    "siting?task=best",
    "siting?task=curve",
)
WITHOUT_MAP = (
    "data",
    "data?part=reports",
    "data?part=history",
    "methods",
    "methods?figure=gini",
    "methods?chapter=inputs",
)
QUIET_MS = 1_000
"""What stands below the map comes a little after it."""


def assert_open_to_all(page):
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(QUIET_MS)
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, ensure_ascii=False, indent=1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("path", WITH_MAP + WITHOUT_MAP)
def test_nothing_serious_stands_in_anybodys_way(visit, sample_address, path):
    seen_by = visit(f"{sample_address}/{path}", scheme="light", size=(1366, 768))
    if path in WITH_MAP:
        seen_by.ready()
    seen_by.page.locator("h1").first.wait_for()
    assert_open_to_all(seen_by.page)
    seen_by.page.emulate_media(color_scheme="dark")
    seen_by.page.set_viewport_size({"width": 390, "height": 844})
    assert_open_to_all(seen_by.page)
