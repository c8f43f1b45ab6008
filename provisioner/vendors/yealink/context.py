"""What a profile means to a Yealink phone: the names that its template uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    Zone,
    bare_host_port,
    clock_hours,
    date_order,
    emergency_identity,
    joined,
    tone_country,
    zone,
)
from provisioner.vendors.yealink import dect, words
from provisioner.vendors.yealink.accounts import accounts, calls, server_templates

_TAKING_CODES = {Mode.BLF: "sip.pickup_code", Mode.PRESENCE: "sip.pickup_code", Mode.PARK: "sip.retrieve_code"}
_UNUSED = {"line": None, "value": None, "label": None, "extension": None}
_EMERGENCY_NUMBERS = 10


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.cfg.j2`` names."""
    return {
        "accounts": accounts(profile),
        "servers": server_templates(profile),
        "dect": dect.kind(profile),
        "handsets": dect.handsets(profile),
        "stations": dect.stations(profile),
        **_keys(profile, keys),
        "calls": _calls(profile),
        "emergency": _emergency(profile.settings),
        "time": _time(profile.settings),
        "phone": _phone(profile),
    }


# Keys


def _keys(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    extra = profile.model.extra
    return {
        "line_keys": [_key(profile, key, key.number) for key in keys.line],
        "soft_keys": [_key(profile, key, key.number) for key in keys.soft],
        "memory_keys": [_key(profile, key, key.number) for key in keys.key if extra.get("memory")],
        "hard_keys": [_key(profile, key, extra["hard"][key.number - 1]) for key in keys.key if "hard" in extra],
        "modules": [{"n": n, "slots": _module(profile, module)} for n, module in enumerate(keys.modules, 1)],
    }


def _key(profile: Profile, key: Key, n: int) -> Mapping[str, Any]:
    """The fields of the key that Yealink calls ``n``: all are stated, those that its type does not read as cleared."""
    if key.mode is Mode.NONE or _is_line_beyond(profile, key):
        # A hard or soft key that nobody gave a button is what the factory made it.
        theirs = not key.given and key.slot.group in ("key", "soft")
        return {"n": n, "type": None if theirs else "0", **_UNUSED}
    button = key.button
    code, given = _native(button.value) if key.mode is Mode.NATIVE else (button.value.says(key.code.code), {})
    read = {field: _FIELDS[field](profile, key) for field in key.code.extra["reads"]}
    return {"n": n, "type": code, **_UNUSED, **read, "label": button.label, **given}


def _module(profile: Profile, keys: Sequence[Key]) -> list[Mapping[str, Any]]:
    """The keys of an expansion module, whose numbers skip the key that turns the pages."""
    extra = profile.model.extra
    page_key, switch_key = extra.get("page_key"), extra.get("switch_key")
    return [
        _key(profile, key, _place(key.number, page_key))
        if key.given
        else _unused(key.slot.number, key.code.code, page_key, switch_key)
        for key in keys
    ]


@cache
def _unused(number: int, code: str, page_key: int | None, switch_key: int | None) -> Mapping[str, Any]:
    """A module's key that nobody gave a button; nearly all of a large module are."""
    return {"n": _place(number, page_key), "type": "37" if number == switch_key else code, **_UNUSED}


def _place(number: int, page_key: int | None) -> int:
    return number if page_key is None or number < page_key else number + 1


def _native(value: Text) -> tuple[Text, Mapping[str, Text]]:
    """``code;field=value;…``, the escape hatch; what is no code makes no key, what is no field is passed over."""
    code, *rest = (part.strip() for part in value.split(";"))
    pairs = (part.partition("=") for part in rest)
    given = {name.strip(): value.says(text) for name, _, text in pairs if name.strip() in _UNUSED}
    return value.says(code if re.fullmatch(r"[0-9]{1,4}", code) else "0"), given


def _is_line_beyond(profile: Profile, key: Key) -> bool:
    """Whether it is a line key of an account that the model does not have."""
    return key.mode in (Mode.LINE, Mode.SHARED_LINE) and key.button.account > profile.model.accounts


def _line(profile: Profile, key: Key) -> Text:
    """The account that the key works on, the first instead of one that does not exist; two models count from 0."""
    account = key.button.account if key.button.account <= profile.model.accounts else 1
    return key.button.value.says(account - 1 + profile.model.extra.get("first_line", 1))


def _value(profile: Profile, key: Key) -> Text | None:
    """What the key dials or shows; pickup keys dial their code, for directed pickup before the number."""
    value, settings = key.button.value, profile.settings_of(key.button.account)
    if key.mode is Mode.GROUP_PICKUP:
        return value or settings["sip.group_pickup_code"].text
    if key.mode is Mode.PICKUP:
        code = key.button.pickup or settings["sip.pickup_code"].text or ""
        return value if value.startswith(code) else joined(code, value)
    return value


def _extension(profile: Profile, key: Key) -> Text | None:
    """The code that takes a call from where the lamp is lit: a neighbour's phone or a park orbit."""
    settings = profile.settings_of(key.button.account)
    code = _TAKING_CODES.get(key.button.mode)
    return key.button.pickup or (settings[code].text if code else None)


_FIELDS: Mapping[str, Callable[[Profile, Key], Text | None]] = {
    "line": _line,
    "value": _value,
    "extension": _extension,
}

# Calls


def _calls(profile: Profile) -> Mapping[str, Any]:
    """The phone's own, those of its first account: that is whom it belongs to."""
    settings = profile.settings_of(1)
    code = settings["sip.pickup_code"]
    return {
        **calls(settings),
        "waiting": settings["calls.call_waiting"],
        "pickup": code.switch(),
        "pickup_code": code.text,
    }


def _emergency(settings: Settings) -> Mapping[str, Any]:
    numbers = settings["emergency.numbers"]
    identity = emergency_identity(settings)  # its forms: T40G guide, "Emergency Dialplan"
    places = range(1, max(_EMERGENCY_NUMBERS, len(numbers.value)) + 1)
    return {
        "locked": numbers.says(",".join(numbers.value)),
        "numbers": [{"n": n, "number": _nth(numbers, n)} for n in places],
        # ELIN, the factory's choice, means the one that a switch tells by LLDP-MED.
        "source": identity.says("CUSTOM") if identity else numbers.says("ELIN"),
        "identity": identity,
    }


def _nth(setting: Setting, n: int) -> Text | None:
    """The n-th of several values, from 1."""
    return setting.says(setting.value[n - 1]) if n <= len(setting.value) else setting.cleared


# Clock


def _time(settings: Settings) -> Mapping[str, Any]:
    """The clock: offset and daylight saving from the tz database, never by the phone's own zone names."""
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place = zone(setting.value)
    return {
        "offset": setting.says(place.utc_offset),
        "summer": setting.says("1" if place.start else "0"),
        "start": _changeover(setting, place, start=True),
        "end": _changeover(setting, place, start=False),
        "saving": setting.says(place.saving_minutes) if place.start else setting.cleared,
        "ntp1": _nth(ntp, 1),
        "ntp2": _nth(ntp, 2),
        "format": clock_hours(settings).code(words.TIME_FORMATS),
        "date": date_order(settings).code(words.DATE_FORMATS),
    }


def _changeover(setting: Setting, place: Zone, *, start: bool) -> Text | None:
    """``Month/Week/Weekday/Hour`` with Monday as 1 and Sunday as 7 (W53P guide, p. 91)."""
    change = place.start if start else place.end
    return (
        setting.says(f"{change.month}/{change.week}/{change.weekday or 7}/{change.hour}") if change else setting.cleared
    )


# The phone itself


def _phone(profile: Profile) -> Mapping[str, Any]:
    s, line, extra = profile.settings, profile.line.options, profile.model.extra
    language, tones = s["locale.language"], tone_country(s)
    return {
        "language": language.says(_word(words.LANGUAGES, language.value, "English")),
        "handset_language": language.says(_word(words.HANDSET_LANGUAGES, language.value, "0")),
        "tones": tones.says(words.TONES[tones.value]) if tones.value in words.TONES else tones.cleared,
        "tls_ciphers": words.NO_ECDH if line.get("no_ecdh") and extra.get("no_ecdh") else OMIT,
        **_access(s),
        **_network(profile),
        **_provisioning(profile),
    }


def _word(table: Mapping[str, str], language: str, default: str) -> str:
    """The vendor's word for a language, or for its tongue where the region is not known."""
    return table.get(language) or table.get(language.partition("-")[0]) or default


def _access(s: Settings) -> Mapping[str, Any]:
    """Passwords: who has not set the user's gets the admin's there, for ``user`` is an open door."""
    user = s["phone.user_password"].otherwise(s["phone.admin_password"])
    return {
        "admin": _login("admin", s["phone.admin_password"]),
        "user": _login("user", user),
        "web": s["phone.web"],
    }


def _login(name: str, password: Setting) -> Text:
    return joined(f"{name}:", password.says(password.value or ""))


def _network(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    vlan, syslog = s["phone.vlan"], s["phone.syslog"]
    tagged = vlan.value
    behind = tagged if tagged and tagged.pc_id else None
    host, port = bare_host_port(syslog)
    # Bases listen to the old name whatever their firmware (WZ v83 to v87).
    by_mode = profile.line.options.get("syslog") == "mode" or dect.kind(profile)
    return {
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(tagged.id) if tagged else vlan.cleared,
        "vlan_priority": vlan.says(tagged.priority) if tagged else vlan.cleared,
        "pc_vlan": vlan.says("1" if behind else "0"),
        "pc_vlan_id": vlan.says(behind.pc_id) if behind else vlan.cleared,
        "pc_vlan_priority": vlan.says(behind.pc_priority) if behind else vlan.cleared,
        "lldp": s["phone.lldp"],
        "dscp_sip": s["phone.dscp_sip"],
        "dscp_rtp": s["phone.dscp_rtp"],
        "syslog": syslog.switch(),
        "syslog_mode": syslog.switch() if by_mode else OMIT,
        "syslog_host": host,
        "syslog_port": port,
    }


def _provisioning(profile: Profile) -> Mapping[str, Any]:
    minutes = profile.settings["phone.poll_minutes"]
    # V70 says in one number when to ask: 1 at boot, 6 at boot and again and again.
    at_boot = "6" if minutes and profile.line.options.get("poll_by_mode") else "1"
    return {
        "url": profile.url,
        "at_boot": minutes.says(at_boot),
        "poll": minutes.switch(),
        "poll_minutes": minutes.text if minutes else minutes.cleared,
    }
