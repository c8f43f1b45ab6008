"""The audit log: who changed what, when, from what to what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy import ColumnElement, String, cast, or_

from admin.access import Permission, allow
from admin.csvs import csv_answer
from admin.scope import here
from admin.tables import Column, Search, Table, begins, contains
from admin.words import mark, stamp
from provisioner.services.differences import NOT_SET
from provisioner.store.tables import Audit

views = Blueprint("audit", __name__, url_prefix="/audit")
MOST_EXPORTED = 100_000


def _find(search: Search) -> Iterator[ColumnElement[bool]]:
    changes = cast(Audit.changes, String)
    for word in search.words:
        yield or_(contains(Audit.subject, word), contains(Audit.actor, word), contains(changes, word))
    for name, value in search.fields:
        column = {"who": Audit.actor, "action": Audit.action, "what": Audit.subject}.get(name)
        yield begins(column, value) if column is not None and name != "what" else contains(Audit.subject, value)


TABLE = Table(
    name="audit",
    key=Audit.id,
    order="-at",
    fields=("who", "action", "what"),
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
    look = TABLE.look(scope.session, scope.all(Audit), request.args, path=url_for(".listing"))
    found = {row.id: row for row in scope.session.scalars(scope.all(Audit).where(Audit.id.in_(look.keys)))}
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
    query = TABLE.ordered(scope.all(Audit).where(*TABLE.clauses(state)), state).limit(MOST_EXPORTED)
    lines = (
        (stamp(row.at), row.actor, row.action, row.subject, *change)
        for row in scope.session.scalars(query)
        for change in (list(told(row.changes)) or [("", "", "")])
    )
    headings = ("when", "who", "action", "what", "field", "from", "to")
    return csv_answer(f"audit-{scope.tenant.slug}.csv", headings, lines)
