"""The registry: the same suite on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from data.registry import database
from data.registry.migrations import config
from data.registry.models import HEAD, metadata
from data.registry.records import from_records
from data.registry.store import Registry
from data.tables.schema import REGISTERED, WEEKLY_REPORTS
from geo.errors import (
    DamagedFileError,
    MissingFileError,
    OutputError,
    ParameterError,
    RecordInUseError,
    RegistryBusyError,
    RegistryUnreachableError,
    RegistryVersionError,
    StaleRecordError,
    TableFaultsError,
    UnknownRecordError,
)
from tests.conftest import ROOT

CENTER = {
    "id": "c1",
    "name": "甲中心",
    "lon": 118.9,
    "lat": 25.13,
    "governing": ("350505001001", "350505001002"),
    "joint": True,
    "opened": dt.date(2022, 1, 15),
    "batch": 1,
    "emergency_roles": "指挥室;物资周转仓",
}


@pytest.fixture
def one_center(registry: Registry) -> Registry:
    with registry.edit("Li", "first") as edit:
        edit.put("centers", CENTER)
    return registry


def reports(count: int, center: str = "c1") -> pd.DataFrame:
    """That many weekly reports of a center, week after week; visits count up from 0."""
    weeks = (dt.date(1900, 1, 1) + dt.timedelta(weeks=i) for i in range(count))
    names = (f"{d.isocalendar().year}-W{d.isocalendar().week:02d}" for d in weeks)
    rows = [{"center": center, "week": w, "visits": i, "quality": "synthetic"} for i, w in enumerate(names)]
    return from_records(rows, WEEKLY_REPORTS)


def test_what_goes_in_comes_out(one_center: Registry) -> None:
    row = one_center.frame("centers").iloc[0]
    assert (row["name"], row["lon"], row["version"]) == ("甲中心", 118.9, 1)
    assert row["governing"] == ("350505001001", "350505001002")
    assert row["emergency_roles"] == ("command_room", "supply_store"), "labels are read as codes"
    assert row["opened"] == pd.Timestamp("2022-01-15")
    assert row["status"] == "open", "the default"
    assert pd.isna(row["stars"])


def test_every_table_starts_empty_and_typed(registry: Registry) -> None:
    for table in REGISTERED:
        frame = registry.frame(table.name)
        assert frame.empty
        assert {c.name: c.dtype for c in table.columns} == {n: str(frame[n].dtype) for n in table.names}
    assert registry.revision == 0


def test_a_change_keeps_who_when_why_and_before(one_center: Registry) -> None:
    start = dt.datetime.now(tz=dt.UTC)
    with one_center.edit("Wang", "rated") as edit:
        edit.put("centers", {"id": "c1", "stars": 5, "stars_on": "2023年4月1日"}, version=1)
    change, first = one_center.history("centers", "c1")
    assert (change.who, change.why, change.action, change.version) == ("Wang", "rated", "change", 2)
    assert start <= change.at <= dt.datetime.now(tz=dt.UTC)
    assert change.differences == {"stars": (None, 5), "stars_on": (None, "2023-04-01")}
    assert first.before is None
    assert one_center.revision == 2


def test_any_record_as_of_any_moment(one_center: Registry) -> None:
    moments = [dt.datetime.now(tz=dt.UTC)]
    for version, name in enumerate(("乙", "丙"), start=1):
        with one_center.edit("Li") as edit:
            edit.put("centers", {"id": "c1", "name": name}, version=version)
        moments.append(dt.datetime.now(tz=dt.UTC))
    with one_center.edit("Li") as edit:
        edit.remove("centers", "c1", version=3)
    names = [one_center.frame("centers", as_of=moment)["name"].tolist() for moment in moments]
    assert names == [["甲中心"], ["乙"], ["丙"]]
    assert one_center.frame("centers").empty
    assert one_center.frame("centers", as_of=dt.date(2000, 1, 1)).empty
    assert one_center.record("centers", "c1", as_of=moments[1])["name"] == "乙"
    with pytest.raises(UnknownRecordError):
        one_center.record("centers", "c1")


def test_restore_brings_back_what_was_there(one_center: Registry) -> None:
    before = one_center.frame("centers").drop(columns="version")
    then = dt.datetime.now(tz=dt.UTC)
    with one_center.edit("Li") as edit:
        edit.put("centers", {"id": "c1", "name": "乙", "opened": None}, version=1)
    with one_center.edit("Li") as edit:
        edit.remove("centers", "c1")
    with one_center.edit("Zhao", "undo") as edit:
        edit.restore("centers", "c1", then)
    pd.testing.assert_frame_equal(one_center.frame("centers").drop(columns="version"), before)
    newest = one_center.history("centers", "c1")[0]
    assert (newest.action, newest.version, newest.who) == ("restore", 4, "Zhao"), "versions never repeat"


def test_restore_to_before_it_existed_removes(one_center: Registry) -> None:
    with one_center.edit("Li") as edit:
        edit.restore("centers", "c1", dt.date(2000, 1, 1))
    assert one_center.frame("centers").empty
    with pytest.raises(UnknownRecordError), one_center.edit("Li") as edit:
        edit.restore("centers", "nobody", dt.date(2000, 1, 1))


def test_two_editors_do_not_overwrite_each_other(one_center: Registry) -> None:
    seen = one_center.record("centers", "c1")["version"]
    with one_center.edit("Li", "name") as edit:
        edit.put("centers", {"id": "c1", "name": "李改"}, version=seen)
    with pytest.raises(StaleRecordError) as caught, one_center.edit("Wang") as edit:
        edit.put("centers", {"id": "c1", "stars": 4}, version=seen)
    assert "by Li at 2" in str(caught.value)
    assert "name" in str(caught.value)
    assert pd.isna(one_center.frame("centers")["stars"]).all()


def test_two_editors_add_the_same_record(one_center: Registry) -> None:
    with pytest.raises(StaleRecordError), one_center.edit("Wang") as edit:
        edit.put("centers", CENTER | {"name": "别的"})


def test_editing_what_was_removed_meanwhile(one_center: Registry) -> None:
    with one_center.edit("Li") as edit:
        edit.remove("centers", "c1", version=1)
    with pytest.raises(StaleRecordError, match="removed"), one_center.edit("Wang") as edit:
        edit.put("centers", {"id": "c1", "stars": 4}, version=1)


def test_simultaneous_editors_one_wins(address: str, one_center: Registry) -> None:
    """Eight threads with the same version in hand: one writes, seven are told."""
    outcomes: list[str] = []
    ready = threading.Barrier(8)

    def change(number: int) -> None:
        mine = Registry.open(address)
        ready.wait()
        try:
            with mine.edit(f"editor {number}") as edit:
                edit.put("centers", {"id": "c1", "name": f"n{number}"}, version=1)
            outcomes.append("written")
        except StaleRecordError:
            outcomes.append("told")
        finally:
            mine.close()

    threads = [threading.Thread(target=change, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["told"] * 7 + ["written"]
    assert len(one_center.history("centers", "c1")) == 2


def test_an_edit_happens_as_a_whole(one_center: Registry) -> None:
    with pytest.raises(ZeroDivisionError), one_center.edit("Li") as edit:
        edit.put("centers", {"id": "c1", "name": "半"}, version=1)
        edit.put_frame("weekly_reports", reports(10))
        raise ZeroDivisionError
    assert one_center.frame("centers")["name"].tolist() == ["甲中心"]
    assert one_center.frame("weekly_reports").empty
    assert one_center.revision == 1


def test_writing_the_same_again_changes_nothing(one_center: Registry) -> None:
    with one_center.edit("Li") as edit:
        first = edit.put_frame("weekly_reports", reports(6_000))
    revision = one_center.revision
    with one_center.edit("Li") as edit:
        again = edit.put_frame("weekly_reports", reports(6_000))
    assert (first.added, first.same) == (6_000, 0)
    assert (again.added, again.changed, again.same) == (0, 0, 6_000)
    assert one_center.revision == revision, "an edit that changes nothing leaves no trace"
    assert one_center.frame("weekly_reports")["visits"].sum() == 6_000 * 5_999 // 2


def test_broken_values_are_refused_with_every_fault(registry: Registry) -> None:
    with pytest.raises(TableFaultsError) as caught, registry.edit("Li") as edit:
        edit.put("centers", {"id": "c", "name": "", "lon": 200, "lat": 25, "stars": 7, "status": "beautiful"})
    assert {f.column for f in caught.value.faults} == {"name", "lon", "stars", "status"}
    assert registry.revision == 0


def test_references_must_lead_somewhere(one_center: Registry) -> None:
    with pytest.raises(TableFaultsError, match="nobody"), one_center.edit("Li") as edit:
        edit.put("weekly_reports", {"center": "nobody", "week": "2023-W05"})
    with one_center.edit("Li") as edit:
        edit.put("weekly_reports", {"center": "c1", "week": "2023年第5周", "visits": "1,204"})
        edit.put("partners", {"id": "p", "name": "某单位", "kind": "成员单位", "centers": "c1"})
    assert one_center.record("weekly_reports", "c1/2023-W05")["visits"] == 1204
    with pytest.raises(RecordInUseError, match="1 weekly reports, 1 partners"), one_center.edit("Li") as edit:
        edit.remove("centers", "c1")


def test_history_cannot_be_rewritten(one_center: Registry) -> None:
    for statement in ("UPDATE changes SET key = 'x'", "DELETE FROM changes", "DELETE FROM change_sets"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), one_center.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_migrations_make_what_the_models_say(registry: Registry) -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD
    with registry.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_migrations_can_be_undone_and_redone(registry: Registry) -> None:
    from alembic import command

    with database.writing(registry.engine) as connection:
        command.downgrade(config(connection), "base")
    with registry.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    again = Registry(registry.engine)
    again._migrate(None)
    assert again.frame("centers").empty


def test_a_newer_registry_is_refused(address: str, registry: Registry) -> None:
    with registry.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RegistryVersionError, match="9999"):
        Registry.open(address)


def test_a_locked_database_says_so(one_center: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_S", 1)
    url = one_center.engine.url
    other = Registry.open(url.database if "sqlite" in url.drivername else url.render_as_string(False))
    with one_center.edit("Li") as mine:
        mine.put("centers", {"id": "c1", "name": "乙"}, version=1)
        assert other.frame("centers")["name"].tolist() == ["甲中心"], "readers are never locked out"
        with pytest.raises(RegistryBusyError, match="somebody else"), other.edit("Wang") as edit:
            edit.put("centers", {"id": "c1", "name": "丙"}, version=1)
    assert one_center.frame("centers")["name"].tolist() == ["乙"], "the first writer is not disturbed"
    other.close()


WRITER = """
import sys, time
sys.path.insert(0, sys.argv[2])
from tests.data.test_store import Registry, reports
registry = Registry.open(sys.argv[1])
def tell(text, share):
    print(share, flush=True)
    time.sleep(600)
