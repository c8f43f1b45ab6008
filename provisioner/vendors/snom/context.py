"""What a profile means to a Snom desk phone: the names that its template uses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import ascii_uppercase
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Changeover,
    Keys,
    Profile,
    Setting,
    Settings,
    Text,
    Zone,
    clock_hours,
    date_order,
    host_port,
    joined,
    registrar_port,
    tone_country,
    zone,
)
from provisioner.vendors.snom import words
from provisioner.vendors.snom.keys import function_keys, hard_keys, shared_accounts, soft_keys

# Failover from the first identity to the twelfth does not work (Snom helpdesk, SCPP-6267).
_BROKEN_TWIN = (1, 12)


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.xml.j2`` names."""
    return {
        "accounts": _accounts(profile, shared_accounts(keys)),
        "function_keys": function_keys(profile, keys),
        "soft_keys": soft_keys(profile, keys),
        "hard_keys": hard_keys(profile, keys),
        "phone": _phone(profile),
        "time": _time(profile.settings),
        "perm": perm,
    }


def perm(value: object, enforced: str = "R") -> str:
    """Who may change it: ``!`` is kept once the user has changed it, ``RW`` lasts until the next provisioning."""
    return "!" if getattr(value, "owner", None) == "default" else enforced


def stated(setting: Setting) -> Text:
    """The value as text; an empty element clears, and still says who cleared it."""
    return setting.says("" if setting.value is None else setting.value)


# Accounts


def _accounts(profile: Profile, shared: frozenset[int]) -> list[Mapping[str, Any]]:
    """Every account of the model: used, a used one's twin on the backup server, or cleared."""
    twins = _twins(profile)
    originals = {twin: original for original, twin in twins.items()}
    made: list[Mapping[str, Any]] = []
    for index in range(1, profile.model.accounts + 1):
        account = profile.account(index)
        original = profile.account(originals.get(index, 0))
        if account:
            made.append(_account(account, index, twins.get(index), shared))
        elif original:
            made.append(_twin(original, index))
        else:
            made.append({"index": index, "used": False})
    return made


def _twins(profile: Profile) -> dict[int, int]:
    """Where the accounts with a backup server have their failover identity: on the first free accounts."""
    free = iter(range(len(profile.accounts) + 1, profile.model.accounts + 1))
    wanted = [account.index for account in profile.accounts if account.settings["sip.backup_server"].ours]
    pairs = zip(wanted, free, strict=False)
    return {index: twin for index, twin in pairs if (index, twin) != _BROKEN_TWIN}


def _account(account: Account, index: int, twin: int | None, shared: frozenset[int]) -> Mapping[str, Any]:
    s = account.settings
    host, port = stated(s["sip.server"]), registrar_port(s)
    return {
        **_identity(account, index),
        "server": _server(s, host, port),
        "outbound": _outbound(s, host, port),
        "hidden": Text("false"),
        "failover": s["sip.backup_server"].says(twin or "none"),
        "shared": "on" if index in shared else "off",
        "mailbox": mailbox(account),
    }


def _twin(account: Account, index: int) -> Mapping[str, Any]:
    """The same identity on the backup server, not shown to the user."""
    s = account.settings
    backup, given = host_port(s["sip.backup_server"])
    host, port = backup or Text(), given or registrar_port(s)
    return {
        **_identity(account, index),
        "server": _server(s, host, port),
        "outbound": _outbound(s, host, port),
        "hidden": Text("true"),
        "failover": Text("none"),
        "shared": "off",
        "mailbox": Text(),
    }


