"""User page control and integrations: fixed lists of the server, of each of which a tenant says its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from admin.access import Permission
from admin.api.bodies import object_of, reads
from admin.api.call import Call
from admin.api.given import FeatureIn
from admin.api.lists import PAGES, items_of, page_of
from admin.api.noun import check_match, etag_of
from admin.api.operations import JSON, MERGE_PATCH, Body, Operation, Parameter, Reply, ref, table
from admin.api.problems import Refusal
from admin.api.schemas import TEXT
from admin.api.verbs import Verbs
from provisioner.errors import Invalid, Problem
from provisioner.services import integrations, user_page
from provisioner.services.change import Change
from provisioner.services.integrations import IntegrationIn, System
from provisioner.services.user_page import STATES, Feature, State
from provisioner.store.tables import Integration, Tenant
from provisioner.vault import Vault


def _page(call: Call, items: list[dict[str, Any]]) -> Reply:
    """A page of what the query's words and filters find."""
    query = call.query
    words = query.get("q", "").lower().split()
    found = [
        item
        for item in items
        if all(word in " ".join(map(str, item.values())).lower() for word in words)
        and all(item[name] == query[name] for name in ("section", "category", "status") if name in query)
    ]
    return page_of(call, found)


# --- user page control


def _feature(feature: Feature, state: str) -> dict[str, Any]:
    return {
        "id": feature.key,
        "key": feature.key,
        "section": feature.section,
        "label": feature.label,
        "state": state,
        "default": feature.default,
    }


def _features(call: Call) -> Reply:
    states = user_page.states(call.session, call.scope.tenant)
    return _page(call, [_feature(feature, states[key]) for key, feature in user_page.features().items()])


def _feature_at(call: Call) -> Feature:
    feature = user_page.features().get(call.path["feature"])
    if feature is None:
        raise Refusal(404)
    return feature


def _read_feature(call: Call) -> Reply:
    feature = _feature_at(call)
    told = _feature(feature, user_page.states(call.session, call.scope.tenant)[feature.key])
    return Reply(value=told, headers={"ETag": etag_of(told)})


def _set_feature(call: Call) -> Reply:
    feature = _feature_at(call)
    with call.changing_here() as (change, tenant):
        check_match(etag_of(_feature(feature, user_page.states(change.session, tenant)[feature.key])))
        user_page.put(change, tenant, {feature.key: call.body.state})
    return _read_feature(call)


def _set_features(call: Call) -> Reply:
    wanted: dict[str, State] = {key: "default" if state is None else state for key, state in call.body.items()}
    wrong = [key for key, state in wanted.items() if state not in STATES]
    if wrong:
        raise Invalid([Problem(field=key[:60], message=f"write one of {', '.join(STATES)}") for key in wrong])
    with call.changing_here() as (change, tenant):
        user_page.put(change, tenant, wanted)
    return _features(call)


# --- integrations


def _integration(vault: Vault, system: System, row: Integration | None) -> dict[str, Any]:
    stored = integrations.configuration(vault, row)
    return {
        "id": system.identifier,
        "identifier": system.identifier,
        "name": system.name,
        "description": system.says,
        "category": system.category,
        "status": integrations.status(system, row, stored),
        "sign_in": system.sign_in,
        "fields": list(system.fields),
        "secret_fields": list(system.secret),
        "enabled": bool(row and row.enabled),
        "configuration": {name: stored[name] for name in system.fields if name in stored},
        "configured": sorted(stored),
    }


def _integrations(call: Call) -> Reply:
    rows = integrations.rows(call.session, call.scope.tenant)
    vault = call.provisioner.vault
    return _page(call, [_integration(vault, one, rows.get(name)) for name, one in integrations.systems().items()])


def _system_at(call: Call) -> System:
    system = integrations.systems().get(call.path["integration"])
    if system is None:
        raise Refusal(404)
    return system


def _read_integration(call: Call) -> Reply:
    system = _system_at(call)
    row = integrations.rows(call.session, call.scope.tenant).get(system.identifier)
    told = _integration(call.provisioner.vault, system, row)
    return Reply(value=told, headers={"ETag": _etag(told, row)})


def _etag(told: dict[str, Any], row: Integration | None) -> str:
    """The sealed bytes are others after each change, also of a secret."""
    sealed = bytes(row.sealed_configuration) if row and row.sealed_configuration else b""
    return etag_of([told, hashlib.sha256(sealed).hexdigest()])


def _stored(change: Change, tenant: Tenant, system: System) -> Integration | None:
    """The row, once the caller is known to mean its present state."""
    row = integrations.rows(change.session, tenant).get(system.identifier)
    check_match(_etag(_integration(change.vault, system, row), row))
    return row


