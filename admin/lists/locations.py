"""The locations page's table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, false, func, not_, or_, select, true

from admin.scope import Scope
from admin.tables import Column, Search, Table, contains
from admin.words import mark
from provisioner.addresses import Emergency, emergency_of
from provisioner.store.tables import Device, Location, LocationAssignment


def used() -> ColumnElement[bool]:
    """Whether a device or an extension is there."""
    return or_(
        exists().where(Device.location_id == Location.id), exists().where(LocationAssignment.location_id == Location.id)
    )


def leftover() -> ColumnElement[bool]:
    """Inactive, but still used."""
    return not_(Location.active) & used()


def _find(search: Search) -> Iterator[ColumnElement[bool]]:
    for word in search.words:
        columns = (Location.name, Location.city, Location.state, Location.street, Location.postal_code)
        yield or_(*(contains(column, word) for column in columns), func.lower(Location.country) == word.lower())
    for name, value in search.fields:
        if name == "is":
            known = {
                "active": Location.active == true(),
                "inactive": Location.active == false(),
                "leftover": leftover(),
            }
            yield known.get(value.lower(), false())
        else:
            yield contains(getattr(Location, name), value)


TABLE = Table(
    name="locations",
    key=Location.id,
    order="name",
    fields=("city", "state", "country", "is"),
    columns=(
        Column(key="name", title=mark("Name"), sort=(func.lower(Location.name),), lead=True),
        Column(key="city", title=mark("City"), sort=(func.lower(Location.city),)),
        Column(key="state", title=mark("State"), sort=(func.lower(Location.state),)),
        Column(key="country", title=mark("Country"), sort=(Location.country,)),
        Column(key="active", title=mark("Active"), sort=(Location.active,)),
    ),
    find=_find,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A location as the list shows it."""

    location: Location
    emergency: Emergency
    devices: int
    extensions: int


def rows(scope: Scope, keys: Sequence[int]) -> list[Row]:
    """The rows of these locations, in this order."""
    if not keys:
        return []
    found = {one.id: one for one in scope.session.scalars(scope.all(Location).where(Location.id.in_(keys)))}
    # The keys are the tenant's own, and so is what refers to them.
    devices, extensions = (
        _counts(scope, column, keys) for column in (Device.location_id, LocationAssignment.location_id)
    )
    return [
        Row(
            location=found[key],
            emergency=emergency_of(found[key]),
            devices=devices.get(key, 0),
            extensions=extensions.get(key, 0),
        )
        for key in keys
        if key in found
    ]


def _counts(scope: Scope, column: Any, keys: Sequence[int]) -> dict[int, int]:
    query = select(column, func.count()).where(column.in_(keys)).group_by(column)
    return {row[0]: row[1] for row in scope.session.execute(query)}
