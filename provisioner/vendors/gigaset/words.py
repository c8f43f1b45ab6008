"""Gigaset's words and numbers for our settings, by dialect.

W = wazo-provd-plugins (wazo_gigaset), T = Nethesis Tancredi, GS = Gemeinschaft 5 (ConfigGigasetController),
V = the vendor's wiki.
"""

from __future__ import annotations

PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061", "srv": "5060"}

# Nx70 (W). "srv" has no number that is sourced, so the base stays with UDP.

NX70_TRANSPORTS = {"udp": "1", "tcp": "2", "tls": "3", "srv": "1"}
NX70_DTMF = {"inband": "1", "rfc4733": "2", "info": "4"}
NX70_TONES = {"DE": "Germany", "ES": "Spain", "FR": "France", "US": "Retail", "CA": "Retail"}

# The time zones that the firmware knows. The first ones may stand for any other with the same offset and rule;
# of the rest the rule has changed, or may yet be an old one in the firmware, so they only serve their own place.
NX70_ZONES = (
    "Greenwich", "Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "Asia/Dubai",
    "Asia/Karachi", "Asia/Dhaka", "Asia/Hong_Kong", "Asia/Tokyo", "Australia/Adelaide", "Australia/Darwin",
    "Australia/Brisbane", "Australia/Sydney", "Pacific/Noumea",
)  # fmt: skip
NX70_OWN_ZONES = frozenset(
    {
        "Africa/Cairo", "America/Caracas", "America/Sao_Paulo", "Europe/Amsterdam", "Europe/Andorra",
        "Europe/Astrakhan", "Europe/Belfast", "Europe/Belgrade", "Europe/Bratislava", "Europe/Brussels",
        "Europe/Bucharest", "Europe/Budapest", "Europe/Busingen", "Europe/Chisinau", "Europe/Copenhagen",
        "Europe/Dublin", "Europe/Gibraltar", "Europe/Guernsey", "Europe/Helsinki", "Europe/Isle_of_Man",
        "Europe/Istanbul", "Europe/Jersey", "Europe/Kaliningrad", "Europe/Kiev", "Europe/Kirov", "Europe/Lisbon",
        "Europe/Ljubljana", "Europe/Luxembourg", "Europe/Madrid", "Europe/Malta", "Europe/Mariehamn",
        "Europe/Minsk", "Europe/Monaco", "Europe/Moscow", "Europe/Nicosia", "Europe/Oslo", "Europe/Paris",
        "Europe/Podgorica", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Samara", "Europe/San_Marino",
        "Europe/Sarajevo", "Europe/Simferopol", "Europe/Skopje", "Europe/Sofia", "Europe/Stockholm",
        "Europe/Tallinn", "Europe/Tirane", "Europe/Tiraspol", "Europe/Ulyanovsk", "Europe/Uzhgorod",
        "Europe/Vaduz", "Europe/Vatican", "Europe/Vienna", "Europe/Vilnius", "Europe/Volgograd", "Europe/Warsaw",
        "Europe/Zagreb", "Europe/Zaporozhye", "Europe/Zurich",
    }
)  # fmt: skip

# ProviderFrame

FRAME_DTMF = {"inband": "1", "rfc4733": "2", "info": "4"}
FRAME_CODECS = {"pcmu": "0x00", "pcma": "0x01", "g726-32": "0x02", "g729": "0x03", "g722": "0x05"}
FRAME_NO_CODEC = "0xff"
FRAME_CODEC_PLACES = 5
# W's "AUS" is Austria in GS, so neither Austria nor Australia is here.
FRAME_TONES = {
    "CA": "1", "CH": "2", "CZ": "5", "DE": "12", "ES": "6", "FR": "7", "GB": "8", "IT": "13", "NL": "9",
    "PL": "10", "RU": "11", "US": "1", "ZA": "3",
}  # fmt: skip
FRAME_TONES_INTERNATIONAL = "0"
FRAME_LANGUAGES = {
    "en": "0x1", "de": "0x2", "es": "0x4", "it": "0x7", "fr": "0x9", "nl": "0xa", "tr": "0x10", "pl": "0x11",
}  # fmt: skip

# uiI_TIME_TIMEZONE: the code of a place, from the list in the bases' web pages (GS; from 0x3d on W, whose codes
# for -3 and -4 are other places in that list). Others with the same offset and rule use it too.
FRAME_ZONES = {
    0x02: "Pacific/Honolulu", 0x03: "America/Anchorage", 0x04: "America/Los_Angeles", 0x05: "America/Phoenix",
    0x07: "America/Denver", 0x09: "America/Chicago", 0x0B: "America/Regina", 0x0C: "America/Bogota",
    0x0D: "America/New_York", 0x0F: "America/Halifax", 0x10: "America/Caracas", 0x12: "America/St_Johns",
    0x14: "America/Argentina/Buenos_Aires", 0x17: "Atlantic/Azores", 0x18: "Atlantic/Cape_Verde",
    0x19: "Africa/Monrovia", 0x1A: "Europe/London", 0x1B: "Europe/Berlin", 0x1F: "Africa/Lagos",
    0x20: "Europe/Athens", 0x22: "Africa/Cairo", 0x23: "Africa/Harare", 0x24: "Europe/Helsinki",
    0x25: "Asia/Jerusalem", 0x27: "Asia/Riyadh", 0x28: "Europe/Moscow", 0x29: "Africa/Nairobi",
    0x2A: "Asia/Tehran", 0x2B: "Asia/Dubai", 0x2D: "Asia/Kabul", 0x2F: "Asia/Karachi", 0x30: "Asia/Kolkata",
    0x31: "Asia/Kathmandu", 0x33: "Asia/Dhaka", 0x35: "Asia/Yangon", 0x36: "Asia/Bangkok",
    0x38: "Asia/Shanghai", 0x3D: "Asia/Tokyo", 0x40: "Australia/Adelaide", 0x43: "Australia/Sydney",
    0x47: "Pacific/Noumea", 0x48: "Pacific/Auckland", 0x50: "Pacific/Tongatapu",
}  # fmt: skip

