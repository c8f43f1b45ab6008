"""Secrets at rest: AES-256-GCM under the key file, each value bound to the row and column it belongs to.

The same key, through labelled sub-keys, makes device tokens and the phones' generated admin passwords:
nothing of them is stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provisioner.errors import Broken, Invalid, Problem

_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"
TAG_HEX = 32
"""Hex digits of a device token's tag: 128 bits."""


class Vault:
    """Seals, opens and derives; one a process."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(self._derive("seal"))
        self._tokens = self._derive("device-token")
        self._digests = self._derive("digest")

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Vault:
        """Read the key file; with ``create`` make one, readable by its owner alone, where none is.

        Raises Invalid with what to do when the file is missing or is no key.
        """
        if create and not path.exists():
            _create(path)
        try:
            key = base64.b64decode(path.read_bytes().strip(), validate=True)
        except (OSError, ValueError):
            key = b""
        if len(key) != _KEY_BYTES:
            raise Invalid([Problem(field="KEY_FILE", message=_no_key(path))])
        return cls(key)

    def _derive(self, label: str) -> bytes:
        return hmac.digest(self._key, f"provisioner/{label}".encode(), "sha256")

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart without telling either."""
        return self._derive("fingerprint").hex()[:32]

    def seal(self, place: str, text: str) -> bytes:
        """Encrypt a text for one place, such as ``extension/<uid>/password``."""
        return self.seal_bytes(place, text.encode())

    def seal_bytes(self, place: str, body: bytes) -> bytes:
        """Encrypt bytes for one place."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, body, place.encode())

    def open_sealed(self, place: str, sealed: bytes | None) -> str:
        """Decrypt what was sealed for the same place; empty for nothing.

        Raises Broken when the key or the place is another.
        """
        return self.open_bytes(place, sealed).decode() if sealed else ""

    def open_bytes(self, place: str, sealed: bytes) -> bytes:
        """Decrypt bytes. Raises Broken when the key or the place is another."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, bytes(body), place.encode())
        except InvalidTag:
            raise Broken(f"the secret of {place} was sealed with another key") from None

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
        tag = hmac.digest(self._tokens, f"{public_id}:{generation}".encode(), "sha256")
        return public_id + tag.hex()[:TAG_HEX]

    def is_token(self, token: str, public_id: str, generation: int) -> bool:
        """Whether the token is this device's, of this generation; in constant time."""
        return hmac.compare_digest(token.encode(), self.token(public_id, generation).encode())

    def phone_password(self, tenant_uid: str) -> str:
        """The generated admin password of a tenant's phones: 16 characters that every keypad can type."""
        digest = hmac.digest(self._derive("phone-admin"), tenant_uid.encode(), "sha256")
        return _typed(digest[:13]) + "aZ7"

    def file_key(self, public_id: str, generation: int) -> str:
        """The generated key of a device's encrypted files in one pairing generation: 32 letters and digits."""
        digest = hmac.digest(self._derive("file-key"), f"{public_id}:{generation}".encode(), "sha256")
        return _typed(digest)


def _typed(digest: bytes) -> str:
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(alphabet[byte % len(alphabet)] for byte in digest)


def new_public_id() -> str:
    """A device's public half of its token: 64 random bits, hex."""
    return secrets.token_hex(8)


def digest(text: str) -> str:
    """A fast hash for high-entropy secrets such as API tokens."""
    return hashlib.sha256(text.encode()).hexdigest()


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")


def _no_key(path: Path) -> str:
    return (
        f"{path} is missing or holds no key; put the key file of this installation back in its place, or point"
        f" PROVISIONER_KEY_FILE at it. Without it the stored passwords cannot be read"
    )
