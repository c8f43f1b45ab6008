"""Grandstream's words for our settings, in the newer dialect; ``keys.toml`` has the numbers of the older one."""

from __future__ import annotations

# 2 means TLS over TCP. Templates spell the words in three ways, so the number stands in both dialects.
TRANSPORTS = {"udp": "0", "tcp": "1", "tls": "2", "srv": "0"}
SRTP = {"off": "Disabled", "optional": "EnabledButNotForced", "mandatory": "EnabledAndForced"}

CODECS = {
    "pcmu": "PCMU",
    "pcma": "PCMA",
    "g722": "G.722",
    "g729": "G.729A/B",
    "g726-32": "G.726-32",
    "ilbc": "iLBC",
    "opus": "OPUS",
}
# Every phone has these: who asks for none that a phone knows can still be called.
LAST_RESORT = ("pcmu", "pcma")

# (in audio, in RTP, in SIP)
DTMF = {"inband": ("Yes", "No", "No"), "rfc4733": ("No", "Yes", "No"), "info": ("No", "No", "Yes")}

# language.gui; a family spells some of them otherwise (keys.toml)
LANGUAGES = {
    "ar": "ar", "cs": "cs", "de": "de", "en": "en", "es": "es", "fr": "fr", "he": "he", "hr": "hr", "hu": "hu",
    "it": "it", "ja": "ja", "ko": "ko", "lv": "lv", "nl": "nl", "pl": "pl", "pt": "pt", "ru": "ru", "sl": "sl",
    "sv": "sv", "tr": "tr", "zh": "zh", "zh-TW": "zh-tw",
}  # fmt: skip

DATE_FORMATS = {"ymd": "yyyy-mm-dd", "mdy": "mm-dd-yyyy", "dmy": "dd-mm-yyyy"}
TIME_FORMATS = {"12": "12Hour", "24": "24Hour"}

CONFIG_PROTOCOLS = {"tftp": "TFTP", "http": "HTTP", "https": "HTTPS"}

# Dial, ring-back, busy and reorder tone in Hz and units of 10 ms (ITU-T E.180 supplement 2). Those of the United
# States are what the phones leave the factory with.
FACTORY_TONES = ("f1=350,f2=440;", "f1=440,f2=480,c=200/400;", "f1=480,f2=620,c=50/50;", "f1=480,f2=620,c=25/25;")
TONES = {
    "US": FACTORY_TONES,
    "CA": FACTORY_TONES,
    "AT": ("f1=420,f2=420;", "f1=420,f2=420,c=100/500;", "f1=420,f2=420,c=40/40;", "f1=420,f2=420,c=20/20;"),
    "BE": ("f1=425,f2=425;", "f1=425,f2=425,c=100/300;", "f1=425,f2=425,c=50/50;", "f1=425,f2=425,c=17/17;"),
    "CH": ("f1=425,f2=425;", "f1=425,f2=425,c=100/400;", "f1=425,f2=425,c=50/50;", "f1=425,f2=425,c=20/20;"),
    "DE": ("f1=425,f2=425;", "f1=425,f2=425,c=100/400;", "f1=425,f2=425,c=48/48;", "f1=425,f2=425,c=24/24;"),
    "ES": (
        "f1=425,f2=425;", "f1=425,f2=425,c=150/300;", "f1=425,f2=425,c=20/20;", "f1=425,f2=425,c=20/20-20/20-20/60;",
    ),
    "FR": ("f1=440,f2=440;", "f1=440,f2=440,c=150/350;", "f1=440,f2=440,c=50/50;", "f1=440,f2=440,c=25/25;"),
    "GB": (
        "f1=350,f2=440;", "f1=400,f2=450,c=40/20-40/200;", "f1=400,f2=400,c=37/37;", "f1=400,f2=400,c=40/35-22/52;",
    ),
    "IT": (
        "f1=425,f2=425,c=20/20-60/100;", "f1=425,f2=425,c=100/400;", "f1=425,f2=425,c=50/50;", "f1=425,f2=425,c=20/20;",
    ),
    "NL": ("f1=425,f2=425;", "f1=425,f2=425,c=100/400;", "f1=425,f2=425,c=50/50;", "f1=425,f2=425,c=25/25;"),
}  # fmt: skip
