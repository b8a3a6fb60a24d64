"""Import: messy files, named faults, exact rows, nothing twice."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from openpyxl.utils.datetime import to_excel

from data.intake.importers import Preview, preview, take
from data.registry.editing import Tally
from data.registry.store import Registry
from data.tables.drafts import draft
from data.tables.exports import export_table
from data.tables.reading import choices
from data.tables.schema import CENTERS
from data.tables.workbooks import fault_workbook
from data.workspace import SAMPLE, Workspace
from geo.datum import Datum, convert_datum
from geo.errors import (
    DamagedFileError,
    EmptyTableError,
    ParameterError,
    StalePreviewError,
    TableFaultsError,
    UnsafeArchiveError,
    UnsupportedFormatError,
    UnsureRemovalError,
)

N_ROWS = 200
FIRST_LINE = 4  # a merged title, a note, the headers, then data

HEADERS = {  # as an office would write them: mixed languages, marks, brackets, spaces
    "id": "中心编号*",
    "name": "Name",
    "lon": " 经 度 ",
    "lat": "纬度(度)",
    "home": "行政区划代码",
    "layout": "建设模式",
    "batch": "批次",
    "status": "STATUS",
    "joint": "是否联域",
    "opened": "启用日期",
    "stars": "星级",
    "floor_area_m2": "面积(㎡)",
    "note": "备注",
}

PLANTED = {  # data row (1-based) → column → what stands there; the fault that it is
    3: {"home": ("350505999999", "unknown_reference")},
    17: {"home": ("35050510", "bad_pattern")},
    31: {"id": ("m030", "duplicate")},
    45: {"batch": ("第二批", "not_a_number")},
    46: {"batch": (1.5, "not_whole")},
    60: {"stars": (2, "out_of_range")},
    61: {"stars": ("六", "not_a_number")},
    75: {"opened": ("2023-02-30", "not_a_date")},
    76: {"opened": ("去年", "not_a_date")},
    90: {"layout": ("多功能型", "not_in_codes")},
    91: {"status": ("漂亮", "not_in_codes")},
    105: {"name": (" \u3000 ", "empty")},
    120: {"floor_area_m2": ("=SUM(A1:A3)", "formula")},
    121: {"floor_area_m2": (-5, "out_of_range")},
    135: {"lon": ("约118.9", "not_a_coordinate")},
    136: {"lat": ("", "empty")},
    150: {"joint": ("也许", "not_a_flag")},
    151: {"joint": ("是", "governing")},
}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.open(SAMPLE)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry.open(tmp_path / "registry.sqlite", create=True)
    yield registry
    registry.close()


def clean_rows(workspace: Workspace) -> pd.DataFrame:
    """What the messy rows mean: 200 centers at front doors of the sample, a fifth with all details."""
    homes = workspace.demand.iloc[:: len(workspace.demand) // N_ROWS].head(N_ROWS).reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "id": [f"m{i:03d}" for i in range(1, N_ROWS + 1)],
            "name": [f"第{i}中心" for i in range(1, N_ROWS + 1)],
            "lon": homes["lon"],
            "lat": homes["lat"],
            "home": homes["village"],
            "layout": ["single_site", "linked_points", "clustered", None] * (N_ROWS // 4),
            "batch": [1, 2, 3, None, 12] * (N_ROWS // 5),
            "status": ["open", "planned", "building", "suspended", "open"] * (N_ROWS // 5),
            "joint": False,
            "opened": [dt.date(2022, 1, 1) + dt.timedelta(days=i) for i in range(N_ROWS)],
            "stars": [3, 4, 5, None] * (N_ROWS // 4),
            "floor_area_m2": [1234.5, 80.0, None, 1000.0] * (N_ROWS // 4),
            "note": None,
        }
    )
    rows.loc[7, "name"] = "{{7*7}}"
    rows.loc[8, "name"] = "<script>alert(1)</script>"
    rows.loc[9, "name"] = "=HYPERLINK(1)"  # text, in a cell that says so
    rows.loc[10, "note"] = "第一行 第二行"
    return rows


WIDE = {ord(c): ord(c) + 0xFEE0 for c in "0123456789.,"}  # full-width forms
LAYOUT_WORDS = {"single_site": "单体集约型", "linked_points": "Linked points", "clustered": "联片聚合"}
STATUS_WORDS = {"open": "已开放", "planned": "规划", "building": "在建", "suspended": "Suspended"}


def messy(row: pd.Series, i: int) -> dict[str, object]:
    """The same row as three different clerks would type it."""
    style = i % 3
    number = row["floor_area_m2"]
    day: dt.date = row["opened"]
    return {
        "id": row["id"] if style else str(row["id"]).translate(WIDE),
        "name": f"\u3000{row['name']} " if style == 1 else row["name"],
        "lon": row["lon"] if style else f" {row['lon']:.7f} ".translate(WIDE),
        "lat": row["lat"] if style != 1 else str(row["lat"]),
        "home": int(row["home"]) if style == 2 else f"{row['home']} ",
        "layout": LAYOUT_WORDS.get(row["layout"]),
        "batch": None
        if pd.isna(row["batch"])
        else [f"{row['batch']:.0f}".translate(WIDE), row["batch"], "  "][style if style < 2 else 1],
        "status": STATUS_WORDS[row["status"]],
        "joint": ["否", "no", 0][style],
        "opened": [f"{day.year}年{day.month}月{day.day}日", to_excel(day), f"{day:%Y/%m/%d}".translate(WIDE)][style],
        "stars": None if pd.isna(row["stars"]) else row["stars"],
        "floor_area_m2": None if pd.isna(number) else [f"{number:,}".translate(WIDE), number, f"{number:,}"][style],
        "note": "第一行\n  第二行 " if row["note"] else None,
    }


@pytest.fixture
def messy_workbook(workspace: Workspace, tmp_path: Path) -> Path:
    clean = clean_rows(workspace)
    shifted = convert_datum(clean[["lon", "lat"]].to_numpy(), Datum.WGS84, Datum.GCJ02)
    clean[["lon", "lat"]] = shifted.round(7)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["泉港区邻里中心一览表(2023年)"])
    sheet.merge_cells("A1:M1")
    sheet.append(["填表:某科   截至六月"])
    sheet.append(list(HEADERS.values()))
    for i, row in clean.iterrows():
        cells = messy(row, int(i))
        for column, (value, _) in PLANTED.get(int(i) + 1, {}).items():
            cells[column] = value
        sheet.append(list(cells.values()))
        if str(cells["name"]).startswith("="):
            sheet.cell(FIRST_LINE + int(i), 2).data_type = "s"
    sheet.append([None] * 5)
    path = tmp_path / "messy.xlsx"
    book.save(path)
    return path


def confirmed(path: Path, workspace: Workspace, registry: Registry) -> Preview:
    """A preview whose coordinates a person has confirmed."""
    first = preview(path, "centers", workspace, registry)
    assert first.must_ask
    return preview(path, "centers", workspace, registry, position=first.hypotheses[0])


def test_messy_workbook_names_every_planted_fault_and_nothing_else(messy_workbook, workspace, registry) -> None:
    shown = confirmed(messy_workbook, workspace, registry)
    found = {(f.line, f.column, f.code) for f in shown.faults}
    planted = {
        (row + FIRST_LINE - 1, "governing" if code == "governing" else column, code)
        for row, cells in PLANTED.items()
        for column, (_, code) in cells.items()
    }
    expected = {
        (line, column, "joint_needs_several" if code == "governing" else code) for line, column, code in planted
    }
    assert found == expected
    assert all(f.zh and f.text for f in shown.faults)


def test_messy_workbook_is_recognized_as_gcj02(messy_workbook, workspace, registry) -> None:
    shown = preview(messy_workbook, "centers", workspace, registry)
    assert shown.must_ask
    assert shown.hypotheses[0].id == "gcj02"
    assert [f.severity for f in shown.faults if f.code == "datum"] == ["warning"]
    raw = pd.to_numeric(shown.draft.frame["lon"])
    assert shown.rows["lon"].isin(raw).all(), "nothing is converted before somebody says so"


def test_messy_workbook_imports_its_sound_rows_exactly(messy_workbook, workspace, registry) -> None:
    shown = confirmed(messy_workbook, workspace, registry)
    with pytest.raises(TableFaultsError):
        take(shown, registry, "Li")
    assert registry.revision == 0
    tally, _ = take(shown, registry, "Li", only_sound=True)
    assert tally.added == N_ROWS - len(PLANTED)
    expected = clean_rows(workspace).drop(index=[row - 1 for row in PLANTED]).reset_index(drop=True)
    stored = registry.frame("centers")
    for name in ("id", "name", "home", "status", "note", "layout", "joint"):
        assert stored[name].fillna("").tolist() == expected[name].fillna("").tolist(), name
    assert stored["opened"].dt.date.tolist() == expected["opened"].tolist()
    for name in ("batch", "stars", "floor_area_m2"):
        np.testing.assert_array_equal(stored[name].to_numpy(float, na_value=np.nan), expected[name].to_numpy(float))
    np.testing.assert_allclose(stored[["lon", "lat"]], expected[["lon", "lat"]], atol=6e-8, rtol=0)


def test_importing_the_same_file_again_changes_nothing(messy_workbook, workspace, registry) -> None:
    take(confirmed(messy_workbook, workspace, registry), registry, "Li", only_sound=True)
    revision = registry.revision
    again = confirmed(messy_workbook, workspace, registry)
    assert again.differences.nothing
    assert again.differences.same == N_ROWS - len(PLANTED)
    take(again, registry, "Li", only_sound=True)
    assert registry.revision == revision


def test_fault_sheet_corrected_and_reimported_completes_the_table(
    messy_workbook, workspace, registry, tmp_path
) -> None:
    shown = confirmed(messy_workbook, workspace, registry)
    take(shown, registry, "Li", only_sound=True)
    book = openpyxl.load_workbook(BytesIO(fault_workbook(shown.draft, "zh")))
    sheet = book.active
    assert sheet.max_row == 1 + len(PLANTED)
    headers = {cell.value: cell.column for cell in sheet[1]}
    lines = [sheet.cell(row, 1).value for row in range(2, sheet.max_row + 1)]
    assert lines == [row + FIRST_LINE - 1 for row in PLANTED]
    assert all(sheet.cell(row, sheet.max_column).value for row in range(2, sheet.max_row + 1))
    formula = sheet.cell(2 + list(PLANTED).index(120), headers["面积(㎡)"])
    assert formula.value == "=SUM(A1:A3)"
    assert formula.data_type == "s", "a formula comes back as text"
    clean = clean_rows(workspace)
    clean[["lon", "lat"]] = convert_datum(clean[["lon", "lat"]].to_numpy(), Datum.WGS84, Datum.GCJ02).round(7)
    for line, (row, cells) in enumerate(PLANTED.items(), start=2):
        for column in cells:
            marked = sheet.cell(line, headers[HEADERS[column].strip()])
            assert marked.comment is not None or column == "joint"
            value = clean.loc[row - 1, column]
            marked.value = None if pd.isna(value) else value if column != "joint" else "否"
    corrected = tmp_path / "corrected.xlsx"
    book.save(corrected)
    again = preview(corrected, "centers", workspace, registry, position=shown.position)
    assert again.faults == ()
    assert take(again, registry, "Li")[0].added == len(PLANTED)
    assert registry.frame("centers")["id"].tolist() == clean["id"].tolist()


def test_a_missing_column_is_told_on_the_fault_sheet(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "c.csv", "编号,经度,纬度\na,118.9,25.13\nb,约118,25.14\n")
    read = draft(path, CENTERS)
    sheet = openpyxl.load_workbook(BytesIO(fault_workbook(read, "zh"))).active
    assert sheet.max_row == 3, "no row can be taken without it"
    problems = [sheet.cell(row, sheet.max_column).value for row in (2, 3)]
    assert all("中心名称: 缺少此列" in problem for problem in problems) and "不是经纬度" in problems[1]
    assert "缺少此列" in sheet.cell(1, sheet.max_column).comment.text


@pytest.mark.parametrize("big", ["1e30", "9007199254740993", "-1e20"])
def test_a_count_that_no_sheet_can_hold_is_a_fault(tmp_path: Path, workspace, registry, big: str) -> None:
    take(preview(write_csv(tmp_path / "c.csv", SMALL), "centers", workspace, registry), registry, "Li")
    path = write_csv(tmp_path / "w.csv", f"中心编号,周次,到访人次\na,2023-W04,{big}\na,2023-W05,6\n")
    shown = preview(path, "weekly_reports", workspace, registry)
    assert [(f.line, f.column, f.code) for f in shown.faults] == [(2, "visits", "too_large")]
    assert shown.rows["visits"].tolist() == [6]


def test_several_values_of_one_shape_are_one_cell(tmp_path: Path, workspace, registry) -> None:
    homes = sorted(workspace.jurisdictions["code"])[-2:]
    points = layer("a", 118.9).to_geo_dict()
    points["features"][0]["properties"] |= {"governing": homes, "note": ["甲", "乙"], "source": {"a": 1}}
    (tmp_path / "a.geojson").write_text(json.dumps(points), encoding="utf-8")
    shown = preview(tmp_path / "a.geojson", "centers", workspace, registry)
    assert shown.faults == ()
    assert shown.rows["governing"].tolist() == [tuple(homes)] and shown.rows["note"].tolist() == ["甲;乙"]


def test_a_key_with_a_slash_is_a_fault(tmp_path: Path, workspace, registry) -> None:
    text = "indicator,scope,period,value\nvisits,a/b,2023,5\nvisits,all,2023,6\na/b,all,2023,7\n"
    shown = preview(write_csv(tmp_path / "t.csv", text), "targets", workspace, registry)
    assert {(f.line, f.column, f.code) for f in shown.faults} == {
        (2, "scope", "bad_pattern"),
        (4, "indicator", "bad_pattern"),
    }


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


SMALL = "编号,名称,经度,纬度,星级\na,泉港甲,118.9,25.13,5\nb,峰尾乙,118.91,25.14,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_any_usual_encoding(tmp_path: Path, workspace, registry, encoding: str) -> None:
    shown = preview(write_csv(tmp_path / "c.csv", SMALL, encoding), "centers", workspace, registry)
    assert shown.rows["name"].tolist() == ["泉港甲", "峰尾乙"]
    assert shown.draft.raw.encoding == {"utf-8": "utf-8-sig"}.get(encoding, encoding)


def test_shapes_in_any_usual_file(tmp_path: Path, workspace, registry) -> None:
    points = gpd.GeoDataFrame(
        {"编号": ["a", "b"], "名称": ["泉港甲", "峰尾乙"]},
        geometry=gpd.points_from_xy([118.9, 118.91], [25.13, 25.14]),
        crs=4326,
    )
    points.to_crs(4549).to_file(tmp_path / "c.gpkg")
    points.to_file(tmp_path / "c.geojson")
    points.to_crs(4549).to_file(tmp_path / "shape.shp", encoding="GB18030")
    (tmp_path / "shape.cpg").unlink()
    import zipfile

    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for part in tmp_path.glob("shape.*"):
            archive.write(part, f"资料/{part.name}")
    for name in ("c.gpkg", "c.geojson", "c.zip"):
        shown = preview(tmp_path / name, "centers", workspace, registry)
        assert shown.rows["name"].tolist() == ["泉港甲", "峰尾乙"], name
        np.testing.assert_allclose(shown.rows["lon"], [118.9, 118.91], atol=1e-9)
    assert shown.draft.raw.encoding == "gb18030"


def layer(ids: str, east: float) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy([east + 0.001 * i for i in range(len(ids))], [25.13] * len(ids))
    return gpd.GeoDataFrame({"编号": list(ids), "名称": list(ids)}, geometry=points, crs=4326)


def test_a_file_with_several_layers_asks_which(tmp_path: Path, workspace, registry) -> None:
    import zipfile

    for name, ids, east in (("甲", "ab", 118.9), ("乙", "cde", 118.91)):
        layer(ids, east).to_file(tmp_path / "l.gpkg", layer=name)
        layer(ids, east).to_file(tmp_path / f"{name}.shp", encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        for part in [*tmp_path.glob("甲.*"), *tmp_path.glob("乙.*")]:
            archive.write(part, part.name)
    for name, names in (("l.gpkg", ["甲", "乙"]), ("l.zip", ["乙.shp", "甲.shp"])):
        assert sorted(choices(tmp_path / name)) == sorted(names)
        with pytest.raises(ParameterError, match="several layers"):
            preview(tmp_path / name, "centers", workspace, registry)
        wanted = next(choice for choice in names if "乙" in choice)
        shown = preview(tmp_path / name, "centers", workspace, registry, sheet=wanted)
        assert shown.rows["id"].tolist() == ["c", "d", "e"]
        with pytest.raises(ParameterError, match="丙"):
            preview(tmp_path / name, "centers", workspace, registry, sheet="丙")


def test_a_table_of_styles_is_no_layer(tmp_path: Path, workspace, registry) -> None:
    """As QGIS keeps one beside the layer; here it even comes first."""
    pyogrio.write_dataframe(pd.DataFrame({"style": ["x"]}), tmp_path / "s.gpkg", layer="layer_styles")
    layer("ab", 118.9).to_file(tmp_path / "s.gpkg", layer="centers")
    assert choices(tmp_path / "s.gpkg") == ["centers"]
    assert preview(tmp_path / "s.gpkg", "centers", workspace, registry).rows["id"].tolist() == ["a", "b"]


def test_points_moved_on_a_map_are_where_they_were_moved_to(tmp_path: Path, workspace, registry) -> None:
    take(preview(write_csv(tmp_path / "a.csv", SMALL), "centers", workspace, registry), registry, "Li")
    export_table(registry.frame("centers"), CENTERS, tmp_path / "out.gpkg", "zh")
    drawn = gpd.read_file(tmp_path / "out.gpkg")
    drawn.loc[1, "geometry"] = shapely.Point(118.92, 25.15)
    drawn.to_file(tmp_path / "moved.gpkg")
    shown = preview(tmp_path / "moved.gpkg", "centers", workspace, registry)
    assert shown.faults == ()
    cells = set(shown.differences.changed[["key", "column", "after"]].itertuples(index=False, name=None))
    assert cells == {("b", "lon", "118.92"), ("b", "lat", "25.15")}
    old = drawn.assign(lon=[118.9, 118.91], lat=[25.13, 25.14])  # as earlier exports were
    old.to_crs(4549).to_file(tmp_path / "old.gpkg")
    (found,) = preview(tmp_path / "old.gpkg", "centers", workspace, registry).faults
    assert (found.code, found.row, found.severity) == ("moved", 2, "error")
    rounded = old.set_geometry(gpd.points_from_xy(old["lon"] + 4e-6, old["lat"] - 4e-6), crs=4326)
    rounded.to_file(tmp_path / "rounded.gpkg")
    assert preview(tmp_path / "rounded.gpkg", "centers", workspace, registry).faults == ()


def test_columns_that_the_file_lacks_keep_what_is_there(tmp_path: Path, workspace, registry) -> None:
    take(preview(write_csv(tmp_path / "a.csv", SMALL), "centers", workspace, registry), registry, "Li")
    with registry.edit("Li") as edit:
        edit.put("centers", {"id": "a", "status": "suspended", "note": "keep"}, version=1)
    partial = write_csv(
        tmp_path / "b.csv", "编号,名称,经度,纬度,星级,状态\na,泉港甲,118.9,25.13,,\nc,丙,118.9,25.14,3,在建\n"
    )
    shown = preview(partial, "centers", workspace, registry)
    assert shown.differences.changed.to_dict("records") == [{"key": "a", "column": "stars", "before": "5", "after": ""}]
    assert (shown.differences.new, shown.differences.gone) == (("c",), ("b",))
    _, written = take(shown, registry, "Li")
    assert written == registry.revision
    again = preview(partial, "centers", workspace, registry)
    assert take(again, registry, "Li") == (Tally(same=2), None), "nobody else's change is taken for its own"
    a = registry.record("centers", "a")
    assert (a["stars"], a["status"], a["note"]) == (None, "suspended", "keep"), "empty clears; no default overwrites"
    assert registry.frame("centers")["id"].tolist() == ["a", "b", "c"], "what is gone from the file stays, unless asked"
    take(preview(partial, "centers", workspace, registry), registry, "Li", remove_gone=True)
    assert registry.frame("centers")["id"].tolist() == ["a", "c"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".gpkg"])
def test_a_table_exported_and_imported_again_changes_nothing(tmp_path: Path, workspace, registry, ending: str) -> None:
    """Places with more digits than a workbook keeps: degrees and minutes, and points drawn on a map."""
    text = "id,name,lon,lat,floor_area_m2\na,甲,118°54′30″,25°8′20″,0.1\nb,乙,118.90833333333335,25.133333333333333,\n"
    take(preview(write_csv(tmp_path / "c.csv", text), "centers", workspace, registry), registry, "Li")
    export_table(registry.frame("centers"), CENTERS, tmp_path / f"out{ending}", "zh")
    again = preview(tmp_path / f"out{ending}", "centers", workspace, registry)
    assert again.faults == ()
    assert again.differences.nothing, again.differences.changed.to_dict("records")
    assert again.differences.same == 2


def test_what_changed_after_the_preview_is_not_overwritten(tmp_path: Path, workspace, registry) -> None:
    path = write_csv(tmp_path / "a.csv", SMALL)
    take(preview(path, "centers", workspace, registry), registry, "Li")
    shown = preview(write_csv(tmp_path / "b.csv", SMALL.replace("甲", "丁")), "centers", workspace, registry)
    with registry.edit("Wang") as edit:
        edit.put("centers", {"id": "b", "stars": 3}, version=1)
    with pytest.raises(StalePreviewError, match="by Wang"):
        take(shown, registry, "Li")
    assert registry.frame("centers")["name"].tolist() == ["泉港甲", "峰尾乙"]


def test_a_person_can_choose_columns_and_suggestions_help(tmp_path: Path, workspace, registry) -> None:
    path = write_csv(tmp_path / "c.csv", "编号,中心的名称,经度,纬度\na,甲,118.9,25.13\n")
    first = preview(path, "centers", workspace, registry)
    assert [(f.column, f.code) for f in first.faults] == [("name", "missing_column")]
    assert first.draft.match.suggested["name"] == ("中心的名称",)
    assert first.rows.empty
    shown = preview(path, "centers", workspace, registry, columns={"name": "中心的名称"})
    assert shown.rows["name"].tolist() == ["甲"]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0", UnsupportedFormatError),
        ("a.xlsx", b"PK\x03\x04 cut off", DamagedFileError),
        ("a.csv", b"", EmptyTableError),
        ("a.csv", "编号,名称\n".encode(), EmptyTableError),
        ("a.csv", b"\xff\xff\x00\x01\x81", DamagedFileError),
        ("a.zip", b"PK", DamagedFileError),
        ("a.geojson", b"{", DamagedFileError),
    ],
)
def test_files_that_are_none(tmp_path: Path, workspace, registry, name: str, content: bytes, error) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        preview(tmp_path / name, "centers", workspace, registry)


def test_a_bomb_of_a_workbook_is_refused(tmp_path: Path, workspace, registry) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    with pytest.raises(UnsafeArchiveError):
        preview(tmp_path / "bomb.xlsx", "centers", workspace, registry)


def test_weekly_reports_jumps_are_marked_but_not_refused(tmp_path: Path, workspace, registry) -> None:
    take(preview(write_csv(tmp_path / "c.csv", SMALL), "centers", workspace, registry), registry, "Li")
    rows = "\n".join(f"a,2023-W{w:02d},{100 + w}" for w in range(1, 5))
    text = f"中心编号,周次,到访人次\n{rows}\na,2023年第5周,1200\na,2023-W06,-3\nzz,2023-W01,5\nb,2023-01-10,7\n"
    shown = preview(write_csv(tmp_path / "w.csv", text), "weekly_reports", workspace, registry)
    found = {(f.line, f.column, f.code, f.severity) for f in shown.faults}
    assert found == {
        (6, "visits", "jump", "warning"),
        (7, "visits", "too_low", "error"),
        (8, "center", "unknown_reference", "error"),
    }
    assert take(shown, registry, "Li", only_sound=True)[0].added == 6
    assert registry.record("weekly_reports", "b/2023-W02")["visits"] == 7, "a date means its week"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("中心编号,周次,到访人次", "a,第五周,7"),
        ("中心编号,周次,到访人次", "aa,2023-W05,7"),
        ("中心编号,第,到访人次", "a,2023-W05,7"),
    ],
)
def test_a_record_behind_an_unreadable_key_is_not_removed(tmp_path: Path, workspace, registry, header, row) -> None:
    """The key cannot be read, names another center, or has no column: a full file, but who is to say what is gone?"""
    take(preview(write_csv(tmp_path / "c.csv", SMALL), "centers", workspace, registry), registry, "Li")
    full = "中心编号,周次,到访人次\na,2023-W04,5\na,2023-W05,6\n"
    take(preview(write_csv(tmp_path / "w.csv", full), "weekly_reports", workspace, registry), registry, "Li")
    faulty = write_csv(tmp_path / "f.csv", f"{header}\na,2023-W04,5\n{row}\n")
    shown = preview(faulty, "weekly_reports", workspace, registry)
    revision = registry.revision
    with pytest.raises(TableFaultsError if shown.rows.empty else UnsureRemovalError):
        take(shown, registry, "Li", only_sound=True, remove_gone=True)
    assert registry.revision == revision and len(registry.frame("weekly_reports")) == 2
    elsewhere = write_csv(tmp_path / "e.csv", "中心编号,周次,到访人次\na,2023-W05,许多\na,2023-W06,7\n")
    shown = preview(elsewhere, "weekly_reports", workspace, registry)
    take(shown, registry, "Li", only_sound=True, remove_gone=True)
    assert registry.frame("weekly_reports")["week"].tolist() == ["2023-W05", "2023-W06"], (
        "a faulty row is not a removed one"
    )


def test_a_repeated_key_names_the_line_that_the_sheet_shows(tmp_path: Path) -> None:
    rows = ["一览表,,,", "编号,名称,经度,纬度", "a,甲,118.9,25.1", ",,,", "b,乙,118.9,25.1", "b,丙,118.9,25.1"]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    (found,) = draft(tmp_path / "a.csv", CENTERS).faults
    assert (found.code, found.line) == ("duplicate", 6)
    assert "第 5 行" in found.zh and "row 5" in found.text
