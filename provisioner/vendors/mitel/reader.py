"""Reads a Mitel file back into accounts and buttons: the proof of what we write, and the import of others'."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from provisioner.vendors.mitel.buttons import BUTTONS

_MARKS = "!^"  # locked, and enforced over the user's own value
_ACCOUNT = re.compile(r"sip line(?P<n>\d+) (?P<field>user name|display name|auth name|password|registrar ip)")
_KEY = re.compile(
    r"(?:(?P<group>prgkey|topsoftkey|softkey)|expmod(?P<module>\d) key)(?P<n>\d+) (?P<field>type|value|label|line)"
)
_MODES: dict[str, Mode] = {}
for _mode, _entry in BUTTONS.items():
    if isinstance(_entry, Code) and _entry.code:
        _MODES.setdefault(_entry.code, _mode)


def read(document: Document, model: Model) -> Reading:
    """Lines that have a user, and keys whose type we know; what else stands there is not taken."""
    values = {key.lstrip(_MARKS).lower(): value for key, value in document.items()}
    taken: set[str] = set()
    accounts = tuple(_accounts(values, taken))
    buttons = tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(taken))


def _accounts(values: dict[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    for index, fields in sorted(numbered(values, _ACCOUNT, taken).items()):
        if fields.get("user name"):
            yield ReadAccount(
                index=index,
                number=fields["user name"],
                name=fields.get("display name", ""),
                auth_user=fields.get("auth name", ""),
                password=fields.get("password", ""),
                server=fields.get("registrar ip", ""),
            )


def _buttons(values: dict[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    found = grouped(values, _KEY, taken, lambda match: _slot(match, model))
    for slot, fields in sorted(found.items()):
        mode = _MODES.get(fields.get("type", "").lower())
        if mode and mode is not Mode.NONE:
            line, value = fields.get("line", ""), fields.get("value", "")
            yield ReadButton(
                slot=slot,
                mode=mode,
                value=value.removeprefix("asterisk;") if mode is Mode.PARK else value,
                label=fields.get("label", ""),
                account=int(line) if line.isdecimal() else 1,
            )


def _slot(match: re.Match[str], model: Model) -> Slot | None:
    """The slot of a key, None beyond the model."""
    if match["module"]:
        group = f"exp{match['module']}"
    elif match["group"] == "prgkey":
        group = "key"
    else:
        group = "line" if match["group"] == model.extra.get("line", "topsoftkey") else "soft"
    number = int(match["n"])
    return Slot(group, number) if 0 < number <= model.slots(group) else None
