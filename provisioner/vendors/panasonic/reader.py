"""Reads a Panasonic file back into accounts and buttons: the proof of what we write, and the import of others'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import (
    Code,
    Document,
    Mode,
    Model,
    ReadAccount,
    ReadButton,
    Reading,
    Slot,
    grouped,
    numbered,
)
from provisioner.vendors.panasonic.buttons import PREFIX, buttons

_FIELDS = "PHONE_NUMBER|DISPLAY_NAME|SIP_AUTHID|SIP_PASS|SIP_RGSTR_ADDR|LINE_ENABLE"
_ACCOUNT = re.compile(rf"(?P<field>{_FIELDS})_(?P<n>\d+)")
_HANDSET = re.compile(rf"(?P<field>{_FIELDS})_PS(?P<n>\d+)_1")
_KEY = re.compile(
    r"(?P<board>FLEX|DSS)_BUTTON_(?P<field>FACILITY_ACT|FACILITY_ARG|QUICK_DIAL|LABEL)(?P<n>\d+)"
)  # fmt: skip


def read(document: Document, model: Model) -> Reading:
    """Lines that have a number and are not off, and keys whose function we know."""
    values = dict(document.items())
    taken: set[str] = set()
    accounts = tuple(_accounts(values, model, taken))
    keys = tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=keys, taken=frozenset(taken))


def _accounts(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadAccount]:
    """By line; the handsets of a cell station, whose server is the station's, in their order."""
    by_handset = model.extra["dialect"] == "uds"
    found = numbered(values, _HANDSET if by_handset else _ACCOUNT, taken)
    used = {
        n: fields
        for n, fields in sorted(found.items())
        if fields.get("PHONE_NUMBER") and fields.get("LINE_ENABLE") != "Disabled"
    }
    for order, (number, fields) in enumerate(used.items(), 1):
        yield ReadAccount(
            index=order if by_handset else number,
            number=fields["PHONE_NUMBER"],
            name=fields.get("DISPLAY_NAME", ""),
            auth_user=fields.get("SIP_AUTHID", ""),
            password=fields.get("SIP_PASS", ""),
            server=fields.get("SIP_RGSTR_ADDR", values.get("SIP_RGSTR_ADDR", "")),
        )


def _buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    modes = _modes(model)

    def place(match: re.Match[str]) -> Slot | None:
        slot = Slot("line" if match["board"] == "FLEX" else "exp1", int(match["n"]))
        return slot if 0 < slot.number <= model.slots(slot.group) else None

    for slot, fields in sorted(grouped(values, _KEY, taken, place).items()):
        mode = modes.get(fields.get("FACILITY_ACT", "").removeprefix(PREFIX))
        if mode:
            value = fields.get("FACILITY_ARG") or fields.get("QUICK_DIAL", "")
            line = value.partition(",")[0]
            yield ReadButton(
                slot=slot,
                mode=mode,
                value=value,
                label=fields.get("LABEL", ""),
                account=int(line) if mode is Mode.LINE and line.isdecimal() else 1,
            )


def _modes(model: Model) -> Mapping[str, Mode]:
    """The first mode of each function."""
    found: dict[str, Mode] = {}
    for mode, entry in buttons(model).items():
        if isinstance(entry, Code) and entry.code:
            found.setdefault(entry.code, mode)
    return found
