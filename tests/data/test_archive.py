"""Archives and exports: round trips to the byte, and what is refused."""

from __future__ import annotations

import csv
import json
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.__main__ import main
from data.archive import copy, pack, unpack
from data.registry.store import Registry
from data.tables.drafts import draft, guard
from data.tables.exports import export_table
from data.tables.reading import unguard
from data.tables.schema import CENTERS, REGISTERED
from data.tables.workbooks import template
from data.workspace import SAMPLE, Workspace
from geo.errors import (
    DamagedFileError,
    FolderInUseError,
    OutputError,
    ParameterError,
    ReadOnlyWorkspaceError,
    RegistryInUseError,
    UnsafeArchiveError,
)


@pytest.fixture
def edited(tmp_path: Path) -> Workspace:
    """A copy of the sample in which somebody has worked."""
    workspace = copy(Workspace.open(SAMPLE), tmp_path / "edited")
    registry = workspace.registry()
    first = workspace.centers["id"].iloc[0]
    with registry.edit("Li", "rating") as edit:
        edit.put(
            "centers", {"id": first, "stars": 3, "note": "=1+1"}, version=registry.record("centers", first)["version"]
        )
        edit.put("weekly_reports", {"center": first, "week": "2021-W01", "visits": 7})
        edit.put("partners", {"id": "p1", "name": "某单位", "kind": "member_unit", "centers": first})
    with registry.edit("Wang") as edit:
        edit.remove("partners", "p1")
    registry.close()
    return Workspace.open(workspace.folder)


def assert_same(a: Workspace, b: Workspace) -> None:
    assert a.content_id == b.content_id
    for table in REGISTERED:
        pd.testing.assert_frame_equal(a.table(table.name), b.table(table.name))
    for name in ("streets", "jurisdictions", "demand"):
        assert a.path(name).read_bytes() == b.path(name).read_bytes()
    assert a.settings == b.settings


def test_export_opens_elsewhere_identical_to_the_byte(tmp_path: Path) -> None:
    sample = Workspace.open(SAMPLE)
    pack(sample, tmp_path / "a.zip")
    elsewhere = unpack(tmp_path / "a.zip", tmp_path / "elsewhere")
    assert elsewhere.content_id == sample.content_id
    pack(elsewhere, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert_same(elsewhere, unpack(tmp_path / "b.zip", tmp_path / "again"))


def test_backup_brings_back_every_change(edited: Workspace, tmp_path: Path) -> None:
    pack(edited, tmp_path / "backup.zip", history=True)
    restored = unpack(tmp_path / "backup.zip", tmp_path / "restored")
    assert_same(edited, restored)
    before, after = Registry.open(edited.registry_address), Registry.open(restored.registry_address)
    assert before.history() == after.history()
    assert len(after.history("partners")) == 2, "what was removed is still known"
    with after.edit("Zhao") as edit:
        edit.put("weekly_reports", {"center": edited.centers["id"].iloc[0], "week": "2021-W01", "visits": 8}, version=1)
    pack(edited, tmp_path / "again.zip", history=True)
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "backup.zip").read_bytes()


@pytest.mark.parametrize("address", ["postgresql://li:geheim@host/db", "postgresql://host/db?user=li&password=geheim"])
def test_no_password_is_written_down(edited: Workspace, tmp_path: Path, address: str) -> None:
    pack(edited, tmp_path / "backup.zip")
    with pytest.raises(ParameterError, match="password would be written") as caught:
        unpack(tmp_path / "backup.zip", tmp_path / "moved", registry=address)
    assert "geheim" not in str(caught.value) and not (tmp_path / "moved").exists()


def test_backup_moves_from_sqlite_to_postgresql(edited: Workspace, tmp_path: Path, postgres_database: str) -> None:
    pack(edited, tmp_path / "backup.zip", history=True)
    moved = unpack(tmp_path / "backup.zip", tmp_path / "moved", registry=postgres_database)
    assert moved.settings.registry == postgres_database
    for table in REGISTERED:
        pd.testing.assert_frame_equal(edited.table(table.name), moved.table(table.name))
    assert Registry.open(postgres_database).history() == Registry.open(edited.registry_address).history()
    pack(moved, tmp_path / "from_postgres.zip", history=True)
    assert "registry" not in zipfile.ZipFile(tmp_path / "from_postgres.zip").read("workspace.toml").decode()
    with pytest.raises(RegistryInUseError):
        unpack(tmp_path / "backup.zip", tmp_path / "twice", registry=postgres_database)
    assert not (tmp_path / "twice").exists()


def test_export_as_of_a_day(edited: Workspace, tmp_path: Path) -> None:
    import datetime as dt

    early = Workspace.open(edited.folder, as_of=dt.date(2000, 1, 1))
    assert early.centers.empty
    assert not Workspace.open(edited.folder, as_of=dt.date(2200, 1, 1)).centers.empty


