"""Fanvil's files as a phone's own parser would see them: lxml and plain lines, names and numbers written out."""

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

VENDOR = vendors()["fanvil"]
TEXT = ("X301", "X303")
VOIP = ("X2", "X3", "X3S", "X4", "X5", "V62", "V62G", "V62W", "V62-Pro", "V63", "V64", "V65", "H5")
SYSCONF = tuple(name for name in VENDOR.models if name not in TEXT + VOIP)
every_model = pytest.mark.parametrize("name", list(VENDOR.models))


def body(record: Record) -> str:
    profile = merge(record)
    file = next(one for one in VENDOR.files if one.template and one.fits(profile.model))
    return render(profile, file).body.decode()


def keys_in(record: Record) -> dict[str, str]:
    """Every value by the way to it, however the file is written; names without underscores and blanks."""
    text = body(record)
    if text.startswith("<<VOIP CONFIG FILE>>"):
        return dict(text_rows(text))
    rows: dict[str, str] = {}
    root = etree.fromstring(text.encode())
    for element in root.iter("*"):
        if len(element) or element.tag == "ID" or element is root:
            continue
        way = [element, *element.iterancestors()][:-1][::-1]
        names = [f"{one.tag}{one.get('index') or one.findtext('ID') or ''}" for one in way]
        key = "/".join(names).replace("_", "")
        assert key not in rows
        rows[key] = element.text or ""
    return rows


def text_rows(text: str) -> list[tuple[str, str]]:
    lines = text.splitlines()
    assert lines[0] == "<<VOIP CONFIG FILE>>Version:2.0000000000"
    assert lines[-1] == "<<END OF FILE>>"
    section, rows = "", []
    for line in lines[1:-1]:
        if line.startswith(("<", "--")):
            section = line.strip("<>- :")
            continue
        name, value = line.split(":", 1)
        rows.append((f"{section}/{' '.join(name.split())}", value))
    assert len(dict(rows)) == len(rows)
    return rows


def one(name: str, firmware: str | None = None, **settings: Any) -> dict[str, str]:
    record = empty_record("fanvil", name)
    layers = (tenant_layer(**settings),)
    return keys_in(replace(record, firmware=firmware, layers=layers, extensions=(extension("100"),)))


def with_buttons(name: str, *rows: ButtonRow, **settings: Any) -> Record:
    record = empty_record("fanvil", name)
    people = (extension("100"), extension("101"))
    template = TemplateRecord(name="T", buttons=rows)
    return replace(record, extensions=people, template=template, layers=(tenant_layer(**settings),))


def value_of(mode: Mode, value: str | None = None, pickup: str = "", **settings: Any) -> tuple[str, str]:
    row = button("line:3", mode, value, pickup=pickup) if pickup else button("line:3", mode, value)
    keys = keys_in(with_buttons("X4U", row, **settings))
    return keys["dsskey/dssSide1/Fkey3/Type"], keys["dsskey/dssSide1/Fkey3/Value"]


# The whole file, every model


@pytest.mark.parametrize(("names", "start"), [(SYSCONF, "<sysConf>"), (VOIP, "<VOIP_CONFIG_FILE>")])
def test_a_model_gets_its_root(names: tuple[str, ...], start: str) -> None:
    for name in names:
        assert body(rich_record("fanvil", name)).split("\n")[1] == start, name


@every_model
def test_every_account_of_the_model_is_stated_and_none_beyond(name: str) -> None:
    keys, model = keys_in(rich_record("fanvil", name)), VENDOR.models[name]
    enabled = [value for key, value in keys.items() if key.endswith(("/EnableReg", " Enable Reg"))]
    used = min(2, model.accounts)
    assert ["1"] * used + ["0"] * (model.accounts - used) == enabled
    assert len([key for key in keys if key.endswith(("/PhoneNumber", " Phone Number"))]) == model.accounts


@every_model
def test_every_line_key_of_the_model_is_stated_and_unused_ones_are_off(name: str) -> None:
    keys, model = keys_in(rich_record("fanvil", name)), VENDOR.models[name]
    types = {key: value for key, value in keys.items() if re.search(r"Fkey\d+[/ ]Type$", key)}
    assert len(types) == model.line_keys
    used = min(10, model.line_keys)
    assert len([value for value in types.values() if value != "0"]) == used
    for key, kind in types.items():
        if kind == "0":
            assert keys[key.replace("Type", "Value")] == keys[key.replace("Type", "Title")] == ""


