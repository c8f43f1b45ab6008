"""What several commands share: the provisioner of this installation, devices by any spelling, JSON output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from getpass import getuser
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.errors import Invalid, Problem, ProvisionerError
from provisioner.store.tables import Device, Tenant
from provisioner.values import Ipei, Mac

REFUSED = 1
"""The exit status of what is refused."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
names_as_json = click.option("--json", "as_json", is_flag=True, help="Print the names as JSON.")


def provisioner() -> Provisioner:
    """This installation's provisioner, made ready on first use."""
    return open_provisioner(create=True)


def actor() -> str:
    """Who runs the command, for the audit log."""
    try:
        return f"{getuser()} (command line)"
    except OSError:
        return "command line"


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def check_names(file: str | None, *, as_json: bool) -> None:
    """Names are told as JSON, a file as it is. Raises UsageError."""
    if as_json and file is not None:
        raise click.UsageError("--json is for the names of the files; leave FILE or --json out")


def echo_names(names: Sequence[str], *, as_json: bool) -> None:
    """The names of a device's files, one a line or as JSON."""
    if as_json:
        print_json({"files": list(names)})
    else:
        click.echo("\n".join(names))


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


@contextmanager
def refusals(file: str = "") -> Iterator[None]:
    """Every problem on standard error, behind the name of the file that it is in, and status 1."""
    try:
        yield
    except ProvisionerError as error:
        problems: Sequence[Problem] = getattr(error, "problems", ())
        if not problems:
            raise
        place = f"{click.format_filename(file)}: " if file else ""
        for problem in problems:
            click.echo(f"{place}{problem}", err=True)
        click.get_current_context().exit(REFUSED)
