"""Yealink's words and numbers for our settings (administrator guides, "Parameters" chapters)."""

from __future__ import annotations

from collections.abc import Mapping

Codec = Mapping[str, str | None]

TRANSPORTS = {"udp": "0", "tcp": "1", "tls": "2", "srv": "3"}
# The port where none is given: 0 makes the phone ask DNS for NAPTR and SRV (T54S guide, p. 792).
PORTS = {"tls": "5061", "srv": "0"}
SRTP = {"off": "0", "optional": "1", "mandatory": "2"}
AES_128 = "AES_CM_128_HMAC_SHA1_80,AES_CM_128_HMAC_SHA1_32"
NO_ECDH = "!ECDH:AES:!ADH:!LOW:!NULL"
DTMF = {"inband": "0", "rfc4733": "1", "info": "2"}

# Names as the codec keys spell them; what a phone does not know it ignores.
CODECS: Mapping[str, tuple[Codec, ...]] = {
    "pcmu": ({"key": "pcmu", "payload": None},),
    "pcma": ({"key": "pcma", "payload": None},),
    "g722": ({"key": "g722", "payload": None},),
    "g729": ({"key": "g729", "payload": None},),
    "g726-32": ({"key": "g726_32", "payload": None},),
    "opus": ({"key": "opus", "payload": None},),
    "ilbc": ({"key": "ilbc", "payload": None}, {"key": "ilbc_13_33kbps", "payload": None}),
}

# Up to V81 codecs have places, here where the T2xP has them, and RTP payload numbers (RFC 3551 §6). What the other
# of 13 places hold differs by model, so they are switched off.
INDEXED_CODECS: Mapping[str, tuple[Codec, ...]] = {
    "pcmu": ({"key": "1", "payload": "PCMU", "map": "0"},),
    "pcma": ({"key": "2", "payload": "PCMA", "map": "8"},),
    "g729": ({"key": "5", "payload": "G729", "map": "18"},),
    "g722": ({"key": "6", "payload": "G722", "map": "9"},),
}
OTHER_CODEC_PLACES = ("3", "4", "7", "8", "9", "10", "11", "12", "13")

LANGUAGES = {
    "en": "English", "fr": "French", "de": "German", "it": "Italian", "pl": "Polish", "pt": "Portuguese",
    "es": "Spanish", "tr": "Turkish", "ru": "Russian", "nl": "Dutch", "da": "Danish", "zh": "Chinese_S",
    "zh-TW": "Chinese_T", "zh-HK": "Chinese_T",
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

TIME_FORMATS = {"12": "0", "24": "1"}
DATE_FORMATS = {"ymd": "2", "dmy": "3", "mdy": "4"}
