"""Location assignments: which location an extension has. An extension that has none has no assignment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from admin.api.bodies import reads
from admin.api.call import Call
from admin.api.given import AssignmentIn
from admin.api.lists import Importable, arguments, look
from admin.api.noun import check_match, etag_of
from admin.api.operations import Body, Operation, Reply, ref, table
from admin.api.problems import PREFIX, Refusal
from admin.api.schemas import TEXT
from admin.api.verbs import Verbs
from admin.views.location_assignments import TABLE
from provisioner.errors import Invalid, Problem
from provisioner.services import extensions
from provisioner.services.change import Change, Clash, Taken
from provisioner.services.fields import Schema
from provisioner.store.tables import Extension, Location, LocationAssignment, Tenant

SCHEMA = {"LocationAssignment": table(id=TEXT, extension=TEXT, name=TEXT, location=TEXT, active={"type": "boolean"})}
_NAMES = ("id", "extension", "name", "location", "active")
_ASSIGNED = Extension.id.in_(select(LocationAssignment.extension_id))
_FILTERS = {
    "extension": lambda text: Extension.number == text,
    "location": lambda text: Extension.id.in_(
        select(LocationAssignment.extension_id).join(Location).where(func.lower(Location.name) == text.lower())
    ),
}


def _shown(row: Extension) -> dict[str, Any]:
    assert row.assignment
    location = row.assignment.location
    return {
        "id": row.number,
        "extension": row.number,
        "name": row.name,
        "location": location.name,
        "active": location.active,
    }


def _list(call: Call) -> Any:
    mine = call.scope.all(Extension).where(_ASSIGNED)
    whole = mine.options(joinedload(Extension.assignment).joinedload(LocationAssignment.location))

    def show(keys: Sequence[int]) -> list[dict[str, Any]]:
        found = {row.id: row for row in call.session.scalars(whole.where(Extension.id.in_(keys)))}
        return [_shown(found[key]) for key in keys if key in found]

    def things(keys: Sequence[int]) -> Iterable[Schema]:
        found = {row.id: row for row in call.session.scalars(whole.where(Extension.id.in_(keys)))}
        return (extensions.dump(call.provisioner.vault, found[key]) for key in keys if key in found)

    return look(call, TABLE, mine, filters=_FILTERS, show=show, names=_NAMES, sheet=Importable("assignments", things))


def _read(call: Call, number: str | None = None, status: int = 200) -> Reply:
    wanted = number or call.path["extension"]
    row = call.session.scalars(call.scope.all(Extension).where(Extension.number == wanted, _ASSIGNED)).first()
    if row is None:
        raise Refusal(404)
    place = f"{PREFIX}/tenants/{call.scope.tenant.slug}/location-assignments/{row.number}"
    headers = {"ETag": etag_of(_shown(row)), **({"Location": place} if status == 201 else {})}
    return Reply(value=_shown(row), status=status, headers=headers)


def _create(call: Call) -> Reply:
    number = call.body.extension
    if number is None:
        raise Invalid([Problem(field="extension", message="is missing")])
    with call.changing_here() as (change, tenant):
        row = change.rows(tenant).extensions.get(number)
        if row is None:
            raise Invalid([Problem(field="extension", message="there is no such extension; add it first")])
        if row.assignment is not None:
            raise Taken([Clash(field="extension", message="it has a location already; change that with PUT")])
        _assign(change, tenant, row, call.body.location)
    return _read(call, number, 201)


def _put(call: Call) -> Reply:
    if call.body.extension not in (None, call.path["extension"]):
        raise Invalid([Problem(field="extension", message="is another one than in the address")])
    with call.changing_here() as (change, tenant):
        row = change.rows(tenant).extensions.get(call.path["extension"])
        if row is None:
            raise Refusal(404)
        _check(row)
        _assign(change, tenant, row, call.body.location)
    return _read(call)


def _delete(call: Call) -> Reply:
    with call.changing_here() as (change, tenant):
        row = change.rows(tenant).extensions.get(call.path["extension"])
        if row is not None and row.assignment is not None:
            _check(row)
            _assign(change, tenant, row, None)
    return Reply(status=204)


def _check(row: Extension) -> None:
    """Raises Refusal 412 where the caller means another state."""
    check_match(etag_of(_shown(row)) if row.assignment else "")


def _assign(change: Change, tenant: Tenant, row: Extension, location: str | None) -> None:
    old = extensions.dump(change.vault, row)
    given = old.model_copy(update={"location": location})
    extensions.put(change, tenant, given, row)


def operations() -> Iterator[Operation]:
    """The operations of location assignments."""
    name, path = "LocationAssignment", "/tenants/{tenant}/location-assignments"
    verbs = Verbs(name, title="location assignment", tag="Location assignments", path=path, one="extension")
    given = reads(AssignmentIn, dict.fromkeys(("id", "name", "active")))
    body = partial(Body, schema=ref(f"{name}Input"), read=given)
    yield verbs.list(
        says="Of the extensions that have a location.",
        run=_list,
        query=arguments(TABLE, _FILTERS, _NAMES),
    )
    yield verbs.create(
        title="Give an extension its location",
        says="409 where it has one already.",
        run=_create,
        body=body(example={"extension": "101", "location": "HQ"}),
    )
    yield verbs.read(title="Read an extension's location", says="404 where it has none.", run=_read)
    yield verbs.replace(
        title="Give an extension another location",
        says="Also where it had none.",
        run=_put,
        body=body(example={"location": "HQ"}),
        refuses=(412,),
    )
    yield verbs.remove(
        title="Take an extension's location away",
        says="It has none afterwards, also when it had none before.",
        run=_delete,
    )
