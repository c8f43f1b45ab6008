"""The API's page in a browser: narrow, dark, by keyboard, and without scripts."""

from __future__ import annotations

import pytest


@pytest.mark.browser
def test_the_page_fits_a_narrow_screen_and_is_searched_while_typing(visit):
    page = visit(None, viewport={"width": 360, "height": 740}, color_scheme="dark")
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto("/api/v1/docs")
    page.fill("#q", "pairing window")
    page.locator("#operations details").nth(5).wait_for(state="detached")
    example = page.locator("#operations details pre").first
    example.wait_for(state="visible")
    page.locator("#operations details summary").first.focus()
    page.keyboard.press("Enter")
    example.wait_for(state="hidden")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert (360, []) == (width, errors)


@pytest.mark.browser
def test_the_page_is_searched_without_scripts_too(visit):
    page = visit(None, java_script_enabled=False)
    page.goto("/api/v1/docs")
    page.fill("#q", "site file")
    page.keyboard.press("Enter")
    page.wait_for_url("**/docs?q=site+file")
    assert 0 < page.locator("#operations details").count() < 6
