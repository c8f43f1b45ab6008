"""What belongs to devices and to the server: files, pairing, jobs, the site file, events."""

from __future__ import annotations

import json
import threading

import pytest
import yaml
from sqlalchemy import delete, select

from admin.api import events
from provisioner.load import Loader
from provisioner.services.pairing import place_of
from provisioner.store.tables import Audit, Device, PairingCode, RepeatedRequest
from tests.api.conftest import Api

PHONE = "/tenants/acme/devices/805ec0000001"
FILE = f"{PHONE}/files/805ec0000001.cfg"
MASKED = "********"


# --- files


def test_a_device_tells_its_files_and_what_it_cannot_do(api):
    told = api.get(f"{PHONE}/files").json
    assert "805ec0000001.cfg" in [one["name"] for one in told["items"]]
    assert isinstance(told["warnings"], list)


def test_a_preview_is_the_file_with_its_secrets_masked(api):
    api.patch("/tenants/acme/extensions/100", {"password": "an-extension-secret"})
    preview = api.get(FILE)
    assert (200, False) == (preview.status_code, "an-extension-secret" in preview.text)
    assert "account.1.user_name = 100" in preview.text


def test_revealing_needs_the_right_and_is_noted(api, viewer, provisioner):
    api.patch("/tenants/acme/extensions/100", {"password": "an-extension-secret"})
    assert 403 == viewer.get(f"{FILE}?reveal=1").status_code
    assert "an-extension-secret" in api.get(f"{FILE}?reveal=1").text
    with provisioner.database.reading() as session:
        row = session.scalars(select(Audit).where(Audit.action == "revealed")).one()
    assert ("token ann", "device 80:5e:c0:00:00:01") == (row.actor, row.subject)


def test_an_explanation_names_where_a_value_comes_from(api):
    told = api.get(f"{FILE}/explain?key=account.1.user_name").json
    assert (1, "100") == (told["total"], told["items"][0]["value"])
    assert "extension" in told["items"][0]["origin"]


def test_a_device_is_explained_file_by_file(api):
    told = api.get(f"{PHONE}/explain").json
    assert {"805ec0000001.cfg"} == {row["file"] for row in told["items"]}
    assert api.get(f"{FILE}/explain").json["total"] == told["total"]
    assert "100" == api.get(f"{PHONE}/explain?key=account.1.user_name").json["items"][0]["value"]


def test_a_file_that_was_never_served_differs_in_nothing(api):
    told = api.get(f"{FILE}/diff").json
    assert (None, []) == (told["served_at"], told["changes"])
    assert told in api.get(f"{PHONE}/diff").json["items"]


def test_a_device_that_cannot_be_rendered_is_a_conflict_and_no_error_of_the_server(api, provisioner):
    with provisioner.database.writing() as session:
        session.scalars(select(Device).where(Device.mac == "805ec0000001")).one().model = "no such model"
    refused = api.get(FILE)
    assert (409, "application/problem+json") == (refused.status_code, refused.content_type)


def test_a_file_of_another_model_is_not_there(api):
    assert 404 == api.get(f"{PHONE}/files/y000000000028.boot").status_code
    assert 404 == api.get(f"{PHONE}/files/..%2f..%2fetc%2fpasswd").status_code


def test_a_device_that_is_removed_while_its_file_is_made_is_not_there(api, monkeypatch):
    load = Loader.load

    def removed_first(loader, session, device_id):
        session.execute(delete(Device).where(Device.id == device_id))
        return load(loader, session, device_id)

    monkeypatch.setattr(Loader, "load", removed_first)
    assert 404 == api.get(FILE).status_code


def test_requests_of_a_device_are_listed(api):
    told = api.get(f"{PHONE}/sightings?outcome=served").json
    assert (1, "805ec0000001.cfg") == (told["total"], told["items"][0]["file"])


# --- pairing, actions


def test_a_window_is_opened_closed_and_the_device_blocked(api):
    opened = api.post(f"{PHONE}/pairing", {"minutes": 60})
    assert (200, "open") == (opened.status_code, opened.json["state"])
    for state in ("closed", "blocked"):
        assert state == api.post(f"{PHONE}/pairing", {"state": state}).json["state"]
        assert state == api.get(PHONE).json["pairing"]["state"] == api.get(f"{PHONE}/pairing").json["state"]


@pytest.mark.parametrize("minutes", [0, -1, 10**9, "60", 1.5, True])
def test_a_window_of_no_sensible_length_is_refused(api, minutes):
    refused = api.post(f"{PHONE}/pairing", {"minutes": minutes})
    assert (422, "minutes") == (refused.status_code, refused.json["errors"][0]["field"])


@pytest.mark.parametrize("path", [f"{PHONE}/pairing-code", "/tenants/acme/pairing-codes"])
def test_a_pairing_code_is_told_once_and_kept_sealed(api, provisioner, path):
    told = api.post(path, {"minutes": 5}).json
    with provisioner.database.reading() as session:
        row = session.scalars(select(PairingCode)).one()
        note = session.scalars(select(Audit).order_by(Audit.id.desc())).first()
    assert told["code"] == provisioner.vault.open_sealed(place_of(row), row.sealed_code)
    assert ("pairing-codes" in path) == (row.device_id is None)
    assert (["pairing_code"], False) == (list(note.changes), told["code"] in str(note.changes))


def test_a_pairing_code_is_not_kept_for_who_sends_the_request_once_more(api, provisioner):
    sent = {"headers": {"Idempotency-Key": "order-1"}}
    codes = {api.post(f"{PHONE}/pairing-code", {}, **sent).json["code"] for _ in range(2)}
    with provisioner.database.reading() as session:
        assert (2, None) == (len(codes), session.scalars(select(RepeatedRequest)).first())


def test_a_viewer_makes_no_pairing_code(viewer):
    assert 403 == viewer.post(f"{PHONE}/pairing-code", {}).status_code
    assert 403 == viewer.post("/tenants/acme/pairing-codes", {}).status_code


def test_a_certificate_is_distrusted_and_trusted_again(api):
    for trusted in (False, True):
        assert {"trusted": trusted} == api.post(f"{PHONE}/certificate", {"trusted": trusted}).json
        assert trusted is api.get(f"{PHONE}/pairing").json["certificate_trusted"]


def test_a_bulk_action_is_a_job_with_an_outcome_for_each_device(api):
    macs = [one["id"] for one in api.get("/tenants/acme/devices?vendor=yealink&fields=id").json["items"]]
    begun = api.post("/tenants/acme/devices/bulk", {"action": "template", "template": "Desk", "devices": macs})
    assert 202 == begun.status_code, begun.text
    job = api.get(begun.headers["Location"].removeprefix("/api/v1")).json
    assert {"done"} == {item["state"] for item in job["items"]}
    assert len(macs) == job["total"] + len(begun.json["left_out"])
    assert "Desk" == api.get(PHONE).json["template"]


def test_nothing_is_taken_away_by_forgetting_to_say_what(api):
    forgotten = {"action": "template", "devices": ["805ec0000001"]}
    refused = api.post("/tenants/acme/devices/bulk", forgotten)
    assert (422, "template") == (refused.status_code, refused.json["errors"][0]["field"])
    assert 202 == api.post("/tenants/acme/devices/bulk", {**forgotten, "template": None}).status_code


def test_what_cannot_be_done_with_a_device_is_said(api):
    api.post(f"{PHONE}/pairing", {"state": "blocked"})
    begun = api.post("/tenants/acme/devices/bulk", {"action": "block", "devices": ["805ec0000001"]}).json
    assert ([], "805ec0000001") == (begun["items"], begun["left_out"][0]["device"])


def test_a_device_that_there_is_not_is_named_by_its_place_and_nothing_happens(api):
    body = {"action": "block", "devices": ["805ec0000001", "805ec0999999", "nonsense"]}
    refused = api.post("/tenants/acme/devices/bulk", body)
    assert ["devices.1", "devices.2"] == [error["field"] for error in refused.json["errors"]]
    assert "blocked" != api.get(PHONE).json["pairing"]["state"]


def test_a_job_is_listed_cancelled_and_retried(api):
    body = {"action": "open", "devices": ["805ec0000001"], "minutes": 5}
    job = api.post("/tenants/acme/devices/bulk", body).json["id"]
    assert job in [one["id"] for one in api.get("/tenants/acme/jobs").json["items"]]
    for what in ("cancel", "retry"):
        assert 202 == api.post(f"/tenants/acme/jobs/{job}/{what}").status_code


# --- the site file


def test_the_site_file_goes_out_and_in_and_changes_nothing(api):
    text = api.get("/tenants/acme/site")
    assert "application/yaml" == text.content_type
    plan = api.send("PUT", "/tenants/acme/site", data=text.data, content_type="application/yaml").json
    assert (0, 0, 0) == (plan["added"], plan["changed"], plan["removed"])


def test_the_site_file_is_json_where_that_is_asked_for(api):
    as_json = api.get("/tenants/acme/site", headers={"Accept": "application/json"}).json
    assert as_json == yaml.safe_load(api.get("/tenants/acme/site").text)
    plan = api.put("/tenants/acme/site?prune=1", as_json).json
    assert (0, 0, 0) == (plan["added"], plan["changed"], plan["removed"])


def test_a_dry_run_tells_the_plan_and_changes_nothing(api):
    body = {"tenant": "acme", "locations": [{"name": "Dry", "country": "US"}]}
    assert 1 == api.put("/tenants/acme/site?dry_run=1", body).json["added"]
    assert 404 == api.get("/tenants/acme/locations/Dry").status_code
    assert 1 == api.put("/tenants/acme/site", body).json["added"]
    assert 200 == api.get("/tenants/acme/locations/Dry").status_code


def test_a_site_file_that_was_changed_since_it_was_read_is_not_written_over(api):
    read = api.get("/tenants/acme/site")
    match = {"headers": {"If-Match": read.headers["ETag"]}, "data": read.data, "content_type": "application/yaml"}
    assert 200 == api.send("PUT", "/tenants/acme/site", **match).status_code
    api.post("/tenants/acme/locations", {"name": "Meanwhile"})
    assert 412 == api.send("PUT", "/tenants/acme/site?prune=1", **match).status_code
    assert 200 == api.get("/tenants/acme/locations/Meanwhile").status_code


def test_an_assignment_lives_twice_and_no_update_is_lost(api):
    path = "/tenants/acme/location-assignments/101"
    api.post("/tenants/acme/locations", {"name": "Annex"})
    for _ in range(2):
        made = api.post("/tenants/acme/location-assignments", {"extension": "101", "location": "HQ"})
        match = {"If-Match": made.headers["ETag"]}
        assert (201, 409) == (made.status_code, api.post("/tenants/acme/location-assignments", made.json).status_code)
        assert "Annex" == api.put(path, {"location": "Annex"}, headers=match).json["location"]
        assert 412 == api.put(path, {"location": "HQ"}, headers=match).status_code
        assert [204, 204, 404] == [
            api.delete(path).status_code,
            api.delete(path).status_code,
            api.get(path).status_code,
        ]


def test_a_site_file_with_errors_names_all_of_them_with_their_lines_and_changes_nothing(api):
    text = "tenant: acme\nlocations:\n  - {name: A, country: XXX}\nextensions:\n  - {number: a b}\n"
    refused = api.send("PUT", "/tenants/acme/site", data=text, content_type="application/yaml")
    assert (422, {3, 5}) == (refused.status_code, {error["line"] for error in refused.json["errors"]})


def test_a_file_of_another_tenant_is_refused(api):
    assert 422 == api.put("/tenants/acme/site", {"tenant": "beta"}).status_code


def test_a_new_tenant_comes_with_its_site_file_for_a_token_of_the_whole_server(root, api):
    body = {"tenant": "delta", "locations": [{"name": "One", "country": "US"}]}
    assert 404 == api.put("/tenants/delta/site", body).status_code
    assert 200 == root.put("/tenants/delta/site", body).status_code
    assert 200 == root.get("/tenants/delta/locations/One").status_code


# --- the server


def test_vendors_are_told_as_the_command_tells_them(viewer):
    vendors = viewer.get("/vendors").json["vendors"]
    yealink = next(one for one in vendors if one["name"] == "yealink")
    assert yealink == viewer.get("/vendors/yealink").json
    assert {"name", "accounts", "line_keys", "files", "source"} <= set(yealink["models"][0])


def test_a_request_is_recognised_alone_and_among_many(viewer):
    agent = "Yealink SIP-T46U 108.86.0.90 80:5e:c0:00:00:01"
    alone = viewer.get("/recognise", query_string={"path": "/805ec0000001.cfg", "user_agent": agent}).json
    many = viewer.post("/recognise", {"requests": [{"path": "/805ec0000001.cfg", "user_agent": agent}] * 2}).json
    assert ("yealink", "T46U", "805ec0000001") == (alone["vendor"], alone["model"], alone["mac"])
    assert [alone, alone] == many["items"]


