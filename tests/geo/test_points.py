"""Tables of points: every planted fault is named, sound tables come through exactly, whatever their container."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.cells import column_texts
from geo.crs import to_metric
from geo.errors import (
    DamagedFileError,
    EmptyTableError,
    MissingColumnError,
    MissingCrsError,
    MissingFileError,
    TableFaultsError,
    UnsupportedFormatError,
)
from geo.points import PointTable, check_place, read_points
from tests.conftest import shared_data

LON, LAT = [118.871234, 118.902, 118.85], [25.131234, 25.2, 25.05]
FRAME = pd.DataFrame(
    {"id": ["山腰", "后龙", "c"], "lon": LON, "lat": LAT, "beds": [10, 0, 30], "名称": ["甲", "乙", "{{7*7}}"]}
)


def faults_of(frame: pd.DataFrame) -> list[tuple[int | None, str, str]]:
    with pytest.raises(TableFaultsError) as caught:
        PointTable.of(frame, "t.csv")
    return [(fault.row, fault.column, fault.code) for fault in caught.value.faults]


def geo(frame: pd.DataFrame, crs: str | None = "EPSG:4326") -> geopandas.GeoDataFrame:
    points = geopandas.points_from_xy(frame["lon"], frame["lat"])
    return geopandas.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=points, crs=crs)


def write(frame: pd.DataFrame, path: Path) -> Path:
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".xlsx":
            frame.to_excel(path, index=False)
        case ".parquet":
            geo(frame).to_crs("EPSG:4549").to_parquet(path)
        case ".shp":
            geo(frame).to_crs("EPSG:4549").to_file(path, encoding="utf-8")
        case _:
            geo(frame).to_file(path)
    return path


# Sound tables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".geojson", ".gpkg", ".parquet", ".shp", ".fgb"])
def test_the_same_table_from_every_container(tmp_path, ending):
    path = write(FRAME, tmp_path / f"centers{ending}")
    table = read_points(path, table_name="centers")
    order = [table.ids.index(i) for i in FRAME["id"]]  # FlatGeobuf sorts by place
    assert len(table) == 3
    assert table.lonlat[order] == pytest.approx(np.column_stack([LON, LAT]), abs=1e-9)
    assert table.attributes["beds"].iloc[order].tolist() == [10, 0, 30]
    assert table.attributes["名称"].iloc[order].tolist() == ["甲", "乙", "{{7*7}}"]
    assert sorted(table.attributes.columns) == ["beds", "名称"]
    assert (table.source, table.ids_numbered) == (str(path), False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_encodings_and_separators(tmp_path, encoding, separator):
    path = tmp_path / "centers.csv"
    path.write_text(FRAME.to_csv(index=False, sep=separator), encoding=encoding)
    table = read_points(path)
    assert table.ids == ("山腰", "后龙", "c")
    assert table.attributes["名称"].tolist() == ["甲", "乙", "{{7*7}}"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("zipped", [False, True])
def test_shapefiles_that_do_not_name_their_encoding(tmp_path, encoding, zipped):
    path = tmp_path / "centers.shp"
    geo(FRAME).to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    if zipped:
        with zipfile.ZipFile(tmp_path / "centers.zip", "w") as archive:
            for part in tmp_path.glob("centers.*"):
                if part.suffix != ".zip":
                    archive.write(part, part.name)
        path = tmp_path / "centers.zip"
    table = read_points(path)
    assert table.ids == ("山腰", "后龙", "c")
    assert table.attributes["名称"].tolist() == ["甲", "乙", "{{7*7}}"]


@pytest.mark.parametrize(
    "names",
    [
        ("ID", "Lon", "LAT"),
        ("编号", "经度", "纬度"),
        ("Id ", " Longitude", "latitude"),
        ("id", "ｌｎｇ", "lat"),
        ("id", "X", "Y"),
    ],
)
def test_column_names_in_the_usual_spellings(names):
    renamed = FRAME.rename(columns=dict(zip(["id", "lon", "lat"], names, strict=True)))
    table = PointTable.of(renamed, "t")
    assert table.ids == tuple(FRAME["id"])
    assert table.lonlat.tolist() == [list(pair) for pair in zip(LON, LAT, strict=True)]


def test_named_degrees_win_over_x_and_y():
    table = PointTable.of(FRAME.assign(x=1, y=2), "t")
    assert table.lonlat[0].tolist() == [LON[0], LAT[0]]
    assert list(table.attributes.columns) == ["beds", "名称", "x", "y"]


def test_without_ids_rows_are_numbered_and_it_says_so():
    table = PointTable.of(FRAME.drop(columns="id"), "t")
    assert (table.ids, table.ids_numbered) == (("1", "2", "3"), True)


def test_ids_are_text_whatever_the_spreadsheet_made_of_them():
    assert PointTable.of(FRAME.assign(id=[350505000000.0, 7.0, 8.5]), "t").ids == ("350505000000", "7", "8.5")


def test_codes_keep_their_zeros_and_their_digits(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(
        "id,lon,lat,code,card,count,note\n01,118.9,25.1,0595,3505050000000012345,4,\n2,118.8,25.2,10,1,5,\n"
    )
    table = read_points(path)
    assert table.ids == ("01", "2")
    assert table.attributes["code"].tolist() == ["0595", "10"]
    assert column_texts(table.attributes, "card") == ("3505050000000012345", "1")
    assert table.attributes["count"].tolist() == [4, 5]


cells = st.one_of(
    st.sampled_from(
        ["1E5", "2E3", "1.10", "1.1", "007", "+5", "-0", "1_0", "NaN", "inf", "", "12345678901234567890", "1."]
    ),
    st.integers().map(str),
    st.floats(allow_nan=False).map(str),
)


@given(ids=st.lists(cells.filter(bool), min_size=1, unique=True), data=st.data())
def test_codes_of_a_text_file_stand_as_they_were_written(tmp_path_factory, ids, data):
    codes = data.draw(st.lists(cells, min_size=len(ids), max_size=len(ids)))
    path = tmp_path_factory.mktemp("codes") / "c.csv"
    rows = [f"{id_},118.9,25.1,{code}" for id_, code in zip(ids, codes, strict=True)]
    path.write_text("\n".join(["id,lon,lat,village", *rows]), encoding="utf-8")
    table = read_points(path)
    assert table.ids == tuple(ids)
    assert column_texts(table.attributes, "village") == tuple(codes)


def test_blank_lines_before_the_header_are_none_and_those_within_keep_their_number(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(" \r\n;;\r\n\r\nid;lon;lat\r\na;118.9;25.1\r\n\r\n  \r\nb;118.9;north\r\n\r\n")
    with pytest.raises(TableFaultsError) as caught:
        read_points(path)
    assert [(fault.row, fault.code) for fault in caught.value.faults if fault.column in ("id", "lat")] == [
        *((row, code) for row in (2, 3) for code in ("coordinate_empty", "id_empty")),
        (4, "coordinate_not_number"),
    ]


def test_empty_rows_at_a_sheets_end_are_no_rows(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("id,lon,lat\na,118.9,25.1\n,,\n,,\n\n")
    assert read_points(path).ids == ("a",)


def test_the_frame_given_is_not_changed():
    before = FRAME.copy(deep=True)
    PointTable.of(FRAME, "t")
    pd.testing.assert_frame_equal(FRAME, before)


def test_a_multipoint_of_one_point_is_a_point():
    frame = geo(FRAME)
    frame["geometry"] = [shapely.MultiPoint([g]) for g in frame.geometry]
    assert PointTable.of(frame, "t").lonlat[:, 0].tolist() == LON


def test_real_table_of_porto_alegre():
    path = shared_data("poa_hexgrid.csv")
    table = read_points(path)
    assert len(table) == 1_227
    assert table.attributes["population"].sum() == 812_935
    assert not check_place(table, -51.26, -30.11, -51.14, -29.99).any()


@given(
    st.lists(
        st.tuples(st.text("abc甲乙01", min_size=1), st.floats(-180, 180), st.floats(-90, 90)),
        min_size=1,
        unique_by=lambda row: row[0],
    )
)
def test_any_sound_table_comes_through_exactly(rows: list[tuple[str, float, float]]):
    ids, lon, lat = zip(*rows, strict=True)
    table = PointTable.of(pd.DataFrame({"id": ids, "lon": lon, "lat": lat}), "t")
    assert table.ids == ids
    assert table.lonlat.tolist() == [[a, b] for a, b in zip(lon, lat, strict=True)]


# Faults, row by row ----------------------------------------------------------------------------------------------

SOUND = {"lon": 118.9, "lat": 25.1}


def test_every_planted_fault_is_named_and_nothing_else():
    rows: list[dict[str, Any]] = [
        {"id": "a", **SOUND},
        {"id": "", **SOUND},
        {"id": None, **SOUND},
        {"id": "a", **SOUND},
        {"id": "e", "lon": "", "lat": 25.1},
        {"id": "f", "lon": 118.9, "lat": np.nan},
        {"id": "g", "lon": "east", "lat": "inf"},
        {"id": "h", "lon": "118°54'28.8\"E", "lat": 25.1},
        {"id": "i", "lon": 190.5, "lat": 25.1},
        {"id": "j", "lon": 25.1, "lat": 118.9},
        {"id": " k ", **SOUND},
        {"id": "k", "lon": 667_000, "lat": 2_780_000},
    ]
    assert faults_of(pd.DataFrame(rows, dtype=object)) == [
        (2, "id", "id_empty"),
        (3, "id", "id_empty"),
        (4, "id", "id_duplicate"),
        (5, "lon", "coordinate_empty"),
        (6, "lat", "coordinate_empty"),
        (7, "lon", "coordinate_not_number"),
        (7, "lat", "coordinate_not_number"),
        (8, "lon", "coordinate_as_angle"),
        (9, "lon", "longitude_out_of_range"),
        (10, "lat", "latitude_out_of_range"),
        (12, "lon", "longitude_out_of_range"),
        (12, "lat", "latitude_out_of_range"),
        (12, "id", "id_duplicate"),
    ]


def test_faults_say_what_to_do(tmp_path):
    path = tmp_path / "centers.csv"
    path.write_text("id,lon,lat\na,118.9,25.1\na,118°30'E,25.1\n")
    with pytest.raises(TableFaultsError) as caught:
        read_points(path, table_name="centers")
    message = str(caught.value)
    for part in (
        "centers.csv (centers) has 2 fault(s)",
        "row 2, lon (118°30'E)",
        "may mean 118.500000",
        "row 1 has the same id",
    ):
        assert part in message


def test_geometries_that_are_no_points():
    frame = geo(FRAME)
    frame["geometry"] = [shapely.LineString([(118, 25), (119, 25)]), None, shapely.Point()]
    assert faults_of(frame) == [
        (1, "geometry", "geometry_not_point"),
        (2, "geometry", "geometry_empty"),
        (3, "geometry", "geometry_empty"),
    ]


# Faults of the whole table ---------------------------------------------------------------------------------------


def test_swapped_columns_are_one_fault():
    assert faults_of(FRAME.assign(lon=LAT, lat=LON)) == [(None, "lon, lat", "axes_swapped")]


@pytest.mark.parametrize("names", [("lon", "lat"), ("x", "y")])
def test_meters_are_one_fault(names):
    xy = to_metric(np.column_stack([LON, LAT]), "EPSG:4549")
    frame = pd.DataFrame({"id": ["a", "b", "c"], names[0]: xy[:, 0], names[1]: xy[:, 1]})
    assert faults_of(frame) == [(None, ", ".join(names), "coordinates_in_meters")]


def test_meters_in_a_geojson_are_one_fault(tmp_path):
    xy = to_metric(np.column_stack([LON, LAT]), "EPSG:4549")
    path = write(FRAME.assign(lon=xy[:, 0], lat=xy[:, 1]), tmp_path / "m.geojson")
    with pytest.raises(TableFaultsError, match="look like meters"):
        read_points(path)


def test_a_fault_of_the_table_does_not_hide_those_of_rows():
    frame = FRAME.assign(lon=LAT, lat=LON, id=["a", "a", "c"])
    assert faults_of(frame) == [(None, "lon, lat", "axes_swapped"), (2, "id", "id_duplicate")]


def test_whole_numbers_under_x_and_y_may_be_anything():
    frame = pd.DataFrame({"id": ["a", "b"], "x": [10, 20], "y": [30, 40]})
    assert faults_of(frame) == [(None, "x, y", "axes_unclear")]
    assert PointTable.of(frame.rename(columns={"x": "lon", "y": "lat"}), "t").lonlat.tolist() == [[10, 30], [20, 40]]


def test_no_rows_and_no_columns(tmp_path):
    with pytest.raises(EmptyTableError):
        PointTable.of(FRAME.iloc[:0], "t")
    with pytest.raises(MissingColumnError, match="lacks the column lat; it has: id, lon, beds") as caught:
        PointTable.of(FRAME.drop(columns="lat"), "t")
    assert caught.value.facts["column"] == "lat"
    for content in ("", "id,lon,lat\n", "id,lon,lat\n,,\n"):
        path = tmp_path / "empty.csv"
        path.write_text(content)
        with pytest.raises(EmptyTableError):
            read_points(path)


def test_geometry_without_a_system_says_so():
    with pytest.raises(MissingCrsError):
        PointTable.of(geo(FRAME, crs=None), "t")


# Place -----------------------------------------------------------------------------------------------------------

BOX = (118.7, 25.0, 119.0, 25.3)


def test_some_points_outside_are_listed():
    table = PointTable.of(FRAME.assign(lon=[118.9, 117.0, 119.04]), "t")
    assert check_place(table, *BOX).tolist() == [False, True, False]
    assert check_place(table, *BOX, margin_deg=0.0).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("lon", "lat", "box", "code"),
    [
        ([41.15, 41.16, 41.17], [-8.6, -8.61, -8.62], (-8.7, 41.1, -8.5, 41.2), "axes_swapped"),
        ([121.0, 121.1, 121.2], [31.0, 31.1, 31.2], BOX, "outside_network"),
    ],
)
def test_all_points_outside_are_one_fault(lon, lat, box, code):
    table = PointTable.of(FRAME.assign(lon=lon, lat=lat), "t")
    with pytest.raises(TableFaultsError, match="none of the 3 points") as caught:
        check_place(table, *box)
    assert [(fault.row, fault.code) for fault in caught.value.faults] == [(None, code)]


# Files that cannot be read ---------------------------------------------------------------------------------------


def test_a_missing_file_and_an_unknown_ending(tmp_path):
    with pytest.raises(MissingFileError, match=r"nowhere\.csv"):
        read_points(tmp_path / "nowhere.csv")
    with pytest.raises(UnsupportedFormatError, match=r"\.docx.*\n?.*\.csv"):
        read_points(tmp_path / "centers.docx")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".geojson", ".gpkg", ".parquet", ".zip", ".shp"])
def test_damaged_files_are_named(tmp_path, ending):
    path = tmp_path / f"centers{ending}"
    path.write_bytes(b"\x00\xff\x81 no table \xff" * 40)
    with pytest.raises(DamagedFileError, match="centers"):
        read_points(path)


@pytest.mark.parametrize("rows", ["a,118.9,25.1,extra\n", "a,118.9,25.1\nb,118.9,25.1,extra\n", 'a,118.9,"25.1\n'])
def test_rows_that_do_not_fit_the_header_are_not_cut(tmp_path, rows):
    path = tmp_path / "c.csv"
    path.write_text("id,lon,lat\n" + rows)
    with pytest.raises(DamagedFileError, match=r"c\.csv"):
        read_points(path)


def test_a_parquet_table_without_geometry_is_a_table(tmp_path):
    path = tmp_path / "plain.parquet"
    FRAME.to_parquet(path)
    assert read_points(path).ids == tuple(FRAME["id"])
