"""Archive: a whole workspace as one zip file, which any installation opens again.

| member | what |
|---|---|
| `manifest.json` | format, version, name, whether it carries a history, SHA-256 of every other member |
| `workspace.toml`, `streets.arrow`, `*.parquet`, `indicators.toml`, … | the workspace's files as they are |
| `centers.csv`, `weekly_reports.csv`, … | the edited tables as they are now |
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
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

import sqlalchemy as sa

from data.folders import appearing
from data.registry.beginnings import CHANGES, ORIGINALS
from data.registry.database import reading, writing
from data.registry.models import SQL_TABLES, VERSION, change_sets, changes
from data.registry.records import key_of, to_records
from data.registry.store import Registry
from data.settings import SETTINGS_FILE, Settings
from data.tables.columns import Table
from data.tables.drafts import csv_text
from data.tables.schema import REGISTERED
from data.workspace import REGISTRY_FILE, Workspace
from data.zips import check_zip
from geo.errors import DamagedFileError, OutputError, RegistryInUseError
from geo.output import whole_file

FORMAT: Final = "linli-workspace"
VERSION_OF_FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
HISTORY: Final = "history.jsonl"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
BLOCK: Final = 1 << 20
BATCH: Final = 5_000


def pack(workspace: Workspace, path: Path, *, history: bool = False) -> None:
    """Write a workspace as a zip file.

    Args:
        workspace: what to pack, in the state in which it was opened.
        path: the file to make.
        history: keep every change ever made (a backup), not only what is there now.

    Raises:
        OutputError: the file cannot be written.
    """
    texts = {f"{t.name}.csv": csv_text(workspace.stored(t.name), t) for t in REGISTERED}
    if workspace.settings.registry:  # an address is nobody else's business
        texts[SETTINGS_FILE] = replace(workspace.settings, registry=None).to_toml()
    files = {p.name: p for p in _plain_files(workspace)}
    registry = Registry.open(workspace.registry_address) if history and workspace.has_registry else None
    if not path.parent.is_dir():
        raise OutputError(path=path, reason=f"there is no folder {path.parent}")
    with whole_file(path) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
        sums = {}
        for name in sorted({*files, *texts}):
            content: IO[bytes] | bytes = texts[name].encode() if name in texts else files[name].open("rb")
            sums[name] = _add(archive, name, _blocks(content))
        if registry is not None:
            sums[HISTORY] = _add(archive, HISTORY, _history_lines(registry))
            registry.close()
        manifest = {
            "format": FORMAT,
            "version": VERSION_OF_FORMAT,
            "name": workspace.settings.name_zh,
            "as_of": workspace.settings.as_of.isoformat(),
            "history": registry is not None,
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
        InputError: what is in it cannot be opened.
    """
    manifest = _checked_manifest(path)
    folder = folder.expanduser().resolve()
    with appearing(folder) as under_way:
        with zipfile.ZipFile(path) as archive:
            for name, expected in manifest["sha256"].items():
                _extract(archive, name, under_way / name, expected, path)
        settings = Settings.read(under_way / SETTINGS_FILE)
        if registry is not None:
            _require_empty(registry)
        if registry != settings.registry:
            (under_way / SETTINGS_FILE).write_text(replace(settings, registry=registry).to_toml(), encoding="utf-8")
        workspace = Workspace.open(under_way)  # what cannot be opened must not appear
        history = under_way / HISTORY
        if manifest["history"]:
            with history.open(encoding="utf-8") as lines:
                _replay(lines, registry or str(under_way / REGISTRY_FILE), workspace)
            history.unlink()
    return Workspace.open(folder)


def copy(workspace: Workspace, folder: Path) -> Workspace:
    """A copy of a workspace's present state, without its history, to be edited on its own.

    Raises:
        FolderInUseError, OutputError: the folder cannot be made.
    """
    with appearing(folder) as under_way:
        for path in _plain_files(workspace):
            shutil.copyfile(path, under_way / path.name)
        for name, text in _tables(workspace).items():
            (under_way / name).write_text(text, encoding="utf-8", newline="\n")
    return Workspace.open(folder)


def _tables(workspace: Workspace) -> dict[str, str]:
    """The tables as CSV by file name, where they come from a registry; otherwise their files go as they are."""
    if not workspace.has_registry:
        return {}
    return {_file(workspace, t): csv_text(workspace.stored(t.name), t) for t in REGISTERED}


def _file(workspace: Workspace, table: Table) -> str:
    return workspace.settings.files.get(table.name, f"{table.name}.csv")


def _plain_files(workspace: Workspace) -> Iterator[Path]:
    """Files of the workspace that go as they are; those that a registry has overtaken stay behind."""
    left = {MANIFEST, HISTORY}
    if workspace.has_registry:
        left |= {_file(workspace, t) for t in REGISTERED} | {f"{t.name}{ORIGINALS}.csv" for t in REGISTERED}
        left |= {f"{name}.csv" for name in CHANGES}
    for path in sorted(workspace.folder.iterdir()):
        hidden = path.name.startswith((".", REGISTRY_FILE))
        if path.is_file() and not hidden and path.name not in left:
            yield path


def _blocks(content: IO[bytes] | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content:
        while block := content.read(BLOCK):
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
        sums: dict[str, str] = manifest["sha256"]
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise DamagedFileError(path=path, kind="a workspace archive", reason="it has no readable manifest") from error
    if not known:
        reason = f"it is {manifest['format']} version {manifest['version']}"
        raise DamagedFileError(path=path, kind="a workspace archive", reason=reason)
    missing = sorted(set(sums) - set(members))
    if missing or any("/" in name or "\\" in name for name in sums):
        raise DamagedFileError(path=path, kind="a workspace archive", reason=f"it lacks {', '.join(missing)}")
    return manifest


def _extract(archive: zipfile.ZipFile, name: str, target: Path, expected: str, path: Path) -> None:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as member, target.open("wb") as file:
            while block := member.read(BLOCK):
                file.write(block)
                digest.update(block)
    except (zipfile.BadZipFile, EOFError) as error:
        raise DamagedFileError(path=path, kind="a workspace archive", reason=f"{name}: {error}") from error
    except OSError as error:
        raise OutputError(path=target, reason=error.strerror) from error
    if digest.hexdigest() != expected:
        raise DamagedFileError(path=path, kind="a workspace archive", reason=f"{name} is not what was packed")


def _history_lines(registry: Registry) -> Iterator[bytes]:
    """The history, one JSON object a line: a change set, then its changes."""
    with reading(registry.engine) as connection:
        for change_set in connection.execute(sa.select(change_sets).order_by(change_sets.c.id)).mappings():
            head = {"set": change_set["id"], "at": change_set["at"].isoformat()}
            yield _line(head | {"who": change_set["who"], "why": change_set["why"]})
            query = sa.select(changes).where(changes.c.change_set == change_set["id"]).order_by(changes.c.id)
            for change in connection.execute(query).mappings():
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
