"""DECT bases and analogue adapters: accounts refer to server profiles, and a base's handsets to accounts.

A base takes any handset that its owner lets register, so handsets are known by their number alone; no setting binds
one to an IPEI.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Document,
    Handset,
    Model,
    Profile,
    ReadAccount,
    Reading,
    Setting,
    Text,
    Warned,
    sip_target,
    tone_country,
    zone,
)
from provisioner.vendors.grandstream import words

_TABLE = tomllib.loads(resources.files(__package__).joinpath("ports.toml").read_text("utf-8"))
_ACCOUNT_KEYS = ("user", "auth", "password", "name")

_LONGEST_HANDSET_NAME = 10  # template comment, DP750
_IN_PARALLEL = "103"  # of the hunting groups, the one that rings on all handsets with the line
_DTMF = {"inband": ("100", "101", "102"), "rfc4733": ("101", "102", "100"), "info": ("102", "101", "100")}
_SRTP = {"off": "0", "optional": "1", "mandatory": "2"}
_PROTOCOLS = {"tftp": "0", "http": "1", "https": "2"}
_VOICE_LANGUAGES = {"en": "0", "zh": "4", "es": "10"}
_KEEPALIVE_S = (10, 160)
_SHORTEST_POLL_MIN, _FACTORY_POLL_MIN = 60, 10080


def is_ports(model: Model) -> bool:
    """Whether the model is a base or an adapter, whose accounts refer to profiles."""
    return "ports" in model.extra


def kind(model: Model) -> Mapping[str, Any]:
    """What is particular to the model's kind: a row of ``ports.toml``."""
    row: Mapping[str, Any] = _TABLE["kinds"][model.extra["ports"]]
    return row


def context(profile: Profile) -> Mapping[str, Any]:
    """Everything that ``ports.xml.j2`` names."""
    return {
        "profiles": _profiles(profile),
        "ports": _ports(profile) if _has_ports(profile.model) else [],
        "handsets": _handsets(profile),
        "device": _device(profile),
        "network": _network(profile),
        "time": _time(profile),
        "provisioning": _provisioning(profile),
    }


def _has_ports(model: Model) -> bool:
    return model.extra["ports"] in ("dp", "ht-ports")


# Profiles


def _profiles(profile: Profile) -> list[Mapping[str, Any]]:
    """Every profile of the model with its keys; those that nobody uses are off."""
    used = dict(enumerate(_used(profile), 1))
    numbers = range(1, min(kind(profile.model)["profiles"], profile.model.accounts) + 1)
    return [
        {"keys": _keys(profile.model, n), "used": n in used, **(_profile(profile, used[n]) if n in used else {})}
        for n in numbers
    ]


def _used(profile: Profile) -> list[Account]:
    """An account for each profile: all where a profile is an account's own, else the first of each server."""
    places: int = kind(profile.model)["profiles"]
    if not _has_ports(profile.model):
        return list(profile.accounts[:places])
    distinct: dict[tuple[Any, ...], Account] = {}
    for account in profile.accounts:
        distinct.setdefault(_shared(account), account)
    return list(distinct.values())[:places]


def _shared(account: Account) -> tuple[Any, ...]:
    """What two accounts have in common when one profile serves both."""
    names = (
        "sip.server", "sip.port", "sip.transport", "sip.outbound_proxy", "sip.backup_server", "sip.expires", "sip.srtp",
        "sip.dtmf", "sip.keepalive", "sip.subscribe_mwi", "audio.codecs",
    )  # fmt: skip
    return (*(account.settings[name].value for name in names), account.voicemail)


def _keys(model: Model, n: int) -> Mapping[str, int | None]:
    """The P-values of a profile by their names; None for what the kind does not know."""
    without = kind(model)["without"]
    rows = _TABLE["profile"].items()
    return {name: row[n - 1] if name not in without and n <= len(row) else None for name, row in rows}


