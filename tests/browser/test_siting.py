"""The page Siting in a real browser, on the sample, without a network."""

from __future__ import annotations

import re
import time

import pytest

pytestmark = pytest.mark.browser

CJK = re.compile(r"[\u3400-\u9fff]")
PLAN = "n118.90000_25.14500~cqg-03"
"""Far above the 0.6 s that the page is made for: this machine may be busy."""


def view_of(visited):
    return visited.map.evaluate("[atlas.map.getZoom(), atlas.map.getCenter().lat, atlas.map.getCenter().lng]")


def newly_covered(page):
    return int(page.locator("[data-testid=stMetricValue]").first.inner_text().replace(",", ""))


def test_a_cold_link_opens_its_scenario_in_its_language(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting?changes={PLAN}&lang=en&profile=elderly")
    seen_by.ready()
    page = seen_by.page
    page.locator("[data-testid=stMetric]").first.wait_for()
    assert "Elderly" in page.locator("body").inner_text()
    assert newly_covered(page) > 0
    shown = seen_by.map.evaluate(
        """() => ({
            placed: Object.keys(atlas.layers).filter(name => name.startsWith("placed ")),
            left: atlas.layers.left.layer.getLayers().map(area => area.feature.properties.id),
            signs: [...document.querySelectorAll("[data-placed]")].map(node => node.innerText).sort(),
            homes: new Set(atlas.geo.homes.features.map(f => f.properties.kind)).size,
            legend: document.querySelector(".atlas-legend").innerText,
        })"""
    )
    assert shown["placed"] == ["placed 118.90000_25.14500"] and shown["left"] == ["qg-03"]
    assert shown["signs"] == ["1", "✕"] and shown["homes"] == 2
    assert "Newly covered residents" in shown["legend"] and not CJK.search(shown["legend"])
    seen_by.change(lambda: page.get_by_text("中", exact=True).click())
    page.get_by_text("新覆盖居民").first.wait_for()
    assert f"changes={PLAN}" in page.url
    assert seen_by.seen.nothing, seen_by.seen


def test_a_click_places_a_center_and_only_its_layers_change(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting")
    seen_by.ready()
    page, before = seen_by.page, view_of(seen_by)
    seen_by.map.evaluate("() => { window.kept = { ...atlas.layers }; window.legend = atlas.legend.box; }")
    at = seen_by.map.evaluate(
        "(() => { const p = atlas.map.latLngToContainerPoint([25.145, 118.9]); return [p.x, p.y]; })()"
    )
    seen_by.change(lambda: seen_by.map.locator("#map_div").click(position={"x": at[0], "y": at[1]}))
    page.wait_for_url("**changes=n118.9**")
    page.locator("[data-testid=stMetric]").first.wait_for()
    first = newly_covered(page)
    assert first > 0
    redrawn = seen_by.map.evaluate(
        "Object.keys(atlas.layers).filter(name => (kept[name] || {}).layer !== atlas.layers[name].layer)"
    )
    assert set(redrawn) <= {"placed", "homes", "marks"}
    assert view_of(seen_by) == pytest.approx(before, abs=1e-9)
    seen_by.change(lambda: page.get_by_role("button", name="撤销").click())
    page.wait_for_function("!location.search.includes('changes')")
    assert not seen_by.map.evaluate("Object.keys(atlas.layers).filter(name => name.startsWith('placed '))")
    assert seen_by.seen.nothing, seen_by.seen


def test_a_center_of_today_is_closed_by_hand(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting")
    seen_by.ready()
    page = seen_by.page
    seen_by.map.locator('[data-center="qg-05"]').click()
    seen_by.change(lambda: page.get_by_role("button", name="关闭", exact=True).click())
    page.wait_for_url("**changes=cqg-05**")
    page.get_by_text("不再覆盖", exact=False).first.wait_for()
    assert seen_by.map.evaluate("document.querySelectorAll('[data-placed]').length") == 1
    assert seen_by.seen.nothing, seen_by.seen


def test_the_best_is_proven_and_goes_to_the_what_if(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting?task=best&count=4&lang=en")
    seen_by.ready()
    page = seen_by.page
    page.get_by_text("Proven optimal").first.wait_for()
    assert seen_by.map.evaluate("document.querySelectorAll('[data-placed]').length") == 4
    added = page.locator("[data-testid=stMetricValue]").nth(1).inner_text()
    page.get_by_role("button", name="Take to").click()
    page.wait_for_url("**changes=n*~n*~n*~n*")
    page.get_by_text("Changes: 4").wait_for()
    deadline = time.monotonic() + 10
    while page.locator("[data-testid=stMetricValue]").first.inner_text() != added and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert page.locator("[data-testid=stMetricValue]").first.inner_text() == added
    assert seen_by.seen.nothing, seen_by.seen
