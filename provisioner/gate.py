"""May this requester have this file now? The rules of the contract in their order, each a small function.

A rule looks at what was asked and at what is stored, and either names the proof that it found or says why
it found none. The first proof wins; without one the request is refused, and every refusal looks alike
from outside. A new kind of proof is a further rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hmac import compare_digest
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from provisioner.certificates import Seen
from provisioner.codes import OpenCode
from provisioner.errors import Refused
from provisioner.http_auth import Digests, Login, basic_login
from provisioner.load import Facts
from provisioner.recognise import Ask, Identity
from provisioner.vault import TAG_HEX, Vault

_NEVER = datetime.min.replace(tzinfo=UTC)

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request for a private file, with all that the rules may look at."""

    ask: Ask
    identity: Identity
    facts: Facts
    now: datetime
    vault: Vault
    digests: Digests
    seen: tuple[Seen, ...] = ()
    codes: tuple[OpenCode, ...] = ()
    walking: bool = False


class Verdict(NamedTuple):
    """What one rule found: ``met`` or not, and why."""

    rule: str
    met: bool
    why: str


Rule = Callable[[Claim], Verdict]


def certificate(claim: Claim) -> Verdict:
    """A client certificate of the device's manufacturer names this MAC."""
    mine = any(one.vendor == claim.facts.vendor and one.mac == claim.identity.mac and one.mac for one in claim.seen)
    if mine and claim.facts.certificate_distrusted:
        return Verdict("certificate", False, "the certificate of this device is distrusted")
    why = "; ".join(one.why for one in claim.seen)
    return Verdict("certificate", mine, why or "no client certificate")


def token(claim: Claim) -> Verdict:
    """The path carries this device's token, of its present pairing generation."""
    given, facts = claim.identity.token, claim.facts
    if given is None:
        return Verdict("token", False, "the path carries no token")
    if claim.vault.is_token(given, facts.public_id, facts.generation):
        return Verdict("token", True, "the path carries this device's token")
    return Verdict("token", False, "the token is of an older pairing")


def credentials(claim: Claim) -> Verdict:
    """HTTP Basic or Digest credentials of the device or of its tenant, which turned them on."""
    given, allowed = claim.ask.authorization, claim.facts.http_auth
    if not given:
        return Verdict("credentials", False, "no HTTP credentials")
    # What the device takes is asked last: until then every request costs the same.
    wrong = _what_is_wrong(claim)
    if allowed is None:
        wrong = "the tenant takes no HTTP credentials"
    elif allowed == "digest" and basic_login(given):
        wrong = "the tenant takes Digest alone"
    return Verdict("credentials", wrong is None, wrong or "HTTP credentials of the device or its tenant")


def _what_is_wrong(claim: Claim) -> str | None:
    login = basic_login(claim.ask.authorization)
    if login is None:
        return claim.digests.check(claim.ask, _logins(claim), claim.now)
    rights = [one.is_for(login[0]) & compare_digest(one.password.encode(), login[1].encode()) for one in _logins(claim)]
    return None if any(rights) else "user name or password are wrong"


def _logins(claim: Claim) -> list[Login]:
    facts, vault = claim.facts, claim.vault
    mac = claim.identity.mac.hex if claim.identity.mac else ""
    found = [Login(mac, vault.http_password(facts.public_id, facts.generation), is_mac=True)]
    if facts.http_user and facts.sealed_http_password:
        sealed = bytes.fromhex(facts.sealed_http_password)
        found.append(Login(facts.http_user, vault.open_sealed(f"tenant/{facts.tenant_uid}/http", sealed)))
    return found


def network(claim: Claim) -> Verdict:
    """The tenant trusts its networks, and the request comes from one of them."""
    if claim.facts.access != "network":
        return Verdict("network", False, "the tenant does not trust networks (access is pairing)")
    address = claim.ask.address
    if is_inside(address, tuple(claim.facts.networks)):
        return Verdict("network", True, f"{address} is in the tenant's networks")
    return Verdict("network", False, f"{address or 'no address'} is in none of the tenant's networks")


def window(claim: Claim) -> Verdict:
    """The device's pairing window is open, or closed less than ten minutes after it paired."""
    state, until = claim.facts.state, claim.facts.open_until or _NEVER
    # Said of every window in one form, so that it takes as long.
    when = until.isoformat(" ", "minutes")
    when = f"{state}, until {when}" if until > _NEVER else state
    if state not in ("open", "paired") or until <= claim.now:
        return Verdict("window", False, f"the pairing window is not open ({when})")
    if claim.walking:
        return Verdict("window", False, "the address asked for too many identities that got nothing; it waits")
    return Verdict("window", True, f"the pairing window is open ({when})")


def code(claim: Claim) -> Verdict:
    """The password is a pairing code that was made for the device or its tenant, and that nobody used yet."""
    login = basic_login(claim.ask.authorization)
    if login is None or not claim.codes:
        return Verdict("code", False, "no pairing code")
    right = any(compare_digest(one.code.encode(), login[1].encode()) for one in claim.codes)
    return Verdict("code", right, "a pairing code" if right else "the password is no pairing code")


RULES: tuple[Rule, ...] = (certificate, token, credentials, network, window, code)


def obstacle(claim: Claim) -> str | None:
    """What forbids an answer whatever the rules say."""
    if claim.facts.state == "blocked":
        return "the device is blocked"
    if claim.identity.doubt:
        return claim.identity.doubt
    given = claim.identity.token
    if given is not None and given[:-TAG_HEX] != claim.facts.public_id:
        return "the token in the path is another device's"
    other = next((one for one in claim.seen if one.mac and one.mac != claim.identity.mac), None)
    if other:
        return f"the path names {claim.identity.mac} and the client certificate is one for {other.mac}"
    return None


def verdicts(claim: Claim) -> Iterator[Verdict]:
    """Every rule's view, in order, for ``provisioner why``."""
    return (rule(claim) for rule in RULES)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rule that lets a request pass, or None and the reasons, for the log."""

    proof: str | None
    reason: str = ""


def judge(claim: Claim) -> Judgement:
    """Ask every rule until one is met. What is forbidden anyway is asked them too, so that it takes as long."""
    forbidden = obstacle(claim)
    missed = []
    for rule in RULES:
        verdict = rule(claim)
        if verdict.met and forbidden is None:
            return Judgement(verdict.rule)
        missed.append(verdict.why)
    return Judgement(None, forbidden or "; ".join(missed))


def admit(claim: Claim) -> str:
    """The name of the rule that lets the request pass. Raises Refused with the reasons, for the log."""
    judgement = judge(claim)
    if judgement.proof is None:
        raise Refused(judgement.reason)
    return judgement.proof


@lru_cache(maxsize=16_384)
def is_inside(text: str, networks: tuple[str, ...]) -> bool:
    """Whether an address lies in one of these networks."""
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
