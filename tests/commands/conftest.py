"""An installation and the command line, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from provisioner.cli import cli
from tests.portal import world

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a tenant."""
    made = tmp_path_factory.mktemp("contract")
    provisioner = world.open_world(made)
    world.add_tenant(provisioner, "acme", "Acme Dental")
    provisioner.close()
    return made


@pytest.fixture
def run(directory: Path) -> Run:
    def call(*words: str, env: dict[str, str] | None = None, **options: Any) -> Result:
        fixed = {"PROVISIONER_DATA_DIR": str(directory), "PROVISIONER_PUBLIC_URL": "https://prov.example"}
        return CliRunner().invoke(cli, list(words), env={**fixed, **(env or {})}, **options)

    return call
