"""A spreadsheet through the portal: uploaded, its columns named, its rows judged, and only then imported."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from admin.views import importing
from provisioner.spreadsheets import read, write
from provisioner.store.tables import Device, Extension, Upload, now
from tests.portal import world
from tests.portal.conftest import logged_in

IMPORT = "/portal/import"
DEVICES = "/portal/advanced/device-management"
GOOD = "Hardware;Bezeichnung;Modell;Nebenstelle\n80:5e:c0:77:00:01;Büro;T46U;100\n805EC0770002;Labor;T54W;\n"
BAD = GOOD + "1,56511E+11;Lager;T46U;\n"


def upload(client, text, kind="devices", name="phones.csv"):
    """Upload a file; the answer leads to its columns."""
    client.get(f"{IMPORT}?kind={kind}")
    data = {"file": (io.BytesIO(text.encode() if isinstance(text, str) else text), name)}
    return client.post(f"{IMPORT}?kind={kind}", data=data, content_type="multipart/form-data")


def count(provisioner, row):
    with provisioner.database.reading() as session:
        return session.scalar(select(func.count()).select_from(row))


def said(page):
    """The hidden fields that say which column is what."""
    return dict(re.findall(r'name="(at\.[a-z_]+)" value="(\d+)"', page))


def test_a_file_goes_from_upload_to_the_list(client, provisioner):
    columns = upload(client, GOOD).location
    page = client.get(columns).text
    assert "Büro" in page
    assert re.search(r'name="at.name".*?<option value="1" selected>Bezeichnung', page, re.DOTALL)
    rows = client.get(f"{columns}/rows?at.mac=0&at.name=1&at.model=2&at.extensions=3").text
    assert "2 are added" in rows
    before = count(provisioner, Device)
    done = client.post(f"{columns}/rows", data={**said(rows), "do": "all"}, follow_redirects=True).text
    assert "2 added, 0 changed" in done
    assert before + 2 == count(provisioner, Device)
    assert 0 == count(provisioner, Upload)
    assert 404 == client.get(columns).status_code


def test_without_the_column_of_the_mac_the_page_asks_for_it(client):
    response = client.get(upload(client, GOOD).location + "/rows?at.name=1")
    assert (422, True) == (response.status_code, "no column is mac or ipei or slot" in response.text)


def test_one_bad_row_is_explained_and_keeps_all_out(client, provisioner):
    place = upload(client, BAD).location
    page = client.get(f"{place}/rows?at.mac=0&at.model=2").text
    assert "scientific notation" in page
    assert "Import the 2 good rows only" in page
    before = count(provisioner, Device)
    response = client.post(f"{place}/rows", data={**said(page), "do": "all"})
    assert (422, before) == (response.status_code, count(provisioner, Device))


def test_the_good_rows_are_imported_when_the_person_says_so(client, provisioner):
    place = upload(client, BAD).location
    page = client.get(f"{place}/rows?at.mac=0&at.model=2").text
    before = count(provisioner, Device)
    left = client.post(f"{place}/rows", data={**said(page), "do": "good"}).text
    assert before + 2 == count(provisioner, Device)
    assert "Rows that were left out" in left
    assert "1,56511E+11" in left


def test_what_is_kept_between_the_steps_is_sealed(client, provisioner):
    upload(client, "number,password\n300,very-secret-word\n", "extensions")
    with provisioner.database.reading() as session:
        sealed = session.scalars(select(Upload.sealed_data)).one()
    assert b"very-secret-word" not in bytes(sealed)


def test_no_page_shows_a_password(client):
    place = upload(client, "number,password\n300,very-secret-word\n", "extensions").location
    pages = client.get(place).text + client.get(f"{place}/rows").text
    assert "very-secret-word" not in pages
    assert "1 is added" in pages


def test_a_file_is_forgotten_when_asked_and_after_an_hour(client, provisioner):
    place = upload(client, GOOD).location
    client.get(place)
    client.post(f"{place}/discard")
    assert 0 == count(provisioner, Upload)
    place = upload(client, GOOD).location
    provisioner.clock = lambda: now() + timedelta(hours=1, minutes=1)
    assert 404 == client.get(place).status_code


def test_a_person_has_one_file_of_a_kind_at_most(client, provisioner):
    upload(client, GOOD)
    upload(client, GOOD)
    assert 1 == count(provisioner, Upload)


def test_nobody_else_sees_the_file(client, root, app, provisioner, cookies):
    place = upload(client, GOOD).location
    world.add_account(provisioner, "amy", "admin", "acme")
    amy = app.test_client()
    amy.log_in("amy")
    assert [404, 404] == [other.get(place).status_code for other in (amy, logged_in(app, cookies["bob"]))]


def test_a_viewer_may_not_import(viewer):
    assert 403 == viewer.get(IMPORT).status_code


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is empty"), (b"PK\x03\x04", "no XLSX file"), (b"\xd0\xcf\x11\xe0", "old Excel file")],
)
def test_a_file_that_is_no_sheet_is_refused_beside_its_field(client, text, says):
    response = upload(client, text)
    assert (422, True) == (response.status_code, says in response.text)


def test_too_many_rows_are_refused_at_once(client, monkeypatch):
    monkeypatch.setattr(importing, "MOST_ROWS", 1)
    response = upload(client, GOOD)
    assert (422, True) == (response.status_code, "More than 1 rows" in response.text)


@pytest.mark.parametrize("place", ["99", "0001", "-1", "x", "9999999999"])
def test_a_column_that_is_not_there_is_not_taken(client, place):
    response = client.get(f"{upload(client, GOOD).location}/rows?at.mac={place}")
    assert (422, True) == (response.status_code, "no column is mac" in response.text)


def test_a_form_without_a_file_says_so(client):
    client.get(IMPORT)
    response = client.post(IMPORT, data={})
    assert (422, True) == (response.status_code, "Choose a file first." in response.text)


def test_an_unknown_kind_is_no_page(client):
    assert [404, 404] == [client.get(f"{IMPORT}{path}?kind=cars").status_code for path in ("", "/empty.csv")]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_exported_devices_can_be_imported_and_change_nothing(client, form):
    exported = client.get(f"{DEVICES}/export.{form}").data
    place = upload(client, exported, name=f"devices.{form}").location
    assert "0 are added, 0 change, 4 are so already" in client.get(f"{place}/rows").text


@pytest.mark.parametrize("kind", ["extensions", "locations", "assignments"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_exported_lists_can_be_imported_and_change_nothing(client, kind, form):
    exported = client.get(f"/portal/export?kind={kind}&form={form}").data
    place = upload(client, exported, kind).location
    assert "0 are added, 0 change" in client.get(f"{place}/rows").text
    assert 'class="pill bad"' not in client.get(f"{place}/rows").text


def test_an_export_holds_what_the_search_finds_and_no_password(client):
    text = client.get("/portal/export?kind=extensions&q=Workshop").text
    assert ["101"] == [row["number"] for row in csv.DictReader(io.StringIO(text))]
    assert "pw-acme" not in text
    assert "password" not in text.splitlines()[0]


def test_an_export_of_nothing_known_is_no_page(client):
    assert 404 == client.get("/portal/export?kind=users").status_code


def test_extensions_are_imported_with_their_passwords(client, provisioner):
    place = upload(client, write("xlsx", ("number", "password"), [("300", "=s3cret")]), "extensions").location
    page = client.get(f"{place}/rows").text
    client.post(f"{place}/rows", data={**said(page), "do": "all"})
    with provisioner.database.reading() as session:
        row = session.scalars(select(Extension).where(Extension.number == "300")).one()
        assert "=s3cret" == provisioner.vault.open_sealed(f"extension/{row.uid}/password", row.sealed_password)


def test_the_empty_file_has_the_headings_of_its_kind(client):
    assert ("mac", "ipei", "base") == read(client.get(f"{IMPORT}/empty.csv?kind=devices").data + b"x\n").headings[:3]
