"""A process without a descriptor for its database is one whose database is away: phones get their last good
files, people are told, and what fails beside the database is not taken for it."""

from __future__ import annotations

import errno
import gc
import os
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg.pq import ConnStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import text

from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.load import Facts, Finder
from provisioner.recognise import Ask
from provisioner.store.database import DOWN, Database
from provisioner.store.patience import Line
from provisioner.store.quick import QuickSelect
from provisioner.vault import Vault
from tests.databases import Copied, copied, database, kind, postgres, postgres_template, sqlite_template
from tests.portal.conftest import Browser, portal_of
from tests.portal.world import PASSWORD, installation
from tests.world import FRONT, opened

__all__ = ["copied", "database", "kind", "postgres", "postgres_template", "sqlite_template"]

FRONT_FILE = Ask(path=f"/{FRONT}.cfg", address="198.51.100.7")


@pytest.fixture(params=[0, 1], ids=["none left", "one left"])
def left(request: pytest.FixtureRequest) -> int:
    """How many descriptors there still are: PostgreSQL's driver needs one for its socket and one to wait for it."""
    return int(request.param)


@contextmanager
def few_descriptors(database: Database, left: int) -> Iterator[None]:
    """Nothing is connected to the database, and this process gets no more descriptors than these."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    database.engine.dispose()
    gc.collect()  # what earlier tests left open is not for this one
    lowest_free = os.dup(0)
    os.close(lowest_free)
    # Below the standard streams nobody can give one back: threads of earlier tests may close some above.
    most = lowest_free + left if left else 3
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        deadline = time.monotonic() + 20
        while database.is_away:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def in_a_new_thread(work: Callable[[], object]) -> object:
    """What a thread gives that has nothing open."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(30)


@pytest.fixture
def provisioner(copied: Copied, tmp_path: Path) -> Iterator[Provisioner]:
    """An installation on either database."""
    with copied() as url, opened(tmp_path, database_url=url) as made:
        yield made


def test_a_paired_phone_gets_its_last_good_file(provisioner: Provisioner, left: int) -> None:
    expected = provisioner.answer(FRONT_FILE).body
    in_a_new_thread(provisioner.last_good.flush)
    with few_descriptors(provisioner.database, left):
        assert expected == in_a_new_thread(lambda: provisioner.answer(FRONT_FILE).body)


def read(database: Database) -> None:
    with database.reading() as session:
        session.execute(text("SELECT 1"))


def write(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("SELECT 1"))


@pytest.mark.parametrize("use", [read, write])
def test_whoever_uses_the_database_is_told_that_it_is_away(
    database: Database, use: Callable[[Database], None], left: int
) -> None:
    # A thread of an earlier test may give descriptors back meanwhile, but hardly each time.
    assert any(is_told(database, use, left) for _ in range(5))


def is_told(database: Database, use: Callable[[Database], None], left: int) -> bool:
    with few_descriptors(database, left):
        try:
            use(database)
        except DOWN:
            return True
        return False


def test_the_search_for_it_goes_on_until_there_are_descriptors(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, answers = [], database.answers
    monkeypatch.setattr(database, "answers", lambda: tries.append(1) or answers())
    with few_descriptors(database, 0):
        with pytest.raises(DOWN):
            read(database)
        deadline = time.monotonic() + 20
        while len(tries) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    read(database)


@pytest.fixture
def client(database: Database, tmp_path: Path) -> Iterator[Browser]:
    """Somebody who is logged in to a portal that has shown an error page before."""
    with database.writing() as session:
        accounts.add_user(session, "root", PASSWORD, "server")
    server = Provisioner(installation(tmp_path), database, Vault(bytes(32)))
    browser = portal_of(server).test_client()
    browser.log_in("root")
    assert browser.get("/portal/nothing").status_code == 404
    yield browser
    server.close()


def test_people_are_told_what_is_wrong(database: Database, client: Browser) -> None:
    with few_descriptors(database, 0):
        page = client.get("/portal/tenants")
    assert (503, "5") == (page.status_code, page.headers["Retry-After"])
    assert "The database cannot be reached" in page.text


def test_programs_are_told_what_is_wrong(database: Database, client: Browser) -> None:
    with few_descriptors(database, 0):
        answer = client.get("/api/v1/tenants", headers={"Authorization": f"Bearer prv_{'x' * 43}"})
    assert (503, "5") == (answer.status_code, answer.headers["Retry-After"])
    assert "the database cannot be reached" in answer.json["detail"]


def test_a_connection_in_use_while_all_are_given_up_is_closed_after_its_use(database: Database) -> None:
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        driver = session.connection().connection.dbapi_connection
        database.engine.dispose()
        assert session.scalar(text("SELECT 1")) == 1
    assert driver is not None
    with pytest.raises(database.engine.dialect.loaded_dbapi.Error, match="closed"):
        driver.cursor()


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_a_lookup_under_way_while_all_connections_are_given_up_closes_its_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, ask = [], Line.ask

    def interrupted(line: Line, name: bytes, parameters: Sequence[bytes]) -> PGresult:
        lines.append(line._pgconn)
        database.engine.dispose()
        return ask(line, name, parameters)

    monkeypatch.setattr(Line, "ask", interrupted)
    finder = Finder(database)
    assert in_a_new_thread(lambda: finder.look(None)) is None
    assert [ConnStatus.BAD] == [line.status for line in lines]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_sqlite_is_not_closed_in_the_middle_of_a_lookup_but_before_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, selected = [], QuickSelect._selected

    def interrupted(select: QuickSelect[Facts], held: Any, key: str) -> Facts | None:
        used.append(held.connection)
        in_a_new_thread(database.engine.dispose)
        return selected(select, held, key)

    monkeypatch.setattr(QuickSelect, "_selected", interrupted)
    finder = Finder(database)
    assert finder.look(None) is None
    assert used[0].total_changes == 0
    assert finder.look(None) is None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used[0].cursor()


@pytest.mark.parametrize("error", [BrokenPipeError(errno.EPIPE, "the client left"), OSError(errno.EMFILE, "of a file")])
def test_what_fails_beside_the_database_is_not_its_loss(database: Database, error: OSError) -> None:
    with pytest.raises(OSError, match=error.strerror or ""), database.reading():
        raise error
    assert not database.is_away
