"""The sites page in a real browser, on the sample, without a network."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

CENTER = "qg-05"
CJK = re.compile(r"[\u3400-\u9fff]")
"""Far above the 0.8 s that `make bench` holds to: this machine may be busy."""


def view_of(visited):
    return visited.map.evaluate("[atlas.map.getZoom(), atlas.map.getCenter().lat, atlas.map.getCenter().lng]")


def test_the_map_is_complete_without_a_network(visit, sample_address):
    seen_by = visit(f"{sample_address}/sites")
    seen_by.ready()
    seen_by.page.get_by_text("邻里中心").first.wait_for()
    assert seen_by.seen.nothing, seen_by.seen
    counts = seen_by.map.evaluate(
        """() => ({
            centers: document.querySelectorAll("[data-center]").length,
            tiles: document.querySelectorAll(".leaflet-tile-loaded").length,
            inked: [...document.querySelectorAll("canvas.leaflet-tile-loaded")].filter(c =>
                c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some(v => v)).length,
            areas: atlas.geo.catchments.features.length,
            legend: document.querySelector(".atlas-legend").innerText,
            flag: document.querySelectorAll(".leaflet-attribution-flag").length,
        })"""
    )
    assert counts["centers"] == 14 and counts["areas"] == 3 * 14
    assert counts["inked"] >= 2 and counts["flag"] == 0
    assert "15 分钟" in counts["legend"] and not re.search("[A-Za-z]", counts["legend"])


def test_a_cold_link_opens_all_that_it_names(visit, sample_address):
    seen_by = visit(f"{sample_address}/sites?site={CENTER}&profile=elderly&minutes=10&lang=en&layers=catchments")
    seen_by.ready()
    seen_by.page.locator("h2").wait_for()
    assert "Elderly" in seen_by.page.locator("body").inner_text()
    state = seen_by.map.evaluate(
        "({...atlas.state, chosen: document.querySelectorAll('.center-symbol.selected').length})"
    )
    assert (state["selected"], state["minutes"], state["visible"], state["lang"]) == (CENTER, 10, ["catchments"], "en")
    assert state["chosen"] == 1
    assert seen_by.map.evaluate("atlas.layers.streets === undefined")
    bounds = seen_by.map.evaluate(f"atlas.map.getBounds().contains(atlas.centers.get('{CENTER}').latlng)")
    assert bounds and seen_by.seen.nothing, seen_by.seen


def test_click_profile_and_language_keep_place_and_choice(visit, sample_address):
    seen_by = visit(f"{sample_address}/sites")
    seen_by.ready()
    page, before = seen_by.page, view_of(seen_by)
    seen_by.change(lambda: seen_by.map.locator(f'[data-center="{CENTER}"]').click())
    page.wait_for_url(f"**site={CENTER}**")
    page.locator("h2").wait_for()
    seen_by.change(lambda: page.get_by_text("老人", exact=True).click())
    seen_by.change(lambda: page.get_by_text("EN", exact=True).click())
    page.wait_for_url("**lang=en**")
    assert f"site={CENTER}" in page.url and "profile=elderly" in page.url
    page.get_by_text("Neighborhood Center", exact=False).first.wait_for()
    legend = seen_by.map.locator(".atlas-legend").inner_text()
    assert "Elderly" in legend and not CJK.search(legend)
    assert view_of(seen_by) == pytest.approx(before, abs=0.01)
    assert seen_by.seen.nothing, seen_by.seen


def test_the_keyboard_chooses_a_center(visit, sample_address):
    seen_by = visit(f"{sample_address}/sites")
    seen_by.ready()
    marker = seen_by.map.locator(f'[data-center="{CENTER}"]')
    marker.focus()
    seen_by.change(lambda: marker.press("Enter"))
    assert seen_by.map.evaluate("atlas.state.selected") == CENTER
    assert marker.get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize(("locale", "title"), [("en-US", "Quangang"), ("zh-CN", "泉港区")])
def test_the_language_is_the_browsers_at_first(visit, sample_address, locale, title):
    page = visit(f"{sample_address}/sites", locale=locale).page
    page.locator("h1").filter(has_text=title).wait_for()


def test_a_phone_gets_map_and_panel_without_sideways_scrolling(visit, sample_address):
    seen_by = visit(f"{sample_address}/sites?site={CENTER}", size=(390, 844), scheme="dark")
    seen_by.ready()
    page = seen_by.page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator("iframe[src*=st_folium]").bounding_box()
    assert box["width"] <= 390 and box["height"] == pytest.approx(0.6 * 844, abs=4)
    page.locator("h2").scroll_into_view_if_needed()
    assert seen_by.map.evaluate("document.documentElement.dataset.theme") == "dark"
