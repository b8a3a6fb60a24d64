"""A workspace where every figure can be counted: streets on a grid, people at the crossings in powers of two."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from streamlit.components.v2 import manifest_scanner

from data.settings import FILES
from geo.crs import to_lonlat
from tests.geo import builders

BLOCK_M = 150.0
SIDE = 9
"""Blocks to a side: 10 × 10 crossings."""

AT = {"near": (0, 0), "far": (9, 9), "sea": (60, 60)}
"""Where the centers stand, in blocks from the south-western crossing. The last is on no street."""

HOMES = {(0, 0): 1, (2, 0): 2, (1, 3): 4, (3, 3): 8, (7, 0): 16, (9, 9): 32, (30, 30): 64}
"""Residents at crossings; the last home is on no street."""


def lonlat(blocks: list[tuple[int, int]]) -> np.ndarray:
    return to_lonlat(builders.at(*[(x * BLOCK_M, y * BLOCK_M) for x, y in blocks]), builders.CRS)


def write_workspace(folder: Path) -> Path:
    """Write the workspace; its centers are `near` (open), `far` (planned) and `sea` (open, on no street)."""
    builders.grid(SIDE, SIDE, BLOCK_M).save(folder / FILES["streets"])
    settings = 'name_zh = "方格"\nname_en = "Grid"\nas_of = 2023-06-30\nsynthetic = true\n'
    (folder / "workspace.toml").write_text(settings, encoding="utf-8")
    places = lonlat(list(AT.values()))
    centers = pd.DataFrame({"id": list(AT), "name": ["近", "远", "海"], "name_en": ["Near", "Far", "Sea"]})
    centers = centers.assign(lon=places[:, 0], lat=places[:, 1], status=["open", "planned", "open"])
    centers.to_csv(folder / FILES["centers"], index=False)
    homes, people = lonlat(list(HOMES)), np.array(list(HOMES.values()), dtype=float)
    demand = pd.DataFrame({"id": [f"h{i}" for i in range(len(people))], "population": people})
    demand = demand.assign(age_0_14=0.0, age_15_59=people / 2, age_60_plus=people / 2)
    points = gpd.points_from_xy(homes[:, 0], homes[:, 1])
    gpd.GeoDataFrame(demand, geometry=points, crs="EPSG:4326").to_parquet(folder / FILES["demand"])
    return folder


@pytest.fixture(scope="session")
def grid_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workspace(tmp_path_factory.mktemp("grid"))


@pytest.fixture(scope="session", autouse=True)
def _components_found_once() -> Iterator[None]:
    """AppTest looks through every installed package for components at each test: 0.2 s that are always alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield
