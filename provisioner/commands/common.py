"""What several commands share: the provisioner of this installation, and devices by any spelling."""

from __future__ import annotations

from getpass import getuser

from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.errors import Invalid, Problem
from provisioner.store.tables import Device, Tenant
from provisioner.values import Ipei, Mac


def provisioner() -> Provisioner:
    """This installation's provisioner, made ready on first use."""
    return open_provisioner(create=True)


def actor() -> str:
    """Who runs the command, for the audit log."""
    try:
        return f"{getuser()} (command line)"
    except OSError:
        return "command line"


def device_of(session: Session, identity: str) -> Device:
    """The device of a MAC or IPEI in any common spelling. Raises Invalid."""
    problems = []
    for column, kind in ((Device.mac, Mac), (Device.ipei, Ipei)):
        try:
            key = kind.parse(identity).hex
        except ValueError as error:
            problems.append(str(error))
            continue
        device = session.scalars(select(Device).where(column == key)).one_or_none()
        if device is not None:
            return device
    if len(problems) == 2:
        raise Invalid([Problem(field="IDENTITY", message=problems[0])])
    raise Invalid([Problem(field="IDENTITY", message=f"no device {identity}; `provisioner devices` lists them")])


def tenant_of(session: Session, slug: str) -> Tenant:
    """The tenant of a slug. Raises Invalid."""
    tenant = session.scalars(select(Tenant).where(Tenant.slug == slug)).one_or_none()
    if tenant is None:
        raise Invalid([Problem(field="--tenant", message=f"there is no tenant {slug[:63]!r}")])
    return tenant


def file_owner(device: Device) -> Device:
    """The device that asks for the files: a handset's base, else the device itself."""
    return device.base if device.mac is None and device.base else device