@pytest.mark.parametrize(
    ("name", "slot", "place"),
    [
        ("X4U", 3, "dsskey/dssSide1/Fkey3"),
        ("X4U", 4, "dsskey/internal1/Fkey1"),
        ("X4U", 33, "dsskey/internal5/Fkey6"),
        ("X6U", 5, "dsskey/dssSide1/Fkey5"),
        ("X6U", 65, "dsskey/internal5/Fkey12"),
        ("X210", 10, "dsskey/dssSide1/Fkey10"),
        ("X210", 106, "dsskey/internal3/Fkey32"),
        ("X7C", 13, "dsskey/dssSide2/Fkey1"),
        ("V67", 116, "dsskey/internal4/Fkey29"),
        ("W611W", 9, "dsskey/internal2/Fkey1"),
        ("V64", 8, "DSSKEYCONFIGMODULE/SidekeyConfig2/SidekeyConfig2EntryFkey1"),
        ("V65", 27, "DSSKEYCONFIGMODULE/SidekeyConfig3/SidekeyConfig3EntryFkey9"),
        ("X4", 30, "PHONECONFIGMODULE/FunctionKey/FunctionKeyEntryFkey30"),
    ],
)
def test_a_slot_is_where_the_phone_has_it(name: str, slot: int, place: str) -> None:
    keys = keys_in(with_buttons(name, button(f"line:{slot}", Mode.SPEED_DIAL, "999", "Here")))
    assert (keys[f"{place}/Type"], keys[f"{place}/Value"], keys[f"{place}/Title"]) == ("1", "999@1/f", "Here")


def test_hard_keys_are_stated_only_where_given() -> None:
    assert not [key for key in keys_in(rich_record("fanvil", "H2U-V2")) if key.startswith("dsskey")]
    rows = (button("key:3", Mode.SPEED_DIAL, "9"), button("key:11", Mode.DND, ""))
    keys = keys_in(with_buttons("H2U-V2", *rows))
    assert [key for key in keys if key.endswith("/Type")] == ["dsskey/dssSoft3/Type", "dsskey/internal1/Fkey1/Type"]
    assert keys["dsskey/internal1/Fkey1/Value"] == "F_DND"


def test_wifi_phones_have_their_file_by_both_names() -> None:
    assert file_names(merge(empty_record("fanvil", "W611W"))) == ["805ec0123456.cfg", "805ec0123456.xml"]
    assert file_names(merge(empty_record("fanvil", "X4U"))) == ["805ec0123456.cfg"]


# Firmware lines


@pytest.mark.parametrize(
    ("name", "firmware", "root"),
    [
        ("V64", "2.4.3", "<sysConf>"),
        ("V64", "2.12.20.3", "<VOIP_CONFIG_FILE>"),
        ("V64", None, "<VOIP_CONFIG_FILE>"),
        ("V67", "2.6.6.187", "<sysConf>"),
        ("X4", "2.10.2.6887", "<VOIP_CONFIG_FILE>"),
        ("X4U", "2.4.5", "<sysConf>"),
    ],
)
def test_the_root_follows_model_and_firmware(name: str, firmware: str | None, root: str) -> None:
    assert body(replace(rich_record("fanvil", name), firmware=firmware)).split("\n")[1] == root


def test_v_phones_before_2_12_have_their_keys_where_sysconf_has_them() -> None:
    record = replace(with_buttons("V64", button("line:8", Mode.SPEED_DIAL, "9")), firmware="2.4.3")
    assert keys_in(record)["dsskey/dssSide2/Fkey1/Value"] == "9@1/f"


# Keys


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        (Mode.BLF, "102", ("1", "102@1/ba")),
        (Mode.SPEED_DIAL, "102", ("1", "102@1/f")),
        (Mode.PARK, "701", ("1", "701@1/c")),
        (Mode.INTERCOM, "102", ("1", "102@1/i")),
        (Mode.VOICEMAIL, "", ("1", "*97@1/m")),
        (Mode.FORWARD, "103", ("1", "103@1/a")),
        (Mode.FORWARD, "", ("3", "F_CFWD")),
        (Mode.CONFERENCE, "", ("3", "F_JOIN")),
        (Mode.TRANSFER, "", ("3", "F_TRANSFER")),
        (Mode.HOLD, "", ("3", "F_HOLD")),
        (Mode.DND, "", ("3", "F_DND")),
        (Mode.RECORD, "", ("3", "F_RECORD")),
        (Mode.REDIAL, "", ("3", "F_REDIAL")),
        (Mode.DIRECTORY, "", ("3", "F_PHONEBOOK")),
        (Mode.PREFIX, "9", ("3", "F_PREFIX:9")),
        (Mode.DTMF, "*1", ("4", "*1")),
        (Mode.URL, None, ("7", "http://pbx.example/door?open=1&who=me")),
        (Mode.PAGING, None, ("14", "224.0.1.20:5001/PCMU")),
        (Mode.LINE, "2", ("2", "SIP2")),
        (Mode.NATIVE, "21;value=http://x/", ("21", "http://x/")),
        (Mode.NONE, "", ("0", "")),
    ],
)
def test_a_mode_is_type_and_value(mode: Mode, value: str | None, expected: tuple[str, str]) -> None:
    assert expected == value_of(mode, value)


