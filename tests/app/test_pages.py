"""The page without a browser: what its panel says, in both languages, and when the workspace is broken."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import catalog
from tests.conftest import ROOT

CJK = re.compile(r"[\u3400-\u9fff]")


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.run()


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
