"""What a profile means to a Digium phone: the names that its three templates use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Key,
    Keys,
    Mode,
    Profile,
    Settings,
    Text,
    Warned,
    host_port,
    joined,
)
from provisioner.vendors.digium import words

_DIGITS = "0123456789"
_LEFT = ("calls.dnd", "calls.auto_answer", "calls.forward_always", "calls.forward_busy", "calls.forward_no_answer")


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that the templates name."""
    slots = list(_slots(profile, keys))
    contacts = [slot["contact"] for slot in slots if slot["contact"]]
    return {
        "mac": profile.mac.hex,
        "group": words.GROUP,
        "accounts": [_account(profile, n) for n in range(1, profile.model.accounts + 1)],
        "slots": slots,
        "contacts": contacts,
        "subscriptions": max(40, sum(1 for one in contacts if one["watched"])),
        # Phones fetch the files of their keys again when their addresses change.
        "revision": [_digest(part) for one in contacts for part in (one["label"], one["dial"])],
        "modules": profile.modules,
        "has_modules": profile.model.expansion is not None,
        "phone": _phone(profile),
    }


def warn(profile: Profile) -> Iterator[Warned]:
    """What a D phone cannot be told."""
    password = str(profile.settings["phone.admin_password"].value or "")
    if not _is_pin(password):
        yield Warned("phone.admin_password", "the phone takes digits only: its PIN is made from the password")
    tongue = profile.settings["locale.language"].value
    if tongue.partition("-")[0] not in words.LOCALES:
        yield Warned("locale.language", f"the phone's word for {tongue} is not known; it speaks English")
    for name in _LEFT:
        if profile.settings[name]:
            yield Warned(name, "no source names the phone's setting for it; it is left to the phone")
    for account in profile.accounts:
        if account.settings["sip.srtp"].value != "off":
            yield Warned(f"account {account.index}", "SRTP is not configured: no source names the phone's word for it")
        if account.settings["sip.transport"].value == "srv":
            yield Warned(f"account {account.index}", "the phone has no SRV transport; it uses UDP")
    for slot, button in profile.buttons.items():
        if slot.group != "line" or slot.number > profile.model.line_keys:
            continue
        on_line = button.mode in (Mode.LINE, Mode.SHARED_LINE)
        mine = slot.number <= len(profile.accounts)
        if mine and not (on_line and button.account == slot.number):
            yield Warned(str(slot), f"key {slot.number} is the key of account {slot.number}")
        elif on_line and not mine:
            yield Warned(str(slot), "an account has only the key of its own number; this key stays blank")
        elif button.mode is Mode.BLF and (button.pickup or profile.settings_of(button.account)["sip.pickup_code"]):
            yield Warned(str(slot), "the key dials the number also while it rings there: it knows no pickup code")


# Accounts


def _account(profile: Profile, n: int) -> Mapping[str, Any]:
    account = profile.account(n)
    return {"index": n - 1, "used": False} if account is None else {"index": n - 1, "used": True, **_used(account)}


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
        "backup_port": backup_port or port,
        "proxy": proxy,
        "proxy_port": (proxy_port or transport.code(words.PORTS)) if proxy else None,
        "mwi": s["sip.subscribe_mwi"].switch(),
        "dial_plan": words.DIAL_PLAN,
    }


# Keys


def _slots(profile: Profile, keys: Keys) -> Iterator[Mapping[str, Any]]:
    """Every place that is no account's key; indices count from 0 within the screen, the side and the module."""
    main = profile.model.extra["main"]
    for key in keys.line:
        if len(profile.accounts) < key.number <= main:
            yield _slot(profile, key, "main", key.number - 1)
        elif key.number > main:
            yield _slot(profile, key, "side", key.number - main - 1)
    for node, module in enumerate(keys.modules):
        for key in module:
            yield {**_slot(profile, key, "expansion", key.number - 1), "node": node}


def _slot(profile: Profile, key: Key, location: str, index: int) -> Mapping[str, Any]:
    return {"location": location, "index": index, "node": None, "contact": _contact(profile, key)}


