"""The short way for phones gives the stock worker's answers, and nobody can hold it up."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.phone_worker import LONGEST_HEAD, plain_request
from tests.world import free_port, wait_until_open

PLAIN = b"GET /805ec0123456.cfg HTTP/1.1\r\nHost: prov.example\r\nUser-Agent: Yealink SIP-T46U 108.86.0.45\r\n"

LARGE = PLAIN + b"X-Pad: 8000000\r\nConnection: close\r\n\r\n"
"""What the test's server answers with more than any window takes."""
WAITS_FOR_NOBODY_S = 5
"""Longer than a busy machine takes, and shorter than anybody who dawdles is waited for."""


def started(kind: str, *files: Path) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.clients.echo_server", str(port), kind, *map(str, files)])
    wait_until_open(port)
    return process, port


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    servers = {kind: started(kind) for kind in ("short", "stock")}
    yield {kind: port for kind, (_, port) in servers.items()}
    for process, _ in servers.values():
        process.terminate()
        process.wait(15)


def exchange(port: int, message: bytes, timeout_s: float = 20.0) -> bytes:
    """Everything that comes back on one connection, the date taken out."""
    with socket.create_connection(("127.0.0.1", port), timeout_s) as client:
        got = b""
        try:  # whoever closes first ends it
            client.sendall(message)
            client.shutdown(socket.SHUT_WR)
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
@example(PLAIN + b"Expect: 100-continue\r\nSCRIPT_NAME: /x\r\n\r\n")
@example(PLAIN + b"Transfer-Encoding: chunked\r\n\r\nabc")
def test_both_ways_give_the_same_answer_to_the_same_bytes(ports: dict[str, int], message: bytes) -> None:
    assert exchange(ports["stock"], message) == exchange(ports["short"], message)


ENDLESS = PLAIN + (b"X-A: " + b"b" * 1000 + b"\r\n") * 2000
"""Of a head that never ends; the stock worker refuses it behind this many bytes of its fields."""
REFUSED_AT = PLAIN.index(b"Host") + 100 * 8192 + 5


@pytest.mark.parametrize(
    "message",
    [
        ENDLESS[:REFUSED_AT],
        ENDLESS[:30_000].rpartition(b"X-A")[0] + b"\r\n",
        ENDLESS[:30_000],
        PLAIN + b"X: " + b"a" * 9000 + b"\r\n\r\n",
    ],
    ids=["endless", "long", "cut off", "long field"],
)
def test_both_ways_give_the_same_answer_to_long_heads(ports: dict[str, int], message: bytes) -> None:
    assert exchange(ports["stock"], message) == exchange(ports["short"], message)


