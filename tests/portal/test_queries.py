"""How many SQL statements each list page takes: as many for a hundred rows as for three."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, text

from admin.lists.devices import TABLE, on_tab
from provisioner.services import devices, extensions, locations, templates, tenants
from provisioner.services.change import Change
from provisioner.services.schemas import DeviceIn, ExtensionIn, LocationIn, TemplateIn
from provisioner.store.tables import ApiToken, Device, Job, JobItem
from tests.portal import world
from tests.portal.conftest import _copied, logged_in, portal_of

DEVICES = "/portal/advanced/device-management"
LITERALLY = {"literal_binds": True}
PAGES = {
    DEVICES: 8,
    f"{DEVICES}?tab=ipei": 8,
    f"{DEVICES}?q=room": 8,
    f"{DEVICES}?q=room&page=2": 8,
    f"{DEVICES}?q=room&page=99": 10,
    f"{DEVICES}?q=room&sort=-extension": 8,
    f"{DEVICES}?q=vendor:yealink+silent:%3E7d": 8,
    f"{DEVICES}?sort=-template&per_page=100": 8,
    f"{DEVICES}?page=2": 8,
    f"{DEVICES}/seen": 5,
    "/portal/advanced/extensions": 7,
    "/portal/advanced/locations": 9,
    "/portal/advanced/location-assignments": 9,
    "/portal/advanced/button-templates": 8,
    "/portal/jobs": 6,
    "/portal/jobs/1": 6,
    "/portal/users": 5,
    "/portal/tokens": 5,
    "/portal/audit": 5,
    "/portal/home": 9,
    "/portal/tenant": 2,
    "/portal/tenant/settings": 2,
    f"{DEVICES}/805ec0aa0001/pairing": 7,
}


@contextmanager
def counted(provisioner):
    """The statements that are sent meanwhile."""
    sent = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(provisioner.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(provisioner.database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def crowded(seed, tmp_path_factory):
    """Acme with a hundred of everything."""
    for provisioner in _copied(seed, tmp_path_factory.mktemp("crowded")):
        with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
            acme = tenants.find(session, "acme")
            for number in range(100):
                locations.put(change, acme, LocationIn(name=f"Room {number}"))
                templates.put(change, acme, TemplateIn(name=f"Desk {number}"))
                extensions.put(
                    change, acme, ExtensionIn(number=f"2{number:03}", location=f"Room {number}", template="Desk")
                )
                given = {
                    "mac": f"805ec0aa00{number:02x}",
                    "vendor": "yealink",
                    "model": "T46U",
                    "name": f"Room {number}",
                }
                devices.put(change, acme, DeviceIn(**given, extensions=(f"2{number:03}",), template=f"Desk {number}"))
                handset = {"ipei": f"0x000{number:02x}00001", "base": "805ec0000004", "extensions": (f"2{number:03}",)}
                devices.put(change, acme, DeviceIn(**handset))
            for number in range(100):
                session.add(ApiToken(name=f"script {number}", digest=str(number), role="viewer", tenant_id=acme.id))
                job = Job(tenant_id=acme.id, actor="ann", action="block", finished_at=change.clock())
                session.add(job)
                session.flush()
                session.add(JobItem(job_id=job.id, subject="x", state="done"))
        for number in range(100):
            world.see(provisioner, f"805ec0aa00{number:02x}")
            world.add_account(provisioner, f"person{number}", "viewer", "acme")
        yield provisioner


@pytest.fixture(scope="module")
def visitor(crowded, cookies):
    return logged_in(portal_of(crowded), cookies["ann"])


@pytest.mark.parametrize(("path", "most"), list(PAGES.items()), ids=list(PAGES))
def test_a_page_of_a_hundred_rows_takes_these_statements(crowded, visitor, path, most):
    with counted(crowded) as sent:
        assert 200 == visitor.get(path).status_code
    assert most == len(sent), "\n".join(sent)


def test_an_export_takes_two_statements_for_five_hundred_devices(crowded, visitor):
    with counted(crowded) as sent:
        assert 200 == visitor.get(f"{DEVICES}/export.csv").status_code
    assert 5 == len(sent)


def test_a_selection_of_all_takes_as_many_statements_as_one_of_few(crowded, visitor):
    visitor.get(DEVICES)
    with counted(crowded) as sent:
        visitor.post(f"{DEVICES}/select", data={"do": "all"})
    assert len(sent) <= 6, "\n".join(sent)


@pytest.mark.parametrize("sort", [column.key for column in TABLE.columns])
@pytest.mark.parametrize("q", ["", "room"])
def test_the_pages_of_a_list_are_its_order_cut_into_pieces(crowded, q, sort):
    with crowded.database.reading() as session:
        asked = {"q": q, "sort": sort, "per_page": "25"}
        pages = [TABLE.look(session, select(Device), {**asked, "page": str(one)}, path="") for one in range(1, 11)]
        state = TABLE.state(asked)
        whole = session.scalars(TABLE.ordered(select(Device.id).where(*TABLE.clauses(state)), state)).all()
    cut = [key for one in pages[: pages[0].pages] for key in one.keys]
    assert (list(whole), {len(whole)}) == (cut, {one.total for one in pages})
    assert pages[0].pages > 3


@pytest.mark.parametrize(
    "asked",
    [
        *(
            {"sort": sort}
            for sort in ("mac", "name", "version", "serial", "address", "template", "location", "extension")
        ),
        *({"q": words} for words in ("1234", "workshop", "name:x", "location:x")),
    ],
    ids=str,
)
def test_the_list_of_devices_is_read_from_an_index(crowded, asked):
    with crowded.database.reading() as session:
        state = TABLE.state(asked)
        query = select(Device.id).where(Device.tenant_id == 1, on_tab("mac"), *TABLE.clauses(state))
        plan = TABLE.ordered(query, state).limit(25).compile(crowded.database.engine, compile_kwargs=LITERALLY)
        steps = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {plan}".replace(":", r"\:")))]
    assert any("device USING COVERING INDEX ix_device_list" in step for step in steps), steps
