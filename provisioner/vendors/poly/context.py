"""What a profile means to a Poly phone: the names that its templates use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from provisioner.vendor_api import (
    OMIT,
    Account,
    Changeover,
    Key,
    Keys,
    Line,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    bare_host_port,
    clock_hours,
    date_order,
    emergency_identity,
    tone_country,
    zone,
)
from provisioner.vendors.poly import words
from provisioner.vendors.poly.layout import layout, numbered, pickup_code

# A phone asks for the shortest period of an hour (prov.polling.period).
_SHORTEST_POLL_S = 3600
_DAY_S = 24 * 3600

# phoneLock.authorized has five entries.
_AUTHORIZED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """A ``device.*`` value: the phone ignores it unless its ``.set`` stands beside it."""

    value: Text
    set: Text


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that the templates name."""
    made = layout(profile, keys)
    return {
        "uploads": profile.url.says(profile.url.rstrip("/")),
        "accounts": [_account(profile, keys, index) for index in range(1, profile.model.accounts + 1)],
        "keys": made,
        "macros": profile.model.extra["buttons"] == "macro",
        "soft_macros": profile.model.soft_keys > 0,
        "pickup": _code(pickup_code(profile, keys)),
        "retrieve": _code(profile.settings["sip.retrieve_code"].text),
        "sip": _sip(profile),
        "calls": _calls(profile.settings_of(1)),
        "time": _time(profile.settings),
        "tones": _tones(profile.settings),
        "phone": _phone(profile),
        "device": _device(profile),
        "emergency": _emergency(profile.settings),
    }


def _code(code: Text | None) -> Mapping[str, Any]:
    """A feature code and the method that goes with it (call.directedCallPickupMethod and its like)."""
    return {"method": code.says("legacy") if code else "native", "code": code}


# Accounts


_ACCOUNT_FIELDS = (
    "number", "auth_user", "password", "name", "label", "type", "third_party", "barge_in", "private_hold", "line_keys",
    "server", "port", "transport", "expires", "register", "retries",
    "backup", "backup_port", "backup_transport", "backup_expires", "reregister", "failback", "failback_s",
    "proxy", "proxy_port", "proxy_transport", "srtp", "srtp_offer", "srtp_require",
    "mwi", "voicemail_mode", "voicemail", "always", "forward",
    "busy", "busy_contact", "no_answer", "no_answer_contact", "no_answer_s",
)  # fmt: skip


def _account(profile: Profile, keys: Keys, index: int) -> Mapping[str, Any]:
    """One registration; one that is not used has every field cleared, the address of which is what counts."""
    account = profile.account(index)
    unused: dict[str, Any] = {"index": index, **dict.fromkeys(_ACCOUNT_FIELDS)}
    if account is None:
        return unused
    return {
        **unused,
        "number": account.number,
        "auth_user": account.auth_user,
        "password": account.password,
        "name": account.name,
        **_line(account, [key for _, key in numbered(profile.model, keys) if key.button.account == index]),
        **_server(account.settings, profile.line),
        **_security(account.settings),
        **_messages(account),
        **_forwards(account.settings),
    }


def _line(account: Account, keys: Iterable[Key]) -> dict[str, Any]:
    """What its line keys say of an account: how many there are, their text, and whether it is shared."""
    lines = [key for key in keys if key.code.code == "Line"]
    shared = any(key.mode is Mode.SHARED_LINE for key in lines)
    labels = (key.button.label for key in lines if key.button.label)
    return {
        "label": next(labels, account.name),
        "type": "shared" if shared else "private",
        "third_party": account.number if shared else None,
        "barge_in": "1" if shared else None,
        "private_hold": "1" if shared else None,
        # Without line key assignment (before 4.0) this is what gives an account its keys.
        "line_keys": str(max(1, len(lines))),
    }


def _server(settings: Settings, line: Line) -> dict[str, Any]:
    transport = settings["sip.transport"]
    word = transport.code(words.OLD_TRANSPORTS if line.options.get("transports") else words.TRANSPORTS)
    # With a port there is no SRV look-up.
    port = None if transport.value == "srv" else settings["sip.port"].text
    backup, backup_port = bare_host_port(settings["sip.backup_server"])
    proxy, proxy_port = bare_host_port(settings["sip.outbound_proxy"])
    return {
        "server": bare_host_port(settings["sip.server"])[0],
        "port": port,
        "transport": word,
        "expires": settings["sip.expires"].text,
        "register": "1",
        "retries": "3",
        "backup": backup,
        "backup_port": (backup_port or port) if backup else None,
        "backup_transport": word if backup else None,
        "backup_expires": settings["sip.expires"].text if backup else None,
        "reregister": backup.says("1") if backup else None,
        "failback": backup.says("duration") if backup else None,
        "failback_s": backup.says("120") if backup else None,
        "proxy": proxy,
        "proxy_port": proxy_port,
        "proxy_transport": word if proxy else None,
    }


