"""What a profile means to an ALE phone: the names that its template uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    Warned,
    host_port,
    joined,
    zone,
)
from provisioner.vendors.ale import words

_UNUSED: Mapping[str, Text | None] = {"account": None, "label": None, "value": None, "extension": None}


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.xml.j2`` names."""
    return {
        "accounts": [_account(profile, n) for n in range(1, profile.model.accounts + 1)],
        "keys": [_key(profile, key) for key in keys.line],
        "calls": _calls(profile),
        "time": _time(profile.settings),
        "phone": _phone(profile),
        "clear": None,
    }


def warn(profile: Profile) -> Iterator[Warned]:
    """What an ALE phone cannot be told."""
    tongue = profile.settings["locale.language"].value
    if tongue.partition("-")[0] not in words.LANGUAGES:
        yield Warned("locale.language", f"the phone has no number for {tongue}; it speaks English")
    if profile.settings["phone.syslog"]:
        yield Warned("phone.syslog", "no source names the phone's setting for it; it is left to the phone")
    for account in profile.accounts:
        if account.settings["sip.srtp"].value != "off":
            yield Warned(f"account {account.index}", "SRTP stays as it is: no source names the phone's numbers for it")
        if account.settings["sip.transport"].value == "srv":
            yield Warned(f"account {account.index}", "the phone's word for SRV is not known; it uses UDP")
    for slot, button in profile.buttons.items():
        on_line = button.mode in (Mode.LINE, Mode.SHARED_LINE)
        if slot.group == "line" and (slot.number == 1) != on_line and button.mode is not Mode.LOCAL:
            yield Warned(str(slot), "key 1, and no other, is the account's; this button is not rendered as asked")


def _account(profile: Profile, n: int) -> Mapping[str, Any]:
    account = profile.account(n)
    return {"n": n, "used": False} if account is None else {"n": n, "used": True, **_used(account)}


def _used(account: Account) -> Mapping[str, Any]:
    s = account.settings
    transport = s["sip.transport"]
    port = s["sip.port"].text or transport.code(words.PORTS)
    backup, backup_port = host_port(s["sip.backup_server"])
    proxy, proxy_port = host_port(s["sip.outbound_proxy"])
    return {
        "account": account,
        "server": s["sip.server"].text,
        "port": port,
        "transport": transport.code(words.TRANSPORTS),
        "expires": s["sip.expires"].text,
        "backup": backup,
        "backup_port": (backup_port or port) if backup else None,
        "proxy": proxy,
        "proxy_port": (proxy_port or transport.code(words.PORTS)) if proxy else None,
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "srtp": s["sip.srtp"].says("0" if s["sip.srtp"].value == "off" else OMIT),
        "codecs": _codecs(s["audio.codecs"]),
        "auto_answer": s["calls.auto_answer"],
    }


def _codecs(setting: Setting) -> Text | None:
    """Payload numbers, best first; none that we know of means the phone's own choice."""
    known = [words.CODECS[name] for name in setting.value if name in words.CODECS]
    return setting.says(";".join(known)) if known else setting.cleared


def _key(profile: Profile, key: Key) -> Mapping[str, Any]:
    """The fields of a key, all stated; the first one is the account's."""
    if key.mode in (Mode.NONE, Mode.LINE) or key.number == 1:
        return {"n": key.number, "type": None, **_UNUSED}
    button = key.button
    code, given = _native(button.value) if key.mode is Mode.NATIVE else (key.code.code, {})
    number = _number(profile, key)
    return {
        "n": key.number,
        "type": button.value.says(code),
        "account": button.value.says(button.account),
        "label": button.label,
        "value": number,
        "extension": number,
        **given,
    }


def _native(value: Text) -> tuple[str, Mapping[str, Text]]:
    """``code;field=value;…``; what is no number makes no key."""
    code, *rest = (part.strip() for part in value.split(";"))
    pairs = (part.partition("=") for part in rest)
    given = {name.strip(): value.says(text) for name, _, text in pairs if name.strip() in _UNUSED}
    return code if re.fullmatch(r"[0-9]{1,4}", code) else "", given


def _number(profile: Profile, key: Key) -> Text | None:
    """What the key dials or watches; pickup keys dial their code, for directed pickup before the number."""
    button, account = key.button, profile.account(key.button.account)
    settings = profile.settings_of(button.account)
    if key.mode is Mode.NATIVE:
        return None
    if key.mode is Mode.GROUP_PICKUP:
        return button.value or settings["sip.group_pickup_code"].text
    if key.mode is Mode.VOICEMAIL:
        return button.value or (account.voicemail if account else None)
    if key.mode is Mode.PICKUP:
        code = button.pickup or settings["sip.pickup_code"].text or Text()
        return button.value if button.value.startswith(code) else joined(code, button.value)
    return button.value


def _calls(profile: Profile) -> Mapping[str, Any]:
    """Forwarding and Do Not Disturb of the phone's first account, before its user says otherwise."""
    s = profile.settings_of(1)
    forwards = (("Imm", "calls.forward_always"), ("Busy", "calls.forward_busy"), ("NoReply", "calls.forward_no_answer"))
    return {
        "dnd": s["calls.dnd"],
        "waiting": s["calls.call_waiting"],
        "forwards": [(kind, s[name].switch("true", "false"), s[name].text) for kind, name in forwards],
    }


def _time(s: Settings) -> Mapping[str, Any]:
    """The offset from the tz database beside its name; the phone changes its clocks by the name."""
    setting, ntp = s["locale.timezone"], s["phone.ntp"]
    return {
        "offset": setting.says(zone(setting.value).utc_offset_padded),
        "place": setting.text,
        "ntp": ntp.says(ntp.value[0]) if ntp.value else ntp.cleared,
    }


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    language, vlan = s["locale.language"], s["phone.vlan"]
    tagged = vlan.value
    behind = tagged if tagged and tagged.pc_id else None
    return {
        "language": language.says(words.LANGUAGES.get(language.value.partition("-")[0], "0")),
        "admin": s["phone.admin_password"].text,
        # "user" and "var" have passwords of the same names until they get others.
        "user": s["phone.user_password"].text or s["phone.admin_password"].text,
        "web": s["phone.web"],
        "vlan": vlan.switch("true", "false"),
        "vlan_id": vlan.says(tagged.id) if tagged else vlan.cleared,
        "pc_vlan": vlan.says("true" if behind else "false"),
        "pc_vlan_id": vlan.says(behind.pc_id) if behind else vlan.cleared,
        "lldp": s["phone.lldp"],
    }
