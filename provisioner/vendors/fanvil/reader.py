"""Reads a file of any of the three formats back into accounts and buttons, ours and other systems'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.vendor_api import (
    Document,
    Mode,
    Model,
    ReadAccount,
    ReadButton,
    Reading,
    Slot,
    grouped,
)
from provisioner.vendors.fanvil.buttons import EVENTS, SUBS
from provisioner.vendors.fanvil.keys import DIAL_PAD_KEYS

_ACCOUNT = re.compile(
    r"sip/line\[(?P<a>\d+)\]/(?P<x>\w+)|SIP_CONFIG_MODULE/SIP_Line_List/SIP_Line_List_Entry\[SIP(?P<b>\d+)\]/(?P<y>\w+)"
    r"|SIP Line List/SIP(?P<c>\d+) (?P<z>.+)"
)
_KEY = re.compile(
    r"(?:dsskey/(?P<group>dssSide|internal)\[(?P<page>\d+)\]/Fkey\[(?P<n>\d+)\]/"
    r"|DSSKEY_CONFIG_MODULE/Sidekey_Config(?P<v_page>\d+)/Sidekey_Config\d+_Entry\[Fkey(?P<v>\d+)\]/"
    r"|PHONE_CONFIG_MODULE/Function_Key/Function_Key_Entry\[Fkey(?P<x>\d+)\]/"
    r"|dsskey/dssSoft\[(?P<soft>\d+)\]/"
    r"|(?P<list>Sidekey|Dsskey) Config(?P<t_page>\d+)/Fkey(?P<t>\d+) )(?P<field>Type|Value|Title)"
)
_MEMORY = re.compile(r"(?P<number>.*)@(?P<line>-?\d+)/(?P<sub>b[abf]|bcV?|[fcaim])(?P<pickup>.*)")
_PLAIN = {"4": Mode.DTMF, "7": Mode.URL, "14": Mode.PAGING}


def read(document: Document, model: Model) -> Reading:
    """Accounts that are switched on, and keys whose type we know."""
    taken: set[str] = set()
    values = dict(document.items())
    accounts, buttons = tuple(_accounts(values, taken)), tuple(_buttons(values, model, taken))
    return Reading(accounts=accounts, buttons=tuple(sorted(buttons, key=lambda one: one.slot)), taken=frozenset(taken))


def _accounts(values: Mapping[str, str], taken: set[str]) -> Iterator[ReadAccount]:
    found: dict[int, dict[str, str]] = {}
    for key, value in values.items():
        match = _ACCOUNT.fullmatch(key)
        if match:
            name = match["x"] or match["y"] or match["z"]
            index = int(match["a"] or match["b"] or match["c"])
            # The formats differ in blanks and underscores alone.
            found.setdefault(index, {})[name.replace("_", "").replace(" ", "")] = value
            taken.add(key)
    for index, fields in sorted(found.items()):
        if fields.get("EnableReg") == "1" and fields.get("PhoneNumber"):
            yield ReadAccount(
                index=index,
                number=fields["PhoneNumber"],
                name=fields.get("DisplayName", ""),
                auth_user=fields.get("RegisterUser", ""),
                password=fields.get("RegisterPswd", ""),
                server=fields.get("RegisterAddr", ""),
            )


def _buttons(values: Mapping[str, str], model: Model, taken: set[str]) -> Iterator[ReadButton]:
    def place(match: re.Match[str]) -> Slot | None:
        slot = _slot(match, model)
        return slot if slot and slot.number <= model.slots(slot.group) else None

    for slot, fields in grouped(values, _KEY, taken, place).items():
        mode, value, account = _meaning(fields.get("Type", ""), fields.get("Value", ""))
        if mode:
            yield ReadButton(slot=slot, mode=mode, value=value, label=fields.get("Title", ""), account=account)


def _slot(match: re.Match[str], model: Model) -> Slot | None:
    """The slot of a key at its place, the other way round than `keys.place`."""
    if match["x"]:
        return Slot("line", int(match["x"]))
    if match["soft"]:
        return Slot("key", int(match["soft"]))
    beside = match["v_page"] is not None or match["group"] == "dssSide" or match["list"] == "Sidekey"
    page, key = int(match["page"] or match["v_page"] or match["t_page"]), int(match["n"] or match["v"] or match["t"])
    pages = model.extra.get("side" if beside else "func")
    if pages is None:
        return Slot("key", DIAL_PAD_KEYS + key) if model.keys and not beside else None
    side = model.extra.get("side")
    before = side[0] * side[1] if side and not beside else 0
    return Slot("line", before + (page - 1) * pages[1] + key)


def _meaning(kind: str, value: str) -> tuple[Mode | None, str, int]:
    """Mode, value and account of a key's type and value."""
    memory = _MEMORY.fullmatch(value)
    if kind == "1" and memory:
        return SUBS[memory["sub"]], memory["number"], max(1, int(memory["line"]))
    if kind == "2":
        line = value.removeprefix("SIP")
        return Mode.LINE, line, int(line) if line.isdecimal() and int(line) else 1
    if kind == "3":
        event, _, argument = value.partition(":")
        return EVENTS.get(event), argument, 1
    mode = _PLAIN.get(kind)
    return mode, value.removesuffix("/PCMU") if mode is Mode.PAGING else value, 1
