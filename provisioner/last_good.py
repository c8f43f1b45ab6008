"""The last good files of this machine, for the hours in which the database cannot be asked.

Whatever was rendered for a paired device, or for one in a trusted network, is kept beside the facts that
the gate knew of it, sealed, in one SQLite file of the data directory that the processes of this machine
share. It is written off the path of the requests, bounded in bytes, and refreshed, also while no phone
asks: what an admin blocks or removes leaves every machine within `REFRESH_S`. While the database is away
the same gate decides by these facts, and nothing new is let in: a pairing window that is still open does
not count.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, local
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from provisioner.errors import Broken, Invalid, Unknown
from provisioner.load import Facts, find_many
from provisioner.render import Answer
from provisioner.store.database import Database
from provisioner.ticker import Ticker
from provisioner.values import Mac
from provisioner.vault import Vault

log = structlog.get_logger()

BUDGET_BYTES = 512 * 1024 * 1024
INTERVAL_S = 1.0
REFRESH_S = 30.0
PENDING = 20_000
_TOGETHER = 500

_FACTS = TypeAdapter(Facts)
_TABLES = """
CREATE TABLE IF NOT EXISTS device (mac TEXT PRIMARY KEY, digest TEXT NOT NULL, facts BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (
    mac TEXT, pattern TEXT, line TEXT, etag TEXT NOT NULL, kept_at REAL NOT NULL, name TEXT NOT NULL,
    media_type TEXT NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (mac, pattern, line)
);
CREATE INDEX IF NOT EXISTS file_kept_at ON file (kept_at);
CREATE INDEX IF NOT EXISTS file_size ON file (size);
CREATE TABLE IF NOT EXISTS turn (what TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""
Place = tuple[str, str, str]
"""MAC, pattern of the file's name, firmware line."""
Rendered = tuple[Facts, Answer, float]
"""What the gate knew, the file, and when it was made."""


class LastGood:
    """What this machine served last, by device and file; safe for threads and processes."""

    def __init__(self, path: Path, vault: Vault, database: Database, budget_bytes: int = BUDGET_BYTES) -> None:
        self._path = path
        self._vault = vault
        self._database = database
        self._budget = budget_bytes
        self._pending: dict[Place, Rendered] = {}
        self._learnt: dict[str, Facts] = {}
        self._lock = Lock()
        self._own = local()
        self._reader: sqlite3.Connection | None = None
        self._reading = Lock()
        self._ticker = Ticker("last-good", self.flush, INTERVAL_S)

    def start(self) -> None:
        """Look after what earlier processes kept, and open it while there are descriptors."""
        self._ticker.start()

    def keep(self, mac: Mac, pattern: str, line: str, facts: Facts, answer: Answer) -> None:
        """Take a rendered file in; never blocks on a disk."""
        with self._lock:
            if len(self._pending) < PENDING:
                self._pending[mac.hex, pattern, line] = (facts, answer, time.time())
        self._ticker.start()

    def learn(self, mac: Mac, facts: Facts) -> None:
        """Take in what the gate knows now of a device that was refused: an outage must not let it in again."""
        with self._lock:
            if len(self._learnt) < PENDING:
                self._learnt[mac.hex] = facts

    def facts(self, mac: Mac | None) -> Facts:
        """What the gate knew of a device when it could last be asked. Raises Unknown."""
        row = self._one("SELECT facts FROM device WHERE mac = ?", mac.hex) if mac else None
        if row is None or mac is None:
            raise Unknown("the database is away, and nothing was served to this device from here")
        return _FACTS.validate_json(self._vault.open_bytes(_place((mac.hex,)), row[0]))

    def answer(self, mac: Mac, pattern: str, line: str) -> Answer:
        """The last good bytes of a file. Raises Broken, for a phone that gets an error keeps what it has."""
        row = self._one(
            "SELECT name, media_type, body FROM file WHERE mac = ? AND pattern = ? AND line = ?",
            mac.hex, pattern, line,
        )  # fmt: skip
        if row is None:
            raise Broken("the database is away, and this file was never served from here")
        body = self._vault.open_bytes(_place((mac.hex, pattern, line)), row[2])
        return Answer(name=row[0], media_type=row[1], body=body, private=True)

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._ticker.close()
        with self._reading:
            if self._reader is not None:
                self._reader.close()
            self._reader = None

    def flush(self) -> None:
        """Write what has gathered; a full or broken disk costs the copies, never an answer."""
        with self._lock:
            pending, self._pending = self._pending, {}
            learnt, self._learnt = self._learnt, {}
        try:
            if pending:
                self._write(pending)
            if learnt and self._path.exists():
                self._write_learnt(learnt)
            if self._path.exists():
                with self._reading:
                    self._opened_reader()
                if self._my_turn():
                    self._refresh()
        except (sqlite3.Error, OSError, SQLAlchemyError, Invalid) as error:
            log.warning("last_good.delayed", reason=type(error).__name__)

    def _one(self, statement: str, *values: str) -> Any:
        if not self._path.exists():
            return None
        try:
            with self._reading:
                return self._opened_reader().execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise Broken(f"the last good files cannot be read: {error}") from error

    def _opened_reader(self) -> sqlite3.Connection:
        """What all threads read on, opened in good time: when it is needed there may be no descriptor for it."""
        if self._reader is None:
            self._reader = self._connect()
        return self._reader

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection, to write on."""
        held: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if held is None:
            held = self._own.connection = self._connect()
        return held

    def _connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        self._path.chmod(0o600)
        made.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES}")
        return made

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def _write(self, pending: dict[Place, Rendered]) -> None:
        """Another process may have written what it rendered later; what is of a time to come is of a clock set back."""
        latest = time.time()
        with self._writing() as connection:
            for place, (facts, answer, at) in pending.items():
                if self._is_outdated(connection, place[0], facts):
                    continue
                self._write_facts(connection, place[0], facts)
                known = connection.execute(
                    "SELECT 1 FROM file WHERE mac = ? AND pattern = ? AND line = ?"
                    " AND (etag = ? OR kept_at > ? AND kept_at <= ?)",
                    (*place, answer.etag, at, latest),
                ).fetchone()
                if not known:
                    sealed = self._vault.seal_bytes(_place(place), answer.body)
                    row = (*place, answer.etag, at, answer.name, answer.media_type, len(sealed), sealed)
                    connection.execute("REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._shrink(connection)

    def _write_learnt(self, learnt: dict[str, Facts]) -> None:
        with self._writing() as connection:
            for mac, facts in learnt.items():
                known = connection.execute("SELECT 1 FROM device WHERE mac = ?", (mac,)).fetchone()
                if known and not self._is_outdated(connection, mac, facts):
                    self._write_facts(connection, mac, facts)

    def _stored(self, connection: sqlite3.Connection, mac: str) -> Facts | None:
        row = connection.execute("SELECT facts FROM device WHERE mac = ?", (mac,)).fetchone()
        try:
            return _FACTS.validate_json(self._vault.open_bytes(_place((mac,)), row[0])) if row else None
        except (Broken, ValueError):  # of another key, or of a version with other facts
            return None

    def _is_outdated(self, connection: sqlite3.Connection, mac: str, facts: Facts) -> bool:
        """Whether another process knows already that the device was paired anew since."""
        known = self._stored(connection, mac)
        return known is not None and known.public_id == facts.public_id and known.generation > facts.generation

    def _write_facts(self, connection: sqlite3.Connection, mac: str, facts: Facts) -> None:
        """Facts of another generation, or of another device with the MAC, leave no file of before.

        A phone that took a file with a token that is worth nothing would be locked out when the outage is over.
        """
        told = _FACTS.dump_json(facts)
        digest = hashlib.sha256(told).hexdigest()
        if not connection.execute("SELECT 1 FROM device WHERE mac = ? AND digest = ?", (mac, digest)).fetchone():
            known = self._stored(connection, mac)
            if known is None or (known.public_id, known.generation) != (facts.public_id, facts.generation):
                connection.execute("DELETE FROM file WHERE mac = ?", (mac,))
            sealed = self._vault.seal_bytes(_place((mac,)), told)
            connection.execute("REPLACE INTO device VALUES (?, ?, ?)", (mac, digest, sealed))

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Let the oldest go until the budget is kept."""
        held = connection.execute("SELECT total(size) FROM file").fetchone()[0]
        if held <= self._budget:
            return
        oldest = connection.execute("SELECT mac, pattern, line, size FROM file ORDER BY kept_at").fetchall()
        for *place, size in oldest:
            connection.execute("DELETE FROM file WHERE mac = ? AND pattern = ? AND line = ?", place)
            held -= size
            if held <= self._budget * 0.9:
                break
        connection.execute("DELETE FROM device WHERE mac NOT IN (SELECT mac FROM file)")

    def _my_turn(self) -> bool:
        """One process of the machine refreshes at a time."""
        at = time.time()
        with self._writing() as connection:
            row = connection.execute("SELECT at FROM turn WHERE what = 'refresh'").fetchone()
            due = row is None or not at - REFRESH_S < row[0] <= at
            if due:
                connection.execute("REPLACE INTO turn VALUES ('refresh', ?)", (at,))
        return due

    def reseal(self) -> None:
        """Bring every row under the newest key; what no key opens is forgotten."""
        if not self._path.exists():
            return
        with self._writing() as connection:
            for table, keys, column in (("device", ("mac",), "facts"), ("file", ("mac", "pattern", "line"), "body")):
                for row in connection.execute(f"SELECT {', '.join(keys)} FROM {table}").fetchall():  # noqa: S608
                    self._reseal(connection, table, keys, column, row)
            connection.execute("DELETE FROM turn WHERE what LIKE 'sealed by %'")
            connection.execute("INSERT INTO turn VALUES (?, 0)", (self._sealed_by,))

    def _reseal(
        self, connection: sqlite3.Connection, table: str, keys: tuple[str, ...], column: str, row: tuple[str, ...]
    ) -> None:
        where = " AND ".join(f"{key} = ?" for key in keys)
        sealed = connection.execute(f"SELECT {column} FROM {table} WHERE {where}", row).fetchone()[0]  # noqa: S608
        try:
            anew = self._vault.resealed(_place(row), sealed)
        except Broken:
            connection.execute(f"DELETE FROM {table} WHERE {where}", row)  # noqa: S608
            return
        if anew is not None:
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (anew, *row))  # noqa: S608

    @property
    def _sealed_by(self) -> str:
        return f"sealed by {self._vault.sealing_fingerprint}"

    def _refresh(self) -> None:
        """Bring the gate's facts up to date, and forget the devices that are gone."""
        self._vault.refresh()
        if not self._connection().execute("SELECT 1 FROM turn WHERE what = ?", (self._sealed_by,)).fetchone():
            self.reseal()
        macs = [row[0] for row in self._connection().execute("SELECT mac FROM device ORDER BY mac")]
        for start in range(0, len(macs), _TOGETHER):
            part = macs[start : start + _TOGETHER]
            with self._database.reading() as session:
                found = find_many(session, part)
            with self._writing() as connection:
                for mac in part:
                    self._refreshed(connection, mac, found.get(mac))

    def _refreshed(self, connection: sqlite3.Connection, mac: str, facts: Facts | None) -> None:
        if facts is None:
            connection.execute("DELETE FROM device WHERE mac = ?", (mac,))
            connection.execute("DELETE FROM file WHERE mac = ?", (mac,))
        else:
            self._write_facts(connection, mac, facts)


def _place(place: Iterable[str]) -> str:
    return "last-good/" + "/".join(place)
