"""What Yealink phones trip over: an independent reading of full files, and each trap of the guides and the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.profile import Origin, Profile
from provisioner.record import HandsetRecord, Layer, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import file_names, render
from provisioner.values import Ipei, Mac, Mode, Owner, Slot
from provisioner.vendor_api import Model
from tests.factories import button, empty_record, extension, rich_record, tenant_layer

YEALINK = vendors()["yealink"]
CONFIG = YEALINK.files[0]
MODELS = list(YEALINK.models.values())
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
NULL = "%NULL%"


def parse(body: bytes) -> dict[str, str]:
    """A reading of our own: the header, then comments and ``key = value``, each key once but for passwords."""
    lines = body.decode("utf-8").split("\n")
    assert ("#!version:1.0.0.1", "") == (lines[0], lines[-1])
    keys: dict[str, str] = {}
    passwords = 0
    for line in lines[1:-1]:
        if line.startswith("##"):
            continue
        match = re.fullmatch(r"([a-z0-9_.]+) = (\S.*\S|\S)", line)
        assert match, line
        key, value = match.groups()
        if key.endswith("security.user_password"):
            passwords += 1
            key = f"{key}.{value.partition(':')[0]}"
        assert key not in keys, key
        keys[key] = value
    assert 2 == passwords
    return keys


def keys_of(record: Record) -> dict[str, str]:
    return parse(render(merge(record), CONFIG).body)


def desk(model: str = "T46U", **changes: Any) -> Record:
    return replace(rich_record("yealink", model), **changes)


def with_buttons(*rows: Any, model: str = "T46U", **layer: Any) -> dict[str, str]:
    layers = (tenant_layer(**layer),)
    return keys_of(desk(model, template=TemplateRecord(name="T", buttons=rows), layers=layers))


def fields(keys: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What is stated below a prefix, cleared fields left out."""
    return {
        key[len(prefix) + 1 :]: value for key, value in keys.items() if key.startswith(f"{prefix}.") and value != NULL
    }


def indices(keys: Mapping[str, str], expression: str) -> set[int]:
    return {int(match[1]) for match in (re.match(expression, key) for key in keys) if match}


# Every model


@every_model
@pytest.mark.parametrize("make", [empty_record, rich_record])
def test_every_slot_of_the_model_is_stated_and_none_beyond(model: Model, make: Any) -> None:
    record = replace(make("yealink", model.name), modules=1 if model.expansion else None)
    keys = keys_of(record)
    hard = set(model.extra.get("hard", ())) | set(range(1, model.soft_keys + 1))
    assert set(range(1, model.accounts + 1)) == indices(keys, r"account\.(\d+)\.enable")
    assert indices(keys, r"account\.(\d+)\.") == indices(keys, r"voice_mail\.number\.(\d+)")
    assert set(range(1, model.line_keys + 1)) == indices(keys, r"linekey\.(\d+)\.type")
    assert (set(range(1, 11)) if model.extra.get("memory") else set()) == indices(keys, r"memorykey\.(\d+)\.type")
    assert hard == indices(keys, r"programablekey\.(\d+)\.type")
    assert set(range(1, model.handsets + 1)) == indices(keys, r"handset\.(\d+)\.name")
    on_module = indices(keys, r"expansion_module\.1\.key\.(\d+)\.type")
    assert (model.expansion.keys if model.expansion else 0) == len(on_module)


@every_model
def test_each_key_states_all_its_fields(model: Model) -> None:
    keys = keys_of(rich_record("yealink", model.name))
    slots = {
        key.rpartition(".")[0]
        for key in keys
        if re.match(r"(linekey|expansion_module|programablekey|memorykey)\.", key)
    }
    for slot in slots:
        stated = {key.rpartition(".")[2] for key in keys if key.rpartition(".")[0] == slot}
        assert {"type", "line", "value"} <= stated
        assert {"extension", "pickup_value"} & stated


@every_model
def test_unused_accounts_and_line_keys_are_cleared(model: Model) -> None:
    keys = keys_of(empty_record("yealink", model.name))
    for n in range(1, model.accounts + 1):
        assert {"enable": "0"} == {
            name: value for name, value in fields(keys, f"account.{n}").items() if name != "outbound_proxy_enable"
        }
    for n in range(1, model.line_keys + 1):
        assert {"type": "0"} == fields(keys, f"linekey.{n}")


