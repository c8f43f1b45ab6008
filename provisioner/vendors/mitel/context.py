"""What a profile means to a Mitel phone: the names that its template uses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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
    bare_host_port,
    clock_hours,
    date_order,
    joined,
    tone_country,
    zone,
)
from provisioner.vendors.mitel import words

# What a key of these modes reads beside its type.
_WITH_VALUE = frozenset({Mode.BLF, Mode.SPEED_DIAL, Mode.PAGING, Mode.RECORD, Mode.XML})
_NO_HOST = "0.0.0.0"  # noqa: S104 (the phones' word for no server; guide 3.2.2, p. A-91)
_LONGEST_PASSWORD = 4294967295  # guide 3.3.1, "Password Settings"
_DAY_MINUTES = 1440
_MOST_SAVING = 60
_LONGEST_WAIT_DAYS = 364


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.cfg.j2`` names."""
    return {
        "accounts": [_account(profile, index) for index in range(1, profile.model.accounts + 1)],
        "keys": [*_own_keys(profile, keys), *_module_keys(profile, keys)],
        "sip": _sip(profile),
        "phone": _phone(profile.settings),
        "time": _time(profile.settings),
        "language": _language(profile.settings["locale.language"]),
        "server": _server(profile),
    }


def warn(profile: Profile) -> Iterator[Warned]:
    """What these phones cannot do of this profile."""
    tongue = str(profile.settings["locale.language"].value)
    if tongue.partition("-")[0] != "en" and _language_file(tongue) is None:
        yield Warned("locale.language", f"these phones have no file for {tongue}; they speak English")
    yield from _password_warnings(profile.settings)
    yield from _call_warnings(profile.settings)
    yield from _line_warnings(profile.accounts)
    yield from _tls_warnings(profile)
    yield from _key_warnings(profile)
    place = zone(profile.settings["locale.timezone"].value)
    if any(change and change.minute for change in (place.start, place.end)) or place.saving_minutes > _MOST_SAVING:
        yield Warned("locale.timezone", f"the clocks of {place.name} do not change at a full hour by one at most")
    minutes = profile.settings["phone.poll_minutes"].value
    if 0 < minutes < _DAY_MINUTES:
        yield Warned("phone.poll_minutes", "these phones ask at a time of day, at most once a day")


def _password_warnings(settings: Settings) -> Iterator[Warned]:
    for name in ("phone.admin_password", "phone.user_password"):
        if settings[name] and not _fits(settings[name].value):
            yield Warned(
                name,
                "these phones take digits up to 4294967295 and fall back to the factory's password for anything else; "
                "digits made from this password are sent, give digits to know them",
            )


def _call_warnings(settings: Settings) -> Iterator[Warned]:
    names = ("dnd", "auto_answer", "forward_always", "forward_busy", "forward_no_answer")
    for name in (f"calls.{one}" for one in names):
        if settings[name]:
            yield Warned(name, "these phones have no such setting in their files; the user switches it on the phone")


def _line_warnings(accounts: Sequence[Account]) -> Iterator[Warned]:
    """Settings that are the whole phone's, and are taken from the first line; passwords that no file can carry."""
    shared = ("sip.transport", "sip.pickup_code", "sip.subscribe_mwi")
    for account in accounts:
        if '"' in account.password:
            yield Warned(
                f"account {account.index}", "no value can hold a double quote; its SIP password is not sent as it is"
            )
    for account in accounts[1:]:
        s, first = account.settings, accounts[0].settings
        for name in (name for name in shared if s[name].value != first[name].value):
            yield Warned(name, f"all lines have one value; line {account.index} gets that of line 1")
        if words.OUT_OF_BAND[s["sip.dtmf"].value] != words.OUT_OF_BAND[first["sip.dtmf"].value]:
            yield Warned("sip.dtmf", f"in band or not is the whole phone's; line {account.index} does as line 1")


