"""What a profile means to a Yealink phone: the names that its template uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Handset,
    Key,
    Keys,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    Zone,
    joined,
    zone,
)
from provisioner.vendors.yealink import words

# What a key of these modes reads beside its type (guides, "DSS key" tables).
_WITH_VALUE = frozenset(
    {
        Mode.BLF, Mode.SPEED_DIAL, Mode.PICKUP, Mode.GROUP_PICKUP, Mode.INTERCOM, Mode.PAGING, Mode.DTMF,
        Mode.PREFIX, Mode.TRANSFER, Mode.CONFERENCE, Mode.VOICEMAIL, Mode.FORWARD, Mode.URL, Mode.XML,
    }
)  # fmt: skip


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.cfg.j2`` names."""
    model = profile.model
    memory = int(model.extra.get("memory", 0))
    return {
        "accounts": [_account(profile, index) for index in range(1, model.accounts + 1)],
        "line_keys": [_key(profile, key) for key in keys.line],
        "soft_keys": [_key(profile, key) for key in keys.soft],
        "memory_keys": [_key(profile, key) for key in keys.key if key.number <= memory],
        "hard_keys": [
            (model.extra["hard"][key.number - memory - 1], _key(profile, key))
            for key in keys.key
            if key.number > memory
        ],
        "modules": [(n, [_key(profile, key) for key in module]) for n, module in enumerate(keys.modules, 1)],
        "time": _time(profile.settings),
        "phone": _phone(profile),
        "calls": _calls(profile.settings),
        "emergency": _emergency(profile.settings),
        "dect": model.extra.get("dect"),
        "handsets": _handsets(profile),
        "templated": model.extra.get("dect") == "multi",
    }


def _split(setting: Setting) -> tuple[Text | None, Text | None]:
    """Host and port of a ``host:port`` setting."""
    if not setting:
        return None, None
    host, _, port = str(setting.value).rpartition(":")
    if not host or not port.isdecimal():
        host, port = str(setting.value), ""
    return setting.says(host.strip("[]")), setting.says(port) if port else None


def _account(profile: Profile, index: int) -> Mapping[str, Any]:
    """One account, or an unused one with everything cleared."""
    account = profile.account(index)
    if account is None:
        return {"index": index, "used": False, "codecs": [(name, None, None) for name in words.CODECS.values()]}
    s = account.settings
    proxy, proxy_port = _split(s["sip.outbound_proxy"])
    backup, backup_port = _split(s["sip.backup_server"])
    return {
        "index": index,
        "used": True,
        "label": account.number if not account.name else account.name,
        "account": account,
        "server": s["sip.server"].text,
        "port": s["sip.port"].text,
        "backup": backup,
        "backup_port": backup_port or (s["sip.port"].text if backup else None),
        "transport": s["sip.transport"].code(words.TRANSPORTS),
        "expires": s["sip.expires"].text,
        "proxy": proxy,
        "proxy_port": proxy_port,
        "srtp": s["sip.srtp"].code(words.SRTP),
        "srtp_ciphers": profile.line.options.get("srtp_ciphers", OMIT),
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "mwi": s["sip.subscribe_mwi"],
        "keepalive": s["sip.keepalive"].says("3" if s["sip.keepalive"] else "0"),
        "keepalive_s": s["sip.keepalive"].text if s["sip.keepalive"] else None,
        "pickup_code": s["sip.pickup_code"].text,
        "group_pickup_code": s["sip.group_pickup_code"].text,
        "auto_answer": s["calls.auto_answer"],
        "codecs": _codecs(s["audio.codecs"]),
        "server_template": Text("1"),
    }


def _codecs(setting: Setting) -> list[tuple[str, Text, Text | None]]:
    """Every codec that the phones know: switched on with its rank, or off."""
    chosen = [words.CODECS[name] for name in setting.value if name in words.CODECS]
    return [
        (name, setting.says("1"), setting.says(chosen.index(name)))
        if name in chosen
        else (name, setting.says("0"), None)
        for name in words.CODECS.values()
    ]


def _key(profile: Profile, key: Key) -> Mapping[str, Any]:
    """The fields of one key; a hard or soft key that nobody gave a button goes back to the factory's choice."""
    if key.mode is Mode.NONE:
        factory = not key.given and key.slot.group in ("key", "soft")
        empty = dict.fromkeys(("line", "value", "label", "extension"))
        return {"number": key.number, "type": None if factory else key.code.code, **empty}
    button = key.button
    code, fields = _native(button.value) if key.mode is Mode.NATIVE else (button.value.says(key.code.code), {})
    return {
        "number": key.number,
        "type": code,
        "line": button.value.says(_line_index(profile, key)),
        "value": fields.get("value") or (button.value if key.mode in _WITH_VALUE else None) or None,
        "label": fields.get("label") or button.label or None,
        "extension": fields.get("extension") or _pickup(profile, key),
    }


def _native(value: Text) -> tuple[Text, dict[str, Text]]:
    """``code;field=value;…``, the escape hatch."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    return value.says(code.strip()), {name.strip(): value.says(text) for name, _, text in pairs}


def _line_index(profile: Profile, key: Key) -> int:
    """The account of a key: from 1, but from 0 on the T32G and T38G (wazo_yealink v70)."""
    return key.button.account - 1 + int(profile.model.extra.get("first_line", 1))


def _pickup(profile: Profile, key: Key) -> Text | None:
    """The code that a BLF key dials to take its neighbour's call."""
    if key.mode is not Mode.BLF:
        return None
    if key.button.pickup:
        return key.button.pickup
    account = profile.account(key.button.account)
    return (account.settings if account else profile.settings)["sip.pickup_code"].text


