"""A folder of another server's files becomes a site: what is understood, what is kept, what is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.importing.blank import blank
from provisioner.importing.draft import Registrar
from provisioner.importing.files import LARGEST, NotTaken, find, named
from provisioner.importing.folder import Imported, read_folder
from provisioner.importing.report import lines
from provisioner.merge import merge
from provisioner.profile import Native, Origin, Profile
from provisioner.record import ButtonRow, ExtensionRecord, HandsetRecord, Layer, Record
from provisioner.registry import find_model, vendors
from provisioner.render import document_of
from provisioner.site.document import Site, document
from provisioner.site.read import read
from provisioner.values import Mac

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
PBX = FIXTURES / "import" / "pbx"
CASES = [
    "yealink/T46U", "yealink/T28P", "yealink/W70B", "snom/D785", "snom/370", "snom/M700", "grandstream/GRP2614",
    "grandstream/GXP1628", "poly/VVX450", "poly/SPIP301", "cisco_mpp/8851", "cisco_mpp/SPA504G", "fanvil/X4U",
    "fanvil/X3S", "mitel/6867i", "mitel/6739i", "panasonic/HDV230", "panasonic/UT136",
]  # fmt: skip
every_case = pytest.mark.parametrize("case", CASES)


def mac_of(folder: Path) -> Mac:
    """The MAC that the files of a golden folder share."""
    for place in find(folder):
        try:
            return named(place, folder).mac
        except NotTaken:
            continue
    raise AssertionError(folder)


def imported(case: str) -> tuple[Imported, Site]:
    folder = FIXTURES / case
    found = read_folder(folder, "acme", {mac_of(folder): case})
    return found, document(read(yaml.safe_dump(found.site)))


def record_of(site: Site) -> Record:
    """The first device as the database would give it once the site file is applied."""
    device = next(entry.given for entry in site.devices if entry.given.mac)
    assert device.mac
    assert site.tenant
    people = {entry.given.number: entry.given for entry in site.extensions}

    def extension(number: str) -> ExtensionRecord:
        one = people[number]
        return ExtensionRecord(
            number=number, name=one.name, auth_user=one.auth_user, password=one.password or "", voicemail=None,
            layer=Layer(origin=Origin("extension"), values=sip_values(one.sip)),
        )  # fmt: skip

    record = blank(device.mac, device.vendor, device.model)
    values = {name: getattr(record, name) for name in record.__slots__}
    changes: dict[str, Any] = {
        "layers": (Layer(origin=Origin("tenant"), values=sip_values(site.tenant.given.sip)),),
        "extensions": tuple(extension(number) for number in device.extensions),
        "handsets": tuple(
            HandsetRecord(name="", ipei=None, slot=one.slot, extensions=tuple(map(extension, one.extensions)))
            for one in (entry.given for entry in site.devices)
            if one.base
        ),
        "buttons": tuple(
            ButtonRow(slot=one.slot, mode=one.mode, value=one.value, label=one.label, account=one.account)
            for one in device.buttons
        ),
        "modules": device.expansion_modules,
        "native": tuple(Native(origin=Origin("device"), keys=keys) for keys in device.settings.values()),
    }
    return Record(**{**values, **changes})


def sip_values(sip: Any) -> dict[str, Any]:
    return {f"sip.{name}": getattr(sip, name) for name in sip.model_fields_set}


def read_back(case: str, values: list[Any]) -> tuple[dict[int, Any], dict[str, Any]]:
    """Accounts and buttons as the vendor's reader finds them in documents."""
    vendor, model = find_model(*case.split("/"))
    readings = [vendor.read(one, model) for one in values]
    accounts = {
        one.index: (one.number, one.name, one.auth_user, one.password) for found in readings for one in found.accounts
    }
    buttons = {
        str(one.slot): (one.mode, one.value, one.label, one.account) for found in readings for one in found.buttons
    }
    return accounts, buttons


def rendered(profile: Profile) -> list[Any]:
    files = [file for file in vendors()[profile.vendor].files if file.template and file.fits(profile.model)]
    return [document_of(profile, file) for file in files]


def stored(case: str) -> list[Any]:
    vendor, model = find_model(*case.split("/"))
    mac = mac_of(FIXTURES / case)
    files = {file.name(mac, model): file for file in vendor.files if file.template and file.fits(model)}
    texts = {name: (FIXTURES / case / name).read_text("utf-8") for name in files}
    return [(file.syntax or vendor.syntax).read(texts[name]) for name, file in files.items()]


@every_case
def test_the_site_that_comes_out_passes_its_schema(case: str) -> None:
    found, site = imported(case)
    assert site.problems == []
    assert case == "/".join((found.site["devices"][0]["vendor"], found.site["devices"][0]["model"]))


@every_case
def test_the_imported_device_has_the_accounts_and_buttons_of_its_files(case: str) -> None:
    _, site = imported(case)
    assert read_back(case, stored(case)) == read_back(case, rendered(merge(record_of(site))))


