"""The DECT bases of the M series: who rings on which handset, through which server and in which cell.

An extension is a registration and has a number; its handset has a slot. The tags ``subscr_dect_*`` go by slots, all
others of the section by extensions. Every source has the two alike, so a handset's first extension gets its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Changeover,
    Handset,
    Profile,
    Setting,
    Settings,
    Text,
    Warned,
    Zone,
    sip_target,
    zone,
)
from provisioner.vendors.snom import words
from provisioner.vendors.snom.context import forwards, mailbox, perm, stated, syslog, tones

SERVERS = 10
ANY_HANDSET = "0xFFFFFFFFFF"

# The base has no fourth week but a "second to last" one; the last is nearer to it in most years.
_WEEKS = {1: 1, 2: 2, 3: 3, 4: 5, 5: 5}
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class _Line:
    """An account under the number of its extension, and the slot of the handset it rings on."""

    account: Account
    slot: int


def context(profile: Profile) -> Mapping[str, Any]:
    """Everything that ``dect.xml.j2`` names."""
    servers = _servers(profile)
    return {
        "is_master": profile.master is None,
        "servers": _numbered(servers),
        "slots": list(_slots(profile, servers)),
        "cell": _cell(profile),
        "base": _base(profile),
        "time": _time(profile.settings),
        "perm": perm,
    }


# Extensions and handsets


def _lines(profile: Profile) -> Mapping[int, _Line]:
    """Every account by the number of its extension.

    What is not the first on a handset takes a number that is left; an account of no handset waits there for one.
    """
    homes: dict[int, int] = {}
    for handset in profile.handsets:
        for index in handset.accounts:
            homes.setdefault(index, handset.slot)
    firsts = {slot: index for index, slot in reversed(homes.items())}
    lines = {slot: _Line(profile.accounts[index - 1], slot) for slot, index in firsts.items()}
    seated = {handset.slot for handset in profile.handsets}
    numbers = [n for n in range(1, profile.model.accounts + 1) if n not in lines]
    # Numbers whose slot is free come first, for an account of no handset needs the slot too.
    left = iter(sorted(numbers, key=lambda n: n in seated))
    others = (one for one in profile.accounts if one.index not in firsts.values())
    for account in sorted(others, key=lambda one: one.index in homes):
        number = next(left)
        lines[number] = _Line(account, homes.get(account.index, number))
    return lines


def _slots(profile: Profile, servers: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every number from 1: the extension that has it, and the handset in the slot that has it."""
    lines, handsets = _lines(profile), {handset.slot: handset for handset in profile.handsets}
    waiting = {line.slot for line in lines.values()}
    for n in range(1, profile.model.handsets + 1):
        line = lines.get(n)
        yield {
            "n": n,
            "line": _extension(line, servers) if line else None,
            "ipui": _ipui(handsets.get(n), awaited=n in waiting or n in handsets),
            # One rule for the people who register handsets: the code is the slot's number (wazo_snom).
            "ac_code": f"{n:04}" if n in waiting or n in handsets else None,
        }


def _ipui(handset: Handset | None, *, awaited: bool) -> Text | str:
    """The identity of the slot's handset; ``0x`` has to stay in lower case.

    A slot nobody needs is free for any handset. One whose handset registers by code keeps what it has learnt: with
    the free slot's value the base would forget the handset at every provisioning.
    """
    if handset and handset.ipei:
        return handset.name.says(f"0x{handset.ipei.hex}")
    return OMIT if awaited else ANY_HANDSET


