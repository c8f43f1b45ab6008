"""How phones take encrypted files: a vendor's scheme as data, and the two containers that several vendors share.

A scheme is applied to the finished bytes. All of it is deterministic, so that the same document under the
same key gives the same bytes, and a phone that compares check sums does not restart for nothing: where a
container has a salt, it is a keyed hash of the content.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.padding import PKCS7

if TYPE_CHECKING:
    from provisioner.profile import Profile
    from provisioner.vendor_api import Line, Model

MARK_HEX = 10
_SALT_BYTES = 8


def _fits_all(_model: Model, _line: Line) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """One vendor's way to encrypt a device's files.

    ``lengths`` are the numbers of characters that a key may have, the first is that of generated ones.
    ``encrypt`` takes the plain bytes and the key. ``keys`` gives the native keys that tell the phone the key
    given, or, for an empty one, that make it forget the key that it has. ``kinds`` are the kinds of files
    that the phone decrypts. ``fits`` limits it to the models and firmware lines whose files can carry the key.
    """

    name: str
    lengths: tuple[int, ...]
    encrypt: Callable[[bytes, str], bytes]
    keys: Callable[[Profile, str], Mapping[str, str]]
    kinds: frozenset[str] = frozenset({"config"})
    fits: Callable[[Model, Line], bool] = _fits_all


def mark_of(url: str, key: str) -> str:
    """What the URL of a phone that holds this key says of it: a hash, over the device's URL with its token."""
    return hashlib.sha256(f"{url}\0{key}".encode()).hexdigest()[:MARK_HEX]


def openssl_salted(plain: bytes, password: str) -> bytes:
    """AES-256-CBC as ``openssl enc -aes-256-cbc -md md5 -k PASSWORD`` writes it: ``Salted__``, the salt, the blocks.

    Key and IV come from one round of MD5 over password and salt (OpenSSL's EVP_BytesToKey, the default of the
    releases that these phones were built with).
    """
    salt = hmac.digest(password.encode(), plain, "sha256")[:_SALT_BYTES]
    material = block = b""
    while len(material) < 48:
        block = hashlib.md5(block + password.encode() + salt, usedforsecurity=False).digest()
        material += block
    return b"Salted__" + salt + _aes(plain, material[:32], CBC(material[32:48]))


def aes_ecb(plain: bytes, key: str) -> bytes:
    """AES-ECB with PKCS#7 padding and nothing around it; the characters of the key are its bytes."""
    return _aes(plain, key.encode(), ECB())  # noqa: S305  # the phones know no other


def _aes(plain: bytes, key: bytes, mode: CBC | ECB) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Cipher(AES(key), mode).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
