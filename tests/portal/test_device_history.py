"""A device's lines, its files line by line, what it was served, and its own settings as they were."""

from __future__ import annotations

import re

import pytest
from lxml import html
from sqlalchemy import select

from provisioner.merge import merge
from provisioner.recognise import Ask
from provisioner.registry import vendors
from provisioner.render import MASK, View, document_of, explain_text
from provisioner.store.tables import DeviceVersion, Served
from tests.factories import rich_record
from tests.portal.test_device import PHONE, _audits, _given, _set

FILE = "805ec0000001.cfg"


def _serve(provisioner):
    provisioner.answer(Ask(path=f"/{FILE}", address="10.20.0.7", user_agent="Yealink SIP-T46U 108.86.0.90"))
    provisioner.sightings.flush()


def _entry(provisioner):
    with provisioner.database.reading() as session:
        return session.scalars(select(Served.id).order_by(Served.id.desc())).first()


def _version(provisioner, number=0):
    with provisioner.database.reading() as session:
        return session.scalars(select(DeviceVersion.id).order_by(DeviceVersion.id)).all()[number]


# --- lines


def test_lines_are_shown_with_what_is_free(reader):
    page = html.fromstring(reader.get(f"{PHONE}/lines").text)
    assert ["100", ""] == [one.get("value") for one in page.xpath("//main//input[starts-with(@name, 'line-')]")]
    assert "1 of 16 lines are in use." in page.text_content()


def test_lines_change_their_order_before_they_are_saved(client, provisioner):
    client.get(f"{PHONE}/lines")
    page = client.post(f"{PHONE}/lines", data={"rows": "2", "line-0": "100", "line-1": "101", "do": "up-1"}).text
    assert ["101", "100"] == re.findall(r'name="line-\d" value="(\d+)"', page)
    assert ("100",) == _given(provisioner).extensions


def test_lines_are_saved_in_their_order(client, provisioner):
    client.get(f"{PHONE}/lines")
    sent = {"rows": "4", "line-0": "101", "line-1": "", "line-2": "100", "line-3": "", "do": "save"}
    assert 303 == client.post(f"{PHONE}/lines", data=sent).status_code
    assert ("101", "100") == _given(provisioner).extensions
    assert ["extensions"] == list(_audits(provisioner)[-1].changes)


def test_a_line_is_removed(client, provisioner):
    client.get(f"{PHONE}/lines")
    page = client.post(f"{PHONE}/lines", data={"rows": "2", "line-0": "100", "line-1": "101", "do": "drop-0"}).text
    assert ["101"] == re.findall(r'name="line-\d" value="(\d+)"', page)


def test_an_extension_that_is_not_there_is_an_error_on_its_line_and_nothing_is_lost(client, provisioner):
    client.get(f"{PHONE}/lines")
    sent = {"rows": "3", "line-0": "101", "line-1": "999", "line-2": "", "do": "save"}
    response = client.post(f"{PHONE}/lines", data=sent)
    page = html.fromstring(response.text)
    assert 422 == response.status_code
    assert "there is no extension" in page.xpath("//*[@id='e-line-1']")[0].text_content()
    assert ["101", "999"] == [one.get("value") for one in page.xpath("//main//input[starts-with(@name, 'line-')]")][:2]
    assert ("100",) == _given(provisioner).extensions


@pytest.mark.parametrize("sent", [{"do": "up-0"}, {"do": "up-99"}, {"do": "down-x", "rows": "x"}, {"rows": "99999"}])
def test_a_move_that_cannot_be_moves_nothing(client, sent):
    client.get(f"{PHONE}/lines")
    assert 200 == client.post(f"{PHONE}/lines", data=sent).status_code


def test_a_viewer_sees_the_lines_and_cannot_change_them(viewer):
    assert "100" in viewer.get(f"{PHONE}/lines").text
    assert 403 == viewer.post(f"{PHONE}/lines", data={"do": "save", "rows": "0"}).status_code


# --- files


def test_each_line_of_a_file_says_where_it_comes_from(reader):
    page = html.fromstring(reader.get(f"{PHONE}/files/{FILE}").text)
    told = {
        line.xpath("string(code)").partition(" = ")[0]: line.xpath("string(span)") for line in page.xpath("//ol/li")
    }
    assert "extension 100" == told["account.1.display_name"]
    assert "the vendor’s template" == told["account.1.enable"]


def test_the_lines_of_a_file_hold_no_secret(reader):
    page = reader.get(f"{PHONE}/files/{FILE}").text
    assert f"account.1.password = {MASK}" in page
    assert "pw-acme-100" not in page


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_the_lines_of_every_vendors_files_are_the_file(vendor):
    """What is explained is what would be sent, line for line, but for its secrets; and some lines have an origin."""
    found, told = vendors()[vendor], False
    for model in list(found.models.values())[:3]:
        profile = merge(rich_record(vendor, model.name))
        for file in found.files:
            if file.template and file.fits(model):
                syntax = file.syntax or found.syntax
                masked = syntax.write(document_of(profile, file, View.MASKED)).decode()
                lines = explain_text(profile, file)
                assert masked.splitlines() == [line.text for line in lines]
                told = told or any(line.origins for line in lines)
    assert told


