"""The report of a plan and of a scenario: what is read back from the files is what the engine found."""

from __future__ import annotations

import io
import re
import threading
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

from dashboard import figures
from dashboard.i18n import catalog
from dashboard.overview.overview import assess
from dashboard.site.printed import font_family
from dashboard.siting.best import Asked, SiteSearch
from dashboard.siting.report.document import legal, program_version
from dashboard.siting.report.gains import Gains
from dashboard.siting.report.gis import changes_frame, geopackage, plan_frame
from dashboard.siting.report.parts import signed
from dashboard.siting.report.pdf import pdf, png
from dashboard.siting.report.plan import Chosen, plan_report
from dashboard.siting.report.scenario import scenario_report
from dashboard.siting.report.word import docx
from dashboard.siting.rules import SiteRules, TownQuota
from dashboard.siting.view import SitingView
from dashboard.siting.whatif import Today
from data.tables.changes import Change
from data.workspace import SAMPLE, Workspace
from geo.params import MINUTE_S, CoverageParams, Cutoffs
from geo.people.residents import CHILDREN, ELDERS
from tests.conftest import ROOT

MINUTES = 15.0
LINK = "siting?task=best&count=5"
HOSTILE = "很长的名字" * 30 + '</svg>&"\x07 #import "x": * ' + "unbroken" * 30
CJK = re.compile(r"[\u3400-\u9fff]")
FONT = [font_family() or ""]

with_font = pytest.mark.skipif(font_family() is None, reason="no Chinese font on this machine")


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture(scope="module")
def today(sample) -> Today:
    far = Cutoffs((MINUTES, 60.0))
    found = assess(sample, CoverageParams(profile=sample.settings.profiles[0], cutoffs=far))
    return Today.of(found, found.gaps(minutes=MINUTES), MINUTES)


@pytest.fixture(scope="module")
def search(today) -> SiteSearch:
    return SiteSearch.of(today.assessment, "villages", "open")


def view_of(sample: Workspace, today: Today, language: str = "en", changes: tuple[Change, ...] = ()) -> SitingView:
    return SitingView(catalog(language), sample, today.profile, MINUTES, today, changes)  # type: ignore[arg-type]


def question(today: Today, **other: object) -> Asked:
    facts = {"goal": "cover", "count": 5, "target": 0.95, "candidates": "villages", "weights": "all", "given": "open"}
    return Asked(**(facts | {"minutes": MINUTES, "profile": today.profile} | other))  # type: ignore[arg-type]


def planned(view: SitingView, search: SiteSearch, asked: Asked, **known: object) -> Chosen:
    *_, answer = search.answers(asked, threading.Event())
    return Chosen(asked, answer, search, lambda site: view.place(search.candidates.ids[site]), **known)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def best(sample, today, search) -> Chosen:
    return planned(view_of(sample, today), search, question(today))


@pytest.fixture(scope="module")
def changes(today, best) -> tuple[Change, ...]:
    first, second = best.search.candidates.lonlat[list(best.answer.plan.sites[:2])].round(5).tolist()
    return Change("new", "", tuple(first)), Change("close", today.ids[3]), Change("move", today.ids[0], tuple(second))


def report_of(sample, today, best, language="en", **known):
    view = view_of(sample, today, language)
    chosen = replace(best, name=lambda site: view.place(best.search.candidates.ids[site]), **known)
    return plan_report(view, chosen, fonts=FONT, link=LINK)


def scenario_of(sample, today, changes, language="en", name="A"):
    return scenario_report(view_of(sample, today, language, changes), name, fonts=FONT, link=LINK)


def cells(table) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


