"""The TFTP door: read requests come in, the bytes that ``respond`` gives for them go out, nothing is written.

It speaks RFC 1350 with the options of RFC 2347 to 2349 (blksize, timeout, tsize) and 7440 (windowsize).

One epoll loop a process serves everybody; more processes share the port by ``SO_REUSEPORT`` or by one
inherited socket. ``respond`` runs in a few threads, so a slow answer delays only the phone that waits for
it. Each transfer has a connected socket of its own: the kernel keeps strangers away from it, and its
port is the transfer's identity.

tftpy decodes requests and encodes OACK and ERROR packets, behind a guard. Its own server is not used. Seen
with 0.8.7: it exits after the first file that it sends from memory (it unlocks a file that has no name), at
``blksize=abc``, at a file name that is not ASCII, at a two-byte ACK, at any exception of the callback
and at about 1,000 open transfers (``select``); it takes files from anyone; a slow callback stops it for
all; it answers options that nobody asked for, obeys a stranger's ACK and knows neither ``windowsize``,
``timeout`` nor IPv6.
"""

from __future__ import annotations

import errno
import os
import resource
import select
import socket
import stat
import struct
import sys
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Protocol, TypeVar

import structlog
from tftpy.TftpPacketTypes import TftpPacketERR, TftpPacketOACK, TftpPacketRRQ
from tftpy.TftpShared import TftpErrors

from provisioner.errors import Broken, ProvisionerError

logger = structlog.get_logger(__name__)


# ---------------------------------------------------------------- what the rest of the project sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked for: the name as it was sent, any ASCII whatever, and where the client is."""

    name: str
    address: str
    port: int


Respond = Callable[[Request], bytes | Path]
"""Gives a rendered file, or the path of a firmware file that is read in place. Runs in several threads.

Broken becomes ERROR 0, every other ProvisionerError the constant ERROR 1, any other exception a log
entry and ERROR 0.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server process gives at most.

    There is no number of transfers that one address may have: behind one NAT address may stand thousands
    of phones that all boot at once. Three rules keep the peace in its place:

    - When all places are taken, the transfer that was unheard of for longest makes room, whoever has it.
      A phone that takes part is heard every few milliseconds, so this meets the abandoned. Are all
      of them alive, then the new request is dropped; the phone repeats it.
    - A request whose sender is forged costs its victim the first packet and ``retries`` repetitions. Of an
      address that has more than ``silent_per_address`` transfers without any acknowledgement, those
      are repeated only when the client repeats its request: one packet out for one packet in.
    - One lookup runs at a time for the same name asked from the same address and port.
    """

    transfers: int = 20_000  # also bounded by RLIMIT_NOFILE, of which 100 are left to others
    silent_per_address: int = 256
    lookups: int = 10_000  # waiting or running
    threads: int = 16
    blksize: int = 1428  # the largest that crosses routed networks and tunnels in one piece; at most 65464
    windowsize: int = 64
    first_timeout_s: float = 1.0  # or what the client asks by its timeout option
    backoff: float = 1.5
    retries: int = 5


@dataclass(slots=True)
class Counters:
    """What happened since the start. Written by the loop only; may be read from any thread."""

    requests: int = 0  # read requests, the repeated ones left out
    served: int = 0  # transfers acknowledged to the last block
    errors: int = 0  # error packets sent
    timeouts: int = 0  # transfers given up because the client fell silent
    aborted: int = 0  # transfers ended by the client: by an error, a closed port or its next request
    evicted: int = 0  # transfers that made room for a new one
    dropped: int = 0  # requests ignored because there was no room
    open: int = 0  # transfers at this moment


def listen(host: str, port: int, *, reuse_port: bool = True) -> list[socket.socket]:
    """Bind the sockets that a server listens to; ``""`` and ``"::"`` mean every address of IPv4 and IPv6."""
    if host not in ("", "::"):
        return [_bind(host, port, reuse_port=reuse_port)]
    listener = _bind("0.0.0.0", port, reuse_port=reuse_port)  # noqa: S104 (every address is what was asked for)
    try:
        return [listener, _bind("::", listener.getsockname()[1], reuse_port=reuse_port)]
    except OSError as error:
        if _has_ipv6():
            listener.close()
            raise
        logger.info("ipv6.skipped", reason=str(error))
        return [listener]


