"""Real requests are taken for what they are, and junk for nobody's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.recognise import Ask, Identity, recognise
from provisioner.registry import vendors
from provisioner.values import Mac, Transport

FIXTURES = Path(__file__).parent.parent / "fixtures"


def rows(pattern: str) -> list[dict[str, Any]]:
    lines = (line for path in sorted(FIXTURES.glob(pattern)) for line in path.read_text("utf-8").splitlines())
    return [json.loads(line) for line in lines if line.strip()]


def taken(row: dict[str, Any]) -> Identity:
    return recognise(
        Ask(
            path=row["path"],
            user_agent=row.get("user_agent", ""),
            transport=Transport(row.get("transport", "http")),
        )
    )


@pytest.mark.parametrize(
    "row", rows("*/requests.jsonl"), ids=lambda row: f"{row['path']} {row.get('user_agent', '')}"[:90]
)
def test_real_requests(row: dict[str, Any]) -> None:
    identity = taken(row)
    found = {
        "vendor": identity.vendor,
        "model": identity.model,
        "version": identity.version,
        "mac": identity.mac.hex if identity.mac else None,
    }
    assert {name: row.get(name) for name in found if name in row} == {
        name: found[name] for name in found if name in row
    }


@pytest.mark.parametrize("vendor", list(vendors()))
def test_every_vendor_has_real_requests(vendor: str) -> None:
    assert len(rows(f"{vendor}/requests.jsonl")) >= 8


@pytest.mark.parametrize("row", rows("nobody.jsonl"), ids=lambda row: f"{row['path']} {row.get('user_agent', '')}"[:90])
def test_junk_scanners_and_browsers_are_nobody(row: dict[str, Any]) -> None:
    identity = taken(row)
    assert (identity.vendor, identity.mac, identity.kind) == (None, None, None)


@given(st.text(max_size=300), st.text(max_size=200))
def test_no_bytes_make_it_raise(path: str, user_agent: str) -> None:
    recognise(Ask(path=path, user_agent=user_agent))


def test_a_user_agent_that_names_another_device_is_doubted() -> None:
    identity = recognise(Ask(path="/805ec0123456.cfg", user_agent="Yealink SIP-T46U 108.86.0.45 80:5e:c0:99:99:99"))
    assert Mac("805ec0123456") == identity.mac
    assert identity.doubt


@pytest.mark.parametrize(
    "path", ["/../../805ec0123456.cfg", "/a/%2e%2e/805ec0123456.cfg", "/805ec0123456.cfg%00.txt", "/805ec0123456.cfg/"]
)
def test_path_tricks_are_nobodys(path: str) -> None:
    assert recognise(Ask(path=path)).mac is None


def test_the_token_and_the_tenant_are_read_from_the_path() -> None:
    token = "0123456789abcdef" * 3
    assert token == recognise(Ask(path=f"/d/{token}/805ec0123456.cfg")).token
    assert token == recognise(Ask(path=f"{token}/805ec0123456.cfg", transport=Transport.TFTP)).token
    assert recognise(Ask(path="/t/acme/805ec0123456.cfg")).tenant == "acme"


def test_every_hint_begins_a_word_so_that_one_look_at_each_word_finds_it() -> None:
    hints = {agent.hint for vendor in vendors().values() for agent in vendor.user_agents}
    assert [] == [hint for hint in hints if not (hint[:2].isalnum() and hint == hint.lower())]
