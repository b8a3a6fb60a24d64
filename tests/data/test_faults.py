"""Faults: every one that the code can find is told in Chinese and in English, with the same facts."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from data.tables.columns import Table
from data.tables.faults import FOUND_BY_GEO, SENTENCES, TableFault, fault, sentence
from data.tables.frames import typed_frame
from data.tables.schema import CENTERS, TABLES
from data.tables.workbooks import template
from geo.errors import Fault, TableFaultsError
from geo.people.areas import Areas
from geo.points import PointTable, check_place
from tests.conftest import ROOT
from tests.languages import half_width, strange_words

RAISERS = {"Fault": 2, "fault": 0, "CellError": 0}
"""Function → the place of the fault code among its arguments."""
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
FORWARDED = {"error.code", "check"}
"""Codes that are passed on: of a CellError, of pandera's checks (`error=`) and of DECIDERS, all found below."""
DECIDERS = {"_misplaced"}


def codes_in(path: str) -> Iterator[str]:
    """Every fault code that the modules of a folder name."""
    for file in (ROOT / path).rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            if function.name in DECIDERS:
                yield from (text for text in texts(function) if "_" in text)
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                yield from codes_of(call, function)


def codes_of(call: ast.Call, function: ast.FunctionDef) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name in RAISERS and len(call.args) > RAISERS[name]:
        code = call.args[RAISERS[name]]
        if isinstance(code, ast.Name) and ast.unparse(code) not in FORWARDED:
            yield from (text for text in texts(function) if "_" in text and CODE.fullmatch(text))  # named around it
        else:
            assert ast.unparse(code) in FORWARDED or list(texts(code)), f"{ast.unparse(call)}: its code cannot be read"
            yield from (text for text in texts(code) if CODE.fullmatch(text))
    for keyword in call.keywords:
        if keyword.arg == "error" and name in ("in_range", "ge", "Check", "str_matches"):
            yield from texts(keyword.value)


def texts(tree: ast.AST) -> list[str]:
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize(("folder", "told"), [("geo", FOUND_BY_GEO), ("data", SENTENCES)])
def test_every_fault_that_can_be_found_has_its_sentence_and_no_sentence_is_left_over(folder: str, told: dict) -> None:
    assert set(codes_in(folder)) == set(told)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_sentences_say_the_same_in_proper_chinese() -> None:
    for code, (zh, en) in SENTENCES.items():
        assert fields(zh) == fields(en), code
        assert not strange_words(zh, "zh", ["2023-W05"]) and not strange_words(en, "en"), code
    for zh in [*FOUND_BY_GEO.values(), *(zh for zh, _ in SENTENCES.values())]:
        filled = zh.format(**dict.fromkeys(fields(zh), "5"))
        assert not half_width(filled), filled


def test_choices_titles_and_notes_are_told_in_the_language_of_the_sentence() -> None:
    centers = {"id": ["a b", "b"], "name": "甲", "lon": 118.9, "lat": 25.1, "status": ["漂亮", "open"], "stars": [9, 3]}
    import pandas as pd

    _, faults = typed_frame(pd.DataFrame(centers), CENTERS)
    lost = fault("unknown_reference", "center", row=1, value="x", table=CENTERS.words)
    assert {f.code for f in faults} == {"bad_pattern", "not_in_codes", "out_of_range"}
    for found in [*faults, lost]:
        assert not strange_words(found.zh, "zh") and not half_width(found.zh), found.zh
        assert not strange_words(found.text, "en"), found.text
    assert lost.zh == "在“邻里中心”中找不到。请先添加，或更正编号"


def found_by_geo() -> Iterator[Fault]:
    """Faults with facts, as geo finds them."""
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry import box

    twice = pd.DataFrame({"id": ["a", "a"], "lon": ["118°54'", "118.9"], "lat": [25.1, 25.1]})
    overlapping = gpd.GeoDataFrame(
        {"id": ["a", "b"], "population": [1, 2]}, geometry=[box(0, 0, 2, 1), box(1, 0, 3, 1)], crs=4326
    )
    far = PointTable.of(pd.DataFrame({"lon": [1.5], "lat": [2.5]}), "far.csv")
    for attempt in (
        lambda: PointTable.of(twice, "t.csv"),
        lambda: Areas.of(overlapping, "o.gpkg"),
        lambda: check_place(far, 118, 25, 119, 26),
    ):
        with pytest.raises(TableFaultsError) as caught:
            attempt()
        yield from caught.value.faults


def test_what_geo_finds_is_told_in_chinese_with_all_its_facts() -> None:
    told = {found.code: (found, sentence(found, "zh")) for found in found_by_geo()}
    assert set(told) == {"id_duplicate", "coordinate_as_angle", "areas_overlap", "outside_network"}
    for found, zh in told.values():
        assert found.facts
        assert all(str(fact) in zh and str(fact) in found.text for fact in found.facts.values()), zh
        assert not half_width(zh) and not strange_words(zh, "zh", map(str, found.facts.values())), zh
        assert sentence(found, "en") == found.text
    assert "50 %" in told["areas_overlap"][1]


def test_a_fault_of_the_data_layer_is_told_the_same_way() -> None:
    found = fault("jump", "visits", row=3, before="120")
    assert isinstance(found, TableFault)
    assert "120" in sentence(found, "zh") and "120" in sentence(found, "en")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_notes_and_headers_of_templates_are_proper_chinese(table: Table) -> None:
    for column in table.columns:
        assert not half_width(f"{column.zh} {column.note_zh}".replace(" ; ", " ")), column
    assert template(table, "zh").startswith(b"PK")