@every_case
def test_every_key_of_a_file_is_written_again_or_told(case: str) -> None:
    found, site = imported(case)
    told = {key for row in found.rows for key in (*row.left.ours, *row.left.stale, *row.left.refused)}
    again = {key: value for one in rendered(merge(record_of(site))) for key, value in one.items()}
    vendor, _ = find_model(*case.split("/"))
    carry = vendor.syntax.carry
    lost = {
        key
        for one in stored(case)
        for key, value in one.items()
        if carry(value).strip("%") not in ("", "NULL") and carry(again.get(key, "")) != carry(value)
    }
    private = {row.path for row in found.rows if row.taken_as}
    assert private
    assert lost - told - {key for key in lost if case.startswith("cisco_mpp") and key == "Profile_Rule"} == set()


def test_a_file_name_that_many_vendors_use_is_told_by_its_content() -> None:
    for case in CASES:
        folder = FIXTURES / case
        devices = read_folder(folder, "acme", {}).site["devices"]
        assert case.split("/")[0] == devices[0]["vendor"]


def pbx(**models: str) -> Imported:
    return read_folder(PBX, "acme", {Mac(mac): model for mac, model in models.items()})


def test_the_same_folder_gives_the_same_site() -> None:
    assert pbx().site == pbx().site


def test_an_extension_of_several_files_is_one_and_its_other_password_is_told() -> None:
    found = pbx()
    assert ["200", "201"] == [one["number"] for one in found.site["extensions"]]
    notes = [note for row in found.rows for note in row.notes]
    assert [note for note in notes if "password of extension 200 is another one" in note]
    assert "sip: {server: old-pbx.example}" in yaml.safe_dump(found.site, default_flow_style=None)


def test_no_password_is_reported() -> None:
    found = pbx()
    report = "\n".join(lines(found))
    site = yaml.safe_dump(found.site)
    passwords = ["another-secret", "workshop-secret", "a-stale-secret"]
    assert [one for one in passwords if one in report] == []
    assert 2 == sum(one in site for one in passwords)


def test_what_is_not_understood_becomes_a_native_setting() -> None:
    device = next(one for one in pbx().site["devices"] if one["vendor"] == "yealink")
    native = device["settings"]["yealink"]
    assert "1" == native["features.made_up_by_us"]
    assert "42" == native["phone_setting.backlight_time"]
    assert "63" == native["linekey.9.type"]
    assert "**" == native["linekey.2.extension"]


def test_the_address_of_the_old_server_is_not_carried_on() -> None:
    found = pbx()
    text = yaml.safe_dump(found.site)
    assert "static.auto_provision.server.url" not in text
    assert "setting_server" not in text
    assert any("static.auto_provision.server.url" in line for line in lines(found))


def test_a_brace_in_a_label_is_no_placeholder() -> None:
    device = next(one for one in pbx().site["devices"] if one["vendor"] == "yealink")
    assert "{{Workshop}}" == device["buttons"][1]["label"]


def test_a_model_that_nobody_told_is_guessed_and_says_so() -> None:
    found = pbx()
    told = {row.path: row.taken_as for row in found.rows}
    assert told["001565a1b2c3.cfg"].endswith("(guessed)")
    assert "snom D785" == told["snomD785-000413a1b2c3.htm"]


def test_the_list_of_models_wins() -> None:
    found = pbx(**{"001565a1b2c3": "T48U"})
    assert "T48U" in [one["model"] for one in found.site["devices"]]


def test_a_model_that_does_not_exist_is_told() -> None:
    found = pbx(**{"001565a1b2c3": "Nonesuch"})
    assert ["the model 'Nonesuch'"] == [row.notes[0][:20] for row in found.rows if "001565" in row.path]


def test_a_common_file_belongs_to_no_device() -> None:
    notes = {row.path: row.notes for row in pbx().rows}
    assert "names no MAC" in notes["y000000000108.cfg"][0]


def test_hostile_files_are_told_and_spoil_nothing(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><settings>&d;</settings>'
    hostile: dict[str, bytes] = {
        "001565000001.cfg": b"\x00\x01\x02" * 99,
        "001565000002.cfg": b"a = b\n" * (LARGEST // 5),
        "000413000003.xml": bomb.encode(),
        "000413000004.xml": b"<settings>" * 5000,
        "cfg000b82000005.xml": b"<gs_provision><config",
        "001565000006.cfg": b"",
        "001565000007.cfg": "account.1.enable = 1\naccount.1.user_name = ²\u0660\nlinekey.²².type = 15\n".encode(),
        "001565000008.cfg": b"account.1.enable = 1\naccount.1.enable = 1\n",
        "holiday\x1b[31m.jpg": b"\xff\xd8",
    }
    for name, data in hostile.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "001565000009.cfg").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "00156500000a.cfg")
    found = read_folder(tmp_path, "acme", {})
    assert len(hostile) + 2 == len(found.rows)
    assert [row.path for row in found.rows if not row.notes] == []
    assert ["00:15:65:00:00:07"] == [device["mac"] for device in found.site["devices"]]
    assert [] == found.site["extensions"]
    assert "\x1b" not in "\n".join(lines(found))


def test_a_registrar_may_have_a_port() -> None:
    assert Registrar("pbx.example", 5061) == Registrar.parse("pbx.example:5061")
    assert Registrar() == Registrar.parse("no host; at all")


@pytest.mark.parametrize(
    ("text", "port"), [("2001:db8::7", None), ("[2001:db8::7]", None), ("[2001:db8::7]:5062", 5062)]
)
def test_a_registrar_may_be_an_ipv6_address(text: str, port: int | None) -> None:
    assert Registrar("[2001:db8::7]", port) == Registrar.parse(text)
