"""Rows on their way into a tenant: what is understood, what is refused and why, and that nothing is half-done."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.errors import Invalid
from provisioner.services import devices, extensions, locations
from provisioner.spreadsheets import KINDS, Cell, Imported, Row, Sheet, guess, mapped, read, records, run, write
from provisioner.spreadsheets.importing import MANY
from provisioner.spreadsheets.records import headings
from tests.services.conftest import PHONE, Desk

NEW = "80:5e:c0:00:00:77"


def bring(desk: Desk, kind: str, text: str | Sheet, **options: Any) -> Imported:
    """Import a CSV text."""
    sheet = read(text.encode()) if isinstance(text, str) else text
    with desk.changing() as (change, tenant):
        return run(change, tenant, kind, sheet, guess(KINDS[kind], sheet.headings), **options)


def everything(desk: Desk, noun: str) -> list[Any]:
    with desk.changing() as (change, tenant):
        rows = change.rows(tenant)
        if noun == "devices":
            return [devices.dump(desk.vault, row) for row in rows.devices.all()]
        if noun == "locations":
            return [locations.dump(row) for row in rows.locations.all()]
        return [extensions.dump(desk.vault, row) for row in rows.extensions.all()]


def device(desk: Desk, mac: str) -> Any:
    """A stored device as it was given."""
    return next(one for one in everything(desk, "devices") if str(one.mac) == mac)


def told(imported: Imported) -> list[str]:
    return [str(problem) for problem in imported.problems]


def test_a_text_that_a_comma_without_quotes_cuts_off_is_refused(practice: Desk) -> None:
    imported = bring(practice, "devices", f"MAC,Model,Name\n{NEW},T46U,Smith, John\n")
    says = "row: has cells beyond the last heading: put a text that holds the separator in quotes"
    assert [f"line 2: {says}"] == told(imported)


def test_empty_cells_beyond_the_last_heading_are_nothing(practice: Desk) -> None:
    assert [] == told(bring(practice, "devices", f"MAC,Model\n{NEW},T46U,, \n"))


def test_a_heading_over_two_columns_is_refused_by_whoever_cannot_choose_between_them() -> None:
    with pytest.raises(Invalid) as error:
        mapped(KINDS["devices"], ("MAC", "Model", "Mac "), {})
    assert ["mac: several columns are headed 'MAC'; give each a heading of its own"] == [
        str(one) for one in error.value.problems
    ]


def test_a_heading_twice_that_is_no_field_is_nothing() -> None:
    assert {"mac": 0, "model": 2} == mapped(KINDS["devices"], ("MAC", "Bogus", "Model", "Bogus"), {})


def test_a_german_sheet_of_devices_is_understood(practice: Desk) -> None:
    sheet = f"MAC-Adresse;Bezeichnung;Hersteller;Modell;Nebenstelle;Standort\n{NEW};Büro;Yealink;T46U;100, 101;HQ\n"
    assert ["+ device 80:5e:c0:00:00:77"] == [str(one) for one in bring(practice, "devices", sheet).verdicts]
    row = device(practice, NEW)
    assert ("Büro", "T46U", "HQ", ("100", "101")) == (row.name, row.model, row.location, row.extensions)


def test_what_has_no_column_stays_as_it_is(practice: Desk) -> None:
    assert 1 == bring(practice, "devices", f"mac,name\n{PHONE},Desk\n").count("changed")
    row = device(practice, PHONE)
    assert ("Desk", "Front", ("100",)) == (row.name, row.template, row.extensions)


def test_an_empty_cell_of_vendor_or_model_keeps_what_is_known(practice: Desk) -> None:
    assert ["unchanged"] == [one.kind for one in bring(practice, "devices", f"mac,vendor,model\n{PHONE},,\n").verdicts]


def test_one_bad_row_keeps_all_out_and_is_named_by_row_and_field(practice: Desk) -> None:
    imported = bring(practice, "devices", f"mac,model,extension\n{NEW},T46U,\n805ec0000078,T46U,999\n")
    assert ["added", "refused"] == [one.kind for one in imported.verdicts]
    assert not imported.written
    assert ["line 3: extensions.0: there is no extension '999'; add it, or write one that there is"] == told(imported)
    with pytest.raises(StopIteration):
        practice.row(NEW)


def test_the_good_rows_alone_can_be_imported(practice: Desk) -> None:
    imported = bring(practice, "devices", f"mac,model,extension\n{NEW},T46U,\n805ec0000078,T46U,999\n", only_good=True)
    assert imported.written
    assert "T46U" == practice.row(NEW).model


def test_a_dry_run_leaves_nothing(practice: Desk) -> None:
    audits = len(practice.audits())
    assert 1 == bring(practice, "devices", f"mac,model\n{NEW},T46U\n", dry_run=True).count("added")
    assert audits == len(practice.audits())


def test_two_rows_for_one_device_are_refused(practice: Desk) -> None:
    imported = bring(practice, "devices", f"mac,model\n{NEW},T46U\n{NEW.upper()},T48U\n")
    assert ["line 3: mac: the same as in row 2; keep one of the two"] == told(imported)


def test_handsets_may_stand_before_their_base(practice: Desk) -> None:
    sheet = f"mac,ipei,base,model\n,02956-0213348,{NEW},\n{NEW},,,W70B\n"
    assert ["added", "added"] == [one.kind for one in bring(practice, "devices", sheet).verdicts]


def test_a_phone_that_asked_already_tells_its_model(practice: Desk) -> None:
    sighted = {"805ec0000077": ("yealink", "T54W")}
    assert [] == told(bring(practice, "devices", f"mac,name\n{NEW},New\n", sighted=sighted))
    assert "T54W" == practice.row(NEW).model


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (Cell("1.56511E+11"), "scientific notation"),
        (Cell("1,56511E+11"), "scientific notation"),
        (Cell("1.5651100001E11"), "scientific notation"),
        (Cell("15651100001"), "has 11 digits and a MAC has 12: a spreadsheet program takes leading zeros away"),
        (Cell("156511000012", "number"), "is a number to the spreadsheet program"),
        (Cell("2026-01-02T00:00:00", "date"), "made a date of it"),
        (Cell("#NAME?", "error"), "an error of its own"),
    ],
)
def test_damage_of_a_mac_is_explained_and_never_mended(practice: Desk, cell: Cell, says: str) -> None:
    sheet = Sheet(("mac", "model"), [Row(2, (cell, Cell("T46U")))])
    (problem,) = bring(practice, "devices", sheet).problems
    assert ("mac", 2) == (problem.field, problem.line)
    assert says in problem.message
    assert "text" in problem.message or "value itself" in problem.message


@pytest.mark.parametrize("content", ["number", "date"])
def test_an_extension_that_is_no_text_is_refused(practice: Desk, content: Any) -> None:
    sheet = Sheet(("number", "name"), [Row(2, (Cell("700", content), Cell("x")))])
    assert 1 == bring(practice, "extensions", sheet).count("refused")


def test_a_postal_code_of_all_its_digits_may_be_a_number(practice: Desk) -> None:
    rows = [Row(2, (Cell("A"), Cell("60601", "number"))), Row(3, (Cell("B"), Cell("2134", "number")))]
    imported = bring(practice, "locations", Sheet(("name", "zip"), rows))
    assert ["added", "refused"] == [one.kind for one in imported.verdicts]


def test_a_password_is_stored_as_it_stands_and_an_empty_cell_keeps_it(practice: Desk) -> None:
    sheet = Sheet(("number", "secret"), [Row(2, (Cell("100"), Cell())), Row(3, (Cell("101"), Cell("=s, 3")))])
    assert ["unchanged", "changed"] == [one.kind for one in bring(practice, "extensions", sheet).verdicts]
    assert "=s, 3" not in practice.everything()


def test_extensions_get_their_locations_and_lose_them(practice: Desk) -> None:
    imported = bring(practice, "assignments", "Durchwahl;Standort\n100;Lab\n101;\n102;\n999;HQ\n", only_good=True)
    assert ["changed", "changed", "unchanged", "refused"] == [one.kind for one in imported.verdicts]
    assert "there is no extension '999'" in told(imported)[0]


def test_a_claimed_address_names_nobody(practice: Desk) -> None:
    Desk(practice.database, practice.vault, "beta", practice.session).make(name="Beta")
    other = Desk(practice.database, practice.vault, "beta", practice.session)
    (problem,) = bring(other, "devices", f"mac,model\n{PHONE},T46U\n").problems
    assert "is already in use;" in problem.message


def test_without_the_column_that_names_the_things_nothing_is_judged(practice: Desk) -> None:
    with pytest.raises(Invalid, match="no column is mac or ipei or slot"):
        bring(practice, "devices", "colour,name\nred,x\n")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("noun", list(KINDS))
def test_an_export_that_is_imported_changes_nothing(practice: Desk, noun: str, form: Any) -> None:
    practice.extension(number="+1555", name='=HYPERLINK("x")', password="-pw", location="Lab")
    practice.location(name="@Home", latitude=1.5, longitude=-2.25, emergency_number="911", active=False)
    practice.device(mac=NEW, vendor="yealink", model="T46U", name="'=1", extensions=["+1555"], serial="0012")
    things = everything(practice, noun)
    sheet = read(write(form, headings(noun, secrets=True), records(noun, things, secrets=True)))
    imported = bring(practice, noun, sheet)
    assert (len(things), []) == (imported.count("unchanged"), told(imported))


def test_many_rows_are_judged_alike(practice: Desk) -> None:
    rows = "".join(f"805ec0ff{number:04x},T46U,Room {number},100\n" for number in range(MANY))
    imported = bring(practice, "devices", "mac,model,name,extensions\n" + rows)
    assert (MANY, []) == (imported.count("added"), told(imported))
    assert ("100",) == device(practice, "80:5e:c0:ff:00:01").extensions


# --- which column is what


def test_each_column_is_one_field_at_most() -> None:
    found = guess(KINDS["devices"], ("Name", "Label", "MAC Address", "Extension", "Line 1", "?"))
    assert {"name": 0, "mac": 2, "extensions": 3} == found


def test_a_person_may_say_which_column_is_what() -> None:
    places = mapped(KINDS["devices"], ("Hardware", "Serial"), {"mac": "serial"})
    assert {"mac": 1} == places


def test_a_wrong_mapping_says_what_there_is() -> None:
    with pytest.raises(Invalid) as raised:
        mapped(KINDS["devices"], ("Hardware", "Name"), {"mac": "Hardwere", "colour": "Name"})
    assert [
        "mac: the sheet has no column 'Hardwere'; is 'Hardware' meant?",
    ] == [str(problem) for problem in raised.value.problems if problem.field == "mac"]
    assert "is no field of devices" in str(raised.value)


def test_no_spelling_means_two_fields_of_a_kind() -> None:
    for kind in KINDS.values():
        spellings = [spelling for column in kind.columns for spelling in set(column.spellings)]
        twice = {one for one in spellings if spellings.count(one) > 1}
        assert not twice, (kind.name, twice)
