"""Real street networks, each read once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from geo.elevation import open_elevation
from geo.engine.snapping import Places, snap_xy
from geo.params import SnapParams
from geo.streets.network import StreetNetwork
from geo.streets.osm import read_osm
from tests.conftest import shared_data

REAL = {
    "bayfront": ("bayfront_singapore.osm.pbf", None),
    "las_palmas": ("las_palmas_2023.osm.pbf", None),
    "porto": ("porto.osm.pbf", None),
    "porto_alegre": ("porto_alegre_centre.osm.pbf", None),
    "porto_alegre_hills": ("porto_alegre_centre.osm.pbf", "poa_elevation.tif"),
    "andorra": ("andorra.osm.pbf", None),
    "andorra_hills": ("andorra.osm.pbf", "N42E001.hgt.zip"),
}


@cache
def real_network(name: str) -> StreetNetwork:
    """A real network, or skip."""
    streets, heights = REAL[name]
    model = None if heights is None else open_elevation(shared_data(heights))
    return StreetNetwork.build(read_osm(shared_data(streets)), elevation=model)


def each_real(*names: str) -> Any:
    """Parametrize `real` by these networks (all by default); one worker runs all tests of a network."""
    marked = [pytest.param(name, marks=pytest.mark.xdist_group(name), id=name) for name in names or REAL]
    return pytest.mark.parametrize("real", marked, indirect=True)


@pytest.fixture
def real(request: pytest.FixtureRequest) -> StreetNetwork:
    return real_network(request.param)


def doorsteps(network: StreetNetwork, count: int, *, seed: int = 7) -> Places:
    """Places of points scattered along the streets and up to some 40 m off them, deterministic."""
    random = np.random.default_rng(seed)
    edge = random.choice(network.n_edges, count, p=network.edge_length_m / network.edge_length_m.sum())
    first = network.shape_indptr[edge]
    vertex = first + random.integers(0, network.shape_indptr[edge + 1] - first - 1)
    share = random.random((count, 1))
    on_street = network.shape_xy[vertex] * (1 - share) + network.shape_xy[vertex + 1] * share
    return snap_xy(network, on_street + random.normal(0.0, 15.0, (count, 2)), SnapParams())
