"""The portal's words: everything that a person reads goes through here, in the language that they read.

Texts are English in the source. One that stands in data of a module is wrapped in `mark`, so that it is found, and
translated by `_` where it is shown. A text's ``{names}`` are filled in after it is translated.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale

from admin.catalogues import LANGUAGES, SOURCE, translations
from provisioner.store.tables import now

FULL = {"en": "yyyy-MM-dd HH:mm:ss", "de": "dd.MM.yyyy HH:mm:ss"}
"""How a moment is written; in English the way that is the same in every country."""


def register(app: Flask) -> None:
    """Choose the language of each page of this application."""
    Babel(configure_jinja=False).init_app(app, default_locale=SOURCE, locale_selector=chosen)


def mark(text: str) -> str:
    """The same text, which is to be translated where it is shown: for what is written down before anybody looks."""
    return text


def language() -> str:
    """The language of the page; that of the source where nobody looks, as in the log of a job."""
    return locale().language


def locale() -> Locale:
    """How numbers and dates are written on the page."""
    found: Locale | None = get_locale()
    return found or Locale(SOURCE)


def chosen() -> str | None:
    """The viewer's language: what they set, else what their browser asks for; None for neither."""
    if not has_request_context():
        return None
    viewer = g.get("viewer")
    wanted = viewer.preferences.get("language") if viewer else None
    return wanted if wanted in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES))


def _(text: str, /, **values: Any) -> str:
    """The text in the viewer's language, its ``{names}`` filled in."""
    said = translations(language()).gettext(text) if text else text
    return said.format(**values) if values else said


def counted(count: int, one: str, many: str, /, **values: Any) -> str:
    """The form of the text that fits the count, which is written as ``{n}``."""
    return translations(language()).ngettext(one, many, count).format(n=number(count), **values)


def number(value: int) -> str:
    """A number as people read it: 1,204 or 1.204."""
    return format_decimal(value, locale=locale())


def stamp(moment: datetime | None) -> str:
    """A moment in full, in UTC."""
    if moment is None:
        return ""
    return f"{format_datetime(moment, FULL[language()], locale=locale())} UTC"


def ago(moment: datetime | None, since: datetime | None = None) -> str:
    """How long ago a moment was, or in how long it will be, in its largest unit."""
    if moment is None:
        return _("never")
    seconds = ((since or now()) - moment).total_seconds()
    if abs(seconds) < 10:
        return _("just now")
    return _length(-seconds, "long", with_direction=True)


def brief(moment: datetime | None) -> str:
    """How far a moment is from now, as short as a table wants it: 5s, 3m, 2h, 4d."""
    return _length(abs((now() - moment).total_seconds()), "narrow") if moment else ""


def _length(seconds: float, form: Literal["long", "narrow"], *, with_direction: bool = False) -> str:
    """A length of time in the largest unit of which there are two, so that twelve days are not "a week"."""
    length = timedelta(seconds=seconds)
    return format_timedelta(length, threshold=2, add_direction=with_direction, format=form, locale=locale())
