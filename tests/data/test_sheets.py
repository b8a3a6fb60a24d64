"""Workbooks as offices make them: percent signs, merged cells, failed formulas; and files that were damaged."""

from __future__ import annotations

import random
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from data.intake.population import read_population
from data.tables.drafts import Draft, draft
from data.tables.schema import CENTERS, SERVICE_POINTS, WEEKLY_REPORTS
from data.tables.sheets import sheet_names
from data.tables.workbooks import fault_workbook
from geo.errors import AtlasError, DamagedFileError, ParameterError, TableFaultsError

HEADERS = ["中心编号", "周次", "到访人次", "满意度（%）", "备注"]


def workbook(tmp_path: Path, rows: list[list[object]], *, merged: tuple[str, ...] = (), percent: tuple[str, ...] = ()):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    for place in percent:
        sheet[place].number_format = "0.0%"
    book.save(tmp_path / "t.xlsx")
    return tmp_path / "t.xlsx"


def found(read: Draft) -> set[tuple[int | None, str, str]]:
    return {(fault.line, fault.column, fault.code) for fault in read.faults}


def test_a_cell_shown_in_percent_counts_as_shown(tmp_path: Path) -> None:
    rows: list[list[object]] = [HEADERS, ["a", "2023-W01", 7, 0.95, ""], ["a", "2023-W02", 0.5, 95, 0.29]]
    read = draft(workbook(tmp_path, rows, percent=("D2", "C3", "E3")), WEEKLY_REPORTS)
    assert read.frame["satisfaction"].tolist() == [95.0, 95.0]
    assert read.frame["note"][1] == "29%"
    assert found(read) == {(3, "visits", "percent")}
    back = openpyxl.load_workbook(BytesIO(fault_workbook(read, "zh"))).active
    assert (back["E2"].value, back["E2"].number_format, back["F2"].value) == (95, "General", 0.29)
    (tmp_path / "t.xlsx").write_bytes(fault_workbook(read, "zh"))
    assert draft(tmp_path / "t.xlsx", WEEKLY_REPORTS).frame["note"].tolist() == ["29%"], "it comes back as it was"


@given(st.integers(0, 10_000))
def test_percents_are_exact_to_a_hundredth(hundredths: int) -> None:
    from data.tables.cells import Percent, reader

    assert reader(WEEKLY_REPORTS["satisfaction"])(Percent(hundredths / 10_000)) == hundredths / 100


def test_merged_cells_hold_for_each_row_and_numbers_are_asked_about(tmp_path: Path) -> None:
    """Under a title and headers on two lines: the center is merged down, and so is a capacity, perhaps their sum."""
    rows: list[list[object]] = [
        ["服务点一览表"],
        ["编号", "中心编号", "服务", "名称", "位置", None, "容量"],
        [None, None, None, None, "经度", "纬度", None],
        ["s1", "a", "食堂", "甲", 118.9, 25.1, 30],
        ["s2", None, "食堂", "乙", 118.9, 25.1, None],
        ["s3", "b", "食堂", "丙", 118.9, 25.1, 5],
    ]
    merged = ("A1:G1", "A2:A3", "B2:B3", "C2:C3", "D2:D3", "E2:F2", "G2:G3", "B4:B5", "G4:G5")
    read = draft(workbook(tmp_path, rows, merged=merged), SERVICE_POINTS)
    assert read.frame["center"].tolist() == ["a", "a", "b"]
    assert read.frame["lon"].tolist() == [118.9] * 3
    assert found(read) == {(4, "capacity", "merged"), (5, "capacity", "merged")}
    assert read.raw.lines.tolist() == [4, 5, 6]
    back = openpyxl.load_workbook(BytesIO(fault_workbook(read, "zh"))).active
    assert [back.cell(row, 8).value for row in (2, 3)] == ["30", "30"], "to be corrected"


def test_numbers_of_merged_cells_are_codes_where_codes_are_wanted_and_never_residents(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["编号", "名称", "经度", "纬度", "所在辖区", "人口"],
        ["a", "甲", 118.9, 25.1, 350505001001, 40],
        ["b", "乙", 118.9, 25.1, None, None],
    ]
    path = workbook(tmp_path, rows, merged=("E2:E3", "F2:F3"))
    read = draft(path, CENTERS)
    assert (read.frame["home"].tolist(), read.faults) == (["350505001001"] * 2, ())
    with pytest.raises(TableFaultsError, match="40"):
        read_population(path)


def test_headers_two_rows_high_are_no_row_of_data(tmp_path: Path) -> None:
    rows: list[list[object]] = [["编号", "名称", "经度", "纬度"], [], ["a", "甲", 118.9, 25.1]]
    read = draft(workbook(tmp_path, rows, merged=("A1:A2", "B1:B2", "C1:C2", "D1:D2")), CENTERS)
    assert (read.frame["id"].tolist(), read.faults) == (["a"], ())


def test_what_is_no_number_to_a_person_is_none(tmp_path: Path) -> None:
    rows: list[list[object]] = [HEADERS, ["a", "2023-W01", True, 90, "#N/A"], ["a", "2023-W02", "#DIV/0!", 90, "是"]]
    path = workbook(tmp_path, rows)
    book = openpyxl.load_workbook(path)
    book.active["D2"] = ArrayFormula("D2", "=SUM(A1:A3*2)")
    book.save(path)
    read = draft(path, WEEKLY_REPORTS)
    expected = {(2, "visits", "not_a_number"), (2, "satisfaction", "formula"), (2, "note", "formula")}
    assert found(read) == expected | {(3, "visits", "formula")}


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADERS, ["a", "2023-W01", 1, 1, ""]])
    with pytest.raises(ParameterError, match=r"nope.*Sheet"):
        draft(path, WEEKLY_REPORTS, sheet="nope")


def rezipped(content: bytes, change) -> bytes:
    """A workbook with the text of its sheet changed, its sums right again."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            made.writestr(name, change(given.read(name)) if name.endswith("sheet1.xml") else given.read(name))
    return out.getvalue()


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    rows: list[list[object]] = [HEADERS, *(["a", f"2023-W{w:02d}", w, 90, f"第{w}周"] for w in range(1, 53))]
    return workbook(tmp_path, rows, merged=("E3:E4",)).read_bytes()


def test_a_sheet_that_breaks_off_is_a_damaged_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.xlsx"
    path.write_bytes(rezipped(content, lambda text: text[: len(text) // 2]))
    with pytest.raises(DamagedFileError, match=r"cut\.xlsx"):
        draft(path, WEEKLY_REPORTS)
    path.write_bytes(rezipped(content, lambda text: text.replace(b"E3:E4", b'A1:E53" /><mergeCell ref="A1:D53')))
    with pytest.raises(DamagedFileError, match="overlap"):
        draft(path, WEEKLY_REPORTS)


def test_flipped_bytes_are_a_plain_error_or_none(content: bytes, tmp_path: Path) -> None:
    chance, path, refused = random.Random(7), tmp_path / "f.xlsx", 0
    for _ in range(60):
        flipped = bytearray(content)
        for _ in range(3):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        for attempt in (lambda: draft(path, WEEKLY_REPORTS), lambda: sheet_names(path)):
            try:
                attempt()
            except AtlasError:
                refused += 1
    assert refused > 30
