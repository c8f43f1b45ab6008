"""What an object can tell by itself: every mistake is named with its field and its remedy, and never echoed."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from provisioner.services.buttons import WANTED, ButtonIn
from provisioner.services.problems import problems_of
from provisioner.services.schemas import DeviceIn, ExtensionIn, LocationIn, TemplateIn, TenantIn, WebhookIn
from provisioner.values import Mode

MAC = "80:5e:c0:12:34:56"
PHONE = {"mac": MAC, "vendor": "yealink", "model": "T46U"}
HANDSET = {"ipei": "02956-0213347-2", "base": MAC}


def problems(model: type[BaseModel], /, **fields: Any) -> dict[str, str]:
    """The problems of these fields, by field."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(fields)
    return {problem.field: problem.message for problem in problems_of(caught.value, model)}


WRONG = [
    (DeviceIn, {"mac": MAC}, "model", "is missing"),
    (DeviceIn, {"mac": "02:00:00:00:00:01", "model": "T46U"}, "vendor", "yealink"),
    (DeviceIn, {**PHONE, "vendor": "nokia"}, "vendor", "yealink"),
    (DeviceIn, {**PHONE, "model": "T999"}, "model", "T46U"),
    (DeviceIn, {**PHONE, "mac": 805012345678}, "mac", "in quotes"),
    (DeviceIn, {**PHONE, "mac": "805ec01234"}, "mac", "leading zeros"),
    (DeviceIn, {**PHONE, "ipei": "02956-0213347-2"}, "ipei", "not both"),
    (DeviceIn, {**PHONE, "slot": 1}, "slot", "only handsets"),
    (DeviceIn, {**PHONE, "base": MAC}, "base", "its own base"),
    (DeviceIn, {**PHONE, "expansion_modules": 7}, "expansion_modules", "T46U takes 3"),
    (DeviceIn, {**PHONE, "model": "T31P", "expansion_modules": 1}, "expansion_modules", "takes no expansion modules"),
    (DeviceIn, {**PHONE, "extensions": ["1", "2", "1"]}, "extensions", "twice"),
    (DeviceIn, {**PHONE, "buttons": [{"slot": "1", "mode": "line", "value": "17"}]}, "buttons", "16 accounts"),
    (DeviceIn, {**PHONE, "settings": {"nokia": {"a": "b"}}}, "settings", "yealink"),
    (DeviceIn, {**PHONE, "settings": {"yealink": {"a": 1}}}, "settings.yealink.a", "in quotes"),
    (DeviceIn, {**PHONE, "sip": {"servr": "x"}}, "sip.servr", "is server meant?"),
    (DeviceIn, {**PHONE, "nmae": "x"}, "nmae", "is name meant?"),
    (DeviceIn, {**PHONE, "owners": {"locale.langage": "phone"}}, "owners.locale.langage", "locale.language"),
    (DeviceIn, {**PHONE, "name": "x" * 121}, "name", "120"),
    (DeviceIn, {**PHONE, "name": "a\nb"}, "name", "control characters"),
    (DeviceIn, {**PHONE, "calls": {"forward_busy": "1\x00"}}, "calls.forward_busy", "control characters"),
    (DeviceIn, {}, "base", "write its mac"),
    (DeviceIn, {"ipei": "02956-0213347-2"}, "base", "the MAC of its base"),
    (DeviceIn, {"base": MAC}, "slot", "base and slot"),
    (DeviceIn, {**HANDSET, "ipei": "02956-0213347-3"}, "ipei", "check character"),
    (DeviceIn, {**HANDSET, "buttons": [{"slot": "1", "mode": "dnd"}]}, "buttons", "at its base"),
    (DeviceIn, {**HANDSET, "phone": {"vlan": 3}}, "phone", "at its base"),
    (ExtensionIn, {"number": "1 0"}, "number", "without blanks"),
    (ExtensionIn, {"number": 100}, "number", "in quotes"),
    (ExtensionIn, {"number": "100", "phone": {}}, "phone", "is no field"),
    (ExtensionIn, {"number": "100", "owners": {"phone.vlan": "phone"}}, "owners", "sip, audio and calls"),
    (TenantIn, {"tenant": "Acme"}, "tenant", "lower-case"),
    (TenantIn, {"tenant": "acme", "networks": ["10.1.2.3/8"]}, "networks.0", "10.0.0.0/8"),
    (TenantIn, {"tenant": "acme", "networks": ["LAN"]}, "networks.0", "ADDRESS/BITS"),
    (TenantIn, {"tenant": "acme", "locale": {"timezone": "Europe/Berln"}}, "locale.timezone", "Europe/Berlin"),
    (TenantIn, {"tenant": "acme", "locale": {"country": "Norway"}}, "locale.country", "two letters"),
    (TenantIn, {"tenant": "acme", "default_templates": {"yealink/T999": "x"}}, "default_templates", "no model"),
    (TenantIn, {"tenant": "acme", "pairing_minutes": -1}, "pairing_minutes", "greater"),
    (TenantIn, {"tenant": "acme", "locale": {"tone_country": "ZZ"}}, "locale.tone_country", "ISO 3166-1"),
    (TenantIn, {"tenant": "acme", "locale": {"language": "qq"}}, "locale.language", "ISO 639"),
    (TenantIn, {"tenant": "acme", "locale": {"language": "de-ZZ"}}, "locale.language", "ISO 639"),
    (LocationIn, {"name": "x", "country": "ZZ"}, "country", "ISO 3166-1"),
    (LocationIn, {"name": "x", "country": "Schweiz"}, "country", "such as US or DE"),
    (LocationIn, {"name": "x", "tone_country": "UK"}, "tone_country", "ISO 3166-1"),
    (LocationIn, {"name": "x", "language": "qq"}, "language", "ISO 639"),
    (LocationIn, {"name": " "}, "name", "must not be empty"),
    (LocationIn, {"name": "x", "latitude": "91"}, "latitude", "90"),
    (LocationIn, {"name": "x", "latitude": "nan"}, "latitude", "finite"),
    (LocationIn, {"name": "x", "emergency_number": "nine"}, "emergency_number", "911"),
    (TemplateIn, {"name": "x", "models": ["nokia/*"]}, "models", "yealink"),
    (TemplateIn, {"name": "x", "models": ["/T46U"]}, "models", "VENDOR/MODEL"),
    (WebhookIn, {"event": "a", "url": "ftp://x"}, "url", "https://"),
    (WebhookIn, {"event": "a", "url": "https://ann:pw@x/"}, "url", "user and password"),
    (WebhookIn, {"event": "A b", "url": "https://x/"}, "event", "pattern"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "fields", "field", "part"), WRONG)
