"""Buttons become keys: each slot of the model gets a vendor's code, by declared fallbacks where needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from provisioner.profile import Button, Profile, Text, Warned
from provisioner.registry import vendors
from provisioner.values import Mode, Slot
from provisioner.vendor_api import Buttons, Code, Fallback, Key, Keys


def keys_of(profile: Profile) -> Keys:
    """Every slot of the model, in order; unused ones have the vendor's code for ``none``.

    A slot whose button is ``local`` is left to the phone's user, and so is not among the keys.
    """
    given: dict[str, list[Button]] = {}
    for button in profile.buttons.values():
        given.setdefault(button.slot.group, []).append(button)
    return Keys(
        line=_group(profile, given, "line"),
        key=_group(profile, given, "key"),
        soft=_group(profile, given, "soft"),
        modules=tuple(_group(profile, given, f"exp{m}") for m in range(1, profile.modules + 1)),
    )


def warnings_of(profile: Profile) -> tuple[Warned, ...]:
    """What this phone does not do as asked: the merge's warnings, every fallback in use, the vendor's own."""
    vendor = vendors()[profile.vendor]
    table = vendor.buttons(profile.model)
    fallbacks = (_warning(table, button) for button in profile.buttons.values() if _exists(profile, button.slot))
    return (*profile.warnings, *(warned for warned in fallbacks if warned), *vendor.warn(profile))


def effective(table: Buttons, mode: Mode, group: str) -> tuple[Mode, Code, str | None]:
    """The mode that a key of this group really gets, its code, and why it is another than asked.

    Raises KeyError when a vendor forgot a mode: a test demands that none is forgotten.
    """
    reasons: list[str] = []
    kind = "exp" if group.startswith("exp") else group
    asked = mode
    while True:
        entry = table[mode]
        if isinstance(entry, Fallback):
            reasons.append(entry.why)
            mode = entry.to
        elif entry.groups and kind not in entry.groups:
            reasons.append(f"no {mode} on a {kind} key")
            mode = Mode.NONE
        else:
            return mode, entry, f"{asked} becomes {mode}: {'; '.join(reasons)}" if reasons else None


def _exists(profile: Profile, slot: Slot) -> bool:
    return slot.module <= profile.modules and slot.number <= profile.model.slots(slot.group)


def _warning(table: Buttons, button: Button) -> Warned | None:
    if button.mode is Mode.LOCAL:
        return None
    _, _, why = effective(table, button.mode, button.slot.group)
    return Warned(str(button.slot), why) if why else None


def _group(profile: Profile, given: Mapping[str, Sequence[Button]], group: str) -> tuple[Key, ...]:
    keys: list[Key | None] = [*_unused(profile.vendor, profile.model.name, group)]
    table = vendors()[profile.vendor].buttons(profile.model)
    for button in given.get(group, ()):
        if button.slot.number <= len(keys):
            keys[button.slot.number - 1] = _key(table, button)
    return tuple([key for key in keys if key is not None])


@cache
def _unused(vendor: str, model: str, group: str) -> tuple[Key, ...]:
    """The keys of a group as they are when nobody gave them a button, in order from 1."""
    found = vendors()[vendor].models[model]
    mode, code, _ = effective(vendors()[vendor].buttons(found), Mode.NONE, group)
    slots = (Slot(group, number) for number in range(1, found.slots(group) + 1))
    return tuple(Key(slot=slot, code=code, mode=mode, button=_nothing(slot), given=False) for slot in slots)


def _key(table: Buttons, button: Button) -> Key | None:
    if button.mode is Mode.LOCAL:
        return None
    mode, code, _ = effective(table, button.mode, button.slot.group)
    shown = _nothing(button.slot) if mode is Mode.NONE else button
    return Key(slot=button.slot, code=code, mode=mode, button=shown)


def _nothing(slot: Slot) -> Button:
    return Button(slot=slot, mode=Mode.NONE, value=Text(), label=Text())
