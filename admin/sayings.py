"""What the server says, in the language of who reads it: messages of services, and the steps of a replay.

They are whole English sentences with values in them, for the API, the command line and the log. On a page such a
sentence is found again by its form, in which ``{0}``, ``{1}`` … stand for the values, and is said anew around them.
"""

from __future__ import annotations

import re
from functools import cache

from admin.catalogues import SOURCE, texts, translations
from admin.words import language, mark
from provisioner.services.buttons import WANTED

OF_LIBRARIES = (
    mark("should be {0}"),
    mark("should be greater than or equal to {0}"),
    mark("should be less than or equal to {0}"),
    mark("should be a finite number"),
    mark("should be a valid integer, unable to parse string as an integer"),
    mark("should have at most {0} characters"),
    mark("should have at least {0} characters"),
    mark("should match pattern {0}"),
)
NAMES = (
    mark("recognise"), mark("device"), mark("file"), mark("certificate"), mark("token"), mark("credentials"),
    mark("network"), mark("window"), mark("code"), mark("answer"), mark("gate"),
)  # fmt: skip
"""The names of the steps."""

PHRASES = frozenset(WANTED.values())
"""Values that are words of ours; any other is what somebody wrote, and stays so."""
_VALUE = re.compile(r"\{(\d)\}")


def say(message: str) -> str:
    """The message in the language of the page; one that has no known form stays as it is."""
    wanted = language()
    if wanted == SOURCE:
        return message
    known = translations(wanted).gettext
    said = known(message)
    if said != message:
        return said
    for form, text in _forms(wanted):
        match = form.fullmatch(message)
        if match:
            values = dict(enumerate(known(one) if one in PHRASES else one for one in match.groups()))
            return "".join(values[int(part)] if n % 2 else part for n, part in enumerate(_VALUE.split(text)))
    return message


@cache
def _forms(wanted: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every form with what it is in a language, those with the most words of their own first."""
    found = [(form, text) for form, text in texts(wanted) if _VALUE.search(form)]
    found.sort(key=lambda one: (-len(_VALUE.sub("", one[0])), one[0]))
    return tuple((_pattern(form), text) for form, text in found)


def _pattern(form: str) -> re.Pattern[str]:
    parts = _VALUE.split(form)
    return re.compile("".join("(.*?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)), re.S)
