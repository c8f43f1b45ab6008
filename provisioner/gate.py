"""May this requester have this file now? The rules of the contract in their order, each a small function.

A rule looks at what was asked and at what is stored, and either names the proof that it found or says why
it found none. The first proof wins; without one the request is refused, and every refusal looks alike
from outside. Places for further proofs (client certificates, HTTP credentials) are further rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from provisioner.errors import Refused
from provisioner.load import Facts
from provisioner.recognise import Ask, Identity
from provisioner.vault import TAG_HEX, Vault

PAIRED_STAYS_OPEN = timedelta(minutes=10)
"""How long the window stays open after the first private answer: a phone fetches several files."""

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request for a private file, with all that the rules may look at."""

    ask: Ask
    identity: Identity
    facts: Facts
    now: datetime
    vault: Vault
    walking: bool = False


class Verdict(NamedTuple):
    """What one rule found: ``met`` or not, and why."""

    rule: str
    met: bool
    why: str


Rule = Callable[[Claim], Verdict]


def token(claim: Claim) -> Verdict:
    """The path carries this device's token, of its present pairing generation."""
    given, facts = claim.identity.token, claim.facts
    if given is None:
        return Verdict("token", False, "the path carries no token")
    if claim.vault.is_token(given, facts.public_id, facts.generation):
        return Verdict("token", True, "the path carries this device's token")
    return Verdict("token", False, "the token is of an older pairing")


def network(claim: Claim) -> Verdict:
    """The tenant trusts its networks, and the request comes from one of them."""
    if claim.facts.access != "network":
        return Verdict("network", False, "the tenant does not trust networks (access is pairing)")
    address = claim.ask.address
    if _is_inside(address, tuple(claim.facts.networks)):
        return Verdict("network", True, f"{address} is in the tenant's networks")
    return Verdict("network", False, f"{address or 'no address'} is in none of the tenant's networks")


def window(claim: Claim) -> Verdict:
    """The device's pairing window is open, or closed less than ten minutes after it paired."""
    until = claim.facts.open_until
    if claim.facts.state not in ("open", "paired") or until is None:
        return Verdict("window", False, f"the pairing window is {claim.facts.state}")
    if until <= claim.now:
        return Verdict("window", False, f"the pairing window closed at {until:%Y-%m-%d %H:%M} UTC")
    if claim.walking:
        return Verdict("window", False, "the address asked for too many identities that got nothing; it waits")
    return Verdict("window", True, f"the pairing window is open until {until:%Y-%m-%d %H:%M} UTC")


RULES: tuple[Rule, ...] = (token, network, window)


def obstacle(claim: Claim) -> str | None:
    """What forbids an answer whatever the rules say."""
    if claim.facts.state == "blocked":
        return "the device is blocked"
    if claim.identity.doubt:
        return claim.identity.doubt
    given = claim.identity.token
    if given is not None and given[:-TAG_HEX] != claim.facts.public_id:
        return "the token in the path is another device's"
    return None


def verdicts(claim: Claim) -> Iterator[Verdict]:
    """Every rule's view, in order, for ``provisioner why``."""
    return (rule(claim) for rule in RULES)


def admit(claim: Claim) -> str:
    """The name of the rule that lets the request pass. Raises Refused with the reasons, for the log."""
    reason = obstacle(claim)
    if reason is None:
        missed = []
        for rule in RULES:
            verdict = rule(claim)
            if verdict.met:
                return verdict.rule
            missed.append(verdict.why)
        reason = "; ".join(missed)
    raise Refused(reason)


@lru_cache(maxsize=16_384)
def _is_inside(text: str, networks: tuple[str, ...]) -> bool:
    address = _address(text)
    return address is not None and any(address in one for one in _networks(networks))


@lru_cache(maxsize=4096)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one in IPv6 clothes undressed; None for what is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
