"""Devices: phones and bases by their MAC, handsets by their IPEI or their slot on a base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm.attributes import flag_modified

from provisioner import neutral
from provisioner.errors import Invalid, Problem
from provisioner.services import buttons, sealed, versions
from provisioner.services.change import Change, Clash, Outcome, Part, refuse
from provisioner.services.differences import NO_DIFFERENCES, NOT_SET, Differences, compare
from provisioner.services.keyboard import new_buttons, set_buttons
from provisioner.services.problems import parsed
from provisioner.services.rows import DeviceKey, Known, Rows, Seat, Station, sliced
from provisioner.services.schemas import DeviceIn
from provisioner.store.tables import Device, DeviceLine, Tenant
from provisioner.values import Ipei, Mac
from provisioner.vault import Vault


def keys_of(given: DeviceIn) -> list[DeviceKey]:
    """The names by which a device is known, the strongest first."""
    seat = Seat(given.base, given.slot) if given.base and given.slot else None
    return [key for key in (given.mac, given.ipei, seat) if key is not None]


def subject(given: DeviceIn) -> str:
    """What a device is called where people read: its address, else its base and slot."""
    return f"device {given.mac or given.ipei or f'{given.base} slot {given.slot}'}"


def find(rows: Rows, given: DeviceIn) -> Device | None:
    """The stored device that is meant: a handset whose IPEI was not known yet gets it on its slot."""
    first, *others = keys_of(given)
    row = rows.devices.get(first)
    if row is None and others:
        seated = rows.devices.get(others[0])
        return seated if seated is not None and seated.ipei is None else None
    return row


def check(known: Known, given: DeviceIn) -> Iterator[Problem]:
    """What is wrong with it in its surroundings."""
    identity = given.mac or given.ipei
    claimed = known.claimed(identity) if identity else None
    if claimed:
        yield Clash(field="mac" if given.mac else "ipei", message=claimed)
    references = [("template", "button_templates", given.template), ("location", "locations", given.location)]
    references += [(f"extensions.{n}", "extensions", number) for n, number in enumerate(given.extensions)]
    for field, noun, name in references:
        lacking = known.lacks(noun, name) if name else None
        if lacking:
            yield Problem(field=field, message=lacking)
    if given.base:
        yield from _check_base(known.station(given.base), given)


def _check_base(station: Station | None, given: DeviceIn) -> Iterator[Problem]:
    if station is None:
        yield Problem(field="base", message=f"there is no base {given.base}; add it, with its vendor and model")
        return
    model = station.model
    if station.attached:
        yield Problem(field="base", message=f"{given.base} belongs to another base itself; write that one")
    elif model and not model.handsets:
        yield Problem(field="base", message=f"{given.base} is a {model.name}, which takes no handsets")
    elif model and given.slot and given.slot > model.handsets:
        yield Problem(field="slot", message=f"{model.name} takes {model.handsets} handsets")


def _clashes(rows: Rows, given: DeviceIn, row: Device | None) -> Iterator[Problem]:
    fields = {Mac: "mac", Ipei: "ipei", Seat: "slot"}
    for key in keys_of(given):
        other = rows.devices.get(key)
        if other is not None and other is not row:
            what = "this slot" if isinstance(key, Seat) else str(key)
            yield Clash(field=fields[type(key)], message=f"{what} is already in use by {called(other)}")


def called(row: Device) -> str:
    """A stored device's name and address, for people."""
    identity = Mac(row.mac) if row.mac else Ipei.parse(f"0x{row.ipei}") if row.ipei else "a handset without an IPEI"
    return f"{row.name} ({identity})" if row.name else str(identity)


def put(change: Change, tenant: Tenant, given: DeviceIn, row: Device | None = None) -> Outcome:
    """Make a device so; ``row`` is the one to change, where its address changes too. Its pairing stays as it is."""
    rows = change.rows(tenant)
    row = row or find(rows, given)
    refuse([*check(rows, given), *_clashes(rows, given, row)])
    if row is not None:
        return _put_over(change, tenant, row, sealed.kept(given, dump(change.vault, row)))
    row = _add(change, tenant, given)
    rows.devices.put(row, keys_of(given))
    return change.note(tenant.id, subject(given), row, compare(None, given), "added")


