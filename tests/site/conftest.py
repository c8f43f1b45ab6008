"""The site file's tests run on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from provisioner.settings import Installation
from provisioner.site.apply import apply
from provisioner.site.export import export
from provisioner.site.plan import Plan
from provisioner.store.database import Database
from provisioner.store.tables import Audit, Device
from provisioner.vault import Vault
from tests.databases import Copied, copied, database, kind, postgres, postgres_template, shared, sqlite_template

__all__ = ["copied", "database", "kind", "postgres", "postgres_template", "shared", "sqlite_template"]

ACME = (Path(__file__).parents[2] / "fixtures" / "site" / "acme.yaml").read_text("utf-8")
TABLES = (
    "webhook",
    "device_line",
    "button",
    "location_assignment",
    "device",
    "extension",
    "button_template",
    "location",
)


@dataclass
class Server:
    """What an apply needs, and a look at what it did."""

    database: Database
    vault: Vault
    installation: Installation = field(default_factory=lambda: Installation(public_url="https://prov.example"))

    def apply(self, text_: str, **more: Any) -> Plan:
        """Apply a file."""
        return apply(self, text_, **more)

    def plan(self, text_: str, **more: Any) -> list[str]:
        """Apply a file; the plan's lines without its warnings."""
        return [line for line in self.apply(text_, **more).lines() if not line.startswith("!")]

    def export(self, tenant: str = "acme", *, secrets: bool = True) -> str:
        """A tenant's site file."""
        with self.database.reading() as session:
            return export(session, self.vault, tenant, secrets=secrets)

    def state(self) -> dict[str, list[Any]]:
        """Every row of every table, to see that nothing changed."""
        with self.database.reading() as session:
            return {
                table: [tuple(row) for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]
                for table in ("tenant", "audit", *TABLES)
            }

    def devices(self) -> dict[str, Device]:
        """Every device by its address."""
        with self.database.reading() as session:
            return {row.mac or row.ipei or f"slot {row.slot}": row for row in session.scalars(select(Device))}

    def actors(self) -> set[str]:
        """Everybody in the audit log."""
        with self.database.reading() as session:
            return set(session.scalars(select(Audit.actor)))

    def clear(self) -> None:
        """Remove every tenant."""
        with self.database.engine.begin() as connection:
            connection.execute(text("DELETE FROM tenant"))
            connection.execute(text("DELETE FROM audit"))

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements that are sent meanwhile."""
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            sent.append(statement)

        event.listen(self.database.engine, "before_cursor_execute", note)
        yield sent
        event.remove(self.database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.open(tmp_path_factory.mktemp("keys") / "key", create=True)


@pytest.fixture
def server(shared: Database, vault: Vault) -> Iterator[Server]:
    """A server without tenants; what the test makes is removed after it."""
    made = Server(shared, vault)
    yield made
    made.clear()


@pytest.fixture(scope="session")
def second(copied: Copied, vault: Vault) -> Iterator[Server]:
    """Another server with the same key."""
    with copied() as url:
        made = Server(Database(url), vault)
        yield made
        made.database.close()
