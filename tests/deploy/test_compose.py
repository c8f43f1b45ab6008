"""The compose example: its services are planes, its settings exist, and its proxy passes no claim of a phone on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from provisioner.commands.serve import PLANE_NAMES
from provisioner.settings import PREFIX, Installation

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text("utf-8"))["services"]
PROXIES = [ROOT / "deploy" / name / file for name, file in (("compose", "haproxy.cfg"), ("haproxy", "provisioner.cfg"))]
BELIEVED = sorted(
    set(re.findall(r'"HTTP_([A-Z0-9_]+)"', (ROOT / "provisioner" / "forwarded.py").read_text("utf-8")))
    | {"X_FORWARDED_FOR"}
)


def test_every_plane_is_a_service() -> None:
    commands = [service["command"] for service in SERVICES.values() if "command" in service]
    assert sorted(command[1] for command in commands if command[0] == "serve") == sorted(PLANE_NAMES)


def test_every_setting_exists() -> None:
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    known = {f"{PREFIX}{name.upper()}" for name in Installation.model_fields}
    assert {name for name in given if name.startswith(PREFIX)} - known == set()


def test_the_service_on_a_port_of_root_may_bind_it() -> None:
    # Docker hands an added right to root alone, and on the host's network no other user may bind such a port.
    service = SERVICES["tftp"]
    assert "PROVISIONER_TFTP_BIND" in service["environment"]
    assert (True, "host", "0:0") == ("NET_BIND_SERVICE" in service["cap_add"], service["network_mode"], service["user"])


def test_what_is_sent_to_the_engine_is_what_the_image_is_made_of() -> None:
    first, *kept = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] != "#"]
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "deploy" / "compose" / "Dockerfile").read_text("utf-8"), re.M)
    assert "*" == first
    assert {word for words in copied for word in words.split()} == {line[1:] for line in kept if line[0] == "!"}


@pytest.mark.parametrize("proxy", PROXIES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("header", BELIEVED)
def test_what_a_phone_claims_itself_is_thrown_away(proxy: Path, header: str) -> None:
    name, gone = header.replace("_", "-").lower(), []
    for word, found, begins in re.findall(r"http-request (set|del)-header (\S+)( -m beg)?", proxy.read_text("utf-8")):
        same = name.startswith(found.lower()) if begins else name == found.lower()
        gone += [word] if same else []
    assert gone
