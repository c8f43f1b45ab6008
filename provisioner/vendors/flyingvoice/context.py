"""What a profile means to a Flyingvoice phone: the names that its template uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Text,
    Warned,
    bare_host_port,
    joined,
    zone,
)
from provisioner.vendors.flyingvoice import words

_UNUSED: Mapping[str, Text | None] = {
    "line": None, "value": None, "label": None, "extension": None, "pickup_value": None,
}  # fmt: skip


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.cfg.j2`` names."""
    return {
        "accounts": [_account(profile, n) for n in range(1, profile.model.accounts + 1)],
        "line_keys": [_key(profile, key) for key in keys.line],
        "soft_keys": [_key(profile, key) for key in keys.soft if key.given],
        "calls": _calls(profile),
        "phone": _phone(profile),
        "clear": None,
    }


def warn(profile: Profile) -> Iterator[Warned]:
    """What a Flyingvoice phone cannot be told, as far as we know its language."""
    if zone(profile.settings["locale.timezone"].value).start:
        yield Warned("locale.timezone", "only the offset is told: no source names the keys for daylight saving")
    if profile.settings["locale.language"].value.partition("-")[0] != "en":
        yield Warned("locale.language", "no source names the phone's words for languages; its language is left to it")
    if profile.settings["phone.syslog"]:
        yield Warned("phone.syslog", "no source names the phone's setting for it; it is left to the phone")
    for account in profile.accounts:
        if account.settings["sip.srtp"].value != "off":
            yield Warned(f"account {account.index}", "SRTP stays as it is: no source names the phone's numbers for it")
        if account.settings["sip.dtmf"].value != "rfc4733":
            yield Warned(f"account {account.index}", "DTMF stays as it is: no source names the phone's numbers for it")


# Accounts


def _account(profile: Profile, n: int) -> Mapping[str, Any]:
    account = profile.account(n)
    return {"n": n, "used": False} if account is None else {"n": n, "used": True, **_used(account)}


def _used(account: Account) -> Mapping[str, Any]:
    s = account.settings
    transport = s["sip.transport"]
    port = s["sip.port"].text or transport.code(words.PORTS)
    backup, backup_port = bare_host_port(s["sip.backup_server"])
    proxy, proxy_port = bare_host_port(s["sip.outbound_proxy"])
    return {
        "account": account,
        "server": bare_host_port(s["sip.server"])[0],
        "port": port,
        "transport": transport.code(words.TRANSPORTS),
        "expires": s["sip.expires"].text,
        "backup": backup,
        "backup_port": (backup_port or port) if backup else None,
        "proxied": s["sip.outbound_proxy"].switch(),
        "proxy": proxy,
        "proxy_port": (proxy_port or transport.code(words.PORTS)) if proxy else None,
        "keepalive": s["sip.keepalive"].switch(words.KEEPALIVE),
        "keepalive_s": s["sip.keepalive"].text if s["sip.keepalive"] else s["sip.keepalive"].cleared,
        "srtp": s["sip.srtp"].says("0" if s["sip.srtp"].value == "off" else OMIT),
        "mwi": s["sip.subscribe_mwi"].switch(),
        "auto_answer": s["calls.auto_answer"].switch(),
        "pickup_code": s["sip.pickup_code"].text,
        "group_pickup_code": s["sip.group_pickup_code"].text,
        "codecs": list(_codecs(s["audio.codecs"])),
    }


def _codecs(setting: Setting) -> Iterator[Mapping[str, Any]]:
    """Every codec that we know: switched on with its rank from 1, or off."""
    for name, keys in words.CODECS.items():
        chosen = name in setting.value
        rank = setting.says(setting.value.index(name) + 1 if chosen else 0)
        yield from ({"key": key, "on": setting.says(int(chosen)), "rank": rank} for key in keys)


# Keys


