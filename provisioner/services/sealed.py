"""Settings in their columns: plain ones as JSON, secrets and vendors' own keys sealed; and back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError

from provisioner import neutral
from provisioner.errors import Broken
from provisioner.neutral import Section
from provisioner.registry import vendors
from provisioner.services.differences import PASSWORDS, plain
from provisioner.services.fields import Native, Schema
from provisioner.store.tables import ButtonTemplate, Device, Extension, Tenant
from provisioner.values import Owner
from provisioner.vault import Vault

Given = TypeVar("Given", bound=Schema)
Sealing = Tenant | ButtonTemplate | Device


def opened(vault: Vault, row: Sealing) -> dict[str, Any]:
    """The sealed settings of a row: ``neutral`` by dotted name, ``native`` by vendor and key."""
    return vault.open_json(f"{row.__tablename__}/{row.uid}/settings", row.sealed_settings)


def seal(vault: Vault, row: Sealing, neutral_secrets: dict[str, Any], native: Native) -> None:
    """Seal the settings of a row anew, where they are others than before."""
    wanted = {key: value for key, value in (("neutral", neutral_secrets), ("native", native)) if value}
    if opened(vault, row) != wanted:
        row.sealed_settings = vault.seal_json(f"{row.__tablename__}/{row.uid}/settings", wanted)


def store(vault: Vault, row: Tenant | Device, given: Any) -> None:
    """Write the sections, owners and native keys of what was given."""
    values = _values(given)
    _store_plain(row, values, given.owners)
    seal(vault, row, {name: values[name] for name in values if name in neutral.secrets()}, given.settings)


def store_plain(row: Extension, given: Any) -> None:
    """Write the sections and owners of an extension, which has no secrets among them."""
    _store_plain(row, _values(given), given.owners)


def _store_plain(row: Tenant | Device | Extension, values: dict[str, Any], owners: dict[str, Owner]) -> None:
    settings = {name: value for name, value in values.items() if name not in neutral.secrets()}
    told = {name: owner.value for name, owner in owners.items()}
    if row.settings != settings:
        row.settings = settings
    if row.owners != told:
        row.owners = told


def _values(given: Schema) -> dict[str, Any]:
    """Every neutral setting that is given, by dotted name, as JSON has it."""
    sections = {name: getattr(given, name) for name in neutral.SECTIONS if name in type(given).model_fields}
    return {name: plain(value) for name, value in neutral.flat(sections).items()}


def sections(row: Tenant | Device | Extension, secret: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The stored sections and owners of a row, typed again. Raises Broken when they are of another version."""
    fields: dict[str, dict[str, Any]] = {}
    for name, value in {**row.settings, **secret.get("neutral", {})}.items():
        section, _, setting = name.partition(".")
        fields.setdefault(section, {})[setting] = value
    try:
        given: dict[str, Any] = {
            name: neutral.SECTIONS[name](**fields[name]) if name in fields else _empty(name) for name in names
        }
    except ValidationError as error:
        raise Broken(f"the settings of {row.__tablename__} {row.id} do not fit this version: {error.title}") from None
    return {**given, "owners": {name: Owner(owner) for name, owner in row.owners.items()}}


@cache
def _empty(name: str) -> Section:
    return neutral.SECTIONS[name]()


def kept(given: Given, old: Given | None, fields: Iterable[str] = ()) -> Given:
    """What was given, with the stored secrets that it leaves out; ``fields`` are kept in the same way."""
    if old is None:
        return given
    update: dict[str, Any] = {
        name: getattr(old, name) for name in fields if name not in given.model_fields_set and getattr(old, name)
    }
    if "phone" in type(given).model_fields:
        update |= _kept_neutral(given, old)
    if "settings" in type(given).model_fields:
        update |= _kept_native(given, old)
    return given.model_copy(update=update) if update else given


def _kept_neutral(given: Any, old: Any) -> dict[str, Section]:
    secret = {name.partition(".")[2] for name in neutral.secrets()}
    stored = {name: getattr(old.phone, name) for name in secret - given.phone.model_fields_set}
    missing = {name: value for name, value in stored.items() if value is not None}
    return {"phone": given.phone.model_copy(update=missing)} if missing else {}


def _kept_native(given: Any, old: Any) -> dict[str, Native]:
    merged = {vendor: dict(keys) for vendor, keys in given.settings.items()}
    for vendor, keys in old.settings.items():
        for key, value in keys.items():
            if value is not None and is_secret_key(vendor, key):
                merged.setdefault(vendor, {}).setdefault(key, value)
    return {"settings": merged} if merged != given.settings else {}


def is_secret_key(vendor: str, key: str) -> bool:
    """Whether a vendor's own key names a secret; of a vendor that is no longer there every key may."""
    known = vendors().get(vendor)
    return known is None or bool(re.search(known.secret_keys, key, re.IGNORECASE))


def without_secrets(given: Given) -> Given:
    """The same object as it may be shown and exported; what it leaves out is kept when it is put back."""
    update: dict[str, Any] = {}
    fields = type(given).model_fields
    if "phone" in fields:
        update["phone"] = _public_phone(given)
    if "settings" in fields:
        update["settings"] = _public_native(given)
    shown = given.model_copy(update=update)
    if not PASSWORDS.isdisjoint(fields):
        values = {name: getattr(shown, name) for name in shown.model_fields_set - PASSWORDS}
        shown = type(given).model_construct(_fields_set=set(values), **values)
    return shown


def _public_phone(given: Any) -> Section:
    values = {name: getattr(given.phone, name) for name in given.phone.model_fields_set}
    public = {name: one for name, one in values.items() if one is None or f"phone.{name}" not in neutral.secrets()}
    return neutral.Phone.model_construct(_fields_set=set(public), **public)


def _public_native(given: Any) -> Native:
    public = {
        vendor: {key: value for key, value in keys.items() if value is None or not is_secret_key(vendor, key)}
        for vendor, keys in given.settings.items()
    }
    return {vendor: keys for vendor, keys in public.items() if keys}
