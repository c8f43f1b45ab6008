"""The devices page's table: its columns, a search that understands, and rows with three honest lamps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from admin.scope import Scope
from admin.tables import Column, Search, Table, begins, contains, holds
from admin.words import _, ago, mark
from provisioner.registry import vendors
from provisioner.store.tables import (
    ButtonTemplate,
    Device,
    DeviceLine,
    Extension,
    Location,
    Seen,
    now,
)
from provisioner.values import Ipei, Mac, fits

Where = ColumnElement[bool]
Defaults = Sequence[tuple[str, str]]
_own_template = aliased(ButtonTemplate)


def _seen(query: Any) -> Any:
    """A handset is seen when its base is."""
    return query.outerjoin(Seen, Seen.device_id == func.coalesce(Device.base_id, Device.id))


def _first_line(query: Select[Any]) -> Select[Any]:
    first = and_(DeviceLine.device_id == Device.id, DeviceLine.position == 1)
    return query.outerjoin(DeviceLine, first).outerjoin(Extension, Extension.id == DeviceLine.extension_id)


# Few extensions have a template of their own: beginning with those, most devices are never looked up.
_line_template = (
    select(DeviceLine.device_id, ButtonTemplate.name)
    .join_from(ButtonTemplate, Extension, Extension.template_id == ButtonTemplate.id)
    .join(DeviceLine, and_(DeviceLine.extension_id == Extension.id, DeviceLine.position == 1))
    .subquery()
)


def _templates(query: Select[Any]) -> Select[Any]:
    return query.outerjoin(_own_template, _own_template.id == Device.template_id).outerjoin(
        _line_template, _line_template.c.device_id == Device.id
    )


def _locations(query: Select[Any]) -> Select[Any]:
    return query.outerjoin(Location, Location.id == Device.location_id)


TABLE = Table(
    name="devices",
    key=Device.id,
    order="mac",
    extra=("tab",),
    fields=(
        "vendor",
        "model",
        "version",
        "name",
        "extension",
        "template",
        "location",
        "address",
        "pairing",
        "serial",
        "silent",
        "is",
    ),
    columns=(
        Column(key="mac", title=mark("MAC"), sort=(Device.mac, Device.ipei, Device.slot), lead=True),
        Column(key="pairing", title=mark("PAIRING"), sort=(Device.state, Device.open_until)),
        Column(key="name", title=mark("NAME"), sort=(func.lower(Device.name),)),
        Column(key="vendor", title=mark("VENDOR"), sort=(Device.vendor, Device.model)),
        Column(key="model", title=mark("MODEL"), sort=(Device.model,)),
        Column(key="version", title=mark("VERSION"), sort=(func.coalesce(Device.firmware, ""),)),
        Column(key="address", title=mark("ADDRESS"), sort=(func.coalesce(Seen.address, ""),), join=_seen),
        Column(key="rps", title=mark("RPS"), sort=()),
        Column(
            key="extension",
            title=mark("EXTENSION"),
            sort=(func.coalesce(func.length(Extension.number), 0), Extension.number),
            join=_first_line,
        ),
        Column(
            key="template",
            title=mark("TEMPLATE"),
            sort=(func.lower(func.coalesce(_own_template.name, _line_template.c.name, "")),),
            join=_templates,
        ),
        Column(key="contact", title=mark("LAST CONTACT"), sort=(Seen.at,), join=_seen, shown=False),
        Column(
            key="location",
            title=mark("LOCATION"),
            sort=(func.lower(func.coalesce(Location.name, "")),),
            join=_locations,
            shown=False,
        ),
        Column(key="serial", title=mark("SERIAL"), sort=(func.coalesce(Device.serial, ""),), shown=False),
        Column(key="added", title=mark("ADDED"), sort=(Device.created_at,), shown=False),
    ),
    find=lambda search: _find(search, now()),
)  # fmt: skip


def on_tab(tab: str) -> Where:
    """The rows of a tab: what has a MAC, or the handsets, whose identity is an IPEI."""
    return Device.mac.is_(None) if tab == "ipei" else Device.mac.is_not(None)


def counts(scope: Scope) -> tuple[int, int]:
    """How many devices and how many handsets the tenant has."""
    total, handsets = (
        select(func.count()).select_from(Device).where(scope.of(Device), *where).scalar_subquery()
        for where in ((), (on_tab("ipei"),))
    )
    found = scope.session.execute(select(total, handsets)).one()
    return found[0] - found[1], found[1]


# --- search


def _find(search: Search, at: datetime) -> Iterator[Where]:
    whole = _identity_part(search.text) if not search.fields else None
    if whole and len(search.words) > 1:  # 80 5e c0 12 34 56
        yield or_(holds(Device.mac, whole), holds(Device.ipei, whole))
        return
    for word in search.words:
        yield or_(*_anywhere(word))
    for name, value in search.fields:
        yield _FIELDS[name](value, at)


def _anywhere(word: str) -> Iterator[Where]:
    for column in (Device.name, Device.model, Device.firmware, Device.serial):
        yield contains(column, word)
    named = _vendors(word)
    if named:
        yield Device.vendor.in_(named)
    yield Device.id.in_(_lines_with(word))
    if re.fullmatch(r"[0-9A-Fa-f.:]+", word):
        yield Device.id.in_(select(Seen.device_id).where(begins(Seen.address, word)))
    part = _identity_part(word)
    if part:
        yield holds(Device.mac, part)
        yield holds(Device.ipei, part)
    yield from _ipei(word)


def _identity_part(text: str) -> str | None:
    """A MAC or IPEI or a piece of one, in any notation, as the column has it; None for what can be none."""
    digits = re.sub(r"[\s:.\-]", "", text).lower()
    return digits if re.fullmatch(r"[0-9a-f]{2,12}", digits) else None


def _ipei(word: str) -> Iterator[Where]:
    """The printed, decimal form of an IPEI, whole or from its beginning on: 02956-0213…"""
    match = re.fullmatch(r"([0-9]{5})-?([0-9]{0,7})(?:-?[0-9*])?", word)
    if not match or int(match[1]) > 0xFFFF:
        return
    missing = 7 - len(match[2])
    low = int((match[2] or "0") + "0" * (missing if match[2] else 0))
    high = low + 10**missing - 1 if match[2] else 0xFFFFF
    if low <= 0xFFFFF:
        ends = (Ipei(int(match[1]), low).hex, Ipei(int(match[1]), min(high, 0xFFFFF)).hex)
        yield Device.ipei.between(*ends)


def _lines_with(word: str) -> Select[int]:
    return (
        select(DeviceLine.device_id)
        .join(Extension, Extension.id == DeviceLine.extension_id)
        .where(or_(begins(Extension.number, word), contains(Extension.name, word)))
    )


def _holding(row: Any, key: Any, column: Any) -> Callable[[str, datetime], Where]:
    """Devices whose reference leads to a row of such a name."""
    return lambda value, _at: key.in_(select(row.id).where(contains(column, value)))


def _vendors(text: str) -> list[str]:
    """Every vendor whose name or title holds it."""
    wanted = text.lower()
    return [one.name for one in vendors().values() if wanted in one.name or wanted in one.title.lower()]


def _pairing(state: str, at: datetime) -> Where:
    lapsed = and_(Device.state == "open", Device.open_until <= at)
    if state == "closed":
        return or_(Device.state == "closed", lapsed)
    if state == "open":
        return and_(Device.state == "open", Device.open_until > at)
    return Device.state == state


_SPAN = re.compile(r"([<>]?)=?([0-9]{1,5})(m|min|h|d|w)?")
_UNITS = {"m": 1, "min": 1, "h": 60, "d": 1440, "w": 10080}


def _silent(text: str, at: datetime) -> Where:
    """``silent:>7d``: no word for more than seven days, or never; ``silent:<1h`` the other way round."""
    seen: Any = select(Seen.device_id)
    if text.lower() == "never":
        return Device.id.not_in(seen)
    match = _SPAN.fullmatch(text.lower())
    if not match:
        return false()
    minutes = int(match[2]) * _UNITS[match[3] or "d"]
    lately = Device.id.in_(seen.where(Seen.at >= at - timedelta(minutes=minutes)))
    return lately if match[1] == "<" else not_(lately)


def _version(text: str) -> Where:
    """``version:10.1`` begins so, ``version:=10.1`` is just that, ``version:none`` is not known."""
    if text.lower() == "none":
        return Device.firmware.is_(None)
    return Device.firmware == text[1:] if text.startswith("=") else begins(Device.firmware, text)


def _is(word: str) -> Where:
    """``is:late`` has fetched, but not since its last change, ``is:current`` has; ``is:new`` has never fetched."""
    fetched = select(Seen.device_id).where(Seen.served_at.is_not(None))
    if word in ("late", "outdated"):
        late = (
            select(Seen.device_id)
            .join(Device, Device.id == Seen.device_id)
            .where(Seen.served_revision != Device.revision)
        )
        return Device.id.in_(late)
    if word in ("current", "in-date"):
        served = select(Seen.device_id).join(Device, Device.id == Seen.device_id)
        return Device.id.in_(served.where(Seen.served_revision == Device.revision))
    if word == "refused":
        return Device.id.in_(select(Seen.device_id).where(Seen.outcome == "refused"))
    if word == "new":
        return Device.id.not_in(fetched)
    if word == "fetched":
        return Device.id.in_(fetched)
    return false()


_FIELDS: Mapping[str, Callable[[str, datetime], Where]] = {
    "vendor": lambda value, _at: Device.vendor.in_(_vendors(value)),
    "model": lambda value, _at: begins(Device.model, value),
    "version": lambda value, _at: _version(value),
    "name": lambda value, _at: contains(Device.name, value),
    "serial": lambda value, _at: contains(Device.serial, value),
    "address": lambda value, _at: Device.id.in_(select(Seen.device_id).where(begins(Seen.address, value))),
    "extension": lambda value, _at: Device.id.in_(_lines_with(value)),
    "template": _holding(ButtonTemplate, Device.template_id, ButtonTemplate.name),
    "location": _holding(Location, Device.location_id, Location.name),
    "pairing": lambda value, at: _pairing(value.lower(), at),
    "silent": _silent,
    "is": lambda value, _at: _is(value.lower()),
}


# --- rows


@dataclass(frozen=True, slots=True)
class Lamp:
    """One fact about a device: ``on``, ``late``, ``off`` or ``unknown``, what it means, and when it was learnt."""

    name: str
    state: str
    says: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A device as the list shows it."""

    id: int
    key: str
    identity: str
    base: str | None
    state: str
    until: datetime | None
    since: datetime | None
    name: str
    vendor: str
    model: str
    version: str
    address: str
    seen_at: datetime | None
    user_agent: str
    extensions: tuple[tuple[str, str], ...]
    template: str
    template_from: str
    location: str
    serial: str
    added: datetime
    lamps: tuple[Lamp, ...]
    is_unproven: bool


