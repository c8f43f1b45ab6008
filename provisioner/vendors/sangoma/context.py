"""What a profile means to a Sangoma S phone: the names that its template uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Changeover,
    Keys,
    Mode,
    Numbers,
    Profile,
    Setting,
    Settings,
    Text,
    Warned,
    clock_hours,
    date_order,
    sip_target,
    tone_country,
    zone,
)
from provisioner.vendors.sangoma import words
from provisioner.vendors.sangoma.keys import keys_of

NUMBERS = Numbers.load(__package__)
_FACTORY_POLL_MIN = 10080
_CHANGE = ("month", "week", "weekday", "hour")


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.xml.j2`` names."""
    s = profile.settings
    return {
        "number": NUMBERS.number,
        "accounts": [_account(profile, index) for index in range(1, profile.model.accounts + 1)],
        "keys": keys_of(profile, keys),
        "calls": _calls(s),
        "time": {
            **_clock(s),
            "date": date_order(s).code(words.DATE_FORMATS),
            "format": clock_hours(s).code(words.TIME_FORMATS),
        },
        "phone": _phone(s),
        "network": _network(s),
        "provisioning": _provisioning(profile),
    }


def warn(profile: Profile) -> Iterable[Warned]:
    """What this phone does not do as asked."""
    s = profile.settings
    place = zone(s["locale.timezone"].value)
    if place.offset_minutes not in words.TIME_ZONES:
        yield Warned("locale.timezone", f"the phone has no time zone {place.utc_offset}; its clock stays as it is")
    if any(change and change.minute for change in (place.start, place.end)) or place.saving_minutes not in (0, 60):
        yield Warned("locale.timezone", f"the clocks of {place.name} do not change by one hour at a full hour")
    if _language(s["locale.language"]) == OMIT:
        tongue = s["locale.language"].value
        yield Warned("locale.language", f"the phone has no number for {tongue}; its language is left to it")
    if s["calls.dnd"]:
        yield Warned("calls.dnd", "Do Not Disturb can only be switched on at the phone")


def _account(profile: Profile, index: int) -> Mapping[str, Any]:
    """One account, or an unused one that is off and cleared."""
    account = profile.account(index)
    if account is None:
        return {"n": index, "used": False}
    s = account.settings
    shared = any(one.mode is Mode.SHARED_LINE and one.account == index for one in profile.buttons.values())
    return {
        "n": index,
        "used": True,
        "account": account,
        "label": account.name or account.number,
        "server": sip_target(s, "sip.server"),
        "backup": sip_target(s, "sip.backup_server"),
        "proxy": s["sip.outbound_proxy"].text,
        "transport": s["sip.transport"].code(words.TRANSPORTS),
        "nat": s["sip.keepalive"].switch("2", "0"),
        "expires_min": s["sip.expires"].says(max(1, s["sip.expires"].value // 60)),
        "mwi": s["sip.subscribe_mwi"].switch(),
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "srtp": s["sip.srtp"].code(words.SRTP),
        "codecs": _codecs(s["audio.codecs"]),
        "auto_answer": s["calls.auto_answer"].switch(),
        "pickup": s["sip.pickup_code"].text,
        "group_pickup": s["sip.group_pickup_code"].text,
        "shared": "1" if shared else "0",
    }


def _codecs(setting: Setting) -> list[tuple[int, Text]]:
    """Every choice in order; those that are left over repeat the last codec."""
    chosen = [words.CODECS[name] for name in setting.value if name in words.CODECS]
    chosen = chosen or [words.CODECS[name] for name in words.LAST_RESORT]
    filled = [*chosen, *[chosen[-1]] * words.CHOICES][: words.CHOICES]
    return [(choice, setting.says(code)) for choice, code in enumerate(filled, 1)]


def _calls(settings: Settings) -> Mapping[str, Any]:
    kinds = {"Always": "forward_always", "Busy": "forward_busy", "NoAnswer": "forward_no_answer"}
    targets = {theirs: settings[f"calls.{ours}"] for theirs, ours in kinds.items()}
    numbers, keepalive = settings["emergency.numbers"], settings["sip.keepalive"]
    return {
        "forwards": [(kind, target.switch(), target.text) for kind, target in targets.items()],
        "no_answer_s": settings["calls.forward_no_answer_s"].text,
        "waiting": settings["calls.call_waiting"].switch(),
        "emergency": numbers.says(",".join(numbers.value)) if numbers else numbers.cleared,
        "keepalive_s": keepalive.text if keepalive else OMIT,
    }


def _clock(settings: Settings) -> Mapping[str, Any]:
    """An offset from the phone's list, and the rule of the tz database as weeks and weekdays."""
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place = zone(setting.value)
    return {
        "ntp": ntp.says(ntp.value[0]) if ntp else ntp.cleared,
        "ntp_by_dhcp": ntp.switch("0", "1"),
        "zone": setting.says(words.TIME_ZONES.get(place.offset_minutes, OMIT)),
        # 2 would be the rule that the phone has for its own zone.
        "dst": setting.says("1" if place.start and place.end else "0"),
        "start": _change(setting, place.start),
        "end": _change(setting, place.end),
    }


def _change(setting: Setting, change: Changeover | None) -> Mapping[str, Text | str]:
    """Month, week (5 is the last), weekday (0 is Sunday) and hour."""
    return {name: setting.says(getattr(change, name)) if change else OMIT for name in _CHANGE}


def _phone(settings: Settings) -> Mapping[str, Any]:
    language, admin = settings["locale.language"], settings["phone.admin_password"].text or OMIT
    country = tone_country(settings)
    return {
        "admin_password": admin,
        # Everybody knows the user's password; where nobody gave another, it is the admin's.
        "user_password": settings["phone.user_password"].text or admin,
        "web": settings["phone.web"].switch(),
        "language": _language(language),
        "tones": country.says(words.TONES.get(country.value, OMIT)),
    }


def _language(setting: Setting) -> Text:
    """The phone's number for a tongue; its own choice stays where it has none."""
    return setting.says(words.LANGUAGES.get(setting.value.partition("-")[0], OMIT))


def _network(settings: Settings) -> Mapping[str, Any]:
    """VLAN, LLDP and log; tag 0 means untagged."""
    vlan, syslog = settings["phone.vlan"], settings["phone.syslog"]
    return {
        "vlan_id": vlan.says(vlan.value.id if vlan else 0),
        "priority": vlan.says(vlan.value.priority if vlan else 0),
        "pc_id": vlan.says((vlan.value.pc_id or 0) if vlan else 0),
        "lldp": settings["phone.lldp"].switch(),
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
