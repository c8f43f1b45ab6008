"""The rows that a device's files depend on, in three SELECTs that are compiled once.

They run on the connection of a session, within its transaction, and come back as named tuples with the
names of the columns: a file that nobody asked for before costs no objects of the ORM.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, bindparam, cast, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from provisioner.store.quick import QuickRows
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

Row = Any
"""A named tuple of some columns of a table."""

_TENANT = ("uid", "slug", "name", "settings", "owners", "default_templates", "sealed_settings", "http_auth")
_DEVICE = (
    "id", "uid", "public_id", "tenant_id", "mac", "vendor", "model", "name", "template_id", "expansion_modules",
    "settings", "owners", "sealed_settings", "firmware", "generation",
)  # fmt: skip
_LOCATION = (
    "name", "street", "house_number", "floor", "room", "city", "state", "postal_code", "country", "timezone",
    "language", "tone_country", "outbound_proxy", "emergency_number", "emergency_callback", "elin",
)  # fmt: skip
_MEMBER = ("id", "mac", "name", "ipei", "slot")
_EXTENSION = (
    "id", "uid", "number", "name", "auth_user", "sealed_password", "voicemail", "template_id", "settings", "owners",
)  # fmt: skip
_PLACE = ("template_id", "extension_id", "device_id", "id", "position")
_CONTENT = ("slot", "name", "mode", "value", "label", "account", "pickup", "fixed")
_BUTTON = (*_PLACE, *_CONTENT)


_tuple_of: Any = namedtuple  # its names are not literals here


class _Part:
    """Some columns of a table in a statement, and the tuple that they make."""

    def __init__(self, source: Any, names: Sequence[str]) -> None:
        self.columns = [getattr(source, name) for name in names]
        self._make = _tuple_of("Row", names)._make

    def of(self, row: Sequence[Any], start: int = 0) -> Row:
        """The tuple that begins there."""
        return self._make(row[start : start + len(self.columns)])

    def joined(self, row: Sequence[Any], start: int) -> Row | None:
        """The same, None where an outer join found nothing and the first column, which is never empty, is."""
        return None if row[start] is None else self.of(row, start)


_BASE = aliased(Device)
_DEFAULT = aliased(Location)
_device, _tenant, _own = _Part(Device, _DEVICE), _Part(Tenant, _TENANT), _Part(Location, _LOCATION)
_fallback = _Part(_DEFAULT, _LOCATION)
_SUBJECT = QuickRows(
    select(*_device.columns, *_tenant.columns, *_own.columns, *_fallback.columns, _BASE.mac)
    .join(Tenant, Tenant.id == Device.tenant_id)
    .outerjoin(Location, Location.id == Device.location_id)
    .outerjoin(_BASE, _BASE.id == Device.base_id)
    .outerjoin(_DEFAULT, (_DEFAULT.tenant_id == Device.tenant_id) & _DEFAULT.is_default)
    .where(Device.id == bindparam("device"))
    .order_by(_DEFAULT.id)
)

_MINE = or_(Device.id == bindparam("device"), Device.base_id == bindparam("device"))
_member, _extension, _assigned = _Part(Device, _MEMBER), _Part(Extension, _EXTENSION), _Part(Location, _LOCATION)
_FAMILY = QuickRows(
    select(*_member.columns, *_extension.columns, *_assigned.columns)
    .outerjoin(DeviceLine, DeviceLine.device_id == Device.id)
    .outerjoin(Extension, Extension.id == DeviceLine.extension_id)
    .outerjoin(LocationAssignment, LocationAssignment.extension_id == Extension.id)
    .outerjoin(Location, Location.id == LocationAssignment.location_id)
    .where(_MINE)
    .order_by(Device.slot, Device.id, DeviceLine.position)
)

_place, _content = _Part(Button, _PLACE), _Part(Button, _CONTENT)
_template = namedtuple("_template", ("id", "uid", "name", "models", "sealed_settings"))


@dataclass(frozen=True, slots=True)
class Subject:
    """A device with what belongs to it alone; ``locations`` are its own and the tenant's default."""

    device: Row
    tenant: Row
    location: Row | None
    default_location: Row | None
    base_mac: str | None