def _tls_warnings(profile: Profile) -> Iterator[Warned]:
    """A phone that does not know the server's authority makes no connection (guides, "sip transport protocol")."""
    known = any(one.keys.get(words.AUTHORITIES) for one in profile.native)
    if _has_tls(profile.settings_of(1)) and not known:
        yield Warned("sip.transport", f"TLS needs the server's authority on the phone: native key {words.AUTHORITIES}")


def _key_warnings(profile: Profile) -> Iterator[Warned]:
    small = int(profile.model.extra.get("small", 0))
    for slot, button in profile.buttons.items():
        if small < slot.number <= profile.model.slots(slot.group) and 0 < slot.module <= profile.modules:
            yield Warned(str(slot), f"needs the module with more keys; the smaller one has {small}")
        if button.mode is Mode.BLF and _lampless(profile, slot.group):
            yield Warned(str(slot), "bottom softkeys of this model have no BLF; the number is dialled")
        if button.pickup and button.pickup != profile.settings_of(1)["sip.pickup_code"].value:
            yield Warned(str(slot), "the pickup code is the whole phone's (sip.pickup_code), not a key's")


def _has_tls(settings: Settings) -> bool:
    return bool(settings["sip.transport"].value == "tls")


def _lampless(profile: Profile, group: str) -> bool:
    return group == "soft" and profile.model.extra.get("soft_blf") is False


def _account(profile: Profile, index: int) -> Mapping[str, Any]:
    """One line, or an unused one with everything cleared."""
    account = profile.account(index)
    line = f"sip line{index}"
    if account is None:
        return {"line": line, "used": False, "nowhere": _NO_HOST}
    s = account.settings
    usual = profile.settings_of(1)["sip.transport"].code(words.PORTS)
    port = s["sip.port"].text or usual
    proxy, proxy_port = bare_host_port(s["sip.outbound_proxy"])
    backup, backup_port = bare_host_port(s["sip.backup_server"])
    return {
        "line": line,
        "used": True,
        "account": account,
        "server": bare_host_port(s["sip.server"])[0] or _NO_HOST,
        "port": port,
        "backup": backup or s["sip.backup_server"].says(_NO_HOST),
        "backup_port": (backup_port or port) if backup else s["sip.backup_server"].says("0"),
        "proxy": proxy or s["sip.outbound_proxy"].says(_NO_HOST),
        "proxy_port": (proxy_port or proxy.says(usual)) if proxy else s["sip.outbound_proxy"].says("0"),
        "expires": s["sip.expires"].text,
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "srtp": s["sip.srtp"].code(words.SRTP),
        "park": _park(profile, index),
    }


def _park(profile: Profile, index: int) -> Text | str:
    """What the park keys of a line dial on firmware 3.x, which has one orbit a line: the first key's."""
    keys = (one for one in profile.buttons.values() if one.mode is Mode.PARK and one.account == index and one.value)
    first = next(keys, None)
    if first is None or not profile.line.options.get("park_per_line"):
        return OMIT
    return joined(first.value, ";", first.value, ";asterisk")


def _sip(profile: Profile) -> Mapping[str, Any]:
    """Settings that all lines share."""
    s = profile.settings_of(1)
    codecs = profile.settings["audio.codecs"]
    payloads = [words.PAYLOADS[name] for name in codecs.value if name in words.PAYLOADS]
    pickup = s["sip.pickup_code"]
    return {
        "transport": s["sip.transport"].code(words.TRANSPORTS),
        # Without it every call makes a connection of its own, for which the phone needs a certificate and a key.
        "persistent": s["sip.transport"].says("1" if _has_tls(s) else "0"),
        "keepalive": s["sip.keepalive"].text if _has_tls(s) else OMIT,
        "out_of_band": s["sip.dtmf"].code(words.OUT_OF_BAND),
        "codecs": codecs.says(",".join(f"payload={number};ptime=20;silsupp=off" for number in payloads)),
        "mwi": s["sip.subscribe_mwi"],
        "pickup": pickup.switch(),
        "pickup_code": pickup.text,
        "call_waiting": profile.settings["calls.call_waiting"],
    }


