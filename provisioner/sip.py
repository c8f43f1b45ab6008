"""Asks a phone over SIP to fetch its configuration: one NOTIFY over UDP, and what came of it.

RFC 6665 §4.1.3 and RFC 3261 §17.1.2 (a non-INVITE transaction: sent again until an answer comes or the
time is over). Nothing is kept; the phone's answer is read as far as its status line.
"""

from __future__ import annotations

import re
import secrets
import socket
import time
from dataclasses import dataclass
from ipaddress import ip_address

from provisioner.hosts import bracketed

PORT = 5060
T1_S = 0.5
LONGEST_ANSWER = 8192
_STATUS = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2}) ?([^\r\n]{0,80})")
_CALL_ID = re.compile(rb"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_USER = re.compile(r"[A-Za-z0-9_.!~*'()&=+$,;?/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is sent to whom: the ``user`` is one of the phone's accounts, the ``event`` its vendor's word."""

    address: str
    user: str
    event: str
    port: int = PORT


@dataclass(frozen=True, slots=True)
class Reply:
    """The phone's final answer: its status, or None and why there is none."""

    status: int | None
    reason: str = ""


def notify(notice: Notice, timeout_s: float = 2.0) -> Reply:
    """Send it, again after each T1 that doubles, and wait for the final answer, ``timeout_s`` at most."""
    family = socket.AF_INET6 if ip_address(notice.address).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as door:
        try:
            door.connect((notice.address, notice.port))
            return _talk(door, notice, timeout_s)
        except ConnectionRefusedError:
            return Reply(None, f"nothing listens for SIP at {notice.address} port {notice.port}")
        except OSError as error:
            return Reply(None, f"{notice.address} cannot be reached: {error.strerror or error}")


def _talk(door: socket.socket, notice: Notice, timeout_s: float) -> Reply:
    call_id = secrets.token_hex(12)
    message = _message(notice, door.getsockname(), call_id)
    start = time.monotonic()
    again, pause = start, T1_S
    while (at := time.monotonic()) - start < timeout_s:
        if at >= again:
            door.send(message)
            again, pause = at + pause, pause * 2
        door.settimeout(max(0.001, min(again, start + timeout_s) - at))
        try:
            reply = _final(door.recv(LONGEST_ANSWER), call_id)
        except TimeoutError:
            continue
        if reply:
            return reply
    return Reply(None, f"no answer in {timeout_s:g} s")


def _final(answer: bytes, call_id: str) -> Reply | None:
    """The answer to our request, None for a provisional one and for what is another's."""
    status, told = _STATUS.match(answer), _CALL_ID.search(answer)
    if not status or not told or told[1] != call_id.encode() or status[1] < b"200":
        return None
    reason = "".join(one for one in status[2].decode("ascii", "replace").strip() if one.isprintable())
    return Reply(int(status[1]), reason)


def _message(notice: Notice, own: tuple[str, int], call_id: str) -> bytes:
    """The request. An extension that is no SIP user as it stands is written with escapes."""
    user = "".join(
        one if _USER.fullmatch(one) else "".join(f"%{byte:02X}" for byte in one.encode()) for one in notice.user
    )
    here, there = bracketed(own[0]), bracketed(notice.address)
    return "\r\n".join(
        (
            f"NOTIFY sip:{user}@{there}:{notice.port} SIP/2.0",
            f"Via: SIP/2.0/UDP {here}:{own[1]};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f"From: <sip:provisioner@{here}:{own[1]}>;tag={secrets.token_hex(6)}",
            f"To: <sip:{user}@{there}>",
            f"Call-ID: {call_id}",
            "CSeq: 1 NOTIFY",
            f"Contact: <sip:provisioner@{here}:{own[1]}>",
            f"Event: {notice.event}",
            "Subscription-State: active",
            "Content-Length: 0",
            "",
            "",
        )
    ).encode()
