"""Database: connections to SQLite and PostgreSQL that behave alike, and whose errors are plain words."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc

from geo.errors import (
    AtlasError,
    DamagedFileError,
    OutputError,
    ParameterError,
    RegistryBusyError,
    RegistryUnreachableError,
)

WAIT_S: Final = 5
"""How long a writer waits for another one."""
RETRY_S: Final = 0.05

WRITING: Final = "linli_writing"

_BUSY: Final = ("database is locked", "locknotavailable", "lock timeout", "database table is locked")
_FULL: Final = ("disk is full", "diskfull", "no space left")
_DAMAGED: Final = ("not a database", "malformed", "disk image")
_READ_ONLY: Final = ("readonly", "read-only", "unable to open", "permission denied")


def engine_for(address: str | Path) -> sa.Engine:
    """An engine for a SQLite file or a database URL.

    Raises:
        ParameterError: the URL is none, or names a database that is not supported.
    """
    try:
        url = sa.make_url(str(address)) if "://" in str(address) else sa.URL.create("sqlite", database=str(address))
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise exc.ArgumentError(url.get_backend_name())
        if "@" in (url.host or ""):
            raise exc.ArgumentError("an @ in a password is written %40")
        engine = sa.create_engine(url, json_serializer=_as_json, **_options(url))
    except (exc.ArgumentError, exc.NoSuchModuleError, ValueError) as error:  # a port that is no number is a ValueError
        expected = "a file, or a URL such as postgresql://user@host/database"
        raise ParameterError(name="registry", value=_hidden(str(address)), reason=error, expected=expected) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def shown(engine: sa.Engine) -> str:
    """The address without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or ""
    return _hidden(engine.url.render_as_string(hide_password=False))


def require_no_password(address: str) -> None:
    """Refuse an address with a password in it, where it is to be written down.

    Raises:
        ParameterError: there is one.
    """
    if _hidden(address) != address:
        raise ParameterError(
            name="registry",
            value=_hidden(address),
            reason="its password would be written into workspace.toml",
            expected="the address without it; the password belongs into PGPASSWORD or ~/.pgpass",
        )


def _hidden(address: str) -> str:
    """An address, even one that nobody could use, without what may be a password."""
    named = re.sub(r"(//[^:/@?]*):.*@", r"\1:***@", address)
    return re.sub(r"(password=)[^&]*", r"\1***", named)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads one consistent state, however many statements it has."""
    with plain_errors(engine), engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that is the only one to write; it is undone when anything fails.

    Raises:
        RegistryBusyError: another writer did not finish within WAIT_S seconds.
        OutputError: the disk is full, or the file may not be written.
    """
    with plain_errors(engine), engine.connect() as connection:
        connection = connection.execution_options(**{WRITING: True})
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(6505)")  # one writer at a time, as in SQLite
            yield connection


@contextmanager
def plain_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn the database's errors into ours."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _translated(error, engine) from error


def _translated(error: exc.DBAPIError, engine: sa.Engine) -> Exception:
    said = f"{type(error.orig).__name__}: {error.orig}".lower()
    path, reason = shown(engine), str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else said
    known: list[tuple[tuple[str, ...], AtlasError]] = [
        (_BUSY, RegistryBusyError(path=path, seconds=WAIT_S)),
        (_FULL, OutputError(path=path, reason="the disk is full")),
        (_DAMAGED, DamagedFileError(path=path, kind="a registry", reason=reason)),
        (_READ_ONLY, OutputError(path=path, reason=reason)),
    ]
    for signs, ours in known:
        if any(sign in said for sign in signs):
            return ours
    if engine.dialect.name == "postgresql" and isinstance(error, exc.OperationalError):
        return RegistryUnreachableError(path=path, reason=reason)
    return error


def _options(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": WAIT_S}}
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": WAIT_S}}


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own would come too late for readers
    for pragma in ("foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    until = time.monotonic() + WAIT_S
    while True:  # where others make the same file, SQLite refuses the change of journal at once, and does not wait
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(RETRY_S)


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