def _own_keys(profile: Profile, keys: Keys) -> Iterator[Mapping[str, Any]]:
    """The phone's keys; hard keys and soft keys that nobody gave keep what the factory made them."""
    beside = profile.model.extra.get("line", "topsoftkey")
    yield from _group(profile, beside, keys.line, gaps=True)
    for name, group in (("prgkey", keys.key), ("softkey", keys.soft)):
        yield from _group(profile, name, [key for key in group if key.given], gaps=False)


def _module_keys(profile: Profile, keys: Keys) -> Iterator[Mapping[str, Any]]:
    for number, module in enumerate(keys.modules, 1):
        yield from _group(profile, f"expmod{number} key", module, gaps=True)


def _group(profile: Profile, name: str, keys: Sequence[Key], *, gaps: bool) -> Iterator[Mapping[str, Any]]:
    """The fields of a group's keys. ``none`` takes a key out and the next ones move up: gaps need ``empty``."""
    last = max((key.number for key in keys if key.mode is not Mode.NONE), default=0)
    for key in keys:
        instead = "empty" if gaps and key.number < last else key.code.code
        yield _key(profile, f"{name}{key.number}", key, instead)


def _key(profile: Profile, name: str, key: Key, unused: str) -> Mapping[str, Any]:
    button = key.button
    if key.mode is Mode.NONE:
        return {"name": name, "type": unused, "value": None, "label": None, "line": OMIT}
    code, fields = _native(button.value) if key.mode is Mode.NATIVE else (button.value.says(_type(profile, key)), {})
    return {
        "name": name,
        "type": code,
        "value": fields.get("value") or _value(profile, key),
        "label": fields.get("label") or button.label or None,
        "line": fields.get("line") or button.value.says(button.account),
    }


def _native(value: Text) -> tuple[Text, dict[str, Text]]:
    """``code;field=value;…``, the escape hatch."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    return value.says(code.strip()), {name.strip(): value.says(text) for name, _, text in pairs}


def _type(profile: Profile, key: Key) -> str:
    if key.mode is Mode.BLF and _lampless(profile, key.slot.group):
        return "speeddial"
    if key.mode is Mode.VOICEMAIL:
        return str(profile.line.options.get("voicemail_key", key.code.code))
    return key.code.code


def _value(profile: Profile, key: Key) -> Text | None:
    """The argument of a key, None where its type takes none."""
    button = key.button
    account = profile.account(button.account)
    settings = profile.settings_of(button.account)
    if key.mode in _WITH_VALUE:
        return button.value or None
    if key.mode is Mode.PARK:
        return joined(button.value.says("asterisk;"), button.value)
    if key.mode is Mode.VOICEMAIL:
        return button.value or (account.voicemail if account else None)
    if key.mode is Mode.PICKUP:
        code = button.pickup or settings["sip.pickup_code"].text
        return joined(code, button.value) if code else button.value
    if key.mode is Mode.GROUP_PICKUP:
        return button.value or settings["sip.group_pickup_code"].text
    return None


def _time(settings: Settings) -> Mapping[str, Any]:
    """The clock by rule and never by the phone's own zone names; minutes count westwards from Greenwich."""
    setting = settings["locale.timezone"]
    place = zone(setting.value)
    servers = settings["phone.ntp"]
    return {
        "minutes": setting.says(-place.offset_minutes),
        "dst": setting.says("3" if place.start and place.end else "0"),
        # The phones add an hour at most; only Antarctica/Troll has more.
        "saving": setting.says(min(place.saving_minutes, _MOST_SAVING)),
        "changes": [
            (name, _changeover(setting, rule)) for name, rule in (("start", place.start), ("end", place.end)) if rule
        ],
        "relative": setting.says("1"),
        "ntp_off": servers.says("0" if servers else "1"),
        "ntp": [servers.says(host) if host else servers.cleared for host in (*servers.value, None, None, None)[:3]],
        "format": clock_hours(settings).code(words.TIME_FORMATS),
        "date": date_order(settings).code(words.DATE_FORMATS),
    }


