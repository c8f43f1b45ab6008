"""The devices page: search, order, pages, selection, actions and their jobs."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from admin import jobs
from admin.actions import confirms
from admin.lists.devices import TABLE
from provisioner.services import devices, resync
from provisioner.services.change import Change
from provisioner.services.schemas import DeviceIn
from provisioner.sip import Reply
from provisioner.store.tables import Audit, Device, Job, JobItem, Selected, Tenant, now
from tests.portal import world

DEVICES = "/portal/advanced/device-management"
FIRST, SECOND, THIRD, BASE = (f"805ec000000{n}" for n in (1, 2, 3, 4))


def _shown(client, query="", tab="mac"):
    page = client.get(f"{DEVICES}?tab={tab}&{query}").text
    return re.findall(r'device-management/([0-9A-Za-z-]+)">[0-9a-f:-]+</a><button', page)


def _id(provisioner, mac):
    with provisioner.database.reading() as session:
        return session.scalars(select(Device.id).where(Device.mac == mac)).one()


def _device(provisioner, mac):
    with provisioner.database.reading() as session:
        return session.scalars(select(Device).where(Device.mac == mac)).one()


def test_the_tabs_count_devices_and_handsets(reader):
    page = reader.get(DEVICES).text
    assert re.search(r'MAC<span class="count">4</span>.*IPEI<span class="count">1</span>', page, re.DOTALL)


def test_the_ten_columns_stand_in_the_order_of_the_contract(reader):
    page = reader.get(DEVICES).text
    titles = re.findall(r"<th scope=\"col\".*?>([A-Z]+)<svg", page)
    assert ["MAC", "PAIRING", "NAME", "VENDOR", "MODEL", "VERSION", "ADDRESS", "RPS", "EXTENSION", "TEMPLATE"] == titles


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("80:5e:c0:00:00:02", [SECOND]),
        ("805EC0000002", [SECOND]),
        ("80-5E-C0-00-00-02", [SECOND]),
        ("805e.c000.0002", [SECOND]),
        ("80 5e c0 00 00 02", [SECOND]),
        ("000002", [SECOND]),
        ("store", [THIRD]),
        ("Front office", [FIRST]),
        ("101", [SECOND]),
        ("T54", [SECOND]),
        ("model:t46", [FIRST, THIRD]),
        ("vendor:Yealink model:W70B", [BASE]),
        ("template:desk", [FIRST]),
        ("location:HQ", [SECOND]),
        ("extension:100", [FIRST]),
        ("pairing:closed", []),
        ("name:%", []),
        ("_____", []),
        ('name:"Store room"', [THIRD]),
        ("nonsense:word", []),
    ],
)
def test_the_search_understands(reader, search, found):
    assert found == _shown(reader, f"q={search.replace(' ', '+').replace('%', '%25')}")


@pytest.mark.parametrize("search", ["00001-0000001-3", "00001-0000001", "0000100001", "00001", "Handset"])
def test_a_handset_is_found_by_its_ipei_in_any_notation(reader, search):
    assert 1 == reader.get(f"{DEVICES}?tab=ipei&q={search}").text.count("data-row=")


def test_silent_devices_are_found(client, provisioner):
    world.see(provisioner, FIRST, ago_s=60)
    world.see(provisioner, SECOND, ago_s=8 * 86400)
    assert [SECOND, THIRD, BASE] == _shown(client, "q=silent:>7d")
    assert [FIRST] == _shown(client, "q=silent:<1h")
    assert [THIRD, BASE] == _shown(client, "q=silent:never")


def test_devices_that_did_not_fetch_their_last_change_are_found(client, provisioner):
    world.see(provisioner, FIRST)
    world.see(provisioner, SECOND, late=True)
    assert [SECOND] == _shown(client, "q=is:late")
    assert [THIRD, BASE] == _shown(client, "q=is:new")


def test_a_window_that_ran_out_is_closed(client, provisioner):
    with provisioner.database.writing() as session:
        session.scalars(select(Device).where(Device.mac == FIRST)).one().open_until = now() - timedelta(minutes=1)
    assert [FIRST] == _shown(client, "q=pairing:closed")
    assert FIRST not in _shown(client, "q=pairing:open")


@pytest.mark.parametrize("column", [column.key for column in TABLE.columns])
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_column_sorts_and_says_so(reader, column, sign):
    page = reader.get(f"{DEVICES}?sort={sign}{column}&columns={column}").text
    assert f'aria-sort="{"descending" if sign else "ascending"}"' in page
    assert 4 == page.count("data-row=")


def test_names_sort_in_both_directions(reader):
    assert [BASE, FIRST, THIRD, SECOND] == _shown(reader, "sort=name")
    assert [SECOND, THIRD, FIRST, BASE] == _shown(reader, "sort=-name")


def test_an_unknown_order_or_length_is_the_usual_one(reader):
    assert [FIRST, SECOND, THIRD, BASE] == _shown(reader, "sort=password&per_page=9999&page=77")


@pytest.fixture
def many(provisioner):
    """Seventy more phones."""
    with provisioner.database.writing() as session, Change(session, provisioner.vault, "test") as change:
        tenant = session.scalars(select(Tenant).where(Tenant.slug == "acme")).one()
        for number in range(70):
            given = DeviceIn(mac=f"805ec00002{number:02x}", vendor="yealink", model="T46U", name=f"Many {number}")
            devices.put(change, tenant, given)
    return provisioner


def test_pages_are_counted_and_lead_on(client, many):
    first = client.get(f"{DEVICES}?q=Many").text
    assert "1–25 of 70" in first
    assert f'href="{DEVICES}?q=Many&amp;page=2"' in first
    assert "51–70 of 70" in client.get(f"{DEVICES}?q=Many&page=3").text
    assert "51–70 of 70" in client.get(f"{DEVICES}?q=Many&page=99").text
    assert "1–50 of 70" in client.get(f"{DEVICES}?q=Many&per_page=50").text


def test_a_page_of_the_list_costs_a_handful_of_queries(client, many):
    statements = []

    def listen(_connection, _cursor, text, *_):
        statements.append(text)

    event.listen(many.database.engine, "before_cursor_execute", listen)
    client.get(f"{DEVICES}?q=Many&per_page=50")
    few = len(statements)
    statements.clear()
    client.get(f"{DEVICES}?q=Many&per_page=25")
    event.remove(many.database.engine, "before_cursor_execute", listen)
    assert few == len(statements) <= 10


def test_columns_are_remembered_in_their_order(client):
    client.get(DEVICES)
    order = ["name", "mac", "model"]
    client.post("/portal/columns/devices", data={"order": order, "show": ["name", "mac"], "back": DEVICES})
    page = client.get(DEVICES).text
    assert ["NAME", "MAC"] == re.findall(r"<th scope=\"col\".*?>([A-Z]+)<svg", page)
    client.post("/portal/columns/devices", data={"reset": "1", "back": DEVICES})
    assert 10 == len(re.findall(r"<th scope=\"col\".*?>([A-Z]+)<svg", client.get(DEVICES).text))


def test_a_column_moves_without_a_script(client):
    client.get(DEVICES)
    everything = [column.key for column in TABLE.columns]
    client.post("/portal/columns/devices", data={"order": everything, "show": everything[:3], "up": "name"})
    titles = re.findall(r"<th scope=\"col\".*?>([A-Z]+)<svg", client.get(DEVICES).text)
    assert ["MAC", "NAME", "PAIRING"] == titles


def test_ticks_survive_paging_and_searching(client, many):
    client.get(DEVICES)
    keys = [_id(many, "805ec0000200"), _id(many, "805ec0000245")]
    for key, query in ((keys[0], "Many"), (keys[1], "Many 69")):
        client.post(f"{DEVICES}/select", data={"row": [str(key)], "shown": [str(key)], "q": query})
    assert "2 selected" in client.get(f"{DEVICES}?q=Store").text
    assert "checked" in client.get(f"{DEVICES}?q=Many+69").text


def test_all_matching_are_selected_in_one_go(client, many):
    client.get(DEVICES)
    response = client.post(f"{DEVICES}/select", data={"do": "all", "q": "Many"}, follow_redirects=True)
    assert "70 selected" in response.text
    assert "0 selected" in client.post(f"{DEVICES}/select", data={"do": "none"}, follow_redirects=True).text


def test_nobody_ticks_what_is_anothers(client, provisioner):
    theirs = _id(provisioner, "805ec0010001")
    client.get(DEVICES)
    client.post(f"{DEVICES}/select", data={"row": [str(theirs)], "shown": [str(theirs)]})
    with provisioner.database.reading() as session:
        assert 0 == session.scalar(select(func.count()).select_from(Selected))


def _choose(client, provisioner, action, *macs):
    client.get(DEVICES)
    keys = [str(_id(provisioner, mac)) for mac in macs]
    return client.post(f"{DEVICES}/action", data={"action": action, "row": keys, "shown": keys})


def test_an_action_needs_devices_and_a_choice(client, provisioner):
    response = _choose(client, provisioner, "block")
    assert "Select at least one device" in client.get(response.location).text
    response = _choose(client, provisioner, "", FIRST)
    assert "Please select an action" in client.get(response.location).text


def test_nothing_happens_before_the_preview_is_confirmed(client, provisioner):
    response = _choose(client, provisioner, "block", FIRST, SECOND)
    page = client.get(response.location).text
    assert "2 devices change" in page
    assert "open" == _device(provisioner, FIRST).state


def test_blocking_several_wants_the_number_typed(client, provisioner):
    response = _choose(client, provisioner, "block", FIRST, SECOND)
    assert "Type 2 to block them" in client.get(response.location).text
    refused = client.post(response.location)
    assert (422, True) == (refused.status_code, "Type 2 to confirm." in refused.text)
    assert "open" == _device(provisioner, FIRST).state


def test_blocking_one_asks_for_no_number(client, provisioner):
    response = _choose(client, provisioner, "block", FIRST)
    assert 'name="count"' not in client.get(response.location).text
    client.post(response.location)
    assert "blocked" == _device(provisioner, FIRST).state


@pytest.mark.parametrize("typed", ["1204", "1,204", "1.204", "1 204", "1\u202f204"])
def test_a_number_may_be_typed_as_it_is_shown(typed):
    assert confirms(typed, 1204)


@pytest.mark.parametrize("typed", ["", "0", "120", "12 04x", "-1204"])
def test_another_number_confirms_nothing(typed):
    assert not confirms(typed, 1204)


def test_blocking_is_a_job_with_an_outcome_for_each(client, provisioner):
    response = _choose(client, provisioner, "block", FIRST, SECOND)
    done = client.post(response.location, data={"count": "2"}, follow_redirects=True)
    assert ("2 of 2" in done.text, done.text.count("pill good")) == (True, 2)
    assert "blocked" == _device(provisioner, FIRST).state
    with provisioner.database.reading() as session:
        audits = session.scalars(select(Audit).where(Audit.actor == "ann")).all()
    assert [{"pairing": ["open", "blocked"]}] * 2 == [audit.changes for audit in audits]
    assert "0 selected" in client.get(DEVICES).text


def test_what_cannot_change_is_told_with_its_reason(client, provisioner):
    client.post(_choose(client, provisioner, "block", FIRST).location)
    page = client.get(_choose(client, provisioner, "block", FIRST, SECOND).location).text
    assert "1 device changes, 1 cannot" in page
    assert "it is blocked already" in page


def test_pairing_opens_for_the_minutes_asked(client, provisioner):
    response = _choose(client, provisioner, "open", FIRST)
    assert 422 == client.post(response.location, data={"minutes": "0"}).status_code
    client.post(response.location, data={"minutes": "5"})
    left = _device(provisioner, FIRST).open_until - now()
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)


def test_closing_makes_the_token_worthless(client, provisioner):
    before = _device(provisioner, FIRST).generation
    client.post(_choose(client, provisioner, "close", FIRST).location)
    after = _device(provisioner, FIRST)
    assert ("closed", before + 1) == (after.state, after.generation)


def test_a_template_and_a_location_are_assigned(client, provisioner):
    template = _device(provisioner, FIRST).template_id
    client.post(_choose(client, provisioner, "template", THIRD).location, data={"template": str(template)})
    location = _device(provisioner, SECOND).location_id
    client.post(_choose(client, provisioner, "location", THIRD).location, data={"location": str(location)})
    third = _device(provisioner, THIRD)
    assert (template, location) == (third.template_id, third.location_id)


def test_another_tenants_template_is_not_to_be_had(client, provisioner):
    theirs = _device(provisioner, "805ec0010001").template_id
    response = client.post(_choose(client, provisioner, "template", THIRD).location, data={"template": str(theirs)})
    assert 404 == response.status_code


def test_deleting_wants_the_number_typed(client, provisioner):
    response = _choose(client, provisioner, "delete", FIRST, BASE)
    assert 422 == client.post(response.location, data={"count": "1"}).status_code
    done = client.post(response.location, data={"count": "2"}, follow_redirects=True)
    assert "deleted with 1 handset" in done.text
    assert [SECOND, THIRD] == _shown(client)
    assert [] == _shown(client, tab="ipei")


def test_resync_tells_of_each_phone_what_came_of_it(client, provisioner, monkeypatch):
    world.see(provisioner, FIRST)
    monkeypatch.setattr(resync, "notify", lambda notice, timeout_s: Reply(200, notice.address))
    response = _choose(client, provisioner, "resync", FIRST, SECOND)
    page = client.post(response.location, follow_redirects=True).text
    assert "sent, the phone answered 200" in page
    assert "never served: no address to ask at" in page
    assert "Retry the one that failed" in page


@pytest.mark.parametrize("action", ["rps", "nonsense", "export"])
def test_what_cannot_be_done_here_has_no_page(reader, action):
    assert 404 == reader.get(f"{DEVICES}/action/{action}").status_code


def test_a_device_that_is_gone_fails_alone_and_can_be_tried_again(client, provisioner):
    with provisioner.database.reading() as session:
        tenant_id = session.scalars(select(Tenant.id).where(Tenant.slug == "acme")).one()
    job = Job(tenant_id=tenant_id, actor="ann", action="block", arguments={})
    items = [(_id(provisioner, FIRST), "first"), (_id(provisioner, "805ec0010001"), "another tenant's")]
    job_id = jobs.begin(provisioner, job, items)
    with provisioner.database.reading() as session:
        rows = session.scalars(select(JobItem).order_by(JobItem.id)).all()
    assert [("done", "blocked"), ("failed", "the device is gone")] == [(row.state, row.says) for row in rows]
    page = client.get(f"/portal/jobs/{job_id}").text
    assert "Retry the one that failed" in page
    assert "open" == _device(provisioner, "805ec0010001").state


def test_a_big_job_runs_in_chunks_and_can_be_cancelled(many, client, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 0)
    monkeypatch.setattr(jobs, "go_on", lambda *_: None)
    client.get(DEVICES)
    client.post(f"{DEVICES}/select", data={"do": "all", "q": "Many"})
    response = client.post(f"{DEVICES}/action/block", data={"count": "70"})
    job_id = int(response.location.rpartition("/")[2])
    assert jobs._chunk(many, job_id)
    assert "50 of 70" in client.get(response.location).text
    client.post(f"{response.location}/cancel")
    jobs.run(many, job_id)
    page = client.get(response.location).text
    assert "Cancelled" in page
    with many.database.reading() as session:
        assert 50 == session.scalar(select(func.count()).where(Device.state == "blocked"))


def test_a_job_is_run_by_one_process_at_a_time(provisioner):
    with provisioner.database.writing() as session:
        job = Job(tenant_id=1, actor="x", action="block", lease_until=now() + timedelta(minutes=1))
        session.add(job)
        session.flush()
        job_id = job.id
    assert not jobs._take(provisioner, job_id)
    provisioner.clock = lambda: now() + timedelta(minutes=2)
    assert jobs._take(provisioner, job_id)


def test_the_export_holds_exactly_what_the_list_finds(reader):
    text = reader.get(f"{DEVICES}/export.csv?q=T46U").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [("80:5e:c0:00:00:01", "100", "Desk"), ("80:5e:c0:00:00:03", "", "")] == [
        (row["mac"], row["extensions"], row["template"]) for row in rows
    ]


def test_a_spreadsheet_runs_nothing_of_an_export(client, provisioner):
    with provisioner.database.writing() as session:
        session.scalars(select(Device).where(Device.mac == FIRST)).one().name = "=1+1"
    assert "'=1+1" in client.get(f"{DEVICES}/export.csv").text


def test_a_script_gets_the_list_alone_and_nothing_when_it_is_the_same(reader):
    asked = {"HX-Request": "true", "HX-Target": "list"}
    part = reader.get(DEVICES, headers=asked).text
    version = re.search(r"have=([0-9a-f]+)", part)[1]
    assert ("<html" in part, 'id="list"' in part) == (False, True)
    assert 204 == reader.get(f"{DEVICES}?have={version}", headers=asked).status_code


def test_the_three_lamps_say_what_is_known(client, provisioner):
    world.see(provisioner, FIRST)
    world.see(provisioner, SECOND, late=True)
    world.see(provisioner, THIRD, outcome="refused")
    page = client.get(DEVICES).text
    lamps = re.findall(r'class="lamp (\w+)"', page)
    assert ["unknown", "on", "on"] == lamps[0:3]
    assert ["unknown", "on", "late"] == lamps[3:6]
    assert ["unknown", "off", "unknown"] == lamps[6:9]


def test_an_empty_list_teaches(root, provisioner):
    with provisioner.database.writing() as session:
        session.add(Tenant(slug="new", name="New"))
    root.get(DEVICES)
    root.post("/portal/switch-tenant", data={"slug": "new"})
    page = root.get(DEVICES).text
    assert ("No devices yet" in page, "https://prov.example/" in page) == (True, True)


def test_a_search_without_hits_can_be_cleared(reader):
    page = reader.get(f"{DEVICES}?q=nothing+like+it").text
    assert "Clear the search" in page


# --- adding


def test_a_device_is_added_and_the_form_is_ready_for_the_next(client, provisioner):
    client.get(f"{DEVICES}/add")
    response = client.post(
        f"{DEVICES}/add", data={"mac": "80-5E-C0-77-00-01", "model": "T46U", "extensions": "100 101"}
    )
    page = client.get(response.location).text
    assert ("80:5e:c0:77:00:01 is added" in page, '<option value="T46U" selected>' in page) == (True, True)
    device = _device(provisioner, "805ec0770001")
    assert ("yealink", "open") == (device.vendor, device.state)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"mac": "805ec077", "model": "T46U"}, "8 hex digits and a MAC has 12"),
        ({"mac": "8.05E+11", "model": "T46U"}, "spreadsheet"),
        ({"mac": "805ec0000001", "model": "T46U"}, "in the list already (Front desk)"),
        ({"mac": "805ec0010001", "model": "T46U"}, "is already in use"),
        ({"mac": "805ec0770001", "model": "T46U", "extensions": "999"}, "no extension"),
        ({"mac": "805ec0770001"}, "Fill this in."),
        ({"mac": "020000000001", "model": "T46U"}, "the MAC tells no vendor"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(reader, sent, says):
    reader.get(f"{DEVICES}/add")
    response = reader.post(f"{DEVICES}/add", data={"name": "Typed before", **sent})
    assert (422, True, True) == (response.status_code, says in response.text, "Typed before" in response.text)


def test_another_tenants_claim_is_named_only_to_who_may_know(client, root):
    for browser, named in ((client, False), (root, True)):
        browser.get(f"{DEVICES}/add")
        response = browser.post(f"{DEVICES}/add", data={"mac": "805ec0010001", "model": "T46U"})
        assert named == ("beta" in response.text)


def test_a_handset_is_added_to_its_base(client):
    client.get(f"{DEVICES}/add?kind=ipei")
    response = client.post(
        f"{DEVICES}/add?kind=ipei", data={"ipei": "57005-0782068-7", "base": BASE, "name": "New one"}
    )
    assert 303 == response.status_code
    assert "57005-0782068-7" in client.get(f"{DEVICES}?tab=ipei").text


@pytest.mark.parametrize(
    ("mac", "says"),
    [("805ec0880001", "Yealink"), ("805ec0000001", "in the list already: Front desk"), ("12", "2 hex digits")],
)
def test_a_mac_is_judged_while_it_is_typed(reader, mac, says):
    assert says in reader.get(f"{DEVICES}/check-mac?mac={mac}").text


PASTED = """80:5E:C0:66:00:01\tFront desk
805ec0660002, Lobby
80 5e c0 66 00 03 Kitchen; second floor
805ec0660001
805ec0000001
805ec0010001
8.05E+11
hello
"""


def test_a_pasted_list_is_judged_line_by_line_before_anything_is_added(client, provisioner):
    client.get(f"{DEVICES}/paste")
    page = client.post(f"{DEVICES}/paste", data={"list": PASTED, "model": "T46U", "do": "check"}).text
    assert "3 can be added, 5 cannot" in page
    for says in ("the same as line 1", "in the list already: Front desk", "is already in use", "spreadsheet"):
        assert says in page
    with provisioner.database.reading() as session:
        assert 0 == session.scalar(select(func.count()).where(Device.mac.like("805ec066%")))


def test_what_is_right_of_a_pasted_list_is_added(client):
    client.get(f"{DEVICES}/paste")
    page = client.post(
        f"{DEVICES}/paste", data={"list": PASTED, "model": "T46U", "do": "add"}, follow_redirects=True
    ).text
    assert "3 devices added" in page
    assert ["805ec0660001", "805ec0660002", "805ec0660003"] == _shown(client, "q=805ec066")
    assert "Kitchen; second floor" in client.get(f"{DEVICES}?q=Kitchen").text


# --- seen, not added


def test_what_was_seen_is_added_with_one_click(client, provisioner):
    world.add_unknown(provisioner, "805ec0550001")
    assert "80:5e:c0:55:00:01" in client.get(f"{DEVICES}/seen").text
    page = client.post(f"{DEVICES}/seen/805ec0550001/add", follow_redirects=True).text
    assert ("is added" in page, "T46U" in page) == (True, True)
    assert "80:5e:c0:55:00:01" not in client.get(f"{DEVICES}/seen").text


def test_nobody_sees_where_another_tenants_phones_stand(client, root, provisioner):
    world.add_unknown(provisioner, "805ec0550002", address="203.0.113.9")
    assert "80:5e:c0:55:00:02" not in client.get(f"{DEVICES}/seen").text
    assert "80:5e:c0:55:00:02" in root.get(f"{DEVICES}/seen").text
    client.post(f"{DEVICES}/seen/805ec0550002/add")
    assert [] == _shown(client, "q=805ec055")


def test_a_network_of_ours_shows_no_phone_that_stands_beside_another_tenants(client, provisioner):
    with provisioner.database.reading() as session:
        theirs = session.scalars(
            select(Device.mac).join(Tenant).where(Tenant.slug == "beta", Device.mac.is_not(None)).limit(1)
        ).one()
    world.see(provisioner, theirs)
    world.add_unknown(provisioner, "805ec0550004", address="10.20.0.7")
    world.add_unknown(provisioner, "805ec0550005", address="10.20.0.8")
    page = client.get(f"{DEVICES}/seen").text
    assert ("80:5e:c0:55:00:04" in page, "80:5e:c0:55:00:05" in page) == (False, True)


def test_a_phone_behind_an_address_of_ours_is_seen(client, provisioner):
    world.see(provisioner, FIRST)
    world.add_unknown(provisioner, "805ec0550003", address="10.20.0.7")
    assert "80:5e:c0:55:00:03" in client.get(f"{DEVICES}/seen").text
