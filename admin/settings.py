"""Settings as a page shows and changes them, whoever gives them: a device, or a tenant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from flask import abort
from pydantic import ValidationError

from admin.changes import as_read
from admin.words import _
from provisioner import neutral
from provisioner.errors import Invalid
from provisioner.neutral import Vlan
from provisioner.profile import Setting, Settings
from provisioner.render import MASK
from provisioner.services.fields import Native
from provisioner.services.problems import problems_of
from provisioner.services.schemas import DeviceIn, TenantIn
from provisioner.services.sealed import is_secret_key
from provisioner.values import Owner

Giver = DeviceIn | TenantIn
"""What gives settings of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting. ``own`` says whether the giver itself gives it; ``choices`` are all values, where they are few."""

    name: str
    value: str
    origin: str
    inherited: str
    inherited_from: str
    own: bool
    owner: str
    own_owner: str
    is_secret: bool
    choices: tuple[str, ...]
    hint: str
    as_read: str

    def holds(self, text: str) -> bool:
        """Whether a search finds it."""
        return text in f"{self.name} {self.value} {self.origin}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The settings that a page was asked for: a word, only the giver's own, and the one that is edited."""

    q: str
    own_only: bool
    editing: str

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> Found:
        """What the address says."""
        q, own_only = arguments.get("q", "").strip().lower(), bool(arguments.get("own"))
        return cls(q=q, own_only=own_only, editing=arguments.get("edit", ""))

    def among(self, rows: Iterable[Row]) -> list[Row]:
        """Those that are to be shown."""
        return [one for one in rows if one.holds(self.q) and (one.own or not self.own_only)]


OWNERS = tuple(one.value for one in Owner)


def rows(settings: Settings, inherited: Settings, stored: Giver) -> Iterable[Row]:
    """Every setting as it is, and as it would be without the giver."""
    for name, setting in settings.items():
        section, _dot, field = name.partition(".")
        yield Row(
            name=name,
            value=shown(setting),
            origin=str(setting.origin),
            inherited=shown(inherited[name]),
            inherited_from=str(inherited[name].origin),
            own=field in getattr(stored, section).model_fields_set,
            owner=setting.owner.value,
            own_owner=stored.owners[name].value if name in stored.owners else "",
            is_secret=setting.secret,
            choices=_choices(section, field),
            hint=_hint(section, field),
            as_read=as_read(own(stored, name)),
        )


def own(stored: Giver, name: str) -> object:
    """What the giver itself says of a setting, of a secret only whether it does."""
    section, _dot, field = name.partition(".")
    given = getattr(stored, section)
    value = None if name in neutral.secrets() else getattr(given, field)
    return field in given.model_fields_set, value, stored.owners.get(name)


def shown(setting: Setting) -> str:
    """A setting's value as people read it; a secret is masked."""
    if setting.secret and setting.value:
        return MASK
    return text_of(setting.value)


def text_of(value: Any) -> str:
    """A value as its field shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Vlan():
            parts = [value.id, value.priority, value.pc_id, value.pc_priority]
            return " ".join(str(part) for part in (parts if value.pc_id else parts[:2]))
        case tuple() | list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _annotation(section: str, field: str) -> Any:
    return neutral.SECTIONS[section].model_fields[field].annotation


def _choices(section: str, field: str) -> tuple[str, ...]:
    """The values of a setting that has only a few."""
    kinds = _parts(_annotation(section, field))
    if bool in kinds:
        return ("yes", "no")
    return tuple(str(value) for kind in kinds if get_origin(kind) is Literal for value in get_args(kind))


def _parts(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal or annotation is bool:
        return (annotation,)
    return tuple(part for argument in get_args(annotation) for part in _parts(argument) if not isinstance(part, str))


def _hint(section: str, field: str) -> str:
    if (section, field) == ("phone", "vlan"):
        return _("id, priority, and where wanted id and priority of the PC port: 20 5 30 0")
    return neutral.SECTIONS[section].model_fields[field].description or ""


def _typed(section: str, field: str, text: str) -> Any:
    """What a text means for this setting; the schema checks it."""
    if _choices(section, field) == ("yes", "no"):
        return {"yes": True, "no": False}.get(text, text)
    if (section, field) == ("phone", "vlan"):
        return dict(zip(("id", "priority", "pc_id", "pc_priority"), re.split(r"[\s,]+", text), strict=False))
    if (section, field) in (("audio", "codecs"), ("phone", "ntp"), ("emergency", "numbers")):
        return [part for part in re.split(r"[\s,;]+", text) if part]
    return text


def changed(stored: Giver, name: str, sent: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the giver in which a form sets, clears or inherits this setting. Raises Invalid."""
    section, _dot, field = name.partition(".")
    given = {one: getattr(getattr(stored, section), one) for one in getattr(stored, section).model_fields_set}
    owners = {one: owner for one, owner in stored.owners.items() if one != name}
    if sent.get("owner"):
        owners[name] = Owner(sent["owner"]) if sent["owner"] in list(Owner) else Owner.SERVER
    match sent.get("do"):
        case "inherit":
            given.pop(field, None)
        case "clear":
            given[field] = None
        case "set":
            if sent.get("value") or name not in neutral.secrets() or field not in given:
                given[field] = _typed(section, field, sent.get("value", "").strip())
        case _:
            abort(400)
    return {section: _section(section, given), "owners": owners}


def _section(name: str, given: dict[str, Any]) -> neutral.Section:
    """A section of these values. Raises Invalid."""
    kind = neutral.SECTIONS[name]
    try:
        return kind(**given)
    except ValidationError as error:
        raise Invalid(problems_of(error, kind)) from None


# --- the vendors' own keys


@dataclass(frozen=True, slots=True)
class NativeRow:
    """One key in a vendor's own words; None takes it out of the file."""

    vendor: str
    key: str
    value: str | None


def natives(settings: Native, vendor: str | None = None) -> list[NativeRow]:
    """The keys that are given, of one vendor or of all of them; secrets are masked."""
    return [
        NativeRow(name, key, MASK if value and is_secret_key(name, key) else value)
        for name, keys in sorted(settings.items())
        if vendor in (None, name)
        for key, value in sorted(keys.items())
    ]


def with_native(settings: Native, vendor: str, sent: Mapping[str, str]) -> Native:
    """The keys after a form set one, took it out of the file, or left it to the templates again."""
    name, keys = sent.get("key", "").strip(), dict(settings.get(vendor, {}))
    keys.pop(name, None)
    if sent.get("do") != "forget":
        keys[name] = None if sent.get("do") == "drop" else sent.get("value", "")
    return {**settings, vendor: keys}
