"""Reads a flat profile back into accounts and buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioner.vendor_api import Document, Mode, Model, ReadAccount, ReadButton, Reading, Slot

_ACCOUNT = re.compile(r"(Line_Enable|User_ID|Display_Name|Auth_ID|Password|Proxy)_(\d+)_")
_LINE_KEY = re.compile(r"(Extension|Short_Name|Share_Call_Appearance|Extended_Function)_(\d+)_")
# SPA5xx write no underscore at the end of a module's key.
_MODULE_KEY = re.compile(r"Unit_(\d)_(Key|Extension|Short_Name|Share_Call_Appearance)_(\d+)_?")
_SOFT_KEY = re.compile(r"PSK_(\d+)")
_SCRIPT = re.compile(r"pggrp=([^;]*);name=[^;]*;num=(\d+);")

_MODES = {
    "sd": Mode.SPEED_DIAL,
    "xml": Mode.XML,
    "dnd": Mode.DND,
    "cfwd": Mode.FORWARD,
    "shortcut": Mode.MENU,
}


def read(document: Document, model: Model) -> Reading:
    """Extensions that are enabled, and keys whose function we know."""
    values = dict(document.items())
    accounts, account_keys = _accounts(values)
    found, button_keys = _fields(values, model)
    groups = {number: address for text in values.values() for address, number in _SCRIPT.findall(text)}
    buttons = (_button(slot, fields, groups) for slot, fields in sorted(found.items()))
    return Reading(
        accounts=tuple(accounts),
        buttons=tuple(button for button in buttons if button),
        taken=frozenset({*account_keys, *button_keys}),
    )


def _accounts(values: Mapping[str, str]) -> tuple[list[ReadAccount], set[str]]:
    found: dict[int, dict[str, str]] = {}
    taken = set()
    for key, value in values.items():
        match = _ACCOUNT.fullmatch(key)
        if match:
            found.setdefault(int(match[2]), {})[match[1]] = value
            taken.add(key)
    return [_account(n, fields) for n, fields in sorted(found.items()) if _is_used(fields)], taken


def _is_used(fields: Mapping[str, str]) -> bool:
    return fields.get("Line_Enable") == "Yes" and bool(fields.get("User_ID"))


def _account(index: int, fields: Mapping[str, str]) -> ReadAccount:
    return ReadAccount(
        index=index,
        number=fields["User_ID"],
        name=fields.get("Display_Name", ""),
        auth_user=fields.get("Auth_ID", ""),
        password=fields.get("Password", ""),
        # With a deputy the list of both follows the name.
        server=fields.get("Proxy", "").partition(":SRV=")[0],
    )


def _fields(values: Mapping[str, str], model: Model) -> tuple[dict[Slot, dict[str, str]], set[str]]:
    """The fields of each key of the model by its slot."""
    found: dict[Slot, dict[str, str]] = {}
    taken = set()
    for key, value in values.items():
        place = _place(key)
        if place and place[0].number <= model.slots(place[0].group):
            found.setdefault(place[0], {})[place[1]] = value
            taken.add(key)
    return found, taken


def _place(key: str) -> tuple[Slot, str] | None:
    """Which key a parameter belongs to, and what it says of it."""
    match = _LINE_KEY.fullmatch(key)
    if match:
        return Slot("line", int(match[2])), "Key" if match[1] == "Extended_Function" else match[1]
    match = _MODULE_KEY.fullmatch(key)
    if match:
        return Slot(f"exp{match[1]}", int(match[3])), match[2]
    match = _SOFT_KEY.fullmatch(key)
    return (Slot("soft", int(match[1])), "Key") if match else None


def _button(slot: Slot, fields: Mapping[str, str], groups: Mapping[str, str]) -> ReadButton | None:
    extension = fields.get("Extension", "")
    if extension.isdecimal():
        shared = fields.get("Share_Call_Appearance") == "shared"
        mode = Mode.SHARED_LINE if shared else Mode.LINE
        label = fields.get("Short_Name", "")
        return ReadButton(slot=slot, mode=mode, value=extension, label=label, account=int(extension))
    told = _split(fields.get("Key", ""))
    mode_of = _mode(told.get("fnc", ""))
    if mode_of is None:
        return None
    address = told.get("url") or told.get("ext") or told.get("sub") or ""
    value = address.removesuffix("@$PROXY")
    paged = value == address and value in groups and mode_of is Mode.SPEED_DIAL
    account = told.get("vid", "1")
    return ReadButton(
        slot=slot,
        mode=Mode.PAGING if paged else mode_of,
        value=groups[value] if paged else value,
        # The name beside a line key is whole; the one in the string has lost what would break it.
        label=fields.get("Short_Name") or told.get("nme", ""),
        account=int(account) if account.isdecimal() else 1,
    )


def _split(function: str) -> dict[str, str]:
    parts = (part.partition("=") for part in function.split(";"))
    return {name.strip(): value for name, _, value in parts if name.strip()}


def _mode(functions: str) -> Mode | None:
    """The mode of ``a+b+c``, whose order means nothing."""
    names = set(functions.split("+"))
    if "blf" in names:
        return Mode.BLF
    if "mwi" in names:
        return Mode.VOICEMAIL
    return _MODES.get(functions)
