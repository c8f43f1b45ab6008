"""Poly's files, parsed by an independent eye: attributes of any element, as the phone takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.profile import Native, Origin, Profile
from provisioner.recognise import Ask, recognise
from provisioner.record import ButtonRow, Record
from provisioner.registry import find_model, vendors
from provisioner.render import View, file_names, render
from provisioner.syntax import XmlDocument
from provisioner.values import Mode, Owner
from provisioner.vendor_api import Broken, File, Model
from tests.factories import HOSTILE_NAME, TOKEN_URL, button, empty_record, extension, rich_record, tenant_layer

POLY = vendors()["poly"]
SETTINGS, MASTER = (next(file for file in POLY.files if file.kind == kind) for kind in ("config", "master"))
every_model = pytest.mark.parametrize("model", list(POLY.models.values()), ids=lambda model: model.name)


def parsed(body: bytes) -> dict[str, str]:
    """All attributes of all elements; a name that stands twice makes the phone drop the file."""
    pairs = [pair for element in ElementTree.fromstring(body).iter() for pair in element.attrib.items()]
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names))
    return dict(pairs)


def settings_of(record: Record, file: File = SETTINGS) -> dict[str, str]:
    return parsed(render(merge(record), file).body)


def plain(model: str = "VVX411", **changes: Any) -> Record:
    """A device with one account and the buttons that are given, nothing else."""
    record = empty_record("poly", model, mac="0004f2123456")
    return replace(record, **{"extensions": (extension("100", "Front"),), **changes})


def with_buttons(*rows: ButtonRow, model: str = "VVX411", **changes: Any) -> dict[str, str]:
    return settings_of(plain(model, buttons=rows, **changes))


def with_settings(model: str = "VVX411", **values: Any) -> dict[str, str]:
    return settings_of(plain(model, layers=(tenant_layer(**values),)))


def indices(found: Mapping[str, str], pattern: str) -> set[int]:
    return {int(match[1]) for match in (re.match(pattern, name) for name in found) if match}


# Every model


@every_model
def test_no_index_lies_beyond_the_model_and_every_slot_is_stated(model: Model) -> None:
    profile = merge(rich_record("poly", model.name))
    found = parsed(render(profile, SETTINGS).body)
    modules = model.expansion.keys if model.expansion else 0
    assert set(range(1, model.accounts + 1)) == indices(found, r"reg\.(\d+)\.")
    assert set(range(1, model.soft_keys + 1)) == indices(found, r"softkey\.(\d+)\.")
    if POLY.line(None, model).before is None:
        assert set(range(1, model.line_keys + modules + 1)) == indices(found, r"lineKey\.(\d+)\.")
    else:
        assert not indices(found, r"lineKey\.(\d+)\.")


@every_model
def test_an_unused_account_is_cleared_in_all_that_a_used_one_states(model: Model) -> None:
    used = settings_of(rich_record("poly", model.name))
    bare = settings_of(empty_record("poly", model.name))
    mine = {name for name in used if re.match(r"(reg|divert|msg\.mwi)\.", name)}
    assert mine == {name for name in bare if re.match(r"(reg|divert|msg\.mwi)\.", name)}
    assert {""} == {bare[name] for name in mine}


@every_model
def test_an_empty_device_has_no_key_that_does_anything(model: Model) -> None:
    found = settings_of(empty_record("poly", model.name))
    assert {"Unassigned"} >= {value for name, value in found.items() if name.endswith(".category")}
    assert {"0"} >= {value for name, value in found.items() if re.fullmatch(r"softkey\.\d+\.enable", name)}
    assert not [name for name in found if name.startswith(("attendant.resourceList", "efk.efklist"))]


@every_model
def test_every_flash_value_has_its_switch_and_no_switch_stands_alone(model: Model) -> None:
    found = settings_of(rich_record("poly", model.name))
    flash = {name for name in found if name.startswith("device.") and name != "device.set"}
    values = {name for name in flash if not name.endswith(".set")}
    assert "1" == found["device.set"]
    assert {f"{name}.set" for name in values} == flash - values
    assert {"1"} == {found[f"{name}.set"] for name in values}


@every_model
def test_line_keys_point_into_tables_that_have_such_an_entry(model: Model) -> None:
    found = settings_of(rich_record("poly", model.name))
    keys = {
        n: (found[f"lineKey.{n}.category"], found[f"lineKey.{n}.index"]) for n in indices(found, r"lineKey\.(\d+)\.")
    }
    watched = [index for category, index in keys.values() if category == "BLF"]
    assert {"0"} >= set(watched)
    if keys:
        assert set(range(1, len(watched) + 1)) == indices(found, r"attendant\.resourceList\.(\d+)\.")
    assert {int(index) for category, index in keys.values() if category == "EFK"} == indices(
        found, r"efk\.efklist\.(\d+)\."
    )
    accounts = [index for category, index in keys.values() if category == "Line"]
    assert all(found[f"reg.{index}.address"] for index in accounts)


@every_model
def test_rendering_twice_gives_the_same_bytes_and_the_vendors_first_line(model: Model) -> None:
    profile = merge(rich_record("poly", model.name))
    body = render(profile, SETTINGS).body
    assert body == render(profile, SETTINGS).body
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n')


# The master file


def test_the_master_names_the_settings_by_their_real_name_and_no_firmware() -> None:
    found = settings_of(plain(), MASTER)
    assert "0004f2123456-settings.cfg" == found["CONFIG_FILES"]
    assert found["CONFIG_FILES"] in file_names(merge(plain()))
    assert "" == found["APP_FILE_PATH"]


def test_every_upload_goes_to_the_devices_own_directory() -> None:
    found = settings_of(plain(), MASTER)
    directories = {value for name, value in found.items() if name.endswith("_DIRECTORY")}
    assert {TOKEN_URL.rstrip("/")} == directories
    assert {"LOG_FILE_DIRECTORY", "OVERRIDES_DIRECTORY", "CONTACTS_DIRECTORY", "CALL_LISTS_DIRECTORY"} <= set(found)


def test_only_the_master_and_the_settings_are_served() -> None:
    assert ["0004f2123456-settings.cfg", "0004f2123456.cfg"] == file_names(merge(plain()))
    assert all(file.private for file in POLY.files if file.template)


@pytest.mark.parametrize(
    "name", ["0004f2123456-phone.cfg", "0004f2123456-directory.xml", "000000000000.cfg", "VVX411-0004f2123456.cfg"]
)
def test_other_names_are_recognised_and_have_no_template(name: str) -> None:
    identity = recognise(Ask(path=f"/{name}"))
    assert "poly" == identity.vendor or identity.vendor is None
    assert identity.kind is not None
    assert identity.kind.template is None


def test_a_boot_loaders_version_is_not_the_applications() -> None:
    for agent in (
        "FileTransport PolycomSoundPointIP-SPIP_335-UA/4.2.1.0275",
        "FileTransport PolycomVVX-VVX_411-UA/5.9.5.1 Type/Updater",
    ):
        identity = recognise(Ask(path="/0004f2123456.cfg", user_agent=agent))
        assert (True, None) == (identity.boot, identity.version)


def test_a_serial_number_of_another_device_is_doubted() -> None:
    agent = "FileTransport PolyCCX-CCX_500-UA/9.4.1.0508 (SN:64167f9f4c90) Type/Application"
    assert recognise(Ask(path="/64167f000001.cfg", user_agent=agent)).doubt


# Accounts


def test_an_account_is_stated_whole() -> None:
    found = with_settings(sip__port=5070, sip__backup_server="b.acme.example", sip__expires=300)
    wanted = {
        "address": "100", "auth.userId": "auth100", "displayName": "Front", "label": "Front", "type": "private",
        "server.1.address": "pbx.acme.example", "server.1.port": "5070", "server.1.expires": "300",
        "server.1.register": "1", "server.1.transport": "UDPOnly",
        "server.2.address": "b.acme.example", "server.2.port": "5070", "server.2.expires": "300",
        "outboundProxy.address": "", "outboundProxy.transport": "", "lineKeys": "1",
    }  # fmt: skip
    assert wanted == {name: found[f"reg.1.{name}"] for name in wanted}
    assert ("100", "contact", "*97") == tuple(
        found[f"msg.mwi.1.{name}"] for name in ("subscribe", "callBackMode", "callBack")
    )


def test_an_ipv6_address_has_no_brackets_where_the_port_has_a_key_of_its_own() -> None:
    found = with_settings(sip__server="[2001:db8::1]", sip__backup_server="[2001:db8::2]:5070")
    servers = [found[f"reg.1.server.{n}.{name}"] for n in (1, 2) for name in ("address", "port")]
    assert ["2001:db8::1", "", "2001:db8::2", "5070"] == servers


def test_srv_forbids_a_port() -> None:
    """With a port the phone skips the SRV look-up."""
    found = with_settings(sip__transport="srv", sip__port=5061)
    assert ("DNSnaptr", "") == (found["reg.1.server.1.transport"], found["reg.1.server.1.port"])


@pytest.mark.parametrize(
    ("srtp", "wanted"), [("off", ("0", "0", "0")), ("optional", ("1", "1", "0")), ("mandatory", ("1", "1", "1"))]
)
def test_srtp_is_three_switches(srtp: str, wanted: tuple[str, str, str]) -> None:
    found = with_settings(sip__srtp=srtp)
    assert wanted == tuple(found[f"reg.1.srtp.{name}"] for name in ("enable", "offer", "require"))
    assert wanted == tuple(found[f"sec.srtp.{name}"] for name in ("enable", "offer", "require"))


def test_srtp_that_a_phone_has_once_breaks_no_account() -> None:
    found = settings_of(plain(extensions=(extension("100"), extension("101", srtp="mandatory"))))
    assert ("1", "1", "0") == tuple(found[f"sec.srtp.{name}"] for name in ("enable", "offer", "require"))
    assert ("0", "1") == (found["reg.1.srtp.enable"], found["reg.2.srtp.require"])


@pytest.mark.parametrize(
    ("dtmf", "wanted"), [("rfc4733", ("1", "1", "0")), ("inband", ("1", "0", "0")), ("info", ("0", "0", "1"))]
)
def test_dtmf(dtmf: str, wanted: tuple[str, str, str]) -> None:
    found = with_settings(sip__dtmf=dtmf)
    names = ("tone.dtmf.viaRtp", "tone.dtmf.rfc2833Control", "voIpProt.SIP.dtmfViaSignaling.rfc2976")
    assert wanted == tuple(found[name] for name in names)


def test_codecs_are_ranked_from_one_and_all_others_are_off() -> None:
    found = {
        k.removeprefix("voice.codecPref."): v
        for k, v in with_settings(audio__codecs=("pcma", "opus")).items()
        if "codecPref" in k
    }
    assert ("1", "2") == (found.pop("G711_A"), found.pop("Opus"))
    assert {"0"} == set(found.values())


def test_forwarding_without_a_target_is_switched_off() -> None:
    """Switched on without a contact of its own it would go to the contact for all calls."""
    found = with_settings(calls__forward_always="200", calls__forward_busy="105")
    assert ("200", "1", "105") == (
        found["divert.1.contact"],
        found["divert.busy.1.enabled"],
        found["divert.busy.1.contact"],
    )
    assert ("0", "") == (found["divert.noanswer.1.enabled"], found["divert.noanswer.1.contact"])


def test_a_setting_that_is_null_is_cleared() -> None:
    given = with_settings(
        phone__vlan=Vlan(id=20), phone__syslog="log.acme.example:514", sip__outbound_proxy="edge.acme.example"
    )
    cleared = with_settings(phone__vlan=None, phone__syslog=None, sip__outbound_proxy=None)
    names = ("device.net.vlanId", "device.syslog.serverName", "device.syslog.transport", "reg.1.outboundProxy.address")
    assert ["20", "log.acme.example", "1", "edge.acme.example"] == [given[name] for name in names]
    assert ["", "", "0", ""] == [cleared[name] for name in names]
    assert set(given) == set(cleared)


def test_what_the_phone_owns_is_left_out_with_its_switch() -> None:
    layer = replace(tenant_layer(), owners={"phone.admin_password": Owner.PHONE, "phone.vlan": Owner.PHONE})
    found = settings_of(plain(layers=(layer,)))
    owned = ("device.auth.localAdminPassword", "device.net.vlanId", "qos.ethernet.")
    assert not [name for name in found if name.startswith(owned)]


def test_a_user_password_that_nobody_gave_stays_as_it_is() -> None:
    assert "device.auth.localUserPassword.set" not in with_settings()
    assert "777" == with_settings(phone__user_password="777")["device.auth.localUserPassword"]


# Time


def saving(found: Mapping[str, str], name: str) -> tuple[str, ...]:
    prefix = f"tcpIpApp.sntp.daylightSavings.{name}."
    return tuple(found[prefix + field] for field in ("month", "date", "time", "dayOfWeek", "dayOfWeek.lastInMonth"))


@pytest.mark.parametrize(
    ("place", "offset", "start", "stop"),
    [
        ("America/Chicago", "-21600", ("3", "8", "2", "1", "0"), ("11", "1", "2", "1", "0")),
        ("Europe/Berlin", "3600", ("3", "", "2", "1", "1"), ("10", "", "3", "1", "1")),
        ("Australia/Sydney", "36000", ("10", "1", "2", "1", "0"), ("4", "1", "3", "1", "0")),
        ("Asia/Kolkata", "19800", ("",) * 5, ("",) * 5),
    ],
)
def test_daylight_saving(place: str, offset: str, start: tuple[str, ...], stop: tuple[str, ...]) -> None:
    """``date`` is the first day of the week that counts (1, 8, 15, 22), never a day of the month."""
    found = with_settings(locale__timezone=place)
    assert offset == found["tcpIpApp.sntp.gmtOffset"]
    assert "0" == found["tcpIpApp.sntp.daylightSavings.fixedDayEnable"]
    assert ("1" if start[0] else "0") == found["tcpIpApp.sntp.daylightSavings.enable"]
    assert (start, stop) == (saving(found, "start"), saving(found, "stop"))


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("de", "German_Germany"),
        ("de-AT", "German_Germany"),
        ("en-GB", "English_United_Kingdom"),
        ("zh-TW", "Chinese_Taiwan"),
        ("sw", "English_United_States"),
    ],
)
def test_languages(language: str, word: str) -> None:
    assert word == with_settings(locale__language=language)["lcl.ml.lang"]


def test_tones_follow_the_country_and_are_cleared_elsewhere() -> None:
    german, american = with_settings(locale__country="DE"), with_settings(locale__country="US")
    tones = {name for name in german if name.startswith("tone.chord.callProg.")}
    assert tones == {name for name in american if name.startswith("tone.chord.callProg.")}
    assert ("425", "4000") == (
        german["tone.chord.callProg.dialTone.freq.1"],
        german["tone.chord.callProg.ringback.offDur"],
    )
    assert {""} == {american[name] for name in tones}


# Keys


def test_module_keys_go_on_after_the_phones_own() -> None:
    found = with_buttons(
        button("exp1:1", Mode.BLF, "110", "Ten"), button("exp2:1", Mode.SPEED_DIAL, "111", "Eleven"), modules=2
    )
    assert ("BLF", "0") == (found["lineKey.13.category"], found["lineKey.13.index"])
    assert ("EFK", "1") == (found["lineKey.53.category"], found["lineKey.53.index"])
    assert {*range(1, 93)} == indices(found, r"lineKey\.(\d+)\.")


@pytest.mark.parametrize(
    ("mode", "value", "action"),
    [
        (Mode.SPEED_DIAL, "+13125550123", "+13125550123$Tinvite$"),
        (Mode.DTMF, "*1#", "*1#$Tdtmf$"),
        (Mode.RECORD, "*1", "*1$Tdtmf$"),
        (Mode.INTERCOM, "102", "102$Tintercom$"),
        (Mode.PREFIX, "9", "9$P1N15$$Tinvite$"),
        (Mode.TRANSFER, "102", "102$Trefer$"),
        (Mode.TRANSFER, "", "$FTransfer$"),
        (Mode.HOLD, "", "$Chold$"),
        (Mode.VOICEMAIL, "*97", "*97$Tinvite$"),
        (Mode.VOICEMAIL, "", "$FMessages$"),
        (Mode.DND, "", "$FDoNotDisturb$"),
        (Mode.DIRECTORY, "", "$FDirectories$"),
        (Mode.LDAP, "", "$FDirectories$"),
        (Mode.QUEUE_LOGIN, "*45", "*45$Tinvite$"),
        (Mode.PICKUP, "102", "**102$Tinvite$"),
        (Mode.GROUP_PICKUP, "", "*8$Tinvite$"),
        (Mode.URL, "http://pbx.example/door?a=1&b=$", "http://pbx.example/door?a=1&b=%24"),
        (Mode.SPEED_DIAL, "1$Chu$2", "1Chu2$Tinvite$"),
    ],
)
def test_macros(mode: Mode, value: str, action: str) -> None:
    """A dollar sign delimits the parts of a macro, so no number brings one along."""
    row = button("line:5", mode, value, 'Say "hi"', pickup="**")
    found = settings_of(plain(buttons=(row,), layers=(tenant_layer(sip__group_pickup_code="*8"),)))
    assert ("EFK", "1") == (found["lineKey.5.category"], found["lineKey.5.index"])
    assert (action, 'Say "hi"', "1") == tuple(
        found[f"efk.efklist.1.{name}"] for name in ("action.string", "label", "status")
    )
    assert ("1", "1") == (found["feature.enhancedFeatureKeys.enabled"], found["feature.EFKLineKey.enabled"])


def test_macro_names_are_unique() -> None:
    """Of two macros with one name the phone ignores the second."""
    found = with_buttons(*(button(f"line:{n}", Mode.SPEED_DIAL, "1") for n in range(2, 13)))
    names = [value for name, value in found.items() if name.endswith(".mname")]
    assert 11 == len(names) == len(set(names))


def test_blf_and_park_differ_in_their_type_and_keep_the_order_of_the_keys() -> None:
    found = with_buttons(button("line:9", Mode.BLF, "102", "Ann"), button("line:3", Mode.PARK, "701", "Park"))
    entries = [
        tuple(found[f"attendant.resourceList.{n}.{field}"] for field in ("address", "label", "type")) for n in (1, 2)
    ]
    assert [("701", "Park", "automata"), ("102", "Ann", "normal")] == entries
    assert "" == found["attendant.uri"]


def two_servers() -> tuple[Any, ...]:
    return extension("100"), extension("200", server="other.example")


def test_the_account_that_most_keys_ask_for_watches_them_all() -> None:
    rows = (
        button("line:3", Mode.BLF, "102", account=1),
        button("line:4", Mode.BLF, "202", account=2),
        button("line:5", Mode.BLF, "203", account=2),
    )
    assert "2" == with_buttons(*rows, extensions=two_servers())["attendant.reg"]
    assert "1" == with_buttons(extensions=two_servers())["attendant.reg"]


def test_a_key_of_another_server_never_watches_a_namesake() -> None:
    rows = (button("line:3", Mode.BLF, "102"), button("line:4", Mode.BLF, "102", account=2))
    found = with_buttons(*rows, extensions=two_servers())
    assert ["102", "102@other.example"] == [found[f"attendant.resourceList.{n}.address"] for n in (1, 2)]


def test_the_pickup_code_is_a_watched_keys_own_before_the_settings() -> None:
    found = with_buttons(button("line:3", Mode.BLF, "102", pickup="*21"))
    assert ("legacy", "*21") == (found["call.directedCallPickupMethod"], found["call.directedCallPickupString"])
    found = with_settings(sip__pickup_code="*8", sip__retrieve_code="*85")
    assert ("*8", "*85") == (found["call.directedCallPickupString"], found["call.parkedCallRetrieveString"])
    assert "native" == with_settings()["call.directedCallPickupMethod"]


def test_a_shared_line_makes_its_account_shared() -> None:
    found = with_buttons(
        button("line:2", Mode.SHARED_LINE, "2", "Shared"), extensions=(extension("100"), extension("101"))
    )
    assert ("private", "") == (found["reg.1.type"], found["reg.1.thirdPartyName"])
    assert ("shared", "101", "Shared") == tuple(found[f"reg.2.{name}"] for name in ("type", "thirdPartyName", "label"))


def test_an_account_counts_its_line_keys() -> None:
    rows = (button("line:1", Mode.LINE, "1"), button("line:2", Mode.LINE, "1"))
    assert "2" == with_buttons(*rows)["reg.1.lineKeys"]


def test_a_slot_that_is_left_to_the_user_is_not_stated() -> None:
    found = with_buttons(button("line:4", Mode.LOCAL, ""))
    assert {*range(1, 13)} - {4} == indices(found, r"lineKey\.(\d+)\.")


def test_soft_keys_are_macros_too_and_stand_where_they_are_of_use() -> None:
    found = with_buttons(button("soft:1", Mode.SPEED_DIAL, "102", "Ann"), button("soft:3", Mode.RECORD, "*1", "Rec"))
    fields = ("enable", "label", "action", "use.idle", "use.active")
    assert ("1", "Ann", "102$Tinvite$", "1", "0") == tuple(found[f"softkey.1.{name}"] for name in fields)
    assert ("0", "", "", "0", "0") == tuple(found[f"softkey.2.{name}"] for name in fields)
    assert ("1", "Rec", "*1$Tdtmf$", "0", "1") == tuple(found[f"softkey.3.{name}"] for name in fields)


@pytest.mark.parametrize(
    ("native", "wanted"),
    [
        ("SpeedDial;index=7", {"lineKey.3.category": "SpeedDial", "lineKey.3.index": "7"}),
        ("EFK;action=$FTransfer$", {"lineKey.3.category": "EFK", "efk.efklist.1.action.string": "$FTransfer$"}),
        ("BLF;address=*45;type=automata", {"lineKey.3.index": "0", "attendant.resourceList.1.type": "automata"}),
        ("Line;index=1", {"lineKey.3.category": "Line", "lineKey.3.index": "1"}),
    ],
)
def test_native_codes(native: str, wanted: dict[str, str]) -> None:
    found = with_buttons(button("line:3", Mode.NATIVE, native, "X"))
    assert wanted == {name: found[name] for name in wanted}


def warned(model: str, mode: Mode, slot: str = "line:2") -> str:
    profile = merge(plain(model, buttons=(button(slot, mode),)))
    return " ".join(warning.message for warning in warnings_of(profile))


def test_what_a_phone_cannot_do_is_told() -> None:
    assert "paging number" in warned("VVX411", Mode.PAGING)
    assert "presence becomes blf" in warned("VVX411", Mode.PRESENCE)
    assert "no key for a plain number" in warned("SPIP450", Mode.SPEED_DIAL)
    assert "no dtmf on a line key" in warned("SPIP450", Mode.DTMF)
    assert "" == warned("SPIP450", Mode.DTMF, "soft:1")
    assert "no keys but lines" in warned("SPIP501", Mode.BLF)


# Reading back


def test_buttons_read_back_through_the_side_tables() -> None:
    rows = tuple(
        button(f"line:{n}", mode, value, f"L{n}", pickup="**" if mode is Mode.PICKUP else None)
        for n, (mode, value) in enumerate(
            (
                (Mode.LINE, "1"), (Mode.BLF, "102"), (Mode.PARK, "701"), (Mode.SPEED_DIAL, "103"), (Mode.DTMF, "*1"),
                (Mode.VOICEMAIL, "*97"), (Mode.RECORD, "*2"), (Mode.TRANSFER, "104"), (Mode.DND, ""),
                (Mode.QUEUE_LOGIN, "*45"), (Mode.PREFIX, "9"), (Mode.URL, "http://x.example/?a=1"),
            ),
            1,
        )
    )  # fmt: skip
    row = button("exp1:40", Mode.INTERCOM, "105", "Door")
    profile = merge(plain(buttons=(*rows, row)))
    document = POLY.syntax.read(render(profile, SETTINGS).body.decode())
    found = {one.slot: (one.mode, one.value, one.label) for one in POLY.read(document, profile.model).buttons}
    wanted = {one.slot: (one.mode, one.value, one.label) for one in (*rows, row)}
    assert wanted == found


def test_an_account_elsewhere_reads_back_by_its_server() -> None:
    rows = (button("line:3", Mode.BLF, "102"), button("line:4", Mode.BLF, "102", account=2))
    profile = merge(plain(extensions=two_servers(), buttons=rows))
    document = POLY.syntax.read(render(profile, SETTINGS).body.decode())
    found = [(one.value, one.account) for one in POLY.read(document, profile.model).buttons if one.mode is Mode.BLF]
    assert [("102", 1), ("102", 2)] == found


FOREIGN = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<polycomConfig>
<reg reg.1.address="1001@pbx.example" reg.1.displayName="Ann" reg.1.auth.userId="1001" reg.1.auth.password="x"/>
<lineKey lineKey.reassignment.enabled="1" lineKey.1.category="line" lineKey.1.index="1" lineKey.2.category="blf"
  lineKey.2.index="0" lineKey.3.category="EFK" lineKey.3.index="2"
  lineKey.4.category="unassigned" lineKey.4.index="null"/>
<attendant attendant.reg="1" attendant.resourceList.1.address="sip:1002@pbx.example"
  attendant.resourceList.1.label="Bob"/>
<efk efk.efklist.2.mname="Call Ext Test" efk.efklist.2.label="Lab" efk.efklist.2.action.string="^555$Tinvite$"/>
</polycomConfig>"""


