"""What devices asked: told to the log and written to the database in batches, off the path of the requests.

A request costs an entry in a bounded table; a thread of the process empties it about once a second. What
is asked again in that second in the very same way is counted, not listed. Identities that belong to
nobody cost one bounded counter each.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from operator import itemgetter
from threading import Lock
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from provisioner.archive import Archive
from provisioner.errors import Broken, Invalid, NotOurs, Refused, Unassigned, Unknown
from provisioner.load import Facts
from provisioner.metrics import OLDEST_SIGHTING, PENDING_SIGHTINGS, Tally
from provisioner.recognise import Ask, Identity
from provisioner.render import Answer
from provisioner.store.bulk import Row, insert_rows
from provisioner.store.database import Database
from provisioner.store.tables import Device, Handover, RequestCount, Seen, Sighting, UnknownDevice, now
from provisioner.store.upsert import upsert
from provisioner.ticker import Ticker

log = structlog.get_logger()

PENDING = 20_000
ANSWERS_AT_ONCE = 5_000
UNKNOWN_AT_ONCE = 1_000
UNKNOWN_KEPT = 1_000
INTERVAL_S = 1.0
SLICE = 5_000

SIGHTING = (
    "device_id", "at", "transport", "address", "user_agent", "version", "file", "outcome", "proof", "size", "revision",
)  # fmt: skip
HANDOVER = ("device_id", "transport", "address", "user_agent", "proof", "generation", "at", "files")

WORDS: dict[type[Exception], str] = {
    NotOurs: "not-ours",
    Unknown: "unknown",
    Refused: "refused",
    Unassigned: "unassigned",
    Broken: "broken",
}
"""What is noted of a request that got no file."""


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
    began: float = field(default_factory=perf_counter)
    answer: Answer | None = None
    times: int = 1
    told: bool = False

    def served(self, answer: Answer) -> Answer:
        """Note the answer, and hand it on; a device's own file is kept for its history."""
        self.word, self.size, self.private = "served", len(answer.body), answer.private
        self.answer = answer if answer.private else None
        return answer

    def failed(self, error: Exception) -> None:
        """Note why there was none."""
        self.word, self.reason = WORDS.get(type(error), "broken"), str(error)


Chore = Callable[[Sequence[Outcome]], None]
"""Done after each batch, with what strangers asked; may raise SQLAlchemyError."""


