"""The catalogues of translations: read when the portal runs, brought up to date by ``make messages``.

The text in the source is English and is its own key. A catalogue is a ``.po`` file without places in the source,
so that two people who add strings seldom touch the same line; nothing compiled is kept, so nothing is ever stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import NullTranslations, Translations

from admin import sentences
from provisioner.services import integrations, user_page

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""The languages of the portal, as they call themselves; the first is the language of the source."""

SOURCE = next(iter(LANGUAGES))
HERE = Path(__file__).parent
KEYWORDS = {"_": None, "mark": None, "counted": (2, 3)}
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}}


def path_of(language: str) -> Path:
    """Where a language's catalogue is."""
    return HERE / "translations" / f"{language}.po"


@cache
def translations(language: str) -> NullTranslations:
    """A language's texts; of the source's language, which needs none, and of one that is not here, the source's."""
    if not path_of(language).exists():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _kept(language))
    compiled.seek(0)
    return Translations(compiled)


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Each text without a plural, and what it is in a language."""
    for message in _kept(language):
        if isinstance(message.id, str) and isinstance(message.string, str):
            yield message.id, message.string


@cache
def _kept(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def extracted() -> Catalog:
    """Every text of the source."""
    found = Catalog(project="provisioner", charset="utf-8")
    for _path, _line, message, _comments, context in extract_from_dir(
        HERE, METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        found.add(message, context=context)
    for word in (*_words_of_data(), *sentences.forms()):
        found.add(word)
    return found


def _words_of_data() -> Iterator[str]:
    """What the tables of the server bring to a page."""
    for feature in user_page.features().values():
        yield from (feature.section, feature.label)
    for system in integrations.systems().values():
        yield from (system.category, system.says)


def refreshed(language: str, source: Catalog) -> Catalog:
    """A language's catalogue with every text of the source, new ones empty, and without what is not used any more."""
    path, known = path_of(language), Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    known.update(source, no_fuzzy_matching=True)
    return known


def write(catalogue: Catalog, path: Path) -> None:
    """Keep a catalogue, in the order of its texts."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, sort_output=True, no_location=True, ignore_obsolete=True, omit_header=True, width=120)
        file.write(b"\n")


def main() -> None:
    """Bring every catalogue up to date, and say what waits for a translation."""
    source = extracted()
    for language in LANGUAGES:
        if language != SOURCE:
            catalogue = refreshed(language, source)
            write(catalogue, path_of(language))
            waiting = sum(1 for one in catalogue if one.id and not (one.string if one.string != ("", "") else ""))
            print(f"{path_of(language).relative_to(HERE.parent)}: {len(catalogue)} texts, {waiting} to translate")


if __name__ == "__main__":
    main()
