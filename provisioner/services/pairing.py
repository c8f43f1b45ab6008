"""The pairing of devices, as people open, close and forbid it: one way for portal, API and command line.

Each change has its line in the audit log. A handset asks for nothing itself: what is done to it is done to
its base.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from provisioner.errors import Invalid, Problem
from provisioner.load import Facts
from provisioner.store.tables import Audit, Device, PairingCode, Tenant
from provisioner.values import MOST_MINUTES, Mac
from provisioner.vault import Vault

PAIRED_STAYS_OPEN = timedelta(minutes=10)
"""How long the window stays open after the first private answer: a phone fetches several files."""

CODE_MINUTES = 60
CODE_DIGITS = 8
MOST_CODES = 50
"""Codes that a tenant may have at once: each is one guess more for whoever tries."""


def gate_of(device: Device) -> Device:
    """The device whose pairing counts: a handset has that of its base."""
    return device.base if device.mac is None and device.base else device


def open_window(session: Session, actor: str, device: Device, minutes: int, at: datetime) -> datetime:
    """Open the window: the device's next private answer pairs it anew. Gives when it closes; raises Invalid."""
    if not 0 < minutes <= MOST_MINUTES:
        raise Invalid([Problem(field="minutes", message=f"write a number from 1 to {MOST_MINUTES}")])
    gate, until = gate_of(device), at + timedelta(minutes=minutes)
    _set(session, actor, gate, "open", until)
    return until


def close_window(session: Session, actor: str, device: Device) -> None:
    """Close the window and make everything worthless that the device holds as a token or password."""
    gate = gate_of(device)
    _set(session, actor, gate, "closed", None)
    gate.generation += 1


@dataclass(frozen=True, slots=True)
class Before:
    """How the gate of a device stood before a phone paired it."""

    state: str
    generation: int
    paired_at: datetime | None
    paired_address: str | None
    open_until: datetime | None


def pair(session: Session, device_id: int, address: str, at: datetime, *, anew: bool = False) -> Before | None:
    """Pair a device whose window is open, or any that is not blocked with ``anew``; None where somebody was faster."""
    # As an UPDATE locks it, which waits for no row that is being noted of the device.
    device = session.get(Device, device_id, with_for_update={"key_share": True})
    if device is None or device.state == "blocked" or (device.state != "open" and not anew):
        return None
    fields = ("state", "generation", "paired_at", "paired_address", "open_until")
    before = Before(**{name: getattr(device, name) for name in fields})
    device.generation += device.paired_at is not None
    device.state, device.paired_at = "paired", at
    device.paired_address = address[:45]
    device.open_until = at + PAIRED_STAYS_OPEN
    session.flush()
    return before


def take_back(session: Session, paired: Facts, before: Before | None) -> None:
    """Undo what `pair` did, unless somebody has changed the device's pairing since."""
    device = session.get(Device, paired.device_id) if before else None
    if before and device is not None and (device.state, device.open_until) == (paired.state, paired.open_until):
        for name in Before.__slots__:
            setattr(device, name, getattr(before, name))


def block(session: Session, actor: str, device: Device) -> None:
    """Refuse the device whatever it proves, until its window is opened or closed."""
    _set(session, actor, gate_of(device), "blocked", None)


def distrust_certificate(session: Session, actor: str, device: Device, *, distrusted: bool = True) -> None:
    """Take a client certificate of this device as no proof any more, or again as one."""
    gate = gate_of(device)
    if gate.certificate_distrusted != distrusted:
        words = ("trusted", "distrusted")
        _note(session, actor, gate, {"certificate": [words[not distrusted], words[distrusted]]})
        gate.certificate_distrusted = distrusted


@dataclass(frozen=True, slots=True)
class Code:
    """A pairing code as it is told once, and until when it is worth something."""

    code: str
    until: datetime


def make_code(
    session: Session,
    vault: Vault,
    actor: str,
    owner: Device | Tenant,
    *,
    at: datetime,
    minutes: int = CODE_MINUTES,
) -> Code:
    """A one-time code for a device, or for whichever device of a tenant uses it first. Raises Invalid.

    A new code of a device replaces its older one.
    """
    if not 0 < minutes <= MOST_MINUTES:
        raise Invalid([Problem(field="minutes", message=f"write a number from 1 to {MOST_MINUTES}")])
    device = gate_of(owner) if isinstance(owner, Device) else None
    tenant_id = device.tenant_id if device else owner.id
    session.execute(delete(PairingCode).where(PairingCode.expires_at <= at))
    if device:
        session.execute(delete(PairingCode).where(PairingCode.device_id == device.id))
    _check_number(session, tenant_id)
    made = Code("".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS)), at + timedelta(minutes=minutes))
    row = PairingCode(
        tenant_id=tenant_id, device_id=device.id if device else None, created_at=at, expires_at=made.until
    )
    row.sealed_code = vault.seal(place_of(row), made.code)
    session.add(row)
    _note(session, actor, device or owner, {"pairing_code": [None, f"{made.until:%Y-%m-%d %H:%M} UTC"]})
    return made


def place_of(row: PairingCode) -> str:
    """What a code is sealed to."""
    return f"pairing_code/{row.uid}/code"


def _check_number(session: Session, tenant_id: int) -> None:
    present = session.scalar(select(func.count()).where(PairingCode.tenant_id == tenant_id)) or 0
    if present >= MOST_CODES:
        message = f"the tenant has {present} pairing codes that nobody used yet; wait until some expire"
        raise Invalid([Problem(field="code", message=message)])


def _set(session: Session, actor: str, gate: Device, state: str, until: datetime | None) -> None:
    changes: dict[str, object] = {"pairing": [gate.state, state]}
    if until:
        changes["open_until"] = [_stamp(gate.open_until), _stamp(until)]
    _note(session, actor, gate, changes)
    gate.state, gate.open_until = state, until


def _stamp(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else None


def _note(session: Session, actor: str, owner: Device | Tenant, changes: dict[str, object]) -> None:
    if isinstance(owner, Device):
        tenant_id, subject = owner.tenant_id, f"device {Mac(owner.mac or '')}"
    else:
        tenant_id, subject = owner.id, f"tenant {owner.slug}"
    session.add(Audit(actor=actor[:120], tenant_id=tenant_id, action="changed", subject=subject, changes=changes))
