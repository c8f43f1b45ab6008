"""Phones that nobody added, from a network whose tenant adds them by itself: off the path, a few a minute, audited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from provisioner.errors import Invalid
from provisioner.gate import is_inside
from provisioner.services import devices
from provisioner.services.change import Change
from provisioner.services.schemas import DeviceIn
from provisioner.sightings import Outcome
from provisioner.store.database import Database
from provisioner.store.tables import Device, Tenant, UnknownDevice
from provisioner.vault import Vault

log = structlog.get_logger()

ACTOR = "auto-add"
A_MINUTE = 30
"""Devices that a tenant gains in a minute: a storm of made-up phones stays a list that a person can delete."""


def auto_add(database: Database, vault: Vault, strangers: Sequence[Outcome], at: datetime) -> None:
    """Add those whose vendor and model were recognised, each to the one tenant whose network it asks from.

    Its next request is answered as that of any new device. Raises SQLAlchemyError.
    """
    told = [one for one in strangers if one.identity.vendor and one.identity.model and not one.identity.doubt]
    if not told:
        return
    with database.reading() as session:
        tenants = session.scalars(select(Tenant).where(Tenant.auto_add)).all()
    for outcome in told:
        mine = list(_tenants_of(outcome, tenants))
        if len(mine) == 1:
            with database.writing() as session:
                _add(session, vault, outcome, mine[0].id, at)


def _tenants_of(outcome: Outcome, tenants: Iterable[Tenant]) -> Iterable[Tenant]:
    named = outcome.identity.tenant
    here = (one for one in tenants if is_inside(outcome.ask.address, tuple(one.networks)))
    return (one for one in here if named in (None, one.slug))


def _add(session: Session, vault: Vault, outcome: Outcome, tenant_id: int, at: datetime) -> None:
    identity, tenant = outcome.identity, session.get_one(Tenant, tenant_id)
    # Devices of a much later time than now were added before the clock was set back.
    minute = Device.created_at.between(at - timedelta(minutes=1), at + timedelta(minutes=1))
    lately = select(func.count()).where(Device.tenant_id == tenant_id, minute)
    if (session.scalar(lately) or 0) >= A_MINUTE:
        log.warning("device.not_auto_added", tenant=tenant.slug, mac=str(identity.mac), reason="too many in a minute")
        return
    try:
        given = DeviceIn(mac=identity.mac, vendor=identity.vendor or "", model=identity.model or "")
        with Change(session, vault, ACTOR, clock=lambda: at) as change:
            devices.put(change, tenant, given)
    except (Invalid, ValueError) as error:
        log.info("device.not_auto_added", tenant=tenant.slug, mac=str(identity.mac), reason=str(error)[:200])
        session.rollback()
        return
    if identity.mac:
        session.execute(delete(UnknownDevice).where(UnknownDevice.mac == identity.mac.hex))
    log.info("device.auto_added", tenant=tenant.slug, mac=str(identity.mac), model=identity.model)
