"""The devices page as a person uses it, with a script and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

DEVICES = "/portal/advanced/device-management"
pytestmark = pytest.mark.browser


def test_the_search_narrows_the_list_as_one_types_and_stands_in_the_address(visit):
    page = visit()
    page.goto(DEVICES)
    page.keyboard.press("/")
    page.keyboard.type("805EC0000001")
    page.wait_for_url("**q=805EC0000001*")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(25)


def test_the_order_and_the_search_go_together(visit):
    page = visit()
    page.goto(DEVICES)
    page.click("thead a:has-text('NAME')")
    page.wait_for_selector("th[aria-sort=ascending] a:has-text('NAME')")
    page.fill("#q", "Room")
    page.wait_for_url(re.compile(r"q=Room"))
    assert "sort=name" in page.url


def test_ticks_survive_paging_and_lead_to_a_job(visit):
    page = visit()
    page.goto(DEVICES)
    page.check("tbody tr:nth-child(3) .tick input")
    page.wait_for_selector(".chosen b:has-text('1 selected')")
    page.click("nav[aria-label='Result pages'] a:has-text('Next')")
    page.wait_for_selector("text=26–50 of")
    page.check("thead .tick input")
    page.wait_for_selector(".chosen b:has-text('26 selected')")
    page.fill("#q", "80:5e:c0:00:00:01")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("text=Clear the selection")
    page.wait_for_selector(".chosen", state="hidden")
    page.check("tbody tr:nth-child(1) .tick input")
    page.wait_for_selector(".chosen b:has-text('1 selected')")
    page.select_option("[name=action]", "open")
    page.click("button:has-text('Go')")
    page.wait_for_selector("text=1 device changes")
    page.fill("#minutes", "30")
    page.click("main form button.main")
    page.wait_for_selector("text=1 of 1")
    expect(page.locator("tbody")).to_contain_text("open until")


def test_columns_are_chosen_and_remembered(visit):
    page = visit("vic")
    page.goto(DEVICES)
    page.click("summary:has-text('Columns')")
    page.check(".order label:has-text('Last contact') input")
    page.uncheck(".order label:has-text('Rps') input")
    page.click("button:has-text('Remember')")
    page.wait_for_selector("thead th:has-text('LAST CONTACT')")
    expect(page.locator("thead th:has-text('RPS')")).to_have_count(0)


def test_a_scanner_adds_one_phone_after_the_other(visit):
    page = visit()
    page.goto(f"{DEVICES}/add")
    page.select_option("#f-model", "T46U")
    for number in (1, 2):
        page.focus("#f-mac")
        page.keyboard.type(f"805ec07700{number:02x}")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"text=80:5e:c0:77:00:{number:02x} is added")
        expect(page.locator("#f-model")).to_have_value("T46U")


def test_a_mac_is_judged_while_it_is_typed(visit):
    page = visit()
    page.goto(f"{DEVICES}/add")
    page.fill("#f-mac", "805ec0000001")
    page.wait_for_selector("#mac-says.error:has-text('in the list already')")
    page.fill("#f-mac", "80-5e-c0-99-99-99")
    page.wait_for_selector("#mac-says.hint:has-text('80:5e:c0:99:99:99')")


def test_the_list_is_walked_with_the_keyboard(visit):
    page = visit()
    page.goto(DEVICES)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert "80:5e:c0:00:00:02" == page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Workshop')")


def test_the_list_keeps_up_with_the_world(visit, portal):
    from tests.portal import world

    provisioner, _address = portal
    page = visit()
    page.goto(f"{DEVICES}?q=805ec0000003")
    assert 1 == page.locator("tbody .lamp.off").count()
    world.see(provisioner, "805ec0000003")
    page.evaluate("htmx.trigger(document.querySelector('[data-live]'), 'live')")
    expect(page.locator("tbody .lamp.on")).to_have_count(2)


def test_a_window_whose_tenant_was_switched_in_another_one_shows_the_whole_page_anew(visit):
    page = visit("root")
    page.goto(DEVICES)
    expect(page.locator("header b").first).to_have_text("Acme Dental")
    other = page.context.new_page()
    other.goto(DEVICES)
    other.click("header summary:has-text('Tenant')")
    other.select_option("#tenant-slug", "beta")
    other.click("header button:has-text('Switch')")
    expect(other.locator("header b").first).to_have_text("Beta School")
    page.evaluate("htmx.trigger(document.querySelector('[data-live]'), 'live')")
    expect(page.locator("header b").first).to_have_text("Beta School")
    other.close()


def test_everything_works_without_a_script(visit):
    page = visit("root", java_script_enabled=False)
    page.goto(DEVICES)
    page.fill("#q", "Workshop")
    page.press("#q", "Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.check("tbody .tick input")
    page.click("button:has-text('Remember the ticks')")
    expect(page.locator(".chosen b")).to_contain_text("1 selected")
    page.goto(f"{DEVICES}?q=Store")
    page.check("tbody .tick input")
    page.select_option("[name=action]", "close")
    page.click("button:has-text('Go')")
    expect(page.locator("main")).to_contain_text("2 devices change")
    page.click("main form button.main")
    page.wait_for_selector("text=2 of 2")


def test_a_secret_is_revealed_on_purpose_only(visit):
    page = visit()
    page.goto(f"{DEVICES}/805ec0000001/files/805ec0000001.cfg")
    assert "pw-acme-100" not in page.content()
    page.click("button:has-text('Reveal')")
    page.wait_for_selector(".file:has-text('pw-acme-100')")
    page.goto("/portal/audit?q=action:revealed")
    assert "805ec0000001.cfg" in page.inner_text("tbody")


def test_why_says_what_stopped_a_request(visit):
    page = visit()
    page.goto(f"{DEVICES}/805ec0000001/pairing")
    with page.expect_navigation():
        page.click("button:has-text('Close pairing')")
    page.click("nav[aria-label='This device'] a:has-text('Why?')")
    page.click("button:has-text('Replay')")
    page.wait_for_selector(".steps .no")


def test_a_setting_is_changed_and_says_where_it_comes_from(visit):
    page = visit()
    page.goto(f"{DEVICES}/805ec0000002/settings?edit=locale.language")
    page.fill("#value", "de")
    page.click("td form button.main")
    row = page.locator("tr[data-row='locale.language']")
    expect(row).to_contain_text("this device")
    page.goto(f"{DEVICES}/805ec0000002/settings?edit=sip.expires")
    page.fill("#value", "7")
    page.click("td form button.main")
    page.wait_for_selector("#e-value")
