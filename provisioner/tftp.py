"""The TFTP door: read requests come in, the bytes that ``respond`` gives for them go out, nothing is written.

One epoll loop a process serves everybody; more processes share the port by ``SO_REUSEPORT`` or by one
inherited socket (``tftp_listeners``). ``respond`` runs in a few threads (``tftp_lookups``), packets are understood in
``tftp_packets``, and a transfer has a connected socket of its own (``tftp_transfers``): the kernel keeps
strangers away from it.

tftpy decodes requests and encodes OACK and ERROR packets. Its own server is not used: 0.8.7 exits after the
first file that it sends from memory (it unlocks a file that has no name), and again at ``blksize=abc``, at
a file name that is not ASCII, at a two-byte ACK, at any exception of the callback and at about 1,000
open transfers (``select``). It takes files from anyone, stands still while a callback is slow, answers
options that nobody asked for, obeys a stranger's ACK, and knows no ``windowsize``, ``timeout`` or IPv6.
"""

from __future__ import annotations

import errno
import os
import resource
import select
import socket
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from provisioner.tftp_listeners import ANCILLARY_BYTES, route_of, tell_more
from provisioner.tftp_lookups import (
    Answer,
    AtOnce,
    Lookups,
    Request,
    Respond,
    Source,
    log_failure,
    nothing_at_once,
)
from provisioner.tftp_packets import (
    ACK,
    ACK_BYTES,
    ERROR,
    FAILED,
    HEADER,
    READ_ONLY,
    REQUEST_BYTES,
    RRQ,
    WRQ,
    Terms,
    negotiate,
    read_wish,
)
from provisioner.tftp_transfers import Ask, Caller, Route, Transfer

