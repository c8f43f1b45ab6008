"""Avaya, read by another parser than ours: the script of a J100 phone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from provisioner.keys import warnings_of
from provisioner.merge import merge
from provisioner.record import Record
from provisioner.registry import vendors
from provisioner.render import render, render_public
from provisioner.values import Mode
from tests.factories import HOSTILE_NAME, button, empty_record, extension, rich_record, tenant_layer

AVAYA = vendors()["avaya"]
MODELS = list(AVAYA.models.values())
CONFIG = next(file for file in AVAYA.files if file.pattern == "{mac}.cfg")
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def parsed(record: Record) -> tuple[dict[str, str], dict[int, dict[str, str]]]:
    """Settings, and keys by number; every line is a SET or a comment."""
    settings, keys = {}, {}
    for line in render(merge(record), CONFIG).body.decode().splitlines():
        match = re.fullmatch(r'SET ([A-Z0-9_]+) "([^"]*)"', line)
        assert match or line.startswith("## "), line
        if match and match[1] == "PHONEKEY":
            fields = dict(part.split("=", 1) for part in match[2].removesuffix(";Forced").split(";"))
            assert match[2].endswith(";Forced")
            assert int(fields["Key"]) not in keys
            keys[int(fields["Key"])] = fields
        elif match:
            assert match[1] not in settings
            settings[match[1]] = match[2]
    return settings, keys


@every_model
def test_a_full_and_an_empty_script_are_well_formed_and_keys_begin_after_the_calls(model: Any) -> None:
    settings, keys = parsed(rich_record("avaya", model.name))
    assert "100" == settings["FORCE_SIP_USERNAME"]
    assert ([4, 6, 7, 8, 9, 11, 12, 13] if model.line_keys else []) == sorted(keys)
    settings, keys = parsed(empty_record("avaya", model.name))
    assert ("", "", "", {}) == (
        settings["FORCE_SIP_USERNAME"],
        settings["FORCE_SIP_PASSWORD"],
        settings["SIPDOMAIN"],
        keys,
    )


def test_controllers_are_the_proxy_and_the_backup() -> None:
    settings, _ = parsed(rich_record("avaya", "J179"))
    expected = "edge.acme.example:5060;transport=udp,b.acme.example:5061;transport=udp"
    assert expected == settings["SIP_CONTROLLER_LIST"]


def test_a_semicolon_in_a_label_does_not_begin_a_field() -> None:
    _, keys = parsed(rich_record("avaya", "J179"))
    assert HOSTILE_NAME.replace(";", "\uff1b").replace('"', "'") == keys[6]["Label"]
    assert ("102", "102") == (keys[6]["attr1"], keys[6]["attr2"])


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("America/Chicago", ("-6:00", "1", "2SunMar2L", "1SunNov2L")),
        ("Europe/Berlin", ("1:00", "1", "LSunMar2L", "LSunOct3L")),
        ("Asia/Kolkata", ("5:30", "0", "", "")),
        ("Australia/Sydney", ("10:00", "1", "1SunOct2L", "1SunApr3L")),
    ],
)
def test_the_clock(place: str, told: tuple[str, ...]) -> None:
    settings, _ = parsed(replace(empty_record("avaya", "J139"), layers=(tenant_layer(locale__timezone=place),)))
    assert told == tuple(settings[name] for name in ("GMTOFFSET", "DSTOFFSET", "DSTSTART", "DSTSTOP"))


@pytest.mark.parametrize(("password", "told"), [("Secret4711", "Secret4711"), ("Gen3rated-Pass", "Gen3ratedPass")])
def test_the_password_has_letters_and_digits_only(password: str, told: str) -> None:
    record = replace(empty_record("avaya", "J139"), layers=(tenant_layer(phone__admin_password=password),))
    assert told == parsed(record)[0]["FORCE_WEB_ADMIN_PASSWORD"]


def test_the_url_is_told_in_parts() -> None:
    settings, _ = parsed(empty_record("avaya", "J139"))
    assert ("prov.example", "443") == (settings["TLSSRVR"], settings["TLSPORT"])
    assert settings["TLSDIR"].startswith("d/0123456789abcdef")


def test_public_files_lead_to_the_phones_own_and_need_no_profile() -> None:
    public = [file for file in AVAYA.files if not file.private and file.template]
    assert [b"GET 46xxsettings.txt\n", b"GET $MACADDR.cfg\n"] == [
        render_public(AVAYA, file, file.pattern).body for file in public
    ]


@pytest.mark.parametrize(("wanted", "server"), [(True, "pbx.acme.example"), (False, "")])
def test_who_wants_no_message_lamp_is_told_no_server_for_it(wanted: bool, server: str) -> None:
    record = replace(rich_record("avaya", "J179"), extensions=(extension("100", subscribe_mwi=wanted),))
    assert server == parsed(record)[0]["MWISRVR"]


@pytest.mark.parametrize(("place", "told"), [("Australia/Lord_Howe", True), ("Asia/Kolkata", False)])
def test_a_clock_that_the_phone_cannot_have_is_told(place: str, told: bool) -> None:
    record = replace(empty_record("avaya", "J179"), layers=(tenant_layer(locale__timezone=place),))
    assert told == ("locale.timezone" in {one.slot for one in warnings_of(merge(record))})


def test_a_password_with_a_double_quote_is_warned_of() -> None:
    person = replace(extension("100"), password='a"b')
    record = replace(rich_record("avaya", "J139"), extensions=(person,))
    assert any("double quote" in str(one) for one in warnings_of(merge(record)))


@pytest.mark.parametrize(("label", "told"), [("x" * 40, "x" * 31), ("Lab", "Lab"), ("", None)])
def test_a_label_is_as_long_as_the_phone_takes_it_or_left_to_it(label: str, told: str | None) -> None:
    row = replace(button("line:2", Mode.SPEED_DIAL, "555"), label=label)
    keys = parsed(replace(rich_record("avaya", "J179"), template=None, buttons=(row,)))[1]
    assert told == keys[5].get("Label")


def test_native_keys() -> None:
    rows = (button("line:3", Mode.NATIVE, "feature.callfwdna;attr1=7", "Away"),)
    _, keys = parsed(rich_record("avaya", "J189", template=None, buttons=rows))
    assert ("feature", "callfwdna", "7") == (keys[6]["Type"], keys[6]["Name"], keys[6]["attr1"])


@pytest.mark.parametrize(("language", "told"), [("en-GB", False), ("de", True)])
def test_a_language_that_the_phone_does_not_get_is_told(language: str, told: bool) -> None:
    record = replace(empty_record("avaya", "J179"), layers=(tenant_layer(locale__language=language),))
    assert told == ("locale.language" in {one.slot for one in warnings_of(merge(record))})


def test_what_the_phone_has_no_known_setting_for_is_told() -> None:
    settings: dict[str, Any] = {"calls__dnd": True, "calls__forward_busy": "105", "phone__syslog": "log.example"}
    record = replace(empty_record("avaya", "J179"), layers=(tenant_layer(**settings),))
    assert {name.replace("__", ".") for name in settings} <= {one.slot for one in warnings_of(merge(record))}