def test_files_of_others_are_read() -> None:
    reading = POLY.read(POLY.syntax.read(FOREIGN), find_model("poly", "VVX450")[1])
    assert [("1001", "Ann", "pbx.example")] == [(one.number, one.name, one.server) for one in reading.accounts]
    assert [(Mode.LINE, "1", ""), (Mode.BLF, "1002", "Bob"), (Mode.SPEED_DIAL, "555", "Lab")] == [
        (one.mode, one.value, one.label) for one in reading.buttons
    ]


def test_software_without_line_key_assignment_is_read_in_its_natural_order() -> None:
    text = '<x reg.1.address="1" reg.1.lineKeys="2" attendant.resourceList.1.address="9"/>'
    reading = POLY.read(POLY.syntax.read(text), find_model("poly", "SPIP550")[1])
    assert [(1, Mode.LINE), (2, Mode.LINE), (3, Mode.BLF)] == [(one.slot.number, one.mode) for one in reading.buttons]


def test_an_attribute_that_stands_twice_voids_the_file() -> None:
    with pytest.raises(Broken):
        POLY.syntax.read('<a><b reg.1.address="1"/><c reg.1.address="2"/></a>')
    with pytest.raises(Broken):
        POLY.syntax.read('<a reg.1.address="1" reg.1.address="2"/>')