def _put_over(
    change: Change, tenant: Tenant, row: Device, given: DeviceIn, why: Differences = NO_DIFFERENCES
) -> Outcome:
    """Make a stored device exactly what is given; ``why`` is told in the audit log beside what changes."""
    rows, old = change.rows(tenant), dump(change.vault, row)
    differences = compare(old, given)
    if differences:
        versions.keep(change, row, old, given, differences)
        _change(change, rows, row, given)
    rows.devices.put(row, keys_of(given))
    return change.note(tenant.id, subject(given), row, {**differences, **why} if differences else differences)


def set_own(change: Change, tenant: Tenant, row: Device, **fields: Any) -> Outcome:
    """Give a device these own settings, native keys or buttons and no others; what is left out is gone.

    Other than in `put` a secret that is not among them does not stay. Raises Invalid.
    """
    current = dump(change.vault, row)
    own = {name: fields.get(name, getattr(current, name)) for name in versions.OWN}
    return _put_over(change, tenant, row, parsed(DeviceIn, versions.restored(current, own)))


def roll_back(change: Change, tenant: Tenant, row: Device, version_id: int) -> Outcome:
    """Give a device the own settings, native keys and buttons that it had. Raises Invalid."""
    version = versions.own_of(change.session, change.vault, row.id, version_id)
    given = parsed(DeviceIn, versions.restored(dump(change.vault, row), version.own))
    told = {"rolled back to": (NOT_SET, f"{version.at:%Y-%m-%d %H:%M:%S} UTC")}
    return _put_over(change, tenant, row, given, told)


def _add(change: Change, tenant: Tenant, given: DeviceIn) -> Device:
    rows = change.rows(tenant)
    row = Device(tenant_id=tenant.id)
    _write(change, rows, row, given)
    lines = enumerate(_extensions(change, rows, given), 1)
    parts = [Part(DeviceLine, "device_id", {"position": n, "extension_id": one}) for n, one in lines]
    if given.mac and tenant.pairing_minutes:
        row.state = "open"
        row.open_until = change.clock() + timedelta(minutes=tenant.pairing_minutes)
    change.touch_base(row.base_id)
    change.add(row, [*parts, *new_buttons("device_id", given.buttons)])
    return row


def _change(change: Change, rows: Rows, row: Device, given: DeviceIn) -> None:
    if given.base and row.mac and row.base_id is None:
        refuse(list(_check_leads(change, row)))
    if (row.vendor, row.model) != (given.vendor, given.model):
        row.firmware = None
    _write(change, rows, row, given)
    _set_lines(change, row, _extensions(change, rows, given))
    set_buttons(change, row.buttons, given.buttons)
    change.forget(row, "base", "template", "location")
    change.breathe()


def _check_leads(change: Change, row: Device) -> Iterator[Problem]:
    if change.session.scalars(select(Device.id).where(Device.base_id == row.id).limit(1)).first():
        yield Problem(field="base", message="it leads handsets or bases itself; give them another base first")


def _write(change: Change, rows: Rows, row: Device, given: DeviceIn) -> None:
    values = {
        "mac": given.mac.hex if given.mac else None,
        "ipei": given.ipei.hex if given.ipei else None,
        "base_id": change.id_of(rows.devices.get(given.base)) if given.base else None,
        "slot": given.slot,
        "name": given.name,
        "vendor": given.vendor,
        "model": given.model,
        "serial": given.serial,
        "template_id": change.id_of(rows.button_templates.get(given.template)) if given.template else None,
        "location_id": change.id_of(rows.locations.get(given.location)) if given.location else None,
        "expansion_modules": given.expansion_modules,
    }
    moves = row.base_id != values["base_id"]
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    if moves and row.slot:
        # A site file frees the slots of what moves, so that two may change places: the stored one may be empty.
        flag_modified(row, "slot")
    sealed.store(change.vault, row, given)


