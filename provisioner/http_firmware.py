"""A firmware image over HTTP: whole or a part of it, straight from its file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

from provisioner.entity_tags import is_named
from provisioner.firmware import part

PIECE = 65_536
_REASONS = {200: "200 OK", 206: "206 Partial Content", 416: "416 Range Not Satisfiable"}


class Body:
    """A part of a file, piece by piece, for whoever sends it; it is closed at its end, or by who wants no more."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._left = length
        file.seek(start)
        # The disk shall begin to read now, while this thread and not the one that sends could wait for it.
        os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_WILLNEED)

    def __iter__(self) -> Body:
        return self

    def __next__(self) -> bytes:
        """The next piece. Raises OSError rather than let a file that shrank meanwhile look complete."""
        if not self._left:
            self.close()
            raise StopIteration
        piece = self._file.read(min(PIECE, self._left))
        if not piece:
            raise OSError(f"{self._file.name} became shorter while it was sent")
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Free the file."""
        self._file.close()


def send(image: Path, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a GET or HEAD. Raises OSError if the image is gone."""
    file = image.open("rb", buffering=0)
    is_get, named = environ["REQUEST_METHOD"] == "GET", environ.get("HTTP_IF_NONE_MATCH")
    # Parts are for GET only (RFC 9110, section 14.2).
    found = part(file, environ.get("HTTP_RANGE") if is_get else None, environ.get("HTTP_IF_RANGE"))
    headers = [("ETag", found.etag), ("Accept-Ranges", "bytes"), ("Cache-Control", "no-cache")]
    if named is not None and is_named(found.etag, named):
        file.close()
        start_response("304 Not Modified", headers)
        return []
    if found.status == 206:
        last = found.start + found.length - 1
        headers.append(("Content-Range", f"bytes {found.start}-{last}/{found.size}"))
    if found.status == 416:
        headers.append(("Content-Range", f"bytes */{found.size}"))
    headers += [("Content-Type", "application/octet-stream"), ("Content-Length", str(found.length))]
    start_response(_REASONS[found.status], headers)
    if not is_get or not found.length:
        file.close()
        return []
    return Body(file, found.start, found.length)
