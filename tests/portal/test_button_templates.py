"""Button templates: the list, the editor, and what a save would do."""

from __future__ import annotations

import pytest
from lxml import html
from sqlalchemy import event, select

from admin.forms import buttons as editor
from admin.forms.buttons import Row
from provisioner.registry import find_model
from provisioner.services import devices, templates, tenants
from provisioner.services.change import Change
from provisioner.services.schemas import DeviceIn
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
    assert ("linekey.3.label", "Lab") == (
        page.partition("linekey.3.label")[1],
        page[page.index("<ins><bdi>Lab") + 10 :][:3],
    )
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


# --- filling and pasting


def _filled(rows, model=None, **sent):
    found = editor.changed(rows, {"do": "fill", **{f"fill-{name}": text for name, text in sent.items()}}, model)
    return [(row.slot, row.value) for row in found]


def test_a_filled_range_takes_the_place_of_what_was_on_its_slots():
    rows = [Row(slot="exp1:1", value="555"), Row(slot="line:1", value="1")]
    assert [("exp1:1", "100"), ("line:1", "1"), ("exp1:2", "101")] == _filled(
        rows, first="100", last="101", slot="exp1:1"
    )


def test_a_range_that_is_longer_than_a_module_goes_on_on_the_next():
    model = find_model("yealink", "T46U")[1]
    found = _filled([], model, first="100", last="139", slot="exp1:50")
    assert 40 == len(found)
    keys = model.expansion.keys
    slots = [slot for slot, _value in found]
    assert f"exp1:{keys}" == slots[slots.index("exp2:1") - 1]


def test_a_range_without_a_model_stays_on_its_module():
    assert "exp1:140" == _filled([], None, first="1", last="140", slot="exp1:1")[-1][0]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"do": "fill", "fill-first": "", "fill-last": "139"}, "first and the last number"),
        ({"do": "fill", "fill-first": "abc", "fill-last": "139"}, "first and the last number"),
        ({"do": "fill", "fill-first": "139", "fill-last": "100"}, "goes upwards"),
        ({"do": "fill", "fill-first": "1", "fill-last": "9999"}, "400 numbers at most"),
        ({"do": "fill", "fill-first": "1", "fill-last": "2", "fill-slot": "knob:1"}, "knob:1 is no slot"),
        ({"do": "paste", "paste": " "}, "Paste the rows"),
        ({"do": "paste", "paste": "101", "paste-slot": "knob:1"}, "knob:1 is no slot"),
    ],
)
def test_a_range_or_list_that_cannot_be_taken_is_told_and_stays_typed(desk, sent, says):
    rows, send = desk
    page = send(rows, **sent).text
    assert says in page
    assert all(f'value="{text}"' in page for name, text in sent.items() if text.strip() and name not in ("do", "paste"))
    assert [("line:1", "1"), ("line:2", "101")] == [(row.slot, row.value) for row in editor.changed(rows, sent)]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("line:4\tblf\t104\tLab", ("line:4", "", "blf", "104", "Lab")),
        ("line:4\tLab key\tBLF\t104\tLab, east", ("line:4", "Lab key", "blf", "104", "Lab, east")),
        ("4\tspeed dial\t+1 312\t", ("4", "", "speed-dial", "+1 312", "")),
        ("104;Lab", ("line:1", "", "blf", "104", "Lab")),
        ("104\tSmith, John", ("line:1", "", "blf", "104", "Smith, John")),
    ],
)
def test_each_way_to_write_a_row_of_a_spreadsheet_is_taken(line, row):
    (found,) = editor.changed([], {"do": "paste", "paste": line})
    assert row == (found.slot, found.name, found.mode, found.value, found.label)


def test_the_heading_of_a_spreadsheet_is_no_button():
    assert 1 == len(editor.changed([], {"do": "paste", "paste": "Slot\tMode\tValue\tLabel\nline:1\tdnd\t\t"}))


# --- which devices, and how


def _many(provisioner, count):
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
        tenant = session.scalars(select(Tenant).where(Tenant.slug == "acme")).one()
        for number in range(count):
            given = {"mac": f"805ec00009{number:02x}", "vendor": "yealink", "model": "T54W", "template": "Desk"}
            devices.put(change, tenant, DeviceIn(**given))


