"""What a profile means to a Panasonic phone or DECT station: the names that its templates use."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Changeover,
    Handset,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    Warned,
    bare_host_port,
    joined,
    zone,
)
from provisioner.vendors.panasonic import words
from provisioner.vendors.panasonic.buttons import PREFIX

_EMERGENCY_NUMBERS = 5
# Modes that are one-touch dials of their value here.
_DIALLED_ONLY = frozenset({Mode.SPEED_DIAL, Mode.INTERCOM, Mode.PREFIX, Mode.RECORD, Mode.DND})
# Functions without an argument: what more they need the phone asks its user for.
_NO_ARGUMENT = frozenset({Mode.FORWARD, Mode.HISTORY, Mode.DIRECTORY, Mode.CONFERENCE, Mode.HOT_DESK, Mode.QUEUE_LOGIN})
_FIRST_PORT, _PORT_STEP = 5060, 10  # each line has its own (FusionPBX, KX-UT133)


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that the templates name."""
    return {
        "header": words.PCC_HEADER if _dialect(profile) == "tgp5" else words.HEADER,
        "accounts": [_account(profile, index) for index in range(1, profile.model.accounts + 1)],
        "keys": [_key(profile, "FLEX_BUTTON", key) for key in keys.line]
        + [_key(profile, "DSS_BUTTON", key) for module in keys.modules for key in module],
        "system": _system(profile),
        "server": _server(profile.settings_of(1), profile),
        "time": _time(profile),
        "handsets": [] if profile.master else [_handset(profile, n) for n in range(1, profile.model.handsets + 1)],
        "rings": [_rings(profile, line) for line in range(1, profile.model.accounts + 1)],
        "talks": [_talks(profile, name, slot) for name, slot in _talkers(profile)],
    }


def _dialect(profile: Profile) -> str:
    return str(profile.model.extra["dialect"])


def _knows(profile: Profile, feature: str) -> bool:
    return feature in words.FEATURES[_dialect(profile)]


def warn(profile: Profile) -> Iterator[Warned]:
    """What these phones cannot do of this profile."""
    s = profile.settings
    for name in ("phone.admin_password", "phone.user_password"):
        if s[name] and not _fits(profile, s[name].value):
            yield Warned(
                name,
                "the phone does not take this password: one made from it is sent; "
                "of 6 to 16 letters, digits, dots and dashes every model takes as they are",
            )
    for name in ("dnd", "auto_answer", "forward_always", "forward_busy", "forward_no_answer"):
        if s[f"calls.{name}"]:
            yield Warned(f"calls.{name}", "these phones have no such setting in their files")
    if _dialect(profile) == "ut670":
        yield Warned("locale.timezone", "this model's zone codes are not published; set the zone on the phone")
    if _knows(profile, "language") and _language(s["locale.language"]) == OMIT:
        yield Warned("locale.language", "write the region as well, such as de-DE; the language is left to the phone")
    if _dialect(profile) == "uds" and (profile.master or len(profile.bases) > 1):
        yield Warned("bases", "the super master's address is not known here: native keys " + words.MULTICELL)
    if _dialect(profile) == "uds" and profile.master:
        yield Warned("handsets", "the handsets are told to the first station only; this one keeps those that it knows")
    if _dialect(profile) == "tgp6" and profile.handsets:
        yield Warned("handsets", "this base's file cannot say which handset has which line; set it on the base")
    yield from _account_warnings(profile)
    yield from _button_warnings(profile)


def _account_warnings(profile: Profile) -> Iterator[Warned]:
    first = profile.settings_of(1)
    for account in profile.accounts:
        s, slot = account.settings, f"account {account.index}"
        if '"' in account.password:
            yield Warned(slot, "no value can hold a double quote; its SIP password is not sent as it is")
        if s["sip.srtp"].value != "off":
            yield Warned(slot, "the files' values for SRTP are not published; it is left to the phone")
        if s["sip.dtmf"].value == "info" and not _knows(profile, "method"):
            yield Warned(slot, "this model has no DTMF by SIP INFO; RFC 4733 is used")
        if _dialect(profile) == "uds" and s["sip.backup_server"]:
            yield Warned(slot, "the station's settings for a backup server are not published; it has none")
        if _dialect(profile) == "uds" and s["sip.server"].value != first["sip.server"].value:
            yield Warned(slot, "all handsets of a station share one registrar; that of account 1 is used")
        if _dialect(profile) == "uds" and not any(account.index in one.accounts[:1] for one in profile.handsets):
            yield Warned(slot, "a handset of this station has one line; this extension is the first of none")


