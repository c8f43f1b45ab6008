"""The gate's rules, one fact a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.errors import Refused
from provisioner.gate import Claim, admit
from provisioner.http_auth import Digests
from provisioner.load import Facts
from provisioner.recognise import Ask, recognise
from provisioner.vault import Vault

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
VAULT = Vault(bytes(32))
FACTS = Facts(
    device_id=1,
    public_id="00112233445566aa",
    tenant_id=1,
    tenant="acme",
    access="pairing",
    networks=("10.20.0.0/16", "2001:db8::/32"),
    vendor="yealink",
    model="T46U",
    firmware=None,
    revision=1,
    state="closed",
    open_until=None,
    generation=3,
)
TRUSTING = replace(FACTS, access="network")


def claim(facts: Facts, path: str = "/805ec0123456.cfg", address: str = "192.0.2.7", user_agent: str = "") -> Claim:
    ask = Ask(path=path, address=address, user_agent=user_agent)
    return Claim(ask=ask, identity=recognise(ask), facts=facts, now=NOW, vault=VAULT, digests=Digests(VAULT))


def with_token(generation: int, public_id: str = FACTS.public_id) -> str:
    return f"/d/{VAULT.token(public_id, generation)}/805ec0123456.cfg"


def test_the_devices_token_is_proof_from_anywhere() -> None:
    assert admit(claim(FACTS, with_token(3))) == "token"


def test_a_token_of_an_older_pairing_is_worthless() -> None:
    with pytest.raises(Refused, match="older pairing"):
        admit(claim(FACTS, with_token(2)))


def test_another_devices_token_is_refused_even_in_a_trusted_network() -> None:
    with pytest.raises(Refused, match="another device"):
        admit(claim(TRUSTING, with_token(3, "ffeeddccbbaa0099"), address="10.20.1.1"))


@pytest.mark.parametrize("address", ["10.20.1.1", "::ffff:10.20.1.1", "2001:db8::7"])
def test_a_trusted_network_is_proof_where_the_tenant_says_so(address: str) -> None:
    assert admit(claim(TRUSTING, address=address)) == "network"


@pytest.mark.parametrize("address", ["10.21.0.1", "", "not an address", "2001:db9::1"])
def test_other_networks_are_none(address: str) -> None:
    with pytest.raises(Refused):
        admit(claim(TRUSTING, address=address))


def test_a_network_is_no_proof_for_a_tenant_that_pairs() -> None:
    with pytest.raises(Refused, match="does not trust networks"):
        admit(claim(FACTS, address="10.20.1.1"))


@pytest.mark.parametrize("state", ["open", "paired"])
def test_the_window_is_proof_while_it_is_open(state: str) -> None:
    assert admit(claim(replace(FACTS, state=state, open_until=NOW + timedelta(seconds=1)))) == "window"


@pytest.mark.parametrize(
    ("state", "until"), [("open", NOW), ("paired", NOW - timedelta(1)), ("closed", NOW + timedelta(1)), ("open", None)]
)
def test_a_window_that_is_not_open_is_none(state: str, until: datetime | None) -> None:
    with pytest.raises(Refused):
        admit(claim(replace(FACTS, state=state, open_until=until)))


def test_a_blocked_device_gets_nothing_whatever_it_proves() -> None:
    blocked = replace(TRUSTING, state="blocked", open_until=NOW + timedelta(1))
    with pytest.raises(Refused, match="blocked"):
        admit(claim(blocked, with_token(3), address="10.20.1.1"))


def test_a_user_agent_of_another_device_is_refused_even_with_the_token() -> None:
    with pytest.raises(Refused, match="user-agent"):
        admit(claim(FACTS, with_token(3), user_agent="Yealink SIP-T46U 108.86.0.45 80:5e:c0:99:99:99"))