def test_quotes_in_a_label_break_nothing() -> None:
    found = with_buttons(button("line:3", Mode.BLF, "102", HOSTILE_NAME), extensions=(extension("100", HOSTILE_NAME),))
    assert HOSTILE_NAME == found["attendant.resourceList.1.label"] == found["reg.1.displayName"]


# Native keys


def natively(**keys: str | None) -> Record:
    given = {name.replace("__", "."): value for name, value in keys.items()}
    return plain(native=(Native(origin=Origin("tenant", "acme"), keys=given),))


def test_a_native_key_goes_to_the_settings_and_a_flash_key_brings_its_switch() -> None:
    record = natively(up__backlight__onIntensity="3", device__net__cdpEnabled="0")
    found = settings_of(record)
    assert ("3", "0", "1") == tuple(
        found[n] for n in ("up.backlight.onIntensity", "device.net.cdpEnabled", "device.net.cdpEnabled.set")
    )
    assert "up.backlight.onIntensity" not in settings_of(record, MASTER)


def test_a_native_key_that_is_no_attribute_name_is_refused() -> None:
    with pytest.raises(Broken):
        settings_of(natively(**{'x" y="': "1"}))


def test_a_native_key_of_the_master_reaches_the_master() -> None:
    assert "fw/sip.ld" == settings_of(natively(APP_FILE_PATH="fw/sip.ld"), MASTER)["APP_FILE_PATH"]


