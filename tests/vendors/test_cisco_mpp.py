"""Flat profiles, read by another parser than ours: adapters, SPA phones, MPP phones and the 9800."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.record import Record
from provisioner.registry import vendors
from provisioner.render import render, render_public
from provisioner.values import Mode
from tests.factories import (
    HOSTILE_NAME,
    TOKEN_URL,
    button,
    empty_record,
    extension,
    native,
    rich_record,
    tenant_layer,
)

CISCO = vendors()["cisco_mpp"]
MODELS = list(CISCO.models.values())
PHONES = [model for model in MODELS if model.extra["family"] in ("spa", "mpp", "phoneos")]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
every_phone = pytest.mark.parametrize("model", PHONES, ids=lambda model: model.name)


def body(record: Record) -> str:
    profile = merge(record)
    file = next(file for file in CISCO.files if file.template and file.fits(profile.model))
    return render(profile, file).body.decode()


def values(record: Record) -> dict[str, str]:
    """Every parameter by its name; a name must not come twice, the last would win."""
    leaves = [one for one in ElementTree.fromstring(body(record)).iter() if len(one) == 0]
    assert len({one.tag for one in leaves}) == len(leaves)
    return {one.tag: one.text or "" for one in leaves}


def of(model: str, firmware: str | None = None, **layer: Any) -> dict[str, str]:
    return values(replace(empty_record("cisco_mpp", model), firmware=firmware, layers=(tenant_layer(**layer),)))


def of_people(model: str, *people: Any, **layer: Any) -> dict[str, str]:
    record = empty_record("cisco_mpp", model)
    return values(replace(record, extensions=people or (extension("100"),), layers=(tenant_layer(**layer),)))


def of_buttons(model: str, *rows: Any, firmware: str | None = None, modules: int | None = None) -> dict[str, str]:
    record = empty_record("cisco_mpp", model)
    people = (extension("100"),)
    return values(replace(record, extensions=people, buttons=rows, firmware=firmware, modules=modules))


def warned(record: Record) -> list[str]:
    return [str(warning) for warning in warnings_of(merge(record))]


def numbers(found: dict[str, str], pattern: str) -> list[int]:
    return sorted(int(match[1]) for name in found if (match := re.fullmatch(pattern, name)))


@every_model
def test_every_account_is_stated_and_unused_ones_are_off_and_wiped(model: Any) -> None:
    for record, used in ((empty_record("cisco_mpp", model.name), 0), (rich_record("cisco_mpp", model.name), 2)):
        found = values(record)
        assert list(range(1, model.accounts + 1)) == numbers(found, r"Line_Enable_(\d+)_")
        assert list(range(1, model.accounts + 1)) == numbers(found, r"Password_(\d+)_")
        for index in range(1, model.accounts + 1):
            assert ("Yes" if index <= used else "No") == found[f"Line_Enable_{index}_"]
            if index > used:
                wiped = ("Display_Name", "User_ID", "Auth_ID", "Password", "Proxy", "Outbound_Proxy", "Mailbox_ID")
                assert {found[f"{name}_{index}_"] for name in wiped} == {""}


@every_model
def test_no_number_goes_beyond_the_model(model: Any) -> None:
    found = values(rich_record("cisco_mpp", model.name))
    keys = set(numbers(found, r"(?:Extension|Extended_Function|Short_Name|Share_Call_Appearance)_(\d+)_"))
    assert set(range(1, model.line_keys + 1)) == keys
    assert list(range(1, model.soft_keys + 1)) == numbers(found, r"PSK_(\d+)")
    lines = set(numbers(found, r"(?!Extension|Extended|Short|Share_Call|Group|Unit|PSK|Cfwd)[A-Za-z0-9_-]+?_(\d+)_"))
    assert set(range(1, model.accounts + 1)) == lines
    module_keys = {match[1] for name in found if (match := re.fullmatch(r"Unit_\d+_Key_(\d+)_?", name))}
    assert {str(n) for n in range(1, (model.expansion.keys if model.expansion else 0) + 1)} == module_keys


@every_model
def test_an_empty_value_is_a_pair_of_tags_and_never_one_that_closes_itself(model: Any) -> None:
    text = body(empty_record("cisco_mpp", model.name))
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<flat-profile>\n')
    assert "<Password_1_></Password_1_>" in text
    assert not re.search(r"/\s*>", re.sub(r"</[^>]+>", "", text))


@every_phone
def test_keys_without_a_button_do_nothing(model: Any) -> None:
    found = values(replace(empty_record("cisco_mpp", model.name), modules=1 if model.expansion else None))
    for number in range(1, model.line_keys + 1):
        assert ("Disabled", "", "") == (
            found[f"Extension_{number}_"],
            found[f"Extended_Function_{number}_"],
            found[f"Short_Name_{number}_"],
        )
    assert {text for name, text in found.items() if re.fullmatch(r"(Unit_\d+_Key_\d+_?|PSK_\d+)", name)} <= {""}


def test_the_keys_of_modules_end_in_a_bar_on_mpp_and_not_on_spa() -> None:
    rows = (button("exp2:5", Mode.SPEED_DIAL, "102", "Lab"),)
    spa = of_buttons("SPA508G", *rows, modules=2)
    mpp = of_buttons("8851", *rows, modules=2)
    assert "fnc=sd;ext=102@$PROXY;vid=1;nme=Lab" == spa["Unit_2_Key_5"] == mpp["Unit_2_Key_5_"]
    assert "Unit_2_Key_5_" not in spa
    assert "Unit_2_Key_5" not in mpp
    assert ("Yes", "Yes") == (spa["Unit_1_Enable"], spa["Unit_2_Enable"])
    assert ("2", "Maximum") == (mpp["Number_of_Units"], mpp["PoE_Power_Required"])
    none = of("8851")
    assert ("0", "Normal") == (none["Number_of_Units"], none["PoE_Power_Required"])
    assert "Number_of_Units" not in of("7841")
    assert ("No", "No") == tuple(of("SPA508G")[f"Unit_{u}_Enable"] for u in (1, 2))


def test_names_of_one_family_are_not_written_for_another() -> None:
    spa, mpp, new = of("SPA504G"), of("8851"), of("9861")
    assert "Admin_Passwd" in spa
    assert "Admin_Password" not in spa
    for one in (mpp, new):
        assert "Admin_Password" in one
        assert "Admin_Passwd" not in one
    assert ("Language_Selection" in mpp, "Phone_Language" in mpp) == (True, False)
    assert ("Language_Selection" in new, "Phone_Language" in new) == (False, True)
    assert ("Enable_VLAN" in mpp, "Enable_VLAN" in new) == (True, False)


@pytest.mark.parametrize("model", ["SPA504G", "7861", "9871"])
def test_a_label_cannot_add_a_field_and_a_string_is_never_too_long(model: str) -> None:
    sly = of_buttons(model, button("line:1", Mode.BLF, "102", "Bob;fnc=sd;ext=999"))
    fields = [part.partition("=")[0] for part in sly["Extended_Function_1_"].split(";")]
    assert ("fnc", "nme", len(set(fields))) == (fields[0], fields[-1], len(fields))
    assert sly["Extended_Function_1_"].endswith(";nme=Bob,fnc=sd,ext=999")
    assert sly["Short_Name_1_"] == "Bob;fnc=sd;ext=999"
    long = of_buttons(model, button("line:1", Mode.BLF, "102", "ü" * 400))["Extended_Function_1_"]
    assert len(long.encode()) <= 511
    assert long.endswith("ü")
    value = of_buttons(model, button("line:1", Mode.SPEED_DIAL, "102;fnc=dnd", "Bob"))["Extended_Function_1_"]
    assert "fnc=sd;ext=102,fnc=dnd@$PROXY;vid=1;nme=Bob" == value


def test_what_keys_do() -> None:
    rows = (
        button("line:1", Mode.LINE, "1", "Me"),
        button("line:2", Mode.BLF, "102", HOSTILE_NAME, pickup="**"),
        button("line:3", Mode.PAGING, "224.0.1.20:5001", "Page; all"),
        button("line:4", Mode.PAGING, "224.0.1.21:5002", "Cellar"),
        button("line:5", Mode.XML, "http://pbx.example/a b;c", "Menu"),
        button("line:6", Mode.DND, "", "DND"),
        button("line:7", Mode.NATIVE, "shortcut;url=userpref", "Prefs"),
        button("line:8", Mode.SPEED_DIAL, "bob@other.example", "Bob"),
        button("line:9", Mode.SHARED_LINE, "1", "Ours"),
    )
    found = of_buttons("8851", *rows)
    assert ("1", "Me", "") == (found["Extension_1_"], found["Short_Name_1_"], found["Extended_Function_1_"])
    watched = "fnc=blf+sd+cp;sub=102@$PROXY;ext=102@$PROXY;vid=1;nme="
    assert watched + HOSTILE_NAME.replace(";", ",") == found["Extended_Function_2_"]
    assert "**" == found["Attendant_Console_Call_Pickup_Code"]
    assert "fnc=sd;ext=800;nme=Page, all" == found["Extended_Function_3_"]
    assert "pggrp=224.0.1.20:5001;name=Page, all;num=800;listen=yes;" == found["Group_1_Paging_Script"]
    assert "pggrp=224.0.1.21:5002;name=Cellar;num=801;listen=yes;" == found["Group_2_Paging_Script"]
    assert "fnc=xml;url=http://pbx.example/a%20b%3Bc;nme=Menu" == found["Extended_Function_5_"]
    assert "fnc=dnd;nme=DND" == found["Extended_Function_6_"]
    assert "fnc=shortcut;url=userpref" == found["Extended_Function_7_"]
    assert "fnc=sd;ext=bob@other.example;vid=1;nme=Bob" == found["Extended_Function_8_"]
    assert ("1", "shared", "shared") == (
        found["Extension_9_"], found["Share_Call_Appearance_9_"], found["Share_Ext_1_"],
    )  # fmt: skip


def test_a_spa_phone_dials_what_it_watches_and_has_codes_for_what_it_has_no_function_for() -> None:
    rows = (button("line:1", Mode.BLF, "102", "Bob"), button("line:2", Mode.DND, "", "DND"))
    found = of_buttons("SPA504G", *rows)
    assert "fnc=blf+sd+cp;sub=102@$PROXY;nme=Bob" == found["Extended_Function_1_"]
    assert "fnc=sd;ext=*78@$PROXY;vid=1;nme=DND" == found["Extended_Function_2_"]
    assert "Asterisk" == found["Server_Type"]


def test_soft_keys_stand_below_the_idle_screen_only_when_there_are_any() -> None:
    none, some = of("8851"), of_buttons("8851", button("soft:2", Mode.SPEED_DIAL, "102", "Lab"))
    assert "No" == none["Programmable_Softkey_Enable"]
    assert "Idle_Key_List" not in none
    assert "Yes" == some["Programmable_Softkey_Enable"]
    assert some["Idle_Key_List"].startswith("psk2;")
    assert ("", "fnc=sd;ext=102@$PROXY;vid=1;nme=Lab") == (some["PSK_1"], some["PSK_2"])


def test_firmware_before_11_3_1_has_one_paging_script_for_all_groups() -> None:
    rows = (
        button("line:1", Mode.PAGING, "224.0.1.20:5001", "A"),
        button("line:2", Mode.PAGING, "224.0.1.21:5001", "B"),
    )
    old, new = of_buttons("8851", *rows, firmware="11.2.3"), of_buttons("8851", *rows, firmware="11.3.1")
    first, second = (f"pggrp=224.0.1.2{n}:5001;name={'AB'[n]};num=80{n};listen=yes;" for n in (0, 1))
    assert first + second == old["Group_Paging_Script"]
    assert not [name for name in old if re.fullmatch(r"Group_\d+_Paging_Script", name)]
    assert (first, second) == (new["Group_1_Paging_Script"], new["Group_2_Paging_Script"])


@pytest.mark.parametrize(
    ("firmware", "forward", "mailbox", "units"),
    [
        ("11.3.1", False, False, False),
        ("11.3(1)", False, False, False),
        ("11.3.2", True, False, False),
        ("11.3.4MPP0101", True, False, False),
        ("11.3.5", True, True, False),
        ("12.0.2", True, True, False),
        ("12.0.3", True, True, True),
        ("12.0.7MPP0001", True, True, True),
    ],
)
def test_names_by_firmware(firmware: str, forward: bool, mailbox: bool, units: bool) -> None:
    record = replace(rich_record("cisco_mpp", "8851"), firmware=firmware)
    found = values(record)
    assert forward == ("Cfwd_All" in found) == ("Cfwd_No_Answer_Delay" in found)
    assert forward != ("Cfwd_No_Ans_Delay" in found)
    assert mailbox == ("Voice_Mail_Enable_1_" in found)
    assert units == ("Unit_1_Short_Name_1_" in found)
    assert "Unit_1_Key_1_" in found


@pytest.mark.parametrize("firmware", [None, "2.0.1", "3.1(1)", "3.3.1"])
def test_the_9800_counts_its_versions_anew_and_has_every_new_name(firmware: str | None) -> None:
    found = values(replace(rich_record("cisco_mpp", "9861"), firmware=firmware))
    assert {"Cfwd_All", "Voice_Mail_Enable_1_", "Unit_1_Short_Name_1_", "Group_10_Paging_Script"} <= set(found)


@pytest.mark.parametrize(
    ("place", "zone", "summer", "rule"),
    [
        ("America/Chicago", "GMT-06:00", "Yes", "start=3/8/7/2:0:0;end=11/1/7/2:0:0;save=1:0:0"),
        ("Europe/Berlin", "GMT+01:00", "Yes", "start=3/-1/7/2:0:0;end=10/-1/7/3:0:0;save=1:0:0"),
        ("Australia/Sydney", "GMT+10:00", "Yes", "start=10/1/7/2:0:0;end=4/1/7/3:0:0;save=1:0:0"),
        ("Asia/Kolkata", "GMT+05:30", "No", ""),
        ("Etc/UTC", "GMT", "No", ""),
    ],
)
@pytest.mark.parametrize("model", ["PAP2T", "SPA504G", "8851", "9861"])
def test_daylight_saving_is_computed(model: str, place: str, zone: str, summer: str, rule: str) -> None:
    found = of(model, locale__timezone=place)
    names = ("Time_Zone", "Daylight_Saving_Time_Enable", "Daylight_Saving_Time_Rule")
    assert (zone, summer, rule) == tuple(found[name] for name in names)
    assert "" == found.get("Time_Offset__HH_mm_", "")


def test_odd_zones_are_kept_or_come_with_a_warning() -> None:
    found = of("8851", locale__timezone="Australia/Lord_Howe")
    assert found["Daylight_Saving_Time_Rule"].endswith(";save=0:30:0")
    record = replace(empty_record("cisco_mpp", "8851"), layers=(tenant_layer(locale__timezone="Pacific/Chatham"),))
    assert any(one.startswith("locale.timezone: ") for one in warned(record))
    assert any("adapter's time zone" in one for one in warned(empty_record("cisco_mpp", "ATA192")))
    assert [] == warned(empty_record("cisco_mpp", "8851"))


def test_the_deputy_stands_in_an_inline_list_behind_the_registrar() -> None:
    alone = of_people("8851", sip__port=5070)
    assert ("pbx.acme.example:5070", "No") == (alone["Proxy_1_"], alone["Use_DNS_SRV_1_"])
    both = of_people("8851", sip__backup_server="b.acme.example:5090")
    expected = "pbx.acme.example:SRV=pbx.acme.example:5060:p=0|b.acme.example:5090:p=1"
    assert (expected, "Yes", "No") == (both["Proxy_1_"], both["Use_DNS_SRV_1_"], both["DNS_SRV_Auto_Prefix_1_"])
    srv = of_people("8851", sip__transport="srv")
    assert ("pbx.acme.example", "Yes", "Yes", "AUTO") == tuple(
        srv[f"{name}_1_"] for name in ("Proxy", "Use_DNS_SRV", "DNS_SRV_Auto_Prefix", "SIP_Transport")
    )
    assert "UDP" == of_people("SPA504G", sip__transport="srv")["SIP_Transport_1_"]


def test_no_port_is_told_where_dns_tells_it() -> None:
    srv = of_people("8851", sip__transport="srv", sip__port=5070)
    assert ("pbx.acme.example", "pbx.acme.example") == (srv["Proxy_1_"], srv["Voice_Mail_Server_1_"])
    both = of_people("8851", sip__transport="srv", sip__port=5070, sip__backup_server="b.acme.example")
    expected = "pbx.acme.example:SRV=pbx.acme.example:5060:p=0|b.acme.example:5060:p=1"
    assert expected == both["Proxy_1_"]


@every_model
def test_emergency_numbers_go_out_at_once_and_anything_may_be_dialled(model: Any) -> None:
    found = of_people(model.name)
    assert "(112S0|911S0|**xx.|*xx.|xx.)" == found["Dial_Plan_1_"]
    assert "112,911" == found["Emergency_Number_1_"]


def test_vlan_is_switched_off_when_none_is_set() -> None:
    vlan = Vlan(id=20, priority=5, pc_id=30)
    for model in ("SPA504G", "8851"):
        off, on = of(model), of(model, phone__vlan=vlan)
        names = ("Enable_VLAN", "VLAN_ID", "PC_Port_VLAN_ID")
        assert ("No", "1", "1") == tuple(off[name] for name in names)
        assert ("Yes", "20", "30") == tuple(on[name] for name in names)
    adapter = of("ATA192"), of("ATA192", phone__vlan=vlan)
    assert ("0", "1") == tuple(one["WAN_VLAN_Enable"] for one in adapter)


def test_the_differentiated_services_are_the_whole_byte() -> None:
    found = of_people("8851", phone__dscp_sip=24, phone__dscp_rtp=46)
    assert ("0x60", "0xb8") == (found["SIP_TOS_DiffServ_Value_1_"], found["RTP_TOS_DiffServ_Value_1_"])


def test_codecs_in_order_and_those_the_device_has_not_are_left_out() -> None:
    layer = {"audio__codecs": ("opus", "g729", "pcma")}
    names = ("Preferred_Codec_1_", "Second_Preferred_Codec_1_", "Third_Preferred_Codec_1_")
    found = of_people("8851", **layer)
    assert ("OPUS", "G729a", "G711a") == tuple(found[name] for name in names)
    assert ("Yes", "No", "No") == tuple(found[f"{name}_Enable_1_"] for name in ("OPUS", "G722", "iLBC"))
    adapter = of_people("PAP2T", **layer)
    assert ("G729a", "G711a", "Unspecified") == tuple(adapter[name] for name in names)


def test_a_notify_needs_no_password_to_resync_and_the_rule_holds_the_token() -> None:
    found = of_people("8851", phone__poll_minutes=60)
    assert ("Yes", "No", "3600") == tuple(
        found[name] for name in ("Resync_From_SIP", "Auth_Resync-Reboot_1_", "Resync_Periodic")
    )
    assert f"{TOKEN_URL}$MA.xml" == found["Profile_Rule"]
    assert {""} == {found[f"Profile_Rule_{letter}"] for letter in "BCD"}


def test_unset_passwords_and_forwards_are_cleared_and_set_ones_are_written() -> None:
    none, some = of_people("8851"), of_people("8851", calls__forward_busy="105", phone__user_password="1234")
    assert ("No", "", "") == (none["Cfwd_Busy"], none["Cfwd_Busy_Dest"], none["User_Password"])
    assert ("Yes", "105", "1234") == (some["Cfwd_Busy"], some["Cfwd_Busy_Dest"], some["User_Password"])
    adapter = of_people("PAP2T", calls__forward_busy="105")
    assert ("105", "") == (adapter["Cfwd_Busy_Dest_1_"], adapter["Cfwd_Busy_Dest_2_"])


def test_srtp_of_one_account_is_offered_on_all_and_that_is_told() -> None:
    people = (extension("100"), extension("101", srtp="mandatory"))
    found = of_people("8851", *people)
    assert ("Yes", "Optional", "Required") == (
        found["Secure_Call_Setting"], found["Secure_Call_Option_1_"], found["Secure_Call_Option_2_"],
    )  # fmt: skip
    assert any("offered on all accounts" in one for one in warned(rich_record("cisco_mpp", "8851")))
    assert "No" == of_people("8851")["Secure_Call_Setting"]


def test_tones_follow_the_country_and_an_unknown_country_is_left_to_the_phone() -> None:
    assert "425@-19;10(*/0/1)" == of("8851", locale__country="DE")["Dial_Tone"]
    assert "350@-19,440@-19;10(*/0/1+2)" == of("8851")["Dial_Tone"]
    assert "Dial_Tone" not in of("8851", locale__country="BR")


def test_old_devices_warn_of_https_and_mpp_phones_do_not() -> None:
    assert any(one.startswith("https: ") for one in warned(empty_record("cisco_mpp", "SPA504G")))
    assert not any(one.startswith("https: ") for one in warned(empty_record("cisco_mpp", "8851")))


@pytest.mark.parametrize(
    "name", [str(model.extra["boot"]) for model in MODELS if "boot" in model.extra] + ["CP-8851-3PCC.xml"]
)
def test_what_a_new_device_asks_for_leads_to_its_own_file_and_names_nobody(name: str) -> None:
    file = next(file for file in CISCO.files if file.kind == "bootstrap")
    answer = render_public(CISCO, file, name)
    found = {one.tag: one.text for one in ElementTree.fromstring(answer.body)}
    assert {"Provision_Enable": "Yes", "Profile_Rule": "/$MA.xml"} == found
    assert not answer.private


def test_native_keys_reach_into_the_routers_section_and_clear_with_a_pair() -> None:
    keys = native(**{"router-configuration/Log_Configuration/Log_Level": "7", "Station_Name": "", "Dial_Tone": None})
    text = body(replace(empty_record("cisco_mpp", "ATA192"), native=(keys,)))
    assert "7" == ElementTree.fromstring(text).findtext("router-configuration/Log_Configuration/Log_Level")
    assert "<Station_Name></Station_Name>" in text
    assert "<Dial_Tone>" not in text
