"""The small frozen values that every room shares: identities, button slots and modes.

Nothing here knows a vendor, a database or a socket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

MOST_MINUTES = 525_600
"""A pairing window is open for a year at most."""

_MAC_SEPARATORS = re.compile(r"[\s:.\-]")
_TWELVE_HEX = re.compile(r"[0-9A-Fa-f]{12}")
_SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+[0-9]+")


@dataclass(frozen=True, slots=True, order=True)
class Mac:
    """A unicast Ethernet address, kept as twelve lower-case hex digits.

    >>> Mac.parse("80-5E-C0-12-34-56").colons
    '80:5e:c0:12:34:56'
    """

    hex: str

    @classmethod
    def parse(cls, text: str) -> Mac:
        """Read any common spelling. Raises ValueError with a sentence that says what is wrong."""
        given = text.strip()
        if _SCIENTIFIC.fullmatch(given):
            raise ValueError(f"{given!r} is a number that a spreadsheet made of the MAC; format the column as text")
        digits = _MAC_SEPARATORS.sub("", given)
        if not re.fullmatch(r"[0-9A-Fa-f]*", digits):
            raise ValueError(f"{given[:40]!r} is not a MAC: only hex digits and the separators : - . belong in it")
        if len(digits) != 12:
            raise ValueError(
                f"{given[:40]!r} has {len(digits)} hex digits and a MAC has 12"
                + ("; a spreadsheet may have dropped leading zeros" if 8 <= len(digits) < 12 else "")
            )
        if not int(digits, 16):
            raise ValueError("a MAC of zeros belongs to no device")
        if int(digits[:2], 16) & 1:
            raise ValueError(f"{given!r} is a multicast address, no device has it as its own")
        return cls(digits.lower())

    @property
    def upper(self) -> str:
        """Twelve upper-case hex digits."""
        return self.hex.upper()

    @property
    def colons(self) -> str:
        """Six lower-case pairs joined by colons."""
        return ":".join(self.hex[i : i + 2] for i in range(0, 12, 2))

    def __str__(self) -> str:
        return self.colons


def _check_character(digits: str) -> str:
    """The IPEI check character: sum of digit x position, modulo 11, ten written as a star."""
    remainder = sum(int(digit) * position for position, digit in enumerate(digits, 1)) % 11
    return "*" if remainder == 10 else str(remainder)


@dataclass(frozen=True, slots=True, order=True)
class Ipei:
    """The identity of a DECT handset: manufacturer (EMC, 16 bits) and serial (PSN, 20 bits).

    Written in decimal as 5 + 7 digits and a check character, or as the 10-hex IPUI of type N
    (ETSI EN 300 175-6, annex C).

    >>> Ipei.parse("0DEADBEEF4").decimal
    '57005-0782068-7'
    """

    emc: int
    psn: int

    @classmethod
    def parse(cls, text: str) -> Ipei:
        """Read the decimal form with or without its check character, or the hex IPUI.

        Raises ValueError with a sentence that says what is wrong.
        """
        given = text.strip()
        bare = re.sub(r"[\s:.\-]", "", given)
        if bare[:2] in ("0x", "0X"):
            bare = bare[2:]
            if not re.fullmatch(r"[0-9A-Fa-f]{9,10}", bare):
                raise ValueError(f"{given[:40]!r} is not an IPUI: 10 hex digits follow 0x")
        if re.fullmatch(r"[0-9]{12}[0-9*]?", bare):
            return cls._from_decimal(bare, given)
        if re.fullmatch(r"[0-9A-Fa-f]{9,10}", bare):
            return cls._from_hex(bare, given)
        raise ValueError(f"{given[:40]!r} is not an IPEI: 5 + 7 decimal digits and a check character, or 10 hex digits")

    @classmethod
    def _from_decimal(cls, bare: str, given: str) -> Ipei:
        emc, psn, check = int(bare[:5]), int(bare[5:12]), bare[12:]
        expected = _check_character(bare[:12])
        if check and check != expected:
            raise ValueError(f"the check character of {given!r} is {check}, of these digits it would be {expected}")
        return cls._checked(emc, psn, given)

    @classmethod
    def _from_hex(cls, bare: str, given: str) -> Ipei:
        if len(bare) == 10 and bare[0] != "0":
            raise ValueError(f"{given!r} is an IPUI of another type than N: its first hex digit is not 0")
        digits = bare[-9:]
        return cls._checked(int(digits[:4], 16), int(digits[4:], 16), given)

    @classmethod
    def _checked(cls, emc: int, psn: int, given: str) -> Ipei:
        if emc > 0xFFFF or psn > 0xFFFFF:
            raise ValueError(f"{given!r}: the first part ends at 65535 and the second at 1048575")
        if not emc and not psn:
            raise ValueError("an IPEI of zeros belongs to no handset")
        return cls(emc, psn)

    @property
    def hex(self) -> str:
        """The IPUI of type N: ten upper-case hex digits."""
        return f"0{self.emc:04X}{self.psn:05X}"

    @property
    def digits(self) -> str:
        """Twelve decimal digits and the check character, without separators."""
        plain = f"{self.emc:05d}{self.psn:07d}"
        return plain + _check_character(plain)

    @property
    def decimal(self) -> str:
        """The printed form, ``EEEEE-PPPPPPP-C``."""
        return f"{self.digits[:5]}-{self.digits[5:12]}-{self.digits[12]}"

    def __str__(self) -> str:
        return self.decimal


class Transport(StrEnum):
    """How a request reached us."""

    HTTP = "http"
    TFTP = "tftp"


class Owner(StrEnum):
    """Who a setting belongs to: enforced, given once, or never sent."""

    SERVER = "server"
    DEFAULT = "default"
    PHONE = "phone"


class Mode(StrEnum):
    """What a button does, in the words of the button editor."""

    NONE = "none"
    LOCAL = "local"
    LINE = "line"
    SHARED_LINE = "shared-line"
    BLF = "blf"
    SPEED_DIAL = "speed-dial"
    PARK = "park"
    PICKUP = "pickup"
    GROUP_PICKUP = "group-pickup"
    INTERCOM = "intercom"
    PAGING = "paging"
    DTMF = "dtmf"
    PREFIX = "prefix"
    TRANSFER = "transfer"
    CONFERENCE = "conference"
    HOLD = "hold"
    PRIVATE_HOLD = "private-hold"
    RECORD = "record"
    VOICEMAIL = "voicemail"
    FORWARD = "forward"
    DND = "dnd"
    REDIAL = "redial"
    HISTORY = "history"
    DIRECTORY = "directory"
    LDAP = "ldap"
    URL = "url"
    XML = "xml"
    QUEUE_LOGIN = "queue-login"
    PRESENCE = "presence"
    FLAG = "flag"
    MUTE = "mute"
    HOT_DESK = "hot-desk"
    MENU = "menu"
    NATIVE = "native"


_SLOT = re.compile(r"(?:(line|key|soft|exp([1-9][0-9]?)):)?([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """The place of a button: ``line:3``, ``key:1``, ``soft:2`` or ``exp1:40``; numbers start at 1."""

    group: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Slot:
        """Read ``GROUP:N``; a bare number means ``line:N``. Raises ValueError."""
        match = _SLOT.fullmatch(str(text).strip().lower())
        if not match:
            raise ValueError(f"{str(text)[:40]!r} is no slot: write line:N, key:N, soft:N or exp1:N, with N from 1")
        return cls(match[1] or "line", int(match[3]))

    @property
    def module(self) -> int:
        """The expansion module's number, 0 for a key of the phone itself."""
        return int(self.group[3:]) if self.group.startswith("exp") else 0

    def __str__(self) -> str:
        return f"{self.group}:{self.number}"


def fits(vendor: str, model: str, pattern: str) -> bool:
    """Whether a pattern ``vendor/model`` with stars means this model; case does not matter."""
    return fnmatchcase(f"{vendor}/{model}".lower(), pattern.lower() if "/" in pattern else f"{pattern.lower()}/*")