def key_of(device: Device) -> str:
    """How a page's address names a device: its MAC, its IPEI, or where it has neither, its row."""
    return device.mac or device.ipei or f"handset-{device.id}"


def identity_of(device: Device) -> str:
    """How people write the device's identity."""
    if device.mac:
        return Mac(device.mac).colons
    if device.ipei:
        return Ipei.parse(f"0x{device.ipei}").decimal
    return _("slot {slot}", slot=device.slot)


def pairing_of(device: Device, at: datetime) -> tuple[str, datetime | None]:
    """The state of the device's window in truth: one that ran out is closed."""
    gate = device.base if device.mac is None and device.base else device
    until = gate.open_until if gate.open_until and gate.open_until > at else None
    return ("closed" if gate.state == "open" and not until else gate.state), until


def lamps_of(device: Device, seen: Seen | None) -> tuple[Lamp, Lamp, Lamp]:
    """Redirected, fetched, in date: three facts that are not each other's consequence."""
    base = device.base if device.mac is None and device.base else device
    redirected = Lamp(_("Redirected"), "unknown", _("No redirection service is set up for this phone"))
    if seen is None or seen.served_at is None:
        says = _("Has asked, and got nothing yet") if seen else _("Has never asked for its configuration")
        fetched = Lamp(_("Fetched"), "off", says, seen.at if seen else None)
        return redirected, fetched, Lamp(_("In date"), "unknown", _("Nothing was fetched yet"))
    fetched = Lamp(_("Fetched"), "on", _("Fetched its configuration {ago}", ago=ago(seen.served_at)), seen.served_at)
    if seen.outcome != "served" and seen.at > seen.served_at:
        fetched = Lamp(_("Fetched"), "late", _("Its last request got nothing, {ago}", ago=ago(seen.at)), seen.at)
    if seen.served_revision == base.revision:
        return redirected, fetched, Lamp(_("In date"), "on", _("Has what it should have"), seen.served_at)
    says = _("Something changed since it fetched; it has not come back for it")
    return redirected, fetched, Lamp(_("In date"), "late", says, seen.served_at)


