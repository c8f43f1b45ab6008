"""Tenants: listed and made by tokens for the whole server, read and changed by their own admins too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from admin.access import Permission
from admin.api import noun as shelf
from admin.api.bodies import merged, parsed, reads
from admin.api.call import Call
from admin.api.lists import arguments, look
from admin.api.noun import Shown, check_match, taken
from admin.api.nouns import TEXT_ID
from admin.api.operations import Body, Operation, Reply, ref
from admin.api.problems import PREFIX, Refusal
from admin.api.verbs import Verbs, patch_of
from admin.lists.tenants import TABLE
from provisioner.services import tenants
from provisioner.services.schemas import TenantIn
from provisioner.services.sealed import without_secrets
from provisioner.site.export import fields_of
from provisioner.store.tables import Tenant

READ_ONLY = {"id": TEXT_ID}


NOUN = shelf.Noun(
    path="",
    title="tenant",
    tag="Tenants",
    schema=TenantIn,
    row=Tenant,
    identity=TEXT_ID,
    find=lambda slug: Tenant.slug == slug,
    id_of=lambda row: str(row.slug),
    twin=lambda _rows, _given: None,
    name_field=lambda _given: "tenant",
    put=lambda change, _tenant, given, row: tenants.put(change, given, row),
    remove=lambda change, _tenant, row: tenants.remove(change, row),
    dump=tenants.dump,
    table=TABLE,
    filters={"tenant": lambda text: Tenant.slug == text, "name": lambda text: func.lower(Tenant.name) == text.lower()},
    example={"tenant": "gamma", "name": "Gamma Bakery", "access": "pairing", "sip": {"server": "pbx.gamma.example"}},
    patch={"name": "Gamma Bakery and Cafe"},
)
"""A tenant is no noun of a tenant; what is told of it and its ETag are made alike."""


def _shown(call: Call, row: Tenant) -> Shown:
    return {"id": row.slug, **fields_of(without_secrets(tenants.dump(call.provisioner.vault, row)))}


def _told(call: Call, row_id: int, status: int = 200) -> Reply:
    row = call.session.get(Tenant, row_id, populate_existing=True)
    if row is None:
        raise Refusal(404)
    headers = {"ETag": NOUN.etag(call.provisioner.vault, row)}
    if status == 201:
        headers["Location"] = f"{PREFIX}/tenants/{row.slug}"
    return Reply(value=_shown(call, row), status=status, headers=headers)


def _list(call: Call) -> Any:
    query = select(Tenant)
    if call.actor.role != "server":
        query = query.where(Tenant.id == call.actor.tenant_id)

    def show(keys: Sequence[int]) -> list[Shown]:
        found = {row.id: row for row in call.session.scalars(select(Tenant).where(Tenant.id.in_(keys)))}
        return [_shown(call, found[key]) for key in keys if key in found]

    return look(call, TABLE, query, filters=NOUN.filters, show=show, names=NOUN.fields)


def _create(call: Call) -> Reply:
    with call.changing() as change:
        if tenants.find(change.session, call.body.tenant) is not None:
            raise taken(NOUN, call.body)
        row: Any = tenants.put(change, call.body).row
        change.flush()
        row_id = row.id
    return _told(call, row_id, 201)


def _put(call: Call) -> Reply:
    return _changed(call, call.body)


def _patch(call: Call) -> Reply:
    return _changed(call, None)


def _changed(call: Call, given: TenantIn | None) -> Reply:
    with call.changing_here() as (change, _tenant):
        row = tenants.find(change.session, call.scope.tenant.slug, lock=True)
        if row is None:
            raise Refusal(404)
        check_match(NOUN.etag(change.vault, row))
        if given is None:
            old = fields_of(without_secrets(tenants.dump(change.vault, row)))
            given = parsed(TenantIn, merged(old, call.body), READ_ONLY)
        if given.tenant != row.slug and call.actor.role != "server":
            raise Refusal(403, "only a token for the whole server may give a tenant another slug")
        tenants.put(change, given, row)
        row_id = row.id
    return _told(call, row_id)


def _delete(call: Call) -> Reply:
    with call.changing() as change:
        row = tenants.find(change.session, call.path["tenant"], lock=True)
        if row is not None:
            check_match(NOUN.etag(change.vault, row))
            tenants.remove(change, row)
    return Reply(status=204)


def operations() -> Iterator[Operation]:
    """The operations of tenants."""
    verbs = Verbs("Tenant", title="tenant", tag=NOUN.tag, path="/tenants", one="tenant")
    whole = Body(schema=ref("TenantInput"), read=reads(TenantIn, READ_ONLY), example=dict(NOUN.example))
    yield verbs.list(
        says="Those that the token may see: all of them, or its own.",
        run=_list,
        query=arguments(TABLE, NOUN.filters, NOUN.fields),
    )
    yield verbs.create(
        says="Only with a token for the whole server.",
        run=_create,
        permission=Permission.SERVER_CHANGE,
        body=whole,
    )
    yield verbs.read(says="Secrets are not told.", run=lambda call: _told(call, call.scope.tenant.id))
    yield verbs.replace(run=_put, body=replace(whole, example={**whole.example, "tenant": "acme"}))
    yield verbs.change(run=_patch, body=patch_of("Tenant", {"name": "Acme Dental and Sons"}))
    yield verbs.remove(
        says="With everything that it has. Only with a token for the whole server.",
        run=_delete,
        permission=Permission.SERVER_CHANGE,
        may_be_gone=True,
    )
