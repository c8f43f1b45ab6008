"""One button as people give it: what its mode needs is checked here, before a phone finds out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from provisioner import placeholders
from provisioner.services.fields import Schema, SlotText, size
from provisioner.store import tables
from provisioner.values import Mode, Slot

MOST_ACCOUNTS = 250

_PLACEHOLDER = re.compile(r"{[a-z]+(:[0-9]+)?}")

WANTED = {
    Mode.BLF: "the number to watch",
    Mode.SPEED_DIAL: "the number to dial",
    Mode.PARK: "the number of the orbit",
    Mode.PICKUP: "the number to pick up from",
    Mode.INTERCOM: "the number to call",
    Mode.PAGING: "a multicast address and port, such as 224.0.1.20:5001",
    Mode.DTMF: "the digits to send",
    Mode.PREFIX: "the digits to dial first",
    Mode.URL: "the URL to request",
    Mode.XML: "the URL of the application",
    Mode.PRESENCE: "the SIP URI or number to watch",
    Mode.FLAG: "the number of the service flag",
    Mode.NATIVE: "the vendor's code, as code or code;field=value",
}


class ButtonIn(Schema):
    """A button: its slot, what it does, with what, and its label."""

    slot: SlotText
    name: Annotated[str, Field(max_length=size(tables.Button.name))] = ""
    mode: Mode
    value: Annotated[str, Field(max_length=size(tables.Button.value), validate_default=True)] = ""
    label: Annotated[str, Field(max_length=size(tables.Button.label))] = ""
    account: Annotated[int, Field(ge=1, le=MOST_ACCOUNTS)] | None = None
    pickup: Annotated[str, Field(max_length=size(tables.Button.pickup))] | None = None
    fixed: bool = False

    @field_validator("value", "label")
    @classmethod
    def _has_known_placeholders(cls, text: str) -> str:
        placeholders.check(text)
        return text

    @field_validator("value")
    @classmethod
    def _suits_the_mode(cls, value: str, info: ValidationInfo) -> str:
        mode = info.data.get("mode")
        if mode in WANTED and not value:
            raise ValueError(f"a {mode} button needs {WANTED[mode]}")
        check = _CHECKS.get(mode) if mode and value else None
        if check:
            check(_PLACEHOLDER.sub("0", value))
        return value


Buttons = tuple[ButtonIn, ...]


def distinct(buttons: Buttons) -> Buttons:
    """Refuse two buttons on one slot."""
    first: dict[object, int] = {}
    for number, button in enumerate(buttons, 1):
        if button.slot in first:
            raise ValueError(f"{button.slot} is taken twice, by buttons {first[button.slot]} and {number}; keep one")
        first[button.slot] = number
    return buttons


def within(buttons: Buttons, accounts: int, model: str) -> Buttons:
    """Refuse buttons of lines that the model does not have."""
    for button in buttons:
        if button.mode in (Mode.LINE, Mode.SHARED_LINE) and int(button.value or 1) > accounts:
            raise ValueError(f"{button.slot}: {model} has {accounts} accounts, there is no line {button.value}")
    return buttons


def columns(button: ButtonIn, position: int) -> dict[str, Any]:
    """A button as its row has it."""
    return {
        "slot": str(button.slot),
        "name": button.name,
        "mode": button.mode.value,
        "value": button.value,
        "label": button.label,
        "account": button.account,
        "pickup": button.pickup,
        "fixed": button.fixed,
        "position": position,
    }


def dump(rows: Sequence[tables.Button]) -> Buttons:
    """Stored buttons as they were given."""
    return tuple(_dump(row) for row in sorted(rows, key=lambda row: row.position))


def _dump(row: tables.Button) -> ButtonIn:
    return ButtonIn.model_construct(
        slot=Slot.parse(row.slot),
        name=row.name,
        mode=Mode(row.mode),
        value=row.value,
        label=row.label,
        account=row.account,
        pickup=row.pickup,
        fixed=row.fixed,
    )


def _line(value: str) -> None:
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= MOST_ACCOUNTS):
        raise ValueError(f"write the number of the line, from 1 to {MOST_ACCOUNTS}, or nothing for line 1")


def _paging(value: str) -> None:
    address, _, port = value.rpartition(":")
    try:
        multicast = IPv4Address(address).is_multicast
    except AddressValueError:
        multicast = False
    if not multicast or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("write a multicast address (224.0.0.0 to 239.255.255.255) and a port: 224.0.1.20:5001")


def _dtmf(value: str) -> None:
    if not re.fullmatch(r"[0-9A-Da-d*#,pPwW]+", value):
        raise ValueError("only the digits 0 to 9, A to D, * and #, and the pauses , p and w can be sent")


def _prefix(value: str) -> None:
    if not re.fullmatch(r"[0-9*#+]+", value):
        raise ValueError("only digits, *, # and + can be dialled first")


def _url(value: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", value):
        raise ValueError("write a whole URL without blanks, such as http://door.example/open")


def _native(value: str) -> None:
    code, *fields = value.split(";")
    if not code.strip() or not all(field.partition("=")[0].strip() and "=" in field for field in fields if field):
        raise ValueError("write the vendor's code, as code or code;field=value")


_CHECKS: dict[Mode, Callable[[str], None]] = {
    Mode.LINE: _line,
    Mode.SHARED_LINE: _line,
    Mode.PAGING: _paging,
    Mode.DTMF: _dtmf,
    Mode.PREFIX: _prefix,
    Mode.URL: _url,
    Mode.XML: _url,
    Mode.NATIVE: _native,
}