def _button_warnings(profile: Profile) -> Iterator[Warned]:
    code = profile.settings_of(1)["sip.pickup_code"].value
    for slot, button in profile.buttons.items():
        if button.pickup and button.pickup != code:
            yield Warned(str(slot), "the pickup code is the whole phone's (sip.pickup_code), not a key's")
        if button.mode in _DIALLED_ONLY and not button.value:
            yield Warned(str(slot), "there is nothing to dial, so the key has no function")


def _server(s: Settings, profile: Profile) -> Mapping[str, Any]:
    """Where an account registers. Failover asks the second server after two attempts without an answer."""
    usual = s["sip.transport"].code(words.PORTS)
    port = s["sip.port"].text or usual
    proxy, proxy_port = bare_host_port(s["sip.outbound_proxy"])
    backup, backup_port = bare_host_port(s["sip.backup_server"])
    return {
        "address": bare_host_port(s["sip.server"])[0],
        "port": port,
        "backup": backup,
        "backup_port": (backup_port or port) if backup else OMIT,
        "failover": s["sip.backup_server"].switch("Y", "N"),
        "proxy": proxy,
        "proxy_port": (proxy_port or proxy.says(usual)) if proxy else OMIT,
        "transport": s["sip.transport"].code(words.TRANSPORTS),
        "srv": s["sip.transport"].says("Y" if s["sip.transport"].value == "srv" else "N"),
        "expires": s["sip.expires"].text,
        "codecs": _codecs(profile, profile.settings["audio.codecs"]),
    }


def _codecs(profile: Profile, setting: Setting) -> list[tuple[int, Text, Text | str]]:
    """Every codec of the model: on with its rank, or off. A list that the phone knows nothing of changes nothing."""
    known = words.CODECS_UT if _dialect(profile).startswith("ut") else words.CODECS
    chosen = [name for name in setting.value if name in known]
    if not chosen or not _knows(profile, "codecs"):
        return []
    return [
        (index, setting.says("Y"), setting.says(chosen.index(name) + 1))
        if name in chosen
        else (index, setting.says("N"), OMIT)
        for name, index in known.items()
    ]


def _account(profile: Profile, index: int) -> Mapping[str, Any]:
    """One line, or an unused one: off, and everything cleared that could register."""
    account = profile.account(index)
    line_enable = _knows(profile, "line_enable")
    if account is None:
        numbers = ("port", "backup_port", "failover", "proxy_port", "transport", "srv", "expires")
        more = ("source", "outband", "method", "punch", "rport", "dscp_rtp", "dscp_sip", "waiting")
        return {
            "index": index,
            "enable": "Disabled" if line_enable else OMIT,
            **dict.fromkeys((*numbers, *more), OMIT),
            **dict.fromkeys(("number", "auth", "password", "name", "voicemail", "address", "backup", "proxy")),
            "codecs": [],
        }
    s = account.settings
    return {
        "index": index,
        "enable": account.number.says("Enabled") if line_enable else OMIT,
        "number": account.number,
        "auth": account.auth_user,
        "password": account.password,
        "name": account.name,
        "voicemail": account.voicemail,
        "source": str(_FIRST_PORT + _PORT_STEP * (index - 1)),
        "outband": s["sip.dtmf"].code(words.OUT_OF_BAND) if _knows(profile, "outband") else OMIT,
        "method": s["sip.dtmf"].code(words.DTMF_METHODS) if _knows(profile, "method") else OMIT,
        "punch": s["sip.keepalive"].text,
        "rport": "Y",
        "dscp_rtp": profile.settings["phone.dscp_rtp"] if _knows(profile, "dscp") else OMIT,
        "dscp_sip": profile.settings["phone.dscp_sip"] if _knows(profile, "dscp") else OMIT,
        "waiting": s["calls.call_waiting"] if _knows(profile, "waiting") else OMIT,
        **_server(s, profile),
    }


