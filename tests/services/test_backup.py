"""Backups: consistent while others write, portable between the databases, and never half restored."""

from __future__ import annotations

import gzip
import io
import tarfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from provisioner import backup as backups
from provisioner import rotation
from provisioner.errors import Invalid
from provisioner.last_good import LastGood
from provisioner.store.database import Database
from provisioner.store.tables import Base, Device, Extension, Tenant
from provisioner.vault import Vault
from tests import databases
from tests.databases import Copied
from tests.services.conftest import PHONE, Desk, furnish

PASSPHRASE = "a passphrase of some words"


@pytest.fixture
def installed(database: Database, tmp_path: Path) -> Any:
    """A furnished database, with a key of its own."""
    key = tmp_path / "key"
    vault = Vault.open(key, create=True)
    database.bind_key(vault)
    desk = Desk(database, vault)
    furnish(desk)
    return SimpleNamespace(database=database, vault=vault, desk=desk, key=key, file=tmp_path / "backup")


@pytest.fixture
def empty(copied: Copied) -> Iterator[Database]:
    with copied() as url:
        made = Database(url)
        yield made
        made.close()


@pytest.fixture
def other(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[Database]:
    """A database of the other kind, without a table."""
    if kind == "postgres":
        yield from _opened(f"sqlite:///{tmp_path / 'other.db'}")
        return
    server, name = request.getfixturevalue("postgres"), f"provisioner_{uuid.uuid4().hex[:12]}"
    databases._statement(server, f"CREATE DATABASE {name}")
    yield from _opened(databases._named(server, name))
    databases._statement(server, f"DROP DATABASE {name} WITH (FORCE)")


def _opened(url: str) -> Iterator[Database]:
    made = Database(url)
    yield made
    made.close()


def rows(database: Database) -> dict[str, list[Any]]:
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def make(installed: Any, key: backups.Key | None = None) -> backups.Contents:
    return backups.backup(installed.database, installed.vault, installed.file, key)


def test_what_was_backed_up_is_what_is_restored(installed: Any, empty: Database) -> None:
    contents = make(installed)
    backups.restore(empty, installed.file, force=False)
    assert rows(installed.database) == rows(empty)
    assert contents.rows["device"] == 6
    assert Desk(empty, installed.vault).profile(PHONE).accounts[0].password == "pw-100"


@pytest.mark.postgres
def test_a_backup_moves_an_installation_to_the_other_database(installed: Any, other: Database) -> None:
    make(installed)
    backups.restore(other, installed.file, force=False)
    assert rows(installed.database) == rows(other)
    Desk(other, installed.vault).extension(number="999", password="pw-999")


def test_a_restored_database_goes_on_counting(installed: Any, empty: Database) -> None:
    make(installed)
    backups.restore(empty, installed.file, force=False)
    Desk(empty, installed.vault).extension(number="999", password="pw-999")
    with empty.reading() as session:
        assert session.scalar(select(func.count()).select_from(Extension)) == 4


def test_a_backup_is_of_one_moment_while_others_write(installed: Any) -> None:
    done = threading.Event()

    def write() -> None:
        number = 1000
        while not done.is_set():
            installed.desk.extension(number=str(number), password="x" * 20)
            installed.desk.device(mac=f"00156500{number:04d}", vendor="yealink", model="T46U", extensions=[str(number)])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            made = make(installed).rows
            assert made["extension"] - 3 in (made["device"] - 6, made["device"] - 5)
            assert backups.read(installed.file).rows == made
    finally:
        done.set()
        writer.join()


def test_an_installation_with_tenants_is_not_overwritten(installed: Any) -> None:
    make(installed)
    before = rows(installed.database)
    with pytest.raises(Invalid, match="--force"):
        backups.restore(installed.database, installed.file, force=False)
    assert before == rows(installed.database)


def test_with_force_it_is_what_the_backup_says(installed: Any) -> None:
    make(installed)
    before = rows(installed.database)
    with installed.database.writing() as session:
        session.delete(session.scalars(select(Tenant)).one())
    backups.restore(installed.database, installed.file, force=True)
    assert unnumbered(before) == unnumbered(rows(installed.database))


def unnumbered(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rows without the revisions of devices, which are beyond all of before a restore."""
    place = list(Device.__table__.columns.keys()).index("revision")
    return {**tables, "device": [(*row[:place], *row[place + 1 :]) for row in tables["device"]]}


def revisions(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {device.public_id: device.revision for device in session.scalars(select(Device))}


@pytest.mark.parametrize("emptied", [False, True])
def test_no_revision_comes_again_for_a_process_that_kept_files_of_it(installed: Any, emptied: bool) -> None:
    make(installed)
    with installed.database.writing() as session:
        session.execute(update(Device).values(revision=Device.revision + 7))
    seen = revisions(installed.database)
    if emptied:
        with installed.database.writing() as session:
            session.delete(session.scalars(select(Tenant)).one())
    backups.restore(installed.database, installed.file, force=True)
    restored = revisions(installed.database)
    assert [name for name, revision in seen.items() if restored[name] <= revision] == []


def damaged(file: Path) -> Iterator[bytes]:
    """The backup with one byte of its tar changed, or cut, in many places."""
    plain = gzip.decompress(file.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        start = tar.getmember("tables/extension.jsonl").offset_data
    yield gzip.compress(plain[: start + 10] + bytes([plain[start + 10] ^ 1]) + plain[start + 11 :])
    yield gzip.compress(plain[: len(plain) // 2])
    yield b"no backup"
    yield b""


def test_a_damaged_backup_changes_nothing(installed: Any, empty: Database) -> None:
    make(installed)
    for content in list(damaged(installed.file)):
        installed.file.write_bytes(content)
        with pytest.raises(Invalid, match="backup"):
            backups.restore(empty, installed.file, force=True)
        with empty.reading() as session:
            assert 0 == session.scalar(select(func.count()).select_from(Device))


def test_a_restore_that_fails_in_the_middle_takes_everything_back(
    installed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(installed)
    before = rows(installed.database)
    insert, left = backups._insert, [8]

    def fails(*given: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        insert(*given)

    monkeypatch.setattr(backups, "_insert", fails)
    with pytest.raises(KeyboardInterrupt):
        backups.restore(installed.database, installed.file, force=True)
    assert before == rows(installed.database)


def test_secrets_are_not_in_it_in_plain_and_the_key_only_on_demand(installed: Any) -> None:
    make(installed)
    content = gzip.decompress(installed.file.read_bytes())
    assert b"pw-100" not in content
    assert installed.key.read_bytes().strip() not in content
    assert backups.key_of(installed.file) is None
    assert 0o600 == installed.file.stat().st_mode & 0o777


def test_a_passphrase_opens_the_key_and_another_does_not(installed: Any) -> None:
    make(installed, backups.Key(content=installed.key.read_bytes(), passphrase=PASSPHRASE))
    assert installed.key.read_bytes().strip() not in gzip.decompress(installed.file.read_bytes())
    assert installed.key.read_bytes() == backups.key_of(installed.file, PASSPHRASE)
    with pytest.raises(Invalid, match="passphrase"):
        backups.key_of(installed.file, PASSPHRASE + "!")


def test_a_backup_from_before_a_rotation_asks_for_the_key_of_then(installed: Any) -> None:
    contents = make(installed)
    rotation.begin(installed.key)
    last_good = LastGood(installed.key.parent / "none.db", installed.vault, installed.database)
    vault = Vault.open(installed.key)
    contents.check(vault)
    rotation.rotate(installed.database, vault, installed.key, last_good, keep_old=False, progress=lambda _n: None)
    with pytest.raises(Invalid, match="was made with"):
        contents.check(Vault.open(installed.key))


def test_a_place_that_cannot_be_written_is_named(installed: Any, tmp_path: Path) -> None:
    for place in (tmp_path / "none" / "backup", tmp_path):
        with pytest.raises(Invalid, match="FILE"):
            backups.backup(installed.database, installed.vault, place)


def test_no_half_written_backup_stays_behind(installed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    installed.file.write_bytes(b"the last one")
    monkeypatch.setattr(backups, "_add_table", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make(installed)
    assert b"the last one" == installed.file.read_bytes()
    assert ["backup", "key"] == sorted(path.name for path in installed.file.parent.iterdir() if "db" not in path.name)