def test_sample_itself_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ReadOnlyWorkspaceError):
        Workspace.open(SAMPLE).registry()
    assert not list(SAMPLE.glob("registry*"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, packed; to be read only."""
    path = tmp_path_factory.mktemp("archive") / "good.zip"
    pack(Workspace.open(SAMPLE), path)
    return path


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.9999])
def test_truncated_archive_is_refused(archive: Path, tmp_path: Path, share: float) -> None:
    content = archive.read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: int(len(content) * share)])
    refused(tmp_path / "cut.zip", tmp_path, DamagedFileError)


def refused(path: Path, tmp_path: Path, error: type[Exception]) -> None:
    folder = tmp_path / "target" / "ws"
    with pytest.raises(error):
        unpack(path, folder)
    assert not folder.exists()
    assert not folder.parent.exists() or list(folder.parent.iterdir()) == []


def with_member(archive: Path, target: Path, name: str, content: bytes, mode: int = 0o644) -> Path:
    """A copy of an archive with one more member, listed in its manifest as if it belonged."""
    import hashlib

    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        manifest = json.loads(old.read("manifest.json"))
        manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
        for member in old.namelist():
            new.writestr(member, json.dumps(manifest) if member == "manifest.json" else old.read(member))
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = mode << 16
        new.writestr(info, content)
    return target


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil", "\\\\host\\evil"])
def test_archive_that_writes_elsewhere_is_refused(archive: Path, tmp_path: Path, name: str) -> None:
    refused(with_member(archive, tmp_path / "evil.zip", name, b"x"), tmp_path, UnsafeArchiveError)


def test_links_and_bombs_are_refused(archive: Path, tmp_path: Path) -> None:
    link = with_member(archive, tmp_path / "link.zip", "streets2", b"/etc/passwd", stat.S_IFLNK | 0o777)
    refused(link, tmp_path, UnsafeArchiveError)
    bomb = with_member(archive, tmp_path / "bomb.zip", "notes.txt", b"0" * 50_000_000)
    refused(bomb, tmp_path, UnsafeArchiveError)


def test_changed_foreign_and_newer_archives_are_refused(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()}

    def rewritten(name: str, changes: dict[str, bytes]) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as new:
            for member, content in (members | changes).items():
                new.writestr(member, content)
        return tmp_path / name

    manifest = json.loads(members["manifest.json"])
    newer = json.dumps(manifest | {"version": 99}).encode()
    foreign = json.dumps({"format": "other"}).encode()
    for path in (
        rewritten("changed.zip", {"centers.csv": members["centers.csv"].replace(b"118.9", b"118.8")}),
        rewritten("newer.zip", {"manifest.json": newer}),
        rewritten("foreign.zip", {"manifest.json": foreign}),
    ):
        refused(path, tmp_path, DamagedFileError)


def test_nothing_is_overwritten(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine").write_text("x")
    with pytest.raises(FolderInUseError):
        unpack(archive, tmp_path / "used")
    with pytest.raises(OutputError):
        pack(Workspace.open(SAMPLE), tmp_path / "no" / "folder.zip")


@given(st.text(alphabet="=+-@'\t\r\"a1, ", max_size=6))
def test_guard_is_undone_exactly(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "@"))


@pytest.mark.parametrize("payload", ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "'=1", "=1,2\n3"])
def test_formulas_in_exports_are_text(tmp_path: Path, payload: str) -> None:
    frame = Workspace.open(SAMPLE).centers.head(1).assign(name=f"{payload}", note=payload)
    export_table(frame, CENTERS, tmp_path / "c.csv")
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert row["note"].startswith("'"), "a spreadsheet shows it as text"
    assert row["lon"] == repr(float(frame["lon"].iloc[0])), "numbers stay numbers"
    export_table(frame, CENTERS, tmp_path / "c.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "c.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"s", "n", "d"}
    for name in ("c.csv", "c.xlsx"):
        back = draft(tmp_path / name, CENTERS).frame
        assert back["note"].iloc[0] == " ".join(payload.split()), f"{name} reads back as it was, spaces aside"


def test_one_table_in_each_format_reads_back(edited: Workspace, tmp_path: Path) -> None:
    for ending in (".csv", ".xlsx", ".gpkg"):
        path = tmp_path / f"centers{ending}"
        export_table(edited.centers, CENTERS, path, "en")
        pd.testing.assert_frame_equal(draft(path, CENTERS).frame[CENTERS.names], edited.centers[CENTERS.names])
    assert gpd.read_file(tmp_path / "centers.gpkg").crs.to_epsg() == 4326


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template_is_understood_when_filled_in(tmp_path: Path, language) -> None:
    for table in REGISTERED:
        path = tmp_path / f"{table.name}.xlsx"
        path.write_bytes(template(table, language))
        book = openpyxl.load_workbook(path)
        sheet = book.active
        for number, column in enumerate(table.columns, start=1):
            code = next(iter(column.codes)).label(language) if column.codes else None
            by_kind = {"integer": 4, "number": 4, "degrees": 25, "flag": "是", "date": "2023-05-01", "week": "2023-W05"}
            text = {"month": "2023-05", "period": "2023", "home": "350505001001", "governing": "350505001001"}
            text |= {"changes": "cqg-05", "format": "linli-scenario-1", "workspace": "0" * 32}
            sheet.cell(2, number).value = code or by_kind.get(column.kind, text.get(column.name, "a1"))
        book.save(path)
        read = draft(path, table)
        assert read.faults == (), table.name
        assert set(read.match.matched) == set(table.names), "every header is understood"


def test_templates_offer_the_code_lists(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(BytesIO(template(CENTERS, "zh")))
    codes = book["codes"]
    assert codes.sheet_state == "hidden"
    lists = {
        codes.cell(1, c).value: [codes.cell(r, c).value for r in range(2, 9)] for c in range(1, codes.max_column + 1)
    }
    assert lists["layout"][:3] == ["单体集约型", "多点串联型", "联片聚合型"]
    rules = book.active.data_validations.dataValidation
    assert {rule.type for rule in rules} >= {"list", "whole", "decimal"}


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_command_line_from_sample_to_restored_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ws = tmp_path / "ws"
    assert run("init", ws) == 0
    more = tmp_path / "more.csv"
    more.write_text(
        "编号,名称,经度,纬度,状态\nnew1,新中心,118.9,25.13,在建\nnew2,,118.9,25.13,在建\n", encoding="utf-8"
    )
    capsys.readouterr()
    assert run("import", ws, "centers", more) == 2, "with --yes it would fail as well"
    shown = capsys.readouterr()
    assert "1 sound rows of 2: 1 new" in shown.out
    assert "row 3, name" in shown.err
    assert "不能为空" in shown.err
    assert "--yes" not in shown.err
    assert run("import", ws, "centers", more, "--only-sound") == 0
    assert "add --yes" in capsys.readouterr().err
    assert not (ws / "registry.sqlite").exists(), "a look leaves no trace"
    assert run("import", ws, "centers", more, "--yes") == 2, "a faulty row keeps everything out"
    assert (
        run("import", ws, "centers", more, "--yes", "--only-sound", "--faults", tmp_path / "f.xlsx", "--who", "Li") == 0
    )
    assert (tmp_path / "f.xlsx").exists()
    assert run("check", ws) == 0
    assert run("backup", ws, tmp_path / "b.zip") == 0
    assert run("restore", tmp_path / "b.zip", tmp_path / "back") == 0
    assert "new1" in set(Workspace.open(tmp_path / "back").centers["id"])
    assert run("export", ws, tmp_path / "c.xlsx", "--table", "centers") == 0
    assert run("template", "weekly_reports", tmp_path / "t.xlsx") == 0


def test_check_names_what_leads_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ws = tmp_path / "ws"
    assert run("init", ws) == 0
    with (ws / "targets.csv").open("a", encoding="utf-8") as file:
        file.write("beauty,all,2023,9,示意 synthetic,synthetic\n")
    with (ws / "milestones.csv").open("a", encoding="utf-8") as file:
        file.write("m1,nowhere,opening,,,示意 synthetic,synthetic,\n")
    assert run("check", ws) == 2
    message = capsys.readouterr().err
    assert "targets, indicator (beauty)" in message
    assert "milestones, center (nowhere)" in message
    assert "2 fault(s)" in message


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "nowhere"),
        ("import", "WS", "colors", "x.csv"),
        ("import", "WS", "centers", "missing.csv"),
        ("import", "WS", "demand", "x.csv", "--coordinates", "gcj02"),
        ("import", "WS", "demand", "x.csv", "--sheet", "甲"),
        ("import", "WS", "streets", "x.osm", "--remove-gone"),
        ("import", "WS", "jurisdictions", "x.gpkg", "--elevation", "x.tif"),
        ("import", "WS", "centers", "x.csv", "--buildings", "x.gpkg"),
        ("import", "WS", "weekly_reports", "x.csv", "--coordinates", "gcj02"),
        ("import", SAMPLE, "centers", "x.csv"),
        ("export", "WS", "out.pdf"),
        ("template", "centers", "t.xlsx", "--language", "french"),
        ("export", "WS", "out.csv", "--table", "colors"),
        ("restore", "missing.zip", "there"),
    ],
)
def test_command_line_refuses_in_plain_words(tmp_path: Path, capsys, arguments, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ws = tmp_path / "ws"
    assert run("init", ws) == 0
    capsys.readouterr()
    assert run(*[ws if a == "WS" else a for a in arguments]) == 2
    message = capsys.readouterr().err
    assert message.startswith("Error: ") or "french" in message
    assert "Traceback" not in message
    options = {"--coordinates", "--sheet", "--remove-gone", "--elevation", "--buildings"} & set(map(str, arguments))
    assert all(option in message for option in options), "it says what would have been ignored"
