"""Fanvil's words for our settings (tables of wazo_fanvil, Tancredi's fanvil.macros and exports of phones)."""

from __future__ import annotations

# Transport; FusionPBX writes 2 for TLS in VOIP_CONFIG_FILE, wazo_fanvil and Tancredi 3 in every format.
TRANSPORTS = {"udp": "0", "tcp": "1", "srv": "0", "tls": "3"}
PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061"}
# 0 and 2 are sourced; 1 is what lies between them in the phone's list.
SRTP = {"off": "0", "optional": "1", "mandatory": "2"}
DTMF = {"inband": "0", "rfc4733": "1", "info": "2"}

# VoiceCodecMap, by format
CODECS = {
    "g722": "G722", "pcma": "PCMA", "pcmu": "PCMU", "opus": "OPUS", "g729": "G729", "ilbc": "iLBC",
    "g726-32": "G726-32",
}  # fmt: skip
OLD_CODECS = {"g722": "G722", "pcma": "G711A", "pcmu": "G711U", "g729": "G729", "g726-32": "G726-32"}
# Every phone has these: who asks for none that a phone knows can still be called.
LAST_RESORT = ("pcmu", "pcma")

# DefaultLanguage: newer X phones have letters, the others numbers, which differ between X and V, W, H.
LANGUAGES = {
    "u": {
        "ar": "ar", "ca": "cat", "cs": "cz", "de": "de", "en": "en", "es": "es", "eu": "eus", "fr": "fr", "he": "he",
        "hr": "hr", "it": "it", "ko": "ko", "nl": "nl", "pl": "pl", "pt": "pt", "ru": "ru", "sk": "slo", "tr": "tr",
        "uk": "ua", "zh": "cn", "zh-TW": "tc",
    },
    "x": {"de": "16", "en": "0", "es": "10", "fr": "4", "it": "7", "nl": "3"},
    "v": {"de": "16", "en": "0", "es": "6", "fr": "5", "it": "7", "nl": "3"},
}  # fmt: skip

# DateDisplayStyle: day, month and year in full; the numbers of the older X phones are four lower.
DATE_FORMATS = {
    "u": {"dmy": "9", "mdy": "11", "ymd": "13"},
    "x": {"dmy": "5", "mdy": "7", "ymd": "9"},
    "v": {"dmy": "9", "mdy": "11", "ymd": "13"},
}
TIME_FORMATS = {"24": "0", "12": "1"}

# SelectYourTone, Signal_Standard
TONES = {
    "AT": "22", "AU": "15", "BE": "0", "BR": "16", "CA": "18", "CH": "9", "CL": "20", "CN": "1", "CZ": "12", "DE": "2",
    "DK": "23", "ES": "33", "FI": "24", "FR": "25", "GB": "13", "GR": "26", "HU": "27", "IN": "29", "IT": "21",
    "JP": "4", "LT": "28", "MX": "30", "NL": "5", "NO": "6", "NZ": "31", "PT": "32", "RU": "19", "SE": "8", "TW": "10",
    "US": "11", "ZA": "14",
}  # fmt: skip

PROTOCOLS = {"ftp": "1", "tftp": "2", "http": "4", "https": "5"}
