"""The extensions page's table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from admin.lists.devices import identity_of, key_of
from admin.scope import Scope
from admin.tables import Column, Search, Table, begins, contains
from admin.words import mark
from provisioner.store.tables import (
    ButtonTemplate,
    Device,
    DeviceLine,
    Extension,
    Location,
    LocationAssignment,
    User,
)

_assigned = aliased(LocationAssignment)
_location = aliased(Location)
_template = aliased(ButtonTemplate)
LOCATION = func.lower(_location.name)
"""What the location of an extension sorts by, in a query that `locations` joined."""
_used = (
    select(DeviceLine.extension_id, func.count().label("devices")).group_by(DeviceLine.extension_id).subquery("used")
)


def locations(query: Select[Any]) -> Select[Any]:
    """A query of extensions with the location of each beside it."""
    return query.outerjoin(_assigned, _assigned.extension_id == Extension.id).outerjoin(
        _location, _location.id == _assigned.location_id
    )


def _uses(query: Select[Any]) -> Select[Any]:
    return query.outerjoin(_used, _used.c.extension_id == Extension.id)


def _templates(query: Select[Any]) -> Select[Any]:
    return query.outerjoin(_template, _template.id == Extension.template_id)


def _find(search: Search) -> Iterator[ColumnElement[bool]]:
    for word in search.words:
        yield or_(
            begins(Extension.number, word),
            contains(Extension.name, word),
            contains(Extension.auth_user, word),
            Extension.id.in_(at_location(word)),
        )
    for name, value in search.fields:
        match name:
            case "location":
                yield Extension.id.in_(at_location(value))
            case "template":
                found = select(ButtonTemplate.id).where(contains(ButtonTemplate.name, value))
                yield Extension.template_id.in_(found)
            case _:
                used = select(DeviceLine.extension_id)
                yield Extension.id.in_(used) if value != "none" else Extension.id.not_in(used)


def at_location(text: str) -> Select[int]:
    """The extensions whose location has such a name."""
    return (
        select(LocationAssignment.extension_id)
        .join(Location, Location.id == LocationAssignment.location_id)
        .where(contains(Location.name, text))
    )


TABLE = Table(
    name="extensions",
    key=Extension.id,
    order="number",
    fields=("location", "template", "devices"),
    columns=(
        Column(key="number", title=mark("NUMBER"), sort=(func.length(Extension.number), Extension.number), lead=True),
        Column(key="name", title=mark("NAME"), sort=(func.lower(Extension.name),)),
        Column(key="devices", title=mark("DEVICES"), sort=(func.coalesce(_used.c.devices, 0),), join=_uses),
        Column(key="location", title=mark("LOCATION"), sort=(LOCATION,), join=locations),
        Column(key="template", title=mark("TEMPLATE"), sort=(func.lower(_template.name),), join=_templates),
        Column(key="voicemail", title=mark("VOICEMAIL"), sort=(func.coalesce(Extension.voicemail, ""),)),
    ),
    find=_find,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An extension as the list shows it; ``devices`` are key, identity and line."""

    id: int
    number: str
    name: str
    devices: tuple[tuple[str, str, int], ...]
    location: str
    is_location_active: bool
    template: str
    voicemail: str
    has_password: bool
    account: str


def rows(scope: Scope, keys: Sequence[int]) -> list[Row]:
    """The rows of these extensions, in this order."""
    if not keys:
        return []
    found = {
        one.id: one
        for one in scope.session.scalars(
            scope.all(Extension)
            .where(Extension.id.in_(keys))
            .options(
                joinedload(Extension.template),
                joinedload(Extension.assignment).joinedload(LocationAssignment.location),
            )
        )
    }
    devices = devices_of(scope, keys)
    users = {row.extension_id: row.name for row in _users(scope, keys)}
    return [_row(found[key], devices.get(key, []), users.get(key, "")) for key in keys if key in found]


def _users(scope: Scope, keys: Sequence[int]) -> Sequence[User]:
    return scope.session.scalars(scope.all(User).where(User.extension_id.in_(keys))).all()


def devices_of(scope: Scope, keys: Sequence[int]) -> dict[int, list[tuple[str, str, int]]]:
    """Where extensions ring: key, identity and line of each device."""
    lines: dict[int, list[tuple[str, str, int]]] = {}
    # An outer join begins at the lines of these extensions; an inner one SQLite begins at every device of the tenant.
    for extension_id, position, device in scope.session.execute(
        select(DeviceLine.extension_id, DeviceLine.position, Device)
        .outerjoin(Device, and_(Device.id == DeviceLine.device_id, scope.of(Device)))
        .where(DeviceLine.extension_id.in_(keys))
        .order_by(Device.mac, Device.id)
    ):
        if device is not None:
            lines.setdefault(extension_id, []).append((key_of(device), identity_of(device), position))
    return lines


def _row(extension: Extension, devices: list[tuple[str, str, int]], account: str) -> Row:
    location = extension.assignment.location if extension.assignment else None
    return Row(
        id=extension.id,
        number=extension.number,
        name=extension.name,
        devices=tuple(devices),
        location=location.name if location else "",
        is_location_active=location.active if location else True,
        template=extension.template.name if extension.template else "",
        voicemail=extension.voicemail or "",
        has_password=extension.sealed_password is not None,
        account=account,
    )
