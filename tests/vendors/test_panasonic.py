"""Panasonic's files as a phone would take them: strictly, line by line, names from the fact sheet.

Nothing here asks the vendor's tables or its reader.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from provisioner.errors import Broken
from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Origin
from provisioner.recognise import Ask, recognise
from provisioner.record import HandsetRecord, Layer, Record
from provisioner.registry import vendors
from provisioner.render import View, document_of, file_names, render
from provisioner.values import Ipei, Mac, Mode, Owner
from provisioner.vendor_api import File, Model
from tests.factories import HOSTILE_NAME, button, empty_record, extension, native, rich_record, tenant_layer

VENDOR = vendors()["panasonic"]
MODELS = list(VENDOR.models.values())
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
HEADER = b"# Panasonic SIP Phone Standard Format File #"
PCC = b"# PCC Standard Format File #"
DESK = (
    "UT113",
    "UT123",
    "UT133",
    "UT136",
    "UT248",
    "UT670",
    "HDV100",
    "HDV130",
    "HDV230",
    "HDV330",
    "HDV430",
    "TGP600",
)


def config_of(model: Model) -> File:
    return next(file for file in VENDOR.files if file.pattern == "Config{MAC}.cfg" and file.fits(model))


def rendered(record: Record) -> bytes:
    profile = merge(record)
    return render(profile, config_of(profile.model)).body


def parsed(record: Record) -> dict[str, str]:
    """The file as the strictest phone reads it (section 10: lint every render)."""
    body = rendered(record)
    assert body.startswith((HEADER, PCC))
    assert body.endswith(b"\r\n\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert len(body) < 120 * 1024
    found: dict[str, str] = {}
    for raw in body.split(b"\r\n"):
        assert len(raw) + 2 <= 537
        line = raw.decode("utf-8")
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r'([A-Z0-9_]{1,32})="([^"\r\n]*)"', line)
        assert match, line
        assert match[1] not in found
        found[match[1]] = match[2]
    return found


def device(model: str, **values: object) -> Record:
    return replace(empty_record("panasonic", model), layers=(tenant_layer(**values),), extensions=(extension("100"),))


def base(model: str, *handsets: tuple[int, tuple[str, ...]], **values: object) -> Record:
    rows = tuple(
        HandsetRecord(name=f"H{slot}", ipei=None, slot=slot, extensions=tuple(extension(n) for n in numbers))
        for slot, numbers in handsets
    )
    return replace(device(model, **values), extensions=(), handsets=rows)


def warned(record: Record) -> set[str]:
    return {one.slot for one in warnings_of(merge(record))}


@every_model
def test_full_and_empty_files_are_what_a_phone_takes(model: Model) -> None:
    for record in (rich_record("panasonic", model.name), empty_record("panasonic", model.name)):
        found = parsed(record)
        lines = {int(n) for key in found for n in re.findall(r"^PHONE_NUMBER_(\d+)$", key)}
        handsets = {int(n) for key in found for n in re.findall(r"^PHONE_NUMBER_PS(\d+)_1$", key)}
        assert (lines or handsets) == set(range(1, model.accounts + 1))
        keys = {int(n) for key in found for n in re.findall(r"^FLEX_BUTTON_FACILITY_ACT(\d+)$", key)}
        assert keys == set(range(1, model.line_keys + 1))
        assert len([key for key in found if key.startswith("DSS_BUTTON_LABEL")]) in (0, 40)


@pytest.mark.parametrize("model", DESK)
def test_unused_lines_are_off_and_hold_nothing(model: str) -> None:
    found = parsed(empty_record("panasonic", model))
    for n in range(1, VENDOR.models[model].accounts + 1):
        assert found[f"LINE_ENABLE_{n}"] == "Disabled"
        for key in ("PHONE_NUMBER", "SIP_AUTHID", "SIP_PASS", "SIP_RGSTR_ADDR", "SIP_PRXY_ADDR", "SIP_PRSNC_ADDR"):
            assert found[f"{key}_{n}"] == ""


@every_model
def test_only_the_tgp5_has_the_pcc_header(model: Model) -> None:
    expected = PCC if model.name in ("TGP500", "TGP550") else HEADER
    for file in VENDOR.files:
        if file.template and file.fits(model):
            body = render(merge(rich_record("panasonic", model.name)), file).body
            assert body.startswith(expected + b" DO NOT CHANGE THIS LINE!\r\n")


@pytest.mark.parametrize(
    "bad",
    [
        'PHONE_NUMBER_1="1"\r\n',
        f'{HEADER.decode()}\r\nSIP_PASS=_PS1"x"\r\n',
        f"{HEADER.decode()}\r\nWL_AIRSYNCGROUP_CS=1\r\n",
        f'{HEADER.decode()}\r\nNAME = "x"\r\n',
        f'{HEADER.decode()}\r\nNAME="x" # comment\r\n',
        f'{HEADER.decode()}\r\nNAME="a"b"\r\n',
        f'{HEADER.decode()}\r\nNAME="a\r\nb"\r\n',
        f'{HEADER.decode()}\r\nName="a"\r\n',
        f'{HEADER.decode()}\r\n{"A" * 33}="a"\r\n',
        f'{HEADER.decode()}\r\nA="1"\r\nA="2"\r\n',
        "",
    ],
)
def test_one_malformed_line_voids_the_file(bad: str) -> None:
    with pytest.raises(Broken):
        VENDOR.syntax.read(bad)


@pytest.mark.parametrize("key", ["Phone_Number", "A B", "A=B", "A" * 33, 'A"', "A\r\nB"])
def test_a_native_key_that_would_void_the_file_breaks_the_render_instead(key: str) -> None:
    with pytest.raises(Broken):
        rendered(replace(device("HDV230"), native=(native(**{key: "x"}),)))


def test_values_are_made_to_fit() -> None:
    carry = VENDOR.syntax.carry
    assert carry('a"b\r\nc') == "a'b c"
    assert len(carry("東" * 500).encode()) <= 500
    assert carry(carry("ä " * 400)) == carry("ä " * 400)
    record = replace(device("HDV230"), native=(native(TEST_KEY='x"\r\nEVIL="1'),))
    assert parsed(record)["TEST_KEY"] == "x' EVIL='1"
    assert HOSTILE_NAME.replace('"', "'") == parsed(rich_record("panasonic", "HDV230"))["DISPLAY_NAME_1"]
    assert "account 1" in warned(rich_record("panasonic", "HDV230"))


@pytest.mark.parametrize(
    ("place", "offset", "start", "stop"),
    [
        ("America/Chicago", "-360", "3 2 0 120", "11 1 0 120"),
        ("Europe/Berlin", "60", "3 5 0 120", "10 5 0 180"),
        ("Australia/Sydney", "600", "10 1 0 120", "4 1 0 180"),
        ("Asia/Kolkata", "330", "", ""),
    ],
)
def test_the_clock(place: str, offset: str, start: str, stop: str) -> None:
    for model in ("HDV230", "UT136", "TGP500", "UDS124"):
        found = parsed(device(model, locale__timezone=place))
        assert (offset, "Y" if start else "N") == (found["TIME_ZONE"], found["DST_ENABLE"])
        for name, rule in (("START", start), ("STOP", stop)):
            fields = ("MONTH", "ORDINAL_DAY", "DAY_OF_WEEK", "TIME")
            assert rule == " ".join(found.get(f"DST_{name}_{field}", "") for field in fields).strip()
        assert ("60" if start else None) == found.get("DST_OFFSET")


def test_the_zone_of_a_ut670_is_left_to_the_phone_and_said() -> None:
    found = parsed(device("UT670"))
    assert not [key for key in found if "ZONE" in key or key.startswith("DST_")]
    assert "locale.timezone" in warned(device("UT670"))


@pytest.mark.parametrize(
    ("mode", "value", "ut", "hdv", "argument"),
    [
        (Mode.LINE, "1", "DN", "LINE", "1"),
        (Mode.BLF, "102", "CONTACT", "BLF", "102"),
        (Mode.PARK, "701", "CONTACT", "BLF", "701"),
        (Mode.QUEUE_LOGIN, "", "ACD", "ACD", ""),
        (Mode.FORWARD, "103", None, "FORWARD", ""),
        (Mode.DIRECTORY, "", None, "PHONEBOOK", ""),
        (Mode.REDIAL, "", None, "CALLLOG", ""),
        (Mode.CONFERENCE, "103", None, "CONFERENCE", ""),
        (Mode.TRANSFER, "103", None, "TRANSFER", "103"),
        (Mode.PAGING, "224.0.1.20:5001", None, None, ""),
        (Mode.URL, "http://a/b", None, None, ""),
        (Mode.DND, "", None, None, ""),
        (Mode.DND, "*78", "ONETOUCH", "ONETOUCH", "*78"),
        (Mode.VOICEMAIL, "", "ONETOUCH", "ONETOUCH", "*97"),
        (Mode.NATIVE, "WRAPUP;value=1", "WRAPUP", "WRAPUP", "1"),
    ],
)
def test_the_two_families_have_their_own_words(
    mode: Mode, value: str, ut: str | None, hdv: str | None, argument: str
) -> None:
    for model, word in (("UT136", ut), ("HDV230", hdv)):
        found = parsed(replace(device(model), buttons=(button("line:5", mode, value, "x"),)))
        assert (f"X_PANASONIC_IPTEL_{word}" if word else "") == found["FLEX_BUTTON_FACILITY_ACT5"]
        assert (argument if word else "") == found["FLEX_BUTTON_FACILITY_ARG5"]
        assert ("x" if word else "") == found["FLEX_BUTTON_LABEL5"]


def test_a_one_touch_key_has_its_number_in_both_fields() -> None:
    found = parsed(replace(device("HDV230"), buttons=(button("exp1:40", Mode.SPEED_DIAL, "+1 555"),)))
    assert ("+1 555", "+1 555") == (found["DSS_BUTTON_FACILITY_ARG40"], found["DSS_BUTTON_QUICK_DIAL40"])


def test_pickup() -> None:
    rows = (button("line:5", Mode.PICKUP, "102"), button("line:6", Mode.BLF, "103", pickup="*7"))
    for model, word, sent in (("UT136", "ONETOUCH", "**102"), ("HDV230", "DIRECTPICKUP", "102")):
        record = replace(device(model, sip__pickup_code="**"), buttons=rows)
        found = parsed(record)
        assert (f"X_PANASONIC_IPTEL_{word}", sent) == (
            found["FLEX_BUTTON_FACILITY_ACT5"],
            found["FLEX_BUTTON_FACILITY_ARG5"],
        )
        assert found["NUM_PLAN_PICKUP_DIRECT"] == "**"
        assert "line:6" in warned(record)


@pytest.mark.parametrize(
    ("model", "password"),
    [
        *(("UT136", one) for one in ("short", "longer-than-sixteen", "with blank", "a&bcdef", "colon:1", "pässword")),
        *(("HDV230", one) for one in ("short", "x" * 65, "with blank", "hash#es", "at@home", "p(a)ren", "semi;colon")),
        ("UDS124", "longer-than-sixteen"),
        ("TGP600", "hash#es"),
    ],
)
def test_a_password_that_does_not_fit_never_leaves_the_factory_one(model: str, password: str) -> None:
    record = device(model, phone__admin_password=password)
    sent = parsed(record)["ADMIN_PASS"]
    assert re.fullmatch(r"[a-z2-7]{16}", sent)
    assert sent == parsed(record)["ADMIN_PASS"]
    assert "phone.admin_password" in warned(record)
    profile = merge(record)
    masked = document_of(profile, config_of(profile.model), View.MASKED)
    assert sent not in " ".join(value for _, value in masked.items())


@pytest.mark.parametrize(
    ("model", "password"),
    [
        ("UT136", "Adm1n;(pw)#"),
        ("TGP500", "~!#$%()*+,-./"),
        ("HDV230", "Longer.than_sixteen-1"),
        ("UDS124", "Adm1n.pw"),
    ],
)
def test_a_password_that_fits_is_sent(model: str, password: str) -> None:
    record = device(model, phone__admin_password=password)
    assert password == parsed(record)["ADMIN_PASS"]
    assert "phone.admin_password" not in warned(record)


@pytest.mark.parametrize("model", ["UT136", "HDV230", "TGP500", "UDS124"])
def test_the_user_has_a_password_of_his_own_or_the_admins_and_never_the_factorys_empty_one(model: str) -> None:
    passwords = {"phone__admin_password": "Adm1n.pw"}
    assert parsed(device(model, **passwords))["USER_PASS"] == "Adm1n.pw"
    assert parsed(device(model, **passwords, phone__user_password="Us3r.pw"))["USER_PASS"] == "Us3r.pw"


def test_codecs_in_order_and_g726_on_no_ut() -> None:
    layers = {"audio__codecs": ("pcmu", "g726-32", "opus", "g722")}
    hdv, ut = parsed(device("HDV230", **layers)), parsed(device("UT136", **layers))
    assert ["3", None, "2", None, "1"] == [hdv.get(f"CODEC_PRIORITY{i}_1") for i in range(5)]
    assert ["Y", "N", "Y", "N", "Y"] == [hdv[f"CODEC_ENABLE{i}_1"] for i in range(5)]
    assert ["2", None, None, None, "1"] == [ut.get(f"CODEC_PRIORITY{i}_1") for i in range(5)]
    assert "CODEC_ENABLE2_1" not in ut
    assert not [key for key in parsed(device("HDV230", audio__codecs=("opus",))) if key.startswith("CODEC_")]


def test_sip_settings() -> None:
    record = device("HDV230", sip__transport="tls", sip__dtmf="info", sip__keepalive=0, sip__srtp="mandatory")
    found = parsed(record)
    assert ("2", "5061", "2", "0") == tuple(
        found[f"{key}_1"] for key in ("SIP_TRANSPORT", "SIP_RGSTR_PORT", "DTMF_METHOD", "PORT_PUNCH_INTVL")
    )
    assert ("", "N", "") == tuple(
        found[f"{key}_1"] for key in ("SIP_2NDPROXY_ADDR", "SIP_FOVR_NORSP", "SIP_OUTPROXY_ADDR")
    )
    assert "account 1" in warned(record)
    assert parsed(device("UT136", sip__transport="srv"))["SIP_DNSSRV_ENA_1"] == "Y"
    assert parsed(device("UT136", sip__dtmf="inband"))["OUTBANDDTMF_1"] == "N"
    ports = [parsed(rich_record("panasonic", "UT136"))[f"SIP_SRC_PORT_{n}"] for n in (1, 2)]
    assert ports == ["5060", "5070"]


@pytest.mark.parametrize(("transport", "port"), [("udp", "5060"), ("srv", "5060"), ("tls", "5061")])
def test_a_proxy_without_a_port_has_the_transports_and_not_the_registrars(transport: str, port: str) -> None:
    found = parsed(device("HDV230", sip__transport=transport, sip__port=5099, sip__outbound_proxy="edge.example"))
    assert ("5099", port) == (found["SIP_RGSTR_PORT_1"], found["SIP_OUTPROXY_PORT_1"])


def test_vlan_poll_and_language() -> None:
    found = parsed(device("HDV230", phone__vlan=None, phone__poll_minutes=0, locale__language="de"))
    assert ("N", None, "N", None) == tuple(
        found.get(key) for key in ("VLAN_ENABLE", "VLAN_ID_IP_PHONE", "CFG_CYCLIC", "CFG_CYCLIC_INTVL")
    )
    assert (None, "", "check-sync") == tuple(
        found.get(key) for key in ("DEFAULT_LANGUAGE", "CFG_RESYNC_TIME", "CFG_RESYNC_FROM_SIP")
    )
    assert parsed(device("HDV230", locale__language="de-DE"))["DEFAULT_LANGUAGE"] == "de-DE"


def test_the_start_file_tells_where_the_own_file_is() -> None:
    profile = merge(rich_record("panasonic", "HDV230", mac="bcc342aabbcc"))
    assert ["ConfigBCC342AABBCC.cfg", "KX-HDV230.cfg"] == file_names(profile)
    start = next(file for file in VENDOR.files if file.kind == "start")
    assert start.private
    assert f'CFG_STANDARD_FILE_PATH="{profile.url}ConfigBCC342AABBCC.cfg"'.encode() in render(profile, start).body


def test_the_region_in_a_models_name_is_no_other_model() -> None:
    identity = recognise(Ask(path="/KX-HDV230X.cfg", user_agent="Panasonic_KX-HDV230X/07.101 (bcc342aabbcc)"))
    assert (Mac("bcc342aabbcc"), "HDV230", "start") == (
        identity.mac,
        identity.model,
        identity.kind and identity.kind.kind,
    )


def test_lines_of_a_tgp500_go_to_their_handsets() -> None:
    found = parsed(base("TGP500", (1, ("100",)), (2, ("101", "102")), (3, ("102",))))
    groups = [found[f"INCOMING_CALL_GROUP_{n}"] for n in range(1, 9)]
    assert ["1,0,0,0,0,0,0", "0,1,0,0,0,0,0", "0,1,1,0,0,0,0"] + ["0,0,0,0,0,0,0"] * 5 == groups
    assert ("0,1,1,0,0,0,0,0", "0,1,0,0,0,0,0,0") == (found["OUTGOING_CALL_LINE_HS2"], found["DEFAULT_LINE_SELECT_HS2"])
    assert found["DEFAULT_LINE_SELECT_HS3"] == "0,0,1,0,0,0,0,0"
    for name in ("HS1", "HS2", "HS3", "HS4", "HS5", "HS6", "BS"):
        assert found[f"DEFAULT_LINE_SELECT_{name}"].count("1") == 1
        assert found[f"OUTGOING_CALL_LINE_{name}"].count(",") == 7
    assert not [key for key in found if "IPEI" in key]


def test_a_line_that_no_handset_was_given_rings_everywhere() -> None:
    found = parsed(device("TGP550"))
    assert found["INCOMING_CALL_GROUP_1"] == "1,1,1,1,1,1,1"
    assert found["OUTGOING_CALL_LINE_BS"] == found["DEFAULT_LINE_SELECT_BS"] == "1,0,0,0,0,0,0,0"


def test_emergency_numbers_of_a_tgp500() -> None:
    found = parsed(device("TGP500", emergency__numbers=("112", "911")))
    assert ["112", "911", "", "", ""] == [found[f"EMERGENCY_CALL{n}"] for n in range(1, 6)]


def test_a_cell_station_is_keyed_by_ipei() -> None:
    found = parsed(rich_record("panasonic", "UDS124"))
    assert ("0DEADBEEF4", "Enabled", "100") == tuple(
        found[k] for k in ("IPEI_PS1", "LINE_ENABLE_PS1_1", "PHONE_NUMBER_PS1_1")
    )
    assert ("00C0235C63", "Disabled", "") == tuple(
        found[k] for k in ("IPEI_PS2", "LINE_ENABLE_PS2_1", "PHONE_NUMBER_PS2_1")
    )
    assert found["SIP_PASS_PS3_1"].startswith("pw-101-")
    for n in range(4, 33):
        assert ("", "Disabled", "") == tuple(
            found[f"{k}{n}{s}"] for k, s in (("IPEI_PS", ""), ("LINE_ENABLE_PS", "_1"), ("SIP_PASS_PS", "_1"))
        )
    assert found["SIP_RGSTR_ADDR"] == "pbx.acme.example"
    assert not [key for key in found if re.match(r"SIP_RGSTR_ADDR_", key)]
    assert Ipei.parse("57005-0782068-7").hex == found["IPEI_PS1"]


def test_two_registrars_on_one_station_and_other_stations_of_it() -> None:
    two = replace(
        base("UDS124", (1, ("100",))),
        handsets=(
            HandsetRecord(name="A", ipei=None, slot=1, extensions=(extension("100"),)),
            HandsetRecord(name="B", ipei=None, slot=2, extensions=(extension("101", server="other.example"),)),
        ),
    )
    assert "account 2" in warned(two)
    other = replace(rich_record("panasonic", "UDS124"), master=Mac("0080f0aaaaaa"))
    assert not [key for key in parsed(other) if "_PS" in key]
    assert {"bases", "handsets"} <= warned(other)
    assert "bases" not in warned(rich_record("panasonic", "UDS124"))


def test_what_the_phone_owns_is_left_out_and_native_keys_win() -> None:
    owned = Layer(origin=Origin("device", "x"), owners={"phone.syslog": Owner.PHONE, "locale.timezone": Owner.PHONE})
    extra = native(WL_AIRSYNCGROUP_CS="2", CFG_RESYNC_FROM_SIP=None)
    found = parsed(replace(rich_record("panasonic", "UDS124"), device_layer=owned, native=(extra,)))
    assert not {"TIME_ZONE", "DST_ENABLE", "SYSLOG_ADDR", "CFG_RESYNC_FROM_SIP"} & set(found)
    assert found["WL_AIRSYNCGROUP_CS"] == "2"


def test_an_ipv6_address_has_no_brackets_beside_its_port() -> None:
    servers = {"sip__server": "[2001:db8::5]", "sip__outbound_proxy": "[2001:db8::6]:5070"}
    found = parsed(device("HDV230", **servers))
    assert ("2001:db8::5", "2001:db8::6", "5070") == tuple(
        found[key] for key in ("SIP_RGSTR_ADDR_1", "SIP_OUTPROXY_ADDR_1", "SIP_OUTPROXY_PORT_1")
    )
