"""Names and numbers of another tenant in a form's body are names of nothing; the tenant's own in their place work."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from admin.forms import devices as device_forms
from admin.forms import extensions as extension_forms
from provisioner.services import devices, extensions, locations, templates, tenants
from provisioner.services.change import Change
from provisioner.services.schemas import ExtensionIn, LocationIn, TemplateIn
from provisioner.store.tables import (
    ButtonTemplate,
    Device,
    DeviceLine,
    Extension,
    Job,
    Location,
    LocationAssignment,
    Selected,
    User,
)

DEVICES = "/portal/advanced/device-management"
PHONE, HANDSET = f"{DEVICES}/805ec0000003/edit", f"{DEVICES}/0000100001/edit"
OWN = {"template": "Desk", "location": "HQ", "extension": "101", "extensions": "101", "base": "805ec0000004"}
THEIRS = {
    "template": "Beta keys",
    "location": "Beta place",
    "extension": "777",
    "extensions": "777",
    "base": "805ec0010004",
}


@pytest.fixture
def beta(provisioner):
    """What only Beta has."""
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
        tenant = tenants.find(session, "beta")
        locations.put(change, tenant, LocationIn(name="Beta place"))
        templates.put(change, tenant, TemplateIn(name="Beta keys"))
        extensions.put(change, tenant, ExtensionIn(number="777", name="Bobs", password="x"))


BASE = aliased(Device)
REFERENCES = (
    (Device, Device.template_id, ButtonTemplate),
    (Device, Device.location_id, Location),
    (Device, Device.base_id, BASE),
    (Extension, Extension.template_id, ButtonTemplate),
    (User, User.extension_id, Extension),
)


def crossed(provisioner):
    """How many references lead from one tenant to another: there is no such thing."""
    queries = [
        select(func.count()).select_from(row).join(to, to.id == key).where(to.tenant_id != row.tenant_id)
        for row, key, to in REFERENCES
    ]
    lines = select(func.count()).select_from(DeviceLine).join(DeviceLine.device).join(DeviceLine.extension)
    queries.append(lines.where(Extension.tenant_id != Device.tenant_id))
    assigned = select(func.count()).select_from(LocationAssignment)
    assigned = assigned.join(LocationAssignment.extension).join(LocationAssignment.location)
    queries.append(assigned.where(Extension.tenant_id != Location.tenant_id))
    with provisioner.database.reading() as session:
        return sum(session.scalar(query) for query in queries)


def test_a_reference_that_crosses_would_be_seen(provisioner, beta):
    with provisioner.database.writing() as session:
        theirs = session.scalars(select(Extension).where(Extension.number == "777")).one()
        session.get(Device, 1).lines[0].extension_id = theirs.id
        session.get(Device, 2).base_id = session.scalars(select(Device.id).where(Device.tenant_id == 2)).first()
    assert 2 == crossed(provisioner)


def _device_form(provisioner, path, field, value):
    mac = path.split("/")[-2]
    with provisioner.database.reading() as session:
        row = session.scalars(select(Device).where((Device.mac == mac) | (Device.ipei == mac))).one()
        return {**device_forms.values_of(devices.dump(provisioner.vault, row)), field: value}


def _extension_form(provisioner, _path, field, value):
    with provisioner.database.reading() as session:
        row = session.get_one(Extension, 1)
        return {**extension_forms.values_of(extensions.dump(provisioner.vault, row)), "password": "", field: value}


def _added(_provisioner, _path, field, value):
    return {"mac": "805ec0000099", "vendor": "yealink", "model": "T46U", field: value}


def _user(_provisioner, _path, field, value):
    return {"name": "newcomer", "role": "user", "password": "long enough 1", field: value}


def _plain(_provisioner, _path, field, value):
    return {field: value}


FORMS = (
    (PHONE, "template", _device_form),
    (PHONE, "location", _device_form),
    (PHONE, "extensions", _device_form),
    (HANDSET, "base", _device_form),
    (f"{DEVICES}/add", "template", _added),
    (f"{DEVICES}/add", "location", _added),
    (f"{DEVICES}/add", "extensions", _added),
    ("/portal/advanced/extensions/1", "location", _extension_form),
    ("/portal/advanced/extensions/1", "template", _extension_form),
    ("/portal/advanced/location-assignments/1", "location", _plain),
    ("/portal/users/new", "extension", _user),
)


@pytest.mark.parametrize(("path", "field", "form"), FORMS)
def test_a_name_of_another_tenant_is_a_name_of_nothing(client, provisioner, beta, path, field, form):
    client.get("/portal/account")
    page = client.post(path, data=form(provisioner, path, field, THEIRS[field]), follow_redirects=True).text
    assert 0 == crossed(provisioner)
    assert 'class="note good"' not in page


@pytest.mark.parametrize(("path", "field", "form"), FORMS)
def test_the_same_form_with_an_own_name_is_accepted(client, provisioner, beta, path, field, form):
    client.get("/portal/account")
    response = client.post(path, data=form(provisioner, path, field, OWN[field]), follow_redirects=True)
    assert 'class="note good"' in response.text


def _ids(provisioner, row, slug):
    with provisioner.database.reading() as session:
        tenant = tenants.find(session, slug)
        return [str(key) for key in session.scalars(select(row.id).where(row.tenant_id == tenant.id))]


def test_ticks_on_rows_of_another_tenant_are_not_kept(client, provisioner, beta):
    client.get("/portal/account")
    theirs, own = _ids(provisioner, Device, "beta"), _ids(provisioner, Device, "acme")
    client.post(f"{DEVICES}/select", data={"row": [*theirs, own[0]], "shown": [*theirs, own[0]]})
    with provisioner.database.reading() as session:
        assert [int(own[0])] == session.scalars(select(Selected.row_id)).all()


@pytest.mark.parametrize("action", ["template", "location"])
def test_an_action_takes_no_template_or_location_of_another_tenant(client, provisioner, beta, action):
    client.get("/portal/account")
    own = _ids(provisioner, Device, "acme")
    client.post(f"{DEVICES}/select", data={"row": own, "shown": own})
    noun = {"template": ButtonTemplate, "location": Location}[action]
    for value in (*_ids(provisioner, noun, "beta"), THEIRS[action]):
        client.post(f"{DEVICES}/action/{action}", data={action: value})
    with provisioner.database.reading() as session:
        assert [] == session.scalars(select(Job)).all()


def test_many_extensions_of_another_tenant_get_no_location(client, provisioner, beta):
    client.get("/portal/account")
    theirs = _ids(provisioner, Extension, "beta")
    client.post("/portal/advanced/location-assignments/many", data={"row": theirs, "location": "HQ"})
    with provisioner.database.reading() as session:
        assert [] == session.scalars(select(LocationAssignment.extension_id)).all()


def test_a_pasted_list_knows_only_the_tenants_own(client, provisioner, beta):
    client.get("/portal/account")
    page = client.post(
        "/portal/advanced/location-assignments/paste", data={"list": "777 HQ\n100 Beta place", "do": "save"}
    ).text
    assert ("there is no such extension" in page, "is no active location" in page) == (True, True)
    assert 0 == crossed(provisioner)


def test_a_template_of_another_tenant_is_not_copied(client, provisioner, beta):
    client.get("/portal/account")
    for key in _ids(provisioner, ButtonTemplate, "beta"):
        client.post("/portal/advanced/button-templates", data={"name": "Stolen", "copy_of": key})
    with provisioner.database.reading() as session:
        copied = session.scalars(select(ButtonTemplate).where(ButtonTemplate.name == "Stolen")).all()
        assert [] == [button for one in copied for button in one.buttons]
