"""A noun of the tenant as data, and the six things that every noun can do with it: one way for all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import request
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm.interfaces import ORMOption

from admin.api import bodies
from admin.api.call import Call
from admin.api.operations import Reply
from admin.api.problems import PREFIX, Refusal
from admin.api.schemas import secret_fields
from admin.scope import Scope
from admin.tables import Table
from provisioner.services.change import Change, Clash, Outcome, Taken
from provisioner.services.fields import Schema
from provisioner.services.rows import Rows
from provisioner.services.sealed import without_secrets
from provisioner.site.export import fields_of
from provisioner.store.tables import Base, Tenant
from provisioner.vault import Vault

Where = ColumnElement[bool]
Shown = dict[str, Any]


@dataclass(frozen=True)
class Flag:
    """A filter by a column that is yes or no."""

    column: Any

    def __call__(self, value: bool) -> Where:  # as every filter is called
        found: Where = self.column.is_(value)
        return found


def _nothing(_scope: Scope, _rows: Sequence[Any]) -> Mapping[int, Shown]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Noun:
    """One kind of thing that a tenant has.

    ``find`` makes the clause of an id in an address, None for what can be none. ``twin`` is the stored row
    that has the given one's name, and ``name_field`` the field that says so. ``more`` is what is only read,
    by row id, and ``more_schema`` its JSON Schema.
    """

    path: str
    title: str
    tag: str
    schema: type[Schema]
    row: Any
    identity: Mapping[str, Any]
    find: Callable[[str], Where | None]
    id_of: Callable[[Any], str | int]
    twin: Callable[[Rows, Any], Any]
    name_field: Callable[[Any], str]
    put: Callable[[Change, Tenant, Any, Any], Outcome]
    remove: Callable[[Change, Tenant, Any], object]
    dump: Callable[[Vault, Any], Schema]
    table: Table
    example: Mapping[str, Any]
    patch: Mapping[str, Any]
    filters: Mapping[str, Callable[[Any], Where]] = field(default_factory=dict)
    more: Callable[[Scope, Sequence[Any]], Mapping[int, Shown]] = _nothing
    more_schema: Mapping[str, Any] = field(default_factory=dict)
    options: Sequence[ORMOption] = ()

    @property
    def one(self) -> str:
        """The name of its id in an address."""
        return self.title.replace(" ", "_")

    @property
    def secrets(self) -> frozenset[str]:
        """The fields that are written and never told."""
        return secret_fields(self.schema)

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that is told."""
        given = (name for name in self.schema.model_fields if name not in self.secrets)
        return ("id", *given, *self.more_schema)

    def row_of(self, call: Call, *, session: Any = None, lock: bool = False) -> Any:
        """The row that the address names, None where the tenant has none."""
        where = self.find(call.path[self.one])
        if where is None:
            return None
        query = call.scope.all(self.row).where(where).limit(1)
        return (session or call.session).scalars(query.with_for_update() if lock else query).one_or_none()

    def shown(self, scope: Scope, rows: Sequence[Any]) -> list[Shown]:
        """Rows as they are told: no secrets, all fields."""
        more = self.more(scope, rows)
        vault = scope.provisioner.vault
        return [self._shown(vault, row, more.get(row.id, {})) for row in rows]

    def _shown(self, vault: Vault, row: Any, more: Shown) -> Shown:
        return {"id": self.id_of(row), **fields_of(without_secrets(self.dump(vault, row))), **more}

    def etag(self, vault: Vault, row: Any) -> str:
        """Names the state of what people gave, secrets too; not what the device did since."""
        given = fields_of(without_secrets(self.dump(vault, row)))
        columns = (column.key for column in row.__table__.columns)
        sealed = [getattr(row, name) or b"" for name in columns if name.startswith("sealed_")]
        text = json.dumps([row.id, given], sort_keys=True).encode()
        return '"' + hashlib.sha256(b"\0".join((text, *map(bytes, sealed)))).hexdigest()[:32] + '"'


