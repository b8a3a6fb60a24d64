"""The page Siting in a real browser, on the sample, without a network."""

from __future__ import annotations

import re
import time

import pytest

pytestmark = pytest.mark.browser

CJK = re.compile(r"[\u3400-\u9fff]")
PLAN = "n118.90000_25.14500~cqg-03"


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


WATCH = """() => {
    window.kept = { ...atlas.layers };
    window.panes = new Set();
    window.requests = performance.getEntriesByType("resource").length;
    atlas.map.off("layeradd").on("layeradd", ({ layer }) => {
        if (layer instanceof L.Path || layer instanceof L.Marker) panes.add(layer.options.pane);
    });
}"""
"""From here on the map remembers what is added to it."""
WATCHED = """() => ({
    redrawn: Object.keys(atlas.layers).filter(name => kept[name]?.layer !== atlas.layers[name].layer).sort(),
    panes: [...panes].sort(),
    requests: performance.getEntriesByType("resource").length - requests,
})"""


def click_on_ground(seen_by, lon, lat):
    at = seen_by.map.evaluate(f"(() => atlas.map.latLngToContainerPoint([{lat}, {lon}]))()")
    seen_by.map.locator("#map_div").click(position={"x": at["x"], "y": at["y"]})


def test_a_click_places_a_center_and_only_its_layers_change(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting")
    seen_by.ready()
    page, before, covered = seen_by.page, view_of(seen_by), 0
    for place, address in (((118.9, 25.145), "**changes=n118.9*"), ((118.9312, 25.1313), "**changes=n118.9*~n118.9*")):
        seen_by.map.evaluate(WATCH)
        seen_by.change(lambda place=place: click_on_ground(seen_by, *place))
        page.wait_for_url(address)
        page.get_by_text("变动 1 处" if not covered else "变动 2 处").wait_for()
        assert newly_covered(page) > covered
        covered = newly_covered(page)
        seen = seen_by.map.evaluate(WATCHED)
        assert [name.split(" ")[0] for name in seen["redrawn"]] == ["homes", "marks", "placed"]
        assert seen["panes"] == ["chosen", "gained", "ranks"] and seen["requests"] == 0
        assert view_of(seen_by) == pytest.approx(before, abs=1e-9)
    seen_by.map.evaluate(WATCH)
    seen_by.change(lambda: page.get_by_role("button", name="撤销").click())
    page.wait_for_function("!location.search.includes('~')")
    assert "chosen" not in seen_by.map.evaluate(WATCHED)["panes"]  # the first center's catchment was not drawn again
    assert seen_by.map.evaluate("Object.keys(atlas.layers).filter(name => name.startsWith('placed ')).length") == 1
    assert seen_by.seen.nothing, seen_by.seen


def test_a_center_of_today_is_closed_by_hand_and_its_catchment_leaves_an_outline(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting")
    seen_by.ready()
    page = seen_by.page
    drawn = """() => ({
        same: window.areas === (window.areas = atlas.layers.catchments.layer),
        filled: areas.getLayers().filter(a => a.feature.properties.id === "qg-05" && a.options.fill).length,
        outlined: (atlas.layers.left.layer?.getLayers() || []).map(a => [a.feature.properties.id, a.options.fill]),
        opacity: atlas.centers.get("qg-05").marker.options.opacity,
    })"""
    assert seen_by.map.evaluate(drawn) == {"same": False, "filled": 3, "outlined": [], "opacity": 1}
    seen_by.map.locator('[data-center="qg-05"]').click()
    seen_by.change(lambda: page.get_by_role("button", name="关闭", exact=True).click())
    page.wait_for_url("**changes=cqg-05**")
    page.get_by_text("不再覆盖", exact=False).first.wait_for()
    assert seen_by.map.evaluate("document.querySelectorAll('[data-placed]').length") == 1
    after = {"same": True, "filled": 0, "outlined": [["qg-05", False]], "opacity": 0.4}
    assert seen_by.map.evaluate(drawn) == after
    seen_by.change(lambda: page.get_by_role("button", name="撤销").click())
    assert seen_by.map.evaluate(drawn) == {"same": True, "filled": 3, "outlined": [], "opacity": 1}
    assert seen_by.seen.nothing, seen_by.seen


CROWDED = """() => {
    const { centers } = atlas.geo, [first] = centers.features;
    const more = Array.from({ length: 300 }, (_, i) => ({
        ...first,
        properties: { ...first.properties, id: `copy-${i}`, status: "planned" },
        geometry: { type: "Point", coordinates: [118.8 + i / 2000, 25.26] },
    }));
    centers.features = [...centers.features, ...more];
    atlas.centers.key = "";
    atlas.centers.draw();
    return document.querySelectorAll("[data-center]").length;
}"""
"""Adds 300 centers to the map; how many elements they have."""


def test_a_crowd_of_centers_is_drawn_without_elements_and_can_be_clicked(visit, sample_address):
    seen_by = visit(f"{sample_address}/siting")
    seen_by.ready()
    page = seen_by.page
    page.get_by_text("关闭", exact=True).wait_for(state="detached")
    assert seen_by.map.evaluate(CROWDED) == 0
    where = seen_by.map.evaluate(
        "(() => { const { lng, lat } = atlas.centers.get('qg-05').latlng; return [lng, lat]; })()"
    )
    click_on_ground(seen_by, *where)
    page.get_by_role("button", name="关闭", exact=True).wait_for()
    assert "changes" not in page.url  # a center was chosen; none was placed on the ground below it
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