@pytest.mark.parametrize(
    ("status", "head"),
    [(431, ENDLESS), (414, b"GET /" + b"a" * LONGEST_HEAD), (414, b"GET /" + b"a" * 5000 + ENDLESS[4:])],
    ids=["endless", "endless line", "behind a long line"],
)
def test_a_head_that_is_longer_than_any_is_refused_at_once(ports: dict[str, int], status: int, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", ports["short"]), 5) as client:
        client.sendall(head[:LONGEST_HEAD])
        assert client.recv(65536).startswith(b"HTTP/1.1 %d " % status)


def test_long_heads_that_never_end_hold_no_thread(ports: dict[str, int]) -> None:
    idle = [socket.create_connection(("127.0.0.1", ports["short"])) for _ in range(20)]
    for client in idle:
        client.sendall(ENDLESS[:20_000])
    try:
        answer = exchange(ports["short"], PLAIN + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
    finally:
        for client in idle:
            client.close()


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
        # Whoever is held up is so each time; a busy machine is not.
        assert any(rate(ports["short"], 0.5) > alone / 4 for _ in range(6))
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
        assert time.monotonic() - start < WAITS_FOR_NOBODY_S
    finally:
        for client in slow:
            client.close()


def test_a_worker_without_descriptors_serves_again_when_it_has_some() -> None:
    port = free_port()
    command = f"ulimit -n 48; exec {sys.executable} -m tests.clients.echo_server {port} short"
    process = subprocess.Popen(["sh", "-c", command])
    try:
        wait_until_open(port)
        crowd = [socket.create_connection(("127.0.0.1", port), 3) for _ in range(80)]
        for client in crowd:
            client.close()
        assert exchange(port, PLAIN + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(15)


@pytest.mark.parametrize("line", [b"", b"Content-Length: 0\r\n"], ids=["short way", "long way"])
def test_an_answer_waits_for_a_slow_reader_without_a_thread(ports: dict[str, int], line: bytes) -> None:
    slow = [socket.create_connection(("127.0.0.1", ports["short"]), 20) for _ in range(20)]
    try:
        for client in slow:
            client.sendall(PLAIN + line + LARGE.removeprefix(PLAIN))
        start = time.monotonic()
        assert exchange(ports["short"], PLAIN + b"Content-Length: 0\r\nConnection: close\r\n\r\n").startswith(
            b"HTTP/1.1 200"
        )
        assert time.monotonic() - start < WAITS_FOR_NOBODY_S
        whole = b""
        while chunk := slow[0].recv(65536):
            whole += chunk
        assert whole.endswith(b"}" + b" " * 8_000_000)
    finally:
        for client in slow:
            client.close()


def test_a_connection_is_used_again(ports: dict[str, int]) -> None:
    with socket.create_connection(("127.0.0.1", ports["short"]), 20) as client:
        for _ in range(3):
            client.sendall(PLAIN + b"\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            time.sleep(0.01)


def certify(directory: Path, name: str) -> list[Path]:
    """A certificate of this name and its key, in files that are replaced at once."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), start,
                                   start + timedelta(days=9)).sign(key, hashes.SHA256())  # fmt: skip
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for file, content in (("cert.pem", made.public_bytes(Encoding.PEM)), ("key.pem", private)):
        (directory / "new").write_bytes(content)
        (directory / "new").rename(directory / file)
    return [directory / "cert.pem", directory / "key.pem"]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    directory = tmp_path_factory.mktemp("tls")
    process, port = started("short", *certify(directory, "first.example"))
    yield port, directory
    process.terminate()
    process.wait(15)


def over_tls(port: int, message: bytes) -> tuple[str, bytes]:
    """The name in the server's certificate, and its answer, whose end TLS must tell, too (RFC 8446, section 6.1)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), 20)
    with context.wrap_socket(plain, suppress_ragged_eofs=False) as client:
        shown = x509.load_der_x509_certificate(client.getpeercert(binary_form=True) or b"")
        client.sendall(message)
        got = b""
        while chunk := client.recv(65536):
            got += chunk
    return shown.subject.rfc4514_string(), got


@pytest.mark.parametrize(
    "message",
    [
        PLAIN + b"Connection: close\r\n\r\n",
        PLAIN + b"Content-Length: 0\r\nConnection: close\r\n\r\n",
        PLAIN + b"\r\n" + PLAIN + b"Connection: close\r\n\r\n",
        PLAIN + b"X: " + b"a" * 3000 + b"\r\nConnection: close\r\n\r\n",
    ],
    ids=["plain", "for the threads", "two at once", "long"],
)
def test_over_tls_the_answer_is_the_same(secure: tuple[int, Path], message: bytes) -> None:
    _, got = over_tls(secure[0], message)
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"wsgi.url_scheme": "https"' in got


def test_a_handshake_that_dawdles_holds_nobody_up(secure: tuple[int, Path]) -> None:
    idle = [socket.create_connection(("127.0.0.1", secure[0])) for _ in range(50)]
    for client in idle:
        client.sendall(b"\x16\x03\x01")
    try:
        start = time.monotonic()
        over_tls(secure[0], PLAIN + b"Connection: close\r\n\r\n")
        assert time.monotonic() - start < WAITS_FOR_NOBODY_S
    finally:
        for client in idle:
            client.close()


def test_what_is_no_handshake_is_closed(secure: tuple[int, Path]) -> None:
    assert not exchange(secure[0], PLAIN + b"\r\n").startswith(b"HTTP")


def test_a_new_certificate_needs_no_restart_and_an_unusable_one_changes_nothing(secure: tuple[int, Path]) -> None:
    port, directory = secure
    (directory / "cert.pem").write_text("nonsense")
    wait_for = time.monotonic() + 30
    time.sleep(1.1)  # the server looks once a second
    assert over_tls(port, PLAIN + b"Connection: close\r\n\r\n")[0] == "CN=first.example"
    certify(directory, "second.example")
    while over_tls(port, PLAIN + b"Connection: close\r\n\r\n")[0] != "CN=second.example":
        assert time.monotonic() < wait_for
