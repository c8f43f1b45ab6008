"""Commands about the installation: migrations, and a doctor who says what to mend."""

from __future__ import annotations

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from cryptography.x509 import load_pem_x509_certificate
from pydantic import SecretStr
from sqlalchemy import func, make_url, select

from provisioner.certificates import read_authorities
from provisioner.commands.output import as_json, print_json
from provisioner.errors import ProvisionerError
from provisioner.hosts import socket_address
from provisioner.render import check_overrides
from provisioner.settings import PREFIX, Installation, read_installation
from provisioner.store.database import DOWN, Database, fault
from provisioner.vault import Vault

SOON_DAYS = 30
EARLIEST_YEAR = 2026
MOST_SECONDS_OFF = 30


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
            click.echo(f"  {name:<28} {'-' if value in (None, '') else value}")
        for one in findings:
            click.echo(f"{'ok  ' if one.ok else 'MEND'} {one.what:<14} {one.says}")
    if not all(one.ok for one in findings):
        raise click.exceptions.Exit(1)


def vars_of(finding: Finding) -> dict[str, object]:
    """A finding as JSON."""
    return {"what": finding.what, "ok": finding.ok, "says": finding.says}


def _settings(installation: Installation) -> dict[str, object]:
    """Every setting as it is in force, also where it follows from another."""
    told = {name: getattr(installation, name) for name in Installation.model_fields if name != "defaults"}
    told |= {
        "database_url": make_url(installation.database).render_as_string(hide_password=True),
        "key_file": installation.key,
        "public_url": installation.base_url,
    }
    return {PREFIX + name.upper(): _shown(value) for name, value in told.items()}


def _shown(value: object) -> object:
    if isinstance(value, SecretStr):
        return "********"
    return value if value is None or isinstance(value, int) else str(value)


def _examine(installation: Installation) -> Iterator[Finding]:
    yield _data_dir(installation)
    yield from _key(installation)
    yield _database(installation)
    yield from _clock(installation)
    for name in ("phones_bind", "portal_bind"):
        yield _port(name, getattr(installation, name), socket.SOCK_STREAM)
    yield _port("tftp_bind", installation.tftp_bind, socket.SOCK_DGRAM)
    yield _public_url(installation)
    yield from _certificate(installation)
    yield from _manufacturers(installation)
    yield from _overrides(installation)
    yield from _firmware(installation)


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
        vault, database = Vault.open(path), Database(installation.database)
        if database.is_current():
            database.bind_key(vault)
            yield Finding("key", True, "opens this database")
    except ProvisionerError as error:
        yield Finding("key", False, str(error))


def _database(installation: Installation) -> Finding:
    database = Database(installation.database)
    try:
        database.check_pooler()
    except ProvisionerError as error:
        return Finding("database", False, str(error))
    except DOWN as error:
        return Finding("database", False, str(fault(error)))
    if database.is_current():
        return Finding("database", True, f"{database.engine.dialect.name}, migrated")
    return Finding("database", False, "not migrated; run `provisioner db upgrade`")


def _clock(installation: Installation) -> Iterator[Finding]:
    """Whether this machine's clock can be right: windows, codes and certificates go by it."""
    here = datetime.now(UTC)
    if here.year < EARLIEST_YEAR:
        yield Finding("clock", False, f"{here:%Y-%m-%d %H:%M} UTC cannot be; set it, and keep it with NTP")
        return
    database = Database(installation.database)
    if not database.is_sqlite and database.is_current():
        with database.reading() as session:
            there: datetime = session.scalars(select(func.clock_timestamp())).one()
        if abs((here - there).total_seconds()) > MOST_SECONDS_OFF:
            yield Finding("clock", False, f"this machine says {here:%H:%M:%S}, its database {there:%H:%M:%S}; use NTP")
            return
    yield Finding("clock", True, f"{here:%Y-%m-%d %H:%M} UTC")


def _port(name: str, bind: str, kind: socket.SocketKind) -> Finding:
    """A port in use is fine when it is our own server that uses it; that the doctor cannot know."""
    host, port = socket_address(bind)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except PermissionError:
            return Finding(name, False, f"{bind}: this user may not bind it; see docs on ports below 1024")
        except OSError as error:
            return Finding(name, True, f"{bind} is in use ({error.strerror}); by this server, if it runs")
    return Finding(name, True, f"{bind} is free")


def _certificate(installation: Installation) -> Iterator[Finding]:
    """The certificate of the phones' plane: both of its files can be read, belong together and are valid."""
    certificate, key = installation.tls_cert, installation.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        missing = "TLS_CERT" if certificate is None else "TLS_KEY"
        yield Finding("TLS", False, f"set {PREFIX}{missing} too: a certificate and its key go together")
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
        end = load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        yield Finding("TLS", False, f"{certificate} and {key} are no certificate and its key in PEM: {error}")
        return
    left = (end - datetime.now(UTC)).days
    says = f"the certificate ends on {end:%Y-%m-%d}" + ("" if left > SOON_DAYS else "; get the next one")
    yield Finding("TLS", left > SOON_DAYS, says)


def _firmware(installation: Installation) -> Iterator[Finding]:
    folder = installation.firmware_dir
    if folder is not None:
        ok = folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
        says = f"{folder} can be read" if ok else f"{folder} is no folder that this user may read; make it, or unset it"
        yield Finding("firmware", ok, says)


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
