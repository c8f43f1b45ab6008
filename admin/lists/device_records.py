"""Devices as rows of a spreadsheet: the columns that an import takes back, and beside them what was learnt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from admin.scope import Scope
from provisioner.services.rows import sliced
from provisioner.spreadsheets import headings
from provisioner.store.tables import ButtonTemplate, Device, DeviceLine, Extension, Location, Seen, now
from provisioner.values import Ipei, Mac

HEADINGS = (*headings("devices"), "pairing", "version", "address", "last_contact")

_base = aliased(Device)
_FACTS = (
    select(
        Device.id,
        Device.mac,
        Device.ipei,
        _base.mac.label("base"),
        Device.slot,
        Device.name,
        Device.vendor,
        Device.model,
        ButtonTemplate.name.label("template"),
        Device.expansion_modules,
        Location.name.label("location"),
        Device.serial,
        case((Device.mac.is_(None), _base.state), else_=Device.state).label("state"),
        case((Device.mac.is_(None), _base.open_until), else_=Device.open_until).label("open_until"),
        Device.firmware,
        Seen.address,
        Seen.at,
    )
    .outerjoin(_base, _base.id == Device.base_id)
    .outerjoin(ButtonTemplate, ButtonTemplate.id == Device.template_id)
    .outerjoin(Location, Location.id == Device.location_id)
    .outerjoin(Seen, Seen.device_id == func.coalesce(Device.base_id, Device.id))
)


def records(scope: Scope, keys: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """One row for each of these devices, in this order; two queries for each slice of them."""
    at = now()
    for part in sliced(keys):
        query = _FACTS.where(scope.of(Device), Device.id.in_(part))
        found = {row.id: row for row in scope.session.execute(query)}
        lines = _lines(scope, part)
        for key in part:
            if key in found:
                yield _record(found[key], lines.get(key, ()), at)


def _lines(scope: Scope, keys: Sequence[int]) -> Mapping[int, list[str]]:
    query = (
        select(DeviceLine.device_id, Extension.number)
        .join(Extension, Extension.id == DeviceLine.extension_id)
        .where(DeviceLine.device_id.in_(keys))
        .order_by(DeviceLine.device_id, DeviceLine.position)
    )
    lines: dict[int, list[str]] = {}
    for device_id, number in scope.session.execute(query):
        lines.setdefault(device_id, []).append(number)
    return lines


def _record(row: Any, numbers: Sequence[str], at: datetime) -> tuple[str, ...]:
    lapsed = row.state == "open" and not (row.open_until and row.open_until > at)
    told = {
        "mac": Mac(row.mac).colons if row.mac else "",
        "ipei": Ipei.parse(f"0x{row.ipei}").decimal if row.ipei else "",
        "base": Mac(row.base).colons if row.base else "",
        "extensions": " ".join(numbers),
        "pairing": "closed" if lapsed else row.state,
        "version": row.firmware or "",
        "address": row.address or "",
        "last_contact": row.at.isoformat(timespec="seconds") if row.at else "",
    }
    return tuple(told[name] if name in told else _text(getattr(row, name)) for name in HEADINGS)


def _text(value: object) -> str:
    return "" if value is None else str(value)
