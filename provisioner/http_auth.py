"""HTTP Basic and Digest (RFC 7617, RFC 7616) for phones: challenges, nonces that nobody stores, and their check.

A nonce is the time, a random part and a keyed tag over both and the requester's address. What was used of
it is remembered by this process for as long as the nonce lives, so that one that was overheard can be
replayed at most once in each other process, from the same address, for the same file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Literal

from provisioner.recognise import Ask
from provisioner.values import Mac
from provisioner.vault import Vault

REALM = "provisioner"
NONCE_LIFE_S = 300
NONCES = 10_000
_HASHES = {"sha-256": hashlib.sha256, "md5": lambda data: hashlib.md5(data, usedforsecurity=False)}
_PART = re.compile(r'(\w+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))\s*(?:,|$)')
_BITS = 128

Scheme = Literal["basic", "digest"]


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and password that would be right; ``is_mac`` takes every spelling of a MAC as its user name."""

    user: str
    password: str
    is_mac: bool = False

    def is_for(self, user: str) -> bool:
        """Whether it is the login of this user name."""
        if not self.is_mac:
            return hmac.compare_digest(user.encode(), self.user.encode())
        try:
            return Mac.parse(user).hex == self.user
        except ValueError:
            return False


def basic_login(authorization: str) -> tuple[str, str] | None:
    """User name and password of a Basic header, None for anything else."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None


class Digests:
    """Makes nonces and checks answers to them; one a process."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._used: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = Lock()

    def challenges(self, scheme: Scheme, ask: Ask, at: datetime) -> list[str]:
        """The values of ``WWW-Authenticate``, the strongest first. They depend on the request alone."""
        stale = ", stale=true" if self.is_stale(ask, at) else ""
        nonce = self._nonce(ask.address, at)
        digests = [
            f'Digest realm="{REALM}", qop="auth", algorithm={name}, nonce="{nonce}"{stale}'
            for name in ("SHA-256", "MD5")
        ]
        return [*digests, f'Basic realm="{REALM}", charset="UTF-8"'] if scheme == "basic" else digests

    def _nonce(self, address: str, at: datetime) -> str:
        head = f"{int(at.timestamp()):08x}{os.urandom(8).hex()}"
        return head + self._vault.nonce_tag(f"{head}:{address}")

    def _age(self, nonce: str, address: str, at: datetime) -> float | None:
        """Seconds since we made it for this address; None for one that we did not make."""
        head, tag = nonce[:24], nonce[24:]
        if not hmac.compare_digest(tag.encode(), self._vault.nonce_tag(f"{head}:{address}").encode()):
            return None
        return at.timestamp() - int(head[:8], 16)

    def is_stale(self, ask: Ask, at: datetime) -> bool:
        """Whether the answer is to a nonce of ours that is old, of a clock that was set back since, or used up.

        The phone then answers to a new one, and need not ask its user.
        """
        parts = digest_parts(ask.authorization)
        nonce = parts.get("nonce", "")
        age = self._age(nonce, ask.address, at)
        return age is not None and (not 0 <= age <= NONCE_LIFE_S or self._is_used(nonce, _count(parts)))

    def check(self, ask: Ask, logins: Iterable[Login], at: datetime) -> str | None:
        """None when the answer is right, else why not."""
        parts = digest_parts(ask.authorization)
        age = self._age(parts.get("nonce", ""), ask.address, at)
        if age is None or not 0 <= age <= NONCE_LIFE_S:
            return "the nonce is old, of another address, or none of ours"
        if parts.get("uri") != ask.path or parts.get("realm") != REALM:
            return "the answer is for another path or realm"
        if parts.get("qop", "auth") != "auth":
            return f"qop {parts['qop'][:12]!r} was not offered"
        login = next((one for one in logins if one.is_for(parts.get("username", ""))), None)
        if login is None or not _is_right(parts, ask.method, login):
            return "user name or password are wrong"
        return None if self._use(parts["nonce"], _count(parts)) else "this answer was given before"

    def _is_used(self, nonce: str, count: int) -> bool:
        highest, seen = self._used.get(nonce, (0, 0))
        behind = highest - count
        return count < 1 or behind >= _BITS or (behind >= 0 and bool(seen >> behind & 1))

    def _use(self, nonce: str, count: int) -> bool:
        """Take a count once; they may come out of order, within the last 128."""
        with self._lock:
            if self._is_used(nonce, count):
                return False
            highest, seen = self._used.pop(nonce, (0, 0))
            if count > highest:
                seen, highest = (seen << min(count - highest, _BITS)) | 1, count
            else:
                seen |= 1 << highest - count
            self._used[nonce] = highest, seen & (1 << _BITS) - 1
            while len(self._used) > NONCES:
                self._used.popitem(last=False)
            return True


def digest_parts(authorization: str) -> Mapping[str, str]:
    """The parts of a Digest header by name; empty for anything else."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "digest":
        return {}
    found: dict[str, str] = {}
    for name, quoted, bare in _PART.findall(rest[:4096]):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or bare)
    return found


def _count(parts: Mapping[str, str]) -> int:
    """The nonce count; without qop (RFC 2069) a nonce is good for one request."""
    if "qop" not in parts:
        return 1
    try:
        return int(parts.get("nc", ""), 16)
    except ValueError:
        return 0


def _is_right(parts: Mapping[str, str], method: str, login: Login) -> bool:
    name = parts.get("algorithm", "MD5").lower()
    if name not in _HASHES:
        return False

    def hashed(text: str) -> str:
        return _HASHES[name](text.encode()).hexdigest()

    first = hashed(f"{parts.get('username', '')}:{REALM}:{login.password}")
    second = hashed(f"{method}:{parts.get('uri', '')}")
    middle = (
        f"{parts['nonce']}:{parts.get('nc', '')}:{parts.get('cnonce', '')}:auth" if "qop" in parts else parts["nonce"]
    )
    right, given = hashed(f"{first}:{middle}:{second}"), parts.get("response", "").lower()
    return hmac.compare_digest(right.encode(), given.encode())