def rows(scope: Scope, keys: Sequence[int]) -> list[Row]:
    """The rows of these devices, in this order: three queries, however many they are."""
    if not keys:
        return []
    at = now()
    found = {
        device.id: (device, seen)
        for device, seen in scope.session.execute(
            _seen(select(Device, Seen).select_from(Device))
            .where(scope.of(Device), Device.id.in_(keys))
            .options(joinedload(Device.template), joinedload(Device.location), joinedload(Device.base))
        )
    }
    lines = _lines(scope.session, keys)
    defaults = _defaults(scope)
    return [_row(*found[key], lines.get(key, ()), defaults, at) for key in keys if key in found]


def _lines(session: Session, keys: Sequence[int]) -> Mapping[int, list[Extension]]:
    lines: dict[int, list[Extension]] = {}
    for device_id, extension in session.execute(
        select(DeviceLine.device_id, Extension)
        .join(Extension, Extension.id == DeviceLine.extension_id)
        .where(DeviceLine.device_id.in_(keys))
        .options(joinedload(Extension.template))
        .order_by(DeviceLine.device_id, DeviceLine.position)
    ):
        lines.setdefault(device_id, []).append(extension)
    return lines


def _defaults(scope: Scope) -> list[tuple[str, str]]:
    """The tenant's default templates, the most specific pattern first."""
    by_pattern = scope.tenant.default_templates
    if not by_pattern:
        return []
    query = select(ButtonTemplate.id, ButtonTemplate.name).where(
        scope.of(ButtonTemplate), ButtonTemplate.id.in_(set(by_pattern.values()))
    )
    names = {row.id: row.name for row in scope.session.execute(query)}
    patterns = sorted(by_pattern, key=lambda one: (-len(one.replace("*", "")), one))
    return [(pattern, names[by_pattern[pattern]]) for pattern in patterns if by_pattern[pattern] in names]


