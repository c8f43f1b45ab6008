"""The language of the portal: who chooses it, and what is written in it."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta

import pytest
from babel.messages.pofile import read_po
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


def test_the_documents_of_the_api_say_that_they_are_english(reader):
    assert '<html lang="en"' in reader.get("/api/v1/docs", headers={"Accept-Language": "de"}).text


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


# --- the catalogues, once nothing is missing any more

LANGUAGES = [language for language in catalogues.LANGUAGES if language != catalogues.SOURCE]
_NAME = re.compile(r"{(\w+)}")


@pytest.fixture(scope="module")
def source():
    return catalogues.extracted()


def _kept(language):
    with catalogues.path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def _texts(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_catalogue_and_nothing_else_is(source, language):
    assert {one.id for one in source} == {one.id for one in _kept(language)}, "run `make messages`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_a_guess(language):
    assert [] == [one.id for one in _kept(language) if one.id and (one.fuzzy or not all(_texts(one)))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_hold_the_names_that_are_filled_in(language):
    """A name that is missing is a fact that is not told; one too many is an error on the page."""
    wrong = []
    for one in _kept(language):
        wanted = one.id if isinstance(one.id, tuple) else (one.id,) * len(_texts(one))
        pairs = zip(wanted, _texts(one), strict=True)
        wrong += [said for text, said in pairs if set(_NAME.findall(text)) != set(_NAME.findall(said))]
    assert [] == wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_has_braces_that_are_not_filled_in(language):
    said = [text for one in _kept(language) for text in _texts(one)]
    assert [] == [text for text in said if "{" in _NAME.sub("", text) or "}" in _NAME.sub("", text)]


def _written(tree):
    """The first text of each call that asks for a translation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in catalogues.KEYWORDS:
            place = 1 if node.func.id == "counted" else 0
            if len(node.args) > place and isinstance(node.args[place], ast.Constant | ast.JoinedStr):
                yield node.args[place]


def test_no_text_hides_from_the_catalogue(source):
    """What stands within an f-string, or is one, is not found when the catalogue is made."""
    found = {text for one in source for text in (one.id if isinstance(one.id, tuple) else (one.id,))}
    hidden = [
        f"{path.name}:{text.lineno}"
        for path in catalogues.HERE.rglob("*.py")
        for text in _written(ast.parse(path.read_text("utf-8")))
        if not isinstance(text, ast.Constant) or text.value not in found
    ]
    assert [] == hidden
