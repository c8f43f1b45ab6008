"""What was served when: each file that a device got, once for each time that its bytes became others.

Written with the sightings, off the path of the requests. A process remembers what it wrote last for each
device and file, so that the same bytes again cost a look-up in memory and nothing else. The number of
versions of each file is bounded, and so are the bytes in all.
"""

from __future__ import annotations

import uuid
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import CursorResult, delete, func, insert, select
from sqlalchemy.orm import Session, aliased

from provisioner.store.database import dialect_insert
from provisioner.store.tables import Device, Document, Served
from provisioner.vault import Vault

if TYPE_CHECKING:
    from provisioner.sightings import Outcome

KEPT_PER_FILE = 20
"""Versions of each file of a device."""
BUDGET_BYTES = 1024 * 1024 * 1024
"""What all documents may take in the database, as stored."""
REMEMBERED = 20_000
SLICE = 500

Key = tuple[int, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One version of a file as a device was served it: first at ``at``, ``size`` bytes long."""

    id: int
    file: str
    at: datetime
    revision: int
    vendor: str
    model: str
    version: str | None
    transport: str
    address: str
    size: int
    document_id: int


class Archive:
    """Writes what was served; one a process."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: OrderedDict[Key, str] = OrderedDict()

    def write(self, session: Session, outcomes: Iterable[Outcome]) -> Mapping[Key, str]:
        """Write the answers that differ from the last ones; hand the result to `remember` once it is committed."""
        fresh = list(self._fresh(outcomes))
        last: dict[Key, str] = {}
        wanted = [one for part in _slices(fresh) for one in self._changed(session, part, last)]
        by_digest = {digest: outcome for _, outcome, digest in wanted}
        ids: dict[str, int] = {}
        # In one order everywhere, so that no two processes wait for each other in a ring.
        for part in _slices(sorted(by_digest)):
            ids |= self._documents(session, {digest: by_digest[digest] for digest in part})
        for written in _slices(wanted):
            session.execute(insert(Served), [_row(key, outcome, ids[digest]) for key, outcome, digest in written])
            _prune(session, {key[0] for key, _, _ in written})
        return {key: outcome.answer.etag for key, outcome in fresh if outcome.answer}

    def remember(self, written: Mapping[Key, str]) -> None:
        """These are the last answers of their devices now."""
        for key, tag in written.items():
            self._known.pop(key, None)
            self._known[key] = tag
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _fresh(self, outcomes: Iterable[Outcome]) -> Iterator[tuple[Key, Outcome]]:
        last: dict[Key, str] = {}
        for outcome in outcomes:
            if outcome.answer is None or outcome.facts is None:
                continue
            key = (outcome.facts.device_id, outcome.answer.name[:255])
            if last.get(key, self._known.get(key)) != outcome.answer.etag:
                last[key] = outcome.answer.etag
                yield key, outcome

    def _changed(
        self, session: Session, fresh: Sequence[tuple[Key, Outcome]], last: dict[Key, str]
    ) -> Iterator[tuple[Key, Outcome, str]]:
        """Those that differ from the ``last`` digests, which grow by what is written already, with theirs."""
        devices = {device_id for (device_id, _file), _ in fresh}
        alive = set(session.scalars(select(Device.id).where(Device.id.in_(devices))))
        for key, digest in _newest_digests(session, alive).items():
            last.setdefault(key, digest)
        for key, outcome in fresh:
            assert outcome.answer
            digest = self._vault.keyed_digest(outcome.answer.plain)
            if key[0] in alive and last.get(key) != digest:
                last[key] = digest
                yield key, outcome, digest

    def _documents(self, session: Session, wanted: Mapping[str, Outcome]) -> dict[str, int]:
        """The ids of documents by digest; what is not there yet is written."""
        named = select(Document.digest, Document.id).where(Document.digest.in_(wanted))
        ids: dict[str, int] = {row.digest: row.id for row in session.execute(named)}
        missing = [self._document(digest, wanted[digest]) for digest in wanted if digest not in ids]
        if missing:
            new = dialect_insert(session, Document).on_conflict_do_nothing(index_elements=["digest"])
            session.execute(new, missing)
            ids = {row.digest: row.id for row in session.execute(named)}
        return ids

    def _document(self, digest: str, outcome: Outcome) -> dict[str, Any]:
        assert outcome.answer
        uid = uuid.uuid4().hex
        sealed = self._vault.seal_bytes(f"document/{uid}/body", zlib.compress(outcome.answer.plain, 1))
        return {
            "uid": uid,
            "digest": digest,
            "size": len(outcome.answer.plain),
            "stored": len(sealed),
            "sealed_body": sealed,
        }


def _slices(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    return (whole[start : start + SLICE] for start in range(0, len(whole), SLICE))


def _row(key: Key, outcome: Outcome, document_id: int) -> dict[str, Any]:
    assert outcome.facts
    return {
        "device_id": key[0],
        "file": key[1],
        "document_id": document_id,
        "at": outcome.at,
        "revision": outcome.facts.revision,
        "vendor": outcome.facts.vendor,
        "model": outcome.facts.model,
        "version": (outcome.identity.version or outcome.facts.firmware or "")[:64] or None,
        "transport": outcome.ask.transport.value,
        "address": outcome.ask.address[:45],
    }


def _newest_digests(session: Session, devices: Iterable[int]) -> dict[Key, str]:
    last = select(func.max(Served.id)).where(Served.device_id.in_(devices)).group_by(Served.device_id, Served.file)
    query = select(Served.device_id, Served.file, Document.digest).join(Document).where(Served.id.in_(last))
    return {(row.device_id, row.file): row.digest for row in session.execute(query)}


def _prune(session: Session, devices: Iterable[int]) -> None:
    """Let the oldest versions of each file go."""
    place = func.row_number().over(partition_by=(Served.device_id, Served.file), order_by=Served.id.desc())
    ranked = select(Served.id, place.label("place")).where(Served.device_id.in_(devices)).subquery()
    session.execute(
        delete(Served).where(Served.id.in_(select(ranked.c.id).where(ranked.c.place > KEPT_PER_FILE))),
        execution_options={"synchronize_session": False},
    )


def clean_up(session: Session, budget_bytes: int = BUDGET_BYTES) -> int:
    """Delete what no device refers to, and what does not fit the budget: superseded versions first, the oldest first.

    Gives the number of documents that went.
    """
    quiet = {"synchronize_session": False}
    if (session.scalar(select(func.sum(Document.stored))) or 0) > budget_bytes:
        later = aliased(Served)
        newest = select(func.max(later.id)).group_by(later.device_id, later.file)
        order = (Served.id.in_(newest).desc(), Served.id.desc())
        total = func.sum(Document.stored).over(order_by=order, rows=(None, 0))
        summed = select(Served.id, total.label("total")).join(Document).subquery()
        beyond = select(summed.c.id).where(summed.c.total > budget_bytes)
        session.execute(delete(Served).where(Served.id.in_(beyond)), execution_options=quiet)
    # Asked of indexes alone: the table itself is as large as its documents.
    unused = select(Document.id).outerjoin(Served, Served.document_id == Document.id).where(Served.id.is_(None))
    gone = session.execute(delete(Document).where(Document.id.in_(unused)), execution_options=quiet)
    assert isinstance(gone, CursorResult)
    return gone.rowcount


_ENTRIES = select(Served, Document.size).join(Document, Document.id == Served.document_id)


def history(session: Session, device_id: int, file: str | None = None) -> list[Entry]:
    """What the device was served, newest first; of one file, where one is named."""
    query = _ENTRIES.where(Served.device_id == device_id).order_by(Served.id.desc())
    return [_entry(*row) for row in session.execute(query if file is None else query.where(Served.file == file))]


def entry(session: Session, device_id: int, entry_id: int) -> Entry | None:
    """One version of a device's files; None where it is not this device's, or gone."""
    row = session.execute(_ENTRIES.where(Served.device_id == device_id, Served.id == entry_id)).one_or_none()
    return _entry(*row) if row else None


def last_served(session: Session, device_id: int) -> dict[str, Entry]:
    """The newest version of each file that the device was served, by the file's name."""
    return {one.file: one for one in reversed(history(session, device_id))}


def body_of(session: Session, vault: Vault, of: Entry) -> bytes:
    """The bytes as they were served, secrets and all. Raises Broken when they were sealed with another key."""
    document = session.get_one(Document, of.document_id)
    return zlib.decompress(vault.open_bytes(f"document/{document.uid}/body", document.sealed_body))


def _entry(row: Served, size: int) -> Entry:
    names = ("id", "file", "at", "revision", "vendor", "model", "version", "transport", "address", "document_id")
    return Entry(size=size, **{name: getattr(row, name) for name in names})
