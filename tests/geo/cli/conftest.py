"""A desk to run the command line at: drawn streets, two centers, and helpers that say what must hold of every run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Geod
from rasterio.transform import from_origin

from geo.__main__ import main
from tests.geo.osmfile import HOUSE_STREET, NORTH, STEP_DEG, WEST, place, write_osm

DRAWING = "\n".join(
    [
        "a.........b.........c",
        *["....................."] * 9,
        "..........d..........",
    ]
)
"""Three straight streets of about 1 km that meet at b."""
WAYS = [("ab", HOUSE_STREET), ("bc", HOUSE_STREET), ("bd", HOUSE_STREET)]
WALK_5_MIN_M = 1.2 * 300
SLOPE = 0.1

Run = Callable[..., "Answer"]
Refused = Callable[..., str]


class Answer:
    """Exit code and both outputs of a run."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def features(self) -> list[dict[str, object]]:
        """Properties of the GeoJSON on standard output; Infinity and NaN are no JSON."""
        found = json.loads(self.out, parse_constant=_no_json)
        return [feature["properties"] for feature in found["features"]]


def _no_json(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with streets.osm and two centers: one at b, one 200 m north of the street."""
    write_osm(tmp_path / "streets.osm", DRAWING, WAYS)
    lon, lat = place(DRAWING, "b")
    write(tmp_path / "centers.csv", [("中心", lon, lat), ("far", lon - 0.005, lat + 0.0018)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(desk: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line here and now."""

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture
def refused(desk: Path, run: Run) -> Refused:
    """Run what must be refused: exit code 2, one paragraph, no traceback, every file as before. Returns the message."""

    def call(*arguments: object) -> str:
        before = contents(desk)
        answer = run(*arguments)
        assert answer.code == 2
        assert answer.out == ""
        assert "Traceback" not in answer.err
        assert "\n\n" not in answer.err.strip() or answer.err.startswith("Usage:")
        assert contents(desk) == before
        return answer.err

    return call


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder, hidden files included, and what is in it."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def write(path: Path, rows: list[tuple[object, object, object]], header: str = "id,lon,lat") -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def catchments(*more: object) -> tuple[object, ...]:
    return ("catchments", "--streets", "streets.osm", "--centers", "centers.csv", *more)


def eastward_slope(path: Path, *, west: float = WEST) -> Path:
    """An elevation model that rises by SLOPE to the east, in cells of about 10 m."""
    cell = STEP_DEG / 10
    columns = np.arange(240)
    meters_per_cell = Geod(ellps="WGS84").inv(west, NORTH - 0.005, west + cell, NORTH - 0.005)[2]
    z = np.tile((SLOPE * meters_per_cell * columns).astype(np.float32), (140, 1))
    profile = {"driver": "GTiff", "width": 240, "height": 140, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(
        path, "w", **profile, transform=from_origin(west - 20 * cell, NORTH + 20 * cell, cell, cell)
    ) as f:
        f.write(z, 1)
    return path
