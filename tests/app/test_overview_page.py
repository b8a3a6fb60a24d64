"""The overview without a browser: on workspaces that lack something, in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import cache
from dashboard.overview.scope import Scope
from data.archive import copy
from data.workspace import SAMPLE, Workspace
from geo.people.residents import AGE_GROUPS
from tests.conftest import ROOT
from tests.languages import strange_words


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    blocks = [*app.title, *app.header, *app.markdown, *app.warning]
    metrics = [f"{metric.label} {metric.value}" for metric in app.metric]
    return "\n".join([*(block.value for block in blocks), *metrics, *(button.label for button in app.button)])


def metric(app: AppTest, place: int) -> str:
    return app.metric[place].value.split(" ![")[0]


def copied(folder: Path, to: Path, centers: int) -> Path:
    made = shutil.copytree(folder, to)
    frame = pd.read_csv(made / "centers.csv", dtype=str)
    frame.head(centers).to_csv(made / "centers.csv", index=False)
    return made


def test_a_center_that_was_searched_for_can_be_opened_without_the_map(monkeypatch, grid_folder):
    app = opened(monkeypatch, grid_folder, lang="en")
    search = next(box for box in app.selectbox if box.key == "search_en")
    assert not [button for button in app.button if button.key == "open_center"]
    search.select("far").run()
    assert app.query_params["at"] and not app.exception
    app.button("open_center").click().run()
    assert app.session_state["site"] == "far" and app.query_params["site"] in ("far", ["far"])
    assert not app.exception and next(box for box in app.selectbox if box.key == "picked_en").value == "far"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_jurisdictions_and_reports_the_rest_stands(monkeypatch, grid_folder, language):
    app = opened(monkeypatch, grid_folder, lang=language)
    assert not app.exception
    assert metric(app, 0) == "24.4 %" and metric(app, 2) == "96"  # 31 of 127 are covered
    assert metric(app, 3) == "2" and metric(app, 5) == "–"
    assert not strange_words(said(app), language, ["方格", "Grid"])
    places = [button for button in app.button if (button.key or "").startswith("attention_gaps")]
    assert [b.label[:4] for b in places] == ["**64", "**32"]  # the home on no street, and one beyond reach
    places[0].click().run()
    assert not app.exception and "at" in app.query_params


def test_one_center_is_enough(monkeypatch, tmp_path, grid_folder):
    app = opened(monkeypatch, copied(grid_folder, tmp_path / "one", 1), lang="en")
    assert not app.exception
    assert metric(app, 3) == "1" and metric(app, 0) == "24.4 %"
    assert len(app.dataframe[0].value) == 1


def test_no_center_at_all_says_what_to_do(monkeypatch, tmp_path, grid_folder):
    app = opened(monkeypatch, copied(grid_folder, tmp_path / "none", 0), lang="en")
    assert not app.exception and "There is no center yet" in said(app)


def test_without_residents_nothing_is_claimed(monkeypatch, tmp_path, grid_folder):
    folder = shutil.copytree(grid_folder, tmp_path / "empty")
    (folder / "demand.parquet").unlink()
    app = opened(monkeypatch, folder, lang="en")
    assert not app.exception
    assert "no residents yet" in said(app) and metric(app, 0) == "–"


def test_filters_that_match_nothing_say_what_to_do(monkeypatch):
    app = opened(monkeypatch, SAMPLE, lang="en", batch="1", layout="clustered", stars="5")
    assert not app.exception and not app.dataframe
    assert "Loosen the filters" in said(app)
    next(button for button in app.button if button.label == "Clear filters").click().run()
    assert not app.exception and len(app.dataframe[0].value) == 14
    assert "batch" not in app.query_params


def test_a_link_with_filters_shows_a_town_and_whoever_serves_it(monkeypatch):
    app = opened(monkeypatch, SAMPLE, lang="en", town="350505103000", table="centers")
    assert not app.exception
    assert "in whichever town it stands" in said(app)
    assert app.dataframe[0].value["Name"].tolist() == ["Chengfeng Village Neighborhood Center (illustrative)"]


@pytest.mark.parametrize("key", ["at", "town", "show", "tone", "batch"])
def test_nonsense_in_a_link_opens_the_default(monkeypatch, grid_folder, key):
    app = opened(monkeypatch, grid_folder, lang="en", **{key: "<img src=x onerror=alert(1)>"})
    assert not app.exception and "onerror" not in said(app)
    assert key == "show" or key not in app.query_params


def test_an_older_view_does_not_keep_the_figures_of_a_newer_one(tmp_path):
    """Two sessions: one still holds the workspace of before the edit when it asks for figures after it."""
    folder = copy(Workspace.open(SAMPLE), tmp_path / "edited").folder
    Workspace.open(folder).registry().close()
    before = Workspace.open(folder)
    profile, minutes = before.settings.profiles[0], before.settings.cutoffs.minutes[-1]
    registry = before.registry()
    with registry.edit("Li", "gone") as edit:
        last = before.open_centers[-1]
        edit.put("centers", {"id": last, "status": "suspended"}, registry.record("centers", last)["version"])
    registry.close()
    after = Workspace.open(folder)

    def n_open(workspace: Workspace) -> float:
        found = cache.overview(workspace, profile, minutes, Scope())
        return next(headline.value for headline in found.headlines if headline.id == "centers")

    assert n_open(before) == len(before.open_centers)
    assert n_open(after) == len(after.open_centers) == len(before.open_centers) - 1


def test_unknown_ages_are_no_zeros(tmp_path):
    ages = list(AGE_GROUPS)

    def shares(name: str, change: Callable[[gpd.GeoDataFrame], None]) -> pd.DataFrame:
        folder = copy(Workspace.open(SAMPLE), tmp_path / name).folder
        demand = gpd.read_parquet(folder / "demand.parquet")
        demand["population"] = demand[ages].sum(axis=1)
        change(demand)
        demand.to_parquet(folder / "demand.parquet")
        workspace = Workspace.open(folder)
        found = cache.overview(workspace, workspace.settings.profiles[0], 15.0, Scope())
        return found.towns.set_index("code").sort_index()

    def none(demand: gpd.GeoDataFrame) -> None:
        demand[ages] = np.nan

    def half(demand: gpd.GeoDataFrame) -> None:
        demand.loc[::2, ages] = np.nan

    assert shares("none", none)[["elders", "elders_share"]].isna().all(axis=None)
    known = Workspace.open(SAMPLE).demand[1::2]
    town = known["village"].str[:9]
    expected = known["age_60_plus"].groupby(town).sum() / known[ages].sum(axis=1).groupby(town).sum()
    found = shares("half", half)["elders_share"]
    found.index = found.index.str[:9]
    pd.testing.assert_series_equal(found, expected[found.index], check_names=False, rtol=1e-9)
