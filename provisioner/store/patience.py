"""PostgreSQL that takes a question and does not answer.

A server whose disk or machine stands still keeps its connections, and the kernel of its machine goes on
saying that everything has arrived: nothing but our own clock ends the waiting. A connection that was silent
for longer than its patience is closed, and the database counts as lost at once.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn, PGresult

from provisioner.store.quick import Silence


class Silent(Silence, psycopg.OperationalError):
    """PostgreSQL was silent for longer than there is patience for."""


PING_S = 2.0
"""For the question with which a pool makes sure of a connection that rested."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection with a patience: seconds for each answer of the server, without end where it is None."""

    patience_s: float | None = PING_S

    @classmethod
    def connect(cls, *words: Any, **options: Any) -> PatientConnection:
        """A connection. Raises OperationalError, and Silent where the server lets one come and says nothing."""
        try:
            return super().connect(*words, **options)
        except errors.ConnectionTimeout as error:
            raise Silent(str(error)) from None
        except OSError as error:  # without a descriptor to wait with, which the driver takes for no error of its own
            raise psycopg.OperationalError(str(error)) from error

    def rest(self) -> None:
        """Go back into a pool, whatever patience the last user had."""
        self.patience_s = PING_S

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """What a question of the driver's comes to. Raises Silent."""
        try:
            return super().wait(gen, interval, self.patience_s if timeout is None else timeout)
        except errors._WaitTimeout:  # the driver has no public name for it
            self.close()
            raise Silent(f"no answer within {self.patience_s} s") from None


class Line:
    """Asks a prepared statement of a connection of libpq, which itself would wait without end."""

    def __init__(self, pgconn: PGconn, patience_s: float) -> None:
        self._pgconn = pgconn
        self._patience_ms = int(patience_s * 1000)
        self._poll = select.poll()
        self._poll.register(pgconn.socket, select.POLLIN)

    def prepare(self, name: bytes, statement: bytes) -> PGresult:
        """Let the server plan a statement. Raises Silent."""
        self._pgconn.send_prepare(name, statement)
        return self._answer()

    def ask(self, name: bytes, parameters: Sequence[bytes]) -> PGresult:
        """The answer to a prepared statement. Raises Silent."""
        self._pgconn.send_query_prepared(name, parameters)
        return self._answer()

    def _answer(self) -> PGresult:
        # Sending has written all of the question, which is far shorter than a socket's buffer.
        pgconn = self._pgconn
        while True:
            if not self._poll.poll(self._patience_ms):
                raise Silent(f"no answer within {self._patience_ms} ms")
            pgconn.consume_input()
            if not pgconn.is_busy():
                break
        result = pgconn.get_result()
        pgconn.get_result()  # nothing: the end of the answer, which has come with it
        assert result is not None  # every question has an answer, if only an error
        return result
