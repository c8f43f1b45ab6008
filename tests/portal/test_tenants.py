"""The tenant's own page, and the page of all tenants."""

from __future__ import annotations

import re

import pytest
from lxml import html
from sqlalchemy import select

from provisioner.services import tenants
from provisioner.services.change import Change
from provisioner.store.tables import Audit, Device, PairingCode, Tenant
from tests.portal.conftest import logged_in
from tests.portal.test_queries import counted

PAGE = "/portal/tenant"
TENANTS = "/portal/tenants"
FORM = {
    "name": "Acme Dental", "access": "pairing", "networks": "10.20.0.0/16", "pairing_minutes": "1440", "auto_add": "",
    "http_auth": "", "http_user": "", "http_password": "", "default_templates": "",
}  # fmt: skip


def _given(provisioner, slug="acme"):
    with provisioner.database.reading() as session:
        return tenants.dump(provisioner.vault, tenants.find(session, slug))


def _audits(provisioner):
    with provisioner.database.reading() as session:
        return session.scalars(select(Audit).where(Audit.actor.in_(("ann", "root"))).order_by(Audit.id)).all()


def _send(client, **more):
    client.get(PAGE)
    return client.post(PAGE, data={**FORM, **more})


# --- its own fields


def test_what_the_page_shows_is_what_it_sends_back(client, provisioner):
    before = _given(provisioner)
    page = html.fromstring(client.get(PAGE).text).forms[-2]
    assert 303 == client.post(PAGE, data={**dict(page.fields), "auto_add": ""}).status_code
    assert (before, []) == (_given(provisioner), _audits(provisioner))


def test_the_form_changes_every_field(client, provisioner):
    sent = {
        "name": "Acme", "access": "network", "networks": "10.1.0.0/16\n2001:db8::/32", "pairing_minutes": "0",
        "auto_add": "1", "http_auth": "digest", "http_user": "phones", "http_password": "a long secret",
        "default_templates": "yealink/* = Desk",
    }  # fmt: skip
    assert 303 == _send(client, **sent).status_code
    given = _given(provisioner)
    assert ("Acme", "network", ("10.1.0.0/16", "2001:db8::/32"), 0) == (
        given.name, given.access, given.networks, given.pairing_minutes
    )  # fmt: skip
    assert (True, "digest", "phones", "a long secret") == (
        given.auto_add, given.http_auth, given.http_user, given.http_password
    )  # fmt: skip
    assert {"yealink/*": "Desk"} == given.default_templates


def test_the_password_is_never_shown_and_kept_when_left_empty(client, provisioner):
    _send(client, http_auth="basic", http_user="phones", http_password="a long secret")
    assert "a long secret" not in client.get(PAGE).text
    _send(client, http_auth="basic", http_user="phones2")
    assert ("phones2", "a long secret") == (_given(provisioner).http_user, _given(provisioner).http_password)
    assert "changed" == _audits(provisioner)[0].changes["http_password"]
    assert "a long secret" not in str([one.changes for one in _audits(provisioner)])


def test_a_password_that_was_given_without_a_user_stays(client, provisioner):
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
        tenants.set_fields(change, tenants.find(session, "acme"), http_password="a long secret")
    _send(client, name="Acme")
    assert ("Acme", "a long secret") == (_given(provisioner).name, _given(provisioner).http_password)