def test_the_pickup_code_is_glued_behind_the_watched_number() -> None:
    assert value_of(Mode.BLF, "102", pickup="**") == ("1", "102@1/ba**102")
    assert value_of(Mode.BLF, "102", sip__pickup_code="*8") == ("1", "102@1/ba*8102")
    assert value_of(Mode.PICKUP, "102", sip__pickup_code="*8") == ("1", "*8102@1/f")
    assert value_of(Mode.GROUP_PICKUP, "", sip__group_pickup_code="*7") == ("1", "*7@1/f")


def test_a_shared_line_shares_its_account() -> None:
    keys = keys_in(with_buttons("X4U", button("line:3", Mode.SHARED_LINE, "2")))
    assert (keys["sip/line1/EnableSCA"], keys["sip/line2/EnableSCA"]) == ("0", "1")
    assert keys["dsskey/dssSide1/Fkey3/Value"] == "SIP2"


def test_a_fallback_is_told() -> None:
    told = {str(one) for one in warnings_of(merge(with_buttons("X4U", button("line:3", Mode.LDAP, ""))))}
    assert any("ldap becomes directory" in one for one in told)


# Settings


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Chicago", ("-24", "UTC-6", "2", "3", "2", "0", "2", "11", "1", "0", "2")),
        ("Europe/Berlin", ("4", "UTC+1", "2", "3", "5", "0", "2", "10", "5", "0", "3")),
        ("Australia/Sydney", ("40", "UTC+10", "2", "10", "1", "0", "2", "4", "1", "0", "3")),
        ("Asia/Kolkata", ("22", "UTC+5:30", "0", None, None, None, None, None, None, None, None)),
    ],
)
def test_the_clock(zone: str, expected: tuple[str | None, ...]) -> None:
    names = ("TimeZone", "TimeZoneName", "EnableDST", "DSTStartMon", "DSTStartWeek", "DSTStartWday", "DSTStartHour",
             "DSTEndMon", "DSTEndWeek", "DSTEndWday", "DSTEndHour")  # fmt: skip
    keys = one("X4U", locale__timezone=zone)
    assert expected == tuple(keys.get(f"phone/date/{name}") for name in names)
    assert keys["phone/date/DSTType"] == keys["phone/date/EnableDST"]
    old = one("X4", locale__timezone=zone)
    assert expected == tuple(old.get(f"GLOBALCONFIGMODULE/{name}") for name in names)
    text = one("X303", locale__timezone=zone)
    assert text["DateTime Config/Time Zone"] == expected[0]
    assert text["DateTime Config/DST Type"] == expected[2]


def test_a_change_at_no_full_hour_is_warned_of() -> None:
    record = replace(empty_record("fanvil", "X4U"), layers=(tenant_layer(locale__timezone="Pacific/Chatham"),))
    assert any("no full hour" in str(one) for one in warnings_of(merge(record)))


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [("X4U", "de", "de"), ("X4U", "cs", "cz"), ("X6", "es", "10"), ("V67", "es", "6"), ("X6", "cs", None)],
)
def test_languages_by_series(name: str, language: str, expected: str | None) -> None:
    assert one(name, locale__language=language).get("phone/display/DefaultLanguage") == expected


def test_no_vlan_is_said() -> None:
    keys = one("X4U")
    assert {key: keys[f"qos/{key}"] for key in ("EnableVLAN", "VLANID", "EnablePVID", "PVIDValue")} == {
        "EnableVLAN": "0", "VLANID": "256", "EnablePVID": "0", "PVIDValue": "254",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("transport", "number", "srv", "port"), [("udp", "0", "0", "5060"), ("tcp", "1", "0", "5060"),
                                              ("tls", "3", "0", "5061"), ("srv", "0", "1", "")]
)  # fmt: skip
def test_transports(transport: str, number: str, srv: str, port: str) -> None:
    keys = one("X4U", sip__transport=transport)
    got = [keys[f"sip/line1/{name}"] for name in ("Transport", "DNSSRV", "RegisterPort")]
    assert [number, srv, port] == got


@pytest.mark.parametrize("name", ["X4U", "X4", "X303"])
def test_an_ipv6_address_has_no_brackets_beside_its_port(name: str) -> None:
    servers = {"sip__server": "[2001:db8::5]", "sip__outbound_proxy": "[2001:db8::6]:5070"}
    keys = {key.replace(" ", ""): value for key, value in one(name, **servers).items()}
    found = [
        [value for key, value in keys.items() if re.search(rf"(line|SIP)1/?{part}Addr$", key)]
        for part in ("Register", "Proxy")
    ]
    assert [["2001:db8::5"], ["2001:db8::6"]] == found