def _time(settings: Settings) -> Mapping[str, Any]:
    """The clock: offset and daylight saving from the tz database, never by the phone's own zone names."""
    setting = settings["locale.timezone"]
    place = zone(setting.value)
    ntp = settings["phone.ntp"]
    servers = [*ntp.value, None, None]
    return {
        "offset": setting.says(place.utc_offset),
        "summer": setting.switch() if place.start else setting.says("0"),
        "start": setting.says(_changeover(place, start=True)) if place.start else None,
        "end": setting.says(_changeover(place, start=False)) if place.end else None,
        "saving": setting.says(place.saving_s // 60) if place.start else None,
        "ntp1": ntp.says(servers[0]) if servers[0] else None,
        "ntp2": ntp.says(servers[1]) if servers[1] else None,
        "format": _time_format(settings),
        "date": _date_format(settings),
    }


def _changeover(place: Zone, *, start: bool) -> str:
    """``Month/Week/Weekday/Hour`` with Monday as 1 and Sunday as 7 (W53P guide, p. 91)."""
    change = place.start if start else place.end
    assert change is not None
    return f"{change.month}/{change.week}/{change.weekday or 7}/{change.hour}"


def _time_format(settings: Settings) -> Text:
    given, country = settings["locale.time_format"], settings["locale.country"]
    if given:
        return given.code({"12": "0", "24": "1"})
    return country.says("0" if country.value in ("US", "CA", "AU", "NZ", "PH") else "1")


def _date_format(settings: Settings) -> Text:
    given, country = settings["locale.date_format"], settings["locale.country"]
    if given:
        return given.code(words.DATE_FORMATS)
    return country.says(words.DATE_FORMATS["mdy" if country.value == "US" else "dmy" if country else "ymd"])


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    vlan = s["phone.vlan"]
    syslog, syslog_port = _split(s["phone.syslog"])
    tones = s["locale.tone_country"] if s["locale.tone_country"] else s["locale.country"]
    language = s["locale.language"]
    return {
        "url": profile.url,
        "admin": joined(Text("admin:"), _password(s["phone.admin_password"])),
        "user": joined(Text("user:"), _password(s["phone.user_password"])) if s["phone.user_password"] else OMIT,
        "web": s["phone.web"],
        "poll": s["phone.poll_minutes"].switch(),
        "poll_minutes": s["phone.poll_minutes"].text if s["phone.poll_minutes"] else None,
        "language": language.says(_word(words.LANGUAGES, language.value, "English")),
        "handset_language": language.says(_word(words.HANDSET_LANGUAGES, language.value, "0")),
        "tones": tones.says(words.TONES[tones.value]) if tones.value in words.TONES else None,
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(vlan.value.id) if vlan else None,
        "vlan_priority": vlan.says(vlan.value.priority) if vlan else None,
        "pc_vlan": vlan.says("1" if vlan and vlan.value.pc_id else "0"),
        "pc_vlan_id": vlan.says(vlan.value.pc_id) if vlan and vlan.value.pc_id else None,
        "pc_vlan_priority": vlan.says(vlan.value.pc_priority) if vlan and vlan.value.pc_id else None,
        "lldp": s["phone.lldp"],
        "dscp_sip": s["phone.dscp_sip"],
        "dscp_rtp": s["phone.dscp_rtp"],
        "syslog": s["phone.syslog"].switch(),
        "syslog_host": syslog,
        "syslog_port": syslog_port,
    }


def _password(setting: Setting) -> Text:
    return setting.says(setting.value or "")


def _word(table: Mapping[str, str], language: str, default: str) -> str:
    """The vendor's word for a language, or for its tongue where the region is not known."""
    return table.get(language) or table.get(language.partition("-")[0]) or default


def _calls(settings: Settings) -> Mapping[str, Any]:
    forwards = {"always": "forward_always", "busy": "forward_busy", "no_answer": "forward_no_answer"}
    return {
        "dnd": settings["calls.dnd"],
        "waiting": settings["calls.call_waiting"],
        "forwards": [
            (theirs, settings[f"calls.{ours}"].switch(), settings[f"calls.{ours}"].text)
            for theirs, ours in forwards.items()
        ],
        # The phone counts rings of six seconds.
        "no_answer_rings": settings["calls.forward_no_answer_s"].says(settings["calls.forward_no_answer_s"].value // 6),
    }


def _emergency(settings: Settings) -> Mapping[str, Any]:
    numbers, callback = settings["emergency.numbers"], settings["emergency.callback"]
    return {
        "locked": numbers.says(",".join(numbers.value)),
        "numbers": [(n, numbers.says(number)) for n, number in enumerate(numbers.value, 1)],
        "source": settings["emergency.elin"].says("ELIN") if settings["emergency.elin"] else callback.says("CUSTOM"),
        "callback": callback.text,
    }


def _handsets(profile: Profile) -> list[Mapping[str, Any]]:
    seated = {handset.slot: handset for handset in profile.handsets}
    return [_handset(slot, seated.get(slot)) for slot in range(1, profile.model.handsets + 1)]


def _handset(slot: int, handset: Handset | None) -> Mapping[str, Any]:
    if handset is None:
        return {"slot": slot, "name": None, "lines": None, "default": None, "ipui": None, "on": "0"}
    lines = ",".join(str(index) for index in handset.accounts)
    return {
        "slot": slot,
        "name": handset.name,
        "lines": handset.name.says(lines) if lines else None,
        "default": handset.name.says(handset.accounts[0]) if handset.accounts else None,
        "ipui": handset.name.says(handset.ipei.hex) if handset.ipei else None,
        "on": "1",
    }


