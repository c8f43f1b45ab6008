"""Sangoma's files as a phone's own parser would see them: lxml and P numbers written out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.record import ButtonRow, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import file_names, render
from provisioner.values import Mode
from tests.factories import HOSTILE_NAME, button, empty_record, extension, rich_record, tenant_layer

VENDOR = vendors()["sangoma"]
every_model = pytest.mark.parametrize("name", list(VENDOR.models))

ACTIVE = [271, 401, 501, 601, 20360, 20361]
SERVER = [47, 747, 502, 602, 20362, 20363]
PASSWORD = [34, 734, 506, 606, 1706, 1806]
KEY_TYPE = [41200, 41201, 41202, 41203, *range(20200, 20230, 5)]


def keys_in(record: Record) -> dict[str, str]:
    """Every element of the file with its text; each is a P number and there once."""
    root = etree.fromstring(render(merge(record), VENDOR.files[0]).body)
    assert (root.tag, root.get("version"), [child.tag for child in root]) == ("hl_provision", "1", ["config"])
    rows = [(str(element.tag), element.text or "") for element in root[0].iterchildren("*")]
    assert len(dict(rows)) == len(rows)
    assert [key for key, _ in rows if not re.fullmatch(r"P\d+", key)] == []
    return dict(rows)


def one(name: str, **settings: Any) -> dict[str, str]:
    record = empty_record("sangoma", name)
    return keys_in(replace(record, layers=(tenant_layer(**settings),), extensions=(extension("100"),)))


def with_buttons(name: str, *rows: ButtonRow, modules: int | None = None, **settings: Any) -> dict[str, str]:
    record = replace(
        empty_record("sangoma", name),
        extensions=(extension("100"), extension("101")),
        template=TemplateRecord(name="T", buttons=rows),
        layers=(tenant_layer(**settings),),
        modules=modules,
    )
    return keys_in(record)


@every_model
def test_every_account_is_stated_and_none_beyond(name: str) -> None:
    keys, count = keys_in(rich_record("sangoma", name)), VENDOR.models[name].accounts
    assert [keys.get(f"P{n}") for n in ACTIVE] == ["1"] * 2 + ["0"] * (count - 2) + [None] * (6 - count)
    assert [keys.get(f"P{n}") for n in SERVER[2:]] == [""] * (count - 2) + [None] * (6 - count)
    assert all(keys.get(f"P{n}") in ("", None) for n in PASSWORD[2:])
    assert (keys["P3"], keys["P20000"]) == (HOSTILE_NAME, HOSTILE_NAME)


@every_model
def test_every_line_key_is_stated_and_none_beyond(name: str) -> None:
    keys, count = keys_in(rich_record("sangoma", name)), VENDOR.models[name].line_keys
    types = [keys.get(f"P{n}") for n in KEY_TYPE]
    assert "0" not in types[:count]
    assert types[count:] == [None] * (10 - count)
    assert with_buttons("S700")["P20225"] == "0"


def test_an_account_has_its_own_servers() -> None:
    keys = keys_in(rich_record("sangoma", "S700"))
    assert (keys["P47"], keys["P967"], keys["P48"]) == (
        "pbx.acme.example:5061",
        "b.acme.example:5061",
        "edge.acme.example:5060",
    )
    assert (keys["P130"], keys["P830"], keys["P183"], keys["P443"]) == ("0", "2", "0", "2")
    people = tuple(extension(str(100 + n), srtp="mandatory") for n in range(6))
    six = keys_in(replace(empty_record("sangoma", "S700"), extensions=people))
    assert [six[f"P{n}"] for n in (20432, 20433, 1704, 1804, 20388, 20389)] == ["2", "2", "104", "105", "10", "10"]


def test_the_numbers_of_keys() -> None:
    slots = ("line:1", "line:4", "line:5", "line:10")
    keys = with_buttons("S700", *(button(slot, Mode.BLF, "7", "L", pickup="**") for slot in slots))
    for first, step in ((41200, 100), (41203, 100), (20200, 1), (20225, 1)):
        assert [keys[f"P{first + step * n}"] for n in range(5)] == ["3", "7", "L", "0", "**"]


def test_memory_keys_have_no_label() -> None:
    keys = with_buttons("S700", button("key:10", Mode.BLF, "7", "L", pickup="**", account=2))
    assert [keys[f"P{n}"] for n in (42209, 42309, 42409, 42509)] == ["3", "7", "1", "**"]
    assert keys["P42200"] == "0"
    assert "P42200" not in with_buttons("S705")


def test_modules_and_soft_keys() -> None:
    keys = with_buttons("S500", button("exp1:21", Mode.BLF, "21"), button("exp6:40", Mode.BLF, "40"), modules=6)
    assert (keys["P60101"], keys["P65196"]) == ("21", "40")
    assert len([key for key in keys if re.fullmatch(r"P6[0-5]\d\d\d", key)]) == 6 * 40 * 5
    assert "P43200" not in keys
    soft = with_buttons("S500", button("soft:4", Mode.REDIAL, "", "Again"))
    assert (soft["P43203"], soft["P20046"]) == ("22", "Again")


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        (Mode.LINE, "2", ("1", "", "1")),
        (Mode.SHARED_LINE, "2", ("31", "", "1")),
        (Mode.SPEED_DIAL, "102", ("2", "102", "0")),
        (Mode.PICKUP, "102", ("6", "*8102", "0")),
        (Mode.GROUP_PICKUP, "*7", ("7", "*7", "0")),
        (Mode.VOICEMAIL, "", ("5", "*97", "0")),
        (Mode.URL, None, ("35", "http://pbx.example/door?open=1&who=me", "0")),
        (Mode.PRESENCE, "102", ("3", "102", "0")),
        (Mode.NATIVE, "4;value=sip:list", ("4", "sip:list", "0")),
    ],
)
def test_a_mode_is_type_value_and_account(mode: Mode, value: str | None, expected: tuple[str, str, str]) -> None:
    keys = with_buttons("S500", button("line:3", mode, value), sip__pickup_code="*8")
    assert (keys["P41202"], keys["P41302"], keys["P41502"]) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Chicago", ["14", "1", "3", "2", "0", "2", "11", "1", "0", "2"]),
        ("Europe/Berlin", ["49", "1", "3", "5", "0", "2", "10", "5", "0", "3"]),
        ("Australia/Sydney", ["96", "1", "10", "1", "0", "2", "4", "1", "0", "3"]),
        ("Asia/Kolkata", ["84", "0", *[None] * 8]),
    ],
)
def test_the_clock(zone: str, expected: list[str | None]) -> None:
    keys = one("S500", locale__timezone=zone)
    assert [keys.get(f"P{n}") for n in (64, 75, *range(23118, 23126))] == expected


def test_what_cannot_be_said_is_warned_of() -> None:
    settings = {"locale__timezone": "Australia/Lord_Howe", "calls__dnd": True}
    record = replace(empty_record("sangoma", "S500"), layers=(tenant_layer(**settings),))
    told = " ".join(str(warned) for warned in warnings_of(merge(record)))
    assert "do not change by one hour" in told
    assert "Do Not Disturb" in told


def test_settings_in_the_phones_words() -> None:
    keys = one("S500", locale__language="de", locale__country="DE", sip__expires=60, sip__dtmf="info")
    assert [keys[f"P{n}"] for n in (8621, 2525, 20058, 102, 8624, 32, 20166)] == ["2", "2", "11", "2", "0", "1", "2"]
    assert [one("S500")[f"P{n}"] for n in (51, 87, 229)] == ["0", "0", "0"]
    assert "P8621" not in one("S500", locale__language="sv")


def test_the_way_back() -> None:
    keys = one("S500", phone__poll_minutes=60)
    assert [keys[f"P{n}"] for n in (212, 145, 194, 193)] == ["3", "0", "1", "60"]
    assert not keys["P237"].endswith("/")


def test_a_device_has_its_file_by_both_names() -> None:
    record = empty_record("sangoma", "S500", mac="005058aabbcc")
    assert file_names(merge(record)) == ["cfg005058aabbcc.xml", "005058aabbcc.xml"]


@pytest.mark.parametrize(("language", "told"), [("de-AT", False), ("sv", True)])
def test_a_language_that_the_phone_does_not_get_is_told(language: str, told: bool) -> None:
    record = replace(empty_record("sangoma", "S500"), layers=(tenant_layer(locale__language=language),))
    assert told == ("locale.language" in {one.slot for one in warnings_of(merge(record))})
