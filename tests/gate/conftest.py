"""An installation in this process, on both databases, with a clock that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from provisioner import sightings
from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.errors import ProvisionerError
from provisioner.recognise import Ask
from provisioner.settings import Installation
from provisioner.site.apply import apply
from provisioner.store.tables import Device, now
from tests.databases import Copied, copied, kind, postgres, postgres_template, sqlite_template
from tests.world import SITE

__all__ = ["copied", "kind", "postgres", "postgres_template", "sqlite_template"]


@dataclass
class House:
    """An installation and what one does with it in tests."""

    provisioner: Provisioner
    at: datetime
    nodes: list[Provisioner] = field(default_factory=list)

    def after(self, **passed: float) -> None:
        """Let time pass."""
        self.at += timedelta(**passed)

    def node(self) -> Provisioner:
        """Another process on the same database."""
        first = self.provisioner
        self.nodes.append(Provisioner(first.installation, first.database, first.vault, clock=lambda: self.at))
        return self.nodes[-1]

    def ask(self, path: str, address: str = "192.0.2.7", node: Provisioner | None = None, **more: object) -> str:
        """What came of a request: the proof that let it pass, or why it did not."""
        server = node or self.provisioner
        server.sightings._pending.clear()
        try:
            server.answer(Ask(path=path, address=address, **more))  # type: ignore[arg-type]
        except ProvisionerError as error:
            return f"{type(error).__name__}: {error}"
        return str([*server.sightings._pending.values()][-1].proof)

    def device(self, mac: str) -> Device:
        """A device as it is stored."""
        with self.provisioner.database.reading() as session:
            return session.scalars(select(Device).where(Device.mac == mac)).one()

    def set(self, mac: str, **values: object) -> None:
        """Change a device past everything."""
        with self.provisioner.database.writing() as session:
            device = session.scalars(select(Device).where(Device.mac == mac)).one()
            for name, value in values.items():
                setattr(device, name, value)

    def token_path(self, mac: str) -> str:
        """Where the device asks once it is paired."""
        device = self.device(mac)
        return f"/d/{self.provisioner.vault.token(device.public_id, device.generation)}/{mac}.cfg"


@pytest.fixture
def house(copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(sightings, "INTERVAL_S", 3600.0)  # the tests flush by hand
    with copied() as url:
        installation = Installation(data_dir=tmp_path, database_url=SecretStr(url), public_url="http://prov.example")
        made = House(open_provisioner(installation, create=True), now())
        made.provisioner.clock = lambda: made.at
        apply(made.provisioner, SITE)
        yield made
        for node in (*made.nodes, made.provisioner):
            node.close()
