"""Two admins with the same form open: who saves second is told, and loses nothing of what was typed."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from admin.changes import state_of
from provisioner.store.tables import Audit, ButtonTemplate, Extension, Location, User
from provisioner.vault import Vault
from tests.portal.conftest import Browser

ADVANCED = "/portal/advanced"
DEVICES = f"{ADVANCED}/device-management"
FRONT = "805ec0000001"
TOLD = "Somebody else changed this since you opened the page"
BUTTON = {"rows": "1", "slot-0": "line:3", "mode-0": "blf", "value-0": "101", "do": "save"}
LOCATION = {"name": "HQ", "country": "US", "state": "IL", "timezone": "America/Chicago", "active": "1"}
TEMPLATE = {"name": "Desk", "models": "yealink/*", **BUTTON}
PHONE = {"mac": FRONT, "vendor": "yealink", "model": "T46U"}

FORMS: dict[str, tuple[str, dict[str, str], str]] = {
    "device": (f"{DEVICES}/{FRONT}/edit", PHONE, "name"),
    "lines": (f"{DEVICES}/{FRONT}/lines", {"rows": "1", "do": "save"}, "line-0"),
    "keys": (f"{DEVICES}/{FRONT}/keys", BUTTON, "label-0"),
    "extension": (f"{ADVANCED}/extensions/{{extension}}", {"number": "100"}, "name"),
    "extension's buttons": (f"{ADVANCED}/extensions/{{extension}}/buttons", BUTTON, "label-0"),
    "location": (f"{ADVANCED}/locations/{{location}}", LOCATION, "city"),
    "template": (f"{ADVANCED}/button-templates/{{template}}", TEMPLATE, "label-0"),
    "tenant": ("/portal/tenant", {"access": "pairing", "pairing_minutes": "60"}, "name"),
    "integration": (f"{ADVANCED}/crm-integration/zendesk", {"user": "u", "api_token": "t", "do": "on"}, "domain"),
}
"""The page, what is sent with every save of it, and the field in which the two differ."""


def _keys(provisioner: Any) -> dict[str, int]:
    with provisioner.database.reading() as session:
        first = {"extension": Extension, "location": Location, "template": ButtonTemplate}
        found = {name: session.scalars(select(row.id).order_by(row.id)).first() for name, row in first.items()}
        return {**found, "user": session.scalars(select(User.id).where(User.name == "vic")).one()}


def _opened(browser: Browser, path: str) -> str:
    """What the form of the page says that it was made from."""
    return _state(browser.get(path).text)


def _state(page: str) -> str:
    found = re.search(r'name="as_read" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("name", FORMS)
def test_who_saves_second_is_told_and_may_save_once_more(provisioner, client, root, name):
    path, sent, field = FORMS[name]
    path = path.format(**_keys(provisioner))
    hers, his = ("100", "101") if field == "line-0" else ("hers", "his")
    opened = _opened(client, path)
    theirs = root.post(path, data={**sent, field: his, "as_read": _opened(root, path)})
    assert 303 == theirs.status_code, unescape(theirs.text)
    refused = client.post(path, data={**sent, field: hers, "as_read": opened})
    assert (422, True) == (refused.status_code, TOLD in unescape(refused.text))
    assert f'value="{hers}"' in refused.text
    again = client.post(path, data={**sent, field: hers, "as_read": _state(refused.text)})
    assert 303 == again.status_code


def test_every_step_of_an_editor_remembers_what_it_began_with(provisioner, client, root):
    path = f"{ADVANCED}/button-templates/{_keys(provisioner)['template']}"
    opened = _opened(client, path)
    root.get(path)
    root.post(path, data={**TEMPLATE, "label-0": "his"})
    step = client.post(path, data={**TEMPLATE, "label-0": "hers", "do": "more", "as_read": opened})
    assert (200, opened) == (step.status_code, _state(step.text))


@pytest.mark.parametrize("page", [f"{DEVICES}/{FRONT}/settings", "/portal/tenant/settings"], ids=["device", "tenant"])
@pytest.mark.parametrize(
    ("name", "his", "hers"), [("locale.language", "de", "fr"), ("locale.time_format", "12", "24")], ids=["text", "list"]
)
def test_a_setting_is_not_overwritten_unseen(client, root, page, name, his, hers):
    opened = _opened(client, f"{page}?edit={name}")
    root.get(page)
    assert 303 == root.post(f"{page}/{name}", data={"do": "set", "value": his}).status_code
    sent = {"do": "set", "value": hers}
    refused = client.post(f"{page}/{name}?edit={name}", data={**sent, "as_read": opened})
    assert (422, True) == (refused.status_code, TOLD in refused.text)
    assert f'value="{hers}"' in refused.text or f"<option selected>{hers}" in refused.text
    assert 303 == client.post(f"{page}/{name}", data={**sent, "as_read": _state(refused.text)}).status_code


def test_a_webhook_is_not_overwritten_unseen(provisioner, client, root):
    path, sent = f"{ADVANCED}/webhooks", {"event": "device.paired", "method": "POST", "enabled": "1"}
    client.get(path)
    client.post(path, data={**sent, "url": "https://a.example/"})
    opened = _opened(client, path)
    root.get(path)
    assert 303 == root.post(f"{path}/1", data={**sent, "url": "https://his.example/"}).status_code
    refused = client.post(f"{path}/1", data={**sent, "url": "https://hers.example/", "as_read": opened})
    assert (422, True, True) == (refused.status_code, TOLD in refused.text, "https://hers.example/" in refused.text)
    assert _state(refused.text) == _opened(root, path)


def test_the_role_of_an_account_is_not_overwritten_unseen(provisioner, client, root):
    path = f"/portal/users/{_keys(provisioner)['user']}"
    opened = _opened(client, path)
    root.get(path)
    assert 303 == root.post(path, data={"role": "admin"}).status_code
    refused = client.post(path, data={"role": "viewer", "as_read": opened})
    assert (422, True) == (refused.status_code, TOLD in refused.text)


def test_features_of_the_users_page_are_not_overwritten_unseen(client, root):
    path = f"{ADVANCED}/user-page-control"
    page = client.get(path).text
    key = re.search(r'type="radio" name="(\w+)"', page)[1]
    section = re.search(r'name="section" value="([^"]+)"', page)[1]
    root.get(path)
    assert 303 == root.post(path, data={"section": section, key: "off"}).status_code
    refused = client.post(path, data={"section": section, key: "on", "as_read": _state(page)})
    assert (422, True) == (refused.status_code, TOLD in refused.text)
    assert f'name="{key}" value="on" checked' in refused.text


def test_a_location_that_somebody_else_assigned_is_not_overwritten_unseen(provisioner, client, root):
    path = f"{ADVANCED}/location-assignments"
    row = f"{path}/{_keys(provisioner)['extension']}"
    opened = _opened(client, path)
    root.get(path)
    root.post(row, data={"location": "HQ"})
    client.post(row, data={"location": "", "as_read": opened})
    assert TOLD in client.get(path).text
    with provisioner.database.reading() as session:
        assert ["root"] == session.scalars(select(Audit.actor).where(Audit.subject == "extension 100")).all()[-1:]


def test_a_user_and_an_admin_do_not_overwrite_each_others_buttons(provisioner, client, user):
    path = f"{ADVANCED}/extensions/{_keys(provisioner)['extension']}/buttons"
    opened = _opened(user, "/portal/my-page")
    client.get(path)
    assert 303 == client.post(path, data={**BUTTON, "label-0": "his"}).status_code
    refused = user.post("/portal/my-page", data={**BUTTON, "label-0": "hers", "as_read": opened})
    assert (422, True, True) == (refused.status_code, TOLD in refused.text, 'value="hers"' in refused.text)


def test_the_state_of_a_form_tells_nothing_to_who_lacks_the_key(app):
    stored = [["acme", "secret"], True]
    with app.test_request_context():
        told = state_of(stored)
        app.extensions["provisioner"].vault = Vault(bytes(range(32)))
        assert told != state_of(stored)
