"""What a key of a Snom phone does: the text of its element, its account and its label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.vendor_api import OMIT, Key, Keys, Mode, Model, Profile, Settings, Text, clean, joined
from provisioner.vendors.snom import words

_NOTHING = "keyevent F_NONE"

# Key types that stand without an argument.
_BARE = ("none", "line")


def function_keys(profile: Profile, keys: Keys) -> list[Mapping[str, Any]]:
    """The freely programmable keys of the phone and of its modules, by their index from 0."""
    first = int(profile.model.extra.get("first_module", 0))
    size = profile.model.expansion.keys if profile.model.expansion else 0
    own = [_function_key(profile, key, key.number - 1) for key in keys.line]
    module_keys = ((first + n * size, key) for n, module in enumerate(keys.modules) for key in module)
    return own + [_function_key(profile, key, start + key.number - 1) for start, key in module_keys]


def soft_keys(profile: Profile, keys: Keys) -> list[tuple[int, Text]]:
    """The context keys of the idle screen, from 0; those that nobody gave go back to the factory's."""
    known = profile.line.options.get("idle_keys", False)
    events = words.IDLE_KEYS.get(profile.model.extra.get("idle", ""), ()) if known else ()
    factory = {n: Text(f"keyevent {event}") for n, event in enumerate(events, 1)}
    return [(key.number - 1, _bare_key(profile, key, factory.get(key.number))) for key in keys.soft]


def hard_keys(profile: Profile, keys: Keys) -> list[tuple[str, Text]]:
    """The dedicated keys by the vendor's name; those that nobody gave go back to what is printed on them."""
    names = hard_names(profile.model)
    factory = {name: Text(value) for name, value in words.HARD_KEYS.items()}
    named = ((names[key.number - 1], key) for key in keys.key)
    return [(name, _bare_key(profile, key, factory.get(name))) for name, key in named]


def hard_names(model: Model) -> tuple[str, ...]:
    """What ``key:1`` and on are on this model, as in ``dkey_NAME``."""
    return tuple(model.extra.get("hard", ()))


def shared_accounts(keys: Keys) -> frozenset[int]:
    """The accounts that a key shares: their registration has to say so."""
    everywhere = (*keys.line, *(key for module in keys.modules for key in module))
    return frozenset(key.button.account for key in everywhere if key.button.mode is Mode.SHARED_LINE)


def _function_key(profile: Profile, key: Key, index: int) -> Mapping[str, Any]:
    if key.mode is Mode.NONE:
        return {"index": index, "value": Text(key.code.code), "context": "active", "label": Text()}
    value, fields = _value(profile, key)
    context = "active" if value.startswith("keyevent") else key.button.value.says(key.button.account)
    return {
        "index": index,
        "value": value,
        "context": fields.get("context", context),
        "label": fields.get("label", key.button.label),
    }


def _bare_key(profile: Profile, key: Key, factory: Text | None) -> Text:
    """The value of a key that has neither account nor label."""
    if not key.given:
        return factory or Text(OMIT)
    return Text(_NOTHING) if key.mode is Mode.NONE else _value(profile, key)[0]


def _value(profile: Profile, key: Key) -> tuple[Text, Mapping[str, Text]]:
    """The key's text, and what a native button says of its attributes."""
    if key.mode is Mode.NATIVE:
        return _native(key.button.value)
    code = key.code.code
    if code in _BARE or code.startswith("keyevent"):
        return key.button.value.says(code), {}
    argument = _argument(profile, key)
    if not clean(argument):
        return key.button.value.says(key.code.extra.get("alone", "none")), {}
    return joined(key.button.value.says(f"{code} "), argument), {}


def _native(value: Text) -> tuple[Text, Mapping[str, Text]]:
    """``code;field=value;…``, the escape hatch: ``value`` is the code's argument."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    fields = {name.strip(): value.says(text) for name, _, text in pairs}
    argument = fields.get("value", "")
    return value.says(f"{code.strip()} {argument}".strip()), fields


def _argument(profile: Profile, key: Key) -> Text:
    """What stands after the type: a number, an address, with its pickup code."""
    button, settings = key.button, profile.settings_of(key.button.account)
    account = profile.account(button.account)
    if key.mode is Mode.VOICEMAIL and not button.value and account and account.voicemail:
        return account.voicemail
    if key.mode is Mode.GROUP_PICKUP and not button.value:
        return _code(settings, "sip.group_pickup_code")
    if key.mode is Mode.PICKUP:
        return joined(button.value.says(""), button.pickup or _code(settings, "sip.pickup_code"), button.value)
    if key.mode is Mode.BLF:
        return _watched(key, settings)
    return button.value


def _watched(key: Key, settings: Settings) -> Text:
    """``NUMBER|CODE``: the code takes a ringing call. What only falls back to BLF has no call to take."""
    button = key.button
    number = button.value.says(button.value.replace("|", ""))
    default = _code(settings, "sip.pickup_code") if button.mode is Mode.BLF else Text()
    pickup = (button.pickup or default).replace("|", "")
    return joined(number, "|", pickup) if clean(number) and clean(pickup) else number


def _code(settings: Settings, name: str) -> Text:
    return settings[name].text or Text()
