"""A phone, a shelf of files and a running server, for the TFTP tests beside this file."""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import NotOurs
from provisioner.tftp import Limits, Request, Respond, TftpServer
from provisioner.tftp_listeners import listen
from provisioner.tftp_lookups import AtOnce, nothing_at_once

DATA, ACK, ERROR, OACK = 3, 4, 5, 6
CONFIG = bytes(range(256)) * 47  # 12,032 bytes: 24 blocks of 512, the last not full


class Shelf:
    """A ``respond`` that knows these files, and remembers who asked."""

    def __init__(self, files: Mapping[str, bytes | Path]) -> None:
        self.files = files
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> bytes | Path:
        self.requests.append(request)
        if request.name not in self.files:
            raise NotOurs(request.name)
        return self.files[request.name]


@contextmanager
def serving(
    respond: Respond | None = None,
    limits: Limits | None = None,
    host: str = "127.0.0.1",
    at_once: AtOnce = nothing_at_once,
) -> Iterator[TftpServer]:
    """A server in a thread; ``where`` tells its address."""
    sockets = listen(host, 0)
    server = TftpServer(sockets, respond or Shelf({"phone.cfg": CONFIG}), limits or Limits(), at_once)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
        for listener in sockets:
            listener.close()


def where(server: TftpServer, host: str = "127.0.0.1") -> tuple[str, int]:
    """The address to ask a server at."""
    listener = next(iter(server._listeners.values()))
    return host, listener.getsockname()[1]


@dataclass(frozen=True)
class Packet:
    """What a phone hears."""

    opcode: int
    number: int
    body: bytes
    source: tuple[str, int]

    @property
    def options(self) -> dict[str, str]:
        """Of an OACK."""
        words = (self.number.to_bytes(2, "big") + self.body).decode("ascii").split("\0")
        return dict(zip(words[:-1:2], words[1::2], strict=True))


class Phone:
    """A client that does what a test tells it, and by itself nothing."""

    def __init__(self, server: tuple[str, int], patience_s: float = 15.0) -> None:
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(patience_s)
        self.server: tuple = server
        self.peer: tuple = server

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def tell(self, datagram: bytes) -> None:
        """Send bytes to the port that takes requests."""
        self.socket.sendto(datagram, self.server)

    def ask(self, name: str, mode: str = "octet", **options: object) -> None:
        """Send a read request."""
        self.tell(rrq(name, mode, **options))

    def hear(self) -> Packet:
        """Wait for a packet, whose sender is the peer from then on."""
        datagram, self.peer = self.socket.recvfrom(70000)
        opcode, number = struct.unpack_from("!HH", datagram)
        return Packet(opcode, number, datagram[4:], self.peer[:2])

    def hears_nothing(self, for_s: float = 0.2) -> bool:
        """Whether it stays silent for so long."""
        patience = self.socket.gettimeout()
        self.socket.settimeout(for_s)
        try:
            self.socket.recvfrom(70000)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(patience)
        return False

    def ack(self, number: int) -> None:
        """Acknowledge to the peer."""
        self.socket.sendto(struct.pack("!HH", ACK, number & 0xFFFF), self.peer)

    def fetch(self, name: str, mode: str = "octet", **options: object) -> bytes:
        """Get a whole file, politely."""
        self.ask(name, mode, **options)
        return self.receive()

    def receive(self) -> bytes:
        """Get the rest of a file that was asked for. Raises AssertionError with an error packet."""
        content = bytearray()
        block, blksize, windowsize = 0, 512, 1
        while True:
            packet = self.hear()
            if packet.opcode == OACK:
                blksize = int(packet.options.get("blksize", 512))
                windowsize = int(packet.options.get("windowsize", 1))
                self.ack(0)
                continue
            assert packet.opcode == DATA, packet
            if packet.number != block + 1 & 0xFFFF:
                continue
            block += 1
            content += packet.body
            is_last = len(packet.body) < blksize
            if is_last or not block % windowsize:
                self.ack(block)
            if is_last:
                return bytes(content)


class LossyPhone(Phone):
    """Loses a part of what it sends and of what is sent to it, and repeats itself when it hears nothing."""

    def __init__(self, server: tuple[str, int], loss: float, seed: int) -> None:
        super().__init__(server, patience_s=0.04)
        self.loss = loss
        self.chance = random.Random(seed)

    def fetch(self, name: str, mode: str = "octet", **options: object) -> bytes:
        content, block = bytearray(), 0
        say = rrq(name, mode, **options)
        self.send(say)
        while True:
            try:
                packet = self.hear()
            except TimeoutError:
                self.send(say)
                continue
            if self.chance.random() < self.loss:
                continue
            assert packet.opcode == DATA, packet
            if packet.number == block + 1:
                block += 1
                content += packet.body
                say = struct.pack("!HH", ACK, block)
                self.send(say)
                if len(packet.body) < 512:
                    return bytes(content)

    def send(self, datagram: bytes) -> None:
        if self.chance.random() >= self.loss:
            self.socket.sendto(datagram, self.peer)


def rrq(name: str, mode: str = "octet", **options: object) -> bytes:
    """A read request."""
    words = [name, mode, *(str(word) for pair in options.items() for word in pair)]
    return b"\0\1" + b"".join(word.encode() + b"\0" for word in words)


def test_a_phone_gets_a_file_of_many_blocks():
    with serving() as server, Phone(where(server)) as phone:
        assert phone.fetch("phone.cfg") == CONFIG
