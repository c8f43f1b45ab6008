"""What every answer of the portal carries, and whom it believes about where a request came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface

from provisioner.forwarded import forwarded_addresses
from provisioner.gate import is_inside

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def harden(response: Response) -> Response:
    """Put the headers on; a page that needs others has set them already."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


class Cookies(SecureCookieSessionInterface):
    """Session cookies that are ``Secure`` exactly where the page came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether this request came over TLS."""
        return request.is_secure


class BehindProxies:
    """Believes ``X-Forwarded-For`` and ``-Proto`` of the proxies that the installation trusts, and of nobody else."""

    def __init__(self, application: Callable[..., Iterable[bytes]], trusted: str) -> None:
        self._application = application
        self._trusted = tuple(one.strip() for one in trusted.split(",") if one.strip())

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer with the address that the nearest proxy of ours saw."""
        hops = forwarded_addresses(environ)
        if self._is_trusted(environ.get("REMOTE_ADDR", "")):
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
            while hops and self._is_trusted(environ["REMOTE_ADDR"]):
                environ["REMOTE_ADDR"] = hops.pop()
        return self._application(environ, start_response)

    def _is_trusted(self, address: str) -> bool:
        return is_inside(address, self._trusted)


def is_foreign() -> bool:
    """Whether a browser says that another site made it send this request."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