# Firmware lines


def on(model: str, firmware: str | None) -> dict[str, str]:
    return settings_of(rich_record("poly", model, firmware=firmware))


@pytest.mark.parametrize(
    ("firmware", "name"),
    [
        ("3.2.4.0267", "SIP up to 3.2"),
        ("3.3.5.0247", "UC Software 3.3"),
        ("4.0.15.1047", "UC Software 4.0 and later"),
        ("10.1.0.1", "UC Software 4.0 and later"),
        (None, "UC Software 4.0 and later"),
    ],
)
def test_firmware_lines(firmware: str | None, name: str) -> None:
    assert name == POLY.line(firmware, find_model("poly", "SPIP550")[1]).name


def test_the_old_family_has_its_own_names() -> None:
    old, new = on("SPIP550", "3.2.7.0198"), on("SPIP550", "4.0.15.1047")
    assert "UDPonly" == old["reg.1.server.1.transport"]
    assert ("3", "1", "3") == tuple(
        old[n] for n in ("voice.codecPref.G711Mu", "feature.18.enabled", "device.prov.serverType")
    )
    assert ("3", "1", "HTTPS") == tuple(
        new[n] for n in ("voice.codecPref.G711_Mu", "feature.enhancedFeatureKeys.enabled", "device.prov.serverType")
    )
    assert not {"voice.codecPref.G711_Mu", "feature.enhancedFeatureKeys.enabled", "reg.1.srtp.enable"} & set(old)
    assert not [name for name in old if name.startswith(("lineKey", "phoneLock", "tone.chord"))]
    assert ("rel", "random") == (old["prov.polling.mode"], new["prov.polling.mode"])


