"""The form of an extension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from admin.forms import Choice, Field
from admin.forms.devices import locations, templates
from admin.scope import Scope
from admin.words import _, mark
from provisioner.services.schemas import ExtensionIn

OWN = ("server", "port", "transport")
"""What of its own registrar an extension may have here."""


def fields(scope: Scope, *, is_new: bool) -> tuple[Field, ...]:
    """The fields of an extension."""
    return tuple(_fields(scope, is_new=is_new))


def _fields(scope: Scope, *, is_new: bool) -> Iterator[Field]:
    yield Field(
        name="number", label=mark("Number"), required=True, attributes={"autocomplete": "off", "inputmode": "tel"}
    )
    yield Field(name="name", label=mark("Name"), hint=mark("What the display of others shows."))
    yield Field(
        name="password",
        label=mark("SIP password"),
        kind="password",
        hint=mark("The secret of its registration.") if is_new else mark("Leave it empty to keep the one it has."),
        attributes={"autocomplete": "new-password"},
    )
    yield Field(
        name="auth_user", label=mark("Auth user"), hint=mark("Empty: the number."), attributes={"autocomplete": "off"}
    )
    yield Field(name="voicemail", label=mark("Voicemail number"), attributes={"inputmode": "tel"})
    yield Field(
        name="location", label=mark("Location"), kind="select", choices=locations(scope, mark("The tenant’s default"))
    )
    yield Field(
        name="template",
        label=mark("Button template"),
        kind="select",
        choices=templates(scope, mark("The tenant’s default for the model")),
    )
    yield Field(
        name="server",
        label=mark("Own registrar"),
        hint=mark("Empty: the tenant’s."),
        attributes={"spellcheck": "false"},
    )
    yield Field(name="port", label=mark("Own port"), kind="number", attributes={"min": "1", "max": "65535"})
    transports = (Choice(value="", label=_("As the tenant says")), *map(_same, ("udp", "tcp", "tls", "srv")))
    yield Field(name="transport", label=mark("Own transport"), kind="select", choices=transports)


def _same(value: str) -> Choice:
    return Choice(value=value, label=value)


def values_of(extension: ExtensionIn) -> dict[str, str]:
    """An extension as its form shows it: never its password."""
    names = ("number", "name", "auth_user", "voicemail", "location", "template")
    shown = {name: str(getattr(extension, name) or "") for name in names}
    own = extension.sip.model_fields_set
    return {**shown, **{name: str(getattr(extension.sip, name) or "") for name in OWN if name in own}}


def given(values: Mapping[str, str], old: ExtensionIn | None) -> dict[str, Any]:
    """What the form says, as the schema takes it; what it does not ask stays."""
    found: dict[str, Any] = {
        name: getattr(old, name) for name in ExtensionIn.model_fields if old is not None and name != "password"
    }
    found |= {name: values[name] or None for name in ("auth_user", "voicemail", "location", "template")}
    found |= {"number": values["number"], "name": values["name"]}
    if values["password"]:
        found["password"] = values["password"]
    sip = {name: getattr(old.sip, name) for name in old.sip.model_fields_set} if old else {}
    sip = {name: value for name, value in sip.items() if name not in OWN}
    found["sip"] = sip | {name: values[name] for name in OWN if values[name]}
    return found