@every_model
def test_hard_and_soft_keys_that_nobody_gave_go_back_to_the_factory(model: Model) -> None:
    keys = keys_of(empty_record("yealink", model.name))
    for n in indices(keys, r"programablekey\.(\d+)\."):
        assert {} == fields(keys, f"programablekey.{n}")


@every_model
def test_one_file_is_served_and_the_others_are_only_recognised(model: Model) -> None:
    assert ["805ec0123456.cfg"] == file_names(merge(empty_record("yealink", model.name)))


# Firmware lines


def at(model: str, firmware: str) -> dict[str, str]:
    return keys_of(desk(model, firmware=firmware))


@pytest.mark.parametrize("firmware", ["28.70.0.1", "28.71.0.81", "28.73.0.50", "28.80.0.130"])
def test_up_to_v80_no_key_is_called_static_and_keys_have_a_pickup_value(firmware: str) -> None:
    keys = at("T46G", firmware)
    assert [] == [key for key in keys if key.startswith("static.") or key.endswith(".extension")]
    assert ("**", "1") == (keys["linekey.3.pickup_value"], keys["syslog.mode"])
    assert "syslog.enable" not in keys
    assert "admin:Adm1n;&<pw>" == keys["security.user_password.admin"]
    assert "edge.acme.example" == keys["account.1.outbound_host"]


def test_from_v81_on_they_are() -> None:
    keys = at("T46G", "28.81.0.70")
    assert ("**", "1") == (keys["linekey.3.extension"], keys["static.syslog.enable"])
    assert "static.syslog.mode" not in keys
    assert "edge.acme.example" == keys["account.1.outbound_proxy.1.address"]


def test_v70_has_one_server_and_says_in_one_number_when_to_ask() -> None:
    keys = at("T28P", "2.70.0.140")
    assert ("pbx.acme.example", "5061") == (keys["account.1.sip_server_host"], keys["account.1.sip_server_port"])
    assert ("0", "600") == (keys["account.1.transport"], keys["account.1.expires"])
    assert ("6", "1440") == (keys["auto_provision.mode"], keys["auto_provision.schedule.periodic_minute"])
    assert [] == [key for key in keys if "sip_server." in key]
    assert "1" == keys["account.2.srtp_encryption"]  # mandatory


def test_v71_to_v73_have_two_servers_and_one_transport() -> None:
    keys = at("T28P", "2.73.0.50")
    assert ("pbx.acme.example", "b.acme.example") == tuple(keys[f"account.1.sip_server.{n}.address"] for n in (1, 2))
    assert ("0", "2") == (keys["account.1.transport"], keys["account.2.transport"])
    assert [] == [key for key in keys if key.endswith("transport_type")]
    assert ("1", "46") == (keys["network.web_server_type"], keys["network.qos.rtptos"])
    assert "2" == keys["account.2.srtp_encryption"]  # mandatory


@pytest.mark.parametrize("firmware", ["28.73.0.50", "28.80.0.130", "28.81.0.70"])
def test_up_to_v81_codecs_have_places(firmware: str) -> None:
    keys = at("T46G", firmware)
    ranked = {keys[f"account.1.codec.{n}.payload_type"]: keys[f"account.1.codec.{n}.priority"] for n in (1, 2, 5, 6)}
    assert {"G722": "1", "PCMA": "2", "PCMU": "3", "G729": "4"} == ranked
    assert {"0"} == {keys[f"account.1.codec.{n}.enable"] for n in (3, 4, 7, 8, 9, 10, 11, 12, 13)}
    assert "account.1.codec.g722.enable" not in keys


def test_from_v82_on_codecs_have_names_and_ranks_from_one() -> None:
    keys = at("T46G", "28.83.0.120")
    ranks = {
        name: keys[f"account.1.codec.{name}.priority"] for name in ("g722", "pcma", "pcmu", "opus", "g729", "ilbc")
    }
    assert {"g722": "1", "pcma": "2", "pcmu": "3", "opus": "4", "g729": "5", "ilbc": "0"} == ranks
    assert "account.1.codec.1.enable" not in keys


