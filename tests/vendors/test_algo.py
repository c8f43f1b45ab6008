"""Algo, read by another parser than ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.record import Record
from provisioner.registry import vendors
from provisioner.render import render
from provisioner.values import Mode
from tests.factories import HOSTILE_NAME, button, empty_record, extension, rich_record, tenant_layer

ALGO = vendors()["algo"]
every_model = pytest.mark.parametrize("model", list(ALGO.models.values()), ids=lambda model: model.name)


def parsed(record: Record) -> dict[str, str]:
    """Lines in alphabetical order, each key once."""
    lines = render(merge(record), ALGO.files[0]).body.decode().splitlines()
    pairs = [line.partition(" =") for line in lines]
    assert all(found for _, found, _ in pairs)
    assert sorted({key for key, _, _ in pairs}) == [key for key, _, _ in pairs]
    return {key: value.strip() for key, _, value in pairs}


@every_model
def test_the_paging_extension_is_stated_and_cleared(model: Any) -> None:
    full, bare = parsed(rich_record("algo", model.name)), parsed(empty_record("algo", model.name))
    names = ("user", "auth", "pwd", "dname")
    assert ("100", "auth100", "pw-100-&<%\"'", HOSTILE_NAME) == tuple(full[f"sip.u1.{name}"] for name in names)
    assert {""} == {bare[f"sip.u1.{name}"] for name in names}
    assert ("1", "0") == (full["sip.page.use"], bare["sip.page.use"])


def test_servers() -> None:
    full = parsed(rich_record("algo", "8301"))
    assert "pbx.acme.example:5061" == full["sip.proxy"]
    assert ("edge.acme.example:5060", "b.acme.example:5061") == (full["sip.obproxy"], full["sip.bkproxy1"])


def test_dns_tells_the_port_where_it_is_asked_for_it() -> None:
    layer = tenant_layer(sip__transport="srv", sip__port=5061, sip__backup_server="b.acme.example")
    people = (extension("100"),)
    told = parsed(rich_record("algo", "8301", layers=(layer,), extensions=people))
    assert ("pbx.acme.example", "b.acme.example", "auto") == tuple(
        told[key] for key in ("sip.proxy", "sip.bkproxy1", "sip.transp")
    )


def test_the_url_is_told_in_parts() -> None:
    bare = parsed(empty_record("algo", "8180"))
    assert ("https", "prov.example") == (bare["prov.download.method"], bare["prov.server.static"])
    assert "d/0123456789abcdef0123456789abcdef0123456789abcdef" == bare["prov.download.cfgpath"]


def test_vlan_is_set_and_cleared() -> None:
    full, bare = parsed(rich_record("algo", "8180")), parsed(empty_record("algo", "8180"))
    assert ("1", "20", "5") == tuple(full[f"net.vlan.{name}"] for name in ("use", "id", "priority"))
    assert ("0", "0", "0") == tuple(bare[f"net.vlan.{name}"] for name in ("use", "id", "priority"))


@pytest.mark.parametrize("place", ["America/Chicago", "Asia/Kolkata"])
def test_the_time_zone_is_told_by_name(place: str) -> None:
    record = replace(empty_record("algo", "8188"), layers=(tenant_layer(locale__timezone=place),))
    assert place == parsed(record)["admin.timezone"]


def test_a_button_is_warned_of() -> None:
    record = replace(empty_record("algo", "8188"), buttons=(button("line:1", Mode.BLF, "102"),))
    assert ["line:1: 8188 has 0 such keys; the button is not rendered"] == [
        str(one) for one in warnings_of(merge(record))
    ]


def test_what_the_phone_has_no_known_setting_for_is_told() -> None:
    settings: dict[str, Any] = {"phone__syslog": "log.example"}
    record = replace(empty_record("algo", "8301"), layers=(tenant_layer(**settings),))
    assert {name.replace("__", ".") for name in settings} <= {one.slot for one in warnings_of(merge(record))}
