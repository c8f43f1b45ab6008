"""The server's life: the first run, the demo, the greeting, and then the planes."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import click
import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.errors import Invalid, Problem
from provisioner.hosts import socket_address
from provisioner.planes import run_plane, settle
from provisioner.settings import Installation
from provisioner.store.database import DOWN, PROBE_S
from provisioner.store.tables import Device, Tenant, User
from provisioner.supervisor import Child, Supervisor, supervisor
from provisioner.values import Mac

log = structlog.get_logger()


def run(installation: Installation, planes: Sequence[str], *, demo: bool) -> None:
    """Make the installation ready and serve these planes until told to stop. Raises Invalid.

    This process becomes the supervisor, and each plane's process comes back from it to serve.
    """
    supervising = _prepared(installation, planes, demo=demo)
    settle()
    child = supervising.run()
    if child is None:
        sys.exit(1 if supervising.gave_up else 0)
    if child.once:
        _prepare_later(installation)
    else:
        run_plane(child.plane, installation, child.sockets)


def _prepared(installation: Installation, planes: Sequence[str], *, demo: bool) -> Supervisor:
    """The supervisor with its sockets. It keeps no connection to the database, for none survives a fork.

    After a power cut the database's machine may be up later than this one: then phones get what this node served
    them last, as in any outage, and a process of its own makes ready what was left undone.
    """
    later: list[Child] = []
    try:
        server = _made_ready(installation, demo=demo)
    except DOWN as error:
        server = open_provisioner(installation)
        if server.database.is_sqlite or demo:
            raise
        log.error("database.away", reason=type(error).__name__)
        later = [Child("preparation", (), once=True)]
    try:
        made = supervisor(installation, planes)
        made.children += later
    except OSError as error:
        raise Invalid([Problem(field="*_BIND", message=f"{error.strerror}: {_binds(installation)}")]) from None
    with suppress(OSError):  # a full disk takes no line, and phones are served nevertheless
        for line in _greeting(server, demo):
            click.echo(line)
    server.database.engine.dispose()
    return made


def _made_ready(installation: Installation, *, demo: bool) -> Provisioner:
    server = open_provisioner(installation, create=True)
    server.database.check_pooler()
    _first_run(server, demo)
    return server


def _prepare_later(installation: Installation) -> None:
    """Wait for the database, and make the installation ready. Raises Invalid as a start does, which ends the server."""
    database = open_provisioner(installation).database
    while True:
        if database.answers():
            with suppress(*DOWN):
                _made_ready(installation, demo=False)
                return
        time.sleep(PROBE_S)


def _first_run(server: Provisioner, demo: bool) -> None:
    given = server.installation.admin_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(12)
    # A node that starts in the same moment may be quicker: then the account is there.
    with suppress(IntegrityError), server.database.writing() as session:
        if session.scalars(select(User.id).limit(1)).first() is None:
            accounts.add_user(session, "admin", password, "server")
            session.flush()
            click.echo(f"First run: portal account admin, password {password if given is None else '(as given)'}")
    if demo and _is_empty(server):
        from provisioner.demo import fill  # noqa: PLC0415  # read once in an installation's life

        fill(server)


def _is_empty(server: Provisioner) -> bool:
    with server.database.reading() as session:
        return session.scalars(select(Tenant.id).limit(1)).first() is None


def _binds(installation: Installation) -> str:
    return ", ".join((installation.phones_bind, installation.tftp_bind, installation.portal_bind))


def _greeting(server: Provisioner, demo: bool) -> Iterator[str]:
    installation = server.installation
    yield f"Portal:  http://{installation.portal_bind}/portal/"
    yield f"Phones:  http://{installation.phones_bind}  and TFTP on {installation.tftp_bind}"
    yield f"Phones are told to come back to {installation.base_url}"
    if demo:
        yield "Fetch a demo phone's configuration:"
        yield from _examples(server)


def _examples(server: Provisioner) -> Iterator[str]:
    """Two over HTTP and one over TFTP, for devices whose pairing window is open."""
    installation = server.installation
    _, http_port = socket_address(installation.phones_bind)
    _, tftp_port = socket_address(installation.tftp_bind)
    with server.database.reading() as session:
        query = select(Device).where(Device.mac.is_not(None)).order_by(Device.id)
        names = [_first_file(device) for device in session.scalars(query).all()[:3]]
    forms = (
        "curl -i http://127.0.0.1:{http}/{name}",
        "curl -i http://127.0.0.1:{http}/{name}",
        "tftp -m binary 127.0.0.1 {tftp} -c get {name}",
    )
    for form, name in zip(forms, names, strict=False):
        yield "  " + form.format(http=http_port, tftp=tftp_port, name=name)


def _first_file(device: Device) -> str:
    from provisioner.registry import find_model  # noqa: PLC0415

    vendor, model = find_model(device.vendor, device.model)
    file = next(file for file in vendor.files if file.template and file.private and file.fits(model))
    return file.name(Mac(device.mac or ""), model)
