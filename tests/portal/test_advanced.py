"""Webhooks, user page control and CRM integrations."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from provisioner.services import integrations, tenants, user_page, webhooks
from provisioner.store.tables import Audit, Webhook
from tests.portal.conftest import logged_in

WEBHOOKS = "/portal/advanced/webhooks"
CONTROL = "/portal/advanced/user-page-control"
SYSTEMS = "/portal/advanced/crm-integration"
HOOK = {"event": "device.paired", "url": "https://crm.example/hook", "method": "POST", "enabled": "1"}
ZENDESK = {"domain": "acme", "user": "ann@acme.example", "api_token": "hunter2"}


def _send(client, path, **form):
    client.get(path)
    return client.post(path, data=form)


def _hooks(provisioner):
    with provisioner.database.reading() as session:
        rows = session.scalars(select(Webhook).order_by(Webhook.id))
        return [(row.id, webhooks.dump(provisioner.vault, row)) for row in rows]


def _states(provisioner):
    with provisioner.database.reading() as session:
        said = user_page.states(session, tenants.find(session, "acme"))
        return {key: state for key, state in said.items() if state != "default"}


def _zendesk(provisioner):
    with provisioner.database.reading() as session:
        row = integrations.rows(session, tenants.find(session, "acme")).get("zendesk")
        return integrations.configuration(provisioner.vault, row), bool(row and row.enabled)


@pytest.mark.parametrize("path", [WEBHOOKS, CONTROL, f"{SYSTEMS}/zendesk"])
def test_a_viewer_reads_and_changes_nothing(app, cookies, path):
    viewer = logged_in(app, cookies["vic"])
    page = viewer.get(path)
    assert (200, False) == (page.status_code, '<button class="main"' in page.text)
    assert 403 == viewer.post(path, data={"do": "forget"}).status_code


@pytest.mark.parametrize("path", [WEBHOOKS, CONTROL, SYSTEMS])
def test_the_menu_leads_to_each(reader, path):
    assert f'href="{path}"' in reader.get("/portal/home", follow_redirects=True).text


# --- webhooks


def test_a_webhook_is_added_changed_and_removed(client, provisioner):
    assert 303 == _send(client, WEBHOOKS, **HOOK, user="ann", password="hunter2").status_code
    [(key, added)] = _hooks(provisioner)
    assert ("device.paired", "ann", "hunter2", True) == (added.event, added.user, added.password, added.enabled)
    assert "hunter2" not in client.get(WEBHOOKS).text
    changed = {**HOOK, "method": "PUT", "enabled": "", "password": "", "user": "ann"}
    assert 303 == client.post(f"{WEBHOOKS}/{key}", data=changed).status_code
    [(_, saved)] = _hooks(provisioner)
    assert ("PUT", False, "hunter2") == (saved.method, saved.enabled, saved.password)
    assert "OFF" in client.get(WEBHOOKS).text
    assert 303 == client.post(f"{WEBHOOKS}/{key}", data={"do": "remove"}).status_code
    assert [] == _hooks(provisioner)


def test_what_is_wrong_with_a_webhook_stands_beside_its_field(client, provisioner):
    response = _send(client, WEBHOOKS, **{**HOOK, "url": "ftp://crm.example"})
    assert (422, True) == (response.status_code, "Write a whole URL" in response.text)
    assert 303 == client.post(WEBHOOKS, data=HOOK).status_code
    [(key, _)] = _hooks(provisioner)
    again = client.post(f"{WEBHOOKS}/{key}", data={**HOOK, "event": "A b"})
    assert (422, True) == (again.status_code, f'id="e-event-{key}"' in again.text)


# --- user page control


def test_every_section_is_there_and_its_features_with_their_keys(reader):
    page = reader.get(CONTROL).text
    sections = (
        "Page-level", "App settings", "Features", "Call Forwarding", "Mailbox", "Profile picture", "Preferences",
        "Device selection", "Notifications", "Desktop phone buttons", "Cell phone numbers", "Used Tokens and Passkeys",
        "CRM Settings", "Google", "ActiveSync",
    )  # fmt: skip
    assert [] == [name for name in sections if f">{name}</a>" not in page]
    assert [] == [key for key in ("appexts", "appcalls", "appremotedial", "apphomescreen") if f">{key}<" not in page]


def test_features_are_turned_on_and_off_and_left_to_the_default(client, provisioner):
    _send(client, CONTROL, section="Page-level", appexts="off", appremotedial="on", appcalls="default")
    assert {"appexts": "off", "appremotedial": "on"} == _states(provisioner)
    _send(client, CONTROL, section="Page-level", appexts="default")
    assert {"appremotedial": "on"} == _states(provisioner)
    with provisioner.database.reading() as session:
        noted = session.scalars(select(Audit.subject).where(Audit.actor == "ann").order_by(Audit.id)).all()
    assert ["user page appexts", "user page appremotedial", "user page appexts"] == noted


def test_a_state_that_there_is_not_is_refused(client, provisioner):
    response = _send(client, CONTROL, section="Page-level", appexts="maybe")
    assert (422, {}) == (response.status_code, _states(provisioner))


# --- integrations


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("", "zendesk", "nobody"),
        ("?q=tickets", "zendesk", "salesforce"),
        ("?category=CRM", "salesforce", "zendesk"),
        ("?category=Helpdesk&q=incidents", "servicenow", "zendesk"),
    ],
)
def test_cards_are_found_by_words_and_category(reader, query, shown, hidden):
    page = reader.get(SYSTEMS + query).text
    assert (True, False) == (f'data-system="{shown}"' in page, f'data-system="{hidden}"' in page)


def test_nothing_that_matches_is_said(reader):
    assert "Nothing matches “xyzzy”" in reader.get(f"{SYSTEMS}?q=xyzzy").text


def test_a_system_is_connected_kept_turned_off_and_forgotten(client, provisioner):
    page = f"{SYSTEMS}/zendesk"
    assert 303 == _send(client, page, **ZENDESK, do="on").status_code
    assert (ZENDESK, True) == _zendesk(provisioner)
    shown = client.get(page).text
    assert (True, False) == ("Connected" in shown, "hunter2" in shown)
    client.post(page, data={**ZENDESK, "domain": "other", "api_token": "", "do": "off"})
    assert ({**ZENDESK, "domain": "other"}, False) == _zendesk(provisioner)
    client.post(page, data={"do": "forget"})
    assert ({}, False) == _zendesk(provisioner)


def test_what_a_system_needs_is_asked_for(client, provisioner):
    response = _send(client, f"{SYSTEMS}/zendesk", domain="acme", user="ann", api_token="", do="on")
    assert (422, 'id="e-api_token"' in response.text) == (response.status_code, True)
    assert ({}, False) == _zendesk(provisioner)


def test_a_system_that_is_not_there_is_not_found(client):
    assert 404 == client.get(f"{SYSTEMS}/nobody").status_code


def test_systems_that_cannot_be_connected_from_here_say_so(client):
    assert "connected by OAuth" in client.get(f"{SYSTEMS}/salesforce").text
    assert 422 == client.post(f"{SYSTEMS}/salesforce", data={"do": "on"}).status_code