def test_codecs_that_old_firmware_does_not_have_leave_it_its_own_choice() -> None:
    keys = keys_of(desk("T28P", layers=(tenant_layer(audio__codecs=("opus",)),)))
    assert {NULL} == {value for key, value in keys.items() if re.fullmatch(r"account\.1\.codec\.\d+\.enable", key)}


@pytest.mark.parametrize(
    ("model", "firmware", "limited"),
    [
        ("T54W", "96.87.0.15", True),
        ("T46U", "108.87.0.5", True),
        ("T46U", "108.86.0.45", False),
        ("T44W", "108.86.0.90", True),
        ("T46S", "66.86.0.15", False),
    ],
)
def test_srtp_keeps_to_aes_128_where_aes_256_is_silent(model: str, firmware: str, limited: bool) -> None:
    keys = at(model, firmware)
    assert limited == (keys.get("account.1.srtp.cipher_list") == "AES_CM_128_HMAC_SHA1_80,AES_CM_128_HMAC_SHA1_32")


@pytest.mark.parametrize(
    ("model", "firmware", "without"),
    [
        ("T48S", "66.86.0.15", True),
        ("T48S", "66.83.0.30", False),
        ("T21P_E2", "52.84.0.125", True),
        ("T46U", "108.86.0.45", False),
    ],
)
def test_old_models_are_kept_from_ecdh(model: str, firmware: str, without: bool) -> None:
    assert without == ("sip.tls_cipher_list" in at(model, firmware))


# Keys


@pytest.mark.parametrize(
    ("mode", "value", "stated"),
    [
        (Mode.LINE, "2", {"type": "15", "line": "2"}),
        (Mode.SHARED_LINE, "2", {"type": "15", "line": "2"}),
        (Mode.BLF, "102", {"type": "16", "line": "1", "value": "102", "extension": "*8"}),
        (Mode.SPEED_DIAL, "102", {"type": "13", "line": "1", "value": "102"}),
        (Mode.PARK, "701", {"type": "16", "line": "1", "value": "701", "extension": "*85"}),
        (Mode.PICKUP, "102", {"type": "9", "line": "1", "value": "*8102"}),
        (Mode.PICKUP, "*8102", {"type": "9", "line": "1", "value": "*8102"}),
        (Mode.GROUP_PICKUP, "", {"type": "23", "line": "1", "value": "*9"}),
        (Mode.INTERCOM, "102", {"type": "14", "line": "1", "value": "102"}),
        (Mode.PAGING, "224.0.1.20:5001", {"type": "24", "value": "224.0.1.20:5001"}),
        (Mode.DTMF, "*1", {"type": "11", "line": "1", "value": "*1"}),
        (Mode.PREFIX, "9", {"type": "40", "line": "1", "value": "9"}),
        (Mode.TRANSFER, "102", {"type": "3", "line": "1", "value": "102"}),
        (Mode.CONFERENCE, "", {"type": "1", "line": "1"}),
        (Mode.HOLD, "", {"type": "4"}),
        (Mode.PRIVATE_HOLD, "", {"type": "20", "line": "1"}),
        (Mode.RECORD, "", {"type": "25"}),
        (Mode.VOICEMAIL, "", {"type": "12", "line": "1"}),
        (Mode.FORWARD, "103", {"type": "2", "line": "1", "value": "103"}),
        (Mode.DND, "", {"type": "5"}),
        (Mode.DIRECTORY, "", {"type": "61"}),
        (Mode.LDAP, "", {"type": "38"}),
        (Mode.URL, "http://a.example/?a=1", {"type": "17", "value": "http://a.example/?a=1"}),
        (Mode.XML, "http://a.example/m.xml", {"type": "27", "value": "http://a.example/m.xml"}),
        (Mode.QUEUE_LOGIN, "*45", {"type": "16", "line": "1", "value": "*45"}),
        (Mode.PRESENCE, "102", {"type": "16", "line": "1", "value": "102", "extension": "*8"}),
        (Mode.FLAG, "*271", {"type": "16", "line": "1", "value": "*271"}),
        (Mode.HOT_DESK, "", {"type": "34"}),
    ],
    ids=str,
)
def test_what_a_line_key_of_each_mode_states(mode: Mode, value: str, stated: dict[str, str]) -> None:
    codes = {"sip__pickup_code": "*8", "sip__group_pickup_code": "*9", "sip__retrieve_code": "*85"}
    keys = with_buttons(button("line:5", mode, value, "Label"), **codes)
    assert {**stated, "label": "Label"} == fields(keys, "linekey.5")


