"""Who walks over identities: addresses that asked for too many that got nothing, counted in memory.

A request costs a look into a dictionary, and one that gets nothing an entry of a bounded table. Processes
and nodes tell each other through the database, once a second and off the path of the requests. An IPv6
address counts as its /64, which is what one customer of a provider has.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from provisioner.store.database import Database
from provisioner.store.tables import Walker, WalkStep, now
from provisioner.store.upsert import upsert

log = structlog.get_logger()

WINDOW = timedelta(minutes=10)
PENALTY = timedelta(minutes=10)
LONGEST = 2 * PENALTY
"""What is noted for a later time than any node's clock could mean is of one that was set back since, and void."""
SOURCES = 10_000
"""Addresses that are watched at once; the one that was quiet for the longest time is forgotten first."""

SHARED_AT_ONCE = 1_000
READ_EVERY = timedelta(seconds=5)
"""How often a process that nobody asks in vain looks for walkers that others caught."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Source:
    """The identities that an address asked for in vain, the latest last, and up to when they were shared."""

    steps: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    shared: datetime = _LONG_AGO


class Walks:
    """The walkers as this process knows them."""

    def __init__(self, database: Database, limit: int, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._limit = limit
        self._clock = clock
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._walkers: dict[str, datetime] = {}
        self._caught: dict[str, datetime] = {}
        self._lock = Lock()
        self._read = _LONG_AGO

    def is_walker(self, address: str) -> bool:
        """Whether the address gets nothing without proof for now."""
        if not self._walkers:
            return False
        until = self._walkers.get(source_of(address))
        return until is not None and _holds(until, self._clock())

    def failed(self, address: str, identity: str) -> None:
        """Note that an identity got nothing at this address."""
        source, at = source_of(address), self._clock()
        if _holds(self._walkers.get(source, _LONG_AGO), at):
            return
        with self._lock:
            known = self._sources.pop(source, None) or _Source()
            self._sources[source] = known
            known.steps.pop(identity, None)
            known.steps[identity] = at
            while abs(next(iter(known.steps.values())) - at) > WINDOW:
                known.steps.popitem(last=False)
            if len(known.steps) > self._limit:
                self._catch(source, at + PENALTY)
            elif len(self._sources) > SOURCES:
                self._sources.popitem(last=False)

    def succeeded(self, address: str, identity: str) -> None:
        """Note that an identity got its file: it is none that gets nothing."""
        known = self._sources.get(source_of(address)) if self._sources else None
        if known:
            with self._lock:
                known.steps.pop(identity, None)

    def _catch(self, source: str, until: datetime) -> None:
        self._sources.pop(source, None)
        self._walkers[source] = self._caught[source] = until
        while len(self._walkers) > SOURCES:
            del self._walkers[next(iter(self._walkers))]
        log.warning("walk.caught", address=source)

    def exchange(self) -> None:
        """Tell the other processes what is new here, and learn from them. Raises SQLAlchemyError."""
        at = self._clock()
        steps, caught = self._news(at)
        if steps or caught:
            with self._database.writing() as session:
                self._tell(session, steps, caught, at)
        if self._sources or caught or abs(at - self._read) > READ_EVERY:
            with self._database.reading() as session:
                self.learn(session)

    def _news(self, at: datetime) -> tuple[list[dict[str, Any]], dict[str, datetime]]:
        """What nobody else knows. A phone or two that nobody knows are no walk, and cost no write."""
        least = max(1, self._limit // 10)
        steps: list[dict[str, Any]] = []
        with self._lock:
            caught, self._caught = self._caught, {}
            for source, known in self._sources.items():
                if len(known.steps) < least or len(steps) > SHARED_AT_ONCE:
                    continue
                shared = known.shared if known.shared <= at else _LONG_AGO
                fresh = [(identity, when) for identity, when in known.steps.items() if when > shared]
                steps += [{"source": source, "identity": identity, "at": when} for identity, when in fresh]
                known.shared = at
        return steps, caught

    def _tell(
        self, session: Session, steps: list[dict[str, Any]], caught: Mapping[str, datetime], at: datetime
    ) -> None:
        # Every process writes in one order, so that none waits for another in a ring.
        upsert(
            session,
            WalkStep,
            ("source", "identity"),
            sorted(steps, key=lambda step: (step["source"], step["identity"])),
        )
        sources = {step["source"] for step in steps}
        together = (
            select(WalkStep.source)
            .where(WalkStep.at.between(at - WINDOW, at + WINDOW))
            .group_by(WalkStep.source)
            .having(func.count() > self._limit)
        )
        many = {source for source in session.scalars(together) if source in sources} - caught.keys() if sources else ()
        until = {**caught, **dict.fromkeys(many, at + PENALTY)}
        upsert(session, Walker, ("source",), [{"source": source, "until": until[source]} for source in sorted(until)])
        if until:
            session.execute(delete(WalkStep).where(WalkStep.source.in_(list(until)[:SHARED_AT_ONCE])))
        for source in many:
            log.warning("walk.caught", address=source)

    def learn(self, session: Session) -> None:
        """Read the walkers that any process caught."""
        at = self._clock()
        self._read = at
        holds = Walker.until > at, Walker.until <= at + LONGEST
        wanted = select(Walker.source, Walker.until).where(*holds).order_by(Walker.until).limit(SOURCES)
        told = {row.source: row.until for row in session.execute(wanted)}
        with self._lock:
            self._walkers = {**told, **self._caught}
            for source in told:
                self._sources.pop(source, None)


def clean_up(session: Session, at: datetime) -> None:
    """Forget what is over."""
    session.execute(delete(WalkStep).where(~WalkStep.at.between(at - WINDOW, at + WINDOW)))
    session.execute(delete(Walker).where(~Walker.until.between(at, at + LONGEST)))


def _holds(until: datetime, at: datetime) -> bool:
    return at < until <= at + LONGEST


@lru_cache(maxsize=16_384)
def source_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:45]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))
