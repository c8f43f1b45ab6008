"""Snom's words for our settings (service.snom.com settings reference, and the templates named in models.toml)."""

from __future__ import annotations

SRTP = {"off": "off", "optional": "optional", "mandatory": "mandatory"}

# Whether the digits go into SIP INFO; digits in the RTP stream are the codec list's business.
DTMF = {"rfc4733": "off", "inband": "off", "info": "sip_info_only"}

# Tokens of codec_priority_list. Opus and iLBC are not sourced for any firmware, so they are passed over.
CODECS = {"g722": "g722", "pcma": "pcma", "pcmu": "pcmu", "g729": "g729", "g726-32": "g726-32"}

# The M series has a shorter name for G.726 and no telephone-event in its list (DECT generators, see models.toml).
BASE_CODECS = {**CODECS, "g726-32": "g726"}

# A list must name one codec at least.
CODECS_OF_EVERY_PHONE = ("pcma", "pcmu")

PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061"}

# "off" of webserver_type is not in the sheet's sources; a phone that does not know it keeps its web pages.
WEB_SERVER = {True: "http_https", False: "off"}

LANGUAGES = {
    "bs": "Bosanski", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "en": "English", "es": "Español",
    "fi": "Suomi", "fr": "Français", "hu": "Magyar", "it": "Italiano", "lt": "Lietuvių", "nb": "Norsk",
    "nl": "Nederlands", "nn": "Norsk", "no": "Norsk", "pl": "Polski", "pt": "Português", "ru": "Русский",
    "sl": "Slovenščina", "sv": "Svenska", "tr": "Türkçe",
}  # fmt: skip

# Locales that a source writes (W): of a country, else of the language, since a date of another country's is nearer
# than the factory's; English outside the USA has none.
LOCALES = {
    "de": "de_DE",
    "en-US": "en_US",
    "es": "es_ES",
    "fr": "fr_FR",
    "fr-CA": "fr_CA",
    "it": "it_IT",
    "nl": "nl_NL",
}

# As the M series spells them (DECT generators).
BASE_LANGUAGES = {
    "da": "Dansk", "de": "Deutsch", "en": "English", "es": "Español", "fr": "Francais", "it": "Italiano",
    "nl": "Dutch", "pl": "Polski", "pt": "Português", "ru": "Russian", "sl": "Slovenian", "tr": "Türkce",
}  # fmt: skip

TONES = {
    "AT": "AUT", "AU": "AUS", "CA": "USA", "CH": "SWI", "CN": "CHN", "DE": "GER", "DK": "DNK", "ES": "ESP",
    "FR": "FRA", "GB": "GBR", "IN": "IND", "IT": "ITA", "JP": "JPN", "MX": "MEX", "NL": "NLD", "NO": "NOR",
    "NZ": "NZL", "SE": "SWE", "US": "USA",
}  # fmt: skip


# The factory's soft keys of the idle screen, left to right (pull request W276, quoting the page context_key).
IDLE_KEYS = {
    "D7": ("F_ADR_BOOK", "F_CALL_LIST", "F_REDIRECT", "F_HELP"),
    "D81": ("F_SETTINGS", "F_CALL_LIST", "F_ADR_BOOK", "F_HELP"),
    "D86": ("F_SETTINGS", "F_CALL_LIST", "F_ADR_BOOK", "F_STATUS"),
}

# The factory's meaning of the dedicated keys, where it is sourced.
HARD_KEYS = {"directory": "keyevent F_ADR_BOOK", "dnd": "keyevent F_DND", "menu": "keyevent F_SETTINGS"}

# What the clocks do where a code is at home, in the phone's own notation (see `context`): the firmware holds
# the rule of a code, so it must not move when the tz database learns that the place has given it up.
_NEVER = ""
_US = "3600 03.02.07 02:00:00 11.01.07 02:00:00"
_AZORES = "3600 03.05.07 00:00:00 10.05.07 01:00:00"
_WESTERN = "3600 03.05.07 01:00:00 10.05.07 02:00:00"
_CENTRAL = "3600 03.05.07 02:00:00 10.05.07 03:00:00"
_EASTERN = "3600 03.05.07 03:00:00 10.05.07 04:00:00"
_AUSTRALIA = "3600 10.01.07 02:00:00 04.01.07 03:00:00"
_LORD_HOWE = "1800 10.01.07 02:00:00 04.01.07 02:00:00"
_NEW_ZEALAND = "3600 09.05.07 02:00:00 04.01.07 03:00:00"
_CHATHAM = "3600 09.05.07 02:45:00 04.01.07 03:45:00"

