"""Yealink's words and numbers for our settings (administrator guides, "Parameters" chapters)."""

from __future__ import annotations

TRANSPORTS = {"udp": "0", "tcp": "1", "tls": "2", "srv": "3"}
SRTP = {"off": "0", "optional": "1", "mandatory": "2"}
DTMF = {"inband": "0", "rfc4733": "1", "info": "2"}

# Names as the codec keys spell them; what a phone does not know it ignores.
CODECS = {
    "pcmu": "pcmu",
    "pcma": "pcma",
    "g722": "g722",
    "g729": "g729",
    "g726-32": "g726_32",
    "opus": "opus",
    "ilbc": "ilbc",
}

LANGUAGES = {
    "en": "English", "fr": "French", "de": "German", "it": "Italian", "pl": "Polish", "pt": "Portuguese",
    "es": "Spanish", "tr": "Turkish", "ru": "Russian", "nl": "Dutch", "da": "Danish", "zh": "Chinese_S",
    "zh-TW": "Chinese_T",
}  # fmt: skip

# custom.handset.language of DECT bases
HANDSET_LANGUAGES = {
    "en": "0", "fr": "1", "de": "2", "it": "3", "pl": "4", "pt": "5", "es": "6", "tr": "7", "ru": "8",
    "cs": "9", "sv": "10", "sk": "11",
}  # fmt: skip

TONES = {
    "AU": "Australia", "AT": "Austria", "BE": "Belgium", "BR": "Brazil", "CL": "Chile", "CN": "China",
    "CZ": "Czech", "DK": "Denmark", "FI": "Finland", "FR": "France", "DE": "Germany", "GB": "Great Britain",
    "GR": "Greece", "HU": "Hungary", "IN": "India", "IT": "Italy", "JP": "Japan", "LT": "Lithuania",
    "MX": "Mexico", "NL": "Netherlands", "NZ": "New Zealand", "NO": "Norway", "PT": "Portugal",
    "RU": "Russia", "ES": "Spain", "SE": "Sweden", "CH": "Switzerland", "US": "United States",
    "CA": "United States",
}  # fmt: skip

DATE_FORMATS = {"ymd": "2", "dmy": "3", "mdy": "4"}
