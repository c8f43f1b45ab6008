"""Keys of a flat profile: what stands in ``Extension_n_``, ``Extended_Function_n_`` and ``Unit_u_Key_k_``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.vendor_api import Key, Keys, Mode, Profile, Text, clean

# MPP XML reference guide: the strings of keys are 0 to 511 long.
LONGEST_FUNCTION = 511
LONGEST_GROUP_NAME = 64
PAGING_GROUPS = 10
FIRST_PAGING_NUMBER = 800  # as in the vendor's own default of Group_1_Paging_Script

# Vertical service codes as the phones ship with them, for phones whose keys know no such function.
FORWARD_CODE, DND_CODE = "*72", "*78"


def line_keys(profile: Profile, keys: Keys) -> list[Mapping[str, Any]]:
    """Every line key with its extension, its name and its function."""
    groups = paging(keys)
    return [_entry(profile, key, groups) for key in keys.line]


def modules(profile: Profile, keys: Keys) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """The same of every attached expansion module."""
    groups = paging(keys)
    return [(n, [_entry(profile, key, groups) for key in unit]) for n, unit in enumerate(keys.modules, 1)]


def soft_keys(profile: Profile, keys: Keys) -> list[tuple[int, Text | None]]:
    """The strings of the programmable soft keys."""
    groups = paging(keys)
    return [(key.number, _function(profile, key, groups)) for key in keys.soft]


def paging(keys: Keys) -> dict[str, tuple[int, Text]]:
    """Each multicast address on a key with the number that its key dials, and the script of the group.

    A key cannot hold the address: it dials the number of a paging group, and the groups are the phone's.
    """
    every = (*keys.line, *keys.soft, *(key for unit in keys.modules for key in unit))
    first = {key.button.value: key for key in reversed(every) if key.mode is Mode.PAGING}
    used = [key for key in every if key is first.get(key.button.value)]
    return {
        key.button.value: (number, _script(key, number))
        for number, key in enumerate(used[:PAGING_GROUPS], FIRST_PAGING_NUMBER)
    }


def shared_accounts(keys: Keys) -> frozenset[int]:
    """The accounts that some key marks as shared."""
    every = (*keys.line, *(key for unit in keys.modules for key in unit))
    return frozenset(key.button.account for key in every if key.mode is Mode.SHARED_LINE)


def _script(key: Key, number: int) -> Text:
    name = plain(key.button.label)[:LONGEST_GROUP_NAME]
    script = f"pggrp={plain(key.button.value)};name={name or number};num={number};listen=yes;"
    return key.button.value.says(script)


def _entry(profile: Profile, key: Key, groups: Mapping[str, tuple[int, Text]]) -> Mapping[str, Any]:
    button = key.button
    if key.mode in (Mode.LINE, Mode.SHARED_LINE) and button.account <= profile.model.accounts:
        account = profile.account(button.account)
        return {
            "number": key.number,
            "extension": button.value.says(button.account),
            "name": button.label or (account.name if account else None),
            "sharing": button.value.says("shared" if key.mode is Mode.SHARED_LINE else "private"),
            "function": None,
        }
    return {
        "number": key.number,
        "extension": "Disabled",
        "name": button.label or None,
        "sharing": "private",
        "function": _function(profile, key, groups),
    }


def _function(profile: Profile, key: Key, groups: Mapping[str, tuple[int, Text]]) -> Text | None:
    """The string of a key that is no line; None where it has nothing to do."""
    if key.mode is Mode.NATIVE:
        return _native(key.button.value)
    fields = _fields(profile, key, groups)
    if not any(fields.values()) and key.code.code not in ("cfwd", "dnd"):
        return None
    parts = (f"fnc={key.code.code}", *(f"{name}={value}" for name, value in fields.items() if value))
    return key.button.label.says(_named(";".join(parts), plain(key.button.label)))


def _named(function: str, label: str) -> str:
    """The function with its label, which is cut where the whole would be too long."""
    room = LONGEST_FUNCTION - len(function.encode()) - len(";nme=")
    name = label.encode()[: max(room, 0)].decode(errors="ignore")
    return f"{function};nme={name}" if name else function


def _native(value: Text) -> Text | None:
    """``code;field=value;…``, with or without the ``fnc=`` before it."""
    if not value:
        return None
    return value if value.startswith("fnc=") else value.says(f"fnc={value}")


def _fields(profile: Profile, key: Key, groups: Mapping[str, tuple[int, Text]]) -> dict[str, str]:
    if key.mode is Mode.BLF:
        return _watched(profile, key)
    if key.mode is Mode.XML:
        return {"url": clean(key.button.value).replace(";", "%3B").replace(" ", "%20")}
    if key.mode is Mode.MENU:
        return {"url": "userpref"}
    if key.mode is Mode.PAGING:
        number, _ = groups.get(key.button.value, (None, None))
        return {"ext": str(number or "")}
    if key.code.code in ("cfwd", "dnd"):
        return {}
    fields = _with_account(_address(_number(profile, key)), key)
    if key.code.code == "mwi+sd":
        account = profile.account(key.button.account)
        fields = {"ext": fields.get("ext", ""), "sub": _address(account.number if account else ""), **fields}
    return fields


def _watched(profile: Profile, key: Key) -> dict[str, str]:
    """SPA phones dial what they watch; MPP phones are told both, and the account."""
    address = _address(plain(key.button.value))
    if profile.model.extra["family"] == "spa":
        return {"sub": address}
    return {"sub": address, **_with_account(address, key)}


def _with_account(address: str, key: Key) -> dict[str, str]:
    return {"ext": address, "vid": str(key.button.account)} if address else {}


def _number(profile: Profile, key: Key) -> str:
    """What a key of this mode dials."""
    value, account = plain(key.button.value), profile.account(key.button.account)
    settings = profile.settings_of(key.button.account)
    if key.mode is Mode.PICKUP:
        return f"{key.button.pickup or settings['sip.pickup_code'].value or ''}{value}"
    if key.mode is Mode.GROUP_PICKUP:
        return value or str(settings["sip.group_pickup_code"].value or "")
    if key.mode is Mode.VOICEMAIL:
        return value or str((account.voicemail if account else None) or "")
    if key.mode is Mode.FORWARD:
        return FORWARD_CODE + value
    return DND_CODE if key.mode is Mode.DND else value


def _address(number: str) -> str:
    """A number at the account's own server; a full address stays what it is."""
    return number if "@" in number or not number else f"{number}@$PROXY"


def plain(text: str) -> str:
    """A text without the sign that parts the fields of a string: what follows it would be a field of its own."""
    return clean(text).replace(";", ",")


def scripts(groups: Iterable[tuple[int, Text]], *, one: bool) -> list[tuple[int, Text | None]]:
    """The scripts by group, unused groups cleared; all in the first where a phone has only one parameter."""
    texts = [script for _, script in groups]
    if one and texts:
        texts = [texts[0].says("".join(texts))]
    return [(n, texts[n - 1] if n <= len(texts) else None) for n in range(1, PAGING_GROUPS + 1)]
