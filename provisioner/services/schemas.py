"""What people give, with the field names of the site file: the same for the API, the portal and CSV files.

Checked here is all that one object can tell by itself; what needs the rest of the tenant (names that must
exist, addresses that others have) is checked by the services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from provisioner import neutral
from provisioner.neutral import Audio, Calls, Emergency, Locale, Phone, Section, Sip
from provisioner.recognise import vendor_by_oui
from provisioner.registry import find_model, vendors
from provisioner.services.buttons import Buttons, distinct, within
from provisioner.services.fields import (
    HttpUser,
    IpeiText,
    Joined,
    MacText,
    Native,
    Network,
    Number,
    Owners,
    Password,
    Schema,
    Slug,
    inside,
    printable,
    size,
)
from provisioner.services.places import Country, CountryOrBlank, Language, known
from provisioner.store import tables
from provisioner.values import MOST_MINUTES, fits
from provisioner.vendor_api import Model

MOST_EXTENSIONS = 250
MOST_SLOTS = 1000

Kind = TypeVar("Kind", bound=Section)


def _inherit(section: type[Kind]) -> Any:
    """A section of which nothing is given; it is frozen, so that all share one."""
    empty = section()
    return Field(default_factory=lambda: empty)


class _Settings(Schema):
    """Something that gives neutral settings."""

    @field_validator("sip", "audio", "locale", "phone", "calls", "emergency", check_fields=False)
    @classmethod
    def _texts_are_printable(cls, section: Section) -> Section:
        for name in section.model_fields_set:
            value = getattr(section, name)
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str):
                    inside(name, printable, text)
        return known(section)


def _known_vendors(settings: Native) -> Native:
    """Vendor names as the registry has them. Raises ValueError with the names that would be right."""
    for name in settings:
        if name.lower() not in vendors():
            raise ValueError(f"unknown vendor {name[:40]!r}; known: {', '.join(vendors())}")
    return {name.lower(): keys for name, keys in settings.items() if keys}


def _pattern(pattern: str) -> str:
    """A pattern of models. Raises ValueError when it means no model that there is."""
    vendor, slash, model = pattern.partition("/")
    if pattern == "*":
        return pattern
    if not vendor or (slash and not model) or "/" in model:
        raise ValueError("write VENDOR/MODEL, with * for any text, such as yealink/T4*")
    if "*" not in vendor and vendor.lower() not in vendors():
        raise ValueError(f"unknown vendor {vendor[:40]!r}; known: {', '.join(vendors())}")
    known = ((name, model) for name, one in vendors().items() for model in one.models)
    if not any(fits(name, model, pattern) for name, model in known):
        raise ValueError(f"{pattern[:60]!r} fits no model; `provisioner vendors` lists them")
    return pattern


class TenantIn(_Settings):
    """A customer."""

    tenant: Annotated[Slug, Field(max_length=63)]
    name: Annotated[str, Field(max_length=size(tables.Tenant.name), validate_default=True)] = ""
    access: Literal["pairing", "network"] = "pairing"
    networks: tuple[Network, ...] = ()
    pairing_minutes: Annotated[int, Field(ge=0, le=MOST_MINUTES)] = 1440
    auto_add: bool = False
    http_auth: Literal["basic", "digest"] | None = None
    http_user: HttpUser | None = None
    http_password: Annotated[Password, Field(min_length=8, max_length=32)] | None = None
    sip: Sip = _inherit(Sip)
    audio: Audio = _inherit(Audio)
    locale: Locale = _inherit(Locale)
    phone: Phone = _inherit(Phone)
    calls: Calls = _inherit(Calls)
    emergency: Emergency = _inherit(Emergency)
    owners: Owners = Field(default_factory=dict)
    default_templates: dict[str, str] = Field(default_factory=dict)
    settings: Native = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _is_called_something(cls, name: str, info: ValidationInfo) -> str:
        return name or str(info.data.get("tenant", ""))

    @field_validator("default_templates")
    @classmethod
    def _patterns_fit(cls, templates: dict[str, str]) -> dict[str, str]:
        return {_pattern(pattern): name for pattern, name in templates.items()}

    _vendors = field_validator("settings")(_known_vendors)


class LocationIn(Schema):
    """A physical address, and what follows from it."""

    name: Annotated[str, Field(min_length=1, max_length=size(tables.Location.name))]
    street: Annotated[str, Field(max_length=size(tables.Location.street))] = ""
    house_number: Annotated[str, Field(max_length=size(tables.Location.house_number))] = ""
    floor: Annotated[str, Field(max_length=size(tables.Location.floor))] = ""
    room: Annotated[str, Field(max_length=size(tables.Location.room))] = ""
    city: Annotated[str, Field(max_length=size(tables.Location.city))] = ""
    state: Annotated[str, Field(max_length=size(tables.Location.state))] = ""
    postal_code: Annotated[str, Field(max_length=size(tables.Location.postal_code))] = ""
    country: CountryOrBlank = ""
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    timezone: Annotated[neutral.TimeZone, Field(max_length=size(tables.Location.timezone))] | None = None
    language: Language | None = None
    tone_country: Country | None = None
    emergency_number: Annotated[str, Joined, Field(max_length=size(tables.Location.emergency_number))] | None = None
    emergency_callback: Annotated[str, Field(max_length=size(tables.Location.emergency_callback))] | None = None
    elin: Annotated[str, Field(max_length=size(tables.Location.elin))] | None = None
    billing_region: Annotated[str, Field(max_length=size(tables.Location.billing_region))] | None = None
    outbound_proxy: neutral.HostPort | None = None
    active: bool = True
    default: bool = False

    @field_validator("latitude", "longitude")
    @classmethod
    def _is_exact_enough(cls, degrees: float | None) -> float | None:
        return None if degrees is None else round(degrees, 7) + 0.0  # a centimetre; and no minus zero

    @field_validator("emergency_number")
    @classmethod
    def _can_be_dialled(cls, text: str | None) -> str | None:
        numbers = (text or "").replace(",", " ").split()
        if any(set(number) - set("0123456789*#+") for number in numbers):
            raise ValueError("write the number to dial, such as 911; several with commas: 112, 911")
        return ", ".join(numbers) or None


class ExtensionIn(_Settings):
    """A SIP account. An omitted password keeps the stored one, omitted buttons stay as the user made them."""

    number: Annotated[Number, Field(max_length=size(tables.Extension.number))]
    name: Annotated[str, Field(max_length=size(tables.Extension.name))] = ""
    auth_user: Annotated[str, Field(max_length=size(tables.Extension.auth_user))] | None = None
    password: Password | None = None
    voicemail: Annotated[str, Field(max_length=size(tables.Extension.voicemail))] | None = None
    location: str | None = None
    template: str | None = None
    sip: Sip = _inherit(Sip)
    audio: Audio = _inherit(Audio)
    calls: Calls = _inherit(Calls)
    owners: Owners = Field(default_factory=dict)
    buttons: Buttons = ()

    @field_validator("owners")
    @classmethod
    def _owns_only_its_own(cls, owners: Owners) -> Owners:
        for name in owners:
            if name.partition(".")[0] not in ("sip", "audio", "calls"):
                raise ValueError(f"{name} is no setting of an extension; it has sip, audio and calls")
        return owners

    _slots = field_validator("buttons")(distinct)


class TemplateIn(Schema):
    """A named list of buttons for some models; without models it is for all."""

    name: Annotated[str, Field(min_length=1, max_length=size(tables.ButtonTemplate.name))]
    models: tuple[str, ...] = ()
    buttons: Buttons = ()
    settings: Native = Field(default_factory=dict)

    @field_validator("models")
    @classmethod
    def _patterns_fit(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_pattern(pattern) for pattern in models)

    _vendors = field_validator("settings")(_known_vendors)
    _slots = field_validator("buttons")(distinct)


class DeviceIn(_Settings):
    """A phone or base by its MAC, or a handset by its IPEI, or by its base and slot."""

    mac: MacText | None = None
    ipei: IpeiText | None = None
    base: Annotated[MacText | None, Field(validate_default=True)] = None
    slot: Annotated[Annotated[int, Field(ge=1, le=MOST_SLOTS)] | None, Field(validate_default=True)] = None
    name: Annotated[str, Field(max_length=size(tables.Device.name))] = ""
    vendor: Annotated[str, Field(max_length=size(tables.Device.vendor), validate_default=True)] = ""
    model: Annotated[str, Field(max_length=size(tables.Device.model), validate_default=True)] = ""
    template: str | None = None
    extensions: Annotated[tuple[Number, ...], Field(max_length=MOST_EXTENSIONS)] = ()
    expansion_modules: Annotated[int, Field(ge=0, le=99)] | None = None
    settings: Native = Field(default_factory=dict)
    buttons: Buttons = ()
    location: str | None = None
    serial: Annotated[str, Field(max_length=size(tables.Device.serial))] | None = None
    sip: Sip = _inherit(Sip)
    audio: Audio = _inherit(Audio)
    locale: Locale = _inherit(Locale)
    phone: Phone = _inherit(Phone)
    calls: Calls = _inherit(Calls)
    emergency: Emergency = _inherit(Emergency)
    owners: Owners = Field(default_factory=dict)

    @field_validator("ipei")
    @classmethod
    def _is_one_thing(cls, ipei: IpeiText | None, info: ValidationInfo) -> IpeiText | None:
        if ipei and info.data.get("mac"):
            raise ValueError("a device has a MAC or an IPEI, not both: a handset is a device of its own")
        return ipei

    @field_validator("base")
    @classmethod
    def _names_its_base(cls, base: MacText | None, info: ValidationInfo) -> MacText | None:
        if {"mac", "ipei"} - info.data.keys() or info.data["mac"]:
            if base and base == info.data.get("mac"):
                raise ValueError("a device cannot be its own base")
            return base
        if base is None:
            wanted = "the MAC of its base" if info.data["ipei"] else "its mac; or, of a handset, its ipei and base"
            raise ValueError(f"is missing: write {wanted}")
        return base

    @field_validator("slot")
    @classmethod
    def _sits_on_a_base(cls, slot: int | None, info: ValidationInfo) -> int | None:
        if slot and info.data.get("mac"):
            raise ValueError("only handsets have a slot on a base")
        if (
            slot is None
            and not {"mac", "ipei", "base"} - info.data.keys()
            and not (info.data["mac"] or info.data["ipei"])
        ):
            raise ValueError("is missing: a handset without an IPEI is known by its base and slot")
        return slot

    @field_validator("vendor")
    @classmethod
    def _is_known(cls, vendor: str, info: ValidationInfo) -> str:
        mac = info.data.get("mac")
        told = vendor.lower() or (vendor_by_oui(mac) if mac else "")
        if mac and not told:
            raise ValueError(f"is missing: the MAC tells no vendor; write one of {', '.join(vendors())}")
        if told and told not in vendors():
            raise ValueError(f"unknown vendor {vendor[:40]!r}; known: {', '.join(vendors())}")
        return told or ""

    @field_validator("model")
    @classmethod
    def _is_one_of_the_vendors(cls, model: str, info: ValidationInfo) -> str:
        vendor = info.data.get("vendor")
        if info.data.get("mac") and not model:
            raise ValueError("is missing: write what the label of the phone says, such as T46U")
        if not vendor or not model:
            return model
        if info.data.get("mac"):
            return find_model(vendor, model)[1].name
        known = vendors()[vendor].models.find(model)
        return known.name if known else model

    @field_validator("extensions")
    @classmethod
    def _each_has_one_line(cls, numbers: tuple[str, ...]) -> tuple[str, ...]:
        twice = next((number for number in numbers if numbers.count(number) > 1), None)
        if twice:
            raise ValueError(f"{twice} is there twice; an extension has one line on a device")
        return numbers

    @field_validator("expansion_modules")
    @classmethod
    def _fit_the_model(cls, modules: int | None, info: ValidationInfo) -> int | None:
        model = model_of(info.data)
        most = model.expansion.modules if model and model.expansion else 0
        if modules and model and modules > most:
            raise ValueError(f"{model.name} takes {most or 'no'} expansion modules")
        return modules

    @field_validator("buttons")
    @classmethod
    def _lines_fit_the_model(cls, buttons: Buttons, info: ValidationInfo) -> Buttons:
        model = model_of(info.data)
        return within(buttons, model.accounts, model.name) if model and model.accounts else buttons

    @field_validator("template", "expansion_modules", "settings", "buttons", *neutral.SECTIONS)
    @classmethod
    def _is_for_phones(cls, value: Any, info: ValidationInfo) -> Any:
        given = value.model_fields_set if isinstance(value, Section) else value
        if given and "mac" in info.data and info.data["mac"] is None:
            raise ValueError("a handset has none of its own; write it at its base")
        return value

    _vendors = field_validator("settings")(_known_vendors)
    _slots = field_validator("buttons")(distinct)


def model_of(device: Mapping[str, Any]) -> Model | None:
    """The model that a device's fields name, None while they name none."""
    vendor = vendors().get(device.get("vendor") or "")
    return vendor.models.find(device.get("model")) if vendor else None


class WebhookIn(Schema):
    """Where an event is told. An omitted password keeps the stored one."""

    event: Annotated[str, Field(max_length=size(tables.Webhook.event), pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$")]
    url: Annotated[str, Field(max_length=size(tables.Webhook.url))]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    user: Annotated[str, Field(max_length=size(tables.Webhook.user))] | None = None
    password: Password | None = None
    enabled: bool = True

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
        except ValueError:
            whole = None
        if not whole or any(character.isspace() for character in url):
            raise ValueError("write a whole URL that begins with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("write the account into user and password, where it is kept secret")
        return url
