"""The audit log: who changed what, when, from what to what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy import ColumnElement, Select, String, cast, false, or_, select

from admin.access import Permission, allow
from admin.csvs import csv_answer
from admin.scope import Scope, here
from admin.tables import Column, Search, Table, begins, contains
from admin.words import mark
from provisioner.services.differences import NOT_SET
from provisioner.store.tables import Audit

views = Blueprint("audit", __name__, url_prefix="/audit")
MOST_EXPORTED = 100_000


def _find(search: Search) -> Iterator[ColumnElement[bool]]:
    changes = cast(Audit.changes, String)
    for word in search.words:
        yield or_(contains(Audit.subject, word), contains(Audit.actor, word), contains(changes, word))
    for name, value in search.fields:
        yield _FIELDS[name](value)


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None


def _since(text: str) -> ColumnElement[bool]:
    day = _day(text)
    return Audit.at >= day if day else false()


def _until(text: str) -> ColumnElement[bool]:
    """Up to the end of that day."""
    day = _day(text)
    return Audit.at < day + timedelta(days=1) if day else false()


_FIELDS: Mapping[str, Callable[[str], ColumnElement[bool]]] = {
    "who": lambda value: begins(Audit.actor, value),
    "action": lambda value: begins(Audit.action, value),
    "what": lambda value: contains(Audit.subject, value),
    "since": _since,
    "until": _until,
}


def _visible(scope: Scope) -> Select[Any]:
    """What was done to the tenant; a server-wide viewer also sees what was done to no tenant."""
    if scope.viewer.role == "server":
        return select(Audit).where(or_(scope.of(Audit), Audit.tenant_id.is_(None)))
    return scope.all(Audit)


TABLE = Table(
    name="audit",
    key=Audit.id,
    order="-at",
    fields=tuple(_FIELDS),
    columns=(
        Column(key="at", title=mark("WHEN"), sort=(Audit.at,), lead=True),
        Column(key="actor", title=mark("WHO"), sort=(Audit.actor,)),
        Column(key="action", title=mark("ACTION"), sort=(Audit.action,)),
        Column(key="subject", title=mark("WHAT"), sort=(Audit.subject,)),
    ),
    find=_find,
)


@views.get("")
@allow(Permission.AUDIT_READ)
def listing() -> str:
    """The newest changes first."""
    scope = here()
    look = TABLE.look(scope.session, _visible(scope), request.args, path=url_for(".listing"))
    found = {row.id: row for row in scope.session.scalars(_visible(scope).where(Audit.id.in_(look.keys)))}
    rows = [(found[key], list(told(found[key].changes))) for key in look.keys]
    return render_template("audit/list.html", look=look, rows=rows)


def told(changes: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each change as field, from and to; of what was only noted there is no from."""
    for name, value in changes.items():
        if isinstance(value, list) and len(value) == 2:
            yield name, "" if value[0] in (None, NOT_SET) else _text(value[0]), _text(value[1])
        else:
            yield name, "", _text(value)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@views.get("/audit.csv")
@allow(Permission.AUDIT_READ)
def export() -> Response:
    """Exactly what the search finds, as CSV, one line a changed field."""
    scope = here()
    state = TABLE.state(request.args)
    query = TABLE.ordered(_visible(scope).where(*TABLE.clauses(state)), state).limit(MOST_EXPORTED)
    lines = (
        (row.at.isoformat(), row.actor, row.action, row.subject, *change)
        for row in scope.session.scalars(query)
        for change in (list(told(row.changes)) or [("", "", "")])
    )
    headings = ("when", "who", "action", "what", "field", "from", "to")
    return csv_answer(f"audit-{scope.tenant.slug}.csv", headings, lines)
