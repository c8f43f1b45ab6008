"""The picture of every model: each of its keys once, none over another, none out of the frame, labels that fit."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from flask import render_template_string
from lxml import html

from admin.pictures import Cap, Picture, Shown, draw, fitting, is_rtl, line_pages
from provisioner.registry import vendors
from provisioner.values import Mode, Slot
from provisioner.vendor_api import Model

MODELS = [(vendor.name, model) for vendor in vendors().values() for model in vendor.models.values()]
LONG = "Reception of the east wing, second floor, behind the lift"
PHONE = "{% import 'pictures.html' as pictures with context %}{{ pictures.phone(picture) }}"


def slots(model: Model) -> list[Slot]:
    """Every slot that the model has, with all modules that fit."""
    modules = model.expansion.modules if model.expansion else 0
    groups = ["line", "soft", "key", *(f"exp{number}" for number in range(1, modules + 1))]
    return [Slot(group, number) for group in groups for number in range(1, model.slots(group) + 1)]


def whole(vendor: str, model: Model, buttons: dict[Slot, Shown] | None = None) -> Picture:
    return draw(vendor, model, buttons or {}, modules=99)


def caps(picture: Picture) -> list[Cap]:
    return [cap for panel in picture.panels for cap in panel.caps]


def overlap(one: Any, other: Any) -> bool:
    return (
        one.x < other.x + other.width and other.x < one.x + one.width
        and one.y < other.y + other.height and other.y < one.y + one.height
    )  # fmt: skip


def test_every_model_is_looked_at():
    assert 498 <= len(MODELS)


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_each_slot_of_each_model_is_drawn_exactly_once(vendor):
    for name, model in vendors()[vendor].models.items():
        drawn = [cap.slot for cap in caps(whole(vendor, model))]
        assert sorted(map(str, slots(model))) == sorted(drawn), name


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_no_key_of_any_model_covers_another_or_leaves_its_panel(vendor):
    for name, model in vendors()[vendor].models.items():
        for panel in whole(vendor, model).panels:
            parts = [*panel.caps, *([panel.screen] if panel.screen else [])]
            assert not [1 for one, other in combinations(parts, 2) if overlap(one, other)], name
            assert all(
                0 < part.x and part.x + part.width < panel.width and 0 < part.y and part.y + part.height < panel.height
                for part in parts
            ), name


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_every_model_with_a_button_on_each_key_becomes_svg(app, vendor):
    with app.test_request_context():
        for name, model in vendors()[vendor].models.items():
            buttons = {slot: Shown(Mode.SPEED_DIAL, LONG, "100") for slot in slots(model)}
            page = html.fromstring(render_template_string(PHONE, picture=whole(vendor, model, buttons)))
            drawn = page.xpath("//svg[@data-slot]")
            assert sorted(map(str, buttons)) == sorted(one.get("data-slot") for one in drawn), name
            assert all(one.xpath("./title")[0].text for one in drawn), name


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_the_pages_of_every_model_hold_its_line_keys(vendor):
    for name, model in vendors()[vendor].models.items():
        pages = line_pages(vendors()[vendor], model)
        assert model.line_keys == sum(pages), name
        assert all(pages), name


def test_the_pages_are_those_of_the_model_where_its_data_tell_them():
    fanvil, grandstream = vendors()["fanvil"], vendors()["grandstream"]
    assert (3, 6, 6, 6, 6, 6) == line_pages(fanvil, fanvil.models["X4U"])
    assert (8, 8, 8, 8) == line_pages(grandstream, grandstream.models["GXP2135"])


def test_the_first_half_of_the_keys_stands_left_of_the_screen():
    panel = draw("yealink", vendors()["yealink"].models["T46U"], {}).panels[0]
    assert panel.screen
    left = [cap.slot for cap in panel.caps if cap.slot.startswith("line") and cap.x < panel.screen.x]
    assert [f"line:{number}" for number in range(1, 6)] == left


def test_modules_are_drawn_where_buttons_or_the_device_have_them():
    model = vendors()["yealink"].models["T46U"]
    assert not [cap for cap in caps(draw("yealink", model, {})) if cap.slot.startswith("exp")]
    used = draw("yealink", model, {Slot("exp2", 1): Shown(Mode.DND, "")})
    assert {"exp1", "exp2"} == {cap.slot.partition(":")[0] for cap in caps(used) if cap.slot.startswith("exp")}


def test_pages_without_buttons_are_folded_but_for_the_phone_itself():
    picture = draw("yealink", vendors()["yealink"].models["T46U"], {Slot("line", 27): Shown(Mode.DND, "")})
    assert ["line keys 1–9", "line keys 19–27"] == [panel.title for panel in picture.shown]
    assert ["line keys 10–18"] == [panel.title for panel in picture.empty]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Front desk", "Front desk"),
        ("Reception east", "Reception e…"),
        ("0123456789AB", "0123456789AB"),
        ("0123456789ABC", "0123456789A…"),
        ("受付東京本社総務", "受付東京本…"),
        ("e\u0301" * 12, "e\u0301" * 12),
    ],
)
def test_a_label_is_cut_to_what_its_key_has_room_for(text, shown):
    assert shown == fitting(text, 12)


@pytest.mark.parametrize(("text", "rtl"), [("מוקד", True), ("100 مكتب", True), ("Front", False), ("123", False)])
def test_a_name_is_written_from_the_side_on_which_its_script_begins(text, rtl):
    assert rtl == is_rtl(text)


def test_what_a_model_does_instead_is_marked_and_told():
    model = vendors()["ale"].models["M3"]
    cap = caps(draw("ale", model, {Slot("line", 1): Shown(Mode.PAGING, "All", "224.0.1.20:5001")}))[0]
    assert "other" == cap.kind
    assert "paging becomes none" in cap.title


def test_a_key_that_is_left_to_the_user_says_so():
    cap = caps(draw("yealink", vendors()["yealink"].models["T46U"], {Slot("line", 2): Shown(Mode.LOCAL, "")}))[1]
    assert ("local", "line:2: left to the phone’s user") == (cap.kind, cap.title)


def test_a_panel_says_in_words_what_is_on_it():
    model = vendors()["yealink"].models["T46U"]
    panel = draw("yealink", model, {Slot("line", 2): Shown(Mode.BLF, "Lab", "101")}).panels[0]
    assert "line:2: blf 101 · Lab" == panel.says
