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
