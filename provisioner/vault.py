"""Secrets at rest: AES-256-GCM under the key file, each value bound to the row and column it belongs to.

The installation's identity, through labelled sub-keys, makes device tokens and the phones' generated
passwords: nothing of them is stored. The key that seals is another one after a rotation. A process that
runs meanwhile looks at the key file again before it seals, and when it cannot open something.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provisioner import keyring
from provisioner.errors import Broken, Invalid
from provisioner.keyring import Keyring

log = structlog.get_logger()

_NONCE_BYTES = 12
_VERSION = b"\x01"
TAG_HEX = 32
"""Hex digits of a device token's tag: 128 bits."""
REFRESH_S = 1.0
"""How old a process's view of the identity may be."""


class Vault:
    """Seals, opens and derives; one a process."""

    def __init__(self, key: bytes | Keyring, path: Path | None = None) -> None:
        self._path = path
        self._looked = time.monotonic()
        self._stamp = _stamp(path)
        self._take(Keyring.of(key) if isinstance(key, bytes) else key)

    def _take(self, keys: Keyring) -> None:
        self.keys = keys
        self._ciphers = tuple(AESGCM(_derived(key, "seal")) for key in keys.opening)
        self._tokens = self._derive("device-token")
        self._digests = self._derive("digest")

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Vault:
        """Read the key file; with ``create`` make one, readable by its owner alone, where none is.

        Raises Invalid with what to do when the file is missing or is no key.
        """
        if create and not path.exists():
            keyring.create(path)
        return cls(keyring.read(path), path)

    def refresh(self) -> bool:
        """Take the key file as it is now; whether it had changed. Raises Invalid when it cannot be read."""
        stamp = _stamp(self._path)
        if self._path is None or stamp is None or stamp == self._stamp:
            return False
        self._take(keyring.read(self._path))
        self._stamp = stamp
        return True

    def _refresh_sometimes(self) -> None:
        at = time.monotonic()
        if at - self._looked > REFRESH_S:
            self._looked = at
            self._look_again()

    def _look_again(self) -> bool:
        """As `refresh`, but a file that cannot be read, as while it is copied, leaves the keys in force."""
        try:
            return self.refresh()
        except Invalid as error:
            log.error("key.unusable", reason=str(error))
            return False

    def _derive(self, label: str) -> bytes:
        return _derived(self.keys.identity, label)

    @property
    def fingerprint(self) -> str:
        """Tells two identities apart without telling either."""
        return _fingerprint(self.keys.identity)

    @property
    def past_fingerprints(self) -> frozenset[str]:
        """Those of the identities that this one took the place of, just now."""
        return frozenset(map(_fingerprint, self.keys.was))

    @property
    def sealing_fingerprint(self) -> str:
        """Tells two sealing keys apart."""
        return _sealing_fingerprint(self.keys.seal)

    @property
    def opening_fingerprints(self) -> frozenset[str]:
        """Those of every key that opens something."""
        return frozenset(map(_sealing_fingerprint, self.keys.opening))

    def seal(self, place: str, text: str) -> bytes:
        """Encrypt a text for one place, such as ``extension/<uid>/password``."""
        return self.seal_bytes(place, text.encode())

    def seal_bytes(self, place: str, body: bytes) -> bytes:
        """Encrypt bytes for one place. Raises Invalid when the key file changed and cannot be read."""
        self.refresh()
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._ciphers[0].encrypt(nonce, body, place.encode())

    def open_sealed(self, place: str, sealed: bytes | None) -> str:
        """Decrypt what was sealed for the same place; empty for nothing.

        Raises Broken when the key or the place is another.
        """
        return self.open_bytes(place, sealed).decode() if sealed else ""

    def open_bytes(self, place: str, sealed: bytes) -> bytes:
        """Decrypt bytes. Raises Broken when the key or the place is another."""
        body = self._opened(place, sealed)
        if body is None and self._look_again():
            body = self._opened(place, sealed)
        if body is None:
            raise Broken(f"the secret of {place} was sealed with another key")
        return body

    def resealed(self, place: str, sealed: bytes) -> bytes | None:
        """The same under the newest key, None where it is under that already. Raises Broken."""
        if _decrypted(self._ciphers[0], place, sealed) is not None:
            return None
        return self.seal_bytes(place, self.open_bytes(place, sealed))

    def _opened(self, place: str, sealed: bytes) -> bytes | None:
        found = (_decrypted(cipher, place, sealed) for cipher in self._ciphers)
        return next((body for body in found if body is not None), None)

    def keyed_digest(self, data: bytes) -> str:
        """Tells bytes apart without telling them: who lacks the key cannot try guesses against it."""
        return hmac.digest(self._digests, data, "sha256").hex()

    def seal_json(self, place: str, value: dict[str, Any]) -> bytes | None:
        """Encrypt a table; an empty one is nothing."""
        return self.seal(place, json.dumps(value, sort_keys=True)) if value else None

    def open_json(self, place: str, sealed: bytes | None) -> dict[str, Any]:
        """Decrypt a table."""
        text = self.open_sealed(place, sealed)
        return dict(json.loads(text)) if text else {}

    def token(self, public_id: str, generation: int) -> str:
        """The token of a device in one pairing generation: its public id and a keyed tag, both hex."""
        self._refresh_sometimes()
        tag = hmac.digest(self._tokens, f"{public_id}:{generation}".encode(), "sha256")
        return public_id + tag.hex()[:TAG_HEX]

    def is_token(self, token: str, public_id: str, generation: int) -> bool:
        """Whether the token is this device's, of this generation; in constant time."""
        return hmac.compare_digest(token.encode(), self.token(public_id, generation).encode())

    def phone_password(self, tenant_uid: str) -> str:
        """The generated admin password of a tenant's phones: 16 characters that every keypad can type."""
        digest = hmac.digest(self._derive("phone-admin"), tenant_uid.encode(), "sha256")
        return _typed(digest[:13]) + "aZ7"

    def http_password(self, public_id: str, generation: int) -> str:
        """The generated HTTP password of a device in one pairing generation: 24 letters and digits."""
        digest = hmac.digest(self._derive("http-password"), f"{public_id}:{generation}".encode(), "sha256")
        return _typed(digest[:24])

    def nonce_tag(self, text: str) -> str:
        """A keyed tag, hex, by which a nonce of ours is known again."""
        return hmac.digest(self._derive("http-nonce"), text.encode(), "sha256").hex()[:TAG_HEX]

    def file_key(self, public_id: str, generation: int) -> str:
        """The generated key of a device's encrypted files in one pairing generation: 32 letters and digits."""
        digest = hmac.digest(self._derive("file-key"), f"{public_id}:{generation}".encode(), "sha256")
        return _typed(digest)


def _derived(key: bytes, label: str) -> bytes:
    return hmac.digest(key, f"provisioner/{label}".encode(), "sha256")


def _fingerprint(identity: bytes) -> str:
    return _derived(identity, "fingerprint").hex()[:32]


def _sealing_fingerprint(key: bytes) -> str:
    return _derived(key, "sealing-fingerprint").hex()[:32]


def _decrypted(cipher: AESGCM, place: str, sealed: bytes) -> bytes | None:
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, bytes(body), place.encode())
    except (InvalidTag, ValueError):
        return None


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Tells whether a file was replaced."""
    try:
        found = os.stat(path) if path else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found else None


def _typed(digest: bytes) -> str:
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(alphabet[byte % len(alphabet)] for byte in digest)


def new_public_id() -> str:
    """A device's public half of its token: 64 random bits, hex."""
    return secrets.token_hex(8)


def digest(text: str) -> str:
    """A fast hash for high-entropy secrets such as API tokens."""
    return hashlib.sha256(text.encode()).hexdigest()
