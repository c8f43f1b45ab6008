"""What a profile means to an Algo device: the names that its template uses (FusionPBX algo)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from provisioner.vendor_api import OMIT, Account, Keys, Profile, Text, Warned, sip_target

# The device chooses by DNS where no transport is named.
_TRANSPORTS = {"udp": "udp", "tcp": "tcp", "tls": "tls", "srv": "auto"}


def context(profile: Profile, _keys: Keys) -> Mapping[str, Any]:
    """Everything that ``device.conf.j2`` names."""
    account = profile.account(1)
    return {
        "account": _account(account) if account else None,
        "device": _device(profile),
        "server": _server(profile.url),
        "clear": None,
    }


def warn(profile: Profile) -> Iterator[Warned]:
    """What an Algo device cannot be told."""
    if profile.settings["phone.syslog"]:
        yield Warned("phone.syslog", "no source names the device's setting for it; it is left to the device")
    for account in profile.accounts:
        if account.settings["sip.srtp"].value != "off":
            yield Warned(f"account {account.index}", "SRTP stays as it is: no source names the device's words for it")


def _account(account: Account) -> Mapping[str, Any]:
    s = account.settings
    return {
        "account": account,
        "proxy": sip_target(s, "sip.server"),
        "outbound": s["sip.outbound_proxy"].text,
        "backup": sip_target(s, "sip.backup_server"),
        "expires": s["sip.expires"].text,
        "transport": s["sip.transport"].code(_TRANSPORTS),
        "g722": s["audio.codecs"].says(int("g722" in s["audio.codecs"].value)),
    }


def _device(profile: Profile) -> Mapping[str, Any]:
    s = profile.settings
    vlan, ntp = s["phone.vlan"], s["phone.ntp"]
    return {
        "password": s["phone.admin_password"].text,
        "zone": s["locale.timezone"].text,
        "ntp": [
            {"n": n, "server": ntp.says(ntp.value[n - 1]) if n <= len(ntp.value) else ntp.cleared} for n in range(1, 5)
        ],
        "vlan": vlan.switch(),
        "vlan_id": vlan.says(vlan.value.id if vlan else 0),
        "vlan_priority": vlan.says(vlan.value.priority if vlan else 0),
        "lldp": s["phone.lldp"].switch(),
        "dscp_sip": s["phone.dscp_sip"].text,
        "dscp_rtp": s["phone.dscp_rtp"].text,
        # The word for "never" is not known.
        "poll": s["phone.poll_minutes"].says("daily" if s["phone.poll_minutes"] else OMIT),
    }


def _server(url: Text) -> Mapping[str, Any]:
    """The provisioning URL in its parts."""
    parts = urlsplit(url)
    return {
        "method": Text(parts.scheme, url.origin),
        "host": Text(parts.netloc, url.origin),
        "path": url.says(parts.path.strip("/")),
    }
