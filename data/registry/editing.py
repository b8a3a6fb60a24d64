"""Edit: a set of changes to the registry that happens as a whole and leaves its trace in the history."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa

from data.parts import read_jurisdictions
from data.registry.history import Action, last_versions, moment, read_changes
from data.registry.models import SQL_TABLES, VERSION, change_sets, changes
from data.registry.records import Record, from_records, key_of, to_json, to_records
from data.tables.checks import record_faults
from data.tables.codes import Words, listed
from data.tables.columns import Table
from data.tables.faults import TableFault, raise_on_errors
from data.tables.frames import typed_frame, unknown_references
from data.tables.schema import CENTERS, REGISTERED, TABLES
from geo.errors import RecordInUseError, StalePreviewError, StaleRecordError, UnknownRecordError

CHUNK_ROWS: Final = 5_000
"""Rows a statement: three key columns of this many rows stay below SQLite's 32,766 parameters."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records an edit added, changed, left as they were, and removed."""

    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.added + other.added,
            self.changed + other.changed,
            self.same + other.same,
            self.removed + other.removed,
        )


class Edit:
    """An open edit; made by `Registry.edit`. Everything in it is written together, or not at all.

    Attributes:
        change_set: its number in the history; None as long as it has changed nothing.
    """

    def __init__(self, connection: sa.Connection, who: str, why: str, outlines: Path | None = None) -> None:
        self._connection = connection
        self._outlines = outlines
        self._set = {"who": who, "why": why, "at": dt.datetime.now(tz=dt.UTC)}
        self.change_set: int | None = None

    def put(self, table: str, record: Mapping[str, Any], version: int | None = None) -> None:
        """Add a record, or change the one with its key; columns that are not given stay as they are.

        Args:
            table: name of the table.
            record: column → value, as a person may write it.
            version: the version that the editor saw; None for a new record.

        Raises:
            TableFaultsError: a value breaks the table's contract or a rule of `data.tables.checks`, or leads nowhere.
            StaleRecordError: the record was changed meanwhile, or exists although none was seen.
        """
        contract = TABLES[table]
        known = to_records(from_records([record], contract), contract)[0]
        key = key_of(known, contract)  # an unreadable key is among the faults below
        old = self._existing(contract, [known]).get(key)
        self._require_version(contract, key, version, old)
        merged = {name: (old or {}).get(name) for name in contract.names if old} | dict(record)
        frame, faults = typed_frame(pd.DataFrame([merged]), contract)
        raise_on_errors(contract.words, [*faults, *self._record_faults(contract, frame)])
        self._write(contract, to_records(frame, contract), "change")

    def put_frame(
        self,
        table: str,
        frame: pd.DataFrame,
        progress: Progress = lambda text, share: None,
        *,
        action: Action = "change",
    ) -> Tally:
        """Add or change many records; those that are already there as given stay untouched.

        Args:
            table: name of the table.
            frame: typed rows, whole records, sound by the table's contract.
            progress: called with the share written.
            action: what the history calls a change.

        Raises:
            TableFaultsError: a row refers to nothing, or breaks a rule of `data.tables.checks`.
        """
        contract = TABLES[table]
        raise_on_errors(contract.words, self._record_faults(contract, frame))
        total, untouched = Tally(), self._is_untouched(contract)
        for start in range(0, len(frame), CHUNK_ROWS):
            total += self._write(
                contract, to_records(frame.iloc[start : start + CHUNK_ROWS], contract), action, untouched
            )
            progress(contract.en, min(1.0, (start + CHUNK_ROWS) / len(frame)))
        return total

    def remove(self, table: str, key: str, version: int | None = None) -> None:
        """Remove a record.

        Raises:
            UnknownRecordError: there is none.
            StaleRecordError: it is not at the version that the editor saw.
            RecordInUseError: other records refer to it.
        """
        self.remove_all(table, {key: version})

    def remove_all(self, table: str, versions: Mapping[str, int | None]) -> None:
        """Remove many records of a table.

        Args:
            table: name of the table.
            versions: key → the version that the editor saw; None where any will do.

        Raises:
            UnknownRecordError, StaleRecordError, RecordInUseError: see `remove`.
        """
        contract, sql, keys = TABLES[table], SQL_TABLES[table], list(versions)
        for start in range(0, len(keys), CHUNK_ROWS):
            chunk = keys[start : start + CHUNK_ROWS]
            wanted = _keyed(contract, chunk)
            rows = self._existing(contract, wanted)
            for key in chunk:
                if key not in rows:
                    raise UnknownRecordError(table=contract.words, key=key, when="")
                if versions[key] is not None:
                    self._require_version(contract, key, versions[key], rows[key])
            self._require_unused(contract, chunk)
            self._connection.execute(sa.delete(sql).where(_among(sql, contract, wanted)))
            before = {key: to_json({name: rows[key][name] for name in contract.names}) for key in chunk}
            self._log(contract, [_line(key, "remove", rows[key][VERSION] + 1, before[key], None) for key in chunk])

    def restore(self, table: str, key: str, as_of: dt.datetime | dt.date) -> None:
        """Bring a record back to what it was at a moment; where it did not exist yet, it is removed.

        Raises:
            UnknownRecordError: the history does not know the record.
            RecordInUseError, TableFaultsError: other records stand in the way.
        """
        contract = TABLES[table]
        then = read_changes(self._connection, contract, key, until=moment(as_of), limit=1)
        if not then and not read_changes(self._connection, contract, key, limit=1):
            raise UnknownRecordError(table=contract.words, key=key, when="")
        if then and then[0].after is not None:
            self.put_frame(table, from_records([then[0].after], contract), action="restore")
        else:
            self.remove(table, key)

    def require_unchanged(self, table: str, revision: int) -> None:
        """Refuse to go on when somebody changed a table after a revision.

        Raises:
            StalePreviewError: who it was, and when.
        """
        newer = (changes.c.table_name == table, changes.c.change_set > revision)
        count = self._connection.scalar(sa.select(sa.func.count()).select_from(changes).where(*newer))
        if count:
            last = read_changes(self._connection, TABLES[table], limit=1)[0]
            facts = {"who": last.who, "at": f"{last.at:%Y-%m-%d %H:%M} UTC", "count": count}
            raise StalePreviewError(table=TABLES[table].words, **facts)

    def _record_faults(self, table: Table, frame: pd.DataFrame) -> list[TableFault]:
        """Faults for which a workspace that held these records would not open."""
        faults = record_faults(table, frame, self._jurisdictions if table is CENTERS else pd.DataFrame())
        for column in table.columns:
            other, _, target = column.refers.partition(".")
            if other in SQL_TABLES:
                known = set(self._connection.scalars(sa.select(SQL_TABLES[other].c[target])))
                faults += unknown_references(frame, column, known, TABLES[other])
        return faults

    @cached_property
    def _jurisdictions(self) -> pd.DataFrame:
        """The outlines as they are now, none where nobody says where they lie."""
        return pd.DataFrame() if self._outlines is None else read_jurisdictions(self._outlines)[0]

    def _is_untouched(self, table: Table) -> bool:
        """Whether the table never held a record: then there is nothing to compare with, which halves a first import."""
        query = sa.select(changes.c.id).where(changes.c.table_name == table.name).limit(1)
        return self._connection.scalar(query) is None

    def _write(self, table: Table, records: Sequence[Record], action: Action, untouched: bool = False) -> Tally:
        existing = {} if untouched else self._existing(table, records)
        fresh, stale, same = [], [], 0
        names = table.names
        for record in records:
            key = key_of(record, table)
            old = existing.get(key)
            if old is None:
                fresh.append((key, record))
            elif any(record[name] != old[name] for name in names):
                stale.append((key, record, old))
            else:
                same += 1
        sql, lines = SQL_TABLES[table.name], []
        if fresh:
            past = {} if untouched else last_versions(self._connection, table, [key for key, _ in fresh])
            rows = [{**record, VERSION: past.get(key, 0) + 1} for key, record in fresh]
            self._connection.execute(sa.insert(sql), rows)
            added: Action = "restore" if action == "restore" else "add"
            lines += [_line(key, added, past.get(key, 0) + 1, None, to_json(record)) for key, record in fresh]
        for key, record, old in stale:
            values = {**record, VERSION: old[VERSION] + 1}
            self._connection.execute(sa.update(sql).where(_where_key(sql, table, key)).values(values))
            before = to_json({name: old[name] for name in names})
            lines.append(_line(key, action, old[VERSION] + 1, before, to_json(record)))
        self._log(table, lines)
        return Tally(added=len(fresh), changed=len(stale), same=same)

    def _existing(self, table: Table, records: Sequence[Record]) -> dict[str, Record]:
        """The records that stand there under the same keys, with their versions."""
        sql = SQL_TABLES[table.name]
        rows = self._connection.execute(sa.select(sql).where(_among(sql, table, records))).mappings()
        return {key_of(record, table): record for record in map(dict, rows)}

    def _require_version(self, table: Table, key: str, seen: int | None, old: Mapping[str, Any] | None) -> None:
        if (old[VERSION] if old is not None else None) == seen:
            return
        last = read_changes(self._connection, table, key, limit=1)
        since = [c for c in read_changes(self._connection, table, key) if c.version > (seen or 0)]
        names = sorted({name for change in since for name in change.differences})
        changed = [Words(table[name].zh, name) for name in names] if old is not None else [Words("已删除", "removed")]
        facts = {"who": last[0].who, "at": f"{last[0].at:%Y-%m-%d %H:%M} UTC"} if last else {"who": "?", "at": "?"}
        raise StaleRecordError(table=table.words, key=key, changed=listed(changed), **facts)

    def _require_unused(self, table: Table, keys: Sequence[str]) -> None:
        users: dict[str, list[Words]] = {}
        for other, column in _referring(table):
            cells = SQL_TABLES[other.name].c[column.name]
            if column.listed:
                values = [key for listed in self._connection.scalars(sa.select(cells)) for key in listed]
            else:
                values = list(self._connection.scalars(sa.select(cells).where(cells.in_(keys))))
            counts = Counter(values)
            for key in keys:
                if count := counts[key]:
                    words = Words(f"{count} 条{other.zh}", f"{count} {other.en.lower()}")
                    users.setdefault(key, []).append(words)
        for key, found in users.items():
            raise RecordInUseError(table=table.words, key=key, users=listed(found))

    def _log(self, table: Table, lines: list[Record]) -> None:
        if not lines:
            return
        if self.change_set is None:
            inserted = self._connection.execute(sa.insert(change_sets), self._set)
            self.change_set = int(inserted.inserted_primary_key[0])  # type: ignore[index]
        common = {"change_set": self.change_set, "table_name": table.name}
        self._connection.execute(sa.insert(changes), [common | line for line in lines])


def _referring(table: Table) -> Iterator[tuple[Table, Any]]:
    for other in REGISTERED:
        for column in other.columns:
            if column.refers.partition(".")[0] == table.name:
                yield other, column


def _where_key(sql: sa.Table, table: Table, key: str) -> sa.ColumnElement[bool]:
    return _among(sql, table, _keyed(table, [key]))


def _keyed(table: Table, keys: Sequence[str]) -> list[Record]:
    """Records of which only the key is known, typed."""
    parts = [key.split("/") if len(table.key) > 1 else [key] for key in keys]
    return to_records(from_records([dict(zip(table.key, part, strict=True)) for part in parts], table), table)


def _among(sql: sa.Table, table: Table, records: Sequence[Record]) -> sa.ColumnElement[bool]:
    """Whether a row has the key of one of the records."""
    if len(table.key) == 1:
        name = table.key[0]
        return sql.c[name].in_([record[name] for record in records])
    keys = [tuple(record[name] for name in table.key) for record in records]
    return sa.tuple_(*(sql.c[name] for name in table.key)).in_(keys)


def _line(key: str, action: Action, version: int, before: Record | None, after: Record | None) -> Record:
    return {"key": key, "action": action, "version": version, "before": before, "after": after}
