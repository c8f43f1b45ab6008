"""The short way for phones gives the stock worker's answers, and nobody can hold it up."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.phone_worker import plain_request
from tests.world import free_port

PLAIN = b"GET /805ec0123456.cfg HTTP/1.1\r\nHost: prov.example\r\nUser-Agent: Yealink SIP-T46U 108.86.0.45\r\n"


def started(kind: str) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.clients.echo_server", str(port), kind])
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    servers = {kind: started(kind) for kind in ("short", "stock")}
    yield {kind: port for kind, (_, port) in servers.items()}
    for process, _ in servers.values():
        process.terminate()
        process.wait(15)


def exchange(port: int, message: bytes, timeout_s: float = 3.0) -> bytes:
    """Everything that comes back on one connection, the date taken out."""
    with socket.create_connection(("127.0.0.1", port), timeout_s) as client:
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while chunk := client.recv(65536):
                got += chunk
        except OSError:
            pass
    return re.sub(rb"Date: [^\r]*", b"Date: -", got)


METHODS = [b"GET", b"HEAD", b"POST", b"get", b"G ET", b"PUT"]
TARGETS = [
    b"/805ec0123456.cfg", b"/", b"//x", b"/a%20b?c=d", b"http://x/y", b"*", b"/a#b", b"/\xff", b"/a/../b",
    b"/" + b"a" * 3000,
]  # fmt: skip
VERSIONS = [b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/2.0\r\n", b"\r\n", b" HTTP/1.1\n", b" http/1.1\r\n"]
HEADERS = [
    b"Host: a\r\n", b"Host: b\r\n", b"Connection: close\r\n", b"Connection: keep-alive, x\r\n",
    b"Content-Length: 3\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"X:\r\n",
    b"X: a\r\n folded\r\n", b"X : a\r\n", b"X: a\nY: b\r\n", b"X: a\rb\r\n", b"X_Y: a\r\n", b"X: \xc3\xa9\r\n",
    b"Expect: 100-continue\r\n", b"X-Forwarded-For: 10.0.0.1\r\n", b"\r\n", b"X: \x00\r\n",
    b"User-Agent:   Yealink  \r\n", b"Upgrade: h2c\r\n", b"X-Forwarded-Proto: https\r\n", b"SCRIPT_NAME: /x\r\n",
]  # fmt: skip
ENDS = [b"\r\n", b"", b"\n\n", b"\r\nabc", b"\r\nGET / HTTP/1.1\r\nHost: c\r\n\r\n"]
MESSAGES = st.builds(
    lambda *parts: b"".join(parts),
    st.sampled_from(METHODS),
    st.sampled_from([b" ", b"  ", b"\t", b""]),
    st.sampled_from(TARGETS),
    st.sampled_from(VERSIONS),
    st.lists(st.sampled_from(HEADERS), max_size=5).map(b"".join),
    st.sampled_from(ENDS),
)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(MESSAGES)
@example(PLAIN + b"\r\n")
@example(b"GET /805ec0123456.cfg HTTP/1.1\r\n\n\n")
@example(PLAIN + b"Connection: close\r\n\r\n")
@example(PLAIN.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\n")
@example(PLAIN + b"\r\n" + PLAIN + b"\r\n")
def test_both_ways_give_the_same_answer_to_the_same_bytes(ports: dict[str, int], message: bytes) -> None:
    assert exchange(ports["stock"], message) == exchange(ports["short"], message)


@pytest.mark.parametrize(
    "head",
    [
        PLAIN + b"Content-Length: 0\r\n\r\n",
        PLAIN + b"Transfer-Encoding: chunked\r\n\r\n",
        PLAIN + b"X: a\r\n b\r\n\r\n",
        PLAIN + b"X : a\r\n\r\n",
        PLAIN + b"X: a\nY: b\r\n\r\n",
        PLAIN + b"Host: other\r\n\r\n",
        PLAIN + b"\r\nGET / HTTP/1.1\r\n\r\n",
        PLAIN.replace(b"/805", b"http://x/805") + b"\r\n",
        PLAIN.replace(b"GET", b"POST") + b"\r\n",
        PLAIN.replace(b"1.1", b"1.2") + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_plain_is_not_for_the_short_way(head: bytes) -> None:
    assert plain_request(PLAIN + b"\r\n")
    assert plain_request(head) is None


def rate(port: int, seconds: float) -> float:
    """Requests a second, each on a connection of its own."""
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        assert exchange(port, PLAIN + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
        done += 1
    return done / seconds


def test_clients_that_never_close_hold_nobody_up(ports: dict[str, int]) -> None:
    alone = rate(ports["short"], 1)
    idle = [socket.create_connection(("127.0.0.1", ports["short"])) for _ in range(8)]
    for client in idle:
        client.sendall(PLAIN + b"Connection: close\r\n\r\n")
    try:
        assert rate(ports["short"], 1) > alone / 4
    finally:
        for client in idle:
            client.close()


def test_five_hundred_slow_clients_hold_nobody_up(ports: dict[str, int]) -> None:
    slow = [socket.create_connection(("127.0.0.1", ports["short"])) for _ in range(500)]
    for client in slow:
        client.sendall(PLAIN)
    try:
        start = time.monotonic()
        assert exchange(ports["short"], PLAIN + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert time.monotonic() - start < 1
    finally:
        for client in slow:
            client.close()


def test_a_connection_is_used_again(ports: dict[str, int]) -> None:
    with socket.create_connection(("127.0.0.1", ports["short"]), 3) as client:
        for _ in range(3):
            client.sendall(PLAIN + b"\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            time.sleep(0.01)
