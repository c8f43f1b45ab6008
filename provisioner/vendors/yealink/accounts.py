"""SIP accounts as a Yealink phone has them: each slot of the model, its servers and its codecs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.vendor_api import (
    OMIT,
    Account,
    Mode,
    Profile,
    Setting,
    Settings,
    Text,
    Warned,
    bare_host_port,
)
from provisioner.vendors.yealink import dect, words

Server = Mapping[str, Text | None]


def accounts(profile: Profile) -> list[Mapping[str, Any]]:
    """Every account of the model by its number; of an unused one only the number."""
    seated = dect.seats(profile)
    shared = {button.account for button in profile.buttons.values() if button.mode is Mode.SHARED_LINE}
    numbers = _numbers(profile)
    return [
        {"n": n, "used": True, "shared": n in shared, **_account(profile, seated[n], numbers)}
        if n in seated
        else {"n": n, "used": False}
        for n in range(1, profile.model.accounts + 1)
    ]


def warn(profile: Profile) -> Iterator[Warned]:
    """What a DECT base cannot do of its handsets, and extensions for whose servers a system has no number left."""
    yield from dect.warn(profile)
    numbers = _numbers(profile)
    for account in profile.accounts if dect.kind(profile) == "multi" else ():
        if _same(_server(account)) not in numbers:
            most = dect.SERVER_TEMPLATES
            yield Warned(f"extension {account.number}", f"a system has {most} servers; this one registers nowhere")


def _numbers(profile: Profile) -> Mapping[tuple[Any, ...], int]:
    """The number of each server that accounts refer to."""
    return {_same(template): template["n"] for template in server_templates(profile) if template["used"]}


def server_templates(profile: Profile) -> list[Mapping[str, Any]]:
    """The distinct servers of all accounts, which DECT systems number for accounts to refer to."""
    if not dect.has_server_templates(profile):
        return []
    distinct = {_same(server): server for server in map(_server, profile.accounts)}
    places = range(1, dect.SERVER_TEMPLATES + 1)
    used = [{"n": n, "used": True, **server} for n, server in zip(places, distinct.values(), strict=False)]
    return [*used, *({"n": n, "used": False} for n in places[len(used) :])]


def _same(server: Mapping[str, Any]) -> tuple[Any, ...]:
    """What two servers have in common when they are one."""
    return tuple(value for name, value in server.items() if name not in ("n", "used"))


def _account(profile: Profile, account: Account, templates: Mapping[tuple[Any, ...], int]) -> Mapping[str, Any]:
    s, line = account.settings, profile.line.options
    server = _server(account)
    aes_128 = line.get("aes_128") or profile.model.extra.get("aes_128")
    return {
        "account": account,
        "label": account.name or account.number,
        "server": server,
        "template": templates.get(_same(server)),
        "keepalive": s["sip.keepalive"].switch(),
        "keepalive_s": s["sip.keepalive"].text if s["sip.keepalive"] else s["sip.keepalive"].cleared,
        "srtp": s["sip.srtp"].code(line.get("srtp", words.SRTP)),
        "srtp_ciphers": words.AES_128 if aes_128 else OMIT,
        "dtmf": s["sip.dtmf"].code(words.DTMF),
        "mwi": s["sip.subscribe_mwi"],
        "auto_answer": s["calls.auto_answer"],
        "pickup_code": s["sip.pickup_code"].text,
        "group_pickup_code": s["sip.group_pickup_code"].text,
        "codecs": list(_codecs(s["audio.codecs"], indexed=bool(line.get("indexed_codecs")))),
        **calls(s),
    }


def _server(account: Account) -> Server:
    """Where an account registers: its server, the one that stands in for it, and the proxy before both."""
    s = account.settings
    transport = s["sip.transport"]
    default = transport.says(words.PORTS[transport.value]) if transport.value in words.PORTS else transport.cleared
    port = s["sip.port"].text or default
    backup, backup_port = bare_host_port(s["sip.backup_server"])
    proxy, proxy_port = bare_host_port(s["sip.outbound_proxy"])
    return {
        "address": bare_host_port(s["sip.server"])[0],
        "port": port,
        "transport": transport.code(words.TRANSPORTS),
        "expires": s["sip.expires"].text,
        "backup": backup,
        "backup_port": (backup_port or port) if backup else None,
        "in_turn": backup.says("1") if backup else None,
        "proxied": s["sip.outbound_proxy"].switch(),
        "proxy": proxy,
        "proxy_port": (proxy_port or default) if proxy else None,
    }


def _codecs(setting: Setting, *, indexed: bool) -> Iterator[Mapping[str, Any]]:
    """Every codec that the firmware has a key for: switched on with its rank from 1, or off."""
    table = words.INDEXED_CODECS if indexed else words.CODECS
    chosen = [name for name in setting.value if name in table]
    # Where none of the chosen exists, the phone's own choice is better than silence.
    off = setting.says("0") if chosen else setting.cleared
    for name, keys in table.items():
        rank = setting.says(chosen.index(name) + 1) if name in chosen else off
        on = setting.says("1") if name in chosen else off
        yield from ({**key, "on": on, "rank": rank} for key in keys)
    if indexed:
        yield from ({"key": place, "on": off, "rank": off, "payload": None} for place in words.OTHER_CODEC_PLACES)


def calls(settings: Settings) -> Mapping[str, Any]:
    """What happens to calls before the user says otherwise: Do Not Disturb and forwarding."""
    seconds = settings["calls.forward_no_answer_s"]
    return {
        "dnd": settings["calls.dnd"],
        "always": _forward(settings["calls.forward_always"]),
        "busy": _forward(settings["calls.forward_busy"]),
        "no_answer": _forward(settings["calls.forward_no_answer"]),
        # The phone counts rings (phone_setting.ring_duration, six seconds) from 0 to 20.
        "rings": seconds.says(max(1, round(seconds.value / 6))),
    }


def _forward(target: Setting) -> Mapping[str, Text | None]:
    return {"on": target.switch(), "target": target.text}
