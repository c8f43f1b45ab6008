"""The HTTP door for phones: a plain WSGI callable that turns a request into an `Ask` and an `Answer` into bytes.

No thinking happens here. Everything that is refused, whatever the reason, gets the same status, headers
and body; only our own fault is a 500, for a phone that gets one keeps its last configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from typing import Any

import structlog

from provisioner.answer import Provisioner
from provisioner.errors import Broken, ProvisionerError
from provisioner.recognise import Ask
from provisioner.render import Answer
from provisioner.values import Transport

log = structlog.get_logger()

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Headers = list[tuple[str, str]]

_NOTHING = b"Not found\n"
_NOTHING_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(_NOTHING)))]
_OUR_FAULT = b"The server could not make this file\n"


class PhonesDoor:
    """The phones' plane."""

    def __init__(self, provisioner: Provisioner) -> None:
        self._provisioner = provisioner
        proxies = provisioner.installation.trusted_proxies.split(",")
        self._proxies = [ip_network(one.strip(), strict=False) for one in proxies if one.strip()]

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"] in ("/healthz", "/readyz"):
            return health(self._provisioner, environ["PATH_INFO"], start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _nothing(environ, start_response)
        try:
            answer = self._provisioner.answer(self._ask(environ))
        except Broken:
            return _respond(environ, start_response, "500 Internal Server Error", _plain(_OUR_FAULT), _OUR_FAULT)
        except ProvisionerError:
            return _nothing(environ, start_response)
        return _send(answer, environ, start_response)

    def _ask(self, environ: Environ) -> Ask:
        return Ask(
            path=environ.get("RAW_URI") or _path(environ),
            user_agent=environ.get("HTTP_USER_AGENT", ""),
            transport=Transport.HTTP,
            address=self._address(environ),
        )

    def _address(self, environ: Environ) -> str:
        """The peer, or what trusted proxies say of theirs: the nearest address that is no proxy of ours."""
        peer = str(environ.get("REMOTE_ADDR", ""))
        hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        while hops and self._is_proxy(peer):
            peer = hops.pop()
        return peer

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)


def health(provisioner: Provisioner, path: str, start_response: StartResponse) -> Iterable[bytes]:
    """``/healthz``: alive; ``/readyz``: the database is reachable and migrated."""
    ready = path == "/healthz" or provisioner.database.is_current()
    body = b"ok\n" if ready else b"the database is not reachable or not migrated\n"
    start_response("200 OK" if ready else "503 Service Unavailable", _plain(body))
    return [body]


def _path(environ: Environ) -> str:
    """The path and query of servers that do not hand the raw line over."""
    query = environ.get("QUERY_STRING", "")
    return f"{environ['PATH_INFO']}?{query}" if query else str(environ["PATH_INFO"])


def _plain(body: bytes) -> Headers:
    return [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]


def _nothing(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    return _respond(environ, start_response, "404 Not Found", list(_NOTHING_HEADERS), _NOTHING)


def _send(answer: Answer, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    tags = [("ETag", answer.etag), ("Cache-Control", "private, no-cache")]
    given = environ.get("HTTP_IF_NONE_MATCH", "")
    if given.strip() == "*" or answer.etag in [tag.strip().removeprefix("W/") for tag in given.split(",")]:
        start_response("304 Not Modified", tags)
        return []
    headers = [("Content-Type", answer.media_type), ("Content-Length", str(len(answer.body))), *tags]
    return _respond(environ, start_response, "200 OK", headers, answer.body)


def _respond(
    environ: Environ, start_response: StartResponse, status: str, headers: Headers, body: bytes
) -> Iterable[bytes]:
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