def test_a_mistake_is_named_with_its_field_and_its_remedy(
    model: type[BaseModel], fields: dict[str, Any], field: str, part: str
) -> None:
    found = problems(model, **fields)
    assert field in found
    assert part in found[field]


BUTTONS = [
    ({"slot": "screen:1", "mode": "dnd"}, "slot", "line:N"),
    ({"slot": "line:0", "mode": "dnd"}, "slot", "from 1"),
    ({"slot": "1", "mode": "speeddial"}, "mode", "speed-dial"),
    ({"slot": "1", "mode": "line", "value": "0"}, "value", "from 1"),
    ({"slot": "1", "mode": "line", "value": "{extension}"}, "value", "from 1"),
    ({"slot": "1", "mode": "paging", "value": "10.0.0.1:5001"}, "value", "224.0.1.20:5001"),
    ({"slot": "1", "mode": "paging", "value": "224.0.1.20"}, "value", "port"),
    ({"slot": "1", "mode": "dtmf", "value": "one"}, "value", "digits"),
    ({"slot": "1", "mode": "prefix", "value": "a"}, "value", "digits"),
    ({"slot": "1", "mode": "url", "value": "door.example"}, "value", "whole URL"),
    ({"slot": "1", "mode": "native", "value": ";field=1"}, "value", "vendor's code"),
    ({"slot": "1", "mode": "native", "value": "27;field"}, "value", "code;field=value"),
    ({"slot": "1", "mode": "blf", "value": "{number}"}, "value", "is no placeholder"),
    ({"slot": "1", "mode": "dnd", "label": "{"}, "label", "is no placeholder"),
    ({"slot": "1", "mode": "dnd", "account": 0}, "account", "1"),
]