def _key(profile: Profile, board: str, key: Key) -> Mapping[str, Any]:
    """The fields of one key; without a function all are empty."""
    function, value, label = _function(profile, key)
    dialled = value if function == f"{PREFIX}ONETOUCH" else None
    return {"board": board, "number": key.number, "function": function, "value": value, "dial": dialled, "label": label}


def _function(profile: Profile, key: Key) -> tuple[Text | None, Text | None, Text | None]:
    """Function, argument and label; a one-touch dial of nothing is none."""
    button = key.button
    if key.mode is Mode.NONE:
        return None, None, None
    if key.mode is Mode.NATIVE:
        code, fields = _native(button.value)
        return code, fields.get("value"), fields.get("label") or button.label
    value = _value(profile, key)
    if key.code.code == "ONETOUCH" and not value:
        return None, None, None
    return button.value.says(PREFIX + key.code.code), value, button.label


def _value(profile: Profile, key: Key) -> Text | None:
    """The argument: a line's number, an extension, or what is dialled."""
    button = key.button
    account = profile.account(button.account)
    settings = profile.settings_of(button.account)
    if key.mode in _NO_ARGUMENT:
        return None
    if key.mode is Mode.LINE:
        return button.value.says(button.account)
    if key.mode is Mode.VOICEMAIL:
        return button.value or (account.voicemail if account else None)
    if key.mode is Mode.GROUP_PICKUP:
        return button.value or settings["sip.group_pickup_code"].text
    if key.mode is Mode.PICKUP and key.code.code == "ONETOUCH":
        code = button.pickup or settings["sip.pickup_code"].text
        return joined(code, button.value) if code else button.value
    return button.value or None


