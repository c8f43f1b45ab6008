"""The key file: the installation's identity, the key that seals, and, while keys change, the ones before and after.

One line of base64 is both identity and sealing key, as the first run makes it. After a rotation the file has
a line for each key::

    identity <base64>   device tokens, cookies and generated passwords are derived from it
    seal <base64>       seals what is stored
    next <base64>       is known and will seal after the next rotation
    old <base64>        sealed before; still opens, until the rotation is done
    was <base64>        the identity before, until every process has taken the new one
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import Invalid, Problem

KEY_BYTES = 32
_ROLES = ("identity", "seal", "next", "old", "was")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys of an installation. ``repr`` tells none of them."""

    identity: bytes
    seal: bytes
    next: bytes | None = None
    old: tuple[bytes, ...] = ()
    was: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"Keyring({len(self.opening)} keys)"

    @classmethod
    def of(cls, key: bytes) -> Keyring:
        """One key for everything."""
        return cls(identity=key, seal=key)

    @property
    def opening(self) -> tuple[bytes, ...]:
        """Every key that may have sealed something, the likeliest first."""
        return (self.seal, *self.old, *((self.next,) if self.next else ()))


def read(path: Path) -> Keyring:
    """The keys of a file. Raises Invalid with what to do when it is missing, locked or holds none."""
    try:
        return parse(path.read_bytes())
    except PermissionError:
        raise Invalid([Problem(field="KEY_FILE", message=_locked(path))]) from None
    except (OSError, ValueError):
        raise Invalid([Problem(field="KEY_FILE", message=_no_key(path))]) from None


def parse(content: bytes) -> Keyring:
    """The keys of a file's content. Raises ValueError."""
    try:
        return _parsed(content.decode("ascii").split())
    except KeyError:
        raise ValueError("a line begins with no word that is known") from None


def create(path: Path) -> None:
    """Make a key file, readable by its owner alone. Raises FileExistsError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_new(path, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")


def write(path: Path, keys: Keyring) -> None:
    """Replace a key file: after a crash it is the old one or the new one, whole."""
    _replace(path, _text(keys).encode())


def replace_file(path: Path, content: bytes) -> None:
    """Put the content of another key file in a file's place; keys that were there are kept beside it.

    Raises ValueError when the content holds no keys.
    """
    parse(content)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() != content:
        aside = path.with_name(f"{path.name}.before-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        _write_new(aside, path.read_bytes())
    _replace(path, content)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    _write_new(beside, content)
    if path.exists() and os.geteuid() == 0:
        owner = path.stat()
        os.chown(beside, owner.st_uid, owner.st_gid)
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _parsed(words: list[str]) -> Keyring:
    if len(words) == 1:
        return Keyring.of(_key(words[0]))
    found: dict[str, list[bytes]] = {role: [] for role in _ROLES}
    for role, key in zip(words[::2], words[1::2], strict=True):
        found[role].append(_key(key))
    (identity,), (seal,) = found["identity"], found["seal"]
    following = found["next"][0] if found["next"] else None
    return Keyring(identity=identity, seal=seal, next=following, old=tuple(found["old"]), was=tuple(found["was"]))


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("a key has another length")
    return key


def _text(keys: Keyring) -> str:
    following = [("next", keys.next)] if keys.next else []
    lines = [("identity", keys.identity), ("seal", keys.seal), *following]
    lines += [("old", key) for key in keys.old] + [("was", key) for key in keys.was]
    return "".join(f"{role} {base64.b64encode(key).decode()}\n" for role, key in lines)


def _write_new(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _locked(path: Path) -> str:
    return f"{path} may not be read by the user of this process (id {os.geteuid()}); make it that user's, mode 600"


def _no_key(path: Path) -> str:
    return (
        f"{path} is missing or holds no key; put the key file of this installation back in its place, or point"
        f" PROVISIONER_KEY_FILE at it. Without it the stored passwords cannot be read"
    )
