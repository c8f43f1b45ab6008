"""What a country is used to where nothing else is asked for: how it writes dates and times."""

from __future__ import annotations

from provisioner.profile import Settings, Text

_TWELVE_HOURS = frozenset({"AU", "CA", "NZ", "PH", "US"})
_MONTH_FIRST = "US"


def clock_hours(settings: Settings) -> Text:
    """``12`` or ``24``: as asked, else as the country's clocks count."""
    given, country = settings["locale.time_format"], settings["locale.country"]
    return given.says(given.value) if given else country.says("12" if country.value in _TWELVE_HOURS else "24")


def date_order(settings: Settings, nowhere: str = "ymd") -> Text:
    """``mdy``, ``dmy`` or ``ymd``: as asked, else as the country writes it; ``nowhere`` without a country."""
    given, country = settings["locale.date_format"], settings["locale.country"]
    if given:
        return given.says(given.value)
    return country.says("mdy" if country.value == _MONTH_FIRST else "dmy" if country else nowhere)
