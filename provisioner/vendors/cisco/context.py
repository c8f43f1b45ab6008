"""What a profile means to an enterprise phone: the names that ``SEP.cnf.xml.j2`` uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import (
    Account,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    Zone,
    clock_hours,
    date_order,
    host_port,
    joined,
    tone_country,
    zone,
)
from provisioner.vendors.cisco import words
from provisioner.vendors.cisco.lines import LINES, seated, slots

# phoneLabel of the 7900: twelve characters, without blanks (fact sheet 3.3).
LONGEST_LABEL = 12
_NEW_LOADS = ("7800", "8800", "8900", "9900", "ata")


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that the template names."""
    series = str(profile.model.extra["series"])
    s = profile.settings_of(1)
    return {
        "series": series,
        "is_7900": series == "7900",
        "new_loads": series in _NEW_LOADS,
        "servers": list(_servers(s)),
        "buttons": list(_buttons(profile, keys)),
        "modules": _modules(profile),
        "time": _time(profile.settings),
        "sip": _sip(profile, s),
        "phone": _phone(profile),
        "locale": _locale(profile.settings),
    }


def _servers(s: Settings) -> Iterator[Mapping[str, Any]]:
    """The registrar and its deputy, in the order in which they are tried."""
    if s["sip.server"].ours:
        port = s["sip.port"].value
        yield _server(0, s["sip.server"].text, s["sip.port"], port, s)
    if s["sip.backup_server"].ours:
        host, port = host_port(s["sip.backup_server"])
        yield _server(1, host, s["sip.backup_server"], port or s["sip.port"].value, s)


def _server(priority: int, host: Text | None, why: Setting, port: str | int | None, s: Settings) -> Mapping[str, Any]:
    """The given port is the one of the transport in use; the other keeps its usual number."""
    secure = s["sip.transport"].value == "tls"
    return {
        "priority": priority,
        "host": host,
        "port": why.says(port if port and not secure else 5060),
        "secure_port": why.says(port if port and secure else 5061),
    }


def _buttons(profile: Profile, keys: Keys) -> Iterator[Mapping[str, Any]]:
    """Every button in use, numbered on through the modules; a phone without keys has one for each account."""
    given = {key.slot: key for group in (keys.line, *keys.modules) for key in group}
    more, lines = seated(profile), 0
    for number, slot in enumerate(slots(profile), 1):
        key = None if slot in more else given.get(slot)
        account = more.get(slot) or (profile.account(key.button.account) if key and key.mode in LINES else None)
        if account:
            lines += 1
            yield _line(profile, number, lines, account, key)
        elif key and key.mode not in (Mode.NONE, *LINES):
            yield from _feature(profile, number, key)
    if not profile.model.line_keys:
        for account in profile.accounts:
            yield _line(profile, account.index, account.index, account, None)


def _line(profile: Profile, number: int, index: int, account: Account, key: Key | None) -> Mapping[str, Any]:
    s = account.settings
    label = key.button.label if key else None
    return {
        "number": number,
        "is_line": True,
        "index": index,
        "label": label or account.name,
        "account": account,
        "proxy": _proxy(profile, s),
        "port": s["sip.port"].text or profile.settings_of(1)["sip.transport"].says(_usual_port(profile)),
        "waiting": _call_waiting(profile, s["calls.call_waiting"]),
        "busy": s["calls.call_waiting"].switch("4", "1"),
        "auto_answer": s["calls.auto_answer"].switch("1", "0"),
        "auto_answer_mode": s["calls.auto_answer"].says("Auto Answer with Speakerphone")
        if s["calls.auto_answer"]
        else s["calls.auto_answer"].cleared,
        "shared": "true" if key and key.mode is Mode.SHARED_LINE else "false",
    }


def _proxy(profile: Profile, s: Settings) -> Text | None:
    """The keyword for the servers of the phone; the host itself for a line that registers elsewhere.

    Adapters know no keyword (template of the ATA 190 in wazo-provd-plugins).
    """
    server, first = s["sip.server"], profile.accounts[0].settings["sip.server"]
    by_name = profile.model.extra["series"] == "ata" or server.value != first.value
    return server.text if by_name else server.says("USECALLMANAGER")


def _usual_port(profile: Profile) -> int:
    """The port where none is given: that of the phone's transport, which is the first account's (RFC 3261 §19.1.2).

    The file of an adapter names no transport.
    """
    secure = profile.settings_of(1)["sip.transport"].value == "tls"
    return 5061 if secure and profile.model.extra["series"] != "ata" else 5060


def _call_waiting(profile: Profile, setting: Setting) -> Text:
    """0 to 3: off and on; for the 7900 also whether the user may change it (2 and 3: may not)."""
    if profile.model.extra["series"] == "7900" and setting.owner == "server":
        return setting.switch("3", "2")
    return setting.switch("1" if profile.model.extra["series"] == "7900" else "3", "0")


def _feature(profile: Profile, number: int, key: Key) -> Iterator[Mapping[str, Any]]:
    """A button that is no line; a native one without an id is left out."""
    button = key.button
    feature, fields = _native(button.value) if key.mode is Mode.NATIVE else _told(profile, key)
    if feature:
        yield {
            "number": number,
            "is_line": False,
            "feature": button.value.says(feature),
            "label": button.label or None,
            "fields": [(name, button.value.says(value)) for name, value in fields],
        }


