"""Databases for tests: SQLite, and a real PostgreSQL, empty and migrated for each test.

The migrations run once per kind and session; each test gets a copy. ``PROVISIONER_TEST_POSTGRES`` names a
server to use instead of a private one: an account there that may create databases.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from provisioner.store.database import Database
from tests.conftest import missing

Copied = Callable[[], AbstractContextManager[str]]

BINARIES = Path("/usr/lib/postgresql/15/bin")
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "max_connections=60")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server, database ``postgres``."""
    given = os.environ.get("PROVISIONER_TEST_POSTGRES")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    with private_postgres() as server:
        yield server.url


@dataclass(frozen=True)
class PostgresServer:
    """A server of our own, on a port of loopback and a socket in its directory."""

    directory: str
    port: int
    settings: tuple[str, ...] = SETTINGS

    @property
    def url(self) -> str:
        """The URL of its database ``postgres``."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = (*self.settings, f"port={self.port}", f"unix_socket_directories={self.directory}")
        options = " ".join(f"-c {setting}" for setting in settings)
        self._control("-l", f"{self.directory}/log", "-o", options, "start")

    def stop(self, *, check: bool = True) -> None:
        """Stop it as a power cut would."""
        self._control("-m", "immediate", "stop", check=check)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of it stands still: connections stay and take questions, and nothing answers."""
        server = int(Path(self.directory, "data", "postmaster.pid").read_text("ascii").split()[0])
        processes = [server]
        try:
            for pid in processes:  # the server first, so that it has no more of them
                os.kill(pid, signal.SIGSTOP)
                if pid == server:
                    listed = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, check=True).stdout
                    processes += map(int, listed.split())
            yield
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)

    def _control(self, *words: str, check: bool = True) -> None:
        _run("pg_ctl", "-D", f"{self.directory}/data", "-w", *words, check=check)


@contextmanager
def private_postgres(*settings: str) -> Iterator[PostgresServer]:
    """A running server that goes when the block ends, with settings over the tests' own."""
    if not (BINARIES / "initdb").exists():
        missing(f"PostgreSQL is not installed: {BINARIES} is missing")
    directory = tempfile.mkdtemp(prefix="provisioner-postgres-")
    if os.getuid() == 0:
        shutil.chown(directory, "postgres", "postgres")
    server = PostgresServer(directory, _free_port(), (*SETTINGS, *settings))
    try:
        data = f"{directory}/data"
        _run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        server.start()
        yield server
    finally:
        server.stop(check=False)
        shutil.rmtree(directory, ignore_errors=True)


def _run(program: str, *words: str, check: bool = True) -> None:
    """Run a program of PostgreSQL, which refuses to be root."""
    become = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*become, str(BINARIES / program), *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120, cwd="/",
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stdout.decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _statement(url: str, statement: str) -> None:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def new_database(server: str, options: str = "") -> Iterator[str]:
    """The URL of an empty database of this server, which goes when the block ends."""
    name = f"provisioner_{uuid.uuid4().hex[:12]}"
    _statement(server, f"CREATE DATABASE {name} {options}")
    yield _named(server, name)
    _statement(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> Iterator[str]:
    """The name of a migrated database to copy."""
    with new_database(postgres) as url:
        made = Database(url)
        made.upgrade()
        made.close()
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    made = Database(f"sqlite:///{path}")
    made.upgrade()
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.close()
    return path


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; it runs on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def copied(request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """Makes migrated, empty databases, each for the length of a ``with``."""

    @contextmanager
    def sqlite() -> Iterator[str]:
        path = tmp_path_factory.mktemp("copy") / "provisioner.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"

    @contextmanager
    def postgres() -> Iterator[str]:
        server, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
        with new_database(server, f"TEMPLATE {template}") as url:
            yield url

    return {"sqlite": sqlite, "postgres": postgres}[kind]


@pytest.fixture
def database(copied: Copied) -> Iterator[Database]:
    """A migrated, empty database of the test's own, once of each kind."""
    with copied() as url:
        made = Database(url)
        yield made
        made.close()


@pytest.fixture(scope="session")
def shared(copied: Copied) -> Iterator[Database]:
    """A migrated, empty database for tests that take everything back."""
    with copied() as url:
        made = Database(url)
        yield made
        made.close()
