"""Processes that start anew: what the machine keeps for an outage follows the database, and one that cannot start
tells why."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.test_serve import children
from tests.world import FRONT, World, make_world


def ask(world: World, statement: str) -> list[tuple[str]]:
    """What the file of the last good files answers, nothing before its tables are there."""
    with closing(sqlite3.connect(world.directory / "last-good.db", timeout=20, isolation_level=None)) as file:
        tables = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return file.execute(statement).fetchall() if len(tables) == 3 else []


def wait_for_other_facts(world: World, before: list[tuple[str]]) -> list[tuple[str]]:
    """What this machine knows of its devices, once that is not what it was."""
    deadline = time.monotonic() + 60
    while (known := ask(world, "SELECT digest FROM device")) == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return known


@pytest.mark.parametrize("plane", ["phones", "tftp"])
def test_a_phone_that_is_blocked_after_a_restart_is_known_to_be_so_in_an_outage(plane: str, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    with world.serving("phones"):
        assert world.get(f"/{FRONT}.cfg")[0] == 200
        paired = wait_for_other_facts(world, [])
    world.run("block", FRONT)
    ask(world, "DELETE FROM turn")  # the next look is at once, and not half a minute after the last
    with world.serving(plane):
        wait_for_other_facts(world, paired)


@pytest.mark.parametrize("plane", ["phones", "portal"])
def test_a_process_that_cannot_start_says_why_in_a_line_and_starts_when_that_is_mended(
    plane: str, tmp_path: Path
) -> None:
    world, key = make_world(tmp_path), tmp_path / "key"
    content = key.read_bytes()
    with world.serving(plane) as process:
        key.write_bytes(b"")
        os.kill(children(process.pid)[-1], signal.SIGKILL)
        world.wait_for_log("holds no key")
        world.wait_for_log("restart_in_s=0.2")  # it was tried again, after a longer pause
        key.write_bytes(content)
        world.wait((plane,), process)
    assert "Traceback" not in (tmp_path / "serve.log").read_text("utf-8")
