"""The pairing of devices in the portal's words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from admin.scope import Scope
from admin.words import _, stamp
from provisioner.services import pairing
from provisioner.services.pairing import CODE_MINUTES, Code, gate_of
from provisioner.store.tables import Device, Tenant
from provisioner.values import MOST_MINUTES

__all__ = ["CODE_MINUTES", "MOST_MINUTES", "block", "close_window", "distrust", "gate_of", "make_code", "open_window"]


def open_window(session: Session, actor: str, device: Device, minutes: int, at: datetime) -> str:
    """Open the window, and say until when."""
    return _("open until {until}", until=stamp(pairing.open_window(session, actor, device, minutes, at)))


def close_window(session: Session, actor: str, device: Device) -> str:
    """Close the window, and say so."""
    pairing.close_window(session, actor, device)
    return _("closed")


def block(session: Session, actor: str, device: Device) -> str:
    """Refuse the device whatever it proves, and say so."""
    pairing.block(session, actor, device)
    return _("blocked")


def make_code(session: Session, scope: Scope, owner: Device | Tenant, minutes: str) -> Code:
    """Make a one-time code for so many minutes as a form says. Raises Invalid."""
    length = int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 8 else 0
    server = scope.provisioner
    return pairing.make_code(session, server.vault, scope.viewer.name, owner, at=server.clock(), minutes=length)


def distrust(session: Session, actor: str, device: Device, *, distrusted: bool) -> str:
    """Take its client certificate as no proof, or again as one, and say so."""
    pairing.distrust_certificate(session, actor, device, distrusted=distrusted)
    return _("its certificate is distrusted") if distrusted else _("its certificate is trusted")