def _row(device: Device, seen: Seen | None, extensions: Iterable[Extension], defaults: Defaults, at: datetime) -> Row:
    listed = list(extensions)
    state, until = pairing_of(device, at)
    template, template_from = _template(device, listed, defaults)
    vendor = vendors().get(device.vendor)
    return Row(
        id=device.id,
        key=key_of(device),
        identity=identity_of(device),
        base=identity_of(device.base) if device.base else None,
        state=state,
        until=until,
        since=device.paired_at,
        name=device.name,
        vendor=vendor.title if vendor else device.vendor,
        model=device.model,
        version=device.firmware or "",
        address=seen.address if seen else "",
        seen_at=seen.at if seen else None,
        user_agent=seen.user_agent if seen else "",
        extensions=tuple((one.number, one.name) for one in listed),
        template=template,
        template_from=template_from,
        location=device.location.name if device.location else "",
        serial=device.serial or "",
        added=device.created_at,
        lamps=lamps_of(device, seen),
        is_unproven=bool(seen and seen.unproven_at and (seen.served_at is None or seen.unproven_at > seen.served_at)),
    )


def _template(device: Device, extensions: Sequence[Extension], defaults: Defaults) -> tuple[str, str]:
    """The template that applies, and where it comes from when it is not the device's own."""
    if device.template:
        return device.template.name, ""
    if extensions and extensions[0].template:
        return extensions[0].template.name, _("from extension {number}", number=extensions[0].number)
    for pattern, name in defaults:
        if fits(device.vendor, device.model, pattern):
            return name, _("default of {pattern}", pattern=pattern)
    return "", ""
