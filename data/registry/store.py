"""Registry: the tables that people edit, in SQL, with everything that ever stood in them.

One SQLite file in the workspace by default, or a PostgreSQL database by URL; the code is the same. All changes go
through an `Edit`, which writes them together and keeps who, when, why and what was there before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from data.registry.database import engine_for, reading, shown, writing
from data.registry.editing import Edit
from data.registry.history import Change, last_set, moment, read_changes, read_frame
from data.registry.models import HEAD
from data.registry.records import Record
from data.tables.codes import Words
from data.tables.schema import TABLES
from geo.errors import MissingFileError, OutputError, RegistryVersionError, UnknownRecordError


class Registry:
    """An open registry. Cheap to keep open; one object may serve many threads.

    Attributes:
        engine: the database.
        outlines: the file of jurisdictions that centers have to lie in; None where there is none to keep to.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.outlines: Path | None = None

    @classmethod
    def open(cls, address: str | Path, *, create: bool = False) -> Registry:
        """Open a registry and bring it to this program's version.

        Args:
            address: a SQLite file, or a database URL.
            create: make the SQLite file, or the tables in the database, where they are missing.

        Raises:
            MissingFileError: there is none, and none is to be made.
            RegistryVersionError: a newer program made it.
            DamagedFileError, OutputError, RegistryUnreachableError: it cannot be used.
        """
        engine = engine_for(address)
        if engine.dialect.name == "sqlite":
            path = Path(engine.url.database or "")
            if not path.exists() and not create:
                raise MissingFileError(path=path)
            if not path.parent.is_dir():
                raise OutputError(path=path, reason="its folder does not exist")
        registry = cls(engine)
        found = registry._version()
        if found is None and not create:
            raise RegistryVersionError(path=registry.name, found="none", expected=HEAD)
        registry._migrate(found)
        return registry

    @classmethod
    def find(cls, address: str | Path) -> Registry | None:
        """Open a registry to read from it; None where nobody has made one, and then nothing is made.

        Raises:
            RegistryVersionError, DamagedFileError, OutputError, RegistryUnreachableError: see `open`.
        """
        registry = cls(engine_for(address))
        file = Path(registry.engine.url.database or "") if registry.engine.dialect.name == "sqlite" else None
        nothing = file is not None and not (file.is_file() and file.stat().st_size)  # opening it would write a header
        found = None if nothing else registry._version()
        if found is None:
            registry.close()
            return None
        registry._migrate(found)
        return registry

    @property
    def name(self) -> str:
        """Its file or address, without a password."""
        return shown(self.engine)

    @property
    def revision(self) -> int:
        """Number of the last change set, 0 for an empty registry: whoever has seen it has seen everything."""
        with reading(self.engine) as connection:
            return last_set(connection)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def frame(self, table: str, as_of: dt.datetime | dt.date | None = None) -> pd.DataFrame:
        """A table as a typed frame with a column `version`, in the order of its keys.

        Args:
            table: name of the table.
            as_of: the moment, or the end of the day, whose state is wanted; by default now.
        """
        with reading(self.engine) as connection:
            return read_frame(connection, TABLES[table], as_of)

    def record(self, table: str, key: str, as_of: dt.datetime | dt.date | None = None) -> Record:
        """One record with its version.

        Raises:
            UnknownRecordError: it does not exist, or did not then.
        """
        contract = TABLES[table]
        until = None if as_of is None else moment(as_of)
        with reading(self.engine) as connection:
            newest = read_changes(connection, contract, key, until=until, limit=1)
        if not newest or newest[0].after is None:
            when = "" if as_of is None else Words(f"（{as_of:%Y-%m-%d}）", f" on {as_of:%Y-%m-%d}")
            raise UnknownRecordError(table=contract.words, key=key, when=when)
        empty: Record = {column.name: [] if column.listed else None for column in contract.columns}
        return empty | newest[0].after | {"version": newest[0].version}

    def history(self, table: str | None = None, key: str | None = None, limit: int | None = None) -> list[Change]:
        """Changes of everything, a table or a record, the newest first."""
        with reading(self.engine) as connection:
            return read_changes(connection, None if table is None else TABLES[table], key, limit=limit)

    @contextmanager
    def edit(self, who: str, why: str = "") -> Iterator[Edit]:
        """Change records; all of it is written when the block ends well, nothing when it does not.

        Args:
            who: the person or program that is answerable.
            why: what for: a sentence, or the name of an imported file.

        Raises:
            RegistryBusyError: somebody else is writing, for too long.
            OutputError: the disk is full.
        """
        with writing(self.engine) as connection:
            yield Edit(connection, who, why, self.outlines)

    def _migrate(self, found: str | None) -> None:
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise RegistryVersionError(path=self.name, found=found, expected=HEAD)
        from data.registry.migrations import upgrade

        with writing(self.engine) as connection:
            upgrade(connection)

    def _version(self) -> str | None:
        with reading(self.engine) as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return version