_RECEIVE_BUFFER = 4 * 1024 * 1024  # the usual 208 kB hold 277 requests: of a storm of 512 it loses half


def _bind(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, reuse_port)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    granted = listener.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    if granted < _RECEIVE_BUFFER:
        logger.warning("buffer.shortened", wanted=_RECEIVE_BUFFER, granted=granted, see="net.core.rmem_max")
    return listener


def _has_ipv6() -> bool:
    """Whether this machine has IPv6 at all: the loopback address can be bound."""
    with suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


# ---------------------------------------------------------------- packets

_HEADER = struct.Struct("!HH")  # opcode; block number or error code
_RRQ, _WRQ = b"\0\1", b"\0\2"
_DATA, _ACK, _ERROR = 3, 4, 5
_REQUEST_BYTES = 512  # RFC 2347: a request with all its options is no longer


def _error(code: int, message: bytes = b"") -> bytes:
    """An ERROR packet, with the text that RFC 1350 gives to its code unless there is a message."""
    packet = TftpPacketERR()
    packet.errorcode = code
    if message:
        packet.errmsgs[code] = message
    return bytes(packet.encode().buffer)


_FAILED = _error(TftpErrors.NotDefined, b"Server error")
_NOT_FOUND = _error(TftpErrors.FileNotFound)
_READ_ONLY = _error(TftpErrors.AccessViolation)
_ILLEGAL = _error(TftpErrors.IllegalTftpOp)


_Caller = tuple[str, int]  # address and port


class _Route:
    """The way back to a client: from the address that it asked, which a host of many addresses must keep."""

    __slots__ = ("_family", "_local", "_peer", "caller")

    def __init__(self, family: int, local: str, peer: tuple[str, int] | tuple[str, int, int, int]) -> None:
        self._family = family
        self._local = local
        self._peer = peer
        host = peer[0]  # an IPv6 socket that hears IPv4 as well writes it ::ffff:192.0.2.1
        self.caller: _Caller = (host.removeprefix("::ffff:") if "." in host else host), peer[1]

    def dial(self) -> socket.socket:
        """A new socket that hears this client only."""
        dialled = socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            dialled.bind((self._local, 0, *self._peer[2:]))
            dialled.connect(self._peer)
        except OSError:
            dialled.close()
            raise
        return dialled


@dataclass(frozen=True, slots=True)
class _Ask:
    """A read request: the datagram itself tells whether it was repeated."""

    datagram: bytes
    route: _Route
    request: Request
    is_text: bool
    options: Mapping[str, str]


def _read_ask(datagram: bytes, route: _Route) -> _Ask | bytes:
    """Understand a read request, or give the error packet that answers it."""
    if len(datagram) > _REQUEST_BYTES or datagram.count(0, 2) < 2:
        return _ILLEGAL
    try:
        packet = _decode(datagram)
    except UnicodeDecodeError:
        return _NOT_FOUND  # every name of ours is ASCII
    except Exception:  # whatever tftpy stumbles over was not a request
        return _ILLEGAL
    if packet.mode not in ("octet", "netascii"):
        return _ILLEGAL
    address, port = route.caller
    return _Ask(
        datagram=datagram,
        route=route,
        request=Request(name=packet.filename, address=address, port=port),
        is_text=packet.mode == "netascii",
        options=packet.options,
    )


def _decode(datagram: bytes) -> TftpPacketRRQ:
    """Decode a request; options that cannot be read count as none, for RFC 2347 makes them all optional."""
    packet = TftpPacketRRQ()
    packet.buffer = datagram
    try:
        packet.decode()
    except Exception:
        end_of_mode = datagram.index(0, datagram.index(0, 2) + 1) + 1
        packet.buffer = datagram[:end_of_mode]
        packet.decode()
    return packet


