"""A tenant ends at its rows: every address with another tenant's names in it is a page that is not there."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from provisioner.store.tables import (
    ApiToken,
    ButtonTemplate,
    Device,
    DeviceVersion,
    Document,
    Extension,
    Job,
    Location,
    Served,
    Tenant,
    Upload,
    User,
    Webhook,
    now,
)
from tests.portal import world

FORMS = ({}, {"do": "open", "minutes": "5"}, {"name": "taken over", "number": "100", "model": "T46U"})


@pytest.fixture
def theirs(provisioner):
    """What Beta has, by the names that addresses have for it; each value is in some way Beta's own."""
    world.add_unknown(provisioner, "805ec0550009", address="203.0.113.9")
    with provisioner.database.writing() as session:
        tenant = session.scalars(select(Tenant).where(Tenant.slug == "beta")).one()
        job = Job(tenant_id=tenant.id, actor="bob", action="block")
        session.add(job)
        session.add(ApiToken(name="bob's", digest="0" * 64, role="admin", tenant_id=tenant.id))
        session.flush()

        def one(row):
            return session.scalars(select(row.id).where(row.tenant_id == tenant.id).limit(1)).one()

        device = session.scalars(select(Device).where(Device.tenant_id == tenant.id, Device.mac.is_not(None))).first()
        handset = session.scalars(select(Device).where(Device.tenant_id == tenant.id, Device.mac.is_(None))).one()
        version = DeviceVersion(device_id=device.id, at=now(), actor="bob", sealed_own=b"x")
        document = Document(digest="0" * 64, size=1, stored=1, sealed_body=b"x")
        session.add_all([version, document])
        session.flush()
        entry = Served(
            device_id=device.id, document_id=document.id, file="805ec0010001.cfg", at=now(), revision=1,
            vendor="yealink", model="T46U", transport="http", address="203.0.113.9",
        )  # fmt: skip
        bob = session.scalars(select(User.id).where(User.name == "bob")).one()
        upload = Upload(tenant_id=tenant.id, user_id=bob, kind="devices", name="x.csv", sealed_data=b"x")
        webhook = Webhook(tenant_id=tenant.id, event="device.paired", url="https://x.example/")
        session.add_all([entry, upload, webhook])
        session.flush()
        return {
            "key": [device.mac, handset.ipei, f"handset-{handset.id}"],
            "job_id": [job.id],
            "user_id": [one(User), 1],
            "token_id": [one(ApiToken)],
            "webhook_id": [webhook.id],
            "extension_id": [one(Extension)],
            "location_id": [one(Location)],
            "template_id": [one(ButtonTemplate)],
            "mac": ["805ec0550009"],
            "version_id": [version.id],
            "entry_id": [entry.id],
            "upload_id": [upload.id],
        }


FREE = {"filename", "name", "identifier"}
"""Names in addresses that belong to nobody: static files, tables, settings, files of a device, systems."""
MAY_REDIRECT = {"portal.devices.add_seen"}
"""Pages that say that the thing is gone, in the list that it is gone from."""


def _addresses(app, theirs):
    for rule in app.url_map.iter_rules():
        names = rule.arguments - FREE
        if rule.endpoint.startswith("portal.") and names:
            values = {"name": "sip.port" if "settings" in rule.rule else "805ec0010001.cfg"}
            for number in range(max(len(theirs[name]) for name in names)):
                picked = {name: theirs[name][number % len(theirs[name])] for name in names - {"action"}}
                if rule.endpoint in ("portal.devices.preview", "portal.devices.apply"):
                    continue  # its key is an action, and the rows are the selection's
                _domain, path = rule.build({**values, **picked})
                yield rule, path


def test_every_page_with_anothers_name_in_it_is_not_there(app, client, theirs):
    seen = 0
    client.get("/portal/account")
    for rule, path in _addresses(app, theirs):
        if "GET" in rule.methods:
            assert 404 == client.get(path).status_code, path
            seen += 1
        if "POST" in rule.methods:
            for form in FORMS:
                status = client.post(path, data=form).status_code
                assert (303 if rule.endpoint in MAY_REDIRECT else 404) == status, path
                seen += 1
    assert seen > 20


def test_nothing_of_another_tenant_was_changed_by_that(app, client, theirs, provisioner):
    def facts():
        with provisioner.database.reading() as session:
            devices = session.execute(select(Device.mac, Device.state, Device.name, Device.revision)).all()
            return devices, session.execute(select(User.name, User.role)).all()

    before = facts()
    client.get("/portal/account")
    for rule, path in _addresses(app, theirs):
        if "POST" in rule.methods:
            client.post(path, data=FORMS[1])
    assert before == facts()


def test_every_name_in_an_address_has_a_value_of_another_tenant_to_be_tried(app, theirs):
    """Whoever adds a page with a new name in its address adds it here, or the walk would miss it."""
    names = set().union(*(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.")))
    assert set() == names - FREE - set(theirs)


def test_a_replay_tells_nothing_of_another_tenants_device(client):
    page = client.get("/portal/advanced/device-management/805ec0000001/why?path=/805ec0010001.cfg").text
    assert ("beta" in page, "does not name" in page) == (False, True)


@pytest.mark.parametrize(
    "path",
    [
        "/portal/advanced/device-management",
        "/portal/advanced/device-management/export.csv",
        "/portal/advanced/device-management/seen",
        "/portal/users",
        "/portal/tokens",
        "/portal/tenant",
        "/portal/tenant/settings",
        "/portal/home",
        "/portal/audit",
        "/portal/audit/audit.csv",
        "/portal/jobs",
        "/portal/advanced/extensions",
        "/portal/advanced/locations",
        "/portal/advanced/location-assignments",
        "/portal/advanced/button-templates",
    ],
)
def test_a_list_holds_nothing_of_another_tenant(client, theirs, path):
    page = client.get(path).text
    for trace in ("Beta", "80:5e:c0:01:00", "805ec00100", "bob"):
        assert trace not in page


def test_an_id_that_is_larger_than_ids_can_be_is_a_page_that_is_not_there(app, client):
    client.get("/portal/account")
    seen = 0
    for rule in app.url_map.iter_rules():
        ids = {name for name in rule.arguments if name.endswith("_id")}
        if rule.endpoint.startswith("portal.") and ids:
            values = dict.fromkeys(rule.arguments, "805ec0000001") | dict.fromkeys(ids, 1)
            path = re.sub(r"/1(?=/|$)", f"/{'9' * 30}", rule.build(values)[1])
            assert 404 == client.open(path, method="GET" if "GET" in rule.methods else "POST").status_code, path
            seen += 1
    assert seen > 8


def test_a_template_that_begins_as_one_that_cannot_be_begins_empty(client):
    client.get("/portal/advanced/button-templates?add=1")
    sent = {"name": "Lobby", "models": "", "copy_of": "9" * 30}
    assert 303 == client.post("/portal/advanced/button-templates", data=sent).status_code
