"""Archive: a whole workspace as one zip file, which any installation opens again.

| member | what |
|---|---|
| `manifest.json` | format, version, name, whether it carries a history, SHA-256 of every other member |
| `workspace.toml` | the settings as they are written, but for the address of a registry |
| `streets.arrow`, `*.parquet`, `photos/a.jpg`, … | the workspace's other files as they are, those in folders too |
| `centers.csv`, `weekly_reports.csv`, … | the edited tables as they are now, under their names of the settings |
| `history.jsonl` | every change ever made, one a line; only in a backup |

The same content gives the same bytes: members are sorted and carry no time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from data.folders import appearing
from data.registry.beginnings import CHANGES, ORIGINALS
from data.registry.database import require_no_password, writing
from data.registry.history import read_frame
from data.registry.models import SQL_TABLES, VERSION, change_sets, changes
from data.registry.records import key_of, to_records
from data.registry.store import Registry
from data.settings import SETTINGS_FILE, with_registry
from data.tables.drafts import csv_text
from data.tables.schema import REGISTERED
from data.workspace import REGISTRY_FILE, Workspace
from data.zips import ZIP_FAULTS, check_zip
from geo.errors import (
    DamagedFileError,
    OutputError,
    ParameterError,
    RegistryInUseError,
    UnsafeArchiveError,
)
from geo.output import whole_file

FORMAT: Final = "linli-workspace"
VERSION_OF_FORMAT: Final = 1
KIND: Final = "a workspace archive"
MANIFEST: Final = "manifest.json"
HISTORY: Final = "history.jsonl"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
BLOCK: Final = 1 << 20
BATCH: Final = 5_000


def pack(workspace: Workspace, path: Path, *, history: bool = False) -> None:
    """Write a workspace as a zip file: its files, and its tables at one moment, whoever edits meanwhile.

    Args:
        workspace: what to pack.
        path: the file to make.
        history: keep every change ever made (a backup), not only what is there now.

    Raises:
        OutputError: the file cannot be written.
        ParameterError: the settings name a file outside of the workspace.
    """
    if not path.parent.is_dir():
        raise OutputError(path=path, reason=f"there is no folder {path.parent}")
    with (
        workspace.state() as state,
        whole_file(path) as scratch,
        zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        contents = _contents(workspace, state)
        sums = {name: _add(archive, name, _blocks(contents[name])) for name in sorted(contents)}
        if history and state is not None:
            sums[HISTORY] = _add(archive, HISTORY, _history_lines(state))
        manifest = {
            "format": FORMAT,
            "version": VERSION_OF_FORMAT,
            "name": workspace.settings.name_zh,
            "as_of": workspace.settings.as_of.isoformat(),
            "history": HISTORY in sums,
            "sha256": sums,
        }
        _add(archive, MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()])


def unpack(path: Path, folder: Path, *, registry: str | None = None) -> Workspace:
    """Make a workspace of a zip file made by `pack`; it appears complete, or not at all.

    Args:
        path: the zip file.
        folder: where to; it must not exist, or be empty.
        registry: address of an empty database for the history; by default a SQLite file in the workspace.

    Raises:
        DamagedFileError: it is cut off, changed, or no workspace.
        UnsafeArchiveError: it tries to write elsewhere, or swells.
        FolderInUseError, RegistryInUseError: there is something already.
        ParameterError: the address has a password in it, which would be written into `workspace.toml`.
        InputError: what is in it cannot be opened.
    """
    manifest = _checked_manifest(path)
    folder = folder.expanduser().resolve()
    with appearing(folder) as under_way:
        with zipfile.ZipFile(path) as archive:
            for name, expected in manifest["sha256"].items():
                _extract(archive, name, under_way / name, expected, path)
        if registry is not None:
            require_no_password(registry)
            _require_empty(registry)
        settings = under_way / SETTINGS_FILE
        settings.write_bytes(with_registry(settings, registry))
        workspace = Workspace.open(under_way)  # what cannot be opened must not appear
        history = under_way / HISTORY
        if manifest["history"]:
            with history.open(encoding="utf-8") as lines:
                try:
                    _replay(lines, registry or str(under_way / REGISTRY_FILE), workspace)
                except (KeyError, json.JSONDecodeError) as error:
                    reason = "its history does not lead to its tables"
                    raise DamagedFileError(path=path, kind=KIND, reason=reason) from error
            history.unlink()
    return Workspace.open(folder)


def copy(workspace: Workspace, folder: Path) -> Workspace:
    """A copy of a workspace's present state, without its history, to be edited on its own.

    Raises:
        FolderInUseError, OutputError: the folder cannot be made.
        ParameterError: the settings name a file outside of the workspace.
    """
    with appearing(folder) as under_way, workspace.state() as state:
        for name, found in _contents(workspace, state).items():
            (under_way / name).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(found, Path):
                shutil.copyfile(found, under_way / name)
            else:
                (under_way / name).write_bytes(found)
    return Workspace.open(folder)


def _contents(workspace: Workspace, state: sa.Connection | None) -> dict[str, Path | bytes]:
    """What a workspace is made of, by name relative to its folder: files as they are, and what is written anew.

    That is the settings, since a registry is nobody else's, and the tables, where a registry has overtaken the files.
    """
    contents: dict[str, Path | bytes] = {**_files(workspace)}
    contents[SETTINGS_FILE] = with_registry(workspace.folder / SETTINGS_FILE, None)
    if state is not None:
        for name in (*(f"{t.name}{ORIGINALS}.csv" for t in REGISTERED), *(f"{name}.csv" for name in CHANGES)):
            contents.pop(name, None)
        for table in REGISTERED:
            frame = read_frame(state, table, workspace.as_of)
            contents[workspace.settings.files.get(table.name, f"{table.name}.csv")] = csv_text(frame, table).encode()
    return contents


def _files(workspace: Workspace) -> dict[str, Path]:
    """The files in a workspace's folder and its subfolders, apart from registries, archives and what is hidden."""
    root = workspace.folder
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*")}
    files = {name: path for name, path in files.items() if not any(p.startswith(".") for p in name.split("/"))}
    for part, name in workspace.settings.files.items():
        if Path(name).is_absolute() or ".." in Path(name).parts:
            reason, expected = "it lies outside of the workspace", "the name of a file in its folder"
            raise ParameterError(name=f"files.{part}", value=name, reason=reason, expected=expected)
        files[Path(name).as_posix()] = root / name

    def goes(name: str, path: Path) -> bool:
        left = name in (MANIFEST, HISTORY) or name.startswith(REGISTRY_FILE) or _is_archive(path)
        return path.is_file() and not left

    return {name: path for name, path in files.items() if goes(name, path)}


