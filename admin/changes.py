"""The portal's way to the services: forms become schemas, and every change names who made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g, request
from sqlalchemy.orm import Session

from admin.scope import Scope, server
from admin.words import _
from provisioner.answer import Provisioner
from provisioner.errors import Invalid, Problem
from provisioner.services import devices
from provisioner.services.change import Change, Outcome
from provisioner.services.problems import parsed
from provisioner.services.schemas import DeviceIn
from provisioner.store.tables import Audit, Device, Tenant

__all__ = ["as_read", "change_of", "changing", "check_as_read", "edit_device", "note", "parsed", "state_of"]


@contextmanager
def changing(scope: Scope) -> Iterator[tuple[Change, Tenant]]:
    """One transaction of the viewer at the tenant. Raises Invalid with what is to be mended."""
    names_tenants = scope.viewer.role == "server"
    with (
        scope.provisioner.database.writing() as session,
        change_of(scope.provisioner, session, scope.viewer.name, names_tenants=names_tenants) as change,
    ):
        yield change, session.get_one(Tenant, scope.tenant.id)


def change_of(provisioner: Provisioner, session: Session, actor: str, *, names_tenants: bool = False) -> Change:
    """A change in a transaction that is under way."""
    return Change(session, provisioner.vault, actor, names_tenants=names_tenants, clock=provisioner.clock)


def edit_device(change: Change, tenant: Tenant, row: Device, **values: Any) -> Outcome:
    """Change these fields of a device and leave the others as they are. Raises Invalid."""
    old = devices.dump(change.vault, row)
    fields = {name: getattr(old, name) for name in DeviceIn.model_fields}
    return devices.put(change, tenant, parsed(DeviceIn, {**fields, **values}), row)


def state_of(stored: object) -> str:
    """Tells two states of what a form shows apart; with a key, for some of it may be hidden from who reads the page."""
    return server().vault.keyed_digest(repr(stored).encode())[:16]


def as_read(stored: object) -> str:
    """The state that the form of this request was made from, through all its steps; at first that of what is stored."""
    told: str = g.get("as_read") or request.form.get("as_read", "")[:16]
    return told or state_of(stored)


def check_as_read(stored: object) -> None:
    """Raises Invalid where somebody changed what is stored since the form was made; who sends it once more was told."""
    now = state_of(stored)
    if request.form.get("as_read", now) != now:
        g.as_read = now
        says = _(
            "Somebody else changed this since you opened the page, and nothing of yours was saved. "
            "Save once more where yours is to take the place of theirs."
        )
        raise Invalid([Problem(field="", message=says)])


def note(session: Session, scope: Scope, action: str, subject: str, changes: dict[str, Any]) -> None:
    """One line of the audit log, for what no service writes down."""
    session.add(
        Audit(actor=scope.viewer.name, tenant_id=scope.tenant.id, action=action, subject=subject, changes=changes)
    )
