"""What a profile means to an Htek phone: the names that its template uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Changeover,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    Warned,
    clock_hours,
    date_order,
    joined,
    sip_target,
    tone_country,
    zone,
)
from provisioner.vendors.htek import words
from provisioner.vendors.htek.dialect import HARD_KEYS, PROFILES, element, is_named, module_key

_POINTERS = 8  # accounts that can be told their profile by number
_FACTORY_POLL_MIN = 10080
_NO_VALUE = frozenset({Mode.NONE, Mode.LINE, Mode.SHARED_LINE, Mode.DND, Mode.REDIAL, Mode.HOLD, Mode.PRIVATE_HOLD})


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.xml.j2`` names."""
    return {
        "element": partial(element, profile.model),
        "named": is_named(profile.model),
        "profiles": _profiles(profile),
        "accounts": [_account(profile, index) for index in range(1, profile.model.accounts + 1)],
        "line_keys": [_key(profile, key) for key in keys.line],
        "soft_keys": [_key(profile, key) for key in keys.soft if key.given],
        "hard_keys": [{**_key(profile, key), "name": HARD_KEYS[key.number - 1]} for key in keys.key if key.given],
        "module_keys": list(_module_keys(profile, keys)),
        "calls": _calls(profile.settings),
        "time": _time(profile.settings),
        "phone": _phone(profile.settings),
        "network": _network(profile.settings),
        "provisioning": _provisioning(profile),
    }


def warn(profile: Profile) -> Iterable[Warned]:
    """What this phone does not do as asked."""
    place = zone(profile.settings["locale.timezone"].value)
    if place.offset_minutes not in words.TIME_ZONES:
        yield Warned("locale.timezone", f"the phone has no time zone {place.utc_offset}; its clock stays as it is")
    if any(change and change.minute for change in (place.start, place.end)) or place.saving_minutes not in (0, 60):
        yield Warned("locale.timezone", f"the clocks of {place.name} do not change by one hour at a full hour")
    tongue = profile.settings["locale.language"].value
    if _language(tongue) == OMIT:
        yield Warned("locale.language", f"the phone's number for {tongue} is not known; its language is left to it")
    if profile.settings["calls.dnd"] and not is_named(profile.model):
        yield Warned("calls.dnd", "Do Not Disturb can only be switched on at the phone")
    for account in profile.accounts:
        if _profile_of(profile, account.index) is None:
            yield Warned(f"account {account.index}", "the phone has no servers left for it; it uses those of account 1")


# Servers and accounts


def _profiles(profile: Profile) -> list[Mapping[str, Any]]:
    """Servers 1 to 4, which are those of accounts 1 to 4: so it is right on firmware without profiles too."""
    first = (profile.account(n) for n in range(1, PROFILES + 1))
    return [
        {"n": n, "used": bool(account), **(_servers(account) if account else {})} for n, account in enumerate(first, 1)
    ]


def _profile_of(profile: Profile, index: int) -> int | None:
    """The profile with the account's servers, from 1; None where there is none that it can be told."""
    account = profile.account(index)
    if account is None or index <= PROFILES:
        return index
    mine = _servers(account)
    same = (one.index for one in profile.accounts[:PROFILES] if _servers(one) == mine)
    found = next(same, None)
    return found if index <= _POINTERS or is_named(profile.model) or found == 1 else None


