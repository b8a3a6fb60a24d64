"""The printed page: one sheet of A4, all of its names as they stand, whatever they are."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ElementTree
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from dashboard.cache import Addresses
from dashboard.i18n import catalog
from dashboard.map import svg as svg_map
from dashboard.map.state import map_state
from dashboard.results import NetworkResults, Standing
from dashboard.site import printed as site_print
from dashboard.site.view import SiteView
from data.workspace import SAMPLE, Workspace
from geo.params import CatchmentParams
from tests.geo import builders

A4_PT = (595.276, 841.89)
HOSTILE = (
    "{{7*7}}",
    '#import "@preview/x:0.1.0": *',
    "<img src=x onerror=alert(1)>",
    '$ integral $ #eval("1") *b* _i_ [x](y) \\ ${7*7}',
    "</svg><script>alert(1)</script>&amp;\"'",
    "很长的名字" * 60,
)

pytestmark = pytest.mark.skipif(site_print.font_family() is None, reason="no Chinese font on this machine")


def looked_at(workspace: Workspace, site: str, language: str = "zh", cutoff: int = 2) -> SiteView:
    params = CatchmentParams(profile=workspace.settings.profiles[0], cutoffs=workspace.settings.cutoffs)
    results = NetworkResults.of(workspace, Standing.of(workspace), params)
    return SiteView(catalog(language), workspace, results, site, cutoff)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sample() -> Workspace:
    return Workspace.open(SAMPLE)


def sheets(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of each page, also where they lie in compressed object streams."""
    content = pdf + b"".join(_inflated(stream) for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL))
    pages = re.findall(rb"/Type\s*/Page\b(?!s).*?/MediaBox\s*\[([^\]]*)\]", content, re.DOTALL)
    return [tuple(float(number) for number in box.split()[2:]) for box in pages]  # type: ignore[misc]


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream.rstrip(b"\r\n"))
    except zlib.error:
        return b""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("site", ["qg-01", "qg-03", "qg-07", "qg-14"])
def test_every_center_is_one_sheet_of_a4(sample, site, language):
    view = looked_at(sample, site, language)
    pdf = site_print.page(view)
    assert pdf.startswith(b"%PDF-")
    assert sheets(pdf) == [pytest.approx(A4_PT, abs=0.1)]
    assert view.name.encode("utf-16-be").hex().upper().encode() in pdf.upper() or view.name.encode() in pdf


def test_the_same_data_print_the_same_file(sample):
    view = looked_at(sample, "qg-05")
    assert site_print.page(view) == site_print.page(view)


def test_the_figures_are_the_panels(sample):
    view = looked_at(sample, "qg-03", "en")
    facts = site_print.facts(view)
    all_residents = facts["reach"][0]
    assert all_residents["label"] == "All residents"
    assert all_residents["values"] == [f"{v:,.0f}" for v in view.results.people[view.index, :, 0]]
    assert [s["given"] for s in facts["services"]] == [True, False, True, True, True, True]
    assert facts["stars"] == "★★★☆☆" and facts["emergency"] == "Command room"
    shares = [float(s["share"].removesuffix(" %")) for s in facts["served"]]
    assert sum(shares) == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_is_set_as_it_stands_and_nothing_of_it_runs(tmp_path, grid_folder, name):
    folder = shutil.copytree(grid_folder, tmp_path / "hostile")
    centers = pd.read_csv(folder / "centers.csv")
    centers.assign(name=name, name_en=name, note=name, source=name).to_csv(folder / "centers.csv", index=False)
    pd.DataFrame({"id": ["p"], "center": ["near"], "service": ["extra"], "name": [name], "lon": centers["lon"][:1],
                  "lat": centers["lat"][:1]}).to_csv(folder / "service_points.csv", index=False)  # fmt: skip
    view = looked_at(Workspace.open(folder), "near")
    assert len(sheets(site_print.page(view))) == 1
    assert site_print.facts(view)["name"] == name
    drawn = ElementTree.fromstring(site_print.map_svg(view))
    found = [element for element in drawn.iter() if element.text and element.text.strip()]
    assert {element.tag.split("}")[1] for element in drawn.iter()} <= {"svg", "rect", "path", "circle", "text"}
    assert all(element.tag.endswith("text") for element in found)


def test_a_center_on_no_street_prints_without_a_map(grid_folder):
    view = looked_at(Workspace.open(grid_folder), "sea", "en")
    assert site_print.map_svg(view) == ""
    assert "no walkable street" in site_print.facts(view)["reach_note"]
    assert len(sheets(site_print.page(view))) == 1


def test_without_a_chinese_font_the_button_says_what_to_install(monkeypatch, grid_folder):
    from tests.app.test_site_panel import opened

    monkeypatch.setattr(site_print, "font_family", lambda: None)
    app = opened(monkeypatch, grid_folder, site="near", lang="en")
    button = next(b for b in app.get("download_button") if b.proto.label == "Print A4")
    assert button.proto.disabled and "Noto Sans CJK" in button.proto.help


