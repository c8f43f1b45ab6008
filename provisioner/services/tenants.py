"""Tenants: customers, each with its own everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, object_session

from provisioner import neutral
from provisioner.errors import Problem
from provisioner.merge import generated_layer
from provisioner.profile import Origin
from provisioner.record import Layer
from provisioner.services import sealed
from provisioner.services.change import Change, Clash, Outcome, refuse
from provisioner.services.differences import compare
from provisioner.services.problems import parsed
from provisioner.services.rows import Known
from provisioner.services.schemas import TenantIn
from provisioner.store.tables import ButtonTemplate, Tenant
from provisioner.vault import Vault


def find(session: Session, slug: str, *, lock: bool = False) -> Tenant | None:
    """The tenant of a slug; with ``lock`` nobody else changes it until the transaction ends."""
    wanted = select(Tenant).where(Tenant.slug == slug)
    return session.scalars(wanted.with_for_update(key_share=True) if lock else wanted).one_or_none()


def check(known: Known, given: TenantIn) -> Iterator[Problem]:
    """What is wrong with it in its surroundings."""
    for pattern, name in given.default_templates.items():
        lacking = known.lacks("button_templates", name)
        if lacking:
            yield Problem(field=f"default_templates.{pattern}", message=lacking)


def put(change: Change, given: TenantIn, row: Tenant | None = None) -> Outcome:
    """Make a tenant so; the default templates of a new one can only be named once it has templates."""
    row = row or find(change.session, given.tenant)
    if row is None:
        return _add(change, given)
    twin = find(change.session, given.tenant)
    refuse([Clash(field="tenant", message=f"{given.tenant} is already in use")] if twin not in (None, row) else [])
    refuse(list(check(change.rows(row), given)))
    return _put_over(change, row, sealed.kept(given, dump(change.vault, row), ("http_password",)))


def set_fields(change: Change, row: Tenant, **fields: Any) -> Outcome:
    """Change these fields and leave the others as they are; what a field leaves out is gone.

    Other than in `put` a secret that is not in it does not stay. Raises Invalid.
    """
    old = dump(change.vault, row)
    given = parsed(TenantIn, {name: fields.get(name, getattr(old, name)) for name in TenantIn.model_fields})
    refuse(list(check(change.rows(row), given)))
    return _put_over(change, row, given)


def _put_over(change: Change, row: Tenant, given: TenantIn) -> Outcome:
    """Make a stored tenant exactly what is given."""
    old = dump(change.vault, row)
    differences = compare(old, given)
    if differences:
        _write(change, row, given)
    return change.note(row.id, f"tenant {given.tenant}", row, differences)


def layers(vault: Vault, row: Tenant) -> tuple[Layer, Layer]:
    """What is generated for a tenant, and the settings that it gives itself, which go over the server's."""
    given = dump(vault, row)
    values = neutral.flat({name: getattr(given, name) for name in neutral.SECTIONS})
    own = Layer(origin=Origin("tenant", row.slug), values=values, owners=given.owners)
    return generated_layer(vault.phone_password(row.uid)), own


def _add(change: Change, given: TenantIn) -> Outcome:
    refuse(
        [
            Problem(field=f"default_templates.{pattern}", message=f"a new tenant has no template {name[:60]!r} yet")
            for pattern, name in given.default_templates.items()
        ]
    )
    row = Tenant(slug=given.tenant)
    _write(change, row, given)
    change.add(row)
    change.flush()
    return change.note(row.id, f"tenant {given.tenant}", row, compare(None, given), "added")


def _write(change: Change, row: Tenant, given: TenantIn) -> None:
    row.slug, row.name, row.access = given.tenant, given.name, given.access
    row.networks, row.pairing_minutes = list(given.networks), given.pairing_minutes
    row.auto_add, row.http_auth, row.http_user = given.auto_add, given.http_auth, given.http_user
    _write_http_password(change.vault, row, given.http_password)
    row.default_templates = {
        pattern: change.id_of(change.rows(row).button_templates.get(name))
        for pattern, name in given.default_templates.items()
    }
    sealed.store(change.vault, row, given)
    change.breathe()


def _write_http_password(vault: Vault, row: Tenant, password: str | None) -> None:
    place = f"tenant/{row.uid}/http"
    if vault.open_sealed(place, row.sealed_http_password) != (password or ""):
        row.sealed_http_password = vault.seal(place, password) if password else None


def remove(change: Change, row: Tenant) -> Outcome:
    """Remove a tenant with all that it has."""
    change.flush()
    gone = change.note(None, f"tenant {row.slug}", None, compare(dump(change.vault, row), None), "removed")
    change.session.execute(delete(Tenant).where(Tenant.id == row.id), execution_options={"synchronize_session": False})
    change.session.expunge_all()
    return gone


def dump(vault: Vault, row: Tenant) -> TenantIn:
    """A stored tenant as it was given, secrets and all."""
    secret = sealed.opened(vault, row)
    return TenantIn.model_construct(
        tenant=row.slug,
        name=row.name,
        access=row.access,
        networks=tuple(row.networks),
        pairing_minutes=row.pairing_minutes,
        auto_add=row.auto_add,
        http_auth=row.http_auth,
        http_user=row.http_user,
        http_password=vault.open_sealed(f"tenant/{row.uid}/http", row.sealed_http_password) or None,
        default_templates=_default_templates(row),
        settings=secret.get("native", {}),
        **sealed.sections(row, secret, neutral.SECTIONS),
    )


def _default_templates(row: Tenant) -> dict[str, str]:
    session = object_session(row)
    if session is None or not row.default_templates:
        return {}
    wanted = select(ButtonTemplate.id, ButtonTemplate.name).where(ButtonTemplate.tenant_id == row.id)
    names = {found.id: found.name for found in session.execute(wanted)}
    return {pattern: names[one] for pattern, one in row.default_templates.items() if one in names}