def test_history_and_menu_are_for_hard_and_soft_keys() -> None:
    rows = (
        button("key:2", Mode.REDIAL, ""),
        button("soft:1", Mode.MENU, "", "Menu"),
        button("line:5", Mode.HISTORY, ""),
    )
    keys = with_buttons(*rows)
    assert {"type": "28"} == fields(keys, "programablekey.6")
    assert {"type": "30", "label": "Menu"} == fields(keys, "programablekey.1")
    assert {"type": "0"} == fields(keys, "linekey.5")


def test_key_seven_of_a_t46_is_the_conference_key_for_eleven_does_not_exist() -> None:
    keys = with_buttons(button("key:7", Mode.SPEED_DIAL, "102"))
    assert {"type": "13", "line": "1", "value": "102"} == fields(keys, "programablekey.12")


def test_a_local_key_is_left_to_the_user() -> None:
    keys = with_buttons(button("line:5", Mode.LOCAL, ""))
    assert [] == [key for key in keys if key.startswith("linekey.5.")]


def test_a_shared_line_key_makes_its_account_shared() -> None:
    keys = with_buttons(button("line:5", Mode.SHARED_LINE, "2"))
    assert ("0", "1") == (keys["account.1.shared_line"], keys["account.2.shared_line"])


@pytest.mark.parametrize(
    ("native", "stated"),
    [
        ("66", {"type": "66", "line": "1"}),
        ("22;value=Smith;line=2;extension=*8", {"type": "22", "line": "2", "value": "Smith", "extension": "*8"}),
        ("13; value = a=b ", {"type": "13", "line": "1", "value": "a=b"}),
        ("13;type=16;nonsense=1;;", {"type": "13", "line": "1"}),
        ("evil\nlinekey.1.type = 5", {"type": "0", "line": "1"}),
        ("", {"type": "0", "line": "1"}),
    ],
)
def test_the_native_escape_hatch_takes_a_code_and_fields_and_nothing_else(native: str, stated: dict[str, str]) -> None:
    keys = with_buttons(button("line:5", Mode.NATIVE, native, "N"))
    assert {**stated, "label": "N"} == fields(keys, "linekey.5")


def test_a_text_that_is_empty_in_the_end_clears_instead_of_leaving_the_old_one() -> None:
    keys = with_buttons(button("line:5", Mode.SPEED_DIAL, "102", "\x00\x1f"))
    assert NULL == keys["linekey.5.label"]


def test_t32g_and_t38g_count_accounts_from_zero() -> None:
    keys = with_buttons(button("line:2", Mode.BLF, "102", account=2), model="T38G")
    assert ("0", "1") == (keys["linekey.1.line"], keys["linekey.2.line"])


def test_no_key_names_an_account_that_the_model_has_not() -> None:
    """A template for larger phones: the line key is off, and what dials does so on the first account."""
    rows = (button("line:1", Mode.LINE, "3"), button("line:2", Mode.SPEED_DIAL, "102", account=3))
    keys = with_buttons(*rows, model="T31P")
    assert ({"type": "0"}, "1") == (fields(keys, "linekey.1"), keys["linekey.2.line"])


def test_memory_keys_can_do_what_line_keys_do() -> None:
    keys = with_buttons(button("key:4", Mode.BLF, "102", pickup="*8"), model="T28P")
    assert {"type": "16", "line": "1", "value": "102", "pickup_value": "*8"} == fields(keys, "memorykey.4")


def test_the_page_key_of_an_exp20_is_skipped_both_ways() -> None:
    record = desk("T27G", template=TemplateRecord(name="T", buttons=(button("exp1:21", Mode.SPEED_DIAL, "102"),)))
    keys = keys_of(record)
    on_module = indices(keys, r"expansion_module\.1\.key\.(\d+)\.")
    assert {*range(1, 21), *range(22, 41)} == on_module
    assert "102" == keys["expansion_module.1.key.22.value"]
    answer = render(merge(record), CONFIG)
    read = YEALINK.read(YEALINK.syntax.read(answer.body.decode()), YEALINK.models["T27G"]).buttons
    assert "102" == next(one.value for one in read if one.slot == Slot("exp1", 21))


