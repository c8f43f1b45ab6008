"""The pages to print: a strip for each column of keys, labels that fit, and no key forgotten."""

from __future__ import annotations

import pytest
from lxml import html

from admin.labels import Strip, strips, wrapped
from admin.pictures import Shown, draw, units_of
from provisioner.registry import vendors
from provisioner.values import Mode, Slot
from tests.portal.test_button_templates import PAGE as TEMPLATES

DEVICE = "/portal/advanced/device-management/805ec0000001/labels"
LONG = "Reception of the east wing, second floor, behind the lift"


def printed(buttons: dict[Slot, Shown], **size: int) -> list[Strip]:
    model = vendors()["yealink"].models["T46U"]
    return strips(draw("yealink", model, buttons), buttons, **size)


def test_a_strip_has_a_label_for_each_key_of_its_column_also_where_it_is_blank():
    (strip,) = printed({Slot("line", 2): Shown(Mode.BLF, "Lab", "101")})
    assert [f"line:{number}" for number in range(1, 6)] == [label.slot for label in strip.labels]
    assert [[], ["Lab"], [], [], []] == [[line.text for line in label.lines] for label in strip.labels]


def test_a_column_without_a_button_is_not_printed():
    assert ["line:1–5", "exp1:11–20"] == [
        strip.title for strip in printed({Slot("line", 1): Shown(Mode.DND, ""), Slot("exp1", 11): Shown(Mode.DND, "")})
    ]


@pytest.mark.parametrize(("width", "height"), [(15, 5), (42, 9), (120, 40)])
@pytest.mark.parametrize("text", ["Lab", LONG, "受付東京本社総務課長席の電話", "מוקד תמיכה ושירות לקוחות"])
def test_a_label_stays_inside_its_lines_at_every_size(width, height, text):
    (strip,) = printed({Slot("line", 1): Shown(Mode.BLF, text, "1")}, width=width, height=height)
    label = strip.labels[0]
    assert label.lines
    for line in label.lines:
        assert label.y + label.font * 0.7 <= line.y <= label.y + strip.each - label.font * 0.2
        assert units_of(line.text) * label.font * 0.56 <= strip.width


def test_a_label_breaks_between_words():
    assert ["Reception of", "the east wing"] == wrapped("Reception of the east wing", 13)


def test_a_label_longer_than_two_lines_is_cut():
    assert wrapped(LONG, 13)[1].endswith("…")


def test_the_labels_of_a_device_are_drawn_in_the_size_that_is_asked(reader):
    page = html.fromstring(reader.get(f"{DEVICE}?width=50&height=10").text)
    drawn = page.xpath("//figure//svg")
    assert ["50.2mm"] == list({one.get("width") for one in drawn})
    assert "Front office" in page.text_content()


@pytest.mark.parametrize("size", ["width=9999", "width=-1", "width=x", "height=0", "width=%00"])
def test_a_size_that_cannot_be_is_the_usual_one(reader, size):
    assert b'width="42.2mm"' in reader.get(f"{DEVICE}?{size}").data


def test_a_handset_has_no_labels(reader):
    assert 404 == reader.get("/portal/advanced/device-management/0000100001/labels").status_code


def test_the_labels_of_a_template_show_an_example_for_its_placeholders(reader):
    page = reader.get(f"{TEMPLATES}/1/labels?model=yealink/T54W").text
    assert "Yealink T54W" in page
    assert "Front office" in page
    assert "{name}" not in page


def test_a_viewer_may_print(viewer):
    assert 200 == viewer.get(DEVICE).status_code
