"""The methods page in a real browser, on the sample, without a network."""

from __future__ import annotations

import pytest

from data.tables.codes import QUALITY
from data.workspace import SAMPLE, Workspace
from tests.languages import strange_words, words_shown

pytestmark = pytest.mark.browser

WAIT_MS = 30_000
QUOTED = ("Tobler, W. (1993), Three presentations on geographical analysis and modeling, NCGIA TR 93-1",
          "Dijkstra, E. W. (1959), Numerische Mathematik 1, 269–271", "Tobler, W. (1993), NCGIA TR 93-1",
          "Weidmann, U. (1993), Transporttechnik der Fußgänger, ETH Zürich", "elevation.tif")  # fmt: skip


def shown(page) -> None:
    page.locator("h2").first.wait_for(timeout=WAIT_MS)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')", timeout=WAIT_MS)


@pytest.mark.parametrize(("language", "name"), [("zh", "步行时间"), ("en", "Walking time")])
def test_a_cold_link_explains_its_figure_in_its_language_offline(visit, sample_address, language, name):
    seen_by = visit(f"{sample_address}/methods?figure=walk&lang={language}")
    shown(seen_by.page)
    assert seen_by.page.locator("h2").first.inner_text() == name
    seen_by.page.locator(".katex-display").wait_for()
    assert seen_by.page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px KaTeX_Main'))")
    assert not seen_by.seen.foreign and not seen_by.seen.errors
    assert strange_words(words_shown(seen_by.page), language, (*QUOTED, "Quangang")) == []


def test_a_line_opens_its_figure_and_the_browsers_way_back_leads_to_the_list(visit, sample_address):
    page = visit(f"{sample_address}/methods?lang=en").page
    shown(page)
    page.get_by_role("button", name="Gini index").click()
    page.wait_for_url("**figure=gini**")
    page.get_by_role("heading", name="Gini index").wait_for()
    page.get_by_role("button", name="All figures").click()
    page.get_by_role("heading", name="Coverage", exact=True).wait_for()
    page.wait_for_function("!location.search.includes('figure=')")


def test_the_data_chapter_tells_the_samples_quality(visit, sample_address):
    page = visit(f"{sample_address}/methods?chapter=inputs&lang=zh").page
    page.get_by_role("cell", name="居民").first.wait_for(timeout=WAIT_MS)
    workspace = Workspace.open(SAMPLE)
    row = page.locator("tr", has_text="居民").first.inner_text()
    assert f"{workspace.demand['population'].sum():,.0f}" in row and QUALITY["synthetic"].zh in row
    assert f"{len(workspace.network.edge_nodes):,}" in page.locator("tr", has_text="道路").first.inner_text()


@pytest.mark.parametrize("choice", ["", "?figure=theil", "?chapter=parameters"])
def test_a_phone_needs_no_sideways_scrolling(visit, sample_address, choice):
    page = visit(f"{sample_address}/methods{choice}", size=(390, 844), scheme="dark").page
    page.locator("h2, table").first.wait_for(timeout=WAIT_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth")
