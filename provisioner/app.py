"""Puts the parts together: the only module that knows everybody, the portal included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from provisioner.answer import Provisioner
from provisioner.errors import NotOurs
from provisioner.recognise import Ask
from provisioner.settings import Installation, read_installation
from provisioner.store.database import Database
from provisioner.tftp import Request
from provisioner.values import Transport
from provisioner.vault import Vault


def open_provisioner(installation: Installation | None = None, *, create: bool = False) -> Provisioner:
    """The provisioner of this installation; with ``create`` an empty installation is made ready first.

    Raises Invalid when the settings, the key file or a client CA are wrong.
    """
    installation = installation or read_installation()
    database = Database(installation.database)
    vault = Vault.open(installation.key, create=create and not _has_key(database))
    if create:
        installation.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        database.upgrade()
    if database.is_current():
        database.bind_key(vault)
    made = Provisioner(installation, database, vault)
    _ = made.gatehouse.manufacturers  # a CA that cannot be read is an error now, not at a phone's request
    return made


def _has_key(database: Database) -> bool:
    """Whether the database was made with some key, so that a new one must not be invented."""
    return database.key_fingerprint() is not None


def portal_maker() -> Callable[[Provisioner], Any]:
    """What makes the WSGI application of the portal's plane; Flask is not needed where phones are served."""
    from admin.app import create_app  # noqa: PLC0415  # the portal's process alone calls this

    return create_app


def tftp_respond(provisioner: Provisioner) -> Callable[[Request], bytes | Path]:
    """What the TFTP door asks for each request that takes its time."""
    return lambda request: provisioner.image(request.name) or provisioner.answer(_tftp_ask(request)).body


def tftp_at_once(provisioner: Provisioner) -> Callable[[Request], bytes | None]:
    """What the TFTP door asks first."""

    def at_once(request: Request) -> bytes | None:
        if provisioner.image(request.name) is not None:
            return None  # a disk may be slow to open it
        answer = provisioner.at_once(_tftp_ask(request))
        return answer.body if answer is not None else None

    return at_once


def _tftp_ask(request: Request) -> Ask:
    if not request.name:
        raise NotOurs("a request without a name")
    return Ask(path=request.name.replace("\\", "/"), transport=Transport.TFTP, address=request.address)
