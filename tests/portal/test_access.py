"""Log-in, its limits, sessions, roles, and what every answer carries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from admin import sessions
from admin.access import ROLES, Permission, Viewer, can
from admin.app import create_app
from provisioner.store.tables import Audit, LoginLimit, User
from tests.portal import world
from tests.portal.conftest import Browser

DEVICES = "/portal/advanced/device-management"


def _user(provisioner, name):
    with provisioner.database.reading() as session:
        return session.scalars(select(User).where(User.name == name)).one()


def test_without_an_account_every_page_leads_to_the_log_in(nobody):
    response = nobody.get(f"{DEVICES}?q=desk")
    assert (302, True) == (response.status_code, "/portal/login?next=" in response.location)


def test_after_the_log_in_one_is_where_one_wanted_to_be(nobody):
    location = nobody.get(f"{DEVICES}?q=desk").location
    nobody.get(location)
    response = nobody.post(location, data={"name": "ann", "password": world.PASSWORD})
    assert f"{DEVICES}?q=desk" == response.location


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/portal//evil", "/portal/\\evil", "/x"]
)
def test_the_log_in_leads_to_no_other_site(nobody, wanted):
    nobody.get("/portal/login")
    response = nobody.post(
        "/portal/login", query_string={"next": wanted}, data={"name": "ann", "password": world.PASSWORD}
    )
    assert "/portal/" == response.location


def test_a_wrong_password_and_an_unknown_name_look_alike(nobody):
    wrong, unknown = nobody.log_in("ann", "wrong password"), nobody.log_in("nobody", "wrong password")
    assert (401, 401) == (wrong.status_code, unknown.status_code)
    assert (
        wrong.data.replace(b'"ann"', b"").split(b"csrf_token")[0]
        == unknown.data.replace(b'"nobody"', b"").split(b"csrf_token")[0]
    )


def test_an_account_is_locked_after_five_failures_and_opens_again(nobody, provisioner):
    for _ in range(sessions.FREE_TRIES):
        nobody.log_in("ann", "wrong password")
    assert 401 == nobody.log_in("ann").status_code
    provisioner.clock = lambda: _user(provisioner, "ann").locked_until + timedelta(seconds=1)
    assert 302 == nobody.log_in("ann").status_code


def test_the_lock_grows_and_ends_at_a_quarter_of_an_hour(provisioner):
    at = provisioner.clock()
    for _ in range(30):
        sessions.log_in(provisioner.database, "ann", "wrong", "192.0.2.1", at)
        at = _user(provisioner, "ann").locked_until or at
        at += timedelta(seconds=1)
    user = _user(provisioner, "ann")
    assert sessions.LONGEST_LOCK >= user.locked_until - at


def test_an_address_that_tries_many_names_is_shut_out(provisioner):
    at = provisioner.clock()
    with provisioner.database.writing() as session:
        session.add(LoginLimit(source="192.0.2.1", failures=sessions.PER_ADDRESS, since=at))
    assert None is sessions.log_in(provisioner.database, "ann", world.PASSWORD, "192.0.2.1", at)
    assert None is not sessions.log_in(provisioner.database, "ann", world.PASSWORD, "192.0.2.2", at)
    later = at + sessions.WINDOW + timedelta(seconds=1)
    assert None is not sessions.log_in(provisioner.database, "ann", world.PASSWORD, "192.0.2.1", later)


def test_an_ipv6_network_is_one_source(provisioner):
    at = provisioner.clock()
    for host in range(3):
        sessions.log_in(provisioner.database, "x", "wrong", f"2001:db8::{host:x}", at)
    with provisioner.database.reading() as session:
        assert ["2001:db8::/64"] == list(session.scalars(select(LoginLimit.source)))


def test_the_cookie_is_http_only_and_lax(nobody):
    cookie = nobody.log_in("ann").headers["Set-Cookie"]
    assert ("HttpOnly" in cookie, "SameSite=Lax" in cookie, "Secure" in cookie) == (True, True, False)


def test_behind_tls_the_cookie_is_secure(app):
    client = app.test_client()
    page = client.get("/portal/login", base_url="https://portal.example")
    assert "Secure" in page.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("proxy", "address"), [("127.0.0.1", "198.51.100.7"), ("::ffff:127.0.0.1", "198.51.100.7:49152")]
)
def test_a_trusted_proxy_tells_scheme_and_address(seed, provisioner, proxy, address):
    trusting = provisioner.installation.model_copy(update={"trusted_proxies": "127.0.0.0/8"})
    provisioner.installation = trusting
    app = create_app(provisioner)
    app.test_client_class = Browser
    client = app.test_client()
    told = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https"}
    came = {"headers": told, "environ_overrides": {"REMOTE_ADDR": proxy}}
    assert "Secure" in client.get("/portal/login", **came).headers["Set-Cookie"]
    client.post("/portal/login", data={"name": "x", "password": "y"}, **came)
    with provisioner.database.reading() as session:
        assert ["198.51.100.7"] == list(session.scalars(select(LoginLimit.source)))


def test_a_stranger_tells_nothing_about_scheme(nobody):
    page = nobody.get("/portal/login", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" not in page.headers["Set-Cookie"]


def test_logging_out_ends_the_session(client):
    client.get("/portal/account")
    client.post("/portal/logout")
    assert 302 == client.get(DEVICES).status_code


def test_logging_out_everywhere_ends_every_session(app, client):
    other = app.test_client()
    other.log_in("ann")
    client.get("/portal/account")
    client.post("/portal/logout-everywhere")
    assert 302 == other.get(DEVICES).status_code


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(app, client, provisioner):
    other = app.test_client()
    other.log_in("ann")
    client.get("/portal/account")
    new = "another fine password"
    response = client.post("/portal/account", data={"current": world.PASSWORD, "password": new, "again": new})
    assert 302 == response.status_code
    assert (200, 302) == (client.get(DEVICES).status_code, other.get(DEVICES).status_code)
    with provisioner.database.reading() as session:
        audit = session.scalars(select(Audit).where(Audit.subject == "user ann")).one()
    assert {"password": "changed"} == audit.changes


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"current": "wrong password", "password": "long enough 1", "again": "long enough 1"}, "not your password"),
        ({"current": world.PASSWORD, "password": "long enough 1", "again": "other"}, "not the same"),
        ({"current": world.PASSWORD, "password": "short", "again": "short"}, "t least 10 characters"),
    ],
)
def test_a_password_that_cannot_be_says_why(client, sent, says):
    client.get("/portal/account")
    response = client.post("/portal/account", data=sent)
    assert (422, True) == (response.status_code, says in response.text)


def test_a_form_without_its_token_is_refused(client):
    response = client.post("/portal/logout", bare=True)
    assert 400 == response.status_code


def test_a_form_from_another_site_is_refused(client):
    client.get("/portal/account")
    assert 400 == client.post("/portal/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code


def test_every_answer_is_hardened(client):
    for path in (DEVICES, "/portal/login", "/portal/nothing", "/static/portal.css"):
        with client.get(path) as response:
            headers = response.headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert ("no-referrer", "nosniff") == (headers["Referrer-Policy"], headers["X-Content-Type-Options"])


def test_pages_are_kept_nowhere(client):
    assert "no-store" == client.get(DEVICES).headers["Cache-Control"]


def test_every_view_says_what_it_asks_for(app):
    """A view without a permission is refused to everybody; so nobody may forget to say it."""
    silent = [
        name
        for name, view in app.view_functions.items()
        if name.startswith("portal.") and not hasattr(view, "permission")
    ]
    assert [] == silent


@pytest.mark.parametrize("role", ROLES)
def test_a_role_ends_at_its_tenant(role):
    viewer = Viewer(
        id=1, name="x", role=role, tenant_id=None if role == "server" else 1, extension_id=None, session_key=""
    )
    assert (role == "server") == can(viewer, Permission.ACCOUNT_OWN, 2)


def test_a_viewer_reads_and_changes_nothing(viewer):
    phone = f"{DEVICES}/805ec0000001"
    assert 200 == viewer.get(phone).status_code
    for path in (f"{DEVICES}/add", f"{phone}/edit", f"{DEVICES}/action/block", "/portal/users", "/portal/audit"):
        assert 403 == viewer.get(path).status_code, path
    for path in ("/portal/tenant", "/portal/tenant/settings/sip.port", "/portal/tenant/pairing-code"):
        assert 403 == viewer.post(path, data={"do": "set", "value": "5061", "minutes": "5"}).status_code, path
    for path in (f"{phone}/pairing", f"{phone}/files/805ec0000001.cfg/reveal", f"{phone}/settings/sip.port"):
        assert 403 == viewer.post(path, data={"do": "open", "minutes": "5"}).status_code, path


def test_a_user_sees_the_own_page_only(user):
    assert (200, 403) == (user.get("/portal/account").status_code, user.get(DEVICES).status_code)


def test_the_menu_holds_no_page_that_does_not_exist_or_is_not_for_the_viewer(viewer):
    page = viewer.get(DEVICES).text
    assert ("/portal/users" in page, "/portal/audit" in page, DEVICES in page) == (False, False, True)


def test_a_server_wide_viewer_switches_tenants(root):
    assert "Acme Dental" in root.get(DEVICES).text
    root.post("/portal/switch-tenant", data={"slug": "beta", "at_tenant": "acme"})
    assert "80:5e:c0:01:00:01" in root.get(DEVICES).text


def test_a_form_of_another_tenants_page_changes_nothing(root):
    root.get(f"{DEVICES}/add")
    root.post("/portal/switch-tenant", data={"slug": "beta", "at_tenant": "acme"})
    response = root.post(f"{DEVICES}/add", data={"mac": "80:5e:c0:44:00:01", "model": "T46U", "at_tenant": "acme"})
    assert 409 == response.status_code


def test_a_list_of_another_tenants_page_is_not_brought_up_to_date_with_this_one(root):
    assert '"At-Tenant": "acme"' in root.get(DEVICES).text
    root.post("/portal/switch-tenant", data={"slug": "beta", "at_tenant": "acme"})
    asked = {"HX-Request": "true", "HX-Target": "list", "At-Tenant": "acme"}
    response = root.get(DEVICES, headers=asked)
    assert (409, "true", b"") == (response.status_code, response.headers.get("HX-Refresh"), response.data)


def test_an_admin_cannot_switch_tenants(client):
    client.get("/portal/account")
    assert 403 == client.post("/portal/switch-tenant", data={"slug": "beta"}).status_code


def test_the_theme_is_remembered_with_the_account(client, provisioner):
    client.get("/portal/account")
    client.post("/portal/theme", data={"theme": "dark", "back": "/portal/account"})
    assert ('data-theme="dark"' in client.get("/portal/account").text) is True
    assert {"theme": "dark"} == _user(provisioner, "ann").preferences


def test_an_empty_installation_says_how_to_begin(tmp_path):
    provisioner = world.open_world(tmp_path)
    app = create_app(provisioner)
    app.test_client_class = Browser
    client = app.test_client()
    client.log_in("root")
    assert "provisioner apply" in client.get(DEVICES).text
    assert "/portal/tenants" in client.get(DEVICES).text
    client.get("/portal/tenants")
    assert 303 == client.post("/portal/tenants", data={"tenant": "first", "name": "First"}).status_code
    assert "No devices yet" in client.get(DEVICES).text
    provisioner.close()


def test_our_own_fault_is_a_page_without_details(client, app):
    def broken(**_):
        raise RuntimeError("a secret detail")

    broken.permission = Permission.TENANT_READ
    app.view_functions["portal.devices.listing"] = broken
    response = client.get(DEVICES)
    assert (500, False) == (response.status_code, "secret detail" in response.text)