def address(call: Call, noun: Noun, row: Any) -> str:
    """Where a row can be read."""
    return f"{PREFIX}/tenants/{call.path['tenant']}/{noun.path}/{quote(str(noun.id_of(row)), safe='')}"


def etag_of(value: Any) -> str:
    """Names a state that is told whole."""
    return '"' + hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32] + '"'


def check_match(etag: str) -> None:
    """Raises Refusal 412 where the header If-Match names another state."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if etag not in [one.strip() for one in wanted.split(",")]:
        raise changed_since()


def changed_since() -> Refusal:
    """412: somebody else was faster."""
    return Refusal(412, "it was changed since it was read; read it again, and then change it")


def _told(call: Call, noun: Noun, row_id: int, status: int = 200) -> Reply:
    """A row anew from the database, with its ETag."""
    row = call.session.scalars(call.scope.all(noun.row).where(noun.row.id == row_id)).one_or_none()
    if row is None:
        raise Refusal(404)
    headers = {"ETag": noun.etag(call.provisioner.vault, row)}
    if status == 201:
        headers["Location"] = address(call, noun, row)
    return Reply(value=noun.shown(call.scope, [row])[0], status=status, headers=headers)


def read(call: Call, noun: Noun) -> Reply:
    """One of them."""
    row = noun.row_of(call)
    if row is None:
        raise Refusal(404)
    return _told(call, noun, row.id)


def create(call: Call, noun: Noun) -> Reply:
    """A new one. Raises Taken where there is one of that name."""
    with call.changing_here() as (change, tenant):
        if noun.twin(change.rows(tenant), call.body) is not None:
            raise taken(noun, call.body)
        outcome = noun.put(change, tenant, call.body, None)
        change.flush()
        row_id = _id(outcome)
    return _told(call, noun, row_id, 201)


def taken(noun: Noun, given: Any) -> Taken:
    """There is one of this name already."""
    name = noun.name_field(given)
    return Taken([Clash(field=name, message=f"another {noun.title} has this {name} already; change that one")])


def _id(outcome: Outcome) -> int:
    row: Any = outcome.row
    return int(row.id)


def replace(call: Call, noun: Noun) -> Reply:
    """The whole of it anew; secrets that are left out stay."""
    return _change(call, noun, lambda _old: call.body)


def patch(call: Call, noun: Noun) -> Reply:
    """Some of it, as a JSON merge patch."""

    def patched(old: Schema) -> Schema:
        value = bodies.merged(fields_of(without_secrets(old)), call.body)
        return bodies.parsed(noun.schema, value, {"id": None, **noun.more_schema})

    return _change(call, noun, patched)


def _change(call: Call, noun: Noun, given: Callable[[Any], Any]) -> Reply:
    with call.changing_here() as (change, tenant):
        row = noun.row_of(call, session=change.session, lock=True)
        if row is None:
            raise Refusal(404)
        check_match(noun.etag(change.vault, row))
        outcome = noun.put(change, tenant, given(noun.dump(change.vault, row)), row)
        change.flush()
        row_id = _id(outcome)
    return _told(call, noun, row_id)


def delete(call: Call, noun: Noun) -> Reply:
    """Gone, also when it was not there."""
    with call.changing_here() as (change, tenant):
        row = noun.row_of(call, session=change.session, lock=True)
        if row is not None:
            check_match(noun.etag(change.vault, row))
            noun.remove(change, tenant, row)
        elif request.headers.get("If-Match") is not None:
            raise Refusal(412, "it is not there any more")
    return Reply(status=204)


def loaded(call: Call, noun: Noun, keys: Iterable[int]) -> list[Any]:
    """The rows of these ids, in this order, with all that telling them needs."""
    wanted = list(keys)
    if not wanted:
        return []
    query = select(noun.row).where(call.scope.of(noun.row), noun.row.id.in_(wanted)).options(*noun.options)
    found: dict[int, Base] = {row.id: row for row in call.session.scalars(query).unique()}
    return [found[key] for key in wanted if key in found]
