"""Snom's DECT bases, read by another parser than ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Profile
from provisioner.recognise import Ask, recognise
from provisioner.record import ExtensionRecord, HandsetRecord, Layer, Record
from provisioner.registry import vendors
from provisioner.render import document_of, file_names, render
from provisioner.values import Ipei, Mac, Owner
from tests.factories import TOKEN_URL, empty_record, extension, native, rich_record, tenant_layer

SNOM = vendors()["snom"]
CONFIG = next(file for file in SNOM.files if file.template == "dect.xml.j2")
BASES = [model for model in SNOM.models.values() if model.handsets]
every_base = pytest.mark.parametrize("model", BASES, ids=lambda model: model.name)
Sections = dict[str, dict[tuple[str, int], str]]
FREE = "0xFFFFFFFFFF"
MASTER, SECOND, THIRD = (Mac.parse(f"00087b00000{n}") for n in (1, 2, 3))


def sections(body: bytes) -> Sections:
    """The tags of each section with their idx, 0 where they have none."""
    root = ElementTree.fromstring(body)
    assert "settings" == root.tag
    found: Sections = {}
    for section in root:
        names = [(element.tag, int(element.get("idx", "0"))) for element in section]
        assert len(names) == len(set(names)), "a setting is stated twice"
        found[section.tag] = {name: element.text or "" for name, element in zip(names, section, strict=True)}
    return found


def read(record: Record) -> Sections:
    return sections(render(merge(record), CONFIG).body)


def handset(name: str, slot: int | None, ipei: str | None, *people: ExtensionRecord) -> HandsetRecord:
    return HandsetRecord(name=name, slot=slot, ipei=Ipei.parse(ipei) if ipei else None, extensions=people)


def four() -> tuple[HandsetRecord, ...]:
    """By IPEI with two lines, by slot alone, by IPEI without a slot, and a spare one that has no line."""
    return (
        handset("Reception", 1, "57005-0782068-7", extension("100"), extension("110")),
        handset("Ward", 5, None, extension("101", transport="tls", srtp="mandatory")),
        handset("Kitchen", None, "04113 0000002 *", extension("102")),
        handset("Spare", 3, "0x00C0235C63"),
    )


def base(model: str, handsets: Sequence[HandsetRecord] = (), **changes: Any) -> Record:
    return rich_record("snom", model, handsets=tuple(handsets), **changes)


def warned(record: Record) -> list[str]:
    return [str(one) for one in warnings_of(merge(record))]


@every_base
def test_four_handsets(model: Any) -> None:
    found = read(base(model.name, four()))["extension"]
    on = {n: found["user_name", n] for n in range(1, model.accounts + 1) if found["user_active", n] == "on"}
    # The first line of a handset has its slot's number; the second line of the first takes one that is left.
    assert {1: "100", 2: "102", 4: "110", 5: "101"} == on
    assert {1: "1", 2: "2", 4: "1", 5: "5"} == {n: found["subscr_sip_hs_idx", n] for n in on}
    assert ["0x0DEADBEEF4", "0x0101100002", "0x00C0235C63", FREE] == [found["subscr_dect_ipui", n] for n in range(1, 5)]
    # The handset in slot 5 registers by its code: what the base has learnt of it stays.
    assert ("subscr_dect_ipui", 5) not in found
    assert {1: "0001", 2: "0002", 3: "0003", 5: "0005"} == {
        n: text for (tag, n), text in found.items() if tag == "subscr_dect_ac_code"
    }


@every_base
def test_every_slot_is_stated_and_none_beyond_the_model(model: Any) -> None:
    found = read(base(model.name, four()))["extension"]
    assert {n for _, n in found} == set(range(1, model.handsets + 1))
    for n in range(6, model.handsets + 1):
        assert [found[tag, n] for tag in ("user_active", "user_name", "user_realname", "user_pass")] == [
            "off",
            "",
            "",
            "",
        ]
        assert FREE == found["subscr_dect_ipui", n]


@every_base
def test_the_prefix_of_an_identity_is_in_lower_case(model: Any) -> None:
    assert b"0X" not in render(merge(base(model.name, four())), CONFIG).body


def test_accounts_go_to_the_servers_that_they_share() -> None:
    found = read(base("M400", four()))
    assert ["1", "1", "1", "2"] == [found["extension"]["subscr_sip_ua_data_server_id", n] for n in (1, 2, 4, 5)]
    server = found["server"]
    assert ["udp", "tls"] == [server["srv_sip_transport", n] for n in (1, 2)]
    assert ["disabled", "mandatory"] == [server["user_srtp", n] for n in (1, 2)]
    assert "pbx.acme.example:5061" == server["user_host", 1]
    assert "edge.acme.example:5060" == server["user_outbound", 1]
    assert {""} == {server["user_host", n] for n in range(3, 11)}
    assert {n for _, n in server} == set(range(1, 11))


def test_an_eleventh_server_does_not_exist() -> None:
    people = [extension(str(n), server=f"s{n}.example") for n in range(100, 111)]
    record = base("M400", [handset("", n, None, one) for n, one in enumerate(people, 1)])
    found = read(record)
    assert {n for _, n in found["server"]} == set(range(1, 11))
    assert "1" == found["extension"]["subscr_sip_ua_data_server_id", 11]
    assert any("extension 110" in line and "10 servers" in line for line in warned(record))


def test_transport_by_dns_has_no_port() -> None:
    found = read(replace(base("M900", four()), layers=(tenant_layer(sip__transport="srv", sip__port=5061),)))
    assert ("auto", "pbx.acme.example") == (found["server"]["srv_sip_transport", 1], found["server"]["user_host", 1])


@pytest.mark.parametrize(("firmware", "word"), [("05.20.0001", "off"), ("07.40.0104", "disabled"), (None, "disabled")])
def test_the_word_for_no_srtp_differs_by_firmware(firmware: str | None, word: str) -> None:
    assert word == read(base("M900", four(), firmware=firmware))["server"]["user_srtp", 1]


def test_extensions_of_the_base_itself_wait_in_free_slots() -> None:
    record = base("M300", [handset("Spare", 1, "0x00C0235C63")], extensions=(extension("200"),))
    found = read(record)["extension"]
    assert ("off", "on", "200", "2") == (
        found["user_active", 1], found["user_active", 2], found["user_name", 2], found["subscr_sip_hs_idx", 2],
    )  # fmt: skip
    assert ("subscr_dect_ipui", 2) not in found
    assert "0002" == found["subscr_dect_ac_code", 2]


def test_an_extension_rings_on_one_handset() -> None:
    shared = extension("100")
    record = base("M300", [handset("A", 1, "0x00C0235C63", shared), handset("B", 2, "0x00092263A1", shared)])
    found = read(record)["extension"]
    assert ["on", "off"] == [found["user_active", n] for n in (1, 2)]
    assert any("handset 2: extension 100 rings on another" in line for line in warned(record))


def test_a_handset_without_ipei_tells_its_code() -> None:
    lines = warned(base("M300", four()))
    assert [line for line in lines if "0005" in line] == [
        "handset 5: its IPEI is not known; it registers with the code 0005 typed on it"
    ]


def test_a_full_base_has_a_number_for_everybody() -> None:
    rows = [handset("", n, None, extension(str(99 + n))) for n in range(1, 20)]
    rows[0] = replace(rows[0], extensions=(extension("100"), extension("300")))
    found = read(base("M300", rows))["extension"]
    assert {"on"} == {found["user_active", n] for n in range(1, 21)}
    assert ("300", "1") == (found["user_name", 20], found["subscr_sip_hs_idx", 20])


# Cells


def test_a_lone_base_is_a_cell_of_its_own() -> None:
    found = read(base("M900", four(), bases=(Mac.parse("805ec0123456"),)))
    assert {("network_sync_enable", 0): "off"} == found["multicell"]
    assert "multicell" not in read(base("M300", four()))


def test_only_the_data_master_gets_servers_and_extensions() -> None:
    members = (MASTER, SECOND, THIRD)
    lead = read(base("M700", four(), mac=MASTER.hex, bases=members))
    assert {"global", "server", "extension", "multicell"} == set(lead)
    assert "on" == lead["multicell"]["network_sync_enable", 0]
    for mac in (SECOND, THIRD):
        other = read(replace(empty_record("snom", "M700", mac.hex), master=MASTER, bases=(mac,)))
        assert {"global", "multicell"} == set(other)
        assert lead["multicell"] == other["multicell"]
        assert TOKEN_URL == other["global"]["setting_server", 0]
        assert "Gen3rated-Passw0rd" == other["global"]["http_pass", 0]
        assert ("auto_dect_register", 0) not in other["global"]


def test_two_systems_in_one_network_have_different_names() -> None:
    chains = [
        read(base("M400", mac=mac.hex, bases=(mac, THIRD)))["multicell"]["network_sync_chain_id", 0]
        for mac in (MASTER, SECOND)
    ]
    assert 2 == len(set(chains))
    assert all(chain.isdecimal() and len(chain) == 5 and int(chain) < 65536 for chain in chains)


def test_what_a_base_cannot_do_is_said() -> None:
    chain = read(base("M400", mac=MASTER.hex, bases=(MASTER, SECOND)))["multicell"]["network_sync_chain_id", 0]
    clash = base("M400", [handset("", 1, None, extension(chain))], mac=MASTER.hex, bases=(MASTER, SECOND))
    assert any("calls itself" in line for line in warned(clash))
    assert any("works alone" in line for line in warned(base("M300", mac=MASTER.hex, bases=(MASTER, SECOND))))
    assert any("sip.backup_server" in line for line in warned(base("M300", four())))
    assert [] == [line for line in warned(rich_record("snom", "D785")) if "handset" in line]


# The base


@pytest.mark.parametrize(
    ("zone", "code", "start", "stop"),
    [
        ("America/Chicago", "USA-6", ("3", "2", "1", "2"), ("11", "2", "1", "1")),
        ("Europe/Berlin", "GER+1", ("3", "2", "1", "5"), ("10", "3", "1", "5")),
        ("Asia/Kolkata", "IND+5.5", None, None),
        ("Australia/Sydney", "AUS+10", ("10", "2", "1", "1"), ("4", "3", "1", "1")),
        ("America/Phoenix", "USA2-7", None, None),
        ("Pacific/Honolulu", "USA-10", None, None),
        ("Asia/Dubai", "KAZ+4", None, None),
        ("Europe/Istanbul", "EAT+3", None, None),
    ],
)
def test_summer_time(zone: str, code: str, start: tuple[str, ...] | None, stop: tuple[str, ...] | None) -> None:
    found = read(replace(empty_record("snom", "M900"), layers=(tenant_layer(locale__timezone=zone),)))["global"]
    names = ("month", "time", "day_of_week", "wday_last_in_month")
    assert code == found["timezone", 0]
    assert ("auto" if start else "off") == found["dst_enable", 0]
    for which, expected in (("start", start), ("stop", stop)):
        assert tuple(found.get((f"dst_{which}_{name}", 0)) for name in names) == (expected or (None,) * 4)
    assert {"off"} == {found[tag, 0] for tag in ("timezone_by_country_region", "dst_by_country_region")}


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Asia/Jerusalem", "Australia/Lord_Howe"])
def test_a_clock_that_will_be_wrong_is_said(zone: str) -> None:
    record = replace(empty_record("snom", "M900"), layers=(tenant_layer(locale__timezone=zone),))
    assert any("locale.timezone" in line for line in warned(record))


def test_the_vlan_is_cleared_with_a_nought() -> None:
    assert "20" == read(base("M400"))["global"]["vlan_id", 0]
    assert "0" == read(empty_record("snom", "M400"))["global"]["vlan_id", 0]


def test_a_default_may_be_changed_and_the_phones_own_is_left_out() -> None:
    owners = {"locale.timezone": Owner.DEFAULT, "phone.ntp": Owner.PHONE}
    record = empty_record("snom", "M400")
    record = replace(record, device_layer=Layer(origin=record.device_layer.origin, owners=owners))
    body = render(merge(record), CONFIG).body
    assert b'<timezone perm="!">' in body
    assert b"<ntp_server" not in body


def test_check_sync_does_not_restart_and_nothing_leads_the_base_away() -> None:
    found = read(base("M400"))["global"]
    assert {"off"} == {found[tag, 0] for tag in ("sip_check_sync_always_reboot", "pnp_config", "dhcp_option_pnp")}
    assert (TOKEN_URL, "https") == (found["setting_server", 0], found["management_transfer_protocol", 0])


def test_native_keys_reach_every_section() -> None:
    wanted = native(ac_code="4711", network_sync_enable="on", **{"user_expiry[1]": "60", "push_to_talk[1]": "on"})
    record = base("M400", four(), native=(wanted,))
    found = read(record)
    assert "4711" == found["global"]["ac_code", 0]
    assert "on" == found["multicell"]["network_sync_enable", 0]
    assert "60" == found["server"]["user_expiry", 1]
    # What stands nowhere else, a base also reads here.
    assert {("push_to_talk", 1): "on"} == found["phone-settings"]
    assert document_of(merge(record), CONFIG).get("push_to_talk[1]") == "on"


def test_a_base_has_the_file_names_of_a_phone() -> None:
    profile: Profile = merge(base("M900", mac="000413b60680"))
    assert ["snomM900-000413B60680.htm", "000413B60680.xml"] == file_names(profile)


@pytest.mark.parametrize(
    ("agent", "model", "version"),
    [
        ("Mozilla/4.0 (compatible; Snom M900 05.20.0001 000413b60680)", "M900", "05.20.0001"),
        ("snomM700/03.23.0005 (MAC=000413b60680; SER= 00000; HW=255)", "M700", "03.23.0005"),
    ],
)
def test_both_forms_of_its_user_agent(agent: str, model: str, version: str) -> None:
    identity = recognise(Ask(path="/x", user_agent=agent))
    assert ("snom", model, version, Mac("000413b60680")) == (
        identity.vendor, identity.model, identity.version, identity.mac,
    )  # fmt: skip


def test_the_builder_of_the_bases_has_a_prefix_too() -> None:
    identity = recognise(Ask(path="/00087B112233.xml"))
    assert ("snom", Mac("00087b112233")) == (identity.vendor, identity.mac)


def test_reading_another_systems_file() -> None:
    text = """<settings><phone-settings>
      <user_host idx="1">pbx.example</user_host><user_active idx="7">on</user_active><user_name idx="7">107</user_name>
      <user_pname idx="7">a107</user_pname><user_pass idx="7">pw</user_pass><user_active idx="8">off</user_active>
      <user_name idx="8">108</user_name></phone-settings></settings>"""
    reading = SNOM.read(SNOM.syntax.read(text), SNOM.models["M300"])
    (account,) = reading.accounts
    assert (1, "107", "a107", "pw", "pbx.example") == (
        account.index, account.number, account.auth_user, account.password, account.server,
    )  # fmt: skip
