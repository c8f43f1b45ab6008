"""Button templates: the list, the editor, and what a save would do."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from admin.forms import buttons as editor
from admin.forms.buttons import Row
from provisioner.services import templates
from provisioner.store.tables import ButtonTemplate, Device, Tenant

PAGE = "/portal/advanced/button-templates"


def _stored(provisioner, name="Desk"):
    with provisioner.database.reading() as session:
        tenant = select(Tenant.id).where(Tenant.slug == "acme").scalar_subquery()
        query = select(ButtonTemplate).where(ButtonTemplate.name == name, ButtonTemplate.tenant_id == tenant)
        row = session.scalars(query).one_or_none()
        return (row.id, templates.dump(provisioner.vault, row)) if row else (None, None)


def _sent(rows, **more):
    """A form of these rows."""
    found = {"rows": str(len(rows)), "name": "Desk", "models": "yealink/*"}
    for number, row in enumerate(rows):
        found |= {f"{name}-{number}": getattr(row, name) for name in editor.NAMES}
    return found | more


@pytest.fixture
def desk(client, provisioner):
    """The template's page, its rows as stored, and how to send it."""
    key, given = _stored(provisioner)
    client.get(f"{PAGE}/{key}")

    def send(rows, **more):
        return client.post(f"{PAGE}/{key}", data=_sent(rows, **more))

    return editor.rows_of(given.buttons), send


def test_the_list_has_the_words_of_the_contract(reader):
    page = reader.get(PAGE).text
    for word in ("Name", "Template for models", "Action", "Filter", "used by 1 device", "yealink/*"):
        assert word in page


def test_a_template_is_added_and_opened(client, provisioner):
    client.get(f"{PAGE}?add=1")
    response = client.post(PAGE, data={"name": "Lobby", "models": "yealink/T4*, yealink/T5*"})
    key, given = _stored(provisioner, "Lobby")
    assert (f"{PAGE}/{key}", ("yealink/T4*", "yealink/T5*")) == (response.location, given.models)


@pytest.mark.parametrize(
    ("sent", "says"),
    [({"name": "Desk"}, "in the list already"), ({"name": "X", "models": "nobody/*"}, "nknown vendor")],
)
def test_what_is_wrong_stands_beside_its_field(client, sent, says):
    client.get(f"{PAGE}?add=1")
    response = client.post(PAGE, data=sent)
    assert (422, True) == (response.status_code, says in response.text)


def test_a_template_is_copied_with_its_buttons(client, provisioner):
    key, given = _stored(provisioner)
    client.get(PAGE)
    client.post(PAGE, data={"name": "Copy of Desk", "models": "yealink/*", "copy_of": str(key)})
    assert given.buttons == _stored(provisioner, "Copy of Desk")[1].buttons


def test_a_save_first_says_which_devices_change_and_how(desk, provisioner):
    rows, send = desk
    page = send([*rows, Row(slot="line:3", value="102", label="Lab")], do="review").text
    assert "changes the files of 1 device." in page
    assert ("linekey.3.label", "Lab") == (page.partition("linekey.3.label")[1], page[page.index("<ins>Lab") + 5 :][:3])
    assert 2 == len(_stored(provisioner)[1].buttons)


def test_a_save_that_was_reviewed_is_done(desk, provisioner):
    rows, send = desk
    assert 303 == send([*rows, Row(slot="line:3", value="102", label="Lab")], do="save").status_code
    assert "Lab" == _stored(provisioner)[1].buttons[2].label


def test_a_look_at_a_change_raises_no_revision(desk, provisioner):
    def revisions():
        with provisioner.database.reading() as session:
            return session.execute(select(Device.id, Device.revision)).all()

    rows, send = desk
    before = revisions()
    send([*rows, Row(slot="line:3", value="102")], do="review")
    assert before == revisions()


def test_a_change_that_changes_no_file_is_saved_at_once(client, provisioner):
    client.get(f"{PAGE}?add=1")
    client.post(PAGE, data={"name": "Lobby", "models": "yealink/*"})
    key, _ = _stored(provisioner, "Lobby")
    sent = _sent([Row(slot="line:1", value="101")], name="Lobby", do="review")
    assert 303 == client.post(f"{PAGE}/{key}", data=sent).status_code


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (Row(slot="knob:1", value="1"), "is no slot"),
        (Row(slot="line:2", value="1"), "taken twice"),
        (Row(slot="line:3", value=""), "needs the number to watch"),
        (Row(slot="line:3", value="1", label="{nonsense}"), "is no placeholder"),
        (Row(slot="line:3", mode="paging", value="10.0.0.1"), "multicast"),
    ],
)
def test_what_is_wrong_with_a_button_stands_in_its_row(desk, row, says):
    rows, send = desk
    response = send([*rows, row], do="review")
    assert (422, True) == (response.status_code, says in response.text)
    assert row.label in response.text


def test_warnings_of_the_model_stand_beside_the_buttons(desk):
    rows, send = desk
    added = [*rows, Row(slot="line:99", value="1"), Row(slot="line:4", mode="mute")]
    page = send(added, do="draw", model="yealink/T46U").text
    assert ("has 27 such keys" in page or "such keys; it is not rendered" in page, "mute becomes none" in page) == (
        True,
        True,
    )


def test_a_range_is_filled(desk):
    rows, send = desk
    page = send(
        rows,
        do="fill",
        **{"fill-first": "098", "fill-last": "101", "fill-slot": "exp1:1", "fill-label": "Ext #", "fill-mode": "blf"},
    ).text
    for text in ('value="exp1:1"', 'value="exp1:4"', 'value="Ext 098"', 'value="101"'):
        assert text in page


def test_a_spreadsheet_is_pasted_over_what_is_there():
    rows = [Row(slot="line:1", mode="line", value="1"), Row(slot="line:2", value="101", label="Old")]
    sent = {"do": "paste", "paste": "line:2\tspeed dial\t555\tNew\n103\tThird\n104", "paste-slot": ""}
    found = editor.changed(rows, sent)
    assert [
        ("line:1", "line", "1"),
        ("line:2", "speed-dial", "555"),
        ("line:3", "blf", "103"),
        ("line:4", "blf", "104"),
    ] == [(row.slot, row.mode, row.value) for row in found]


def test_a_moved_button_takes_its_neighbours_slot():
    rows = [Row(slot="line:1", label="A"), Row(slot="line:5", label="B")]
    assert [("line:1", "B"), ("line:5", "A")] == [(row.slot, row.label) for row in editor.moved(rows, "down-0")]
    assert rows == editor.moved(rows, "up-0")


def test_a_row_is_dropped():
    rows = [Row(slot="line:1"), Row(slot="line:2")]
    assert [Row(slot="line:2")] == editor.changed(rows, {"do": "drop-0"})


def test_a_deleted_template_lets_go(client, provisioner):
    key, _ = _stored(provisioner)
    client.get(f"{PAGE}/{key}")
    client.post(f"{PAGE}/{key}/delete")
    with provisioner.database.reading() as session:
        assert None is session.scalars(select(Device.template_id).where(Device.mac == "805ec0000001")).one()


def test_a_viewer_reads_the_list_only(viewer, provisioner):
    key, _ = _stored(provisioner)
    assert (200, 403) == (viewer.get(PAGE).status_code, viewer.get(f"{PAGE}/{key}").status_code)
    viewer.post(PAGE, data={"name": "Mine"})
    assert (None, None) == _stored(provisioner, "Mine")
