"""What an address of a country consists of, and whether an emergency call from it can say where it is.

Postal codes are given as the Universal Postal Union's addressing guides describe them; which countries write a state
or province on every address, and whether by its letters, is from the same guides. States are those of ISO 3166-2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import pycountry

WITH_STATES = frozenset({"AU", "BR", "CA", "IN", "JP", "MX", "US"})
"""Countries whose addresses are not complete without a state, province or prefecture."""
LETTERED = frozenset({"AU", "BR", "CA", "US"})
"""Countries whose addresses write the state by its letters."""
WITHOUT_CODES = frozenset(
    {"AE", "AG", "AO", "BS", "BW", "BZ", "CK", "DJ", "DM", "FJ", "GM", "GY", "HK", "KI", "MO", "NR", "QA", "SB", "SC",
     "SR", "TO", "TV", "UG", "VU", "ZW"}
)  # fmt: skip
"""Countries that have no postal codes."""

_FOUR, _FIVE, _SIX, _THREE_TWO = (
    (r"\d{4}", "1010"),
    (r"\d{5}", "10115"),
    (r"\d{6}", "110001"),
    (r"\d{3} ?\d{2}", "111 22"),
)
CODES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("AT", "AU", "BE", "BG", "CH", "DK", "HU", "LI", "LU", "NO", "NZ", "PH", "SI", "ZA"), _FOUR
    ),
    **dict.fromkeys(
        ("DE", "EE", "EG", "ES", "FI", "FR", "HR", "ID", "IT", "KR", "MA", "MX", "MY", "TH", "TR", "UA"), _FIVE
    ),
    **dict.fromkeys(("CN", "IN", "NG", "RO", "RU", "SG"), _SIX),
    **dict.fromkeys(("CZ", "GR", "SE", "SK"), _THREE_TWO),
    "BR": (r"\d{5}-?\d{3}", "01310-100"),
    "CA": (r"[A-Z]\d[A-Z] ?\d[A-Z]\d", "K1A 0B1"),
    "GB": (r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "SW1A 1AA"),
    "IE": (r"[A-Z]\d[\dW] ?[A-Z\d]{4}", "D02 AF30"),
    "IL": (r"\d{5}(\d{2})?", "9546431"),
    "JP": (r"\d{3}-?\d{4}", "100-0001"),
    "LT": (r"(LT-)?\d{5}", "LT-01101"),
    "LV": (r"LV-\d{4}", "LV-1010"),
    "NL": (r"\d{4} ?[A-Z]{2}", "1012 JS"),
    "PL": (r"\d{2}-\d{3}", "00-950"),
    "PT": (r"\d{4}-\d{3}", "1100-148"),
    "US": (r"\d{5}(-\d{4})?", "60601"),
}  # fmt: skip
"""Postal codes by country: the form, and an example."""


class Place(Protocol):
    """Whatever has the fields of a location."""

    street: str
    house_number: str
    city: str
    state: str
    postal_code: str
    country: str
    emergency_number: str | None
    emergency_callback: str | None
    elin: str | None


@dataclass(frozen=True, slots=True)
class Emergency:
    """Whether an emergency call from here can say where it is: ``None``, ``Incomplete`` or ``Complete``.

    ``missing`` are the fields that are empty, ``wrong`` those that do not have the country's form.
    """

    state: str
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def emergency_of(place: Place) -> Emergency:
    """What the place's emergency data are good for."""
    if not any((place.emergency_number, place.emergency_callback, place.elin, place.street)):
        return Emergency("None")
    given = {
        "street": place.street,
        "house_number": place.house_number or any(letter.isdigit() for letter in place.street),
        "city": place.city,
        "state": place.state or place.country not in WITH_STATES,
        "postal_code": place.postal_code or place.country in WITHOUT_CODES,
        "country": place.country,
        "emergency_number": place.emergency_number,
        "emergency_callback": place.emergency_callback,
    }
    missing = tuple(name for name, value in given.items() if not value)
    wrong = () if is_code(place.country, place.postal_code) else ("postal_code",)
    return Emergency("Incomplete" if missing or wrong else "Complete", missing, wrong)


def is_code(country: str, code: str) -> bool:
    """Whether a postal code has the form of the country's, as far as that is known; an empty one is not wrong."""
    form = CODES.get(country)
    return not code or form is None or re.fullmatch(form[0], code.strip().upper(), re.ASCII) is not None


@cache
def states(country: str) -> tuple[tuple[str, str], ...]:
    """The country's states or provinces, each as its addresses write it and by name, in the order of the names."""
    known: Any = pycountry.subdivisions
    found = known.get(country_code=country) or () if country else ()
    top = [one for one in found if getattr(one, "parent_code", None) is None]
    written = ((one.code.partition("-")[2] if country in LETTERED else one.name, one.name) for one in top)
    return tuple(sorted(written, key=lambda pair: pair[1]))