def number(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-").split(" ")[0])


def joined(text: str) -> str:
    """Without the spaces and breaks that setting puts in."""
    return re.sub(r"[\s\u200b]+", "", text)


def words(report) -> list[str]:
    tables = [report.figures, *(table for part in report.sections for table in part.tables)]
    said = [report.title, report.subtitle, report.workspace, report.warning, *report.summary, report.figures_note]
    said += [line for part in report.sections for line in (part.title, *part.paragraphs, *part.notes)]
    said += [table.title for table in tables] + [column.head for table in tables for column in table.columns]
    said += [value for table in tables for row in table.rows for value in row]
    return [line for line in said if line]


# ---- the figures --------------------------------------------------------------------------------------------


def test_the_figures_of_a_plan_are_the_engines(sample, today, best):
    report, plan = report_of(sample, today, best), best.answer.plan
    rows = cells(report.figures)
    assert [number(v) for v in rows["Residents within 15 minutes"]] == pytest.approx(
        [round(plan.covered_before), round(plan.covered), round(plan.covered) - round(plan.covered_before)]
    )
    assert rows["Coverage, all residents"][:2] == (
        figures.share(plan.covered_before / plan.people), figures.share(plan.share))  # fmt: skip
    assert rows["Centers"] == ("12", "17", "+5")
    lonlat = best.search.candidates.lonlat[list(plan.sites)].tolist()
    found = today.what_if(tuple(Change("new", "", (lon, lat)) for lon, lat in lonlat)).effect
    walk = rows["Mean walk to the nearest center"]
    assert walk[:2] == (f"{found.mean_before_min:.1f} minutes", f"{found.mean_after_min:.1f} minutes")


def test_gains_by_town_and_age_add_up_to_what_the_plan_adds(sample, today, best):
    by_town, by_age = report_of(sample, today, best).section("gains").tables
    plan = best.answer.plan
    added = plan.covered - plan.covered_before
    total = by_town.rows[-1]
    heads = [column.head for column in by_town.columns]
    assert number(total[heads.index("Newly covered")]) == pytest.approx(added, abs=1)
    people = today.assessment.residents
    gains = Gains.of_plan(today, best.search, best.answer)
    for group in (CHILDREN, ELDERS):
        label = catalog("en")(f"group.{group}")
        assert number(total[heads.index(label)]) == pytest.approx(people.group(group)[gains.gained_at].sum(), abs=1)
        assert number(cells(by_age)[label][3]) == number(total[heads.index(label)])
    each = [[number(v) for v in row[4:]] for row in by_town.rows]
    assert np.sum(each[:-1], axis=0) == pytest.approx(each[-1], abs=len(each))
    assert [row[0] for row in each[:-1]] == sorted((row[0] for row in each[:-1]), reverse=True)


def test_the_sites_stand_in_order_with_what_each_brings(sample, today, best):
    table = report_of(sample, today, best).section("sites").tables[0]
    plan, cases = best.answer.plan, best.answer.cases
    assert [number(row[3]) for row in table.rows] == [round(case.adds) for case in cases]
    assert [number(row[8]) for row in table.rows] == [round(case.worse_by) for case in cases]
    assert table.rows[-1][6] == figures.share(plan.share)
    at = [tuple(map(float, row[2].split("\n"))) for row in table.rows]
    assert at == pytest.approx(np.round(best.search.candidates.lonlat[list(plan.sites)], 5))


def test_a_plan_that_is_not_explained_yet_is_reported_without_runners_up(sample, today, best):
    early = report_of(sample, today, best, answer=replace(best.answer, cases=None)).section("sites").tables[0]
    whole = report_of(sample, today, best).section("sites").tables[0]
    assert [row[:7] for row in early.rows] == [row[:7] for row in whole.rows]
    assert {row[7] for row in early.rows} == {figures.NONE}


def test_the_proof_is_told_and_an_unproven_plan_says_its_gap(sample, today, best):
    plan = best.answer.plan
    rows = cells(report_of(sample, today, best).section("proof").tables[0])
    assert number(rows["Value of this plan"][0]) == number(rows["Best possible, at most"][0]) == round(plan.objective)
    short = replace(plan, proven=False, bound=1.02 * plan.objective, stopped="time")
    report = report_of(sample, today, best, answer=replace(best.answer, plan=short))
    gap = f"{100 * short.gap:.2f} %"
    assert cells(report.section("proof").tables[0])["Gap that remains"] == (gap,)
    assert any(gap in line and "Time is over" in line for line in report.summary)
    assert not any("is proven optimal" in line for line in words(report))


def test_conditions_and_weights_are_part_of_the_question(sample, today, search, best):
    town = best.search.candidate_towns[best.answer.plan.sites[0]]
    rules = SiteRules(least=0.1, spacing_m=400.0, budget=1_300_000.0, price=300_000.0, quotas=(TownQuota(town, 1, 2),))
    view = view_of(sample, today)
    asked = question(today, count=None, weights="elders", rules=rules)
    report = plan_report(view, planned(view, search, asked), fonts=FONT, link=LINK)
    rows = cells(report.section("question").tables[0])
    assert rows["Budget"] == ("1,300,000, of which this plan needs 1,200,000; 300,000 for each center",)
    assert rows[f"New centers in {view.place(town)}"] == ("1 to 2",)
    assert rows["Least distance between centers (straight line)"] == ("400 m",)
    assert rows["New centers, at most"] == ("as many as the budget allows",)
    assert any("Aged 60 and over × 1" in note for note in report.section("sites").notes)
    everybody = number(cells(report.section("gains").tables[1])["All residents"][0])
    assert everybody == round(today.baseline.total.sum())  # the tables count each resident once


def test_a_plan_without_new_sites_says_that_none_is_needed(sample, today, search):
    view = view_of(sample, today)
    report = plan_report(view, planned(view, search, question(today, goal="fewest", target=0.1)), fonts=FONT, link=LINK)
    assert report.summary[0].startswith("No new center is needed") and not report.section("sites").tables
    assert cells(report.section("proof").tables[0])["Value of this plan"] == ("0 new center(s)",)


def test_room_and_weights_are_told_apart_from_reach(sample, today, search):
    view = view_of(sample, today)
    chosen = planned(view, search, question(today, count=2, rules=SiteRules(capacity=4_000.0)))
    report, plan = plan_report(view, chosen, fonts=FONT, link=LINK), chosen.answer.plan
    assert plan.objective == pytest.approx(plan.covered_before + 8_000)
    assert number(cells(report.section("proof").tables[0])["Value of this plan"][0]) == round(plan.objective)
    assert number(cells(report.figures)["Residents within 15 minutes"][1]) == round(plan.covered) > plan.objective
    assert any("find room" in note for note in report.section("proof").notes)
    weighted = plan_report(view, planned(view, search, question(today, weights="elders_twice")), fonts=FONT, link=LINK)
    rows = cells(weighted.section("proof").tables[0])
    assert rows["Value of this plan"][0].endswith("(weighted)")


def test_a_long_plan_names_some_sites_and_counts_the_rest(sample, today, search):
    view = view_of(sample, today)
    report = plan_report(view, planned(view, search, question(today, count=11)), fonts=FONT, link=LINK)
    assert "and 3 more" in report.summary[0] and len(report.section("sites").tables[0].rows) == 11


def test_committed_centers_count_as_given(sample, today):
    view, search = view_of(sample, today), SiteSearch.of(today.assessment, "villages", "committed")
    chosen = planned(view, search, question(today, given="committed", count=2))
    report = plan_report(view, chosen, fonts=FONT, link=LINK)
    assert number(cells(report.figures)["Residents within 15 minutes"][0]) == round(chosen.answer.plan.covered_before)
    assert "being built or planned" in report.figures_note
    assert "Building or planned center" in report.picture.svg


def test_what_was_tested_and_drawn_is_in_the_report(sample, today, best):
    others = {"Elderly": replace(best.asked, minutes=10.0)}
    tested = list(best.search.tested(best.asked, best.answer, others, threading.Event()))
    curve = [step for step, _ in zip(best.search.curve(best.asked, threading.Event()), range(3), strict=False)]
    report = report_of(sample, today, best, tested=tested, curve=curve)
    stances, needed = report.section("robustness").tables
    assert stances.rows[0][0] == "Elderly" and len(needed.rows) == 5
    assert [number(row[2]) for row in report.section("curve").tables[0].rows] == [round(s.marginal) for s in curve]
    assert report_of(sample, today, best).section("robustness") is None


def test_the_figures_of_a_scenario_are_the_what_ifs(sample, today, changes):
    report, found = scenario_of(sample, today, changes), today.what_if(changes)
    rows = cells(report.figures)
    before, after = found.effect.covered_before.sum(), found.effect.covered_after.sum()
    assert [number(v) for v in rows["Residents within 15 minutes"][:2]] == [round(before), round(after)]
    assert rows["Centers"] == ("12", "12", "0")
    assert rows["Mean walk to the nearest center"][1] == f"{found.effect.mean_after_min:.1f} minutes"
    heads = [column.head for column in report.section("gains").tables[0].columns]
    total = report.section("gains").tables[0].rows[-1]
    assert number(total[heads.index("Newly covered")]) == round(found.gained)
    assert number(total[heads.index("No longer covered")]) == round(found.lost)
    assert [row[1] for row in report.section("sites").tables[0].rows] == ["new", "closes", "moves"]


def test_the_record_lets_it_be_made_again(sample, today, best):
    rows = cells(report_of(sample, today, best).section("record").tables[0])
    assert rows["Content hash of the workspace"] == (sample.content_id,)
    assert rows["Content hash of the streets"] == (sample.network.content_id,)
    assert rows["Program"] == (f"Linli Atlas {program_version()}",) and re.fullmatch(
        r"\d+\.\d+\.\d+", program_version()
    )
    assert LINK in rows["Link (after the address of the dashboard)"]


def test_a_change_has_its_sign_and_none_where_it_rounds_to_nothing():
    assert [signed(v, 1) for v in (1234.56, -0.06, 0.04, -0.04)] == ["+1,234.6", "\u22120.1", "0.0", "0.0"]
    assert signed(np.nan) == figures.NONE


def grid_view(folder, changes: tuple[Change, ...], language: str = "en") -> SitingView:
    workspace = Workspace.open(folder)
    found = assess(workspace, CoverageParams(profile=workspace.settings.profiles[0], cutoffs=Cutoffs((MINUTES, 60.0))))
    today = Today.of(found, found.gaps(minutes=MINUTES), MINUTES)
    return view_of(workspace, today, language, changes)


def test_where_every_resident_can_be_counted_so_can_the_report(grid_folder):
    """Powers of two: `near` covers 1 + 2 + 4 + 8 + 16, the new center at the far corner 32; 64 are on no street."""
    workspace = Workspace.open(grid_folder)
    far = workspace.centers.set_index("id").loc["far", ["lon", "lat"]].tolist()
    view = grid_view(grid_folder, (Change("new", "", tuple(far)),))
    report = scenario_report(view, "A", fonts=FONT, link=LINK)
    rows = cells(report.figures)
    assert rows["Residents within 15 minutes"] == ("31", "63", "+32")
    assert rows["Residents not covered"] == ("96", "64", "\u221232")
    assert rows["Coverage, Aged 60 and over"] == ("24.4 %", "49.6 %", "+25.2 points")
    assert cells(report.section("assumptions").tables[0])["Residents far from any street"][0] == "64 people"
    by_town = report.section("gains").tables[0]
    assert [row[0] for row in by_town.rows] == ["Outside of all jurisdictions", "All"]  # there are no towns
    assert by_town.rows[0][1:5] == ("127", "24.4 %", "49.6 %", "32")


@with_font
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_network_without_jurisdictions_has_its_report(grid_folder, language):
    view = grid_view(grid_folder, (Change("close", "near"),), language)
    report = scenario_report(view, "A", fonts=FONT, link=LINK)
    assert cells(report.figures)[report.figures.rows[1][0]][1:] == ("0", "\u221231")
    assert pdf(report) and docx(report)


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
    assert shown._inline.docPr.get("descr") == report.title
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
    lonlat = best.search.candidates.lonlat[list(plan.sites)]
    path.write_bytes(geopackage(view, plan_frame(view, best), lonlat, gains, report_of(sample, today, best)))
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
    path.write_bytes(geopackage(view, sites, found.lonlat, gains, scenario_of(sample, today, changes)))
    sites, areas, demand = (gpd.read_file(path, layer=name) for name in ("sites", "catchments", "demand"))
    assert sites["change"].tolist() == ["new", "close", "move"] and sites.crs.to_epsg() == 4326
    assert sites["all_newly_covered"].tolist() == pytest.approx([found.gained] * 3)
    people = found.by_placed()["in_time"].tolist()
    assert sites["residents_in_time"].tolist() == pytest.approx([people[0], 0, people[1]])
    measured = areas.to_crs(sample.network.crs).area
    assert len(areas) == 2 and measured.tolist() == pytest.approx(areas["area_m2"].tolist(), rel=1e-6)
    changed = demand.groupby("change")["population"].sum()
    assert changed.to_dict() == pytest.approx({"newly_covered": found.gained, "no_longer_covered": found.lost})
    gained = demand[demand["change"] == "newly_covered"]
    assert (gained["walk_min"] * MINUTE_S <= MINUTES * MINUTE_S + 1).all()


def test_a_scenario_that_only_closes_still_makes_its_files(tmp_path, sample, today):
    changes = (Change("close", today.ids[3]),)
    view = view_of(sample, today, changes=changes)
    report = scenario_of(sample, today, changes)
    assert any("no longer covered" in line for line in report.summary)
    path = tmp_path / "closing.gpkg"
    path.write_bytes(
        geopackage(view, changes_frame(view, "A"), view.what_if.lonlat, Gains.of_what_if(view.what_if), report)
    )
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
