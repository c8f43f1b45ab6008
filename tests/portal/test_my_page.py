"""The page of an extension's user: their own buttons, and nothing that is not theirs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from provisioner.store.tables import Audit, Button, Device, Extension, User

MINE = "/portal/my-page"


@pytest.fixture
def mine(user, provisioner):
    """Uma has extension 100, whose phone is the front desk."""
    with provisioner.database.writing() as session:
        account = session.scalars(select(User).where(User.name == "uma")).one()
        account.extension_id = _extension(session).id
    user.get(MINE)
    return user


def _extension(session):
    return session.scalars(select(Extension).where(Extension.number == "100", Extension.tenant_id == 1)).one()


def _stored(provisioner):
    with provisioner.database.reading() as session:
        return [(one.slot, one.mode, one.value, one.label, one.fixed) for one in _extension(session).buttons]


def _fix(provisioner, slot, **owner):
    with provisioner.database.writing() as session:
        if owner:
            session.add(Button(slot=slot, mode="blf", value="101", fixed=True, **owner))
        else:
            session.scalars(select(Button).where(Button.slot == slot, Button.template_id == 1)).one().fixed = True


def _send(browser, *rows, **more):
    form = {"rows": str(len(rows)), "do": "save", **more}
    for number, row in enumerate(rows):
        form |= {f"{name}-{number}": value for name, value in row.items()}
    return browser.post(MINE, data=form)


KEY = {"slot": "line:5", "mode": "speed-dial", "value": "0049301234", "label": "Home"}


def test_a_user_begins_at_their_own_page(mine):
    assert MINE == mine.get("/portal/").location


def test_it_shows_the_extension_and_what_the_phones_keys_do(mine):
    page = mine.get(MINE).text
    assert ("Front office" in page, "T46U" in page, "line:2" in page) == (True, True, True)


def test_an_own_button_is_stored_and_raises_the_phones_revision(mine, provisioner):
    def revision():
        with provisioner.database.reading() as session:
            return session.scalars(select(Device.revision).where(Device.mac == "805ec0000001")).one()

    before = revision()
    assert 303 == _send(mine, KEY).status_code
    assert [("line:5", "speed-dial", "0049301234", "Home", False)] == _stored(provisioner)
    assert before < revision()


def test_who_changed_it_is_in_the_audit_log(mine, provisioner):
    _send(mine, KEY)
    with provisioner.database.reading() as session:
        assert "uma" == session.scalars(select(Audit.actor).where(Audit.subject == "extension 100")).all()[-1]


def test_a_deleted_row_is_gone(mine, provisioner):
    _send(mine, KEY)
    _send(mine, {**KEY, "delete": "1"}, **{"delete-0": "1"})
    assert [] == _stored(provisioner)


@pytest.mark.parametrize("owner", [{}, {"device_id": 1}, {"extension_id": 1}])
def test_a_slot_that_is_fixed_stays_as_it_is(mine, provisioner, owner):
    _fix(provisioner, "line:2", **owner)
    response = _send(mine, {**KEY, "slot": "line:2"})
    assert (422, True) == (response.status_code, "is fixed" in response.text)
    assert ("line:2", "speed-dial") not in [row[:2] for row in _stored(provisioner)]


def test_what_is_fixed_for_the_extension_survives_the_users_saving(mine, provisioner):
    _fix(provisioner, "line:3", extension_id=1)
    _send(mine, KEY)
    assert {("line:3", True), ("line:5", False)} == {(row[0], row[4]) for row in _stored(provisioner)}


@pytest.mark.parametrize("mode", ["native", "url", "xml", "local"])
def test_modes_that_reach_into_the_phone_are_not_for_users(mine, provisioner, mode):
    response = _send(mine, {**KEY, "mode": mode, "value": "https://x.example/"})
    assert (422, []) == (response.status_code, _stored(provisioner))


def test_a_user_cannot_fix_a_button(mine, provisioner):
    _send(mine, KEY, **{"fixed-0": "1"})
    assert [False] == [row[4] for row in _stored(provisioner)]


def test_what_is_wrong_stands_beside_its_row_and_nothing_typed_is_lost(mine, provisioner):
    response = _send(mine, KEY, {**KEY, "slot": "line:6", "value": ""})
    assert (422, []) == (response.status_code, _stored(provisioner))
    assert ("0049301234" in response.text, "the number to dial" in response.text) == (True, True)


def test_the_same_slot_twice_is_refused(mine, provisioner):
    assert (422, []) == (_send(mine, KEY, {**KEY, "label": "Other"}).status_code, _stored(provisioner))


def test_an_account_without_an_extension_has_no_such_page(client):
    assert 404 == client.get(MINE).status_code


def test_the_menu_of_a_user_has_this_page_alone(mine):
    page = mine.get(MINE).text
    assert (MINE in page, "/portal/advanced/" in page, "/portal/users" in page) == (True, False, False)
