"""The page without a browser: what its panel says, in both languages, and when the workspace is broken."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import catalog
from geo.crs import to_lonlat
from tests.conftest import ROOT
from tests.geo import builders

CJK = re.compile(r"[\u3400-\u9fff]")


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, page: str = "sites", **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.switch_page("../pages/sites.py").run()


def words(app: AppTest) -> str:
    blocks = [*app.title, *app.header, *app.markdown, *app.caption, *app.text, *app.warning]
    return "\n".join(block.value for block in blocks)


def test_the_network_is_shown_first_with_its_two_figures(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder)
    assert not app.exception
    assert "**31**" in words(app) and "**24.4 %**" in words(app)  # 1 + 2 + 4 + 8 + 16 of 127
    assert app.dataframe[0].value["people"].tolist() == [32, 31, 0]
    assert "海" in words(app)  # on no street: named


def test_a_link_opens_its_site_profile_cutoff_and_language(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, site="near", profile="elderly", minutes="10", lang="en")
    assert not app.exception
    assert app.header[0].value == "Near"
    assert "Elderly" in words(app) and "10-minute" in words(app)
    assert not CJK.search(words(app))


def test_switching_the_language_keeps_the_choices(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, site="far", minutes="5")
    assert app.header[0].value == "远"
    app.session_state["lang"] = "en"
    app.run()
    assert app.header[0].value == "Far"
    assert app.query_params["site"] == "far" and app.query_params["minutes"] == "5"


def test_an_unknown_site_in_a_link_shows_the_network(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, site="<b>gone</b>")
    assert not app.exception and len(app.dataframe) == 1
    assert "site" not in app.query_params


def test_a_center_on_no_street_says_so_instead_of_zeros(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, site="sea", lang="en")
    assert "no walkable street" in app.warning[0].value
    assert not any("|" in block.value for block in app.markdown)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_broken_workspace_says_what_is_wrong(monkeypatch, tmp_path, grid_folder, language):
    folder = shutil.copytree(grid_folder, tmp_path / "broken")
    (folder / "streets.arrow").write_bytes(b"not a network")
    app = opened(monkeypatch, folder, lang=language)
    text = catalog(language)
    assert not app.exception
    assert app.title[0].value == text("fault.title")
    assert "streets.arrow" in app.text[0].value
    assert bool(CJK.search(app.text[1].value)) is (language == "zh")


def test_a_folder_that_is_no_workspace_says_so(monkeypatch, tmp_path):
    app = opened(monkeypatch, tmp_path, lang="zh")
    assert str(tmp_path) in app.text[0].value and "workspace.toml" in app.text[0].value


def test_a_workspace_without_residents_shows_areas_and_no_shares(monkeypatch, tmp_path, grid_folder):
    folder = shutil.copytree(grid_folder, tmp_path / "empty")
    (folder / "demand.parquet").unlink()
    app = opened(monkeypatch, folder, lang="en")
    assert not app.exception
    assert "no residents" in words(app) and "%" not in words(app)
    app = opened(monkeypatch, folder, lang="en", site="near")
    assert not app.exception
    assert "km²" in words(app) and "All residents" not in words(app)


def test_doubts_about_a_catchment_are_told(monkeypatch, tmp_path):
    """The street a–b–c is 600 m long and goes on beyond c; the center is 150 m off it, one address nowhere near."""
    network = builders.drawn(builders.LINE, builders.LINE_STREETS, truncated="c")
    network.save(tmp_path / "streets.arrow")
    (tmp_path / "workspace.toml").write_text('name_zh = "线"\nas_of = 2023-06-30\n', encoding="utf-8")
    (lon, lat), (far_lon, far_lat) = to_lonlat(builders.at((310.0, 150.0), (310.0, 5_000.0)), builders.CRS)
    header = "id,name,lon,lat,batch,layout,joint\n"
    (tmp_path / "centers.csv").write_text(f"{header}c1,一,{lon},{lat},2,linked_points,no\n", encoding="utf-8")
    points = f"id,center,service,lon,lat\np1,c1,food,{far_lon},{far_lat}\n"
    (tmp_path / "service_points.csv").write_text(points, encoding="utf-8")
    app = opened(monkeypatch, tmp_path, lang="en", site="c1")
    assert not app.exception
    told = [warning.value for warning in app.warning]
    assert len(told) == 3
    assert "150 m away" in told[0] and "100 m" in told[0]
    assert "50.0 %" in told[1]  # of the two dead ends, one is the extract's edge
    assert f"{far_lat:.5f}" in told[2] and "(1)" in told[2]
