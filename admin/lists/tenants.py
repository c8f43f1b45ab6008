"""The table of tenants, and how much each has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from admin.tables import Column, Search, Table, contains
from admin.words import mark
from provisioner.store.tables import Device, Extension, Location, Tenant, User


def _find(search: Search) -> Iterator[ColumnElement[bool]]:
    for word in search.words:
        yield or_(contains(Tenant.slug, word), contains(Tenant.name, word))


TABLE = Table(
    name="tenants",
    key=Tenant.id,
    order="tenant",
    columns=(
        Column(key="tenant", title=mark("TENANT"), sort=(Tenant.slug,), lead=True),
        Column(key="name", title=mark("NAME"), sort=(func.lower(Tenant.name),)),
    ),
    find=_find,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much a tenant has."""

    devices: int
    extensions: int
    locations: int
    users: int


_COUNTED: Mapping[str, type[Device] | type[Extension] | type[Location] | type[User]] = {
    "devices": Device,
    "extensions": Extension,
    "locations": Location,
    "users": User,
}


def counts(session: Session, tenants: Sequence[int]) -> Mapping[int, Counts]:
    """How much each of these tenants has: one statement."""
    columns = [
        select(func.count()).select_from(row).where(row.tenant_id == Tenant.id).scalar_subquery().label(name)
        for name, row in _COUNTED.items()
    ]
    found = session.execute(select(Tenant.id, *columns).where(Tenant.id.in_(tenants)))
    return {one.id: Counts(**{name: getattr(one, name) for name in _COUNTED}) for one in found}
