"""Ten thousand TFTP requests that nobody goes on with, as forged senders would leave them."""

from __future__ import annotations

import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

REQUESTS = 10_000
FILE = b"x" * 100_000
REQUESTED = {
    mode: b"\0\1805ec0123456.cfg\0" + mode.encode() + b"\0blksize\x001428\0windowsize\x0064\0"
    for mode in ("octet", "netascii")
}
SERVER = f"""
import resource, sys
from provisioner.tftp import Limits, TftpServer
from provisioner.tftp_listeners import listen
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
(listener,) = listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
content = b"x" * {len(FILE)}
TftpServer([listener], lambda request: content, Limits(first_timeout_s=0.2)).serve_forever()
"""


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int

    @property
    def resident(self) -> int:
        """Its memory, in bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    @property
    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


@pytest.fixture
def server() -> Iterator[Server]:
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE)
    assert process.stdout
    yield Server(process, int(process.stdout.readline()))
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def fetch(port: int) -> bytes:
    """What a phone gets that plays by the rules and repeats itself when nothing comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        got, peer, block = b"", None, 0
        for _ in range(400):
            client.sendto(
                b"\0\1a\0octet\0" if peer is None else b"\0\4" + block.to_bytes(2, "big"), peer or ("127.0.0.1", port)
            )
            try:
                packet, peer = client.recvfrom(2000)
            except TimeoutError:
                continue
            if int.from_bytes(packet[2:4], "big") == block + 1:
                got, block = got + packet[4:], block + 1
                if len(packet) < 516:
                    client.sendto(b"\0\4" + block.to_bytes(2, "big"), peer)
                    return got
    raise AssertionError("the file did not come")


@pytest.mark.parametrize("request_", REQUESTED.values(), ids=REQUESTED)
def test_ten_thousand_half_open_transfers_exhaust_nothing_and_amplify_nothing(server: Server, request_: bytes) -> None:
    before, descriptors = server.resident, server.descriptors
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(REQUESTS)]
        for number, client in enumerate(clients):
            client.sendto(request_, ("127.0.0.1", server.port))
            if not number % 100:
                time.sleep(0.002)  # no flood of one socket's buffer, which would be lost unheard
        assert FILE == fetch(server.port)
        assert server.resident - before < 150 * 1024 * 1024
        packets, sent = heard(clients)
        # One packet for one, and five repetitions of at most 256 transfers of an address.
        assert packets <= REQUESTS + 5 * 256
        assert sent <= 2 * REQUESTS * len(request_)
    assert FILE == fetch(server.port)
    deadline = time.monotonic() + 20
    while server.descriptors > descriptors + 10 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert server.descriptors <= descriptors + 10


def heard(clients: list[socket.socket], quiet_s: float = 1.0) -> tuple[int, int]:
    """The packets and bytes that came, until a second passes in which none does."""
    by_descriptor = {client.fileno(): client for client in clients}
    poll = select.poll()
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    packets = size = 0
    while ready := poll.poll(quiet_s * 1000):
        for descriptor, _ in ready:
            packets, size = packets + 1, size + len(by_descriptor[descriptor].recv(70_000))
    return packets, size
