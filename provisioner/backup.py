"""A whole installation in one file: every table as JSON lines in a tar, portable between SQLite and PostgreSQL.

The rows come from one read transaction, so that they fit together while the server goes on serving. Stored
secrets stay sealed: the file opens them only together with the key, which is in it on demand, itself
encrypted under a passphrase. A restore checks everything before it writes, and writes in one transaction.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import Connection, DateTime, LargeBinary, Table, func, insert, select, text, update

from provisioner import __version__
from provisioner.errors import Invalid, Problem
from provisioner.store.database import Database, head
from provisioner.store.tables import Base, Device, Meta
from provisioner.vault import Vault

FORMAT = 1
LARGEST_MANIFEST = 1024 * 1024
LEAP = 1_000_000
"""Revisions that are passed over at a restore into a database that was used: processes that serve meanwhile hold
files of those before, also of devices that were removed since."""
LONGEST_ROW = 64 * 1024 * 1024
_BATCH = 500
_KEY_NAME = "key"
_SCRYPT_COST = 2**15


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a backup holds.

    ``key`` says how its key is kept: ``none``, ``plain`` or ``passphrase``. ``fingerprints`` are those of the
    identity and of the sealing keys without which it cannot be read.
    """

    made_at: str
    migration: str
    key: str
    fingerprints: frozenset[str]
    rows: Mapping[str, int]

    def check(self, vault: Vault) -> None:
        """Raises Invalid when these keys do not open what the backup holds."""
        if not self.fingerprints <= vault.opening_fingerprints | {vault.fingerprint}:
            raise _invalid("KEY_FILE", "is not the one that this backup was made with; put that one in its place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The key file's content as it goes into a backup; encrypted where there is a passphrase."""

    content: bytes
    passphrase: str = ""


def backup(database: Database, vault: Vault, path: Path, key: Key | None = None) -> Contents:
    """Write a backup, readable by its owner alone; the file appears whole or not at all.

    Raises Invalid when the database is not migrated.
    """
    if not database.is_current():
        raise _invalid("database", "is not reachable or lacks migrations; run `provisioner db upgrade`")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.parent.is_dir() or path.is_dir():
        raise _invalid("FILE", f"{path} is no file in a folder that is there")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            contents = _write(database, vault, file, key)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise _invalid("FILE", f"{path} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return contents


def _write(database: Database, vault: Vault, file: IO[bytes], key: Key | None) -> Contents:
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
        tables: dict[str, dict[str, Any]] = {}
        with _snapshot(database) as connection:
            for table in Base.metadata.sorted_tables:
                tables[table.name] = _add_table(tar, connection, table)
        if key is not None:
            _add(tar, _KEY_NAME, _locked(key.content, key.passphrase) if key.passphrase else key.content)
        manifest = {
            "format": FORMAT, "version": __version__, "migration": head(), "tables": tables,
            "key": "none" if key is None else "passphrase" if key.passphrase else "plain",
            "fingerprints": sorted(vault.opening_fingerprints | {vault.fingerprint}),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        _add(tar, "manifest.json", json.dumps(manifest, indent=1).encode())
    return _contents(manifest)


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A transaction that sees one moment: WAL gives that to SQLite, the isolation level to PostgreSQL."""
    options = {} if database.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with database.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def _add_table(tar: tarfile.TarFile, connection: Connection, table: Table) -> dict[str, Any]:
    """Add one table; the number and the hash of its rows."""
    digest, count = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as rows:
        result = connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*table.primary_key))
        for row in result.mappings():
            line = json.dumps({name: _told(value) for name, value in row.items()}, sort_keys=True).encode() + b"\n"
            digest.update(line)
            rows.write(line)
            count += 1
        info = tarfile.TarInfo(f"tables/{table.name}.jsonl")
        info.size, info.mode = rows.tell(), 0o600
        rows.seek(0)
        tar.addfile(info, rows)
    return {"rows": count, "sha256": digest.hexdigest()}


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime) else value


def read(path: Path) -> Contents:
    """What a backup holds, after every check of its integrity. Raises Invalid."""
    with _opened(path) as tar:
        manifest = _manifest(tar)
        for table in Base.metadata.sorted_tables:
            stated = manifest["tables"].get(table.name)
            if stated is None:
                raise _broken(f"lacks the table {table.name}")
            digest, count = hashlib.sha256(), 0
            for line in _lines(tar, table):
                digest.update(line)
                count += 1
                _row(table, line)
            if (count, digest.hexdigest()) != (stated["rows"], stated["sha256"]):
                raise _broken(f"has another table {table.name} than it says")
    return _contents(manifest)


def key_of(path: Path, passphrase: str = "") -> bytes | None:
    """The key file in a backup, None where it has none. Raises Invalid when the passphrase does not fit."""
    with _opened(path) as tar:
        kept = _manifest(tar)["key"]
        if kept == "none":
            return None
        content = _member(tar, _KEY_NAME, LARGEST_MANIFEST)
    return _unlocked(content, passphrase) if kept == "passphrase" else content


def restore(database: Database, path: Path, *, force: bool) -> Contents:
    """Put a backup's rows in the place of the database's, all in one transaction. Raises Invalid.

    A database with tenants in it is not overwritten without ``force``.
    """
    contents = read(path)
    database.upgrade()
    with database.engine.connect().execution_options(immediate=True) as connection, connection.begin():
        if not force and not _is_empty(connection):
            raise _invalid("database", "holds tenants already; restore into an empty installation, or add --force")
        was_used, highest = _is_used(connection), _highest(connection)
        _fill(connection, path, database.is_sqlite)
        if was_used:
            beyond = max(highest, _highest(connection)) + LEAP
            connection.execute(update(Device).values(revision=beyond))
    return contents


def _fill(connection: Connection, path: Path, is_sqlite: bool) -> None:
    tables = Base.metadata.sorted_tables
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # a base may come after its handset
    for table in reversed(tables):
        connection.execute(table.delete())
    with _opened(path) as tar:
        for table in tables:
            _insert(connection, table, (_row(table, line) for line in _lines(tar, table)))
            if not is_sqlite:
                _advance(connection, table)


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows in batches; those that point at rows of their own table come after these."""
    own = next((key.parent.name for key in table.foreign_keys if key.column.table is table), None)
    for batch in _generations(rows, own) if own else _batches(rows):
        connection.execute(insert(table), batch)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _generations(rows: Iterable[dict[str, Any]], parent: str) -> Iterator[list[dict[str, Any]]]:
    """Rows without a parent, then their children, and so on; each in batches."""
    waiting, known = list(rows), {None}
    while waiting:
        ready = [row for row in waiting if row[parent] in known]
        if not ready:
            raise ValueError("rows point at rows that are not there")
        known = {row["id"] for row in ready}
        waiting = [row for row in waiting if row["id"] not in known]
        yield from _batches(ready)


def _advance(connection: Connection, table: Table) -> None:
    """PostgreSQL counts ids by itself, from after the highest."""
    if "id" in table.c and table.c.id.autoincrement:
        highest = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        connection.execute(select(func.setval(sequence, highest, text("false"))))


def _is_used(connection: Connection) -> bool:
    """Whether anything was ever served from this database: a server binds it to its key first."""
    return connection.scalar(select(Meta.value).where(Meta.name == "key")) is not None


def _highest(connection: Connection) -> int:
    return connection.scalar(select(func.coalesce(func.max(Device.revision), 0))) or 0


def _is_empty(connection: Connection) -> bool:
    return not connection.scalar(select(func.count()).select_from(Base.metadata.tables["tenant"]))


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, zlib.error, EOFError, OSError, KeyError, ValueError) as error:
        raise _broken(f"cannot be read: {error}") from None


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(_member(tar, "manifest.json", LARGEST_MANIFEST))
    if manifest["format"] != FORMAT:
        raise _broken(f"has the format {manifest['format']}; this version reads {FORMAT}")
    if manifest["migration"] != head():
        raise _broken(
            f"was made at migration {manifest['migration']}, this version is at {head()}; restore it with"
            f" provisioner {manifest['version']}, and upgrade then"
        )
    return manifest


def _member(tar: tarfile.TarFile, name: str, most: int) -> bytes:
    file = tar.extractfile(name)
    content = file.read(most + 1) if file else b""
    if not content or len(content) > most:
        raise _broken(f"has no {name} of a likely size")
    return content


def _lines(tar: tarfile.TarFile, table: Table) -> Iterator[bytes]:
    file = tar.extractfile(f"tables/{table.name}.jsonl")
    while file and (line := file.readline(LONGEST_ROW)):
        yield line


def _row(table: Table, line: bytes) -> dict[str, Any]:
    """A row as the database takes it. Raises ValueError or KeyError when it is none of this table."""
    row = json.loads(line)
    return {column.name: _typed(column.type, row[column.name]) for column in table.columns}


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(getattr(kind, "impl_instance", kind), DateTime):
        return datetime.fromisoformat(value)
    return value


def _locked(key: bytes, passphrase: str) -> bytes:
    salt, nonce = os.urandom(16), os.urandom(12)
    return salt + nonce + AESGCM(_stretched(passphrase, salt)).encrypt(nonce, key, b"provisioner/backup")


def _unlocked(content: bytes, passphrase: str) -> bytes:
    salt, nonce, body = content[:16], content[16:28], content[28:]
    try:
        return AESGCM(_stretched(passphrase, salt)).decrypt(nonce, body, b"provisioner/backup")
    except InvalidTag:
        raise _invalid("passphrase", "does not open the key in this backup") from None


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=8, p=1).derive(passphrase.encode())


def _contents(manifest: Mapping[str, Any]) -> Contents:
    rows = {name: int(told["rows"]) for name, told in manifest["tables"].items()}
    return Contents(
        made_at=str(manifest["made_at"]),
        migration=str(manifest["migration"]),
        key=str(manifest["key"]),
        fingerprints=frozenset(map(str, manifest["fingerprints"])),
        rows=rows,
    )


def _broken(message: str) -> Invalid:
    return _invalid("backup", message)


def _invalid(field: str, message: str) -> Invalid:
    return Invalid([Problem(field=field, message=message)])
