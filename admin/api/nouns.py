"""The nouns of a tenant: extensions, locations, button templates, devices and webhooks, each as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from admin.api.noun import Flag, Noun, Shown
from admin.api.operations import table
from admin.api.schemas import TEXT_OR_NULL, TIME
from admin.lists import button_templates as template_list
from admin.lists import devices as device_list
from admin.lists import extensions as extension_list
from admin.lists import locations as location_list
from admin.scope import Scope
from admin.tables import Column, Search, Table, begins, contains
from provisioner.services import devices, extensions, locations, templates, webhooks
from provisioner.services.rows import sliced
from provisioner.services.schemas import DeviceIn, ExtensionIn, LocationIn, TemplateIn, WebhookIn
from provisioner.store.tables import (
    ButtonTemplate,
    Device,
    DeviceLine,
    Extension,
    Location,
    LocationAssignment,
    Seen,
    Webhook,
)
from provisioner.values import Ipei, Mac

Where = ColumnElement[bool]
TEXT_ID: Mapping[str, Any] = {"type": "string"}
NUMBER_ID: Mapping[str, Any] = {"type": "integer"}


def _by_id_or(row: Any, column: Any) -> Callable[[str], Where | None]:
    """An address has the id, or the name where that is no number."""

    def find(text: str) -> Where | None:
        if text.isascii() and text.isdecimal():
            return row.id == int(text) if len(text) < 10 else None
        found: Where | None = column == text if column is not None else None
        return found

    return find


def _is(column: Any) -> Callable[[str], Where]:
    return lambda text: func.lower(column) == text.lower()


def _exactly(column: Any) -> Callable[[str], Where]:
    return lambda text: column == text


def _name(_given: Any) -> str:
    return "name"


def _referred(key: Any, row: Any, name: Any) -> Callable[[str], Where]:
    """Rows whose reference leads to a row of exactly this name."""
    return lambda text: key.in_(select(row.id).where(func.lower(name) == text.lower()))


EXTENSIONS = Noun(
    path="extensions",
    title="extension",
    tag="Extensions",
    schema=ExtensionIn,
    row=Extension,
    identity=TEXT_ID,
    find=_exactly(Extension.number),
    id_of=lambda row: str(row.number),
    twin=lambda rows, given: rows.extensions.get(given.number),
    name_field=lambda _given: "number",
    put=extensions.put,
    remove=extensions.remove,
    dump=extensions.dump,
    table=extension_list.TABLE,
    filters={
        "number": _exactly(Extension.number),
        "name": _is(Extension.name),
        "template": _referred(Extension.template_id, ButtonTemplate, ButtonTemplate.name),
        "location": lambda text: Extension.id.in_(
            select(LocationAssignment.extension_id).join(Location).where(func.lower(Location.name) == text.lower())
        ),
    },
    options=(
        joinedload(Extension.template),
        joinedload(Extension.assignment).joinedload(LocationAssignment.location),
        selectinload(Extension.buttons),
    ),
    example={"number": "150", "name": "Lab", "password": "a-long-secret", "voicemail": "*97"},
    patch={"name": "Laboratory"},
)

LOCATIONS = Noun(
    path="locations",
    title="location",
    tag="Locations",
    schema=LocationIn,
    row=Location,
    identity=NUMBER_ID,
    find=_by_id_or(Location, Location.name),
    id_of=lambda row: int(row.id),
    twin=lambda rows, given: rows.locations.get(given.name),
    name_field=_name,
    put=locations.put,
    remove=locations.remove,
    dump=lambda _vault, row: locations.dump(row),
    table=location_list.TABLE,
    filters={
        "name": _is(Location.name),
        "city": _is(Location.city),
        "state": _is(Location.state),
        "country": _is(Location.country),
        "active": Flag(Location.active),
    },
    example={
        "name": "Annex",
        "street": "Lake St",
        "house_number": "12",
        "city": "Chicago",
        "state": "IL",
        "postal_code": "60601",
        "country": "US",
        "timezone": "America/Chicago",
        "emergency_number": "911",
    },
    patch={"room": "3.14"},
)

BUTTON_TEMPLATES = Noun(
    path="button-templates",
    title="button template",
    tag="Button templates",
    schema=TemplateIn,
    row=ButtonTemplate,
    identity=NUMBER_ID,
    find=_by_id_or(ButtonTemplate, ButtonTemplate.name),
    id_of=lambda row: int(row.id),
    twin=lambda rows, given: rows.button_templates.get(given.name),
    name_field=_name,
    put=templates.put,
    remove=templates.remove,
    dump=templates.dump,
    table=template_list.TABLE,
    filters={"name": _is(ButtonTemplate.name)},
    options=(selectinload(ButtonTemplate.buttons),),
    example={
        "name": "Lab desk",
        "models": ["yealink/T4*"],
        "buttons": [
            {"slot": "line:1", "mode": "line", "value": "1", "label": "{name}"},
            {"slot": "line:2", "mode": "speed-dial", "value": "+13125550123", "label": "Gate"},
        ],
    },
    patch={"models": ["yealink/T4*", "yealink/T5*"]},
)


def device_key(text: str) -> tuple[Any, str | int] | None:
    """The column and value of a MAC or IPEI in any spelling, or of a handset that has neither."""
    if text.startswith("handset-") and text[8:].isdecimal() and len(text) < 18:
        return Device.id, int(text[8:])
    for kind, column in ((Mac, Device.mac), (Ipei, Device.ipei)):
        try:
            return column, kind.parse(text).hex
        except ValueError:
            continue
    return None


def find_device(text: str) -> Where | None:
    """The clause of a device's name, None for what can be none."""
    key = device_key(text)
    return key[0] == key[1] if key else None


