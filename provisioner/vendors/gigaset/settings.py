"""What the dialects have in common: servers, clocks with the same rule, words that may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.vendor_api import (
    OMIT,
    Account,
    Key,
    Mode,
    Profile,
    Setting,
    Text,
    Zone,
    host_port,
    joined,
    zone,
)


def server(account: Account, usual: Text) -> Mapping[str, Text | None]:
    """Where an account registers, what stands in for it, and the proxy before both; every port is given.

    ``usual`` is the port of the transport that the device will use, which need not be the one asked for.
    """
    s = account.settings
    backup, backup_port = host_port(s["sip.backup_server"])
    proxy, proxy_port = host_port(s["sip.outbound_proxy"])
    port = s["sip.port"].text or usual
    return {
        "address": s["sip.server"].text,
        "port": port,
        "proxied": s["sip.outbound_proxy"].switch(),
        "proxy": proxy,
        "proxy_port": proxy_port or usual,
        "failover": s["sip.backup_server"].switch(),
        "backup": backup,
        "backup_port": backup_port or port,
    }


def word(table: Mapping[str, str], setting: Setting, otherwise: str = OMIT) -> Text | str:
    """The vendor's word for a country or a language, for the tongue where the region is not known."""
    text = str(setting.value or "")
    found = table.get(text) or table.get(text.partition("-")[0]) or otherwise
    return OMIT if found == OMIT else setting.says(found)


def same_clock(one: Zone, other: Zone) -> bool:
    """Whether two places have the same time all year round."""
    return (one.offset_s, one.saving_s, one.start, one.end) == (other.offset_s, other.saving_s, other.start, other.end)


def like(place: Zone, names: Iterable[str]) -> str | None:
    """The place itself, else the first of these places that has its time."""
    known = list(names)
    return place.name if place.name in known else next((name for name in known if same_clock(place, zone(name))), None)


def has_mailbox(account: Account, yes: str = "1", no: str = "0") -> Text:
    """Whether an account has a mailbox to call."""
    return account.voicemail.says(yes) if account.voicemail else account.number.says(no)


def argument(profile: Profile, key: Key) -> Text:
    """What a key dials or shows: pickup keys have their code, the voicemail key its account's mailbox."""
    button, settings = key.button, profile.settings_of(key.button.account)
    account = profile.account(button.account)
    if key.mode is Mode.VOICEMAIL and not button.value and account and account.voicemail:
        return account.voicemail
    if key.mode is Mode.GROUP_PICKUP and not button.value:
        return settings["sip.group_pickup_code"].text or Text()
    if key.mode is Mode.PICKUP:
        code = button.pickup or settings["sip.pickup_code"].text or ""
        return button.value if button.value.startswith(code) else joined(code, button.value)
    return button.value


def pickup(profile: Profile, key: Key) -> Text | None:
    """The code that takes a call from a watched number; what only falls back to watching has no call to take."""
    own = profile.settings_of(key.button.account)["sip.pickup_code"].text if key.button.mode is Mode.BLF else None
    return key.button.pickup or own


def native(value: Text) -> tuple[Text, Mapping[str, Text]]:
    """``code;field=value;…``, the escape hatch."""
    code, *rest = value.split(";")
    pairs = (part.partition("=") for part in rest)
    return value.says(code.strip()), {name.strip(): value.says(text) for name, _, text in pairs}
