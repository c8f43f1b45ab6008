"""The phones of an installation as virtual ones, and an installation filled with phones that do not exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from itertools import cycle, islice
from typing import Any

import structlog
from sqlalchemy import Select, or_, select, update

from provisioner.answer import Provisioner
from provisioner.errors import Invalid, Problem
from provisioner.recognise import Ask, recognise
from provisioner.registry import find_model, vendors
from provisioner.simulate.phones import Phone, phone
from provisioner.site.apply import apply
from provisioner.store.tables import Device, Tenant
from provisioner.values import Mac
from provisioner.vendor_api import Model, Vendor

log = structlog.get_logger()

FILLED = "simulated"
_BUTTONS = 10
_MOST_OF_A_VENDOR = 1 << 20


def phones_of(
    server: Provisioner, *, tenant: str | None, only: Collection[str], pair: bool, limit: int | None
) -> list[Phone]:
    """The devices that get their files when they start now, in turns over the vendors.

    Paired ones begin at the URL that they know, those of a trusted network at the plain one. With ``pair``
    also those whose window is open, which pairs them.
    """
    query = _startable(tenant, only, pair, server.clock())
    with server.database.reading() as session:
        found = [_virtual(server, device) for device in session.scalars(query)]
    return _by_turns([one for one in found if one], limit)


def _startable(tenant: str | None, only: Collection[str], pair: bool, now: datetime) -> Select[Device]:
    is_open = (Device.state == "open") & (Device.open_until > now)
    allowed = [Device.state == "paired", (Tenant.access == "network") & (Device.state != "blocked")]
    query = select(Device).join(Tenant, Tenant.id == Device.tenant_id)
    query = query.where(Device.mac.is_not(None), or_(*allowed, is_open) if pair else or_(*allowed) & ~is_open)
    if tenant:
        query = query.where(Tenant.slug == tenant)
    if only:
        query = query.where(Device.vendor.in_(only))
    return query.order_by(Device.id)


def _virtual(server: Provisioner, device: Device) -> Phone | None:
    """The device as a phone; None where this server does not know its model any more."""
    try:
        vendor, model = find_model(device.vendor, device.model)
    except ValueError:
        return None
    token = server.vault.token(device.public_id, device.generation) if device.state == "paired" else None
    return phone(vendor, model, Mac(device.mac or ""), firmware=device.firmware, token=token)


def _by_turns(phones: Sequence[Phone], limit: int | None) -> list[Phone]:
    """One of each vendor after the other, so that a part of a fleet looks like the whole."""
    by_vendor: dict[str, list[Phone]] = {}
    for one in phones:
        by_vendor.setdefault(one.vendor, []).append(one)
    turns = max(map(len, by_vendor.values()), default=0)
    order = (fleet[n] for n in range(turns) for fleet in by_vendor.values() if n < len(fleet))
    return list(islice(order, limit))


def fill(
    server: Provisioner,
    count: int,
    only: Collection[str],
    *,
    new: bool,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Give an empty installation a tenant with so many devices of all vendors and models by turns.

    Those that are not ``new`` are paired already, as a fleet is that was running before a power cut.
    Raises Invalid where there is a tenant: what people work with is never mixed with phones that do not exist.
    """
    with server.database.reading() as session:
        known = session.scalars(select(Tenant.slug).limit(1)).first()
    if known is not None:
        raise Invalid([Problem(field="--fill", message=f"the installation is not empty, it has the tenant {known}")])
    apply(server, json.dumps(_site(count, only)), actor="simulate", progress=progress)
    if not new:
        _settle(server)


def _settle(server: Provisioner) -> None:
    """Make the devices what they would be after a first start: paired, and their firmware known."""
    with server.database.writing() as session:
        session.execute(update(Device).values(state="paired", paired_at=server.clock(), open_until=None))
        rows = [
            {"id": device.id, "firmware": told}
            for device in session.scalars(select(Device).where(Device.mac.is_not(None)))
            if (one := _virtual(server, device)) and (told := _told_firmware(one))
        ]
        session.execute(update(Device), rows)


def _told_firmware(one: Phone) -> str | None:
    """The firmware that its user-agent tells, as the server reads it."""
    last = one.stages[-1]
    return recognise(Ask(path=f"/{last.files[-1][-1]}", user_agent=last.agent)).version


def _site(count: int, only: Collection[str]) -> dict[str, Any]:
    devices = list(islice(_devices(only), count))
    return {
        "tenant": FILLED,
        "name": "Simulated phones",
        "access": "pairing",
        "sip": {"server": "pbx.example", "transport": "tls"},
        "locale": {"timezone": "America/Chicago", "country": "US", "language": "en"},
        "button_templates": [{"name": "Buttons", "models": ["*"], "buttons": list(_buttons())}],
        "default_templates": {"*": "Buttons"},
        "extensions": [
            {"number": device["extensions"][0], "name": device["name"], "password": f"simulated-{number}"}
            for number, device in enumerate(devices)
        ],
        "devices": devices,
    }


def _buttons() -> Iterator[dict[str, str]]:
    yield {"slot": "line:1", "name": "Own line", "mode": "line", "value": "1", "label": "{name}"}
    for number in range(2, _BUTTONS + 1):
        value = str(100_000 + number)
        yield {"slot": f"line:{number}", "name": value, "mode": "blf", "value": value, "label": f"Desk {number}"}


def _devices(only: Collection[str]) -> Iterator[dict[str, Any]]:
    """Devices without end: every vendor in turn, and of each every model in turn."""
    fleets = [_devices_of(vendor) for name, vendor in vendors().items() if not only or name in only]
    for number, fleet in enumerate(cycle(fleets)):
        vendor, model, mac = next(fleet)
        yield {
            "mac": mac,
            "name": f"Desk {number}",
            "vendor": vendor.name,
            "model": model.name,
            "extensions": [str(100_000 + number)],
        }


def _devices_of(vendor: Vendor) -> Iterator[tuple[Vendor, Model, str]]:
    prefix = next((oui for oui in vendor.ouis if len(oui) == 6), vendor.ouis[0][:6])
    for number, model in zip(range(1, _MOST_OF_A_VENDOR), cycle(vendor.models.values()), strict=False):
        yield vendor, model, f"{prefix}{number:06x}"