_WINDOW_BYTES = 96 * 1024  # a larger flight overflows the usual socket buffers of both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """How a file is sent: what the client asked for, as far as we accept it."""

    blksize: int
    windowsize: int
    timeout_s: float
    oack: bytes  # empty where nothing was accepted: then the first block is the answer


def _negotiate(options: Mapping[str, str], size: int, limits: Limits) -> _Terms:
    """Accept what makes sense, pass over the rest in silence, and offer nothing that was not asked for."""
    asked = {name.lower(): int(value) for name, value in options.items() if value.isdecimal()}
    accepted: dict[str, int] = {}
    if asked.get("blksize", 0) >= 8:
        accepted["blksize"] = min(asked["blksize"], limits.blksize, 65464)
    if 1 <= asked.get("timeout", 0) <= 255:
        accepted["timeout"] = asked["timeout"]
    if "tsize" in asked:
        accepted["tsize"] = size
    blksize = accepted.get("blksize", 512)
    if 1 <= asked.get("windowsize", 0) <= 65535:
        accepted["windowsize"] = min(asked["windowsize"], limits.windowsize, _WINDOW_BYTES // blksize)
    return _Terms(
        blksize=blksize,
        windowsize=accepted.get("windowsize", 1),
        timeout_s=accepted.get("timeout", limits.first_timeout_s),
        oack=_oack({name: accepted[name.lower()] for name in options if name.lower() in accepted}),
    )


def _oack(options: Mapping[str, int]) -> bytes:
    """The OACK packet, option names spelt as the client spells them; nothing for no options."""
    if not options:
        return b""
    packet = TftpPacketOACK()
    packet.options = dict(options)
    return bytes(packet.encode().buffer)


# ---------------------------------------------------------------- where the bytes come from


class _Source(Protocol):
    """A file while it is sent."""

    size: int
    descriptors: int  # that it keeps open

    def read(self, start: int, length: int) -> bytes: ...
    def as_text(self) -> _Source: ...
    def close(self) -> None: ...


class _Rendered:
    """A configuration file, in memory."""

    __slots__ = ("_content", "size")
    descriptors = 0

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read(self, start: int, length: int) -> bytes:
        """A block; shorter than its length only at the end."""
        return self._content[start : start + length]

    def as_text(self) -> _Rendered:
        """The same in netascii: lines end by CR LF, and a lone CR is followed by NUL (RFC 764)."""
        return _Rendered(self._content.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n"))

    def close(self) -> None:
        """Free the bytes."""
        self._content = b""


class _Firmware:
    """A file on disk, read block by block where it is, as long as it was when it was opened."""

    __slots__ = ("_descriptor", "_path", "size")
    descriptors = 1

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        status = os.fstat(self._descriptor)
        self.size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise ValueError(f"{path} is no regular file")
        # Read ahead from this thread on: a cold disk would stall the loop.
        os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_WILLNEED)

    def read(self, start: int, length: int) -> bytes:
        """A block; raises Broken rather than let a file that shrank meanwhile look complete."""
        try:
            block = os.pread(self._descriptor, length, start)
        except OSError as error:
            raise Broken(f"{self._path} cannot be read: {error}") from error
        if len(block) != min(length, self.size - start):
            raise Broken(f"{self._path} became shorter while it was sent")
        return block

    def as_text(self) -> _Firmware:
        """Itself: an image must arrive as it is, whatever mode a phone asks for."""
        return self

    def close(self) -> None:
        """Free the descriptor."""
        os.close(self._descriptor)


# ---------------------------------------------------------------- lookups


class _Lookups:
    """A few threads that call ``respond``, and the bell by which they wake the loop."""

    def __init__(self, respond: Respond) -> None:
        self.running: set[Request] = set()  # touched by the loop only
        self._respond = respond
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        self._answers: deque[tuple[Request, _Source | bytes]] = deque()
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)

    def fileno(self) -> int:
        """Readable when the bell rang."""
        return self._ear.fileno()

    def ring(self) -> None:
        """Wake the loop; safe in any thread, in a signal handler and after the end."""
        with suppress(OSError):  # a full pipe wakes as well, and nobody sleeps behind a closed one
            self._bell.send(b"\0")

    def start(self, threads: int) -> None:
        """Open for work."""
        for number in range(threads):
            threading.Thread(target=self._work, name=f"tftp-lookup-{number}", daemon=True).start()

    def submit(self, request: Request) -> None:
        """Look a request up, unless just this is being done."""
        if request not in self.running:
            self.running.add(request)
            self._requests.put(request)

    def answers(self) -> Iterator[tuple[Request, _Source | bytes]]:
        """What was found since the last call: a file, or the error packet to send instead."""
        with suppress(BlockingIOError):
            self._ear.recv(4096)
        while self._answers:
            request, answer = self._answers.popleft()
            self.running.discard(request)
            yield request, answer

    def close(self, threads: int) -> None:
        """Let the threads go; one that is still busy ends after its answer, which nobody hears."""
        for _ in range(threads):
            self._requests.put(None)
        self._ear.close()
        self._bell.close()

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            self._answers.append((request, _answer(self._respond, request)))
            self.ring()