def _identity(account: Account, index: int) -> Mapping[str, Any]:
    s = account.settings
    return {
        "index": index,
        "used": True,
        "name": account.name,
        "number": account.number,
        "auth_user": account.auth_user,
        "password": account.password,
        "expires": s["sip.expires"],
        "keepalive": stated(s["sip.keepalive"]) if s["sip.keepalive"] else s["sip.keepalive"].says(""),
        "srtp": s["sip.srtp"].says("off" if s["sip.srtp"].value == "off" else "on"),
        "savp": s["sip.srtp"].code(words.SRTP),
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "codecs": _codecs(s),
        "pickup_code": stated(s["sip.pickup_code"]),
        "retrieve_code": stated(s["sip.retrieve_code"]),
        "auto_answer": s["calls.auto_answer"],
        "dnd": s["calls.dnd"],
        "forwards": forwards(s),
        "forward_after": s["calls.forward_no_answer_s"],
    }


def _by_dns(settings: Settings) -> bool:
    """Whether the transport is left to NAPTR and SRV records, which an outbound proxy would override."""
    return bool(settings["sip.transport"].value == "srv")


def _server(settings: Settings, host: Text, port: Text | None) -> Text:
    """The registrar, with its port unless it is itself the outbound proxy, which has the port then."""
    apart = _by_dns(settings) or settings["sip.outbound_proxy"].text
    return joined(host, ":", port) if host and port and apart else host


def _outbound(settings: Settings, server: Text, port: Text | None) -> Text:
    """``host:port;transport=…``: the only place where the transport can be said."""
    transport, proxy = settings["sip.transport"], settings["sip.outbound_proxy"]
    if _by_dns(settings):
        return stated(proxy)
    via, given = host_port(proxy)
    host, given = (server, port) if via is None else (via, given)
    if not host:
        return proxy.says("")
    place = joined(host, ":", given or transport.says(words.PORTS[transport.value]))
    return joined(place, ";transport=", transport.says(transport.value))


def _codecs(settings: Settings) -> Text:
    """The codecs in order; digits in the RTP stream are the last of them."""
    chosen = settings["audio.codecs"]
    tokens = [words.CODECS[name] for name in chosen.value if name in words.CODECS] or words.CODECS_OF_EVERY_PHONE
    digits = () if settings["sip.dtmf"].value == "inband" else ("telephone-event",)
    return chosen.says(",".join((*tokens, *digits)))


def mailbox(account: Account) -> Text:
    """The mailbox that the phone subscribes to and calls."""
    wanted = account.settings["sip.subscribe_mwi"]
    return account.voicemail or wanted.says("") if wanted.ours else wanted.says("")


def forwards(settings: Settings) -> list[tuple[str, Text, Text]]:
    kinds = {"all": "forward_always", "busy": "forward_busy", "time": "forward_no_answer"}
    wanted = [(theirs, settings[f"calls.{ours}"]) for theirs, ours in kinds.items()]
    return [(kind, setting.switch("on", "off"), stated(setting)) for kind, setting in wanted]


# The phone


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    language = s["locale.language"]
    return {
        "url": profile.url,
        "admin_password": stated(s["phone.admin_password"]),
        "user_name": s["phone.user_password"].says("user") if s["phone.user_password"] else OMIT,
        "user_password": stated(s["phone.user_password"]) if s["phone.user_password"] else OMIT,
        "web": s["phone.web"].code(words.WEB_SERVER),
        "language": language.says(_language(language.value)),
        "locale": _locale(language, s["locale.country"]) if profile.model.extra.get("locale") else OMIT,
        "tones": tones(s),
        "call_waiting": s["calls.call_waiting"],
        "locked": s["emergency.numbers"].says(" ".join(s["emergency.numbers"].value or ())),
        "syslog": syslog(s["phone.syslog"]),
        "sip_tos": s["phone.dscp_sip"].says(s["phone.dscp_sip"].value << 2),
        "rtp_tos": s["phone.dscp_rtp"].says(s["phone.dscp_rtp"].value << 2),
        "lldp": s["phone.lldp"],
        **_vlan(s["phone.vlan"]),
        **_polling(profile),
    }


def _language(code: str) -> str:
    return words.LANGUAGES.get(code) or words.LANGUAGES.get(code.partition("-")[0]) or words.LANGUAGES["en"]


