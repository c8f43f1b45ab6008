"""What a profile means to a Fanvil phone: the names that its templates use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Changeover,
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
    tone_country,
    zone,
)
from provisioner.vendors.fanvil import words
from provisioner.vendors.fanvil.keys import keys_of

_NO_VLAN, _NO_PC_VLAN = "256", "254"  # what phones are made with
_DEFAULT_SIP_PORT = "5060"


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that the templates of all three formats name."""
    model, kind = profile.model, format_of(profile)
    return {
        "format": kind,
        "accounts": [_account(profile, index, kind) for index in range(1, model.accounts + 1)],
        "keys": keys_of(profile, keys),
        "calls": _calls(profile),
        "time": _time(profile.settings, model.extra["words"]),
        "phone": _phone(profile),
        "network": _network(profile.settings),
        "provisioning": _provisioning(profile),
    }


def format_of(profile: Profile) -> str:
    """The format that this model takes at its firmware; a wrong one is passed over without a word."""
    extra = profile.model.extra
    old = extra.get("old_format") if profile.line.options.get("old_format") else None
    return str(old or extra["format"])


def warn(profile: Profile) -> Iterable[Warned]:
    """What no Fanvil can be told."""
    if not profile.settings["phone.web"]:
        yield Warned("phone.web", "a Fanvil's web pages cannot be switched off; only its passwords guard them")
    place = zone(profile.settings["locale.timezone"].value)
    if format_of(profile) != "voip" and any(change and change.minute for change in (place.start, place.end)):
        yield Warned("locale.timezone", f"the clocks of {place.name} change at a time that is no full hour")


# Accounts


def _account(profile: Profile, index: int, kind: str) -> Mapping[str, Any]:
    """One account, or an unused one that is off and cleared."""
    account = profile.account(index)
    if account is None:
        return {"n": index, "used": False}
    s = account.settings
    transport, keepalive = s["sip.transport"], s["sip.keepalive"]
    shared = any(one.mode is Mode.SHARED_LINE and one.account == index for one in profile.buttons.values())
    return {
        "n": index,
        "used": True,
        "account": account,
        **_servers(account),
        "transport": transport.code(words.TRANSPORTS),
        "srv": transport.says("1" if transport.value == "srv" else "0"),
        "expires": s["sip.expires"].text,
        "srtp": s["sip.srtp"].code(words.SRTP),
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "codecs": _codecs(s["audio.codecs"], words.OLD_CODECS if kind == "voip" else words.CODECS),
        "mwi": s["sip.subscribe_mwi"].switch(),
        "keepalive": keepalive.says("2" if keepalive else "0"),
        "keepalive_s": keepalive.says(keepalive.value or 30),
        "pickup": s["sip.pickup_code"].text,
        "retrieve": s["sip.retrieve_code"].text,
        "auto_answer": s["calls.auto_answer"].switch(),
        "shared": "1" if shared else "0",
        **_diverted(s),
    }


def _servers(account: Account) -> Mapping[str, Text | None]:
    s = account.settings
    transport = s["sip.transport"]
    usual = transport.says(words.PORTS[transport.value]) if transport.value in words.PORTS else transport.cleared
    port = s["sip.port"].text or usual
    backup, backup_port = bare_host_port(s["sip.backup_server"])
    proxy, proxy_port = bare_host_port(s["sip.outbound_proxy"])
    return {
        "server": bare_host_port(s["sip.server"])[0],
        "port": port,
        "backup": backup,
        "backup_port": (backup_port or port) if backup else None,
        "failback": s["sip.backup_server"].switch(),
        "proxy": proxy,
        "proxy_port": (proxy_port or usual) if proxy else None,
        "proxy_user": account.auth_user if proxy else None,
        "proxy_password": account.password if proxy else None,
    }


def _codecs(setting: Setting, table: Mapping[str, str]) -> Text:
    chosen = [table[name] for name in setting.value if name in table] or [table[name] for name in words.LAST_RESORT]
    return setting.says(",".join(chosen))


def _diverted(settings: Settings) -> Mapping[str, Text | None]:
    """Do Not Disturb and forwarding of one account."""
    always, busy = settings["calls.forward_always"], settings["calls.forward_busy"]
    no_answer = settings["calls.forward_no_answer"]
    return {
        "dnd": settings["calls.dnd"].switch(),
        "always": always.switch(),
        "always_to": always.text,
        "busy": busy.switch(),
        "busy_to": busy.text,
        "no_answer": no_answer.switch(),
        "no_answer_to": no_answer.text,
        "no_answer_s": settings["calls.forward_no_answer_s"].text,
    }


# The phone


