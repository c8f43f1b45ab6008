"""Reads a Flyingvoice file back into accounts and buttons."""

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
from provisioner.vendors.flyingvoice.buttons import BUTTONS

_KEY = re.compile(
    r"(?P<group>linekey|programablekey)\.(?P<n>\d+)\.(?P<field>type|line|value|label|extension|pickup_value)"
)
_ACCOUNT = re.compile(
    r"account\.(?P<n>\d+)\.(?P<field>enable|user_name|display_name|auth_name|password|sip_server\.1\.address)"
)
_GROUPS = {"linekey": "line", "programablekey": "soft"}
# A type that several modes use is read as the first of them.
_MODES = {code.code: mode for mode, code in [*BUTTONS.items()][::-1] if isinstance(code, Code) and code.code}


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and keys of the types that we know."""
    values = dict(document.items())
    taken: set[str] = set()
    accounts, buttons = tuple(_accounts(values, taken)), tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(taken))


def _accounts(values: Mapping[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    for n, fields in sorted(numbered(values, _ACCOUNT, taken).items()):
        if fields.get("enable") == "1" and fields.get("user_name"):
            yield ReadAccount(
                index=n,
                number=fields["user_name"],
                name=fields.get("display_name", ""),
                auth_user=fields.get("auth_name", ""),
                password=fields.get("password", ""),
                server=fields.get("sip_server.1.address", ""),
            )


def _buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    def place(match: re.Match[str]) -> Slot | None:
        slot = Slot(_GROUPS[match["group"]], int(match["n"]))
        return slot if slot.number <= model.slots(slot.group) else None

    for slot, fields in sorted(grouped(values, _KEY, taken, place).items()):
        mode = _MODES.get(fields.get("type", ""))
        if mode and mode is not Mode.NONE:
            line = fields.get("line", "")
            yield ReadButton(
                slot=slot,
                mode=mode,
                value=fields.get("value", ""),
                label=fields.get("label", ""),
                account=int(line) if line.isdecimal() else 1,
            )