class Sightings:
    """The table of a process and the thread that empties it."""

    def __init__(self, database: Database, archive: Archive, chores: Sequence[Chore] = ()) -> None:
        self._database = database
        self._archive = archive
        self._chores = chores
        self._pending: dict[Hashable, Outcome] = {}
        self._unknown: OrderedDict[Hashable, Outcome] = OrderedDict()
        self._dropped = 0
        self.tally = Tally()
        self.tally.watch(PENDING_SIGHTINGS, lambda: len(self._pending))
        self.tally.watch(OLDEST_SIGHTING, self._oldest_s)
        self._lock = Lock()
        self._ticker = Ticker("sightings", self.flush, INTERVAL_S)

    def note(self, outcome: Outcome) -> None:
        """Take a request in; never blocks on the database."""
        seconds = perf_counter() - outcome.began
        self.tally.request(outcome.identity.vendor or "none", outcome.word, outcome.ask.transport.value, seconds)
        facts = outcome.facts
        with self._lock:
            if facts is None:
                self._count(outcome)
            else:
                ask, identity = outcome.ask, outcome.identity
                key = (facts.device_id, facts.revision, identity.file, outcome.word, outcome.proof,
                       outcome.reason, ask.address, ask.user_agent)  # fmt: skip
                again = self._pending.get(key)
                if again is not None:
                    again.times += 1
                elif len(self._pending) < PENDING:
                    # A database that is away must not make the table hold every file of the site.
                    outcome.answer = outcome.answer if len(self._pending) < ANSWERS_AT_ONCE else None
                    self._pending[key] = outcome
                else:
                    self._dropped += 1
        self._ticker.start()

    def _count(self, outcome: Outcome) -> None:
        """Nobody's request: by MAC, else by what came of it."""
        mac = outcome.identity.mac
        key = mac.hex if mac else outcome.word
        before = self._unknown.pop(key, None)
        if before is not None:
            # A file that everybody may have, or nobody, does not hide that a stranger asked for its own.
            keeps = before.word == "unknown" and outcome.word != "unknown"
            before, outcome = (outcome, before) if keeps else (before, outcome)
            outcome.times += before.times
        self._unknown[key] = outcome
        if len(self._unknown) > UNKNOWN_AT_ONCE:
            self._dropped += self._unknown.popitem(last=False)[1].times

    def _oldest_s(self) -> float:
        with self._lock:
            oldest = next(iter(self._pending.values()), None)
        return perf_counter() - oldest.began if oldest else 0.0

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._ticker.close()

    def flush(self) -> None:
        """Write everything that has gathered, in one transaction; on failure it is kept for the next time."""
        self.tally.flush()
        with self._lock:
            known, self._pending = self._pending, {}
            unknown, self._unknown = self._unknown, OrderedDict()
            dropped, self._dropped = self._dropped, 0
        _tell(known.values(), unknown.values())
        if dropped:
            log.warning("sightings.dropped", requests=dropped)
        strangers = [outcome for outcome in unknown.values() if outcome.identity.mac and outcome.word == "unknown"]
        try:
            if known or strangers:
                with self._database.writing() as session:
                    listed = _write_known(session, list(known.values()))
                    _write_unknown(session, strangers)
                    written = self._archive.write(session, known.values())
                    # Last, for every process waits for these few rows until this one has committed.
                    _count_hours(session, listed)
                self._archive.remember(written)
        except (SQLAlchemyError, Invalid) as error:
            log.warning("sightings.delayed", reason=type(error).__name__)
            self._put_back(known)
        if not self._database.is_away:
            for chore in self._chores:
                self._do(chore, strangers)

    def _put_back(self, known: dict[Hashable, Outcome]) -> None:
        """Keep what was not written, within the bounds of the table, before what came meanwhile."""
        with self._lock:
            came, self._pending = self._pending, known
            for key, outcome in came.items():
                if key not in known and len(known) >= PENDING:
                    self._dropped += outcome.times
                    continue
                outcome.answer = outcome.answer if len(known) < ANSWERS_AT_ONCE else None
                known[key] = outcome

    @staticmethod
    def _do(chore: Chore, strangers: Sequence[Outcome]) -> None:
        try:
            chore(strangers)
        except SQLAlchemyError as error:
            log.warning("chore.failed", reason=type(error).__name__)


def _tell(*batches: Iterable[Outcome]) -> None:
    """One event a request, once; what the level leaves out is not even put together."""
    tells_all = log.is_enabled_for(logging.INFO)
    for outcome in chain(*batches):
        if not outcome.told:
            outcome.told = True
            if tells_all or outcome.word == "broken":
                _log(outcome)


def _log(outcome: Outcome) -> None:
    """Never a path, which may hold a token, and never a file's content."""
    identity, facts = outcome.identity, outcome.facts
    fields: dict[str, Any] = {
        "mac": str(identity.mac) if identity.mac else None,
        "vendor": identity.vendor,
        "file": identity.file,
        "transport": outcome.ask.transport.value,
        "address": outcome.ask.address,
        "tenant": facts.tenant if facts else None,
    }
    if outcome.is_last_good:
        fields["last_good"] = True
    if outcome.times > 1:
        fields["requests"] = outcome.times
    if outcome.word == "served":
        log.info("config.served", **fields, proof=outcome.proof, bytes=outcome.size)
    elif outcome.word == "broken":
        log.error("config.broken", **fields, reason=outcome.reason)
    else:
        log.info("config.refused", **fields, outcome=outcome.word, reason=outcome.reason)


