"""The one SELECT of a request tells what the sessions tell, at once, and outlives its connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.exc import InternalError

from provisioner.answer import Provisioner
from provisioner.errors import Unknown
from provisioner.load import find
from provisioner.recognise import Ask
from provisioner.store.database import CONNECTIONS
from provisioner.store.quick import SHARED
from provisioner.store.tables import Device, Extension
from provisioner.values import Mac
from tests.databases import Copied, copied, kind, postgres, postgres_template, sqlite_template
from tests.world import FRONT, opened

__all__ = ["copied", "kind", "postgres", "postgres_template", "sqlite_template"]

MAC = Mac(FRONT)
FRONT_FILE = Ask(path=f"/{FRONT}.cfg", address="198.51.100.7")


@pytest.fixture
def server(copied: Copied, tmp_path: Path) -> Iterator[Provisioner]:
    with copied() as url, opened(tmp_path, database_url=SecretStr(url)) as provisioner:
        yield provisioner


def test_it_tells_what_a_session_tells(server: Provisioner) -> None:
    with server.database.reading() as session:
        assert find(session, MAC) == server.finder.find(MAC)


def test_a_committed_change_is_seen_by_the_next_call(server: Provisioner) -> None:
    before = server.finder.find(MAC).revision
    with server.database.writing() as session:
        session.execute(update(Device).values(revision=Device.revision + 1))
        assert server.finder.find(MAC).revision == before
    assert server.finder.find(MAC).revision == before + 1


def test_while_nothing_changes_it_is_the_very_same_object(server: Provisioner) -> None:
    found = server.finder.find(MAC)
    assert server.finder.find(MAC) is found
    with server.database.writing() as session:
        session.execute(update(Device).values(revision=Device.revision + 1))
    assert server.finder.find(MAC) is not found


def test_another_tenants_device_is_unknown(server: Provisioner) -> None:
    with pytest.raises(Unknown):
        server.finder.find(MAC, "other")


def drop_connections(server: Provisioner) -> None:
    """PostgreSQL ends every connection, as at a restart."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
    with server.database.engine.connect() as connection:
        connection.execute(text(f"{others} current_database()"))


def test_a_connection_that_the_server_ended_is_made_anew(server: Provisioner) -> None:
    server.finder.find(MAC)
    if server.database.is_sqlite:
        server.database.engine.dispose()
    else:
        drop_connections(server)
    assert server.finder.find(MAC).tenant == "acme"


def rename(server: Provisioner, name: str) -> bytes:
    """An accepted change, and the phone's file after it."""
    with server.database.writing() as session:
        session.scalars(select(Extension).where(Extension.number == "100")).one().name = name
    return server.answer(FRONT_FILE).body


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_a_revision_of_another_server_is_no_file_of_the_one_before(server: Provisioner) -> None:
    before = server.finder.find(MAC).revision
    assert b"Lost Change" in rename(server, "Lost Change")
    # A standby takes over that had not heard of it: all connections end, and its next change bears the same revision.
    with server.database.engine.begin() as connection:
        connection.execute(text(f"UPDATE device SET revision = {before} WHERE mac = '{FRONT}'"))
    drop_connections(server)
    assert b"Next Change" in rename(server, "Next Change")


def test_a_connection_that_was_closed_with_the_pool_is_made_anew(server: Provisioner) -> None:
    server.finder.find(MAC)
    server.database.engine.dispose()
    assert server.finder.find(MAC).tenant == "acme"


def test_a_shared_connection_that_was_closed_with_the_pool_is_made_anew(server: Provisioner) -> None:
    with ThreadPoolExecutor(1) as threads:
        threads.submit(server.finder.find, MAC).result()
        server.database.engine.dispose()
        assert threads.submit(server.finder.find, MAC).result().tenant == "acme"


def test_each_thread_has_its_own_connection(server: Provisioner) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(server.finder.find(MAC).tenant)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ["acme"] * 4 == found


def test_between_two_calls_no_transaction_is_open(server: Provisioner) -> None:
    server.finder.find(MAC)
    with server.database.engine.connect() as connection:
        if server.database.is_sqlite:
            connection.exec_driver_sql("COMMIT")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            connection.exec_driver_sql("BEGIN")
        else:
            open_ones = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = "
            busy = connection.scalar(text(f"{open_ones} current_database()"))
    assert busy == 0


def test_a_file_at_hand_costs_one_statement(server: Provisioner) -> None:
    ask = Ask(path=f"/{FRONT}.cfg", address="192.0.2.7")
    server.answer(ask)
    statements: list[str] = []
    event.listen(server.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    answer = server.at_once(ask)
    assert answer is not None
    assert answer.body == server.answer(ask).body
    assert not [one for one in statements if "sighting" not in one and "device" in one]


def test_a_device_that_gets_the_id_of_a_deleted_one_never_gets_its_files(server: Provisioner) -> None:
    def fetched() -> bytes:
        facts = server.finder.find(MAC)
        return server.answer(Ask(path=f"/d/{server.vault.token(facts.public_id, facts.generation)}/{FRONT}.cfg")).body

    before, facts = fetched(), server.finder.find(MAC)
    with server.database.writing() as session:
        session.execute(delete(Device).where(Device.mac == FRONT))
        twin = Device(id=facts.device_id, tenant_id=facts.tenant_id, mac=FRONT, vendor="yealink", model="T46U")
        session.add(twin)
    with server.database.writing() as session:
        session.execute(update(Device).where(Device.mac == FRONT).values(revision=facts.revision))
    assert (facts.device_id, facts.revision) == (server.finder.find(MAC).device_id, server.finder.find(MAC).revision)
    assert b"s3cret-100" in before
    assert b"s3cret-100" not in fetched()


only_postgres = pytest.mark.parametrize(
    "kind", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True, scope="session"
)


@only_postgres
def test_what_the_driver_has_prepared_for_a_file_outlives_the_reading(server: Provisioner) -> None:
    for _ in range(10):
        with server.database.reading() as session:
            server.loader.load(session, find(session, MAC).device_id)
    with server.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))


@only_postgres
def test_a_reading_cannot_write(server: Provisioner) -> None:
    with server.database.reading() as session, pytest.raises(InternalError, match="read-only"):
        session.execute(delete(Device))


@only_postgres
def test_a_connection_is_not_closed_while_it_is_used(server: Provisioner) -> None:
    server.finder.find(MAC)
    (held,) = server.finder._select._connections
    link = held.connection
    with held.busy:
        server.database.engine.dispose()
        assert not link.closed
    assert server.finder.find(MAC).tenant == "acme"
    assert link.closed


@only_postgres
def test_many_threads_take_few_connections(server: Provisioner) -> None:
    begin = threading.Barrier(24)

    def ask(_: int) -> None:
        begin.wait(10)
        for _ in range(20):
            server.finder.find(MAC)
            with server.database.reading() as session:
                find(session, MAC)

    with ThreadPoolExecutor(24) as threads:
        list(threads.map(ask, range(24)))
    with server.database.reading() as session:
        held = session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"))
    assert held <= CONNECTIONS + SHARED + 1
