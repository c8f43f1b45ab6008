"""Words and numbers of call manager's files (usecallmanagernz.github.io, wazo-provd-plugins, fact sheet)."""

from __future__ import annotations

from provisioner.vendor_api import Zone, zone

# What the dial plan files send out at once, the same for every phone.
URGENT = ("112", "911")

TRANSPORTS = {"tcp": "1", "udp": "2", "tls": "3", "srv": "1"}

# dtmfOutofBand: events in RTP, or nothing beside the tones themselves. INFO is not known here.
DTMF = {"rfc4733": "avt", "info": "avt", "inband": "none"}

# The date template; an A behind it asks for a clock of twelve hours. There is none that begins with the year.
DATE_FORMATS = {"dmy": "D/M/Y", "mdy": "M/D/Y", "ymd": "D/M/Y"}

# Name and code of the user locale, name of the network locale. A phone whose locale file is not on the server
# stays in English; only names that a source writes stand here.
LOCALES = {
    "en": ("English_United_States", "en"),
    "en-GB": ("English_United_Kingdom", "en"),
    "de": ("German_Germany", "de"),
    "es": ("Spanish_Spain", "es"),
    "fr": ("French_France", "fr"),
}
NETWORK_LOCALES = {
    "US": "United_States",
    "CA": "Canada",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "NZ": "New_Zealand",
}

# The phones know their zones by name only. Each name with a place that keeps its time: zones with the same rule
# get the same name. Where two names share a rule the first is taken.
TIME_ZONES = {
    "Dateline Standard Time": "Etc/GMT+12",
    "Samoa Standard Time": "Pacific/Pago_Pago",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Alaskan Standard/Daylight Time": "America/Anchorage",
    "Pacific Standard/Daylight Time": "America/Los_Angeles",
    "Mountain Standard/Daylight Time": "America/Denver",
    "US Mountain Standard Time": "America/Phoenix",
    "Central Standard/Daylight Time": "America/Chicago",
    "Canada Central Standard Time": "America/Regina",
    "Eastern Standard/Daylight Time": "America/New_York",
    "SA Pacific Standard Time": "America/Bogota",
    "Atlantic Standard/Daylight Time": "America/Halifax",
    "SA Western Standard Time": "America/La_Paz",
    "Newfoundland Standard/Daylight Time": "America/St_Johns",
    "SA Eastern Standard Time": "America/Argentina/Buenos_Aires",
    "Azores Standard/Daylight Time": "Atlantic/Azores",
    "GMT Standard/Daylight Time": "Europe/London",
    "Greenwich Standard Time": "Etc/UTC",
    "W. Europe Standard/Daylight Time": "Europe/Berlin",
    "E. Europe Standard/Daylight Time": "Europe/Athens",
    "South Africa Standard Time": "Africa/Johannesburg",
    "Jerusalem Standard/Daylight Time": "Asia/Jerusalem",
    "Saudi Arabia Standard Time": "Asia/Riyadh",
    "Arabian Standard Time": "Asia/Dubai",
    "Afghanistan Standard Time": "Asia/Kabul",
    "West Asia Standard Time": "Asia/Karachi",
    "India Standard Time": "Asia/Kolkata",
    "Central Asia Standard Time": "Asia/Dhaka",
    "SE Asia Standard Time": "Asia/Bangkok",
    "Taipei Standard Time": "Asia/Taipei",
    "Tokyo Standard Time": "Asia/Tokyo",
    "AUS Central Standard Time": "Australia/Darwin",
    "Cen. Australia Standard/Daylight Time": "Australia/Adelaide",
    "E. Australia Standard Time": "Australia/Brisbane",
    "AUS Eastern Standard/Daylight Time": "Australia/Sydney",
    "Central Pacific Standard Time": "Pacific/Noumea",
    "New Zealand Standard/Daylight Time": "Pacific/Auckland",
    "Fiji Standard Time": "Pacific/Fiji",
}


def same_zone(place: Zone) -> str | None:
    """The name for a place's own rules, where the phones have one."""
    return next((name for name, where in TIME_ZONES.items() if _clock(zone(where)) == _clock(place)), None)


def nearest_zone(place: Zone) -> str:
    """The name of the nearest offset, with daylight saving only for a place that has it, where there is one."""

    def distance(name: str) -> tuple[int, bool]:
        other = zone(TIME_ZONES[name])
        return abs(other.offset_s - place.offset_s), bool(other.start) != bool(place.start)

    return min(TIME_ZONES, key=distance)


def _clock(place: Zone) -> tuple[object, ...]:
    return place.offset_s, place.saving_s, place.start, place.end
