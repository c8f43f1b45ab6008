"""A device's own settings are kept at each change, sealed and bounded, and can be put back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from provisioner.errors import Invalid
from provisioner.services import devices, versions
from provisioner.services.versions import Version
from provisioner.store.tables import DeviceVersion
from tests.services.conftest import PHONE, SECOND, Desk

KEY = {"yealink": {"static.security.user_password": "admin:old", "features.dnd.enable": "0"}}
BUTTON = {"slot": "line:5", "mode": "blf", "value": "101", "label": "Lab"}


def history(desk: Desk, address: str = PHONE) -> list[Version]:
    row = desk.row(address)
    with desk.reading() as session:
        return versions.history(session, desk.vault, row.id)


def put(desk: Desk, **fields: Any) -> None:
    given = {"mac": PHONE, "vendor": "yealink", "model": "T46U", "extensions": ["100"], "template": "Front"}
    desk.device(**{**given, "location": "HQ", **fields})


def roll_back(desk: Desk, version_id: int, address: str = PHONE) -> devices.Outcome:
    row = desk.row(address)
    with desk.changing() as (change, tenant):
        return devices.roll_back(change, tenant, change.session.get_one(type(row), row.id), version_id)


def dumped(desk: Desk) -> Any:
    with desk.reading() as session:
        return devices.dump(desk.vault, session.merge(desk.row(PHONE), load=False))


def test_the_first_change_keeps_what_was_before_it_too(practice: Desk) -> None:
    put(practice, phone={"vlan": 20})
    assert [("ann", {"phone": {"vlan": {"id": 20}}}), ("", {})] == [(one.actor, one.own) for one in history(practice)]


def test_a_change_of_something_else_keeps_no_version(practice: Desk) -> None:
    put(practice, name="Front desk", extensions=["101"])
    assert [] == history(practice)


def test_rolling_back_gives_settings_native_keys_and_buttons_as_they_were(practice: Desk) -> None:
    put(practice, phone={"vlan": 20}, owners={"calls.dnd": "phone"}, settings=KEY, buttons=[BUTTON])
    before = dumped(practice)
    put(practice, sip={"expires": 300}, settings={"yealink": {"features.dnd.enable": "1"}})
    roll_back(practice, history(practice)[1].id)
    assert before == dumped(practice)


def test_rolling_back_takes_a_secret_away_that_was_not_there(practice: Desk) -> None:
    put(practice, phone={"vlan": 20})
    put(practice, phone={"vlan": 20, "admin_password": "hunter2"}, settings=KEY)
    roll_back(practice, history(practice)[1].id)
    assert (None, {}) == (dumped(practice).phone.admin_password, dumped(practice).settings)


def test_rolling_back_leaves_lines_template_and_name_alone(practice: Desk) -> None:
    put(practice, phone={"vlan": 20})
    put(practice, name="Lobby", extensions=["101"], template="Other", phone={"vlan": 30})
    roll_back(practice, history(practice)[1].id)
    now = dumped(practice)
    assert ("Lobby", ("101",), "Other", 20) == (now.name, now.extensions, now.template, now.phone.vlan.id)


def test_rolling_back_raises_the_revision_and_tells_the_audit_log_to_when(practice: Desk) -> None:
    put(practice, phone={"vlan": 20})
    first = history(practice)[-1].id
    assert {PHONE} == practice.raised(lambda: roll_back(practice, first))
    last = practice.audits()[-1].changes
    assert ["phone.vlan", "rolled back to"] == list(last)


def test_a_version_of_another_device_cannot_be_put_back(practice: Desk) -> None:
    put(practice, phone={"vlan": 20})
    with pytest.raises(Invalid, match="no such version of this device"):
        roll_back(practice, history(practice)[0].id, SECOND)


def test_the_versions_of_a_device_are_bounded(practice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "KEPT", 3)
    for vlan in range(10, 20):
        put(practice, phone={"vlan": vlan})
    assert [19, 18, 17] == [one.own["phone"]["vlan"]["id"] for one in history(practice)]


def test_a_version_is_sealed_and_the_audit_log_holds_no_secret_of_it(practice: Desk) -> None:
    put(practice, phone={"admin_password": "hunter2-hunter2"}, settings=KEY)
    with practice.reading() as session:
        stored = session.scalars(select(DeviceVersion.sealed_own)).all()
    assert not any(b"hunter2" in one or b"admin:old" in one for one in stored)
    assert "hunter2" not in practice.everything()


def test_set_own_replaces_what_put_would_keep(practice: Desk) -> None:
    put(practice, settings=KEY)
    row = practice.row(PHONE)
    with practice.changing() as (change, tenant):
        mine = change.session.get_one(type(row), row.id)
        devices.set_own(change, tenant, mine, settings={"yealink": {"features.dnd.enable": "1"}})
    assert {"yealink": {"features.dnd.enable": "1"}} == dumped(practice).settings
