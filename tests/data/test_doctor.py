"""Datum: a table of a hundred centers is recognized by the import's preview, on the sample and on real streets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray

from data.__main__ import main
from data.builder import Sources, build
from data.intake.importers import preview
from data.registry.store import Registry
from data.workspace import SAMPLE, Workspace
from geo.crs import metric_crs_for, to_lonlat, to_metric
from geo.datum import Datum, convert_datum
from geo.streets.network import StreetNetwork
from geo.streets.osm import read_osm
from geo.streets.table import StreetTable
from tests.conftest import shared_data

QUANGANG = np.array([[118.87, 25.13]])
CRS = "EPSG:4549"
SIX_DECIMALS_DEG = 2e-6
"""20 cm: what six decimals, there and back, leave open."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry.open(tmp_path / "registry.sqlite", create=True)
    yield registry
    registry.close()


def centers_csv(path: Path, lonlat: NDArray[np.float64], datum: Datum, home: object = None) -> Path:
    """A table of centers at WGS-84 places, written in a datum."""
    given = convert_datum(lonlat, Datum.WGS84, datum).round(6)
    columns = {"id": [f"c{i}" for i in range(len(given))], "name": "甲", "lon": given[:, 0], "lat": given[:, 1]}
    pd.DataFrame(columns if home is None else columns | {"home": home}).to_csv(path, index=False)
    return path


def assert_recognized(
    path: Path, lonlat: NDArray[np.float64], datum: Datum, workspace: Workspace, registry: Registry
) -> None:
    """The preview names the datum, asks unless nothing is to be done, and once confirmed puts the points in place."""
    shown = preview(path, "centers", workspace, registry)
    assert shown.hypotheses[0].id == datum.value
    assert shown.must_ask == (datum is not Datum.WGS84)
    sure = preview(path, "centers", workspace, registry, position=shown.hypotheses[0])
    assert not sure.must_ask
    back = sure.rows.set_index("id").loc[[f"c{i}" for i in range(len(lonlat))], ["lon", "lat"]].to_numpy()
    assert np.abs(back - lonlat).max() < SIX_DECIMALS_DEG