def _key(profile: Profile, key: Key) -> Mapping[str, Any]:
    """The fields of a key, all stated; those that its type does not read are empty."""
    if key.mode is Mode.NONE:
        return {"n": key.number, "type": key.code.code, **_UNUSED}
    button = key.button
    code, given = _native(button.value) if key.mode is Mode.NATIVE else (key.code.code, {})
    read = {field: _FIELDS[field](profile, key) for field in key.code.extra["reads"]}
    return {"n": key.number, "type": button.value.says(code), **_UNUSED, **read, "label": button.label, **given}


def _native(value: Text) -> tuple[str, Mapping[str, Text]]:
    """``code;field=value;…``; what is no number makes no key."""
    code, *rest = (part.strip() for part in value.split(";"))
    pairs = (part.partition("=") for part in rest)
    given = {name.strip(): value.says(text) for name, _, text in pairs if name.strip() in _UNUSED}
    return code if re.fullmatch(r"[0-9]{1,4}", code) else "0", given


def _line(_profile: Profile, key: Key) -> Text:
    return key.button.value.says(key.button.account)


def _value(profile: Profile, key: Key) -> Text | None:
    """What the key dials or shows; pickup keys dial their code, for directed pickup before the number."""
    value, settings = key.button.value, profile.settings_of(key.button.account)
    if key.mode is Mode.GROUP_PICKUP:
        return value or settings["sip.group_pickup_code"].text
    if key.mode is Mode.PICKUP:
        code = key.button.pickup or settings["sip.pickup_code"].text or Text()
        return value if value.startswith(code) else joined(code, value)
    return value


def _pickup(profile: Profile, key: Key) -> Text | None:
    """The code that takes a call from where the lamp is lit: a neighbour's phone or a park orbit."""
    settings = profile.settings_of(key.button.account)
    codes = {Mode.BLF: "sip.pickup_code", Mode.PRESENCE: "sip.pickup_code", Mode.PARK: "sip.retrieve_code"}
    code = codes.get(key.button.mode)
    return key.button.pickup or (settings[code].text if code else None)


_FIELDS: Mapping[str, Callable[[Profile, Key], Text | None]] = {
    "line": _line,
    "value": _value,
    "pickup_value": _pickup,
}

# Calls and the phone itself


def _calls(profile: Profile) -> Mapping[str, Any]:
    """The phone's own, those of its first account."""
    s = profile.settings_of(1)
    forwards = (
        ("always", "calls.forward_always"), ("busy", "calls.forward_busy"), ("no_answer", "calls.forward_no_answer"),
    )  # fmt: skip
    code = s["sip.pickup_code"]
    return {
        "dnd": s["calls.dnd"].switch(),
        "waiting": s["calls.call_waiting"].switch(),
        "forwards": [(kind, s[name].switch(), s[name].text) for kind, name in forwards],
        "pickup": code.switch(),
        "pickup_code": code.text,
    }


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    vlan, ntp, minutes, password = s["phone.vlan"], s["phone.ntp"], s["phone.poll_minutes"], s["phone.admin_password"]
    place = s["locale.timezone"]
    tagged = vlan.value
    behind = tagged if tagged and tagged.pc_id else None
    return {
        "offset": place.says(zone(place.value).utc_offset),
        "ntp1": ntp.says(ntp.value[0]) if ntp.value else ntp.cleared,
        "ntp2": ntp.says(ntp.value[1]) if len(ntp.value) > 1 else ntp.cleared,
        "admin": joined("admin:", password.says(password.value or "")),
        "web": s["phone.web"].switch(),
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(tagged.id) if tagged else vlan.cleared,
        "vlan_priority": vlan.says(tagged.priority) if tagged else vlan.cleared,
        "pc_vlan": vlan.says("1" if behind else "0"),
        "pc_vlan_id": vlan.says(behind.pc_id) if behind else vlan.cleared,
        "pc_vlan_priority": vlan.says(behind.pc_priority) if behind else vlan.cleared,
        "lldp": s["phone.lldp"].switch(),
        "dscp_sip": s["phone.dscp_sip"].text,
        "dscp_rtp": s["phone.dscp_rtp"].text,
        "poll": minutes.switch(),
        "poll_minutes": minutes.text if minutes else minutes.cleared,
    }
