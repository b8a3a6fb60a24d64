"""A large table: every figure arrives, in one transaction, and one hears how far it is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.intake.importers import preview, take
from data.monitoring.reports import week_of
from data.registry import database
from data.registry.records import from_records
from data.registry.store import Registry
from data.tables.schema import CENTERS
from data.workspace import SAMPLE, Workspace


def test_a_large_table_arrives_exactly_and_in_one_change_set(tmp_path: Path) -> None:
    """50,000 reports: how long a million takes, and how much memory, is measured by tests/bench/importing.py."""
    workspace, registry = Workspace.open(SAMPLE), Registry.open(tmp_path / "registry.sqlite", create=True)
    names = [f"c{number}" for number in range(10)]
    plain = {"name": "甲", "lon": 118.9, "lat": 25.1, "status": "open", "demonstration": False, "joint": False}
    with registry.edit("Li") as edit:
        edit.put_frame("centers", from_records([plain | {"id": n, "quality": "synthetic"} for n in names], CENTERS))
    weeks = [week_of(dt.date(1930, 1, 2) + dt.timedelta(weeks=i)) for i in range(5_000)]
    visits = np.random.default_rng(7).integers(80, 120, 50_000)
    large = pd.DataFrame({"中心编号": np.repeat(names, 5_000), "周次": weeks * 10, "到访人次": visits})
    large.to_csv(tmp_path / "large.csv", index=False)
    told: list[float] = []
    shown = preview(tmp_path / "large.csv", "weekly_reports", workspace, registry)
    tally, _ = take(shown, registry, "Li", progress=lambda text, share: told.append(share))
    assert (tally.added, shown.faults, registry.revision) == (50_000, (), 2)
    assert told == [pytest.approx(0.1 * part) for part in range(1, 11)], "a tenth of it at a time"
    with database.reading(registry.engine) as connection:
        count = "SELECT center, count(*), sum(visits) FROM weekly_reports GROUP BY center"
        stored = {center: (rows, total) for center, rows, total in connection.exec_driver_sql(count)}
        logged = connection.exec_driver_sql("SELECT count(*) FROM changes WHERE change_set = 2").scalar()
    assert stored == {n: (5_000, visits[5_000 * i : 5_000 * (i + 1)].sum()) for i, n in enumerate(names)}
    assert logged == 50_000
    registry.close()
