"""Countries and languages as people write them: the codes that there are, of ISO 3166-1 and ISO 639.

What is stored already is read without these checks: a phone shall not lose its file to a code that was let in once.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator

from provisioner import neutral
from provisioner.services.fields import inside


def country(code: str) -> str:
    """The two letters of a country, in capitals. Raises ValueError when there is none of these letters."""
    if code.upper() not in countries():
        raise ValueError("write the two letters of ISO 3166-1, such as US or DE")
    return code.upper()


def language(code: str) -> str:
    """A language's code, with or without a country behind it. Raises ValueError when there is no such language."""
    plain = code.replace("_", "-")
    name, _, place = plain.partition("-")
    if name.lower() not in languages() or (place and place.upper() not in countries()):
        raise ValueError("write a language code of ISO 639, such as en, de or pt-BR")
    return plain


def country_or_blank(code: str) -> str:
    """A country, or nothing. Raises ValueError."""
    return country(code) if code else code


Country = Annotated[str, AfterValidator(country)]
CountryOrBlank = Annotated[str, AfterValidator(country_or_blank)]
Language = Annotated[str, AfterValidator(language)]


def known(section: neutral.Section) -> neutral.Section:
    """A section whose countries and language there are. Raises ValueError naming the field."""
    for name, check in (("country", country), ("tone_country", country), ("language", language)):
        code = getattr(section, name, None)
        if name in section.model_fields_set and code:
            inside(name, check, code)
    return section


@cache
def countries() -> frozenset[str]:
    """The letters of every country."""
    import pycountry  # noqa: PLC0415  # phones are served without it

    table: Any = pycountry.countries
    return frozenset(one.alpha_2 for one in table)


@cache
def languages() -> frozenset[str]:
    """The codes of every language, of two letters and of three."""
    import pycountry  # noqa: PLC0415  # phones are served without it

    table: Any = pycountry.languages
    return frozenset(code for one in table for code in (one.alpha_3, getattr(one, "alpha_2", None)) if code)
