"""P710 to P855: desktop phones with another maker's firmware, and so with its ``<settings>``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    Zone,
    clean,
    clock_hours,
    date_order,
    host_port,
    joined,
    registrar_port,
    tone_country,
    zone,
)
from provisioner.vendors.gigaset import words
from provisioner.vendors.gigaset.settings import (
    argument,
    like,
    native,
    pickup,
    word,
)

# Key types that stand without an argument.
_BARE = ("none", "line")
_NOTHING = "keyevent F_NONE"


def context(profile: Profile, keys: Keys) -> Mapping[str, Any]:
    """Everything that ``desktop.xml.j2`` names."""
    s = profile.settings
    return {
        "accounts": list(_accounts(profile, keys)),
        "function_keys": list(_function_keys(profile, keys)),
        # A soft key that nobody gave keeps what the factory made it.
        "soft_keys": [(key.number, _soft_key(profile, key)) for key in keys.soft if key.given],
        "phone": _phone(profile),
        "time": _time(s),
        "vlan": _vlan(s["phone.vlan"]),
        "perm": _perm,
    }


def _perm(value: object, enforced: str = "R") -> str:
    """Who may change it: ``!`` is kept once the user has changed it, ``RW`` lasts until the next provisioning."""
    return "!" if getattr(value, "owner", None) == "default" else enforced


def _stated(setting: Setting) -> Text:
    """The value as text; an empty element clears, and still says who cleared it."""
    return setting.says("" if setting.value is None else setting.value)


# Accounts


def _accounts(profile: Profile, keys: Keys) -> Iterator[Mapping[str, Any]]:
    """Every account of the model: used, a used one's twin on the backup server, or cleared."""
    twins = _twins(profile)
    everywhere = (*keys.line, *(key for module in keys.modules for key in module))
    shared = {key.button.account for key in everywhere if key.button.mode is Mode.SHARED_LINE}
    originals = {twin: original for original, twin in twins.items()}
    for n in range(1, profile.model.accounts + 1):
        account, original = profile.account(n), profile.account(originals.get(n, 0))
        if account:
            yield {"n": n, **_account(account, twins.get(n)), "shared": "on" if n in shared else "off"}
        elif original:
            yield {"n": n, **_twin(original), "shared": "off"}
        else:
            yield {"n": n, "used": False}


def _twins(profile: Profile) -> dict[int, int]:
    """Where accounts with a backup server have their identity there: on the first free accounts."""
    free = range(len(profile.accounts) + 1, profile.model.accounts + 1)
    wanted = [account.index for account in profile.accounts if account.settings["sip.backup_server"].ours]
    return dict(zip(wanted, free, strict=False))


def _account(account: Account, twin: int | None) -> Mapping[str, Any]:
    s, mwi = account.settings, account.settings["sip.subscribe_mwi"]
    return {
        **_identity(account),
        **_server(s, _stated(s["sip.server"]), registrar_port(s)),
        "failover": s["sip.backup_server"].says(twin or "none"),
        "hidden": Text("false"),
        "mailbox": account.voicemail or mwi.says("") if mwi.ours else mwi.says(""),
    }


def _twin(account: Account) -> Mapping[str, Any]:
    """The same identity on the backup server, not shown to the user."""
    s = account.settings
    host, port = host_port(s["sip.backup_server"])
    served = _server(s, host or Text(), port or registrar_port(s))
    return {**_identity(account), **served, "failover": Text("none"), "hidden": Text("true"), "mailbox": Text()}