@dataclass(frozen=True, slots=True)
class Family:
    """The handsets and further bases of a base, and the extensions of all of them, by device.

    ``locations`` are those that extensions are assigned to, by the extension's id.
    """

    members: list[Row]
    lines: Mapping[int, list[Row]]
    locations: Mapping[int, Row]


@dataclass(slots=True)
class Buttons:
    """What buttons say by what they belong to, and the templates by id, those without a button as well."""

    rows: dict[tuple[str, int], list[Row]] = field(default_factory=dict)
    templates: dict[int, Row] = field(default_factory=dict)


def subject(session: Session, device_id: int) -> Subject | None:
    """The device, None when it is gone."""
    found = _SUBJECT(session, device=device_id)
    if not found:
        return None
    row, at = found[0], len(_DEVICE)
    tenant = _tenant.of(row, at)
    own = _own.joined(row, at + len(_TENANT))
    fallback = _fallback.joined(row, at + len(_TENANT) + len(_LOCATION))
    return Subject(_device.of(row), tenant, own, fallback, row[-1])


def family(session: Session, device_id: int) -> Family:
    """Whom the device's files speak for."""
    members: dict[int, Row] = {}
    lines: dict[int, list[Row]] = {}
    locations: dict[int, Row] = {}
    for row in _FAMILY(session, device=device_id):
        member = _member.of(row)
        extension = _extension.joined(row, len(_MEMBER))
        if member.id != device_id:
            members[member.id] = member
        if extension is not None:
            lines.setdefault(member.id, []).append(extension)
            location = _assigned.joined(row, len(_MEMBER) + len(_EXTENSION))
            if location is not None:
                locations[extension.id] = location
    return Family(list(members.values()), lines, locations)


def buttons(session: Session, device_id: int, template_ids: Iterable[int]) -> Buttons:
    """The buttons of the device, of all its extensions and of these templates."""
    wanted = list(dict.fromkeys(template_ids)) or [0]
    named = {f"template_{n}": template_id for n, template_id in enumerate(wanted)}
    found = Buttons()
    for row in _buttons(len(wanted))(session, device=device_id, **named):
        place, content, uid = _place.of(row), _content.of(row, len(_PLACE)), row[len(_BUTTON)]
        if uid is None:
            found.rows.setdefault(_owner(place), []).append(content)
        else:
            found.templates[place.template_id] = _template(place.template_id, uid, content.name, *row[-2:])
    return found


def _owner(place: Row) -> tuple[str, int]:
    if place.template_id is not None:
        return "template", place.template_id
    if place.extension_id is not None:
        return "extension", place.extension_id
    return "device", place.device_id


@cache
def _buttons(templates: int) -> QuickRows:
    """Buttons, and the templates themselves as rows with a ``uid``, so that one without buttons is there too."""
    wanted: list[Any] = [bindparam(f"template_{n}") for n in range(templates)]
    extensions = select(DeviceLine.extension_id).join(Device, Device.id == DeviceLine.device_id).where(_MINE)
    of_buttons: Any = select(
        *_place.columns, *_content.columns, cast(null(), String).label("uid"), cast(null(), JSON).label("models"),
        cast(null(), LargeBinary).label("sealed"),
    ).where(
        or_(
            Button.device_id == bindparam("device"),
            Button.extension_id.in_(extensions),
            Button.template_id.in_(wanted),
        )
    )  # fmt: skip
    plain = {"template_id": ButtonTemplate.id, "name": ButtonTemplate.name, "fixed": literal(False)}
    texts = dict.fromkeys(("slot", "mode", "value", "label"), literal(""))
    numbers = {"id": literal(0), "position": literal(-1)}
    empty = {name: cast(null(), getattr(Button, name).type) for name in _BUTTON}
    columns = {**empty, **plain, **texts, **numbers}
    of_templates: Any = select(
        *(columns[name].label(name) for name in _BUTTON),
        ButtonTemplate.uid,
        ButtonTemplate.models,
        ButtonTemplate.sealed_settings,
    ).where(ButtonTemplate.id.in_(wanted))
    return QuickRows(union_all(of_buttons, of_templates).order_by("position", "id"))