def _native(value: Text) -> tuple[Text, dict[str, Text]]:
    """``code;field=value;…``, the escape hatch; a bare word gets the vendor's prefix."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    word = code.strip().removeprefix(PREFIX)
    return value.says(PREFIX + word if word else ""), {name.strip(): value.says(text) for name, _, text in pairs}


def _time(profile: Profile) -> Mapping[str, Any]:
    """Minutes from UTC, east positive, and the rule of the tz database."""
    setting = profile.settings["locale.timezone"]
    place = zone(setting.value)
    known = _knows(profile, "zone")
    rules = (("START", place.start), ("STOP", place.end)) if known else ()
    return {
        "offset": setting.says(place.offset_minutes) if known else OMIT,
        # A POSIX string from elsewhere would win over the settings below.
        "posix": None if _knows(profile, "posix") else OMIT,
        "dst": setting.says("Y" if place.start else "N") if known else OMIT,
        "saving": setting.says(place.saving_minutes) if known and place.start else OMIT,
        "changes": [(name, _changeover(setting, rule)) for name, rule in rules if rule],
        "ntp": profile.settings["phone.ntp"].says(next(iter(profile.settings["phone.ntp"].value), "")),
    }


def _changeover(setting: Setting, rule: Changeover) -> Mapping[str, Text]:
    """Month, ordinal (5 is the last), weekday (0 is Sunday) and minutes after midnight."""
    return {
        "month": setting.says(rule.month),
        "ordinal": setting.says(rule.week),
        "weekday": setting.says(rule.weekday),
        "time": setting.says(rule.hour * 60 + rule.minute),
    }


def _system(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    vlan, poll, numbers = s["phone.vlan"], s["phone.poll_minutes"], s["emergency.numbers"]
    syslog, syslog_port = bare_host_port(s["phone.syslog"])
    pickup = profile.settings_of(1)["sip.pickup_code"].text
    emergency = [numbers.says(number) for number in numbers.value][:_EMERGENCY_NUMBERS]
    return {
        "own_file": joined(profile.url, f"Config{profile.mac.upper}.cfg"),
        "admin": _password(profile, s["phone.admin_password"]) or OMIT,
        # The factory's is empty, and the web page is open to it; where nobody gave another, it is the admin's.
        "user": _password(profile, s["phone.user_password"].otherwise(s["phone.admin_password"])),
        "web": s["phone.web"],
        "language": _language(s["locale.language"]) if _knows(profile, "language") else OMIT,
        "mwi": profile.settings_of(1)["sip.subscribe_mwi"],
        "pickup": pickup if _knows(profile, "pickup") else OMIT,
        "vlan": vlan.switch("Y", "N"),
        "vlan_id": vlan.says(vlan.value.id) if vlan else OMIT,
        "vlan_priority": vlan.says(vlan.value.priority) if vlan else OMIT,
        "pc_vlan": vlan.says(vlan.value.pc_id) if vlan and vlan.value.pc_id else OMIT,
        "pc_priority": vlan.says(vlan.value.pc_priority) if vlan and vlan.value.pc_id else OMIT,
        "syslog": syslog,
        "syslog_port": (syslog_port or syslog.says("514")) if syslog else OMIT,
        "poll": poll.switch("Y", "N"),
        "poll_minutes": poll.text if poll else OMIT,
        "emergency": list(enumerate([*emergency, *[numbers.cleared] * (_EMERGENCY_NUMBERS - len(emergency))], 1)),
    }


def _fits(profile: Profile, password: str) -> bool:
    return bool(re.fullmatch(words.PASSWORDS[_dialect(profile)], password))


def _password(profile: Profile, setting: Setting) -> Text | None:
    """The password, or where it does not fit sixteen characters made of it: the phone would keep its public default."""
    if not setting:
        return setting.cleared
    if _fits(profile, setting.value):
        return setting.text
    digest = hashlib.sha256(f"panasonic {setting.value}".encode("utf-8", "replace")).digest()
    return setting.says(base64.b32encode(digest).decode()[:16].lower())


def _language(setting: Setting) -> Text | str:
    """A tag with its region, as the phones want it."""
    tag = "en-US" if setting.value == "en" else str(setting.value)
    return setting.says(tag) if "-" in tag else OMIT


# DECT


def _handset(profile: Profile, slot: int) -> Mapping[str, Any]:
    """A handset of a cell station with the one account it has; an empty place is cleared."""
    handset = next((one for one in profile.handsets if one.slot == slot), None)
    account = profile.account(handset.accounts[0]) if handset and handset.accounts else None
    if account is None:
        return {
            "slot": slot,
            "ipei": _ipei(handset),
            "enable": "Disabled",
            **dict.fromkeys(("number", "name", "auth", "password", "voicemail")),
            "waiting": OMIT,
        }
    return {
        "slot": slot,
        "ipei": _ipei(handset),
        "enable": account.number.says("Enabled"),
        "number": account.number,
        "name": account.name,
        "auth": account.auth_user,
        "password": account.password,
        "voicemail": account.voicemail,
        "waiting": account.settings["calls.call_waiting"],
    }


def _ipei(handset: Handset | None) -> Text | None:
    if handset is None or handset.ipei is None:
        return None
    return handset.name.says(getattr(handset.ipei, words.IPEI_FORM))


def _talkers(profile: Profile) -> list[tuple[str, int]]:
    """The handsets of a KX-TGP500 by number, and the base itself as 0."""
    return [*((f"HS{slot}", slot) for slot in range(1, profile.model.handsets + 1)), ("BS", 0)]


def _has(profile: Profile, account: Account, slot: int) -> bool:
    """Whether a handset has a line. A line that no handset was given is everybody's, the base's too."""
    holders = {handset.slot for handset in profile.handsets if account.index in handset.accounts}
    return slot in holders if holders else True


def _rings(profile: Profile, line: int) -> tuple[int, Text | str]:
    """Who rings when a line is called: a flag for each handset and for the base."""
    account = profile.account(line)
    slots = [*range(1, profile.model.handsets + 1), 0]
    flags = ",".join("1" if account and _has(profile, account, slot) else "0" for slot in slots)
    return line, account.number.says(flags) if account else flags


def _talks(profile: Profile, name: str, slot: int) -> tuple[str, Text, Text]:
    """Which lines a handset may use and which it takes first; just one comes first, even where it may use none."""
    lines = range(1, profile.model.accounts + 1)
    mine = [account.index for account in profile.accounts if _has(profile, account, slot)]
    handset = next((one for one in profile.handsets if one.slot == slot), None)
    own = next(iter(handset.accounts), 0) if handset else 0
    first = own or (mine[0] if mine else 1)
    told = handset.name if handset else Text()
    return (
        name,
        told.says(",".join("1" if line in mine else "0" for line in lines)),
        told.says(",".join("1" if line == first else "0" for line in lines)),
    )
