"""What a country is used to where nothing else is asked for: its tones, how it writes dates and times."""

from __future__ import annotations

from dataclasses import replace

from provisioner.profile import Setting, Settings, Text
from provisioner.values import Owner

_TWELVE_HOURS = frozenset({"AU", "CA", "NZ", "PH", "US"})
_MONTH_FIRST = "US"


def tone_country(settings: Settings) -> Setting:
    """Whose tones the phone plays: as asked, else those of its country."""
    return _asked(settings, "locale.tone_country")


def clock_hours(settings: Settings) -> Text:
    """``12`` or ``24``: as asked, else as the country's clocks count."""
    given = settings["locale.time_format"]
    if given:
        return given.says(given.value)
    country = _asked(settings, "locale.time_format")
    return country.says("12" if country.value in _TWELVE_HOURS else "24")


def date_order(settings: Settings, nowhere: str = "ymd") -> Text:
    """``mdy``, ``dmy`` or ``ymd``: as asked, else as the country writes it; ``nowhere`` without a country."""
    given = settings["locale.date_format"]
    if given:
        return given.says(given.value)
    country = _asked(settings, "locale.date_format")
    return country.says("mdy" if country.value == _MONTH_FIRST else "dmy" if country else nowhere)


def _asked(settings: Settings, name: str) -> Setting:
    """A setting, else the country, which is the phone's where the setting is left to it."""
    given, country = settings[name], settings["locale.country"]
    if given:
        return given
    return replace(country, owner=Owner.PHONE) if given.owner is Owner.PHONE else country
