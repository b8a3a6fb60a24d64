"""Fixtures of the data layer: a registry on SQLite, and the same on a private PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from data.registry.store import Registry

SERVER_PROGRAMS = Path("/usr/lib/postgresql")
UNPRIVILEGED = "postgres"


def server_folder() -> Path:
    """Where PostgreSQL's server programs are; Debian keeps them off the PATH."""
    found = sorted(SERVER_PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        if os.environ.get("CI"):
            pytest.fail("continuous integration must test on PostgreSQL: install the package postgresql")
        pytest.skip("PostgreSQL's server (package postgresql) is not on this machine")
    return found[-1].parent if found else Path(on_path or "").parent


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A private server on a socket of its own, gone afterwards. It refuses to run as root."""
    programs = server_folder()
    as_other = ["runuser", "-u", UNPRIVILEGED, "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="linli-pg-", dir="/tmp"))  # a socket's path must be short
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    if as_other:
        shutil.chown(home, UNPRIVILEGED)

    def run(program: str, *arguments: str) -> None:
        command = [*as_other, str(programs / program), *arguments]
        subprocess.run(command, check=True, cwd=home, stdout=subprocess.DEVNULL, timeout=120)

    cluster = home / "cluster"
    run("initdb", "-D", str(cluster), "-U", "linli", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-k {home} -c listen_addresses='' -c fsync=off -c max_connections=30"
    try:
        run("pg_ctl", "-D", str(cluster), "-w", "-l", str(home / "log"), "-o", options, "start")
        yield f"postgresql+psycopg://linli@/postgres?host={home}"
    finally:
        run("pg_ctl", "-D", str(cluster), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_address: str) -> Iterator[str]:
    """Address of an empty database."""
    server = sa.create_engine(postgres_address, isolation_level="AUTOCOMMIT")
    name = f"t{uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgres_address.replace("/postgres?", f"/{name}?")
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a registry may be made, on each kind of database."""
    if request.param == "sqlite":
        return str(tmp_path / "registry.sqlite")
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def registry(address: str) -> Iterator[Registry]:
    registry = Registry.open(address, create=True)
    yield registry
    registry.close()