def _profile(profile: Profile, account: Account) -> Mapping[str, Any]:
    s = account.settings
    by_srv = s["sip.transport"].value == "srv"
    return {
        "account": None if _has_ports(profile.model) else account,
        "server": sip_target(s, "sip.server"),
        "failover": sip_target(s, "sip.backup_server"),
        "prefer_primary": s["sip.backup_server"].switch(),
        "proxy": s["sip.outbound_proxy"].text,
        "transport": s["sip.transport"].code(words.TRANSPORTS),
        "dns": s["sip.transport"].says("2" if by_srv else "0"),
        "nat": s["sip.keepalive"].says("2" if s["sip.keepalive"] else "0"),
        "expires_min": s["sip.expires"].says(max(1, s["sip.expires"].value // 60)),
        "mwi": s["sip.subscribe_mwi"],
        "srtp": s["sip.srtp"].code(_SRTP),
        "dtmf": [s["sip.dtmf"].says(method) for method in _DTMF[s["sip.dtmf"].value]],
        "codecs": _codecs(profile.model, s["audio.codecs"]),
        "voicemail": account.voicemail,
        "no_call_waiting": s["calls.call_waiting"].switch("0", "1"),
        "no_answer_s": s["calls.forward_no_answer_s"].text,
        "dscp_sip": s["phone.dscp_sip"].text,
        "dscp_rtp": s["phone.dscp_rtp"].text,
    }


def _codecs(model: Model, setting: Setting) -> list[tuple[str, Text]]:
    """Every choice in order; choices that are left over repeat the last codec, since none can be empty."""
    numbers, choices = kind(model)["codecs"], kind(model)["choices"]
    chosen = [name for name in setting.value if name in numbers] or list(words.LAST_RESORT)
    chosen = [*chosen, *[chosen[-1]] * choices][:choices]
    return [(f"codec_{n}", setting.says(numbers[name])) for n, name in enumerate(chosen, 1)]


# Accounts and handsets


def _ports(profile: Profile) -> list[Mapping[str, Any]]:
    """Every account with its P-values, its profile counted from 0; an unused one is off and cleared."""
    keys = [_shared(account) for account in _used(profile)]
    made: list[Mapping[str, Any]] = []
    for n in range(1, profile.model.accounts + 1):
        account = profile.account(n)
        mine = _shared(account) if account else ()
        made.append(
            {
                "keys": {name: first + n - 1 for name, first in _TABLE["port"].items()},
                "account": account,
                "profile": keys.index(mine) if mine in keys else 0,
            }
        )
    return made


def _homes(profile: Profile) -> Mapping[int, list[int]]:
    """The accounts of each handset. Accounts of no handset get the numbers whose handset nobody has described."""
    homes = {handset.slot: list(handset.accounts) for handset in profile.handsets}
    placed = {index for accounts in homes.values() for index in accounts}
    free = [n for n in range(1, profile.model.handsets + 1) if n not in homes]
    waiting = [account.index for account in profile.accounts if account.index not in placed]
    return {**homes, **{n: [index] for n, index in zip(free, waiting, strict=False)}}


def _handsets(profile: Profile) -> Mapping[str, list[tuple[int, Text | str]]]:
    """Names and lines of every handset, and who rings for each account, by P-value."""
    if not profile.model.handsets:
        return {"names": [], "lines": [], "modes": []}
    table, homes = _TABLE["handset"], _homes(profile)
    known = {handset.slot: handset for handset in profile.handsets}
    slots = range(1, profile.model.handsets + 1)
    return {
        "names": [(table["names"] + n - 1, _name(profile, known.get(n), homes.get(n, []))) for n in slots],
        "lines": [pair for n in slots for pair in zip(table["lines"][n - 1], _lines(homes.get(n, [])), strict=True)],
        "modes": [(table["modes"] + n - 1, _mode(n, homes)) for n in range(1, profile.model.accounts + 1)],
    }


def _name(profile: Profile, handset: Handset | None, accounts: list[int]) -> Text | str:
    named = handset.name if handset else profile.accounts[accounts[0] - 1].number if accounts else Text()
    return named.says(named[:_LONGEST_HANDSET_NAME])


def _lines(accounts: list[int]) -> list[str]:
    return [str(index) for index in [*accounts, *[0] * 10][:10]]


def _mode(account: int, homes: Mapping[int, list[int]]) -> str:
    """The one handset that has the account, or a group of all that have it."""
    mine = [n for n, accounts in homes.items() if account in accounts]
    return str(mine[0]) if len(mine) == 1 else _IN_PARALLEL


# The device


def _device(profile: Profile) -> Mapping[str, Any]:
    s, row = profile.settings, kind(profile.model)
    country = tone_country(s)
    language = s["locale.language"]
    tones = words.TONES.get(country.value, words.FACTORY_TONES)
    return {
        "keys": {"base_name": None, "vlan": None, "lldp": None, "language": None, **row["device"]},
        "name": profile.name or profile.name.says(profile.model.name),
        "language": language.says(_VOICE_LANGUAGES.get(language.value.partition("-")[0], "0")),
        "tones": [country.says(_milliseconds(tone)) for tone in tones],
        "admin_password": s["phone.admin_password"].text or OMIT,
        "user_password": s["phone.user_password"].text or OMIT,
        "web": s["phone.web"].says(row["web_on"] if s["phone.web"] else row.get("web_off", OMIT)),
    }


def _milliseconds(tone: str) -> str:
    """A tone whose cadence counts in units of 10 ms, as these devices count it; they state a steady one too."""
    steady = tone if "c=" in tone else f"{tone.rstrip(';')},c=0/0;"
    tones, _, cadence = steady.partition("c=")
    return f"{tones}c={re.sub(r'[1-9][0-9]*', lambda number: f'{number[0]}0', cadence)}"


def _network(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    vlan, syslog, keepalive = s["phone.vlan"], s["phone.syslog"], s["sip.keepalive"]
    shortest, longest = _KEEPALIVE_S
    return {
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(vlan.value.id if vlan else 0),
        "vlan_priority": vlan.says(vlan.value.priority if vlan else 0),
        "lldp": s["phone.lldp"],
        "keepalive_s": keepalive.says(min(max(keepalive.value, shortest), longest)) if keepalive else OMIT,
        "syslog": syslog.says(str(syslog.value).removesuffix(":514")) if syslog else syslog.cleared,
        "syslog_level": syslog.says("2" if syslog else "0"),
    }


def _time(profile: Profile) -> Mapping[str, Any]:
    """The clock: the rule of the tz database as a POSIX string, never one of the device's own zones."""
    setting, ntp = profile.settings["locale.timezone"], profile.settings["phone.ntp"]
    return {
        "ntp": ntp.says(ntp.value[0]) if ntp.value else ntp.cleared,
        "ntp_by_dhcp": ntp.says("0" if ntp.value else "1"),
        "zone": setting.says("customize"),
        "posix": setting.says(_posix(profile)),
    }


def _posix(profile: Profile) -> str:
    """The rule; where it is too long, with short names and without what POSIX takes for granted."""
    text = zone(profile.settings["locale.timezone"].value).posix_normalised
    if len(text) <= kind(profile.model).get("posix", len(text)):
        return text
    short = re.sub(r"^([A-Z]+)(-?[\d:]+)([A-Z]+)-?[\d:]+,", r"STD\2DST,", text)
    return short.replace("/2,", ",").removesuffix("/2")


def _provisioning(profile: Profile) -> Mapping[str, Any]:
    """Where the device comes back to: protocol here, host and path there, and no slash at the end."""
    poll, row = profile.settings["phone.poll_minutes"], kind(profile.model)
    scheme, _, path = profile.url.partition("://")
    return {
        "protocol": _PROTOCOLS[scheme.lower()],
        "path": profile.url.says(path.rstrip("/")),
        "mode": poll.says(row.get("poll", OMIT) if poll else "0"),
        "minutes": poll.says(max(poll.value, _SHORTEST_POLL_MIN) if poll else _FACTORY_POLL_MIN),
    }


# Back again


def read(document: Document, model: Model) -> Reading:
    """The accounts of a base or an adapter that are on."""
    values = dict(document.items())
    taken: set[str] = set()
    found = (_read(values, model, n, taken) for n in range(1, model.accounts + 1))
    return Reading(accounts=tuple(one for one in found if one), taken=frozenset(taken))


def _read(values: Mapping[str, str], model: Model, n: int, taken: set[str]) -> ReadAccount | None:
    ports = _has_ports(model)
    number = int(text) if (text := values.get(f"P{_TABLE['port']['profile'] + n - 1}", "0")).isdecimal() else 0
    server = _keys(model, min(number + 1, kind(model)["profiles"]) if ports else n)
    mine = {name: first + n - 1 for name, first in _TABLE["port"].items()} if ports else server
    wanted = {name: f"P{mine[name]}" for name in (*_ACCOUNT_KEYS, "active")} | {"server": f"P{server['server']}"}
    taken.update(key for key in wanted.values() if key in values)
    given = {name: values.get(key, "") for name, key in wanted.items()}
    if given["active"] == "0" or not given["user"]:
        return None
    return ReadAccount(
        index=n,
        number=given["user"],
        name=given["name"],
        auth_user=given["auth"],
        password=given["password"],
        server=given["server"],
    )


# What it does not do


def warn(profile: Profile) -> Iterator[Warned]:
    """What of the profile a base or an adapter cannot do as asked."""
    row = kind(profile.model)
    keys = [_shared(account) for account in _used(profile)]
    for account in profile.accounts if _has_ports(profile.model) else ():
        if _shared(account) not in keys:
            yield Warned(
                f"extension {account.number}", f"{row['title']} has {row['profiles']} profiles; it uses the first"
            )
    for handset in profile.handsets:
        if handset.ipei:
            yield Warned(f"handset {handset.slot}", "the base does not check an IPEI; subscribe it as this number")
        if len(handset.name) > _LONGEST_HANDSET_NAME:
            yield Warned(f"handset {handset.slot}", f"its name is cut after {_LONGEST_HANDSET_NAME} characters")
    if len(_posix(profile)) > row.get("posix", len(_posix(profile))):
        yield Warned("locale.timezone", "the rule of this zone is longer than the base takes; set it there")
