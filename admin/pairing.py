"""The pairing window, as people open and close it, with its line in the audit log."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from admin.lists.devices import identity_of
from admin.words import _, stamp
from provisioner.store.tables import Audit, Device

MOST_MINUTES = 525_600


def gate_of(device: Device) -> Device:
    """The device whose window counts: a handset has that of its base."""
    return device.base if device.mac is None and device.base else device


def open_window(session: Session, actor: str, device: Device, minutes: int, at: datetime) -> str:
    """Open the window: the device's next request without proof pairs it anew."""
    gate, until = gate_of(device), at + timedelta(minutes=minutes)
    _note(session, actor, gate, "open", until)
    gate.state, gate.open_until = "open", until
    return _("open until {until}", until=stamp(until))


def close_window(session: Session, actor: str, device: Device) -> str:
    """Close the window, and make the token that the device has worthless."""
    gate = gate_of(device)
    _note(session, actor, gate, "closed", None)
    gate.generation += 1
    gate.state, gate.open_until = "closed", None
    return _("closed")


def block(session: Session, actor: str, device: Device) -> str:
    """Refuse the device whatever it proves."""
    gate = gate_of(device)
    _note(session, actor, gate, "blocked", None)
    gate.state, gate.open_until = "blocked", None
    return _("blocked")


def _note(session: Session, actor: str, gate: Device, state: str, until: datetime | None) -> None:
    changes: dict[str, object] = {"pairing": [gate.state, state]}
    if until:
        changes["open_until"] = [gate.open_until.isoformat() if gate.open_until else None, until.isoformat()]
    session.add(
        Audit(
            actor=actor,
            tenant_id=gate.tenant_id,
            action="change",
            subject=f"device {identity_of(gate)}",
            changes=changes,
        )
    )
