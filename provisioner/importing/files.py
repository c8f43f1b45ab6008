"""The files of a folder: which device each belongs to by its name, and its text when it is safe to read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provisioner.recognise import LONGEST_NAME, Recogniser
from provisioner.values import Mac
from provisioner.vendor_api import File

LARGEST = 2 * 1024 * 1024

_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}encoding=["']([A-Za-z0-9._-]{1,30})["']""")
_BINARY = re.compile("[\x00-\x08\x0e-\x1f]")


class NotTaken(Exception):
    """A file that nothing is taken from; the message says why."""


@dataclass(frozen=True, slots=True)
class Name:
    """What one vendor takes a file's name for; ``model`` where the name tells it."""

    vendor: str
    file: File
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A file that belongs to a device. ``path`` is relative to the folder, for people."""

    path: str
    place: Path
    mac: Mac
    names: tuple[Name, ...]


def find(folder: Path) -> list[Path]:
    """Everything in the folder and below that is no folder, in order; links are listed and not followed."""
    return sorted(Path(top) / name for top, _, names in os.walk(folder) for name in names)


def named(place: Path, folder: Path) -> Named:
    """The device of a file, by its name. Raises NotTaken."""
    name = place.name
    known = Recogniser.of_all().named(name.lower(), "") if len(name) <= LONGEST_NAME else None
    if known is None:
        raise NotTaken("no vendor has a file of this name")
    mac, entries = known
    if mac is None:
        kinds = sorted({f"{entry.vendor} {entry.file.kind}" for entry in entries})
        raise NotTaken(f"names no MAC, so no device owns it ({', '.join(kinds)})")
    names = tuple(Name(entry.vendor, entry.file, entry.model) for entry in entries)
    return Named(path=str(place.relative_to(folder)), place=place, mac=mac, names=names)


def text_of(place: Path) -> str:
    """The text of a file. Raises NotTaken when it is no regular file, too large, or binary."""
    data = _bytes(place)
    text = _decoded(data)
    if _BINARY.search(text):
        raise NotTaken("is binary or encrypted")
    return _DECLARATION.sub("", text, count=1) if text.lstrip().startswith("<?xml") else text


def _bytes(place: Path) -> bytes:
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotTaken("is no regular file")
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise NotTaken(_why(place, error)) from None
    if len(data) > LARGEST:
        raise NotTaken(f"is larger than {LARGEST >> 20} MB")
    return data


def _why(place: Path, error: OSError) -> str:
    return "is a link" if place.is_symlink() else f"cannot be read: {error.strerror}"


def _decoded(data: bytes) -> str:
    """By the encoding that it declares, else UTF-8, else as the West of old wrote."""
    declared = _ENCODING.match(data.lstrip()[:300])
    for encoding in _encodings(declared):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    raise NotTaken("is binary or encrypted")


def _encodings(declared: re.Match[bytes] | None) -> Iterator[str]:
    if declared:
        yield declared[1].decode()
    yield from ("utf-8-sig", "cp1252")
