"""The form of a location: its pickers come from the real lists, its address knows the country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pycountry

from admin.forms import Choice, Field
from admin.words import _, mark
from provisioner.services.schemas import LocationIn
from provisioner.timezones import zone_names

STATE_WORDS = {
    **dict.fromkeys(("US", "AU", "BR"), mark("State")),
    **dict.fromkeys(("CA", "NL", "IT", "ES"), mark("Province")),
    **dict.fromkeys(("GB", "IE"), mark("County")),
    **dict.fromkeys(("DE", "AT"), mark("Land")),
    "CH": mark("Canton"),
    "JP": mark("Prefecture"),
}
POSTAL_WORDS = {
    "US": mark("ZIP code"),
    "GB": mark("Postcode"),
    "AU": mark("Postcode"),
    "IE": mark("Eircode"),
    "DE": mark("PLZ"),
    "CA": mark("Postal code"),
}
CHECKS = ("active", "default")


def fields(country: str = "") -> tuple[Field, ...]:
    """The fields of a location in this country."""
    return tuple(_fields(country.upper()))


def _fields(country: str) -> Iterator[Field]:
    yield Field(name="name", label=mark("Name"), required=True, hint=mark("What people call the place: HQ, Warehouse."))
    yield Field(name="country", label=mark("Country"), kind="select", choices=countries())
    yield Field(name="street", label=mark("Street"), attributes={"autocomplete": "off"})
    yield Field(name="house_number", label=mark("House number"))
    yield Field(name="floor", label=mark("Floor"))
    yield Field(name="room", label=mark("Room"))
    yield Field(name="city", label=mark("City"))
    yield Field(
        name="state", label=STATE_WORDS.get(country, mark("State or province")), suggestions=subdivisions(country)
    )
    yield Field(name="postal_code", label=POSTAL_WORDS.get(country, mark("Postal code")))
    yield Field(
        name="timezone",
        label=mark("Time zone"),
        kind="select",
        choices=time_zones(),
        hint=mark("Daylight saving follows from it."),
    )
    yield Field(name="language", label=mark("Language"), suggestions=languages(), hint=mark("Such as en, de or pt-BR."))
    yield Field(
        name="tone_country",
        label=mark("Tones of"),
        kind="select",
        choices=(Choice(value="", label=_("As the country")), *countries()[1:]),
    )
    yield Field(
        name="emergency_number",
        label=mark("Emergency number"),
        hint=mark("Several with commas: 112, 911"),
        attributes={"inputmode": "tel"},
    )
    yield Field(name="emergency_callback", label=mark("Emergency callback number"), attributes={"inputmode": "tel"})
    yield Field(
        name="elin",
        label=mark("ELIN"),
        hint=mark("The number that tells the emergency service where the call is from."),
    )
    yield Field(name="billing_region", label=mark("Billing region"))
    yield Field(name="outbound_proxy", label=mark("Outbound proxy"), hint=mark("Of this region, HOST or HOST:PORT."))
    yield Field(name="latitude", label=mark("Latitude"), attributes={"inputmode": "decimal"})
    yield Field(name="longitude", label=mark("Longitude"), attributes={"inputmode": "decimal"})
    yield Field(name="active", label=mark("Active: offered for new assignments"), kind="check")
    yield Field(name="default", label=mark("Default: of everything that names no other"), kind="check")


@cache
def countries() -> tuple[Choice, ...]:
    """Every country of ISO 3166-1, by its common name."""
    named = sorted((getattr(one, "common_name", one.name), one.alpha_2) for one in pycountry.countries)
    return (Choice(value="", label="–"), *(Choice(value=code, label=f"{name} ({code})") for name, code in named))


@cache
def subdivisions(country: str) -> tuple[Choice, ...]:
    """The country's states or provinces of ISO 3166-2: by their letters where addresses write these."""
    known: Any = pycountry.subdivisions
    found = known.get(country_code=country) or () if country else ()
    lettered = country in ("US", "CA", "AU", "BR")
    top = [one for one in found if getattr(one, "parent_code", None) is None]
    values = ((one.code.partition("-")[2] if lettered else one.name, one.name) for one in top)
    return tuple(Choice(value=value, label=name) for value, name in sorted(values))


@cache
def languages() -> tuple[Choice, ...]:
    """Every language of ISO 639-1."""
    found = sorted((one.alpha_2, one.name) for one in pycountry.languages if hasattr(one, "alpha_2"))
    return tuple(Choice(value=code, label=name) for code, name in found)


@cache
def time_zones() -> tuple[Choice, ...]:
    """Every zone of the tz database, under its continent."""
    names = (name for name in zone_names() if "/" in name and not name.startswith(("Etc/", "posix", "right")))
    choices = (Choice(value=name, label=name, group=name.partition("/")[0]) for name in sorted(names))
    return (
        Choice(value="", label=_("As the tenant says")),
        *choices,
        Choice(value="Etc/UTC", label=mark("Etc/UTC"), group="Etc"),
    )


def values_of(location: LocationIn) -> dict[str, str]:
    """A location as its form shows it."""
    shown = {name: getattr(location, name) for name in LocationIn.model_fields}
    texts = {name: "" if value is None else str(value) for name, value in shown.items() if name not in CHECKS}
    return {**texts, **{name: "1" if shown[name] else "" for name in CHECKS}}


def given(values: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as the schema takes it."""
    texts = {name: value or None for name, value in values.items() if name not in CHECKS}
    return {**texts, "name": values["name"], **{name: bool(values[name]) for name in CHECKS}}
