"""Two tenants with a few devices each, made through the services, for tests of the portal."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from provisioner import accounts
from provisioner.answer import Provisioner
from provisioner.app import open_provisioner
from provisioner.recognise import Ask
from provisioner.services import devices, extensions, locations, templates, tenants
from provisioner.services.change import Change
from provisioner.services.schemas import DeviceIn, ExtensionIn, LocationIn, TemplateIn, TenantIn
from provisioner.settings import Installation
from provisioner.store.tables import (
    Device,
    Extension,
    Job,
    JobItem,
    RequestCount,
    Seen,
    Sighting,
    Tenant,
    UnknownDevice,
    Upload,
    User,
    now,
)

PASSWORD = "correct horse battery"
AGENT = "Yealink SIP-T46U 108.86.0.90 {mac}"


def installation(directory: Path, **settings: Any) -> Installation:
    """An installation in this directory, whatever the environment says."""
    return Installation(data_dir=directory, public_url="https://prov.example", **settings)


def open_world(directory: Path, **settings: Any) -> Provisioner:
    """An empty installation with one server-wide account."""
    provisioner = open_provisioner(installation(directory, **settings), create=True)
    with provisioner.database.writing() as session:
        accounts.add_user(session, "root", PASSWORD, "server")
    return provisioner


def add_tenant(provisioner: Provisioner, slug: str, name: str, start: int = 0) -> None:
    """A tenant with a location, a template, two extensions, three phones, a DECT base and a handset."""
    mac = f"805ec0{start:04x}{{:02x}}"
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
        tenants.put(change, TenantIn(tenant=slug, name=name, networks=("10.20.0.0/16",)))
        tenant = tenants.find(session, slug)
        assert tenant
        locations.put(change, tenant, _hq())
        templates.put(change, tenant, _front_desk())
        for number, who in (("100", "Front office"), ("101", "Workshop")):
            extensions.put(change, tenant, ExtensionIn(number=number, name=who, password=f"pw-{slug}-{number}"))
        for given in (
            {"mac": mac.format(1), "name": "Front desk", "model": "T46U", "extensions": ("100",), "template": "Desk"},
            {"mac": mac.format(2), "name": "Workshop", "model": "T54W", "extensions": ("101",), "location": "HQ"},
            {"mac": mac.format(3), "name": "Store room", "model": "T46U"},
            {"mac": mac.format(4), "name": "DECT", "model": "W70B"},
        ):
            devices.put(change, tenant, DeviceIn(vendor="yealink", **given))
        devices.put(change, tenant, DeviceIn(ipei=f"0x0{start + 1:04x}00001", base=mac.format(4), name="Handset"))


def _hq() -> LocationIn:
    return LocationIn(
        name="HQ", street="Main St", house_number="1", city="Chicago", state="IL", postal_code="60601", country="US",
        timezone="America/Chicago", emergency_number="911", emergency_callback="+13125550100",
    )  # fmt: skip


def _front_desk() -> TemplateIn:
    buttons: Sequence[dict[str, str]] = (
        {"slot": "line:1", "mode": "line", "value": "1", "label": "{name}"},
        {"slot": "line:2", "mode": "blf", "value": "101", "label": "Workshop"},
    )
    return TemplateIn(name="Desk", models=("yealink/*",), buttons=buttons)


def add_account(provisioner: Provisioner, name: str, role: str, slug: str | None = None) -> None:
    """A portal account with the password of all tests; a user's is that of extension 100."""
    with provisioner.database.writing() as session:
        tenant = session.scalars(select(Tenant).where(Tenant.slug == slug)).one() if slug else None
        accounts.add_user(session, name, PASSWORD, role, tenant, extension="100" if role == "user" else None)


def see(provisioner: Provisioner, mac: str, *, late: bool = False, outcome: str = "served", ago_s: int = 60) -> None:
    """Note that a device asked, and was served what it has now, or what it had before its last change."""
    with provisioner.database.writing() as session:
        device = session.scalars(select(Device).where(Device.mac == mac)).one()
        at = now() - timedelta(seconds=ago_s)
        served = outcome == "served"
        session.merge(
            Seen(
                device_id=device.id, at=at, address="10.20.0.7", user_agent=AGENT.format(mac=mac), file=f"{mac}.cfg",
                outcome=outcome, served_at=at if served else None,
                served_revision=device.revision - late if served else None,
            )
        )  # fmt: skip
        session.add(
            Sighting(
                device_id=device.id, at=at, transport="http", address="10.20.0.7", user_agent=AGENT.format(mac=mac),
                version="108.86.0.90", file=f"{mac}.cfg", outcome=outcome, proof="token" if served else None,
                size=1234, revision=device.revision,
            )
        )  # fmt: skip


def add_unknown(provisioner: Provisioner, mac: str, address: str = "10.20.3.4", model: str | None = "T46U") -> None:
    """A phone that asked and belongs to nobody."""
    with provisioner.database.writing() as session:
        session.add(
            UnknownDevice(
                mac=mac, at=now(), address=address, user_agent=AGENT.format(mac=mac), vendor="yealink", model=model
            )
        )