def _identity(account: Account) -> Mapping[str, Any]:
    s = account.settings
    return {
        "used": True,
        "account": account,
        "expires": s["sip.expires"],
        "keepalive": s["sip.keepalive"].says(s["sip.keepalive"].value or ""),
        "srtp": s["sip.srtp"].says("off" if s["sip.srtp"].value == "off" else "on"),
        "savp": s["sip.srtp"].says(s["sip.srtp"].value),
        "dtmf": s["sip.dtmf"].code(words.DESKTOP_DTMF),
        "codecs": _codecs(s),
        "pickup_code": _stated(s["sip.pickup_code"]),
        "retrieve_code": _stated(s["sip.retrieve_code"]),
        "dnd": s["calls.dnd"],
        "call_waiting": s["calls.call_waiting"],
        "forwards": _forwards(s),
        "forward_after": s["calls.forward_no_answer_s"],
    }


def _server(settings: Settings, host: Text, port: Text | None) -> Mapping[str, Text]:
    """The registrar and the outbound proxy, the only place where the transport can be said.

    Where nothing else is the proxy, it has the registrar's port too. Where the transport is left to NAPTR and SRV
    records, a proxy would override them.
    """
    transport, proxy = settings["sip.transport"], settings["sip.outbound_proxy"]
    apart = joined(host, ":", port) if host and port else host
    if transport.value == "srv":
        return {"host": apart, "outbound": _stated(proxy)}
    via, given = host_port(proxy)
    via, given = (host, port) if via is None else (via, given)
    if not via:
        return {"host": host, "outbound": proxy.says("")}
    place = joined(via, ":", given or transport.says(words.PORTS[transport.value]))
    outbound = joined(place, ";transport=", transport.says(transport.value))
    return {"host": apart if proxy.text else host, "outbound": outbound}


def _codecs(settings: Settings) -> Text:
    """The codecs in order; digits in the RTP stream are the last of them."""
    chosen = settings["audio.codecs"]
    names = [words.DESKTOP_CODECS[name] for name in chosen.value if name in words.DESKTOP_CODECS] or ["pcma", "pcmu"]
    digits = () if settings["sip.dtmf"].value == "inband" else ("telephone-event",)
    return chosen.says(",".join((*names, *digits)))


def _forwards(settings: Settings) -> list[tuple[str, Text, Text]]:
    kinds = {"all": "forward_always", "busy": "forward_busy", "time": "forward_no_answer"}
    wanted = [(theirs, settings[f"calls.{ours}"]) for theirs, ours in kinds.items()]
    return [(kind, setting.switch("on", "off"), _stated(setting)) for kind, setting in wanted]


# Keys


def _function_keys(profile: Profile, keys: Keys) -> Iterator[Mapping[str, Any]]:
    """The keys of the phone and of its modules, by their index from 0."""
    yield from (_function_key(profile, key, key.number - 1) for key in keys.line)
    first, expansion = int(profile.model.extra["first_module"]), profile.model.expansion
    for nth, module in enumerate(keys.modules):
        start = first + nth * (expansion.keys if expansion else 0)
        yield from (_function_key(profile, key, start + key.number - 1) for key in module)


def _function_key(profile: Profile, key: Key, i: int) -> Mapping[str, Any]:
    if key.mode is Mode.NONE:
        return {"i": i, "value": Text(key.code.code), "context": "active", "label": Text()}
    value, fields = _value(profile, key)
    account = "active" if value.startswith("keyevent") else key.button.value.says(key.button.account)
    label = fields.get("label", key.button.label)
    return {"i": i, "value": value, "context": fields.get("context", account), "label": label}


def _soft_key(profile: Profile, key: Key) -> Text:
    return Text(_NOTHING) if key.mode is Mode.NONE else _value(profile, key)[0]


def _value(profile: Profile, key: Key) -> tuple[Text, Mapping[str, Text]]:
    """The key's text, and what a native button says of its attributes."""
    code, said = key.code.code, key.button.value
    if key.mode is Mode.NATIVE:
        word_, fields = native(said)
        return said.says(f"{word_} {fields.get('value', '')}".strip()), fields
    if code in _BARE or code.startswith("keyevent"):
        return said.says(code), {}
    number = _watched(profile, key) if key.mode is Mode.BLF else argument(profile, key)
    if not clean(number):
        return said.says(key.code.extra.get("alone", "none")), {}
    return joined(said.says(f"{code} "), number), {}


