"""The machine's clock is set a day ahead and a day back while phones ask: the processes themselves see it."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.store.tables import Sighting
from tests.conftest import missing
from tests.staying_up.checker import FILE, Admin, admin_of, judge, load
from tests.test_serve import children, direct, over_tftp, token_of
from tests.world import BACK, World, make_world

SOURCE = Path(__file__).with_name("clock.c")


@dataclass
class Clock:
    """The wall clock of a server, and of nobody else."""

    library: Path
    offset: Path
    days: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """What puts it between a process and the machine's clock."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_OFFSET": str(self.offset)}

    def set(self, days: int) -> None:
        """From now on it is so many days before or behind the machine's."""
        self.days = days
        with self.offset.open("r+b" if self.offset.exists() else "wb") as file:
            file.write(struct.pack("q", days * 86_400))

    def now(self) -> datetime:
        """What it shows."""
        return datetime.now(UTC) + timedelta(days=self.days)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    compiler = shutil.which("cc")
    if compiler is None:
        missing("no C compiler is installed")
    made = Clock(tmp_path / "clock.so", tmp_path / "offset")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made.library, SOURCE], check=True)
    made.set(0)
    return made


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> World:
    made = make_world(tmp_path / "data")
    made.environment_extra = {**clock.environment, "PROVISIONER_LOG_LEVEL": "warning"}
    return made


@pytest.fixture
def admin(world: World) -> Iterator[Admin]:
    """At work elsewhere, by a clock that is right."""
    made = admin_of(world)
    yield made
    made.provisioner.close()


def wait_for_sighting(admin: Admin, clock: Clock) -> None:
    """Until a request is noted that came at the time that the clock shows."""
    deadline = time.monotonic() + 60
    while True:
        with admin.provisioner.database.reading() as session:
            newest = session.scalars(select(Sighting.at).order_by(Sighting.id.desc()).limit(1)).first()
        if newest and abs(newest - clock.now()) < timedelta(minutes=1):
            return
        assert time.monotonic() < deadline, (newest, clock.now())
        time.sleep(0.1)


def test_a_clock_that_jumps_disturbs_no_phone_and_no_process(world: World, clock: Clock, admin: Admin) -> None:
    with world.serving() as server:
        path = f"/d/{token_of(world, FILE.removesuffix('.cfg'))}/{FILE}"
        admin.change()
        processes = children(server.pid)
        opened = {}
        with load(admin, [world.url(path)] * 2) as phones:
            for days in (1, -1, 0):
                clock.set(days)
                phones.wait_for(admin.attempted + 10)
                wait_for_sighting(admin, clock)
                assert over_tftp(world, path.removeprefix("/")).startswith(b"#!version")
                opened[days] = world.get(f"/{BACK}.cfg")[0] if days >= 0 else None
        assert children(server.pid) == processes
        clock.set(-1)
        for plane in direct(server.pid):
            os.kill(plane, signal.SIGKILL)
        world.wait()
        assert world.get(path)[0] == 200
    judge(admin, phones, outages=[])
    assert phones.others == {}
    assert opened == {1: 404, -1: None, 0: 200}  # a pairing window follows the clock