def _answer(respond: Respond, request: Request) -> _Source | bytes:
    """Call ``respond`` and take whatever comes: a file, or any exception, which becomes an error packet."""
    try:
        content = respond(request)
        return _Firmware(content) if isinstance(content, Path) else _Rendered(bytes(memoryview(content)))
    except Broken:
        return _FAILED
    except ProvisionerError:
        return _NOT_FOUND
    except (
        BaseException
    ):  # even a SystemExit would leave the phone without an answer and us with a thread less
        _log_failure("lookup.failed", name=request.name, address=request.address)
        return _FAILED


def _log_failure(event: str, **fields: str) -> None:
    """Log the exception being handled; a log that fails itself must not close the door."""
    with suppress(Exception):
        logger.exception(event, **fields)


# ---------------------------------------------------------------- transfers


class _Transfer:
    """One file on its way to one client.

    Blocks are counted from 1 without end, only their numbers on the wire start again after 65535. The OACK
    is block 0: a transfer that begins with one has acknowledged block -1 so far.
    """

    __slots__ = (
        "_is_rewound", "acked", "ask", "deadline", "descriptors", "heard", "is_silent", "last", "retries", "sent",
        "socket", "source", "terms", "wait_s",
    )  # fmt: skip

    def __init__(self, ask: _Ask, source: _Source, terms: _Terms, dialled: socket.socket, now: float) -> None:
        self.ask = ask
        self.source = source
        self.terms = terms
        self.socket = dialled
        self.descriptors = 1 + source.descriptors
        self.last = source.size // terms.blksize + 1
        self.acked = -1 if terms.oack else 0
        self.sent = 0
        self.is_silent = True  # until something is acknowledged
        self._is_rewound = False
        self.was_heard(now)

    def was_heard(self, now: float) -> None:
        """Note a sign of life, and begin the wait for the next anew."""
        self.heard = now
        self.retries = 0
        self.wait_s = self.terms.timeout_s
        self.deadline = now + self.wait_s

    def wait_longer(self, now: float, backoff: float) -> None:
        """Have more patience than the last time."""
        self.retries += 1
        self.wait_s *= backoff
        self.deadline = now + self.wait_s

    def acknowledge(self, number: int) -> bool:
        """Take an ACK by its number on the wire; True when it makes us send something or was the last."""
        ahead = (number - self.acked) & 0xFFFF
        if not ahead:
            return self._rewind()
        if ahead > self.sent - self.acked:
            return False  # of a block long done or never sent
        self.acked += ahead
        self._is_rewound = self.acked < self.sent
        self.is_silent = False
        return True

    def _rewind(self) -> bool:
        """A repeated ACK: only within a window it says that a block was lost, and once is enough.

        In lock-step it is a duplicate, and a second block for it would double all traffic from there on
        (RFC 1123, the sorcerer's apprentice).
        """
        if self.terms.windowsize == 1 or self._is_rewound:
            return False
        self._is_rewound = True
        return True

    def send(self) -> None:
        """Send what follows the last acknowledged block: the OACK, or as much as the window holds."""
        if self.acked < 0:
            self.socket.send(self.terms.oack)
            return
        size = self.terms.blksize
        self.sent = min(self.acked + self.terms.windowsize, self.last)
        for block in range(self.acked + 1, self.sent + 1):
            self.socket.send(_HEADER.pack(_DATA, block & 0xFFFF) + self.source.read((block - 1) * size, size))

    def close(self) -> None:
        """Free what it holds."""
        self.socket.close()
        self.source.close()


