"""Every noun in the same way: made, listed, read, changed, removed, and once more."""

from __future__ import annotations

import json

import pytest

from admin.api.lists import SHEETS
from admin.api.nouns import NOUNS

HERE = "/tenants/acme"
nouns = pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.path)


@nouns
def test_what_is_made_is_answered_whole_with_its_id_and_place(api, noun):
    made = api.post(f"{HERE}/{noun.path}", noun.example)
    assert 201 == made.status_code, made.text
    place = f"/api/v1{HERE}/{noun.path}/"
    assert made.headers["Location"].startswith(place)
    assert made.json == api.get(made.headers["Location"].removeprefix("/api/v1")).json
    given = {name: value for name, value in noun.example.items() if name not in noun.secrets}
    assert given == {name: made.json[name] for name in given}


@nouns
def test_a_second_one_of_that_name_is_refused_naming_the_field(api, noun):
    api.post(f"{HERE}/{noun.path}", noun.example)
    again = api.post(f"{HERE}/{noun.path}", noun.example)
    assert (409, "application/problem+json") == (again.status_code, again.content_type)
    assert again.json["errors"][0]["field"] in ("number", "name", "mac", "url")


@nouns
def test_what_was_read_can_be_put_back_and_changes_nothing(api, noun):
    path = _made(api, noun)
    before = api.get(path)
    after = api.put(path, before.json, headers={"If-Match": before.headers["ETag"]})
    assert (200, before.json, before.headers["ETag"]) == (after.status_code, after.json, after.headers["ETag"])


@nouns
def test_a_merge_patch_changes_only_what_it_names(api, noun):
    path = _made(api, noun)
    before = api.get(path).json
    after = api.patch(path, noun.patch)
    assert 200 == after.status_code, after.text
    changed = {name for name in after.json if after.json[name] != before[name]}
    assert set(noun.patch) == changed - {"revision"}


@nouns
def test_a_lost_update_is_refused(api, noun):
    path = _made(api, noun)
    old = api.get(path).headers["ETag"]
    assert api.patch(path, noun.patch).headers["ETag"] != old
    for response in (
        api.put(path, noun.example, headers={"If-Match": old}),
        api.patch(path, noun.patch, headers={"If-Match": old}),
        api.delete(path, headers={"If-Match": old}),
    ):
        assert 412 == response.status_code
    assert 200 == api.get(path).status_code


@nouns
def test_removing_twice_is_removing_once(api, noun):
    path = _made(api, noun)
    assert [204, 204] == [api.delete(path).status_code, api.delete(path).status_code]
    assert 404 == api.get(path).status_code


@nouns
def test_an_unknown_field_is_refused_by_its_name_and_nothing_is_echoed(api, noun):
    refused = api.post(f"{HERE}/{noun.path}", {**noun.example, "colour": "s3cret-value"})
    assert (422, "colour") == (refused.status_code, refused.json["errors"][0]["field"])
    assert "s3cret-value" not in refused.text


@nouns
def test_a_list_has_what_was_made_and_its_total(api, noun):
    total = api.get(f"{HERE}/{noun.path}").json["total"]
    made = api.get(_made(api, noun)).json
    found = api.get(f"{HERE}/{noun.path}?per_page=1000").json
    assert (total + 1, True) == (found["total"], made in found["items"])


@nouns
def test_a_list_in_csv_has_a_line_for_each_of_all_pages(api, noun):
    _made(api, noun)
    total = api.get(f"{HERE}/{noun.path}").json["total"]
    sheet = api.get(f"{HERE}/{noun.path}", headers={"Accept": "text/csv"})
    assert ("text/csv; charset=utf-8", total + 1) == (sheet.content_type, len(sheet.text.splitlines()))


@pytest.mark.parametrize("media_type", SHEETS)
@pytest.mark.parametrize("path", ["devices", "extensions", "locations", "location-assignments"])
def test_a_list_as_a_spreadsheet_is_taken_back_and_changes_nothing(api, path, media_type):
    api.put(f"{HERE}/location-assignments/100", {"location": "HQ"})
    sheet = api.get(f"{HERE}/{path}", headers={"Accept": media_type})
    told = api.send("POST", f"{HERE}/import/{path}", data=sheet.data, content_type=media_type)
    assert (200, 0, 0) == (told.status_code, told.json["added"], told.json["changed"]), told.text
    assert told.json["unchanged"] >= 1


