"""What phones and adapters with a flat profile cannot be told, or only for all of their accounts at once."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.vendor_api import Mode, Profile, Warned, zone
from provisioner.vendors.cisco_mpp import words
from provisioner.vendors.cisco_mpp.keys import PAGING_GROUPS

_ADAPTERS = ("ata", "router")


def warn(profile: Profile) -> Iterator[Warned]:
    """Everything of a profile that comes out otherwise than asked."""
    yield from _time(profile)
    yield from _trust(profile)
    yield from _security(profile)
    yield from _codes(profile)
    yield from _calls(profile)


def _time(profile: Profile) -> Iterator[Warned]:
    place = zone(profile.settings["locale.timezone"].value)
    if profile.model.extra["family"] == "router":
        yield Warned("locale.timezone", "the adapter's time zone is not written; set it on its web page")
    elif place.offset_minutes not in words.TIME_ZONES:
        yield Warned("locale.timezone", "the phone has no such offset; it gets the nearest")


def _trust(profile: Profile) -> Iterator[Warned]:
    """MPP phones know the public authorities; older devices only the vendor's own (provisioning guides)."""
    if profile.model.extra["family"] in ("spa", *_ADAPTERS) and profile.url.startswith("https:"):
        yield Warned("https", "the device trusts only servers that the vendor's own authority signed; use http or TFTP")


def _security(profile: Profile) -> Iterator[Warned]:
    modes = {account.settings["sip.srtp"].value for account in profile.accounts}
    if "off" in modes and len(modes) > 1:
        yield Warned("sip.srtp", "encryption is offered on all accounts as soon as one of them has it")


def _codes(profile: Profile) -> Iterator[Warned]:
    """One pickup code and ten paging groups serve the whole phone."""
    buttons = profile.buttons.values()
    codes = {str(button.pickup) for button in buttons if button.pickup and button.mode is Mode.BLF}
    codes |= {str(code) for account in profile.accounts if (code := account.settings["sip.pickup_code"].value)}
    if len(codes) > 1:
        yield Warned("sip.pickup_code", "the phone has one pickup code for all; the first account's or key's is used")
    groups = {button.value for button in buttons if button.mode is Mode.PAGING}
    if len(groups) > PAGING_GROUPS:
        yield Warned("paging", f"the phone has {PAGING_GROUPS} paging groups; the keys of others do nothing")


def _calls(profile: Profile) -> Iterator[Warned]:
    automatic = any(account.settings["calls.auto_answer"] for account in profile.accounts)
    if automatic or profile.settings["calls.auto_answer"]:
        yield Warned("calls.auto_answer", "no source names a setting for it on a line; the server asks for it by call")
