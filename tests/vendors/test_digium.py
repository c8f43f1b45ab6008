"""Digium, read by another parser than ours: the three files of a D phone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.record import Record
from provisioner.registry import vendors
from provisioner.render import render
from provisioner.values import Mode
from tests.factories import button, empty_record, extension, rich_record, tenant_layer

DIGIUM = vendors()["digium"]
MODELS = list(DIGIUM.models.values())
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def trees(record: Record) -> list[ElementTree.Element]:
    profile = merge(record)
    return [ElementTree.fromstring(render(profile, file).body) for file in DIGIUM.files if file.template]


def settings(root: ElementTree.Element) -> dict[str, str]:
    return {one.attrib["id"]: one.attrib["value"] for one in root.iter("setting")}


def warned(record: Record) -> list[str]:
    return [str(warning) for warning in warnings_of(merge(record))]


@every_model
def test_every_account_is_stated_and_unused_ones_are_off(model: Any) -> None:
    for record, used in ((empty_record("digium", model.name), 0), (rich_record("digium", model.name), 2)):
        accounts = list(trees(record)[0].iter("account"))
        assert [str(n) for n in range(model.accounts)] == [one.attrib["index"] for one in accounts]
        assert used == sum(one.attrib["status"] == "1" for one in accounts)


@every_model
def test_every_key_is_an_accounts_a_contacts_or_blank(model: Any) -> None:
    _, contacts, keys = trees(rich_record("digium", model.name))
    known = {one.attrib["id"] for one in contacts.iter("contact")}
    items = list(keys.iter("blf_item"))
    places = [(one.attrib["location"], one.attrib.get("node"), one.attrib["index"]) for one in items]
    main = model.extra["main"]
    expected = [("main", None, str(n)) for n in range(2, main)]
    expected += [("side", None, str(n)) for n in range(model.line_keys - main)]
    expected += [("expansion", "0", str(n)) for n in range(20 if model.expansion else 0)]
    assert expected == places
    assert known == {one.attrib["contact_id"] for one in items if "contact_id" in one.attrib}
    assert all(("blank" in one.attrib) != ("contact_id" in one.attrib) for one in items)


def test_a_watched_contact_has_a_sip_address_and_lamps_and_a_speed_dial_has_neither() -> None:
    _, contacts, keys = trees(rich_record("digium", "D65"))
    watched = {one.attrib["id"]: one.attrib.get("subscribe_to") for one in contacts.iter("contact")}
    assert ("sip:102@pbx.acme.example", None) == (watched["line-3"], watched["line-4"])
    lamps = {one.attrib.get("contact_id"): one.find("indicators") is not None for one in keys.iter("blf_item")}
    assert (True, False) == (lamps["line-3"], lamps["line-4"])


def test_the_addresses_of_the_key_files_change_with_the_keys_and_hold_the_token() -> None:
    record = rich_record("digium", "D65")
    before = trees(record)[0].find("contacts")
    after = trees(replace(record, buttons=(button("line:4", Mode.SPEED_DIAL, "555"),)))[0].find("contacts")
    assert before is not None
    assert after is not None
    assert before.attrib["url"] != after.attrib["url"]
    assert before.attrib["url"].startswith(f"{record.url}805ec0123456-contacts.xml?v=")


@pytest.mark.parametrize(("password", "pin"), [("4711", "4711"), ("Adm1n", "37207406")])
def test_the_password_is_a_pin(password: str, pin: str) -> None:
    record = replace(empty_record("digium", "D40"), layers=(tenant_layer(phone__admin_password=password),))
    assert pin == settings(trees(record)[0])["login_password"]
    assert (password != pin) == any("digits only" in one for one in warned(record))


@pytest.mark.parametrize(("srtp", "told"), [("off", False), ("optional", True), ("mandatory", True)])
def test_only_who_asks_for_srtp_is_told_that_there_is_none(srtp: str, told: bool) -> None:
    record = replace(empty_record("digium", "D40"), extensions=(extension("100", srtp=srtp),))
    assert told == any("SRTP" in one for one in warned(record))


def test_vlan_by_hand_by_lldp_or_not_at_all() -> None:
    def vlan(**values: Any) -> tuple[str, str]:
        found = settings(trees(replace(empty_record("digium", "D40"), layers=(tenant_layer(**values),)))[0])
        return found["network_vlan_discovery_mode"], found["network_vlan_id"]

    assert ("LLDP", "0") == vlan()
    assert ("NONE", "0") == vlan(phone__lldp=False)
    assert ("MANUAL", "20") == (
        settings(trees(rich_record("digium", "D40"))[0])["network_vlan_discovery_mode"],
        settings(trees(rich_record("digium", "D40"))[0])["network_vlan_id"],
    )


def test_a_button_on_an_accounts_key_is_warned_of() -> None:
    record = replace(rich_record("digium", "D65"), buttons=(button("line:1", Mode.BLF, "102"),))
    assert "line:1: key 1 is the key of account 1" in warned(record)


@pytest.mark.parametrize("place", ["Europe/Berlin", "Asia/Kolkata", "Australia/Sydney"])
def test_the_time_zone_is_told_by_its_iana_name(place: str) -> None:
    record = replace(empty_record("digium", "D40"), layers=(tenant_layer(locale__timezone=place),))
    assert place == settings(trees(record)[0])["time_zone"]


@pytest.mark.parametrize(("language", "told"), [("de-CH", False), ("sv", True)])
def test_a_language_that_the_phone_does_not_get_is_told(language: str, told: bool) -> None:
    record = replace(empty_record("digium", "D65"), layers=(tenant_layer(locale__language=language),))
    assert told == ("locale.language" in {one.slot for one in warnings_of(merge(record))})


def test_what_the_phone_has_no_known_setting_for_is_told() -> None:
    settings: dict[str, Any] = {"calls__auto_answer": True, "calls__forward_always": "105"}
    record = replace(empty_record("digium", "D65"), layers=(tenant_layer(**settings),))
    assert {name.replace("__", ".") for name in settings} <= {one.slot for one in warnings_of(merge(record))}