def test_the_first_key_of_an_exp39_turns_pages_until_it_is_given() -> None:
    free, given = (
        with_buttons(*rows, model="T28P")
        for rows in ((button("exp1:2", Mode.DND, ""),), (button("exp1:1", Mode.DND, ""),))
    )
    assert ("37", "5") == (free["expansion_module.1.key.1.type"], given["expansion_module.1.key.1.type"])


# Accounts


@pytest.mark.parametrize(
    ("transport", "port", "stated"),
    [("udp", None, NULL), ("tls", None, "5061"), ("srv", None, "0"), ("tls", 5071, "5071"), ("srv", 5060, "5060")],
)
def test_the_port_follows_the_transport(transport: str, port: int | None, stated: str) -> None:
    keys = keys_of(desk(extensions=(extension("100", transport=transport, port=port),), layers=(tenant_layer(),)))
    assert stated == keys["account.1.sip_server.1.port"]


def test_an_ipv6_address_has_no_brackets_where_the_port_has_a_key_of_its_own() -> None:
    layer = tenant_layer(sip__server="[2001:db8::1]", sip__backup_server="[2001:db8::2]:5070")
    account = fields(keys_of(desk(layers=(layer,))), "account.1")
    assert ("2001:db8::1", "2001:db8::2", "5070") == (
        account["sip_server.1.address"],
        account["sip_server.2.address"],
        account["sip_server.2.port"],
    )


def test_without_a_backup_or_a_proxy_the_old_ones_are_cleared() -> None:
    keys = keys_of(desk(layers=(tenant_layer(),)))
    cleared = (
        "sip_server.2.address",
        "sip_server.2.port",
        "outbound_proxy.1.address",
        "outbound_proxy.1.port",
        "fallback.redundancy_type",
    )
    assert {NULL} == {keys[f"account.1.{name}"] for name in cleared}
    assert "0" == keys["account.1.outbound_proxy_enable"]


def test_forwarding_and_do_not_disturb_are_those_of_the_phones_first_extension() -> None:
    mine = replace(
        extension("100"),
        layer=Layer(origin=Origin("extension", "100"), values={"calls.dnd": True, "calls.forward_no_answer": "9"}),
    )
    keys = keys_of(desk(extensions=(mine, extension("101")), layers=(tenant_layer(calls__forward_no_answer_s=30),)))
    assert ("1", "1", "9", "5") == tuple(
        keys[key]
        for key in (
            "features.dnd.enable",
            "forward.no_answer.enable",
            "forward.no_answer.target",
            "forward.no_answer.timeout",
        )
    )


def test_a_setting_that_belongs_to_the_phones_user_is_not_sent() -> None:
    mine = Layer(origin=Origin("device", "x"), owners={"locale.language": Owner.PHONE, "phone.vlan": Owner.PHONE})
    keys = keys_of(desk(device_layer=mine))
    assert [] == [key for key in keys if key.startswith(("lang.", "static.network.vlan."))]


@pytest.mark.parametrize("vlan", [None, Vlan(id=40)])
def test_a_vlan_set_at_the_phone_itself_is_not_cleared(vlan: Vlan | None) -> None:
    mine = replace(tenant_layer(phone__vlan=vlan), owners={"phone.vlan": Owner.PHONE})
    assert [] == [key for key in keys_of(desk(layers=(mine,))) if ".vlan." in key]


# The phone


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        (
            "America/Chicago",
            {
                "time_zone": "-6",
                "summer_time": "1",
                "start_time": "3/2/7/2",
                "end_time": "11/1/7/2",
                "offset_time": "60",
            },
        ),
        (
            "Europe/Berlin",
            {
                "time_zone": "+1",
                "summer_time": "1",
                "start_time": "3/5/7/2",
                "end_time": "10/5/7/3",
                "offset_time": "60",
            },
        ),
        (
            "Europe/Dublin",
            {
                "time_zone": "0",
                "summer_time": "1",
                "start_time": "3/5/7/1",
                "end_time": "10/5/7/2",
                "offset_time": "60",
            },
        ),
        (
            "Australia/Sydney",
            {
                "time_zone": "+10",
                "summer_time": "1",
                "start_time": "10/1/7/2",
                "end_time": "4/1/7/3",
                "offset_time": "60",
            },
        ),
        (
            "America/St_Johns",
            {
                "time_zone": "-3:30",
                "summer_time": "1",
                "start_time": "3/2/7/2",
                "end_time": "11/1/7/2",
                "offset_time": "60",
            },
        ),
        ("Asia/Kolkata", {"time_zone": "+5:30", "summer_time": "0"}),
        ("Pacific/Tongatapu", {"time_zone": "+13", "summer_time": "0"}),
        ("Etc/UTC", {"time_zone": "0", "summer_time": "0"}),
    ],
)
def test_daylight_saving_is_told_as_a_rule_and_never_by_a_name(name: str, stated: dict[str, str]) -> None:
    keys = keys_of(desk(location=None, layers=(tenant_layer(locale__timezone=name),)))
    told = {"time_zone", "summer_time", "start_time", "end_time", "offset_time"}
    assert stated == {key: value for key, value in fields(keys, "local_time").items() if key in told}
    assert "local_time.time_zone_name" not in keys


