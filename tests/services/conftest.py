"""The services' tests run on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner.load import Loader
from provisioner.merge import merge
from provisioner.profile import Profile
from provisioner.services import devices, extensions, locations, templates, tenants, webhooks
from provisioner.services.change import Change, Outcome
from provisioner.services.schemas import DeviceIn, ExtensionIn, LocationIn, TemplateIn, TenantIn, WebhookIn
from provisioner.settings import Installation
from provisioner.store.database import Database
from provisioner.store.tables import Audit, Device, Tenant
from provisioner.values import Ipei, Mac
from provisioner.vault import Vault
from tests.databases import Copied, copied, database, kind, postgres, postgres_template, shared, sqlite_template

__all__ = ["copied", "database", "kind", "postgres", "postgres_template", "shared", "sqlite_template"]

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PHONE, SECOND, BASE, MAIN, FURTHER = (
    "80:5e:c0:00:00:01", "80:5e:c0:00:00:02", "80:5e:c0:00:00:0b", "80:5e:c0:00:00:0c", "80:5e:c0:00:00:0d",
)  # fmt: skip
HANDSET = "02956-0213347-2"


@dataclass
class Desk:
    """A tenant and somebody who changes it; in one ``session`` that is taken back, where one is given."""

    database: Database
    vault: Vault
    tenant: str = "acme"
    session: Session | None = None

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction, or a part of the one that is taken back."""
        if self.session is None:
            with self.database.writing() as session:
                yield session
        else:
            yield self.session
            self.session.flush()
            self.session.expunge_all()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """What is stored now."""
        if self.session is None:
            with self.database.reading() as session:
                yield session
        else:
            yield self.session
            self.session.expunge_all()

    @contextmanager
    def changing(self, **more: Any) -> Iterator[tuple[Change, Tenant]]:
        """A transaction at the tenant."""
        with (
            self.writing() as session,
            Change(session, self.vault, "ann", clock=lambda: NOON, **more) as change,
        ):
            row = tenants.find(session, self.tenant)
            assert row
            yield change, row

    def make(self, **fields: Any) -> Outcome:
        """Put the tenant itself."""
        with self.writing() as session, Change(session, self.vault, "ann", clock=lambda: NOON) as change:
            return tenants.put(change, TenantIn(tenant=self.tenant, **fields))

    def device(self, **fields: Any) -> Outcome:
        """Put a device."""
        with self.changing() as (change, tenant):
            return devices.put(change, tenant, DeviceIn(**fields))

    def extension(self, **fields: Any) -> Outcome:
        """Put an extension."""
        with self.changing() as (change, tenant):
            return extensions.put(change, tenant, ExtensionIn(**fields))

    def location(self, **fields: Any) -> Outcome:
        """Put a location."""
        with self.changing() as (change, tenant):
            return locations.put(change, tenant, LocationIn(**fields))

    def template(self, **fields: Any) -> Outcome:
        """Put a button template."""
        with self.changing() as (change, tenant):
            return templates.put(change, tenant, TemplateIn(**fields))

    def webhook(self, **fields: Any) -> Outcome:
        """Put a webhook."""
        with self.changing() as (change, tenant):
            return webhooks.put(change, tenant, WebhookIn(**fields))

    def revisions(self) -> dict[str, int]:
        """The revision of every device, by its address."""
        with self.reading() as session:
            return {_address(row): row.revision for row in session.scalars(select(Device)) if row.mac}

    def raised(self, action: Callable[[], object]) -> set[str]:
        """The devices with files whose revision an action raises."""
        before = self.revisions()
        action()
        return {name for name, revision in self.revisions().items() if before.get(name, revision) != revision}

    def row(self, address: str) -> Device:
        """A stored device."""
        with self.reading() as session:
            return next(row for row in session.scalars(select(Device)) if _address(row) == address)

    def profile(self, address: str) -> Profile:
        """What the device's files are rendered from."""
        with self.reading() as session:
            loader = Loader(self.vault, Installation(public_url="https://prov.example"))
            return merge(loader.load(session, self.row(address).id))

    def audits(self) -> list[Audit]:
        """The audit log, oldest first."""
        with self.reading() as session:
            return list(session.scalars(select(Audit).order_by(Audit.id)))

    def everything(self) -> str:
        """All audit rows as one text, to look for secrets in."""
        return json.dumps([[row.subject, row.changes] for row in self.audits()])


def _address(row: Device) -> str:
    return str(Mac(row.mac)) if row.mac else str(Ipei.parse(f"0x{row.ipei}")) if row.ipei else f"slot {row.slot}"


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.open(tmp_path_factory.mktemp("keys") / "key", create=True)


@contextmanager
def taken_back(database: Database) -> Iterator[Session]:
    """A transaction of which nothing stays."""
    with database.writing() as session:
        yield session
        session.rollback()


@pytest.fixture
def desk(shared: Database, vault: Vault) -> Iterator[Desk]:
    """An empty tenant, alone."""
    with taken_back(shared) as session:
        made = Desk(shared, vault, session=session)
        made.make(name="Acme Dental", sip={"server": "pbx.acme.example"})
        yield made


@pytest.fixture(scope="session")
def furnished(copied: Copied, vault: Vault) -> Iterator[Database]:
    """A database with a practice in it."""
    with copied() as url:
        made = Database(url)
        furnish(Desk(made, vault))
        yield made
        made.close()


@pytest.fixture
def practice(furnished: Database, vault: Vault) -> Iterator[Desk]:
    """A tenant with phones, a DECT base with a handset, and a multi-cell system."""
    with taken_back(furnished) as session:
        yield Desk(furnished, vault, session=session)


def furnish(desk: Desk) -> None:
    """Phones, a DECT base with a handset, and a multi-cell system."""
    desk.make(name="Acme Dental", sip={"server": "pbx.acme.example"})
    desk.location(name="HQ", city="Chicago", timezone="America/Chicago")
    desk.location(name="Lab", city="Oslo", timezone="Europe/Oslo")
    desk.template(name="Front", models=["yealink/T4*"], buttons=[{"slot": "line:3", "mode": "dnd"}])
    desk.template(name="Other", buttons=[{"slot": "line:4", "mode": "dnd"}])
    desk.extension(number="100", password="pw-100")
    desk.extension(number="101", password="pw-101", location="Lab")
    desk.extension(number="102", password="pw-102")
    desk.device(mac=PHONE, vendor="yealink", model="T46U", extensions=["100"], template="Front", location="HQ")
    desk.device(mac=SECOND, vendor="yealink", model="T48U", extensions=["101"])
    desk.device(mac=BASE, vendor="yealink", model="W70B")
    desk.device(ipei=HANDSET, base=BASE, extensions=["102"])
    desk.device(mac=MAIN, vendor="yealink", model="W90DM")
    desk.device(mac=FURTHER, vendor="yealink", model="W90B", base=MAIN)
