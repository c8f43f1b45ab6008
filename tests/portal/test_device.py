"""One device: its form, settings, keys, files, pairing, requests, and why it got what it got."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import select

from provisioner.recognise import Ask
from provisioner.services import devices
from provisioner.store.tables import Audit, Device, now
from tests.portal import world

DEVICES = "/portal/advanced/device-management"
PHONE = f"{DEVICES}/805ec0000001"


def _row(provisioner, mac="805ec0000001"):
    with provisioner.database.reading() as session:
        return session.scalars(select(Device).where(Device.mac == mac)).one_or_none()


def _given(provisioner, mac="805ec0000001"):
    with provisioner.database.reading() as session:
        row = session.scalars(select(Device).where(Device.mac == mac)).one()
        return devices.dump(provisioner.vault, row)


def _audits(provisioner):
    with provisioner.database.reading() as session:
        return session.scalars(select(Audit).where(Audit.actor == "ann").order_by(Audit.id)).all()


@pytest.mark.parametrize("spelling", ["805ec0000001", "80:5E:C0:00:00:01", "80-5e-c0-00-00-01"])
def test_a_device_is_found_by_any_spelling(reader, spelling):
    assert "Front desk" in reader.get(f"{DEVICES}/{spelling}").text


def test_the_overview_says_where_the_location_comes_from(reader):
    page = reader.get(f"{DEVICES}/805ec0000002").text
    assert ("HQ" in page, "by device" in page.replace("\n", " ")) == (True, True)


def test_the_overview_of_a_device_without_proof_says_so(client, provisioner):
    with provisioner.database.writing() as session:
        row = session.scalars(select(Device).where(Device.mac == "805ec0000001")).one()
        row.state, row.open_until = "paired", None
    world.see(provisioner, "805ec0000001", outcome="refused")
    with provisioner.database.writing() as session:
        from provisioner.store.tables import Seen

        session.scalars(select(Seen)).one().unproven_at = now()
    assert "asks without its credentials" in client.get(PHONE).text


def test_the_form_changes_what_it_shows_and_nothing_else(client, provisioner):
    before = _given(provisioner)
    client.get(f"{PHONE}/edit")
    sent = {"mac": "805ec0000001", "vendor": "yealink", "model": "T46U", "name": "Reception", "extensions": "101 100"}
    response = client.post(f"{PHONE}/edit", data={**sent, "template": "Desk"})
    assert 303 == response.status_code
    after = _given(provisioner)
    assert ("Reception", ("101", "100"), "Desk") == (after.name, after.extensions, after.template)
    assert (before.buttons, before.sip) == (after.buttons, after.sip)
    assert {"name", "extensions"} == set(_audits(provisioner)[0].changes)


def test_what_is_wrong_in_the_form_stands_beside_its_field(client):
    client.get(f"{PHONE}/edit")
    response = client.post(f"{PHONE}/edit", data={"mac": "805ec0000002", "vendor": "yealink", "model": "T46U"})
    assert (422, True) == (response.status_code, "in use by Workshop" in response.text)


def test_a_device_is_deleted_when_its_identity_is_typed(client, provisioner):
    client.get(f"{PHONE}/edit")
    client.post(f"{PHONE}/delete", data={"identity": "805ec0000002"})
    assert None is not _row(provisioner)
    client.post(f"{PHONE}/delete", data={"identity": "80-5E-C0-00-00-01"})
    assert None is _row(provisioner)


# --- settings


def _set(client, name, **sent):
    client.get(f"{PHONE}/settings?edit={name}")
    return client.post(f"{PHONE}/settings/{name}", data=sent)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("sip.transport", "tls", "tls"),
        ("sip.port", "5061", 5061),
        ("calls.dnd", "yes", True),
        ("audio.codecs", "opus, g722", ("opus", "g722")),
        ("phone.ntp", "a.example b.example", ("a.example", "b.example")),
        ("locale.timezone", "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_a_setting_of_each_kind_is_set_and_inherited_again(client, provisioner, name, value, stored):
    section, _, field = name.partition(".")
    assert 303 == _set(client, name, do="set", value=value).status_code
    assert stored == getattr(getattr(_given(provisioner), section), field)
    assert "this device" in client.get(f"{PHONE}/settings?own=1").text
    _set(client, name, do="inherit")
    assert field not in getattr(_given(provisioner), section).model_fields_set


def test_a_vlan_is_written_in_one_line(client, provisioner):
    _set(client, "phone.vlan", do="set", value="20 5 30 0")
    vlan = _given(provisioner).phone.vlan
    assert (20, 5, 30, 0) == (vlan.id, vlan.priority, vlan.pc_id, vlan.pc_priority)
    assert 'value="20 5 30 0"' in client.get(f"{PHONE}/settings?edit=phone.vlan").text


def test_a_setting_is_cleared_on_the_phone(client, provisioner):
    _set(client, "phone.syslog", do="clear")
    phone = _given(provisioner).phone
    assert (None, True) == (phone.syslog, "syslog" in phone.model_fields_set)


def test_a_wrong_value_says_why(client):
    response = _set(client, "sip.expires", do="set", value="7")
    assert (422, True) == (response.status_code, "greater than or equal to 60" in response.text)


def test_an_owner_is_chosen(client, provisioner):
    _set(client, "locale.language", do="set", value="de", owner="default")
    assert "default" == _given(provisioner).owners["locale.language"].value


def test_a_secret_setting_is_never_shown_and_kept_when_left_empty(client, provisioner):
    _set(client, "phone.admin_password", do="set", value="0penSesame")
    assert "0penSesame" not in client.get(f"{PHONE}/settings?edit=phone.admin_password").text
    _set(client, "phone.admin_password", do="set", value="")
    assert "0penSesame" == _given(provisioner).phone.admin_password
    assert "0penSesame" not in repr([audit.changes for audit in _audits(provisioner)])


def test_a_setting_that_does_not_exist_has_no_page(client):
    client.get(PHONE)
    assert 404 == client.post(f"{PHONE}/settings/sip.nonsense", data={"do": "set"}).status_code


def test_a_vendors_own_key_is_set_taken_out_and_forgotten(client, provisioner):
    def keys():
        return dict(_given(provisioner).settings.get("yealink", {}))

    client.get(f"{PHONE}/settings")
    client.post(f"{PHONE}/native", data={"key": "phone_setting.backlight_time", "value": "60", "do": "set"})
    assert {"phone_setting.backlight_time": "60"} == keys()
    client.post(f"{PHONE}/native", data={"key": "phone_setting.backlight_time", "do": "drop"})
    assert {"phone_setting.backlight_time": None} == keys()
    client.post(f"{PHONE}/native", data={"key": "phone_setting.backlight_time", "do": "forget"})
    assert {} == keys()


def test_a_vendors_secret_key_is_masked_and_can_be_forgotten(client, provisioner):
    client.get(f"{PHONE}/settings")
    client.post(f"{PHONE}/native", data={"key": "wifi.1.password", "value": "hunter22", "do": "set"})
    assert "hunter22" not in client.get(f"{PHONE}/settings").text
    client.post(f"{PHONE}/native", data={"key": "wifi.1.password", "do": "forget"})
    assert {} == dict(_given(provisioner).settings.get("yealink", {}))


# --- keys


def test_the_keys_say_where_each_button_comes_from(reader):
    page = reader.get(f"{PHONE}/keys").text
    assert ("template Desk" in page, "<svg" in page) == (True, True)


def test_its_own_buttons_win_over_the_templates(client, provisioner):
    client.get(f"{PHONE}/keys")
    sent = {"rows": "1", "slot-0": "line:2", "mode-0": "speed-dial", "value-0": "555", "label-0": "Pizza", "do": "save"}
    assert 303 == client.post(f"{PHONE}/keys", data=sent).status_code
    page = client.get(f"{PHONE}/keys").text
    assert ("Pizza" in page, "this device" in page) == (True, True)


def test_a_wrong_button_says_why_in_its_row(client):
    client.get(f"{PHONE}/keys")
    sent = {"rows": "1", "slot-0": "line:2", "mode-0": "speed-dial", "label-0": "Pizza", "do": "save"}
    response = client.post(f"{PHONE}/keys", data=sent)
    assert (422, True) == (response.status_code, "needs the number to dial" in response.text)


# --- files


def test_a_preview_masks_secrets_and_says_where_values_come_from(reader):
    page = reader.get(f"{PHONE}/files/805ec0000001.cfg").text
    assert ("pw-acme-100" in page, "********" in page, "extension 100" in page) == (False, True, True)


def test_revealing_is_a_right_and_audited(client, viewer, provisioner):
    path = f"{PHONE}/files/805ec0000001.cfg"
    viewer.get(path)
    assert 403 == viewer.post(f"{path}/reveal").status_code
    client.get(path)
    assert "pw-acme-100" in client.post(f"{path}/reveal").text
    assert [("revealed", {"file": "805ec0000001.cfg"})] == [(one.action, one.changes) for one in _audits(provisioner)]


@pytest.mark.parametrize("name", ["805ec0000002.cfg", "nothing.cfg", "..%2Fkey"])
def test_a_file_that_is_not_its_own_is_not_there(reader, name):
    assert 404 == reader.get(f"{PHONE}/files/{name}").status_code


def test_a_device_of_an_unknown_model_says_so_instead_of_breaking(client, provisioner):
    with provisioner.database.writing() as session:
        session.scalars(select(Device).where(Device.mac == "805ec0000001")).one().model = "T999"
    for tab in ("", "/edit", "/keys", "/settings", "/files", "/requests", "/pairing", "/why?path=/x"):
        assert 200 == client.get(f"{PHONE}{tab}").status_code
    assert "has no model" in client.get(PHONE).text


# --- pairing, requests, why


def test_the_window_is_opened_and_says_until_when(client, provisioner):
    client.get(f"{PHONE}/pairing")
    client.post(f"{PHONE}/pairing", data={"do": "open", "minutes": "30"})
    left = _row(provisioner).open_until - now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    assert ("The window is open" in (page := client.get(f"{PHONE}/pairing").text), "ann" in page) == (True, True)


@pytest.mark.parametrize(("do", "state"), [("close", "closed"), ("block", "blocked")])
def test_the_window_is_closed_and_blocked(client, provisioner, do, state):
    client.get(f"{PHONE}/pairing")
    client.post(f"{PHONE}/pairing", data={"do": do})
    assert state == _row(provisioner).state


@pytest.mark.parametrize("sent", [{"do": "open"}, {"do": "open", "minutes": "0"}, {"do": "explode"}])
def test_what_no_button_sends_is_refused(reader, sent):
    reader.get(f"{PHONE}/pairing")
    assert 400 == reader.post(f"{PHONE}/pairing", data=sent).status_code


def test_a_handset_has_the_pairing_of_its_base(client, provisioner):
    with provisioner.database.reading() as session:
        handset = session.scalars(select(Device).where(Device.mac.is_(None))).first()
    client.get(f"{DEVICES}/{handset.ipei}/pairing")
    client.post(f"{DEVICES}/{handset.ipei}/pairing", data={"do": "block"})
    assert "blocked" == _row(provisioner, "805ec0000004").state


def test_requests_are_listed_and_found(client, provisioner):
    world.see(provisioner, "805ec0000001")
    world.see(provisioner, "805ec0000001", outcome="refused", ago_s=5)
    assert 2 == client.get(f"{PHONE}/requests").text.count("data-row=")
    assert 1 == client.get(f"{PHONE}/requests?q=outcome:refused").text.count("data-row=")


def test_a_served_secret_stands_in_the_pairing_history(client, provisioner):
    provisioner.answer(Ask(path="/805ec0000001.cfg", address="10.20.0.7"))
    provisioner.sightings.flush()
    page = client.get(f"{PHONE}/pairing").text
    assert ("window" in page, "10.20.0.7" in page, "805ec0000001.cfg" in page) == (True, True, True)


def test_a_replay_shows_each_decision_and_pairs_nothing(client, provisioner):
    page = client.get(f"{PHONE}/why?path=/805ec0000001.cfg&address=10.9.9.9").text
    assert ("200: 805ec0000001.cfg" in page, "open") == (True, _row(provisioner).state)
    client.get(f"{PHONE}/pairing")
    client.post(f"{PHONE}/pairing", data={"do": "block"})
    assert "the device is blocked" in client.get(f"{PHONE}/why?path=/805ec0000001.cfg").text


def test_a_request_that_got_nothing_leads_to_its_replay(client, provisioner):
    world.see(provisioner, "805ec0000001", outcome="refused")
    page = html.fromstring(client.get(f"{PHONE}/requests").text)
    (link,) = page.xpath("//main//table//a[contains(@href, '/why')]/@href")
    assert "10.20.0.7" in link
    assert "Decisions" in client.get(link).text


def test_a_native_key_that_no_template_knows_says_so(client):
    client.get(f"{PHONE}/settings")
    client.post(f"{PHONE}/native", data={"key": "features.nonsense", "value": "1", "do": "set"})
    client.post(f"{PHONE}/native", data={"key": "features.dnd.enable", "value": "1", "do": "set"})
    assert 1 == client.get(f"{PHONE}/settings").text.count("No template of this model knows this key")


def test_a_pairing_code_is_told_once_and_is_in_the_audit_log_without_it(client, provisioner):
    client.get(f"{PHONE}/pairing")
    told = re.search(r"\b(\d{8})\b", client.post(f"{PHONE}/pairing/code", data={"minutes": "5"}).text)
    assert told
    assert told[1] not in client.get(f"{PHONE}/pairing").text
    assert "pairing_code" in _audits(provisioner)[-1].changes
    assert told[1] not in str(_audits(provisioner)[-1].changes)


@pytest.mark.parametrize("minutes", ["", "0", "soon", "-5", "9" * 30])
def test_a_pairing_code_of_no_sensible_length_is_refused(client, minutes):
    client.get(f"{PHONE}/pairing")
    refused = client.post(f"{PHONE}/pairing/code", data={"minutes": minutes}, follow_redirects=True).text
    assert ("write a number from 1 to" in refused, "is not shown again" in refused) == (True, False)


def test_the_pairing_page_tells_what_the_gate_said_last_and_leads_to_the_reason(client, provisioner):
    assert "It has not asked yet" in client.get(f"{PHONE}/pairing").text
    world.see(provisioner, "805ec0000001", outcome="refused")
    page = html.fromstring(client.get(f"{PHONE}/pairing").text)
    why = page.xpath("//a[contains(@href, '/why?')]/@href")[0]
    assert ("refused" in page.text_content(), "path=/805ec0000001.cfg" in why) == (True, True)
    assert "recognise" in client.get(why).text


def test_who_made_a_code_and_distrusted_the_certificate_stands_on_the_pairing_page(client):
    client.get(f"{PHONE}/pairing")
    client.post(f"{PHONE}/pairing/code", data={"minutes": "5"})
    client.post(f"{PHONE}/pairing", data={"do": "distrust"})
    rows = html.fromstring(client.get(f"{PHONE}/pairing").text).xpath("//tr[td='ann']/td[2]/text()")
    assert ["certificate", "pairing code"] == rows


@pytest.mark.parametrize("name", ["phone.admin_password", "phone.user_password"])
def test_a_secret_setting_is_inherited_again(client, provisioner, name):
    _set(client, name, do="set", value="0penSesame")
    _set(client, name, do="inherit")
    assert name.partition(".")[2] not in _given(provisioner).phone.model_fields_set
    assert {name: "changed"} == _audits(provisioner)[-1].changes


def test_a_forgotten_secret_key_is_in_the_audit_log(client, provisioner):
    client.get(f"{PHONE}/settings")
    for do in ("set", "forget"):
        client.post(f"{PHONE}/native", data={"key": "wifi.1.password", "value": "hunter22", "do": do})
    assert [{"settings.yealink.wifi.1.password": "changed"}] * 2 == [one.changes for one in _audits(provisioner)]


def test_a_certificate_is_distrusted_and_trusted_again(client, provisioner):
    client.get(f"{PHONE}/pairing")
    for do, distrusted in (("distrust", True), ("trust", False)):
        client.post(f"{PHONE}/pairing", data={"do": do})
        assert _row(provisioner).certificate_distrusted is distrusted
