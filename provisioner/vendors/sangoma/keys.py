"""The keys of a Sangoma: their names on the wire, and what they are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import Key, Keys, Mode, Profile, Slot, Text, joined

# What keys of these modes dial or open is decided by the account or by nobody.
_WITHOUT_VALUE = frozenset({Mode.NONE, Mode.NATIVE, Mode.LINE, Mode.SHARED_LINE, Mode.DND, Mode.REDIAL, Mode.HOLD})


def name_of(slot: Slot) -> str:
    """What a key is called: ``LineKey1``, ``MemoryKey1``, ``SoftKey1``, ``Exp1_1``."""
    if slot.module:
        return f"Exp{slot.module}_{slot.number}"
    return {"line": "LineKey", "key": "MemoryKey", "soft": "SoftKey"}[slot.group] + str(slot.number)


def keys_of(profile: Profile, keys: Keys) -> list[Mapping[str, Any]]:
    """Every key; soft keys that nobody gave a button keep what the factory made them."""
    soft = (key for key in keys.soft if key.given)
    return [_key(profile, key) for key in (*keys.line, *keys.key, *soft, *_modules(keys))]


def _modules(keys: Keys) -> Iterator[Key]:
    return (key for module in keys.modules for key in module)


def _key(profile: Profile, key: Key) -> Mapping[str, Any]:
    """Type, account (from 0), value, label and pickup code of one key; `item` passes over what it does not have."""
    button = key.button
    off = key.mode is Mode.NONE
    plain = {
        "type": button.value.says(key.code.code),
        "account": button.value.says(button.account - 1),
        "value": _value(profile, key),
        "label": None if off else button.label or None,
        "pickup": _pickup(profile, key),
    }
    return {"name": name_of(key.slot), **plain, **(_native(button.value) if key.mode is Mode.NATIVE else {})}


def _native(value: Text) -> dict[str, Text]:
    """``type;value=…;label=…;account=…;pickup=…``, the escape hatch."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    known = {name.strip(): value.says(text) for name, _, text in pairs}
    return {"type": value.says(code.strip()), **{name: text for name, text in known.items() if name != "name"}}


def _value(profile: Profile, key: Key) -> Text | None:
    button, account = key.button, profile.account(key.button.account)
    if key.mode in _WITHOUT_VALUE:
        return None
    settings = profile.settings_of(button.account)
    if button.mode is Mode.PICKUP:
        return joined(settings["sip.pickup_code"].text or "", button.value)
    if button.mode is Mode.GROUP_PICKUP:
        return button.value or settings["sip.group_pickup_code"].text
    if button.mode is Mode.VOICEMAIL:
        return button.value or (account.voicemail if account else None)
    return button.value or None


def _pickup(profile: Profile, key: Key) -> Text | None:
    """What a BLF key dials to take a ringing call: its own code, or its account's."""
    if key.mode is not Mode.BLF:
        return None
    account = profile.account(key.button.account)
    return key.button.pickup or (account.settings["sip.pickup_code"].text if account else None)
