"""Backups and copies of workspaces that are laid out, written and edited as people do it: nothing is lost or shared."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data import archive
from data.__main__ import main
from data.archive import copy, pack, unpack
from data.registry.store import Registry
from data.settings import SETTINGS_FILE
from data.tables.schema import REGISTERED
from data.workspace import SAMPLE, Workspace, stamp
from geo.errors import AtlasError, DamagedFileError, NoHistoryError, ParameterError, UnsafeArchiveError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A copy of the sample with files under names of its own, in folders, and with a column of its own."""
    folder = copy(Workspace.open(SAMPLE), tmp_path / "own").folder
    (folder / "net").mkdir()
    (folder / "streets.arrow").rename(folder / "net" / "streets.arrow")
    centers = pd.read_csv(folder / "centers.csv", dtype="str", keep_default_na=False)
    (folder / "centers.csv").unlink()
    (folder / "tables").mkdir()
    centers.assign(phone="0595-1").to_csv(folder / "tables" / "my_centers.csv", index=False)
    settings = (folder / SETTINGS_FILE).read_text(encoding="utf-8")
    settings = settings.replace('"streets.arrow"', '"net/streets.arrow"').replace(
        '"centers.csv"', '"tables/my_centers.csv"'
    )
    (folder / SETTINGS_FILE).write_text(settings, encoding="utf-8")
    (folder / "photos" / "new").mkdir(parents=True)
    (folder / "photos" / "new" / "a.jpg").write_bytes(b"picture")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "key").write_text("secret")
    return Workspace.open(folder)


def rename(workspace: Workspace, name: str) -> None:
    registry = workspace.registry()
    with registry.edit("Li") as edit:
        edit.put("centers", {"id": "qg-01", "name": name}, registry.record("centers", "qg-01")["version"])
    registry.close()


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def by_copy(workspace: Workspace, folder: Path) -> Workspace:
    return copy(workspace, folder)


def by_export(workspace: Workspace, folder: Path) -> Workspace:
    pack(workspace, folder.parent / "export.zip")
    return unpack(folder.parent / "export.zip", folder)


def by_backup(workspace: Workspace, folder: Path) -> Workspace:
    pack(workspace, folder.parent / "backup.zip", history=True)
    return unpack(folder.parent / "backup.zip", folder)


ways = pytest.mark.parametrize("move", [by_copy, by_export, by_backup])
Move = Callable[[Workspace, Path], Workspace]


@ways
def test_files_go_as_they_are_until_somebody_edits(workspace: Workspace, tmp_path: Path, move: Move) -> None:
    moved = move(workspace, tmp_path / "moved")
    kept = names(workspace.folder) - {".hidden/key"}
    assert names(moved.folder) == kept
    assert all((moved.folder / name).read_bytes() == (workspace.folder / name).read_bytes() for name in kept)
    rename(moved, "新名")
    rename(workspace, "新名")

    def ratings(opened: Workspace) -> list[tuple[object, ...]]:
        history = Registry.open(opened.registry_address).history("centers", "qg-02")
        return [change.differences.get("stars", ()) for change in history]

    assert ratings(moved) == ratings(workspace), "how a center was rated begins as it did"


@ways
def test_an_edited_workspace_goes_with_all_its_files(workspace: Workspace, tmp_path: Path, move: Move) -> None:
    rename(workspace, "新名")
    workspace = Workspace.open(workspace.folder)
    moved = move(workspace, tmp_path / "moved")
    assert moved.content_id == workspace.content_id
    assert (moved.folder / "photos" / "new" / "a.jpg").read_bytes() == b"picture"
    assert moved.path("streets").read_bytes() == workspace.path("streets").read_bytes()
    for table in REGISTERED:
        pd.testing.assert_frame_equal(moved.table(table.name), workspace.table(table.name))
    assert not (moved.folder / ".hidden").exists()


@ways
def test_what_is_moved_is_edited_on_its_own(tmp_path: Path, postgres_database: str, move: Move) -> None:
    original = copy(Workspace.open(SAMPLE), tmp_path / "original")
    settings = original.folder / SETTINGS_FILE
    settings.write_text(f'registry = "{postgres_database}"\n{settings.read_text(encoding="utf-8")}', encoding="utf-8")
    rename(Workspace.open(original.folder), "原名")
    moved = move(Workspace.open(original.folder), tmp_path / "moved")
    assert moved.settings.registry is None
    rename(moved, "新名")
    assert Workspace.open(original.folder).registry().record("centers", "qg-01")["name"] == "原名"


def test_a_backup_of_a_backup_does_not_hold_it(workspace: Workspace) -> None:
    folder = workspace.folder
    (folder / "backups").mkdir()
    pack(workspace, folder / "backups" / "monday.zip")
    with zipfile.ZipFile(folder / "data.zip", "w") as other:
        other.writestr("table.csv", "a")
    pack(workspace, folder / "backups" / "tuesday.zip")
    with zipfile.ZipFile(folder / "backups" / "tuesday.zip") as made:
        assert [name for name in made.namelist() if name.endswith(".zip")] == ["data.zip"]


