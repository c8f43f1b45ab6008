"""A device's settings: what is in force, where it comes from, what it would inherit, and its own value over it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from flask import abort, flash, redirect, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from admin.access import Permission, allow
from admin.changes import changing, edit_device
from admin.scope import Scope, here
from admin.views.device import Told, found, page_of, told, views
from admin.words import _
from provisioner import neutral
from provisioner.errors import Invalid
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.profile import Setting
from provisioner.record import Layer
from provisioner.render import MASK, unknown_native_keys
from provisioner.services import devices, sealed
from provisioner.services.change import Change
from provisioner.services.problems import problems_of
from provisioner.services.schemas import DeviceIn
from provisioner.services.sealed import is_secret_key
from provisioner.store.tables import Device, Tenant
from provisioner.values import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting. ``own`` says whether the device itself gives it; ``choices`` are all values, where they are few."""

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

    def holds(self, text: str) -> bool:
        """Whether a search finds it."""
        return text in f"{self.name} {self.value} {self.origin}".lower()


@views.get("/settings")
@allow(Permission.TENANT_READ)
def settings(key: str) -> str:
    """Every setting with its origin."""
    return _settings_page(here(), key, "")


def _settings_page(scope: Scope, key: str, error: str) -> str:
    device = found(scope, key)
    known = told(scope, device)
    stored = devices.dump(scope.provisioner.vault, device)
    rows = list(_rows(known, stored)) if device.mac else []
    wanted = request.args.get("q", "").strip().lower()
    own_only = bool(request.args.get("own"))
    overrides = scope.provisioner.installation.template_dir
    return page_of(
        "settings",
        scope,
        device,
        told=known,
        rows=[one for one in rows if one.holds(wanted) and (one.own or not own_only)],
        natives=_natives(device, stored),
        unknown=unknown_native_keys(known.profile, overrides) if known.profile else (),
        editing=request.args.get("edit", ""),
        q=wanted,
        own_only=own_only,
        error=error,
        owners=[one.value for one in Owner],
    )


def _rows(known: Told, stored: DeviceIn) -> Iterable[Row]:
    if known.record is None or known.profile is None:
        return
    bare = replace(known.record, device_layer=Layer(origin=known.record.device_layer.origin))
    inherited = merge(bare).settings
    for name, setting in known.profile.settings.items():
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
        )


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


@views.post("/settings/<name>")
@allow(Permission.TENANT_CHANGE)
def set_setting(key: str, name: str) -> Response | str | tuple[str, int]:
    """Give the device its own value, clear it on the phone, or inherit again."""
    scope = here()
    device = found(scope, key)
    section, _dot, field = name.partition(".")
    if name not in neutral.defaults() or device.mac is None:
        abort(404)
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id)
            stored = devices.dump(change.vault, row)
            edit_device(change, tenant, row, **_changed(stored, section, field, request.form))
    except Invalid as invalid:
        return _settings_page(scope, key, str(invalid.problems[0].message)), 422
    flash(_("{name}: saved.", name=name))
    return redirect(url_for(".settings", key=key, _anchor=name), 303)


def _changed(stored: DeviceIn, section: str, field: str, sent: Mapping[str, str]) -> dict[str, Any]:
    given = {one: getattr(getattr(stored, section), one) for one in getattr(stored, section).model_fields_set}
    name = f"{section}.{field}"
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


# --- the vendor's own keys


@dataclass(frozen=True, slots=True)
class NativeRow:
    """One key in the vendor's own words; None takes it out of the file."""

    key: str
    value: str | None
    is_secret: bool


def _natives(device: Device, stored: DeviceIn) -> list[NativeRow]:
    keys = stored.settings.get(device.vendor, {})
    return [
        NativeRow(
            key, MASK if value and is_secret_key(device.vendor, key) else value, is_secret_key(device.vendor, key)
        )
        for key, value in sorted(keys.items())
    ]


@views.post("/native")
@allow(Permission.TENANT_CHANGE)
def set_native(key: str) -> Response | str | tuple[str, int]:
    """Set a key of the vendor's own, take it out of the file, or leave it to the template again."""
    scope = here()
    device = found(scope, key)
    if device.mac is None:
        abort(404)
    name, value = request.form.get("key", "").strip(), request.form.get("value", "")
    try:
        with changing(scope) as (change, tenant):
            row = change.session.get_one(Device, device.id)
            keys = dict(devices.dump(change.vault, row).settings.get(row.vendor, {}))
            keys.pop(name, None)
            if request.form.get("do") != "forget":
                keys[name] = None if request.form.get("do") == "drop" else value
            settings = {**devices.dump(change.vault, row).settings, row.vendor: keys}
            _put_native(change, tenant, row, settings)
    except Invalid as invalid:
        return _settings_page(scope, key, str(invalid.problems[0].message)), 422
    flash(_("{name}: saved.", name=name))
    return redirect(url_for(".settings", key=key, _anchor="native"), 303)


def _put_native(change: Change, tenant: Tenant, row: Device, settings: dict[str, Any]) -> None:
    """Write them; a secret that is to go is first overwritten, for one that is only left out is kept."""
    old = devices.dump(change.vault, row).settings.get(row.vendor, {})
    gone = {key for key in old if key not in settings[row.vendor] and is_secret_key(row.vendor, key)}
    edit_device(change, tenant, row, settings=settings)
    if gone:
        secret = sealed.opened(change.vault, row)
        native = {key: value for key, value in secret["native"][row.vendor].items() if key not in gone}
        sealed.seal(change.vault, row, secret.get("neutral", {}), {**secret["native"], row.vendor: native})
