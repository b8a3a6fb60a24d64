"""The registry's tables in SQL: one for each registered contract, and the history of every change.

The history is append-only: triggers, made by the first migration, refuse to change or remove a line of it, on SQLite
and on PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

from data.tables.columns import Column, Table
from data.tables.schema import REGISTERED

HEAD: Final = "0002"
"""The migration that this program works with; a test keeps it equal to the newest one."""

VERSION: Final = "version"
"""Column that counts the changes of a record, for editors who work at the same time."""

MAX_KEY: Final = 64


class UtcDateTime(sa.TypeDecorator[dt.datetime]):
    """A moment: aware UTC in Python, without zone in the database."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """To UTC, zone dropped."""
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Back to an aware moment."""
        return None if value is None else value.replace(tzinfo=dt.UTC)


SQL_TYPE: Final[dict[str, Any]] = {
    "text": sa.Text(),
    "list": sa.JSON(),
    "code": sa.String(MAX_KEY),
    "codes": sa.JSON(),
    "integer": sa.BigInteger(),
    "number": sa.Double(),
    "degrees": sa.Double(),
    "flag": sa.Boolean(),
    "date": sa.Date(),
    "week": sa.String(8),
}

metadata: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _sql_column(column: Column, table: Table) -> sa.Column[Any]:
    is_key = column.name in table.key
    kind = sa.String(MAX_KEY) if is_key and column.kind == "text" else SQL_TYPE[column.kind]
    links = []
    other, _, target = column.refers.partition(".")
    if other in {t.name for t in REGISTERED} and not column.listed:
        links = [sa.ForeignKey(f"{other}.{target}")]
        kind = sa.String(MAX_KEY)
    optional = not (column.required or column.listed or column.default is not None)
    return sa.Column(column.name, kind, *links, primary_key=is_key, nullable=optional)


def _sql_table(table: Table) -> sa.Table:
    columns = [_sql_column(column, table) for column in table.columns]
    return sa.Table(table.name, metadata, *columns, sa.Column(VERSION, sa.Integer, nullable=False))


SQL_TABLES: Final = {table.name: _sql_table(table) for table in REGISTERED}

change_sets: Final = sa.Table(
    "change_sets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What was changed together: one form, one import."""

changes: Final = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("change_set", sa.ForeignKey("change_sets.id"), nullable=False, index=True),
    sa.Column("table_name", sa.String(MAX_KEY), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("action", sa.String(8), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("before", sa.JSON(none_as_null=True)),
    sa.Column("after", sa.JSON(none_as_null=True)),
    sa.Index("ix_changes_record", "table_name", "key", "id"),
    sqlite_autoincrement=True,
)
"""One record each: `before` is null for a new record, `after` for a removed one."""