__all__ = ["Counters", "Limits", "Request", "Respond", "TftpServer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server process gives at most.

    No address has a number of transfers that it may not exceed, for thousands of phones that boot at once
    may stand behind one NAT address. Three rules keep the peace instead:

    - When all places are taken, the transfer whose client was silent for longest makes room, whoever has
      it. A phone that takes part is heard every few milliseconds, so this meets abandoned transfers. If
      every client was heard just now, the new request is dropped; the phone will repeat it.
    - A request with a forged sender costs its victim one packet and ``retries`` repetitions. Where more
      than ``silent_per_address`` transfers of one address were never acknowledged, we repeat only when
      the client does: one packet out for one packet in.
    - The same name asked from the same address and port is looked up once at a time.
    """

    transfers: int = 20_000  # and no more than RLIMIT_NOFILE allows, less 100 for everything else
    silent_per_address: int = 256
    waiting: int = 20_000  # requests that were read and whose turn has not come
    lookups: int = 10_000  # waiting or running
    threads: int = 16
    blksize: int = 1428  # crosses most tunnels in one piece; 65464 at most
    windowsize: int = 64
    first_timeout_s: float = 1.0  # unless the client asks for another
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


_A = TypeVar("_A")
_B = TypeVar("_B")

_DEFAULTS = Limits()
_RESERVED_DESCRIPTORS = 100
_DATAGRAMS_PER_TURN = 4096  # read before the kernel's buffer is full
_REQUESTS_PER_TURN = 64  # taken up of those; more would delay the blocks of transfers under way


class TftpServer:
    """Serves read requests on sockets that are bound already and stay the caller's.

    Make it in the process that runs it. Processes may share a listening socket; then a request that is
    repeated may reach two of them, and the client refuses the second answer, as RFC 1350 has it.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        respond: Respond,
        limits: Limits = _DEFAULTS,
        at_once: AtOnce = nothing_at_once,
    ) -> None:
        self.counters = Counters()
        self._limits = limits
        self._places = min(limits.transfers, _descriptor_limit() - _RESERVED_DESCRIPTORS)
        self._listeners = {listener.fileno(): listener for listener in listeners}
        self._lookups = Lookups(respond, at_once, limits.threads)
        self._waiting: dict[Caller, tuple[bytes, Route]] = {}  # requests read and not taken up, in their order
        self._asks: dict[Caller, Ask] = {}  # that are being looked up
        self._transfers: OrderedDict[int, Transfer] = OrderedDict()  # by descriptor, the longest silent first
        self._transfer_of: dict[Caller, Transfer] = {}
        self._silent: Counter[str] = Counter()  # by address, transfers never acknowledged
        self._taken = 0  # descriptors, of self._places
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
        self._lookups.start()
        self._epoll.register(self._lookups.fileno(), select.EPOLLIN)
        for listener in self._listeners.values():
            listener.setblocking(False)
            tell_more(listener)  # again, for a socket that another program has bound
            # Exclusive: of several processes that share the socket, one wakes for a request.
            self._epoll.register(listener.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE)

    def _close(self) -> None:
        for transfer in list(self._transfers.values()):
            self._end(transfer)
        self._lookups.close()
        self._epoll.close()

    # ------------------------------------------------------------ one turn of the loop

    def _turn(self) -> None:
        events = self._epoll.poll(self._patience_s())
        self._now = monotonic()
        for descriptor in self._hear_all(events):
            self._handle(descriptor)
        self._admit_some()
        if self._now >= self._next_check:
            self._check_deadlines()

    def _patience_s(self) -> float | None:
        if self._waiting:
            return 0.0
        return max(0.0, self._next_check - self._now) if self._transfers else None

    def _hear_all(self, events: Iterable[tuple[int, int]]) -> Sequence[int]:
        """Take a packet of each transfer that has one, then send to all what follows; the other descriptors are left.

        Each half is one way through the kernel many times in a row, and the phones' machine is not woken
        anew for every block. No transfer begins between, so that no event can meet a new owner of its descriptor.
        """
        others: list[int] = []
        going: list[Transfer] = []
        for descriptor, _ in events:
            transfer = self._transfers.get(descriptor)
            if transfer is None:
                others.append(descriptor)
                continue
            try:
                packet = transfer.receive(ACK_BYTES)
                if packet == transfer.usual:
                    going.append(transfer)
                else:
                    self._weigh(transfer, packet)
            except Exception as error:
                self._fail(transfer, error)
        for transfer in going:
            self._transfers.move_to_end(transfer.descriptor)
            try:
                transfer.go_on(self._now)
            except Exception as error:
                self._fail(transfer, error)
        return others

    def _handle(self, descriptor: int) -> None:
        if descriptor in self._listeners:
            self._receive(self._listeners[descriptor])
        elif descriptor == self._lookups.fileno():
            for request, answer in self._lookups.answers():
                self._guard(self._answered, request, answer)

    def _check_deadlines(self) -> None:
        """Look after every transfer. A walk over all 20,000 costs 1 ms, less than any heap kept in order."""
        self._next_check = self._now + self._limits.first_timeout_s / 10
        for transfer in list(self._transfers.values()):
            if transfer.is_overdue(self._now):
                self._advance(self._repeat, transfer)

    # ------------------------------------------------------------ requests

    def _receive(self, listener: socket.socket) -> None:
        """Read requests, and nothing but requests.

        Whatever else comes, or comes from port 0, is passed over in silence: an answer to a packet with a
        forged sender could set two servers talking to each other for ever.

        In a storm phones repeat themselves before their turn comes. The copy keeps the place of the first:
        served one after the other they would cost more than all the phones.
        """
        for _ in range(_DATAGRAMS_PER_TURN):
            try:
                datagram, ancillary, _, peer = listener.recvmsg(REQUEST_BYTES + 1, ANCILLARY_BYTES)
            except OSError:  # nothing is left, or another process was quicker
                return
            if datagram[:2] not in (RRQ, WRQ) or not peer[1]:
                continue
            route = route_of(listener, ancillary, peer)
            if len(self._waiting) < self._limits.waiting or route.caller in self._waiting:
                self._waiting[route.caller] = datagram, route
            else:
                self.counters.dropped += 1

    def _admit_some(self) -> None:
        for _ in range(min(len(self._waiting), _REQUESTS_PER_TURN)):
            caller = next(iter(self._waiting))
            self._guard(self._admit, *self._waiting.pop(caller))

    def _admit(self, datagram: bytes, route: Route) -> None:
        if datagram[:2] == WRQ:
            self._refuse(route, READ_ONLY)
            return
        if route.caller in self._transfer_of:
            # The last ACK of a transfer may wait on its own socket, overtaken by the client's next request.
            self._now = monotonic()
            self._advance(self._hear, self._transfer_of[route.caller])
        if self._is_repeated(route, datagram):
            self._remind(route.caller)
        else:
            self._take_up(datagram, route)

    def _is_repeated(self, route: Route, datagram: bytes) -> bool:
        """Whether we are at it already: the same is being looked up, or was not acknowledged yet.

        In a storm a copy of a request may lie in the buffer until its transfer is well under way. Its age
        betrays it: we heard an ACK since it came. To begin anew would strand the client.
        """
        if route.caller in self._asks:
            return self._asks[route.caller].datagram == datagram
        transfer = self._transfer_of.get(route.caller)
        if transfer is None or transfer.ask.datagram != datagram:
            return False
        return transfer.is_silent or route.arrived() < transfer.heard

    def _take_up(self, datagram: bytes, route: Route) -> None:
        """Begin a lookup. A client that asks anew wants nothing more of what it asked before."""
        self.counters.requests += 1
        wish = read_wish(datagram)
        if isinstance(wish, bytes):
            self._refuse(route, wish)
            return
        self._forget(route.caller)
        ask = Ask(datagram, route, Request(name=wish.name, address=route.caller[0], port=route.caller[1]), wish)
        answer = self._lookups.at_once(ask.request)
        if answer is not None:
            self._reply(ask, answer)
        elif len(self._lookups) < self._limits.lookups:
            self._asks[route.caller] = ask
            self._lookups.submit(ask.request)
        else:
            self.counters.dropped += 1

    def _forget(self, caller: Caller) -> None:
        self._asks.pop(caller, None)
        if caller in self._transfer_of:
            self.counters.aborted += 1
            self._end(self._transfer_of[caller])

    def _refuse(self, route: Route, packet: bytes) -> None:
        with route.dial() as dialled:
            dialled.send(packet)
        self.counters.errors += 1

    def _answered(self, request: Request, answer: Answer) -> None:
        """Send what a lookup found, if the client still waits for it."""
        caller = request.address, request.port
        if caller not in self._asks or self._asks[caller].request != request:
            if not isinstance(answer, bytes):
                answer.close()
            return
        self._reply(self._asks.pop(caller), answer)

    def _reply(self, ask: Ask, answer: Answer) -> None:
        if isinstance(answer, bytes):
            self._refuse(ask.route, answer)
        else:
            self._begin(ask, answer.as_text() if ask.wish.is_text else answer)

    # ------------------------------------------------------------ transfers

    def _begin(self, ask: Ask, source: Source) -> None:
        try:
            self._make_room(1 + source.descriptors)
            dialled = ask.route.dial()
        except OSError:
            source.close()
            raise
        transfer = Transfer(ask, source, self._terms(ask, source), dialled, self._now)
        self._epoll.register(transfer.descriptor, select.EPOLLIN)
        self._transfers[transfer.descriptor] = self._transfer_of[ask.route.caller] = transfer
        self._silent[ask.request.address] += 1
        self._taken += transfer.descriptors
        self.counters.open = len(self._transfers)
        self._advance(Transfer.send, transfer)

    def _terms(self, ask: Ask, source: Source) -> Terms:
        most = self._limits
        return negotiate(
            ask.wish.options,
            source.size,
            blksize=most.blksize,
            windowsize=most.windowsize,
            timeout_s=most.first_timeout_s,
        )

    def _make_room(self, descriptors: int) -> None:
        """End the transfers whose clients are silent for longest. OSError if all were heard just now."""
        while self._taken + descriptors > self._places:
            oldest = next(iter(self._transfers.values()), None)
            if oldest is None or self._now - oldest.heard < self._limits.first_timeout_s / 4:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self.counters.evicted += 1
            self._end(oldest)

    def _hear(self, transfer: Transfer) -> None:
        self._weigh(transfer, transfer.receive(ACK_BYTES))

    def _weigh(self, transfer: Transfer, packet: bytes) -> None:
        """Take the packet that begins or ends a transfer, or is not the awaited one."""
        if packet == transfer.awaited:
            transfer.acknowledge_all()
        elif not self._is_progress(transfer, packet):
            return
        if transfer.is_silent:
            transfer.is_silent = False
            self._count_silent_out(transfer)
        if transfer.acked == transfer.last:
            self.counters.served += 1
            self._end(transfer)
            return
        self._transfers.move_to_end(transfer.descriptor)
        transfer.was_heard(self._now)
        transfer.send()

    def _is_progress(self, transfer: Transfer, packet: bytes) -> bool:
        """Take any other packet than the awaited one; True when we have to go on because of it."""
        if len(packet) < HEADER.size:
            return False
        opcode, number = HEADER.unpack_from(packet)
        if opcode == ERROR:
            self.counters.aborted += 1
            self._end(transfer)
        return opcode == ACK and transfer.acknowledge(number)

    def _repeat(self, transfer: Transfer) -> None:
        """The client was silent for too long: send again, or give up."""
        if transfer.repeats == self._limits.retries:
            self.counters.timeouts += 1
            self._end(transfer)
            return
        transfer.wait_longer(self._now, self._limits.backoff)
        if not self._is_in_crowd(transfer):
            transfer.send()

    def _remind(self, caller: Caller) -> None:
        """A request came again: of a transfer that is not repeated by time, send the first packet again."""
        transfer = self._transfer_of.get(caller)
        if transfer is not None and self._is_in_crowd(transfer):
            self._advance(Transfer.send, transfer)

    def _is_in_crowd(self, transfer: Transfer) -> bool:
        """Whether its address has so many silent transfers that its requests may be forged."""
        return transfer.is_silent and self._silent[transfer.ask.request.address] > self._limits.silent_per_address

    def _count_silent_out(self, transfer: Transfer) -> None:
        address = transfer.ask.request.address
        self._silent[address] -= 1
        if not self._silent[address]:
            del self._silent[address]

    def _end(self, transfer: Transfer) -> None:
        self._epoll.unregister(transfer.descriptor)  # closing does not, if a child process has a copy
        del self._transfers[transfer.descriptor], self._transfer_of[transfer.ask.route.caller]
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
            log_failure("request.failed")

    def _advance(self, step: Callable[[Transfer], None], transfer: Transfer) -> None:
        """Do one step of a transfer; whatever goes wrong ends this transfer and no other."""
        try:
            step(transfer)
        except Exception as error:
            self._fail(transfer, error)

    def _fail(self, transfer: Transfer, error: Exception) -> None:
        """Deal with what a step raised, in its exception handler."""
        if isinstance(error, BlockingIOError):
            return  # a stale event met a new owner of its descriptor, or a full buffer: the timer sends again
        if isinstance(error, OSError):  # the client closed its port, or nothing leads to it any more
            self.counters.aborted += 1
        else:
            log_failure("transfer.failed", name=transfer.ask.request.name)
            with suppress(OSError):
                transfer.socket.send(FAILED)
            self.counters.errors += 1
        self._end(transfer)


def _descriptor_limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
