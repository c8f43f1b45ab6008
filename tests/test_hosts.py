"""Hosts with ports: taken apart and put together, IPv6 addresses with and without their brackets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioner.hosts import bare_host_port, bracketed, host_port, sip_target, socket_address, split
from provisioner.profile import Origin, Setting, Settings, Text

TENANT = Origin("tenant", "acme")


def settings(server: str | None, port: int | None, transport: str = "udp") -> Settings:
    return Settings(
        {
            "sip.server": Setting(server, TENANT),
            "sip.port": Setting(port, TENANT),
            "sip.transport": Setting(transport, TENANT),
        }
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pbx.example.net", ("pbx.example.net", "")),
        ("pbx.example.net:5062", ("pbx.example.net", "5062")),
        ("192.0.2.7:5062", ("192.0.2.7", "5062")),
        ("[2001:db8::7]", ("[2001:db8::7]", "")),
        ("[2001:db8::7]:5062", ("[2001:db8::7]", "5062")),
        ("2001:db8::7", ("2001:db8::7", "")),
        ("::", ("::", "")),
        (":5062", (":5062", "")),
    ],
)
def test_a_host_is_split_from_its_port(text: str, parts: tuple[str, str]) -> None:
    assert parts == split(text)


@pytest.mark.parametrize(("host", "text"), [("2001:db8::7", "[2001:db8::7]"), ("192.0.2.7", "192.0.2.7")])
def test_only_an_ipv6_address_gets_brackets(host: str, text: str) -> None:
    assert text == bracketed(host)


def test_a_socket_binds_an_ipv6_address_without_brackets() -> None:
    assert socket_address("[::1]:8080") == ("::1", 8080)


def test_an_address_to_bind_needs_a_port() -> None:
    with pytest.raises(ValueError, match="int"):
        socket_address("127.0.0.1")


def test_a_setting_that_is_not_given_has_neither_host_nor_port() -> None:
    assert host_port(Setting(None)) == bare_host_port(Setting(None)) == (None, None)


def test_a_setting_gives_its_host_with_brackets_and_its_port() -> None:
    assert host_port(Setting("[2001:db8::7]:5062")) == ("[2001:db8::7]", "5062")


def test_a_setting_gives_its_host_without_brackets_where_the_port_has_a_key_of_its_own() -> None:
    assert bare_host_port(Setting("[2001:db8::7]:5062")) == ("2001:db8::7", "5062")


def test_a_port_that_is_not_given_is_none() -> None:
    assert host_port(Setting("pbx.example.net"))[1] is bare_host_port(Setting("pbx.example.net"))[1] is None


@pytest.mark.parametrize("taken", [host_port, bare_host_port])
def test_host_and_port_say_whose_they_are(taken: Callable[[Setting], tuple[Text | None, Text | None]]) -> None:
    assert [TENANT, TENANT] == [part and part.origin for part in taken(Setting("pbx.example.net:5062", TENANT))]


@pytest.mark.parametrize(
    ("server", "port", "target"),
    [
        (None, 5062, None),
        ("pbx.example.net", None, "pbx.example.net"),
        ("pbx.example.net", 5062, "pbx.example.net:5062"),
        ("pbx.example.net:5070", 5062, "pbx.example.net:5070"),
        ("[2001:db8::7]", 5062, "[2001:db8::7]:5062"),
    ],
)
def test_a_server_without_a_port_gets_the_one_of_the_account(
    server: str | None, port: int | None, target: str | None
) -> None:
    assert target == sip_target(settings(server, port), "sip.server")


@pytest.mark.parametrize("server", ["pbx.example.net", "pbx.example.net:5070"])
def test_no_port_is_told_where_dns_tells_it(server: str) -> None:
    assert sip_target(settings(server, 5062, "srv"), "sip.server") == "pbx.example.net"


def test_a_target_says_whose_it_is() -> None:
    target = sip_target(settings("pbx.example.net", 5062), "sip.server")
    assert isinstance(target, Text)
    assert target.origin == TENANT
