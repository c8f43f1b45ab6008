"""The form of a location: its pickers come from the real lists, its address knows the country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pycountry
from babel import Locale

from admin import words
from admin.forms import Choice, Field
from admin.words import _, mark
from provisioner.addresses import CODES, WITH_STATES, WITHOUT_CODES, states
from provisioner.services.schemas import LocationIn
from provisioner.timezones import zone_names, zones_of

STATE_WORDS = {
    **dict.fromkeys(("US", "AU", "BR", "IN", "MX"), mark("State")),
    **dict.fromkeys(("CA", "NL", "IT", "ES"), mark("Province")),
    **dict.fromkeys(("GB", "IE"), mark("County")),
    **dict.fromkeys(("DE", "AT"), mark("Land")),
    "CH": mark("Canton"),
    "JP": mark("Prefecture"),
}
POSTAL_WORDS = {
    "US": mark("ZIP code"),
    "IE": mark("Eircode"),
    **dict.fromkeys(("AU", "GB"), mark("Postcode")),
}
FIELD_WORDS = {
    "street": mark("street"),
    "house_number": mark("house number"),
    "city": mark("city"),
    "state": mark("state"),
    "postal_code": mark("postal code"),
    "country": mark("country"),
    "emergency_number": mark("emergency number"),
    "emergency_callback": mark("callback number"),
}
"""What the fields that an emergency call needs are called in a sentence."""
CHECKS = ("active", "default")


def fields(country: str = "") -> tuple[Field, ...]:
    """The fields of a location in this country."""
    return tuple(_fields(country.upper()[:2]))


def _fields(country: str) -> Iterator[Field]:
    yield Field(name="name", label=mark("Name"), required=True, hint=mark("What people call the place: HQ, Warehouse."))
    yield Field(
        name="country",
        label=mark("Country"),
        kind="select",
        choices=countries(words.language()),
        attributes={"data-presses": "for-country"},
    )
    yield from _address(country)
    yield Field(
        name="timezone",
        label=mark("Time zone"),
        kind="select",
        choices=time_zones(country),
        hint=mark("Daylight saving follows from it."),
    )
    yield Field(
        name="language",
        label=mark("Language"),
        suggestions=languages(words.language()),
        hint=mark("Such as en, de or pt-BR."),
    )
    yield Field(
        name="tone_country",
        label=mark("Tones of"),
        kind="select",
        choices=(Choice(value="", label=mark("As the country")), *countries(words.language())[1:]),
    )
    yield from _emergency()
    yield Field(name="billing_region", label=mark("Billing region"))
    yield Field(name="outbound_proxy", label=mark("Outbound proxy"), hint=mark("Of this region, HOST or HOST:PORT."))
    yield Field(name="latitude", label=mark("Latitude"), attributes={"inputmode": "decimal"})
    yield Field(name="longitude", label=mark("Longitude"), attributes={"inputmode": "decimal"})
    yield Field(name="active", label=mark("Active: offered for new assignments"), kind="check")
    yield Field(name="default", label=mark("Default: of everything that names no other"), kind="check")


def _address(country: str) -> Iterator[Field]:
    """Street to postal code, in the words and the form of the country."""
    yield Field(name="street", label=mark("Street"), attributes={"autocomplete": "off"})
    yield Field(name="house_number", label=mark("House number"))
    yield Field(name="floor", label=mark("Floor"))
    yield Field(name="room", label=mark("Room"))
    yield Field(name="city", label=mark("City"))
    listed = tuple(Choice(value=written, label=name) for written, name in states(country))
    word = STATE_WORDS.get(country, mark("State or province"))
    if country in WITH_STATES:
        yield Field(name="state", label=word, kind="select", choices=(Choice(value="", label="–"), *listed))
    else:
        yield Field(name="state", label=word, suggestions=listed)
    yield Field(name="postal_code", label=POSTAL_WORDS.get(country, mark("Postal code")), hint=_code_hint(country))


def _code_hint(country: str) -> str:
    if country in WITHOUT_CODES:
        return _("This country has none.")
    return _("Such as {example}.", example=CODES[country][1]) if country in CODES else ""


def _emergency() -> Iterator[Field]:
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


@cache
def countries(language: str = "en") -> tuple[Choice, ...]:
    """Every country of ISO 3166-1, by its name in a language."""
    names = Locale(language).territories
    named = sorted((names.get(one.alpha_2, one.name), one.alpha_2) for one in pycountry.countries)
    return (Choice(value="", label="–"), *(Choice(value=code, label=f"{name} ({code})") for name, code in named))


@cache
def languages(language: str = "en") -> tuple[Choice, ...]:
    """Every language of ISO 639-1, by its name in a language."""
    names = Locale(language).languages
    coded = [one for one in pycountry.languages if hasattr(one, "alpha_2")]
    return tuple(Choice(value=one.alpha_2, label=names.get(one.alpha_2, one.name)) for one in coded)


@cache
def time_zones(country: str = "") -> tuple[Choice, ...]:
    """Every zone of the tz database: the country's first, then all under their continents."""
    names = (name for name in zone_names() if "/" in name and not name.startswith(("Etc/", "posix", "right")))
    return (
        Choice(value="", label=mark("As the tenant says")),
        *(Choice(value=name, label=name, group=mark("In this country")) for name in zones_of(country)),
        *(
            Choice(value=name, label=name, group=name.partition("/")[0])
            for name in sorted(names)
            if name not in zones_of(country)
        ),
        Choice(value="Etc/UTC", label="Etc/UTC", group="Etc"),
    )


def in_country(values: Mapping[str, str]) -> dict[str, str]:
    """What was typed, after another country was chosen: a time zone that there is no doubt about is filled in."""
    zones = zones_of(values.get("country", "").upper()[:2])
    zone = values.get("timezone", "")
    return {**values, "timezone": zones[0] if len(zones) == 1 and zone not in zones else zone}


def values_of(location: LocationIn) -> dict[str, str]:
    """A location as its form shows it."""
    shown = {name: getattr(location, name) for name in LocationIn.model_fields}
    texts = {name: "" if value is None else str(value) for name, value in shown.items() if name not in CHECKS}
    return {**texts, **{name: "1" if shown[name] else "" for name in CHECKS}}


def given(values: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as the schema takes it."""
    texts = {name: value or None for name, value in values.items() if name not in CHECKS}
    return {**texts, "name": values["name"], **{name: bool(values[name]) for name in CHECKS}}