def devices_named(session: Session, names: Sequence[str], mine: Where) -> dict[str, Device]:
    """The devices that these names mean, among those of the clause, however many names there are."""
    keys = {name: key for name in names if (key := device_key(name)) is not None}
    found: dict[tuple[str, str | int], Device] = {}
    for column in (Device.mac, Device.ipei, Device.id):
        values = {value for wanted, value in keys.values() if wanted is column}
        for part in sliced(list(values)):
            query = select(Device).where(column.in_(part), mine).options(joinedload(Device.base))
            found |= {(column.key, getattr(row, column.key)): row for row in session.scalars(query)}
    return {name: found[column.key, value] for name, (column, value) in keys.items() if (column.key, value) in found}


def _identity(column: Any, kind: type[Mac] | type[Ipei]) -> Callable[[str], Where]:
    def find(text: str) -> Where:
        try:
            found: Where = column == kind.parse(text).hex
        except ValueError:
            return false()
        return found

    return find


def _on_base(text: str) -> Where:
    return Device.base_id.in_(select(Device.id).where(_identity(Device.mac, Mac)(text)))


def _rings(text: str) -> Where:
    lines = select(DeviceLine.device_id).join(Extension, Extension.id == DeviceLine.extension_id)
    return Device.id.in_(lines.where(Extension.number == text))


def _seen_at(text: str) -> Where:
    return Device.id.in_(select(Seen.device_id).where(Seen.address == text))


def _in_state(text: str) -> Where:
    return and_(*device_list.TABLE.find(Search(fields=(("pairing", text),))))


PAIRING = table(
    state={"type": "string", "enum": ["closed", "open", "paired", "blocked"]},
    open_until=TIME,
    paired_at=TIME,
    paired_address=TEXT_OR_NULL,
)


def _about_devices(scope: Scope, rows: Sequence[Device]) -> Mapping[int, Shown]:
    """What a device did, as far as we saw."""
    gates = {row.id: row.base if row.mac is None and row.base else row for row in rows}
    query = select(Seen).where(scope.of(Seen), Seen.device_id.in_({gate.id for gate in gates.values()}))
    seen = {one.device_id: one for one in scope.session.scalars(query)} if rows else {}
    at = scope.provisioner.clock()
    return {row.id: _about(row, gates[row.id], seen.get(gates[row.id].id), at) for row in rows}


