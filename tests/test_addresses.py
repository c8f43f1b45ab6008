"""Addresses by country, and what an emergency call from them lacks."""

from __future__ import annotations

import re

import pycountry
import pytest

from provisioner.addresses import CODES, LETTERED, WITH_STATES, WITHOUT_CODES, emergency_of, is_code, states
from provisioner.store.tables import Location
from provisioner.timezones import zone_names, zones_of

COUNTRIES = {one.alpha_2 for one in pycountry.countries}


def place(**changes):
    given = {
        "street": "Main St", "house_number": "1", "city": "Chicago", "state": "IL", "postal_code": "60601",
        "country": "US", "emergency_number": "911", "emergency_callback": "+13125550100", "elin": None,
    }  # fmt: skip
    return Location(name="x", **{**given, **changes})


BARE = dict.fromkeys(("street", "emergency_number", "emergency_callback", "elin"), "")


def test_an_address_with_everything_is_complete():
    assert "Complete" == emergency_of(place()).state


def test_a_place_without_any_emergency_data_has_no_emergency_address():
    assert "None" == emergency_of(place(**BARE)).state


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"city": ""}, "city"),
        ({"state": ""}, "state"),
        ({"postal_code": ""}, "postal_code"),
        ({"country": ""}, "country"),
        ({"house_number": ""}, "house_number"),
        ({"emergency_number": None}, "emergency_number"),
        ({"emergency_callback": None}, "emergency_callback"),
        ({**BARE, "elin": "1"}, "street"),
    ],
)
def test_what_is_missing_is_named(changes, missing):
    found = emergency_of(place(**changes))
    assert "Incomplete" == found.state
    assert missing in found.missing


@pytest.mark.parametrize(
    "changes",
    [
        {"street": "1 Main St", "house_number": ""},
        {"country": "DE", "state": "", "postal_code": "10115"},
        {"country": "AE", "state": "", "postal_code": ""},
    ],
)
def test_what_the_country_does_not_write_is_not_missing(changes):
    assert "Complete" == emergency_of(place(**changes)).state


def test_a_postal_code_that_is_not_the_countrys_is_wrong():
    found = emergency_of(place(postal_code="6060"))
    assert ("Incomplete", (), ("postal_code",)) == (found.state, found.missing, found.wrong)


@pytest.mark.parametrize("country", sorted(CODES))
def test_each_example_has_its_own_form(country):
    assert is_code(country, CODES[country][1])


@pytest.mark.parametrize(
    ("country", "code", "right"),
    [
        ("US", "60601-1234", True), ("US", "606011234", False), ("CA", "k1a0b1", True), ("GB", "EC1A 1BB", True),
        ("GB", "12345", False), ("NL", "1012JS", True), ("DE", "1011", False), ("DE", "١٠١١٥", False),
        ("XX", "any", True),
    ],
)  # fmt: skip
def test_a_code_is_judged_by_its_country(country, code, right):
    assert right == is_code(country, code)


def test_every_country_named_here_is_one():
    assert set(CODES) | WITH_STATES | LETTERED | WITHOUT_CODES <= COUNTRIES
    assert not set(CODES) & WITHOUT_CODES


@pytest.mark.parametrize("country", sorted(WITH_STATES))
def test_a_country_that_wants_a_state_has_a_list_of_them(country):
    assert 8 <= len(states(country))


def test_lettered_states_are_letters():
    assert all(re.fullmatch(r"[A-Z]{2,3}", written) for country in LETTERED for written, _name in states(country))


def test_zones_of_every_country_are_zones():
    found = {zone for country in COUNTRIES for zone in zones_of(country)}
    assert found <= set(zone_names())
    assert "America/New_York" == zones_of("US")[0]