def test_a_spreadsheet_with_a_wrong_row_changes_nothing_and_says_which(api):
    sheet = b"number,name\n160,Right\n1 6 1,Wrong\n"
    path = f"{HERE}/import/extensions"
    refused = api.send("POST", path, data=sheet, content_type="text/csv")
    assert (422, 3) == (refused.status_code, refused.json["errors"][0]["line"])
    judged = api.send("POST", f"{path}?dry_run=1", data=sheet, content_type="text/csv").json
    assert (False, 1, 1) == (judged["written"], judged["added"], judged["refused"])
    assert 404 == api.get(f"{HERE}/extensions/160").status_code


@nouns
def test_only_the_asked_fields_are_told(api, noun):
    _made(api, noun)
    assert {"id"} == set(api.get(f"{HERE}/{noun.path}?fields=id").json["items"][0])
    assert 422 == api.get(f"{HERE}/{noun.path}?fields=id,password").status_code


@nouns
def test_a_viewer_reads_and_changes_nothing(viewer, noun):
    assert 200 == viewer.get(f"{HERE}/{noun.path}").status_code
    assert 403 == viewer.post(f"{HERE}/{noun.path}", noun.example).status_code


@nouns
def test_a_life_can_be_lived_twice(api, noun):
    """As a tool that keeps a state drives it: make, read, change, read, remove, and from the beginning."""
    for _ in range(2):
        made = api.post(f"{HERE}/{noun.path}", noun.example).json
        path = f"{HERE}/{noun.path}/{made['id']}"
        assert made == api.get(path).json
        changed = api.put(path, {**noun.example, **noun.patch}).json
        assert changed == api.get(path).json
        assert made["id"] == changed["id"]
        assert 204 == api.delete(path).status_code


def _made(api, noun):
    made = api.post(f"{HERE}/{noun.path}", noun.example)
    assert 201 == made.status_code, made.text
    return made.headers["Location"].removeprefix("/api/v1")


def test_sorting_and_pages_cover_everything_once(api):
    pages = [api.get(f"{HERE}/devices?sort=-mac&per_page=2&page={page}").json for page in (1, 2, 3)]
    seen = [item["id"] for page in pages for item in page["items"]]
    assert pages[0]["total"] == len(seen) == len(set(seen))


def test_a_filter_means_exactly_that(api):
    assert 1 == api.get(f"{HERE}/extensions?number=100").json["total"]
    assert 0 == api.get(f"{HERE}/extensions?number=10").json["total"]
    assert api.get(f"{HERE}/devices?extension=100").json["total"] >= 1


def test_a_filter_that_is_yes_or_no_takes_nothing_else(api):
    assert [1, 0] == [api.get(f"{HERE}/locations?active={flag}").json["total"] for flag in ("1", "0")]
    assert 422 == api.get(f"{HERE}/locations?active=perhaps").status_code


def test_a_filter_that_there_is_not_is_refused_instead_of_passed_over(api):
    refused = api.get(f"{HERE}/devices?vendr=yealink")
    assert (422, "vendr") == (refused.status_code, refused.json["errors"][0]["field"])


@pytest.mark.parametrize("spelling", ["805ec0000001", "80:5E:C0:00:00:01", "80-5e-c0-00-00-01", "805e.c000.0001"])
def test_a_device_is_found_by_any_spelling_of_its_mac(api, spelling):
    assert "80:5e:c0:00:00:01" == api.get(f"{HERE}/devices/{spelling}").json["mac"]


def test_a_mac_of_another_tenant_is_refused_without_naming_it(api, root):
    theirs = root.get("/tenants/beta/devices?model=T46U").json["items"][0]["mac"]
    given = {"mac": theirs, "model": "T46U"}
    refused = api.post(f"{HERE}/devices", given)
    assert (409, "mac", False) == (refused.status_code, refused.json["errors"][0]["field"], "beta" in refused.text)
    assert "beta" in root.post(f"{HERE}/devices", given).text


def test_a_password_can_be_kept_changed_and_cleared(api, provisioner):
    path = f"{HERE}/extensions/100"

    def etag():
        return api.get(path).headers["ETag"]

    start = etag()
    api.patch(path, {"password": "another-secret"})
    changed = etag()
    api.put(path, api.get(path).json)
    kept = etag()
    api.patch(path, {"password": None})
    assert (True, True, True) == (start != changed, changed == kept, etag() not in (start, changed))


def test_every_field_that_is_wrong_is_named_at_once(api):
    refused = api.post(f"{HERE}/devices", {"mac": "80:5e:c0:77:00", "model": "T46U", "expansion_modules": "one"})
    assert {"mac", "expansion_modules"} <= {error["field"] for error in refused.json["errors"]}


def test_the_document_is_json_that_a_machine_can_read(nobody):
    document = nobody.get("/openapi.json").json
    assert "3.1.0" == document["openapi"]
    json.dumps(document)