def _extensions(change: Change, rows: Rows, given: DeviceIn) -> list[int | None]:
    return [change.id_of(rows.extensions.get(number)) for number in given.extensions]


def _set_lines(change: Change, row: Device, extensions: Sequence[int | None]) -> None:
    """Other extensions on the same lines; where only the numbering has gaps, it stays."""
    if [line.extension_id for line in sorted(row.lines, key=lambda line: line.position)] == extensions:
        return
    known = {line.position: line for line in row.lines}
    for position, extension_id in enumerate(extensions, 1):
        line = known.pop(position, None)
        if line is None:
            row.lines.append(DeviceLine(position=position, extension_id=extension_id))
        elif line.extension_id != extension_id:
            line.extension_id = extension_id or 0
            change.forget(line, "extension")
        change.breathe()
    for line in known.values():
        row.lines.remove(line)


def remove(change: Change, tenant: Tenant, rows: Sequence[Device]) -> list[Outcome]:
    """Remove devices, and with a base its handsets. Raises Invalid when another base would lose its main base."""
    change.flush()
    members = _members(change, rows)
    refuse([_leads(member) for member in members if member.mac])
    everyone = [*rows, *members]
    ids = {row.id for row in everyone}
    gone = []
    for row in everyone:
        old = dump(change.vault, row)
        gone.append(change.note(tenant.id, subject(old), None, compare(old, None), "removed"))
        change.rows(tenant).devices.drop(row)
        if row.base_id not in ids:
            change.touch_base(row.base_id)
    change.flush()
    for part in sliced(sorted(ids)):
        change.session.execute(
            delete(Device).where(Device.id.in_(part)), execution_options={"synchronize_session": False}
        )
    for row in everyone:
        change.session.expunge(row)
    return gone


def _members(change: Change, rows: Sequence[Device]) -> list[Device]:
    """The devices whose base is among these, and that are not among them."""
    ids = {row.id for row in rows}
    found = (
        change.session.scalars(select(Device).where(Device.base_id.in_(part)).order_by(Device.id))
        for part in sliced(sorted(ids))
    )
    return [member for part in found for member in part if member.id not in ids]


def _leads(member: Device) -> Problem:
    return Problem(
        field="base",
        message=f"{called(member)} has it as its main base; give it another base or remove it first",
    )


def dump(vault: Vault, row: Device) -> DeviceIn:
    """A stored device as it was given, secrets and all."""
    secret = sealed.opened(vault, row)
    lines = sorted(row.lines, key=lambda line: line.position)
    return DeviceIn.model_construct(
        mac=Mac(row.mac) if row.mac else None,
        ipei=Ipei.parse(f"0x{row.ipei}") if row.ipei else None,
        base=Mac(row.base.mac) if row.base and row.base.mac else None,
        slot=row.slot,
        name=row.name,
        vendor=row.vendor,
        model=row.model,
        template=row.template.name if row.template else None,
        extensions=tuple(line.extension.number for line in lines),
        expansion_modules=row.expansion_modules,
        settings=secret.get("native", {}),
        buttons=buttons.dump(row.buttons),
        location=row.location.name if row.location else None,
        serial=row.serial,
        **sealed.sections(row, secret, neutral.SECTIONS),
    )


def named(rows: Rows, text: str) -> Device:
    """The stored device of a MAC or an IPEI in any common spelling. Raises Invalid where there is none."""
    problems = []
    for kind in (Mac, Ipei):
        try:
            row = rows.devices.get(kind.parse(text))
        except ValueError as error:
            problems.append(str(error))
            continue
        if row is not None:
            return row
    message = problems[0] if len(problems) == 2 else f"there is no device {text[:40]}"
    raise Invalid([Problem(field="device", message=message)])