def _write_known(session: Session, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """In one order everywhere, so that no two processes wait for each other in a ring; gives those that count."""
    newest = {outcome.facts.device_id: outcome for outcome in outcomes if outcome.facts}
    alive = _alive(session, list(newest))
    # By device, for so the rows of one page are written together: in any order they take a third more.
    ranked = [(outcome.facts.device_id, n) for n, outcome in enumerate(outcomes) if outcome.facts]
    listed = [outcomes[n] for device_id, n in sorted(ranked) if device_id in alive]
    if not listed:
        return listed
    insert_rows(session, Sighting, SIGHTING, [_sighting(outcome) for outcome in listed])
    insert_rows(session, Handover, HANDOVER, _handovers(listed))
    seen = [_seen(newest[device_id]) for device_id in sorted(alive)]
    upsert(session, Seen, ("device_id",), seen, keeps=("served_at", "served_revision", "unproven_at"))
    for device_id in sorted(alive):
        _learn_firmware(session, newest[device_id])
    return listed


def _alive(session: Session, devices: Sequence[int]) -> set[int]:
    """Which of these devices were not deleted meanwhile."""
    slices = (devices[start : start + SLICE] for start in range(0, len(devices), SLICE))
    return {one for part in slices for one in session.scalars(select(Device.id).where(Device.id.in_(part)))}


def _count_hours(session: Session, outcomes: Iterable[Outcome]) -> None:
    """Count by hour and answer."""
    hours: Counter[tuple[int, datetime, str]] = Counter()
    for outcome in outcomes:
        assert outcome.facts
        hour = outcome.at.replace(minute=0, second=0, microsecond=0)
        hours[outcome.facts.tenant_id, hour, outcome.word] += outcome.times
    rows = [
        {"tenant_id": tenant_id, "hour": hour, "outcome": word, "requests": requests}
        for (tenant_id, hour, word), requests in sorted(hours.items())
    ]
    upsert(session, RequestCount, ("tenant_id", "hour", "outcome"), rows, sums=("requests",))


def _sighting(outcome: Outcome) -> Row:
    """The columns of `SIGHTING`."""
    ask, identity, facts, word = outcome.ask, outcome.identity, outcome.facts, outcome.word
    assert facts
    return (
        facts.device_id, outcome.at, ask.transport, ask.address[:45], ask.user_agent[:255], identity.version,
        (identity.file or "")[:255], word, outcome.proof, outcome.size, facts.revision if word == "served" else None,
    )  # fmt: skip


def _handovers(outcomes: Iterable[Outcome]) -> list[Row]:
    """The pairing history's rows, the columns of `HANDOVER`: the private files of one visit together."""
    visits: dict[Row, tuple[datetime, list[str]]] = {}
    for outcome in outcomes:
        if outcome.word != "served" or not outcome.private or outcome.facts is None:
            continue
        ask, facts = outcome.ask, outcome.facts
        visit = (facts.device_id, ask.transport, ask.address[:45], ask.user_agent[:255], outcome.proof or "",
                 facts.generation)  # fmt: skip
        _, files = visits.setdefault(visit, (outcome.at, []))
        name = (outcome.identity.file or "")[:255]
        if name not in files:
            files.append(name)
    return [(*visit, at, files) for visit, (at, files) in visits.items()]


def _seen(outcome: Outcome) -> dict[str, Any]:
    """The row of `Seen`; what this request does not tell is None, and stays as it was."""
    assert outcome.facts
    served = outcome.word == "served" and outcome.private
    unproven = outcome.word == "refused" and outcome.facts.state == "paired"
    return {
        "device_id": outcome.facts.device_id,
        "at": outcome.at,
        "address": outcome.ask.address[:45],
        "user_agent": outcome.ask.user_agent[:255],
        "file": (outcome.identity.file or "")[:255],
        "outcome": outcome.word,
        "served_at": outcome.at if served else None,
        "served_revision": outcome.facts.revision if served else None,
        "unproven_at": outcome.at if unproven else None,
    }


def _learn_firmware(session: Session, outcome: Outcome) -> None:
    """A firmware that the phone itself told, with proof, may change what its files say."""
    version, facts = outcome.identity.version, outcome.facts
    if facts and version and outcome.word == "served" and version != facts.firmware:
        session.execute(
            update(Device)
            .where(Device.id == facts.device_id, func.coalesce(Device.firmware, "") != version)
            .values(firmware=version[:64], revision=Device.revision + 1)
        )


def _write_unknown(session: Session, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    rows = [_stranger(outcome.identity.mac.hex, outcome) for outcome in outcomes if outcome.identity.mac]
    upsert(session, UnknownDevice, ("mac",), sorted(rows, key=itemgetter("mac")), sums=("requests",))
    kept = select(UnknownDevice.mac).order_by(UnknownDevice.at.desc()).limit(UNKNOWN_KEPT)
    session.execute(delete(UnknownDevice).where(UnknownDevice.mac.not_in(kept)))


def _stranger(mac: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "mac": mac,
        "at": outcome.at,
        "address": outcome.ask.address[:45],
        "user_agent": outcome.ask.user_agent[:255],
        "vendor": outcome.identity.vendor,
        "model": outcome.identity.model,
        "requests": outcome.times,
    }
