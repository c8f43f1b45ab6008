"""Gigaset's four dialects, read by another parser than ours, and what trips them over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.errors import Broken
from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.recognise import Ask, recognise, vendor_by_oui
from provisioner.record import ExtensionRecord, HandsetRecord, Layer, LocationRecord, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import View, document_of, render
from provisioner.timezones import zone, zone_names
from provisioner.values import Ipei, Mac, Mode, Owner
from provisioner.vendors.gigaset import frame, words
from tests.factories import HOSTILE_NAME, TOKEN_URL, button, empty_record, extension, native, rich_record, tenant_layer

GIGASET = vendors()["gigaset"]
MODELS = list(GIGASET.models.values())
FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "gigaset"
DECT = [model for model in MODELS if model.handsets]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
ONE_OF_EACH = ("N510 IP PRO", "N720 DM PRO", "N870 IP PRO", "Maxwell 3", "P850")
one_of_each = pytest.mark.parametrize("model", ONE_OF_EACH)


def config_of(model: str) -> Any:
    return next(file for file in GIGASET.files if file.template and file.fits(GIGASET.models[model]))


def body_of(record: Record) -> bytes:
    return render(merge(record), config_of(record.model)).body


def parse(body: bytes) -> dict[str, str]:
    """Every key of a file by the eyes of the standard library, each of which may stand there once."""
    root = ElementTree.fromstring(body)
    readers = {"ProviderFrame": _frame, "provisioning": _provisioning, "settings": _settings}
    pairs = readers[root.tag](root)
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1][:3]
    return dict(pairs)


def _frame(root: ElementTree.Element) -> list[tuple[str, str]]:
    assert ["Provider"] == [child.tag for child in root]
    for item in root[0]:
        text = item.attrib["value"]
        is_text = any(part in item.get("ID", "") for part in ("auc", "WebUIPassword")) and "Kds" not in item.get(
            "ID", ""
        )
        if is_text and "VOCODER" not in item.get("ID", ""):
            assert text[0] == text[-1] == '"', item.attrib
    return [(item.get("ID", item.tag), item.attrib["value"]) for item in root[0]]


def _provisioning(root: ElementTree.Element) -> list[tuple[str, str]]:
    assert ("1.1", ["nvm"]) == (root.get("version"), [child.tag for child in root])
    found = []
    for item in root[0]:
        if item.tag == "oper":
            found.append(
                (f"{item.get('name')} {item.get('value', '')}".strip(), " ".join(one.attrib["value"] for one in item))
            )
        else:
            found.append((item.attrib["name"], item.attrib["value"]))
    return found


def _settings(root: ElementTree.Element) -> list[tuple[str, str]]:
    assert ["phone-settings", "functionKeys"] == [child.tag for child in root]
    keys = [
        (f"fkey {key.get('idx')}", "|".join((key.text or "", key.get("context", ""), key.get("label", ""))))
        for key in root[1]
    ]
    return [(f"{one.tag} {one.get('idx', '')}".strip(), one.text or "") for one in root[0]] + keys


def keys_of(record: Record) -> dict[str, str]:
    return parse(body_of(record))


def at(place: str, country: str | None = None, **values: Any) -> LocationRecord:
    given = {"locale.timezone": place, "locale.country": country, **values}
    return LocationRecord(rule="device", name="X", fields={}, layer=Layer(origin=tenant_layer().origin, values=given))


def one_account(model: str, **sip: Any) -> Record:
    record = empty_record("gigaset", model)
    people = (extension("2001", "Anna", **sip),)
    return replace(record, extensions=people)


def four_handsets(model: str) -> tuple[HandsetRecord, ...]:
    """Two known by IPEI, one by its place only, and one that has two extensions."""
    people = [extension(str(number), f"User {number}") for number in (2001, 2002, 2003, 2004, 12005)]
    return (
        HandsetRecord(name="Ward 1", ipei=Ipei.parse("029E74A599"), slot=2, extensions=(people[0],)),
        HandsetRecord(name="Ward 2", ipei=Ipei.parse("02B6EC8AA5"), slot=1, extensions=(people[1],)),
        HandsetRecord(name="Porter", ipei=None, slot=4, extensions=(people[2],)),
        HandsetRecord(name="Chief", ipei=Ipei.parse("57005-0782068-7"), slot=3, extensions=(people[3], people[4])),
    )


def said(record: Record) -> dict[str, str]:
    return {warned.slot: warned.message for warned in warnings_of(merge(record))}


# Every model


@every_model
def test_full_and_empty_files_are_well_formed_and_state_nothing_twice(model: Any) -> None:
    for record in (empty_record("gigaset", model.name), rich_record("gigaset", model.name)):
        assert keys_of(record)


def is_account_switch(key: str) -> bool:
    return key.startswith("SIP.Account.") and key.count(".") == 3 and key.endswith(".Active")


@every_model
def test_no_account_lies_beyond_the_model_and_all_are_stated(model: Any) -> None:
    keys = keys_of(empty_record("gigaset", model.name))
    active = {
        "n510": [f"BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_{n}" for n in range(1, model.accounts + 1)],
        "n720": [f"BS_VOIP_Data.astVoipAccounts[{n}].ucB_SIP_ACCOUNT_IS_ACTIVE_1" for n in range(model.accounts)],
        "maxwell": [f"SIP.Account.{n}.Active" for n in range(model.accounts)],
        "desktop": [f"user_active {n}" for n in range(1, model.accounts + 1)],
        "nx70": [],
    }[model.extra["dialect"]]
    stated = [key for key in keys if "IS_ACTIVE" in key or "user_active" in key or is_account_switch(key)]
    assert active == stated
    assert {keys[key] for key in active} <= {"0", "0x0", "off"}


@every_model
def test_an_unused_account_keeps_no_trace_of_an_old_one(model: Any) -> None:
    keys = keys_of(empty_record("gigaset", model.name))
    leftovers = {
        key: value
        for key, value in keys.items()
        if any(
            part in key for part in ("aucS_SIP_", "AuthName", "AuthPassword", "Username", "user_pass ", "user_name ")
        )
    }
    assert {"", '""'} >= set(leftovers.values())


@every_model
def test_no_key_lies_beyond_the_model(model: Any) -> None:
    keys = keys_of(rich_record("gigaset", model.name))
    function_keys = {int(key.split(".")[3]) for key in keys if "FunctionKeys" in key}
    assert set(range(model.line_keys if model.extra["dialect"] == "maxwell" else 0)) == function_keys
    indices = {int(key.split()[1]) for key in keys if key.startswith("fkey")}
    if model.extra["dialect"] == "desktop":
        first = model.extra["first_module"]
        assert {*range(model.line_keys), *range(first, first + model.expansion.keys)} == indices


@one_of_each
@pytest.mark.parametrize(
    "text", ["]]>", "<!--", "a\"b'c", "&#10;&quot;", "x" * 500, "{{ 7 }}", "a\x00\nb", "' value='", "%s;#"]
)
def test_no_name_breaks_the_file_or_touches_another_key(model: str, text: str) -> None:
    record = rich_record("gigaset", model, handsets=(), template=None)
    tame, wild = (
        keys_of(replace(record, extensions=(replace(extension("100"), name=name),))) for name in ("Tame", text)
    )
    assert list(tame) == list(wild)
    assert all("Tame" in tame[key] for key in tame if tame[key] != wild[key])
    assert [key for key in wild if GIGASET.syntax.carry(text) in wild[key]]


@one_of_each
def test_no_time_stamp_makes_two_files_of_one_device_differ(model: str) -> None:
    assert body_of(rich_record("gigaset", model)) == body_of(rich_record("gigaset", model))
    assert "VERSION" not in keys_of(rich_record("gigaset", model))


# Dialects by product line


def test_the_dialect_goes_by_the_model() -> None:
    roots = {model: ElementTree.fromstring(body_of(empty_record("gigaset", model))).tag for model in ONE_OF_EACH}
    assert ["ProviderFrame", "ProviderFrame", "provisioning", "provisioning", "settings"] == list(roots.values())


def test_the_case_of_the_mac_in_a_file_name_differs_by_line() -> None:
    mac = Mac.parse("7c2f80abcdef")
    names = {model: config_of(model).name(mac, GIGASET.models[model]) for model in ONE_OF_EACH}
    assert ["7C2F80ABCDEF.xml"] * 2 + ["7c2f80abcdef.xml"] * 3 == list(names.values())
    for path in ("/7C2F80ABCDEF.xml", "/7c2f80abcdef.xml"):
        assert ("gigaset", mac) == (recognise(Ask(path=path)).vendor, recognise(Ask(path=path)).mac)


@pytest.mark.parametrize(
    ("mac", "vendor"),
    [
        ("7c2f80000001", "gigaset"), ("000413e20001", "gigaset"), ("000413809fff", "gigaset"),
        ("00041380a1ff", "snom"), ("00041380a200", "gigaset"), ("00041380f5ff", "gigaset"),
        ("00041380f8df", "snom"), ("00041380f8e0", "gigaset"), ("000413d84f2f", "snom"),
        ("000413d84f30", "gigaset"), ("000413d8527f", "gigaset"), ("000413d85280", "snom"),
        ("000413d86ee0", "gigaset"), ("000413d8719f", "gigaset"), ("000413d871a0", "snom"),
        ("00acdce40001", "gigaset"), ("000413b60680", "snom"),
    ],
)  # fmt: skip
def test_ranges_within_another_makers_oui(mac: str, vendor: str) -> None:
    assert vendor == vendor_by_oui(Mac.parse(mac))


def test_the_release_begins_with_the_product() -> None:
    assert (83, 2, 65, 0) == GIGASET.release("83.V2.65.0")
    assert (70, 117, 0, 0, 0) == GIGASET.release("70.117.00.000.000")


@pytest.mark.parametrize(("firmware", "known"), [("83.V2.51.0", False), ("83.V2.52.0", True), (None, True)])
def test_reboots_on_check_sync_are_an_option_from_2_52(firmware: str | None, known: bool) -> None:
    record = replace(rich_record("gigaset", "N870 IP PRO"), firmware=firmware)
    assert known is ("SystemSettings.global.CheckSyncRebootEnabled" in keys_of(record))


# Nx70


def test_a_handset_is_named_by_its_ipui_in_lower_case() -> None:
    keys = keys_of(replace(empty_record("gigaset", "N870 IP PRO"), handsets=four_handsets("N870 IP PRO")))
    assert "ToReg" == keys["add_hs 029e74a599"]
    assert ("2001", "auth2001", "User 2001") == tuple(
        keys[f"SipAccount.029e74a599.{field}"] for field in ("UserName", "AuthName", "DisplayName")
    )
    assert ("1", "*97") == (
        keys["SipAccount.029e74a599.VoiceMailActive"],
        keys["SipAccount.029e74a599.VoiceMailMailbox"],
    )


def test_a_handset_without_ipei_has_a_place_and_the_pin_tells_it() -> None:
    keys = keys_of(replace(empty_record("gigaset", "N870 IP PRO"), handsets=four_handsets("N870 IP PRO")))
    assert ("ToReg", "2003") == (keys["add_hs 0_4"], keys["hs.0_4.DECT_AC"])


@pytest.mark.parametrize(("number", "pin"), [("2001", "2001"), ("12005", "2005"), ("7", "0007"), ("anna", "0000")])
def test_the_pin_is_the_end_of_the_extension(number: str, pin: str) -> None:
    handset = HandsetRecord(name="", ipei=Ipei.parse("029E74A599"), slot=1, extensions=(extension(number),))
    keys = keys_of(replace(empty_record("gigaset", "N610 IP PRO"), handsets=(handset,)))
    assert pin == keys["hs.029e74a599.DECT_AC"]


def test_handsets_are_taken_off_only_when_all_others_are_known() -> None:
    known = four_handsets("N870 IP PRO")[:2]
    base = empty_record("gigaset", "N870 IP PRO")
    sweeping = replace(base, handsets=known)
    first = next(iter(ElementTree.fromstring(body_of(sweeping))[0]))
    assert ("oper", "DeleteNotProvisionedHS") == (first.tag, first.get("name"))
    assert "taken off" in said(sweeping)["handsets"]
    for record in (base, replace(base, handsets=four_handsets("N870 IP PRO")), one_account("N870 IP PRO")):
        assert "DeleteNotProvisionedHS" not in keys_of(record)


def test_the_sweep_can_be_taken_out_natively() -> None:
    record = replace(
        empty_record("gigaset", "N870 IP PRO"),
        handsets=four_handsets("N870 IP PRO")[:2],
        native=(native(DeleteNotProvisionedHS=None),),
    )
    assert "DeleteNotProvisionedHS" not in keys_of(record)


def test_a_registration_window_is_opened_natively() -> None:
    given = replace(native(), keys={"update_dm[local].RegStart": "1790000000", "update_dm[local].RegDuration": "900"})
    root = ElementTree.fromstring(body_of(replace(empty_record("gigaset", "N870 IP PRO"), native=(given,))))
    window = [one for one in root.iter("oper") if one.get("name") == "update_dm"]
    assert [["RegStart", "RegDuration"]] == [[one.get("name") for one in oper] for oper in window]


def test_an_operation_goes_with_its_last_parameter() -> None:
    given = replace(native(), keys={"add_hs[029e74a599].hs.RegStatus": None})
    record = replace(empty_record("gigaset", "N870 IP PRO"), handsets=four_handsets("x")[:2], native=(given,))
    assert "add_hs 029e74a599" not in keys_of(record)
    assert "add_hs 02b6ec8aa5" in keys_of(record)


@pytest.mark.parametrize("key", ["", "a b", 'x"y', "add_hs[].x", "1abc"])
def test_what_is_no_name_is_no_native_key(key: str) -> None:
    for model in ("N870 IP PRO", "P850") if "[" in key else ("N870 IP PRO", "N510 IP PRO", "P850"):
        with pytest.raises(Broken):
            document_of(
                merge(replace(empty_record("gigaset", model), native=(replace(native(), keys={key: "1"}),))),
                config_of(model),
            )


def test_accounts_of_one_server_share_its_number() -> None:
    keys = keys_of(replace(empty_record("gigaset", "N870 IP PRO"), handsets=four_handsets("x")))
    assert {"0"} == {value for key, value in keys.items() if key.endswith("ProviderId")}
    assert [] == [key for key in keys if key.startswith("SipProvider.1.")]
    other = HandsetRecord(name="", ipei=None, slot=9, extensions=(extension("300", server="other.example", port=5070),))
    keys = keys_of(replace(empty_record("gigaset", "N870 IP PRO"), handsets=(*four_handsets("x"), other)))
    assert ("1", "other.example", "5070") == (
        keys["SipAccount.0_9.ProviderId"], keys["SipProvider.1.RegServerAddress"], keys["SipProvider.1.RegServerPort"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sip", "expected"),
    [
        ({"dtmf": "inband"}, {"DTMFTransmission": "1"}),
        ({"dtmf": "info"}, {"DTMFTransmission": "4"}),
        ({"transport": "tcp"}, {"TransportProtocol": "2", "RegServerPort": "5060"}),
        ({"transport": "tls"}, {"TransportProtocol": "3", "RegServerPort": "5061", "UseSIPS": "0"}),
        ({"srtp": "optional"}, {"SRTP_Enabled": "1", "AcceptNonSRTPCalls": "1"}),
        ({"srtp": "mandatory"}, {"SRTP_Enabled": "1", "AcceptNonSRTPCalls": "0"}),
        ({"outbound_proxy": "edge:5070"}, {"OutboundProxyMode": "0", "OutboundProxyAddress": "edge"}),
        ({"outbound_proxy": "edge:5070"}, {"OutboundProxyPort": "5070"}),
        ({}, {"OutboundProxyMode": "2", "OutboundProxyAddress": ""}),
        ({}, {"FailoverServerEnabled": "0", "FailoverServerAddress": ""}),
        ({"backup_server": "b"}, {"FailoverServerEnabled": "1", "FailoverServerAddress": "b"}),
        ({"backup_server": "b:5070"}, {"FailoverServerPort": "5070"}),
        ({"expires": 300, "subscribe_mwi": False}, {"RegServerRefreshTimer": "300", "MWISubscription": "0"}),
        ({"server": None}, {"RegServerAddress": "", "Domain": ""}),
    ],
)  # fmt: skip
def test_servers_of_nx70_bases(sip: dict[str, Any], expected: dict[str, str]) -> None:
    keys = keys_of(one_account("N670 IP PRO", **sip))
    assert expected == {name: keys[f"SipProvider.0.{name}"] for name in expected}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("America/Chicago", "America/Chicago"), ("Europe/Berlin", "Europe/Berlin"), ("Asia/Kolkata", None),
        ("Australia/Sydney", "Australia/Sydney"), ("America/Phoenix", None), ("Etc/UTC", "Greenwich"),
        ("America/Toronto", "America/New_York"), ("Europe/Kyiv", "Europe/Athens"),
        ("Europe/Dublin", "Europe/Dublin"), ("US/Central", "America/Chicago"),
    ],
)  # fmt: skip
def test_time_zones_of_nx70_bases_are_of_a_closed_list(place: str, name: str | None) -> None:
    record = replace(empty_record("gigaset", "N870 IP PRO"), location=at(place))
    assert name == keys_of(record).get("DmGlobal.0.TimeZone")
    assert (name is None) is ("locale.timezone" in said(record))


def test_a_zone_that_stands_for_another_has_its_time() -> None:
    for name in zone_names():
        record = replace(empty_record("gigaset", "N610 IP PRO"), location=at(name))
        told = keys_of(record).get("DmGlobal.0.TimeZone") if name.startswith(("America/A", "Europe/")) else None
        if told:
            assert zone(told).posix_normalised.split(",")[1:] == zone(name).posix_normalised.split(",")[1:]
            assert zone(told).offset_s == zone(name).offset_s


def test_a_base_below_another_one_only_learns_its_way_back() -> None:
    record = replace(rich_record("gigaset", "N870 IP PRO"), master=Mac.parse("7c2f80000001"))
    keys = keys_of(record)
    assert [] == [key for key in keys if key.startswith(("SipAccount", "SipProvider", "hs.", "add_hs", "Delete"))]
    assert TOKEN_URL.rstrip("/") == keys["Provisioning.global.ProvisioningServer"]
    manager = replace(rich_record("gigaset", "N720 DM PRO"), master=Mac.parse("7c2f80000001"))
    assert [] == [key for key in keys_of(manager) if "astVoip" in key]


def test_the_master_of_a_system_gets_the_whole_file() -> None:
    record = rich_record("gigaset", "N870 IP PRO")
    leading = replace(record, bases=(record.mac, Mac.parse("7c2f80000002")))
    assert keys_of(record) == keys_of(leading)


def test_a_second_extension_of_a_handset_is_told() -> None:
    for model in ("N870 IP PRO", "N720 DM PRO"):
        assert (
            "one account" in said(replace(empty_record("gigaset", model), handsets=four_handsets(model)))["handset 3"]
        )


def test_buttons_on_a_dect_handset_are_never_dropped_in_silence() -> None:
    record = replace(rich_record("gigaset", "N870 IP PRO"), template=None, buttons=(button("line:1", Mode.BLF),))
    assert "line:1" in said(record)


# Four handsets, byte for byte


@pytest.mark.parametrize("model", ["N510 IP PRO", "N720 DM PRO", "N870 IP PRO"])
def test_four_handsets_golden(model: str, request: pytest.FixtureRequest) -> None:
    record = replace(rich_record("gigaset", model, mac="7c2f80123456"), handsets=four_handsets(model))
    golden = FIXTURES / f"four-handsets-{model[:4].lower()}.xml"
    if request.config.getoption("--update-goldens"):
        golden.write_bytes(body_of(record))
    assert golden.read_bytes() == body_of(record)


# ProviderFrame


@pytest.mark.parametrize("model", ["N510 IP PRO", "C610 IP", "N720 DM PRO"])
def test_a_provider_frame_has_its_mac_and_a_name(model: str) -> None:
    keys = keys_of(rich_record("gigaset", model, mac="7c2f80abcdef"))
    assert ("7C2F80ABCDEF", "PBX") == (keys["MAC_ADDRESS"], keys["PROFILE_NAME"])


def test_texts_stand_in_double_quotes_within_single_ones() -> None:
    body = body_of(rich_record("gigaset", "N510 IP PRO"))
    assert body.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<ProviderFrame ')
    assert b"""value='"auth100"'""" in body
    assert b"""value='""'""" in body
    assert b"&quot;" not in body
    assert body.isascii()


def test_names_come_out_of_a_provider_frame_as_they_went_in() -> None:
    keys = keys_of(rich_record("gigaset", "N510 IP PRO"))
    assert f'"{HOSTILE_NAME}"' == keys["BS_IP_Data1.aucS_SIP_DISPLAYNAME"]
    assert '"Ärzte 東京"' == keys["BS_IP_Data1.aucS_SIP_DISPLAYNAME_2"]


def test_the_first_account_has_no_number_in_most_names() -> None:
    keys = keys_of(rich_record("gigaset", "N510 IP PRO"))
    assert {"BS_IP_Data1.aucS_SIP_USER_ID", "BS_IP_Data1.aucS_SIP_USER_ID_6"} <= set(keys)
    assert "BS_IP_Data1.aucS_SIP_USER_ID_1" not in keys
    assert {"BS_IP_Data1.aucS_SIP_ACCOUNT_NAME_1", "BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_1"} <= set(keys)


def test_masks_route_accounts_to_handsets() -> None:
    keys = keys_of(replace(empty_record("gigaset", "N510 IP PRO"), handsets=four_handsets("N510 IP PRO")))
    masks = [keys[f"BS_Accounts.astAccounts[{i}].uiReceiveMask"] for i in range(6)]
    # Accounts are in the order of the handsets' places: 2002, 2001, 2004 and 12005, 2003.
    assert ["0x1", "0x2", "0x4", "0x4", "0x8", "0x0"] == masks
    assert masks == [keys[f"BS_Accounts.astAccounts[{i}].uiSendMask"] for i in range(6)]


def test_an_account_rings_on_every_handset_that_shares_it() -> None:
    people = (extension("100"),)
    handsets = tuple(HandsetRecord(name=str(n), ipei=None, slot=n, extensions=people) for n in (1, 3, 6))
    keys = keys_of(replace(empty_record("gigaset", "N510 IP PRO"), handsets=handsets))
    assert "0x25" == keys["BS_Accounts.astAccounts[0].uiReceiveMask"]


@pytest.mark.parametrize(("theirs", "masks"), [((), ["0x2", "0x0"]), ((extension("101"),), ["0x2", "0x1"])])
def test_an_account_of_no_handset_rings_on_the_first_place_that_is_left(
    theirs: tuple[ExtensionRecord, ...], masks: list[str]
) -> None:
    assert "0x1" == keys_of(one_account("N510 IP PRO"))["BS_Accounts.astAccounts[0].uiSendMask"]
    known = HandsetRecord(name="Known", ipei=None, slot=1, extensions=theirs)
    keys = keys_of(replace(one_account("N510 IP PRO"), handsets=(known,)))
    assert masks == [keys[f"BS_Accounts.astAccounts[{i}].uiSendMask"] for i in range(2)]


def test_an_n720_account_has_the_place_of_its_handset() -> None:
    keys = keys_of(replace(empty_record("gigaset", "N720 DM PRO"), handsets=four_handsets("N720 DM PRO")))
    users = [keys[f"BS_VOIP_Data.astVoipAccounts[{i}].aucS_SIP_USER_ID[0]"] for i in range(5)]
    assert ['"2002"', '"2001"', '"2004"', '"2003"', '""'] == users


def test_codecs_fill_five_places() -> None:
    record = replace(one_account("N510 IP PRO"), layers=(tenant_layer(audio__codecs=("g729", "pcmu")),))
    assert "0x03,0x00,0xff,0xff,0xff" == keys_of(record)["BS_IP_Data1.ucI_SIP_PREFERRED_VOCODER"]
    only_opus = replace(one_account("N510 IP PRO"), layers=(tenant_layer(audio__codecs=("opus",)),))
    assert "BS_IP_Data1.ucI_SIP_PREFERRED_VOCODER" not in keys_of(only_opus)


@pytest.mark.parametrize(
    ("place", "code", "changes"),
    [
        ("America/Chicago", "0x9", "0x1"), ("Europe/Berlin", "0x1b", "0x1"), ("Asia/Kolkata", "0x30", "0x0"),
        ("Australia/Sydney", "0x43", "0x1"), ("Australia/Brisbane", "0x43", "0x0"), ("America/Phoenix", "0x5", "0x0"),
        ("Etc/UTC", "0x19", "0x0"), ("Europe/London", "0x1a", "0x1"), ("America/Sao_Paulo", "0x14", "0x0"),
        ("America/St_Johns", "0x12", "0x1"), ("Europe/Paris", "0x1b", "0x1"), ("Asia/Tehran", "0x2a", "0x0"),
        ("Pacific/Chatham", None, "0x0"), ("America/Los_Angeles", "0x4", "0x1"),
    ],
)  # fmt: skip
def test_time_zones_of_provider_frames(place: str, code: str | None, changes: str) -> None:
    for model, prefix in (("N510 IP PRO", "BS_IP_Data1"), ("N720 DM PRO", "BS_IP_Data")):
        keys = keys_of(replace(empty_record("gigaset", model), location=at(place)))
        assert code == keys.get(f"{prefix}.uiI_TIME_TIMEZONE")
        assert changes == keys[f"{prefix}.ucB_TIME_USE_AUTOMATIC_DST"]


def test_no_code_has_another_offset_and_changes_are_told_when_they_are_lost() -> None:
    for name in zone_names():
        code, changes = frame.zone_code(zone(name))
        if code is not None:
            assert zone(words.FRAME_ZONES[code]).offset_s == zone(name).offset_s
        assert not changes or zone(name).start
    assert (
        "clock"
        in said(replace(empty_record("gigaset", "N510 IP PRO"), location=at("America/Santiago")))["locale.timezone"]
    )


def test_country_codes_are_the_web_pages() -> None:
    for country, code in (
        ("DE", "0x19"),
        ("FR", "0x18"),
        ("GB", "0x4a"),
        ("NL", "0x30"),
        ("US", "0x4b"),
        (None, "0xff"),
    ):
        record = replace(empty_record("gigaset", "N510 IP PRO"), location=at("Etc/UTC", country))
        assert code == keys_of(record)["BS_IP_Data1.uiI_TIME_COUNTRY"]


@pytest.mark.parametrize(
    ("password", "pin"), [("1234", "0x12,0x34"), ("0099", "0x00,0x99"), ("12345", None), ("١٢٣٤", None)]
)
def test_a_password_of_four_digits_is_the_pin(password: str, pin: str | None) -> None:
    record = replace(empty_record("gigaset", "N510 IP PRO"), layers=(tenant_layer(phone__admin_password=password),))
    assert pin == keys_of(record).get("BS_CUSTOM.aucKdsPin[0]")
    assert (pin is None) is ("phone.admin_password" in said(record))


def test_an_http_url_loses_its_scheme_and_https_keeps_it() -> None:
    record = rich_record("gigaset", "N510 IP PRO", mac="7c2f80abcdef")
    plain = keys_of(replace(record, url="http://prov.example/d/abc/"))
    assert '"prov.example/d/abc/7C2F80ABCDEF.xml"' == plain["S_CONFIGFILE_URL"]
    assert '"prov.example/d/abc"' == plain["BS_IP_Data1.aucS_DATA_SERVER[0]"]
    assert keys_of(record)["S_CONFIGFILE_URL"].startswith('"https://')


@pytest.mark.parametrize("master", [None, Mac.parse("7c2f80000001")])
def test_an_n720_learns_its_way_back(master: Mac | None) -> None:
    record = rich_record("gigaset", "N720 DM PRO", mac="7c2f80abcdef")
    keys = keys_of(replace(record, master=master, url="http://prov.example/d/abc/"))
    assert '"prov.example/d/abc/7C2F80ABCDEF.xml"' == keys["S_CONFIGFILE_URL"]
    assert '"http://prov.example/d/abc"' == keys["BS_IP_Data.aucS_DATA_SERVER[%]"]


@pytest.mark.parametrize(("model", "prefix"), [("N510 IP PRO", "BS_IP_Data1"), ("N720 DM PRO", "BS_IP_Data")])
def test_a_vlan_is_switched_off_when_there_is_none(model: str, prefix: str) -> None:
    record = empty_record("gigaset", model)
    assert "0" == keys_of(record)[f"{prefix}.ucB_VLAN_ENABLED"]
    tagged = replace(record, layers=(tenant_layer(phone__vlan=Vlan(id=20, priority=6)),))
    keys = keys_of(tagged)
    assert ("1", "0x14", "6") == tuple(
        keys[f"{prefix}.{name}"] for name in ("ucB_VLAN_ENABLED", "uiI_VLAN_ID", "ucI_VLAN_PRIORITY")
    )


def test_what_a_provider_frame_cannot_do_is_told() -> None:
    record = one_account("N510 IP PRO", transport="tls", srtp="mandatory", backup_server="b")
    told = [warned.message for warned in warnings_of(merge(record)) if warned.slot == "account 1"]
    assert 4 == len(told)
    quoted = replace(empty_record("gigaset", "N510 IP PRO"), extensions=(replace(extension("1", 'a"b'), password="x"),))
    assert "double quote" in said(quoted)["account 1"]


@pytest.mark.parametrize("model", ["N510 IP PRO", "N720 DM PRO"])
def test_a_base_that_speaks_udp_alone_asks_at_the_port_of_udp(model: str) -> None:
    keys = keys_of(one_account(model, transport="tls", outbound_proxy="edge"))
    ports = {port for name, port in keys.items() if name.endswith(("SERVER_PORT", "REGISTRAR_PORT", "PROXY_PORT"))}
    assert {"0x13c4"} == ports


# Maxwell


@pytest.mark.parametrize(
    ("sip", "expected"),
    [
        ({"dtmf": "inband"}, {"SIP.Account.0.DTMFTransmission": "0"}),
        ({"dtmf": "rfc4733"}, {"SIP.Account.0.DTMFTransmission": "1"}),
        ({"dtmf": "info"}, {"SIP.Account.0.DTMFTransmission": "3"}),
        ({"transport": "tls"}, {"SIP.TransportProtocol": "2", "SIP.Security.UseSIPS": "1"}),
        ({"transport": "tls"}, {"SIP.Account.0.ProxyServer.Port": "5061"}),
        ({"srtp": "mandatory"}, {"SIP.Security.SRTP": "1", "SIP.Security.AcceptNonSRTPCalls": "0"}),
        ({"outbound_proxy": "edge"}, {"SIP.Account.0.OutboundProxy.Mode": "0"}),
        ({"outbound_proxy": "edge"}, {"SIP.Account.0.OutboundProxy.Address": "edge"}),
        ({}, {"SIP.Account.0.OutboundProxy.Mode": "2", "SIP.TransportProtocol": "1", "SIP.ActiveCodecs": "9,8,0,18"}),
    ],
)  # fmt: skip
def test_accounts_of_a_maxwell(sip: dict[str, Any], expected: dict[str, str]) -> None:
    keys = keys_of(one_account("Maxwell 3", **sip))
    assert expected == {name: keys[name] for name in expected}


def with_keys(model: str, *rows: Any, **layer: Any) -> dict[str, str]:
    record = rich_record("gigaset", model, template=TemplateRecord(name="T", buttons=rows))
    return keys_of(replace(record, layers=(tenant_layer(**layer),)))


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (button("line:3", Mode.BLF, "102"), {"Type": "4", "PhoneNumber": "102", "CallPickupCode": "*8"}),
        (button("line:3", Mode.BLF, "102", pickup="**"), {"Type": "4", "CallPickupCode": "**"}),
        (button("line:3", Mode.PARK, "701"), {"Type": "4", "PhoneNumber": "701", "CallPickupCode": ""}),
        (button("line:3", Mode.SPEED_DIAL, "5"), {"Type": "3", "PhoneNumber": "5", "EnableCode": ""}),
        (button("line:3", Mode.FORWARD, ""), {"Type": "6", "PhoneNumber": ""}),
        (button("line:3", Mode.PICKUP, "102"), {"Type": "10", "EnableCode": "*8102"}),
        (button("line:3", Mode.GROUP_PICKUP, ""), {"Type": "10", "EnableCode": "*7"}),
        (button("line:3", Mode.VOICEMAIL, ""), {"Type": "10", "EnableCode": "*97"}),
        (button("line:3", Mode.LINE, "2"), {"Type": "0", "Connection": "2"}),
        (button("line:3", Mode.SPEED_DIAL, ""), {"Type": "-1", "DisplayName": ""}),
        (button("line:3", Mode.URL, "http://x/?a=1&b=2"), {"Type": "8", "URL": "http://x/?a=1&b=2"}),
        (button("line:3", Mode.NATIVE, "10;EnableCode=*1;X=x"), {"Type": "10", "EnableCode": "*1", "DisableCode": ""}),
        (button("line:3", Mode.NATIVE, "<x>"), {"Type": "-1"}),
        (button("line:3", Mode.DND, ""), {"Type": "-1"}),
        (button("line:3", Mode.REDIAL, ""), {"Type": "-1"}),
    ],
)  # fmt: skip
def test_keys_of_a_maxwell(row: Any, fields: dict[str, str]) -> None:
    keys = with_keys("Maxwell 3", row, sip__pickup_code="*8", sip__group_pickup_code="*7")
    assert fields == {name: keys[f"PhoneUI.Keys.FunctionKeys.2.{name}"] for name in fields}


def test_soft_keys_that_nobody_gave_are_left_to_the_factory() -> None:
    keys = with_keys("Maxwell 4", button("soft:2", Mode.REDIAL, ""), button("soft:3", Mode.NONE, ""))
    stated = {key: value for key, value in keys.items() if "SoftKeys" in key and key.endswith(".Type")}
    assert {"PhoneUI.Keys.SoftKeys.1.Type": "17", "PhoneUI.Keys.SoftKeys.2.Type": "-1"} == stated
    assert not [key for key in keys_of(empty_record("gigaset", "P850")) if key.startswith("gui_fkey")]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("Europe/Berlin", "GMT+1.Europe/Amsterdam"), ("Europe/London", "GMT.Europe/London"), ("America/Chicago", None),
        ("Asia/Kolkata", None), ("Etc/UTC", None), ("Europe/Rome", "GMT+1.Europe/Amsterdam"),
    ],
)  # fmt: skip
def test_a_maxwell_gets_no_zone_that_would_be_wrong(place: str, name: str | None) -> None:
    record = replace(empty_record("gigaset", "Maxwell 3"), location=at(place))
    assert name == keys_of(record).get("System.DateAndTime.TimeZone")
    assert (name is None) is ("System.DateAndTime.AutoAdjustClockForDST" not in keys_of(record))
    assert (name is None) is ("locale.timezone" in said(record))


def test_a_maxwell_comes_back_by_its_macro_and_ignores_dhcp() -> None:
    keys = keys_of(empty_record("gigaset", "Maxwell Basic"))
    assert f"{TOKEN_URL}%MACD.xml" == keys["System.Provision.ProvisioningServer"]
    assert ("1440", "66,114") == (keys["System.Provision.Period"], keys["NET.IP.IPv4.DHCP.Options.Disabled"])


def test_a_maxwells_vlans() -> None:
    names = ("Tagging", "LAN.Identifier", "PC.Identifier")
    for vlan, expected in (
        (None, ("0", "0", "0")), (Vlan(id=20), ("1", "20", "0")), (Vlan(id=20, pc_id=30), ("2", "20", "30")),
    ):  # fmt: skip
        keys = keys_of(replace(empty_record("gigaset", "Maxwell 3"), layers=(tenant_layer(phone__vlan=vlan),)))
        assert expected == tuple(keys[f"NET.VLAN.{name}"] for name in names)


def test_the_port_of_a_maxwells_account_follows_the_phones_transport() -> None:
    people = (extension("1", transport="tls"), extension("2", transport="udp", outbound_proxy="edge"))
    keys = keys_of(replace(empty_record("gigaset", "Maxwell 3"), extensions=people))
    names = ("0.ProxyServer", "1.RegistrationServer", "1.OutboundProxy")
    assert ["5061"] * 3 == [keys[f"SIP.Account.{name}.Port"] for name in names]


def test_what_all_accounts_of_a_maxwell_share_is_told() -> None:
    people = (extension("1"), extension("2", transport="tls"))
    assert "first" in said(replace(empty_record("gigaset", "Maxwell 3"), extensions=people))["account 2"]


# P-series


def test_the_p_series_comes_back_with_its_mac() -> None:
    keys = keys_of(rich_record("gigaset", "P850"))
    assert f"{TOKEN_URL}{{mac}}.xml" == keys["setting_server"]
    assert "redirection" not in keys["provisioning_order"]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (button("line:3", Mode.BLF, "102", "L", pickup="**"), "blf 102|**|1|L"),
        (button("line:3", Mode.SPEED_DIAL, "5", "L", account=2), "speed 5|2|L"),
        (button("line:3", Mode.DND, "", "L"), "keyevent F_DND|active|L"),
        (button("line:3", Mode.LINE, "2", "L"), "line|2|L"),
        (button("line:3", Mode.FORWARD, "", "L"), "keyevent F_REDIRECT|active|L"),
        (button("line:3", Mode.BLF, "", "L"), "none|1|L"),
        (button("line:3", Mode.NATIVE, "icom;value=7;label=X;context=2", "L"), "icom 7|2|X"),
    ],
)
def test_keys_of_the_p_series(row: Any, text: str) -> None:
    assert text == with_keys("P850", row)["fkey 2"]


def test_modules_of_the_p_series_follow_each_other() -> None:
    rows = tuple(button(f"exp{m}:1", Mode.SPEED_DIAL, f"9{m}") for m in (1, 2, 3))
    for model, expected in (("P850", (40, 100, 160)), ("P710", (4, 22, 40))):
        keys = keys_of(rich_record("gigaset", model, template=None, buttons=rows, modules=3))
        assert ["speed 91", "speed 92", "speed 93"] == [keys[f"fkey {i}"].split("|")[0] for i in expected]


@pytest.mark.parametrize(
    ("place", "code", "offset", "rule"),
    [
        ("America/Chicago", "USA-6", "-21600", "3600 03.02.07 02:00:00 11.01.07 02:00:00"),
        ("Europe/Berlin", "GER+1", "+3600", "3600 03.05.07 02:00:00 10.05.07 03:00:00"),
        ("Asia/Kolkata", "IND+5.5", "+19800", ""),
        ("Australia/Sydney", "AUS+10", "+36000", "3600 10.01.07 02:00:00 04.01.07 03:00:00"),
        ("America/Phoenix", "", "-25200", ""),
    ],
)
def test_the_clock_of_the_p_series(place: str, code: str, offset: str, rule: str) -> None:
    keys = keys_of(replace(empty_record("gigaset", "P850"), location=at(place)))
    assert (code, offset, rule) == (keys["timezone"], keys["utc_offset"], keys["dst"])


@pytest.mark.parametrize(
    ("model", "language", "country", "expected"),
    [
        ("P850", "de", "DE", "de_DE"),
        ("P850", "de", "AT", "de_DE"),
        ("P850", "en", "US", "en_US"),
        ("P850", "en", "GB", None),
        ("P710", "de", "DE", None),
    ],
)
def test_the_p8xx_writes_dates_by_its_locale(model: str, language: str, country: str, expected: str | None) -> None:
    place = at("Etc/UTC", country, **{"locale.language": language})
    assert expected == keys_of(replace(empty_record("gigaset", model), location=place)).get("locale")


def test_a_backup_server_is_a_hidden_identity() -> None:
    keys = keys_of(one_account("P850", backup_server="b.example:5070"))
    assert ("2", "on", "true", "b.example") == (
        keys["user_failover_identity 1"], keys["user_active 2"], keys["hide_identity 2"], keys["user_host 2"],
    )  # fmt: skip


def test_a_registrar_behind_a_proxy_keeps_its_port() -> None:
    keys = keys_of(one_account("P850", port=5099, outbound_proxy="edge", backup_server="b.example:5070"))
    assert ("pbx.acme.example:5099", "b.example:5070") == (keys["user_host 1"], keys["user_host 2"])
    assert {"edge:5060;transport=udp"} == {keys["user_outbound 1"], keys["user_outbound 2"]}
    alone = keys_of(one_account("P850", port=5099))
    assert ("pbx.acme.example", "pbx.acme.example:5099;transport=udp") == (
        alone["user_host 1"], alone["user_outbound 1"],
    )  # fmt: skip


def test_admin_mode_is_never_read_only_and_a_default_may_be_changed() -> None:
    record = empty_record("gigaset", "P850")
    owners = Layer(
        origin=record.device_layer.origin, owners={"locale.language": Owner.DEFAULT, "phone.ntp": Owner.PHONE}
    )
    root = ElementTree.fromstring(body_of(replace(record, device_layer=owners)))[0]
    perms = {one.tag: one.get("perm") for one in root}
    assert ("RW", "!") == (perms["admin_mode"], perms["language"])
    assert "ntp_server" not in perms
    assert {"R", "RW", "!"} >= set(perms.values())


def test_emergency_numbers_work_while_locked() -> None:
    record = replace(
        empty_record("gigaset", "P850"), location=at("Etc/UTC", "US", **{"emergency.numbers": ("911", "933")})
    )
    assert "911 933" == keys_of(record)["keyboard_lock_emergency"]


# Secrets


@one_of_each
def test_a_masked_file_tells_no_pin_token_or_password(model: str) -> None:
    record = replace(
        rich_record("gigaset", model),
        layers=(tenant_layer(phone__admin_password="4711"),),
        url="http://p.example/d/s3cr3t/",
    )
    document = document_of(merge(record), config_of(model), View.MASKED)
    shown = " ".join(value for _, value in document.items())
    assert not [secret for secret in ("4711", "0x47,0x11", "s3cr3t", "pw-100") if secret in shown]
