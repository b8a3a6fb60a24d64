"""A million rows through the command line: processor seconds and peak memory of the whole command, progress told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pandas as pd

from tests.bench.harness import Row, Usage, at_most, bench, child

ROWS: Final = 1_000_000
CENTERS: Final = 100
MAX_CPU_S: Final = 60
MAX_PEAK_MB: Final = 1_500


@bench
def reports() -> Iterator[Row]:
    """Weekly reports of 100 centers over 10,000 weeks, into a registry that holds the sample's own already."""
    with TemporaryDirectory() as folder:
        workspace, table = Path(folder) / "ws", Path(folder) / "reports.csv"
        child("-m", "data", "init", str(workspace))
        with_centers(workspace, Path(folder))
        visits = write_reports(table)
        used = child("-m", "data", "import", str(workspace), "weekly_reports", str(table), "--yes")
        yield from rows("weekly reports", used, f"{ROWS} added")
        stored = stored_visits(workspace)
        yield Row("importing, weekly reports: visits of all", f"{stored:,}", f"= {visits:,}", stored == visits)


@bench
def residents() -> Iterator[Row]:
    """A million places with residents, in the place of the sample's."""
    with TemporaryDirectory() as folder:
        workspace, table = Path(folder) / "ws", Path(folder) / "residents.csv"
        child("-m", "data", "init", str(workspace))
        people = write_residents(table, workspace)
        used = child("-m", "data", "import", str(workspace), "demand", str(table), "--yes")
        yield from rows("residents", used, f"{people:,} residents in {ROWS:,} places")


def rows(what: str, used: Usage, expected: str) -> Iterator[Row]:
    label = f"importing {ROWS:,} {what}"
    yield at_most(f"{label}: CPU of the whole command", used.cpu_s, MAX_CPU_S, "s", f" ({used.wall_s:.0f} s passed)")
    yield at_most(f"{label}: peak memory", used.peak_mb, MAX_PEAK_MB, "MB")
    yield Row(
        f"{label}: all arrived", "yes" if expected in used.output else used.output[-200:], "", expected in used.output
    )


def with_centers(workspace: Path, folder: Path) -> None:
    """Add the centers that the reports are of."""
    table = pd.DataFrame({"id": names(), "name": "甲", "lon": 118.9, "lat": 25.13, "status": "open"})
    table.to_csv(folder / "centers.csv", index=False)
    child("-m", "data", "import", str(workspace), "centers", str(folder / "centers.csv"), "--yes")


def names() -> list[str]:
    return [f"c{number}" for number in range(CENTERS)]


def write_reports(path: Path) -> int:
    """Plausible visits, week after week; returns their sum."""
    from data.monitoring.reports import week_of

    each = ROWS // CENTERS
    weeks = [week_of(dt.date(1850, 1, 3) + dt.timedelta(weeks=i)) for i in range(each)]
    visits = np.random.default_rng(7).integers(80, 120, ROWS)
    frame = pd.DataFrame({"中心编号": np.repeat(names(), each), "周次": weeks * CENTERS, "到访人次": visits})
    frame.to_csv(path, index=False)
    return int(visits.sum())


def write_residents(path: Path, workspace: Path) -> int:
    """Places within about 50 m of the sample's residents, one to nine people each; returns all people."""
    import geopandas as gpd

    dice = np.random.default_rng(7)
    homes = gpd.read_parquet(workspace / "demand.parquet").geometry
    lonlat = np.column_stack([homes.x, homes.y])[dice.integers(0, len(homes), ROWS)]
    lon, lat = (lonlat + dice.normal(0, 5e-4, lonlat.shape)).round(7).T
    people = dice.integers(1, 10, ROWS)
    frame = pd.DataFrame({"编号": np.arange(ROWS), "经度": lon, "纬度": lat, "人口": people})
    frame.to_csv(path, index=False)
    return int(people.sum())


def stored_visits(workspace: Path) -> int:
    """What the registry holds of the centers added here."""
    from data.registry import database
    from data.registry.store import Registry

    registry = Registry.open(workspace / "registry.sqlite")
    try:
        with database.reading(registry.engine) as connection:
            query = "SELECT sum(visits) FROM weekly_reports WHERE center GLOB 'c[0-9]*'"
            return int(connection.exec_driver_sql(query).scalar_one())
    finally:
        registry.close()
