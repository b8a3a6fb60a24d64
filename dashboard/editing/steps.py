"""The steps of an import that need no screen: keep the file, know its headers, take back."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

import pandas as pd

from dashboard.editing.sheets import when
from data.registry.records import from_records
from data.tables.faults import TableFault
from data.tables.headers import HeaderMatch, match_headers
from data.tables.reading import read_raw
from data.tables.schema import REGISTERED, TABLES
from geo.errors import StaleRecordError

if TYPE_CHECKING:
    from data.registry.history import Change
    from data.registry.store import Registry
    from data.tables.columns import Column, Table

ENDINGS: Final = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".geojson", ".json", ".gpkg", ".zip")
MAX_UPLOAD_MB: Final = 200
"""A million rows of CSV take 120 MB."""
MAX_NAME: Final = 80
EXAMPLE: Final = 24
"""Letters of an example that are shown."""


@dataclass(frozen=True, eq=False)
class Upload:
    """A file that somebody handed in; it is gone from the disk when nobody holds this any more.

    Attributes:
        path: where it lies, under its own name.
        digest: SHA-256 of its content and name.
    """

    path: Path
    digest: str
    _folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def of(cls, name: str, content: bytes) -> Upload:
        """Keep a file's content."""
        folder = tempfile.TemporaryDirectory(prefix="linli-upload-")
        plain = PurePath(name.replace("\\", "/")).name
        path = Path(folder.name) / f"{PurePath(plain).stem[:MAX_NAME]}{PurePath(plain).suffix.lower()}"
        path.write_bytes(content)
        return cls(path, hashlib.sha256(content + plain.encode()).hexdigest(), folder)


@dataclass(frozen=True, slots=True)
class Headers:
    """A file's headers, an example of what stands below each, and what they were taken for."""

    examples: Mapping[str, str]
    match: HeaderMatch
    n_rows: int
    has_shapes: bool

    @classmethod
    def read(cls, path: Path, table: Table, sheet: str | None) -> Headers:
        """Read them.

        Raises:
            InputError: the file cannot be read.
        """
        raw = read_raw(path, table, sheet=sheet)
        examples = {}
        for header in raw.headers:
            given = raw.frame[header].dropna()
            examples[header] = "" if given.empty else str(given.iloc[0])[:EXAMPLE]
        return cls(examples, match_headers(raw.headers, table), len(raw.frame), raw.geometry is not None)

    @property
    def guesses(self) -> dict[str, str]:
        """Column → the likeliest header that is not taken yet."""
        taken = set(self.match.matched.values())
        guesses: dict[str, str] = {}
        for column, headers in self.match.suggested.items():
            free = next((header for header in headers if header not in taken), None)
            if free is not None:
                guesses[column] = free
                taken.add(free)
        return guesses

    def lacking(self, table: Table) -> list[Column]:
        """Columns that no row may lack and no header is likely to be; shapes bring their own places."""
        found = {*self.match.matched, *self.guesses} | ({"lon", "lat"} if self.has_shapes else set())
        return [c for c in table.columns if c.required and c.default is None and c.name not in found]


def fault_counts(faults: Sequence[TableFault]) -> dict[str, int]:
    """How often each kind of fault occurs, the most frequent first."""
    counts = pd.Series([fault.code for fault in faults], dtype="str").value_counts()
    return {str(code): int(count) for code, count in counts.items()}


def changed_since(registry: Registry, table: str, revision: int) -> list[Change]:
    """What others have changed in a table since a revision was looked at, the newest first."""
    if registry.revision == revision:
        return []
    return [change for change in registry.history(table) if change.change_set > revision]


def undo(registry: Registry, change_set: int, who: str, why: str) -> int:
    """Take a change set back: every record becomes what it was just before; the number of records.

    Raises:
        StaleRecordError: one of them was changed again since.
        RecordInUseError: something refers to a record that would go.
    """
    lines = registry.history()
    mine = [change for change in lines if change.change_set == change_set]
    places = {(change.table, change.key) for change in mine}
    with registry.edit(who, why) as edit:
        _require_unchanged([c for c in lines if c.change_set > change_set and (c.table, c.key) in places])
        for table in reversed(REGISTERED):  # what refers goes before what it refers to
            added = {c.key: c.version for c in mine if c.table == table.name and c.before is None}
            edit.remove_all(table.name, added)
        for table in REGISTERED:
            before = [change.before for change in mine if change.table == table.name and change.before is not None]
            if before:
                edit.put_frame(table.name, from_records(before, table), action="restore")
    return len(mine)


def _require_unchanged(later: Sequence[Change]) -> None:
    if later:
        last, table = later[0], TABLES[later[0].table]
        changed = ", ".join(last.differences)
        raise StaleRecordError(table=table.en, key=last.key, who=last.who, at=when(last.at), changed=changed)