def test_without_a_user_there_is_no_password(client, provisioner):
    _send(client, http_auth="basic", http_user="phones", http_password="a long secret")
    _send(client, http_auth="basic")
    assert None is _given(provisioner).http_password
    refused = _send(client, http_password="a long secret")
    assert (422, True, False) == (
        refused.status_code, "Write the user name" in refused.text, "a long secret" in refused.text
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("networks", "10.20.0.0/16 nonsense", "s no network"),
        ("pairing_minutes", "soon", "valid integer"),
        ("access", "everybody", "pairing"),
        ("default_templates", "yealink/* = Nothing", "Nothing"),
        ("default_templates", "nobody/x = Desk", "nknown vendor"),
        ("http_user", "a b", "letters, digits and _.@-"),
        ("http_password", "short", "8 characters"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_changes_nothing(client, provisioner, field, value, says):
    before = _given(provisioner)
    refused = _send(client, **{"http_user": "phones", field: value})
    beside = html.fromstring(refused.text).xpath(f"//p[@id='e-{field}']/text()")
    assert (422, True) == (refused.status_code, says in beside[0])
    assert before == _given(provisioner)


def test_a_change_reaches_the_devices(client, provisioner):
    def revision():
        with provisioner.database.reading() as session:
            return session.scalars(select(Device.revision).where(Device.mac == "805ec0000001")).one()

    before = revision()
    client.get(f"{PAGE}/settings")
    client.post(f"{PAGE}/settings/sip.port", data={"do": "set", "value": "5061"})
    assert revision() > before


def test_a_viewer_reads_without_a_form(viewer):
    page = html.fromstring(viewer.get(PAGE).text)
    assert ("10.20.0.0/16" in page.text_content(), []) == (True, page.xpath("//main//form"))
    assert [] == html.fromstring(viewer.get(f"{PAGE}/settings").text).xpath("//main//form[@method='post']")


# --- settings


def _set(client, name, **sent):
    client.get(f"{PAGE}/settings?edit={name}")
    return client.post(f"{PAGE}/settings/{name}?edit={name}", data=sent)


def test_a_setting_is_set_shown_over_what_it_would_inherit_and_inherited_again(client, provisioner):
    assert 303 == _set(client, "locale.timezone", do="set", value="Europe/Berlin").status_code
    assert "Europe/Berlin" == _given(provisioner).locale.timezone
    row = html.fromstring(client.get(f"{PAGE}/settings?own=1").text).get_element_by_id("locale.timezone")
    assert ("this tenant" in row.text_content(), "instead of Etc/UTC" in row.text_content()) == (True, True)
    _set(client, "locale.timezone", do="inherit")
    assert set() == _given(provisioner).locale.model_fields_set


def test_a_secret_setting_is_masked_kept_and_inherited_again(client, provisioner):
    _set(client, "phone.admin_password", do="set", value="0penSesame")
    assert "0penSesame" not in client.get(f"{PAGE}/settings?edit=phone.admin_password").text
    _set(client, "phone.admin_password", do="set", value="")
    assert "0penSesame" == _given(provisioner).phone.admin_password
    _set(client, "phone.admin_password", do="inherit")
    assert None is _given(provisioner).phone.admin_password
    assert [{"phone.admin_password": "changed"}] * 2 == [one.changes for one in _audits(provisioner)]


def test_another_setting_leaves_secrets_and_the_password_alone(client, provisioner):
    _set(client, "phone.user_password", do="set", value="0penSesame")
    _send(client, http_auth="basic", http_user="phones", http_password="a long secret")
    _set(client, "calls.dnd", do="set", value="yes")
    given = _given(provisioner)
    assert ("0penSesame", "a long secret", True) == (given.phone.user_password, given.http_password, given.calls.dnd)


def test_a_wrong_value_says_why_and_is_not_lost(client):
    refused = _set(client, "sip.expires", do="set", value="7")
    assert (422, True) == (refused.status_code, "greater than or equal to 60" in refused.text)
    assert "7" == html.fromstring(refused.text).get_element_by_id("value").get("value")


def test_a_setting_that_does_not_exist_has_no_page(client):
    client.get(PAGE)
    assert 404 == client.post(f"{PAGE}/settings/sip.nonsense", data={"do": "set"}).status_code


def test_a_vendors_own_key_is_set_and_forgotten(client, provisioner):
    client.get(f"{PAGE}/settings")
    key = {"vendor": "yealink", "key": "wifi.1.password", "value": "hunter22"}
    client.post(f"{PAGE}/native", data={**key, "do": "set"})
    assert {"yealink": {"wifi.1.password": "hunter22"}} == _given(provisioner).settings
    assert "hunter22" not in client.get(f"{PAGE}/settings").text
    client.post(f"{PAGE}/native", data={**key, "do": "forget"})
    assert {} == _given(provisioner).settings
    assert 422 == client.post(f"{PAGE}/native", data={**key, "vendor": "nobody", "do": "set"}).status_code


# --- pairing codes


def test_a_code_for_any_device_is_told_once_and_noted_without_it(client, provisioner):
    client.get(PAGE)
    told = re.search(r"\b(\d{8})\b", client.post(f"{PAGE}/pairing-code", data={"minutes": "5"}).text)
    assert told
    assert told[1] not in client.get(PAGE).text
    with provisioner.database.reading() as session:
        assert None is session.scalars(select(PairingCode)).one().device_id
    assert (["pairing_code"], False) == (
        list(_audits(provisioner)[-1].changes), told[1] in str(_audits(provisioner)[-1].changes)
    )  # fmt: skip


def test_a_code_of_no_sensible_length_is_refused(client):
    client.get(PAGE)
    assert 422 == client.post(f"{PAGE}/pairing-code", data={"minutes": "0"}).status_code


# --- all tenants


def test_only_the_server_role_sees_the_tenants(client, viewer, user):
    for browser in (client, viewer, user):
        browser.get("/portal/account")
        for path in (TENANTS, f"{TENANTS}/remove?tenant=beta", f"{TENANTS}/remove?tenant=nothing"):
            assert 403 == browser.get(path).status_code
        assert 403 == browser.post(TENANTS, data={"tenant": "mine"}).status_code
        assert 403 == browser.post(f"{TENANTS}/remove?tenant=beta", data={"typed": "beta"}).status_code
    assert TENANTS not in client.get(PAGE).text


def test_each_tenant_is_listed_with_what_it_has(root):
    page = html.fromstring(root.get(f"{TENANTS}?q=beta").text)
    assert ["5", "2", "1", "1"] == page.xpath("//tr[th='beta']/td[@class='number']/text()")
    assert "Nothing matches" in root.get(f"{TENANTS}?q=gamma").text


def test_a_tenant_is_added_and_switched_to(root, provisioner):
    root.get(TENANTS)
    assert 303 == root.post(TENANTS, data={"tenant": "gamma", "name": "Gamma Bakery"}).status_code
    assert ("root", "added", "tenant gamma") == (
        (note := _audits(provisioner)[-1]).actor, note.action, note.subject
    )  # fmt: skip
    root.post("/portal/switch-tenant", data={"slug": "gamma"})
    assert "Gamma Bakery" in root.get(PAGE).text


@pytest.mark.parametrize(("slug", "says"), [("beta", "in the list already"), ("Beta!", "lower-case"), ("", "Fill")])
def test_a_tenant_that_cannot_be_says_why(root, slug, says):
    root.get(TENANTS)
    refused = root.post(TENANTS, data={"tenant": slug, "name": "Other"})
    beside = html.fromstring(refused.text).xpath("//p[@id='e-tenant']/text()")
    assert (422, True) == (refused.status_code, says in beside[0])


def test_a_tenant_is_removed_when_its_short_name_is_typed(root, provisioner, app, cookies):
    root.get(f"{TENANTS}/remove?tenant=beta")
    assert 422 == root.post(f"{TENANTS}/remove?tenant=beta", data={"typed": "acme"}).status_code
    assert "beta" == _given(provisioner, "beta").tenant
    assert 303 == root.post(f"{TENANTS}/remove?tenant=beta", data={"typed": "beta"}).status_code
    with provisioner.database.reading() as session:
        assert ["acme"] == session.scalars(select(Tenant.slug)).all()
    assert ("removed", "tenant beta") == (_audits(provisioner)[-1].action, _audits(provisioner)[-1].subject)
    assert 302 == logged_in(app, cookies["bob"]).get(PAGE).status_code
    assert 404 == root.get(f"{TENANTS}/remove?tenant=beta").status_code


def test_a_list_of_many_tenants_takes_eight_statements(root, provisioner):
    root.get(TENANTS)
    for number in range(30):
        root.post(TENANTS, data={"tenant": f"more-{number}", "name": ""})
    with counted(provisioner) as many:
        root.get(TENANTS)
    assert 8 == len(many), "\n".join(many)
