"""Every kind of change raises the revisions of exactly the devices that show it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from provisioner.services import devices, extensions, locations, templates, tenants
from provisioner.services.change import Change
from provisioner.services.schemas import DeviceIn
from provisioner.store.database import Database
from provisioner.store.revisions import using_template
from provisioner.store.tables import ButtonTemplate, Device
from provisioner.values import Mac
from provisioner.vault import Vault
from tests.services.conftest import BASE, FURTHER, HANDSET, MAIN, PHONE, SECOND, Desk, furnish

ALL = {PHONE, SECOND, BASE, MAIN, FURTHER}
HQ = {"name": "HQ", "city": "Chicago", "timezone": "America/Chicago"}
SIP = {"server": "pbx.acme.example"}
PHONE_IS = {
    "mac": PHONE,
    "vendor": "yealink",
    "model": "T46U",
    "extensions": ["100"],
    "template": "Front",
    "location": "HQ",
}
DND, REDIAL = {"slot": "line:3", "mode": "dnd"}, {"slot": "line:3", "mode": "redial"}


def gone(noun: str, name: str) -> Callable[[Desk], object]:
    """Removing something."""

    def remove(desk: Desk) -> None:
        with desk.changing() as (change, tenant):
            rows = change.rows(tenant)
            if noun == "devices":
                devices.remove(change, tenant, [devices.named(rows, name)])
            else:
                service = {"locations": locations, "extensions": extensions, "button_templates": templates}[noun]
                service.remove(change, tenant, getattr(rows, noun).get(name))

    return remove


CHANGES: dict[str, tuple[Callable[[Desk], object], set[str]]] = {
    "tenant: a setting": (lambda d: d.make(name="Acme Dental", sip={"server": "b"}), ALL),
    "tenant: its name": (lambda d: d.make(name="Acme", sip=SIP), ALL),
    "tenant: a secret": (lambda d: d.make(name="Acme Dental", sip=SIP, phone={"admin_password": "x"}), ALL),
    "tenant: a native key": (lambda d: d.make(name="Acme Dental", sip=SIP, settings={"yealink": {"a": "b"}}), ALL),
    "tenant: an owner": (lambda d: d.make(name="Acme Dental", sip=SIP, owners={"sip.expires": "phone"}), ALL),
    "tenant: a default template": (
        lambda d: d.make(name="Acme Dental", sip=SIP, default_templates={"yealink/*": "Other"}),
        ALL,
    ),
    "tenant: who may ask": (
        lambda d: d.make(name="Acme Dental", sip=SIP, access="network", networks=["10.0.0.0/8"], pairing_minutes=5),
        set(),
    ),
    "location: of a device": (lambda d: d.location(name="HQ", city="X"), {PHONE}),
    "location: of an extension": (lambda d: d.location(name="Lab", timezone="Europe/Berlin"), {SECOND}),
    "location: new": (lambda d: d.location(name="Attic"), set()),
    "location: new default": (lambda d: d.location(name="Attic", default=True), ALL),
    "location: made default": (lambda d: d.location(**HQ, default=True), ALL),
    "location: gone": (gone("locations", "HQ"), {PHONE}),
    "location: gone from an extension": (gone("locations", "Lab"), {SECOND}),
    "extension: its name": (lambda d: d.extension(number="100", name="Ann"), {PHONE}),
    "extension: its password": (lambda d: d.extension(number="101", location="Lab", password="other"), {SECOND}),
    "extension: its location": (lambda d: d.extension(number="101", location="HQ"), {SECOND}),
    "extension: no location": (lambda d: d.extension(number="101"), {SECOND}),
    "extension: a first location": (lambda d: d.extension(number="100", location="HQ"), {PHONE}),
    "extension: its template": (lambda d: d.extension(number="101", location="Lab", template="Front"), {SECOND}),
    "extension: a setting": (lambda d: d.extension(number="100", sip={"srtp": "mandatory"}), {PHONE}),
    "extension: its buttons": (lambda d: d.extension(number="100", buttons=[DND]), {PHONE}),
    "extension: on a handset": (lambda d: d.extension(number="102", name="Cordless"), {BASE}),
    "extension: new": (lambda d: d.extension(number="103", location="HQ", buttons=[DND]), set()),
    "extension: gone": (gone("extensions", "102"), {BASE}),
    "template: a button": (lambda d: d.template(name="Front", models=["yealink/T4*"], buttons=[REDIAL]), {PHONE}),
    "template: its models": (lambda d: d.template(name="Front", models=["yealink/T3*"], buttons=[DND]), {PHONE}),
    "template: a native key": (
        lambda d: d.template(name="Front", models=["yealink/T4*"], buttons=[DND], settings={"yealink": {"a": "b"}}),
        {PHONE},
    ),
    "template: that nobody uses": (lambda d: d.template(name="Other", buttons=[REDIAL]), set()),
    "template: new": (lambda d: d.template(name="New", buttons=[DND]), set()),
    "template: gone": (gone("button_templates", "Front"), {PHONE}),
    "device: its name": (lambda d: d.device(**PHONE_IS, name="Front desk"), {PHONE}),
    "device: its serial number": (lambda d: d.device(**PHONE_IS, serial="123"), set()),
    "device: its extensions": (lambda d: d.device(**{**PHONE_IS, "extensions": ["102"]}), {PHONE, BASE}),
    "device: its buttons": (lambda d: d.device(**PHONE_IS, buttons=[DND]), {PHONE}),
    "device: a setting": (lambda d: d.device(**PHONE_IS, locale={"language": "de"}), {PHONE}),
    "device: a native key": (lambda d: d.device(**PHONE_IS, settings={"yealink": {"a": None}}), {PHONE}),
    "device: its location": (lambda d: d.device(**{**PHONE_IS, "location": "Lab"}), {PHONE}),
    "device: new": (lambda d: d.device(mac="80:5e:c0:00:00:0f", model="T46U", extensions=["100"]), set()),
    "device: gone": (gone("devices", SECOND), set()),
    "handset: its name": (lambda d: d.device(ipei=HANDSET, base=BASE, extensions=["102"], name="H"), {BASE}),
    "handset: its slot": (lambda d: d.device(ipei=HANDSET, base=BASE, extensions=["102"], slot=4), {BASE}),
    "handset: its extensions": (lambda d: d.device(ipei=HANDSET, base=BASE), {BASE}),
    "handset: moved": (lambda d: d.device(ipei=HANDSET, base=MAIN, extensions=["102"]), {BASE, MAIN}),
    "handset: new": (lambda d: d.device(base=BASE, slot=5), {BASE}),
    "handset: gone": (gone("devices", HANDSET), {BASE}),
    "further base: its name": (lambda d: d.device(mac=FURTHER, model="W90B", base=MAIN, name="F"), {FURTHER, MAIN}),
    "further base: new": (lambda d: d.device(mac="80:5e:c0:00:00:0f", model="W90B", base=MAIN), {MAIN}),
    "further base: gone": (gone("devices", FURTHER), {MAIN}),
    "main base: its name": (lambda d: d.device(mac=MAIN, model="W90DM", name="M"), {MAIN, FURTHER}),
    "webhook": (lambda d: d.webhook(event="a", url="https://x/"), set()),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_raises_exactly_who_shows_it(practice: Desk, change: str) -> None:
    action, expected = CHANGES[change]
    assert expected == practice.raised(lambda: action(practice))


def test_a_default_template_is_shown_by_those_without_their_own(practice: Desk) -> None:
    practice.make(name="Acme Dental", sip=SIP, default_templates={"*": "Other"})
    practice.template(name="Front", models=["*"], buttons=[DND])
    assert ALL - {PHONE} == practice.raised(lambda: practice.template(name="Other", buttons=[REDIAL]))
    assert ALL == practice.raised(lambda: gone("button_templates", "Other")(practice))


def test_a_default_template_is_shown_by_those_whose_own_is_not_for_their_model(practice: Desk) -> None:
    practice.make(name="Acme Dental", sip=SIP, default_templates={"*": "Other"})
    practice.template(name="Front", models=["yealink/T3*"], buttons=[DND])
    before = practice.profile(PHONE).buttons
    assert PHONE in practice.raised(lambda: practice.template(name="Other", buttons=[REDIAL]))
    assert before != practice.profile(PHONE).buttons


def test_the_template_of_an_extension_is_shown_by_its_device(practice: Desk) -> None:
    practice.extension(number="101", location="Lab", template="Other")
    assert {SECOND} == practice.raised(lambda: practice.template(name="Other", buttons=[REDIAL]))


def test_no_change_raises_nobody(practice: Desk) -> None:
    def again() -> None:
        practice.make(name="Acme Dental", sip=SIP)
        practice.location(**HQ)
        practice.template(name="Front", models=["yealink/T4*"], buttons=[DND])
        practice.extension(number="101", location="Lab")
        practice.device(**PHONE_IS)
        practice.device(ipei=HANDSET, base=BASE, extensions=["102"])

    audits = len(practice.audits())
    assert set() == practice.raised(again)
    assert audits == len(practice.audits())


def test_very_many_buttons_change_at_once(practice: Desk) -> None:
    """SQLite takes a thousand clauses in one statement; a phone with key modules has nearly as many buttons."""
    practice.make(name="Acme Dental", sip=SIP, default_templates={"*": "Front"})

    def keys(value: str) -> list[dict[str, str]]:
        return [{"slot": f"exp{m}:{n}", "mode": "blf", "value": value} for m in range(1, 10) for n in range(1, 61)]

    practice.template(name="Front", buttons=keys("100"))
    assert ALL == practice.raised(lambda: practice.template(name="Front", buttons=keys("101")))
    assert ALL == practice.raised(lambda: practice.template(name="Front", buttons=[]))


@pytest.mark.parametrize(("name", "models", "slot"), [("Front", ["yealink/T4*"], "line:3"), ("Other", [], "line:4")])
def test_the_devices_that_can_change_with_a_template_are_those_whose_revision_it_raises(
    practice: Desk, name: str, models: list[str], slot: str
) -> None:
    practice.make(name="Acme Dental", default_templates={"yealink/*": "Other"})
    with practice.reading() as session:
        row = session.scalars(select(ButtonTemplate).where(ButtonTemplate.name == name)).one()
        where = using_template(session, row.id, row.tenant_id)
        told = {str(Mac(mac or "")) for mac in session.scalars(select(Device.mac).where(where))}
    buttons = [{"slot": slot, "mode": "hold"}]
    assert told == practice.raised(lambda: practice.template(name=name, models=models, buttons=buttons))


def test_a_change_that_is_only_tried_leaves_nothing(database: Database, vault: Vault) -> None:
    furnish(Desk(database, vault))
    with database.reading() as session:
        before = session.execute(select(Device.id, Device.revision, Device.name)).all()
    with database.trying() as session, Change(session, vault, "ann") as change:
        tenant = tenants.find(session, "acme")
        assert tenant
        given = {"mac": PHONE, "vendor": "yealink", "model": "T46U", "name": "Tried"}
        assert "changed" == devices.put(change, tenant, DeviceIn(**given)).kind
    with database.reading() as session:
        assert before == session.execute(select(Device.id, Device.revision, Device.name)).all()
