"""Firmware images and resources: the files of ``FIRMWARE_DIR``, which anybody may have.

What a phone asks for is looked up among the names that the directory has, and never opened as a path. A
name by which a vendor's phones mean a file of ours, or one with secrets, is passed over: no image can
take the place of a device's configuration.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import structlog

from provisioner.recognise import Recogniser

log = structlog.get_logger()

_LOOK_AGAIN_S = 2.0
# No file has a size of more digits, and Python refuses to read a number of some thousands of them.
_RANGE = re.compile(r"bytes=(\d{0,20})-(\d{0,20})")


class Shelf:
    """The files below a directory by their name in lower case; what is added is there two seconds later."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names: Mapping[str, Path] = {}
        self._skipped: set[str] = set()
        self._looked = float("-inf")

    def find(self, path: str) -> Path | None:
        """The file that a request's path means: its last element, wherever below the directory it lies."""
        name = unquote(path.partition("?")[0]).replace("\\", "/").rpartition("/")[2].lower()
        now = time.monotonic()
        if now - self._looked >= _LOOK_AGAIN_S:
            self._looked = now
            self._names = dict(self._listed())
        return self._names.get(name)

    def _listed(self) -> Iterator[tuple[str, Path]]:
        """Regular files; links are left out, for they could lead anywhere. Of two names the last path counts."""
        for folder, folders, names in os.walk(self._directory):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith(".") or path.is_symlink() or not path.is_file():
                    continue
                if not _is_ours(name):
                    yield name.lower(), path
                elif name not in self._skipped:
                    self._skipped.add(name)
                    log.warning("firmware.skipped", file=name)


def _is_ours(name: str) -> bool:
    """Whether some vendor's phones mean a rendered or secret file by this name."""
    _, entries = Recogniser.of_all().named(name, "") or (None, ())
    return any(entry.file.template is not None or entry.file.private for entry in entries)


@dataclass(frozen=True, slots=True)
class Part:
    """What of an image goes out: ``status`` is 200, 206, or 416 where the range lies beyond its end."""

    status: int
    start: int
    length: int
    size: int
    etag: str


def part(image: BinaryIO, wanted: str | None, unless_changed: str | None = None) -> Part:
    """The part that a Range header wants (RFC 9110, section 14); all of it for several ranges or nonsense.

    With ``unless_changed``, an If-Range header, only if the image is still the same.
    """
    status = os.fstat(image.fileno())
    size, etag = status.st_size, f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    match = _RANGE.fullmatch(wanted.strip()) if wanted and unless_changed in (None, etag) else None
    if match is None or match.groups() == ("", ""):
        return Part(200, 0, size, size, etag)
    first, last = match.groups()
    if not first:  # the last bytes, so many
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return Part(200, 0, size, size, etag)
    if start >= size or start >= end:
        return Part(416, 0, 0, size, etag)
    return Part(206, start, end - start, size, etag)