def test_without_a_vlan_both_ports_are_untagged() -> None:
    keys = fields(keys_of(desk(layers=(tenant_layer(),))), "static.network.vlan")
    assert {"internet_port_enable": "0", "pc_port_enable": "0"} == keys


def test_user_names_come_before_the_passwords_that_count_for_them() -> None:
    lines = render(merge(desk()), CONFIG).body.decode().splitlines()
    names = [n for n, line in enumerate(lines) if line.startswith("static.security.user_name.")]
    passwords = [n for n, line in enumerate(lines) if line.startswith("static.security.user_password")]
    assert max(names) < min(passwords)


def test_the_factorys_password_of_the_user_does_not_survive() -> None:
    mine = keys_of(desk(layers=(tenant_layer(phone__admin_password="s:1", phone__user_password="u"),)))
    assert ("admin:s:1", "user:u") == tuple(mine[f"static.security.user_password.{name}"] for name in ("admin", "user"))
    theirs = keys_of(empty_record("yealink", "T46U"))
    assert "user:Gen3rated-Passw0rd" == theirs["static.security.user_password.user"]


def test_a_resync_does_not_reboot_and_only_our_url_is_asked() -> None:
    keys = keys_of(desk())
    assert ("0", "0") == (keys["sip.notify_reboot_enable"], keys["features.reboot_in_talk_enable"])
    assert keys["static.auto_provision.server.url"].endswith("/")
    assert ("0", "0") == (keys["static.auto_provision.pnp_enable"], keys["static.auto_provision.dhcp_option.enable"])


@pytest.mark.parametrize(
    ("callback", "elin", "stated"),
    [
        ("+13125550100", None, ("CUSTOM", "tel:+13125550100")),
        ("3125550100", None, ("CUSTOM", "3125550100")),
        ("(312) 555-0100", None, ("CUSTOM", "3125550100")),
        ("+13125550100", "13125550199", ("CUSTOM", "13125550199")),
        ("sip:911@pbx.example", None, ("CUSTOM", "sip:911@pbx.example")),
        ("100", None, ("ELIN", NULL)),
        (None, None, ("ELIN", NULL)),
    ],
)
def test_an_emergency_call_carries_a_number_that_the_phone_accepts(
    callback: str | None, elin: str | None, stated: tuple[str, str]
) -> None:
    keys = keys_of(desk(location=None, layers=(tenant_layer(emergency__callback=callback, emergency__elin=elin),)))
    assert stated == (keys["dialplan.emergency.asserted_id_source"], keys["dialplan.emergency.custom_asserted_id"])


def test_emergency_numbers_can_be_dialled_while_locked_and_old_ones_are_cleared() -> None:
    keys = keys_of(desk(location=None, layers=(tenant_layer(emergency__numbers=("112", "110")),)))
    assert "112,110" == keys["phone_setting.emergency.number"]
    assert {"1.value": "112", "2.value": "110"} == {
        name: value for name, value in fields(keys, "dialplan.emergency").items() if name[0].isdigit()
    }
    assert NULL == keys["dialplan.emergency.10.value"]


# DECT


def system(model: str, *people: Any, **changes: Any) -> Record:
    handsets = tuple(
        HandsetRecord(name=f"H{slot}", ipei=ipei, slot=slot, extensions=tuple(extensions))
        for slot, ipei, extensions in people
    )
    return replace(rich_record("yealink", model), handsets=handsets, **changes)


