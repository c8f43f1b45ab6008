"""What the database says about one device, as frozen data: the waist between `load` and `merge`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.profile import Native, Origin
from provisioner.values import Ipei, Mac, Mode, Owner, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The neutral settings that one thing gives, by dotted name, and who owns them."""

    origin: Origin
    values: Mapping[str, Any] = field(default_factory=dict)
    owners: Mapping[str, Owner] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonRow:
    """A button as it is stored, placeholders and all."""

    slot: Slot
    mode: Mode
    name: str = ""
    value: str = ""
    label: str = ""
    account: int | None = None
    pickup: str | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRecord:
    """A SIP account and what belongs to it."""

    number: str
    name: str
    auth_user: str | None
    password: str
    voicemail: str | None
    layer: Layer
    buttons: tuple[ButtonRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRecord:
    """The button template that applies to the device."""

    name: str
    buttons: tuple[ButtonRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsetRecord:
    """A handset of the base; ``slot`` is None where the base may choose it."""

    name: str
    ipei: Ipei | None
    slot: int | None
    extensions: tuple[ExtensionRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRecord:
    """The location that won, and which rule made it win."""

    rule: str
    name: str
    fields: Mapping[str, str]
    layer: Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that the files of one device depend on.

    ``layers`` are the server's and the tenant's, lowest first; ``native`` the vendor's own keys of tenant,
    template and device, lowest first. ``url`` holds the device's token; ``admin_password`` is the tenant's
    generated one, used where none is set, and so is ``file_key`` for the device's encrypted files.
    ``http_password`` is the device's own, None where the tenant takes no HTTP credentials.
    """

    mac: Mac
    name: str
    vendor: str
    model: str
    firmware: str | None
    tenant: str
    tenant_name: str
    url: str
    admin_password: str
    file_key: str
    http_password: str | None = None
    layers: tuple[Layer, ...]
    device_layer: Layer
    extensions: tuple[ExtensionRecord, ...] = ()
    template: TemplateRecord | None = None
    buttons: tuple[ButtonRow, ...] = ()
    location: LocationRecord | None = None
    handsets: tuple[HandsetRecord, ...] = ()
    bases: tuple[Mac, ...] = ()
    master: Mac | None = None
    modules: int | None = None
    native: tuple[Native, ...] = ()
