"""The HTTP door for phones: a plain WSGI callable that turns a request into an `Ask` and an `Answer` into bytes.

No thinking happens here. Everything that is refused, whatever the reason, gets the same status, headers
and body; only our own fault is a 500, for a phone that gets one keeps its last configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from provisioner import http_firmware
from provisioner.answer import Provisioner
from provisioner.certificates import Presented, presented
from provisioner.entity_tags import is_named
from provisioner.errors import Broken, ProvisionerError
from provisioner.forwarded import forwarded_addresses, forwarded_certificate, undressed
from provisioner.gate import is_inside
from provisioner.recognise import Ask
from provisioner.render import Answer
from provisioner.tls import peer_certificates
from provisioner.values import Transport

log = structlog.get_logger()

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Headers = tuple[tuple[str, str], ...]
Way = Callable[[Ask], Answer | None]

LONGEST_CREDENTIALS = 4096
REMEMBERED = 4096
_HEALTH = ("/healthz", "/readyz")
_AUTHORITY = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")


class Reply(NamedTuple):
    """What goes back, whatever carries it."""

    status: str
    headers: Headers
    body: bytes


def _plain(status: str, body: bytes) -> Reply:
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))), body)


_NOTHING = _plain("404 Not Found", b"Not found\n")
_OUR_FAULT = _plain("500 Internal Server Error", b"The server could not make this file\n")


class PhonesDoor:
    """The phones' plane."""

    def __init__(self, provisioner: Provisioner) -> None:
        self._provisioner = provisioner
        self._wants_certificates = provisioner.installation.client_ca_dir is not None
        proxies = provisioner.installation.trusted_proxies.split(",")
        self._proxies = tuple(one.strip() for one in proxies if one.strip())

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"] in _HEALTH:
            body = health(self._provisioner, environ["PATH_INFO"], start_response)
            return body if environ["REQUEST_METHOD"] != "HEAD" else []
        image = self._image(environ)
        if image is not None:
            return _sent(image, environ, start_response)
        reply = self._reply(environ, self._provisioner.answer)
        assert reply is not None
        start_response(reply.status, list(reply.headers))
        return [reply.body] if reply.body else []

    def at_once(self, environ: Environ) -> Reply | None:
        """The same reply where it takes no time, None where only a call as an application gives one."""
        if environ["PATH_INFO"] in _HEALTH or self._image(environ) is not None:
            return None
        return self._reply(environ, self._provisioner.at_once)

    def _image(self, environ: Environ) -> Path | None:
        if self._provisioner.shelf is None:
            return None
        return self._provisioner.image(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] in ("GET", "HEAD") else None

    def _reply(self, environ: Environ, way: Way) -> Reply | None:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return _NOTHING
        ask = self._ask(environ)
        try:
            answer = way(ask)
        except Broken:
            reply = _OUR_FAULT
        except ProvisionerError as error:
            challenges = self._provisioner.gatehouse.challenges(ask, error)
            reply = _challenge(challenges) if challenges else _NOTHING
        else:
            if answer is None:
                return None
            reply = _reply_with(answer, environ.get("HTTP_IF_NONE_MATCH"))
        return reply if method == "GET" else reply._replace(body=b"")

    def _ask(self, environ: Environ) -> Ask:
        return Ask(
            path=_target(environ),
            user_agent=environ.get("HTTP_USER_AGENT", ""),
            transport=Transport.HTTP,
            address=self._address(environ),
            method=environ["REQUEST_METHOD"],
            authorization=environ.get("HTTP_AUTHORIZATION", "")[:LONGEST_CREDENTIALS],
            certificate=self._certificate(environ) if self._wants_certificates else None,
        )

    def _certificate(self, environ: Environ) -> Presented | None:
        """The client's certificate: of this connection, else what a trusted proxy says of its own."""
        own = presented(peer_certificates(environ.get("gunicorn.socket")))
        if own is None and self._is_proxy(str(environ.get("REMOTE_ADDR", ""))):
            return forwarded_certificate(environ)
        return own

    def _address(self, environ: Environ) -> str:
        """The peer, or what trusted proxies say of theirs: the nearest address that is no proxy of ours."""
        peer = undressed(str(environ.get("REMOTE_ADDR", "")))
        if not self._proxies:
            return peer
        hops = forwarded_addresses(environ)
        while hops and self._is_proxy(peer):
            peer = hops.pop()
        return peer

    def _is_proxy(self, address: str) -> bool:
        return is_inside(address, self._proxies)


def health(provisioner: Provisioner, path: str, start_response: StartResponse) -> Iterable[bytes]:
    """``/healthz``: alive; ``/readyz``: the database is reachable and migrated."""
    ready = path == "/healthz" or provisioner.database.is_current()
    body = b"ok\n" if ready else b"the database is not reachable or not migrated\n"
    reply = _plain("200 OK" if ready else "503 Service Unavailable", body)
    start_response(reply.status, list(reply.headers))
    return [body]


def _sent(image: Path, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The image; what cannot be opened would otherwise end the connection without an answer."""
    try:
        return http_firmware.send(image, environ, start_response)
    except OSError as error:
        log.error("firmware.unreadable", file=str(image), reason=f"{type(error).__name__}: {error}")
    start_response(_OUR_FAULT.status, list(_OUR_FAULT.headers))
    return [_OUR_FAULT.body]


def _target(environ: Environ) -> str:
    """Path and query as they were sent, without scheme and host of an absolute URI (RFC 9112, section 3.2.2)."""
    raw: str = environ.get("RAW_URI") or _path(environ)
    return raw if raw[:1] == "/" else _AUTHORITY.sub("", raw)


def _path(environ: Environ) -> str:
    """The path and query of servers that do not hand the raw line over."""
    query = environ.get("QUERY_STRING", "")
    return f"{environ['PATH_INFO']}?{query}" if query else str(environ["PATH_INFO"])


def _challenge(challenges: Iterable[str]) -> Reply:
    headers = (*_NOTHING.headers, *(("WWW-Authenticate", one) for one in challenges))
    return Reply("401 Unauthorized", headers, _NOTHING.body)


def _reply_with(answer: Answer, none_match: str | None) -> Reply:
    """The file, or that the phone has it already."""
    if none_match is not None and is_named(answer.etag, none_match):
        return Reply("304 Not Modified", _tags(answer.etag), b"")
    return Reply("200 OK", _headers(answer.media_type, len(answer.body), answer.etag), answer.body)


@lru_cache(maxsize=REMEMBERED)
def _tags(etag: str) -> Headers:
    return (("ETag", etag), ("Cache-Control", "private, no-cache"))


@lru_cache(maxsize=REMEMBERED)
def _headers(media_type: str, size: int, etag: str) -> Headers:
    return (("Content-Type", media_type), ("Content-Length", str(size)), *_tags(etag))