@pytest.mark.parametrize("datum", list(Datum))
@pytest.mark.parametrize("claimed", [True, False])
def test_on_the_sample(tmp_path: Path, registry: Registry, datum: Datum, claimed: bool) -> None:
    """With the village that each center claims and the streets as evidence, and with the streets alone."""
    workspace = Workspace.open(SAMPLE)
    homes = workspace.demand.iloc[7 :: len(workspace.demand) // 100].head(100)
    lonlat = homes[["lon", "lat"]].to_numpy()
    path = centers_csv(tmp_path / "c.csv", lonlat, datum, homes["village"].to_numpy() if claimed else None)
    assert_recognized(path, lonlat, datum, workspace, registry)


def doors(lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """A hundred places 5 to 15 m off a street, float64 (100, 2), degrees."""
    dice = np.random.default_rng(11)
    on_street = shapely.line_interpolate_point(dice.choice(lines, 100), dice.uniform(0, 1, 100), normalized=True)
    turn = dice.uniform(0, 2 * np.pi, 100)
    off_m = dice.uniform(5, 15, (100, 1)) * np.column_stack([np.cos(turn), np.sin(turn)])
    return to_lonlat(shapely.get_coordinates(on_street) + off_m, CRS)


def moved(streets: StreetTable) -> StreetTable:
    """The same streets with their middle at Quangang, meter for meter."""
    there = metric_crs_for(streets.shape_lonlat)
    shift_m = to_metric(QUANGANG, CRS)[0] - np.median(to_metric(streets.shape_lonlat, there), axis=0)
    nodes, shapes = (
        to_lonlat(to_metric(lonlat, there) + shift_m, CRS) for lonlat in (streets.node_lonlat, streets.shape_lonlat)
    )
    return replace(streets, node_lonlat=nodes, shape_lonlat=shapes)


@pytest.mark.parametrize("name", ["andorra", "porto_alegre_centre"])
def test_on_real_streets(tmp_path: Path, registry: Registry, name: str) -> None:
    """None of the real networks lies in China, and elsewhere the three datums are one: they are moved to Quangang.

    Shape and density of the streets, which are the evidence, stay as they are; nothing but streets is known there.
    """
    streets = moved(read_osm(shared_data(f"{name}.osm.pbf")))
    StreetNetwork.build(streets).save(tmp_path / "streets.arrow")
    edge = np.repeat(np.arange(streets.n_edges), np.diff(streets.shape_indptr))
    lonlat = doors(shapely.linestrings(to_metric(streets.shape_lonlat, CRS), indices=edge))
    first = centers_csv(tmp_path / "first.csv", lonlat[:1], Datum.WGS84)
    workspace = build(tmp_path / "ws", Sources(streets=tmp_path / "streets.arrow", centers=first))
    for datum in Datum:
        path = centers_csv(tmp_path / f"{datum.value}.csv", lonlat, datum)
        assert_recognized(path, lonlat, datum, workspace, registry)


@pytest.mark.parametrize("datum", list(Datum))
def test_a_new_workspace_takes_no_shifted_centers_unsaid(
    tmp_path: Path, datum: Datum, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sample's own fourteen centers and their service points on its own streets, written in each datum."""
    sample, folder = Workspace.open(SAMPLE), tmp_path / "ws"
    lonlat = sample.centers[["lon", "lat"]].to_numpy()
    centers = centers_csv(tmp_path / "c.csv", lonlat, datum)
    places = sample.service_points[["lon", "lat"]].to_numpy()
    given = convert_datum(places, Datum.WGS84, datum).round(6)
    points = pd.DataFrame({"center": "c0", "service": "health", "lon": given[:, 0], "lat": given[:, 1]})
    points.to_csv(tmp_path / "s.csv", index=False)
    new = ["new", str(folder), "--streets", str(sample.path("streets")), "--centers", str(centers)]
    new += ["--service-points", str(tmp_path / "s.csv")]
    if datum is not Datum.WGS84:
        assert main(new) == 2
        assert f"--coordinates {datum.value}" in capsys.readouterr().err
        assert not folder.exists()
        new += ["--coordinates", datum.value]
    assert main(new) == 0
    said = capsys.readouterr().err
    assert (f"c.csv: read as {datum.value}" in said) is (datum is not Datum.WGS84)
    made = Workspace.open(folder)
    stand = made.centers.set_index("id").loc[[f"c{i}" for i in range(14)], ["lon", "lat"]].to_numpy()
    assert np.abs(stand - lonlat).max() < SIX_DECIMALS_DEG
    assert np.abs(made.service_points[["lon", "lat"]].to_numpy() - places).max() < SIX_DECIMALS_DEG


def test_what_a_person_says_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = Workspace.open(SAMPLE)
    centers = centers_csv(tmp_path / "c.csv", sample.centers[["lon", "lat"]].to_numpy(), Datum.GCJ02)
    new = ["new", str(tmp_path / "ws"), "--streets", str(sample.path("streets")), "--centers", str(centers)]
    assert main([*new, "--coordinates", "moon"]) == 2
    assert "gcj02" in capsys.readouterr().err
    assert main([*new, "--coordinates", "wgs84"]) == 0
    written = pd.read_csv(centers)[["lon", "lat"]].to_numpy()
    assert np.allclose(Workspace.open(tmp_path / "ws").centers.set_index("id").loc["c0", ["lon", "lat"]], written[0])


def test_projected_centers_are_taken_once_somebody_says_so(tmp_path: Path) -> None:
    sample = Workspace.open(SAMPLE)
    lonlat = sample.centers[["lon", "lat"]].to_numpy()
    meters = to_metric(lonlat, CRS).round(3)
    rows = {"id": [f"c{i}" for i in range(14)], "name": "甲", "lon": meters[:, 0], "lat": meters[:, 1]}
    pd.DataFrame(rows).to_csv(tmp_path / "c.csv", index=False)
    new = ["new", str(tmp_path / "ws"), "--streets", str(sample.path("streets")), "--centers", str(tmp_path / "c.csv")]
    assert main(new) == 2
    assert main([*new, "--coordinates", CRS]) == 0
    made = Workspace.open(tmp_path / "ws").centers.set_index("id").loc[rows["id"], ["lon", "lat"]]
    assert np.abs(made.to_numpy() - lonlat).max() < SIX_DECIMALS_DEG
