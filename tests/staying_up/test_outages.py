"""Whatever is killed, stopped or filled up while phones ask and an admin works: no wrong bytes, no half file,
no accepted change that is lost, and everything recovers by itself."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, select

from provisioner.store.tables import Sighting
from tests.conftest import missing
from tests.databases import PostgresServer
from tests.staying_up.checker import FILE, Admin, Phones, Served, admin_of, judge, load
from tests.staying_up.cluster import Cluster, settle, wait_for_name, wait_for_recovery
from tests.test_serve import check_what_is_forked, children, direct, over_tftp
from tests.world import BACK, make_world

pytestmark = pytest.mark.postgres


_DROP_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"


@contextmanager
def stopped(postgres: PostgresServer) -> Iterator[None]:
    """The database is away for the length of the block."""
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


def test_an_accepted_change_is_served_by_every_node_at_once(cluster: Cluster) -> None:
    settle(cluster)
    with load(cluster.admin, cluster.urls) as phones:
        phones.wait_for(20)
    judge(cluster.admin, phones, outages=[])
    assert phones.others == {}


@contextmanager
def judged(cluster: Cluster, outage: AbstractContextManager[None]) -> Iterator[Phones]:
    """Phones before, during and after an outage, which is the block: each gets a whole file, and no error."""
    settle(cluster)
    with load(cluster.admin, cluster.urls) as phones:
        phones.wait_for(cluster.admin.attempted + 5)
        begun = time.monotonic() - 0.5
        time.sleep(1.5)  # what was served last is written down about once a second
        with outage:
            yield phones
        phones.wait_for(cluster.admin.attempted + 5)
        wait_for_recovery(cluster)
        over = time.monotonic()
    judge(cluster.admin, phones, outages=[(begun, over)])
    assert phones.others == {}


def test_a_stopped_database_costs_changes_and_no_phone(cluster: Cluster) -> None:
    with judged(cluster, stopped(cluster.postgres)) as phones:
        before, refused, deadline = len(phones.served), cluster.admin.refused, time.monotonic() + 57
        stranger = cluster.nodes[0].get(f"/{BACK}.cfg")
        phones.served.append(Served(time.monotonic(), over_tftp(cluster.nodes[0], FILE)))
        while cluster.admin.refused < refused + 3 or len(phones.served) < before + 50:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert stranger == (404, b"Not found\n")


def test_a_database_that_stands_still_is_as_good_as_stopped(cluster: Cluster) -> None:
    with judged(cluster, cluster.postgres.frozen()) as phones:
        before, deadline = len(phones.served), time.monotonic() + 8
        while len(phones.served) < before + 100:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        phones.served.append(Served(time.monotonic(), over_tftp(cluster.nodes[0], FILE)))
        assert 503 == cluster.nodes[1].get("/readyz")[0]


def test_connections_that_the_database_drops_are_made_anew(cluster: Cluster) -> None:
    settle(cluster)
    url = make_url(cluster.postgres.url).set(drivername="postgresql").render_as_string()
    with load(cluster.admin, cluster.urls) as phones:
        for _ in range(3):
            phones.wait_for(cluster.admin.attempted + 5)
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
                )
        phones.wait_for(cluster.admin.attempted + 5)
    judge(cluster.admin, phones, outages=[])
    assert phones.others == {}


def test_what_forks_has_no_connection_to_the_database(cluster: Cluster) -> None:
    check_what_is_forked(cluster.nodes[0], cluster.processes[0].pid)


def test_killed_processes_come_back_and_serve_what_is_right(cluster: Cluster) -> None:
    settle(cluster)
    with load(cluster.admin, cluster.urls) as phones:
        for victim in direct(cluster.processes[0].pid):
            for process in (*children(victim), victim):
                os.kill(process, signal.SIGKILL)
            phones.wait_for(cluster.admin.attempted + 5)
        cluster.nodes[0].wait()
        phones.wait_for(cluster.admin.attempted + 5)
    judge(cluster.admin, phones, outages=[])
    assert set(phones.others) <= {"ConnectionResetError", "RemoteDisconnected", "URLError", "IncompleteRead"}


def test_no_accepted_change_is_lost(cluster: Cluster) -> None:
    settle(cluster)
    cluster.admin.change()
    accepted = cluster.admin.accepted[-1][1]
    with stopped(cluster.postgres):
        pass
    wait_for_name(cluster, accepted)


def test_few_descriptors_delay_phones_and_serve_nothing_wrong(cluster: Cluster) -> None:
    settle(cluster)
    workers = [process for pid in direct(cluster.processes[0].pid) for process in (pid, *children(pid))]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in workers}
    with load(cluster.admin, cluster.urls) as phones:
        phones.wait_for(cluster.admin.attempted + 5)
        begun = time.monotonic() - 0.5
        for pid, (_, most) in before.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")), most))
        time.sleep(1)
        asked_at, body = time.monotonic(), over_tftp(cluster.nodes[0], FILE, patience_s=1)
        phones.served += [Served(asked_at, body)] if body else []
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        phones.wait_for(cluster.admin.attempted + 5)
        wait_for_recovery(cluster)
        over = time.monotonic()
        phones.served.append(Served(over, over_tftp(cluster.nodes[0], FILE)))
    # Without a descriptor for the database, what was served last is the best there is.
    judge(cluster.admin, phones, outages=[(begun, over)])


def wait_for_sighting(admin: Admin, since: datetime) -> None:
    """Until a request of after this moment is noted."""
    deadline = time.monotonic() + 60
    while True:
        with admin.provisioner.database.reading() as session:
            if session.scalars(select(Sighting.id).where(Sighting.at > since).limit(1)).first():
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    if os.getuid() != 0:
        missing("only root can mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(tmp_path)], check=False)
    if mounted.returncode != 0:
        missing("this machine lets nobody mount")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_full_disk_refuses_changes_and_serves_on(small_disk: Path) -> None:
    world = make_world(small_disk)
    admin = admin_of(world)
    with world.serving():
        admin.change()
        with load(admin, [world.url(f"/{FILE}")]) as phones:
            phones.wait_for(5)
            filler = small_disk / "filler"
            with suppress(OSError), open(filler, "wb", buffering=0) as file:
                while file.write(bytes(65536)):
                    pass
            with suppress(OSError), open(filler, "ab", buffering=0) as file:
                while file.write(b"x"):  # to the last byte: nor is there room for a line of the log
                    pass
            refused, before = admin.refused, len(phones.served)
            deadline = time.monotonic() + 60
            while admin.refused < refused + 2 or len(phones.served) < before + 20:
                assert time.monotonic() < deadline, (admin, phones.others)
                time.sleep(0.05)
            assert over_tftp(world, FILE)
            filler.unlink()
            phones.wait_for(admin.attempted + 5)
            wait_for_sighting(admin, datetime.now(UTC))
        judge(admin, phones, outages=[])
        assert phones.others == {}
    admin.provisioner.close()


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    with world.serving():
        pass
    (tmp_path / "serve.log").unlink()
    (tmp_path / "serve.log").symlink_to("/dev/full")
    admin = admin_of(world)
    with world.serving():
        for _ in range(2):  # the second one after a second in which lines of the first were to be written
            begun = datetime.now(UTC)
            assert world.get(f"/{FILE}")[0] == 200
            assert over_tftp(world, FILE)
            wait_for_sighting(admin, begun)
    admin.provisioner.close()