def test_software_3_3_has_the_new_names_and_no_line_key_assignment() -> None:
    found = on("SPIP550", "3.3.5.0247")
    assert "voice.codecPref.G711_Mu" in found
    assert not [name for name in found if name.startswith("lineKey")]
    assert "BLF" == on("SPIP550", "4.0.15.1047")["lineKey.3.category"]


def test_conference_phones_without_line_keys_keep_their_line() -> None:
    """Line key assignment with nothing assigned would take the only line off the screen."""
    for model in ("SSIP6000", "Trio8800"):
        assert not [name for name in settings_of(plain(model)) if name.startswith("lineKey")]


@pytest.mark.parametrize("model", ["CCX500", "EdgeE350", "Trio8800"])
def test_new_phones_are_told_not_to_wait_for_a_human(model: str) -> None:
    found = settings_of(plain(model))
    assert ("1", "Generic") == (found["device.eulaAccepted"], found["device.baseProfile"])
    assert found["device.auth.localAdminPassword"] not in ("", "456")
    assert "device.eulaAccepted" not in settings_of(plain("SPIP550"))


# Provisioning and access


def test_the_phone_comes_back_with_its_token_whatever_dhcp_says() -> None:
    found = with_settings()
    assert (TOKEN_URL, "HTTPS", "Static") == tuple(
        found[n] for n in ("device.prov.serverName", "device.prov.serverType", "device.dhcp.bootSrvUseOpt")
    )
    assert "TFTP" == settings_of(plain(url="tftp://10.0.0.1/d/abc/"))["device.prov.serverType"]


