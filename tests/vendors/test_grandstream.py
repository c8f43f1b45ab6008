"""Grandstream's files as a phone's own parser would see them: lxml and the numbers of the vendor's templates.

Nothing here asks the vendor's tables or its reader: P-values and words stand written out, from the fact sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Origin
from provisioner.record import ButtonRow, Layer, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import View, document_of, explain, file_names, render
from provisioner.timezones import zone, zone_names
from provisioner.values import Mode, Owner
from provisioner.vendor_api import Model
from tests.factories import (
    HOSTILE_NAME,
    button,
    empty_record,
    extension,
    native,
    rich_record,
    tenant_layer,
)

VENDOR = vendors()["grandstream"]
FILE = VENDOR.files[0]
DHCP = "provisioning.override.dhcp"
OLD = "1.0.9.127"  # a GXP21xx that knows P-values alone
P_VALUE_FAMILIES = ("gxp16xx", "gxp17xx")

PHONES = {name: model for name, model in VENDOR.models.items() if "family" in model.extra}
CASES = [(name, None) for name in PHONES] + [
    (name, OLD) for name, model in PHONES.items() if model.extra["family"] == "gxp21xx"
]
every_case = pytest.mark.parametrize(("model", "firmware"), CASES)

# P-values of accounts 1 to 6 (fact sheet, section 4)
ENABLE = (271, 401, 501, 601, 1701, 1801)
LABEL = (270, 417, 517, 617, 1717, 1817)
USER = (35, 404, 504, 604, 1704, 1804)
AUTH = (36, 405, 505, 605, 1705, 1805)
PASSWORD = (34, 406, 506, 606, 1706, 1806)
NAME = (3, 407, 507, 607, 1707, 1807)
SERVER = (47, 402, 502, 602, 1702, 1802)
SECOND_SERVER = (2312, 2412, 2512, 2612, 2712, 2812)
PROXY = (48, 403, 503, 603, 1703, 1803)
EXPIRY = (32, 412, 512, 612, 1712, 1812)
TRANSPORT = (130, 448, 548, 648, 1748, 1848)
SIPS = (2329, 2429, 2529, 2629, 2729, 2829)
SRTP = (183, 443, 543, 643, 1743, 1843)
CODEC_1 = (57, 451, 551, 651, 1751, 1851)


def rendered(record: Record, view: View = View.PLAIN) -> bytes:
    return render(merge(record), FILE, view).body


def parsed(body: bytes) -> tuple[str, list[tuple[str, str]]]:
    """The dialect and every key with its value, in order."""
    root = etree.fromstring(body)
    assert (root.tag, root.get("version")) == ("gs_provision", "1")
    assert [child.tag for child in root] == ["mac", "config"]
    config = root.find("config")
    assert config is not None
    rows = []
    for element in config.iterchildren("*"):
        assert not len(element)
        name = element.get("name", "") if element.tag == "item" else str(element.tag)
        rows.append((name, element.text or ""))
    return config.get("version", ""), rows


def keys_in(record: Record) -> dict[str, str]:
    return dict(parsed(rendered(record))[1])


def rich(model: str, firmware: str | None = None, **changes: Any) -> dict[str, str]:
    return keys_in(rich_record("grandstream", model, firmware=firmware, **changes))


def one(model: str, firmware: str | None = None, **settings: Any) -> dict[str, str]:
    """A device with one plain account and these settings."""
    record = empty_record("grandstream", model)
    layers = (tenant_layer(**settings),)
    return keys_in(replace(record, firmware=firmware, layers=layers, extensions=(extension("100"),)))


def with_buttons(model: str, *rows: ButtonRow, firmware: str | None = None, modules: int | None = None) -> Record:
    record = empty_record("grandstream", model)
    people = (extension("100"), extension("101"))
    template = TemplateRecord(name="T", buttons=rows)
    return replace(record, firmware=firmware, extensions=people, template=template, modules=modules)


def on_keys(model: str, *rows: ButtonRow, firmware: str | None = None, modules: int | None = None) -> dict[str, str]:
    return keys_in(with_buttons(model, *rows, firmware=firmware, modules=modules))


def all_blf(slots: Iterable[str]) -> list[ButtonRow]:
    return [button(slot, Mode.BLF) for slot in slots]


def is_p_values(model: Model, firmware: str | None) -> bool:
    return model.extra["family"] in P_VALUE_FAMILIES or firmware == OLD


# The whole file, every model


@every_case
def test_a_file_is_in_one_dialect_and_says_so(model: str, firmware: str | None) -> None:
    body = rendered(rich_record("grandstream", model, firmware=firmware))
    config = etree.fromstring(body).find("config")
    assert config is not None
    tags = {element.tag for element in config.iterchildren("*")}
    if is_p_values(VENDOR.models[model], firmware):
        assert config.get("version") == "1"
        assert all(re.fullmatch(r"P\d+", str(tag)) for tag in tags)
    else:
        assert config.get("version") == "2"
        assert tags == {"item"}


@every_case
def test_the_mac_stands_in_the_file_and_no_key_stands_twice(model: str, firmware: str | None) -> None:
    body = rendered(rich_record("grandstream", model, firmware=firmware, mac="c074ad00beef"))
    assert etree.fromstring(body).findtext("mac") == "c074ad00beef"
    names = [name for name, _ in parsed(body)[1]]
    assert len(names) == len(set(names))


@every_case
def test_every_account_is_stated_and_none_beyond_the_model(model: str, firmware: str | None) -> None:
    found, keys = VENDOR.models[model], rich(model, firmware)
    used = min(2, found.accounts)
    if is_p_values(found, firmware):
        assert [keys.get(f"P{number}") for number in ENABLE] == [
            ("1" if index < used else "0") if index < found.accounts else None for index in range(6)
        ]
        for table in (LABEL, USER, AUTH, PASSWORD, NAME, SERVER, SECOND_SERVER, PROXY):
            assert all(keys[f"P{number}"] for number in table[:used])
            assert [keys[f"P{number}"] for number in table[used : found.accounts]] == [""] * (found.accounts - used)
            assert not {f"P{number}" for number in table[found.accounts :]} & keys.keys()
    else:
        indexes = {int(name.split(".")[1]) for name in keys if name.startswith("account.")}
        assert indexes == set(range(1, found.accounts + 1))
        for index in indexes:
            assert keys[f"account.{index}.enable"] == ("Yes" if index <= used else "No")
            about = [value for name, value in keys.items() if name.startswith(f"account.{index}.")]
            assert index <= used or set(about) == {"No", ""}


@every_case
def test_every_key_is_stated_and_none_beyond_the_model(model: str, firmware: str | None) -> None:
    found, keys = VENDOR.models[model], rich(model, firmware)
    boards = found.expansion.keys if found.expansion else 0
    if not is_p_values(found, firmware):
        counts = {"vpk": found.line_keys, "mpk": found.keys, "softkey": found.soft_keys, "ext": boards}
        for group, count in counts.items():
            indexes = {int(name.split(".")[2]) for name in keys if name.startswith(f"pks.{group}.")}
            assert indexes == set(range(1, count + 1)), group
        return
    line = [1363 + 2 * i for i in range(min(found.line_keys, 6))]
    line += [23800 + 4 * i for i in range(max(found.line_keys - 6, 0))]
    hard = [323 + i for i in range(min(found.keys, 7))]
    hard += [353 + 4 * i for i in range(min(max(found.keys - 7, 0), 11))]
    hard += [1440 + 4 * i for i in range(max(found.keys - 18, 0))]
    soft = [2987 + 4 * i for i in range(found.soft_keys)]
    board = [23000 + 5 * i for i in range(boards)]
    assert {f"P{number}" for number in line + hard + soft + board} <= keys.keys()
    beyond = (1363 + 2 * i for i in range(found.line_keys, 6))
    far = (23800 + 4 * i for i in range(max(found.line_keys - 6, 0), 60))
    assert not {f"P{number}" for number in (*beyond, *far)} & keys.keys()
    assert f"P{23000 + 5 * boards}" not in keys


@every_case
def test_unused_keys_are_cleared(model: str, firmware: str | None) -> None:
    record = replace(empty_record("grandstream", model), firmware=firmware)
    keys = keys_in(record)
    numbers = {str(number) for number in range(23800, 24200)} | {"1465", "1466", "302", "303", "2989", "2990"}
    for name, value in keys.items():
        field = name.rpartition(".")[2]
        if name.startswith("pks.") and field in ("description", "value"):
            assert value == ""
        if name.startswith("pks.") and field.lower() == "keymode":
            soft = "SpeedDial" if PHONES[model].extra["family"] == "wp" else "Default"
            assert value == (soft if "softkey" in name else "None")
        if name.startswith("P") and name[1:] in numbers:
            assert value in ("", "-1", "0")


@every_case
def test_hostile_names_arrive_whole(model: str, firmware: str | None) -> None:
    keys = rich(model, firmware)
    label, user = ("P270", "P35") if "P270" in keys else ("account.1.name", "account.1.sip.userid")
    assert (keys[label], keys[user]) == (HOSTILE_NAME, "100")


# Dialects


@pytest.mark.parametrize(
    ("firmware", "version"),
    [(None, "2"), ("1.0.11.79", "2"), ("1.0.11", "2"), ("1.0.10.9", "1"), (OLD, "1"), ("1.0.9", "1")],
)
def test_gxp21xx_change_their_dialect_at_1_0_11(firmware: str | None, version: str) -> None:
    assert parsed(rendered(rich_record("grandstream", "GXP2170", firmware=firmware)))[0] == version


def test_firmware_does_not_change_the_dialect_of_others() -> None:
    assert parsed(rendered(rich_record("grandstream", "GRP2614", firmware="1.0.5.1")))[0] == "2"
    assert parsed(rendered(rich_record("grandstream", "GXP1782", firmware="1.0.21.5")))[0] == "1"


@pytest.mark.parametrize(("model", "mine", "foreign"), [("GXP1782", "P8385", "a.b"), ("GRP2614", "a.b", "P8385")])
def test_a_native_key_of_the_other_dialect_stays_out(model: str, mine: str, foreign: str) -> None:
    record = replace(empty_record("grandstream", model), native=(native(**{mine: "x1", foreign: "x2"}),))
    keys = keys_in(record)
    assert keys[mine] == "x1"
    assert foreign not in keys


@pytest.mark.parametrize(("model", "key"), [("GXP1782", "P34"), ("GXP1782", "P237"), ("GXP1782", "P2")])
def test_native_secrets_are_masked(model: str, key: str) -> None:
    record = replace(empty_record("grandstream", model), native=(native(**{key: "hide-me"}),))
    assert b"hide-me" not in rendered(record, View.MASKED)


def test_the_nested_form_of_newer_templates_is_read() -> None:
    text = (
        '<gs_provision version="1"><config version="2"><item name="pks.mpk.1"><part name="keyMode">SpeedDial</part>'
        '<part name="value">9</part></item></config></gs_provision>'
    )
    assert dict(VENDOR.syntax.read(text).items()) == {"pks.mpk.1.keyMode": "SpeedDial", "pks.mpk.1.value": "9"}


# Key codes: fixed keys count ten higher, dynamic ones do not (fact sheet, traps)


@pytest.mark.parametrize(
    ("model", "firmware", "last_fixed", "first_dynamic"),
    [
        ("GXP1760", None, (6, 1373), (7, 23800)),
        ("GXP1780", None, (8, 23804), (9, 23808)),
        ("GXP1782", None, (8, 23804), (9, 23808)),
        ("GXP2130", OLD, (3, 1367), (4, 1369)),
        ("GXP2135", OLD, (8, 23804), (9, 23808)),
        ("GXP2140", OLD, (4, 1369), (5, 1371)),
        ("GXP2160", OLD, (6, 1373), (7, 23800)),
        ("GXP2170", OLD, (12, 23820), (13, 23824)),
    ],
)
def test_fixed_line_keys_count_ten_higher_than_dynamic_ones(
    model: str, firmware: str | None, last_fixed: tuple[int, int], first_dynamic: tuple[int, int]
) -> None:
    rows = all_blf(f"line:{number}" for number in range(1, first_dynamic[0] + 1))
    keys = on_keys(model, *rows, firmware=firmware)
    assert keys[f"P{last_fixed[1]}"] == "11"
    assert keys[f"P{first_dynamic[1]}"] == "1"


CODES = [
    (Mode.SPEED_DIAL, 10, 0),
    (Mode.BLF, 11, 1),
    (Mode.PRESENCE, 12, 2),
    (Mode.DTMF, 15, 5),
    (Mode.VOICEMAIL, 16, 6),
    (Mode.TRANSFER, 18, 8),
    (Mode.INTERCOM, 20, 10),
    (Mode.LDAP, 21, 11),
    (Mode.CONFERENCE, 22, 12),
    (Mode.PAGING, 23, 13),
    (Mode.RECORD, 24, 14),
    (Mode.HISTORY, 25, 15),
    (Mode.PARK, 26, 16),
    (Mode.MENU, 27, 17),
    (Mode.XML, 28, 18),
    (Mode.FORWARD, 31, 21),
    (Mode.DND, 32, 22),
    (Mode.REDIAL, 33, 23),
]


@pytest.mark.parametrize(("mode", "fixed", "dynamic"), CODES, ids=[str(mode) for mode, _, _ in CODES])
def test_each_function_has_two_numbers(mode: Mode, fixed: int, dynamic: int) -> None:
    rows = [button(slot, mode) for slot in ("line:1", "line:13", "exp1:1")]
    keys = on_keys("GXP2170", *rows, firmware=OLD, modules=1)
    assert (keys["P1363"], keys["P23824"], keys["P23000"]) == (str(fixed), str(dynamic), str(dynamic))
    keys = on_keys("GXP2130", button("key:1", mode), firmware=OLD)
    assert keys["P323"] == str(dynamic)


def test_lines_are_0_and_shared_lines_1_on_fixed_keys_and_none_on_dynamic_ones() -> None:
    rows = [
        button("line:1", Mode.LINE), button("line:2", Mode.SHARED_LINE), button("line:4", Mode.LINE),
        button("line:5", Mode.BLF),
    ]  # fmt: skip
    keys = on_keys("GXP2130", *rows, firmware=OLD)
    assert (keys["P1363"], keys["P1365"], keys["P1367"]) == ("0", "1", "-1")
    assert (keys["P1369"], keys["P1471"], keys["P1472"]) == ("-1", "", "")
    assert keys["P1371"] == "1"


@pytest.mark.parametrize(
    ("mode", "code"),
    [(Mode.SPEED_DIAL, "10"), (Mode.VOICEMAIL, "16"), (Mode.INTERCOM, "20"), (Mode.LDAP, "21")],
)
@pytest.mark.parametrize("model", ["GXP1630", "GXP1782"])
def test_soft_keys_count_ten_higher(model: str, mode: Mode, code: str) -> None:
    keys = on_keys(model, button("soft:1", mode))
    assert keys["P2987"] == code


@pytest.mark.parametrize("model", ["GXP1610", "GXP1782", "GXP2140"])
def test_soft_keys_nobody_gave_keep_the_phones_meaning(model: str) -> None:
    keys = on_keys(model, firmware=OLD if model == "GXP2140" else None)
    assert keys["P2987"] == "0"
    assert on_keys("GRP2614")["pks.softkey.1.keyMode"] == "Default"


def test_the_named_dialect_has_words_on_every_kind_of_key() -> None:
    rows = all_blf(["line:1", "line:13", "exp1:1"])
    rows += [button("soft:1", Mode.SPEED_DIAL), button("line:2", Mode.PARK)]
    keys = on_keys("GXP2170", *rows, modules=1)
    assert {keys[f"pks.{name}.keyMode"] for name in ("vpk.1", "vpk.13", "ext.1")} == {"BLF"}
    assert (keys["pks.softkey.1.keyMode"], keys["pks.vpk.2.keyMode"]) == ("SpeedDial", "MonitoredCallPark")


def test_gxp16xx_watch_on_their_blf_keys_and_not_on_their_line_keys() -> None:
    rows = [*all_blf(["key:1", "key:8", "line:2"]), button("line:1", Mode.SPEED_DIAL)]
    record = with_buttons("GXP1628", *rows)
    keys = keys_in(record)
    assert [keys[f"P{number}"] for number in (323, 303, 353, 356)] == ["1", "102", "1", "102"]
    assert [keys[f"P{number}"] for number in (1363, 1466, 1365, 1468)] == ["10", "102", "0", ""]
    assert [warned.slot for warned in warnings_of(merge(record))] == ["line:2"]


# Dynamic keys have no gaps


def local(*slots: str) -> list[ButtonRow]:
    return [button(slot, Mode.LOCAL, "") for slot in slots]


def test_a_dynamic_key_left_to_the_user_is_written_as_unused_before_a_stated_one() -> None:
    keys = on_keys("GXP1782", *all_blf(["line:9", "line:11"]), *local("line:10"))
    assert [keys[f"P{number}"] for number in (23808, 23812, 23816)] == ["1", "-1", "1"]
    named = on_keys("GRP2614", *all_blf(["line:9", "line:11"]), *local("line:10"))
    assert [named[f"pks.vpk.{number}.keyMode"] for number in (9, 10, 11)] == ["BLF", "None", "BLF"]


def test_keys_left_to_the_user_stay_out_where_no_other_key_suffers() -> None:
    keys = on_keys("GXP1782", button("line:1", Mode.LINE), *local("line:2", "line:31", "line:32"))
    assert not {"P1365", "P1366", "P1467", "P1468", "P23896", "P23900"} & keys.keys()
    assert keys["P23892"] == "-1"
    assert not any(name.startswith("pks.mpk.3.") for name in on_keys("GXP2130", *local("key:3")))


# Boards


def test_the_index_runs_on_over_boards() -> None:
    rows = [button("exp1:40", Mode.BLF, "140"), button("exp2:1", Mode.BLF, "201"), button("exp4:40", Mode.BLF, "440")]
    keys = on_keys("GXP2170", *rows, modules=4)
    assert [keys[f"pks.ext.{number}.value"] for number in (40, 41, 160)] == ["140", "201", "440"]
    old = on_keys("GXP2170", *rows, firmware=OLD, modules=4)
    assert [old[f"P{number}"] for number in (23198, 23203, 23798)] == ["140", "201", "440"]
    assert (old["P23195"], old["P23200"], old["P23795"]) == ("1", "1", "1")


def test_no_board_no_board_keys() -> None:
    assert not any(".ext." in name for name in on_keys("GXP2170", modules=0))
    assert not any(".ext." in name for name in on_keys("GRP2614", modules=None))


# Families spell keys in their own ways


def test_accounts_on_keys_count_from_0_or_have_a_name() -> None:
    row = button("key:1", Mode.SPEED_DIAL, "9", account=2)
    assert on_keys("GRP2614", row)["pks.mpk.1.account"] == "Account2"
    assert on_keys("GXP2130", row)["pks.mpk.1.account"] == "Account2"
    assert on_keys("GXP2130", row, firmware=OLD)["P301"] == "1"
    assert on_keys("GXV3480", row)["pks.mpk.1.account"] == "1"
    assert on_keys("GRP2614", button("line:1", Mode.LINE, "2", account=2))["pks.vpk.1.account"] == "1"


@pytest.mark.parametrize(("model", "key"), [("GRP2614", "pks.vpk.3.description"), ("GXP1782", "P1469")])
def test_a_label_is_cut_where_the_phone_cuts_it_and_that_is_told(model: str, key: str) -> None:
    record = with_buttons(model, button("line:3", Mode.SPEED_DIAL, "102", "Ä" * 33))
    assert "Ä" * 32 == keys_in(record)[key]
    assert ["line:3: its label is cut after 32 characters"] == [str(one) for one in warnings_of(merge(record))]


def test_no_key_names_an_account_that_the_model_has_not() -> None:
    """A template for larger phones: the line key is off, and what dials does so on the first account."""
    rows = (button("line:1", Mode.LINE, "5", "Fifth"), button("line:2", Mode.SPEED_DIAL, "102", account=5))
    read = on_keys("GRP2602", *rows)
    assert ("None", "0", "") == tuple(read[f"pks.vpk.1.{field}"] for field in ("keyMode", "account", "description"))
    assert ("SpeedDial", "0") == (read["pks.vpk.2.keyMode"], read["pks.vpk.2.account"])
    # There is no off on these keys, only a line of account 1.
    old = on_keys("GXP1610", button("line:2", Mode.LINE, "2", "Second"))
    assert ("0", "0", "") == (old["P1365"], old["P1366"], old["P1467"])


def test_android_phones_spell_some_keys_otherwise() -> None:
    keys = rich("GXV3480")
    assert keys["account.1.sip.subscriber.userId"] == "auth100"
    assert "account.1.sip.subscriber.userid" not in keys
    assert keys["pks.mpk.1.mode"] == ""
    assert "pks.mpk.1.keyMode" not in keys
    assert (keys["dateTime.timezone"], "dateTime.timezone.custom" in keys) == ("America/Chicago", False)
    assert keys["phonebook.emergencyCallNumber"] == "911"


def test_hotel_phones_spell_their_key_mode_in_small_letters() -> None:
    keys = on_keys("GHP621", button("key:3", Mode.SPEED_DIAL, "0", "Reception"))
    assert (keys["pks.mpk.3.keymode"], keys["pks.mpk.3.value"]) == ("SpeedDial", "0")
    assert not any(name.startswith(("pks.vpk", "pks.softkey", "language")) for name in keys)


# What keys dial


def test_pickup_keys_dial_the_code_and_the_number() -> None:
    plain = on_keys("GRP2614", button("line:1", Mode.PICKUP, "102"))
    assert (plain["pks.vpk.1.keyMode"], plain["pks.vpk.1.value"]) == ("SpeedDial", "**102")
    record = replace(
        with_buttons("GRP2614", button("line:1", Mode.PICKUP, "102"), button("line:2", Mode.GROUP_PICKUP, "")),
        layers=(tenant_layer(sip__pickup_code="*8", sip__group_pickup_code="*7"),),
    )
    given = keys_in(record)
    assert (given["pks.vpk.1.value"], given["pks.vpk.2.value"]) == ("*8102", "*7")


def test_a_pickup_code_is_forced_and_the_factorys_is_not() -> None:
    prefix, force = "account.1.sip.blf.callPickup.prefix", "account.1.sip.blf.callPickup.forcePrefix"
    assert [one("GRP2614")[key] for key in (prefix, force)] == ["**", "Auto"]
    assert [one("GRP2614", sip__pickup_code="*8")[key] for key in (prefix, force)] == ["*8", "Force"]
    assert [one("GXP1782", sip__pickup_code="*8")[key] for key in ("P1347", "P6752")] == ["*8", "1"]
    by_key = on_keys("GRP2614", button("line:1", Mode.BLF, "102", pickup="*9"))
    assert [by_key[key] for key in (prefix, force)] == ["*9", "Force"]


def test_xml_applications_have_no_scheme() -> None:
    keys = on_keys("GRP2614", button("line:1", Mode.XML, "http://pbx.example/menu.xml"))
    assert (keys["pks.vpk.1.keyMode"], keys["pks.vpk.1.value"]) == ("XMLApplication", "pbx.example/menu.xml")


def test_native_keys_say_code_and_fields() -> None:
    rows = [button("line:9", Mode.NATIVE, "29;value=77;account=3", "Mine")]
    keys = on_keys("GXP1782", *rows)
    assert [keys[f"P{number}"] for number in (23808, 23809, 23810, 23811)] == ["29", "3", "Mine", "77"]


# Accounts


@pytest.mark.parametrize(("seconds", "minutes"), [(3600, "60"), (600, "10"), (119, "1"), (90, "1"), (60, "1")])
def test_expiry_is_in_minutes(seconds: int, minutes: str) -> None:
    assert one("GXP1782", sip__expires=seconds)["P32"] == minutes
    assert one("GRP2614", sip__expires=seconds)["account.1.sip.registerExpiration"] == minutes


@every_case
def test_sips_is_off_and_tls_is_not(model: str, firmware: str | None) -> None:
    people = (extension("100", transport="tls", srtp="mandatory"),)
    keys = keys_in(replace(empty_record("grandstream", model), firmware=firmware, extensions=people))
    if is_p_values(VENDOR.models[model], firmware):
        assert (keys["P2329"], keys["P130"], keys["P183"]) == ("0", "2", "2")
    else:
        assert keys["account.1.sip.uriSchemeWhenUsingTls"] == "sip"
        assert keys["account.1.sip.transport"] == "2"
        assert keys["account.1.audio.srtpMode"] == "EnabledAndForced"


def test_the_blocks_of_accounts_five_and_six_are_not_at_700() -> None:
    people = tuple(extension(str(100 + index)) for index in range(6))
    keys = rich("GXP2160", OLD, extensions=people)
    assert [keys[f"P{number}"] for number in USER] == ["100", "101", "102", "103", "104", "105"]
    assert {keys[f"P{number}"] for number in SIPS} == {"0"}
    assert {keys[f"P{number}"] for number in (*TRANSPORT, *SRTP)} == {"0"}
    assert {keys[f"P{number}"] for number in EXPIRY} == {"10"}
    assert {keys[f"P{number}"] for number in CODEC_1} == {"9"}
    assert not {"P701", "P704", "P801", "P804"} & keys.keys()


def test_backup_server_and_proxy_are_cleared_where_there_are_none() -> None:
    keys = one("GXP1782")
    assert (keys["P2312"], keys["P48"], keys["P2333"]) == ("", "", "")
    keys = one("GXP1782", sip__backup_server="b.example", sip__outbound_proxy="edge.example:5070")
    assert (keys["P2312"], keys["P48"]) == ("b.example", "edge.example:5070")


def test_srv_takes_no_port() -> None:
    keys = one("GXP1782", sip__transport="srv", sip__port=5061)
    assert (keys["P47"], keys["P103"]) == ("pbx.acme.example", "2")


@pytest.mark.parametrize(
    ("dtmf", "audio", "rtp", "sip"), [("inband", "1", "0", "0"), ("rfc4733", "0", "1", "0"), ("info", "0", "0", "1")]
)
def test_dtmf_is_sent_in_one_way(dtmf: str, audio: str, rtp: str, sip: str) -> None:
    keys = one("GXP1782", sip__dtmf=dtmf)
    assert (keys["P2301"], keys["P2302"], keys["P2303"]) == (audio, rtp, sip)


def codecs(keys: Mapping[str, str]) -> list[str]:
    return [keys[f"P{number}"] for number in (57, 58, 59, 60, 61, 62, 46, 98) if f"P{number}" in keys]


def test_codecs_stand_in_order_and_repeat_the_last() -> None:
    keys = one("GXP1782", audio__codecs=("opus", "g729", "pcma"))
    assert codecs(keys) == ["125", "18", "8", "8", "8", "8", "8", "8"]
    named = one("GRP2614", audio__codecs=("g722", "pcmu"))
    assert [named[f"account.1.codec.choice.{choice}"] for choice in (1, 2, 3, 8)] == ["G.722", "PCMU", "PCMU", "PCMU"]
    android = one("GXV3480", audio__codecs=("g722", "g729"))
    assert [android[f"account.1.codec.choice.{choice}"] for choice in (1, 2, 7)] == ["G_722", "G_729AOrB", "G_729AOrB"]
    assert "account.1.codec.choice.8" not in android


def test_opus_is_left_out_where_no_number_is_sure() -> None:
    assert codecs(one("GXP1630", audio__codecs=("opus", "pcma"))) == ["8"] * 7
    assert codecs(one("GXP2170", OLD, audio__codecs=("opus", "pcma"))) == ["8"] * 8
    assert codecs(one("GXP1630", audio__codecs=("opus",))) == ["0", "8", "8", "8", "8", "8", "8"]


def test_voicemail_and_its_lamp() -> None:
    keys = one("GXP1782", sip__subscribe_mwi=False)
    assert (keys["P33"], keys["P99"]) == ("*97", "0")
    record = replace(empty_record("grandstream", "GXP1782"), extensions=(replace(extension("100"), voicemail=None),))
    assert keys_in(record)["P33"] == ""


# The device


@pytest.mark.parametrize(
    ("place", "posix"),
    [
        ("America/Chicago", "CST6CDT5,M3.2.0/2,M11.1.0/2"),
        ("Europe/Berlin", "CET-1CEST-2,M3.5.0/2,M10.5.0/3"),
        ("Asia/Kolkata", "IST-5:30"),
        ("Australia/Sydney", "AEST-10AEDT-11,M10.1.0/2,M4.1.0/3"),
    ],
)
def test_time_zones_are_custom_posix_strings(place: str, posix: str) -> None:
    old = one("GXP1782", locale__timezone=place)
    assert (old["P64"], old["P246"]) == ("customize", posix)
    new = one("GRP2614", locale__timezone=place)
    assert (new["dateTime.timezone"], new["dateTime.timezone.custom"]) == ("customize", posix)
    assert one("GXV3380", locale__timezone=place)["dateTime.timezone"] == place


def test_no_posix_string_is_longer_than_the_phone_takes() -> None:
    assert max(len(zone(name).posix_normalised) for name in zone_names()) <= 64


def test_dhcp_may_not_say_the_zone_and_the_clock_only_where_nobody_else_does() -> None:
    named = one("GXP1782", phone__ntp=("a.ntp", "b.ntp"))
    assert [named[f"P{number}"] for number in (30, 8333, 144, 143)] == ["a.ntp", "b.ntp", "0", "0"]
    nobody = one("GXP1782", phone__ntp=())
    assert [nobody[f"P{number}"] for number in (30, 8333, 144, 143)] == ["", "", "1", "0"]
    assert "P8333" not in one("GXP1630")


@pytest.mark.parametrize(
    ("url", "protocol", "word", "path"),
    [
        ("https://prov.example:8443/d/abc/", "2", "HTTPS", "prov.example:8443/d/abc"),
        ("http://prov.example/d/abc/", "1", "HTTP", "prov.example/d/abc"),
        ("tftp://192.0.2.1/", "0", "TFTP", "192.0.2.1"),
    ],
)
def test_the_way_back_has_its_protocol_beside_it(url: str, protocol: str, word: str, path: str) -> None:
    old = keys_in(replace(empty_record("grandstream", "GXP1782"), url=url))
    assert (old["P212"], old["P237"]) == (protocol, path)
    new = keys_in(replace(empty_record("grandstream", "GRP2614"), url=url))
    assert (new["provisioning.config.protocol"], new["provisioning.config.serverPath"]) == (word, path)


@pytest.mark.parametrize(
    ("model", "switches"),
    [
        ("GXP2170", {f"{DHCP}.allowCommonOptions": "No", f"{DHCP}.allowCustomOption": "None"}),
        ("GXP1628", {"P145": "0", "P8337": "0"}),
        ("GRP2614", {f"{DHCP}.allowCommonOptions": "No"}),
    ],
)
def test_no_dhcp_option_wins_over_the_way_back(model: str, switches: dict[str, str]) -> None:
    read = keys_in(empty_record("grandstream", model))
    assert switches == {key: value for key, value in read.items() if key.startswith((f"{DHCP}.", "P145", "P8337"))}


@pytest.mark.parametrize("model", ["GXP1782", "GRP2614"])
def test_the_token_and_passwords_are_masked_and_explained_masked(model: str) -> None:
    record = rich_record("grandstream", model)
    told = rendered(record, View.MASKED).decode() + str(explain(merge(record), FILE))
    assert "0123456789abcdef" not in told
    assert "Adm1n" not in told
    assert "pw-100" not in told


@pytest.mark.parametrize(("minutes", "mode", "written"), [(1440, "1", "1440"), (5, "1", "60"), (0, "0", "10080")])
def test_polls_are_an_hour_apart_at_least(minutes: int, mode: str, written: str) -> None:
    keys = one("GXP1782", phone__poll_minutes=minutes)
    assert (keys["P194"], keys["P193"], keys["P238"], keys["P145"]) == (mode, written, "2", "0")


@every_case
def test_the_makers_cloud_is_off(model: str, firmware: str | None) -> None:
    found, keys = VENDOR.models[model], rich(model, firmware)
    if is_p_values(found, firmware):
        assert keys["P4503"] == ""
        assert "P1409" not in keys
    else:
        assert (keys["tr069.enable"], keys["tr069.url"]) == ("No", "")


def test_vlan_is_cleared_where_there_is_none() -> None:
    old = one("GXP1782")
    assert [old[f"P{number}"] for number in (51, 87, 229, 230)] == ["0"] * 4
    new = one("GRP2614")
    assert new["network.port.eth.1.vlan.enable"] == "No"
    assert new["network.port.eth.1.vlan.tag"] == new["network.port.pc.vlan.tag"] == "0"
    assert rich("GRP2614")["network.port.eth.1.vlan.enable"] == "Yes"
    assert [rich("GXP1782")[f"P{number}"] for number in (51, 87, 229, 230)] == ["20", "5", "30", "0"]


def test_syslog_is_cleared_and_its_usual_port_left_away() -> None:
    assert [one("GXP1782")[f"P{number}"] for number in (207, 208)] == ["", "0"]
    assert [rich("GXP1782")[f"P{number}"] for number in (207, 208)] == ["log.acme.example", "2"]
    assert rich("GRP2614")["maintain.syslog.level"] == "Info"


def test_web_access_closes_where_the_phone_can() -> None:
    assert (one("GXP1782")["P1650"], one("GXP1782", phone__web=False)["P1650"]) == ("3", "2")
    assert one("GRP2614", phone__web=False)["security.webAccessMode"] == "Disabled"
    assert (one("GXP1630")["P1650"], "P1650" in one("GXP1630", phone__web=False)) == ("1", False)


def test_passwords_of_the_device() -> None:
    keys = rich("GXP1782")
    assert keys["P2"] == "Adm1n;&<pw>"
    assert "P196" not in keys
    assert one("GXP1782", phone__user_password="u")["P196"] == "u"


def test_call_waiting_is_said_the_other_way_round_in_p_values() -> None:
    assert [one("GXP1782", calls__call_waiting=on)["P91"] for on in (True, False)] == ["0", "1"]
    assert [one("GRP2614", calls__call_waiting=on)["call.callWaiting.enable"] for on in (True, False)] == ["Yes", "No"]


def test_emergency_numbers_stay_reachable_while_locked() -> None:
    assert rich("GRP2614")["keys.lock.emergency"] == "911"
    assert one("GRP2614", emergency__numbers=())["keys.lock.emergency"] == ""
    assert not {"P8385"} & (rich("GXP1782").keys() | rich("GXP2170", OLD).keys())


@pytest.mark.parametrize(
    ("model", "language", "written"),
    [
        ("GXP1782", "de", "de"), ("GXP1782", "cs", "cz"), ("GXP1782", "sv", "se"), ("GXP1782", "de-AT", "de"),
        ("GXP1782", "xx", "auto"),
    ],
)  # fmt: skip
def test_languages(model: str, language: str, written: str) -> None:
    assert one(model, locale__language=language)["P1362"] == written


def test_tones_and_dates_follow_the_country() -> None:
    keys = one("GXP1782", locale__country="DE")
    assert (keys["P343"], keys["P348"]) == ("f1=425,f2=425;", "f1=425,f2=425,c=48/48;")
    assert (keys["P102"], keys["P122"]) == ("2", "1")
    keys = one("GXP1782", locale__country="US")
    assert (keys["P102"], keys["P122"]) == ("1", "0")


def test_what_the_phone_owns_is_left_out() -> None:
    layer = Layer(
        origin=Origin("tenant", "acme"),
        values={"sip.server": "pbx.acme.example", "locale.language": "de", "locale.time_format": "24"},
        owners={"locale.language": Owner.PHONE, "locale.time_format": Owner.PHONE},
    )
    record = replace(empty_record("grandstream", "GXP1782"), layers=(layer,))
    assert not {"P1362", "P122"} & keys_in(record).keys()


# Which files


def test_only_one_file_is_served() -> None:
    profile = merge(rich_record("grandstream", "GRP2614", mac="c074ad00beef"))
    assert file_names(profile) == ["cfgc074ad00beef.xml"]
    assert {file.private for file in VENDOR.files if file.template} == {True}


def test_the_document_has_what_the_bytes_have() -> None:
    profile = merge(rich_record("grandstream", "GRP2614"))
    assert dict(document_of(profile, FILE).items()) == dict(parsed(render(profile, FILE).body)[1])
