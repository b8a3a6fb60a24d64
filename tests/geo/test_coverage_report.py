"""The command `python -m geo coverage`: all tables, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from data.workspace import SAMPLE
from geo.__main__ import main
from geo.coverage.report import read_jurisdictions
from tests.geo.assessed import sample

TABLES = ["access", "arrows", "coverage", "demand_points", "equity", "flows", "gaps", "ledger", "sharing", "units"]


def arguments(out: Path, **changed: str | None) -> list[str]:
    options: dict[str, str | None] = {
        "streets": str(SAMPLE / "streets.arrow"),
        "centers": str(SAMPLE / "centers.csv"),
        "demand": str(SAMPLE / "demand.parquet"),
        "jurisdictions": str(SAMPLE / "jurisdictions.parquet"),
        "service-points": str(SAMPLE / "service_points.csv"),
        "out": str(out),
    }
    options |= {name.replace("_", "-"): value for name, value in changed.items()}
    return [
        "coverage",
        *(word for name, value in options.items() if value is not None for word in (f"--{name}", value)),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("coverage") / "tables"
    assert main(arguments(out)) == 0
    return out


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype={"code": "str", "home": "str", "server": "str"})


def test_a_folder_holds_every_table_and_they_agree(folder: Path) -> None:
    assert sorted(path.stem for path in folder.iterdir()) == TABLES
    found = sample().coverage
    covered = table(folder, "coverage").query("service == 'any' and group == 'population' and minutes == 15")["covered"]
    assert covered.tolist() == [found.covered[-1, 0]]
    ledger = table(folder, "ledger")
    assert ledger.groupby("level")["covered"].sum().tolist() == [found.covered[-1, 0]] * 3
    gaps = table(folder, "gaps")
    assert gaps.loc[gaps["service"] == "any", "residents"].sum() == found.uncovered[-1, 0]
    points = table(folder, "demand_points")
    assert points.loc[points["minutes"] <= 15, "population"].sum() == found.covered[-1, 0]
    assert (points["services_15_min"] == 6).mul(points["population"]).sum() == sample().services.all_of_them[-1, 0]
    equity = table(folder, "equity").set_index("group").loc["population"]
    assert equity["reached"] + equity["unreached"] == found.residents[0]
    assert set(gaps["service"]) == {"any", *sample().supply.services}


def test_the_report_has_the_three_counties_of_the_joint_center(folder: Path) -> None:
    ledger = table(folder, "ledger").query("level == 'county'").set_index("name")
    assert (ledger.loc[["仙游县", "洛江区"], "worth_by_site"] == ledger.loc[["仙游县", "洛江区"], "covered"]).all()
    assert ledger["worth_of_sharing"].sum() == 0


def test_a_geopackage_holds_them_as_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "coverage.gpkg"
    assert main(arguments(out, minutes="15", profile="elderly")) == 0
    assert sorted(name for name, _ in pyogrio.list_layers(out)) == TABLES
    gaps = gpd.read_file(out, layer="gaps")
    assert gaps.crs.to_epsg() == 4326
    assert gaps.geometry.notna().all()
    assert (gpd.read_file(out, layer="arrows").geom_type == "LineString").all()
    found = sample("elderly", (15.0,)).coverage
    assert gaps.loc[gaps["service"] == "any", "residents"].sum() == found.uncovered[0, 0]
    assert f"{found.covered[0, 0]:,.0f} of {found.residents[0]:,.0f} residents" in capsys.readouterr().err


def test_centers_and_residents_are_enough(tmp_path: Path) -> None:
    """No jurisdictions, no service points: nobody's border is crossed, and no service is given."""
    out = tmp_path / "tables"
    homes = pd.DataFrame({"lon": [118.9079896, 118.9892881], "lat": [25.1131108, 25.1818066], "population": [10, 5]})
    homes.to_csv(tmp_path / "homes.csv", index=False)
    changed = {"demand": str(tmp_path / "homes.csv"), "jurisdictions": None, "service_points": None, "minutes": "15"}
    assert main(arguments(out, **changed)) == 0
    ledger = table(out, "ledger")
    assert ledger["residents"].tolist() == [15, 15, 15]
    assert ledger["covered"].tolist() == [15, 15, 15]
    assert len(table(out, "gaps")) == 0
    coverage = table(out, "coverage").set_index("service")["covered"]
    assert (coverage["any"], coverage["food"], coverage["all"]) == (15, 0, 0)


@pytest.mark.parametrize("out", ["tables.xlsx", "full", "nowhere/tables.gpkg"])
def test_a_target_that_cannot_be_written_is_refused_first(
    out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    assert main(arguments(tmp_path / out, centers="missing.csv")) == 2
    assert "missing.csv" not in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "file"]


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_chinese_names_of_a_shapefile_without_its_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "villages.shp"
    codes = ["350505100001", "350505100002"]
    boxes = [shapely.box(118.9, 25.1, 118.91, 25.11), shapely.box(118.91, 25.1, 118.92, 25.11)]
    frame = gpd.GeoDataFrame({"code": codes, "name": ["惠屿村", "后龙村"]}, geometry=boxes, crs=4326)
    frame.to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    assert read_jurisdictions(path, "EPSG:4549").names == ("惠屿村", "后龙村")


def test_outlines_that_are_none_leave_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table_only = tmp_path / "codes.csv"
    table_only.write_text("code,name\n350505101201,West\n")
    assert main(arguments(tmp_path / "tables", jurisdictions=str(table_only))) == 2
    assert "holds no geometry" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [table_only]
