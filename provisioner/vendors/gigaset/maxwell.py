"""Maxwell Basic, 2, 3 and 4: accounts and keys by number from 0; transport and codecs are the phone's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    clean,
    clock_hours,
    date_order,
    joined,
    tone_country,
    zone,
)
from provisioner.vendors.gigaset import words
from provisioner.vendors.gigaset.settings import (
    argument,
    has_mailbox,
    like,
    native,
    pickup,
    server,
    word,
)

OFF = "-1"
_FIELDS = ("DisplayName", "Connection", "PhoneNumber", "CallPickupCode", "EnableCode", "DisableCode", "URL")
# A number that only a line key reads: there is no text that clears it.
_CLEARED = {**dict.fromkeys(_FIELDS), "Connection": OMIT}


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``maxwell.xml.j2`` names."""
    first = profile.settings_of(1)
    return {
        "accounts": [
            _account(n, profile.account(n), first["sip.transport"]) for n in range(1, profile.model.accounts + 1)
        ],
        "sip": _sip(first),
        "function_keys": [_key(profile, key) for key in keys.line],
        # A soft key that nobody gave keeps what the factory made it.
        "soft_keys": [_key(profile, key) for key in keys.soft if key.given],
        "phone": _phone(profile),
        "time": _time(profile.settings),
        "vlan": _vlan(profile.settings["phone.vlan"]),
    }


# Accounts


def _account(n: int, account: Account | None, transport: Setting) -> Mapping[str, Any]:
    if account is None:
        return {"i": n - 1, "used": False}
    s = account.settings
    return {
        "i": n - 1,
        "used": True,
        "account": account,
        **server(account, transport.code(words.PORTS)),
        "proxy_mode": s["sip.outbound_proxy"].switch(on="0", off="2"),
        "dtmf": s["sip.dtmf"].code(words.MAXWELL_DTMF),
        "call_waiting": s["calls.call_waiting"].switch(),
        "has_mailbox": has_mailbox(account),
        "diverts": _diverts(s),
        "divert_after": s["calls.forward_no_answer_s"].text,
    }


def _diverts(settings: Settings) -> list[tuple[str, Text, Text | None]]:
    kinds = {"All": "forward_always", "Busy": "forward_busy", "NoAnswer": "forward_no_answer"}
    wanted = [(theirs, settings[f"calls.{ours}"]) for theirs, ours in kinds.items()]
    return [(kind, setting.switch(), setting.text) for kind, setting in wanted]


def _sip(first: Settings) -> Mapping[str, Any]:
    """What all accounts share, as the first one has it."""
    transport, srtp, codecs = first["sip.transport"], first["sip.srtp"], first["audio.codecs"]
    chosen = [words.MAXWELL_CODECS[name] for name in codecs.value if name in words.MAXWELL_CODECS]
    return {
        "transport": transport.code(words.MAXWELL_TRANSPORTS),
        "secure": transport.says("1" if transport.value == "tls" else "0"),
        "srtp": srtp.says("0" if srtp.value == "off" else "1"),
        "plain": srtp.says("0" if srtp.value == "mandatory" else "1"),
        "codecs": codecs.says(",".join(chosen)) if chosen else OMIT,
        "dnd": first["calls.dnd"].switch(),
    }


# Keys


def _key(profile: Profile, key: Key) -> Mapping[str, Any]:
    """The fields of a key: all are stated, those that its type does not read as cleared."""
    i = key.number - 1
    if key.mode is Mode.NONE:
        return {"i": i, "type": OFF, **_CLEARED}
    if key.mode is Mode.NATIVE:
        return {"i": i, **_native(key)}
    field, value = key.code.extra["reads"], argument(profile, key)
    if field == "Connection":
        value = key.button.value.says(key.button.account)
    if field and not clean(value) and key.mode is not Mode.FORWARD:
        return {"i": i, "type": key.button.value.says(OFF), **_CLEARED}
    read = {field: value} if field else {}
    code = pickup(profile, key) if key.mode is Mode.BLF else None
    kind = key.button.value.says(key.code.code)
    return {"i": i, "type": kind, **_CLEARED, **read, "CallPickupCode": code, "DisplayName": key.button.label}


def _native(key: Key) -> Mapping[str, Any]:
    code, fields = native(key.button.value)
    given = {name: value for name, value in fields.items() if name in _FIELDS}
    kind = code if re.fullmatch(r"-1|[0-9]{1,3}", code) else code.says(OFF)
    return {"type": kind, **_CLEARED, "DisplayName": key.button.label, **given}


# The phone


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    user = s["phone.user_password"].otherwise(s["phone.admin_password"])
    return {
        "url": joined(profile.url, "%MACD.xml"),
        "poll": s["phone.poll_minutes"].text,
        "language": word(words.MAXWELL_LANGUAGES, s["locale.language"]),
        "tones": word(words.MAXWELL_TONES, tone_country(s), words.MAXWELL_TONES_INTERNATIONAL),
        "admin_password": s["phone.admin_password"].text,
        # The factory's is known to everybody.
        "user_password": user.text,
    }


def _vlan(setting: Setting) -> Mapping[str, Text]:
    vlan = setting.value
    pc = vlan.pc_id if vlan else None
    return {
        "tagging": setting.says("2" if pc else "1" if vlan else "0"),
        "id": setting.says(vlan.id if vlan else "0"),
        "priority": setting.says(vlan.priority if vlan else "0"),
        "pc_id": setting.says(pc or "0"),
        "pc_priority": setting.says(vlan.pc_priority if pc else "0"),
    }


def _time(settings: Settings) -> Mapping[str, Text | str]:
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    name = zone_name(setting)
    return {
        "zone": name,
        "changes": OMIT if name == OMIT else setting.says("AutomatedDaylightSavingEnabled"),
        "source": ntp.says("NTPServiceEnabled" if ntp else "NTPServiceDHCP"),
        "ntp": ntp.says(ntp.value[0] if ntp.value else ""),
        "format": clock_hours(settings).code(words.MAXWELL_TIME_FORMATS),
        "date": date_order(settings, "dmy").code(words.MAXWELL_DATE_ORDERS),
    }


def zone_name(setting: Setting) -> Text | str:
    """The phone's name of a zone with this time, left out where none is known."""
    found = like(zone(setting.value), words.MAXWELL_ZONES)
    return setting.says(words.MAXWELL_ZONES[found]) if found else OMIT