def _calls(profile: Profile) -> Mapping[str, Any]:
    """Calls of the whole phone. Do Not Disturb is the accounts' (2), where one has it."""
    s = profile.settings
    dnd = next((one.settings["calls.dnd"] for one in profile.accounts if one.settings["calls.dnd"]), s["calls.dnd"])
    numbers = s["emergency.numbers"]
    return {
        "waiting": s["calls.call_waiting"].switch(),
        "dnd_mode": dnd.says("2" if dnd else "0"),
        "emergency": numbers.says(",".join(numbers.value)) if numbers else numbers.cleared,
    }


def _time(settings: Settings, kind: str) -> Mapping[str, Any]:
    """The clock: the rule of the tz database as months, weeks and weekdays, never one of the phone's own."""
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place, servers = zone(setting.value), [ntp.says(server) for server in ntp.value]
    dst = bool(place.start and place.end)
    return {
        "sntp": ntp.switch(),
        "ntp1": servers[0] if servers else ntp.cleared,
        "ntp2": servers[1] if len(servers) > 1 else ntp.cleared,
        "zone": setting.says(place.offset_quarter_hours),
        "zone_name": setting.says("UTC" if place.utc_offset == "0" else f"UTC{place.utc_offset}"),
        # 1 would be one of the phone's own rules.
        "dst": setting.says("2" if dst else "0"),
        "by_week": setting.says("2" if dst else "0"),
        "saving": setting.says(place.saving_minutes) if dst else OMIT,
        "start": _change(setting, place.start),
        "end": _change(setting, place.end),
        "format": clock_hours(settings).code(words.TIME_FORMATS),
        "date": date_order(settings).code(words.DATE_FORMATS[kind]),
    }


def _change(setting: Setting, change: Changeover | None) -> Mapping[str, Text | str]:
    """Month, week (5 is the last), weekday (0 is Sunday), hour and minute, as exports of phones have them."""
    if change is None:
        return dict.fromkeys(("month", "week", "weekday", "hour", "minute"), OMIT)
    return {
        "month": setting.says(change.month),
        "week": setting.says(change.week),
        "weekday": setting.says(change.weekday),
        "hour": setting.says(change.hour),
        "minute": setting.says(change.minute),
    }


def _phone(profile: Profile) -> Mapping[str, Any]:
    s, kind = profile.settings, profile.model.extra["words"]
    language = s["locale.language"]
    country = tone_country(s)
    admin = s["phone.admin_password"].text or OMIT
    first = profile.account(1)
    return {
        "title": first.name if first else None,
        "admin_password": admin,
        # Everybody knows guest's password; where nobody gave another, it is the admin's.
        "user_password": s["phone.user_password"].text or admin,
        "language": language.says(_language(language.value, words.LANGUAGES[kind])),
        "tones": country.says(words.TONES.get(country.value, OMIT)),
    }


def _language(code: str, table: Mapping[str, str]) -> str:
    """The phone's code for a language or its tongue; its own choice stays where it has neither."""
    return table.get(code) or table.get(code.partition("-")[0]) or OMIT


def _network(settings: Settings) -> Mapping[str, Any]:
    """VLAN, LLDP, QoS and log."""
    vlan, lldp, syslog = settings["phone.vlan"], settings["phone.lldp"], settings["phone.syslog"]
    tag, pc = vlan.value, vlan.value.pc_id if vlan else None
    host, port = bare_host_port(syslog)
    return {
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(tag.id if tag else _NO_VLAN),
        "priority": vlan.says(tag.priority if tag else 0),
        "pc": vlan.says("2" if pc else "0"),
        "pc_id": vlan.says(pc or _NO_PC_VLAN),
        "lldp": lldp.switch(),
        "dscp_sip": settings["phone.dscp_sip"].text,
        "dscp_rtp": settings["phone.dscp_rtp"].text,
        "syslog": syslog.switch(),
        "syslog_output": syslog.says("stdout,syslog" if syslog else "stdout"),
        "syslog_level": syslog.says("INFO" if syslog else "ERROR"),
        "syslog_host": host or syslog.says("0.0.0.0"),  # noqa: S104 (the phone's way to say none)
        "syslog_port": port or syslog.says("514"),
    }


def _provisioning(profile: Profile) -> Mapping[str, Any]:
    """Where the phone comes back to, and every how many hours."""
    poll = profile.settings["phone.poll_minutes"]
    scheme = profile.url.partition("://")[0].lower()
    return {
        "server": profile.url.says(profile.url.rstrip("/")),
        "protocol": words.PROTOCOLS[scheme],
        "mode": poll.says("2" if poll else "1"),
        "hours": poll.says(max(1, -(-poll.value // 60))),
    }
