"""The files of a report: what is read back from PDF, Word, picture and GeoPackage, and when the page makes them."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyogrio
import pypdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from streamlit.testing.v1 import AppTest

from dashboard.siting.best import SiteSearch
from dashboard.siting.report.document import legal
from dashboard.siting.report.gains import Gains
from dashboard.siting.report.gis import changes_frame, geopackage, plan_frame
from dashboard.siting.report.pdf import pdf, png
from dashboard.siting.report.picture import Sketch, draw
from dashboard.siting.report.plan import Chosen, plan_report
from dashboard.siting.report.word import docx
from dashboard.siting.view import CLOSE_SIGN, MOVE_SIGN, SitingView
from dashboard.siting.whatif import Today
from dashboard.theme import LIGHT
from data.tables.changes import Change
from data.workspace import SAMPLE, Workspace
from geo.coverage.jurisdiction import Jurisdictions
from geo.params import MINUTE_S
from tests.app.plans import (
    FONT,
    LINK,
    MINUTES,
    joined,
    planned,
    question,
    report_of,
    scenario_of,
    today_of,
    view_of,
    with_font,
    words,
)
from tests.conftest import ROOT

HOSTILE = "很长的名字" * 30 + '</svg>&"\x07 #import "x": * ' + "unbroken" * 30
CJK = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def today(sample) -> Today:
    return today_of(sample)


@pytest.fixture(scope="module")
def search(today) -> SiteSearch:
    return SiteSearch.of(today.assessment, "villages", "open")


@pytest.fixture(scope="module")
def best(sample, today, search) -> Chosen:
    return planned(view_of(sample, today), search, question(today))


@pytest.fixture(scope="module")
def changes(today, best) -> tuple[Change, ...]:
    first, second = best.search.candidates.lonlat[list(best.answer.plan.sites[:2])].round(5).tolist()
    return Change("new", "", tuple(first)), Change("close", today.ids[3]), Change("move", today.ids[0], tuple(second))


# ---- the files ----------------------------------------------------------------------------------------------


@with_font
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["plan", "scenario"])
def test_both_files_say_all_of_it(sample, today, best, changes, language, kind):
    report = (
        report_of(sample, today, best, language) if kind == "plan" else scenario_of(sample, today, changes, language)
    )
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf(report))).pages]
    printed = joined("".join(pages))
    assert not [line for line in words(report) if joined(line) not in printed and len(joined(line)) < 30]
    word = Document(io.BytesIO(docx(report)))
    written = [p.text for p in word.paragraphs]
    written += [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    assert not [line for line in words(report) if line not in written]
    if language == "en":
        assert not [line for line in words(report) if CJK.search(line) and not any(
            CJK.search(name) and name in line for name in sample.jurisdictions["name"])]  # fmt: skip


@with_font
def test_pages_are_a4_numbered_none_empty_and_the_same_for_the_same_plan(sample, today, best):
    report = report_of(sample, today, best)
    content = pdf(report)
    assert content == pdf(report)
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    for place, page in enumerate(pages, start=1):
        assert tuple(map(float, page.mediabox[2:])) == pytest.approx((595.276, 841.89), abs=0.1)
        text = page.extract_text()
        assert f"Page {place} of {len(pages)}" in text and "Synthetic data" in text
        assert len(text) > 300
    assert "Schematic data" in pages[0].extract_text() and "Map" in pages[0].extract_text()


@with_font
def test_what_is_copied_from_the_pdf_is_right(sample, today, best):
    """Hashes, links and long names break where they must, and no letter is put in for it."""
    link = "siting?" + "&".join(f"quota{i}=350505{i:06d}_0_1" for i in range(12))
    view, unbroken = view_of(sample, today), "x" * 60
    named = replace(best, name=lambda _site: unbroken)
    pages = pypdf.PdfReader(io.BytesIO(pdf(plan_report(view, named, fonts=FONT, link=link)))).pages
    text = "".join(page.extract_text() for page in pages)
    assert {sample.content_id, sample.network.content_id} <= set(re.split(r"\s", text))
    assert link in text.replace("\n", "") and unbroken in text.replace("\n", "") and "\u200b" not in text
    assert max(map(len, text.split("\n"))) < 200


@with_font
def test_long_tables_repeat_their_heads(sample, today, search):
    view = view_of(sample, today)
    chosen = planned(view, search, question(today, count=30))
    report = plan_report(view, chosen, fonts=FONT, link=LINK)
    assert len(report.section("sites").tables[0].rows) == 30
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf(report))).pages]
    assert sum("Runner-up" in page for page in pages) > 1
    sites = Document(io.BytesIO(docx(report))).tables[1]
    assert sites.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in sites.rows)


@with_font
def test_the_word_document_is_one_to_go_on_with(sample, today, best):
    report = report_of(sample, today, best, "zh")
    word = Document(io.BytesIO(docx(report)))
    section = word.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert headings[:3] == ["摘要", "主要指标", "地图"] and headings[3:] == [part.title for part in report.sections]
    fields = [e.text for e in section.footer._element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]
    shown = word.inline_shapes[0]
    assert shown._inline.docPr.get("descr") == report.picture.description
    assert shown.height / shown.width == pytest.approx(report.picture.height / report.picture.width, rel=0.01)
    fonts = word.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) and not [key for key in fonts.attrib if key.endswith("Theme")]


@with_font
def test_names_are_set_as_they_stand_and_nothing_of_them_runs(sample, today, best, changes):
    report = scenario_of(sample, today, changes, name=HOSTILE)
    assert HOSTILE.replace("\x07", "\ufffd") in report.title
    assert joined(legal(HOSTILE)) in joined(
        "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf(report))).pages)
    )
    assert report.title in [p.text for p in Document(io.BytesIO(docx(report))).paragraphs]
    hostile = replace(best, name=lambda _site: HOSTILE)
    plan = plan_report(view_of(sample, today), hostile, fonts=FONT, link=LINK)
    assert pdf(plan) and docx(plan)


# ---- the map ------------------------------------------------------------------------------------------------


def test_the_map_shows_legend_scale_and_what_must_be_said(sample, today, best, changes):
    found = scenario_of(sample, today, changes).picture
    drawn = ElementTree.fromstring(found.svg)
    texts = {element.text for element in drawn.iter() if (element.text or "").strip()}
    assert {"New place", "Moved here", "Closes", "Newly covered residents", "Residents no longer covered", "N"} <= texts
    assert any(re.fullmatch(r"[\d.,]+ k?m", text) for text in texts)
    assert any("not for navigation" in text for text in texts) and any("no review number" in text for text in texts)
    plan = ElementTree.fromstring(report_of(sample, today, best).picture.svg)
    signs = [e.text for e in plan.iter() if e.get("font-weight") == "bold"]
    assert signs == ["5", "4", "3", "2", "1", "1"]  # the first on top, and the key of the legend


def test_who_does_not_see_the_map_is_told_what_it_shows(sample, today, best):
    found = report_of(sample, today, best).picture.description
    assert all(f"{i} {best.name(site)}" in found for i, site in enumerate(best.answer.plan.sites, start=1))
    assert found.startswith("Map. It shows: ") and "Residents still uncovered" in found and "Open center" in found


def drawn_of(view, best, covered: float) -> Sketch:
    """The sketch of a plan without sites, where so large a share of the residents is covered."""
    gains = Gains.of_plan(view.today, best.search, best.answer)
    nobody = np.zeros(len(gains.covered_at), np.bool_)
    count = round(covered * len(nobody))
    gains = replace(gains, gained_at=nobody, lost_at=nobody, covered_at=np.arange(len(nobody)) < count)
    return Sketch.of(view, [], gains, committed=False)


@pytest.mark.parametrize("covered", [0.0, 0.5, 1.0])
def test_where_nothing_changes_the_map_shows_everybody(sample, today, best, covered):
    view = view_of(sample, today)
    sketch = drawn_of(view, best, covered)
    low, high = np.reshape(sketch.extent.bounds, (2, 2))
    assert ((today.assessment.xy >= low) & (today.assessment.xy <= high)).all()
    texts = [element.text for element in ElementTree.fromstring(draw(view, sketch, FONT).svg).iter()]
    assert ("Residents still uncovered" in texts) == (covered < 1)


def test_without_towns_the_finest_outlines_are_the_land(sample, today, best):
    rows = sample.jurisdictions
    villages = Jurisdictions.of(rows[rows["level"] == "village"].drop(columns="parent"), sample.network.crs)
    whole = view_of(sample, today)
    assessment = replace(today.assessment, jurisdictions=villages)
    view = view_of(sample, replace(today, assessment=assessment))

    def land(view: SitingView) -> int:
        return draw(view, drawn_of(view, best, 0.5), FONT).svg.count(f'fill="{LIGHT.land}"')

    assert land(view) == len(villages) > land(whole) == (rows["level"] == "town").sum()


@with_font
def test_the_map_becomes_a_picture_of_its_size(sample, today, best):
    from PIL import Image

    found = report_of(sample, today, best).picture
    with Image.open(io.BytesIO(png(found))) as image:
        assert image.width / image.height == pytest.approx(found.width / found.height, rel=0.01)
        assert image.width > 1_200


# ---- for a GIS ----------------------------------------------------------------------------------------------


def test_a_plan_goes_to_a_gis_whole(tmp_path, sample, today, best):
    path, plan = tmp_path / "plan.gpkg", best.answer.plan
    view, gains = view_of(sample, today), Gains.of_plan(today, best.search, best.answer)
    path.write_bytes(geopackage(view, plan_frame(view, best), gains, report_of(sample, today, best)))
    assert {name for name, _ in pyogrio.list_layers(path)} == {"sites", "catchments", "demand", "about"}
    sites, areas, demand = (gpd.read_file(path, layer=name) for name in ("sites", "catchments", "demand"))
    assert sites["residents_added"].sum() == pytest.approx(plan.covered - plan.covered_before)
    assert sites["proven"].all() and len(areas) == 5 and sites.crs.to_epsg() == demand.crs.to_epsg() == 4326
    assert demand["population"].sum() == pytest.approx(plan.covered - plan.covered_before)
    assert demand["walk_min"].max() <= MINUTES + 1e-6 and set(demand["change"]) == {"newly_covered"}
    reached = areas.to_crs(sample.network.crs).buffer(400).union_all()  # the way from door to street lies outside
    assert demand.to_crs(sample.network.crs).within(reached).all()
    about = pyogrio.read_dataframe(path, layer="about")
    assert {sample.content_id, sample.network.content_id, LINK, "Most residents within 15 minutes"} <= set(
        about["value"]
    )
    assert any("Tobler" in source for source in about["source"])


def test_a_scenario_goes_to_a_gis_with_its_figures(tmp_path, sample, today, changes):
    view = view_of(sample, today, changes=changes)
    path, found = tmp_path / "scenario.gpkg", view.what_if
    gains = Gains.of_what_if(found)
    sites = changes_frame(view, "A")
    path.write_bytes(geopackage(view, sites, gains, scenario_of(sample, today, changes)))
    sites, areas, demand = (gpd.read_file(path, layer=name) for name in ("sites", "catchments", "demand"))
    assert sites["change"].tolist() == ["new", "close", "move"] and sites.crs.to_epsg() == 4326
    assert sites["all_newly_covered"].tolist() == pytest.approx([found.gained] * 3)
    people = found.by_placed()["in_time"].tolist()
    assert sites["residents_in_time"].tolist() == pytest.approx([people[0], 0, people[1]])
    measured = areas.to_crs(sample.network.crs).area
    assert len(areas) == 2 and measured.tolist() == pytest.approx(areas["area_m2"].tolist(), rel=1e-6)
    assert sites["sign"].tolist() == ["1", CLOSE_SIGN, MOVE_SIGN]
    assert areas["number"].tolist() == [1, 3] and set(demand["number"].dropna()) == {1, 3}
    meters = sample.network.crs
    reached = areas.to_crs(meters).set_index("number").buffer(400)
    at = sites.to_crs(meters).set_index("number").geometry[[1, 3]]
    assert reached.contains(at).all(), "a site lies in the catchment of its number"
    changed = demand.groupby("change")["population"].sum()
    assert changed.to_dict() == pytest.approx({"newly_covered": found.gained, "no_longer_covered": found.lost})
    gained = demand[demand["change"] == "newly_covered"]
    assert (gained["walk_min"] * MINUTE_S <= MINUTES * MINUTE_S + 1).all()


def test_every_file_calls_a_change_the_same_whatever_their_order(tmp_path, sample, today, changes):
    new, close, move = changes
    view = view_of(sample, today, changes=(close, move, new))
    report = scenario_of(sample, today, view.changes)
    path, gains = tmp_path / "scenario.gpkg", Gains.of_what_if(view.what_if)
    path.write_bytes(geopackage(view, changes_frame(view, "A"), gains, report))
    sites, areas, demand = (gpd.read_file(path, layer=name) for name in ("sites", "catchments", "demand"))
    assert sites["sign"].tolist() == [row[0] for row in report.section("sites").tables[0].rows] == ["✕", "↷", "1"]
    assert areas["number"].tolist() == [2, 3]
    for number, mine in demand.dropna(subset="number").groupby("number"):
        change = view.changes[int(number) - 1]
        walks = today.what_if((change,)).times
        minutes = dict(zip(today.assessment.residents.ids, np.full(len(gains.gained_at), np.inf), strict=True))
        ids = np.array(today.assessment.residents.ids, dtype=object)[walks.index]
        minutes |= dict(zip(ids.tolist(), walks.seconds / MINUTE_S, strict=True))
        assert [minutes[home] for home in mine["id"]] == pytest.approx(mine["walk_min"].tolist())


def test_a_scenario_that_only_closes_still_makes_its_files(tmp_path, sample, today):
    changes = (Change("close", today.ids[3]),)
    view = view_of(sample, today, changes=changes)
    report = scenario_of(sample, today, changes)
    assert any("no longer covered" in line for line in report.summary)
    path = tmp_path / "closing.gpkg"
    path.write_bytes(geopackage(view, changes_frame(view, "A"), Gains.of_what_if(view.what_if), report))
    assert len(gpd.read_file(path, layer="catchments")) == 0
    assert gpd.read_file(path, layer="demand")["number"].isna().all()


# ---- the page -----------------------------------------------------------------------------------------------


def offered(app: AppTest) -> dict[str, object]:
    return {button.proto.id.rpartition("-")[2]: button.proto for button in app.get("download_button")}


@pytest.mark.parametrize(("task", "name"), [("best", "plan"), ("whatif", "scenario")])
def test_the_page_offers_the_report_and_makes_it_only_when_it_is_asked_for(monkeypatch, today, task, name):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("made without being asked for")

    for maker in ("plan_report", "scenario_report", "geopackage"):
        monkeypatch.setattr(f"dashboard.siting.export.{maker}", refuse)
    lon, lat = today.assessment.residents.lonlat[0].round(5).tolist()
    app = opened(monkeypatch, task=task, count="2", changes=f"n{lon}_{lat}", lang="en")
    assert not app.exception
    found = offered(app)
    assert {f"{name}_pdf", f"{name}_docx", f"{name}_gpkg"} <= set(found)
    assert found[f"{name}_pdf"].label == "PDF report" and found[f"{name}_docx"].label == "Word report"


def test_without_a_chinese_font_only_the_gis_file_is_offered(monkeypatch):
    monkeypatch.setattr("dashboard.siting.export.font_family", lambda: None)
    found = offered(opened(monkeypatch, task="best", count="2", lang="en"))
    assert found["plan_pdf"].disabled and found["plan_docx"].disabled and not found["plan_gpkg"].disabled
    assert "Noto Sans CJK" in found["plan_pdf"].help


def opened(monkeypatch: pytest.MonkeyPatch, **url: str) -> AppTest:
    monkeypatch.setenv("LINLI_WORKSPACE", str(SAMPLE))
    app = AppTest.from_file(str(ROOT / "dashboard/main.py"), default_timeout=60)
    for key, value in url.items():
        app.query_params[key] = value
    return app.switch_page("../pages/siting.py").run()
