"""Grandstream's DECT base, its Wi-Fi phones and its analogue adapters, read by another parser than ours.

P-values stand here as the vendor's configuration templates comment them, not as our table has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.record import ExtensionRecord, HandsetRecord, Record
from provisioner.registry import vendors
from provisioner.render import file_names, render
from provisioner.timezones import zone_names
from provisioner.values import Ipei, Mode
from tests.factories import button, empty_record, extension, native, rich_record, tenant_layer

VENDOR = vendors()["grandstream"]
PORTS = [model for model in VENDOR.models.values() if "ports" in model.extra]
every_model = pytest.mark.parametrize("model", PORTS, ids=lambda model: model.name)
LINES = {  # of handsets 1 to 5
    1: [f"P{n}" for n in range(4300, 4310)],
    2: [f"P{n}" for n in range(4310, 4320)],
    3: [f"P{n}" for n in range(4320, 4330)],
    4: ["P4250", "P4251", *(f"P{n}" for n in range(21320, 21328))],
    5: [f"P{n}" for n in range(21328, 21338)],
}


def parsed(record: Record) -> dict[str, str]:
    profile = merge(record)
    file = next(file for file in VENDOR.files if file.template and file.fits(profile.model))
    root = ElementTree.fromstring(render(profile, file).body)
    assert "gs_provision" == root.tag
    assert profile.mac.hex == root.findtext("mac")
    config = root.find("config")
    assert config is not None
    names = [element.get("name", element.tag) for element in config]
    assert len(names) == len(set(names)), "a key is stated twice"
    return {name: element.text or "" for name, element in zip(names, config, strict=True)}


def handset(name: str, slot: int | None, *people: ExtensionRecord, ipei: str | None = None) -> HandsetRecord:
    return HandsetRecord(name=name, slot=slot, ipei=Ipei.parse(ipei) if ipei else None, extensions=people)


def base(handsets: Sequence[HandsetRecord], **changes: Any) -> Record:
    return rich_record("grandstream", "DP750", handsets=tuple(handsets), **changes)


def with_settings(model: str, **values: Any) -> dict[str, str]:
    people = {"extensions": (extension("100"),)} if not VENDOR.models[model].handsets else {}
    return parsed(replace(empty_record("grandstream", model), layers=(tenant_layer(**values),), **people))


def warned(record: Record) -> list[str]:
    return [str(one) for one in warnings_of(merge(record))]


def four() -> tuple[HandsetRecord, ...]:
    shared = extension("101")
    return (
        handset("Reception", 1, extension("100"), shared),
        handset("Ward, second floor", 5, shared, ipei="57005-0782068-7"),
        handset("", None, extension("102", transport="tls", srtp="mandatory")),
        handset("Spare", 3),
    )


# The base


def test_four_handsets() -> None:
    read = parsed(base(four()))
    assert ["Reception", "User 102", "Spare", "", "Ward, seco"] == [read[f"P{n}"] for n in range(27020, 27025)]
    # Handset 2 took the lowest free number; extensions become accounts in the order of handsets.
    assert ["100", "101", "102", ""] == [read[f"P{n}"] for n in range(4060, 4064)]
    assert {1: ["1", "2"], 2: ["3"], 3: [], 4: [], 5: ["2"]} == {
        n: [read[key] for key in keys if read[key] != "0"] for n, keys in LINES.items()
    }
    # Account 1 rings on handset 1 alone, 2 on all that have it, 3 on handset 2 alone.
    assert ["1", "103", "2", "103"] == [read[f"P{n}"] for n in range(27080, 27084)]
    assert all(key in read for keys in LINES.values() for key in keys)


def test_accounts_refer_to_the_profile_of_their_server() -> None:
    read = parsed(base(four()))
    assert ["0", "0", "1"] == [read[f"P{n}"] for n in range(4150, 4153)]
    assert ["1", "1", "0", "0"] == [read[key] for key in ("P271", "P401", "P501", "P601")]
    assert ("0", "2") == (read["P130"], read["P830"])
    assert ("0", "2") == (read["P183"], read["P443"])
    assert ["", ""] == [read["P547"], read["P602"]]


def test_a_fifth_server_does_not_exist() -> None:
    people = [extension(str(n), server=f"s{n}.example") for n in range(100, 105)]
    record = base([handset("", n, one) for n, one in enumerate(people, 1)])
    read = parsed(record)
    assert ["s100.example:5061", "s101.example:5061", "s102.example:5061", "s103.example:5061"] == [
        read[key] for key in ("P47", "P747", "P547", "P602")
    ]
    assert "0" == read["P4154"]
    assert any("extension 104" in line and "4 profiles" in line for line in warned(record))


def test_unused_accounts_are_off_and_cleared() -> None:
    read = parsed(base(four()))
    for n in range(3, 10):
        cleared = [read[f"P{first + n}"] for first in (4060, 4090, 4120, 4180)]
        assert ("0", ["", "", "", ""]) == (read[f"P{4595 + n}"], cleared)
    assert not [key for key in read if key in ("P4070", "P4605", "P27025", "P27090")]


def test_extensions_of_the_base_itself_ring_on_handsets_that_nobody_described() -> None:
    read = parsed(base([handset("Spare", 1)], extensions=(extension("200"), extension("201"))))
    assert ["0", "1", "2"] == [read[LINES[n][0]] for n in (1, 2, 3)]
    assert ["2", "3"] == [read["P27080"], read["P27081"]]
    assert ["Spare", "200", "201"] == [read[f"P{n}"] for n in range(27020, 27023)]


def test_a_base_tells_what_it_cannot_do() -> None:
    lines = warned(base(four()))
    assert any("handset 5" in line and "IPEI" in line for line in lines)
    assert any("handset 5" in line and "10 characters" in line for line in lines)
    assert not any("handset 1:" in line for line in lines)


@pytest.mark.parametrize(
    ("zone", "rule"),
    [
        ("America/Chicago", "CST6CDT5,M3.2.0/2,M11.1.0/2"),
        ("Europe/Berlin", "CET-1CEST-2,M3.5.0/2,M10.5.0/3"),
        ("Asia/Kolkata", "IST-5:30"),
        ("Australia/Sydney", "STD-10DST,M10.1.0,M4.1.0/3"),
        ("Australia/Adelaide", "STD-9:30DST,M10.1.0,M4.1.0/3"),
    ],
)
def test_the_rule_of_a_zone_fits_the_base(zone: str, rule: str) -> None:
    read = with_settings("DP750", locale__timezone=zone)
    assert ("customize", rule, "0") == (read["P64"], read["P246"], read["P143"])


def test_a_rule_that_does_not_fit_is_said() -> None:
    long = []
    for zone in zone_names():
        record = replace(empty_record("grandstream", "DP750"), layers=(tenant_layer(locale__timezone=zone),))
        if len(parsed(record)["P246"]) > 32:
            long.append(zone)
            assert any("longer than" in line for line in warned(record))
    assert set(long) <= {"Pacific/Chatham", "NZ-CHAT"}


def test_an_adapter_takes_the_whole_rule() -> None:
    assert "AEST-10AEDT-11,M10.1.0/2,M4.1.0/3" == with_settings("HT818", locale__timezone="Australia/Sydney")["P246"]


# Adapters


def test_a_small_adapter_has_its_accounts_in_its_profiles() -> None:
    read = parsed(rich_record("grandstream", "HT802"))
    assert ["100", "101"] == [read["P35"], read["P735"]]
    assert ["auth100", "auth101"] == [read["P36"], read["P736"]]
    assert ["pw-100-&<%\"'", "pw-101-&<%\"'"] == [read["P34"], read["P734"]]
    assert ["0", "2"] == [read["P130"], read["P830"]]
    assert "P4060" not in read


def test_an_adapters_second_port_is_cleared() -> None:
    read = parsed(replace(empty_record("grandstream", "HT802"), extensions=(extension("100"),)))
    assert ["1", "0"] == [read["P271"], read["P401"]]
    assert ["", "", "", "", ""] == [read[key] for key in ("P735", "P736", "P734", "P703", "P747")]


@pytest.mark.parametrize("model", ["HT801", "HT813", "HT801V2"])
def test_what_is_not_an_account_is_left_alone(model: str) -> None:
    read = parsed(rich_record("grandstream", model))
    assert not {"P401", "P747", "P735", "P734"} & set(read)


@pytest.mark.parametrize(("model", "ports"), [("HT812", 2), ("HT814", 4), ("HT818", 8)])
def test_a_large_adapter_states_every_port(model: str, ports: int) -> None:
    people = tuple(extension(str(100 + n)) for n in range(2))
    read = parsed(replace(empty_record("grandstream", model), extensions=people))
    assert ["100", "101"] == [read[f"P{n}"] for n in range(4060, 4062)]
    assert ["1", "1", *["0"] * (ports - 2)] == [read[f"P{4595 + n}"] for n in range(ports)]
    assert f"P{4595 + ports}" not in read
    assert "P4300" not in read  # a handset's line on a base, a hunting group here


@pytest.mark.parametrize(("model", "number"), [("DP750", "1"), ("HT801", "3"), ("HT818", "3")])
def test_the_list_of_polls_differs(model: str, number: str) -> None:
    read = with_settings(model, phone__poll_minutes=90)
    assert (number, "90") == (read["P194"], read["P193"])
    assert "0" == with_settings(model, phone__poll_minutes=0)["P194"]


def test_an_unsourced_poll_is_left_to_the_adapter() -> None:
    assert "P194" not in with_settings("HT802V2")
    assert "0" == with_settings("HT802V2", phone__poll_minutes=0)["P194"]


def test_web_access_is_closed_where_it_can_be() -> None:
    assert "2" == with_settings("HT802V2", phone__web=False)["P1650"]
    assert "P1650" not in with_settings("HT802", phone__web=False)
    assert {"0"} == {with_settings(model.name)["P1650"] for model in PORTS}


# All of them


@every_model
def test_the_address_has_no_scheme_and_nothing_else_leads_away(model: Any) -> None:
    read = parsed(rich_record("grandstream", model.name))
    path = "prov.example/d/0123456789abcdef0123456789abcdef0123456789abcdef"
    assert ("2", path) == (read["P212"], read["P237"])
    assert ("0", "0", "", "2") == (read["P145"], read["P1409"], read["P4503"], read["P238"])


@every_model
def test_expiry_is_in_minutes_and_tls_is_not_sips(model: Any) -> None:
    read = with_settings(model.name, sip__expires=600, sip__transport="tls")
    if model.handsets:
        assert "P2329" not in read
    else:
        assert ("10", "2", "0") == (read["P32"], read["P130"], read["P2329"])


@every_model
def test_the_vlan_is_cleared(model: Any) -> None:
    assert "0" == with_settings(model.name)["P51"]
    read = parsed(rich_record("grandstream", model.name))
    assert ("20", "5", "5") == (read["P51"], read["P5038"], read["P5042"])
    assert model.extra["ports"] != "dp" or read["P27004"] == "1"


@every_model
def test_codecs_fill_every_choice(model: Any) -> None:
    if model.handsets:
        record = base(
            [handset("", 1, extension("100"))], layers=(tenant_layer(audio__codecs=("ilbc", "opus", "pcma")),)
        )
        read = parsed(record)
        assert ["98", "8", "8", "8", "8", "8", "8", "8"] == [read[f"P{n}"] for n in (57, 58, 59, 60, 61, 62, 46, 98)]
    else:
        read = with_settings(model.name, audio__codecs=("ilbc", "opus", "pcma"))
        assert ["97", "123", "8", "8", "8", "8", "8"] == [read[f"P{n}"] for n in (57, 58, 59, 60, 61, 62, 46)]
        assert "P98" not in read


@every_model
def test_tones_count_in_milliseconds(model: Any) -> None:
    read = with_settings(model.name, locale__country="DE")
    assert ["f1=425,f2=425,c=0/0;", "f1=425,f2=425,c=1000/4000;"] == [read["P4000"], read["P4001"]]


@every_model
def test_a_backup_server_is_left_again(model: Any) -> None:
    read = parsed(rich_record("grandstream", model.name))
    assert ("b.acme.example:5061", "1") == (read["P967"], read["P4567"])


@every_model
def test_native_p_values_win(model: Any) -> None:
    read = parsed(rich_record("grandstream", model.name, native=(native(P27008="4711", P84="20", P191=None),)))
    assert ("4711", "20") == (read["P27008"], read["P84"])
    assert "P191" not in read


@every_model
def test_one_file_and_no_keys(model: Any) -> None:
    record = rich_record("grandstream", model.name, mac="c074ad00beef")
    assert ["cfgc074ad00beef.xml"] == file_names(merge(record))
    assert (0, 0, 0) == (model.line_keys, model.keys, model.soft_keys)


# Wi-Fi phones


def test_a_wifi_phone_has_no_port_to_tag() -> None:
    read = parsed(rich_record("grandstream", "WP826"))
    assert not [key for key in read if key.startswith(("network.port", "network.lldp", "pks.vpk", "pks.mpk"))]
    assert not [key for key in read if ".sip.blf." in key]
    assert ("Yes", "Yes", "No") == tuple(read[f"account.{n}.enable"] for n in (1, 2, 3))
    assert "customize" == read["dateTime.timezone"]


def test_a_wifi_phones_soft_keys() -> None:
    rows = (button("soft:1", Mode.SPEED_DIAL, "102", "Lab"), button("soft:2", Mode.VOICEMAIL, "*97", "Mail"))
    read = parsed(rich_record("grandstream", "WP826", template=None, buttons=rows))
    assert ["SpeedDial", "VoiceMail", "SpeedDial"] == [read[f"pks.softkey.{n}.keyMode"] for n in (1, 2, 3)]
    assert ["102", "*97", ""] == [read[f"pks.softkey.{n}.value"] for n in (1, 2, 3)]