@pytest.mark.parametrize(
    ("minutes", "wanted"),
    [
        (1440, ("1", "random", "86400", "01:00", "05:00")),
        (4000, ("1", "random", "172800", "01:00", "05:00")),
        (120, ("1", "rel", "7200", "", "")),
        (5, ("1", "rel", "3600", "", "")),
        (0, ("0", "", "", "", "")),
    ],
)
def test_polling_is_no_thundering_herd(minutes: int, wanted: tuple[str, ...]) -> None:
    found = with_settings(phone__poll_minutes=minutes)
    assert wanted == tuple(
        found[f"prov.polling.{name}"] for name in ("enabled", "mode", "period", "time", "timeRandomEnd")
    )


def test_a_resync_does_not_always_reboot() -> None:
    assert "0" == with_settings()["voIpProt.SIP.specialEvent.checkSync.alwaysReboot"]


def test_names_without_a_trailing_d_and_with_one() -> None:
    found = with_settings()
    assert {"feature.doNotDisturb.enable", "feature.forward.enable", "feature.enhancedFeatureKeys.enabled"} <= set(
        found
    )


def test_emergency_numbers_work_on_a_locked_phone() -> None:
    found = with_settings(emergency__numbers=("911", "112", "999"), emergency__elin="13125550100")
    assert ["911", "112", "999"] == [found[f"dialplan.routing.emergency.{n}.value"] for n in (1, 2, 3)]
    assert ["911", "112", "999"] == [found[f"phoneLock.authorized.{n}.value"] for n in (1, 2, 3)]
    assert "13125550100" == found["dialplan.routing.emergency.outboundIdentity"]
    assert (
        "tel:+13125550100"
        == with_settings(emergency__callback="+13125550100")["dialplan.routing.emergency.outboundIdentity"]
    )


