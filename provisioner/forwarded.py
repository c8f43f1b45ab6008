"""What a trusted proxy says of its client: its address, and its certificate as nginx, HAProxy, Envoy or RFC 9440 do."""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from collections.abc import Mapping
from urllib.parse import unquote

from provisioner import hosts
from provisioner.certificates import Presented, presented

LONGEST = 16_384
_VOUCHED = ("SUCCESS", "0")
"""nginx's ``$ssl_client_verify`` and HAProxy's ``ssl_c_verify`` of a certificate whose chain they checked."""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_ENVOY_PART = re.compile(r'(?:^|;)\s*(\w+)=("(?:\\.|[^"\\])*"|[^;]*)')
_ESCAPED_OR_QUOTE = re.compile(r'\\.|"')


def forwarded_addresses(environ: Mapping[str, str]) -> list[str]:
    """The addresses of ``X-Forwarded-For``, the nearest last, without the ports that some proxies write to them."""
    told = (hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(","))
    return [undressed(hosts.bare(hosts.split(hop)[0])) for hop in told if hop]


def undressed(address: str) -> str:
    """An IPv4 address as such, where a socket that hears IPv6, too, writes ``::ffff:192.0.2.1``."""
    return address.removeprefix("::ffff:") if "." in address else address


def forwarded_certificate(environ: Mapping[str, str]) -> Presented | None:
    """The certificate that a proxy's headers tell of, None where they tell of none.

    Only for requests that come from a trusted proxy. A whole certificate is checked here like one of our
    own handshakes; a bare subject counts only where the proxy says that it verified the chain.
    """
    for name, read in (
        ("HTTP_CLIENT_CERT", _rfc9440),
        ("HTTP_X_SSL_CLIENT_CERT", _whole),
        ("HTTP_X_FORWARDED_CLIENT_CERT", _envoy),
    ):
        text = environ.get(name, "")[:LONGEST].strip()
        found = read(text, environ) if text else None
        if found:
            return found
    return _subject(environ)


def _subject(environ: Mapping[str, str]) -> Presented | None:
    if environ.get("HTTP_X_SSL_CLIENT_VERIFY", "").strip() not in _VOUCHED:
        return None
    for name in ("HTTP_X_SSL_CLIENT_S_DN", "HTTP_X_SSL_CLIENT_DN"):
        text = environ.get(name, "")[:LONGEST].strip().strip('"')
        if text:
            return Presented(subject=text)
    return None


def _rfc9440(text: str, environ: Mapping[str, str]) -> Presented | None:
    own = _base64(text.strip(":"))
    rest = environ.get("HTTP_CLIENT_CERT_CHAIN", "")[:LONGEST].split(",")
    chain = tuple(filter(None, (_base64(one.strip().strip(":")) for one in rest)))
    return Presented(certificate=own, chain=chain) if own else None


def _whole(text: str, _environ: Mapping[str, str]) -> Presented | None:
    """nginx escapes the PEM text; HAProxy gives DER in base64."""
    text = text.strip('"')
    return _escaped(text) or _presented([_base64(text)])


def _envoy(text: str, _environ: Mapping[str, str]) -> Presented | None:
    """The last element is the one that our own proxy wrote; a bare subject in it says nothing of its chain."""
    parts = {key.lower(): value.strip('"') for key, value in _ENVOY_PART.findall(_last_element(text))}
    return _escaped(parts.get("chain", "")) or _escaped(parts.get("cert", ""))


def _last_element(text: str) -> str:
    """Found from the end, where our proxy's own quotes are whole whatever a client wrote before them."""
    pieces, quotes = text.split(","), 0
    for place in reversed(range(len(pieces))):
        quotes += _ESCAPED_OR_QUOTE.findall(pieces[place]).count('"')
        if quotes % 2 == 0:
            return ",".join(pieces[place:])
    return ""


def _escaped(text: str) -> Presented | None:
    blocks = _PEM.findall(unquote(text))
    try:
        return _presented([ssl.PEM_cert_to_DER_cert(block) for block in blocks])
    except ValueError:
        return None


def _presented(found: list[bytes | None]) -> Presented | None:
    return presented([one for one in found if one])


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None
