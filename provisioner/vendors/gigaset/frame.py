"""N510, N720 and the C-line: ``ProviderFrame`` files, whose numbers are hexadecimal and whose texts are quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Handset,
    Keys,
    Profile,
    Setting,
    Settings,
    Text,
    Zone,
    tone_country,
    zone,
)
from provisioner.vendors.gigaset import words
from provisioner.vendors.gigaset.handsets import seats
from provisioner.vendors.gigaset.settings import has_mailbox, same_clock, server, word


def n510(profile: Profile, _keys: Keys) -> Mapping[str, Any]:
    """Everything that ``n510.xml.j2`` names: accounts have their own server, and handsets share them."""
    return {
        **_common(profile),
        "accounts": [_n510_account(profile, n) for n in range(1, profile.model.accounts + 1)],
        "handsets": [_n510_handset(handset) for handset in profile.handsets],
    }


def n720(profile: Profile, _keys: Keys) -> Mapping[str, Any]:
    """Everything that ``n720.xml.j2`` names: an account and its handset have the same place."""
    leads = profile.master is None
    seated = seats(profile) if leads else {}
    providers = list({_same(one): one for one in map(_provider, seated.values())}.values())
    numbers = {_same(provider): n for n, provider in enumerate(providers)}
    places = range(1, profile.model.accounts + 1) if leads else range(0)
    return {
        **_common(profile),
        "leads": leads,
        "accounts": [_n720_account(n, seated.get(n), numbers) for n in places],
        "providers": list(enumerate(providers)),
    }


# Accounts


def _n510_account(profile: Profile, n: int) -> Mapping[str, Any]:
    """The account ``n``: the first one's names have no number, but a few do."""
    account = profile.account(n)
    names = {"n": n, "i": n - 1, "suffix": "" if n == 1 else f"_{n}"}
    if account is None:
        return {**names, "used": False}
    mine = {"account": account, "mask": _mask(profile, account), "has_mailbox": has_mailbox(account, "0x1", "0x0")}
    return {**names, "used": True, **mine, **_provider(account)}


def _mask(profile: Profile, account: Account) -> Text:
    """The handsets that ring and call with an account, as bits; one of no handset has a place that is left."""
    mine = {handset.slot for handset in profile.handsets if account.index in handset.accounts}
    left = {place for place, one in seats(profile).items() if one.index == account.index}
    return account.number.says(hex(sum(1 << (place - 1) for place in mine or left)))


def _n510_handset(handset: Handset) -> Mapping[str, Any]:
    return {"i": handset.slot - 1, "name": handset.name}


def _n720_account(n: int, account: Account | None, numbers: Mapping[Any, int]) -> Mapping[str, Any]:
    if account is None:
        return {"i": n - 1, "used": False}
    provider = _provider(account)
    number = account.settings["sip.server"].says(numbers[_same(provider)])
    return {
        "i": n - 1,
        "used": True,
        "account": account,
        "has_mailbox": has_mailbox(account),
        "provider": number,
        "codecs": provider["codecs"],
    }


def _provider(account: Account) -> Mapping[str, Any]:
    """A server as these bases have it: UDP only, and its ports in hexadecimal."""
    s = account.settings
    found = server(account, s["sip.transport"].says(words.PORTS["udp"]))
    return {
        **found,
        "port": _hex(found["port"]),
        "proxy_port": _hex(found["proxy_port"]),
        # Always, or "automatic", which without a proxy is never (W); N720 says 2 for never.
        "proxy_mode": s["sip.outbound_proxy"].switch(on="0x0", off="0x1"),
        "n720_proxy_mode": s["sip.outbound_proxy"].switch(on="0x0", off="0x2"),
        "expires": _hex(s["sip.expires"].text),
        "keepalive": _hex(s["sip.keepalive"].text) if s["sip.keepalive"] else OMIT,
        "codecs": _codecs(s["audio.codecs"]),
    }


