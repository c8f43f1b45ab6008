"""The language of the portal: who chooses it, and what is written in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_babel import force_locale

from admin import catalogues, names, words
from provisioner import accounts
from provisioner.sightings import WORDS as OUTCOMES
from provisioner.values import Mode
from tests.portal.test_access import DEVICES

ACCOUNT = "/portal/account"
NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def german(app):
    with app.test_request_context(), force_locale("de"):
        yield


def test_without_a_wish_the_portal_is_english(reader):
    page = reader.get(DEVICES).text
    assert '<html lang="en"' in page
    assert "Button templates" in page


def test_the_browser_asks_for_a_language(reader):
    page = reader.get(DEVICES, headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert '<html lang="de"' in page
    assert "Tastenvorlagen" in page


def test_a_language_that_is_not_there_is_english(reader):
    assert '<html lang="en"' in reader.get(DEVICES, headers={"Accept-Language": "tlh"}).text


def test_the_account_remembers_its_language_over_what_the_browser_asks(client):
    client.get(ACCOUNT)
    client.post("/portal/language", data={"language": "de"})
    page = client.get(ACCOUNT, headers={"Accept-Language": "en"}).text
    assert '<html lang="de"' in page
    assert '<option value="de" selected>Deutsch</option>' in page


def test_an_account_cannot_choose_a_language_that_is_not_there(client):
    client.get(ACCOUNT)
    assert 400 == client.post("/portal/language", data={"language": "xx"}).status_code


def test_numbers_and_moments_are_written_as_the_language_does(german):
    assert ("1.204", "02.03.2026 12:00:05 UTC") == (words.number(1204), words.stamp(NOON))


@pytest.mark.parametrize(
    ("past", "says"),
    [(3, "gerade eben"), (80, "vor 80 Sekunden"), (3 * 86400, "vor 3 Tagen"), (-7200, "in 2 Stunden")],
)
def test_how_long_ago_is_told_in_the_language(german, past, says):
    assert says == words.ago(NOON - timedelta(seconds=past), NOON)


@pytest.mark.parametrize(("count", "says"), [(1, "1 Gerät"), (0, "0 Geräte"), (1204, "1.204 Geräte")])
def test_a_count_takes_its_plural(german, count, says):
    assert says == words.counted(count, "{n} device", "{n} devices")


def test_values_are_filled_in_after_the_translation(german):
    assert "1–25 von 99" == words._("{first}–{last} of {total}", first=1, last=25, total=99)


def test_where_nobody_looks_texts_are_those_of_the_source():
    assert "never" == words._("never")


def test_texts_of_pages_and_of_marked_data_are_found():
    found = catalogues.extracted()
    assert {"Skip to the content", "Open pairing", "PAIRING", "There is nothing here"} <= {one.id for one in found}


def test_every_word_that_data_brings_to_a_page_has_a_translation():
    data = {
        *(mode.value.replace("-", " ") for mode in Mode),
        *accounts.ROLES,
        *OUTCOMES.values(),
        "served",
    }
    assert data <= {*names.MODES, *names.ROLES, *names.OUTCOMES}