# Time zone codes with their rule and their home. A code serves every place with the same offset, which is the
# number in it, and the same rule; its home prefers it (lists in P13, in DECT generators, in Tancredi).
#
# Left out are the codes whose rule may be an old one in the firmware (Mexico, Cuba, Chile, Paraguay, Egypt,
# Israel, Jordan, Lebanon, Moldova, Turkey, Iran, Greenland, and Russia's, which switched until 2011), and
# USA-10, which is Hawaii in one public list and the Aleutians, with daylight saving, in another.
TIME_ZONES = {
    "USA-9": (_US, "America/Anchorage"),
    "USA-8": (_US, "America/Los_Angeles"),
    "USA-7": (_US, "America/Denver"),
    "USA2-7": (_NEVER, "America/Phoenix"),
    "USA-6": (_US, "America/Chicago"),
    "CAN2-6": (_NEVER, "America/Regina"),  # FreePBX/issue-tracker#702
    "USA-5": (_US, "America/New_York"),
    "CAN-5": (_US, "America/Toronto"),
    "COL-5": (_NEVER, "America/Bogota"),
    "CAN-4": (_US, "America/Halifax"),
    "BMU-4": (_US, "Atlantic/Bermuda"),
    "TTB-4": (_NEVER, "America/Port_of_Spain"),
    "CAN-3.5": (_US, "America/St_Johns"),
    "BRA2-3": (_NEVER, "America/Sao_Paulo"),
    "BRA-2": (_NEVER, "America/Noronha"),
    "PRT-1": (_AZORES, "Atlantic/Azores"),
    "GBR-0": (_WESTERN, "Europe/London"),
    "IRL-0": (_WESTERN, "Europe/Dublin"),
    "PRT-0": (_WESTERN, "Europe/Lisbon"),
    "ESP-0": (_WESTERN, "Atlantic/Canary"),
    "FRO-0": (_WESTERN, "Atlantic/Faroe"),
    "GER+1": (_CENTRAL, "Europe/Berlin"),
    "ALB+1": (_CENTRAL, "Europe/Tirane"),
    "AUT+1": (_CENTRAL, "Europe/Vienna"),
    "BEL+1": (_CENTRAL, "Europe/Brussels"),
    "HRV+1": (_CENTRAL, "Europe/Zagreb"),
    "CZE+1": (_CENTRAL, "Europe/Prague"),
    "DNK+1": (_CENTRAL, "Europe/Copenhagen"),
    "FRA+1": (_CENTRAL, "Europe/Paris"),
    "HUN+1": (_CENTRAL, "Europe/Budapest"),
    "ITA+1": (_CENTRAL, "Europe/Rome"),
    "LUX+1": (_CENTRAL, "Europe/Luxembourg"),
    "MAK+1": (_CENTRAL, "Europe/Skopje"),
    "NLD+1": (_CENTRAL, "Europe/Amsterdam"),
    "NOR+1": (_CENTRAL, "Europe/Oslo"),
    "POL+1": (_CENTRAL, "Europe/Warsaw"),
    "SVK+1": (_CENTRAL, "Europe/Bratislava"),
    "ESP+1": (_CENTRAL, "Europe/Madrid"),
    "SWE+1": (_CENTRAL, "Europe/Stockholm"),
    "CHE+1": (_CENTRAL, "Europe/Zurich"),
    "GIB+1": (_CENTRAL, "Europe/Gibraltar"),
    "YUG+1": (_CENTRAL, "Europe/Belgrade"),
    "WAT+1": (_NEVER, "Africa/Lagos"),
    "FIN+2": (_EASTERN, "Europe/Helsinki"),
    "BGR+2": (_EASTERN, "Europe/Sofia"),
    "CYP+2": (_EASTERN, "Asia/Nicosia"),
    "EST+2": (_EASTERN, "Europe/Tallinn"),
    "GRC+2": (_EASTERN, "Europe/Athens"),
    "LVA+2": (_EASTERN, "Europe/Riga"),
    "ROU+2": (_EASTERN, "Europe/Bucharest"),
    "UKR+2": (_EASTERN, "Europe/Kyiv"),
    "CAT+2": (_NEVER, "Africa/Maputo"),
    "EAT+3": (_NEVER, "Africa/Nairobi"),
    "UAE+4": (_NEVER, "Asia/Dubai"),
    "PAK+5": (_NEVER, "Asia/Karachi"),
    "IND+5.5": (_NEVER, "Asia/Kolkata"),
    "KAZ+6": (_NEVER, "Asia/Dhaka"),
    "THA+7": (_NEVER, "Asia/Bangkok"),
    "SGP+8": (_NEVER, "Asia/Singapore"),
    "JPN+9": (_NEVER, "Asia/Tokyo"),
    "AUS+9.5": (_AUSTRALIA, "Australia/Adelaide"),
    "AUS2+9.5": (_NEVER, "Australia/Darwin"),
    "AUS+10": (_AUSTRALIA, "Australia/Sydney"),
    "AUS2+10": (_NEVER, "Australia/Brisbane"),
    "AUS+10.5": (_LORD_HOWE, "Australia/Lord_Howe"),
    "NCL+11": (_NEVER, "Pacific/Noumea"),
    "NZL+12": (_NEW_ZEALAND, "Pacific/Auckland"),
    "NZL+12.75": (_CHATHAM, "Pacific/Chatham"),
    "TON+13": (_NEVER, "Pacific/Tongatapu"),
}

# Codes of the M series by hours from UTC, where the rule is told apart from the code (list of a DECT generator).
BASE_TIME_ZONES = {
    -10.0: "USA-10", -9.0: "USA-9", -8.0: "USA-8", -7.0: "USA2-7", -6.0: "CAN2-6", -5.0: "USA-5", -4.5: "VEN-4.5",
    -4.0: "TTB-4", -3.5: "CAN-3.5", -3.0: "BRA2-3", -2.0: "BRA-2", -1.0: "PRT-1", 0.0: "GBR-0", 1.0: "GER+1",
    2.0: "CAT+2", 3.0: "EAT+3", 3.5: "IRN+3.5", 4.0: "KAZ+4", 5.0: "PAK+5", 5.5: "IND+5.5", 6.0: "KAZ+6", 7.0: "THA+7",
    8.0: "SGP+8", 9.0: "JPN+9", 9.5: "AUS2+9.5", 10.0: "AUS2+10", 10.5: "AUS+10.5", 11.0: "NCL+11", 12.0: "NZL+12",
    12.75: "NZL+12.75", 13.0: "TON+13",
}  # fmt: skip
NOT_ON_BASES = frozenset({"COL-5", "UAE+4"})
