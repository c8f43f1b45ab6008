"""A key file that cannot be read while the server serves, as while it is being copied: phones do not notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from provisioner import keyring, sightings, vault
from provisioner.answer import Provisioner
from provisioner.errors import Broken, Invalid
from provisioner.recognise import Ask
from provisioner.store.tables import Extension, Sighting
from provisioner.values import Mac
from tests.world import FRONT, opened


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provisioner]:
    """Looks at its key file each time, and writes sightings when a test asks for it."""
    monkeypatch.setattr(vault, "REFRESH_S", -1.0)
    monkeypatch.setattr(sightings, "INTERVAL_S", 3600.0)
    with opened(tmp_path) as made:
        made.answer(Ask(path=f"/{FRONT}.cfg", address="192.0.2.1"))
        yield made


@pytest.fixture
def key(server: Provisioner) -> Iterator[Path]:
    """The key file without its content."""
    content = server.installation.key.read_bytes()
    server.installation.key.write_bytes(b"")
    yield server.installation.key
    server.installation.key.write_bytes(content)


def by_token(server: Provisioner) -> Ask:
    facts = server.finder.find(Mac(FRONT))
    return Ask(path=f"/d/{server.vault.token(facts.public_id, facts.generation)}/{FRONT}.cfg", address="203.0.113.9")


@pytest.mark.usefixtures("key")
def test_a_phone_that_proves_itself_is_served(server: Provisioner) -> None:
    assert server.answer(by_token(server)).body


@pytest.mark.usefixtures("key")
def test_a_secret_that_does_not_open_is_our_fault_and_not_a_404(server: Provisioner) -> None:
    with pytest.raises(Broken):
        server.vault.open_bytes("extension/1/password", bytes(40))


@pytest.mark.usefixtures("key")
def test_nothing_is_sealed_with_a_key_that_may_be_over(server: Provisioner) -> None:
    with pytest.raises(Invalid):
        server.vault.seal("extension/1/password", "secret")


def test_what_was_asked_meanwhile_is_written_when_the_key_is_back(server: Provisioner, key: Path) -> None:
    with server.database.writing() as session:
        session.scalars(select(Extension).where(Extension.number == "100")).one().name = "Another file"
    server.answer(by_token(server))
    server.sightings.flush()
    meanwhile = count(server)
    keyring.write(key, server.vault.keys)
    server.sightings.flush()
    assert (0, 2) == (meanwhile, count(server))


def count(server: Provisioner) -> int:
    with server.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Sighting)) or 0


def test_our_fault_is_over_when_it_is_mended(server: Provisioner, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = by_token(server)

    def fails(*_: object) -> bool:
        raise Broken("sealed with another key")

    with monkeypatch.context() as patched:
        patched.setattr(server.vault, "is_token", fails)
        with pytest.raises(Broken):
            server.answer(ask)
    assert server.answer(ask).body