# ---------------------------------------------------------------- the server

_A = TypeVar("_A")
_B = TypeVar("_B")

_DEFAULTS = Limits()
_RESERVED_DESCRIPTORS = 100
_REQUESTS_PER_TURN = 64  # so that a storm of requests cannot starve the transfers under way
_IP_PKTINFO = 8  # linux/in.h; the socket module knows it from Python 3.14 on
_ANCILLARY_BYTES = socket.CMSG_SPACE(20)  # one in6_pktinfo


class TftpServer:
    """Serves read requests on sockets that are bound already and stay the caller's.

    Make it in the process that runs it. Processes may share a listening socket; then a request that is
    repeated may reach two of them, and the client refuses the second answer, as RFC 1350 has it.
    """

    def __init__(
        self, listeners: Sequence[socket.socket], respond: Respond, limits: Limits = _DEFAULTS
    ) -> None:
        self.counters = Counters()
        self._limits = limits
        self._places = min(limits.transfers, _descriptor_limit() - _RESERVED_DESCRIPTORS)
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._lookups = _Lookups(respond)
        self._asks: dict[_Caller, _Ask] = {}  # by caller: what it waits for
        self._transfers: OrderedDict[int, _Transfer] = OrderedDict()  # by descriptor, longest unheard first
        self._transfer_of: dict[_Caller, _Transfer] = {}  # the same by caller
        self._silent: Counter[str] = Counter()  # transfers without any ACK, by address
        self._taken = 0  # descriptors
        self._now = monotonic()
        self._next_check = self._now
        self._is_stopping = False
        self._epoll = select.epoll()

    def serve_forever(self) -> None:
        """Answer until stop() is called. Once only."""
        try:
            self._open()
            while not self._is_stopping:
                self._turn()
        finally:
            self._close()

    def stop(self) -> None:
        """End serve_forever() soon, from any thread or signal handler; open transfers are given up."""
        self._is_stopping = True
        self._lookups.ring()

    def _open(self) -> None:
        self._lookups.start(self._limits.threads)
        self._epoll.register(self._lookups.fileno(), select.EPOLLIN)
        for listener in self._listeners.values():
            listener.setblocking(False)
            _tell_destination(listener)
            # Exclusive: of several processes that share the socket, one wakes for a request.
            self._epoll.register(listener.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE)

    def _close(self) -> None:
        for transfer in list(self._transfers.values()):
            self._end(transfer)
        self._lookups.close(self._limits.threads)
        self._epoll.close()

    # ------------------------------------------------------------ one turn of the loop

    def _turn(self) -> None:
        events = self._epoll.poll(self._patience_s())
        self._now = monotonic()
        for descriptor, _ in events:
            self._handle(descriptor)
        if self._now >= self._next_check:
            self._check_deadlines()

    def _patience_s(self) -> float | None:
        return max(0.0, self._next_check - self._now) if self._transfers else None

    def _handle(self, descriptor: int) -> None:
        """Pass an event on. One whose transfer ended earlier in this turn belongs to nobody."""
        if descriptor in self._transfers:
            self._advance(self._hear, self._transfers[descriptor])
        elif descriptor in self._listeners:
            self._receive(self._listeners[descriptor])
        elif descriptor == self._lookups.fileno():
            for request, answer in self._lookups.answers():
                self._guard(self._answered, request, answer)

    def _check_deadlines(self) -> None:
        """Look after every transfer. A walk over all 20,000 costs 1 ms, less than any heap kept in order."""
        self._next_check = self._now + self._limits.first_timeout_s / 10
        for transfer in list(self._transfers.values()):
            if transfer.deadline <= self._now:
                self._advance(self._repeat, transfer)

    # ------------------------------------------------------------ requests

    def _receive(self, listener: socket.socket) -> None:
        for _ in range(_REQUESTS_PER_TURN):
            try:
                datagram, ancillary, _, peer = listener.recvmsg(_REQUEST_BYTES + 1, _ANCILLARY_BYTES)
            except OSError:  # nothing is left, or another process was quicker
                return
            self._guard(self._admit, datagram, _Route(listener.family, _destination(ancillary), peer))

    def _admit(self, datagram: bytes, route: _Route) -> None:
        """Answer requests, and nothing but requests.

        Any other packet, an error above all, and any from port 0 is passed over in silence: whoever forges
        a sender could set two servers talking to each other for ever.
        """
        if datagram[:2] not in (_RRQ, _WRQ) or not route.caller[1]:
            return
        if datagram[:2] == _WRQ:
            self._refuse(route, _READ_ONLY)
        elif self._is_repeated(route.caller, datagram):
            self._remind(route.caller)
        else:
            self._take_up(datagram, route)

    def _is_repeated(self, caller: _Caller, datagram: bytes) -> bool:
        """Whether we are at it: the same request is being looked up, or its first packet is on the way."""
        if caller in self._asks:
            return self._asks[caller].datagram == datagram
        transfer = self._transfer_of.get(caller)
        return transfer is not None and transfer.is_silent and transfer.ask.datagram == datagram

    def _take_up(self, datagram: bytes, route: _Route) -> None:
        """Begin a lookup. A client that asks for something new wants nothing more of what it asked before.

        The request may also overtake the last ACK of the transfer before it, on another socket: to pass
        over it as a repetition would cost the phone a second.
        """
        self.counters.requests += 1
        ask = _read_ask(datagram, route)
        if isinstance(ask, bytes):
            self._refuse(route, ask)
            return
        if route.caller in self._transfer_of:
            self.counters.aborted += 1
            self._end(self._transfer_of[route.caller])
        self._asks.pop(route.caller, None)
        if len(self._lookups.running) >= self._limits.lookups:
            self.counters.dropped += 1
            return
        self._asks[route.caller] = ask
        self._lookups.submit(ask.request)

    def _refuse(self, route: _Route, packet: bytes) -> None:
        with route.dial() as dialled:
            dialled.send(packet)
        self.counters.errors += 1

    def _answered(self, request: Request, answer: _Source | bytes) -> None:
        """Send what a lookup found, if the client still waits for it."""
        caller = request.address, request.port
        if caller not in self._asks or self._asks[caller].request != request:
            if not isinstance(answer, bytes):
                answer.close()
            return
        ask = self._asks.pop(caller)
        if isinstance(answer, bytes):
            self._refuse(ask.route, answer)
        else:
            self._begin(ask, answer.as_text() if ask.is_text else answer)

    # ------------------------------------------------------------ transfers

    def _begin(self, ask: _Ask, source: _Source) -> None:
        try:
            self._make_room(1 + source.descriptors)
            dialled = ask.route.dial()
        except OSError:
            source.close()
            raise
        terms = _negotiate(ask.options, source.size, self._limits)
        transfer = _Transfer(ask, source, terms, dialled, self._now)
        self._epoll.register(dialled.fileno(), select.EPOLLIN)
        self._transfers[dialled.fileno()] = self._transfer_of[ask.route.caller] = transfer
        self._silent[ask.request.address] += 1
        self._taken += transfer.descriptors
        self.counters.open = len(self._transfers)
        self._advance(_Transfer.send, transfer)

    def _make_room(self, descriptors: int) -> None:
        """End transfers of clients not heard for longest; OSError if all of them were heard just now."""
        while self._taken + descriptors > self._places:
            oldest = next(iter(self._transfers.values()), None)
            if oldest is None or self._now - oldest.heard < self._limits.first_timeout_s / 4:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self.counters.evicted += 1
            self._end(oldest)

    def _hear(self, transfer: _Transfer) -> None:
        packet = transfer.socket.recv(64)
        if len(packet) < _HEADER.size:
            return
        opcode, number = _HEADER.unpack_from(packet)
        if opcode == _ERROR:
            self.counters.aborted += 1
            self._end(transfer)
        elif opcode == _ACK:
            self._acknowledge(transfer, number)

    def _acknowledge(self, transfer: _Transfer, number: int) -> None:
        was_silent = transfer.is_silent
        if not transfer.acknowledge(number):
            return
        if was_silent and not transfer.is_silent:
            self._count_silent_out(transfer)
        if transfer.acked == transfer.last:
            self.counters.served += 1
            self._end(transfer)
            return
        self._transfers.move_to_end(transfer.socket.fileno())
        transfer.was_heard(self._now)
        transfer.send()

    def _repeat(self, transfer: _Transfer) -> None:
        """The client was silent for too long: send again, or give up."""
        if transfer.retries == self._limits.retries:
            self.counters.timeouts += 1
            self._end(transfer)
            return
        transfer.wait_longer(self._now, self._limits.backoff)
        if not self._is_in_crowd(transfer):
            transfer.send()

    def _remind(self, caller: _Caller) -> None:
        """A request came again: of a transfer that is not repeated by time, send the first packet again."""
        transfer = self._transfer_of.get(caller)
        if transfer is not None and self._is_in_crowd(transfer):
            self._advance(_Transfer.send, transfer)

    def _is_in_crowd(self, transfer: _Transfer) -> bool:
        """Whether its address has so many silent transfers that its requests may be forged."""
        return (
            transfer.is_silent
            and self._silent[transfer.ask.request.address] > self._limits.silent_per_address
        )

    def _count_silent_out(self, transfer: _Transfer) -> None:
        address = transfer.ask.request.address
        self._silent[address] -= 1
        if not self._silent[address]:
            del self._silent[address]

    def _end(self, transfer: _Transfer) -> None:
        descriptor = transfer.socket.fileno()
        self._epoll.unregister(descriptor)  # closing does not, if a child process has a copy
        del self._transfers[descriptor], self._transfer_of[transfer.ask.route.caller]
        if transfer.is_silent:
            self._count_silent_out(transfer)
        self._taken -= transfer.descriptors
        self.counters.open = len(self._transfers)
        transfer.close()

    # ------------------------------------------------------------ what may go wrong

    def _guard(self, step: Callable[[_A, _B], None], first: _A, second: _B) -> None:
        """Do one step for one request; whatever goes wrong, the loop goes on."""
        try:
            step(first, second)
        except OSError:  # no room, no descriptor or no way to the client, who asks again
            self.counters.dropped += 1
        except Exception:
            _log_failure("request.failed")

    def _advance(self, step: Callable[[_Transfer], None], transfer: _Transfer) -> None:
        """Do one step of a transfer; whatever goes wrong ends this transfer and no other."""
        try:
            step(transfer)
        except BlockingIOError:
            pass  # a stale event met a new owner of its descriptor, or a full buffer: the timer sends again
        except OSError:  # the client closed its port, or nothing leads to it any more
            self.counters.aborted += 1
            self._end(transfer)
        except Exception:
            _log_failure("transfer.failed", name=transfer.ask.request.name)
            with suppress(OSError):
                transfer.socket.send(_FAILED)
            self.counters.errors += 1
            self._end(transfer)


def _descriptor_limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def _tell_destination(listener: socket.socket) -> None:
    """Have the kernel tell which of our addresses each request was sent to."""
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        listener.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def _destination(ancillary: Sequence[tuple[int, int, bytes]]) -> str:
    """The address of ours that a request was sent to; empty, which means any, if the kernel did not tell."""
    for level, kind, info in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            return socket.inet_ntop(socket.AF_INET, info[4:8])  # the local address, even of a broadcast
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return socket.inet_ntop(socket.AF_INET6, info[:16])
    return ""
