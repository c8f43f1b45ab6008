"""The audit log: as a list, and as it grows.

A stream ends by itself after a while, and there are few of them in a process: each takes one of its threads.
Whoever reads it comes back with Last-Event-ID and misses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import Any

from flask import Response, request
from sqlalchemy import func, select

from admin.access import Permission
from admin.api.call import Call
from admin.api.lists import SHEETS, arguments, look
from admin.api.operations import Operation, listed, table
from admin.api.problems import Refusal, invalid
from admin.api.schemas import TEXT, WHOLE
from admin.views.audit import TABLE
from provisioner.answer import Provisioner
from provisioner.store.tables import Audit

EVENT_STREAM = "text/event-stream"
MOST_STREAMS = 2
"""Of the four threads that a process has."""
LONGEST_S = 25.0
EVERY_S = 0.5
HEARTBEAT_S = 10.0
BACK_IN_MS = 1000
OVERLAP = 50
"""So many newest rows are looked at once more: rows of transactions that end late have earlier numbers."""

_NAMES = ("id", "at", "actor", "action", "subject", "changes")
SCHEMA = {
    "Event": table(
        id=WHOLE,
        at={"type": "string", "format": "date-time"},
        actor=TEXT,
        action=TEXT,
        subject=TEXT,
        changes={"type": "object"},
    )
}
_FILTERS = {
    "actor": lambda text: Audit.actor == text,
    "action": lambda text: Audit.action == text,
    "subject": lambda text: Audit.subject == text,
}
_streams = BoundedSemaphore(MOST_STREAMS)


def _shown(row: Audit) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _NAMES}


def _list(call: Call) -> Any:
    def show(keys: Sequence[int]) -> list[dict[str, Any]]:
        found = {row.id: row for row in call.session.scalars(call.scope.all(Audit).where(Audit.id.in_(keys)))}
        return [_shown(found[key]) for key in keys if key in found]

    return look(call, TABLE, call.scope.all(Audit), filters=_FILTERS, show=show, names=_NAMES)


def _stream(call: Call) -> Response:
    last = _last(call)
    if not _streams.acquire(blocking=False):
        raise Refusal(503, "enough streams are open here; come back in a moment", headers={"Retry-After": "5"})
    tail = _Tail(call.provisioner, call.scope.tenant.id, last)
    response = Response(tail.lines(monotonic), content_type=EVENT_STREAM)
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects would hold events back
    response.call_on_close(_streams.release)
    return response


def _last(call: Call) -> int:
    """After which event the stream begins: the reader's last one, else what is the newest now."""
    given = request.headers.get("Last-Event-ID")
    if given is None:
        return call.session.scalar(select(func.max(Audit.id)).where(call.scope.of(Audit))) or 0
    if not (given.isascii() and given.isdecimal() and len(given) < 18):
        raise invalid("Last-Event-ID", "write the id of the last event that came", 400)
    return int(given)


class _Tail:
    """The end of a tenant's log."""

    def __init__(self, provisioner: Provisioner, tenant_id: int, last: int) -> None:
        self._provisioner, self._tenant_id, self._last = provisioner, tenant_id, last
        self._sent = {row.id for row in self._rows() if row.id <= last}

    def _rows(self) -> Sequence[Audit]:
        query = select(Audit).where(Audit.tenant_id == self._tenant_id, Audit.id > self._last - OVERLAP)
        with self._provisioner.database.reading() as session:
            return session.scalars(query.order_by(Audit.id).limit(1000)).all()

    def fresh(self) -> Iterator[Audit]:
        """What was not sent yet."""
        for row in self._rows():
            if row.id not in self._sent:
                self._sent.add(row.id)
                self._last = max(self._last, row.id)
                yield row
        self._sent = {one for one in self._sent if one > self._last - 2 * OVERLAP}

    def lines(self, clock: Any) -> Iterator[str]:
        """The stream, until it has been long enough."""
        yield f"retry: {BACK_IN_MS}\n\n"
        end = clock() + LONGEST_S
        quiet_since = clock()
        while clock() < end:
            for row in self.fresh():
                quiet_since = clock()
                told = json.dumps(_shown(row), ensure_ascii=False, default=lambda one: one.isoformat())
                yield f"id: {row.id}\nevent: {row.action}\ndata: {told}\n\n"
            if clock() - quiet_since > HEARTBEAT_S:
                quiet_since = clock()
                yield ": still here\n\n"
            sleep(EVERY_S)


def operations() -> Iterator[Operation]:
    """The operations of the audit log."""
    make = partial(Operation, method="GET", tag="Events", permission=Permission.AUDIT_READ)
    yield make(
        name="listEvents",
        path="/tenants/{tenant}/events",
        title="List events",
        says="The audit log, newest first: who changed what, from what to what. Secrets are told as `changed`.",
        run=_list,
        query=arguments(TABLE, _FILTERS, _NAMES),
        answers={200: listed("Event")},
        texts=SHEETS,
    )
    yield make(
        name="streamEvents",
        path="/tenants/{tenant}/events/stream",
        title="Follow the events",
        says="Server-sent events. The stream ends after half a minute; come back with `Last-Event-ID`.",
        run=_stream,
        answers={200: {}},
        texts=(EVENT_STREAM,),
        refuses=(400, 503),
    )
