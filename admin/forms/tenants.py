"""The forms of a tenant: its own fields, and the few that a new one needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from admin.forms import Choice, Field
from admin.words import _, mark
from provisioner.services.schemas import TenantIn
from provisioner.values import MOST_MINUTES

SLUG = Field(
    name="tenant",
    label=mark("Short name"),
    required=True,
    hint=mark("Lower-case letters, digits and dashes; it stands in addresses, such as /t/acme-dental/."),
    attributes={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": "63"},
)
NAME = Field(
    name="name",
    label=mark("Name"),
    hint=mark("What people call it. Empty: the short name."),
    attributes={"autocomplete": "off", "maxlength": "120"},
)
NEW = (SLUG, NAME)


def fields() -> tuple[Field, ...]:
    """The tenant's own fields, but for its settings."""
    return (NAME, *_gate(), *_credentials(), _DEFAULT_TEMPLATES)


def _gate() -> tuple[Field, ...]:
    access = (("pairing", _("pairing: each device proves itself")), ("network", _("network: its networks are proof")))
    return (
        Field(
            name="access",
            label=mark("Access"),
            kind="select",
            required=True,
            choices=tuple(Choice(value=value, label=label) for value, label in access),
        ),
        Field(
            name="networks",
            label=mark("Networks"),
            kind="area",
            hint=mark("One a line, such as 10.20.0.0/16. They are a proof only where access is network."),
            attributes={"rows": "3", "class": "mono", "spellcheck": "false"},
        ),
        Field(
            name="pairing_minutes",
            label=mark("Pairing minutes"),
            kind="number",
            hint=mark("How long a new device’s window is open; 0: it stays closed."),
            attributes={"min": "0", "max": str(MOST_MINUTES)},
        ),
        Field(
            name="auto_add",
            label=mark("Add phones by themselves"),
            kind="check",
            hint=mark("Phones that nobody added and that ask from one of the networks become devices."),
        ),
    )


def _credentials() -> tuple[Field, ...]:
    kinds = (("", _("off")), ("basic", _("Basic, and Digest")), ("digest", _("Digest alone")))
    return (
        Field(
            name="http_auth",
            label=mark("HTTP credentials"),
            kind="select",
            choices=tuple(Choice(value=value, label=label) for value, label in kinds),
            hint=mark("Each device has its own then, and writes them into its files where its vendor can."),
        ),
        Field(
            name="http_user",
            label=mark("User name of the tenant"),
            hint=mark("For what is typed into phones. Without it there is no password of the tenant’s either."),
            attributes={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": "32"},
        ),
        Field(
            name="http_password",
            label=mark("Password of the tenant"),
            kind="password",
            hint=mark("8 to 32 characters. Leave it empty to keep the one it has."),
            attributes={"autocomplete": "new-password", "maxlength": "32"},
        ),
    )


_DEFAULT_TEMPLATES = Field(
    name="default_templates",
    label=mark("Default button templates"),
    kind="area",
    wide=True,
    hint=mark("One a line: the models, an equals sign and the template, such as yealink/T46* = Front desk."),
    attributes={"rows": "3", "spellcheck": "false"},
)


def values_of(given: TenantIn) -> dict[str, str]:
    """The tenant as its form shows it, without the password."""
    return {
        "name": given.name,
        "access": given.access,
        "networks": "\n".join(given.networks),
        "pairing_minutes": str(given.pairing_minutes),
        "auto_add": "1" if given.auto_add else "",
        "http_auth": given.http_auth or "",
        "http_user": given.http_user or "",
        "default_templates": "\n".join(f"{pattern} = {name}" for pattern, name in given.default_templates.items()),
    }


def given(values: Mapping[str, str], old: TenantIn) -> dict[str, Any]:
    """The form as fields of the schema; a password that was not typed stays, but goes with its user."""
    found: dict[str, Any] = {name: values[name] for name in ("name", "access", "pairing_minutes")}
    found |= {name: values[name] or None for name in ("http_auth", "http_user")}
    found["networks"] = [part for part in re.split(r"[\s,;]+", values["networks"]) if part]
    found["auto_add"] = bool(values["auto_add"])
    found["default_templates"] = dict(map(_pair, filter(str.strip, values["default_templates"].splitlines())))
    if values["http_password"] or (old.http_user and not values["http_user"]):
        found["http_password"] = values["http_password"] or None
    return found


def _pair(line: str) -> tuple[str, str]:
    pattern, _equals, name = line.partition("=")
    return pattern.strip(), name.strip()
