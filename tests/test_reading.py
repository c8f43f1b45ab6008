"""Keys of a file, gathered by the account or button that they belong to; versions, by their numbers."""

from __future__ import annotations

import re

import pytest

from provisioner.reading import grouped, numbered
from provisioner.vendor_api import release_numbers

KEY = re.compile(r"(?P<kind>line|soft)\.(?P<n>\d+)\.(?P<field>type|value)")
VALUES = {"line.2.type": "blf", "soft.1.type": "dnd", "line.2.value": "102", "line.2.color": "red"}


def test_the_fields_of_a_number_come_together() -> None:
    assert numbered(VALUES, KEY, set()) == {
        2: {"type": "blf", "value": "102"},
        1: {"type": "dnd"},
    }


def test_the_fields_of_a_place_come_together() -> None:
    found = grouped(VALUES, KEY, set(), lambda match: match["kind"])
    assert found == {"line": {"type": "blf", "value": "102"}, "soft": {"type": "dnd"}}


def test_what_is_understood_is_told() -> None:
    taken = {"account"}
    numbered(VALUES, KEY, taken)
    assert taken == {"account", "line.2.type", "line.2.value", "soft.1.type"}


def test_a_key_without_a_place_is_not_taken() -> None:
    taken: set[str] = set()
    grouped(VALUES, KEY, taken, lambda match: match["n"] if match["kind"] == "soft" else None)
    assert taken == {"soft.1.type"}


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("2.12.16.17", (2, 12, 16, 17)), ("01.133", (1, 133)), ("10.beta.3", (10, 3)), ("beta", (0,)), ("", (0,))],
)
def test_a_release_is_the_numbers_of_its_version(version: str, numbers: tuple[int, ...]) -> None:
    assert numbers == release_numbers(version)
