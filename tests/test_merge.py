"""The merge: which layer wins, and what a button becomes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from provisioner.keys import keys_of, warnings_of
from provisioner.merge import merge
from provisioner.profile import Origin
from provisioner.record import ButtonRow, HandsetRecord, Layer, Record, TemplateRecord
from provisioner.registry import vendors
from provisioner.render import document_of
from provisioner.values import Ipei, Mode, Owner, Slot
from tests.factories import button, chicago, empty_record, extension, native, tenant_layer

LAYERS = ("server", "tenant", "location", "extension", "device")


def layered(upto: str) -> Record:
    """A device whose outbound proxy is named after each layer up to this one."""
    given = {name: {"sip.outbound_proxy": name} for name in LAYERS[: LAYERS.index(upto) + 1]}

    def layer(name: str) -> Layer:
        return Layer(origin=Origin(name, name), values=given.get(name, {}))

    return replace(
        empty_record("yealink", "T46U"),
        layers=(layer("server"), layer("tenant")),
        location=replace(chicago(), layer=layer("location")),
        extensions=(replace(extension("100"), layer=layer("extension")),),
        device_layer=layer("device"),
    )


@pytest.mark.parametrize("winner", LAYERS)
def test_the_highest_layer_wins_and_is_named(winner: str) -> None:
    setting = merge(layered(winner)).accounts[0].settings["sip.outbound_proxy"]
    assert (winner, winner) == (setting.value, setting.origin.layer)


def test_an_extensions_setting_is_for_its_own_line_only() -> None:
    profile = merge(layered("extension"))
    assert profile.settings["sip.outbound_proxy"].value == "location"


def test_a_line_that_is_not_used_has_the_devices_settings() -> None:
    profile = merge(replace(empty_record("yealink", "T46U"), extensions=(extension("100", port=5099),)))
    assert [5099, None] == [profile.settings_of(index)["sip.port"].value for index in (1, 2)]


def test_what_nobody_gives_is_the_built_in_default() -> None:
    setting = merge(empty_record("yealink", "T46U")).settings["sip.expires"]
    assert (setting.value, str(setting.origin)) == (600, "default")


def test_null_clears_what_a_lower_layer_gave() -> None:
    record = replace(
        layered("tenant"), device_layer=Layer(origin=Origin("device"), values={"sip.outbound_proxy": None})
    )
    assert merge(record).settings["sip.outbound_proxy"].value is None


def test_a_tenant_without_a_password_has_the_generated_one() -> None:
    profile = merge(empty_record("yealink", "T46U"))
    assert profile.settings["phone.admin_password"].value == "Gen3rated-Passw0rd"
    none = replace(empty_record("yealink", "T46U"), layers=(tenant_layer(phone__admin_password=None),))
    assert merge(none).settings["phone.admin_password"].value == "Gen3rated-Passw0rd"


def test_a_setting_that_the_phone_owns_is_not_in_the_file() -> None:
    layer = Layer(origin=Origin("device"), owners={"locale.language": Owner.PHONE})
    profile = merge(replace(empty_record("yealink", "T46U"), device_layer=layer))
    assert document_of(profile, vendors()["yealink"].files[0]).get("lang.gui") is None


BUTTON_LAYERS = ("model", "template", "extension", "device")


def with_buttons(upto: str) -> Record:
    def rows(name: str) -> tuple[ButtonRow, ...]:
        wanted = BUTTON_LAYERS.index(name) <= BUTTON_LAYERS.index(upto)
        return (button("line:1", Mode.SPEED_DIAL, name, name),) if wanted else ()

    record = replace(empty_record("yealink", "T46U"), buttons=rows("device"))
    template = TemplateRecord(name="T", buttons=rows("template"))
    return replace(record, template=template, extensions=(replace(extension("100"), buttons=rows("extension")),))


@pytest.mark.parametrize(("lower", "winner"), list(pairwise(BUTTON_LAYERS)))
def test_of_two_buttons_on_a_slot_the_higher_wins_whole(lower: str, winner: str) -> None:
    won = merge(with_buttons(winner)).buttons[Slot("line", 1)]
    assert (winner, winner, winner) == (won.origin.layer, won.value, won.label)


def test_line_keys_are_lines_by_themselves() -> None:
    profile = merge(replace(empty_record("yealink", "T46U"), extensions=(extension("100"), extension("101"))))
    assert {slot.number: (one.mode, one.account) for slot, one in profile.buttons.items()} == {
        1: (Mode.LINE, 1),
        2: (Mode.LINE, 2),
    }


def test_placeholders_are_filled_from_the_lines() -> None:
    label = "{name:2}/{extension} {location} {tenant} {{x}}{name:9}"
    record = replace(
        empty_record("yealink", "T46U"),
        extensions=(extension("100", "Ann"), extension("101", "Bob")),
        location=chicago(),
        buttons=(button("line:5", Mode.BLF, "{extension:2}", label),),
    )
    one = merge(record).buttons[Slot("line", 5)]
    assert (one.value, one.label) == ("101", "Bob/100 HQ Acme Dental {x}")


def test_a_slot_beyond_the_model_is_a_warning_and_not_a_key() -> None:
    record = replace(empty_record("yealink", "T46U"), buttons=(button("line:28", Mode.BLF), button("exp4:1", Mode.BLF)))
    profile = merge(record)
    assert {"line:28", "exp4:1"} == {warning.slot for warning in warnings_of(profile)}
    assert len(keys_of(profile).line) == 27


def test_a_mode_with_a_fallback_is_a_warning_that_names_it() -> None:
    record = replace(empty_record("yealink", "T46U"), buttons=(button("line:3", Mode.REDIAL),))
    (warning,) = warnings_of(merge(record))
    assert warning.slot == "line:3"
    assert "redial becomes" in warning.message


def test_a_local_slot_is_left_to_the_user() -> None:
    profile = merge(replace(empty_record("yealink", "T46U"), buttons=(button("line:3", Mode.LOCAL),)))
    assert document_of(profile, vendors()["yealink"].files[0]).get("linekey.3.type") is None


def test_accounts_beyond_the_model_are_a_warning() -> None:
    record = replace(empty_record("yealink", "T21P_E2"), extensions=tuple(extension(str(n)) for n in (1, 2, 3)))
    profile = merge(record)
    assert [account.number for account in profile.accounts] == ["1", "2"]
    assert [warning.slot for warning in profile.warnings] == ["accounts"]


def test_handsets_keep_their_slots_and_fill_the_gaps() -> None:
    seats = (
        HandsetRecord(name="", ipei=None, slot=2, extensions=(extension("102"),)),
        HandsetRecord(name="", ipei=Ipei.parse("00C0235C63"), slot=None, extensions=(extension("101"),)),
        HandsetRecord(name="", ipei=None, slot=None, extensions=(extension("103"),)),
    )
    profile = merge(replace(empty_record("yealink", "W70B"), handsets=seats))
    assert [(one.slot, profile.accounts[one.accounts[0] - 1].number) for one in profile.handsets] == [
        (1, "101"),
        (2, "102"),
        (3, "103"),
    ]


def test_native_keys_win_over_the_template_and_null_takes_them_out() -> None:
    keys = native(lang__gui="Klingon", lang__wui=None, made__up="1")
    profile = merge(replace(empty_record("yealink", "T46U"), native=(keys,)))
    document = document_of(profile, vendors()["yealink"].files[0])
    assert (document.get("lang.gui"), document.get("lang.wui"), document.get("made.up")) == ("Klingon", None, "1")


def test_a_button_on_an_account_that_the_model_has_not_is_a_warning() -> None:
    template = TemplateRecord(name="T", buttons=(button("line:1", Mode.LINE, "2"), button("line:2", Mode.LINE, "3")))
    warnings = merge(replace(empty_record("yealink", "T31P"), template=template)).warnings
    assert ["line:2: T31P has 2 accounts; the button asks for another"] == [str(one) for one in warnings]