with registry.edit("doomed") as edit:
    edit.put_frame("weekly_reports", reports(10_000), tell)
"""
"""Halts when half is written, before the end of its transaction, and waits there for what comes."""


def test_killed_in_the_middle_nothing_half_written(address: str, one_center: Registry) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, address, str(ROOT)], stdout=subprocess.PIPE, cwd=ROOT)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"0.5\n"
    assert writer.poll() is None, "it is in the middle of writing"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    again = Registry.open(address)
    assert again.frame("weekly_reports").empty
    assert again.revision == 1
    with again.edit("next") as edit:
        assert edit.put_frame("weekly_reports", reports(10)).added == 10
    again.close()


def test_full_disk_is_named_and_nothing_written(tmp_path: Path) -> None:
    registry = Registry.open(tmp_path / "r.sqlite", create=True)

    def shrink(connection: sqlite3.Connection, record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    with registry.edit("Li") as edit:
        edit.put("centers", CENTER)
    sa.event.listen(registry.engine, "connect", shrink)
    registry.close()
    with pytest.raises(OutputError, match="full"), registry.edit("Li") as edit:
        edit.put_frame("weekly_reports", reports(5_000))
    assert registry.frame("weekly_reports").empty
    registry.close()


def test_missing_foreign_and_unreachable(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        Registry.open(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()
    with pytest.raises(OutputError):
        Registry.open(tmp_path / "no" / "folder.sqlite", create=True)
    (tmp_path / "text.sqlite").write_text("this is no database, however long it may be" * 100)
    with pytest.raises(DamagedFileError):
        Registry.open(tmp_path / "text.sqlite")
    with pytest.raises(ParameterError):
        Registry.open("mysql://somewhere/db")
    with pytest.raises(RegistryUnreachableError) as caught:
        Registry.open("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgres://bob:geheim@h/db",
        "mysql://bob:geheim@h/db",
        "postgresql+foo://bob:geheim@h/db",
        "postgresql://bob:geheim@h:port/db",
        "postgresql://bob:geheim@und@127.0.0.1:1/db",
        "postgresql://bob:geheim/und@127.0.0.1:1/db",
        "postgresql://bob@127.0.0.1:1/db?password=geheim",
        "://bob:geheim@h",
    ],
)
def test_no_password_is_told(address: str) -> None:
    with pytest.raises((ParameterError, RegistryUnreachableError)) as caught:
        Registry.open(address)
    assert "geheim" not in str(caught.value) and "und@" not in str(caught.value)
    assert "geheim" not in str(caught.value.facts)
