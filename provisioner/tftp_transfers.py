"""One file on its way to one client: the way back, the count of blocks, and the patience with silence."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import monotonic, time

from provisioner.tftp_lookups import Request, Source
from provisioner.tftp_packets import ACK, DATA, HEADER, Terms, Wish

Peer = tuple[str, int] | tuple[str, int, int, int]
Caller = tuple[str, int]  # address and port

# Routers may cut a block in pieces (linux/in.h and in6.h: MTU_DISCOVER, PMTUDISC_DONT). Without this a
# tunnel on the way would swallow the block, or the kernel would end the transfer by EMSGSIZE.
_FRAGMENT = {socket.AF_INET: (socket.IPPROTO_IP, 10, 0), socket.AF_INET6: (socket.IPPROTO_IPV6, 23, 0)}

# The kernel cuts one large datagram into the blocks of a window, where it can: Linux from 4.18 on, for blocks
# that cross the path in one piece (linux/udp.h: UDP_SEGMENT, UDP_MAX_SEGMENTS). A call for each costs twice as much.
_UDP_SEGMENT, _MAX_SEGMENTS, _MAX_DATAGRAM = 103, 64, 65_507
_SEGMENT = struct.Struct("=H")
_NO_SEGMENTS = frozenset({errno.EINVAL, errno.EIO, errno.EMSGSIZE})

pack = HEADER.pack
_FIRST_ACK = pack(ACK, 0)


class Route:
    """Who sent a request and when, and the way back: from the address of ours to which it was sent."""

    __slots__ = ("_family", "_local", "_peer", "_stamp", "caller")

    def __init__(self, family: socket.AddressFamily, local: str, peer: Peer, stamp: bytes) -> None:
        self._family = family
        self._local = local
        self._peer = peer
        self._stamp = stamp
        host = peer[0]  # an IPv6 socket that hears IPv4, too, writes it ::ffff:192.0.2.1
        self.caller: Caller = (host.removeprefix("::ffff:") if "." in host else host), peer[1]

    def arrived(self) -> float:
        """When the request came, on the monotonic clock; the kernel's stamp, a timespec, is on that of the day."""
        if not self._stamp:
            return monotonic()
        seconds, nanoseconds = struct.unpack("@ll", self._stamp)
        return monotonic() - max(0.0, time() - float(seconds + nanoseconds / 1e9))

    def dial(self) -> socket.socket:
        """A new socket that hears this client only."""
        dialled = socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            dialled.setsockopt(*_FRAGMENT[self._family])
            dialled.bind((self._local, 0, *self._peer[2:]))
            dialled.connect(self._peer)
        except OSError:
            dialled.close()
            raise
        return dialled


@dataclass(frozen=True, slots=True)
class Ask:
    """A read request that was taken up; the datagram tells whether it is repeated."""

    datagram: bytes
    route: Route
    request: Request
    wish: Wish


