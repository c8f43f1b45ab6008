"""Enterprise files, read by another parser than ours: 69xx to 99xx and the ATA 190 and 191."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Origin
from provisioner.recognise import Ask, recognise
from provisioner.record import Layer, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import render, render_public
from provisioner.values import Mode, Owner, Transport
from provisioner.vendor_api import Broken
from tests.factories import HOSTILE_NAME, button, empty_record, extension, native, rich_record, tenant_layer

CISCO = vendors()["cisco"]
MODELS = list(CISCO.models.values())
PHONES = [model for model in MODELS if model.line_keys]
LEGACY = [model for model in MODELS if model.extra.get("legacy")]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
every_phone = pytest.mark.parametrize("model", PHONES, ids=lambda model: model.name)


def body(record: Record) -> bytes:
    profile = merge(record)
    file = next(file for file in CISCO.files if file.kind == "config" and file.fits(profile.model))
    return render(profile, file).body


def tree(record: Record) -> ElementTree.Element:
    return ElementTree.fromstring(body(record))


def lines(root: ElementTree.Element) -> dict[int, dict[str, str]]:
    """The elements of each button by its number; a number must not come twice."""
    every = root.findall("sipProfile/sipLines/line")
    found = {int(one.get("button", "1")): {part.tag: part.text or "" for part in one} for one in every}
    assert len(every) == len(found)
    return found


def person(model: str, *rows: Any, modules: int | None = None, **layer: Any) -> ElementTree.Element:
    record = empty_record("cisco", model)
    layers = (tenant_layer(**layer),)
    return tree(replace(record, extensions=(extension("100"),), buttons=rows, modules=modules, layers=layers))


def warned(record: Record) -> list[str]:
    return [str(warning) for warning in warnings_of(merge(record))]


@every_model
def test_an_empty_phone_has_a_whole_file_without_a_button(model: Any) -> None:
    root = tree(empty_record("cisco", model.name))
    assert ("device", "SIP") == (root.tag, root.findtext("deviceProtocol"))
    assert {} == lines(root)
    assert root.find("sipProfile/sipLines") is not None
    assert "" == root.findtext("loadInformation")


@every_model
def test_no_button_goes_beyond_the_model_and_every_line_is_numbered_on(model: Any) -> None:
    root = tree(rich_record("cisco", model.name))
    found = lines(root)
    slots = (model.line_keys or model.accounts) + (model.expansion.keys if model.expansion else 0)
    assert set(found) <= set(range(1, slots + 1))
    people = [one for one in root.findall("sipProfile/sipLines/line") if one.findtext("featureID") == "9"]
    assert min(2, model.accounts) == len(people)
    if model.extra["series"] != "ata":
        assert [str(n) for n in range(1, len(people) + 1)] == [one.get("lineIndex") for one in people]
    others = [fields for fields in found.values() if fields["featureID"] != "9"]
    assert not any({"name", "authName", "authPassword", "proxy"} & set(fields) for fields in others)


@every_phone
def test_buttons_without_anything_to_do_are_not_in_the_file(model: Any) -> None:
    rows = (button("line:1", Mode.NONE, "", ""), button("line:1", Mode.PAGING))
    for row in rows:
        assert {} == lines(tree(replace(empty_record("cisco", model.name), buttons=(row,))))


def test_the_buttons_of_modules_run_on_after_the_phones_own() -> None:
    rows = (button("exp1:1", Mode.SPEED_DIAL, "110"), button("exp2:3", Mode.SPEED_DIAL, "210"))
    root = person("8861", *rows, modules=2)
    found = lines(root)
    assert ("110", "210") == (found[11]["speedDialNumber"], found[10 + 28 + 3]["speedDialNumber"])
    modules = root.findall("addOnModules/addOnModule")
    assert ["1", "2"] == [one.get("idx") for one in modules]
    assert [("CP-8800-Audio", "28")] * 2 == [
        (one.findtext("deviceType"), one.findtext("deviceLine")) for one in modules
    ]
    assert person("8861").find("addOnModules") is None


def test_a_button_left_to_the_user_still_counts() -> None:
    rows = (
        button("line:10", Mode.LOCAL, ""),
        button("exp1:28", Mode.LOCAL, ""),
        button("exp1:1", Mode.SPEED_DIAL, "110"),
        button("exp2:1", Mode.SPEED_DIAL, "210"),
    )
    found = lines(person("8861", *rows, modules=2))
    assert ("110", "210") == (found[11]["speedDialNumber"], found[10 + 28 + 1]["speedDialNumber"])


def two_people(*rows: Any) -> Record:
    record = empty_record("cisco", "7841")
    return replace(record, extensions=(extension("100"), extension("101")), buttons=rows)


def test_an_account_that_lost_its_button_gets_one_that_nobody_gave() -> None:
    record = two_people(button("line:1", Mode.BLF, "102"), button("line:3", Mode.NONE, "", ""))
    assert {1: "21", 2: "9", 4: "9"} == {n: fields["featureID"] for n, fields in lines(tree(record)).items()}
    people = [one for one in tree(record).findall("sipProfile/sipLines/line") if one.get("lineIndex")]
    assert [("1", "101"), ("2", "100")] == [(one.get("lineIndex"), one.findtext("name")) for one in people]
    assert not [one for one in warned(record) if "line" in one]


@pytest.mark.parametrize("mode", [Mode.BLF, Mode.LOCAL, Mode.NONE])
def test_a_phone_is_never_left_without_a_line(mode: Mode) -> None:
    record = two_people(*(button(f"line:{n}", mode, "102") for n in range(1, 5)))
    assert ("9", "100") == tuple(lines(tree(record))[1][name] for name in ("featureID", "name"))
    told = warned(record)
    assert "line:1: it is the line of 100: without a line the phone does nothing" in told
    assert "account 2: it has no button, and the phone registers only lines on buttons" in told


@every_phone
def test_a_hostile_name_arrives_whole(model: Any) -> None:
    root = person(model.name, button("line:1", Mode.LINE, "1", HOSTILE_NAME))
    assert HOSTILE_NAME == lines(root)[1]["featureLabel"]


def test_what_buttons_do() -> None:
    rows = (
        button("line:1", Mode.LINE, "1", "Me"),
        button("line:2", Mode.BLF, "102", "Bob"),
        button("line:3", Mode.PICKUP, "102", "Get", pickup="**"),
        button("line:4", Mode.XML, "http://pbx.example/menu.xml?a=1&b=2", "Menu"),
        button("line:5", Mode.NATIVE, "23;serviceURI=x;9bad=1;speed dial=2", "Own"),
        button("line:6", Mode.GROUP_PICKUP, "", "Group"),
        button("line:7", Mode.DND, "", "DND"),
        button("line:8", Mode.SHARED_LINE, "1", "Ours"),
    )
    found = lines(person("7975G", *rows))
    assert ("9", "Me", "100", "auth100") == tuple(
        found[1][name] for name in ("featureID", "featureLabel", "name", "authName")
    )
    assert {"featureID": "21", "featureLabel": "Bob", "featureOptionMask": "1", "speedDialNumber": "102"} == found[2]
    assert ("2", "**102") == (found[3]["featureID"], found[3]["speedDialNumber"])
    assert ("20", "http://pbx.example/menu.xml?a=1&b=2") == (found[4]["featureID"], found[4]["serviceURI"])
    assert {"featureID": "23", "featureLabel": "Own", "serviceURI": "x"} == found[5]
    assert ("127", "130") == (found[6]["featureID"], found[7]["featureID"])
    assert ("false", "true") == (found[1]["sharedLine"], found[8]["sharedLine"])


@pytest.mark.parametrize(
    ("mode", "feature"),
    [
        (Mode.HOLD, "3"),
        (Mode.TRANSFER, "4"),
        (Mode.FORWARD, "5"),
        (Mode.REDIAL, "1"),
        (Mode.CONFERENCE, "102"),
        (Mode.DIRECTORY, "195"),
        (Mode.MENU, "18"),
    ],
)
def test_only_the_7900_has_buttons_for_what_later_phones_have_hard_keys_for(mode: Mode, feature: str) -> None:
    row = button("line:2", mode, "", "X")
    assert feature == lines(person("7975G", row))[2]["featureID"]
    for model in ("8851", "6921", "9971"):
        assert {1} == set(lines(person(model, row)))
        record = replace(empty_record("cisco", model), buttons=(row,))
        assert any("no such button" in one for one in warned(record))


def test_call_waiting_by_series_and_by_who_decided() -> None:
    rows = (button("line:1", Mode.LINE),)
    record = replace(empty_record("cisco", "7975G"), extensions=(extension("100"),), buttons=rows)
    for owner, code in ((Owner.SERVER, "2"), (Owner.DEFAULT, "0")):
        values = {"sip.server": "pbx.example", "calls.call_waiting": False}
        layer = Layer(origin=Origin("tenant", "acme"), values=values, owners={"calls.call_waiting": owner})
        assert code == lines(tree(replace(record, layers=(layer,))))[1]["callWaiting"]
    assert "1" == lines(person("7841", button("line:1", Mode.LINE), calls__call_waiting=False))[1]["busyTrigger"]
    assert "0" == lines(person("7841", button("line:1", Mode.LINE), calls__call_waiting=False))[1]["callWaiting"]
    assert "3" == lines(person("7841", button("line:1", Mode.LINE)))[1]["callWaiting"]
    assert "3" == lines(person("7975G", button("line:1", Mode.LINE)))[1]["callWaiting"]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("America/Chicago", "Central Standard/Daylight Time"),
        ("America/Menominee", "Central Standard/Daylight Time"),
        ("America/Regina", "Canada Central Standard Time"),
        ("Europe/Berlin", "W. Europe Standard/Daylight Time"),
        ("Europe/Madrid", "W. Europe Standard/Daylight Time"),
        ("Europe/London", "GMT Standard/Daylight Time"),
        ("Etc/UTC", "Greenwich Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Australia/Sydney", "AUS Eastern Standard/Daylight Time"),
        ("Australia/Brisbane", "E. Australia Standard Time"),
    ],
)
@pytest.mark.parametrize("model", ["7960G", "7975G", "8851", "ATA190"])
def test_zones_are_named_by_their_rules(model: str, place: str, name: str) -> None:
    root = person(model, locale__timezone=place)
    setting = root.find("devicePool/dateTimeSetting")
    assert setting is not None
    assert name == setting.findtext("timeZone")
    assert (None if model.startswith("79") else place) == setting.findtext("olsonTimeZone")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("Australia/Lord_Howe", "AUS Eastern Standard/Daylight Time"),
        ("Africa/Cairo", "E. Europe Standard/Daylight Time"),
        ("Africa/Lagos", "W. Europe Standard/Daylight Time"),
    ],
)
def test_a_zone_without_a_name_gets_the_nearest_and_a_warning(place: str, name: str) -> None:
    record = replace(empty_record("cisco", "7975G"), layers=(tenant_layer(locale__timezone=place),))
    assert name == tree(record).findtext("devicePool/dateTimeSetting/timeZone")
    assert any("nearest offset" in one for one in warned(record))
    assert not any("nearest offset" in one for one in warned(empty_record("cisco", "7975G")))


@pytest.mark.parametrize(
    ("layer", "template"),
    [
        ({}, "D/M/Y"),
        ({"locale__country": "US"}, "M/D/YA"),
        ({"locale__country": "US", "locale__time_format": "24"}, "M/D/Y"),
        ({"locale__date_format": "mdy"}, "M/D/Y"),
    ],
)
def test_the_date_template_holds_the_clock_too(layer: dict[str, Any], template: str) -> None:
    assert template == person("8851", **layer).findtext("devicePool/dateTimeSetting/dateTemplate")


def test_servers_in_order_and_the_keyword_for_them() -> None:
    row = button("line:1", Mode.LINE)
    root = person("8851", row, sip__port=5070, sip__backup_server="b.acme.example:5090")
    members = root.findall("devicePool/callManagerGroup/members/member")
    seen = [
        (one.get("priority"), one.findtext("callManager/processNodeName"), one.findtext("callManager/ports/sipPort"))
        for one in members
    ]
    assert [("0", "pbx.acme.example", "5070"), ("1", "b.acme.example", "5090")] == seen
    assert ("USECALLMANAGER", "5070") == (lines(root)[1]["proxy"], lines(root)[1]["port"])
    assert "pbx.acme.example" == lines(person("ATA190"))[1]["proxy"]


def test_a_line_that_registers_elsewhere_names_its_host() -> None:
    people = (extension("100"), extension("101", server="other.example"))
    rows = (button("line:1", Mode.LINE, "1"), button("line:2", Mode.LINE, "2"))
    found = lines(tree(replace(empty_record("cisco", "8851"), extensions=people, buttons=rows)))
    assert ("USECALLMANAGER", "other.example") == (found[1]["proxy"], found[2]["proxy"])


def test_zero_switches_web_and_secure_shell_on() -> None:
    on, off = person("8851"), person("8851", phone__web=False)
    assert ("0", "1") == (on.findtext("vendorConfig/webAccess"), off.findtext("vendorConfig/webAccess"))
    assert "1" == on.findtext("vendorConfig/sshAccess")


@pytest.mark.parametrize(("transport", "code", "mode"), [("udp", "2", "1"), ("tcp", "1", "1"), ("tls", "3", "3")])
def test_transport_and_its_security(transport: str, code: str, mode: str) -> None:
    root = person("8851", sip__transport=transport)
    assert (code, mode) == (root.findtext("transportLayerProtocol"), root.findtext("deviceSecurityMode"))
    port = root.find("devicePool/callManagerGroup/members/member/callManager/ports")
    assert port is not None
    assert ("5060", "5061") == (port.findtext("sipPort"), port.findtext("securedSipPort"))


@pytest.mark.parametrize(("transport", "port"), [("udp", "5060"), ("srv", "5060"), ("tls", "5061")])
def test_the_usual_port_follows_the_transport_of_the_phone(transport: str, port: str) -> None:
    record = empty_record("cisco", "8851")
    layers = (tenant_layer(sip__transport=transport, sip__outbound_proxy="edge.example"),)
    people = (extension("100"), extension("101", server="two.example", transport="udp"))
    root = tree(replace(record, extensions=people, layers=layers))
    assert [port, port] == [one.findtext("port") for one in root.findall("sipProfile/sipLines/line")]
    assert port == root.findtext("sipProfile/sipProxies/outboundProxyPort")


def test_the_label_of_the_7900_has_no_blanks_and_twelve_letters() -> None:
    record = replace(empty_record("cisco", "7975G"), name="The front desk of all")
    assert "Thefrontdesk" == tree(record).findtext("sipProfile/phoneLabel")


@every_model
def test_no_push_is_allowed_to_a_phone_and_no_image_is_asked_for(model: Any) -> None:
    root = tree(empty_record("cisco", model.name))
    if model.extra["series"] != "ata":
        assert (root.findtext("authenticationURL") or "").startswith("https://prov.example/d/")
    assert [""] == [one.text or "" for one in root.findall("loadInformation")]


@pytest.mark.parametrize("model", LEGACY, ids=lambda model: model.name)
def test_the_oldest_phones_get_a_short_file_or_none(model: Any) -> None:
    assert len(body(rich_record("cisco", model.name))) < 8192
    if not model.expansion:
        return
    rows = [button(f"exp{u}:{n}", Mode.BLF, "102", "x" * 250) for u in (1, 2) for n in range(1, 15)]
    record = replace(
        rich_record("cisco", model.name), template=TemplateRecord(name="t", buttons=tuple(rows)), modules=2
    )
    with pytest.raises(Broken, match="this phone takes 8192"):
        body(record)


@pytest.mark.parametrize("kind", ["dial plan", "soft keys"])
def test_public_files_stand_alone_and_name_nobody(kind: str) -> None:
    for file in (one for one in CISCO.files if one.kind == kind):
        answer = render_public(CISCO, file, file.pattern)
        ElementTree.fromstring(answer.body)
        assert not answer.private
        assert b"acme" not in answer.body


@pytest.mark.parametrize(
    ("name", "attribute", "timeout"), [("dialplan.xml", "MATCH", "TIMEOUT"), ("DialTemplate.xml", "match", "timeout")]
)
def test_emergency_calls_go_out_after_a_second(name: str, attribute: str, timeout: str) -> None:
    file = next(one for one in CISCO.files if one.pattern == name)
    found = ElementTree.fromstring(render_public(CISCO, file, name).body).findall("TEMPLATE")
    seen = {one.get(attribute): one.get(timeout) for one in found}
    assert {"112": "1", "911": "1", "*": "5"} == seen
    layers = (tenant_layer(emergency__numbers=("112", "999")),)
    assert any("999" in one for one in warned(replace(empty_record("cisco", "8851"), layers=layers)))


def test_trust_lists_and_signed_files_are_known_and_never_served() -> None:
    asked = [file for file in CISCO.files if file.kind in ("trust list", "signed")]
    assert {"CTLSEP{MAC}.tlv", "ITLSEP{MAC}.tlv", "ITLFile.tlv", "SEP{MAC}.cnf.xml.sgn"} <= {
        one.pattern for one in asked
    }
    assert {None} == {one.template for one in asked}


@pytest.mark.parametrize(
    ("path", "agent", "vendor", "model"),
    [
        ("/8841-3PCC.xml", "", "cisco_mpp", "8841"),
        ("/00562b043615.xml", "Cisco-CP-8841-3PCC/12.0.7 (00562b043615)", "cisco_mpp", "8841"),
        ("/SEP00562B043615.cnf.xml", "Cisco-CP8841/12.7.1", "cisco", "8841"),
        ("SEP00562B043615.cnf.xml", "", "cisco", None),
        ("/sep00562b043615.CNF.xml", "", "cisco", None),
    ],
)
def test_the_same_hardware_is_told_apart_by_its_firmware(path: str, agent: str, vendor: str, model: str | None) -> None:
    found = recognise(Ask(path=path, user_agent=agent, transport=Transport("http")))
    assert (vendor, model) == (found.vendor, found.model)


def test_what_a_file_cannot_say_comes_with_a_warning() -> None:
    people = (extension("100"), extension("101", transport="tls", srtp="mandatory"))
    layers = (tenant_layer(phone__syslog="log.example", calls__forward_busy="105", sip__dtmf="info"),)
    told = warned(replace(empty_record("cisco", "8851"), layers=layers, extensions=people))
    for name in ("phone.syslog", "calls.forward_busy", "sip.transport", "sip.dtmf", "sip.srtp"):
        assert any(one.startswith(f"{name}: ") for one in told)
    assert [] == warned(empty_record("cisco", "8851"))


@pytest.mark.parametrize(
    ("transport", "srtp", "told"), [("udp", "off", 0), ("udp", "optional", 1), ("tls", "mandatory", 0)]
)
def test_who_wants_no_encryption_is_not_told_what_it_takes(transport: str, srtp: str, told: int) -> None:
    layers = (tenant_layer(sip__transport=transport, sip__srtp=srtp),)
    record = replace(empty_record("cisco", "8851"), layers=layers, extensions=(extension("100"),))
    assert told == len([one for one in warned(record) if one.startswith("sip.srtp: ")])


def test_a_password_that_the_7900_would_cut_is_warned_of() -> None:
    people = (replace(extension("100"), password="x" * 32), replace(extension("101"), password="y" * 31))
    layers = (tenant_layer(phone__admin_password="z" * 32),)
    said = {
        model: [
            one.partition(":")[0]
            for one in warned(replace(empty_record("cisco", model), extensions=people, layers=layers))
            if "cuts the rest" in one
        ]
        for model in ("7975G", "7960G", "8851")
    }
    assert {
        "7975G": ["account 1", "phone.admin_password"],
        "7960G": ["account 1", "phone.admin_password"],
        "8851": [],
    } == said


def test_native_keys_are_paths() -> None:
    keys = native(
        **{
            "vendorConfig/sshAccess": "0",
            "sipProfile/sipLines/line[3]/featureID": "2",
            "sipProfile/sipLines/line[3]/speedDialNumber": "<102>",
            "devicePool/callManagerGroup/members/member[2]/callManager/processNodeName": "third.example",
            "sipProfile/kpml": None,
        }
    )
    root = tree(replace(empty_record("cisco", "8851"), native=(keys,)))
    assert "0" == root.findtext("vendorConfig/sshAccess")
    assert {"featureID": "2", "speedDialNumber": "<102>"} == lines(root)[3]
    assert ["0", "2"] == [one.get("priority") for one in root.iter("member")]
    assert root.find("sipProfile/kpml") is None
