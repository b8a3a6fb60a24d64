"""The command line on drawn streets, where the answer is arithmetic, and on real ones."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from geo.params import TOBLER
from tests.conftest import shared_data
from tests.geo.cli.conftest import DRAWING, SLOPE, WALK_5_MIN_M, Run, catchments, eastward_slope, write
from tests.geo.osmfile import HOUSE_STREET, place, write_osm


def test_streets_writes_a_network_and_info_describes_it(run: Run, desk: Path) -> None:
    made = run("streets", "streets.osm", "--out", "net.arrow")
    assert (made.code, made.out) == (0, "")
    facts = json.loads(run("info", "net.arrow", "--json").out)
    arms = [Geod(ellps="WGS84").inv(*place(DRAWING, "b"), *place(DRAWING, end))[2] for end in "acd"]
    assert (facts["junctions"], facts["streets"], facts["components"]) == (4, 3, 1)
    assert facts["length_km"] == pytest.approx(sum(arms) / 1000, abs=0.06)
    text = run("info", "net.arrow").out
    assert facts["id"] in text and "residential" in text


def test_info_of_an_extract_is_info_of_its_network(run: Run, desk: Path) -> None:
    run("streets", "streets.osm", "--out", "net.arrow")
    assert run("info", "streets.osm").out == run("info", "net.arrow").out


@pytest.mark.parametrize(
    ("options", "meters"),
    [
        ([], WALK_5_MIN_M),
        (["--profile", "elderly"], 0.8 * 300),
        (["--profile", "child"], 1.0 * 300),
        (["--speed", "1.5"], 1.5 * 300),
        (["--profile", "elderly", "--speed", "1.5"], 1.5 * 300),
    ],
)
def test_a_center_at_the_fork_reaches_speed_times_time_along_each_arm(
    run: Run, options: list[str], meters: float
) -> None:
    answer = run(*catchments("--minutes", "2.5,5", *options))
    assert answer.code == 0
    reached = {(row["id"], row["minutes"]): row["street_length_m"] for row in answer.features}
    assert reached["中心", 5.0] == pytest.approx(3 * meters, abs=0.1)  # 1 mm of the 1.2 m/s is the tie's
    assert reached["中心", 2.5] == pytest.approx(3 * meters / 2, abs=0.1)


@pytest.mark.parametrize(("direction", "arms"), [("to", 2), ("from", 3)])
def test_a_one_way_footpath_counts_in_its_direction_only(run: Run, desk: Path, direction: str, arms: int) -> None:
    away = [("ab", HOUSE_STREET), ("bc", HOUSE_STREET), ("bd", {**HOUSE_STREET, "oneway:foot": "yes"})]
    write_osm(desk / "streets.osm", DRAWING, away)
    rows = run(*catchments("--minutes", "5", "--direction", direction)).features
    assert rows[0]["street_length_m"] == pytest.approx(arms * WALK_5_MIN_M, abs=0.1)
    assert rows[0]["direction"] == direction


def test_slopes_slow_the_walk_by_the_hiking_function(run: Run, desk: Path) -> None:
    eastward_slope(desk / "dem.tif")
    uphill, downhill = TOBLER.speed_factor(np.array([SLOPE, -SLOPE]))
    row = run(*catchments("--minutes", "5", "--elevation", "dem.tif")).features[0]
    from_west, from_east, from_south = WALK_5_MIN_M * np.array([uphill, downhill, 1.0])  # who comes from west climbs
    assert row["street_length_m"] == pytest.approx(from_west + from_east + from_south, rel=0.005)
    run("streets", "streets.osm", "--elevation", "dem.tif", "--out", "hilly.arrow")
    hilly = run("catchments", "--streets", "hilly.arrow", "--centers", "centers.csv", "--minutes", "5").features[0]
    assert hilly["street_length_m"] == row["street_length_m"]


def test_the_exact_polygon_is_the_buffered_streets(run: Run) -> None:
    exact, field = (run(*catchments("--minutes", "5", *more)).features[0]["area_m2"] for more in (["--exact"], []))
    length, half = WALK_5_MIN_M, 25.0
    arms = 2 * length * 2 * half + (length - half) * 2 * half  # a T: two arms in one line, the third from its rim
    caps = 3 * math.pi * half**2 / 2
    assert exact == pytest.approx(arms + caps, rel=0.002)  # a cap is drawn in straight bits
    assert field == pytest.approx(exact, rel=0.01)


def test_a_center_off_the_street_is_listed_and_stays_in_the_result(run: Run) -> None:
    answer = run(*catchments("--max-snap", "100"))
    assert "centers.csv: 1 of 2 points have no street within 100 m: far" in answer.err
    rows = [row for row in answer.features if row["id"] == "far"]
    assert [(row["area_m2"], row["street_length_m"], row["access_m"]) for row in rows] == [(0.0, 0.0, None)] * 3
    assert "far" not in run(*catchments()).err  # 200 m are within the usual distance


def test_standard_output_holds_the_result_alone(run: Run) -> None:
    answer = run(*catchments("--minutes", "5,10"))
    assert [(row["id"], row["minutes"]) for row in answer.features] == [
        ("中心", 10.0),
        ("中心", 5.0),
        ("far", 10.0),
        ("far", 5.0),
    ]


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "parquet", "csv", "GEOJSON"])
def test_every_format_reads_back_the_same(run: Run, desk: Path, ending: str) -> None:
    out = desk / f"结果.{ending}"
    answer = run(*catchments("--minutes", "5,10", "--out", out))
    assert (answer.code, answer.out) == (0, "")
    readers = {"parquet": geopandas.read_parquet, "csv": pd.read_csv}
    found = readers.get(ending, geopandas.read_file)(out)
    assert found["id"].tolist() == ["中心", "中心", "far", "far"]
    assert found["minutes"].tolist() == [10, 5, 10, 5]
    assert found["street_length_m"].iloc[1] == pytest.approx(3 * WALK_5_MIN_M, abs=0.1)
    assert found["profile"].eq("adult").all() and found["speed_mps"].eq(1.2).all()
    if ending != "csv":
        assert found.crs.to_epsg() == 4326
        assert found.to_crs("EPSG:4549").area.tolist() == pytest.approx(found["area_m2"].tolist(), rel=1e-3)
        assert found.is_valid.all()
        assert found.geometry.iloc[0].buffer(1e-6).covers(found.geometry.iloc[1])


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_matrix_is_length_over_speed(run: Run, desk: Path, ending: str) -> None:
    write(desk / "homes.csv", [(name, *place(DRAWING, name)) for name in "acd"])
    run(
        *("matrix", "--streets", "streets.osm", "--origins", "homes.csv", "--destinations", "centers.csv"),
        *("--minutes", "20", "--out", f"times.{ending}"),
    )
    found = pd.read_csv("times.csv") if ending == "csv" else pd.read_parquet("times.parquet")
    minutes = {(row.origin, row.destination): row.minutes for row in found.itertuples()}
    for home in "acd":
        length_m = Geod(ellps="WGS84").inv(*place(DRAWING, home), *place(DRAWING, "b"))[2]
        assert minutes[home, "中心"] == pytest.approx(length_m / 1.2 / 60, rel=1e-3)
    assert ("d", "far") not in minutes  # 1,107 + 504 + 200 m take 25 minutes
    assert minutes["a", "far"] == pytest.approx((503.9 + 199.4) / 1.2 / 60, rel=2e-3)


def test_matrix_prints_a_table(run: Run) -> None:
    answer = run("matrix", "--streets", "streets.osm", "--origins", "centers.csv", "--destinations", "centers.csv")
    assert answer.err == ""
    table = pd.read_csv(io.StringIO(answer.out)).set_index(["origin", "destination"])["minutes"]
    assert table["中心", "中心"] == pytest.approx(0.0, abs=1e-3)
    assert table["中心", "far"] == table["far", "中心"] > 0


def test_help_and_warm(run: Run) -> None:
    for command in ((), ("streets",), ("info",), ("catchments",), ("matrix",), ("warm",)):
        answer = run(*command, "--help")
        assert answer.code == 0 and "Usage: python -m geo" in answer.out
    assert run("warm").code == 0


def test_an_older_result_is_replaced_as_a_whole(run: Run, desk: Path) -> None:
    (desk / "old.csv").write_text("something else, much longer than what comes\n" * 1000, encoding="utf-8")
    run(*catchments("--minutes", "5", "--out", "old.csv"))
    assert len(pd.read_csv(desk / "old.csv")) == 2
    assert sorted(p.name for p in desk.iterdir()) == ["centers.csv", "old.csv", "streets.osm"]


# Real streets ----------------------------------------------------------------------------------------------------


def test_two_hundred_centers_of_porto_alegre_with_and_without_hills(run: Run, desk: Path) -> None:
    extract, model = shared_data("porto_alegre_centre.osm.pbf"), shared_data("poa_elevation.tif")
    hexagons = pd.read_csv(shared_data("poa_hexgrid.csv"))
    hexagons.iloc[::6].head(200).to_csv("centers.csv", index=False)
    assert run("streets", extract, "--out", "flat.arrow").code == 0
    assert run("streets", extract, "--elevation", model, "--out", "hilly.arrow").code == 0
    found = {}
    for name in ("flat", "hilly"):
        answer = run("catchments", "--streets", f"{name}.arrow", "--centers", "centers.csv", "--out", f"{name}.parquet")
        assert answer.code == 0
        frame = geopandas.read_parquet(f"{name}.parquet")
        assert frame["id"].nunique() == 200 and len(frame) == 600
        assert frame.geometry.is_valid.all()
        by_cutoff = frame.pivot_table(index="id", columns="minutes", values="area_m2")
        assert (by_cutoff.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
        found[name] = frame.set_index(["id", "minutes"])["street_length_m"]
    assert found["hilly"].sum() < found["flat"].sum()  # slopes cost more than they give


@pytest.mark.parametrize(("name", "model"), [("las_palmas_2023.osm.pbf", None), ("andorra.osm.pbf", "N42E001.hgt.zip")])
def test_other_real_extracts(run: Run, desk: Path, name: str, model: str | None) -> None:
    more = ["--elevation", shared_data(model)] if model else []
    assert run("streets", shared_data(name), *more, "--out", "net.arrow").code == 0
    facts = json.loads(run("info", "net.arrow", "--json").out)
    assert facts["length_km"] > 500 and facts["largest_component_share"] > 0.7
    assert (facts["elevation"] != "none") == bool(model)