@cache
def can_cut() -> bool:
    """Whether this kernel cuts datagrams; one that does not would send them whole."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.getsockopt(socket.SOL_UDP, _UDP_SEGMENT)
        return True
    return False


class Transfer:
    """A file being sent.

    Blocks are counted from 1 without end; only on the wire their numbers begin again, with 0 after 65535.
    The OACK is block 0: a transfer that begins with one has acknowledged block -1 so far.
    """

    __slots__ = (
        "_at_a_time", "_is_rewound", "_read", "_sent", "_size", "_terms", "_wait_s", "_window", "acked", "ask",
        "awaited", "descriptor", "descriptors", "heard", "is_silent", "last", "receive", "repeats", "sent_at", "socket",
        "source", "transmit", "usual",
    )  # fmt: skip

    def __init__(self, ask: Ask, source: Source, terms: Terms, dialled: socket.socket, now: float) -> None:
        self.ask = ask
        self.source = source
        self.socket = dialled
        self.receive = dialled.recv  # looked up once, for every block needs them
        self.transmit = dialled.send
        self._read = source.read
        self._at_a_time = min(_MAX_SEGMENTS, _MAX_DATAGRAM // (HEADER.size + terms.blksize)) if can_cut() else 1
        self.descriptor = dialled.fileno()
        self.descriptors = 1 + source.descriptors
        self.last = source.size // terms.blksize + 1
        self.acked = -1 if terms.oack else 0
        self.awaited = b""  # the packet that acknowledges everything sent so far
        self.usual: bytes | None = None  # the same amid a file, where nothing else follows from it than the next blocks
        self.is_silent = True  # until something is acknowledged
        self._terms = terms
        self._size, self._window = terms.blksize, terms.windowsize
        self._sent = 0
        self._is_rewound = False
        self.repeats = 0
        self._wait_s = terms.timeout_s
        self.heard = self.sent_at = now

    def is_overdue(self, now: float) -> bool:
        """Whether the client was silent for longer than we wait."""
        return now - self.sent_at >= self._wait_s

    def go_on(self, now: float) -> None:
        """Take the usual packet, and send what follows."""
        self.acknowledge_all()
        self.was_heard(now)
        self.send()

    def was_heard(self, now: float) -> None:
        """Note a sign of life; the wait for the next begins anew."""
        self.heard = self.sent_at = now
        if self.repeats:
            self.repeats = 0
            self._wait_s = self._terms.timeout_s

    def wait_longer(self, now: float, backoff: float) -> None:
        """Have more patience than the last time."""
        self.repeats += 1
        self._wait_s *= backoff
        self.sent_at = now

    def acknowledge_all(self) -> None:
        """Take the awaited packet."""
        self.acked = self._sent
        self._is_rewound = False

    def acknowledge(self, number: int) -> bool:
        """Take an ACK by its number on the wire; True when we have to go on because of it."""
        ahead = (number - self.acked) & 0xFFFF
        if not ahead:
            return self._rewind()
        if ahead > self._sent - self.acked:
            return False  # of a block long done, or never sent
        self.acked += ahead
        self._is_rewound = self.acked < self._sent
        return True

    def _rewind(self) -> bool:
        """The same ACK again: only within a window it means that a block was lost, and once is enough.

        In lock-step it is a duplicate. A block in answer to it would double all packets from there to
        the end (the Sorcerer's Apprentice, RFC 1123 section 4.2.3.1).
        """
        if self.acked < 0 or self._window == 1 or self._is_rewound:
            return False
        self._is_rewound = True
        return True

    def send(self) -> None:
        """Send what follows the last acknowledged block: the OACK, or as many blocks as the window holds."""
        number, size = self.acked, self._size
        if number < 0:
            self.awaited = _FIRST_ACK
            self.transmit(self._terms.oack)
        elif self._window == 1:
            self._sent = sent = number + 1
            mark = sent & 0xFFFF
            self._wait_for(pack(ACK, mark))
            self.transmit(pack(DATA, mark) + self._read(number * size, size))
        else:
            self._send_window()

    def _wait_for(self, packet: bytes) -> None:
        self.awaited = packet
        self.usual = None if self.is_silent or self._sent == self.last else packet

    def _send_window(self) -> None:
        size, number, start = self._size, self.acked, 0
        self._sent = sent = min(number + self._window, self.last)
        self._wait_for(pack(ACK, sent & 0xFFFF))
        flight = self._read(number * size, (sent - number) * size)
        blocks = []
        while number < sent:
            number += 1
            blocks.append(pack(DATA, number & 0xFFFF) + flight[start : start + size])
            start += size
        try:
            self._transmit_all(blocks)
        except OSError as error:
            if error.errno not in _NO_SEGMENTS or self._at_a_time == 1:
                raise
            self._at_a_time = 1
            self._transmit_all(blocks)

    def _transmit_all(self, blocks: Sequence[bytes]) -> None:
        """Send each as a datagram. Where that fails halfway, blocks that went already may go once more."""
        if self._at_a_time == 1:
            for block in blocks:
                self.transmit(block)
            return
        cut = [(socket.SOL_UDP, _UDP_SEGMENT, _SEGMENT.pack(HEADER.size + self._size))]
        for first in range(0, len(blocks), self._at_a_time):
            self.socket.sendmsg(blocks[first : first + self._at_a_time], cut)

    def close(self) -> None:
        """Free what it holds."""
        self.socket.close()
        self.source.close()