IPEI = Ipei.parse("57005-0782068-7")


def test_single_cell_handsets_have_lists_of_accounts() -> None:
    a, b = extension("100"), extension("101")
    keys = keys_of(system("W70B", (1, IPEI, [a, b]), (3, None, [b])))
    assert {"name": "H1", "incoming_lines": "1,2", "dial_out_lines": "1,2", "dial_out_default_line": "1"} == fields(
        keys, "handset.1"
    )
    assert {"name": "H3", "incoming_lines": "2", "dial_out_lines": "2", "dial_out_default_line": "2"} == fields(
        keys, "handset.3"
    )
    assert {} == fields(keys, "handset.2")
    assert [] == [key for key in keys if key.startswith("template.") or key.endswith("ipui")]


def test_handsets_show_the_bases_clock_and_keep_nothing_of_their_own() -> None:
    """FP w80, TC: a handset has its own format of the time, and its own switch for what its user changed."""
    layer = tenant_layer(locale__time_format="12", locale__date_format="ymd")
    keys = keys_of(system("W70B", location=None, layers=(layer,)))
    shown = {key: value for key, value in keys.items() if key.endswith(("time_format", "date_format"))}
    assert {
        "local_time.time_format": "0",
        "local_time.date_format": "2",
        "custom.handset.time_format": "0",
        "custom.handset.date_format": "2",
    } == shown
    assert "0" == keys["static.auto_provision.custom.handset.protect"]


@pytest.mark.parametrize("model", ["W75DM", "W80DM", "W90DM"])
def test_in_a_multi_cell_system_an_account_has_the_number_of_its_handset(model: str) -> None:
    keys = keys_of(system(model, (2, IPEI, [extension("100")]), (5, None, [extension("101")])))
    used = {n for n in indices(keys, r"account\.(\d+)\.") if keys[f"account.{n}.enable"] == "1"}
    assert {2: "100", 5: "101"} == {n: keys[f"account.{n}.user_name"] for n in used}
    assert {"name": "H2", "reg.enable": "1", "ipui": IPEI.hex} == fields(keys, "handset.2")
    # Registered by hand: what the base knows of it stays.
    assert {"name": "H5"} == fields(keys, "handset.5")
    assert "handset.5.ipui" not in keys
    assert NULL == keys["handset.3.ipui"]


def test_extensions_without_a_handset_take_the_numbers_that_are_left() -> None:
    record = system("W80DM", (1, IPEI, [extension("100")]), extensions=(extension("200"), extension("201")))
    keys = keys_of(record)
    assert ["100", "200", "201"] == [keys[f"account.{n}.user_name"] for n in (1, 2, 3)]


def test_accounts_on_the_same_servers_share_a_template_and_others_have_their_own() -> None:
    people = [
        extension("100"),
        extension("101", server="other.example"),
        extension("102"),
        extension("103", transport="tls"),
    ]
    record = system("W80DM", *((n, None, [one]) for n, one in enumerate(people, 1)), layers=(tenant_layer(),))
    keys = keys_of(record)
    assert ["1", "2", "1", "3"] == [keys[f"account.{n}.sip_server.template"] for n in (1, 2, 3, 4)]
    assert "other.example" == keys["template.2.sip_server.1.address"]
    assert ("2", "5061") == (keys["template.3.sip_server.1.transport_type"], keys["template.3.sip_server.1.port"])
    assert NULL == keys["template.4.sip_server.1.address"]
    assert set(range(1, 11)) == indices(keys, r"template\.(\d+)\.name")
    assert [] == [key for key in keys if re.match(r"account\.\d+\.(sip_server\.1|outbound)", key)]


def test_an_eleventh_server_registers_nowhere_rather_than_somewhere_else() -> None:
    people = [(n, None, [extension(str(100 + n), server=f"s{n}.example")]) for n in range(1, 12)]
    record = system("W80DM", *people)
    keys = keys_of(record)
    assert ("10", NULL) == (keys["account.10.sip_server.template"], keys["account.11.sip_server.template"])
    assert ["extension 111"] == [told.slot for told in warnings_of(merge(record)) if "servers" in told.message]
    single = replace(rich_record("yealink", "W70B"), firmware="146.87.0.10")
    assert not [told for told in warnings_of(merge(single)) if "servers" in told.message]


