"""From buttons to Poly's tables: which line key points into which list, and what stands in the lists.

There is no "key n = type, value, label": a line key has a category and an index, and the rest stands in the
BLF list or among the macros (administrator guides, "Flexible Line Keys").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.vendor_api import Key, Keys, Mode, Model, Profile, Text, joined
from provisioner.vendors.poly import words


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKey:
    """``lineKey.n``: a category, and the index into its table (None clears it)."""

    number: int
    category: str
    index: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One entry of ``attendant.resourceList``."""

    number: int
    address: Text
    label: Text
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """One entry of ``efk.efklist``."""

    number: int
    name: str
    label: Text
    type: str
    action: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftKey:
    """One custom soft key; an unused one is switched off and empty."""

    number: int
    on: str
    label: Text | None = None
    action: Text | None = None
    idle: str = "0"
    active: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All keys of a device. ``watcher`` is the account that subscribes to every entry of the BLF list."""

    line_keys: tuple[LineKey, ...]
    watched: tuple[Watched, ...]
    macros: tuple[Macro, ...]
    soft_keys: tuple[SoftKey, ...]
    watcher: int


def layout(profile: Profile, keys: Keys) -> Layout:
    """Place every key, the modules' after the phone's own."""
    watcher = _watcher(profile, keys)
    line_keys: list[LineKey] = []
    watched: list[Watched] = []
    macros: list[Macro] = []
    for number, key in numbered(profile.model, keys):
        category, fields = _category(profile, key)
        index: Text | None = None
        if category == "Line":
            index = fields.get("index") or key.button.value.says(key.button.account)
        elif category == "BLF":
            watched.append(_watched(profile, key, fields, len(watched) + 1, watcher))
            # The phone takes the entries in their order; no other index is documented (VVX EM addendum).
            index = key.button.value.says("0")
        elif category == "EFK":
            macros.append(_macro(profile, key, fields, len(macros) + 1))
            index = key.button.value.says(len(macros))
        elif category != "Unassigned":
            index = fields.get("index")
        line_keys.append(LineKey(number=number, category=category, index=index))
    return Layout(
        line_keys=tuple(line_keys),
        watched=tuple(watched),
        macros=tuple(macros),
        soft_keys=tuple(_soft_key(profile, key) for key in keys.soft),
        watcher=watcher,
    )


def numbered(model: Model, keys: Keys) -> Iterator[tuple[int, Key]]:
    """Every key with its ``lineKey`` number: the phone's own first, then module after module."""
    yield from ((key.number, key) for key in keys.line)
    size = model.expansion.keys if model.expansion else 0
    for module, group in enumerate(keys.modules):
        yield from ((model.line_keys + module * size + key.number, key) for key in group)


def pickup_code(profile: Profile, keys: Keys) -> Text | None:
    """The one pickup code that the phone can have: a watched key's own, else its account's."""
    own = (key.button.pickup for _, key in numbered(profile.model, keys) if key.code.code == "BLF")
    settings = profile.settings_of(_watcher(profile, keys))
    return next((code for code in own if code), None) or settings["sip.pickup_code"].text


def _watcher(profile: Profile, keys: Keys) -> int:
    """One account watches everything (``attendant.reg``): the one that most keys ask for, else the first."""
    asked = (key.button.account for _, key in numbered(profile.model, keys) if key.code.code == "BLF")
    votes = Counter(index for index in asked if profile.account(index))
    return min(votes, key=lambda index: (-votes[index], index), default=1)


def _category(profile: Profile, key: Key) -> tuple[str, dict[str, Text]]:
    """The category of a key, and the fields of a native one: ``category;field=value;…``."""
    if key.code.code == "Line" and profile.account(key.button.account) is None:
        return "Unassigned", {}  # the same template serves phones with fewer lines
    if key.mode is not Mode.NATIVE:
        return key.code.code, {}
    category, *rest = key.button.value.split(";")
    pairs = (part.partition("=") for part in rest)
    fields = {name.strip(): key.button.value.says(text) for name, _, text in pairs}
    return category.strip() or "Unassigned", fields


def _watched(profile: Profile, key: Key, fields: dict[str, Text], number: int, watcher: int) -> Watched:
    return Watched(
        number=number,
        address=fields.get("address") or _address(profile, key, watcher),
        label=fields.get("label") or key.button.label,
        type=fields.get("type") or str(key.code.extra.get("type", "normal")),
    )


def _address(profile: Profile, key: Key, watcher: int) -> Text:
    """A number; with its server where that is not the watching account's, so that no namesake is watched."""
    mine, watching = profile.account(key.button.account), profile.account(watcher)
    if mine is None or watching is None:
        return key.button.value
    server = mine.settings["sip.server"]
    if not server or server.value == watching.settings["sip.server"].value or "@" in key.button.value:
        return key.button.value
    return joined(key.button.value, "@", str(server.value))


def _macro(profile: Profile, key: Key, fields: dict[str, Text], number: int) -> Macro:
    return Macro(
        number=number,
        # The name carries the mode, which the action alone does not tell apart, and makes it unique.
        name=f"{key.mode.replace('-', '')}{number}",
        label=fields.get("label") or key.button.label,
        type=words.MACRO_TYPES.get(key.code.extra.get("tail") or "", "invite"),
        action=fields.get("action") or _action(profile, key),
    )


def _action(profile: Profile, key: Key) -> Text:
    """The action string of a key (administrator guides, "Enhanced Feature Keys")."""
    value, extra = key.button.value, key.code.extra
    if key.mode is Mode.URL:
        return value.says(value.replace("$", "%24"))
    number = _number(profile, key)
    if not number or extra.get("tail") is None:
        return value.says(extra.get("bare", ""))
    return value.says(f"{number}{extra['tail']}")


def _number(profile: Profile, key: Key) -> str:
    """What a key dials: its value, after the feature code where the mode has one."""
    # A dollar sign delimits the parts of a macro; no number has one.
    number = key.button.value.replace("$", "")
    settings = profile.settings_of(key.button.account)
    if key.mode is Mode.PICKUP and number:
        return f"{key.button.pickup or settings['sip.pickup_code'].text or ''}{number}"
    if key.mode is Mode.GROUP_PICKUP:
        return number or str(settings["sip.group_pickup_code"].text or "")
    return number


def _soft_key(profile: Profile, key: Key) -> SoftKey:
    if key.mode is Mode.NONE:
        return SoftKey(number=key.number, on="0")
    _, fields = _category(profile, key)
    in_call = bool(key.code.extra.get("active"))
    return SoftKey(
        number=key.number,
        on="1",
        label=fields.get("label") or key.button.label,
        action=fields.get("action") or _action(profile, key),
        idle="0" if in_call else "1",
        active="1" if in_call else "0",
    )