def _security(settings: Settings) -> dict[str, Any]:
    srtp = settings["sip.srtp"]
    enable, offer, require = words.SRTP[srtp.value]
    return {"srtp": srtp.says(enable), "srtp_offer": srtp.says(offer), "srtp_require": srtp.says(require)}


def _messages(account: Account) -> dict[str, Any]:
    mwi = account.settings["sip.subscribe_mwi"]
    return {
        "mwi": account.number if mwi.ours else mwi.says(""),
        "voicemail": account.voicemail,
        # "registration" calls the account's own number.
        "voicemail_mode": account.voicemail.says("contact") if account.voicemail else "registration",
    }


def _forwards(settings: Settings) -> dict[str, Any]:
    """Forwarding on busy without a contact of its own would go to the contact for all: so it is switched off."""
    busy, no_answer = settings["calls.forward_busy"], settings["calls.forward_no_answer"]
    return {
        "always": settings["calls.forward_always"].text,
        "forward": "1",  # the user may forward in the menu
        "busy": busy.switch(),
        "busy_contact": busy.text,
        "no_answer": no_answer.switch(),
        "no_answer_contact": no_answer.text,
        "no_answer_s": settings["calls.forward_no_answer_s"].text,
    }


# What a phone has once


def _sip(profile: Profile) -> Mapping[str, Any]:
    settings = profile.settings_of(1)
    dtmf, keepalive = settings["sip.dtmf"], settings["sip.keepalive"]
    via_rtp, rfc2833, info = words.DTMF[dtmf.value]
    return {
        "via_rtp": dtmf.says(via_rtp),
        "rfc2833": dtmf.says(rfc2833),
        "info": dtmf.says(info),
        "keepalive": keepalive.text,
        "codecs": _codecs(settings["audio.codecs"], profile.line),
        **_common_security(profile),
    }


def _codecs(setting: Setting, line: Line) -> list[tuple[str, Text]]:
    """Every codec that phones have with its rank, or off; up to 3.2 an empty rank is off, later the default."""
    chosen = [words.CODECS[name] for name in setting.value if name in words.CODECS]
    off = line.options.get("codec_off", "0")
    known = (*words.CODECS.values(), *words.OTHER_CODECS)
    return [(name, setting.says(chosen.index(name) + 1 if name in chosen else off)) for name in known]


def _common_security(profile: Profile) -> dict[str, Any]:
    """SRTP of software that has it only once: what no account of the phone is broken by."""
    values = [account.settings["sip.srtp"] for account in profile.accounts] or [profile.settings["sip.srtp"]]
    wished = next((one for one in values if one.value != "off"), values[0])
    strict = all(one.value == "mandatory" for one in values)
    enable, offer, _ = words.SRTP[wished.value]
    return {
        "srtp": wished.says(enable),
        "srtp_offer": wished.says(offer),
        "srtp_require": wished.says("1" if strict else "0"),
    }


def _calls(settings: Settings) -> Mapping[str, Any]:
    return {"waiting": settings["calls.call_waiting"], "auto_answer": settings["calls.auto_answer"]}


def _time(settings: Settings) -> Mapping[str, Any]:
    """The clock: offset and changes from the tz database; Poly has no zone names of its own."""
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place = zone(setting.value)
    return {
        "offset": setting.says(place.offset_s),
        "saving": setting.says("1" if place.start else "0"),
        "start": _changeover(setting, place.start),
        "stop": _changeover(setting, place.end),
        "ntp": ntp.says(ntp.value[0]) if ntp.value else ntp.cleared,
        "hours24": clock_hours(settings).code({"12": "0", "24": "1"}),
        "date": date_order(settings).code(words.DATE_FORMATS),
    }


def _changeover(setting: Setting, change: Changeover | None) -> Mapping[str, Any]:
    """Month, hour, weekday with Sunday as 1, and the week as its first possible day: 1, 8, 15, 22 or the last."""
    if change is None:
        return dict.fromkeys(("month", "date", "hour", "weekday", "last"), setting.cleared)
    last = change.week == 5
    return {
        "month": setting.says(change.month),
        "date": setting.cleared if last else setting.says(change.week * 7 - 6),
        "hour": setting.says(change.hour),
        "weekday": setting.says(change.weekday + 1),
        "last": setting.says("1" if last else "0"),
    }


