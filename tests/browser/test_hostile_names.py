"""A workspace whose every text is an attack: each place that shows text shows it as text."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from data.workspace import SAMPLE
from tests.browser.conftest import serving, visiting

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hostile names")]  # one server for all

ATTACK = (
    '<img src=x onerror="top.hacked=1">${top.hacked=2}{{7*7}}{% if 1 %}`"\'</script>'
    "![i](http://attack.test/i.png) [l](http://attack.test/) $E=mc^2$ :red[red] <b>bold</b>"
)
CENTER = "qg-03"


def named(place: str) -> str:
    return f"{place} {ATTACK}"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(SAMPLE, tmp_path_factory.mktemp("hostile") / "workspace")
    centers = pd.read_csv(folder / "centers.csv", dtype=str, keep_default_na=False)
    for column in ("name", "name_en", "source", "note"):
        centers[column] = [named(f"{column}{i}") for i in range(len(centers))]
    centers.to_csv(folder / "centers.csv", index=False)
    jurisdictions = gpd.read_parquet(folder / "jurisdictions.parquet")
    jurisdictions["name"] = jurisdictions["name_en"] = named("place")
    jurisdictions.to_parquet(folder / "jurisdictions.parquet")
    settings = (folder / "workspace.toml").read_text(encoding="utf-8").splitlines()
    attack = "'''" + named("settings").replace("'", "’") + "'''"
    keys = ("name_zh", "name_en", "note_zh", "note_en", "review_number")
    settings = [f"{line.split(' =')[0]} = {attack}" if line.startswith(keys) else line for line in settings]
    (folder / "workspace.toml").write_text("\n".join(settings), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(hostile: Path):
    with serving(hostile) as found:
        yield found


@pytest.fixture(scope="module")
def site(browser, address):
    """The page of one center."""
    with visiting(browser) as go:
        seen_by = go(f"{address}/sites?site={CENTER}")
        seen_by.ready()
        seen_by.page.locator("h2").wait_for()
        yield seen_by


@pytest.fixture(autouse=True)
def _unharmed(site):
    """Whatever a test looked at: nothing ran, nothing was fetched, no markup came of a name."""
    yield
    for frame in (site.page, site.map):
        assert frame.evaluate("window.top.hacked") is None
    assert site.page.locator("img[src='x'], a[href*='attack.test'], img[src*='attack.test']").count() == 0
    assert site.map.locator("img[src='x'], b:text-is('bold')").count() == 0
    assert site.seen.nothing, site.seen


def shows(text: str, place: str) -> bool:
    """The attack stands there word by word (a label may be cut, so its first parts suffice)."""
    return f'{place} <img src=x onerror="top.hacked=1">${{top.hacked=2}}{{{{7*7}}}}' in " ".join(text.split())


def test_title_and_tab(site):
    assert shows(site.page.locator("h1").inner_text(), "settings")
    assert "49" not in site.page.title()


def test_panel_heading_and_place_and_source(site):
    assert shows(site.page.locator("h2").inner_text(), "name2")
    for place in ("place", "source2"):
        caption = site.page.locator("[data-testid=stMarkdown]", has_text=f"{place} <img").first
        caption.wait_for()
        assert shows(caption.inner_text(), place)


def test_picker_shows_and_lists_names(site):
    box = site.page.locator("[data-testid=stSelectbox] input").first
    box.click()
    options = site.page.get_by_role("option").all_inner_texts()
    site.page.keyboard.press("Escape")
    assert len(options) == 14 and all("<img src=x" in option for option in options)


def test_profile_names_in_the_switch_and_the_legend(site):
    buttons = site.page.locator("[data-testid=stButtonGroup] button").all_inner_texts()
    assert any(shows(button, "settings") for button in buttons)
    assert shows(site.map.locator(".atlas-legend").inner_text(), "settings")


def test_headline_names_the_profile(site):
    paragraphs = site.page.locator("[data-testid=stMarkdown]").all_inner_texts()
    assert any(shows(paragraph, "settings") for paragraph in paragraphs)


def test_map_labels(site):
    labels = site.map.locator(".map-label").all_inner_texts()
    assert any(shows(label, "name2") for label in labels) and any(shows(label, "place") for label in labels)


def test_map_tooltip_and_accessible_name(site):
    marker = site.map.locator(f'[data-center="{CENTER}"]')
    marker.hover()
    assert shows(site.map.locator(".atlas-tip").inner_text(), "name2")
    assert shows(marker.get_attribute("aria-label"), "name2")


def test_map_notes(site):
    assert shows(site.map.locator(".atlas-notes").inner_text().replace("审图号：", ""), "settings")


def test_help_of_the_title(site):
    site.page.locator("h1 [data-testid=stTooltipHoverTarget]").hover()
    tip = site.page.get_by_role("tooltip")
    tip.wait_for()
    assert "<img src=x" in tip.inner_text()


@pytest.mark.parametrize("page", ["", "sites"])
def test_map_and_list_of_all_centers(visit, address, page):
    seen_by = visit(f"{address}/{page}")
    seen_by.ready()
    seen_by.page.locator("[data-testid=stDataFrame]").first.wait_for()
    assert seen_by.page.evaluate("window.top.hacked") is None and seen_by.seen.nothing, seen_by.seen