def _changeover(setting: Setting, rule: Changeover) -> Mapping[str, Text]:
    """Month, week (-1 is the last), day (1 is Sunday) and hour (guide 3.2.2, p. A-63)."""
    return {
        "month": setting.says(rule.month),
        "week": setting.says(-1 if rule.week == 5 else rule.week),
        "day": setting.says(rule.weekday + 1),
        "hour": setting.says(rule.hour),
    }


def _language_file(tag: str) -> tuple[str, str] | None:
    """The file of a language or of its tongue, and what the keypad writes with it."""
    return words.LANGUAGES.get(tag) or words.LANGUAGES.get(tag.partition("-")[0])


def _language(setting: Setting) -> Mapping[str, Any]:
    """Slot 0 is English, which the phone has; others are files on the server."""
    file, keypad = _language_file(str(setting.value)) or ("", "English")
    return {
        "slot": setting.says("1" if file else "0"),
        "file": setting.says(file) if file else setting.cleared,
        "keypad": setting.says(keypad),
    }


def _phone(s: Settings) -> Mapping[str, Any]:
    vlan = s["phone.vlan"]
    host, port = bare_host_port(s["phone.syslog"])
    return {
        "admin": _password(s["phone.admin_password"]) or OMIT,
        # The factory's is empty, and the web page is open to it; where nobody gave another, it is the admin's.
        "user": _password(s["phone.user_password"].otherwise(s["phone.admin_password"])),
        "web": s["phone.web"],
        "tones": _tones(s),
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(vlan.value.id) if vlan else OMIT,
        "vlan_priority": vlan.says(vlan.value.priority) if vlan else OMIT,
        # The PC port's VLAN; 4095 leaves it untagged.
        "pc_vlan": vlan.says(vlan.value.pc_id or 4095) if vlan else OMIT,
        "lldp": s["phone.lldp"],
        "dscp_sip": s["phone.dscp_sip"],
        "dscp_rtp": s["phone.dscp_rtp"],
        "syslog": host or s["phone.syslog"].says(_NO_HOST),
        "syslog_port": (port or host.says("514")) if host else OMIT,
        "emergency": s["emergency.numbers"].says("|".join(s["emergency.numbers"].value)),
        **_resync(s["phone.poll_minutes"]),
    }


def _fits(password: str) -> bool:
    return password.isascii() and password.isdecimal() and int(password) <= _LONGEST_PASSWORD


def _password(setting: Setting) -> Text | None:
    """Digits as they are; of any other password nine digits, since the phone would take its public default instead."""
    if not setting:
        return setting.cleared
    if _fits(setting.value):
        return setting.text
    digest = hashlib.sha256(f"mitel {setting.value}".encode("utf-8", "replace")).digest()
    return setting.says(str(100_000_000 + int.from_bytes(digest[:8]) % 900_000_000))


def _tones(s: Settings) -> Text | str:
    tones = tone_country(s)
    name = words.TONES.get(tones.value) or ("Europe" if tones.value in words.EUROPE else None)
    return tones.says(name) if name else OMIT


def _resync(poll: Setting) -> Mapping[str, Text]:
    """The phone asks at a time of day; 0 days are every day (guide 2.4, "auto resync days")."""
    days = poll.value // _DAY_MINUTES
    return {"resync": poll.switch(), "resync_days": poll.says(min(days, _LONGEST_WAIT_DAYS) if days > 1 else 0)}


def _server(profile: Profile) -> Mapping[str, Any]:
    """The provisioning URL, taken apart as the phone wants it."""
    url = urlsplit(profile.url)
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    origin = profile.url.origin
    return {
        "scheme": url.scheme,
        "protocol": Text(url.scheme.upper(), origin),
        "host": Text(url.hostname or "", origin),
        "path": profile.url.says(url.path.strip("/")),  # holds the token
        "port": Text(port, origin) if port else OMIT,
    }
