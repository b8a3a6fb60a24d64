"""Migrations of the registry: one step from each version of its tables to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings; the files lie in this package."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection) -> None:
    """Bring a database to the newest version, within the connection's transaction."""
    from alembic import command

    command.upgrade(config(connection), "head")
