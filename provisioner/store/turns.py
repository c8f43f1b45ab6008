"""Who changes what the files of a tenant's devices show takes turns with everybody else who does.

PostgreSQL lets two transactions write at once, and neither sees what the other has not committed: one gives
a phone an extension, the other renames the extension and raises those that show it, of which it sees all but
this phone. The phone would go on with the old name. So each of them holds the tenant before it writes. It
writes the tenant's row as it is, and does not only lock it: a transaction that sees one state of the database
is ended by this where it looked before its turn. Phones that ask, pair and tell their firmware take no turn.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from provisioner.store.tables import (
    Button,
    ButtonTemplate,
    Device,
    DeviceLine,
    Extension,
    Location,
    LocationAssignment,
    Tenant,
)

Owner = type[ButtonTemplate] | type[Device] | type[Extension]
_PARTS: dict[type[object], dict[str, Owner]] = {
    Button: {"template_id": ButtonTemplate, "extension_id": Extension, "device_id": Device},
    DeviceLine: {"device_id": Device},
    LocationAssignment: {"extension_id": Extension},
}
"""Rows that name no tenant, and whose they are."""


def take(session: Session, rows: Iterable[object]) -> None:
    """Wait until nobody else changes the tenants of these rows, and let nobody until the transaction ends."""
    if session.get_bind().dialect.name == "sqlite":  # a writer is alone there
        return
    tenants: set[int] = set()
    owners: dict[Owner, set[int]] = {}
    for row in rows:
        if isinstance(row, Tenant):
            tenants.add(row.id)
        elif isinstance(row, ButtonTemplate | Device | Extension | Location):
            tenants.add(row.tenant_id)
        for column, owner in _PARTS.get(type(row), {}).items():
            owners.setdefault(owner, set()).add(getattr(row, column))
    clauses = [Tenant.id.in_(ids)] if (ids := sorted(filter(None, tenants))) else []
    for owner, named in owners.items():
        if known := sorted(filter(None, named)):  # a new part has none yet, but its owner is among the rows
            clauses.append(Tenant.id.in_(select(owner.tenant_id).where(owner.id.in_(known))))
    if clauses:
        session.connection().execute(update(Tenant).where(or_(*clauses)).values(uid=Tenant.uid))
