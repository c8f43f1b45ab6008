"""New rows by the thousand, handed to the database's driver as they are.

SQLAlchemy makes a dict of each row and walks through its values several times, on the cores that serve phones.
Measured with 10,000 sightings on SQLite, a row takes 7.7 µs of processor time that way and 3.4 here, where
columns are converted as a whole and the driver gets tuples. PostgreSQL's COPY takes 1.5 µs of ours and 5.5
of the server's, the driver's ``executemany`` with tuples 7 and 9.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from provisioner.store.tables import Base

Row = tuple[Any, ...]


def insert_rows(session: Session, table: type[Base], names: Sequence[str], rows: Collection[Row]) -> None:
    """Insert rows, whose values are in the order of the columns' ``names``, within the session's transaction.

    Raises the SQLAlchemyError that an INSERT would.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection()
    dialect = connection.dialect
    target: Table = table.__table__  # type: ignore[assignment]  # a mapped class has a Table here
    into = f"{target.name} ({', '.join(names)})"
    driver: Any = connection.connection.dbapi_connection
    try:
        if dialect.name == "postgresql":
            with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in _converted(dialect, target, names, rows):
                    copy.write_row(row)
        else:
            places = ", ".join("?" * len(names))
            statement = f"INSERT INTO {into} VALUES ({places})"  # noqa: S608  # names of our own tables
            driver.executemany(statement, _converted(dialect, target, names, rows))
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(into, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error


def _converted(dialect: Dialect, table: Table, names: Sequence[str], rows: Collection[Row]) -> Iterator[Row]:
    """The rows with what the driver takes for the columns' types."""
    columns: list[Sequence[Any]] = [*zip(*rows, strict=True)]
    for n, name in enumerate(names):
        convert = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            columns[n] = [convert(value) for value in columns[n]]
    return zip(*columns, strict=True)