def _about(row: Device, gate: Device, seen: Seen | None, at: Any) -> Shown:
    state, until = device_list.pairing_of(row, at)
    return {
        "pairing": {
            "state": state,
            "open_until": until,
            "paired_at": gate.paired_at,
            "paired_address": gate.paired_address,
        },
        "version": row.firmware,
        "revision": gate.revision,
        "address": seen.address if seen else None,
        "user_agent": seen.user_agent if seen else None,
        "seen_at": seen.at if seen else None,
        "served_at": seen.served_at if seen else None,
    }


DEVICES = Noun(
    path="devices",
    title="device",
    tag="Devices",
    schema=DeviceIn,
    row=Device,
    identity=TEXT_ID,
    find=find_device,
    id_of=device_list.key_of,
    twin=devices.find,
    name_field=lambda given: "mac" if given.mac else "ipei" if given.ipei else "slot",
    put=devices.put,
    remove=lambda change, tenant, row: devices.remove(change, tenant, [row]),
    dump=devices.dump,
    table=device_list.TABLE,
    filters={
        "mac": _identity(Device.mac, Mac),
        "ipei": _identity(Device.ipei, Ipei),
        "base": _on_base,
        "name": _is(Device.name),
        "vendor": _is(Device.vendor),
        "model": _is(Device.model),
        "version": _exactly(Device.firmware),
        "serial": _exactly(Device.serial),
        "address": _seen_at,
        "extension": _rings,
        "pairing": _in_state,
        "template": _referred(Device.template_id, ButtonTemplate, ButtonTemplate.name),
        "location": _referred(Device.location_id, Location, Location.name),
    },
    more=_about_devices,
    more_schema={
        "pairing": PAIRING,
        "version": TEXT_OR_NULL,
        "revision": {"type": "integer"},
        "address": TEXT_OR_NULL,
        "user_agent": TEXT_OR_NULL,
        "seen_at": TIME,
        "served_at": TIME,
    },
    options=(
        joinedload(Device.template),
        joinedload(Device.location),
        joinedload(Device.base),
        selectinload(Device.lines).joinedload(DeviceLine.extension),
        selectinload(Device.buttons),
    ),
    example={"mac": "80:5e:c0:77:00:01", "model": "T46U", "name": "Lab", "extensions": ["100"]},
    patch={"name": "Lab bench", "sip": {"port": 5061}},
)


def _find_webhooks(search: Search) -> Iterator[Where]:
    for word in search.words:
        yield or_(begins(Webhook.event, word), contains(Webhook.url, word))


WEBHOOKS = Noun(
    path="webhooks",
    title="webhook",
    tag="Webhooks",
    schema=WebhookIn,
    row=Webhook,
    identity=NUMBER_ID,
    find=_by_id_or(Webhook, None),
    id_of=lambda row: int(row.id),
    twin=lambda rows, given: rows.webhooks.get((given.event, given.url)),
    name_field=lambda _given: "url",
    put=webhooks.put,
    remove=webhooks.remove,
    dump=webhooks.dump,
    table=Table(
        name="webhooks",
        key=Webhook.id,
        order="event",
        columns=(
            Column(key="event", title="EVENT", sort=(Webhook.event, Webhook.url), lead=True),
            Column(key="url", title="URL", sort=(Webhook.url,)),
            Column(key="enabled", title="ON", sort=(Webhook.enabled,)),
        ),
        find=_find_webhooks,
    ),
    filters={
        "event": _exactly(Webhook.event),
        "url": _exactly(Webhook.url),
        "enabled": Flag(Webhook.enabled),
    },
    example={
        "event": "device.paired",
        "url": "https://crm.example/hook",
        "user": "crm",
        "password": "another-long-secret",
    },
    patch={"enabled": False},
)

NOUNS = (EXTENSIONS, LOCATIONS, BUTTON_TEMPLATES, DEVICES, WEBHOOKS)
