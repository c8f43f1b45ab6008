"""Locations and their assignments."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from admin.forms import locations as forms
from provisioner.services import extensions, locations
from provisioner.store.tables import Device, Extension, Location, Tenant

PAGE = "/portal/advanced/locations"
ASSIGN = "/portal/advanced/location-assignments"
OFFICE = {
    "name": "Office", "street": "Hauptstr.", "house_number": "5", "city": "Berlin", "postal_code": "10115",
    "country": "DE", "timezone": "Europe/Berlin", "language": "de", "active": "1",
}  # fmt: skip


def _acme(row):
    return row.tenant_id.in_(select(Tenant.id).where(Tenant.slug == "acme"))


def _location(provisioner, name):
    with provisioner.database.reading() as session:
        return session.scalars(select(Location).where(Location.name == name, _acme(Location))).one_or_none()


def _extension(provisioner, number):
    with provisioner.database.reading() as session:
        row = session.scalars(select(Extension).where(Extension.number == number, _acme(Extension))).one()
        return row.id, extensions.dump(provisioner.vault, row).location


def _add(client, **changes):
    client.get(f"{PAGE}?add=1")
    return client.post(PAGE, data={**OFFICE, **changes})


def test_the_list_has_the_columns_of_the_contract_and_counts(reader):
    page = reader.get(PAGE).text
    for word in ("Name", "City", "State", "Country", "Active", "Actions", "1 of 1", "Filter by name, city, state"):
        assert word in page


def test_an_empty_list_says_how_to_begin(root, provisioner):
    with provisioner.database.writing() as session:
        session.add(Tenant(slug="new", name="New"))
    root.get(PAGE)
    root.post("/portal/switch-tenant", data={"slug": "new"})
    assert "No locations yet. Click &#34;+ Add location&#34; to create one." in root.get(PAGE).text


def test_a_location_is_created_in_place(client, provisioner):
    assert "+ Add location" in client.get(PAGE).text
    assert 303 == _add(client).status_code
    assert ("Berlin", "Europe/Berlin", True) == (
        (made := _location(provisioner, "Office")).city,
        made.timezone,
        made.active,
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "Fill this in."),
        ({"name": "HQ"}, "HQ is in the list already"),
        ({"latitude": "north"}, "valid number"),
        ({"timezone": "Mars/Base"}, "NOT IN LIST"),
        ({"emergency_number": "help"}, "number to dial"),
    ],
)
def test_what_is_wrong_is_told_in_place_and_nothing_is_lost(client, changes, says):
    response = _add(client, **changes)
    assert (422, True, True) == (response.status_code, says in response.text, "Hauptstr." in response.text)


def test_the_address_knows_its_country(reader):
    page = reader.get(f"{PAGE}?add=1&country=US").text
    assert ("ZIP code" in page, '<option value="IL">Illinois</option>' in page) == (True, True)
    assert "Such as 10115." in reader.get(f"{PAGE}?add=1&country=DE").text
    assert "This country has none." in reader.get(f"{PAGE}?add=1&country=AE").text


def test_another_country_changes_the_fields_and_keeps_what_was_typed(client, provisioner):
    response = _add(client, do="country", country="IE", timezone="", state="")
    page = response.text
    assert (200, True, True) == (response.status_code, "Eircode" in page, "Hauptstr." in page)
    assert '<option value="Europe/Dublin" selected>' in page
    assert _location(provisioner, "Berlin") is None


def test_a_time_zone_that_was_chosen_stays_where_the_country_has_several(client):
    page = _add(client, do="country", country="US", timezone="America/Denver").text
    assert '<option value="America/Denver" selected>' in page


def test_enter_saves_and_does_not_ask_for_another_country(client):
    page = client.get(f"{PAGE}?add=1").text
    buttons = page[page.index('id="new"') :].split("<button")
    assert ' value="country"' not in buttons[1].partition(">")[0]


def test_the_zones_of_the_country_come_first():
    zones = [one.value for one in forms.time_zones("DE")]
    assert ["", "Europe/Berlin", "Europe/Busingen"] == zones[:3]
    assert len(set(zones)) == len(zones)


def test_countries_are_named_in_the_language_of_the_page(client):
    page = client.get(f"{PAGE}?add=1", headers={"Accept-Language": "de"}).text
    assert ">Deutschland (DE)<" in page
    assert ">Germany (DE)<" in client.get(f"{PAGE}?add=1").text


def test_the_pickers_hold_the_real_lists():
    assert {"Europe/Berlin", "America/Chicago", "Asia/Kolkata"} < {one.value for one in forms.time_zones()}
    assert {"DE", "US", "ZA"} < {one.value for one in forms.countries()}
    assert {"de", "en", "ja"} < {one.value for one in forms.languages()}


def test_what_an_emergency_call_lacks_is_named(client, provisioner):
    place = _location(provisioner, "HQ")
    with provisioner.database.writing() as session:
        row = session.get(Location, place.id)
        row.emergency_callback, row.postal_code = None, "6060"
    page = client.get(f"{PAGE}/{place.id}").text
    assert "Missing: callback number." in " ".join(page.split())
    assert "Not in the country’s form: postal code." in " ".join(page.split())
    assert "Incomplete (callback number, postal code)" in client.get(PAGE).text


def test_an_inactive_location_that_is_still_used_is_listed(client, provisioner):
    place = _location(provisioner, "HQ")
    client.get(PAGE)
    client.post(f"{PAGE}/{place.id}/active")
    page = client.get(PAGE).text
    assert "1 inactive location is still in use." in page
    assert 1 == client.get(f"{PAGE}?q=is:leftover").text.count("data-row=")
    assert "HQ" not in _options(client.get(f"{ASSIGN}").text)


def _options(page):
    return page.partition('id="many-location"')[2].partition("</select>")[0]


def test_a_location_is_renamed_and_kept_by_what_uses_it(client, provisioner):
    place = _location(provisioner, "HQ")
    client.get(f"{PAGE}/{place.id}")
    values = {**forms.values_of(locations.dump(place)), "name": "Head office"}
    assert 303 == client.post(f"{PAGE}/{place.id}", data=values).status_code
    with provisioner.database.reading() as session:
        device = session.scalars(select(Device).where(Device.mac == "805ec0000002")).one()
    assert (place.id, None) == (device.location_id, _location(provisioner, "HQ"))


def test_a_deleted_location_lets_go(client, provisioner):
    place = _location(provisioner, "HQ")
    assert "805ec0000002" in client.get(f"{PAGE}/{place.id}").text
    client.post(f"{PAGE}/{place.id}/delete")
    assert None is _location(provisioner, "HQ")


# --- assignments


def test_the_assignments_have_the_words_of_the_contract(reader):
    page = reader.get(ASSIGN).text
    for word in ("User (extension)", "Current location", "Save", "2 of 2", "Filter by extension or location"):
        assert word in page


def test_one_extension_gets_its_location(client, provisioner):
    key, _ = _extension(provisioner, "100")
    client.get(ASSIGN)
    client.post(f"{ASSIGN}/{key}", data={"location": "HQ"})
    assert (key, "HQ") == _extension(provisioner, "100")
    client.post(f"{ASSIGN}/{key}", data={"location": ""})
    assert (key, None) == _extension(provisioner, "100")


def test_a_value_that_is_not_in_the_list_is_shown_as_such(client, provisioner):
    key, _ = _extension(provisioner, "100")
    client.get(ASSIGN)
    client.post(f"{ASSIGN}/{key}", data={"location": "HQ"})
    client.post(f"{PAGE}/{_location(provisioner, 'HQ').id}/active")
    assert "HQ NOT IN LIST" in client.get(ASSIGN).text


def test_an_inactive_location_cannot_be_assigned(client, provisioner):
    key, _ = _extension(provisioner, "100")
    client.get(PAGE)
    client.post(f"{PAGE}/{_location(provisioner, 'HQ').id}/active")
    page = client.post(f"{ASSIGN}/{key}", data={"location": "HQ"}, follow_redirects=True).text
    assert ("is not in the list of active locations" in page, None) == (True, _extension(provisioner, "100")[1])


def test_many_extensions_get_one_location(client, provisioner):
    keys = [str(_extension(provisioner, number)[0]) for number in ("100", "101")]
    client.get(ASSIGN)
    page = client.post(f"{ASSIGN}/many", data={"row": keys, "location": "HQ"}, follow_redirects=True).text
    assert "2 extensions saved: HQ." in page
    assert "HQ" == _extension(provisioner, "101")[1]


def test_a_pasted_list_is_judged_before_it_is_saved(client, provisioner):
    client.get(f"{ASSIGN}/paste")
    pasted = {"list": "100\thq\n101 Nowhere\n999, HQ\n100 HQ"}
    page = client.post(f"{ASSIGN}/paste", data={**pasted, "do": "check"}).text
    assert "1 can be saved, 3 cannot" in page
    for says in ("is no active location", "there is no such extension", "the same as line 1"):
        assert says in page
    assert None is _extension(provisioner, "100")[1]
    client.post(f"{ASSIGN}/paste", data={**pasted, "do": "save"})
    assert "HQ" == _extension(provisioner, "100")[1]


@pytest.mark.parametrize("path", [PAGE, ASSIGN])
def test_a_viewer_reads_and_changes_nothing(viewer, provisioner, path):
    assert 200 == viewer.get(path).status_code
    key = _location(provisioner, "HQ").id if path == PAGE else _extension(provisioner, "100")[0]
    assert 403 == viewer.post(f"{path}/{key}", data={"location": "HQ"}).status_code
