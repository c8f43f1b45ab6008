"""The tenant's pages as people use them: with the keyboard alone, and with scripts off."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from provisioner.services import tenants
from provisioner.store.tables import PairingCode, Tenant

pytestmark = pytest.mark.browser


def _given(provisioner):
    with provisioner.database.reading() as session:
        return tenants.dump(provisioner.vault, tenants.find(session, "acme"))


def test_the_tenant_is_changed_with_the_keyboard_alone_and_scripts_off(visit, portal):
    page = visit(java_script_enabled=False)
    page.goto("/portal/tenant")
    page.focus("[name=pairing_minutes]")
    page.keyboard.press("Control+A")
    page.keyboard.type("30")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Ba")
    page.keyboard.press("Tab")
    page.keyboard.type("phones")
    page.keyboard.press("Tab")
    page.keyboard.type("a long secret")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.good")
    given = _given(portal[0])
    assert (30, True, "basic") == (given.pairing_minutes, given.auto_add, given.http_auth)
    assert ("phones", "a long secret") == (given.http_user, given.http_password)
    assert "" == page.input_value("[name=http_password]")


def test_a_setting_is_changed_and_inherited_again_with_the_keyboard_alone(visit, portal):
    page = visit()
    page.goto("/portal/tenant/settings")
    page.focus("[id='locale.timezone'] .act a")
    page.keyboard.press("Enter")
    page.wait_for_selector("#value")
    page.fill("#value", "Europe/Nowhere")
    page.press("#value", "Enter")
    page.wait_for_selector("#e-value")
    page.fill("#value", "Europe/Berlin")
    page.press("#value", "Enter")
    page.wait_for_selector("text=this tenant")
    assert "Europe/Berlin" == _given(portal[0]).locale.timezone
    page.goto("/portal/tenant/settings?edit=locale.timezone")
    page.click("text=Inherit again")
    page.wait_for_selector(".note.good")
    assert set() == _given(portal[0]).locale.model_fields_set


def test_a_pairing_code_is_made_and_gone_with_the_next_page(visit, portal):
    page = visit()
    page.goto("/portal/tenant")
    page.press("#minutes", "Enter")
    code = page.inner_text("#code")
    with portal[0].database.reading() as session:
        assert None is session.scalars(select(PairingCode)).one().device_id
    page.goto("/portal/tenant")
    assert (8, False) == (len(code), code in page.content())


def test_a_tenant_is_added_switched_to_and_removed(visit, portal):
    page = visit("root")
    page.goto("/portal/tenants")
    page.click("main summary")
    page.fill("[name=tenant]", "gamma")
    page.press("[name=tenant]", "Enter")
    page.wait_for_selector(".note.good")
    page.click("button:has-text('Switch gamma')")
    page.wait_for_selector(".tenants b:has-text('gamma')")
    page.goto("/portal/tenants/remove?tenant=gamma")
    page.fill("[name=typed]", "gam")
    page.press("[name=typed]", "Enter")
    page.wait_for_selector("#e-typed")
    page.fill("[name=typed]", "gamma")
    page.press("[name=typed]", "Enter")
    page.wait_for_selector(".note.good")
    with portal[0].database.reading() as session:
        assert ["acme", "beta"] == sorted(session.scalars(select(Tenant.slug)))
