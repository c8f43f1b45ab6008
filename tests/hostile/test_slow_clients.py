"""Clients that connect and dawdle: five hundred of them keep no phone waiting, with TLS and without."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import self_signed
from tests.world import FRONT, SITE, World, make_world

SLOW = 500
IMAGE = bytes(range(256)) * 40_000
"""More than the buffers of a connection take."""
REQUEST = f"GET /{FRONT}.cfg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
CLIENT_HELLO = bytes.fromhex("160301020001000001fc0303")


@dataclass
class Plane:
    """A plane of phones; ``trust`` is its certificate where it speaks TLS."""

    world: World
    trust: Path | None

    def connect(self, stack: ExitStack) -> socket.socket:
        """A connection, with its handshake done."""
        client = stack.enter_context(socket.create_connection(("127.0.0.1", self.world.phones), 8))
        if self.trust is None:
            return client
        context = ssl.create_default_context(cafile=str(self.trust))
        return stack.enter_context(context.wrap_socket(client, server_hostname="localhost"))

    def ask(self) -> bytes:
        """What a phone gets that connects now, sooner than anybody who dawdles is given up."""
        with ExitStack() as stack:
            client = self.connect(stack)
            client.sendall(REQUEST)
            got = b""
            while chunk := client.recv(65536):
                got += chunk
            return got


@pytest.fixture(scope="module", params=["plain", "tls"])
def plane(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    directory = tmp_path_factory.mktemp(request.param)
    world, trust = make_world(directory), None
    if request.param == "tls":
        trust, key = self_signed(directory)
        world.environment_extra = {"PROVISIONER_TLS_CERT": str(trust), "PROVISIONER_TLS_KEY": str(key)}
    (directory / "images").mkdir()
    (directory / "images" / "phone.rom").write_bytes(IMAGE)
    world.environment_extra["PROVISIONER_FIRMWARE_DIR"] = str(directory / "images")
    with world.serving("phones"):
        yield Plane(world, trust)


SLOWNESS = {
    "silent": b"",
    "begun": b"GET /805ec01",
    "headers without end": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n",
    "a body that does not come": b"PUT /805ec0123456.log HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc",
    "a handshake that stops": CLIENT_HELLO,
}


@pytest.mark.parametrize("sent", SLOWNESS.values(), ids=SLOWNESS)
def test_five_hundred_slow_clients_keep_no_phone_waiting(plane: Plane, sent: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(SLOW):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", plane.world.phones), 20))
            client.sendall(sent)
        for _ in range(3):
            assert plane.ask().startswith(b"HTTP/1.1 200")


def test_five_hundred_that_dawdle_after_the_handshake_keep_no_phone_waiting(plane: Plane) -> None:
    with ExitStack() as stack:
        for _ in range(SLOW):
            plane.connect(stack).sendall(b"GET /805ec01")
        for _ in range(3):
            assert plane.ask().startswith(b"HTTP/1.1 200")


def test_slow_clients_of_all_kinds_hold_up_no_file_that_must_be_made(plane: Plane) -> None:
    """It takes a thread, and they hold none."""
    plane.ask()
    plane.world.run("apply", "-", stdin=SITE.replace("Front office", "Front door"))
    with ExitStack() as stack:
        for sent in SLOWNESS.values():
            for _ in range(SLOW // len(SLOWNESS)):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", plane.world.phones), 20))
                client.sendall(sent)
        assert b"Front door" in plane.ask()


@pytest.mark.parametrize("size", [20_000, 100_000])
def test_heads_without_end_hold_up_no_file_that_must_be_made(plane: Plane, size: int) -> None:
    plane.ask()
    plane.world.run("apply", "-", stdin=SITE.replace("Front office", f"Front {size}"))
    endless = b"GET / HTTP/1.1\r\nHost: x\r\n" + (b"X-A: " + b"b" * 1000 + b"\r\n") * (size // 1000)
    with ExitStack() as stack:
        for _ in range(SLOW):
            plane.connect(stack).sendall(endless)
        assert f"Front {size}".encode() in plane.ask()


def test_no_thread_waits_for_a_body_that_nobody_reads(plane: Plane) -> None:
    """The answer ends the connection; the stock worker would wait five seconds for the rest first."""
    with ExitStack() as stack:
        client = plane.connect(stack)
        client.sendall(SLOWNESS["a body that does not come"])
        while client.recv(65536):
            pass


def test_images_that_nobody_reads_hold_up_no_file_that_must_be_made(plane: Plane) -> None:
    """They are more than there are threads, and come to who reads them at last whole and in their order."""
    plane.ask()
    plane.world.run("apply", "-", stdin=SITE.replace("Front office", "Front hall"))
    image = b"GET /phone.rom HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as stack:
        slow = [plane.connect(stack) for _ in range(20)]
        for client in slow:
            client.sendall(image + REQUEST)
        assert b"Front hall" in plane.ask()
        got = b""
        while chunk := slow[-1].recv(65536):
            got += chunk
    head, _, rest = got.partition(b"\r\n\r\n")
    assert (head.startswith(b"HTTP/1.1 200"), rest[: len(IMAGE)] == IMAGE) == (True, True)
    assert b"Front hall" in rest[len(IMAGE) :]