def _servers(account: Account) -> Mapping[str, Any]:
    s = account.settings
    transport, keepalive = s["sip.transport"], s["sip.keepalive"]
    return {
        "server": sip_target(s, "sip.server"),
        "backup": sip_target(s, "sip.backup_server"),
        "proxy": s["sip.outbound_proxy"].text,
        "transport": transport.code(words.TRANSPORTS),
        "nat": keepalive.says("2" if keepalive else "0"),
        "expires_min": s["sip.expires"].says(max(1, s["sip.expires"].value // 60)),
        "mwi": s["sip.subscribe_mwi"].switch(),
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "srtp": s["sip.srtp"].code(words.SRTP),
        "auto_answer": s["calls.auto_answer"].switch(),
        "codecs": _codecs(s["audio.codecs"]),
    }


def _codecs(setting: Setting) -> list[tuple[int, Text]]:
    """Every choice in order; those that are left over repeat the last codec."""
    chosen = [words.CODECS[name] for name in setting.value if name in words.CODECS]
    chosen = chosen or [words.CODECS[name] for name in words.LAST_RESORT]
    chosen = [*chosen, *[chosen[-1]] * words.CHOICES][: words.CHOICES]
    return [(choice, setting.says(code)) for choice, code in enumerate(chosen, 1)]


def _account(profile: Profile, index: int) -> Mapping[str, Any]:
    """One account, or an unused one that is off and cleared."""
    account = profile.account(index)
    if account is None:
        return {"n": index, "used": False}
    shared = any(one.mode is Mode.SHARED_LINE and one.account == index for one in profile.buttons.values())
    return {
        "n": index,
        "used": True,
        "account": account,
        "profile": (_profile_of(profile, index) or 1) - 1,
        "label": account.name or account.number,
        "pickup": account.settings["sip.pickup_code"].text,
        "group_pickup": account.settings["sip.group_pickup_code"].text,
        "shared": "1" if shared else "0",
    }


# Keys


def _module_keys(profile: Profile, keys: Keys) -> Iterator[Mapping[str, Any]]:
    for module, slots in enumerate(keys.modules, 1):
        for key in slots:
            yield {**_key(profile, key), "name": partial(module_key, module, key.number)}


def _key(profile: Profile, key: Key) -> Mapping[str, Any]:
    """Type, value, label, account (from 0) and pickup code of one key."""
    button = key.button
    native = _native(button.value) if key.mode is Mode.NATIVE else {}
    off = key.mode is Mode.NONE
    return {
        "n": key.number,
        "type": native.get("type") or button.value.says(key.code.code),
        "account": native.get("account") or button.value.says(button.account - 1),
        "value": None if off else native.get("value") or _value(profile, key),
        "label": None if off else native.get("label") or button.label or None,
        "pickup": native.get("pickup") or _pickup(profile, key),
    }


def _native(value: Text) -> dict[str, Text]:
    """``type;value=…;label=…;account=…;pickup=…``, the escape hatch."""
    code, *rest = value.split(";")
    fields = {name.strip(): value.says(text) for name, _, text in (part.partition("=") for part in rest)}
    return {**fields, "type": value.says(code.strip())}


def _value(profile: Profile, key: Key) -> Text | None:
    """The argument of a key, by what was asked for: a pickup key dials the account's code and the number."""
    button, account = key.button, profile.account(key.button.account)
    if key.mode in _NO_VALUE or key.mode is Mode.NATIVE:
        return None
    if account and button.mode is Mode.PICKUP:
        return joined(account.settings["sip.pickup_code"].text or "", button.value)
    if account and button.mode is Mode.GROUP_PICKUP:
        return button.value or account.settings["sip.group_pickup_code"].text
    if account and button.mode is Mode.VOICEMAIL:
        return button.value or account.voicemail
    return button.value or None


def _pickup(profile: Profile, key: Key) -> Text | None:
    """What a BLF key dials to take a ringing call."""
    account = profile.account(key.button.account)
    if key.mode is not Mode.BLF:
        return None
    return key.button.pickup or (account.settings["sip.pickup_code"].text if account else None)


# The phone


def _calls(settings: Settings) -> Mapping[str, Any]:
    always, busy = settings["calls.forward_always"], settings["calls.forward_busy"]
    no_answer, numbers = settings["calls.forward_no_answer"], settings["emergency.numbers"]
    return {
        "always": always.switch(),
        "always_to": always.text,
        "busy": busy.switch(),
        "busy_to": busy.text,
        "no_answer": no_answer.switch(),
        "no_answer_to": no_answer.text,
        "no_answer_s": settings["calls.forward_no_answer_s"].text,
        "dnd": settings["calls.dnd"].switch(),
        "waiting": settings["calls.call_waiting"].switch(),
        "emergency": numbers.says(",".join(numbers.value)) if numbers else numbers.cleared,
        "keepalive_s": settings["sip.keepalive"].text if settings["sip.keepalive"] else OMIT,
    }


def _time(settings: Settings) -> Mapping[str, Any]:
    """The clock: an offset from the phone's list, and the rule of the tz database as weeks and weekdays."""
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place, servers = zone(setting.value), [ntp.says(server) for server in ntp.value]
    return {
        "ntp1": servers[0] if servers else ntp.cleared,
        "ntp2": servers[1] if len(servers) > 1 else ntp.cleared,
        "ntp_by_dhcp": ntp.says("0" if servers else "1"),
        "zone": setting.says(words.TIME_ZONES.get(place.offset_minutes, OMIT)),
        # 2 would be the rule that the phone has for its own zone.
        "dst": setting.says("1" if place.start and place.end else "0"),
        "start": _change(setting, place.start),
        "end": _change(setting, place.end),
        "date": date_order(settings).code(words.DATE_FORMATS),
        "format": clock_hours(settings).code(words.TIME_FORMATS),
    }


def _change(setting: Setting, change: Changeover | None) -> Mapping[str, Text | str]:
    """Month, week (5 is the last), weekday (0 is Sunday) and hour."""
    if change is None:
        return dict.fromkeys(("month", "week", "weekday", "hour"), OMIT)
    return {
        "month": setting.says(change.month),
        "week": setting.says(change.week),
        "weekday": setting.says(change.weekday),
        "hour": setting.says(change.hour),
    }


def _phone(settings: Settings) -> Mapping[str, Any]:
    language = settings["locale.language"]
    country = tone_country(settings)
    admin = settings["phone.admin_password"].text or OMIT
    return {
        "admin_password": admin,
        # Everybody knows the user's password; where nobody gave another, it is the admin's.
        "user_password": settings["phone.user_password"].text or admin,
        "web": settings["phone.web"].switch(),
        "language": language.says(_language(language.value)),
        "tones": country.says(words.TONES.get(country.value, OMIT)),
    }


def _language(code: str) -> str:
    """The phone's code for a language or its tongue; its own choice stays where it has neither."""
    return words.LANGUAGES.get(code) or words.LANGUAGES.get(code.partition("-")[0]) or OMIT


def _network(settings: Settings) -> Mapping[str, Any]:
    """VLAN, LLDP, QoS and log; tag 0 means untagged."""
    vlan, syslog = settings["phone.vlan"], settings["phone.syslog"]
    tag, pc = vlan.value, vlan.value.pc_id if vlan else None
    return {
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(tag.id if tag else 0),
        "priority": vlan.says(tag.priority if tag else 0),
        "pc": vlan.says("1" if pc else "0"),
        "pc_id": vlan.says(pc or 0),
        "lldp": settings["phone.lldp"].switch(),
        "dscp_sip": settings["phone.dscp_sip"].text,
        "dscp_rtp": settings["phone.dscp_rtp"].text,
        "syslog": syslog.says(str(syslog.value).removesuffix(":514")) if syslog else syslog.cleared,
    }


def _provisioning(profile: Profile) -> Mapping[str, Any]:
    """Where the phone comes back to, with its protocol, and every how many minutes."""
    poll = profile.settings["phone.poll_minutes"]
    scheme = profile.url.partition("://")[0].lower()
    return {
        "mode": words.UPGRADE_MODES.get(scheme, OMIT),
        "path": profile.url.says(profile.url.rstrip("/")),
        "poll": poll.switch(),
        "minutes": poll.says(poll.value or _FACTORY_POLL_MIN),
    }
