"""Mitel's words and numbers for our settings (administrator guides, appendix A; wazo_aastra for the tables)."""

from __future__ import annotations

TRANSPORTS = {"srv": "0", "udp": "1", "tcp": "2", "tls": "4"}
# 0 asks DNS, and is 5060 with an address (guide 2.1, p. 4-49).
PORTS = {"srv": "0", "udp": "5060", "tcp": "5060", "tls": "5061"}
# The key that names the file of authorities whose servers a phone trusts.
AUTHORITIES = "sips trusted certificates"
SRTP = {"off": "0", "optional": "1", "mandatory": "2"}

# ``sip out-of-band dtmf`` and a line's ``dtmf method``
OUT_OF_BAND = {"inband": "0", "rfc4733": "1", "info": "1"}
DTMF = {"inband": "0", "rfc4733": "0", "info": "1"}

# Static RTP payload types; the phones' numbers for other codecs are not published.
PAYLOADS = {"pcmu": "0", "pcma": "8", "g722": "9", "g729": "18"}

# A language's file on the server, and what the keypad writes.
LANGUAGES = {
    "de": ("i18n/lang_de.txt", "German"),
    "es": ("i18n/lang_es.txt", "Spanish"),
    "fr": ("i18n/lang_fr.txt", "French"),
    "fr-CA": ("i18n/lang_fr_ca.txt", "French"),
    "it": ("i18n/lang_it.txt", "Italian"),
    "nl": ("i18n/lang_nl_nl.txt", "Dutch"),
}

# Other countries of Europe get the set of that name.
TONES = {"US": "US", "CA": "US", "DE": "Germany", "FR": "France", "IT": "Italy", "GB": "UK"}
EUROPE = frozenset(
    {
        "AT", "BE", "BG", "CH", "CY", "CZ", "DK", "EE", "ES", "FI", "GR", "HR", "HU", "IE", "IS", "LI", "LT", "LU",
        "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip

TIME_FORMATS = {"12": "0", "24": "1"}
DATE_FORMATS = {"mdy": "0", "dmy": "1", "ymd": "2"}  # WWW MMM DD, DD-MMM-YY, YYYY-MM-DD