def test_the_list_of_files_says_what_differs_from_what_the_phone_has(client, provisioner):
    assert "not yet" in client.get(f"{PHONE}/files").text
    _serve(provisioner)
    assert "the same" in client.get(f"{PHONE}/files").text
    _set(client, "sip.expires", do="set", value="300")
    page = client.get(f"{PHONE}/files").text
    assert re.search(r"\d+ keys? differ", page)


def test_a_file_shows_the_difference_by_key(client, provisioner):
    _serve(provisioner)
    _set(client, "phone.admin_password", do="set", value="another-1")
    _set(client, "locale.language", do="set", value="de")
    section = html.fromstring(client.get(f"{PHONE}/files/{FILE}").text).xpath("//*[@id='difference']")[0]
    text = section.text_content()
    assert ("lang.gui" in text, "English" in text, "German" in text) == (True, True, True)
    assert ("a secret that changed" in text, "another-1" in text) == (True, False)


# --- what was served


def test_the_history_lists_what_was_served(client, provisioner):
    _serve(provisioner)
    page = client.get(f"{PHONE}/history").text
    assert (FILE in page, "10.20.0.7" in page, "108.86.0.90" in page) == (True, True, True)


def test_a_version_is_shown_masked_and_against_the_one_before(client, provisioner):
    _serve(provisioner)
    _set(client, "locale.language", do="set", value="de")
    _serve(provisioner)
    page = client.get(f"{PHONE}/history/served/{_entry(provisioner)}").text
    assert ("lang.gui" in page, MASK in page, "pw-acme-100" in page) == (True, True, False)


def test_revealing_a_version_is_a_right_and_audited(client, viewer, provisioner):
    _serve(provisioner)
    path = f"{PHONE}/history/served/{_entry(provisioner)}"
    client.get(path)
    assert "pw-acme-100" in client.post(f"{path}/reveal").text
    assert ("revealed", FILE) == (_audits(provisioner)[-1].action, _audits(provisioner)[-1].changes["file"])
    viewer.get(path)
    assert 403 == viewer.post(f"{path}/reveal").status_code


def test_a_version_of_another_device_is_not_there(client, provisioner):
    _serve(provisioner)
    other = PHONE.replace("0001", "0002")
    assert 404 == client.get(f"{other}/history/served/{_entry(provisioner)}").status_code


# --- its own settings


def test_settings_are_rolled_back_from_the_history(client, provisioner):
    _set(client, "sip.expires", do="set", value="300")
    _set(client, "sip.expires", do="set", value="120")
    page = client.get(f"{PHONE}/history").text
    assert ("sip.expires" in page, "before the first change" in page) == (True, True)
    assert 303 == client.post(f"{PHONE}/history/{_version(provisioner, 1)}/roll-back").status_code
    assert 300 == _given(provisioner).sip.expires
    assert "rolled back to" in _audits(provisioner)[-1].changes


def test_a_secret_of_the_history_is_told_as_changed(client):
    _set(client, "phone.admin_password", do="set", value="hunter2-hunter2")
    page = client.get(f"{PHONE}/history").text
    assert ("phone.admin_password" in page, "hunter2" in page) == (True, False)


def test_a_button_of_the_history_is_told_in_words(client):
    client.get(f"{PHONE}/keys")
    row = {"slot-0": "line:5", "mode-0": "blf", "value-0": "101", "label-0": "Lab", "fixed-0": "1"}
    client.post(f"{PHONE}/keys", data={"rows": "1", **row, "do": "save"})
    items = html.fromstring(client.get(f"{PHONE}/history").text).xpath("//ul[@class='changes']/li")
    assert "buttons.line:5 not set → blf · 101 · Lab" in [" ".join(one.text_content().split()) for one in items]


def test_what_is_as_it_is_now_cannot_be_rolled_back(client, provisioner):
    _set(client, "sip.expires", do="set", value="300")
    assert "as it is now" in client.get(f"{PHONE}/history").text
    client.post(f"{PHONE}/history/{_version(provisioner, 1)}/roll-back")
    assert "Nothing changed." in client.get(f"{PHONE}/history").text


def test_a_version_that_is_gone_changes_nothing_and_says_so(client, provisioner):
    client.get(f"{PHONE}/history")
    client.post(f"{PHONE}/history/4711/roll-back")
    assert "no such version" in client.get(f"{PHONE}/history").text


def test_a_viewer_reads_the_history_and_rolls_nothing_back(viewer, client, provisioner):
    _set(client, "sip.expires", do="set", value="300")
    assert "sip.expires" in viewer.get(f"{PHONE}/history").text
    assert 403 == viewer.post(f"{PHONE}/history/{_version(provisioner)}/roll-back").status_code


def test_a_handset_shows_what_its_base_was_served(reader):
    assert "its base was served" in reader.get(f"{PHONE.rpartition('/')[0]}/0000100001/history").text
