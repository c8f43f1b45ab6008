"""What a profile means to a J100 phone: the names that its template uses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

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
    host_port,
    joined,
    zone,
)
from provisioner.vendors.avaya import words

_LEFT = (
    "calls.dnd", "calls.auto_answer", "calls.forward_always", "calls.forward_busy", "calls.forward_no_answer",
    "phone.syslog",
)  # fmt: skip
_LONGEST_LABEL = 31  # J100 guide 4.1, "Pre-configuration of keys"
_PASSWORD = re.compile(r"[A-Za-z0-9]{8,31}")


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.cfg.j2`` names."""
    return {
        "account": _account(profile),
        "keys": [_key(profile, key) for key in keys.line if _works(profile, key)],
        "time": _time(profile.settings),
        "phone": _phone(profile),
        "server": _server(profile.url),
    }


def warn(profile: Profile) -> Iterator[Warned]:
    """What a J100 phone cannot be told."""
    if not _PASSWORD.fullmatch(str(profile.settings["phone.admin_password"].value or "")):
        yield Warned("phone.admin_password", "8 to 31 letters and digits are allowed; the phone's is made from them")
    if profile.settings["locale.language"].value.partition("-")[0] != "en":
        yield Warned("locale.language", "language files are not served: the phone's language is left to its user")
    for name in _LEFT:
        if profile.settings[name]:
            yield Warned(name, "no source names the phone's setting for it; it is left to the phone")
    place = zone(profile.settings["locale.timezone"].value)
    if any(change and change.minute for change in (place.start, place.end)) or place.saving_minutes not in (0, 60):
        yield Warned("locale.timezone", f"the clocks of {place.name} do not change by one hour at a full hour")
    for account in profile.accounts:
        if '"' in account.password:
            yield Warned(f"account {account.index}", "a double quote cannot be written: the password will not match")
        if account.settings["sip.srtp"].value != "off":
            yield Warned(f"account {account.index}", "SRTP is not configured: no source names the phone's word for it")


# The account


def _account(profile: Profile) -> Mapping[str, Any] | None:
    account = profile.account(1)
    if account is None:
        return None
    s = account.settings
    domain, mwi = s["sip.server"], s["sip.subscribe_mwi"]
    return {
        "account": account,
        "address": joined(account.number, "@", domain.says(domain.value or "")),
        "domain": domain.text,
        "mwi": domain.text if mwi.ours else mwi.says(""),
        "controllers": _controllers(account),
        "expires": s["sip.expires"].text,
        "codecs": _codecs(s["audio.codecs"]),
        "enabled": _enabled(s["audio.codecs"]),
    }


def _controllers(account: Account) -> Text:
    """Where the phone sends its requests, the first choice first: ``host:port;transport=udp,…``."""
    s = account.settings
    proxy, backup = s["sip.outbound_proxy"], s["sip.backup_server"]
    if proxy.cleared is not None:
        return proxy.cleared
    places = [one for one in (proxy or s["sip.server"], backup if backup.ours else None) if one]
    return joined(*(part for n, one in enumerate(places) for part in (("," if n else ""), _place(one, s))))


def _place(setting: Setting, s: Settings) -> Text:
    transport, own = s["sip.transport"].value, s["sip.port"].value
    host, port = host_port(setting)
    return setting.says(f"{host}:{port or own or words.PORTS[transport]};transport={words.TRANSPORTS[transport]}")


def _codecs(setting: Setting) -> Text | None:
    known = [words.CODECS[name] for name in setting.value if name in words.CODECS]
    return setting.says(",".join(known)) if known else setting.cleared


def _enabled(setting: Setting) -> list[tuple[str, Text]]:
    """The codecs that have a switch of their own."""
    return [(words.CODECS[n], setting.says(int(n in setting.value))) for n in ("g722", "g729", "g726-32", "opus")]


# Keys


def _key(profile: Profile, key: Key) -> Mapping[str, Any]:
    """A PHONEKEY: type and name, then what the key works on, where its type works on something."""
    value = key.button.value
    kind, name, given = _native(value) if key.mode is Mode.NATIVE else _coded(key)
    number = _number(profile, key)
    return {
        "n": key.number + words.FIRST_KEY - 1,
        "type": value.says(kind),
        "name": value.says(name),
        "label": _label(given.get("label") or key.button.label),
        "attr1": _field(given.get("attr1") or number),
        "attr2": _field(given.get("attr2") or (number if name == "blf" else None)),
    }


def _works(profile: Profile, key: Key) -> bool:
    """Whether there is anything to say of a key: one of an account that the phone does not have says nothing."""
    return key.mode is not Mode.NONE and (key.mode is not Mode.LINE or key.button.account <= len(profile.accounts))


def _coded(key: Key) -> tuple[str, str, Mapping[str, Text]]:
    kind, _, name = key.code.code.partition(";")
    return kind, name, {}


def _label(text: Text) -> Text | None:
    """A label as long as the phone takes one, None where it shall make its own."""
    return _field(text.says(text[:_LONGEST_LABEL])) if text else None


def _field(text: Text | None) -> Text | None:
    """A text within a PHONEKEY, where a semicolon would begin the next field."""
    return None if text is None else text.says(text.replace(";", words.SEMICOLON))


def _native(value: Text) -> tuple[str, str, Mapping[str, Text]]:
    """``type.name``, then ``attr1=``, ``attr2=``, ``label=``: ``feature.callfwdna``."""
    code, *rest = (part.strip() for part in value.split(";"))
    kind, _, name = code.partition(".")
    pairs = (part.partition("=") for part in rest)
    return kind, name, {key.strip().lower(): value.says(text.strip()) for key, found, text in pairs if found}


def _number(profile: Profile, key: Key) -> Text | None:
    """What the key dials or watches, None where its type asks for nothing; directed pickup dials its code first."""
    button, account = key.button, profile.account(1)
    settings = profile.settings_of(1)
    if key.mode is Mode.LINE:
        return button.value.says("1")
    if key.mode in (Mode.NATIVE, Mode.DND, Mode.FORWARD, Mode.HOT_DESK):
        return None
    if key.mode is Mode.GROUP_PICKUP:
        return button.value or settings["sip.group_pickup_code"].text or Text()
    if key.mode is Mode.VOICEMAIL:
        return button.value or (account.voicemail if account else None) or Text()
    if key.mode is Mode.PICKUP:
        code = button.pickup or settings["sip.pickup_code"].text or Text()
        return button.value if button.value.startswith(code) else joined(code, button.value)
    return button.value


# Clock


def _time(s: Settings) -> Mapping[str, Any]:
    """Offset and rule from the tz database: ``-6:00``, ``2SunMar2L``, an hour more in between."""
    setting, ntp = s["locale.timezone"], s["phone.ntp"]
    place = zone(setting.value)
    sign, minutes = ("-" if place.offset_minutes < 0 else "", abs(place.offset_minutes))
    return {
        "offset": setting.says(f"{sign}{minutes // 60}:{minutes % 60:02}"),
        "saving": setting.says(place.saving_minutes // 60),
        "start": setting.says(_changeover(place.start)) if place.start else setting.cleared,
        "stop": setting.says(_changeover(place.end)) if place.end else setting.cleared,
        "ntp": ntp.says(",".join(ntp.value)),
        "format": clock_hours(s).code(words.TIME_FORMATS),
    }


def _changeover(change: Changeover) -> str:
    """Which weekday of a month, at which hour of local time: ``2SunMar2L``, ``LSunOct3L``."""
    week = "L" if change.week == 5 else str(change.week)
    return f"{week}{words.WEEKDAYS[change.weekday]}{words.MONTHS[change.month - 1]}{change.hour}L"


# The phone itself


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    password, vlan, numbers = s["phone.admin_password"], s["phone.vlan"], s["emergency.numbers"]
    account = profile.account(1)
    tagged = vlan.value
    return {
        "password": password.says(_password(str(password.value))) if password else OMIT,
        "web": s["phone.web"].switch(),
        # 0 lets the switch decide, 1 tags, 2 never does.
        "tagging": vlan.says("1") if vlan.text else s["phone.lldp"].switch("0", "2"),
        "vlan": vlan.says(tagged.id if tagged else 0),
        "priority": vlan.says(tagged.priority) if tagged else OMIT,
        "dscp_sip": s["phone.dscp_sip"].text,
        "dscp_rtp": s["phone.dscp_rtp"].text,
        "voicemail": account.voicemail if account else None,
        "emergency": numbers.says(numbers.value[0]) if numbers else numbers.cleared,
        "emergency_more": numbers.says(",".join(numbers.value[1:])),
    }


def _password(password: str) -> str:
    """The password as the phone takes it: the factory's 27238 would be an open door."""
    kept = re.sub(r"[^A-Za-z0-9]", "", password)[:31]
    return kept if _PASSWORD.fullmatch(kept) else hashlib.sha256(password.encode("utf-8", "replace")).hexdigest()[:16]


def _server(url: Text) -> Mapping[str, Any]:
    """The provisioning URL in its parts, for TLS or without."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return {
        "kind": "TLS" if secure else "HTTP",
        "host": Text(parts.hostname or "", url.origin),
        "port": Text(parts.port or (443 if secure else 80), url.origin),
        "path": url.says(parts.path.strip("/")),
    }
