"""ALE, read by another parser than ours: the settings of an M phone or an 8028s."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.record import Record
from provisioner.registry import vendors
from provisioner.render import render
from provisioner.values import Mode, Owner
from tests.factories import HOSTILE_NAME, button, empty_record, rich_record, tenant_layer

ALE = vendors()["ale"]
MODELS = list(ALE.models.values())
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def parsed(record: Record) -> dict[str, str]:
    root = ElementTree.fromstring(render(merge(record), ALE.files[0]).body)
    assert "settings" == root.tag
    names = [one.attrib["id"] for one in root]
    assert len(names) == len(set(names))
    return {one.attrib["id"]: one.attrib["value"] for one in root}


@every_model
def test_every_key_and_account_is_stated_and_none_beyond(model: Any) -> None:
    for record in (empty_record("ale", model.name), rich_record("ale", model.name)):
        found = parsed(record)
        keys = re.findall(r"\bProgramKey(\d+)Type", " ".join(found))
        accounts = re.findall(r"\bAccount(\d+)Enable", " ".join(found))
        assert [str(n) for n in range(1, model.line_keys + 1)] == keys
        assert ["1"] == accounts


@every_model
def test_an_unused_account_and_unused_keys_are_reset(model: Any) -> None:
    found = parsed(empty_record("ale", model.name))
    assert ("false", "", "", "") == tuple(
        found[f"Account1{one}"] for one in ("Enable", "UserName", "Password", "Server1Address")
    )
    assert {""} == {value for name, value in found.items() if name.startswith("ProgramKey")}


def test_the_first_key_stays_the_accounts_and_a_button_there_is_warned_of() -> None:
    record = replace(rich_record("ale", "M3"), buttons=(button("line:1", Mode.BLF, "102"),))
    assert "" == parsed(record)["ProgramKey1Type"]
    assert any(str(one).startswith("line:1: key 1") for one in warnings_of(merge(record)))


def test_keys_of_the_known_types() -> None:
    found = parsed(rich_record("ale", "M5"))
    assert ("59", "102", "102", HOSTILE_NAME) == tuple(
        found[f"ProgramKey3{one}"] for one in ("Type", "Value", "Extension", "Label")
    )
    assert ("1", "+13125550123", "Lab") == tuple(found[f"ProgramKey4{one}"] for one in ("Type", "Value", "Label"))


@pytest.mark.parametrize(
    ("place", "offset"), [("America/Chicago", "-06:00"), ("Europe/Berlin", "+01:00"), ("Asia/Kolkata", "+05:30")]
)
def test_the_clock_is_told_by_offset_and_name(place: str, offset: str) -> None:
    found = parsed(replace(empty_record("ale", "M3"), layers=(tenant_layer(locale__timezone=place),)))
    assert (offset, place, "2") == tuple(
        found[f"Setting{one}"] for one in ("TimeZone", "TimeZoneLocation", "DstEnable")
    )


def test_vlan_is_set_and_cleared() -> None:
    names = ("LanVlanEnable", "LanVlanNumber", "PcVlanEnable", "PcVlanNumber")
    found, bare = parsed(rich_record("ale", "M3")), parsed(empty_record("ale", "M3"))
    assert ("true", "20", "true", "30") == tuple(found[f"DeviceNetwork{one}"] for one in names)
    assert ("false", "", "false", "") == tuple(bare[f"DeviceNetwork{one}"] for one in names)


def test_no_account_of_the_phone_keeps_its_factory_password() -> None:
    found = parsed(empty_record("ale", "M3"))
    assert {"Gen3rated-Passw0rd"} == {found[f"DeviceSecurity{one}Pwd"] for one in ("Admin", "User", "Var")}


@pytest.mark.parametrize(("language", "told"), [("pt-BR", False), ("nb-NO", False), ("ja", True)])
def test_a_language_that_the_phone_does_not_get_is_told(language: str, told: bool) -> None:
    record = replace(empty_record("ale", "M3"), layers=(tenant_layer(locale__language=language),))
    assert told == ("locale.language" in {one.slot for one in warnings_of(merge(record))})


def test_what_the_phone_has_no_known_setting_for_is_told() -> None:
    settings: dict[str, Any] = {"phone__syslog": "log.example"}
    record = replace(empty_record("ale", "M3"), layers=(tenant_layer(**settings),))
    assert {name.replace("__", ".") for name in settings} <= {one.slot for one in warnings_of(merge(record))}


@every_model
@pytest.mark.parametrize("vlan", [None, Vlan(id=40)])
def test_a_vlan_set_at_the_phone_itself_is_not_cleared(model: Any, vlan: Vlan | None) -> None:
    mine = replace(tenant_layer(phone__vlan=vlan), owners={"phone.vlan": Owner.PHONE})
    found = parsed(replace(empty_record("ale", model.name), layers=(mine,)))
    assert [] == [key for key in found if "LanVlan" in key or "PcVlan" in key]
