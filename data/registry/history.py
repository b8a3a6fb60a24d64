"""History: who changed what, when, and what was there before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa

from data.registry.models import SQL_TABLES, VERSION, change_sets, changes
from data.registry.records import Record, from_records
from data.tables.columns import Table

Action = Literal["add", "change", "remove", "restore"]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history.

    Attributes:
        id: rises with time.
        change_set: what was changed together has the same number.
        at: moment, UTC.
        who: the person or program.
        why: what for: a sentence, the name of an imported file.
        table: name of the table.
        key: the record's key.
        action: what was done.
        version: the record's version after it.
        before: the record before, None where there was none.
        after: the record after, None where it was removed.
    """

    id: int
    change_set: int
    at: dt.datetime
    who: str
    why: str
    table: str
    key: str
    action: Action
    version: int
    before: Record | None
    after: Record | None

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Column → (before, after), where they differ."""
        before, after = self.before or {}, self.after or {}
        names = [*before, *(name for name in after if name not in before)]
        return {n: (before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)}


def moment(as_of: dt.datetime | dt.date) -> dt.datetime:
    """A moment in UTC; a day means its end, a moment without zone is local time."""
    if not isinstance(as_of, dt.datetime):
        as_of = dt.datetime.combine(as_of, dt.time.max)
    return as_of.astimezone(dt.UTC)


def read_changes(
    connection: sa.Connection,
    table: Table | None = None,
    key: str | None = None,
    *,
    until: dt.datetime | None = None,
    limit: int | None = None,
) -> list[Change]:
    """Changes, the newest first."""
    query = sa.select(changes, change_sets.c.at, change_sets.c.who, change_sets.c.why).join(change_sets)
    if table is not None:
        query = query.where(changes.c.table_name == table.name)
    if key is not None:
        query = query.where(changes.c.key == key)
    if until is not None:
        query = query.where(change_sets.c.at <= until)
    rows = connection.execute(query.order_by(changes.c.id.desc()).limit(limit)).mappings()
    return [_change(dict(row)) for row in rows]


def read_frame(connection: sa.Connection, table: Table, as_of: dt.datetime | dt.date | None = None) -> pd.DataFrame:
    """A table as a typed frame with a column `version`, in the order of its keys.

    Args:
        connection: to the registry.
        table: the contract.
        as_of: the moment, or the end of the day, whose state is wanted; by default now.
    """
    if as_of is None:
        rows = connection.execute(sa.select(SQL_TABLES[table.name])).mappings()
        records = [dict(row) for row in rows]
    else:
        records = records_as_of(connection, table, moment(as_of))
    frame = from_records(records, table)
    if not records:
        frame[VERSION] = pd.Series([], dtype="int64")
    return frame.sort_values(list(table.key), ignore_index=True)


def records_as_of(connection: sa.Connection, table: Table, until: dt.datetime) -> list[Record]:
    """The table's records as they were at a moment, each with its version."""
    newest = (
        sa.select(sa.func.max(changes.c.id))
        .join(change_sets)
        .where(changes.c.table_name == table.name, change_sets.c.at <= until)
        .group_by(changes.c.key)
    )
    query = sa.select(changes.c.after, changes.c.version).where(changes.c.id.in_(newest), changes.c.after.is_not(None))
    return [{**after, "version": version} for after, version in connection.execute(query.order_by(changes.c.key))]


def last_set(connection: sa.Connection) -> int:
    """Number of the last change set, 0 where nothing was ever written."""
    return connection.scalar(sa.select(sa.func.max(change_sets.c.id))) or 0


def last_versions(connection: sa.Connection, table: Table, keys: Sequence[str]) -> dict[str, int]:
    """Highest version that each key ever had, removed records included."""
    query = (
        sa.select(changes.c.key, sa.func.max(changes.c.version))
        .where(changes.c.table_name == table.name, changes.c.key.in_(keys))
        .group_by(changes.c.key)
    )
    return {row.key: row[1] for row in connection.execute(query)}


def _change(row: Mapping[str, Any]) -> Change:
    return Change(
        id=row["id"],
        change_set=row["change_set"],
        at=row["at"],
        who=row["who"],
        why=row["why"],
        table=row["table_name"],
        key=row["key"],
        action=row["action"],
        version=row["version"],
        before=row["before"],
        after=row["after"],
    )
