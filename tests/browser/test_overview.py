"""The overview in a real browser, on the sample, without a network."""

from __future__ import annotations

import re

import pytest

from data.workspace import SAMPLE, Workspace
from tests.languages import strange_words, words_shown

pytestmark = pytest.mark.browser

TOWN = "350505103000"
CENTER = "qg-11"
STREAMLIT = ("Skip to main content", "App pages", "Help for", "Help")
"""Labels that Streamlit gives its own parts, in English only."""
"""Far above the 0.8 s that `make bench` holds to: this machine may be busy."""

DRAWN = """() => ({
    centers: [...document.querySelectorAll("[data-center]")].map(e => e.dataset.center).sort(),
    away: document.querySelectorAll(".center-symbol.away").length,
    uncovered: atlas.geo.uncovered.features.reduce((sum, f) => sum + f.properties.n, 0),
    residents: [...atlas.places.facts.values()].reduce((sum, f) => sum + f.residents, 0),
})"""


MAP_WORDS = """() => [
    ...[...document.querySelectorAll(".atlas-legend, .atlas-notes")].map(e => e.innerText),
    ...[...document.querySelectorAll("[title], [aria-label]:not([data-center])")].flatMap(e => [e.title, e.ariaLabel]),
].join("\\n")"""


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.open(SAMPLE)


def figure(page, name: str) -> str:
    return page.locator(f".st-key-headline_{name} [data-testid=stMetricValue]").inner_text().split("/")[0].strip()


def number(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text))


def test_a_cold_link_opens_all_that_it_names(visit, sample_address):
    link = f"{sample_address}/?town={TOWN}&profile=elderly&minutes=10&lang=en&show=uncovered.names&shade=residents"
    seen_by = visit(f"{link}&at=118.94275_25.13298")
    seen_by.ready()
    page = seen_by.page
    page.locator("[data-testid=stMetric]").first.wait_for()
    state = seen_by.map.evaluate("atlas.state")
    assert (state["minutes"], state["visible"], state["lang"], state["shaded"]) == (
        10,
        ["uncovered", "names"],
        "en",
        True,
    )
    assert seen_by.map.locator(".atlas-card dd").count() == 5
    assert "Elderly" in page.locator("body").inner_text()
    assert not seen_by.seen.failed and seen_by.seen.nothing, seen_by.seen


def test_filters_change_map_figures_and_table_alike(visit, sample_address):
    seen_by = visit(f"{sample_address}/?table=towns")
    seen_by.ready()
    page = seen_by.page
    before = seen_by.map.evaluate(DRAWN)
    assert len(before["centers"]) == 14 and before["away"] == 0
    page.get_by_role("button", name="筛选").click()
    seen_by.change(lambda: page.get_by_role("button", name="第 2 批").click())
    page.wait_for_url("**batch=2**")
    after = seen_by.map.evaluate(DRAWN)
    assert after["centers"] == ["qg-06", "qg-07", "qg-08", "qg-09", "qg-10"]
    page.wait_for_function(
        "() => document.querySelector('.st-key-headline_centers [data-testid=stMetricValue]').innerText.startsWith('5')"
    )
    assert after["uncovered"] == pytest.approx(number(figure(page, "uncovered")), abs=1)
    assert after["residents"] - after["uncovered"] == pytest.approx(
        after["residents"] * number(figure(page, "covered")) / 100, rel=0.02
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    uncovered = lines[0].split(",").index("未覆盖")
    assert sum(float(line.split(",")[uncovered]) for line in lines[1:-1]) == pytest.approx(after["uncovered"], abs=1)
    assert seen_by.seen.nothing, seen_by.seen


def test_a_click_on_a_center_opens_its_page_and_the_way_back_keeps_the_choices(visit, sample_address):
    seen_by = visit(f"{sample_address}/?profile=elderly&batch=3")
    seen_by.ready()
    page = seen_by.page
    seen_by.map.locator(f'[data-center="{CENTER}"]').click()
    page.wait_for_url(f"**/sites?**site={CENTER}**")
    assert "profile=elderly" in page.url and "batch=3" in page.url
    page.locator("h2").first.wait_for()
    page.get_by_test_id("stTopNavLink").filter(has_text="总览").click()
    page.wait_for_url(re.compile(r":\d+/\?.*profile=elderly.*batch=3"))
    assert seen_by.seen.nothing, seen_by.seen


def test_lines_lead_to_their_place_and_places_show_their_figures(visit, sample_address, workspace):
    seen_by = visit(sample_address)
    seen_by.ready()
    line = seen_by.page.locator(".st-key-attention_gaps_0 button")
    village = re.search(r"人 (.+?) ·", line.inner_text().replace("\xa0", " ")).group(1)
    seen_by.change(lambda: line.click())
    assert seen_by.map.locator(".atlas-card b").inner_text() == village
    code = workspace.jurisdictions.set_index("name")["code"][village]
    homes = workspace.demand[workspace.demand["village"] == code]
    assert number(seen_by.map.locator(".atlas-card dd").first.inner_text()) == homes["population"].sum()


def test_pan_and_zoom_ask_the_server_nothing(visit, sample_address):
    seen_by = visit(sample_address)
    key = seen_by.ready()
    sent: list[object] = []
    seen_by.page.on("websocket", lambda socket: socket.on("framesent", sent.append))
    runs = seen_by.page.evaluate("window.performance.getEntriesByType('resource').length")
    seen_by.map.evaluate("atlas.map.setZoom(12.5, {animate: false}); atlas.map.panBy([80, 40], {animate: false}); null")
    seen_by.page.wait_for_timeout(600)
    assert not sent and runs > 0
    assert seen_by.map.evaluate("document.documentElement.dataset.key") == key


@pytest.mark.parametrize(("language", "locale"), [("zh", "zh-CN"), ("en", "en-US")])
def test_no_word_of_the_other_language(visit, sample_address, workspace, language, locale):
    seen_by = visit(
        f"{sample_address}/?show=catchments.uncovered.overlap.services.joint.streets.names&tone=layout", locale=locale
    )
    seen_by.ready()
    page = seen_by.page
    page.locator("[data-testid=stDataFrame]").wait_for()
    for name in ("图层", "筛选") if language == "zh" else ("Layers", "Filters"):
        page.get_by_role("button", name=name).click()
        page.locator("[data-testid=stPopoverBody]").wait_for()
        assert not strange_words(page.locator("[data-testid=stPopoverBody]").inner_text(), language)
        page.keyboard.press("Escape")
    tables = (workspace.centers, workspace.jurisdictions)
    names = [str(value) for frame in tables for column in ("name", "name_en") for value in frame[column]]
    assert not strange_words(words_shown(page), language, [*names, *STREAMLIT])
    told = seen_by.map.evaluate(MAP_WORDS)
    assert not strange_words(told, language)


def test_a_phone_gets_two_columns_then_the_map(visit, sample_address):
    seen_by = visit(sample_address, size=(390, 844), scheme="dark")
    seen_by.ready()
    page = seen_by.page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    boxes = [box.bounding_box() for box in page.locator("[data-testid=stMetric]").all()]
    assert len({round(box["x"]) for box in boxes}) == 2 and len(boxes) == 6
    frame = page.locator("iframe[src*=st_folium]").bounding_box()
    assert frame["height"] == pytest.approx(0.6 * 844, abs=4) and frame["y"] > boxes[-1]["y"]
