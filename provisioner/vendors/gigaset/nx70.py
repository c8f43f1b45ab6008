"""N610 to N870: handsets by their IPUI, one account each, and the servers that accounts refer to by number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioner.vendor_api import OMIT, Account, Handset, Keys, Profile, Setting, Text, tone_country, zone
from provisioner.vendors.gigaset import words
from provisioner.vendors.gigaset.handsets import by_place, seats
from provisioner.vendors.gigaset.settings import has_mailbox, like, server, word

Provider = Mapping[str, Text | None]


def context(profile: Profile, _keys: Keys) -> Mapping[str, Any]:
    """Everything that ``nx70.xml.j2`` names; a base below another one has nothing but its way back."""
    leads = profile.master is None
    seated = seats(profile) if leads else {}
    providers = list({_same(one): one for one in map(_provider, seated.values())}.values())
    return {
        "leads": leads,
        "clears": leads and clears(profile),
        "handsets": _handsets(profile, seated, providers) if leads else [],
        "providers": list(enumerate(providers)),
        "phone": _phone(profile),
    }


def clears(profile: Profile) -> bool:
    """Whether handsets that the file does not name are taken off the base.

    Not while one is known by its place only, since it has another name once it is registered, and not before
    any is known: a base that comes with its handsets would lose them all.
    """
    known = by_place(profile)
    places = {*known, *seats(profile)}
    return bool(places) and all(place in known and known[place].ipei for place in places)


def _handsets(profile: Profile, seated: Mapping[int, Account], providers: list[Provider]) -> list[Mapping[str, Any]]:
    known = by_place(profile)
    numbers = {_same(provider): n for n, provider in enumerate(providers)}
    places = sorted({*known, *seated})
    return [_handset(place, known.get(place), seated.get(place), numbers) for place in places]


def _handset(
    place: int, handset: Handset | None, account: Account | None, numbers: Mapping[Any, int]
) -> Mapping[str, Any]:
    """A handset, named by its IPUI, or as one of those that may be any handset (OpenScape Cordless, p. 51)."""
    name = handset.ipei.hex.lower() if handset and handset.ipei else f"0_{place}"
    if account is None:
        return {"id": name, "used": False, "pin": "0000"}
    return {
        "id": name,
        "used": True,
        "pin": account.number.says(_pin(account.number)),
        "account": account,
        "provider": account.settings["sip.server"].says(numbers[_same(_provider(account))]),
        "mailbox": account.voicemail,
        "has_mailbox": has_mailbox(account),
    }


def _pin(number: str) -> str:
    """What its user types to register a handset: the last four digits of the extension (W)."""
    return "".join(re.findall("[0-9]", number))[-4:].zfill(4)


def _provider(account: Account) -> Provider:
    s = account.settings
    return {
        **server(account, s["sip.transport"].code(words.PORTS)),
        "transport": s["sip.transport"].code(words.NX70_TRANSPORTS),
        "expires": s["sip.expires"].text,
        "srtp": s["sip.srtp"].says("0" if s["sip.srtp"].value == "off" else "1"),
        "plain": s["sip.srtp"].says("0" if s["sip.srtp"].value == "mandatory" else "1"),
        "dtmf": s["sip.dtmf"].code(words.NX70_DTMF),
        "mwi": s["sip.subscribe_mwi"].switch(),
        "proxy_mode": s["sip.outbound_proxy"].switch(on="0", off="2"),
    }


def _same(provider: Provider) -> tuple[Text | None, ...]:
    """What two servers have in common when they are one."""
    return tuple(provider.values())


def _phone(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    ntp = s["phone.ntp"]
    return {
        # The base adds a slash and its name (W, and the vendor's own http://profile.gigaset.net/device).
        "url": profile.url.says(profile.url.rstrip("/")),
        "admin_password": s["phone.admin_password"].text,
        "tones": word(words.NX70_TONES, tone_country(s)),
        "ntp": ntp.says(",".join(ntp.value or ())),
        "zone": zone_name(s["locale.timezone"]),
    }


def zone_name(setting: Setting) -> Text | str:
    """The name of a zone that the firmware knows, left out where none has this time."""
    place = zone(setting.value)
    own = place.name if place.name in words.NX70_OWN_ZONES else like(place, words.NX70_ZONES)
    return setting.says(own) if own else OMIT
