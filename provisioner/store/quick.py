"""SELECTs of the phones' way that are compiled once and make no objects of the ORM.

The sessions of the ORM cost more than everything else that a cached file needs. For the one SELECT of each
request each thread keeps one connection of its own in autocommit, and a row comes back with the types of
its columns, made into what the caller wants; a row that comes again as it was is not made again. Every
call reads what is committed at that moment. A connection that the server has closed is made anew, once a
call. The SELECTs of a file that must be made run within the transaction of a session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import CompoundSelect, Engine, Select, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

REMEMBERED = 4096
T = TypeVar("T")


class QuickSelect(Generic[T]):
    """A statement with named parameters that gives one row, or none; ``make`` turns its columns into a value."""

    def __init__(self, engine: Engine, statement: Select[*tuple[Any, ...]], make: Callable[[Sequence[Any]], T]) -> None:
        self._engine = engine
        self._make = make
        compiled = statement.compile(dialect=engine.dialect)
        self._sql = str(compiled)
        self._positions = compiled.positiontup
        self._converters = _converters(engine, statement.selected_columns)
        self._error: type[Exception] = engine.dialect.loaded_dbapi.Error
        # PostgreSQL's driver makes lists of JSON, which no table can be keyed by.
        self._made = lru_cache(REMEMBERED)(self._converted) if engine.dialect.name == "sqlite" else self._converted
        self._held = threading.local()
        self._connections: list[Any] = []
        event.listen(engine, "engine_disposed", lambda _engine: self._close_all())

    def __call__(self, **parameters: object) -> T | None:
        """What the row is made into. Raises OperationalError when the database is away."""
        try:
            row = self._ask(parameters)
        except self._error:
            self._let_go()
            row = self._ask_again(parameters)
        return None if row is None else self._made(row)

    def made(self, row: Sequence[Any]) -> T:
        """What a row, as the driver gives it, is made into."""
        return self._made(row)

    def _converted(self, row: Sequence[Any]) -> T:
        values = list(row)
        for n, convert in self._converters:
            values[n] = convert(values[n])
        return self._make(values)

    def _ask_again(self, parameters: dict[str, object]) -> Any:
        """On a new connection: the old one may have ended with its server."""
        try:
            return self._ask(parameters)
        except self._error as error:
            self._let_go()
            raise OperationalError(self._sql, None, error) from error

    def _ask(self, parameters: dict[str, object]) -> Any:
        try:
            cursor = self._held.cursor
        except AttributeError:
            cursor = self._connect()
        given = parameters if self._positions is None else [parameters[name] for name in self._positions]
        cursor.execute(self._sql, given)
        # Read to the end: SQLite would hold its snapshot for a row that might follow, and its log could only grow.
        rows = cursor.fetchall()
        return rows[0] if rows else None

    def _connect(self) -> Any:
        """A connection of the engine's making, with its settings, that never goes back to the pool."""
        connection = self._engine.raw_connection()
        connection.detach()
        if self._engine.dialect.name != "sqlite":  # there the engine's are in autocommit already
            connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        self._held.connection = connection
        self._connections.append(connection)
        self._held.cursor = connection.cursor()
        return self._held.cursor

    def _let_go(self) -> None:
        connection = self._held.__dict__.pop("connection", None)
        self._held.__dict__.pop("cursor", None)
        if connection in self._connections:
            self._connections.remove(connection)
            connection.close()

    def _close_all(self) -> None:
        """With the engine; a thread whose connection ends in this way makes another."""
        while self._connections:
            self._connections.pop().close()


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