def _contact(profile: Profile, key: Key) -> Mapping[str, Any] | None:
    """What stands behind a key, None for a blank one."""
    if key.mode in (Mode.NONE, Mode.LINE):
        return None
    button, settings = key.button, profile.settings_of(key.button.account)
    kind, given = _native(button.value) if key.mode is Mode.NATIVE else (key.code.code, {})
    if kind not in ("blf", "dial"):
        return None
    dial = given.get("dial") or _number(profile, key) or Text()
    watched = given.get("subscribe_to") or _watched(settings, button.value) if kind == "blf" else None
    return {
        "id": f"{key.slot.group}-{key.number}",
        "dial": dial,
        "label": button.label,
        "shown": button.label or dial,
        "watched": watched,
    }


def _native(value: Text) -> tuple[str, Mapping[str, Text]]:
    """``blf`` or ``dial``, then ``dial=``, ``subscribe_to=``."""
    code, *rest = (part.strip() for part in value.split(";"))
    pairs = (part.partition("=") for part in rest)
    return code, {name.strip(): value.says(text.strip()) for name, found, text in pairs if found}


def _number(profile: Profile, key: Key) -> Text | None:
    """What the key dials; pickup keys dial their code, for directed pickup before the number."""
    button, settings = key.button, profile.settings_of(key.button.account)
    if key.mode is Mode.NATIVE:
        return None
    if key.mode is Mode.GROUP_PICKUP:
        return button.value or settings["sip.group_pickup_code"].text
    if key.mode is Mode.VOICEMAIL:
        account = profile.account(button.account)
        return button.value or (account.voicemail if account else None)
    if key.mode is Mode.PICKUP:
        code = button.pickup or settings["sip.pickup_code"].text or Text()
        return button.value if button.value.startswith(code) else joined(code, button.value)
    return button.value


def _watched(settings: Settings, value: Text) -> Text:
    """The address whose state the lamp shows."""
    if value.startswith("sip:"):
        return value
    host = (
        value if "@" in value else joined(value, "@", settings["sip.server"].says(settings["sip.server"].value or ""))
    )
    return value.says(f"sip:{host}")


def _digest(text: str) -> Text:
    """Four digits that change with a text and keep its origin; they are ours also where the text is the phone's."""
    short = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:4]
    return Text(short, text.origin, secret=text.secret) if isinstance(text, Text) else Text(short)


# The phone itself


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    password, language = s["phone.admin_password"], s["locale.language"]
    host, port = host_port(s["phone.syslog"])
    ntp = s["phone.ntp"]
    return {
        "password": password.says(_pin(str(password.value))) if password else OMIT,
        "zone": s["locale.timezone"].text,
        "ntp": ntp.says(ntp.value[0]) if ntp.value else ntp.cleared,
        "locale": language.says(_locale(language.value)),
        "keepalive": s["sip.keepalive"].text,
        "web": s["phone.web"].switch(),
        "syslog": s["phone.syslog"].switch(),
        "syslog_host": host,
        "syslog_port": port,
        "dscp_sip": s["phone.dscp_sip"].text,
        "dscp_rtp": s["phone.dscp_rtp"].text,
        **_vlan(s),
    }


def _is_pin(password: str) -> bool:
    """The phone's own screen asks for it, and takes digits only (XML configuration, login_password)."""
    return bool(password) and set(password) <= set(_DIGITS)


def _pin(password: str) -> str:
    """The password, or eight digits made from it: leaving the factory's 789 would be an open door."""
    if _is_pin(password):
        return password
    number = int.from_bytes(hashlib.sha256(password.encode("utf-8", "replace")).digest()[:8])
    return str(10_000_000 + number % 90_000_000)


def _locale(language: str) -> str:
    known = words.LOCALES
    return known.get(language) or known.get(language.partition("-")[0]) or known["en"]


def _vlan(s: Settings) -> Mapping[str, Any]:
    """By hand where a VLAN is given, else by LLDP or not at all."""
    vlan, lldp = s["phone.vlan"], s["phone.lldp"]
    tagged = vlan.value
    return {
        "vlan_mode": vlan.says("MANUAL") if vlan.text else lldp.switch("LLDP", "NONE"),
        "vlan_id": vlan.says(tagged.id if tagged else 0),
        "vlan_priority": vlan.says(tagged.priority if tagged else 0),
        "pc_vlan_id": vlan.says(tagged.pc_id if tagged and tagged.pc_id else 0),
        "pc_priority": vlan.says(tagged.pc_priority if tagged and tagged.pc_id else 0),
    }
