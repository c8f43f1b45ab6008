"""Where a Fanvil's keys stand, and what a key's value says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from provisioner.vendor_api import Key, Keys, Mode, Model, Profile, Text, joined

DIAL_PAD_KEYS = 10  # of the hotel phones: 1 to 9 and 0, pressed long
# Of the labels beside a V phone's screen two letters are shown, and up to ten can be (FusionPBX change 7973).
LABEL_LENGTH = 7
Place = tuple[str, int, int]  # group (side, func), page from 1, key on the page from 1


def place(model: Model, number: int) -> Place:
    """Where line key ``number`` stands: first the keys beside the screen, page after page, then the function keys."""
    side, func = model.extra.get("side"), model.extra.get("func")
    beside = side[0] * side[1] if side else 0
    group, offset, pages = ("side", 0, side) if number <= beside else ("func", beside, func)
    per_page = pages[1] if pages else model.line_keys
    page, key = divmod(number - offset - 1, per_page)
    return group, page + 1, key + 1


def keys_of(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """The names of keys for the templates: pages beside the screen, pages of function keys, and hard keys."""
    extra = profile.model.extra
    placed = [(place(profile.model, key.number), _key(profile, key)) for key in keys.line]
    hard = [(key.number, _key(profile, key)) for key in keys.key if key.given]
    return {
        "side_pages": extra["side"][0] if "side" in extra else 0,
        "func_pages": extra["func"][0] if "func" in extra else 0,
        "label_length": LABEL_LENGTH if "side" in extra and extra["words"] == "v" else None,
        "all": [{"n": key.number, **_key(profile, key)} for key in keys.line],
        "side": _pages(placed, "side"),
        "func": _pages(placed, "func"),
        "dial_pad": [{"n": n, **key} for n, key in hard if n <= DIAL_PAD_KEYS],
        "own": [{"n": n - DIAL_PAD_KEYS, **key} for n, key in hard if n > DIAL_PAD_KEYS],
    }


def _pages(placed: list[tuple[Place, Mapping[str, Any]]], group: str) -> list[Mapping[str, Any]]:
    mine = [(where, key) for where, key in placed if where[0] == group]
    return [
        {"n": page, "keys": [{"n": where[2], **key} for where, key in keys]}
        for page, keys in groupby(mine, lambda one: one[0][1])
    ]


def _key(profile: Profile, key: Key) -> Mapping[str, Text | None]:
    """Type, value and label of one key."""
    button = key.button
    if key.mode is Mode.NONE:
        return {"type": button.value.says(key.code.code), "value": None, "label": None}
    if key.mode is Mode.NATIVE:
        return _native(button.value, button.label)
    kind, value = _value(profile, key)
    return {"type": button.value.says(kind), "value": value, "label": button.label or None}


def _native(value: Text, label: Text) -> Mapping[str, Text | None]:
    """``type;value=…;label=…``, the escape hatch."""
    code, *rest = value.split(";")
    fields = {name.strip(): value.says(text) for name, _, text in (part.partition("=") for part in rest)}
    return {"type": value.says(code.strip()), "value": fields.get("value"), "label": fields.get("label") or label}


def _value(profile: Profile, key: Key) -> tuple[str, Text]:
    """The type in effect and the value that goes with it."""
    button, sub, event = key.button, key.code.extra.get("sub"), key.code.extra.get("event")
    target = _target(profile, key)
    if sub and (target or not event):
        pickup = _pickup(profile, key) if sub == "ba" else ()
        return "1", joined(target, f"@{button.account}/{sub}", *pickup)
    if event:
        return "3", joined(button.value.says(event), ":", button.value) if event == "F_PREFIX" else target.says(event)
    if key.mode in (Mode.LINE, Mode.SHARED_LINE):
        return key.code.code, button.value.says(f"SIP{button.account}")
    return key.code.code, joined(button.value, "/PCMU") if key.mode is Mode.PAGING else button.value


def _target(profile: Profile, key: Key) -> Text:
    """The number of a key, by what was asked for: a pickup key dials the account's code and the number."""
    button, account = key.button, profile.account(key.button.account)
    if account and button.mode is Mode.PICKUP:
        return joined(account.settings["sip.pickup_code"].text or "", button.value)
    if account and button.mode is Mode.GROUP_PICKUP:
        return button.value or account.settings["sip.group_pickup_code"].text or button.value
    if account and button.mode is Mode.VOICEMAIL:
        return button.value or account.voicemail or button.value
    return button.value


def _pickup(profile: Profile, key: Key) -> Iterator[Text]:
    """What a BLF key dials to take a ringing call: code and number, glued to the sub-code."""
    account = profile.account(key.button.account)
    code = key.button.pickup or (account.settings["sip.pickup_code"].text if account else None)
    # A code that is left to the phone may be empty here: the key takes calls by the phone's own then.
    if code and len(code):
        yield from (code, key.button.value)
