"""Where a simulated fleet asks, and the promise that it is nobody else's server.

A name is resolved once, here; the fleet then talks to that address and follows no redirection, so that
nothing that a server answers can turn it against another.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from provisioner.errors import Invalid, Problem

OWNED = "--yes-i-own-it"
_PATH = re.compile("[!-~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A resolved address: ``name`` is what was asked for, for Host and certificate."""

    name: str
    family: socket.AddressFamily
    address: tuple[str, int]

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, whatever its name says."""
        return ip_address(self.address[0].partition("%")[0]).is_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An installation as phones see it; either way may be missing."""

    http: Place | None
    tftp: Place | None
    path: str = "/"
    tls: ssl.SSLContext | None = None


def target(url: str | None, tftp: str | None, *, owned: bool) -> Target:
    """The target that these options name. Raises Invalid, also for one that may be somebody else's."""
    parts = _split(url or "")
    if url and not (parts.scheme in ("http", "https") and parts.hostname and _PATH.fullmatch(parts.path)):
        raise _wrong("--url", f"{url[:80]!r} is no URL of the phones' plane; write http://127.0.0.1:8080")
    http = None
    if url:
        port = _port("--url", parts) or (443 if parts.scheme == "https" else 80)
        http = _resolved("--url", parts.hostname or "", port, socket.SOCK_STREAM)
    place = None
    if tftp:
        split = _split(f"//{tftp}")
        if not split.hostname or split.path:
            raise _wrong("--tftp", f"{tftp[:80]!r} is no address; write 127.0.0.1:69")
        place = _resolved("--tftp", split.hostname, _port("--tftp", split) or 69, socket.SOCK_DGRAM)
    for option, one in (("--url", http), ("--tftp", place)):
        if one and not one.is_loopback and not owned:
            raise _wrong(option, _foreign(one))
    context = _context(http) if http and parts.scheme == "https" else None
    return Target(http=http, tftp=place, path=parts.path.rstrip("/") + "/", tls=context)


def _foreign(place: Place) -> str:
    return (
        f"{place.name} is {place.address[0]}, which is not this machine; a simulated fleet is a heavy load, and"
        f" the paths of paired devices are secrets. If the server is yours, add {OWNED}"
    )


def _split(text: str) -> SplitResult:
    """The parts of an address; none of what is no address, or has parts that a phone does not send."""
    nothing = urlsplit("")
    try:
        parts = urlsplit(text)
    except ValueError:
        return nothing
    return nothing if parts.username is not None or parts.query or parts.fragment else parts


def _port(option: str, parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise _wrong(option, "a port is a number from 1 to 65535") from None


def _resolved(option: str, host: str, port: int, kind: socket.SocketKind) -> Place:
    """The one address that will be used; where a name has several of which one is not loopback, that one.

    So a name with two faces cannot pass for this machine.
    """
    try:
        name = host.encode("idna").decode("ascii")
        found = socket.getaddrinfo(name, port, type=kind)
    except UnicodeError:
        raise _wrong(option, f"{host[:80]!r} is no name of a host") from None
    except OSError as error:
        raise _wrong(option, f"{host[:80]!r} cannot be resolved: {error.strerror}") from None
    places = [Place(name=name, family=family, address=(str(at[0]), port)) for family, _, _, _, at in found]
    return next((place for place in places if not place.is_loopback), places[0])


def _context(place: Place) -> ssl.SSLContext:
    """On this machine any certificate will do; elsewhere it must be the server's, for paths are secrets."""
    context = ssl.create_default_context()
    if place.is_loopback:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _wrong(option: str, message: str) -> Invalid:
    return Invalid([Problem(field=option, message=message)])
