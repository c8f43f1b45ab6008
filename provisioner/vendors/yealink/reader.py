"""Reads a Yealink file back into accounts and buttons: the proof of what we write, and the import of others'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.vendor_api import Code, Document, Mode, Model, ReadAccount, ReadButton, Reading, Slot
from provisioner.vendors.yealink.buttons import BUTTONS

_CLEAR = "%NULL%"
_KEY = re.compile(
    r"(?:(?P<group>linekey|memorykey|programablekey)\.|expansion_module\.(?P<module>\d+)\.key\.)(?P<n>\d+)"
    r"\.(?P<field>type|line|value|label|extension|pickup_value)"
)
_ACCOUNT = re.compile(r"account\.(?P<n>\d+)\.(?P<field>\w+|sip_server\.1\.address)")
_MODES = {entry.code: mode for mode, entry in BUTTONS.items() if isinstance(entry, Code) and entry.code}


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and buttons whose type we know; what else stands there is not taken."""
    values = dict(document.items())
    taken: set[str] = set()
    accounts = tuple(_accounts(values, taken))
    buttons = tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=buttons, taken=frozenset(taken))


def _stated(value: str | None) -> str:
    return "" if value in (None, _CLEAR) else str(value)


def _accounts(values: dict[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    found: dict[int, dict[str, str]] = {}
    for key, value in values.items():
        match = _ACCOUNT.fullmatch(key)
        if match:
            found.setdefault(int(match["n"]), {})[match["field"]] = _stated(value)
            taken.add(key)
    for index, fields in sorted(found.items()):
        if fields.get("enable") == "1" and fields.get("user_name"):
            yield ReadAccount(
                index=index,
                number=fields["user_name"],
                name=fields.get("display_name", ""),
                auth_user=fields.get("auth_name", ""),
                password=fields.get("password", ""),
                server=fields.get("sip_server.1.address", ""),
            )


def _buttons(values: dict[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    found: dict[Slot, dict[str, str]] = {}
    for key, value in values.items():
        match = _KEY.fullmatch(key)
        slot = _slot(match, model) if match else None
        if match and slot:
            found.setdefault(slot, {})[match["field"]] = _stated(value)
            taken.add(key)
    for slot, fields in sorted(found.items()):
        mode = _MODES.get(fields.get("type", ""))
        if mode and mode is not Mode.NONE:
            line = fields.get("line", "")
            first = int(model.extra.get("first_line", 1))
            yield ReadButton(
                slot=slot,
                mode=mode,
                value=fields.get("value", ""),
                label=fields.get("label", ""),
                account=int(line) - first + 1 if line.isdecimal() else 1,
            )


def _slot(match: re.Match[str], model: Model) -> Slot | None:
    number = int(match["n"])
    if match["module"]:
        return Slot(f"exp{match['module']}", number)
    if match["group"] == "linekey":
        return Slot("line", number)
    if match["group"] == "memorykey":
        return Slot("key", number)
    hard = model.extra.get("hard", ())
    memory = int(model.extra.get("memory", 0))
    if number in hard:
        return Slot("key", memory + hard.index(number) + 1)
    return Slot("soft", number) if number <= model.soft_keys else None
