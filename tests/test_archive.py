"""What was served when: kept once for each change of the bytes, sealed, bounded, and compared without its secrets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event, func, select, update

from provisioner import archive, difference, sightings
from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.archive import Entry
from provisioner.errors import ProvisionerError, Unassigned
from provisioner.merge import merge
from provisioner.profile import Origin
from provisioner.recognise import Ask
from provisioner.record import Layer, Record
from provisioner.registry import vendors
from provisioner.render import MASK, render
from provisioner.settings import Installation
from provisioner.site.apply import apply
from provisioner.store.tables import Device, Document, Served
from provisioner.worker import Worker
from tests.databases import Copied, copied, kind, postgres, postgres_template, sqlite_template
from tests.factories import TOKEN_URL, rich_record
from tests.world import BACK, FRONT, SITE, make_world, opened

__all__ = ["copied", "kind", "postgres", "postgres_template", "sqlite_template"]

FILE = f"{FRONT}.cfg"


@pytest.fixture
def server(copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provisioner]:
    # The tests flush by hand.
    monkeypatch.setattr(sightings, "INTERVAL_S", 3600.0)
    with copied() as url, opened(tmp_path, database_url=SecretStr(url)) as provisioner:
        yield provisioner


def serve(server: Provisioner, file: str = FILE) -> None:
    with suppress(ProvisionerError):
        server.answer(Ask(path=f"/{file}", address="192.0.2.7"))
    server.sightings.flush()


def change(server: Provisioner, text: str, other: str) -> None:
    apply(server, SITE.replace(text, other))


def device(server: Provisioner, mac: str = FRONT) -> int:
    with server.database.reading() as session:
        return session.scalars(select(Device.id).where(Device.mac == mac)).one()


def history(server: Provisioner, file: str | None = None) -> list[Entry]:
    with server.database.reading() as session:
        return archive.history(session, device(server), file)


def changes(server: Provisioner, file: str | None = None) -> dict[str, tuple[Any, Any]]:
    with server.database.reading() as session:
        found = difference.against_served(server, session, device(server), file)
    return {row.key: (row.before, row.after) for one in found for row in one.changes}


def count(server: Provisioner, table: Any) -> int:
    with server.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_bytes_are_one_entry_however_often_they_are_served(server: Provisioner) -> None:
    for _ in range(3):
        serve(server)
    assert [(FILE, "192.0.2.7", "http")] == [(one.file, one.address, one.transport) for one in history(server)]


def test_another_process_that_serves_the_same_bytes_adds_nothing(server: Provisioner) -> None:
    serve(server)
    other = Provisioner(server.installation, server.database, server.vault)
    serve(other)
    other.close()
    assert 1 == len(history(server))


def test_changed_bytes_are_a_new_entry_and_the_old_ones_can_be_read(server: Provisioner) -> None:
    serve(server)
    change(server, "name: Front office", "name: Welcome")
    serve(server)
    with server.database.reading() as session:
        new, old = (archive.body_of(session, server.vault, one) for one in history(server))
    assert (b"Welcome" in new, b"Welcome" in old, b"Front office" in old) == (True, False, True)


def test_bytes_that_come_back_are_an_entry_again_but_stored_once(server: Provisioner) -> None:
    for name in ("Front office", "Welcome", "Front office"):
        change(server, "name: Front office", f"name: {name}")
        serve(server)
    assert (3, 2) == (len(history(server)), count(server, Document))


def test_a_request_that_gets_nothing_is_no_entry(server: Provisioner) -> None:
    with server.database.writing() as session:
        session.execute(update(Device).values(state="blocked"))
    serve(server)
    assert 0 == count(server, Served)


def test_what_was_served_is_sealed_and_its_digest_cannot_be_tried_without_the_key(server: Provisioner) -> None:
    serve(server)
    with server.database.reading() as session:
        document = session.scalars(select(Document)).one()
        body = archive.body_of(session, server.vault, history(server)[0])
    assert b"s3cret-100" in body
    assert b"s3cret" not in document.sealed_body
    assert document.digest == server.vault.keyed_digest(body)
    assert document.digest != hashlib.sha256(body).hexdigest()


def test_the_versions_of_a_file_are_bounded(server: Provisioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "KEPT_PER_FILE", 2)
    for number in range(4):
        change(server, "name: Front office", f"name: Office {number}")
        serve(server)
    serve(server, f"{BACK}.cfg")
    assert (2, 3) == (len(history(server)), count(server, Served))


def test_the_worker_deletes_documents_that_nothing_refers_to(server: Provisioner) -> None:
    serve(server)
    with server.database.writing() as session:
        session.delete(session.get_one(Device, device(server)))
    Worker(server).clean_up()
    assert 0 == count(server, Document)


def test_beyond_the_budget_superseded_versions_go_before_those_in_force(server: Provisioner) -> None:
    serve(server)
    change(server, "name: Front office", "name: Welcome")
    serve(server)
    serve(server, f"{BACK}.cfg")
    with server.database.writing() as session:
        stored = session.scalars(select(Document.stored).order_by(Document.id)).all()
        archive.clean_up(session, sum(stored) - 1)
    with server.database.reading() as session:
        files = session.scalars(select(Served.file).order_by(Served.id)).all()
    assert [FILE, f"{BACK}.cfg"] == files
    assert 1 == len(history(server))


def test_a_flush_that_fails_is_written_the_next_time(server: Provisioner, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(server)
    change(server, "name: Front office", "name: Welcome")
    server.answer(Ask(path=f"/{FILE}", address="192.0.2.7"))
    with monkeypatch.context() as patch:
        patch.setattr(server.sightings._archive, "write", _no_database)
        server.sightings.flush()
    server.sightings.flush()
    assert 2 == len(history(server))


def _no_database(*_arguments: object) -> None:
    from sqlalchemy.exc import OperationalError

    raise OperationalError("away", None, Exception())


def test_unchanged_answers_cost_no_statement_of_the_archive(server: Provisioner) -> None:
    serve(server)
    statements: list[str] = []
    event.listen(server.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    serve(server)
    assert not [one for one in statements if "document" in one or "FROM served" in one]


def test_without_a_change_nothing_differs(server: Provisioner) -> None:
    serve(server)
    assert {} == changes(server)


def test_a_change_differs_by_native_key(server: Provisioner) -> None:
    serve(server)
    change(server, "name: Front office", "name: Welcome")
    found = changes(server, FILE)
    assert ("Front office", "Welcome") == found["account.1.display_name"]
    assert all(key.startswith(("account.1.", "linekey.1.")) for key in found)


def test_a_secret_that_changed_is_listed_and_never_shown(server: Provisioner) -> None:
    serve(server)
    change(server, "s3cret-100", "another-100")
    assert {"account.1.password": (MASK, MASK)} == changes(server)


def test_a_secret_of_an_account_that_is_gone_is_masked(server: Provisioner) -> None:
    serve(server)
    change(server, 'model: T46U, extensions: ["100"]', "model: T46U, extensions: []")
    assert MASK == changes(server)["account.1.password"][0]


def test_a_file_that_was_never_served_has_no_difference_yet(server: Provisioner) -> None:
    with server.database.reading() as session:
        found = difference.against_served(server, session, device(server))
    assert [(FILE, None, ())] == [(one.file, one.served, one.changes) for one in found]


def test_a_file_that_the_device_does_not_have_is_refused(server: Provisioner) -> None:
    with server.database.reading() as session, pytest.raises(Unassigned, match="it has"):
        difference.against_served(server, session, device(server), "other.cfg")


def test_an_old_version_reads_as_it_was_but_for_its_secrets(server: Provisioner) -> None:
    serve(server)
    with server.database.reading() as session:
        entry = history(server)[0]
        masked = difference.masked_body(server, session, entry)
        plain = archive.body_of(session, server.vault, entry)
        shown = difference.was(server, session, entry)
    assert b"s3cret-100" in plain
    assert b"s3cret" not in masked
    assert server.vault.token(_public_id(server), 1).encode() not in masked
    assert [one.partition(b" ")[0] for one in plain.splitlines()] == [
        one.partition(b" ")[0] for one in masked.splitlines()
    ]
    assert "100" == shown.values["account.1.user_name"]


def _public_id(server: Provisioner) -> str:
    with server.database.reading() as session:
        return session.scalars(select(Device.public_id).where(Device.mac == FRONT)).one()


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_every_vendor_has_a_file_in_which_some_keys_are_secret(vendor: str) -> None:
    found = vendors()[vendor]
    model = next(iter(found.models.values()))
    files = [file for file in found.files if file.template and file.private and file.fits(model)]
    assert any(difference.secret_keys(vendor, model.name, file.pattern, None) for file in files)


def test_the_command_tells_what_differs_and_masks_secrets(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    assert f"= {FILE}: not served yet" in world.run("diff", FRONT)
    opened = open_provisioner(Installation(data_dir=tmp_path, public_url=world.environment["PROVISIONER_PUBLIC_URL"]))
    serve(opened)
    opened.close()
    world.run(
        "apply", "-", stdin=SITE.replace("name: Front office, password: s3cret-100", "name: Bar, password: x-100")
    )
    told = world.run("diff", "80-5E-C0-12-34-56", FILE)
    assert "- account.1.display_name\tFront office\n+ account.1.display_name\tBar\n" in told
    assert f"- account.1.password\t{MASK}\n+ account.1.password\t{MASK}\n" in told
    (one,) = json.loads(world.run("diff", FRONT, "--json"))["files"]
    assert (FILE, {"key": "account.1.password", "before": MASK, "after": MASK} in one["changes"]) == (one["file"], True)
    assert "has no file other.cfg" in world.run("diff", FRONT, "other.cfg", expect=1)


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_a_stored_file_of_every_vendor_is_shown_without_a_single_secret(vendor: str) -> None:
    """Also on the models that hold most, and where the values have become part of others."""
    found, told = vendors()[vendor], 0
    models = sorted(found.models.values(), key=lambda model: (-model.handsets, -model.accounts))
    for model in {model.name: model for model in (*models[:2], *models[-2:]) if model.handsets < 300}.values():
        profile = merge(_told_secrets(rich_record(vendor, model.name)))
        for file in found.files:
            if file.template and file.private and file.fits(model):
                body = render(profile, file).body
                shown = difference.masked(found, model, file, body)
                told += sum(secret.encode() in body for secret in SECRETS)
                assert not [secret for secret in SECRETS if secret.encode() in shown], f"{model.name} {file.pattern}"
                assert difference.masked(found, model, file, shown) == shown
    assert told, "no file of these models holds a secret"


SECRETS = ("Pw4Ext100", "Pw4Ext101", "Adm1nPw42", "0123456789abcdef0123456789abcdef0123456789abcdef")


def _told_secrets(record: Record) -> Record:
    """The same device with secrets that every syntax writes as they are."""
    admin = Layer(origin=Origin("tenant"), values={"phone.admin_password": SECRETS[2]})
    lines = tuple(replace(one, password=f"Pw4Ext{one.number}") for one in record.extensions)
    handsets = tuple(
        replace(one, extensions=tuple(replace(line, password=f"Pw4Ext{line.number}") for line in one.extensions))
        for one in record.handsets
    )
    return replace(record, layers=(*record.layers, admin), extensions=lines, handsets=handsets, url=TOKEN_URL)
