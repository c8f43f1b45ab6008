"""Commands about the installation: migrations, and a doctor who says what to mend."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from pydantic import SecretStr

from provisioner.certificates import read_authorities
from provisioner.commands.common import as_json, print_json
from provisioner.errors import ProvisionerError
from provisioner.render import check_overrides
from provisioner.settings import PREFIX, Installation, read_installation
from provisioner.store.database import Database
from provisioner.supervisor import split
from provisioner.vault import Vault

SOON_DAYS = 30


@click.group()
def db() -> None:
    """The database's migrations."""


@db.command()
def upgrade() -> None:
    """Apply every migration that is missing."""
    Database(read_installation().database).upgrade()
    click.echo("the database is up to date")


@db.command()
def check() -> None:
    """Say whether migrations are missing."""
    if not Database(read_installation().database).is_current():
        raise click.ClickException("the database is not reachable or lacks migrations; run `provisioner db upgrade`")
    click.echo("the database is up to date")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at."""

    what: str
    ok: bool
    says: str


@click.command()
@as_json
def doctor(as_json: bool) -> None:
    """Check the installation, and say what to mend."""
    installation = read_installation()
    findings = list(_examine(installation))
    if as_json:
        print_json({"settings": _settings(installation), "findings": [vars_of(one) for one in findings]})
    else:
        for name, value in _settings(installation).items():
            click.echo(f"  {name:<28} {value}")
        for one in findings:
            click.echo(f"{'ok  ' if one.ok else 'MEND'} {one.what:<14} {one.says}")
    if not all(one.ok for one in findings):
        raise click.exceptions.Exit(1)


def vars_of(finding: Finding) -> dict[str, object]:
    """A finding as JSON."""
    return {"what": finding.what, "ok": finding.ok, "says": finding.says}


def _settings(installation: Installation) -> dict[str, str]:
    values = ((name, getattr(installation, name)) for name in Installation.model_fields if name != "defaults")
    return {PREFIX + name.upper(): "********" if isinstance(value, SecretStr) else str(value) for name, value in values}


def _examine(installation: Installation) -> Iterator[Finding]:
    yield _data_dir(installation)
    yield from _key(installation)
    yield _database(installation)
    for name in ("phones_bind", "portal_bind"):
        yield _port(name, getattr(installation, name), socket.SOCK_STREAM)
    yield _port("tftp_bind", installation.tftp_bind, socket.SOCK_DGRAM)
    yield _public_url(installation)
    yield from _manufacturers(installation)
    yield from _overrides(installation)


def _overrides(installation: Installation) -> Iterator[Finding]:
    if installation.template_dir is None:
        return
    problems = check_overrides(installation.template_dir)
    for problem in problems:
        yield Finding("templates", False, problem)
    if not problems:
        yield Finding("templates", True, f"every file in {installation.template_dir} compiles")


def _data_dir(installation: Installation) -> Finding:
    path = installation.data_dir
    ok = os.access(path if path.exists() else path.parent, os.W_OK)
    return Finding("data directory", ok, f"{path} is writable" if ok else f"make {path} writable for this user")


def _key(installation: Installation) -> Iterator[Finding]:
    path = installation.key
    if not path.exists():
        yield Finding("key file", True, f"{path} will be made on the first run")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    yield Finding(
        "key file",
        mode & 0o077 == 0,
        f"{path} has mode {mode:o}" + ("" if mode & 0o077 == 0 else "; chmod 600 it"),
    )
    try:
        database = Database(installation.database)
        if database.is_current():
            database.bind_key(Vault.open(path))
        yield Finding("key", True, "opens this database")
    except ProvisionerError as error:
        yield Finding("key", False, str(error))


def _database(installation: Installation) -> Finding:
    database = Database(installation.database)
    if database.is_current():
        return Finding("database", True, f"{database.engine.dialect.name}, migrated")
    return Finding("database", False, "not reachable or not migrated; run `provisioner db upgrade`")


def _port(name: str, bind: str, kind: socket.SocketKind) -> Finding:
    """A port in use is fine when it is our own server that uses it; that the doctor cannot know."""
    host, port = split(bind)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except PermissionError:
            return Finding(name, False, f"{bind}: this user may not bind it; see docs on ports below 1024")
        except OSError as error:
            return Finding(name, True, f"{bind} is in use ({error.strerror}); by this server, if it runs")
    return Finding(name, True, f"{bind} is free")


def _manufacturers(installation: Installation) -> Iterator[Finding]:
    """Each manufacturer's CAs: whether they can be read, and how long they are worth something."""
    if installation.client_ca_dir is None:
        return
    found, problems = read_authorities(installation.client_ca_dir)
    for problem in problems:
        yield Finding("client CAs", False, problem.message)
    if not found and not problems:
        yield Finding("client CAs", False, f"{installation.client_ca_dir} holds no CA; see docs/security.md")
    if installation.tls_cert is None and not installation.trusted_proxies:
        yield Finding("client CAs", False, "neither TLS_CERT nor TRUSTED_PROXIES is set: nobody can show a certificate")
    for name, authorities in found.items():
        end = min(one.not_valid_after_utc for one in authorities)
        left = (end - datetime.now(UTC)).days
        says = f"{len(authorities)} of {name}, the first ends on {end:%Y-%m-%d}"
        yield Finding("client CAs", left > SOON_DAYS, says + ("" if left > SOON_DAYS else "; get the newer one"))


def _public_url(installation: Installation) -> Finding:
    if installation.public_url is None:
        return Finding("public URL", True, f"not set; phones are told {installation.base_url}")
    return Finding("public URL", True, installation.public_url)