@pytest.mark.parametrize(
    ("callback", "stated"),
    [("+1 (312) 555-0100", "tel:+13125550100"), ("3125550100", "3125550100"), ("100", ""), ("sip:1@a", "sip:1@a")],
)
def test_an_emergency_call_carries_a_number_that_the_phone_accepts(callback: str, stated: str) -> None:
    found = with_settings(emergency__callback=callback)
    assert stated == found["dialplan.routing.emergency.outboundIdentity"]


def test_a_masked_file_shows_neither_the_url_nor_a_password() -> None:
    profile: Profile = merge(rich_record("poly", "VVX450"))
    for file in (SETTINGS, MASTER):
        assert TOKEN_URL.rstrip("/") not in render(profile, file, View.MASKED).body.decode()


def test_a_document_of_ours_is_a_tree_of_attributes() -> None:
    document = POLY.syntax.read('<a reg.1.address="1"><b up.mwiVisible="1"/></a>')
    assert isinstance(document, XmlDocument)
    assert [("reg.1.address", "1"), ("up.mwiVisible", "1")] == list(document.items())


def test_a_watched_key_of_another_account_is_a_warning() -> None:
    own, other = {"account": 1}, {"account": 2}
    rows = tuple(button(f"line:{n}", Mode.BLF, "102", **line) for n, line in ((3, own), (4, own), (5, other)))
    profile = merge(rich_record("poly", "VVX450", template=None, buttons=rows))
    assert ["line:5"] == [warning.slot for warning in warnings_of(profile)]