# uiI_TIME_COUNTRY, from the same web pages (GS; W for DE, FR, GB and NL)
FRAME_COUNTRIES = {
    "AE": 73, "AL": 0, "AR": 1, "AT": 3, "AU": 2, "BA": 8, "BE": 6, "BG": 10, "BH": 4, "BO": 7, "BR": 9, "BY": 5,
    "CA": 11, "CH": 69, "CL": 12, "CN": 13, "CO": 14, "CR": 15, "CY": 17, "CZ": 18, "DE": 25, "DK": 19, "EC": 20,
    "EE": 22, "EG": 21, "ES": 67, "FI": 23, "FR": 24, "GB": 74, "GR": 26, "HK": 27, "HR": 16, "HU": 28, "ID": 31,
    "IE": 32, "IL": 33, "IN": 30, "IR": 82, "IS": 29, "IT": 34, "JO": 36, "JP": 35, "KR": 37, "KW": 38, "LB": 40,
    "LI": 41, "LT": 42, "LU": 43, "LV": 39, "MA": 47, "ME": 81, "MK": 44, "MX": 46, "MY": 45, "NA": 79, "NL": 48,
    "NO": 50, "NZ": 49, "PA": 52, "PE": 54, "PH": 55, "PK": 51, "PL": 56, "PR": 58, "PS": 80, "PT": 57, "PY": 53,
    "RO": 59, "RS": 62, "RU": 60, "SA": 61, "SE": 68, "SG": 63, "SI": 65, "SK": 64, "TH": 71, "TR": 72, "TW": 70,
    "US": 75, "UY": 76, "VE": 77, "ZA": 66,
}  # fmt: skip
FRAME_NO_COUNTRY = 0xFF

# Maxwell (T). Only UDP and TLS have a number there, and only two languages and two time zones a name.

MAXWELL_TRANSPORTS = {"udp": "1", "tcp": "1", "tls": "2", "srv": "1"}
MAXWELL_DTMF = {"inband": "0", "rfc4733": "1", "info": "3"}
MAXWELL_TONES = {"DE": "DEU", "FR": "FRA", "GB": "GBR", "IT": "ITA", "US": "USA", "CA": "USA"}
MAXWELL_TONES_INTERNATIONAL = "INT"
MAXWELL_LANGUAGES = {"en": "en-us", "it": "it-it"}
MAXWELL_ZONES = {"Europe/London": "GMT.Europe/London", "Europe/Amsterdam": "GMT+1.Europe/Amsterdam"}
# RTP payload types (RFC 3551 §6): others have no fixed number.
MAXWELL_CODECS = {"pcmu": "0", "pcma": "8", "g722": "9", "g729": "18"}
MAXWELL_TIME_FORMATS = {"12": "12h", "24": "24h"}
MAXWELL_DATE_ORDERS = {"mdy": "mm.dd.yyyy", "dmy": "dd.mm.yyyy", "ymd": "dd.mm.yyyy"}

# P-series

DESKTOP_CODECS = {"g722": "g722", "pcma": "pcma", "pcmu": "pcmu", "g729": "g729", "g726-32": "g726-32"}
DESKTOP_DTMF = {"rfc4733": "off", "inband": "off", "info": "sip_info_only"}
DESKTOP_LANGUAGES = {
    "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "en": "English", "es": "Español", "fi": "Suomi",
    "fr": "Français", "hu": "Magyar", "it": "Italiano", "nl": "Nederlands", "no": "Norsk", "pl": "Polski",
    "pt": "Português", "ru": "Русский", "sl": "Slovenščina", "sv": "Svenska", "tr": "Türkçe",
}  # fmt: skip
# Of a country, else of the language: dates as in another country with it. English outside the USA has none.
DESKTOP_LOCALES = {
    "de": "de_DE", "en-US": "en_US", "es": "es_ES", "fr": "fr_FR", "fr-CA": "fr_CA", "it": "it_IT", "nl": "nl_NL",
}  # fmt: skip
DESKTOP_TONES = {
    "AT": "AUT", "AU": "AUS", "CA": "USA", "DE": "GER", "ES": "ESP", "FR": "FRA", "GB": "GBR", "IT": "ITA",
    "NL": "NLD", "US": "USA",
}  # fmt: skip
# Codes of the phone's list by a place with the same offset and rule; other places are told by offset and rule.
DESKTOP_ZONES = {
    "USA-8": "America/Los_Angeles", "USA-7": "America/Denver", "USA-6": "America/Chicago",
    "USA-5": "America/New_York", "CAN-4": "America/Halifax", "GBR-0": "Europe/London", "GER+1": "Europe/Berlin",
    "GRC+2": "Europe/Athens", "UAE+4": "Asia/Dubai", "IND+5.5": "Asia/Kolkata", "SGP+8": "Asia/Singapore",
    "JPN+9": "Asia/Tokyo", "AUS+9.5": "Australia/Adelaide", "AUS+10": "Australia/Sydney",
    "NZL+12": "Pacific/Auckland",
}  # fmt: skip
