"""What devices asked, written to the database in batches, off the path of the requests.

A request costs an append to a bounded queue; a thread of the process writes what has gathered about once
a second. Identities that belong to nobody cost one bounded counter each.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from provisioner.archive import Archive
from provisioner.errors import Broken, NotOurs, Refused, Unassigned, Unknown
from provisioner.load import Facts
from provisioner.metrics import REQUESTS
from provisioner.recognise import Ask, Identity
from provisioner.render import Answer
from provisioner.store.database import Database
from provisioner.store.tables import Device, Handover, RequestCount, Seen, Sighting, UnknownDevice, now
from provisioner.store.upsert import upsert

log = structlog.get_logger()

PENDING = 20_000
ANSWERS_AT_ONCE = 5_000
UNKNOWN_AT_ONCE = 1_000
UNKNOWN_KEPT = 1_000
INTERVAL_S = 1.0

_WORDS: dict[type[Exception], str] = {
    NotOurs: "not-ours",
    Unknown: "unknown",
    Refused: "refused",
    Unassigned: "unassigned",
    Broken: "broken",
}


@dataclass(slots=True)
class Outcome:
    """How one request went, filled in on its way."""

    ask: Ask
    identity: Identity
    facts: Facts | None = None
    proof: str | None = None
    word: str = "broken"
    reason: str = ""
    size: int | None = None
    private: bool = False
    is_last_good: bool = False
    at: datetime = field(default_factory=now)
    answer: Answer | None = None

    def served(self, answer: Answer) -> Answer:
        """Note the answer, and hand it on; a device's own file is kept for its history."""
        self.word, self.size, self.private = "served", len(answer.body), answer.private
        self.answer = answer if answer.private else None
        return answer

    def failed(self, error: Exception) -> None:
        """Note why there was none."""
        self.word, self.reason = _WORDS.get(type(error), "broken"), str(error)


Chore = Callable[[Sequence[Outcome]], None]
"""Done after each batch, with what strangers asked; may raise SQLAlchemyError."""


class Sightings:
    """The queue of a process and the thread that empties it."""

    def __init__(self, database: Database, archive: Archive, chores: Sequence[Chore] = ()) -> None:
        self._database = database
        self._archive = archive
        self._chores = chores
        self._pending: deque[Outcome] = deque(maxlen=PENDING)
        self._unknown: OrderedDict[str, tuple[Outcome, int]] = OrderedDict()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stop = Event()

    def note(self, outcome: Outcome) -> None:
        """Take a request in; never blocks on the database."""
        vendor = outcome.identity.vendor or "none"
        REQUESTS.labels(vendor, outcome.word, outcome.ask.transport.value).inc()
        _log(outcome)
        with self._lock:
            if outcome.facts is not None:
                # A database that is away must not make the queue hold every file of the site.
                outcome.answer = outcome.answer if len(self._pending) < ANSWERS_AT_ONCE else None
                self._pending.append(outcome)
            elif outcome.identity.mac is not None and outcome.word == "unknown":
                self._count(outcome)
            if self._thread is None and not self._stop.is_set():
                self._thread = Thread(target=self._run, name="sightings", daemon=True)
                self._thread.start()

    def _count(self, outcome: Outcome) -> None:
        assert outcome.identity.mac
        mac = outcome.identity.mac.hex
        _, times = self._unknown.pop(mac, (outcome, 0))
        self._unknown[mac] = (outcome, times + 1)
        while len(self._unknown) > UNKNOWN_AT_ONCE:
            self._unknown.popitem(last=False)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            self.flush()

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def flush(self) -> None:
        """Write everything that has gathered, in one transaction; on failure it is kept for the next time."""
        with self._lock:
            pending, self._pending = self._pending, deque(maxlen=PENDING)
            unknown, self._unknown = self._unknown, OrderedDict()
        try:
            if pending or unknown:
                with self._database.writing() as session:
                    _write_known(session, pending)
                    _write_unknown(session, unknown)
                    written = self._archive.write(session, pending)
                self._archive.remember(written)
        except SQLAlchemyError as error:
            log.warning("sightings.delayed", reason=type(error).__name__)
            with self._lock:
                self._pending.extendleft(reversed(pending))
        if not self._database.is_away:
            for chore in self._chores:
                self._do(chore, [outcome for outcome, _ in unknown.values()])

    @staticmethod
    def _do(chore: Chore, strangers: Sequence[Outcome]) -> None:
        try:
            chore(strangers)
        except SQLAlchemyError as error:
            log.warning("chore.failed", reason=type(error).__name__)


def _log(outcome: Outcome) -> None:
    """One event a request; never a path, which may hold a token, and never a file's content."""
    identity, facts = outcome.identity, outcome.facts
    event = log.bind(
        mac=str(identity.mac) if identity.mac else None,
        vendor=identity.vendor,
        file=identity.file,
        transport=outcome.ask.transport.value,
        address=outcome.ask.address,
        tenant=facts.tenant if facts else None,
    )
    if outcome.word == "served":
        told = {"last_good": True} if outcome.is_last_good else {}
        event.info("config.served", proof=outcome.proof, bytes=outcome.size, **told)
    elif outcome.word == "broken":
        event.error("config.broken", reason=outcome.reason)
    else:
        event.info("config.refused", outcome=outcome.word, reason=outcome.reason)


