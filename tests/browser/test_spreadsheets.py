"""Spreadsheets and the devices page's further journeys, with a script and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.portal import world

DEVICES = "/portal/advanced/device-management"
SHEET = (
    "Hardware;Bezeichnung;Modell\n80:5e:c0:66:{0}:01;Büro;T46U\n80:5e:c0:66:{0}:02;Labor;T54W\n1,56511E+11;Lager;T46U\n"
)
pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("scripted", "width", "scheme"), [(True, 1280, "light"), (True, 360, "dark"), (False, 1280, "light")]
)
def test_a_spreadsheet_is_uploaded_mapped_judged_and_imported(visit, tmp_path, scripted, width, scheme):
    page = visit(java_script_enabled=scripted, viewport={"width": width, "height": 800}, color_scheme=scheme)
    file = tmp_path / "phones.csv"
    file.write_text(SHEET.format(f"{width % 100:02}" if scripted else "99"), "utf-8")
    page.goto(DEVICES)
    page.click("text=Import")
    page.set_input_files("#file", file)
    with page.expect_navigation():
        page.click("text=Upload and look")
    assert "Bezeichnung" == page.locator("#at-name option:checked").inner_text()
    page.select_option("#at-mac", label="Hardware")
    page.click("text=Check the rows")
    page.wait_for_selector("text=2 are added")
    expect(page.locator("main")).to_contain_text("scientific notation")
    if scripted:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
    page.click("text=Import the 2 good rows only")
    page.wait_for_selector("text=Rows that were left out")
    page.click("text=To the list")
    page.goto(f"{DEVICES}?q=Labor")
    assert page.locator("tbody tr").count() >= 1


def test_the_list_of_models_shows_the_vendors_alone(visit, portal):
    provisioner, _address = portal
    world.add_unknown(provisioner, "805ec0ee00aa", model="T54W")
    page = visit()
    page.goto(f"{DEVICES}/add")
    page.select_option("#f-vendor", "snom")
    enabled = page.locator("#f-model optgroup:not([disabled])")
    expect(enabled).to_have_count(1)
    assert "Snom" == enabled.get_attribute("label")
    page.fill("#f-mac", "805ec0ee00aa")
    page.wait_for_selector("text=You chose Snom, and these digits are those of Yealink.")
    page.select_option("#f-vendor", "")
    page.wait_for_selector("text=It has asked already, and says that it is a T54W.")
    expect(page.locator("#f-model")).to_have_value("T54W")


def test_the_list_is_walked_ticked_and_edited_with_the_keyboard(visit):
    page = visit()
    page.goto(DEVICES)
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.wait_for_selector(".chosen b:has-text('1 selected')")
    page.click("text=Clear the selection")
    page.wait_for_selector(".chosen", state="hidden")
    page.keyboard.press("?")
    page.wait_for_selector("text=this help")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_url(re.compile(r"/edit$"))


def test_a_list_that_cannot_be_fetched_says_so_and_can_be_tried_again(visit):
    page = visit()
    page.goto(DEVICES)
    page.route("**/device-management?*", lambda route: route.abort())
    page.fill("#q", "Room")
    page.wait_for_selector("text=The server did not answer")
    page.unroute("**/device-management?*")
    page.click("text=Try again")
    page.wait_for_selector("#failed", state="hidden")


def test_a_resync_tells_of_each_phone_what_came_of_it(visit):
    page = visit()
    page.goto(f"{DEVICES}?q=Store")
    page.check("tbody tr:nth-child(1) .tick input")
    page.wait_for_selector(".chosen b:has-text('1 selected')")
    page.select_option("[name=action]", "resync")
    page.click("button:has-text('Go')")
    page.wait_for_selector("text=1 device changes")
    page.click("main form button.main")
    page.wait_for_selector("text=never served: no address to ask at")
    page.wait_for_selector("text=Retry the one that failed")
