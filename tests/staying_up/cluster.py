"""Two nodes with data directories of their own around one PostgreSQL."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.databases import PostgresServer, private_postgres
from tests.staying_up.checker import FILE, Admin, admin_of
from tests.world import World, make_world


@dataclass
class Cluster:
    """Two nodes with data directories of their own around one PostgreSQL."""

    postgres: PostgresServer
    nodes: list[World]
    admin: Admin
    stack: ExitStack
    processes: dict[int, subprocess.Popen[str]] = field(default_factory=dict)
    logs_at_rest: list[str] = field(default_factory=lambda: ["", ""])

    def start(self, number: int) -> None:
        """Start a node, and wait until it is ready. Its log begins anew."""
        self.logs_at_rest[number] = ""
        self.processes[number] = self.stack.enter_context(self.nodes[number].serving())

    @property
    def urls(self) -> list[str]:
        """Where the phone's file is, at each node."""
        return [node.url(f"/{FILE}") for node in self.nodes]


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    # What is accepted must survive a power cut: no commit may be left to chance.
    with private_postgres("synchronous_commit=on") as postgres:
        first = make_world(tmp_path_factory.mktemp("first"), database_url=postgres.url)
        second = make_world(tmp_path_factory.mktemp("second"), site=None, database_url=postgres.url)
        public = {"PROVISIONER_PUBLIC_URL": "http://prov.example", "PROVISIONER_LOG_LEVEL": "warning"}
        for node in (first, second):
            node.environment_extra = {**public, "PROVISIONER_KEY_FILE": str(first.directory / "key")}
        with ExitStack() as stack:
            made = Cluster(postgres, [first, second], admin_of(first), stack)
            for number, node in enumerate(made.nodes):
                made.start(number)
                assert node.get(f"/{FILE}")[0] == 200
            yield made
        made.admin.provisioner.close()


def settle(cluster: Cluster) -> None:
    """A name that the judge can read, known at both nodes, and no process that still looks for the database."""
    cluster.admin.change()
    wait_for_name(cluster, cluster.admin.accepted[-1][1])
    wait_for_recovery(cluster)
    cluster.logs_at_rest = logs(cluster)


def logs(cluster: Cluster) -> list[str]:
    """What the nodes have logged so far."""
    return [(node.directory / "serve.log").read_text(errors="replace") for node in cluster.nodes]


def wait_for_recovery(cluster: Cluster) -> None:
    """Until every process that lost the database has found it again: each looks for it by itself."""
    deadline = time.monotonic() + 60
    while True:
        fresh = "".join(log[len(old) :] for log, old in zip(logs(cluster), cluster.logs_at_rest, strict=True))
        if fresh.count("database.lost") == fresh.count("database.found"):
            return
        assert time.monotonic() < deadline, fresh[-1000:]
        time.sleep(0.1)


def wait_for_name(cluster: Cluster, number: int) -> None:
    """Until both nodes serve this change."""
    wanted = f"Name {number}\n".encode()
    for node in cluster.nodes:
        deadline = time.monotonic() + 60
        while wanted not in (found := node.get(f"/{FILE}"))[1]:
            assert time.monotonic() < deadline, (found[0], found[1][:160])
            time.sleep(0.1)
