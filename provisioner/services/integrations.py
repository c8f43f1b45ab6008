"""Integrations: other systems that a tenant names, and what connecting to them needs, sealed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner.errors import Problem
from provisioner.services.change import Change, Kind, Outcome, refuse
from provisioner.services.differences import CHANGED, NOT_SET, Differences
from provisioner.services.fields import Schema
from provisioner.store.tables import Integration, Tenant
from provisioner.vault import Vault

Status = Literal["connected", "oauth_only", "on_server", "not_on_server"]
Value = Annotated[str, Field(max_length=1024)]


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Another system; ``fields`` may be told, ``secret`` ones never."""

    identifier: str
    name: str
    category: str
    says: str
    sign_in: Literal["key", "oauth", "none"]
    fields: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


class IntegrationIn(Schema):
    """How a tenant connects to a system. What is left out of the configuration and secret keeps its stored value."""

    enabled: bool = True
    configuration: dict[str, Value] = Field(default_factory=dict)


class _Named(Schema):
    """What names its system; its field comes first."""

    identifier: str

    @field_validator("identifier")
    @classmethod
    def _is_known(cls, identifier: str) -> str:
        if identifier not in systems():
            raise ValueError(f"is no system that is known; known: {', '.join(systems())}")
        return identifier


class NamedIntegration(IntegrationIn, _Named):
    """The same with the system that it is about, as a site file has it."""


@cache
def systems() -> Mapping[str, System]:
    """Every system by its identifier."""
    text = resources.files("provisioner").joinpath("integrations.toml").read_text("utf-8")
    found = {}
    for category in tomllib.loads(text).values():
        title = category.pop("title")
        for identifier, told in category.items():
            fields, secret = (tuple(told.pop(name, ())) for name in ("fields", "secret"))
            found[identifier] = System(identifier=identifier, category=title, fields=fields, secret=secret, **told)
    return found


def rows(session: Session, tenant: Tenant) -> dict[str, Integration]:
    """What the tenant has stored, by identifier."""
    found = session.scalars(select(Integration).where(Integration.tenant_id == tenant.id))
    return {row.identifier: row for row in found}


def status(system: System, row: Integration | None, stored: Mapping[str, Any]) -> Status:
    """How a system stands, by what is ``stored`` of its configuration."""
    if row is not None and row.enabled and not lacking(system, stored):
        return "connected"
    stands: Mapping[str, Status] = {"key": "on_server", "oauth": "oauth_only", "none": "not_on_server"}
    return stands[system.sign_in]


def configuration(vault: Vault, row: Integration | None) -> dict[str, Any]:
    """What is stored, secrets and all."""
    return vault.open_json(_place(row), row.sealed_configuration) if row else {}


def lacking(system: System, stored: Mapping[str, Any]) -> list[str]:
    """The fields without which nobody can connect to a system."""
    return [name for name in (*system.fields, *system.secret) if name not in stored]


def _place(row: Integration) -> str:
    return f"integration/{row.uid}/configuration"


def put(
    change: Change, tenant: Tenant, system: System, given: IntegrationIn, *, secrets_may_follow: bool = False
) -> Outcome:
    """Connect to a system. Raises Invalid where it cannot be, or a field is missing or not one of its own.

    Where ``secrets_may_follow`` a missing secret is no mistake: until it is given there is no connection.
    """
    row = rows(change.session, tenant).get(system.identifier)
    old = configuration(change.vault, row)
    kept = {name: old[name] for name in system.secret if name in old}
    wanted = {**kept, **{name: value for name, value in given.configuration.items() if value}}
    refuse(_problems(system, wanted, may_lack=system.secret if secrets_may_follow else ()))
    differences = _differences(system, old, wanted)
    if row is None or row.enabled != given.enabled:
        differences["enabled"] = (row.enabled if row else NOT_SET, given.enabled)
    kind: Kind | None = None if row else "added"
    if row is None:
        row = Integration(tenant_id=tenant.id, identifier=system.identifier)
        change.session.add(row)
    row.enabled = given.enabled
    if old != wanted:
        row.sealed_configuration = change.vault.seal_json(_place(row), wanted)
    change.session.flush()
    return change.note(tenant.id, f"integration {system.identifier}", row, differences, kind)


def _problems(system: System, wanted: Mapping[str, str], may_lack: Sequence[str]) -> Sequence[Problem]:
    if system.sign_in != "key":
        how = "only by OAuth, at the system itself" if system.sign_in == "oauth" else "not from this server"
        return [Problem(field="configuration", message=f"{system.name} is connected {how}")]
    known = (*system.fields, *system.secret)
    unknown = [
        Problem(field=f"configuration.{name[:60]}", message=f"is no field of {system.name}; it has {', '.join(known)}")
        for name in wanted
        if name not in known
    ]
    missing = [
        Problem(field=f"configuration.{name}", message="is missing")
        for name in lacking(system, wanted)
        if name not in may_lack
    ]
    return [*unknown, *missing]


def check(_known: object, given: NamedIntegration) -> Iterator[Problem]:
    """What is wrong with an integration of a site file, but for secrets, which may be stored already."""
    system = systems()[given.identifier]
    wanted = {name: value for name, value in given.configuration.items() if value}
    yield from _problems(system, wanted, may_lack=system.secret)


def _differences(system: System, old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name in (*system.fields, *system.secret):
        if old.get(name) != new.get(name):
            hidden = name in system.secret
            found[f"configuration.{name}"] = (
                (CHANGED, CHANGED) if hidden else (old.get(name, NOT_SET), new.get(name, NOT_SET))
            )
    return found


def remove(change: Change, tenant: Tenant, row: Integration) -> Outcome:
    """Forget how to connect to a system."""
    told: Differences = {"enabled": (row.enabled, NOT_SET)}
    change.session.delete(row)
    change.session.flush()
    return change.note(tenant.id, f"integration {row.identifier}", None, told, "removed")


def dump(vault: Vault, row: Integration, *, secrets: bool) -> NamedIntegration:
    """A stored integration as it was given."""
    stored = configuration(vault, row)
    shown = {name: value for name, value in stored.items() if secrets or name in systems()[row.identifier].fields}
    return NamedIntegration.model_construct(identifier=row.identifier, enabled=row.enabled, configuration=shown)