def _set_integration(call: Call) -> Reply:
    system = _system_at(call)
    with call.changing_here() as (change, tenant):
        _stored(change, tenant, system)
        integrations.put(change, tenant, system, call.body)
    return _read_integration(call)


def _forget_integration(call: Call) -> Reply:
    system = integrations.systems().get(call.path["integration"])
    if system is not None:
        with call.changing_here() as (change, tenant):
            row = _stored(change, tenant, system)
            if row is not None:
                integrations.remove(change, tenant, row)
    return Reply(status=204)


_STATE = {"type": "string", "enum": list(STATES)}
_TEXTS = {"type": "array", "items": TEXT}
SCHEMA = {
    "Feature": table(
        id=TEXT, key=TEXT, section=TEXT, label=TEXT, state=_STATE, default={"type": "string", "enum": ["on", "off"]}
    ),
    "Integration": table(
        id=TEXT,
        identifier=TEXT,
        name=TEXT,
        description=TEXT,
        category=TEXT,
        status={"type": "string", "enum": ["connected", "oauth_only", "on_server", "not_on_server"]},
        sign_in={"type": "string", "enum": ["key", "oauth", "none"]},
        fields=_TEXTS,
        secret_fields=_TEXTS,
        enabled={"type": "boolean"},
        configuration={"type": "object", "additionalProperties": TEXT},
        configured=_TEXTS,
    ),
}


def operations() -> Iterator[Operation]:
    """The operations of both."""
    yield from _of_features()
    yield from _of_integrations()


_WORDS = Parameter(name="q", says="Words to search for.")


def _of_features() -> Iterator[Operation]:
    path = "/tenants/{tenant}/user-page-control"
    verbs = Verbs("Feature", title="feature", tag="User page control", path=path, one="feature")
    listed = {200: items_of(ref("Feature"))}
    yield verbs.list(
        title="List what users see on their page",
        says="Each feature with its section, and whether it is on, off or as by default.",
        run=_features,
        query=(_WORDS, Parameter(name="section", says="Only of this section."), *PAGES),
        answers=listed,
        texts=(),
    )
    yield Operation(
        name="changeFeatures",
        method="PATCH",
        path=path,
        tag="User page control",
        permission=Permission.TENANT_CHANGE,
        title="Turn several features on or off",
        says="Keys and their states; `null` is the default. Those that are not named stay.",
        run=_set_features,
        query=PAGES,
        body=Body(
            schema={"type": "object", "additionalProperties": {"type": ["string", "null"]}},
            read=object_of,
            example={"appexts": "on", "appremotedial": "off", "dnd": None},
            media_types=(MERGE_PATCH, JSON),
        ),
        answers=listed,
    )
    yield verbs.read(says="By its key.", run=_read_feature)
    yield verbs.replace(
        title="Turn a feature on or off",
        says="Or leave it at its default.",
        run=_set_feature,
        body=Body(
            schema=ref("FeatureInput"),
            read=reads(FeatureIn, dict.fromkeys(("id", "key", "section", "label", "default"))),
            example={"state": "on"},
        ),
        refuses=(412,),
    )


def _of_integrations() -> Iterator[Operation]:
    path = "/tenants/{tenant}/integrations"
    verbs = Verbs("Integration", title="integration", tag="Integrations", path=path, one="integration")
    yield verbs.list(
        says="Every system that is known, with its status at this tenant.",
        run=_integrations,
        query=(
            _WORDS,
            Parameter(name="category", says="Only of this category."),
            Parameter(name="status", says="Only of this status."),
            *PAGES,
        ),
        answers={200: items_of(ref("Integration"))},
        texts=(),
    )
    yield verbs.read(
        says="Secrets are not told; `configured` names the fields that are set.",
        run=_read_integration,
    )
    yield verbs.replace(
        title="Connect to a system",
        says="Secrets that are left out stay.",
        run=_set_integration,
        body=Body(
            schema=ref("IntegrationInput"),
            read=reads(IntegrationIn, _TOLD_ALONE),
            example={
                "configuration": {"domain": "acme", "user": "agent@acme.example", "api_token": "a-helpdesk-secret"}
            },
        ),
        refuses=(412,),
    )
    yield verbs.remove(
        title="Forget how to connect to a system",
        says="Also when it was not known.",
        run=_forget_integration,
    )


_TOLD_ALONE = dict.fromkeys(set(SCHEMA["Integration"]["properties"]) - {"enabled", "configuration"})
