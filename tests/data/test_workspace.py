"""Workspaces: opening, faults, and making one from an extract and a table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from data.__main__ import main
from data.builder import Sources, build
from data.settings import Settings
from data.workspace import ENVIRONMENT, SAMPLE, Workspace, locate
from geo.errors import (
    DamagedFileError,
    EmptyTableError,
    FolderInUseError,
    MissingFileError,
    NotAWorkspaceError,
    ParameterError,
    TableFaultsError,
)
from tests.conftest import ROOT, shared_data

TOWN, VILLAGE, OTHER = "350505001000", "350505001001", "350505001002"

STREETS_OSM = """<osm version="0.6">
<node id="1" version="1" lat="25.130" lon="118.900"/><node id="2" version="1" lat="25.130" lon="118.910"/>
<node id="3" version="1" lat="25.140" lon="118.910"/>
<way id="9" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
</osm>"""
#    3        a street east, then north, about 1 km each way
#    |
# 1--2

CENTERS_CSV = f"""id,name,lon,lat,home,governing,layout,status,joint,batch,opened,stars,operating_model
a,甲中心,118.901,25.130,{VILLAGE},,single_site,open,false,1,2022-01-15,5,property_company
b,乙中心,118.910,25.135,{OTHER},{OTHER};{VILLAGE},linked_points,building,true,2,,,
"""


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    streets, centers, demand = (tmp_path / name for name in ("s.osm", "centers.csv", "people.csv"))
    streets.write_text(STREETS_OSM)
    centers.write_text(CENTERS_CSV, encoding="utf-8")
    demand.write_text("lon,lat,age_0_14,age_15_59,age_60_plus\n118.902,25.1301,1,2,4\n118.909,25.1301,8,16,32\n")
    outlines = gpd.GeoDataFrame(
        {"code": ["350505001", VILLAGE, OTHER], "name": ["山腰街道", "锦祥社区", "新宅社区"]},
        geometry=[box(118.8, 25.1, 119, 25.2), box(118.8, 25.1, 118.905, 25.2), box(118.905, 25.1, 119, 25.2)],
        crs="EPSG:4490",
    )
    outlines.to_file(tmp_path / "villages.gpkg")
    return Sources(streets, centers, demand=demand, jurisdictions=tmp_path / "villages.gpkg", name="试验区")


@pytest.fixture
def workspace(tmp_path: Path, sources: Sources) -> Workspace:
    return build(tmp_path / "made" / "here", sources)


def test_maps_of_its_streets_credit_openstreetmap_unless_the_settings_say_whom(workspace: Workspace) -> None:
    assert workspace.attribution == "© OpenStreetMap contributors"
    with workspace.path("streets").with_name("workspace.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[map]\nattribution = "泉港区测绘院"\n')
    assert Workspace.open(workspace.folder).attribution == "泉港区测绘院"
    assert Workspace.open(SAMPLE).attribution == "", "its streets are nobody's"


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}")]


def test_tables_have_their_types(workspace: Workspace) -> None:
    centers = workspace.centers.set_index("id")
    assert centers.loc["b", "governing"] == (OTHER, VILLAGE)
    assert centers.loc["a", "governing"] == (VILLAGE,), "a center without governing codes is governed by its home"
    assert centers["joint"].tolist() == [False, True]
    assert centers.loc["a", "opened"] == pd.Timestamp("2022-01-15")
    assert pd.isna(centers.loc["b", "opened"])
    assert pd.isna(centers.loc["b", "stars"])
    assert (centers["quality"] == "approximate").all(), "what nobody vouched for is approximate"


def test_residents_get_totals_and_villages(workspace: Workspace) -> None:
    assert workspace.demand["population"].tolist() == [7, 56]
    assert workspace.demand["village"].tolist() == [VILLAGE, OTHER], "the smallest outline around a point, not the town"
    assert workspace.demand.crs.to_epsg() == 4326
    assert workspace.demand.geometry.iloc[0].distance(Point(118.902, 25.1301)) == 0


def test_jurisdictions_know_level_and_parent(workspace: Workspace) -> None:
    by_code = workspace.jurisdictions.set_index("code")
    assert by_code["level"].to_dict() == {TOWN: "town", VILLAGE: "village", OTHER: "village"}
    assert by_code.loc[VILLAGE, "parent"] == TOWN


def test_network_opens_when_asked(workspace: Workspace) -> None:
    assert "network" not in vars(workspace), "opening a workspace must not read the streets"
    meters = workspace.network.edge_length_m.sum()
    assert 2_000 < meters < 2_250, "0.01° of longitude at 25° N is 1,009 m, of latitude 1,108 m"


def test_content_id_follows_content_not_place(workspace: Workspace, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(workspace.folder, copy)
    assert Workspace.open(copy).content_id == workspace.content_id
    centers = copy / "centers.csv"
    centers.write_text(centers.read_text(encoding="utf-8").replace("118.901", "118.902"), encoding="utf-8")
    assert Workspace.open(copy).content_id != workspace.content_id


def test_without_optional_parts(tmp_path: Path, sources: Sources) -> None:
    bare = build(tmp_path / "bare", Sources(sources.streets, sources.centers))
    assert bare.demand.empty
    assert {"population", "age_60_plus", "geometry"} <= set(bare.demand.columns)
    assert bare.jurisdictions.empty
    assert bare.service_points.empty
    assert bare.elevation_path is None
    assert bare.access_points[["center", "lon"]].to_numpy().tolist() == [["a", 118.901], ["b", 118.91]]


def test_access_points_join_a_center_and_its_service_points(tmp_path: Path, sources: Sources) -> None:
    points = tmp_path / "points.csv"
    points.write_text(
        "id,center,service,name,lon,lat\n"
        "p,b,food,,118.901,25.1301\nq,a,健康小屋,,118.901,25.130\nr,b,X,福船工坊,118.901,25.1301\n",
        encoding="utf-8",
    )
    made = build(tmp_path / "w", Sources(sources.streets, sources.centers, service_points=points))
    assert made.service_points["service"].tolist() == ["food", "health", "extra"]
    assert made.access_points["center"].tolist() == ["a", "b", "b"], "the same address counts once"


def test_every_fault_is_listed_at_once(workspace: Workspace) -> None:
    (workspace.folder / "centers.csv").write_text(
        "id,name,lon,lat,home,joint,status\n"
        f"a,甲,118.9,95,{VILLAGE},no,open\n"  # latitude beyond the pole
        f"a,乙,x,25.1,{VILLAGE},no,open\n"  # repeated id, no number
        "c,,118.9,25.1,350599999999,yes,closed\n",  # no name, unknown village, joint alone, unknown status
        encoding="utf-8",
    )
    (workspace.folder / "service_points.csv").write_text("id,center,service,lon,lat\np,zz,food,118.9,25.1\n")
    with pytest.raises(TableFaultsError) as caught:
        Workspace.open(workspace.folder)
    found = {(fault.column.split(", ")[1], fault.row, fault.code) for fault in caught.value.faults}
    assert found == {
        ("lat", 1, "out_of_range"),
        ("id", 2, "duplicate"),
        ("lon", 2, "not_a_coordinate"),
        ("name", 3, "empty"),
        ("home", 3, "unknown_reference"),
        ("governing", 3, "joint_needs_several"),
        ("status", 3, "not_in_codes"),
        ("center", 1, "unknown_reference"),
    }
    assert all(fault.zh for fault in caught.value.faults), "every fault speaks Chinese as well"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda f: (f / "streets.arrow").unlink(), MissingFileError),
        (lambda f: (f / "workspace.toml").write_text("name_zh = "), DamagedFileError),
        (lambda f: (f / "workspace.toml").write_text('name_zh = "x"\nas_of = "soon"'), ParameterError),
        (lambda f: (f / "workspace.toml").unlink(), NotAWorkspaceError),
        (lambda f: (f / "demand.parquet").write_bytes(b"PAR1 not really"), DamagedFileError),
        (lambda f: (f / "centers.csv").write_bytes("名称\n".encode("gb18030")), DamagedFileError),
        (lambda f: (f / "centers.csv").write_text("id,name\n"), TableFaultsError),
        (lambda f: (f / "centers.csv").write_text(""), DamagedFileError),
    ],
)
def test_damage_is_named(workspace: Workspace, change, error) -> None:
    change(workspace.folder)
    with pytest.raises(error):
        Workspace.open(workspace.folder)


def test_a_workspace_can_begin_without_centers_but_not_with_an_empty_table_of_them(sources: Sources, tmp_path) -> None:
    begun = build(
        tmp_path / "begun", Sources(sources.streets, demand=sources.demand, jurisdictions=sources.jurisdictions)
    )
    assert len(begun.centers) == 0 and len(begun.jurisdictions) == 3 and begun.demand["population"].sum() == 63
    header = tmp_path / "header.csv"
    header.write_text("id,name,lon,lat\n")
    with pytest.raises(EmptyTableError):
        build(tmp_path / "empty", Sources(sources.streets, header))
    assert not (tmp_path / "empty").exists()


def test_a_network_without_centers_is_a_state(workspace: Workspace) -> None:
    """From a table of headers alone, and from a registry whose last center was removed."""
    folder = workspace.folder
    registry = workspace.registry()
    with registry.edit("Li", "begin again") as edit:
        for center in ("a", "b"):
            edit.remove("centers", center)
    registry.close()
    emptied = Workspace.open(folder)
    for path in folder.glob("registry.sqlite*"):
        path.unlink()
    (folder / "centers.csv").write_text("id,name,lon,lat\n")
    unwritten = Workspace.open(folder)
    for opened in (emptied, unwritten):
        assert len(opened.centers) == len(opened.service_points) == len(opened.access_points) == 0
        assert opened.centers.dtypes.equals(workspace.centers.dtypes)
    assert emptied.content_id == unwritten.content_id != workspace.content_id


def test_locate_prefers_argument_then_environment_then_sample(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "nowhere"))
    assert locate(str(workspace.folder)) == workspace.folder
    with pytest.raises(NotAWorkspaceError):
        locate()
    monkeypatch.setenv(ENVIRONMENT, str(workspace.folder))
    assert locate() == workspace.folder
    monkeypatch.delenv(ENVIRONMENT)
    if (SAMPLE / "workspace.toml").exists():
        assert locate() == SAMPLE


def test_settings_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "workspace.toml"
    path.write_text(
        'name_zh = "泉港\\"区"\nname_en = "Quangang"\nas_of = 2023-06-30\ncrs = "EPSG:4549"\nsynthetic = true\n'
        'cutoffs = [5, 7.5, 15]\n[profiles]\nadult = 1.3\n[profiles.wheelchair]\nspeed_mps = 0.7\nname_zh = "轮椅"\n'
        'name_en = "Wheelchair"\n[targets]\ncoverage = 0.9\n[map]\noutlines = false\nreview_number = "GS(2023)1"\n',
        encoding="utf-8",
    )
    first = Settings.read(path)
    assert [(p.id, p.speed_mps) for p in first.profiles] == [("adult", 1.3), ("wheelchair", 0.7)]
    assert first.cutoffs.minutes == (5, 7.5, 15)
    path.write_text(first.to_toml(), encoding="utf-8")
    assert Settings.read(path) == first


def test_building_into_a_used_folder_is_refused(tmp_path: Path, sources: Sources) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "precious.txt").write_text("mine")
    with pytest.raises(FolderInUseError):
        build(used, sources)
    assert (used / "precious.txt").read_text() == "mine"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_build_leaves_nothing(tmp_path: Path, sources: Sources, interruption) -> None:
    def interrupt(text: str, share: float) -> None:
        if text == "writing":
            raise interruption

    folder = tmp_path / "w"
    with pytest.raises(interruption):
        build(folder, sources, interrupt)
    assert not folder.exists()
    assert left_behind(folder) == []


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("c,丙,25.13,118.9", "swapped"),
        ("c,丙,-46.6,-23.5", "outside of the streets"),
        ("a,丙,118.9,25.13", "repeats row 2"),
        ("c,丙,,25.13", "must not be empty"),
        ("c,丙,nan,25.13", "finite"),
    ],
)
def test_bad_centers_are_refused_in_plain_words(
    tmp_path: Path, sources: Sources, row: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    centers = tmp_path / "bad.csv"
    centers.write_text(f"id,name,lon,lat\na,甲,118.901,25.13\n{row}\n", encoding="utf-8")
    assert run("new", tmp_path / "w", "--streets", sources.streets, "--centers", centers) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "w").exists()
    assert left_behind(tmp_path / "w") == []


def test_faults_of_service_points_name_their_file_and_line(tmp_path: Path, sources: Sources, capsys) -> None:
    points = tmp_path / "places.csv"
    points.write_text("id,center,service,lon,lat\np,a,health,118.901,25.13\nq,nobody,health,118.901,25.13\n")
    arguments = ["new", tmp_path / "w", "--streets", sources.streets, "--centers", sources.centers]
    assert run(*arguments, "--service-points", points) == 2
    said = capsys.readouterr().err
    assert "places.csv has 1 fault" in said and "row 3, center (nobody)" in said
    assert left_behind(tmp_path / "w") == []


def test_missing_column_names_what_the_file_has(tmp_path: Path, sources: Sources, capsys) -> None:
    centers = tmp_path / "bad.csv"
    centers.write_text("id,name,east,north\na,甲,118.901,25.13\n", encoding="utf-8")
    assert run("new", tmp_path / "w", "--streets", sources.streets, "--centers", centers) == 2
    assert "east, north" in capsys.readouterr().err


def test_command_line_on_a_real_city(tmp_path: Path) -> None:
    """200 centers drawn from the hexagons of Porto Alegre, as any colleague would give them."""
    hexagons = pd.read_csv(shared_data("poa_hexgrid.csv"))
    west, east, south, north = -51.25, -51.19, -30.06, -30.02
    inner = hexagons[hexagons["lon"].between(west, east) & hexagons["lat"].between(south, north)]
    centers = tmp_path / "centers.csv"
    inner.head(200)[["id", "lon", "lat"]].to_csv(centers, index=False)
    folder = tmp_path / "poa"
    extract = shared_data("porto_alegre_centre.osm.pbf")
    command = ["new", folder, "--streets", extract, "--centers", centers, "--demand", shared_data("poa_hexgrid.csv")]
    done = subprocess.run(
        [sys.executable, "-m", "data", *map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = Workspace.open(folder)
    assert made.demand["population"].sum() == 812_935, "the published total"
    assert np.isnan(made.demand["age_60_plus"]).all(), "unknown ages are unknown, not zero"
    assert made.centers["name"].tolist() == made.centers["id"].tolist()
    assert made.network.n_nodes > 10_000
