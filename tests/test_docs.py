"""The documents tell what is there: settings, commands, modes, neutral settings and log events."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provisioner import neutral
from provisioner.cli import COMMANDS
from provisioner.settings import PREFIX, Installation

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", [name for name in Installation.model_fields if name != "defaults"])
def test_every_setting_of_the_installation_is_documented(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in (DOCS / "installation.md").read_text("utf-8")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented(command: str) -> None:
    assert f"`provisioner {command}" in (DOCS / "command-line.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(neutral.defaults()))
def test_every_neutral_setting_is_documented(name: str) -> None:
    assert f"`{name.partition('.')[2]}`" in (DOCS / "site-file.md").read_text("utf-8")


def test_every_log_event_is_documented_and_no_other() -> None:
    files = (path for package in ("provisioner", "admin") for path in sorted((ROOT / package).rglob("*.py")))
    source = "".join(path.read_text("utf-8") for path in files)
    told = set(re.findall(r'(?:log|logger|event)\.(?:info|warning|error|exception)\(\s*"([a-z]+\.[a-z_]+)"', source))
    told |= set(re.findall(r'log_failure\("([a-z]+\.[a-z_]+)"', source))
    documented = set(re.findall(r"^\| `([a-z]+\.[a-z_]+)`", (DOCS / "logs.md").read_text("utf-8"), re.MULTILINE))
    assert told == documented


def test_links_between_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *DOCS.glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert target.startswith("http") or (page.parent / target).exists(), (page, target)
