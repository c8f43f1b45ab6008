"""What the services say, in German."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from admin.sayings import say

DEVICES = "/portal/advanced/device-management"


@pytest.fixture
def german(app):
    with app.test_request_context(), force_locale("de"):
        yield


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("must not be empty", "darf nicht leer sein"),
        ("should be greater than or equal to 0", "muss mindestens 0 sein"),
        ("HQ is already in use by another location", "HQ heißt schon ein anderer Standort"),
        ("a blf button needs the number to watch", "eine Taste blf braucht die Nummer, die beobachtet wird"),
        ("'1.5E+11' is a number that a spreadsheet made of the MAC; format the column as text",
         "'1.5E+11' ist eine Zahl, die eine Tabellenkalkulation aus der MAC gemacht hat;"
         " formatieren Sie die Spalte als Text"),
        ("Home is already in use by another location", "Home heißt schon ein anderer Standort"),
        ("'Mars/One' is not a time zone of the tz database; did you mean 'Antarctica/Mawson'?",
         "'Mars/One' ist keine Zeitzone der tz-Datenbank; did you mean 'Antarctica/Mawson'?"),
        ("no client certificate", "kein Client-Zertifikat"),
        ("something that nobody has translated", "something that nobody has translated"),
        ("a {0} in a value: (.*) is already in use", "a {0} in a value: (.*) ist schon vergeben"),
    ],
)  # fmt: skip
def test_a_message_is_said_around_its_values(german, message, said):
    assert said == say(message)


def test_where_nobody_reads_german_messages_stay_as_they_are(app):
    with app.test_request_context():
        assert "must not be empty" == say("must not be empty")


def test_what_is_wrong_stands_in_german_beside_its_field(client):
    client.get("/portal/advanced/locations?add=1")
    sent = {"name": "X", "timezone": "Europe/Berln", "do": "save"}
    page = client.post("/portal/advanced/locations?add=1", data=sent, headers={"Accept-Language": "de"})
    assert (422, True) == (page.status_code, "ist keine Zeitzone der tz-Datenbank" in page.text)


def test_why_is_answered_in_german(client):
    page = client.get(f"{DEVICES}/805ec0000001/why?path=/805ec0000001.cfg", headers={"Accept-Language": "de"}).text
    assert "<b>Zugangsdaten</b><span>keine HTTP-Zugangsdaten</span>" in page
