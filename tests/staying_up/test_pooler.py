"""PgBouncer before PostgreSQL: in session mode it serves, and any other mode is refused at the start."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.conftest import missing
from tests.databases import PostgresServer, new_database
from tests.world import FRONT, free_port, make_world, wait_until_open

pytestmark = pytest.mark.postgres


@contextmanager
def pooler(server: PostgresServer, mode: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database behind a pooler."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        missing("pgbouncer is not installed")
    port, settings = free_port(), folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = {mode}\n"
        "unix_socket_dir =\n",
        "utf-8",
    )
    # It refuses to be root, and another user does not come into this folder: so it reads its settings as its input.
    become = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    with new_database(server.url) as url, settings.open("rb") as given:
        process = subprocess.Popen([*become, program, "-q", "/dev/stdin"], stdin=given, stderr=subprocess.DEVNULL)
        try:
            wait_until_open(port, 20)
            yield make_url(url).set(port=port).render_as_string()
        finally:
            process.terminate()
            process.wait(20)


def test_a_pooler_that_keeps_a_session_together_serves(server: PostgresServer, tmp_path: Path) -> None:
    with pooler(server, "session", tmp_path) as url:
        world = make_world(tmp_path, database_url=url)
        with world.serving("phones"):
            assert {200} == {world.get(f"/{FRONT}.cfg")[0] for _ in range(20)}


def test_a_pooler_that_lends_its_connections_out_is_refused_at_the_start(
    server: PostgresServer, tmp_path: Path
) -> None:
    with pooler(server, "transaction", tmp_path) as url:
        world = make_world(tmp_path, site=None, database_url=url)
        assert "set its mode to session" in world.run("serve", expect=1)
        assert "set its mode to session" in world.run("doctor", expect=1)