def test_codecs_are_spelled_by_format() -> None:
    chosen = ("pcma", "opus", "g722")
    assert one("X4U", audio__codecs=chosen)["sip/line1/VoiceCodecMap"] == "PCMA,OPUS,G722"
    assert one("X4", audio__codecs=chosen)["SIPCONFIGMODULE/SIPLineList/SIPLineListEntrySIP1/VoiceCodecMap"] == (
        "G711A,G722"
    )
    assert one("X4", audio__codecs=("opus",))["SIPCONFIGMODULE/SIPLineList/SIPLineListEntrySIP1/VoiceCodecMap"] == (
        "G711U,G711A"
    )


def test_do_not_disturb_is_the_accounts() -> None:
    keys = one("X4U", calls__dnd=True)
    assert (keys["call/port1/DNDMode"], keys["sip/line1/EnableDND"]) == ("2", "1")
    assert one("X4U")["call/port1/DNDMode"] == "0"


def test_polling_and_the_way_back() -> None:
    keys = one("X4U", phone__poll_minutes=90)
    assert (keys["ap/FlashMode"], keys["ap/FlashInterval"], keys["ap/FlashProtocol"]) == ("2", "2", "5")
    assert not keys["ap/FlashServerIP"].endswith("/")
    assert one("X4U", phone__poll_minutes=0)["ap/FlashMode"] == "1"


@pytest.mark.parametrize(
    ("name", "firmware", "keys"),
    [
        ("X4U", None, ("ap/DefaultUsername", "ap/DefaultPassword")),
        ("V64", "2.4.3", ("ap/DefaultUsername", "ap/DefaultPassword")),
        ("V64", None, ("AUTOUPDATECONFIGMODULE/DownloadUsername", "AUTOUPDATECONFIGMODULE/DownloadPassword")),
        ("X4", None, ("AUTOUPDATECONFIGMODULE/DownloadUsername", "AUTOUPDATECONFIGMODULE/DownloadPassword")),
        ("X303", None, ("AUTOUPDATE CONFIG MODULE/Default Username", "AUTOUPDATE CONFIG MODULE/Default Password")),
    ],
)
def test_the_http_login_has_the_names_of_the_format(name: str, firmware: str | None, keys: tuple[str, str]) -> None:
    record = replace(rich_record("fanvil", name), firmware=firmware, http_password="Gen3rated")
    told = keys_in(record)
    assert ("805ec0123456", "Gen3rated") == (told[keys[0]], told[keys[1]])


def test_guest_has_no_known_password() -> None:
    assert one("X4U")["web/account2/Password"] == "Gen3rated-Passw0rd"
    assert one("X4U", phone__user_password="u")["web/account2/Password"] == "u"


def test_nobody_presses_keys_by_url() -> None:
    assert "0" == one("X4U")["cti/EnabledActiveUri"]
    assert "0" == one("X303")["CTI CONFIG MODULE/Enabled Active Uri"]


@pytest.mark.parametrize(
    ("name", "firmware", "key"),
    [
        ("V64", None, "UIMAINTAINCONFIGMODULE/SidekeyLabelLength"),
        ("V64", "2.4.3", "uiMainTainConfig/SidekeyLabelLength"),
        ("V61G", None, "uiMainTainConfig/SidekeyLabelLength"),
    ],
)
def test_a_v_phone_shows_more_than_two_letters_of_a_label(name: str, firmware: str | None, key: str) -> None:
    assert "7" == one(name, firmware)[key]


@pytest.mark.parametrize("name", ["X4U", "X4", "V67", "W611W"])
def test_other_phones_keep_the_length_of_their_labels(name: str) -> None:
    assert not [key for key in one(name) if "LabelLength" in key]


def test_the_web_switch_is_warned_of() -> None:
    record = replace(empty_record("fanvil", "X4U"), layers=(tenant_layer(phone__web=False),))
    assert any("web pages" in str(one) for one in warnings_of(merge(record)))


def test_misspelled_names_are_kept() -> None:
    assert "qos/SingallingDSCP" in one("X4U")
    assert "QOSCONFIGMODULE/SingallingDSCP" in one("X4")
    assert "SIPCONFIGMODULE/SIPLineList/SIPLineListEntrySIP1/NoAnswerFWDN" in one("X4")


@every_model
def test_hostile_names_survive(name: str) -> None:
    values = keys_in(rich_record("fanvil", name))
    shown = [value for key, value in values.items() if key.endswith(("/DisplayName", " Display Name"))]
    assert shown[0] == HOSTILE_NAME


def test_a_native_key_goes_to_its_section_of_the_text() -> None:
    from tests.factories import native

    wanted = replace(native(), keys={"SIP Line List/SIP1 PRACK": "1"})
    text = body(replace(empty_record("fanvil", "X303"), native=(wanted,)))
    assert dict(text_rows(text))["SIP Line List/SIP1 PRACK"] == "1"
