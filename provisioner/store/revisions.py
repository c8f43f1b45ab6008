"""Any change that can alter a device's bytes raises that device's revision, in the same transaction.

Listeners look at what a flush writes and issue one UPDATE for all devices that depend on it: those of the
tenant, those that show the extension, the template or the location, and the base of a handset. They are
generous: a revision too many costs one render, one too few a wrong phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, event, inspect, or_, select, tuple_, update
from sqlalchemy.orm import Session, UOWTransaction, sessionmaker

from provisioner.store import turns
from provisioner.store.tables import (
    Base,
    Button,
    ButtonTemplate,
    Device,
    DeviceLine,
    Extension,
    Location,
    LocationAssignment,
    Tenant,
)
from provisioner.values import fits

Where = ColumnElement[bool]

# Columns that no file shows: what the gate writes, and who may ask.
_NOT_IN_FILES: dict[type[Base], set[str]] = {
    Device: {"state", "open_until", "paired_at", "paired_address", "revision", "serial", "certificate_distrusted"},
    Tenant: {"access", "networks", "pairing_minutes", "auto_add"},
}
# Columns that only the device's own files show, whatever else changes at the same time: what phones' requests write.
_OWN: dict[type[Base], set[str]] = {Device: {"generation", "firmware"}}


def watch(sessions: sessionmaker[Session]) -> None:
    """Raise revisions for everything that these sessions flush."""
    event.listen(sessions, "before_flush", _before)
    event.listen(sessions, "after_flush", _after)


def touch(session: Session, clauses: Iterable[Where]) -> None:
    """Raise the revision of the devices that any clause selects, and of their bases."""
    wanted = list(clauses)
    if not wanted:
        return
    session.connection().execute(update(Device).where(_with_bases(wanted)).values(revision=Device.revision + 1))
    for row in session.identity_map.values():
        if isinstance(row, Device):
            session.expire(row, ["revision"])


def using_template(session: Session, template_id: int, tenant_id: int) -> Where:
    """The devices whose files can change with a button template: those that `touch` raises for its sake."""
    chosen = or_(*_uses_template(session, template_id, tenant_id))
    bases = select(Device.base_id).where(chosen, Device.base_id.is_not(None))
    return or_(chosen, Device.id.in_(bases)) & Device.mac.is_not(None)


def _with_bases(clauses: Iterable[Where]) -> Where:
    chosen = or_(*clauses)
    bases = select(Device.base_id).where(chosen, Device.base_id.is_not(None))
    return or_(Device.id.in_(select(Device.id).where(chosen)), Device.id.in_(bases))


def _before(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """What depends on a row to be deleted, or on a base to be left, can only be asked while it is there."""
    changed = (row for row in session.dirty if _changed(row) - _OWN.get(type(row), set()))
    turns.take(session, [*session.new, *session.deleted, *changed])
    clauses = [clause for row in session.deleted for clause in _dependent(session, row)]
    for row in session.dirty:
        if isinstance(row, Device):
            clauses += [Device.id == old for old in inspect(row).attrs.base_id.history.deleted if old]
    touch(session, clauses)


def _after(session: Session, _context: UOWTransaction) -> None:
    """What depends on the rows that were written."""
    clauses = [clause for row in session.new for clause in _dependent(session, row, new=True)]
    clauses += [clause for row in session.dirty if _changed(row) for clause in _dependent(session, row)]
    touch(session, clauses)


def _changed(row: Base) -> set[str]:
    """Which of the things that files show are others now."""
    ignored = _NOT_IN_FILES.get(type(row), set())
    attributes = (one for one in inspect(row).attrs if one.key not in ignored)
    return {one.key for one in attributes if one.history.has_changes()}


def _dependent(session: Session, row: object, *, new: bool = False) -> Iterator[Where]:
    """Clauses over `Device` that select who shows this row."""
    match row:
        case Tenant() if not new:
            yield Device.tenant_id == row.id
        case Extension() if not new:
            yield _shows_extension(row.id)
        case LocationAssignment() | DeviceLine():
            yield _shows_extension(row.extension_id)
            if isinstance(row, DeviceLine):
                yield Device.id == row.device_id
        case Location() if not new or row.is_default:
            yield from _at_location(row)
        case ButtonTemplate() if not new:
            yield from _uses_template(session, row.id, row.tenant_id)
        case Button():
            yield from _shows_button(session, row)
        case Device():
            if not new:
                yield Device.id == row.id
                yield (Device.base_id == row.id) & Device.mac.is_not(None)
            if row.base_id:
                yield Device.id == row.base_id


def _shows_extension(extension_id: int) -> Where:
    return Device.id.in_(select(DeviceLine.device_id).where(DeviceLine.extension_id == extension_id))


def _at_location(location: Location) -> Iterator[Where]:
    assigned = select(LocationAssignment.extension_id).where(LocationAssignment.location_id == location.id)
    yield Device.location_id == location.id
    yield Device.id.in_(select(DeviceLine.device_id).where(DeviceLine.extension_id.in_(assigned)))
    history = inspect(location).attrs.is_default.history
    if location.is_default or any(history.deleted or ()):
        yield Device.tenant_id == location.tenant_id


def _uses_template(session: Session, template_id: int, tenant_id: int) -> Iterator[Where]:
    shown = select(Extension.id).where(Extension.template_id == template_id)
    yield Device.template_id == template_id
    yield Device.id.in_(select(DeviceLine.device_id).where(DeviceLine.extension_id.in_(shown)))
    defaults = session.connection().scalar(select(Tenant.default_templates).where(Tenant.id == tenant_id))
    if template_id in (defaults or {}).values():
        chosen = tuple_(Device.template_id, Device.vendor, Device.model)
        passed_over = Device.template_id.is_(None) | chosen.in_(_misfits(session, tenant_id))
        yield (Device.tenant_id == tenant_id) & passed_over


def _misfits(session: Session, tenant_id: int) -> list[tuple[int | None, str, str]]:
    """Templates that devices have and that are not for their model: those show the default of it instead."""
    templates = select(ButtonTemplate.id, ButtonTemplate.models).where(ButtonTemplate.tenant_id == tenant_id)
    models = {row.id: row.models for row in session.connection().execute(templates) if row.models}
    had = select(Device.template_id, Device.vendor, Device.model).where(Device.template_id.in_(models)).distinct()
    found = session.connection().execute(had) if models else ()
    return [
        (own, vendor, model) for own, vendor, model in found if not any(fits(vendor, model, p) for p in models[own])
    ]


def _shows_button(session: Session, button: Button) -> Iterator[Where]:
    if button.device_id:
        yield Device.id == button.device_id
    if button.extension_id:
        yield _shows_extension(button.extension_id)
    if button.template_id:
        tenant_id = session.connection().scalar(
            select(ButtonTemplate.tenant_id).where(ButtonTemplate.id == button.template_id)
        )
        yield from _uses_template(session, button.template_id, tenant_id or 0)