def _extension(line: _Line, servers: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    account = line.account
    s = account.settings
    return {
        "account": account,
        "slot": line.slot,
        "server": _server_number(account, servers),
        "mailbox": mailbox(account),
        "call_waiting": s["calls.call_waiting"],
        # Its other words are not known.
        "auto_answer": OMIT if s["calls.auto_answer"] else s["calls.auto_answer"].says("disabled"),
        "forwards": forwards(s),
        "forward_after": s["calls.forward_no_answer_s"],
    }


# Servers


def _servers(profile: Profile) -> list[Mapping[str, Any]]:
    """The distinct servers of all accounts, as many as a base knows."""
    distinct = {_key(one.settings): _server(profile, one) for one in profile.accounts}
    return list(distinct.values())[:SERVERS]


def _numbered(servers: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All places for servers, those that are left over without one."""
    used = [{"n": n, "used": True, **server} for n, server in enumerate(servers, 1)]
    return [*used, *({"n": n, "used": False} for n in range(len(used) + 1, SERVERS + 1))]


def _server_number(account: Account, servers: list[Mapping[str, Any]]) -> int:
    """The server's number; the first server where the base has no room for the account's own."""
    settings = account.settings
    mine = (n for n, server in enumerate(servers, 1) if server["key"] == _key(settings))
    return next(mine, 1)


def _key(settings: Settings) -> tuple[Any, ...]:
    """What two accounts have in common when one server serves both."""
    names = ("sip.server", "sip.port", "sip.transport", "sip.outbound_proxy", "sip.expires", "sip.srtp", "sip.dtmf")
    return tuple(settings[name].value for name in (*names, "sip.keepalive", "audio.codecs"))


def _server(profile: Profile, account: Account) -> Mapping[str, Any]:
    s = account.settings
    off = str(profile.line.options.get("srtp_off", "disabled"))
    return {
        "key": _key(s),
        "alias": stated(s["sip.server"]),
        "host": _host(s),
        "outbound": stated(s["sip.outbound_proxy"]),
        "transport": s["sip.transport"].says("auto" if s["sip.transport"].value == "srv" else s["sip.transport"].value),
        "expires": s["sip.expires"],
        "keepalive": s["sip.keepalive"].switch("on", "off"),
        "codecs": _codecs(s["audio.codecs"]),
        "srtp": s["sip.srtp"].says(s["sip.srtp"].value if s["sip.srtp"].value != "off" else off),
        "srtp_auth": s["sip.srtp"].says("off" if s["sip.srtp"].value == "off" else "on"),
        "dtmf": s["sip.dtmf"].code(words.DTMF),
    }


def _host(settings: Settings) -> Text:
    """The registrar with its port, which DNS tells where the transport is left to it."""
    return sip_target(settings, "sip.server") or settings["sip.server"].says("")


def _codecs(setting: Setting) -> Text:
    tokens = [words.BASE_CODECS[name] for name in setting.value if name in words.BASE_CODECS]
    return setting.says(", ".join(tokens or words.CODECS_OF_EVERY_PHONE))


# The base and its cell


def _base(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    vlan, poll = s["phone.vlan"], s["phone.poll_minutes"]
    return {
        "url": profile.url,
        "protocol": profile.url.says(profile.url.partition("://")[0].lower()),
        # The words that switch polling on are not known: a base that shall poll keeps what it has.
        "poll": OMIT if poll else poll.says("disabled"),
        "name": profile.name or profile.name.says(profile.mac.upper),
        "language": s["locale.language"].says(_language(s["locale.language"].value)),
        "tones": tones(s),
        "vlan_id": vlan.says(vlan.value.id if vlan else 0),
        "vlan_priority": vlan.says(vlan.value.priority if vlan else 0),
        "sip_tos": s["phone.dscp_sip"].says(s["phone.dscp_sip"].value << 2),
        "rtp_tos": s["phone.dscp_rtp"].says(s["phone.dscp_rtp"].value << 2),
        "syslog": syslog(s["phone.syslog"]),
        "admin_password": stated(s["phone.admin_password"]),
        # "User" with its factory password would be an open door.
        "user_password": s["phone.user_password"].text or stated(s["phone.admin_password"]),
        "no_web": s["phone.web"].says("disabled" if s["phone.web"] else "enabled"),
    }


def _language(code: str) -> str:
    return words.BASE_LANGUAGES.get(code.partition("-")[0], words.BASE_LANGUAGES["en"])


def _cell(profile: Profile) -> Mapping[str, Any]:
    """What bases of one system have in common; a model for one cell is told nothing of it."""
    can = bool(profile.model.extra["multicell"])
    joins = can and (len(profile.bases) > 1 or profile.master is not None)
    return {"can": can, "sync": "on" if joins else "off", "chain": chain_id(profile) if joins else None}


def chain_id(profile: Profile) -> str:
    """Five digits of the data master's MAC, since two systems in one network must differ.

    The factory's 512 is the same everywhere, and it takes the SIP account of this name (RTX system guide 4.7).
    """
    master = profile.master or profile.mac
    return str(10000 + int(master.hex, 16) % 50000)


# The clock


def _time(settings: Settings) -> Mapping[str, Any]:
    setting, ntp = settings["locale.timezone"], settings["phone.ntp"]
    place = zone(setting.value)
    return {
        "zone": setting.says(_zone_code(place)),
        # "on" would be summer for ever.
        "dst": setting.says("auto" if place.start and place.end else "off"),
        "start": _change(setting, place.start),
        "stop": _change(setting, place.end),
        "ntp": ntp.says(ntp.value[0] if ntp.value else ""),
    }


def _zone_code(place: Zone) -> str:
    """The code says the offset alone, so any code of the offset will do; the place's own is the nicest."""
    own = (code for code, (_, home) in words.TIME_ZONES.items() if home == place.name)
    code = next(own, words.BASE_TIME_ZONES.get(place.offset_s / _HOUR_S, OMIT))
    return words.BASE_TIME_ZONES.get(place.offset_s / _HOUR_S, OMIT) if code in words.NOT_ON_BASES else code


def _change(setting: Setting, change: Changeover | None) -> Mapping[str, Text | str]:
    """Month, hour, weekday from Sunday as 1, and week; nothing where the clocks stay."""
    if change is None:
        return dict.fromkeys(("month", "hour", "weekday", "week"), OMIT)
    return {
        "month": setting.says(change.month),
        "hour": setting.says(change.hour),
        "weekday": setting.says(change.weekday + 1),
        "week": setting.says(_WEEKS[change.week]),
    }


# What a base does not do


def warn(profile: Profile) -> Iterator[Warned]:
    """What an admin has to know: codes to type, and what of the profile a base cannot do."""
    if not profile.model.handsets:
        return
    yield from _about_handsets(profile)
    yield from _about_servers(profile)
    yield from _about_cells(profile)
    yield from _about_clock(profile)


def _about_handsets(profile: Profile) -> Iterator[Warned]:
    taken: set[int] = set()
    for handset in profile.handsets:
        if handset.ipei is None:
            message = f"its IPEI is not known; it registers with the code {handset.slot:04} typed on it"
            yield Warned(f"handset {handset.slot}", message)
        for index in handset.accounts:
            if index in taken:
                number = profile.accounts[index - 1].number
                yield Warned(f"handset {handset.slot}", f"extension {number} rings on another handset already")
            taken.add(index)


def _about_servers(profile: Profile) -> Iterator[Warned]:
    servers = _servers(profile)
    for account in profile.accounts:
        if account.settings["sip.backup_server"]:
            yield Warned("sip.backup_server", "no setting of a base is known for it; let DNS name both servers")
            break
    for account in profile.accounts:
        if _key(account.settings) not in [server["key"] for server in servers]:
            yield Warned(f"extension {account.number}", f"a base has {SERVERS} servers; it gets the first one's")


def _about_cells(profile: Profile) -> Iterator[Warned]:
    if len(profile.bases) > 1 and not profile.model.extra["multicell"]:
        yield Warned("bases", f"{profile.model.name} works alone; further bases have no part in it")
    if len(profile.bases) > 1 and chain_id(profile) in [account.number for account in profile.accounts]:
        yield Warned("bases", f"the system calls itself {chain_id(profile)} too; give this extension another number")


def _about_clock(profile: Profile) -> Iterator[Warned]:
    place = zone(profile.settings["locale.timezone"].value)
    if _zone_code(place) == OMIT:
        yield Warned("locale.timezone", f"a base knows no zone with the offset {place.utc_offset}; set it there")
    changes = [change for change in (place.start, place.end) if change]
    if changes and (place.saving_s != _HOUR_S or any(one.week == 4 or one.minute for one in changes)):
        yield Warned("locale.timezone", f"a base changes the clocks of {place.name} on about the right day only")
