"""Locations, accounts and the own page as people use them: with the keyboard alone, and with scripts off."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from provisioner.store.tables import ApiToken, Button, Extension, Location, LocationAssignment
from tests.portal.world import FORTY

pytestmark = pytest.mark.browser
LOCATIONS = "/portal/advanced/locations"
ASSIGNMENTS = "/portal/advanced/location-assignments"


def test_the_keyboard_comes_to_the_content_and_is_always_seen(visit):
    page = visit()
    page.goto("/portal/home")
    page.keyboard.press("Tab")
    assert "#main" == page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    assert "main" == page.evaluate("document.activeElement.id")
    for _step in range(12):
        page.keyboard.press("Tab")
        seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert "none" != seen, page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize("scripted", [True, False])
def test_a_location_is_made_with_the_fields_of_its_country(visit, portal, scripted):
    page = visit(java_script_enabled=scripted)
    name = f"Dublin {scripted}"
    page.goto(LOCATIONS)
    page.click("text=+ Add location")
    page.fill("[name=name]", name)
    page.select_option("[name=country]", "IE")
    if not scripted:
        page.click("#for-country")
    page.wait_for_selector("text=Eircode")
    assert (name, "Europe/Dublin") == (page.input_value("[name=name]"), page.input_value("[name=timezone]"))
    page.fill("[name=postal_code]", "D02 AF30")
    page.click("button:has-text('Create')")
    page.wait_for_selector(".note.good")
    with portal[0].database.reading() as session:
        assert "Europe/Dublin" == session.scalars(select(Location.timezone).where(Location.name == name)).one()


def test_enter_in_a_field_creates_the_location(visit, portal):
    page = visit()
    page.goto(f"{LOCATIONS}?add=1")
    page.fill("[name=name]", "By Enter")
    page.press("[name=name]", "Enter")
    page.wait_for_selector(".note.good")
    with portal[0].database.reading() as session:
        assert session.scalars(select(Location).where(Location.name == "By Enter")).one_or_none()


def test_save_wakes_when_another_location_is_chosen(visit, portal):
    page = visit()
    page.goto(f"{ASSIGNMENTS}?q=101")
    row = page.locator("tbody tr").first
    save = row.locator("button")
    assert save.is_disabled()
    row.locator("select").select_option("HQ")
    assert save.is_enabled()
    save.click()
    page.wait_for_selector(".note.good")
    with portal[0].database.reading() as session:
        number = select(Extension.number).join(LocationAssignment).join(Location).where(Location.name == "HQ")
        assert ["101"] == session.scalars(number).all()


def test_a_location_that_is_not_in_the_list_is_shown_as_such(visit):
    page = visit()
    page.goto(f"{ASSIGNMENTS}?q=1020")
    row = page.locator("tbody tr").first
    assert row.locator("option:checked").inner_text().endswith("NOT IN LIST")
    assert row.locator(".pill", has_text="NOT IN LIST").is_visible()


@pytest.mark.parametrize("scripted", [True, False])
def test_a_token_is_shown_once(visit, portal, scripted):
    page = visit(java_script_enabled=scripted)
    page.goto("/portal/tokens")
    page.click("summary:has-text('Make a token')")
    page.fill("[name=name]", f"script {scripted}")
    page.click("button:has-text('Make the token')")
    assert page.inner_text("#token").startswith("prv_")
    page.goto("/portal/tokens")
    assert "prv_" not in page.content()
    with portal[0].database.reading() as session:
        assert session.scalars(select(ApiToken).where(ApiToken.name == f"script {scripted}")).one()


def test_a_user_sets_their_own_button_with_scripts_off(visit, portal):
    page = visit("uma", java_script_enabled=False)
    page.goto("/portal/my-page")
    for name, value in (("slot-0", "key:1"), ("value-0", "+493012345"), ("label-0", FORTY)):
        page.fill(f"[name={name}]", value)
    page.select_option("[name=mode-0]", "speed-dial")
    page.click("main button:has-text('Save')")
    page.wait_for_selector(".note.good")
    with portal[0].database.reading() as session:
        stored = session.scalars(select(Button).where(Button.extension_id.is_not(None), Button.slot == "key:1")).one()
        assert ("speed-dial", "+493012345", FORTY) == (stored.mode, stored.value, stored.label)


def test_the_language_is_chosen_on_the_account_page(visit):
    page = visit("vic")
    page.goto("/portal/account")
    page.select_option("[name=language]", "de")
    page.click("section:has([name=language]) button")
    page.wait_for_selector("h1:has-text('Mein Konto')")
    assert "de" == page.get_attribute("html", "lang")
