"""Flyingvoice, read by another parser than ours."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.neutral import Vlan
from provisioner.record import Record
from provisioner.registry import vendors
from provisioner.render import render
from provisioner.values import Mode, Owner
from tests.factories import TOKEN_URL, button, empty_record, rich_record, tenant_layer

FLYINGVOICE = vendors()["flyingvoice"]
MODELS = list(FLYINGVOICE.models.values())
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def parsed(record: Record) -> dict[str, str]:
    """The header first, then comments and keys, each key once."""
    lines = render(merge(record), FLYINGVOICE.files[0]).body.decode().split("\n")
    assert ("#!version:1.0.0.1", "") == (lines[0], lines[-1])
    keys: dict[str, str] = {}
    for line in lines[1:-1]:
        match = re.fullmatch(r"([a-z0-9_.]+) =(?: (.*))?", line)
        assert match or line.startswith("## "), line
        if match:
            assert match[1] not in keys
            keys[match[1]] = match[2] or ""
    return keys


@every_model
def test_every_account_and_line_key_is_stated_and_none_beyond(model: Any) -> None:
    for record, used in ((empty_record("flyingvoice", model.name), 0), (rich_record("flyingvoice", model.name), 2)):
        keys = parsed(record)
        accounts = [keys[f"account.{n}.enable"] for n in range(1, model.accounts + 1)]
        assert accounts == ["1"] * used + ["0"] * (model.accounts - used)
        text = "\n".join(keys)
        assert model.accounts == len(re.findall(r"^account\.\d+\.enable$", text, re.MULTILINE))
        assert model.line_keys == len(re.findall(r"^linekey\.\d+\.type$", text, re.MULTILINE))


@every_model
def test_unused_accounts_and_keys_keep_nothing(model: Any) -> None:
    keys = parsed(empty_record("flyingvoice", model.name))
    fields = ("label", "display_name", "user_name", "auth_name", "password", "sip_server.1.address")
    assert {""} == {keys[f"account.{model.accounts}.{field}"] for field in fields}
    assert {"0", ""} >= {value for key, value in keys.items() if key.startswith("linekey.")}


def test_blf_keys_carry_the_pickup_code_in_their_own_field() -> None:
    keys = parsed(rich_record("flyingvoice", "FIP13G"))
    told = tuple(keys[f"linekey.3.{field}"] for field in ("type", "line", "value", "pickup_value", "extension"))
    assert ("16", "1", "102", "**", "") == told


def test_soft_keys_that_nobody_gave_stay_as_they_are() -> None:
    assert not [key for key in parsed(rich_record("flyingvoice", "FIP13G")) if key.startswith("programablekey")]
    given = parsed(replace(rich_record("flyingvoice", "FIP13G"), buttons=(button("soft:2", Mode.DND, ""),)))
    assert "5" == given["programablekey.2.type"]


def test_codecs_are_ranked_or_off() -> None:
    keys = parsed(rich_record("flyingvoice", "FIP14G"))
    ranks = {
        name: keys[f"account.1.codec.{name}.priority"] for name in ("g722", "pcma", "pcmu", "opus", "g729", "g726_32")
    }
    assert {"g722": "1", "pcma": "2", "pcmu": "3", "opus": "4", "g729": "5", "g726_32": "0"} == ranks
    assert "0" == keys["account.1.codec.g726_32.enable"]


@pytest.mark.parametrize(
    ("place", "offset", "warned"),
    [("America/Chicago", "-6", True), ("Europe/Berlin", "+1", True), ("Asia/Kolkata", "+5:30", False)],
)
def test_only_the_offset_of_a_zone_is_told(place: str, offset: str, warned: bool) -> None:
    record = replace(empty_record("flyingvoice", "FIP11C"), layers=(tenant_layer(locale__timezone=place),))
    assert offset == parsed(record)["local_time.time_zone"]
    assert warned == any("daylight" in str(one) for one in warnings_of(merge(record)))


def test_the_phone_comes_back_with_its_token() -> None:
    assert TOKEN_URL == parsed(empty_record("flyingvoice", "FIP16"))["static.auto_provision.server.url"]


@pytest.mark.parametrize(("language", "told"), [("en", False), ("de", True)])
def test_a_language_that_the_phone_does_not_get_is_told(language: str, told: bool) -> None:
    record = replace(empty_record("flyingvoice", "FIP13G"), layers=(tenant_layer(locale__language=language),))
    assert told == ("locale.language" in {one.slot for one in warnings_of(merge(record))})


def test_an_ipv6_address_has_no_brackets_beside_its_port() -> None:
    servers = {"sip__server": "[2001:db8::5]", "sip__outbound_proxy": "[2001:db8::6]:5070"}
    record = replace(rich_record("flyingvoice", "FIP13G"), layers=(tenant_layer(**servers),))
    found = [parsed(record)[f"account.1.{key}"] for key in ("sip_server.1.address", "outbound_proxy.1.address")]
    assert ["2001:db8::5", "2001:db8::6"] == found


def test_what_the_phone_has_no_known_setting_for_is_told() -> None:
    settings: dict[str, Any] = {"phone__syslog": "log.example"}
    record = replace(empty_record("flyingvoice", "FIP13G"), layers=(tenant_layer(**settings),))
    assert {name.replace("__", ".") for name in settings} <= {one.slot for one in warnings_of(merge(record))}


@every_model
@pytest.mark.parametrize("vlan", [None, Vlan(id=40)])
def test_a_vlan_set_at_the_phone_itself_is_not_cleared(model: Any, vlan: Vlan | None) -> None:
    mine = replace(tenant_layer(phone__vlan=vlan), owners={"phone.vlan": Owner.PHONE})
    found = parsed(replace(empty_record("flyingvoice", model.name), layers=(mine,)))
    assert [] == [key for key in found if ".vlan." in key]