def _locale(language: Setting, country: Setting) -> Text | str:
    """Language and country in one word; the factory's stays where none is known."""
    tongue, _, region = str(language.value).partition("-")
    found = words.LOCALES.get(f"{tongue}-{country.value or region}") or words.LOCALES.get(tongue)
    return language.says(found) if found else OMIT


def tones(settings: Settings) -> Text | str:
    """The tone scheme; a country without one is left to the phone, since the setting has no empty value."""
    country = tone_country(settings)
    return country.says(words.TONES[country.value]) if country.value in words.TONES else OMIT


def syslog(setting: Setting) -> Text:
    host, port = host_port(setting)
    if host is None:
        return setting.says("")
    return host if port in (None, "514") else joined(host, ":", port or "")


def _vlan(setting: Setting) -> Mapping[str, Text]:
    """Tags of the phone's port and of the PC port, all of them cleared where there is no VLAN."""
    vlan = setting.value
    pc = vlan.pc_id if vlan else None
    return {
        "vlan_id": setting.says(vlan.id if vlan else ""),
        "vlan_priority": setting.says(vlan.priority if vlan else ""),
        "pc_tagging": setting.says("on" if pc else "off"),
        "pc_vlan_id": setting.says(pc or ""),
        "pc_vlan_priority": setting.says(vlan.pc_priority if pc else ""),
    }


def _polling(profile: Profile) -> Mapping[str, Text | str]:
    """How often the phone comes back: firmware 10 has its own settings for it, and the timer stays off there."""
    minutes = profile.settings["phone.poll_minutes"]
    seconds = minutes.value * 60
    return {
        "poll": minutes.switch("on", "off"),
        "poll_s": minutes.says(seconds) if seconds else OMIT,
        "refresh_s": minutes.says(seconds if profile.line.options.get("refresh_timer") else 0),
    }


# The clock


def _time(settings: Settings) -> Mapping[str, Any]:
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place = zone(setting.value)
    return {
        "zone": setting.says(_zone_code(place)),
        "offset": setting.says(f"{place.offset_s:+d}"),
        "dst": setting.says(_rule(place)),
        "ntp": ntp.says(ntp.value[0] if ntp.value else ""),
        "hours_24": clock_hours(settings).code({"12": "off", "24": "on"}),
        # Month before day, or not: the phone knows no other order.
        "us_date": date_order(settings).code({"mdy": "on", "dmy": "off", "ymd": "off"}),
    }


def _zone_code(place: Zone) -> str:
    """The place's own code, else one with the same offset and rule, else none: the rule itself then counts."""
    rule = _rule(place)
    same = [code for code in _codes_by_offset().get(place.offset_s, ()) if words.TIME_ZONES[code][0] == rule]
    own = (code for code in same if words.TIME_ZONES[code][1] == place.name)
    return next(own, same[0] if same else "")


@cache
def _codes_by_offset() -> Mapping[int, tuple[str, ...]]:
    """The codes by their number, in seconds from UTC: ``CAN-3.5`` is under -12600."""
    offsets: dict[int, tuple[str, ...]] = {}
    for code in words.TIME_ZONES:
        offset_s = round(float(code.lstrip(ascii_uppercase + "23")) * 3600)
        offsets[offset_s] = (*offsets.get(offset_s, ()), code)
    return offsets


def _rule(place: Zone) -> str:
    """``3600 03.02.07 02:00:00 11.01.07 02:00:00``: month, week and weekday, Sunday as 7 (wazo_snom)."""
    if place.start is None or place.end is None:
        return ""
    return f"{place.saving_s} {_change(place.start)} {_change(place.end)}"


def _change(change: Changeover) -> str:
    day = f"{change.month:02}.{change.week:02}.{change.weekday or 7:02}"
    return f"{day} {change.hour:02}:{change.minute:02}:00"
