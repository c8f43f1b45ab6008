"""Engines and sessions, on SQLite and PostgreSQL alike, and the migrations."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event, inspect, make_url, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from provisioner.errors import Invalid, Problem
from provisioner.store import revisions
from provisioner.store.quick import QuickSelect, Silence
from provisioner.store.tables import Base, Device, Meta
from provisioner.vault import Vault

BUSY_TIMEOUT_MS = 15_000
CONNECT_TIMEOUT_S = 3
CONNECTIONS = 6
"""To PostgreSQL, of each process, for its sessions: each is a process of the server, which has not many."""
T = TypeVar("T")
PROBE_S = 0.5
_UPGRADE_LOCK = 0x70726F76
"""The advisory lock that a node holds while it migrates; any number that is ours alone."""
_READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True, "patience_s": 5.0}
_WRITING = {"immediate": True, "patience_s": 60.0}
"""Seconds for each answer of PostgreSQL; a migration or a backup has no such end."""

log = structlog.get_logger()


class Away(SQLAlchemyError):
    """The database was not reachable a moment ago, and has not been heard of since."""


DOWN = (Away, OperationalError, InterfaceError, PoolTimeout)
"""What is raised when the database cannot be asked, as against being asked something wrong."""


def fault(error: Exception) -> Problem:
    """What a person reads of an error of `DOWN`, without a traceback."""
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return Problem(field="DATABASE_URL", message=f"the database cannot be asked: {reason}")


class Database:
    """One database: its engine, and sessions on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        _close_strays(self.engine)
        # A lock that is taken late can fail in the middle; taken first, writers wait their turn.
        self._writer = self.engine.execution_options(**_WRITING)
        # Several statements that make one file have to see one state of the database.
        reader = self.engine if self.is_sqlite else self.engine.execution_options(**_READING)
        self._readers = sessionmaker(reader, expire_on_commit=False)
        self._writers = sessionmaker(self._writer, expire_on_commit=False)
        revisions.watch(self._writers)
        self.is_away = False
        self._lock = Lock()
        self._closed = Event()

    def close(self) -> None:
        """Give up every connection, and search no longer for a database that is away."""
        self._closed.set()
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing. Raises one of `DOWN` when the database cannot be asked.

        Whoever finds it away waits for the connection once; until it is back the others are told at once,
        so that an outage slows no phone.
        """
        if self.is_away:
            raise Away("the database is away")
        try:
            with self._readers() as session:
                yield session
                # A rollback would make PostgreSQL's driver forget what it has prepared, and each SELECT of a
                # file would be planned anew, which takes longer than running it.
                session.expunge_all()
                session.commit()
        except DOWN as error:
            self._missed(error)
            raise

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """A transaction to look at what a change would do: nothing of it stays, and no revision rises."""
        with Session(self._writer, expire_on_commit=False) as session:
            yield session
            session.rollback()

    def one(self, select: QuickSelect[T], key: Hashable) -> T | None:
        """What a quick select finds under a key, None where there is none. Raises as `reading` does."""
        if self.is_away:
            raise Away("the database is away")
        try:
            return select(key)
        except DOWN as error:
            self._missed(error)
            raise

    def _missed(self, error: Exception) -> None:
        if isinstance(getattr(error, "orig", None), Silence) or not self.answers():
            self._lost(error)

    def _lost(self, error: Exception) -> None:
        """Look for the database behind the requests until it is back."""
        with self._lock:
            if self.is_away:
                return
            self.is_away = True
        log.error("database.lost", reason=type(error).__name__)
        try:
            Thread(target=self._look, name="database-probe", daemon=True).start()
        except RuntimeError:  # the machine has no room for it: whoever asks next finds the database away again
            self.is_away = False

    def _look(self) -> None:
        """On a new connection each time: one that was made meanwhile may lead to the empty folder below a volume."""
        self.engine.dispose()
        while not self.answers():
            if self._closed.wait(PROBE_S):
                return
            self.engine.dispose()
        self.is_away = False
        log.warning("database.found")

    def answers(self) -> bool:
        """Whether a connection works: an error may also be the statement's own."""
        try:
            with self.engine.connect().execution_options(patience_s=CONNECT_TIMEOUT_S) as connection:
                # A bare SELECT 1 would not make SQLite look at its file, in whose place there may be a new, empty one.
                connection.execute(text("SELECT count(*) FROM alembic_version" if self.is_sqlite else "SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: all of it, or on an exception nothing."""
        with self._writers.begin() as session:
            yield session

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def upgrade(self) -> None:
        """Apply every migration that is not applied yet."""
        if not self.is_current():
            from provisioner.store.migrating import upgrade  # noqa: PLC0415  # alembic is slow to import

            # Processes that start at once would meet: one migrates, and the others find it done.
            with self.engine.execution_options(immediate=True).begin() as connection:
                if not self.is_sqlite:
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
                upgrade(connection)

    def is_current(self) -> bool:
        """Whether the database is reachable and fully migrated."""
        try:
            with self.engine.connect() as connection:
                return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == head())
        except SQLAlchemyError:
            return False

    def check_pooler(self) -> None:
        """Raises Invalid behind a pooler that lends a connection's backend to others: what is prepared is lost there.

        Measured with PgBouncer in transaction mode: every third request of a phone found no database.
        """
        if self.is_sqlite:
            return
        backend = text("SELECT pg_backend_pid()")
        with self.engine.connect() as first:
            known = first.scalar(backend)
            first.rollback()
            with self.engine.connect() as second:
                if second.scalar(backend) == known:
                    raise Invalid([Problem(field="DATABASE_URL", message=_LENT)])

    def key_fingerprint(self) -> str | None:
        """Which key the database was made with; None where it is new. Raises one of `DOWN`."""
        with self.engine.connect() as connection:
            if not inspect(connection).has_table(Meta.__tablename__):
                return None
            return connection.scalar(select(Meta.value).where(Meta.name == "key"))

    def bind_key(self, vault: Vault) -> None:
        """Tie the database to its key on first use. Raises Invalid when it belongs to another key."""
        known = self.key_fingerprint() or self._bound(vault)
        if known in vault.past_fingerprints:
            self._rebind(vault)
        elif known != vault.fingerprint:
            raise Invalid([Problem(field="KEY_FILE", message=_WRONG_KEY)])

    def _bound(self, vault: Vault) -> str:
        """The key that a new database is bound to: this one, or that of a node that was quicker."""
        with self.writing() as session:
            row = dialect_insert(session, Meta).values(name="key", value=vault.fingerprint)
            session.execute(row.on_conflict_do_nothing())
            return session.scalars(select(Meta.value).where(Meta.name == "key")).one()

    def _rebind(self, vault: Vault) -> None:
        """Take a new identity: every file that holds a token or a generated password becomes another."""
        with self.writing() as session:
            session.merge(Meta(name="key", value=vault.fingerprint))
            session.execute(update(Device).values(revision=Device.revision + 1))


def dialect_insert(session: Session, table: type[Base]) -> Any:
    """An INSERT of this database's dialect, which knows ``on_conflict_…``."""
    target: Table = table.__table__  # type: ignore[assignment]  # a mapped class has a Table here
    if session.get_bind().dialect.name != "postgresql":
        return sqlite.insert(target)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # it imports every driver's dialect

    return postgresql.insert(target)


_LENT = (
    "there is a pooler in transaction or statement mode before PostgreSQL; set its mode to session, or name"
    " PostgreSQL itself"
)
_WRONG_KEY = (
    "this key file is not the one that the database was made with; put the right one back, or restore the"
    " database that belongs to it. Nothing was changed"
)


@cache
def head() -> str:
    """The newest migration: they are numbered, and their history is one line."""
    versions = resources.files("provisioner").joinpath("migrations", "versions")
    return max(file.name.partition("_")[0] for file in versions.iterdir() if file.name.endswith(".py"))


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_S,
                "tcp_user_timeout": CONNECT_TIMEOUT_S * 1000,
                # Of a database that was made with SQL_ASCII the driver would else hand out bytes for texts.
                "client_encoding": "utf8",
            },
        )
        event.listen(engine, "do_connect", _connected)
        event.listen(engine, "begin", _begin_patiently)
        event.listen(engine, "checkin", _rest)
        return engine
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _close_strays(engine: Engine) -> None:
    """A connection that is in use while its pool is given up is closed after it, and not some time later."""

    def made(_driver: object, record: ConnectionPoolEntry) -> None:
        record.info["pool"] = engine.pool

    def given_back(driver: object, record: ConnectionPoolEntry) -> None:
        if driver is not None and record.info["pool"] is not engine.pool:
            record.invalidate()

    event.listen(engine, "connect", made)
    event.listen(engine, "checkin", given_back)


def _connected(_dialect: Dialect, _record: object, words: list[Any], options: dict[str, Any]) -> Any:
    from provisioner.store.patience import PatientConnection  # noqa: PLC0415  # where SQLite is used it need not be there

    return PatientConnection.connect(*words, **options)


def _begin_patiently(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.patience_s = connection.get_execution_options().get("patience_s")


def _rest(driver: Any, _record: object) -> None:
    if driver is not None:  # it is where the connection was given up
        driver.rest()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling would commit before DDL and begin too late.
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite waits for nobody with this: processes that make a database at once would fail."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