def _watched(profile: Profile, key: Key) -> Text:
    """``NUMBER|CODE``: the code takes a ringing call."""
    number = key.button.value.says(key.button.value.replace("|", ""))
    code = (pickup(profile, key) or Text()).replace("|", "")
    return joined(number, "|", code) if clean(number) and clean(code) else number


# The phone


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    minutes, locked = s["phone.poll_minutes"], s["emergency.numbers"]
    return {
        "url": joined(profile.url, "{mac}.xml"),
        "poll": minutes.switch("on", "off"),
        "poll_s": minutes.says(minutes.value * 60) if minutes else OMIT,
        "language": word(words.DESKTOP_LANGUAGES, s["locale.language"], words.DESKTOP_LANGUAGES["en"]),
        "locale": _locale(s) if profile.model.extra.get("locale") else OMIT,
        "tones": word(words.DESKTOP_TONES, tone_country(s)),
        "locked": locked.says(" ".join(locked.value or ())),
        "lldp": s["phone.lldp"],
        # A byte of Type of Service, whose upper six bits are the DSCP.
        "sip_tos": s["phone.dscp_sip"].says(s["phone.dscp_sip"].value << 2),
        "rtp_tos": s["phone.dscp_rtp"].says(s["phone.dscp_rtp"].value << 2),
        "admin_password": _stated(s["phone.admin_password"]),
        # The factory's is known to everybody.
        "user_password": s["phone.user_password"].text or _stated(s["phone.admin_password"]),
    }


def _locale(settings: Settings) -> Text | str:
    """Language and country in one word; the factory's stays where none is known."""
    language, country = settings["locale.language"], settings["locale.country"]
    tongue, _, region = str(language.value).partition("-")
    known = words.DESKTOP_LOCALES
    found = known.get(f"{tongue}-{country.value or region}") or known.get(tongue)
    return language.says(found) if found else OMIT


def _vlan(setting: Setting) -> Mapping[str, Text]:
    """Tags of the phone's port and of the PC port, all of them cleared where there is no VLAN."""
    vlan = setting.value
    pc = vlan.pc_id if vlan else None
    return {
        "id": setting.says(vlan.id if vlan else ""),
        "priority": setting.says(vlan.priority if vlan else ""),
        "pc_tagging": setting.says("on" if pc else "off"),
        "pc_id": setting.says(pc or ""),
        "pc_priority": setting.says(vlan.pc_priority if pc else ""),
    }


# The clock


def _time(settings: Settings) -> Mapping[str, Any]:
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place = zone(setting.value)
    return {
        "zone": setting.says(_zone_code(place)),
        "offset": setting.says(f"{place.offset_s:+d}"),
        "rule": setting.says(_rule(place)),
        "ntp": ntp.says(ntp.value[0] if ntp.value else ""),
        "hours_24": _switched(clock_hours(settings), "24"),
        "us_date": _switched(date_order(settings), "mdy"),
    }


def _switched(text: Text, wanted: str) -> Text:
    return text.says("on" if text == wanted else "off")


def _zone_code(place: Zone) -> str:
    """The code of a place with this time, else none: offset and rule then count."""
    homes = {name: code for code, name in words.DESKTOP_ZONES.items()}
    found = like(place, homes)
    return homes[found] if found else ""


def _rule(place: Zone) -> str:
    """``3600 03.02.07 02:00:00 11.01.07 02:00:00``: month, week and weekday, Sunday as 7."""
    if place.start is None or place.end is None:
        return ""
    return f"{place.saving_s} {_change(place.start)} {_change(place.end)}"


def _change(change: Changeover) -> str:
    day = f"{change.month:02}.{change.week:02}.{change.weekday or 7:02}"
    return f"{day} {change.hour:02}:{change.minute:02}:00"
