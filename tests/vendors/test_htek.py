"""Htek's files as a phone's own parser would see them: lxml, names and P numbers written out."""

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
from provisioner.render import render
from provisioner.values import Mode
from tests.factories import HOSTILE_NAME, button, empty_record, extension, rich_record, tenant_layer

VENDOR = vendors()["htek"]
NAMED = ("UC926U", "UC924U")
NUMBERED = tuple(name for name in VENDOR.models if name not in NAMED)
every_model = pytest.mark.parametrize("name", list(VENDOR.models))

ACTIVE = [271, 401, 501, 601, 20360, 20361, *range(24090, 24100)]
USER = [35, 735, 504, 604, 1704, 1804, *range(24110, 24120)]
PASSWORD = [34, 734, 506, 606, 1706, 1806, *range(24130, 24140)]
POINTER = [24082, 24083, 24084, 24085, 24086, 24087, 24088, 24089]
KEY_TYPE = [41200, 41201, 41202, 41203, *range(20200, 20360, 5)]


def keys_in(record: Record) -> dict[str, str]:
    """Every element of the file with its text; each is there once."""
    root = etree.fromstring(render(merge(record), VENDOR.files[0]).body)
    assert (root.tag, root.get("version"), [child.tag for child in root]) == ("hl_provision", "1", ["config"])
    rows = [(str(element.tag), element.text or "") for element in root[0].iterchildren("*")]
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def one(name: str, **settings: Any) -> dict[str, str]:
    record = replace(empty_record("htek", name), layers=(tenant_layer(**settings),), extensions=(extension("100"),))
    return keys_in(record)


def with_buttons(name: str, *rows: ButtonRow, modules: int | None = None, **settings: Any) -> dict[str, str]:
    record = replace(
        empty_record("htek", name),
        extensions=(extension("100"), extension("101")),
        template=TemplateRecord(name="T", buttons=rows),
        layers=(tenant_layer(**settings),),
        modules=modules,
    )
    return keys_in(record)


@every_model
def test_a_file_is_in_one_dialect(name: str) -> None:
    names = list(keys_in(replace(rich_record("htek", name), http_password="w0rd")))
    numbered = [key for key in names if re.fullmatch(r"P\d+", key)]
    assert len(numbered) == (0 if name in NAMED else len(names))


@pytest.mark.parametrize("name", NUMBERED)
def test_every_account_is_stated_and_none_beyond(name: str) -> None:
    keys, count = keys_in(rich_record("htek", name)), VENDOR.models[name].accounts
    assert [keys.get(f"P{n}") for n in ACTIVE] == ["1"] * 2 + ["0"] * (count - 2) + [None] * (16 - count)
    assert [keys.get(f"P{n}") for n in USER] == ["100", "101"] + [""] * (count - 2) + [None] * (16 - count)
    assert all(keys.get(f"P{n}") in ("", None) for n in PASSWORD[2:])


@pytest.mark.parametrize("name", NUMBERED)
def test_every_line_key_is_stated_and_none_beyond(name: str) -> None:
    keys, count = keys_in(rich_record("htek", name)), VENDOR.models[name].line_keys
    used = min(10, count)
    types = [keys.get(f"P{n}") for n in KEY_TYPE]
    assert "0" not in types[:used]
    assert types[used:] == ["0"] * (count - used) + [None] * (36 - count)


@pytest.mark.parametrize("name", NAMED)
def test_named_models_state_accounts_and_keys_too(name: str) -> None:
    keys, model = keys_in(rich_record("htek", name)), VENDOR.models[name]
    active = [keys[f"Account{n}_Active"] for n in range(1, model.accounts + 1)]
    assert active == ["1", "1", *["0"] * (model.accounts - 2)]
    assert f"Account{model.accounts + 1}_Active" not in keys
    assert len([key for key in keys if re.fullmatch(r"LineKey\d+_Type", key)]) == model.line_keys
    assert keys["Account1_DispalyName"] == HOSTILE_NAME
    assert keys["FirmwareUpGrade_APOnlyGetCfgMacXML"] == "1"


@pytest.mark.parametrize(
    ("name", "keys"),
    [("UC903", ("P1360", "P1361")), ("UC926U", ("FirmwareUpGrade_UserName", "FirmwareUpGrade_Password"))],
)
def test_the_login_at_the_server_is_told_in_the_phones_dialect(name: str, keys: tuple[str, str]) -> None:
    found = keys_in(replace(rich_record("htek", name), http_password="w0rd"))
    assert ("805ec0123456", "w0rd") == tuple(found[key] for key in keys)


def test_named_models_are_told_the_extension_of_each_account() -> None:
    keys = keys_in(rich_record("htek", "UC926U"))
    assert ("100", "101", "") == tuple(keys[f"Account{n}_Extension"] for n in (1, 2, 3))


def test_accounts_are_told_the_servers_of_their_own_number_first() -> None:
    keys = keys_in(rich_record("htek", "UC903"))
    assert [keys["P24082"], keys["P24083"]] == ["0", "1"]
    assert (keys["P47"], keys["P747"], keys["P502"]) == ("pbx.acme.example:5061", "pbx.acme.example:5061", "")
    assert (keys["P130"], keys["P830"], keys["P183"], keys["P443"]) == ("0", "2", "0", "2")


def test_later_accounts_share_servers_or_are_warned_of() -> None:
    people = tuple(extension(str(100 + n)) for n in range(12))
    same = replace(empty_record("htek", "UC924"), extensions=people)
    keys = keys_in(same)
    assert [keys[f"P{n}"] for n in POINTER] == ["0", "1", "2", "3", "0", "0", "0", "0"]
    assert warnings_of(merge(same)) == ()
    strange = replace(same, extensions=(*people[:11], extension("999", transport="tls")))
    assert any("no servers left" in str(warned) for warned in warnings_of(merge(strange)))


