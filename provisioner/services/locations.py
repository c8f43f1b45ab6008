"""Locations: physical addresses, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.errors import Problem
from provisioner.services.change import Change, Clash, Outcome, refuse
from provisioner.services.differences import compare
from provisioner.services.rows import Rows
from provisioner.services.schemas import LocationIn
from provisioner.store.tables import Device, Location, Tenant


def put(change: Change, tenant: Tenant, given: LocationIn, row: Location | None = None) -> Outcome:
    """Make a location so; ``row`` is the one to change, where its name changes too."""
    rows = change.rows(tenant)
    row = row or rows.locations.get(given.name)
    refuse(list(_clashes(rows, given, row)))
    old = dump(row) if row else None
    differences = compare(old, given)
    if given.default and (old is None or not old.default):
        _take_over_default(change, tenant)
    if row is None:
        row = Location(tenant_id=tenant.id, **_columns(given))
        change.add(row)
    elif differences:
        for name, value in _columns(given).items():
            setattr(row, name, value)
        change.breathe()
    rows.locations.put(row, [given.name])
    return change.note(tenant.id, f"location {given.name}", row, differences, None if old else "added")


def _clashes(rows: Rows, given: LocationIn, row: Location | None) -> Iterator[Problem]:
    if rows.locations.get(given.name) not in (None, row):
        yield Clash(field="name", message=f"{given.name} is already in use by another location")


def _take_over_default(change: Change, tenant: Tenant) -> None:
    """A tenant has one default location, and everything of it may stand there."""
    change.touch(Device.tenant_id == tenant.id)
    for other in change.rows(tenant).locations.all():
        if other.is_default:
            other.is_default = False
            change.note(tenant.id, f"location {other.name}", other, {"default": (True, False)})


def _columns(given: LocationIn) -> dict[str, object]:
    values = {name: getattr(given, name) for name in LocationIn.model_fields}
    return {"is_default" if name == "default" else name: value for name, value in values.items()}


def remove(change: Change, tenant: Tenant, row: Location) -> Outcome:
    """Remove a location; what used it falls back to its next one."""
    gone = change.note(tenant.id, f"location {row.name}", None, compare(dump(row), None), "removed")
    change.rows(tenant).locations.drop(row)
    change.delete(row)
    return gone


def dump(row: Location) -> LocationIn:
    """A stored location as it was given."""
    values = {name: getattr(row, name) for name in LocationIn.model_fields if name != "default"}
    return LocationIn.model_construct(**values, default=row.is_default)