@pytest.mark.parametrize("name", ["/srv/elevation.tif", "../elevation.tif"])
def test_what_lies_elsewhere_cannot_go(workspace: Workspace, tmp_path: Path, name: str) -> None:
    settings = dataclasses.replace(workspace.settings, files={**workspace.settings.files, "elevation": name})
    with pytest.raises(ParameterError, match="outside"):
        pack(dataclasses.replace(workspace, settings=settings), tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_a_backup_is_of_one_moment(
    workspace: Workspace, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two tables, somebody adds a center with a service point."""
    settings = workspace.folder / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'registry = "{address}"\n{text}', encoding="utf-8")
    rename(Workspace.open(workspace.folder), "新名")
    workspace = Workspace.open(workspace.folder)
    registry, read, added = workspace.registry(), archive.read_frame, []
    before = registry.revision

    def meanwhile(*args: object) -> pd.DataFrame:
        frame = read(*args)  # type: ignore[arg-type]
        added.append(number := len(added))
        with registry.edit("Wang") as edit:
            edit.put("centers", {"id": f"n{number}", "name": "新", "lon": 118.9, "lat": 25.13})
            place = {"lon": 118.9, "lat": 25.13, "service": "health"}
            edit.put("service_points", {"id": f"n{number}", "center": f"n{number}", **place})
        return frame

    with monkeypatch.context() as patched:
        patched.setattr(archive, "read_frame", meanwhile)
        pack(workspace, tmp_path / "backup.zip", history=True)
    assert len(added) == len(REGISTERED)
    restored = unpack(tmp_path / "backup.zip", tmp_path / "restored")
    assert restored.content_id == workspace.content_id
    assert Registry.open(restored.registry_address).revision == before


def test_flipped_bytes_are_a_plain_fault(tmp_path: Path) -> None:
    """Whichever byte is changed: the archive is refused in plain words, or gives what was packed."""
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as made:
        sums = {}
        for name, text in {"workspace.toml": "name_zh = '甲'\n", "a/b.txt": "abc" * 300}.items():
            sums[name] = archive._add(made, name, [text.encode()])
        manifest = {"format": archive.FORMAT, "version": 1, "history": False, "sha256": sums}
        archive._add(made, archive.MANIFEST, [archive._line(manifest)])
    content, dice = whole.read_bytes(), random.Random(6505)
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= dice.randrange(1, 256)
        (tmp_path / "changed.zip").write_bytes(bytes(changed))
        with pytest.raises(AtlasError):  # at the latest, there are no streets
            unpack(tmp_path / "changed.zip", tmp_path / "ws")
    assert not (tmp_path / "ws").exists()


def test_what_a_manifest_misses_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        manifest = {"format": archive.FORMAT, "version": 1, "history": False, "sha256": {"net/streets.arrow": "0"}}
        archive._add(made, archive.MANIFEST, [archive._line(manifest)])
    with pytest.raises(DamagedFileError, match=r"it lacks net/streets\.arrow"):
        unpack(tmp_path / "a.zip", tmp_path / "ws")


@pytest.mark.parametrize("name", ["net/../../evil", "net\\..\\..\\evil", "/net/evil", "C:/evil"])
def test_names_in_folders_stay_inside(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        sums = {name: archive._add(made, name, [b"x"])}
        manifest = {"format": archive.FORMAT, "version": 1, "history": False, "sha256": sums}
        archive._add(made, archive.MANIFEST, [archive._line(manifest)])
    with pytest.raises(UnsafeArchiveError):
        unpack(tmp_path / "a.zip", tmp_path / "ws")


def test_a_day_needs_a_history(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoHistoryError, match="1999"):
        Workspace.open(workspace.folder, as_of=dt.date(1999, 1, 1))
    out = tmp_path / "c.csv"
    arguments = ["export", str(workspace.folder), str(out), "--table", "centers", "--as-of", "1999-01-01"]
    assert main(arguments) == 2
    assert "1999-01-01" in capsys.readouterr().err
    assert not out.exists()
    rename(workspace, "新名")
    assert main(arguments) == 0
    assert len(pd.read_csv(out)) == 0


def test_reading_makes_no_registry(workspace: Workspace, postgres_database: str) -> None:
    import sqlalchemy as sa

    folder = workspace.folder
    (folder / "registry.sqlite").touch()  # somebody was interrupted before the first table
    assert len(Workspace.open(folder).centers) == 14
    assert (folder / "registry.sqlite").stat().st_size == 0
    settings = folder / SETTINGS_FILE
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'registry = "{postgres_database}"\n{text}', encoding="utf-8")
    opened = Workspace.open(folder)
    assert stamp(folder) == stamp(folder)
    assert len(opened.stored("weekly_reports")) > 0 and not opened.has_registry
    engine = sa.create_engine(postgres_database)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    rename(opened, "新名")
    assert Workspace.open(folder).has_registry