def _same(provider: Mapping[str, Any]) -> tuple[Any, ...]:
    """What two servers have in common when they are one; codecs are the account's."""
    return tuple(value for name, value in provider.items() if name != "codecs")


def _hex(text: Text | None) -> Text | None:
    return text.says(hex(int(text))) if text is not None and len(text) else text


def _codecs(setting: Setting) -> Text | str:
    """The codecs by their numbers, best first, on five places; the base's own choice where none is known."""
    chosen = [words.FRAME_CODECS[name] for name in setting.value if name in words.FRAME_CODECS]
    padding = [words.FRAME_NO_CODEC] * (words.FRAME_CODEC_PLACES - len(chosen))
    return setting.says(",".join((*chosen, *padding))) if chosen else OMIT


# The base


def _common(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    first = profile.settings_of(1)
    return {
        "mac": Text(profile.mac.upper),
        "schema": profile.model.extra["frame"],
        "url": _without_http(profile.url.rstrip("/"), profile),
        # W writes an N720's data server with its scheme.
        "data_url": profile.url.says(profile.url.rstrip("/")),
        "config_url": _without_http(f"{profile.url}{profile.mac.upper}.xml", profile),
        "dtmf": first["sip.dtmf"].code(words.FRAME_DTMF),
        "call_waiting": first["calls.call_waiting"].switch(),
        "admin_password": s["phone.admin_password"].text,
        "pin": pin(s["phone.admin_password"]),
        "tones": word(words.FRAME_TONES, tone_country(s), words.FRAME_TONES_INTERNATIONAL),
        "language": word(words.FRAME_LANGUAGES, s["locale.language"], words.FRAME_LANGUAGES["en"]),
        "time": _time(s),
        "vlan": _vlan(s["phone.vlan"]),
    }


def _without_http(url: str, profile: Profile) -> Text:
    """As these bases write a URL: without its scheme, where that is HTTP (W)."""
    return profile.url.says(url.removeprefix("http://"))


def pin(password: Setting) -> Text | str:
    """The base's PIN as pairs of digits: a password of other than four digits is none."""
    digits = str(password.value or "")
    return password.says(f"0x{digits[:2]},0x{digits[2:]}") if re.fullmatch("[0-9]{4}", digits) else OMIT


def _vlan(setting: Setting) -> Mapping[str, Text | str]:
    vlan = setting.value
    return {
        "on": setting.switch(),
        "id": setting.says(hex(vlan.id)) if vlan else OMIT,
        "priority": setting.says(vlan.priority) if vlan else OMIT,
    }


# The clock


def _time(settings: Settings) -> Mapping[str, Text | str]:
    setting, country, ntp = settings["locale.timezone"], settings["locale.country"], settings["phone.ntp"]
    code, changes = zone_code(zone(setting.value))
    number = words.FRAME_COUNTRIES.get(country.value, words.FRAME_NO_COUNTRY)
    return {
        "zone": OMIT if code is None else setting.says(hex(code)),
        "changes": setting.says("0x1" if changes else "0x0"),
        "country": country.says(hex(number)),
        "ntp": ntp.says(ntp.value[0] if ntp.value else ""),
    }


def zone_code(place: Zone) -> tuple[int | None, bool]:
    """The code of a place with this time, and whether its clocks change by themselves.

    The base knows the changes by the code: where no code has them, the clock stays at standard time.
    """
    near = tuple(_codes(place.offset_s))
    same = [code for code in near if same_clock(place, zone(words.FRAME_ZONES[code]))]
    own = (code for code in same if words.FRAME_ZONES[code] == place.name)
    best = next(own, same[0] if same else near[0] if near else None)
    return best, bool(same and place.start)


@cache
def _offsets() -> Mapping[int, int]:
    return {code: zone(name).offset_s for code, name in words.FRAME_ZONES.items()}


def _codes(offset_s: int) -> Iterator[int]:
    return (code for code, offset in _offsets().items() if offset == offset_s)
