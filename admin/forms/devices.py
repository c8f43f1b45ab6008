"""The forms of devices: of one, of one more, and of a whole pasted list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from admin.forms import Choice, Field
from admin.scope import Scope
from admin.words import _, mark
from provisioner.registry import vendors
from provisioner.services.schemas import DeviceIn
from provisioner.store.tables import ButtonTemplate, Device, Extension, Location
from provisioner.values import Mac

SUGGESTED = 500
"""How many extensions and bases a list of proposals holds; more can be typed."""
MAC = Field(
    name="mac",
    label=mark("MAC"),
    required=True,
    hint=mark("From the label, in any notation. A scanner may press Enter."),
    attributes={"autocomplete": "off", "spellcheck": "false", "class": "mono", "autofocus": ""},
)
IPEI = Field(
    name="ipei",
    label=mark("IPEI"),
    hint=mark("From the handset's menu, often *#06#. Leave it empty where the system knows slots only."),
    attributes={"autocomplete": "off", "spellcheck": "false", "class": "mono"},
)


def fields(scope: Scope, *, is_handset: bool, is_new: bool = False) -> tuple[Field, ...]:
    """The fields of a phone or base, or of a handset."""
    return tuple(_handset(scope) if is_handset else _phone(scope, is_new=is_new))


def _phone(scope: Scope, *, is_new: bool) -> Iterator[Field]:
    yield MAC
    yield vendor()
    yield model(required=True)
    yield Field(name="name", label=mark("Name"), hint=mark("What people call it: Front desk, Lobby."))
    yield extensions(scope)
    yield Field(name="template", label=mark("Button template"), kind="select", choices=templates(scope))
    yield Field(name="location", label=mark("Location"), kind="select", choices=locations(scope))
    if not is_new:
        yield Field(
            name="expansion_modules",
            label=mark("Expansion modules"),
            kind="number",
            hint=mark("Empty: as many as its buttons use."),
            attributes={"min": "0", "max": "99"},
        )
        yield Field(
            name="base",
            label=mark("Main base"),
            hint=mark("Only of a further base in a multi-cell DECT system."),
            suggestions=bases(scope),
            attributes={"class": "mono"},
        )
    yield Field(name="serial", label=mark("Serial number"))


def _handset(scope: Scope) -> Iterator[Field]:
    yield IPEI
    yield Field(
        name="base",
        label=mark("Base"),
        required=True,
        hint=mark("The MAC of the base that it is registered at."),
        suggestions=bases(scope),
        attributes={"class": "mono", "autocomplete": "off"},
    )
    yield Field(name="slot", label=mark("Slot"), kind="number", attributes={"min": "1", "max": "1000"})
    yield Field(name="name", label=mark("Name"))
    yield extensions(scope)
    yield Field(name="vendor", label=mark("Vendor"), kind="select", choices=vendor_choices())
    yield Field(name="model", label=mark("Model"), suggestions=model_choices())
    yield Field(name="serial", label=mark("Serial number"))


def vendor() -> Field:
    """Which maker; a MAC's first digits often tell."""
    return Field(
        name="vendor",
        label=mark("Vendor"),
        kind="select",
        choices=(Choice(value="", label=_("As the MAC tells")), *vendor_choices()[1:]),
        hint=mark("Chosen for you where the first digits of the MAC are one vendor's."),
        attributes={"data-narrows": "f-model"},
    )


def model(*, required: bool = False) -> Field:
    """Which product; the list is narrowed to the vendor's where that is known."""
    return Field(
        name="model",
        label=mark("Model"),
        required=required,
        kind="select",
        choices=(Choice(value="", label=_("Choose one")), *model_choices()),
        hint=mark("What the label says, such as T46U."),
    )


def extensions(scope: Scope) -> Field:
    """Line 1, line 2 and so on."""
    known = scope.session.execute(
        select(Extension.number, Extension.name).where(scope.of(Extension)).order_by(Extension.number).limit(SUGGESTED)
    )
    return Field(
        name="extensions",
        label=mark("Extensions"),
        hint=mark("Their numbers in the order of the lines, with blanks: 100 101"),
        suggestions=tuple(Choice(value=number, label=f"{number} {name}".strip()) for number, name in known),
        attributes={"autocomplete": "off"},
    )


def vendor_choices() -> tuple[Choice, ...]:
    """Every vendor."""
    return (Choice(value="", label="–"), *(Choice(value=one.name, label=one.title) for one in vendors().values()))


def model_choices() -> tuple[Choice, ...]:
    """Every model, under its vendor."""
    return tuple(
        Choice(value=name, label=name, group=vendor.title) for vendor in vendors().values() for name in vendor.models
    )


def templates(scope: Scope, none: str = mark("As its extension or the tenant says")) -> tuple[Choice, ...]:
    """The tenant's templates, and none, with what that means."""
    names = scope.session.scalars(
        select(ButtonTemplate.name).where(scope.of(ButtonTemplate)).order_by(ButtonTemplate.name)
    )
    return (Choice(value="", label=none), *_same(names.all()))


def locations(scope: Scope, none: str = mark("As its extension or the tenant says")) -> tuple[Choice, ...]:
    """The tenant's active locations, and none, with what that means."""
    names = scope.session.scalars(
        select(Location.name).where(scope.of(Location), Location.active).order_by(Location.name)
    )
    return (Choice(value="", label=none), *_same(names.all()))


def bases(scope: Scope) -> tuple[Choice, ...]:
    """The tenant's DECT bases."""
    dect = [(one.name, name) for one in vendors().values() for name, model in one.models.items() if model.handsets]
    names = {name for _vendor, name in dect}
    rows = scope.session.execute(
        select(Device.mac, Device.name, Device.model)
        .where(scope.of(Device), Device.mac.is_not(None), Device.model.in_(names))
        .order_by(Device.mac)
        .limit(SUGGESTED)
    )
    named = ((Mac(mac or "").colons, name, model) for mac, name, model in rows)
    return tuple(Choice(value=mac, label=f"{mac} {name} ({model})") for mac, name, model in named)


def _same(values: Sequence[str]) -> Iterator[Choice]:
    return (Choice(value=value, label=value) for value in values)


def values_of(device: DeviceIn) -> dict[str, str]:
    """A device as its form shows it."""
    names = ("mac", "ipei", "base", "slot", "name", "vendor", "model", "template", "location", "serial")
    shown = {name: "" if getattr(device, name) is None else str(getattr(device, name)) for name in names}
    modules = device.expansion_modules
    return {
        **shown,
        "extensions": " ".join(device.extensions),
        "expansion_modules": "" if modules is None else str(modules),
    }


def given(values: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as the schema takes it; an empty field is none."""
    found: dict[str, Any] = {name: value or None for name, value in values.items()}
    if "extensions" in values:
        found["extensions"] = tuple(re.split(r"[\s,;]+", values["extensions"])) if values["extensions"] else ()
    for name in ("name", "vendor", "model"):
        if name in values:
            found[name] = values[name]
    return found
