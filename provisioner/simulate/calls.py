"""One file being fetched over a socket that never blocks: by HTTP, HTTPS or TFTP.

A call is advanced whenever its socket is ready, until it gives a `Reply` or raises OSError.
"""

from __future__ import annotations

import os
import re
import select
import socket
import ssl
import struct
from typing import Protocol

from provisioner.hosts import bracketed
from provisioner.simulate.phones import Fetch, Reply
from provisioner.simulate.target import Target
from provisioner.values import Transport

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,18})\d*\r\n", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: *([^\r\n]+)\r\n", re.IGNORECASE)
_NUMBERS = struct.Struct("!HH")
_DATA, _ACK, _ERROR = 3, 4, 5
_FILE_NOT_FOUND = 1
_BLOCK = 512
_CHUNK = 262_144
LARGEST_FILE = 64 * 1024 * 1024
_TILL_THE_END = LARGEST_FILE + 1


class Call(Protocol):
    """A file on its way."""

    socket: socket.socket
    events: int  # that it waits for

    def advance(self) -> Reply | None:
        """Go on as far as the socket allows; the reply when it is complete."""

    def again(self) -> None:
        """Repeat what may have been lost."""


def call(target: Target, fetch: Fetch) -> Call:
    """Begin to fetch; raises OSError at once where nothing leads to the server."""
    if fetch.transport is Transport.TFTP:
        return TftpCall(target, fetch)
    return HttpCall(target, fetch)


class HttpCall:
    """A GET on a connection of its own, as most phones make it."""

    def __init__(self, target: Target, fetch: Fetch) -> None:
        assert target.http
        self._place, self._tls = target.http, target.tls
        self._unsent = _request(target, fetch)
        self._received = bytearray()
        self._wanted: int | None = None  # bytes in all, once the head tells
        self.events = select.EPOLLOUT
        self.socket = _plain = socket.socket(self._place.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._is_connected = False
        try:
            _plain.connect(self._place.address)
        except BlockingIOError:
            pass
        except OSError:
            _plain.close()
            raise

    def advance(self) -> Reply | None:
        """Connect, send, receive."""
        try:
            if self._unsent and not self._sent():
                return None
            return self._heard()
        except (BlockingIOError, ssl.SSLWantReadError):
            self.events = select.EPOLLIN
        except ssl.SSLWantWriteError:
            self.events = select.EPOLLOUT
        return None

    def again(self) -> None:
        """TCP repeats by itself."""

    def _sent(self) -> bool:
        if not self._is_connected:
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            self._is_connected = True
            if self._tls:
                self.socket = self._tls.wrap_socket(
                    self.socket, server_hostname=self._place.name, do_handshake_on_connect=False
                )
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.do_handshake()
        self._unsent = self._unsent[self.socket.send(self._unsent) :]
        if not self._unsent:
            self.events = select.EPOLLIN
        return not self._unsent

    def _heard(self) -> Reply | None:
        while True:
            chunk = self.socket.recv(_CHUNK)
            self._received += chunk
            if self._wanted is None:
                self._wanted = _size(self._received)
            if len(self._received) > LARGEST_FILE:
                raise OSError("the answer has no end")
            if self._wanted is not None and len(self._received) >= self._wanted:
                return _reply(self._received)
            if not chunk and self._wanted == _TILL_THE_END:
                return _reply(self._received)  # it did not say how long: the end of the connection is the end
            if not chunk:
                raise ConnectionResetError("the server closed in the middle of an answer")


def _request(target: Target, fetch: Fetch) -> bytes:
    assert target.http
    host, port = target.http.name, target.http.address[1]
    lines = [
        f"GET {target.path}{fetch.path} HTTP/1.1",
        f"Host: {bracketed(host)}:{port}",
        *([f"User-Agent: {fetch.agent}"] if fetch.agent else []),
        *([f"If-None-Match: {fetch.etag}"] if fetch.etag else []),
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _size(received: bytearray) -> int | None:
    """How long the whole answer is; None while its head is not there, and without end where it does not say."""
    head, end, _ = bytes(received[:16_384]).partition(b"\r\n\r\n")
    if not end:
        return None
    length = _LENGTH.search(head + b"\r\n")
    bare = head[9:12] in (b"304", b"204")
    if bare:
        return len(head) + 4
    return len(head) + 4 + int(length[1]) if length else _TILL_THE_END


def _reply(received: bytearray) -> Reply:
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    etag = _ETAG.search(head + b"\r\n")
    try:
        status = int(head[9:12])
    except ValueError:
        raise OSError("the answer is not HTTP") from None
    return Reply(status=status, body=body, etag=etag[1].decode("latin-1") if etag else None)


class TftpCall:
    """A read request without options, in blocks of 512 bytes, as the plainest phones make it."""

    def __init__(self, target: Target, fetch: Fetch) -> None:
        assert target.tftp
        self._peer = target.tftp.address
        self._is_answered = False
        self._content = bytearray()
        self._block = 0
        self._last = b"\0\1" + fetch.path.encode("ascii") + b"\0octet\0"
        self.events = select.EPOLLIN
        self.socket = socket.socket(target.tftp.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.again()

    def advance(self) -> Reply | None:
        """Take what came, and acknowledge it."""
        while True:
            try:
                packet, peer = self.socket.recvfrom(_BLOCK + 4)
            except BlockingIOError:
                return None
            if len(packet) < _NUMBERS.size or (self._is_answered and peer[:2] != self._peer[:2]):
                continue
            self._peer, self._is_answered = peer, True
            reply = self._take(packet)
            if reply:
                return reply

    def again(self) -> None:
        """Repeat the last packet."""
        try:
            self.socket.sendto(self._last, self._peer)
        except BlockingIOError:
            pass  # as good as lost on the way
        except OSError:
            self.socket.close()
            raise

    def _take(self, packet: bytes) -> Reply | None:
        kind, number = _NUMBERS.unpack_from(packet)
        if kind == _ERROR:
            return Reply(status=404 if number == _FILE_NOT_FOUND else 500)
        if kind != _DATA or number != self._block + 1 & 0xFFFF:
            return None
        self._block += 1
        self._content += packet[4:]
        self._last = _NUMBERS.pack(_ACK, number)
        self.again()
        return Reply(status=200, body=bytes(self._content)) if len(packet) < _BLOCK + 4 else None
