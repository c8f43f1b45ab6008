"""The extensions page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from admin.lists.extensions import TABLE
from provisioner.services import extensions
from provisioner.store.tables import Audit, Device, Extension, Tenant

PAGE = "/portal/advanced/extensions"


def _stored(provisioner, number):
    with provisioner.database.reading() as session:
        tenant = select(Tenant.id).where(Tenant.slug == "acme").scalar_subquery()
        row = session.scalars(
            select(Extension).where(Extension.number == number, Extension.tenant_id == tenant)
        ).first()
        return (row.id, extensions.dump(provisioner.vault, row)) if row else (None, None)


def test_the_list_says_where_each_extension_rings(reader):
    page = reader.get(PAGE).text
    assert re.findall(r"805ec000000\d", page) == ["805ec0000001", "805ec0000002"]


@pytest.mark.parametrize(("search", "count"), [("10", 2), ("Front", 1), ("devices:none", 0), ("location:HQ", 0)])
def test_the_search_finds(reader, search, count):
    assert count == reader.get(f"{PAGE}?q={search}").text.count("data-row=")


@pytest.mark.parametrize("column", [column.key for column in TABLE.columns])
def test_every_column_sorts(reader, column):
    assert "descending" in reader.get(f"{PAGE}?sort=-{column}").text


def test_an_extension_is_added(client, provisioner):
    client.get(f"{PAGE}/new")
    sent = {"number": "200", "name": "Kitchen", "password": "s3cret-200", "location": "HQ", "server": "b.example"}
    assert 303 == client.post(f"{PAGE}/new", data=sent).status_code
    _, given = _stored(provisioner, "200")
    assert ("Kitchen", "s3cret-200", "HQ", "b.example") == (
        given.name,
        given.password,
        given.location,
        given.sip.server,
    )


def test_a_password_is_never_shown_and_kept_when_left_empty(client, provisioner):
    key, before = _stored(provisioner, "100")
    page = client.get(f"{PAGE}/{key}").text
    assert before.password not in page
    client.post(f"{PAGE}/{key}", data={"number": "100", "name": "New name"})
    _, after = _stored(provisioner, "100")
    assert ("New name", before.password) == (after.name, after.password)


def test_a_new_password_is_changed_in_the_audit_log(client, provisioner):
    key, _ = _stored(provisioner, "100")
    client.get(f"{PAGE}/{key}")
    client.post(f"{PAGE}/{key}", data={"number": "100", "name": "Front office", "password": "another"})
    with provisioner.database.reading() as session:
        audit = session.scalars(select(Audit).where(Audit.actor == "ann")).one()
    assert {"password": "changed"} == audit.changes


def test_a_change_raises_the_revision_of_its_devices(client, provisioner):
    def revision():
        with provisioner.database.reading() as session:
            return session.scalars(select(Device.revision).where(Device.mac == "805ec0000001")).one()

    key, _ = _stored(provisioner, "100")
    before = revision()
    client.get(f"{PAGE}/{key}")
    client.post(f"{PAGE}/{key}", data={"number": "100", "name": "Someone else"})
    assert before < revision()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"number": "100"}, "100 is in the list already"),
        ({"number": "1 0"}, "without blanks"),
        ({"number": "300", "server": "no host!"}, "host name"),
        ({"number": "300", "location": "Nowhere"}, "no location"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(reader, sent, says):
    reader.get(f"{PAGE}/new")
    response = reader.post(f"{PAGE}/new", data=sent)
    assert (422, True) == (response.status_code, says in response.text)
    assert 'class="error"' in response.text


def test_a_deleted_extension_leaves_its_devices(client, provisioner):
    key, _ = _stored(provisioner, "100")
    assert "from 1 device" in client.get(f"{PAGE}/{key}").text
    client.post(f"{PAGE}/{key}/delete")
    assert (None, None) == _stored(provisioner, "100")
    assert "No extension yet" in client.get("/portal/advanced/device-management/805ec0000001").text


def test_a_viewer_reads_the_list_and_changes_nothing(viewer, provisioner):
    key, _ = _stored(provisioner, "100")
    assert (200, 403) == (viewer.get(PAGE).status_code, viewer.get(f"{PAGE}/{key}").status_code)


BUTTON = {"slot-0": "line:3", "mode-0": "blf", "value-0": "101", "label-0": "Workshop"}


def _buttons(provisioner):
    with provisioner.database.reading() as session:
        row = session.get_one(Extension, 1)
        return [(one.slot, one.mode, one.value, one.label, one.fixed) for one in row.buttons]


def test_an_admin_sets_an_extensions_own_buttons_and_fixes_them(client, provisioner):
    client.get(f"{PAGE}/1/buttons")
    response = client.post(f"{PAGE}/1/buttons", data={"rows": "1", "do": "save", **BUTTON, "fixed-0": "1"})
    assert (303, [("line:3", "blf", "101", "Workshop", True)]) == (response.status_code, _buttons(provisioner))
    assert "1 button goes with it" in client.get(f"{PAGE}/1").text


def test_setting_buttons_leaves_the_rest_of_the_extension_alone(client, provisioner):
    def rest():
        with provisioner.database.reading() as session:
            return extensions.dump(provisioner.vault, session.get_one(Extension, 1)).model_copy(update={"buttons": ()})

    before = rest()
    client.get(f"{PAGE}/1/buttons")
    client.post(f"{PAGE}/1/buttons", data={"rows": "1", "do": "save", **BUTTON})
    assert before == rest()


def test_a_button_that_cannot_be_is_told_in_its_row(client, provisioner):
    client.get(f"{PAGE}/1/buttons")
    response = client.post(f"{PAGE}/1/buttons", data={"rows": "1", "do": "save", **BUTTON, "value-0": ""})
    assert (422, []) == (response.status_code, _buttons(provisioner))
    assert "the number to watch" in response.text


def test_a_step_of_the_editor_stores_nothing(client, provisioner):
    client.get(f"{PAGE}/1/buttons")
    response = client.post(f"{PAGE}/1/buttons", data={"rows": "1", "do": "more", **BUTTON})
    assert (200, []) == (response.status_code, _buttons(provisioner))
    assert 'value="Workshop"' in response.text
