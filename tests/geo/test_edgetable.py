"""Reading tables of street lines, drawn here with the same letters as the OpenStreetMap files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, MultiLineString, Point, Polygon, force_3d
from shapely.geometry.base import BaseGeometry

from geo.errors import (
    DamagedFileError,
    EmptyTableError,
    MissingColumnError,
    MissingCrsError,
    MissingFileError,
    NoWalkableStreetsError,
    ParameterError,
    TableFaultsError,
    UnsupportedFormatError,
)
from geo.streets.edgetable import read_edges
from geo.streets.osm import read_osm
from geo.streets.reading import read_streets
from geo.streets.roadclass import highway_value
from geo.streets.table import NO_BACKWARD, STEPS, STREET_CLASSES, STRUCTURE, StreetTable
from tests.conftest import shared_data
from tests.geo.osmfile import HOUSE_STREET, nodes, place, words, write_osm

CROSS = """
  d
a b c
  e
"""
ZONE_118_30 = 4549
"""EPSG code of CGCS2000, 3-degree zone at 120° E."""


def line(word: str, drawing: str = CROSS) -> LineString:
    return LineString([place(drawing, letter) for letter in word])


def table_of(
    lines: Sequence[BaseGeometry | str | None], columns: Mapping[str, Sequence[object]] | None = None
) -> gpd.GeoDataFrame:
    shapes = [line(item) if isinstance(item, str) else item for item in lines]
    return gpd.GeoDataFrame(dict(columns or {}), geometry=shapes, crs=4326)


def read(folder: Path, table: gpd.GeoDataFrame, **options: str) -> StreetTable:
    path = folder / "roads.gpkg"
    table.to_file(path)
    return read_edges(path, **options)


def classes(table: StreetTable) -> list[str]:
    return [STREET_CLASSES[code] for code in table.edge_class]


class TestJunctions:
    def test_lines_join_at_shared_vertices_on_the_way_too(self, tmp_path: Path) -> None:
        table = read(tmp_path, table_of(["abc", "db"]))
        assert words(table, CROSS) == ["ab", "bc", "db"]
        assert nodes(table, CROSS) == "abcd"
        assert table.edge_way.tolist() == [1, 1, 2]

    def test_lines_that_only_cross_stay_apart(self, tmp_path: Path) -> None:
        table = read(tmp_path, table_of(["ac", "de"]))
        assert words(table, CROSS) == ["ac", "de"]
        assert table.n_nodes == 4

    @pytest.mark.parametrize(("gap_deg", "n_nodes"), [(0.9e-7, 3), (1e-6, 4)])
    def test_vertices_nearer_than_the_tolerance_are_one(self, tmp_path: Path, gap_deg: float, n_nodes: int) -> None:
        lon, lat = place(CROSS, "b")
        table = read(tmp_path, table_of(["ab", LineString([(lon + gap_deg, lat), place(CROSS, "c")])]))
        assert table.n_nodes == n_nodes
        starts = table.shape_lonlat[table.shape_indptr[:-1]]
        assert np.array_equal(starts, table.node_lonlat[table.edge_nodes[:, 0]])

    def test_multilines_are_taken_apart_and_heights_dropped(self, tmp_path: Path) -> None:
        both = force_3d(MultiLineString([line("ab"), line("de")]), 12.0)
        table = read(tmp_path, table_of([both]))
        assert words(table, CROSS) == ["ab", "de"]
        assert table.edge_way.tolist() == [1, 1]

    def test_a_projected_table_is_brought_to_degrees(self, tmp_path: Path) -> None:
        table = read(tmp_path, table_of(["abc", "dbe"]).to_crs(ZONE_118_30))
        assert words(table, CROSS) == ["ab", "bc", "be", "db"]

    def test_the_same_streets_as_from_openstreetmap(self, tmp_path: Path) -> None:
        ways = ["adc", "aec", "abc", "bd"]
        surveyed = read(tmp_path, table_of(ways))
        mapped = read_osm(write_osm(tmp_path / "a.osm", CROSS, [(word, HOUSE_STREET) for word in ways]))
        assert words(surveyed, CROSS) == words(mapped, CROSS)
        assert nodes(surveyed, CROSS) == nodes(mapped, CROSS)

    def test_dead_ends_at_the_hull_are_truncated(self, tmp_path: Path) -> None:
        table = read(tmp_path, table_of(["abc", "dbe"]))
        assert nodes(table, CROSS, truncated=True) == "acde"


class TestColumns:
    def test_what_a_street_is_by_name_whatever_the_case(self, tmp_path: Path) -> None:
        columns = {"FClass": ["track_grade2", "Footway", "motorway", None], "private": [1, 1, 1, 1]}
        table = read(tmp_path, table_of(["ab", "bc", "bd", "be"], columns))
        assert classes(table) == ["track", "footway", "road"]
        assert table.report == {"motor_only": 1, "unknown_class": 1}

    def test_chinese_classes_fill_each_other(self, tmp_path: Path) -> None:
        columns = {"CSDLDJ": ["主干路", None, "", "高架路"], "GLXZDJ": [None, "县道", "古道", None]}
        table = read(tmp_path, table_of(["ab", "bc", "bd", "be"], columns))
        assert classes(table) == ["primary", "secondary", "road"]
        assert table.report == {"motor_only": 1, "unknown_class": 1}

    def test_codes_as_numbers(self, tmp_path: Path) -> None:
        table = read(tmp_path, table_of(["ab", "bc", "bd"], {"GB": [430700, 440300, 420206]}))
        assert classes(table) == ["steps", "path", "primary"]
        assert table.edge_flags.tolist() == [STEPS, 0, 0]

    def test_numbers_with_gaps(self, tmp_path: Path) -> None:
        table = read(tmp_path, table_of(["ab", "bc"], {"GB": [430500.0, np.nan], "layer": [np.nan, 1.0]}))
        assert classes(table) == ["residential", "road"]
        assert table.edge_flags.tolist() == [0, STRUCTURE]

    def test_a_class_column_by_choice(self, tmp_path: Path) -> None:
        columns = {"highway": ["primary"], "kind": ["path"]}
        assert classes(read(tmp_path, table_of(["ab"], columns), class_column="kind")) == ["path"]
        with pytest.raises(MissingColumnError, match=r"nowhere.*highway, kind"):
            read(tmp_path, table_of(["ab"], columns), class_column="nowhere")

    def test_flags(self, tmp_path: Path) -> None:
        columns = {
            "Bridge": ["T", "F", "F", "0"],
            "隧道": ["否", "是", None, "否"],
            "oneway_foot": ["no", "", "yes", None],
            "steps": [False, False, False, True],
        }
        table = read(tmp_path, table_of(["ab", "bc", "bd", "be"], columns))
        assert table.edge_flags.tolist() == [STRUCTURE, STRUCTURE, NO_BACKWARD, STEPS]

    @pytest.mark.parametrize(
        ("layer", "flags"), [(["0", "0"], [0, 0]), (["-1", "2"], [STRUCTURE] * 2), (["ROADS", ""], [0, 0])]
    )
    def test_layers_off_the_ground_are_structures(self, tmp_path: Path, layer: list[str], flags: list[int]) -> None:
        assert read(tmp_path, table_of(["ab", "de"], {"Layer": layer})).edge_flags.tolist() == flags

    def test_access_by_the_rules_of_pedestrians(self, tmp_path: Path) -> None:
        columns = {"access": ["private", "private", "no"], "foot": [None, "yes", None]}
        table = read(tmp_path, table_of(["ab", "bc", "bd"], columns | {"highway": ["service"] * 3}))
        assert words(table, CROSS) == ["bc"]
        assert table.report == {"private": 1, "no_access": 1}

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("residential", "residential"),
            ("unknown", "road"),
            ("国道", "trunk"),
            ("420101", "trunk"),
            ("古道", None),
            ("42", None),
        ],
    )
    def test_highway_value(self, text: str, value: str | None) -> None:
        assert highway_value(text) == value


class TestFormats:
    @pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.geojson", "a.fgb", "a.parquet"])
    def test_every_format(self, tmp_path: Path, name: str) -> None:
        table = table_of(["abc", "dbe"], {"fclass": ["path", "steps"]})
        path = tmp_path / name
        table.to_parquet(path) if path.suffix == ".parquet" else table.to_file(path)
        streets = read_streets(path)
        assert words(streets, CROSS) == ["ab", "bc", "be", "db"]
        assert sorted(classes(streets)) == ["path", "path", "steps", "steps"]

    @pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
    @pytest.mark.parametrize("zipped", [False, True])
    def test_a_chinese_shapefile_without_its_encoding(self, tmp_path: Path, encoding: str, zipped: bool) -> None:
        column = {"GBK": "道路类型", "UTF-8": "道路类"}[encoding]  # ten bytes of a name are kept
        path = tmp_path / "路.shp"
        table_of(["ab", "bc"], {column: ["国道", "小路"]}).to_file(path, encoding=encoding)
        path.with_suffix(".cpg").unlink()
        if zipped:
            packed = tmp_path / "roads.zip"
            with zipfile.ZipFile(packed, "w") as archive:
                for part in tmp_path.glob("路.*"):
                    archive.write(part, part.name)
            path = packed
        assert classes(read_edges(path)) == ["trunk", "path"]

    def test_the_only_layer_of_lines_is_taken(self, tmp_path: Path) -> None:
        path = tmp_path / "a.gpkg"
        gpd.GeoDataFrame(geometry=[Point(118.9, 25.2)], crs=4326).to_file(path, layer="stops")
        table_of(["ab"]).to_file(path, layer="roads")
        assert words(read_edges(path), CROSS) == ["ab"]
        table_of(["bc"]).to_file(path, layer="lanes")
        assert words(read_edges(path, layer="lanes"), CROSS) == ["bc"]
        with pytest.raises(ParameterError, match="one of: roads, lanes"):
            read_edges(path)
        with pytest.raises(ParameterError, match="no such layer"):
            read_edges(path, layer="rivers")

    def test_the_ending_tells_the_reader(self, tmp_path: Path) -> None:
        path = write_osm(tmp_path / "A.OSM", CROSS, [("abc", HOUSE_STREET), ("bd", {"route": "ferry"})])
        assert words(read_streets(path, ferries=True), CROSS) == ["ab", "bc", "bd"]
        with pytest.raises(UnsupportedFormatError, match=r"roads\.dwg.*\.osm\.pbf.*\.gpkg"):
            read_streets(tmp_path / "roads.dwg")

    def test_ferries_of_a_table_are_kept_where_they_are_asked_for(self, tmp_path: Path) -> None:
        path = tmp_path / "roads.gpkg"
        table_of(["ab", "bc"], {"highway": ["path", "ferry"]}).to_file(path)
        assert (classes(read_streets(path)), read_streets(path).report) == (["path"], {"ferry": 1})
        assert classes(read_streets(path, ferries=True)) == ["path", "ferry"]

    @pytest.mark.parametrize("option", ["layer", "class_column"])
    def test_an_openstreetmap_file_has_no_layers(self, tmp_path: Path, option: str) -> None:
        path = write_osm(tmp_path / "a.osm", CROSS, [("abc", HOUSE_STREET)])
        with pytest.raises(ParameterError, match="roads"):
            read_streets(path, **{option: "roads"})

    def test_a_layer_that_is_no_number_says_nothing(self, tmp_path: Path) -> None:
        layers = ["+-1", "--2", "", "+1", "-1", "1.0"]
        flags = read(tmp_path, table_of(["ab"] * 6, {"layer": layers})).edge_flags
        assert ((flags & STRUCTURE) > 0).tolist() == [False] * 3 + [True] * 3

    def test_progress_rises_to_one(self, tmp_path: Path) -> None:
        told: list[float] = []
        table_of(["ab"]).to_file(tmp_path / "a.gpkg")
        read_edges(tmp_path / "a.gpkg", progress=lambda text, share: told.append(share))
        assert told == sorted(told)
        assert (told[0], told[-1]) == (0, 1)


class TestBadTables:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(MissingFileError):
            read_edges(tmp_path / "none.gpkg")

    @pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.zip", "a.geojson", "a.parquet"])
    def test_damaged(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("no table")
        with pytest.raises(DamagedFileError, match="table of lines"):
            read_edges(tmp_path / name)

    def test_a_table_without_geometry(self, tmp_path: Path) -> None:
        table_of(["ab"], {"a": [1]}).drop(columns="geometry").to_parquet(tmp_path / "a.parquet")
        with pytest.raises(DamagedFileError, match="geo"):
            read_edges(tmp_path / "a.parquet")

    def test_no_coordinate_system(self, tmp_path: Path) -> None:
        table_of(["ab"]).to_file(tmp_path / "a.shp")
        (tmp_path / "a.prj").unlink()
        with pytest.raises(MissingCrsError, match=r"\.prj"):
            read_edges(tmp_path / "a.shp")

    def test_no_rows(self, tmp_path: Path) -> None:
        table_of(["ab"]).iloc[:0].to_file(tmp_path / "a.gpkg")
        with pytest.raises(EmptyTableError):
            read_edges(tmp_path / "a.gpkg")

    def test_meters_that_claim_to_be_degrees(self, tmp_path: Path) -> None:
        meters = LineString([(389_000, 2_790_000), (389_100, 2_790_000)])
        with pytest.raises(TableFaultsError, match=r"row 2, geometry \(389000 2\.79e\+06\)") as caught:
            read(tmp_path, table_of(["ab", meters]))
        assert len(caught.value.faults) == 1

    @pytest.mark.filterwarnings("ignore:invalid value encountered")  # shapely's, while the line is made
    def test_a_vertex_that_is_not_a_number(self, tmp_path: Path) -> None:
        broken = LineString([place(CROSS, "a"), (np.nan, np.nan), place(CROSS, "b")])
        table_of(["ab", broken]).to_parquet(tmp_path / "a.parquet")
        with pytest.raises(TableFaultsError, match="row 2, geometry"):
            read_edges(tmp_path / "a.parquet")

    def test_rows_without_a_line_are_counted(self, tmp_path: Path) -> None:
        square = Polygon([place(CROSS, letter) for letter in "adc"])
        path = tmp_path / "a.geojson"
        table_of(["ab", None, square, Point(118.9, 25.2), LineString()]).to_file(path)
        table = read_edges(path)
        assert words(table, CROSS) == ["ab"]
        assert table.report == {"no_geometry": 4, "unknown_class": 1}

    def test_no_walkable_line(self, tmp_path: Path) -> None:
        with pytest.raises(NoWalkableStreetsError, match="2 lines, left out: 2 motorways"):
            read(tmp_path, table_of(["ab", "bc"], {"道路类型": ["高速公路", "匝道"]}))

    def test_lines_without_length(self, tmp_path: Path) -> None:
        spot = place(CROSS, "a")
        with pytest.raises(NoWalkableStreetsError, match="without length"):
            read(tmp_path, table_of([LineString([spot, spot])]))


def test_a_real_network_written_as_a_table_reads_the_same(tmp_path: Path) -> None:
    mapped = read_osm(shared_data("bayfront_singapore.osm.pbf"))
    lines = [LineString(mapped.shape_lonlat[start:end]) for start, end in pairwise(mapped.shape_indptr)]
    table = gpd.GeoDataFrame(
        {"highway": [STREET_CLASSES[code] for code in mapped.edge_class]}, geometry=lines, crs=4326
    )
    surveyed = read(tmp_path, table)
    assert surveyed.n_nodes == len(np.unique(mapped.node_lonlat, axis=0))
    assert np.array_equal(surveyed.shape_lonlat, mapped.shape_lonlat)
    assert np.array_equal(surveyed.edge_class, mapped.edge_class)
