"""Scenarios in the registry: what is kept comes back, on both databases, also in one that an older program made."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import given
from hypothesis import strategies as st

from dashboard.editing.steps import undo
from data.archive import copy, pack, unpack
from data.registry.database import engine_for, writing
from data.registry.migrations import config
from data.registry.records import to_records
from data.registry.store import Registry
from data.scenarios import SavedScenario, discard, keep, renewed, scenario_of, scenarios
from data.tables.changes import CHANGES_PATTERN, MOST, Change, parsed, written
from data.tables.schema import SCENARIOS
from data.workspace import SAMPLE, Workspace
from geo.errors import StaleRecordError, TableFaultsError, UnknownRecordError

CHANGES = (Change("new", "", (118.9123, 25.1234)), Change("move", "甲_1", (118.9, 25.1)), Change("close", "qg-05"))
PLAN = SavedScenario(
    id="s-1",
    name="甲案",
    changes=CHANGES,
    profile="elderly",
    minutes=10.0,
    made=dt.date(2023, 5, 1),
    changed=dt.date(2023, 6, 1),
    workspace="0" * 32,
    source="李",
    quality="synthetic",
    note="先补北边",
)


def kept(registry: Registry) -> list[SavedScenario]:
    return [SavedScenario.of(record) for record in to_records(registry.frame("scenarios"), SCENARIOS)]


def test_what_is_kept_comes_back(registry: Registry) -> None:
    bare = SavedScenario(id="s-2", name="乙案", changes=CHANGES[2:])
    keep(registry, PLAN, "李", "save")
    keep(registry, bare, "王", "save")
    assert kept(registry) == [PLAN, bare]
    assert [change.who for change in registry.history("scenarios")] == ["王", "李"]


def test_overwriting_renaming_and_removing_can_be_taken_back(registry: Registry) -> None:
    keep(registry, PLAN, "李", "save")
    other = renewed(PLAN, replace(PLAN, id="s-9", name="乙案", changes=CHANGES[:1], made=dt.date(2023, 7, 1)))
    assert (other.id, other.made, other.name) == ("s-1", PLAN.made, "乙案")
    overwritten = keep(registry, other, "王", "overwrite", seen=PLAN)
    assert kept(registry) == [other]
    undo(registry, overwritten, "王", "undo")
    assert kept(registry) == [PLAN]
    removed = discard(registry, PLAN, "王", "remove")
    assert kept(registry) == []
    undo(registry, removed, "王", "undo")
    assert kept(registry) == [PLAN]
    first, *_ = (change.change_set for change in registry.history("scenarios") if change.action == "add")
    with pytest.raises(StaleRecordError):  # what came later would be lost
        undo(registry, first, "王", "undo")


def test_what_stands_there_just_so_is_nothing_to_take_back(registry: Registry) -> None:
    first = keep(registry, PLAN, "李", "save")
    assert first == registry.revision
    assert keep(registry, PLAN, "李", "save", seen=PLAN) is None
    assert registry.revision == first
    assert kept(registry) == [PLAN]


def test_nobody_writes_over_what_was_changed_meanwhile(registry: Registry) -> None:
    keep(registry, PLAN, "李", "save")
    theirs = replace(PLAN, note="改了")
    keep(registry, theirs, "王", "note", seen=PLAN)
    mine = replace(PLAN, name="乙案")
    with pytest.raises(StaleRecordError, match="by 王"):
        keep(registry, mine, "李", "rename", seen=PLAN)
    with pytest.raises(StaleRecordError):
        discard(registry, PLAN, "李", "remove")
    assert kept(registry) == [theirs]
    discard(registry, theirs, "李", "remove")
    with pytest.raises(UnknownRecordError):
        discard(registry, theirs, "王", "remove")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", ""),
        ("changes", "n200_25"),
        ("changes", "close qg-05"),
        ("changes", "~".join(["n118.9_25.1"] * (MOST + 1))),
        ("format", "linli-scenario-2"),
        ("minutes", 0),
        ("workspace", "today"),
    ],
)
def test_what_nobody_could_read_is_not_taken(registry: Registry, column: str, value: object) -> None:
    with pytest.raises(TableFaultsError) as caught, registry.edit("李") as edit:
        edit.put("scenarios", {**PLAN.record, column: value})
    assert {fault.column for fault in caught.value.faults} == {column}
    assert kept(registry) == []


@given(st.from_regex(CHANGES_PATTERN, fullmatch=True))
def test_all_that_the_contract_lets_in_can_be_read(text: str) -> None:
    changes = parsed(text)
    assert changes
    named = [change.center for change in changes if change.center]
    assert len(set(named)) == len(named) and len(changes) <= MOST
    assert parsed(written(changes) or "") is not None


def test_a_registry_of_an_older_program_takes_scenarios(address: str) -> None:
    engine = engine_for(address)
    with writing(engine) as connection:
        command.upgrade(config(connection), "0001")
        assert "scenarios" not in sa.inspect(connection).get_table_names()
        columns = "id, name, lon, lat, governing, status, demonstration, joint, emergency_roles, quality, version"
        values = "'c1', '甲', 118.9, 25.1, '[]', 'open', :no, :no, '[]', 'surveyed', 1"
        connection.execute(sa.text(f"INSERT INTO centers ({columns}) VALUES ({values})"), {"no": False})
    engine.dispose()
    registry = Registry.open(address)
    assert registry.frame("centers")["name"].tolist() == ["甲"]
    keep(registry, PLAN, "李", "save")
    assert kept(registry) == [PLAN]
    registry.close()


def test_scenarios_go_with_backup_export_and_copy(tmp_path: Path) -> None:
    workspace = copy(Workspace.open(SAMPLE), tmp_path / "one")
    before = scenarios(workspace)
    registry = workspace.registry()
    made = scenario_of(workspace, "甲案", CHANGES[2:], profile="adult", minutes=15.0, who="李", note="")
    keep(registry, made, "李", "save")
    registry.close()
    edited = Workspace.open(workspace.folder)
    assert set(scenarios(edited)) == {made, *before}
    assert edited.content_id == workspace.content_id == made.workspace, "a scenario changes no figure"
    pack(edited, tmp_path / "backup.zip", history=True)
    restored = unpack(tmp_path / "backup.zip", tmp_path / "two")
    assert scenarios(restored) == scenarios(edited)
    again = restored.registry()
    assert again.history("scenarios", made.id)[0].who == "李"
    again.close()
    assert scenarios(copy(edited, tmp_path / "three")) == scenarios(edited)


def test_the_newest_comes_first(tmp_path: Path) -> None:
    workspace = copy(Workspace.open(SAMPLE), tmp_path / "one")
    registry = workspace.registry()
    days = {"甲": dt.date(2030, 1, 1), "乙": dt.date(2030, 2, 1), "丙": None}
    for name, day in days.items():
        keep(registry, replace(PLAN, id=f"s-{name}", name=name, changed=day), "李", "save")
    registry.close()
    names = [scenario.name for scenario in scenarios(Workspace.open(workspace.folder))]
    assert [name for name in names if name in days] == ["乙", "甲", "丙"]