def test_the_devices_that_change_are_listed_page_by_page(desk, provisioner):
    _many(provisioner, 60)
    rows, send = desk
    added = [*rows, Row(slot="line:3", value="102", label="Lab")]
    first, last = (html.fromstring(send(added, do=do).text) for do in ("review", "review-3"))
    assert "A save changes the files of 61 devices." in first.text_content()
    assert (25, 11) == tuple(len(page.xpath("//select[@name='compare']/option")) for page in (first, last))
    assert "Page 3 of 3" in last.text_content()


def test_a_page_beyond_the_last_is_the_last(desk):
    rows, send = desk
    page = send([*rows, Row(slot="line:3", value="102")], do="review-999").text
    assert "files of 1 device." in page


def test_the_difference_of_any_of_them_is_shown_file_by_file(desk, provisioner):
    _many(provisioner, 3)
    rows, send = desk
    page = send([*rows, Row(slot="line:3", value="102", label="Lab")], do="review", compare="805ec0000902").text
    assert "805ec0000902.cfg" in page
    assert "linekey.3.label" in page


def test_the_count_of_devices_does_not_read_them(desk, provisioner):
    _many(provisioner, 60)
    rows, send = desk
    statements = []
    event.listen(provisioner.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    send([*rows, Row(slot="line:3", value="102")], do="review")
    assert len(statements) < 60
    assert not [one for one in statements if one.startswith("UPDATE device")]


def test_devices_that_have_it_as_the_default_of_their_model_count(client, provisioner):
    client.get(f"{PAGE}?add=1")
    client.post(PAGE, data={"name": "Usual", "models": ""})
    key, _given = _stored(provisioner, "Usual")
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
        given = tenants.dump(provisioner.vault, tenants.find(session, "acme"))
        tenants.put(change, given.model_copy(update={"default_templates": {"yealink/*": "Usual"}}))
    sent = _sent([Row(slot="line:9", value="101")], name="Usual", models="", do="review")
    client.get(f"{PAGE}/{key}")
    assert "A save changes the files of 3 devices." in client.post(f"{PAGE}/{key}", data=sent).text


def test_each_model_that_has_it_tells_what_it_does_otherwise(desk):
    rows, send = desk
    page = send([*rows, *(Row(slot=f"exp1:{n}", value=str(n)) for n in range(1, 66))], do="draw").text
    assert "Models that have it" in page
    assert "exp1:61 … exp1:65" in page


def test_the_picture_shows_placeholders_as_an_example_fills_them(desk):
    _rows, send = desk
    drawn = html.fromstring(send([Row(slot="line:1", mode="line", label="{name}")], do="draw").text)
    assert "Front office" in drawn.xpath("string(//*[local-name()='svg'][@data-slot='line:1'])")


def test_a_new_template_begins_in_a_dialog_over_the_list(reader):
    page = html.fromstring(reader.get(f"{PAGE}?add=1").text)
    assert 1 == len(page.xpath("//dialog[@open]//input[@name='name']"))


def test_a_vendors_own_key_of_a_template_is_set_taken_out_and_forgotten(client, provisioner):
    page = f"{PAGE}/1/settings"

    def settings():
        with provisioner.database.reading() as session:
            return templates.dump(provisioner.vault, session.get_one(ButtonTemplate, 1)).settings

    client.get(page)
    before, secret = _revisions(provisioner), {"vendor": "yealink", "key": "wifi.1.password"}
    assert 303 == client.post(page, data={**secret, "value": "hunter22", "do": "set"}).status_code
    assert {"yealink": {"wifi.1.password": "hunter22"}} == settings()
    assert before != _revisions(provisioner)
    shown = client.get(page).text
    assert (True, False) == ("wifi.1.password" in shown, "hunter22" in shown)
    client.post(page, data={"vendor": "yealink", "key": "features.dnd", "do": "drop"})
    assert {"wifi.1.password": "hunter22", "features.dnd": None} == settings()["yealink"]
    client.post(page, data={**secret, "do": "forget"})
    assert {"yealink": {"features.dnd": None}} == settings()
    assert 422 == client.post(page, data={**secret, "vendor": "nobody", "do": "set"}).status_code
    assert "1 key" in client.get(f"{PAGE}/1").text


def _revisions(provisioner):
    with provisioner.database.reading() as session:
        return session.scalars(select(Device.revision).where(Device.template_id == 1).order_by(Device.id)).all()
