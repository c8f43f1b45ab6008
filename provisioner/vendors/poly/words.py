"""Poly's words and numbers for our settings (UC Software administrator guides; sipXecs types.xml for enums)."""

from __future__ import annotations

from types import MappingProxyType

TRANSPORTS = {"udp": "UDPOnly", "tcp": "TCPOnly", "tls": "TLS", "srv": "DNSnaptr"}
OLD_TRANSPORTS = {"udp": "UDPonly", "tcp": "TCPonly", "tls": "TLS", "srv": "DNSnaptr"}

# enable, offer, require
SRTP = {"off": ("0", "0", "0"), "optional": ("1", "1", "0"), "mandatory": ("1", "1", "1")}

# tone.dtmf.viaRtp, tone.dtmf.rfc2833Control, voIpProt.SIP.dtmfViaSignaling.rfc2976
DTMF = {"rfc4733": ("1", "1", "0"), "inband": ("1", "0", "0"), "info": ("0", "0", "1")}

# Names below voice.codecPref; G.726 has none. iLBC in frames of 30 ms, which is what gateways offer.
CODECS = {
    "pcmu": "G711_Mu",
    "pcma": "G711_A",
    "g722": "G722",
    "g729": "G729_AB",
    "opus": "Opus",
    "ilbc": "iLBC.13_33kbps",
}

# What phones offer from the factory beside these; switched off, so that the order is the one asked for.
OTHER_CODECS = ("iLBC.15_2kbps", "G7221.32kbps", "G7221_C.48kbps", "Siren14.48kbps", "Siren22.64kbps")

# efk.efklist.n.type, the method of a macro: that of its last step
MACRO_TYPES = {"$Tdtmf$": "dtmf", "$Trefer$": "refer"}

SERVER_TYPES = {"ftp": "FTP", "tftp": "TFTP", "http": "HTTP", "https": "HTTPS", "ftps": "FTPS"}
OLD_SERVER_TYPES = {"ftp": "0", "tftp": "1", "http": "2", "https": "3", "ftps": "4"}

LANGUAGES = {
    "en": "English_United_States", "en-US": "English_United_States", "en-GB": "English_United_Kingdom",
    "en-CA": "English_Canada", "de": "German_Germany", "fr": "French_France", "es": "Spanish_Spain",
    "it": "Italian_Italy", "nl": "Dutch_Netherlands", "da": "Danish_Denmark", "nb": "Norwegian_Norway",
    "no": "Norwegian_Norway", "sv": "Swedish_Sweden", "pl": "Polish_Poland", "pt": "Portuguese_Portugal",
    "ru": "Russian_Russia", "sl": "Slovenian_Slovenia", "ja": "Japanese_Japan", "ko": "Korean_Korea",
    "zh": "Chinese_China", "zh-TW": "Chinese_Taiwan",
}  # fmt: skip

# D is the day of the week, d the day, M the month; a year is never shown (lcl.datetime.date.format)
DATE_FORMATS = {"dmy": "D,dM", "mdy": "D,Md", "ymd": "Md,D"}


# What of tone.chord.callProg a country has otherwise than North America, the factory's choice; hertz and
# milliseconds as FusionPBX ships them. A ringing tone of two bursts (GB) would need a pattern, and stays the
# factory's.
TONE_KEYS = (
    "dialTone.freq.1", "dialTone.freq.2",
    "busyTone.freq.1", "busyTone.freq.2", "busyTone.onDur", "busyTone.offDur",
    "ringback.freq.1", "ringback.freq.2", "ringback.onDur", "ringback.offDur",
)  # fmt: skip
TONES = MappingProxyType(
    {
        "DE": ("425", "0", "425", "0", "480", "480", "425", "0", "1000", "4000"),
        "FR": ("440", "0", "440", "0", "500", "500", "440", "0", "1500", "3500"),
        "IT": ("425", "0", "425", "0", "500", "500", "425", "0", "1000", "4000"),
        "GB": ("350", "450", "400", "0", "375", "375", None, None, None, None),
    }
)