@pytest.mark.parametrize("minutes", [(15,), (10, 15), (5, 10, 15), (5, 10, 15, 20)])
def test_the_sheet_paints_every_cutoff_in_the_color_of_the_screen(tmp_path, grid_folder, monkeypatch, minutes):
    monkeypatch.setattr("streamlit.session_state", {"minutes": minutes[-1]})
    folder = shutil.copytree(grid_folder, tmp_path / "w")
    settings = folder / "workspace.toml"
    settings.write_text(f"cutoffs = {list(minutes)}\n" + settings.read_text(encoding="utf-8"), encoding="utf-8")
    view = looked_at(Workspace.open(folder), "near", "en", cutoff=len(minutes) - 1)
    screen = map_state(view.text, view.workspace, view.results, Addresses({}, ""), view="", bounds=(0, 0, 1, 1))
    painted = re.findall(r'fill="(#\w+)" fill-rule="evenodd" fill-opacity="0.85"', site_print.map_svg(view))
    assert screen.cutoffs == minutes
    assert tuple(painted[::-1]) == screen.shades["light"]
    assert site_print.facts(view)["map_note"].startswith(f"Shaded: reached on foot in {', '.join(map(str, minutes))} ")


@pytest.mark.parametrize(
    ("review", "said"), [("", "For internal use: this map has no review number"), ("GS 1", "Map review number GS 1")]
)
def test_the_map_on_the_sheet_says_whose_it_is_and_who_may_see_it(tmp_path, grid_folder, review, said):
    folder = shutil.copytree(grid_folder, tmp_path / "w")
    with (folder / "workspace.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[map]\nattribution = "© OpenStreetMap contributors"\nreview_number = "{review}"\n')
    drawn = site_print.map_svg(looked_at(Workspace.open(folder), "near", "en"))
    assert "© OpenStreetMap contributors" in drawn and said in drawn


# ---- the picture ------------------------------------------------------------------------------------------------


def test_a_frame_holds_what_it_is_around_in_the_shape_asked_for():
    frame = svg_map.Frame.around(shapely.box(0, 0, 4_000, 100), 300, 200)
    west, south, east, north = frame.bounds
    assert (east - west) / (north - south) == pytest.approx(1.5)
    assert west < 0 and east > 4_000 and (west + east) / 2 == pytest.approx(2_000)
    assert frame.at(np.array([[west, north], [east, south]])) == pytest.approx(np.array([[0, 0], [300, 200]]))
    assert svg_map.Frame.around(shapely.Point(0, 0), 300, 200).meters == pytest.approx(svg_map.LEAST_M / 300)


def test_the_scale_bar_is_as_long_as_it_says():
    frame = svg_map.Frame.around(shapely.box(0, 0, 4_000, 100), 300, 200)
    text = svg_map.picture(
        frame,
        builders.grid(3, 3, 150.0),
        places=[],
        catchments=[],
        doors=np.zeros((0, 2)),
        marks=[],
        notes=[],
        fonts=[],
    )
    start, end = (float(n) for n in re.search(r'd="M([\d.]+) [\d.]+V[\d.]+H([\d.]+)V', text).groups())  # type: ignore[union-attr]
    label = ElementTree.fromstring(text).findall("{http://www.w3.org/2000/svg}text")[-1].text
    assert label == "500 m" and (end - start) * frame.meters == pytest.approx(500, abs=frame.meters)


def test_names_never_stand_on_one_another():
    places = [
        (f"村{i}", shapely.box(x, y, x + 500, y + 500)) for i, (x, y) in enumerate([(0, 0), (0, 0), (500, 0), (0, 500)])
    ]
    frame = svg_map.Frame.around(shapely.box(0, 0, 1_000, 1_000), 300, 300)
    text = svg_map.picture(
        frame,
        builders.grid(3, 3, 150.0),
        places=places,
        catchments=[],
        doors=np.zeros((0, 2)),
        marks=[],
        notes=[],
        fonts=[],
    )
    at = {
        (e.text, float(e.get("x", 0)), float(e.get("y", 0)))
        for e in ElementTree.fromstring(text).iter()
        if (e.text or "").startswith("村")
    }
    assert len(at) == 4
    for name, x, y in at:
        for other, x2, y2 in at:
            assert name == other or abs(y - y2) >= 9 or abs(x - x2) >= svg_map.text_width(name, 6.5)


def test_a_long_note_is_broken_and_none_of_it_is_lost():
    note = "© OpenStreetMap contributors, " * 6 + "底图数据由测绘主管部门提供" * 4
    frame = svg_map.Frame.around(shapely.box(0, 0, 1_000, 1_000), 300, 300)
    lines = [re.sub("<.*?>", "", line.split("</text>")[1]) for line in svg_map.note_lines(frame, [note])][::-1]
    assert len(lines) > 3 and "".join(lines).replace(" ", "") == note.replace(" ", "")
    assert all(svg_map.text_width(line, svg_map.NOTE_SIZE) <= svg_map.NOTE_SHARE * 300 for line in lines)


def test_typst_reads_no_file_but_its_template():
    """The template includes and reads nothing: no path and no package of its own."""
    template = Path(site_print.TEMPLATE).read_text(encoding="utf-8")
    assert not re.search(r"#?(import|include|read|eval|csv|yaml|plugin)\b\s*[\"(]", template)
