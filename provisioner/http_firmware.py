"""A firmware image over HTTP: whole or a part of it, straight from its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from provisioner.entity_tags import is_named
from provisioner.firmware import part

_REASONS = {200: "200 OK", 206: "206 Partial Content", 416: "416 Range Not Satisfiable"}


def send(image: Path, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a GET or HEAD; the server sends the file itself where it can. Raises OSError if it is gone."""
    file = image.open("rb")
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
    file.seek(found.start)
    # The content's length ends it: both gunicorn's sendfile and its plain writing stop there.
    wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
    return wrapped