@pytest.mark.parametrize(("fields", "field", "part"), BUTTONS)
def test_a_buttons_mistake_is_named(fields: dict[str, Any], field: str, part: str) -> None:
    assert part in problems(ButtonIn, **fields)[field]


@pytest.mark.parametrize("mode", WANTED)
def test_a_mode_that_needs_a_value_says_which(mode: Mode) -> None:
    assert f"a {mode} button needs {WANTED[mode]}" == problems(ButtonIn, slot="1", mode=mode)["value"]


@pytest.mark.parametrize("mode", [mode.value for mode in Mode])
def test_every_mode_can_be_given(mode: str) -> None:
    values = {
        "paging": "224.0.1.20:5001",
        "url": "http://x/{extension}",
        "xml": "http://x/",
        "line": "1",
        "shared-line": "2",
    }
    assert mode == ButtonIn(slot="1", mode=mode, value=values.get(mode, "101")).mode


def test_two_buttons_on_one_slot_are_refused() -> None:
    twice = [{"slot": "line:2", "mode": "dnd"}, {"slot": "3", "mode": "dnd"}, {"slot": "2", "mode": "dnd"}]
    assert "buttons 1 and 3" in problems(TemplateIn, name="x", buttons=twice)["buttons"]


def test_all_problems_come_at_once() -> None:
    found = problems(DeviceIn, mac="x", vendor="nokia", model="y", extensions=["1 1"], sip={"port": 0}, foo=1)
    assert {"mac", "vendor", "extensions.0", "sip.port", "foo"} == set(found)


def test_names_become_what_the_registry_calls_them() -> None:
    given = DeviceIn(mac="805EC0-123456", model="t46u", vendor="YEALINK")
    assert (MAC, "yealink", "T46U") == (str(given.mac), given.vendor, given.model)


def test_the_mac_tells_the_vendor() -> None:
    assert "yealink" == DeviceIn(mac=MAC, model="T46U").vendor


def test_null_and_blank_mean_the_default() -> None:
    given = DeviceIn(**PHONE, name=None, buttons=None, serial=" ", sip=None, expansion_modules=None)
    assert ("", (), None) == (given.name, given.buttons, given.serial)


def test_a_password_keeps_its_blanks() -> None:
    assert " a b " == ExtensionIn(number="1", password=" a b ").password


SECRET = "hunter2-hunter2"


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (ExtensionIn, {"number": "1 1", "password": SECRET}),
        (ExtensionIn, {"number": "1", "password": SECRET * 20}),
        (ExtensionIn, {"number": "1", "password": [SECRET]}),
        (WebhookIn, {"event": "a", "url": "https://x/", "password": {"a": SECRET}}),
        (TenantIn, {"tenant": "a", "phone": {"admin_password": SECRET * 20}}),
        (DeviceIn, {**PHONE, "settings": {"yealink": {"password": [SECRET]}}}),
    ],
)
def test_a_problem_never_echoes_a_secret(model: type[BaseModel], fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(fields)
    told = [str(problem) for problem in problems_of(caught.value, model)]
    assert SECRET not in "".join(
        [*told, str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)]
    )


def test_what_is_printed_holds_no_secret() -> None:
    given = TenantIn(tenant="a", phone={"admin_password": SECRET}, settings={"yealink": {"password": SECRET}})
    assert SECRET not in repr(given) + str(given) + repr(ExtensionIn(number="1", password=SECRET))
