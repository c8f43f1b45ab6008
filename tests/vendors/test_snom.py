"""Snom, read by another parser than ours: what stands in the files that the desk phones get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import effective, warnings_of
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.profile import Profile
from provisioner.recognise import Ask, recognise
from provisioner.record import Layer, Record
from provisioner.registry import vendors
from provisioner.render import document_of, render
from provisioner.timezones import zone, zone_names
from provisioner.values import Mode, Owner
from provisioner.vendors.snom import words
from tests.factories import TOKEN_URL, button, empty_record, extension, native, rich_record, tenant_layer

SNOM = vendors()["snom"]
CONFIG = SNOM.files[0]
MODELS = [model for model in SNOM.models.values() if not model.handsets]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
PERMISSIONS = {"R", "RW", "!"}


@dataclass(frozen=True)
class Parsed:
    """A settings file by the eyes of the standard library: value and permission by tag and idx."""

    settings: dict[tuple[str, str | None], str]
    permissions: dict[tuple[str, str | None], str | None]
    keys: dict[int, tuple[str, str, str]]  # value, context, label

    def one(self, tag: str, idx: int | None = None) -> str | None:
        return self.settings.get((tag, None if idx is None else str(idx)))

    def perm(self, tag: str, idx: int | None = None) -> str | None:
        return self.permissions.get((tag, None if idx is None else str(idx)))


def parse(body: bytes) -> Parsed:
    root = ElementTree.fromstring(body)
    assert "settings" == root.tag
    assert ["phone-settings", "functionKeys"] == [section.tag for section in root]
    elements = list(root[0])
    names = [(element.tag, element.get("idx")) for element in elements]
    assert len(names) == len(set(names)), "a setting is stated twice"
    keys = [int(element.attrib["idx"]) for element in root[1]]
    assert len(keys) == len(set(keys)), "a key is stated twice"
    assert {"fkey"} >= {element.tag for element in root[1]}
    return Parsed(
        settings={name: element.text or "" for name, element in zip(names, elements, strict=True)},
        permissions={name: element.get("perm") for name, element in zip(names, elements, strict=True)},
        keys={int(key.attrib["idx"]): (key.text or "", key.attrib["context"], key.attrib["label"]) for key in root[1]},
    )


def parsed(record: Record) -> Parsed:
    return parse(render(merge(record), CONFIG).body)


def with_settings(record: Record, **values: Any) -> Record:
    return replace(record, layers=(tenant_layer(**values),))


def owned(record: Record, **owners: Owner) -> Record:
    given = {name.replace("__", "."): owner for name, owner in owners.items()}
    return replace(record, device_layer=Layer(origin=record.device_layer.origin, owners=given))


def with_keys(model: str, *rows: Any, **changes: Any) -> Parsed:
    return parsed(rich_record("snom", model, template=None, buttons=rows, **changes))


# Every model


@every_model
def test_a_full_and_an_empty_file_are_well_formed_and_permit_something_everywhere(model: Any) -> None:
    for record in (empty_record("snom", model.name), rich_record("snom", model.name)):
        read = parsed(record)
        assert PERMISSIONS >= set(read.permissions.values())


@every_model
def test_every_account_of_the_model_is_stated_and_none_beyond_it(model: Any) -> None:
    read = parsed(empty_record("snom", model.name))
    stated = {int(idx) for tag, idx in read.settings if tag == "user_active" and idx}
    assert set(range(1, model.accounts + 1)) == stated
    assert {"off"} == {read.one("user_active", n) for n in stated}
    beyond = {tag for tag, idx in read.settings if idx and int(idx) > model.accounts and tag != "context_key"}
    assert set() == beyond


@every_model
def test_an_unused_account_keeps_no_trace_of_an_old_one(model: Any) -> None:
    read = parsed(empty_record("snom", model.name))
    for tag in ("user_name", "user_pname", "user_pass", "user_realname", "user_host", "user_outbound", "user_mailbox"):
        assert "" == read.one(tag, model.accounts)


@every_model
def test_every_key_is_stated_from_zero_and_modules_begin_at_their_index(model: Any) -> None:
    read = parsed(rich_record("snom", model.name))
    expected = set(range(model.line_keys))
    if model.expansion:
        first = model.extra["first_module"]
        expected |= set(range(first, first + model.expansion.keys))
    assert expected == set(read.keys)


@every_model
def test_unused_keys_are_off(model: Any) -> None:
    read = parsed(replace(rich_record("snom", model.name), template=None, extensions=(), modules=None))
    assert {("none", "active", "")} >= set(read.keys.values())
    assert model.line_keys == len(read.keys)


@every_model
def test_soft_and_dedicated_keys_that_nobody_gave_are_never_killed(model: Any) -> None:
    read = parsed(empty_record("snom", model.name))
    bare = {
        tag: text for (tag, _), text in read.settings.items() if tag.startswith(("context_key", "gui_fkey", "dkey_"))
    }
    assert not [tag for tag, text in bare.items() if text in ("", "none", "keyevent F_NONE")]


@every_model
def test_modules_follow_each_other(model: Any) -> None:
    if model.expansion is None:
        assert "first_module" not in model.extra
        return
    rows = tuple(button(f"exp{m}:{model.expansion.keys}", Mode.SPEED_DIAL, f"9{m}") for m in (1, 2, 3))
    read = with_keys(model.name, *rows, modules=3)
    first, size = model.extra["first_module"], model.expansion.keys
    last = [first + size * m - 1 for m in (1, 2, 3)]
    assert ["speed 91", "speed 92", "speed 93"] == [read.keys[index][0] for index in last]
    assert last[-1] == max(read.keys)
    assert first >= model.line_keys


def test_no_index_lies_beyond_those_that_peers_write() -> None:
    # 40 keys and three modules of 60 end at 219; the D385's modules are the exception that models.toml tells of.
    for model in MODELS:
        if model.expansion and model.name != "D385":
            assert model.extra["first_module"] + 3 * model.expansion.keys <= 220


@every_model
def test_the_file_names_are_the_phones_own(model: Any) -> None:
    names = [file.name(merge(empty_record("snom", model.name, "000413aabbcc")).mac, model) for file in SNOM.files]
    phone = model.extra["phone"]
    assert f"snom{phone}-000413AABBCC.htm" == names[0]
    assert f"snom{phone}.htm" in names
    for name in (names[0], f"snom{model.name}-000413AABBCC.htm"):
        assert model.name == recognise(Ask(path=f"/{name}")).model


def test_numbers_of_firmware_say_snom715_and_the_others_say_the_d() -> None:
    phones = {model.name: model.extra["phone"] for model in MODELS}
    assert {"D710": "710", "D715": "715", "D725": "725", "D735": "D735", "D765": "D765"}.items() <= phones.items()


# The file


def test_the_bytes_look_like_the_vendors_samples() -> None:
    body = render(merge(rich_record("snom", "D735")), CONFIG).body
    assert body.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<settings>')
    assert b"/>" not in body
    assert "Søn".encode() in body
    assert b"&#" not in body


def test_the_other_names_get_the_same_bytes() -> None:
    profile = merge(rich_record("snom", "D715"))
    bodies = {render(profile, file).body for file in SNOM.files if file.template and file.fits(profile.model)}
    assert 1 == len(bodies)


def test_automatic_reboots_are_said_first() -> None:
    root = ElementTree.fromstring(render(merge(empty_record("snom", "D785")), CONFIG).body)
    assert "auto_reboot_on_setting_change" == root[0][0].tag


def test_the_phone_comes_back_with_its_token_and_stays_out_of_redirection() -> None:
    read = parsed(rich_record("snom", "D785"))
    assert TOKEN_URL == read.one("setting_server")
    assert "RW" == read.perm("setting_server")
    assert "redirection" not in (read.one("provisioning_order") or "")
    assert "off" == read.one("pnp_config")


def test_admin_mode_is_never_read_only() -> None:
    read = parsed(rich_record("snom", "D785"))
    assert ("off", "RW") == (read.one("admin_mode"), read.perm("admin_mode"))


def test_no_permission_is_a_lonely_blank() -> None:
    assert b'perm=" "' not in render(merge(rich_record("snom", "D785")), CONFIG).body


# Accounts


def test_an_account_is_stated_in_full() -> None:
    person = extension("100", "Front office", pickup_code="*8", retrieve_code="*88", expires=300, keepalive=0)
    read = parsed(with_settings(replace(empty_record("snom", "D785"), extensions=(person,)), sip__port=5080))
    expected = {
        "user_active": "on", "user_name": "100", "user_pname": "auth100", "user_realname": "Front office",
        "user_idle_text": "Front office", "user_idle_number": "100", "user_host": "pbx.acme.example",
        "user_outbound": "pbx.acme.example:5080;transport=udp", "user_expiry": "300", "keepalive_interval": "",
        "user_mailbox": "*97", "blf_directed_call_pickup": "*8", "blf_park_pick_up": "*88",
        "user_failover_identity": "none", "hide_identity": "false", "user_shared_line": "off",
    }  # fmt: skip
    assert expected == {tag: read.one(tag, 1) for tag in expected}


@pytest.mark.parametrize(
    ("sip", "host", "outbound"),
    [
        ({}, "pbx.acme.example", "pbx.acme.example:5060;transport=udp"),
        ({"transport": "tcp"}, "pbx.acme.example", "pbx.acme.example:5060;transport=tcp"),
        ({"transport": "tls"}, "pbx.acme.example", "pbx.acme.example:5061;transport=tls"),
        ({"transport": "tls", "port": 5099}, "pbx.acme.example", "pbx.acme.example:5099;transport=tls"),
        ({"outbound_proxy": "edge:5070", "port": 5099}, "pbx.acme.example:5099", "edge:5070;transport=udp"),
        ({"outbound_proxy": "edge", "transport": "tls"}, "pbx.acme.example", "edge:5061;transport=tls"),
        ({"outbound_proxy": "[2001:db8::1]:5070"}, "pbx.acme.example", "[2001:db8::1]:5070;transport=udp"),
        ({"outbound_proxy": "[2001:db8::1]"}, "pbx.acme.example", "[2001:db8::1]:5060;transport=udp"),
        ({"transport": "srv"}, "pbx.acme.example", ""),
        ({"transport": "srv", "port": 5099}, "pbx.acme.example:5099", ""),
        ({"server": None}, "", ""),
    ],
)
def test_host_and_outbound_proxy(sip: dict[str, Any], host: str, outbound: str) -> None:
    record = replace(empty_record("snom", "D785"), extensions=(extension("100", **sip),))
    read = parsed(record)
    assert (host, outbound) == (read.one("user_host", 1), read.one("user_outbound", 1))


@pytest.mark.parametrize(
    ("srtp", "expected"),
    [("off", ("off", "off")), ("optional", ("on", "optional")), ("mandatory", ("on", "mandatory"))],
)
def test_srtp(srtp: str, expected: tuple[str, str]) -> None:
    read = parsed(replace(empty_record("snom", "D785"), extensions=(extension("100", srtp=srtp),)))
    assert expected == (read.one("user_srtp", 1), read.one("user_savp", 1))


@pytest.mark.parametrize(
    ("dtmf", "info", "codecs"),
    [
        ("rfc4733", "off", "g722,pcma,pcmu,g729,telephone-event"),
        ("info", "sip_info_only", "g722,pcma,pcmu,g729,telephone-event"),
        ("inband", "off", "g722,pcma,pcmu,g729"),
    ],
)
def test_digits_are_the_codec_lists_business(dtmf: str, info: str, codecs: str) -> None:
    read = parsed(replace(empty_record("snom", "D785"), extensions=(extension("100", dtmf=dtmf),)))
    assert (info, codecs) == (read.one("user_dtmf_info", 1), read.one("codec_priority_list", 1))


def test_codecs_keep_their_order_and_are_never_none() -> None:
    record = replace(empty_record("snom", "D785"), extensions=(extension("100"),))
    for codecs, expected in ((("g729", "pcmu"), "g729,pcmu"), (("opus",), "pcma,pcmu")):
        read = parsed(with_settings(record, audio__codecs=codecs))
        assert f"{expected},telephone-event" == read.one("codec_priority_list", 1)


def test_a_backup_server_is_a_hidden_identity_on_the_next_free_account() -> None:
    people = (extension("100", backup_server="b.example:5070"), extension("101"))
    read = parsed(replace(empty_record("snom", "D785"), extensions=people))
    assert "3" == read.one("user_failover_identity", 1)
    assert "none" == read.one("user_failover_identity", 2)
    twin = ("user_active", "hide_identity", "user_name", "user_host", "user_outbound", "user_failover_identity")
    assert ["on", "true", "100", "b.example", "b.example:5070;transport=udp", "none"] == [read.one(t, 3) for t in twin]
    assert "off" == read.one("user_active", 4)


def test_a_backup_server_behind_a_proxy_keeps_its_port() -> None:
    person = extension("100", backup_server="b.example:5070", outbound_proxy="edge")
    read = parsed(replace(empty_record("snom", "D785"), extensions=(person,)))
    assert ["b.example:5070", "edge:5060;transport=udp"] == [read.one(tag, 2) for tag in ("user_host", "user_outbound")]


def test_without_a_free_account_there_is_no_failover() -> None:
    people = tuple(extension(str(n), backup_server="b.example") for n in (100, 101))
    read = parsed(replace(empty_record("snom", "D120"), extensions=people))
    assert ["none", "none"] == [read.one("user_failover_identity", n) for n in (1, 2)]


def test_identity_one_never_fails_over_to_identity_twelve() -> None:
    people = tuple(extension(str(n), **({"backup_server": "b.example"} if n == 100 else {})) for n in range(100, 111))
    read = parsed(replace(empty_record("snom", "D785"), extensions=people))
    assert ("none", "off") == (read.one("user_failover_identity", 1), read.one("user_active", 12))


def test_an_account_with_a_shared_line_key_registers_as_shared() -> None:
    read = with_keys("D785", button("line:1", Mode.SHARED_LINE, "2"))
    assert ["off", "on"] == [read.one("user_shared_line", n) for n in (1, 2)]
    assert ("line", "2", "shared-line") == read.keys[0]


def test_calls_can_be_changed_on_the_phone() -> None:
    record = with_settings(
        replace(empty_record("snom", "D785"), extensions=(extension("100"),)),
        calls__dnd=True, calls__call_waiting=False, calls__auto_answer=True, calls__forward_always="200",
        calls__forward_no_answer_s=15,
    )  # fmt: skip
    read = parsed(record)
    accounts = {
        "dnd_mode": "on", "user_auto_connect": "on", "fwd_all_enabled": "on", "fwd_all_target": "200",
        "fwd_busy_enabled": "off", "fwd_busy_target": "", "fwd_time_secs": "15",
    }  # fmt: skip
    assert accounts == {tag: read.one(tag, 1) for tag in accounts}
    assert {"RW"} == {read.perm(tag, 1) for tag in accounts}
    assert ("off", "RW") == (read.one("call_waiting"), read.perm("call_waiting"))


# The phone


def test_a_default_may_be_changed_and_what_is_the_phones_is_left_out() -> None:
    record = empty_record("snom", "D785")
    owners = {"locale__language": Owner.DEFAULT, "phone__ntp": Owner.PHONE, "calls__call_waiting": Owner.DEFAULT}
    read = parsed(owned(record, **owners))
    assert ("English", "!") == (read.one("language"), read.perm("language"))
    assert "!" == read.perm("call_waiting")
    assert read.one("ntp_server") is None
    assert "R" == parsed(record).perm("language")


def test_a_vlan_is_set_and_cleared() -> None:
    tags = ("vlan_id", "vlan_qos", "vlan_port_tagging", "vlan_pc_id", "vlan_pc_priority")
    cases = {
        ("20", "5", "on", "30", "0"): Vlan(id=20, priority=5, pc_id=30),
        ("20", "3", "off", "", ""): Vlan(id=20, priority=3),
        ("", "", "off", "", ""): None,
    }
    for expected, vlan in cases.items():
        read = parsed(with_settings(empty_record("snom", "D785"), phone__vlan=vlan))
        assert expected == tuple(read.one(tag) for tag in tags)


def test_dscp_is_a_tos_byte_and_the_network_follows() -> None:
    record = with_settings(
        empty_record("snom", "D785"), phone__dscp_rtp=46, phone__dscp_sip=24, phone__lldp=False,
        phone__syslog="log.example:5514", phone__ntp=("a.ntp", "b.ntp"), emergency__numbers=("112", "911"),
    )  # fmt: skip
    read = parsed(record)
    expected = {
        "codec_tos": "184", "signaling_tos": "96", "lldp_enable": "off", "syslog_server": "log.example:5514",
        "ntp_server": "a.ntp", "keyboard_lock_emergency": "112 911",
    }  # fmt: skip
    assert expected == {tag: read.one(tag) for tag in expected}


def test_what_is_none_is_cleared() -> None:
    read = parsed(with_settings(empty_record("snom", "D785"), phone__syslog=None, phone__ntp=()))
    assert ["", ""] == [read.one("syslog_server"), read.one("ntp_server")]


def test_passwords_and_the_web_pages() -> None:
    read = parsed(with_settings(empty_record("snom", "D862"), phone__admin_password="s3<cret", phone__web=False))
    for tag in ("http_pass", "webserver_admin_password", "admin_mode_password", "admin_mode_password_confirm"):
        assert "s3<cret" == read.one(tag)
    assert "off" == read.one("webserver_type")
    assert read.one("webserver_user_password") is None
    told = parsed(with_settings(empty_record("snom", "D862"), phone__user_password="1234"))
    assert ("user", "1234") == (told.one("webserver_user_name"), told.one("webserver_user_password"))


@pytest.mark.parametrize(
    ("model", "language", "country", "expected"),
    [
        ("D865", "de", "DE", "de_DE"),
        ("D810", "de", "CH", "de_DE"),
        ("D865", "fr", "CA", "fr_CA"),
        ("D865", "fr-CA", None, "fr_CA"),
        ("D865", "en", "US", "en_US"),
        ("D865", "en", "GB", None),
        ("D785", "de", "DE", None),
    ],
)
def test_the_d8xx_writes_dates_by_its_locale(
    model: str, language: str, country: str | None, expected: str | None
) -> None:
    record = with_settings(empty_record("snom", model), locale__language=language, locale__country=country)
    assert expected == parsed(record).one("locale")


@pytest.mark.parametrize(
    ("language", "expected"), [("de", "Deutsch"), ("pt-BR", "Português"), ("cs", "Čeština"), ("zu", "English")]
)
def test_languages_are_the_vendors_native_names(language: str, expected: str) -> None:
    read = parsed(with_settings(empty_record("snom", "D785"), locale__language=language))
    assert [expected, expected] == [read.one("language"), read.one("web_language")]


def test_tones_follow_the_country_or_are_left_alone() -> None:
    for country, expected in (("DE", "GER"), ("CH", "SWI"), ("KE", None), (None, None)):
        read = parsed(with_settings(empty_record("snom", "D785"), locale__country=country))
        assert expected == read.one("tone_scheme")
    read = parsed(with_settings(empty_record("snom", "D785"), locale__country="DE", locale__tone_country="AT"))
    assert "AUT" == read.one("tone_scheme")


def test_polling_is_in_seconds() -> None:
    read = parsed(with_settings(empty_record("snom", "D785"), phone__poll_minutes=60))
    tags = ("prov_polling_enabled", "prov_polling_mode", "prov_polling_period", "settings_refresh_timer")
    assert ["on", "rel", "3600", "0"] == [read.one(tag) for tag in tags]
    read = parsed(with_settings(empty_record("snom", "D785"), phone__poll_minutes=0))
    assert ["off", "rel", None, "0"] == [read.one(tag) for tag in tags]


# The clock

US = "3600 03.02.07 02:00:00 11.01.07 02:00:00"
EU = "3600 03.05.07 02:00:00 10.05.07 03:00:00"


@pytest.mark.parametrize(
    ("name", "code", "offset", "rule"),
    [
        ("America/Chicago", "USA-6", "-21600", US),
        ("US/Central", "USA-6", "-21600", US),
        ("Europe/Berlin", "GER+1", "+3600", EU),
        ("Europe/Paris", "FRA+1", "+3600", EU),
        ("Asia/Kolkata", "IND+5.5", "+19800", ""),
        ("Australia/Sydney", "AUS+10", "+36000", "3600 10.01.07 02:00:00 04.01.07 03:00:00"),
        ("Europe/London", "GBR-0", "+0", "3600 03.05.07 01:00:00 10.05.07 02:00:00"),
        ("America/St_Johns", "CAN-3.5", "-12600", US),
        # Never a code that would switch the clocks of a place that does not
        ("Etc/UTC", "", "+0", ""),
        ("Atlantic/Reykjavik", "", "+0", ""),
        ("America/Phoenix", "USA2-7", "-25200", ""),
        ("America/Regina", "CAN2-6", "-21600", ""),
        ("America/Mexico_City", "CAN2-6", "-21600", ""),
        ("America/Sao_Paulo", "BRA2-3", "-10800", ""),
        ("Europe/Istanbul", "EAT+3", "+10800", ""),
        ("Europe/Moscow", "EAT+3", "+10800", ""),
        ("Australia/Brisbane", "AUS2+10", "+36000", ""),
        ("Asia/Shanghai", "SGP+8", "+28800", ""),
        ("Asia/Tehran", "", "+12600", ""),
        ("Asia/Kathmandu", "", "+20700", ""),
        # Nor one whose rule is another one
        ("America/Tijuana", "USA-8", "-28800", US),
        ("America/Havana", "", "-18000", "3600 03.02.07 00:00:00 11.01.07 01:00:00"),
        ("Africa/Cairo", "", "+7200", "3600 04.05.05 00:00:00 10.05.05 00:00:00"),
    ],
)
def test_time_zones(name: str, code: str, offset: str, rule: str) -> None:
    read = parsed(with_settings(empty_record("snom", "D785"), locale__timezone=name))
    assert (code, offset, rule) == (read.one("timezone"), read.one("utc_offset"), read.one("dst"))


def test_no_zone_gets_a_code_of_another_offset_or_with_another_rule() -> None:
    from provisioner.vendors.snom.context import _rule, _zone_code

    for place in map(zone, zone_names()):
        code = _zone_code(place)
        if code:
            sign = max(code.rfind("+"), code.rfind("-"))
            assert place.offset_s == float(code[sign:]) * 3600, place.name
            assert words.TIME_ZONES[code][0] == _rule(place), place.name


def test_a_code_is_declared_with_its_homes_offset_and_a_home_that_exists() -> None:
    assert {home for _, home in words.TIME_ZONES.values()} <= set(zone_names())


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ({"locale__country": "US"}, ("off", "on")),
        ({"locale__country": "DE"}, ("on", "off")),
        ({"locale__time_format": "12", "locale__date_format": "dmy"}, ("off", "off")),
        ({"locale__time_format": "24", "locale__date_format": "mdy", "locale__country": "DE"}, ("on", "on")),
    ],
)
def test_date_and_time_format(locale: dict[str, str], expected: tuple[str, str]) -> None:
    read = parsed(with_settings(empty_record("snom", "D785"), **locale))
    assert expected == (read.one("time_24_format"), read.one("date_us_format"))


# Keys


@pytest.mark.parametrize(
    ("mode", "value", "text", "context"),
    [
        (Mode.LINE, "2", "line", "2"),
        (Mode.BLF, "102", "blf 102", "1"),
        (Mode.SPEED_DIAL, "+13125550123", "speed +13125550123", "1"),
        (Mode.GROUP_PICKUP, "*8", "speed *8", "1"),
        (Mode.INTERCOM, "102", "icom 102", "1"),
        (Mode.PAGING, "224.0.1.20:5001", "multicast 224.0.1.20:5001", "1"),
        (Mode.DTMF, "*1", "dtmf *1", "1"),
        (Mode.PREFIX, "00", "speed 00", "1"),
        (Mode.TRANSFER, "", "keyevent F_TRANSFER", "active"),
        (Mode.TRANSFER, "102", "transfer 102", "1"),
        (Mode.CONFERENCE, "", "keyevent F_CONFERENCE", "active"),
        (Mode.HOLD, "", "keyevent F_HOLD", "active"),
        (Mode.PRIVATE_HOLD, "", "keyevent F_HOLD", "active"),
        (Mode.RECORD, "", "keyevent F_REC", "active"),
        (Mode.VOICEMAIL, "", "speed *97", "1"),
        (Mode.VOICEMAIL, "*98", "speed *98", "1"),
        (Mode.FORWARD, "", "keyevent F_REDIRECT", "active"),
        (Mode.FORWARD, "103", "redirect 103", "1"),
        (Mode.DND, "", "keyevent F_DND", "active"),
        (Mode.REDIAL, "", "keyevent F_REDIAL", "active"),
        (Mode.HISTORY, "", "keyevent F_CALL_LIST", "active"),
        (Mode.DIRECTORY, "", "keyevent F_ADR_BOOK", "active"),
        (Mode.LDAP, "", "keyevent F_DIRECTORY_SEARCH", "active"),
        (Mode.URL, "http://x.example/?a=1&b=2", "url http://x.example/?a=1&b=2", "1"),
        (Mode.XML, "http://x.example/m.xml", "url http://x.example/m.xml", "1"),
        (Mode.PRESENCE, "102", "presence 102", "1"),
        (Mode.QUEUE_LOGIN, "*45", "blf *45", "1"),
        (Mode.FLAG, "*28", "blf *28", "1"),
        (Mode.MUTE, "", "keyevent F_MUTE", "active"),
        (Mode.MENU, "", "keyevent F_SETTINGS", "active"),
        (Mode.HOT_DESK, "", "none", "active"),
        (Mode.NATIVE, "keyevent F_REGS", "keyevent F_REGS", "active"),
        (Mode.NATIVE, "conference;value=sip:room@x;label=Room;context=2", "conference sip:room@x", "2"),
        (Mode.SPEED_DIAL, "", "none", "1"),
        (Mode.NONE, "", "none", "active"),
    ],
)
def test_every_mode_on_a_line_key(mode: Mode, value: str, text: str, context: str) -> None:
    read = with_keys("D785", button("line:5", mode, value))
    assert (text, context) == read.keys[4][:2]


def test_a_pickup_code_stands_behind_a_plain_pipe() -> None:
    people = (extension("100", pickup_code="*8", retrieve_code="*88"), extension("101", pickup_code="*9"))
    rows = (
        button("line:3", Mode.BLF, "102"),
        button("line:4", Mode.BLF, "102", pickup="**"),
        button("line:5", Mode.BLF, "102", account=2),
        button("line:6", Mode.PICKUP, "102"),
        button("line:7", Mode.FLAG, "*28"),
        button("line:8", Mode.BLF, "10|2"),
    )
    read = with_keys("D785", *rows, extensions=people)
    expected = ["blf 102|*8", "blf 102|**", "blf 102|*9", "speed *8102", "blf *28", "blf 102|*8"]
    assert expected == [read.keys[index][0] for index in range(2, 8)]
    assert "2" == read.keys[4][1]


def test_an_orbit_is_a_key_type_of_some_models_only() -> None:
    row = button("line:3", Mode.PARK, "701", pickup="*88")
    assert "orbit 701" == with_keys("D765", row).keys[2][0]
    assert "blf 701|*88" == with_keys("D735", row).keys[2][0]
    assert "blf 701" == with_keys("D735", replace(row, pickup=None)).keys[2][0]
    told = warnings_of(merge(rich_record("snom", "D735", template=None, buttons=(row,))))
    assert any("park becomes blf" in warning.message for warning in told)


def test_soft_keys_take_key_events_and_numbers_only() -> None:
    rows = (
        button("soft:1", Mode.DND, ""),
        button("soft:2", Mode.SPEED_DIAL, "102"),
        button("soft:3", Mode.NONE, ""),
        button("soft:4", Mode.BLF, "102"),
    )
    read = with_keys("D785", *rows)
    expected = ["keyevent F_DND", "speed 102", "keyevent F_NONE", "keyevent F_NONE"]
    assert expected == [read.one("context_key", n) for n in range(4)]
    assert Mode.NONE is effective(SNOM.buttons(SNOM.models["D785"]), Mode.BLF, "soft")[0]


def test_soft_keys_go_back_to_the_factorys() -> None:
    read = parsed(empty_record("snom", "D865"))
    expected = ["F_SETTINGS", "F_CALL_LIST", "F_ADR_BOOK", "F_STATUS"]
    assert [f"keyevent {event}" for event in expected] == [read.one("context_key", n) for n in range(4)]
    assert parsed(empty_record("snom", "D345")).one("context_key", 0) is None


def test_dedicated_keys() -> None:
    read = with_keys("D785", button("key:1", Mode.URL, "http://x.example/book"), button("key:4", Mode.VOICEMAIL, ""))
    assert "url http://x.example/book" == read.one("dkey_directory")
    assert "speed *97" == read.one("dkey_retrieve")
    assert "keyevent F_DND" == read.one("dkey_dnd")
    assert parsed(empty_record("snom", "D785")).one("dkey_retrieve") is None


def test_a_key_that_is_left_to_the_user_is_not_in_the_file() -> None:
    read = with_keys("D785", button("line:3", Mode.LOCAL, ""))
    assert 2 not in read.keys
    assert 3 in read.keys


# Firmware


@pytest.mark.parametrize("firmware", ["8.9.3.80", "8.7.5.35", "8.4.35"])
def test_before_firmware_10_soft_keys_and_logins_have_other_names(firmware: str) -> None:
    rows = (button("soft:1", Mode.DND, ""), button("soft:4", Mode.MENU, ""))
    read = with_keys("D735", *rows, firmware=firmware)
    assert ["keyevent F_DND", "keyevent F_SETTINGS"] == [read.one("gui_fkey1"), read.one("gui_fkey4")]
    assert read.one("context_key", 0) is None
    assert read.one("gui_fkey2") is None
    assert read.one("webserver_admin_password") is None
    assert read.one("http_pass")
    assert read.one("prov_polling_period") is None
    assert "86400" == read.one("settings_refresh_timer")


def test_the_line_follows_the_firmware_and_the_models_assumed_one() -> None:
    lines = {name: SNOM.line(None, SNOM.models[name]).name for name in ("D735", "720", "370")}
    assert {"D735": "10.1", "720": "up to 8.9", "370": "up to 8.9"} == lines
    assert "10.1" == SNOM.line("10.1.20.0", SNOM.models["D735"]).name
    assert (10, 1, 215, 13) == SNOM.release("10.1.215.13")
    assert (0,) == SNOM.release("beta")


# Native keys and the syntax


def test_native_keys_reach_settings_accounts_and_keys() -> None:
    keys = {
        "ring_sound": "Ringer3", "user_ringer[2]": "Silent", "language": "Bosanski", "fkey[5]": "url http://x/",
        "fkey[5]@label": "Door", "fkey[400]@label": "Far", "vlan_id@perm": "RW", "dnd_mode[1]": None,
    }  # fmt: skip
    profile = merge(rich_record("snom", "D785", native=(native(**keys),)))
    read = parse(render(profile, CONFIG).body)
    assert ("Ringer3", "RW") == (read.one("ring_sound"), read.perm("ring_sound"))
    assert ["Silent", "Bosanski"] == [read.one("user_ringer", 2), read.one("language")]
    assert ("url http://x/", "1", "Door") == read.keys[5]
    assert ("", "active", "Far") == read.keys[400]
    assert "RW" == read.perm("vlan_id")
    assert read.one("dnd_mode", 1) is None


def test_a_dropped_key_goes_with_its_attributes() -> None:
    profile = merge(rich_record("snom", "D785", native=(native(**{"fkey[2]": None}),)))
    document = document_of(profile, CONFIG)
    assert [] == [key for key, _ in document.items() if key.startswith("fkey[2]")]
    assert 2 not in parse(render(profile, CONFIG).body).keys


@pytest.mark.parametrize("key", ["fkey", "a b", "1st", "x[", "x[-1]", "<x>", "", "user_name[1][2]"])
def test_a_native_key_that_cannot_exist_is_refused(key: str) -> None:
    from provisioner.errors import Broken

    profile: Profile = merge(rich_record("snom", "D785", native=(native(**{key: "1"}),)))
    with pytest.raises(Broken, match="is no setting"):
        document_of(profile, CONFIG)


def test_files_of_other_systems_are_read() -> None:
    text = """<?xml version="1.0"?>
    <settings><phone-settings e="2"><!-- others' -->
      <user_active idx="1" perm="">on</user_active><user_name idx="1" perm="">201</user_name>
      <user_realname idx="1">Anna &amp; Co</user_realname><user_pass idx="1">x</user_pass>
      <user_active idx="2">off</user_active><user_name idx="2">202</user_name>
      <gui_fkey2 perm="">keyevent F_DND</gui_fkey2>
      <context_key idx="0"><initialization><variable name="label" value="Book"/></initialization></context_key>
    </phone-settings>
    <function-keys><fkey idx="0" context="1" label="" lp="on" perm="">line </fkey>
      <fkey idx="3" context="active" label="B" perm="R">blf 102|*8</fkey>
      <fkey idx="24" context="2" label="Far" perm="R">speed 9</fkey></function-keys></settings>"""
    reading = SNOM.read(SNOM.syntax.read(text), SNOM.models["D785"])
    assert [(1, "201", "Anna & Co", "x")] == [(a.index, a.number, a.name, a.password) for a in reading.accounts]
    found = [(str(b.slot), b.mode, b.value, b.label, b.account) for b in reading.buttons]
    assert [
        ("exp1:1", Mode.SPEED_DIAL, "9", "Far", 2),
        ("line:1", Mode.LINE, "1", "", 1),
        ("line:4", Mode.BLF, "102", "B", 1),
        ("soft:2", Mode.DND, "", "", 1),
    ] == found


@every_model
def test_buttons_read_back_as_the_modes_that_the_file_holds(model: Any) -> None:
    profile = merge(rich_record("snom", model.name))
    reading = SNOM.read(SNOM.syntax.read(render(profile, CONFIG).body.decode()), model)
    read = {str(one.slot): (one.mode, one.value, one.label) for one in reading.buttons}
    if model.line_keys >= 4:
        assert (Mode.SPEED_DIAL, "+13125550123", "Lab") == read["line:4"]
        assert (Mode.BLF, "102", SNOM.syntax.carry(profile.buttons[_slot("line:3")].label)) == read["line:3"]
    if model.expansion:
        assert (Mode.SPEED_DIAL, "111", "Eleven") == read["exp1:2"]


def _slot(text: str) -> Any:
    from provisioner.values import Slot

    return Slot.parse(text)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/4.0 (compatible; snomD865-SIP 10.1.215.13 2010.12 000413AABBCC SXM:0 UXM:1)", "000413aabbcc"),
        ("Mozilla/4.0 (compatible; snom710-SIP 8.7.5.35 1.1.5-IFX-05.01.12 000413741767)", "000413741767"),
        ("Mozilla/4.0 (compatible; snom320-SIP 7.3.30 1.1.3-u)", None),
    ],
)
def test_the_mac_of_a_user_agent_is_its_last_token_but_the_modules(agent: str, expected: str | None) -> None:
    mac = recognise(Ask(path="/snomD865.htm", user_agent=agent)).mac
    assert expected == (mac.hex if mac else None)
