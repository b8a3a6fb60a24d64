"""Rules between the columns of a record and between tables: whatever is written, the workspace opens afterwards."""

from __future__ import annotations

import datetime as dt
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from data.archive import copy
from data.intake.importers import preview, take
from data.registry.records import from_records
from data.registry.store import Registry
from data.tables.frames import typed_frame
from data.tables.schema import CENTERS, TABLES
from data.workspace import SAMPLE, Workspace
from geo.errors import TableFaultsError

ONE, TWO = ("350505001001",), ("350505001001", "350505001002")
STORED = [None, (False, ()), (False, ONE), (False, TWO), (True, TWO)]
"""What stands there of joint and governing; None for a center that is new."""
JOINT = {"": None, "是": True, "否": False}
GOVERNING = ["", *(";".join(codes) for codes in (ONE, TWO))]
CELLS = list(product(STORED, JOINT, GOVERNING))
PLACE = {"name": "甲", "lon": 118.9, "lat": 25.13}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return copy(Workspace.open(SAMPLE), tmp_path / "ws")


@pytest.fixture
def registry(workspace: Workspace) -> Registry:
    return workspace.registry()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """With a registry to which nothing is ever written."""
    made = copy(Workspace.open(SAMPLE), tmp_path_factory.mktemp("untouched") / "ws")
    made.registry().close()
    return made


@pytest.mark.parametrize("columns", [(), ("joint",), ("governing",), ("joint", "governing")])
def test_an_import_is_judged_by_what_would_be_kept(
    workspace: Workspace, registry: Registry, tmp_path: Path, columns: tuple[str, ...]
) -> None:
    with registry.edit("Li") as edit:
        for i, (stored, _, _) in enumerate(CELLS):
            if stored is not None:
                edit.put("centers", {"id": f"x{i}", **PLACE, "joint": stored[0], "governing": stored[1]})
    rows = [{"id": f"x{i}", **PLACE, "joint": j, "governing": g} for i, (_, j, g) in enumerate(CELLS)]
    pd.DataFrame(rows)[["id", *PLACE, *columns]].to_csv(tmp_path / "c.csv", index=False)
    expected = set()
    for row, (stored, joint, governing) in enumerate(CELLS, start=1):
        kept, codes = stored or (False, ())
        if "joint" in columns and JOINT[joint] is not None:
            kept = bool(JOINT[joint])
        if "governing" in columns:
            codes = tuple(governing.split(";")) if governing else ()
        if kept and len(codes) < 2:
            expected.add(row)
    shown = preview(tmp_path / "c.csv", "centers", workspace, registry)
    assert {f.row for f in shown.faults if f.severity == "error"} == expected
    assert {f.code for f in shown.faults if f.severity == "error"} <= {"joint_needs_several"}
    take(shown, registry, "Li", only_sound=True)
    left_out = [row for row in expected if CELLS[row - 1][0] is None]
    assert len(Workspace.open(workspace.folder).centers) == 14 + len(CELLS) - len(left_out)


BROKEN = [
    ("centers", {"id": "x", **PLACE, "home": "350505999999"}, "home"),
    ("centers", {"id": "x", **PLACE, "governing": "350505999999"}, "governing"),
    ("centers", {"id": "x", **PLACE, "joint": True, "governing": ONE}, "governing"),
    ("service_points", {"id": "x", "center": "qg-01", "service": "extra", "lon": 118.9, "lat": 25.13}, "name"),
]


@pytest.mark.parametrize(("table", "record", "column"), BROKEN)
@pytest.mark.parametrize("whole", [False, True])
def test_nothing_is_written_that_would_not_open(
    untouched: Workspace, table: str, record: dict[str, object], column: str, whole: bool
) -> None:
    registry = untouched.registry()
    revision = registry.revision
    with pytest.raises(TableFaultsError) as caught, registry.edit("Li") as edit:
        if whole:
            edit.put_frame(table, typed_frame(pd.DataFrame([record]), TABLES[table])[0])
        else:
            edit.put(table, record)
    assert {fault.column for fault in caught.value.faults} == {column}
    assert registry.revision == revision
    Workspace.open(untouched.folder)
    registry.close()


def test_a_center_comes_back_only_into_outlines_that_are_there(workspace: Workspace, registry: Registry) -> None:
    then = dt.datetime.now(tz=dt.UTC)
    old = registry.record("centers", "qg-01")
    codes = set(workspace.jurisdictions["code"]) - {old["home"]}
    new = next(code for code in sorted(codes) if code not in set(workspace.centers["home"]))
    with registry.edit("Li", "moved") as edit:
        edit.put("centers", {"id": "qg-01", "home": new, "governing": ()}, old["version"])
    outlines = workspace.jurisdictions
    outlines[outlines["code"] != old["home"]].to_parquet(workspace.path("jurisdictions"), index=False)
    Workspace.open(workspace.folder)
    with pytest.raises(TableFaultsError, match=old["home"]), registry.edit("Li", "back") as edit:
        edit.restore("centers", "qg-01", then)
    with pytest.raises(TableFaultsError, match=old["home"]), registry.edit("Li", "undo") as edit:
        edit.put_frame("centers", from_records([old], CENTERS)[CENTERS.names], action="restore")
    assert Workspace.open(workspace.folder).centers.set_index("id").loc["qg-01", "home"] == new
    outlines.to_parquet(workspace.path("jurisdictions"), index=False)
    with registry.edit("Li", "back") as edit:
        edit.restore("centers", "qg-01", then)
    assert registry.record("centers", "qg-01")["home"] == old["home"]
