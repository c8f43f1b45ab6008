"""Drives a fleet: one epoll loop in which every phone asks, waits, repeats itself and at last gives up.

Ten thousand phones are a few sockets at a time for one process; a phone costs memory, not a thread.
"""

from __future__ import annotations

import heapq
import select
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from provisioner.simulate.calls import Call, call
from provisioner.simulate.phones import Fetch, Phone, Reply, start
from provisioner.simulate.target import Target
from provisioner.values import Transport

TFTP_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a phone does about silence and failures: so long it waits, so often it asks again, ever later."""

    timeout_s: float = 10.0
    retries: int = 5
    first_pause_s: float = 1.0
    backoff: float = 2.0


@dataclass(slots=True)
class Tally:
    """What the phones of one vendor met. Times are in seconds, of single files."""

    phones: int = 0
    asked: int = 0
    served: int = 0
    unchanged: int = 0
    missed: int = 0
    retries: int = 0
    gave_up: int = 0
    without: int = 0  # phones that went through all their files and got none of their own
    received: int = 0
    last_s: float = 0.0  # when its last phone was ready, or gave up
    took_s: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def quantile_ms(self, share: float) -> float:
        """The time in which this share of the files came."""
        ordered = sorted(self.took_s)
        return ordered[int((len(ordered) - 1) * share)] * 1000 if ordered else 0.0


class _Running:
    """A phone in the middle of its start."""

    __slots__ = ("began", "call", "fetch", "is_served", "pause_s", "phone", "sent", "tally", "tries", "way")

    def __init__(self, phone: Phone, tally: Tally, way: Generator[Fetch, Reply, None], pause_s: float) -> None:
        self.phone = phone
        self.tally = tally
        self.way = way
        self.pause_s = pause_s
        self.fetch = next(way)
        self.call: Call | None = None
        self.began = self.sent = 0.0
        self.tries = 0
        self.is_served = False


class Fleet:
    """Phones on their way; `run` ends when each is ready or gave up."""

    def __init__(
        self,
        target: Target,
        patience: Patience,
        *,
        transport: Transport | None = None,
        done: Callable[[], object] = lambda: None,
    ) -> None:
        self._target = target
        self._patience = patience
        self._transport = transport
        self._done = done
        self._epoll = select.epoll()
        self._calls: dict[int, _Running] = {}
        # What happens later: a start, a repetition, the end of patience. Stale entries are passed over.
        self._later: list[tuple[float, int, _Running, Call | None]] = []
        self._count = 0
        self._on_their_way = 0
        self._origin = self._now = time.monotonic()
        self.tallies: dict[str, Tally] = {}

    def run(self, phones: Sequence[Phone], *, spread_s: float = 0.0) -> dict[str, Tally]:
        """Start every phone, evenly spread over some seconds, and wait for all. The tallies are by vendor."""
        self._origin = self._now = time.monotonic()
        for number, phone in enumerate(phones):
            tally = self.tallies.setdefault(phone.vendor, Tally())
            tally.phones += 1
            running = _Running(phone, tally, start(phone, transport=self._transport), self._patience.first_pause_s)
            self._at(self._origin + spread_s * number / len(phones), running, None)
        self._on_their_way = len(phones)
        # What is later than the last phone is but the end of patience with answers that came.
        while self._on_their_way:
            self._turn()
        self._epoll.close()
        return self.tallies

    def _turn(self) -> None:
        wait_s = max(0.0, self._later[0][0] - self._now) if self._later else None
        events = self._epoll.poll(wait_s)
        self._now = time.monotonic()
        for descriptor, _ in events:
            if running := self._calls.get(descriptor):
                self._advance(running)
        self._now = time.monotonic()
        # Some starts at a time, so that a fleet that starts at once does not delay what is on its way.
        for _ in range(64):
            if not self._later or self._later[0][0] > self._now:
                return
            _, _, running, call = heapq.heappop(self._later)
            self._due(running, call)

    def _at(self, when: float, running: _Running, call: Call | None) -> None:
        self._count += 1
        heapq.heappush(self._later, (when, self._count, running, call))

    def _due(self, running: _Running, call: Call | None) -> None:
        if call is None:
            self._begin(running)
        elif call is running.call:
            self._waited(running, call)

    def _begin(self, running: _Running) -> None:
        """Ask for the file that comes next."""
        running.sent = self._now = time.monotonic()
        if not running.tries:
            running.tally.asked += 1
            running.began = self._now
        try:
            running.call = begun = call(self._target, running.fetch)
        except OSError as error:
            self._failed(running, error)
            return
        self._calls[begun.socket.fileno()] = running
        self._epoll.register(begun.socket.fileno(), begun.events)
        self._at(self._now + self._interval_s(running), running, begun)

    def _interval_s(self, running: _Running) -> float:
        is_tftp = running.fetch.transport is Transport.TFTP
        return min(TFTP_AGAIN_S, self._patience.timeout_s) if is_tftp else self._patience.timeout_s

    def _waited(self, running: _Running, call: Call) -> None:
        """Nothing was complete so far: over TFTP repeat, and when patience ends begin anew."""
        if self._now >= running.sent + self._patience.timeout_s:
            self._drop(running)
            self._failed(running, TimeoutError("no answer"))
            return
        with suppress(OSError):
            call.again()
        self._at(self._now + self._interval_s(running), running, call)

    def _advance(self, running: _Running) -> None:
        assert running.call
        before = running.call.events
        try:
            reply = running.call.advance()
        except OSError as error:
            self._drop(running)
            self._failed(running, error)
            return
        if reply is not None:
            self._drop(running)
            self._replied(running, reply)
        elif running.call.events != before:
            self._epoll.modify(running.call.socket.fileno(), running.call.events)

    def _drop(self, running: _Running) -> None:
        assert running.call
        descriptor = running.call.socket.fileno()
        self._epoll.unregister(descriptor)
        del self._calls[descriptor]
        running.call.socket.close()
        running.call = None

    def _replied(self, running: _Running, reply: Reply) -> None:
        if reply.status >= 500 or reply.status == 429:
            self._failed(running, OSError(f"status {reply.status}"))
            return
        tally = running.tally
        tally.took_s.append(self._now - running.began)
        tally.received += len(reply.body)
        tally.served += reply.status == 200
        tally.unchanged += reply.status == 304
        tally.missed += not reply.is_there
        running.is_served |= reply.is_there and running.fetch.path.rpartition("/")[2] in running.phone.own
        running.tries = 0
        running.pause_s = self._patience.first_pause_s
        try:
            running.fetch = running.way.send(reply)
        except StopIteration:
            self._ready(running)
        else:
            self._begin(running)

    def _failed(self, running: _Running, error: OSError) -> None:
        """Ask again later, or give up."""
        running.tally.failures[error.strerror or str(error) or type(error).__name__] += 1
        if running.tries >= self._patience.retries:
            running.tally.gave_up += 1
            self._ended(running)
            return
        running.tries += 1
        running.tally.retries += 1
        self._at(self._now + running.pause_s, running, None)
        running.pause_s *= self._patience.backoff

    def _ready(self, running: _Running) -> None:
        running.tally.without += not running.is_served
        self._ended(running)

    def _ended(self, running: _Running) -> None:
        running.tally.last_s = max(running.tally.last_s, self._now - self._origin)
        self._on_their_way -= 1
        self._done()
