"""The sockets that TFTP requests arrive at, and what the kernel tells of a request beside its bytes."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress

import structlog

from provisioner.tftp_transfers import Peer, Route

logger = structlog.get_logger(__name__)

_IP_PKTINFO, _SO_RCVBUFFORCE, _SO_TIMESTAMPNS = 8, 33, 35  # linux/in.h and asm-generic/socket.h
ANCILLARY_BYTES = socket.CMSG_SPACE(20) + socket.CMSG_SPACE(16)  # an in6_pktinfo and a timespec
_RECEIVE_BUFFER = 4 * 1024 * 1024  # the usual 208 kB hold 277 requests: of a storm of 512 it loses half


def listen(host: str, port: int, *, reuse_port: bool = True) -> list[socket.socket]:
    """Bind the sockets that a server listens to; ``""`` and ``"::"`` mean every address of IPv4 and IPv6."""
    if host not in ("", "::"):
        return [_bind(host, port, reuse_port=reuse_port)]
    listener = _bind("0.0.0.0", port, reuse_port=reuse_port)  # noqa: S104 (every address is what was asked for)
    try:
        return [listener, _bind("::", listener.getsockname()[1], reuse_port=reuse_port)]
    except OSError as error:
        if _has_ipv6():
            listener.close()
            raise
        logger.info("ipv6.skipped", reason=str(error))
        return [listener]


def _bind(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    listener = socket.socket(family, kind)
    try:
        _widen(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, reuse_port)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        tell_more(listener)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    granted = listener.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    if granted < _RECEIVE_BUFFER:
        logger.warning("buffer.shortened", wanted=_RECEIVE_BUFFER, granted=granted, see="net.core.rmem_max")
    return listener


def _widen(listener: socket.socket) -> None:
    """Ask for room for a storm, past net.core.rmem_max where we are allowed to."""
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except PermissionError:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)


def _has_ipv6() -> bool:
    """Whether this machine has IPv6 at all: the loopback address can be bound."""
    with suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def tell_more(listener: socket.socket) -> None:
    """Have the kernel tell of each request when it arrived, and at which of our addresses."""
    listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        listener.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def route_of(listener: socket.socket, ancillary: Sequence[tuple[int, int, bytes]], peer: Peer) -> Route:
    """What the kernel told; if it did not, the request came just now, and may be answered from anywhere."""
    local, stamp = "", b""
    for level, kind, info in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            stamp = info
        elif (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            local = socket.inet_ntop(socket.AF_INET, info[4:8])  # not the address of a broadcast, but ours
        elif (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            local = socket.inet_ntop(socket.AF_INET6, info[:16])
    return Route(listener.family, local, peer, stamp)
