"""Input that cannot be used: a message that names it and the mend, exit code 2, nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import shared_data
from tests.geo.cli.conftest import DRAWING, WAYS, Refused, Run, catchments, eastward_slope, write
from tests.geo.osmfile import NORTH, WEST, write_osm


def test_streets_that_cannot_be_read(refused: Refused, desk: Path) -> None:
    whole = (desk / "streets.osm").read_bytes()
    (desk / "cut.osm").write_bytes(whole[: len(whole) // 2])
    (desk / "text.osm.pbf").write_text("no streets here\n", encoding="utf-8")
    (desk / "empty.osm.pbf").touch()
    (desk / "folder.osm").mkdir()
    for source in ("cut.osm", "text.osm.pbf", "empty.osm.pbf"):
        message = refused("streets", source, "--out", "net.arrow")
        assert f"{source} cannot be read as OpenStreetMap data" in message and "Fetch or make the file again" in message
    for source in ("missing.osm.pbf", "folder.osm"):
        assert f"There is no file {source}" in refused("streets", source, "--out", "net.arrow")
    assert "has an ending that is not known here" in refused("streets", "centers.csv", "--out", "net.arrow")


def test_a_truncated_real_extract(refused: Refused, desk: Path) -> None:
    data = shared_data("bayfront_singapore.osm.pbf").read_bytes()
    (desk / "cut.osm.pbf").write_bytes(data[: len(data) * 2 // 3])
    assert "cut.osm.pbf cannot be read" in refused("streets", "cut.osm.pbf", "--out", "net.arrow")


def test_an_extract_without_walkable_ways(refused: Refused, desk: Path) -> None:
    write_osm(desk / "streets.osm", DRAWING, [("abc", {"highway": "motorway"}), ("bd", {"building": "yes"})])
    message = refused(*catchments("--out", "out.geojson"))
    assert "streets.osm holds no street that can be walked" in message and "motorway" in message


def test_networks_that_cannot_be_read(refused: Refused, run: Run, desk: Path) -> None:
    run("streets", "streets.osm", "--out", "net.arrow")
    whole = (desk / "net.arrow").read_bytes()
    (desk / "cut.arrow").write_bytes(whole[:-100])
    middle = len(whole) // 2
    (desk / "flipped.arrow").write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    (desk / "text.arrow").write_text("no network\n", encoding="utf-8")
    for source in ("cut.arrow", "flipped.arrow", "text.arrow"):
        assert f"{source} cannot be read as a street network file" in refused("info", source)
    assert "There is no file missing.arrow" in refused("info", "missing.arrow")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("x", -51.2, -30.0)], ["lies on the ground of the streets", "use streets and points of the same place"]),
        ([("x", NORTH, WEST)], ["swapped", "Swap the columns"]),
        ([("x", 390_000.0, 2_784_000.0), ("y", 390_500.0, 2_784_000.0)], ["look like meters", "convert them"]),
        ([("x", WEST, NORTH), ("x", WEST, NORTH)], ["row 2, id (x)", "row 1 has the same id"]),
        ([("x", WEST, "nan"), ("y", "", NORTH)], ["row 1, lat (nan)", "row 2, lon", "give degrees"]),
        ([("x", WEST, "north")], ["row 1, lat (north)", "not a number"]),
        ([("", WEST, NORTH)], ["row 1, id", "there is no id"]),
        ([], ["holds no rows", "Give at least one"]),
    ],
    ids=["outside", "swapped", "meters", "duplicate", "nan", "text", "no id", "empty"],
)
def test_centers_that_cannot_be_used(
    refused: Refused, desk: Path, rows: list[tuple[object, object, object]], expected: list[str]
) -> None:
    write(desk / "centers.csv", rows)
    message = refused(*catchments("--out", "out.geojson"))
    assert all(text in message for text in ["centers.csv", *expected])


def test_swapped_columns_in_a_place_where_both_are_possible_degrees(refused: Refused, desk: Path) -> None:
    write_osm(desk / "streets.osm", DRAWING, WAYS)
    moved = (desk / "streets.osm").read_text(encoding="utf-8").replace('lon="118.', 'lon="18.')
    (desk / "streets.osm").write_text(moved, encoding="utf-8")
    write(desk / "centers.csv", [("x", NORTH, WEST - 100)])
    assert "latitude and longitude are swapped" in refused(*catchments())


def test_tables_that_cannot_be_read(refused: Refused, desk: Path) -> None:
    (desk / "void.csv").touch()
    (desk / "book.xlsx").write_text("no workbook", encoding="utf-8")
    write(desk / "lonely.csv", [], header="id,lon")
    write(desk / "one.csv", [("x", WEST, "")], header="id,lon,note")
    arguments = ("catchments", "--streets", "streets.osm", "--out", "out.csv", "--centers")
    assert "There is no file missing.csv" in refused(*arguments, "missing.csv")
    assert "void.csv holds no rows" in refused(*arguments, "void.csv")
    assert "book.xlsx cannot be read" in refused(*arguments, "book.xlsx")
    assert "one.csv (centers) lacks the column lat" in refused(*arguments, "one.csv")
    assert "ending that is not known" in refused(*arguments, "streets.osm")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--speed", "0"], "speed = 0 m/s cannot be used"),
        (["--speed", "-1.2"], "speed = -1.2 m/s cannot be used"),
        (["--speed", "nan"], "speed = nan m/s cannot be used"),
        (["--speed", "5"], "speed = 5 m/s cannot be used"),
        (["--speed", "fast"], "Invalid value for '--speed'"),
        (["--minutes", "15,10,5"], "minutes = 15,10,5 cannot be used"),
        (["--minutes", "5,5"], "minutes = 5,5 cannot be used"),
        (["--minutes", "5,ten"], "minutes = 5,ten cannot be used: not numbers"),
        (["--minutes", "0,5"], "minutes = 0,5 cannot be used"),
        (["--minutes", "nan"], "minutes = nan cannot be used"),
        (["--minutes", ""], "cannot be used: not numbers"),
        (["--minutes", "500"], "rising order up to 240"),
        (["--max-snap", "0"], "snap distance = 0 m cannot be used"),
        (["--max-snap", "nan"], "snap distance = nan m cannot be used"),
        (["--profile", "cyclist"], "'adult', 'elderly', 'child'"),
        (["--direction", "up"], "'to', 'from'"),
        (["--sped", "1"], "No such option"),
    ],
)
def test_options_that_cannot_be_used(refused: Refused, options: list[str], expected: str) -> None:
    assert expected in refused(*catchments("--out", "out.geojson", *options))


@pytest.mark.parametrize("minutes", ["0", "-5", "nan", "241", "5,10"])
def test_minutes_of_a_matrix_that_cannot_be_used(refused: Refused, minutes: str) -> None:
    points = ("--origins", "centers.csv", "--destinations", "centers.csv", "--out", "out.csv")
    assert "minutes" in refused("matrix", "--streets", "streets.osm", *points, "--minutes", minutes)


def test_elevation_models_that_cannot_be_used(refused: Refused, desk: Path) -> None:
    eastward_slope(desk / "elsewhere.tif", west=WEST + 1)
    eastward_slope(desk / "half.tif", west=WEST + 0.01)
    (desk / "text.tif").write_text("no raster\n", encoding="utf-8")
    for name, expected in {
        "elsewhere.tif": "covers only 0.0 % of the street network",
        "half.tif": "of the street network. Use a model that covers lon 118.9–118.92",
        "text.tif": "cannot be read as an elevation model",
        "missing.tif": "There is no file missing.tif",
    }.items():
        for command in (catchments(), ("streets", "streets.osm")):
            assert expected in refused(
                *command, "--elevation", name, "--out", "net.arrow" if len(command) == 2 else "o.csv"
            )


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ("nonsense", "nonsense"),
        ("EPSG:4326", "100 m of street here would be"),
        ("EPSG:3857", "100 m of street here would be 110."),  # 1 / cos(25.2°), and more to the north
        ("EPSG:32631", "coordinate system = EPSG:32631 cannot be used"),
    ],
    ids=["unknown", "degrees", "web mercator", "another zone"],
)
def test_coordinate_systems_that_do_not_measure_meters_here(refused: Refused, crs: str, expected: str) -> None:
    assert expected in refused("streets", "streets.osm", "--out", "net.arrow", "--crs", crs)


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("nowhere/out.geojson", "nowhere/out.geojson cannot be written: there is no folder nowhere"),
        ("centers.csv/out.geojson", "there is no folder centers.csv"),
        ("folder.geojson", "folder.geojson cannot be written: it is a folder"),
        ("out.docx", "out.docx has an ending that is not known here. Use one of: .geojson, .gpkg, .parquet, .csv"),
        ("out", "ending that is not known"),
        ("", "ending that is not known"),
    ],
)
def test_targets_that_cannot_be_written(refused: Refused, desk: Path, out: str, expected: str) -> None:
    (desk / "folder.geojson").mkdir()
    assert expected in refused(*catchments("--out", out))


@pytest.mark.parametrize(
    "command",
    [("streets", "streets.osm"), ("coverage", "--streets", "streets.osm", "--centers", "c.csv", "--demand", "d.csv")],
)
def test_what_cannot_be_printed(refused: Refused, command: tuple[str, ...]) -> None:
    assert "- has an ending that is not known here" in refused(*command, "--out", "-")


def test_options_that_the_file_has_no_use_for(refused: Refused) -> None:
    message = refused("streets", "streets.osm", "--layer", "roads", "--out", "net.arrow")
    assert "layer = roads cannot be used: streets.osm is an OpenStreetMap file" in message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(refused: Refused, desk: Path) -> None:
    (desk / "locked").mkdir(mode=0o500)
    assert "locked/out.csv cannot be written: Permission denied" in refused(*catchments("--out", "locked/out.csv"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_table_that_may_not_be_read(run: Run, desk: Path) -> None:
    (desk / "centers.csv").chmod(0)
    answer = run(*catchments())
    assert answer.code == 2 and "centers.csv" in answer.err and "Permission denied" in answer.err
