"""Words of flat profiles for our settings (XML reference guide, FusionPBX dumps with their allowed values)."""

from __future__ import annotations

TRANSPORTS = {"udp": "UDP", "tcp": "TCP", "tls": "TLS", "srv": "UDP"}
MPP_TRANSPORTS = {**TRANSPORTS, "srv": "AUTO"}
DTMF = {"inband": "InBand", "rfc4733": "AVT", "info": "INFO"}

# Required refuses calls that are not encrypted; Optional leaves the choice to Secure_Call_Setting.
SECURE_CALLS = {"off": "Optional", "optional": "Optional", "mandatory": "Required"}

# Each codec as Preferred_Codec_n_ names it; and as NAME_Enable_n_ does where there is such a switch.
CODECS = {
    "spa": {"g722": "G722", "pcma": "G711a", "pcmu": "G711u", "g729": "G729a", "g726-32": "G726-32"},
    "ata": {"pcma": "G711a", "pcmu": "G711u", "g729": "G729a", "g726-32": "G726-32"},
    "mpp": {
        "g722": "G722",
        "pcma": "G711a",
        "pcmu": "G711u",
        "g729": "G729a",
        "ilbc": "iLBC",
        "opus": "OPUS",
    },
}
SWITCHED = {
    "spa": ("G729a", "G722", "G726-32"),
    "ata": ("G729a", "G726-32"),
    "mpp": ("G711u", "G711a", "G729a", "G722", "iLBC", "OPUS"),
}

# Language_Selection names a dictionary; without one on the server a phone speaks English.
LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French"}
LOCALES = {"en": "en-US", "de": "de-DE", "es": "es-ES", "fr": "fr-FR"}

# Phone_Language of the 9800 is a fixed list.
PHONE_LANGUAGES = {
    "ca": "Catalan", "zh": "Chinese", "zh-HK": "Chinese_HongKong", "zh-TW": "Chinese_Taiwan", "cs": "Czech",
    "da": "Danish", "nl": "Dutch", "en": "English", "en-US": "English-US", "fi": "Finnish", "fr": "French",
    "fr-CA": "French_Canada", "de": "German", "el": "Greek_Greece", "hu": "Hungarian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "no": "Norwegian", "nb": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "pt-BR": "Portuguese_Brazil", "ru": "Russian", "es": "Spanish", "es-CO": "Spanish_Colombia", "sv": "Swedish",
    "tr": "Turkish", "uk": "Ukrainian",
}  # fmt: skip

DATE_FORMATS = {"dmy": "day/month", "mdy": "month/day", "ymd": "month/day"}

# Offsets in minutes that Time_Zone offers (allowed values of the 9861 dump).
TIME_ZONES = (
    -720, -660, -600, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210, 240, 270,
    300, 330, 345, 360, 390, 420, 480, 540, 570, 600, 660, 720, 780, 840,
)  # fmt: skip

# Dial, busy, reorder and ringback tones: frequencies and cadences of ITU-T E.180 supplement 2, in the vendor's
# notation frequency@level,...;duration(on/off/frequencies). FACTORY is what every phone ships with.
FACTORY_TONES = (
    "350@-19,440@-19;10(*/0/1+2)",
    "480@-19,620@-19;10(.5/.5/1+2)",
    "480@-19,620@-19;10(.25/.25/1+2)",
    "440@-19,480@-19;*(2/4/1+2)",
)
_CONTINUOUS = "425@-19;10(*/0/1)"
TONES = {
    "US": FACTORY_TONES,
    "CA": FACTORY_TONES,
    "GB": (
        "350@-19,440@-19;10(*/0/1+2)",
        "400@-19;10(.375/.375/1)",
        "400@-19;10(.4/.35/1,.225/.525/1)",
        "400@-19,450@-19;*(.4/.2/1+2,.4/2/1+2)",
    ),
    "DE": (_CONTINUOUS, "425@-19;10(.48/.48/1)", "425@-19;10(.24/.24/1)", "425@-19;*(1/4/1)"),
    "AT": ("420@-19;10(*/0/1)", "420@-19;10(.4/.4/1)", "420@-19;10(.2/.2/1)", "420@-19;*(1/5/1)"),
    "CH": (_CONTINUOUS, "425@-19;10(.5/.5/1)", "425@-19;10(.2/.2/1)", "425@-19;*(1/4/1)"),
    "FR": ("440@-19;10(*/0/1)", "440@-19;10(.5/.5/1)", "440@-19;10(.25/.25/1)", "440@-19;*(1.5/3.5/1)"),
    "NL": (_CONTINUOUS, "425@-19;10(.5/.5/1)", "425@-19;10(.25/.25/1)", "425@-19;*(1/4/1)"),
    "ES": (
        _CONTINUOUS,
        "425@-19;10(.2/.2/1)",
        "425@-19;10(.2/.2/1,.2/.2/1,.2/.6/1)",
        "425@-19;*(1.5/3/1)",
    ),
    "IT": (
        "425@-19;10(.2/.2/1,.6/1/1)",
        "425@-19;10(.5/.5/1)",
        "425@-19;10(.2/.2/1)",
        "425@-19;*(1/4/1)",
    ),
}

# What stands below an idle screen; our own keys are put in front (Idle_Key_List of the 8851 and 9861 dumps).
IDLE_KEYS = {
    "mpp": "em_login;acd_login;acd_logout;astate;avail;unavail;redial;recents;cfwd;dnd;lcr;pickup;gpickup;unpark;"
    "em_logout;guestin;guestout;",
    "phoneos": "calls;calendar;meeting;recents;settings;dir;cfwd;dnd;pickup;gpickup;unpark;guestin;guestout;"
    "hoteling;redial;hotdesk|3;hotdesk_signout|3;",
}
