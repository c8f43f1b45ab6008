"""SELECTs of the phones' way that are compiled once and make no objects of the ORM.

The sessions of the ORM cost more than everything else that a cached file needs. For the one SELECT of each
request each thread keeps one connection of its own in autocommit, and a row comes back with the types of
its columns, made into what the caller wants; a row that comes again as it was is not made again. Every
call tells what is committed at that moment: SQLite is asked for its ``data_version``, which costs a quarter
of the SELECT and changes with every commit of another connection, and while it stays what was read stays
true; PostgreSQL is asked for the row by its own library, for the driver's cursor costs several times what
the row does. There a connection is a process of the server, so only the main thread,
which runs the loop of its plane, has one of its own; the other threads share a few. Connections that the
server has closed are made anew, once a call.
The SELECTs of a file that must be made run within the transaction of a session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import CompoundSelect, Engine, Select, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

REMEMBERED = 40_000
PATIENCE_S = 2.0
"""For one row of PostgreSQL: the loop of the phones' plane, which asks, serves nobody in the meantime."""
SHARED = 2
"""Connections to PostgreSQL for all threads of a process but the main one."""
T = TypeVar("T")
_NEW: Any = object()
_STATEMENT = b"quick_select"
_COMMAND_OK, _TUPLES_OK = 1, 2  # as libpq numbers them


class Silence(Exception):
    """The database took a question and did not answer: it need not be asked again to know that it is lost."""


class _Held(Generic[T]):
    """A connection, and what it read since the last change that it saw."""

    __slots__ = ("busy", "connection", "cursor", "is_over", "known", "line", "types", "version")

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.busy = threading.Lock()
        self.is_over = False
        self.line: Any = None
        self.types: Any = None
        self.cursor = connection.cursor()
        self.version = -1
        self.known: dict[Hashable, T | None] = {}


class QuickSelect(Generic[T]):
    """A statement with one parameter that gives one row, or none; ``make`` turns its columns into a value."""

    def __init__(self, engine: Engine, statement: Select[*tuple[Any, ...]], make: Callable[[Sequence[Any]], T]) -> None:
        self._engine = engine
        self._make = make
        compiled = statement.compile(dialect=engine.dialect)
        self._sql = str(compiled)
        (self._name,) = compiled.params
        self._converters = _converters(engine, statement.selected_columns)
        self._error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._embedded = engine.dialect.name == "sqlite"
        # PostgreSQL's driver makes lists of JSON, which no table can be keyed by: there it is the row as it came.
        self._made = lru_cache(REMEMBERED)(self._converted) if self._embedded else self._converted
        self._as_it_came: dict[Sequence[bytes | None], T] = {}
        self._local = threading.local()
        self._idle: list[_Held[T]] = []
        self._room = threading.Semaphore(SHARED)
        self._connections: list[_Held[T]] = []
        self.breaks = 0
        """How often a connection ended: it may be another server that answers since, with another past."""
        event.listen(engine, "engine_disposed", lambda _engine: self._close_all())

    def __call__(self, key: Hashable) -> T | None:
        """What the row of a key is made into. Raises OperationalError when the database is away."""
        try:
            return self._ask(key)
        except self._error as error:
            self._let_go()
            if isinstance(error, Silence):
                raise OperationalError(self._sql, None, error) from error
        try:  # on a new connection: the old ones may have ended with their server
            return self._ask(key)
        except self._error as error:
            self._let_go()
            raise OperationalError(self._sql, None, error) from error

    def made(self, row: Sequence[Any]) -> T:
        """What a row, as the driver gives it, is made into."""
        return self._made(row)

    def _converted(self, row: Sequence[Any]) -> T:
        values = list(row)
        for n, convert in self._converters:
            values[n] = convert(values[n])
        return self._make(values)

    def _ask(self, key: Hashable) -> T | None:
        if not self._embedded and threading.current_thread() is not threading.main_thread():
            return self._shared(key)
        try:
            held: _Held[T] = self._local.held
        except AttributeError:
            held = self._local.held = self._connect()
        if not self._embedded:
            return self._fetched(held, key)
        with held.busy:
            self._check_open(held)
            # What is read after the version was is at least as new as it.
            version = held.cursor.execute("PRAGMA data_version").fetchall()[0][0]
            if version != held.version or len(held.known) >= REMEMBERED:
                held.version, held.known = version, {}
            value = held.known.get(key, _NEW)
            if value is _NEW:
                value = held.known[key] = self._selected(held, key)
            return value

    def _shared(self, key: Hashable) -> T | None:
        """Ask on one of the few connections, once it is free; one that fails is not used again."""
        with self._room:
            try:
                held = self._idle.pop()
            except IndexError:
                held = self._connect()
            try:
                value = self._fetched(held, key)
            except self._error:
                self._close(held)
                raise
            if held.is_over:
                self._close(held)
            else:
                self._idle.append(held)
            return value

    def _selected(self, held: _Held[T], key: Hashable) -> T | None:
        held.cursor.execute(self._sql, (key,))
        # Read to the end: SQLite would hold its snapshot for a row that might follow, and its log could only grow.
        rows = held.cursor.fetchall()
        return self._made(rows[0]) if rows else None

    def _fetched(self, held: _Held[T], key: Hashable) -> T | None:
        """The row of PostgreSQL, made into a value unless it came before as it is."""
        with held.busy:
            self._check_open(held)
            if held.types is None:
                held.types = self._prepared(held)
            result = held.line.ask(_STATEMENT, [str(key).encode()])
        self._check(result, _TUPLES_OK)
        if not result.ntuples:
            return None
        row = tuple([result.get_value(0, n) for n in range(result.nfields)])
        value: T = self._as_it_came.get(row, _NEW)
        if value is _NEW:
            if len(self._as_it_came) >= REMEMBERED:
                self._as_it_came.clear()
            loaders = (held.types.get_loader(result.ftype(n), 0) for n in range(result.nfields))
            typed = [one if one is None else loader.load(one) for one, loader in zip(row, loaders, strict=True)]
            value = self._as_it_came[row] = self._made(typed)
        return value

    def _check_open(self, held: _Held[T]) -> None:
        if held.is_over:
            raise self._error("the connection was closed with all others")

    def _prepared(self, held: _Held[T]) -> Any:
        """Let the server plan the statement once, and give what tells the types of its columns."""
        from psycopg.adapt import Transformer  # noqa: PLC0415  # where SQLite is used it need not be there

        from provisioner.store.patience import Line  # noqa: PLC0415  # as above

        connection = held.connection
        sql = self._sql.replace(f"%({self._name})s", "$1")
        held.line = Line(connection.pgconn, PATIENCE_S)
        self._check(held.line.prepare(_STATEMENT, sql.encode()), _COMMAND_OK)
        return Transformer(connection)

    def _check(self, result: Any, wanted: int) -> None:
        if result.status != wanted:
            raise self._error((result.error_message or b"").decode("utf-8", "replace"))

    def _connect(self) -> _Held[T]:
        """A connection of the engine's making, with its settings, that never goes back to the pool."""
        pooled = self._engine.raw_connection()
        connection: Any = pooled.dbapi_connection
        pooled.detach()
        if not self._embedded:  # there the engine's are in autocommit already
            connection.autocommit = True
        held = _Held[T](connection)
        self._connections.append(held)
        return held

    def _let_go(self) -> None:
        """Close this thread's connection, or those that nobody uses: where one has ended the others have, too."""
        self.breaks += 1
        held = self._local.__dict__.pop("held", None)
        if held is not None:
            self._close(held)
            return
        with suppress(IndexError):
            while True:
                self._close(self._idle.pop())

    def _close(self, held: _Held[T]) -> None:
        with suppress(ValueError):  # where it was closed with all others
            self._connections.remove(held)
            held.connection.close()

    def _close_all(self) -> None:
        """With the engine; a thread whose connection ends in this way makes another.

        One that is just being used is closed by its thread, afterwards or the next time: neither library survives it
        in the middle.
        """
        self._idle.clear()
        for held in [*self._connections]:
            held.is_over = True
            if held.busy.acquire(blocking=False):
                self._close(held)
                held.busy.release()


