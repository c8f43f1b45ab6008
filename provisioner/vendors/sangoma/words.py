"""Sangoma's words for our settings (FusionPBX exports, tables of Tancredi's sangoma.macros, the platform's lists)."""

from __future__ import annotations

TRANSPORTS = {"udp": "0", "tcp": "1", "tls": "2", "srv": "3"}
# 0 is sourced; 1 and 2 follow the order of the phone's list.
SRTP = {"off": "0", "optional": "1", "mandatory": "2"}
# Tancredi has the first two the other way round; the platform's own maker and all exports start with RFC 2833.
DTMF = {"rfc4733": "0", "inband": "1", "info": "2"}

CODECS = {"pcmu": "0", "pcma": "8", "g722": "9", "g729": "18", "g726-32": "2"}
CHOICES = 6
# Every phone has these: who asks for none that a phone knows can still be called.
LAST_RESORT = ("pcmu", "pcma")

LANGUAGES = {
    "en": "0", "fr": "1", "de": "2", "es": "3", "pt": "4", "ru": "5", "it": "6", "pl": "7", "tr": "8", "zh": "9",
    "nl": "10",
}  # fmt: skip
DATE_FORMATS = {"ymd": "0", "mdy": "1", "dmy": "2"}
TIME_FORMATS = {"24": "0", "12": "1"}

TONES = {
    "AU": "1", "AT": "2", "BR": "3", "BE": "4", "CN": "5", "CL": "6", "CZ": "7", "DK": "8", "FI": "9", "FR": "10",
    "DE": "11", "GB": "12", "GR": "13", "HU": "14", "LT": "15", "IN": "16", "IT": "17", "JP": "18", "MX": "19",
    "NZ": "20", "NL": "21", "NO": "22", "PT": "23", "ES": "24", "CH": "25", "SE": "26", "RU": "27", "US": "28",
}  # fmt: skip

# One code for each offset, in minutes; each country has another with its own rule, so that the rule is always given.
TIME_ZONES = {
    -660: "105", -600: "2", -540: "3", -480: "6", -420: "10", -360: "14", -300: "18", -270: "19", -240: "20",
    -210: "26", -180: "30", -120: "31", -60: "32", 0: "33", 60: "49", 120: "57", 180: "73", 210: "74", 240: "77",
    300: "83", 330: "84", 360: "85", 420: "88", 480: "89", 540: "93", 570: "94", 600: "96", 630: "100", 660: "101",
    720: "102", 765: "103", 780: "104",
}  # fmt: skip

# The number of TFTP is not in any source.
UPGRADE_MODES = {"http": "1", "https": "3"}