def _is_archive(path: Path) -> bool:
    """Whether a file is a backup itself: each backup that holds the last one would be twice as large."""
    if path.suffix != ".zip":
        return False
    try:
        return MANIFEST in check_zip(path)
    except (DamagedFileError, UnsafeArchiveError):
        return False


def _blocks(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _add(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> str:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    digest = hashlib.sha256()
    with archive.open(info, "w", force_zip64=True) as member:
        for block in blocks:
            member.write(block)
            digest.update(block)
    return digest.hexdigest()


def _checked_manifest(path: Path) -> dict[str, Any]:
    members = check_zip(path)
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        known = manifest["format"] == FORMAT and manifest["version"] <= VERSION_OF_FORMAT
        missing = sorted(dict(manifest["sha256"]).keys() - set(members))
        manifest.setdefault("history", False)
    except (*ZIP_FAULTS, OSError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFileError(path=path, kind=KIND, reason="it has no readable manifest") from error
    if not known:
        reason = f"it is {manifest['format']} version {manifest['version']}"
        raise DamagedFileError(path=path, kind=KIND, reason=reason)
    if missing:
        raise DamagedFileError(path=path, kind=KIND, reason=f"it lacks {', '.join(missing)}")
    return manifest


def _extract(archive: zipfile.ZipFile, name: str, target: Path, expected: str, path: Path) -> None:
    """Unpack one member, whose name `check_zip` has found to stay inside of the folder."""
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for block in _member(archive, name, path):
                file.write(block)
                digest.update(block)
    except OSError as error:
        raise OutputError(path=target, reason=error.strerror or error) from error
    if digest.hexdigest() != expected:
        raise DamagedFileError(path=path, kind=KIND, reason=f"{name} is not what was packed")


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> Iterator[bytes]:
    try:
        with archive.open(name) as member:
            while block := member.read(BLOCK):
                yield block
    except (*ZIP_FAULTS, OSError) as error:
        raise DamagedFileError(path=path, kind=KIND, reason=f"{name}: {error}") from error


def _history_lines(state: sa.Connection) -> Iterator[bytes]:
    """The history, one JSON object a line: a change set, then its changes."""
    for change_set in state.execute(sa.select(change_sets).order_by(change_sets.c.id)).mappings().all():
        head = {"set": change_set["id"], "at": change_set["at"].isoformat()}
        yield _line(head | {"who": change_set["who"], "why": change_set["why"]})
        query = sa.select(changes).where(changes.c.change_set == change_set["id"]).order_by(changes.c.id)
        for change in state.execute(query).mappings():
            yield _line({name: change[name] for name in _CHANGE_FIELDS})


_CHANGE_FIELDS: Final = ("table_name", "key", "action", "version", "before", "after")


def _line(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _require_empty(address: str) -> None:
    registry = Registry.open(address, create=True)
    try:
        if registry.revision:
            raise RegistryInUseError(path=registry.name)
    finally:
        registry.close()


def _replay(lines: Iterable[str], address: str, workspace: Workspace) -> None:
    """Fill an empty registry with a history and with the tables that it led to."""
    registry = Registry.open(address, create=True)
    try:
        with writing(registry.engine) as connection:
            versions = _replay_history(lines, connection)
            for table in REGISTERED:
                records = to_records(workspace.stored(table.name, from_files=True), table)
                rows = [record | {VERSION: versions[table.name, key_of(record, table)]} for record in records]
                for start in range(0, len(rows), BATCH):
                    connection.execute(sa.insert(SQL_TABLES[table.name]), rows[start : start + BATCH])
    finally:
        registry.close()


def _replay_history(lines: Iterable[str], connection: sa.Connection) -> dict[tuple[str, str], int]:
    versions: dict[tuple[str, str], int] = {}
    batch: list[dict[str, Any]] = []
    current = 0
    for line in lines:
        content = json.loads(line)
        if "set" in content:
            row = {"who": content["who"], "why": content["why"], "at": dt.datetime.fromisoformat(content["at"])}
            inserted = connection.execute(sa.insert(change_sets), row)
            current = int(inserted.inserted_primary_key[0])  # type: ignore[index]
            continue
        versions[content["table_name"], content["key"]] = content["version"]
        batch.append(content | {"change_set": current})
        if len(batch) >= BATCH:
            connection.execute(sa.insert(changes), batch)
            batch = []
    if batch:
        connection.execute(sa.insert(changes), batch)
    return versions
