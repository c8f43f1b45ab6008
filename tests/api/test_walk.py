"""Every operation of the document, asked by everybody: what holds for all of them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from admin.api.catalogue import catalogue
from provisioner.store.tables import (
    Audit,
    ButtonTemplate,
    Device,
    Extension,
    Job,
    Location,
    Served,
    Tenant,
    Webhook,
)
from tests.api.conftest import Api

OPERATIONS = catalogue()
SECRETS = ("a-helpdesk-secret", "an-extension-secret", "a-webhook-secret", "a-phone-admin-secret", "a-native-secret")


def path_of(operation, values):
    path = operation.path
    for name in operation.names:
        path = path.replace(f"{{{name}}}", str(values[name]))
    return path


def send(api, operation, values):
    body = operation.body
    if body is None:
        return api.send(operation.method, path_of(operation, values))
    text = body.example if isinstance(body.example, str) else json.dumps(body.example)
    media_type = body.media_types[0] if isinstance(body.example, str) else _json_of(body)
    return api.send(operation.method, path_of(operation, values), data=text, content_type=media_type)


def _json_of(body):
    return next(one for one in body.media_types if one.endswith("json"))


@pytest.fixture
def things(provisioner, root):
    """What each tenant has, by the names that addresses have for it."""
    found = {}
    for slug in ("acme", "beta"):
        hook = {"event": "device.added", "url": f"https://{slug}.example/", "password": "a-webhook-secret"}
        assert 201 == root.post(f"/tenants/{slug}/webhooks", hook).status_code
    with provisioner.database.writing() as session:
        for slug in ("acme", "beta"):
            tenant = session.scalars(select(Tenant).where(Tenant.slug == slug)).one()
            job = Job(tenant_id=tenant.id, actor="x", action="block", finished_at=provisioner.clock())
            session.add(job)
            session.flush()

            def one(column, row, tenant=tenant, session=session):
                return session.scalars(select(column).where(row.tenant_id == tenant.id)).first()

            phone = session.scalars(
                select(Device.mac).where(Device.tenant_id == tenant.id, Device.model == "T46U")
            ).first()
            found[slug] = {
                "tenant": slug,
                "device": phone,
                "file": f"{phone}.cfg",
                "version": 1,
                "extension": one(Extension.number, Extension),
                "location": one(Location.id, Location),
                "button_template": one(ButtonTemplate.id, ButtonTemplate),
                "webhook": one(Webhook.id, Webhook),
                "job": job.id,
                "vendor": "yealink",
                "feature": "appexts",
                "integration": "zendesk",
            }
    return found


def facts(provisioner):
    """All of Beta that a request could change."""
    with provisioner.database.reading() as session:
        return [
            session.execute(select(*row.__table__.columns).order_by(*row.__table__.primary_key)).all()
            for row in (Device, Extension, Location, ButtonTemplate, Webhook, Job, Tenant, Served)
        ]


def test_every_name_in_an_address_has_a_value_to_be_tried(things):
    assert {name for operation in OPERATIONS for name in operation.names} <= set(things["acme"])


def test_nothing_is_told_to_who_has_no_token(nobody, things):
    for operation in OPERATIONS:
        assert 401 == send(nobody, operation, things["acme"]).status_code, operation.name


def test_another_tenant_is_nowhere(api, things, provisioner):
    before = facts(provisioner)
    for operation in OPERATIONS:
        if "tenant" in operation.names:
            assert 404 == send(api, operation, things["beta"]).status_code, operation.name
    assert before == facts(provisioner)


def test_another_tenants_things_are_not_there_under_the_own_address(api, things, provisioner):
    """Extensions have the same numbers in both tenants, and shared ids are no secret: only what is Beta's alone."""
    before = facts(provisioner)
    tried = 0
    for operation in OPERATIONS:
        own = {"tenant", "vendor", "extension", "file", "version", "feature", "integration"}
        if "tenant" in operation.names and set(operation.names) - own:
            status = send(api, operation, {**things["beta"], "tenant": "acme"}).status_code
            assert (204 if operation.method == "DELETE" else 404) == status, operation.name
            tried += 1
    assert (True, before) == (tried > 20, facts(provisioner))


def test_a_viewer_changes_nothing(viewer, things, provisioner):
    before = facts(provisioner)
    for operation in OPERATIONS:
        status = send(viewer, operation, things["acme"]).status_code
        if operation.method in ("PUT", "PATCH", "DELETE"):
            assert 403 == status, operation.name
    assert before == facts(provisioner)


def test_every_example_of_the_document_works(root, things):
    """In one go: what is made first is what is changed and removed later."""
    values = dict(things["acme"])
    order = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 3, "DELETE": 4}
    for operation in sorted(OPERATIONS, key=lambda one: (order[one.method], one.name == "deleteTenant")):
        if operation.name in ("streamEvents", "readServedVersion", "resyncDevice"):
            continue
        assigned = {"extension": "101"} if "location-assignments" in operation.path else {}
        response = send(root, operation, {**values, **assigned})
        assert response.status_code < 300, (operation.name, response.text)
        assert response.status_code in operation.answers, operation.name
        if response.status_code == 201 and "tenant" in operation.names:
            made = operation.name.removeprefix("create")
            name = {"ButtonTemplate": "button_template", "LocationAssignment": ""}.get(made, made.lower())
            values |= {name: response.headers["Location"].rpartition("/")[2]} if name else {}
        values["file"] = (
            f"{things['acme']['device']}.cfg"
            if values["device"] == things["acme"]["device"]
            else (f"{values['device']}.cfg")
        )


def test_no_read_ever_tells_a_secret(root, things):
    """But for the preview with `reveal`, which is asked for by name."""
    here = "/tenants/acme"
    native = {"settings": {"yealink": {"account.1.password": "a-native-secret"}}}
    assert 200 == root.patch(f"{here}/extensions/100", {"password": "an-extension-secret"}).status_code
    assert 200 == root.patch(here, {"phone": {"admin_password": "a-phone-admin-secret"}, **native}).status_code
    assert 200 == root.patch(f"{here}/devices/{things['acme']['device']}", native).status_code
    zendesk = {"configuration": {"domain": "acme", "user": "x", "api_token": "a-helpdesk-secret"}}
    assert 200 == root.put(f"{here}/integrations/zendesk", zendesk).status_code
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.name != "streamEvents":
            for accept in ("application/json", "text/csv", "application/yaml"):
                path = path_of(operation, things["acme"])
                text = root.get(path, headers={"Accept": accept}).text
                assert not [secret for secret in SECRETS if secret in text], (operation.name, accept)
    shown = root.get(f"{here}/devices/{things['acme']['device']}/files/{things['acme']['file']}?reveal=1").text
    assert "an-extension-secret" in shown or "a-native-secret" in shown


def test_every_answer_has_the_headers_of_the_portal(root, things):
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.name != "streamEvents":
            headers = send(root, operation, things["acme"]).headers
            assert ("nosniff", "no-store") == (headers["X-Content-Type-Options"], headers["Cache-Control"])


def test_changes_are_in_the_audit_log_with_the_tokens_name(api, things, provisioner):
    api.patch("/tenants/acme/extensions/100", {"password": "an-extension-secret"})
    with provisioner.database.reading() as session:
        row = session.scalars(select(Audit).order_by(Audit.id.desc())).first()
    assert ("token ann", {"password": "changed"}) == (row.actor, row.changes)


def test_each_client_of_the_tests_has_the_role_that_its_name_says(app, tokens):
    assert 200 == Api(app, tokens["bob"]).get("/tenants/beta").status_code
