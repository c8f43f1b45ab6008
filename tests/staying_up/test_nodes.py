"""Several machines around one PostgreSQL: what one of them learns holds for all, and no phone sticks to one."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.staying_up.checker import FILE, judge, load
from tests.staying_up.cluster import Cluster, settle
from tests.world import BACK, free_port

pytestmark = pytest.mark.postgres

EXAMPLE = Path(__file__).parents[2] / "deploy" / "compose" / "haproxy.cfg"


@pytest.fixture
def balancer(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    """The shipped HAProxy in front of both nodes: its URL."""
    haproxy = shutil.which("haproxy")
    if haproxy is None:
        missing("haproxy is not installed")
    port = free_port()
    servers = "\n".join(f"    server node{n} 127.0.0.1:{node.phones}" for n, node in enumerate(cluster.nodes))
    text = EXAMPLE.read_text("utf-8").replace("bind :8080", f"bind 127.0.0.1:{port}")
    text = text.replace("maxconn 20000", "maxconn 2000")  # as many as every machine's limits allow
    text = re.sub(r"    server-template .*", servers, text).partition("resolvers docker")[0]
    (tmp_path / "haproxy.cfg").write_text(text, "utf-8")
    process = subprocess.Popen([haproxy, "-db", "-f", str(tmp_path / "haproxy.cfg")])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/healthz")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str) -> None:
    """Until somebody answers there."""
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_node_that_stops_is_noticed_by_no_phone(cluster: Cluster, balancer: str) -> None:
    settle(cluster)
    with load(cluster.admin, [f"{balancer}/{FILE}"] * 2) as phones:
        phones.wait_for(cluster.admin.attempted + 5)
        cluster.processes[1].send_signal(signal.SIGTERM)
        cluster.processes[1].wait(60)
        phones.wait_for(cluster.admin.attempted + 10)
        cluster.start(1)
        phones.wait_for(cluster.admin.attempted + 10)
    judge(cluster.admin, phones, outages=[])
    assert phones.others == {}


def test_what_one_node_pairs_another_knows(cluster: Cluster) -> None:
    cluster.nodes[0].run("pair", BACK)
    first, second = cluster.nodes
    assert first.get(f"/{BACK}.cfg")[0] == 200
    answer = second.get(f"/{BACK}.cfg")[1]
    token = re.search(rb"server\.url = \S+(/d/[0-9a-f]+/)", answer)
    assert token
    first.run("unpair", BACK)
    path = token[1].decode() + f"{BACK}.cfg"
    assert (404, 404) == (first.get(path)[0], second.get(path)[0])
