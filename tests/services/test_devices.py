"""Devices: how they come, pair, move and go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from provisioner.errors import Invalid
from provisioner.services import devices
from provisioner.services.change import Taken
from provisioner.services.rows import Rows
from provisioner.services.schemas import DeviceIn
from provisioner.store.database import Database
from provisioner.store.tables import Device, DeviceLine, Tenant, now
from provisioner.vault import Vault
from tests.services.conftest import BASE, FURTHER, HANDSET, MAIN, NOON, PHONE, SECOND, Desk

T46U = {"mac": PHONE, "vendor": "yealink", "model": "T46U"}


def test_a_new_devices_window_opens_for_the_tenants_minutes(desk: Desk) -> None:
    desk.device(**T46U)
    row = desk.row(PHONE)
    assert ("open", NOON + timedelta(minutes=1440)) == (row.state, row.open_until)


def test_a_window_of_no_minutes_stays_closed(desk: Desk) -> None:
    desk.make(pairing_minutes=0)
    desk.device(**T46U)
    assert ("closed", None) == (desk.row(PHONE).state, desk.row(PHONE).open_until)


def test_a_handset_has_no_window(practice: Desk) -> None:
    assert "closed" == practice.row(HANDSET).state


def paired(desk: Desk) -> None:
    """The phone is paired, as the gate would write it."""
    with desk.writing() as session:
        session.execute(update(Device).values(state="paired", paired_at=now(), firmware="108.86.0.20", generation=3))


def test_a_change_keeps_the_pairing_and_the_token(practice: Desk) -> None:
    paired(practice)
    before = practice.row(PHONE)
    practice.device(mac=PHONE, vendor="yealink", model="T46U", name="Elsewhere", location="Lab")
    after = practice.row(PHONE)
    for name in ("id", "public_id", "generation", "state", "paired_at", "firmware"):
        assert getattr(before, name) == getattr(after, name)


def test_another_model_forgets_the_firmware_and_keeps_the_pairing(practice: Desk) -> None:
    paired(practice)
    practice.device(mac=PHONE, vendor="yealink", model="T48U")
    assert (None, "paired") == (practice.row(PHONE).firmware, practice.row(PHONE).state)


def test_a_device_can_get_another_mac(practice: Desk) -> None:
    with practice.changing() as (change, tenant):
        row = change.rows(tenant).devices.get(DeviceIn(**T46U).mac)
        outcome = devices.put(change, tenant, DeviceIn(**{**T46U, "mac": "80:5e:c0:00:00:99"}), row)
    assert ("changed", "mac") == (outcome.kind, outcome.fields[0])
    assert "80:5e:c0:00:00:99" in practice.revisions()
    assert PHONE not in practice.revisions()


def test_a_mac_of_the_same_tenant_is_not_given_twice(practice: Desk) -> None:
    with practice.changing() as (change, tenant):
        row = devices.named(change.rows(tenant), PHONE)
        with pytest.raises(Taken, match=f"{SECOND} is already in use"):
            devices.put(change, tenant, DeviceIn(**{**T46U, "mac": SECOND}), row)


@pytest.mark.parametrize("fields", [T46U, {"ipei": HANDSET, "base": "80:5e:c0:00:00:aa"}])
def test_a_claim_on_another_tenants_device_names_nobody(practice: Desk, fields: dict[str, str]) -> None:
    rival = Desk(practice.database, practice.vault, "rival", practice.session)
    rival.make()
    rival.device(mac="80:5e:c0:00:00:aa", model="W70B")
    with pytest.raises(Taken, match="is already in use") as caught:
        rival.device(**fields)
    assert "acme" not in str(caught.value)


def test_who_may_see_it_is_told_the_tenant(practice: Desk) -> None:
    rival = Desk(practice.database, practice.vault, "rival", practice.session)
    rival.make()
    with (
        pytest.raises(Taken, match="is already in use by tenant acme"),
        rival.changing(names_tenants=True) as (change, tenant),
    ):
        devices.put(change, tenant, DeviceIn(**T46U))


def test_a_claim_that_comes_between_is_refused_by_the_database(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, rival = Desk(database, vault), Desk(database, vault, "rival")
    ours.make()
    rival.make()
    ours.device(**T46U)
    monkeypatch.setattr(Rows, "claimed", lambda *_: None)  # what we saw a moment ago
    with pytest.raises(Taken, match="look again"):
        rival.device(**T46U)
    assert "acme" == tenant_of(database)


def tenant_of(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(Tenant.slug).join(Device)).one()


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"extensions": ["100", "999"]}, "extensions.1", "no extension '999'"),
        ({"template": "Nobody"}, "template", "no button template"),
        ({"location": "Nowhere"}, "location", "no location"),
        ({"base": "80:5e:c0:00:00:77"}, "base", "there is no base"),
        ({"base": SECOND}, "base", "takes no handsets"),
        ({"base": FURTHER}, "base", "another base itself"),
    ],
)
def test_what_a_device_refers_to_must_be_there(
    practice: Desk, fields: dict[str, object], field: str, part: str
) -> None:
    with pytest.raises(Invalid) as caught:
        practice.device(**T46U, **fields)
    assert [field] == [problem.field for problem in caught.value.problems]
    assert part in str(caught.value)


def test_a_base_has_only_so_many_slots(practice: Desk) -> None:
    with pytest.raises(Invalid, match="W70B takes 10 handsets"):
        practice.device(base=BASE, slot=11)


def test_a_slot_has_one_handset(practice: Desk) -> None:
    practice.device(ipei=HANDSET, base=BASE, slot=2)
    with pytest.raises(Taken, match="this slot is already in use"):
        practice.device(ipei="57005-0782068-7", base=BASE, slot=2)


def test_a_handset_without_an_ipei_is_known_by_its_slot(practice: Desk) -> None:
    assert "added" == practice.device(base=BASE, slot=3, name="Three").kind
    assert "unchanged" == practice.device(base=BASE, slot=3, name="Three").kind
    assert ("name",) == practice.device(base=BASE, slot=3).fields


def test_a_handset_on_its_slot_gets_its_ipei_later(practice: Desk) -> None:
    practice.device(base=BASE, slot=3, name="Three")
    outcome = practice.device(ipei="57005-0782068-7", base=BASE, slot=3, name="Three")
    assert ("changed", ("ipei",)) == (outcome.kind, outcome.fields)


def test_a_base_that_leads_others_cannot_follow(practice: Desk) -> None:
    with pytest.raises(Invalid, match="leads handsets or bases"):
        practice.device(mac=BASE, model="W70B", base=MAIN)


def test_removing_a_base_removes_its_handsets(practice: Desk) -> None:
    with practice.changing() as (change, tenant):
        gone = devices.remove(change, tenant, [devices.named(change.rows(tenant), BASE)])
    assert [f"- device {BASE}", f"- device {HANDSET}"] == list(map(str, gone))
    assert BASE not in practice.revisions()


def test_removing_a_main_base_is_refused_while_others_follow_it(practice: Desk) -> None:
    with pytest.raises(Invalid, match="main base"), practice.changing() as (change, tenant):
        devices.remove(change, tenant, [devices.named(change.rows(tenant), MAIN)])
    assert MAIN in practice.revisions()


@pytest.mark.parametrize("spelling", [PHONE, "805EC0000001", "80-5e-c0-00-00-01", "805e.c000.0001"])
def test_a_device_is_found_in_every_spelling(practice: Desk, spelling: str) -> None:
    with practice.changing() as (change, tenant):
        assert "805ec0000001" == devices.named(change.rows(tenant), spelling).mac


@pytest.mark.parametrize(("text", "part"), [("80:5e:c0:00:00:ff", "there is no device"), ("x", "is not a MAC")])
def test_a_device_that_is_not_there_is_said_so(practice: Desk, text: str, part: str) -> None:
    with pytest.raises(Invalid, match=part), practice.changing() as (change, tenant):
        devices.named(change.rows(tenant), text)


def lines(desk: Desk) -> list[tuple[int, int]]:
    with desk.reading() as session:
        rows = session.scalars(select(DeviceLine).order_by(DeviceLine.device_id, DeviceLine.position))
        return [(row.position, row.extension_id) for row in rows if row.device_id == desk.row(PHONE).id]


@pytest.mark.parametrize("wanted", [["101"], ["101", "100"], ["100", "101", "102"], []])
def test_extensions_stand_on_their_lines(practice: Desk, wanted: list[str]) -> None:
    practice.device(**T46U, extensions=["100", "101"])
    practice.device(**T46U, extensions=wanted)
    with practice.changing() as (change, tenant):
        row = devices.named(change.rows(tenant), PHONE)
        assert tuple(wanted) == devices.dump(change.vault, row).extensions
    assert list(range(1, len(wanted) + 1)) == [position for position, _ in lines(practice)]


def test_buttons_become_others(desk: Desk) -> None:
    old = [{"slot": "1", "mode": "dnd"}, {"slot": "2", "mode": "blf", "value": "100"}, {"slot": "3", "mode": "redial"}]
    new = [{"slot": "3", "mode": "redial"}, {"slot": "2", "mode": "blf", "value": "101"}, {"slot": "4", "mode": "menu"}]
    desk.device(**T46U, buttons=old)
    assert ("buttons",) == desk.device(**T46U, buttons=new).fields
    assert "unchanged" == desk.device(**T46U, buttons=new).kind
