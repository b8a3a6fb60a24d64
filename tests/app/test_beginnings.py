"""A network that begins: no center, one planned or open, no residents, no borders; every page says what to do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.i18n import catalog
from dashboard.sharing.choices import TOPICS
from dashboard.site.choices import SECTIONS
from dashboard.siting.choices import TASKS
from data.workspace import Workspace
from geo.errors import TableFaultsError
from tests.conftest import ROOT

PAGES = ("overview", "sites", "sharing", "siting", "data", "methods")
STATES = ("no_center", "planned", "open", "no_residents", "bare", "bare_no_center")
CJK = re.compile(r"[\u3400-\u9fff]")
UNKNOWN = re.compile(r"\bnan\b|\binf\b|<NA>|None")


def begun(folder: Path, state: str) -> Path:
    """The grid in a state of its beginning; it never has borders."""
    if state in ("no_residents", "bare", "bare_no_center"):
        (folder / "demand.parquet").unlink()
    centers = pd.read_csv(folder / "centers.csv", dtype="str")
    near = centers[centers["id"] == "near"]
    kept = {"planned": near.assign(status="planned"), "open": near}.get(state, centers)
    (kept.head(0) if state.endswith("no_center") else kept).to_csv(folder / "centers.csv", index=False)
    if state.startswith("bare"):
        settings = 'name_zh = "方格"\nas_of = 2023-06-30\n'
        (folder / "workspace.toml").write_text(settings, encoding="utf-8")
    return folder


@pytest.fixture(params=STATES)
def state(request):
    return request.param


@pytest.fixture
def folder(tmp_path, grid_folder, state):
    return begun(Path(shutil.copytree(grid_folder, tmp_path / "begun")), state)


def visit(monkeypatch, folder, page, **url):
    monkeypatch.setenv("LINLI_WORKSPACE", str(folder))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.switch_page(f"../pages/{page}.py").run()


def words(app):
    blocks = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.text, *app.warning, *app.info]
    metrics = [f"{metric.label} {metric.value}" for metric in app.metric]
    return "\n".join([*(block.value for block in blocks), *metrics])


@pytest.mark.parametrize("page", PAGES)
def test_every_page_copes_and_says_what_to_do(monkeypatch, folder, state, page):
    app, text = visit(monkeypatch, folder, page, lang="zh"), catalog("zh")
    assert not app.exception
    said = words(app)
    assert text("fault.title") not in said and not UNKNOWN.search(said), said
    if page in ("overview", "sites", "sharing", "siting"):
        told = {name: text(f"lack.{name}") in said for name in ("centers", "open", "residents")}
        assert told == {
            "centers": state.endswith("no_center"),
            "open": state == "planned",
            "residents": state in ("no_residents", "bare", "bare_no_center"),
        }


@pytest.mark.parametrize("state", ["no_center", "no_residents"], indirect=True)
@pytest.mark.parametrize(
    ("page", "choice"),
    [("sharing", {"topic": topic}) for topic in TOPICS]
    + [("siting", {"task": task}) for task in TASKS]
    + [("overview", {"table": "centers", "show": "catchments.uncovered.overlap.services.joint", "shade": "uncovered"})],
)
def test_every_part_copes_in_english(monkeypatch, folder, state, page, choice):
    app = visit(monkeypatch, folder, page, lang="en", **choice)
    assert not app.exception
    said = words(app).replace("方格", "")
    assert not CJK.search(said) and not UNKNOWN.search(said), said


@pytest.mark.parametrize("state", ["no_residents"], indirect=True)
def test_without_residents_no_figure_of_people_is_a_zero(monkeypatch, folder, state):
    app = visit(monkeypatch, folder, "overview", lang="en")
    values = {metric.label: metric.value for metric in app.metric}
    people = [
        value for label, value in values.items() if "center" not in label.lower() and "report" not in label.lower()
    ]
    assert len(people) == 4 and set(people) == {"–"}, values
    assert "%" not in words(app) and "gap" not in words(app).lower().replace("gaps and equity", "")
    columns = [column for frame in app.dataframe for column in frame.value.columns]
    assert columns and not any("resident" in str(column).lower() or "60" in str(column) for column in columns), columns
    listed = visit(monkeypatch, folder, "sites", lang="en").dataframe[0].value
    assert listed["name"].tolist() == ["Far", "Near", "Sea"] and "people" not in listed


@pytest.mark.parametrize("state", ["no_residents"], indirect=True)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_center_without_residents_speaks_of_none(monkeypatch, folder, state, section):
    app = visit(monkeypatch, folder, "sites", lang="en", site="near", section=section)
    assert not app.exception
    assert "served" not in words(app).lower() and "%" not in words(app)


@pytest.mark.parametrize("state", ["no_center"], indirect=True)
def test_whoever_may_not_edit_is_not_sent_to_edit(monkeypatch, folder, state):
    def leads(app):
        return [element.proto.page for element in app.get("page_link")]

    assert any("data" in page for page in leads(visit(monkeypatch, folder, "overview")))
    monkeypatch.setenv("LINLI_READONLY", "1")
    shut = leads(visit(monkeypatch, folder, "overview"))
    assert shut and not any("data" in page for page in shut)


def test_a_table_without_headers_or_columns_stays_a_fault(tmp_path, grid_folder):
    folder = Path(shutil.copytree(grid_folder, tmp_path / "headless"))
    (folder / "centers.csv").write_text("id,name\n", encoding="utf-8")
    with pytest.raises(TableFaultsError) as found:
        Workspace.open(folder)
    assert {fault.code for fault in found.value.faults} == {"missing_column"}


@pytest.mark.parametrize("state", ["open"], indirect=True)
def test_without_borders_places_are_named_by_centers_and_homes_are_not_told_apart(monkeypatch, folder, state):
    text = catalog("zh")
    overview = visit(monkeypatch, folder, "overview", lang="zh")
    lines = [button.label for button in overview.button]
    assert text("attention.near", center="近") in " ".join(lines)
    assert text("attention.outside") not in " ".join(lines)
    assert text("attention.none_reports") in words(overview) and text("attention.no_reports") not in words(overview)
    gaps = visit(monkeypatch, folder, "sharing", lang="zh", topic="gaps")
    assert not gaps.exception
    assert text("gap.near", center="近") in gaps.dataframe[0].value.to_string()
    site = visit(monkeypatch, folder, "sites", lang="zh", site="near")
    assert text("served.title") not in [heading.value for heading in site.subheader]
