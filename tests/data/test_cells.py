"""Cells, headers and code lists: what people write is read as what they mean, or not at all."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.intake.differences import differences
from data.registry.records import from_records, to_records
from data.tables.cells import (
    CellError,
    Formula,
    as_date,
    as_degrees,
    as_flag,
    as_integer,
    as_list,
    as_number,
    as_week,
    plain,
)
from data.tables.codes import CODE_LISTS, fold
from data.tables.columns import Column, level_of, parent_of
from data.tables.drafts import shortest
from data.tables.faults import SENTENCES
from data.tables.frames import DEGREE_DIGITS, empty_frame, typed_frame
from data.tables.headers import header_row, match_headers
from data.tables.schema import CENTERS, REGISTERED, TABLES

WIDE = {ord(c): ord(c) + 0xFEE0 for c in "0123456789.,-"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12", 12),
        (" 12.50 ", 12.5),
        ("１２．５", 12.5),
        ("1,234,567.5", 1234567.5),
        ("１，２３４", 1234),
        ("1e3", 1000),
        (7, 7),
        (7.5, 7.5),
    ],
)
def test_numbers(written: object, meant: float) -> None:
    assert as_number(written) == meant


@pytest.mark.parametrize("written", ["12人", "1,23", "1_000", "一百", "--3", True, "nan", "inf", Formula("=A1")])
def test_what_is_no_number(written: object) -> None:
    with pytest.raises(CellError):
        as_number(written)


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_numbers_survive_text(number: float) -> None:
    assert as_number(shortest(number)) == number
    assert as_number(shortest(number).translate(WIDE)) == number


@given(st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)))
def test_a_date_in_any_usual_writing(day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    y, m, d = day.year, day.month, day.day
    written: list[object] = [day, dt.datetime(y, m, d, 8, 30), serial, float(serial), day.isoformat()]
    written += [f"{y}/{m}/{d}", f"{y}.{m}.{d}", f"{y}年{m}月{d}日", f"{y}{m:02d}{d:02d}", f" {y}-{m}-{d} 00:00:00"]
    assert {as_date(cell) for cell in written} == {day}
    iso = day.isocalendar()
    week = f"{iso.year}-W{iso.week:02d}"
    assert {as_week(c) for c in (day, week, f"{iso.year}年第{iso.week}周", f"{iso.year}W{iso.week}")} == {week}


@pytest.mark.parametrize("written", ["2023-13-01", "2023-02-30", "05/01/2023", "五月一日", "12", 3.5, "2023"])
def test_what_is_no_date(written: object) -> None:
    with pytest.raises(CellError, match="not_a_date"):
        as_date(written)


@pytest.mark.parametrize("written", ["2023-W54", "2021-W53", "第5周", "W05"])
def test_what_is_no_week(written: str) -> None:
    with pytest.raises(CellError, match="not_a_week"):
        as_week(written)


def test_flags_lists_degrees_and_text() -> None:
    assert [as_flag(v) for v in ("是", "Y", "√", "1", 1, True)] == [True] * 6
    assert [as_flag(v) for v in ("否", "no", "×", "0", 0, False)] == [False] * 6
    assert as_list("a；b、 c,,a\nd") == ("a", "b", "c", "d")
    assert as_degrees("118°50′06″") == pytest.approx(118 + 50 / 60 + 6 / 3600, abs=1e-12)
    assert as_degrees("东经118.835") == 118.835
    assert plain("\u3000 第一\n\n行\u200b ") == "第一 行"
    assert plain(350505001001.0) == "350505001001"
    with pytest.raises(CellError, match="not_whole"):
        as_integer(2.5)


def test_no_name_of_a_code_list_means_two_codes() -> None:
    for codes in CODE_LISTS.values():
        seen: dict[str, str] = {}
        for code in codes:
            for name in {fold(n) for n in (code.id, code.zh, code.en, *code.also)}:
                assert name, f"{codes.name}.{code.id} has a name without letters"
                assert seen.setdefault(name, code.id) == code.id, f"{codes.name}: {name}"
                assert codes.find(name) == code.id


def test_no_two_columns_of_a_table_share_their_own_headers() -> None:
    for table in TABLES.values():
        for language in ("zh", "en"):
            headers = [fold(column.header(language)) for column in table.columns]
            assert len(set(headers)) == len(headers), table.name
            assert match_headers([c.header(language) for c in table.columns], table).unmatched == ()
        assert match_headers(table.names, table).unmatched == ()
        assert set(table.key) <= set(table.names)


def test_references_lead_to_columns() -> None:
    for table in TABLES.values():
        for column in table.columns:
            other, _, target = column.refers.partition(".")
            assert not other or other == "indicators" or TABLES[other][target]
    names = [table.name for table in REGISTERED]
    for table in REGISTERED:
        for column in table.columns:
            other = column.refers.partition(".")[0]
            assert other not in names or names.index(other) < names.index(table.name), "what is referred to comes first"


def test_headers_are_found_below_titles_and_suggested_by_likeness() -> None:
    rows = [
        ["一览表", None, None],
        ["填表人:某", None, None],
        ["*中心编号", "中心名称(全称)", "经度(°)"],
        ["a", "b", "1"],
    ]
    assert header_row(rows, CENTERS) == 2
    match = match_headers(["*中心编号", "中心名称(全称)", "经度(°)", "纬度值", "无关"], CENTERS)
    assert match.matched == {"id": "*中心编号", "name": "中心名称(全称)", "lon": "经度(°)"}
    assert match.unmatched == ("纬度值", "无关")
    assert match.suggested["lat"] == ("纬度值",)


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("350505000000", "county", None),
        ("350505001000", "town", "350505000000"),
        ("350505001001", "village", "350505001000"),
        ("350500000000", None, None),
        ("350000000000", None, None),
        ("3505", None, None),
        ("35050500100x", None, None),
    ],
)
def test_codes_tell_level_and_parent(code: str, level: str | None, parent: str | None) -> None:
    assert (level_of(code), parent_of(code)) == (level, parent)


def test_every_fault_speaks_both_languages_with_the_same_facts() -> None:
    import string

    for code, (zh, en) in SENTENCES.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh, en)]
        assert fields[0] == fields[1], code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh), code


def value_of(column: Column) -> st.SearchStrategy[object]:
    text = st.text(alphabet="甲乙ab 1=<{'\"&", min_size=1, max_size=8).map(lambda t: t.strip() or "x")
    by_kind: dict[str, st.SearchStrategy[object]] = {
        "integer": st.integers(int(column.low or 0), int(column.high or 10**9)),
        "number": st.floats(column.low or 0, column.high or 1e9),
        "degrees": st.floats(column.low, column.high).map(lambda degrees: round(degrees, DEGREE_DIGITS)),
        "flag": st.booleans(),
        "date": st.dates(dt.date(1950, 1, 1), dt.date(2099, 1, 1)),
        "week": st.just("2023-W05"),
        "list": st.lists(st.sampled_from(["350505001001", "350505001002"]), unique=True),
    }
    if column.codes is not None:
        one = st.sampled_from(column.codes.ids)
        return st.lists(one, unique=True) if column.listed else one
    return by_kind.get(column.kind, st.just("350505001001") if column.pattern else text)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_records_survive_the_way_there_and_back(data: st.DataObject) -> None:
    record = {}
    for column in CENTERS.columns:
        optional = not (column.required or column.listed or column.default is not None)
        value = data.draw(st.none() | value_of(column) if optional else value_of(column), label=column.name)
        record[column.name] = " ".join(value.split()) if isinstance(value, str) else value
    frame = from_records([record], CENTERS)
    assert to_records(frame, CENTERS) == [record]
    again, faults = typed_frame(frame, CENTERS)
    assert faults == []
    assert differences(frame, again, CENTERS).nothing, "reading what was read changes nothing"


def test_typed_frames_have_the_contract_s_types_even_without_rows() -> None:
    for table in TABLES.values():
        typed, faults = typed_frame(pd.DataFrame({c.name: [] for c in table.columns}), table)
        assert faults == []
        pd.testing.assert_series_equal(typed.dtypes, empty_frame(table).dtypes)


def test_every_row_of_a_table_that_is_all_wrong_is_named() -> None:
    raw = pd.DataFrame({"id": ["a"] * 3, "name": "x", "lon": ["east", 500, math.inf], "lat": [25, 26, 27]})
    _, faults = typed_frame(raw, CENTERS)
    assert {(f.row, f.column, f.code) for f in faults} == {
        (1, "lon", "not_a_coordinate"),
        (2, "lon", "out_of_range"),
        (3, "lon", "not_finite"),
        (2, "id", "duplicate"),
        (3, "id", "duplicate"),
    }


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("weekly_reports", "到访人次（人）", "visits"),
        ("weekly_reports", "到访人次【必填】", "visits"),
        ("weekly_reports", "满意度(百分比)", "satisfaction"),
        ("weekly_reports", "满意度（％）", "satisfaction"),
        ("centers", "建筑面积（㎡）", "floor_area_m2"),
        ("centers", "建筑面积(m²，含公摊)", "floor_area_m2"),
        ("centers", "面积 [单位：平方米]", "floor_area_m2"),
        ("centers", "经度（东经，度）", "lon"),
        ("centers", "x(m)", "lon"),
        ("demand", "常住人口（2020年）", "population"),
        ("demand", "0–14岁（人）", "age_0_14"),
        ("rating_rules", "奖励（元）", "reward_yuan"),
        ("weekly_reports", "到访人次(万)", None),
        ("weekly_reports", "到访人次（百人次）", None),
        ("weekly_reports", "到访人次（%）", None),
        ("weekly_reports", "Visits (thousands)", None),
        ("weekly_reports", "满意度（‰）", None),
        ("centers", "建筑面积(亩)", None),
        ("centers", "建筑面积（单位：公顷）", None),
        ("demand", "总人口（万人）", None),
        ("rating_rules", "奖励（万元）", None),
    ],
)
def test_brackets_are_passed_over_unless_they_name_another_unit(table: str, header: str, column: str | None) -> None:
    found = match_headers([header], TABLES[table])
    assert dict(found.matched) == ({column: header} if column else {})
    assert column or not found.suggested, "it is not even guessed"