def _tones(settings: Settings) -> list[tuple[str, Text | None]]:
    """Every tone that a country may have otherwise; cleared where it has the factory's."""
    country = tone_country(settings)
    values = words.TONES.get(country.value, (None,) * len(words.TONE_KEYS))
    return [
        (key, country.cleared if value is None else country.says(value))
        for key, value in zip(words.TONE_KEYS, values, strict=True)
    ]


def _phone(profile: Profile) -> Mapping[str, Any]:
    settings = profile.settings
    vlan, language = settings["phone.vlan"], settings["locale.language"]
    return {
        "web": settings["phone.web"],
        "language": language.says(_language(language.value)),
        "dscp_sip": settings["phone.dscp_sip"].text,
        "dscp_rtp": settings["phone.dscp_rtp"].text,
        "priority": vlan.says(vlan.value.priority) if vlan else vlan,
        **_polling(settings["phone.poll_minutes"], profile.line),
    }


def _language(code: str) -> str:
    """The phone's name for a language, or for its tongue where the region is not known; English else."""
    tongue = words.LANGUAGES.get(code.partition("-")[0], words.LANGUAGES["en"])
    return words.LANGUAGES.get(code, tongue)


def _polling(minutes: Setting, line: Line) -> dict[str, Any]:
    """Whole days at a random hour of the night, lest all phones come at once; shorter periods from boot on."""
    seconds = max(int(minutes.value or 0) * 60, _SHORTEST_POLL_S)
    daily = seconds >= _DAY_S and not line.options.get("polling")
    if not minutes:
        return {
            "poll": minutes.says("0"),
            **dict.fromkeys(("poll_mode", "poll_s", "poll_from", "poll_to"), minutes.cleared),
        }
    return {
        "poll": minutes.says("1"),
        "poll_mode": minutes.says("random" if daily else "rel"),
        "poll_s": minutes.says(seconds // _DAY_S * _DAY_S if daily else seconds),
        "poll_from": minutes.says("01:00") if daily else minutes.cleared,
        "poll_to": minutes.says("05:00") if daily else minutes.cleared,
    }


# What lies in flash


def _flash(value: Text | None) -> Flash:
    """A value that is written to flash, an empty one too; both parts are left out together."""
    told = Text() if value is None else value
    kept = OMIT if told == OMIT else "1"
    return Flash(value=told, set=Text(kept, told.origin, owner=told.owner))


def _device(profile: Profile) -> Mapping[str, Any]:
    settings = profile.settings
    vlan, syslog = settings["phone.vlan"], settings["phone.syslog"]
    host, _ = bare_host_port(syslog)  # Poly names no port for it
    return {
        "url": _flash(profile.url),
        "server_type": _flash(_server_type(profile)),
        # As long as DHCP names a server, that one would be asked, and without the token.
        "boot": _flash(Text("Static", profile.url.origin)),
        "tag": _flash(Text("1")),
        "ztp": _flash(Text("0")),
        "admin": _flash(_password(settings["phone.admin_password"])),
        "user": _flash(_password(settings["phone.user_password"])),
        "vlan": _flash(vlan.says(vlan.value.id) if vlan else vlan.says("")),
        "lldp": _flash(settings["phone.lldp"].switch()),
        "syslog": _flash(host or syslog.says("")),
        "syslog_transport": _flash(syslog.switch()),
        "starts": bool(profile.model.extra.get("starts")),
        "eula": _flash(Text("1")),
        "base_profile": _flash(Text("Generic")),
    }


def _server_type(profile: Profile) -> Text:
    """The protocol of our URL in the phone's words; they are no secret as the URL is."""
    old = profile.line.options.get("server_types")
    types = words.OLD_SERVER_TYPES if old else words.SERVER_TYPES
    return Text(types.get(urlsplit(profile.url).scheme.lower(), types["https"]), profile.url.origin)


def _password(setting: Setting) -> Text:
    """A password that nobody gave stays as it is: an empty one would be an open door."""
    return setting.text or Text(OMIT)


def _emergency(settings: Settings) -> Mapping[str, Any]:
    numbers = settings["emergency.numbers"]
    listed = [(n, numbers.says(number)) for n, number in enumerate(numbers.value or (), 1)]
    return {"numbers": listed, "locked": listed[:_AUTHORIZED], "identity": emergency_identity(settings)}
