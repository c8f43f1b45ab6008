"""Mitel's files as a phone's own parser would see them: a regular expression a line, keys from the fact sheet.

Nothing here asks the vendor's tables or its reader.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.profile import Origin
from provisioner.recognise import Ask, recognise
from provisioner.record import Layer, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import View, document_of, render, render_public
from provisioner.values import Mode, Owner
from provisioner.vendor_api import Model
from tests.factories import HOSTILE_NAME, button, empty_record, extension, native, rich_record, tenant_layer

VENDOR = vendors()["mitel"]
FILE = next(file for file in VENDOR.files if file.pattern == "{MAC}.cfg")
MODELS = list(VENDOR.models.values())
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)

_LINE = re.compile(r'(?P<key>[a-z][a-z0-9 \-|\[\]]*): (?:"(?P<quoted>[^"\n]*)"|(?P<plain>[^"#\n]+))')
# Every key that public templates and guides show (fact sheet, sections 4 and 5), with N for indices.
KNOWN = """
sip lineN screen name|sip lineN screen name N|sip lineN display name|sip lineN user name|sip lineN auth name
sip lineN password|sip lineN proxy ip|sip lineN proxy port|sip lineN backup proxy ip|sip lineN backup proxy port
sip lineN registrar ip|sip lineN registrar port|sip lineN backup registrar ip|sip lineN backup registrar port
sip lineN outbound proxy|sip lineN outbound proxy port|sip lineN registration period|sip lineN mode|sip lineN vmail
sip lineN dtmf method|sip lineN srtp mode|sip lineN park pickup config|sip transport protocol|sip rport
sips persistent tls|sip persistent tls keep alive|sips trusted certificates
sip out-of-band dtmf|sip customized codec|sip explicit mwi subscription|directed call pickup
directed call pickup prefix|call waiting|emergency dial plan|time server disabled|time serverN|time zone name
time zone minutes|dst config|dst minutes|dst start month|dst start week|dst start day|dst start hour|dst end month
dst end week|dst end day|dst end hour|time format|date format|language|language N|input language|tone set
tagging enabled|vlan id|priority non-ip|vlan id port N|lldp|tos sip|tos rtp|log server ip|log server port
admin password|user password|web interface enabled|download protocol|https server|https path|https port|http server
http path|http port|contact rcs|auto resync mode|auto resync time|auto resync max delay|auto resync days
prgkeyN type|prgkeyN value|prgkeyN label|prgkeyN line|topsoftkeyN type|topsoftkeyN value|topsoftkeyN label
topsoftkeyN line|softkeyN type|softkeyN value|softkeyN label|softkeyN line|expmodN keyN type|expmodN keyN value
expmodN keyN label|expmodN keyN line
"""
WHITELIST = {key for line in KNOWN.strip().splitlines() for key in line.split("|")} | {"dst [start|end] relative date"}


def parsed(record: Record) -> dict[str, str]:
    """Every line of the file, each known, none twice."""
    body = render(merge(record), FILE).body.decode("utf-8")
    assert body.endswith("\n")
    found: dict[str, str] = {}
    for line in body.splitlines():
        if line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        assert match, line
        assert match["key"] not in found, line
        assert re.sub(r"\d+", "N", match["key"]) in WHITELIST, line
        found[match["key"]] = match["plain"] if match["quoted"] is None else match["quoted"]
    return found


def device(model: str, **values: object) -> Record:
    return replace(empty_record("mitel", model), layers=(tenant_layer(**values),), extensions=(extension("100"),))


def keyed(model: str, *buttons: object, **changes: object) -> dict[str, str]:
    rows = tuple(buttons)
    return parsed(replace(device(model), template=TemplateRecord(name="T", buttons=rows), **changes))  # type: ignore[arg-type]


@every_model
def test_no_index_is_beyond_the_model_and_unused_lines_are_cleared(model: Model) -> None:
    found = parsed(rich_record("mitel", model.name))
    lines = {int(n) for key in found for n in re.findall(r"^sip line(\d+) ", key)}
    assert set(range(1, model.accounts + 1)) == lines
    for n in range(3, model.accounts + 1):
        assert found[f"sip line{n} user name"] == found[f"sip line{n} password"] == ""
        assert found[f"sip line{n} registrar ip"] == found[f"sip line{n} proxy ip"] == "0.0.0.0"
    beside = model.extra.get("line", "topsoftkey")
    for group, most in (("prgkey", model.keys), (beside, model.line_keys)):
        assert {int(n) for key in found for n in re.findall(rf"^{group}(\d+) ", key)} <= set(range(1, most + 1))
    for n in range(1, model.line_keys + 1):
        assert f"{beside}{n} type" in found
    modules = {int(n) for key in found for n in re.findall(r"^expmod\d key(\d+) type", key)}
    assert modules == set(range(1, (model.expansion.keys if model.expansion else 0) + 1))


@every_model
def test_an_empty_device_states_every_line_as_unused(model: Model) -> None:
    found = parsed(empty_record("mitel", model.name))
    assert {found[f"sip line{n} user name"] for n in range(1, model.accounts + 1)} == {""}


@pytest.mark.parametrize("name", ["aastra.cfg", "startup.cfg"])
def test_the_common_file_is_public_and_never_empty(name: str) -> None:
    file = recognise(Ask(path=f"/{name}")).kind
    assert file
    assert file.private is False
    body = render_public(VENDOR, file, name).body
    assert re.fullmatch(rb"# [ -~]+\n", body)


def test_the_mac_file_is_upper_case() -> None:
    profile = merge(rich_record("mitel", "6920", mac="1400e91f03ea"))
    assert render(profile, FILE).name == "1400E91F03EA.cfg"


def test_a_hash_is_quoted_and_a_quote_becomes_single() -> None:
    body = render(merge(rich_record("mitel", "6867i")), FILE).body.decode()
    assert HOSTILE_NAME.replace('"', "'") == parsed(rich_record("mitel", "6867i"))["sip line1 display name"]
    assert """sip line1 display name: "O'Brien & 'Søn' <100>%s;#"\n""" in body
    assert [warned.slot for warned in warnings_of(merge(rich_record("mitel", "6867i"))) if "quote" in warned.message]


def test_comments_and_quotes_of_other_files_are_read() -> None:
    text = 'sip vmail: *97   # the box\nsoftkey1 value: "#31#" # hide me\n!softkey1 label: a b\n# no: thing\n'
    document = VENDOR.syntax.read(text)
    assert [("sip vmail", "*97"), ("softkey1 value", "#31#"), ("!softkey1 label", "a b")] == list(document.items())


@pytest.mark.parametrize(
    ("place", "minutes", "start", "end"),
    [
        ("America/Chicago", "360", "3 2 1 2", "11 1 1 2"),
        ("Europe/Berlin", "-60", "3 -1 1 2", "10 -1 1 3"),
        ("Australia/Sydney", "-600", "10 1 1 2", "4 1 1 3"),
        ("Asia/Kolkata", "-330", "", ""),
        ("America/St_Johns", "210", "3 2 1 2", "11 1 1 2"),
    ],
)
def test_the_clock(place: str, minutes: str, start: str, end: str) -> None:
    found = parsed(device("6867i", locale__timezone=place))
    assert ("Custom", minutes) == (found["time zone name"], found["time zone minutes"])
    assert ("3" if start else "0") == found["dst config"]
    for name, rule in (("start", start), ("end", end)):
        got = [found.get(f"dst {name} {field}", "") for field in ("month", "week", "day", "hour")]
        assert rule == " ".join(got).strip()
    assert ("60" if start else None) == found.get("dst minutes")


@pytest.mark.parametrize(
    ("place", "told"), [("Pacific/Chatham", True), ("Antarctica/Troll", True), ("Australia/Lord_Howe", False)]
)
def test_a_clock_that_the_phone_cannot_have_is_told(place: str, told: bool) -> None:
    record = device("6867i", locale__timezone=place)
    assert told == ("locale.timezone" in {one.slot for one in warnings_of(merge(record))})


@pytest.mark.parametrize(("password", "sent"), [("123456", "123456"), ("4294967295", "4294967295"), ("0", "0")])
def test_passwords_of_digits_are_sent(password: str, sent: str) -> None:
    assert sent == parsed(device("6757i", phone__admin_password=password))["admin password"]


@pytest.mark.parametrize("password", ["secret", "4294967296", "12٣", "pass 1"])
def test_other_passwords_become_digits_and_never_the_factory_password(password: str) -> None:
    record = device("6757i", phone__admin_password=password)
    sent = parsed(record)["admin password"]
    assert re.fullmatch(r"[1-9]\d{8}", sent)
    assert sent == parsed(record)["admin password"]
    assert "phone.admin_password" in {warned.slot for warned in warnings_of(merge(record))}
    assert sent not in " ".join(value for _, value in document_of(merge(record), FILE, View.MASKED).items())


def test_the_users_password_is_never_the_factorys_empty_one() -> None:
    found = parsed(device("6757i", phone__admin_password="123456"))
    assert ("123456", "123456") == (found["admin password"], found["user password"])
    assert parsed(device("6757i", phone__user_password="55"))["user password"] == "55"


def test_ntp_on_is_a_zero() -> None:
    assert parsed(device("6757i"))["time server disabled"] == "0"
    assert parsed(device("6757i", phone__ntp=()))["time server disabled"] == "1"


def test_gaps_keep_their_place_and_the_rest_is_none() -> None:
    found = keyed("6867i", button("line:4", Mode.BLF, "102"), button("exp1:2", Mode.DND, ""))
    assert ["line", "empty", "empty", "blf", "none"] == [found[f"topsoftkey{n} type"] for n in range(1, 6)]
    assert ["empty", "dnd", "none"] == [found[f"expmod1 key{n} type"] for n in range(1, 4)]


def test_hard_and_soft_keys_that_nobody_gave_are_left_alone() -> None:
    found = keyed("6755i", button("key:2", Mode.SPEED_DIAL, "5"), button("soft:3", Mode.NONE, ""))
    assert {"prgkey2 type", "softkey3 type"} == {key for key in found if re.match(r"(prg|soft)key\d+ type", key)}
    assert ("speeddial", "5", "none") == (found["prgkey2 type"], found["prgkey2 value"], found["softkey3 type"])


def test_a_local_key_is_not_written() -> None:
    found = keyed("6867i", button("line:3", Mode.LOCAL, ""))
    assert "topsoftkey3 type" not in found
    assert "topsoftkey2 type" in found


def test_all_keys_of_a_6739i_are_softkeys() -> None:
    found = keyed("6739i", button("line:55", Mode.BLF, "102"))
    assert ("line", "blf") == (found["softkey1 type"], found["softkey55 type"])
    assert not [key for key in found if key.startswith("topsoftkey")]


@pytest.mark.parametrize(("model", "kind"), [("6867i", "speeddial"), ("6757i", "blf"), ("6920", "blf")])
def test_bottom_softkeys_of_the_68xx_know_no_blf(model: str, kind: str) -> None:
    record = replace(device(model), buttons=(button("soft:1", Mode.BLF, "102"),))
    assert kind == parsed(record)["softkey1 type"]
    warned = [one for one in warnings_of(merge(record)) if one.slot == "soft:1"]
    assert (kind == "speeddial") == bool(warned)


@pytest.mark.parametrize(
    ("mode", "value", "kind", "sent"),
    [
        (Mode.PARK, "701", "park", "asterisk;701"),
        (Mode.PICKUP, "102", "speeddial", "**102"),
        (Mode.GROUP_PICKUP, "", "speeddial", "*8"),
        (Mode.VOICEMAIL, "", "speeddialmwi", "*97"),
        (Mode.PAGING, "224.0.1.20:5001", "paging", "224.0.1.20:5001"),
        (Mode.XML, "http://a/b?c=1&d=2#e", "xml", "http://a/b?c=1&d=2#e"),
        (Mode.URL, "http://a/b", "xml", "http://a/b"),
        (Mode.QUEUE_LOGIN, "*45", "blf", "*45"),
        (Mode.FORWARD, "103", "callforward", ""),
        (Mode.NATIVE, "icom;value=102;line=2", "icom", "102"),
    ],
)
def test_modes(mode: Mode, value: str, kind: str, sent: str) -> None:
    codes = {"sip__pickup_code": "**", "sip__group_pickup_code": "*8"}
    record = replace(device("6867i", **codes), buttons=(button("line:5", mode, value, "x"),))
    found = parsed(record)
    assert (kind, sent) == (found["topsoftkey5 type"], found["topsoftkey5 value"])
    assert ("2" if mode is Mode.NATIVE else "1") == found["topsoftkey5 line"]
    assert ("1", "**") == (found["directed call pickup"], found["directed call pickup prefix"])


def test_firmware_3_parks_by_line_and_has_no_lamp_for_messages() -> None:
    rows = (button("line:2", Mode.PARK, "701"), button("line:3", Mode.VOICEMAIL, "*97"))
    old = parsed(replace(device("6757i"), buttons=rows, firmware="3.3.1.8140"))
    new = parsed(replace(device("6867i"), buttons=rows, firmware="4.2.0.181"))
    assert ("701;701;asterisk", "speeddial") == (old["sip line1 park pickup config"], old["topsoftkey3 type"])
    assert (None, "speeddialmwi") == (new.get("sip line1 park pickup config"), new["topsoftkey3 type"])


def test_the_larger_module_is_assumed_and_said() -> None:
    record = replace(device("6865i"), buttons=(button("exp1:16", Mode.BLF), button("exp1:17", Mode.BLF)))
    assert {"exp1:17"} == {one.slot for one in warnings_of(merge(record))} & {"exp1:16", "exp1:17"}


def test_sip_settings() -> None:
    layers = {
        "sip__transport": "tls",
        "sip__srtp": "mandatory",
        "sip__dtmf": "info",
        "audio__codecs": ("pcmu", "opus", "g722"),
    }
    found = parsed(device("6930", **layers))
    assert ("4", "5061", "2") == tuple(
        found[f"sip {key}"] for key in ("transport protocol", "line1 proxy port", "line1 srtp mode")
    )
    assert ("1", "1") == (found["sip out-of-band dtmf"], found["sip line1 dtmf method"])
    assert found["sip customized codec"] == "payload=0;ptime=20;silsupp=off,payload=9;ptime=20;silsupp=off"
    assert ("0.0.0.0", "0.0.0.0") == (found["sip line1 backup registrar ip"], found["sip line1 outbound proxy"])
    assert parsed(device("6930", sip__transport="srv"))["sip line1 registrar port"] == "0"


@pytest.mark.parametrize(("transport", "port"), [("udp", "5060"), ("tcp", "5060"), ("tls", "5061"), ("srv", "0")])
def test_an_outbound_proxy_without_a_port_has_that_of_the_phones_transport(transport: str, port: str) -> None:
    servers = {"sip__transport": transport, "sip__port": 5099, "sip__outbound_proxy": "192.0.2.9"}
    found = parsed(device("6930", **servers))
    assert ("192.0.2.9", port) == (found["sip line1 outbound proxy"], found["sip line1 outbound proxy port"])


def test_tls_is_persistent_and_asks_for_the_servers_authority() -> None:
    record = device("6930", sip__transport="tls", sip__keepalive=25)
    trusted = replace(record, native=(native(**{"sips trusted certificates": "ca.pem"}),))
    keys = ("sips persistent tls", "sip persistent tls keep alive")
    assert ("1", "25") == tuple(parsed(record)[key] for key in keys)
    assert ("0", None) == tuple(parsed(device("6930")).get(key) for key in keys)
    told = [any("authority" in one.message for one in warnings_of(merge(each))) for each in (record, trusted)]
    assert told == [True, False]


def test_other_lines_use_the_phones_transport_and_its_port() -> None:
    people = (extension("100", transport="tls"), extension("101", transport="udp", dtmf="inband"))
    record = replace(device("6930"), extensions=people)
    assert ["5061", "5061"] == [parsed(record)[f"sip line{n} registrar port"] for n in (1, 2)]
    assert {"sip.transport", "sip.dtmf"} <= {one.slot for one in warnings_of(merge(record))}


def test_vlan_and_language() -> None:
    none = parsed(device("6920", phone__vlan=None, locale__language="fr-CA"))
    assert ("0", None) == (none["tagging enabled"], none.get("vlan id"))
    assert ("1", "i18n/lang_fr_ca.txt", "French") == (none["language"], none["language 1"], none["input language"])
    from provisioner.neutral import Vlan

    tagged = parsed(device("6920", phone__vlan=Vlan(id=20, priority=3)))
    assert ("1", "20", "3", "4095") == tuple(
        tagged[key] for key in ("tagging enabled", "vlan id", "priority non-ip", "vlan id port 1")
    )


@pytest.mark.parametrize(
    ("minutes", "mode", "days"), [(0, "0", "0"), (60, "1", "0"), (1440, "1", "0"), (10080, "1", "7")]
)
def test_polling(minutes: int, mode: str, days: str) -> None:
    record = device("6920", phone__poll_minutes=minutes)
    found = parsed(record)
    assert (mode, days) == (found["auto resync mode"], found["auto resync days"])
    assert (minutes == 60) == ("phone.poll_minutes" in {one.slot for one in warnings_of(merge(record))})


def test_the_way_back_and_its_token() -> None:
    record = device("6920")
    found = parsed(record)
    assert ("HTTPS", "prov.example", "443") == tuple(
        found[k] for k in ("download protocol", "https server", "https port")
    )
    assert record.url == f"https://{found['https server']}/{found['https path']}/"
    plain = parsed(replace(record, url="http://10.0.0.1:8080/d/abc/"))
    assert ("HTTP", "10.0.0.1", "8080", "d/abc") == tuple(
        plain[k] for k in ("download protocol", "http server", "http port", "http path")
    )


def test_what_the_phone_owns_is_left_out_and_native_keys_win() -> None:
    owned = Layer(origin=Origin("device", "x"), owners={"locale.timezone": Owner.PHONE})
    found = parsed(
        replace(device("6920"), device_layer=owned, native=(native(**{"call waiting": "0", "sip rport": None}),))
    )
    assert "time zone minutes" not in found
    assert ("0", None) == (found["call waiting"], found.get("sip rport"))


@pytest.mark.parametrize(("language", "told"), [("en-GB", False), ("nl-BE", False), ("pt", True)])
def test_a_language_that_the_phone_does_not_get_is_told(language: str, told: bool) -> None:
    record = replace(empty_record("mitel", "6867i"), layers=(tenant_layer(locale__language=language),))
    assert told == ("locale.language" in {one.slot for one in warnings_of(merge(record))})


def test_an_ipv6_address_has_no_brackets_beside_its_port() -> None:
    servers = {"sip__server": "[2001:db8::5]", "sip__outbound_proxy": "[2001:db8::6]:5070"}
    found = parsed(device("6930", **servers))
    assert ("2001:db8::5", "2001:db8::6", "5070") == tuple(
        found[key] for key in ("sip line1 registrar ip", "sip line1 outbound proxy", "sip line1 outbound proxy port")
    )
