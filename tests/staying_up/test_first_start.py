"""The first start, and starts while the database is away: nodes that come at once, and commands that say why not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select

from provisioner import keyring
from provisioner.store.database import Database
from provisioner.store.migrating import configuration
from provisioner.store.tables import Meta, Tenant, User
from tests.databases import PostgresServer, new_database
from tests.test_serve import over_tftp
from tests.world import FRONT, make_world

NOBODY_THERE = "postgresql+psycopg://provisioner:a-secret@127.0.0.1:1/provisioner"


@pytest.fixture
def database_url(server: PostgresServer) -> Iterator[str]:
    """An empty database of this server."""
    with new_database(server.url) as url:
        yield url


@pytest.mark.parametrize("migration", ["", "0001"], ids=["new", "old"])
def test_planes_that_start_at_once_on_sqlite_find_it_migrated(migration: str, tmp_path: Path) -> None:
    keyring.create(tmp_path / "key")
    if migration:
        database = Database(f"sqlite:///{tmp_path / 'provisioner.db'}")
        with database.engine.begin() as connection:
            command.upgrade(configuration(connection), migration)
        database.close()
    starts = [make_world(tmp_path, site=None) for _ in range(3)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "provisioner", "db", "upgrade"],
            env=start.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for start in starts
    ]  # fmt: skip
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [0] * 3 == [process.returncode for process in processes], said


@pytest.mark.postgres
def test_nodes_that_start_at_once_make_one_installation(database_url: str, tmp_path: Path) -> None:
    keyring.create(tmp_path / "key")
    nodes = [make_world(tmp_path / str(number), site=None, database_url=database_url) for number in range(3)]
    with ExitStack() as stack:
        for node in nodes:
            node.directory.mkdir()
            node.environment_extra = {"PROVISIONER_KEY_FILE": str(tmp_path / "key")}
        processes = [stack.enter_context(node.starting("worker")) for node in nodes]
        for node in nodes:
            node.wait_for_log("Phones are told")
        assert [None] * 3 == [process.poll() for process in processes]
    database = Database(database_url)
    with database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (User, Meta)]
    database.close()
    assert [1, 1] == counts


@pytest.mark.postgres
def test_a_node_that_starts_before_its_database_serves_what_it_served_last(
    server: PostgresServer, database_url: str, tmp_path: Path
) -> None:
    world = make_world(tmp_path, database_url=database_url)
    with world.serving():
        _, expected = world.get(f"/{FRONT}.cfg")
    server.stop()
    with world.starting() as process:
        world.wait_for_log("Phones are told")
        assert (200, expected) == world.get(f"/{FRONT}.cfg")
        assert expected == over_tftp(world, f"{FRONT}.cfg")
        server.start()
        world.wait(process=process)
        world.run("block", FRONT)
        assert 404 == world.get(f"/{FRONT}.cfg")[0]


@pytest.mark.postgres
def test_a_node_that_started_before_its_database_ends_when_that_has_another_key(
    server: PostgresServer, database_url: str, tmp_path: Path
) -> None:
    world = make_world(tmp_path, database_url=database_url)
    (tmp_path / "key").unlink()
    keyring.create(tmp_path / "key")
    server.stop()
    with world.starting() as process:
        world.wait_for_log("Phones are told")
        server.start()
        assert 1 == process.wait(30)
    assert "this key file is not the one" in (tmp_path / "serve.log").read_text("utf-8")


@pytest.mark.parametrize("words", [["devices"], ["db", "upgrade"], ["apply", "-"]], ids=" ".join)
def test_a_command_says_in_one_line_that_the_database_is_away(words: list[str], tmp_path: Path) -> None:
    world = make_world(tmp_path, site=None, database_url=NOBODY_THERE)
    keyring.create(tmp_path / "key")
    said = world.run(*words, stdin="tenant: acme\nname: Acme\n", expect=1)
    assert said.startswith("DATABASE_URL: the database cannot be asked: ")
    assert (1, False) == (len(said.splitlines()), "a-secret" in said)


@pytest.mark.postgres
def test_a_database_without_an_encoding_holds_every_name(server: PostgresServer) -> None:
    with new_database(server.url, "ENCODING 'SQL_ASCII' TEMPLATE template0") as url:
        database = Database(url)
        database.upgrade()
        with database.writing() as session:
            session.add(Tenant(slug="acme", name="Søn"))
        with database.reading() as session:
            assert ["Søn"] == session.scalars(select(Tenant.name)).all()
        database.close()