def _write_known(session: Session, outcomes: Iterable[Outcome]) -> None:
    newest = {outcome.facts.device_id: outcome for outcome in outcomes if outcome.facts}
    if not newest:
        return
    alive = set(session.scalars(select(Device.id).where(Device.id.in_(newest))))
    theirs = [outcome for outcome in outcomes if outcome.facts and outcome.facts.device_id in alive]
    if theirs:
        session.execute(insert(Sighting), [_sighting(outcome) for outcome in theirs])
    handed = _handovers(theirs)
    if handed:
        session.execute(insert(Handover), handed)
    _count_hours(session, theirs)
    for device_id, outcome in newest.items():
        if device_id in alive:
            upsert(session, Seen, ("device_id",), [_seen(outcome)])
            _learn_firmware(session, outcome)


def _count_hours(session: Session, outcomes: Iterable[Outcome]) -> None:
    """Count by hour and answer. Every process adds in one order, so that none waits for another in a ring."""
    hours = Counter(
        (outcome.facts.tenant_id, outcome.at.replace(minute=0, second=0, microsecond=0), outcome.word)
        for outcome in outcomes
        if outcome.facts
    )
    for (tenant_id, hour, word), requests in sorted(hours.items()):
        row = {"tenant_id": tenant_id, "hour": hour, "outcome": word, "requests": requests}
        upsert(session, RequestCount, ("tenant_id", "hour", "outcome"), [row], sums=("requests",))


def _sighting(outcome: Outcome) -> dict[str, Any]:
    assert outcome.facts
    return {
        "device_id": outcome.facts.device_id,
        "at": outcome.at,
        "transport": outcome.ask.transport.value,
        "address": outcome.ask.address[:45],
        "user_agent": outcome.ask.user_agent[:255],
        "version": outcome.identity.version,
        "file": (outcome.identity.file or "")[:255],
        "outcome": outcome.word,
        "proof": outcome.proof,
        "size": outcome.size,
        "revision": outcome.facts.revision if outcome.word == "served" else None,
    }


def _handovers(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The pairing history's rows: the private files of one visit together."""
    visits: dict[Hashable, dict[str, Any]] = {}
    for outcome in outcomes:
        if outcome.word != "served" or not outcome.private or outcome.facts is None:
            continue
        row = {
            "device_id": outcome.facts.device_id,
            "transport": outcome.ask.transport.value,
            "address": outcome.ask.address[:45],
            "user_agent": outcome.ask.user_agent[:255],
            "proof": outcome.proof or "",
            "generation": outcome.facts.generation,
        }
        visit = visits.setdefault(tuple(row.values()), {**row, "at": outcome.at, "files": []})
        name = (outcome.identity.file or "")[:255]
        if name not in visit["files"]:
            visit["files"].append(name)
    return list(visits.values())


def _seen(outcome: Outcome) -> dict[str, Any]:
    """The columns of `Seen` that this request changes; what it does not name stays."""
    assert outcome.facts
    row: dict[str, Any] = {
        "device_id": outcome.facts.device_id,
        "at": outcome.at,
        "address": outcome.ask.address[:45],
        "user_agent": outcome.ask.user_agent[:255],
        "file": (outcome.identity.file or "")[:255],
        "outcome": outcome.word,
    }
    if outcome.word == "served" and outcome.private:
        row |= {"served_at": outcome.at, "served_revision": outcome.facts.revision}
    if outcome.word == "refused" and outcome.facts.state == "paired":
        row["unproven_at"] = outcome.at
    return row


def _learn_firmware(session: Session, outcome: Outcome) -> None:
    """A firmware that the phone itself told, with proof, may change what its files say."""
    version, facts = outcome.identity.version, outcome.facts
    if facts and version and outcome.word == "served" and version != facts.firmware:
        session.execute(
            update(Device)
            .where(Device.id == facts.device_id, func.coalesce(Device.firmware, "") != version)
            .values(firmware=version[:64], revision=Device.revision + 1)
        )


def _write_unknown(session: Session, unknown: OrderedDict[str, tuple[Outcome, int]]) -> None:
    for mac, (outcome, times) in unknown.items():
        row = {
            "mac": mac,
            "at": outcome.at,
            "address": outcome.ask.address[:45],
            "user_agent": outcome.ask.user_agent[:255],
            "vendor": outcome.identity.vendor,
            "model": outcome.identity.model,
            "requests": times,
        }
        upsert(session, UnknownDevice, ("mac",), [row], sums=("requests",))
    if unknown:
        kept = select(UnknownDevice.mac).order_by(UnknownDevice.at.desc()).limit(UNKNOWN_KEPT)
        session.execute(delete(UnknownDevice).where(UnknownDevice.mac.not_in(kept)))
