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
QUIET_MS = 1_500
"""What stands below the map comes a little after it."""


def settled(visit, address, path, **kwargs):
    seen_by = visit(f"{address}/{path}", **kwargs)
    if path in WITH_MAP:
        seen_by.ready()
    seen_by.page.locator("h1").first.wait_for()
    seen_by.page.wait_for_timeout(QUIET_MS)
    return seen_by


@pytest.mark.parametrize("path", WITH_MAP + WITHOUT_MAP)
@pytest.mark.parametrize(("scheme", "size"), [("light", (1366, 768)), ("dark", (390, 844))], ids=["desk", "phone"])
def test_nothing_serious_stands_in_anybodys_way(visit, sample_address, path, scheme, size):
    from axe_playwright_python.sync_playwright import Axe

    page = settled(visit, sample_address, path, scheme=scheme, size=size).page
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, ensure_ascii=False, indent=1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth <= e.clientWidth")
