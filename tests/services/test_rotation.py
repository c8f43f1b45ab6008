"""Key rotation: every sealed value goes under a new key, whatever interrupts it, and paired phones notice nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select

from provisioner import keyring, rotation
from provisioner.errors import Broken, Invalid
from provisioner.last_good import LastGood
from provisioner.store.database import Database
from provisioner.store.tables import Base, Extension
from provisioner.vault import Vault
from tests.services.conftest import PHONE, Desk, furnish


@pytest.fixture
def installed(database: Database, tmp_path: Path) -> Iterator[Any]:
    """A furnished database with a key file of its own."""
    path = tmp_path / "key"
    vault = Vault.open(path, create=True)
    database.bind_key(vault)
    desk = Desk(database, vault)
    furnish(desk)
    desk.make(name="Acme", sip={"server": "pbx.example"}, phone={"admin_password": "adm1n"}, http_password="ht1p-ht1p",
              settings={"yealink": {"a.b": "1"}})  # fmt: skip
    desk.webhook(event="device.paired", url="https://crm.example/x", password="h00k")
    last_good = LastGood(tmp_path / "last-good.db", vault, database)
    yield SimpleNamespace(path=path, vault=vault, desk=desk, database=database, last_good=last_good)
    last_good.close()


def rotate(installed: Any, *, keep_old: bool = False, progress: Any = lambda _n: None) -> tuple[int, int]:
    vault = Vault.open(installed.path)
    return rotation.rotate(
        installed.database, vault, installed.path, installed.last_good, keep_old=keep_old, progress=progress
    )


def sealed(database: Database) -> list[tuple[str, bytes]]:
    found = []
    with database.reading() as session:
        for table, column in rotation._columns():
            rows = session.execute(select(table.c.uid, column).where(column.is_not(None)))
            found += [(rotation.place_of(column, uid), value) for uid, value in rows]
    return found


def test_afterwards_the_new_key_alone_opens_everything_and_the_old_one_nothing(installed: Any) -> None:
    before = Vault.open(installed.path)
    texts = {place: before.open_bytes(place, value) for place, value in sealed(installed.database)}
    assert not rotation.begin(installed.path)
    values, resealed = rotate(installed)
    assert values == resealed == len(texts) > 5
    after = Vault.open(installed.path)
    assert 1 == len(after.keys.opening)
    assert texts == {place: after.open_bytes(place, value) for place, value in sealed(installed.database)}
    for place, value in sealed(installed.database):
        with pytest.raises(Broken):
            Vault(before.keys).open_bytes(place, value)


def test_files_tokens_and_revisions_stay_as_they_were(installed: Any) -> None:
    before, profile = installed.desk.revisions(), installed.desk.profile(PHONE)
    rotation.begin(installed.path)
    rotate(installed)
    installed.desk.vault = Vault.open(installed.path)
    assert before == installed.desk.revisions()
    assert profile == installed.desk.profile(PHONE)


def test_a_process_that_runs_meanwhile_opens_and_seals_without_being_told(installed: Any) -> None:
    running = installed.desk
    rotation.begin(installed.path)
    rotate(installed)
    assert running.profile(PHONE).accounts[0].password == "pw-100"
    running.extension(number="777", password="pw-777")
    fresh = Vault.open(installed.path)
    with installed.database.reading() as session:
        row = session.scalars(select(Extension).where(Extension.number == "777")).one()
        assert "pw-777" == fresh.open_sealed(f"extension/{row.uid}/password", row.sealed_password)


def test_what_was_interrupted_works_and_is_gone_on_with(installed: Any) -> None:
    def stop(_values: int) -> None:
        raise KeyboardInterrupt

    rotation.begin(installed.path)
    with pytest.raises(KeyboardInterrupt):
        rotate(installed, progress=stop)
    half = Vault.open(installed.path)
    assert 2 == len(half.keys.opening)
    assert all(half.open_bytes(place, value) is not None for place, value in sealed(installed.database))
    assert rotation.begin(installed.path)
    assert half.keys == Vault.open(installed.path).keys
    rotate(installed)
    assert 1 == len(Vault.open(installed.path).keys.opening)


def test_a_value_that_no_key_opens_stops_it_and_no_key_is_lost(installed: Any) -> None:
    with installed.database.writing() as session:
        session.scalars(select(Extension)).first().sealed_password = b"\x01" + bytes(40)
    rotation.begin(installed.path)
    with pytest.raises(Broken, match="extension/"):
        rotate(installed)
    assert 2 == len(Vault.open(installed.path).keys.opening)


def test_a_key_that_was_prepared_on_every_machine_is_the_one_that_is_taken(installed: Any) -> None:
    assert rotation.prepare(installed.path)
    elsewhere = Vault(keyring.read(installed.path))
    rotation.begin(installed.path)
    rotate(installed, keep_old=True)
    assert all(elsewhere.open_bytes(place, value) is not None for place, value in sealed(installed.database))


def test_an_old_key_that_was_kept_leaves_with_the_next_run(installed: Any) -> None:
    rotation.begin(installed.path)
    rotate(installed, keep_old=True)
    assert 2 == len(Vault.open(installed.path).keys.opening)
    assert rotation.begin(installed.path)
    assert 0 == rotate(installed)[1]
    assert 1 == len(Vault.open(installed.path).keys.opening)


def test_a_new_identity_makes_tokens_worthless_and_every_file_another(
    installed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "REFRESH_S", 0.0)
    before, revisions = Vault(Vault.open(installed.path).keys), installed.desk.revisions()
    rotation.begin(installed.path, new_identity=True)
    rotate(installed)
    after = Vault.open(installed.path)
    assert before.token("00", 1) != after.token("00", 1)
    assert not after.past_fingerprints
    installed.database.bind_key(after)
    assert all(installed.desk.revisions()[name] > old for name, old in revisions.items())


def test_a_new_identity_waits_for_a_rotation_that_is_under_way(installed: Any) -> None:
    rotation.begin(installed.path)
    with pytest.raises(Invalid, match="under way"):
        rotation.begin(installed.path, new_identity=True)


def test_every_column_of_bytes_is_one_that_the_rotation_knows() -> None:
    binary = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    known = {f"{table.name}.{column.name}" for table, column in rotation._columns()}
    assert binary == known
    assert all("uid" in table.c and "id" in table.c for table, _ in rotation._columns())


def test_a_key_file_of_one_line_is_read_and_one_that_is_none_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(base64.b64encode(bytes(32)))
    assert keyring.Keyring.of(bytes(32)) == keyring.read(path)
    for text in (b"", b"short", b"identity AAAA\n", b"\xff\xfe", b"seal " + base64.b64encode(bytes(32))):
        path.write_bytes(text)
        with pytest.raises(Invalid, match="put the key file"):
            keyring.read(path)


def test_the_key_file_stays_its_owners_alone(installed: Any) -> None:
    rotation.begin(installed.path)
    assert 0o600 == installed.path.stat().st_mode & 0o777
    assert "Keyring" in repr(keyring.read(installed.path))
    assert "b'" not in repr(keyring.read(installed.path))