def test_a_replay_is_for_the_whole_server_only(root, api):
    query = {"path": "/805ec0000001.cfg", "address": "10.20.0.9"}
    assert 403 == api.get("/why", query_string=query).status_code
    assert root.get("/why", query_string=query).json["steps"]


def test_a_replay_is_from_an_address(root):
    refused = root.get("/why?path=/x&address=10.0.0.256")
    assert (422, "address") == (refused.status_code, refused.json["errors"][0]["field"])


def test_a_list_of_macs_is_judged_one_by_one(api):
    macs = ["80:5e:c0:00:00:01", "805EC0-990001", "80:5e:c0:99:00:01", "1.2E+11", "80:5e:c0:01:00:01"]
    items = api.post("/tenants/acme/devices/validate", {"macs": macs}).json["items"]
    assert [False, True, False, False, False] == [item["ok"] for item in items]
    assert ("yealink", "80:5e:c0:99:00:01") == (items[1]["vendor"], items[1]["mac"])
    assert "number 2" in items[2]["problem"]
    assert "spreadsheet" in items[3]["problem"]
    assert (None, False) == (items[4]["device"], "beta" in items[4]["problem"])


def test_phones_that_nobody_added_are_seen_by_whose_network_they_are_in(root, api, app, tokens):
    assert ["80:5e:c0:ee:00:01"] == [one["mac"] for one in api.get("/unknown-devices").json["items"]]
    assert 1 == root.get("/unknown-devices").json["total"]
    assert 200 == Api(app, tokens["bob"]).get("/unknown-devices?q=805ec0ee").status_code


# --- events


def test_events_tell_who_did_what_newest_first(api):
    api.post("/tenants/acme/locations", {"name": "New one"})
    newest = api.get("/tenants/acme/events?per_page=1").json["items"][0]
    assert ("added", "location New one", "token ann") == (newest["action"], newest["subject"], newest["actor"])


@pytest.fixture
def brief(monkeypatch):
    """Streams that end soon."""
    monkeypatch.setattr(events, "LONGEST_S", 0.4)
    monkeypatch.setattr(events, "EVERY_S", 0.02)


def streamed(api, last=None):
    """What a stream tells from beginning to end."""
    headers = {"Last-Event-ID": last} if last else {}
    with api.get("/tenants/acme/events/stream", headers=headers) as response:
        assert 200 == response.status_code
        return response.text


def told(text):
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_a_stream_tells_what_happens_while_it_is_open(api, brief, monkeypatch):
    """The first look of the stream finds nothing; what is done then comes with a later one."""
    monkeypatch.setattr(events, "LONGEST_S", 30)
    response = api.get("/tenants/acme/events/stream", buffered=False)
    lines = iter(response.response)
    assert b"retry: 1000\n\n" == next(lines)
    threading.Thread(target=lambda: api.post("/tenants/acme/locations", {"name": "Now"})).start()
    first = next(line for line in lines if b"data: " in line)
    response.close()
    assert ["location Now"] == [one["subject"] for one in told(first.decode())]


def test_who_comes_back_gets_what_was_missed_and_nothing_twice(api, brief):
    for name in ("A", "B", "C"):
        api.post("/tenants/acme/locations", {"name": name})
    ids = [one["id"] for one in api.get("/tenants/acme/events?sort=at").json["items"]][-3:]
    assert ids[1:] == [one["id"] for one in told(streamed(api, str(ids[0])))]


def test_there_are_few_streams_at_once_and_a_closed_one_makes_room(api, brief):
    open_ones = [api.get("/tenants/acme/events/stream", buffered=False) for _ in range(events.MOST_STREAMS)]
    refused = api.get("/tenants/acme/events/stream")
    assert (503, "5") == (refused.status_code, refused.headers["Retry-After"])
    for one in open_ones:
        one.close()
    assert "retry" in streamed(api)


def test_a_stream_holds_nothing_of_another_tenant(api, root, brief):
    root.post("/tenants/beta/locations", {"name": "Theirs"})
    api.post("/tenants/acme/locations", {"name": "Ours"})
    text = streamed(api, "0")
    assert (True, False) == ("Ours" in text, "Theirs" in text)