class _Compiled(NamedTuple):
    """A statement in the words of one database; ``positions`` where it takes its parameters in order."""

    sql: str
    positions: Sequence[str] | None
    constants: dict[str, Any]
    converters: list[tuple[int, Callable[[Any], Any]]]


class QuickRows:
    """A statement for many rows that runs on the connection of a session, within its transaction."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._by_dialect: dict[str, _Compiled] = {}

    def __call__(self, session: Session, **parameters: object) -> list[Sequence[Any]]:
        """The rows, with the types of their columns, after what the session has still to write."""
        session.flush()
        connection = session.connection()
        compiled = self._compiled(connection.engine)
        named = {**compiled.constants, **parameters}
        given = named if compiled.positions is None else [named[name] for name in compiled.positions]
        try:
            cursor = connection.connection.cursor()
            cursor.execute(compiled.sql, given)
            rows = [list(row) for row in cursor.fetchall()]
            cursor.close()
        except connection.dialect.loaded_dbapi.Error as error:
            raise OperationalError(compiled.sql, None, error) from error
        for row in rows:
            for n, convert in compiled.converters:
                row[n] = convert(row[n])
        return rows  # type: ignore[return-value]  # lists are sequences

    def _compiled(self, engine: Engine) -> _Compiled:
        known = self._by_dialect.get(engine.dialect.name)
        if known is None:
            made = self._statement.compile(dialect=engine.dialect)
            constants = {name: value for name, value in made.params.items() if value is not None}
            converters = _converters(engine, self._statement.selected_columns)
            known = _Compiled(str(made), made.positiontup, constants, converters)
            self._by_dialect[engine.dialect.name] = known
        return known


def _converters(engine: Engine, columns: Iterable[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
    """What turns the driver's values into the columns' types, by place, where they are not that already."""
    found = ((n, column.type.dialect_impl(engine.dialect)) for n, column in enumerate(columns))
    made = ((n, kind.result_processor(engine.dialect, None)) for n, kind in found)
    return [(n, convert) for n, convert in made if convert is not None]
