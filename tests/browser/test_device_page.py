"""The device page and the button templates as a person uses them, with a script and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from provisioner.recognise import Ask
from provisioner.services import pairing
from provisioner.store.tables import Device, now

DEVICES = "/portal/advanced/device-management"
PHONE = f"{DEVICES}/805ec0000001"
TEMPLATES = "/portal/advanced/button-templates"
FILE = "805ec0000001.cfg"
SCRIPTS = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]
pytestmark = pytest.mark.browser


def editor(page):
    """What the editor holds, row by row."""
    rows = page.locator("tr[data-button]")
    found = [
        (rows.nth(n).locator("[name^=slot-]").input_value(), rows.nth(n).locator("[name^=label-]").input_value())
        for n in range(rows.count())
    ]
    return [row for row in found if any(row)]


def set_setting(page, name, value):
    page.goto(f"{PHONE}/settings?edit={name}")
    page.fill("#value", value)
    page.click("button[value=set]")
    page.wait_for_selector("text=saved.")


@pytest.mark.parametrize("scripted", SCRIPTS)
def test_a_setting_is_changed_compared_with_what_the_phone_has_and_rolled_back(visit, portal, scripted):
    provisioner, _address = portal
    with provisioner.database.writing() as session:
        device = session.scalars(select(Device).where(Device.mac == "805ec0000001")).one()
        pairing.open_window(session, "test", device, 60, now())
    provisioner.answer(Ask(path=f"/{FILE}", address="10.20.0.7"))
    provisioner.sightings.flush()
    page = visit(java_script_enabled=scripted)
    set_setting(page, "phone.syslog", "one.example")
    set_setting(page, "phone.syslog", "two.example")
    page.goto(f"{PHONE}/files")
    page.click(f"a[href$='/files/{FILE}#difference']")
    expect(page.locator("#difference")).to_contain_text("two.example")
    with page.expect_navigation():
        page.click("text=History >> nth=0")
    row = page.locator("tr", has_text="one.example").filter(has=page.locator("details")).last
    row.locator("summary").click()
    row.get_by_role("button", name=re.compile("Roll back")).click()
    expect(page.locator(".note.good")).to_contain_text("Its own settings are what they were at")
    page.goto(f"{PHONE}/settings?q=phone.syslog")
    expect(page.locator("main table")).not_to_contain_text("two.example")


def test_the_lines_of_a_file_tell_their_origin_to_mouse_and_keyboard(visit):
    page = visit()
    page.goto(f"{PHONE}/files/{FILE}")
    line = page.locator("ol.lines li", has_text="account.1.display_name")
    expect(line.locator(".origin")).to_have_css("opacity", "0")
    line.hover()
    expect(line.locator(".origin")).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    first = page.locator("ol.lines li").first
    first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.locator("ol.lines li").nth(4)).to_be_focused()
    expect(page.locator("ol.lines li").nth(4).locator(".origin")).to_have_css("opacity", "1")
    assert 1 == page.locator("ol.lines li[tabindex='0']").count()


@pytest.mark.parametrize("scripted", SCRIPTS)
def test_lines_are_put_into_another_order(visit, scripted):
    page = visit(java_script_enabled=scripted)
    page.goto(f"{DEVICES}/805ec000000{2 + scripted}/lines")
    for number in page.locator("[name^=line-]").all()[:-1]:
        number.fill("")
    for number in ("100", "101"):
        page.locator("[name^=line-]").last.fill(number)
        with page.expect_navigation():
            page.click("text=One more")
    with page.expect_navigation():
        page.click("button[value=down-0]")
    expect(page.locator("[name=line-0]")).to_have_value("101")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".note.good")).to_contain_text("Saved.")
    expect(page.locator("[name=line-1]")).to_have_value("100")


def test_the_pairing_window_counts_down(visit):
    page = visit()
    page.goto(f"{DEVICES}/805ec0000003/pairing")
    page.fill("#minutes", "5")
    page.click("button[value=open]")
    timer = page.locator("[data-countdown]")
    expect(timer).to_have_text(re.compile(r"in 4:5\d"))
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)


def test_a_template_is_added_in_a_dialog_that_escape_closes(visit):
    page = visit()
    page.goto(TEMPLATES)
    page.keyboard.press("a")
    page.wait_for_selector("dialog:modal")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(f"{TEMPLATES}$"))
    expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("scripted", SCRIPTS)
def test_a_template_is_made_filled_reviewed_and_saved(visit, scripted):
    page = visit(java_script_enabled=scripted)
    page.goto(f"{TEMPLATES}?add=1")
    page.fill("#f-name", f"Lobby {scripted}")
    page.fill("#f-models", "yealink/T46U")
    page.click("dialog button.main")
    page.click("summary:has-text('Fill a range')")
    page.fill("#fill-first", "100")
    page.fill("[name=fill-last]", "139")
    page.fill("#fill-slot", "exp1:1")
    page.fill("#fill-label", "Ext #")
    with page.expect_navigation():
        page.click("button[value=fill]")
    expect(page.locator("svg[data-slot='exp1:40'] text").first).to_have_text("Ext 139")
    assert (40, ("exp1:40", "Ext 139")) == (len(editor(page)), editor(page)[-1])
    page.click("summary:has-text('Paste')")
    page.fill("#paste", "line:2\tblf\t{nonsense}\tLab")
    with page.expect_navigation():
        page.click("button[value=paste]")
    with page.expect_navigation():
        page.click("#editor > .buttons button[value=review]")
    expect(page.locator(".says .error")).to_contain_text("is no placeholder")
    page.locator("[name^=value-]").nth(40).fill("{extension}")
    page.click("#editor > .buttons button[value=review]")
    expect(page.locator(".note.good")).to_contain_text("is saved.")


def test_buttons_are_moved_by_keyboard_and_by_dragging_and_the_slots_stay(visit):
    page = visit()
    page.goto(f"{TEMPLATES}/1")
    before = editor(page)
    page.locator("[data-move=down]").first.focus()
    page.keyboard.press("Enter")
    moved = editor(page)
    assert [slot for slot, _label in before] == [slot for slot, _label in moved]
    assert [before[1][1], before[0][1]] == [moved[0][1], moved[1][1]]
    grips = page.locator("[data-grip]")
    start, end = grips.nth(1).bounding_box(), grips.nth(0).bounding_box()
    page.mouse.move(start["x"] + 3, start["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + 3, end["y"] + 4, steps=4)
    page.mouse.up()
    assert before == editor(page)
    page.locator("[data-move=down]").first.click()
    with page.expect_navigation():
        page.click("#editor > .buttons button[value=review]")
    expect(page.locator("#effect")).to_contain_text("A save changes the files of")
    assert moved == editor(page)


def test_labels_are_printed_on_their_own_in_their_size(visit):
    page = visit()
    page.goto(f"{PHONE}/labels?width=50&height=10")
    page.emulate_media(media="print")
    expect(page.locator(".side")).to_be_hidden()
    expect(page.locator("form.tools")).to_be_hidden()
    box = page.locator(".strip svg").first.bounding_box()
    assert abs(box["width"] - 50.2 / 25.4 * 96) < 1
