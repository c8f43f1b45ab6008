"""TFTP on the wire, and nothing else: what a request says, what is accepted of it, and the packets we send.

RFC 1350 with the options of RFC 2347 to 2349 (blksize, timeout, tsize) and 7440 (windowsize). tftpy makes the
ERROR packets. Its reading of a request and its OACK would cost 20 µs a file with three options, an eighth of
all that the file costs, and it was written for polite peers.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tftpy.TftpPacketTypes import TftpPacketERR
from tftpy.TftpShared import TftpErrors

RRQ, WRQ, OACK = b"\0\1", b"\0\2", b"\0\6"
DATA, ACK, ERROR = 3, 4, 5
HEADER = struct.Struct("!HH")  # opcode; block number or error code
REQUEST_BYTES = 512  # RFC 2347: a request is no longer, with all its options
ACK_BYTES = 64  # read of what a client sends during a transfer: an ACK has 4, and the text of an error is not used


def _error(code: int, message: bytes = b"") -> bytes:
    """An ERROR packet, with the text that RFC 1350 gives to its code unless there is a message."""
    packet = TftpPacketERR()
    packet.errorcode = code
    if message:
        packet.errmsgs[code] = message
    return bytes(packet.encode().buffer)


FAILED = _error(TftpErrors.NotDefined, b"Server error")
NOT_FOUND = _error(TftpErrors.FileNotFound)
READ_ONLY = _error(TftpErrors.AccessViolation)
ILLEGAL = _error(TftpErrors.IllegalTftpOp)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a read request says. The name is ASCII and nothing more is known of it."""

    name: str
    is_text: bool
    options: Mapping[str, str]


def read_wish(datagram: bytes) -> Wish | bytes:
    """Understand a read request, or give the error packet that answers it. Never raises."""
    if len(datagram) > REQUEST_BYTES or datagram.count(0, 2) < 2:
        return ILLEGAL
    name, mode, *words = datagram[2:].split(b"\0")
    if not name.isascii():
        return NOT_FOUND  # every name of ours is ASCII
    mode = mode.lower()
    if mode not in (b"octet", b"netascii"):
        return ILLEGAL
    return Wish(name.decode("ascii"), mode == b"netascii", _options(words))


def _options(words: Sequence[bytes]) -> Mapping[str, str]:
    """Names and values by turns, each ended by NUL. What is not like that is none: RFC 2347 leaves that to us."""
    if len(words) % 2 == 0 or words[-1] or not all(words[:-1]):
        return {}
    try:
        told = [word.decode("ascii") for word in words[:-1]]
    except UnicodeDecodeError:
        return {}
    return dict(zip(told[::2], told[1::2], strict=True))


_WINDOW_BYTES = 96 * 1024  # a larger flight overflows the usual socket buffers of both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a file is sent: what the client asked for, as far as it is accepted."""

    blksize: int
    windowsize: int
    timeout_s: float
    oack: bytes  # empty where nothing was accepted: the first block is the answer then


def negotiate(options: Mapping[str, str], size: int, *, blksize: int, windowsize: int, timeout_s: float) -> Terms:
    """Accept what makes sense, up to our own limits, and neither answer the rest nor offer more."""
    asked = {name.lower(): int(value) for name, value in options.items() if value.isdecimal()}
    accepted: dict[str, int] = {}
    if asked.get("blksize", 0) >= 8:
        accepted["blksize"] = min(asked["blksize"], blksize, 65464)
    if 1 <= asked.get("timeout", 0) <= 255:
        accepted["timeout"] = asked["timeout"]
    if "tsize" in asked:
        accepted["tsize"] = size
    block = accepted.get("blksize", 512)
    if 1 <= asked.get("windowsize", 0) <= 65535:
        accepted["windowsize"] = min(asked["windowsize"], windowsize, _WINDOW_BYTES // block)
    return Terms(
        blksize=block,
        windowsize=accepted.get("windowsize", 1),
        timeout_s=accepted.get("timeout", timeout_s),
        oack=_oack({name: accepted[name.lower()] for name in options if name.lower() in accepted}),
    )


def _oack(options: Mapping[str, int]) -> bytes:
    """The OACK packet, with the names spelt as the client spells them; nothing for no options."""
    if not options:
        return b""
    return OACK + "".join(f"{name}\0{value}\0" for name, value in options.items()).encode("ascii")