def test_a_w70b_with_v87_gets_both_spellings_of_its_servers() -> None:
    keys = keys_of(replace(rich_record("yealink", "W70B"), firmware="146.87.0.10"))
    assert ("1", "pbx.acme.example") == (keys["account.1.sip_server.template"], keys["account.1.sip_server.1.address"])
    assert "pbx.acme.example" == keys["template.1.sip_server.1.address"]


@pytest.mark.parametrize("model", ["W75B", "W80B", "W90B"])
def test_a_base_without_handsets_has_no_accounts_but_all_else(model: str) -> None:
    keys = keys_of(rich_record("yealink", model))
    assert [] == [
        key for key in keys if key.startswith(("account.", "voice_mail.", "handset.", "template.", "linekey."))
    ]
    needed = (
        "auto_provision.server.url",
        "network.vlan.internet_port_vid",
        "syslog.mode",
        "security.user_password.admin",
    )
    assert all(f"static.{key}" in keys for key in needed)


def test_bases_forward_per_account() -> None:
    keys = keys_of(system("W60B", (1, None, [extension("100")]), layers=(tenant_layer(calls__forward_busy="9"),)))
    assert ("1", "9") == (keys["account.1.busy_fwd.enable"], keys["account.1.busy_fwd.target"])
    assert [] == [key for key in keys if key.startswith("forward.")]


def test_a_manager_is_told_of_its_bases_and_of_none_when_it_leads_none() -> None:
    mine, other = Mac.parse("805ec0123456"), Mac.parse("805ec0abcdef")
    keys = keys_of(replace(rich_record("yealink", "W80DM"), bases=(mine, other)))
    assert {"1.mac": other.hex, "1.name": other.hex} == fields(keys, "station.allowed")
    assert set(range(1, 31)) == indices(keys, r"station\.allowed\.(\d+)\.mac")
    assert [] == [key for key in keys_of(rich_record("yealink", "W80DM")) if key.startswith("station.")]


# Reading


def test_files_of_others_are_read() -> None:
    text = """#!version:1.0.0.1
    #comment
    account.1.enable=1
    account.1.user_name=100
    account.1.display_name = %EMPTY%
    account.1.sip_server_host= pbx.example
    account.2.enable = 1
    account.2.user_name = 200
    account.2.sip_server.template = 3
    template.3.sip_server.1.address = dect.example
    account.3.enable = 0
    account.3.user_name = 300
    linekey.2.type=16
    linekey.2.line=0
    linekey.2.value=102
    linekey.2.pickup_value=**
    programablekey.13.type = 28
    programablekey.30.type = 28
    """
    reading = YEALINK.read(YEALINK.syntax.read(text), YEALINK.models["T46U"])
    assert [(1, "100", "", "pbx.example"), (2, "200", "", "dect.example")] == [
        (one.index, one.number, one.name, one.server) for one in reading.accounts
    ]
    assert [("key:8", Mode.HISTORY), ("line:2", Mode.BLF)] == [(str(one.slot), one.mode) for one in reading.buttons]
    assert 1 == reading.buttons[1].account
    assert "programablekey.30.type" not in reading.taken


@every_model
def test_what_is_written_is_read_back(model: Model) -> None:
    rows = tuple(
        button(f"{group}:1", Mode.SPEED_DIAL, "102", "Lab")
        for group in ("line", "key", "soft", "exp1")
        if model.slots(group)
    )
    profile: Profile = merge(
        replace(rich_record("yealink", model.name), template=TemplateRecord(name="T", buttons=rows))
    )
    document = YEALINK.syntax.read(render(profile, CONFIG).body.decode())
    read = {str(one.slot): (one.mode, one.value, one.account) for one in YEALINK.read(document, model).buttons}
    assert {str(row.slot): (Mode.SPEED_DIAL, "102", 1) for row in rows} == {
        slot: button for slot, button in read.items() if button[1] == "102"
    }


def test_a_second_extension_of_a_multi_cell_handset_is_a_warning() -> None:
    seat = HandsetRecord(name="", ipei=None, slot=1, extensions=(extension("100"), extension("101")))
    profile = merge(rich_record("yealink", "W80DM", handsets=(seat,)))
    assert "handset 1" in [warning.slot for warning in warnings_of(profile)]