def furnish(provisioner: Provisioner) -> None:
    """Everything that a person can meet: two tenants, all roles, long names, other scripts, every state."""
    add_tenant(provisioner, "acme", "Acme Dental")
    add_tenant(provisioner, "beta", "Beta School", 0x100)
    for name, role in (("ann", "admin"), ("vic", "viewer"), ("uma", "user")):
        add_account(provisioner, name, role, "acme")
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
        tenant = tenants.find(session, "acme")
        assert tenant
        people = (
            "Zoë",
            "מוקד תמיכה",
            "受付 東京",
            "Reception of the east wing, second floor, behind the lift",
            "O’Brien",
        )
        models = ("T46U", "T54W", "T57W", "T33G")
        for number in range(20, 90):
            extensions.put(
                change, tenant, ExtensionIn(number=str(1000 + number), name=people[number % 5], password="x")
            )
            given = {
                "mac": f"805ec00001{number:02x}", "name": people[number % 5] if number % 3 else f"Room {number}",
                "vendor": "yealink", "model": models[number % 4], "extensions": (str(1000 + number),),
            }  # fmt: skip
            devices.put(change, tenant, DeviceIn(**given))
    for number in range(20, 90):
        if number % 4:
            late, outcome = number % 7 == 0, "refused" if number % 11 == 0 else "served"
            see(provisioner, f"805ec00001{number:02x}", late=late, outcome=outcome, ago_s=number * number * 60)
    provisioner.answer(
        Ask(path="/805ec0000001.cfg", user_agent=AGENT.format(mac="80:5e:c0:00:00:01"), address="10.20.0.7")
    )
    provisioner.sightings.flush()
    see(provisioner, "805ec0000001")
    with provisioner.database.writing() as session:
        for number, device in enumerate(session.scalars(select(Device).where(Device.mac.is_not(None)))):
            if number % 5 in (1, 2):
                device.state, device.paired_at, device.open_until = "paired", now() - timedelta(hours=number), None
                device.firmware = "108.86.0.90" if number % 2 else "108.86.0.20"
            if number % 9 == 0:
                device.state, device.open_until = "blocked", None
    _add_oddities(provisioner)
    for number in range(3):
        add_unknown(provisioner, f"805ec0ee000{number}", model=None if number == 2 else "T46U")


LONG = "Vermittlung und Telefonzentrale im Erdgeschoss des Hauptgebäudes, hinter der Pforte links"
FORTY = "Donaudampfschifffahrtskapitänskajütentür"


def _add_oddities(provisioner: Provisioner) -> None:
    """Names as long as they may be, labels of forty letters without a gap, and words from right to left."""
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "ann") as change:
        tenant = tenants.find(session, "acme")
        assert tenant
        place = {"street": FORTY, "city": "תל אביב-יפו", "state": FORTY, "country": "IL", "emergency_number": "100"}
        locations.put(change, tenant, LocationIn(name=LONG, active=False, **place))
        locations.put(change, tenant, LocationIn(name="סניף מרכזי", **place))
        labels = (FORTY, "שולחן קבלה", LONG[:80], "受付", "{name}")
        buttons = [
            {
                "slot": f"line:{number}",
                "mode": "blf",
                "value": f"10{number:02}",
                "label": labels[number % 5],
                "name": LONG,
            }
            for number in range(1, 13)
        ]
        templates.put(change, tenant, TemplateIn(name=LONG, models=("yealink/T4*", "yealink/T5*"), buttons=buttons))
        for number, name in (("1020", LONG), ("1021", FORTY), ("1022", "מוקד תמיכה טכנית ושירות לקוחות")):
            given = {"number": number, "name": name, "password": "x", "location": LONG, "template": LONG}
            extensions.put(change, tenant, ExtensionIn(**given))
        devices.put(
            change,
            tenant,
            DeviceIn(mac="805ec0000120", name=LONG, vendor="yealink", model="T46U", extensions=("1020",)),
        )
    with provisioner.database.writing() as session:
        extension = session.scalars(select(Extension).where(Extension.number == "1020")).one()
        session.scalars(select(User).where(User.name == "uma")).one().extension_id = extension.id
        accounts.add_user(session, f"{FORTY}@{FORTY}.example", PASSWORD, "viewer", session.get(Tenant, 1))
        accounts.add_token(session, FORTY + FORTY, "viewer", session.get(Tenant, 1), 30)
        job = Job(tenant_id=1, actor="ann", action="block", finished_at=now())
        session.add(job)
        session.flush()
        for state in ("done", "failed"):
            says = "the phone does not answer, and the reason for it is " + FORTY
            session.add(JobItem(job_id=job.id, subject=f"80:5e:c0:00:00:01 {LONG}", state=state, says=says, at=now()))
        ann = session.scalars(select(User).where(User.name == "ann")).one()
        upload = Upload(tenant_id=1, user_id=ann.id, kind="devices", name=f"{FORTY}.csv")
        sheet = f"MAC,Vendor,Model,Name\n805ec0000777,yealink,T46U,{LONG}\n805ec,?,,מוקד\n8.05EC0E+11,yealink,T46U,x\n"
        sealed = base64.b64encode(sheet.encode()).decode()
        upload.sealed_data = provisioner.vault.seal(f"upload/{upload.uid}/data", sealed)
        session.add(upload)
        hour = now().replace(minute=0, second=0, microsecond=0)
        for back in range(1, 48):
            session.add(
                RequestCount(tenant_id=1, hour=hour - timedelta(hours=back), outcome="served", requests=back * 7)
            )