def _native(value: Text) -> tuple[str, list[tuple[str, str]]]:
    """``id;element=value;…``; only names of elements get through."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    fields = {name.strip(): text for name, _, text in pairs if name.strip().isalpha() and name.strip().isascii()}
    return code.strip(), list(fields.items())


def _told(profile: Profile, key: Key) -> tuple[str, list[tuple[str, str]]]:
    """The feature id and the elements that it reads."""
    if key.mode is Mode.BLF:
        return key.code.code, [("featureOptionMask", "1"), ("speedDialNumber", key.button.value)]
    if key.mode is Mode.XML:
        return key.code.code, [("serviceURI", key.button.value)]
    if key.code.code != "2":
        return key.code.code, []
    number, instead = _number(profile, key), _without_number(profile, key)
    return (instead, []) if instead and not number else ("2", [("speedDialNumber", number)])


def _without_number(profile: Profile, key: Key) -> str:
    """The feature id that does the same without a number, where there is one."""
    if key.mode is Mode.VOICEMAIL and profile.model.extra["series"] == "7900":
        return "194"
    return "127" if key.mode is Mode.GROUP_PICKUP else ""


def _number(profile: Profile, key: Key) -> str:
    """What a speed dial of this mode dials."""
    button, account = key.button, profile.account(key.button.account)
    settings = profile.settings_of(button.account)
    if key.mode is Mode.PICKUP:
        return f"{button.pickup or settings['sip.pickup_code'].value or ''}{button.value}"
    if key.mode is Mode.GROUP_PICKUP:
        return button.value or str(settings["sip.group_pickup_code"].value or "")
    if key.mode is Mode.VOICEMAIL:
        return button.value or str((account.voicemail if account else None) or "")
    return button.value


def _modules(profile: Profile) -> list[Mapping[str, Any]]:
    expansion = profile.model.expansion
    count = profile.modules if expansion else 0
    return [
        {"number": n, "type": profile.model.extra["module"], "keys": expansion.keys if expansion else 0}
        for n in range(1, count + 1)
    ]


def _time(settings: Settings) -> Mapping[str, Any]:
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    return {
        "template": _date_template(settings),
        "zone": setting.says(_zone_name(zone(setting.value))),
        "olson": setting.text,
        "servers": [ntp.says(host) for host in ntp.value or ()] if ntp.ours else [],
    }


def _zone_name(place: Zone) -> str:
    """By the rules; those that the table cannot hold, such as Lord Howe's half hour, fit for part of the year."""
    return words.same_zone(place) or words.nearest_zone(place)


def _date_template(settings: Settings) -> Text:
    order = date_order(settings)
    return order.says(words.DATE_FORMATS[order] + ("A" if clock_hours(settings) == "12" else ""))


def _sip(profile: Profile, s: Settings) -> Mapping[str, Any]:
    """What is said once for the whole phone, by the first account."""
    proxy = s["sip.outbound_proxy"]
    host, port = host_port(proxy)
    transport = s["sip.transport"]
    secure = transport.value == "tls"
    return {
        "outbound": host,
        "outbound_port": proxy.says(port or _usual_port(profile)) if proxy else proxy.cleared,
        "expires": s["sip.expires"],
        "keepalive_s": s["sip.keepalive"].says(s["sip.keepalive"].value or 120),
        "transport": transport.code(words.TRANSPORTS),
        # TLS needs the encrypted mode (3) and a trust list on the phone; 2 would be TLS without a cipher.
        "security": transport.says("3" if secure else "1"),
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "g722_support": s["audio.codecs"].says("2" if "g722" in s["audio.codecs"].value else "1"),
        "g722": s["audio.codecs"].says("1" if "g722" in s["audio.codecs"].value else "0"),
        "dscp_sip": s["phone.dscp_sip"].says(s["phone.dscp_sip"].value << 2),
        "dscp_rtp": s["phone.dscp_rtp"].says(s["phone.dscp_rtp"].value << 2),
    }


def _phone(profile: Profile) -> Mapping[str, Any]:
    s, first = profile.settings, profile.account(1)
    name = profile.name or (first.name if first else Text())
    return {
        "label": name.says("".join(name.split())[:LONGEST_LABEL]),
        # Without a URL here the phone lets anybody in its network push it to dial; ours never says AUTHORIZED.
        "denies": joined(profile.url, Text("authentication")),
        "admin": s["phone.admin_password"].text,
        # Zero is on, for both.
        "web": s["phone.web"].switch("0", "1"),
        "lldp": s["phone.lldp"].switch("1", "0"),
        "missed": "1" * max(len(profile.accounts), 1),
    }


def _locale(settings: Settings) -> Mapping[str, Any]:
    language = settings["locale.language"]
    tones = tone_country(settings)
    known = words.LOCALES.get(language.value) or words.LOCALES.get(language.value.partition("-")[0])
    name, code = known or words.LOCALES["en"]
    return {
        "name": language.says(name),
        "code": language.says(code),
        "network": tones.says(words.NETWORK_LOCALES.get(tones.value, "United_States")),
    }