def test_the_last_key_of_each_range_of_numbers() -> None:
    slots = ("line:1", "line:4", "line:5", "line:36")
    rows = [button(slot, Mode.BLF, "7", "L", pickup="**") for slot in slots]
    keys = with_buttons("UC926", *rows)
    for first, step in ((41200, 100), (41203, 100), (20200, 1), (20355, 1)):
        fields = [keys[f"P{first + step * n}"] for n in range(5)]
        assert fields == (["3", "7", "L", "0", "**"])


def test_keys_of_modules_run_over_two_pages() -> None:
    rows = (button("exp1:20", Mode.BLF, "20"), button("exp1:21", Mode.BLF, "21"), button("exp6:40", Mode.BLF, "40"))
    keys = with_buttons("UC926", *rows, modules=6)
    assert (keys["P60096"], keys["P60101"], keys["P65196"]) == ("20", "21", "40")
    assert len([key for key in keys if re.fullmatch(r"P6[0-5]\d\d\d", key)]) == 6 * 40 * 5
    named = with_buttons("UC926U", *rows, modules=6)
    assert (named["Exp1_1_20_Value"], named["Exp1_2_1_Value"], named["Exp6_2_20_Value"]) == ("20", "21", "40")


@pytest.mark.parametrize(("name", "key"), [("UC926", "P60004"), ("UC926U", "Exp1_1_1_Extension")])
def test_a_watched_key_of_a_module_has_its_pickup_code(name: str, key: str) -> None:
    assert with_buttons(name, button("exp1:1", Mode.BLF, "20", pickup="**"), modules=1)[key] == "**"


def test_soft_and_hard_keys_are_stated_only_where_given() -> None:
    bare = with_buttons("UC926")
    assert not [key for key in bare if re.fullmatch(r"P43[2-4]\d\d|P2004\d", key)]
    keys = with_buttons("UC926", button("soft:2", Mode.DND, "", "Quiet"), button("key:10", Mode.SPEED_DIAL, "9"))
    assert (keys["P43201"], keys["P20044"]) == ("21", "Quiet")
    assert (keys["P43213"], keys["P43413"]) == ("2", "9")


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        (Mode.LINE, "2", ("1", "", "1")),
        (Mode.SHARED_LINE, "2", ("31", "", "1")),
        (Mode.BLF, "102", ("3", "102", "0")),
        (Mode.PARK, "701", ("8", "701", "0")),
        (Mode.PICKUP, "102", ("6", "*8102", "0")),
        (Mode.INTERCOM, "102", ("9", "102", "0")),
        (Mode.VOICEMAIL, "", ("5", "*97", "0")),
        (Mode.DND, "", ("21", "", "0")),
        (Mode.PAGING, None, ("47", "224.0.1.20:5001", "0")),
        (Mode.QUEUE_LOGIN, "*45", ("2", "*45", "0")),
        (Mode.NATIVE, "33;value=q;account=255", ("33", "q", "255")),
        (Mode.NONE, "", ("0", "", "0")),
    ],
)
def test_a_mode_is_type_value_and_account(mode: Mode, value: str | None, expected: tuple[str, str, str]) -> None:
    keys = with_buttons("UC926", button("line:3", mode, value), sip__pickup_code="*8")
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
    keys = one("UC903", locale__timezone=zone)
    assert [keys.get(f"P{n}") for n in (64, 75, *range(23118, 23126))] == expected


def test_what_cannot_be_said_is_warned_of() -> None:
    settings = {"locale__timezone": "Asia/Kathmandu", "calls__dnd": True}
    record = replace(empty_record("htek", "UC903"), layers=(tenant_layer(**settings),))
    told = " ".join(str(warned) for warned in warnings_of(merge(record)))
    assert "no time zone +5:45" in told
    assert "Do Not Disturb" in told
    assert "P64" not in keys_in(record)


def test_registration_is_in_minutes_and_never_zero() -> None:
    assert one("UC903", sip__expires=600)["P32"] == "10"
    assert one("UC903", sip__expires=60)["P32"] == "1"


def test_codecs_fill_all_choices() -> None:
    keys = one("UC903", audio__codecs=("pcma", "g722"))
    assert [keys[f"P{n}"] for n in range(57, 63)] == ["8", "9", "9", "9", "9", "9"]


def test_no_vlan_is_said() -> None:
    keys = one("UC903")
    assert [keys[f"P{n}"] for n in (24053, 51, 87, 24054, 229)] == ["0"] * 5


def test_the_way_back_and_the_poll() -> None:
    keys = one("UC903", phone__poll_minutes=0)
    assert (keys["P212"], keys["P194"], keys["P145"]) == ("3", "0", "0")
    assert keys["P237"].startswith("https://prov.example/d/")
    assert not keys["P237"].endswith("/")


def test_only_the_file_with_its_mac_is_ever_answered() -> None:
    assert [file.pattern for file in VENDOR.files if file.template] == ["cfg{mac}.xml"]


@pytest.mark.parametrize(("language", "told"), [("en", False), ("de", True)])
def test_a_language_that_the_phone_does_not_get_is_told(language: str, told: bool) -> None:
    record = replace(empty_record("htek", "UC903"), layers=(tenant_layer(locale__language=language),))
    assert told == ("locale.language" in {one.slot for one in warnings_of(merge(record))})
